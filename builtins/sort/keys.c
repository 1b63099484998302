/* builtins/sort/keys.c - what lines are sorted by: parsing -k, finding keys in lines, comparing. */
#include "builtins/sort/keys.h"

#include "base/number.h"
#include "base/version.h"

/* --- definitions ----------------------------------------------------------------------------------------- */

bool key_set_order(struct key *k, char letter, bool at_end, bool at_start)
{
    switch (letter) {
    case 'b':
        k->skip_start |= at_start;
        k->skip_end |= at_end;
        return true;
    case 'd': k->ignore = IGNORE_NONDICTIONARY; return true;
    case 'f': k->fold = true; return true;
    case 'g': k->general = true; return true;
    case 'h': k->human = true; return true;
    case 'i':
        if (k->ignore == IGNORE_NOTHING) /* -d takes in what -i ignores */
            k->ignore = IGNORE_NONPRINTING;
        return true;
    case 'M': k->month = true; return true;
    case 'n': k->numeric = true; return true;
    case 'R': k->random = true; return true;
    case 'r': k->reverse = true; return true;
    case 'V': k->version = true; return true;
    default: return false;
    }
}

/* Digits at *i: false when there are none. Too large is without end. */
static bool read_count(struct str s, size_t *i, uint64_t *count)
{
    size_t start = *i;

    *count = 0;
    for (; *i < s.length && s.data[*i] >= '0' && s.data[*i] <= '9'; ++*i) {
        unsigned digit = (unsigned)(s.data[*i] - '0');
        *count = *count > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *count * 10 + digit;
    }
    return *i > start;
}

static int bad_count(struct call *c, const char *where, struct str rest)
{
    call_error(c, "%s: invalid count at start of %S", where, call_quote_word(c, rest));
    return 2;
}

static int bad_field(struct call *c, const char *what, struct str definition)
{
    call_error(c, "%s: invalid field specification %S", what, call_quote_word(c, definition));
    return 2;
}

static struct key *add_key(struct call *c, struct keys *k, struct key key)
{
    k->list = array_grow(c->heap, k->list, k->count, sizeof *k->list);
    k->list[k->count] = key;
    return &k->list[k->count++];
}

int keys_parse(struct call *c, struct keys *k, struct str s)
{
    struct key key = {.end_field = UINT64_MAX};
    size_t i = 0;

    if (!read_count(s, &i, &key.start_field))
        return bad_count(c, "invalid number at field start", s);
    if (key.start_field-- == 0)
        return bad_field(c, "field number is zero", s);
    if (i < s.length && s.data[i] == '.') {
        i++;
        if (!read_count(s, &i, &key.start_byte))
            return bad_count(c, "invalid number after '.'", str_after(s, i));
        if (key.start_byte-- == 0)
            return bad_field(c, "character offset is zero", s);
    }
    while (i < s.length && key_set_order(&key, s.data[i], false, true))
        i++;
    if (i < s.length && s.data[i] == ',') {
        i++;
        if (!read_count(s, &i, &key.end_field))
            return bad_count(c, "invalid number after ','", str_after(s, i));
        if (key.end_field-- == 0)
            return bad_field(c, "field number is zero", s);
        if (i < s.length && s.data[i] == '.') {
            i++;
            if (!read_count(s, &i, &key.end_byte))
                return bad_count(c, "invalid number after '.'", str_after(s, i));
        }
        while (i < s.length && key_set_order(&key, s.data[i], true, false))
            i++;
    }
    if (i < s.length)
        return bad_field(c, "stray character in field spec", s);
    add_key(c, k, key);
    return 0;
}

bool keys_parse_old(struct call *c, struct keys *k, struct str start, struct str end)
{
    struct key key = {.end_field = UINT64_MAX, .old = true};
    size_t i = 1;

    if (!read_count(start, &i, &key.start_field))
        return false;
    if (i < start.length && start.data[i] == '.') {
        i++;
        if (!read_count(start, &i, &key.start_byte))
            return false;
    }
    while (i < start.length && key_set_order(&key, start.data[i], false, true))
        i++;
    if (i < start.length)
        return false;
    if (end.data) {
        i = 1;
        if (!read_count(end, &i, &key.end_field))
            return false;
        if (i < end.length && end.data[i] == '.') {
            i++;
            if (!read_count(end, &i, &key.end_byte))
                return false;
        }
        if (key.end_byte == 0 && key.end_field > 0)
            key.end_field--;
        while (i < end.length && key_set_order(&key, end.data[i], true, false))
            i++;
        if (i < end.length)
            return false;
    }
    add_key(c, k, key);
    return true;
}

