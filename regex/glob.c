/* regex/glob.c - the one matcher of shell patterns: patterns without groups, and the doors to all.
 *
 * A pattern without groups is a row of segments with stars between them. Where a star stands for anything,
 * placing each segment as early as it goes leaves the most room for those behind it, so nothing ever has to
 * be taken back but within the segment. Where stars end at slashes, the same holds between two slashes.
 */
#include "regex/glob_program.h"

struct glob {
    unsigned flags;
    struct glob_program *characters; /* for texts of whole characters */
    struct glob_program *bytes;      /* for others; may be the same */
    struct str probe;    /* the pattern between stars, where glob_search must ask it first; or NULL */
    bool starred;        /* the pattern begins with * */
    bool negated;        /* matches what none of the parts does */
    struct glob **parts; /* instead of a group: patterns without, one of which must match; or NULL */
    size_t part_count;
};

enum { PARTS_MOST = 32 };

/* One search. */
struct plain {
    const struct glob_program *program;
    struct str text;
    enum locale locale;
    struct meter *meter;
    uint64_t work; /* bytes and characters looked at */
};

/* Bash looks whether *PATTERN* matches before it looks where. As it does not let what follows a star match
 * the empty end of a text, this makes a difference for patterns that begin with ? or *. */
static struct str make_probe(struct heap *heap, const struct glob *g, struct str pattern)
{
    char first = pattern.data[0], next = pattern.length > 1 ? pattern.data[1] : 0;
    if (!g->characters->odd && first != '*' && (first != '?' || next == '('))
        return (struct str){0};
    struct buf b;
    buf_init(&b, heap);
    if (first != '*' || next == '(')
        buf_add_byte(&b, '*');
    buf_add(&b, pattern);
    bool escaped = false;
    for (size_t i = pattern.length - 1; i > 0 && pattern.data[i - 1] == '\\'; i--)
        escaped = !escaped;
    if (pattern.data[pattern.length - 1] != '*' || escaped)
        buf_add_byte(&b, '*');
    return buf_str(&b);
}

/* Where the only group of a plain pattern opens and closes; false when there are more, or none, or when
 * brackets and backslashes make it hard to say. */
static bool find_only_group(struct str pattern, bool braces, size_t *open, size_t *close)
{
    ptrdiff_t first = str_find(pattern, braces ? '{' : '('), last = str_find(pattern, braces ? '}' : ')');
    if (first < 0 || last < first || str_find(pattern, '[') >= 0 || str_find(pattern, '\\') >= 0)
        return false;
    *open = (size_t)first;
    *close = (size_t)last;
    return str_find_last(pattern, braces ? '{' : '(') == first &&
           str_find_last(pattern, braces ? '}' : ')') == last;
}

/* The alternative of a group that begins at `from`. */
static struct str alternative(struct str pattern, size_t from, size_t close, char separator)
{
    struct str rest = str_of(pattern.data + from, close - from);
    ptrdiff_t end = str_find(rest, separator);
    return end < 0 ? rest : str_first(rest, (size_t)end);
}

/* A group @(...) or {...} in a plain pattern, or a whole pattern !(...), is a choice of plain patterns: these
 * are much faster. Not where what follows a star could be empty: see regex/glob_compile.c. */
static void make_parts(struct heap *heap, struct glob *g, struct str pattern, unsigned flags)
{
    size_t open, close, count = 0;
    bool braces = flags & GLOB_BRACES, extended = flags & GLOB_EXTENDED;
    if (braces == extended || (flags & GLOB_LEADING_DIRECTORY) ||
        !find_only_group(pattern, braces, &open, &close))
        return;
    char operator= braces ? '@' : open ? pattern.data[open - 1] : 0, separator = braces ? ',' : '|';
    size_t begin = braces ? open : open - 1;
    if (operator== '!' ? begin > 0 || close + 1 < pattern.length : operator!= '@')
        return;
    struct str one;
    for (size_t from = open + 1; from <= close; from += one.length + 1) {
        one = alternative(pattern, from, close, separator);
        size_t stars = 0;
        while (stars < one.length && one.data[stars] == '*')
            stars++;
        if (++count > PARTS_MOST || (stars == one.length && begin > 0))
            return;
    }
    g->parts = heap_alloc(heap, count * sizeof *g->parts);
    g->negated = operator== '!';
    struct buf b;
    buf_init(&b, heap);
    for (size_t from = open + 1; from <= close; from += one.length + 1) {
        one = alternative(pattern, from, close, separator);
        buf_clear(&b);
        buf_add(&b, str_first(pattern, begin));
        buf_add(&b, one);
        buf_add(&b, str_after(pattern, close + 1));
        g->parts[g->part_count++] =
            glob_compile(heap, buf_str(&b), flags & ~(unsigned)(GLOB_EXTENDED | GLOB_BRACES));
    }
    buf_drop(&b);
}

