/* builtins/rg/json.c - what is found as lines of JSON: begin, match, context, end, summary. */
#include "builtins/rg/rg.h"

static void print_string(struct call *c, struct str text)
{
    static const char letters[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    size_t done = 0;
    call_print_byte(c, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        call_print(c, str_of(text.data + done, i - done));
        const char *known = byte ? memchr(letters, byte, sizeof letters - 1) : NULL;
        if (known)
            call_format(c, "\\%c", names[known - letters]);
        else
            call_format(c, "\\u%04x", byte);
        done = i + 1;
    }
    call_print(c, str_of(text.data ? text.data + done : "", text.length - done));
    call_print_byte(c, '"');
    call_charge_bytes(c, text.length);
}

static void print_base64(struct call *c, struct str text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    call_print_byte(c, '"');
    for (size_t i = 0; i < text.length; i += 3) {
        size_t left = text.length - i;
        uint32_t bits = (uint32_t)(unsigned char)text.data[i] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)text.data[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)text.data[i + 2] : 0;
        call_print_byte(c, digits[bits >> 18]);
        call_print_byte(c, digits[bits >> 12 & 63]);
        call_print_byte(c, left > 1 ? digits[bits >> 6 & 63] : '=');
        call_print_byte(c, left > 2 ? digits[bits & 63] : '=');
    }
    call_print_byte(c, '"');
    call_charge_bytes(c, text.length);
}

/* Text, or bytes where it is none. */
static void print_data(struct call *c, struct str text)
{
    bool good = utf8_is_ascii(text) || !utf8_count_invalid(text, LOCALE_UTF8);
    call_print_text(c, good ? "{\"text\":" : "{\"bytes\":");
    if (good)
        print_string(c, text);
    else
        print_base64(c, text);
    call_print_byte(c, '}');
}

static void print_begin(struct call *c, struct rg *g, const char *type)
{
    call_format(c, "{\"type\":\"%s\",\"data\":{\"path\":", type);
    print_data(c, g->scan.name);
}

void rg_json_begin(struct call *c, struct rg *g)
{
    print_begin(c, g, "begin");
    call_print_text(c, "}}\n");
}

bool rg_json_line(struct call *c, struct rg *g, size_t start, size_t stop, bool selected)
{
    const struct rg_scan *s = &g->scan;
    struct str text = str_of(s->text.data + start, stop - start);
    size_t count = selected && !g->invert ? g->spans.count : 0;
    const struct match *spans = g->replacing ? g->spans.originals : g->spans.items;
    if (g->print_stage == 0) {
        print_begin(c, g, selected ? "match" : "context");
        call_print_text(c, ",\"lines\":");
        print_data(c, text);
        call_print_text(c, ",\"line_number\":");
        if (g->number)
            number_add_unsigned(&c->out, s->lines + 1);
        else
            call_print_text(c, "null");
        call_format(c, ",\"absolute_offset\":%llu,\"submatches\":[", (unsigned long long)(s->base + start));
        g->print_stage = 1;
        g->span = 0;
    }
    for (; g->span < count; g->span++) {
        if (!call_go(c))
            return false;
        struct match m = spans[g->span];
        call_print_text(c, g->span ? ",{\"match\":" : "{\"match\":");
        print_data(c, str_of(text.data + m.start, (size_t)(m.end - m.start)));
        call_format(c, ",\"start\":%zu,\"end\":%zu}", (size_t)m.start, (size_t)m.end);
        call_charge(c, 1);
    }
    call_print_text(c, "]}}\n");
    g->print_stage = 0;
    return true;
}

/* Seconds with at least six digits behind the point. */
static void print_human(struct call *c, int64_t nanoseconds)
{
    int64_t micro = (nanoseconds + 500) / 1000;
    call_format(c, "\"%lld.%06llds\"", (long long)(micro / 1000000), (long long)(micro % 1000000));
}

static void print_elapsed(struct call *c, int64_t nanoseconds, bool sorted)
{
    long long secs = (long long)(nanoseconds / 1000000000), nanos = (long long)(nanoseconds % 1000000000);
    if (sorted) {
        call_print_text(c, "{\"human\":");
        print_human(c, nanoseconds);
        call_format(c, ",\"nanos\":%lld,\"secs\":%lld}", nanos, secs);
    } else {
        call_format(c, "{\"secs\":%lld,\"nanos\":%lld,\"human\":", secs, nanos);
        print_human(c, nanoseconds);
        call_print_byte(c, '}');
    }
}

void rg_json_end(struct call *c, struct rg *g)
{
    struct rg_scan *s = &g->scan;
    print_begin(c, g, "end");
    if (s->binary)
        call_format(c, ",\"binary_offset\":%llu", (unsigned long long)s->binary_at);
    else
        call_print_text(c, ",\"binary_offset\":null");
    call_print_text(c, ",\"stats\":{\"elapsed\":");
    print_elapsed(c, rg_elapsed(c, s->began), false);
    call_format(c, ",\"searches\":1,\"searches_with_match\":%d,\"bytes_searched\":%llu,\"bytes_printed\":%llu,"
                   "\"matched_lines\":%llu,\"matches\":%llu}}}\n", s->selected > 0, (unsigned long long)s->searched,
                (unsigned long long)(g->total.printed - s->printed_before),
                (unsigned long long)(g->total.lines - s->json_lines), (unsigned long long)(g->total.matches - s->json_matches));
}

void rg_json_summary(struct call *c, struct rg *g)
{
    const struct rg_stats *t = &g->total;
    call_print_text(c, "{\"data\":{\"elapsed_total\":");
    print_elapsed(c, rg_elapsed(c, g->started), true);
    call_format(c, ",\"stats\":{\"bytes_printed\":%llu,\"bytes_searched\":%llu,\"elapsed\":", (unsigned long long)t->printed,
                (unsigned long long)t->searched);
    print_elapsed(c, t->elapsed, true);
    call_format(c, ",\"matched_lines\":%llu,\"matches\":%llu,\"searches\":%llu,\"searches_with_match\":%llu}},"
                   "\"type\":\"summary\"}\n", (unsigned long long)t->lines, (unsigned long long)t->matches,
                (unsigned long long)t->searches, (unsigned long long)t->with_match);
}
