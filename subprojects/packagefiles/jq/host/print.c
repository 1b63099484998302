/* print.c - values as JSON. Where one is stands on a stack of the run's heap: values may be nested deeper than C's stack is. */
#include <float.h>

#include "jq_inside.h"
#include "jv_alloc.h"
#include "jv_dtoa.h"
#include "jv_dtoa_tsd.h"
#include "jv_private.h"
#include "jv_unicode.h"
#include "jq.h"
#include "util.h"

enum { COLORS = 8, CODE_MOST = 24, DEPTH_MOST = 10000 };

/* By kind, from null on; the last is that of keys. */
static const char *const default_colors[COLORS] = {
    "\033[0;90m", "\033[0;39m", "\033[0;39m", "\033[0;39m", "\033[0;32m", "\033[1;39m", "\033[1;39m", "\033[1;34m"};

struct colors {
    const char *codes[COLORS];
    char text[]; /* of those that were set */
};

struct level {
    jv value;     /* an array or object */
    jv keys;      /* of an object with sorted keys; else null */
    int at;       /* the element, or the iterator */
    int first;
};

struct dump {
    struct host_text *out;
    const char *const *colors; /* NULL: none */
    int flags;
    struct level *levels;
    size_t depth, room;
};

void host_text_add(struct host_text *t, const char *data, size_t length)
{
    if (t->capacity - t->length < length) {
        size_t capacity = t->capacity + t->capacity / 2 + length + 64;
        t->data = jq_host_resize(t->data, capacity);
        t->capacity = capacity;
    }
    if (length)
        memcpy(t->data + t->length, data, length);
    t->length += length;
}

static void add(struct dump *d, const char *text)
{
    host_text_add(d->out, text, strlen(text));
}

static void add_byte(struct dump *d, char byte)
{
    struct host_text *t = d->out;
    if (t->length == t->capacity)
        host_text_add(t, &byte, 1);
    else
        t->data[t->length++] = byte;
}

int host_set_colors(const char *codes, size_t length)
{
    size_t starts[COLORS + 1], count = 0, at = 0;
    for (;; at++) {
        starts[count] = at;
        while (at < length && ((codes[at] >= '0' && codes[at] <= '9') || codes[at] == ';'))
            at++;
        if (at == length || count + 1 >= COLORS)
            break;
        if (codes[at] != ':')
            return 0;
        count++;
    }
    if (starts[count] != at) /* an empty last one is not looked at */
        starts[++count] = at + 1;
    struct colors *c = jv_mem_alloc(sizeof *c + at + 4 * COLORS);
    char *text = c->text;
    for (size_t i = 0; i < COLORS; i++) {
        c->codes[i] = default_colors[i];
        if (i >= count)
            continue;
        size_t size = starts[i + 1] - 1 - starts[i];
        c->codes[i] = text;
        *text++ = '\033';
        *text++ = '[';
        memcpy(text, codes + starts[i], size);
        text += size;
        *text++ = 'm';
        *text++ = 0;
    }
    *jq_host_slot(JQ_HOST_COLORS) = c;
    return 1;
}

static const char *const *colors_now(void)
{
    const struct colors *c = *jq_host_slot(JQ_HOST_COLORS);
    return c ? c->codes : default_colors;
}

static void add_escape(struct dump *d, unsigned c)
{
    char text[6] = {'\\', 'u'};
    for (int i = 0; i < 4; i++)
        text[2 + i] = "0123456789abcdef"[c >> (12 - 4 * i) & 15];
    host_text_add(d->out, text, sizeof text);
}

static void add_special(struct dump *d, int c)
{
    static const char names[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *name = c < 128 && c ? memchr(names, c, sizeof names - 1) : NULL;
    if (name) {
        add_byte(d, '\\');
        add_byte(d, letters[name - names]);
    } else if (c <= 0xffff) {
        add_escape(d, (unsigned)c);
    } else {
        add_escape(d, 0xd800 | ((unsigned)c - 0x10000) >> 10);
        add_escape(d, 0xdc00 | (((unsigned)c - 0x10000) & 0x3ff));
    }
}

static void add_string(struct dump *d, jv string)
{
    const char *at = jv_string_value(string), *plain = at;
    const char *end = at + jv_string_length_bytes(jv_copy(string));
    int ascii = d->flags & JV_PRINT_ASCII;
    add_byte(d, '"');
    while (at < end) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x80 ? byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' : !ascii) {
            at++;
            continue;
        }
        int c = byte;
        const char *next = byte < 0x80 ? at + 1 : jvp_utf8_next(at, end, &c);
        host_text_add(d->out, plain, (size_t)(at - plain));
        add_special(d, c);
        at = plain = next;
    }
    host_text_add(d->out, plain, (size_t)(end - plain));
    add_byte(d, '"');
}

