/* shell/shell.h - a running shell: its variables, where it is in its code, its children; and what builtins may ask of it.
 *
 * A shell is a task (task/task.h). What a subshell inherits is `struct state`: persistent maps and counted things, so
 * that a copy is a handful of references.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "base/btree.h"
#include "base/utf8.h"
#include "shell/parse.h"
#include "task/command.h"
#include "task/sandbox.h"

/* --- values ------------------------------------------------------------------------------------ */

/* Counted bytes; its only owner appends in place. A NUL stands behind them. */
struct text {
    struct item item;
    size_t length;
    char data[];
};

enum variable_flags {
    VAR_EXPORT = 1, VAR_READONLY = 2, VAR_INTEGER = 4, VAR_LOWER = 8, VAR_UPPER = 16, VAR_CAPITAL = 32, VAR_NAMEREF = 64,
    VAR_ARRAY = 128, VAR_ASSOC = 256, VAR_TRACE = 512,
    VAR_LOCAL = 1024,    /* declared in a function */
    VAR_SET = 2048,      /* has a value (arrays: was assigned) */
    VAR_TEMPORARY = 4096, /* from the assignments before a command */
    VAR_PASSED_ON = 16384, /* the same, exported in a function: its value stays when that ends */
    VAR_BORROWED = 8192  /* the same, of an eval, and declared local in it: goes when that ends */
};

struct variable {
    struct item item;
    uint32_t flags;
    uint32_t scope;         /* depth of the function that declared it; 0: global */
    struct variable *outer; /* the binding it hides, counted */
    struct text *value;     /* scalar */
    struct ptree elements;  /* VAR_ARRAY: of struct text */
    struct btree table;     /* VAR_ASSOC: of struct text */
    size_t name_length;
    char name[];
};

/* A function: its body is at [start, end) of a code. */
struct function {
    struct item item;
    struct code *code;
    int start;
    uint32_t flags;         /* VAR_EXPORT, VAR_READONLY, VAR_TRACE */
    struct text *name, *file;
    int line;
};

struct params {
    struct shared shared;
    size_t count;
    struct text *at[];
};

/* Who was called from where: function calls and sourced files. */
struct frame {
    struct shared shared;
    struct frame *outer;
    struct text *function;  /* NULL: the main script; "source" for . */
    struct text *file;      /* where its code comes from */
    int line;               /* in the caller, of the call */
    struct params *params;
    size_t shifted;         /* positional parameters that are gone */
    bool passes;            /* a sourced file without arguments: the caller's parameters are its own */
    bool params_set;        /* `set` changed them: those of a sourced file stay when it ends */
    uint32_t scope;
};

enum { TRAP_EXIT = 0, TRAP_ERR = SIGNAL_COUNT, TRAP_DEBUG, TRAP_RETURN, TRAP_COUNT };
#define TRAP_BIT(number) ((number) == TRAP_EXIT ? 1u : (number) >= TRAP_ERR ? 2u << ((number) - TRAP_ERR) : 0u)
struct traps {
    struct shared shared;
    struct text *at[TRAP_COUNT]; /* NULL: default; "": ignored */
};

