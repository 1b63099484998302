/* api/patch.c - the change between two trees as text for `git apply`: a task like any other, so that it stops and goes on.
 *
 * One change after the other: both contents are had (which may ask the host), then a header and hunks, or git's binary
 * form, go to stream 1. What git cannot say goes to stream 2, a line each.
 */
#include "api/api.h"

#include "adapters/zlib.h"
#include "base/hash_sha1.h"
#include "base/lines.h"

enum {
    PIECE = 32768,         /* bytes of output that are gathered, and of a content compressed at a time */
    BINARY_LOOK = 8000,    /* a NUL in so many bytes makes a content binary, as git has it */
    LINES_COST = 50000000, /* diagonals tried for one file */
    BINARY_LINE = 52,
    MODE_BITS = 07777
};

enum work { WORK_FIND, WORK_NEXT, WORK_LOAD, WORK_DECIDE, WORK_COMPARE, WORK_HUNK, WORK_LINES, WORK_SUM, WORK_DEFLATE, WORK_END };

struct side {
    struct vfs *tree;
    struct stat_info info;  /* kind 0: nothing that git knows is there */
    const char *git_mode;
    struct hold *hold;      /* of the content */
    struct str bytes;
    unsigned char sum[20];
};

/* Lines of one kind in a hunk. */
struct span {
    size_t at, end;
};

struct diff {
    struct nacre *n;
    struct task *task;
    struct heap *heap;
    struct str below;       /* with a slash at its end */
    size_t context;
    bool other;             /* compared with another sandbox, not with the base */
    struct heap found;      /* holds the changes */
    struct changes changes;
    size_t next;            /* the change that follows */
    struct str path;        /* of this one, relative */
    struct side sides[2];   /* was, is */
    bool second;            /* of a kind that changed: first deleted, then made new */
    struct side put_off;    /* the new side meanwhile */
    enum work work;
    struct buf out, notes;
    size_t sent[2];         /* bytes of out and notes that went out */

    struct lines *lines;
    const struct lines_hunk *hunks;
    size_t hunk_count, hunk, last; /* those of one @@: hunk to last, not included */
    int part;               /* 0 lines in common, 1 deleted, 2 added */
    struct span span;
    size_t common;          /* where lines in common begin, in the old text */

    int side;               /* being summed, or compressed: the new one first */
    size_t done;            /* bytes of it */
    struct hash_sha1 sha;
    struct deflater *deflater;
    struct buf compressed;
    unsigned rest;
};

/* --- names --------------------------------------------------------------------------------- */

/* As git has it, and for a folder whose name ends in a space: git does not find the second name of a header behind one. */
static bool needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.length; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || (c == '/' && i > 0 && s.data[i - 1] == ' '))
            return true;
    }
    return false;
}

/* As git with core.quotePath: "a\"b\303\244". */
static void add_quoted(struct buf *out, const char *prefix, struct str s)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */
    if (!needs_quotes(s)) {
        buf_add_text(out, prefix);
        buf_add(out, s);
        return;
    }
    buf_add_byte(out, '"');
    buf_add_text(out, prefix);
    for (size_t i = 0; i < s.length; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c >= 7 && c <= 13)
            buf_print(out, "\\%c", letters[c - 7]);
        else if (c == '"' || c == '\\')
            buf_print(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            buf_print(out, "\\%03o", (unsigned)c);
        else
            buf_add_byte(out, (char)c);
    }
    buf_add_byte(out, '"');
}

static void add_file_line(struct diff *d, const char *mark, const char *prefix, bool there)
{
    buf_add_text(&d->out, mark);
    if (!there) {
        buf_add_text(&d->out, "/dev/null\n");
        return;
    }
    add_quoted(&d->out, prefix, d->path);
    if (str_find(d->path, ' ') >= 0 && !needs_quotes(d->path))
        buf_add_byte(&d->out, '\t'); /* so that a name with spaces has an end */
    buf_add_byte(&d->out, '\n');
}

/* --- what git cannot say -------------------------------------------------------------------------- */

static void note(struct diff *d, struct str path, const char *format, ...)
{
    va_list list;
    buf_add_text(&d->notes, "nacre: not in the diff: ");
    add_quoted(&d->notes, "", path);
    buf_add_text(&d->notes, ": ");
    va_start(list, format);
    buf_print_list(&d->notes, format, list);
    va_end(list);
    buf_add_byte(&d->notes, '\n');
}

