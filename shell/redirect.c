/* shell/redirect.c - redirections (POSIX XCU 2.7): done one by one, remembered, undone. */
#include "shell/vm.h"

void redirect_add(struct shell *sh, enum redirect_kind kind, int fd, int flags, struct str target, struct file *here)
{
    sh->redirects = array_grow(sh->heap, sh->redirects, sh->redirect_count, sizeof *sh->redirects);
    struct redirect *r = &sh->redirects[sh->redirect_count];
    *r = (struct redirect){.kind = kind, .fd = fd, .flags = (uint16_t)flags, .here = here};
    sh->redirect_count++;
    r->variable = sh->redirect_variable;
    sh->redirect_variable = (struct str){0};
    r->target = str_copy(sh->heap, target);
}

void redirect_forget(struct shell *sh)
{
    for (size_t i = 0; i < sh->redirect_count; i++) {
        struct redirect *r = &sh->redirects[i];
        heap_free(sh->heap, (void *)(uintptr_t)r->target.data);
        heap_free(sh->heap, (void *)(uintptr_t)r->variable.data);
        if (r->here)
            file_close(r->here);
    }
    sh->redirect_count = 0;
    sh->redirect_done = 0;
}

int redirect_here(struct shell *sh, struct str text, struct file **file)
{
    struct task *t = sh->task;
    struct vfs *v = &sh->sandbox->vfs;
    int64_t made = vfs_make_nameless(v, t->who, 0600);
    if (made < 0)
        return (int)made;
    int error = file_open_inode(t, (uint64_t)made, OPEN_READ, file);
    if (error)
        return error;
    int64_t written = text.length ? vfs_write(v, (uint64_t)made, 0, text) : 0;
    if (written < 0) {
        file_close(*file);
        return (int)written;
    }
    meter_charge_bytes(&sh->sandbox->meter, &sh->rest, text.length);
    return 0;
}

/* Puts `file` at `fd`, remembering what was there. */
static int put(struct shell *sh, int fd, struct file *file)
{
    struct task *t = sh->task;
    if (fd < 0 || fd >= FDS_MOST) {
        if (file)
            file_close(file);
        return E_BADF;
    }
    sh->undo = array_grow(sh->heap, sh->undo, sh->undo_count, sizeof *sh->undo);
    struct file *old = fds_get(t, fd);
    sh->undo[sh->undo_count++] = (struct undo){fd, old ? file_share(old) : NULL, old && t->fds->slots[fd].close_on_exec};
    return fds_set(t, fd, file, false);
}

void redirect_undo(struct shell *sh, struct undo *undo, size_t count)
{
    while (count > 0) {
        struct undo *u = &undo[--count];
        if (u->fd >= 0)
            fds_set(sh->task, u->fd, u->file, u->close_on_exec);
        else if (u->file)
            file_close(u->file);
        u->file = NULL;
    }
}

static bool number_of(struct str s, int *fd)
{
    if (!s.length || s.length > 9)
        return false;
    *fd = 0;
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        *fd = *fd * 10 + (s.data[i] - '0');
    }
    return true;
}

static int fail(struct shell *sh, struct str what, int error)
{
    shell_error(sh, "%S: %m", what, error);
    return E_INVAL;
}

/* {name}: the lowest free descriptor from 10 on, told in the variable. */
static int named_descriptor(struct shell *sh, struct redirect *r, int *fd)
{
    *fd = fds_free_slot(sh->task, 10);
    if (*fd < 0)
        return fail(sh, r->target, *fd);
    if (!sh->redirect_apart && shell_set_number(sh, r->variable, *fd) < 0)
        return E_INVAL;
    return 0;
}

static int close_named(struct shell *sh, struct redirect *r)
{
    struct str value;
    int fd;
    if (!shell_get(sh, r->variable, &value) || !number_of(value, &fd)) {
        shell_error(sh, "%S: ambiguous redirect", r->variable);
        return E_INVAL;
    }
    if (!sh->redirect_apart)
        fds_set(sh->task, fd, NULL, false);
    return 0;
}

