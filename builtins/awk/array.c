/* builtins/awk/array.c - arrays: a hash table of elements in their order of insertion. */
#include "builtins/awk/awk.h"

enum { FIRST_ROOM = 4, ROOM_KEPT = 64, SLOTS_A_STEP = 8, ROOM_MOST = 1 << 26, ROOM_WASTED = 64 };

struct awk_array *awk_array_new(struct awk *a)
{
    struct awk_array *array = heap_zero(a->heap, sizeof *array);
    array->owners = 1;
    return array;
}

/* --- keys -------------------------------------------------------------------------------------------------- */

struct awk_key awk_key_of_text(struct str s)
{
    struct awk_key key = {false, 0, s};
    bool minus = s.length && s.data[0] == '-';
    size_t i = minus;
    uint64_t sum = 0;
    if (s.length - i - 1 > 17 || (s.data[i] == '0' && (s.length > 1)) || s.data[i] < '0' || s.data[i] > '9')
        return key; /* an empty text too */
    for (; i < s.length; i++) {
        unsigned digit = (unsigned char)(s.data[i] - '0');
        if (digit > 9)
            return key;
        sum = sum * 10 + digit;
    }
    return (struct awk_key){true, minus ? -(int64_t)sum : (int64_t)sum, {0}};
}

struct awk_key awk_key_of_value(struct awk *a, const struct awk_value *v)
{
    if (v->type == AWK_NUMBER && awk_is_whole(v->number))
        return (struct awk_key){true, (int64_t)v->number, {0}};
    return awk_key_of_text(awk_text(a, v));
}

static uint32_t hash_of(struct awk_key key)
{
    if (key.is_number) {
        uint64_t h = (uint64_t)key.number * 0x9e3779b97f4a7c15;
        return (uint32_t)(h >> 32);
    }
    return (uint32_t)map_hash(key.text, 0x9e3779b97f4a7c15);
}

static bool is_key(const struct awk_element *e, struct awk_key key)
{
    if (!e->used)
        return false;
    if (key.is_number)
        return !e->text && e->number == key.number;
    return e->text && str_equal(str_of(e->text->data, e->text->length), key.text);
}

/* --- elements ------------------------------------------------------------------------------------------------ */

/* The entry of a key; NULL, and *slot is free for it. */
static struct awk_element *search(struct awk *a, const struct awk_array *array, struct awk_key key, uint32_t hash, uint32_t *slot)
{
    uint32_t mask = array->slot_count - 1, at = hash & mask, searched = 0;
    struct awk_element *found = NULL;
    for (; array->slots[at]; at = (at + 1) & mask, searched++) {
        struct awk_element *e = &array->entries[array->slots[at] - 1];
        if (e->hash == hash && is_key(e, key)) {
            found = e;
            break;
        }
    }
    *slot = at;
    if (searched >= SLOTS_A_STEP || key.text.length >= METER_BYTES)
        meter_charge(a->heap->meter, searched / SLOTS_A_STEP + (int64_t)(key.text.length / METER_BYTES));
    return found;
}

/* The entry of a key in a row, or its gap; NULL: it is not in there. */
static struct awk_element *in_row(const struct awk_array *array, struct awk_key key)
{
    uint64_t at = (uint64_t)key.number - (uint64_t)array->first;
    return key.is_number && at < array->used ? &array->entries[at] : NULL;
}

struct awk_value *awk_array_find(struct awk *a, struct awk_array *array, struct awk_key key)
{
    uint32_t slot;
    if (!array->count)
        return NULL;
    if (array->is_row) {
        struct awk_element *e = in_row(array, key);
        return e && e->used ? &e->value : NULL;
    }
    struct awk_element *e = search(a, array, key, hash_of(key), &slot);
    return e ? &e->value : NULL;
}

/* Makes the slots anew. */
static void make_slots(struct awk *a, struct awk_array *array)
{
    uint32_t slot_count = array->room * 2, mask = slot_count - 1;
    if (slot_count != array->slot_count) {
        heap_free(a->heap, array->slots);
        array->slots = NULL;
        array->slot_count = 0;
        array->slots = heap_alloc(a->heap, slot_count * sizeof *array->slots);
        array->slot_count = slot_count;
    }
    memset(array->slots, 0, slot_count * sizeof *array->slots);
    for (uint32_t i = 0; i < array->used; i++) {
        uint32_t at = array->entries[i].hash & mask;
        if (!array->entries[i].used)
            continue;
        while (array->slots[at])
            at = (at + 1) & mask;
        array->slots[at] = i + 1;
    }
}

