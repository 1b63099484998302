/* base/lines.c - edit scripts between two texts, as GNU diff finds them. */
#include "base/lines.h"

enum phase { SPLIT_A, SPLIT_B, TRIM, CLASSIFY_A, CLASSIFY_B, DISCARD, COMPARE, SLIDE, BUILD, FINISHED };

enum { PIECE = 4096, COST_LEAST = 4096, EXPECT_NEAR = 16, AHEAD = 16 };

/* What is made of a line between the common ends. */
enum mark { KEEP, DISCARDED, PROVISIONAL };

struct side {
    struct str text;
    size_t *starts; /* of each line, and the end of the text; NULL when there are none */
    size_t count;
    size_t first, body; /* the lines between the common ends: where they begin, how many there are */
    uint32_t *classes;  /* of the body's lines: equal lines are of one class */
    char *changed;      /* per line of the body; changed[-1] and changed[body] are 0 */
    uint32_t *kept;     /* classes of the lines not discarded */
    uint32_t *place;    /* and which they are */
    size_t kept_count;
};

struct class
{
    uint64_t hash;
    struct str key;
    uint32_t next;     /* of a like hash; 0: none */
    uint32_t count[2]; /* lines of each side */
};

/* A rectangle still to be compared. */
struct task {
    int32_t x, x_end, y, y_end;
    bool minimal;
};

/* The search for the middle of a rectangle: furthest reaching paths from both corners. */
struct middle {
    bool active;
    bool odd;                            /* the corners are an odd number of diagonals apart */
    int32_t low, high;                   /* diagonals there are */
    int32_t forward_low, forward_high;   /* reached from the first corner */
    int32_t backward_low, backward_high; /* and from the last */
    int64_t cost;
};

struct lines {
    struct heap *heap;
    struct lines_options options;
    struct side side[2];
    enum phase phase;
    size_t at;             /* within a phase */
    struct class *classes; /* from 1 */
    uint32_t class_count;
    uint32_t *table; /* of classes by hash */
    size_t table_size;
    struct buf keys;
    size_t expected; /* the line of the first text's body that the next one of the second may be */
    int32_t *diagonals, *forward, *backward; /* by diagonal, both sides of 0 */
    int64_t expensive;
    uint64_t tried;
    struct task *tasks;
    size_t task_count;
    struct task now;
    struct middle middle;
    struct lines_hunk *hunks;
    size_t hunk_count;
};

struct lines *lines_new(struct heap *heap, struct str a, struct str b, const struct lines_options *options)
{
    struct lines *l = heap_new(heap, struct lines);
    l->heap = heap;
    l->options = *options;
    l->side[0].text = a;
    l->side[1].text = b;
    return l;
}

static void drop_classes(struct lines *l)
{
    if (l->options.key)
        for (uint32_t i = 1; i < l->class_count; i++)
            heap_free(l->heap, (void *)(uintptr_t)l->classes[i].key.data);
    heap_free(l->heap, l->keys.data);
    heap_free(l->heap, l->classes);
    heap_free(l->heap, l->table);
    l->keys.data = NULL;
    l->classes = NULL;
    l->class_count = 0;
    l->table = NULL;
}

void lines_free(struct lines *l)
{
    if (!l)
        return;
    drop_classes(l);
    for (int i = 0; i < 2; i++) {
        struct side *s = &l->side[i];
        heap_free(l->heap, s->starts);
        heap_free(l->heap, s->classes);
        heap_free(l->heap, s->changed ? s->changed - 1 : NULL);
        heap_free(l->heap, s->kept);
        heap_free(l->heap, s->place);
    }
    heap_free(l->heap, l->diagonals);
    heap_free(l->heap, l->tasks);
    heap_free(l->heap, l->hunks);
    heap_free(l->heap, l);
}

size_t lines_count(const struct lines *l, int side)
{
    return l->side[side].count;
}

struct str lines_range(const struct lines *l, int side, size_t from, size_t to)
{
    const struct side *s = &l->side[side];
    if (from >= to)
        return str_of(s->text.data, 0);
    return str_of(s->text.data + s->starts[from], s->starts[to] - s->starts[from]);
}

