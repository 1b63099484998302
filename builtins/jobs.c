/* builtins/jobs.c - jobs: what runs in the background (POSIX XCU jobs). */
#include "builtins/jobs.h"

#include "shell/print.h"

struct job *jobs_operand(struct call *c, struct str word)
{
    const char *why = "no such job";
    struct job *job = word.data ? job_find(c->shell, word, &why) : job_current(c->shell, 0);
    if (job)
        return job;
    if (!word.data)
        call_error(c, "current: no such job");
    else
        call_error(c, "%S: %s", job_spec_text(word, why), why);
    return NULL;
}

bool jobs_controlled(struct call *c)
{
    if (c->shell->state.options & OPT_MONITOR)
        return true;
    call_error(c, "no job control");
    return false;
}

enum which { WHICH_ALL, WHICH_RUNNING, WHICH_STOPPED, WHICH_CHANGED };

struct jobs_state {
    bool numbers, only_numbers, run;
    enum which which;
    size_t first;
};

static int start(struct call *c)
{
    struct jobs_state *s = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "lpnxrs"))) {
        if (letter < 0)
            return options_failed(c, letter);
        switch (letter) {
        case 'l': s->numbers = true; break;
        case 'p': s->only_numbers = true; break;
        case 'n': s->which = WHICH_CHANGED; break;
        case 'r': s->which = WHICH_RUNNING; break;
        case 's': s->which = WHICH_STOPPED; break;
        default: s->run = true; break;
        }
    }
    s->first = o.next;
    return 0;
}

static void add_state(struct call *c, const struct job *job)
{
    struct buf text;
    int status = job_status(c->shell, job), signal = 0;
    for (const struct process *p = job->processes; p; p = p->next)
        signal = p->signal;
    buf_init(&text, c->heap);
    if (job->left > 0)
        buf_add_text(&text, "Running");
    else if (signal)
        buf_add_text(&text, signal_text(signal));
    else if (status)
        buf_print(&text, "Exit %d", status);
    else
        buf_add_text(&text, "Done");
    call_format(c, "%-24S", buf_str(&text));
    buf_drop(&text);
}

static void show(struct call *c, const struct jobs_state *s, struct job *job)
{
    struct shell *sh = c->shell;
    bool running = job->left > 0;
    call_charge(c, 1);
    if ((s->which == WHICH_RUNNING && !running) || s->which == WHICH_STOPPED || (s->which == WHICH_CHANGED && running))
        return;
    if (s->only_numbers) {
        call_format(c, "%u\n", job->processes->number);
        return;
    }
    char mark = job == job_current(sh, 0) ? '+' : job == job_current(sh, 1) ? '-' : ' ';
    call_format(c, "[%d]%c ", job->number, mark);
    if (s->numbers)
        call_format(c, "%5u ", job->processes->number);
    else
        call_print_byte(c, ' ');
    add_state(c, job);
    call_format(c, "%S%s\n", job->text, running ? " &" : "");
}

/* The words behind -x, with job specifications replaced, as a command. */
static void run(struct call *c, const struct jobs_state *s)
{
    struct shell *sh = c->shell;
    struct buf text;
    const char *why;
    buf_init(&text, sh->heap);
    for (size_t i = s->first; i < c->argc; i++) {
        struct job *job = c->argv[i].length && c->argv[i].data[0] == '%' ? job_find(sh, c->argv[i], &why) : NULL;
        if (i > s->first)
            buf_add_byte(&text, ' ');
        if (job)
            buf_print(&text, "%u", job->processes->number);
        else
            quote_shell(&text, c->argv[i]);
    }
    buf_text(&text);
    if (text.length)
        sh->request = (struct request){.kind = REQUEST_EVAL, .text = text.data, .length = text.length};
}

static enum step jobs_step(struct call *c)
{
    struct jobs_state *s = c->state;
    struct shell *sh = c->shell;
    if (s->run) {
        run(c, s);
        return call_done(c);
    }
    bool outer = !sh->jobs && sh->shown_jobs; /* only shown */
    if (outer)
        sh->jobs = sh->shown_jobs;
    if (!sh->interactive && !outer) /* those that have ended are known to have */
        jobs_tidy(sh);
    for (size_t i = s->first; i < c->argc; i++) {
        struct job *job = jobs_operand(c, c->argv[i]);
        if (job)
            show(c, s, job);
    }
    if (s->first < c->argc) {
        if (outer)
            sh->jobs = NULL;
        return call_done(c);
    }
    size_t count = 0;
    for (struct job *j = sh->jobs; j; j = j->next)
        count += j->number > 0;
    struct job **sorted = heap_alloc(c->heap, (count + 1) * sizeof *sorted);
    size_t at = count;
    for (struct job *j = sh->jobs; j; j = j->next) /* newest first */
        if (j->number > 0)
            sorted[--at] = j;
    for (size_t i = 0; i < count; i++)
        show(c, s, sorted[i]);
    if (outer)
        sh->jobs = NULL;
    else
        jobs_tidy(sh);
    return call_done(c);
}

const struct command command_jobs = {
    .name = "jobs",
    .usage = "[-lnprs] [jobspec ...] or jobs -x command [args]",
    .summary = "display status of jobs",
    .help = "Options:\n  -l\tlists process IDs in addition to the normal information\n  -n\tlists only processes that have changed status since the last\n\t\tnotification\n"
            "  -p\tlists process IDs only\n  -r\trestrict output to running jobs\n  -s\trestrict output to stopped jobs\n"
            "  -x\tCOMMAND is run after all job specifications that appear in ARGS\n\t\thave been replaced with process IDs",
    .state = sizeof(struct jobs_state),
    .start = start,
    .step = jobs_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
