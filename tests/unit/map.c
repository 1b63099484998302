/* tests/unit/map.c - the hash map against a plain array, with random operations. */
#include "base/map.h"
#include "tests/unit/kit.h"

/* The model: keys and numbers in order of insertion. */
struct model {
    char keys[400][16];
    size_t lengths[400];
    int64_t numbers[400];
    int count;
};

static int model_find(const struct model *m, struct str key)
{
    for (int i = 0; i < m->count; i++)
        if (str_equal(key, str_of(m->keys[i], m->lengths[i])))
            return i;
    return -1;
}

static void model_remove(struct model *m, int at)
{
    m->count--;
    for (int i = at; i < m->count; i++) {
        memcpy(m->keys[i], m->keys[i + 1], sizeof m->keys[i]);
        m->lengths[i] = m->lengths[i + 1];
        m->numbers[i] = m->numbers[i + 1];
    }
}

static struct str random_key(char *text, unsigned kinds)
{
    unsigned number = below(kinds);
    size_t length = number % 13;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(i < 4 ? number >> 8 * i : 'x' * (number & 1));
    if (length >= 2)
        memcpy(text, &number, 2);
    return str_of(text, length);
}

static void compare(struct map *map, const struct model *m)
{
    uint32_t at = 0;
    struct str key;
    union map_value *value;
    int i = 0;
    bool good = map->count == (uint32_t)m->count;
    for (; map_next(map, &at, &key, &value); i++)
        good = good && i < m->count && str_equal(key, str_of(m->keys[i], m->lengths[i])) &&
               value->number == m->numbers[i];
    check(good && i == m->count);
}

static void test_random(struct heap *heap, unsigned kinds)
{
    static struct model m;
    struct map map;
    char text[16];
    map_init_seeded(&map, heap, seed);
    m.count = 0;
    for (int turn = 0; turn < 30000; turn++) {
        struct str key = random_key(text, kinds);
        int at = model_find(&m, key);
        union map_value *value;
        bool is_new;
        switch (below(turn / 5000 % 2 ? 9 : 5)) {
        case 0:
        case 1:
            value = map_add(&map, key, &is_new);
            check(is_new == (at < 0) && value->number == (at < 0 ? 0 : m.numbers[at]));
            if (at < 0) {
                at = m.count++;
                memcpy(m.keys[at], key.data, key.length);
                m.lengths[at] = key.length;
                m.numbers[at] = 0;
            }
            value->number = m.numbers[at] += turn;
            break;
        case 2:
            if (at >= 0) {
                map_set_number(&map, key, -turn);
                m.numbers[at] = -turn;
            }
            break;
        case 3:
            value = map_find(&map, key);
            check((value != NULL) == (at >= 0) && (!value || value->number == m.numbers[at]));
            break;
        default:
            check(map_remove(&map, key) == (at >= 0));
            if (at >= 0)
                model_remove(&m, at);
            break;
        }
        if (turn % 100 == 0)
            compare(&map, &m);
    }
    compare(&map, &m);
    map_drop(&map);
    check(map.count == 0 && !map_find(&map, str_lit("x")) && !map_remove(&map, str_lit("x")));
}

static void test_steps(struct heap *heap)
{
    struct map map;
    char text[32];
    map_init(&map, heap);
    int64_t fuel = heap->meter->fuel;
    for (int i = 0; i < 100000; i++)
        map_set_number(&map, str_of(text, (size_t)snprintf(text, sizeof text, "key %d", i)), i);
    int64_t steps = fuel - heap->meter->fuel;
    check(steps >= 100000 && steps < 105000);
    bool good = true;
    for (int i = 0; i < 100000; i++) {
        union map_value *value =
            map_find(&map, str_of(text, (size_t)snprintf(text, sizeof text, "key %d", i)));
        good = good && value && value->number == i;
    }
    check(good && map.count == 100000);
    uint32_t at = 0;
    struct str key;
    union map_value *value;
    while (map_next(&map, &at, &key, &value))
        map_remove(&map, key);
    check(map.count == 0);
    map_drop(&map);
    /* The same on every platform. */
    check(map_hash(str_lit(""), 1) == map_hash(str_of(NULL, 0), 1));
    check(map_hash(str_lit("abcdefghij"), 0) == 0x17d069d42aa378a4);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    struct heap heap;
    heap_init(&heap, &meter);
    test_random(&heap, 20);
    test_random(&heap, 300);
    test_random(&heap, 380);
    test_steps(&heap);
    check(!heap.large); /* maps free what they take */
    heap_drop(&heap);
    return kit_end();
}
