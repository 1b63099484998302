/* builtins/jq/jq.c - jq: programs over JSON. */
#include "builtins/jq/jq.h"

#include "limits/error.h"

enum { PIECE_MOST = 16 * 1024, BLOCK_MOST = 64 * 1024 };

static int64_t now(void *user)
{
    return sandbox_now(user);
}

static int jq_begin_call(struct call *c)
{
    struct jq_work *s = c->state;
    const struct environment *e = c->task->environment;
    struct jq_setup setup = {.heap = c->heap, .now = now, .user = c->task->sandbox};
    if (e) {
        setup.variables = e->at;
        setup.variable_count = e->count;
        environment_find(e, "TZ", &setup.tz);
    }
    s->options.word = 1;
    s->options.indent = 2;
    s->result = JQ_NO_OUTPUT;
    s->last = -1;
    buf_init(&s->load.real, c->heap);
    buf_init(&s->files.piece, c->heap);
    s->jq = jq_new(&setup);
    return 0;
}

static void pass_messages(struct call *c, struct jq_work *s)
{
    struct buf words;
    buf_init(&words, c->heap);
    jq_take_messages(s->jq, &words);
    if (words.length)
        call_complain(c, "%S", buf_str(&words));
    buf_drop(&words);
}

/* --- files ---------------------------------------------------------------------------------------------------- */

const char *jq_load_reason(int error)
{
    return error == E_ISDIR ? "It's a directory" : error_text(error);
}

int jq_load_file(struct call *c, struct jq_load *l, struct str path, struct str *content)
{
    int error = l->input ? 0 : input_open(c, &l->input, path, false);
    if (error < 0)
        return error;
    switch (input_all(l->input, content)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_MORE: break;
    case INPUT_END: *content = (struct str){0}; error = l->input->error; break;
    }
    if (error == 0)
        *content = str_copy(c->heap, *content);
    input_close(l->input);
    l->input = NULL;
    return error;
}

/* A file that a module is read from. */
static enum jq_next load_module(struct call *c, struct jq_work *s)
{
    struct str path = jq_wanted_file(s->jq), content = {0};
    struct jq_load *l = &s->load;
    struct stat_info info;
    int error = 0;
    if (l->step == 0) {
        error = call_stat(c, path, true, &info);
        if (error == E_WAIT)
            return JQ_WAIT;
        if (error < 0) {
            jq_give_file(s->jq, false, content, path, NULL);
            return JQ_GO_ON;
        }
        buf_clear(&l->real);
        l->step = 1;
    }
    if (l->step == 1) {
        error = call_realpath(c, path, 0, &l->real);
        if (error == E_WAIT)
            return JQ_WAIT;
        l->step = 2;
    }
    error = jq_load_file(c, l, path, &content);
    if (error == E_WAIT)
        return JQ_WAIT;
    l->step = 0;
    jq_give_file(s->jq, true, content, buf_str(&l->real), error < 0 ? jq_load_reason(error) : NULL);
    return JQ_GO_ON;
}

/* Opens the next file, which may fail: then it is told and counted. */
static enum jq_next open_next(struct call *c, struct jq_work *s)
{
    struct jq_files *f = &s->files;
    struct str name = f->names[f->next];
    bool standard = str_is(name, "-");
    int error = input_open(c, &f->input, name, true);
    if (error == E_WAIT)
        return JQ_WAIT;
    f->next++;
    jq_set_input_name(s->jq, standard ? str_lit("<stdin>") : name);
    if (error < 0) {
        f->input = NULL;
        f->failures++;
        call_complain(c, "jq: error: Could not open file %S: %m\n", name, error);
    }
    return JQ_GO_ON;
}

static void close_file(struct call *c, struct jq_files *f)
{
    if (f->input->error) {
        f->failures++;
        call_complain(c, "jq: error: %m\n", f->input->error);
    }
    input_close(f->input);
    f->input = NULL;
}

/* Gives jq the next piece: a line, or a part of a long one. */
static enum jq_next feed(struct call *c, struct jq_work *s)
{
    struct jq_files *f = &s->files;
    while (!f->block.length) {
        if (!f->input && f->next == f->count) {
            jq_feed(s->jq, (struct str){0}, true);
            return JQ_GO_ON;
        }
        if (!f->input) {
            if (open_next(c, s) == JQ_WAIT)
                return JQ_WAIT;
            continue;
        }
        switch (input_block(f->input, BLOCK_MOST, &f->block)) {
        case INPUT_WAIT: f->block.length = 0; return JQ_WAIT;
        case INPUT_END: f->block.length = 0; close_file(c, f); break;
        case INPUT_MORE: break;
        }
    }
    struct str piece = str_first(f->block, PIECE_MOST);
    ptrdiff_t newline = str_find(piece, '\n');
    if (newline >= 0)
        piece.length = (size_t)newline + 1;
    f->block = str_after(f->block, piece.length);
    if (f->input->file->kind != FILE_INODE) { /* jq works on it over steps, in which what is in a pipe may move */
        input_unread(f->input, f->block.length);
        f->block.length = 0;
        buf_clear(&f->piece);
        buf_add(&f->piece, piece);
        piece = buf_str(&f->piece);
    }
    jq_feed(s->jq, piece, false);
    return JQ_GO_ON;
}

