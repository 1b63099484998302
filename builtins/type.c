/* builtins/type.c - tell what a name stands for (POSIX XCU type, and bash's options). */
#include "builtins/lookup.h"
#include "builtins/options.h"
#include "shell/print.h"
#include "shell/vm.h"
#include "task/sandbox.h"

struct type {
    bool all, no_functions, path, forced, word; /* -a -f -p -P -t */
    size_t next;
    bool found, failed;
    int stage;        /* of this name: what was looked at before a wait */
    struct str paths; /* of -a: what is left of PATH */
};

enum { STAGE_SHELL, STAGE_PATH, STAGE_NEXT };

static int type_start(struct call *c)
{
    struct type *t = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "afptP")))
        switch (letter) {
        case 'a': t->all = true; break;
        case 'f': t->no_functions = true; break;
        case 'p': t->path = true; break;
        case 't': t->word = true; break;
        case 'P': t->forced = t->path = true; break;
        default: return options_failed(c, letter);
        }
    t->next = o.next;
    return 0;
}

/* Aliases, keywords, functions, builtins: true when nothing more is to be looked for. */
static bool look_in_shell(struct call *c, struct type *t, struct str name)
{
    struct shell *sh = c->shell;
    union entry entry;
    const char *what = NULL;
    bool quiet = t->path && !t->word;
    if (t->forced)
        return false;
    if (sh->state.shopt & (uint64_t)1 << SHOPT_EXPAND_ALIASES && btree_find(sh->state.aliases, name, &entry)) {
        t->found = true;
        if (t->word)
            call_print_text(c, "alias\n");
        else if (!quiet)
            call_format(c, "%S is aliased to `%S'\n", name, text_str((struct text *)entry.item));
        if (!t->all)
            return true;
    }
    if (parse_is_keyword(name)) {
        t->found = true;
        if (t->word)
            call_print_text(c, "keyword\n");
        else if (!quiet)
            call_format(c, "%S is a shell keyword\n", name);
        if (!t->all)
            return true;
    }
    if (!t->no_functions && btree_find(sh->state.functions, name, &entry)) {
        t->found = true;
        if (t->word) {
            call_print_text(c, "function\n");
        } else if (!quiet) {
            call_format(c, "%S is a function\n", name);
            function_print(sh, name, (const struct function *)entry.item, &c->out);
            call_print_byte(c, '\n');
        }
        if (!t->all)
            return true;
    }
    const struct command *command = find_builtin(sh, name);
    if (command && command->flags & COMMAND_BUILTIN) {
        what = command->flags & COMMAND_SPECIAL && sh->state.options & OPT_POSIX ? "special shell builtin" : "shell builtin";
        t->found = true;
        if (t->word)
            call_print_text(c, "builtin\n");
        else if (!quiet)
            call_format(c, "%S is a %s\n", name, what);
        if (!t->all)
            return true;
    }
    if (!t->all && btree_find(sh->state.hashed, name, &entry)) {
        t->found = true;
        if (t->word)
            call_print_text(c, "file\n");
        else if (quiet)
            call_format(c, "%S\n", text_str((struct text *)entry.item));
        else
            call_format(c, "%S is hashed (%S)\n", name, text_str((struct text *)entry.item));
        return true;
    }
    return false;
}

static void found_file(struct call *c, struct type *t, struct str name, struct str path)
{
    t->found = true;
    if (t->word)
        call_print_text(c, "file\n");
    else if (t->path)
        call_format(c, "%S\n", path);
    else
        call_format(c, "%S is %S\n", name, path);
}

/* An executable file: 0, E_WAIT or another error. */
static int look_at(struct call *c, struct str path)
{
    struct stat_info info;
    int error = task_stat(c->task, path, true, &info);
    if (!error && info.kind == NODE_DIRECTORY)
        error = E_ISDIR;
    return error ? error : task_access(c->task, path, MAY_EXECUTE);
}

/* In PATH: 0, or E_WAIT. */
static int look_in_path(struct call *c, struct type *t, struct str name)
{
    if (str_find(name, '/') >= 0) {
        int error = look_at(c, name);
        if (!error)
            found_file(c, t, name, name);
        return error == E_WAIT ? E_WAIT : 0;
    }
    while (t->paths.data) {
        ptrdiff_t colon = str_find(t->paths, ':');
        struct str folder = colon < 0 ? t->paths : str_first(t->paths, (size_t)colon);
        struct buf path;
        buf_init(&path, c->heap);
        buf_add(&path, folder.length ? folder : str_lit("."));
        buf_add_byte(&path, '/');
        buf_add(&path, name);
        int error = look_at(c, buf_str(&path));
        if (error == E_WAIT)
            return E_WAIT;
        call_charge(c, 1);
        if (!error)
            found_file(c, t, name, buf_str(&path));
        buf_drop(&path);
        t->paths = colon < 0 || (!error && !t->all) ? (struct str){0} : str_after(t->paths, folder.length + 1);
    }
    return 0;
}

static enum step type_step(struct call *c)
{
    struct type *t = c->state;
    while (t->next < c->argc) {
        struct str name = c->argv[t->next], path;
        if (!call_go(c))
            return STEP_AGAIN;
        if (t->stage == STAGE_SHELL) {
            call_charge(c, 1);
            t->found = false;
            t->stage = look_in_shell(c, t, name) ? STAGE_NEXT : STAGE_PATH;
            t->paths = (struct str){0};
            if (shell_get(c->shell, str_lit("PATH"), &path) && path.length)
                t->paths = str_copy(c->heap, path);
            if (t->found && t->path && !t->all && !t->word && t->stage == STAGE_PATH)
                t->stage = STAGE_NEXT;
        }
        if (t->stage == STAGE_PATH && look_in_path(c, t, name) == E_WAIT)
            return STEP_WAIT;
        if (!t->found) {
            if (!t->word && !t->path)
                call_error(c, "%S: not found", name);
            t->failed = true;
        }
        t->stage = STAGE_SHELL;
        t->next++;
    }
    return call_exit(c, t->failed);
}

const struct command command_type = {
    .name = "type",
    .usage = "[-afptP] name [name ...]",
    .summary = "display information about what a name stands for",
    .help = "-a  all it could be\n-f  functions are not looked at\n-p  only the path of a file\n-P  a file even if there is something else\n"
            "-t  one word: alias, keyword, function, builtin, file",
    .state = sizeof(struct type),
    .start = type_start,
    .step = type_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
