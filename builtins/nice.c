/* builtins/nice.c - run a command with another niceness: here all are equal. */
#include "base/number.h"
#include "builtins/launch.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'n', "adjustment", "N", "add integer N to the niceness (default 10)"},
    {0},
};

struct nice {
    size_t command; /* the word that is its name */
    int64_t adjustment;
};

static int usage(struct call *c)
{
    call_complain(c, "Try '%S --help' for more information.\n", c->name);
    return LAUNCH_FAILED;
}

/* -5, --5 and -+5 are numbers too, so the words are taken as they are: 0, or the status. */
static int start(struct call *c)
{
    struct nice *n = c->state;
    struct str given = {0};
    size_t at = 1;

    c->failure = LAUNCH_FAILED;
    for (; at < c->argc; at++) {
        struct str word = c->argv[at];
        size_t sign = word.length > 2 && (word.data[1] == '-' || word.data[1] == '+') ? 2 : 1;
        if (word.length < 2 || word.data[0] != '-')
            break;
        if (word.length > sign && word.data[sign] >= '0' && word.data[sign] <= '9') {
            given = str_after(word, 1);
        } else if (str_is(word, "--")) {
            at++;
            break;
        } else if (str_is(word, "--help")) {
            call_print_text(c, "Usage: nice [OPTION] [COMMAND [ARG]...]\n"
                               "Run COMMAND with an adjusted niceness. Here all are equal, and the niceness is 0.\n"
                               "With no COMMAND, print the current niceness.\n\n"
                               "  -n, --adjustment=N  add integer N to the niceness (default 10)\n"
                               "      --help          display this help and exit\n");
            n->command = 0;
            return call_exit(c, 0), 0;
        } else if (word.data[1] == 'n') {
            if (word.length > 2)
                given = str_after(word, 2);
            else if (++at < c->argc)
                given = c->argv[at];
            else {
                call_error(c, "option requires an argument -- 'n'");
                return usage(c);
            }
        } else if (str_starts(word, "--adjustment=")) {
            given = str_after(word, sizeof "--adjustment=" - 1);
        } else if (word.data[1] == '-') {
            call_error(c, "unrecognized option '%S'", word);
            return usage(c);
        } else {
            call_error(c, "invalid option -- '%c'", word.data[1]);
            return usage(c);
        }
    }
    n->command = at;
    n->adjustment = 10;
    if (given.data) {
        size_t used;
        unsigned answer = number_parse_size_signed(given, "", &n->adjustment, &used);
        if ((answer & ~(unsigned)NUMBER_OVERFLOW) || used < given.length) {
            call_error(c, "invalid adjustment %S", call_quote_word(c, given));
            return LAUNCH_FAILED;
        }
        if (at == c->argc) {
            call_error(c, "a command must be given with an adjustment");
            return usage(c);
        }
    }
    if (n->adjustment < 0)
        call_warn(c, "cannot set niceness: %m", E_ACCES);
    return 0;
}

static enum step step(struct call *c)
{
    struct nice *n = c->state;

    if (n->command == 0)
        return call_done(c);
    if (n->command == c->argc) {
        call_print_text(c, "0\n");
        return call_done(c);
    }
    if (c->err.length || c->out.length)
        return STEP_AGAIN;
    return launch(c, c->argv + n->command, c->argc - n->command, NULL, "%S: %m");
}

const struct command command_nice = {
    .name = "nice",
    .usage = "[OPTION] [COMMAND [ARG]...]",
    .summary = "Run COMMAND with an adjusted niceness: here all are equal, and the niceness is 0.",
    .help = "With no COMMAND, print the current niceness.",
    .options = options,
    .state = sizeof(struct nice),
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_RAW,
};
