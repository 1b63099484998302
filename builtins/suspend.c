/* builtins/suspend.c - suspend: there is nobody who could wake the shell again, so it refuses. */
#include "builtins/options.h"

static enum step suspend_step(struct call *c)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "f")))
        if (letter < 0)
            return call_done(c);
    call_error(c, "cannot suspend: no job control");
    return call_done(c);
}

const struct command command_suspend = {
    .name = "suspend",
    .usage = "[-f]",
    .summary = "suspend shell execution",
    .help = "Options:\n  -f\tforce the suspend, even if the shell is a login shell or job\n\t\tcontrol is not enabled",
    .step = suspend_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