static int duplicate(struct shell *sh, struct redirect *r)
{
    struct str target = r->target;
    int from;
    if (str_is(target, "-")) {
        if (r->flags & CODE_NAMED)
            return close_named(sh, r);
        return put(sh, r->fd, NULL) < 0 ? fail(sh, target, E_BADF) : 0;
    }
    bool move = target.length > 1 && target.data[target.length - 1] == '-';
    struct str digits = move ? str_first(target, target.length - 1) : target;
    if (!number_of(digits, &from)) {
        if (r->kind == REDIRECT_DUP_OUT && r->flags & CODE_DEFAULT && !move)
            return 1; /* >&WORD: both streams into a file */
        shell_error(sh, "%S: ambiguous redirect", target);
        return E_INVAL;
    }
    struct file *file = fds_get(sh->task, from);
    if (!file)
        return fail(sh, digits, E_BADF);
    int fd = r->fd;
    if (r->flags & CODE_NAMED) {
        if (named_descriptor(sh, r, &fd) < 0)
            return E_INVAL;
        if (sh->redirect_apart)
            return put(sh, fd, file_share(file)) < 0 ? E_INVAL : 0;
        return fds_set(sh->task, fd, file_share(file), false) < 0 ? E_INVAL : 0;
    }
    if (fd != from && put(sh, fd, file_share(file)) < 0) {
        shell_error(sh, "%d: %m", fd, E_BADF);
        return E_INVAL;
    }
    if (move && fd != from)
        put(sh, from, NULL);
    return 0;
}

static unsigned open_flags(struct shell *sh, enum redirect_kind kind)
{
    switch (kind) {
    case REDIRECT_IN: return OPEN_READ;
    case REDIRECT_BOTH_WAYS: return OPEN_READ | OPEN_WRITE | OPEN_CREATE;
    case REDIRECT_APPEND:
    case REDIRECT_APPEND_ERR: return OPEN_WRITE | OPEN_CREATE | OPEN_APPEND;
    case REDIRECT_CLOBBER: return OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
    default: return OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE | (sh->state.options & OPT_NOCLOBBER ? OPEN_EXCLUSIVE : 0);
    }
}

static int open_target(struct shell *sh, struct redirect *r, struct file **file)
{
    unsigned flags = open_flags(sh, r->kind);
    if (flags & OPEN_EXCLUSIVE) { /* set -C: only what is no regular file may be written */
        struct stat_info info;
        int error = task_stat(sh->task, r->target, true, &info);
        if (error == E_WAIT)
            return error;
        flags &= ~(unsigned)OPEN_EXCLUSIVE;
        if (!error && info.kind == NODE_FILE) {
            shell_error(sh, "%S: cannot overwrite existing file", r->target);
            return E_INVAL;
        }
    }
    int error = file_open(sh->task, r->target, flags, 0666, file);
    if (error == E_WAIT)
        return E_WAIT;
    if (error)
        return fail(sh, r->target, error);
    return 0;
}

static int apply(struct shell *sh, struct redirect *r)
{
    struct file *file = NULL;
    int error = 0, fd = r->fd;
    if (r->flags & CODE_AMBIGUOUS)
        return E_INVAL;
    switch (r->kind) {
    case REDIRECT_DUP_IN:
    case REDIRECT_DUP_OUT:
        error = duplicate(sh, r);
        if (error != 1)
            return error;
        r->kind = REDIRECT_OUT_ERR;
        break;
    case REDIRECT_STRING:
    case REDIRECT_HERE:
        if (r->kind == REDIRECT_HERE) {
            file = r->here;
            r->here = NULL;
        } else {
            struct buf text;
            buf_init(&text, sh->heap);
            buf_add(&text, r->target);
            buf_add_byte(&text, '\n');
            error = redirect_here(sh, buf_str(&text), &file);
            buf_drop(&text);
            if (error)
                return fail(sh, str_lit("cannot create temp file for here-document"), error);
        }
        break;
    default: break;
    }
    if (!file) {
        error = open_target(sh, r, &file);
        if (error)
            return error;
    }
    if (r->flags & CODE_NAMED) {
        if (named_descriptor(sh, r, &fd) < 0) {
            file_close(file);
            return E_INVAL;
        }
        if (sh->redirect_apart)
            put(sh, fd, file);
        else
            fds_set(sh->task, fd, file, false);
        return 0;
    }
    if (r->kind == REDIRECT_OUT_ERR || r->kind == REDIRECT_APPEND_ERR) {
        put(sh, 1, file);
        put(sh, 2, file_share(file));
        return 0;
    }
    if (put(sh, fd, file) < 0) {
        shell_error(sh, "%d: %m", fd, E_BADF);
        return E_INVAL;
    }
    return 0;
}

int redirect_apply(struct shell *sh)
{
    while (sh->redirect_done < sh->redirect_count) {
        int error = apply(sh, &sh->redirects[sh->redirect_done]);
        if (error)
            return error;
        sh->redirect_done++;
    }
    return 0;
}
