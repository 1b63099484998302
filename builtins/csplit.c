/* builtins/csplit.c - cut a file into pieces where lines match or have a number. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/text.h"
#include "regex/regex.h"

enum { SUPPRESS = OPTION_LONG };

static const struct option options[] = {
    {'b', "suffix-format", "FORMAT", "use sprintf FORMAT instead of %02d"},
    {'f', "prefix", "PREFIX", "use PREFIX instead of 'xx'"},
    {'k', "keep-files", NULL, "do not remove output files on errors"},
    {SUPPRESS, "suppress-matched", NULL, "suppress the lines matching PATTERN"},
    {'n', "digits", "DIGITS", "use specified number of digits instead of 2"},
    {'s', "quiet", NULL, "do not print counts of output file sizes"},
    {'q', "silent", NULL, NULL},
    {'q', NULL, NULL, NULL},
    {'z', "elide-empty-files", NULL, "remove empty output files"},
    {0},
};

enum { FOR_EVER = -1 };

struct pattern {
    struct str text;      /* as given, for messages */
    struct regex *regex;  /* NULL: a line number */
    bool skip;            /* %...%: what lies before is not written */
    int64_t number;       /* of the line, or the offset behind the match */
    int64_t repeat;       /* more times; FOR_EVER */
};

struct piece {
    size_t from, to;      /* of the text */
};

enum phase { PHASE_READ, PHASE_PATTERN, PHASE_LINES, PHASE_SEARCH, PHASE_WRITE };

struct csplit {
    struct pattern *patterns;
    size_t pattern_count;
    struct str prefix, suffix, after; /* suffix: its directive, `after` what follows; data NULL: %0Nd */
    struct format format;
    uint64_t digits;
    bool keep, quiet, elide, suppress;

    enum phase phase;
    struct input *input;
    struct str text;
    size_t at;            /* pattern */
    int64_t turn;         /* of its repetitions, from 0 */
    int64_t line, seen;   /* the first line that was not given out, from 1; the last that matched */
    size_t first, begin;  /* where `line` begins; where the piece begins */
    int64_t scan;         /* the line being looked at, and where it begins */
    size_t scan_at;
    struct piece *pieces;
    size_t piece_count;
    bool failed;
    bool vanished;        /* there was no line to begin a piece with: it is made, but not told about, and nothing is removed */

    size_t writing, number, gone;
    struct file *out;
    struct buf name;
};

/* --- options and patterns ------------------------------------------------------------------------------------ */

static int read_suffix(struct call *c, struct csplit *s, struct str text)
{
    size_t at = 0;
    bool found = false;

    s->suffix = text;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '%')
            continue;
        if (i + 1 < text.length && text.data[i + 1] == '%') {
            i++;
            continue;
        }
        if (found) {
            call_error(c, "too many %% conversion specifications in suffix");
            return 1;
        }
        found = true;
        at = i;
        i += format_parse(str_after(text, i + 1), 0, &s->format);
        if (!s->format.conversion) {
            call_error(c, "missing conversion specifier in suffix");
            return 1;
        }
        if (!strchr("diuoxX", s->format.conversion)) {
            call_error(c, "invalid conversion specifier in suffix: %c", s->format.conversion);
            return 1;
        }
        s->suffix = str_first(text, at);
        s->after = str_after(text, i + 1);
    }
    if (!found) {
        call_error(c, "missing %% conversion specification in suffix");
        return 1;
    }
    return 0;
}

static int read_regex(struct call *c, struct pattern *p, struct str word)
{
    ptrdiff_t end = str_find_last(str_after(word, 1), word.data[0]);
    const char *message;
    size_t used;

    if (end < 0) {
        call_error(c, "%S: closing delimiter '%c' missing", call_quote_for_colon(c, word), word.data[0]);
        return 1;
    }
    struct str regex = str_first(str_after(word, 1), (size_t)end), offset = str_after(word, (size_t)end + 2);
    p->skip = word.data[0] == '%';
    p->regex = regex_compile(c->heap, &regex, 1, REGEX_BASIC, call_locale(c) == LOCALE_UTF8 ? REGEX_UTF8 : 0, &message);
    if (!p->regex) {
        call_error(c, "%S: invalid regular expression: %s", call_quote_word(c, word), message);
        return 1;
    }
    if (!offset.length)
        return 0;
    used = number_parse_int(offset, 10, &p->number, NULL);
    if (!used || used < offset.length) {
        call_error(c, "%S: integer expected after delimiter", call_quote_word(c, word));
        return 1;
    }
    return 0;
}

