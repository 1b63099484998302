/* builtins/tr.c - translate, squeeze and delete characters. */
#include "builtins/text.h"

static const struct option options[] = {
    {'c', "complement", NULL, "use the complement of ARRAY1"},
    {'C', NULL, NULL, "the same"},
    {'d', "delete", NULL, "delete characters in ARRAY1, do not translate"},
    {'s', "squeeze-repeats", NULL, "replace a sequence of a repeated character of the last ARRAY by a single one"},
    {'t', "truncate-set1", NULL, "first truncate ARRAY1 to length of ARRAY2"},
    {0},
};

/* What a string is made of. */
enum kind { RANGE, CLASS, EQUIVALENT, REPEAT };
struct element {
    enum kind kind;
    unsigned char from, last; /* RANGE (one character too); EQUIVALENT and REPEAT: `from` */
    unsigned classes;         /* CLASS: of utf8_class */
    uint64_t count;           /* characters; REPEAT: 0 until it is known how many */
};
struct array {
    struct element *elements;
    size_t count;
    uint64_t length;          /* characters */
    size_t open_repeats;      /* [c*] and [c*0] */
    bool equivalent, class, other_class; /* other_class: neither upper nor lower */
};

struct tr {
    bool complement, delete, squeeze, truncate, translate;
    unsigned char map[256];   /* of translation */
    bool deleted[256], squeezed[256];
    /* A map that only moves one stretch of bytes by a fixed distance is done many at a time. */
    bool shifts;
    unsigned char shift_from, shift_count, shift;
    struct input *input;
    struct str block;
    int last;                 /* the byte written last, -1 at first */
};

/* --- parsing -------------------------------------------------------------------------------------------- */

struct text {
    unsigned char *bytes;
    bool *escaped;
    size_t length;
};

static bool is_octal(struct str s, size_t i)
{
    return i < s.length && s.data[i] >= '0' && s.data[i] <= '7';
}

static struct text unescape(struct call *c, struct str s)
{
    struct text t = {heap_alloc(c->heap, s.length + 1), heap_zero(c->heap, s.length + 1), 0};

    for (size_t i = 0; i < s.length; i++) {
        unsigned char byte = (unsigned char)s.data[i];
        if (byte == '\\' && i + 1 == s.length) {
            call_warn(c, "warning: an unescaped backslash at end of string is not portable");
        } else if (byte == '\\') {
            t.escaped[t.length] = true;
            byte = (unsigned char)s.data[++i];
            switch (byte) {
            case 'a': byte = '\a'; break;
            case 'b': byte = '\b'; break;
            case 'f': byte = '\f'; break;
            case 'n': byte = '\n'; break;
            case 'r': byte = '\r'; break;
            case 't': byte = '\t'; break;
            case 'v': byte = '\v'; break;
            default:
                if (byte >= '0' && byte <= '7') {
                    unsigned value = byte - '0';
                    size_t digits = 1;
                    while (digits < 3 && is_octal(s, i + 1)) {
                        unsigned more = value * 8 + (unsigned)(s.data[i + 1] - '0');
                        if (more > 255) {
                            call_warn(c, "warning: the ambiguous octal escape \\%c%c%c is being\n"
                                         "\tinterpreted as the 2-byte sequence \\0%c%c, %c",
                                      s.data[i - 1], s.data[i], s.data[i + 1], s.data[i - 1], s.data[i], s.data[i + 1]);
                            break;
                        }
                        value = more;
                        digits++;
                        i++;
                    }
                    byte = (unsigned char)value;
                }
                break;
            }
        }
        t.bytes[t.length++] = byte;
    }
    return t;
}

static bool is_plain(const struct text *t, size_t i, char byte)
{
    return i < t->length && t->bytes[i] == (unsigned char)byte && !t->escaped[i];
}

static void add_element(struct call *c, struct array *a, struct element e)
{
    a->elements = array_grow(c->heap, a->elements, a->count, sizeof *a->elements);
    a->elements[a->count++] = e;
}

