/* builtins/awk/random.c - the numbers of rand: an additive generator over 63 words, as BSD's random(3) with 256 bytes. */
#include "builtins/awk/random.h"

enum { WORDS = 63, APART = 1 };

static uint32_t step(uint32_t word)
{
    int64_t x = (int64_t)(word % 0x7ffffffe) + 1; /* Park and Miller's */
    x = x * 16807 % 0x7fffffff;
    return (uint32_t)(x - 1);
}

static uint32_t next(struct awk *a)
{
    int back = a->random_at, front = (back + APART) % WORDS;
    a->random[front] += a->random[back];
    uint32_t answer = a->random[front] >> 1;
    a->random_at = (back + 1) % WORDS;
    return answer;
}

void random_seed(struct awk *a, double seed)
{
    a->random[0] = (uint32_t)(int64_t)(seed > 9e18 || seed < -9e18 || seed != seed ? 0 : seed);
    for (int i = 1; i < WORDS; i++)
        a->random[i] = step(a->random[i - 1]);
    a->random_at = 0;
    a->random_begun = true;
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