struct glob *glob_compile(struct heap *heap, struct str pattern, unsigned flags)
{
    struct glob *g = heap_new(heap, struct glob);
    bool ascii = utf8_is_ascii(pattern);
    bool utf8 = (flags & GLOB_UTF8) && (ascii || utf8_count_invalid(pattern, LOCALE_UTF8) == 0);
    meter_charge(heap->meter, (int64_t)(pattern.length / METER_BYTES));
    g->flags = flags;
    g->characters = glob_program_new(heap, pattern, flags, utf8 ? LOCALE_UTF8 : LOCALE_C);
    g->bytes = g->characters;
    if (utf8 && !ascii && !g->characters->bytewise)
        g->bytes = glob_program_new(heap, pattern, flags, LOCALE_C);
    if (!utf8)
        g->flags &= ~(unsigned)GLOB_UTF8;
    if (g->characters->extended && (flags & GLOB_EXTENDED))
        g->probe = make_probe(heap, g, pattern), g->starred = pattern.data[0] == '*';
    if (g->characters->extended)
        make_parts(heap, g, pattern, flags);
    return g;
}

void glob_free(struct heap *heap, struct glob *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->part_count; i++)
        glob_free(heap, g->parts[i]);
    heap_free(heap, g->parts);
    if (g->bytes != g->characters)
        glob_program_free(heap, g->bytes);
    glob_program_free(heap, g->characters);
    heap_free(heap, (void *)(uintptr_t)g->probe.data);
    heap_free(heap, g);
}

/* How the text is read: as bash does, a text that is not all characters is all bytes. */
static const struct glob_program *choose(const struct glob *g, struct heap *scratch, struct str text,
                                         enum locale *locale)
{
    *locale = LOCALE_C;
    if (!(g->flags & GLOB_UTF8) || g->characters->bytewise)
        return g->characters;
    meter_charge(scratch->meter, (int64_t)(text.length / METER_BYTES));
    if (utf8_is_ascii(text))
        return g->characters;
    if (utf8_count_invalid(text, LOCALE_UTF8))
        return g->bytes;
    *locale = LOCALE_UTF8;
    return g->characters;
}

static void charge(struct plain *x)
{
    meter_charge(x->meter, (int64_t)(x->work / METER_BYTES));
    x->work %= METER_BYTES;
}

/* ---- one segment ---- */

/* Are the literal bytes of `in` at `at`, where there are enough? Counts what it looks at. */
static bool has_literal(struct plain *x, struct glob_instruction in, size_t at)
{
    const char *text = x->text.data + at, *literal = x->program->literals + in.a;
    for (size_t done = 0; done < in.b; done += METER_BYTES) {
        size_t piece = in.b - done < METER_BYTES ? in.b - done : METER_BYTES;
        x->work += piece;
        if (memcmp(text + done, literal + done, piece) != 0)
            return false;
    }
    return true;
}

/* Does the one character at `at` match? Sets its length. */
static bool takes(const struct plain *x, struct glob_instruction in, size_t at, size_t *length)
{
    const struct glob_program *p = x->program;
    uint32_t code = glob_next(x->text, at, x->locale, length);
    switch (in.operation) {
    case GLOB_ANY: return true;
    case GLOB_SET: return glob_set_has(p, &p->sets[in.a], code, x->locale);
    case GLOB_CHARACTER: return in.a == (p->flags & GLOB_FOLD ? glob_fold(code, x->locale) : code);
    default: return false;
    }
}

/* Where the segment ends that begins at `at`, or -1. */
static ptrdiff_t match_at(struct plain *x, struct glob_segment s, size_t at)
{
    const struct glob_program *p = x->program;
    for (uint32_t i = s.from; i < s.to; i++) {
        struct glob_instruction in = p->code[i];
        size_t left = x->text.length - at, length;
        x->work++;
        if (in.operation == GLOB_LITERAL) {
            if (left < in.b || !has_literal(x, in, at))
                return -1;
            at += in.b;
            continue;
        }
        if (left == 0 || !takes(x, in, at, &length))
            return -1;
        at += length;
    }
    return (ptrdiff_t)at;
}

