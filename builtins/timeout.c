/* builtins/timeout.c - run a command, and stop it when it takes too long. */
#include "builtins/launch.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { FOREGROUND = OPTION_LONG, PRESERVE };

static const struct option options[] = {
    {PRESERVE, "preserve-status", NULL, "exit with the same status as COMMAND, even when the command times out"},
    {FOREGROUND, "foreground", NULL, "let COMMAND stay in the group of the shell; in this mode, children of COMMAND will not be timed out"},
    {'k', "kill-after", "DURATION", "also send a KILL signal if COMMAND is still running this long after the initial signal was sent"},
    {'s', "signal", "SIGNAL", "specify the signal to be sent on timeout; SIGNAL may be a name like 'HUP' or a number"},
    {'v', "verbose", NULL, "diagnose to stderr any signal sent upon timeout"},
    {0},
};

enum { TIMED_OUT = 124 };

struct timeout {
    int64_t length, after; /* ns; 0: no limit */
    int64_t end;           /* ns since 1970, INT64_MAX: none */
    int signal;
    bool foreground, expired, dying;
    uint64_t received;     /* signals to be handed on */
    struct task *child;
};

#define HANDED_ON \
    (SIGNAL_BIT(SIGNAL_ALRM) | SIGNAL_BIT(SIGNAL_INT) | SIGNAL_BIT(SIGNAL_QUIT) | SIGNAL_BIT(SIGNAL_HUP) | SIGNAL_BIT(SIGNAL_TERM))

static uint64_t bit(int number)
{
    return number ? SIGNAL_BIT(number) : 0;
}

/* Is it one that is handed on to the command? */
static bool take_signal(struct task *t, int number)
{
    struct call *c = t->state;
    struct timeout *s = c->state;

    if (s->dying)
        return false;
    if (number == SIGNAL_CHLD)
        return true;
    if (!((HANDED_ON | bit(s->signal)) & bit(number)))
        return false;
    s->received |= SIGNAL_BIT(number);
    return true;
}

static const struct task_kind timeout_kind = {"timeout", call_task_step, take_signal, NULL};

static int start(struct call *c)
{
    struct timeout *s = c->state;

    s->signal = SIGNAL_TERM;
    s->foreground = call_has(c, FOREGROUND);
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        double seconds;
        if (c->options[i].letter == 'k') {
            if (!launch_duration(c, value, &seconds))
                return call_usage_error(c, "invalid time interval %S", call_quote_word(c, value));
            s->after = launch_nanoseconds(seconds);
        } else if (c->options[i].letter == 's') {
            s->signal = str_is(value, "EXIT") ? 0 : signal_number(value);
            if (s->signal < 0)
                return call_usage_error(c, "%S: invalid signal", call_quote_word(c, value));
        }
    }
    if (c->operand_count < 2)
        return call_usage_error(c, "");
    double seconds;
    if (!launch_duration(c, c->operands[0], &seconds))
        return call_usage_error(c, "invalid time interval %S", call_quote_word(c, c->operands[0]));
    s->length = launch_nanoseconds(seconds);
    return 0;
}

static int64_t moment(struct call *c, int64_t length)
{
    int64_t now = sandbox_now(c->task->sandbox);
    return length == 0 || length > INT64_MAX - now ? INT64_MAX : now + length;
}

/* Starts the command: STEP_AGAIN when it runs. */
static enum step launch_child(struct call *c, struct timeout *s)
{
    struct exec e = {.words = c->operands + 1, .count = c->operand_count - 1};
    int error;

    c->task->kind = &timeout_kind;
    c->task->ignored &= ~(HANDED_ON | bit(s->signal)); /* what is handled is not ignored, by the command neither */
    if (!s->foreground)
        c->task->group = c->task->number;
    s->child = task_exec(c->task, &e, &error);
    if (s->child) {
        call_charge(c, 1);
        s->end = moment(c, s->length);
        return STEP_AGAIN;
    }
    if (error == E_WAIT)
        return STEP_WAIT;
    call_charge(c, 1);
    c->failure = error == E_NOENT ? LAUNCH_MISSING : LAUNCH_CANNOT;
    call_error(c, "failed to run command %S: %m", call_quote_word(c, c->operands[1]), error == E_ISDIR ? E_ACCES : error);
    return call_done(c);
}

