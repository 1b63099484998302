/* tests/unit/number.c - integers, doubles and extended floats to and from text, against tables and against
 * libc. */
#include "base/format.h"
#include "base/number.h"
#include "tests/unit/kit.h"

#include <errno.h>
#include <float.h>
#include <math.h>

static double random_double(void)
{
    uint64_t bits = draw();
    double value;
    switch (below(6)) {
    case 0: return (double)(int64_t)(bits >> below(64));
    case 1: return (double)(int64_t)(bits >> 40) / 100;
    case 2: return (double)below(100000) / (1 << below(20));
    case 3: bits &= ~(uint64_t)0 << below(52); break;
    case 4: bits &= (uint64_t)0x800fffffffffffff >> below(12); break;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- integers ------------------------------------------------------------------------------------ */

static void test_integers(struct heap *heap)
{
    static const struct {
        const char *text;
        unsigned base;
    } cases[] = {
        {"0", 10},
        {"", 10},
        {"-", 10},
        {"+5x", 10},
        {" \t\n-12", 10},
        {"9223372036854775807", 10},
        {"9223372036854775808", 10},
        {"-9223372036854775808", 10},
        {"-9223372036854775809", 10},
        {"18446744073709551615", 10},
        {"18446744073709551616", 10},
        {"-18446744073709551616", 10},
        {"99999999999999999999999", 10},
        {"0x", 0},
        {"0x1f", 0},
        {"0x1f", 16},
        {"0xg", 16},
        {"017", 0},
        {"08", 0},
        {"1f", 16},
        {"zZ", 36},
        {"102", 2},
        {"-0x10", 0},
        {"- 1", 10},
        {"0X7fffffffffffffff", 0},
        {"ffffffffffffffffff", 16},
        {"00000000000000000000000000000000001", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        char *end;
        int64_t value;
        uint64_t other;
        bool overflow;
        errno = 0;
        long long expected = strtoll(text, &end, (int)cases[i].base);
        size_t used = number_parse_int(str_from(text), cases[i].base, &value, &overflow);
        check(used == (size_t)(end - text) && value == expected && overflow == (errno == ERANGE));
        errno = 0;
        unsigned long long expected_unsigned = strtoull(text, &end, (int)cases[i].base);
        used = number_parse_unsigned(str_from(text), cases[i].base, &other, &overflow);
        check(used == (size_t)(end - text) && other == expected_unsigned && overflow == (errno == ERANGE));
    }
    struct buf b;
    buf_init(&b, heap);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int64_t value = (int64_t)draw() >> below(64), back;
        snprintf(text, sizeof text, "%lld", (long long)value);
        buf_clear(&b);
        number_add_int(&b, value);
        check(str_is(buf_str(&b), text));
        check(number_parse_int(buf_str(&b), 10, &back, NULL) == b.length && back == value);
        snprintf(text, sizeof text, "%llu", (unsigned long long)value);
        buf_clear(&b);
        number_add_unsigned(&b, (uint64_t)value);
        check(str_is(buf_str(&b), text));
        unsigned base = 2 + below(35);
        uint64_t other;
        buf_clear(&b);
        number_add_base(&b, (uint64_t)value, base);
        check(number_parse_unsigned(buf_str(&b), base, &other, NULL) == b.length && other == (uint64_t)value);
    }
    buf_drop(&b);
    int64_t value;
    check(number_is_int(str_lit(" 42 "), &value) && value == 42);
    check(!number_is_int(str_lit("42x"), &value) && !number_is_int(str_lit(""), &value) &&
          !number_is_int(str_lit("9223372036854775808"), &value));
}

static void test_constants(void)
{
    static const struct {
        const char *text, *message;
        int64_t value;
    } cases[] = {
        {"0", NULL, 0},
        {"10", NULL, 10},
        {"0x1F", NULL, 31},
        {"017", NULL, 15},
        {"08", "value too great for base", 0},
        {"2#101", NULL, 5},
        {"64#_", NULL, 63},
        {"64#@", NULL, 62},
        {"37#A", NULL, 36},
        {"36#A", NULL, 10},
        {"36#Zz", NULL, 1295},
        {"65#1", "invalid arithmetic base", 0},
        {"1#0", "invalid arithmetic base", 0},
        {"2#2", "value too great for base", 0},
        {"10#", "invalid integer constant", 0},
        {"010#1", "invalid number", 0},
        {"1a", "value too great for base", 0},
        {"9223372036854775808", NULL, INT64_MIN},
        {"18446744073709551617", NULL, 1},
        {"0xffffffffffffffffff", NULL, -1},
        {"0x", NULL, 0},
        {"2#1#1", "invalid number", 0},
        {"0x#1", "invalid number", 0},
        {"0#1", "invalid number", 0},
        {"3#5#", "value too great for base", 0},
        {"1a#1", "value too great for base", 0},
        {"99#a", "invalid arithmetic base", 0},
        {"16#", "invalid integer constant", 0},
        {"2#@", "value too great for base", 0},
        {"0x1#2", "invalid number", 0},
        {"65#", "invalid arithmetic base", 0},
        {"0#", "invalid number", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value;
        const char *message = number_parse_constant(str_from(cases[i].text), &value);
        check(!message == !cases[i].message && (!message || strcmp(message, cases[i].message) == 0));
        check(message || value == cases[i].value);
    }
}

static void test_sizes(void)
{
    static const char all[] = "bBcEGgkKMmPTtwYZ0";
    static const struct {
        const char *text, *suffixes;
        unsigned status;
        uint64_t value;
    } cases[] = {
        {"12", all, 0, 12},
        {"1k", all, 0, 1024},
        {"1KiB", all, 0, 1024},
        {"1KB", all, 0, 1000},
        {"1KD", all, 0, 1000},
        {"3b", all, 0, 1536},
        {"3w", all, 0, 6},
        {"3c", all, 0, 3},
        {"1B", all, 0, 1024},
        {"M", all, 0, 1 << 20},
        {"", all, 4, 0},
        {"-1", all, 4, 0},
        {"x", all, 4, 0},
        {"1x", all, 2, 1},
        {"1Kx", all, 2, 1024},
        {"1Kix", all, 2, 1024},
        {"1K", "", 2, 1},
        {"1K", NULL, 0, 1},
        {"1MB", "kKM", 2, 1 << 20},
        {"16E", all, 1, UINT64_MAX},
        {"15E", all, 0, (uint64_t)15 << 60},
        {"1Y", all, 1, UINT64_MAX},
        {"0Y", all, 0, 0},
        {"18446744073709551616", all, 1, UINT64_MAX},
        {"18446744073709551616q", all, 3, UINT64_MAX},
        {"+7", all, 0, 7},
        {" 7", all, 0, 7},
        {"1T", all, 0, (uint64_t)1 << 40},
        {"2PB", all, 0, 2000000000000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value;
        size_t used;
        check(number_parse_size(str_from(cases[i].text), cases[i].suffixes, &value, &used) ==
              cases[i].status);
        check(value == cases[i].value);
    }
    int64_t value;
    check(number_parse_size_signed(str_lit("-2K"), all, &value, NULL) == 0 && value == -2048);
    check(number_parse_size_signed(str_lit("-8E"), all, &value, NULL) == 0 && value == INT64_MIN);
    check(number_parse_size_signed(str_lit("-9E"), all, &value, NULL) == 1 && value == INT64_MIN);
    check(number_parse_size_signed(str_lit("8E"), all, &value, NULL) == 1 && value == INT64_MAX);
}

/* --- floating point ------------------------------------------------------------------------------ */

static bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b) && !signbit(a) == !signbit(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static const char *const hard[] = {
    "0",
    "-0",
    "1",
    "1.",
    ".5",
    ".",
    "",
    "-",
    "+.",
    "e5",
    "1e",
    "1e+",
    "1e5",
    "1E-5x",
    "inf",
    "-INFINITY",
    "infinit",
    "nan",
    "-nan",
    "nan(abc_1)",
    "nan(a-b)",
    "nan(",
    "0x",
    "0xg",
    "0x.",
    "0x1",
    "0x.8",
    "0x1p",
    "0x1p+",
    "0x1p4",
    "0x1.8p-1",
    "0x1.fffffffffffff8p0",
    "0x1.fffffffffffff7ffffp0",
    "0x1.00000000000008p0",
    "0x1.000000000000080000001p0",
    "0x1.00000000000018p0",
    "0x1p-1074",
    "0x1p-1075",
    "0x1.0000001p-1075",
    "0x0.00000000000000001p0",
    "0x1.fffffffffffff8p1023",
    "0x1.fffffffffffff7p1023",
    "0x1p99999999999999999999",
    "0x1p-99999999999999999999",
    "0x0p99999999999",
    "0x1.fffffffffffffp-1023",
    "0x1.fffffffffffffffp-1023",
    "0x1.ffffffffffffffffp-16383",
    "0x1.fffffffffffffffep-16383",
    "0x1.fffffffffffffffcp-16383",
    "0x1p-16445",
    "0x1p-16446",
    "0x1.8p-16446",
    "0x1.fffffffffffffffep16383",
    "0x1.ffffffffffffffffp16383",
    "0xffffffffffffffff.8",
    "0xffffffffffffffff.7ff",
    "0xfffffffffffffffe.8",
    "0x123456789abcdef0123456789",
    "4.9e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2.2250738585072011e-308",
    "2.2250738585072012e-308",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "1e400",
    "1e-400",
    "1e5000",
    "1e-5000",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    "0e99999999999999999999",
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0",
    "90071992547409930e-1",
    "9007199254740993.00000000000000000000000000000000000001",
    "9007199254740992.999999999999999999999999999",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551616.5",
    "36893488147419103231",
    "36893488147419103231.00000001",
    "36893488147419103233",
    "3.6451995318824746025e-4951",
    "1.8225997659412373012e-4951",
    "1.8225997659412373013e-4951",
    "3.3621031431120935063e-4932",
    "3.3621031431120935062e-4932",
    "3.362103143112093506e-4932",
    "1.18973149535723176502e+4932",
    "1.18973149535723176506e+4932",
    "1.18973149535723176508575932662800702e+4932",
    "1.189731495357231765085759326628007016e+4932",
    "1.1897314953572317651e4932",
    " \t\n\v\f\r1",
    "1 ",
    "1e1000000",
    "000000000000000000000000000000000001",
    "0.1e1",
    "1..2",
    "1.2.3",
    "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000e-90",
    "1e19",
    "1e20",
    "1e22",
    "1e23",
    "8.5e22",
    "5e-324",
    "123456789012345678901234567890",
    "0.000000000000000000000000000000000000000000000000000000001",
};

#ifdef __GLIBC__ /* others round hexadecimal twice or know no ERANGE for it */
static void compare_double(struct heap *heap, const char *text)
{
    char *end;
    double value;
    bool out;
    errno = 0;
    double expected = strtod(text, &end);
    bool range = errno == ERANGE;
    size_t used = number_parse_double(heap, str_from(text), 0, &value, &out);
    if (used != (size_t)(end - text) || !same_double(value, expected) || out != range) {
        printf("double %.80s: %zu %a %d, not %zu %a %d\n", text, used, value, out, (size_t)(end - text),
               expected, range);
        failed++;
    } else {
        passed++;
    }
}

#else
#define compare_double(heap, text) ((void)0)
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
        return x;
    }
    if (mantissa) {
        x.mantissa = mantissa;
        x.exponent = (exponent ? exponent : 1) - 16446;
    }
    return x;
}

static long double random_long(void)
{
    unsigned char bytes[16] = {0};
    uint64_t mantissa = draw();
    unsigned exponent = below(32767);
    switch (below(8)) {
    case 0: return random_double();
    case 1: return (long double)(int64_t)(mantissa >> below(64)) / 1000;
    case 2: exponent = 16383 - 80 + below(160); break;
    case 3: mantissa &= ~(uint64_t)0 << below(64); break;
    case 4: exponent = below(3); break;
    case 5: exponent = 32766 - below(3); break;
    }
    mantissa |= (uint64_t)1 << 63;
    if (exponent == 0)
        mantissa = mantissa << 1 >> (1 + below(63));
    unsigned sign = below(2) << 7;
    memcpy(bytes, &mantissa, 8);
    bytes[8] = (unsigned char)exponent;
    bytes[9] = (unsigned char)(exponent >> 8 | sign);
    long double value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static bool same(struct extended a, struct extended b)
{
    if (a.kind != b.kind || a.negative != b.negative)
        return false;
    return a.kind != EXTENDED_FINITE || (a.mantissa == b.mantissa && a.exponent == b.exponent);
}

static void compare_long(struct heap *heap, const char *text)
{
    char *end;
    struct extended value;
    bool out;
    errno = 0;
    long double expected = strtold(text, &end);
    bool range = errno == ERANGE;
    size_t used = number_parse_extended(heap, str_from(text), 0, &value, &out);
    if (used != (size_t)(end - text) || !same(value, of_long(expected)) || out != range) {
        printf("extended %.80s: %zu %llxp%d %d, not %zu %La %d\n", text, used,
               (unsigned long long)value.mantissa, value.exponent, out, (size_t)(end - text), expected,
               range);
        failed++;
    } else {
        passed++;
    }
}

static void test_arithmetic(void)
{
    for (int i = 0; i < 300000; i++) {
        long double a = random_long(), b = random_long();
        switch (below(16)) {
        case 0: b = a; break;
        case 1: b = -a; break;
        case 2: b = nextafterl(a, b); break;
        case 3: b = 0; break;
        case 4: b = (long double)INFINITY; break;
        case 5: b = -nextafterl(a, -a) * 2; break;
        case 6: a = (long double)INFINITY * (below(2) ? 1 : -1); break;
        case 7: b = 1 + (long double)below(10) / 8; break;
        }
        struct extended x = of_long(a), y = of_long(b);
        bool good =
            same(extended_add(x, y), of_long(a + b)) && same(extended_subtract(x, y), of_long(a - b)) &&
            same(extended_multiply(x, y), of_long(a * b)) && same(extended_divide(x, y), of_long(a / b)) &&
            same_double(extended_to_double(x), (double)a) &&
            extended_compare(x, y) == (a != a || b != b ? EXTENDED_UNORDERED
                                       : a < b          ? -1
                                                        : a > b);
        int64_t whole;
        if (extended_to_int(x, &whole))
            good = good && a > -9223372036854775809.0L && a < 9223372036854775808.0L && whole == (int64_t)a;
        else
            good = good && !(a > -9223372036854775809.0L && a < 9223372036854775808.0L);
        int64_t integer = (int64_t)draw() >> below(64);
        good = good && same(extended_from_int(integer), of_long(integer));
        double small = random_double();
        if (!isnan(small))
            good = good && same(extended_from_double(small), of_long(small)) &&
                   same_double(extended_to_double(extended_from_double(small)), small);
        check(good);
        if (!good)
            printf("    %La %La\n", a, b);
    }
    struct extended nan = of_long(-(long double)NAN);
    check(extended_compare(nan, nan) == EXTENDED_UNORDERED);
}
#else
#define compare_long(heap, text) ((void)0)
#define test_arithmetic() ((void)0)
#endif

/* Digits, and numbers that lie halfway between two others or almost so. */
static void random_text(char *text, size_t size)
{
    int length = 0;
    switch (below(5)) {
    case 0: snprintf(text, size, "%.*e", (int)below(25), random_double()); return;
    case 1:
        snprintf(text, size, "%d.%de%d", (int)below(100), (int)below(1000), (int)below(700) - 350);
        return;
    case 2:
        for (unsigned digits = 1 + below(40), point = below(45); digits-- > 0;) {
            text[length++] = (char)('0' + below(10));
            if (digits == point)
                text[length++] = '.';
        }
        snprintf(text + length, size - (size_t)length, "e%d", (int)below(10000) - 5000);
        return;
    case 3: {
        double value = fabs(random_double()), next = nextafter(value, INFINITY);
        long double middle = (long double)value + ((long double)next - (long double)value) / 2;
        if (!isfinite(value) || !isfinite(next) || value > 1e300)
            middle = 1.5L;
        length = snprintf(text, size, "%.*Le", below(3) ? 780 : 30, middle);
        break;
    }
    default: {
#if LDBL_MANT_DIG == 64 && defined __GLIBC__
        long double value = fabsl(random_long());
        if (!isfinite(value))
            value = 1;
        snprintf(text, size, "%.*Le", (int)below(30), value);
#else
        snprintf(text, size, "%.*e", (int)below(30), random_double());
#endif
        return;
    }
    }
    if (below(2) == 0) { /* a little more or less than halfway */
        char *exponent = strchr(text, 'e');
        if (exponent && exponent > text + 4)
            exponent[-1 - (int)below(4)] = (char)('0' + below(10));
    }
}

#if LDBL_MANT_DIG == 64 && defined __GLIBC__
/* The point halfway between two long doubles, of up to 16,446 places, and sometimes the least more or less.
 */
static void middle_text(char *text, size_t size)
{
    static char half[30000];
    uint64_t mantissa = draw() | (uint64_t)1 << 63;
    int exponent = (below(3)   ? (int)below(200) - 160
                    : below(2) ? EXTENDED_LEAST + 1 + (int)below(100)
                               : (int)below(32000) - 16300);
    int places = exponent < 1 ? 1 - exponent : 1;
    int length = snprintf(text, size, "%.*Lf", places, ldexpl((long double)mantissa, exponent));
    int other = snprintf(half, sizeof half, "%.*Lf", places, ldexpl(1, exponent - 1));
    int carry = 0;
    for (int i = 1; i <= length; i++) {
        char *at = text + length - i;
        if (*at == '.')
            continue;
        int sum = *at - '0' + carry + (i <= other ? half[other - i] - '0' : 0);
        *at = (char)('0' + sum % 10);
        carry = sum / 10;
    }
    switch (below(3)) {
    case 0: memcpy(text + length, "0000001", 8); break;
    case 1: /* the last place is odd, so it can be less */
        for (char *at = text + length - 1; at >= text && (*at == '.' || (*at)-- == '0'); at--)
            if (*at != '.')
                *at = '9';
        break;
    }
}
#endif

static void test_parse(struct heap *heap)
{
    static char text[30000];
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        compare_double(heap, hard[i]);
        compare_long(heap, hard[i]);
    }
    for (int i = 0; i < 150000; i++) {
        random_text(text, sizeof text);
        compare_double(heap, text);
        compare_long(heap, text);
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "0x%llx.%llxp%d", (unsigned long long)draw() >> below(64),
                 (unsigned long long)draw() >> below(64), (int)below(2300) - 1150);
        compare_double(heap, text);
        compare_long(heap, text);
    }
#if LDBL_MANT_DIG == 64 && defined __GLIBC__
    for (int i = 0; i < 300; i++) {
        middle_text(text, sizeof text);
        compare_long(heap, text);
        compare_double(heap, text);
    }
#endif
    struct extended x;
    double value;
    check(number_parse_double(heap, str_lit("0x10"), DECIMAL_NO_HEX, &value, NULL) == 1 && value == 0);
    check(number_parse_double(heap, str_lit("inf"), DECIMAL_NO_WORDS, &value, NULL) == 0);
    check(number_parse_double(heap, str_lit(" 1"), DECIMAL_NO_SPACE, &value, NULL) == 0);
    check(number_parse_extended(heap, str_lit("12abc"), 0, &x, NULL) == 2);
    check(number_parse_double(heap, str_of("12345", 3), 0, &value, NULL) == 3 && value == 123);
}

static void test_shortest(struct heap *heap)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1, "1"},
        {100, "100"},
        {1e16, "10000000000000000"},
        {1e17, "1e+17"},
        {1.5e300, "1.5e+300"},
        {5e-324, "5e-324"},
        {0x1p-44, "5.684341886080802e-14"},
        {1.0 / 3, "0.3333333333333333"},
        {-0.0, "-0"},
        {123456.789, "123456.789"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1e23, "1e+23"},
        {9007199254740993.0, "9007199254740992"},
    };
    struct buf b;
    buf_init(&b, heap);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&b);
        format_shortest(&b, cases[i].value);
        check(str_is(buf_str(&b), cases[i].text));
    }
    for (int i = 0; i < 100000; i++) {
        double value = random_double();
        char text[64];
        if (!isfinite(value))
            continue;
        buf_clear(&b);
        format_shortest(&b, value);
        const char *mine = buf_text(&b);
        int digits = 0;
        for (int precision = 1; precision <= 17 && !digits; precision++) {
            snprintf(text, sizeof text, "%.*e", precision - 1, value);
            if (strtod(text, NULL) == value)
                digits = precision;
        }
        int count = 0;
        for (const char *p = mine; *p && *p != 'e'; p++)
            count += *p >= '0' && *p <= '9' && (count || *p != '0');
        check(strtod(mine, NULL) == value && (count <= digits || (!strchr(mine, 'e') && !strchr(mine, '.'))));
    }
    buf_drop(&b);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    struct heap heap;
    heap_init(&heap, &meter);
    test_integers(&heap);
    test_constants();
    test_sizes();
    test_arithmetic();
    test_parse(&heap);
    test_shortest(&heap);
    heap_drop(&heap);
    return kit_end();
}
