/* include/nacre.h - the public face of nacre, a shell without an operating system.
 *
 *     nacre *n;
 *     nacre_new(&n, NULL);
 *     nacre_put(n, "/workspace/a.txt", 16, "hello\n", 6, 0644);
 *     struct nacre_result r = {.size = sizeof r};
 *     nacre_run(n, "wc -l a.txt", 11, &r);        r.out, r.err, r.status
 *     nacre_result_free(n, &r);
 *     nacre_free(n);
 *
 * One handle; start and step; the caller holds the loop. Nothing calls back but the allocator,
 * and the core makes no system call: clock, seed and files are values. What only the host can
 * give is asked for: nacre_step answers NACRE_WAITING, and the requests are read and answered.
 *
 * Strings are pointer and length, any bytes. Functions that can fail return 0 (or a number) or a
 * negative enum nacre_error; a call at the wrong moment answers NACRE_E_STATE and changes nothing.
 * A sandbox is used by one thread at a time; forks are independent and may run on different threads.
 * Every struct begins with `size`, sizeof the struct as the caller was compiled, so that it can grow.
 */
#ifndef NACRE_H
#define NACRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(__wasm__)
#define NACRE_API __attribute__((visibility("default")))
#else
#define NACRE_API
#endif

#define NACRE_VERSION_MAJOR 0
#define NACRE_VERSION_MINOR 1
#define NACRE_VERSION_PATCH 0

typedef struct nacre nacre;

enum nacre_error {
    NACRE_OK = 0,
    NACRE_E_MEMORY = -1,   /* the host's allocator, or the memory limit outside a run */
    NACRE_E_STATE = -2,    /* the call does not fit the moment */
    NACRE_E_INVALID = -3,  /* an argument is not well formed */
    NACRE_E_NOENT = -4,
    NACRE_E_EXIST = -5,
    NACRE_E_NOTDIR = -6,
    NACRE_E_ISDIR = -7,
    NACRE_E_ACCESS = -8,
    NACRE_E_DISK = -9,     /* the disk limit */
    NACRE_E_STALE = -10,   /* a content that is not what was listed */
    NACRE_E_LOOP = -11,
    NACRE_E_NAME = -12,    /* a name or path is too long */
    NACRE_E_LOAD = -13,    /* needs a content or listing that is not loaded: answer the requests, call again */
    NACRE_E_OTHER = -14
};

/* What nacre_step answers. */
enum nacre_state {
    NACRE_DONE = 0,        /* the run has ended: status, usage */
    NACRE_RUNNING = 1,     /* the steps given are used: step again */
    NACRE_WAITING = 2,     /* nothing can go on before the host answers a request, or drains output */
    NACRE_OUT_OF_STEPS = 3,/* paused at the run's limit: nacre_grant and step, or nacre_stop */
    NACRE_OUT_OF_MEMORY = 4,/* ended: the session is as before the run, the files as the last verb left them */
    NACRE_STUCK = 5,       /* every task waits for another: nacre_stop */
    NACRE_STOPPED = 6,     /* ended by nacre_stop */
    NACRE_OUTPUT_LIMIT = 7,/* ended, writers past the output limit got SIGXFSZ */
    NACRE_INTERRUPTED = 8  /* ended after nacre_interrupt */
};

/* size 0 frees, memory NULL allocates, else resizes; NULL: no memory, and the old block stays. */
typedef void *nacre_allocate(void *user, void *memory, size_t old_size, size_t size);

struct nacre_limits {
    uint64_t steps;   /* of a run; 0: the default (50,000,000) */
    uint64_t memory;  /* bytes held by runs and the session; 0: the default (64 MiB) */
    uint64_t disk;    /* bytes put into the file tree; 0: the default (64 MiB) */
    uint64_t output;  /* bytes of both output streams of a run; 0: the default (4 MiB) */
};
#define NACRE_UNLIMITED UINT64_MAX

struct nacre_text {
    const char *data;
    size_t length;
};

struct nacre_options {
    size_t size;
    nacre_allocate *allocate;      /* NULL: realloc and free of the C library */
    void *allocate_user;
    struct nacre_limits limits;    /* for runs that say nothing else */
    int64_t clock;                 /* ns since 1970: the time at the start; 0: 2025-01-01T00:00:00Z */
    uint64_t seed;                 /* of $RANDOM, shuf, /dev/urandom, mktemp */
    uint32_t user, group;          /* of the script; both 0: 1000, 1000, unless `root` */
    int root;                      /* not 0: the script is root and passes every check */
    int real_time;                 /* not 0: sleeps are requests to the host instead of jumps of the clock */
    const char *const *exclude;    /* globs as in .gitignore, NULL-terminated: what listings leave out */
    int gitignore;                 /* not 0: obey .gitignore files of given directories */
    int include_secrets;           /* not 0: what looks like a secret is not left out */
    int keep_jobs;                 /* not 0: background tasks stay between runs of a session */
    const char *workspace;         /* where nacre_mount'ed files are seen; NULL: /workspace */
};

