/* limits/meter.c - the numbers a run can use up, and the one place to land. */
#include "limits/meter.h"

#include "limits/heap.h"

#include <setjmp.h>

struct landing {
    jmp_buf environment;
};

void meter_grant(struct meter *m, int64_t steps)
{
    m->used = meter_used(m);
    m->fuel = m->granted = steps;
}

bool meter_take_memory(struct meter *m, size_t size)
{
    if (size > m->memory_limit - m->memory || m->memory > m->memory_limit) {
        pool_trim(m); /* free pages kept for the next task are not worth a failure */
        if (m->memory > m->memory_limit || size > m->memory_limit - m->memory)
            return false;
    }
    m->memory += size;
    if (m->memory > m->memory_peak)
        m->memory_peak = m->memory;
    return true;
}

void meter_give_memory(struct meter *m, size_t size)
{
    m->memory = size < m->memory ? m->memory - size : 0;
}

void meter_out_of_memory(struct meter *m)
{
    if (!m->landing)
        __builtin_trap(); /* an entry of the library forgot its landing place */
    longjmp(m->landing->environment, 1);
}

enum exhausted meter_land(struct meter *m, void (*body)(void *argument), void *argument)
{
    struct landing here, *volatile outer = m->landing;
    enum exhausted how = EXHAUSTED_NOTHING;
    if (setjmp(here.environment) == 0) {
        m->landing = &here;
        body(argument);
    } else {
        how = EXHAUSTED_MEMORY;
    }
    m->landing = outer;
    return how;
}
