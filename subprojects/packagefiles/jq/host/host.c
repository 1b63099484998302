/* host.c - what host.h puts in place of the C library, and of libjq's own files that look at the world. */
#include "jq.h"
#include "jv_alloc.h"
#include "jv_dtoa.h"
#include "jv_dtoa_tsd.h"
#include "jv_private.h"
#include "jv_unicode.h"
#include "jq_inside.h"
#include "util.h"

/* ---- memory ---- */

static size_t product(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return SIZE_MAX; /* which nobody has */
    return count * size;
}

void *jv_mem_alloc(size_t size)
{
    return jq_host_alloc(size);
}

void *jv_mem_alloc_unguarded(size_t size)
{
    return jq_host_alloc(size);
}

void *jv_mem_calloc(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    return memset(jq_host_alloc(bytes), 0, bytes);
}

void *jv_mem_calloc_unguarded(size_t count, size_t size)
{
    return jv_mem_calloc(count, size);
}

char *jv_mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(jq_host_alloc(size), text, size);
}

char *jv_mem_strdup_unguarded(const char *text)
{
    return jv_mem_strdup(text);
}

void jv_mem_free(void *memory)
{
    jq_host_free(memory);
}

void *jv_mem_realloc(void *memory, size_t size)
{
    return jq_host_resize(memory, size);
}

void jv_nomem_handler(jv_nomem_handler_f handler, void *data)
{
    (void)handler;
    (void)data;
}

struct dtoa_context *tsd_dtoa_context_get(void)
{
    void **slot = jq_host_slot(JQ_HOST_DTOA);
    if (!*slot) {
        *slot = jq_host_alloc(sizeof(struct dtoa_context));
        jvp_dtoa_context_init(*slot);
    }
    return *slot;
}

int *host_error(void)
{
    return (int *)jq_host_slot(JQ_HOST_ERROR);
}

/* ---- text ---- */

struct text {
    char *out;
    size_t size, length;
};

static void put(struct text *t, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++, t->length++)
        if (t->length + 1 < t->size)
            t->out[t->length] = data[i];
}

static void fill(struct text *t, char byte, int count)
{
    while (count-- > 0)
        put(t, &byte, 1);
}

static void put_field(struct text *t, const char *data, size_t length, int width, int left, char pad)
{
    int rest = width > (int)length ? width - (int)length : 0;
    if (!left)
        fill(t, pad, rest);
    put(t, data, length);
    if (left)
        fill(t, ' ', rest);
}

static size_t digits_of(char out[24], uint64_t value, unsigned base, int negative)
{
    char back[24];
    size_t n = 0, length = 0;
    do {
        back[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        out[length++] = '-';
    while (n)
        out[length++] = back[--n];
    return length;
}

/* What libjq's formats use: %s %c %d %u %x, with width, precision of %s, - and 0, l, ll and z. */
int host_vsnprintf(char *out, size_t size, const char *format, va_list arguments)
{
    struct text t = {out, size, 0};
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(&t, f, 1);
            continue;
        }
        int left = 0, width = 0, precision = -1, longs = 0;
        char pad = ' ';
        for (f++; *f == '-' || *f == '0'; f++) {
            left |= *f == '-';
            pad = *f == '0' ? '0' : pad;
        }
        if (*f == '*') {
            width = va_arg(arguments, int);
            f++;
        }
        for (; *f >= '0' && *f <= '9'; f++)
            width = width * 10 + *f - '0';
        if (*f == '.' && f[1] == '*') {
            precision = va_arg(arguments, int);
            f += 2;
        }
        for (; *f == 'l' || *f == 'z'; f++)
            longs += *f == 'z' && sizeof(size_t) == 8 ? 2 : 1;
        char number[24];
        size_t length;
        if (*f == 's') {
            const char *s = va_arg(arguments, const char *);
            for (length = 0; (precision < 0 || length < (size_t)precision) && s[length];)
                length++;
            put_field(&t, s, length, width, left, ' ');
        } else if (*f == 'd' || *f == 'i') {
            int64_t value = longs > 1 ? va_arg(arguments, long long) : longs ? va_arg(arguments, long) : va_arg(arguments, int);
            length = digits_of(number, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
            put_field(&t, number, length, width, left, pad);
        } else if (*f == 'u' || *f == 'x') {
            uint64_t value = longs > 1 ? va_arg(arguments, unsigned long long)
                             : longs ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            length = digits_of(number, value, *f == 'x' ? 16 : 10, 0);
            put_field(&t, number, length, width, left, pad);
        } else if (*f == 'c') {
            number[0] = (char)va_arg(arguments, int);
            put_field(&t, number, 1, width, left, ' ');
        } else if (*f == '%') {
            put(&t, f, 1);
        } else {
            jq_host_die();
        }
    }
    if (size)
        out[t.length < size ? t.length : size - 1] = 0;
    return (int)t.length;
}

int host_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = host_vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return length;
}

/* Looks at the needle's first byte only where it stands: charged by what was looked at. */
const void *_jq_memmem(const void *haystack, size_t length, const void *needle, size_t needle_length)
{
    const char *at = haystack, *end = at + length, *found = NULL;
    if (needle_length == 0)
        return haystack;
    while (!found && (size_t)(end - at) >= needle_length) {
        const char *first = memchr(at, *(const char *)needle, (size_t)(end - at) - needle_length + 1);
        if (!first) {
            at = end;
            break;
        }
        size_t same = 1;
        while (same < needle_length && first[same] == ((const char *)needle)[same])
            same++;
        jq_host_charge_bytes(same);
        if (same == needle_length)
            found = first;
        at = first + 1;
    }
    jq_host_charge_bytes((size_t)(at - (const char *)haystack));
    return found;
}

