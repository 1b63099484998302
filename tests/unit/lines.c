/* tests/unit/lines.c - edit scripts against what diff answers, against a table of longest common subsequences, in
 * slices, and with a limit. */
#include "base/lines.h"
#include "tests/unit/kit.h"

static struct heap heap;

/* As GNU diff 3.8 answers: old, new, --horizon-lines, its commands. */
static const struct {
    const char *a, *b;
    size_t horizon;
    const char *commands;
} cases[] = {
    {"a\nb\nc\n", "a\nc\n", 0, "2d1"},
    {"a\na\na\n", "a\na\n", 0, "3d2"},
    {"a\na\na\n", "a\na\n", 3, "3d2"},
    {"", "x\ny\n", 0, "0a1,2"},
    {"x\n", "", 0, "1d0"},
    {"x", "x\n", 0, "1c1"},
    {"x", "x", 0, ""},
    {"x\ny", "x\nz", 0, "2c2"},
    {"{\na\n}\n{\nb\n}\n", "{\na\n}\n{\nc\n}\n{\nb\n}\n", 0, "4a5,7"},
    {"{\na\n}\n{\nb\n}\n", "{\na\n}\n{\nc\n}\n{\nb\n}\n", 3, "4a5,7"},
    {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 0, "1,2d0 4d1 5a3 7a6"},
    {"\n\na\n\n\n", "\na\n\n\n\n", 0, "2d1 3a3"},
    {"\n\na\n\n\n", "\na\n\n\n\n", 3, "2d1 5a5"},
    {"1\n2\n3\n4\n5\n", "5\n4\n3\n2\n1\n", 0, "1,4d0 5a2,5"},
};

static struct lines *compare(struct str a, struct str b, struct lines_options options, int64_t slice)
{
    struct lines *l = lines_new(&heap, a, b, &options);
    do
        meter.fuel = slice;
    while (lines_step(l) == LINES_MORE);
    return l;
}

static void print_range(struct buf *out, size_t start, size_t count)
{
    if (count > 1)
        buf_print(out, "%zu,%zu", start + 1, start + count);
    else
        buf_print(out, "%zu", start + count);
}

static void print(struct buf *out, const struct lines *l)
{
    size_t count;
    const struct lines_hunk *h = lines_hunks(l, &count);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_byte(out, ' ');
        print_range(out, h[i].a_start, h[i].a_count);
        buf_add_byte(out, h[i].a_count == 0 ? 'a' : h[i].b_count == 0 ? 'd' : 'c');
        print_range(out, h[i].b_start, h[i].b_count);
    }
}

static void check_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lines_options options = {.horizon = cases[i].horizon, .end = '\n'};
        struct lines *l = compare(str_from(cases[i].a), str_from(cases[i].b), options, 1 << 20);
        struct buf out;
        buf_init(&out, &heap);
        print(&out, l);
        bool good = str_is(buf_str(&out), cases[i].commands);
        if (!good)
            printf("case %zu: %s\n", i, buf_text(&out));
        check(good);
        buf_drop(&out);
        lines_free(l);
    }
}

/* Does the script make `b` of `a`? Sets how many lines it touches. */
static bool is_script(const struct lines *l, size_t *touched)
{
    size_t count, at = 0, to = 0;
    const struct lines_hunk *h = lines_hunks(l, &count);
    *touched = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t until = i < count ? h[i].a_start : lines_count(l, 0);
        if (until < at || (i < count && i > 0 && until == at))
            return false;
        for (; at < until; at++, to++)
            if (to >= lines_count(l, 1) || !str_equal(lines_get(l, 0, at), lines_get(l, 1, to)))
                return false;
        if (i == count)
            break;
        if (h[i].b_start != to || h[i].a_count + h[i].b_count == 0)
            return false;
        at += h[i].a_count;
        to += h[i].b_count;
        *touched += h[i].a_count + h[i].b_count;
    }
    return to == lines_count(l, 1);
}

static size_t least_touched(const struct lines *l)
{
    size_t n = lines_count(l, 0), m = lines_count(l, 1), *row = calloc(m + 1, sizeof *row);
    for (size_t i = 0; i < n; i++) {
        size_t corner = 0;
        for (size_t j = 0; j < m; j++) {
            size_t above = row[j + 1];
            if (str_equal(lines_get(l, 0, i), lines_get(l, 1, j)))
                row[j + 1] = corner + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            corner = above;
        }
    }
    size_t common = row[m];
    free(row);
    return n + m - 2 * common;
}

static void key_letters(void *user, struct str line, struct buf *key)
{
    (void)user;
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] != ' ')
            buf_add_byte(key, (char)(line.data[i] | 32));
}

static void check_random(void)
{
    for (int round = 0; round < 3000; round++) {
        char text[2][200];
        size_t size[2];
        unsigned letters = 2 + below(6);
        for (int i = 0; i < 2; i++) {
            size[i] = below(sizeof text[i]);
            for (size_t k = 0; k < size[i]; k++)
                text[i][k] = below(2) ? '\n' : (char)('a' + below(letters));
        }
        if (below(2)) { /* alike */
            memcpy(text[1], text[0], size[0]);
            size[1] = size[0];
            for (unsigned n = below(6); n > 0 && size[1]; n--)
                text[1][below((unsigned)size[1])] = below(3) ? '\n' : 'z';
        }
        struct str a = {text[0], size[0]}, b = {text[1], size[1]};
        size_t touched, count[2];
        struct lines_options options = {.horizon = below(4), .minimal = below(2), .end = '\n'};
        struct lines *whole = compare(a, b, options, 1 << 20), *sliced = compare(a, b, options, 1);
        check(is_script(whole, &touched));
        if (options.minimal)
            check(touched == least_touched(whole));
        const struct lines_hunk *h[2] = {lines_hunks(whole, &count[0]), lines_hunks(sliced, &count[1])};
        check(count[0] == count[1] && (count[0] == 0 || memcmp(h[0], h[1], count[0] * sizeof **h) == 0));
        lines_free(sliced);
        lines_free(whole);
        options.cost = 1 + below(20);
        struct lines *limited = compare(a, b, options, 1 << 20);
        check(is_script(limited, &touched));
        lines_free(limited);
    }
    struct lines_options options = {.end = '\n', .key = key_letters};
    struct lines *l = compare(str_lit("A b\nc\nD\n"), str_lit("ab\nx\n d\n"), options, 1 << 20);
    size_t count;
    const struct lines_hunk *h = lines_hunks(l, &count);
    check(count == 1 && h[0].a_start == 1 && h[0].a_count == 1 && h[0].b_start == 1 && h[0].b_count == 1);
    lines_free(l);
    options.key = NULL;
    options.end = 0;
    l = compare(str_of("a\0b\n\0", 5), str_of("a\0c\0", 4), options, 1 << 20);
    check(lines_count(l, 0) == 2 && lines_hunks(l, &count)->a_start == 1 && count == 1);
    check(str_equal(lines_get(l, 0, 1), str_of("b\n\0", 3)));
    lines_free(l);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    heap_init(&heap, &meter);
    check_cases();
    check_random();
    heap_drop(&heap);
    return kit_end();
}