struct str lines_get(const struct lines *l, int side, size_t line)
{
    return lines_range(l, side, line, line + 1);
}

const struct lines_hunk *lines_hunks(const struct lines *l, size_t *count)
{
    *count = l->hunk_count;
    return l->hunks;
}

/* ---- lines, common ends, classes ---- */

/* Finds more lines; true when there are no more. */
static bool split(struct lines *l, struct side *s)
{
    const char *text = s->text.data;
    size_t size = s->text.length;
    for (int turn = 0; turn < PIECE && l->at < size; turn++) {
        const char *end = memchr(text + l->at, l->options.end, size - l->at);
        s->starts = array_grow(l->heap, s->starts, s->count + 1, sizeof *s->starts);
        s->starts[s->count++] = l->at;
        l->at = end ? (size_t)(end - text) + 1 : size;
        s->starts[s->count] = l->at;
        meter_charge(l->heap->meter, 1);
    }
    return l->at == size;
}

/* How many bytes are equal from the start. */
static size_t common_start(struct str a, struct str b)
{
    size_t size = a.length < b.length ? a.length : b.length, at = 0;
    while (size - at >= PIECE && memcmp(a.data + at, b.data + at, PIECE) == 0)
        at += PIECE;
    while (at < size && a.data[at] == b.data[at])
        at++;
    return at;
}

/* Sets the equal lines at both ends aside, but for the horizon. Bytes count here, not keys. */
static void trim(struct lines *l)
{
    struct side *a = &l->side[0], *b = &l->side[1];
    size_t bytes = common_start(a->text, b->text), low = 0, high = a->count;
    while (low < high) { /* lines of `a` that end within these bytes */
        size_t middle = low + (high - low) / 2;
        if (a->starts[middle + 1] <= bytes)
            low = middle + 1;
        else
            high = middle;
    }
    /* A last line of `a` without newline may go on in `b`. */
    if (low > 0 && (low > b->count || b->starts[low] != a->starts[low]))
        low--;
    size_t horizon = l->options.horizon;
    low -= low < horizon ? low : horizon;
    size_t least = a->count < b->count ? a->count : b->count, tail = 0;
    while (tail < least - low &&
           str_equal(lines_get(l, 0, a->count - 1 - tail), lines_get(l, 1, b->count - 1 - tail)))
        tail++;
    meter_charge(l->heap->meter, (int64_t)(bytes / METER_BYTES + tail));
    tail -= tail < horizon ? tail : horizon;
    for (int i = 0; i < 2; i++) {
        struct side *s = &l->side[i];
        s->first = low;
        s->body = s->count - low - tail;
        s->classes = heap_alloc(l->heap, (s->body + 1) * sizeof *s->classes);
        s->changed = heap_zero(l->heap, s->body + 2);
        s->changed++;
        s->kept = heap_alloc(l->heap, (s->body + 1) * sizeof *s->kept);
        s->place = heap_alloc(l->heap, (s->body + 1) * sizeof *s->place);
    }
    l->table_size = 16;
    while (l->table_size < a->body + b->body)
        l->table_size *= 2;
    l->table = heap_zero(l->heap, l->table_size * sizeof *l->table);
    l->class_count = 1;
    buf_init(&l->keys, l->heap);
}

