/* builtins/paths.c - text of paths, and what commands that make or remove files share. */
#include "builtins/paths.h"

struct str path_trim(struct str path)
{
    while (path.length > 1 && path.data[path.length - 1] == '/')
        path.length--;
    return path;
}

struct str path_base(struct str path)
{
    path = path_trim(path);
    ptrdiff_t slash = str_find_last(path, '/');
    return slash < 0 || path.length == 1 ? path : str_after(path, (size_t)slash + 1);
}

struct str path_directory(struct str path)
{
    path = path_trim(path);
    ptrdiff_t slash = str_find_last(path, '/');
    if (slash < 0)
        return str_lit(".");
    return path_trim(slash == 0 ? str_first(path, 1) : str_first(path, (size_t)slash));
}

struct str path_join(struct call *c, struct str directory, struct str name)
{
    bool slash = directory.length && directory.data[directory.length - 1] != '/';
    while (slash == false && name.length && name.data[0] == '/')
        name = str_after(name, 1);
    char *data = heap_alloc(c->heap, directory.length + name.length + 1);
    size_t length = directory.length;
    memcpy(data, directory.data, length);
    if (slash)
        data[length++] = '/';
    if (name.length)
        memcpy(data + length, name.data, name.length);
    return str_of(data, length + name.length);
}

bool path_is_dots(struct str path)
{
    struct str base = path_base(path);
    return str_is(base, ".") || str_is(base, "..");
}

int path_make_next(struct call *c, struct str path, bool whole, uint32_t mode, size_t *at, bool *made, struct str *part)
{
    struct str all = path_trim(path);
    *made = false;
    for (;;) {
        size_t from = *at;
        while (from < all.length && all.data[from] == '/')
            from++;
        size_t end = from;
        while (end < all.length && all.data[end] != '/')
            end++;
        if (from == all.length || (end == all.length && !whole))
            return 0;
        *part = str_first(all, end);
        struct stat_info info;
        int error = call_stat(c, *part, true, &info);
        if (error == 0 && info.kind != NODE_DIRECTORY)
            return end == all.length ? E_EXIST : E_NOTDIR;
        if (error == E_NOENT) {
            error = call_make_directory(c, *part, mode);
            *made = error == 0;
        }
        if (error)
            return error;
        call_charge(c, 1);
        *at = end;
        if (*made)
            return 0;
    }
}

const char *path_kind(const struct stat_info *info)
{
    switch (info->kind) {
    case NODE_DIRECTORY: return "directory";
    case NODE_LINK:      return "symbolic link";
    case NODE_FIFO:      return "fifo";
    case NODE_DEVICE:    return "character special file";
    default:             return info->size ? "regular file" : "regular empty file";
    }
}

int path_parent(struct call *c, struct str path, uint64_t *parent)
{
    struct place place = {0};
    int error = task_walk(c->task, path_trim(path), WALK_PARENT, &place);
    *parent = place.parent;
    place_drop(&place, c->meter);
    return error == E_NOENT ? 0 : error;
}

int path_same_entry(struct call *c, struct str a, struct str b)
{
    uint64_t one, two;
    if (!str_equal(path_base(a), path_base(b)))
        return 0;
    int error = path_parent(c, a, &one);
    if (!error)
        error = path_parent(c, b, &two);
    if (error)
        return error == E_WAIT ? E_WAIT : 0;
    return one == two;
}
