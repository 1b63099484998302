/* builtins/column.c - put lines side by side, or words into a table. */
#include "base/map.h"
#include "base/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'t', "table", NULL, "create a table"},
    {'n', "table-name", "NAME", "table name for JSON output"},
    {'O', "table-order", "COLUMNS", "specify order of output columns"},
    {'N', "table-columns", "NAMES", "comma separated columns names"},
    {'l', "table-columns-limit", "NUM", "maximal number of input columns"},
    {'E', "table-noextreme", "COLUMNS", "don't count long text from the columns to column width"},
    {'d', "table-noheadings", NULL, "don't print header"},
    {'e', "table-header-repeat", NULL, "repeat header for each page, of which there is one"},
    {'H', "table-hide", "COLUMNS", "don't print the columns"},
    {'R', "table-right", "COLUMNS", "right align text in these columns"},
    {'T', "table-truncate", "COLUMNS", "truncate text in the columns when necessary"},
    {'W', "table-wrap", "COLUMNS", "wrap text in the columns when necessary"},
    {'L', "keep-empty-lines", NULL, "don't ignore empty lines"},
    {'J', "json", NULL, "use JSON output format for table"},
    {'r', "tree", "COLUMN", "column to use tree-like output for the table"},
    {'i', "tree-id", "COLUMN", "line ID to specify child-parent relation"},
    {'p', "tree-parent", "COLUMN", "parent to specify child-parent relation"},
    {'c', "output-width", "WIDTH", "width of output in number of characters"},
    {'o', "output-separator", "STRING", "columns separator for table output (default is two spaces)"},
    {'s', "separator", "STRING", "possible table delimiters"},
    {'x', "fillrows", NULL, "fill rows before columns"},
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

enum { TAB = 8 };

struct field {
    struct str text;
    size_t width;          /* columns on a screen */
};

/* A line of the table: its fields are at `first` of all, `count` of them. */
struct row {
    size_t first, count;
    struct str lead;       /* the branches of a tree before its field */
    size_t lead_width, depth;
    size_t parent, child, last, next; /* rows + 1; 0: none */
};

struct head {
    struct str name;
    size_t name_width, width, widest, least;
    uint64_t sum;          /* of the widths, with no_extremes */
    bool right, truncate, wrap, hidden, no_extremes, extreme;
};

enum stage { STAGE_READ, STAGE_LAY_OUT, STAGE_TREE, STAGE_MEASURE, STAGE_PRINT };

struct column {
    bool table, json, keep_empty, fill_rows, no_headings, named;
    size_t width;          /* of the screen */
    size_t limit;          /* input columns at most; 0: no limit */
    struct str separator;  /* of output */
    struct str delimiters; /* of input; data NULL: white space */
    enum locale locale;
    enum stage stage;
    struct text_lines lines;
    struct str piece;      /* read and not yet used */
    struct field *fields;
    size_t field_count;
    struct row *rows;
    size_t row_count;
    struct head *heads;
    size_t head_count;
    size_t *order;         /* of the columns: those shown */
    size_t shown;
    size_t separator_width;
    size_t tree;           /* the column + 1 with branches */
    size_t *sequence;      /* of the rows of a tree */
    size_t first_root, last_root;
    struct map ids;
    size_t at, at2;        /* progress in a stage */
    size_t widest;         /* of lines, without -t */
    size_t depth;          /* of the row of JSON printed last */
    bool header_done;
};

/* --- options ------------------------------------------------------------------------------------------- */

/* Digits only, up to 32 bits: 0, or the status after a message. */
static int read_number(struct call *c, int letter, const char *what, size_t *number)
{
    struct str s, digits;
    uint64_t value = 0;
    bool overflow = false;

    if (!call_value(c, letter, &s))
        return 0;
    digits = s.length > 1 && (s.data[0] == '-' || s.data[0] == '+') ? str_after(s, 1) : s;
    if (!digits.length || number_parse_unsigned(digits, 10, &value, &overflow) != digits.length ||
        digits.data[0] < '0' || digits.data[0] > '9') {
        call_error(c, "invalid %s argument: '%S'", what, s);
        return 1;
    }
    if (overflow || value > UINT32_MAX || (s.data[0] == '-' && value)) {
        call_error(c, "invalid %s argument: '%S': %m", what, s, E_RANGE);
        return 1;
    }
    *number = (size_t)value;
    return 0;
}

