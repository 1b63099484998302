/* task/call.h - one invocation of a command: its options, input, output, messages, and what it does with files.
 *
 * Two rules make a command read like an ordinary loop: whatever looks at files or input may answer E_WAIT (return
 * STEP_WAIT and do the same again when stepped next), printing never does (it queues). A loop asks call_go at its top and
 * returns STEP_AGAIN when told so. Where one is stands in c->state, not in the code: it lives on c->heap and is zeroed at first.
 */
#ifndef TASK_CALL_H
#define TASK_CALL_H

#include "base/utf8.h"
#include "task/file.h"

struct command;
struct option;
struct shell;

/* An option as it was given, in order. */
struct given_option {
    int letter;
    struct str value;  /* of a flag: empty, data NULL */
};

struct call {
    struct task *task;
    struct heap *heap;          /* for all that this call allocates: dropped at its end */
    struct meter *meter;
    const struct command *command;
    struct shell *shell;        /* the shell in whose task it runs (builtins); NULL in a task of its own */
    struct str (*where)(struct shell *shell); /* what stands before the name in messages: "bash: line 3: " of a builtin; NULL: nothing */
    struct str name;            /* as it was called: argv[0] without directories */
    struct str *argv;           /* all words, the name first */
    size_t argc;
    struct given_option *options;
    size_t option_count;
    struct str *operands;       /* what is not an option, in order */
    size_t operand_count;
    void *state;
    int status;                 /* exit status to be: call_error makes it the command's `failure` status */
    int failure;                /* status that call_error sets: 1 unless the command says otherwise in start */
    struct buf out;             /* queued for descriptor 1 */
    struct buf err;             /* queued for descriptor 2: goes first */
    struct buf before;          /* private: pieces of both that go before `err`, in their order; see call_order */
    struct queued *pieces;      /* private: what is in `before` */
    size_t piece_count;
    bool broken;                /* stdout does not take any more: E_PIPE and the like was met */
    bool finished;              /* step said done: only output is left */
    struct input *input;        /* of call_read_line and its kin: the operand being read */
    size_t next_operand;        /* the one to be opened next */
    bool flushing;              /* private to the driver: what is queued goes although it is little */
    bool fresh;                 /* private: the operand's first piece was not handed out yet */
    bool paused;                /* private: an input answered INPUT_WAIT because call_go says no */
    unsigned rest;              /* remainder of the byte charge */
};

/* --- going on ---------------------------------------------------------------------------------- */
enum { CALL_QUEUE = 4096 }; /* bytes of output that are queued before it must go */

/* May the loop turn once more? False: return STEP_AGAIN. Charge the work afterwards (meter_charge). Output goes when enough is
 * queued, a message is, or call_flush says so: never because steps ran out, so that it does not depend on how a run is sliced. */
static inline bool call_go(const struct call *c)
{
    return meter_go(c->meter) && c->out.length < CALL_QUEUE && !c->err.length && !c->flushing;
}
/* What is queued goes when step returns, although it is little: before something else is run or waited for. */
static inline void call_flush(struct call *c)
{
    c->flushing = true;
}
static inline void call_charge(struct call *c, int64_t steps)
{
    meter_charge(c->meter, steps);
}
/* For bytes moved, compared, searched: 64 are a step, the remainder is kept. */
static inline void call_charge_bytes(struct call *c, size_t bytes)
{
    meter_charge_bytes(c->meter, &c->rest, bytes);
}
/* `return call_done(c);` ends the command with c->status; call_exit with another. */
enum step call_done(struct call *c);
enum step call_exit(struct call *c, int status);
/* Did this error only mean "later"? `if (n == E_WAIT) return STEP_WAIT;` is the usual form. */

/* --- options ------------------------------------------------------------------------------------- */
bool call_has(const struct call *c, int letter);
/* How often it was given. */
size_t call_count(const struct call *c, int letter);
/* The last value given: false when it was not given. */
bool call_value(const struct call *c, int letter, struct str *value);
/* Which of `letters` (a string of them) was given last; 0 when none. */
int call_last(const struct call *c, const char *letters);
/* "Try 'NAME --help' for more information." after a message (none when it is empty): answers the status of a usage error. */
int call_usage_error(struct call *c, const char *format, ...);
/* "NAME: missing operand" with the same second line. */
int call_missing_operand(struct call *c);
int call_extra_operand(struct call *c, struct str operand);
/* One of a fixed list of words (`none`, `numbered`...), abbreviations as GNU's: its index, or -1 after GNU's message
 * "invalid argument ‘x’ for ‘--option’" with the list of valid ones. words ends with NULL; one that begins with = means the same
 * as the one before it. */
