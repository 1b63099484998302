/* builtins/install.c - copy files and set their modes; make directories. */
#include "base/mode.h"
#include "builtins/backup.h"
#include "builtins/context.h"
#include "builtins/owners.h"
#include "builtins/paths.h"
#include "builtins/target.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_BACKUP = OPTION_LONG, LONG_CONTEXT, LONG_PRESERVE_CONTEXT, LONG_STRIP_PROGRAM };
enum { NOT_PERMISSIONS = 07000 }; /* the other bits of a mode */

static const struct option options[] = {
    {LONG_BACKUP, "backup", "[CONTROL]", "make a backup of each existing destination file"},
    {'b', NULL, NULL, "like --backup but does not accept an argument"},
    {'c', NULL, NULL, "(ignored)"},
    {'C', "compare", NULL, "compare content of source and destination files, and if no change, do not modify the destination"},
    {LONG_CONTEXT, "context", "[CTX]", "like -Z, or if CTX is specified then set the SELinux security context to CTX: nothing is done"},
    {'d', "directory", NULL, "treat all arguments as directory names; create all components of the specified directories"},
    {'D', NULL, NULL, "create all leading components of DEST except the last, or all components of --target-directory"},
    {'g', "group", "GROUP", "set group ownership, instead of process' current group"},
    {'m', "mode", "MODE", "set permission mode (as in chmod), instead of rwxr-xr-x"},
    {'o', "owner", "OWNER", "set ownership"},
    {'p', "preserve-timestamps", NULL, "apply access/modification times of SOURCE files to corresponding destination files"},
    {LONG_PRESERVE_CONTEXT, "preserve-context", NULL, "preserve SELinux security context: nothing is done"},
    {'s', "strip", NULL, "strip symbol tables: there are none"},
    {LONG_STRIP_PROGRAM, "strip-program", "PROGRAM", "program used to strip binaries: not run"},
    {'S', "suffix", "SUFFIX", "override the usual backup suffix"},
    {'t', "target-directory", "DIRECTORY", "copy all SOURCE arguments into DIRECTORY"},
    {'T', "no-target-directory", NULL, "treat DEST as a normal file"},
    {'v', "verbose", NULL, "print the name of each created file or directory"},
    {'Z', NULL, NULL, "set SELinux security context of destination file and each created directory to default type: nothing is done"},
    {0},
};

struct install {
    struct mode *mode;
    uint32_t file_mode, directory_mode, user, group;
    struct owners owners;
    struct backups backups;
    struct target target;
    struct str backup_name;
    bool verbose, ready, leading;
    size_t operand, at;
};

static int start(struct call *c)
{
    struct install *i = c->state;
    struct str text;
    i->file_mode = i->directory_mode = 0755;
    i->user = i->group = OWNER_SAME;
    i->verbose = call_has(c, 'v');
    context_ignore(c, LONG_CONTEXT, "SELinux");
    if (call_has(c, LONG_PRESERVE_CONTEXT))
        call_warn(c, "WARNING: ignoring --preserve-context; this kernel is not SELinux-enabled");
    if (!backups_start(c, &i->backups, LONG_BACKUP))
        return 1;
    if (call_value(c, 'm', &text)) {
        i->mode = mode_parse(c->heap, text);
        if (!i->mode) {
            call_error(c, "invalid mode %S", call_quote_word(c, text));
            return 1;
        }
        i->file_mode = mode_apply(i->mode, 0, false, 0, NULL);
        i->directory_mode = mode_apply(i->mode, 0, true, 0, NULL);
    }
    if (call_has(c, 'd') && call_has(c, 't')) {
        call_error(c, "target directory not allowed when installing a directory");
        return 1;
    }
    if (call_has(c, 'd') && c->operand_count == 0)
        return call_usage_error(c, "missing file operand");
    i->target.count = c->operand_count;
    int status = call_has(c, 'd') ? 0 : target_start(c, &i->target, TARGET_INSTALL);
    if (status || !call_has(c, 'C'))
        return status;
    if (call_has(c, 'p') || call_has(c, 's'))
        return call_usage_error(c, "options --compare (-C) and --%s are mutually exclusive", call_has(c, 'p') ? "preserve-timestamps" : "strip");
    if (i->file_mode & NOT_PERMISSIONS)
        call_warn(c, "the --compare (-C) option is ignored when you specify a mode with non-permission bits");
    return 0;
}