/* --- the program ---------------------------------------------------------------------------------------------- */

static struct str folder_of(struct str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash < 0 ? str_lit(".") : slash == 0 ? str_lit("/") : str_first(path, (size_t)slash);
}

static bool find_variable(const struct call *c, const char *name, struct str *value)
{
    return c->task->environment && environment_find(c->task->environment, name, value);
}

/* What colors, indents and such come to, once all options are known. */
static void settle_options(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    const struct file *out = fds_get(c->task, 1);
    struct str value = {0};
    bool colored = out && file_is_terminal(out);
    if (colored && find_variable(c, "NO_COLOR", &value) && value.length)
        colored = false;
    if ((colored || o->colored) && !o->plain)
        o->print |= JQ_PRINT_COLOR;
    if (o->seq) {
        o->print |= JQ_PRINT_SEQ;
        o->read |= JQ_READ_SEQ;
    }
    jq_set_print(s->jq, o->print, o->indent == -3 ? 0 : o->indent);
    if (find_variable(c, "JQ_COLORS", &value) && !jq_set_colors_text(s->jq, value))
        call_complain(c, "Failed to set $JQ_COLORS\n");
    if (s->files.count == 0) {
        static const struct str standard = {"-", 1};
        s->files.names = array_grow(c->heap, NULL, 0, sizeof standard);
        s->files.names[s->files.count++] = standard;
    }
}

/* Is there a program at all, and where are its modules looked for? */
static enum jq_next find_origin(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    const struct file *in = fds_get(c->task, 0), *out = fds_get(c->task, 1);
    if (!o->is_program && !o->from_file && !(in && out && file_is_terminal(in) && file_is_terminal(out))) {
        o->is_program = true;
        o->program = str_lit(".");
    }
    if (!o->is_program) {
        jq_print_usage(c, JQ_SYSTEM);
        return JQ_EXIT;
    }
    struct str folder = o->from_file ? folder_of(o->program) : str_lit(".");
    buf_clear(&s->load.real);
    int error = call_realpath(c, folder, 0, &s->load.real);
    if (error == E_WAIT)
        return JQ_WAIT;
    s->origin = str_copy(c->heap, error < 0 ? folder : buf_str(&s->load.real));
    return JQ_GO_ON;
}

static enum jq_next find_program(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    int error = 0;
    s->text = o->program;
    if (o->from_file)
        error = jq_load_file(c, &s->load, o->program, &s->text);
    if (error == E_WAIT)
        return JQ_WAIT;
    if (error < 0) {
        call_complain(c, "jq: Could not open %S: %s\n", o->program, jq_load_reason(error));
    } else if (str_find(s->text, 0) >= 0) {
        call_complain(c, "jq: program file contains NUL bytes\n");
        error = E_INVAL;
    }
    if (error < 0) {
        c->status = JQ_SYSTEM;
        return JQ_EXIT;
    }
    return JQ_GO_ON;
}

static enum jq_next compile(struct call *c, struct jq_work *s)
{
    switch (jq_prepare(s->jq, s->text, s->origin)) {
    case JQ_WANT_FILE:
        return JQ_GO_ON;
    case JQ_FINE:
        pass_messages(c, s);
        jq_set_read(s->jq, s->options.read);
        if (s->options.null_input)
            jq_begin(s->jq, true);
        s->phase = s->options.null_input ? JQ_RUNNING : JQ_READING;
        return JQ_GO_ON;
    default:
        pass_messages(c, s);
        c->status = JQ_COMPILE;
        return JQ_EXIT;
    }
}

/* The command is over: its status follows from what came out. */
static enum step finish(struct call *c, struct jq_work *s)
{
    int result = s->files.failures ? JQ_SYSTEM : s->result;
    if (s->files.input) { /* whoever reads on gets the lines that were not needed */
        input_unread(s->files.input, s->files.block.length);
        input_settle(s->files.input);
    }
    pass_messages(c, s);
    if (!s->options.exit_status)
        result = result > 0 ? result : 0;
    else if (result == JQ_NO_OUTPUT)
        result = s->last < 0 ? 4 : s->last == 0 ? 1 : 0;
    else if (result < 0)
        result = -result;
    return call_exit(c, result & 255);
}

