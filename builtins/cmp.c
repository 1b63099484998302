/* builtins/cmp.c - compare two files byte by byte. */
#include "base/number.h"
#include "builtins/text.h"

enum { PRINT_CHARS = OPTION_LONG };

static const struct option options[] = {
    {'b', "print-bytes", NULL, "print differing bytes"},
    {PRINT_CHARS, "print-chars", NULL, NULL},
    {'c', NULL, NULL, NULL},
    {'i', "ignore-initial", "SKIP", "skip the first SKIP bytes of both inputs; SKIP1:SKIP2 of each"},
    {'l', "verbose", NULL, "output byte numbers and differing byte values"},
    {'n', "bytes", "LIMIT", "compare at most LIMIT bytes"},
    {'s', "quiet", NULL, "suppress all normal output"},
    {'s', "silent", NULL, NULL},
    {'v', NULL, NULL, "output version information and exit"},
    {0},
};

struct side {
    struct str name;
    struct input *input;
    uint64_t skip;     /* bytes still to be passed over */
    struct str block;  /* what there is now, in this step */
    bool ended;
};

struct cmp {
    struct side sides[2];
    int opened;
    bool settled;      /* both are open, the width is known */
    bool bytes, all, silent, discarded; /* -b, -l, -s; the output goes to the null device */
    uint64_t left;     /* bytes to compare at most */
    uint64_t at, line; /* bytes compared, newlines among them */
    char last;         /* byte compared */
    int width;         /* of the numbers of -l */
};

/* --- options ---------------------------------------------------------------------------------------------- */

static int invalid(struct call *c, const char *option, struct str value)
{
    return call_usage_error(c, "invalid --%s value '%S'", option, value);
}

/* A number that ends at `end` or, if that is not 0, before it: false when it is none or too large. */
static bool read_size(struct str value, uint64_t *number)
{
    size_t digits, used;
    uint64_t count = 1;
    bool overflow = false;
    if (value.length == 0 || value.data[0] == '-')
        return false;
    digits = number_parse_unsigned(value, 0, &count, &overflow); /* hexadecimal and octal too */
    *number = 1;
    if (digits < value.length && (!utf8_byte_is(value.data[digits], UTF8_ALPHA) ||
                                  number_parse_size(str_after(value, digits), "kKMGTPEZY0", number, &used) != NUMBER_OK))
        return false;
    if (digits == 0)
        count = 1;
    if (overflow || *number == 0 || count > INT64_MAX / *number)
        return false;
    *number *= count;
    return true;
}

static void raise(uint64_t *skip, uint64_t value)
{
    *skip = *skip > value ? *skip : value;
}

/* SKIP or SKIP1:SKIP2 */
static int read_skips(struct call *c, struct cmp *m, struct str value)
{
    uint64_t first, second;
    ptrdiff_t colon = str_find(value, ':');
    bool two = colon > 0 && read_size(str_first(value, (size_t)colon), &first);
    if (!two && !read_size(value, &first))
        return invalid(c, "ignore-initial", value);
    struct str rest = two ? str_after(value, (size_t)colon + 1) : value;
    if (!read_size(rest, &second))
        return invalid(c, "ignore-initial", rest);
    raise(&m->sides[0].skip, first);
    raise(&m->sides[1].skip, second);
    return 0;
}

static int cmp_start(struct call *c)
{
    struct cmp *m = c->state;
    m->left = UINT64_MAX;
    c->failure = 2;
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        uint64_t number;
        int status = 0;
        switch (c->options[i].letter) {
        case 'b': case 'c': case PRINT_CHARS: m->bytes = true; break;
        case 'l': m->all = true; break;
        case 's': m->silent = true; break;
        case 'i':
            status = read_skips(c, m, value);
            break;
        case 'n':
            if (!read_size(value, &number))
                return invalid(c, "bytes", value);
            m->left = number < m->left ? number : m->left;
            break;
        case 'v':
            call_print_text(c, "cmp (nacre) 0.1.0\n");
            c->finished = true;
            return 0;
        default: break;
        }
        if (status)
            return status;
        if (m->all && m->silent)
            return call_usage_error(c, "options -l and -s are incompatible");
    }
    if (c->operand_count == 0)
        return call_usage_error(c, "missing operand after '%S'", c->argc > 1 ? c->argv[c->argc - 1] : c->argv[0]);
    m->sides[0].name = c->operands[0];
    m->sides[1].name = c->operand_count > 1 ? c->operands[1] : str_lit("-");
    for (size_t i = 2; i < c->operand_count; i++) {
        uint64_t number;
        if (i == 4)
            return call_usage_error(c, "extra operand '%S'", c->operands[i]);
        if (!read_size(c->operands[i], &number))
            return invalid(c, "ignore-initial", c->operands[i]);
        raise(&m->sides[i - 2].skip, number);
    }
    return 0;
}

