/* base/charset.h - character sets other than UTF-8, and plain spellings: for iconv and dos2unix. */
#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include "base/buf.h"

enum charset_kind { CHARSET_ASCII, CHARSET_UTF8, CHARSET_UTF16, CHARSET_UTF32, CHARSET_TABLE };

/* A set, and what is known of a text in it that is being read or written. */
struct charset {
    enum charset_kind kind;
    bool big;       /* of UTF-16 and UTF-32 */
    bool marked;    /* a mark of the order of bytes stands first: read it, write it */
    bool two_bytes; /* UCS-2: no pairs */
    const struct charset_table *table;
    uint16_t codes[128]; /* of the table, in order, for writing */
    uint8_t bytes[128];
    unsigned count;
};

/* The set of a name; case and signs do not matter. False: there is none. */
bool charset_find(struct charset *set, struct str name);
/* The names of all sets, one by one: NULL behind the last. */
const char *charset_name(size_t at);

enum charset_answer { CHARSET_OK, CHARSET_ILLEGAL, CHARSET_PARTIAL /* the rest of the character is missing */ };
/* The next character of `text`, which is not empty, and its bytes. A mark at the start of marked sets is no character: *code is
 * CHARSET_MARK then. */
#define CHARSET_MARK UINT32_MAX
enum charset_answer charset_read(struct charset *set, struct str text, uint32_t *code, size_t *used);
/* Adds a character: false when the set does not have it. */
bool charset_write(struct charset *set, struct buf *out, uint32_t code);
/* The same with what comes near to it. */
bool charset_write_plain(struct charset *set, struct buf *out, uint32_t code);
/* Are bytes below 128 the characters of ASCII, and nothing else? */
static inline bool charset_has_ascii(const struct charset *set)
{
    return set->kind != CHARSET_UTF16 && set->kind != CHARSET_UTF32;
}

#endif
