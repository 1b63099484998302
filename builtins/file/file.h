/* builtins/file/file.h - what the bytes of a file tell of its kind: the parts of file. */
#ifndef BUILTINS_FILE_FILE_H
#define BUILTINS_FILE_FILE_H

#include "task/command.h"

enum { FILE_LOOK = 7 << 20, FILE_ENCODING_LOOK = 64 * 1024 }; /* bytes looked at, and those for the encoding */

/* How the kind of a text and its encoding go together. */
enum finding_way {
    FINDING_WHOLE,      /* the kind says all */
    FINDING_TEXT,       /* "KIND, ASCII text" */
    FINDING_EXECUTABLE  /* "KIND, ASCII text executable" */
};

/* What was found. */
struct finding {
    struct buf kind;    /* empty: nothing yet */
    const char *mime;   /* its type */
    enum finding_way way;
};

enum encoding_kind { ENCODING_BINARY, ENCODING_ASCII, ENCODING_UTF8, ENCODING_UTF8_BOM, ENCODING_LATIN1, ENCODING_EXTENDED,
                     ENCODING_UTF16_LITTLE, ENCODING_UTF16_BIG, ENCODING_UTF32_LITTLE, ENCODING_UTF32_BIG };

/* --- encoding.c ------------------------------------------------------------------------------------------- */
enum encoding_kind encoding_of(struct str bytes);
/* As in charset=. */
const char *encoding_charset(enum encoding_kind kind);
/* What a text is: "ASCII text executable, with CRLF line terminators". */
void encoding_describe(struct buf *out, struct str bytes, enum encoding_kind kind, bool executable);

/* --- data.c: texts with a grammar ----------------------------------------------------------------------------- */
bool data_is_json(struct str bytes, bool *lines);
bool data_is_csv(struct str bytes);

/* --- magic.c, elf.c: all that begins with certain bytes. True: found. ---------------------------------------------- */
bool magic_find(struct finding *f, struct str bytes);
bool elf_find(struct finding *f, struct str bytes);

/* --- source.c: scripts, markup and sources, by what stands in the text --------------------------------------------- */
bool source_find(struct finding *f, struct str text);

/* --- for all of them ---------------------------------------------------------------------------------------------- */
static inline uint64_t file_number(struct str s, size_t at, unsigned size, bool big)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size && at + i < s.length; i++)
        value |= (uint64_t)(unsigned char)s.data[at + i] << 8 * (big ? size - 1 - i : i);
    return value;
}
/* Does `text` of `length` bytes stand there? */
static inline bool file_has(struct str s, size_t at, const char *text, size_t length)
{
    return at <= s.length && s.length - at >= length && memcmp(s.data + at, text, length) == 0;
}
#define file_at(s, at, literal) file_has((s), (at), "" literal, sizeof(literal) - 1)

#endif
