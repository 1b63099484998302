/* builtins/history.c - history and fc: scripts have no history, so the list is empty. */
#include "base/number.h"
#include "builtins/options.h"

static int history_start(struct call *c)
{
    struct options o = {0};
    int letter;
    int64_t count;
    while ((letter = options_next(c, &o, "acd:npsrw")))
        if (letter < 0)
            return options_failed(c, letter);
        else if (letter == 'd') {
            call_error(c, "%S: history position out of range", o.value);
            return 1;
        }
    if (o.next < c->argc && !number_is_int(c->argv[o.next], &count)) {
        call_error(c, "%S: numeric argument required", c->argv[o.next]);
        return 1;
    }
    return 0;
}

static int fc_start(struct call *c)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "e:lnrs")))
        if (letter < 0)
            return options_failed(c, letter);
    return 0;
}

const struct command command_history = {
    .name = "history",
    .usage = "[-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]",
    .summary = "display or manipulate the history list",
    .help = "There is no history in a script: the list is empty.",
    .start = history_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_fc = {
    .name = "fc",
    .usage = "[-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]",
    .summary = "display or execute commands from the history list",
    .help = "There is no history in a script: the list is empty.",
    .start = fc_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
