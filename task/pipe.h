/* task/pipe.h - a bounded byte queue between tasks.
 *
 * Nothing here blocks. A task that cannot go on is put on the pipe's wait list and told E_WAIT;
 * it answers STEP_WAIT and is stepped again when the pipe changes. A pipe is on the sandbox's heap,
 * since it outlives the task that made it, and is freed with its last end.
 */
#ifndef TASK_PIPE_H
#define TASK_PIPE_H

#include "base/buf.h"

enum {
    PIPE_CAPACITY = 64 * 1024, /* bytes, as on Linux */
    PIPE_ATOMIC = 4096         /* a write of at most this much is whole (PIPE_BUF) */
};

struct task;

/* Tasks that wait for one thing, in the order in which they came. */
struct wait_list {
    struct task *first, *last;
};

/* Bytes that a reader was shown and takes with its next call. Whoever looks for more before that finds them taken. */
struct lending {
    uint64_t number; /* of the last one */
    size_t count;    /* bytes; 0: none is open */
};

struct pipe {
    struct heap *heap;
    int readers, writers;       /* open ends */
    bool kept;                  /* a fifo's: lives on without ends until pipe_release */
    struct wait_list waiting_readers, waiting_writers;
    char *data;                 /* NULL before the first byte */
    size_t head, length, capacity;
    struct lending lending;
};

struct pipe *pipe_new(struct heap *heap);
/* The bytes that are there, left in the pipe: borrowed until the next call on this pipe or the end of the turn. Length above 0: 0 is
 * answered; none and no writer left: 0 with length 0; none yet: E_WAIT, and `reader` is on the wait list (NULL: it is not). */
int pipe_peek(struct pipe *p, struct task *reader, struct str *bytes);
/* Removes `count` bytes that were seen. Wakes writers. */
void pipe_take(struct pipe *p, size_t count);
/* Bytes moved in, E_WAIT when full (`writer` is on the wait list), E_PIPE when no reader is left. */
int64_t pipe_write(struct pipe *p, struct task *writer, struct str s);
void pipe_open_reader(struct pipe *p);
void pipe_open_writer(struct pipe *p);
void pipe_close_reader(struct pipe *p);
void pipe_close_writer(struct pipe *p);
void pipe_release(struct pipe *p); /* no longer kept */

#endif
