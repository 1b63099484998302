/* builtins/diff/tree.c - pairs of files and directories. */
#include "builtins/diff/diff.h"
#include "builtins/paths.h"
#include "task/sandbox.h"

/* Two directories whose entries are compared. */
struct level {
    uint64_t numbers[2];     /* of the directories; 0: absent */
    bool listed[2];
    struct str *names[2];    /* in order */
    size_t counts[2], at[2];
    size_t lengths[2];       /* of the directories' own paths in d->paths, without slashes at their ends */
    struct str operands[2];  /* of the outermost level: the directories as they were given */
};

struct str diff_label(const struct diff *d, int side)
{
    return d->labels[side].data ? d->labels[side] : d->sides[side].name;
}

void diff_close(struct call *c, struct diff *d, int status)
{
    bool directory = d->sides[0].info.kind == NODE_DIRECTORY;
    if (status == 0 && d->same && !directory)
        call_format(c, "Files %S and %S are identical\n", diff_label(d, 0), diff_label(d, 1));
    d->status = status > d->status ? status : d->status;
    lines_free(d->lines);
    d->lines = NULL;
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i];
        heap_free(c->heap, s->made.data);
        if (s->input)
            input_close(s->input);
        *s = (struct side){0};
    }
    heap_free(c->heap, d->trivial);
    d->trivial = NULL;
    d->phase = d->level_count ? DIFF_ENTRIES : DIFF_OPERANDS;
}

/* --- looking at a pair
 * --------------------------------------------------------------------------------------------- */

static int stat_standard(struct call *c, struct side *s)
{
    struct file *f = fds_get(c->task, 0);
    if (!f)
        return E_BADF;
    int error = file_stat(f, &s->info);
    if (!error && s->info.kind != NODE_FILE)
        s->info.mtime = sandbox_now(c->task->sandbox);
    return error;
}

/* A name in a directory known by its number: paths may be longer than one verb takes. */
static int stat_entry(struct call *c, struct diff *d, int side, struct str name, struct stat_info *info)
{
    struct vfs *v = &c->task->sandbox->vfs;
    int64_t fuel = c->meter->fuel;
    struct place place;
    memset(&place, 0, sizeof place);
    uint64_t directory = d->levels[d->level_count - 1].numbers[side];
    int error = vfs_walk(v, c->task->who, directory, name, d->no_follow ? 0 : WALK_FOLLOW, &place);
    if (!error) {
        error = vfs_stat(v, place.number, info);
        place_drop(&place, c->meter);
    }
    return task_charged(c->task, fuel, error);
}

static int stat_side(struct call *c, struct diff *d, int side)
{
    struct side *s = &d->sides[side];
    if (s->standard)
        return stat_standard(c, s);
    if (d->level_count == 0)
        return call_stat(c, s->name, !d->no_follow, &s->info);
    return stat_entry(c, d, side, str_after(s->name, s->name.length - d->name_lengths[side]), &s->info);
}

static struct str last_component(struct str name)
{
    while (name.length > 1 && name.data[name.length - 1] == '/')
        name.length--;
    ptrdiff_t slash = str_find_last(name, '/');
    return slash >= 0 && name.length > 1 ? str_after(name, (size_t)slash + 1) : name;
}

/* A file and a directory: the file of that name in the directory is meant. 0, E_WAIT, or E_INVAL when told that
 * it cannot be. */
static int descend(struct call *c, struct diff *d)
{
    int side = d->sides[1].info.kind == NODE_DIRECTORY; /* the directory */
    struct side *s = &d->sides[side];
    struct buf b;
    struct stat_info info;
    if (d->sides[1 - side].standard) {
        call_error(c, "cannot compare '-' to a directory");
        return E_INVAL;
    }
    buf_init(&b, c->heap);
    buf_add(&b, s->name);
    if (!str_ends(s->name, "/"))
        buf_add_byte(&b, '/');
    buf_add(&b, last_component(d->sides[1 - side].name));
    int error = call_stat(c, buf_str(&b), !d->no_follow, &info);
    if (error == E_WAIT) {
        buf_drop(&b);
        return error;
    }
    s->name = buf_str(&b);
    s->info = info;
    s->error = error;
    return 0;
}

static void say_kinds(struct call *c, struct diff *d)
{
    call_format(c, "File %S is a %s while file %S is a %s\n", diff_label(d, 0), path_kind(&d->sides[0].info),
                diff_label(d, 1), path_kind(&d->sides[1].info));
    diff_close(c, d, 1);
}

