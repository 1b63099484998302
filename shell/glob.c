/* shell/glob.c - pathname expansion (POSIX XCU 2.6.6), with globstar, dotglob, nocaseglob and GLOBIGNORE. */
#include "shell/vm.h"

#include "regex/glob.h"

/* Work to be done: a path found so far, and what of the pattern is left. */
struct branch {
    struct str path;
    size_t at;  /* in the pattern */
    bool globbed; /* a pattern made part of it: it is a name, and has no slash behind it */
    bool below; /* where ** stands, and further down than it began */
};

struct globber {
    struct shell *sh;
    struct str pattern;
    struct heap *heap;
    struct branch *stack;
    size_t depth;
    struct str *found;
    size_t count;
    unsigned flags;
    bool dots, globstar, folders_only;
    struct glob **cache; /* compiled components, by the offset where they begin */
    size_t *cache_at;
    size_t cached;
};

static bool shopt(const struct shell *sh, enum shopt_bit bit)
{
    return sh->state.shopt & (uint64_t)1 << bit;
}

/* The component at `at`: up to a slash that is not in brackets or behind a backslash. */
static size_t component_end(struct str p, size_t at)
{
    int parens = 0;
    for (size_t i = at; i < p.length; i++) {
        if (p.data[i] == '\\' && i + 1 < p.length)
            i++;
        else if (p.data[i] == '(')
            parens++;
        else if (p.data[i] == ')' && parens)
            parens--;
        else if (p.data[i] == '/' && !parens)
            return i;
    }
    return p.length;
}

static void unescape(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] == '\\' && i + 1 < s.length)
            i++;
        buf_add_byte(out, s.data[i]);
    }
}

static void push(struct globber *g, struct str path, size_t at, bool globbed, bool below)
{
    g->stack = array_grow(g->heap, g->stack, g->depth, sizeof *g->stack);
    g->stack[g->depth++] = (struct branch){path, at, globbed, below};
}

static void add_found(struct globber *g, struct str path)
{
    g->found = array_grow(g->heap, g->found, g->count, sizeof *g->found);
    g->found[g->count++] = path;
}

static struct glob *compiled(struct globber *g, size_t at, struct str component)
{
    for (size_t i = 0; i < g->cached; i++)
        if (g->cache_at[i] == at)
            return g->cache[i];
    struct glob *glob = glob_compile(g->heap, component, g->flags);
    g->cache = array_grow(g->heap, g->cache, g->cached, sizeof *g->cache);
    g->cache_at = array_grow(g->heap, g->cache_at, g->cached, sizeof *g->cache_at);
    g->cache[g->cached] = glob;
    g->cache_at[g->cached++] = at;
    return glob;
}

static struct str join(struct globber *g, struct str path, struct str name, bool slash)
{
    char *data = heap_alloc(g->heap, path.length + name.length + 2);
    if (path.length)
        memcpy(data, path.data, path.length);
    memcpy(data + path.length, name.data, name.length);
    size_t length = path.length + name.length;
    if (slash)
        data[length++] = '/';
    return str_of(data, length);
}

static int kind_of(struct globber *g, struct str path, uint64_t number, bool follow, enum node_kind *kind)
{
    struct stat_info info;
    struct task *t = g->sh->task;
    int error = number ? vfs_stat(&t->sandbox->vfs, number, &info) : task_stat(t, path, follow, &info);
    if (!error && follow && info.kind == NODE_LINK)
        error = task_stat(t, path, true, &info);
    if (!error)
        *kind = info.kind;
    return error;
}

/* A folder being read: held by the heap, since keeping what is found may not return. */
struct folder {
    struct task *task;
    struct listing list;
};

static void close_folder(void *thing, struct meter *m)
{
    struct folder *folder = thing;
    (void)m;
    listing_release(folder->task, &folder->list);
}

