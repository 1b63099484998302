/* cli/json.c - one object on standard output in the place of the streams. */
#include "cli/program.h"

#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 character at `s`, or 0 when there is none. */
static size_t character(const unsigned char *s, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length < 2 || length > left)
        return length == 1;
    uint32_t code = s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

/* A quoted text; a byte that is not part of UTF-8 is written as \udc80 to \udcff and noted. */
static bool print_text(struct bytes *to, const char *data, size_t length, bool *invalid)
{
    bool well = bytes_add(to, "\"", 1);
    for (size_t i = 0; i < length && well;) {
        const unsigned char *s = (const unsigned char *)data + i;
        size_t count = character(s, length - i);
        char escape[8];
        if (count == 0) {
            *invalid = true;
            snprintf(escape, sizeof escape, "\\udc%02x", s[0]);
            well = bytes_add(to, escape, 6);
            count = 1;
        } else if (s[0] == '"' || s[0] == '\\') {
            escape[0] = '\\';
            escape[1] = (char)s[0];
            well = bytes_add(to, escape, 2);
        } else if (s[0] == '\n') {
            well = bytes_add(to, "\\n", 2);
        } else if (s[0] < 0x20 || s[0] == 0x7f) {
            snprintf(escape, sizeof escape, "\\u%04x", s[0]);
            well = bytes_add(to, escape, 6);
        } else {
            well = bytes_add(to, data + i, count);
        }
        i += count;
    }
    return well && bytes_add(to, "\"", 1);
}

static bool print_key(struct bytes *to, const char *key)
{
    return bytes_add(to, to->length ? ", \"" : "{\"", to->length ? 3 : 2) && bytes_add(to, key, strlen(key)) && bytes_add(to, "\": ", 3);
}

static bool print_number(struct bytes *to, const char *key, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return print_key(to, key) && bytes_add(to, text, strlen(text));
}

static const char *ended_name(int ended)
{
    static const char *const names[] = {"done",  "running", "waiting",      "out-of-steps", "out-of-memory",
                                        "stuck", "stopped", "output-limit", "interrupted"};
    return ended < 0 || ended > NACRE_INTERRUPTED ? "failed" : names[ended];
}

/* The paths that changed, but directories that changed only by what is in them. */
static bool print_changed(struct program *p, struct bytes *to, bool *invalid)
{
    struct nacre_change c = {.size = sizeof c};
    bool first = true, well = print_key(to, "changed") && bytes_add(to, "[", 1);
    int64_t count = find_changes(p);
    for (int64_t i = 0; i < count && well; i++) {
        if (nacre_change(p->n, (size_t)i, &c) < 0)
            continue;
        if (c.is.kind == NACRE_DIRECTORY && c.was.kind == NACRE_DIRECTORY && !(c.what & ~(unsigned)NACRE_CHANGE_TIMES))
            continue;
        well = (first || bytes_add(to, ", ", 2)) && print_text(to, c.path.data, c.path.length, invalid);
        first = false;
    }
    return well && bytes_add(to, "]", 1);
}

int json_print(struct program *p, const struct outcome *o, const struct bytes *out, const struct bytes *err, const struct bytes *diff)
{
    struct bytes to = {0};
    const struct nacre_usage u = o->usage;
    bool invalid = false;
    bool well = print_key(&to, "stdout") && print_text(&to, out->data ? out->data : "", out->length, &invalid);
    well = well && print_key(&to, "stderr") && print_text(&to, err->data ? err->data : "", err->length, &invalid);
    well = well && print_number(&to, "status", (uint64_t)o->status);
    well = well && print_key(&to, "ended") && print_text(&to, ended_name(o->ended), strlen(ended_name(o->ended)), &invalid);
    well = well && print_number(&to, "steps", u.steps) && print_number(&to, "peak", u.memory_peak) && print_number(&to, "disk", u.disk);
    well = well && print_changed(p, &to, &invalid) && print_number(&to, "left_out", u.left_out);
    if (diff)
        well = well && print_key(&to, "diff") && print_text(&to, diff->data ? diff->data : "", diff->length, &invalid);
    struct nacre_text missing, meant;
    struct bytes hint = {0};
    if (well && find_hint(p, &missing, &meant))
        well = bytes_add(&hint, missing.data, missing.length) && bytes_add(&hint, ": did you mean ", 15) &&
               bytes_add(&hint, meant.data, meant.length) && bytes_add(&hint, "?", 1) && print_key(&to, "hint") &&
               print_text(&to, hint.data, hint.length, &invalid);
    free(hint.data);
    const char *flag = invalid ? "true" : "false";
    well = well && print_key(&to, "invalid_utf8") && bytes_add(&to, flag, strlen(flag)) && bytes_add(&to, "}\n", 2);
    if (!well)
        fprintf(stderr, "nacre: out of memory\n");
    else
        well = write_all(1, to.data, to.length);
    free(to.data);
    return well ? 0 : -1;
}
