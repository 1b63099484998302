/* task/walk.c - a walk through a tree of files, one visit at a time. */
#include "task/walk.h"

#include "task/sandbox.h"

enum { PHASE_END, PHASE_ROOT, PHASE_ENTER, PHASE_NEXT };
enum { PLACES = 16 }; /* positions in listings that are kept: of the innermost directories */

struct walk_frame {
    uint64_t number;
    struct btree entries; /* as they were when it was entered: a reference */
    int64_t stamp;        /* time of the last change to the tree then */
    size_t path_length;   /* of the directory's own path */
    size_t name_at;
    uint64_t link;
    bool searchable;
    bool started;         /* an entry of it was visited: its name stands in the path behind path_length */
};

/* Where the walk stands in the listing of the frame `level`, kept while no other level needs the room. */
struct walk_place {
    size_t level; /* 1 + level; 0: free */
    struct btree_walk at;
};

static struct vfs *files(struct walk *w)
{
    return &w->task->sandbox->vfs;
}

static void pop(struct walk *w)
{
    struct walk_frame *f = &w->frames[--w->frame_count];
    vfs_list_release(files(w), &f->entries);
    if (f->link && w->frame_count)
        w->jumps--;
    struct walk_place *place = &w->places[w->frame_count % PLACES];
    if (place->level == w->frame_count + 1)
        place->level = 0;
}

static void release(void *thing, struct meter *m)
{
    struct walk *w = thing;
    (void)m;
    while (w->frame_count)
        pop(w);
}

struct walk *walk_new(struct task *t, struct heap *heap, enum walk_follow follow)
{
    struct walk *w = heap_new(heap, struct walk);
    w->task = t;
    w->heap = heap;
    w->follow = follow;
    w->places = heap_zero(heap, PLACES * sizeof *w->places);
    buf_init(&w->path, heap);
    w->hold = heap_hold(heap, release);
    w->hold->thing = w;
    return w;
}

void walk_start(struct walk *w, struct str root)
{
    release(w, w->heap->meter);
    w->jumps = 0;
    w->unvisited_path = false;
    w->depth = 0;
    buf_clear(&w->path);
    buf_add(&w->path, root);
    size_t end = root.length;
    while (end > 1 && root.data[end - 1] == '/')
        end--;
    w->name_at = 0;
    for (size_t i = end; i > 1; i--)
        if (root.data[i - 2] == '/') {
            w->name_at = i - 1;
            break;
        }
    w->name_length = w->root_name_length = end - w->name_at;
    w->phase = PHASE_ROOT;
}

void walk_skip(struct walk *w)
{
    if (w->phase == PHASE_ENTER)
        w->phase = w->frame_count ? PHASE_NEXT : PHASE_END;
}

/* Is the directory one of those that are being walked? Only links can lead there. */
static bool is_cycle(struct walk *w)
{
    if (!w->link && !w->jumps)
        return false;
    meter_charge(w->heap->meter, (int64_t)(w->frame_count / METER_BYTES));
    for (size_t i = w->frame_count; i > 0; i--)
        if (w->frames[i - 1].number == w->info.number) {
            w->cycle_length = w->frames[i - 1].path_length;
            return true;
        }
    return false;
}

/* The visit of the entry whose info is known. */
static enum visit classify(struct walk *w)
{
    w->error = 0;
    if (w->info.kind != NODE_DIRECTORY)
        return VISIT_FILE;
    if (is_cycle(w))
        return VISIT_CYCLE;
    w->phase = PHASE_ENTER;
    return VISIT_DIRECTORY;
}

/* Looks at what the link in w->info points to. */
static enum visit follow_link(struct walk *w, uint64_t directory, struct str path)
{
    struct place place;
    struct stat_info target;
    memset(&place, 0, sizeof place);
    int error = directory ? vfs_walk(files(w), w->task->who, directory, path, WALK_FOLLOW, &place)
                          : task_walk(w->task, path, WALK_FOLLOW, &place);
    if (error == 0)
        error = vfs_stat(files(w), place.number, &target);
    place_drop(&place, w->heap->meter);
    if (error == E_WAIT)
        return VISIT_WAIT;
    if (error == 0 && w->frame_count && w->jumps + (w->frames[0].link != 0) >= VFS_LINKS_MOST)
        error = E_LOOP; /* as it is for those who look the whole path up */
    if (error < 0) {
        w->error = error;
        return VISIT_BROKEN;
    }
    w->link = w->info.number;
    w->info = target;
    return classify(w);
}

static enum visit visit_root(struct walk *w)
{
    struct place place;
    memset(&place, 0, sizeof place);
    w->link = 0;
    w->parent = 0;
    w->info.kind = 0;
    int error = task_walk(w->task, walk_path(w), 0, &place);
    if (error == 0) {
        w->root_parent = w->parent = place.name_length ? place.parent : 0;
        if (place.rest.length) /* inside /proc/self */
            error = task_stat(w->task, walk_path(w), w->follow != WALK_PHYSICAL, &w->info);
        else
            error = vfs_stat(files(w), place.number, &w->info);
        place_drop(&place, w->heap->meter);
    }
    if (error == E_WAIT)
        return VISIT_WAIT;
    w->phase = PHASE_END;
    if (error < 0) {
        w->error = error;
        return VISIT_ERROR;
    }
    if (w->info.kind == NODE_LINK && w->follow != WALK_PHYSICAL) {
        enum visit visit = follow_link(w, 0, walk_path(w));
        if (visit == VISIT_WAIT)
            w->phase = PHASE_ROOT;
        return visit;
    }
    return classify(w);
}

