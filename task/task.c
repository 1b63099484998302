/* task/task.c - the life of a task: made, signalled, ended, reaped. */
#include "task/task.h"

#include "task/file.h"
#include "task/sandbox.h"

struct task *task_new(struct nacre *n, struct task *parent, const struct task_kind *kind)
{
    struct task *t = heap_new(&n->heap, struct task);
    heap_init(&t->heap, &n->meter);
    t->sandbox = n;
    t->kind = kind;
    t->number = n->next_number++;
    t->ended_end = &t->ended;
    if (parent) {
        t->group = parent->group;
        t->who = parent->who;
        t->umask = parent->umask;
        t->ignored = parent->ignored;
        t->fds = fds_share(parent->fds);
        t->name = parent->name;
        t->environment = shared_keep(parent->environment);
        t->directory = parent->directory;
        t->parent = parent;
        t->sibling = parent->children;
        t->sibling_link = &parent->children;
        if (t->sibling)
            t->sibling->sibling_link = &t->sibling;
        parent->children = t;
    } else {
        t->group = t->number;
        t->who = n->who;
        t->umask = n->umask;
        t->directory = VFS_ROOT;
    }
    t->next = n->tasks;
    t->link = &n->tasks;
    if (t->next)
        t->next->link = &t->next;
    n->tasks = t;
    task_ready(t);
    if (!t->fds)
        t->fds = fds_new(n);
    int error = vfs_open(&n->vfs, t->directory);
    if (error == E_NOMEM) {
        t->directory = 0;
        meter_out_of_memory(&n->meter);
    }
    return t;
}

void task_ready(struct task *t)
{
    struct nacre *n = t->sandbox;
    if (t->ready || t->over)
        return;
    t->ready = true;
    t->next_ready = NULL;
    t->previous_ready = n->ready_last;
    if (n->ready_last)
        n->ready_last->next_ready = t;
    else
        n->ready = t;
    n->ready_last = t;
}

static void unlink_ready(struct task *t)
{
    struct nacre *n = t->sandbox;
    if (!t->ready)
        return;
    if (t->previous_ready)
        t->previous_ready->next_ready = t->next_ready;
    else
        n->ready = t->next_ready;
    if (t->next_ready)
        t->next_ready->previous_ready = t->previous_ready;
    else
        n->ready_last = t->previous_ready;
    t->ready = false;
}

static void unlink_sibling(struct task *t)
{
    if (!t->sibling_link)
        return;
    *t->sibling_link = t->sibling;
    if (t->sibling)
        t->sibling->sibling_link = t->sibling_link;
    t->sibling = NULL;
    t->sibling_link = NULL;
}

/* Children outlive their parent as orphans; those that have ended are forgotten. */
static void leave_children(struct task *t)
{
    struct nacre *n = t->sandbox;
    while (t->children) {
        struct task *child = t->children;
        unlink_sibling(child);
        child->parent = NULL;
    }
    while (t->ended) {
        struct task *child = t->ended;
        t->ended = child->next_ended;
        heap_free(&n->heap, child);
    }
    t->ended_end = &t->ended;
}

void task_kill(struct task *t, int number, int status)
{
    struct nacre *n = t->sandbox;
    if (t->over)
        return;
    unlink_ready(t);
    t->over = true;
    wait_list_remove(t);
    task_no_wake(t);
    if (t->kind->end)
        t->kind->end(t);
    if (t->opening)
        file_close(t->opening);
    t->opening = NULL;
    fds_release(n, t->fds);
    t->fds = NULL;
    environment_release(t->environment, &n->meter);
    t->environment = NULL;
    if (t->directory)
        vfs_close(&n->vfs, t->directory);
    leave_children(t);
    heap_drop(&t->heap);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    t->status = number ? 128 + number : status & 255;
    t->signal = number;
    if (n->current == t)
        n->current = NULL;
    if (n->main == t) {
        n->main = NULL;
        n->status = t->status;
    }
    unlink_sibling(t);
    struct task *parent = t->parent;
    if (!parent) {
        heap_free(&n->heap, t);
        return;
    }
    t->next_ended = NULL;
    *parent->ended_end = t;
    parent->ended_end = &t->next_ended;
    if (parent->kind->signal && !t->quiet)
        parent->kind->signal(parent, SIGNAL_CHLD);
    wait_list_remove(parent);
    task_ready(parent);
}

