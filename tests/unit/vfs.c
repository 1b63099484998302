/* tests/unit/vfs.c - the verbs of the file system: as Linux answers, whole or not done, shared, lazy, and compared. */
#include "vfs/change.h"
#include "vfs/node.h"
#include "vfs/standard.h"
#include "tests/unit/kit.h"

static const struct identity root = {0, 0}, user = {1000, 1000};
static const struct str nothing = {NULL, 0};

/* --- system calls made of verbs, as task/ makes them ------------------------------------------ */

static int at(struct vfs *v, struct identity who, const char *path, unsigned flags, struct place *p)
{
    return vfs_walk(v, who, VFS_ROOT, str_from(path), flags, p);
}

static int64_t make(struct vfs *v, struct identity who, const char *path, enum node_kind kind, uint32_t mode, const char *target)
{
    struct place p;
    int error = at(v, who, path, WALK_PARENT | WALK_NEW, &p);
    return error ? error : vfs_make(v, who, p.parent, place_last(&p), kind, mode, str_from(target), DEVICE_NULL);
}

static int64_t make_file(struct vfs *v, struct identity who, const char *path, const char *content)
{
    int64_t n = make(v, who, path, NODE_FILE, 0644, NULL);
    if (n < 0)
        return n;
    int64_t written = vfs_write(v, (uint64_t)n, 0, str_from(content));
    return written < 0 ? written : n;
}

static int remove_file(struct vfs *v, struct identity who, const char *path)
{
    struct place p;
    int error = at(v, who, path, WALK_PARENT, &p);
    return error ? error : vfs_unlink(v, who, p.parent, place_last(&p));
}

static int remove_folder(struct vfs *v, struct identity who, const char *path)
{
    struct place p;
    int error = at(v, who, path, WALK_PARENT, &p);
    return error ? error : vfs_rmdir(v, who, p.parent, place_last(&p));
}

static int rename_to(struct vfs *v, struct identity who, const char *from, const char *to)
{
    struct place a, b;
    int error = at(v, who, from, WALK_PARENT, &a);
    if (!error)
        error = at(v, who, to, WALK_PARENT, &b);
    return error ? error : vfs_rename(v, who, a.parent, place_last(&a), b.parent, place_last(&b));
}

static int link_to(struct vfs *v, struct identity who, const char *from, const char *to, bool replace)
{
    struct place a, b;
    int error = at(v, who, from, 0, &a);
    if (!error)
        error = at(v, who, to, replace ? WALK_PARENT : WALK_PARENT | WALK_NEW, &b);
    return error ? error : vfs_link(v, who, a.number, b.parent, place_last(&b), replace);
}

static uint64_t find(struct vfs *v, const char *path)
{
    struct place p;
    return at(v, root, path, 0, &p) ? 0 : p.number;
}

static struct stat_info stat_of(struct vfs *v, const char *path)
{
    struct stat_info info = {0};
    struct place p;
    if (at(v, root, path, 0, &p) == 0)
        vfs_stat(v, p.number, &info);
    return info;
}

static bool content_is(struct vfs *v, uint64_t number, struct str expected)
{
    struct extent *e;
    if (vfs_content(v, number, &e) < 0)
        return false;
    bool is = str_equal(extent_bytes(e), expected);
    extent_release(e, &meter);
    return is;
}

/* --- what must hold of every file system ---------------------------------------------------------- */

/* Links, folders, sizes and the disk are what the nodes say; what is not named is held open. */
static bool is_sound(struct vfs *v, size_t nameless)
{
    uint64_t disk = 0, named = 0, entries = 0, index = 0;
    for (struct item *i; (i = ptree_next(v->nodes, &index)); index++) {
        struct node *n = (struct node *)i;
        disk += node_weight(n, v->epoch);
        uint64_t links = 0, directory, folders = 0;
        struct link_walk links_walk = {0};
        struct str name;
        while (index != VFS_ROOT && node_next_link(n, &links_walk, &directory, &name)) {
            struct node *d = node_get(v->nodes, directory);
            union entry entry;
            if (!d || !btree_find(d->entries, name, &entry) || entry.number != index)
                return false;
            links++;
        }
        if (index != VFS_ROOT && links != n->links)
            return false;
        named += links;
        nameless -= links == 0 && index != VFS_ROOT;
        struct btree_walk walk;
        union entry entry;
        btree_walk_start(&walk, n->entries);
        while (btree_walk_next(&walk, &name, &entry)) {
            struct node *c = node_get(v->nodes, entry.number);
            if (!c)
                return false;
            entries++;
            folders += c->kind == NODE_DIRECTORY;
        }
        if (folders != n->folders || (n->content && n->content->length != n->size))
            return false;
    }
    return disk == vfs_disk(v) && named == entries && nameless == 0;
}

/* A small tree with everything in it. */
static void plant(struct vfs *v)
{
    check(vfs_init(v, &meter) == 0);
    make(v, root, "/own", NODE_DIRECTORY, 0755, NULL);
    vfs_chown(v, root, find(v, "/own"), 1000, 1000);
    make(v, root, "/others", NODE_DIRECTORY, 0750, NULL);
    make(v, root, "/sticky", NODE_DIRECTORY, 01777, NULL);
    make(v, root, "/readonly", NODE_DIRECTORY, 0755, NULL);
    make_file(v, root, "/readonly/file", "root's");
    make_file(v, root, "/sticky/roots", "root's");
    make_file(v, root, "/others/file", "hidden");
    make_file(v, user, "/own/file", "hello\n");
    make(v, user, "/own/folder", NODE_DIRECTORY, 0755, NULL);
    make_file(v, user, "/own/folder/inner", "inner");
    make(v, user, "/own/empty", NODE_DIRECTORY, 0755, NULL);
    make(v, user, "/own/link", NODE_LINK, 0, "file");
    make(v, user, "/own/up", NODE_LINK, 0, "..");
    make(v, user, "/own/loop", NODE_LINK, 0, "loop");
    make(v, user, "/own/dangling", NODE_LINK, 0, "nowhere/x");
    make(v, user, "/own/tofolder", NODE_LINK, 0, "folder/");
    make(v, user, "/own/fifo", NODE_FIFO, 0644, NULL);
    link_to(v, user, "/own/file", "/own/second", false);
    link_to(v, user, "/own/file", "/own/folder/a name that is longer than the first one was", false);
}

/* --- errors, as Linux answers (checked against the kernel with the same calls) ---------------------- */

enum call { WALK, LSTAT, MKDIR, CREATE, SYMLINK, UNLINK, RMDIR, RENAME, LINK, CHMOD };
struct error_case {
    enum call call;
    const char *path, *other;
    int answer;
};

