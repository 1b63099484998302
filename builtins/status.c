/* builtins/status.c - the number behind exit, return, break and shift. */
#include "builtins/status.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool status_number(struct str text, int64_t *number)
{
    size_t i = 0, end = text.length;
    while (i < end && is_blank(text.data[i]))
        i++;
    while (end > i && is_blank(text.data[end - 1]))
        end--;
    bool negative = i < end && text.data[i] == '-';
    i += i < end && (text.data[i] == '-' || text.data[i] == '+');
    if (i == end)
        return false;
    int64_t value = 0;
    for (; i < end; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            (negative ? __builtin_sub_overflow(value, digit, &value) : __builtin_add_overflow(value, digit, &value)))
            return false;
    }
    *number = value;
    return true;
}

int status_operand(struct call *c, bool *given, int64_t *number)
{
    size_t first = c->argc > 1 && str_is(c->argv[1], "--") ? 2 : 1;
    *given = first < c->argc;
    if (!*given)
        return 0;
    if (!status_number(c->argv[first], number)) {
        call_error(c, "%S: numeric argument required", c->argv[first]);
        return c->status = 2;
    }
    if (first + 1 < c->argc) {
        call_error(c, "too many arguments");
        return c->status = 1;
    }
    return 0;
}