/* -o and -g: 0, E_WAIT, 1 after a message. */
static int find_owners(struct call *c, struct install *i)
{
    struct str name;
    uint64_t number;
    if (owners_load(c, &i->owners) == E_WAIT)
        return E_WAIT;
    for (int kind = OWNER_USER; kind <= OWNER_GROUP; kind++) {
        uint32_t *id = kind == OWNER_USER ? &i->user : &i->group;
        if (!call_value(c, kind == OWNER_USER ? 'o' : 'g', &name) || owner_number(&i->owners, kind, name, id, NULL))
            continue;
        if (text_count(name, "", &number) != 0 || number >= UINT32_MAX) {
            call_error(c, "invalid %s %S", kind == OWNER_USER ? "user" : "group", call_quote_word(c, name));
            return 1;
        }
        *id = (uint32_t)number;
    }
    i->ready = true;
    return 0;
}

/* Makes missing directories, one at a time: 1 when all are there, 0 to be called again, E_WAIT, or E_STATE after a message. */
static int make_directories(struct call *c, struct install *i, struct str path, bool whole)
{
    bool made;
    struct str part = path;
    int error = path_make_next(c, path, whole, 0755, &i->at, &made, &part);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot create directory %S: %m", call_quote_word(c, part), error);
        return E_STATE;
    }
    if (made && i->verbose)
        call_format(c, "install: creating directory %S\n", call_quote(c, part));
    return !made;
}

static void set_owner(struct call *c, struct install *i, struct str path)
{
    if (i->user == OWNER_SAME && i->group == OWNER_SAME)
        return;
    int error = call_chown(c, path, i->user, i->group, true);
    if (error)
        call_error(c, "cannot change ownership of %S: %m", call_quote(c, path), error);
}

/* With -C: has what is there all that is wanted, but perhaps the content? */
static bool is_installed(struct call *c, const struct install *i, const struct stat_info *source, const struct stat_info *there)
{
    return call_has(c, 'C') && there->kind == NODE_FILE && !((source->mode | i->file_mode) & NOT_PERMISSIONS) &&
           (there->mode & 07777) == i->file_mode && there->size == source->size &&
           there->user == (i->user == OWNER_SAME ? c->task->who.user : i->user) &&
           there->group == (i->group == OWNER_SAME ? c->task->who.group : i->group);
}

