/* builtins/wc.c - count newlines, words, characters and bytes. */
#include "base/lanes.h"
#include "builtins/text.h"

enum { FILES0 = OPTION_LONG };

static const struct option options[] = {
    {'c', "bytes", NULL, "print the byte counts"},
    {'m', "chars", NULL, "print the character counts"},
    {'l', "lines", NULL, "print the newline counts"},
    {FILES0, "files0-from", "F", "read input from the files named in F, each name followed by NUL; - is standard input"},
    {'L', "max-line-length", NULL, "print the maximum display width"},
    {'w', "words", NULL, "print the word counts"},
    {0},
};

struct counts {
    uint64_t lines, words, characters, bytes, widest;
};

enum phase { READ_NAMES, MEASURE, COUNT };

struct wc {
    bool lines, words, characters, bytes, widest;
    enum locale locale;
    enum phase phase;
    struct str *names;      /* operands, or those of --files0-from */
    size_t name_count, next;
    bool named, standard_names; /* the names come from a file; from standard input */
    struct str names_file;
    struct input *input;
    struct counts here, total;
    int width;              /* of a number */
    uint64_t size;          /* of all regular files */
    int least_width;
    struct str block;
    bool inside;            /* a word */
    uint64_t column;
    char part[8];           /* the beginning of a character whose rest is to come */
    size_t part_length;
};

static int wc_start(struct call *c)
{
    struct wc *w = c->state;

    w->lines = call_has(c, 'l');
    w->words = call_has(c, 'w');
    w->characters = call_has(c, 'm');
    w->bytes = call_has(c, 'c');
    w->widest = call_has(c, 'L');
    if (!w->lines && !w->words && !w->characters && !w->bytes && !w->widest)
        w->lines = w->words = w->bytes = true;
    w->locale = call_locale(c);
    w->least_width = 1;
    w->phase = MEASURE;
    w->names = c->operands;
    w->name_count = c->operand_count;
    if (call_value(c, FILES0, &w->names_file)) {
        if (c->operand_count > 0) {
            call_error(c, "extra operand %S", call_quote(c, c->operands[0]));
            call_complain(c, "file operands cannot be combined with --files0-from\n");
            return call_usage_error(c, "");
        }
        w->named = true;
        w->standard_names = str_is(w->names_file, "-");
        w->phase = READ_NAMES;
    }
    return 0;
}

/* --- counting -------------------------------------------------------------------------------------------- */

static void end_of_row(struct wc *w)
{
    if (w->column > w->here.widest)
        w->here.widest = w->column;
    w->column = 0;
}

static void count_character(struct wc *w, uint32_t code)
{
    switch (code) {
    case '\n':
        w->here.lines++;
        end_of_row(w);
        w->inside = false;
        return;
    case '\r': case '\f':
        end_of_row(w);
        w->inside = false;
        return;
    case '\t':
        w->column += 8 - w->column % 8;
        w->inside = false;
        return;
    case ' ':
        w->column++;
        w->inside = false;
        return;
    case '\v':
        w->inside = false;
        return;
    default:
        break;
    }
    if (code >= 0x20 && code < 0x7f) {
        w->column++;
    } else {
        int columns;
        if (!utf8_is(code, UTF8_PRINT, w->locale))
            return;
        columns = utf8_width(code, w->locale);
        if (columns > 0)
            w->column += (unsigned)columns;
        if (utf8_is(code, UTF8_SPACE, w->locale) || code == 0xa0 || code == 0x2007 || code == 0x202f ||
            code == 0x2060) {
            w->inside = false;
            return;
        }
    }
    w->here.words += !w->inside;
    w->inside = true;
}

/* Character by character: those that begin within the first `least` bytes, and the ones right behind them that are not ASCII.
 * A character that may go on behind the end of `text` is put into w->part. Answers how many bytes it used. */