struct nacre_run {
    size_t size;
    struct nacre_text script;
    struct nacre_text name;        /* $0; empty: bash */
    const struct nacre_text *arguments; /* $1... */
    size_t argument_count;
    const struct nacre_text *environment; /* NAME=VALUE; with `session` they are set in it before the script */
    size_t environment_count;
    struct nacre_text directory;   /* empty: the session's, at first the workspace */
    struct nacre_text input;       /* standard input, all of it, when `input_open` is 0: copied */
    int input_open;                /* not 0: more input comes by nacre_write; ended by nacre_end_input */
    struct nacre_limits limits;    /* 0: the sandbox's */
    int fresh;                     /* not 0: a new shell session, dropped at the end; 0: the kept session goes on */
    int posix;                     /* not 0: bash --posix */
    int interactive_messages;      /* not 0: no "line N:" in messages, as at a prompt */
    int stdin_script;              /* not 0: the script is read from standard input (-s), `script` is ignored */
    int script_file;               /* not 0: the script is the content of the file `name`, not the word behind -c */
};

struct nacre_usage {
    size_t size;
    uint64_t steps;        /* of the current or last run */
    uint64_t memory;       /* bytes held now */
    uint64_t memory_peak;  /* of the current or last run */
    uint64_t disk;         /* bytes of disk now */
    uint64_t output;       /* bytes written to the two streams by this run */
    uint64_t left_out;     /* names that listings left out because they look like secrets */
    int status;            /* exit status of the ended run */
    int64_t clock;         /* ns since 1970, virtual */
};

/* --- a sandbox ------------------------------------------------------------------------- */
NACRE_API const char *nacre_version(void);
NACRE_API int nacre_new(nacre **out, const struct nacre_options *options);
/* At rest only. O(1) in files and variables. Reads the parent only, so several threads may fork one resting parent. */
NACRE_API int nacre_fork(const nacre *parent, nacre **out);
NACRE_API void nacre_free(nacre *n); /* NULL is allowed */

/* --- a run --------------------------------------------------------------------------------- */
NACRE_API int nacre_start(nacre *n, const struct nacre_run *run);
/* Works for at most `steps`: an enum nacre_state, or below 0 an enum nacre_error. */
NACRE_API int nacre_step(nacre *n, uint64_t steps);
/* More steps for a run that is out of them (or before). */
NACRE_API int nacre_grant(nacre *n, uint64_t steps);
/* Ends the run: all tasks are dropped, no trap runs, the session is as before the run. */
NACRE_API int nacre_stop(nacre *n);
/* From any thread or a signal handler: SIGINT to the foreground; a second one before the run has ended stops it. */
NACRE_API void nacre_interrupt(nacre *n);
NACRE_API int nacre_usage(const nacre *n, struct nacre_usage *usage);

/* Takes output in the order in which it was written: bytes moved into `buffer`, all of one stream (*stream is 1 or 2);
 * 0 when there is none. Output is kept until read, also after the end of the run. */
NACRE_API size_t nacre_read(nacre *n, int *stream, void *buffer, size_t size);
/* Input for a run started with input_open: bytes taken, or an error. */
NACRE_API int nacre_write(nacre *n, const void *data, size_t size);
NACRE_API int nacre_end_input(nacre *n);

struct nacre_result {
    size_t size;
    char *out, *err;            /* never NULL after success; a NUL behind them that does not count */
    size_t out_length, err_length;
    uint64_t out_cut, err_cut;  /* always 0 unless the output limit ended the run */
    int status;
    int ended;                  /* enum nacre_state */
    uint64_t steps;
};
/* Start, step to the end, collect: what most callers use. Runs in the kept session. Out of steps and stuck are stopped.
 * Requests that only a host can answer end it with NACRE_E_STATE: use start and step for lazy files and host commands. */
NACRE_API int nacre_run(nacre *n, const char *script, size_t length, struct nacre_result *result);
NACRE_API int nacre_run_full(nacre *n, const struct nacre_run *run, struct nacre_result *result);
NACRE_API void nacre_result_free(nacre *n, struct nacre_result *result);

