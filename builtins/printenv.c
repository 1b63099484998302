/* builtins/printenv.c - print values of the environment. */
#include "task/command.h"

static const struct option options[] = {
    {'0', "null", NULL, "end each output line with NUL, not newline"},
    {0},
};

struct printenv {
    size_t next;
};

static enum step step(struct call *c)
{
    struct printenv *p = c->state;
    const struct environment *e = c->task->environment;
    char end = call_has(c, '0') ? '\0' : '\n';
    struct str value;

    while (p->next < (c->operand_count ? c->operand_count : e ? e->count : 0)) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (c->operand_count == 0) {
            value = e->at[p->next++];
        } else {
            struct str name = c->operands[p->next++];
            char *text = (char *)(uintptr_t)str_copy(c->heap, name).data;
            if (str_find(name, '=') >= 0 || !e || !environment_find(e, text, &value)) {
                c->status = 1;
                continue;
            }
        }
        call_print(c, value);
        call_print_byte(c, end);
    }
    return call_done(c);
}

const struct command command_printenv = {
    .name = "printenv",
    .usage = "[OPTION]... [VARIABLE]...",
    .summary = "Print the values of the specified environment VARIABLE(s).",
    .help = "If no VARIABLE is specified, print name and value pairs for them all.",
    .options = options,
    .state = sizeof(struct printenv),
    .step = step,
    .trouble = 2,
};
