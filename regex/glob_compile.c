/* regex/glob_compile.c - shell patterns to programs, with bash's reading of what is not well formed. */
#include "regex/glob_program.h"

/* A group that is open while its inside is compiled. */
struct frame {
    char kind;        /* ? * + @ ! or ( for plain parentheses inside a group */
    size_t close;     /* where its closing parenthesis stands */
    uint32_t entry;   /* its first instruction */
    uint32_t split;   /* the GLOB_SPLIT before the alternative being compiled */
    uint32_t jumps;   /* the newest GLOB_JUMP that waits for the end; each holds the one before it */
    uint32_t pending; /* the compiler's, outside */
};

enum { LEVELS_MOST = 30 };          /* below, bash's way with what follows a star is not kept */
enum { MARK_NONE, MARK_SEPARATOR }; /* of a byte in `closes`; above: one more than where its group closes */

struct compiler {
    struct heap *heap;
    struct glob_program *program;
    struct str pattern;
    unsigned flags;
    enum locale locale;
    size_t at;
    size_t *closes; /* per byte of the pattern; NULL before the first group */
    size_t *open;   /* opening parentheses of a scan, and how many */
    struct frame *frames;
    size_t depth;
    uint32_t barrier; /* instructions below it are not joined with later ones */
    uint32_t level;   /* groups around c->at, one more: what bash would have called itself for */
    uint32_t pending; /* a star behind which nothing has come yet that cannot be empty */
    uint32_t finals;  /* splits that wait for the end of the pattern, like a frame's jumps */
    uint32_t range_count;
};

static uint32_t emit(struct compiler *c, enum glob_operation operation, uint32_t a, uint32_t b)
{
    struct glob_program *p = c->program;
    if (operation == GLOB_CHARACTER || operation == GLOB_ANY || operation == GLOB_SET)
        c->pending = GLOB_NOWHERE;
    p->code = array_grow(c->heap, p->code, p->count, sizeof *p->code);
    p->code[p->count] = (struct glob_instruction){(uint32_t)operation, a, b};
    return p->count++;
}

static uint32_t character_at(const struct compiler *c, size_t at, size_t *length)
{
    return glob_next(c->pattern, at, c->locale, length);
}

static void emit_character(struct compiler *c, uint32_t code)
{
    emit(c, GLOB_CHARACTER, c->flags & GLOB_FOLD ? glob_fold(code, c->locale) : code, 0);
}

/* ---- bracket expressions ---- */

/* The names of POSIX's portable characters that are not single letters, in the order of their codes. */
static const struct {
    const char *name;
    char code;
} collating[] = {{"NUL", 0},
                 {"SOH", 1},
                 {"STX", 2},
                 {"ETX", 3},
                 {"EOT", 4},
                 {"ENQ", 5},
                 {"ACK", 6},
                 {"alert", 7},
                 {"BS", 8},
                 {"backspace", 8},
                 {"HT", 9},
                 {"tab", 9},
                 {"LF", 10},
                 {"newline", 10},
                 {"VT", 11},
                 {"vertical-tab", 11},
                 {"FF", 12},
                 {"form-feed", 12},
                 {"CR", 13},
                 {"carriage-return", 13},
                 {"SO", 14},
                 {"SI", 15},
                 {"DLE", 16},
                 {"DC1", 17},
                 {"DC2", 18},
                 {"DC3", 19},
                 {"DC4", 20},
                 {"NAK", 21},
                 {"SYN", 22},
                 {"ETB", 23},
                 {"CAN", 24},
                 {"EM", 25},
                 {"SUB", 26},
                 {"ESC", 27},
                 {"IS4", 28},
                 {"FS", 28},
                 {"IS3", 29},
                 {"GS", 29},
                 {"IS2", 30},
                 {"RS", 30},
                 {"IS1", 31},
                 {"US", 31},
                 {"space", ' '},
                 {"exclamation-mark", '!'},
                 {"quotation-mark", '"'},
                 {"number-sign", '#'},
                 {"dollar-sign", '$'},
                 {"percent-sign", '%'},
                 {"ampersand", '&'},
                 {"apostrophe", '\''},
                 {"left-parenthesis", '('},
                 {"right-parenthesis", ')'},
                 {"asterisk", '*'},
                 {"plus-sign", '+'},
                 {"comma", ','},
                 {"hyphen", '-'},
                 {"hyphen-minus", '-'},
                 {"minus", '-'},
                 {"dash", '-'},
                 {"period", '.'},
                 {"full-stop", '.'},
                 {"slash", '/'},
                 {"solidus", '/'},
                 {"zero", '0'},
                 {"one", '1'},
                 {"two", '2'},
                 {"three", '3'},
                 {"four", '4'},
                 {"five", '5'},
                 {"six", '6'},
                 {"seven", '7'},
                 {"eight", '8'},
                 {"nine", '9'},
                 {"colon", ':'},
                 {"semicolon", ';'},
                 {"less-than-sign", '<'},
                 {"equals-sign", '='},
                 {"greater-than-sign", '>'},
                 {"question-mark", '?'},
                 {"commercial-at", '@'},
                 {"left-square-bracket", '['},
                 {"backslash", '\\'},
                 {"reverse-solidus", '\\'},
                 {"right-square-bracket", ']'},
                 {"circumflex", '^'},
                 {"circumflex-accent", '^'},
                 {"underscore", '_'},
                 {"grave-accent", '`'},
                 {"left-brace", '{'},
                 {"left-curly-bracket", '{'},
                 {"vertical-line", '|'},
                 {"right-brace", '}'},
                 {"right-curly-bracket", '}'},
                 {"tilde", '~'},
                 {"DEL", 127}};

