/* regex/glob_extended.c - plays patterns with groups: all ways at once, character by character.
 *
 * A program is an automaton whose threads are the elements of a set. A negated group !(...) is a machine of
 * its own: whoever enters it holds an instance, the set of its body's threads, and may leave whenever the
 * body does not accept. Those who entered at different places share an instance as soon as their sets are
 * equal, so there are few, at any nesting: inner machines are stepped before outer ones, which only follow
 * the numbers of their instances. Nothing recurses, nothing backs up.
 */
#include "regex/glob_program.h"

struct element {
    uint32_t pc;
    uint32_t instance; /* of a GLOB_NOT: what is going on in it */
    size_t start;      /* where the match would begin; for the outermost program only */
};

struct instance {
    size_t first, count; /* its elements */
    uint64_t hash;
    uint64_t mark;  /* the set being made that holds it */
    uint32_t moved; /* its number after the step */
    uint32_t chain; /* the next with a like hash */
    bool accepts;   /* the body matches what was taken so far */
    bool needed;    /* by a set of an outer machine */
};

/* All sets at one place of the text; those of one machine stand together, inner machines first, the
 * outermost program's last. */
struct state {
    struct element *elements;
    size_t count, room;
    struct instance *instances;
    uint32_t instance_count;
    uint32_t *from, *to; /* the instances of each machine */
    size_t outer;        /* where the elements of the outermost program begin */
};

/* An instruction to go on with. Behind a star a thread is hungry: it must take a character before the
 * end of the star's level. Who is hungry at an outer level, or not at all, can go wherever others can. */
struct way {
    uint32_t pc, hunger;
};

enum { CHAINS = 256 };

struct chain {
    uint64_t mark; /* of the machine that it belongs to */
    uint32_t head;
};

struct run {
    const struct glob_program *program;
    struct heap *heap;
    struct str text;
    enum locale locale;
    struct state now, next;
    uint32_t *begun;   /* per machine, the instance begun at this place */
    uint64_t *marks;   /* per instruction, the set being made that holds it */
    uint32_t *hungers; /* per instruction so marked, with which hunger it was reached */
    uint64_t mark;
    struct way *stack;
    size_t set_first; /* where the set being made begins */
    bool accepts;
    bool period;          /* wildcards do not match here */
    struct chain *chains; /* instances of the machine being stepped, by hash; NULL without machines */
    size_t stack_room;    /* ways that fit */
    uint64_t work;
};

static bool is_period(const struct run *r, size_t at)
{
    unsigned flags = r->program->flags;
    if (!(flags & GLOB_PERIOD) || at >= r->text.length || r->text.data[at] != '.')
        return false;
    return at == 0 || ((flags & GLOB_PATH) && r->text.data[at - 1] == '/');
}

static void append(struct run *r, uint32_t pc, uint32_t instance, size_t start)
{
    struct state *s = &r->next;
    if (s->count == s->room) {
        s->elements = array_grow(r->heap, s->elements, s->count, sizeof *s->elements);
        s->room = heap_size(s->elements) / sizeof *s->elements;
    }
    s->elements[s->count++] = (struct element){pc, instance, start};
}

static void begin_set(struct run *r)
{
    r->mark++;
    r->set_first = r->next.count;
    r->accepts = false;
}

static void push(struct run *r, size_t *depth, uint32_t pc, uint32_t hunger)
{
    if (*depth == r->stack_room) {
        r->stack = array_grow(r->heap, r->stack, *depth, sizeof *r->stack);
        r->stack_room = heap_size(r->stack) / sizeof *r->stack;
    }
    r->stack[(*depth)++] = (struct way){pc, hunger};
}

/* Follows everything from the instructions on the stack that takes no character. */
static void close_set(struct run *r, size_t depth, size_t start)
{
    const struct glob_program *p = r->program;
    while (depth) {
        struct way way = r->stack[--depth];
        uint32_t pc = way.pc;
        bool again = r->marks[pc] == r->mark;
        if (again && r->hungers[pc] <= way.hunger)
            continue;
        r->work++;
        struct glob_instruction in = p->code[pc];
        if ((in.operation == GLOB_LEAVE || in.operation == GLOB_ACCEPT) && in.a == way.hunger)
            continue;
        r->marks[pc] = r->mark;
        r->hungers[pc] = way.hunger;
        switch ((enum glob_operation)in.operation) {
        case GLOB_SPLIT:
            push(r, &depth, pc + 1, way.hunger);
            if (in.a != GLOB_NOWHERE)
                push(r, &depth, in.a, way.hunger);
            break;
        case GLOB_JUMP: push(r, &depth, in.a, way.hunger); break;
        case GLOB_LEAVE: push(r, &depth, pc + 1, way.hunger); break;
        case GLOB_FOLDERS:
            push(r, &depth, pc + 1, way.hunger);
            push(r, &depth, pc + 2, way.hunger);
            break;
        case GLOB_NOT: {
            struct instance *inside = &r->next.instances[r->begun[in.a]];
            if (r->period)
                break;
            if (inside->mark != r->mark)
                append(r, pc, r->begun[in.a], start);
            inside->mark = r->mark;
            if (!inside->accepts)
                push(r, &depth, in.b, way.hunger);
            break;
        }
        case GLOB_STAR:
        case GLOB_REST:
            if (r->period && in.operation == GLOB_STAR)
                break;
            if (!again)
                append(r, pc, 0, start);
            push(r, &depth, pc + 1, in.a ? in.a : way.hunger);
            break;
        case GLOB_ANY:
        case GLOB_SET:
            if (!r->period && !again)
                append(r, pc, 0, start);
            break;
        case GLOB_ACCEPT: r->accepts = true; /* fall through */
        case GLOB_CHARACTER:
        case GLOB_FOLDERS_LOOP:
            if (!again)
                append(r, pc, 0, start);
            break;
        case GLOB_FAIL:
        case GLOB_LITERAL: break;
        }
    }
}

