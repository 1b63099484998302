/* builtins/dd.c - copy a file in blocks, converting it on the way. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/ebcdic.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { DEFAULT_BLOCK = 512, SECOND = 1000000000 };

/* conv= */
enum {
    CONV_ASCII = 1, CONV_EBCDIC = 2, CONV_IBM = 4, CONV_BLOCK = 8, CONV_UNBLOCK = 16, CONV_LCASE = 32, CONV_UCASE = 64,
    CONV_SPARSE = 128, CONV_SWAB = 256, CONV_SYNC = 512, CONV_EXCL = 1024, CONV_NOCREAT = 2048, CONV_NOTRUNC = 4096,
    CONV_NOERROR = 8192, CONV_FSYNC = 16384
};
/* iflag= and oflag= */
enum {
    FLAG_APPEND = 1, FLAG_DIRECT = 2, FLAG_DIRECTORY = 4, FLAG_FULLBLOCK = 8, FLAG_NOCACHE = 16, FLAG_NOFOLLOW = 32,
    FLAG_COUNT_BYTES = 64, FLAG_SKIP_BYTES = 128, FLAG_SEEK_BYTES = 256, FLAG_NOTHING = 512
};

struct symbol {
    const char *name;
    unsigned bits;
};

static const struct symbol conversions[] = {
    {"ascii", CONV_ASCII | CONV_UNBLOCK}, {"ebcdic", CONV_EBCDIC | CONV_BLOCK}, {"ibm", CONV_IBM | CONV_BLOCK},
    {"block", CONV_BLOCK}, {"unblock", CONV_UNBLOCK}, {"lcase", CONV_LCASE}, {"ucase", CONV_UCASE},
    {"sparse", CONV_SPARSE}, {"swab", CONV_SWAB}, {"sync", CONV_SYNC}, {"excl", CONV_EXCL}, {"nocreat", CONV_NOCREAT},
    {"notrunc", CONV_NOTRUNC}, {"noerror", CONV_NOERROR}, {"fsync", CONV_FSYNC}, {"fdatasync", CONV_FSYNC}, {NULL, 0},
};
static const struct symbol flags[] = {
    {"append", FLAG_APPEND}, {"direct", FLAG_DIRECT}, {"directory", FLAG_DIRECTORY}, {"dsync", FLAG_NOTHING},
    {"sync", FLAG_NOTHING}, {"fullblock", FLAG_FULLBLOCK}, {"nonblock", FLAG_NOTHING}, {"noatime", FLAG_NOTHING},
    {"nocache", FLAG_NOCACHE}, {"noctty", FLAG_NOTHING}, {"nofollow", FLAG_NOFOLLOW}, {"count_bytes", FLAG_COUNT_BYTES},
    {"skip_bytes", FLAG_SKIP_BYTES}, {"seek_bytes", FLAG_SEEK_BYTES}, {NULL, 0},
};

enum level { LEVEL_ALL, LEVEL_NONE, LEVEL_NOXFER, LEVEL_PROGRESS };

enum phase {
    PHASE_OPEN, PHASE_SKIP, PHASE_SEEK, PHASE_BEGIN /* of a record */, PHASE_READ, PHASE_CONVERT, PHASE_LAST /* after all */,
    PHASE_FINISH
};

/* An amount that counts blocks, or bytes when it was written with a B or a flag says so. */
struct amount {
    uint64_t number;
    bool bytes, given;
};

struct dd {
    /* operands */
    struct str in_path, out_path; /* data NULL: standard input and output */
    uint64_t in_block, out_block, block;
    uint64_t line;                /* cbs */
    struct amount count, skip, seek;
    unsigned conversion, in_flags, out_flags;
    enum level level;
    bool direct;                  /* what was read is written as it is, a record for a record */
    bool translates;
    unsigned char table[256];
    unsigned char space, newline;

    enum phase phase;
    struct str in_name, out_name; /* for messages */
    struct file *in, *out;
    bool opened_in, truncated;
    uint64_t records, more_bytes; /* wanted: whole records, and bytes of one more; UINT64_MAX: all */
    int64_t began, next_progress; /* ns since 1970 */
    size_t shown;                 /* characters of the progress line */
    bool asked;                   /* by SIGUSR1: say how far it is */
    bool interrupted, dying;

    /* input */
    uint64_t wanted;              /* bytes of the record being read */
    uint64_t got;                 /* of them, read */
    bool ended;                   /* nothing comes any more */
    bool padding;                 /* the rest of the record is made up */
    bool record_done;             /* the piece is the record's last */
    bool warn_partial;
    uint64_t previous;            /* bytes of the last read; 0: none */
    uint64_t skip_left, skip_bytes; /* records, and bytes, still to be read and thrown away */
    uint64_t skipped;             /* bytes */
    struct buf piece;             /* read and not yet converted */
    size_t at;
    int saved;                    /* of swab: the byte that has no partner yet; -1: none */

    /* what stands in a line of block and unblock */
    uint64_t column, pad;         /* pad: spaces to be put out first */
    uint64_t held;                /* of unblock: spaces that may be the last of their line */
    bool newline_due;

    /* output */
    struct buf out_buffer;
    size_t gone;                  /* bytes of it that were written */
    uint64_t in_out_block;        /* bytes of the block being written that have gone */
    bool writing, failed;
    bool sought;                  /* the last block was skipped over, not written */

    uint64_t full_in, partial_in, full_out, partial_out, bytes_out, cut;
};

/* --- operands ------------------------------------------------------------------------------------------- */

/* Takes NAME= off an operand. */
static bool is_operand(struct str word, const char *name, struct str *value)
{
    size_t length = strlen(name);

    if (!str_starts(word, name) || word.length <= length || word.data[length] != '=')
        return false;
    *value = str_after(word, length + 1);
    return true;
}

