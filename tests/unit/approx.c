/* tests/unit/approx.c - approximate matching: costs and places against what tre-agrep 0.8.0 says, what is refused, what is charged. */
#include "adapters/tre.h"
#include "tests/unit/kit.h"

static struct heap heap;

struct found {
    const char *pattern, *text;
    int most;
    int cost; /* -1: no match */
    int start, end;
    unsigned flags;
    enum locale locale;
};

static const struct found table[] = {
    {"abc", "xxabcx", 0, 0, 2, 5, 0, LOCALE_UTF8},
    {"abc", "xxabx", 0, -1, 0, 0, 0, LOCALE_UTF8},
    {"abc", "xxabx", 1, 1, 2, 5, 0, LOCALE_UTF8},
    {"optimize", "it was optmise", 2, 2, 7, 14, 0, LOCALE_UTF8},
    {"(colour){~1}", "a color", 0, 1, 2, 7, 0, LOCALE_UTF8},
    {"(abc){#1}", "axc", 0, 1, 0, 3, 0, LOCALE_UTF8},
    {"(abc){+1}", "axc", 0, -1, 0, 0, 0, LOCALE_UTF8},
    {"a{2~1}", "bb", 0, -1, 0, 0, 0, LOCALE_UTF8}, /* tre-agrep reads a count as if it were part of a pointer */
    {"a{2~1}", "ab", 0, 1, 0, 2, 0, LOCALE_UTF8},
    {"h.llo", "h\xc3\xa9llo", 0, 0, 0, 6, 0, LOCALE_UTF8},
    {"h.llo", "h\xc3\xa9llo", 0, -1, 0, 0, 0, LOCALE_C},
    {"h..llo", "h\xc3\xa9llo", 0, 0, 0, 6, 0, LOCALE_C},
    {"\xc3\xa9", "h\xc3\x89llo", 0, 0, 1, 3, APPROX_FOLD, LOCALE_UTF8},
    {"[[:alpha:]]+", "12\xce\xbb\xce\xb3", 0, 0, 2, 6, 0, LOCALE_UTF8},
    {"[^[:alpha:]]", "\xce\xbb-", 0, 0, 2, 3, 0, LOCALE_UTF8},
    {"\\<a\\>", "ba a", 0, 0, 3, 4, 0, LOCALE_UTF8},
    {"\xff", "a\xff", 0, 0, 1, 2, 0, LOCALE_UTF8},
    {"a.b", "a\xff" "b", 0, 0, 0, 3, 0, LOCALE_UTF8},
    {"axb", "a\xff" "b", 1, 1, 0, 3, 0, LOCALE_UTF8},
    {"^b", "a\nb", 0, 0, 2, 3, APPROX_NEWLINE, LOCALE_UTF8},
    {"", "abc", 0, 0, 0, 0, 0, LOCALE_UTF8},
    {"x*?", "xxx", 0, 0, 0, 0, 0, LOCALE_UTF8},
    {"\\x{ffffffff}", "abc", 0, -1, 0, 0, 0, LOCALE_UTF8},
    {"\\x41\\x{42}", "AB", 0, 0, 0, 2, 0, LOCALE_UTF8},
    {"a{~1}b{~1}c{~1}d{~1}e{~1}", "abcde", 0, 0, 0, 5, 0, LOCALE_UTF8},
};

static void test_matches(void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct found *t = &table[i];
        struct approx_costs costs = {1, 1, 1, t->most};
        struct approx_match match = {0, 0, 0};
        char mistake[64];
        struct approx *a = approx_compile(&heap, str_from(t->pattern), t->flags, t->locale, mistake);
        check(a);
        if (!a)
            continue;
        enum approx_answer answer = approx_find(a, str_from(t->text), &costs, true, &match);
        bool good = answer == (t->cost < 0 ? APPROX_NO : APPROX_YES);
        if (t->cost >= 0)
            good = good && match.cost == t->cost && (int)match.start == t->start && (int)match.end == t->end;
        check(good);
        if (!good)
            printf("  %s on %s: %d, cost %d at %d-%d\n", t->pattern, t->text, (int)answer, match.cost, (int)match.start, (int)match.end);
        check(approx_find(a, str_from(t->text), &costs, false, &match) == answer && (t->cost < 0 || match.cost == t->cost));
        approx_free(a);
    }
}

/* The same, stopped again and again: it finds the same, for the same steps. */
static enum approx_answer find_sliced(struct approx *a, struct str text, const struct approx_costs *costs, bool place,
                                      struct approx_match *match, int64_t slice, int *slices)
{
    enum approx_answer answer;
    *slices = 0;
    do {
        meter_grant(&meter, meter.fuel < 0 ? meter.fuel + slice : slice); /* a debt is paid first */
        if (meter.fuel <= 0)
            continue;
        answer = approx_find(a, text, costs, place, match);
        ++*slices;
    } while (meter.fuel <= 0 && (*slices == 0 || answer == APPROX_STEPS));
    return answer;
}

