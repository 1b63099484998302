/* adapters/tre.c - the only user of TRE. */
#include "adapters/tre.h"

#include <limits.h>
#include <tre_host.h>

enum { CHARACTER_MOST = 1 << 25 /* units: patterns of any size need less, but costs below zero never come to an end */ };

enum why { WHY_MEMORY, WHY_UNITS, WHY_DEAD };

struct approx {
    struct heap *heap;
    enum locale locale;
    struct tre_host_pattern *pattern;
    bool matching, room_taken;
    void *room; /* of a match: the same for each */
    size_t room_size;
    enum why why; /* the call was left */

    /* the call */
    wchar_t *wide;
    size_t length;
    unsigned flags;
    int answer;
    struct str text;
    size_t at;
    struct tre_host_search search;
    struct tre_host_kept kept;
    int64_t rest; /* units that are not yet a step */
};

_Static_assert((int)TRE_HOST_UPPER == (int)UTF8_UPPER && (int)TRE_HOST_LOWER == (int)UTF8_LOWER &&
               (int)TRE_HOST_DIGIT == (int)UTF8_DIGIT && (int)TRE_HOST_ALNUM == (int)UTF8_ALNUM &&
               (int)TRE_HOST_XDIGIT == (int)UTF8_XDIGIT, "classes have the same numbers");

/* TRE hands no context to its functions: the one that runs on this thread is noted here, for as long as it does. */
static __attribute__((tls_model("initial-exec"))) _Thread_local struct approx *running;
__attribute__((tls_model("initial-exec"))) _Thread_local int64_t tre_host_left;
__attribute__((tls_model("initial-exec"))) _Thread_local int64_t tre_host_pause;
__attribute__((tls_model("initial-exec"))) _Thread_local int64_t tre_host_floor;
__attribute__((tls_model("initial-exec"))) _Thread_local struct tre_host_kept *tre_host_kept;

static _Noreturn void leave(enum why why)
{
    running->why = why;
    meter_out_of_memory(running->heap->meter); /* lands in `run` */
}

void tre_host_out(void)
{
    leave(tre_host_floor > 0 ? WHY_DEAD : WHY_UNITS);
}

void tre_host_die(void)
{
    leave(WHY_DEAD);
}

/* --- memory ---------------------------------------------------------------------------------------------------- */

void *tre_host_alloc(size_t size)
{
    struct approx *a = running;
    size += 16; /* TRE's last marks may stand one behind the end */
    if (!a->matching)
        return heap_zero(a->heap, size);
    if (a->room_taken)
        tre_host_die(); /* a match takes one block */
    if (a->room_size < size) {
        heap_free(a->heap, a->room);
        a->room = NULL;
        a->room_size = 0;
        a->room = heap_alloc(a->heap, size);
        a->room_size = size;
    }
    a->room_taken = true;
    return a->room; /* which TRE clears */
}

void *tre_host_resize(void *memory, size_t size)
{
    return heap_resize(running->heap, memory, size);
}

void tre_host_free(void *memory)
{
    if (memory && memory == running->room)
        running->room_taken = false;
    else
        heap_free(running->heap, memory);
}

/* --- characters -------------------------------------------------------------------------------------------------- */

int tre_host_is(uint32_t code, unsigned class)
{
    tre_host_charge(1);
    return utf8_is(code, class, running->locale);
}

unsigned tre_host_class(const char *name)
{
    return utf8_class_named(str_from(name));
}

uint32_t tre_host_lower(uint32_t code)
{
    return utf8_lower(code, running->locale);
}

uint32_t tre_host_upper(uint32_t code)
{
    return utf8_upper(code, running->locale);
}

int tre_host_bytes_most(void)
{
    return running->locale == LOCALE_UTF8 ? UTF8_MOST : 1;
}

/* A byte that is no character gets the code of a lone surrogate, which no character has. */
static inline wchar_t code_of(struct utf8_char ch)
{
    return (wchar_t)(ch.valid ? ch.code : 0xdc00 | ch.code);
}

static int next(wchar_t *code, unsigned *bytes, void *context)
{
    struct approx *a = context;
    tre_host_floor = tre_host_left > CHARACTER_MOST ? tre_host_left - CHARACTER_MOST : 0;
    if (a->at >= a->text.length) {
        *code = 0;
        *bytes = 1;
        return 1;
    }
    struct utf8_char ch = utf8_first((struct str){a->text.data + a->at, a->text.length - a->at}, a->locale);
    *code = code_of(ch);
    *bytes = ch.length;
    a->at += ch.length;
    return 0;
}

/* --- calls --------------------------------------------------------------------------------------------------------- */

