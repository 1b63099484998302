/* builtins/awk/random.c - the numbers of rand: an additive generator over 63 words, as BSD's random(3) with 256 bytes, whose
 * numbers are shuffled as Bays and Durham do: the last one chooses the next among 512. */
#include "builtins/awk/random.h"

enum { WORDS = 63, APART = 1, KEPT = sizeof ((struct awk *)0)->random_kept / sizeof(uint32_t) };

/* Park and Miller's. */
static uint32_t step(uint32_t word)
{
    int32_t x = (int32_t)word, high, low;
    if (x == 0)
        x = 123459876;
    high = x / 127773;
    low = x % 127773;
    x = 16807 * low - 2836 * high;
    return (uint32_t)(x < 0 ? x + 0x7fffffff : x);
}

static uint32_t add(struct awk *a)
{
    int back = a->random_at, front = (back + APART) % WORDS;
    a->random[front] += a->random[back];
    a->random_at = front;
    return a->random[front] >> 1;
}

static uint32_t next(struct awk *a)
{
    uint32_t *kept = &a->random_kept[a->random_last % KEPT];
    a->random_last = *kept;
    *kept = add(a);
    return a->random_last;
}

void random_seed(struct awk *a, double seed)
{
    a->random[0] = (uint32_t)awk_to_int(seed);
    for (int i = 1; i < WORDS; i++)
        a->random[i] = step(a->random[i - 1]);
    a->random_at = 0;
    a->random_begun = true;
    for (int i = 0; i < KEPT; i++)
        a->random_kept[i] = add(a);
    a->random_last = add(a);
    for (int i = 0; i < 10 * WORDS; i++)
        next(a);
}

double random_next(struct awk *a)
{
    double answer;
    if (!a->random_begun)
        random_seed(a, 1);
    do {
        double first = next(a), second = next(a);
        answer = 0.5 + (first / 2147483648.0 + second) / 2147483648.0 - 0.5;
    } while (answer >= 1);
    return answer;
}