/* --- requests -------------------------------------------------------------------------------- */
enum nacre_request_kind {
    NACRE_REQUEST_CONTENT = 1, /* load the file `host`: nacre_give_content */
    NACRE_REQUEST_LISTING = 2, /* list the directory `host`: nacre_give_listing */
    NACRE_REQUEST_INPUT = 3,   /* a task reads standard input: nacre_write or nacre_end_input */
    NACRE_REQUEST_OUTPUT = 4,  /* the output queue is full: nacre_read */
    NACRE_REQUEST_COMMAND = 5, /* a host command was called: nacre_command_* */
    NACRE_REQUEST_SLEEP = 6    /* real_time: wait until the clock is `until`, then nacre_wake */
};
struct nacre_request {
    size_t size;
    int kind;
    uint64_t id;               /* names the request in its answer */
    uint64_t host;             /* CONTENT, LISTING: the host's token */
    struct nacre_text path;    /* CONTENT, LISTING: absolute path inside; COMMAND: working directory */
    uint64_t length;           /* CONTENT: the size that was listed */
    int64_t until;             /* SLEEP: ns since 1970 */
    const struct nacre_text *arguments; /* COMMAND */
    size_t argument_count;
    const struct nacre_text *environment; /* COMMAND: NAME=VALUE */
    size_t environment_count;
};
/* The index-th open request, valid until the next call: 0, or NACRE_E_NOENT. The first of a fault is the one needed,
 * those behind it (same kind) are likely to be needed next. */
NACRE_API int nacre_request(nacre *n, size_t index, struct nacre_request *request);

/* --- files ------------------------------------------------------------------------------------ */
enum nacre_kind { NACRE_FILE = 1, NACRE_DIRECTORY = 2, NACRE_LINK = 3, NACRE_FIFO = 4, NACRE_DEVICE = 5 };

struct nacre_entry {
    size_t size;
    struct nacre_text name;    /* one name, or for nacre_list the name in the directory */
    int kind;                  /* enum nacre_kind */
    uint32_t mode;             /* permission bits */
    uint32_t user, group;      /* as the sandbox sees them */
    int64_t mtime;             /* ns since 1970 */
    uint64_t length;           /* bytes of a file */
    uint64_t host;             /* the host's token; equal tokens are one inode (hard links); 0: none */
    struct nacre_text target;  /* of a link */
    int unreadable;            /* the host may not read it: the script gets Permission denied */
    uint64_t inode;            /* told by nacre_stat and nacre_list */
    uint64_t links;
};
/* Declares `path` to be a directory of the host's: its listing is asked for when a script first reaches it. Makes parents. */
NACRE_API int nacre_mount(nacre *n, struct nacre_text path, const struct nacre_entry *directory);
/* Answers. Names in any order; what exclude, gitignore and secrets leave out is filtered here. */
NACRE_API int nacre_give_listing(nacre *n, uint64_t host, const struct nacre_entry *entries, size_t count);
/* Lends or copies the bytes of a file. Lent bytes are private memory that nobody changes until `release` is called with them
 * (NULL: they live as long as the family of forks). A length other than the listed one is NACRE_E_STALE. */
NACRE_API int nacre_give_content(nacre *n, uint64_t host, const void *bytes, size_t length, int copy,
                                 void (*release)(void *user, const void *bytes, size_t length), void *user);
/* The content or listing could not be had: the script sees `error` (enum nacre_error: ACCESS, NOENT, STALE, else I/O error). */
NACRE_API int nacre_give_failure(nacre *n, uint64_t host, int error);
/* At rest or while WAITING: unchanged loaded contents, least recently used first, go back to "not loaded" until at most
 * `keep` bytes are held. Answers the bytes held. A list of changes that is held keeps what it compared. */
NACRE_API uint64_t nacre_take_back(nacre *n, uint64_t keep);
/* Everything put so far becomes the base: weighs nothing, is no change. */
NACRE_API int nacre_set_base(nacre *n);

/* At rest only, all with absolute paths, as root. Makes parents; replaces a file. */
NACRE_API int nacre_put(nacre *n, const char *path, size_t path_length, const void *bytes, size_t length, uint32_t mode);
NACRE_API int nacre_make(nacre *n, struct nacre_text path, const struct nacre_entry *entry);
NACRE_API int nacre_remove(nacre *n, struct nacre_text path); /* recursively */
NACRE_API int nacre_stat(nacre *n, struct nacre_text path, struct nacre_entry *entry); /* does not follow a last link */
/* Where a path leads when links, dots and slashes are followed: an absolute path without them, borrowed until the next call. */
NACRE_API int nacre_real_path(nacre *n, struct nacre_text path, struct nacre_text *real);
/* The bytes of a file, borrowed until the next call that changes or runs something. */
NACRE_API int nacre_get(nacre *n, struct nacre_text path, struct nacre_text *bytes);
/* The next entry above `after` (empty: the first) in byte order, borrowed until the next change: NACRE_E_NOENT at the end. */
NACRE_API int nacre_list(nacre *n, struct nacre_text path, struct nacre_text after, struct nacre_entry *entry);

