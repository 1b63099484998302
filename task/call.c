/* task/call.c - one invocation of a command: options, output, messages, and its life in a task. */
#include "task/command.h"

#include "base/quote.h"

#include "task/sandbox.h"

/* --- output -------------------------------------------------------------------------------- */

void call_print(struct call *c, struct str s)
{
    buf_add(&c->out, s);
}

void call_print_text(struct call *c, const char *text)
{
    buf_add(&c->out, str_from(text));
}

void call_print_byte(struct call *c, char byte)
{
    buf_add_byte(&c->out, byte);
}

void call_format(struct call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_print_list(&c->out, format, arguments);
    va_end(arguments);
}

/* A piece of c->before: so many bytes for descriptor 1 or 2. */
struct queued {
    int fd;
    size_t length;
};

static void set_aside(struct call *c, int fd, struct buf *queue)
{
    if (!queue->length)
        return;
    c->pieces = array_grow(c->heap, c->pieces, c->piece_count, sizeof *c->pieces);
    if (!c->before.heap)
        buf_init(&c->before, c->heap);
    buf_add(&c->before, buf_str(queue));
    c->pieces[c->piece_count++] = (struct queued){fd, queue->length};
    buf_clear(queue);
}

/* As error() of the C library, which flushes stdout: what is queued so far goes before the message that comes now. */
static void call_order(struct call *c)
{
    if (!c->out.length)
        return;
    set_aside(c, 2, &c->err);
    set_aside(c, 1, &c->out);
}

struct str call_where(struct call *c)
{
    return c->where ? c->where(c->shell) : (struct str){0};
}

static void complain(struct call *c, const char *format, va_list arguments)
{
    call_order(c);
    buf_add(&c->err, call_where(c));
    buf_add(&c->err, c->name);
    buf_add_text(&c->err, ": ");
    buf_print_list(&c->err, format, arguments);
    buf_add_byte(&c->err, '\n');
}

void call_error(struct call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(c, format, arguments);
    va_end(arguments);
    c->status = c->failure;
}

void call_warn(struct call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(c, format, arguments);
    va_end(arguments);
}

void call_complain(struct call *c, const char *format, ...)
{
    va_list arguments;
    call_order(c);
    va_start(arguments, format);
    buf_print_list(&c->err, format, arguments);
    va_end(arguments);
}

enum step call_done(struct call *c)
{
    (void)c;
    return STEP_DONE;
}

enum step call_exit(struct call *c, int status)
{
    c->status = status;
    return STEP_DONE;
}

/* --- quoting --------------------------------------------------------------------------------- */

struct str call_locale_name(const struct call *c, const char *category)
{
    const char *const names[] = {"LC_ALL", category, "LANG"};
    struct str value;
    for (int i = 0; c->task->environment && i < 3; i++)
        if (environment_find(c->task->environment, names[i], &value) && value.length)
            return value;
    return str_lit("C.UTF-8");
}

enum locale call_locale(const struct call *c)
{
    return utf8_locale(call_locale_name(c, "LC_CTYPE"));
}

static struct str quote(struct call *c, struct str text, enum quote_style style, const char *also)
{
    struct buf out;
    buf_init(&out, c->heap);
    quote_add(&out, text, style, call_locale(c), also);
    return buf_str(&out);
}

struct str call_quote(struct call *c, struct str name)
{
    return quote(c, name, QUOTE_SHELL_ESCAPE_ALWAYS, NULL);
}

struct str call_quote_if_needed(struct call *c, struct str name)
{
    return quote(c, name, QUOTE_SHELL_ESCAPE, NULL);
}

struct str call_quote_for_colon(struct call *c, struct str name)
{
    return quote(c, name, QUOTE_SHELL_ESCAPE, ":");
}

struct str call_quote_word(struct call *c, struct str word)
{
    return quote(c, word, QUOTE_LOCALE, NULL);
}

/* --- options --------------------------------------------------------------------------------- */

bool call_has(const struct call *c, int letter)
{
    return call_count(c, letter) > 0;
}

size_t call_count(const struct call *c, int letter)
{
    size_t count = 0;
    for (size_t i = 0; i < c->option_count; i++)
        count += c->options[i].letter == letter;
    return count;
}

bool call_value(const struct call *c, int letter, struct str *value)
{
    for (size_t i = c->option_count; i > 0; i--)
        if (c->options[i - 1].letter == letter) {
            *value = c->options[i - 1].value;
            return true;
        }
    return false;
}