/* A list of symbols, or'ed into *bits: 0, or the status after a message. */
static int read_symbols(struct call *c, struct str list, const struct symbol *table, const char *what, unsigned *bits)
{
    for (;;) {
        ptrdiff_t comma = str_find(list, ',');
        struct str word = comma < 0 ? list : str_first(list, (size_t)comma);
        const struct symbol *symbol = table;
        while (symbol->name && !str_is(word, symbol->name))
            symbol++;
        if (!symbol->name || (symbol->bits == FLAG_FULLBLOCK && str_is(str_from(what), "output flag")))
            return call_usage_error(c, "invalid %s: %S", what, call_quote_word(c, word));
        *bits |= symbol->bits;
        if (comma < 0)
            return 0;
        list = str_after(list, (size_t)comma + 1);
    }
}

/* NUMBER, NUMBERxNUMBER, each with a suffix, the first with a B behind it: E_INVAL or E_OVERFLOW if it is none. */
static int parse_number(struct call *c, struct str text, uint64_t *number)
{
    static const char suffixes[] = "bcEGkKMPTwYZ0";
    size_t used;
    uint64_t factor = 1;
    unsigned answer = number_parse_size(text, suffixes, number, &used);

    if (answer & NUMBER_INVALID)
        return E_INVAL;
    bool overflow = answer & NUMBER_OVERFLOW;
    struct str rest = str_after(text, used);
    if (rest.length && rest.data[0] == 'B' && used && rest.data[-1] != 'B')
        rest = str_after(rest, 1);
    if (rest.length && rest.data[0] == 'x') {
        struct str other = str_after(rest, 1);
        answer = number_parse_size(other, suffixes, &factor, &used);
        if ((answer & ~(unsigned)NUMBER_OVERFLOW) || used < other.length || other.length == 0)
            return E_INVAL;
        overflow |= (answer & NUMBER_OVERFLOW) && *number;
        rest = str_after(other, used);
        if (*number == 0 && str_starts(text, "0x"))
            call_warn(c, "warning: %S is a zero multiplier; use %S if that is intended", call_quote_word(c, str_lit("0x")),
                      call_quote_word(c, str_lit("00x")));
    }
    if (rest.length)
        return E_INVAL;
    if (overflow || (factor && *number > (uint64_t)INT64_MAX / factor))
        return E_OVERFLOW;
    *number *= factor;
    return 0;
}

static int read_number(struct call *c, struct str text, uint64_t least, uint64_t most, uint64_t *number)
{
    int error = parse_number(c, text, number);

    if (!error && *number < least)
        error = E_INVAL;
    if (!error && *number > most)
        error = E_OVERFLOW;
    if (!error)
        return 0;
    if (error == E_OVERFLOW)
        call_error(c, "invalid number: %S: %m", call_quote_word(c, text), error);
    else
        call_error(c, "invalid number: %S", call_quote_word(c, text));
    return 1;
}

static int read_amount(struct call *c, struct str text, struct amount *amount)
{
    amount->given = true;
    amount->bytes = str_find(text, 'B') >= 0;
    return read_number(c, text, 0, INT64_MAX, &amount->number);
}

static int read_operand(struct call *c, struct dd *d, struct str word)
{
    static const char *const levels[] = {"none", "noxfer", "progress"};
    struct str value;

    if (is_operand(word, "if", &value))
        d->in_path = value;
    else if (is_operand(word, "of", &value))
        d->out_path = value;
    else if (is_operand(word, "conv", &value))
        return read_symbols(c, value, conversions, "conversion", &d->conversion);
    else if (is_operand(word, "iflag", &value))
        return read_symbols(c, value, flags, "input flag", &d->in_flags);
    else if (is_operand(word, "oflag", &value))
        return read_symbols(c, value, flags, "output flag", &d->out_flags);
    else if (is_operand(word, "ibs", &value))
        return read_number(c, value, 1, INT64_MAX / 4, &d->in_block);
    else if (is_operand(word, "obs", &value))
        return read_number(c, value, 1, INT64_MAX / 4, &d->out_block);
    else if (is_operand(word, "bs", &value))
        return read_number(c, value, 1, INT64_MAX / 4, &d->block);
    else if (is_operand(word, "cbs", &value))
        return read_number(c, value, 1, INT64_MAX / 4, &d->line);
    else if (is_operand(word, "skip", &value) || is_operand(word, "iseek", &value))
        return read_amount(c, value, &d->skip);
    else if (is_operand(word, "seek", &value) || is_operand(word, "oseek", &value))
        return read_amount(c, value, &d->seek);
    else if (is_operand(word, "count", &value))
        return read_amount(c, value, &d->count);
    else if (is_operand(word, "status", &value)) {
        for (struct str list = value;; list = str_after(list, (size_t)str_find(list, ',') + 1)) { /* the last one counts */
            ptrdiff_t comma = str_find(list, ',');
            struct str level = comma < 0 ? list : str_first(list, (size_t)comma);
            int i = 0;
            while (i < 3 && !str_is(level, levels[i]))
                i++;
            if (i == 3)
                return call_usage_error(c, "invalid status level: %S", call_quote_word(c, level));
            d->level = (enum level)(i + 1);
            if (comma < 0)
                return 0;
        }
    } else {
        return call_usage_error(c, "unrecognized operand %S", call_quote_word(c, word));
    }
    return 0;
}

static bool several(unsigned bits)
{
    return bits & (bits - 1);
}