/* All names in the folder `b.path` that match; those that may go on are pushed. */
static int expand_component(struct globber *g, struct branch b, size_t end, struct str component)
{
    struct task *t = g->sh->task;
    struct folder *folder = heap_new(g->heap, struct folder);
    struct hold *hold = heap_hold(g->heap, close_folder);
    struct listing *list = &folder->list;
    folder->task = t;
    int error = task_list(t, b.path.length ? b.path : str_lit("."), list);
    if (error) {
        heap_unhold(g->heap, hold);
        heap_free(g->heap, folder);
        return error == E_WAIT ? E_WAIT : 0;
    }
    hold->thing = folder;
    bool last = end == g->pattern.length, star_star = g->globstar && str_is(component, "**");
    size_t next = end;
    while (next < g->pattern.length && g->pattern.data[next] == '/')
        next++;
    struct glob *glob = star_star ? NULL : compiled(g, b.at, component);
    bool wants_dot = g->dots || (component.length && (component.data[0] == '.' || str_starts(component, "\\.")));
    size_t first = g->depth;
    struct str name;
    uint64_t number;
    if (star_star && b.path.length && !b.below && (last || next == g->pattern.length))
        /* the folder it begins with; those below are found by their names */
        add_found(g, b.globbed && last ? str_first(b.path, b.path.length - 1) : b.path);
    if (star_star && !last && next < g->pattern.length)
        push(g, b.path, next, true, false);
    while (!error && listing_next(t, list, &name, &number)) {
        meter_charge(&t->sandbox->meter, 1);
        if (name.data[0] == '.' && !wants_dot)
            continue;
        if (star_star) {
            struct str path = join(g, b.path, name, false);
            enum node_kind kind = NODE_FILE;
            error = kind_of(g, path, number, false, &kind);
            if (error == E_WAIT)
                break;
            error = 0;
            bool enters = kind == NODE_DIRECTORY;
            if (kind == NODE_LINK && !last && next == g->pattern.length) {
                /* with a slash behind it ** finds links to folders too, but goes into none */
                error = kind_of(g, path, 0, true, &kind);
                if (error == E_WAIT)
                    break;
                error = 0;
                if (kind == NODE_DIRECTORY)
                    add_found(g, join(g, b.path, name, true));
            }
            if (last)
                add_found(g, path);
            else if (enters && next == g->pattern.length)
                add_found(g, join(g, b.path, name, true));
            if (enters)
                push(g, join(g, b.path, name, true), b.at, true, true);
            continue;
        }
        if (!glob_match(glob, g->heap, name))
            continue;
        if (last) {
            add_found(g, join(g, b.path, name, false));
            continue;
        }
        struct str path = join(g, b.path, name, false);
        enum node_kind kind = NODE_FILE;
        error = kind_of(g, path, number, true, &kind);
        if (error == E_WAIT)
            break;
        error = 0;
        if (kind == NODE_DIRECTORY)
            push(g, join(g, b.path, name, true), next, true, false);
    }
    /* what was pushed is taken from the end: turn it round */
    for (size_t i = first, k = g->depth; i + 1 < k; i++, k--) {
        struct branch swap = g->stack[i];
        g->stack[i] = g->stack[k - 1];
        g->stack[k - 1] = swap;
    }
    heap_unhold(g->heap, hold);
    heap_free(g->heap, folder);
    return error == E_WAIT ? E_WAIT : 0;
}

static int expand(struct globber *g)
{
    while (g->depth) {
        struct branch b = g->stack[--g->depth];
        if (b.at >= g->pattern.length) { /* a pattern that ends in a slash: the folder is there */
            add_found(g, b.path);
            continue;
        }
        size_t end = component_end(g->pattern, b.at);
        struct str component = str_of(g->pattern.data + b.at, end - b.at);
        while (g->globstar && str_is(component, "**") && end < g->pattern.length) { /* two of them are as one */
            size_t next = end;
            while (next < g->pattern.length && g->pattern.data[next] == '/')
                next++;
            size_t after = component_end(g->pattern, next);
            if (!str_is(str_of(g->pattern.data + next, after - next), "**"))
                break;
            b.at = next;
            end = after;
        }
        if (glob_is_pattern(component, g->flags)) {
            int error = expand_component(g, b, end, component);
            if (error)
                return error;
            continue;
        }
        struct buf path;
        buf_init(&path, g->heap);
        buf_add(&path, b.path);
        unescape(&path, component);
        while (end < g->pattern.length && g->pattern.data[end] == '/')
            buf_add_byte(&path, g->pattern.data[end++]);
        if (end < g->pattern.length) {
            push(g, buf_str(&path), end, b.globbed, false);
            continue;
        }
        struct stat_info info;
        int error = task_stat(g->sh->task, buf_str(&path), false, &info);
        if (error == E_WAIT)
            return E_WAIT;
        if (!error)
            add_found(g, buf_str(&path));
    }
    return 0;
}

