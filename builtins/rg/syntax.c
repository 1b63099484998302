/* builtins/rg/syntax.c - patterns in Rust's syntax, checked and written anew in what Perl's and ours have in common. */
#include "builtins/rg/reader.h"

/* --- characters ------------------------------------------------------------------------------------- */

bool reader_fail(struct reader *r, const char *mistake, size_t from, size_t to)
{
    if (!r->s->mistake) {
        r->s->mistake = mistake;
        r->s->from = from;
        r->s->to = to;
    }
    return false;
}

static char byte_at(const struct reader *r, size_t at)
{
    return at < r->s->text.length ? r->s->text.data[at] : 0;
}

void reader_literal(struct reader *r, uint32_t code)
{
    struct rg_syntax *s = r->s;
    s->literal = true;
    s->upper |= utf8_is(code, UTF8_UPPER, LOCALE_UTF8);
}

void reader_code(struct buf *out, uint32_t code)
{
    char bytes[UTF8_MOST];
    if (code < 0x20 || code == 0x7f)
        buf_print(out, "\\x{%x}", code);
    else if (code < 0x80 && memchr("\\.+*?()|[]{}^$#&-~:=", (int)code, 20))
        buf_print(out, "\\%c", (int)code);
    else
        buf_add(out, str_of(bytes, utf8_encode(code, bytes)));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH \uHHHH \UHHHHHHHH and with braces; r->at stands behind the letter. */
static bool read_hex(struct reader *r, size_t from, size_t digits, uint32_t *code)
{
    uint32_t value = 0;
    size_t n = 0;
    if (byte_at(r, r->at) == '{') {
        size_t open = r->at++;
        for (; hex(byte_at(r, r->at)) >= 0 && n < 8; n++)
            value = value * 16 + (uint32_t)hex(byte_at(r, r->at++));
        if (r->at >= r->s->text.length)
            return reader_fail(r, "incomplete escape sequence, reached end of pattern prematurely", from, r->at);
        if (byte_at(r, r->at) != '}')
            return reader_fail(r, "invalid hexadecimal digit", r->at, r->at + 1);
        r->at++;
        if (n == 0)
            return reader_fail(r, "hexadecimal literal empty", open, r->at);
    } else {
        for (; n < digits; n++) {
            if (r->at >= r->s->text.length)
                return reader_fail(r, "incomplete escape sequence, reached end of pattern prematurely", from, r->at);
            if (hex(byte_at(r, r->at)) < 0)
                return reader_fail(r, "invalid hexadecimal digit", r->at, r->at + 1);
            value = value * 16 + (uint32_t)hex(byte_at(r, r->at++));
        }
    }
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return reader_fail(r, "hexadecimal literal is not a Unicode scalar value", from, r->at);
    *code = value;
    return true;
}

/* \pL \p{Greek} \P{^L}; r->at stands behind the letter. Writes it for pcre2. */
static bool read_property(struct reader *r, size_t from, bool negated, struct buf *out)
{
    static const struct { const char *name, *code; } general[] = {
        {"letter", "L"}, {"uppercaseletter", "Lu"}, {"lowercaseletter", "Ll"}, {"titlecaseletter", "Lt"},
        {"casedletter", "L&"}, {"modifierletter", "Lm"}, {"otherletter", "Lo"}, {"mark", "M"}, {"nonspacingmark", "Mn"},
        {"spacingmark", "Mc"}, {"enclosingmark", "Me"}, {"number", "N"}, {"decimalnumber", "Nd"}, {"letternumber", "Nl"},
        {"othernumber", "No"}, {"punctuation", "P"}, {"connectorpunctuation", "Pc"}, {"dashpunctuation", "Pd"},
        {"openpunctuation", "Ps"}, {"closepunctuation", "Pe"}, {"initialpunctuation", "Pi"}, {"finalpunctuation", "Pf"},
        {"otherpunctuation", "Po"}, {"symbol", "S"}, {"mathsymbol", "Sm"}, {"currencysymbol", "Sc"}, {"modifiersymbol", "Sk"},
        {"othersymbol", "So"}, {"separator", "Z"}, {"spaceseparator", "Zs"}, {"lineseparator", "Zl"},
        {"paragraphseparator", "Zp"}, {"other", "C"}, {"control", "Cc"}, {"format", "Cf"}, {"privateuse", "Co"},
        {"unassigned", "Cn"}, {"digit", "Nd"}, {"punct", "P"}, {"cntrl", "Cc"}
    };
    struct str name;
    struct buf plain;
    if (byte_at(r, r->at) == '{') {
        ptrdiff_t close = str_find(str_after(r->s->text, r->at), '}');
        if (close < 0)
            return reader_fail(r, "incomplete escape sequence, reached end of pattern prematurely", r->s->text.length, r->s->text.length);
        name = str_of(r->s->text.data + r->at + 1, (size_t)close - 1);
        r->at += (size_t)close + 1;
    } else {
        if (r->at >= r->s->text.length)
            return reader_fail(r, "incomplete escape sequence, reached end of pattern prematurely", r->at, r->at);
        name = str_of(r->s->text.data + r->at, utf8_first(str_after(r->s->text, r->at), LOCALE_UTF8).length);
        r->at += name.length;
    }
    if (!r->s->property) {
        r->s->property = true;
        r->s->property_at = from;
        r->s->property_end = r->at;
    }
    if (name.length && name.data[0] == '^') {
        negated = !negated;
        name = str_after(name, 1);
    }
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '=' || name.data[i] == ':') {
            bool opposite = i > 0 && name.data[i - 1] == '!';
            negated ^= opposite;
            name = str_after(name, i + 1);
            break;
        }
    buf_init(&plain, r->heap);
    for (size_t i = 0; i < name.length; i++)
        if (utf8_byte_is(name.data[i], UTF8_ALNUM))
            buf_add_byte(&plain, (char)utf8_ascii_lower[(unsigned char)name.data[i]]);
    struct str code = name;
    for (size_t i = 0; i < sizeof general / sizeof *general; i++)
        if (str_is(buf_str(&plain), general[i].name))
            code = str_from(general[i].code);
    static const char *const newlines[] = {"any", "ascii", "c", "cc", "other", "control", "cntrl", "whitespace", "space", "assigned"};
    bool newline = false;
    for (size_t i = 0; i < sizeof newlines / sizeof *newlines; i++)
        newline |= str_is(buf_str(&plain), newlines[i]);
    r->s->crosses |= newline != negated;
    if (str_is(buf_str(&plain), "assigned")) {
        code = str_lit("Cn");
        negated = !negated;
    }
    if (plain.length == 1) /* pcre2 has their first letter in upper case, ours in any */
        buf_print(out, "\\%c%c", negated ? 'P' : 'p', utf8_ascii_upper[(unsigned char)plain.data[0]]);
    else
        buf_print(out, "\\%c{%S}", negated ? 'P' : 'p', code);
    buf_drop(&plain);
    return true;
}