static uint64_t hash_bytes(struct str s)
{
    uint64_t hash = s.length * 0x9e3779b97f4a7c15u, word;
    size_t at = 0;
    for (; s.length - at >= 8; at += 8) {
        memcpy(&word, s.data + at, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    for (; at < s.length; at++)
        hash = (hash ^ (unsigned char)s.data[at]) * 0x100000001b3u;
    hash = (hash ^ (hash >> 29)) * 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 32);
}

static uint32_t class_of(struct lines *l, struct str key, uint64_t hash)
{
    uint32_t *slot = &l->table[hash & (l->table_size - 1)];
    for (uint32_t i = *slot; i; i = l->classes[i].next)
        if (l->classes[i].hash == hash && str_equal(l->classes[i].key, key))
            return i;
    l->classes = array_grow(l->heap, l->classes, l->class_count, sizeof *l->classes);
    if (l->options.key)
        key = str_copy(l->heap, key);
    l->classes[l->class_count] = (struct class){.hash = hash, .key = key, .next = *slot};
    *slot = l->class_count;
    return l->class_count++;
}

/* The class of a line of the second text that is, as in most places, the one that follows in the first; 0 when it is not. */
static uint32_t expected_class(struct lines *l, struct str line)
{
    const struct side *s = &l->side[0];
    if (l->expected >= s->body || !str_equal(lines_get(l, 0, s->first + l->expected), line))
        return 0;
    return s->classes[l->expected++];
}

/* Looks for the place in the first text behind a line of that class, not far from where it was. */
static void expect_behind(struct lines *l, uint32_t class)
{
    const struct side *s = &l->side[0];
    for (size_t i = l->expected; i < s->body && i < l->expected + EXPECT_NEAR; i++)
        if (s->classes[i] == class) {
            l->expected = i + 1;
            return;
        }
}

/* The hashes of the next lines. What is known of such lines is asked for at once: waiting for one after the other takes longer. */
static void hash_ahead(struct lines *l, int side, uint64_t *hashes)
{
    const struct side *s = &l->side[side];
    size_t count = s->body - l->at < AHEAD ? s->body - l->at : AHEAD;
    for (size_t i = 0; i < count; i++) {
        hashes[i] = hash_bytes(lines_get(l, side, s->first + l->at + i));
        __builtin_prefetch(&l->table[hashes[i] & (l->table_size - 1)]);
    }
    for (size_t i = 0; i < count; i++)
        if (l->table[hashes[i] & (l->table_size - 1)])
            __builtin_prefetch(&l->classes[l->table[hashes[i] & (l->table_size - 1)]]);
}

/* Classifies more lines; true when there are no more. */
static bool classify(struct lines *l, int side)
{
    struct side *s = &l->side[side];
    size_t bytes = 0;
    uint64_t hashes[AHEAD];
    for (int turn = 0; turn < PIECE && l->at < s->body; turn++, l->at++) {
        bool ahead = side == 0 && !l->options.key;
        if (ahead && turn % AHEAD == 0)
            hash_ahead(l, side, hashes);
        struct str key = lines_get(l, side, s->first + l->at);
        bytes += key.length;
        uint32_t class = side == 1 ? expected_class(l, key) : 0;
        if (class == 0) {
            if (l->options.key) {
                buf_clear(&l->keys);
                l->options.key(l->options.user, key, &l->keys);
                key = buf_str(&l->keys);
            }
            class = class_of(l, key, ahead ? hashes[turn % AHEAD] : hash_bytes(key));
            if (side == 1)
                expect_behind(l, class);
        }
        s->classes[l->at] = class;
        l->classes[class].count[side]++;
        meter_charge(l->heap->meter, 1);
    }
    meter_charge(l->heap->meter, (int64_t)(bytes / METER_BYTES));
    return l->at == s->body;
}

/* ---- lines set aside ---- */

/* Twice `start` for each power of 4 in `size`: about its root. */
static size_t rough_root(size_t start, size_t size)
{
    while ((size >>= 2) > 0)
        start *= 2;
    return start;
}

/* Keeps the provisional lines near one end of a run, up to three sure ones in a row or one behind the eighth.
 */
static void keep_near(char *run, size_t length, bool from_end)
{
    int sure = 0;
    for (size_t i = 0; i < length && sure < 3; i++) {
        char *mark = from_end ? &run[length - 1 - i] : &run[i];
        if (i >= 8 && *mark == DISCARDED)
            return;
        sure = *mark == DISCARDED ? sure + 1 : 0;
        if (*mark == PROVISIONAL)
            *mark = KEEP;
    }
}

/* Decides about the provisional lines in a run that begins and ends with sure ones. */
static void settle_run(char *run, size_t length, size_t provisional)
{
    if (provisional * 4 > length) {
        for (size_t i = 0; i < length; i++)
            if (run[i] == PROVISIONAL)
                run[i] = KEEP;
        return;
    }
    size_t most = rough_root(1, length >> 2); /* neighbours that may go together */
    for (size_t i = 0, next; i < length; i = next) {
        next = i + 1;
        if (run[i] != PROVISIONAL)
            continue;
        while (next < length && run[next] == PROVISIONAL)
            next++;
        if (next - i > most)
            memset(run + i, KEEP, next - i);
    }
    keep_near(run, length, false);
    keep_near(run, length, true);
}

static void settle(char *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (marks[i] == PROVISIONAL)
            marks[i] = KEEP;
        if (marks[i] == KEEP)
            continue;
        size_t end = i, provisional = 0;
        for (; end < count && marks[end] != KEEP; end++)
            provisional += marks[end] == PROVISIONAL;
        while (marks[end - 1] == PROVISIONAL) {
            marks[--end] = KEEP;
            provisional--;
        }
        settle_run(marks + i, end - i, provisional);
        i = end - 1;
    }
}

