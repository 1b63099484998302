/* tests/unit/format.c - directives against libc's printf, with random flags, widths, precisions and values.
 */
#include "base/format.h"
#include "tests/unit/kit.h"

#include <float.h>
#include <math.h>

static double random_double(void)
{
    static const double special[] = {
        0,    0.5,      1.5,  2.5,      0.125, 9.5,  99.5, 999999.5, 0.0001,  0.00001, 0.000099999995,
        1e6,  999999.9, 1e15, 1e16,     1e17,  1e22, 1e23, 5e-324,   DBL_MAX, DBL_MIN, 9.999999e9,
        0.15, 0.25,     0.35, INFINITY, NAN};
    uint64_t bits = draw();
    double value;
    switch (below(7)) {
    case 0: value = (double)(int64_t)(bits >> below(64)); break;
    case 1: value = (double)(int64_t)(bits >> 40) / 100; break;
    case 2: value = (double)below(100000) / (1 << below(20)); break;
    case 3: value = special[below(sizeof special / sizeof *special)]; break;
    case 4:
        bits &= (uint64_t)0x800fffffffffffff >> below(12);
        memcpy(&value, &bits, sizeof value);
        break;
    default: memcpy(&value, &bits, sizeof value); break;
    }
    return below(4) ? value : -value;
}

static char expected[40000];

static void compare(struct buf *b, const char *directive, int length)
{
    bool good = b->length == (size_t)length && memcmp(b->data, expected, b->length) == 0;
    if (!good)
        printf("%s: %.*s\n  not %.300s\n", directive, (int)(b->length < 300 ? b->length : 300), b->data,
               expected);
    good ? passed++ : failed++;
    buf_clear(b);
}

/* Random flags, width and precision; the letter is added behind. */
static int random_directive(char *text, int most_precision)
{
    int length = 0;
    text[length++] = '%';
    for (unsigned flags = below(4); flags > 0; flags--)
        text[length++] = "-+ #0'"[below(6)];
    if (below(2))
        length += sprintf(text + length, "%d", (int)below(below(4) ? 30 : 200));
    if (below(2)) {
        text[length++] = '.';
        if (below(4))
            length += sprintf(text + length, "%d", (int)below(below(5) ? 20 : (unsigned)most_precision));
    }
    return length;
}

#ifdef __GLIBC__
static void test_random(struct heap *heap)
{
    struct buf b;
    buf_init(&b, heap);
    for (int i = 0; i < 400000; i++) {
        char text[64], libc[64];
        struct format f;
        int head = random_directive(text, 400);
        char letter = "diouxXcseEfFgGaA"[below(16)];
        snprintf(text + head, sizeof text - (size_t)head, "%c", letter);
        size_t used = format_parse(str_from(text + 1), 0, &f);
        check(used == (size_t)head && f.conversion == letter && !f.too_large);
        int length;
        if (letter == 'c') {
            char c = (char)('a' + below(26));
            length = snprintf(expected, sizeof expected, text, c);
            format_char(&b, &f, c);
        } else if (letter == 's') {
            static const char words[] = "the quick brown fox jumps over";
            size_t from = below(sizeof words);
            length = snprintf(expected, sizeof expected, text, words + from);
            format_str(&b, &f, str_from(words + from));
        } else if (strchr("diouxX", letter)) {
            int64_t value = (int64_t)draw() >> below(64);
            if (below(10) == 0)
                value = 0;
            sprintf(libc, "%.*sll%c", head, text, letter);
            length = snprintf(expected, sizeof expected, libc, (long long)value);
            if (below(2) || letter == 'd' || letter == 'i')
                format_int(&b, &f, value);
            else
                format_unsigned(&b, &f, (uint64_t)value);
        } else {
            double value = random_double();
            length = snprintf(expected, sizeof expected, text, value);
            format_double(&b, &f, value);
        }
        compare(&b, text, length);
    }
    buf_drop(&b);
}
#endif

#if LDBL_MANT_DIG == 64 && defined __GLIBC__
static struct extended of_long(long double value)
{
    struct extended x = {0};
    unsigned char bytes[16] = {0};
    memcpy(bytes, &value, 10);
    uint64_t mantissa;
    memcpy(&mantissa, bytes, 8);
    int exponent = (bytes[9] & 0x7f) << 8 | bytes[8];
    x.negative = bytes[9] >> 7;
    if (exponent == 0x7fff) {
        x.kind = mantissa << 1 ? EXTENDED_NAN : EXTENDED_INFINITE;
    } else if (mantissa) {
        x.mantissa = mantissa;
        x.exponent = (exponent ? exponent : 1) - 16446;
    }
    return x;
}

static long double random_long(void)
{
    unsigned char bytes[16] = {0};
    uint64_t mantissa = draw() | (uint64_t)1 << 63;
    unsigned exponent = 16383 - 80 + below(160);
    switch (below(8)) {
    case 0: return random_double();
    case 1: return (long double)(int64_t)(mantissa >> below(64)) / 1000;
    case 2: return (long double)below(1000) / 10;
    case 3: mantissa = (mantissa & ~(uint64_t)0 << below(64)) | (uint64_t)1 << 63; break;
    case 4: exponent = below(40) ? exponent : below(32767); break;
    case 5: exponent = below(40) ? exponent : below(2) ? 32766 : 0; break;
    }
    if (exponent == 0)
        mantissa = mantissa << 1 >> (1 + below(63));
    memcpy(bytes, &mantissa, 8);
    bytes[8] = (unsigned char)exponent;
    bytes[9] = (unsigned char)(exponent >> 8);
    long double value;
    memcpy(&value, bytes, sizeof value);
    return below(2) ? value : -value;
}

