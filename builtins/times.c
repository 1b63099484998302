/* builtins/times.c - display process times (POSIX XCU times): a shell without processes has used none of its own. */
#include "builtins/options.h"
#include "task/sandbox.h"

static int times_start(struct call *c)
{
    size_t first;
    int status = options_none(c, &first);
    if (status || c->finished)
        return status;
    int64_t used = (int64_t)meter_used(c->meter) * STEP_NANOSECONDS / 1000000;
    call_format(c, "%zdm%d.%03ds 0m0.000s\n0m0.000s 0m0.000s\n", (ptrdiff_t)(used / 60000), (int)(used / 1000 % 60), (int)(used % 1000));
    return 0;
}

const struct command command_times = {
    .name = "times",
    .usage = "",
    .summary = "display process times",
    .help = "Steps are counted as user time of the shell.",
    .start = times_start,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
