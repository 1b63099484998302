/* api/run.c - a run: started, stepped, drained, ended. */
#include "api/api.h"

#include "shell/session.h"
#include "task/file.h"

#include <stdarg.h>

enum {
    SLICE = 16384, /* steps between two looks at the stop flag */
    STATUS_MEMORY = 137, STATUS_STEPS = 152, STATUS_STUCK = 142, STATUS_INTERRUPT = 130, STATUS_OUTPUT = 153, STATUS_STOPPED = 143
};

/* --- what is held in reserve -------------------------------------------------------------- */

static void add_number(char *text, size_t *length, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count && *length < RESERVE)
        text[(*length)++] = digits[--count];
}

/* The line that tells why a run ended: "%" in `format` is the number. It allocates nothing. */
static void say(struct nacre *n, const char *format, uint64_t number)
{
    struct api *a = api_of(n);
    struct output_piece *p = a->reserve;
    if (!a->reserve_queued) {
        *p = (struct output_piece){.stream = 2, .capacity = RESERVE};
        a->reserve_queued = true;
        *n->output_end = p;
        n->output_end = &p->next;
    }
    size_t was = p->length;
    for (; *format; format++)
        if (*format == '%')
            add_number(p->data, &p->length, number);
        else if (p->length < RESERVE)
            p->data[p->length++] = *format;
    n->output_last = NULL; /* nothing else is written behind it */
    n->output_queued += p->length - was;
}

static void drop_piece(struct nacre *n)
{
    struct api *a = api_of(n);
    struct output_piece *p = n->output;
    n->output = p->next;
    if (!n->output)
        n->output_end = &n->output;
    if (n->output_last == p)
        n->output_last = NULL;
    if (p == a->reserve) {
        a->reserve_queued = false;
    } else {
        n->output_held -= sizeof *p + p->capacity;
        api_release(n, p, sizeof *p + p->capacity);
    }
}

void run_drop_output(struct nacre *n)
{
    while (n->output)
        drop_piece(n);
    n->output_queued = 0;
}

/* --- beginning and end --------------------------------------------------------------------- */

void run_clear(struct nacre *n)
{
    struct api *a = api_of(n);
    sched_drop_all(n);
    file_drop_all(n);
    vfs_drop_rests(&n->vfs);
    if (a->was) {
        vfs_drop(a->was);
        api_release(n, a->was, sizeof *a->was);
        a->was = NULL;
    }
    a->was_fault = false;
    heap_drop(&n->scratch);
    heap_drop(&n->heap);
    buf_init(&n->input, &n->heap);
    n->input_taken = 0;
    n->input_ended = n->input_wanted = false;
    n->input_waiting = n->output_waiting = (struct wait_list){0};
    n->output_wanted = false;
    n->ready = n->ready_last = n->current = n->main = NULL;
    n->sleepers = NULL;
    n->sleeper_count = 0;
    n->sleep_asked = false;
    n->host_files = 0;
    n->host_calls = NULL;
    n->fifos = NULL;
    n->hung_up = false;
    n->vfs.fault = (struct fault){0};
    a->wanted_count = 0;
}

void run_begin(struct nacre *n, const struct nacre_limits *limits)
{
    struct api *a = api_of(n);
    int64_t now = sandbox_now(n);
    uint64_t memory = limits->memory ? limits->memory : a->limits.memory;
    a->run = (struct run_state){0};
    a->run.step_limit = limits->steps ? limits->steps : a->limits.steps;
    a->run.memory_limit = memory;
    n->meter.fuel = n->meter.granted = 0;
    n->meter.used = 0;
    n->meter.limit = a->run.step_limit;
    n->meter.memory_limit = memory < SIZE_MAX ? (size_t)memory : SIZE_MAX;
    n->meter.memory_peak = n->meter.memory;
    n->vfs.disk_limit = limits->disk ? limits->disk : a->limits.disk;
    n->output_limit = limits->output ? limits->output : a->limits.output;
    n->output_used = 0;
    n->output_over = false;
    n->clock = now;
    n->clock_used = 0;
    n->turn_left = n->debt = 0;
    n->status = 0;
    n->interrupts = 0;
    n->stuck = false;
    atomic_store(&n->meter.stop, 0);
}