static void add_head(struct call *c, struct column *k, struct str name)
{
    k->heads = array_grow(c->heap, k->heads, k->head_count, sizeof *k->heads);
    k->heads[k->head_count++] = (struct head){.name = name, .name_width = utf8_columns(name, k->locale)};
}

static void read_names(struct call *c, struct column *k)
{
    struct str names;

    if (!call_value(c, 'N', &names))
        return;
    k->named = true;
    while (names.length) {
        ptrdiff_t at = str_find(names, ',');
        struct str name = at < 0 ? names : str_first(names, (size_t)at);
        if (name.length)
            add_head(c, k, name);
        names = str_after(names, at < 0 ? names.length : (size_t)at + 1);
    }
}

static int column_start(struct call *c)
{
    struct column *k = c->state;
    struct str value;
    size_t limit = 1;

    k->locale = call_locale(c);
    k->json = call_has(c, 'J');
    k->table = k->json || call_has(c, 't');
    k->keep_empty = call_has(c, 'L');
    k->fill_rows = call_has(c, 'x');
    k->no_headings = call_has(c, 'd');
    k->separator = str_lit("  ");
    k->width = 80;
    if (environment_find(c->task->environment, "COLUMNS", &value)) {
        uint64_t columns;
        if (number_parse_unsigned(value, 10, &columns, NULL) == value.length && columns && columns < UINT32_MAX)
            k->width = (size_t)columns;
    }
    call_value(c, 'o', &k->separator);
    if (call_value(c, 's', &k->delimiters) && !k->delimiters.data)
        k->delimiters = str_lit("");
    if (call_has(c, 'h') || call_has(c, 'V'))
        return 0;
    if (read_number(c, 'c', "columns", &k->width) || read_number(c, 'l', "columns limit", &limit))
        return 1;
    if (!limit) {
        call_error(c, "columns limit must be greater than zero");
        return 1;
    }
    k->limit = call_has(c, 'l') ? limit : 0;
    if (k->table && k->fill_rows) {
        call_error(c, "mutually exclusive arguments: --%s --fillrows", k->json ? "json" : "table");
        return 1;
    }
    if (!k->table && call_last(c, "nONEHRTW")) {
        call_error(c, "option --table required for all --table-*");
        return 1;
    }
    if (k->json && !call_has(c, 'N')) {
        call_error(c, "option --table-columns required for --json");
        return 1;
    }
    if (call_has(c, 'r') && (!call_has(c, 'i') || !call_has(c, 'p'))) {
        call_error(c, "options --tree-id and --tree-parent are required for tree formatting");
        return 1;
    }
    read_names(c, k);
    k->separator_width = utf8_columns(k->separator, k->locale);
    return 0;
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* A text for good, with bytes that are no characters as \xHH, and its width. */
static struct field make_field(struct call *c, const struct column *k, struct str text)
{
    struct field f = {0};

    if (utf8_is_ascii(text)) {
        f.text = str_copy(c->heap, text);
        for (size_t i = 0; i < text.length; i++)
            f.width += text.data[i] >= 32 && text.data[i] < 127;
        return f;
    }
    struct buf out;
    buf_init(&out, c->heap);
    while (text.length) {
        struct utf8_char u = utf8_first(text, k->locale);
        int width = u.valid ? utf8_width(u.code, k->locale) : 4;
        if (u.valid)
            buf_add(&out, str_first(text, u.length));
        else
            buf_print(&out, "\\x%02x", (unsigned)u.code);
        f.width += width > 0 ? (size_t)width : 0;
        text = str_after(text, u.length);
    }
    f.text = buf_str(&out);
    return f;
}

static void add_field(struct call *c, struct column *k, struct str text)
{
    k->fields = array_grow(c->heap, k->fields, k->field_count, sizeof *k->fields);
    k->fields[k->field_count++] = make_field(c, k, text);
    call_charge(c, 1);
}

/* Bytes of the delimiter at the front of `text`; 0: there is none. */
static size_t delimiter(const struct column *k, struct str text)
{
    struct utf8_char u;

    if (!k->delimiters.data)
        return text.data[0] == ' ' || text.data[0] == '\t';
    u = utf8_first(text, k->locale);
    for (struct str d = k->delimiters; d.length;) {
        struct utf8_char v = utf8_first(d, k->locale);
        if (v.length == u.length && memcmp(d.data, text.data, u.length) == 0)
            return u.length;
        d = str_after(d, v.length);
    }
    return 0;
}

/* Splits a line into fields. False, after a message, when one of them has no name and needs it. */
static bool add_row(struct call *c, struct column *k, struct str line)
{
    struct row row = {.first = k->field_count};
    bool greedy = !k->delimiters.data, pending = !greedy;

    while (line.length || pending) {
        size_t length = 0, gap = 0;
        if (k->limit && row.count + 1 == k->limit) {
            length = line.length;
        } else {
            while (greedy && line.length && delimiter(k, line))
                line = str_after(line, 1);
            if (greedy && !line.length)
                break;
            while (length < line.length && !(gap = delimiter(k, str_after(line, length))))
                length++;
        }
        if (row.count == k->head_count) {
            if (k->json) {
                call_error(c, "line %zu: for JSON the name of the column %zu is required", k->row_count + 2,
                           row.count + 1);
                return false;
            }
            add_head(c, k, str_lit(""));
        }
        add_field(c, k, str_first(line, length));
        row.count++;
        pending = !greedy && gap;
        line = str_after(line, length + gap);
    }
    k->rows = array_grow(c->heap, k->rows, k->row_count, sizeof *k->rows);
    k->rows[k->row_count++] = row;
    return true;
}

static bool is_blank(struct str line)
{
    for (size_t i = 0; i < line.length; i++)
        if (!utf8_byte_is(line.data[i], UTF8_SPACE))
            return false;
    return true;
}

/* Takes the lines of a piece, which is not there in the next step: false after a message. */
static bool take_lines(struct call *c, struct column *k)
{
    while (k->piece.length) {
        ptrdiff_t at = str_find(k->piece, '\n'), nul;
        struct str line = at < 0 ? k->piece : str_first(k->piece, (size_t)at);
        k->piece = str_after(k->piece, at < 0 ? k->piece.length : (size_t)at + 1);
        nul = str_find(line, 0);
        if (nul >= 0)
            line.length = (size_t)nul;
        call_charge(c, 1);
        call_charge_bytes(c, line.length * 2);
        if (!k->table) {
            if (is_blank(line)) {
                if (!k->keep_empty)
                    continue;
                line.length = 0;
            }
            add_field(c, k, line);
            if (k->fields[k->field_count - 1].width > k->widest)
                k->widest = k->fields[k->field_count - 1].width;
        } else if (is_blank(line) && k->keep_empty) {
            k->rows = array_grow(c->heap, k->rows, k->row_count, sizeof *k->rows);
            k->rows[k->row_count++] = (struct row){.first = k->field_count};
        } else if (!is_blank(line) && !add_row(c, k, line)) {
            return false;
        }
    }
    return true;
}

/* --- laying out a table --------------------------------------------------------------------------------- */

/* The column that a word names, by number or name, from 1; 0: a number that is none; -1 after a message. */
static int64_t find_head(struct call *c, const struct column *k, struct str word)
{
    uint64_t number;

    if (word.length && word.data[0] >= '0' && word.data[0] <= '9' &&
        number_parse_unsigned(word, 10, &number, NULL) == word.length)
        return number <= k->head_count ? (int64_t)number : 0;
    for (size_t i = 0; i < k->head_count; i++)
        if (str_equal(k->heads[i].name, word))
            return (int64_t)i + 1;
    call_error(c, "undefined column name '%S'", word);
    return -1;
}

static void set_flag(struct head *h, int letter)
{
    switch (letter) {
    case 'R': h->right = true; break;
    case 'T': h->truncate = true; break;
    case 'W': h->wrap = true; break;
    case 'H': h->hidden = true; break;
    case 'E': h->no_extremes = true; break;
    }
}

/* Columns of a list get a flag, or with 'O' the next place in the order: false after a message. */
static bool flag_columns(struct call *c, struct column *k, struct str list, int letter)
{
    if (letter != 'O' && str_is(list, "0")) {
        for (size_t i = 0; i < k->head_count; i++)
            set_flag(&k->heads[i], letter);
        return true;
    }
    while (list.length) {
        ptrdiff_t at = str_find(list, ',');
        struct str word = at < 0 ? list : str_first(list, (size_t)at);
        int64_t number;
        list = str_after(list, at < 0 ? list.length : (size_t)at + 1);
        if (!word.length)
            continue;
        if (letter == 'H' && str_is(word, "-")) {
            for (size_t i = 0; i < k->head_count; i++)
                k->heads[i].hidden |= !k->heads[i].name.length;
            continue;
        }
        number = find_head(c, k, word);
        if (number < 0)
            return false;
        if (number > 0 && letter != 'O')
            set_flag(&k->heads[number - 1], letter);
        if (number > 0 && letter == 'O') {
            bool known = false;
            for (size_t i = 0; i < k->shown; i++)
                known |= k->order[i] == (size_t)number - 1;
            if (!known)
                k->order[k->shown++] = (size_t)number - 1;
        }
    }
    return true;
}

/* Applies what options say of columns: false after a message. */
static bool apply_options(struct call *c, struct column *k)
{
    static const char letters[] = "RTWHE";
    struct str list;
    size_t count = 0;

    for (int i = 0; letters[i]; i++)
        if (call_value(c, letters[i], &list) && !flag_columns(c, k, list, letters[i]))
            return false;
    if (!call_has(c, 'E'))
        k->heads[k->head_count - 1].no_extremes = true;
    k->order = heap_alloc(c->heap, k->head_count * sizeof *k->order);
    if (call_value(c, 'O', &list) && !flag_columns(c, k, list, 'O'))
        return false;
    for (size_t i = 0; i < k->head_count; i++) {
        bool known = false;
        for (size_t j = 0; j < k->shown && !known; j++)
            known = k->order[j] == i;
        if (!known)
            k->order[k->shown++] = i;
    }
    for (size_t i = 0; i < k->shown; i++)
        if (!k->heads[k->order[i]].hidden)
            k->order[count++] = k->order[i];
    k->shown = count;
    call_charge(c, (int64_t)k->head_count);
    if (call_value(c, 'r', &list)) {
        int64_t tree = find_head(c, k, list);
        if (tree < 0)
            return false;
        k->tree = (size_t)tree;
    }
    return true;
}

static struct field field_of(const struct column *k, const struct row *row, size_t column)
{
    struct field empty = {0};
    return column < row->count ? k->fields[row->first + column] : empty;
}

static size_t width_of(const struct column *k, const struct row *row, size_t column)
{
    size_t width = field_of(k, row, column).width;
    return column + 1 == k->tree ? width + row->lead_width : width;
}

/* --- trees ----------------------------------------------------------------------------------------------- */

static void hang(struct column *k, size_t row, size_t parent)
{
    struct row *r = &k->rows[row];
    size_t *first = parent ? &k->rows[parent - 1].child : &k->first_root;
    size_t *last = parent ? &k->rows[parent - 1].last : &k->last_root;

    r->parent = parent;
    if (*last)
        k->rows[*last - 1].next = row + 1;
    else
        *first = row + 1;
    *last = row + 1;
}

static bool is_above(struct call *c, const struct column *k, size_t row, size_t below)
{
    for (; below; below = k->rows[below - 1].parent) {
        if (below == row + 1)
            return true;
        call_charge(c, 1);
    }
    return false;
}

/* The branches before a row, from those of its parent. */
static void make_lead(struct call *c, struct column *k, struct row *r)
{
    const struct row *parent = &k->rows[r->parent - 1];
    struct buf lead;

    buf_init(&lead, c->heap);
    buf_add(&lead, parent->lead);
    if (parent->parent) { /* the branch of the parent goes on, or has ended */
        lead.length -= strlen("├─");
        buf_add_text(&lead, parent->next ? "│ " : "  ");
    }
    buf_add_text(&lead, r->next ? "├─" : "└─");
    r->lead = buf_str(&lead);
    r->depth = parent->depth + 1;
    r->lead_width = r->depth * 2;
    call_charge_bytes(c, lead.length + 64);
}

/* Finds parents (one row a turn), then the order of the rows: false when there is more to do, or *failed after a message. */
static bool make_tree(struct call *c, struct column *k, bool *failed)
{
    struct str word;
    int64_t id, parent;

    call_value(c, 'i', &word);
    id = find_head(c, k, word);
    call_value(c, 'p', &word);
    parent = id < 0 ? -1 : find_head(c, k, word);
    *failed = id <= 0 || parent <= 0;
    if (*failed)
        return false;
    if (!k->sequence) {
        map_init(&k->ids, c->heap);
        k->sequence = heap_alloc(c->heap, k->row_count * sizeof *k->sequence + 1);
    }
    for (; k->at < k->row_count; k->at++) {
        if (!call_go(c))
            return false;
        map_set_number(&k->ids, field_of(k, &k->rows[k->at], (size_t)id - 1).text, (int64_t)k->at + 1);
        call_charge(c, 1);
    }
    for (; k->at < 2 * k->row_count; k->at++) {
        size_t row = k->at - k->row_count;
        const union map_value *found;
        if (!call_go(c))
            return false;
        found = map_find(&k->ids, field_of(k, &k->rows[row], (size_t)parent - 1).text);
        call_charge(c, 1);
        hang(k, row, found && !is_above(c, k, row, (size_t)found->number) ? (size_t)found->number : 0);
    }
    if (k->at == 2 * k->row_count && !k->at2)
        k->at2 = k->first_root;
    while (k->at2) { /* from top to bottom */
        size_t row = k->at2;
        if (!call_go(c))
            return false;
        k->sequence[k->at++ - 2 * k->row_count] = row - 1;
        if (k->rows[row - 1].parent)
            make_lead(c, k, &k->rows[row - 1]);
        call_charge(c, 1);
        k->at2 = k->rows[row - 1].child;
        while (row && !k->at2) {
            k->at2 = k->rows[row - 1].next;
            row = k->rows[row - 1].parent;
        }
    }
    return true;
}

/* --- widths ------------------------------------------------------------------------------------------------ */

static bool is_extreme(const struct column *k, const struct head *h, size_t width)
{
    uint64_t average = h->sum / k->row_count;
    return average && width > average * 2;
}

static size_t total_width(const struct column *k)
{
    size_t total = k->shown ? (k->shown - 1) * k->separator_width : 0;
    for (size_t i = 0; i < k->shown; i++)
        total += k->heads[k->order[i]].width;
    return total;
}

/* Widths of the columns, with `again` without those of extreme texts. One row a turn; false: there is more to do. */
static bool measure(struct call *c, struct column *k, bool again)
{
    for (; k->at < k->row_count; k->at++) {
        const struct row *row = &k->rows[k->at];
        if (!call_go(c))
            return false;
        call_charge(c, 1 + (int64_t)k->head_count / 4);
        for (size_t i = 0; i < k->head_count; i++) {
            struct head *h = &k->heads[i];
            size_t width = width_of(k, row, i);
            if (again && (!h->extreme || is_extreme(k, h, width)))
                continue;
            if (!again)
                h->sum += width;
            if (width > h->widest)
                h->widest = width;
            if (width > h->width)
                h->width = width;
        }
    }
    return true;
}

/* Makes columns narrower where that is allowed, in turn, until the table fits. */
static void reduce(struct call *c, struct column *k)
{
    size_t total = total_width(k), before;

    do {
        before = total;
        for (size_t i = 0; i < k->shown && total > k->width; i++) {
            struct head *h = &k->heads[k->order[i]];
            if ((!h->truncate && !h->wrap) || h->width <= h->least || h->width <= 1)
                continue;
            h->width--;
            total--;
        }
        call_charge(c, (int64_t)k->shown);
    } while (total > k->width && total < before);
}

/* What room there is goes to columns with extremes. */
static void enlarge(struct column *k)
{
    size_t total = total_width(k);

    for (size_t i = 0; i < k->shown && total < k->width; i++) {
        struct head *h = &k->heads[k->order[i]];
        size_t more = k->width - total;
        if (!h->extreme)
            continue;
        if (more > h->widest - h->width)
            more = h->widest - h->width;
        h->width += more;
        total += more;
    }
}

/* False: there is more to do. */
static bool find_widths(struct call *c, struct column *k)
{
    bool first = k->at2 == 0;

    if (first) {
        for (size_t i = 0; i < k->head_count && k->at == 0; i++)
            k->heads[i].width = k->heads[i].widest = k->heads[i].least = k->heads[i].name_width;
        if (!measure(c, k, false))
            return false;
        if (total_width(k) > k->width) {
            for (size_t i = 0; i < k->head_count; i++) {
                struct head *h = &k->heads[i];
                h->extreme = h->no_extremes && k->row_count > 1 && h->width > h->least && is_extreme(k, h, h->widest);
                if (h->extreme)
                    h->width = h->least;
            }
            k->at = 0;
            k->at2 = 1;
        }
    }
    if (k->at2 == 1) {
        if (!measure(c, k, true))
            return false;
        enlarge(k);
        reduce(c, k);
    }
    return true;
}

/* --- printing ---------------------------------------------------------------------------------------------- */

/* As much of the text as `width` columns hold, at least a character; *used: its columns. */
static struct str fitting(const struct column *k, struct str text, size_t width, size_t *used)
{
    size_t length = 0;

    *used = 0;
    while (length < text.length) {
        struct utf8_char u = utf8_first(str_after(text, length), k->locale);
        int columns = utf8_width(u.code, k->locale);
        if (columns > 0 && *used + (size_t)columns > width && (length || (size_t)columns <= width))
            break;
        length += u.length;
        *used += columns > 0 ? (size_t)columns : 0;
    }
    return str_first(text, length);
}

/* One line of a field: *text is what is left of it afterwards. `again`: it is not the first line. */
static void put_field(struct call *c, const struct column *k, size_t at, struct str lead, struct field *f, bool again)
{
    const struct head *h = &k->heads[k->order[at]];
    bool last = at + 1 == k->shown, long_one = f->width > h->width;
    size_t width = f->width;
    struct str text = f->text;

    if (long_one && (h->truncate || h->wrap)) {
        size_t room = h->width - (width - f->width);
        text = fitting(k, text, room, &width);
        f->text = h->wrap ? str_after(f->text, text.length) : (struct str){0};
        f->width = h->wrap && f->text.length ? f->width - width : 0;
    } else {
        f->text = (struct str){0};
        f->width = 0;
    }
    if (h->right && !again && (!last || text.length) && width < h->width)
        buf_fill(&c->out, ' ', h->width - width);
    call_print(c, lead);
    call_print(c, text);
    if (last)
        return;
    if (width > h->width) { /* what follows begins on a line of its own */
        call_print_byte(c, '\n');
        for (size_t i = 0; i <= at; i++) {
            buf_fill(&c->out, ' ', k->heads[k->order[i]].width);
            call_print(c, k->separator);
        }
        return;
    }
    if (!h->right || again)
        buf_fill(&c->out, ' ', h->width - width);
    call_print(c, k->separator);
}

/* The lines of a row; those of wrapped fields go on below. */
static void put_row(struct call *c, const struct column *k, const struct row *row)
{
    struct field *fields = heap_alloc(c->heap, k->shown * sizeof *fields + 1);
    bool more = true, again = false;

    for (size_t i = 0; i < k->shown; i++) {
        size_t column = k->order[i];
        fields[i] = row ? field_of(k, row, column) : (struct field){k->heads[column].name, k->heads[column].name_width};
        if (row && column + 1 == k->tree && row->lead_width) {
            struct buf text;
            buf_init(&text, c->heap);
            buf_add(&text, row->lead);
            buf_add(&text, fields[i].text);
            fields[i].text = buf_str(&text);
            fields[i].width += row->lead_width;
        }
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < k->shown; i++) {
            put_field(c, k, i, (struct str){0}, &fields[i], again);
            more |= fields[i].text.length > 0;
        }
        call_print_byte(c, '\n');
        call_charge(c, 1 + (int64_t)k->shown / 2);
        again = true;
    }
    heap_free(c->heap, fields);
}

