/* builtins/tab_stops.c - the tab stops that expand and unexpand are given: N, or LIST with / and +. */
#include "builtins/tab_stops.h"

static void add_stop(struct call *c, struct tab_stops *t, uint64_t stop)
{
    t->list = array_grow(c->heap, t->list, t->count, sizeof *t->list);
    t->list[t->count++] = stop;
}

static int only_last(struct call *c, char mark)
{
    call_error(c, "'%c' specifier only allowed with the last value", mark);
    return 1;
}

/* The number `value` ends: a stop, or what / or + say. */
static int end_number(struct call *c, struct tab_stops *t, char mark, uint64_t value)
{
    if (mark == '/') {
        if (t->every && t->every != value)
            return only_last(c, '/');
        t->every = value;
    } else if (mark == '+') {
        if (t->increment && t->increment != value)
            return only_last(c, '+');
        t->increment = value;
    } else {
        add_stop(c, t, value);
    }
    return 0;
}

/* Adds what one -t says. 0, or 1 after the message. */
static int parse(struct call *c, struct tab_stops *t, struct str list)
{
    bool number = false;
    char mark = 0;
    uint64_t value = 0;
    size_t start = 0;

    for (size_t i = 0; i < list.length; i++) {
        char byte = list.data[i];
        if (byte == ',' || byte == ' ' || byte == '\t') {
            if (number && end_number(c, t, mark, value))
                return 1;
            number = false;
        } else if (byte == '/' || byte == '+') {
            if (number) {
                call_error(c, "'%c' specifier not at start of number: %S", byte, call_quote_word(c, str_after(list, i)));
                return 1;
            }
            mark = byte;
        } else if (byte >= '0' && byte <= '9') {
            unsigned digit = (unsigned)(byte - '0');
            if (!number) {
                value = 0;
                start = i;
            }
            number = true;
            if (value > (UINT64_MAX - digit) / 10) {
                size_t end = start;
                while (end < list.length && list.data[end] >= '0' && list.data[end] <= '9')
                    end++;
                call_error(c, "tab stop is too large %S", call_quote_word(c, str_of(list.data + start, end - start)));
                return 1;
            }
            value = value * 10 + digit;
        } else {
            call_error(c, "tab size contains invalid character(s): %S", call_quote_word(c, str_after(list, i)));
            return 1;
        }
    }
    return number ? end_number(c, t, mark, value) : 0;
}

static int settle(struct call *c, struct tab_stops *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i] == 0) {
            call_error(c, "tab size cannot be 0");
            return 1;
        }
        if (i > 0 && t->list[i] <= t->list[i - 1]) {
            call_error(c, "tab sizes must be ascending");
            return 1;
        }
    }
    if (t->every && t->increment) {
        call_error(c, "'/' specifier is mutually exclusive with '+'");
        return 1;
    }
    if (t->count == 0 && !t->every)
        t->every = t->increment ? t->increment : 8;
    else if (t->count == 1 && !t->every && !t->increment) {
        t->every = t->list[0];
        t->count = 0;
    }
    return 0;
}

void tab_stops_restart(struct tab_stops *t)
{
    t->near = 0;
}

uint64_t tab_stops_next(struct tab_stops *t, uint64_t column, bool *last)
{
    *last = false;
    while (t->near < t->count && t->list[t->near] <= column)
        t->near++;
    if (t->near < t->count)
        return t->list[t->near];
    if (t->every)
        return column + (t->every - column % t->every);
    if (t->increment) {
        uint64_t end = t->count > 0 ? t->list[t->count - 1] : 0;
        return column + (t->increment - (column - end) % t->increment);
    }
    *last = true;
    return column + 1;
}

const char tab_stops_help[] =
    "With no FILE, or when FILE is -, read standard input.\n\n"
    "The last position of a list can be prefixed with '/' to specify a tab size to use after the last\n"
    "explicitly specified tab stop. Also a prefix of '+' can be used to align remaining tab stops relative\n"
    "to the last specified tab stop instead of the first column.";

static bool is_old(struct str word)
{
    if (word.length < 2 || word.data[0] != '-')
        return false;
    for (size_t i = 1; i < word.length; i++)
        if ((word.data[i] < '0' || word.data[i] > '9') && word.data[i] != ',')
            return false;
    return true;
}

int tab_stops_start(struct call *c, struct tab_stops *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].letter == 't' && parse(c, t, c->options[i].value))
            return 1;
    for (size_t i = 0; i < c->operand_count; i++) {
        struct str word = c->operands[i];
        if (!is_old(word))
            c->operands[kept++] = word;
        else if (parse(c, t, str_after(word, 1)))
            return 1;
    }
    c->operand_count = kept;
    return settle(c, t);
}
