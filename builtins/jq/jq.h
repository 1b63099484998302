/* builtins/jq/jq.h - one run of jq: its command line and its files. */
#ifndef BUILTINS_JQ_JQ_H
#define BUILTINS_JQ_JQ_H

#include "adapters/jq.h"
#include "task/command.h"
#include "task/sandbox.h"

/* As jq counts them: what is above 0 is the exit status, what is below only with -e. */
enum { JQ_OK = 0, JQ_OK_NULL = -1, JQ_SYSTEM = 2, JQ_COMPILE = 3, JQ_NO_OUTPUT = -4, JQ_UNKNOWN = 5 };

/* A file that is loaded whole. */
struct jq_load {
    struct input *input;
    struct buf real;
    int step;             /* of a module: 0 to be found, 1 its real path, 2 its content */
};

struct jq_files { /* the input */
    struct str *names;
    size_t count, next;
    struct input *input;  /* NULL: none is open */
    struct str block;     /* what of it was not given to jq yet */
    struct buf piece;     /* what jq works on, of what is no regular file */
    int failures;
};

struct jq_options {
    size_t word;                  /* being read */
    struct str rest;              /* of its short options; data NULL: at its start */
    bool done, strings, json;     /* after --, --args, --jsonargs */
    bool is_program;
    struct str program;
    bool from_file, null_input, exit_status, seq, colored, plain;
    unsigned print, read;
    int indent;
};

enum jq_phase { JQ_OPTIONS, JQ_ORIGIN, JQ_PROGRAM, JQ_COMPILING, JQ_READING, JQ_RUNNING };

struct jq_work {
    struct jq *jq;
    struct jq_options options;
    struct jq_files files;
    struct jq_load load;
    enum jq_phase phase;
    struct str text, origin; /* of the program */
    bool wants;              /* `input` waits for what is read */
    int result;              /* of this input */
    int last;                /* of all: -1 none, 0 false or null, 1 */
};

enum jq_next { JQ_GO_ON, JQ_WAIT, JQ_EXIT /* with c->status */ };

/* Reads the command line up to its end: JQ_GO_ON then. May be called again after JQ_WAIT. */
enum jq_next jq_read_options(struct call *c, struct jq_work *s);
void jq_print_usage(struct call *c, int status);
extern const struct option jq_options[];

/* The content of a file: 0 or an error, E_WAIT among them (then the same again). */
int jq_load_file(struct call *c, struct jq_load *l, struct str path, struct str *content);
/* Why it could not be loaded, in jq's words. */
const char *jq_load_reason(int error);

#endif
