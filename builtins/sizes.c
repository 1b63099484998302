/* builtins/sizes.c - sizes as ls, du and df print them. */
#include "builtins/sizes.h"

static const char letters[] = "KMGTPE";

/* The number at the start of `s` as strtoumax with base 0 reads it: false when it passes 64 bits. */
static bool read_number(struct str s, size_t *at, uint64_t *value)
{
    unsigned base = 10;
    *value = 0;
    bool fits = true;
    if (*at < s.length && s.data[*at] == '0') {
        base = 8;
        if (*at + 1 < s.length && (s.data[*at + 1] | 32) == 'x') {
            base = 16;
            *at += 2;
        }
    }
    for (; *at < s.length; ++*at) {
        char byte = s.data[*at];
        unsigned digit = byte >= '0' && byte <= '9' ? (unsigned)(byte - '0')
                         : (byte | 32) >= 'a' && (byte | 32) <= 'f' ? (unsigned)((byte | 32) - 'a' + 10) : 99;
        if (digit >= base)
            break;
        if (*value > (UINT64_MAX - digit) / base)
            fits = false;
        *value = *value * base + digit;
    }
    return fits;
}

enum parse { PARSE_GOOD, PARSE_INVALID, PARSE_SUFFIX, PARSE_LARGE };

static enum parse parse_unit(struct str s, struct size_unit *unit)
{
    size_t at = s.length && s.data[0] == '\'' ? 1 : 0; /* digits are never grouped: the locale has no separator */
    struct str word = str_after(s, at);
    if (word.length && word.length <= 14 && memcmp(word.data, "human-readable", word.length) == 0) {
        *unit = size_unit_human(false);
        return PARSE_GOOD;
    }
    if (word.length && word.length <= 2 && memcmp(word.data, "si", word.length) == 0) {
        *unit = size_unit_human(true);
        return PARSE_GOOD;
    }
    *unit = size_unit_of(1);
    if (at < s.length && s.data[at] == '+')
        at++;
    size_t from = at;
    bool fits = read_number(s, &at, &unit->unit), digits = at > from;
    if (!digits)
        unit->unit = 1;
    if (at < s.length) {
        char byte = s.data[at];
        const char *found = byte == 'k' ? letters : byte && (strchr("KMGTPE", byte) || strchr("mgtpe", byte))
                                                        ? strchr(letters, byte & ~32) : NULL;
        if (!found)
            return digits ? PARSE_SUFFIX : PARSE_INVALID;
        at++;
        uint64_t base = 1024;
        bool bytes = false;
        if (at + 1 < s.length && s.data[at] == 'i' && s.data[at + 1] == 'B') {
            at += 2;
            bytes = true;
        } else if (at < s.length && (s.data[at] == 'B' || s.data[at] == 'D')) {
            base = 1000;
            bytes = s.data[at++] == 'B';
        }
        if (at < s.length)
            return PARSE_SUFFIX;
        for (const char *p = letters; p <= found; p++) {
            if (unit->unit > UINT64_MAX / base)
                fits = false;
            unit->unit *= base;
        }
        if (!digits) {
            size_t n = 0;
            unit->decimal = base == 1000;
            unit->suffix[n++] = base == 1000 && *found == 'K' ? 'k' : *found;
            if (bytes && base == 1024)
                unit->suffix[n++] = 'i';
            if (bytes)
                unit->suffix[n] = 'B';
        }
    } else if (!digits) {
        return PARSE_INVALID;
    }
    if (!fits)
        return PARSE_LARGE;
    return unit->unit ? PARSE_GOOD : PARSE_INVALID;
}

bool size_unit_parse(struct call *c, const char *option, struct str text, struct size_unit *unit)
{
    enum parse parse = parse_unit(text, unit);
    if (parse == PARSE_GOOD)
        return true;
    if (parse == PARSE_LARGE)
        call_error(c, "%s argument '%S' too large", option, text);
    else
        call_error(c, "invalid %s%s argument '%S'", parse == PARSE_SUFFIX ? "suffix in " : "", option, text);
    return false;
}

struct size_unit size_unit_default(struct call *c, const char *variable)
{
    const char *const names[] = {variable ? variable : "BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"};
    struct size_unit unit;
    struct str value;
    for (int i = 0; i < 3; i++)
        if (environment_find(c->task->environment, names[i], &value)) {
            if (parse_unit(value, &unit) == PARSE_GOOD)
                return unit;
            break;
        }
    return size_unit_of(environment_find(c->task->environment, "POSIXLY_CORRECT", &value) ? 512 : 1024);
}

static uint64_t divide_up(uint64_t value, uint64_t unit)
{
    return value / unit + (value % unit != 0);
}

void size_print(struct buf *out, uint64_t bytes, const struct size_unit *unit)
{
    if (!unit->human) {
        buf_print(out, "%llu%s", (unsigned long long)divide_up(bytes, unit->unit), unit->suffix);
        return;
    }
    uint64_t base = unit->decimal ? 1000 : 1024, power = 1;
    int letter = -1;
    while (letter < 5 && divide_up(bytes, power) >= base) {
        power *= base;
        letter++;
    }
    if (letter < 0) {
        buf_print(out, "%llu", (unsigned long long)bytes);
        return;
    }
    uint64_t whole = bytes / power, rest = bytes % power;
    /* Tenths, rounded up: power / 10 has no exact value, and rest times ten may pass 64 bits. */
    uint64_t tenths = rest > UINT64_MAX / 10 ? divide_up(rest / 16 * 10 + 10, power / 16) : divide_up(rest * 10, power);
    if (tenths > 9) {
        whole++;
        tenths = 0;
    }
    if (whole < 10)
        buf_print(out, "%llu.%llu", (unsigned long long)whole, (unsigned long long)tenths);
    else
        buf_print(out, "%llu", (unsigned long long)divide_up(bytes, power));
    char name = letters[letter];
    buf_add_byte(out, unit->decimal && name == 'K' ? 'k' : name);
}
