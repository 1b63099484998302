/* shell/vm.h - what the files of the running shell ask of each other. */
#ifndef SHELL_VM_H
#define SHELL_VM_H

#include "shell/vars.h"

/* What an instruction's work answers, besides errors below 0 (E_WAIT: again later). */
enum { VM_NEXT = 0 /* pc was set, and nothing else than the next instruction is to be looked at */,
       VM_STAY = 1 /* pc was set, or the task waits */, VM_GONE = 2 /* the task is another command now */,
       VM_AGAIN = 3 /* the instruction is not done: it goes on, and is charged when it is */ };

/* --- word.c: words being built --------------------------------------------------------- */
void word_add(struct shell *sh, struct str s, enum segment_kind kind);
void word_break(struct shell *sh);
void word_reset(struct shell *sh);                 /* the innermost word is empty again */
struct str word_plain(struct shell *sh);           /* its bytes, borrowed until it changes */
struct str word_pattern(struct shell *sh);         /* a copy on the heap with quoted specials escaped */
struct str word_regex(struct shell *sh);           /* the same for regular expressions */
int word_finish(struct shell *sh, bool assigned);  /* splits and expands it into arguments; E_WAIT: again */
void arguments_add(struct shell *sh, struct arguments *a, struct str s);
void arguments_clear(struct arguments *a);
void arguments_fix(struct shell *sh, struct arguments *a); /* at[] is valid afterwards */
void words_init(struct shell *sh);
struct str shell_ifs(struct shell *sh);

/* --- glob.c ------------------------------------------------------------------------------ */
/* Adds the names that match; *count of them. E_WAIT: again. */
int glob_expand(struct shell *sh, struct str pattern, struct arguments *out, size_t *count);
/* Compiled with these flags of regex/glob.h, or as an extended regular expression with those of regex/regex.h (NULL: it is none).
 * Borrowed until the next call of either. */
const struct glob *shell_pattern(struct shell *sh, struct str text, unsigned flags);
struct regex *shell_regex(struct shell *sh, struct str text, unsigned flags);

/* --- brace.c ----------------------------------------------------------------------------- */
struct brace_walk *brace_start(struct heap *heap, struct str text);
bool brace_next(struct brace_walk *b, struct str *word); /* false at the end; charges */
void brace_free(struct brace_walk *b);

/* --- param.c ----------------------------------------------------------------------------- */
void param_variable(struct shell *sh, const struct instruction *i);
void param_special(struct shell *sh, char which, int flags);
void param_open(struct shell *sh, const struct expansion *e);
void param_subscript(struct shell *sh);
void param_word(struct shell *sh, int which);
bool param_test(struct shell *sh, const struct expansion *e); /* true: the word is needed */
void param_close(struct shell *sh, const struct expansion *e);
void param_try(struct shell *sh, const struct expansion *e); /* looks at all that it would look at, without effect */
void param_drop(struct shell *sh, size_t depth);
void tilde_expand(struct shell *sh, struct str user);
void unbound(struct shell *sh, struct str name);

/* --- redirect.c ---------------------------------------------------------------------------- */
void redirect_add(struct shell *sh, enum redirect_kind kind, int fd, int flags, struct str target, struct file *here);
/* Does those that wait from the sh->redirect_done-th on: 0, E_WAIT, or E_INVAL after a message. Remembers how to undo them. */
int redirect_apply(struct shell *sh);
void redirect_undo(struct shell *sh, struct undo *undo, size_t count);
void redirect_forget(struct shell *sh); /* frees those that wait */
int redirect_here(struct shell *sh, struct str text, struct file **file);

/* --- job.c ----------------------------------------------------------------------------------- */
struct job *job_new(struct shell *sh);
struct process *job_add(struct shell *sh, struct job *job, struct task *task);
void job_free(struct shell *sh, struct job *job);
void job_list(struct shell *sh, struct job *job, struct str text); /* it runs in the background */
void jobs_collect(struct shell *sh);       /* takes the statuses of children that have ended */
int job_status(struct shell *sh, const struct job *job);
struct job *job_find(struct shell *sh, struct str spec, const char **why);
struct process *process_find(struct shell *sh, uint32_t number, struct job **job);
void job_remove(struct shell *sh, struct job *job); /* out of the list: it is the caller's */
void job_end(struct shell *sh, struct job *job);    /* out of the list and freed: only its statuses are kept */
void jobs_show(struct shell *child, const struct shell *sh); /* a subshell of these kinds can show them */
void jobs_tidy(struct shell *sh);          /* the same for all that have ended */
struct job *job_current(struct shell *sh, int before); /* 0: %+, 1: %-; NULL */
struct process *process_ended(struct shell *sh, uint32_t number); /* of a job that was ended: its status; NULL */
void processes_forget(struct shell *sh);   /* those statuses */
struct str job_spec_text(struct str spec, const char *why); /* as messages show it */
void set_pipe_status(struct shell *sh, const int *status, size_t count);

/* --- absent.c ---------------------------------------------------------------------------------- */
/* Why there is no such command, if that is worth saying: "the host may provide it". NULL: it is nothing special. */
const char *absent_why(struct str name);

