/* api/standard.c - the tree that stands around every workspace. */
#include "api/standard.h"

#include "api/api.h"
#include "task/command.h"

struct standard {
    const char *path;
    enum node_kind kind;
    uint32_t mode;
    const char *text; /* content, or target */
    uint32_t device;
    bool user;        /* the script's, else root's */
};

/* In an order in which directories come before what is in them. */
static const struct standard entries[] = {
    {"/bin", NODE_LINK, 0777, "usr/bin", 0, false},
    {"/dev", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/dev/fd", NODE_LINK, 0777, "/proc/self/fd", 0, false},
    {"/dev/full", NODE_DEVICE, 0666, NULL, DEVICE_FULL, false},
    {"/dev/null", NODE_DEVICE, 0666, NULL, DEVICE_NULL, false},
    {"/dev/random", NODE_DEVICE, 0666, NULL, DEVICE_RANDOM, false},
    {"/dev/stderr", NODE_LINK, 0777, "/proc/self/fd/2", 0, false},
    {"/dev/stdin", NODE_LINK, 0777, "/proc/self/fd/0", 0, false},
    {"/dev/stdout", NODE_LINK, 0777, "/proc/self/fd/1", 0, false},
    {"/dev/tty", NODE_DEVICE, 0666, NULL, DEVICE_TTY, false},
    {"/dev/urandom", NODE_DEVICE, 0666, NULL, DEVICE_URANDOM, false},
    {"/dev/zero", NODE_DEVICE, 0666, NULL, DEVICE_ZERO, false},
    {"/etc", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/etc/group", NODE_FILE, 0644, "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n", 0, false},
    {"/etc/hostname", NODE_FILE, 0644, "nacre\n", 0, false},
    {"/etc/hosts", NODE_FILE, 0644, "127.0.0.1\tlocalhost\n", 0, false},
    {"/etc/os-release", NODE_FILE, 0644, "NAME=\"nacre\"\nID=nacre\nPRETTY_NAME=\"nacre\"\n", 0, false},
    {"/etc/passwd", NODE_FILE, 0644,
     "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
     0, false},
    {"/etc/shells", NODE_FILE, 0644, "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n", 0, false},
    {"/home", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/home/user", NODE_DIRECTORY, 0755, NULL, 0, true},
    {"/proc", NODE_DIRECTORY, 0555, NULL, 0, false},
    {"/proc/self", NODE_DEVICE, 0555, NULL, DEVICE_PROC_SELF, false},
    {"/root", NODE_DIRECTORY, 0700, NULL, 0, false},
    {"/tmp", NODE_DIRECTORY, 01777, NULL, 0, false},
    {"/usr", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/usr/bin", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/usr/local", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/usr/local/bin", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/var", NODE_DIRECTORY, 0755, NULL, 0, false},
    {"/var/tmp", NODE_DIRECTORY, 01777, NULL, 0, false},
};

static int add(struct nacre *n, uint64_t parent, struct str name, const struct standard *e, struct str text, uint64_t *number)
{
    struct given g = {.kind = e->kind, .mode = e->mode, .mtime = 0, .device = e->device};
    if (e->user) {
        g.user = n->who.user;
        g.group = n->who.group;
    }
    if (e->kind == NODE_LINK)
        g.target = text;
    if (e->kind == NODE_FILE)
        g.size = text.length;
    g.mtime = n->clock;
    int64_t made = vfs_give(&n->vfs, parent, name, &g);
    if (made < 0)
        return (int)made;
    *number = (uint64_t)made;
    if (e->kind == NODE_DIRECTORY)
        return vfs_give_listing(&n->vfs, *number, NULL, 0);
    return e->kind == NODE_FILE ? vfs_give_content(&n->vfs, *number, text, true, NULL, NULL) : 0;
}

int standard_tree(struct nacre *n)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct str path = str_from(entries[i].path);
        size_t slash = (size_t)str_find_last(path, '/');
        struct place place;
        int error = vfs_walk(&n->vfs, (struct identity){0, 0}, VFS_ROOT, slash ? str_first(path, slash) : str_lit("/"), 0, &place);
        if (!error)
            error = add(n, place.number, str_after(path, slash + 1), &entries[i], str_from(entries[i].text), &number);
        if (error)
            return api_error(error);
    }
    struct place bin;
    int error = vfs_walk(&n->vfs, (struct identity){0, 0}, VFS_ROOT, str_lit("/usr/bin"), 0, &bin);
    for (size_t i = 0; i < n->command_count && !error; i++) {
        const struct command *c = n->commands[i];
        static const struct standard file = {NULL, NODE_FILE, 0755, NULL, 0, false};
        char line[128] = "#!/usr/bin/nacre ";
        size_t length = strlen(line), more = strlen(c->name);
        if (c->flags & COMMAND_NO_FILE || length + more + 1 > sizeof line)
            continue;
        memcpy(line + length, c->name, more);
        line[length + more] = '\n';
        error = add(n, bin.number, str_from(c->name), &file, str_of(line, length + more + 1), &number);
    }
    return error ? api_error(error) : 0;
}