/* --- changes ------------------------------------------------------------------------------------ */
enum nacre_change_bits {
    NACRE_CHANGE_CONTENT = 1, NACRE_CHANGE_KIND = 2, NACRE_CHANGE_MODE = 4, NACRE_CHANGE_OWNER = 8,
    NACRE_CHANGE_TIMES = 16, NACRE_CHANGE_LINKS = 32, NACRE_CHANGE_ADDED = 64, NACRE_CHANGE_REMOVED = 128
};
struct nacre_change {
    size_t size;
    struct nacre_text path;       /* absolute */
    unsigned what;                /* enum nacre_change_bits */
    struct nacre_entry was, is;   /* what is present of them */
};
/* What differs between `base` (NULL: the base of n itself) and n, by path in byte order (NACRE_E_LOAD: a folder that was moved was
 * never listed: answer the requests, call again); held by n until the next run or change of
 * either, or until called again. Answers how many, or an error. */
NACRE_API int64_t nacre_changes(nacre *n, const nacre *base);
NACRE_API int nacre_change(nacre *n, size_t index, struct nacre_change *change);
/* A number for the whole tree: equal for equal trees. */
NACRE_API uint64_t nacre_digest(nacre *n);

struct nacre_diff {
    size_t size;
    struct nacre_text below;      /* only what lies below this path, told relative to it; empty: the workspace */
    int context;                  /* lines; 0: 3 */
};
/* The change as text is a run like any other: stepped, drained (stream 1: a diff for git apply; stream 2: what git cannot
 * express, a line each), asking for contents. base NULL: the base of n itself. */
NACRE_API int nacre_start_diff(nacre *n, const nacre *base, const struct nacre_diff *options);

/* --- commands and description -------------------------------------------------------------------- */
struct nacre_command {
    size_t size;
    struct nacre_text name, usage, summary;
    int builtin;                  /* needs no file */
};
/* The index-th command by name: NACRE_E_NOENT at the end. */
NACRE_API int nacre_command(const nacre *n, size_t index, struct nacre_command *command);
/* The index-th option of a command: its letter (0: none), long name, argument name (NULL: a flag), help. NACRE_E_NOENT at the end. */
NACRE_API int nacre_command_option(const nacre *n, size_t command, size_t index, int *letter, const char **name,
                                    const char **argument, const char **help);
/* A command of the host's: running it makes a NACRE_REQUEST_COMMAND. */
NACRE_API int nacre_add_command(nacre *n, struct nacre_text name, struct nacre_text summary);
/* Output of a requested command, and its end. */
NACRE_API int nacre_command_write(nacre *n, uint64_t id, int stream, const void *data, size_t size);
NACRE_API int nacre_command_done(nacre *n, uint64_t id, int status);
/* real_time: the clock has reached `clock`. */
NACRE_API int nacre_wake(nacre *n, int64_t clock);

enum nacre_describe_what { NACRE_DESCRIBE_CODE = 1, NACRE_DESCRIBE_TASKS = 2, NACRE_DESCRIBE_HEAPS = 3 };
/* Text for people, of no promised form: the code of a script (CODE), the tasks, the heaps. Allocated as results are; *text is
 * freed by nacre_text_free. */
NACRE_API int nacre_describe(nacre *n, int what, struct nacre_text script, char **text, size_t *length);
NACRE_API void nacre_text_free(nacre *n, char *text, size_t length);
/* Not 0: each instruction is told on stream 2 as it runs, for people. */
NACRE_API int nacre_trace(nacre *n, int on);
/* Was the last run left by `exit`, `set -e` or an error that ends a shell, and not at the end of its text? 1 or 0. With
 * interactive_messages, only then is the EXIT trap run. */
NACRE_API int nacre_exited(const nacre *n);
/* Is the shell's session variable set? Its value, borrowed until the next call: NACRE_E_NOENT when unset. For prompts and completion. */
NACRE_API int nacre_variable(nacre *n, struct nacre_text name, struct nacre_text *value);
/* "Did you mean": *missing is the last command that the last run did not find (but for well-known ones, of which its message says
 * why), *meant the command, function or alias that has the name most like it. Both hold until the next call. NACRE_E_NOENT: none
 * was missed, or nothing is like it. At rest only; no script sees any of it. */
NACRE_API int nacre_hint(nacre *n, struct nacre_text *missing, struct nacre_text *meant);
/* Is this text a complete command, or would a shell ask for more? 1 complete, 0 more is needed (for continuation lines). */
NACRE_API int nacre_complete(nacre *n, struct nacre_text script);

#ifdef __cplusplus
}
#endif

#endif
