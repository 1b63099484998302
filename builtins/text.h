/* builtins/text.h - what the text utilities share: counts with suffixes, counting bytes, the ends of texts. */
#ifndef BUILTINS_TEXT_H
#define BUILTINS_TEXT_H

#include "task/command.h"

enum { TEXT_PIECE = 64 * 1024 }; /* bytes worked on between two looks at call_go */

/* Takes the next piece off a block that input_block or call_read_block gave: to be worked on in this step. Of what is no
 * regular file the rest is given back, since its bytes may move between two steps. */
struct str text_piece(struct input *in, struct str *block);

/* A decimal number with one of `suffixes` behind it, as xstrtoumax reads it ("bkKmMGTPEZY0": b 512, K 1024, and with 0 kB
 * 1000 and KiB 1024 too); NULL: none. 0, E_INVAL, or E_OVERFLOW with *number UINT64_MAX. */
int text_count(struct str word, const char *suffixes, uint64_t *number);

/* How often `byte` occurs. */
size_t text_occurrences(const char *data, size_t length, char byte);

/* A search for the beginning of the last `count` lines of a text, which can be left and gone on with. */
struct text_tail {
    size_t end;     /* what lies behind is counted */
    uint64_t left;  /* line ends still to pass */
    bool started;
};
/* True when t->end is where the last `count` lines of `text` begin (an unended last line is one). False: the meter is
 * spent; call again. Begins with a zeroed struct. Charges by bytes. */
bool text_tail(struct call *c, struct text_tail *t, struct str text, uint64_t count, char delimiter);

/* Whole lines of all operands, many at a time. */
struct text_lines {
    struct str block;   /* read and not yet handed out */
    struct buf part;    /* the beginning of a line whose end is to come */
    bool begun, given;  /* `part` is in use; it was handed out */
};
/* As call_read_block, but each answer is some whole lines: one at least, and about TEXT_PIECE bytes. Only the last line of a
 * file may lack its delimiter. Begins with a zeroed struct. The bytes are valid until the next call, in this step. */
enum input_answer text_lines(struct call *c, struct text_lines *t, char delimiter, struct str *lines);

/* The lines of one input among several that are read side by side. */
struct text_source {
    struct input *input;
    struct str name;
    struct str line;     /* the last one read: stays until the next, also over steps */
    bool unended, ended;
    bool whole;          /* `left` is the rest of a regular file */
    struct str left;
    struct buf store;
};
/* Opens it: 0 or an error, E_WAIT among them (call again). */
int text_source_open(struct call *c, struct text_source *s, struct str name);
/* INPUT_MORE: s->line is the next. INPUT_END: s->ended is set, and s->input->error if it could not be read. */
enum input_answer text_source_line(struct call *c, struct text_source *s, char delimiter);

/* The next line of an input into `to`, with its newline unless it is *unended: 0, E_WAIT, 1 at the input's end. */
int text_line(struct input *in, struct buf *to, bool *unended);

/* All of the file `path` ("-" with `dash`: standard input) into *text, which is valid until *input is closed. *input is NULL at
 * first and kept over E_WAIT (call again). 0: *input is the caller's. Or an error: *input is NULL if it cannot be opened; if
 * it cannot be read, *text is empty and *input the caller's. */
int text_whole(struct call *c, struct input **input, struct str path, bool dash, struct str *text);

/* Opens the next operand that can be opened, with `problem` ("cannot open %S for reading: %m") for each that cannot: 0, E_WAIT,
 * or 1 behind the last. *next: the operand's number, 0 at first. */
int text_open_next(struct call *c, size_t *next, struct input **input, const char *problem);

/* The operand number `at`, or "-" when there are none at all and `at` is 0; false behind the last. */
bool text_operand(const struct call *c, size_t at, struct str *name);

#endif
