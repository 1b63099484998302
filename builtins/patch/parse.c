/* builtins/patch/parse.c - diffs out of the patch's text. */
#include "base/number.h"
#include "builtins/patch/patch.h"

/* What stands behind at most `most` columns of blanks, and of X, as they may have been put in front of a whole diff. */
static struct str unindented(struct str line, size_t most, size_t *columns)
{
    *columns = 0;
    while (line.length && *columns < most && (line.data[0] == ' ' || line.data[0] == '\t' || line.data[0] == 'X')) {
        *columns = line.data[0] == '\t' ? (*columns + 8) & ~(size_t)7 : *columns + 1;
        line = str_after(line, 1);
    }
    return line;
}

bool patch_line(const struct patch *p, struct str *line)
{
    struct str rest = str_after(p->text, p->at);
    ptrdiff_t end = str_find(rest, '\n');
    size_t columns;
    *line = unindented(end < 0 ? rest : str_first(rest, (size_t)end + 1), p->indent, &columns);
    return rest.length > 0;
}

static void next_line(struct call *c, struct patch *p, struct str line)
{
    p->at = (size_t)(line.data - p->text.data) + line.length;
    p->line++;
    call_charge(c, 1);
    call_charge_bytes(c, line.length);
}

/* --- names
 * ------------------------------------------------------------------------------------------------------- */

static struct str last_component(struct str name)
{
    ptrdiff_t slash = str_find_last(name, '/');
    return slash >= 0 ? str_after(name, (size_t)slash + 1) : name;
}

/* Takes leading components off; data NULL when there are not so many. */
static struct str stripped(const struct patch *p, struct str name)
{
    if (p->strip < 0)
        return last_component(name);
    for (int64_t left = p->strip; left > 0; left--) {
        ptrdiff_t slash = str_find(name, '/');
        if (slash < 0)
            return (struct str){0};
        name = str_after(name, (size_t)slash + 1);
        while (name.length && name.data[0] == '/')
            name = str_after(name, 1);
    }
    return name.length ? name : (struct str){0};
}

/* A name in quotes as in C: the bytes it takes. */
static size_t read_quoted(struct call *c, struct str text, struct str *name)
{
    struct buf b;
    size_t i = 1;
    buf_init(&b, c->heap);
    for (; i < text.length && text.data[i] != '"'; i++) {
        static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
        char byte = text.data[i];
        if (byte == '\\' && i + 1 < text.length) {
            byte = text.data[++i];
            const char *at = byte ? strchr(letters, byte) : NULL;
            if (at) {
                byte = values[at - letters];
            } else if (byte >= '0' && byte <= '7') {
                unsigned value = 0;
                for (int k = 0; k < 3 && i < text.length && text.data[i] >= '0' && text.data[i] <= '7'; k++)
                    value = value * 8 + (unsigned)(text.data[i++] - '0');
                byte = (char)value;
                i--;
            }
        }
        buf_add_byte(&b, byte);
    }
    *name = buf_str(&b);
    return i + 1;
}

/* The name and what follows it (a time) of a header line. */
static struct str read_name(struct call *c, struct str text, struct str *stamp)
{
    struct str name;
    while (text.length && utf8_byte_is(text.data[text.length - 1], UTF8_SPACE))
        text.length--;
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = str_after(text, 1);
    size_t end = 0;
    if (text.length && text.data[0] == '"') {
        end = read_quoted(c, text, &name);
    } else {
        ptrdiff_t tab = str_find(text, '\t');
        if (tab < 0)
            while (end < text.length && !utf8_byte_is(text.data[end], UTF8_SPACE))
                end++;
        else
            end = (size_t)tab;
        name = str_first(text, end);
    }
    text = str_after(text, end);
    while (text.length && utf8_byte_is(text.data[0], UTF8_SPACE))
        text = str_after(text, 1);
    *stamp = text;
    return name;
}

/* The time that stands for "was not there": the beginning of 1970, in any zone. */
static bool is_epoch(struct str stamp)
{
    return str_starts(stamp, "1970-01-01 ") || str_starts(stamp, "1969-12-31 ") ||
           str_starts(stamp, "Thu Jan  1 00:00:00 1970");
}