static int read_repeat(struct call *c, struct pattern *p, struct str word)
{
    struct str inside = str_after(word, 1);
    size_t used;

    if (word.data[word.length - 1] != '}') {
        call_error(c, "%S: '}' is required in repeat count", call_quote_for_colon(c, word));
        return 1;
    }
    inside.length--;
    if (str_is(inside, "*")) {
        p->repeat = FOR_EVER;
        return 0;
    }
    used = number_parse_int(inside, 10, &p->repeat, NULL);
    if (!used || used < inside.length || p->repeat < 0) {
        struct str shown = call_quote_word(c, str_first(word, word.length - 1));
        call_error(c, "%S}: integer required between '{' and '}'", shown);
        return 1;
    }
    return 0;
}

static int read_patterns(struct call *c, struct csplit *s)
{
    int64_t before = 0;

    for (size_t i = 1; i < c->operand_count; i++) {
        struct str word = c->operands[i];
        s->patterns = array_grow(c->heap, s->patterns, s->pattern_count, sizeof *s->patterns);
        struct pattern *p = &s->patterns[s->pattern_count++];
        *p = (struct pattern){.text = word};
        if (word.length && (word.data[0] == '/' || word.data[0] == '%')) {
            if (read_regex(c, p, word))
                return 1;
        } else {
            size_t used = number_parse_int(word, 10, &p->number, NULL);
            if (!used || used < word.length || p->number < 0) {
                call_error(c, "%S: invalid pattern", call_quote_word(c, word));
                return 1;
            }
            if (p->number == 0) {
                call_error(c, "%S: line number must be greater than zero", call_quote_for_colon(c, word));
                return 1;
            }
            if (p->number < before) {
                call_error(c, "line number %S is smaller than preceding line number, %lld", call_quote_word(c, word), (long long)before);
                return 1;
            }
            if (p->number == before)
                call_warn(c, "warning: line number %S is the same as preceding line number", call_quote_word(c, word));
            before = p->number;
        }
        bool repeated = i + 1 < c->operand_count && c->operands[i + 1].length && c->operands[i + 1].data[0] == '{';
        if (repeated && read_repeat(c, p, c->operands[++i]))
            return 1;
    }
    return 0;
}

static int start(struct call *c)
{
    struct csplit *s = c->state;
    struct str text;
    size_t used;

    s->prefix = str_lit("xx");
    s->digits = 2;
    s->line = 1;
    s->keep = call_has(c, 'k');
    s->quiet = call_has(c, 's') || call_has(c, 'q');
    s->elide = call_has(c, 'z');
    s->suppress = call_has(c, SUPPRESS);
    call_value(c, 'f', &s->prefix);
    buf_init(&s->name, c->heap);
    if (call_value(c, 'n', &text)) {
        used = number_parse_unsigned(text, 10, &s->digits, NULL);
        if (!used || used < text.length || s->digits > VFS_NAME_MOST) {
            call_error(c, "invalid number: %S", call_quote_word(c, text));
            return 1;
        }
    }
    if (c->operand_count < 2) {
        if (c->operand_count)
            return call_usage_error(c, "missing operand after %S", call_quote_word(c, c->operands[0]));
        return call_usage_error(c, "missing operand");
    }
    if (call_value(c, 'b', &text) && read_suffix(c, s, text))
        return 1;
    return read_patterns(c, s);
}

/* --- where to cut ------------------------------------------------------------------------------------------------ */

static size_t line_end(const struct csplit *s, size_t at)
{
    ptrdiff_t end = str_find(str_after(s->text, at), '\n');
    return end < 0 ? s->text.length : at + (size_t)end + 1;
}

/* Gives out the first line: false when there is none. */
static bool take_line(struct call *c, struct csplit *s)
{
    if (s->first == s->text.length)
        return false;
    size_t end = line_end(s, s->first);
    call_charge(c, 1);
    call_charge_bytes(c, end - s->first);
    s->first = end;
    s->line++;
    return true;
}

static void add_piece(struct call *c, struct csplit *s)
{
    s->pieces = array_grow(c->heap, s->pieces, s->piece_count, sizeof *s->pieces);
    s->pieces[s->piece_count++] = (struct piece){s->begin, s->first};
    s->begin = s->first;
}