/* Files that are taken for absent: missing operands, and empty files without any permission. */
static void settle_absence(struct diff *d)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i], *other = &d->sides[1 - i];
        if (s->absent || !(d->new_file || (i == 0 && d->new_first)))
            continue;
        if (s->error == 0)
            s->absent = s->info.kind == NODE_FILE && !(s->info.mode & 0777) && s->info.size == 0;
        else
            s->absent = (s->error == E_NOENT || s->error == E_BADF) && d->level_count == 0 && other->error == 0;
    }
    for (int i = 0; i < 2; i++)
        if (d->sides[i].absent) {
            d->sides[i].info = (struct stat_info){.kind = d->sides[1 - i].info.kind};
            d->sides[i].error = 0;
        }
}

static bool is_same_file(struct call *c, const struct diff *d)
{
    const struct side *a = &d->sides[0], *b = &d->sides[1];
    const struct file *f = fds_get(c->task, 0);
    if (a->absent || b->absent)
        return false;
    if (a->standard && b->standard)
        return true;
    if ((a->standard || b->standard) && f && f->offset)
        return false;
    return a->info.number && a->info.number == b->info.number && a->info.kind != NODE_FIFO; /* pipes have no number of their own */
}

static bool is_loop(const struct diff *d, int side)
{
    for (size_t i = 0; i < d->level_count; i++)
        if (d->levels[i].numbers[side] == d->sides[side].info.number)
            return true;
    return false;
}

/* The pair is two directories: their entries come next. */
static void enter(struct call *c, struct diff *d)
{
    bool loops = true;
    for (int i = 0; i < 2; i++)
        loops = loops && (d->sides[i].absent || is_loop(d, i));
    call_charge(c, 1 + (int64_t)(d->level_count / METER_BYTES));
    if (loops) {
        call_error(c, "%S: recursive directory loop", d->sides[d->sides[0].absent].name);
        diff_close(c, d, 2);
        return;
    }
    struct level l = {0};
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i];
        if (d->level_count == 0) {
            buf_clear(&d->paths[i]);
            buf_add(&d->paths[i], s->name);
            while (d->paths[i].length > 0 && d->paths[i].data[d->paths[i].length - 1] == '/')
                d->paths[i].length--;
            l.operands[i] = s->name;
        }
        l.lengths[i] = d->paths[i].length;
        l.numbers[i] = s->absent ? 0 : s->info.number;
        l.listed[i] = s->absent;
        *s = (struct side){0};
    }
    d->levels = array_grow(c->heap, d->levels, d->level_count, sizeof *d->levels);
    d->levels[d->level_count++] = l;
    d->phase = DIFF_ENTRIES;
}

static struct str directory_name(const struct diff *d, int side)
{
    const struct level *l = &d->levels[d->level_count - 1];
    return l->operands[side].data ? l->operands[side] : str_of(d->paths[side].data, l->lengths[side]);
}

static void say_only(struct call *c, const struct diff *d, int side, struct str name)
{
    call_format(c, "Only in %S: %S\n", directory_name(d, side), name);
}

/* Decides what is to be done with two things that are there. */
static void decide(struct call *c, struct diff *d)
{
    struct side *a = &d->sides[0], *b = &d->sides[1];
    bool folder[2] = {a->info.kind == NODE_DIRECTORY, b->info.kind == NODE_DIRECTORY};
    bool below = d->level_count > 0;
    bool ordinary = (a->info.kind == NODE_FILE || a->info.kind == NODE_LINK) &&
                    (b->info.kind == NODE_FILE || b->info.kind == NODE_LINK);
    if (is_same_file(c, d) && diff_is_silent(d)) {
        diff_close(c, d, 0);
    } else if (folder[0] && folder[1]) {
        if (d->style == DIFF_GROUPS) {
            call_error(c, "-D option not supported with directories");
            d->status = 3;
        } else if (below && !d->recursive) {
            call_format(c, "Common subdirectories: %S and %S\n", a->name, b->name);
            diff_close(c, d, 0);
        } else {
            enter(c, d);
        }
    } else if (folder[0] || folder[1] || (below && !ordinary)) {
        if (a->absent || b->absent) {
            int there = a->absent;
            say_only(c, d, there,
                     str_after(d->sides[there].name, d->sides[there].name.length - d->name_lengths[there]));
            diff_close(c, d, 1);
        } else {
            say_kinds(c, d);
        }
    } else if (a->info.kind == NODE_LINK || b->info.kind == NODE_LINK) {
        if (a->info.kind == NODE_LINK && b->info.kind == NODE_LINK && !a->absent && !b->absent)
            d->phase = DIFF_LINKS;
        else
            say_kinds(c, d);
    } else {
        d->phase = DIFF_OPEN;
    }
}