static struct str printable(struct call *c, const unsigned char *bytes, size_t length)
{
    struct buf b;

    buf_init(&b, c->heap);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] >= 32 && bytes[i] < 127)
            buf_add_byte(&b, (char)bytes[i]);
        else
            buf_print(&b, "\\%03o", bytes[i]);
    }
    return buf_str(&b);
}

/* Is there `*`, digits and `]` at i? Then what looks like a class may be a repeat. */
static bool is_star_digits(const struct text *t, size_t i)
{
    if (!is_plain(t, i, '*'))
        return false;
    for (i++; i < t->length; i++)
        if (t->bytes[i] < '0' || t->bytes[i] > '9' || t->escaped[i])
            return is_plain(t, i, ']');
    return false;
}

/* [c*] and [c*n] at *i: 1 and *i behind it, 0 when it is none, -1 after a message. */
static int parse_repeat(struct call *c, struct array *a, const struct text *t, size_t *i)
{
    size_t close = *i + 3, digits = *i + 3;
    uint64_t count = 0;
    unsigned base;

    if (!is_plain(t, *i + 2, '*'))
        return 0;
    while (close < t->length && !is_plain(t, close, ']'))
        close++;
    if (close >= t->length)
        return 0;
    base = digits < close && t->bytes[digits] == '0' ? 8 : 10;
    for (; digits < close; digits++) {
        unsigned digit = (unsigned)t->bytes[digits] - '0';
        if (digit >= base || count > (UINT64_MAX - 1 - digit) / base) {
            struct str shown = printable(c, t->bytes + *i + 3, close - *i - 3);
            call_error(c, "invalid repeat count %S in [c*n] construct", call_quote_word(c, shown));
            return -1;
        }
        count = count * base + digit;
    }
    add_element(c, a, (struct element){.kind = REPEAT, .from = t->bytes[*i + 1], .count = count});
    *i = close + 1;
    return 1;
}

/* [:class:] and [=c=] at *i: as parse_repeat. */
static int parse_class(struct call *c, struct array *a, const struct text *t, size_t *i)
{
    unsigned char mark = t->bytes[*i + 1];
    size_t close = *i + 2, length;
    const unsigned char *name = t->bytes + *i + 2;

    while (close + 1 < t->length && !(is_plain(t, close, (char)mark) && is_plain(t, close + 1, ']')))
        close++;
    if (close + 1 >= t->length)
        return 0;
    length = close - *i - 2;
    if (length == 0) {
        call_error(c, mark == ':' ? "missing character class name '[::]'" : "missing equivalence class character '[==]'");
        return -1;
    }
    if (mark == ':') {
        unsigned class = utf8_class_named(str_of((const char *)name, length));
        if (!class) {
            if (is_star_digits(t, *i + 2))
                return 0;
            call_error(c, "invalid character class %S", call_quote_word(c, printable(c, name, length)));
            return -1;
        }
        add_element(c, a, (struct element){.kind = CLASS, .classes = class});
    } else {
        if (length != 1) {
            if (is_star_digits(t, *i + 2))
                return 0;
            call_error(c, "%S: equivalence class operand must be a single character", printable(c, name, length));
            return -1;
        }
        add_element(c, a, (struct element){.kind = EQUIVALENT, .from = *name, .count = 1});
    }
    *i = close + 2;
    return 1;
}

static unsigned class_size(unsigned classes)
{
    unsigned size = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        size += utf8_byte_is((char)byte, classes);
    return size;
}

