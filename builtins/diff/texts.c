/* builtins/diff/texts.c - two files: reading them, finding their differences, and which of those may be ignored. */
#include "builtins/diff/diff.h"

enum { BINARY_LOOK = 4096 }; /* bytes in which a NUL makes a file binary */

bool diff_may_ignore(const struct diff *d)
{
    return d->blank || d->ignored;
}

bool diff_is_silent(const struct diff *d)
{
    if (d->style == DIFF_GROUPS)
        return d->group_formats[CHANGE_NONE].length == 0 ||
               (str_is(d->group_formats[CHANGE_NONE], "%=") && d->line_formats[0].length == 0);
    return d->style != DIFF_COLUMNS || d->no_common;
}

/* --- keys: what lines are compared by --------------------------------------------------------------------------- */

static bool is_space(char byte)
{
    return utf8_byte_is(byte, UTF8_SPACE);
}

/* White space is nothing, or one space. */
static void add_squeezed(struct buf *key, struct str line, bool nothing)
{
    char *start = buf_reserve(key, line.length), *to = start;

    for (size_t i = 0; i < line.length;) {
        if (!is_space(line.data[i])) {
            *to++ = line.data[i++];
            continue;
        }
        while (i < line.length && is_space(line.data[i]))
            i++;
        if (!nothing && i < line.length)
            *to++ = ' ';
    }
    key->length += (size_t)(to - start);
}

static void add_expanded(struct buf *key, struct str line, size_t tabs)
{
    size_t column = 0;
    for (size_t i = 0; i < line.length; i++) {
        char byte = line.data[i];
        if (byte == '\t') {
            size_t spaces = tabs - column % tabs;
            buf_fill(key, ' ', spaces);
            column += spaces;
            continue;
        }
        if (byte == '\b')
            column -= column > 0;
        else if (byte == '\r')
            column = 0;
        else if (byte != '\n')
            column++;
        buf_add_byte(key, byte);
    }
}

static void make_key(void *user, struct str line, struct buf *key)
{
    const struct diff *d = user;
    size_t from = key->length;
    if (d->space == SPACE_TRAILING || d->space == SPACE_TABS_TRAILING)
        while (line.length && is_space(line.data[line.length - 1]))
            line.length--;
    if (d->space == SPACE_CHANGE || d->space == SPACE_ALL)
        add_squeezed(key, line, d->space == SPACE_ALL);
    else if (d->space == SPACE_TABS) /* with -Z too, GNU's -E does nothing */
        add_expanded(key, line, d->tabs);
    else
        buf_add(key, line);
    if (d->fold)
        for (size_t i = from; i < key->length; i++)
            key->data[i] = (char)utf8_ascii_lower[(unsigned char)key->data[i]];
}

/* --- reading
 * ------------------------------------------------------------------------------------------------------- */

static bool looks_binary(struct str text)
{
    struct str start = str_first(text, BINARY_LOOK);
    return start.length && memchr(start.data, 0, start.length) != NULL;
}

/* Takes the carriage returns in front of newlines away; adds a newline at the end where ed needs one. */
static void prepare(struct call *c, struct diff *d, struct side *s)
{
    bool ed = d->style == DIFF_ED || d->style == DIFF_FORWARD_ED;
    struct buf *made = &s->made;
    size_t from = 0;
    s->unended = ed && s->text.length && s->text.data[s->text.length - 1] != '\n';
    if (!s->unended && !(d->strip_returns && str_find(s->text, '\r') >= 0))
        return;
    buf_init(made, c->heap);
    buf_reserve(made, s->text.length + 1);
    for (size_t i = 0; d->strip_returns && i + 1 < s->text.length; i++)
        if (s->text.data[i] == '\r' && s->text.data[i + 1] == '\n') {
            buf_add(made, str_of(s->text.data + from, i - from));
            from = i + 1;
        }
    buf_add(made, str_after(s->text, from));
    if (s->unended)
        buf_add_byte(made, '\n');
    call_charge_bytes(c, s->text.length);
    s->text = buf_str(made);
}