static bool is_empty(struct vfs *v, uint64_t number)
{
    struct btree entries;
    if (vfs_list(v, number, &entries)) /* not loaded: as the host has it */
        return false;
    bool empty = entries.count == 0;
    vfs_list_release(v, &entries);
    return empty;
}

static void note_change(struct diff *d, const struct change *c)
{
    const struct stat_info *was = &d->sides[0].info, *is = &d->sides[1].info;
    bool made = !c->was || c->kind;
    if (c->is && is->kind == NODE_DIRECTORY) {
        if (is_empty(&d->n->vfs, c->is) && !(c->was && was->kind == NODE_DIRECTORY && is_empty(d->sides[0].tree, c->was)))
            note(d, d->path, "empty folder");
        if (made ? (is->mode & MODE_BITS) != 0755 : c->mode)
            note(d, d->path, "mode %04o", is->mode & MODE_BITS);
    } else if (c->is && is->kind == NODE_FILE) {
        uint32_t told = is->mode & 0100 ? 0755 : 0644;
        if ((made || c->mode) && (is->mode & MODE_BITS) != told)
            note(d, d->path, "mode %04o", is->mode & MODE_BITS);
        if (is->links > 1 && (made || c->links))
            note(d, d->path, "hard link");
        if (!made && c->times && !c->content)
            note(d, d->path, "time of change");
    } else if (c->is && is->kind == NODE_LINK) {
        if (is->links > 1 && (made || c->links))
            note(d, d->path, "hard link");
    } else if (c->is) {
        note(d, d->path, is->kind == NODE_FIFO ? "fifo" : "device");
    }
    if (!c->is && was->kind == NODE_DIRECTORY && is_empty(d->sides[0].tree, c->was))
        note(d, d->path, "empty folder removed");
    if (!c->is && (was->kind == NODE_FIFO || was->kind == NODE_DEVICE))
        note(d, d->path, "special file removed");
    if (c->owner && c->was && c->is)
        note(d, d->path, "owner %u:%u", is->user, is->group);
}

/* --- contents ----------------------------------------------------------------------------------------- */

static void release_content(void *extent, struct meter *m)
{
    extent_release(extent, m);
}

static void drop_side(struct diff *d, struct side *s)
{
    heap_unhold(d->heap, s->hold);
    *s = (struct side){.tree = s->tree};
}

/* 0, E_WAIT, or an error. */
static int load_side(struct diff *d, struct side *s)
{
    struct api *a = api_of(d->n);
    if (s->info.kind == NODE_LINK)
        return vfs_readlink(s->tree, s->info.number, &s->bytes);
    if (s->info.kind != NODE_FILE || s->hold)
        return 0;
    struct hold *hold = heap_hold(d->heap, release_content);
    struct extent *extent = NULL;
    int error = vfs_content(s->tree, s->info.number, &extent);
    if (error) {
        heap_unhold(d->heap, hold);
        if (error == E_WAIT && s->tree == a->was) {
            d->n->vfs.fault = s->tree->fault;
            s->tree->fault = (struct fault){0};
            a->was_fault = true;
        }
        return error;
    }
    hold->thing = extent;
    s->hold = hold;
    s->bytes = extent_bytes(extent);
    return 0;
}

static void look_at(struct side *s, uint64_t number)
{
    s->info = (struct stat_info){0};
    if (number)
        vfs_look(s->tree, number, &s->info);
}

static const char *git_mode(const struct side *s)
{
    return s->info.kind == NODE_LINK ? "120000" : s->info.kind == NODE_FILE ? (s->info.mode & 0100 ? "100755" : "100644") : NULL;
}

static bool is_binary(struct str s)
{
    s = str_first(s, BINARY_LOOK);
    return s.length && memchr(s.data, 0, s.length);
}

/* --- headers and hunks -------------------------------------------------------------------------------------- */

static void add_header(struct diff *d)
{
    const struct side *was = &d->sides[0], *is = &d->sides[1];
    buf_add_text(&d->out, "diff --git ");
    add_quoted(&d->out, "a/", d->path);
    buf_add_byte(&d->out, ' ');
    add_quoted(&d->out, "b/", d->path);
    buf_add_byte(&d->out, '\n');
    if (!was->git_mode)
        buf_print(&d->out, "new file mode %s\n", is->git_mode);
    else if (!is->git_mode)
        buf_print(&d->out, "deleted file mode %s\n", was->git_mode);
    else if (strcmp(was->git_mode, is->git_mode) != 0)
        buf_print(&d->out, "old mode %s\nnew mode %s\n", was->git_mode, is->git_mode);
}

