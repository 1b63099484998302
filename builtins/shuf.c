/* builtins/shuf.c - random permutations. */
#include "base/number.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { RANDOM_SOURCE = OPTION_LONG };

static const struct option options[] = {
    {'e', "echo", NULL, "treat each ARG as an input line"},
    {'i', "input-range", "LO-HI", "treat each number LO through HI as an input line"},
    {'n', "head-count", "COUNT", "output at most COUNT lines"},
    {'o', "output", "FILE", "write result to FILE instead of standard output"},
    {RANDOM_SOURCE, "random-source", "FILE", "get random bytes from FILE"},
    {'r', "repeat", NULL, "output lines can be repeated"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

enum { SAMPLED_SIZE = 8192 * 1024, SPARSE_COUNT = 128 * 1024 };
enum phase { SHUF_SOURCE, SHUF_READ, SHUF_OUTPUT, SHUF_PERMUTE, SHUF_PRINT };

/* A place of a permutation that is not where it was. */
struct moved {
    uint64_t place, value; /* place + 1; 0: free */
};

struct shuf {
    bool echo, range, repeat, sample, file_open;
    bool fated;                /* the place of the next line that is read was chosen: `fate` */
    uint64_t fate;
    char delimiter;
    uint64_t low, count;       /* of the range; lines there are */
    uint64_t most, done;       /* lines to print; chosen or printed */
    struct str output_name, source_name;
    struct input *random, *file;
    struct str bytes;          /* of the random source */
    uint64_t number, limit;    /* a random number up to `limit` that is left over */
    struct str *lines;
    struct text_source input;
    struct file *output;
    struct buf text;           /* for -o */
    size_t written;
    uint64_t *order;           /* places, shuffled as far as they were printed */
    struct moved *moved;       /* the same, where most places do not move */
    size_t moved_room;
    enum phase phase;
};

/* --- options --------------------------------------------------------------------------------------------- */

static int read_range(struct call *c, struct shuf *s, struct str value)
{
    ptrdiff_t dash = str_find(value, '-');
    struct str low = dash < 0 ? value : str_first(value, (size_t)dash), high = str_after(value, (size_t)dash + 1);
    uint64_t last = 0;
    int error = text_count(low, "", &s->low);
    struct str shown = low;

    if (s->range)
        return call_error(c, "multiple -i options specified"), 1;
    s->range = true;
    if (dash < 0)
        error = E_INVAL;
    if (!error) {
        shown = high;
        error = text_count(high, "", &last);
    }
    if (error) {
        call_error(c, "invalid input range: %S%s", call_quote_word(c, shown),
                   error == E_OVERFLOW ? ": Value too large for defined data type" : "");
        return 1;
    }
    s->count = last - s->low + 1;
    if (last < s->low ? s->count != 0 : s->count == 0) {
        call_error(c, "invalid input range: %S", call_quote_word(c, value));
        return 1;
    }
    return 0;
}

static int take_name(struct call *c, struct str *name, struct str value, const char *what)
{
    if (name->data && !str_equal(*name, value)) {
        call_error(c, "multiple %s specified", what);
        return 1;
    }
    *name = value;
    return 0;
}

static int shuf_start(struct call *c)
{
    struct shuf *s = c->state;
    int failed = 0;

    s->most = UINT64_MAX;
    s->delimiter = '\n';
    buf_init(&s->text, c->heap);
    for (size_t i = 0; i < c->option_count && !failed; i++) {
        const struct given_option *o = &c->options[i];
        uint64_t most;
        switch (o->letter) {
        case 'e': s->echo = true; break;
        case 'i': failed = read_range(c, s, o->value); break;
        case 'n':
            if (text_count(o->value, "", &most) == E_INVAL) {
                call_error(c, "invalid line count: %S", call_quote_word(c, o->value));
                failed = 1;
            } else if (most < s->most) {
                s->most = most;
            }
            break;
        case 'o': failed = take_name(c, &s->output_name, o->value, "output files"); break;
        case RANDOM_SOURCE: failed = take_name(c, &s->source_name, o->value, "random sources"); break;
        case 'r': s->repeat = true; break;
        case 'z': s->delimiter = 0; break;
        default: break;
        }
    }
    if (failed)
        return failed;
    if (s->echo && s->range)
        return call_usage_error(c, "cannot combine -e and -i options");
    if (s->range ? c->operand_count > 0 : !s->echo && c->operand_count > 1)
        return call_usage_error(c, "extra operand %S", call_quote_word(c, c->operands[s->range ? 0 : 1]));
    if (s->echo) {
        s->lines = c->operands;
        s->count = c->operand_count;
    }
    return 0;
}

/* --- random numbers ------------------------------------------------------------------------------------------ */

/* False when the random source has come to its end. */
static bool next_byte(struct call *c, struct shuf *s, unsigned char *byte)
{
    if (!s->source_name.data) {
        *byte = (unsigned char)(sandbox_random(c->task->sandbox) >> 24);
        return true;
    }
    if (s->bytes.length == 0)
        return false;
    *byte = (unsigned char)s->bytes.data[0];
    s->bytes = str_after(s->bytes, 1);
    return true;
}

/* A number from 0 to choices - 1, each as likely; what randomness is left over is used for the next. False as next_byte. */
static bool choose(struct call *c, struct shuf *s, uint64_t choices, uint64_t *chosen)
{
    uint64_t most = choices - 1;

    for (;;) {
        uint64_t excess, unusable;
        while (s->limit < most) {
            unsigned char byte;
            if (!next_byte(c, s, &byte))
                return false;
            s->number = s->number << 8 | byte;
            s->limit = s->limit << 8 | 255;
        }
        if (s->limit == most) {
            *chosen = s->number;
            s->number = s->limit = 0;
            return true;
        }
        excess = s->limit - most;
        unusable = excess % choices;
        if (s->number <= s->limit - unusable) {
            *chosen = s->number % choices;
            s->number /= choices;
            s->limit = excess / choices;
            return true;
        }
        s->number -= s->limit - unusable + 1;
        s->limit = unusable - 1;
    }
}

static enum step out_of_bytes(struct call *c, const struct shuf *s)
{
    call_error(c, "%S: end of file", call_quote_word(c, s->source_name));
    return call_done(c);
}

/* --- permutations ---------------------------------------------------------------------------------------------- */

static struct moved *find_moved(const struct shuf *s, uint64_t place)
{
    uint64_t hash = (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (s->moved_room - 1);

    while (s->moved[at].place != 0 && s->moved[at].place != place + 1)
        at = (at + 1) & (s->moved_room - 1);
    return &s->moved[at];
}

static uint64_t value_at(const struct shuf *s, uint64_t place)
{
    const struct moved *m;

    if (s->order)
        return s->order[place];
    m = find_moved(s, place);
    return m->place ? m->value : place;
}

static void set_value(struct shuf *s, uint64_t place, uint64_t value)
{
    if (s->order) {
        s->order[place] = value;
    } else {
        *find_moved(s, place) = (struct moved){place + 1, value};
    }
}

/* Room for a permutation of which only the first `most` places are wanted. */
static void prepare(struct call *c, struct shuf *s)
{
    if (s->repeat || s->most == 0)
        return;
    if (s->count >= SPARSE_COUNT && s->count / s->most >= 32) {
        s->moved_room = 64;
        while (s->moved_room < 4 * s->most)
            s->moved_room *= 2;
        s->moved = heap_zero(c->heap, s->moved_room * sizeof *s->moved);
        return;
    }
    s->order = heap_alloc(c->heap, (size_t)s->count * sizeof *s->order + 1);
    for (uint64_t i = 0; i < s->count; i++)
        s->order[i] = i;
    call_charge(c, (int64_t)(s->count / 8));
}

/* --- files ----------------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or 1 after a message. */
static int read_source(struct call *c, struct shuf *s)
{
    if (!s->source_name.data)
        return 0;
    if (!s->random) {
        int error = input_open(c, &s->random, s->source_name, false);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, s->source_name), error);
            return 1;
        }
    }
    if (s->random->file->kind == FILE_DEVICE) { /* without end: as good as our own */
        s->source_name = (struct str){0};
        return 0;
    }
    if (input_all(s->random, &s->bytes) == INPUT_WAIT)
        return E_WAIT;
    if (s->random->error) {
        call_error(c, "%S: read error: %m", call_quote_for_colon(c, s->source_name), s->random->error);
        return 1;
    }
    return 0;
}

