/* shell/session.h - the shell as api/ sees it: a session that runs go on in, and what a prompt wants to know.
 *
 * A session is kept in n->shell between runs. A run is a subshell of it: when it ended well the session becomes what
 * the run's shell left (adopt), else it stays what it was (cancel). Exhaustion does not return.
 */
#ifndef SHELL_SESSION_H
#define SHELL_SESSION_H

#include "base/buf.h"
#include "task/sandbox.h"

struct shell_run {
    struct str script;
    struct str name;              /* $0 */
    const struct str *arguments;  /* $1... */
    size_t argument_count;
    const struct str *environment; /* NAME=VALUE: set and exported in the session before the script */
    size_t environment_count;
    uint64_t directory;           /* inode; 0: the session's */
    bool fresh;                   /* a session of its own, as new */
    bool posix;
    bool interactive_messages;    /* no "line N:" */
    bool stdin_script;            /* the script is read from standard input */
    bool script_file;             /* `name` is the file that the script stood in */
};

/* A new session: the default environment, the workspace as directory. */
void shell_session_new(struct nacre *n, uint64_t directory);
/* A fork's: one reference. It only reads the parent, and allocates from the host's allocator only what it must: 0 or E_NOMEM. */
int shell_session_share(struct nacre *n, const struct nacre *parent);
void shell_session_free(struct nacre *n);
/* The run's own shell, with descriptors 0, 1 and 2 on the host's streams. All is copied from `run`. */
struct task *shell_start(struct nacre *n, const struct shell_run *run);
/* After the end of the run: its state becomes the session's. Before it, or without: nothing. It must not allocate. */
void shell_session_adopt(struct nacre *n);
/* What the run left is dropped. Harmless without a run. */
void shell_session_cancel(struct nacre *n);
/* For nacre.start_shell: bash, sh and scripts. */
void shell_start_task(struct task *t, const struct str *words, size_t count, bool posix);

/* The code of a script as text for people. */
void shell_describe(struct nacre *n, struct heap *scratch, struct str script, struct buf *text);
/* A variable of the session: its value added to `value`; false when unset. */
bool shell_variable(struct nacre *n, struct str name, struct buf *value);
/* The names of the session's functions and aliases, one by one. */
void shell_names(struct nacre *n, void (*visit)(void *user, struct str name), void *user);
/* 1: complete (or wrong: the shell will say so), 0: more lines are wanted. */
int shell_complete(struct nacre *n, struct heap *scratch, struct str script);

#endif