int call_last(const struct call *c, const char *letters)
{
    for (size_t i = c->option_count; i > 0; i--) {
        int letter = c->options[i - 1].letter;
        if (letter > 0 && letter < 256 && strchr(letters, letter))
            return letter;
    }
    return 0;
}

static int trouble(const struct call *c)
{
    return c->command->trouble ? c->command->trouble : 1;
}

static int try_help(struct call *c)
{
    if (c->command->flags & COMMAND_HELP) {
        struct buf out = c->out;
        c->out = c->err;
        call_print_help(c);
        c->err = c->out;
        c->out = out;
        return c->status = trouble(c);
    }
    if (c->command->flags & COMMAND_USAGE)
        call_complain(c, "Usage: %S %s\n", c->name, c->command->usage);
    if (c->command->flags & COMMAND_NAMED_HINT)
        call_complain(c, "%S: ", c->name);
    call_complain(c, "Try '%S --help' for more information.\n", c->name);
    return c->status = trouble(c);
}

int call_usage_error(struct call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (format && *format)
        complain(c, format, arguments);
    va_end(arguments);
    return try_help(c);
}

int call_missing_operand(struct call *c)
{
    return call_usage_error(c, "missing operand");
}

int call_extra_operand(struct call *c, struct str operand)
{
    return call_usage_error(c, "extra operand %S", call_quote_word(c, operand));
}

int call_choose(struct call *c, const char *option, struct str value, const char *const *words)
{
    int found = -1, group = 0, found_group = 0;
    bool ambiguous = false;
    for (int i = 0; words[i]; i++) {
        bool synonym = words[i][0] == '=';
        struct str word = str_from(words[i] + synonym);
        group += !synonym;
        if (str_equal(value, word))
            return i;
        if (value.length && word.length > value.length && memcmp(word.data, value.data, value.length) == 0) {
            ambiguous |= found >= 0 && found_group != group;
            found = i;
            found_group = group;
        }
    }
    if (found >= 0 && !ambiguous)
        return found;
    call_warn(c, "%s argument %S for %S", ambiguous ? "ambiguous" : "invalid", call_quote_word(c, value),
              call_quote_word(c, str_from(option)));
    call_complain(c, "Valid arguments are:");
    for (int i = 0; words[i]; i++) {
        bool synonym = words[i][0] == '=';
        call_complain(c, synonym ? ", %S" : "\n  - %S", call_quote_word(c, str_from(words[i] + synonym)));
    }
    call_complain(c, "\n");
    try_help(c);
    c->status = 1; /* even where trouble is 2 */
    return -1;
}

static bool add_option(struct call *c, int letter, struct str value)
{
    c->options = array_grow(c->heap, c->options, c->option_count, sizeof *c->options);
    c->options[c->option_count++] = (struct given_option){letter, value};
    return true;
}

static void add_operand(struct call *c, struct str operand)
{
    c->operands[c->operand_count++] = operand;
}

static const struct option *find_letter(const struct call *c, int letter)
{
    for (const struct option *o = c->command->options; o && (o->letter || o->name); o++)
        if (o->letter == letter && letter < OPTION_LONG)
            return o;
    return NULL;
}

static const struct option common[] = {
    {OPTION_LONG + 1000, "help", NULL, "display this help and exit"},
    {OPTION_LONG + 1001, "version", NULL, "output version information and exit"},
    {0},
};
enum { HELP = OPTION_LONG + 1000, VERSION };

/* The long option that `name` is or abbreviates: NULL and *ambiguous. */
static const struct option *find_long(const struct call *c, struct str name, bool *ambiguous)
{
    const struct option *found = NULL;
    *ambiguous = false;
    const struct option *const tables[] = {c->command->options, common};
    for (int i = 0; i < 2; i++)
        for (const struct option *o = tables[i]; o && (o->letter || o->name); o++) {
            if (!o->name || strncmp(o->name, name.data, name.length) != 0)
                continue;
            if (strlen(o->name) == name.length)
                return *ambiguous = false, o;
            if (found && found->letter != o->letter)
                *ambiguous = true;
            found = o;
        }
    return *ambiguous ? NULL : found;
}