/* One more value was worked on. */
static enum jq_next next_input(struct jq_work *s)
{
    if (s->options.null_input)
        return JQ_EXIT;
    if (s->result <= 0 && s->result != JQ_NO_OUTPUT)
        s->last = s->result != JQ_OK_NULL;
    s->phase = JQ_READING;
    return s->files.failures ? JQ_EXIT : JQ_GO_ON;
}

static enum jq_next read_more(struct call *c, struct jq_work *s)
{
    struct buf words;
    enum jq_answer answer = jq_read(s->jq);
    if (answer == JQ_AGAIN)
        return JQ_GO_ON;
    if (answer == JQ_WANT_MORE)
        return feed(c, s);
    if (answer == JQ_DEAD) {
        s->result = JQ_UNKNOWN;
        return JQ_EXIT;
    }
    if (s->wants) {
        jq_offer(s->jq);
        s->wants = false;
        s->phase = JQ_RUNNING;
        return JQ_GO_ON;
    }
    if (answer == JQ_END)
        return JQ_EXIT;
    if (answer == JQ_VALUE) {
        s->result = JQ_NO_OUTPUT;
        s->phase = JQ_RUNNING;
        jq_begin(s->jq, false);
        return JQ_GO_ON;
    }
    buf_init(&words, c->heap);
    jq_read_error(s->jq, &words);
    call_complain(c, s->options.seq ? "jq: ignoring parse error: %S\n" : "jq: parse error: %S\n", buf_str(&words));
    if (s->options.seq)
        return s->files.failures ? JQ_EXIT : JQ_GO_ON;
    s->result = JQ_UNKNOWN;
    return JQ_EXIT;
}

static enum jq_next go_on(struct call *c, struct jq_work *s)
{
    int shown;
    if (jq_wanted_file(s->jq).length && load_module(c, s) == JQ_WAIT)
        return JQ_WAIT;
    enum jq_answer answer = jq_run(s->jq);
    switch (answer) {
    case JQ_RESULT:
        shown = jq_print(s->jq, &c->out);
        if (shown < 0) {
            s->result = JQ_UNKNOWN;
            answer = JQ_BAD;
        } else {
            s->result = shown ? JQ_OK : JQ_OK_NULL;
        }
        break;
    case JQ_WANT_INPUT:
        s->wants = true;
        s->phase = JQ_READING;
        break;
    case JQ_HALTED:
        s->result = jq_halt_status(s->jq);
        if (!s->options.null_input && s->result <= 0 && s->result != JQ_NO_OUTPUT)
            s->last = s->result != JQ_OK_NULL;
        break;
    case JQ_BAD:
    case JQ_DEAD:
        s->result = JQ_UNKNOWN;
        break;
    default:
        break;
    }
    pass_messages(c, s);
    if (answer == JQ_HALTED || answer == JQ_DEAD)
        return JQ_EXIT;
    return answer == JQ_FINE || answer == JQ_BAD ? next_input(s) : JQ_GO_ON;
}

static enum step jq_step(struct call *c)
{
    struct jq_work *s = c->state;
    enum jq_next next = JQ_GO_ON;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (s->phase) {
        case JQ_OPTIONS:
            next = jq_read_options(c, s);
            if (next == JQ_GO_ON) {
                settle_options(c, s);
                s->phase = JQ_ORIGIN;
            }
            break;
        case JQ_ORIGIN:
            next = find_origin(c, s);
            if (next == JQ_GO_ON)
                s->phase = JQ_PROGRAM;
            break;
        case JQ_PROGRAM:
            next = find_program(c, s);
            if (next == JQ_GO_ON)
                s->phase = JQ_COMPILING;
            break;
        case JQ_COMPILING:
            next = jq_wanted_file(s->jq).length ? load_module(c, s) : compile(c, s);
            break;
        case JQ_READING:
            next = read_more(c, s);
            break;
        case JQ_RUNNING:
            next = go_on(c, s);
            break;
        }
        if (next == JQ_WAIT)
            return STEP_WAIT;
        if (next == JQ_EXIT)
            return s->phase < JQ_READING ? call_exit(c, c->status) : finish(c, s);
    }
}

const struct command command_jq = {
    .name = "jq",
    .usage = "[OPTIONS] FILTER [FILE]...",
    .summary = "process JSON by programs",
    .options = jq_options,
    .state = sizeof(struct jq_work),
    .start = jq_begin_call,
    .step = jq_step,
    .flags = COMMAND_RAW,
    .trouble = JQ_SYSTEM,
    .refused = "--debug-dump-disasm, --debug-trace: the code is not shown\n--run-tests: the tests are nacre's own",
};