struct bracket {
    struct compiler *compiler;
    size_t at, end; /* in the pattern */
    struct glob_set set;
    unsigned classes; /* all of them, for ASCII too */
    bool ascii, word; /* bash's own classes */
    uint32_t first_range;
    bool broken; /* no character matches */
};

static void add_range(struct bracket *b, uint32_t low, uint32_t high)
{
    struct compiler *c = b->compiler;
    struct glob_program *p = c->program;
    p->ranges = array_grow(c->heap, p->ranges, c->range_count, sizeof *p->ranges);
    p->ranges[c->range_count++] = (struct glob_range){low, high};
}

/* The byte at `at`, 0 behind the end. */
static char peek(const struct bracket *b, size_t at)
{
    return at < b->end ? b->compiler->pattern.data[at] : 0;
}

/* Where "X]" is found from `from` on, or the end. */
static size_t find_close(const struct bracket *b, size_t from, char mark)
{
    for (size_t at = from; at + 1 < b->end; at++)
        if (peek(b, at) == mark && peek(b, at + 1) == ']')
            return at;
    return b->end;
}

/* [: :] at b->at, which is the colon. False when it is not closed. */
static bool take_class(struct bracket *b)
{
    size_t close = find_close(b, b->at + 1, ':');
    if (close == b->end)
        return false;
    char name[16];
    size_t length = 0;
    for (size_t at = b->at + 1; at < close && length < sizeof name; at++) {
        if (peek(b, at) == '\\' && at + 1 < close)
            at++;
        name[length++] = peek(b, at);
    }
    struct str s = {name, length};
    if (str_is(s, "ascii"))
        b->ascii = true;
    else if (str_is(s, "word"))
        b->word = true;
    else
        b->classes |= utf8_class_named(s);
    b->at = close + 2;
    return true;
}

/* [. .] at b->at, which is the period: false when it names no character. Moves behind it. */
static bool take_symbol(struct bracket *b, uint32_t *code)
{
    size_t close = find_close(b, b->at + 1, '.'), length;
    if (close == b->end) {
        b->at = b->end;
        return false;
    }
    size_t from = b->at + 1;
    b->at = close + 2;
    if (from == close)
        return false;
    *code = character_at(b->compiler, from, &length);
    if (from + length == close)
        return true;
    struct str name = {b->compiler->pattern.data + from, close - from};
    for (size_t i = 0; i < sizeof collating / sizeof *collating; i++)
        if (str_is(name, collating[i].name)) {
            *code = (unsigned char)collating[i].code;
            return true;
        }
    return false;
}

static uint32_t fold(const struct bracket *b, uint32_t code)
{
    return b->compiler->flags & GLOB_FOLD ? glob_fold(code, b->compiler->locale) : code;
}

/* Takes one character; false at the end. */
static bool take(struct bracket *b, uint32_t *code)
{
    size_t length;
    if (b->at >= b->end)
        return false;
    *code = character_at(b->compiler, b->at, &length);
    b->at += length;
    return true;
}