static void set_name(struct call *c, struct patch *p, int which, struct str text)
{
    struct str stamp, name = read_name(c, text, &stamp);
    p->named |= name.length > 0;
    if (which != INDEX) {
        bool none = str_is(name, "/dev/null");
        p->stamps[which] = stamp;
        p->epoch[which] = none || is_epoch(stamp);
        if (none) {
            p->names[which] = (struct str){0};
            return;
        }
    }
    p->names[which] = stripped(p, name);
}

/* --- git's lines in front of a diff
 * -------------------------------------------------------------------------------- */

static uint32_t read_mode(struct str text)
{
    uint64_t mode;
    number_parse_unsigned(text, 8, &mode, NULL);
    return (uint32_t)mode;
}

static void set_git_names(struct call *c, struct patch *p, struct str text)
{
    struct str stamp, one, two;
    while (text.length && utf8_byte_is(text.data[text.length - 1], UTF8_SPACE))
        text.length--;
    if (text.length && text.data[0] == '"') {
        size_t used = read_quoted(c, text, &one);
        two = read_name(c, str_after(text, used), &stamp);
    } else {
        size_t half = text.length / 2, at = text.length;
        for (size_t i = 0; i + 1 < text.length;
             i++) /* names may hold spaces: the halves are like, else the first " b/" */
            if (text.data[i] == ' ' && (i == half || (at == text.length && text.data[i + 1] == 'b')))
                at = i;
        one = str_first(text, at);
        two = str_after(text, at + 1);
        if (two.length && two.data[0] == '"')
            read_quoted(c, two, &two);
    }
    p->named = true;
    p->names[OLD] = stripped(p, one);
    p->names[NEW] = stripped(p, two);
}

static bool all_zeros(struct str text)
{
    size_t i = 0;
    while (i < text.length && text.data[i] == '0')
        i++;
    return i > 0 && (i == text.length || !number_digit(text.data[i]) || number_digit(text.data[i]) >= 16);
}

/* Reads one of git's header lines; false when it is none. */
static bool read_git(struct patch *p, struct str line)
{
    if (str_starts(line, "old mode ")) {
        p->modes[OLD] = read_mode(str_after(line, 9));
    } else if (str_starts(line, "new mode ")) {
        p->modes[NEW] = read_mode(str_after(line, 9));
    } else if (str_starts(line, "deleted file mode ")) {
        p->modes[OLD] = read_mode(str_after(line, 18));
        p->epoch[NEW] = p->zero[NEW] = true;
    } else if (str_starts(line, "new file mode ")) {
        p->modes[NEW] = read_mode(str_after(line, 14));
        p->epoch[OLD] = p->zero[OLD] = true;
    } else if (str_starts(line, "rename from ") || str_starts(line, "rename to ")) {
        p->renamed = true;
    } else if (str_starts(line, "copy from ") || str_starts(line, "copy to ")) {
        p->copied = true;
    } else if (str_starts(line, "GIT binary patch")) {
        p->binary_diff = true;
    } else if (str_starts(line, "index ")) {
        ptrdiff_t dots = str_find(line, '.');
        if (all_zeros(str_after(line, 6)))
            p->epoch[OLD] = p->zero[OLD] = true;
        if (dots >= 0 && all_zeros(str_after(line, (size_t)dots + 2)))
            p->epoch[NEW] = p->zero[NEW] = true;
    } else {
        return str_starts(line, "similarity index ") || str_starts(line, "dissimilarity index ");
    }
    return true;
}

/* --- finding a diff
 * ------------------------------------------------------------------------------------------------- */

/* N, N,M or N,M of a range: the bytes it takes, 0 when it is none. */
static size_t read_range(struct str text, int64_t *first, int64_t *second)
{
    uint64_t number;
    size_t i = 0;
    if (!text.length || !utf8_byte_is(text.data[0], UTF8_DIGIT))
        return 0;
    i = number_parse_unsigned(text, 10, &number, NULL);
    *first = (int64_t)(number & INT64_MAX);
    *second = -1;
    if (i + 1 < text.length && text.data[i] == ',' && utf8_byte_is(text.data[i + 1], UTF8_DIGIT)) {
        i++;
        i += number_parse_unsigned(str_after(text, i), 10, &number, NULL);
        *second = (int64_t)(number & INT64_MAX);
    }
    return i;
}

