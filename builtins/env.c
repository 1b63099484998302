/* builtins/env.c - run a command in a changed environment, or print it. */
#include "builtins/launch.h"
#include "builtins/text.h"

enum { BLOCK_SIGNAL = OPTION_LONG, DEFAULT_SIGNAL, IGNORE_SIGNAL, LIST_SIGNALS };

static const struct option options[] = {
    {'i', "ignore-environment", NULL, "start with an empty environment"},
    {'0', "null", NULL, "end each output line with NUL, not newline"},
    {'u', "unset", "NAME", "remove variable from the environment"},
    {'C', "chdir", "DIR", "change working directory to DIR"},
    {'S', "split-string", "S", "process and split S into separate arguments, used to pass multiple arguments on shebang lines"},
    {BLOCK_SIGNAL, "block-signal", "[SIG]", "block delivery of SIG signal(s) to COMMAND (as if they were ignored)"},
    {DEFAULT_SIGNAL, "default-signal", "[SIG]", "reset handling of SIG signal(s) to the default"},
    {IGNORE_SIGNAL, "ignore-signal", "[SIG]", "set handling of SIG signal(s) to do nothing"},
    {LIST_SIGNALS, "list-signal-handling", NULL, "list non default signal handling to stderr"},
    {'v', "debug", NULL, "print verbose information for each processing step"},
    {0},
};

enum phase { PHASE_SPLIT, PHASE_PREPARE, PHASE_PRINT, PHASE_DIRECTORY, PHASE_ANNOUNCE, PHASE_RUN };

struct env {
    enum phase phase;
    struct str *split;       /* the words of -S */
    size_t split_count;
    struct str *list;        /* the environment to be */
    size_t count;
    size_t command;          /* the operand that is the command's name */
    size_t printed;
    uint64_t blocked;        /* signals */
    struct environment *environment;
};

/* --- -S --------------------------------------------------------------------------------------------- */

struct splitter {
    struct call *c;
    struct env *e;
    struct str text;
    size_t at;
    struct buf word;
    bool in_word, separated; /* behind a blank, or at the start */
    char quote;
};

static void begin_word(struct splitter *s)
{
    s->in_word = true;
    s->separated = false;
}

static void end_word(struct splitter *s)
{
    struct env *e = s->e;

    s->separated = true;
    if (!s->in_word)
        return;
    e->split = array_grow(s->c->heap, e->split, e->split_count, sizeof *e->split);
    e->split[e->split_count++] = str_copy(s->c->heap, buf_str(&s->word));
    buf_clear(&s->word);
    s->in_word = false;
}

static int refuse(struct splitter *s)
{
    return s->c->status = LAUNCH_FAILED;
}

/* ${NAME}, the rest of the text beginning with the dollar: 0, or the status. */
static int expand(struct splitter *s)
{
    struct str rest = str_after(s->text, s->at), value;
    size_t length = 0;

    if (rest.length > 2 && rest.data[1] == '{' && !utf8_byte_is(rest.data[2], UTF8_DIGIT))
        while (2 + length < rest.length && (utf8_byte_is(rest.data[2 + length], UTF8_ALNUM) || rest.data[2 + length] == '_'))
            length++;
    if (length == 0 || 2 + length >= rest.length || rest.data[2 + length] != '}') {
        call_error(s->c, "only ${VARNAME} expansion is supported, error at: %S", rest);
        return refuse(s);
    }
    struct str name = str_copy(s->c->heap, str_of(rest.data + 2, length));
    bool verbose = call_has(s->c, 'v');
    if (s->c->task->environment && environment_find(s->c->task->environment, name.data, &value)) {
        begin_word(s);
        if (verbose)
            call_complain(s->c, "expanding ${%S} into %S\n", name, call_quote_word(s->c, value));
        buf_add(&s->word, value);
    } else if (verbose) {
        call_complain(s->c, "replacing ${%S} with null string\n", name);
    }
    s->at += length + 3;
    return 0;
}

