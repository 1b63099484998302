/* shell/brace.c - brace expansion of a word's source text, one word at a time, so that {1..1000000000} costs what is used of it. */
#include "shell/vm.h"

/* The text is a sequence of parts: literal, alternatives, ranges; alternatives hold sequences again. The words are
 * counted through like an odometer: each alternative group and range has a current choice. */
enum part_kind { PART_LITERAL, PART_RANGE, PART_GROUP, PART_CHOICE };

struct part {
    uint8_t kind;
    bool characters;      /* {a..e} */
    int width;            /* zero-padding of a range */
    int32_t next;         /* sibling in the sequence, or next choice of the group; -1 */
    int32_t first, last;  /* GROUP: its choices; CHOICE: its sequence */
    int32_t current;      /* GROUP: the choice */
    struct str text;      /* LITERAL */
    int64_t from, to, step;
    uint64_t count, at;   /* RANGE */
};

struct brace_walk {
    struct heap *heap;
    struct part *parts;
    size_t count;
    struct str text;      /* owned */
    int32_t root;         /* a CHOICE */
    bool begun, over;
    struct buf word;
    int32_t *stack;
    size_t depth;
};

static int32_t add_part(struct brace_walk *b, enum part_kind kind)
{
    b->parts = array_grow(b->heap, b->parts, b->count, sizeof *b->parts);
    b->parts[b->count] = (struct part){.kind = (uint8_t)kind, .next = -1, .first = -1, .last = -1, .current = -1};
    return (int32_t)b->count++;
}

static void append_to(struct brace_walk *b, int32_t owner, int32_t part)
{
    struct part *o = &b->parts[owner];
    if (o->last >= 0)
        b->parts[o->last].next = part;
    else
        o->first = part;
    o->last = part;
}

/* Behind quotes, escapes and expansions at `i`, which brace expansion does not look into. */
static size_t skip_quoted(struct str t, size_t i)
{
    char c = t.data[i];
    if (c == '\\')
        return i + 2 < t.length ? i + 2 : t.length;
    if (c == '\'' || c == '"' || c == '`') {
        for (i++; i < t.length && t.data[i] != c; i++)
            i += c != '\'' && t.data[i] == '\\';
        return i + 1 < t.length ? i + 1 : t.length;
    }
    if (c == '$' && i + 1 < t.length && (t.data[i + 1] == '{' || t.data[i + 1] == '(')) {
        char open = t.data[i + 1], close = open == '{' ? '}' : ')';
        int depth = 0;
        for (i++; i < t.length; i++) {
            if (t.data[i] == '\\') {
                i++;
            } else if (t.data[i] == '\'' || t.data[i] == '"') {
                char quote = t.data[i];
                for (i++; i < t.length && t.data[i] != quote; i++)
                    i += quote == '"' && t.data[i] == '\\';
            } else if (t.data[i] == open) {
                depth++;
            } else if (t.data[i] == close && --depth == 0) {
                return i + 1;
            }
        }
        return t.length;
    }
    return i;
}

/* Where the brace at `open` closes, and whether a comma stands directly inside; 0 when it does not close. */
static size_t closing(struct str t, size_t open, bool *comma)
{
    int depth = 0;
    *comma = false;
    for (size_t i = open; i < t.length;) {
        size_t behind = skip_quoted(t, i);
        if (behind != i) {
            i = behind;
            continue;
        }
        if (t.data[i] == '{')
            depth++;
        else if (t.data[i] == '}' && --depth == 0)
            return i;
        else if (t.data[i] == ',' && depth == 1)
            *comma = true;
        i++;
    }
    return 0;
}

static bool parse_integer(struct str s, int64_t *value, int *width)
{
    size_t i = 0;
    bool negative = false;
    if (s.length && (s.data[0] == '-' || s.data[0] == '+'))
        negative = s.data[i++] == '-';
    if (i == s.length)
        return false;
    uint64_t v = 0;
    bool padded = s.length - i > 1 && s.data[i] == '0';
    for (; i < s.length; i++) {
        if (s.data[i] < '0' || s.data[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.data[i] - '0'), &v))
            return false;
    }
    if (v > (uint64_t)INT64_MAX + negative)
        return false;
    *value = negative && v ? -(int64_t)(v - 1) - 1 : (int64_t)v;
    *width = padded ? (int)s.length : 0;
    return true;
}