/* Is it a command of a normal diff, "1,2c3"? */
static bool read_command(struct str line, int64_t ranges[4], char *letter)
{
    size_t i = read_range(line, &ranges[0], &ranges[1]);
    if (i == 0 || i >= line.length || (line.data[i] != 'a' && line.data[i] != 'c' && line.data[i] != 'd'))
        return false;
    *letter = line.data[i];
    struct str rest = str_after(line, i + 1);
    i = read_range(rest, &ranges[2], &ranges[3]);
    rest = str_after(rest, i);
    return i > 0 && (rest.length == 0 || rest.data[0] == '\n' || rest.data[0] == '\r');
}

/* "@@ -1,2 +3 @@ function": counts of 1 when they are left out. */
static bool read_unified_ranges(struct str line, int64_t ranges[4], struct str *function)
{
    if (!str_starts(line, "@@ -"))
        return false;
    struct str rest = str_after(line, 4);
    for (int side = 0; side < 2; side++) {
        size_t used = read_range(rest, &ranges[2 * side], &ranges[2 * side + 1]);
        if (used == 0)
            return false;
        if (ranges[2 * side + 1] < 0)
            ranges[2 * side + 1] = 1;
        rest = str_after(rest, used);
        if (!str_starts(rest, side ? " @" : " +"))
            return false;
        rest = str_after(rest, 2);
    }
    while (rest.length && rest.data[0] == '@')
        rest = str_after(rest, 1);
    while (rest.length && (rest.data[rest.length - 1] == '\n' || rest.data[rest.length - 1] == '\r'))
        rest.length--;
    *function = rest;
    return true;
}

/* The diff begins at the line `at`, which was read already or not. */
static bool begin(struct patch *p, enum patch_type type, size_t at, int64_t line, struct str seen)
{
    p->type = type;
    p->at = p->header_end = at;
    p->line = p->start_line = line;
    p->strip_returns = !p->binary && seen.length > 1 && seen.data[seen.length - 2] == '\r';
    if (!p->posix && (p->names[OLD].data || p->names[NEW].data))
        p->names[INDEX] = (struct str){0};
    for (int i = 0; i < 2; i++)
        p->absent[i] = p->zero[i] ? 1 + p->epoch[i] : 0;
    p->found = true;
    return true;
}

static bool has_name(const struct patch *p)
{
    return p->operand.data || p->named;
}

static bool is_wanted(const struct patch *p, enum patch_type type)
{
    return (p->forced == PATCH_NONE || p->forced == type) && has_name(p);
}

static void forget(struct patch *p)
{
    memset(p->names, 0, sizeof p->names);
    memset(p->stamps, 0, sizeof p->stamps);
    memset(p->epoch, 0, sizeof p->epoch);
    memset(p->zero, 0, sizeof p->zero);
    memset(p->modes, 0, sizeof p->modes);
    p->named = p->git = p->renamed = p->copied = p->binary_diff = false;
}

