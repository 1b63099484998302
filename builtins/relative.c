/* builtins/relative.c - paths relative to others, as text. */
#include "builtins/relative.h"

bool path_is_below(struct str path, struct str directory)
{
    if (str_is(directory, "/"))
        return true;
    if (path.length < directory.length || memcmp(path.data, directory.data, directory.length) != 0)
        return false;
    return path.length == directory.length || path.data[directory.length] == '/';
}

void path_add_relative(struct buf *out, struct str directory, struct str path)
{
    size_t common = 0, i = 0;
    if (str_is(directory, "/"))
        directory.length = 0;
    if (str_is(path, "/"))
        path.length = 0;
    while (i < directory.length && i < path.length && directory.data[i] == path.data[i]) {
        i++;
        bool ends = i == directory.length || directory.data[i] == '/', other = i == path.length || path.data[i] == '/';
        if (ends && other)
            common = i;
    }
    struct str up = str_after(directory, common), down = str_after(path, common);
    size_t from = out->length;
    for (size_t k = 0; k < up.length; k++)
        if (up.data[k] == '/')
            buf_add_text(out, out->length > from ? "/.." : "..");
    if (down.length && down.data[0] == '/')
        down = str_after(down, 1);
    if (down.length) {
        if (out->length > from)
            buf_add_byte(out, '/');
        buf_add(out, down);
    }
    if (out->length == from)
        buf_add_byte(out, '.');
}

void path_append_dots(struct buf *out, struct str path)
{
    while (path.length) {
        ptrdiff_t slash = str_find(path, '/');
        struct str name = slash < 0 ? path : str_first(path, (size_t)slash);
        path = slash < 0 ? (struct str){0} : str_after(path, (size_t)slash + 1);
        if (name.length == 0 || str_is(name, "."))
            continue;
        if (str_is(name, "..")) {
            while (out->length && out->data[out->length - 1] != '/')
                out->length--;
            if (out->length)
                out->length--;
            continue;
        }
        if (!out->length || out->data[out->length - 1] != '/')
            buf_add_byte(out, '/');
        buf_add(out, name);
    }
    if (!out->length)
        buf_add_byte(out, '/');
}
