/* task/sched.c - the cooperative scheduler: round robin in a fixed order, turns of constant length, virtual time. */
#include "task/sandbox.h"

#include "task/command.h"
#include "task/file.h"

int64_t sandbox_now(const struct nacre *n)
{
    return n->clock + (int64_t)(meter_used(&n->meter) - n->clock_used) * STEP_NANOSECONDS;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t sandbox_random(struct nacre *n)
{
    uint64_t z = n->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

const struct command *sandbox_command(const struct nacre *n, struct str name)
{
    size_t low = 0, high = n->command_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(name, str_from(n->commands[middle]->name));
        if (order == 0)
            return n->commands[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* --- sleepers: a binary heap by wake time, then number ------------------------------------- */

static bool earlier(const struct task *a, const struct task *b)
{
    return a->wake != b->wake ? a->wake < b->wake : a->number < b->number;
}

static void place_sleeper(struct nacre *n, size_t at, struct task *t)
{
    n->sleepers[at] = t;
    t->sleeper = at + 1;
}

static void sift(struct nacre *n, size_t at)
{
    struct task *t = n->sleepers[at];
    while (at > 0 && earlier(t, n->sleepers[(at - 1) / 2])) {
        place_sleeper(n, at, n->sleepers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < n->sleeper_count && earlier(n->sleepers[child + 1], n->sleepers[child]))
            child++;
        if (child >= n->sleeper_count || !earlier(n->sleepers[child], t))
            break;
        place_sleeper(n, at, n->sleepers[child]);
        at = child;
    }
    place_sleeper(n, at, t);
}

void task_wake_at(struct task *t, int64_t when)
{
    struct nacre *n = t->sandbox;
    if (t->sleeper && t->wake == when)
        return;
    if (t->sleeper)
        task_no_wake(t);
    n->sleepers = array_grow(&n->heap, n->sleepers, n->sleeper_count, sizeof *n->sleepers);
    t->wake = when;
    place_sleeper(n, n->sleeper_count++, t);
    sift(n, n->sleeper_count - 1);
}

void task_no_wake(struct task *t)
{
    struct nacre *n = t->sandbox;
    if (!t->sleeper)
        return;
    size_t at = t->sleeper - 1;
    t->sleeper = 0;
    struct task *last = n->sleepers[--n->sleeper_count];
    if (last != t) {
        place_sleeper(n, at, last);
        sift(n, at);
    }
}

static void wake_sleepers(struct nacre *n)
{
    if (!n->sleeper_count)
        return;
    int64_t now = sandbox_now(n);
    while (n->sleeper_count && n->sleepers[0]->wake <= now) {
        struct task *t = n->sleepers[0];
        task_no_wake(t);
        wait_list_remove(t);
        task_ready(t);
    }
}

/* --- signals ------------------------------------------------------------------------------- */

static const uint64_t no_action = SIGNAL_BIT(SIGNAL_CHLD) | SIGNAL_BIT(SIGNAL_URG) | SIGNAL_BIT(SIGNAL_WINCH) | SIGNAL_BIT(SIGNAL_CONT) |
    SIGNAL_BIT(SIGNAL_STOP) | SIGNAL_BIT(SIGNAL_TSTP) | SIGNAL_BIT(SIGNAL_TTIN) | SIGNAL_BIT(SIGNAL_TTOU);

/* Acts on what is pending: false when the task is no more. */
static bool act_on_signals(struct task *t)
{
    while (t->pending) {
        int number = t->pending & SIGNAL_BIT(SIGNAL_KILL) ? SIGNAL_KILL : __builtin_ctzll(t->pending) + 1;
        t->pending &= ~SIGNAL_BIT(number);
        if (number != SIGNAL_KILL && t->kind->signal && t->kind->signal(t, number)) {
            t->interrupted = true;
            continue;
        }
        if (no_action & SIGNAL_BIT(number))
            continue;
        task_kill(t, number, 0);
        return false;
    }
    return true;
}

/* --- turns --------------------------------------------------------------------------------- */

static struct task *next_ready(struct nacre *n)
{
    struct task *t = n->ready;
    if (!t)
        return NULL;
    n->ready = t->next_ready;
    if (n->ready)
        n->ready->previous_ready = NULL;
    else
        n->ready_last = NULL;
    t->ready = false;
    return t;
}

static bool finished(struct nacre *n)
{
    if (n->main || n->host_files > 0)
        return false;
    sched_drop_all(n); /* nobody hears what is left */
    return true;
}

/* Nothing is ready: what is it that could change this? */
static enum sched idle(struct nacre *n)
{
    n->output_wanted = n->output_waiting.first != NULL;
    n->input_wanted = n->input_waiting.first != NULL && !n->input_ended;
    bool called = false;
    for (struct host_call *call = n->host_calls; call; call = call->next)
        called |= call->task && !call->done;
    if (n->output_wanted || n->input_wanted || called)
        return SCHED_WAITING;
    if (!n->sleeper_count)
        return SCHED_STUCK;
    if (n->real_time) {
        n->sleep_asked = true;
        return SCHED_WAITING;
    }
    n->clock = n->sleepers[0]->wake;
    n->clock_used = meter_used(&n->meter);
    return SCHED_BUDGET;
}

static void begin_turn(struct nacre *n, struct task *t)
{
    n->current = t;
    n->turn_left = TURN_STEPS;
    meter_grant(&n->meter, 1); /* a change of task is work too */
    meter_charge(&n->meter, 1);
}

enum sched sched_run(struct nacre *n, uint64_t budget)
{
    int64_t left = budget > INT64_MAX ? INT64_MAX : (int64_t)budget;
    int64_t paid = n->debt < left ? n->debt : left;
    n->debt -= paid;
    left -= paid;
    meter_grant(&n->meter, 0);
    for (;;) {
        if (finished(n))
            return SCHED_DONE;
        if (!n->current) {
            wake_sleepers(n);
            struct task *t = next_ready(n);
            if (!t) {
                enum sched why = idle(n);
                if (why != SCHED_BUDGET)
                    return why;
                continue;
            }
            begin_turn(n, t);
            left--;
        }
        struct task *t = n->current;
        if (t->pending && !act_on_signals(t))
            continue;
        uint64_t limit_left = meter_left(&n->meter);
        if (limit_left == 0)
            return SCHED_LIMIT;
        if (left <= 0) {
            n->debt -= left;
            return SCHED_BUDGET;
        }
        int64_t grant = n->turn_left < left ? n->turn_left : left;
        if ((uint64_t)grant > limit_left)
            grant = (int64_t)limit_left;
        meter_grant(&n->meter, grant);
        enum step step = t->kind->step(t);
        int64_t charged = n->meter.granted - n->meter.fuel;
        n->turn_left -= charged;
        left -= charged;
        if (step == STEP_DONE) {
            task_kill(t, 0, t->status);
        } else if (n->vfs.fault.kind != FAULT_NONE) {
            return SCHED_WAITING; /* a page fault: the same task goes on with the rest of its turn */
        } else if (t->pending && step == STEP_WAIT) {
            continue;
        } else if (step == STEP_WAIT) {
            n->current = NULL;
        } else if (n->turn_left <= 0) {
            n->current = NULL;
            task_ready(t);
        }
    }
}

void sched_drop_all(struct nacre *n)
{
    n->current = NULL;
    while (n->tasks)
        task_kill(n->tasks, SIGNAL_KILL, 0);
}

bool sched_idle(const struct nacre *n)
{
    return !n->tasks;
}

/* --- the host's output --------------------------------------------------------------------- */

static struct output_piece *piece_for(struct nacre *n, int stream, size_t size)
{
    struct output_piece *p = n->output_last;
    if (p && p->stream == stream && p->capacity - p->length >= size)
        return p;
    size_t least = p && p->stream != stream ? 80 : 4000; /* streams that take turns may do so for each word */
    size_t capacity = size < least ? least : size;
    p = n->meter.allocator.resize(n->meter.allocator.user, NULL, 0, sizeof *p + capacity);
    if (!p)
        meter_out_of_memory(&n->meter);
    *p = (struct output_piece){.stream = stream, .capacity = capacity};
    n->output_held += sizeof *p + capacity;
    *n->output_end = p;
    n->output_end = &p->next;
    n->output_last = p;
    return p;
}

int64_t sandbox_output(struct nacre *n, struct task *t, int stream, struct str bytes)
{
    if (bytes.length == 0)
        return 0;
    if (n->output_queued >= OUTPUT_QUEUED_MOST || n->output_held >= OUTPUT_HELD_MOST) {
        wait_list_add(&n->output_waiting, t);
        return E_WAIT;
    }
    size_t count = bytes.length;
    if (count > OUTPUT_QUEUED_MOST)
        count = OUTPUT_QUEUED_MOST;
    if (count > n->output_limit - n->output_used)
        count = (size_t)(n->output_limit - n->output_used);
    if (count == 0) {
        n->output_over = true;
        task_signal(t, SIGNAL_XFSZ);
        return E_FBIG;
    }
    struct output_piece *p = piece_for(n, stream, count);
    memcpy(p->data + p->length, bytes.data, count);
    p->length += count;
    n->output_queued += count;
    n->output_used += count;
    return (int64_t)count;
}