static void fail(struct call *c, struct csplit *s, const char *what)
{
    const struct pattern *p = &s->patterns[s->at];

    if (s->turn)
        call_error(c, "%S: %s on repetition %lld", call_quote_word(c, p->text), what, (long long)s->turn);
    else
        call_error(c, "%S: %s", call_quote_word(c, p->text), what);
    s->failed = true;
    s->phase = PHASE_WRITE;
}

/* Is there a line behind those that were given out or matched? */
static bool has_more(struct call *c, const struct csplit *s)
{
    int64_t next = s->seen >= s->line ? s->seen + 1 : s->line;
    size_t at = s->first;

    for (int64_t line = s->line; line < next && at < s->text.length; line++) {
        at = line_end(s, at);
        call_charge(c, 1);
    }
    return at < s->text.length;
}

/* The piece was ended at `s->first`: on to the next turn or pattern. */
static void end_turn(struct call *c, struct csplit *s, bool written)
{
    if (written)
        add_piece(c, s);
    if (s->suppress)
        take_line(c, s);
    s->begin = s->first;
    s->phase = PHASE_PATTERN;
    s->turn++;
    const struct pattern *p = &s->patterns[s->at];
    if (p->repeat != FOR_EVER && s->turn > p->repeat) {
        s->at++;
        s->turn = 0;
    }
}

/* Begins a turn of a pattern, or the end. */
static void begin_turn(struct call *c, struct csplit *s)
{
    if (s->at == s->pattern_count) {
        s->first = s->text.length;
        add_piece(c, s);
        s->phase = PHASE_WRITE;
        return;
    }
    const struct pattern *p = &s->patterns[s->at];
    s->begin = s->first;
    s->scan = s->line;
    s->scan_at = s->first;
    s->phase = p->regex ? PHASE_SEARCH : PHASE_LINES;
    if (!p->regex && s->suppress && !has_more(c, s)) {
        add_piece(c, s);
        fail(c, s, "line number out of range");
    } else if (!p->regex && s->first == s->text.length) {
        add_piece(c, s);
        call_error(c, "input disappeared");
        s->vanished = true;
        s->phase = PHASE_WRITE;
    }
    call_charge(c, 1);
}

/* Up to the line with a number. */
static void go_to_line(struct call *c, struct csplit *s)
{
    const struct pattern *p = &s->patterns[s->at];
    bool far = p->number > INT64_MAX / (s->turn + 1);
    int64_t wanted = far ? INT64_MAX : p->number * (s->turn + 1);

    for (int i = 0; i < 256 && s->line < wanted; i++)
        if (!take_line(c, s)) {
            add_piece(c, s);
            fail(c, s, "line number out of range");
            return;
        }
    if (s->line < wanted)
        return;
    if (!s->suppress && !has_more(c, s)) {
        add_piece(c, s);
        fail(c, s, "line number out of range");
    } else {
        end_turn(c, s, true);
    }
}

/* The line at `scan` matches: cuts there, or so many lines before or behind. */
static void cut_at_match(struct call *c, struct csplit *s)
{
    const struct pattern *p = &s->patterns[s->at];
    int64_t wanted = p->number > INT64_MAX - s->scan ? INT64_MAX : s->scan + p->number;

    s->seen = p->number > 0 ? wanted : s->scan;
    if (p->number == 0) {
        call_charge(c, s->scan - s->line);
        s->line = s->scan;
        s->first = s->scan_at;
    }
    bool good = wanted >= s->line;
    while (good && s->line < wanted)
        good = take_line(c, s);
    if (!good) {
        if (!p->skip)
            add_piece(c, s);
        fail(c, s, "line number out of range");
        return;
    }
    end_turn(c, s, !p->skip);
}

