/* base/str.h - borrowed bytes: a pointer and a length, any byte, not terminated. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data; /* may be NULL when length is 0 */
    size_t length;    /* bytes */
};

#define str_lit(literal) ((struct str){"" literal, sizeof(literal) - 1})

static inline struct str str_of(const char *data, size_t length)
{
    return (struct str){data, length};
}

/* The bytes of a C string, without its terminator; NULL is empty. */
static inline struct str str_from(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    size_t n = strlen(text);
    return a.length == n && (n == 0 || memcmp(a.data, text, n) == 0);
}

/* Below 0, 0 or above 0, by unsigned bytes; a prefix comes first. */
static inline int str_compare(struct str a, struct str b)
{
    size_t n = a.length < b.length ? a.length : b.length;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static inline bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.length >= n && memcmp(s.data, prefix, n) == 0;
}

static inline bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.length >= n && memcmp(s.data + s.length - n, suffix, n) == 0;
}

/* Copies the bytes, which may be none and nowhere; answers where they end. */
static inline char *str_put(char *to, struct str s)
{
    if (!s.length)
        return to;
    memcpy(to, s.data, s.length);
    return to + s.length;
}

/* Bytes from `from` on; empty when there are none. */
static inline struct str str_after(struct str s, size_t from)
{
    return from < s.length ? (struct str){s.data + from, s.length - from} : (struct str){s.data + s.length, 0};
}

/* At most the first `most` bytes. */
static inline struct str str_first(struct str s, size_t most)
{
    return (struct str){s.data, s.length < most ? s.length : most};
}

/* Where `byte` first stands, or -1. */
static inline ptrdiff_t str_find(struct str s, char byte)
{
    const char *at = s.length ? memchr(s.data, byte, s.length) : NULL;
    return at ? at - s.data : -1;
}

/* Where `byte` last stands, or -1. */
static inline ptrdiff_t str_find_last(struct str s, char byte)
{
    for (size_t i = s.length; i > 0; i--)
        if (s.data[i - 1] == byte)
            return (ptrdiff_t)i - 1;
    return -1;
}

#endif