static const struct error_case error_cases[] = {
    {WALK, "", NULL, E_NOENT},
    {WALK, "/", NULL, 0},
    {WALK, "//own/./..//own/file", NULL, 0},
    {WALK, "/own/file/", NULL, E_NOTDIR},
    {WALK, "/own/file/.", NULL, E_NOTDIR},
    {WALK, "/own/file/x", NULL, E_NOTDIR},
    {WALK, "/own/none", NULL, E_NOENT},
    {WALK, "/own/none/x", NULL, E_NOENT},
    {WALK, "/others/file", NULL, E_ACCES},
    {WALK, "/others/none", NULL, E_ACCES},
    {WALK, "/others/..", NULL, E_ACCES},
    {WALK, "/others", NULL, 0},
    {WALK, "/own/loop", NULL, E_LOOP},
    {WALK, "/own/loop/x", NULL, E_LOOP},
    {WALK, "/own/dangling", NULL, E_NOENT},
    {WALK, "/own/up/own/up/own/file", NULL, 0},
    {WALK, "/own/tofolder/inner", NULL, 0},
    {WALK, "/own/link/", NULL, E_NOTDIR},
    {WALK, "/../../own", NULL, 0},
    {LSTAT, "/own/loop", NULL, 0},
    {LSTAT, "/own/loop/", NULL, E_LOOP},
    {LSTAT, "/own/link/", NULL, E_NOTDIR},
    {LSTAT, "/own/tofolder/", NULL, 0},
    {MKDIR, "/", NULL, E_EXIST},
    {MKDIR, "/own/.", NULL, E_EXIST},
    {MKDIR, "/own/..", NULL, E_EXIST},
    {MKDIR, "/own/file", NULL, E_EXIST},
    {MKDIR, "/own/file/", NULL, E_EXIST},
    {MKDIR, "/own/dangling", NULL, E_EXIST},
    {MKDIR, "/own/dangling/", NULL, E_EXIST},
    {MKDIR, "/readonly/file", NULL, E_EXIST},
    {MKDIR, "/readonly/new", NULL, E_ACCES},
    {MKDIR, "/others/new", NULL, E_ACCES},
    {MKDIR, "/own/none/new", NULL, E_NOENT},
    {MKDIR, "/own/file/new", NULL, E_NOTDIR},
    {MKDIR, "/own/new/", NULL, 0},
    {CREATE, "/own/new/", NULL, E_ISDIR},
    {CREATE, "/own/new", NULL, 0},
    {CREATE, "/readonly/new", NULL, E_ACCES},
    {SYMLINK, "/own/new/", "x", E_NOENT},
    {SYMLINK, "/own/folder/", "x", E_EXIST},
    {SYMLINK, "/own/new", "", E_NOENT},
    {UNLINK, "/own/folder", NULL, E_ISDIR},
    {UNLINK, "/own/folder/", NULL, E_ISDIR},
    {UNLINK, "/own/file/", NULL, E_NOTDIR},
    {UNLINK, "/own/link/", NULL, E_NOTDIR},
    {UNLINK, "/own/none/", NULL, E_NOENT},
    {UNLINK, "/own/.", NULL, E_ISDIR},
    {UNLINK, "/", NULL, E_ISDIR},
    {UNLINK, "/readonly/file", NULL, E_ACCES},
    {UNLINK, "/readonly/none", NULL, E_NOENT},
    {UNLINK, "/readonly/", NULL, E_ISDIR},
    {UNLINK, "/sticky/roots", NULL, E_PERM},
    {UNLINK, "/own/link", NULL, 0},
    {RMDIR, "/own/folder", NULL, E_NOTEMPTY},
    {RMDIR, "/own/file", NULL, E_NOTDIR},
    {RMDIR, "/own/file/", NULL, E_NOTDIR},
    {RMDIR, "/own/tofolder/", NULL, E_NOTDIR},
    {RMDIR, "/own/.", NULL, E_INVAL},
    {RMDIR, "/own/..", NULL, E_NOTEMPTY},
    {RMDIR, "/own/folder/../", NULL, E_NOTEMPTY},
    {RMDIR, "/", NULL, E_BUSY},
    {RMDIR, "/readonly", NULL, E_ACCES},
    {RMDIR, "/own/empty/", NULL, 0},
    {RENAME, "/own/file", "/own/file", 0},
    {RENAME, "/own/file", "/own/second", 0},
    {RENAME, "/own/file/", "/own/new", E_NOTDIR},
    {RENAME, "/own/file", "/own/new/", E_NOTDIR},
    {RENAME, "/own/folder", "/own/new/", 0},
    {RENAME, "/own/folder", "/own/folder/inside", E_INVAL},
    {RENAME, "/own/folder/inner", "/own/folder", E_NOTEMPTY},
    {RENAME, "/own/folder", "/own/empty", 0},
    {RENAME, "/own/empty", "/own/folder", E_NOTEMPTY},
    {RENAME, "/own/file", "/own/folder", E_ISDIR},
    {RENAME, "/own/folder", "/own/file", E_NOTDIR},
    {RENAME, "/own/folder/.", "/own/new", E_BUSY},
    {RENAME, "/own/folder", "/own/..", E_BUSY},
    {RENAME, "/own/none", "/own/new", E_NOENT},
    {RENAME, "/own/file", "/readonly/new", E_ACCES},
    {RENAME, "/readonly/file", "/own/new", E_ACCES},
    {RENAME, "/sticky/roots", "/own/new", E_PERM},
    {RENAME, "/own/file", "/sticky/roots", E_PERM},
    {RENAME, "/own/file", "/sticky/new", 0},
    {RENAME, "/own/link", "/own/file", 0},
    {LINK, "/own/folder", "/own/new", E_PERM},
    {LINK, "/own/file", "/own/link", E_EXIST},
    {LINK, "/own/file", "/own/new/", E_NOENT},
    {LINK, "/own/file", "/readonly/new", E_ACCES},
    {LINK, "/readonly/file", "/own/new", E_PERM},
    {LINK, "/own/link", "/own/new", 0},
    {LINK, "/own/file", "/sticky/new", 0},
    {CHMOD, "/own/file", NULL, 0},
    {CHMOD, "/readonly/file", NULL, E_PERM},
};

static int call(struct vfs *v, const struct error_case *c)
{
    struct place p;
    int64_t answer = 0;
    switch (c->call) {
    case WALK: return at(v, user, c->path, WALK_FOLLOW, &p);
    case LSTAT: return at(v, user, c->path, 0, &p);
    case MKDIR: answer = make(v, user, c->path, NODE_DIRECTORY, 0755, NULL); break;
    case CREATE: answer = make(v, user, c->path, NODE_FILE, 0644, NULL); break;
    case SYMLINK: answer = make(v, user, c->path, NODE_LINK, 0, c->other); break;
    case UNLINK: return remove_file(v, user, c->path);
    case RMDIR: return remove_folder(v, user, c->path);
    case RENAME: return rename_to(v, user, c->path, c->other);
    case LINK: return link_to(v, user, c->path, c->other, false);
    case CHMOD: answer = at(v, user, c->path, WALK_FOLLOW, &p); return answer ? (int)answer : vfs_chmod(v, user, p.number, 0600);
    }
    return answer < 0 ? (int)answer : 0;
}

static void errors(void)
{
    struct vfs v;
    plant(&v);
    uint64_t digest = vfs_digest(&v);
    for (size_t i = 0; i < sizeof error_cases / sizeof *error_cases; i++) {
        struct vfs fork;
        vfs_share(&fork, &v, &meter);
        int answer = call(&fork, &error_cases[i]);
        if (answer != error_cases[i].answer)
            printf("%s: case %zu (%s): %s, not %s\n", __FILE__, i, error_cases[i].path, error_text(answer),
                   error_text(error_cases[i].answer));
        check(answer == error_cases[i].answer);
        check(!error_cases[i].answer || vfs_digest(&fork) == digest);
        check(is_sound(&fork, 0));
        vfs_drop(&fork);
    }
    check(vfs_digest(&v) == digest);
    char text[4200];
    struct place p;
    memset(text, 'n', sizeof text);
    check(vfs_walk(&v, user, VFS_ROOT, str_of(text, 255), WALK_PARENT, &p) == 0 && p.number == 0 && p.name_length == 255);
    check(vfs_walk(&v, user, VFS_ROOT, str_of(text, 256), WALK_PARENT, &p) == E_NAMETOOLONG);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '.' : '/';
    check(vfs_walk(&v, user, VFS_ROOT, str_of(text, 4095), 0, &p) == 0 && p.number == VFS_ROOT);
    check(vfs_walk(&v, user, VFS_ROOT, str_of(text, 4096), 0, &p) == E_NAMETOOLONG);
    vfs_drop(&v);
    check(in_use() == 0);
}

/* --- every verb with every allocation refused ---------------------------------------------------------- */

