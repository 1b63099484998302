/* builtins/join.c - join lines of two files on a common field. */
#include "builtins/text.h"

enum { CHECK = OPTION_LONG, NO_CHECK, HEADER };

static const struct option options[] = {
    {'a', NULL, "FILENUM", "also print unpairable lines from file FILENUM, 1 or 2"},
    {'e', NULL, "STRING", "replace missing (empty) input fields with STRING"},
    {'i', "ignore-case", NULL, "ignore differences in case when comparing fields"},
    {'j', NULL, "FIELD", "equivalent to '-1 FIELD -2 FIELD'"},
    {'o', NULL, "FORMAT", "obey FORMAT while constructing output line"},
    {'t', NULL, "CHAR", "use CHAR as input and output field separator"},
    {'v', NULL, "FILENUM", "like -a FILENUM, but suppress joined output lines"},
    {'1', NULL, "FIELD", "join on this FIELD of file 1"},
    {'2', NULL, "FIELD", "join on this FIELD of file 2"},
    {CHECK, "check-order", NULL, "check that the input is correctly sorted, even if all input lines are pairable"},
    {NO_CHECK, "nocheck-order", NULL, "do not check that the input is correctly sorted"},
    {HEADER, "header", NULL, "treat the first line in each file as field headers, print them without pairing them"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

enum { TAB_BLANKS = -1, TAB_NONE = -2 }; /* TAB_NONE: the line is one field */
#define FIELD_UNSET UINT64_MAX

struct row {
    struct str line, key;
    bool own; /* line.data is on the heap, the row's own */
};

struct side {
    struct text_source source;
    uint64_t field;      /* to join on, from 0 */
    bool unpaired;       /* its unpairable lines are printed */
    struct row *rows;    /* those with the same key, and one more */
    size_t count;
    bool ended;          /* the rows are all there is */
    struct buf before;   /* the key before, to see the order */
    bool any, warned;
    uint64_t lines;
    uint64_t fields;     /* -o auto */
};

struct output_field {
    int side;            /* -1: the join field */
    uint64_t field;
};

enum phase { JOIN_OPEN, JOIN_FIRST, JOIN_COMPARE, JOIN_GATHER, JOIN_PRINT, JOIN_TAIL };

struct join {
    struct side sides[2];
    struct output_field *output;
    size_t output_count;
    bool automatic, paired, fold, header, check, never_check, seen_unpaired;
    int tab;
    char separator, line_end;
    struct str filler;
    enum phase phase;
    size_t at;           /* side being opened, read or gathered */
    size_t i, j;         /* pair to print */
    bool said;           /* the row without a pair was printed, the next is being read */
    bool tail_begun;
};

/* --- options --------------------------------------------------------------------------------------------- */

/* A field number, counted from 1 outside and from 0 inside: false after a message. */
static bool read_field(struct call *c, struct str word, uint64_t *field)
{
    uint64_t number = 0;
    int error = text_count(word, NULL, &number);

    if (error == E_INVAL || number == 0) {
        call_error(c, "invalid field number: %S", call_quote_word(c, word));
        return false;
    }
    *field = number == UINT64_MAX ? UINT64_MAX - 1 : number - 1;
    return true;
}

static bool set_field(struct call *c, struct side *side, struct str word)
{
    uint64_t field;

    if (!read_field(c, word, &field))
        return false;
    if (side->field != FIELD_UNSET && side->field != field) {
        call_error(c, "incompatible join fields %llu, %llu", (unsigned long long)side->field + 1,
                   (unsigned long long)field + 1);
        return false;
    }
    side->field = field;
    return true;
}

static bool add_output(struct call *c, struct join *j, struct str word)
{
    struct output_field o = {-1, 0};

    if (word.length == 0 || (word.data[0] != '0' && word.data[0] != '1' && word.data[0] != '2')) {
        call_error(c, "invalid file number in field spec: %S", call_quote_word(c, word));
        return false;
    }
    if (word.data[0] == '0' ? word.length > 1 : word.length < 2 || word.data[1] != '.') {
        call_error(c, "invalid field specifier: %S", call_quote_word(c, word));
        return false;
    }
    if (word.data[0] != '0') {
        o.side = word.data[0] - '1';
        if (!read_field(c, str_after(word, 2), &o.field))
            return false;
    }
    j->output = array_grow(c->heap, j->output, j->output_count, sizeof *j->output);
    j->output[j->output_count++] = o;
    return true;
}

static bool add_outputs(struct call *c, struct join *j, struct str list)
{
    size_t start = 0;

    for (size_t i = 0; i <= list.length; i++) {
        if (i < list.length && list.data[i] != ',' && list.data[i] != ' ' && list.data[i] != '\t')
            continue;
        if (!add_output(c, j, str_of(list.data + start, i - start)))
            return false;
        start = i + 1;
    }
    return true;
}

static bool read_tab(struct call *c, struct join *j, struct str value)
{
    int tab = value.length == 0 ? TAB_NONE : (unsigned char)value.data[0];

    if (str_is(value, "\\0")) {
        tab = 0;
    } else if (value.length > 1) {
        call_error(c, "multi-character tab %S", call_quote_word(c, value));
        return false;
    }
    if (j->tab != TAB_BLANKS && j->tab != tab) {
        call_error(c, "incompatible tabs");
        return false;
    }
    j->tab = tab;
    return true;
}

static bool read_option(struct call *c, struct join *j, const struct given_option *o)
{
    uint64_t number;

    switch (o->letter) {
    case 'v': case 'a':
        j->paired &= o->letter == 'a';
        if (text_count(o->value, NULL, &number) || number < 1 || number > 2) {
            call_error(c, "invalid field number: %S", call_quote_word(c, o->value));
            return false;
        }
        j->sides[number - 1].unpaired = true;
        return true;
    case 'e':
        if (j->filler.data && !str_equal(j->filler, o->value)) {
            call_error(c, "conflicting empty-field replacement strings");
            return false;
        }
        j->filler = o->value;
        return true;
    case 'o':
        j->automatic |= str_is(o->value, "auto");
        return str_is(o->value, "auto") || add_outputs(c, j, o->value);
    case '1': return set_field(c, &j->sides[0], o->value);
    case '2': return set_field(c, &j->sides[1], o->value);
    case 't': return read_tab(c, j, o->value);
    case CHECK: j->check = true; j->never_check = false; return true;
    case NO_CHECK: j->check = false; j->never_check = true; return true;
    default: return true;
    }
}

/* Of `-j1 F`, an old form, told by operands that are too many. */
static bool is_old_join(const struct call *c, const struct given_option *o)
{
    return o->letter == 'j' && c->operand_count > 2 && (str_is(o->value, "1") || str_is(o->value, "2"));
}

/* `-j1 F`, `-j2 F` and further words of -o. */
static bool take_old_operands(struct call *c, struct join *j)
{
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        if (!is_old_join(c, o))
            continue;
        if (!set_field(c, &j->sides[o->value.data[0] - '1'], c->operands[0]))
            return false;
        c->operands++;
        c->operand_count--;
    }
    while (call_has(c, 'o') && c->operand_count > 2) {
        if (!add_outputs(c, j, c->operands[0]))
            return false;
        c->operands++;
        c->operand_count--;
    }
    return true;
}

static int join_start(struct call *c)
{
    struct join *j = c->state;

    j->tab = TAB_BLANKS;
    j->paired = true;
    j->fold = call_has(c, 'i');
    j->header = call_has(c, HEADER);
    j->line_end = call_has(c, 'z') ? 0 : '\n';
    for (int i = 0; i < 2; i++) {
        j->sides[i].field = FIELD_UNSET;
        buf_init(&j->sides[i].before, c->heap);
    }
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        bool both = o->letter == 'j' && !is_old_join(c, o);
        if (!read_option(c, j, o))
            return 1;
        if (both && (!set_field(c, &j->sides[0], o->value) || !set_field(c, &j->sides[1], o->value)))
            return 1;
    }
    if (!take_old_operands(c, j))
        return 1;
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count == 1)
        return call_usage_error(c, "missing operand after %S", call_quote_word(c, c->operands[0]));
    if (c->operand_count > 2)
        return call_usage_error(c, "extra operand %S", call_quote(c, c->operands[2]));
    for (int i = 0; i < 2; i++)
        if (j->sides[i].field == FIELD_UNSET)
            j->sides[i].field = 0;
    j->separator = j->tab == TAB_BLANKS ? ' ' : j->tab == TAB_NONE ? '\n' : (char)j->tab;
    return 0;
}