/* A key that does not follow comes to a row. */
static void end_row(struct awk *a, struct awk_array *array)
{
    for (uint32_t i = 0; i < array->used; i++)
        array->entries[i].hash = hash_of((struct awk_key){true, array->entries[i].number, {0}});
    make_slots(a, array);
    array->is_row = false;
    meter_charge(a->heap->meter, array->used / SLOTS_A_STEP);
}

static void make_room(struct awk *a, struct awk_array *array)
{
    uint32_t room = array->room == 0 ? FIRST_ROOM : array->count < array->room / 2 ? array->room : array->room * 2;
    if (room > ROOM_MOST)
        meter_out_of_memory(a->heap->meter);
    if (array->is_row && room == array->room) /* mostly gaps */
        end_row(a, array);
    if (array->count < array->used && !array->is_row) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < array->used; i++)
            if (array->entries[i].used)
                array->entries[kept++] = array->entries[i];
        array->used = kept;
    }
    array->entries = heap_resize(a->heap, array->entries, room * sizeof *array->entries);
    array->room = room;
    if (!array->is_row)
        make_slots(a, array);
}

/* An element of a row: the next one, or one that was removed; NULL: this key does not follow. */
static struct awk_element *add_to_row(struct awk *a, struct awk_array *array, struct awk_key key)
{
    struct awk_element *e = in_row(array, key);
    if (!key.is_number || (!e && key.number != array->first + array->used)) {
        end_row(a, array);
        return NULL;
    }
    if (!e) {
        if (array->used == array->room) {
            make_room(a, array);
            if (!array->is_row)
                return NULL;
        }
        e = &array->entries[array->used++];
    }
    *e = (struct awk_element){.number = key.number, .used = true};
    array->count++;
    return e;
}

struct awk_value *awk_array_get(struct awk *a, struct awk_array *array, struct awk_key key)
{
    uint32_t hash, slot = 0;
    struct awk_element *e;
    if (!array->used && key.is_number && !array->slot_count) {
        array->is_row = true;
        array->first = key.number;
    }
    if (array->is_row) {
        e = in_row(array, key);
        if (e && e->used)
            return &e->value;
        e = add_to_row(a, array, key);
        if (e) {
            meter_charge(a->heap->meter, 1);
            return &e->value;
        }
    }
    if (!array->slot_count && array->room)
        make_slots(a, array);
    hash = hash_of(key);
    e = array->slot_count ? search(a, array, key, hash, &slot) : NULL;
    if (e)
        return &e->value;
    meter_charge(a->heap->meter, 1);
    struct awk_string *text = key.is_number ? NULL : awk_string_new(a, key.text);
    if (array->used == array->room) {
        make_room(a, array);
        search(a, array, key, hash, &slot);
    }
    e = &array->entries[array->used++];
    *e = (struct awk_element){.text = text, .number = key.number, .hash = hash, .used = true};
    array->slots[slot] = array->used;
    array->count++;
    return &e->value;
}

void awk_array_remove(struct awk *a, struct awk_array *array, struct awk_key key)
{
    uint32_t slot;
    if (!array->count)
        return;
    struct awk_element *e = array->is_row ? in_row(array, key) : search(a, array, key, hash_of(key), &slot);
    if (!e || !e->used)
        return;
    if (e->text)
        awk_string_free(a, e->text);
    struct awk_value old = e->value;
    e->used = false;
    e->text = NULL;
    array->count--;
    awk_drop(a, old);
    if (!array->count)
        awk_array_clear(a, array);
}

const char *awk_array_kind(const struct awk_array *array)
{
    uint32_t i = 0;
    while (i < array->used && !array->entries[i].used)
        i++;
    if (i == array->used)
        return "null";
    return array->entries[i].text ? "str" : array->entries[i].number < 0 ? "int" : "cint";
}

struct awk_value *awk_array_get_number(struct awk *a, struct awk_array *array, int64_t number)
{
    return awk_array_get(a, array, (struct awk_key){true, number, {0}});
}

struct awk_value *awk_array_get_text(struct awk *a, struct awk_array *array, const char *text)
{
    return awk_array_get(a, array, awk_key_of_text(str_from(text)));
}