/* Reads up to the closing bracket; false when there is none, and then [ is itself. b->at is behind the [. */
static bool read_bracket(struct bracket *b)
{
    bool escapes = !(b->compiler->flags & GLOB_NO_ESCAPE);
    bool slash_ends = (b->compiler->flags & (GLOB_PATH | GLOB_STARSTAR)) == GLOB_PATH;
    uint32_t code;
    if (peek(b, b->at) == '!' || peek(b, b->at) == '^') {
        b->set.negated = true;
        b->at++;
    }
    if (!take(b, &code))
        return false;
    for (;;) {
        uint32_t low, high;
        bool none = false;
        char next = peek(b, b->at);
        if (code == '[' && next == '=' && peek(b, b->at + 2) == '=' && peek(b, b->at + 3) == ']') {
            low = fold(b, (unsigned char)peek(b, b->at + 1));
            add_range(b, low, low);
            b->at += 4;
            if (!take(b, &code))
                return false;
            if (code == ']') { /* bash takes it for a character of the set, and then misses the end */
                b->broken = b->set.negated && find_close(b, b->at, ']') == b->end && peek(b, b->at) != ']';
                return true;
            }
            continue;
        }
        if (code == '[' && next == ':' && take_class(b)) {
            if (!take(b, &code))
                return false;
            if (code == ']')
                return true;
            continue;
        }
        low = code;
        if (code == '[' && next == '.')
            none = !take_symbol(b, &low);
        else if (escapes && code == '\\' && !take(b, &low)) {
            b->broken = true;
            return true;
        }
        high = low = fold(b, low);
        if (!take(b, &code) || (slash_ends && code == '/'))
            return false;
        if (code == '-' && peek(b, b->at) != ']') {
            if (!take(b, &high) || (escapes && high == '\\' && !take(b, &high))) {
                b->broken = true;
                return true;
            }
            if (high == '[' && peek(b, b->at) == '.')
                none |= !take_symbol(b, &high);
            high = fold(b, high);
            if (!take(b, &code))
                return false;
        }
        if (!none && low <= high)
            add_range(b, low, high);
        if (code == ']')
            return true;
    }
}

bool glob_set_has_wide(const struct glob_program *p, const struct glob_set *set, uint32_t code)
{
    bool in = false;
    if (code < 0x80000000u) {
        uint32_t folded = p->flags & GLOB_FOLD ? glob_fold(code, LOCALE_UTF8) : code;
        for (uint32_t i = 0; i < set->range_count && !in; i++)
            in = folded >= p->ranges[set->ranges + i].low && folded <= p->ranges[set->ranges + i].high;
        in = in || (set->classes && utf8_is(code, set->classes, LOCALE_UTF8));
    }
    return in != set->negated;
}

/* Fills the bits of ASCII and of bytes. */
static void finish_set(struct bracket *b)
{
    struct compiler *c = b->compiler;
    uint32_t *bits = b->set.bits;
    for (uint32_t i = b->first_range; i < c->range_count; i++) {
        struct glob_range range = c->program->ranges[i];
        for (uint32_t code = range.low; code <= range.high && code < 256; code++)
            bits[code / 32] |= 1u << (code % 32);
    }
    if (c->flags & GLOB_FOLD) { /* a capital is in where its small letter is */
        bits[2] &= ~0x07fffffeu;
        bits[2] |= bits[3] & 0x07fffffeu;
    }
    for (uint32_t code = 0; code < 128 && (b->classes || b->ascii || b->word); code++)
        if (b->ascii || utf8_byte_is((char)code, b->classes) ||
            (b->word && (utf8_byte_is((char)code, UTF8_ALNUM) || code == '_')))
            bits[code / 32] |= 1u << (code % 32);
    for (int i = 0; i < 8 && b->set.negated; i++)
        bits[i] = ~bits[i];
    b->set.classes = b->classes | (b->word ? UTF8_ALNUM : 0u);
    b->set.ranges = b->first_range;
    b->set.range_count = c->range_count - b->first_range;
}