/* To the command, and to all of its group. */
static void send(struct call *c, struct timeout *s, int number)
{
    task_signal(s->child, number);
    if (s->foreground)
        return;
    for (struct task *t = c->task->sandbox->tasks; t; t = t->next)
        if (t->group == c->task->group && t != s->child && (t != c->task || number == SIGNAL_KILL))
            task_signal(t, number);
}

static void stop(struct call *c, struct timeout *s, int number)
{
    char store[12];

    if (number == SIGNAL_ALRM) {
        s->expired = true;
        number = s->signal;
    }
    if (s->after) {
        s->signal = SIGNAL_KILL;
        s->end = moment(c, s->after);
        s->after = 0;
    }
    if (call_has(c, 'v'))
        call_warn(c, "sending signal %s to command %S", number ? signal_name(number, store) : "EXIT", call_quote_word(c, c->operands[1]));
    if (number)
        send(c, s, number);
    if (number && number != SIGNAL_KILL && number != SIGNAL_CONT)
        send(c, s, SIGNAL_CONT);
}

/* The command has ended. */
static enum step finish(struct call *c, struct timeout *s)
{
    int signal = s->child->signal, status;

    task_wait(c->task, s->child, &status);
    task_no_wake(c->task);
    s->child = NULL;
    if (signal && !s->expired) { /* to end as it did */
        s->dying = true;
        c->task->ignored &= ~SIGNAL_BIT(signal);
        task_signal(c->task, signal);
        return STEP_WAIT;
    }
    return call_exit(c, s->expired && !call_has(c, PRESERVE) && signal != SIGNAL_KILL ? TIMED_OUT : status);
}

static enum step step(struct call *c)
{
    struct timeout *s = c->state;

    if (s->dying)
        return STEP_WAIT;
    if (!call_go(c))
        return STEP_AGAIN;
    if (!s->child)
        return launch_child(c, s);
    if (s->child->over)
        return finish(c, s);
    if (s->received) {
        int number = 1;
        while (!(s->received & SIGNAL_BIT(number)))
            number++;
        s->received &= ~SIGNAL_BIT(number);
        stop(c, s, number);
        return STEP_AGAIN;
    }
    if (s->end < INT64_MAX && sandbox_now(c->task->sandbox) >= s->end) {
        s->end = INT64_MAX;
        stop(c, s, SIGNAL_ALRM);
        return STEP_AGAIN;
    }
    if (s->end < INT64_MAX)
        task_wake_at(c->task, s->end);
    return STEP_WAIT;
}

const struct command command_timeout = {
    .name = "timeout",
    .usage = "[OPTION] DURATION COMMAND [ARG]...",
    .summary = "Start COMMAND, and kill it if still running after DURATION.",
    .help = "DURATION is a floating point number with an optional suffix: 's' for seconds (the default), 'm' for minutes,\n"
            "'h' for hours or 'd' for days. A duration of 0 disables the associated timeout. Time is the sandbox's: steps and\n"
            "sleep move its clock.\n\n"
            "Upon timeout, send the TERM signal to COMMAND, if no other SIGNAL specified.\n\n"
            "EXIT status:\n"
            "  124  if COMMAND times out, and --preserve-status is not specified\n"
            "  125  if the timeout command itself fails\n"
            "  126  if COMMAND is found but cannot be invoked\n"
            "  127  if COMMAND cannot be found\n"
            "  137  if COMMAND (or timeout itself) is sent the KILL (9) signal (128+9)\n"
            "  -    the exit status of COMMAND otherwise",
    .options = options,
    .state = sizeof(struct timeout),
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_IN_ORDER,
};
