/* builtins/kill.c - kill: send signals to processes and jobs (POSIX XCU kill). */
#include "builtins/options.h"
#include "builtins/signals.h"
#include "builtins/status.h"
#include "shell/vm.h"

struct kill_state {
    int signal;
    size_t next;
    bool any;
};

static int list_signals(struct call *c, size_t first)
{
    char store[12];
    if (first == c->argc)
        signals_list(c);
    for (size_t i = first; i < c->argc; i++) {
        struct str word = c->argv[i];
        int64_t number;
        if (status_number(word, &number)) {
            number -= number > 128 ? 128 : 0;
            const char *name = number == 0 ? "EXIT" : number > 0 && number < SIGNAL_COUNT ? signal_name((int)number, store) : NULL;
            if (number < 0 || number >= SIGNAL_COUNT)
                call_error(c, "%S: invalid signal specification", word);
            else if (name)
                call_format(c, "%s\n", name);
            continue;
        }
        int found = signals_find(word);
        if (found < 0 || found >= SIGNAL_COUNT)
            call_error(c, "%S: invalid signal specification", word);
        else
            call_format(c, "%d\n", found);
    }
    return options_over(c, c->status);
}

static int spec(struct str word)
{
    int number = str_is(word, "0") ? 0 : signals_find(word);
    return number < SIGNAL_COUNT ? number : -1;
}

static int start(struct call *c)
{
    struct kill_state *s = c->state;
    struct str word, given = {0};
    bool saw = false, listing = false;
    size_t i = 1;
    s->signal = SIGNAL_TERM;
    if (c->argc == 1)
        return options_over(c, options_usage(c));
    for (; i < c->argc; i++) {
        word = c->argv[i];
        if (str_is(word, "-l") || str_is(word, "-L") || (!c->shell && str_is(word, "--list"))) {
            listing = true;
        } else if (str_is(word, "-s") || str_is(word, "-n")) {
            if (++i == c->argc) {
                call_error(c, "%S: option requires an argument", word);
                return options_over(c, 1);
            }
            given = c->argv[i];
            s->signal = spec(given);
            saw = true;
        } else if (word.length > 2 && word.data[0] == '-' && ((word.data[1] == 's' && utf8_byte_is(word.data[2], UTF8_ALPHA)) ||
                                                              (word.data[1] == 'n' && utf8_byte_is(word.data[2], UTF8_DIGIT)))) {
            given = str_after(word, 2);
            s->signal = spec(given);
            saw = true;
        } else if (str_is(word, "--")) {
            i++;
            break;
        } else if (str_is(word, "--help")) {
            struct options o = {.next = i};
            return options_failed(c, options_next(c, &o, ""));
        } else if (word.length && word.data[0] == '-' && !saw) {
            given = str_after(word, 1);
            s->signal = spec(given);
            saw = true;
        } else {
            break;
        }
    }
    if (listing)
        return list_signals(c, i);
    if (s->signal < 0) {
        call_error(c, "%S: invalid signal specification", given);
        return options_over(c, 1);
    }
    if (i == c->argc)
        return options_over(c, options_usage(c));
    s->next = i;
    return 0;
}

/* May `t` send signals to `other`? */
static bool may_signal(const struct task *t, const struct task *other)
{
    return t->who.user == 0 || t->who.user == other->who.user;
}

static int signal_task(struct call *c, struct task *t, int number)
{
    if (!t || t->over)
        return E_SRCH;
    if (!may_signal(c->task, t))
        return E_PERM;
    if (number)
        task_signal(t, number);
    return 0;
}

/* To a process, a group (negative, or 0: one's own), or all others (-1): 0, E_SRCH or E_PERM. */
static int send(struct call *c, int64_t to, int number)
{
    struct nacre *n = c->task->sandbox;
    if (to > 0)
        return to > UINT32_MAX ? E_SRCH : signal_task(c, task_find(n, (uint32_t)to), number);
    int answer = E_SRCH;
    uint32_t group = to == 0 ? c->task->group : (uint32_t)-to;
    if (to < -(int64_t)UINT32_MAX)
        return E_SRCH;
    for (struct task *t = n->tasks; t; t = t->next) {
        call_charge(c, 1);
        if (to == -1 ? t == c->task : t->group != group)
            continue;
        int error = signal_task(c, t, number);
        if (error == 0 || answer == E_SRCH)
            answer = error;
    }
    return answer;
}

static bool send_job(struct call *c, struct str word, int number)
{
    const char *why = "no such job";
    struct job *job = c->shell ? job_find(c->shell, word, &why) : NULL;
    if (!job) {
        call_error(c, str_is(str_from(why), "no such job") ? "%S: no such job" : "%S: ambiguous job spec", job_spec_text(word, why));
        return false;
    }
    int answer = E_SRCH;
    for (struct process *p = job->processes; p; p = p->next)
        if (p->task && signal_task(c, p->task, number) == 0)
            answer = 0;
    if (answer)
        call_error(c, "(%u) - %m", job->processes->number, answer);
    return answer == 0;
}

static enum step kill_step(struct call *c)
{
    struct kill_state *s = c->state;
    while (s->next < c->argc) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str word = c->argv[s->next++];
        int64_t number;
        call_charge(c, 1);
        if (status_number(word, &number)) {
            int error = send(c, number, s->signal);
            if (error)
                call_error(c, "(%jd) - %m", (intmax_t)number, error);
            else
                s->any = true;
        } else if (word.length && word.data[0] != '%') {
            call_error(c, "%S: arguments must be process or job IDs", word);
        } else if (word.length) {
            s->any |= send_job(c, word, s->signal);
        } else {
            call_error(c, "`%S': not a pid or valid job spec", word);
        }
    }
    return call_exit(c, s->any ? 0 : 1);
}

const struct command command_kill = {
    .name = "kill",
    .usage = "[-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
    .summary = "send a signal to a job",
    .help = "Send the processes identified by PID or JOBSPEC the signal named by\nSIGSPEC or SIGNUM.  If neither SIGSPEC nor SIGNUM is present, then\n"
            "SIGTERM is assumed.\n\nOptions:\n  -s sig\tSIG is a signal name\n  -n sig\tSIG is a signal number\n"
            "  -l\tlist the signal names; if arguments follow `-l' they are\n\t\tassumed to be signal numbers for which names should be listed\n  -L\tsynonym for -l",
    .state = sizeof(struct kill_state),
    .start = start,
    .step = kill_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
    .refused = "-q, --queue: signals carry no value\n-h, -V, --list, --signal, --table: options of another kill; this one is bash's, as a file too",
};
