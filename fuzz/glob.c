/* fuzz/glob.c - any shell pattern against any text: a prefix that matches is matched whole, and so on. */
#include "regex/glob.h"
#include "fuzz/fuzz.h"

struct job {
    struct meter *meter;
    struct input in;
    struct heap heap; /* left full when memory runs out */
};

static void play(void *argument)
{
    struct job *job = argument;
    struct str pattern, text;
    size_t start, end;
    unsigned flags = input_byte(&job->in);
    flags |= (unsigned)(input_byte(&job->in) & 1) << 8;
    pattern.data = input_until(&job->in, '\0', &pattern.length);
    text = str_of((const char *)job->in.data, job->in.size);
    struct glob *g = glob_compile(&job->heap, pattern, flags);
    bool all = glob_match(g, &job->heap, text);
    ptrdiff_t shortest = glob_prefix(g, &job->heap, text, false), longest = glob_prefix(g, &job->heap, text, true);
    must((shortest < 0) == (longest < 0) && shortest <= longest && longest <= (ptrdiff_t)text.length);
    if (!(flags & (GLOB_PATH | GLOB_PERIOD | GLOB_LEADING_DIRECTORY))) {
        must(!all || longest == (ptrdiff_t)text.length);
        if (longest >= 0)
            must(glob_match(g, &job->heap, str_first(text, (size_t)longest)));
    }
    ptrdiff_t few = glob_suffix(g, &job->heap, text, false), many = glob_suffix(g, &job->heap, text, true);
    must((few < 0) == (many < 0) && few <= many && many <= (ptrdiff_t)text.length);
    if (glob_search(g, &job->heap, text, 0, &start, &end))
        must(start <= end && end <= text.length);
    glob_free(&job->heap, g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct meter meter = {.memory_limit = 32 << 20, .limit = UINT64_MAX, .fuel = INT64_MAX / 2, .granted = INT64_MAX / 2,
                          .allocator = {held_resize, &held}};
    struct job job = {.meter = &meter, .in = {data, size < 4096 ? size : 4096}};
    heap_init(&job.heap, &meter);
    meter_land(&meter, play, &job);
    heap_drop(&job.heap);
    pool_trim(&meter);
    must(held.bytes == 0);
    return 0;
}
