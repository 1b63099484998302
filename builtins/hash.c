/* builtins/hash.c - remember or display where commands are (POSIX XCU hash). */
#include "builtins/options.h"
#include "shell/vars.h"
#include "task/sandbox.h"

struct hash {
    bool delete, list, reset, tell;
    struct str path;
    size_t next, count;
    struct buf last;
    bool begun, listing;
};

static int hash_start(struct call *c)
{
    struct hash *h = c->state;
    struct options o = {0};
    int letter;
    buf_init(&h->last, c->heap);
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
    struct text *value = text_new(c->shell, path);
    if (btree_set(&c->shell->state.hashed, name, (union entry){.item = &value->item}, &text_kind, c->meter) < 0) {
        text_release(value, c->meter);
        meter_out_of_memory(c->meter);
    }
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
    const struct command *command = sandbox_command(sh->sandbox, name);
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
        btree_release(&sh->state.hashed, &text_kind, c->meter);
        sh->state.hashed = (struct btree){0};
        h->reset = false;
    }
    while (h->listing) {
        struct str last = buf_str(&h->last), name;
        union entry entry;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (!btree_next(sh->state.hashed, h->begun ? &last : NULL, &name, &entry))
            break;
        if (!h->begun && !h->list)
            call_print_text(c, "hits\tcommand\n");
        struct str path = text_str((struct text *)entry.item);
        if (h->list)
            call_format(c, "builtin hash -p %S %S\n", path, name);
        else
            call_format(c, "   0\t%S\n", path);
        buf_clear(&h->last);
        buf_add(&h->last, name);
        h->begun = true;
    }
    if (h->listing && !h->begun && !(sh->state.options & OPT_POSIX))
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