enum { VERBS = 24 };

static struct given given_file = {.kind = NODE_FILE, .mode = 0644, .size = 4, .host = 77, .mtime = 5};
static struct given given_folder = {.kind = NODE_DIRECTORY, .mode = 0755, .host = 78, .mtime = 5};

/* Does one of the verbs to a planted tree; `lazy` is a directory whose listing is not loaded, `later` a file. */
static int64_t do_verb(struct vfs *v, int verb, uint64_t lazy, uint64_t later)
{
    const struct given_entry listing[] = {
        {str_lit("zz"), given_file},
        {str_lit("aa"), {.kind = NODE_LINK, .target = str_lit("zz"), .host = 79}},
        {str_lit("mm"), {.kind = NODE_DIRECTORY, .mode = 0700, .host = 80}},
        {str_lit("bb"), {.kind = NODE_FILE, .mode = 0644, .size = 4, .host = 81}},
    };
    switch (verb) {
    case 0: return make_file(v, user, "/own/new", "x");
    case 1: return make(v, user, "/own/new", NODE_DIRECTORY, 0755, NULL);
    case 2: return make(v, user, "/own/new", NODE_LINK, 0777, "target");
    case 3: return remove_file(v, user, "/own/second");
    case 4: return remove_file(v, user, "/own/file");
    case 5: return remove_file(v, user, "/own/folder/inner");
    case 6: return remove_folder(v, user, "/own/empty");
    case 7: return rename_to(v, user, "/own/file", "/own/folder/a new name that is very much longer than before");
    case 8: return rename_to(v, user, "/own/second", "/own/folder/inner");
    case 9: return rename_to(v, user, "/own/folder/inner", "/own/file");
    case 10: return rename_to(v, user, "/own/folder", "/own/empty");
    case 11: return rename_to(v, user, "/own/fifo", "/own/fifo with a name that is longer than what there is room for");
    case 12: return link_to(v, user, "/own/folder/inner", "/own/third", false);
    case 13: return link_to(v, user, "/own/folder/inner", "/own/second", true);
    case 14: return vfs_write(v, find(v, "/own/file"), 3, str_lit("written in the middle and behind"));
    case 15: return vfs_write(v, find(v, "/own/file"), 300, str_lit("behind a hole"));
    case 16: return vfs_truncate(v, find(v, "/own/file"), 3);
    case 17: return vfs_truncate(v, find(v, "/own/file"), 3000);
    case 18: return vfs_chmod(v, user, find(v, "/own/file"), 0600);
    case 19: return vfs_set_times(v, user, find(v, "/own/file"), TIME_NOW, 7);
    case 20: return vfs_give(v, find(v, "/own"), str_lit("file"), &given_file);
    case 21: return vfs_give_listing(v, lazy, listing, 4);
    case 22: return vfs_give_content(v, later, str_lit("1234"), true, NULL, NULL);
    case 23: return vfs_chown(v, root, find(v, "/own/file"), 5, 6);
    }
    return 0;
}

static void refuse(bool shared, bool with_base)
{
    for (int verb = 0; verb < VERBS; verb++) {
        struct vfs v, fork = {0};
        plant(&v);
        uint64_t lazy = (uint64_t)vfs_give(&v, VFS_ROOT, str_lit("lazy"), &given_folder);
        struct given g = given_file;
        g.host = 82;
        uint64_t later = (uint64_t)vfs_give(&v, VFS_ROOT, str_lit("later"), &g);
        if (with_base)
            vfs_set_base(&v);
        uint64_t digest = vfs_digest(&v), disk = vfs_disk(&v);
        size_t before = in_use();
        long n = 1;
        for (;; n++) {
            if (shared)
                vfs_share(&fork, &v, &meter);
            struct vfs *w = shared ? &fork : &v;
            fail_in = n;
            int64_t answer = do_verb(w, verb, lazy, later);
            bool refused = fail_in == 0;
            fail_in = 0;
            check(refused ? answer == E_NOMEM || answer >= 0 : answer >= 0);
            if (verb != 0 || answer >= 0) /* it is two verbs: one of them may be done */
                check(answer >= 0 || (vfs_digest(w) == digest && vfs_disk(w) == disk));
            check(is_sound(w, 0));
            if (verb == 0 && answer < 0 && find(w, "/own/new"))
                remove_file(w, user, "/own/new");
            if (shared) {
                vfs_drop(&fork);
                check(in_use() == before && vfs_digest(&v) == digest);
            }
            if (!refused)
                break;
        }
        check(n > 1 || !shared);
        vfs_drop(&v);
        check(in_use() == 0);
    }
}

/* --- disk ----------------------------------------------------------------------------------------- */

static void disk(void)
{
    struct vfs v;
    plant(&v);
    check(vfs_disk(&v) > 0);
    vfs_set_base(&v);
    check(vfs_disk(&v) == 0);
    uint64_t file = find(&v, "/own/folder/inner"), digest = vfs_digest(&v);
    v.disk_limit = 0;
    check(vfs_write(&v, file, 0, str_lit("x")) == E_NOSPC && make_file(&v, user, "/own/new", "") == E_NOSPC);
    check(vfs_chmod(&v, user, file, 0600) == E_NOSPC && remove_file(&v, user, "/own/file") == E_NOSPC);
    check(rename_to(&v, user, "/own/file", "/own/new") == E_NOSPC && vfs_truncate(&v, file, 0) == E_NOSPC);
    check(vfs_digest(&v) == digest && vfs_disk(&v) == 0);
    v.disk_limit = 2 * NODE_WEIGHT + 10;
    int64_t made = make_file(&v, user, "/own/new", "");
    check(made > 0 && vfs_disk(&v) == 2 * NODE_WEIGHT); /* the file and its folder */
    check(vfs_write(&v, (uint64_t)made, 0, str_lit("0123456789")) == 10 && vfs_disk(&v) == v.disk_limit);
    check(vfs_write(&v, (uint64_t)made, 10, str_lit("x")) == E_NOSPC);
    check(vfs_write(&v, (uint64_t)made, 5, str_lit("abcde")) == 5);
    check(vfs_truncate(&v, (uint64_t)made, UINT64_C(1) << 40) == E_NOSPC);
    check(vfs_write(&v, (uint64_t)made, UINT64_C(1) << 40, str_lit("x")) == E_NOSPC);
    check(vfs_write(&v, (uint64_t)made, INT64_MAX, str_lit("x")) == E_FBIG);
    check(vfs_truncate(&v, (uint64_t)made, UINT64_MAX) == E_INVAL);
    check(content_is(&v, (uint64_t)made, str_lit("01234abcde")));
    check(vfs_truncate(&v, (uint64_t)made, 4) == 0 && vfs_disk(&v) == 2 * NODE_WEIGHT + 4);
    check(remove_file(&v, user, "/own/new") == 0 && vfs_disk(&v) == NODE_WEIGHT);
    v.disk_limit = UINT64_MAX;
    check(vfs_write(&v, file, 5, str_lit("more")) == 4 && vfs_disk(&v) == 2 * NODE_WEIGHT + 9);
    check(link_to(&v, user, "/own/folder/inner", "/own/x", false) == 0 && vfs_disk(&v) == 3 * NODE_WEIGHT + 9);
    check(is_sound(&v, 0));
    vfs_drop(&v);
    check(in_use() == 0);
}

/* --- random verbs, against a simple model, in several forks ----------------------------------------------- */

enum { INODES = 400, LETTERS = 5, FORKS = 3, CONTENT = 64 };

struct mnode {
    enum node_kind kind;
    int links, parent;
    int entry[LETTERS];
    char content[CONTENT];
    int length;
};
struct model {
    struct mnode node[INODES];
    int used;
};

static struct model models[FORKS];
static struct vfs forks[FORKS];