static int parse_array(struct call *c, struct array *a, struct str word)
{
    struct text t = unescape(c, word);

    for (size_t i = 0; i < t.length;) {
        int done = 0;
        unsigned char last;
        if (i + 2 < t.length && is_plain(&t, i, '[')) {
            if (is_plain(&t, i + 1, ':') || is_plain(&t, i + 1, '='))
                done = parse_class(c, a, &t, &i);
            if (done == 0)
                done = parse_repeat(c, a, &t, &i);
        }
        if (done < 0)
            return 1;
        if (done > 0)
            continue;
        last = t.bytes[i];
        if (i + 2 < t.length && is_plain(&t, i + 1, '-')) {
            last = t.bytes[i + 2];
            if (last < t.bytes[i]) {
                call_error(c, "range-endpoints of '%S-%S' are in reverse collating sequence order",
                           printable(c, t.bytes + i, 1), printable(c, &last, 1));
                return 1;
            }
        }
        add_element(c, a, (struct element){.kind = RANGE, .from = t.bytes[i], .last = last,
                                           .count = (uint64_t)(last - t.bytes[i]) + 1});
        i += i + 2 < t.length && is_plain(&t, i + 1, '-') ? 3 : 1;
    }
    for (size_t i = 0; i < a->count; i++) {
        struct element *e = &a->elements[i];
        if (e->kind == CLASS) {
            e->count = class_size(e->classes);
            a->class = true;
            a->other_class |= e->classes != UTF8_UPPER && e->classes != UTF8_LOWER;
        }
        a->equivalent |= e->kind == EQUIVALENT;
        a->open_repeats += e->kind == REPEAT && e->count == 0;
        a->length = a->length > UINT64_MAX - e->count ? UINT64_MAX : a->length + e->count;
    }
    return 0;
}

/* --- walking an array --------------------------------------------------------------------------------------- */

struct walk {
    const struct array *array;
    size_t at;       /* element */
    uint64_t inside; /* characters of it that were passed */
    unsigned next;   /* CLASS: the byte to look at */
};

/* The next character; -1 at the end. */
static int walk_next(struct walk *w)
{
    while (w->at < w->array->count) {
        const struct element *e = &w->array->elements[w->at];
        if (w->inside < e->count) {
            uint64_t n = w->inside++;
            if (e->kind == RANGE)
                return e->from + (int)n;
            if (e->kind != CLASS)
                return e->from;
            while (!utf8_byte_is((char)w->next, e->classes))
                w->next++;
            return (int)w->next++;
        }
        w->at++;
        w->inside = 0;
        w->next = 0;
    }
    return -1;
}

static void mark_all(const struct array *a, bool set[256])
{
    for (size_t i = 0; i < a->count; i++) {
        const struct element *e = &a->elements[i];
        if (e->kind == CLASS) {
            for (unsigned byte = 0; byte < 256; byte++)
                set[byte] |= utf8_byte_is((char)byte, e->classes);
        } else if (e->kind == RANGE) {
            for (unsigned byte = e->from; byte <= e->last; byte++)
                set[byte] = true;
        } else if (e->count > 0) {
            set[e->from] = true;
        }
    }
}

/* --- what goes together ---------------------------------------------------------------------------------------- */

static bool is_case_class(const struct array *a, const struct walk *w)
{
    return w->at < a->count && w->inside == 0 && a->elements[w->at].kind == CLASS &&
           (a->elements[w->at].classes == UTF8_UPPER || a->elements[w->at].classes == UTF8_LOWER);
}

/* Moves both walks by the shorter of what is left of their elements; false when one is at its end. */
static bool walk_together(struct walk *a, struct walk *b)
{
    uint64_t left_a, left_b, both;

    while (a->at < a->array->count && a->inside >= a->array->elements[a->at].count)
        a->at++, a->inside = 0;
    while (b->at < b->array->count && b->inside >= b->array->elements[b->at].count)
        b->at++, b->inside = 0;
    if (a->at >= a->array->count || b->at >= b->array->count)
        return false;
    left_a = a->array->elements[a->at].count - a->inside;
    left_b = b->array->elements[b->at].count - b->inside;
    both = left_a < left_b ? left_a : left_b;
    if ((a->inside += both) >= a->array->elements[a->at].count)
        a->at++, a->inside = 0;
    if ((b->inside += both) >= b->array->elements[b->at].count)
        b->at++, b->inside = 0;
    return true;
}

