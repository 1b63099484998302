/* builtins/ln.c - make links; link. */
#include "builtins/backup.h"
#include "builtins/paths.h"
#include "builtins/prompt.h"
#include "builtins/relative.h"
#include "builtins/seen.h"
#include "builtins/target.h"
#include "task/sandbox.h"

enum { LONG_BACKUP = OPTION_LONG };

static const struct option options[] = {
    {LONG_BACKUP, "backup", "[CONTROL]", "make a backup of each existing destination file"},
    {'b', NULL, NULL, "like --backup but does not accept an argument"},
    {'d', "directory", NULL, "allow the superuser to attempt to hard link directories"},
    {'F', NULL, NULL, NULL},
    {'f', "force", NULL, "remove existing destination files"},
    {'i', "interactive", NULL, "prompt whether to remove destinations"},
    {'L', "logical", NULL, "dereference TARGETs that are symbolic links"},
    {'n', "no-dereference", NULL, "treat LINK_NAME as a normal file if it is a symbolic link to a directory"},
    {'P', "physical", NULL, "make hard links directly to symbolic links"},
    {'r', "relative", NULL, "with -s, create links relative to link location"},
    {'s', "symbolic", NULL, "make symbolic links instead of hard links"},
    {'S', "suffix", "SUFFIX", "override the usual backup suffix"},
    {'t', "target-directory", "DIRECTORY", "specify the DIRECTORY in which to create the links"},
    {'T', "no-target-directory", NULL, "treat LINK_NAME as a normal file always"},
    {'v', "verbose", NULL, "print name of each linked file"},
    {0},
};

struct ln {
    bool symbolic, force, ask, verbose, relative, follow;
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
    struct ln *l = c->state;
    l->symbolic = call_has(c, 's');
    seen_init(&l->seen, c->heap);
    int how = call_last(c, "fi");
    l->force = how == 'f';
    l->ask = how == 'i';
    l->verbose = call_has(c, 'v');
    l->relative = call_has(c, 'r');
    l->follow = call_last(c, "LP") == 'L';
    if (c->operand_count && l->relative && !l->symbolic) {
        call_error(c, "cannot do --relative without --symbolic");
        return 1;
    }
    int status = target_start(c, &l->target, TARGET_LINK);
    if (status)
        return status;
    return !backups_start(c, &l->backups, LONG_BACKUP);
}

/* The way from the link's directory to the target. */
static int make_relative(struct call *c, struct str target, struct str link, struct str *answer)
{
    struct buf directory, real, out;
    buf_init(&directory, c->heap);
    buf_init(&real, c->heap);
    buf_init(&out, c->heap);
    int error = call_realpath(c, path_directory(link), 2, &directory);
    if (!error)
        error = call_realpath(c, target, 2, &real);
    if (error)
        return error;
    path_add_relative(&out, buf_str(&directory), buf_str(&real));
    *answer = buf_str(&out);
    return 0;
}