static void compile_bracket(struct compiler *c, size_t end)
{
    struct bracket b = {.compiler = c, .at = c->at + 1, .end = end, .first_range = c->range_count};
    if (!read_bracket(&b)) {
        c->range_count = b.first_range;
        emit_character(c, '[');
        c->at++;
        return;
    }
    c->at = b.at;
    if (b.broken) {
        emit(c, GLOB_FAIL, 0, 0);
        return;
    }
    finish_set(&b);
    struct glob_program *p = c->program;
    p->sets = array_grow(c->heap, p->sets, p->set_count, sizeof *p->sets);
    p->sets[p->set_count] = b.set;
    emit(c, GLOB_SET, p->set_count++, 0);
}

/* ---- groups ---- */

/* Finds where the group that opens at `from` closes, and all groups in it, as bash looks for them: what a
 * bracket expression seems to hold is skipped. False when it is not closed. Marks separators on the way. */
static bool scan_group(struct compiler *c, size_t from, char opening, char closing, char separator)
{
    struct str s = c->pattern;
    if (!c->closes) {
        c->closes = heap_alloc(c->heap, s.length * sizeof *c->closes);
        memset(c->closes, 0, s.length * sizeof *c->closes);
    }
    bool bracket = false;
    char posix = 0;
    size_t first = 0, depth = 0;
    for (size_t at = from; at < s.length; at++) {
        char byte = s.data[at];
        if (byte == '\\') {
            at++;
        } else if (byte == '[') {
            char next = at + 1 < s.length ? s.data[at + 1] : 0;
            if (!bracket) {
                bracket = true;
                first = at + 1;
                if (next == '!' || next == '^')
                    first++;
            } else if (next == ':' || next == '.' || next == '=') {
                posix = next;
            }
        } else if (byte == ']' && bracket) {
            if (posix && s.data[at - 1] == posix)
                posix = 0;
            else if (at != first)
                bracket = false;
        } else if (bracket) {
            continue;
        } else if (byte == opening) {
            c->open = array_grow(c->heap, c->open, depth, sizeof *c->open);
            c->open[depth++] = at;
        } else if (byte == closing) {
            c->closes[c->open[--depth]] = at + 1;
            if (depth == 0)
                return true;
        } else if (byte == separator) {
            c->closes[at] = MARK_SEPARATOR;
        }
    }
    return false;
}

static size_t close_of(const struct compiler *c, size_t at)
{
    return c->closes && c->closes[at] > MARK_SEPARATOR ? c->closes[at] - 1 : 0;
}

static void open_group(struct compiler *c, char kind, size_t close)
{
    struct glob_program *p = c->program;
    struct frame f = {
        .kind = kind, .close = close, .jumps = GLOB_NOWHERE, .entry = p->count, .pending = c->pending};
    if (kind == '(') {
        emit_character(c, '(');
    } else {
        p->extended = true;
        if (kind == '?' || kind == '*') {
            emit(c, GLOB_SPLIT, GLOB_NOWHERE, 0);
        } else if (kind == '!') {
            p->machines = array_grow(c->heap, p->machines, p->machine_count, sizeof *p->machines);
            p->machines[p->machine_count] = p->count;
            emit(c, GLOB_NOT, p->machine_count++, 0);
        }
        f.split = emit(c, GLOB_SPLIT, GLOB_NOWHERE, 0);
        c->pending = GLOB_NOWHERE;
        c->level++;
    }
    c->frames = array_grow(c->heap, c->frames, c->depth, sizeof *c->frames);
    c->frames[c->depth++] = f;
    c->barrier = p->count;
}

/* The end of an alternative, or of the pattern: what follows a star may be empty if there is nothing. */
static void end_level(struct compiler *c)
{
    if (c->pending != GLOB_NOWHERE)
        c->program->code[c->pending].a = 0;
    c->pending = GLOB_NOWHERE;
}

static void next_alternative(struct compiler *c, struct frame *f)
{
    end_level(c);
    f->jumps = emit(c, GLOB_JUMP, f->jumps, 0);
    c->program->code[f->split].a = c->program->count;
    f->split = emit(c, GLOB_SPLIT, GLOB_NOWHERE, 0);
    c->barrier = c->program->count;
}