static int say_ambiguous(struct call *c, struct str name)
{
    buf_print(&c->err, "%S%S: option '--%S' is ambiguous; possibilities:", call_where(c), c->name, name);
    const struct option *const tables[] = {c->command->options, common};
    for (int i = 0; i < 2; i++)
        for (const struct option *o = tables[i]; o && (o->letter || o->name); o++)
            if (o->name && strncmp(o->name, name.data, name.length) == 0)
                buf_print(&c->err, " '--%s'", o->name);
    buf_add_byte(&c->err, '\n');
    return try_help(c);
}

static bool is_optional(const struct option *o)
{
    return o->argument && o->argument[0] == '[';
}

static int parse_long(struct call *c, struct str word, size_t *at)
{
    struct str name = str_after(word, 2), value = {0};
    ptrdiff_t equals = str_find(name, '=');
    if (equals >= 0) {
        value = str_after(name, (size_t)equals + 1);
        name = str_first(name, (size_t)equals);
    }
    bool ambiguous;
    const struct option *o = find_long(c, name, &ambiguous);
    if (c->command->misused && (ambiguous || !o || (!o->argument && equals >= 0) || (o->argument && equals < 0 && !is_optional(o) &&
                                                                                    *at + 1 >= c->argc))) {
        int status = c->command->misused(c, o && !ambiguous ? o->letter : 0);
        if (status >= 0)
            return c->status = status;
    }
    if (ambiguous)
        return say_ambiguous(c, equals >= 0 ? str_after(word, 2) : name);
    if (!o)
        return call_usage_error(c, "unrecognized option '--%S'", equals >= 0 ? str_after(word, 2) : name);
    if (!o->argument && equals >= 0)
        return call_usage_error(c, "option '--%s' doesn't allow an argument", o->name);
    if (o->argument && equals < 0 && !is_optional(o)) {
        if (*at + 1 >= c->argc)
            return call_usage_error(c, "option '--%s' requires an argument", o->name);
        value = c->argv[++*at];
    }
    add_option(c, o->letter, value);
    return 0;
}

static int parse_short(struct call *c, struct str word, size_t *at)
{
    for (size_t i = 1; i < word.length; i++) {
        char letter = word.data[i];
        if ((c->command->flags & COMMAND_DIGITS_FIRST) && letter >= '0' && letter <= '9')
            return call_usage_error(c, "invalid trailing option -- %c", letter);
        if ((c->command->flags & COMMAND_DIGITS) && letter >= '0' && letter <= '9' && !find_letter(c, letter)) {
            size_t from = i;
            while (i + 1 < word.length && word.data[i + 1] >= '0' && word.data[i + 1] <= '9')
                i++;
            add_option(c, c->command->number, str_of(word.data + from, i + 1 - from));
            continue;
        }
        const struct option *o = find_letter(c, (unsigned char)letter);
        if (c->command->misused && (!o || (o->argument && i + 1 == word.length && !is_optional(o) && *at + 1 >= c->argc))) {
            int status = c->command->misused(c, o ? letter : 0);
            if (status >= 0)
                return c->status = status;
        }
        if (!o)
            return call_usage_error(c, "invalid option -- '%c'", letter);
        struct str value = {0};
        if (o->argument) {
            value = str_after(word, i + 1);
            if (value.length == 0 && !is_optional(o)) {
                if (*at + 1 >= c->argc)
                    return call_usage_error(c, "option requires an argument -- '%c'", letter);
                value = c->argv[++*at];
            } else if (value.length == 0) {
                value = (struct str){0};
            }
            add_option(c, o->letter, value);
            return 0;
        }
        add_option(c, o->letter, value);
    }
    return 0;
}

static void print_option(struct buf *out, const struct option *o)
{
    if (!o->help)
        return;
    size_t from = out->length;
    if (o->letter && o->letter < OPTION_LONG)
        buf_print(out, o->name ? "  -%c, " : "  -%c", o->letter);
    else
        buf_add_text(out, "      ");
    if (o->name)
        buf_print(out, "--%s", o->name);
    if (o->argument && is_optional(o))
        buf_print(out, o->name ? "[=%s" : "%s", o->argument + (o->name ? 1 : 0));
    else if (o->argument)
        buf_print(out, o->name ? "=%s" : " %s", o->argument);
    size_t width = out->length - from;
    if (width < 28)
        buf_fill(out, ' ', 29 - width - (width < 28 ? 0 : 1));
    else
        buf_add_text(out, "\n                             ");
    buf_print(out, "%s\n", o->help);
}