/* Lines that the other text does not have need no comparing; nor have those that it has very often, where
 * they stand among such lines. */
static void discard(struct lines *l)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &l->side[i];
        size_t often = rough_root(5, s->body / 64);
        for (size_t k = 0; k < s->body; k++) {
            uint32_t matches = l->classes[s->classes[k]].count[1 - i];
            s->changed[k] = matches == 0 ? DISCARDED : matches > often ? PROVISIONAL : KEEP;
        }
        settle(s->changed, s->body);
    }
    for (int i = 0; i < 2; i++) {
        struct side *s = &l->side[i];
        for (size_t k = 0; k < s->body; k++) {
            if (!l->options.minimal && s->changed[k] != KEEP) {
                s->changed[k] = 1;
                continue;
            }
            s->changed[k] = 0;
            s->kept[s->kept_count] = s->classes[k];
            s->place[s->kept_count++] = (uint32_t)k;
        }
    }
    meter_charge(l->heap->meter, (int64_t)((l->side[0].body + l->side[1].body) / 8));
}

/* ---- the comparison ---- */

static void push_task(struct lines *l, struct task t)
{
    l->tasks = array_grow(l->heap, l->tasks, l->task_count, sizeof *l->tasks);
    l->tasks[l->task_count++] = t;
}

static void start_compare(struct lines *l)
{
    size_t a = l->side[0].kept_count, b = l->side[1].kept_count, diagonals = a + b + 3;
    l->diagonals = heap_alloc(l->heap, 2 * diagonals * sizeof *l->diagonals);
    l->forward = l->diagonals + b + 1;
    l->backward = l->forward + diagonals;
    l->expensive = 1;
    for (size_t n = diagonals; n; n >>= 2)
        l->expensive *= 2;
    if (l->expensive < COST_LEAST)
        l->expensive = COST_LEAST;
    push_task(l, (struct task){0, (int32_t)a, 0, (int32_t)b, l->options.minimal});
}

static void start_middle(struct lines *l)
{
    struct task t = l->now;
    struct middle *m = &l->middle;
    int32_t first = t.x - t.y, last = t.x_end - t.y_end;
    *m = (struct middle){.active = true,
                         .odd = (first - last) & 1,
                         .low = t.x - t.y_end,
                         .high = t.x_end - t.y,
                         .forward_low = first,
                         .forward_high = first,
                         .backward_low = last,
                         .backward_high = last,
                         .cost = 1};
    l->forward[first] = t.x;
    l->backward[last] = t.x_end;
}

/* Splits the rectangle at (x, y), a point that both halves touch. */
static void split_at(struct lines *l, int32_t x, int32_t y, bool low_minimal, bool high_minimal)
{
    struct task t = l->now;
    l->middle.active = false;
    push_task(l, (struct task){x, t.x_end, y, t.y_end, high_minimal});
    push_task(l, (struct task){t.x, x, t.y, y, low_minimal});
}

