/* shell/made.c - variables that are made when they are looked at: RANDOM, SECONDS, BASHPID, FUNCNAME and their kin. */
#include "shell/vm.h"

#include "shell/options.h"
#include "shell/print.h"
#include "task/system.h"

/* bash's own generator (Park and Miller), so that RANDOM=42 gives bash's numbers. */
static uint32_t next_random(struct shell *sh)
{
    uint32_t seed = sh->state.random ? sh->state.random : 123459876;
    int32_t h = (int32_t)(seed / 127773), l = (int32_t)(seed - (uint32_t)h * 127773);
    int32_t t = 16807 * l - 2836 * h;
    sh->state.random = t < 0 ? (uint32_t)t + 0x7fffffff : (uint32_t)t;
    return (sh->state.random ^ (sh->state.random >> 16)) & 32767;
}

/* What is the same in every shell, unless a script sets it. */
static const struct { const char *name, *value; } constants[] = {
    {"BASH", "/bin/bash"}, {"BASH_VERSION", "5.2.15(1)-release"}, {"HOSTNAME", SYSTEM_NODE}, {"HOSTTYPE", "x86_64"},
    {"MACHTYPE", "x86_64-pc-linux-gnu"}, {"OSTYPE", "linux-gnu"}, {"OPTERR", "1"}};

/* SHELLOPTS and BASHOPTS: the names of what is on, between colons. */
struct str made_option_list(struct shell *sh, bool set)
{
    struct buf *out = &sh->option_names;
    if (!out->heap)
        buf_init(out, sh->heap);
    buf_clear(out);
    for (int i = 0; i < (set ? (int)SET_OPTION_COUNT : (int)SHOPT_COUNT); i++) {
        if (set ? !(sh->state.options & set_options[i].bit) : !(sh->state.shopt >> i & 1))
            continue;
        if (out->length)
            buf_add_byte(out, ':');
        buf_add_text(out, set ? set_options[i].name : shopt_names[i]);
    }
    return buf_str(out);
}

const char *const made_names[] = {
    "BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_EXECUTION_STRING",
    "BASH_LINENO", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_VERSINFO", "BASH_VERSION", "EPOCHREALTIME", "EPOCHSECONDS",
    "EUID", "GROUPS", "HOSTNAME", "HOSTTYPE", "LINENO", "MACHTYPE", "OPTERR", "OSTYPE", "PPID", "RANDOM", "SECONDS",
    "SHELLOPTS", "SRANDOM", "UID", "_", NULL};

