/* builtins/awk/stream.c - where print writes to, commands at the other end of pipes, close and system. */
#include "builtins/awk/awk.h"
#include "task/sandbox.h"

enum { QUEUE = 32 * 1024 };

static void release_file(void *file, struct meter *m)
{
    (void)m;
    file_close(file);
}

struct awk_stream *awk_stream_find(struct awk *a, struct str name, bool reads, enum awk_redirection kind)
{
    for (struct awk_stream *s = a->streams; s; s = s->next)
        if (str_equal(s->name, name) && (s->kind == TO_COPROCESS ? kind == TO_COPROCESS
            : s->reads == reads && (s->kind == kind || (!reads && kind <= TO_APPEND && s->kind <= TO_APPEND))))
            return s;
    return NULL;
}

struct awk_stream *awk_stream_add(struct awk *a, struct str name, enum awk_redirection kind, bool reads)
{
    struct awk_stream *s = heap_new(a->heap, struct awk_stream);
    s->name = str_copy(a->heap, name);
    s->kind = kind;
    s->reads = reads;
    buf_init(&s->queue, a->heap);
    s->next = a->streams;
    a->streams = s;
    return s;
}

/* --- flushing ------------------------------------------------------------------------------------------------------ */

int awk_flush_standard(struct awk *a)
{
    struct call *c = a->c;
    if (a->out.length) {
        if (c->out.length) {
            buf_add(&c->out, buf_str(&a->out));
            buf_clear(&a->out);
        } else {
            struct buf empty = c->out;
            c->out = a->out;
            a->out = empty;
        }
    }
    if (!c->out.length && !c->err.length && !c->piece_count)
        return 0;
    call_flush(c);
    return AWK_LATER;
}

int awk_stream_flush(struct awk *a, struct awk_stream *s)
{
    struct call *c = a->c;
    size_t gone = 0;
    if (s->standard)
        return awk_flush_standard(a);
    while (s->file && gone < s->queue.length) {
        uint64_t ignored = c->task->ignored;
        c->task->ignored |= SIGNAL_BIT(SIGNAL_PIPE);
        int64_t n = file_write(s->file, c->task, str_after(buf_str(&s->queue), gone));
        c->task->ignored = ignored;
        if (n == E_WAIT) {
            buf_drop_front(&s->queue, gone);
            return E_WAIT;
        }
        if (n < 0) {
            s->queue.length = 0;
            if (n == E_PIPE) {
                s->broken = true;
                return 0;
            }
            awk_fatal(a, "write to \"%S\" failed: %m", s->name, (int)n);
            return AWK_FAILED;
        }
        gone += (size_t)n;
    }
    s->queue.length = 0;
    return 0;
}

int awk_flush_all(struct awk *a)
{
    for (struct awk_stream *s = a->streams; s; s = s->next)
        if (s->queue.length && !s->standard) {
            int error = awk_stream_flush(a, s);
            if (error)
                return error;
        }
    return awk_flush_standard(a);
}

struct buf *awk_queue(struct awk *a, struct awk_stream *s)
{
    if (!s || s->standard == 1)
        return a->place && !s ? &a->place->queue : &a->out;
    if (s->standard == 2)
        return &a->c->err;
    return &s->queue;
}

/* --- opening ---------------------------------------------------------------------------------------------------------- */

static void release_environment(void *environment, struct meter *m)
{
    environment_release(environment, m);
}

/* What ENVIRON says by now, on a hold that was made for it. NULL: it is as it was. */
static struct environment *changed_environment(struct awk *a, struct hold *hold)
{
    struct awk_value *v = &a->globals[VAR_ENVIRON];
    struct environment *old = a->c->task->environment;
    size_t same = 0, count = 0;
    if (v->type != AWK_ARRAY)
        return NULL;
    struct str *list = heap_alloc(a->heap, v->array->count * sizeof *list + 1);
    for (uint32_t i = 0; i < v->array->used; i++) {
        struct awk_element *e = &v->array->entries[i];
        struct buf b;
        if (!e->used || e->value.type == AWK_ARRAY)
            continue;
        struct awk_value key = awk_key_value(a, e);
        buf_init(&b, a->heap);
        buf_print(&b, "%S=", awk_text(a, &key));
        buf_add(&b, awk_text(a, &e->value));
        awk_drop(a, key);
        list[count] = buf_str(&b);
        same += old && count < old->count && str_equal(old->at[count], list[count]);
        count++;
    }
    meter_charge(a->heap->meter, (int64_t)count);
    bool changed = same < count || !old || count < old->count;
    if (changed)
        hold->thing = environment_new(a->heap->meter, list, count);
    for (size_t i = 0; i < count; i++)
        heap_free(a->heap, (void *)(uintptr_t)list[i].data);
    heap_free(a->heap, list);
    return hold->thing;
}

