/* shell/state.c - what a shell hands on: the environment of programs, frames and parameters of functions, the state of a subshell. */
#include "shell/vm.h"

#include "shell/options.h"

/* --- the environment ---------------------------------------------------------------------------------------------- */

struct environment *vars_environment(struct shell *sh)
{
    struct state *s = &sh->state;
    if (s->options_exported && (sh->environment_options != s->options || sh->environment_shopt != s->shopt)) {
        sh->environment_version++;
        sh->environment_options = s->options;
        sh->environment_shopt = s->shopt;
    }
    if (sh->environment && sh->environment_seen == sh->environment_version)
        return shared_keep(sh->environment);
    struct heap *heap = sh->heap;
    struct buf bytes;
    struct str *list = NULL;
    size_t count = 0;
    buf_init(&bytes, heap);
    struct btree_walk walk;
    struct str name;
    union entry entry;
    btree_walk_start(&walk, sh->state.variables);
    while (btree_walk_next(&walk, &name, &entry)) {
        struct variable *v = (struct variable *)entry.item;
        if (!(v->flags & VAR_EXPORT) || !v->value || v->flags & (VAR_ARRAY | VAR_ASSOC))
            continue;
        list = array_grow(heap, list, count, sizeof *list);
        list[count++] = str_of((const char *)bytes.length, name.length + 1 + v->value->length);
        buf_add(&bytes, name);
        buf_add_byte(&bytes, '=');
        buf_add(&bytes, text_str(v->value));
    }
    for (int k = 0; k < 2; k++) {
        if (!(s->options_exported & 1 << k))
            continue;
        list = array_grow(heap, list, count, sizeof *list);
        size_t from = bytes.length;
        buf_print(&bytes, "%s=%S", k ? "BASHOPTS" : "SHELLOPTS", made_option_list(sh, !k));
        list[count++] = str_of((const char *)from, bytes.length - from);
    }
    for (size_t i = 0; i < count; i++)
        list[i].data = bytes.data + (size_t)list[i].data;
    struct environment *e = environment_new(&sh->sandbox->meter, list, count);
    heap_free(heap, list);
    buf_drop(&bytes);
    environment_release(sh->environment, &sh->sandbox->meter);
    sh->environment = e;
    sh->environment_seen = sh->environment_version;
    return shared_keep(e);
}

/* --- frames and parameters ------------------------------------------------------------------------------------------- */

void params_release(void *params, struct meter *m)
{
    struct params *p = params;
    if (!shared_drop(p))
        return;
    for (size_t i = 0; i < p->count; i++)
        text_release(p->at[i], m);
    shared_free(m, p);
}

void frame_release(void *frame, struct meter *m)
{
    struct frame *f = frame;
    while (shared_drop(f)) {
        struct frame *outer = f->outer;
        text_release(f->function, m);
        text_release(f->file, m);
        params_release(f->params, m);
        shared_free(m, f);
        f = outer;
    }
}

void traps_release(void *traps, struct meter *m)
{
    struct traps *t = traps;
    if (!shared_drop(t))
        return;
    for (int i = 0; i < TRAP_COUNT; i++)
        text_release(t->at[i], m);
    shared_free(m, t);
}

struct traps *traps_own(struct shell *sh)
{
    struct meter *m = &sh->sandbox->meter;
    struct traps *old = sh->state.traps;
    if (old && shared_alone(old))
        return old;
    struct traps *t = shared_new(m, sizeof *t);
    if (!t)
        meter_out_of_memory(&sh->sandbox->meter);
    for (int i = 0; i < TRAP_COUNT; i++)
        t->at[i] = old ? shared_keep(old->at[i]) : NULL;
    traps_release(old, m);
    sh->state.traps = t;
    return t;
}

struct params *params_new(struct shell *sh, const struct str *words, size_t count)
{
    struct meter *m = &sh->sandbox->meter;
    struct hold *hold = heap_hold(sh->heap, params_release);
    struct params *p = shared_new(m, sizeof *p + count * sizeof *p->at);
    if (!p)
        meter_out_of_memory(&sh->sandbox->meter);
    p->count = 0;
    hold->thing = p;
    for (size_t i = 0; i < count; i++) {
        p->at[i] = text_new(sh, words[i]);
        p->count++;
    }
    hold->thing = NULL;
    heap_unhold(sh->heap, hold);
    return p;
}

struct frame *frame_own(struct shell *sh)
{
    struct frame *f = sh->state.frame;
    if (shared_alone(f))
        return f;
    struct frame *copy = shared_new(&sh->sandbox->meter, sizeof *copy);
    if (!copy)
        meter_out_of_memory(&sh->sandbox->meter);
    struct shared head = copy->shared;
    *copy = *f;
    copy->shared = head;
    shared_keep(copy->outer);
    shared_keep(copy->function);
    shared_keep(copy->file);
    shared_keep(copy->params);
    sh->state.frame = copy;
    frame_release(f, &sh->sandbox->meter);
    return copy;
}

struct frame *shell_push_frame(struct shell *sh, int line)
{
    struct frame *f = shared_new(&sh->sandbox->meter, sizeof *f);
    if (!f)
        meter_out_of_memory(&sh->sandbox->meter);
    struct shared head = f->shared;
    *f = (struct frame){.outer = sh->state.frame, .line = line, .scope = sh->state.scope};
    f->shared = head;
    sh->state.frame = f;
    return f;
}

void shell_pop_frame(struct shell *sh)
{
    struct frame *f = sh->state.frame;
    if (!f || !f->outer)
        return;
    sh->state.frame = shared_keep(f->outer);
    frame_release(f, &sh->sandbox->meter);
}

void shell_set_params(struct shell *sh, const struct str *words, size_t count)
{
    struct frame *f = frame_own(sh);
    struct params *p = params_new(sh, words, count);
    params_release(f->params, &sh->sandbox->meter);
    f->params = p;
    f->shifted = 0;
    f->params_set = true;
}

size_t shell_param_count(const struct shell *sh)
{
    const struct frame *f = sh->state.frame;
    return f->params ? f->params->count - f->shifted : 0;
}

bool shell_param(const struct shell *sh, size_t number, struct str *value)
{
    if (number == 0 || number > shell_param_count(sh))
        return false;
    const struct frame *f = sh->state.frame;
    *value = text_str(f->params->at[f->shifted + number - 1]);
    return true;
}

/* --- state --------------------------------------------------------------------------------------------------------------- */

void state_share(struct state *copy, const struct state *from)
{
    *copy = *from;
    copy->variables = btree_share(from->variables);
    copy->functions = btree_share(from->functions);
    copy->aliases = btree_share(from->aliases);
    copy->hashed = btree_share(from->hashed);
    copy->disabled = btree_share(from->disabled);
    copy->completions = btree_share(from->completions);
    shared_keep(copy->frame);
    shared_keep(copy->traps);
    shared_keep(copy->name);
    shared_keep(copy->directory);
}

void state_release(struct state *s, struct meter *m)
{
    btree_release(&s->variables, &variable_kind, m);
    btree_release(&s->functions, &function_kind, m);
    btree_release(&s->aliases, &text_kind, m);
    btree_release(&s->hashed, &text_kind, m);
    btree_release(&s->disabled, &text_kind, m);
    btree_release(&s->completions, &text_kind, m);
    frame_release(s->frame, m);
    traps_release(s->traps, m);
    text_release(s->name, m);
    text_release(s->directory, m);
    memset(s, 0, sizeof *s);
}
