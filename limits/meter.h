/* limits/meter.h - the numbers a run can use up, and what is left of them.
 *
 * Steps: a task looks whether it may go on (meter_go), does a piece of work, then
 * charges for it. A charge always succeeds: fuel below 0 is a debt that is paid
 * before the task goes on. So where work stops, and how much it costs, does not
 * depend on how the caller slices a run. Charge for data, never for capacities,
 * addresses, or how input was cut into pieces.
 *
 * Memory: what heaps and counted things hold. Running out does not return: control
 * goes to the landing place (meter_land), and the run's heaps are dropped.
 */
#ifndef LIMITS_METER_H
#define LIMITS_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The host's allocator: size 0 frees, memory NULL allocates, else resizes; answers
 * NULL when there is no memory (and then leaves `memory` as it was). Aligned for any type. */
struct allocator {
    void *(*resize)(void *user, void *memory, size_t old_size, size_t size);
    void *user;
};

enum exhausted { EXHAUSTED_NOTHING, EXHAUSTED_MEMORY };

struct pool; /* limits/heap.c: free pages kept between tasks */
struct landing;

struct meter {
    int64_t fuel;            /* steps until the running task must stop; below 0 a debt */
    int64_t granted;         /* what fuel was when it was last given */
    uint64_t used;           /* steps of this run before that */
    uint64_t limit;          /* steps of this run at most */
    size_t memory;           /* bytes held now */
    size_t memory_limit;     /* bytes at most */
    size_t memory_peak;      /* the most bytes ever held in this run */
    struct allocator allocator;
    struct landing *landing; /* where exhaustion goes; NULL outside meter_land */
    struct pool *pool;
    atomic_int stop;         /* set by another thread to interrupt; fuel is given in small pieces while it matters */
};

/* May the task go on? Ask at the top of each turn of a loop, before the work. */
static inline bool meter_go(const struct meter *m)
{
    return m->fuel > 0;
}

/* Takes `steps`. Ask meter_go before the next piece of work. */
static inline void meter_charge(struct meter *m, int64_t steps)
{
    m->fuel -= steps;
}

enum { METER_BYTES = 64 }; /* bytes moved, compared or searched for one step */

/* Charges for `bytes` of a stream: `rest` keeps the remainder below a step, so that
 * the sum does not depend on how the stream was cut. */
static inline void meter_charge_bytes(struct meter *m, unsigned *rest, size_t bytes)
{
    size_t sum = *rest + bytes;
    m->fuel -= (int64_t)(sum / METER_BYTES);
    *rest = (unsigned)(sum % METER_BYTES);
}

/* Steps used in this run so far. */
static inline uint64_t meter_used(const struct meter *m)
{
    return m->used + (uint64_t)(m->granted - m->fuel);
}

/* Steps this run may still use; 0 when there are none. */
static inline uint64_t meter_left(const struct meter *m)
{
    uint64_t used = meter_used(m);
    return used < m->limit ? m->limit - used : 0;
}

/* Gives the running task `steps` more from now on, instead of what it has. */
void meter_grant(struct meter *m, int64_t steps);

/* Takes `size` bytes of the memory limit: false when they are not there. */
bool meter_take_memory(struct meter *m, size_t size);
void meter_give_memory(struct meter *m, size_t size);

/* Does not return: to the landing place. */
_Noreturn void meter_out_of_memory(struct meter *m);

/* Calls body(argument) with a landing place: EXHAUSTED_NOTHING when it returned,
 * EXHAUSTED_MEMORY when it left by meter_out_of_memory. Landings nest. An adapter
 * whose engine keeps all its memory in one heap uses it too, and drops that heap. */
enum exhausted meter_land(struct meter *m, void (*body)(void *argument), void *argument);

#endif