/* What stays between runs: the figures, and whatever background tasks there are. */
static int end(struct nacre *n, int state, int status)
{
    struct api *a = api_of(n);
    a->run.ended = true;
    a->run.state = state;
    a->run.status = status;
    a->run.steps = meter_used(&n->meter);
    if (a->run.steps > n->meter.limit) /* what the last piece of work cost more is a debt, which is not paid any more */
        a->run.steps = n->meter.limit;
    a->run.peak = n->meter.memory_peak;
    if (sched_idle(n) || state != NACRE_DONE)
        run_clear(n);
    n->clock = sandbox_now(n);
    n->clock_used = meter_used(&n->meter);
    n->meter.memory_limit = a->limits.memory < SIZE_MAX ? (size_t)a->limits.memory : SIZE_MAX;
    n->meter.limit = UINT64_MAX;
    n->vfs.disk_limit = a->limits.disk;
    a->phase = PHASE_REST;
    return state;
}

/* All tasks are dropped and the session is as before the run. */
static int end_hard(struct nacre *n, int state, int status)
{
    sched_drop_all(n);
    shell_session_cancel(n);
    return end(n, state, status);
}

static int end_well(struct nacre *n)
{
    struct api *a = api_of(n);
    int state = NACRE_DONE, status = n->status;
    if (a->run.fresh || a->run.diff)
        shell_session_cancel(n);
    else
        shell_session_adopt(n);
    if (n->output_over) {
        state = NACRE_OUTPUT_LIMIT;
        status = STATUS_OUTPUT;
        say(n, "nacre: output limit reached (%)\n", n->output_limit);
    } else if (a->run.interrupts) { /* a script that traps it ends with a status of its own */
        state = NACRE_INTERRUPTED;
        if (status == STATUS_INTERRUPT)
            say(n, "nacre: interrupted\n", 0);
    }
    return end(n, state, status);
}

struct starting {
    struct nacre *n;
    const struct nacre_run *run;
    int error;
};

static bool has_nul(struct nacre_text t)
{
    return t.length && memchr(t.data, 0, t.length);
}

static void start(void *argument)
{
    struct starting *w = argument;
    struct nacre *n = w->n;
    struct api *a = api_of(n);
    const struct nacre_run *r = w->run;
    struct shell_run s = {
        .script = api_str(r->script),
        .name = r->name.length ? api_str(r->name) : str_lit("bash"),
        .directory = 0,
        .fresh = r->fresh != 0,
        .posix = r->posix != 0,
        .interactive_messages = r->interactive_messages != 0,
        .stdin_script = r->stdin_script != 0,
        .script_file = r->script_file != 0,
    };
    struct str *words = heap_alloc(&n->heap, (r->argument_count + r->environment_count + 1) * sizeof *words);
    for (size_t i = 0; i < r->argument_count; i++)
        words[i] = api_str(r->arguments[i]);
    s.arguments = words;
    s.argument_count = r->argument_count;
    s.environment = words + r->argument_count;
    s.environment_count = r->environment_count;
    for (size_t i = 0; i < r->environment_count; i++)
        words[r->argument_count + i] = api_str(r->environment[i]);
    if (r->directory.length) {
        struct place place;
        w->error = files_walk(n, api_str(r->directory), WALK_FOLLOW | WALK_DIRECTORY, &place);
        if (w->error)
            return;
        s.directory = place.number;
    }
    n->input_ended = !r->input_open;
    buf_add(&n->input, api_str(r->input));
    n->exited = false;
    n->missing_length = 0;
    struct task *t = shell_start(n, &s);
    n->main = t;
    a->run.fresh = s.fresh;
    heap_free(&n->heap, words);
}

