/* builtins/chmod.c - change permission bits. */
#include "base/mode.h"
#include "builtins/text.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum { LONG_REFERENCE = OPTION_LONG, LONG_PRESERVE, LONG_NO_PRESERVE };

static const struct option options[] = {
    {'c', "changes", NULL, "like verbose but report only when a change is made"},
    {'f', "silent", NULL, "suppress most error messages"},
    {'f', "quiet", NULL, NULL},
    {'v', "verbose", NULL, "output a diagnostic for every file processed"},
    {LONG_NO_PRESERVE, "no-preserve-root", NULL, "do not treat '/' specially (the default)"},
    {LONG_PRESERVE, "preserve-root", NULL, "fail to operate recursively on '/'"},
    {LONG_REFERENCE, "reference", "RFILE", "use RFILE's mode instead of MODE values"},
    {'R', "recursive", NULL, "change files and directories recursively"},
    /* a mode that begins with a dash: -x, -rwx, -w,+x */
    {'r', NULL, "[]", NULL}, {'w', NULL, "[]", NULL}, {'x', NULL, "[]", NULL}, {'X', NULL, "[]", NULL}, {'s', NULL, "[]", NULL},
    {'t', NULL, "[]", NULL}, {'u', NULL, "[]", NULL}, {'g', NULL, "[]", NULL}, {'o', NULL, "[]", NULL}, {'a', NULL, "[]", NULL},
    {',', NULL, "[]", NULL}, {'+', NULL, "[]", NULL}, {'=', NULL, "[]", NULL}, {'0', NULL, "[]", NULL}, {'1', NULL, "[]", NULL},
    {'2', NULL, "[]", NULL}, {'3', NULL, "[]", NULL}, {'4', NULL, "[]", NULL}, {'5', NULL, "[]", NULL}, {'6', NULL, "[]", NULL},
    {'7', NULL, "[]", NULL},
    {0},
};

struct chmod {
    struct mode *mode;
    struct str reference;
    bool surprises;      /* the mode was given as an option: tell where the umask made a difference */
    bool recursive, verbose, changes, silent, has_reference;
    size_t operand;
    struct walk *walk;
    bool walking;
};

static int start(struct call *c)
{
    struct chmod *m = c->state;
    struct buf mode;
    buf_init(&mode, c->heap);
    m->recursive = call_has(c, 'R');
    m->silent = call_has(c, 'f');
    int how = call_last(c, "vc");
    m->verbose = how == 'v';
    m->changes = how != 0;
    m->has_reference = call_value(c, LONG_REFERENCE, &m->reference);
    for (size_t i = 0; i < c->option_count; i++) {
        int letter = c->options[i].letter;
        if (letter >= OPTION_LONG || strchr("cfvR", letter))
            continue;
        buf_print(&mode, "%s-%c%S", mode.length ? "," : "", letter, c->options[i].value);
        m->surprises = true;
    }
    if (m->has_reference && mode.length)
        return call_usage_error(c, "cannot combine mode and --reference options");
    if (!m->has_reference && !mode.length) {
        if (c->operand_count == 0)
            return call_missing_operand(c);
        buf_add(&mode, c->operands[0]);
        m->operand = 1;
    }
    if (m->operand >= c->operand_count) {
        if (m->has_reference || m->surprises)
            return call_missing_operand(c);
        return call_usage_error(c, "missing operand after %S", call_quote_word(c, buf_str(&mode)));
    }
    if (!m->has_reference) {
        m->mode = mode_parse(c->heap, buf_str(&mode));
        if (!m->mode)
            return call_usage_error(c, "invalid mode: %S", call_quote_word(c, buf_str(&mode)));
    }
    m->walk = walk_new(c->task, c->heap, WALK_ROOTS);
    return 0;
}

static void report(struct call *c, struct str name, uint32_t old, uint32_t new, const char *format, bool both)
{
    char before[MODE_TEXT], after[MODE_TEXT];
    mode_print(before, '-', old);
    mode_print(after, '-', new);
    if (both)
        call_format(c, format, call_quote(c, name), old, str_of(before + 1, 9), new, str_of(after + 1, 9));
    else
        call_format(c, format, call_quote(c, name), new, str_of(after + 1, 9));
}

