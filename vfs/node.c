/* vfs/node.c - inodes: file, directory, symbolic link, fifo, device, not yet loaded. */
#include "vfs/node.h"

#include <string.h>

static void drop(struct item *item, struct meter *m)
{
    struct node *n = (struct node *)item;
    extent_drop(n->content, m);
    btree_release(&n->entries, &number_kind, m);
    btree_release(&n->more, &number_kind, m);
    shared_free(m, n);
}

const struct item_kind node_kind = {.drop = drop, .charged = false};
const struct item_kind number_kind = {.drop = NULL, .charged = false};

static struct node *make(size_t name_room, struct meter *m)
{
    size_t size = (sizeof(struct node) + name_room + 15) & ~(size_t)15;
    struct node *n = shared_new_uncharged(m, size);
    if (n)
        n->name_room = (uint32_t)(size - sizeof *n);
    return n;
}

struct node *node_new(enum node_kind kind, size_t name_room, struct meter *m)
{
    struct node *n = make(name_room, m);
    if (!n)
        return NULL;
    uint32_t room = n->name_room;
    memset((char *)n + sizeof n->item.shared, 0, sizeof *n - sizeof n->item.shared);
    n->name_room = room;
    n->kind = (uint8_t)kind;
    return n;
}

struct node *node_copy(const struct node *n, size_t name_room, struct meter *m)
{
    struct node *copy = make(name_room > n->name_length ? name_room : n->name_length, m);
    if (!copy)
        return NULL;
    uint32_t room = copy->name_room;
    size_t before = sizeof n->item.shared;
    memcpy((char *)copy + before, (const char *)n + before, sizeof *n - before + n->name_length);
    copy->name_room = room;
    extent_keep(copy->content);
    btree_share(copy->entries);
    btree_share(copy->more);
    return copy;
}

static struct item *copy_item(const struct item *item, struct meter *m)
{
    return (struct item *)node_copy((const struct node *)item, 0, m);
}

struct node *node_get(struct ptree nodes, uint64_t number)
{
    return (struct node *)ptree_get(nodes, number);
}

struct node *node_own(struct ptree *nodes, uint64_t number, size_t name_room, struct meter *m)
{
    int error;
    struct node *n = (struct node *)ptree_own(nodes, number, copy_item, &node_kind, m, &error);
    if (!n || n->name_room >= name_room)
        return n;
    struct node *copy = node_copy(n, name_room, m);
    if (!copy)
        return NULL;
    if (ptree_set(nodes, number, &copy->item, &node_kind, m) < 0) {
        drop(&copy->item, m);
        return NULL;
    }
    return copy;
}

struct str link_key(char bytes[LINK_KEY_MOST], uint64_t directory, struct str name)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(directory >> (56 - 8 * i));
    memcpy(bytes + 8, name.data, name.length);
    return str_of(bytes, 8 + name.length);
}

static void split_key(struct str key, uint64_t *directory, struct str *name)
{
    *directory = 0;
    for (int i = 0; i < 8; i++)
        *directory = *directory << 8 | (unsigned char)key.data[i];
    *name = str_after(key, 8);
}

int node_reserve_link(struct node *n, uint64_t directory, struct str name, struct meter *m)
{
    char bytes[LINK_KEY_MOST];
    if (n->links == 0)
        return 0;
    return btree_reserve(&n->more, link_key(bytes, directory, name), &number_kind, m);
}

static void set_first(struct node *n, uint64_t directory, struct str name)
{
    n->directory = directory;
    n->name_length = (uint32_t)name.length;
    memcpy(node_name_bytes(n), name.data, name.length);
}

void node_add_link(struct node *n, uint64_t directory, struct str name, struct meter *m)
{
    char bytes[LINK_KEY_MOST];
    if (n->links == 0)
        set_first(n, directory, name);
    else
        btree_set(&n->more, link_key(bytes, directory, name), (union entry){.number = 1}, &number_kind, m);
    n->links++;
}

static bool is_first(const struct node *n, uint64_t directory, struct str name)
{
    return n->directory == directory && str_equal(node_name(n), name);
}

/* The key that leaves `more` when this name goes: its own, or that of the name that becomes the first. */
static struct str leaving(const struct node *n, char bytes[LINK_KEY_MOST], uint64_t directory, struct str name)
{
    struct str key = {0};
    union entry entry;
    if (!is_first(n, directory, name))
        return link_key(bytes, directory, name);
    if (btree_next(n->more, NULL, &key, &entry)) {
        memcpy(bytes, key.data, key.length);
        key.data = bytes;
    }
    return key;
}

int node_reserve_unlink(struct node *n, uint64_t directory, struct str name, struct meter *m)
{
    char bytes[LINK_KEY_MOST];
    if (n->links <= 1)
        return 0;
    return btree_own_path(&n->more, leaving(n, bytes, directory, name), &number_kind, m);
}

void node_remove_link(struct node *n, uint64_t directory, struct str name, struct meter *m)
{
    n->links--;
    if (n->links == 0)
        return; /* where it was stays, for `..` in a removed directory */
    char bytes[LINK_KEY_MOST];
    struct str key = leaving(n, bytes, directory, name), first;
    uint64_t first_directory;
    bool was_first = is_first(n, directory, name);
    btree_remove(&n->more, key, &number_kind, m);
    if (was_first) {
        split_key(key, &first_directory, &first);
        set_first(n, first_directory, first);
    }
}

bool node_next_link(const struct node *n, struct link_walk *w, uint64_t *directory, struct str *name)
{
    if (n->links == 0)
        return false;
    if (!w->first_done) {
        w->first_done = true;
        *directory = n->directory;
        *name = node_name(n);
        return true;
    }
    struct str after = str_of(w->key, w->key_length), key;
    union entry entry;
    if (!btree_next(n->more, w->key_length ? &after : NULL, &key, &entry))
        return false;
    memcpy(w->key, key.data, key.length);
    w->key_length = key.length;
    split_key(str_of(w->key, w->key_length), directory, name);
    return true;
}

uint64_t node_weight(const struct node *n, uint32_t epoch)
{
    uint64_t weight = 0;
    if (n->epoch == epoch)
        weight += NODE_WEIGHT * (n->links > 1 ? n->links : 1);
    if (n->content_epoch == epoch)
        weight += n->size;
    return weight;
}

int node_allows(const struct node *n, struct identity who, int wanted)
{
    if (who.user == 0) {
        bool may_execute = n->kind == NODE_DIRECTORY || (n->mode & 0111);
        return (wanted & MAY_EXECUTE) && !may_execute ? E_ACCES : 0;
    }
    int bits = who.user == n->user ? n->mode >> 6 : who.group == n->group ? n->mode >> 3 : n->mode;
    return (bits & wanted) == wanted ? 0 : E_ACCES;
}
