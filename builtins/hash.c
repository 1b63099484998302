/* builtins/hash.c - remember or display where commands are (POSIX XCU hash). */
#include "builtins/options.h"
#include "shell/vm.h"
#include "task/sandbox.h"

struct hash {
    bool delete, list, reset, tell;
    struct str path;
    size_t next, count;
    struct str *names; /* what there is to be listed, and how far that is */
    size_t name_count, at;
    bool listing;
};

static int hash_start(struct call *c)
{
    struct hash *h = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "dlp:rt")))
        switch (letter) {
        case 'd': h->delete = true; break;
        case 'l': h->list = true; break;
        case 'p': h->path = o.value; break;
        case 'r': h->reset = true; break;
        case 't': h->tell = true; break;
        default: return options_failed(c, letter);
        }
    h->next = o.next;
    h->count = c->argc - o.next;
    if (h->tell && !h->count) {
        call_error(c, "-t: option requires an argument");
        return 1;
    }
    if (!(c->shell->state.options & OPT_HASHALL)) {
        call_error(c, "hashing disabled");
        return 1;
    }
    h->listing = !h->count && !h->reset && !h->delete;
    return 0;
}

static void keep(struct call *c, struct str name, struct str path)
{
    hashed_keep(c->shell, name, path, 0);
}

/* 0, or E_WAIT. */
static int one(struct call *c, struct hash *h, struct str name)
{
    struct shell *sh = c->shell;
    union entry entry;
    struct str path = {0};
    if (h->tell) {
        if (!btree_find(sh->state.hashed, name, &entry)) {
            call_error(c, "%S: not found", name);
        } else {
            struct str at = text_str((struct text *)entry.item);
            if (h->list)
                call_format(c, "builtin hash -p %S %S\n", at, name);
            else if (h->count > 1)
                call_format(c, "%S\t%S\n", name, at);
            else
                call_format(c, "%S\n", at);
        }
        return 0;
    }
    if (h->delete) {
        int error = btree_remove(&sh->state.hashed, name, &text_kind, c->meter);
        if (error == E_NOMEM)
            meter_out_of_memory(c->meter);
        if (error)
            call_error(c, "%S: not found", name);
        return 0;
    }
    if (h->path.data) {
        keep(c, name, h->path);
        return 0;
    }
    const struct command *command = find_builtin(sh, name);
    if (str_find(name, '/') >= 0 || (command && command->flags & COMMAND_BUILTIN) || btree_find(sh->state.functions, name, &entry))
        return 0;
    struct buf found;
    buf_init(&found, c->heap);
    shell_get(sh, str_lit("PATH"), &path);
    int error = task_find_command(c->task, path.data ? path : str_lit("/usr/local/bin:/usr/bin:/bin"), name, &found);
    if (error == E_WAIT)
        return E_WAIT;
    if (error)
        call_error(c, "%S: not found", name);
    else
        keep(c, name, buf_str(&found));
    return 0;
}

static enum step hash_step(struct call *c)
{
    struct hash *h = c->state;
    struct shell *sh = c->shell;
    if (h->reset) {
        hashed_forget(sh);
        h->reset = false;
    }
    if (h->listing && !h->names && sh->state.hashed.count) { /* in bash's order */
        struct btree_walk walk;
        union entry entry;
        h->names = heap_alloc(c->heap, (size_t)sh->state.hashed.count * sizeof *h->names);
        btree_walk_start(&walk, sh->state.hashed);
        while (btree_walk_next(&walk, &h->names[h->name_count], &entry))
            h->name_count++;
        hash_order(c->heap, h->names, h->name_count, 256);
        if (!h->list)
            call_print_text(c, "hits\tcommand\n");
    }
    for (; h->at < h->name_count; h->at++) {
        struct str path, name = h->names[h->at];
        uint32_t hits;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (!hashed_find(sh, name, &path, &hits))
            continue;
        if (h->list)
            call_format(c, "builtin hash -p %S %S\n", path, name);
        else
            call_format(c, "%4u\t%S\n", hits, path);
    }
    if (h->listing && !h->name_count && !(sh->state.options & OPT_POSIX))
        call_print_text(c, "hash: hash table empty\n");
    for (; h->next < c->argc; h->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (one(c, h, c->argv[h->next]) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
    }
    return call_done(c);
}

const struct command command_hash = {
    .name = "hash",
    .usage = "[-lr] [-p pathname] [-dt] [name ...]",
    .summary = "remember or display program locations",
    .help = "-d  forget it\n-l  as commands\n-p pathname  use this\n-r  forget all\n-t  print it",
    .state = sizeof(struct hash),
    .start = hash_start,
    .step = hash_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