/* Says what is wrong with either: true when anything is. */
static bool refuse_sides(struct call *c, const struct diff *d)
{
    for (int i = 0; i < 2; i++)
        if (d->sides[i].error)
            call_error(c, "%S: %m", d->sides[i].name, d->sides[i].error);
    return d->sides[0].error || d->sides[1].error;
}

int diff_look(struct call *c, struct diff *d)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i];
        if (s->absent || s->info.kind || s->error)
            continue;
        int error = stat_side(c, d, i);
        if (error == E_WAIT)
            return error;
        s->error = error;
        if (error)
            s->info.kind = 0;
    }
    settle_absence(d);
    if (!d->sides[0].error && !d->sides[1].error && d->level_count == 0 &&
        (d->sides[0].info.kind == NODE_DIRECTORY) != (d->sides[1].info.kind == NODE_DIRECTORY)) {
        int error = descend(c, d);
        if (error == E_WAIT)
            return error;
        if (error) {
            d->status = 3;
            return DIFF_GO;
        }
        settle_absence(d);
    }
    if (refuse_sides(c, d))
        diff_close(c, d, 2);
    else
        decide(c, d);
    return DIFF_GO;
}

int diff_compare_links(struct call *c, struct diff *d)
{
    struct str targets[2];
    for (int i = 0; i < 2; i++)
        if (vfs_readlink(&c->task->sandbox->vfs, d->sides[i].info.number, &targets[i]))
            targets[i] = str_lit("");
    bool same = str_equal(targets[0], targets[1]);
    if (!same)
        call_format(c, "Symbolic links %S and %S differ\n", d->sides[0].name, d->sides[1].name);
    diff_close(c, d, !same);
    return DIFF_GO;
}

static int open_side(struct call *c, struct diff *d, struct side *s)
{
    struct file *file;
    if (d->level_count == 0)
        return input_open(c, &s->input, s->name, s->standard);
    int error = vfs_access(&c->task->sandbox->vfs, c->task->who, s->info.number, MAY_READ);
    if (!error)
        error = file_open_inode(c->task, s->info.number, OPEN_READ, &file);
    if (!error)
        input_open_file(c, &s->input, file, s->name);
    return error;
}

int diff_open(struct call *c, struct diff *d)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &d->sides[i];
        if (s->absent || s->input || s->error)
            continue;
        s->error = open_side(c, d, s);
        if (s->error == E_WAIT) {
            s->error = 0;
            return E_WAIT;
        }
    }
    if (refuse_sides(c, d))
        diff_close(c, d, 2);
    else
        d->phase = DIFF_READ;
    return DIFF_GO;
}

/* --- the entries of two directories
 * ------------------------------------------------------------------------------------- */

static int compare_folded(struct str a, struct str b)
{
    size_t i = 0;
    for (; i < a.length && i < b.length; i++) {
        unsigned char one = (unsigned char)a.data[i], two = (unsigned char)b.data[i];
        one = one < 0x80 ? utf8_ascii_lower[one] : one;
        two = two < 0x80 ? utf8_ascii_lower[two] : two;
        if (one != two)
            return one < two ? -1 : 1;
    }
    return (i < a.length) - (i < b.length);
}

static int compare_names(const struct diff *d, struct str a, struct str b)
{
    return d->fold_names ? compare_folded(a, b) : str_compare(a, b);
}

static bool is_excluded(struct call *c, const struct diff *d, struct str name)
{
    for (size_t i = 0; i < d->excluded_count; i++)
        if (glob_match(d->excluded[i], c->heap, name))
            return true;
    return false;
}

/* Puts names of equal folds together, keeping the order of bytes among them. */
static void sort_folded(struct call *c, struct str *names, size_t count)
{
    struct str *other = heap_alloc(c->heap, (count + 1) * sizeof *other);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count, left = start, right = middle;
            for (size_t i = start; i < end; i++) {
                bool first = left < middle && (right == end || compare_folded(names[left], names[right]) <= 0);
                other[i] = first ? names[left++] : names[right++];
            }
        }
        memcpy(names, other, count * sizeof *names);
        call_charge(c, (int64_t)count);
    }
    heap_free(c->heap, other);
}

static void release_listing(void *thing, struct meter *m)
{
    struct diff *d = thing;
    (void)m;
    listing_release(d->task, &d->listing);
}

