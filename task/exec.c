/* task/exec.c - the one door through which commands start: from the words to a running task. */
#include "task/command.h"

#include "task/sandbox.h"

#include <string.h>

enum { INTERPRETERS_MOST = 4, LINE_MOST = 256 };

static const char nacre_line[] = "#!/usr/bin/nacre ";

/* Looks at one candidate: 0 when it may be run. */
static int may_run(struct task *t, struct str path)
{
    struct stat_info info;
    int error = task_stat(t, path, true, &info);
    if (error)
        return error;
    if (info.kind == NODE_DIRECTORY)
        return E_ISDIR;
    if (info.kind != NODE_FILE)
        return E_ACCES;
    return str_starts(path, "/proc/") ? task_access(t, path, MAY_EXECUTE) : vfs_access(&t->sandbox->vfs, t->who, info.number, MAY_EXECUTE);
}

/* The next folder of a PATH, from `*from` on: false behind the last. */
static bool next_folder(struct str path, size_t *from, struct str *folder)
{
    if (*from > path.length)
        return false;
    *folder = str_after(path, *from);
    ptrdiff_t colon = str_find(*folder, ':');
    if (colon >= 0)
        *folder = str_first(*folder, (size_t)colon);
    *from += folder->length + 1;
    return true;
}

int task_find_command(struct task *t, struct str path, struct str name, struct buf *found)
{
    if (str_find(name, '/') >= 0) {
        buf_clear(found);
        buf_add(found, name);
        return may_run(t, name);
    }
    int answer = E_NOENT;
    struct buf candidate;
    buf_init(&candidate, found->heap);
    struct str folder;
    size_t from = 0;
    while (name.length && next_folder(path, &from, &folder)) {
        buf_clear(&candidate);
        buf_add(&candidate, folder);
        if (folder.length && folder.data[folder.length - 1] != '/')
            buf_add_byte(&candidate, '/');
        buf_add(&candidate, name);
        int error = may_run(t, buf_str(&candidate));
        if (error == E_WAIT || error == 0) {
            buf_clear(found);
            buf_add(found, buf_str(&candidate));
            buf_drop(&candidate);
            return error;
        }
        if (error == E_ACCES) { /* remembered: the first that is there but may not be run */
            if (answer != E_ACCES) {
                buf_clear(found);
                buf_add(found, buf_str(&candidate));
            }
            answer = E_ACCES;
        }
    }
    buf_drop(&candidate);
    return answer;
}

int task_find_script(struct task *t, struct str path, struct str name, struct buf *found)
{
    struct stat_info info;
    struct str folder;
    size_t from = 0;
    while (next_folder(path, &from, &folder)) {
        buf_clear(found);
        buf_print(found, "%S/%S", folder.length ? folder : str_lit("."), name);
        int error = task_stat(t, buf_str(found), true, &info);
        if (error == E_WAIT)
            return E_WAIT;
        if (error == 0 && info.kind != NODE_DIRECTORY && vfs_access(&t->sandbox->vfs, t->who, info.number, MAY_READ) == 0)
            return 0;
    }
    return E_NOENT;
}

enum { SAMPLE = 80 }; /* bytes that are looked at */

bool task_is_binary(struct str text)
{
    struct str head = str_first(text, SAMPLE);
    if (str_starts(head, "\177ELF"))
        return true;
    bool whole = str_starts(head, "#!"); /* else the first line */
    for (size_t i = 0; i < head.length && (whole || head.data[i] != '\n'); i++)
        if (!head.data[i])
            return true;
    return false;
}

/* What a file is to be run by. */
struct image {
    const struct command *command; /* one of ours */
    bool script;                   /* a text without #! */
    struct str interpreter, argument;
};