/* False when the call was left: a->why. Charges for it. With `pause` it stops where the meter's fuel does. */
static bool run(struct approx *a, void (*body)(void *argument), int64_t most, bool pause)
{
    struct meter *m = a->heap->meter;
    struct approx *outer = running;
    int64_t outer_left = tre_host_left, outer_pause = tre_host_pause, outer_floor = tre_host_floor;
    struct tre_host_kept *outer_kept = tre_host_kept;
    uint64_t left = meter_left(m);
    int64_t units = left < (uint64_t)(most / APPROX_UNITS_STEP) ? (int64_t)left * APPROX_UNITS_STEP : most;
    int64_t fuel = m->fuel < most / APPROX_UNITS_STEP ? m->fuel * APPROX_UNITS_STEP : most;
    running = a;
    tre_host_left = units;
    tre_host_floor = 0;
    tre_host_pause = pause ? units + a->rest - fuel : INT64_MIN;
    tre_host_kept = &a->kept;
    a->why = WHY_MEMORY;
    enum exhausted how = meter_land(m, body, a);
    units -= tre_host_left > 0 ? tre_host_left : 0;
    running = outer;
    tre_host_left = outer_left;
    tre_host_pause = outer_pause;
    tre_host_floor = outer_floor;
    tre_host_kept = outer_kept;
    a->rest += units;
    meter_charge(m, a->rest / APPROX_UNITS_STEP);
    a->rest %= APPROX_UNITS_STEP;
    if (how == EXHAUSTED_MEMORY && a->why == WHY_MEMORY)
        meter_out_of_memory(m);
    return how == EXHAUSTED_NOTHING;
}

static void compile(void *argument)
{
    struct approx *a = argument;
    a->answer = tre_host_compile(&a->pattern, a->wide, a->length, a->flags);
}

static void say(char mistake[64], const char *words)
{
    struct str text = str_first(str_from(words), 63);
    *str_put(mistake, text) = 0;
}

struct approx *approx_compile(struct heap *heap, struct str pattern, unsigned flags, enum locale locale, char mistake[64])
{
    enum { BEHIND = 4 /* zeros, which TRE looks at */ };
    struct approx *a = heap_new(heap, struct approx);
    a->heap = heap;
    a->locale = locale;
    a->flags = (flags & APPROX_FOLD ? TRE_HOST_FOLD : 0) | (flags & APPROX_NEWLINE ? TRE_HOST_NEWLINE : 0);
    meter_charge(heap->meter, 1 + (int64_t)pattern.length / METER_BYTES);
    a->wide = heap_zero(heap, (pattern.length + BEHIND) * sizeof *a->wide);
    for (size_t at = 0; at < pattern.length;) {
        struct utf8_char ch = utf8_first(str_after(pattern, at), locale);
        a->wide[a->length++] = code_of(ch);
        at += ch.length;
    }
    bool whole = run(a, compile, APPROX_COMPILE_MOST, false);
    heap_free(heap, a->wide);
    a->wide = NULL;
    if (whole && a->answer == 0) {
        a->matching = true;
        return a;
    }
    if (!whole && a->why == WHY_UNITS && !meter_left(heap->meter))
        mistake[0] = 0;
    else if (!whole) /* as TRE says of most patterns that are too large */
        say(mistake, "Out of memory");
    else if (a->answer == TRE_HOST_BACK_REFERENCES)
        say(mistake, "Back references are not supported");
    else if (a->answer == TRE_HOST_TOO_DEEP)
        say(mistake, "Too many approximate settings");
    else
        tre_host_words(a->answer, mistake, 64);
    heap_free(heap, a);
    return NULL;
}

static void drop(void *argument)
{
    tre_host_drop(((struct approx *)argument)->pattern);
}

void approx_free(struct approx *a)
{
    if (!a)
        return;
    heap_free(a->heap, a->room);
    a->room = NULL;
    run(a, drop, INT_MAX, false);
    heap_free(a->heap, a);
}

static void find(void *argument)
{
    struct approx *a = argument;
    a->answer = tre_host_find(a->pattern, &a->search);
}

enum approx_answer approx_find(struct approx *a, struct str text, const struct approx_costs *costs, bool place,
                               struct approx_match *match)
{
    a->text = text;
    if (text.length > INT_MAX / 2) /* TRE counts bytes in an int */
        return APPROX_FAILED;
    if (!a->kept.set) {
        meter_charge(a->heap->meter, 1);
        a->at = 0;
        a->rest = 0;
        a->room_taken = false;
    }
    a->search = (struct tre_host_search){.next = next, .context = a, .cost_insert = costs->insertion,
                                         .cost_delete = costs->deletion, .cost_substitute = costs->substitution,
                                         .most_cost = costs->most, .most_errors = INT_MAX, .place = place};
    if (!run(a, find, INT64_MAX / 4, true)) {
        a->kept.set = 0;
        return a->why == WHY_UNITS ? APPROX_STEPS : APPROX_FAILED;
    }
    if (a->answer < 0)
        return APPROX_STEPS;
    match->cost = a->search.cost;
    if (!a->answer)
        return APPROX_NO;
    match->start = (size_t)(a->search.start < 0 ? 0 : a->search.start);
    match->end = (size_t)a->search.end;
    return APPROX_YES;
}
