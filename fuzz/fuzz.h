/* fuzz/fuzz.h - what the targets share: a counted allocator, and input taken piece by piece. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold and ends the process, so that the input is kept. */
#define must(x) ((x) ? (void)0 : __builtin_trap())

struct held {
    size_t bytes;
};

static inline void *held_resize(void *user, void *memory, size_t old_size, size_t size)
{
    struct held *h = user;
    if (size == 0) {
        h->bytes -= memory ? old_size : 0;
        free(memory);
        return NULL;
    }
    void *made = realloc(memory, size);
    if (made)
        h->bytes += size - (memory ? old_size : 0);
    return made;
}

struct input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t input_byte(struct input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

/* Everything up to the next `end` byte, which is taken too. */
static inline const char *input_until(struct input *in, uint8_t end, size_t *length)
{
    const uint8_t *from = in->data, *stop = in->size ? memchr(from, end, in->size) : NULL;
    *length = stop ? (size_t)(stop - from) : in->size;
    in->data += *length + (stop != NULL);
    in->size -= *length + (stop != NULL);
    return (const char *)from;
}

#endif