/* Each [:upper:] and [:lower:] of the second must stand where the first has one. They count as one character then. */
static int check_cases(struct call *c, struct array *one, struct array *two)
{
    struct walk a = {.array = one}, b = {.array = two};
    uint64_t pairs = 0;

    for (;;) {
        if (is_case_class(two, &b)) {
            if (!is_case_class(one, &a)) {
                call_error(c, "misaligned [:upper:] and/or [:lower:] construct");
                return 1;
            }
            a.at++;
            b.at++;
            pairs++;
            continue;
        }
        if (!walk_together(&a, &b))
            break;
    }
    if (is_case_class(two, &b)) {
        call_error(c, "misaligned [:upper:] and/or [:lower:] construct");
        return 1;
    }
    one->length -= pairs * 25;
    two->length -= pairs * 25;
    return 0;
}

/* Makes the second as long as the first by its last character. */
static int extend(struct call *c, const struct array *one, struct array *two)
{
    struct element last = two->elements[two->count - 1];

    if (last.kind == CLASS) {
        call_error(c, "when translating with string1 longer than string2,\n"
                      "the latter string must not end with a character class");
        return 1;
    }
    add_element(c, two, (struct element){.kind = REPEAT, .from = last.kind == RANGE ? last.last : last.from,
                                         .count = one->length - two->length});
    two->length = one->length;
    return 0;
}

static bool is_homogeneous(const struct array *a)
{
    struct walk w = {.array = a};
    int first = walk_next(&w);

    for (size_t i = 0; i < a->count; i++) {
        const struct element *e = &a->elements[i];
        if (e->count > 0 && (e->from != first || (e->kind == RANGE && e->last != first) || e->kind == CLASS))
            return false;
    }
    return true;
}

static int check_arrays(struct call *c, struct tr *t, struct array *one, struct array *two)
{
    if (t->complement) {
        bool set[256] = {false};
        mark_all(one, set);
        one->length = 0;
        for (int i = 0; i < 256; i++)
            one->length += !set[i];
    }
    if (one->open_repeats > 0) {
        call_error(c, "the [c*] repeat construct may not appear in string1");
        return 1;
    }
    if (!two)
        return 0;
    if (two->open_repeats == 1 && one->length >= two->length) {
        for (size_t i = 0; i < two->count; i++)
            if (two->elements[i].kind == REPEAT && two->elements[i].count == 0)
                two->elements[i].count = one->length - two->length;
        two->length = one->length;
    }
    if (two->open_repeats > 1) {
        call_error(c, "only one [c*] repeat construct may appear in string2");
        return 1;
    }
    if (!t->translate) {
        if (two->open_repeats == 0)
            return 0;
        call_error(c, "the [c*] construct may appear in string2 only when translating");
        return 1;
    }
    if (two->equivalent) {
        call_error(c, "[=c=] expressions may not appear in string2 when translating");
        return 1;
    }
    if (two->other_class) {
        call_error(c, "when translating, the only character classes that may appear in\n"
                      "string2 are 'upper' and 'lower'");
        return 1;
    }
    if (two->class && !t->complement && check_cases(c, one, two))
        return 1;
    if (one->length > two->length && !t->truncate) {
        if (two->length == 0) {
            call_error(c, "when not truncating set1, string2 must be non-empty");
            return 1;
        }
        if (extend(c, one, two))
            return 1;
    }
    if (t->complement && one->class && !(two->length == one->length && is_homogeneous(two))) {
        call_error(c, "when translating with complemented character classes,\n"
                      "string2 must map all characters in the domain to one");
        return 1;
    }
    return 0;
}

