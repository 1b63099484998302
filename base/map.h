/* base/map.h - a hash map from bytes to a pointer or number, on a heap, in order of insertion.
 *
 * For what one task holds: unique lines, awk's arrays, join, tsort. What is shared between copies is a btree
 * instead. A walk gives the entries in the order in which their keys came in; nothing depends on the hash but
 * how long it takes, and that is charged: a step per new entry, per 64 bytes of a key looked at, and per 8
 * slots searched, so that keys made to collide cost their maker.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"
#include "limits/heap.h"

union map_value {
    void *pointer; /* not owned */
    int64_t number;
    double real;
};

struct map {
    struct heap *heap;
    struct map_entry *entries; /* in order of insertion; those removed have gaps */
    struct map_slot *slots;    /* by hash */
    uint32_t used;             /* entries, gaps included */
    uint32_t room;             /* entries there is memory for */
    uint32_t slot_count;       /* 0 or a power of two */
    uint32_t count;            /* entries: read it as the size of the map */
    uint64_t seed;
};

/* An empty map: takes no memory before the first entry. */
void map_init(struct map *m, struct heap *heap);
/* The same with a seed of one's own instead of a fixed one. */
void map_init_seeded(struct map *m, struct heap *heap, uint64_t seed);
/* Frees keys and entries, not what values point to. The map is then empty and usable. */
void map_drop(struct map *m);

/* The value of a key, to be read or changed until the next map_add; NULL when there is none. */
union map_value *map_find(const struct map *m, struct str key);
/* The same, and when there is none a new entry with a copy of the key and the number 0. is_new may be NULL. */
union map_value *map_add(struct map *m, struct str key, bool *is_new);
/* Sets the value of a key that may be new. */
void map_set_pointer(struct map *m, struct str key, void *pointer);
void map_set_number(struct map *m, struct str key, int64_t number);
/* Frees the key. False when there was none. */
bool map_remove(struct map *m, struct str key);

/* The next entry of a walk that begins with *at = 0: false at its end. The key lives until it is removed.
 * During a walk entries may be changed and removed, not added. */
bool map_next(const struct map *m, uint32_t *at, struct str *key, union map_value **value);

/* The hash that maps use: the same on all platforms. */
uint64_t map_hash(struct str key, uint64_t seed);

#endif