/* Reads one line more. 0 when all are read, 1 after a message, E_WAIT, 2 to be called again. Of an input whose size is not
 * known, or large, only as many lines as are wanted are kept, each line with the same chance. */
static int read_lines(struct call *c, struct shuf *s)
{
    struct str line;
    uint64_t place = s->count;

    if (s->echo || s->range)
        return 0;
    if (!s->file_open) {
        struct str name = c->operand_count ? c->operands[0] : str_lit("-");
        struct stat_info info;
        int error;
        if (s->most == 0)
            return 0;
        error = text_source_open(c, &s->input, name);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            return 1;
        }
        s->file_open = true;
        error = file_stat(s->input.input->file, &info);
        s->sample = !s->repeat && s->most != UINT64_MAX &&
                    (error || info.kind != NODE_FILE || info.size == 0 || info.size > SAMPLED_SIZE);
    }
    if (s->sample && place >= s->most && !s->fated) { /* as the real one: even when no line comes any more */
        if (!choose(c, s, place + 1, &s->fate)) {
            out_of_bytes(c, s);
            return 1;
        }
        s->fated = true;
    }
    switch (text_source_line(c, &s->input, s->delimiter)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        if (s->input.input->error) {
            call_error(c, "read error: %m", s->input.input->error);
            return 1;
        }
        if (s->sample && s->count > s->most)
            s->count = s->most;
        return 0;
    case INPUT_MORE:
        break;
    }
    line = s->input.line;
    s->count++;
    if (s->fated) {
        s->fated = false;
        place = s->fate;
        if (place >= s->most)
            return 2;
        if (!s->input.whole)
            heap_free(c->heap, (void *)(uintptr_t)s->lines[place].data);
    } else {
        s->lines = array_grow(c->heap, s->lines, (size_t)place, sizeof *s->lines);
    }
    s->lines[place] = s->input.whole ? line : str_copy(c->heap, line);
    return 2;
}

