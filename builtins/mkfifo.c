/* builtins/mkfifo.c - make named pipes. */
#include "base/mode.h"
#include "builtins/context.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_CONTEXT = OPTION_LONG };

static const struct option options[] = {
    {LONG_CONTEXT, "context", "[CTX]", "like -Z, or if CTX is specified then set the SELinux security context to CTX: nothing is done"},
    {'m', "mode", "MODE", "set file permission bits to MODE, not a=rw - umask"},
    {'Z', NULL, NULL, "set SELinux security context of each created pipe to the default type: nothing is done"},
    {0},
};

struct mkfifo {
    uint32_t mode;
    size_t operand;
};

static int start(struct call *c)
{
    struct mkfifo *m = c->state;
    struct str text;
    context_ignore(c, LONG_CONTEXT, "SELinux/SMACK");
    m->mode = 0666 & ~c->task->umask;
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (call_value(c, 'm', &text)) {
        struct mode *mode = mode_parse(c->heap, text);
        if (!mode) {
            call_error(c, "invalid mode");
            return 1;
        }
        m->mode = mode_apply(mode, 0666, false, c->task->umask, NULL);
        if (m->mode & ~0777u) {
            call_error(c, "mode must specify only file permission bits");
            return 1;
        }
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct mkfifo *m = c->state;
    for (; m->operand < c->operand_count; m->operand++) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str path = c->operands[m->operand];
        struct place place;
        memset(&place, 0, sizeof place);
        int64_t fuel = c->meter->fuel, made;
        int error = task_walk(c->task, path, WALK_PARENT, &place);
        if (!error && (place.number || !place.name_length))
            error = E_EXIST;
        if (!error && place.slash)
            error = E_NOENT;
        if (!error) {
            made = vfs_make(&c->task->sandbox->vfs, c->task->who, place.parent, str_of(place.name, place.name_length), NODE_FIFO, m->mode,
                            (struct str){0}, 0);
            error = made < 0 ? (int)made : 0;
        }
        place_drop(&place, c->meter);
        if (task_charged(c->task, fuel, error) == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error)
            call_error(c, "cannot create fifo %S: %m", call_quote(c, path), error);
    }
    return call_done(c);
}

const struct command command_mkfifo = {
    .name = "mkfifo",
    .usage = "[OPTION]... NAME...",
    .summary = "create named pipes (FIFOs) with the given NAMEs",
    .options = options,
    .state = sizeof(struct mkfifo),
    .start = start,
    .step = step,
};
