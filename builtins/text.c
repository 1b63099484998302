/* builtins/text.c - what the text utilities share: counts with suffixes, counting bytes, the ends of texts. */
#include "builtins/text.h"

#include "base/lanes.h"

struct str text_piece(struct input *in, struct str *block)
{
    struct str piece = str_first(*block, TEXT_PIECE);

    *block = str_after(*block, piece.length);
    if (in->file->kind != FILE_INODE) {
        input_unread(in, block->length);
        block->length = 0;
    }
    return piece;
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static bool has_letter(const char *letters, char letter)
{
    for (; *letters; letters++)
        if (*letters == letter)
            return true;
    return false;
}

/* The power of the base that a suffix stands for, or -1. */
static int suffix_power(char letter)
{
    switch (letter) {
    case 'k': case 'K': return 1;
    case 'm': case 'M': return 2;
    case 'g': case 'G': return 3;
    case 't': case 'T': return 4;
    case 'P': return 5;
    case 'E': return 6;
    case 'Z': return 7;
    case 'Y': return 8;
    default: return -1;
    }
}

static bool multiply(uint64_t *number, uint64_t by)
{
    if (by && *number > UINT64_MAX / by) {
        *number = UINT64_MAX;
        return false;
    }
    *number *= by;
    return true;
}

int text_count(struct str word, const char *suffixes, uint64_t *number)
{
    size_t i = 0, digits;
    uint64_t value = 0;
    bool fits = true;

    while (i < word.length && utf8_byte_is(word.data[i], UTF8_SPACE))
        i++;
    if (i < word.length && word.data[i] == '+')
        i++;
    digits = i;
    for (; i < word.length && word.data[i] >= '0' && word.data[i] <= '9'; i++) {
        unsigned digit = (unsigned)(word.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            fits = false;
        value = fits ? value * 10 + digit : UINT64_MAX;
    }
    if (i == digits) {
        if (i > 0 || word.length == 0 || !suffixes || !has_letter(suffixes, word.data[0]) || word.data[0] == '0')
            return E_INVAL;
        value = 1;
    }
    if (i < word.length) {
        char letter = word.data[i++];
        uint64_t base = 1024;
        int power = suffix_power(letter);
        if (!suffixes || letter == '0' || !has_letter(suffixes, letter))
            return E_INVAL;
        if (power >= 0 && has_letter(suffixes, '0') && i < word.length) {
            if (word.data[i] == 'B') {
                base = 1000;
                i++;
            } else if (word.data[i] == 'i' && i + 1 < word.length && word.data[i + 1] == 'B') {
                i += 2;
            }
        }
        if (i < word.length)
            return E_INVAL;
        if (letter == 'b')
            fits = multiply(&value, 512) && fits;
        else if (letter == 'w')
            fits = multiply(&value, 2) && fits;
        for (; power > 0; power--)
            fits = multiply(&value, base) && fits;
    }
    *number = fits ? value : UINT64_MAX;
    return fits ? 0 : E_OVERFLOW;
}

/* --- counting -------------------------------------------------------------------------------------------- */

#if LANES
static size_t sum(lanes v)
{
    unsigned char each[sizeof v];
    size_t all = 0;

    memcpy(each, &v, sizeof each);
    for (size_t i = 0; i < sizeof each; i++)
        all += each[i];
    return all;
}

/* In whole groups of 64 bytes; *used: how many bytes these are. */
static size_t occurrences_by_lanes(const unsigned char *p, size_t length, unsigned char byte, size_t *used)
{
    const lanes wanted = lanes_all(byte);
    size_t groups = length / 64, count = 0;

    *used = groups * 64;
    while (groups > 0) {
        lanes a = {0}, b = {0}, c = {0}, d = {0};
        size_t turns = groups < 255 ? groups : 255;
        groups -= turns;
        for (; turns > 0; turns--, p += 64) {
            a -= (lanes)(lanes_load(p) == wanted);
            b -= (lanes)(lanes_load(p + 16) == wanted);
            c -= (lanes)(lanes_load(p + 32) == wanted);
            d -= (lanes)(lanes_load(p + 48) == wanted);
        }
        count += sum(a) + sum(b) + sum(c) + sum(d);
    }
    return count;
}
#endif

size_t text_occurrences(const char *data, size_t length, char byte)
{
    const unsigned char *p = (const unsigned char *)data, *end = p + length;
    unsigned char wanted = (unsigned char)byte;
    uint64_t each = 0x0101010101010101u * wanted, low = 0x7f7f7f7f7f7f7f7fu;
    size_t count = 0;

#if LANES
    if (length >= 512) { /* the sums of lanes cost too much for a line or two */
        size_t used;
        count = occurrences_by_lanes(p, length, wanted, &used);
        p += used;
    }
#endif
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word ^= each;
        word = ~(((word & low) + low) | word | low); /* the top bit of each byte that is wanted */
        count += (size_t)((word >> 7) * 0x0101010101010101u >> 56);
    }
    for (; p < end; p++)
        count += *p == wanted;
    return count;
}

bool text_tail(struct call *c, struct text_tail *t, struct str text, uint64_t count, char delimiter)
{
    if (!t->started) {
        t->started = true;
        t->end = text.length;
        t->left = count;
        if (t->end > 0 && text.data[t->end - 1] == delimiter)
            t->end--;
        if (count == 0)
            t->end = text.length;
    }
    if (count == 0)
        return true;
    while (t->end > 0) {
        size_t size = t->end < TEXT_PIECE ? t->end : TEXT_PIECE;
        size_t from = t->end - size;
        size_t here;
        if (!meter_go(c->meter))
            return false;
        call_charge_bytes(c, size);
        here = text_occurrences(text.data + from, size, delimiter);
        if (here < t->left) {
            t->left -= here;
            t->end = from;
            continue;
        }
        for (size_t i = t->end;; i--) {
            if (text.data[i - 1] == delimiter && --t->left == 0) {
                t->end = i;
                return true;
            }
        }
    }
    return true;
}

/* The last `delimiter` of a piece, or -1. */
static ptrdiff_t find_last(const char *data, size_t length, char delimiter)
{
    while (length > 0)
        if (data[--length] == delimiter)
            return (ptrdiff_t)length;
    return -1;
}

/* Takes whole lines off the front of a block that stays where it is. */
static struct str take_lines(struct str *block, char delimiter, bool all)
{
    struct str piece = all ? *block : str_first(*block, TEXT_PIECE);