int nacre_start(nacre *n, const struct nacre_run *given)
{
    struct nacre_run r = {0};
    if (!n || !given || given->size < offsetof(struct nacre_run, name))
        return NACRE_E_INVALID;
    memcpy(&r, given, given->size < sizeof r ? given->size : sizeof r);
    struct api *a = api_of(n);
    if (a->phase != PHASE_REST || (!sched_idle(n) && !a->keep_jobs))
        return NACRE_E_STATE;
    for (size_t i = 0; i < r.argument_count; i++)
        if (has_nul(r.arguments[i]))
            return NACRE_E_INVALID;
    for (size_t i = 0; i < r.environment_count; i++) {
        struct str word = api_str(r.environment[i]);
        if (has_nul(r.environment[i]) || str_find(word, '=') <= 0)
            return NACRE_E_INVALID;
    }
    files_forget(n);
    run_begin(n, &r.limits);
    struct starting work = {n, &r, 0};
    int error = api_land(n, start, &work);
    if (!error)
        error = api_error(work.error);
    if (error) {
        struct fault fault = n->vfs.fault;
        shell_session_cancel(n);
        run_clear(n);
        n->vfs.fault = fault;
        if (error == NACRE_E_LOAD)
            host_fault(n);
        return error;
    }
    a->phase = PHASE_RUNNING;
    return NACRE_OK;
}

/* --- stepping --------------------------------------------------------------------------------- */

struct stepping {
    struct nacre *n;
    uint64_t steps;
    enum sched answer;
};

static void step(void *argument)
{
    struct stepping *w = argument;
    w->answer = sched_run(w->n, w->steps);
}

/* Acts on nacre_interrupt: true when the run has been stopped by a second one. */
static bool take_interrupts(struct nacre *n)
{
    struct api *a = api_of(n);
    int stop = atomic_load(&n->meter.stop);
    if (stop == a->run.interrupts)
        return false;
    a->run.interrupts = stop;
    if (stop > 1 || a->run.diff)
        return true;
    if (n->main)
        task_signal_group(n, n->main->group, SIGNAL_INT);
    return false;
}

static int interrupted(struct nacre *n)
{
    say(n, "nacre: interrupted\n", 0);
    return end_hard(n, NACRE_INTERRUPTED, STATUS_INTERRUPT);
}

static int out_of_memory(struct nacre *n)
{
    say(n, "nacre: memory limit reached (%)\n", api_of(n)->run.memory_limit);
    return end_hard(n, NACRE_OUT_OF_MEMORY, STATUS_MEMORY);
}

int nacre_step(nacre *n, uint64_t steps)
{
    if (!n)
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    if (a->phase == PHASE_REST)
        return NACRE_E_STATE;
    if (host_waits(n))
        return NACRE_WAITING;
    a->wanted_count = 0;
    host_wake(n);
    for (;;) {
        if (take_interrupts(n))
            return interrupted(n);
        a->phase = PHASE_RUNNING; /* what paused it may be over: steps granted, an interrupt, input */
        n->vfs.fault = (struct fault){0};
        a->was_fault = false;
        struct stepping work = {n, steps < SLICE ? steps : SLICE, SCHED_DONE};
        if (meter_land(&n->meter, step, &work) == EXHAUSTED_MEMORY)
            return out_of_memory(n);
        steps -= work.steps;
        switch (work.answer) {
        case SCHED_DONE:
            return end_well(n);
        case SCHED_LIMIT:
            a->phase = PHASE_STEPS;
            return NACRE_OUT_OF_STEPS;
        case SCHED_WAITING:
            if (n->vfs.fault.kind != FAULT_NONE)
                host_fault(n);
            return NACRE_WAITING;
        case SCHED_STUCK:
            if (atomic_load(&n->meter.stop) != a->run.interrupts)
                break;
            a->phase = PHASE_STUCK;
            return NACRE_STUCK;
        case SCHED_BUDGET:
            if (steps == 0)
                return NACRE_RUNNING;
            break;
        }
    }
}

int nacre_grant(nacre *n, uint64_t steps)
{
    if (!n)
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    if (a->phase == PHASE_REST)
        return NACRE_E_STATE;
    uint64_t limit = a->run.step_limit;
    limit = steps > UINT64_MAX - limit ? UINT64_MAX : limit + steps;
    a->run.step_limit = n->meter.limit = limit;
    return NACRE_OK;
}