bool made_value(struct shell *sh, struct str name, struct made *m)
{
    struct nacre *n = sh->sandbox;
    switch (name.length) {
    case 1:
        if (name.data[0] == '_') {
            m->value = text_str(sh->last_argument);
            return true;
        }
        return false;
    case 3:
        if (str_is(name, "UID")) {
            m->value = number_str(m, sh->task->who.user);
            return true;
        }
        return false;
    case 4:
        if (str_is(name, "EUID")) {
            m->value = number_str(m, sh->task->who.user);
            return true;
        }
        if (str_is(name, "PPID")) {
            m->value = number_str(m, sh->task->parent && !sh->subshell ? sh->task->parent->number : 1);
            return true;
        }
        break;
    case 6:
        if (str_is(name, "RANDOM")) {
            if (!sh->state.random_seeded) {
                sh->state.random = (uint32_t)sandbox_random(n);
                sh->state.random_seeded = true;
            }
            m->value = number_str(m, next_random(sh));
            return true;
        }
        if (str_is(name, "LINENO")) {
            m->value = number_str(m, (uint64_t)(sh->line < 0 ? 0 : sh->line));
            return true;
        }
        break;
    case 7:
        if (str_is(name, "SECONDS")) {
            m->value = number_str(m, (uint64_t)((sandbox_now(n) - sh->state.seconds) / 1000000000));
            return true;
        }
        if (str_is(name, "SRANDOM")) {
            m->value = number_str(m, (uint32_t)sandbox_random(n));
            return true;
        }
        if (str_is(name, "BASHPID")) {
            m->value = number_str(m, sh->task->number);
            return true;
        }
        break;
    case 12:
        if (str_is(name, "BASH_COMMAND")) {
            if (!sh->command_text.heap)
                buf_init(&sh->command_text, sh->heap);
            buf_clear(&sh->command_text);
            if (sh->command_code)
                instruction_text(sh, sh->command_code, sh->command_at, &sh->command_text);
            m->value = buf_str(&sh->command_text);
            return true;
        }
        break;
    case 21:
        if (str_is(name, "BASH_EXECUTION_STRING") && sh->one_command && sh->depth && sh->controls[0].kind == CONTROL_READER) {
            m->value = sh->controls[0].reader.source->text;
            return true;
        }
        return false;
    case 13:
        if (str_is(name, "BASH_SUBSHELL")) {
            m->value = number_str(m, sh->state.subshell);
            return true;
        }
        if (str_is(name, "EPOCHREALTIME")) {
            int64_t now = sandbox_now(n) / 1000;
            struct str whole = number_str(m, (uint64_t)(now / 1000000));
            char *out = m->digits;
            memmove(out, whole.data, whole.length);
            out[whole.length] = '.';
            int64_t micro = now % 1000000;
            for (int i = 6; i > 0; i--, micro /= 10)
                out[whole.length + (size_t)i] = (char)('0' + micro % 10);
            m->value = str_of(out, whole.length + 7);
            return true;
        }
        if (str_is(name, "EPOCHSECONDS"))
            return false;
        return false;
    default: break;
    }
    if (str_is(name, "EPOCHSECONDS")) {
        m->value = number_str(m, (uint64_t)(sandbox_now(n) / 1000000000));
        return true;
    }
    if (str_is(name, "BASH_ARGV0")) {
        m->value = text_str(sh->state.name);
        return true;
    }
    if (str_is(name, "SHELLOPTS") || str_is(name, "BASHOPTS")) {
        m->value = made_option_list(sh, name.data[0] == 'S');
        return true;
    }
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (str_is(name, constants[i].name)) {
            m->value = str_from(constants[i].value);
            return true;
        }
    return false;
}

int made_array(const struct shell *sh, struct str name)
{
    (void)sh;
    if (name.length == 8 && str_is(name, "FUNCNAME"))
        return MADE_FUNCNAME;
    if (name.length == 11 && str_is(name, "BASH_LINENO"))
        return MADE_LINENO;
    if (name.length == 11 && str_is(name, "BASH_SOURCE"))
        return MADE_SOURCE;
    if (name.length == 10 && str_is(name, "PIPESTATUS"))
        return MADE_PIPESTATUS;
    if (name.length == 6 && str_is(name, "GROUPS"))
        return MADE_GROUPS;
    if (name.length == 13 && str_is(name, "BASH_VERSINFO"))
        return MADE_VERSION;
    return MADE_NONE;
}

bool made_element(struct shell *sh, int which, size_t index, struct made *m)
{
    if (which == MADE_PIPESTATUS) {
        if (index >= sh->pipe_count)
            return false;
        m->value = number_str(m, (uint64_t)sh->pipe_status[index]);
        return true;
    }
    if (which == MADE_VERSION) {
        static const char *const parts[] = {"5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"};
        if (index >= sizeof parts / sizeof *parts)
            return false;
        m->value = str_from(parts[index]);
        return true;
    }
    if (which == MADE_GROUPS) {
        m->value = number_str(m, sh->task->who.group);
        return index == 0;
    }
    struct frame *f = sh->state.frame;
    for (size_t i = 0; i < index && f; i++)
        f = f->outer;
    if (!f)
        return false;
    bool in_function = false;
    for (struct frame *g = sh->state.frame; g; g = g->outer)
        in_function |= g->function != NULL && !str_is(text_str(g->function), "source");
    switch (which) {
    case MADE_FUNCNAME:
        if (!in_function)
            return false;
        m->value = f->function ? text_str(f->function) : str_lit("main");
        return f->function != NULL || f->file != NULL;
    case MADE_LINENO: m->value = number_str(m, (uint64_t)f->line); return f->function || f->file;
    default: m->value = text_str(f->file); return f->file != NULL;
    }
}

bool made_is_readonly(struct str name)
{
    static const char *const names[] = {"UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"};
    if (name.length < 3 || (name.data[0] != 'U' && name.data[0] != 'E' && name.data[0] != 'P' && name.data[0] != 'S' &&
                            name.data[0] != 'B'))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}
