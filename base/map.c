/* base/map.c - a hash map from bytes to a pointer or number, in order of insertion. */
#include "base/map.h"

/* Slots hold numbers of entries, which lie in order. A search goes from slot to slot; an entry that was
 * removed stays as a gap that its slot still names, until the table is built anew. */
struct map_entry {
    char *key; /* NULL in a gap */
    size_t length;
    union map_value value;
    uint32_t hash; /* the lower half of it */
};

struct map_slot {
    uint32_t hash;  /* of the entry; decides which slot is the first to look at */
    uint32_t entry; /* its number and 1; 0 is a free slot */
};

enum { FIRST_ROOM = 8, SLOTS_A_STEP = 8, ROOM_MOST = 1 << 26 /* entries: 2 GB of them */ };

static const uint64_t default_seed = 0x9e3779b97f4a7c15;

void map_init_seeded(struct map *m, struct heap *heap, uint64_t seed)
{
    *m = (struct map){.heap = heap, .seed = seed};
}

void map_init(struct map *m, struct heap *heap)
{
    map_init_seeded(m, heap, default_seed);
}

void map_drop(struct map *m)
{
    for (uint32_t i = 0; i < m->used; i++)
        heap_free(m->heap, m->entries[i].key);
    heap_free(m->heap, m->entries);
    heap_free(m->heap, m->slots);
    map_init_seeded(m, m->heap, m->seed);
}

/* Up to eight bytes, lowest first on every platform. */
static uint64_t load(const char *data, size_t count)
{
    const unsigned char *at = (const unsigned char *)data;
    if (count == 8)
        return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
               (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
    uint64_t word = 0;
    while (count-- > 0)
        word = word << 8 | at[count];
    return word;
}

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93;
    hash ^= hash >> 29;
    hash *= 0xcaf649a9f0d1b2a5;
    return hash ^ hash >> 32;
}

uint64_t map_hash(struct str key, uint64_t seed)
{
    uint64_t hash = seed ^ (uint64_t)key.length * 0xa24baed4963ee407;
    const char *at = key.data;
    size_t left = key.length;
    for (; left >= 8; at += 8, left -= 8) {
        hash = (hash ^ load(at, 8)) * 0x9fb21c651e98df25;
        hash ^= hash >> 31;
    }
    if (left)
        hash = (hash ^ load(at, left)) * 0x9fb21c651e98df25;
    return mix(hash);
}

static void charge_search(const struct map *m, uint32_t slots, size_t bytes)
{
    if (slots >= SLOTS_A_STEP || bytes >= METER_BYTES)
        meter_charge(m->heap->meter, (int64_t)(slots / SLOTS_A_STEP) + (int64_t)(bytes / METER_BYTES));
}

/* The entry of a key; NULL when there is none, and then *slot is free for it. */
static struct map_entry *search(const struct map *m, struct str key, uint32_t hash, uint32_t *slot)
{
    uint32_t mask = m->slot_count - 1, at = hash & mask, searched = 0;
    size_t bytes = key.length;
    struct map_entry *found = NULL;
    for (; m->slots[at].entry; at = (at + 1) & mask, searched++) {
        if (m->slots[at].hash != hash)
            continue;
        struct map_entry *e = &m->entries[m->slots[at].entry - 1];
        if (e->length != key.length || !e->key)
            continue;
        bytes += key.length;
        if (key.length == 0 || memcmp(e->key, key.data, key.length) == 0) {
            found = e;
            break;
        }
    }
    *slot = at;
    charge_search(m, searched, bytes);
    return found;
}

union map_value *map_find(const struct map *m, struct str key)
{
    uint32_t slot;
    if (m->count == 0)
        return NULL;
    struct map_entry *e = search(m, key, (uint32_t)map_hash(key, m->seed), &slot);
    return e ? &e->value : NULL;
}

/* Moves the entries together: the slots then have to be built anew. */
static void close_gaps(struct map *m)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->used; i++)
        if (m->entries[i].key)
            m->entries[kept++] = m->entries[i];
    m->used = kept;
}

/* Makes room for one entry more: closes the gaps when they are half of all, or else doubles. */
static void make_room(struct map *m)
{
    uint32_t room = m->room == 0 ? FIRST_ROOM : m->count < m->room / 2 ? m->room : m->room * 2;
    if (room > ROOM_MOST)
        meter_out_of_memory(m->heap->meter);
    if (m->count < m->used)
        close_gaps(m);
    m->entries = heap_resize(m->heap, m->entries, room * sizeof *m->entries);
    m->room = room;
    uint32_t slot_count = room * 2, mask = slot_count - 1;
    if (slot_count != m->slot_count) {
        heap_free(m->heap, m->slots);
        m->slots = heap_alloc(m->heap, slot_count * sizeof *m->slots);
        m->slot_count = slot_count;
    }
    memset(m->slots, 0, slot_count * sizeof *m->slots);
    for (uint32_t i = 0; i < m->used; i++) {
        uint32_t hash = m->entries[i].hash, at = hash & mask;
        while (m->slots[at].entry)
            at = (at + 1) & mask;
        m->slots[at] = (struct map_slot){hash, i + 1};
    }
}

union map_value *map_add(struct map *m, struct str key, bool *is_new)
{
    uint32_t hash = (uint32_t)map_hash(key, m->seed), slot = 0;
    struct map_entry *e = m->slot_count ? search(m, key, hash, &slot) : NULL;
    if (is_new)
        *is_new = !e;
    if (e)
        return &e->value;
    meter_charge(m->heap->meter, 1);
    if (m->used == m->room) {
        make_room(m);
        search(m, key, hash, &slot);
    }
    char *copy = heap_alloc(m->heap, key.length);
    if (key.length)
        memcpy(copy, key.data, key.length);
    e = &m->entries[m->used++];
    *e = (struct map_entry){.key = copy, .length = key.length, .hash = hash};
    m->slots[slot] = (struct map_slot){hash, m->used};
    m->count++;
    return &e->value;
}

void map_set_pointer(struct map *m, struct str key, void *pointer)
{
    map_add(m, key, NULL)->pointer = pointer;
}

void map_set_number(struct map *m, struct str key, int64_t number)
{
    map_add(m, key, NULL)->number = number;
}

bool map_remove(struct map *m, struct str key)
{
    uint32_t slot;
    if (m->count == 0)
        return false;
    struct map_entry *e = search(m, key, (uint32_t)map_hash(key, m->seed), &slot);
    if (!e)
        return false;
    heap_free(m->heap, e->key);
    e->key = NULL;
    m->count--;
    return true;
}

bool map_next(const struct map *m, uint32_t *at, struct str *key, union map_value **value)
{
    for (; *at < m->used; ++*at) {
        struct map_entry *e = &m->entries[*at];
        if (!e->key)
            continue;
        *key = str_of(e->key, e->length);
        *value = &e->value;
        ++*at;
        return true;
    }
    return false;
}
