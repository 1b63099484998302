/* builtins/mktemp.c - make a file or directory with a name of its own. */
#include "builtins/paths.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_SUFFIX = OPTION_LONG };

static const struct option options[] = {
    {'d', "directory", NULL, "create a directory, not a file"},
    {'u', "dry-run", NULL, "do not create anything; merely print a name (unsafe)"},
    {'q', "quiet", NULL, "suppress diagnostics about file/dir-creation failure"},
    {LONG_SUFFIX, "suffix", "SUFF", "append SUFF to TEMPLATE; SUFF must not contain a slash"},
    {'p', NULL, "DIR", "interpret TEMPLATE relative to DIR"},
    {'p', "tmpdir", "[DIR]", "interpret TEMPLATE relative to DIR; if DIR is not specified, use $TMPDIR if set, else /tmp"},
    {'t', NULL, NULL, "interpret TEMPLATE as a single file name component, relative to a directory"},
    {0},
};

struct mktemp {
    struct buf path;
    size_t from, count;  /* of the X's */
    struct str template; /* as told in messages */
    bool named;          /* the X's have been replaced */
    int tries;
};

static int fail(struct call *c, const char *format, struct str template)
{
    call_error(c, format, call_quote_word(c, template));
    return 1;
}

static int start(struct call *c)
{
    struct mktemp *m = c->state;
    struct str template = c->operand_count ? c->operands[0] : str_lit("tmp.XXXXXXXXXX"), suffix = {0}, directory = {0}, value;
    bool relative = c->operand_count == 0, bare = call_has(c, 't');
    if (c->operand_count > 1)
        return call_usage_error(c, "too many templates");
    bool given = call_value(c, 'p', &value);
    if (given || bare)
        relative = true;
    size_t end = template.length;
    bool has_suffix = call_value(c, LONG_SUFFIX, &suffix);
    if (has_suffix) {
        if (!end || template.data[end - 1] != 'X')
            return fail(c, "with --suffix, template %S must end in X", template);
    } else {
        ptrdiff_t last = str_find_last(template, 'X');
        if (last < 0)
            return fail(c, "too few X's in template %S", template);
        end = (size_t)last + 1;
        suffix = str_after(template, end);
    }
    if (str_find(suffix, '/') >= 0)
        return fail(c, "invalid suffix %S, contains directory separator", suffix);
    while (end > m->count && template.data[end - 1 - m->count] == 'X')
        m->count++;
    if (m->count < 3)
        return fail(c, "too few X's in template %S", template);
    buf_init(&m->path, c->heap);
    if (relative) {
        if (bare && str_find(template, '/') >= 0)
            return fail(c, "invalid template, %S, contains directory separator", template);
        if (!bare && template.data[0] == '/')
            return fail(c, "invalid template, %S; with --tmpdir, it may not be absolute", template);
        bool environment = environment_find(c->task->environment, "TMPDIR", &directory) && directory.length;
        if (bare && !environment)
            directory = given && value.length ? value : str_lit("/tmp");
        else if (!bare && given && value.length)
            directory = value;
        else if (!environment)
            directory = str_lit("/tmp");
        buf_add(&m->path, directory);
        if (directory.data[directory.length - 1] != '/')
            buf_add_byte(&m->path, '/');
    }
    m->from = m->path.length + end - m->count;
    buf_add(&m->path, str_first(template, end));
    buf_add(&m->path, suffix);
    m->template = str_copy(c->heap, buf_str(&m->path));
    return 0;
}

static enum step step(struct call *c)
{
    struct mktemp *m = c->state;
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    struct file *file;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!m->named) {
            for (size_t i = 0; i < m->count; i++)
                m->path.data[m->from + i] = letters[sandbox_random(c->task->sandbox) % 62];
            m->named = true;
        }
        struct str path = buf_str(&m->path);
        struct stat_info info;
        int error;
        if (call_has(c, 'u')) {
            error = call_stat(c, path, false, &info);
            error = error == E_NOENT ? 0 : error == 0 ? E_EXIST : error;
        } else if (call_has(c, 'd')) {
            error = call_make_directory(c, path, 0700);
        } else {
            error = file_open(c->task, path, OPEN_READ | OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600, &file);
            if (!error)
                file_close(file);
        }
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error == E_EXIST && m->tries++ < 10000) {
            m->named = false;
            continue;
        }
        if (error) {
            if (!call_has(c, 'q'))
                call_error(c, "failed to create %s via template %S: %m", call_has(c, 'd') ? "directory" : "file",
                           call_quote_word(c, m->template), error);
            return call_exit(c, 1);
        }
        call_print(c, path);
        call_print_byte(c, '\n');
        return call_done(c);
    }
}

const struct command command_mktemp = {
    .name = "mktemp",
    .usage = "[OPTION]... [TEMPLATE]",
    .summary = "create a temporary file or directory, safely, and print its name",
    .options = options,
    .state = sizeof(struct mktemp),
    .start = start,
    .step = step,
};