bool patch_find(struct call *c, struct patch *p)
{
    size_t stars_at = 0, command_at = 0;
    int64_t stars_line = -1, command_line = -1, ranges[4];
    struct str line, function;
    char letter;
    forget(p);
    p->header = p->at;
    p->indent = 0;
    while (patch_line(p, &line)) {
        size_t at = p->at, indent;
        int64_t number = p->line;
        bool changes = p->git && (p->renamed || p->copied || p->modes[OLD] || p->modes[NEW] || p->binary_diff);
        if (changes && str_starts(line, "diff --git "))
            return begin(p, PATCH_GIT, at, number, line);
        next_line(c, p, line);
        line = unindented(line, SIZE_MAX, &indent);
        if (str_starts(line, "diff --git ")) {
            forget(p);
            p->git = true;
            set_git_names(c, p, str_after(line, 11));
        } else if (p->git && read_git(p, line)) {
            continue;
        } else if (str_starts(line, "Index:")) {
            set_name(c, p, INDEX, str_after(line, 6));
        } else if (str_starts(line, "--- ") && command_line < 0 &&
                   !(stars_line == number - 1 && p->forced == PATCH_CONTEXT)) {
            /* the old name of a unified diff, or the new one of a context diff whose old one was seen just before */
            bool context = p->stamps[NEW].data && p->stamps[NEW].data == p->text.data + p->text.length;
            set_name(c, p, context ? NEW : OLD, str_after(line, 4));
        } else if (str_starts(line, "+++ ")) {
            set_name(c, p, NEW, str_after(line, 4));
        } else if (str_starts(line, "*** ") && stars_line != number - 1) {
            struct str next;
            set_name(c, p, OLD, str_after(line, 4));
            if (patch_line(p, &next)) {
                size_t columns;
                next = unindented(next, SIZE_MAX, &columns);
                if (str_starts(next, "--- ")) {
                    set_name(c, p, NEW, str_after(next, 4));
                    next_line(c, p, next);
                }
            }
        } else if (read_unified_ranges(line, ranges, &function)) {
            if ((ranges[1] == 0 && ranges[0] == 0))
                p->zero[OLD] = true;
            if ((ranges[3] == 0 && ranges[2] == 0))
                p->zero[NEW] = true;
            if (is_wanted(p, PATCH_UNIFIED)) {
                p->indent = indent;
                return begin(p, PATCH_UNIFIED, at, number, line);
            }
        } else if (str_starts(line, "*** ") && stars_line == number - 1) {
            struct str rest = str_after(line, 4);
            if (is_wanted(p, PATCH_CONTEXT) && read_range(rest, &ranges[0], &ranges[1])) {
                if (ranges[0] == 0)
                    p->zero[OLD] = true;
                struct str later = str_after(p->text, p->at), one;
                while (later.length) { /* the other range */
                    ptrdiff_t end = str_find(later, '\n');
                    one = end < 0 ? later : str_first(later, (size_t)end + 1);
                    later = str_after(later, one.length);
                    one = unindented(one, indent, &p->indent);
                    if (str_starts(one, "--- ") && str_is(str_after(one, 4), "0 ----\n"))
                        p->zero[NEW] = true;
                    if (str_starts(one, "--- "))
                        break;
                }
                p->indent = indent;
                return begin(p, PATCH_CONTEXT, stars_at, stars_line, line);
            }
        } else if ((str_starts(line, "< ") || str_starts(line, "> ")) && command_line == number - 1) {
            if (is_wanted(p, PATCH_NORMAL)) {
                p->indent = indent;
                return begin(p, PATCH_NORMAL, command_at, command_line, line);
            }
        }
        if (str_starts(line, "********")) {
            stars_at = at;
            stars_line = number;
        }
        command_line = -1;
        if (read_command(line, ranges, &letter)) {
            command_at = at;
            command_line = number;
        }
    }
    if (p->git && (p->renamed || p->copied || p->modes[OLD] || p->modes[NEW] || p->binary_diff))
        return begin(p, PATCH_GIT, p->at, p->line, str_lit(""));
    return false;
}

/* --- hunks
 * -------------------------------------------------------------------------------------------------------------
 */

static void add_line(struct call *c, struct hunk *h, char kind, struct str text)
{
    h->lines = array_grow(c->heap, h->lines, h->line_count, sizeof *h->lines);
    h->lines[h->line_count++] = (struct patch_line){kind, text};
}

/* The text of a hunk's line: without what stands in front of it, and without the carriage return if those are
 * to go. */
static struct str body(struct call *c, const struct patch *p, struct str line, size_t from)
{
    struct str text = str_after(line, from);
    if (!p->strip_returns || text.length < 2 || text.data[text.length - 2] != '\r')
        return text;
    text.length -= 2;
    struct buf b;
    buf_init(&b, c->heap);
    buf_add(&b, text);
    buf_add_byte(&b, '\n');
    return buf_str(&b);
}

