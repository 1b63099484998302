/* builtins/caller.c - tell where a function was called from. */
#include "base/number.h"
#include "builtins/options.h"
#include "shell/vars.h"

/* An element of one of the arrays of calls: false when there is none. */
static bool look(struct call *c, const char *array, int64_t index, struct str *value)
{
    struct str name = str_from(array), found;
    char digits[NUMBER_MOST];
    struct made made;
    bool bad;
    if (!var_element(c->shell, name, code_hash(name), str_of(digits, number_write_int(digits, index)), &made, &found, &bad))
        return false;
    *value = str_copy(c->heap, found);
    return true;
}

static int caller_start(struct call *c)
{
    size_t first;
    struct str line, function, file;
    int64_t level;
    int status = options_none(c, &first);
    if (status || c->finished)
        return status;
    if (!c->shell->state.frame || !c->shell->state.frame->outer)
        return 1;
    if (first >= c->argc) {
        if (!look(c, "BASH_LINENO", 0, &line))
            return 1;
        if (!look(c, "BASH_SOURCE", 1, &file))
            file = str_lit("NULL");
        call_format(c, "%S %S\n", line, file);
        return 0;
    }
    if (!number_is_int(c->argv[first], &level)) {
        call_error(c, "%S: invalid number", c->argv[first]);
        return options_usage(c);
    }
    if (level < 0 || !look(c, "BASH_LINENO", level, &line) || !look(c, "FUNCNAME", level + 1, &function) ||
        !look(c, "BASH_SOURCE", level + 1, &file))
        return 1;
    call_format(c, "%S %S %S\n", line, function, file);
    return 0;
}

const struct command command_caller = {
    .name = "caller",
    .usage = "[expr]",
    .summary = "return the context of the current subroutine call",
    .help = "Line and file of the call; with a number the function too, so many calls further out.",
    .start = caller_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