int call_choose(struct call *c, const char *option, struct str value, const char *const *words);

/* --- output: never waits -------------------------------------------------------------------------- */
void call_print(struct call *c, struct str s);
void call_print_text(struct call *c, const char *text);
void call_print_byte(struct call *c, char byte);
/* Formats as buf_print. */
void call_format(struct call *c, const char *format, ...);
/* "NAME: message\n" on descriptor 2, and c->status = c->failure. Formats as buf_print: %m takes an enum error, %S a struct str. */
void call_error(struct call *c, const char *format, ...);
/* The same without changing the status. */
void call_warn(struct call *c, const char *format, ...);
/* What --help and --version print, for commands that take their words as they are. */
void call_print_help(struct call *c);
void call_print_version(struct call *c);
/* The bytes as they are on descriptor 2. */
void call_complain(struct call *c, const char *format, ...);
/* What stands before the name in messages: borrowed until the next message. */
struct str call_where(struct call *c);
/* A file's name as messages show it: always in quotes, 'a b', 'a'$'\n''b' (GNU's style shell-escape-always). It and what follows
 * answer text on c->heap. */
struct str call_quote(struct call *c, struct str name);
/* As GNU shows a name before a colon: quoted only when it holds a byte that needs it, or a colon. */
struct str call_quote_for_colon(struct call *c, struct str name);
/* The same in style shell-escape (quotes only when needed), as ls on a terminal and stat -N. */
struct str call_quote_if_needed(struct call *c, struct str name);
/* A word that is no file name: ‘x’, in the C locale 'x', with C's escapes inside. It is what messages about arguments use. */
struct str call_quote_word(struct call *c, struct str word);
/* The locale that the environment asks for: of LC_ALL, `category` ("LC_CTYPE"...) and LANG the first that is not empty; C.UTF-8
 * when there is none. Borrowed from the environment. */
struct str call_locale_name(const struct call *c, const char *category);
/* That of characters: C and POSIX are LOCALE_C, all else is LOCALE_UTF8. */
enum locale call_locale(const struct call *c);

/* --- input ------------------------------------------------------------------------------------------ */
enum input_answer { INPUT_MORE /* here it is */, INPUT_WAIT, INPUT_END };

/* A file being read: by lines or blocks, without copying where it can. */
struct input {
    struct call *call;
    struct file *file;      /* held in a slot of its own: the caller's descriptors are not changed */
    struct str name;        /* as given: "-" for standard input */
    uint64_t loan;          /* of bytes handed out of the file's own buffer, not yet taken; 0: none */
    struct buf part;        /* the beginning of a line that spans buffers */
    bool part_given;        /* `part` is what was handed out last */
    bool ended, own;        /* own: close it */
    bool standard;          /* is standard input */
    struct hold *hold;
    struct hold *pin;       /* of the content whose bytes were handed out: another reader of the file may let go of it */
    int error;              /* of the last INPUT_END: 0, or E_ISDIR and the like */
};

/* Opens an operand ("-" is standard input when `dash`). 0 or an error (no message). On c->heap, closed at the call's end. */
int input_open(struct call *c, struct input **input, struct str path, bool dash);
void input_open_file(struct call *c, struct input **input, struct file *file, struct str name); /* takes over `file` */
/* Opens what a walk found, for reading; permissions are not checked. 0 or an error (E_WAIT). */
int input_open_inode(struct call *c, struct input **input, uint64_t number, struct str name);
void input_close(struct input *in);
/* The next line without its delimiter; *unended tells that it had none (last line). Valid until the next call on `in`, also over
 * steps. Charges. */
enum input_answer input_line(struct input *in, char delimiter, struct str *line, bool *unended);
/* What is there, at most `most` bytes (for a regular file: all of it at once). Valid until the next call on `in`; of what is no
 * regular file only in this step. */
enum input_answer input_block(struct input *in, size_t most, struct str *bytes);
/* Everything up to the end: for a regular file without copying, valid until input_close. INPUT_MORE once, then INPUT_END. */
enum input_answer input_all(struct input *in, struct str *bytes);
/* Gives back to the file what was handed out last and not used: the last `count` bytes (head, sed q). */
void input_unread(struct input *in, size_t count);
/* Settles what was consumed, so that another reader of the same file goes on behind it: before starting a child, at the end. */
void input_settle(struct input *in);

/* The loop over all operands (standard input when there are none, "-" too), with the message "NAME: FILE: reason" for those
 * that cannot be read and c->status set: what most filters need. *first tells a new file (c->input->name). */