    if (piece.length < block->length) {
        ptrdiff_t at = find_last(piece.data, piece.length, delimiter);
        if (at < 0) {
            at = str_find(str_after(*block, piece.length), delimiter);
            at = at < 0 ? (ptrdiff_t)block->length - 1 : at + (ptrdiff_t)piece.length;
        }
        piece = str_first(*block, (size_t)at + 1);
    }
    *block = str_after(*block, piece.length);
    return piece;
}

static struct str give_part(struct text_lines *t)
{
    t->given = true;
    return buf_str(&t->part);
}

enum input_answer text_lines(struct call *c, struct text_lines *t, char delimiter, struct str *lines)
{
    if (!t->begun) {
        t->begun = true;
        buf_init(&t->part, c->heap);
    }
    if (t->given) {
        t->given = false;
        buf_clear(&t->part);
    }
    for (;;) {
        bool first = false;
        ptrdiff_t at;
        if (t->block.length == 0) {
            switch (call_read_block(c, &t->block, &first)) {
            case INPUT_WAIT:
                return INPUT_WAIT;
            case INPUT_END:
                t->block.length = 0;
                if (t->part.length == 0)
                    return INPUT_END;
                *lines = give_part(t);
                return INPUT_MORE;
            case INPUT_MORE:
                break;
            }
        }
        if (c->input->file->kind == FILE_INODE) {
            if (t->part.length > 0) {
                *lines = give_part(t); /* of the file before */
                return INPUT_MORE;
            }
            *lines = take_lines(&t->block, delimiter, false);
            call_charge_bytes(c, lines->length);
            return INPUT_MORE;
        }
        if (first && t->part.length > 0) {
            input_unread(c->input, t->block.length); /* it is read again */
            t->block.length = 0;
            *lines = give_part(t);
            return INPUT_MORE;
        }
        if (t->part.length > 0) {
            at = str_find(t->block, delimiter);
            size_t used = at < 0 ? t->block.length : (size_t)at + 1;
            buf_add(&t->part, str_first(t->block, used));
            input_unread(c->input, t->block.length - used);
            t->block.length = 0;
            call_charge_bytes(c, used);
            if (at < 0)
                continue;
            *lines = give_part(t);
            return INPUT_MORE;
        }
        at = find_last(t->block.data, t->block.length, delimiter);
        if (at < 0) {
            buf_add(&t->part, t->block);
            call_charge_bytes(c, t->block.length);
            t->block.length = 0;
            continue;
        }
        *lines = str_first(t->block, (size_t)at + 1);
        input_unread(c->input, t->block.length - lines->length);
        t->block.length = 0;
        call_charge_bytes(c, lines->length);
        return INPUT_MORE;
    }
}

int text_source_open(struct call *c, struct text_source *s, struct str name)
{
    int error = input_open(c, &s->input, name, true);

    if (error)
        return error;
    s->name = name;
    buf_init(&s->store, c->heap);
    return 0;
}

enum input_answer text_source_line(struct call *c, struct text_source *s, char delimiter)
{
    enum input_answer answer;
    ptrdiff_t at;

