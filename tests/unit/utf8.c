/* tests/unit/utf8.c - characters against libc's C.UTF-8 and C locales, where it has them. */
#include "base/utf8.h"
#include "tests/unit/kit.h"

#include <ctype.h>
#include <locale.h>
#include <wchar.h>
#include <wctype.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

int wcwidth(wchar_t c);

static const char names[12][8] = {
    "alpha", "upper", "lower", "digit", "alnum", "space",
    "blank", "punct", "print", "graph", "cntrl", "xdigit",
};

static void test_classes(void)
{
    wctype_t types[12];
    for (int i = 0; i < 12; i++) {
        types[i] = wctype(names[i]);
        check(utf8_class_named(str_from(names[i])) == 1u << i);
    }
    check(utf8_class_named(str_lit("alph")) == 0 && utf8_class_named(str_lit("")) == 0);
    for (uint32_t code = 0; code < 0x110400; code++) {
        bool good = true;
        unsigned classes = 0;
        for (int i = 0; i < 12; i++) {
            bool expected = iswctype(code, types[i]);
            classes |= (unsigned)expected << i;
            good = good && utf8_is(code, 1u << i, LOCALE_UTF8) == expected;
            good = good && utf8_is(code, 1u << i, LOCALE_C) == (code < 0x80 && expected);
        }
        good =
            good && utf8_classes(code) == classes && utf8_width(code, LOCALE_UTF8) == wcwidth((wchar_t)code);
        good = good && utf8_upper(code, LOCALE_UTF8) == towupper(code) &&
               utf8_lower(code, LOCALE_UTF8) == towlower(code);
        good = good && utf8_upper(code, LOCALE_C) == (code < 0x80 ? towupper(code) : code);
        good = good && utf8_width(code, LOCALE_C) == (code < 0x80 ? wcwidth((wchar_t)code) : -1);
        check(good);
        if (!good)
            printf("  U+%04X\n", code);
    }
    for (int i = 0; i < 12; i++) {
        uint32_t from = 0, last = 0, seen = 0;
        for (; utf8_class_range(1u << i, &from, &last); from = last + 1) {
            check(iswctype(from, types[i]) && iswctype(last, types[i]) && !iswctype(last + 1, types[i]));
            seen += last - from + 1;
        }
        for (from = 0; from < 0x110000; from++)
            seen -= iswctype(from, types[i]) != 0;
        check(seen == 0);
    }
}

static struct utf8_char model(const char *data, size_t length)
{
    mbstate_t state = {0};
    wchar_t code;
    size_t used = mbrtowc(&code, data, length, &state);
    if (used > UTF8_MOST)
        return (struct utf8_char){(unsigned char)*data, 1, false};
    return (struct utf8_char){(uint32_t)code, (uint8_t)(used ? used : 1), true};
}

static bool same(struct utf8_char a, struct utf8_char b)
{
    return a.code == b.code && a.length == b.length && a.valid == b.valid;
}

/* Is there a character that begins with all these bytes and has more? */
static bool can_grow(const char *data, size_t length)
{
    char text[64 + UTF8_MOST];
    if (length >= UTF8_MOST)
        return false;
    memcpy(text, data, length);
    for (int byte = 0x80; byte < 0xc0; byte += 0x3f) {
        memset(text + length, byte, UTF8_MOST);
        if (model(text, length + UTF8_MOST).length > length)
            return true;
    }
    return false;
}

static void test_random(void)
{
    static const unsigned char likely[] = {0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                           0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf7,
                                           0xf8, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, 'a',  0};
    for (int turn = 0; turn < 200000; turn++) {
        char text[64];
        size_t length = 0, wanted = 1 + below(40);
        while (length < wanted) {
            unsigned kind = below(4);
            if (kind == 0)
                text[length++] = (char)likely[below(sizeof likely)];
            else if (kind == 1)
                length += utf8_encode(below(2) ? below(0x3000) : below(0x110000), text + length);
            else
                text[length++] = (char)('a' + below(26));
        }
        struct str s = str_of(text, length);
        size_t count = 0, invalid = 0, at = 0, wanted_character = below(50), offset = length;
        bool ascii = true, good = true;
        struct utf8_char c = {0};
        while (at < length) {
            if (count == wanted_character)
                offset = at;
            c = model(text + at, length - at);
            good = good && same(c, utf8_first(str_after(s, at), LOCALE_UTF8));
            good = good && utf8_is_partial(str_after(s, at)) == can_grow(text + at, length - at);
            ascii = ascii && !(text[at] & 0x80);
            count++;
            invalid += !c.valid;
            at += c.length;
        }
        good = good && utf8_count(s, LOCALE_UTF8) == count && utf8_count_invalid(s, LOCALE_UTF8) == invalid;
        good = good && utf8_offset(s, wanted_character, LOCALE_UTF8) == offset && utf8_is_ascii(s) == ascii;
        good = good && same(utf8_last(s, LOCALE_UTF8), c);
        good = good && utf8_count(s, LOCALE_C) == length &&
               utf8_offset(s, 3, LOCALE_C) == (length < 3 ? length : 3);
        check(good);
        if (!good) {
            for (size_t i = 0; i < length; i++)
                printf(" %02x", (unsigned char)text[i]);
            printf("\n");
        }
    }
}

static void test_plain(void)
{
    char out[UTF8_MOST];
    for (uint32_t code = 0; code < 0x7fffffff; code = code < 0x120000 ? code + 1 : code + 9999991) {
        size_t length = utf8_encode(code, out);
        struct utf8_char c = utf8_first(str_of(out, length), LOCALE_UTF8);
        if (code >= 0xd800 && code <= 0xdfff)
            check(length == 3 && !c.valid && c.length == 1);
        else
            check(c.valid && c.code == code && c.length == length);
    }
    check(utf8_encode(0x80000000, out) == 0);
    for (int byte = 0; byte < 256; byte++) {
        bool ascii = byte < 128;
        check(utf8_byte_is((char)byte, UTF8_ALPHA) == (ascii && isalpha(byte)) &&
              utf8_byte_is((char)byte, UTF8_SPACE) == (ascii && isspace(byte)));
        check(utf8_ascii_lower[byte] == (ascii ? tolower(byte) : byte) &&
              utf8_ascii_upper[byte] == (ascii ? toupper(byte) : byte));
        char c = (char)byte;
        struct utf8_char first = utf8_first(str_of(&c, 1), LOCALE_C);
        check(first.valid && first.length == 1 && first.code == (unsigned)byte);
    }
    check(utf8_columns(str_lit("a\xc3\xa9\xe4\xb8\xad\xcc\x81\xff\t"), LOCALE_UTF8) == 5);
    check(utf8_count(str_lit(""), LOCALE_UTF8) == 0 && utf8_is_ascii(str_lit("")) &&
          !utf8_is_partial(str_lit("")));
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    test_plain();
#ifdef __GLIBC__
    if (setlocale(LC_ALL, "C.UTF-8")) {
        if (strcmp(gnu_get_libc_version(), "2.36") == 0) /* another has another Unicode */
            test_classes();
        test_random();
    }
#endif
    return kit_end();
}