int nacre_stop(nacre *n)
{
    if (!n)
        return NACRE_E_INVALID;
    switch (api_of(n)->phase) {
    case PHASE_STEPS:
        say(n, "nacre: step limit reached (%)\n", api_of(n)->run.step_limit);
        end_hard(n, NACRE_OUT_OF_STEPS, STATUS_STEPS);
        return NACRE_OK;
    case PHASE_STUCK:
        say(n, "nacre: stuck: every task waits for another\n", 0);
        end_hard(n, NACRE_STUCK, STATUS_STUCK);
        return NACRE_OK;
    case PHASE_RUNNING:
        say(n, "nacre: stopped\n", 0);
        end_hard(n, NACRE_STOPPED, STATUS_STOPPED);
        return NACRE_OK;
    default:
        return NACRE_E_STATE;
    }
}

void nacre_interrupt(nacre *n)
{
    if (n)
        atomic_fetch_add(&n->meter.stop, 1);
}

int nacre_usage(const nacre *n, struct nacre_usage *usage)
{
    if (!n || !usage || usage->size < sizeof usage->size)
        return NACRE_E_INVALID;
    const struct api *a = api_of(n);
    bool running = a->phase != PHASE_REST;
    struct nacre_usage u = {
        .steps = running ? meter_used(&n->meter) : a->run.steps,
        .memory = n->meter.memory,
        .memory_peak = running ? n->meter.memory_peak : a->run.peak,
        .disk = vfs_disk(&n->vfs),
        .output = n->output_used,
        .left_out = a->left_out,
        .status = a->run.status,
        .clock = sandbox_now(n),
    };
    api_fill(usage, usage->size, &u, sizeof u);
    return NACRE_OK;
}

/* --- streams -------------------------------------------------------------------------------------- */

size_t nacre_read(nacre *n, int *stream, void *buffer, size_t size)
{
    if (!n || !stream || !buffer || size == 0)
        return 0;
    while (n->output && n->output->taken == n->output->length)
        drop_piece(n);
    struct output_piece *p = n->output;
    if (!p)
        return 0;
    size_t count = p->length - p->taken;
    if (count > size)
        count = size;
    memcpy(buffer, p->data + p->taken, count);
    *stream = p->stream;
    p->taken += count;
    n->output_queued -= count;
    if (p->taken == p->length && p != n->output_last)
        drop_piece(n);
    else if (p->taken == p->length)
        p->taken = p->length = 0; /* go on writing there */
    if (n->output_queued < OUTPUT_QUEUED_MOST && n->output_held < OUTPUT_HELD_MOST && n->output_waiting.first) {
        n->output_wanted = false;
        wait_list_wake(&n->output_waiting);
    }
    return count;
}

struct input {
    struct nacre *n;
    struct str data;
};

static void add_input(void *argument)
{
    struct input *w = argument;
    struct nacre *n = w->n;
    if (n->input_taken) {
        buf_drop_front(&n->input, n->input_taken);
        n->input_taken = 0;
    }
    buf_add(&n->input, w->data);
}

int nacre_write(nacre *n, const void *data, size_t size)
{
    if (!n || (!data && size))
        return NACRE_E_INVALID;
    if (api_of(n)->phase == PHASE_REST || n->input_ended)
        return NACRE_E_STATE;
    size_t there = n->input.length - n->input_taken;
    size_t count = there >= INPUT_MOST ? 0 : INPUT_MOST - there;
    if (count > size)
        count = size;
    struct input work = {n, str_of(data, count)};
    int error = api_land(n, add_input, &work);
    if (error)
        return error;
    n->input_wanted = false;
    wait_list_wake(&n->input_waiting);
    return (int)count;
}

