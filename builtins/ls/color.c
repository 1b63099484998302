/* builtins/ls/color.c - colours of names, by LS_COLORS. */
#include "builtins/ls/ls.h"

static const char keys[COLOR_COUNT][3] = {
    "lc", "rc", "ec", "rs", "no", "fi", "di", "ln", "pi", "so", "bd", "cd", "mi", "or", "ex", "do", "su", "sg", "st", "ow", "tw",
    "ca", "mh", "cl",
};
static const char *const defaults[COLOR_COUNT] = {
    "\033[", "m", NULL, "0", NULL, NULL, "01;34", "01;36", "33", "01;35", "01;33", "01;33", NULL, NULL, "01;32", "01;35", "37;41",
    "30;43", "37;44", "34;42", "30;42", "30;41", NULL, "\033[K",
};
/* Terminals that dircolors knows. */
static const char *const terminals[] = {
    "Eterm", "ansi", "*color*", "con[0-9]*x[0-9]*", "cons25", "console", "cygwin", "*direct*", "dtterm", "gnome", "hurd", "jfbterm",
    "konsole", "kterm", "linux", "linux-c", "mlterm", "putty", "rxvt*", "screen*", "st", "terminator", "tmux*", "vt100", "xterm*", NULL,
};

static bool known_terminal(struct call *c)
{
    struct str name;
    if (!environment_find(c->task->environment, "TERM", &name) || name.length == 0)
        return false;
    for (int i = 0; terminals[i]; i++) {
        struct glob *g = glob_compile(c->heap, str_from(terminals[i]), 0);
        if (glob_match(g, c->heap, name))
            return true;
    }
    return false;
}

/* A value with the escapes of LS_COLORS undone, up to a colon or (of a key) an equals sign. */
static struct str take_word(struct call *c, struct str s, size_t *at, bool key)
{
    struct buf b;
    buf_init(&b, c->heap);
    for (; *at < s.length && s.data[*at] != ':' && !(key && s.data[*at] == '='); ++*at) {
        char byte = s.data[*at];
        if (byte == '\\' && *at + 1 < s.length) {
            byte = s.data[++*at];
            if (byte >= '0' && byte <= '7') {
                int value = 0;
                for (; *at < s.length && s.data[*at] >= '0' && s.data[*at] <= '7'; ++*at)
                    value = value * 8 + (s.data[*at] - '0');
                --*at;
                byte = (char)value;
            } else {
                byte = byte == 'a' ? '\a' : byte == 'b' ? '\b' : byte == 'e' ? 27 : byte == 'f' ? '\f' : byte == 'n' ? '\n'
                       : byte == 'r' ? '\r' : byte == 't' ? '\t' : byte == 'v' ? '\v' : byte == '?' ? 127 : byte == '_' ? ' ' : byte;
            }
        } else if (byte == '^' && *at + 1 < s.length) {
            byte = s.data[++*at];
            byte = byte == '?' ? 127 : (char)(byte & 037);
        }
        buf_add_byte(&b, byte);
    }
    return buf_str(&b);
}

static bool parse(struct call *c, struct colors *colors, struct str s)
{
    for (size_t at = 0; at < s.length;) {
        if (s.data[at] == ':') {
            at++;
            continue;
        }
        struct str key = take_word(c, s, &at, true);
        if (at >= s.length || s.data[at] != '=')
            return false;
        at++;
        struct str value = take_word(c, s, &at, false);
        if (value.data == NULL)
            value = str_lit("");
        if (key.length && key.data[0] == '*') {
            colors->endings = array_grow(c->heap, colors->endings, colors->ending_count, sizeof key);
            colors->ending_codes = array_grow(c->heap, colors->ending_codes, colors->ending_count, sizeof key);
            colors->endings[colors->ending_count] = str_after(key, 1);
            colors->ending_codes[colors->ending_count++] = value;
            continue;
        }
        int found = -1;
        for (int i = 0; i < COLOR_COUNT; i++)
            if (str_is(key, keys[i]))
                found = i;
        if (found < 0) {
            call_warn(c, "unrecognized prefix: %S", call_quote_word(c, key));
            return false;
        }
        colors->code[found] = value;
    }
    return true;
}

void colors_load(struct call *c, struct colors *colors)
{
    struct str value;
    for (int i = 0; i < COLOR_COUNT; i++)
        colors->code[i] = str_from(defaults[i]);
    if (!environment_find(c->task->environment, "LS_COLORS", &value) || value.length == 0) {
        struct str terminal;
        bool colorful = environment_find(c->task->environment, "COLORTERM", &terminal) && terminal.length;
        colors->on = colorful || known_terminal(c);
    } else if (!parse(c, colors, value)) {
        call_warn(c, "unparsable value for LS_COLORS environment variable");
        colors->on = false;
    }
    colors->as_target = str_is(colors->code[COLOR_LINK], "target");
}

bool colors_has(const struct colors *colors, int which)
{
    struct str code = colors->code[which];
    return code.data && code.length && !str_is(code, "0") && !str_is(code, "00");
}

static int color_of_mode(const struct colors *colors, enum node_kind kind, uint32_t mode, uint64_t links)
{
    switch (kind) {
    case NODE_FILE:
        if ((mode & MODE_SETUID) && colors_has(colors, COLOR_SETUID))
            return COLOR_SETUID;
        if ((mode & MODE_SETGID) && colors_has(colors, COLOR_SETGID))
            return COLOR_SETGID;
        if ((mode & 0111) && colors_has(colors, COLOR_EXECUTABLE))
            return COLOR_EXECUTABLE;
        return links > 1 && colors_has(colors, COLOR_LINKS) ? COLOR_LINKS : COLOR_FILE;
    case NODE_DIRECTORY:
        if ((mode & MODE_STICKY) && (mode & 02) && colors_has(colors, COLOR_STICKY_OTHER))
            return COLOR_STICKY_OTHER;
        if ((mode & 02) && colors_has(colors, COLOR_OTHER))
            return COLOR_OTHER;
        return (mode & MODE_STICKY) && colors_has(colors, COLOR_STICKY) ? COLOR_STICKY : COLOR_DIRECTORY;
    case NODE_LINK:   return COLOR_LINK;
    case NODE_FIFO:   return COLOR_FIFO;
    case NODE_DEVICE: return COLOR_CHARACTER;
    }
    return COLOR_ORPHAN;
}

struct str colors_of(const struct colors *colors, const struct ls_entry *e, bool target)
{
    struct str name = target ? e->target : e->name;
    enum node_kind kind = target ? e->target_kind : e->info.kind;
    uint32_t mode = target ? e->target_mode : e->info.mode;
    bool found = e->target_found;
    if (!target && colors->as_target && found) {
        kind = e->target_kind;
        mode = e->target_mode;
    }
    int type;
    if (target && !found && colors_has(colors, COLOR_MISSING))
        type = COLOR_MISSING;
    else if (target && !found)
        type = COLOR_ORPHAN;
    else if (!e->known && !e->typed)
        type = COLOR_ORPHAN;
    else
        type = color_of_mode(colors, kind, mode, e->info.links);
    if (type == COLOR_FILE)
        for (size_t i = colors->ending_count; i > 0; i--) {
            struct str ending = colors->endings[i - 1];
            if (name.length >= ending.length &&
                memcmp(name.data + name.length - ending.length, ending.data, ending.length) == 0)
                return colors->ending_codes[i - 1];
        }
    if (type == COLOR_LINK && !found && (colors->as_target || colors_has(colors, COLOR_ORPHAN)))
        type = COLOR_ORPHAN;
    return colors->code[type];
}