/* ---- order ---- */

/* Merges neighbours, from small to large; equal ones keep their order. A step for each comparison. */
void host_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
    if (count < 2)
        return;
    char *from = items, *to = jv_mem_alloc(product(count, size)), *room = to;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            size_t middle = start + run < count ? start + run : count;
            size_t end = middle + run < count ? middle + run : count;
            size_t a = start, b = middle, out = start;
            while (a < middle && b < end) {
                jq_host_charge(1);
                size_t *next = order(from + a * size, from + b * size) <= 0 ? &a : &b;
                memcpy(to + out++ * size, from + (*next)++ * size, size);
            }
            if (a < middle)
                memcpy(to + out * size, from + a * size, (middle - a) * size);
            else if (b < end)
                memcpy(to + out * size, from + b * size, (end - b) * size);
        }
        char *other = from;
        from = to;
        to = other;
    }
    if (from != items)
        memcpy(items, from, count * size);
    jv_mem_free(room);
}

/* ---- arithmetic ---- */

/* As a conversion to int on x86-64: what does not fit is the least. */
int host_int(double x)
{
    return x > -2147483649.0 && x < 2147483648.0 ? (int)x : INT_MIN;
}

int64_t host_int64(double x)
{
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? (int64_t)x : INT64_MIN;
}

double host_scalbln(double x, double exponent)
{
    int64_t n = host_int64(exponent);
    return math_ldexp(x, n > 100000 ? 100000 : n < -100000 ? -100000 : (int)n);
}

/* Bessel functions of an order count up to it: of orders that nobody needs only the limit is told. */
enum { ORDER_MOST = 1000000 };

double host_jn(double order, double x)
{
    int n = host_int(order);
    if (n > ORDER_MOST || n < -ORDER_MOST)
        return x != x ? x : 0;
    jq_host_charge((n < 0 ? -n : n) / 4);
    return math_jn(n, x);
}

double host_yn(double order, double x)
{
    int n = host_int(order);
    if (n > ORDER_MOST || n < -ORDER_MOST)
        return x != x || x < 0 ? (double)NAN : n < 0 && n % 2 ? INFINITY : -INFINITY;
    jq_host_charge((n < 0 ? -n : n) / 4);
    return math_yn(n, x);
}

/* ---- environment ---- */

jv host_environment(void)
{
    jv all = jv_object();
    const char *name, *value;
    size_t name_length, value_length;
    for (size_t i = 0; jq_host_variable(i, &name, &name_length, &value, &value_length); i++)
        all = jv_object_set(all, jv_string_sized(name, (int)name_length), jv_string_sized(value, (int)value_length));
    return all;
}

/* ---- files: those of modules only ---- */

int host_stat(const char *path)
{
    const char *content, *real_path, *error;
    size_t length;
    errno = ENOENT;
    return jq_host_file(path, &content, &length, &real_path, &error) > 0 ? 0 : -1;
}

jv jq_realpath(jv path)
{
    const char *content, *real_path, *error;
    size_t length;
    if (jq_host_file(jv_string_value(path), &content, &length, &real_path, &error) <= 0)
        return path;
    jv_free(path);
    return jv_string(real_path);
}

jv jv_load_file(const char *path, int raw)
{
    const char *content, *real_path, *error = "No such file or directory";
    size_t length = 0;
    if (jq_host_file(path, &content, &length, &real_path, &error) <= 0 || error)
        return jv_invalid_with_msg(jv_string_fmt("Could not open %s: %s", path, error));
    return host_parse_file(content, length, raw);
}

/* All values of a text in an array; with `raw` the text itself as a string. */
jv host_parse_file(const char *content, size_t length, int raw)
{
    if (length > INT_MAX)
        return jv_invalid_with_msg(jv_string("String too long"));
    if (raw)
        return jv_string_sized(content ? content : "", (int)length);
    jv all = jv_array(), value;
    struct jv_parser *parser = jv_parser_new(0);
    jv_parser_set_buf(parser, content ? content : "", (int)length, 0);
    while (jv_is_valid(value = jv_parser_next(parser)))
        all = jv_array_append(all, value);
    jv_parser_free(parser);
    if (jv_invalid_has_msg(jv_copy(value))) {
        jv_free(all);
        return value;
    }
    jv_free(value);
    return all;
}

jv get_home(void)
{
    const char *name, *value;
    size_t name_length, value_length;
    for (size_t i = 0; jq_host_variable(i, &name, &name_length, &value, &value_length); i++)
        if (name_length == 4 && memcmp(name, "HOME", 4) == 0)
            return jv_string_sized(value, (int)value_length);
    return jv_invalid_with_msg(jv_string("Could not find home directory."));
}

jv expand_path(jv path)
{
    const char *text = jv_string_value(path);
    if (text[0] != '~' || text[1] != '/')
        return path;
    jv home = get_home(), result;
    if (jv_is_valid(home)) {
        result = jv_string_fmt("%s/%s", jv_string_value(home), text + 2);
        jv_free(home);
    } else {
        jv reason = jv_invalid_get_msg(home);
        result = jv_invalid_with_msg(jv_string_fmt("Could not expand %s. (%s)", text, jv_string_value(reason)));
        jv_free(reason);
    }
    jv_free(path);
    return result;
}

const char *host_last(const char *text, char byte)
{
    const char *last = NULL;
    for (; *text; text++)
        if (*text == byte)
            last = text;
    return last;
}

/* The folder that a path names something in; cuts the path short. */
char *host_folder(char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    while (end > 1 && path[end - 1] == '/')
        end--;
    if (end == 0)
        return (char *)".";
    path[end] = 0;
    return path;
}
