/* builtins/sleep.c - let time pass. */
#include "builtins/launch.h"
#include "builtins/text.h"
#include "task/sandbox.h"

struct sleep {
    int64_t length; /* ns; INT64_MAX: for ever */
    int64_t end;    /* ns since 1970, once begun */
    bool begun;
};

static int start(struct call *c)
{
    struct sleep *s = c->state;
    double sum = 0, seconds;
    bool good = true;

    if (c->operand_count == 0)
        return call_missing_operand(c);
    for (size_t i = 0; i < c->operand_count; i++) {
        if (launch_duration(c, c->operands[i], &seconds)) {
            sum += seconds;
        } else {
            call_error(c, "invalid time interval %S", call_quote_word(c, c->operands[i]));
            good = false;
        }
    }
    if (!good)
        return call_usage_error(c, "");
    s->length = launch_nanoseconds(sum);
    return 0;
}

static enum step step(struct call *c)
{
    struct sleep *s = c->state;
    int64_t now = sandbox_now(c->task->sandbox);

    if (!s->begun) {
        s->begun = true;
        s->end = s->length > INT64_MAX - now ? INT64_MAX : now + s->length;
    }
    if (now >= s->end)
        return call_done(c);
    if (s->end < INT64_MAX)
        task_wake_at(c->task, s->end);
    return STEP_WAIT;
}

const struct command command_sleep = {
    .name = "sleep",
    .usage = "NUMBER[SUFFIX]...\nOPTION",
    .summary = "Pause for NUMBER seconds.",
    .help = "SUFFIX may be 's' for seconds (the default), 'm' for minutes, 'h' for hours or 'd' for days. NUMBER need not be an\n"
            "integer. Given two or more arguments, pause for the sum of their values. Time is the sandbox's: it jumps ahead\n"
            "when nothing else is to be done.",
    .state = sizeof(struct sleep),
    .start = start,
    .step = step,
};