void task_reap(struct task *parent, struct task *child)
{
    for (struct task **at = &parent->ended; *at; at = &(*at)->next_ended)
        if (*at == child) {
            *at = child->next_ended;
            if (!*at)
                parent->ended_end = at;
            heap_free(&parent->sandbox->heap, child);
            return;
        }
}

int task_wait_signal(struct task *parent, struct task *child, int *status, int *signal)
{
    if (!child->over)
        return E_WAIT;
    *status = child->status;
    *signal = child->signal;
    task_reap(parent, child);
    return 0;
}

int task_wait(struct task *parent, struct task *child, int *status)
{
    int signal;
    return task_wait_signal(parent, child, status, &signal);
}

void task_signal(struct task *t, int number)
{
    if (t->over || number <= 0 || number >= SIGNAL_COUNT)
        return;
    if (number != SIGNAL_KILL && number != SIGNAL_STOP && (t->ignored & SIGNAL_BIT(number)))
        return;
    t->pending |= SIGNAL_BIT(number);
    wait_list_remove(t);
    task_ready(t);
}

int task_signal_group(struct nacre *n, uint32_t group, int number)
{
    int count = 0;
    for (struct task *t = n->tasks; t; t = t->next)
        if (t->group == group) {
            if (number)
                task_signal(t, number);
            count++;
        }
    return count;
}

struct task *task_find(struct nacre *n, uint32_t number)
{
    for (struct task *t = n->tasks; t; t = t->next)
        if (t->number == number)
            return t;
    return NULL;
}

bool task_set_directory(struct task *t, uint64_t number)
{
    if (vfs_open(&t->sandbox->vfs, number) < 0)
        return false;
    if (t->directory)
        vfs_close(&t->sandbox->vfs, t->directory);
    t->directory = number;
    return true;
}

/* --- the environment ------------------------------------------------------------------ */

struct environment *environment_new(struct meter *m, const struct str *list, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += list[i].length + 1;
    struct environment *e = shared_new(m, sizeof *e + count * sizeof(struct str) + bytes);
    if (!e)
        meter_out_of_memory(m);
    e->count = count;
    char *at = (char *)&e->at[count];
    for (size_t i = 0; i < count; i++) {
        memcpy(at, list[i].data, list[i].length);
        at[list[i].length] = 0;
        e->at[i] = str_of(at, list[i].length);
        at += list[i].length + 1;
    }
    return e;
}

struct environment *environment_with(struct heap *heap, const struct environment *old, struct str name, struct str value)
{
    size_t count = old ? old->count : 0, kept = 0;
    struct str *list = heap_alloc(heap, (count + 1) * sizeof *list);
    struct buf text;
    buf_init(&text, heap);
    buf_print(&text, "%S=%S", name, value);
    for (size_t i = 0; i < count; i++) {
        struct str s = old->at[i];
        if (!(s.length > name.length && s.data[name.length] == '=' && str_equal(str_first(s, name.length), name)))
            list[kept++] = s;
    }
    list[kept++] = buf_str(&text);
    struct environment *e = environment_new(heap->meter, list, kept);
    heap_free(heap, list);
    buf_drop(&text);
    return e;
}

void environment_release(void *environment, struct meter *m)
{
    if (shared_drop(environment))
        shared_free(m, environment);
}

bool environment_find(const struct environment *e, const char *name, struct str *value)
{
    size_t length = strlen(name);
    for (size_t i = 0; e && i < e->count; i++)
        if (e->at[i].length > length && e->at[i].data[length] == '=' && memcmp(e->at[i].data, name, length) == 0) {
            *value = str_after(e->at[i], length + 1);
            return true;
        }
    return false;
}

void task_set_environment(struct task *t, struct environment *e)
{
    environment_release(t->environment, &t->sandbox->meter);
    t->environment = e;
}
