/* builtins/directory.c - changing the working directory, for cd, pushd and popd. */
#include "builtins/directory.h"

#include "task/sandbox.h"

struct str directory_now(struct call *c)
{
    struct buf path;
    if (c->shell->state.directory)
        return text_str(c->shell->state.directory);
    buf_init(&path, c->heap);
    task_getcwd(c->task, &path);
    return buf_str(&path);
}

void directory_print(struct call *c, struct str path, struct buf *out)
{
    struct str home;
    if (shell_get(c->shell, str_lit("HOME"), &home) && home.length > 1 && path.length >= home.length &&
        memcmp(path.data, home.data, home.length) == 0 && (path.length == home.length || path.data[home.length] == '/')) {
        buf_add_byte(out, '~');
        path = str_after(path, home.length);
    }
    buf_add(out, path);
}

/* The path without . and .. by its text: 0, E_WAIT, or an error when what stands before a .. is no directory. */
static int make_logical(struct call *c, struct str path, struct buf *out)
{
    struct buf whole;
    buf_init(&whole, c->heap);
    if (path.length && path.data[0] != '/') {
        buf_add(&whole, directory_now(c));
        buf_add_byte(&whole, '/');
    }
    buf_add(&whole, path);
    struct str s = buf_str(&whole);
    bool two = s.length > 1 && s.data[1] == '/' && !(s.length > 2 && s.data[2] == '/') && path.length && path.data[0] == '/';
    size_t root = two ? 2 : 1;
    buf_clear(out);
    buf_add_text(out, two ? "//" : "/");
    for (size_t i = 0; i < s.length;) {
        if (s.data[i] == '/') {
            i++;
            continue;
        }
        size_t end = i;
        while (end < s.length && s.data[end] != '/')
            end++;
        struct str part = str_of(s.data + i, end - i);
        i = end;
        call_charge(c, 1);
        if (str_is(part, "."))
            continue;
        if (str_is(part, "..")) {
            struct stat_info info;
            int error = task_stat(c->task, buf_str(out), true, &info);
            if (!error && info.kind != NODE_DIRECTORY)
                error = E_NOTDIR;
            if (error)
                return error;
            ptrdiff_t slash = str_find_last(buf_str(out), '/');
            out->length = (size_t)slash > root ? (size_t)slash : root;
            continue;
        }
        if (out->length > root)
            buf_add_byte(out, '/');
        buf_add(out, part);
    }
    buf_drop(&whole);
    return 0;
}

/* The inode of a directory that may be entered: 0 and *number, or an error. */
static int find(struct call *c, struct str path, uint64_t *number)
{
    struct place place;
    struct stat_info info;
    int error = task_stat(c->task, path, true, &info);
    if (!error && info.kind != NODE_DIRECTORY)
        error = E_NOTDIR;
    if (!error)
        error = task_access(c->task, path, MAY_EXECUTE);
    if (!error)
        error = task_walk(c->task, path, WALK_FOLLOW | WALK_DIRECTORY, &place);
    if (error)
        return error;
    *number = place.number;
    place_drop(&place, c->meter);
    return 0;
}

int directory_change(struct call *c, struct str path, bool physical)
{
    struct shell *sh = c->shell;
    uint64_t number = 0;
    int64_t fuel = c->meter->fuel;
    struct buf name;
    buf_init(&name, c->heap);
    int error = physical ? E_NOENT : make_logical(c, path, &name);
    if (error == E_WAIT)
        return task_charged(c->task, fuel, E_WAIT);
    bool logical = error == 0;
    if (logical)
        error = find(c, buf_str(&name), &number);
    if (error && error != E_WAIT) {
        logical = false;
        error = find(c, path, &number);
    }
    if (error)
        return task_charged(c->task, fuel, error);
    if (!task_set_directory(c->task, number))
        return E_NOMEM;
    if (!logical) {
        buf_clear(&name);
        if (task_getcwd(c->task, &name) < 0) { /* it was removed */
            call_complain(c, "%S: error retrieving current directory: getcwd: cannot access parent directories: "
                             "No such file or directory\n", c->name);
            if (path.length && path.data[0] != '/')
                buf_print(&name, "%S/", directory_now(c));
            buf_add(&name, path);
        }
    }
    struct str old = str_copy(c->heap, directory_now(c));
    struct text *fresh = text_new(sh, buf_str(&name));
    text_release(sh->state.directory, c->meter);
    sh->state.directory = fresh;
    int failed = shell_set(sh, str_lit("OLDPWD"), old) | shell_set(sh, str_lit("PWD"), buf_str(&name));
    struct str stack = str_lit("DIRSTACK");
    if (var_find(sh, stack, code_hash(stack)))
        var_assign_index(sh, stack, code_hash(stack), 0, buf_str(&name), false);
    buf_drop(&name);
    return failed ? 1 : 0;
}