/* "\ No newline at end of file" behind a line takes its newline. */
static void take_newline(struct call *c, struct patch *p, struct patch_line *l)
{
    struct str line;
    if (!patch_line(p, &line) || !line.length || line.data[0] != '\\')
        return;
    next_line(c, p, line);
    if (l && l->text.length && l->text.data[l->text.length - 1] == '\n')
        l->text.length--;
}

/* The next line of a hunk: false at the end, also where the last line has no end, which is told. */
static bool hunk_line(struct call *c, struct patch *p, struct str *line)
{
    if (!patch_line(p, line))
        return false;
    if (line->length && line->data[line->length - 1] == '\n')
        return true;
    patch_say(c, p, "patch unexpectedly ends in middle of line\n");
    p->at = p->text.length;
    return false;
}

static int malformed(struct call *c, const struct patch *p, struct str line)
{
    return patch_fail(c, "malformed patch at line %lld: %S", (long long)p->line, line);
}

static int read_unified(struct call *c, struct patch *p, struct hunk *h)
{
    struct str line;
    int64_t ranges[4];
    if (!patch_line(p, &line) || !str_starts(line, "@@ -"))
        return 0;
    if (!read_unified_ranges(line, ranges, &h->function))
        return malformed(c, p, line);
    next_line(c, p, line);
    int64_t old = ranges[1], new = ranges[3];
    bool changes = false;
    h->first[OLD] = ranges[0] + (old == 0);
    h->first[NEW] = ranges[2] + (new == 0);
    h->count[OLD] = old;
    h->count[NEW] = new;
    while (old > 0 || new > 0) {
        if (!hunk_line(c, p, &line)) {
            if (!changes || old != new) {
                p->line--;
                return malformed(c, p, str_lit(" \n"));
            }
            if (new > 3)
                return patch_fail(c, "unexpected end of file in patch at line %lld", (long long)p->line - 1);
            line = str_lit(" \n"); /* blank lines at the end were lost */
        } else {
            next_line(c, p, line);
        }
        char kind = line.data[0];
        bool eaten = kind == '\t' || kind == '\n' || kind == '\r';
        kind = eaten || kind == '=' ? ' ' : kind;
        if ((kind != ' ' && kind != '-' && kind != '+') || (kind != '+' && old == 0) || (kind != '-' && new == 0)) {
            p->line--;
            return malformed(c, p, line);
        }
        old -= kind != '+';
        new -= kind != '-';
        changes |= kind != ' ';
        add_line(c, h, kind, body(c, p, line, eaten ? 0 : 1));
        take_newline(c, p, &h->lines[h->line_count - 1]);
    }
    return 1;
}

static int read_normal(struct call *c, struct patch *p, struct hunk *h)
{
    struct str line;
    int64_t r[4];
    char letter;
    if (!patch_line(p, &line) || !read_command(line, r, &letter))
        return 0;
    next_line(c, p, line);
    h->count[OLD] = letter == 'a' ? 0 : r[1] < 0 ? 1 : r[1] - r[0] + 1;
    h->count[NEW] = letter == 'd' ? 0 : r[3] < 0 ? 1 : r[3] - r[2] + 1;
    h->first[OLD] = r[0] + (letter == 'a');
    h->first[NEW] = r[2] + (letter == 'd');
    for (int side = 0; side < 2; side++) {
        for (int64_t left = h->count[side]; left > 0; left--) {
            if (!hunk_line(c, p, &line))
                return patch_fail(c, "unexpected end of file in patch at line %lld", (long long)p->line - 1);
            if (!str_starts(line, side ? "> " : "< "))
                return patch_fail(c, "'%c' followed by space or tab expected at line %lld of patch", side ? '>' : '<',
                                  (long long)p->line);
            next_line(c, p, line);
            add_line(c, h, side ? '+' : '-', body(c, p, line, 2));
        }
        take_newline(c, p, h->line_count ? &h->lines[h->line_count - 1] : NULL);
        if (side == 0 && letter == 'c') {
            if (!patch_line(p, &line) || !str_starts(line, "---"))
                return patch_fail(c, "'---' expected at line %lld of patch", (long long)p->line);
            next_line(c, p, line);
        }
    }
    return 1;
}