/* One more edit from the first corner on each diagonal; true when a path from the other side is met. */
static bool extend_forward(struct lines *l)
{
    struct middle *m = &l->middle;
    struct task t = l->now;
    const uint32_t *a = l->side[0].kept, *b = l->side[1].kept;
    int32_t *reach = l->forward;
    int64_t equal = 0;
    if (m->forward_low > m->low)
        reach[--m->forward_low - 1] = -1;
    else
        m->forward_low++;
    if (m->forward_high < m->high)
        reach[++m->forward_high + 1] = -1;
    else
        m->forward_high--;
    for (int32_t d = m->forward_high; d >= m->forward_low; d -= 2) {
        int32_t below = reach[d - 1], above = reach[d + 1], x = below < above ? above : below + 1, from = x;
        while (x < t.x_end && x - d < t.y_end && a[x] == b[x - d])
            x++;
        equal += x - from;
        reach[d] = x;
        if (m->odd && m->backward_low <= d && d <= m->backward_high && l->backward[d] <= x) {
            split_at(l, x, x - d, true, true);
            return true;
        }
    }
    meter_charge(l->heap->meter, (m->forward_high - m->forward_low) / 8 + equal / 16);
    return false;
}

static bool extend_backward(struct lines *l)
{
    struct middle *m = &l->middle;
    struct task t = l->now;
    const uint32_t *a = l->side[0].kept, *b = l->side[1].kept;
    int32_t *reach = l->backward;
    int64_t equal = 0;
    if (m->backward_low > m->low)
        reach[--m->backward_low - 1] = INT32_MAX;
    else
        m->backward_low++;
    if (m->backward_high < m->high)
        reach[++m->backward_high + 1] = INT32_MAX;
    else
        m->backward_high--;
    for (int32_t d = m->backward_high; d >= m->backward_low; d -= 2) {
        int32_t below = reach[d - 1], above = reach[d + 1], x = below < above ? below : above - 1, from = x;
        while (x > t.x && x - d > t.y && a[x - 1] == b[x - d - 1])
            x--;
        equal += from - x;
        reach[d] = x;
        if (!m->odd && m->forward_low <= d && d <= m->forward_high && x <= l->forward[d]) {
            split_at(l, x, x - d, true, true);
            return true;
        }
    }
    meter_charge(l->heap->meter, (m->backward_high - m->backward_low) / 8 + equal / 16);
    return false;
}

/* Too much was tried: splits where one of the sides came furthest. */
static void settle_for_less(struct lines *l)
{
    struct middle *m = &l->middle;
    struct task t = l->now;
    int64_t forward = -1, backward = INT64_MAX;
    int32_t forward_x = 0, backward_x = 0;
    for (int32_t d = m->forward_high; d >= m->forward_low; d -= 2) {
        int32_t x = l->forward[d] < t.x_end ? l->forward[d] : t.x_end;
        if (x - d > t.y_end)
            x = t.y_end + d;
        if (forward < 2 * (int64_t)x - d) {
            forward = 2 * (int64_t)x - d;
            forward_x = x;
        }
    }
    for (int32_t d = m->backward_high; d >= m->backward_low; d -= 2) {
        int32_t x = l->backward[d] > t.x ? l->backward[d] : t.x;
        if (x - d < t.y)
            x = t.y + d;
        if (2 * (int64_t)x - d < backward) {
            backward = 2 * (int64_t)x - d;
            backward_x = x;
        }
    }
    if ((int64_t)t.x_end + t.y_end - backward < forward - ((int64_t)t.x + t.y))
        split_at(l, forward_x, (int32_t)(forward - forward_x), true, false);
    else
        split_at(l, backward_x, (int32_t)(backward - backward_x), false, true);
}

static void mark_changed(struct lines *l, int side, int32_t from, int32_t to)
{
    struct side *s = &l->side[side];
    for (int32_t i = from; i < to; i++)
        s->changed[s->place[i]] = 1;
}

/* Takes the next rectangle; true when there is none. */
static bool next_task(struct lines *l)
{
    const uint32_t *a = l->side[0].kept, *b = l->side[1].kept;
    if (l->task_count == 0)
        return true;
    struct task t = l->tasks[--l->task_count];
    int32_t before = t.x_end - t.x;
    while (t.x < t.x_end && t.y < t.y_end && a[t.x] == b[t.y])
        t.x++, t.y++;
    while (t.x < t.x_end && t.y < t.y_end && a[t.x_end - 1] == b[t.y_end - 1])
        t.x_end--, t.y_end--;
    meter_charge(l->heap->meter, 1 + (before - (t.x_end - t.x)) / 16);
    bool spent = l->options.cost && l->tried > l->options.cost;
    if (t.x == t.x_end || t.y == t.y_end || spent) {
        mark_changed(l, 0, t.x, t.x_end);
        mark_changed(l, 1, t.y, t.y_end);
        return false;
    }
    l->now = t;
    start_middle(l);
    return false;
}

