/* base/version.c - the order of names with version numbers in them. */
#include "base/version.h"

static bool is_digit(struct str s, size_t at)
{
    return at < s.length && s.data[at] >= '0' && s.data[at] <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What is left of a name without its endings: a dot and a letter or ~, then letters, digits, ~; one or more times. */
static struct str without_ending(struct str s)
{
    for (size_t i = 0;; i++) {
        size_t kept = i;
        while (i + 1 < s.length && s.data[i] == '.' && (is_letter(s.data[i + 1]) || s.data[i + 1] == '~')) {
            i += 2;
            while (i < s.length && (is_letter(s.data[i]) || is_digit(s, i) || s.data[i] == '~'))
                i++;
        }
        if (i >= s.length)
            return str_first(s, kept);
    }
}

static int rank(struct str s, size_t at)
{
    if (at >= s.length)
        return -1;
    unsigned char byte = (unsigned char)s.data[at];
    if (is_digit(s, at))
        return 0;
    return is_letter((char)byte) ? byte : byte == '~' ? -2 : byte + 256;
}

static int compare(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    while (i < a.length || k < b.length) {
        for (; (i < a.length && !is_digit(a, i)) || (k < b.length && !is_digit(b, k)); i++, k++)
            if (rank(a, i) != rank(b, k))
                return rank(a, i) - rank(b, k);
        while (i < a.length && a.data[i] == '0')
            i++;
        while (k < b.length && b.data[k] == '0')
            k++;
        int first = 0;
        for (; is_digit(a, i) && is_digit(b, k); i++, k++)
            if (!first)
                first = a.data[i] - b.data[k];
        if (is_digit(a, i))
            return 1;
        if (is_digit(b, k))
            return -1;
        if (first)
            return first;
    }
    return 0;
}

/* 0: no leading dot; 1: one; 2: ".."; 3: ".". */
static int dots(struct str s)
{
    return s.data[0] != '.' ? 0 : s.length == 1 ? 3 : s.length == 2 && s.data[1] == '.' ? 2 : 1;
}

int version_compare(struct str a, struct str b)
{
    if (!a.length || !b.length)
        return (a.length != 0) - (b.length != 0);
    if (dots(a) != dots(b) || dots(a) > 1)
        return dots(b) - dots(a);
    struct str first = without_ending(a), second = without_ending(b);
    int order = compare(first, second);
    if (order || (first.length == a.length && second.length == b.length))
        return order;
    return compare(a, b);
}

/* The first dots, then ranks of ten bits until a digit; what begins with a digit: how many there are and the first of them. */
uint64_t version_prefix(struct str s)
{
    enum { DIGITS = 14, COUNT_MOST = 63 }; /* 10^14 fits in 47 bits */
    uint64_t prefix;

    if (s.length == 0 || s.data[0] == '.')
        return (uint64_t)(s.length == 0 ? 0 : 4 - dots(s)) << 54;
    s = without_ending(s);
    prefix = (uint64_t)(rank(s, 0) + 6) << 54;
    if (is_digit(s, 0)) {
        size_t at = 0, count = 0;
        uint64_t digits = 0;
        while (is_digit(s, at) && s.data[at] == '0')
            at++;
        for (; is_digit(s, at + count); count++)
            if (count < DIGITS)
                digits = digits * 10 + (uint64_t)(s.data[at + count] - '0');
        for (size_t i = count; i < DIGITS; i++)
            digits *= 10;
        return prefix | (count < COUNT_MOST ? (uint64_t)count << 47 | digits : (uint64_t)COUNT_MOST << 47);
    }
    for (size_t i = 1; i < 6; i++) {
        bool number = i == s.length || is_digit(s, i); /* the end is as 0 there */
        prefix |= (uint64_t)(number ? 1 : rank(s, i) + 2) << (54 - 10 * i);
        if (number)
            break;
    }
    return prefix;
}
