/* builtins/mv.c - rename files. */
#include "base/mode.h"
#include "builtins/backup.h"
#include "builtins/paths.h"
#include "builtins/prompt.h"
#include "builtins/seen.h"
#include "builtins/target.h"
#include "task/sandbox.h"

enum { LONG_BACKUP = OPTION_LONG, LONG_STRIP };

static const struct option options[] = {
    {LONG_BACKUP, "backup", "[CONTROL]", "make a backup of each existing destination file"},
    {'b', NULL, NULL, "like --backup but does not accept an argument"},
    {'f', "force", NULL, "do not prompt before overwriting"},
    {'i', "interactive", NULL, "prompt before overwrite"},
    {'n', "no-clobber", NULL, "do not overwrite an existing file"},
    {LONG_STRIP, "strip-trailing-slashes", NULL, "remove any trailing slashes from each SOURCE argument"},
    {'S', "suffix", "SUFFIX", "override the usual backup suffix"},
    {'t', "target-directory", "DIRECTORY", "move all SOURCE arguments into DIRECTORY"},
    {'T', "no-target-directory", NULL, "treat DEST as a normal file"},
    {'u', "update", NULL, "move only when the SOURCE file is newer than the destination file or when it is missing"},
    {'v', "verbose", NULL, "explain what is being done"},
    {'Z', "context", NULL, "set SELinux security context of destination file to default type: nothing is done"},
    {0},
};

struct mv {
    int how;               /* 'i', 'f', 'n', or 0: the last given */
    bool update, verbose;
    struct backups backups;
    struct target target;
    struct str backup_name;
    size_t operand;
    struct prompt prompt;
    bool confirmed;
    struct seen seen;
};

static int start(struct call *c)
{
    struct mv *m = c->state;
    m->how = call_last(c, "ifn");
    m->update = call_has(c, 'u');
    m->verbose = call_has(c, 'v');
    seen_init(&m->seen, c->heap);
    if (!backups_start(c, &m->backups, LONG_BACKUP))
        return 1;
    int status = target_start(c, &m->target, TARGET_COPY);
    if (!status && m->how == 'n' && m->backups.kind)
        return call_usage_error(c, "options --backup and --no-clobber are mutually exclusive");
    return status;
}

/* Is `to` (its parent, that is) somewhere below the directory `number`? */
static int is_below(struct call *c, struct str to, uint64_t number)
{
    struct place place;
    memset(&place, 0, sizeof place);
    int error = task_walk(c->task, to, WALK_PARENT, &place);
    uint64_t at = place.parent;
    place_drop(&place, c->meter);
    if (error)
        return error == E_WAIT ? E_WAIT : 0;
    struct vfs *v = &c->task->sandbox->vfs;
    while (at != number && at != VFS_ROOT && at)
        at = vfs_parent(v, at);
    return at == number;
}

/* May `from` take the place of what is at `to`, which could be the same file by another name? 1, 0 or E_WAIT. */
static int may_replace(struct call *c, const struct mv *m, struct str from, struct str to, const struct stat_info *source,
                       const struct stat_info *there)
{
    bool same = there->number == source->number;
    int entry = path_same_entry(c, from, to);
    if (entry < 0)
        return entry;
    if (m->backups.kind || (source->kind == NODE_LINK && there->kind == NODE_LINK))
        return !entry && (!same || m->backups.kind);
    if (source->kind != NODE_LINK || there->kind == NODE_LINK)
        return !same;
    struct stat_info target; /* a link that would take the place of what it leads to */
    int error = call_stat(c, from, true, &target);
    if (error == E_WAIT)
        return error;
    if (error || target.number != there->number)
        return 1;
    struct buf text;
    buf_init(&text, c->heap);
    error = there->links > 1 ? call_realpath(c, from, 0, &text) : E_LOOP;
    entry = error ? 1 : path_same_entry(c, buf_str(&text), to);
    buf_drop(&text);
    return error == E_WAIT ? error : entry < 0 ? entry : !entry;
}