/* What stands behind a backslash: 1 when the text ends here, 0, or below 0 after a message. */
static int escape(struct splitter *s)
{
    static const char letters[] = "fnrtv", bytes[] = "\f\n\r\t\v";
    char byte = s->at + 1 < s->text.length ? s->text.data[s->at + 1] : '\0';
    const char *found;

    if (s->at + 1 >= s->text.length) {
        call_error(s->c, "invalid backslash at end of string in -S");
        return -1;
    }
    s->at += 2;
    if (byte == '_' && !s->quote) {
        end_word(s);
        return 0;
    }
    if (byte == 'c' && s->quote != '"')
        return 1;
    if (byte == 'c') {
        call_error(s->c, "'\\c' must not appear in double-quoted -S string");
        return -1;
    }
    begin_word(s);
    if (byte == '_')
        byte = ' ';
    else if (byte && (found = strchr(letters, byte)) != NULL)
        byte = bytes[found - letters];
    else if (!byte || !strchr("\"#$'\\", byte)) {
        call_error(s->c, "invalid sequence '\\%c' in -S", byte);
        return -1;
    }
    buf_add_byte(&s->word, byte);
    return 0;
}

/* Splits the text: 0, or the status after a message. */
static int split(struct call *c, struct env *e, struct str text)
{
    struct splitter s = {.c = c, .e = e, .text = text, .separated = true};

    buf_init(&s.word, c->heap);
    while (s.at < text.length) {
        char byte = text.data[s.at];
        char next = s.at + 1 < text.length ? text.data[s.at + 1] : '\0';
        if ((byte == '\'' && s.quote != '"') || (byte == '"' && s.quote != '\'')) {
            begin_word(&s);
            s.quote = s.quote ? '\0' : byte;
            s.at++;
        } else if (!s.quote && utf8_byte_is(byte, UTF8_SPACE)) {
            end_word(&s);
            s.at++;
        } else if (!s.quote && byte == '#' && s.separated) {
            break;
        } else if (byte == '\\' && !(s.quote == '\'' && next != '\\' && next != '\'')) {
            int answer = escape(&s);
            if (answer < 0)
                return refuse(&s);
            if (answer > 0)
                break;
        } else if (byte == '$' && s.quote != '\'') {
            if (expand(&s) != 0)
                return LAUNCH_FAILED;
        } else {
            begin_word(&s);
            buf_add_byte(&s.word, byte);
            s.at++;
        }
    }
    if (s.quote) {
        call_error(c, "no terminating quote in -S string");
        return refuse(&s);
    }
    end_word(&s);
    if (call_has(c, 'v')) {
        call_complain(c, "split -S:  %S\n", call_quote_word(c, text));
        for (size_t i = 0; i < e->split_count; i++)
            call_complain(c, i ? "     &    %S\n" : " into:    %S\n", call_quote_word(c, e->split[i]));
    }
    return 0;
}

/* Where the first -S stands among the words: the one it is in, how many of its bytes come before the S, and the word behind its
 * value. */
static size_t find_split(const struct call *c, size_t *before, size_t *behind)
{
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        bool equals = str_find(word, '=') >= 0, next = false;
        *before = 0;
        if (str_starts(word, "--")) {
            if (str_starts(word, "--s")) {
                *behind = equals ? i + 1 : i + 2;
                return i;
            }
            next = !equals && (str_starts(word, "--u") || str_starts(word, "--c"));
        } else {
            for (size_t k = 1; k < word.length && !next; k++) {
                bool last = k + 1 == word.length;
                if (word.data[k] == 'S') {
                    *before = k > 1 ? k : 0;
                    *behind = last ? i + 2 : i + 1;
                    return i;
                }
                if (word.data[k] == 'u' || word.data[k] == 'C') {
                    next = last;
                    break;
                }
            }
        }
        i += next;
    }
    return c->argc; /* not reached: there is one */
}

/* Begins anew with the words of -S in its place. */
static enum step begin_again(struct call *c, struct env *e)
{
    size_t before = 0, behind = c->argc, at = find_split(c, &before, &behind), count = 0;
    struct str *words = heap_alloc(c->heap, (c->argc + e->split_count + 2) * sizeof *words);

    for (size_t i = 0; i < at; i++)
        words[count++] = c->argv[i];
    if (before > 0)
        words[count++] = str_first(c->argv[at], before);
    for (size_t i = 0; i < e->split_count; i++)
        words[count++] = e->split[i];
    for (size_t i = behind; i < c->argc; i++)
        words[count++] = c->argv[i];
    call_begin(c, c->task, c->heap, c->command, words, count, c->shell);
    return STEP_AGAIN;
}

/* --- signals ------------------------------------------------------------------------------------------ */