static size_t count_slowly(struct wc *w, struct str text, size_t least)
{
    size_t used = 0;

    while (used < text.length && (used < least || (unsigned char)text.data[used] >= 0x80)) {
        struct str rest = str_after(text, used);
        struct utf8_char u;
        if (w->locale == LOCALE_UTF8 && (unsigned char)rest.data[0] >= 0x80 && rest.length < UTF8_MOST &&
            utf8_is_partial(rest)) {
            memcpy(w->part, rest.data, rest.length);
            w->part_length = rest.length;
            return text.length;
        }
        u = utf8_first(rest, w->locale);
        used += u.length;
        if (u.valid) {
            w->here.characters++;
            count_character(w, u.code);
        }
    }
    return used;
}

/* Goes on with the character that began in the block before: bytes used. */
static size_t count_split(struct wc *w, struct str text)
{
    size_t used = 0;

    while (w->part_length > 0 && used < text.length) {
        struct str s;
        struct utf8_char u;
        w->part[w->part_length++] = text.data[used++];
        s = str_of(w->part, w->part_length);
        if (utf8_is_partial(s))
            continue;
        u = utf8_first(s, w->locale);
        w->part_length = 0;
        if (u.valid) {
            w->here.characters++;
            count_character(w, u.code);
        }
        if (u.length < s.length) {
            char rest[8];
            memcpy(rest, s.data + u.length, s.length - u.length);
            count_slowly(w, str_of(rest, s.length - u.length), s.length);
        }
    }
    return used;
}

/* Sixty-four bytes, a bit for each, the lowest is the first. */
struct stretch {
    uint64_t blank;   /* white space */
    uint64_t newline;
    uint64_t strange; /* to be looked at one by one: controls, what is not ASCII, and tabs and returns where columns matter */
};

#if LANES
static inline struct stretch look_at(const char *data, bool columns)
{
    const lanes moving = lanes_all(columns ? 0xff : 0);
    struct stretch s = {0};

    for (int i = 0; i < 64; i += 16) {
        lanes here = lanes_load(data + i);
        lanes newline = (lanes)(here == '\n');
        lanes control = (lanes)(here - 9 < 5);
        lanes strange = ((lanes)(here - 32 > 94) & ~control) | (control & ~newline & moving);
        s.blank |= (uint64_t)lanes_places(((lanes)(here == ' ') | control) & ~strange) << i;
        s.newline |= (uint64_t)lanes_places(newline) << i;
        s.strange |= (uint64_t)lanes_places(strange) << i;
    }
    return s;
}
#else
static inline struct stretch look_at(const char *data, bool columns)
{
    struct stretch s = {0};

    for (int i = 0; i < 64; i++) {
        unsigned char here = (unsigned char)data[i];
        bool newline = here == '\n', control = here >= 9 && here <= 13;
        bool strange = control ? columns && !newline : here < 32 || here > 126;
        s.blank |= (uint64_t)(here == ' ' || (control && !strange)) << i;
        s.newline |= (uint64_t)newline << i;
        s.strange |= (uint64_t)strange << i;
    }
    return s;
}
#endif

static unsigned ones(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(bits * 0x0101010101010101u >> 56);
}

/* Rows that end in a stretch of `length` bytes, each one column wide. */
static void measure_rows(struct wc *w, uint64_t newline, unsigned length)
{
    unsigned from = 0;

    for (; newline; newline &= newline - 1) {
        unsigned at = (unsigned)__builtin_ctzll(newline);
        w->column += at - from;
        end_of_row(w);
        from = at + 1;
    }
    w->column += length - from;
}

