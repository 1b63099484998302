/* builtins/dos2unix.c - change line breaks between DOS, Unix and Mac: dos2unix, unix2dos, mac2unix and unix2mac. */
#include "base/charset.h"
#include "builtins/text.h"

static const struct option options[] = {
    {OPTION_LONG + 1, "allow-chown", NULL, "allow file ownership change"},
    {OPTION_LONG + 2, "ascii", NULL, "convert only line breaks (default); also -ascii"},
    {OPTION_LONG + 3, "iso", NULL, "conversion between DOS and ISO-8859-1 character set; also -iso, -1252, -437, -850, -860, -863, -865"},
    {'7', NULL, NULL, "convert 8 bit characters to 7 bit space"},
    {'b', "keep-bom", NULL, "keep Byte Order Mark"},
    {'c', "convmode", "CONVMODE", "conversion mode: ascii, 7bit, iso, mac, default to ascii"},
    {'f', "force", NULL, "force conversion of binary files"},
    {'h', "help", NULL, "display this help text"},
    {'i', "info", "[FLAGS]", "display file information: 0bcdhmptu"},
    {'k', "keepdate", NULL, "keep output file date"},
    {'L', "license", NULL, "display software license"},
    {'l', "newline", NULL, "add additional newline"},
    {'m', "add-bom", NULL, "add Byte Order Mark (default UTF-8)"},
    {'n', "newfile", NULL, "write to new file: infile outfile ..."},
    {OPTION_LONG + 4, "no-allow-chown", NULL, "don't allow file ownership change (default)"},
    {'o', "oldfile", NULL, "write to old file (default): file ..."},
    {'q', "quiet", NULL, "quiet mode, suppress all warnings"},
    {'r', "remove-bom", NULL, "remove Byte Order Mark"},
    {'s', "safe", NULL, "skip binary files (default)"},
    {'u', "keep-utf16", NULL, "keep UTF-16 encoding"},
    {OPTION_LONG + 5, "assume-utf16le", NULL, "assume that the input format is UTF-16LE; also -ul"},
    {OPTION_LONG + 6, "assume-utf16be", NULL, "assume that the input format is UTF-16BE; also -ub"},
    {'v', "verbose", NULL, "verbose operation"},
    {'F', "follow-symlink", NULL, "follow symbolic links and convert the targets"},
    {'R', "replace-symlink", NULL, "replace symbolic links with converted files"},
    {'S', "skip-symlink", NULL, "keep symbolic links and targets unchanged (default)"},
    {'V', "version", NULL, "display version number"},
    {0},
};

enum mode { MODE_ASCII, MODE_SEVEN, MODE_ISO };
enum mark { MARK_NONE, MARK_UTF8, MARK_LITTLE, MARK_BIG };
enum { STATUS_FILE = 2 };

enum stage { STAGE_NEXT, STAGE_LOOK, STAGE_READ, STAGE_CONVERT, STAGE_WRITE };

struct dos2unix {
    bool to_unix, mac;
    enum mode mode;
    bool force, keep_mark, add_mark, keep_date, newline, quiet, verbose, keep_wide;
    bool asked;             /* -iso: the code page of the system is looked for */
    char links;             /* 'F', 'R' or 'S' */
    bool pairs;             /* -n */
    enum mark assumed;
    struct charset page;
    const char *page_name;
    bool info, info_nul, info_head, info_convertible, info_base;
    unsigned info_columns;  /* of d u m b t, as bits; 0: all */
    size_t at;              /* words used */
    bool any_file, only_operands;
    enum stage stage;
    struct str from, to;
    bool standard;
    struct stat_info stat;
    struct input *input;
    enum mark mark;         /* what the text had */
    struct str text;        /* as UTF-8 or bytes */
    struct buf wide;        /* the text, when it was UTF-16 */
    size_t done;            /* bytes of it converted */
    struct buf out;
    char before;            /* the last byte of the piece before; 0: none */
    bool doubled;           /* two returns came last */
    size_t converted, lines;
    size_t dos, unix_breaks, macs;
    int binary;             /* the byte that is in no text, or -1 */
};

/* --- options ------------------------------------------------------------------------------------------- */

