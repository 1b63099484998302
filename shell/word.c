/* shell/word.c - words being built from segments, split into fields, and turned into arguments. */
#include "shell/vm.h"

void words_init(struct shell *sh)
{
    buf_init(&sh->words.bytes, sh->heap);
    buf_init(&sh->arguments.bytes, sh->heap);
    buf_init(&sh->elements.bytes, sh->heap);
}

void word_add(struct shell *sh, struct str s, enum segment_kind kind)
{
    struct words *w = &sh->words;
    buf_add(&w->bytes, s);
    if (w->segment_count > w->segment && w->segments[w->segment_count - 1].kind == kind && kind != SEGMENT_BREAK) {
        w->segments[w->segment_count - 1].end = w->bytes.length;
        return;
    }
    w->segments = array_grow(sh->heap, w->segments, w->segment_count, sizeof *w->segments);
    w->segments[w->segment_count++] = (struct segment){w->bytes.length, kind};
}

void word_break(struct shell *sh)
{
    word_add(sh, (struct str){0}, SEGMENT_BREAK);
}

void word_reset(struct shell *sh)
{
    sh->words.bytes.length = sh->words.text;
    sh->words.segment_count = sh->words.segment;
}

struct str word_plain(struct shell *sh)
{
    struct words *w = &sh->words;
    return str_of(w->bytes.data + w->text, w->bytes.length - w->text);
}

/* Backslashes before all that could be special in a pattern, inside brackets too. */
static void add_escaped(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.length; i++) {
        if (utf8_byte_is(s.data[i], UTF8_PUNCT) && s.data[i] != '/')
            buf_add_byte(out, '\\');
        buf_add_byte(out, s.data[i]);
    }
}

static struct str escaped(struct shell *sh, const char *specials)
{
    struct words *w = &sh->words;
    struct buf out;
    size_t at = w->text;
    buf_init(&out, sh->heap);
    for (size_t i = w->segment; i < w->segment_count; i++) {
        struct str piece = str_of(w->bytes.data + at, w->segments[i].end - at);
        at = w->segments[i].end;
        if (w->segments[i].kind != SEGMENT_QUOTED) {
            buf_add(&out, piece);
        } else if (!specials) {
            add_escaped(&out, piece);
        } else {
            for (size_t k = 0; k < piece.length; k++) {
                if (piece.data[k] && strchr(specials, piece.data[k]))
                    buf_add_byte(&out, '\\');
                buf_add_byte(&out, piece.data[k]);
            }
        }
    }
    buf_text(&out);
    return buf_str(&out);
}

struct str word_pattern(struct shell *sh)
{
    return escaped(sh, NULL);
}

struct str word_regex(struct shell *sh)
{
    return escaped(sh, "\\^$.[]|()*+?{}");
}

/* --- arguments ---------------------------------------------------------------------------- */

void arguments_add(struct shell *sh, struct arguments *a, struct str s)
{
    a->ends = array_grow(sh->heap, a->ends, a->count, sizeof *a->ends);
    char *room = buf_reserve(&a->bytes, s.length + 1);
    if (s.length)
        memcpy(room, s.data, s.length);
    room[s.length] = 0;
    a->bytes.length += s.length + 1;
    a->ends[a->count++] = a->bytes.length;
}

void arguments_clear(struct arguments *a)
{
    a->count = 0;
    if (a->bytes.capacity > 65536)
        buf_drop(&a->bytes);
    a->bytes.length = 0;
}

void arguments_fix(struct shell *sh, struct arguments *a)
{
    a->at = array_grow(sh->heap, a->at, a->count + 1, sizeof *a->at);
    size_t from = 0;
    for (size_t i = 0; i < a->count; i++) {
        a->at[i] = str_of(a->bytes.data + from, a->ends[i] - from - 1);
        from = a->ends[i];
    }
}

/* --- splitting ------------------------------------------------------------------------------ */

struct str shell_ifs(struct shell *sh)
{
    struct made made;
    struct str ifs;
    static const uint32_t hash = 0;
    (void)hash;
    if (!var_value(sh, str_lit("IFS"), code_hash(str_lit("IFS")), &made, &ifs))
        return str_lit(" \t\n");
    return ifs;
}

struct splitter {
    struct shell *sh;
    struct buf field, pattern;
    bool have, glob;      /* something is in the field; an unquoted special is */
    bool bracket;         /* an open bracket is */
    bool after_white;     /* the last field was ended by white space */
    int error;
};

/* Is the byte at `at` special in a pattern? A bracket only when it is closed. */
static bool is_glob(struct str s, size_t at)
{
    char c = s.data[at];
    return c == '*' || c == '?' || (c == '[' && s.length - at > 2 && memchr(s.data + at + 1, ']', s.length - at - 1));
}

static void emit_field(struct splitter *s)
{
    struct shell *sh = s->sh;
    size_t found = 0;
    if (s->glob && !(sh->state.options & OPT_NOGLOB)) {
        s->error = glob_expand(sh, buf_str(&s->pattern), &sh->arguments, &found);
        if (!s->error && !found) {
            if (sh->state.shopt & (uint64_t)1 << SHOPT_FAILGLOB) {
                shell_error(sh, "no match: %S", buf_str(&s->field));
                shell_fail(sh, 1);
            }
            if (!(sh->state.shopt & (uint64_t)1 << SHOPT_NULLGLOB))
                arguments_add(sh, &sh->arguments, buf_str(&s->field));
        }
    } else {
        arguments_add(sh, &sh->arguments, buf_str(&s->field));
    }
    buf_clear(&s->field);
    buf_clear(&s->pattern);
    s->have = s->glob = s->bracket = false;
}