enum escape reader_escape(struct reader *r, bool in_class, uint32_t *code, struct buf *out)
{
    static const char letters[] = "afnrtv", codes[] = "\a\f\n\r\t\v";
    size_t from = r->at++;
    if (r->at >= r->s->text.length)
        return reader_fail(r, "incomplete escape sequence, reached end of pattern prematurely", from, from + 1), ESCAPE_WRONG;
    struct utf8_char first = utf8_first(str_after(r->s->text, r->at), LOCALE_UTF8);
    char c = byte_at(r, r->at);
    r->at += first.length;
    const char *known = memchr(letters, c, sizeof letters - 1);
    *code = first.code;
    if (known)
        return *code = (unsigned char)codes[known - letters], ESCAPE_CODE;
    switch (c) {
    case 'x': return read_hex(r, from, 2, code) ? ESCAPE_CODE : ESCAPE_WRONG;
    case 'u': return read_hex(r, from, 4, code) ? ESCAPE_CODE : ESCAPE_WRONG;
    case 'U': return read_hex(r, from, 8, code) ? ESCAPE_CODE : ESCAPE_WRONG;
    case 'p': case 'P':
        return read_property(r, from, c == 'P', out) ? ESCAPE_CLASS : ESCAPE_WRONG;
    case 'd': case 'D': case 'w': case 'W': case 's': case 'S':
        buf_print(out, "\\%c", c);
        r->s->crosses |= memchr("DWs", c, 3) != NULL;
        return ESCAPE_CLASS;
    case 'A': case 'z': case 'b': case 'B': case '<': case '>':
        if (in_class)
            return reader_fail(r, "invalid escape sequence found in character class", from, r->at), ESCAPE_WRONG;
        return ESCAPE_PLACE;
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        if (c != '0')
            r->s->perl_only = true;
        return reader_fail(r, "backreferences are not supported", from, r->at), ESCAPE_WRONG;
    default:
        if ((unsigned char)c >= 0x80 || utf8_byte_is(c, UTF8_ALNUM))
            return reader_fail(r, "unrecognized escape sequence", from, r->at), ESCAPE_WRONG;
        return ESCAPE_CODE;
    }
}

