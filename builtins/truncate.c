/* builtins/truncate.c - shrink or extend files to a size. */
#include "builtins/text.h"
#include "task/sandbox.h"

static const struct option options[] = {
    {'c', "no-create", NULL, "do not create any files"},
    {'o', "io-blocks", NULL, "treat SIZE as number of IO blocks instead of bytes"},
    {'r', "reference", "RFILE", "base size on RFILE"},
    {'s', "size", "SIZE", "set or adjust the file size by SIZE bytes; + - < > / % before it: extend, reduce, at most, at least, "
                          "round down, round up"},
    {0},
};

struct truncate {
    char how;          /* one of + - < > / %, or 0: that size */
    int64_t size, base; /* base: the reference's size, -1: none */
    bool has_size, ready;
    size_t operand;
};

static struct str skip_blanks(struct str s)
{
    while (s.length && (s.data[0] == ' ' || (s.data[0] >= '\t' && s.data[0] <= '\r')))
        s = str_after(s, 1);
    return s;
}

static int start(struct call *c)
{
    struct truncate *t = c->state;
    struct str text;
    t->base = -1;
    t->has_size = call_value(c, 's', &text);
    bool reference = call_has(c, 'r');
    if (t->has_size) {
        struct str s = skip_blanks(text);
        if (s.length && strchr("<>/%", s.data[0]) && s.data[0]) {
            t->how = s.data[0];
            s = skip_blanks(str_after(s, 1));
        }
        text = s; /* messages show it without that */
        if (s.length && (s.data[0] == '+' || s.data[0] == '-')) {
            if (t->how)
                return call_usage_error(c, "multiple relative modifiers specified");
            t->how = s.data[0];
            s = str_after(s, 1);
            if (s.length == 0 || s.data[0] < '0' || s.data[0] > '9')
                s = (struct str){0};
        }
        uint64_t size;
        int error = text_count(s, "EgGkKmMPtTYZ0", &size);
        if (error || size > INT64_MAX) {
            if (error == E_OVERFLOW || !error)
                call_error(c, "Invalid number: %S: %m", call_quote_word(c, text), E_OVERFLOW);
            else
                call_error(c, "Invalid number: %S", call_quote_word(c, text));
            return 1;
        }
        t->size = (int64_t)size;
        if ((t->how == '/' || t->how == '%') && size == 0) {
            call_error(c, "division by zero");
            return 1;
        }
    }
    if (!t->has_size && !reference)
        return call_usage_error(c, "you must specify either %S or %S", call_quote_word(c, str_lit("--size")),
                                call_quote_word(c, str_lit("--reference")));
    if (t->has_size && reference && !t->how)
        return call_usage_error(c, "you must specify a relative %S with %S", call_quote_word(c, str_lit("--size")),
                                call_quote_word(c, str_lit("--reference")));
    if (call_has(c, 'o') && !t->has_size)
        return call_usage_error(c, "%S was specified but %S was not", call_quote_word(c, str_lit("--io-blocks")),
                                call_quote_word(c, str_lit("--size")));
    if (c->operand_count == 0)
        return call_usage_error(c, "missing file operand");
    if (call_has(c, 'o'))
        t->size = t->size > INT64_MAX / 4096 ? INT64_MAX : t->size * 4096;
    return 0;
}

/* The size to be, from the size there is; below 0: too big. */
static int64_t wanted(const struct truncate *t, int64_t size)
{
    if (t->base >= 0)
        size = t->base;
    if (!t->has_size)
        return size;
    int64_t rest;
    switch (t->how) {
    case '+': return t->size > INT64_MAX - size ? -1 : size + t->size;
    case '-': return size > t->size ? size - t->size : 0;
    case '<': return size < t->size ? size : t->size;
    case '>': return size > t->size ? size : t->size;
    case '/': return size / t->size * t->size;
    case '%':
        rest = size % t->size;
        return rest == 0 ? size : size - rest > INT64_MAX - t->size ? -1 : size - rest + t->size;
    default:  return t->size;
    }
}

static int truncate(struct call *c, struct truncate *t, struct str path)
{
    struct file *file;
    int error = file_open(c->task, path, OPEN_WRITE | (call_has(c, 'c') ? 0u : OPEN_CREATE), 0666, &file);
    if (error == E_WAIT || (error == E_NOENT && call_has(c, 'c')))
        return error == E_WAIT ? error : 0;
    if (error) {
        call_error(c, "cannot open %S for writing: %m", call_quote(c, path), error);
        return 0;
    }
    struct stat_info info;
    error = file_stat(file, &info);
    int64_t size = error ? 0 : wanted(t, (int64_t)info.size);
    if (!error && size < 0) {
        call_error(c, "overflow extending size of file %S", call_quote(c, path));
    } else if (!error) {
        error = file->kind == FILE_INODE ? vfs_truncate(&c->task->sandbox->vfs, file->number, (uint64_t)size) : E_INVAL;
        if (error && error != E_WAIT)
            call_error(c, "failed to truncate %S at %lld bytes: %m", call_quote(c, path), (long long)size, error);
    }
    file_close(file);
    return error == E_WAIT ? error : 0;
}

static enum step step(struct call *c)
{
    struct truncate *t = c->state;
    struct str reference;
    if (!t->ready && call_value(c, 'r', &reference)) {
        struct stat_info info;
        int error = call_stat(c, reference, true, &info);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            call_error(c, "cannot stat %S: %m", call_quote(c, reference), error);
            return call_exit(c, 1);
        }
        t->base = (int64_t)info.size;
    }
    t->ready = true;
    for (; t->operand < c->operand_count; t->operand++) {
        if (!call_go(c))
            return STEP_AGAIN;
        int64_t fuel = c->meter->fuel;
        if (task_charged(c->task, fuel, truncate(c, t, c->operands[t->operand])) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
    }
    return call_done(c);
}

const struct command command_truncate = {
    .name = "truncate",
    .usage = "OPTION... FILE...",
    .summary = "shrink or extend the size of each FILE to the specified size",
    .options = options,
    .state = sizeof(struct truncate),
    .start = start,
    .step = step,
};
