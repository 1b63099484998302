/* base/buf.c - growing bytes, and text formatted into them without locale. */
#include "base/buf.h"

#include "limits/error.h"

void buf_init(struct buf *b, struct heap *heap)
{
    *b = (struct buf){.heap = heap};
}

void buf_drop(struct buf *b)
{
    heap_free(b->heap, b->data);
    buf_init(b, b->heap);
}

/* Doubles while small; above 1 MB grows by an eighth, since capacity is charged. */
static size_t grown(size_t capacity, size_t need)
{
    size_t more = capacity < (1 << 20) ? capacity : capacity / 8;
    size_t wanted = capacity + more;
    if (wanted < need)
        wanted = need;
    return wanted < 32 ? 32 : wanted;
}

char *buf_reserve(struct buf *b, size_t more)
{
    if (b->capacity - b->length < more) {
        if (more > SIZE_MAX / 2 - b->length)
            meter_out_of_memory(b->heap->meter);
        b->data = heap_resize(b->heap, b->data, grown(b->capacity, b->length + more));
        b->capacity = heap_size(b->data);
    }
    return b->data + b->length;
}

void buf_add(struct buf *b, struct str s)
{
    if (s.length == 0)
        return;
    memcpy(buf_reserve(b, s.length), s.data, s.length);
    b->length += s.length;
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, str_from(text));
}

void buf_fill(struct buf *b, char byte, size_t count)
{
    if (count == 0)
        return;
    memset(buf_reserve(b, count), byte, count);
    b->length += count;
}

void buf_drop_front(struct buf *b, size_t count)
{
    if (count == 0)
        return;
    b->length -= count;
    if (b->length)
        memmove(b->data, b->data + count, b->length);
}

const char *buf_text(struct buf *b)
{
    *buf_reserve(b, 1) = 0;
    return b->data;
}

struct str str_copy(struct heap *heap, struct str s)
{
    char *data = heap_alloc(heap, s.length + 1);
    if (s.length)
        memcpy(data, s.data, s.length);
    data[s.length] = 0;
    return (struct str){data, s.length};
}

void *array_grow(struct heap *heap, void *items, size_t count, size_t size)
{
    if (items && (count + 1) * size <= heap_size(items))
        return items;
    return heap_resize(heap, items, grown(count * size, (count + 4) * size));
}

struct directive {
    bool left, zero;
    size_t width;
    size_t precision;
    bool has_precision;
};

static void add_padded(struct buf *b, struct directive d, struct str s)
{
    if (d.has_precision)
        s = str_first(s, d.precision);
    size_t fill = d.width > s.length ? d.width - s.length : 0;
    if (!d.left)
        buf_fill(b, ' ', fill);
    buf_add(b, s);
    if (d.left)
        buf_fill(b, ' ', fill);
}

static void add_number(struct buf *b, struct directive d, uint64_t value, bool negative, unsigned base, bool capitals)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof text;
    do
        text[--at] = digits[value % base];
    while ((value /= base) != 0);
    size_t length = sizeof text - at;
    if (d.zero && !d.left) {
        if (negative)
            buf_add_byte(b, '-');
        size_t taken = length + negative;
        buf_fill(b, '0', d.width > taken ? d.width - taken : 0);
        buf_add(b, str_of(text + at, length));
        return;
    }
    if (negative)
        text[--at] = '-', length++;
    d.has_precision = false;
    add_padded(b, d, str_of(text + at, length));
}

void buf_print_list(struct buf *b, const char *format, va_list arguments)
{
    for (const char *p = format; *p; p++) {
        const char *from = p;
        while (*p && *p != '%')
            p++;
        buf_add(b, str_of(from, (size_t)(p - from)));
        if (!*p)
            return;
        struct directive d = {0};
        for (p++; *p == '-' || *p == '0'; p++)
            *p == '-' ? (d.left = true) : (d.zero = true);
        if (*p == '*') {
            int width = va_arg(arguments, int);
            if (width < 0)
                d.left = true, width = -width;
            d.width = (size_t)width;
            p++;
        }
        for (; *p >= '0' && *p <= '9'; p++)
            d.width = d.width * 10 + (size_t)(*p - '0');
        if (*p == '.') {
            d.has_precision = true;
            p++;
            if (*p == '*') {
                d.precision = (size_t)va_arg(arguments, int);
                p++;
            }
            for (; *p >= '0' && *p <= '9'; p++)
                d.precision = d.precision * 10 + (size_t)(*p - '0');
        }
        int longs = 0;
        for (; *p == 'l' || *p == 'z' || *p == 'j'; p++)
            longs += *p == 'l' ? 1 : *p == 'z' ? 4 : 2;
        switch (*p) {
        case 'd':
        case 'i': {
            int64_t v = longs == 0 ? va_arg(arguments, int) : longs == 1 ? va_arg(arguments, long)
                : longs >= 4 ? (int64_t)va_arg(arguments, ptrdiff_t) : va_arg(arguments, long long);
            add_number(b, d, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, 10, false);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o': {
            uint64_t v = longs == 0 ? va_arg(arguments, unsigned) : longs == 1 ? va_arg(arguments, unsigned long)
                : longs >= 4 ? (uint64_t)va_arg(arguments, size_t) : va_arg(arguments, unsigned long long);
            add_number(b, d, v, false, *p == 'u' ? 10 : *p == 'o' ? 8 : 16, *p == 'X');
            break;
        }
        case 'c': {
            char c = (char)va_arg(arguments, int);
            add_padded(b, d, str_of(&c, 1));
            break;
        }
        case 's': add_padded(b, d, str_from(va_arg(arguments, const char *))); break;
        case 'S': add_padded(b, d, va_arg(arguments, struct str)); break;
        case 'm': add_padded(b, d, str_from(error_text(va_arg(arguments, int)))); break;
        case '%': buf_add_byte(b, '%'); break;
        default: __builtin_trap(); /* a format this file does not know is a bug in the caller */
        }
    }
}

void buf_print(struct buf *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_print_list(b, format, arguments);
    va_end(arguments);
}