static void add(struct run *r, uint32_t pc, size_t start)
{
    size_t depth = 0;
    push(r, &depth, pc, 0);
    close_set(r, depth, start);
}

/* Adds what an element becomes when it takes the character. */
static void step_element(struct run *r, struct element e, uint32_t code, uint32_t folded)
{
    const struct glob_program *p = r->program;
    struct glob_instruction in = p->code[e.pc];
    bool slash = code == '/' && (p->flags & GLOB_PATH);
    r->work++;
    switch ((enum glob_operation)in.operation) {
    case GLOB_CHARACTER:
        if (in.a == folded)
            add(r, e.pc + 1, e.start);
        break;
    case GLOB_ANY:
        if (!slash)
            add(r, e.pc + 1, e.start);
        break;
    case GLOB_SET:
        if (!slash && glob_set_has(p, &p->sets[in.a], code, r->locale))
            add(r, e.pc + 1, e.start);
        break;
    case GLOB_STAR:
        if (!slash)
            add(r, e.pc, e.start);
        break;
    case GLOB_REST: add(r, e.pc, e.start); break;
    case GLOB_FOLDERS_LOOP:
        add(r, e.pc, e.start);
        if (slash)
            add(r, e.pc + 1, e.start);
        break;
    case GLOB_NOT: {
        uint32_t moved = r->now.instances[e.instance].moved;
        struct instance *inside = &r->next.instances[moved];
        if (slash)
            break;
        if (inside->mark != r->mark)
            append(r, e.pc, moved, e.start);
        inside->mark = r->mark;
        if (!inside->accepts)
            add(r, in.b, e.start);
        break;
    }
    default: break;
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
    return x ^ (x >> 32);
}

/* Are the elements of `other` those of the set just made? Both are of one machine and hold none twice. */
static bool is_same_set(struct run *r, const struct instance *other)
{
    struct state *s = &r->next;
    for (size_t i = 0; i < other->count; i++) {
        struct element e = s->elements[other->first + i];
        bool found = r->marks[e.pc] == r->mark;
        if (r->program->code[e.pc].operation == GLOB_NOT)
            found = s->instances[e.instance].mark == r->mark;
        if (!found)
            return false;
    }
    return true;
}

/* Makes an instance of the set just made, or finds an equal one of the same machine. */
static uint32_t end_set(struct run *r, uint64_t machine_mark)
{
    struct state *s = &r->next;
    struct instance made = {.first = r->set_first, .count = s->count - r->set_first, .accepts = r->accepts};
    for (size_t i = made.first; i < s->count; i++)
        made.hash += mix((uint64_t)s->elements[i].pc << 32 | s->elements[i].instance);
    r->work += made.count;
    struct chain *chain = &r->chains[made.hash % CHAINS];
    uint32_t head = chain->mark == machine_mark ? chain->head : GLOB_NOWHERE;
    for (uint32_t i = head; i != GLOB_NOWHERE; i = s->instances[i].chain) {
        struct instance *other = &s->instances[i];
        r->work++;
        if (other->hash == made.hash && other->count == made.count && is_same_set(r, other)) {
            s->count = r->set_first;
            return i;
        }
    }
    made.chain = head;
    s->instances = array_grow(r->heap, s->instances, s->instance_count, sizeof *s->instances);
    s->instances[s->instance_count] = made;
    *chain = (struct chain){machine_mark, s->instance_count};
    return s->instance_count++;
}

/* Steps the instances of a machine (none before the first character), and begins one at the new place. */
static void step_machine(struct run *r, uint32_t machine, bool first, uint32_t code, uint32_t folded)
{
    uint64_t machine_mark = ++r->mark;
    r->next.from[machine] = r->next.instance_count;
    for (uint32_t i = first ? 0 : r->now.from[machine]; !first && i < r->now.to[machine]; i++) {
        struct instance was = r->now.instances[i];
        if (!was.needed)
            continue;
        begin_set(r);
        for (size_t e = 0; e < was.count; e++)
            step_element(r, r->now.elements[was.first + e], code, folded);
        r->now.instances[i].moved = end_set(r, machine_mark);
    }
    begin_set(r);
    add(r, r->program->machines[machine] + 1, 0);
    r->begun[machine] = end_set(r, machine_mark);
    r->next.to[machine] = r->next.instance_count;
}

/* Marks the instances that the elements from `from` to `to` hold. */
static void need(struct run *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct element e = r->next.elements[i];
        if (r->program->code[e.pc].operation == GLOB_NOT)
            r->next.instances[e.instance].needed = true;
    }
    r->work += to - from;
}