void call_print_help(struct call *c)
{
    const struct command *k = c->command;
    const char *usage = k->usage ? k->usage : "";
    bool first = true;
    do {
        const char *end = strchr(usage, '\n');
        size_t length = end ? (size_t)(end - usage) : strlen(usage);
        call_format(c, "%s %S%s%S\n", first ? "Usage:" : "  or: ", c->name, length ? " " : "", str_of(usage, length));
        usage += length + (end != NULL);
        first = false;
    } while (*usage);
    if (k->summary) {
        char head = k->summary[0];
        call_format(c, "%c%s%s\n", head >= 'a' && head <= 'z' ? head - 32 : head, k->summary + 1,
                    str_ends(str_from(k->summary), ".") ? "" : ".");
    }
    call_print_byte(c, '\n');
    for (const struct option *o = k->options; o && (o->letter || o->name); o++)
        print_option(&c->out, o);
    for (const struct option *o = common; o->name; o++)
        print_option(&c->out, o);
    if (k->help)
        call_format(c, "\n%s%s", k->help, str_ends(str_from(k->help), "\n") ? "" : "\n");
}

void call_print_version(struct call *c)
{
    call_format(c, "%S (nacre) 0.1.0\n", c->name);
}

static bool is_number(struct str word)
{
    return word.data[0] == '-' && (word.data[1] == '.' || (word.data[1] >= '0' && word.data[1] <= '9'));
}

/* Words to options and operands: 0, or -1 when the call is over with c->status. */
static int parse_options(struct call *c)
{
    const struct command *k = c->command;
    bool in_order = k->flags & COMMAND_IN_ORDER, only_operands = false;
    struct str posix;
    if (c->task->environment && environment_find(c->task->environment, "POSIXLY_CORRECT", &posix))
        in_order = true;
    c->operands = heap_alloc(c->heap, c->argc * sizeof *c->operands + 1);
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (k->flags & COMMAND_RAW || only_operands || word.length < 2 || word.data[0] != '-' ||
            (k->flags & COMMAND_NUMBERS && is_number(word))) {
            add_operand(c, word);
            only_operands |= in_order;
            continue;
        }
        if (word.length == 2 && word.data[1] == '-') {
            only_operands = true;
            continue;
        }
        if (i == 1 && k->flags & COMMAND_DIGITS_FIRST && word.data[1] >= '0' && word.data[1] <= '9') {
            add_option(c, k->number, str_after(word, 1));
            continue;
        }
        if (word.data[1] == '-' ? parse_long(c, word, &i) : parse_short(c, word, &i))
            return -1;
        int last = c->option_count ? c->options[c->option_count - 1].letter : 0;
        if (last == HELP) {
            call_print_help(c);
            c->status = 0;
            return -1;
        }
        if (last == VERSION) {
            call_print_version(c);
            c->status = 0;
            return -1;
        }
    }
    return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static struct str last_component(struct str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash >= 0 && (size_t)slash + 1 < path.length ? str_after(path, (size_t)slash + 1) : path;
}

void call_begin(struct call *c, struct task *t, struct heap *heap, const struct command *command,
                const struct str *words, size_t count, struct shell *shell)
{
    struct str (*where)(struct shell *) = c->where;
    *c = (struct call){.task = t, .heap = heap, .meter = &t->sandbox->meter, .command = command, .shell = shell, .where = where,
                       .failure = 1};
    buf_init(&c->out, heap);
    buf_init(&c->err, heap);
    c->argv = heap_alloc(heap, count * sizeof *c->argv + 1);
    memcpy(c->argv, words, count * sizeof *words);
    c->argc = count;
    c->name = shell ? words[0] : last_component(words[0]);
    if (parse_options(c) < 0) {
        c->finished = true;
        return;
    }
    if (command->state)
        c->state = heap_zero(heap, command->state);
    if (command->start) {
        int status = command->start(c);
        if (status) {
            c->status = status;
            c->finished = true;
        }
    }
}

/* Writes what is queued: 0 when all has gone, E_WAIT, or another error and then the queue is empty. */
static int flush(struct call *c, int fd, struct buf *queue)
{
    size_t gone = 0;
    int error = 0;
    struct file *f = fds_get(c->task, fd);
    while (gone < queue->length && !error) {
        int64_t n = f ? file_write(f, c->task, str_after(buf_str(queue), gone)) : E_BADF;
        if (n < 0)
            error = (int)n;
        else
            gone += (size_t)n;
    }
    if (error == E_WAIT) {
        buf_drop_front(queue, gone);
        return E_WAIT;
    }
    buf_clear(queue);
    return error;
}

