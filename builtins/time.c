/* builtins/time.c - run a command and tell how long it took: /usr/bin/time, besides the word of the shell. */
#include "builtins/launch.h"
#include "builtins/text.h"
#include "task/sandbox.h"

static const struct option options[] = {
    {'a', "append", NULL, "with -o FILE, append instead of overwriting"},
    {'f', "format", "FORMAT", "use the specified FORMAT instead of the default"},
    {'o', "output", "FILE", "write to FILE instead of STDERR"},
    {'p', "portability", NULL, "print POSIX standard 1003.2 conformant string: real, user, sys"},
    {'q', "quiet", NULL, "do not print information about abnormal program termination"},
    {'v', "verbose", NULL, "print all resource usage information instead of the default format"},
    {'V', NULL, NULL, "output version information and exit"},
    {0},
};

static const char usual[] = "%Uuser %Ssystem %Eelapsed %PCPU (%Xavgtext+%Davgdata %Mmaxresident)k\n"
                            "%Iinputs+%Ooutputs (%Fmajor+%Rminor)pagefaults %Wswaps";
static const char posix[] = "real %e\nuser %U\nsys %S";
static const char verbose[] =
    "\tCommand being timed: \"%C\"\n\tUser time (seconds): %U\n\tSystem time (seconds): %S\n\tPercent of CPU this job got: %P\n"
    "\tElapsed (wall clock) time (h:mm:ss or m:ss): %E\n\tAverage shared text size (kbytes): %X\n"
    "\tAverage unshared data size (kbytes): %D\n\tAverage stack size (kbytes): %p\n\tAverage total size (kbytes): %K\n"
    "\tMaximum resident set size (kbytes): %M\n\tAverage resident set size (kbytes): %t\n\tMajor (requiring I/O) page faults: %F\n"
    "\tMinor (reclaiming a frame) page faults: %R\n\tVoluntary context switches: %w\n\tInvoluntary context switches: %c\n"
    "\tSwaps: %W\n\tFile system inputs: %I\n\tFile system outputs: %O\n\tSocket messages sent: %s\n\tSocket messages received: %r\n"
    "\tSignals delivered: %k\n\tPage size (bytes): %Z\n\tExit status: %x";

enum phase { PHASE_OPEN, PHASE_RUN, PHASE_WAIT, PHASE_WRITE };

struct time {
    enum phase phase;
    struct str format;
    struct file *out;    /* NULL: standard error */
    struct task *child;
    int64_t began, length; /* ns */
    struct buf text;
    size_t gone;
};

static int start(struct call *c)
{
    struct time *t = c->state;
    struct str value;

    if (call_has(c, 'V')) {
        call_print_version(c);
        c->finished = true;
        return 0;
    }
    if (c->operand_count == 0) {
        call_complain(c, "%S: missing program to run\nTry '%S --help' for more information.\n", c->argv[0], c->argv[0]);
        return LAUNCH_FAILED;
    }
    t->format = str_from(usual);
    if (c->task->environment && environment_find(c->task->environment, "TIME", &value))
        t->format = value;
    for (size_t i = 0; i < c->option_count; i++) {
        switch (c->options[i].letter) {
        case 'f': t->format = c->options[i].value; break;
        case 'p': t->format = str_from(posix); break;
        case 'v': t->format = str_from(verbose); break;
        default:  break;
        }
    }
    buf_init(&t->text, c->heap);
    return 0;
}