/* Where the segment begins that ends at `at`, or -1. */
static ptrdiff_t match_back(struct plain *x, struct glob_segment s, size_t at)
{
    const struct glob_program *p = x->program;
    for (uint32_t i = s.to; i > s.from; i--) {
        struct glob_instruction in = p->code[i - 1];
        size_t length;
        x->work++;
        if (in.operation == GLOB_LITERAL) {
            if (at < in.b || !has_literal(x, in, at - in.b))
                return -1;
            at -= in.b;
            continue;
        }
        if (at == 0)
            return -1;
        at -= utf8_last(str_first(x->text, at), x->locale).length;
        if (!takes(x, in, at, &length))
            return -1;
    }
    return (ptrdiff_t)at;
}

/* The first place at or behind `from` where the segment matches and ends by `limit`. */
static bool find_first(struct plain *x, struct glob_segment s, size_t from, size_t limit, size_t *start,
                       size_t *end)
{
    const struct glob_program *p = x->program;
    bool literal = s.from < s.to && p->code[s.from].operation == GLOB_LITERAL;
    for (size_t at = from; at <= limit;) {
        if (literal) {
            char first = p->literals[p->code[s.from].a];
            const char *next = at < limit ? memchr(x->text.data + at, first, limit - at) : NULL;
            x->work += next ? (size_t)(next - x->text.data) - at : limit - at;
            if (!next)
                return false;
            at = (size_t)(next - x->text.data);
        }
        ptrdiff_t stop = match_at(x, s, at);
        if (stop >= 0 && (size_t)stop <= limit) {
            *start = at;
            *end = (size_t)stop;
            return true;
        }
        if (at >= limit || stop >= 0)
            return false;
        if (x->work > 1 << 16) {
            charge(x);
            if (glob_is_hopeless(x->meter))
                return false;
        }
        at += literal ? 1 : utf8_first(str_after(x->text, at), x->locale).length;
    }
    return false;
}

/* The last place at or before `limit` where the segment ends, beginning at `from` or behind. */
static bool find_last(struct plain *x, struct glob_segment s, size_t from, size_t limit, size_t *start,
                      size_t *end)
{
    const struct glob_program *p = x->program;
    bool literal = s.from < s.to && p->code[s.to - 1].operation == GLOB_LITERAL;
    for (size_t at = limit;;) {
        if (literal) {
            struct glob_instruction in = p->code[s.to - 1];
            char last = p->literals[in.a + in.b - 1];
            size_t before = at;
            while (at > from && x->text.data[at - 1] != last)
                at--;
            x->work += before - at;
        }
        ptrdiff_t begin = match_back(x, s, at);
        if (begin >= 0 && (size_t)begin >= from) {
            *start = (size_t)begin;
            *end = at;
            return true;
        }
        if (at <= from || begin >= 0)
            return false;
        if (x->work > 1 << 16) {
            charge(x);
            if (glob_is_hopeless(x->meter))
                return false;
        }
        at -= literal ? 1 : utf8_last(str_first(x->text, at), x->locale).length;
    }
}

/* ---- rows of segments ---- */

/* The segments but the first and the last, as early as they go, in [*at, limit]. */
static bool middles_forward(struct plain *x, size_t *at, size_t limit)
{
    size_t start;
    for (uint32_t i = 1; i + 1 < x->program->segment_count; i++)
        if (!find_first(x, x->program->segments[i], *at, limit, &start, at))
            return false;
    return true;
}

static bool run_segments(struct plain *x, enum glob_want want, size_t from, size_t *start, size_t *end)
{
    const struct glob_segment *s = x->program->segments;
    uint32_t last = x->program->segment_count - 1;
    size_t size = x->text.length, at = from, ignored;
    ptrdiff_t stop;
    *start = from;
    *end = size;
    if (want == GLOB_SUFFIX_SHORTEST) {
        stop = match_back(x, s[last], size);
        if (stop < 0)
            return false;
        *start = (size_t)stop;
        for (uint32_t i = last; i-- > 0;)
            if (!find_last(x, s[i], 0, *start, start, &ignored))
                return false;
        return true;
    }
    if (want == GLOB_SUFFIX_LONGEST && last == 0) {
        stop = match_back(x, s[0], size);
        *start = (size_t)stop;
        return stop >= 0;
    }
    if (want == GLOB_SUFFIX_LONGEST || want == GLOB_LEFTMOST) {
        if (!find_first(x, s[0], from, size, start, &at))
            return false;
    } else {
        stop = match_at(x, s[0], from);
        if (stop < 0)
            return false;
        at = (size_t)stop;
    }
    if (last == 0) {
        *end = at;
        return want != GLOB_WHOLE || at == size;
    }
    if (want == GLOB_WHOLE || want == GLOB_SUFFIX_LONGEST) {
        stop = match_back(x, s[last], size);
        return stop >= 0 && (size_t)stop >= at && middles_forward(x, &at, (size_t)stop);
    }
    if (!middles_forward(x, &at, size))
        return false;
    if (want == GLOB_PREFIX_SHORTEST)
        return find_first(x, s[last], at, size, &ignored, end);
    return find_last(x, s[last], at, size, &ignored, end);
}