static void output_failed(struct call *c, int error)
{
    c->broken = true;
    if (error == E_PIPE && !(c->task->ignored & SIGNAL_BIT(SIGNAL_PIPE)) && !c->shell)
        return; /* the signal ends it */
    if (error == E_FBIG)
        return;
    const char *what = c->command->flags & COMMAND_NAMED_HINT ? "standard output" : "write error";
    buf_print(&c->err, "%S%S: %s: %m\n", call_where(c), c->name, what, error);
    c->status = c->shell ? 1 : trouble(c) > 1 ? trouble(c) : 1;
    c->finished = true;
}

/* What was set aside goes first: 0 or E_WAIT. */
static int flush_before(struct call *c)
{
    while (c->piece_count) {
        struct queued *piece = &c->pieces[0];
        struct file *f = c->broken && piece->fd == 1 ? NULL : fds_get(c->task, piece->fd);
        int64_t gone = f ? file_write(f, c->task, str_first(buf_str(&c->before), piece->length)) : E_BADF;
        if (gone < 0 && gone != E_WAIT) {
            if (piece->fd == 1 && !c->broken)
                output_failed(c, (int)gone);
            gone = (int64_t)piece->length;
        }
        if (gone == E_WAIT)
            return E_WAIT;
        buf_drop_front(&c->before, (size_t)gone);
        piece->length -= (size_t)gone;
        if (!piece->length)
            memmove(c->pieces, c->pieces + 1, --c->piece_count * sizeof *c->pieces);
    }
    return 0;
}

enum step call_step(struct call *c)
{
    for (;;) {
        if (c->piece_count && flush_before(c) == E_WAIT)
            return STEP_WAIT;
        if (c->err.length) {
            int error = flush(c, 2, &c->err);
            if (error == E_WAIT)
                return STEP_WAIT;
        }
        if (c->out.length && (c->finished || c->flushing || c->out.length >= CALL_QUEUE)) {
            if (c->broken)
                buf_clear(&c->out);
            int error = flush(c, 1, &c->out);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                output_failed(c, error);
                if (c->task->pending)
                    return STEP_AGAIN;
                continue;
            }
        }
        c->flushing = false;
        if (c->finished)
            return STEP_DONE;
        if (!meter_go(c->meter))
            return STEP_AGAIN;
        enum step step = c->command->step ? c->command->step(c) : STEP_DONE;
        if (step == STEP_GONE)
            return STEP_AGAIN; /* `c` is no more */
        if (step == STEP_DONE)
            c->finished = true;
        if (step == STEP_WAIT) {
            if (c->task->sandbox->vfs.fault.kind != FAULT_NONE)
                return STEP_WAIT;
            if (c->paused) { /* not for want of input, but of fuel or of room for output */
                c->paused = false;
                continue;
            }
            if (c->out.length == 0 && c->err.length == 0)
                return STEP_WAIT;
            c->flushing = true; /* who waits has said what there is to say */
            int error = c->piece_count ? flush_before(c) : 0;
            if (!error && c->err.length)
                error = flush(c, 2, &c->err);
            if (!error && c->out.length)
                error = flush(c, 1, &c->out);
            if (error && error != E_WAIT)
                output_failed(c, error);
            if (!c->finished)
                return STEP_WAIT;
        }
    }
}

void call_end(struct call *c)
{
    if (c->input)
        input_settle(c->input);
    heap_clear(c->heap);
}

enum step call_task_step(struct task *t)
{
    struct call *c = t->state;
    enum step step = call_step(c);
    if (step == STEP_DONE) {
        t->status = c->status;
        if (c->input)
            input_settle(c->input);
    }
    return step;
}

static const struct task_kind command_kind = {"command", call_task_step, NULL, NULL};

/* Makes `t` run `command`; words are on its heap. */
void call_in_task(struct task *t, const struct command *command, const struct str *words, size_t count)
{
    struct call *c = heap_new(&t->heap, struct call);
    t->kind = &command_kind;
    t->state = c;
    t->name = last_component(words[0]);
    t->arguments = heap_alloc(&t->heap, count * sizeof *words + 1);
    memcpy(t->arguments, words, count * sizeof *words);
    t->argument_count = count;
    call_begin(c, t, &t->heap, command, t->arguments, count, NULL);
}

int call_become(struct call *c, struct exec *e)
{
    int error;
    e->in_place = c->task;
    return task_exec(c->task, e, &error) ? 1 : error;
}