static bool is_letter(struct str s)
{
    return s.length == 1 && ((s.data[0] >= 'a' && s.data[0] <= 'z') || (s.data[0] >= 'A' && s.data[0] <= 'Z'));
}

/* x..y[..step] */
static bool parse_range(struct str s, struct part *p)
{
    struct str piece[3] = {{0}};
    int pieces = 0;
    size_t from = 0;
    for (size_t i = 0; i <= s.length; i++)
        if (i == s.length || (i + 1 < s.length && s.data[i] == '.' && s.data[i + 1] == '.')) {
            if (pieces == 3)
                return false;
            piece[pieces++] = str_of(s.data + from, i - from);
            from = i + 2;
            i++;
        }
    if (pieces < 2)
        return false;
    int w1 = 0, w2 = 0, w3 = 0;
    int64_t step = 0;
    if (pieces == 3 && !parse_integer(piece[2], &step, &w3))
        return false;
    if (parse_integer(piece[0], &p->from, &w1) && parse_integer(piece[1], &p->to, &w2)) {
        p->width = w1 || w2 ? (int)(piece[0].length > piece[1].length ? piece[0].length : piece[1].length) : 0;
    } else if (is_letter(piece[0]) && is_letter(piece[1])) {
        p->from = (unsigned char)piece[0].data[0];
        p->to = (unsigned char)piece[1].data[0];
        p->characters = true;
    } else {
        return false;
    }
    uint64_t size = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;
    if (!size)
        size = 1;
    uint64_t span = p->to >= p->from ? (uint64_t)p->to - (uint64_t)p->from : (uint64_t)p->from - (uint64_t)p->to;
    bool across = p->from > 0 ? p->to < p->from : p->from < 0 && p->to > p->from;
    if (size > INT64_MAX || span > INT64_MAX - (across ? 2u : 0u) || span / size + 1 > INT32_MAX - 2) /* bash makes no more */
        return false;
    p->count = span / size + 1;
    p->step = p->to >= p->from ? (int64_t)size : -(int64_t)size;
    return true;
}

/* Reads the sequence from `at` up to an ender at this level; an explicit stack of the groups we are in. */
static void parse(struct brace_walk *b)
{
    struct level { int32_t group, choice; size_t end; } *levels = NULL;
    size_t depth = 0, literal = 0, at = 0;
    struct str t = b->text;
    int32_t choice = b->root;
    for (;;) {
        bool stop = at >= t.length;
        bool ends = depth && !stop && (t.data[at] == ',' || at == levels[depth - 1].end);
        bool comma = false;
        size_t close = 0;
        struct part range = {.kind = PART_RANGE, .next = -1, .first = -1, .last = -1};
        bool is_range = false;
        if (!stop && !ends && t.data[at] == '{') {
            close = closing(t, at, &comma);
            if (close && !comma)
                is_range = parse_range(str_of(t.data + at + 1, close - at - 1), &range);
            if (close && !comma && !is_range)
                close = 0;
        }
        if ((stop || ends || close) && at > literal) {
            int32_t p = add_part(b, PART_LITERAL);
            b->parts[p].text = str_of(t.data + literal, at - literal);
            append_to(b, choice, p);
        }
        if (stop)
            break;
        if (ends) {
            struct level *l = &levels[depth - 1];
            if (t.data[at] == ',' && at != l->end) {
                choice = add_part(b, PART_CHOICE);
                append_to(b, l->group, choice);
            } else {
                choice = l->choice;
                depth--;
            }
            literal = ++at;
        } else if (is_range) {
            int32_t p = add_part(b, PART_RANGE);
            b->parts[p] = range;
            append_to(b, choice, p);
            literal = at = close + 1;
        } else if (close) {
            int32_t group = add_part(b, PART_GROUP);
            append_to(b, choice, group);
            levels = array_grow(b->heap, levels, depth, sizeof *levels);
            levels[depth++] = (struct level){group, choice, close};
            choice = add_part(b, PART_CHOICE);
            append_to(b, group, choice);
            literal = ++at;
        } else {
            size_t behind = skip_quoted(t, at);
            at = behind != at ? behind : at + 1;
        }
        meter_charge(b->heap->meter, 1);
    }
    heap_free(b->heap, levels);
}

