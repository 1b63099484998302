/* builtins/mkdir.c - make directories. */
#include "base/mode.h"
#include "builtins/context.h"
#include "builtins/paths.h"
#include "builtins/text.h"

enum { LONG_CONTEXT = OPTION_LONG };

static const struct option options[] = {
    {LONG_CONTEXT, "context", "[CTX]", "like -Z, or if CTX is specified then set the SELinux security context to CTX: nothing is done"},
    {'m', "mode", "MODE", "set file mode (as in chmod), not a=rwx - umask"},
    {'p', "parents", NULL, "no error if existing, make parent directories as needed"},
    {'v', "verbose", NULL, "print a message for each created directory"},
    {'Z', NULL, NULL, "set SELinux security context of each created directory to the default type: nothing is done"},
    {0},
};

struct mkdir {
    size_t operand, at;
    struct mode *mode;
    uint32_t bits;   /* of the last component, whatever the umask */
    bool set_mode;   /* it was made: its mode is still to be set */
};

static int start(struct call *c)
{
    struct mkdir *m = c->state;
    struct str text;
    context_ignore(c, LONG_CONTEXT, "SELinux/SMACK");
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (call_value(c, 'm', &text)) {
        m->mode = mode_parse(c->heap, text);
        if (!m->mode) {
            call_error(c, "invalid mode %S", call_quote_word(c, text));
            return 1;
        }
        m->bits = mode_apply(m->mode, 0777, true, c->task->umask, NULL);
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct mkdir *m = c->state;
    bool parents = call_has(c, 'p');
    for (; m->operand < c->operand_count; m->operand++, m->at = 0) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str path = c->operands[m->operand], part = path;
        int error = 0;
        bool made = false;
        if (m->set_mode)
            goto set_mode;
        if (parents) {
            /* Parents can always be written and entered by their owner. */
            uint32_t umask = c->task->umask;
            bool last;
            do {
                size_t end = path_trim(path).length;
                c->task->umask = umask & ~0300u;
                error = path_make_next(c, path, false, 0777, &m->at, &made, &part);
                c->task->umask = umask;
                last = error || !made;
                if (made && call_has(c, 'v'))
                    call_format(c, "mkdir: created directory %S\n", call_quote(c, part));
                (void)end;
            } while (!last);
            if (!error) {
                error = path_make_next(c, path, true, 0777, &m->at, &made, &part);
                if (path.length == 0)
                    error = E_NOENT;
            }
        } else {
            error = call_make_directory(c, path, 0777);
            made = error == 0;
        }
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error) {
            call_error(c, "cannot create directory %S: %m", call_quote_word(c, parents ? part : path), error);
            continue;
        }
        if (made && call_has(c, 'v'))
            call_format(c, "mkdir: created directory %S\n", call_quote(c, path));
        if (!made || !m->mode)
            continue;
        m->set_mode = true;
    set_mode:
        error = call_chmod(c, path, m->bits, true);
        if (error == E_WAIT)
            return STEP_WAIT;
        m->set_mode = false;
        if (error)
            call_error(c, "cannot set permissions of %S: %m", call_quote(c, path), error);
    }
    return call_done(c);
}

const struct command command_mkdir = {
    .name = "mkdir",
    .usage = "[OPTION]... DIRECTORY...",
    .summary = "create the DIRECTORY(ies), if they do not already exist",
    .options = options,
    .state = sizeof(struct mkdir),
    .start = start,
    .step = step,
};