int awk_start_command(struct awk *a, struct str command, struct task **child)
{
    struct str words[3] = {str_lit("sh"), str_lit("-c"), command};
    struct exec e = {.words = words, .count = 3};
    struct hold *hold = heap_hold(a->heap, release_environment);
    int error = 0;
    e.environment = changed_environment(a, hold);
    *child = task_exec(a->c->task, &e, &error);
    heap_unhold(a->heap, hold);
    return *child ? 0 : error;
}

static bool is_special(struct str name, int *fd)
{
    uint64_t number;
    if (str_is(name, "/dev/stdout") || str_is(name, "-"))
        *fd = 1;
    else if (str_is(name, "/dev/stderr"))
        *fd = 2;
    else if (str_starts(name, "/dev/fd/") && number_parse_unsigned(str_after(name, 8), 10, &number, NULL) == name.length - 8 &&
             (number == 1 || number == 2))
        *fd = (int)number;
    else
        return false;
    return true;
}

static int open_output(struct awk *a, struct awk_stream **stream, enum awk_redirection kind, struct str name)
{
    struct file *file;
    struct hold *hold = heap_hold(a->heap, release_file);
    unsigned flags = OPEN_WRITE | OPEN_CREATE | (kind == TO_APPEND ? OPEN_APPEND : OPEN_TRUNCATE);
    int error = file_open(a->c->task, name, flags, 0666, &file);
    if (error) {
        heap_unhold(a->heap, hold);
        if (error == E_WAIT)
            return E_WAIT;
        awk_fatal(a, "cannot redirect to `%S': %m", name, error);
        return AWK_FAILED;
    }
    hold->thing = file;
    struct awk_stream *s = awk_stream_add(a, name, kind, false);
    s->file = file;
    s->hold = hold;
    *stream = s;
    return 0;
}

static int open_pipe(struct awk *a, struct awk_stream **stream, enum awk_redirection kind, struct str name)
{
    struct call *c = a->c;
    struct file *reader, *writer;
    struct task *child;
    struct input *input;
    int error = awk_flush_all(a);
    if (error)
        return error;
    struct hold *hold = heap_hold(a->heap, release_file);
    error = awk_start_command(a, name, &child);
    if (error) {
        heap_unhold(a->heap, hold);
        if (error == E_WAIT)
            return E_WAIT;
        awk_fatal(a, "cannot open pipe `%S' for output: %m", name, error);
        return AWK_FAILED;
    }
    file_pipe(c->task, &reader, &writer);
    hold->thing = writer;
    fds_set(child, 0, reader, false);
    struct awk_stream *s = awk_stream_add(a, name, kind, false);
    s->file = writer;
    s->hold = hold;
    s->child = child;
    if (kind == TO_COPROCESS) {
        file_pipe(c->task, &reader, &writer);
        fds_set(child, 1, writer, false);
        input_open_file(c, &input, reader, str_lit("pipe"));
        s->reader.input = input;
    }
    *stream = s;
    return 0;
}

int awk_stream_out(struct awk *a, enum awk_redirection kind, struct str name, struct awk_stream **stream)
{
    int fd;
    struct awk_stream *s = awk_stream_find(a, name, false, kind);
    if (s) {
        *stream = s;
        return s->queue.length >= QUEUE ? awk_stream_flush(a, s) : 0;
    }
    if (!name.length) {
        static const char *const signs[] = {"", ">", ">>", "|", "|&"};
        awk_fatal(a, "expression for `%s' redirection has null string value", signs[kind]);
        return AWK_FAILED;
    }
    if (kind <= TO_APPEND && is_special(name, &fd)) {
        s = awk_stream_add(a, name, kind, false);
        s->standard = fd;
        *stream = s;
        return 0;
    }
    return kind <= TO_APPEND ? open_output(a, stream, kind, name) : open_pipe(a, stream, kind, name);
}