/* set -o */
enum option_bits {
    OPT_ALLEXPORT = 1, OPT_BRACEEXPAND = 2, OPT_ERREXIT = 4, OPT_ERRTRACE = 8, OPT_FUNCTRACE = 16, OPT_HASHALL = 32,
    OPT_HISTEXPAND = 64, OPT_HISTORY = 128, OPT_IGNOREEOF = 256, OPT_INTERACTIVE_COMMENTS = 512, OPT_KEYWORD = 1024,
    OPT_MONITOR = 2048, OPT_NOCLOBBER = 4096, OPT_NOEXEC = 8192, OPT_NOGLOB = 16384, OPT_NOLOG = 1 << 15, OPT_NOTIFY = 1 << 16,
    OPT_NOUNSET = 1 << 17, OPT_ONECMD = 1 << 18, OPT_PHYSICAL = 1 << 19, OPT_PIPEFAIL = 1 << 20, OPT_POSIX = 1 << 21,
    OPT_PRIVILEGED = 1 << 22, OPT_VERBOSE = 1 << 23, OPT_VI = 1 << 24, OPT_XTRACE = 1 << 25, OPT_EMACS = 1 << 26
};
/* shopt: by index into shopt_names (shell/options.c) */
enum shopt_bit {
    SHOPT_AUTOCD, SHOPT_ASSOC_EXPAND_ONCE, SHOPT_CDABLE_VARS, SHOPT_CDSPELL, SHOPT_CHECKHASH, SHOPT_CHECKJOBS, SHOPT_CHECKWINSIZE,
    SHOPT_CMDHIST, SHOPT_COMPAT31, SHOPT_COMPAT32, SHOPT_COMPAT40, SHOPT_COMPAT41, SHOPT_COMPAT42, SHOPT_COMPAT43, SHOPT_COMPAT44,
    SHOPT_COMPLETE_FULLQUOTE, SHOPT_DIREXPAND, SHOPT_DIRSPELL, SHOPT_DOTGLOB, SHOPT_EXECFAIL, SHOPT_EXPAND_ALIASES, SHOPT_EXTDEBUG,
    SHOPT_EXTGLOB, SHOPT_EXTQUOTE, SHOPT_FAILGLOB, SHOPT_FORCE_FIGNORE, SHOPT_GLOBASCIIRANGES, SHOPT_GLOBSKIPDOTS, SHOPT_GLOBSTAR,
    SHOPT_GNU_ERRFMT, SHOPT_HISTAPPEND, SHOPT_HISTREEDIT, SHOPT_HISTVERIFY, SHOPT_HOSTCOMPLETE, SHOPT_HUPONEXIT,
    SHOPT_INHERIT_ERREXIT, SHOPT_INTERACTIVE_COMMENTS, SHOPT_LASTPIPE, SHOPT_LITHIST, SHOPT_LOCALVAR_INHERIT, SHOPT_LOCALVAR_UNSET,
    SHOPT_LOGIN_SHELL, SHOPT_MAILWARN, SHOPT_NO_EMPTY_CMD_COMPLETION, SHOPT_NOCASEGLOB, SHOPT_NOCASEMATCH, SHOPT_NOEXPAND_TRANSLATION,
    SHOPT_NULLGLOB, SHOPT_PATSUB_REPLACEMENT, SHOPT_PROGCOMP, SHOPT_PROGCOMP_ALIAS, SHOPT_PROMPTVARS, SHOPT_RESTRICTED_SHELL,
    SHOPT_SHIFT_VERBOSE, SHOPT_SOURCEPATH, SHOPT_VARREDIR_CLOSE, SHOPT_XPG_ECHO, SHOPT_COUNT
};
extern const char *const shopt_names[SHOPT_COUNT];

/* What a subshell takes over, and what a session keeps. */
struct state {
    struct btree variables, functions, aliases, hashed;
    struct btree disabled;    /* builtins that enable -n turned off */
    struct btree completions; /* what complete was told of a name: its options as text */
    struct frame *frame;
    struct traps *traps;      /* NULL: none set */
    struct text *name;        /* $0 */
    struct text *directory;   /* $PWD as the shell thinks of it (logical) */
    uint64_t options;
    uint64_t shopt;
    bool odd_values;          /* a value has a command substitution in it, which may be a subscript of what is evaluated */
    uint8_t options_exported; /* 1: SHELLOPTS, 2: BASHOPTS */
    uint32_t scope;           /* depth of function calls */
    uint32_t number;          /* $$ */
    uint32_t background;      /* $!, 0: none */
    uint32_t subshell;        /* BASH_SUBSHELL */
    uint32_t subshell_trace;  /* substitutions we are in: for PS4 */
    int64_t seconds;          /* the clock (ns) at which SECONDS was 0 */
    uint32_t random;          /* of RANDOM */
    bool random_seeded;
    int getopts_at;           /* place inside a bundle of options */
    int64_t getopts_index;    /* the OPTIND it belongs to */
    uint32_t umask;
    int status;               /* $? */
    struct identity who;
    uint64_t place;           /* the working directory's inode, of a kept session */
};

/* --- running ------------------------------------------------------------------------------------- */

enum segment_kind { SEGMENT_LITERAL, SEGMENT_QUOTED, SEGMENT_SPLIT /* an unquoted expansion */, SEGMENT_BREAK /* a field ends here */ };
struct segment {
    size_t end; /* offset in the word's bytes */
    enum segment_kind kind;
};
/* Words being built: the innermost one begins at `text` and `segment`. */
struct words {
    struct buf bytes;
    struct segment *segments;
    size_t segment_count;
    size_t text, segment;     /* where the innermost word begins */
};