static void close_group(struct compiler *c)
{
    struct frame f = c->frames[--c->depth];
    struct glob_program *p = c->program;
    if (f.kind == '(') {
        emit_character(c, ')');
        return;
    }
    end_level(c);
    for (uint32_t jump = f.jumps; jump != GLOB_NOWHERE;) {
        uint32_t before = p->code[jump].a;
        p->code[jump].a = p->count;
        jump = before;
    }
    emit(c, f.kind == '!' ? GLOB_ACCEPT : GLOB_LEAVE, c->level--, 0);
    if (f.kind == '*')
        emit(c, GLOB_JUMP, f.entry, 0);
    else if (f.kind == '+')
        emit(c, GLOB_SPLIT, f.entry, 0);
    if (f.kind == '*' || f.kind == '?')
        c->pending = f.pending;
    if (f.kind == '*' || f.kind == '?')
        p->code[f.entry].a = p->count;
    else if (f.kind == '!')
        p->code[f.entry].b = p->count;
    c->barrier = p->count;
}

/* ---- the pattern ---- */

/* A run of stars at c->at: ** between slashes has a meaning of its own where asked for. */
static void compile_stars(struct compiler *c, size_t end)
{
    size_t from = c->at;
    struct str s = c->pattern;
    while (c->at < end && s.data[c->at] == '*')
        c->at++;
    bool braces = c->flags & GLOB_BRACES;
    if ((c->flags & GLOB_PATH) && (c->flags & GLOB_STARSTAR) && c->at - from >= 2) {
        char before = from > 0 ? s.data[from - 1] : '/', after = c->at < s.length ? s.data[c->at] : 0;
        bool begins = before == '/' || (braces && c->depth && (before == '{' || before == ','));
        bool ends = c->at == s.length || (braces && c->depth && (after == '}' || after == ','));
        if (begins && ends) {
            emit(c, GLOB_REST, 0, 0);
            return;
        }
        if (begins && after == '/') {
            c->at++;
            emit(c, GLOB_FOLDERS, 0, 0);
            emit(c, GLOB_FOLDERS_LOOP, 0, 0);
            return;
        }
    }
    struct glob_program *p = c->program;
    if (p->count == c->barrier || p->code[p->count - 1].operation != GLOB_STAR)
        emit(c, GLOB_STAR, 0, 0);
}

/* A run of * and ? with GLOB_EXTENDED. What follows a star does not match the empty end of a text in bash,
 * with one exception: where *!( begins at the end, all the rest of the pattern is taken to match. */
static void compile_run(struct compiler *c, size_t end)
{
    struct str s = c->pattern;
    for (; c->at < end && (s.data[c->at] == '*' || s.data[c->at] == '?'); c->at++) {
        if (c->at + 1 < s.length && s.data[c->at + 1] == '(')
            break;
        if (s.data[c->at] == '?')
            emit(c, GLOB_ANY, 0, 0);
    }
    if (c->pending != GLOB_NOWHERE) /* only what can be empty since: one run with that star */
        c->program->code[c->pending].a = 0;
    if (c->level == 1 && c->at + 1 < s.length && s.data[c->at] == '!' && s.data[c->at + 1] == '(')
        c->program->extended = c->program->odd = true, c->finals = emit(c, GLOB_SPLIT, c->finals, 0);
    c->pending = emit(c, GLOB_STAR, c->level <= LEVELS_MOST ? c->level : 0, 0);
}

/* Compiles the operator of a group at c->at, if there is one. */
static bool compile_opening(struct compiler *c)
{
    struct str s = c->pattern;
    char byte = s.data[c->at];
    if ((c->flags & GLOB_EXTENDED) && c->at + 1 < s.length && s.data[c->at + 1] == '(' &&
        (byte == '?' || byte == '*' || byte == '+' || byte == '@' || byte == '!')) {
        if (c->depth == 0 && !scan_group(c, c->at + 1, '(', ')', '|')) {
            if (c->pending != GLOB_NOWHERE && (byte == '?' || byte == '*')) { /* bash drops the rest */
                c->at = s.length;
                return true;
            }
            while (c->at < s.length) { /* bash compares the rest as it is */
                size_t length;
                emit_character(c, character_at(c, c->at, &length));
                c->at += length;
            }
            return true;
        }
        size_t close = close_of(c, c->at + 1);
        if (close && (c->depth == 0 || close < c->frames[c->depth - 1].close)) {
            open_group(c, byte, close);
            c->at += 2;
            return true;
        }
        return false;
    }
    if ((c->flags & GLOB_BRACES) && byte == '{') {
        if (c->depth == 0 && !scan_group(c, c->at, '{', '}', ','))
            return false;
        size_t close = close_of(c, c->at);
        if (!close || (c->depth && close >= c->frames[c->depth - 1].close))
            return false;
        open_group(c, '@', close);
        c->at++;
        return true;
    }
    if ((c->flags & GLOB_EXTENDED) && byte == '(' && c->depth) {
        size_t close = close_of(c, c->at);
        if (!close || close >= c->frames[c->depth - 1].close)
            return false;
        open_group(c, '(', close);
        c->at++;
        return true;
    }
    return false;
}