static void count_words(struct wc *w, struct str text)
{
    size_t at = w->part_length > 0 ? count_split(w, text) : 0;

    while (text.length - at >= 64) {
        struct stretch s = look_at(text.data + at, w->widest);
        unsigned plain = s.strange ? (unsigned)__builtin_ctzll(s.strange) : 64;
        if (plain > 0) {
            uint64_t within = ~(uint64_t)0 >> (64 - plain), newline = s.newline & within;
            w->here.words += ones(~s.blank & within & (s.blank << 1 | !w->inside));
            w->here.lines += ones(newline);
            w->here.characters += plain;
            w->inside = !(s.blank >> (plain - 1) & 1);
            if (w->widest)
                measure_rows(w, newline, plain);
            at += plain;
        }
        if (plain < 64)
            at += count_slowly(w, str_after(text, at), 1);
    }
    count_slowly(w, str_after(text, at), text.length - at);
}

static void count_piece(struct call *c, struct wc *w, struct str piece)
{
    w->here.bytes += piece.length;
    if (w->words || w->widest || (w->characters && w->locale == LOCALE_UTF8)) {
        count_words(w, piece);
    } else {
        w->here.characters += piece.length;
        if (w->lines)
            w->here.lines += text_occurrences(piece.data, piece.length, '\n');
        else
            return;
    }
    call_charge_bytes(c, piece.length);
}

/* --- output ------------------------------------------------------------------------------------------------ */

static void put_number(struct call *c, const struct wc *w, bool wanted, uint64_t number, bool *any)
{
    if (!wanted)
        return;
    call_format(c, "%s%*llu", *any ? " " : "", w->width, (unsigned long long)number);
    *any = true;
}

static void put_counts(struct call *c, const struct wc *w, const struct counts *n, const struct str *name)
{
    bool any = false;

    put_number(c, w, w->lines, n->lines, &any);
    put_number(c, w, w->words, n->words, &any);
    put_number(c, w, w->characters, n->characters, &any);
    put_number(c, w, w->bytes, n->bytes, &any);
    put_number(c, w, w->widest, n->widest, &any);
    if (name)
        call_format(c, " %S", str_find(*name, '\n') < 0 ? *name : call_quote(c, *name));
    call_print_byte(c, '\n');
}

static void add_total(struct wc *w)
{
    w->total.lines += w->here.lines;
    w->total.words += w->here.words;
    w->total.characters += w->here.characters;
    w->total.bytes += w->here.bytes;
    if (w->here.widest > w->total.widest)
        w->total.widest = w->here.widest;
}

/* --- files --------------------------------------------------------------------------------------------------- */

/* The names of --files0-from: 0, E_WAIT, or 1 when there is no use in going on. */
static int read_names(struct call *c, struct wc *w)
{
    struct str all = {0};
    size_t count = 0;

    if (!w->input) {
        int error = input_open(c, &w->input, w->names_file, true);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "cannot open %S for reading: %m", call_quote(c, w->names_file), error);
            return 1;
        }
    }
    switch (input_all(w->input, &all)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        if (w->input->error) {
            call_error(c, "%S: read error: %m", call_quote_for_colon(c, w->names_file), w->input->error);
            return 1;
        }
        break;
    case INPUT_MORE:
        break;
    }
    while (all.length > 0) {
        ptrdiff_t at = str_find(all, 0);
        struct str name = at < 0 ? all : str_of(all.data, (size_t)at);
        w->names = array_grow(c->heap, w->names, count, sizeof *w->names);
        w->names[count++] = str_copy(c->heap, name);
        all = str_after(all, at < 0 ? all.length : (size_t)at + 1);
        call_charge(c, 1);
    }
    w->name_count = count;
    input_close(w->input);
    w->input = NULL;
    w->phase = MEASURE;
    return 0;
}

