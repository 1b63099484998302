/* builtins/ulimit.c - show and take resource limits: those of the sandbox are the host's, so setting one changes nothing. */
#include "base/number.h"
#include "builtins/options.h"

struct resource {
    char letter;
    const char *name, *unit;
    int64_t soft, hard; /* -1: unlimited */
};

static const struct resource resources[] = {
    {'R', "real-time non-blocking time", "microseconds, ", -1, -1},
    {'c', "core file size", "blocks, ", 0, -1},
    {'d', "data seg size", "kbytes, ", -1, -1},
    {'e', "scheduling priority", "", 0, 0},
    {'f', "file size", "blocks, ", -1, -1},
    {'i', "pending signals", "", -1, -1},
    {'l', "max locked memory", "kbytes, ", -1, -1},
    {'m', "max memory size", "kbytes, ", -1, -1},
    {'n', "open files", "", 1024, 1024},
    {'p', "pipe size", "512 bytes, ", 8, 8},
    {'q', "POSIX message queues", "bytes, ", 819200, 819200},
    {'r', "real-time priority", "", 0, 0},
    {'s', "stack size", "kbytes, ", 8192, -1},
    {'t', "cpu time", "seconds, ", -1, -1},
    {'u', "max user processes", "", -1, -1},
    {'v', "virtual memory", "kbytes, ", -1, -1},
    {'x', "file locks", "", -1, -1},
};
enum { RESOURCES = sizeof resources / sizeof *resources };

static void show(struct call *c, const struct resource *r, bool hard, bool named)
{
    int64_t value = hard ? r->hard : r->soft;
    if (named) {
        struct buf unit;
        buf_init(&unit, c->heap);
        buf_print(&unit, "(%s-%c)", r->unit, r->letter);
        size_t width = strlen(r->name) + unit.length;
        call_format(c, "%s%*s%S ", r->name, width < 43 ? (int)(43 - width) : 1, "", buf_str(&unit));
        buf_drop(&unit);
    }
    if (value < 0)
        call_print_text(c, "unlimited\n");
    else
        call_format(c, "%zd\n", (ptrdiff_t)value);
}

static int ulimit_start(struct call *c)
{
    struct options o = {0};
    const struct resource *chosen[RESOURCES + 1];
    int count = 0, letter;
    bool hard = false, all = false;
    int64_t value;

    while ((letter = options_next(c, &o, "SHabcdefiklmnpqrstuvxPRT"))) {
        if (letter < 0)
            return options_failed(c, letter);
        hard |= letter == 'H';
        all |= letter == 'a';
        for (int i = 0; i < RESOURCES && count < RESOURCES; i++)
            if (resources[i].letter == letter)
                chosen[count++] = &resources[i];
    }
    if (all) {
        for (int i = 0; i < RESOURCES; i++)
            show(c, &resources[i], hard, true);
        return 0;
    }
    if (!count)
        for (int i = 0; i < RESOURCES; i++)
            if (resources[i].letter == 'f')
                chosen[count++] = &resources[i];
    if (o.next < c->argc) {
        struct str word = c->argv[o.next];
        bool known = str_is(word, "unlimited") || str_is(word, "hard") || str_is(word, "soft");
        if (!known && (!number_is_int(word, &value) || value < 0)) {
            call_error(c, "%S: invalid number", word);
            return 1;
        }
        return 0;
    }
    for (int i = 0; i < count; i++)
        show(c, chosen[i], hard, count > 1);
    return 0;
}

const struct command command_ulimit = {
    .name = "ulimit",
    .usage = "[-SHabcdefiklmnpqrstuvxPRT] [limit]",
    .summary = "show resource limits",
    .help = "What is set is accepted and has no effect: the limits of the sandbox are set by its host.",
    .start = ulimit_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