static bool set_page(struct dos2unix *d, const char *page)
{
    d->page_name = page;
    d->mode = MODE_ISO;
    return charset_find(&d->page, str_from(page));
}

static bool set_mode(struct dos2unix *d, struct str mode)
{
    if (str_is(mode, "ascii"))
        d->mode = MODE_ASCII;
    else if (str_is(mode, "7bit"))
        d->mode = MODE_SEVEN;
    else if (str_is(mode, "mac"))
        d->mac = true;
    else
        d->asked = str_is(mode, "iso");
    if (d->asked && str_is(mode, "iso"))
        return set_page(d, "437");
    return str_is(mode, "ascii") || str_is(mode, "7bit") || str_is(mode, "mac");
}

static int read_flags(struct call *c, struct dos2unix *d, struct str flags)
{
    static const char columns[] = "dumbt";

    d->info = true;
    for (size_t i = 0; i < flags.length; i++) {
        const char *column = flags.data[i] ? strchr(columns, flags.data[i]) : NULL;
        switch (flags.data[i]) {
        case '0': d->info_nul = true; break;
        case 'h': d->info_head = true; break;
        case 'c': d->info_convertible = true; break;
        case 'p': d->info_base = true; break;
        default:
            if (!column) {
                call_error(c, "wrong flag '%c' for option -i or --info", flags.data[i]);
                return 1;
            }
            d->info_columns |= 1u << (column - columns);
        }
    }
    return 0;
}

/* An option that stands alone: 0, or 1 after a message; -1 when it is none. */
static int take_flag(struct dos2unix *d, struct str word)
{
    static const struct {
        const char *name;
        char letter;
    } names[] = {{"--keep-bom", 'b'},
                 {"--force", 'f'},
                 {"--keepdate", 'k'},
                 {"--newline", 'l'},
                 {"--add-bom", 'm'},
                 {"--newfile", 'n'},
                 {"--oldfile", 'o'},
                 {"--quiet", 'q'},
                 {"--remove-bom", 'r'},
                 {"--safe", 's'},
                 {"--keep-utf16", 'u'},
                 {"--verbose", 'v'},
                 {"--follow-symlink", 'F'},
                 {"--replace-symlink", 'R'},
                 {"--skip-symlink", 'S'},
                 {"--allow-chown", '.'},
                 {"--no-allow-chown", '.'},
                 {"-ascii", 'A'},
                 {"-iso", 'I'},
                 {"-ul", '<'},
                 {"--assume-utf16le", '<'},
                 {"-ub", '>'},
                 {"--assume-utf16be", '>'}};
    static const char *const pages[] = {"1252", "437", "850", "860", "863", "865"};
    char letter = word.length == 2 && strchr("7bfklmnoqrsuvFRS", word.data[1]) ? word.data[1] : 0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(word, names[i].name))
            letter = names[i].letter;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (str_is(str_after(word, 1), pages[i]))
            return set_page(d, i ? pages[i] : "CP1252") ? 0 : 1;
    switch (letter) {
    case '7': d->mode = MODE_SEVEN; break;
    case 'A': d->mode = MODE_ASCII; break;
    case 'I': d->asked = true; return !set_page(d, "437");
    case 'b': d->keep_mark = true; break;
    case 'f': d->force = true; break;
    case 'k': d->keep_date = true; break;
    case 'l': d->newline = true; break;
    case 'm': d->add_mark = d->keep_mark = true; break;
    case 'n': d->pairs = true; break;
    case 'o': d->pairs = false; break;
    case 'q':
        d->quiet = true;
        d->verbose = false;
        break;
    case 'r': d->keep_mark = d->add_mark = false; break;
    case 's': d->force = false; break;
    case 'u': d->keep_wide = true; break;
    case 'v':
        d->verbose = true;
        d->quiet = false;
        break;
    case '<': d->assumed = MARK_LITTLE; break;
    case '>': d->assumed = MARK_BIG; break;
    case 'F': case 'R': case 'S': d->links = letter; break;
    case '.': break;
    default: return -1;
    }
    return 0;
}