/* Reads the names of one side: 0, E_WAIT or another error. */
static int list(struct call *c, struct diff *d, struct level *l, int side)
{
    struct listing *listing = &d->listing;
    struct str name;
    uint64_t number;
    int error = vfs_access(&c->task->sandbox->vfs, c->task->who, l->numbers[side], MAY_READ);
    d->task = c->task;
    if (!d->hold)
        d->hold = heap_hold(c->heap, release_listing);
    if (!error)
        error = task_list_inode(c->task, l->numbers[side], listing);
    if (error)
        return error;
    d->hold->thing = d;
    while (listing_next(c->task, listing, &name, &number)) {
        bool before = d->level_count == 1 && d->starting_file.data && compare_names(d, name, d->starting_file) < 0;
        call_charge(c, 1);
        if (before || is_excluded(c, d, name))
            continue;
        l->names[side] = array_grow(c->heap, l->names[side], l->counts[side], sizeof *l->names[side]);
        l->names[side][l->counts[side]++] = str_copy(c->heap, name);
    }
    d->hold->thing = NULL;
    listing_release(c->task, listing);
    if (d->fold_names)
        sort_folded(c, l->names[side], l->counts[side]);
    return 0;
}

static void leave(struct call *c, struct diff *d)
{
    struct level *l = &d->levels[--d->level_count];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < l->counts[side]; i++)
            heap_free(c->heap, (void *)(uintptr_t)l->names[side][i].data);
        heap_free(c->heap, l->names[side]);
        d->paths[side].length = l->lengths[side];
    }
    d->phase = d->level_count ? DIFF_ENTRIES : DIFF_OPERANDS;
}

/* Names that are equal but for case: one that is equal in all comes first. */
static void prefer_equal(const struct diff *d, struct level *l)
{
    struct str a = l->names[0][l->at[0]], b = l->names[1][l->at[1]];
    int order = str_compare(a, b);
    if (order == 0)
        return;
    int lesser = order > 0;
    struct str *names = l->names[lesser] + l->at[lesser], greater = lesser ? a : b;
    size_t left = l->counts[lesser] - l->at[lesser];
    for (size_t i = 1; i < left && compare_names(d, names[i], greater) == 0; i++) {
        int raw = str_compare(names[i], greater);
        if (raw < 0)
            continue;
        if (raw == 0) {
            struct str equal = names[i];
            memmove(names + 1, names, i * sizeof *names);
            names[0] = equal;
        }
        return;
    }
}

static void name_side(struct diff *d, const struct level *l, int side, struct str name)
{
    struct buf *path = &d->paths[side];
    path->length = l->lengths[side];
    buf_add_byte(path, '/');
    buf_add(path, name);
    d->name_lengths[side] = name.length;
    d->sides[side] = (struct side){.name = buf_str(path)};
}

int diff_next_entry(struct call *c, struct diff *d)
{
    struct level *l = &d->levels[d->level_count - 1];
    for (int i = 0; i < 2; i++) {
        if (l->listed[i])
            continue;
        int error = list(c, d, l, i);
        if (error == E_WAIT)
            return error;
        l->listed[i] = true;
        if (error) {
            call_error(c, "%S: %m", directory_name(d, i), error);
            d->status = d->status > 2 ? d->status : 2;
            l->listed[1 - i] = true;
            l->at[0] = l->counts[0];
            l->at[1] = l->counts[1];
        }
    }
    bool more[2] = {l->at[0] < l->counts[0], l->at[1] < l->counts[1]};
    if (!more[0] && !more[1]) {
        leave(c, d);
        return DIFF_GO;
    }
    int order = !more[0] ? 1 : !more[1] ? -1 : compare_names(d, l->names[0][l->at[0]], l->names[1][l->at[1]]);
    call_charge(c, 1);
    if (order == 0 && d->fold_names)
        prefer_equal(d, l);
    struct str names[2];
    names[0] = order <= 0 ? l->names[0][l->at[0]] : l->names[1][l->at[1]];
    names[1] = order >= 0 ? l->names[1][l->at[1]] : names[0];
    l->at[0] += order <= 0;
    l->at[1] += order >= 0;
    if (order && !d->new_file && !(d->new_first && order > 0)) {
        say_only(c, d, order > 0, names[0]);
        d->status = d->status > 1 ? d->status : 1;
        return DIFF_GO;
    }
    for (int i = 0; i < 2; i++)
        name_side(d, l, i, names[i]);
    d->sides[0].absent = order > 0;
    d->sides[1].absent = order < 0;
    d->phase = DIFF_LOOK;
    return DIFF_GO;
}