/* --- fields ------------------------------------------------------------------------------------------------ */

struct fields {
    const char *next, *end;
    bool over;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

static struct fields fields_of(const struct join *j, struct str line)
{
    struct fields f = {line.data, line.data + line.length, line.length == 0};

    if (j->tab == TAB_BLANKS) {
        while (f.next < f.end && is_blank(*f.next))
            f.next++;
        f.over |= f.next == f.end;
    }
    return f;
}

static bool next_field(const struct join *j, struct fields *f, struct str *field)
{
    const char *start = f->next, *stop;

    if (f->over)
        return false;
    if (j->tab == TAB_BLANKS) {
        for (stop = start; stop < f->end && !is_blank(*stop); stop++)
            ;
        *field = str_of(start, (size_t)(stop - start));
        f->over = stop == f->end;
        while (stop < f->end && is_blank(*stop))
            stop++;
        f->next = stop; /* blanks at the end have an empty field behind them */
        return true;
    }
    stop = j->tab == TAB_NONE || start == f->end ? NULL : memchr(start, j->tab, (size_t)(f->end - start));
    f->over = !stop;
    if (!stop)
        stop = f->end;
    *field = str_of(start, (size_t)(stop - start));
    f->next = stop + !f->over;
    return true;
}

/* Field `number` of a line; empty when there is none. */
static struct str find_field(const struct join *j, struct str line, uint64_t number)
{
    struct fields f = fields_of(j, line);
    struct str field = {0};

