/* fuzz/regex.c - any pattern over any text, in every syntax: groups lie inside the match, and a search that is
 * stopped again and again finds the same. */
#include "regex/regex.h"
#include "fuzz/fuzz.h"

enum { GROUPS = 10 };

static enum regex_answer search(struct meter *m, struct regex *r, struct str text, unsigned flags, int64_t slice, struct match *groups)
{
    struct search s;
    enum regex_answer answer;
    regex_start(&s, r, text, 0, flags);
    do {
        meter_grant(m, slice);
        answer = regex_next(&s, groups, GROUPS);
    } while (answer == REGEX_MORE && meter_used(m) < 2000000);
    return answer;
}

struct job {
    struct meter *meter;
    struct input in;
    struct heap heap; /* left full when memory runs out */
};

static void play(void *argument)
{
    struct job *job = argument;
    struct str patterns[4], text;
    const char *message = NULL;
    unsigned kind = input_byte(&job->in), low = input_byte(&job->in), high = input_byte(&job->in);
    enum regex_syntax syntax = kind % (REGEX_RUST + 1);
    size_t count = 1 + kind / 16 % 4;
    for (size_t i = 0; i < count; i++)
        patterns[i].data = input_until(&job->in, '\0', &patterns[i].length);
    text = str_of((const char *)job->in.data, job->in.size);
    struct regex *r = regex_compile(&job->heap, patterns, count, syntax, low | (high & 1) << 8, &message);
    must(r || message);
    if (r) {
        struct match whole[GROUPS], sliced[GROUPS];
        unsigned flags = high >> 1 & (MATCH_NOT_BOL | MATCH_NOT_EOL);
        memset(whole, 0, sizeof whole);
        memset(sliced, 0, sizeof sliced);
        enum regex_answer a = search(job->meter, r, text, flags, INT64_MAX / 4, whole);
        if (a == REGEX_YES) {
            must(whole[0].start >= 0 && whole[0].start <= whole[0].end && (size_t)whole[0].end <= text.length);
            for (int i = 1; i < GROUPS && i <= regex_groups(r); i++)
                must(whole[i].start == -1 || (whole[i].start <= whole[i].end && (size_t)whole[i].end <= text.length));
        }
        enum regex_answer b = search(job->meter, r, text, flags, 1, sliced);
        must(b == REGEX_MORE || a == b);
        if (a == REGEX_YES && b == a)
            must(memcmp(whole, sliced, sizeof whole) == 0);
        regex_free(r);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct meter meter = {.memory_limit = 32 << 20, .limit = UINT64_MAX, .allocator = {held_resize, &held}};
    struct job job = {.meter = &meter, .in = {data, size}};
    heap_init(&job.heap, &meter);
    meter_land(&meter, play, &job);
    heap_drop(&job.heap);
    pool_trim(&meter);
    must(held.bytes == 0);
    return 0;
}
