/* regex/set.c - which characters are in a set. */
#include "regex/tree.h"

static bool in_ranges(const struct tree *t, const struct set *s, uint32_t code)
{
    const struct range *r = t->ranges + s->ranges;
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (code > r[middle].last)
            low = middle + 1;
        else if (code < r[middle].from)
            high = middle;
        else
            return true;
    }
    return false;
}

bool set_has_high(const struct tree *t, const struct set *s, uint32_t code)
{
    if (code & REGEX_RAW || !s->high)
        return false;
    uint32_t key = s->fold ? utf8_upper(code, LOCALE_UTF8) : code;
    if (key < 0x80) /* such as the long s: its upper case is ASCII's, and bits tell about inverse too */
        return set_has_byte(s, key);
    unsigned classes = s->classes ? utf8_classes(key) : 0;
    bool in = (classes & s->classes) || in_ranges(t, s, key);
    return in != s->inverse;
}