/* ---- paths ---- */

static bool is_period(const struct plain *x, size_t at)
{
    struct str t = x->text;
    return (x->program->flags & GLOB_PERIOD) && at < t.length && t.data[at] == '.' &&
           (at == 0 || ((x->program->flags & GLOB_PATH) && t.data[at - 1] == '/'));
}

/* Where the text at `at` goes on behind instruction `in`, or -1. */
static ptrdiff_t take_one(struct plain *x, struct glob_instruction in, size_t at)
{
    struct str t = x->text;
    size_t length;
    if (in.operation == GLOB_LITERAL) {
        return t.length - at < in.b || !has_literal(x, in, at) ? -1 : (ptrdiff_t)(at + in.b);
    }
    if (at == t.length)
        return -1;
    if (in.operation != GLOB_CHARACTER &&
        (((x->program->flags & GLOB_PATH) && t.data[at] == '/') || is_period(x, at)))
        return -1;
    return takes(x, in, at, &length) ? (ptrdiff_t)(at + length) : -1;
}

/* Whole texts, where slashes and periods are special. What was last passed of * and of ** is remembered; a *
 * that meets a slash has no more to give, and then ** takes one folder more. */
static bool run_path(struct plain *x)
{
    const struct glob_program *p = x->program;
    struct str t = x->text;
    bool path = p->flags & GLOB_PATH, leading = p->flags & GLOB_LEADING_DIRECTORY;
    uint32_t pc = 0, star = GLOB_NOWHERE, folders = GLOB_NOWHERE;
    size_t at = 0, star_at = 0, folders_at = 0;
    for (;;) {
        ptrdiff_t next = -1;
        x->work++;
        if (x->work > 1 << 16) {
            charge(x);
            if (glob_is_hopeless(x->meter))
                return false;
        }
        if (pc == p->count) {
            if (at == t.length || (leading && t.data[at] == '/'))
                return true;
        } else if (p->code[pc].operation == GLOB_STAR) {
            if (pc + 2 == p->count && p->code[pc + 1].operation == GLOB_LITERAL && !leading &&
                !is_period(x, at)) {
                size_t b = p->code[pc + 1].b; /* the text must end with it, and have no slash before */
                if (t.length - at >= b && has_literal(x, p->code[pc + 1], t.length - b) &&
                    (!path || str_find(str_of(t.data + at, t.length - b - at), '/') < 0))
                    return true;
            } else if (!is_period(x, at)) {
                star = pc++;
                star_at = at;
                continue;
            }
        } else if (p->code[pc].operation == GLOB_FOLDERS) {
            folders = pc;
            folders_at = at;
            star = GLOB_NOWHERE;
            pc += 2;
            continue;
        } else if (p->code[pc].operation == GLOB_REST) {
            return true;
        } else {
            next = take_one(x, p->code[pc], at);
        }
        if (next >= 0) {
            at = (size_t)next;
            pc++;
        } else if (star != GLOB_NOWHERE && star_at < t.length && !(path && t.data[star_at] == '/')) {
            star_at += utf8_first(str_after(t, star_at), x->locale).length;
            at = star_at;
            pc = star + 1;
        } else if (folders != GLOB_NOWHERE) {
            const char *slash =
                folders_at < t.length ? memchr(t.data + folders_at, '/', t.length - folders_at) : NULL;
            if (!slash)
                return false;
            star = GLOB_NOWHERE;
            at = folders_at = (size_t)(slash - t.data) + 1;
            pc = folders + 2;
        } else {
            return false;
        }
    }
}

/* ---- doors ---- */

