/* task/input.c - files being read by a command: by lines, blocks or whole, without copying where it can. */
#include "task/command.h"

#include "task/sandbox.h"

static void release_file(void *file, struct meter *m)
{
    (void)m;
    file_close(file);
}

static void open_held(struct call *c, struct input **input, struct hold *hold, struct str name)
{
    struct file *file = hold->thing;
    struct input *in = heap_new(c->heap, struct input);
    in->call = c;
    in->file = file;
    in->own = true;
    in->hold = hold;
    in->name = name;
    buf_init(&in->part, c->heap);
    *input = in;
}

void input_open_file(struct call *c, struct input **input, struct file *file, struct str name)
{
    struct hold *hold = heap_hold(c->heap, release_file);
    hold->thing = file;
    open_held(c, input, hold, name);
}

int input_open_inode(struct call *c, struct input **input, uint64_t number, struct str name)
{
    struct file *file;
    struct hold *hold = heap_hold(c->heap, release_file);
    int error = file_open_inode(c->task, number, OPEN_READ, &file);
    if (error) {
        heap_unhold(c->heap, hold);
        return error;
    }
    hold->thing = file;
    open_held(c, input, hold, name);
    return 0;
}

int input_open(struct call *c, struct input **input, struct str path, bool dash)
{
    if (dash && str_is(path, "-")) {
        struct file *f = fds_get(c->task, 0);
        if (!f)
            return E_BADF;
        struct hold *hold = heap_hold(c->heap, release_file);
        hold->thing = file_share(f);
        struct input *in = heap_new(c->heap, struct input);
        in->call = c;
        in->file = f;
        in->hold = hold;
        in->name = path;
        in->standard = true;
        buf_init(&in->part, c->heap);
        *input = in;
        return 0;
    }
    struct file *file;
    struct hold *hold = heap_hold(c->heap, release_file);
    int error = file_open(c->task, path, OPEN_READ, 0, &file);
    if (error) {
        heap_unhold(c->heap, hold);
        return error;
    }
    hold->thing = file;
    open_held(c, input, hold, path);
    return 0;
}

void input_settle(struct input *in)
{
    if (in->loan)
        file_settle(in->file, in->loan);
    in->loan = 0;
}

void input_close(struct input *in)
{
    struct call *c = in->call;
    input_settle(in);
    buf_drop(&in->part);
    heap_unhold(c->heap, in->pin);
    heap_unhold(c->heap, in->hold);
    heap_free(c->heap, in);
}

void input_unread(struct input *in, size_t count)
{
    if (in->loan)
        file_unlend(in->file, in->loan, count);
}

static enum input_answer pause(struct input *in)
{
    in->call->paused = true;
    return INPUT_WAIT;
}

static void release_pin(void *extent, struct meter *m)
{
    extent_release(extent, m);
}

/* What is handed out stays until the next call, whatever other readers of the same open file do. */
static void pin_content(struct input *in)
{
    struct extent *now = in->file->extent;
    if (!now || (in->pin && in->pin->thing == now))
        return;
    if (!in->pin)
        in->pin = heap_hold(in->call->heap, release_pin);
    extent_release(in->pin->thing, in->call->meter);
    in->pin->thing = shared_keep(now);
}

/* What the file has now. INPUT_END with in->error when it cannot be read. */
static enum input_answer peek(struct input *in, struct str *bytes)
{
    int error = file_peek(in->file, in->call->task, bytes);
    if (error == E_WAIT)
        return INPUT_WAIT;
    if (error || bytes->length == 0) {
        in->error = error;
        in->ended = true;
        return INPUT_END;
    }
    if (in->file->kind == FILE_INODE)
        pin_content(in);
    return INPUT_MORE;
}

