/* match.c - _match_impl: libjq's patterns by the one who runs it. */
#include "jq_inside.h"
#include "jv_unicode.h"

enum { GLOBAL = 1 << 16, UNKNOWN = 1 << 17, ENGINE = 0xffff };

static unsigned flags_of(jv modifiers)
{
    unsigned flags = 0;
    const char *at = jv_string_value(modifiers), *end = at + jv_string_length_bytes(jv_copy(modifiers));
    for (; at < end; at++)
        switch (*at) {
        case 'g': flags |= GLOBAL; break;
        case 'i': flags |= JQ_HOST_FOLD; break;
        case 'x': flags |= JQ_HOST_SPACED; break;
        case 'm':
        case 'p': flags |= JQ_HOST_DOT_ALL; break;
        case 's': break;
        case 'l': flags |= JQ_HOST_LONGEST; break;
        case 'n': flags |= JQ_HOST_NOT_EMPTY; break;
        default: return UNKNOWN;
        }
    return flags;
}

static jv wrong_type(jv value, const char *what)
{
    char text[30];
    const char *kind = jv_kind_name(jv_get_kind(value));
    return jv_invalid_with_msg(jv_string_fmt("%s (%s) %s", kind, jv_dump_string_trunc(value, text, sizeof text), what));
}

/* Counts characters on from where it counted last, or from the start. */
struct counter {
    const char *text;
    size_t at;
    int64_t characters;
};

static int64_t characters_before(struct counter *c, size_t offset)
{
    if (offset < c->at) {
        c->at = 0;
        c->characters = 0;
    }
    jq_host_charge_bytes(offset - c->at);
    while (c->at < offset) {
        c->at += (size_t)jvp_utf8_decode_length(c->text[c->at]);
        c->characters++;
    }
    return c->characters;
}

static jv part(const char *text, int64_t offset, int64_t length, size_t start, size_t end)
{
    jv found = jv_object_set(jv_object(), jv_string("offset"), jv_number((double)offset));
    found = jv_object_set(found, jv_string("length"), jv_number((double)length));
    return jv_object_set(found, jv_string("string"), jv_string_sized(text + start, (int)(end - start)));
}

/* A group that is empty, or that took no part. */
static jv empty_part(int64_t offset, jv string)
{
    jv found = jv_object_set(jv_object(), jv_string("offset"), jv_number((double)offset));
    found = jv_object_set(found, jv_string("string"), string);
    return jv_object_set(found, jv_string("length"), jv_number(0));
}

/* The groups of a match; of an empty one all that took part are told to be where it is. */
static jv captures_of(const struct perl *p, const struct counter *c, int empty)
{
    jv captures = jv_array();
    struct counter inside = *c;
    for (int i = 1; i <= jq_host_pattern_groups(p); i++) {
        size_t start, end;
        jv found;
        if (!jq_host_group(p, i, &start, &end)) {
            found = empty_part(-1, jv_null());
        } else if (empty) {
            found = empty_part(c->characters, jv_string(""));
        } else if (start == end) {
            found = empty_part(characters_before(&inside, start), jv_string(""));
        } else {
            int64_t before = characters_before(&inside, start);
            found = part(c->text, before, characters_before(&inside, end) - before, start, end);
        }
        captures = jv_array_append(captures, jv_object_set(found, jv_string("name"), jv_null()));
    }
    for (int i = 0; i < jq_host_pattern_names(p); i++) {
        int group;
        size_t length;
        const char *name = jq_host_pattern_name(p, i, &group, &length);
        jv found = jv_array_get(jv_copy(captures), group - 1);
        found = jv_object_set(found, jv_string("name"), jv_string_sized(name, (int)length));
        captures = jv_array_set(captures, group - 1, found);
    }
    return captures;
}

static jv match_all(const char *text, size_t length, struct perl *p, unsigned flags, int test)
{
    jv result = test ? jv_false() : jv_array();
    struct counter c = {text, 0, 0};
    char error[160];
    size_t from = 0, start, end;
    do {
        int answer = jq_host_match(p, text, length, from, flags & ENGINE, error);
        if (answer < 0) {
            jv_free(result);
            return jv_invalid_with_msg(jv_string_concat(jv_string("Regex failure: "), jv_string(error)));
        }
        if (answer == 0)
            break;
        if (test) {
            result = jv_true();
            break;
        }
        jq_host_group(p, 0, &start, &end);
        int64_t before = characters_before(&c, start);
        struct counter behind = c;
        jv found = part(text, before, characters_before(&behind, end) - before, start, end);
        found = jv_object_set(found, jv_string("captures"), captures_of(p, &c, start == end));
        result = jv_array_append(result, found);
        c = behind;
        from = end;
        if (start == end)
            from += end < length ? (size_t)jvp_utf8_decode_length(text[end]) : 1;
    } while (flags & GLOBAL && from <= length);
    return result;
}

jv host_match(jv input, jv pattern, jv modifiers, int test)
{
    unsigned flags = 0;
    char error[160];
    if (jv_get_kind(input) != JV_KIND_STRING) {
        jv_free(pattern);
        jv_free(modifiers);
        return wrong_type(input, "cannot be matched, as it is not a string");
    }
    if (jv_get_kind(pattern) != JV_KIND_STRING) {
        jv_free(input);
        jv_free(modifiers);
        return wrong_type(pattern, "is not a string");
    }
    if (jv_get_kind(modifiers) == JV_KIND_STRING) {
        flags = flags_of(modifiers);
        if (flags & UNKNOWN) {
            jv_free(input);
            jv_free(pattern);
            return jv_invalid_with_msg(jv_string_concat(modifiers, jv_string(" is not a valid modifier string")));
        }
    } else if (jv_get_kind(modifiers) != JV_KIND_NULL) {
        jv_free(input);
        jv_free(pattern);
        return wrong_type(modifiers, "is not a string");
    }
    jv_free(modifiers);
    struct perl *p = jq_host_pattern(jv_string_value(pattern), (size_t)jv_string_length_bytes(jv_copy(pattern)),
                                     flags & ENGINE, error);
    jv result;
    if (p)
        result = match_all(jv_string_value(input), (size_t)jv_string_length_bytes(jv_copy(input)), p, flags, test);
    else
        result = jv_invalid_with_msg(jv_string_concat(jv_string("Regex failure: "), jv_string(error)));
    jv_free(input);
    jv_free(pattern);
    return result;
}