/* --- control.c --------------------------------------------------------------------------------- */
struct control *control_push(struct shell *sh, enum control_kind kind);
void control_pop(struct shell *sh);        /* undoes what the top one did, without going anywhere */
struct control *control_top(struct shell *sh);
void shell_leave(struct shell *sh, enum leave how, int count);
void shell_fail(struct shell *sh, int status); /* an expansion error: the command is given up */
/* After a subscript that is none, an argument too many: bash -c ends, a script goes on with its next command. */
void shell_give_up(struct shell *sh);
void shell_fail_softly(struct shell *sh); /* the same for arithmetic, with which set -e does not exit */
void unwind(struct shell *sh);             /* does what sh->leave asks for */
/* Runs text in this shell; `text` is taken over (on sh->heap). */
struct control *shell_read_text(struct shell *sh, enum reader_kind kind, char *text, size_t length, int line);
int reader_next(struct shell *sh);         /* the next command of the reader on top: VM_STAY, or E_WAIT */
void return_from_call(struct shell *sh);
void set_code(struct shell *sh, struct code *code, int pc); /* takes over the reference */
void trap_exit_over(struct shell *sh);    /* the EXIT trap has run: the session's next run has none */
bool run_traps(struct shell *sh);          /* true when a trap was begun */
void trap_run(struct shell *sh, int number);
bool trap_is_set(const struct shell *sh, int number);
void shell_exit(struct shell *sh);         /* status is sh->status */
void check_errexit(struct shell *sh);
void remember_command(struct shell *sh, struct code *code, int at); /* the one that BASH_COMMAND shows */

/* --- run.c ----------------------------------------------------------------------------------------- */
int run_simple(struct shell *sh);          /* VM_NEXT, VM_STAY, E_WAIT */
int run_builtin_on(struct shell *sh);      /* the builtin goes on */
struct shell *shell_fork(struct shell *sh, int pc, bool background);
void assign_early(struct shell *sh, struct pending_assignment *a); /* for the assignments behind it: undone by the next */
void forget_early(struct shell *sh);
void assign_now(struct shell *sh, const struct pending_assignment *a);
int array_close(struct shell *sh, struct str name, int flags);
void trace_line(struct shell *sh, struct str line);
void trace_condition(struct shell *sh, struct str operator, const struct str *operands, int count);
void trace_arithmetic(struct shell *sh, struct str text);
void trace_words(struct shell *sh, const struct str *words, size_t count);
void forget_assignments(struct shell *sh);
struct function *find_function(struct shell *sh, struct str name);
const struct command *find_builtin(struct shell *sh, struct str name);

/* --- subshell.c ------------------------------------------------------------------------------------- */
void foreground_done(struct shell *sh);    /* what the shell waited for has ended */
bool capture_take(struct shell *sh);       /* what $( ) has printed so far: true at its end */
void capture_done(struct shell *sh);       /* it is a part of the word */

/* --- session.c ---------------------------------------------------------------------------------------- */
void session_take(struct shell *sh);       /* the run's shell ends: what it leaves */
bool shell_set_directory(struct shell *sh);    /* before the first command; false: STEP_WAIT */
enum step shell_open_script(struct shell *sh); /* STEP_DONE when its reader is pushed */
struct str instruction_source(struct shell *sh, const struct instruction *i); /* text of a background command, for jobs */
struct str number_str(struct made *m, uint64_t value);
/* A line of standard input, for select: 1, 0 at the end, E_WAIT. */
int shell_read_line(struct shell *sh, struct buf *line);

/* --- foresee.c: command substitutions in what is evaluated -------------------------------------------- */
bool has_substitution(struct str text);
void foresee_watch(struct shell *sh, struct str value); /* a variable gets this value */
/* What a text with substitutions stands for is added to `out`; false when that is not known (and now asked for). */
bool foreseen(struct shell *sh, struct str text, bool prompt, struct buf *out);
void foreseen_take(struct shell *sh);      /* the word is what was asked for */
/* True when something must be run first: the instruction comes again. `texts` are arithmetic, `names` may be a[sub]. */
bool foresee_arithmetic(struct shell *sh, const struct str *texts, int count);
bool foresee_names(struct shell *sh, const struct str *names, size_t count);
bool foresee_expansion(struct shell *sh, const struct expansion *e);
bool foresee_builtin(struct shell *sh, struct str name, const struct str *words, size_t count);

/* --- trace.c: set -x --------------------------------------------------------------------------------- */
void trace_command(struct shell *sh, int at); /* `for x in ...`, `case x in`: the text of the COMMAND at `at` */
void trace_condition(struct shell *sh, struct str operator, const struct str *operands, int count);
void trace_arithmetic(struct shell *sh, struct str text);
void trace_array(struct shell *sh, struct str name, bool append);

/* --- tell.c: nacre --trace ---------------------------------------------------------------------------- */
int tell_instruction(struct shell *sh, const struct instruction *i);

extern const struct task_kind shell_kind;
enum step shell_step(struct task *t);

#endif