/* A stable merge sort by bytes, bottom up. */
static void sort(struct heap *heap, struct str *list, size_t count)
{
    bool sorted = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = str_compare(list[i - 1], list[i]) <= 0;
    if (sorted)
        return;
    struct str *other = heap_alloc(heap, count * sizeof *other), *from = list, *to = other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t middle = at + width < count ? at + width : count, end = at + 2 * width < count ? at + 2 * width : count;
            size_t i = at, k = middle;
            for (size_t o = at; o < end; o++)
                to[o] = i < middle && (k >= end || str_compare(from[i], from[k]) <= 0) ? from[i++] : from[k++];
        }
        struct str *swap = from;
        from = to;
        to = swap;
        meter_charge(heap->meter, (int64_t)(count / 8));
    }
    if (from != list)
        memcpy(list, from, count * sizeof *list);
}

/* Leaves out what GLOBIGNORE names. */
static void ignore(struct globber *g)
{
    struct str list;
    if (!shell_get(g->sh, str_lit("GLOBIGNORE"), &list) || !list.length)
        return;
    size_t kept = 0;
    struct glob *globs[64];
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= list.length && count < 64; i++)
        if (i == list.length || (list.data[i] == ':' && (i == 0 || list.data[i - 1] != '\\'))) {
            int brackets = 0;
            for (size_t k = from; k < i; k++)
                brackets += list.data[k] == '[' ? 1 : list.data[k] == ']' ? -1 : 0;
            if (brackets > 0 && i < list.length)
                continue;
            globs[count++] = glob_compile(g->heap, str_of(list.data + from, i - from), g->flags | GLOB_PATH);
            from = i + 1;
        }
    for (size_t f = 0; f < g->count; f++) {
        bool out = false;
        struct str path = g->found[f];
        ptrdiff_t slash = str_find_last(path, '/');
        struct str name = slash >= 0 ? str_after(path, (size_t)slash + 1) : path;
        out = str_is(name, ".") || str_is(name, "..");
        for (size_t i = 0; i < count && !out; i++)
            out = glob_match(globs[i], g->heap, path);
        if (!out)
            g->found[kept++] = path;
    }
    g->count = kept;
}

int glob_expand(struct shell *sh, struct str pattern, struct arguments *out, size_t *count)
{
    struct str ignored;
    struct globber g = {.sh = sh, .pattern = pattern, .heap = &sh->scratch};
    bool has_ignore = shell_get(sh, str_lit("GLOBIGNORE"), &ignored) && ignored.length;
    g.dots = shopt(sh, SHOPT_DOTGLOB) || has_ignore;
    g.globstar = shopt(sh, SHOPT_GLOBSTAR);
    g.flags = (shopt(sh, SHOPT_EXTGLOB) ? GLOB_EXTENDED : 0) | (shopt(sh, SHOPT_NOCASEGLOB) ? GLOB_FOLD : 0) |
              (shell_locale(sh) == LOCALE_UTF8 ? GLOB_UTF8 : 0);
    push(&g, (struct str){0}, 0, false, false);
    int error = expand(&g);
    if (!error) {
        sort(g.heap, g.found, g.count);
        ignore(&g);
        for (size_t i = 0; i < g.count; i++)
            if (i == 0 || !str_equal(g.found[i], g.found[i - 1]) || !g.globstar)
                arguments_add(sh, out, g.found[i]);
        *count = g.count;
    }
    heap_drop(&sh->scratch);
    return error;
}
