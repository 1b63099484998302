/* builtins/factor.c - the prime factors of numbers. */
#include "base/wide.h"
#include "builtins/text.h"

/* Numbers are of any length while small primes divide them; what is left then must fit 128 bits. Those are handled in the form of
 * Montgomery (1985), tested as Miller and Rabin do with the first primes as bases, and split with Pollard's rho as Brent (1980) runs
 * it. */
enum { TRIAL_MOST = 1 << 16, FACTORS_MOST = 128, BASES = 40, BATCH = 128, TURNS_A_STEP = 8 };

static const unsigned char bases[BASES] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
                                           73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173};

/* An odd modulus above 1. */
struct modulus {
    struct wide n;
    uint64_t inverse;        /* of -n, modulo 2^64 */
    struct wide one, square; /* 2^128 and 2^256 modulo n */
};

enum stage { STAGE_PARSE, STAGE_TRIAL, STAGE_TEST, STAGE_SPLIT, STAGE_PRINT };

struct factor {
    /* input */
    size_t operand;
    struct input *input;
    struct buf held;              /* a line */
    struct str line;              /* what is left of it */
    bool busy;                    /* a number is being factored */
    struct buf text;              /* it, in decimal without zeros in front */
    enum stage stage;
    /* trial division */
    uint32_t *limbs;              /* base 2^32, the lowest first */
    size_t limb_count, digit;     /* digit: of the text, already taken */
    uint32_t divisor;
    uint32_t *small;              /* primes found that way */
    size_t small_count;
    /* the rest */
    struct wide parts[FACTORS_MOST], primes[FACTORS_MOST];
    int part_count, prime_count;
    struct modulus m;
    int base;                     /* of the test */
    struct wide x, y, before, product;
    uint64_t length, done, constant;
    bool moving, backwards;       /* y goes ahead; it is known that there is a factor in the last batch */
};

/* --- numbers of 128 bits ------------------------------------------------------------------------------------ */

