/* builtins/nproc.c - print how many processors there are: one, unless the environment of OpenMP says otherwise. */
#include "base/number.h"
#include "builtins/text.h"

enum { ALL = OPTION_LONG, IGNORE };

static const struct option options[] = {
    {ALL, "all", NULL, "print the number of installed processors"},
    {IGNORE, "ignore", "N", "if possible, exclude N processing units"},
    {0},
};

/* A number, blanks around it and a list behind it allowed; 0 when it is none. */
static uint64_t variable(struct call *c, const char *name)
{
    struct str value;
    uint64_t number = 0;

    if (!c->task->environment || !environment_find(c->task->environment, name, &value) || value.length == 0)
        return 0;
    size_t used = number_parse_unsigned(value, 10, &number, NULL);
    struct str rest = str_after(value, used);
    while (rest.length && (rest.data[0] == ' ' || (rest.data[0] >= '\t' && rest.data[0] <= '\r')))
        rest = str_after(rest, 1);
    return used && (rest.length == 0 || rest.data[0] == ',') && str_find(str_first(value, used), '-') < 0 ? number : 0;
}

static int start(struct call *c)
{
    uint64_t ignore = 0, count = 1;
    struct str value;

    for (size_t i = 0; i < c->option_count; i++) {
        size_t used;
        value = c->options[i].value;
        if (c->options[i].letter != IGNORE)
            continue;
        unsigned answer = number_parse_size(value, "", &ignore, &used);
        if (answer || used < value.length) {
            call_error(c, answer == NUMBER_OVERFLOW ? "invalid number: %S: %m" : "invalid number: %S",
                       call_quote_word(c, value), E_OVERFLOW);
            return 1;
        }
    }
    if (c->operand_count)
        return call_extra_operand(c, c->operands[0]);
    if (!call_has(c, ALL)) {
        uint64_t threads = variable(c, "OMP_NUM_THREADS"), limit = variable(c, "OMP_THREAD_LIMIT");
        count = threads ? threads : count;
        count = limit && limit < count ? limit : count;
    }
    call_format(c, "%llu\n", (unsigned long long)(ignore < count ? count - ignore : 1));
    return 0;
}

const struct command command_nproc = {
    .name = "nproc",
    .usage = "[OPTION]...",
    .summary = "Print the number of processing units available to the current process.",
    .options = options,
    .start = start,
    .step = call_done,
};