/* The signals of a list by commas, all of them without one: false after a message. */
static bool signal_set(struct call *c, struct str list, uint64_t *set)
{
    char store[12];

    *set = 0;
    if (!list.data) {
        for (int i = 1; i < SIGNAL_COUNT; i++)
            if (signal_name(i, store) && i != SIGNAL_KILL && i != SIGNAL_STOP)
                *set |= SIGNAL_BIT(i);
        return true;
    }
    while (list.length > 0) {
        ptrdiff_t comma = str_find(list, ',');
        struct str word = comma < 0 ? list : str_first(list, (size_t)comma);
        int number = word.length ? signal_number(word) : -1;
        list = comma < 0 ? (struct str){0} : str_after(list, (size_t)comma + 1);
        if (word.length == 0)
            continue;
        if (number <= 0) {
            call_usage_error(c, "%S: invalid signal", call_quote_word(c, word));
            return false;
        }
        *set |= SIGNAL_BIT(number);
    }
    return true;
}

static bool set_signals(struct call *c, struct env *e)
{
    for (size_t i = 0; i < c->option_count; i++) {
        uint64_t set;
        int letter = c->options[i].letter;
        if (letter != BLOCK_SIGNAL && letter != DEFAULT_SIGNAL && letter != IGNORE_SIGNAL)
            continue;
        if (!signal_set(c, c->options[i].value, &set))
            return false;
        if (letter == DEFAULT_SIGNAL)
            c->task->ignored &= ~set;
        else if (letter == IGNORE_SIGNAL)
            c->task->ignored |= set;
        else
            e->blocked |= set;
    }
    return true;
}

static void list_signals(struct call *c, const struct env *e)
{
    char store[12];

    for (int i = 1; i < SIGNAL_COUNT; i++) {
        bool blocked = e->blocked & SIGNAL_BIT(i), ignored = c->task->ignored & SIGNAL_BIT(i);
        if (blocked || ignored)
            call_complain(c, "%-10s (%2d): %s%s%s\n", signal_name(i, store), i, blocked ? "BLOCK" : "", blocked && ignored ? "," : "",
                          ignored ? "IGNORE" : "");
    }
}

/* --- the environment ------------------------------------------------------------------------------------ */

static bool same_name(struct str variable, struct str name)
{
    return variable.length > name.length && variable.data[name.length] == '=' && memcmp(variable.data, name.data, name.length) == 0;
}

static void unset(struct env *e, struct str name)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->count; i++)
        if (!same_name(e->list[i], name))
            e->list[kept++] = e->list[i];
    e->count = kept;
}

static void set(struct env *e, struct str variable)
{
    struct str name = str_first(variable, (size_t)str_find(variable, '='));

    for (size_t i = 0; i < e->count; i++)
        if (same_name(e->list[i], name)) {
            e->list[i] = variable;
            return;
        }
    e->list[e->count++] = variable;
}

/* All that options and NAME=VALUE say: 0, or the status. */
static int prepare(struct call *c, struct env *e)
{
    const struct environment *old = c->task->environment;
    bool verbose = call_has(c, 'v'), empty = call_has(c, 'i');
    size_t at = 0;

    if (c->operand_count && str_is(c->operands[0], "-")) {
        empty = true;
        at++;
    }
    e->list = heap_alloc(c->heap, ((old ? old->count : 0) + c->operand_count + 1) * sizeof *e->list);
    if (empty && verbose)
        call_complain(c, "cleaning environ\n");
    if (!empty && old) {
        memcpy(e->list, old->at, old->count * sizeof *e->list);
        e->count = old->count;
    }
    for (size_t i = 0; i < c->option_count && !empty; i++) {
        struct str name = c->options[i].value;
        if (c->options[i].letter != 'u')
            continue;
        if (verbose)
            call_complain(c, "unset:    %S\n", name);
        if (name.length == 0 || str_find(name, '=') >= 0) {
            call_error(c, "cannot unset %S: %m", call_quote_word(c, name), E_INVAL);
            return LAUNCH_FAILED;
        }
        unset(e, name);
    }
    for (; at < c->operand_count && str_find(c->operands[at], '=') >= 0; at++) {
        if (verbose)
            call_complain(c, "setenv:   %S\n", c->operands[at]);
        set(e, c->operands[at]);
        call_charge(c, 1);
    }
    e->command = at;
    bool program = at < c->operand_count;
    if (call_has(c, '0') && program)
        return call_usage_error(c, "cannot specify --null (-0) with command");
    if (call_has(c, 'C') && !program)
        return call_usage_error(c, "must specify command with --chdir (-C)");
    return 0;
}