static struct str trim(struct str s)
{
    while (s.length && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = str_after(s, 1);
    while (s.length && (s.data[s.length - 1] == ' ' || s.data[s.length - 1] == '\t' || s.data[s.length - 1] == '\r'))
        s.length--;
    return s;
}

static int read_image(struct task *t, struct heap *heap, struct str path, struct image *image)
{
    struct nacre *n = t->sandbox;
    struct place place;
    int error = task_walk(t, path, WALK_FOLLOW, &place);
    if (error)
        return error;
    if (place.rest.length) {
        place_drop(&place, &n->meter);
        return E_ACCES;
    }
    struct extent *extent;
    error = vfs_content(&n->vfs, place.number, &extent);
    if (error)
        return error;
    *image = (struct image){0};
    char bytes[LINE_MOST]; /* memory may end while the words are copied: nothing is held then */
    struct str head = extent ? str_first(extent_bytes(extent), LINE_MOST) : (struct str){0};
    if (head.length)
        memcpy(bytes, head.data, head.length);
    head.data = bytes;
    extent_release(extent, &n->meter);
    if (str_starts(head, "#!")) {
        ptrdiff_t end = str_find(head, '\n');
        struct str line = trim(str_after(end < 0 ? head : str_first(head, (size_t)end), 2));
        if (str_starts(head, nacre_line)) {
            struct str name = trim(str_after(head, sizeof nacre_line - 1));
            end = str_find(name, '\n');
            image->command = sandbox_command(n, trim(end < 0 ? name : str_first(name, (size_t)end)));
            if (!image->command)
                error = E_NOENT;
        } else {
            size_t space = 0;
            while (space < line.length && line.data[space] != ' ' && line.data[space] != '\t')
                space++;
            image->interpreter = str_copy(heap, str_first(line, space));
            image->argument = str_copy(heap, trim(str_after(line, space)));
        }
    } else if (task_is_binary(head)) {
        error = E_NOEXEC;
    } else {
        image->script = true;
    }
    return error;
}

static void set_up(struct task *t, struct exec *e)
{
    if (e->environment)
        task_set_environment(t, shared_keep(e->environment));
    if (e->fds) {
        fds_release(t->sandbox, t->fds);
        t->fds = e->fds;
        e->fds = NULL;
    }
    if (e->directory)
        task_set_directory(t, e->directory);
    if (e->new_group)
        t->group = t->number;
    fds_close_on_exec(t);
}

static const struct task_kind unborn = {"unborn", NULL, NULL, NULL};

/* All that a start needs until the words are the new task's: on the sandbox's scratch heap. */
static struct str *copy_words(struct heap *heap, const struct str *words, size_t count)
{
    struct str *copy = heap_alloc(heap, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = str_copy(heap, words[i]);
    return copy;
}

/* Follows #! lines from `file` to one of our commands or a text; the words grow in front. */
static int resolve(struct task *parent, struct exec *e, struct heap *scratch, struct str *file, struct str *words, size_t *count,
                   struct image *image)
{
    for (int depth = 0;; depth++) {
        int error = depth == INTERPRETERS_MOST ? E_LOOP : read_image(parent, scratch, *file, image);
        if (error || !image->interpreter.length)
            return error;
        size_t extra = image->argument.length ? 2 : 1;
        words[0] = *file;
        memmove(words + extra, words, *count * sizeof *words);
        words[0] = image->interpreter;
        if (extra == 2)
            words[1] = image->argument;
        *count += extra;
        *file = image->interpreter;
        error = may_run(parent, *file);
        if (error == E_NOENT)
            e->bad_interpreter = true;
        if (error)
            return error == E_ISDIR ? E_ACCES : error;
    }
}

static int find(struct task *parent, struct exec *e, struct buf *found)
{
    struct str path = e->path;
    const struct environment *environment = e->environment ? e->environment : parent->environment;
    if (e->file.data) {
        buf_add(found, e->file);
        return may_run(parent, e->file);
    }
    if (e->exact) {
        buf_add(found, e->words[0]);
        return may_run(parent, e->words[0]);
    }
    if (!path.data && !environment_find(environment, "PATH", &path))
        path = str_lit("/usr/local/bin:/usr/bin:/bin");
    return task_find_command(parent, path, e->words[0], found);
}

/* The task that shall run it: a child, or the one that asked, emptied. */
static struct task *vessel(struct task *parent, struct exec *e)
{
    struct task *t = e->in_place;
    if (!t)
        return task_new(parent->sandbox, parent, &unborn);
    if (t->kind->end)
        t->kind->end(t);
    t->kind = &unborn;
    t->state = NULL; /* what is made next may run out of memory before it has a state of its own */
    if (e->environment) { /* the heap that goes may be what holds it */
        task_set_environment(t, shared_keep(e->environment));
        e->environment = NULL;
    }
    heap_drop(&t->heap);
    return t;
}

struct task *task_exec(struct task *parent, struct exec *e, int *error)
{
    struct nacre *n = parent->sandbox;
    struct heap *scratch = &n->scratch;
    struct buf found;
    buf_init(&found, scratch);
    *error = find(parent, e, &found);
    size_t count = e->count;
    struct str *words = heap_alloc(scratch, (count + 2 * INTERPRETERS_MOST + 1) * sizeof *words);
    memcpy(words, e->words, count * sizeof *words);
    struct str file = buf_str(&found);
    struct image image = {0};
    if (!*error)
        *error = resolve(parent, e, scratch, &file, words, &count, &image);
    struct task *t = NULL;
    if (!*error) {
        if (image.script) { /* as execvp: a text without #! is the shell's */
            memmove(words + 1, words, count * sizeof *words);
            words[0] = str_lit("bash");
            words[1] = file;
            count++;
        } else if (e->argv0 && count == e->count) {
            words[0] = str_of(e->argv0, e->argv0_length);
        }
        words = copy_words(scratch, words, count);
        if (e->found)
            buf_add(e->found, e->file.data ? e->file : buf_str(&found));
        t = vessel(parent, e);
        words = copy_words(&t->heap, words, count);
        set_up(t, e);
        if (image.script || image.command->flags & COMMAND_SHELL)
            n->start_shell(t, words, count, !image.script && str_is(str_from(image.command->name), "sh"));
        else
            call_in_task(t, image.command, words, count);
    }
    heap_drop(scratch);
    return t;
}