bool key_is_default(const struct key *k)
{
    return !(k->ignore || k->fold || k->skip_start || k->skip_end || k->numeric || k->general || k->human ||
             k->month || k->version || k->random);
}

void key_letters(const struct key *k, char letters[13])
{
    char *p = letters;

    if (k->skip_start || k->skip_end)
        *p++ = 'b';
    if (k->ignore == IGNORE_NONDICTIONARY)
        *p++ = 'd';
    if (k->fold)
        *p++ = 'f';
    if (k->general)
        *p++ = 'g';
    if (k->human)
        *p++ = 'h';
    if (k->ignore == IGNORE_NONPRINTING)
        *p++ = 'i';
    if (k->month)
        *p++ = 'M';
    if (k->numeric)
        *p++ = 'n';
    if (k->random)
        *p++ = 'R';
    if (k->reverse)
        *p++ = 'r';
    if (k->version)
        *p++ = 'V';
    *p = 0;
}

int keys_settle(struct call *c, struct keys *k)
{
    if (k->count == 0 && !key_is_default(&k->global)) {
        struct key whole = k->global;
        whole.end_field = UINT64_MAX;
        add_key(c, k, whole);
    }
    for (size_t i = 0; i < k->count; i++) {
        struct key *key = &k->list[i];
        if (key_is_default(key) && !key->reverse) {
            struct key global = k->global;
            global.start_field = key->start_field;
            global.start_byte = key->start_byte;
            global.end_field = key->end_field;
            global.end_byte = key->end_byte;
            global.old = key->old;
            *key = global;
        }
        if (key->numeric + key->general + key->human + key->month +
                (key->version || key->random || key->ignore) > 1) {
            struct key shown = *key;
            char letters[13];
            shown.skip_start = shown.skip_end = shown.reverse = false;
            key_letters(&shown, letters);
            call_error(c, "options '-%s' are incompatible", letters);
            return 2;
        }
    }
    return 0;
}

/* --- finding ------------------------------------------------------------------------------------------------ */

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static inline const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

static inline const char *skip_field(const char *p, const char *end)
{
    p = skip_blanks(p, end);
    while (p < end && !is_blank(*p))
        p++;
    return p;
}

static inline const char *to_tab(const char *p, const char *end, char tab)
{
    while (p < end && *p != tab)
        p++;
    return p;
}

static const char *advance(const char *p, const char *end, uint64_t bytes)
{
    return bytes < (uint64_t)(end - p) ? p + bytes : end;
}

struct str key_find(const struct key *k, int tab, struct str line)
{
    const char *p = line.data, *end = line.data + line.length, *last = end;

    for (uint64_t n = k->start_field; n > 0 && p < end; n--) {
        if (tab >= 0) {
            p = to_tab(p, end, (char)tab);
            p += p < end;
        } else {
            p = skip_field(p, end);
        }
    }
    if (k->skip_start)
        p = skip_blanks(p, end);
    p = advance(p, end, k->start_byte);
    if (k->end_field != UINT64_MAX) {
        uint64_t fields = k->end_field + (k->end_byte == 0);
        last = line.data;
        for (uint64_t n = fields; n > 0 && last < end; n--) {
            if (tab >= 0) {
                last = to_tab(last, end, (char)tab);
                if (last < end && (n > 1 || k->end_byte > 0))
                    last++;
            } else {
                last = skip_field(last, end);
            }
        }
        if (k->end_byte > 0) {
            if (k->skip_end)
                last = skip_blanks(last, end);
            last = advance(last, end, k->end_byte);
        }
    }
    return last > p ? str_of(p, (size_t)(last - p)) : str_of(p, 0);
}

void keys_find_first(const struct keys *k, struct line *l)
{
    struct str key;

    if (k->count == 0) {
        l->key = 0;
        l->key_length = l->length;
        return;
    }
    key = key_find(&k->list[0], k->tab, str_of(l->text, l->length));
    l->key = (uint32_t)(key.data - l->text);
    l->key_length = (uint32_t)key.length;
}

/* --- numbers -------------------------------------------------------------------------------------------------- */

static struct str without_blanks(struct str s)
{
    while (s.length > 0 && is_blank(s.data[0]))
        s = str_after(s, 1);
    return s;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number as -n sees it: digits without the zeros that tell nothing. */
struct number {
    bool negative;
    struct str whole, fraction;
    size_t used; /* bytes of the text */
};

static struct number read_number(struct str s)
{
    struct number n = {0};
    const char *p = s.data, *end = s.data + s.length, *start;