void awk_array_set_number(struct awk *a, struct awk_array *array, int64_t number, struct awk_value v)
{
    struct awk_value *to = awk_array_get_number(a, array, number);
    awk_drop(a, *to);
    *to = v;
}

void awk_array_set_text(struct awk *a, struct awk_array *array, const char *text, struct awk_value v)
{
    struct awk_value *to = awk_array_get_text(a, array, text);
    awk_drop(a, *to);
    *to = v;
}

/* Text in place of what a string holds, whose only owner `v` is, if it has about the room for it. */
static bool reuse(const struct awk_value *v, struct str s)
{
    if (v->type < AWK_STRING || v->type > AWK_STRNUM || v->string->owners != 1)
        return false;
    size_t room = heap_size(v->string) - sizeof *v->string;
    if (s.length > room || room > 2 * s.length + ROOM_WASTED)
        return false;
    v->string->length = s.length;
    str_put(v->string->data, s);
    return true;
}

void awk_array_refill(struct awk *a, struct awk_array *array, int64_t number, struct str s)
{
    if (number == 1 && !(array->is_row && array->first == 1 && array->count == array->used))
        awk_array_clear(a, array);
    if (number > array->used) {
        awk_array_set_number(a, array, number, awk_of_input(a, s));
        return;
    }
    struct awk_value *v = &array->entries[number - 1].value;
    meter_charge(a->heap->meter, 1);
    if (!reuse(v, s)) {
        struct awk_value old = *v;
        *v = (struct awk_value){0};
        awk_drop(a, old);
        v->string = awk_string_new(a, s);
    }
    v->type = AWK_INPUT;
}

void awk_array_end(struct awk *a, struct awk_array *array, int64_t count)
{
    if (count == 0) {
        awk_array_clear(a, array);
        return;
    }
    meter_charge(a->heap->meter, array->used - count);
    while (array->used > count) {
        array->count--;
        struct awk_element *e = &array->entries[--array->used];
        e->used = false;
        awk_drop(a, e->value);
    }
}

/* Frees the elements; arrays in them, whose last owner it was, are added to a list. */
static struct awk_array *empty(struct awk *a, struct awk_array *array, struct awk_array *list)
{
    for (uint32_t i = 0; i < array->used; i++) {
        struct awk_element *e = &array->entries[i];
        if (!e->used)
            continue;
        if (e->text)
            awk_string_free(a, e->text);
        if (e->value.type == AWK_ARRAY) {
            if (--e->value.array->owners == 0) {
                e->value.array->next = list;
                list = e->value.array;
            }
        } else {
            awk_drop(a, e->value);
        }
    }
    meter_charge(a->heap->meter, array->count);
    heap_free(a->heap, array->slots);
    array->slots = NULL;
    array->count = array->used = array->slot_count = 0;
    array->is_row = false;
    if (array->room > ROOM_KEPT || !array->owners) {
        heap_free(a->heap, array->entries);
        array->entries = NULL;
        array->room = 0;
    }
    return list;
}

static void free_list(struct awk *a, struct awk_array *list)
{
    while (list) {
        struct awk_array *array = list;
        list = empty(a, array, array->next);
        heap_free(a->heap, array);
    }
}

void awk_array_clear(struct awk *a, struct awk_array *array)
{
    free_list(a, empty(a, array, NULL));
}

void awk_array_release(struct awk *a, struct awk_array *array)
{
    array->next = NULL;
    free_list(a, array);
}

/* --- walks ---------------------------------------------------------------------------------------------------- */

struct awk_value awk_key_value(struct awk *a, const struct awk_element *e)
{
    char text[NUMBER_MOST + 1];
    if (e->text) {
        e->text->owners++;
        return (struct awk_value){.type = AWK_STRING, .string = e->text};
    }
    return awk_of_string(a, str_of(text, number_write_int(text, e->number)));
}

struct awk_value awk_array_keys(struct awk *a, struct awk_array *array)
{
    struct awk_keys *keys = heap_zero(a->heap, sizeof *keys);
    keys->owners = 1;
    keys->items = heap_alloc(a->heap, array->count * sizeof *keys->items);
    for (uint32_t i = 0; i < array->used; i++)
        if (array->entries[i].used)
            keys->items[keys->count++] = awk_key_value(a, &array->entries[i]);
    meter_charge(a->heap->meter, array->count);
    return (struct awk_value){.type = AWK_KEYS, .keys = keys};
}
