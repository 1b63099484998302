/* regex/glob_program.h - what a shell pattern is compiled to; for the files regex/glob*.c only. */
#ifndef REGEX_GLOB_PROGRAM_H
#define REGEX_GLOB_PROGRAM_H

#include "base/utf8.h"
#include "regex/glob.h"

/* An instruction goes on with the one behind it unless it says otherwise. */
enum glob_operation {
    GLOB_LITERAL,   /* the bytes literals[a .. a + b) */
    GLOB_CHARACTER, /* the character a (folded, with GLOB_FOLD) */
    GLOB_ANY,       /* ? */
    GLOB_SET,       /* one character of set a */
    GLOB_STAR,    /* *; with a above 0, what follows it must not be empty before the end of level a (bash) */
    GLOB_FOLDERS, /* the ** of a slash-bounded **: nothing, or what the next instruction takes */
    GLOB_FOLDERS_LOOP, /* anything up to and with a slash */
    GLOB_REST,         /* anything at all */
    GLOB_FAIL,         /* nothing matches here */
    GLOB_SPLIT,        /* goes on, and at a too unless that is GLOB_NOWHERE */
    GLOB_JUMP,         /* goes on at a */
    GLOB_LEAVE,        /* the end of a group's alternatives, level a */
    GLOB_NOT,          /* what the body behind it, machine a, does not match; then b */
    GLOB_ACCEPT        /* the end of level a */
};

#define GLOB_NOWHERE UINT32_MAX

struct glob_instruction {
    uint32_t operation;
    uint32_t a, b;
};

struct glob_range {
    uint32_t low, high;
};

struct glob_set {
    uint32_t bits[8];             /* of codes below 128, or of bytes */
    uint32_t ranges, range_count; /* codes from 128 on, folded: a part of the program's ranges */
    unsigned classes;             /* of codes from 128 on, as they are in the text */
    bool negated;                 /* already done in `bits` */
};

/* The instructions between two stars. */
struct glob_segment {
    uint32_t from, to;
};

struct glob_program {
    unsigned flags;
    bool extended;   /* has groups: only regex/glob_extended.c can play it; else there are segments */
    bool odd;        /* has a *!( that bash lets match the end of a text with all that follows */
    bool unfindable; /* bash does not find it when it replaces */
    bool bytewise;   /* only literal bytes and stars: characters do not matter */
    struct glob_instruction *code;
    uint32_t count;
    char *literals;
    struct glob_set *sets;
    uint32_t set_count;
    struct glob_range *ranges;
    uint32_t *machines; /* the GLOB_NOT of each negated group, outer ones first */
    uint32_t machine_count;
    struct glob_segment *segments;
    uint32_t segment_count;
    uint32_t first[8]; /* bytes with which a match that is not empty can begin; all bits if it can be empty */
};

struct glob_program *glob_program_new(struct heap *heap, struct str pattern, unsigned flags,
                                      enum locale locale);
void glob_program_free(struct heap *heap, struct glob_program *p);

/* The next character of a text: its code, or, of a byte that is none, one above all codes. */
static inline uint32_t glob_next(struct str text, size_t at, enum locale locale, size_t *length)
{
    struct utf8_char c = utf8_first((struct str){text.data + at, text.length - at}, locale);
    *length = c.length;
    return c.valid ? c.code : c.code | 0x80000000u;
}

/* Bash folds what is a capital, in the pattern and in the text. */
static inline uint32_t glob_fold(uint32_t code, enum locale locale)
{
    if (code < 0x80)
        return utf8_ascii_lower[code];
    return locale == LOCALE_UTF8 && code < 0x80000000u && utf8_is(code, UTF8_UPPER, locale)
               ? utf8_lower(code, locale)
               : code;
}

/* Is the character, as it stands in the text, in the set? */
bool glob_set_has_wide(const struct glob_program *p, const struct glob_set *set, uint32_t code);
static inline bool glob_set_has(const struct glob_program *p, const struct glob_set *set, uint32_t code,
                                enum locale locale)
{
    if (code < 0x80 || (locale == LOCALE_C && code < 0x100))
        return set->bits[code / 32] >> (code % 32) & 1;
    return glob_set_has_wide(p, set, code);
}

enum glob_want {
    GLOB_WHOLE,
    GLOB_PREFIX_SHORTEST,
    GLOB_PREFIX_LONGEST,
    GLOB_SUFFIX_SHORTEST,
    GLOB_SUFFIX_LONGEST,
    GLOB_LEFTMOST
};

/* Plays a program with groups over `text` from `from` on. False when there is no match. */
bool glob_extended_run(const struct glob_program *p, struct heap *scratch, struct str text,
                       enum locale locale, enum glob_want want, size_t from, size_t *start, size_t *end);

/* Has a call spent so much more than the run may use that the run ends whatever is answered? */
static inline bool glob_is_hopeless(struct meter *m)
{
    return m->fuel < 0 && meter_used(m) > m->limit && meter_used(m) - m->limit > 1 << 20;
}

#endif