/* "1:02.50", "1:00:00" */
static void put_elapsed(struct buf *out, int64_t length)
{
    long long hundredths = (long long)(length / 10000000), seconds = hundredths / 100;

    if (seconds >= 3600)
        buf_print(out, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
    else
        buf_print(out, "%lld:%02lld.%02lld", seconds / 60, seconds % 60, hundredths % 100);
}

static void put_command(struct call *c, struct buf *out)
{
    for (size_t i = 0; i < c->operand_count; i++)
        buf_print(out, i ? " %S" : "%S", c->operands[i]);
}

/* All resources but the elapsed time are 0: none are counted for a task. */
static void put_directive(struct call *c, struct time *t, char letter)
{
    struct buf *out = &t->text;

    switch (letter) {
    case '%': buf_add_byte(out, '%'); break;
    case 'C': put_command(c, out); break;
    case 'E': put_elapsed(out, t->length); break;
    case 'e':
        buf_print(out, "%lld.%02lld", (long long)(t->length / 1000000000), (long long)(t->length / 10000000 % 100));
        break;
    case 'P': buf_add_text(out, "0%"); break;
    case 'U': case 'S': buf_add_text(out, "0.00"); break;
    case 'x': buf_print(out, "%d", c->status); break;
    case 'Z': buf_add_text(out, "4096"); break;
    case 'X': case 'D': case 'M': case 'I': case 'O': case 'F': case 'R': case 'W': case 'w': case 'c': case 'k': case 'p': case 'K':
    case 't': case 's': case 'r': buf_add_byte(out, '0'); break;
    default:
        buf_add_byte(out, '?');
        if (letter)
            buf_add_byte(out, letter);
        break;
    }
}

static void put_report(struct call *c, struct time *t, int signal)
{
    struct buf *out = &t->text;
    struct str f = t->format;

    if (!call_has(c, 'q') && signal)
        buf_print(out, "Command terminated by signal %d\n", signal);
    else if (!call_has(c, 'q') && c->status)
        buf_print(out, "Command exited with non-zero status %d\n", c->status);
    for (size_t i = 0; i < f.length; i++) {
        char next = i + 1 < f.length ? f.data[i + 1] : 0;
        if (f.data[i] == '%') {
            put_directive(c, t, next);
            i++;
        } else if (f.data[i] == '\\') {
            if (next == 't' || next == 'n' || next == '\\')
                buf_add_byte(out, next == 't' ? '\t' : next == 'n' ? '\n' : '\\');
            else
                buf_print(out, "?\\%S", str_of(&next, next != 0));
            i++;
        } else {
            buf_add_byte(out, f.data[i]);
        }
    }
    buf_add_byte(out, '\n');
    call_charge_bytes(c, out->length);
}

static enum step run(struct call *c, struct time *t)
{
    struct exec e = {.words = c->operands, .count = c->operand_count};
    int error;

    t->began = sandbox_now(c->task->sandbox);
    t->child = task_exec(c->task, &e, &error);
    if (!t->child && error == E_WAIT)
        return STEP_WAIT;
    call_charge(c, 1);
    t->phase = PHASE_WAIT;
    if (t->child)
        return STEP_AGAIN;
    c->status = error == E_NOENT ? LAUNCH_MISSING : LAUNCH_CANNOT;
    call_complain(c, "%S: cannot run %S: %m\n", c->argv[0], c->operands[0], error == E_ISDIR ? E_ACCES : error);
    put_report(c, t, 0);
    t->phase = PHASE_WRITE;
    return STEP_AGAIN;
}

static enum step step(struct call *c)
{
    struct time *t = c->state;
    struct str path;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (t->phase) {
        case PHASE_OPEN:
            if (call_value(c, 'o', &path)) {
                unsigned how = OPEN_WRITE | OPEN_CREATE | (call_has(c, 'a') ? OPEN_APPEND : OPEN_TRUNCATE);
                int error = call_create(c, path, how, &t->out);
                if (error == E_WAIT)
                    return STEP_WAIT;
                if (error) {
                    call_complain(c, "%S: %S: %m\n", c->argv[0], path, error);
                    return call_exit(c, LAUNCH_FAILED);
                }
            }
            t->phase = PHASE_RUN;
            break;
        case PHASE_RUN: {
            enum step answer = run(c, t);
            if (answer != STEP_AGAIN)
                return answer;
            break;
        }
        case PHASE_WAIT: {
            int signal = t->child->signal;
            if (task_wait(c->task, t->child, &c->status) == E_WAIT)
                return STEP_WAIT;
            t->length = sandbox_now(c->task->sandbox) - t->began;
            put_report(c, t, signal);
            t->phase = PHASE_WRITE;
            break;
        }
        case PHASE_WRITE:
            if (!t->out) {
                call_complain(c, "%S", buf_str(&t->text));
                return call_done(c);
            }
            if (t->gone == t->text.length)
                return call_done(c);
            int64_t count = file_write(t->out, c->task, str_after(buf_str(&t->text), t->gone));
            if (count == E_WAIT)
                return STEP_WAIT;
            if (count < 0) {
                call_warn(c, "write error: %m", (int)count);
                return call_done(c);
            }
            t->gone += (size_t)count;
            break;
        }
    }
}

const struct command command_time = {
    .name = "time",
    .usage = "[OPTIONS] COMMAND [ARG]...",
    .summary = "Run COMMAND, then print system resource usage.",
    .help = "FORMAT: %C the command, %E and %e the elapsed time as h:mm:ss and in seconds, %x the status, %% a percent sign;\n"
            "%P %U %S %M %F %R %W %I %O %X %D %K %p %t %s %r %k %c %w are there and 0, %Z is 4096. Time is the sandbox's.",
    .options = options,
    .state = sizeof(struct time),
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_IN_ORDER,
    .refused = "-h: --help has no letter here",
};