static void add_range(struct buf *out, char mark, size_t start, size_t count)
{
    buf_print(out, "%c%zu", mark, count ? start + 1 : start);
    if (count != 1)
        buf_print(out, ",%zu", count);
}

static size_t context_before(const struct diff *d, size_t line)
{
    return line < d->context ? line : d->context;
}

/* The line of an @@: hunks whose context would touch are one. */
static void begin_hunk(struct diff *d)
{
    size_t old_lines = lines_count(d->lines, 0);
    const struct lines_hunk *first = &d->hunks[d->hunk], *last = first;
    d->last = d->hunk + 1;
    while (d->last < d->hunk_count && d->hunks[d->last].a_start - (last->a_start + last->a_count) <= 2 * d->context)
        last = &d->hunks[d->last++];
    size_t before = context_before(d, first->a_start), end = last->a_start + last->a_count;
    size_t after = old_lines - end < d->context ? old_lines - end : d->context;
    size_t a = first->a_start - before, b = first->b_start - before;
    buf_add_text(&d->out, "@@ ");
    add_range(&d->out, '-', a, end + after - a);
    buf_add_byte(&d->out, ' ');
    add_range(&d->out, '+', b, last->b_start + last->b_count + after - b);
    buf_add_text(&d->out, " @@\n");
    d->part = 0;
    d->span = (struct span){a, first->a_start};
}

static void add_line(struct diff *d, char mark, struct str line)
{
    buf_add_byte(&d->out, mark);
    buf_add(&d->out, line);
    if (!line.length || line.data[line.length - 1] != '\n')
        buf_add_text(&d->out, "\n\\ No newline at end of file\n");
    meter_charge_bytes(&d->n->meter, &d->rest, line.length + METER_BYTES / 4);
}

/* Lines of the hunk: true when it is all there. */
static bool add_lines(struct diff *d)
{
    static const char marks[] = " -+";
    for (;;) {
        while (d->span.at < d->span.end) {
            if (!meter_go(&d->n->meter) || d->out.length >= PIECE)
                return false;
            add_line(d, marks[d->part], lines_get(d->lines, d->part == 2, d->span.at++));
        }
        const struct lines_hunk *h = &d->hunks[d->hunk];
        if (d->part == 0 && d->hunk == d->last)
            return true;
        if (d->part == 0) {
            d->part = 1;
            d->span = (struct span){h->a_start, h->a_start + h->a_count};
        } else if (d->part == 1) {
            d->part = 2;
            d->span = (struct span){h->b_start, h->b_start + h->b_count};
        } else {
            size_t end = h->a_start + h->a_count, all = lines_count(d->lines, 0);
            size_t after = all - end < d->context ? all : end + d->context;
            d->hunk++;
            d->part = 0;
            d->span = (struct span){end, d->hunk < d->last ? d->hunks[d->hunk].a_start : after};
        }
    }
}

/* --- git's binary form ------------------------------------------------------------------------------------------ */

static void add_base85(struct buf *out, struct str bytes)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    buf_add_byte(out, (char)(bytes.length <= 26 ? 'A' + (int)bytes.length - 1 : 'a' + (int)bytes.length - 27));
    for (size_t i = 0; i < bytes.length; i += 4) {
        uint32_t word = 0;
        char five[5];
        for (size_t k = 0; k < 4; k++)
            word = word << 8 | (i + k < bytes.length ? (unsigned char)bytes.data[i + k] : 0u);
        for (int k = 4; k >= 0; k--) {
            five[k] = digits[word % 85];
            word /= 85;
        }
        buf_add(out, str_of(five, 5));
    }
    buf_add_byte(out, '\n');
}

static void begin_sum(struct diff *d)
{
    struct side *s = &d->sides[d->side];
    char head[32] = "blob ";
    size_t at = 5;
    char digits[20];
    size_t count = 0;
    for (uint64_t left = s->bytes.length; left || !count; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    while (count)
        head[at++] = digits[--count];
    head[at++] = 0;
    hash_sha1_init(&d->sha);
    hash_sha1_update(&d->sha, head, at);
    d->done = 0;
}

static void add_sum(struct diff *d, const struct side *s)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 20; i++) {
        unsigned char byte = s->git_mode ? s->sum[i] : 0;
        buf_add_byte(&d->out, digits[byte >> 4]);
        buf_add_byte(&d->out, digits[byte & 15]);
    }
}