struct mplace {
    int parent, letter, node; /* node -1: absent */
};

/* Draws a path of letters: as text, and where it leads in the model. False when it leads nowhere. */
static bool draw_path(const struct model *m, char *text, struct mplace *p)
{
    int depth = 1 + (int)(draw() % 4), at_node = 0;
    *p = (struct mplace){0, 0, 0};
    for (int i = 0; i < depth; i++) {
        int letter = (int)(draw() % LETTERS);
        *text++ = '/';
        *text++ = (char)('a' + letter);
        *text = 0;
        if (at_node < 0 || m->node[at_node].kind != NODE_DIRECTORY)
            return false;
        *p = (struct mplace){at_node, letter, m->node[at_node].entry[letter] - 1};
        at_node = p->node;
    }
    return true;
}

static bool model_above(const struct model *m, int node, int below)
{
    for (;; below = m->node[below].parent) {
        if (below == node)
            return true;
        if (below == 0)
            return false;
    }
}

static bool model_empty(const struct mnode *n)
{
    for (int i = 0; i < LETTERS; i++)
        if (n->entry[i])
            return false;
    return true;
}

static bool equal(struct vfs *v, uint64_t number, const struct model *m, int node)
{
    const struct mnode *n = &m->node[node];
    struct stat_info info;
    if (vfs_stat(v, number, &info) < 0 || info.kind != n->kind)
        return false;
    if (n->kind == NODE_FILE)
        return (int)info.links == n->links && content_is(v, number, str_of(n->content, (size_t)n->length));
    struct btree entries;
    vfs_list(v, number, &entries);
    bool same = true;
    uint64_t count = 0, folders = 0;
    for (int i = 0; i < LETTERS && same; i++) {
        union entry entry;
        char letter = (char)('a' + i);
        bool there = btree_find(entries, str_of(&letter, 1), &entry);
        same = there == (n->entry[i] != 0);
        if (same && there) {
            count++;
            folders += m->node[n->entry[i] - 1].kind == NODE_DIRECTORY;
            same = equal(v, entry.number, m, n->entry[i] - 1);
        }
    }
    same = same && count == entries.count && info.links == 2 + folders;
    vfs_list_release(v, &entries);
    return same;
}

static void model_drop(struct model *m, int node)
{
    if (--m->node[node].links == 0)
        m->node[node].kind = 0;
}

static int model_new(struct model *m, enum node_kind kind, int parent)
{
    for (int i = 1; i < INODES; i++)
        if (!m->node[i].kind) {
            m->node[i] = (struct mnode){.kind = kind, .parent = parent, .links = 1};
            return i;
        }
    return -1;
}

static int model_rename(struct model *m, bool lead, struct mplace a, struct mplace b)
{
    if (!lead || a.node < 0)
        return -1;
    struct mnode *n = &m->node[a.node];
    bool directory = n->kind == NODE_DIRECTORY;
    if (a.parent != b.parent && directory && model_above(m, a.node, b.parent))
        return -1;
    if (b.node == a.node)
        return 0;
    if (b.node >= 0) {
        struct mnode *old = &m->node[b.node];
        if ((old->kind == NODE_DIRECTORY) != directory || (directory && !model_empty(old)))
            return -1;
        model_drop(m, b.node);
    }
    m->node[a.parent].entry[a.letter] = 0;
    m->node[b.parent].entry[b.letter] = a.node + 1;
    if (directory)
        n->parent = b.parent;
    return 0;
}

static void play_one(int f)
{
    struct model *m = &models[f];
    struct vfs *v = &forks[f];
    char a[32], b[32];
    struct mplace p, q;
    bool lead = draw_path(m, a, &p), lead_too = draw_path(m, b, &q);
    int expected = -1;
    int64_t answer;
    switch (draw() % 9) {
    case 0:
    case 1: {
        enum node_kind kind = draw() % 2 ? NODE_FILE : NODE_DIRECTORY;
        answer = make(v, root, a, kind, 0755, NULL);
        if (lead && p.node < 0) {
            expected = model_new(m, kind, p.parent);
            m->node[p.parent].entry[p.letter] = expected + 1;
        }
        break;
    }
    case 2:
        answer = remove_file(v, root, a);
        if (lead && p.node >= 0 && m->node[p.node].kind == NODE_FILE) {
            expected = 0;
            m->node[p.parent].entry[p.letter] = 0;
            model_drop(m, p.node);
        }
        break;
    case 3:
        answer = remove_folder(v, root, a);
        if (lead && p.node >= 0 && m->node[p.node].kind == NODE_DIRECTORY && model_empty(&m->node[p.node])) {
            expected = 0;
            m->node[p.parent].entry[p.letter] = 0;
            model_drop(m, p.node);
        }
        break;
    case 4:
    case 5:
        answer = rename_to(v, root, a, b);
        expected = model_rename(m, lead && lead_too, p, q);
        break;
    case 6:
        answer = link_to(v, root, a, b, false);
        if (lead && lead_too && p.node >= 0 && q.node < 0 && m->node[p.node].kind == NODE_FILE) {
            expected = 0;
            m->node[p.node].links++;
            m->node[q.parent].entry[q.letter] = p.node + 1;
        }
        break;
    case 7: {
        int from = (int)(draw() % CONTENT), length = 1 + (int)(draw() % 20);
        char bytes[20];
        memset(bytes, 'A' + (int)(draw() % 26), sizeof bytes);
        if (from + length > CONTENT)
            from = CONTENT - length;
        answer = vfs_write(v, find(v, a), (uint64_t)from, str_of(bytes, (size_t)length));
        if (lead && p.node >= 0 && m->node[p.node].kind == NODE_FILE) {
            struct mnode *n = &m->node[p.node];
            expected = length;
            if (from > n->length)
                memset(n->content + n->length, 0, (size_t)(from - n->length));
            memcpy(n->content + from, bytes, (size_t)length);
            n->length = from + length > n->length ? from + length : n->length;
        }
        break;
    }
    default: {
        int length = (int)(draw() % CONTENT);
        answer = vfs_truncate(v, find(v, a), (uint64_t)length);
        if (lead && p.node >= 0 && m->node[p.node].kind == NODE_FILE) {
            struct mnode *n = &m->node[p.node];
            expected = 0;
            if (length > n->length)
                memset(n->content + n->length, 0, (size_t)(length - n->length));
            n->length = length;
        }
        break;
    }
    }
    check((answer < 0) == (expected < 0));
}

/* All paths of a tree with what is there, to find changes the slow way. */
static void all_paths(struct vfs *v, uint64_t number, const char *path, char list[][24], size_t *count, size_t most)
{
    struct btree entries;
    struct btree_walk walk;
    struct str name;
    union entry entry;
    if (vfs_list(v, number, &entries) < 0)
        return;
    btree_walk_start(&walk, entries);
    while (btree_walk_next(&walk, &name, &entry) && *count < most && strlen(path) < 20) {
        char *at_path = list[(*count)++];
        snprintf(at_path, 24, "%s/%.*s", path, (int)name.length, name.data);
        all_paths(v, entry.number, at_path, list, count, most);
    }
    vfs_list_release(v, &entries);
}

static const struct change *change_of(const struct changes *c, const char *path)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_is(c->list[i].path, path))
            return &c->list[i];
    return NULL;
}