enum input_answer call_read_line(struct call *c, char delimiter, struct str *line, bool *unended, bool *first);
enum input_answer call_read_block(struct call *c, struct str *bytes, bool *first);
/* Skips the rest of the file being read. */
void call_skip_file(struct call *c);

/* --- files ------------------------------------------------------------------------------------------------ */
/* All answer 0 or an error, E_WAIT among them, and print nothing. Paths are relative to the task's directory. */
int call_stat(struct call *c, struct str path, bool follow, struct stat_info *info);
int call_make_directory(struct call *c, struct str path, uint32_t mode); /* before the umask */
int call_remove(struct call *c, struct str path, bool directory);
int call_rename(struct call *c, struct str from, struct str to);
int call_link(struct call *c, struct str from, struct str to, bool follow);
int call_symlink(struct call *c, struct str target, struct str path);
int call_chmod(struct call *c, struct str path, uint32_t mode, bool follow);
int call_chown(struct call *c, struct str path, uint32_t user, uint32_t group, bool follow);
int call_touch(struct call *c, struct str path, int64_t atime, int64_t mtime, bool follow);
/* An output file of the command: opened (created), written, closed at the call's end. file_write may answer E_WAIT on
 * pipes: queue in a buf. */
int call_create(struct call *c, struct str path, unsigned flags, struct file **file);
/* A whole file in place of another, atomically, keeping nothing of it: the content is shown when done. `mode` as it shall be. */
int call_replace(struct call *c, struct str path, struct str content, uint32_t mode);
/* The real path: links resolved; `missing` how many last components may be absent: 0 none (-e), 1 the last (-f), 2 any (-m). */
int call_realpath(struct call *c, struct str path, int missing, struct buf *out);

/* --- other commands ------------------------------------------------------------------------------------------- */
struct exec {
    const struct str *words;          /* the command and its arguments */
    size_t count;
    struct environment *environment;  /* borrowed; NULL: the parent's */
    struct fds *fds;                  /* taken over; NULL: shared with the parent */
    uint64_t directory;               /* 0: the parent's */
    struct str path;                  /* PATH to search; data NULL: from the environment */
    struct str file;                  /* where it was found before: not searched; data NULL: it is */
    struct buf *found;                /* where it was found, once it is started; NULL: not asked for */
    bool new_group;
    bool exact;                       /* words[0] is not searched in PATH */
    struct task *in_place;            /* exec: this task becomes the command instead of a child being made */
    const char *argv0;                /* exec -a; NULL: words[0] */
    size_t argv0_length;
    bool bad_interpreter;             /* answered with E_NOENT: the file is there, what its #! line names is not */
};
/* Starts a command as a child of `parent`: the task, with *error 0; NULL and *error: E_WAIT (a fault: again), E_NOENT (not found), E_ACCES,
 * E_NOEXEC (a text without #!: the shell runs it itself), E_ISDIR... */
struct task *task_exec(struct task *parent, struct exec *e, int *error);
/* Makes the call's task become the command: 1, and then the step must `return STEP_GONE;` at once, since `c` is no more; or an error as
 * task_exec's, E_WAIT among them. What is queued is lost: ask while there is none. e->environment is held by the heap, if given. */
int call_become(struct call *c, struct exec *e);
/* Finds the file that `name` would run: its path in `found`. E_NOENT, E_ACCES (found, but not executable), E_WAIT. */
int task_find_command(struct task *t, struct str path, struct str name, struct buf *found);
/* The first file in `path` by this name that may be read, as . and bash look for scripts: 0, E_NOENT or E_WAIT. */
int task_find_script(struct task *t, struct str path, struct str name, struct buf *found);
/* Is a file with this content, so bash thinks, no text? */
bool task_is_binary(struct str text);
/* Makes a fresh task run a command; `words` are on its heap. For task_exec and the shell's exec. */
void call_in_task(struct task *t, const struct command *command, const struct str *words, size_t count);
/* The step function of such a task: for kinds of commands that take care of signals. Its state is the struct call. */
enum step call_task_step(struct task *t);

/* --- for the shell: a command in its own task ---------------------------------------------------------------------- */
/* Prepares `c` (heap, options, start): 0 to go on with call_step, or the call is over (status). */
void call_begin(struct call *c, struct task *t, struct heap *heap, const struct command *command,
                const struct str *words, size_t count, struct shell *shell);
/* Works until done: STEP_DONE when all output has gone too. */
enum step call_step(struct call *c);
void call_end(struct call *c);

#endif