static void compile_pattern(struct compiler *c)
{
    struct str s = c->pattern;
    while (c->at < s.length) {
        struct frame *top = c->depth ? &c->frames[c->depth - 1] : NULL;
        size_t length, end = top ? top->close : s.length;
        if (top && c->at >= end) {
            close_group(c);
            c->at = end + 1;
            continue;
        }
        if (top && top->kind != '(' && c->closes[c->at] == MARK_SEPARATOR) {
            next_alternative(c, top);
            c->at++;
            continue;
        }
        if (compile_opening(c))
            continue;
        switch (s.data[c->at]) {
        case '?':
            emit(c, GLOB_ANY, 0, 0);
            c->at++;
            break;
        case '*': c->flags &GLOB_EXTENDED ? compile_run(c, end) : compile_stars(c, end); break;
        case '[': compile_bracket(c, end); break;
        case '\\':
            if (!(c->flags & GLOB_NO_ESCAPE) && c->at + 1 < end)
                c->at++;
            /* fall through */
        default: emit_character(c, character_at(c, c->at, &length)); c->at += length;
        }
    }
}

/* What bash takes for the length of all matches, in characters, when it replaces; -1 when it varies. It errs
 * in sets that begin with ], and then finds nothing. */
static ptrdiff_t presumed_length(const struct compiler *c)
{
    struct str s = c->pattern;
    ptrdiff_t sum = 0;
    size_t length;
    char inside = 0;
    for (size_t at = 0; at < s.length; at += length) {
        character_at(c, at, &length);
        char byte = s.data[at], next = at + length < s.length ? s.data[at + length] : 0;
        sum++;
        if (byte == '*' || (next == '(' && (byte == '?' || byte == '+' || byte == '!' || byte == '@')))
            return -1;
        if (byte == '\\' && next) {
            character_at(c, ++at, &length);
            continue;
        }
        if (byte != '[')
            continue;
        ptrdiff_t unclosed = 0;
        do {
            unclosed++;
            at += length;
            if (at >= s.length)
                return sum - 1 + unclosed;
            character_at(c, at, &length);
            byte = s.data[at];
            next = at + length < s.length ? s.data[at + length] : 0;
            if (byte == '\\') {
                if (!next || at + 2 >= s.length)
                    return sum + unclosed;
                character_at(c, ++at, &length);
            } else if (byte == '[' && (next == ':' || next == '.' || next == '=')) {
                inside = next;
                at++;
                if (next == '.' && at + 1 < s.length && s.data[at + 1] == ']')
                    at++;
            } else if (inside && byte == inside && next == ']') {
                inside = 0;
                at++;
            }
        } while (at + length < s.length ? s.data[at + length] != ']' : true);
        at += length;
        length = 1;
    }
    return sum;
}

/* Joins characters to literal bytes and finds the segments between stars. */
static void finish_plain(struct compiler *c)
{
    struct glob_program *p = c->program;
    uint32_t count = 0, used = 0;
    p->literals = heap_alloc(c->heap, c->pattern.length + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        struct glob_instruction in = p->code[i];
        if (in.operation == GLOB_CHARACTER && !(c->flags & GLOB_FOLD)) {
            size_t length = 1;
            if (c->locale == LOCALE_C)
                p->literals[used] = (char)in.a;
            else
                length = utf8_encode(in.a, p->literals + used);
            if (count && p->code[count - 1].operation == GLOB_LITERAL)
                p->code[count - 1].b += (uint32_t)length;
            else
                p->code[count++] = (struct glob_instruction){GLOB_LITERAL, used, (uint32_t)length};
            used += (uint32_t)length;
            continue;
        }
        p->code[count++] = in;
    }
    ptrdiff_t presumed = presumed_length(c);
    p->unfindable =
        presumed >= 0 && presumed != p->count; /* there is one character to an instruction so far */
    p->count = count;
    p->bytewise = true;
    uint32_t from = 0;
    for (uint32_t i = 0; i <= count; i++) {
        if (i < count && p->code[i].operation != GLOB_STAR) {
            if (p->code[i].operation != GLOB_LITERAL)
                p->bytewise = false;
            continue;
        }
        p->segments = array_grow(c->heap, p->segments, p->segment_count, sizeof *p->segments);
        p->segments[p->segment_count++] = (struct glob_segment){from, i};
        from = i + 1;
    }
}

