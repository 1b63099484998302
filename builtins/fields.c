/* builtins/fields.c - splitting a line by IFS as read does it (POSIX XCU 2.6.5). */
#include "builtins/fields.h"

/* The bytes of the separator at text[at]; 0 when there is none. */
static size_t separator(const struct fields *f, size_t at)
{
    char c = f->text.data[at];
    if (f->escaped && f->escaped[at])
        return 0;
    if ((unsigned char)c < 0x80 || f->locale == LOCALE_C)
        return f->ifs.length && memchr(f->ifs.data, c, f->ifs.length) ? 1 : 0;
    struct utf8_char character = utf8_first(str_after(f->text, at), f->locale);
    for (size_t i = 0; i < f->ifs.length;) {
        struct utf8_char other = utf8_first(str_after(f->ifs, i), f->locale);
        if (other.code == character.code && other.valid == character.valid)
            return character.length;
        i += other.length;
    }
    return 0;
}

static bool is_blank(const struct fields *f, size_t at)
{
    char c = f->text.data[at];
    return (c == ' ' || c == '\t' || c == '\n') && separator(f, at);
}

static void skip_blanks(struct fields *f)
{
    while (f->at < f->text.length && is_blank(f, f->at))
        f->at++;
}

void fields_start(struct fields *f)
{
    f->at = 0;
    skip_blanks(f);
}

bool fields_next(struct fields *f, struct str *field)
{
    size_t from, length = 0;

    skip_blanks(f);
    from = f->at;
    if (from == f->text.length)
        return false;
    while (f->at < f->text.length && !(length = separator(f, f->at)))
        f->at++;
    *field = str_of(f->text.data + from, f->at - from);
    if (f->at == f->text.length)
        return true;
    bool blank = is_blank(f, f->at);
    f->at += length;
    skip_blanks(f);
    if (blank && f->at < f->text.length && (length = separator(f, f->at))) { /* belongs to the same separator */
        f->at += length;
        skip_blanks(f);
    }
    return true;
}

struct str fields_rest(struct fields *f)
{
    struct str field = {0};
    size_t from = f->at, end = f->text.length;
    if (!fields_next(f, &field))
        return (struct str){0};
    if (f->at == f->text.length)
        return field;
    while (end > from + 1) {
        char c = f->text.data[end - 1];
        bool blank = (c == ' ' || c == '\t' || c == '\n') && f->ifs.length && memchr(f->ifs.data, c, f->ifs.length);
        if (!blank && !(f->escaped && f->escaped[end - 1] && (c == ' ' || c == '\t' || c == '\n')))
            break;
        end--;
    }
    return str_of(f->text.data + from, end - from);
}