static int digits_of(uint64_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* How wide numbers are: as the sizes of the files tell before anything is read. 0 or E_WAIT. */
static int measure(struct call *c, struct wc *w)
{
    bool one = w->lines + w->words + w->characters + w->bytes + w->widest == 1;
    bool none = w->name_count == 0 && !w->named;

    if (w->named && (w->name_count == 0 || w->standard_names)) {
        w->width = 1;
    } else if ((none || w->name_count == 1) && one) {
        w->width = 1;
    } else {
        for (; w->next < w->name_count + none; w->next++) {
            struct stat_info info;
            int error;
            if (none || str_is(w->names[w->next], "-")) {
                struct file *in = fds_get(c->task, 0);
                error = in ? file_stat(in, &info) : E_BADF;
            } else {
                error = call_stat(c, w->names[w->next], true, &info);
            }
            if (error == E_WAIT)
                return error;
            call_charge(c, 1);
            if (error)
                continue;
            if (info.kind == NODE_FILE)
                w->size += info.size;
            else
                w->least_width = 7;
        }
        w->width = digits_of(w->size);
        if (w->width < w->least_width)
            w->width = w->least_width;
    }
    w->next = 0;
    w->phase = COUNT;
    return 0;
}

static bool next_name(const struct wc *w, struct str *name)
{
    if (w->name_count == 0 && !w->named) {
        *name = str_lit("-");
        return w->next == 0;
    }
    if (w->next >= w->name_count)
        return false;
    *name = w->names[w->next];
    return true;
}

/* 0 when one is open, E_WAIT, 1 behind the last. */
static int open_next(struct call *c, struct wc *w)
{
    struct str name;

    while (next_name(w, &name)) {
        int error;
        if (w->named && name.length == 0) {
            w->next++;
            call_error(c, "%S:%llu: invalid zero-length file name", call_quote_for_colon(c, w->names_file), (unsigned long long)w->next);
            continue;
        }
        if (w->standard_names && str_is(name, "-")) {
            w->next++;
            call_error(c, "when reading file names from stdin, no file name of %S allowed", call_quote(c, name));
            continue;
        }
        error = input_open(c, &w->input, name, true);
        if (error == E_WAIT)
            return error;
        w->next++;
        call_charge(c, 1);
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            continue;
        }
        w->here = (struct counts){0};
        w->block.length = w->part_length = 0;
        w->inside = false;
        w->column = 0;
        return 0;
    }
    return 1;
}

static void close_file(struct call *c, struct wc *w)
{
    struct str name = w->input->name;

    end_of_row(w);
    if (w->input->error)
        call_error(c, "%S: %m", call_quote_for_colon(c, name), w->input->error);
    put_counts(c, w, &w->here, w->name_count > 0 || w->named ? &name : NULL);
    add_total(w);
    input_close(w->input);
    w->input = NULL;
}

static enum step wc_step(struct call *c)
{
    struct wc *w = c->state;

    for (;;) {
        struct str piece;
        if (!call_go(c))
            return STEP_AGAIN;
        if (w->phase == READ_NAMES) {
            int done = read_names(c, w);
            if (done == E_WAIT)
                return STEP_WAIT;
            if (done == 1)
                return call_done(c);
            continue;
        }
        if (w->phase == MEASURE) {
            if (measure(c, w) == E_WAIT)
                return STEP_WAIT;
            continue;
        }
        if (!w->input) {
            int opened = open_next(c, w);
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1) {
                static const struct str total = {"total", 5};
                if (w->next > 1)
                    put_counts(c, w, &w->total, &total);
                return call_done(c);
            }
            continue;
        }
        if (w->block.length == 0) {
            switch (input_block(w->input, SIZE_MAX, &w->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:  w->block.length = 0; close_file(c, w); continue;
            case INPUT_MORE: break;
            }
        }
        piece = text_piece(w->input, &w->block);
        count_piece(c, w, piece);
    }
}

const struct command command_wc = {
    .name = "wc",
    .usage = "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    .summary = "Print newline, word, and byte counts for each FILE, and a total line if more than one FILE is specified.",
    .help = "A word is a non-zero-length sequence of printable characters delimited by white space. The counts are\n"
            "printed in this order: newline, word, character, byte, maximum line length.\n\n"
            "With no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct wc),
    .start = wc_start,
    .step = wc_step,
};