/* One file: 0 when done or told, E_WAIT. */
static int move(struct call *c, struct mv *m, struct str from, struct str to)
{
    struct stat_info source, there;
    int error = call_stat(c, from, false, &source);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot stat %S: %m", call_quote(c, from), error);
        return 0;
    }
    int found = call_stat(c, to, false, &there);
    if (found == E_WAIT)
        return found;
    if (found && found != E_NOENT) {
        call_error(c, "cannot stat %S: %m", call_quote(c, to), found);
        return 0;
    }
    if (found == 0 && !m->confirmed) {
        if (m->how == 'n')
            return 0;
        int may = source.kind == NODE_DIRECTORY && path_is_dots(from) ? 1 : may_replace(c, m, from, to, &source, &there);
        if (may < 0)
            return may;
        if (!may) {
            call_error(c, "%S and %S are the same file", call_quote(c, from), call_quote(c, to));
            return 0;
        }
        if (m->update && there.mtime >= source.mtime)
            return 0;
        bool guarded = false;
        if (!m->how && there.kind != NODE_LINK) {
            struct file *in = fds_get(c->task, 0);
            guarded = in && file_is_terminal(in) &&
                      vfs_access(&c->task->sandbox->vfs, c->task->who, there.number, MAY_WRITE) == E_ACCES;
        }
        if (m->how == 'i' || guarded) {
            char mode[MODE_TEXT];
            mode_print(mode, '-', there.mode);
            int answer = guarded ? prompt_ask(c, &m->prompt, "%S: replace %S, overriding mode %04o (%S)? ", c->name, call_quote(c, to),
                                              there.mode & 07777, str_of(mode + 1, 9))
                                 : prompt_ask(c, &m->prompt, "%S: overwrite %S? ", c->name, call_quote(c, to));
            if (answer <= 0)
                return answer;
        }
        if (there.kind == NODE_DIRECTORY && source.kind != NODE_DIRECTORY && !m->backups.kind) {
            call_error(c, "cannot overwrite directory %S with non-directory", call_quote(c, to));
            return 0;
        }
        if (there.kind != NODE_DIRECTORY && source.kind == NODE_DIRECTORY && !m->backups.kind) {
            call_error(c, "cannot overwrite non-directory %S with directory %S", call_quote(c, to), call_quote(c, from));
            return 0;
        }
        if (source.kind != NODE_DIRECTORY && m->backups.kind != BACKUP_NUMBERED && m->target.count > 1 &&
            seen_made_at(c, &m->seen, to, there.number)) {
            call_error(c, "will not overwrite just-created %S with %S", call_quote(c, to), call_quote(c, from));
            return 0;
        }
        m->confirmed = true;
    }
    if (source.kind == NODE_DIRECTORY) {
        int below = is_below(c, to, source.number);
        if (below == E_WAIT)
            return below;
        if (below && source.number != VFS_ROOT && !path_is_dots(from)) {
            int given = seen_given(c, &m->seen, from, m->operand);
            if (given < 0)
                return given;
            if (given)
                call_warn(c, "warning: source directory %S specified more than once", call_quote(c, from));
            else
                call_error(c, "cannot move %S to a subdirectory of itself, %S", call_quote(c, from), call_quote(c, to));
            return 0;
        }
    }
    if (found == 0 && m->backups.kind && !m->backup_name.data) {
        error = backups_move(c, &m->backups, to, &m->backup_name);
        if (error)
            return error == E_WAIT ? error : 0;
    }
    error = call_rename(c, from, to);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot move %S to %S: %m", call_quote(c, from), call_quote(c, to), error);
        return 0;
    }
    if (m->target.count > 1)
        seen_make_at(c, &m->seen, to, source.number);
    if (m->verbose) {
        call_format(c, "renamed %S -> %S", call_quote(c, from), call_quote(c, to));
        if (m->backup_name.data)
            call_format(c, " (backup: %S)", call_quote(c, m->backup_name));
        call_print_byte(c, '\n');
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct mv *m = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int looked = target_look(c, &m->target, true);
        if (looked)
            return looked == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        if (m->operand == m->target.count)
            return call_done(c);
        struct str from = c->operands[m->operand];
        if (call_has(c, LONG_STRIP))
            from = path_trim(from);
        struct str to = target_place(c, &m->target, from);
        int64_t fuel = c->meter->fuel;
        if (task_charged(c->task, fuel, move(c, m, from, to)) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        m->confirmed = false;
        m->backup_name = (struct str){0};
        m->operand++;
    }
}

const struct command command_mv = {
    .name = "mv",
    .usage = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...",
    .summary = "rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY",
    .options = options,
    .state = sizeof(struct mv),
    .start = start,
    .step = step,
};