    for (uint64_t n = 0; next_field(j, &f, &field); n++)
        if (n == number)
            return field;
    return (struct str){0};
}

static uint64_t count_fields(const struct join *j, struct str line)
{
    struct fields f = fields_of(j, line);
    struct str field;
    uint64_t count = 0;

    while (next_field(j, &f, &field))
        count++;
    return count;
}

static int compare_keys(const struct join *j, struct str a, struct str b)
{
    size_t n = a.length < b.length ? a.length : b.length;

    if (a.length == 0 || b.length == 0)
        return (a.length > 0) - (b.length > 0);
    if (!j->fold)
        return str_compare(a, b);
    for (size_t i = 0; i < n; i++) {
        int x = utf8_ascii_upper[(unsigned char)a.data[i]], y = utf8_ascii_upper[(unsigned char)b.data[i]];
        if (x != y)
            return x - y;
    }
    return (a.length > b.length) - (a.length < b.length);
}

/* --- output -------------------------------------------------------------------------------------------------- */

static void put_field(struct call *c, const struct join *j, struct str field)
{
    call_print(c, field.length > 0 ? field : j->filler);
}

/* All fields of a line but the one joined on, each behind a separator. */
static void put_others(struct call *c, const struct join *j, int side, const struct row *row)
{
    struct fields f = fields_of(j, row ? row->line : (struct str){0});
    struct str field;
    uint64_t most = j->automatic ? j->sides[side].fields : UINT64_MAX;

    for (uint64_t n = 0; n < most; n++) {
        if (!next_field(j, &f, &field)) {
            if (!j->automatic)
                return;
            field.length = 0;
        }
        if (n == j->sides[side].field)
            continue;
        call_print_byte(c, j->separator);
        put_field(c, j, field);
    }
}

static void put_pair(struct call *c, const struct join *j, const struct row *one, const struct row *two)
{
    const struct row *const rows[] = {one, two};

    if (j->output_count > 0) {
        for (size_t i = 0; i < j->output_count; i++) {
            const struct output_field *o = &j->output[i];
            if (i > 0)
                call_print_byte(c, j->separator);
            if (o->side < 0)
                put_field(c, j, one ? one->key : two->key);
            else
                put_field(c, j, rows[o->side] ? find_field(j, rows[o->side]->line, o->field) : (struct str){0});
        }
    } else {
        put_field(c, j, one ? one->key : two->key);
        put_others(c, j, 0, one);
        put_others(c, j, 1, two);
    }
    call_print_byte(c, j->line_end);
    call_charge(c, 1);
    call_charge_bytes(c, (one ? one->line.length : 0) + (two ? two->line.length : 0));
}

static void put_unpaired(struct call *c, const struct join *j, int side)
{
    const struct row *row = &j->sides[side].rows[0];
    put_pair(c, j, side == 0 ? row : NULL, side == 1 ? row : NULL);
}

/* --- input ------------------------------------------------------------------------------------------------------ */

static void forget_row(struct call *c, struct row *row)
{
    if (row->own)
        heap_free(c->heap, (void *)(uintptr_t)row->line.data);
    row->own = false;
}

/* Lines must not go down. False when that ends the command. */
static bool check_order(struct call *c, struct join *j, int at, const struct row *row)
{
    struct side *s = &j->sides[at];

    if (s->any && !s->warned && !j->never_check && (j->check || j->seen_unpaired) &&
        compare_keys(j, buf_str(&s->before), row->key) > 0) {
        call_complain(c, "%S: %S:%llu: is not sorted: %S\n", c->name, call_quote_for_colon(c, s->source.name),
                      (unsigned long long)s->lines, row->line);
        s->warned = true;
        if (j->check) {
            c->status = 1;
            return false;
        }
    }
    buf_clear(&s->before);
    buf_add(&s->before, row->key);
    s->any = true;
    return true;
}

enum read { READ_ROW, READ_WAIT, READ_END, READ_OVER };

/* One more row of a side. READ_OVER: the command is over, its message is printed. */
static enum read read_row(struct call *c, struct join *j, int at)
{
    struct side *s = &j->sides[at];
    struct row *row;

