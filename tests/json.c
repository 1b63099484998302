/* tests/json.c - reads and writes the JSON of the driver's lines. */
#include "tests/json.h"

#include <string.h>

static void blanks(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
        j->at++;
}

static bool take(struct json *j, char c)
{
    blanks(j);
    if (j->at == j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

static bool hex4(struct json *j, unsigned *value)
{
    *value = 0;
    if (j->end - j->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *j->at++;
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                       : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
        if (digit > 15)
            return false;
        *value = *value * 16 + digit;
    }
    return true;
}

static void add_character(struct bytes *text, unsigned c)
{
    char b[4];
    size_t n = 0;
    if (c < 0x80) {
        b[n++] = (char)c;
    } else if (c < 0x800) {
        b[n++] = (char)(0xc0 | c >> 6);
        b[n++] = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        b[n++] = (char)(0xe0 | c >> 12);
        b[n++] = (char)(0x80 | (c >> 6 & 63));
        b[n++] = (char)(0x80 | (c & 63));
    } else {
        b[n++] = (char)(0xf0 | c >> 18);
        b[n++] = (char)(0x80 | (c >> 12 & 63));
        b[n++] = (char)(0x80 | (c >> 6 & 63));
        b[n++] = (char)(0x80 | (c & 63));
    }
    bytes_add(text, b, n);
}

/* \uXXXX, or a pair of them; \udc80 to \udcff alone is one byte. */
static bool take_unicode(struct json *j, struct bytes *text)
{
    unsigned c, low;
    if (!hex4(j, &c))
        return false;
    if (c >= 0xdc80 && c <= 0xdcff) {
        char byte = (char)(c - 0xdc00);
        bytes_add(text, &byte, 1);
        return true;
    }
    if (c >= 0xd800 && c < 0xdc00 && j->end - j->at >= 6 && j->at[0] == '\\' && j->at[1] == 'u') {
        struct json ahead = {j->at + 2, j->end};
        if (!hex4(&ahead, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000) {
            j->at = ahead.at;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    add_character(text, c);
    return true;
}

bool json_string(struct json *j, struct bytes *text)
{
    text->length = 0;
    bytes_add(text, "", 0);
    if (!take(j, '"'))
        return false;
    for (;;) {
        const char *from = j->at;
        while (j->at < j->end && *j->at != '"' && *j->at != '\\')
            j->at++;
        bytes_add(text, from, (size_t)(j->at - from));
        if (j->at == j->end)
            return false;
        if (*j->at++ == '"')
            return true;
        if (j->at == j->end)
            return false;
        static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        char c = *j->at++;
        const char *name = strchr(names, c);
        if (c == 'u') {
            if (!take_unicode(j, text))
                return false;
        } else if (c && name) {
            bytes_add(text, &values[name - names], 1);
        } else {
            return false;
        }
    }
}

bool json_number(struct json *j, uint64_t *number)
{
    blanks(j);
    size_t left = (size_t)(j->end - j->at);
    if (left >= 4 && memcmp(j->at, "true", 4) == 0) {
        j->at += 4;
        *number = 1;
        return true;
    }
    if (left >= 5 && memcmp(j->at, "false", 5) == 0) {
        j->at += 5;
        *number = 0;
        return true;
    }
    const char *from = j->at;
    *number = 0;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        *number = *number * 10 + (uint64_t)(*j->at++ - '0');
    return j->at > from;
}

bool json_skip(struct json *j)
{
    size_t depth = 0;
    struct bytes text = {0};
    do {
        blanks(j);
        if (j->at == j->end)
            return false;
        char c = *j->at;
        if (c == '"') {
            bool fine = json_string(j, &text);
            bytes_drop(&text);
            if (!fine)
                return false;
        } else {
            depth += c == '{' || c == '[';
            if (c == '}' || c == ']') {
                if (depth == 0)
                    return false;
                depth--;
            }
            j->at++;
            if (!strchr("{}[],:", c))
                while (j->at < j->end && !strchr("{}[],:\" \t\r\n", *j->at))
                    j->at++;
        }
    } while (depth > 0);
    return true;
}

bool json_object(struct json *j)
{
    return take(j, '{');
}

bool json_key(struct json *j, struct bytes *key)
{
    take(j, ',');
    if (take(j, '}'))
        return false;
    return json_string(j, key) && take(j, ':');
}

void json_print(struct bytes *out, const char *data, size_t length)
{
    bytes_add(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        size_t from = i;
        while (i < length && (unsigned char)data[i] >= 32 && (unsigned char)data[i] < 127 && data[i] != '"' && data[i] != '\\')
            i++;
        bytes_add(out, data + from, i - from);
        if (i == length)
            break;
        unsigned char c = (unsigned char)data[i++];
        if (c == '\n')
            bytes_add(out, "\\n", 2);
        else if (c == '"' || c == '\\')
            bytes_print(out, "\\%c", c);
        else
            bytes_print(out, "\\u%04x", c < 128 ? c : 0xdc00u + c);
    }
    bytes_add(out, "\"", 1);
}
