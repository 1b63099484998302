/* builtins/alias.c - alias and unalias: names for beginnings of commands (POSIX XCU alias). */
#include "builtins/options.h"
#include "shell/vars.h"

struct alias {
    bool all;
    size_t next;
    struct buf last;
    bool begun;
};

static void show(struct call *c, struct str name, struct str value)
{
    call_format(c, "%s%S='", c->shell->state.options & OPT_POSIX ? "" : "alias ", name);
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '\'')
            call_print_text(c, "'\\''");
        else
            call_print_byte(c, value.data[i]);
    }
    call_print_text(c, "'\n");
}

static int alias_start(struct call *c)
{
    struct alias *a = c->state;
    struct options o = {0};
    int letter;
    buf_init(&a->last, c->heap);
    while ((letter = options_next(c, &o, "p"))) {
        if (letter < 0)
            return options_failed(c, letter);
        a->all = true;
    }
    a->next = o.next;
    a->all |= a->next >= c->argc;
    return 0;
}

static bool is_alias_name(struct str name)
{
    for (size_t i = 0; i < name.length; i++)
        if (memchr("/$`=\\\"' \t\n&|;()<>", name.data[i], 18))
            return false;
    return name.length > 0;
}

static void one(struct call *c, struct str word)
{
    struct shell *sh = c->shell;
    ptrdiff_t equals = str_find(word, '=');
    union entry entry;
    if (equals <= 0) {
        if (btree_find(sh->state.aliases, word, &entry))
            show(c, word, text_str((struct text *)entry.item));
        else
            call_error(c, "%S: not found", word);
        return;
    }
    struct str name = str_first(word, (size_t)equals);
    if (!is_alias_name(name)) {
        call_error(c, "`%S': invalid alias name", name);
        return;
    }
    struct text *value = text_new(sh, str_after(word, (size_t)equals + 1));
    if (btree_set(&sh->state.aliases, name, (union entry){.item = &value->item}, &text_kind, c->meter) < 0) {
        text_release(value, c->meter);
        meter_out_of_memory(c->meter);
    }
}

static enum step alias_step(struct call *c)
{
    struct alias *a = c->state;
    while (a->all) {
        struct str last = buf_str(&a->last), name;
        union entry entry;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (!btree_next(c->shell->state.aliases, a->begun ? &last : NULL, &name, &entry))
            break;
        buf_clear(&a->last);
        buf_add(&a->last, name);
        a->begun = true;
        show(c, buf_str(&a->last), text_str((struct text *)entry.item));
    }
    a->all = false;
    for (; a->next < c->argc; a->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        one(c, c->argv[a->next]);
    }
    return call_done(c);
}

static int unalias_start(struct call *c)
{
    struct alias *a = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "a"))) {
        if (letter < 0)
            return options_failed(c, letter);
        a->all = true;
    }
    a->next = o.next;
    if (!a->all && a->next >= c->argc)
        return options_usage(c);
    return 0;
}

static enum step unalias_step(struct call *c)
{
    struct alias *a = c->state;
    if (a->all)
        btree_release(&c->shell->state.aliases, &text_kind, c->meter);
    if (a->all)
        c->shell->state.aliases = (struct btree){0};
    for (; !a->all && a->next < c->argc; a->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        int error = btree_remove(&c->shell->state.aliases, c->argv[a->next], &text_kind, c->meter);
        if (error == E_NOMEM)
            meter_out_of_memory(c->meter);
        if (error)
            call_error(c, "%S: not found", c->argv[a->next]);
    }
    return call_done(c);
}

const struct command command_alias = {
    .name = "alias",
    .usage = "[-p] [name[=value] ... ]",
    .summary = "define or display aliases",
    .help = "-p  print all",
    .state = sizeof(struct alias),
    .start = alias_start,
    .step = alias_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_unalias = {
    .name = "unalias",
    .usage = "[-a] name [name ...]",
    .summary = "remove aliases",
    .help = "-a  all of them",
    .state = sizeof(struct alias),
    .start = unalias_start,
    .step = unalias_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
