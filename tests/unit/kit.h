/* tests/unit/kit.h - what the unit tests share: checks that are counted, memory that is counted and can be refused, random numbers.
 *
 * A test's main calls kit_seed first if it draws, and returns kit_end().
 */
#ifndef TESTS_UNIT_KIT_H
#define TESTS_UNIT_KIT_H

#include "limits/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long passed, failed;
#define check(x) ((x) ? (void)passed++ : (void)(failed++, printf("%s:%d: %s\n", __FILE__, __LINE__, #x)))

static size_t held;               /* bytes taken and not given back */
static long fail_in, allocations; /* the allocation that fails (0: none); all there were */

/* Nothing grows where it was, so that whoever keeps an old pointer is found out. */
static inline void *resize(void *user, void *memory, size_t old_size, size_t size)
{
    (void)user;
    if (size == 0) {
        held -= old_size;
        free(memory);
        return NULL;
    }
    allocations++;
    if (fail_in && --fail_in == 0)
        return NULL;
    void *moved = malloc(size);
    if (memory) {
        memcpy(moved, memory, old_size < size ? old_size : size);
        free(memory);
    }
    held += size - old_size;
    return moved;
}

/* Plenty of everything. */
static struct meter meter = {.fuel = INT64_MAX / 2,
                             .granted = INT64_MAX / 2,
                             .limit = UINT64_MAX / 4,
                             .memory_limit = SIZE_MAX / 2,
                             .allocator = {resize, NULL}};

/* Bytes held, but for pages kept for the next heap. */
static inline size_t in_use(void)
{
    pool_trim(&meter);
    return held;
}

static uint64_t seed = 88172645463325252u;

/* 64 random bits. */
static inline uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static inline unsigned below(unsigned limit)
{
    return (unsigned)((draw() * 0x2545f4914f6cdd1d >> 32) % limit);
}

/* Takes the seed from the command line, if it is there, and tells it. */
static inline void kit_seed(int count, char **arguments)
{
    if (count > 1)
        seed = strtoull(arguments[1], NULL, 10) | 1;
    printf("seed %llu\n", (unsigned long long)seed);
}

/* The last line, and the status of the program: what main returns. */
static inline int kit_end(void)
{
    check(in_use() == 0 && meter.memory == 0);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}

#endif
