/* regex/loosen.c - what a pattern with back-references can match at the most: each stands for anything its group could be. */
#include "regex/tree.h"

enum { COPIES_MOST = 1 << 14 /* nodes */ };

/* Appends the node, whose children are there already: its number, -1 when it is empty. */
static int32_t put(struct tree *t, struct node n)
{
    if (n.kind == NODE_CAT)
        return tree_cat(t, n.a, n.b);
    if (n.kind == NODE_REPEAT && n.a < 0)
        return -1;
    int32_t at = tree_add(t, n.kind, n.a, n.b, n.value);
    t->nodes[at] = n;
    return at;
}

/* Appends a copy of what is below `root`, whose children come before it, without groups, and without anchors: what a group matched
 * may stand where they do not hold. The copy's root, -1: it is empty. */
static int32_t copy(struct tree *t, int32_t root)
{
    bool *wanted = heap_zero(t->heap, (size_t)root + 1);
    int32_t *map = heap_alloc(t->heap, ((size_t)root + 1) * sizeof *map);
    wanted[root] = true;
    for (int32_t i = root; i >= 0; i--) {
        const struct node *n = &t->nodes[i];
        if (wanted[i] && n->a >= 0)
            wanted[n->a] = true;
        if (wanted[i] && n->b >= 0)
            wanted[n->b] = true;
    }
    for (int32_t i = 0; i <= root; i++) {
        if (!wanted[i])
            continue;
        struct node n = t->nodes[i];
        n.a = n.a < 0 ? -1 : map[n.a];
        n.b = n.b < 0 ? -1 : map[n.b];
        map[i] = n.kind == NODE_ANCHOR ? -1 : n.kind == NODE_GROUP ? n.a : put(t, n);
    }
    int32_t copied = map[root];
    heap_free(t->heap, map);
    heap_free(t->heap, wanted);
    return copied;
}

bool tree_loosen(struct tree *t)
{
    struct node *was = t->nodes;
    int32_t count = t->node_count, root = t->root, group[10];
    int64_t copied = 0;
    bool good = true;
    for (int i = 0; i < 10; i++)
        group[i] = -1;
    int32_t *moved = heap_alloc(t->heap, ((size_t)count + 1) * sizeof *moved);
    t->nodes = NULL;
    t->node_count = 0;
    for (int32_t i = 0; i < count && good; i++) {
        struct node n = was[i];
        n.a = n.a < 0 ? -1 : moved[n.a];
        n.b = n.b < 0 ? -1 : moved[n.b];
        if (n.kind == NODE_BACK) {
            good = n.value < 10 && group[n.value] >= 0 && (copied += group[n.value] + 1) <= COPIES_MOST;
            if (good)
                moved[i] = copy(t, group[n.value]);
            continue;
        }
        moved[i] = put(t, n);
        if (n.kind == NODE_GROUP && n.value < 10)
            group[n.value] = moved[i];
    }
    if (good) {
        t->root = root < 0 ? -1 : moved[root];
        heap_free(t->heap, was);
    } else {
        heap_free(t->heap, t->nodes);
        t->nodes = was;
        t->node_count = count;
    }
    heap_free(t->heap, moved);
    return good;
}