/* 0 or E_WAIT. */
static int change(struct call *c, struct chmod *m)
{
    struct walk *w = m->walk;
    struct str path = walk_path(w);
    bool directory = w->info.kind == NODE_DIRECTORY;
    uint32_t old = w->info.mode & 07777, new = mode_apply(m->mode, old, directory, c->task->umask, NULL);
    int error = vfs_chmod(&c->task->sandbox->vfs, c->task->who, w->info.number, new);
    if (error == E_WAIT)
        return error;
    if (error) {
        if (!m->silent)
            call_error(c, "changing permissions of %S: %m", call_quote(c, path), error);
        c->status = 1;
        if (m->verbose)
            report(c, path, old, new, "failed to change mode of %S from %04o (%S) to %04o (%S)\n", true);
        return 0;
    }
    if (old != new && m->changes)
        report(c, path, old, new, "mode of %S changed from %04o (%S) to %04o (%S)\n", true);
    else if (m->verbose)
        report(c, path, old, new, "mode of %S retained as %04o (%S)\n", false);
    uint32_t naive = m->surprises ? mode_apply(m->mode, old, directory, 0, NULL) : new;
    if (new & ~naive) {
        char is[MODE_TEXT], expected[MODE_TEXT];
        mode_print(is, '-', new);
        mode_print(expected, '-', naive);
        call_error(c, "%S: new permissions are %S, not %S", call_quote_if_needed(c, path), str_of(is + 1, 9), str_of(expected + 1, 9));
    }
    return 0;
}

static void unreachable(struct call *c, struct chmod *m, const char *format, int error)
{
    struct str name = call_quote(c, walk_path(m->walk));
    c->status = 1;
    if (!m->silent)
        call_error(c, format, name, error);
    if (m->verbose)
        call_format(c, "%S could not be accessed\n", name);
}

static int visit(struct call *c, struct chmod *m, enum visit visit)
{
    struct walk *w = m->walk;
    switch (visit) {
    case VISIT_DIRECTORY: {
        if (w->info.number == VFS_ROOT && m->recursive && call_has(c, LONG_PRESERVE) &&
            !call_has(c, LONG_NO_PRESERVE)) {
            call_error(c, "it is dangerous to operate recursively on %S", call_quote(c, walk_path(w)));
            call_warn(c, "use --no-preserve-root to override this failsafe");
            walk_skip(w);
            return 0;
        }
        int error = change(c, m);
        if (error != E_WAIT && !m->recursive)
            walk_skip(w);
        return error;
    }
    case VISIT_FILE:
        if (w->info.kind != NODE_LINK)
            return change(c, m);
        if (m->verbose)
            call_format(c, "neither symbolic link %S nor referent has been changed\n", call_quote(c, walk_path(w)));
        return 0;
    case VISIT_AFTER: return 0;
    case VISIT_UNREADABLE:
        c->status = 1;
        if (!m->silent)
            call_error(c, "cannot read directory %S: %m", call_quote(c, walk_path(w)), w->error);
        return 0;
    case VISIT_BROKEN:
        if (w->error == E_NOENT)
            unreachable(c, m, "cannot operate on dangling symlink %S", 0);
        else
            unreachable(c, m, "cannot access %S: %m", w->error);
        return 0;
    default:
        unreachable(c, m, "cannot access %S: %m", w->error);
        return 0;
    }
}

static enum step step(struct call *c)
{
    struct chmod *m = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!m->mode) {
            struct stat_info info;
            int error = call_stat(c, m->reference, true, &info);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "failed to get attributes of %S: %m", call_quote(c, m->reference), error);
                return call_done(c);
            }
            char octal[8] = {'0', '0', (char)('0' + (info.mode >> 9 & 7)), (char)('0' + (info.mode >> 6 & 7)),
                             (char)('0' + (info.mode >> 3 & 7)), (char)('0' + (info.mode & 7))};
            m->mode = mode_parse(c->heap, str_of(octal, 6));
        }
        if (!m->walking) {
            if (m->operand == c->operand_count)
                return call_done(c);
            walk_start(m->walk, c->operands[m->operand++]);
            m->walking = true;
        }
        enum visit event = walk_next(m->walk);
        if (event == VISIT_WAIT)
            return STEP_WAIT;
        if (event == VISIT_END)
            m->walking = false;
        else
            visit(c, m, event);
    }
}

const struct command command_chmod = {
    .name = "chmod",
    .usage = "[OPTION]... MODE[,MODE]... FILE...\n[OPTION]... OCTAL-MODE FILE...\n[OPTION]... --reference=RFILE FILE...",
    .summary = "change the mode of each FILE to MODE",
    .help = "Each MODE is of the form '[ugoa]*([-+=]([rwxXst]*|[ugo]))+|[-+=][0-7]+'.\n",
    .options = options,
    .state = sizeof(struct chmod),
    .start = start,
    .step = step,
};