/* --- the ends ------------------------------------------------------------------------------------------------ */

static bool is_null_device(const struct call *c)
{
    const struct file *out = fds_get(c->task, 1);
    return out && out->kind == FILE_DEVICE && out->device == DEVICE_NULL;
}

static enum step say_end(struct call *c, struct cmp *m, const struct side *s)
{
    if (m->silent)
        return call_exit(c, 1);
    if (m->at == 0)
        call_warn(c, "EOF on %S which is empty", s->name);
    else if (m->all || m->discarded)
        call_warn(c, "EOF on %S after byte %llu", s->name, (unsigned long long)m->at);
    else if (m->last == '\n')
        call_warn(c, "EOF on %S after byte %llu, line %llu", s->name, (unsigned long long)m->at,
                  (unsigned long long)m->line);
    else
        call_warn(c, "EOF on %S after byte %llu, in line %llu", s->name, (unsigned long long)m->at,
                  (unsigned long long)m->line + 1);
    return call_exit(c, 1);
}

/* A byte as cat -v shows it. */
static struct str visible(unsigned char byte, char text[4])
{
    size_t n = 0;
    if (byte >= 128) {
        text[n++] = 'M';
        text[n++] = '-';
        byte -= 128;
    }
    if (byte < 32 || byte == 127) {
        text[n++] = '^';
        byte ^= 64;
    }
    text[n++] = (char)byte;
    return str_of(text, n);
}

static bool speaks_of_bytes(const struct call *c)
{
    return utf8_locale(call_locale_name(c, "LC_MESSAGES")) != LOCALE_C;
}

static void say_difference(struct call *c, const struct cmp *m, uint64_t at, uint64_t line,
                           const unsigned char bytes[2])
{
    char text[2][4];
    struct str one = visible(bytes[0], text[0]), two = visible(bytes[1], text[1]);
    if (m->all && m->bytes)
        call_format(c, "%*llu %3o %-4S %3o %S\n", m->width, (unsigned long long)at, bytes[0], one, bytes[1], two);
    else if (m->all)
        call_format(c, "%*llu %3o %3o\n", m->width, (unsigned long long)at, bytes[0], bytes[1]);
    else if (m->bytes)
        call_format(c, "%S %S differ: byte %llu, line %llu is %3o %S %3o %S\n", m->sides[0].name, m->sides[1].name,
                    (unsigned long long)at, (unsigned long long)line, bytes[0], one, bytes[1], two);
    else
        call_format(c, "%S %S differ: %s %llu, line %llu\n", m->sides[0].name, m->sides[1].name,
                    speaks_of_bytes(c) ? "byte" : "char", (unsigned long long)at, (unsigned long long)line);
}

/* --- the comparison ------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or an error that was told. */
static int open_sides(struct call *c, struct cmp *m)
{
    for (; m->opened < 2; m->opened++) {
        struct side *s = &m->sides[m->opened];
        int error = input_open(c, &s->input, s->name, true);
        if (error == E_WAIT)
            return error;
        if (error) {
            if (m->silent)
                c->status = 2;
            else
                call_error(c, "%S: %m", s->name, error);
            return error;
        }
    }
    return 0;
}

/* The same file from the same place on, or what their sizes say about the width of -l. True: there is nothing
 * to compare. */
static bool settle(struct call *c, struct cmp *m)
{
    struct file *files[2] = {m->sides[0].input->file, m->sides[1].input->file};
    uint64_t most = m->left < INT64_MAX ? m->left : INT64_MAX;
    m->settled = true;
    m->discarded = !m->silent && is_null_device(c);
    bool same = files[0] == files[1] || (files[0]->number && files[0]->number == files[1]->number &&
                                         files[0]->offset == files[1]->offset);
    if (same && m->sides[0].skip == m->sides[1].skip)
        return true;
    for (int i = 0; i < 2; i++) {
        struct stat_info info;
        if (files[i]->kind != FILE_INODE || file_stat(files[i], &info) != 0)
            continue;
        uint64_t before = files[i]->offset + m->sides[i].skip, size = info.size > before ? info.size - before : 0;
        most = size < most ? size : most;
    }
    for (m->width = 1; most >= 10; most /= 10)
        m->width++;
    return false;
}