static void compare(struct vfs *was, struct vfs *is)
{
    enum { MOST = 4000 };
    static char list[2][MOST][24];
    size_t count[2] = {0};
    struct heap heap;
    struct changes c;
    heap_init(&heap, &meter);
    check(changes_find(&c, &heap, was, is) == 0);
    bool right = true;
    for (size_t i = 1; i < c.count; i++)
        right &= str_compare(c.list[i - 1].path, c.list[i].path) < 0;
    all_paths(was, VFS_ROOT, "", list[0], &count[0], MOST);
    all_paths(is, VFS_ROOT, "", list[1], &count[1], MOST);
    size_t seen = change_of(&c, "/") != NULL;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < count[side]; i++) {
            const char *path = list[side][i];
            uint64_t a = find(was, path), b = find(is, path);
            if (side == 1 && a)
                continue;
            const struct change *found = change_of(&c, path);
            seen += found != NULL;
            if (!a || !b) {
                right &= found && found->was == a && found->is == b;
                continue;
            }
            struct node *n = node_get(was->nodes, a), *o = node_get(is->nodes, b);
            bool kind = n->kind != o->kind;
            bool content = kind || (n->kind == NODE_FILE && !str_equal(extent_bytes(n->content), extent_bytes(o->content)));
            bool links = !kind && n->kind == NODE_FILE && n->links != o->links, times = n->mtime != o->mtime;
            right &= (found != NULL) == (content || links || times);
            if (found)
                right &= found->content == content && found->kind == kind && found->links == links && found->times == times;
        }
    check(right);
    check(seen == c.count);
    heap_drop(&heap);
}

static void play(int rounds)
{
    for (int i = 0; i < FORKS; i++) {
        memset(&models[i], 0, sizeof models[i]);
        models[i].node[0] = (struct mnode){.kind = NODE_DIRECTORY, .links = 1};
        check(vfs_init(&forks[i], &meter) == 0);
    }
    for (int r = 0; r < rounds; r++) {
        int f = (int)(draw() % FORKS), g = (int)(draw() % FORKS);
        play_one(f);
        if (r % 8 == 0)
            check(equal(&forks[f], VFS_ROOT, &models[f], 0));
        if (r % 32 == 0)
            check(is_sound(&forks[f], 0));
        if (r % 200 == 0 && f != g) {
            vfs_drop(&forks[g]);
            vfs_share(&forks[g], &forks[f], &meter);
            models[g] = models[f];
            check(vfs_digest(&forks[f]) == vfs_digest(&forks[g]));
            if (draw() % 3 == 0)
                vfs_set_base(&forks[g]);
        }
        if (r % 150 == 50)
            compare(&forks[f], &forks[g]);
    }
    for (int i = 0; i < FORKS; i++) {
        check(equal(&forks[i], VFS_ROOT, &models[i], 0) && is_sound(&forks[i], 0));
        vfs_drop(&forks[i]);
    }
    check(in_use() == 0);
}

/* --- contents ------------------------------------------------------------------------------------------- */

static int released;

static void release(void *lender, struct str bytes)
{
    released += lender == &released && bytes.length > 0;
}

static void contents(void)
{
    struct vfs v, fork;
    struct extent *pin;
    plant(&v);
    uint64_t log = (uint64_t)make_file(&v, user, "/own/log", "");
    allocations = 0;
    for (uint64_t i = 0; i < 1000000; i++)
        if (vfs_write(&v, log, i * 10, str_lit("123456789\n")) != 10)
            check(false);
    check(allocations < 400);
    check(stat_of(&v, "/own/log").size == 10000000 && stat_of(&v, "/own/log").blocks == 19536);
    check(in_use() < 11500000);

    vfs_content(&v, log, &pin); /* who reads sees what was there */
    struct str seen = extent_bytes(pin);
    check(vfs_write(&v, log, seen.length, str_lit("more")) == 4 && vfs_write(&v, log, 0, str_lit("X")) == 1);
    check(extent_bytes(pin).length == 10000000 && extent_bytes(pin).data[0] == '1' && seen.data[9999999] == '\n');
    extent_release(pin, &meter);
    vfs_content(&v, log, &pin);
    check(extent_bytes(pin).length == 10000004 && extent_bytes(pin).data[0] == 'X');
    extent_release(pin, &meter);

    vfs_share(&fork, &v, &meter); /* a reader that follows a growing file does not make each append copy it */
    size_t before = in_use(), most = 0;
    struct extent *pins[3] = {0};
    for (uint64_t i = 0; i < 30000; i++) {
        extent_release(pins[i % 3], &meter);
        vfs_content(&v, log, &pins[i % 3]);
        seen = extent_bytes(pins[i % 3]);
        if (vfs_write(&v, log, 10000004 + i, str_lit("z")) != 1 || extent_bytes(pins[i % 3]).length != 10000004 + i)
            check(false);
        most = held > most ? held : most;
    }
    check(most - before < 23000000 && extent_bytes(pins[0]).length == 10000004 + 29997);
    check(extent_bytes(pins[2]).data[10000004 + 29998] == 'z' && extent_bytes(pins[0]).data[0] == 'X');
    for (int i = 0; i < 3; i++)
        extent_release(pins[i], &meter);
    check(stat_of(&v, "/own/log").size == 10030004 && stat_of(&fork, "/own/log").size == 10000004);
    vfs_drop(&fork);

    vfs_open(&v, log); /* who changes what has been read since is charged for the copy a reader may need */
    int64_t fuel = meter.fuel;
    vfs_write(&v, log, 0, str_lit("a"));
    check(meter.fuel == fuel);
    vfs_content(&v, log, &pin);
    extent_release(pin, &meter);
    vfs_write(&v, log, 10030004, str_lit("a"));
    check(meter.fuel == fuel);
    vfs_write(&v, log, 0, str_lit("X"));
    vfs_write(&v, log, 1, str_lit("2"));
    check(meter.fuel == fuel - 10030005 / 64);
    vfs_close(&v, log);

    check(vfs_truncate(&v, log, 3) == 0 && content_is(&v, log, str_lit("X23")) && in_use() < 100000);
    vfs_share(&fork, &v, &meter);
    check(vfs_write(&fork, log, 5, str_lit("y")) == 1 && content_is(&fork, log, str_lit("X23\0\0y")));
    check(content_is(&v, log, str_lit("X23")));
    check(vfs_truncate(&fork, log, 0) == 0 && content_is(&fork, log, nothing) && vfs_truncate(&fork, log, 2) == 0);
    check(content_is(&fork, log, str_lit("\0\0")));
    vfs_drop(&fork);

    struct given g = {.kind = NODE_FILE, .mode = 0644, .size = 5, .host = 9};
    uint64_t lent = (uint64_t)vfs_give(&v, VFS_ROOT, str_lit("lent"), &g);
    check(vfs_content(&v, lent, &pin) == E_WAIT && v.fault.kind == FAULT_CONTENT && v.fault.number == lent);
    check(vfs_write(&v, lent, 0, str_lit("x")) == E_WAIT && vfs_truncate(&v, lent, 2) == E_WAIT);
    check(vfs_give_content(&v, lent, str_lit("four"), false, release, &released) == E_STALE);
    check(vfs_give_content(&v, lent, str_lit("abcde"), false, release, &released) == 0 && released == 0);
    check(vfs_give_content(&v, lent, str_lit("abcde"), false, release, &released) == E_STATE);
    vfs_share(&fork, &v, &meter);
    check(vfs_write(&fork, lent, 1, str_lit("X")) == 1 && content_is(&fork, lent, str_lit("aXcde")));
    check(content_is(&v, lent, str_lit("abcde")) && released == 0);
    vfs_content(&v, lent, &pin);
    check(vfs_take_back(&v, lent) == E_BUSY);
    extent_release(pin, &meter);
    uint64_t digest = vfs_digest(&v);
    check(vfs_take_back(&v, lent) == 0 && released == 1 && vfs_content(&v, lent, &pin) == E_WAIT);
    check(vfs_digest(&v) == digest && vfs_take_back(&fork, lent) == E_STATE);
    check(vfs_truncate(&v, lent, 0) == 0 && content_is(&v, lent, nothing));
    vfs_drop(&fork);
    vfs_drop(&v);
    check(in_use() == 0 && released == 1);
}