    if (p < end && *p == '-') {
        n.negative = true;
        p++;
    }
    while (p < end && *p == '0')
        p++;
    start = p;
    while (p < end && is_digit(*p))
        p++;
    n.whole = str_of(start, (size_t)(p - start));
    n.fraction = str_of(p, 0);
    if (p < end && *p == '.') {
        start = ++p;
        while (p < end && is_digit(*p))
            p++;
        n.fraction = str_of(start, (size_t)(p - start));
        while (n.fraction.length > 0 && n.fraction.data[n.fraction.length - 1] == '0')
            n.fraction.length--;
    }
    n.used = (size_t)(p - s.data);
    if (n.whole.length == 0 && n.fraction.length == 0)
        n.negative = false;
    return n;
}

static int compare_numbers(struct str a, struct str b)
{
    struct number x = read_number(a), y = read_number(b);
    int order;

    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    if (x.whole.length != y.whole.length)
        order = x.whole.length < y.whole.length ? -1 : 1;
    else if ((order = str_compare(x.whole, y.whole)) == 0)
        order = str_compare(x.fraction, y.fraction);
    return x.negative ? -order : order;
}

/* K is 1, M 2...; below 0 with a minus sign; 0 for zero and without a letter. */
static int unit_of(struct str s, size_t *used)
{
    static const char units[] = "KMGTPEZY";
    struct number n = read_number(s);
    int unit = 0;

    *used = n.used;
    if (n.used < s.length && (n.whole.length > 0 || n.fraction.length > 0)) {
        char letter = s.data[n.used] == 'k' ? 'K' : s.data[n.used];
        for (int i = 0; units[i]; i++)
            if (units[i] == letter)
                unit = i + 1;
        *used += unit > 0;
    }
    return n.negative ? -unit : unit;
}

static int compare_human(struct str a, struct str b)
{
    size_t used;
    int x = unit_of(a, &used), y = unit_of(b, &used);

    return x != y ? (x < y ? -1 : 1) : compare_numbers(a, b);
}

static int compare_general(const struct keys *k, struct str a, struct str b)
{
    struct extended x, y;
    size_t used_a = number_parse_extended(k->heap, a, 0, &x, NULL);
    size_t used_b = number_parse_extended(k->heap, b, 0, &y, NULL);
    bool nan_a = x.kind == EXTENDED_NAN, nan_b = y.kind == EXTENDED_NAN;

    if (used_a == 0 || used_b == 0)
        return (used_a > 0) - (used_b > 0);
    if (nan_a && nan_b)
        return (int)x.negative != (int)y.negative ? (x.negative ? 1 : -1) : 0;
    if (nan_a || nan_b)
        return nan_a ? -1 : 1;
    return extended_compare(x, y);
}

static int month_of(struct str s, size_t *used)
{
    static const char names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

    *used = 0;
    if (s.length < 3)
        return 0;
    for (int i = 0; i < 12; i++) {
        int same = 0;
        while (same < 3 && (char)utf8_ascii_upper[(unsigned char)s.data[same]] == names[i * 3 + same])
            same++;
        if (same == 3) {
            *used = 3;
            return i + 1;
        }
    }
    return 0;
}

/* --- comparing --------------------------------------------------------------------------------------------------- */

static uint64_t scramble(const struct keys *k, struct str s)
{
    uint64_t hash = k->salt[0] ^ (s.length * UINT64_C(0x9e3779b97f4a7c15));

    for (size_t i = 0; i < s.length; i += 8) {
        uint64_t word = 0;
        for (size_t j = i; j < s.length && j < i + 8; j++)
            word |= (uint64_t)(unsigned char)s.data[j] << 8 * (j - i);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
        hash += k->salt[1];
    }
    hash = (hash ^ hash >> 29) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 32;
}

static inline bool is_ignored(enum ignored ignore, char c)
{
    if (ignore == IGNORE_NONDICTIONARY)
        return !(utf8_byte_is(c, UTF8_ALNUM) || is_blank(c));
    return ignore == IGNORE_NONPRINTING && !utf8_byte_is(c, UTF8_PRINT);
}

static int compare_filtered(const struct key *k, struct str a, struct str b)
{
    size_t i = 0, j = 0;

    for (;;) {
        unsigned char x, y;
        while (i < a.length && is_ignored(k->ignore, a.data[i]))
            i++;
        while (j < b.length && is_ignored(k->ignore, b.data[j]))
            j++;
        if (i >= a.length || j >= b.length)
            return (i < a.length) - (j < b.length);
        x = (unsigned char)a.data[i++];
        y = (unsigned char)b.data[j++];
        if (k->fold) {
            x = utf8_ascii_upper[x];
            y = utf8_ascii_upper[y];
        }
        if (x != y)
            return x < y ? -1 : 1;
    }
}

/* The key without what -d or -i ignores, in upper case with -f: of what is taken for more than bytes, and is no plain number. */
static struct str filter(const struct keys *keys, const struct key *k, struct str s, unsigned which)
{
    if (!(k->ignore || k->fold) || !(k->general || k->human || k->random || k->version))
        return s;
    struct buf *out = &keys->filtered[which];
    buf_clear(out);
    for (size_t i = 0; i < s.length; i++)
        if (!is_ignored(k->ignore, s.data[i]))
            buf_add_byte(out, k->fold ? (char)utf8_ascii_upper[(unsigned char)s.data[i]] : s.data[i]);
    return buf_str(out);
}

static int compare_key(const struct keys *keys, const struct key *k, struct str a, struct str b)
{
    size_t used;
    int order;

    a = filter(keys, k, a, 0);
    b = filter(keys, k, b, 1);
    if (k->numeric)
        order = compare_numbers(without_blanks(a), without_blanks(b));
    else if (k->general)
        order = compare_general(keys, a, b);
    else if (k->human)
        order = compare_human(without_blanks(a), without_blanks(b));
    else if (k->month)
        order = month_of(without_blanks(a), &used) - month_of(without_blanks(b), &used);
    else if (k->random) {
        uint64_t x = scramble(keys, a), y = scramble(keys, b);
        order = x != y ? (x < y ? -1 : 1) : str_compare(a, b);
    } else if (k->version) {
        order = version_compare(a, b);
    } else if (k->ignore || k->fold) {
        order = compare_filtered(k, a, b);
    } else {
        order = str_compare(a, b);
    }
    return k->reverse ? -order : order;
}

int keys_compare(const struct keys *k, const struct line *a, const struct line *b)
{
    struct str x = str_of(a->text, a->length), y = str_of(b->text, b->length);
    int order;

    for (size_t i = 0; i < k->count; i++) {
        struct str p = i == 0 ? str_of(a->text + a->key, a->key_length) : key_find(&k->list[i], k->tab, x);
        struct str q = i == 0 ? str_of(b->text + b->key, b->key_length) : key_find(&k->list[i], k->tab, y);
        order = compare_key(k, &k->list[i], p, q);
        if (order)
            return order;
    }
    if (k->count > 0 && (k->unique || k->stable))
        return 0;
    order = str_compare(x, y);
    return k->global.reverse ? -order : order;
}

/* --- prefixes ------------------------------------------------------------------------------------------------------ */

enum { PREFIX_BYTES = 7, PREFIX_MORE = 8 };

/* Seven bytes, and below them how many there are: PREFIX_MORE when there are more than these. */
static uint64_t byte_prefix(struct str s, bool fold)
{
    size_t count = s.length < PREFIX_BYTES ? s.length : PREFIX_BYTES;
    uint64_t prefix = 0;

    if (s.length >= 8 && !fold) {
        unsigned char bytes[8];
        memcpy(bytes, s.data, 8);
        for (int i = 0; i < 8; i++)
            prefix = prefix << 8 | bytes[i];
        return (prefix & ~UINT64_C(0xff)) | PREFIX_MORE;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)s.data[i];
        prefix |= (uint64_t)(fold ? utf8_ascii_upper[byte] : byte) << (56 - 8 * i);
    }
    return prefix | (s.length > PREFIX_BYTES ? PREFIX_MORE : s.length);
}