static void put_json_text(struct buf *out, struct str text, bool lower)
{
    static const char escapes[] = "btn.fr";

    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            buf_print(out, "\\%c", byte);
        else if (byte >= 8 && byte <= 13 && byte != 11)
            buf_print(out, "\\%c", escapes[byte - 8]);
        else if (byte < 32 || byte == 127)
            buf_print(out, "\\u%04x", byte);
        else
            buf_add_byte(out, lower ? (char)utf8_ascii_lower[byte] : (char)byte);
    }
    buf_add_byte(out, '"');
}

/* Ends the rows of JSON down to a depth. */
static void end_json(struct call *c, struct column *k, size_t depth)
{
    for (; k->depth > depth; k->depth--) {
        buf_fill(&c->out, ' ', 6 + k->depth * 6);
        call_print_text(c, "}\n");
        buf_fill(&c->out, ' ', 3 + k->depth * 6);
        call_print_text(c, "]\n");
        call_charge(c, 1);
    }
}

static void put_json(struct call *c, struct column *k, const struct row *row, bool first)
{
    end_json(c, k, row->depth);
    if (first || row->depth > k->depth) {
        buf_fill(&c->out, ' ', 6 + row->depth * 6);
        call_print_text(c, "{\n");
    } else {
        buf_fill(&c->out, ' ', 6 + row->depth * 6);
        call_print_text(c, "},{\n");
    }
    k->depth = row->depth;
    for (size_t i = 0; i < k->shown; i++) {
        struct field f = field_of(k, row, k->order[i]);
        buf_fill(&c->out, ' ', 9 + row->depth * 6);
        put_json_text(&c->out, k->heads[k->order[i]].name, true);
        call_print_text(c, ": ");
        if (f.text.length)
            put_json_text(&c->out, f.text, false);
        else
            call_print_text(c, "null");
        call_print_text(c, i + 1 < k->shown || row->child ? ",\n" : "\n");
        call_charge_bytes(c, 64 + f.text.length);
    }
    if (row->child) {
        buf_fill(&c->out, ' ', 9 + row->depth * 6);
        call_print_text(c, "\"children\": [\n");
    }
}