/* Arguments: bytes and where each ends. */
struct arguments {
    struct buf bytes;
    struct str *at;           /* valid once arguments_fix was called */
    size_t *ends;
    size_t count;
};

struct redirect {
    enum redirect_kind kind;
    int fd;                   /* -1: {name} */
    uint16_t flags;
    struct str target;        /* on the task's heap */
    struct str variable;      /* of {name} */
    struct file *here;        /* REDIRECT_HERE */
};

struct undo {
    int fd;                   /* -1: opened by {name}, stays */
    struct file *file;        /* what it was; NULL: closed */
    bool close_on_exec;
};

struct pending_assignment {
    struct str name, subscript, value; /* on the task's heap */
    bool has_subscript, append;
    bool early;               /* bound already, so that the next ones see it */
};

enum control_kind { CONTROL_READER, CONTROL_CALL, CONTROL_LOOP, CONTROL_CASE, CONTROL_REDIRECT, CONTROL_BRACES, CONTROL_WORD };
enum reader_kind { READER_MAIN, READER_EVAL, READER_SOURCE, READER_TRAP };

struct brace_walk;

/* Something that is going on and ends later: unwound by break, return, exit and errors. */
struct control {
    uint8_t kind;
    uint8_t reads;            /* enum reader_kind */
    bool select_printed, select_prompted, select_begun;
    bool keep_locals;         /* posix: what was assigned before a special builtin stays when it ends */
    bool err_trapped;         /* there was an ERR trap when the call began */
    bool return_done;         /* the RETURN trap of a call or sourced file was run */
    int ignored;              /* depth of conditions outside */
    size_t words_depth;       /* param frames outside */
    struct code *code;        /* to go back to, counted (READER, CALL, WORD, BRACES) */
    int pc;
    struct undo *undo;        /* redirections that hold until it ends: on the task's heap */
    size_t undo_count;
    struct str *locals;       /* names that get their outer binding back: on the task's heap */
    size_t local_count;
    union {
        struct {
            struct source *source;
            char *text;       /* owned */
            struct input *input; /* of a script that is read as it runs (standard input), or NULL */
            int saved_status; /* traps */
            int trap;         /* number */
            int command_at;   /* of BASH_COMMAND in the code outside, or -1 */
            int sourced;      /* READER_SOURCE: a frame was pushed */
            bool ran;         /* a command was run: its status counts */
        } reader;
        struct {
            uint64_t options; /* of local - */
            bool options_saved;
            struct function *function;
            struct text *last; /* of $_ when it ends */
            struct text *hidden[3]; /* the traps ERR, DEBUG and RETURN that do not hold in it */
        } call;
        struct {
            int exit, again, status;
            struct str *items; /* one block, with the bytes behind */
            size_t count, next;
        } loop;
        struct str word;      /* CASE */
        struct job *before;   /* REDIRECT: the stages before the last one, which runs here (lastpipe) */
        struct brace_walk *braces;
    };
};

/* A ${...} being expanded. */
struct param_frame {
    struct str subscript, word[2]; /* on the task's heap */
    struct str plain, replacement; /* the first word without escapes, the second with them; on the heap */
    bool has_subscript;
    bool needed;              /* PARAM_TEST said so */
    bool negative;            /* the slice's offset is */
    int words;
    size_t text, segment;     /* the word outside */
};

struct process {
    struct process *next;
    struct task *task;        /* NULL once it has ended and was reaped */
    uint32_t number;
    int status;
    int signal;
};
struct job {
    struct job *next;         /* newest first */
    int number;               /* %1, 0: not listed */
    uint32_t group;
    struct process *processes; /* in order of the pipeline */
    int left;                 /* processes that have not ended */
    struct str text;          /* on the task's heap */
    bool background, notified, coproc;
    struct str coproc_name;   /* on the task's heap */
    int coproc_fds[2];
    int flags;                /* of PIPELINE */
};

enum shell_wait { WAIT_NOTHING, WAIT_JOB, WAIT_SUBSTITUTION, WAIT_LASTPIPE, WAIT_COPY, WAIT_SCRIPT };

enum leave { LEAVE_NOTHING, LEAVE_BREAK, LEAVE_CONTINUE, LEAVE_RETURN, LEAVE_EXIT, LEAVE_DISCARD /* to the next command of the reader */,
             LEAVE_GIVE_UP /* to that of the script, out of every eval and function */ };