int diff_read(struct call *c, struct diff *d)
{
    bool failed = false;
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i];
        if (s->text.data)
            continue;
        s->text = str_lit("");
        if (s->absent)
            continue;
        enum input_answer answer = input_all(s->input, &s->text);
        if (answer == INPUT_WAIT)
            s->text.data = NULL;
        if (answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_END && s->input->error) {
            call_error(c, "%S: %m", s->name, s->input->error);
            failed = true;
        }
        if (!s->text.data)
            s->text = str_lit("");
    }
    if (failed) {
        diff_close(c, d, 2);
        return DIFF_GO;
    }
    bool exact = d->space == SPACE_EXACT && !d->fold && !diff_may_ignore(d) && !d->strip_returns;
    bool binary = !d->text && (looks_binary(d->sides[0].text) || looks_binary(d->sides[1].text));
    d->look_line = 0;
    if (binary || (d->brief && exact)) {
        d->phase = DIFF_BYTES;
        return DIFF_GO;
    }
    for (int i = 0; i < 2; i++)
        prepare(c, d, &d->sides[i]);
    struct lines_options options = {.horizon = d->horizon, .minimal = d->minimal, .end = '\n', .user = d};
    if (d->space != SPACE_EXACT || d->fold)
        options.key = make_key;
    d->lines = lines_new(c->heap, d->sides[0].text, d->sides[1].text, &options);
    d->phase = DIFF_LINES;
    return DIFF_GO;
}

static void report(struct call *c, struct diff *d, bool differ, const char *format)
{
    if (differ)
        call_format(c, format, diff_label(d, 0), diff_label(d, 1));
    diff_close(c, d, differ);
}

int diff_bytes(struct call *c, struct diff *d)
{
    struct str a = str_after(d->sides[0].text, d->look_line), b = str_after(d->sides[1].text, d->look_line);
    size_t length = a.length < TEXT_PIECE ? a.length : TEXT_PIECE;
    bool differ =
        d->sides[0].text.length != d->sides[1].text.length || (length && memcmp(a.data, b.data, length) != 0);
    call_charge_bytes(c, length);
    d->look_line += length;
    if (differ || a.length == length)
        report(c, d, differ, d->brief ? "Files %S and %S differ\n" : "Binary files %S and %S differ\n");
    return DIFF_GO;
}

/* --- lines
 * ------------------------------------------------------------------------------------------------------------
 */

int diff_find_lines(struct call *c, struct diff *d)
{
    if (lines_step(d->lines) == LINES_MORE)
        return DIFF_GO;
    d->hunks = lines_hunks(d->lines, &d->hunk_count);
    d->hunk = d->look_line = 0;
    d->trivial = NULL;
    d->any = d->hunk_count > 0;
    d->phase = DIFF_IGNORE;
    if (diff_may_ignore(d)) {
        d->any = false;
        d->trivial = heap_zero(c->heap, d->hunk_count + 1);
    }
    return DIFF_GO;
}

static bool is_trivial(const struct diff *d, struct str line)
{
    size_t i = 0;
    line.length -= line.length && line.data[line.length - 1] == '\n';
    if (d->blank) {
        while (d->space >= SPACE_TRAILING && i < line.length && is_space(line.data[i]))
            i++;
        if (i == line.length)
            return true;
    }
    return d->ignored && regex_match(d->ignored, line, 0, 0, NULL, 0) == REGEX_YES;
}

int diff_ignore(struct call *c, struct diff *d)
{
    while (d->trivial && d->hunk < d->hunk_count) {
        const struct lines_hunk *h = &d->hunks[d->hunk];
        bool same = true;
        for (; d->look_line < h->a_count + h->b_count && same; d->look_line++) {
            bool old = d->look_line < h->a_count;
            if (!call_go(c))
                return DIFF_GO;
            call_charge(c, 1);
            same = is_trivial(d, old ? lines_get(d->lines, 0, h->a_start + d->look_line)
                                     : lines_get(d->lines, 1, h->b_start + d->look_line - h->a_count));
        }
        d->trivial[d->hunk++] = same;
        d->any |= !same;
        d->look_line = 0;
    }
    if (d->brief) {
        report(c, d, d->any, "Files %S and %S differ\n");
        return DIFF_GO;
    }
    d->phase = DIFF_HUNKS;
    d->hunk = 0;
    d->begun = d->tail = false;
    d->next[0] = d->next[1] = d->searched = d->found = 0;
    if (!d->any && diff_is_silent(d)) {
        d->hunk = d->hunk_count;
        d->tail = true;
    }
    return DIFF_GO;
}