/* One word that begins with a minus: 0 to go on, 1 when the command ends. */
static int take_option(struct call *c, struct dos2unix *d, struct str word)
{
    int taken = take_flag(d, word);

    if (taken >= 0)
        return taken;
    if (str_is(word, "--")) {
        d->only_operands = true;
    } else if (str_is(word, "-c") || str_is(word, "--convmode")) {
        struct str mode = d->at < c->argc ? c->argv[d->at++] : str_lit("");
        if (!set_mode(d, mode)) {
            call_error(c, "invalid %S conversion mode specified", mode);
            return 1;
        }
    } else if (str_starts(word, "-i") || str_is(word, "--info") || str_starts(word, "--info=")) {
        return read_flags(c, d, str_after(word, word.data[1] == 'i' ? 2 : word.length > 6 ? 7 : 6));
    } else if (str_is(word, "-h") || str_is(word, "--help")) {
        call_print_help(c);
        return 1;
    } else if (str_is(word, "-V") || str_is(word, "--version") || str_is(word, "-L") || str_is(word, "--license")) {
        call_print_version(c);
        return 1;
    } else {
        call_usage_error(c, "");
        return 1;
    }
    return 0;
}

static int dos2unix_start(struct call *c)
{
    struct dos2unix *d = c->state;

    d->to_unix = str_ends(c->name, "2unix");
    d->mac = str_starts(c->name, "mac") || str_ends(c->name, "mac");
    d->keep_mark = !d->to_unix;
    d->links = 'S';
    d->at = 1;
    buf_init(&d->wide, c->heap);
    buf_init(&d->out, c->heap);
    return 0;
}

/* --- the text --------------------------------------------------------------------------------------------- */

static const char mark_utf8[] = "\xef\xbb\xbf";
static const char *const mark_names[] = {"no_bom", "UTF-8", "UTF-16LE", "UTF-16BE"};

static enum mark mark_of(struct str text)
{
    return str_starts(text, mark_utf8)    ? MARK_UTF8
           : str_starts(text, "\xff\xfe") ? MARK_LITTLE
           : str_starts(text, "\xfe\xff") ? MARK_BIG
                                          : MARK_NONE;
}

static void init_wide(struct charset *set, enum mark mark)
{
    charset_find(set, mark == MARK_BIG ? str_lit("UTF-16BE") : str_lit("UTF-16LE"));
}

/* Takes the mark off, and makes UTF-8 of UTF-16. */
static void unwrap(struct call *c, struct dos2unix *d, struct str text)
{
    struct charset set, utf8;

    d->mark = mark_of(text);
    text = str_after(text, d->mark == MARK_UTF8 ? 3 : d->mark ? 2 : 0);
    if (!d->mark && d->assumed)
        d->mark = d->assumed;
    d->text = text;
    if (d->mark < MARK_LITTLE)
        return;
    init_wide(&set, d->mark);
    charset_find(&utf8, str_lit("UTF-8"));
    buf_clear(&d->wide);
    while (text.length) {
        uint32_t code;
        size_t used;
        if (charset_read(&set, text, &code, &used) == CHARSET_OK)
            charset_write(&utf8, &d->wide, code);
        text = str_after(text, used);
    }
    call_charge_bytes(c, d->wide.length * 4);
    d->text = buf_str(&d->wide);
}

static char convert_byte(struct dos2unix *d, char byte)
{
    struct buf one;
    char store[16];
    uint32_t code;
    size_t used;

    if ((unsigned char)byte < 128 || d->mode == MODE_ASCII || d->mark)
        return byte;
    if (d->mode == MODE_SEVEN)
        return ' ';
    if (d->to_unix) {
        if (charset_read(&d->page, str_of(&byte, 1), &code, &used) != CHARSET_OK || code > 255)
            return '.';
        return (char)code;
    }
    one = (struct buf){.data = store, .capacity = sizeof store}; /* it never grows */
    return charset_write(&d->page, &one, (unsigned char)byte) && one.length == 1 ? store[0] : '.';
}

static bool is_binary(unsigned char byte)
{
    return byte < 32 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
}

static void put_break(struct dos2unix *d, const char *text)
{
    buf_add_text(&d->out, text);
    if (d->newline)
        buf_add_text(&d->out, text);
    d->converted++;
}

