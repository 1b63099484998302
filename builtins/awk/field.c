/* builtins/awk/field.c - the record and its fields, which are looked for only as far as they are asked for. */
#include "base/lanes.h"
#include "builtins/awk/awk.h"

/* --- splitting --------------------------------------------------------------------------------------------- */

/* A text being taken apart: the next part, and what separates it from the one before. */
struct parts {
    struct awk *a;
    enum awk_splitting how;
    char byte;
    bool newlines;
    struct regex *regex;
    struct str text;
    size_t at;           /* where the next part begins, or is looked for */
    size_t count;
    bool behind;         /* SPLIT_BYTE, SPLIT_REGEX: a separator was found, so one more part follows */
    struct str separator; /* behind the part */
    struct str lead;      /* in front of the first one: SPLIT_BLANKS */
    struct buf *store;    /* SPLIT_CSV: of parts in quotes, with room for all of the text */
    size_t last_end;      /* SPLIT_PATTERN: of the last part */
    bool last_empty;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool next_blanks(struct parts *p, struct str *part)
{
    const char *data = p->text.data;
    size_t i = p->at, length = p->text.length;
    while (i < length && is_blank(data[i]))
        i++;
    if (!p->count)
        p->lead = str_of(data, i);
    if (i == length)
        return false;
    size_t start = i;
    while (i < length && !is_blank(data[i]))
        i++;
    *part = str_of(data + start, i - start);
    p->at = i;
    while (i < length && is_blank(data[i]))
        i++;
    p->separator = str_of(data + p->at, i - p->at);
    return true;
}

static bool next_by_byte(struct parts *p, struct str *part)
{
    if (p->at >= p->text.length && !p->behind)
        return false;
    const char *data = p->text.data + p->at;
    size_t left = p->text.length - p->at, length = 0;
    if (p->newlines) {
        while (length < left && data[length] != p->byte && data[length] != '\n')
            length++;
        p->behind = length < left;
    } else {
        const char *end = left ? memchr(data, p->byte, left) : NULL;
        length = end ? (size_t)(end - data) : left;
        p->behind = end != NULL;
    }
    *part = str_of(data, length);
    p->separator = str_of(data + length, p->behind);
    p->at += length + p->behind;
    return true;
}

/* The next match at or behind `from`. What is left is a text of its own, as in gawk: a word may begin where it does. */
static bool match_rest(struct parts *p, size_t from, unsigned flags, struct match *m)
{
    if (regex_match(p->regex, str_after(p->text, from), 0, flags, m, 1) != REGEX_YES)
        return false;
    m->start += (ptrdiff_t)from;
    m->end += (ptrdiff_t)from;
    return true;
}

static size_t behind_character(const struct parts *p, size_t at)
{
    return at + (at < p->text.length ? utf8_first(str_after(p->text, at), p->a->locale).length : 1);
}

static bool next_by_regex(struct parts *p, struct str *part)
{
    struct match m;
    size_t from = p->at;
    if (p->at >= p->text.length && !p->behind)
        return false;
    while (from < p->text.length && match_rest(p, from, from ? MATCH_NOT_BOL : 0, &m)) {
        if (m.start == m.end) {
            from = behind_character(p, (size_t)m.end);
            continue;
        }
        *part = str_of(p->text.data + p->at, (size_t)m.start - p->at);
        p->separator = str_of(p->text.data + m.start, (size_t)(m.end - m.start));
        p->at = (size_t)m.end;
        p->behind = true;
        return true;
    }
    *part = str_after(p->text, p->at);
    p->separator = str_of(p->text.data + p->text.length, 0);
    p->at = p->text.length;
    p->behind = false;
    return true;
}

static bool next_by_width(struct parts *p, struct str *part)
{
    struct awk *a = p->a;
    if (p->count >= a->width_count || p->at >= p->text.length)
        return false;
    int64_t skip = a->widths[2 * p->count], width = a->widths[2 * p->count + 1];
    struct str rest = str_after(p->text, p->at);
    rest = str_after(rest, utf8_offset(rest, (size_t)skip, a->locale));
    if (!rest.length && skip)
        return false;
    size_t length = width < 0 ? rest.length : utf8_offset(rest, (size_t)width, a->locale);
    *part = str_first(rest, length);
    p->at = (size_t)(rest.data - p->text.data) + length;
    return true;
}

static bool next_by_pattern(struct parts *p, struct str *part)
{
    struct match m;
    size_t from = p->at;
    if (!p->text.length)
        return false;
    while (from <= p->text.length && match_rest(p, from, 0, &m)) { /* even ^ matches where it begins */
        if (m.start == m.end && p->count && (size_t)m.start == p->last_end && !p->last_empty) { /* nothing behind a part */
            from = behind_character(p, (size_t)m.end);
            continue;
        }
        *part = str_of(p->text.data + m.start, (size_t)(m.end - m.start));
        p->separator = str_of(p->text.data + p->last_end, (size_t)m.start - p->last_end);
        p->last_end = (size_t)m.end;
        p->last_empty = m.start == m.end;
        p->at = m.start == m.end ? behind_character(p, (size_t)m.end) : (size_t)m.end;
        return true;
    }
    return false;
}

static bool next_csv(struct parts *p, struct str *part)
{
    if (p->at >= p->text.length && !p->behind)
        return false;
    struct buf *store = p->store;
    const char *data = p->text.data;
    size_t i = p->at, length = p->text.length;
    if (i < length && data[i] == '"') {
        size_t start = store->length;
        for (i++; i < length; i++) {
            if (data[i] == '"' && i + 1 < length && data[i + 1] == '"')
                i++;
            else if (data[i] == '"')
                break;
            buf_add_byte(store, data[i]);
        }
        i += i < length;
        while (i < length && data[i] != ',')
            buf_add_byte(store, data[i++]);
        *part = str_of(store->data + start, store->length - start);
    } else {
        size_t start = i;
        while (i < length && data[i] != ',')
            i++;
        *part = str_of(data + start, i - start);
    }
    p->behind = i < length;
    p->separator = str_of(data + i, p->behind);
    p->at = i + p->behind;
    return true;
}

static bool next_part(struct parts *p, struct str *part)
{
    bool found = false;
    switch (p->how) {
    case SPLIT_BLANKS: found = next_blanks(p, part); break;
    case SPLIT_TAB: case SPLIT_BYTE: found = next_by_byte(p, part); break;
    case SPLIT_REGEX: found = next_by_regex(p, part); break;
    case SPLIT_CHARACTERS:
        found = p->at < p->text.length;
        if (found) {
            *part = str_of(p->text.data + p->at, utf8_first(str_after(p->text, p->at), p->a->locale).length);
            p->at += part->length;
            p->separator = str_of(p->text.data + p->at, 0);
        }
        break;
    case SPLIT_WIDTHS: found = next_by_width(p, part); break;
    case SPLIT_PATTERN: found = next_by_pattern(p, part); break;
    case SPLIT_CSV: found = next_csv(p, part); break;
    }
    p->count += found;
    return found;
}

/* --- the record -------------------------------------------------------------------------------------------------- */

static void forget_fields(struct awk *a)
{
    for (size_t i = 1; i <= a->touched; i++)
        if (a->fields[i].known) {
            a->fields[i].known = false;
            awk_drop(a, a->fields[i].value);
        }
    a->touched = 0;
    a->split = a->split_at = 0;
    a->split_done = false;
    if (a->record_known) {
        a->record_known = false;
        awk_drop(a, a->record_value);
    }
    a->record_stale = a->record_joined = false;
}

void awk_set_record(struct awk *a, struct str s, bool borrowed)
{
    forget_fields(a);
    a->record_borrowed = borrowed;
    if (borrowed) {
        a->record = s;
        return;
    }
    buf_clear(&a->record_store);
    buf_add(&a->record_store, s);
    a->record = buf_str(&a->record_store);
    if (!a->record.data)
        a->record.data = "";
}

void awk_take_record(struct awk *a, struct buf *b)
{
    struct buf old = a->record_store;
    forget_fields(a);
    a->record_borrowed = false;
    a->record_store = *b;
    *b = old;
    a->record = str_of(a->record_store.data ? a->record_store.data : "", a->record_store.length);
    a->record_joined = true;
}

void awk_keep_record(struct awk *a)
{
    if (!a->record_borrowed)
        return;
    const char *old = a->record.data, *end = old + a->record.length;
    buf_clear(&a->record_store);
    buf_add(&a->record_store, a->record);
    a->record = str_of(a->record_store.data ? a->record_store.data : "", a->record.length);
    a->record_borrowed = false;
    for (size_t i = 1; i <= a->split; i++)
        if (a->fields[i].text.data >= old && a->fields[i].text.data <= end)
            a->fields[i].text.data = a->record.data + (a->fields[i].text.data - old);
}

static void field_room(struct awk *a, size_t count)
{
    if (count < a->field_room)
        return;
    size_t room = a->field_room ? a->field_room : 16;
    while (room <= count)
        room *= 2;
    a->fields = heap_resize(a->heap, a->fields, room * sizeof *a->fields);
    memset(a->fields + a->field_room, 0, (room - a->field_room) * sizeof *a->fields);
    a->field_room = room;
}

/* A text being cut at blanks or at a byte: of the record, or of split. */
struct cut {
    struct awk *a;
    struct str text;
    size_t at;                /* where to look on */
    struct awk_field *fields; /* from 1 */
    size_t count, room;       /* those of the record grow */
    char byte;
    bool newlines;            /* they separate too */
    bool done;
};

static inline void add_field(struct cut *c, const char *start, const char *end)
{
    if (c->count + 1 >= c->room) {
        field_room(c->a, c->count + 1);
        c->fields = c->a->fields;
        c->room = c->a->field_room;
    }
    c->fields[++c->count].text = str_of(start, (size_t)(end - start));
}

/* Fields that blanks separate, up to number `index`. */
static inline void cut_at_blanks(struct cut *c, size_t index)
{
    const char *at = c->text.data + c->at, *end = c->text.data + c->text.length, *start = NULL;
#if LANES
    for (; end - at >= 16; at += 16) {
        lanes bytes = lanes_load(at);
        unsigned blanks = lanes_places((lanes)((bytes == ' ') | (bytes == '\t') | (bytes == '\n')));
        unsigned edges = (blanks ^ (blanks << 1 | !start)) & 0xffff;
        for (; edges; edges &= edges - 1) {
            const char *edge = at + __builtin_ctz(edges);
            if (!start) {
                start = edge;
                continue;
            }
            add_field(c, start, edge);
            start = NULL;
            if (c->count == index) {
                c->at = (size_t)(edge - c->text.data);
                return;
            }
        }
    }
#endif
    for (; at < end; at++) {
        if (is_blank(*at) != (start != NULL))
            continue;
        if (!start) {
            start = at;
            continue;
        }
        add_field(c, start, at);
        start = NULL;
        if (c->count == index) {
            c->at = (size_t)(at - c->text.data);
            return;
        }
    }
    if (start)
        add_field(c, start, end);
    c->at = c->text.length;
    c->done = true;
}

/* Fields that a byte separates. The end is known when the last one was found. */
static inline void cut_at_bytes(struct cut *c, size_t index)
{
    const char *start = c->text.data + c->at, *at = start, *end = c->text.data + c->text.length;
    const char byte = c->byte;
    if (!c->text.length) {
        c->done = true;
        return;
    }
#if LANES
    for (; end - at >= 16; at += 16) {
        lanes bytes = lanes_load(at);
        unsigned found = lanes_places((lanes)(bytes == (unsigned char)byte));
        if (c->newlines)
            found |= lanes_places((lanes)(bytes == '\n'));
        for (; found; found &= found - 1) {
            const char *edge = at + __builtin_ctz(found);
            add_field(c, start, edge);
            start = edge + 1;
            if (c->count == index) {
                c->at = (size_t)(start - c->text.data);
                return;
            }
        }
    }
#endif
    for (; at < end; at++) {
        if (*at != byte && (*at != '\n' || !c->newlines))
            continue;
        add_field(c, start, at);
        start = at + 1;
        if (c->count == index) {
            c->at = (size_t)(start - c->text.data);
            return;
        }
    }
    add_field(c, start, end);
    c->at = c->text.length;
    c->done = true;
}

/* The record's fields up to number `index`. */
static void cut_record(struct awk *a, size_t index)
{
    struct cut c = {a, a->record, a->split_at, a->fields, a->split, a->field_room, a->split_byte, a->split_newlines, false};
    if (a->splitting == SPLIT_BLANKS)
        cut_at_blanks(&c, index);
    else
        cut_at_bytes(&c, index);
    a->split = c.count;
    a->split_at = c.at;
    a->split_done = c.done;
}

/* Looks for fields up to number `index`. */
static void split_on(struct awk *a, size_t index)
{
    if (a->split_done || a->split >= index)
        return;
    size_t from = a->split_at;
    struct str text = a->record;
    if (a->splitting == SPLIT_BLANKS || a->splitting == SPLIT_BYTE || a->splitting == SPLIT_TAB) {
        cut_record(a, index);
    } else {
        struct parts p = {.a = a, .how = a->splitting, .byte = a->split_byte, .newlines = a->split_newlines, .text = text};
        struct str part;
        if (a->splitting == SPLIT_REGEX)
            p.regex = awk_regex_get(a, &a->split_regex);
        else if (a->splitting == SPLIT_PATTERN)
            p.regex = awk_regex_get(a, &a->pattern_regex);
        if (a->splitting != SPLIT_CHARACTERS)
            index = SIZE_MAX; /* all at once */
        if (a->splitting == SPLIT_CSV) {
            p.store = &a->split_store;
            buf_clear(&a->split_store);
            buf_reserve(&a->split_store, text.length + 1);
        }
        p.at = a->split_at;
        p.count = a->split;
        p.behind = a->split > 0;
        while (a->split < index) {
            if (!next_part(&p, &part)) {
                a->split_done = true;
                break;
            }
            if (a->split + 1 >= a->field_room)
                field_room(a, a->split + 1);
            a->fields[++a->split].text = part;
        }
        a->split_at = p.at;
    }
    call_charge_bytes(a->c, a->split_at - from);
    if (a->split_done)
        a->nf = a->split;
}

size_t awk_nf(struct awk *a)
{
    if (!a->split_done)
        split_on(a, SIZE_MAX);
    return a->nf;
}

/* Puts $0 together anew. */
static void rebuild(struct awk *a)
{
    struct buf *b = &a->scratch2;
    size_t nf = awk_nf(a);
    buf_clear(b);
    for (size_t i = 1; i <= nf;) {
        struct awk_field *f = &a->fields[i];
        struct str text = f->known ? awk_text(a, &f->value) : f->text;
        size_t at = b->length + (i > 1 ? a->ofs.length : 0), last = i;
        if (!f->known) { /* those behind it that stand as they shall stand are copied with it */
            const char *start = text.data, *end = text.data + text.length;
            for (struct awk_field *next = f + 1; a->ofs.length == 1 && last < nf && !next->known && next->text.data == end + 1 &&
                 *end == a->ofs.data[0]; next++, last++) {
                end = next->text.data + next->text.length;
                next->text.data = (const char *)(uintptr_t)(at + (size_t)(next->text.data - start)); /* an offset for now */
            }
            text.length = (size_t)(end - start);
        } else {
            f->text.length = text.length;
        }
        f->text.data = (const char *)(uintptr_t)at;
        char *to = buf_reserve(b, a->ofs.length + text.length);
        str_put(i > 1 ? str_put(to, a->ofs) : to, text);
        b->length = at + text.length;
        i = last + 1;
    }
    struct buf other = a->record_store;
    a->record_store = *b;
    *b = other;
    a->record = buf_str(&a->record_store);
    if (!a->record.data)
        a->record.data = "";
    for (size_t i = 1; i <= nf; i++)
        a->fields[i].text.data = a->record.data + (uintptr_t)a->fields[i].text.data;
    a->record_borrowed = false;
    a->record_stale = false;
    a->record_joined = true;
    if (a->record_known)
        awk_drop(a, a->record_value);
    a->record_known = false;
    call_charge_bytes(a->c, a->record.length);
}

struct str awk_record(struct awk *a)
{
    if (a->record_stale)
        rebuild(a);
    return a->record;
}

static bool bad_index(struct awk *a, int64_t index)
{
    if (index >= 0)
        return false;
    awk_fatal(a, "attempt to access field %lld", (long long)index);
    return true;
}

struct awk_value awk_field_get(struct awk *a, int64_t index)
{
    if (bad_index(a, index))
        return (struct awk_value){0};
    if (index == 0) {
        struct str s = awk_record(a);
        if (!a->record_known) {
            a->record_value = a->record_joined ? awk_of_string(a, s) : awk_of_input(a, s);
            a->record_known = true;
            call_charge_bytes(a->c, s.length);
        }
        return awk_share(a->record_value);
    }
    split_on(a, (size_t)index);
    if ((size_t)index > a->split)
        return awk_share(a->nothing);
    struct awk_field *f = &a->fields[index];
    if (!f->known) {
        f->value = awk_of_input(a, f->text);
        f->known = true;
        if ((size_t)index > a->touched)
            a->touched = (size_t)index;
    }
    return awk_share(f->value);
}

static void set_view(struct awk_value *to, struct str s)
{
    to->type = AWK_VIEW;
    to->at = 0;
    to->length = s.length;
    to->text = s.data;
}

void awk_field_view(struct awk *a, int64_t index, struct awk_value *to)
{
    if (index == 0) {
        struct str s = awk_record(a);
        if (a->record_known)
            *to = awk_share(a->record_value);
        else
            set_view(to, s), to->at = a->record_joined;
        return;
    }
    split_on(a, (size_t)index);
    if ((size_t)index > a->split)
        set_view(to, (struct str){"", 0});
    else if (a->fields[index].known)
        *to = awk_share(a->fields[index].value);
    else
        set_view(to, a->fields[index].text);
}

struct str awk_field_text(struct awk *a, int64_t index)
{
    if (index == 0)
        return awk_record(a);
    if (bad_index(a, index))
        return (struct str){"", 0};
    split_on(a, (size_t)index);
    if ((size_t)index > a->split)
        return (struct str){"", 0};
    struct awk_field *f = &a->fields[index];
    return f->known ? awk_text(a, &f->value) : f->text;
}

double awk_field_number(struct awk *a, int64_t index)
{
    if (index == 0)
        return awk_text_number(a, awk_record(a));
    if (bad_index(a, index))
        return 0;
    split_on(a, (size_t)index);
    if ((size_t)index > a->split)
        return 0;
    struct awk_field *f = &a->fields[index];
    return f->known ? awk_number(a, &f->value) : awk_text_number(a, f->text);
}

bool awk_field_number_if(struct awk *a, int64_t index, double *number)
{
    if (index == 0 && a->record_stale)
        awk_record(a);
    if (index == 0 ? !a->record_known && !a->record_joined : index > 0 && ((size_t)index >= a->field_room || !a->fields[index].known))
        return awk_looks_numeric(a, awk_field_text(a, index), number);
    struct awk_value v = awk_field_get(a, index);
    awk_settle(a, &v);
    if (v.type == AWK_NUMBER || v.type == AWK_STRNUM)
        *number = v.number;
    bool is = v.type == AWK_NUMBER || v.type == AWK_STRNUM;
    awk_drop(a, v);
    return is;
}

/* Makes fields up to `index` that are empty. */
static void extend(struct awk *a, size_t index)
{
    field_room(a, index);
    for (size_t i = a->nf + 1; i <= index; i++)
        a->fields[i] = (struct awk_field){.text = {"", 0}, .value = awk_share(a->nothing), .known = true};
    if (index > a->touched)
        a->touched = index;
    if (index > a->nf)
        meter_charge(a->heap->meter, (int64_t)(index - a->nf));
    a->nf = a->split = index;
}

void awk_field_reach(struct awk *a, int64_t index)
{
    if (index > 0 && (size_t)index > awk_nf(a))
        extend(a, (size_t)index);
}

void awk_field_set(struct awk *a, int64_t index, struct awk_value v)
{
    if (bad_index(a, index))
        return;
    if (index == 0) {
        awk_set_record(a, awk_text(a, &v), false);
        if (v.type == AWK_NUMBER || (v.type >= AWK_STRING && v.type <= AWK_STRNUM)) { /* it stays what it was */
            a->record_value = v;
            a->record_known = true;
        } else {
            awk_drop(a, v);
        }
        return;
    }
    size_t nf = awk_nf(a);
    if ((size_t)index > nf)
        extend(a, (size_t)index);
    struct awk_field *f = &a->fields[index];
    struct awk_value old = f->value;
    bool known = f->known;
    f->value = v;
    f->known = true;
    if (known)
        awk_drop(a, old);
    if ((size_t)index > a->touched)
        a->touched = (size_t)index;
    a->record_stale = true;
}

void awk_set_nf(struct awk *a, double count)
{
    size_t nf = awk_nf(a);
    if (awk_to_int(count) < 0) {
        awk_fatal(a, "NF set to negative value");
        return;
    }
    size_t wanted = (size_t)count;
    if (wanted > nf)
        extend(a, wanted);
    for (size_t i = wanted + 1; i <= nf; i++)
        if (a->fields[i].known) {
            a->fields[i].known = false;
            awk_drop(a, a->fields[i].value);
        }
    if (a->touched > wanted)
        a->touched = wanted;
    a->nf = a->split = wanted;
    a->record_stale = true;
}

/* --- how to split -------------------------------------------------------------------------------------------------- */

/* How a text of FS or of split's third argument splits. *regex is set for SPLIT_REGEX. */
static enum awk_splitting splitting_of(struct str fs, char *byte, struct str *regex)
{
    *regex = fs;
    if (!fs.length)
        return SPLIT_CHARACTERS;
    if (fs.length == 1) {
        *byte = fs.data[0];
        if (*byte == ' ')
            return SPLIT_BLANKS;
        if (*byte == '\t')
            return SPLIT_TAB;
        return SPLIT_BYTE;
    }
    if (fs.length == 2 && fs.data[0] == '\\' && fs.data[1] == '|') {
        *byte = '|';
        return SPLIT_BYTE;
    }
    return SPLIT_REGEX;
}

static void set_regex(struct awk *a, struct awk_regex *r, struct str text)
{
    for (int i = 0; i < 2; i++) {
        regex_free(r->compiled[i]);
        r->compiled[i] = NULL;
    }
    heap_free(a->heap, (void *)(uintptr_t)r->text.data);
    r->text = (struct str){0};
    r->text = str_copy(a->heap, text);
}

static void set_fs(struct awk *a)
{
    struct str regex, fs = awk_text(a, &a->globals[VAR_FS]);
    a->split_newlines = a->records == RECORD_PARAGRAPH;
    a->splitting = splitting_of(fs, &a->split_byte, &regex);
    if (a->splitting == SPLIT_REGEX)
        set_regex(a, &a->split_regex, regex);
}

static void set_widths(struct awk *a)
{
    struct str text = awk_text(a, &a->globals[VAR_FIELDWIDTHS]);
    size_t i = 0, count = 0;
    heap_free(a->heap, a->widths);
    a->widths = NULL;
    while (i < text.length) {
        uint64_t first, second = 0;
        if (text.data[i] == ' ' || text.data[i] == '\t') {
            i++;
            continue;
        }
        a->widths = array_grow(a->heap, a->widths, count, 2 * sizeof *a->widths);
        if (text.data[i] == '*') {
            a->widths[2 * count] = 0;
            a->widths[2 * count++ + 1] = -1;
            i++;
            continue;
        }
        size_t length = number_parse_unsigned(str_after(text, i), 10, &first, NULL);
        if (!length || text.data[i] == '-') {
            awk_fatal(a, "invalid FIELDWIDTHS value, for field %zu, near `%S'", count + 1, str_after(text, i));
            return;
        }
        i += length;
        bool skip = i < text.length && text.data[i] == ':';
        if (skip) {
            i++;
            bool rest = i < text.length && text.data[i] == '*';
            length = rest ? 1 : number_parse_unsigned(str_after(text, i), 10, &second, NULL);
            i += length;
            second = rest ? UINT64_MAX : second;
        }
        a->widths[2 * count] = skip ? (int64_t)first : 0;
        a->widths[2 * count++ + 1] = (int64_t)(skip ? second : first);
    }
    a->width_count = count;
    a->splitting = SPLIT_WIDTHS;
}

void awk_fields_changed(struct awk *a, enum awk_special which)
{
    enum awk_splitting before = a->splitting;
    awk_nf(a); /* by the rule that was in force when the record was read */
    if (which == VAR_FIELDWIDTHS) {
        set_widths(a);
    } else if (which == VAR_FPAT) {
        set_regex(a, &a->pattern_regex, awk_text(a, &a->globals[VAR_FPAT]));
        a->splitting = SPLIT_PATTERN;
    } else if (a->csv) {
        a->splitting = SPLIT_CSV;
    } else if (which == VAR_FS || (a->splitting != SPLIT_WIDTHS && a->splitting != SPLIT_PATTERN)) {
        set_fs(a);
    }
    struct awk_value *info = &a->globals[VAR_PROCINFO];
    if (info->type == AWK_ARRAY && (before != a->splitting || which == VAR_FPAT || which == VAR_FIELDWIDTHS))
        awk_array_set_text(a, info->array, "FS", awk_of_string(a, a->splitting == SPLIT_WIDTHS ? str_lit("FIELDWIDTHS")
                           : a->splitting == SPLIT_PATTERN ? str_lit("FPAT") : str_lit("FS")));
}

/* --- split and patsplit ------------------------------------------------------------------------------------------------- */

static void add_part(struct awk *a, struct awk_array *array, int64_t number, struct str s, bool input)
{
    awk_array_set_number(a, array, number, input ? awk_of_input(a, s) : awk_of_string(a, s));
}

static int64_t split_parts(struct parts *p, struct awk_array *array, struct awk_array *seps)
{
    struct awk *a = p->a;
    struct str part;
    int64_t count = 0;
    awk_array_clear(a, array);
    if (seps)
        awk_array_clear(a, seps);
    struct str last = {"", 0};
    while (next_part(p, &part)) {
        if (seps && p->how == SPLIT_BLANKS && !count && p->lead.length)
            add_part(a, seps, 0, p->lead, false);
        if (seps && p->how == SPLIT_PATTERN)
            add_part(a, seps, count, p->separator, false);
        else if (seps && count)
            add_part(a, seps, count, last, false);
        add_part(a, array, ++count, part, true);
        last = p->separator;
    }
    if (seps && count && p->how == SPLIT_BLANKS && last.length)
        add_part(a, seps, count, last, false);
    if (seps && p->how == SPLIT_PATTERN && count)
        add_part(a, seps, count, str_after(p->text, p->last_end), false);
    call_charge_bytes(a->c, p->text.length);
    return count;
}

enum { PARTS_A_TURN = 64 };

/* The usual split at once: by blanks or a byte, the separators not asked for. */
static int64_t split_simply(struct awk *a, struct awk_array *array, struct str text, bool blanks, char byte)
{
    struct awk_field parts[PARTS_A_TURN + 2];
    struct cut c = {.a = a, .text = text, .fields = parts, .room = PARTS_A_TURN + 2, .byte = byte};
    int64_t count = 0;
    while (!c.done) {
        c.count = 0;
        if (blanks)
            cut_at_blanks(&c, PARTS_A_TURN);
        else
            cut_at_bytes(&c, PARTS_A_TURN);
        for (size_t i = 1; i <= c.count; i++)
            awk_array_refill(a, array, ++count, parts[i].text);
    }
    awk_array_end(a, array, count);
    call_charge_bytes(a->c, text.length);
    return count;
}

int64_t awk_split(struct awk *a, struct str s, struct awk_array *array, struct awk_array *seps, const struct awk_value *separator,
                  struct awk_regex *constant)
{
    struct parts p = {.a = a, .text = s};
    struct str regex;
    buf_clear(&a->scratch);
    buf_add(&a->scratch, s); /* the array may hold it */
    p.text = str_of(a->scratch.data ? a->scratch.data : "", s.length);
    if (!separator) {
        p.how = a->splitting;
        p.byte = a->split_byte;
        if (p.how == SPLIT_WIDTHS || p.how == SPLIT_PATTERN) { /* fields are not found by FS, but parts are */
            struct str fs = awk_text(a, &a->globals[VAR_FS]);
            p.how = splitting_of(fs, &p.byte, &regex);
            if (p.how == SPLIT_REGEX)
                p.regex = awk_regex_of_text(a, regex);
        } else if (p.how == SPLIT_REGEX) {
            p.regex = awk_regex_get(a, &a->split_regex);
        }
    } else {
        struct str text = constant ? constant->text : awk_text(a, separator);
        bool is_regex = separator->type == AWK_REGEX;
        p.how = is_regex && !(text.length == 0) ? SPLIT_REGEX : splitting_of(text, &p.byte, &regex);
        if (is_regex && text.length == 1 && text.data[0] == ' ')
            p.how = SPLIT_BYTE, p.byte = ' ';
        if (p.how == SPLIT_REGEX) {
            p.regex = constant ? awk_regex_get(a, constant) : awk_regex_of_text(a, is_regex ? text : regex);
            if (!p.regex)
                return 0;
        }
    }
    if ((p.how == SPLIT_BLANKS || p.how == SPLIT_BYTE || p.how == SPLIT_TAB) && !seps)
        return split_simply(a, array, p.text, p.how == SPLIT_BLANKS, p.byte);
    struct buf store;
    buf_init(&store, a->heap);
    p.store = &store;
    if (p.how == SPLIT_CSV)
        buf_reserve(&store, s.length + 1);
    int64_t count = split_parts(&p, array, seps);
    buf_drop(&store);
    return count;
}

int64_t awk_pattern_split(struct awk *a, struct str s, struct awk_array *array, struct awk_array *seps, struct regex *pattern)
{
    struct parts p = {.a = a, .how = SPLIT_PATTERN, .regex = pattern};
    buf_clear(&a->scratch);
    buf_add(&a->scratch, s);
    p.text = str_of(a->scratch.data ? a->scratch.data : "", s.length);
    return split_parts(&p, array, seps);
}