int nacre_end_input(nacre *n)
{
    if (!n)
        return NACRE_E_INVALID;
    if (api_of(n)->phase == PHASE_REST || n->input_ended)
        return NACRE_E_STATE;
    n->input_ended = true;
    n->input_wanted = false;
    wait_list_wake(&n->input_waiting);
    return NACRE_OK;
}

/* --- the convenience -------------------------------------------------------------------------------- */

struct collected {
    char *data;
    size_t length, capacity;
};

static bool collect(struct nacre *n, struct collected *c, const char *data, size_t length)
{
    if (c->capacity - c->length <= length) {
        size_t capacity = c->capacity ? c->capacity : 256;
        while (capacity - c->length <= length)
            capacity += capacity / 2;
        char *moved = n->meter.allocator.resize(n->meter.allocator.user, c->data, c->capacity, capacity);
        if (!moved)
            return false;
        c->data = moved;
        c->capacity = capacity;
    }
    memcpy(c->data + c->length, data, length);
    c->length += length;
    c->data[c->length] = 0;
    return true;
}

static bool collect_all(struct nacre *n, struct collected to[2])
{
    char part[4096];
    int stream;
    size_t count;
    while ((count = nacre_read(n, &stream, part, sizeof part)) > 0)
        if (!collect(n, &to[stream == 2], part, count))
            return false;
    return true;
}

static bool only_output(struct nacre *n)
{
    struct nacre_request request = {.size = sizeof request};
    for (size_t i = 0; nacre_request(n, i, &request) == 0; i++)
        if (request.kind != NACRE_REQUEST_OUTPUT)
            return false;
    return true;
}

int nacre_run_full(nacre *n, const struct nacre_run *run, struct nacre_result *result)
{
    if (!n || !result || result->size < sizeof *result)
        return NACRE_E_INVALID;
    size_t size = result->size;
    memset(result, 0, sizeof *result);
    result->size = size;
    if (api_of(n)->phase != PHASE_REST)
        return NACRE_E_STATE;
    run_drop_output(n);
    struct collected to[2] = {{0}, {0}};
    bool room = collect(n, &to[0], "", 0) && collect(n, &to[1], "", 0);
    int state = room ? nacre_start(n, run) : NACRE_E_MEMORY;
    if (state >= 0)
        do {
            state = nacre_step(n, UINT64_MAX);
            room = collect_all(n, to);
        } while (room && state == NACRE_WAITING && only_output(n));
    int error = state < 0 ? state : !room ? NACRE_E_MEMORY : state == NACRE_WAITING ? NACRE_E_STATE : 0;
    if (api_of(n)->phase != PHASE_REST && state >= 0)
        nacre_stop(n);
    if (!error && !collect_all(n, to))
        error = NACRE_E_MEMORY;
    for (int i = 0; i < 2 && !error; i++) { /* the blocks become as long as they are freed by: length and a NUL */
        char *moved = n->meter.allocator.resize(n->meter.allocator.user, to[i].data, to[i].capacity, to[i].length + 1);
        if (moved)
            to[i] = (struct collected){moved, to[i].length, to[i].length + 1};
        else
            error = NACRE_E_MEMORY;
    }
    if (error) {
        run_drop_output(n);
        api_release(n, to[0].data, to[0].capacity);
        api_release(n, to[1].data, to[1].capacity);
        return error;
    }
    result->out = to[0].data;
    result->err = to[1].data;
    result->out_length = to[0].length;
    result->err_length = to[1].length;
    result->status = api_of(n)->run.status;
    result->ended = api_of(n)->run.state;
    result->steps = api_of(n)->run.steps;
    return NACRE_OK;
}

int nacre_run(nacre *n, const char *script, size_t length, struct nacre_result *result)
{
    struct nacre_run run = {.size = sizeof run, .script = {script, length}};
    return nacre_run_full(n, &run, result);
}

void nacre_result_free(nacre *n, struct nacre_result *result)
{
    if (!n || !result)
        return;
    if (result->out)
        api_release(n, result->out, result->out_length + 1);
    if (result->err)
        api_release(n, result->err, result->err_length + 1);
    result->out = result->err = NULL;
    result->out_length = result->err_length = 0;
}