/* --- names that go while files are open ------------------------------------------------------------------- */

static void opens(void)
{
    struct vfs v;
    struct place p;
    struct stat_info info;
    plant(&v);
    uint64_t inner = find(&v, "/own/folder/inner"), folder = find(&v, "/own/empty"), before = vfs_disk(&v);
    check(vfs_open(&v, inner) == 0 && vfs_open(&v, inner) == 0 && vfs_open(&v, folder) == 0);
    check(remove_file(&v, user, "/own/folder/inner") == 0 && is_sound(&v, 1));
    check(vfs_stat(&v, inner, &info) == 0 && info.links == 0 && content_is(&v, inner, str_lit("inner")));
    check(vfs_link(&v, root, inner, VFS_ROOT, str_lit("again"), false) == E_NOENT);
    vfs_close(&v, inner);
    check(vfs_write(&v, inner, 5, str_lit("!")) == 1);
    vfs_close(&v, inner);
    check(vfs_stat(&v, inner, &info) == E_NOENT && is_sound(&v, 0) && vfs_disk(&v) == before - NODE_WEIGHT - 5);

    check(remove_folder(&v, user, "/own/empty") == 0);
    check(vfs_walk(&v, user, folder, str_lit("x"), WALK_PARENT, &p) == E_NOENT);
    check(vfs_walk(&v, user, folder, str_lit(".."), 0, &p) == 0 && p.number == find(&v, "/own"));
    check(vfs_walk(&v, user, folder, str_lit("."), 0, &p) == 0 && p.number == folder);
    check(vfs_make(&v, user, folder, str_lit("x"), NODE_FILE, 0644, nothing, 0) == E_NOENT);
    struct heap heap;
    struct buf path;
    heap_init(&heap, &meter);
    buf_init(&path, &heap);
    check(vfs_path(&v, folder, &path) == E_NOENT);
    check(vfs_path(&v, find(&v, "/own/folder"), &path) == 0 && str_is(buf_str(&path), "/own/folder"));
    heap_drop(&heap);
    vfs_close(&v, folder);
    check(is_sound(&v, 0));

    uint64_t file = (uint64_t)vfs_make_nameless(&v, user, 0600);
    check(vfs_open(&v, file) == 0 && vfs_write(&v, file, 0, str_lit("whole")) == 5 && is_sound(&v, 1));
    check(vfs_link(&v, user, file, find(&v, "/own"), str_lit("folder"), true) == E_ISDIR);
    check(vfs_link(&v, user, file, find(&v, "/own"), str_lit("second"), true) == 0);
    vfs_close(&v, file);
    check(is_sound(&v, 0) && content_is(&v, find(&v, "/own/second"), str_lit("whole")));
    check(stat_of(&v, "/own/file").links == 2);
    file = (uint64_t)vfs_make_nameless(&v, user, 0600);
    vfs_close(&v, file);
    check(is_sound(&v, 0));
    for (uint64_t i = 0; i < 100; i++)
        check(vfs_open(&v, find(&v, i % 2 ? "/own" : "/sticky")) == 0 && vfs_open(&v, 2) == 0);
    for (uint64_t i = 0; i < 100; i++) {
        vfs_close(&v, find(&v, i % 2 ? "/own" : "/sticky"));
        vfs_close(&v, 2);
    }
    vfs_drop(&v);
    check(in_use() == 0);
}

/* --- times -------------------------------------------------------------------------------------------------- */

static int64_t clock_now(void *now)
{
    return *(int64_t *)now;
}

/* Which times of a path have changed since `then`: m, c and a. */
static const char *changed(struct vfs *v, const char *path, int64_t then)
{
    struct stat_info i = stat_of(v, path);
    static const char *const names[] = {"", "m", "c", "mc", "a", "ma", "ca", "mca"};
    return names[(i.mtime > then) + 2 * (i.ctime > then) + 4 * (i.atime > then)];
}

static void times(void)
{
    struct vfs v;
    int64_t now = 1000, then;
    struct stat_info info;
    plant(&v);
    v.now = clock_now;
    v.user = &now;
    then = vfs_time(&v);
    check(then == 1000 && vfs_time(&v) == 1001);
    then = 1001;
#define step() (then = v.last_time)
    make_file(&v, user, "/own/new", "");
    check(str_is(str_from(changed(&v, "/own", then)), "mc") && str_is(str_from(changed(&v, "/own/new", then)), "mca"));
    step();
    vfs_write(&v, find(&v, "/own/new"), 0, str_lit("x"));
    vfs_write(&v, find(&v, "/own/file"), 0, nothing);
    check(str_is(str_from(changed(&v, "/own", then)), "") && str_is(str_from(changed(&v, "/own/new", then)), "mc"));
    check(str_is(str_from(changed(&v, "/own/file", then)), ""));
    step();
    vfs_chmod(&v, user, find(&v, "/own/new"), 0644);
    check(str_is(str_from(changed(&v, "/own", then)), "") && str_is(str_from(changed(&v, "/own/new", then)), "c"));
    step();
    rename_to(&v, user, "/own/new", "/own/folder/new");
    check(str_is(str_from(changed(&v, "/own", then)), "mc") && str_is(str_from(changed(&v, "/own/folder", then)), "mc"));
    check(str_is(str_from(changed(&v, "/own/folder/new", then)), "c"));
    step();
    link_to(&v, user, "/own/file", "/own/folder/third", false);
    check(str_is(str_from(changed(&v, "/own", then)), "") && str_is(str_from(changed(&v, "/own/file", then)), "c"));
    step();
    remove_file(&v, user, "/own/folder/third");
    check(str_is(str_from(changed(&v, "/own/folder", then)), "mc") && str_is(str_from(changed(&v, "/own/file", then)), "c"));
    step();
    rename_to(&v, user, "/own/folder", "/own/moved");
    check(str_is(str_from(changed(&v, "/own/moved", then)), "c") && str_is(str_from(changed(&v, "/own", then)), "mc"));
    step();
    check(vfs_set_times(&v, user, find(&v, "/own/file"), 5, TIME_SAME) == 0);
    vfs_stat(&v, find(&v, "/own/file"), &info);
    check(info.atime == 5 && info.mtime < then && info.ctime > then);
    check(vfs_set_times(&v, user, find(&v, "/readonly/file"), TIME_NOW, TIME_NOW) == E_ACCES);
    check(vfs_set_times(&v, user, find(&v, "/readonly/file"), TIME_NOW, TIME_SAME) == E_PERM);
    check(vfs_set_times(&v, user, find(&v, "/readonly/file"), TIME_SAME, TIME_SAME) == 0);
    step();
    now = 50; /* the clock does not go back */
    vfs_truncate(&v, find(&v, "/own/file"), 0);
    check(str_is(str_from(changed(&v, "/own/file", then)), "mc"));
    vfs_drop(&v);
    check(in_use() == 0);
}

/* --- given later -------------------------------------------------------------------------------------------- */

#define CONSTANT(text) {text, sizeof text - 1}
static const struct given_entry top[] = {
    {CONSTANT("src"), {.kind = NODE_DIRECTORY, .mode = 0755, .user = 1000, .group = 1000, .mtime = 10, .host = 2}},
    {CONSTANT("README"), {.kind = NODE_FILE, .mode = 0644, .user = 1000, .group = 1000, .mtime = 11, .size = 6, .host = 3}},
    {CONSTANT("link"), {.kind = NODE_LINK, .target = CONSTANT("src/main.c"), .mtime = 12, .host = 4}},
    {CONSTANT("secret"), {.kind = NODE_FILE, .mode = 0600, .mtime = 12, .size = 9, .host = 5, .unreadable = true}},
};
static const struct given_entry src[] = {
    {CONSTANT("main.c"), {.kind = NODE_FILE, .mode = 0644, .user = 1000, .group = 1000, .mtime = 13, .size = 12, .host = 6}},
    {CONSTANT("same"), {.kind = NODE_FILE, .mode = 0644, .user = 1000, .group = 1000, .mtime = 11, .size = 6, .host = 3}},
    {CONSTANT("empty"), {.kind = NODE_FILE, .mode = 0644, .mtime = 13, .host = 7}},
};

