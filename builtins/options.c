/* builtins/options.c - options of the shell's own builtins, as bash reads them. */
#include "builtins/options.h"

static void print_lines(struct buf *out, struct str text)
{
    while (text.length) {
        ptrdiff_t end = str_find(text, '\n');
        struct str line = end < 0 ? text : str_first(text, (size_t)end);
        buf_print(out, line.length ? "    %S\n" : "%S\n", line);
        text = str_after(text, line.length + (end >= 0));
    }
}

static void print_help(struct call *c)
{
    const struct command *k = c->command;
    call_format(c, "%s: %s%s%s\n", k->name, k->name, k->usage && *k->usage ? " " : "", k->usage ? k->usage : "");
    if (k->summary) {
        struct str summary = str_from(k->summary);
        char head = summary.data[0];
        call_format(c, "    %c%S%s\n", head >= 'a' && head <= 'z' ? head - 32 : head, str_after(summary, 1),
                    str_ends(summary, ".") ? "" : ".");
    }
    if (k->help) {
        call_print_byte(c, '\n');
        print_lines(&c->out, str_from(k->help));
    }
}

int options_usage(struct call *c)
{
    const char *usage = c->command->usage;
    call_complain(c, "%s: usage: %s%s%s\n", c->command->name, c->command->name, usage && *usage ? " " : "", usage ? usage : "");
    return c->status = 2;
}

int options_next(struct call *c, struct options *o, const char *letters)
{
    bool plus = letters[0] == '+';
    o->value = (struct str){0};
    if (o->at == 0) {
        if (o->next == 0)
            o->next = 1;
        if (o->next >= c->argc)
            return OPTIONS_END;
        struct str word = c->argv[o->next];
        if (word.length < 2 || (word.data[0] != '-' && !(plus && word.data[0] == '+')))
            return OPTIONS_END;
        if (str_is(word, "--")) {
            o->next++;
            o->ended = true;
            return OPTIONS_END;
        }
        if (str_is(word, "--help")) {
            print_help(c);
            c->status = 2;
            return OPTIONS_HELP;
        }
        o->plus = word.data[0] == '+';
        o->at = 1;
    }
    struct str word = c->argv[o->next];
    char letter = word.data[o->at++];
    const char *known = letter && letter != ':' && letter != ';' && letter != '+' ? strchr(letters + plus, letter) : NULL;
    if (!known) {
        call_error(c, "%c%c: invalid option", o->plus ? '+' : '-', letter);
        options_usage(c);
        return OPTIONS_BAD;
    }
    bool last = o->at >= word.length;
    if (known[1] == ':' || (known[1] == ';' && !last)) {
        if (!last) {
            o->value = str_after(word, o->at);
        } else if (o->next + 1 < c->argc) {
            o->value = c->argv[++o->next];
        } else {
            call_error(c, "%c%c: option requires an argument", o->plus ? '+' : '-', letter);
            options_usage(c);
            return OPTIONS_BAD;
        }
        last = true;
    }
    if (last) {
        o->next++;
        o->at = 0;
    }
    return (unsigned char)letter;
}

int options_over(struct call *c, int status)
{
    c->status = status;
    c->finished = true;
    return status;
}

int options_failed(struct call *c, int answer)
{
    return options_over(c, answer == OPTIONS_HELP ? 2 : c->status);
}

int options_none(struct call *c, size_t *first)
{
    struct options o = {0};
    int letter = options_next(c, &o, "");
    *first = o.next;
    return letter == OPTIONS_END ? 0 : options_failed(c, letter);
}