/* Compares a little more; true when all is compared. */
static bool compare(struct lines *l)
{
    struct middle *m = &l->middle;
    if (!m->active)
        return next_task(l);
    if (extend_forward(l) || extend_backward(l))
        return false;
    l->tried += (uint64_t)(m->forward_high - m->forward_low + m->backward_high - m->backward_low) / 2 + 2;
    if (l->options.cost && l->tried > l->options.cost) {
        m->active = false;
        mark_changed(l, 0, l->now.x, l->now.x_end);
        mark_changed(l, 1, l->now.y, l->now.y_end);
    } else if (!l->now.minimal && m->cost >= l->expensive) {
        settle_for_less(l);
    } else {
        m->cost++;
    }
    return false;
}

/* ---- hunks ---- */

/* Slides each run of changed lines back, merging it with those before it, then forward, merging and as far as
 * it goes; and back again to where it last stood beside a run of the other text. */
static void slide(struct side *s, struct side *other)
{
    char *changed = s->changed, *beside = other->changed;
    const uint32_t *class = s->classes;
    size_t end = s->body, i = 0;
    ptrdiff_t j = 0;
    for (;;) {
        while (i < end && !changed[i]) {
            while (beside[j++])
                continue;
            i++;
        }
        if (i == end)
            return;
        size_t start = i, length, stood;
        while (changed[++i])
            continue;
        while (beside[j])
            j++;
        do {
            length = i - start;
            while (start && class[start - 1] == class[i - 1]) {
                changed[--start] = 1;
                changed[--i] = 0;
                while (start && changed[start - 1])
                    start--;
                while (beside[--j])
                    continue;
            }
            stood = beside[j - 1] ? i : end;
            while (i != end && class[start] == class[i]) {
                changed[start++] = 0;
                changed[i++] = 1;
                while (changed[i])
                    i++;
                while (beside[++j])
                    stood = i;
            }
        } while (length != i - start);
        while (stood < i) {
            changed[--start] = 1;
            changed[--i] = 0;
            while (beside[--j])
                continue;
        }
    }
}

static void build(struct lines *l)
{
    struct side *a = &l->side[0], *b = &l->side[1];
    for (size_t i = 0, j = 0; i < a->body || j < b->body;) {
        if (!a->changed[i] && !b->changed[j]) {
            i++;
            j++;
            continue;
        }
        size_t i_end = i, j_end = j;
        while (a->changed[i_end])
            i_end++;
        while (b->changed[j_end])
            j_end++;
        l->hunks = array_grow(l->heap, l->hunks, l->hunk_count, sizeof *l->hunks);
        l->hunks[l->hunk_count++] = (struct lines_hunk){a->first + i, i_end - i, b->first + j, j_end - j};
        i = i_end;
        j = j_end;
    }
}

enum lines_answer lines_step(struct lines *l)
{
    struct meter *m = l->heap->meter;
    struct side *a = &l->side[0], *b = &l->side[1];
    do {
        bool over = true; /* the phase is */
        switch (l->phase) {
        case SPLIT_A: over = split(l, a); break;
        case SPLIT_B: over = split(l, b); break;
        case TRIM: trim(l); break;
        case CLASSIFY_A: over = classify(l, 0); break;
        case CLASSIFY_B: over = classify(l, 1); break;
        case DISCARD:
            discard(l);
            drop_classes(l);
            start_compare(l);
            break;
        case COMPARE: over = compare(l); break;
        case SLIDE:
            slide(a, b);
            slide(b, a);
            meter_charge(m, (int64_t)((a->body + b->body) / 8));
            break;
        case BUILD:
            build(l);
            meter_charge(m, (int64_t)((a->body + b->body) / 8));
            break;
        case FINISHED: return LINES_DONE;
        }
        if (over) {
            l->phase++;
            l->at = 0;
        }
    } while (meter_go(m));
    return l->phase == FINISHED ? LINES_DONE : LINES_MORE;
}
