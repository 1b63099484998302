/* fuzz/approx.c - any pattern with any costs over any text, by TRE: what is found lies inside the text, costs no more than it may,
 * and is found again. */
#include "adapters/tre.h"
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
    char mistake[64] = "";
    unsigned kind = input_byte(&job->in), least = input_byte(&job->in), costs_byte = input_byte(&job->in);
    struct approx_costs costs = {costs_byte % 4, costs_byte / 4 % 4, costs_byte / 16 % 4, (int)(least % 6)};
    if (least > 250)
        costs = (struct approx_costs){-1, (int)costs_byte - 3, INT32_MAX, INT32_MAX};
    pattern.data = input_until(&job->in, '\0', &pattern.length);
    text = str_of((const char *)job->in.data, job->in.size);
    struct approx *a = approx_compile(&job->heap, pattern, kind & (APPROX_FOLD | APPROX_NEWLINE),
                                      kind & 4 ? LOCALE_C : LOCALE_UTF8, mistake);
    must(a || mistake[0] || !meter_left(job->meter));
    if (a) {
        struct approx_match match = {0, 0, 0}, again = {0, 0, 0};
        meter_grant(job->meter, 300000);
        enum approx_answer answer = approx_find(a, text, &costs, true, &match);
        must(answer == APPROX_STEPS || answer == APPROX_NO || answer == APPROX_YES);
        if (answer == APPROX_YES) {
            must(match.start <= match.end && match.end <= text.length);
            enum approx_answer sliced;
            do {
                meter_grant(job->meter, 1);
                sliced = approx_find(a, text, &costs, true, &again);
            } while (sliced == APPROX_STEPS && meter_left(job->meter));
            must(sliced == APPROX_YES || !meter_left(job->meter));
            must(sliced != APPROX_YES || memcmp(&match, &again, sizeof match) == 0);
        }
        approx_free(a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct meter meter = {.memory_limit = 64 << 20, .limit = 1500000, .allocator = {held_resize, &held}};
    struct job job = {.meter = &meter, .in = {data, size}};
    heap_init(&job.heap, &meter);
    meter_land(&meter, play, &job);
    heap_drop(&job.heap);
    pool_trim(&meter);
    must(held.bytes == 0);
    return 0;
}