static void add_index(struct diff *d)
{
    const struct side *was = &d->sides[0], *is = &d->sides[1];
    buf_add_text(&d->out, "index ");
    add_sum(d, was);
    buf_add_text(&d->out, "..");
    add_sum(d, is);
    if (was->git_mode && is->git_mode && strcmp(was->git_mode, is->git_mode) == 0)
        buf_print(&d->out, " %s", is->git_mode);
    buf_add_byte(&d->out, '\n');
}

static bool step_sum(struct diff *d)
{
    struct side *s = &d->sides[d->side];
    while (meter_go(&d->n->meter)) {
        struct str piece = str_first(str_after(s->bytes, d->done), PIECE);
        hash_sha1_update(&d->sha, piece.data, piece.length);
        d->done += piece.length;
        meter_charge(&d->n->meter, 1 + (int64_t)(piece.length / 16));
        if (d->done == s->bytes.length) {
            hash_sha1_finish(&d->sha, s->sum);
            return true;
        }
    }
    return false;
}

static void begin_literal(struct diff *d)
{
    buf_print(&d->out, "literal %zu\n", d->sides[d->side].bytes.length);
    d->done = 0;
    buf_init(&d->compressed, d->heap);
    d->deflater = deflater_new(d->heap, 6);
}

/* Both contents, the new one first, so that the patch can be taken back too. */
static bool step_literal(struct diff *d)
{
    while (meter_go(&d->n->meter) && d->out.length < PIECE) {
        const struct side *s = &d->sides[d->side];
        struct str piece = str_first(str_after(s->bytes, d->done), PIECE);
        d->done += piece.length;
        bool last = d->done == s->bytes.length;
        meter_charge(&d->n->meter, 1);
        deflater_add(d->deflater, piece, last, &d->compressed);
        size_t at = 0;
        for (; d->compressed.length - at >= BINARY_LINE || (last && at < d->compressed.length);) {
            struct str line = str_first(str_after(buf_str(&d->compressed), at), BINARY_LINE);
            add_base85(&d->out, line);
            at += line.length;
        }
        buf_drop_front(&d->compressed, at);
        if (!last)
            continue;
        deflater_free(d->deflater);
        d->deflater = NULL;
        buf_drop(&d->compressed);
        buf_add_byte(&d->out, '\n');
        if (d->side == 0)
            return true;
        d->side = 0;
        begin_literal(d);
    }
    return false;
}

/* --- one change after the other ------------------------------------------------------------------------------------ */

static enum step find_changes(struct diff *d)
{
    struct api *a = api_of(d->n);
    heap_drop(&d->found);
    if (!d->other) { /* the base has got what was listed meanwhile */
        vfs_drop(a->was);
        vfs_share_base(a->was, &d->n->vfs, &d->n->meter);
    }
    if (changes_find(&d->changes, &d->found, a->was, &d->n->vfs) < 0)
        meter_out_of_memory(&d->n->meter);
    if (files_changes_wait(d->n, &d->changes))
        return STEP_WAIT;
    for (size_t i = 0; i < d->changes.count; i++) { /* nor are all those known that went away with it */
        uint64_t size;
        if (d->changes.list[i].is || !vfs_awaits(a->was, d->changes.list[i].was, FAULT_LISTING, &size))
            continue;
        d->n->vfs.fault = (struct fault){FAULT_LISTING, d->changes.list[i].was};
        a->was_fault = true;
        return STEP_WAIT;
    }
    d->work = WORK_NEXT;
    return STEP_AGAIN;
}

static bool only_a_folder_in_time(const struct diff *d, const struct change *c)
{
    return c->was && c->is && !c->kind && !c->mode && !c->owner && d->sides[0].info.kind == NODE_DIRECTORY;
}