static void add_first(struct glob_program *p, uint32_t pc)
{
    struct glob_instruction in = p->code[pc];
    if (in.operation == GLOB_CHARACTER && in.a < 128) {
        p->first[in.a / 32] |= 1u << (in.a % 32);
        uint32_t upper = utf8_ascii_upper[in.a];
        if (p->flags & GLOB_FOLD)
            p->first[upper / 32] |= 1u << (upper % 32);
    }
    if (in.operation == GLOB_SET)
        for (int i = 0; i < 4; i++)
            p->first[i] |= p->sets[in.a].bits[i];
    bool wide =
        in.operation == GLOB_SET || (in.operation == GLOB_CHARACTER && (in.a >= 128 || p->flags & GLOB_FOLD));
    bool all = in.operation != GLOB_SET && in.operation != GLOB_CHARACTER && in.operation != GLOB_FAIL;
    for (int i = all ? 0 : 4; i < 8 && (all || wide); i++)
        p->first[i] = UINT32_MAX;
}

/* Finds the bytes a match can begin with. */
static void finish_extended(struct compiler *c)
{
    struct glob_program *p = c->program;
    uint32_t *stack = heap_alloc(c->heap, (2 * (size_t)p->count + 1) * sizeof *stack);
    char *seen = heap_zero(c->heap, p->count);
    size_t depth = 0;
    stack[depth++] = 0;
    while (depth) {
        uint32_t pc = stack[--depth];
        if (seen[pc])
            continue;
        seen[pc] = 1;
        if (p->code[pc].operation == GLOB_SPLIT) {
            stack[depth++] = pc + 1;
            if (p->code[pc].a != GLOB_NOWHERE)
                stack[depth++] = p->code[pc].a;
        } else if (p->code[pc].operation == GLOB_JUMP) {
            stack[depth++] = p->code[pc].a;
        } else if (p->code[pc].operation == GLOB_LEAVE) {
            stack[depth++] = pc + 1;
        } else {
            add_first(p, pc);
        }
    }
    heap_free(c->heap, seen);
    heap_free(c->heap, stack);
}

struct glob_program *glob_program_new(struct heap *heap, struct str pattern, unsigned flags,
                                      enum locale locale)
{
    struct glob_program *p = heap_new(heap, struct glob_program);
    struct compiler c = {.heap = heap,
                         .program = p,
                         .pattern = pattern,
                         .flags = flags,
                         .locale = locale,
                         .level = 1,
                         .pending = GLOB_NOWHERE,
                         .finals = GLOB_NOWHERE};
    p->flags = flags;
    compile_pattern(&c);
    while (c.depth) {
        c.at = pattern.length;
        close_group(&c);
    }
    end_level(&c);
    if (p->extended) {
        for (uint32_t split = c.finals; split != GLOB_NOWHERE;) {
            uint32_t before = p->code[split].a;
            p->code[split].a = p->count;
            split = before;
        }
        emit(&c, GLOB_ACCEPT, 1, 0);
        finish_extended(&c);
    } else {
        finish_plain(&c);
    }
    heap_free(heap, c.closes);
    heap_free(heap, c.open);
    heap_free(heap, c.frames);
    return p;
}

void glob_program_free(struct heap *heap, struct glob_program *p)
{
    if (!p)
        return;
    heap_free(heap, p->code);
    heap_free(heap, p->literals);
    heap_free(heap, p->sets);
    heap_free(heap, p->ranges);
    heap_free(heap, p->machines);
    heap_free(heap, p->segments);
    heap_free(heap, p);
}