/* --- closing ------------------------------------------------------------------------------------------------------------ */

void awk_stream_remove(struct awk *a, struct awk_stream *s)
{
    struct awk_stream **link = &a->streams;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    buf_drop(&s->queue);
    if (s->reader.store.heap)
        buf_drop(&s->reader.store);
    heap_free(a->heap, (void *)(uintptr_t)s->name.data);
    heap_free(a->heap, s);
}

static int wait_child(struct awk *a, struct task **child, int *status)
{
    int signal;
    if (task_wait_signal(a->c->task, *child, status, &signal) == E_WAIT)
        return E_WAIT;
    *child = NULL;
    if (signal)
        *status = 256 + signal;
    return 0;
}

/* Ends a stream: 0 and its status; E_WAIT, AWK_FAILED. */
static int close_stream(struct awk *a, struct awk_stream *s, int *status)
{
    *status = 0;
    int error = s->standard == 2 ? 0 : awk_stream_flush(a, s);
    if (error)
        return error;
    if (s->hold) {
        heap_unhold(a->heap, s->hold);
        s->hold = NULL;
        s->file = NULL;
    }
    if (s->reader.input) {
        input_close(s->reader.input);
        s->reader.input = NULL;
    }
    if (s->child) {
        error = wait_child(a, &s->child, status);
        if (error)
            return error;
    }
    awk_stream_remove(a, s);
    return 0;
}

int awk_close(struct awk *a, struct str name, struct str how, double *answer)
{
    struct awk_stream *s = a->closing;
    int status;
    if (!s)
        for (s = a->streams; s && !str_equal(s->name, name); s = s->next)
            ;
    if (!s) {
        *answer = -1;
        awk_set_global(a, VAR_ERRNO, awk_of_string(a, str_lit("close of redirection that was never opened")));
        return 0;
    }
    if (s->kind == TO_COPROCESS && (str_is(how, "to") || str_is(how, "from"))) {
        int error = awk_stream_flush(a, s);
        if (error)
            return error;
        if (str_is(how, "to") && s->hold) {
            heap_unhold(a->heap, s->hold);
            s->hold = NULL;
            s->file = NULL;
        }
        *answer = 0;
        return 0;
    }
    a->closing = s;
    int error = close_stream(a, s, &status);
    if (error)
        return error;
    a->closing = NULL;
    *answer = status;
    return 0;
}

int awk_close_all(struct awk *a)
{
    int status;
    a->closing = NULL;
    while (a->streams) {
        int error = close_stream(a, a->streams, &status);
        if (error && error != AWK_FAILED)
            return error;
        if (error)
            awk_stream_remove(a, a->streams);
    }
    return 0;
}

int awk_fflush(struct awk *a, struct str name, bool all, double *answer)
{
    *answer = 0;
    if (all)
        return awk_flush_all(a);
    int found = -1;
    for (struct awk_stream *s = a->streams; s; s = s->next)
        if (str_equal(s->name, name) && !s->reads) {
            int error = awk_stream_flush(a, s);
            if (error)
                return error;
            found = 0;
        }
    if (found < 0 && (str_is(name, "/dev/stdout") || str_is(name, "/dev/stderr"))) {
        found = 0;
        int error = awk_flush_standard(a);
        if (error)
            return error;
    }
    *answer = found;
    return 0;
}

int awk_system(struct awk *a, struct str command, double *answer)
{
    int status, error;
    if (!a->child) {
        error = awk_flush_all(a);
        if (error)
            return error;
        error = awk_start_command(a, command, &a->child);
        if (error == E_WAIT)
            return error;
        if (error) {
            *answer = -1;
            return 0;
        }
    }
    error = wait_child(a, &a->child, &status);
    if (error)
        return error;
    *answer = status;
    return 0;
}
