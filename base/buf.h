/* base/buf.h - growing bytes, owned, on a heap. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"
#include "limits/heap.h"

#include <stdarg.h>

struct buf {
    struct heap *heap;
    char *data; /* NULL before the first byte; not terminated */
    size_t length, capacity;
};

void buf_init(struct buf *b, struct heap *heap);
/* Frees the memory; the buf is empty and usable. */
void buf_drop(struct buf *b);

/* Room for `more` bytes behind the length: where to write them. Set the length yourself. */
char *buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, struct str s);
void buf_add_text(struct buf *b, const char *text);
void buf_fill(struct buf *b, char byte, size_t count);
/* Removes the first `count` bytes. */
void buf_drop_front(struct buf *b, size_t count);
/* The bytes with a NUL behind them that does not count: for engines that want C strings. */
const char *buf_text(struct buf *b);

static inline void buf_add_byte(struct buf *b, char byte)
{
    if (b->length == b->capacity)
        buf_reserve(b, 1);
    b->data[b->length++] = byte;
}

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->data, b->length};
}

static inline void buf_clear(struct buf *b)
{
    b->length = 0;
}

/* Formats without locale. Understands %d %i %u %x %X %o with l, ll, z, j; %c; %s (C string);
 * %S (struct str by value); %m (text of an enum error, an int argument); %%; width, `-`, `0`,
 * and precision for %s, %S; `*` for both. No floating point: see base/number.h. */
void buf_print(struct buf *b, const char *format, ...);
void buf_print_list(struct buf *b, const char *format, va_list arguments);

/* A copy of `s` on the heap with a NUL behind it that does not count. */
struct str str_copy(struct heap *heap, struct str s);

/* Makes room for one more item of `size` bytes in an array of `count`, whose capacity is
 * what its block holds; answers the array. */
void *array_grow(struct heap *heap, void *items, size_t count, size_t size);

#endif