static int check_together(struct call *c, const struct dd *d)
{
    const char *what = NULL;

    if (several(d->conversion & (CONV_ASCII | CONV_EBCDIC | CONV_IBM)))
        what = "any two of {ascii,ebcdic,ibm}";
    else if (several(d->conversion & (CONV_BLOCK | CONV_UNBLOCK)))
        what = "block and unblock";
    else if (several(d->conversion & (CONV_LCASE | CONV_UCASE)))
        what = "lcase and ucase";
    else if (several(d->conversion & (CONV_EXCL | CONV_NOCREAT)))
        what = "excl and nocreat";
    else if (several(d->in_flags & (FLAG_DIRECT | FLAG_NOCACHE)) || several(d->out_flags & (FLAG_DIRECT | FLAG_NOCACHE)))
        what = "direct and nocache";
    if (!what)
        return 0;
    call_error(c, "cannot combine %s", what);
    return 1;
}

static void make_table(struct dd *d)
{
    unsigned conversion = d->conversion;
    unsigned char from_ebcdic[256];

    for (int i = 0; i < 256; i++)
        from_ebcdic[ascii_to_ebcdic[i]] = (unsigned char)i;
    for (int i = 0; i < 256; i++) {
        unsigned char byte = conversion & CONV_ASCII ? from_ebcdic[i] : (unsigned char)i;
        if ((conversion & CONV_UCASE) && byte >= 'a' && byte <= 'z')
            byte = (unsigned char)(byte - 32);
        else if ((conversion & CONV_LCASE) && byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte + 32);
        if (conversion & CONV_EBCDIC)
            byte = ascii_to_ebcdic[byte];
        else if (conversion & CONV_IBM)
            byte = ascii_to_ibm[byte];
        d->table[i] = byte;
    }
    d->translates = conversion & (CONV_ASCII | CONV_UCASE | CONV_LCASE | CONV_EBCDIC | CONV_IBM);
    bool ebcdic = conversion & (CONV_EBCDIC | CONV_IBM);
    d->space = ebcdic ? d->table[' '] : ' ';
    d->newline = ebcdic ? d->table['\n'] : '\n';
}

static bool take_signal(struct task *t, int number)
{
    struct call *c = t->state;
    struct dd *d = c->state;

    if (d->dying || (number != SIGNAL_USR1 && number != SIGNAL_INT))
        return false;
    d->asked = true;
    d->interrupted |= number == SIGNAL_INT;
    return true;
}

static const struct task_kind dd_kind = {"dd", call_task_step, take_signal, NULL};

static int start(struct call *c)
{
    struct dd *d = c->state;

    d->saved = -1;
    for (size_t i = 0; i < c->operand_count; i++) {
        int failed = read_operand(c, d, c->operands[i]);
        if (failed)
            return failed;
    }
    if (d->line == 0)
        d->conversion &= ~(unsigned)(CONV_BLOCK | CONV_UNBLOCK);
    int failed = check_together(c, d);
    if (failed)
        return failed;
    if (d->block)
        d->in_block = d->out_block = d->block;
    d->in_block = d->in_block ? d->in_block : DEFAULT_BLOCK;
    d->out_block = d->out_block ? d->out_block : DEFAULT_BLOCK;
    make_table(d);
    d->direct = d->block && !d->translates && !(d->conversion & (CONV_BLOCK | CONV_UNBLOCK | CONV_SWAB));
    d->records = UINT64_MAX;
    if (d->count.given && (d->count.bytes || (d->in_flags & FLAG_COUNT_BYTES))) {
        d->records = d->count.number / d->in_block;
        d->more_bytes = d->count.number % d->in_block;
    } else if (d->count.given) {
        d->records = d->count.number;
    }
    bool counts = d->count.given && d->count.number > 0 && d->count.number < INT64_MAX;
    d->warn_partial = d->direct && !(d->in_flags & FLAG_FULLBLOCK) &&
                      (d->skip.number || counts || ((d->in_flags | d->out_flags) & FLAG_DIRECT));
    d->in_name = d->in_path.data ? d->in_path : str_lit("standard input");
    d->out_name = d->out_path.data ? d->out_path : str_lit("standard output");
    buf_init(&d->piece, c->heap);
    buf_init(&d->out_buffer, c->heap);
    if (!c->shell)
        c->task->kind = &dd_kind;
    return 0;
}

/* --- what is said at the end, or when asked ------------------------------------------------------------------ */

/* Half goes to the even one. */
static uint64_t divide_rounded(uint64_t a, uint64_t b)
{
    uint64_t quotient = a / b, rest = a % b;
    return quotient + (rest > b - rest || (rest == b - rest && quotient % 2));
}