static void test_extended(struct heap *heap)
{
    struct buf b;
    buf_init(&b, heap);
    for (int i = 0; i < 150000; i++) {
        char text[64], libc[64];
        struct format f;
        int head = random_directive(text, below(100) ? 80 : 20000);
        char letter = "eEfFgGaA"[below(8)];
        snprintf(text + head, sizeof text - (size_t)head, "%c", letter);
        sprintf(libc, "%.*sL%c", head, text, letter);
        format_parse(str_from(libc + 1), 0, &f);
        long double value = random_long();
        int length = snprintf(expected, sizeof expected, libc, value);
        format_extended(&b, &f, of_long(value));
        compare(&b, libc, length);
    }
    buf_drop(&b);
}
#else
#define test_extended(heap) ((void)0)
#endif

static void test_parse(void)
{
    static const struct {
        const char *text;
        unsigned flags;
        size_t used;
        struct format f;
    } cases[] = {
        {"d rest", 0, 1, {.conversion = 'd', .precision = -1}},
        {"", 0, 0, {.precision = -1}},
        {"-08.3", 0, 5, {.left = true, .zero = true, .width = 8, .precision = 3}},
        {"+ #'llu",
         0,
         7,
         {.plus = true, .space = true, .alternate = true, .group = true, .conversion = 'u', .precision = -1}},
        {"*.*f", 0, 4, {.width_star = true, .precision_star = true, .conversion = 'f', .precision = -1}},
        {".s", 0, 2, {.conversion = 's', .precision = 0}},
        {"2$s", 0, 2, {.conversion = '$', .width = 2, .precision = -1}},
        {"2$-*3$.*1$s",
         FORMAT_ARGUMENTS,
         11,
         {.argument = 2,
          .width_argument = 3,
          .precision_argument = 1,
          .left = true,
          .width_star = true,
          .precision_star = true,
          .conversion = 's',
          .precision = -1}},
        {".-5d", 0, 2, {.conversion = '-', .precision = 0}},
        {".-5d", FORMAT_NEGATIVE_PRECISION, 4, {.conversion = 'd', .precision = -1}},
        {"2147483647d", 0, 11, {.conversion = 'd', .width = INT32_MAX, .precision = -1}},
        {"2147483648d", 0, 11, {.conversion = 'd', .width = INT32_MAX, .precision = -1, .too_large = true}},
        {".99999999999999999999999d", 0, 25, {.conversion = 'd', .precision = INT32_MAX, .too_large = true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format f, e = cases[i].f;
        check(format_parse(str_from(cases[i].text), cases[i].flags, &f) == cases[i].used);
        check(f.left == e.left && f.plus == e.plus && f.space == e.space && f.alternate == e.alternate &&
              f.zero == e.zero && f.group == e.group && f.width_star == e.width_star &&
              f.precision_star == e.precision_star);
        check(f.too_large == e.too_large && f.conversion == e.conversion && f.width == e.width &&
              f.precision == e.precision);
        check(f.argument == e.argument && f.width_argument == e.width_argument &&
              f.precision_argument == e.precision_argument);
    }
    struct format f = FORMAT('d', -1);
    format_set_width(&f, -5);
    check(f.left && f.width == 5 && !f.too_large);
    format_set_precision(&f, -5);
    check(f.precision == -1);
    format_set_width(&f, INT64_MIN);
    check(f.too_large && f.width == INT32_MAX);
}

/* Long output is charged by its length, and ends at the memory limit. */
struct long_output {
    struct heap *heap;
    int32_t precision;
};

static void print_long(void *argument)
{
    struct long_output *l = argument;
    struct buf b;
    buf_init(&b, l->heap);
    format_double(&b, &FORMAT('f', l->precision), 0.1);
    check(b.length == (size_t)l->precision + 2 && b.data[b.length - 1] == '0' &&
          memcmp(b.data, "0.1000000000000000055", 21) == 0);
    buf_drop(&b);
}

static void test_long(struct heap *heap)
{
    struct long_output l = {heap, 1000000};
    int64_t fuel = heap->meter->fuel;
    check(meter_land(heap->meter, print_long, &l) == EXHAUSTED_NOTHING);
    check(fuel - heap->meter->fuel >= 1000000 / 64 && fuel - heap->meter->fuel < 17000);
    size_t limit = heap->meter->memory_limit;
    heap->meter->memory_limit = 1 << 20;
    l.precision = INT32_MAX;
    check(meter_land(heap->meter, print_long, &l) == EXHAUSTED_MEMORY);
    heap->meter->memory_limit = limit;
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    struct heap heap;
    heap_init(&heap, &meter);
    test_parse();
#ifdef __GLIBC__
    test_random(&heap);
#endif
    test_extended(&heap);
    test_long(&heap);
    heap_drop(&heap);
    return kit_end();
}