    if (s->ended)
        return INPUT_END;
    if (!s->whole && s->input->file->kind == FILE_INODE) {
        answer = input_all(s->input, &s->left);
        if (answer == INPUT_WAIT)
            return answer;
        s->whole = true;
        if (answer == INPUT_END)
            s->left.length = 0;
    }
    if (s->whole) {
        if (s->left.length == 0) {
            s->ended = true;
            return INPUT_END;
        }
        at = str_find(s->left, delimiter);
        s->unended = at < 0;
        s->line = at < 0 ? s->left : str_of(s->left.data, (size_t)at);
        s->left = str_after(s->left, at < 0 ? s->left.length : (size_t)at + 1);
        call_charge(c, 1);
        call_charge_bytes(c, s->line.length);
        return INPUT_MORE;
    }
    answer = input_line(s->input, delimiter, &s->line, &s->unended);
    if (answer == INPUT_MORE) {
        buf_clear(&s->store);
        buf_add(&s->store, s->line);
        s->line = buf_str(&s->store);
        call_charge_bytes(c, s->line.length);
    } else if (answer == INPUT_END) {
        s->ended = true;
    }
    return answer;
}

bool text_operand(const struct call *c, size_t at, struct str *name)
{
    if (c->operand_count == 0) {
        *name = str_lit("-");
        return at == 0;
    }
    if (at >= c->operand_count)
        return false;
    *name = c->operands[at];
    return true;
}

int text_line(struct input *in, struct buf *to, bool *unended)
{
    struct str line;

    switch (input_line(in, '\n', &line, unended)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END: return 1;
    case INPUT_MORE: break;
    }
    buf_clear(to);
    buf_add(to, line);
    if (!*unended)
        buf_add_byte(to, '\n');
    return 0;
}

int text_whole(struct call *c, struct input **input, struct str path, bool dash, struct str *text)
{
    if (!*input) {
        int error = input_open(c, input, path, dash);
        if (error) {
            if (error != E_WAIT)
                *input = NULL;
            return error;
        }
    }
    switch (input_all(*input, text)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END: *text = (struct str){0}; return (*input)->error;
    case INPUT_MORE: break;
    }
    return 0;
}

int text_open_next(struct call *c, size_t *next, struct input **input, const char *problem)
{
    struct str name;

    while (text_operand(c, *next, &name)) {
        int error = input_open(c, input, name, true);
        if (error == E_WAIT)
            return error;
        ++*next;
        if (!error)
            return 0;
        call_error(c, problem, call_quote(c, name), error);
    }
    return 1;
}