enum input_answer input_line(struct input *in, char delimiter, struct str *line, bool *unended)
{
    struct call *c = in->call;
    if (!call_go(c))
        return pause(in);
    input_settle(in);
    if (in->part_given) {
        buf_clear(&in->part);
        in->part_given = false;
    }
    for (;;) {
        struct str bytes;
        enum input_answer answer = in->ended ? INPUT_END : peek(in, &bytes);
        if (answer == INPUT_WAIT)
            return INPUT_WAIT;
        if (answer == INPUT_END) {
            if (!in->part.length)
                return INPUT_END;
            *line = buf_str(&in->part);
            in->part_given = true;
            if (unended)
                *unended = true;
            meter_charge(c->meter, 1);
            return INPUT_MORE;
        }
        ptrdiff_t at = str_find(bytes, delimiter);
        if (at < 0 && in->file->kind == FILE_INODE) { /* its last line: nothing to wait for */
            *line = bytes;
            in->loan = file_lend(in->file, bytes.length);
            if (unended)
                *unended = true;
            meter_charge(c->meter, 1);
            return INPUT_MORE;
        }
        size_t length = at < 0 ? bytes.length : (size_t)at;
        if (at >= 0 && !in->part.length && in->file->kind == FILE_INODE) { /* what is in a pipe may move between two steps */
            *line = str_first(bytes, length);
            in->loan = file_lend(in->file, length + 1);
        } else {
            buf_add(&in->part, str_first(bytes, length));
            file_take(in->file, length + (at >= 0));
            if (at < 0)
                continue;
            *line = buf_str(&in->part);
            in->part_given = true;
        }
        if (unended)
            *unended = false;
        meter_charge(c->meter, 1);
        return INPUT_MORE;
    }
}

enum input_answer input_block(struct input *in, size_t most, struct str *bytes)
{
    if (!call_go(in->call))
        return pause(in);
    input_settle(in);
    if (in->ended)
        return INPUT_END;
    enum input_answer answer = peek(in, bytes);
    if (answer != INPUT_MORE)
        return answer;
    *bytes = str_first(*bytes, most);
    in->loan = file_lend(in->file, bytes->length);
    return INPUT_MORE;
}

enum input_answer input_all(struct input *in, struct str *bytes)
{
    if (!call_go(in->call))
        return pause(in);
    if (in->ended)
        return INPUT_END;
    for (;;) {
        struct str more;
        enum input_answer answer = peek(in, &more);
        if (answer == INPUT_WAIT)
            return INPUT_WAIT;
        if (answer == INPUT_END) {
            if (in->error)
                return INPUT_END;
            *bytes = buf_str(&in->part);
            return INPUT_MORE;
        }
        if (in->file->kind == FILE_INODE && !in->part.length) {
            *bytes = more;
            in->loan = file_lend(in->file, more.length);
            in->ended = true;
            return INPUT_MORE;
        }
        buf_add(&in->part, more);
        file_take(in->file, more.length);
        if (!meter_go(in->call->meter))
            return pause(in);
    }
}

/* --- the loop over all operands -------------------------------------------------------------- */

void call_skip_file(struct call *c)
{
    if (c->input)
        input_close(c->input);
    c->input = NULL;
}

/* The operand to read, open: INPUT_MORE, INPUT_WAIT, or INPUT_END when all were. */
static enum input_answer current(struct call *c, bool *first)
{
    *first = false;
    while (!c->input) {
        bool none = c->operand_count == 0;
        if (c->next_operand >= (none ? 1 : c->operand_count))
            return INPUT_END;
        struct str path = none ? str_lit("-") : c->operands[c->next_operand];
        int error = input_open(c, &c->input, path, true);
        if (error == E_WAIT)
            return INPUT_WAIT;
        c->next_operand++;
        if (error)
            call_error(c, "%S: %m", call_quote_for_colon(c, path), error);
        else
            *first = true;
    }
    return INPUT_MORE;
}

/* The end of one operand: says why if it was not its end. */
static void leave(struct call *c)
{
    int error = c->input->error;
    struct str path = c->input->name;
    if (error)
        call_error(c, "%S: %m", call_quote_for_colon(c, path), error);
    call_skip_file(c);
}

/* The next line, or with a negative delimiter the next block, of all operands. */
static inline enum input_answer read_operands(struct call *c, int delimiter, struct str *bytes, bool *unended, bool *first)
{
    if (!call_go(c))
        return c->paused = true, INPUT_WAIT;
    for (;;) {
        bool fresh;
        enum input_answer answer = current(c, &fresh);
        if (answer != INPUT_MORE)
            return answer;
        c->fresh |= fresh;
        answer = delimiter < 0 ? input_block(c->input, SIZE_MAX, bytes) : input_line(c->input, (char)delimiter, bytes, unended);
        if (answer == INPUT_MORE && first)
            *first = c->fresh;
        if (answer == INPUT_MORE)
            c->fresh = false;
        if (answer != INPUT_END)
            return answer;
        leave(c);
    }
}

enum input_answer call_read_line(struct call *c, char delimiter, struct str *line, bool *unended, bool *first)
{
    return read_operands(c, (unsigned char)delimiter, line, unended, first);
}

enum input_answer call_read_block(struct call *c, struct str *bytes, bool *first)
{
    return read_operands(c, -1, bytes, NULL, first);
}