static int compare(struct wide a, struct wide b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static bool is_word(struct wide a, uint64_t word)
{
    return a.high == 0 && a.low == word;
}

static struct wide subtract(struct wide a, struct wide b)
{
    return (struct wide){a.high - b.high - (a.low < b.low), a.low - b.low};
}

static struct wide half(struct wide a)
{
    return (struct wide){a.high >> 1, a.low >> 1 | a.high << 63};
}

/* (a + b) mod n */
static struct wide add_modulo(struct wide a, struct wide b, struct wide n)
{
    struct wide sum = {0, a.low + b.low};
    uint64_t carry = sum.low < a.low, high = a.high + carry;
    bool over = high < carry;

    sum.high = high + b.high;
    over |= sum.high < high;
    return over || compare(sum, n) >= 0 ? subtract(sum, n) : sum;
}

/* Adds a * b + carry to *to; answers the new carry. */
static uint64_t multiply_add(uint64_t *to, uint64_t a, uint64_t b, uint64_t carry)
{
    struct wide product = wide_multiply(a, b);

    product.low += carry;
    product.high += product.low < carry;
    *to += product.low;
    return product.high + (*to < product.low);
}

/* a * b / 2^128 mod n */
static struct wide multiply(const struct modulus *m, struct wide a, struct wide b)
{
    uint64_t t[4] = {0}, words[2] = {b.low, b.high};

    for (int i = 0; i < 2; i++) {
        uint64_t carry = multiply_add(&t[0], a.low, words[i], 0);
        carry = multiply_add(&t[1], a.high, words[i], carry);
        t[2] += carry;
        t[3] = t[2] < carry;
        uint64_t factor = t[0] * m->inverse;
        carry = multiply_add(&t[0], factor, m->n.low, 0);
        carry = multiply_add(&t[1], factor, m->n.high, carry);
        t[2] += carry;
        t[3] += t[2] < carry;
        t[0] = t[1];
        t[1] = t[2];
        t[2] = t[3];
    }
    struct wide result = {t[1], t[0]};
    return t[2] || compare(result, m->n) >= 0 ? subtract(result, m->n) : result;
}

static void set_modulus(struct modulus *m, struct wide n)
{
    uint64_t inverse = n.low; /* right in three bits; each turn doubles them */

    m->n = n;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - n.low * inverse;
    m->inverse = 0 - inverse;
    struct wide value = {0, 1};
    for (int i = 0; i < 256; i++) {
        value = add_modulo(value, value, n);
        if (i == 127)
            m->one = value;
    }
    m->square = value;
}

static struct wide greatest_divisor(struct wide a, struct wide b)
{
    /* b is odd: twos of a do not count */
    while (a.high || a.low) {
        while (!(a.low & 1))
            a = half(a);
        if (compare(a, b) < 0) {
            struct wide other = a;
            a = b;
            b = other;
        }
        a = subtract(a, b);
    }
    return b;
}

/* a / b, which leaves nothing */
static struct wide divide(struct wide a, struct wide b)
{
    struct wide rest = {0, 0}, quotient = {0, 0};

    for (int i = 127; i >= 0; i--) {
        uint64_t bit = i >= 64 ? a.high >> (i - 64) & 1 : a.low >> i & 1;
        bool over = rest.high >> 63;
        rest = (struct wide){rest.high << 1 | rest.low >> 63, rest.low << 1 | bit};
        if (over || compare(rest, b) >= 0) {
            rest = subtract(rest, b);
            if (i >= 64)
                quotient.high |= (uint64_t)1 << (i - 64);
            else
                quotient.low |= (uint64_t)1 << i;
        }
    }
    return quotient;
}

static void print_wide(struct buf *out, struct wide a)
{
    uint32_t limbs[4] = {(uint32_t)a.low, (uint32_t)(a.low >> 32), (uint32_t)a.high, (uint32_t)(a.high >> 32)};
    char text[40];
    size_t at = sizeof text;

    do {
        uint64_t rest = 0;
        for (int i = 3; i >= 0; i--) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        text[--at] = (char)('0' + rest);
    } while (limbs[0] || limbs[1] || limbs[2] || limbs[3]);
    buf_add(out, str_of(text + at, sizeof text - at));
}

/* --- primes -------------------------------------------------------------------------------------------------------- */

/* Does the base say that the modulus may be prime? */
static bool passes(const struct modulus *m, uint64_t base)
{
    struct wide minus_one = subtract(m->n, m->one), exponent = m->n, power = m->one, value;
    int twos = 0;

    exponent.low -= 1;
    while (!(exponent.low & 1)) {
        exponent = half(exponent);
        twos++;
    }
    value = multiply(m, (struct wide){0, base}, m->square);
    if (value.high == 0 && value.low == 0)
        return true; /* the modulus itself */
    for (; exponent.high || exponent.low; exponent = half(exponent)) {
        if (exponent.low & 1)
            power = multiply(m, power, value);
        value = multiply(m, value, value);
    }
    if (compare(power, m->one) == 0)
        return true;
    for (; twos > 0; twos--) {
        if (compare(power, minus_one) == 0)
            return true;
        power = multiply(m, power, power);
    }
    return false;
}

static void begin_rho(struct factor *f, uint64_t constant)
{
    f->constant = constant;
    f->y = multiply(&f->m, (struct wide){0, 2}, f->m.square);
    f->x = f->y;
    f->product = f->m.one;
    f->length = 1;
    f->done = 0;
    f->moving = true;
    f->backwards = false;
}

static struct wide next_value(const struct factor *f, struct wide value)
{
    return add_modulo(multiply(&f->m, value, value), (struct wide){0, f->constant}, f->m.n);
}

static struct wide distance(struct wide a, struct wide b)
{
    return compare(a, b) < 0 ? subtract(b, a) : subtract(a, b);
}

/* Goes on for a batch: true when *divisor is a factor above 1 and below the modulus. */
static bool advance(struct factor *f, struct wide *divisor, int64_t *turns)
{
    uint64_t count;

    if (f->backwards) { /* one by one through the batch in which it was */
        *turns = BATCH;
        for (int i = 0; i < BATCH; i++) {
            f->before = next_value(f, f->before);
            *divisor = greatest_divisor(distance(f->x, f->before), f->m.n);
            if (!is_word(*divisor, 1))
                break;
        }
        if (is_word(*divisor, 1) || compare(*divisor, f->m.n) == 0) {
            begin_rho(f, f->constant + 1);
            return false;
        }
        return true;
    }
    count = f->length - f->done < BATCH ? f->length - f->done : BATCH;
    *turns = (int64_t)count;
    f->done += count;
    if (f->moving) {
        for (; count > 0; count--)
            f->y = next_value(f, f->y);
    } else {
        f->before = f->y;
        for (; count > 0; count--) {
            f->y = next_value(f, f->y);
            f->product = multiply(&f->m, f->product, distance(f->x, f->y));
        }
        *divisor = greatest_divisor(f->product, f->m.n);
        if (compare(*divisor, f->m.n) == 0)
            f->backwards = true;
        else if (!is_word(*divisor, 1))
            return true;
    }
    if (f->done == f->length) {
        f->done = 0;
        f->moving = !f->moving;
        if (f->moving) {
            f->length *= 2;
            f->x = f->y;
        }
    }
    return false;
}

/* --- the stages of a number --------------------------------------------------------------------------------------------- */

/* Takes nine digits more into the limbs. */
static void parse_some(struct call *c, struct factor *f)
{
    struct str text = buf_str(&f->text);
    uint64_t scale = 1, carry = 0;

    for (int i = 0; i < 9 && f->digit < text.length; i++, f->digit++) {
        scale *= 10;
        carry = carry * 10 + (uint64_t)(text.data[f->digit] - '0');
    }
    for (size_t i = 0; i < f->limb_count; i++) {
        carry += f->limbs[i] * scale;
        f->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        f->limbs = array_grow(c->heap, f->limbs, f->limb_count, sizeof *f->limbs);
        f->limbs[f->limb_count++] = (uint32_t)carry;
    }
    call_charge(c, 1 + (int64_t)(f->limb_count / 16));
    if (f->digit == text.length) {
        f->stage = STAGE_TRIAL;
        f->divisor = 2;
    }
}

static uint32_t remainder_of(const struct factor *f, uint32_t divisor)
{
    uint64_t rest = 0;

    for (size_t i = f->limb_count; i-- > 0;)
        rest = (rest << 32 | f->limbs[i]) % divisor;
    return (uint32_t)rest;
}

static void divide_limbs(struct factor *f, uint32_t divisor)
{
    uint64_t rest = 0;

    for (size_t i = f->limb_count; i-- > 0;) {
        rest = rest << 32 | f->limbs[i];
        f->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (f->limb_count && f->limbs[f->limb_count - 1] == 0)
        f->limb_count--;
}

/* Tries a few divisors. */
static void try_some(struct call *c, struct factor *f)
{
    for (int i = 0; i < 16; i++) {
        bool one = f->limb_count == 1 && f->limbs[0] == 1, none = f->limb_count == 0;
        bool below = f->limb_count == 1 && f->limbs[0] < f->divisor * (uint64_t)f->divisor;
        bool last = f->limb_count <= 4 && f->divisor > 1000;
        if (none || one || below || last || f->divisor >= TRIAL_MOST) {
            if (f->limb_count > 4) {
                call_error(c, "%S is too large", call_quote_word(c, buf_str(&f->text)));
                f->busy = false;
                return;
            }
            f->stage = STAGE_TEST;
            if (!none && !one) {
                uint32_t l[4] = {0};
                memcpy(l, f->limbs, f->limb_count * sizeof *l);
                f->parts[f->part_count++] = (struct wide){(uint64_t)l[3] << 32 | l[2], (uint64_t)l[1] << 32 | l[0]};
            }
            return;
        }
        call_charge(c, (int64_t)(f->limb_count / 16));
        if (remainder_of(f, f->divisor) == 0) {
            divide_limbs(f, f->divisor);
            f->small = array_grow(c->heap, f->small, f->small_count, sizeof *f->small);
            f->small[f->small_count++] = f->divisor;
        } else {
            f->divisor += f->divisor == 2 ? 1 : 2;
        }
    }
    call_charge(c, 1);
}

/* Is the part on top prime? A base at a time. */
static void test_some(struct call *c, struct factor *f)
{
    if (f->part_count == 0) {
        f->stage = STAGE_PRINT;
        return;
    }
    struct wide n = f->parts[f->part_count - 1];
    bool small = n.high == 0 && n.low < 1000000; /* without factors up to 1000 */
    if (f->base == 0 && !small)
        set_modulus(&f->m, n);
    if (!small)
        call_charge(c, n.high ? 32 : 16);
    if (small || (passes(&f->m, bases[f->base]) && ++f->base == (n.high ? BASES : 13))) {
        f->primes[f->prime_count++] = n;
        f->part_count--;
        f->base = 0;
    } else if (f->base == 0 || !passes(&f->m, bases[f->base])) {
        f->base = 0;
        begin_rho(f, 1);
        f->stage = STAGE_SPLIT;
    }
}

static void split_some(struct call *c, struct factor *f)
{
    struct wide divisor = {0, 1};
    int64_t turns;

    bool found = advance(f, &divisor, &turns);
    call_charge(c, 1 + turns / TURNS_A_STEP);
    if (!found)
        return;
    f->parts[f->part_count - 1] = divide(f->m.n, divisor);
    f->parts[f->part_count++] = divisor;
    f->stage = STAGE_TEST;
}

static void print_factors(struct call *c, struct factor *f)
{
    for (int i = 1; i < f->prime_count; i++) {
        struct wide prime = f->primes[i];
        int at = i;
        for (; at > 0 && compare(f->primes[at - 1], prime) > 0; at--)
            f->primes[at] = f->primes[at - 1];
        f->primes[at] = prime;
    }
    call_format(c, "%S:", buf_str(&f->text));
    for (size_t i = 0; i < f->small_count; i++)
        call_format(c, " %u", (unsigned)f->small[i]);
    for (int i = 0; i < f->prime_count; i++) {
        call_print_byte(c, ' ');
        print_wide(&c->out, f->primes[i]);
    }
    call_print_byte(c, '\n');
    call_charge(c, 1 + (int64_t)(f->small_count / 16));
    f->busy = false;
}

/* --- the command ------------------------------------------------------------------------------------------------------------ */

/* Begins a number: a message if it is none. */
static void begin(struct call *c, struct factor *f, struct str word)
{
    struct str digits = word;
    size_t count = 0;

    call_charge(c, 1);
    call_charge_bytes(c, word.length);
    while (digits.length && digits.data[0] == ' ')
        digits = str_after(digits, 1);
    if (digits.length && digits.data[0] == '+')
        digits = str_after(digits, 1);
    while (count < digits.length && digits.data[count] >= '0' && digits.data[count] <= '9')
        count++;
    if (count == 0 || count < digits.length) {
        call_error(c, "%S is not a valid positive integer", call_quote_word(c, word));
        return;
    }
    while (digits.length > 1 && digits.data[0] == '0')
        digits = str_after(digits, 1);
    buf_clear(&f->text);
    buf_add(&f->text, digits);
    f->busy = true;
    f->stage = STAGE_PARSE;
    f->limb_count = f->digit = f->small_count = 0;
    f->part_count = f->prime_count = f->base = 0;
}

/* The next word of standard input: INPUT_MORE, INPUT_WAIT or INPUT_END. */
static enum input_answer next_word(struct call *c, struct factor *f, struct str *word)
{
    for (;;) {
        size_t from = 0, to;
        while (from < f->line.length && (f->line.data[from] == ' ' || f->line.data[from] == '\t'))
            from++;
        for (to = from; to < f->line.length && f->line.data[to] != ' ' && f->line.data[to] != '\t';)
            to++;
        if (to > from) {
            *word = str_of(f->line.data + from, to - from);
            f->line = str_after(f->line, to);
            return INPUT_MORE;
        }
        struct str line;
        enum input_answer answer = input_line(f->input, '\n', &line, NULL);
        if (answer != INPUT_MORE)
            return answer;
        call_charge_bytes(c, line.length);
        buf_clear(&f->held); /* a copy: the bytes may move between two steps */
        buf_add(&f->held, line);
        f->line = buf_str(&f->held);
    }
}

static int start(struct call *c)
{
    struct factor *f = c->state;
    buf_init(&f->text, c->heap);
    buf_init(&f->held, c->heap);
    return 0;
}

static enum step step(struct call *c)
{
    struct factor *f = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (f->busy) {
            switch (f->stage) {
            case STAGE_PARSE: parse_some(c, f); break;
            case STAGE_TRIAL: try_some(c, f); break;
            case STAGE_TEST:  test_some(c, f); break;
            case STAGE_SPLIT: split_some(c, f); break;
            case STAGE_PRINT: print_factors(c, f); break;
            }
            continue;
        }
        if (c->operand_count) {
            if (f->operand == c->operand_count)
                return call_done(c);
            begin(c, f, c->operands[f->operand++]);
            continue;
        }
        if (!f->input) {
            int error = input_open(c, &f->input, str_lit("-"), true);
            if (error) {
                call_error(c, "error reading input: %m", error);
                return call_done(c);
            }
        }
        struct str word;
        switch (next_word(c, f, &word)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            if (f->input->error)
                call_error(c, "error reading input: %m", f->input->error);
            return call_done(c);
        case INPUT_MORE:
            begin(c, f, word);
            break;
        }
    }
}

const struct command command_factor = {
    .name = "factor",
    .usage = "[NUMBER]...\nOPTION",
    .summary = "Print the prime factors of each specified integer NUMBER.\n"
               "If none are specified on the command line, read them from standard input.",
    .help = "NUMBER may be of any length; what is left of it when all factors below 65536 are taken out must fit 128 bits.",
    .state = sizeof(struct factor),
    .start = start,
    .step = step,
};