static uint64_t filtered_prefix(const struct key *k, struct str s)
{
    uint64_t prefix = 0;
    int shift = 56;

    for (size_t i = 0; i < s.length && shift >= 0; i++) {
        unsigned char byte = (unsigned char)s.data[i];
        if (is_ignored(k->ignore, s.data[i]))
            continue;
        prefix |= (uint64_t)(k->fold ? utf8_ascii_upper[byte] : byte) << shift;
        shift -= 8;
    }
    return prefix;
}

/* Digits of a number's prefix, alone and behind a unit: 10^16 fits in 54 bits, 10^14 in 46, 62 in 6. */
enum { PREFIX_DIGITS = 16, PREFIX_DIGITS_HUMAN = 14, PREFIX_WHOLE = 62 };

/* Sign, digits before the point, the first of all digits; the lowest bit tells that there are more. The sign's bit is the 63rd
 * for 16 digits, the 55th for 14. */
static uint64_t number_prefix(struct str s, size_t most)
{
    struct number n = read_number(s);
    uint64_t size = n.whole.length <= PREFIX_WHOLE ? n.whole.length : PREFIX_WHOLE + 1;
    uint64_t sign = UINT64_C(1) << (most == PREFIX_DIGITS ? 63 : 55), digits = 0;
    size_t count = 0;
    bool more = n.whole.length + n.fraction.length > most;

    if (n.whole.length <= PREFIX_WHOLE) {
        for (size_t i = 0; i < n.whole.length && count < most; i++, count++)
            digits = digits * 10 + (uint64_t)(n.whole.data[i] - '0');
        for (size_t i = 0; i < n.fraction.length && count < most; i++, count++)
            digits = digits * 10 + (uint64_t)(n.fraction.data[i] - '0');
        for (; count < most; count++)
            digits *= 10;
    }
    digits |= size * (sign >> 7);
    digits = digits << 1 | more;
    return n.negative ? sign - digits : sign + digits;
}