/* One side of a hunk of a context diff, with its marks. */
static void read_block(struct call *c, struct patch *p, struct hunk *block, char change)
{
    struct str line;
    while ((int64_t)block->line_count < block->count[0] && patch_line(p, &line) && line.length) {
        char kind = line.data[0];
        bool empty = kind == '\n', fits = empty || (line.length > 1 && (line.data[1] == ' ' || line.data[1] == '\t'));
        if (!fits || (kind != ' ' && kind != '!' && kind != change && !empty))
            return;
        next_line(c, p, line);
        add_line(c, block, empty ? ' ' : kind, body(c, p, line, empty ? 0 : 2));
        take_newline(c, p, &block->lines[block->line_count - 1]);
    }
}

/* "*** 1,2 ****" or "--- 1,2 ----". */
static bool read_context_range(struct call *c, struct patch *p, const char *mark, int64_t *first, int64_t *count)
{
    struct str line;
    int64_t last;
    if (!patch_line(p, &line) || !str_starts(line, mark) || !read_range(str_after(line, 4), first, &last))
        return false;
    next_line(c, p, line);
    *count = last >= 0 ? last - *first + 1 : *first > 0;
    if (*first == 0)
        *first = 1;
    return true;
}

static int read_context(struct call *c, struct patch *p, struct hunk *h)
{
    struct str line;
    struct hunk old = {0}, new = {0};
    if (!patch_line(p, &line) || !str_starts(line, "********"))
        return 0;
    size_t stars = 0;
    while (stars < line.length && line.data[stars] == '*')
        stars++;
    h->function = str_after(line, stars);
    while (h->function.length && utf8_byte_is(h->function.data[h->function.length - 1], UTF8_SPACE))
        h->function.length--;
    next_line(c, p, line);
    if (!read_context_range(c, p, "*** ", &h->first[OLD], &old.count[0])) {
        if (!patch_line(p, &line))
            return 0;
        return malformed(c, p, line);
    }
    read_block(c, p, &old, '-');
    if (!read_context_range(c, p, "--- ", &h->first[NEW], &new.count[0])) {
        patch_line(p, &line);
        return malformed(c, p, line);
    }
    read_block(c, p, &new, '+');
    /* Both sides into one: what is left out is like the other side without its changes. */
    size_t i = 0, k = 0;
    while (i < old.line_count || k < new.line_count) {
        if (i < old.line_count && old.lines[i].kind != ' ') {
            add_line(c, h, '-', old.lines[i++].text);
        } else if (k < new.line_count && new.lines[k].kind != ' ') {
            add_line(c, h, '+', new.lines[k++].text);
        } else {
            struct str text = i < old.line_count ? old.lines[i].text : new.lines[k].text;
            i += i < old.line_count;
            k += k < new.line_count;
            add_line(c, h, ' ', text);
        }
    }
    for (size_t n = 0; n < h->line_count; n++) {
        h->count[OLD] += h->lines[n].kind != '+';
        h->count[NEW] += h->lines[n].kind != '-';
    }
    heap_free(c->heap, old.lines);
    heap_free(c->heap, new.lines);
    return 1;
}

int patch_read_hunk(struct call *c, struct patch *p, struct hunk *h)
{
    heap_free(c->heap, h->lines);
    *h = (struct hunk){0};
    int answer = p->type == PATCH_UNIFIED  ? read_unified(c, p, h)
                 : p->type == PATCH_CONTEXT ? read_context(c, p, h)
                 : p->type == PATCH_NORMAL  ? read_normal(c, p, h)
                                            : 0;
    if (answer != 1)
        return answer;
    size_t n = h->line_count;
    while ((size_t)h->prefix < n && h->lines[h->prefix].kind == ' ')
        h->prefix++;
    while ((size_t)h->suffix < n && h->lines[n - 1 - (size_t)h->suffix].kind == ' ')
        h->suffix++;
    return 1;
}