/* False: there is more to do. */
static bool print_table(struct call *c, struct column *k)
{
    struct str name = str_lit("table");

    if (!k->header_done) {
        k->header_done = true;
        call_value(c, 'n', &name);
        if (k->json) {
            call_print_text(c, "{\n   ");
            put_json_text(&c->out, name, true);
            call_print_text(c, ": [\n");
        } else if (k->named && !k->no_headings) {
            put_row(c, k, NULL);
        }
    }
    for (; k->at < k->row_count; k->at++) {
        const struct row *row = &k->rows[k->sequence ? k->sequence[k->at] : k->at];
        if (!call_go(c))
            return false;
        call_charge(c, 1);
        if (k->json)
            put_json(c, k, row, k->at == 0);
        else
            put_row(c, k, row);
    }
    if (k->json) {
        end_json(c, k, 0);
        call_print_text(c, "      }\n   ]\n}\n");
    }
    return true;
}

/* --- without a table ---------------------------------------------------------------------------------------- */

/* Lines side by side: false when there is more to do. `at` counts rows. */
static bool print_lines(struct call *c, struct column *k)
{
    size_t width = (k->widest + TAB) / TAB * TAB,
           columns = width <= k->width && k->widest < k->width ? k->width / width : 1;
    size_t rows = (k->field_count + columns - 1) / columns;

    for (; k->at < rows; k->at++) {
        size_t place = 0, end = width;
        if (!call_go(c))
            return false;
        for (size_t i = 0; i < columns; i++) {
            size_t at = k->fill_rows ? k->at * columns + i : k->at + i * rows;
            size_t next = k->fill_rows ? at + 1 : at + rows;
            const struct field *f = &k->fields[at];
            call_print(c, f->text);
            call_charge_bytes(c, f->text.length + 64);
            place += f->width;
            if (next >= k->field_count && k->fill_rows && i + 1 < columns && place == 0)
                return true; /* nothing stands in the last row, not even its end */
            if (next >= k->field_count || i + 1 == columns)
                break;
            for (size_t stop = (place + TAB) / TAB * TAB; stop <= end; stop = (place + TAB) / TAB * TAB) {
                call_print_byte(c, '\t');
                place = stop;
            }
            end += width;
        }
        call_print_byte(c, '\n');
    }
    return true;
}