struct made {
    char digits[32];
    struct str value;
};

/* What a builtin asks for that is done once it has ended. */
enum request_of { REQUEST_NOTHING, REQUEST_EVAL, REQUEST_SOURCE, REQUEST_COMMAND_WORDS, REQUEST_EXEC, REQUEST_KEEP_REDIRECTS };
struct request {
    enum request_of kind;
    char *text;               /* EVAL, SOURCE: on the shell's heap */
    size_t length;
    struct str name;          /* SOURCE: the file, on the shell's heap */
    bool has_params;
    struct str *words;        /* SOURCE: its parameters, among the arguments */
    size_t count;
    size_t skip;              /* COMMAND_WORDS, EXEC: how many words go */
    bool only_builtins, standard_path;
    bool clean;               /* exec -c */
    struct str argv0;         /* exec -a */
};

struct cache_slot {
    uint32_t hash, version;
    struct variable *variable;
    bool own;                 /* may be changed in place */
};
enum { CACHE_SLOTS = 128, BUILTIN_SLOTS = 16 };

struct builtin_slot {
    const struct command *command;
    size_t length; /* of its name */
};

struct shell {
    struct task *task;
    struct heap *heap;        /* the task's */
    struct nacre *sandbox;
    struct heap scratch;      /* within one instruction: empty between them */
    struct state state;
    uint32_t version;         /* of the variables' tree: what the cache trusts */
    struct cache_slot *cache;
    int cache_misses;
    struct builtin_slot builtins[BUILTIN_SLOTS]; /* found lately */
    struct made made;         /* of shell_get */
    struct buf option_names;  /* of SHELLOPTS */
    struct environment *environment; /* as it was at environment_seen; counted */
    uint32_t environment_version, environment_seen;
    uint64_t environment_options, environment_shopt; /* as they were in it, where they are exported */

    struct code *code;        /* counted */
    int pc;
    int line;                 /* of the command being run */
    int status;               /* $? */
    int ignored;              /* conditions we are in: set -e looks the other way */
    struct control *controls;
    size_t depth;
    enum leave leave;         /* asked for by a builtin or an error, done before the next instruction */
    int leave_count;

    struct words words;
    struct param_frame *params;
    size_t param_depth;
    struct arguments arguments;
    struct redirect *redirects;
    size_t redirect_count, redirect_done;
    struct str redirect_variable;
    bool redirect_apart;      /* as in a shell of their own: {name} is not set here */
    int here_return;          /* where HERE_END goes back to, -1 */
    struct pending_assignment *assignments;
    size_t assignment_count;
    struct str subscript;     /* of the assignment that follows, on the heap */
    bool has_subscript;
    struct str array_name;    /* of ARRAY_OPEN */
    struct arguments elements; /* keys and values of a=( ) */
    uint8_t *element_kinds;
    size_t array_argument;    /* arguments before the array literal */
    struct str operands[2];   /* of [[ ]] */
    int operand_count;
    bool operand_quoted;      /* the right one was written in quotes: set -x shows that */

    enum shell_wait waiting;
    struct job *foreground;
    struct job *jobs;
    struct job *shown_jobs;   /* of $( ) and a stage: the jobs there were outside, which `jobs` shows */
    int next_job;
    struct process *ended;    /* statuses of background processes not waited for, newest first */
    int *pipe_status;
    size_t pipe_count, pipe_room;
    struct file *capture;     /* what a substitution writes */
    size_t capture_start;
    bool capture_nul;
    bool substituted;         /* a substitution ran in this command: its status is the command's if there are no words */

    struct call call;         /* the builtin being run */
    struct heap call_heap;
    struct undo *undo;        /* redirections of the command being run */
    size_t undo_count;
    bool temporary;           /* assignments before a builtin or function made a scope */
    struct exec *exec;        /* being started */
    struct file *copy;        /* $(< file) */

