/* builtins/file/data.c - JSON and CSV. */
#include "builtins/file/file.h"

enum { DEPTH_MOST = 500, CSV_LINES = 10 };

static size_t skip_space(struct str s, size_t at)
{
    while (at < s.length && (s.data[at] == ' ' || (s.data[at] >= '\t' && s.data[at] <= '\r')))
        at++;
    return at;
}

/* The end of a string whose first quote is at `at`; 0: it has none. */
static size_t end_of_string(struct str s, size_t at)
{
    for (at++; at < s.length; at++) {
        if (s.data[at] == '"')
            return at + 1;
        if (s.data[at] == '\\')
            at++;
    }
    return 0;
}

/* The end of a number or word; 0: it is none. */
static size_t end_of_word(struct str s, size_t at)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t from = at;

    for (int i = 0; i < 3; i++)
        if (file_has(s, at, words[i], strlen(words[i])))
            return at + strlen(words[i]);
    if (at < s.length && s.data[at] == '-')
        at++;
    if (at >= s.length || !utf8_byte_is(s.data[at], UTF8_DIGIT))
        return 0;
    while (at < s.length && (utf8_byte_is(s.data[at], UTF8_DIGIT) || memchr(".eE+-", s.data[at], 5)))
        at++;
    return at > from ? at : 0;
}

/* The end of an array or object; 0: it is none. */
static size_t end_of_value(struct str s, size_t at)
{
    bool object[DEPTH_MOST]; /* of each level */
    size_t depth = 0;
    bool value = true; /* one is to come, or the end of something empty */

    for (;;) {
        bool fresh = false;
        at = skip_space(s, at);
        if (at >= s.length)
            return 0;
        if (value && (s.data[at] == '{' || s.data[at] == '[')) {
            if (depth == DEPTH_MOST)
                return 0;
            object[depth++] = s.data[at++] == '{';
            at = skip_space(s, at);
            fresh = at < s.length && s.data[at] == (object[depth - 1] ? '}' : ']');
            if (!fresh && object[depth - 1] && (at >= s.length || s.data[at] != '"'))
                return 0;
        } else if (value) {
            at = s.data[at] == '"' ? end_of_string(s, at) : end_of_word(s, at);
            if (!at || !depth)
                return 0;
            fresh = true;
        } else if (s.data[at] == (object[depth - 1] ? '}' : ']')) {
            at++;
            if (--depth == 0)
                return at;
            continue;
        } else if (s.data[at] == ',') { /* one before the end is let pass */
            at = skip_space(s, at + 1);
            fresh = at < s.length && s.data[at] == (object[depth - 1] ? '}' : ']');
        } else {
            return 0;
        }
        value = !fresh;
        if (value && object[depth - 1]) { /* the key comes first */
            at = skip_space(s, at);
            if (at >= s.length || s.data[at] != '"' || !(at = end_of_string(s, at)))
                return 0;
            at = skip_space(s, at);
            if (at >= s.length || s.data[at] != ':')
                return 0;
            at++;
        }
    }
}

bool data_is_json(struct str bytes, bool *lines)
{
    size_t at = skip_space(bytes, 0), count = 0;
    bool objects = true;

    while (at < bytes.length) {
        objects &= bytes.data[at] == '{';
        if ((bytes.data[at] != '{' && bytes.data[at] != '[') || (count && !objects))
            return false;
        at = end_of_value(bytes, at);
        if (!at)
            return false;
        at = skip_space(bytes, at);
        count++;
    }
    *lines = count > 1;
    return count > 0;
}

bool data_is_csv(struct str bytes)
{
    size_t fields = 0, wanted = 0, lines = 0;

    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] == '"') {
            for (i++; i < bytes.length; i++) {
                if (bytes.data[i] != '"')
                    continue;
                if (i + 1 >= bytes.length || bytes.data[i + 1] != '"')
                    break;
                i++;
            }
        } else if (bytes.data[i] == ',') {
            fields++;
        } else if (bytes.data[i] == '\n') {
            if (lines++ == 0)
                wanted = fields;
            if (!fields || fields != wanted)
                return false;
            if (lines == CSV_LINES)
                return true;
            fields = 0;
        }
    }
    return wanted && lines > 2;
}