static bool run(const struct glob_program *p, struct heap *scratch, struct str text, enum locale locale,
                enum glob_want want, size_t from, size_t *start, size_t *end)
{
    if (p->extended)
        return glob_extended_run(p, scratch, text, locale, want, from, start, end);
    struct plain x = {p, text, locale, scratch->meter, 0};
    bool special = p->flags & (GLOB_PATH | GLOB_PERIOD | GLOB_LEADING_DIRECTORY);
    bool found = special && want == GLOB_WHOLE ? run_path(&x) : run_segments(&x, want, from, start, end);
    meter_charge(x.meter, (int64_t)(x.work / METER_BYTES) + 1);
    return found;
}

static bool match_parts(const struct glob *g, struct heap *scratch, struct str text)
{
    if (g->negated) {
        if (text.length && (g->flags & GLOB_PERIOD) && text.data[0] == '.')
            return false;
        if ((g->flags & GLOB_PATH) && str_find(text, '/') >= 0)
            return false;
    }
    for (size_t i = 0; i < g->part_count; i++)
        if (glob_match(g->parts[i], scratch, text))
            return !g->negated;
    return g->negated;
}

bool glob_match(const struct glob *g, struct heap *scratch, struct str text)
{
    if (g->part_count)
        return match_parts(g, scratch, text);
    enum locale locale;
    const struct glob_program *p = choose(g, scratch, text, &locale);
    size_t start, end;
    return run(p, scratch, text, locale, GLOB_WHOLE, 0, &start, &end);
}

ptrdiff_t glob_prefix(const struct glob *g, struct heap *scratch, struct str text, bool longest)
{
    enum locale locale;
    const struct glob_program *p = choose(g, scratch, text, &locale);
    size_t start, end;
    enum glob_want want = longest ? GLOB_PREFIX_LONGEST : GLOB_PREFIX_SHORTEST;
    return run(p, scratch, text, locale, want, 0, &start, &end) ? (ptrdiff_t)end : -1;
}

ptrdiff_t glob_suffix(const struct glob *g, struct heap *scratch, struct str text, bool longest)
{
    enum locale locale;
    const struct glob_program *p = choose(g, scratch, text, &locale);
    size_t start, end;
    enum glob_want want = longest ? GLOB_SUFFIX_LONGEST : GLOB_SUFFIX_SHORTEST;
    return run(p, scratch, text, locale, want, 0, &start, &end) ? (ptrdiff_t)(text.length - start) : -1;
}

bool glob_search(const struct glob *g, struct heap *scratch, struct str text, size_t from, size_t *start,
                 size_t *end)
{
    const struct glob_program *p = g->characters;
    enum locale locale = g->flags & GLOB_UTF8 ? LOCALE_UTF8 : LOCALE_C;
    if (from > text.length || p->unfindable ||
        !run(p, scratch, text, locale, GLOB_LEFTMOST, from, start, end))
        return false;
    if (!p->extended || !(p->flags & GLOB_EXTENDED))
        return true;
    /* In bash only what begins with * is found at the very end; and the probe fails near there only. */
    if (!p->odd && (!g->probe.data || text.length - *start > UTF8_MOST * g->probe.length))
        return *start < text.length;
    struct glob *probe = glob_compile(scratch, g->probe, g->flags);
    bool found = glob_match(probe, scratch, str_after(text, from));
    glob_free(scratch, probe);
    return found && (*start < text.length || g->starred);
}

/* ---- texts of patterns ---- */

bool glob_is_pattern(struct str pattern, unsigned flags)
{
    bool bracket = false;
    for (size_t i = 0; i < pattern.length; i++) {
        char next = i + 1 < pattern.length ? pattern.data[i + 1] : 0;
        switch (pattern.data[i]) {
        case '*':
        case '?': return true;
        case '[': bracket = true; break;
        case ']':
            if (bracket)
                return true;
            break;
        case '/': bracket = false; break;
        case '+':
        case '@':
        case '!':
            if (next == '(' && (flags & GLOB_EXTENDED))
                return true;
            break;
        case '{':
            if (flags & GLOB_BRACES)
                return true;
            break;
        case '\\':
            if (!(flags & GLOB_NO_ESCAPE))
                i++;
            break;
        default: break;
        }
    }
    return false;
}

void glob_escape(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        const char *special = "\\*?[]()|+@!{},";
        if (memchr(special, text.data[i], strlen(special)))
            buf_add_byte(out, '\\');
        buf_add_byte(out, text.data[i]);
    }
}