/* Makes the entry's path and the rest from the frame: the directory itself is the entry again. */
static void show_frame(struct walk *w, const struct walk_frame *f)
{
    w->path.length = f->path_length;
    w->name_at = f->name_at;
    w->depth = w->frame_count - 1;
    w->name_length = w->depth ? f->path_length - f->name_at : w->root_name_length;
    w->parent = w->depth ? w->frames[w->depth - 1].number : w->root_parent;
    w->link = f->link;
}

static enum visit enter(struct walk *w)
{
    struct vfs *v = files(w);
    struct btree entries;
    w->frames = array_grow(w->heap, w->frames, w->frame_count, sizeof *w->frames); /* before the reference is taken */
    int error = vfs_access(v, w->task->who, w->info.number, MAY_READ);
    if (error == 0)
        error = vfs_list(v, w->info.number, &entries);
    if (error == E_WAIT)
        return VISIT_WAIT;
    if (error < 0) {
        w->error = error;
        w->phase = w->frame_count ? PHASE_NEXT : PHASE_END;
        return VISIT_UNREADABLE;
    }
    w->frames[w->frame_count++] = (struct walk_frame){
        .number = w->info.number,
        .entries = entries,
        .stamp = v->last_time,
        .path_length = w->path.length,
        .name_at = w->name_at,
        .link = w->link,
        .searchable = vfs_access(v, w->task->who, w->info.number, MAY_EXECUTE) == 0,
    };
    if (w->link && w->frame_count > 1)
        w->jumps++;
    w->phase = PHASE_NEXT;
    return VISIT_FILE; /* not a visit: the caller goes on */
}

/* The next name of the innermost directory, pushed on the path. */
static bool next_name(struct walk *w, struct walk_frame *f, uint64_t *number)
{
    struct walk_place *place = &w->places[w->frame_count % PLACES];
    struct str name;
    union entry entry;
    bool found;
    if (!f->started) {
        f->started = true;
        place->level = w->frame_count;
        btree_walk_start(&place->at, f->entries);
        found = btree_walk_next(&place->at, &name, &entry);
    } else if (place->level == w->frame_count) {
        found = btree_walk_next(&place->at, &name, &entry);
    } else {
        struct str last = {w->path.data + w->name_at, w->path.length - w->name_at};
        found = btree_next(f->entries, &last, &name, &entry);
    }
    if (!found)
        return false;
    *number = entry.number;
    w->path.length = f->path_length;
    if (f->path_length && w->path.data[f->path_length - 1] != '/')
        buf_add_byte(&w->path, '/');
    w->name_at = w->path.length;
    w->name_length = name.length;
    buf_add(&w->path, name);
    return true;
}

/* The entry just pushed: its info by number, or by name if the tree has changed since the listing. */
static enum visit visit_entry(struct walk *w, const struct walk_frame *f)
{
    struct vfs *v = files(w);
    int error = 0;
    w->depth = w->frame_count;
    w->parent = f->number;
    w->link = 0;
    if (!f->searchable) {
        struct stat_info hint;
        if (vfs_stat(v, w->info.number, &hint) == 0)
            w->info = hint;
        else
            w->info.kind = 0;
        w->error = E_ACCES;
        return VISIT_ERROR;
    }
    if (v->last_time != f->stamp) {
        struct place place;
        memset(&place, 0, sizeof place);
        error = vfs_walk(v, w->task->who, f->number, walk_name(w), 0, &place);
        if (error == 0)
            w->info.number = place.number;
        place_drop(&place, w->heap->meter);
    }
    if (error == 0)
        error = vfs_stat(v, w->info.number, &w->info);
    if (error == E_WAIT)
        return VISIT_WAIT;
    if (error < 0) {
        w->info.kind = 0;
        w->error = error;
        return VISIT_ERROR;
    }
    if (w->info.kind == NODE_LINK && w->follow == WALK_LOGICAL)
        return follow_link(w, f->number, walk_name(w));
    return classify(w);
}

/* A visit that waits is made again, so it has cost nothing; else an entry is a step. */
static enum visit charged(struct walk *w, int64_t fuel, enum visit visit)
{
    struct meter *m = w->heap->meter;
    if (visit == VISIT_WAIT)
        m->fuel = fuel;
    else
        meter_charge(m, 1);
    return visit;
}

enum visit walk_next(struct walk *w)
{
    for (;;) {
        int64_t fuel = w->heap->meter->fuel;
        enum visit visit;
        switch (w->phase) {
        case PHASE_ROOT:
            return charged(w, fuel, visit_root(w));
        case PHASE_ENTER:
            visit = enter(w);
            if (visit != VISIT_FILE)
                return visit;
            break;
        case PHASE_NEXT: {
            if (!w->frame_count) {
                w->phase = PHASE_END;
                return VISIT_END;
            }
            struct walk_frame *f = &w->frames[w->frame_count - 1];
            if (!w->unvisited_path) {
                uint64_t number = 0;
                if (!next_name(w, f, &number)) {
                    w->info.number = f->number;
                    int error = vfs_stat(files(w), f->number, &w->info);
                    if (error == E_WAIT)
                        return VISIT_WAIT;
                    w->error = error;
                    w->info.kind = NODE_DIRECTORY;
                    show_frame(w, f);
                    pop(w);
                    return VISIT_AFTER;
                }
                w->info.number = number;
            }
            visit = visit_entry(w, f);
            w->unvisited_path = visit == VISIT_WAIT;
            return charged(w, fuel, visit);
        }
        default:
            return VISIT_END;
        }
    }
}