struct brace_walk *brace_start(struct heap *heap, struct str text)
{
    struct brace_walk *b = heap_new(heap, struct brace_walk);
    b->heap = heap;
    b->text = str_copy(heap, text);
    buf_init(&b->word, heap);
    b->root = add_part(b, PART_CHOICE);
    parse(b);
    return b;
}

void brace_free(struct brace_walk *b)
{
    struct heap *heap = b->heap;
    heap_free(heap, b->parts);
    heap_free(heap, (void *)(uintptr_t)b->text.data);
    heap_free(heap, b->stack);
    buf_drop(&b->word);
    heap_free(heap, b);
}

static void push_part(struct brace_walk *b, int32_t part)
{
    b->stack = array_grow(b->heap, b->stack, b->depth, sizeof *b->stack);
    b->stack[b->depth++] = part;
}

/* Sets a part and all that is in its current choice to its first state. */
static void reset(struct brace_walk *b, int32_t part)
{
    size_t base = b->depth;
    push_part(b, part);
    while (b->depth > base) {
        struct part *p = &b->parts[b->stack[--b->depth]];
        if (p->kind == PART_RANGE)
            p->at = 0;
        int32_t choice = p->kind == PART_GROUP ? (p->current = p->first) : -1;
        for (int32_t k = choice >= 0 ? b->parts[choice].first : -1; k >= 0; k = b->parts[k].next)
            push_part(b, k);
    }
}

/* The parts of the current word that can change, in order. */
static void collect(struct brace_walk *b, int32_t **list, size_t *count)
{
    size_t base = b->depth;
    push_part(b, b->parts[b->root].first);
    while (b->depth > base) {
        int32_t at = b->stack[--b->depth];
        if (at < 0)
            continue;
        struct part *p = &b->parts[at];
        push_part(b, p->next);
        if (p->kind == PART_LITERAL)
            continue;
        *list = array_grow(b->heap, *list, *count, sizeof **list);
        (*list)[(*count)++] = at;
        if (p->kind == PART_GROUP)
            push_part(b, b->parts[p->current].first);
    }
}

/* The next state of the odometer: false when it has gone round. */
static bool advance(struct brace_walk *b)
{
    int32_t *list = NULL;
    size_t count = 0;
    collect(b, &list, &count);
    bool found = false;
    for (size_t i = count; i > 0 && !found; i--) {
        struct part *p = &b->parts[list[i - 1]];
        if (p->kind == PART_RANGE && p->at + 1 < p->count) {
            p->at++;
            found = true;
        } else if (p->kind == PART_GROUP && b->parts[p->current].next >= 0) {
            p->current = b->parts[p->current].next;
            for (int32_t k = b->parts[p->current].first; k >= 0; k = b->parts[k].next)
                reset(b, k);
            found = true;
        } else {
            reset(b, list[i - 1]);
        }
    }
    heap_free(b->heap, list);
    return found;
}

static void add_range(struct buf *out, const struct part *p)
{
    int64_t value = (int64_t)((uint64_t)p->from + (uint64_t)p->step * (uint64_t)p->at);
    if (p->characters) {
        char c = (char)value;
        if (c == '\\') { /* quotes what follows, and is gone */
            buf_add_text(out, "''");
            return;
        }
        if (c != '`' && !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            buf_add_byte(out, '\\');
        buf_add_byte(out, c);
        return;
    }
    if (!p->width) {
        buf_print(out, "%jd", (intmax_t)value);
        return;
    }
    if (value < 0)
        buf_add_byte(out, '-');
    buf_print(out, "%0*ju", p->width - (value < 0), value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value);
}

bool brace_next(struct brace_walk *b, struct str *word)
{
    if (b->over)
        return false;
    if (!b->begun) {
        for (int32_t k = b->parts[b->root].first; k >= 0; k = b->parts[k].next)
            reset(b, k);
        b->begun = true;
    } else if (!advance(b)) {
        b->over = true;
        return false;
    }
    buf_clear(&b->word);
    push_part(b, b->parts[b->root].first);
    while (b->depth > 0) {
        int32_t at = b->stack[--b->depth];
        if (at < 0)
            continue;
        struct part *p = &b->parts[at];
        push_part(b, p->next);
        if (p->kind == PART_LITERAL)
            buf_add(&b->word, p->text);
        else if (p->kind == PART_RANGE)
            add_range(&b->word, p);
        else
            push_part(b, b->parts[p->current].first);
        meter_charge(b->heap->meter, 1);
    }
    *word = buf_str(&b->word);
    return true;
}
