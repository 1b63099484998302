/* task/pipe.c - a bounded byte queue between tasks. */
#include "task/pipe.h"

#include "task/task.h"

#include <string.h>

void wait_list_add(struct wait_list *list, struct task *t)
{
    if (t->waiting == list)
        return;
    wait_list_remove(t);
    t->waiting = list;
    t->next_waiting = NULL;
    t->previous_waiting = list->last;
    if (list->last)
        list->last->next_waiting = t;
    else
        list->first = t;
    list->last = t;
}

void wait_list_remove(struct task *t)
{
    struct wait_list *list = t->waiting;
    if (!list)
        return;
    if (t->previous_waiting)
        t->previous_waiting->next_waiting = t->next_waiting;
    else
        list->first = t->next_waiting;
    if (t->next_waiting)
        t->next_waiting->previous_waiting = t->previous_waiting;
    else
        list->last = t->previous_waiting;
    t->waiting = NULL;
}

void wait_list_wake(struct wait_list *list)
{
    while (list->first) {
        struct task *t = list->first;
        wait_list_remove(t);
        task_ready(t);
    }
}

struct pipe *pipe_new(struct heap *heap)
{
    struct pipe *p = heap_new(heap, struct pipe);
    p->heap = heap;
    return p;
}

int pipe_peek(struct pipe *p, struct task *reader, struct str *bytes)
{
    *bytes = str_of(p->data + p->head, p->length);
    if (p->length > 0 || p->writers == 0)
        return 0;
    if (reader)
        wait_list_add(&p->waiting_readers, reader);
    return E_WAIT;
}

void pipe_take(struct pipe *p, size_t count)
{
    p->head += count;
    p->length -= count;
    if (p->length == 0)
        p->head = 0;
    if (count)
        wait_list_wake(&p->waiting_writers);
}

/* Room for `size` more bytes behind those that are there, size + length at most PIPE_CAPACITY. */
static void make_room(struct pipe *p, size_t size)
{
    if (p->capacity - p->head - p->length >= size)
        return;
    if (p->capacity - p->length < size) {
        size_t capacity = p->capacity ? p->capacity : 512;
        while (capacity - p->length < size)
            capacity *= 2;
        char *data = heap_alloc(p->heap, capacity);
        if (p->length)
            memcpy(data, p->data + p->head, p->length);
        heap_free(p->heap, p->data);
        p->data = data;
        p->capacity = capacity;
    } else {
        memmove(p->data, p->data + p->head, p->length);
    }
    p->head = 0;
}

int64_t pipe_write(struct pipe *p, struct task *writer, struct str s)
{
    if (p->readers == 0)
        return E_PIPE;
    size_t room = PIPE_CAPACITY - p->length;
    if (s.length == 0)
        return 0;
    if (room == 0 || (s.length <= PIPE_ATOMIC && room < s.length)) {
        if (writer)
            wait_list_add(&p->waiting_writers, writer);
        return E_WAIT;
    }
    size_t count = s.length < room ? s.length : room;
    make_room(p, count);
    memcpy(p->data + p->head + p->length, s.data, count);
    p->length += count;
    wait_list_wake(&p->waiting_readers);
    return (int64_t)count;
}

void pipe_open_reader(struct pipe *p)
{
    p->readers++;
    wait_list_wake(&p->waiting_writers);
}

void pipe_open_writer(struct pipe *p)
{
    p->writers++;
    wait_list_wake(&p->waiting_readers);
}

static void free_if_unused(struct pipe *p)
{
    if (p->readers || p->writers || p->kept)
        return;
    heap_free(p->heap, p->data);
    heap_free(p->heap, p);
}

void pipe_close_reader(struct pipe *p)
{
    p->readers--;
    wait_list_wake(&p->waiting_writers);
    free_if_unused(p);
}

void pipe_close_writer(struct pipe *p)
{
    p->writers--;
    wait_list_wake(&p->waiting_readers);
    free_if_unused(p);
}

void pipe_release(struct pipe *p)
{
    p->kept = false;
    free_if_unused(p);
}