/* --- pieces ---------------------------------------------------------------------------------------------- */

static void begin_piece(struct reader *r)
{
    r->last = r->s->out.length;
    r->has_last = true;
}

/* Puts text into what was written. */
static void insert(struct reader *r, size_t at, struct str text)
{
    struct buf *out = &r->s->out;
    buf_reserve(out, text.length);
    memmove(out->data + at + text.length, out->data + at, out->length - at);
    memcpy(out->data + at, text.data, text.length);
    out->length += text.length;
}

static bool add_code(struct reader *r, uint32_t code)
{
    char bytes[UTF8_MOST];
    struct rg_syntax *s = r->s;
    reader_literal(r, code);
    if (code == '\n' && !s->multiline && !s->null_data) {
        s->newline = true;
        return false;
    }
    s->crosses |= code == '\n';
    begin_piece(r);
    r->simple = true;
    reader_code(&s->out, code);
    buf_add(&s->plain, str_of(bytes, utf8_encode(code, bytes)));
    return true;
}

static void add_piece(struct reader *r, const char *text)
{
    begin_piece(r);
    r->simple = true;
    r->s->is_plain = false;
    buf_add_text(&r->s->out, text);
}

static bool read_place(struct reader *r)
{
    char c = byte_at(r, r->at - 1);
    static const struct { const char *name, *text; } bounds[] = {
        {"{start}", "(?<!\\w)(?=\\w)"}, {"{end}", "(?<=\\w)(?!\\w)"}, {"{start-half}", "(?<!\\w)"}, {"{end-half}", "(?!\\w)"}
    };
    r->s->is_plain = false;
    r->s->crosses |= c == 'A' || c == 'z';
    begin_piece(r);
    r->simple = false;
    if (c == 'b')
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
            if (str_starts(str_after(r->s->text, r->at), bounds[i].name)) {
                r->at += strlen(bounds[i].name);
                buf_add_text(&r->s->out, bounds[i].text);
                return true;
            }
    if (c == '<' || c == '>')
        buf_add_text(&r->s->out, bounds[c == '>'].text);
    else
        buf_print(&r->s->out, "\\%c", c);
    return true;
}

static bool read_backslash(struct reader *r)
{
    uint32_t code;
    size_t length = r->s->out.length;
    switch (reader_escape(r, false, &code, &r->s->out)) {
    case ESCAPE_WRONG: return false;
    case ESCAPE_CODE:  return add_code(r, code);
    case ESCAPE_PLACE: return read_place(r);
    default:
        r->last = length;
        r->has_last = r->simple = true;
        r->s->is_plain = false;
        return true;
    }
}