/* -o: 0, E_WAIT, or 1 after a message. */
static int open_output(struct call *c, struct shuf *s)
{
    int error;

    if (!s->output_name.data)
        return 0;
    error = call_create(c, s->output_name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &s->output);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "%S: %m", call_quote_for_colon(c, s->output_name), error);
        return 1;
    }
    return 0;
}

static int write_output(struct call *c, struct shuf *s)
{
    while (s->written < s->text.length) {
        int64_t n = file_write(s->output, c->task, str_after(buf_str(&s->text), s->written));
        if (n == E_WAIT)
            return E_WAIT;
        if (n < 0) {
            call_error(c, "write error: %m", (int)n);
            return 1;
        }
        s->written += (size_t)n;
    }
    return 0;
}

static void put_line(struct shuf *s, struct buf *out, uint64_t number)
{
    if (s->range)
        number_add_unsigned(out, s->low + number);
    else
        buf_add(out, s->lines[number]);
    buf_add_byte(out, s->delimiter);
}

/* --- the command --------------------------------------------------------------------------------------------------- */

static enum step shuf_step(struct call *c)
{
    struct shuf *s = c->state;
    int failed = 0;

    for (;;) {
        uint64_t chosen, value;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (s->phase) {
        case SHUF_SOURCE:
            failed = read_source(c, s);
            if (failed == 0)
                s->phase = SHUF_READ;
            break;
        case SHUF_READ:
            failed = read_lines(c, s);
            if (failed == 2)
                continue;
            if (failed == 0)
                s->phase = SHUF_OUTPUT;
            break;
        case SHUF_OUTPUT:
            if (!s->repeat && s->most > s->count)
                s->most = s->count;
            failed = open_output(c, s);
            if (failed == 0) {
                prepare(c, s);
                s->phase = s->repeat ? SHUF_PRINT : SHUF_PERMUTE;
            }
            break;
        case SHUF_PERMUTE:
            if (s->done == s->most) {
                s->done = 0;
                s->phase = SHUF_PRINT;
                break;
            }
            call_charge(c, 1);
            if (!choose(c, s, s->count - s->done, &chosen))
                return out_of_bytes(c, s);
            value = value_at(s, s->done + chosen);
            set_value(s, s->done + chosen, value_at(s, s->done));
            set_value(s, s->done++, value);
            break;
        case SHUF_PRINT:
            if (s->done == s->most) {
                failed = write_output(c, s);
                if (failed == 0)
                    return call_done(c);
                break;
            }
            if (s->repeat && s->count == 0) {
                call_error(c, "no lines to repeat");
                return call_done(c);
            }
            call_charge(c, 1);
            value = s->repeat ? 0 : value_at(s, s->done);
            if (s->repeat && !choose(c, s, s->count, &value))
                return out_of_bytes(c, s);
            s->done++;
            put_line(s, s->output ? &s->text : &c->out, value);
            break;
        }
        if (failed == E_WAIT)
            return STEP_WAIT;
        if (failed)
            return call_done(c);
    }
}

const struct command command_shuf = {
    .name = "shuf",
    .usage = "[OPTION]... [FILE]\n-e [OPTION]... [ARG]...\n-i LO-HI [OPTION]...",
    .summary = "Write a random permutation of the input lines to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input. Without --random-source the random numbers are the\n"
            "sandbox's, the same for the same seed.",
    .options = options,
    .state = sizeof(struct shuf),
    .start = shuf_start,
    .step = shuf_step,
};