static int start(struct call *c)
{
    struct env *e = c->state;

    c->failure = LAUNCH_FAILED;
    e->phase = PHASE_PREPARE;
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].letter == 'S') {
            e->phase = PHASE_SPLIT;
            return split(c, e, c->options[i].value);
        }
    return 0;
}

/* Behind -S stands what is not for env to read. */
static int misused(struct call *c, int letter)
{
    (void)letter;
    return call_has(c, 'S') ? 0 : -1;
}

static enum step announce(struct call *c, struct env *e)
{
    if (call_has(c, LIST_SIGNALS))
        list_signals(c, e);
    if (call_has(c, 'v')) {
        call_complain(c, "executing: %S\n", c->operands[e->command]);
        for (size_t i = e->command; i < c->operand_count; i++)
            call_complain(c, "   arg[%zu]= %S\n", i - e->command, call_quote_word(c, c->operands[i]));
    }
    c->task->ignored |= e->blocked;
    struct hold *hold = heap_hold(c->heap, environment_release); /* a command that it becomes takes its own */
    hold->thing = e->environment = environment_new(c->meter, e->list, e->count);
    e->phase = PHASE_RUN;
    return STEP_AGAIN;
}

static int change_directory(struct call *c)
{
    struct str path;
    struct stat_info info;
    int error;

    if (!call_value(c, 'C', &path))
        return 0;
    error = task_stat(c->task, path, true, &info);
    if (!error && info.kind != NODE_DIRECTORY)
        error = E_NOTDIR;
    if (!error)
        error = task_access(c->task, path, MAY_EXECUTE);
    if (!error) {
        if (call_has(c, 'v'))
            call_complain(c, "chdir:    %S\n", call_quote(c, path));
        if (!task_set_directory(c->task, info.number))
            error = E_NOMEM;
    }
    return error;
}

static enum step run(struct call *c, struct env *e)
{
    struct str name = c->operands[e->command];
    enum step step;

    step = launch(c, c->operands + e->command, c->operand_count - e->command, e->environment, "%S: %m");
    if (step == STEP_DONE && c->status == LAUNCH_MISSING && str_find(name, ' ') >= 0)
        call_warn(c, "use -[v]S to pass options in shebang lines");
    return step;
}

static enum step step(struct call *c)
{
    struct env *e = c->state;
    int error;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (e->phase) {
        case PHASE_SPLIT:
            if (c->err.length)
                return STEP_AGAIN;
            return begin_again(c, e);
        case PHASE_PREPARE:
            error = prepare(c, e);
            if (error)
                return call_exit(c, error);
            e->phase = e->command < c->operand_count ? PHASE_DIRECTORY : PHASE_PRINT;
            break;
        case PHASE_PRINT:
            if (e->printed == e->count)
                return call_done(c);
            call_print(c, e->list[e->printed++]);
            call_print_byte(c, call_has(c, '0') ? '\0' : '\n');
            call_charge(c, 1);
            break;
        case PHASE_DIRECTORY: {
            int64_t fuel = c->meter->fuel;
            error = task_charged(c->task, fuel, change_directory(c));
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                struct str path = {0};
                call_value(c, 'C', &path);
                call_error(c, "cannot change directory to %S: %m", call_quote(c, path), error);
                return call_done(c);
            }
            if (!set_signals(c, e))
                return call_done(c);
            e->phase = PHASE_ANNOUNCE;
            break;
        }
        case PHASE_ANNOUNCE:
            return announce(c, e);
        case PHASE_RUN:
            if (c->err.length)
                return STEP_AGAIN;
            return run(c, e);
        }
    }
}

const struct command command_env = {
    .name = "env",
    .usage = "[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]",
    .summary = "Set each NAME to VALUE in the environment and run COMMAND.",
    .help = "A mere - implies -i. If no COMMAND, print the resulting environment.\n"
            "SIG may be a signal name like 'PIPE', or a signal number like '13'. Without SIG, all known signals are included.\n"
            "Multiple signals can be comma-separated.",
    .options = options,
    .misused = misused,
    .state = sizeof(struct env),
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_IN_ORDER,
};