static void add_number(struct dump *d, jv number)
{
    char text[JVP_DTOA_FMT_MAX_LEN];
    if (jvp_number_is_nan(number)) {
        if (d->colors) { /* as a null of its own within the number */
            add(d, d->colors[0]);
            add(d, "null");
            add(d, "\033[0m");
        } else {
            add(d, "null");
        }
        return;
    }
    const char *literal = jv_number_get_literal(number);
    if (literal) {
        add(d, literal);
        return;
    }
    double value = jv_number_value(number);
    if (value > DBL_MAX)
        value = DBL_MAX;
    if (value < -DBL_MAX)
        value = -DBL_MAX;
    add(d, jvp_dtoa_fmt(tsd_dtoa_context_get(), text, value));
}

static void new_line(struct dump *d, size_t indent)
{
    if (!(d->flags & JV_PRINT_PRETTY))
        return;
    add_byte(d, '\n');
    size_t wide = d->flags & JV_PRINT_TAB ? 1
                                          : (size_t)(d->flags & (JV_PRINT_SPACE0 | JV_PRINT_SPACE1 | JV_PRINT_SPACE2)) >> 8;
    char byte = d->flags & JV_PRINT_TAB ? '\t' : ' ';
    for (size_t n = wide * indent; n > 0; n--)
        add_byte(d, byte);
}

static void push(struct dump *d, jv value)
{
    if (d->depth == d->room) {
        d->room = d->room ? 2 * d->room : 16;
        d->levels = jv_mem_realloc(d->levels, d->room * sizeof *d->levels);
    }
    struct level *l = &d->levels[d->depth++];
    *l = (struct level){value, jv_null(), 0, 1};
    if (jv_get_kind(value) == JV_KIND_OBJECT) {
        if (d->flags & JV_PRINT_SORTED)
            l->keys = jv_keys(jv_copy(value));
        else
            l->at = jv_object_iter(value);
    }
}

/* What begins a value; an array or object that holds something is pushed. Takes over `value`. */
static void begin(struct dump *d, jv value)
{
    jv_kind kind = jv_get_kind(value);
    const char *color = d->colors && kind != JV_KIND_INVALID ? d->colors[(int)kind - 1] : NULL;
    jq_host_charge(1);
    if (color)
        add(d, color);
    if (d->depth > DEPTH_MOST) {
        add(d, "<skipped: too deep>");
    } else if (kind == JV_KIND_ARRAY && jv_array_length(jv_copy(value)) > 0) {
        add_byte(d, '[');
        push(d, value);
        return;
    } else if (kind == JV_KIND_OBJECT && jv_object_length(jv_copy(value)) > 0) {
        add_byte(d, '{');
        push(d, value);
        return;
    } else if (kind == JV_KIND_INVALID) {
        jv message = jv_invalid_get_msg(jv_copy(value));
        if (jv_get_kind(message) == JV_KIND_STRING) {
            add(d, "<invalid:");
            add_string(d, message);
            add_byte(d, '>');
        } else {
            add(d, "<invalid>");
        }
        jv_free(message);
    } else if (kind == JV_KIND_NUMBER) {
        add_number(d, value);
    } else if (kind == JV_KIND_STRING) {
        add_string(d, value);
    } else {
        static const char *const words[] = {[JV_KIND_NULL] = "null", [JV_KIND_FALSE] = "false", [JV_KIND_TRUE] = "true",
                                            [JV_KIND_ARRAY] = "[]", [JV_KIND_OBJECT] = "{}"};
        add(d, words[kind]);
    }
    jv_free(value);
    if (color)
        add(d, "\033[0m");
}

static void separate(struct dump *d, struct level *l, const char *color)
{
    if (!l->first) {
        if (color)
            add(d, color);
        add_byte(d, ',');
    }
    l->first = 0;
    if (color)
        add(d, "\033[0m");
    new_line(d, d->depth);
}