static void make_map(struct tr *t, const struct array *one, const struct array *two)
{
    struct walk a = {.array = one}, b = {.array = two};

    for (int i = 0; i < 256; i++)
        t->map[i] = (unsigned char)i;
    if (t->complement) {
        bool set[256] = {false};
        mark_all(one, set);
        for (int i = 0; i < 256; i++) {
            int to;
            if (set[i])
                continue;
            if ((to = walk_next(&b)) < 0)
                break;
            t->map[i] = (unsigned char)to;
        }
        return;
    }
    for (;;) {
        int from, to;
        while (a.at < one->count && a.inside >= one->elements[a.at].count)
            a.at++, a.inside = 0, a.next = 0;
        while (b.at < two->count && b.inside >= two->elements[b.at].count)
            b.at++, b.inside = 0, b.next = 0;
        if (is_case_class(two, &b) && is_case_class(one, &a)) {
            bool up = two->elements[b.at].classes == UTF8_UPPER;
            if (one->elements[a.at].classes != two->elements[b.at].classes)
                for (int i = up ? 'a' : 'A'; i <= (up ? 'z' : 'Z'); i++)
                    t->map[i] = (unsigned char)(i ^ 32);
            a.at++;
            b.at++;
            continue;
        }
        if (a.at < one->count && b.at < two->count && one->elements[a.at].kind == REPEAT && two->elements[b.at].kind == REPEAT) {
            t->map[one->elements[a.at].from] = two->elements[b.at].from; /* at once, however often */
            walk_together(&a, &b);
            continue;
        }
        from = walk_next(&a);
        to = walk_next(&b);
        if (from < 0 || to < 0)
            return;
        t->map[from] = (unsigned char)to;
    }
}

static void find_shift(struct tr *t)
{
    int first = 0, last = 255;

    while (first < 256 && t->map[first] == first)
        first++;
    while (last > first && t->map[last] == last)
        last--;
    if (first > last)
        first = last = 0;
    t->shifts = true;
    t->shift = (unsigned char)(t->map[first] - first);
    t->shift_from = (unsigned char)first;
    t->shift_count = (unsigned char)(last - first);
    for (int i = first; i <= last; i++)
        t->shifts &= (unsigned char)(t->map[i] - i) == t->shift;
}

static int tr_start(struct call *c)
{
    struct tr *t = c->state;
    struct array one = {0}, two = {0};
    size_t least, most;
    bool both;

    t->complement = call_has(c, 'c') || call_has(c, 'C');
    t->delete = call_has(c, 'd');
    t->squeeze = call_has(c, 's');
    t->truncate = call_has(c, 't');
    t->last = -1;
    both = c->operand_count > 1;
    t->translate = both && !t->delete;
    least = 1 + (t->delete == t->squeeze);
    most = 1 + (t->delete <= t->squeeze);
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count < least) {
        call_error(c, "missing operand after %S", call_quote_word(c, c->operands[c->operand_count - 1]));
        call_complain(c, t->squeeze ? "Two strings must be given when both deleting and squeezing repeats.\n" :
                                      "Two strings must be given when translating.\n");
        return call_usage_error(c, "");
    }
    if (c->operand_count > most) {
        call_error(c, "extra operand %S", call_quote_word(c, c->operands[most]));
        if (c->operand_count == 2)
            call_complain(c, "Only one string may be given when deleting without squeezing repeats.\n");
        return call_usage_error(c, "");
    }
    if (parse_array(c, &one, c->operands[0]) || (both && parse_array(c, &two, c->operands[1])) ||
        check_arrays(c, t, &one, both ? &two : NULL))
        return 1;
    if (t->translate) {
        make_map(t, &one, &two);
        find_shift(t);
    }
    if (t->delete || !t->translate) {
        bool *set = t->delete ? t->deleted : t->squeezed;
        mark_all(&one, set);
        for (int i = 0; t->complement && i < 256; i++)
            set[i] = !set[i];
    }
    if (t->squeeze && both)
        mark_all(&two, t->squeezed);
    return 0;
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

