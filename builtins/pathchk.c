/* builtins/pathchk.c - tell which names are no good, here or on other systems. */
#include "builtins/text.h"

enum { PORTABILITY = OPTION_LONG };

static const struct option options[] = {
    {'p', NULL, NULL, "check for most POSIX systems"},
    {'P', NULL, NULL, "check for empty names and leading \"-\""},
    {PORTABILITY, "portability", NULL, "check for all POSIX systems (equivalent to -p -P)"},
    {0},
};

/* The least that POSIX allows, and what is so here; a NUL counts in the lengths of paths. */
enum { POSIX_NAME = 14, POSIX_PATH = 256, NAME = VFS_NAME_MOST, PATH = 4096 };

struct pathchk {
    size_t next; /* operand */
};

static int start(struct call *c)
{
    return c->operand_count ? 0 : call_missing_operand(c);
}

/* The next component at or behind *at; empty at the end. */
static struct str component(struct str name, size_t *at)
{
    size_t from;

    while (*at < name.length && name.data[*at] == '/')
        ++*at;
    from = *at;
    while (*at < name.length && name.data[*at] != '/')
        ++*at;
    return str_of(name.data + from, *at - from);
}

static bool portable_letters(struct call *c, struct str name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        if (byte < 0x80 && (utf8_byte_is(name.data[i], UTF8_ALNUM) || strchr("._-/", byte)))
            continue;
        size_t length = 1;
        if (byte >= 0xc0)
            while (i + length < name.length && ((unsigned char)name.data[i + length] & 0xc0) == 0x80)
                length++;
        call_error(c, "nonportable character %S in file name %S", call_quote_word(c, str_of(name.data + i, length)), call_quote(c, name));
        return false;
    }
    return true;
}

/* 0, or E_WAIT; messages are printed. */
static int check(struct call *c, struct str name)
{
    bool basic = call_has(c, 'p') || call_has(c, PORTABILITY), strict = call_has(c, 'P') || call_has(c, PORTABILITY);
    size_t longest = 0, at, limit;

    for (at = 0; strict;) {
        struct str part = component(name, &at);
        if (part.length == 0)
            break;
        if (part.data[0] == '-') {
            call_error(c, "leading '-' in a component of file name %S", call_quote(c, name));
            return 0;
        }
    }
    if ((basic || strict) && name.length == 0) {
        call_error(c, "empty file name");
        return 0;
    }
    if (basic) {
        if (!portable_letters(c, name))
            return 0;
    } else {
        struct stat_info info;
        int error = call_stat(c, name, false, &info);
        if (error == 0 || error == E_WAIT)
            return error;
        if (error != E_NOENT || name.length == 0) {
            call_error(c, "%S: %m", name.length ? call_quote_for_colon(c, name) : str_lit("''"), error);
            return 0;
        }
    }
    limit = basic ? POSIX_PATH : PATH;
    if (name.length >= limit) {
        call_error(c, "limit %zu exceeded by length %zu of file name %S", limit - 1, name.length, call_quote(c, name));
        return 0;
    }
    limit = basic ? POSIX_NAME : NAME;
    for (at = 0;;) {
        struct str part = component(name, &at);
        if (part.length == 0)
            break;
        longest = part.length;
        if (longest > limit) {
            call_error(c, "limit %zu exceeded by length %zu of file name component %S", limit, longest, call_quote_word(c, part));
            return 0;
        }
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct pathchk *p = c->state;

    for (; p->next < c->operand_count; p->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (check(c, c->operands[p->next]) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1 + (int64_t)(c->operands[p->next].length / METER_BYTES));
    }
    return call_done(c);
}

const struct command command_pathchk = {
    .name = "pathchk",
    .usage = "[OPTION]... NAME...",
    .summary = "Diagnose invalid or unportable file names.",
    .options = options,
    .state = sizeof(struct pathchk),
    .start = start,
    .step = step,
    .flags = COMMAND_IN_ORDER,
};