/* --- the command ----------------------------------------------------------------------------------------------- */

/* Reads a piece: true to go on. */
static bool read_piece(struct call *c, struct column *k, enum step *answer)
{
    switch (text_lines(c, &k->lines, '\n', &k->piece)) {
    case INPUT_WAIT: return *answer = STEP_WAIT, false;
    case INPUT_END:
        k->piece.length = 0;
        k->stage = STAGE_LAY_OUT;
        break;
    case INPUT_MORE:
        if (!take_lines(c, k))
            return *answer = call_exit(c, 1), false;
        break;
    }
    return true;
}

static enum step column_step(struct call *c)
{
    struct column *k = c->state;
    enum step answer;
    bool failed = false;

    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_text(c, "column from util-linux 2.38.1\n");
        return call_done(c);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (k->stage) {
        case STAGE_READ:
            if (!read_piece(c, k, &answer))
                return answer;
            break;
        case STAGE_LAY_OUT:
            if (!k->table) {
                k->stage = STAGE_PRINT;
                break;
            }
            if (!k->row_count)
                return call_done(c);
            if (!k->head_count)
                return call_exit(c, 1);
            if (!apply_options(c, k))
                return call_exit(c, 1);
            c->status = 0; /* although a file may be missing */
            k->stage = k->tree ? STAGE_TREE : STAGE_MEASURE;
            break;
        case STAGE_TREE:
            if (make_tree(c, k, &failed)) {
                k->stage = STAGE_MEASURE;
                k->at = k->at2 = 0;
            }
            if (failed)
                return call_exit(c, 1);
            break;
        case STAGE_MEASURE:
            if (find_widths(c, k)) {
                k->stage = STAGE_PRINT;
                k->at = k->at2 = 0;
            }
            break;
        case STAGE_PRINT:
            if (k->table ? print_table(c, k) : print_lines(c, k))
                return call_done(c);
            break;
        }
    }
}

const struct command command_column = {
    .name = "column",
    .usage = "[options] [<file>...]",
    .summary = "Columnate lists.",
    .options = options,
    .state = sizeof(struct column),
    .start = column_start,
    .step = column_step,
};