/* A line's end that gets no other behind it. */
static void put_line(struct dos2unix *d)
{
    buf_add_text(&d->out, "\r\n");
    d->converted++;
}

/* Converts a piece of the text: false at a byte that is in no text. */
static bool convert_piece(struct dos2unix *d, struct str piece, struct str behind)
{
    for (size_t i = 0; i < piece.length; i++) {
        char byte = piece.data[i], next = i + 1 < piece.length ? piece.data[i + 1] : behind.length ? behind.data[0] : 0;
        if (is_binary((unsigned char)byte)) {
            if (d->binary < 0)
                d->binary = (unsigned char)byte;
            if (!d->force && !d->info)
                return false;
        }
        if (byte == '\n' && d->before == '\r')
            d->dos++;
        else if (byte == '\n')
            d->unix_breaks++;
        if (byte == '\r' && next != '\n')
            d->macs++;
        d->lines += byte == '\n' || (d->mac && byte == '\r' && next != '\n');
        if (d->info)
            ;
        else if (d->to_unix && !d->mac && byte == '\r' && next == '\n')
            ; /* the newline behind it does it */
        else if (d->to_unix && !d->mac && byte == '\n' && d->before == '\r')
            put_break(d, "\n");
        else if (d->to_unix && d->mac && byte == '\r' && next != '\n')
            put_break(d, "\n");
        else if (d->doubled && byte == '\n')
            put_line(d);
        else if (!d->to_unix && byte == '\n' && d->before != '\r')
            put_break(d, d->mac ? "\r" : "\r\n");
        else
            buf_add_byte(&d->out, convert_byte(d, byte));
        /* A return takes the byte behind it along, as the real one does: two of them are none before a newline. */
        d->doubled = !d->to_unix && !d->mac && !d->info && byte == '\r' && d->before == '\r';
        d->before = d->doubled ? 0 : byte;
    }
    return true;
}

/* What stands before the text, and UTF-16 again if it is to stay. */
static void wrap(struct call *c, struct dos2unix *d)
{
    bool mark = d->add_mark || (d->keep_mark && d->mark) || (d->keep_wide && d->mark >= MARK_LITTLE && d->keep_mark);
    struct charset set;
    struct buf whole;
    struct str text = buf_str(&d->out);

    if (d->keep_wide && d->mark >= MARK_LITTLE) {
        init_wide(&set, d->mark);
        buf_init(&whole, c->heap);
        if (mark)
            charset_write(&set, &whole, 0xfeff);
        while (text.length) {
            struct utf8_char u = utf8_first(text, LOCALE_UTF8);
            charset_write(&set, &whole, u.code);
            text = str_after(text, u.length);
        }
    } else if (mark) {
        buf_init(&whole, c->heap);
        buf_add_text(&whole, mark_utf8);
        buf_add(&whole, text);
    } else {
        return;
    }
    if (mark && d->verbose && !d->standard)
        call_warn(c, "Writing %s BOM.", d->keep_wide ? mark_names[d->mark >= MARK_LITTLE ? d->mark : MARK_UTF8] : mark_names[MARK_UTF8]);
    call_charge_bytes(c, whole.length * 2);
    buf_drop(&d->out);
    d->out = whole;
}

/* --- messages ------------------------------------------------------------------------------------------------- */

static void put_info(struct call *c, struct dos2unix *d)
{
    unsigned columns = d->info_columns ? d->info_columns : 31;
    size_t breaks = d->to_unix ? (d->mac ? d->macs : d->dos) : d->unix_breaks;
    struct str name = d->from;
    ptrdiff_t slash = str_find_last(name, '/');

    if (d->info_base && slash >= 0)
        name = str_after(name, (size_t)slash + 1);
    if (d->info_convertible) {
        if (breaks && (d->binary < 0 || d->force))
            call_format(c, "%S%c", name, d->info_nul ? 0 : '\n');
        return;
    }
    if (d->info_head) {
        call_format(c, "%s%s%s%s%s  FILE%c", columns & 1 ? "     DOS" : "", columns & 2 ? "    UNIX" : "",
                    columns & 4 ? "     MAC" : "", columns & 8 ? "  BOM     " : "", columns & 16 ? "  TXTBIN" : "",
                    d->info_nul ? 0 : '\n');
        d->info_head = false;
    }
    if (columns & 1)
        call_format(c, "%8zu", d->dos);
    if (columns & 2)
        call_format(c, "%8zu", d->unix_breaks);
    if (columns & 4)
        call_format(c, "%8zu", d->macs);
    if (columns & 8)
        call_format(c, "  %-8s", mark_names[d->mark]);
    if (columns & 16)
        call_format(c, "  %-6s", d->binary >= 0 ? "binary" : "text");
    if (!d->standard)
        call_format(c, "  %S", name);
    call_print_byte(c, d->info_nul ? 0 : '\n');
}