/* Looks for the next line that matches. */
static void search(struct call *c, struct csplit *s)
{
    const struct pattern *p = &s->patterns[s->at];

    for (int i = 0; i < 64; i++) {
        if (s->scan_at == s->text.length) {
            if (p->repeat == FOR_EVER || !p->skip) {
                s->first = s->text.length;
                if (!p->skip)
                    add_piece(c, s);
            }
            if (p->repeat == FOR_EVER)
                s->phase = PHASE_WRITE;
            else
                fail(c, s, "match not found");
            return;
        }
        size_t end = line_end(s, s->scan_at);
        struct str line = str_of(s->text.data + s->scan_at, end - s->scan_at);
        if (line.data[line.length - 1] == '\n')
            line.length--;
        call_charge(c, 1);
        if (s->scan > s->seen && regex_match(p->regex, line, 0, 0, NULL, 0) == REGEX_YES) {
            cut_at_match(c, s);
            return;
        }
        s->scan++;
        s->scan_at = end;
    }
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

static void make_name(struct csplit *s)
{
    struct format f = s->format;

    buf_clear(&s->name);
    buf_print(&s->name, "%S%S", s->prefix, s->suffix);
    if (!s->suffix.data) {
        f = FORMAT('u', -1);
        f.zero = true;
        f.width = (int32_t)s->digits;
    }
    if (f.conversion == 'd' || f.conversion == 'i')
        format_int(&s->name, &f, (int64_t)s->number);
    else
        format_unsigned(&s->name, &f, s->number);
    buf_add(&s->name, s->after);
}

/* Writes the pieces, one after another: STEP_AGAIN while there are some. */
static enum step write_pieces(struct call *c, struct csplit *s)
{
    if (s->writing == s->piece_count)
        return call_done(c);
    const struct piece *p = &s->pieces[s->writing];
    struct str bytes = str_of(s->text.data + p->from, p->to - p->from);
    bool unsaid = s->vanished && s->writing + 1 == s->piece_count;
    if (!bytes.length && s->elide && !unsaid) {
        s->writing++;
        return STEP_AGAIN;
    }
    bool wanted = !s->failed || s->keep;
    if (!s->out && wanted) {
        make_name(s);
        int error = call_create(c, buf_str(&s->name), OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &s->out);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, buf_str(&s->name)), error);
            return call_done(c);
        }
        s->gone = 0;
    }
    if (wanted && s->gone < bytes.length) {
        int64_t count = file_write(s->out, c->task, str_first(str_after(bytes, s->gone), TEXT_PIECE));
        if (count == E_WAIT)
            return STEP_WAIT;
        if (count < 0) {
            call_error(c, "write error for %S: %m", call_quote(c, buf_str(&s->name)), (int)count);
            return call_done(c);
        }
        s->gone += (size_t)count;
        if (s->gone < bytes.length)
            return STEP_AGAIN;
    }
    s->out = NULL;
    s->number++;
    s->writing++;
    call_charge(c, 1);
    if (!s->quiet && !unsaid)
        call_format(c, "%llu\n", (unsigned long long)bytes.length);
    return STEP_AGAIN;
}

/* --- the command ---------------------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or 1 after a message. */
static int read_text(struct call *c, struct csplit *s)
{
    struct str name = c->operands[0];
    int error = 0;

    if (!s->input)
        error = input_open(c, &s->input, name, true);
    if (error == E_WAIT)
        return E_WAIT;
    if (error) {
        call_error(c, "cannot open %S for reading: %m", call_quote(c, name), error);
        return 1;
    }
    switch (input_all(s->input, &s->text)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END:  s->text = (struct str){0}; break;
    case INPUT_MORE: break;
    }
    if (s->input->error) {
        call_error(c, "read error: %m", s->input->error);
        return 1;
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct csplit *s = c->state;

    for (;;) {
        enum step step = STEP_AGAIN;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (s->phase) {
        case PHASE_READ: {
            int error = read_text(c, s);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_done(c);
            s->phase = PHASE_PATTERN;
            break;
        }
        case PHASE_PATTERN: begin_turn(c, s); break;
        case PHASE_LINES:   go_to_line(c, s); break;
        case PHASE_SEARCH:  search(c, s); break;
        case PHASE_WRITE:   step = write_pieces(c, s); break;
        }
        if (step != STEP_AGAIN)
            return step;
    }
}

const struct command command_csplit = {
    .name = "csplit",
    .usage = "[OPTION]... FILE PATTERN...",
    .summary = "Output pieces of FILE separated by PATTERN(s) to files 'xx00', 'xx01', ...,\n"
               "and output byte counts of each piece to standard output.",
    .help = "Read standard input if FILE is -\n\nEach PATTERN may be:\n"
            "  INTEGER            copy up to but not including specified line number\n"
            "  /REGEXP/[OFFSET]   copy up to but not including a matching line\n"
            "  %REGEXP%[OFFSET]   skip to, but not including a matching line\n"
            "  {INTEGER}          repeat the previous pattern specified number of times\n"
            "  {*}                repeat the previous pattern as many times as possible\n\n"
            "A line OFFSET is an integer optionally preceded by '+' or '-'",
    .options = options,
    .state = sizeof(struct csplit),
    .start = start,
    .step = step,
};
