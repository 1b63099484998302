/* builtins/tee.c - copy standard input to files and to standard output. */
#include "builtins/text.h"

enum { OUTPUT_ERROR = OPTION_LONG };

static const struct option options[] = {
    {'a', "append", NULL, "append to the given FILEs, do not overwrite"},
    {'i', "ignore-interrupts", NULL, "ignore interrupt signals"},
    {'p', NULL, NULL, "diagnose errors writing to non pipes"},
    {OUTPUT_ERROR, "output-error", "[MODE]", "set behavior on write error: warn, warn-nopipe, exit, exit-nopipe"},
    {0},
};

enum mode { MODE_SIGPIPE, MODE_WARN, MODE_WARN_NOPIPE, MODE_EXIT, MODE_EXIT_NOPIPE };

struct output {
    struct file *file; /* NULL: given up */
    struct str name;
    size_t written;    /* of the piece */
};

struct tee {
    enum mode mode;
    struct input *input;
    struct output *outputs;
    size_t count, opened, at;
    struct buf piece;  /* being written */
    bool writing;
};

static int tee_start(struct call *c)
{
    static const char *const modes[] = {"warn", "warn-nopipe", "exit", "exit-nopipe", NULL};
    struct tee *t = c->state;

    buf_init(&t->piece, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int chosen = MODE_WARN_NOPIPE - 1;
        if (o->letter == 'i')
            c->task->ignored |= SIGNAL_BIT(SIGNAL_INT);
        if (o->letter != 'p' && o->letter != OUTPUT_ERROR)
            continue;
        if (o->letter == OUTPUT_ERROR && o->value.data) {
            chosen = call_choose(c, "--output-error", o->value, modes);
            if (chosen < 0)
                return 1;
        }
        t->mode = (enum mode)(chosen + 1);
    }
    if (t->mode != MODE_SIGPIPE)
        c->task->ignored |= SIGNAL_BIT(SIGNAL_PIPE);
    t->count = c->operand_count;
    t->outputs = heap_zero(c->heap, t->count * sizeof *t->outputs + 1);
    return 0;
}

/* 0 or E_WAIT. */
static int open_outputs(struct call *c, struct tee *t)
{
    unsigned flags = OPEN_WRITE | OPEN_CREATE | (call_has(c, 'a') ? OPEN_APPEND : OPEN_TRUNCATE);

    for (; t->opened < t->count; t->opened++) {
        struct output *o = &t->outputs[t->opened];
        int error;
        o->name = c->operands[t->opened];
        error = call_create(c, o->name, flags, &o->file);
        if (error == E_WAIT)
            return error;
        call_charge(c, 1);
        if (error) {
            o->file = NULL;
            call_error(c, "%S: %m", call_quote_for_colon(c, o->name), error);
        }
    }
    return 0;
}

/* 0, E_WAIT, or 1 when the command is to end. */
static int write_piece(struct call *c, struct tee *t)
{
    for (; t->at < t->count; t->at++) {
        struct output *o = &t->outputs[t->at];
        while (o->file && o->written < t->piece.length) {
            int64_t n = file_write(o->file, c->task, str_after(buf_str(&t->piece), o->written));
            if (n == E_WAIT)
                return E_WAIT;
            if (n < 0) {
                bool pipe = n == E_PIPE && (t->mode == MODE_WARN_NOPIPE || t->mode == MODE_EXIT_NOPIPE);
                o->file = NULL;
                if (pipe)
                    break;
                call_error(c, "%S: %m", call_quote_for_colon(c, o->name), (int)n);
                if (t->mode == MODE_EXIT || t->mode == MODE_EXIT_NOPIPE)
                    return 1;
                break;
            }
            o->written += (size_t)n;
        }
        o->written = 0;
    }
    t->writing = false;
    return 0;
}

static bool has_output(const struct call *c, const struct tee *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->outputs[i].file)
            return true;
    return !c->broken;
}

static enum step tee_step(struct call *c)
{
    struct tee *t = c->state;

    for (;;) {
        struct str block;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!t->input) {
            int error = open_outputs(c, t);
            if (!error)
                error = input_open(c, &t->input, str_lit("-"), true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "read error: %m", error);
                return call_done(c);
            }
        }
        if (t->writing) {
            int failed = write_piece(c, t);
            if (failed)
                return failed == E_WAIT ? STEP_WAIT : call_done(c);
            continue;
        }
        if (!has_output(c, t))
            return call_done(c);
        switch (input_block(t->input, TEXT_PIECE, &block)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            if (t->input->error)
                call_error(c, "read error: %m", t->input->error);
            return call_done(c);
        case INPUT_MORE:
            break;
        }
        call_charge_bytes(c, block.length);
        call_print(c, block);
        call_flush(c);
        if (t->count == 0)
            continue;
        buf_clear(&t->piece);
        buf_add(&t->piece, block);
        t->at = 0;
        t->writing = true;
    }
}

const struct command command_tee = {
    .name = "tee",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Copy standard input to each FILE, and also to standard output.",
    .help = "MODE determines behavior with write errors on the outputs:\n"
            "  warn           diagnose errors writing to any output\n"
            "  warn-nopipe    diagnose errors writing to any output not a pipe\n"
            "  exit           exit on error writing to any output\n"
            "  exit-nopipe    exit on error writing to any output not a pipe\n"
            "The default MODE for the -p option is 'warn-nopipe'. The default operation when --output-error is not\n"
            "specified, is to exit immediately on error writing to a pipe, and diagnose errors writing to non pipe\n"
            "outputs.",
    .options = options,
    .state = sizeof(struct tee),
    .start = tee_start,
    .step = tee_step,
};
