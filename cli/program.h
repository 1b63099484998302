/* cli/program.h - the program: what its files share. */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/host.h"

#include <stdio.h>

enum { EXIT_USAGE = 2, EXIT_PROGRAM = 125 };

/* Bytes that grow; malloc'ed. */
struct bytes {
    char *data;
    size_t length, room;
};

struct program {
    nacre *n;
    struct host *host;     /* NULL without --root */
    char *places[2]; /* what mount and cwd point to when they were found out */
    const char *root, *mount, *cwd, *diff, *script, *script_file, *input_file;
    bool apply, recover, json, quiet, stdin_script, posix, code, trace;
    const char **environment, **exclude;
    size_t environment_count, exclude_count;
    char **arguments;      /* behind the script: $1... */
    int argument_count;
    const char *name;      /* $0 */
    struct nacre_limits limits;
    uint64_t cache;
    int64_t clock;
    uint64_t seed;
    bool gitignore, include_secrets;
    int input;             /* the descriptor of standard input */
    bool input_ended;
    uint64_t told_left_out;
};

/* What came of a run. */
struct outcome {
    int status, ended;     /* ended: enum nacre_state; below 0 an enum nacre_error that ended the program's work */
    bool broken;           /* standard output takes nothing any more */
    struct nacre_usage usage; /* right after it */
};

/* Where a run's streams go: descriptors, or bytes when collected. */
struct sink {
    int descriptor[3];
    struct bytes *collect[3];
};

/* --- run.c ------------------------------------------------------------------------- */
/* Steps a started run to its end, answering requests and writing its output to the sink. */
struct outcome run_steps(struct program *p, const struct sink *to);
/* The options' script as a run, started: 0, or an error. */
int run_script(struct program *p, const struct nacre_run *run);
/* Answers what is asked for outside of runs (NACRE_E_LOAD): 0, or an error. */
int run_load(struct program *p);
/* nacre_changes since the base, with what it asks for. */
int64_t find_changes(struct program *p);
void run_catch_interrupts(struct program *p);
/* What a command that the run did not find may have meant. */
bool find_hint(struct program *p, struct nacre_text *missing, struct nacre_text *meant);
bool write_all(int descriptor, const char *data, size_t length);
bool bytes_add(struct bytes *b, const char *data, size_t length);
const char *error_name(int error);
/* The line about secrets that were left out, if there is something new to say. */
void tell_left_out(struct program *p);
/* The diff since the base: to the file (NULL, or "-": standard output). 0, or -1 after a message. */
int write_diff(struct program *p, const nacre *base, const char *file);

/* The same into bytes. */
int collect_diff(struct program *p, const nacre *base, struct bytes *text);

/* --- others -------------------------------------------------------------------------- */
int json_print(struct program *p, const struct outcome *o, const struct bytes *out, const struct bytes *err, const struct bytes *diff);
/* Types into a shell: the exit status of the program. */
int edit_loop(struct program *p);

#endif