/* Answers what the last verb waited for; counts how often. */
static void answer(struct vfs *v, int *asked)
{
    uint64_t host = vfs_host(v, v->fault.number);
    ++*asked;
    if (v->fault.kind == FAULT_LISTING)
        check(vfs_give_listing(v, v->fault.number, host == 1 ? top : src, host == 1 ? 4 : 3) == 0);
    else
        check(vfs_give_content(v, v->fault.number, host == 3 ? str_lit("readme") : str_lit("int main(){}"), true, NULL, NULL) == 0);
    v->fault = (struct fault){0};
}

#define asking(v, asked, e)                       \
    for (int64_t answered; (answered = (e)) == E_WAIT; ) \
        answer(v, asked)

/* The same work on a lazy tree: what it asked for, and the digest at the end. */
static uint64_t work(struct vfs *v, int *asked)
{
    struct place p;
    struct extent *e = NULL;
    struct stat_info info;
    asking(v, asked, at(v, user, "/w/link", WALK_FOLLOW, &p));
    asking(v, asked, vfs_content(v, p.number, &e));
    check(str_is(extent_bytes(e), "int main(){}"));
    extent_release(e, &meter);
    asking(v, asked, vfs_stat(v, find(v, "/w"), &info));
    check(info.links == 3);
    asking(v, asked, vfs_write(v, find(v, "/w/README"), 6, str_lit("!")));
    check(content_is(v, find(v, "/w/src/same"), str_lit("readme!")));
    asking(v, asked, make_file(v, user, "/w/src/new", "new"));
    asking(v, asked, remove_file(v, user, "/w/src/empty"));
    return vfs_digest(v);
}

static void lazy(void)
{
    struct vfs v, first, second, loaded;
    struct given w = {.kind = NODE_DIRECTORY, .mode = 0755, .user = 1000, .group = 1000, .mtime = 9, .host = 1};
    struct extent *e;
    struct heap heap;
    struct changes c;
    int asked = 0, again = 0, never = 0;
    check(vfs_init(&v, &meter) == 0);
    uint64_t number = (uint64_t)vfs_give(&v, VFS_ROOT, str_lit("w"), &w);
    vfs_set_base(&v);
    check(vfs_disk(&v) == 0);
    vfs_share(&first, &v, &meter);
    vfs_share(&second, &v, &meter);
    vfs_share(&loaded, &v, &meter);

    check(vfs_give_listing(&loaded, number, top, 4) == 0);
    check(vfs_give_listing(&loaded, find(&loaded, "/w/src"), src, 3) == 0);
    check(vfs_give_content(&loaded, find(&loaded, "/w/README"), str_lit("readme"), true, NULL, NULL) == 0);
    check(vfs_give_content(&loaded, find(&loaded, "/w/src/main.c"), str_lit("int main(){}"), true, NULL, NULL) == 0);
    check(vfs_content(&loaded, find(&loaded, "/w/secret"), &e) == E_ACCES);
    check(vfs_access(&loaded, root, find(&loaded, "/w/secret"), MAY_READ) == E_ACCES);
    check(stat_of(&loaded, "/w/README").links == 2 && stat_of(&loaded, "/w/secret").mtime == 12);
    check(is_sound(&loaded, 0) && vfs_disk(&loaded) == 0);

    heap_init(&heap, &meter);
    check(changes_find(&c, &heap, &v, &loaded) == 0 && c.count == 0); /* what is loaded has not changed */
    check(changes_find(&c, &heap, &loaded, &v) == 0 && c.count == 0);
    uint64_t digest = work(&first, &asked);
    check(asked == 4 && work(&second, &again) == digest && again == asked);
    check(work(&loaded, &never) == digest && never == 0);
    check(vfs_disk(&first) == vfs_disk(&loaded) && is_sound(&first, 0));
    struct vfs *both[] = {&first, &loaded};
    for (int i = 0; i < 2; i++) {
        check(changes_find(&c, &heap, &v, both[i]) == 0);
        check(c.count == 5); /* README, its second name, new, empty, and the times of src */
        const struct change *new = change_of(&c, "/w/src/new"), *empty = change_of(&c, "/w/src/empty");
        const struct change *readme = change_of(&c, "/w/README"), *same = change_of(&c, "/w/src/same");
        check(new && !new->was && empty && empty->was && !empty->is && readme && readme->content && same && same->content);
        check(change_of(&c, "/w/src") && !change_of(&c, "/w/src")->content && change_of(&c, "/w/src")->times);
        check(changes_find(&c, &heap, both[i], &v) == 0 && c.count == 5);
    }
    heap_drop(&heap);
    vfs_drop(&v);
    vfs_drop(&first);
    vfs_drop(&second);
    vfs_drop(&loaded);
    check(in_use() == 0);

    /* A given directory joins one that is there; a given file takes the place of another. */
    plant(&v);
    w.host = 1;
    number = find(&v, "/own");
    check(vfs_give(&v, VFS_ROOT, str_lit("own"), &w) == (int64_t)number && vfs_stat(&v, number, &(struct stat_info){0}) == E_WAIT);
    const struct given_entry over[] = {
        {str_lit("file"), {.kind = NODE_FILE, .mode = 0600, .host = 20}},
        {str_lit("folder"), {.kind = NODE_DIRECTORY, .mode = 0711, .host = 21}},
        {str_lit("zzz"), {.kind = NODE_FIFO, .mode = 0600, .host = 22}},
    };
    check(vfs_give_listing(&v, number, over, 3) == 0 && vfs_give_listing(&v, number, over, 3) == E_STATE);
    check(stat_of(&v, "/own/file").size == 0 && stat_of(&v, "/own/second").links == 2 && find(&v, "/own/empty"));
    check(vfs_give_listing(&v, find(&v, "/own/folder"), NULL, 0) == 0 && find(&v, "/own/folder/inner"));
    check(stat_of(&v, "/own/folder").mode == 0711 && is_sound(&v, 0));
    check(vfs_give(&v, number, str_lit("folder"), &over[0].given) == E_NOTEMPTY);
    check(vfs_give(&v, number, str_lit("a/b"), &over[0].given) == E_INVAL &&
          vfs_give(&v, number, str_lit(".."), &over[0].given) == E_INVAL);
    vfs_drop(&v);
    check(in_use() == 0);

    /* A given folder in the place of a link of ours to a folder: what was to be found through the link is in it, too. */
    plant(&v);
    number = find(&v, "/own");
    check(vfs_make(&v, root, VFS_ROOT, str_lit("short"), NODE_LINK, 0777, str_lit("own"), 0) > 0);
    vfs_set_base(&v);
    w.host = 0;
    check(vfs_give(&v, VFS_ROOT, str_lit("short"), &w) > 0 && vfs_give_listing(&v, find(&v, "/short"), over, 1) == 0);
    check(stat_of(&v, "/short").kind == NODE_DIRECTORY && stat_of(&v, "/short").number != number);
    check(stat_of(&v, "/short/file").mode == 0600 && stat_of(&v, "/own/file").mode != 0600);
    check(stat_of(&v, "/short/second").size == stat_of(&v, "/own/second").size);
    check(stat_of(&v, "/short/folder").kind == NODE_LINK && find(&v, "/short/folder/inner") == find(&v, "/own/folder/inner"));
    check(is_sound(&v, 0));
    vfs_drop(&v);
    check(in_use() == 0);
}