static void next_change(struct diff *d)
{
    drop_side(d, &d->sides[0]);
    drop_side(d, &d->sides[1]);
    if (d->next == d->changes.count) {
        d->work = WORK_END;
        return;
    }
    const struct change *c = &d->changes.list[d->next++];
    meter_charge(&d->n->meter, 1);
    look_at(&d->sides[0], c->was);
    look_at(&d->sides[1], c->is);
    if (c->path.length < d->below.length || memcmp(c->path.data, d->below.data, d->below.length) != 0) {
        bool above = c->path.length + 1 == d->below.length && memcmp(c->path.data, d->below.data, c->path.length) == 0;
        if (!above && !only_a_folder_in_time(d, c))
            note(d, c->path, c->was ? c->is ? "changed outside" : "removed outside" : "made outside");
        return;
    }
    d->path = str_after(c->path, d->below.length);
    if (!d->path.length)
        return;
    note_change(d, c);
    d->sides[0].git_mode = git_mode(&d->sides[0]);
    d->sides[1].git_mode = git_mode(&d->sides[1]);
    bool same_kind = d->sides[0].git_mode && d->sides[1].git_mode && !c->kind;
    if ((!d->sides[0].git_mode && !d->sides[1].git_mode) ||
        (same_kind && !c->content && strcmp(d->sides[0].git_mode, d->sides[1].git_mode) == 0))
        return;
    if (d->sides[0].git_mode && d->sides[1].git_mode && !same_kind) { /* deleted, then made new */
        d->put_off = d->sides[1];
        d->second = true;
        d->sides[1] = (struct side){.tree = d->sides[1].tree};
    }
    d->work = same_kind && !c->content ? WORK_DECIDE : WORK_LOAD;
}

static void end_change(struct diff *d)
{
    if (d->lines)
        lines_free(d->lines);
    d->lines = NULL;
    d->work = WORK_NEXT;
    if (!d->second)
        return;
    d->second = false;
    drop_side(d, &d->sides[0]);
    d->sides[1] = d->put_off;
    d->work = WORK_LOAD;
}

static enum step load_contents(struct diff *d)
{
    for (int i = 0; i < 2; i++) {
        int error = load_side(d, &d->sides[i]);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            note(d, d->path, "%m", error);
            end_change(d);
            return STEP_AGAIN;
        }
    }
    meter_charge(&d->n->meter, 1);
    d->work = WORK_DECIDE;
    return STEP_AGAIN;
}

/* The contents are there: which form is it to be? */
static void decide(struct diff *d)
{
    struct side *was = &d->sides[0], *is = &d->sides[1];
    bool same_mode = was->git_mode && is->git_mode && strcmp(was->git_mode, is->git_mode) == 0;
    meter_charge(&d->n->meter, 1 + (int64_t)((was->bytes.length < is->bytes.length ? was->bytes.length : is->bytes.length) / METER_BYTES));
    bool same = str_equal(was->bytes, is->bytes);
    if (same && same_mode) { /* written anew, as it was */
        end_change(d);
        return;
    }
    add_header(d);
    if (same) { /* the mode alone, or an empty file made or deleted */
        if (!was->git_mode || !is->git_mode)
            buf_add_text(&d->out, was->git_mode ? "index e69de29..0000000\n" : "index 0000000..e69de29\n");
        end_change(d);
    } else if (is_binary(was->bytes) || is_binary(is->bytes)) {
        d->side = 0;
        begin_sum(d);
        d->work = WORK_SUM;
    } else {
        struct lines_options options = {.horizon = d->context, .cost = LINES_COST, .end = '\n'};
        add_file_line(d, "--- ", "a/", was->git_mode);
        add_file_line(d, "+++ ", "b/", is->git_mode);
        d->lines = lines_new(d->heap, was->bytes, is->bytes, &options);
        d->work = WORK_COMPARE;
    }
}

static void sum_up(struct diff *d)
{
    if (!step_sum(d))
        return;
    if (d->side == 0) {
        d->side = 1;
        begin_sum(d);
        return;
    }
    add_index(d);
    buf_add_text(&d->out, "GIT binary patch\n");
    begin_literal(d);
    d->work = WORK_DEFLATE;
}

/* --- the task -------------------------------------------------------------------------------------------------------- */

/* What is gathered goes to the host: STEP_AGAIN when all has gone. */
static enum step send(struct diff *d)
{
    struct buf *bufs[2] = {&d->out, &d->notes};
    for (int i = 0; i < 2; i++) {
        while (d->sent[i] < bufs[i]->length) {
            int64_t count = sandbox_output(d->n, d->task, i + 1, str_after(buf_str(bufs[i]), d->sent[i]));
            if (count == E_WAIT)
                return STEP_WAIT;
            if (count < 0)
                return STEP_AGAIN; /* a signal ends the task */
            d->sent[i] += (size_t)count;
        }
        buf_clear(bufs[i]);
        d->sent[i] = 0;
    }
    return STEP_AGAIN;
}