static void test_slices(void)
{
    static char text[3000];
    char mistake[64];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "abcd \n"[below(6)];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct approx_costs costs = {1, 1, 1, table[i].most};
        struct approx *a = approx_compile(&heap, str_from(table[i].pattern), table[i].flags, table[i].locale, mistake);
        for (int place = 0; place < 2; place++)
            for (int64_t slice = 1; slice < 10000; slice = slice * 3 + 1) {
                struct approx_match whole = {0, 0, 0}, sliced = {0, 0, 0};
                int slices;
                meter_grant(&meter, INT64_MAX / 2);
                uint64_t before = meter_used(&meter);
                enum approx_answer answer = approx_find(a, str_of(text, sizeof text), &costs, place, &whole);
                uint64_t steps = meter_used(&meter) - before;
                check(answer == APPROX_YES || answer == APPROX_NO);
                before = meter_used(&meter);
                check(find_sliced(a, str_of(text, sizeof text), &costs, place, &sliced, slice, &slices) == answer);
                check(memcmp(&whole, &sliced, sizeof whole) == 0);
                check(meter_used(&meter) - before == steps);
                check(slices > 1 || steps <= (uint64_t)slice + 20);
            }
        meter_grant(&meter, INT64_MAX / 2);
        approx_free(a);
    }
}

static const char *const mistakes[][2] = {
    {"(", "Missing ')'"}, {"[a", "Missing ']'"}, {"a{1", "Missing '}'"}, {"a{2,1}", "Invalid contents of {}"},
    {"a**", "Invalid use of repetition operators"}, {"[[:foo:]]", "Unknown character class name"},
    {"[b-a]", "Invalid character range"}, {"a{256}", "Maximum repetition in {} larger than 255"},
    {"a\\", "Trailing backslash"}, {"[[.a.]]", "Unknown collating element"}, {"(a)\\1", "Back references are not supported"},
    {"[[:alpha:", "Missing ']'"}, {"(?x)", "Invalid regexp"}, {"\\2", "Invalid back reference"},
    {"(a{1,255}){1,255}", "Out of memory"}, {"((((((((a?){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}", "Out of memory"},
    {"a{~1}b{~1}c{~1}d{~1}e{~1}f{~1}g{~1}h{~1}i{~1}j{~1}", "Too many approximate settings"},
};

static void test_mistakes(void)
{
    char mistake[64];
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        check(!approx_compile(&heap, str_from(mistakes[i][0]), 0, LOCALE_UTF8, mistake));
        bool good = strcmp(mistake, mistakes[i][1]) == 0;
        check(good);
        if (!good)
            printf("  %s: %s\n", mistakes[i][0], mistake);
    }
}

/* Patterns of many optional parts, deep ones, long ones: made or refused within the bound. */
static void test_bounds(void)
{
    static const char *const parts[][2] = {{"a?", ""}, {"(a|b)*", ""}, {"(a", ")"}, {"[^a-\xf0\x9f\xbf\xbf]", ""}, {"a|", ""}};
    static char pattern[20000], text[4000];
    char mistake[64];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (int count = 1; count < 2000; count = count * 3 + 1) {
            size_t length = 0;
            for (int n = 0; n < count; n++)
                length += (size_t)sprintf(pattern + length, "%s", parts[i][0]);
            for (int n = 0; n < count; n++)
                length += (size_t)sprintf(pattern + length, "%s", parts[i][1]);
            uint64_t before = meter_used(&meter);
            struct approx *a = approx_compile(&heap, str_of(pattern, length), APPROX_FOLD, LOCALE_UTF8, mistake);
            check(meter_used(&meter) - before < APPROX_COMPILE_MOST / APPROX_UNITS_STEP + 1000);
            check(a || strcmp(mistake, "Out of memory") == 0);
            struct approx_costs costs = {1, 1, 1, 2};
            struct approx_match match;
            uint64_t limit = meter.limit;
            meter.limit = meter_used(&meter) + 1000;
            enum approx_answer answer = a ? approx_find(a, str_of(text, sizeof text), &costs, true, &match) : APPROX_NO;
            check(answer != APPROX_FAILED && meter_used(&meter) < meter.limit + 100);
            meter.limit = limit;
            approx_free(a);
        }
}

static void body(void *unused)
{
    (void)unused;
    test_matches();
}

/* Each allocation is refused once: nothing is kept when the heap goes. */
static void test_memory(void)
{
    for (long refuse = 1; refuse < 40; refuse++) {
        fail_in = refuse;
        meter_land(&meter, body, NULL);
        fail_in = 0;
        heap_drop(&heap);
        check(in_use() == 0);
    }
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    heap_init(&heap, &meter);
    test_matches();
    test_slices();
    test_mistakes();
    test_bounds();
    heap_drop(&heap);
    test_memory();
    return kit_end();
}
