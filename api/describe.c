/* api/describe.c - commands, tasks and heaps as text for people; variables and completeness for prompts. */
#include "api/api.h"

#include "shell/session.h"
#include "task/command.h"

int nacre_command(const nacre *n, size_t index, struct nacre_command *command)
{
    if (!n || !command || command->size < sizeof command->size)
        return NACRE_E_INVALID;
    if (index >= n->command_count)
        return NACRE_E_NOENT;
    const struct command *c = n->commands[index];
    struct nacre_command out = {
        .name = api_text(str_from(c->name)), .usage = api_text(str_from(c->usage)), .summary = api_text(str_from(c->summary)),
        .builtin = (c->flags & COMMAND_BUILTIN) != 0,
    };
    api_fill(command, command->size, &out, sizeof out);
    return NACRE_OK;
}

int nacre_command_option(const nacre *n, size_t command, size_t index, int *letter, const char **name, const char **argument,
                         const char **help)
{
    if (!n || !letter || !name || !argument || !help)
        return NACRE_E_INVALID;
    if (command >= n->command_count || !n->commands[command]->options)
        return NACRE_E_NOENT;
    const struct option *o = n->commands[command]->options;
    while (o->letter && index--)
        o++;
    if (!o->letter)
        return NACRE_E_NOENT;
    *letter = o->letter < OPTION_LONG ? o->letter : 0;
    *name = o->name;
    *argument = o->argument;
    *help = o->help;
    return NACRE_OK;
}

struct telling {
    struct nacre *n;
    struct heap heap;
    struct buf text;
    int what;
    struct str script, name;
    int answer;
    struct str value;
};

static void tell_tasks(struct nacre *n, struct buf *out)
{
    buf_print(out, "%zu commands, clock %lld, %s\n", n->command_count, (long long)sandbox_now(n),
              api_of(n)->phase == PHASE_REST ? "at rest" : "running");
    for (const struct task *t = n->tasks; t; t = t->next) {
        buf_print(out, "%u %S [%s] parent %u group %u%s%s%s", t->number, t->name, t->kind->name, t->parent ? t->parent->number : 1u,
                  t->group, t == n->current ? " current" : "", t->ready ? " ready" : "", t->sleeper ? " sleeping" : "");
        if (t->waiting)
            buf_add_text(out, " waiting");
        buf_add_byte(out, '\n');
    }
}

static void tell_heaps(struct nacre *n, struct buf *out)
{
    buf_print(out, "held %zu of %zu bytes, at most %zu; pages kept %zu\n", n->meter.memory, n->meter.memory_limit, n->meter.memory_peak,
              pool_size(&n->meter));
    buf_print(out, "disk %llu of %llu bytes\n", (unsigned long long)vfs_disk(&n->vfs), (unsigned long long)n->vfs.disk_limit);
}

static void tell(void *argument)
{
    struct telling *w = argument;
    switch (w->what) {
    case NACRE_DESCRIBE_CODE: shell_describe(w->n, &w->heap, w->script, &w->text); break;
    case NACRE_DESCRIBE_TASKS: tell_tasks(w->n, &w->text); break;
    default: tell_heaps(w->n, &w->text); break;
    }
    buf_text(&w->text);
}

int nacre_describe(nacre *n, int what, struct nacre_text script, char **text, size_t *length)
{
    if (!n || !text || !length || what < NACRE_DESCRIBE_CODE || what > NACRE_DESCRIBE_HEAPS)
        return NACRE_E_INVALID;
    struct telling w = {.n = n, .what = what, .script = api_str(script)};
    heap_init(&w.heap, &n->meter);
    buf_init(&w.text, &w.heap);
    int error = api_land(n, tell, &w);
    char *copy = error ? NULL : api_allocate(n, w.text.length + 1);
    if (copy) {
        memcpy(copy, w.text.data, w.text.length);
        copy[w.text.length] = 0;
        *text = copy;
        *length = w.text.length;
    }
    heap_drop(&w.heap);
    return error ? error : copy ? NACRE_OK : NACRE_E_MEMORY;
}

void nacre_text_free(nacre *n, char *text, size_t length)
{
    if (n && text)
        api_release(n, text, length + 1);
}

int nacre_trace(nacre *n, int on)
{
    if (!n)
        return NACRE_E_INVALID;
    n->trace = on != 0;
    return NACRE_OK;
}

int nacre_exited(const nacre *n)
{
    return n && n->exited;
}

static void find_variable(void *argument)
{
    struct telling *w = argument;
    struct buf *text = &api_of(w->n)->text;
    buf_clear(text);
    w->answer = shell_variable(w->n, w->name, text) ? 0 : NACRE_E_NOENT;
}

int nacre_variable(nacre *n, struct nacre_text name, struct nacre_text *value)
{
    if (!n || !value)
        return NACRE_E_INVALID;
    if (api_of(n)->phase != PHASE_REST)
        return NACRE_E_STATE;
    struct telling w = {.n = n, .name = api_str(name)};
    int error = api_land(n, find_variable, &w);
    if (error)
        return error;
    if (!w.answer)
        *value = api_text(buf_str(&api_of(n)->text));
    return w.answer;
}

static void judge(void *argument)
{
    struct telling *w = argument;
    w->answer = shell_complete(w->n, &w->heap, w->script);
}

int nacre_complete(nacre *n, struct nacre_text script)
{
    if (!n)
        return NACRE_E_INVALID;
    struct telling w = {.n = n, .script = api_str(script)};
    heap_init(&w.heap, &n->meter);
    int error = api_land(n, judge, &w);
    heap_drop(&w.heap);
    return error ? error : w.answer;
}