static enum step diff_step(struct task *t)
{
    struct diff *d = t->state;
    while (meter_go(&d->n->meter)) {
        if (d->out.length >= PIECE || d->notes.length >= PIECE || d->work == WORK_END) {
            if (send(d) == STEP_WAIT)
                return STEP_WAIT;
            if (t->pending)
                return STEP_AGAIN;
            if (d->work == WORK_END)
                return STEP_DONE;
        }
        switch (d->work) {
        case WORK_FIND:
            if (find_changes(d) == STEP_WAIT)
                return STEP_WAIT;
            break;
        case WORK_NEXT: next_change(d); break;
        case WORK_LOAD:
            if (load_contents(d) == STEP_WAIT)
                return STEP_WAIT;
            break;
        case WORK_DECIDE: decide(d); break;
        case WORK_COMPARE:
            if (lines_step(d->lines) == LINES_DONE) {
                d->hunks = lines_hunks(d->lines, &d->hunk_count);
                d->hunk = 0;
                d->work = WORK_HUNK;
            }
            break;
        case WORK_HUNK:
            if (d->hunk == d->hunk_count) {
                end_change(d);
            } else {
                begin_hunk(d);
                d->work = WORK_LINES;
            }
            break;
        case WORK_LINES:
            if (add_lines(d))
                d->work = WORK_HUNK;
            break;
        case WORK_SUM: sum_up(d); break;
        case WORK_DEFLATE:
            if (step_literal(d))
                end_change(d);
            break;
        default: break;
        }
    }
    return STEP_AGAIN;
}

static void diff_end(struct task *t)
{
    struct diff *d = t->state;
    if (d)
        heap_drop(&d->found);
}

static const struct task_kind diff_kind = {"diff", diff_step, NULL, diff_end};

struct starting {
    struct nacre *n;
    struct str below;
    int context;
    bool other;
};

static void start(void *argument)
{
    struct starting *w = argument;
    struct nacre *n = w->n;
    struct task *t = task_new(n, NULL, &diff_kind);
    struct diff *d = heap_new(&t->heap, struct diff);
    heap_init(&d->found, &n->meter);
    t->state = d;
    t->name = str_lit("diff");
    d->n = n;
    d->task = t;
    d->heap = &t->heap;
    d->context = (size_t)w->context;
    d->other = w->other;
    d->sides[0].tree = api_of(n)->was;
    d->sides[1].tree = &n->vfs;
    buf_init(&d->out, d->heap);
    buf_init(&d->notes, d->heap);
    struct buf below;
    buf_init(&below, d->heap);
    while (w->below.length && w->below.data[w->below.length - 1] == '/')
        w->below.length--;
    buf_add(&below, w->below);
    buf_add_byte(&below, '/');
    d->below = buf_str(&below);
    n->main = t;
}

int nacre_start_diff(nacre *n, const nacre *base, const struct nacre_diff *given)
{
    struct nacre_diff o = {0};
    if (!n || (given && given->size < sizeof given->size))
        return NACRE_E_INVALID;
    if (given)
        memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    struct api *a = api_of(n);
    if (!api_at_rest(n) || (base && !api_at_rest(base)))
        return NACRE_E_STATE;
    if (o.context < 0 || (o.below.length && o.below.data[0] != '/'))
        return NACRE_E_INVALID;
    files_forget(n);
    run_begin(n, &(struct nacre_limits){0});
    a->run.diff = true;
    a->was = api_allocate(n, sizeof *a->was);
    if (!a->was)
        return NACRE_E_MEMORY;
    if (base)
        vfs_share(a->was, &base->vfs, &n->meter);
    else
        vfs_share_base(a->was, &n->vfs, &n->meter);
    struct starting work = {n, o.below.length ? api_str(o.below) : a->workspace_path, o.context ? o.context : 3,
                            base != NULL};
    if (meter_land(&n->meter, start, &work) == EXHAUSTED_MEMORY) {
        run_clear(n);
        return NACRE_E_MEMORY;
    }
    a->phase = PHASE_RUNNING;
    return NACRE_OK;
}
