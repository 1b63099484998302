/* builtins/awk/substitute.c - sub, gsub, gensub, and the functions of time. */
#include "adapters/math.h"
#include "base/date.h"
#include "base/lanes.h"
#include "builtins/awk/awk.h"

/* --- sub and gsub ------------------------------------------------------------------------------------------------- */

/* A replacement: & is the match, \& an ampersand, \\& a backslash and the match. */
static void add_replacement(struct buf *out, struct str with, struct str matched, bool posix)
{
    for (size_t i = 0; i < with.length; i++) {
        char c = with.data[i];
        if (c == '&') {
            buf_add(out, matched);
        } else if (c == '\\' && posix) {
            if (i + 1 < with.length && (with.data[i + 1] == '\\' || with.data[i + 1] == '&'))
                i++;
            buf_add_byte(out, with.data[i]);
        } else if (c == '\\') {
            size_t n = 1;
            while (i + n < with.length && with.data[i + n] == '\\')
                n++;
            if (i + n < with.length && with.data[i + n] == '&') {
                buf_fill(out, '\\', n / 2);
                if (n % 2)
                    buf_add_byte(out, '&');
                else
                    buf_add(out, matched);
                i += n;
            } else {
                buf_fill(out, '\\', n);
                i += n - 1;
            }
        } else {
            buf_add_byte(out, c);
        }
    }
}

static bool is_plain(struct str with)
{
    return str_find(with, '&') < 0 && str_find(with, '\\') < 0;
}

static size_t character(struct awk *a, struct str s, size_t at)
{
    return utf8_first(str_after(s, at), a->locale).length;
}

/* The matches in a text one after another, without an empty one right behind another. */
struct hits {
    struct regex *regex;
    struct str text;
    size_t from;     /* where to look on; beyond the text: there are no more */
    size_t last_end; /* of the last one, if it was not empty */
};

static bool next_hit(struct awk *a, struct hits *h, struct match *m, int groups)
{
    while (h->from <= h->text.length && regex_match(h->regex, h->text, h->from, 0, m, groups) == REGEX_YES) {
        size_t end = (size_t)m->end;
        bool is_empty = m->start == m->end, counts = !is_empty || end != h->last_end;
        h->from = end;
        h->last_end = is_empty ? SIZE_MAX : end;
        if (is_empty)
            h->from += end < h->text.length ? character(a, h->text, end) : 1;
        if (counts)
            return true;
    }
    return false;
}

enum { SHORT = 16 }; /* bytes that are copied at once, whether all of them are wanted or not */

/* Copies a piece of a text that ends at `end`; there is room for SHORT bytes more. */
static char *put_piece(char *to, const char *from, size_t length, const char *end)
{
    if (length <= SHORT && end - from >= SHORT)
        memcpy(to, from, SHORT);
    else
        memcpy(to, from, length);
    return to + length;
}

/* One byte in place of another. */
static void put_with_byte(char *to, struct str text, char byte, char with)
{
    size_t i = 0;
#if LANES
    const lanes all = lanes_all((unsigned char)with);
    for (; text.length - i >= 16; i += 16) {
        lanes bytes = lanes_load(text.data + i), hits = (lanes)(bytes == (unsigned char)byte);
        bytes = (bytes & ~hits) | (all & hits);
        memcpy(to + i, &bytes, sizeof bytes);
    }
#endif
    for (; i < text.length; i++)
        to[i] = text.data[i] == byte ? with : text.data[i];
}

/* gsub of a byte by a text that is put as it is. */
static int64_t substitute_byte(struct awk *a, struct str text, char byte, struct str with)
{
    struct buf *out = &a->scratch;
    int64_t count = (int64_t)text_occurrences(text.data, text.length, byte), left = count;
    meter_charge(a->heap->meter, count);
    call_charge_bytes(a->c, text.length);
    if (!count)
        return 0;
    size_t length = text.length - (size_t)count + (size_t)count * with.length;
    char padded[SHORT] = {0}, *to = buf_reserve(out, length + SHORT);
    const char *copied = text.data, *at = text.data, *end = text.data + text.length;
    str_put(padded, str_first(with, SHORT));
    if (with.length == 1) {
        put_with_byte(to, text, byte, with.data[0]);
        left = 0;
        to += text.length;
        copied = end;
    }
    while (left > 0) {
        unsigned hits;
#if LANES
        if (end - at >= 16)
            hits = lanes_places((lanes)(lanes_load(at) == (unsigned char)byte));
        else
#endif
        {
            hits = 0;
            for (unsigned i = 0; i < 16 && at + i < end; i++)
                hits |= (unsigned)(at[i] == byte) << i;
        }
        for (; hits; hits &= hits - 1, left--) {
            const char *hit = at + __builtin_ctz(hits);
            to = put_piece(to, copied, (size_t)(hit - copied), end);
            if (with.length <= SHORT) {
                memcpy(to, padded, SHORT);
                to += with.length;
            } else {
                to = str_put(to, with);
            }
            copied = hit + 1;
        }
        at += 16;
    }
    memcpy(to, copied, (size_t)(end - copied));
    out->length += length;
    call_charge_bytes(a->c, out->length);
    return count;
}

