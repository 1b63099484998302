/* builtins/patch/apply.c - a hunk into the file. */
#include "builtins/patch/patch.h"

static struct str file_line(const struct patch *p, int64_t line)
{
    return str_of(p->content.data + p->starts[line - 1], p->starts[line] - p->starts[line - 1]);
}

static char kind_of(const struct patch *p, const struct patch_line *l)
{
    return l->kind == ' ' || !p->swapped ? l->kind : l->kind == '-' ? '+' : '-';
}

static int64_t first_of(const struct patch *p, int side)
{
    return p->hunk.first[p->swapped ? 1 - side : side];
}

static int64_t count_of(const struct patch *p, int side)
{
    return p->hunk.count[p->swapped ? 1 - side : side];
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Equal but for the amount of white space (-l). */
static bool is_similar(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (struct str *s = &a; s; s = s == &a ? &b : NULL)
        while (s->length && (is_blank(s->data[s->length - 1]) || s->data[s->length - 1] == '\n'))
            s->length--;
    while (i < a.length && k < b.length) {
        if (is_blank(a.data[i]) && is_blank(b.data[k])) {
            while (i < a.length && is_blank(a.data[i]))
                i++;
            while (k < b.length && is_blank(b.data[k]))
                k++;
        } else if (a.data[i++] != b.data[k++]) {
            return false;
        }
    }
    return i == a.length && k == b.length;
}

/* Do the hunk's old lines, without some at both ends, stand in the file from line `at` on? */
static bool matches(struct call *c, const struct patch *p, int64_t at, int64_t before, int64_t behind)
{
    int64_t number = 0, last = count_of(p, OLD) - behind;
    for (size_t i = 0; i < p->hunk.line_count && number < last; i++) {
        if (kind_of(p, &p->hunk.lines[i]) == '+')
            continue;
        if (number++ < before)
            continue;
        int64_t line = at + number - 1;
        call_charge(c, 1);
        if (line < 1 || line > p->line_count)
            return false;
        struct str one = file_line(p, line), two = p->hunk.lines[i].text;
        if (!(p->blanks ? is_similar(one, two) : str_equal(one, two)))
            return false;
    }
    return true;
}

/* The line at which the hunk fits when so many lines of context do not count; 0: nowhere. */
static int64_t locate(struct call *c, struct patch *p, int64_t fuzz)
{
    const struct hunk *h = &p->hunk;
    int64_t guess = first_of(p, OLD) + p->in_offset, lines = count_of(p, OLD);
    int64_t context = h->prefix > h->suffix ? h->prefix : h->suffix;
    int64_t before = fuzz + h->prefix - context, behind = fuzz + h->suffix - context, offset;
    if (lines == 0)
        return guess;
    int64_t most = p->line_count - (lines - (behind > 0 ? behind : 0)) + 1 - guess, least = guess - (p->frozen + 1);
    if (guess <= least)
        least = guess - 1;
    if (before < 0 && first_of(p, OLD) <= 1) { /* only at the start of the file */
        offset = 1 - guess;
        if (behind < 0 && (lines != p->line_count || h->prefix < p->frozen))
            return 0;
        if (p->frozen > h->prefix || offset > most || !matches(c, p, 1, 0, behind > 0 ? behind : 0))
            return 0;
        p->in_offset += offset;
        return 1;
    }
    before = before > 0 ? before : 0;
    if (behind < 0) { /* only at its end */
        offset = guess - (p->line_count - lines + 1);
        if (offset > least || !matches(c, p, guess - offset, before, 0))
            return 0;
        p->in_offset -= offset;
        return guess - offset;
    }
    int64_t farthest = most > least ? most : least;
    for (offset = most < 0 ? -most : 0; offset <= farthest; offset++) {
        call_charge(c, 1);
        if (offset <= most && matches(c, p, guess + offset, before, behind)) {
            p->in_offset += offset;
            return guess + offset;
        }
        if (offset > 0 && offset <= least && matches(c, p, guess - offset, before, behind)) {
            p->in_offset -= offset;
            return guess - offset;
        }
    }
    return 0;
}

/* Copies the file up to a line. */
static bool copy_till(struct call *c, struct patch *p, int64_t last)
{
    last = last > p->line_count ? p->line_count : last;
    if (p->frozen > last) {
        patch_say(c, p, "misordered hunks! output would be garbled\n");
        return false;
    }
    struct str part = str_of(p->content.data + p->starts[p->frozen], p->starts[last] - p->starts[p->frozen]);
    call_charge_bytes(c, part.length);
    if (part.length && p->out.length && p->out.data[p->out.length - 1] != '\n')
        buf_add_byte(&p->out, '\n'); /* a line of the patch without newline is not the last */
    buf_add(&p->out, part);
    p->frozen = last;
    return true;
}

void patch_copy_rest(struct call *c, struct patch *p)
{
    copy_till(c, p, p->line_count);
}

static bool put_hunk(struct call *c, struct patch *p, int64_t where)
{
    int64_t old = 0;
    for (size_t i = 0; i < p->hunk.line_count; i++) {
        const struct patch_line *l = &p->hunk.lines[i];
        char kind = kind_of(p, l);
        if (kind == ' ') {
            old++;
            continue;
        }
        if (!copy_till(c, p, where + old - 1))
            return false;
        if (kind == '-') {
            p->frozen++;
            old++;
        } else {
            if (old == count_of(p, OLD) && p->out.length && p->out.data[p->out.length - 1] != '\n')
                buf_add_byte(&p->out, '\n'); /* only behind the last old line, as GNU */
            buf_add(&p->out, l->text);
            call_charge_bytes(c, l->text.length);
        }
    }
    p->out_offset += count_of(p, NEW) - count_of(p, OLD);
    return true;
}

/* --- rejects
 * ------------------------------------------------------------------------------------------------------ */

static void put_reject_line(struct buf *out, const char *mark, struct str text)
{
    buf_print(out, "%s%S", mark, text); /* GNU says nothing of a missing newline here */
}

static void put_reject_head(struct patch *p, bool unified)
{
    for (int side = 0; side < 2; side++) {
        int from = p->reverse ? 1 - side : side;
        struct str name = p->names[from].data ? p->names[from] : str_lit("/dev/null");
        buf_print(&p->rejected, "%s %S%s%S\n", unified ? (side ? "+++" : "---") : side ? "---" : "***", name,
                  p->stamps[from].length ? "\t" : "", p->stamps[from]);
    }
}

static void put_unified_range(struct buf *out, int64_t first, int64_t count)
{
    if (count == 1)
        buf_print(out, "%lld", (long long)first);
    else
        buf_print(out, "%lld,%lld", (long long)(first - (count == 0)), (long long)count);
}

static void reject_unified(struct patch *p)
{
    struct buf *out = &p->rejected;
    buf_add_text(out, "@@ -");
    put_unified_range(out, first_of(p, OLD) + p->out_offset, count_of(p, OLD));
    buf_add_text(out, " +");
    put_unified_range(out, first_of(p, NEW) + p->out_offset, count_of(p, NEW));
    buf_print(out, " @@%S\n", p->hunk.function);
    for (size_t i = 0; i < p->hunk.line_count; i++) { /* old lines before new ones, also where they were swapped */
        size_t end = i;
        while (end < p->hunk.line_count && p->hunk.lines[end].kind != ' ')
            end++;
        for (int pass = 0; pass < 2; pass++)
            for (size_t k = i; k < end; k++)
                if (kind_of(p, &p->hunk.lines[k]) == "-+"[pass])
                    put_reject_line(out, pass ? "+" : "-", p->hunk.lines[k].text);
        if (end < p->hunk.line_count)
            put_reject_line(out, " ", p->hunk.lines[end].text);
        i = end;
    }
}

/* Does a run of changes around line i hold both kinds? */
static bool is_changed(const struct patch *p, size_t i)
{
    bool kinds[2] = {false, false};
    size_t from = i;
    while (from > 0 && p->hunk.lines[from - 1].kind != ' ')
        from--;
    for (; from < p->hunk.line_count && p->hunk.lines[from].kind != ' '; from++)
        kinds[p->hunk.lines[from].kind == '+'] = true;
    return kinds[0] && kinds[1] && p->type != PATCH_NORMAL;
}

static void reject_context(struct patch *p)
{
    struct buf *out = &p->rejected;
    const char *ends[2] = {p->type == PATCH_NORMAL ? "" : " ****", p->type == PATCH_NORMAL ? " -----" : " ----"};
    buf_print(out, "***************%S\n", p->hunk.function);
    for (int side = 0; side < 2; side++) {
        int64_t first = first_of(p, side) + p->out_offset, count = count_of(p, side);
        buf_add_text(out, side ? "--- " : "*** ");
        if (count > 1)
            buf_print(out, "%lld,%lld%s\n", (long long)first, (long long)(first + count - 1), ends[side]);
        else
            buf_print(out, "%lld%s\n", (long long)(count ? first : 0), ends[side]);
        for (size_t i = 0; i < p->hunk.line_count; i++) {
            char kind = kind_of(p, &p->hunk.lines[i]);
            if (kind == (side ? '-' : '+'))
                continue;
            put_reject_line(out, kind == ' ' ? "  " : is_changed(p, i) ? "! " : kind == '-' ? "- " : "+ ",
                            p->hunk.lines[i].text);
        }
    }
}

static void reject(struct call *c, struct patch *p)
{
    bool unified = p->reject_format ? p->reject_format == 'u' : p->type == PATCH_UNIFIED;
    p->swapped = p->reverse; /* as it was to be applied */
    if (p->rejected.length == 0)
        put_reject_head(p, unified);
    if (unified)
        reject_unified(p);
    else
        reject_context(p);
    p->failed++;
    call_charge(c, (int64_t)p->hunk.line_count);
}

/* --- one hunk
 * ------------------------------------------------------------------------------------------------------- */

/* Looks for the place of the hunk: with more and more fuzz, the first hunk also the other way round. */
static int64_t search(struct call *c, struct patch *p, int64_t *used)
{
    int64_t context = p->hunk.prefix > p->hunk.suffix ? p->hunk.prefix : p->hunk.suffix;
    int64_t most = p->fuzz < context ? p->fuzz : context, fuzz = 0, where;
    do {
        where = locate(c, p, fuzz);
        if (where == 0)
            p->mismatch = true;
        if (p->hunk_number == 1 && where == 0 && !(p->force || p->apply_anyway) && p->reverse == p->reverse_given) {
            p->swapped = !p->swapped;
            where = locate(c, p, fuzz);
            if (where == 0) {
                p->swapped = !p->swapped;
                continue;
            }
            patch_say(c, p, "%s patch detected!", p->reverse ? "Unreversed" : "Reversed (or previously applied)");
            if (patch_turn(c, p)) {
                p->reverse = !p->reverse;
            } else {
                p->swapped = !p->swapped;
                p->apply_anyway = true;
                fuzz--;
                where = 0;
            }
        }
    } while (where == 0 && !p->skip && ++fuzz <= most);
    *used = fuzz;
    return where;
}

void patch_apply(struct call *c, struct patch *p)
{
    int64_t fuzz = 0, where = 0;
    p->hunk_number++;
    p->swapped = p->reverse;
    if (!p->skip)
        where = search(c, p, &fuzz);
    p->mismatch |= p->in_offset != 0;
    int64_t shown = (where ? where : first_of(p, OLD)) + p->out_offset;
    bool occupied = where == 1 && p->absent[p->reverse] == 2 && p->info.size > 0;
    if (p->skip || where == 0 || occupied || !put_hunk(c, p, where)) {
        reject(c, p);
        if (p->verbose || (!p->skip && !p->silent))
            patch_say(c, p, "Hunk #%lld %s at %lld.\n", (long long)p->hunk_number,
                      p->skip ? "ignored" : "FAILED", (long long)shown);
    } else if (p->verbose || (!p->silent && (fuzz || p->in_offset))) {
        patch_say(c, p, "Hunk #%lld succeeded at %lld", (long long)p->hunk_number, (long long)shown);
        if (fuzz)
            patch_say(c, p, " with fuzz %lld", (long long)fuzz);
        if (p->in_offset)
            patch_say(c, p, " (offset %lld line%s)", (long long)p->in_offset, p->in_offset == 1 ? "" : "s");
        patch_say(c, p, ".\n");
    }
}
