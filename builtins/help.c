/* builtins/help.c - display information about builtin commands. */
#include "builtins/options.h"
#include "regex/glob.h"
#include "task/sandbox.h"

struct help {
    bool description, page, usage;
    size_t next, command;
    bool found;
};

static int help_start(struct call *c)
{
    struct help *h = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "dms")))
        switch (letter) {
        case 'd': h->description = true; break;
        case 'm': h->page = true; break;
        case 's': h->usage = true; break;
        default: return options_failed(c, letter);
        }
    h->next = o.next;
    if (o.next >= c->argc) {
        call_print_text(c, "These shell commands are defined internally.  Type `help name' to find out more about the function `name'.\n\n");
        h->usage = true;
    }
    return 0;
}

static void print_usage(struct call *c, const struct command *k)
{
    call_format(c, "%s%s%s", k->name, k->usage && *k->usage ? " " : "", k->usage ? k->usage : "");
}

static void print_summary(struct call *c, const struct command *k)
{
    char head = k->summary[0];
    call_format(c, "%c%s%s", head >= 'a' && head <= 'z' ? head - 32 : head, k->summary + 1, str_ends(str_from(k->summary), ".") ? "" : ".");
}

static void print_indented(struct call *c, struct str text)
{
    while (text.length) {
        ptrdiff_t end = str_find(text, '\n');
        struct str line = end < 0 ? text : str_first(text, (size_t)end);
        call_format(c, line.length ? "    %S\n" : "%S\n", line);
        text = str_after(text, line.length + (end >= 0));
    }
}

static void show(struct call *c, const struct help *h, const struct command *k)
{
    if (h->description) {
        call_format(c, "%s - ", k->name);
        print_summary(c, k);
        call_print_byte(c, '\n');
        return;
    }
    if (h->page) {
        call_format(c, "NAME\n    %s - ", k->name);
        print_summary(c, k);
        call_print_text(c, "\n\nSYNOPSIS\n    ");
        print_usage(c, k);
        call_print_text(c, "\n\nDESCRIPTION\n    ");
        print_summary(c, k);
        call_print_byte(c, '\n');
        if (k->help)
            call_print_byte(c, '\n'), print_indented(c, str_from(k->help));
        return;
    }
    call_format(c, h->next < c->argc ? "%s: " : " ", k->name);
    print_usage(c, k);
    call_print_byte(c, '\n');
    if (h->usage)
        return;
    call_print_text(c, "    ");
    print_summary(c, k);
    call_print_byte(c, '\n');
    if (k->help) {
        call_print_byte(c, '\n');
        print_indented(c, str_from(k->help));
    }
}

/* All builtins that `pattern` names, by themselves or as a beginning. */
static bool matches(struct call *c, struct str pattern, const struct command *k)
{
    if (!glob_is_pattern(pattern, 0))
        return str_is(pattern, k->name);
    struct glob *g = glob_compile(c->heap, pattern, 0);
    bool answer = glob_match(g, c->heap, str_from(k->name));
    glob_free(c->heap, g);
    return answer;
}

static enum step help_step(struct call *c)
{
    struct help *h = c->state;
    struct nacre *n = c->task->sandbox;
    bool all = h->next >= c->argc;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (h->command == n->command_count) {
            if (all)
                return call_done(c);
            if (!h->found)
                call_error(c, "no help topics match `%S'.  Try `help help' or `man -k %S' or `info %S'.", c->argv[h->next], c->argv[h->next],
                           c->argv[h->next]);
            h->found = false;
            h->command = 0;
            if (++h->next >= c->argc)
                return call_done(c);
            continue;
        }
        const struct command *k = n->commands[h->command++];
        call_charge(c, 1);
        if (!(k->flags & COMMAND_BUILTIN) || (!all && !matches(c, c->argv[h->next], k)))
            continue;
        h->found = true;
        show(c, h, k);
    }
}

const struct command command_help = {
    .name = "help",
    .usage = "[-dms] [pattern ...]",
    .summary = "display information about builtin commands",
    .help = "-d  only what it does\n-m  as a manual page\n-s  only its usage",
    .state = sizeof(struct help),
    .start = help_start,
    .step = help_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