static void add_literal(struct splitter *s, struct str piece, bool quoted, bool extended)
{
    s->have |= quoted || piece.length;
    s->after_white = false;
    buf_add(&s->field, piece);
    if (quoted) {
        add_escaped(&s->pattern, piece);
        return;
    }
    buf_add(&s->pattern, piece);
    for (size_t i = 0; i < piece.length && !s->glob; s->bracket |= piece.data[i++] == '[')
        s->glob = is_glob(piece, i) || (piece.data[i] == ']' && s->bracket) ||
                  (extended && i + 1 < piece.length && piece.data[i + 1] == '(' && strchr("+@!", piece.data[i]) &&
                   piece.data[i]);
}

static void add_split(struct splitter *s, struct str piece, struct str ifs, bool extended)
{
    for (size_t i = 0; i < piece.length && !s->error; i++) {
        char c = piece.data[i];
        bool separates = ifs.length && memchr(ifs.data, c, ifs.length);
        if (!separates) {
            buf_add_byte(&s->field, c);
            buf_add_byte(&s->pattern, c);
            s->glob |= is_glob(piece, i) || (c == ']' && s->bracket) ||
                       (extended && c == '(' && i && strchr("+@!", piece.data[i - 1]) && piece.data[i - 1]);
            s->bracket |= c == '[';
            s->have = true;
            s->after_white = false;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (s->have) {
                emit_field(s);
                s->after_white = true;
            }
        } else if (s->have) {
            emit_field(s);
        } else if (s->after_white) {
            s->after_white = false;
        } else {
            emit_field(s);
        }
    }
}

/* Nothing in it splits a word or makes it a pattern. */
static bool is_bare(struct str s, bool only_alnum)
{
    for (size_t i = 0; i < s.length; i++) {
        char c = s.data[i];
        if (!utf8_byte_is(c, UTF8_ALNUM) && (only_alnum || c == ' ' || c == '\t' || c == '\n' || c == '*' || c == '?' ||
                                             c == '[' || c == '(' || c == '\\'))
            return false;
    }
    return true;
}

/* No splitting, no special characters: the usual word. */
static bool is_simple(const struct shell *sh)
{
    const struct words *w = &sh->words;
    size_t at = w->text;
    for (size_t i = w->segment; i < w->segment_count; at = w->segments[i].end, i++) {
        const char *bytes = w->bytes.data;
        if (w->segments[i].kind == SEGMENT_QUOTED)
            continue;
        if (w->segments[i].kind == SEGMENT_BREAK)
            return false;
        if (w->segments[i].kind == SEGMENT_SPLIT) {
            if (w->segments[i].end == at || w->segment_count - w->segment > 1 || sh->ifs_odd ||
                !is_bare(str_of(bytes + at, w->segments[i].end - at), sh->ifs_set))
                return false;
            continue;
        }
        for (size_t k = at; k < w->segments[i].end; k++) {
            char c = bytes[k];
            if (c == '*' || c == '?' || c == '(' || (c == '[' && w->bytes.length - w->text > 1))
                return false;
        }
    }
    return true;
}

int word_finish(struct shell *sh, bool assigned)
{
    struct words *w = &sh->words;
    if (w->segment_count == w->segment) {
        word_reset(sh);
        return 0;
    }
    if (assigned || is_simple(sh)) {
        arguments_add(sh, &sh->arguments, word_plain(sh));
        word_reset(sh);
        return 0;
    }
    struct splitter s = {.sh = sh};
    buf_init(&s.field, sh->heap);
    buf_init(&s.pattern, sh->heap);
    struct str ifs = shell_ifs(sh);
    size_t count = sh->arguments.count, length = sh->arguments.bytes.length;
    int64_t fuel = sh->sandbox->meter.fuel;
    bool extended = sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB;
    size_t at = w->text;
    meter_charge_bytes(&sh->sandbox->meter, &sh->rest, w->bytes.length - w->text);
    for (size_t i = w->segment; i < w->segment_count && !s.error; i++) {
        struct str piece = str_of(w->bytes.data + at, w->segments[i].end - at);
        at = w->segments[i].end;
        switch (w->segments[i].kind) {
        case SEGMENT_LITERAL: add_literal(&s, piece, false, extended); break;
        case SEGMENT_QUOTED: add_literal(&s, piece, true, extended); break;
        case SEGMENT_SPLIT: add_split(&s, piece, ifs, extended); break;
        case SEGMENT_BREAK:
            if (s.have)
                emit_field(&s);
            s.after_white = false;
            break;
        }
    }
    if (s.have && !s.error)
        emit_field(&s);
    buf_drop(&s.field);
    buf_drop(&s.pattern);
    if (s.error == E_WAIT) { /* a listing is being loaded: all of it again */
        sh->arguments.count = count;
        sh->arguments.bytes.length = length;
        sh->sandbox->meter.fuel = fuel;
        return E_WAIT;
    }
    word_reset(sh);
    return 0;
}