/* Shows what there is of a side: false when that must be waited for, or could not be read (and was told). */
static enum input_answer look(struct call *c, struct side *s)
{
    while (!s->ended) {
        enum input_answer answer = input_block(s->input, SIZE_MAX, &s->block);
        if (answer == INPUT_WAIT)
            return answer;
        if (answer == INPUT_END) {
            s->ended = true;
            if (s->input->error) {
                call_error(c, "%S: %m", s->name, s->input->error);
                return INPUT_END;
            }
            break;
        }
        if (s->skip == 0)
            return INPUT_MORE;
        size_t passed = s->skip < s->block.length ? (size_t)s->skip : s->block.length;
        s->skip -= passed;
        call_charge_bytes(c, s->input->file->kind == FILE_INODE ? 0 : passed);
        input_unread(s->input, s->block.length - passed);
        input_settle(s->input);
    }
    s->block = str_lit("");
    return INPUT_MORE;
}

/* How many bytes are equal from the start. */
static size_t equal_bytes(const char *a, const char *b, size_t length)
{
    enum { STRIDE = 256 };
    size_t i = 0;
    while (length - i >= STRIDE && memcmp(a + i, b + i, STRIDE) == 0)
        i += STRIDE;
    while (i < length && a[i] == b[i])
        i++;
    return i;
}

/* Compares as much as both show. True: go on; false: the command is over with c->status. */
static bool compare(struct call *c, struct cmp *m, size_t length)
{
    const char *a = m->sides[0].block.data, *b = m->sides[1].block.data;
    size_t done = 0;
    while (done < length) {
        size_t equal = equal_bytes(a + done, b + done, length - done);
        if (!m->all && !m->silent && !m->discarded)
            m->line += text_occurrences(a + done, equal, '\n');
        done += equal;
        if (done == length)
            break;
        unsigned char bytes[2] = {(unsigned char)a[done], (unsigned char)b[done]};
        c->status = 1;
        if (!m->silent && !m->discarded)
            say_difference(c, m, m->at + done + 1, m->line + 1, bytes);
        if (!m->all || m->discarded) {
            call_charge_bytes(c, done + 1);
            return false;
        }
        call_charge(c, 1);
        done++;
    }
    m->last = a[length - 1];
    m->at += length;
    m->left -= length;
    call_charge_bytes(c, length);
    return true;
}

static enum step cmp_step(struct call *c)
{
    struct cmp *m = c->state;
    struct side *one = &m->sides[0], *two = &m->sides[1];
    if (!m->settled) {
        int error = open_sides(c, m);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error || settle(c, m))
            return call_done(c);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (m->left == 0)
            return call_done(c);
        for (int i = 0; i < 2; i++) {
            enum input_answer answer = look(c, &m->sides[i]);
            if (answer == INPUT_WAIT && i == 1)
                input_unread(one->input, one->block.length);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END)
                return call_done(c);
        }
        if (one->block.length == 0 || two->block.length == 0) {
            if (one->block.length == two->block.length)
                return call_done(c);
            c->status = 1;
            return say_end(c, m, one->block.length == 0 ? one : two);
        }
        size_t length = one->block.length < two->block.length ? one->block.length : two->block.length;
        length = length < TEXT_PIECE ? length : TEXT_PIECE;
        length = length < m->left ? length : (size_t)m->left;
        if (m->all && length > CALL_QUEUE)
            length = CALL_QUEUE;
        bool going = compare(c, m, length);
        input_unread(one->input, one->block.length - length);
        input_unread(two->input, two->block.length - length);
        if (!going)
            return call_done(c);
    }
}

const struct command command_cmp = {
    .name = "cmp",
    .usage = "[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]",
    .summary = "Compare two files byte by byte.",
    .help = "The optional SKIP1 and SKIP2 specify the number of bytes to skip at the beginning of each file "
            "(zero by\n"
            "default). They may be followed by a suffix: kB 1000, K 1024, MB 1000*1000, M 1024*1024, and so on "
            "for G,\n"
            "T, P, E, Z, Y.\n\n"
            "If a FILE is '-' or missing, read standard input.\n"
            "Exit status is 0 if inputs are the same, 1 if different, 2 if trouble.",
    .options = options,
    .state = sizeof(struct cmp),
    .start = cmp_start,
    .step = cmp_step,
    .trouble = 2,
    .flags = COMMAND_NAMED_HINT,
};