int64_t awk_substitute(struct awk *a, struct regex *r, struct str text, struct str with, bool all)
{
    struct buf *out = &a->scratch;
    struct hits hits = {.regex = r, .text = text, .last_end = SIZE_MAX};
    struct match m;
    int64_t count = 0;
    size_t copied = 0;
    bool plain = is_plain(with);
    buf_clear(out);
    if (all && plain && regex_byte(r) >= 0)
        return substitute_byte(a, text, (char)regex_byte(r), with);
    while ((all || !count) && next_hit(a, &hits, &m, 1)) {
        size_t start = (size_t)m.start, end = (size_t)m.end;
        buf_add(out, str_of(text.data + copied, start - copied));
        if (plain)
            buf_add(out, with);
        else
            add_replacement(out, with, str_of(text.data + start, end - start), a->posix);
        count++;
        copied = end;
    }
    if (count) {
        buf_add(out, str_after(text, copied));
        call_charge_bytes(a->c, out->length);
    }
    return count;
}

/* --- gensub -------------------------------------------------------------------------------------------------------- */

enum { GROUPS = 10 };

static void add_general(struct buf *out, struct str with, struct str text, const struct match *m)
{
    for (size_t i = 0; i < with.length; i++) {
        char c = with.data[i];
        int group = -1;
        if (c == '&') {
            group = 0;
        } else if (c == '\\' && i + 1 < with.length) {
            char next = with.data[++i];
            if (next >= '0' && next <= '9') {
                group = next - '0';
            } else {
                if (next != '&' && next != '\\')
                    buf_add_byte(out, '\\');
                buf_add_byte(out, next);
                continue;
            }
        } else {
            buf_add_byte(out, c);
            continue;
        }
        if (m[group].start >= 0)
            buf_add(out, str_of(text.data + m[group].start, (size_t)(m[group].end - m[group].start)));
    }
}

struct awk_value awk_gensub(struct awk *a, struct awk_value *v, size_t count)
{
    struct regex *r = v[0].type == AWK_REGEX && v[0].regex ? awk_regex_get(a, v[0].regex) : awk_regex_of_text(a, awk_text(a, &v[0]));
    struct str how = awk_text(a, &v[2]);
    bool all = how.length && (how.data[0] == 'g' || how.data[0] == 'G');
    double which = all ? 0 : awk_number(a, &v[2]), floor = awk_is_whole(which) ? which : math_floor(which);
    struct awk_value target = count > 3 ? awk_share(v[3]) : awk_field_get(a, 0);
    struct match m[GROUPS];
    struct buf out;
    size_t copied = 0;
    double found = 0;
    awk_make_string(a, &target);
    struct str text = awk_text(a, &target), with = awk_text(a, &v[1]);
    if (!all && !(which > 0))
        awk_warn(a, "gensub: third argument `%S' treated as 1", how);
    which = floor >= 1 ? floor : 1;
    buf_init(&out, a->heap);
    struct hits hits = {.regex = r, .text = text, .last_end = SIZE_MAX};
    while ((all || found < which) && next_hit(a, &hits, m, GROUPS)) {
        found++;
        if (!all && found < which)
            continue;
        buf_add(&out, str_of(text.data + copied, (size_t)m[0].start - copied));
        add_general(&out, with, text, m);
        copied = (size_t)m[0].end;
    }
    buf_add(&out, str_after(text, copied));
    call_charge_bytes(a->c, out.length);
    struct awk_value result = awk_of_string(a, buf_str(&out));
    buf_drop(&out);
    awk_drop(a, target);
    return result;
}

/* --- time -------------------------------------------------------------------------------------------------------------- */

static void zone_of(struct awk *a, struct date_zone *zone, bool utc)
{
    struct str tz = {0};
    struct awk_array *environment = awk_global_array(a, VAR_ENVIRON);
    struct awk_value *v = environment ? awk_array_find(a, environment, awk_key_of_text(str_lit("TZ"))) : NULL;
    if (v && !utc && v->type != AWK_ARRAY)
        tz = awk_text(a, v);
    date_zone_init(zone, utc ? (struct str){0} : tz);
}

void awk_time_print(struct awk *a, struct buf *out, struct str format, int64_t seconds, bool utc)
{
    struct date_zone zone;
    struct date d;
    zone_of(a, &zone, utc);
    if (date_local(&d, (struct date_time){seconds, 0}, &zone))
        date_print(out, format, &d);
    call_charge_bytes(a->c, out->length);
}

double awk_mktime(struct awk *a, struct str text, bool utc)
{
    int64_t parts[7] = {0, 0, 0, 0, 0, 0, -1};
    int count = 0;
    struct date_zone zone;
    struct date d = {0};
    while (count < 7) {
        size_t used = number_parse_int(text, 10, &parts[count], NULL);
        if (!used)
            break;
        text = str_after(text, used);
        count++;
    }
    if (count < 6)
        return -1;
    for (int i = 0; i < 6; i++)
        if (parts[i] > INT32_MAX || parts[i] < INT32_MIN)
            return -1;
    zone_of(a, &zone, utc);
    d.year = parts[0];
    d.month = (int)parts[1];
    d.day = (int)parts[2];
    d.hour = (int)parts[3];
    d.minute = (int)parts[4];
    d.second = (int)parts[5];
    if (!date_resolve(&d, parts[6] > 0 ? 1 : parts[6] < 0 ? -1 : 0, 0, &zone))
        return -1;
    return (double)d.time.seconds - (parts[6] > 0 && !d.summer ? 3600 : 0); /* asked for a summer time there is none of */
}
