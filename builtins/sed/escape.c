/* builtins/sed/escape.c - backslashes in the parts of a script: of regexes, replacements and the strings of y. */
#include "builtins/sed/sed.h"

/* Digits of a base at text[at..], at most `most`: how many. */
static size_t digits(struct str text, size_t at, unsigned base, size_t most, unsigned *value)
{
    size_t count = 0;
    *value = 0;
    while (count < most && at + count < text.length) {
        unsigned digit = number_digit(text.data[at + count]);
        if (digit >= base)
            break;
        *value = *value * base + digit;
        count++;
    }
    return count;
}

int sed_escape(struct str text, size_t at, bool newline, char *byte)
{
    static const char letters[] = "afrtv", bytes[] = "\a\f\r\t\v";
    if (at >= text.length)
        return 0;
    char letter = text.data[at];
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found) {
        *byte = bytes[found - letters];
        return 1;
    }
    if (letter == 'n' && newline) {
        *byte = '\n';
        return 1;
    }
    if (letter == 'c' && at + 1 < text.length) {
        char control = text.data[at + 1];
        int length = 2;
        if (control == '\\') {
            if (at + 2 >= text.length || text.data[at + 2] != '\\')
                return -1;
            length = 3;
        }
        *byte = (char)(utf8_ascii_upper[(unsigned char)control] ^ 0x40);
        return length;
    }
    unsigned base = letter == 'd' ? 10 : letter == 'o' ? 8 : letter == 'x' ? 16 : 0, value;
    if (!base)
        return 0;
    size_t count = digits(text, at + 1, base, base == 16 ? 2 : 3, &value);
    *byte = (char)value;
    return count ? (int)count + 1 : 0;
}

/* The end of a bracket expression that begins at `at`. */
static size_t bracket_end(struct str text, size_t at)
{
    at++;
    at += at < text.length && text.data[at] == '^';
    at += at < text.length && text.data[at] == ']';
    while (at < text.length && text.data[at] != ']') {
        char kind = text.data[at] == '[' && at + 1 < text.length ? text.data[at + 1] : 0;
        if (kind == ':' || kind == '.' || kind == '=')
            for (at += 3; at < text.length && !(text.data[at - 1] == kind && text.data[at] == ']'); at++)
                ;
        at++;
    }
    return at < text.length ? at + 1 : text.length;
}

int sed_unescape_regex(struct call *c, const struct sed *s, struct str text, struct str *out)
{
    struct buf b;
    buf_init(&b, c->heap);
    for (size_t i = 0; i < text.length;) {
        char byte;
        if (text.data[i] == '[' && s->posix) {
            size_t end = bracket_end(text, i);
            buf_add(&b, str_of(text.data + i, end - i));
            i = end;
            continue;
        }
        if (text.data[i] != '\\' || i + 1 >= text.length) {
            buf_add_byte(&b, text.data[i++]);
            continue;
        }
        int length = sed_escape(text, i + 1, false, &byte);
        if (length < 0)
            return -1;
        if (length)
            buf_add_byte(&b, byte);
        else
            buf_add(&b, str_of(text.data + i, 2));
        i += length ? (size_t)length + 1 : 2;
    }
    *out = buf_str(&b);
    return 0;
}

/* --- replacements -------------------------------------------------------------------------------- */

static void add_part(struct call *c, struct sed_substitution *u, enum sed_part_kind kind, int group, struct str text)
{
    u->parts = array_grow(c->heap, u->parts, u->part_count, sizeof *u->parts);
    u->parts[u->part_count++] = (struct sed_part){kind, group, text};
}

static void add_text(struct call *c, struct sed_substitution *u, struct buf *text)
{
    if (text->length)
        add_part(c, u, PART_TEXT, 0, str_copy(c->heap, buf_str(text)));
    buf_clear(text);
}