static void add_key(struct dump *d, jv key, const char *color)
{
    if (color)
        add(d, d->colors[COLORS - 1]);
    add_string(d, key);
    jv_free(key);
    if (color) {
        add(d, "\033[0m");
        add(d, color);
    }
    add_byte(d, ':');
    if (color)
        add(d, "\033[0m");
    if (d->flags & JV_PRINT_PRETTY)
        add_byte(d, ' ');
}

static void end_level(struct dump *d, const char *color, char bracket)
{
    struct level *l = &d->levels[--d->depth];
    new_line(d, d->depth);
    if (color)
        add(d, color);
    add_byte(d, bracket);
    if (color)
        add(d, "\033[0m");
    jv_free(l->keys);
    jv_free(l->value);
}

static void go_on(struct dump *d)
{
    struct level *l = &d->levels[d->depth - 1];
    jv key, value;
    if (jv_get_kind(l->value) == JV_KIND_ARRAY) {
        const char *color = d->colors ? d->colors[JV_KIND_ARRAY - 1] : NULL;
        if (l->at == jv_array_length(jv_copy(l->value))) {
            end_level(d, color, ']');
            return;
        }
        separate(d, l, color);
        begin(d, jv_array_get(jv_copy(l->value), l->at++));
        return;
    }
    const char *color = d->colors ? d->colors[JV_KIND_OBJECT - 1] : NULL;
    if (d->flags & JV_PRINT_SORTED) {
        if (l->at == jv_array_length(jv_copy(l->keys))) {
            end_level(d, color, '}');
            return;
        }
        key = jv_array_get(jv_copy(l->keys), l->at++);
        value = jv_object_get(jv_copy(l->value), jv_copy(key));
    } else {
        if (!jv_object_iter_valid(l->value, l->at)) {
            end_level(d, color, '}');
            return;
        }
        key = jv_object_iter_key(l->value, l->at);
        value = jv_object_iter_value(l->value, l->at);
        l->at = jv_object_iter_next(l->value, l->at);
    }
    separate(d, l, color);
    add_key(d, key, color);
    begin(d, value);
}

void host_dump(struct host_text *t, jv value, int flags)
{
    struct dump d = {.out = t, .flags = flags, .colors = flags & JV_PRINT_COLOR ? colors_now() : NULL};
    size_t before = t->length;
    begin(&d, value);
    while (d.depth > 0)
        go_on(&d);
    jv_mem_free(d.levels);
    jq_host_charge_bytes(t->length - before);
}

jv jv_dump_string(jv value, int flags)
{
    struct host_text t = {NULL, 0, 0};
    host_dump(&t, value, flags);
    jv string = t.length > INT_MAX ? jv_invalid_with_msg(jv_string("String too long")) : jv_string_sized(t.data, (int)t.length);
    jv_mem_free(t.data);
    return string;
}

/* The value, cut to what fits with dots at its end: for messages. */
char *jv_dump_string_trunc(jv value, char *out, size_t size)
{
    if (jv_get_kind(value) == JV_KIND_STRING && (size_t)jv_string_length_bytes(jv_copy(value)) > size)
        value = jv_string_slice(value, 0, (int)size);
    struct host_text t = {NULL, 0, 0};
    host_dump(&t, value, 0);
    if (t.length > size - 1 && size >= 8) {
        char last = t.data[0] == '"' ? '"' : t.data[0] == '[' ? ']' : t.data[0] == '{' ? '}' : 0;
        size_t length = size - (last ? 5 : 4);
        const char *cut = jvp_utf8_backtrack(t.data + length, t.data, NULL);
        if (cut)
            length = (size_t)(cut - t.data);
        memcpy(out, t.data, length);
        memcpy(out + length, "...", 3);
        length += 3;
        if (last)
            out[length++] = last;
        out[length] = 0;
    } else {
        size_t length = t.length < size ? t.length : size - 1;
        memcpy(out, t.data, length);
        out[length] = 0;
    }
    jv_mem_free(t.data);
    return out;
}

/* Only for debugging in libjq itself: not reached. */
void jv_dump(jv value, int flags)
{
    (void)flags;
    jv_free(value);
}