    switch (text_source_line(c, &s->source, j->line_end)) {
    case INPUT_WAIT:
        return READ_WAIT;
    case INPUT_END:
        if (s->source.input->error) {
            call_error(c, "read error: %m", s->source.input->error);
            return READ_OVER;
        }
        return READ_END;
    case INPUT_MORE:
        break;
    }
    s->rows = array_grow(c->heap, s->rows, s->count, sizeof *s->rows);
    row = &s->rows[s->count];
    *row = (struct row){.line = s->source.line};
    if (!s->source.whole) {
        row->line = str_copy(c->heap, s->source.line);
        row->own = true;
    }
    row->key = find_field(j, row->line, s->field);
    s->lines++;
    s->count++;
    return check_order(c, j, at, row) ? READ_ROW : READ_OVER;
}

/* The only row of a side goes, and the next is read; with READ_WAIT nothing has changed. */
static enum read advance(struct call *c, struct join *j, int at)
{
    struct side *s = &j->sides[at];
    struct row old = s->rows[0];
    size_t count = s->count;
    enum read answer;

    s->count = 0;
    answer = read_row(c, j, at);
    if (answer == READ_WAIT) { /* it is still needed */
        s->rows[0] = old;
        s->count = count;
    } else if (count > 0) {
        forget_row(c, &old);
    }
    return answer;
}

/* Keeps of a side only the row behind those that were paired. */
static void drop_paired(struct call *c, struct side *s)
{
    size_t paired = s->ended ? s->count : s->count - 1;

    for (size_t i = 0; i < paired; i++)
        forget_row(c, &s->rows[i]);
    if (!s->ended)
        s->rows[0] = s->rows[s->count - 1];
    s->count -= paired;
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

static enum step finish(struct call *c, const struct join *j)
{
    if (j->sides[0].warned || j->sides[1].warned)
        call_error(c, "input is not in sorted order");
    return call_done(c);
}

static int open_sides(struct call *c, struct join *j)
{
    if (str_is(c->operands[0], "-") && str_is(c->operands[1], "-")) {
        call_error(c, "both files cannot be standard input: %m", E_NOENT); /* as the real one has it */
        return 1;
    }
    for (; j->at < 2; j->at++) {
        int error = text_source_open(c, &j->sides[j->at].source, c->operands[j->at]);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, c->operands[j->at]), error);
            return 1;
        }
    }
    j->at = 0;
    j->phase = JOIN_FIRST;
    return 0;
}

/* The first rows of both sides; then, once more, those behind the headers. */
static enum read read_first(struct call *c, struct join *j)
{
    for (; j->at < 2; j->at++) {
        struct side *s = &j->sides[j->at];
        enum read answer = READ_END;
        if (!s->source.ended)
            answer = read_row(c, j, (int)j->at);
        if (answer == READ_WAIT || answer == READ_OVER)
            return answer;
        if (j->automatic && answer == READ_ROW && s->lines == 1)
            s->fields = count_fields(j, s->rows[0].line);
    }
    if (j->header) {
        struct side *one = &j->sides[0], *two = &j->sides[1];
        j->header = false;
        if (one->count > 0 || two->count > 0)
            put_pair(c, j, one->count ? &one->rows[0] : NULL, two->count ? &two->rows[0] : NULL);
        for (int i = 0; i < 2; i++) {
            if (j->sides[i].count > 0)
                forget_row(c, &j->sides[i].rows[0]);
            j->sides[i].count = 0;
            j->sides[i].any = false;
        }
        j->at = 0;
        return READ_ROW;
    }
    j->phase = JOIN_COMPARE;
    return READ_ROW;
}

/* What is left of one side has no pair. */
static enum read read_tail(struct call *c, struct join *j)
{
    for (; j->at < 2; j->at++, j->tail_begun = false) {
        struct side *s = &j->sides[j->at], *other = &j->sides[1 - j->at];
        enum read answer;
        bool look = !j->never_check && !(j->sides[0].warned && j->sides[1].warned);
        if (!j->tail_begun) {
            if (s->count == 0 || !(s->unpaired || look))
                continue;
            j->tail_begun = true;
            if (s->unpaired)
                put_unpaired(c, j, (int)j->at);
            j->seen_unpaired |= other->count > 0;
        }
        if (s->warned && !s->unpaired)
            continue;
        answer = advance(c, j, (int)j->at);
        if (answer == READ_END)
            continue;
        if (answer == READ_ROW && s->unpaired)
            put_unpaired(c, j, (int)j->at);
        return answer;
    }
    return READ_END;
}