static uint64_t general_prefix(const struct keys *k, struct str s)
{
    double value;
    uint64_t bits;

    if (number_parse_double(k->heap, s, 0, &value, NULL) == 0)
        return 0;
    if (value != value)
        return 1;
    if (value == 0)
        value = 0;
    memcpy(&bits, &value, sizeof bits);
    if (bits == UINT64_C(1) << 63)
        bits = 0;
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static bool is_plain(const struct key *k)
{
    return !(k->ignore || k->numeric || k->general || k->human || k->month || k->version || k->random);
}

bool keys_are_plain(const struct keys *k)
{
    return k->count == 0 || is_plain(&k->list[0]);
}

uint64_t keys_prefix(const struct keys *k, const struct line *l, struct level level)
{
    const struct key *key = k->list;
    struct str s = str_of(l->text, l->length);
    uint64_t prefix;
    size_t used;

    if (level.key >= k->count) {
        prefix = byte_prefix(str_after(s, level.skip), false);
        return k->global.reverse ? ~prefix : prefix;
    }
    key += level.key;
    s = filter(k, key, level.key == 0 ? str_of(l->text + l->key, l->key_length) : key_find(key, k->tab, s), 0);
    if (is_plain(key)) {
        prefix = byte_prefix(str_after(s, level.skip), key->fold);
    } else if (key->numeric) {
        prefix = number_prefix(without_blanks(s), PREFIX_DIGITS);
    } else if (key->general) {
        prefix = general_prefix(k, s);
    } else if (key->human) {
        s = without_blanks(s);
        prefix = (uint64_t)(unit_of(s, &used) + 8) << 56 | number_prefix(s, PREFIX_DIGITS_HUMAN);
    } else if (key->month) {
        prefix = (uint64_t)month_of(without_blanks(s), &used);
    } else if (key->random) {
        prefix = scramble(k, s);
    } else if (key->version) {
        prefix = version_prefix(s);
    } else {
        prefix = filtered_prefix(key, s);
    }
    return key->reverse ? ~prefix : prefix;
}

enum tie keys_tie(const struct keys *k, uint64_t prefix, struct level level, struct level *next)
{
    bool last = level.key >= k->count;
    const struct key *key = last ? &k->global : &k->list[level.key];

    if (last ? k->global.reverse : key->reverse)
        prefix = ~prefix;
    *next = level;
    if (last || is_plain(key)) {
        if ((prefix & 0xff) == PREFIX_MORE) {
            next->skip += PREFIX_BYTES;
            return TIE_RANK;
        }
    } else if (key->numeric || key->human ? prefix & 1 : !key->month) {
        return TIE_COMPARE;
    }
    if (last || (level.key + 1 == k->count && (k->stable || k->unique)))
        return TIE_EQUAL;
    *next = (struct level){level.key + 1, 0};
    return TIE_RANK;
}

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.length; i++)
        if (is_digit(s.data[i]))
            return true;
    return false;
}

size_t key_significant(const struct keys *keys, const struct key *k, struct str s)
{
    size_t used = s.length;
    struct extended ignored;

    if (k->month) {
        month_of(s, &used);
    } else if (k->general) {
        used = number_parse_extended(keys->heap, s, 0, &ignored, NULL);
    } else if (k->numeric || k->human) {
        used = read_number(s).used;
        if (!has_digit(str_first(s, used)))
            used = 0;
        else if (k->human && used < s.length && s.data[used] && strchr("kKMGTPEZY", s.data[used]))
            used++;
    }
    return used;
}