    uint64_t trapped;         /* signals that have come and have a trap */
    uint32_t in_trap;         /* pseudo signals whose traps run: bits by TRAP_BIT */
    int trap_depth;           /* traps of all kinds that run */
    int trap_exit_status;
    bool exiting, exit_trap_done;
    bool interactive;         /* messages without "line N:" */
    bool one_command;         /* bash -c */
    bool reads_input;         /* its commands come from standard input */
    bool substitution;        /* this task is $( ) */
    bool stage;               /* this task is a stage of a pipeline */
    bool input_given;         /* its standard input is a pipe's, or was redirected for a compound command: what runs with & keeps it */
    bool subshell;
    bool main;                /* the run's own */
    bool errexit_inherited;
    struct text *last_argument; /* $_ */
    struct code *command_code; /* counted: of the last command that was begun, and where */
    int command_at;
    struct buf command_text;  /* of BASH_COMMAND */
    uint64_t pipe_number;
    int process_fd;           /* the last /dev/fd handed out */
    struct file **process_files; /* of <( ) of the command being run */
    int *process_fds;
    size_t process_count;
    struct text *script;      /* a script's name in messages: $0 or the file */
    size_t call_depth;
    int wait_pc;              /* where to go on when the foreground job has ended */
    int substitution_start;   /* of $( ): its first instruction */
    int lastpipe_status;
    int64_t time_real;
    uint64_t time_steps;
    int debug_done;           /* pc for which the DEBUG trap ran */
    int debug_stages;         /* stages of the pipeline at pc for which it ran */
    bool inherited_traps;     /* the traps are the parent's: shown, but not run */
    struct buf where;         /* "bash: line 3: " */
    struct buf unsaid;        /* messages that a full pipe did not take, and how they are made up */
    struct unsaid {
        int fd;
        size_t length;
    } *unsaid_pieces;
    size_t unsaid_count;
    enum locale locale;       /* as it was at locale_seen - 1 of environment_version */
    uint32_t locale_seen;
    struct buf partial;       /* of a line that select reads */
    struct str script_path;   /* to be opened and read: on the heap */
    struct call *reader_call; /* that the script's input belongs to */
    struct input *script_input;
    struct request request;
    struct request exec_options;
    bool directory_unknown;   /* where PWD leads has to be waited for */
    bool in_call;             /* a builtin is running */
    bool skip_functions, only_builtins, standard_path, exec_in_place;
    bool usage_failed;
    bool wait_pipeline;
    bool keep_temporaries;    /* in posix mode a special builtin leaves them behind */
    size_t temporary_count;   /* assignments that made a binding for the command being run */
    int run_stage;            /* how far RUN has come, when it had to wait */
    bool reading;             /* the reader on top goes on */
    bool exit_after_trap;
    bool in_prompt;           /* a prompt is being expanded: no prompts in it */
    bool ifs_set;             /* IFS was once something else than blanks */
    bool ifs_odd;             /* IFS has letters or digits in it */
    bool nest_limit;          /* FUNCNEST was once set */
    bool foreseeing;          /* what is done now is done without effect, and silently: shell/foresee.c */
    bool wanted_prompt;       /* the wanted text is a prompt's, and no word */
    struct str wanted;        /* the text whose result is asked for */
    struct { struct str text, value; } *foreseen; /* those that are known, in the order in which they are needed */
    size_t foreseen_count, foreseen_at;
    int foreseen_pc;          /* the instruction they belong to */
    const struct code *foreseen_code;
    struct pattern *patterns; /* compiled lately */
    unsigned rest;
};

/* --- for builtins ---------------------------------------------------------------------------------- */

/* Variables by name, following namerefs; `name` may be "a[3]" for shell_set and shell_unset_name. */
bool shell_get(struct shell *sh, struct str name, struct str *value);
/* 0, or -1 after a message (readonly, not an identifier, arithmetic): the builtin's status is then 1. */
int shell_set(struct shell *sh, struct str name, struct str value);
int shell_set_number(struct shell *sh, struct str name, int64_t value);
bool shell_is_name(struct str name);
/* Bytes on descriptor 2 now; what a full pipe does not take goes before the next instruction. */
void shell_say(struct shell *sh, struct str bytes);
/* That: 0 or E_WAIT. */
int shell_say_rest(struct shell *sh);
void shell_say_on(struct shell *sh, int fd, struct str bytes);
/* "bash: " and a warning's own words. */
void shell_warning(struct shell *sh, struct str text);
struct str shell_script_name(struct shell *sh);
/* A message "bash: line N: ..." on descriptor 2 now. */
void shell_error(struct shell *sh, const char *format, ...);
/* "bash: line N: " for messages, on the heap. */
void shell_where(struct shell *sh, struct buf *out);
enum locale shell_locale(struct shell *sh);

#endif