typedef unsigned char lanes __attribute__((vector_size(16)));

static void translate(const struct tr *t, char *out, struct str in)
{
    size_t i = 0;

    if (t->shifts) {
        for (; i + sizeof(lanes) <= in.length; i += sizeof(lanes)) {
            lanes v;
            memcpy(&v, in.data + i, sizeof v);
            v += (lanes)(v - t->shift_from <= t->shift_count) & t->shift;
            memcpy(out + i, &v, sizeof v);
        }
    }
    for (; i < in.length; i++)
        out[i] = (char)t->map[(unsigned char)in.data[i]];
}

static size_t delete(const struct tr *t, char *out, struct str in)
{
    size_t n = 0;

    for (size_t i = 0; i < in.length; i++) {
        out[n] = in.data[i];
        n += !t->deleted[(unsigned char)in.data[i]];
    }
    return n;
}

/* In place. */
static size_t squeeze(struct tr *t, char *bytes, size_t length)
{
    size_t n = 0;
    int last = t->last;

    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)bytes[i];
        bytes[n] = bytes[i];
        n += !(byte == last && t->squeezed[byte]);
        last = byte;
    }
    t->last = last;
    return n;
}

static enum step tr_step(struct call *c)
{
    struct tr *t = c->state;

    for (;;) {
        struct str piece;
        char *out;
        size_t length;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!t->input) {
            int error = input_open(c, &t->input, str_lit("-"), true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "read error: %m", error);
                return call_done(c);
            }
        }
        if (t->block.length == 0) {
            switch (input_block(t->input, SIZE_MAX, &t->block)) {
            case INPUT_WAIT:
                return STEP_WAIT;
            case INPUT_END:
                if (t->input->error)
                    call_error(c, "read error: %m", t->input->error);
                return call_done(c);
            case INPUT_MORE:
                break;
            }
        }
        piece = text_piece(t->input, &t->block);
        call_charge_bytes(c, piece.length);
        out = buf_reserve(&c->out, piece.length);
        length = piece.length;
        if (t->delete)
            length = delete(t, out, piece);
        else if (t->translate)
            translate(t, out, piece);
        else
            memcpy(out, piece.data, piece.length);
        if (t->squeeze)
            length = squeeze(t, out, length);
        c->out.length += length;
    }
}

const struct command command_tr = {
    .name = "tr",
    .usage = "[OPTION]... STRING1 [STRING2]",
    .summary = "Translate, squeeze, and/or delete characters from standard input,\n"
               "writing to standard output. STRING1 and STRING2 specify arrays of\n"
               "characters ARRAY1 and ARRAY2 that control the action.",
    .help = "ARRAYs are strings of characters. Most represent themselves. Interpreted sequences are:\n\n"
            "  \\NNN            character with octal value NNN (1 to 3 octal digits)\n"
            "  \\\\ \\a \\b \\f \\n \\r \\t \\v  backslash, BEL, backspace, form feed, new line, return, tabs\n"
            "  CHAR1-CHAR2     all characters from CHAR1 to CHAR2 in ascending order\n"
            "  [CHAR*]         in ARRAY2, copies of CHAR until length of ARRAY1\n"
            "  [CHAR*REPEAT]   REPEAT copies of CHAR, REPEAT octal if starting with 0\n"
            "  [:CLASS:]       alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper, xdigit\n"
            "  [=CHAR=]        all characters which are equivalent to CHAR\n\n"
            "Translation occurs if -d is not given and both STRING1 and STRING2 appear. -t may be used only when\n"
            "translating. ARRAY2 is extended to length of ARRAY1 by repeating its last character as necessary.\n"
            "Characters are bytes. Squeezing occurs after translation or deletion.",
    .options = options,
    .state = sizeof(struct tr),
    .start = tr_start,
    .step = tr_step,
    .flags = COMMAND_IN_ORDER,
};
