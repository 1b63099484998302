/* builtins/touch.c - change times of files, making those that are missing. */
#include "builtins/stamp.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_TIME = OPTION_LONG };

static const struct option options[] = {
    {'a', NULL, NULL, "change only the access time"},
    {'c', "no-create", NULL, "do not create any files"},
    {'d', "date", "STRING", "parse STRING and use it instead of current time"},
    {'f', NULL, NULL, "(ignored)"},
    {'h', "no-dereference", NULL, "affect each symbolic link instead of any referenced file"},
    {'m', NULL, NULL, "change only the modification time"},
    {'r', "reference", "FILE", "use this file's times instead of current time"},
    {'t', NULL, "STAMP", "use [[CC]YY]MMDDhhmm[.ss] instead of current time"},
    {LONG_TIME, "time", "WORD", "change the specified time: access, atime, use (-a); modify, mtime (-m)"},
    {0},
};

struct touch {
    bool access, modify, given;
    int64_t atime, mtime;
    struct str reference;
    bool has_reference, ready;
    size_t operand;
};

static int start(struct call *c)
{
    struct touch *t = c->state;
    static const char *const words[] = {"atime", "=access", "=use", "mtime", "=modify", NULL};
    for (size_t i = 0; i < c->option_count; i++) {
        int which;
        switch (c->options[i].letter) {
        case 'a': t->access = true; break;
        case 'm': t->modify = true; break;
        case LONG_TIME:
            which = call_choose(c, "--time", c->options[i].value, words);
            if (which < 0)
                return 1;
            *(which < 3 ? &t->access : &t->modify) = true;
            break;
        case 't': /* looked at before anything else */
            if (!stamp_parse_digits(c, c->options[i].value, sandbox_now(c->task->sandbox), &t->atime)) {
                call_error(c, "invalid date format %S", call_quote_word(c, c->options[i].value));
                return 1;
            }
            break;
        default: break;
        }
    }
    if (!t->access && !t->modify)
        t->access = t->modify = true;
    t->atime = t->mtime = TIME_NOW;
    t->has_reference = call_value(c, 'r', &t->reference);
    if (call_has(c, 't') && (t->has_reference || call_has(c, 'd')))
        return call_usage_error(c, "cannot specify times from more than one source");
    if (c->operand_count == 0)
        return call_usage_error(c, "missing file operand");
    return 0;
}

/* The times to set: 0, E_WAIT, or 1 after a message. */
static int prepare(struct call *c, struct touch *t)
{
    struct str text;
    int64_t now = sandbox_now(c->task->sandbox);
    t->atime = t->mtime = TIME_NOW;
    if (t->has_reference) {
        struct stat_info info;
        int error = call_stat(c, t->reference, !call_has(c, 'h'), &info);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "failed to get attributes of %S: %m", call_quote(c, t->reference), error);
            return 1;
        }
        t->atime = info.atime;
        t->mtime = info.mtime;
    }
    if (call_value(c, 'd', &text)) {
        int64_t first = t->has_reference ? t->atime : now, second = t->has_reference ? t->mtime : now;
        if (!stamp_parse(c, text, first, &t->atime) || !stamp_parse(c, text, second, &t->mtime)) {
            call_error(c, "invalid date format %S", call_quote_word(c, text));
            return 1;
        }
    } else if (call_value(c, 't', &text)) {
        if (!stamp_parse_digits(c, text, now, &t->atime)) {
            call_error(c, "invalid date format %S", call_quote_word(c, text));
            return 1;
        }
        t->mtime = t->atime;
    }
    t->ready = true;
    return 0;
}

/* 0 or an error, E_WAIT among them; *open_error says why it could not be opened before its times were to be set. */
static int touch(struct call *c, struct touch *t, struct str path, int *open_error)
{
    bool follow = !call_has(c, 'h'), opens = follow && !call_has(c, 'c');
    struct stat_info info;
    int error = call_stat(c, path, follow, &info);
    if (error == E_WAIT)
        return error;
    if (error && opens) {
        struct file *file;
        int failed = file_open(c->task, path, OPEN_WRITE | OPEN_CREATE, 0666, &file);
        if (failed == E_WAIT)
            return failed;
        if (failed) {
            *open_error = failed == E_ISDIR ? 0 : failed; /* "x/", which is not about opening */
            return error;
        }
        file_close(file);
        if (t->atime == TIME_NOW && t->mtime == TIME_NOW && t->access && t->modify)
            return 0;
    } else if (error) {
        return error;
    } else if (opens && info.kind != NODE_DIRECTORY) {
        *open_error = vfs_access(&c->task->sandbox->vfs, c->task->who, info.number, MAY_WRITE);
    }
    return call_touch(c, path, t->access ? t->atime : TIME_SAME, t->modify ? t->mtime : TIME_SAME, follow);
}

static enum step step(struct call *c)
{
    struct touch *t = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!t->ready) {
            int error = prepare(c, t);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        }
        if (t->operand == c->operand_count)
            return call_done(c);
        struct str path = c->operands[t->operand];
        int open_error = 0;
        if (str_is(path, "-")) { /* standard output */
            struct file *out = fds_get(c->task, 1);
            if (out && out->kind == FILE_INODE)
                vfs_set_times(&c->task->sandbox->vfs, c->task->who, out->number, t->access ? t->atime : TIME_SAME,
                              t->modify ? t->mtime : TIME_SAME);
            t->operand++;
            continue;
        }
        int64_t fuel = c->meter->fuel;
        int error = task_charged(c->task, fuel, touch(c, t, path, &open_error));
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error && !(error == E_NOENT && call_has(c, 'c'))) {
            call_error(c, open_error ? "cannot touch %S: %m" : "setting times of %S: %m", call_quote(c, path),
                       open_error ? open_error : error);
        }
        t->operand++;
    }
}

const struct command command_touch = {
    .name = "touch",
    .usage = "[OPTION]... FILE...",
    .summary = "update the access and modification times of each FILE to the current time",
    .options = options,
    .state = sizeof(struct touch),
    .start = start,
    .step = step,
};
