/* builtins/unset.c - unset variables and functions (POSIX XCU unset). */
#include "builtins/variables.h"
#include "shell/print.h"

struct unset {
    bool functions, variables, reference;
    size_t next;
};

static int unset_start(struct call *c)
{
    struct unset *u = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "fnv")))
        switch (letter) {
        case 'f': u->functions = true; break;
        case 'n': u->reference = true; break;
        case 'v': u->variables = true; break;
        default: return options_failed(c, letter);
        }
    if (u->functions && u->variables) {
        call_error(c, "cannot simultaneously unset a function and a variable");
        return 1;
    }
    u->next = o.next;
    return 0;
}

/* True when there was one. */
static bool unset_function(struct call *c, struct str name)
{
    union entry entry;
    if (!btree_find(c->shell->state.functions, name, &entry))
        return false;
    if (((struct function *)entry.item)->flags & VAR_READONLY) {
        call_error(c, "%S: cannot unset: readonly function", name);
        return true;
    }
    if (btree_remove(&c->shell->state.functions, name, &function_kind, c->meter) == E_NOMEM)
        meter_out_of_memory(c->meter);
    c->shell->environment_version++;
    return true;
}

static void unset_element(struct call *c, struct str name, struct str subscript)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(name);
    if (!var_follow(sh, &name, &hash))
        return;
    struct variable *v = var_find(sh, name, hash);
    if (!v)
        return;
    if (v->flags & VAR_READONLY) {
        call_error(c, "%S: cannot unset: readonly variable", name);
        return;
    }
    bool all = str_is(subscript, "@") || str_is(subscript, "*");
    if (!(v->flags & (VAR_ARRAY | VAR_ASSOC)) && !str_is(subscript, "0")) {
        call_error(c, "%S: not an array variable", name);
        return;
    }
    if (all && v->flags & VAR_ARRAY) { /* it stays, empty */
        var_make_array(sh, name, hash, false, false);
        var_attributes(sh, name, VAR_SET, 0);
        return;
    }
    struct buf text;
    if (var_unset_element(sh, name, subscript_expand(sh, subscript, &text)) < 0)
        c->status = 1;
    buf_drop(&text);
}

static void unset_one(struct call *c, struct unset *u, struct str word)
{
    struct shell *sh = c->shell;
    struct str name = word, base, subscript;
    uint32_t hash = code_hash(word);

    if (u->functions) {
        unset_function(c, word);
        return;
    }
    if (!u->reference && var_split(word, &base, &subscript)) {
        unset_element(c, base, subscript);
        return;
    }
    struct variable *v = shell_is_name(word) ? var_find(sh, word, hash) : NULL;
    if (!v) {
        if (!u->variables && !u->reference)
            unset_function(c, word);
        return;
    }
    if (u->reference && !(v->flags & VAR_NAMEREF))
        return;
    if (!u->reference && v->flags & VAR_NAMEREF) {
        if (!var_follow(sh, &name, &hash)) {
            c->status = 1;
            return;
        }
        if (var_split(name, &base, &subscript)) {
            unset_element(c, base, subscript);
            return;
        }
        name = str_copy(c->heap, name);
        v = var_find(sh, name, hash);
    }
    if (v && v->flags & VAR_READONLY) {
        call_error(c, "%S: cannot unset: readonly variable", name);
        return;
    }
    if (var_unset(sh, name) < 0)
        c->status = 1;
}

static enum step unset_step(struct call *c)
{
    struct unset *u = c->state;
    for (; u->next < c->argc; u->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        unset_one(c, u, c->argv[u->next]);
    }
    return call_done(c);
}

const struct command command_unset = {
    .name = "unset",
    .usage = "[-f] [-v] [-n] [name ...]",
    .summary = "unset values and attributes of variables and functions",
    .help = "-f  functions\n-v  variables\n-n  a name reference itself",
    .state = sizeof(struct unset),
    .start = unset_start,
    .step = unset_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