/* 1.0 kB, 12 MiB: false when it is less than one of the first unit. */
static bool add_size(struct buf *out, uint64_t bytes, uint64_t base)
{
    static const char letters[] = "KMGTPE";
    uint64_t unit = 1;
    int power = 0;

    if (bytes < base)
        return false;
    while (bytes / unit >= base) {
        unit *= base;
        power++;
    }
    uint64_t whole = bytes / unit, rest = bytes % unit;
    if (whole < 10) {
        uint64_t tenths = whole * 10 + rest / (unit / 10 ? unit / 10 : 1);
        if (unit % 10) { /* of 1024: without overflow, a tenth more exactly */
            uint64_t scaled = unit >= (uint64_t)1 << 50 ? unit >> 20 : unit, part = unit >= (uint64_t)1 << 50 ? rest >> 20 : rest;
            tenths = whole * 10 + divide_rounded(part * 10, scaled);
        } else {
            tenths = divide_rounded(bytes, unit / 10);
        }
        if (tenths < 100)
            buf_print(out, "%llu.%llu ", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
        else
            buf_add_text(out, "10 ");
    } else {
        whole = divide_rounded(bytes, unit);
        if (whole == base && power < 6) {
            power++;
            buf_add_text(out, "1.0 ");
        } else {
            buf_print(out, "%llu ", (unsigned long long)whole);
        }
    }
    char letter = letters[power - 1];
    buf_add_byte(out, base == 1000 && letter == 'K' ? 'k' : letter);
    buf_add_text(out, base == 1000 ? "B" : "iB");
    return true;
}

static void add_rate(struct buf *out, uint64_t bytes, int64_t nanoseconds)
{
    static const char letters[] = "kMGTPE";
    if (nanoseconds <= 0) {
        buf_add_text(out, "Infinity B/s");
        return;
    }
    double rate = (double)bytes * SECOND / (double)nanoseconds, unit = 1000;
    int power = 0;
    while (unit * 1000 <= rate && power < 5) {
        unit *= 1000;
        power++;
    }
    size_t from = out->length;
    struct format tenths = FORMAT('f', 1), whole = FORMAT('f', 0);
    format_double(out, &tenths, rate / unit);
    if (out->length - from > 4) {
        out->length = from;
        format_double(out, &whole, rate / unit);
    }
    buf_print(out, " %cB/s", letters[power]);
}

/* "12 bytes copied, 0.1 s, 0.1 kB/s" */
static void add_transfer(struct call *c, struct buf *out, bool progress)
{
    struct dd *d = c->state;
    int64_t passed = sandbox_now(c->task->sandbox) - d->began;
    struct format seconds = FORMAT(progress ? 'f' : 'g', progress ? 0 : 6);
    size_t at;

    buf_print(out, "%llu byte%s", (unsigned long long)d->bytes_out, d->bytes_out == 1 ? "" : "s");
    at = out->length;
    buf_add_text(out, " (");
    if (add_size(out, d->bytes_out, 1000)) {
        size_t comma = out->length;
        buf_add_text(out, ", ");
        if (!add_size(out, d->bytes_out, 1024))
            out->length = comma;
        buf_add_byte(out, ')');
    } else {
        out->length = at;
    }
    buf_add_text(out, " copied, ");
    format_double(out, &seconds, (double)passed / SECOND);
    buf_add_text(out, " s, ");
    add_rate(out, d->bytes_out, passed);
}

static void put_statistics(struct call *c, struct dd *d)
{
    if (d->level == LEVEL_NONE)
        return;
    call_complain(c, "%s%llu+%llu records in\n%llu+%llu records out\n", d->shown ? "\n" : "", (unsigned long long)d->full_in,
                  (unsigned long long)d->partial_in, (unsigned long long)d->full_out, (unsigned long long)d->partial_out);
    d->shown = 0;
    if (d->cut)
        call_complain(c, "%llu truncated record%s\n", (unsigned long long)d->cut, d->cut == 1 ? "" : "s");
    if (d->level == LEVEL_NOXFER)
        return;
    struct buf text;
    buf_init(&text, c->heap);
    add_transfer(c, &text, false);
    call_complain(c, "%S\n", buf_str(&text));
    buf_drop(&text);
}

static void put_progress(struct call *c, struct dd *d)
{
    struct buf text;

    buf_init(&text, c->heap);
    add_transfer(c, &text, true);
    size_t length = text.length;
    if (length < d->shown)
        buf_fill(&text, ' ', d->shown - length);
    d->shown = length;
    call_complain(c, "\r%S", buf_str(&text));
    buf_drop(&text);
    d->next_progress += SECOND;
}

/* A message: first the line of the progress is ended. */
static void end_progress(struct call *c, struct dd *d)
{
    if (d->shown)
        call_complain(c, "\n");
    d->shown = 0;
}

/* --- opening, skipping, seeking --------------------------------------------------------------------------------- */

static const uint64_t offset_most = ((uint64_t)1 << 44) - 4096; /* of a file of ext4 */

/* iflag and oflag of a file that was opened by others: 0 or an error after a message. */
static int set_flags(struct call *c, const struct file *f, unsigned wanted, struct str name)
{
    int error = 0;

    if (!f && (wanted & ~(unsigned)(FLAG_FULLBLOCK | FLAG_COUNT_BYTES | FLAG_SKIP_BYTES | FLAG_SEEK_BYTES)))
        error = E_BADF;
    else if (f && (wanted & FLAG_DIRECTORY) && f->kind != FILE_DIRECTORY)
        error = E_NOTDIR;
    if (error)
        call_error(c, "setting flags for %S: %m", call_quote(c, name), error);
    return error;
}

/* 0, E_WAIT, or another error after a message. */
static int open_in(struct call *c, struct dd *d)
{
    if (!d->in_path.data) {
        d->in = fds_get(c->task, 0);
        return set_flags(c, d->in, d->in_flags, d->in_name);
    }
    unsigned how = OPEN_READ | (d->in_flags & FLAG_NOFOLLOW ? OPEN_NO_FOLLOW : 0u) | (d->in_flags & FLAG_DIRECTORY ? OPEN_DIRECTORY : 0u);
    int error = call_create(c, d->in_path, how, &d->in);
    if (error && error != E_WAIT)
        call_error(c, "failed to open %S: %m", call_quote(c, d->in_path), error);
    return error;
}

/* Blocks to bytes; false when they are too many. */
static bool in_bytes(const struct amount *amount, bool flag, uint64_t block, uint64_t *bytes)
{
    *bytes = amount->number;
    if (amount->bytes || flag)
        return true;
    if (amount->number > (uint64_t)INT64_MAX / block)
        return false;
    *bytes = amount->number * block;
    return true;
}

static int open_out(struct call *c, struct dd *d)
{
    uint64_t size = 0;
    bool keep = d->conversion & CONV_NOTRUNC;

    if (!d->out_path.data) {
        d->out = fds_get(c->task, 1);
        if (d->out && (d->out_flags & FLAG_APPEND))
            d->out->flags |= OPEN_APPEND;
        return set_flags(c, d->out, d->out_flags, d->out_name);
    }
    if (!d->out) {
        unsigned how = OPEN_WRITE;
        how |= d->conversion & CONV_NOCREAT ? 0u : OPEN_CREATE;
        how |= d->conversion & CONV_EXCL ? OPEN_EXCLUSIVE : 0u;
        how |= !keep && !d->seek.number ? OPEN_TRUNCATE : 0u;
        how |= d->out_flags & FLAG_NOFOLLOW ? OPEN_NO_FOLLOW : 0u;
        how |= d->out_flags & FLAG_APPEND ? OPEN_APPEND : 0u;
        int error = d->out_flags & FLAG_DIRECTORY ? E_INVAL : call_create(c, d->out_path, how, &d->out);
        if (error && error != E_WAIT)
            call_error(c, "failed to open %S: %m", call_quote(c, d->out_path), error);
        if (error) {
            d->out = NULL;
            return error;
        }
    }
    if (!d->seek.number || keep)
        return 0;
    if (!in_bytes(&d->seek, d->out_flags & FLAG_SEEK_BYTES, d->out_block, &size)) {
        call_error(c, "offset too large: cannot truncate to a length of seek=%llu (%llu-byte) blocks", (unsigned long long)d->seek.number,
                   (unsigned long long)d->out_block);
        return E_OVERFLOW;
    }
    if (d->out->kind == FILE_INODE) {
        int64_t fuel = c->meter->fuel;
        int error = size > offset_most ? E_FBIG
                                       : task_charged(c->task, fuel, vfs_truncate(&c->task->sandbox->vfs, d->out->number, size));
        if (error == E_WAIT)
            return error;
        if (error)
            call_error(c, "failed to truncate to %llu bytes in output file %S: %m", (unsigned long long)size, call_quote(c, d->out_path),
                       error);
    }
    return 0;
}

static bool can_seek(const struct file *f)
{
    return f && (f->kind == FILE_INODE || f->kind == FILE_DEVICE || f->kind == FILE_DIRECTORY);
}

/* Begins to skip: what can seek is done at once. 0 or an error after a message. */
static int begin_skip(struct call *c, struct dd *d)
{
    uint64_t bytes, size = 0;
    int error = 0;
    bool as_bytes = d->skip.bytes || (d->in_flags & FLAG_SKIP_BYTES);

    if (!d->skip.number || !d->in)
        return 0;
    if (!can_seek(d->in)) {
        d->skip_left = as_bytes ? d->skip.number / d->in_block : d->skip.number;
        d->skip_bytes = as_bytes ? d->skip.number % d->in_block : 0;
        return 0;
    }
    if (!in_bytes(&d->skip, as_bytes, d->in_block, &bytes))
        error = E_OVERFLOW;
    else if (d->in->offset > offset_most || bytes > offset_most - d->in->offset)
        error = E_INVAL;
    if (error) {
        call_error(c, "%S: cannot skip: %m", call_quote_for_colon(c, d->in_name), error);
        return error;
    }
    if (d->in->kind != FILE_INODE)
        return 0;
    struct stat_info info;
    error = file_stat(d->in, &info);
    if (error)
        return error;
    size = info.size > d->in->offset ? info.size - d->in->offset : 0;
    if (bytes > size && d->level != LEVEL_NONE)
        call_warn(c, "%S: cannot skip to specified offset", call_quote_for_colon(c, d->in_name));
    d->in->offset += bytes < size ? bytes : size;
    return 0;
}

static int seek_out(struct call *c, struct dd *d)
{
    uint64_t bytes;
    int error = 0;

    if (!d->seek.number)
        return 0;
    if (!can_seek(d->out))
        error = d->out ? E_SPIPE : E_BADF;
    else if (!in_bytes(&d->seek, d->out_flags & FLAG_SEEK_BYTES, d->out_block, &bytes))
        error = E_OVERFLOW;
    else if (d->out->offset > offset_most || bytes > offset_most - d->out->offset)
        error = E_INVAL;
    else if (d->out->kind == FILE_INODE)
        d->out->offset += bytes;
    if (error)
        call_error(c, "%S: cannot seek: %m", call_quote_for_colon(c, d->out_name), error);
    return error;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* One look at the input: at most `most` bytes into d->piece. E_WAIT, 0 at the end (with a message and c->status if it failed),
 * else how many; *last: a read of Linux would have ended there. */
static int64_t read_piece(struct call *c, struct dd *d, uint64_t most, bool *last)
{
    struct str bytes;
    int error = E_BADF;

    if (d->in) {
        if (d->in->kind == FILE_INODE && d->out && d->out->kind == FILE_INODE && d->in->number == d->out->number) {
            extent_release(d->in->extent, c->meter); /* what was written meanwhile is to be seen */
            d->in->extent = NULL;
        }
        error = file_peek(d->in, c->task, &bytes);
    }
    if (error == E_WAIT)
        return error;
    *last = true;
    if (error) {
        end_progress(c, d);
        call_error(c, "error reading %S: %m", call_quote(c, d->in_name), error);
        return 0;
    }
    size_t count = bytes.length < most ? bytes.length : (size_t)most;
    count = count < TEXT_PIECE ? count : TEXT_PIECE;
    buf_add(&d->piece, str_first(bytes, count));
    bool stream = d->in->kind != FILE_INODE && d->in->kind != FILE_DEVICE && !(d->in_flags & FLAG_FULLBLOCK);
    *last = count == 0 || (stream && count == bytes.length);
    file_take(d->in, count);
    return (int64_t)count;
}

/* A read is over: warns of one before that was short. */
static void note_read(struct call *c, struct dd *d, uint64_t count)
{
    if (count && d->warn_partial && d->previous && d->previous < d->in_block) {
        end_progress(c, d);
        if (d->level != LEVEL_NONE)
            call_warn(c, "warning: partial read (%llu byte%s); suggest iflag=fullblock", (unsigned long long)d->previous,
                      d->previous == 1 ? "" : "s");
        d->warn_partial = false;
    }
    d->previous = count;
}

/* Reads and throws away what cannot be skipped: true when done. */
static enum step skip_in(struct call *c, struct dd *d)
{
    while (d->skip_left || d->skip_bytes) {
        if (!call_go(c))
            return STEP_AGAIN;
        bool last;
        uint64_t want = d->skip_left ? d->in_block : d->skip_bytes;
        int64_t count = read_piece(c, d, want - d->got, &last);
        if (count == E_WAIT)
            return STEP_WAIT;
        buf_clear(&d->piece);
        d->got += (uint64_t)count;
        if (!last && d->got < want)
            continue;
        call_charge(c, 1);
        note_read(c, d, d->got);
        d->skipped += d->got;
        bool end = d->got == 0;
        d->got = 0;
        if (end || !d->skip_left)
            break;
        d->skip_left--;
    }
    uint64_t bytes;
    if (d->skip.number && d->in && !can_seek(d->in) && d->level != LEVEL_NONE &&
        (!in_bytes(&d->skip, d->in_flags & FLAG_SKIP_BYTES, d->in_block, &bytes) || d->skipped < bytes))
        call_warn(c, "%S: cannot skip to specified offset", call_quote_for_colon(c, d->in_name));
    return STEP_DONE;
}

/* The next record, if there is one to be. */
static enum phase begin_record(struct call *c, struct dd *d)
{
    uint64_t records = d->full_in + d->partial_in;

    if (d->level == LEVEL_PROGRESS && sandbox_now(c->task->sandbox) >= d->next_progress)
        put_progress(c, d);
    if (d->ended || (d->records != UINT64_MAX && records >= d->records + (d->more_bytes > 0)))
        return PHASE_LAST;
    d->wanted = records >= d->records ? d->more_bytes : d->in_block;
    d->got = 0;
    d->padding = d->record_done = false;
    return PHASE_READ;
}

/* A piece of the record, read or made up: E_WAIT, 0 when there is something to convert, 1 when there is nothing. */
static int read_record(struct call *c, struct dd *d)
{
    bool last = true;

    if (d->padding) {
        uint64_t rest = d->in_block - d->got;
        size_t count = rest < TEXT_PIECE ? (size_t)rest : TEXT_PIECE;
        buf_fill(&d->piece, d->conversion & (CONV_BLOCK | CONV_UNBLOCK) ? ' ' : '\0', count);
        call_charge_bytes(c, count);
        d->got += count;
        d->record_done = d->got == d->in_block;
        return 0;
    }
    int64_t count = read_piece(c, d, d->wanted - d->got, &last);
    if (count == E_WAIT)
        return E_WAIT;
    d->got += (uint64_t)count;
    if (!last && d->got < d->wanted)
        return 0;
    call_charge(c, 1);
    d->ended = count == 0; /* what is there of the record is its last */
    note_read(c, d, d->got);
    if (d->got == 0)
        return 1;
    if (d->got == d->in_block)
        d->full_in++;
    else
        d->partial_in++;
    d->padding = (d->conversion & CONV_SYNC) && d->got < d->in_block;
    d->record_done = !d->padding;
    return 0;
}

/* --- converting -------------------------------------------------------------------------------------------------- */

/* Letters and pairs, in place: the lines are made when it goes to the output. */
static void translate(struct call *c, struct dd *d)
{
    char *data = d->piece.data;
    size_t length = d->piece.length;

    if (d->translates)
        for (size_t i = 0; i < length; i++)
            data[i] = (char)d->table[(unsigned char)data[i]];
    if (d->translates || (d->conversion & CONV_SWAB))
        call_charge_bytes(c, length);
    if (!(d->conversion & CONV_SWAB) || length == 0)
        return;
    if (d->saved >= 0) {
        buf_add_byte(&d->piece, 0);
        data = d->piece.data;
        memmove(data + 1, data, length);
        data[0] = (char)d->saved;
        length++;
    }
    d->saved = -1;
    if (length % 2) {
        d->saved = (unsigned char)data[length - 1];
        length--;
    }
    for (size_t i = 0; i < length; i += 2) {
        char byte = data[i];
        data[i] = data[i + 1];
        data[i + 1] = byte;
    }
    d->piece.length = length;
}

/* Room in the block being made. */
static size_t room(const struct dd *d)
{
    uint64_t most = d->out_block - d->in_out_block;
    if (!(d->conversion & CONV_SPARSE) && most > TEXT_PIECE)
        most = TEXT_PIECE;
    return most > d->out_buffer.length ? (size_t)(most - d->out_buffer.length) : 0;
}

/* Moves converted bytes to the output buffer until it is full or the piece is used up. */
static void make_lines(struct call *c, struct dd *d)
{
    size_t before = d->out_buffer.length;
    struct str piece = buf_str(&d->piece);
    bool block = d->conversion & CONV_BLOCK, unblock = d->conversion & CONV_UNBLOCK;

    for (size_t left; (left = room(d)) > 0;) {
        if (d->pad) {
            size_t count = d->pad < left ? (size_t)d->pad : left;
            buf_fill(&d->out_buffer, (char)d->space, count);
            d->pad -= count;
            continue;
        }
        if (d->newline_due) {
            buf_add_byte(&d->out_buffer, (char)d->newline);
            d->newline_due = false;
            continue;
        }
        if (d->at == piece.length)
            break;
        if (!block && !unblock) {
            size_t count = piece.length - d->at < left ? piece.length - d->at : left;
            buf_add(&d->out_buffer, str_of(piece.data + d->at, count));
            d->at += count;
            continue;
        }
        char byte = piece.data[d->at];
        if (block && (unsigned char)byte == d->newline) {
            d->pad = d->column < d->line ? d->line - d->column : 0;
            d->column = 0;
            d->at++;
        } else if (block) {
            if (d->column == d->line)
                d->cut++;
            if (d->column < d->line)
                buf_add_byte(&d->out_buffer, byte);
            d->column++;
            d->at++;
        } else if (d->column >= d->line) {
            d->column = d->held = 0;
            d->newline_due = true;
        } else if ((unsigned char)byte == ' ') {
            d->column++;
            d->held++;
            d->at++;
        } else if (d->held) {
            d->pad = d->held;
            d->held = 0;
        } else {
            d->column++;
            d->at++;
            buf_add_byte(&d->out_buffer, byte);
        }
    }
    if (block || unblock)
        call_charge_bytes(c, d->out_buffer.length - before);
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

static bool is_empty(const struct buf *b)
{
    return b->length && b->data[0] == 0 && memcmp(b->data, b->data + 1, b->length - 1) == 0;
}

/* What is in the output buffer goes: 0, E_WAIT, or 1 after a message. */
static int write_buffer(struct call *c, struct dd *d)
{
    if (!d->gone && (d->conversion & CONV_SPARSE) && can_seek(d->out) && d->out_buffer.length && is_empty(&d->out_buffer)) {
        call_charge_bytes(c, d->out_buffer.length);
        if (d->out->kind == FILE_INODE)
            d->out->offset += d->out_buffer.length;
        d->bytes_out += d->out_buffer.length;
        d->in_out_block += d->out_buffer.length;
        d->sought = true;
        buf_clear(&d->out_buffer);
        return 0;
    }
    while (d->gone < d->out_buffer.length) {
        int64_t count = d->out ? file_write(d->out, c->task, str_after(buf_str(&d->out_buffer), d->gone)) : E_BADF;
        if (count == E_WAIT)
            return E_WAIT;
        if (count < 0) {
            d->failed = true;
            if (count == E_PIPE && c->task->pending)
                return 1;
            end_progress(c, d);
            call_error(c, "error writing %S: %m", call_quote(c, d->out_name), (int)count);
            return 1;
        }
        d->sought = false;
        d->gone += (size_t)count;
        d->bytes_out += (uint64_t)count;
        d->in_out_block += (uint64_t)count;
    }
    d->gone = 0;
    buf_clear(&d->out_buffer);
    return 0;
}

/* A block is over: counts it. */
static void end_block(struct dd *d)
{
    if (d->in_out_block == d->out_block)
        d->full_out++;
    else if (d->in_out_block)
        d->partial_out++;
    d->in_out_block = 0;
}

/* Takes the piece to the output, as far as it goes without waiting: 0 when it is used up, 1 when there is more to do, 2 when the
 * output takes nothing any more, E_WAIT. */
static int convert(struct call *c, struct dd *d)
{
    if (!d->writing) {
        make_lines(c, d);
        bool over = d->in_out_block + d->out_buffer.length == d->out_block;
        bool enough = !(d->conversion & CONV_SPARSE) && (d->out_buffer.length >= TEXT_PIECE || d->direct);
        if (d->direct && d->record_done && d->at == d->piece.length)
            over = true;
        if (!over && !enough)
            return 0;
        d->writing = true;
    }
    int failed = write_buffer(c, d);
    if (failed)
        return failed == E_WAIT ? E_WAIT : 2;
    d->writing = false;
    bool used = d->at == d->piece.length && !d->pad && !d->newline_due;
    if (d->in_out_block == d->out_block || (d->direct && d->record_done && used))
        end_block(d);
    return used ? 0 : 1;
}

/* --- the end -------------------------------------------------------------------------------------------------------------- */

/* What is still held back becomes the last piece: true when there was some. */
static bool take_last(struct dd *d)
{
    buf_clear(&d->piece);
    d->at = 0;
    if (d->saved >= 0) {
        buf_add_byte(&d->piece, (char)d->saved);
        d->saved = -1;
        return true;
    }
    if (d->column) {
        if (d->conversion & CONV_UNBLOCK)
            d->newline_due = true;
        else if (d->column < d->line)
            d->pad = d->line - d->column;
        d->column = 0;
        return true;
    }
    return false;
}

static int end_file(struct call *c, struct dd *d)
{
    struct stat_info info;

    if (!d->out || d->out->kind != FILE_INODE || !d->sought)
        return 0;
    int error = file_stat(d->out, &info);
    int64_t fuel = c->meter->fuel;
    if (!error && info.size < d->out->offset)
        error = task_charged(c->task, fuel, vfs_truncate(&c->task->sandbox->vfs, d->out->number, d->out->offset));
    if (error == E_WAIT)
        return error;
    if (error)
        call_error(c, "failed to truncate to %llu bytes in output file %S: %m", (unsigned long long)d->out->offset,
                   call_quote(c, d->out_name), error);
    return 0;
}

static enum step finish(struct call *c, struct dd *d)
{
    if ((d->conversion & CONV_FSYNC) && !d->failed && (!d->out || d->out->kind != FILE_INODE)) {
        end_progress(c, d);
        call_error(c, "fsync failed for %S: %m", call_quote(c, d->out_name), d->out ? E_INVAL : E_BADF);
    }
    if (!d->in || !d->out) {
        call_error(c, d->in ? "closing output file %S: %m" : "closing input file %S: %m", call_quote(c, d->in ? d->out_name : d->in_name),
                   E_BADF);
        return call_done(c);
    }
    put_statistics(c, d);
    const struct file *err = fds_get(c->task, 2);
    if (!err || (err->kind == FILE_DEVICE && err->device == DEVICE_FULL && c->err.length))
        c->status = 1;
    return call_done(c);
}

/* --- the command ------------------------------------------------------------------------------------------------------------ */

static enum step open_both(struct call *c, struct dd *d)
{
    if (!d->opened_in) {
        int error = open_in(c, d);
        if (error)
            return error == E_WAIT ? STEP_WAIT : STEP_DONE;
        d->opened_in = true;
    }
    if ((d->out_flags & FLAG_APPEND) && !(d->conversion & CONV_NOTRUNC) && !d->truncated) {
        call_warn(c, "you probably want conv=notrunc with oflag=append");
        d->truncated = true;
    }
    int error = open_out(c, d);
    if (error)
        return error == E_WAIT ? STEP_WAIT : STEP_DONE;
    d->began = sandbox_now(c->task->sandbox);
    call_charge(c, 1);
    d->next_progress = d->began + SECOND;
    d->phase = begin_skip(c, d) ? PHASE_FINISH : PHASE_SKIP;
    return STEP_AGAIN;
}

static enum step work(struct call *c, struct dd *d)
{
    int done;
    enum step step;

    switch (d->phase) {
    case PHASE_OPEN:
        return open_both(c, d);
    case PHASE_SKIP:
        step = skip_in(c, d);
        if (step != STEP_DONE)
            return step;
        d->phase = PHASE_SEEK;
        return STEP_AGAIN;
    case PHASE_SEEK:
        d->phase = seek_out(c, d) ? PHASE_FINISH : PHASE_BEGIN;
        return STEP_AGAIN;
    case PHASE_BEGIN:
        d->phase = begin_record(c, d);
        return STEP_AGAIN;
    case PHASE_READ:
        done = read_record(c, d);
        if (done == E_WAIT)
            return STEP_WAIT;
        d->at = 0;
        translate(c, d);
        d->phase = done ? PHASE_LAST : PHASE_CONVERT;
        return STEP_AGAIN;
    case PHASE_CONVERT:
    case PHASE_LAST:
        if (d->phase == PHASE_LAST && !d->writing && d->at == d->piece.length && !d->pad && !d->newline_due && !take_last(d)) {
            done = write_buffer(c, d);
            if (done == E_WAIT)
                return STEP_WAIT;
            end_block(d);
            if (!done && end_file(c, d) == E_WAIT)
                return STEP_WAIT;
            d->phase = PHASE_FINISH;
            return STEP_AGAIN;
        }
        done = convert(c, d);
        if (done == E_WAIT)
            return STEP_WAIT;
        if (done == 2) {
            d->phase = PHASE_FINISH;
        } else if (done == 0 && d->phase == PHASE_CONVERT) {
            buf_clear(&d->piece);
            d->at = 0;
            d->phase = d->record_done ? PHASE_BEGIN : PHASE_READ;
        }
        return STEP_AGAIN;
    case PHASE_FINISH:
        break;
    }
    return finish(c, d);
}

static enum step step(struct call *c)
{
    struct dd *d = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (d->asked && d->phase > PHASE_OPEN) {
            d->asked = false;
            put_statistics(c, d);
            d->dying = d->interrupted;
            continue;
        }
        if (d->dying) { /* to end as it would have */
            task_signal(c->task, SIGNAL_INT);
            return STEP_WAIT;
        }
        if (c->task->pending && d->failed)
            return STEP_WAIT; /* a broken pipe ends it silently */
        enum step step = work(c, d);
        if (step != STEP_AGAIN)
            return step;
    }
}

const struct command command_dd = {
    .name = "dd",
    .usage = "[OPERAND]...\nOPTION",
    .summary = "Copy a file, converting and formatting according to the operands.",
    .help = "  bs=BYTES        read and write up to BYTES bytes at a time (default: 512); overrides ibs and obs\n"
            "  cbs=BYTES       convert BYTES bytes at a time\n"
            "  conv=CONVS      convert the file as per the comma separated symbol list\n"
            "  count=N         copy only N input blocks\n"
            "  ibs=BYTES       read up to BYTES bytes at a time (default: 512)\n"
            "  if=FILE         read from FILE instead of stdin\n"
            "  iflag=FLAGS     read as per the comma separated symbol list\n"
            "  obs=BYTES       write BYTES bytes at a time (default: 512)\n"
            "  of=FILE         write to FILE instead of stdout\n"
            "  oflag=FLAGS     write as per the comma separated symbol list\n"
            "  seek=N          (or oseek=N) skip N obs-sized output blocks\n"
            "  skip=N          (or iseek=N) skip N ibs-sized input blocks\n"
            "  status=LEVEL    none: only error messages; noxfer: no final transfer statistics; progress: periodic ones\n\n"
            "N and BYTES may be followed by c 1, w 2, b 512, kB 1000, K 1024, MB 1000*1000, M 1024*1024, and so on for\n"
            "G, T, P, E, Z, Y; KiB=K, MiB=M, and so on; NxM is a product. If N ends in 'B', it counts bytes not blocks.\n\n"
            "CONVS: ascii (from EBCDIC), ebcdic, ibm (from ASCII), block and unblock (lines from and to records of cbs\n"
            "bytes), lcase, ucase, sparse (seek rather than write blocks of NULs), swab (swap pairs of bytes), sync (pad\n"
            "each input block), excl, nocreat, notrunc, noerror, fdatasync, fsync.\n\n"
            "FLAGS: append, directory, nofollow, fullblock (iflag), count_bytes, skip_bytes (iflag), seek_bytes (oflag);\n"
            "direct, dsync, sync, nonblock, noatime, nocache and noctty make no difference here.\n\n"
            "The time told is that of the sandbox's clock. SIGUSR1 makes dd print its statistics and go on.",
    .state = sizeof(struct dd),
    .start = start,
    .step = step,
};