/* One file: 0 when done or told, E_WAIT. */
static int install_file(struct call *c, struct install *i, struct str from, struct str to)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct stat_info source, there;
    int error = call_stat(c, from, true, &source);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot stat %S: %m", call_quote(c, from), error);
        return 0;
    }
    if (source.kind == NODE_DIRECTORY) {
        call_error(c, "omitting directory %S", call_quote(c, from));
        return 0;
    }
    int found = call_stat(c, to, false, &there);
    if (found == E_WAIT)
        return found;
    if (found && found != E_NOENT) {
        call_error(c, "cannot stat %S: %m", call_quote(c, to), found);
        return 0;
    }
    if (found && str_ends(to, "/")) {
        call_error(c, "cannot create regular file %S: %m", call_quote(c, to), E_NOTDIR);
        return 0;
    }
    if (found == 0 && there.kind == NODE_DIRECTORY) {
        call_error(c, "cannot overwrite directory %S with non-directory", call_quote(c, to));
        return 0;
    }
    struct stat_info own = source; /* the entry itself, a link not followed */
    error = found == 0 ? call_stat(c, from, false, &own) : 0;
    int entry = found == 0 && !error && own.number == there.number ? path_same_entry(c, from, to) : 0;
    if (entry == E_WAIT || error == E_WAIT)
        return E_WAIT;
    bool lost = entry && own.kind == NODE_LINK; /* with what is there the source goes, too */
    bool other = own.kind != NODE_LINK && !entry && (i->backups.kind || there.links > 1);
    if (found == 0 && there.number == source.number && !other) {
        call_error(c, "%S and %S are the same file", call_quote(c, from), call_quote(c, to));
        return 0;
    }
    struct input *in;
    struct str bytes = {0};
    error = input_open(c, &in, from, false);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot open %S for reading: %m", call_quote(c, from), error);
        return 0;
    }
    int64_t debt = c->meter->fuel > 0 ? 0 : 1 - c->meter->fuel; /* see prompt_ask */
    c->meter->fuel += debt;
    enum input_answer answer = input_all(in, &bytes);
    c->meter->fuel -= debt;
    if (answer == INPUT_WAIT) {
        input_close(in);
        return E_WAIT;
    }
    if (found == 0 && own.kind == NODE_FILE && is_installed(c, i, &source, &there)) {
        struct extent *extent = NULL;
        error = vfs_content(v, there.number, &extent);
        if (error == E_WAIT) {
            input_close(in);
            return E_WAIT;
        }
        bool equal = !error && str_equal(extent ? extent_bytes(extent) : (struct str){0}, bytes);
        if (extent)
            extent_release(extent, c->meter);
        call_charge_bytes(c, bytes.length);
        if (equal) {
            input_close(in);
            return 0;
        }
    }
    if (found == 0 && i->backups.kind && !i->backup_name.data) {
        error = backups_move(c, &i->backups, to, &i->backup_name);
        if (error) {
            input_close(in);
            return error == E_WAIT ? error : 0;
        }
    } else if (found == 0) {
        error = call_remove(c, to, false);
        if (error) {
            input_close(in);
            if (error != E_WAIT)
                call_error(c, "cannot remove %S: %m", call_quote(c, to), error);
            return error == E_WAIT ? error : 0;
        }
        if (i->verbose)
            call_format(c, "removed %S\n", call_quote(c, to));
    }
    if (i->verbose) {
        call_format(c, "%S -> %S", call_quote(c, from), call_quote(c, to));
        if (i->backup_name.data)
            call_format(c, " (backup: %S)", call_quote(c, i->backup_name));
        call_print_byte(c, '\n');
    }
    error = lost ? E_NOENT : call_replace(c, to, bytes, i->file_mode);
    input_close(in);
    if (error) {
        if (lost)
            call_error(c, "cannot open %S for reading: %m", call_quote(c, from), error);
        else
            call_error(c, "cannot create regular file %S: %m", call_quote(c, to), error);
        if (i->backup_name.data)
            backups_undo(c, i->backup_name, to, i->verbose);
        return 0;
    }
    set_owner(c, i, to);
    struct place place;
    memset(&place, 0, sizeof place);
    if (call_has(c, 'p') && task_walk(c->task, to, WALK_FOLLOW, &place) == 0)
        vfs_set_times(v, c->task->who, place.number, source.atime, source.mtime);
    place_drop(&place, c->meter);
    return 0;
}

static enum step step(struct call *c)
{
    struct install *i = c->state;
    bool directories = call_has(c, 'd');
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int error;
        if (!i->ready) {
            error = find_owners(c, i);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        }
        if (!directories && call_has(c, 'D') && !i->leading) { /* the way to the target */
            error = make_directories(c, i, i->target.path, i->target.into);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error == E_STATE)
                return call_exit(c, 1);
            i->leading = error == 1;
            continue;
        }
        if (!directories) {
            error = target_look(c, &i->target, true);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        }
        if (i->operand == i->target.count)
            return call_done(c);
        struct str path = c->operands[i->operand];
        if (directories && path.length == 0) {
            call_error(c, "cannot create directory %S: %m", call_quote_word(c, path), E_NOENT);
            call_charge(c, 1);
            i->operand++;
            continue;
        }
        if (directories) {
            error = make_directories(c, i, path, true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error == 0)
                continue;
            if (error == 1 && (error = call_chmod(c, path, i->directory_mode, true)) != 0) {
                if (error == E_WAIT)
                    return STEP_WAIT;
                call_error(c, "cannot change permissions of %S: %m", call_quote(c, path), error);
            }
            set_owner(c, i, path);
            i->at = 0;
        } else {
            int64_t fuel = c->meter->fuel;
            struct str to = target_place(c, &i->target, path);
            if (task_charged(c->task, fuel, install_file(c, i, path, to)) == E_WAIT)
                return STEP_WAIT;
            i->backup_name = (struct str){0};
        }
        call_charge(c, 1);
        i->operand++;
    }
}

const struct command command_install = {
    .name = "install",
    .usage = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...\n"
             "[OPTION]... -d DIRECTORY...",
    .summary = "copy files and set attributes",
    .options = options,
    .state = sizeof(struct install),
    .start = start,
    .step = step,
};