static void tell_conversion(struct call *c, const struct dos2unix *d)
{
    const char *format = d->to_unix ? "Unix"
                         : d->mac   ? "Mac"
                                    : "DOS",
               *wide = d->mark == MARK_LITTLE ? "UTF-16LE" : "UTF-16BE";
    struct buf to;

    if (d->quiet || d->standard)
        return;
    if (d->verbose)
        call_warn(c, "Converted %zu out of %zu line breaks.", d->converted, d->lines);
    buf_init(&to, c->heap);
    if (d->pairs)
        buf_print(&to, " to file %S in", d->to);
    else
        buf_add_text(&to, " to");
    if (d->mark >= MARK_LITTLE)
        call_warn(c, "converting %s file %S%S %s %s format...", wide, d->from, buf_str(&to),
                  d->keep_wide ? wide : "UTF-8", format);
    else
        call_warn(c, "converting file %S%S %s format...", d->from, buf_str(&to), format);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void end_file(struct dos2unix *d)
{
    if (d->input)
        input_close(d->input);
    d->input = NULL;
    d->stage = STAGE_NEXT;
}

/* The next file to work on: false when there is none. */
static bool find_next(struct call *c, struct dos2unix *d)
{
    d->standard = false;
    while (d->at < c->argc) {
        struct str word = c->argv[d->at++];
        if (!d->only_operands && word.length > 1 && word.data[0] == '-') {
            if (take_option(c, d, word))
                return false;
            continue;
        }
        d->any_file = true;
        d->from = d->to = word;
        if (d->pairs && !d->info) {
            if (d->at == c->argc || (!d->only_operands && str_starts(c->argv[d->at], "-"))) {
                call_error(c, "target of file %S not specified in new-file mode", word);
                return false;
            }
            d->to = c->argv[d->at++];
        }
        return true;
    }
    if (d->any_file || c->status)
        return false;
    d->any_file = d->standard = true;
    return true;
}

/* 0, or E_WAIT. */
static int look(struct call *c, struct dos2unix *d)
{
    int error;

    d->stage = STAGE_READ;
    if (d->standard)
        return 0;
    error = call_stat(c, d->from, d->links != 'S', &d->stat);
    if (error == E_WAIT) {
        d->stage = STAGE_LOOK;
        return error;
    }
    if (!error && d->stat.kind == NODE_FILE)
        return 0;
    d->stage = STAGE_NEXT;
    if (error) {
        call_error(c, "%S: %m", d->from, error);
        c->status = STATUS_FILE;
    }
    if (!d->quiet && !error && d->stat.kind == NODE_LINK)
        call_warn(c, "Skipping symbolic link %S.", d->from);
    else if (!d->quiet)
        call_warn(c, "Skipping %S, not a regular file.", d->from);
    return 0;
}

/* 0, or E_WAIT. */
static int read_text(struct call *c, struct dos2unix *d)
{
    struct str text = {0};

    if (!d->input) {
        int error = input_open(c, &d->input, d->standard ? str_lit("-") : d->from, d->standard);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "%S: %m", d->from, error);
            c->status = STATUS_FILE;
            d->stage = STAGE_NEXT;
            return 0;
        }
    }
    switch (input_all(d->input, &text)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END: text = (struct str){0}; break;
    case INPUT_MORE: break;
    }
    unwrap(c, d, text);
    if (d->verbose && !d->info && !d->standard && d->mark)
        call_warn(c, "Input file %S has %s BOM.", d->from, mark_names[d->mark]);
    if (d->mode == MODE_ISO && !d->quiet && !d->info) {
        const char *name = d->page_name + (d->page_name[0] == 'C' ? 2 : 0);
        if (d->asked)
            call_warn(c, "active code page: 0");
        call_warn(c, "using code page %s.", name);
    }
    d->done = d->converted = d->lines = d->dos = d->unix_breaks = d->macs = 0;
    d->before = 0;
    d->doubled = false;
    d->binary = -1;
    buf_clear(&d->out);
    d->stage = STAGE_CONVERT;
    return 0;
}

