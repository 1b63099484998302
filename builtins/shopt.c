/* builtins/shopt.c - set and print bash's own options. */
#include "builtins/options.h"
#include "shell/options.h"

struct shopt {
    bool on, off, quiet, print, set; /* -s -u -q -p -o */
    size_t next;
};

/* An option of either kind. */
struct which {
    const char *name;
    uint64_t bit;
    bool set;      /* of set -o */
};

static bool is_on(struct call *c, const struct which *w)
{
    struct state *s = &c->shell->state;
    return ((w->set ? s->options : s->shopt) & w->bit) != 0;
}

static bool find(const struct shopt *s, struct str name, struct which *w)
{
    if (s->set) {
        const struct set_option *o = set_option_find(name);
        if (o)
            *w = (struct which){o->name, o->bit, true};
        return o != NULL;
    }
    int index = shopt_find(name);
    if (index >= 0)
        *w = (struct which){shopt_names[index], (uint64_t)1 << index, false};
    return index >= 0;
}

static void show(struct call *c, const struct shopt *s, const struct which *w)
{
    bool on = is_on(c, w);
    if (s->print && w->set)
        call_format(c, "set %co %s\n", on ? '-' : '+', w->name);
    else if (s->print)
        call_format(c, "shopt -%c %s\n", on ? 's' : 'u', w->name);
    else
        call_format(c, "%-15s\t%s\n", w->name, on ? "on" : "off");
}

static int shopt_start(struct call *c)
{
    struct shopt *s = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "psuoq")))
        switch (letter) {
        case 'p': s->print = true; break;
        case 's': s->on = true; break;
        case 'u': s->off = true; break;
        case 'o': s->set = true; break;
        case 'q': s->quiet = true; break;
        default: return options_failed(c, letter);
        }
    if (s->on && s->off) {
        call_error(c, "cannot set and unset shell options simultaneously");
        return 1;
    }
    s->next = o.next;
    return 0;
}

static void list(struct call *c, const struct shopt *s)
{
    int count = s->set ? SET_OPTION_COUNT : SHOPT_COUNT;
    for (int i = 0; i < count; i++) {
        struct which w = {s->set ? set_options[i].name : shopt_names[i], s->set ? set_options[i].bit : (uint64_t)1 << i, s->set};
        bool on = is_on(c, &w);
        if (s->quiet || (s->on && !on) || (s->off && on))
            continue;
        show(c, s, &w);
    }
}

static enum step shopt_step(struct call *c)
{
    struct shopt *s = c->state;
    if (!call_go(c))
        return STEP_AGAIN;
    if (s->next >= c->argc) {
        list(c, s);
        return call_done(c);
    }
    for (; s->next < c->argc; s->next++) {
        struct str name = c->argv[s->next];
        struct which w;
        call_charge(c, 1);
        if (!find(s, name, &w)) {
            call_error(c, s->set ? "%S: invalid option name" : "%S: invalid shell option name", name);
            continue;
        }
        if (s->on || s->off) {
            uint64_t *bits = w.set ? &c->shell->state.options : &c->shell->state.shopt;
            *bits = s->on ? *bits | w.bit : *bits & ~w.bit;
            continue;
        }
        if (!is_on(c, &w))
            c->status = 1;
        if (!s->quiet)
            show(c, s, &w);
    }
    return call_done(c);
}

const struct command command_shopt = {
    .name = "shopt",
    .usage = "[-pqsu] [-o] [optname ...]",
    .summary = "set and unset shell options",
    .help = "-o  the options of set -o\n-p  print as commands\n-q  print nothing, only the status\n-s  set\n-u  unset",
    .state = sizeof(struct shopt),
    .start = shopt_start,
    .step = shopt_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