static enum read compare(struct call *c, struct join *j)
{
    struct side *one = &j->sides[0], *two = &j->sides[1];
    enum read answer;
    int order, less;

    if (one->count == 0 || two->count == 0) {
        j->phase = JOIN_TAIL;
        j->at = 0;
        return READ_ROW;
    }
    order = compare_keys(j, one->rows[0].key, two->rows[0].key);
    if (!j->said)
        call_charge(c, 1);
    if (order == 0) {
        j->phase = JOIN_GATHER;
        j->at = 0;
        one->ended = two->ended = false;
        return READ_ROW;
    }
    /* The row that is less has no pair. It is printed once, though reading the next may have to wait. */
    less = order > 0;
    if (!j->said && j->sides[less].unpaired)
        put_unpaired(c, j, less);
    j->said = true;
    answer = advance(c, j, less);
    if (answer == READ_WAIT)
        return answer;
    j->said = false;
    j->seen_unpaired = true;
    return answer == READ_OVER ? READ_OVER : READ_ROW;
}

/* Rows of a side with the key of the other's first, and one behind them. */
static enum read gather(struct call *c, struct join *j)
{
    struct side *s = &j->sides[j->at], *other = &j->sides[1 - j->at];
    enum read answer = read_row(c, j, (int)j->at);

    if (answer == READ_WAIT || answer == READ_OVER)
        return answer;
    s->ended = answer == READ_END;
    if (!s->ended && compare_keys(j, s->rows[s->count - 1].key, other->rows[0].key) == 0)
        return READ_ROW;
    if (++j->at == 2) {
        j->phase = JOIN_PRINT;
        j->i = j->j = 0;
    }
    return READ_ROW;
}

static void print_pairs(struct call *c, struct join *j)
{
    struct side *one = &j->sides[0], *two = &j->sides[1];
    size_t rows = one->ended ? one->count : one->count - 1, columns = two->ended ? two->count : two->count - 1;

    while (j->paired && j->i < rows && j->j < columns) {
        if (!call_go(c))
            return;
        put_pair(c, j, &one->rows[j->i], &two->rows[j->j]);
        if (++j->j == columns) {
            j->i++;
            j->j = 0;
        }
    }
    drop_paired(c, one);
    drop_paired(c, two);
    j->phase = JOIN_COMPARE;
}

static enum step join_step(struct call *c)
{
    struct join *j = c->state;

    for (;;) {
        enum read answer = READ_ROW;
        int failed;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (j->phase) {
        case JOIN_OPEN:
            failed = open_sides(c, j);
            answer = failed == E_WAIT ? READ_WAIT : failed ? READ_OVER : READ_ROW;
            break;
        case JOIN_FIRST:   answer = read_first(c, j); break;
        case JOIN_COMPARE: answer = compare(c, j); break;
        case JOIN_GATHER:  answer = gather(c, j); break;
        case JOIN_PRINT:   print_pairs(c, j); break;
        case JOIN_TAIL:
            answer = read_tail(c, j);
            if (answer == READ_END)
                return finish(c, j);
            break;
        }
        if (answer == READ_WAIT)
            return STEP_WAIT;
        if (answer == READ_OVER)
            return call_done(c);
    }
}

const struct command command_join = {
    .name = "join",
    .usage = "[OPTION]... FILE1 FILE2",
    .summary = "For each pair of input lines with identical join fields, write a line to standard output.",
    .help = "The default join field is the first, delimited by blanks. When FILE1 or FILE2 (not both) is -, read\n"
            "standard input.\n\n"
            "Unless -t CHAR is given, leading blanks separate fields and are ignored, else fields are separated by\n"
            "CHAR. Any FIELD is a field number counted from 1. FORMAT is one or more comma or blank separated\n"
            "specifications, each being 'FILENUM.FIELD' or '0'. Default FORMAT outputs the join field, the remaining\n"
            "fields from FILE1, the remaining fields from FILE2, all separated by CHAR. If FORMAT is the keyword\n"
            "'auto', then the first line of each file determines the number of fields output for each line.\n\n"
            "Important: FILE1 and FILE2 must be sorted on the join fields. E.g., use \"sort -k 1b,1\" if 'join' has\n"
            "no options, or use \"join -t ''\" if 'sort' has no options.",
    .options = options,
    .state = sizeof(struct join),
    .start = join_start,
    .step = join_step,
};