static void convert(struct call *c, struct dos2unix *d)
{
    struct str piece = str_first(str_after(d->text, d->done), TEXT_PIECE);

    call_charge_bytes(c, 64 + piece.length * 4);
    if (!convert_piece(d, piece, str_after(d->text, d->done + piece.length))) {
        call_warn(c, "Binary symbol 0x%02X found at line %zu", (unsigned)d->binary, d->lines + 1);
        call_warn(c, "Skipping binary file %S", d->standard ? str_lit("stdin") : d->from);
        if (d->standard) {
            call_print(c, buf_str(&d->out));
            c->status = 1;
        }
        end_file(d);
        return;
    }
    d->done += piece.length;
    if (d->done < d->text.length)
        return;
    if (d->info) {
        put_info(c, d);
        end_file(d);
        return;
    }
    wrap(c, d);
    d->stage = STAGE_WRITE;
}

/* 0, or E_WAIT. */
static int write_text(struct call *c, struct dos2unix *d)
{
    struct buf real;
    struct str path = d->to;
    int error = 0;

    if (d->standard) {
        call_print(c, buf_str(&d->out));
        end_file(d);
        return 0;
    }
    buf_init(&real, c->heap);
    if (d->links == 'F' && !d->pairs) {
        error = call_realpath(c, path, 0, &real);
        if (!error)
            path = buf_str(&real);
    } else if (d->links == 'R' && !d->pairs) {
        struct stat_info info;
        error = call_stat(c, path, false, &info);
        if (!error && info.kind == NODE_LINK)
            error = call_remove(c, path, false);
    }
    if (!error)
        error = call_replace(c, path, buf_str(&d->out), d->stat.mode & 07777);
    if (error == E_WAIT)
        return error;
    if (!error && d->keep_date)
        error = call_touch(c, path, d->stat.atime, d->stat.mtime, true);
    if (error) {
        call_error(c, "%S: %m", d->to, error);
        c->status = STATUS_FILE;
    } else {
        tell_conversion(c, d);
    }
    end_file(d);
    return 0;
}

static enum step dos2unix_step(struct call *c)
{
    struct dos2unix *d = c->state;

    for (;;) {
        int error = 0;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (d->stage) {
        case STAGE_NEXT:
            if (!find_next(c, d))
                return call_done(c);
            call_charge(c, 1);
            d->stage = STAGE_LOOK;
            break;
        case STAGE_LOOK: error = look(c, d); break;
        case STAGE_READ: error = read_text(c, d); break;
        case STAGE_CONVERT: convert(c, d); break;
        case STAGE_WRITE: error = write_text(c, d); break;
        }
        if (error == E_WAIT)
            return STEP_WAIT;
    }
}

#define USAGE "[options] [file ...] [-n infile outfile ...]"
#define DECLARATION(text)                                                                                              \
    .usage = USAGE, .summary = text, .options = options, .state = sizeof(struct dos2unix), .start = dos2unix_start,    \
    .step = dos2unix_step, .flags = COMMAND_RAW | COMMAND_HELP

const struct command command_dos2unix = {
    .name = "dos2unix",
    DECLARATION("Convert text files with DOS line breaks to Unix line breaks."),
};
const struct command command_mac2unix = {
    .name = "mac2unix",
    DECLARATION("Convert text files with Mac line breaks to Unix line breaks."),
};
const struct command command_unix2dos = {
    .name = "unix2dos",
    DECLARATION("Convert text files with Unix line breaks to DOS line breaks."),
};
const struct command command_unix2mac = {
    .name = "unix2mac",
    DECLARATION("Convert text files with Unix line breaks to Mac line breaks."),
};
