/* vfs/await.c - what is still to be asked of the host, and what could not be had. */
#include "vfs/node.h"

static bool awaits(const struct node *n, enum fault_kind kind)
{
    enum node_kind wanted = kind == FAULT_LISTING ? NODE_DIRECTORY : NODE_FILE;
    return n && n->kind == wanted && n->host && (n->flags & (NODE_NOT_LOADED | NODE_UNREADABLE | NODE_FAILED)) == NODE_NOT_LOADED;
}

bool vfs_awaits(const struct vfs *v, uint64_t number, enum fault_kind kind, uint64_t *size)
{
    struct node *n = node_get(v->nodes, number);
    if (!awaits(n, kind))
        return false;
    *size = n->size;
    return true;
}

uint64_t vfs_next_awaiting(const struct vfs *v, uint64_t number, uint64_t last, enum fault_kind kind, uint64_t *size)
{
    for (;; number++) {
        struct item *i = ptree_next(v->nodes, &number);
        if (!i || number > last)
            return 0;
        if (vfs_awaits(v, number, kind, size))
            return number;
    }
}

uint64_t vfs_given(const struct vfs *v, uint64_t host)
{
    char key[8];
    union entry entry;
    for (int i = 0; i < 8; i++)
        key[i] = (char)(host >> (56 - 8 * i));
    if (!host || !btree_find(v->hosts, str_of(key, sizeof key), &entry))
        return 0;
    struct node *n = node_get(v->nodes, entry.number);
    return n && n->host == host ? entry.number : 0;
}

static int fail(struct vfs *v, struct ptree *nodes, uint64_t number, uint64_t host, int error)
{
    struct node *n = node_get(*nodes, number);
    if (!n || n->host != host || !(n->flags & NODE_NOT_LOADED))
        return 0;
    n = node_own(nodes, number, 0, v->meter);
    if (!n)
        return E_NOMEM;
    if (n->kind == NODE_DIRECTORY && error == E_ACCES) { /* it can be looked at, but not into */
        n->flags &= (uint8_t)~NODE_NOT_LOADED;
        n->flags |= NODE_UNREADABLE;
    } else if (error == E_ACCES) {
        n->flags |= NODE_UNREADABLE;
    } else {
        n->flags |= NODE_FAILED;
        n->device = (uint32_t)-error;
    }
    return 0;
}

int vfs_give_failure(struct vfs *v, uint64_t number, int error)
{
    uint64_t host = vfs_host(v, number);
    if (!host)
        return E_NOENT;
    struct node *n = node_get(v->nodes, number);
    bool same = n == node_get(v->base, number);
    int answer = fail(v, &v->nodes, number, host, error);
    if (!answer && same) { /* still one node for both, so that nothing seems changed */
        struct node *now = node_get(v->nodes, number);
        answer = ptree_set(&v->base, number, shared_keep(now), &node_kind, v->meter);
        if (answer)
            shared_drop(now);
    } else if (!answer) {
        answer = fail(v, &v->base, number, host, error);
    }
    return answer;
}

void vfs_share_base(struct vfs *copy, const struct vfs *v, struct meter *meter)
{
    vfs_share(copy, v, meter);
    ptree_release(&copy->nodes, &node_kind, meter);
    copy->nodes = ptree_share(copy->base);
}

uint64_t vfs_take_back_to(struct vfs *v, uint64_t from, uint64_t keep)
{
    uint64_t held = 0, number = 0;
    struct item *i;
    for (; (i = ptree_next(v->nodes, &number)); number++) {
        struct node *n = (struct node *)i;
        if (n->kind == NODE_FILE && n->host && n->content_epoch == 0 && n->content)
            held += n->content->length;
    }
    for (int round = 0; round < 2 && held > keep; round++) {
        number = round ? 0 : from;
        for (; held > keep && (i = ptree_next(v->nodes, &number)) && (round == 0 || number < from); number++) {
            struct node *n = (struct node *)i;
            if (n->kind != NODE_FILE || !n->host || n->content_epoch != 0 || !n->content)
                continue;
            uint64_t length = n->content->length;
            if (vfs_take_back(v, number) == 0)
                held -= length;
        }
    }
    return held;
}
