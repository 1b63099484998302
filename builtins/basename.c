/* builtins/basename.c - strip directories and a suffix from names. */
#include "builtins/paths.h"

static const struct option options[] = {
    {'a', "multiple", NULL, "support multiple arguments and treat each as a NAME"},
    {'s', "suffix", "SUFFIX", "remove a trailing SUFFIX; implies -a"},
    {'z', "zero", NULL, "end each output line with NUL, not newline"},
    {0},
};

struct basename {
    bool many;
    char end;
    struct str suffix;
    size_t at;
};

static int start(struct call *c)
{
    struct basename *b = c->state;
    b->many = call_value(c, 's', &b->suffix) || call_has(c, 'a');
    b->end = call_has(c, 'z') ? '\0' : '\n';
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (!b->many && c->operand_count > 2)
        return call_extra_operand(c, c->operands[2]);
    if (!b->many && c->operand_count == 2)
        b->suffix = c->operands[1];
    return 0;
}

static enum step step(struct call *c)
{
    struct basename *b = c->state;
    for (size_t count = b->many ? c->operand_count : 1; b->at < count; b->at++) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str name = path_base(c->operands[b->at]), suffix = b->suffix;
        if (suffix.length && name.length > suffix.length && !str_is(name, "/") &&
            memcmp(name.data + name.length - suffix.length, suffix.data, suffix.length) == 0)
            name.length -= suffix.length;
        call_print(c, name);
        call_print_byte(c, b->end);
        call_charge(c, 1);
    }
    return call_done(c);
}

const struct command command_basename = {
    .name = "basename",
    .usage = "NAME [SUFFIX]\nOPTION... NAME...",
    .summary = "print NAME with any leading directory components removed; if specified, also remove a trailing SUFFIX",
    .options = options,
    .state = sizeof(struct basename),
    .start = start,
    .step = step,
    .flags = COMMAND_IN_ORDER,
};