int sed_replacement(struct call *c, struct sed *s, struct str text, struct sed_substitution *u)
{
    static const char letters[] = "ULEul";
    static const enum sed_part_kind kinds[] = {PART_UPPER, PART_LOWER, PART_END, PART_UPPER_ONE, PART_LOWER_ONE};
    struct buf plain;
    int most = 0;
    buf_init(&plain, c->heap);
    for (size_t i = 0; i < text.length; i++) {
        char here = text.data[i], byte;
        if (here == '&') {
            add_text(c, u, &plain);
            add_part(c, u, PART_GROUP, 0, (struct str){0});
            continue;
        }
        if (here != '\\' || i + 1 >= text.length) {
            buf_add_byte(&plain, here);
            continue;
        }
        int length = sed_escape(text, i + 1, true, &byte);
        if (length < 0)
            return -1;
        if (length) {
            buf_add_byte(&plain, byte);
            i += (size_t)length;
            continue;
        }
        char letter = text.data[++i];
        const char *found = letter && !s->posix ? strchr(letters, letter) : NULL;
        if (letter >= '0' && letter <= '9') {
            add_text(c, u, &plain);
            add_part(c, u, PART_GROUP, letter - '0', (struct str){0});
            most = letter - '0' > most ? letter - '0' : most;
        } else if (found) {
            add_text(c, u, &plain);
            add_part(c, u, kinds[found - letters], 0, (struct str){0});
            u->cases = true;
        } else if (letter == 'c' && i + 1 == text.length) {
            buf_add_byte(&plain, '\\');
        } else {
            buf_add_byte(&plain, letter);
        }
    }
    add_text(c, u, &plain);
    buf_drop(&plain);
    u->groups = most + 1;
    return most;
}

/* --- y ------------------------------------------------------------------------------------------------ */

/* The characters of a string of y. NULL, or the message of a mistake. */
static const char *split(struct call *c, struct sed *s, struct str text, struct str **characters, size_t *count)
{
    *characters = NULL;
    *count = 0;
    for (size_t i = 0; i < text.length;) {
        struct str one;
        char byte;
        if (text.data[i] == '\\' && i + 1 < text.length) {
            int length = sed_escape(text, i + 1, true, &byte);
            if (length < 0)
                return "recursive escaping after \\c not allowed";
            if (length == 0) {
                byte = text.data[i + 1];
                length = 1;
            }
            one = str_copy(c->heap, str_of(&byte, 1));
            i += (size_t)length + 1;
        } else {
            one = str_of(text.data + i, utf8_first(str_after(text, i), s->locale).length);
            i += one.length;
        }
        *characters = array_grow(c->heap, *characters, *count, sizeof **characters);
        (*characters)[(*count)++] = one;
    }
    return NULL;
}

const char *sed_map(struct call *c, struct sed *s, struct str from, struct str to, struct sed_map **map)
{
    struct str *left, *right;
    size_t left_count, right_count;
    const char *mistake = split(c, s, from, &left, &left_count);
    if (!mistake)
        mistake = split(c, s, to, &right, &right_count);
    if (!mistake && left_count != right_count)
        mistake = "strings for `y' command are different lengths";
    if (mistake)
        return mistake;
    struct sed_map *m = heap_new(c->heap, struct sed_map);
    bool set[256] = {0};
    for (int i = 0; i < 256; i++)
        m->table[i] = (unsigned char)i;
    m->bytes = true;
    m->pairs = heap_alloc(c->heap, left_count * sizeof *m->pairs + 1);
    for (size_t i = 0; i < left_count; i++) {
        unsigned char byte = (unsigned char)left[i].data[0];
        if (left[i].length == 1 && right[i].length == 1 && (byte < 0x80 || s->locale == LOCALE_C)) {
            if (!set[byte] || s->locale == LOCALE_C)
                m->table[byte] = (unsigned char)right[i].data[0];
            set[byte] = true;
        } else {
            m->bytes = false;
        }
        m->begins[byte] = true;
        m->pairs[m->count++] = (struct sed_pair){left[i], right[i]};
    }
    *map = m;
    return NULL;
}