/* --- repetitions ------------------------------------------------------------------------------------------ */

static bool read_number(struct reader *r, uint32_t *number)
{
    size_t from = r->at;
    for (*number = 0; byte_at(r, r->at) >= '0' && byte_at(r, r->at) <= '9'; r->at++)
        if (*number < 100000)
            *number = *number * 10 + (uint32_t)(byte_at(r, r->at) - '0');
    return r->at > from || reader_fail(r, "repetition quantifier expects a valid decimal", from, from + 1);
}

/* {n} {n,} {n,m}; r->at stands on the brace. */
static bool read_bounds(struct reader *r)
{
    size_t from = r->at++;
    uint32_t least, most;
    if (r->at >= r->s->text.length)
        return reader_fail(r, "unclosed counted repetition", from, from + 1);
    if (!read_number(r, &least))
        return false;
    most = least;
    bool open = false;
    if (byte_at(r, r->at) == ',') {
        r->at++;
        open = byte_at(r, r->at) == '}';
        if (r->at >= r->s->text.length)
            return reader_fail(r, "unclosed counted repetition", from, r->at);
        if (!open && !read_number(r, &most))
            return false;
    }
    if (byte_at(r, r->at) != '}')
        return reader_fail(r, "unclosed counted repetition", from, r->at);
    r->at++;
    if (!open && least > most)
        return reader_fail(r, "invalid repetition count range, the start must be <= the end", from, r->at);
    if (least > 65535 || most > 65535)
        return reader_fail(r, "Compiled regex exceeds size limit of 10485760 bytes.", 0, 0);
    if (open)
        buf_print(&r->s->out, "{%u,}", least);
    else if (most > least)
        buf_print(&r->s->out, "{%u,%u}", least, most);
    else
        buf_print(&r->s->out, "{%u}", least);
    return true;
}

static bool read_repetition(struct reader *r)
{
    size_t from = r->at;
    char c = byte_at(r, from);
    if (!r->has_last)
        return reader_fail(r, "repetition operator missing expression", from, from + 1);
    r->s->is_plain = false;
    if (!r->simple) { /* of something that has an operator, or is no character */
        insert(r, r->last, str_lit("(?:"));
        buf_add_byte(&r->s->out, ')');
    }
    if (c == '{') {
        if (!read_bounds(r))
            return false;
    } else {
        buf_add_byte(&r->s->out, c);
        r->at++;
    }
    bool lazy = byte_at(r, r->at) == '?';
    r->at += lazy;
    if (lazy != r->flags.swap)
        buf_add_byte(&r->s->out, '?');
    r->simple = false;
    return true;
}

/* --- groups --------------------------------------------------------------------------------------------------- */

static void push_group(struct reader *r, size_t open)
{
    r->groups = array_grow(r->heap, r->groups, r->depth, sizeof *r->groups);
    r->groups[r->depth++] = (struct open_group){open, r->s->out.length, r->flags};
    r->has_last = false;
}

/* The name of a group, at r->at; r->at is then behind its >. */
static bool read_name(struct reader *r)
{
    struct rg_syntax *s = r->s;
    size_t from = r->at;
    ptrdiff_t end = str_find(str_after(s->text, from), '>');
    if (end < 0)
        return reader_fail(r, "unclosed capture group name", s->text.length, s->text.length);
    struct str name = str_of(s->text.data + from, (size_t)end);
    if (!name.length)
        return reader_fail(r, "empty capture group name", from, from);
    for (size_t i = 0; i < name.length; i++) {
        bool good = name.data[i] == '_' || utf8_byte_is(name.data[i], UTF8_ALPHA) || (unsigned char)name.data[i] >= 0x80 ||
                    (i > 0 && (utf8_byte_is(name.data[i], UTF8_DIGIT) || memchr(".[]", name.data[i], 3)));
        if (!good)
            return reader_fail(r, "invalid capture group character", from + i, from + i + 1);
    }
    for (size_t i = 0; i < s->name_count; i++)
        if (str_equal(s->names[i].name, name)) {
            s->also_from = from;
            s->also_to = from + name.length;
            size_t first = (size_t)(s->names[i].name.data - s->text.data);
            return reader_fail(r, "duplicate capture group name", first, first + name.length);
        }
    r->at = from + name.length + 1;
    s->names = array_grow(r->heap, s->names, s->name_count, sizeof *s->names);
    s->names[s->name_count++] = (struct rg_name){name, ++s->groups};
    return true;
}

