/* adapters/jq.h - jq programs, by libjq: the only includer of its headers is jq.c.
 *
 * All that a program needs is given: bytes of input, files of modules, variables, the time; nothing is called back but the
 * clock. All memory is one heap; exhaustion leaves as from everywhere else. A program is paused between two opcodes when
 * there are no steps; what works inside of one builtin function (sort, tojson...) runs up a debt. A step is an opcode, 16
 * bytes parsed, 64 bytes of strings made, a comparison, an element of a container made.
 */
#ifndef ADAPTERS_JQ_H
#define ADAPTERS_JQ_H

#include "base/buf.h"

struct jq;

struct jq_setup {
    struct heap *heap;             /* for all of it: what is left is dropped with the heap */
    const struct str *variables;   /* NAME=VALUE of the environment: borrowed */
    size_t variable_count;
    struct str tz;                 /* TZ; empty: UTC */
    int64_t (*now)(void *user);    /* nanoseconds since 1970 */
    void *user;
};

enum { /* how results are printed */
    JQ_PRINT_ASCII = 1, JQ_PRINT_COLOR = 2, JQ_PRINT_SORTED = 4, JQ_PRINT_RAW = 8, JQ_PRINT_NUL = 16,
    JQ_PRINT_JOINED = 32, JQ_PRINT_SEQ = 64
};
enum { /* how input is read */
    JQ_READ_RAW = 1, JQ_READ_SLURP = 2, JQ_READ_STREAM = 4, JQ_READ_STREAM_ERRORS = 8, JQ_READ_SEQ = 16
};

enum jq_answer {
    JQ_FINE,       /* done; of jq_run: no more results for this input */
    JQ_BAD,        /* it is not well formed, or the program raised an error: jq_take_messages has the words */
    JQ_RESULT,     /* jq_print */
    JQ_AGAIN,      /* no steps are left, or there are messages: call again */
    JQ_HALTED,     /* the program ended itself: jq_halt_status */
    JQ_WANT_INPUT, /* it called `input`: jq_read until it does not want more, jq_offer, and call again */
    JQ_WANT_FILE,  /* the file jq_wanted_file: jq_give_file, and call again */
    JQ_WANT_MORE,  /* of jq_read: jq_feed */
    JQ_VALUE,      /* of jq_read: a value is there */
    JQ_END,        /* of jq_read: there are no more */
    JQ_DEAD        /* it met something that it cannot do: there is a message, and this jq is not to be used any more */
};

struct jq *jq_new(const struct jq_setup *setup);

/* Named arguments, the first of a name counts: JQ_BAD when `json` is none, *reason then has jq's words (may be NULL). */
enum jq_answer jq_set_named(struct jq *j, struct str name, struct str text, bool json);
/* The same with all values of a text in an array (raw: its bytes as a string): $name of --slurpfile and --rawfile. */
enum jq_answer jq_set_file(struct jq *j, struct str name, struct str content, bool raw, struct buf *reason);
bool jq_has_named(struct jq *j, struct str name);
enum jq_answer jq_add_positional(struct jq *j, struct str text, bool json);
/* Where modules are searched, one after the other; none given: jq's default. */
void jq_add_library(struct jq *j, struct str path);
/* indent: spaces, 0 to 7; -1 a tab; -2 everything on one line. */
void jq_set_print(struct jq *j, unsigned flags, int indent);
/* JQ_COLORS: false when it is not well formed. */
bool jq_set_colors_text(struct jq *j, struct str codes);
void jq_set_read(struct jq *j, unsigned flags);

/* JQ_FINE, JQ_BAD, JQ_WANT_FILE, JQ_DEAD. `origin` is the folder of the program's file. */
enum jq_answer jq_prepare(struct jq *j, struct str program, struct str origin);

struct str jq_wanted_file(const struct jq *j);
/* Borrowed until the end. `found` false: it is not there; `error` not NULL: it cannot be read. */
void jq_give_file(struct jq *j, bool found, struct str content, struct str real_path, const char *error);

/* The name that messages and input_filename say from now on; lines count from 0. */
void jq_set_input_name(struct jq *j, struct str name);
/* A piece of the input, up to the end of a line at most; `last`: there is nothing behind it. Borrowed until jq_read wants more. */
void jq_feed(struct jq *j, struct str piece, bool last);
/* JQ_VALUE, JQ_BAD (no message: jq_read_error has the words), JQ_END, JQ_WANT_MORE, JQ_DEAD. */
enum jq_answer jq_read(struct jq *j);
void jq_read_error(struct jq *j, struct buf *words);
/* What jq_read answered is what `input` answers. */
void jq_offer(struct jq *j);

/* Starts the program on the value that jq_read found, or on null. */
void jq_begin(struct jq *j, bool null);
enum jq_answer jq_run(struct jq *j);
/* Appends the result: 1, 0 when it is false or null, below 0 when it cannot be printed (JQ_PRINT_NUL): there is a message. */
int jq_print(struct jq *j, struct buf *out);
/* The exit status that the program asked for; its message, if any, is among the messages. */
int jq_halt_status(struct jq *j);
/* What is to go to standard error, and forgets it. */
void jq_take_messages(struct jq *j, struct buf *out);

#endif