/* One link: 0 when done or told, E_WAIT. */
static int make_link(struct call *c, struct ln *l, struct str source, struct str to)
{
    struct stat_info info, there;
    int error = 0;
    struct str given = source;
    memset(&info, 0, sizeof info);
    if (!l->symbolic) {
        error = call_stat(c, source, l->follow, &info);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "failed to access %S: %m", call_quote(c, source), error);
            return 0;
        }
        if (info.kind == NODE_DIRECTORY && !call_has(c, 'd') && !call_has(c, 'F')) {
            call_error(c, "%S: hard link not allowed for directory", call_quote_if_needed(c, source));
            return 0;
        }
    }
    if (l->relative && (error = make_relative(c, source, to, &given)) != 0)
        return error == E_WAIT ? error : 0;
    bool replace = l->force || l->ask || l->backups.kind;
    int found = replace ? call_stat(c, to, false, &there) : E_NOENT;
    if (found == E_WAIT)
        return found;
    if (found == 0 && !l->confirmed) {
        if (there.kind == NODE_DIRECTORY) {
            call_error(c, "%S: cannot overwrite directory", call_quote_if_needed(c, to));
            return 0;
        }
        struct stat_info same;
        bool known = !l->symbolic || call_stat(c, given, true, &same) == 0;
        if (l->symbolic && known)
            info = same;
        struct str a = path_trim(given), b = path_trim(to);
        bool equal = known && there.number == info.number && (there.links == 1 || path_same_entry(c, a, b) == 1);
        if (equal && (l->backups.kind ? !l->symbolic : l->force)) {
            call_error(c, "%S and %S are the same file", call_quote(c, given), call_quote(c, to));
            return 0;
        }
        /* a link that is lost loses nothing, but a name may be a file's last */
        if (l->force && !l->symbolic && l->target.count > 1 && l->backups.kind != BACKUP_NUMBERED &&
            seen_made_at(c, &l->seen, to, there.number)) {
            call_error(c, "will not overwrite just-created %S with %S", call_quote(c, to), call_quote(c, source));
            return 0;
        }
        if (l->ask) {
            int answer = prompt_ask(c, &l->prompt, "%S: replace %S? ", c->name, call_quote(c, to));
            if (answer <= 0)
                return answer;
        }
        l->confirmed = true;
    }
    if (found == 0 && l->backups.kind && !l->backup_name.data) {
        error = backups_move(c, &l->backups, to, &l->backup_name);
        if (error)
            return error == E_WAIT ? error : 0;
    }
    if (l->ask && found == 0 && !l->backup_name.data && !l->symbolic && there.number == info.number)
        error = 0; /* it is that file already */
    else
        error = l->symbolic ? call_symlink(c, given, to) : call_link(c, source, to, l->follow);
    if (error == E_EXIST && (l->force || l->ask || l->backup_name.data)) { /* the backup may have been another name of the file */
        error = call_remove(c, to, false);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "cannot remove %S: %m", call_quote(c, to), error);
            return 0;
        }
        error = l->symbolic ? call_symlink(c, given, to) : call_link(c, source, to, l->follow);
    }
    if (error == E_WAIT)
        return error;
    if (error) {
        const char *kind = l->symbolic ? "symbolic link" : "hard link";
        if (l->symbolic && given.length == 0)
            call_error(c, "failed to create %s %S -> %S: %m", kind, call_quote(c, to), call_quote(c, given), error);
        else if (!l->symbolic && error != E_EXIST && error != E_NOSPC && error != E_MLINK)
            call_error(c, "failed to create %s %S => %S: %m", kind, call_quote(c, to), call_quote(c, source), error);
        else
            call_error(c, "failed to create %s %S: %m", kind, call_quote(c, to), error);
        return 0;
    }
    if (!l->symbolic && l->target.count > 1)
        seen_make_at(c, &l->seen, to, info.number);
    if (l->verbose) {
        if (l->backup_name.data)
            call_format(c, "%S ~ ", call_quote(c, l->backup_name));
        call_format(c, "%S %s %S\n", call_quote(c, to), l->symbolic ? "->" : "=>", call_quote(c, given));
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct ln *l = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int looked = target_look(c, &l->target, c->operand_count != 2 || call_has(c, 't') || !call_has(c, 'n'));
        if (looked)
            return looked == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        if (l->operand == l->target.count)
            return call_done(c);
        struct str source = c->operands[l->operand];
        struct str to = target_place(c, &l->target, source);
        int64_t fuel = c->meter->fuel;
        if (task_charged(c->task, fuel, make_link(c, l, source, to)) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        l->confirmed = false;
        l->backup_name = (struct str){0};
        l->operand++;
    }
}

const struct command command_ln = {
    .name = "ln",
    .usage = "[OPTION]... [-T] TARGET LINK_NAME\n[OPTION]... TARGET\n[OPTION]... TARGET... DIRECTORY\n"
             "[OPTION]... -t DIRECTORY TARGET...",
    .summary = "create hard links by default, symbolic links with --symbolic",
    .options = options,
    .state = sizeof(struct ln),
    .start = start,
    .step = step,
};

/* --- link and unlink: the bare calls --------------------------------------------------------- */

static const struct option no_options[] = {
    {0},
};

static int two_operands(struct call *c)
{
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count == 1)
        return call_usage_error(c, "missing operand after %S", call_quote_word(c, c->operands[0]));
    if (c->operand_count > 2)
        return call_usage_error(c, "extra operand %S", call_quote_word(c, c->operands[2]));
    return 0;
}

static enum step link_step(struct call *c)
{
    int error = call_link(c, c->operands[0], c->operands[1], false);
    if (error == E_WAIT)
        return STEP_WAIT;
    call_charge(c, 1);
    if (error)
        call_error(c, "cannot create link %S to %S: %m", call_quote(c, c->operands[1]), call_quote(c, c->operands[0]), error);
    return call_done(c);
}

const struct command command_link = {
    .name = "link",
    .usage = "FILE1 FILE2",
    .summary = "call the link function to create a link named FILE2 to an existing FILE1",
    .options = no_options,
    .start = two_operands,
    .step = link_step,
};

static int one_operand(struct call *c)
{
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count > 1)
        return call_usage_error(c, "extra operand %S", call_quote_word(c, c->operands[1]));
    return 0;
}

static enum step unlink_step(struct call *c)
{
    int error = call_remove(c, c->operands[0], false);
    if (error == E_WAIT)
        return STEP_WAIT;
    call_charge(c, 1);
    if (error)
        call_error(c, "cannot unlink %S: %m", call_quote(c, c->operands[0]), error);
    return call_done(c);
}

const struct command command_unlink = {
    .name = "unlink",
    .usage = "FILE",
    .summary = "call the unlink function to remove the specified FILE",
    .options = no_options,
    .start = one_operand,
    .step = unlink_step,
};