/* (?i) (?i-s:...); r->at stands behind the question mark. */
static bool read_flags(struct reader *r, size_t open)
{
    struct rg_syntax *s = r->s;
    struct flags flags = r->flags;
    bool on = true, some = false, dashed = false, fold = false;
    for (;; r->at++) {
        char c = byte_at(r, r->at);
        if (r->at >= s->text.length)
            return reader_fail(r, some || dashed ? "expected flag but got end of regex" : "unclosed group",
                               some || dashed ? s->text.length : open, some || dashed ? s->text.length : open + 1);
        if (c == ':' || c == ')')
            break;
        switch (c) {
        case 'i': flags.fold = on; fold = true; break;
        case 'm': flags.lines = on; break;
        case 's': flags.dot_all = on; break;
        case 'U': flags.swap = on; break;
        case 'x': flags.spaced = on; break;
        case 'u': case 'R': break;
        case '-':
            if (dashed)
                return reader_fail(r, "flag negation operator repeated", r->at, r->at + 1);
            dashed = true;
            on = false;
            some = false;
            continue;
        default:
            return reader_fail(r, "unrecognized flag", r->at, r->at + 1);
        }
        some = true;
    }
    if (dashed && !some)
        return reader_fail(r, "dangling flag negation operator", r->at - 1, r->at);
    bool group = byte_at(r, r->at) == ':';
    if (!group && !some)
        return reader_fail(r, "repetition operator missing expression", open + 1, open + 2);
    r->at++;
    if (group) {
        push_group(r, open);
        buf_add_text(&s->out, !fold ? "(?:" : flags.fold ? "(?i:" : "(?-i:");
        s->is_plain = false;
    } else if (fold) {
        if (open == 0 && flags.fold && r->depth == 0)
            s->fold = true;
        else
            buf_add_text(&s->out, flags.fold ? "(?i)" : "(?-i)");
        s->is_plain &= open == 0;
    }
    r->flags = flags;
    return true;
}

static bool read_open(struct reader *r)
{
    struct rg_syntax *s = r->s;
    size_t open = r->at;
    struct str rest = str_after(s->text, open);
    if (str_starts(rest, "(?=") || str_starts(rest, "(?!") || str_starts(rest, "(?<=") || str_starts(rest, "(?<!")) {
        s->perl_only = true;
        return reader_fail(r, "look-around, including look-ahead and look-behind, is not supported", open,
                           open + (str_starts(rest, "(?<") ? 4 : 3));
    }
    s->is_plain = false;
    if (str_starts(rest, "(?P<") || str_starts(rest, "(?<")) {
        r->at += rest.data[2] == 'P' ? 4 : 3;
        if (!read_name(r))
            return false;
        push_group(r, open);
        buf_add_byte(&s->out, '(');
        return true;
    }
    if (str_starts(rest, "(?")) {
        r->at += 2;
        s->is_plain = open == 0;
        return read_flags(r, open);
    }
    r->at++;
    s->groups++;
    push_group(r, open);
    buf_add_byte(&s->out, '(');
    return true;
}

