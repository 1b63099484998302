/* builtins/sed/output.c - what sed writes: lines, l's form of them, files of w, and what a, r and R have gathered. */
#include "builtins/sed/sed.h"

enum { QUEUE = 32 * 1024 };

static struct buf *queue_of(struct call *c, struct sed_output *o)
{
    return o->kind == OUTPUT_STANDARD ? &c->out : o->kind == OUTPUT_ERROR ? &c->err : &o->queue;
}

void sed_put_raw(struct call *c, struct sed *s, struct sed_output *o, struct str text)
{
    struct buf *b = queue_of(c, o);
    if (o->missing_newline)
        buf_add_byte(b, s->end);
    o->missing_newline = false;
    buf_add(b, text);
}

void sed_put(struct call *c, struct sed *s, struct sed_output *o, struct str text, bool newline)
{
    struct buf *b = queue_of(c, o);
    if (o->missing_newline)
        buf_add_byte(b, s->end);
    char *at = buf_reserve(b, text.length + 1);
    if (text.length)
        memcpy(at, text.data, text.length);
    at[text.length] = s->end;
    b->length += text.length + newline;
    o->missing_newline = !newline;
    call_charge_bytes(c, text.length);
}

/* --- l -------------------------------------------------------------------------------------------------- */

void sed_list(struct call *c, struct sed *s, int64_t width)
{
    static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
    struct buf *out = queue_of(c, s->out);
    struct str text = s->pattern.view;
    int64_t column = 0;
    sed_put_raw(c, s, s->out, (struct str){0});
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        char shown[4];
        size_t length = 2;
        const char *found = byte ? strchr(bytes, byte) : NULL;
        if (found) {
            shown[0] = '\\';
            shown[1] = letters[found - bytes];
        } else if (byte >= 0x20 && byte < 0x7f) {
            shown[0] = (char)byte;
            length = 1;
        } else {
            shown[0] = '\\';
            shown[1] = (char)('0' + (byte >> 6));
            shown[2] = (char)('0' + (byte >> 3 & 7));
            shown[3] = (char)('0' + (byte & 7));
            length = 4;
        }
        if (width > 0 && column + (int64_t)length > width - 1) {
            buf_add_byte(out, '\\');
            buf_add_byte(out, s->end);
            column = 0;
        }
        buf_add(out, str_of(shown, length));
        column += (int64_t)length;
    }
    buf_add_byte(out, '$');
    buf_add_byte(out, s->end);
    call_charge_bytes(c, text.length);
}

/* --- files ---------------------------------------------------------------------------------------------- */

static int write_out(struct call *c, struct sed_output *o)
{
    size_t gone = 0;
    while (o->file && gone < o->queue.length) {
        int64_t n = file_write(o->file, c->task, str_after(buf_str(&o->queue), gone));
        if (n == E_WAIT) {
            buf_drop_front(&o->queue, gone);
            return E_WAIT;
        }
        if (n < 0) {
            o->queue.length = 0;
            if (n == E_PIPE && !(c->task->ignored & SIGNAL_BIT(SIGNAL_PIPE)))
                return SED_LATER; /* the signal ends it */
            call_error(c, "couldn't write %zu items to %S: %m", (size_t)1, o->name, (int)n);
            c->status = SED_PANIC;
            return SED_FAILED;
        }
        gone += (size_t)n;
    }
    o->queue.length = 0;
    return 0;
}

int sed_flush(struct call *c, struct sed *s, bool all)
{
    struct sed_output *o = s->place_number ? &s->place : s->outputs;
    while (o) {
        if (o->kind == OUTPUT_FILE && o->queue.length && (all || o->queue.length >= QUEUE)) {
            int answer = write_out(c, o);
            if (answer)
                return answer;
        }
        o = o == &s->place ? s->outputs : o->next;
    }
    return 0;
}

/* --- what is put behind a line ------------------------------------------------------------------------------ */

int sed_dump_file(struct call *c, struct sed *s, struct str name)
{
    struct str text;
    if (!s->append_input) {
        bool standard = str_is(name, "/dev/stdin");
        int error = sed_flush(c, s, true);
        if (!error)
            error = input_open(c, &s->append_input, standard ? str_lit("-") : name, standard);
        if (error == E_WAIT || error == SED_FAILED || error == SED_LATER)
            return error;
        if (error)
            return 0;
    }
    enum input_answer answer = input_all(s->append_input, &text);
    if (answer == INPUT_WAIT)
        return E_WAIT;
    if (answer == INPUT_MORE && text.length) {
        sed_put_raw(c, s, s->out, text);
        call_charge_bytes(c, text.length);
    }
    input_close(s->append_input);
    s->append_input = NULL;
    return 0;
}

int sed_dump_appended(struct call *c, struct sed *s)
{
    for (; s->append_at < s->append_count; s->append_at++) {
        struct sed_appended *a = &s->appended[s->append_at];
        if (!sed_go(c))
            return SED_LATER;
        sed_put_raw(c, s, s->out, (struct str){0}); /* the line ends, whether the file is there or not */
        if (a->kind == 'r') {
            int answer = sed_dump_file(c, s, a->text);
            if (answer)
                return answer;
        } else {
            sed_put_raw(c, s, s->out, a->text);
        }
        if (a->kind == 'R')
            heap_free(c->heap, (void *)(uintptr_t)a->text.data);
        call_charge(c, 1);
        call_charge_bytes(c, a->text.length);
    }
    s->append_count = s->append_at = 0;
    return 0;
}