/* --- /proc/self, depth, width, and the standard tree ---------------------------------------------------------- */

static void proc_self(void)
{
    struct vfs v;
    struct place p;
    vfs_init_from(&v, &meter, &vfs_standard);
    uint64_t self = find(&v, "/proc/self");
    check(self && at(&v, user, "/proc/self", WALK_FOLLOW, &p) == 0 && p.number == self && p.rest.length == 0);
    check(at(&v, user, "/proc/self/fd/0", WALK_FOLLOW, &p) == 0 && p.number == self && str_is(p.rest, "fd/0"));
    check(at(&v, user, "/dev/stdin", WALK_FOLLOW, &p) == 0 && p.number == self && str_is(p.rest, "fd/0"));
    place_drop(&p, &meter);
    check(at(&v, user, "/dev/stdin", 0, &p) == 0 && p.number == find(&v, "/dev/stdin") && p.rest.length == 0);
    check(at(&v, user, "/dev/fd/3/x", 0, &p) == 0 && p.number == self && str_is(p.rest, "fd/3/x"));
    place_drop(&p, &meter);
    check(at(&v, user, "/proc/self/./../self/./exe", 0, &p) == 0 && p.number == self && str_is(p.rest, "exe"));
    check(at(&v, user, "/proc/self/..", 0, &p) == 0 && p.number == find(&v, "/proc"));
    check(vfs_walk(&v, user, self, str_lit("cwd"), 0, &p) == 0 && p.number == self && str_is(p.rest, "cwd"));
    vfs_drop(&v);
    check(in_use() == 0);
}

static void deep(void)
{
    enum { DEPTH = 100000 };
    struct vfs v;
    struct heap heap;
    struct buf path;
    check(vfs_init(&v, &meter) == 0);
    uint64_t directory = VFS_ROOT;
    for (int i = 0; i < DEPTH; i++) {
        int64_t made = vfs_make(&v, user.user ? root : root, directory, str_lit("d"), NODE_DIRECTORY, 0755, nothing, 0);
        if (made < 0)
            check(false);
        directory = (uint64_t)made;
    }
    heap_init(&heap, &meter);
    buf_init(&path, &heap);
    check(vfs_path(&v, directory, &path) == 0 && path.length == 2 * DEPTH);
    heap_drop(&heap);
    uint64_t digest = vfs_digest(&v);
    check(vfs_rename(&v, root, VFS_ROOT, str_lit("d"), directory, str_lit("x")) == E_INVAL && vfs_digest(&v) == digest);
    struct vfs fork;
    vfs_share(&fork, &v, &meter);
    for (int i = 0; i < DEPTH; i++) {
        uint64_t above = vfs_parent(&fork, directory);
        if (vfs_rmdir(&fork, root, above, str_lit("d")) < 0)
            check(false);
        directory = above;
    }
    check(directory == VFS_ROOT && fork.nodes.count == 1 && vfs_digest(&v) == digest);
    vfs_drop(&fork);
    vfs_drop(&v);
    check(in_use() == 0);
}

/* 10^5 entries in a directory and 10^5 names of a file; one more in a fork costs little. */
static void wide(void)
{
    enum { COUNT = 100000 };
    struct vfs v, fork;
    char text[16];
    check(vfs_init(&v, &meter) == 0);
    uint64_t folder = (uint64_t)make(&v, root, "/a", NODE_DIRECTORY, 0755, NULL),
             names = (uint64_t)make(&v, root, "/b", NODE_DIRECTORY, 0755, NULL);
    uint64_t file = (uint64_t)make_file(&v, root, "/file", "x");
    for (int i = 0; i < COUNT; i++) {
        struct str name = str_of(text, (size_t)snprintf(text, sizeof text, "file%d", i));
        if (vfs_make(&v, root, folder, name, NODE_FILE, 0644, nothing, 0) < 0 || vfs_link(&v, root, file, names, name, false) < 0)
            check(false);
    }
    check(stat_of(&v, "/file").links == COUNT + 1);
    size_t before = in_use();
    vfs_share(&fork, &v, &meter);
    check(in_use() == before);
    allocations = 0;
    check(make_file(&fork, root, "/a/one more", "x") > 0 && allocations < 30 && in_use() - before < 20000);
    check(remove_file(&fork, root, "/b/file77") == 0 && stat_of(&fork, "/file").links == COUNT && stat_of(&v, "/file").links == COUNT + 1);
    struct heap heap;
    struct changes c;
    heap_init(&heap, &meter);
    check(changes_find(&c, &heap, &v, &fork) == 0 && change_of(&c, "/a/one more") && change_of(&c, "/b/file77"));
    heap_drop(&heap);
    vfs_drop(&fork);
    check(in_use() == before);
    for (int i = 0; i < COUNT; i++) {
        struct str name = str_of(text, (size_t)snprintf(text, sizeof text, "file%d", i));
        if (vfs_unlink(&v, root, folder, name) < 0 || vfs_unlink(&v, root, names, name) < 0)
            check(false);
    }
    check(stat_of(&v, "/file").links == 1 && is_sound(&v, 0) && stat_of(&v, "/a").links == 2);
    vfs_drop(&v);
    check(in_use() == 0);
}

static void standard(void)
{
    struct vfs v, other;
    struct stat_info info;
    struct btree commands;
    struct btree_walk walk;
    struct str name;
    union entry entry;
    vfs_init_from(&v, &meter, &vfs_standard);
    check(in_use() == 0 && vfs_disk(&v) == 0 && is_sound(&v, 0));
    uint64_t digest = vfs_digest(&v), bin = find(&v, "/usr/bin");
    check(vfs_list(&v, bin, &commands) == 0);
    btree_walk_start(&walk, commands);
    while (btree_walk_next(&walk, &name, &entry)) {
        char line[300];
        int length = snprintf(line, sizeof line, "#!/usr/bin/nacre %.*s\n", (int)name.length, name.data);
        check(content_is(&v, entry.number, str_of(line, (size_t)length)));
        check(vfs_stat(&v, entry.number, &info) == 0 && info.mode == 0755 && info.user == 0 && info.links == 1);
    }
    vfs_list_release(&v, &commands);
    check(find(&v, "/bin/") == bin && stat_of(&v, "/tmp").mode == 01777 && stat_of(&v, "/home/user").user == 1000);
    check(stat_of(&v, "/dev/null").device == DEVICE_NULL && stat_of(&v, "/root").mode == 0700);
    vfs_share(&other, &v, &meter);
    uint64_t passwd = find(&v, "/etc/passwd");
    int64_t made = make_file(&other, user, "/tmp/file", "x");
    check(made >= 1000 && vfs_disk(&other) == 2 * NODE_WEIGHT + 1);
    check(vfs_write(&other, passwd, 0, str_lit("nobody")) == 6 && vfs_chmod(&other, root, bin, 0700) == 0);
    check(rename_to(&other, root, "/usr", "/opt/usr with a long name") == 0 &&
          rename_to(&other, root, "/opt/usr with a long name", "/usr") == 0);
    check(remove_file(&other, root, "/etc/hosts") == 0 && link_to(&other, root, "/etc/passwd", "/etc/another", false) == 0);
    check(vfs_take_back(&other, passwd) == E_STATE && is_sound(&other, 0));
    check(vfs_digest(&v) == digest && vfs_digest(&other) != digest);
    vfs_drop(&other);
    check(in_use() == 0);
    vfs_drop(&v);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    errors();
    for (int way = 0; way < 4; way++)
        refuse(way & 1, way & 2);
    disk();
    contents();
    opens();
    times();
    lazy();
    proc_self();
    deep();
    wide();
    standard();
    for (int i = 0; i < 8; i++)
        play(4000);
    return kit_end();
}