static bool read_close(struct reader *r)
{
    if (r->depth == 0)
        return reader_fail(r, "unopened group", r->at, r->at + 1);
    struct open_group *g = &r->groups[--r->depth];
    buf_add_byte(&r->s->out, ')');
    r->flags = g->flags;
    r->last = g->out;
    r->has_last = r->simple = true;
    r->at++;
    return true;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static bool read_piece(struct reader *r)
{
    struct rg_syntax *s = r->s;
    char c = byte_at(r, r->at);
    if (r->flags.spaced) {
        if (utf8_byte_is(c, UTF8_SPACE))
            return r->at++, true;
        if (c == '#') {
            ptrdiff_t end = str_find(str_after(s->text, r->at), '\n');
            r->at = end < 0 ? s->text.length : r->at + (size_t)end + 1;
            return true;
        }
    }
    switch (c) {
    case '\\': return read_backslash(r);
    case '(': return read_open(r);
    case ')': return read_close(r);
    case '*': case '+': case '?': case '{': return read_repetition(r);
    case '|':
        buf_add_byte(&s->out, '|');
        s->is_plain = r->has_last = false;
        r->at++;
        return true;
    case '.':
        r->at++;
        add_piece(r, r->flags.dot_all ? "[\\s\\S]" : ".");
        s->crosses |= r->flags.dot_all;
        return true;
    case '^':
        r->at++;
        s->crosses = true; /* it looks at one */
        add_piece(r, !r->flags.lines ? "\\A" : s->null_data ? "(?:^|(?<=\\n))" : "^");
        r->simple = false;
        return true;
    case '$':
        r->at++;
        s->crosses = true;
        add_piece(r, !r->flags.lines ? "\\z" : s->crlf ? "(?:\\r??$)" : s->null_data ? "(?:$|(?=\\n))" : "$");
        r->simple = false;
        return true;
    case '[':
        begin_piece(r);
        r->simple = true;
        s->is_plain = false;
        return reader_class(r);
    default: {
        struct utf8_char first = utf8_first(str_after(s->text, r->at), LOCALE_UTF8);
        r->at += first.length;
        return add_code(r, first.code);
    }
    }
}

bool rg_syntax_read(struct heap *heap, struct rg_syntax *s)
{
    struct reader r = {.s = s, .heap = heap, .flags = {.lines = true, .dot_all = s->dot_all}};
    bool good = true;
    buf_init(&s->out, heap);
    buf_init(&s->plain, heap);
    s->is_plain = true;
    while (good && r.at < s->text.length)
        good = read_piece(&r);
    if (good && r.depth > 0)
        good = reader_fail(&r, "unclosed group", r.groups[r.depth - 1].open, r.groups[r.depth - 1].open + 1);
    heap_free(heap, r.groups);
    meter_charge(heap->meter, 1 + (int64_t)(s->text.length / 8));
    return good;
}

void rg_syntax_names(struct heap *heap, struct str pattern, struct rg_name **names, size_t *count)
{
    int groups = 0;
    bool in_class = false;
    for (size_t i = 0; i < pattern.length; i++) {
        char c = pattern.data[i];
        if (c == '\\') {
            i++;
        } else if (in_class) {
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
            i += i + 1 < pattern.length && pattern.data[i + 1] == '^';
            i += i + 1 < pattern.length && pattern.data[i + 1] == ']';
        } else if (c == '(') {
            struct str rest = str_after(pattern, i + 1);
            size_t skip = str_starts(rest, "?P<") ? 3 : str_starts(rest, "?<") || str_starts(rest, "?'") ? 2 : 0;
            if (!rest.length || (rest.data[0] != '?' && rest.data[0] != '*')) {
                groups++;
                continue;
            }
            if (!skip || rest.length <= skip || rest.data[skip] == '=' || rest.data[skip] == '!')
                continue;
            rest = str_after(rest, skip);
            size_t end = 0;
            while (end < rest.length && rest.data[end] != '>' && rest.data[end] != '\'')
                end++;
            *names = array_grow(heap, *names, *count, sizeof **names);
            (*names)[(*count)++] = (struct rg_name){str_first(rest, end), ++groups};
        }
    }
}