static void need_all(struct run *r)
{
    need(r, r->next.outer, r->next.count);
    for (uint32_t machine = 0; machine < r->program->machine_count; machine++)
        for (uint32_t i = r->next.from[machine]; i < r->next.to[machine]; i++) {
            const struct instance *one = &r->next.instances[i];
            if (one->needed)
                need(r, one->first, one->first + one->count);
        }
}

static void run_init(struct run *r, const struct glob_program *p, struct heap *scratch)
{
    size_t machines = p->machine_count;
    r->program = p;
    r->heap = scratch;
    r->marks = heap_zero(scratch, p->count * sizeof *r->marks);
    r->hungers = heap_alloc(scratch, p->count * sizeof *r->hungers);
    if (machines) {
        r->chains = heap_zero(scratch, CHAINS * sizeof *r->chains);
        r->begun = heap_alloc(scratch, 5 * machines * sizeof *r->begun);
        r->now.from = r->begun + machines;
        r->now.to = r->now.from + machines;
        r->next.from = r->now.to + machines;
        r->next.to = r->next.from + machines;
    }
}

static void run_drop(struct run *r)
{
    heap_free(r->heap, r->marks);
    heap_free(r->heap, r->hungers);
    heap_free(r->heap, r->stack);
    heap_free(r->heap, r->begun);
    heap_free(r->heap, r->chains);
    heap_free(r->heap, r->now.elements);
    heap_free(r->heap, r->next.elements);
    heap_free(r->heap, r->now.instances);
    heap_free(r->heap, r->next.instances);
}

static bool can_begin(const struct glob_program *p, char byte)
{
    unsigned char b = (unsigned char)byte;
    return p->first[b / 32] >> (b % 32) & 1;
}

bool glob_extended_run(const struct glob_program *p, struct heap *scratch, struct str text,
                       enum locale locale, enum glob_want want, size_t from, size_t *start, size_t *end)
{
    struct meter *m = scratch->meter;
    bool found = false, floating = want >= GLOB_SUFFIX_SHORTEST, done = false;
    meter_charge(m, 1);
    if (!floating && text.length && !can_begin(p, text.data[0]))
        return false;
    struct run *r = heap_zero(scratch, sizeof *r);
    r->text = text;
    r->locale = locale;
    run_init(r, p, scratch);
    size_t at = from, length = 0;
    uint32_t code = 0, folded = 0;
    for (bool first = true; !done; first = false) {
        if (floating && !found && r->now.count == r->now.outer) /* nobody is on the way */
            while (at < text.length && !can_begin(p, text.data[at])) {
                at += length = utf8_first(str_after(text, at), locale).length;
                first = true;
                r->work++;
            }
        r->period = is_period(r, at);
        r->next.count = r->next.instance_count = 0;
        for (uint32_t machine = p->machine_count; machine-- > 0;)
            step_machine(r, machine, first, code, folded);
        begin_set(r);
        r->next.outer = r->set_first;
        bool begins = at == from || (floating && !found);
        if (begins && want == GLOB_SUFFIX_SHORTEST)
            add(r, 0, at);
        for (size_t i = r->now.outer; !first && i < r->now.count; i++)
            if (!found || want != GLOB_LEFTMOST || r->now.elements[i].start <= *start)
                step_element(r, r->now.elements[i], code, folded);
        if (begins && want != GLOB_SUFFIX_SHORTEST)
            add(r, 0, at);
        bool last = at == text.length;
        if (r->accepts) {
            size_t i = r->next.outer;
            while (p->code[r->next.elements[i].pc].operation != GLOB_ACCEPT)
                i++;
            size_t began = r->next.elements[i].start;
            bool folder = (p->flags & GLOB_LEADING_DIRECTORY) && !last && text.data[at] == '/';
            if (want == GLOB_WHOLE || want == GLOB_SUFFIX_SHORTEST || want == GLOB_SUFFIX_LONGEST) {
                done = found = last || folder;
            } else {
                found = true;
                done = want == GLOB_PREFIX_SHORTEST;
            }
            if (found) {
                *start = began;
                *end = at;
            }
        }
        meter_charge(m, (int64_t)(r->work / 16));
        r->work %= 16;
        if (last || (r->next.count == r->next.outer && (!floating || found)) || glob_is_hopeless(m))
            break;
        if (p->machine_count)
            need_all(r);
        struct state swap = r->now;
        r->now = r->next;
        r->next = swap;
        code = glob_next(text, at, locale, &length);
        folded = p->flags & GLOB_FOLD ? glob_fold(code, locale) : code;
        at += length;
    }
    run_drop(r);
    heap_free(scratch, r);
    return found;
}
