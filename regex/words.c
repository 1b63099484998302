/* regex/words.c - many fixed strings as one tree, in which those that begin alike share their beginnings. */
#include "regex/tree.h"

struct level { /* a character of the word looked at last, and what has been seen behind it */
    struct str character;
    int32_t following; /* alternatives, -1 for none */
    bool follows, ends; /* is there anything behind it; does a word end here */
};

struct trie {
    struct tree *tree;
    struct level *levels; /* the first stands for the empty beginning */
    size_t depth;
};

static void charge(const struct tree *t, size_t work)
{
    meter_charge(t->heap->meter, (int64_t)(work / METER_BYTES + 1));
}

/* By bytes, from the bottom up: runs of 1, 2, 4... words are merged. */
static struct str *sorted(struct tree *t, const struct str *words, size_t count)
{
    struct str *from = heap_alloc(t->heap, count * sizeof *from), *to = heap_alloc(t->heap, count * sizeof *to);
    memcpy(from, words, count * sizeof *from);
    for (size_t width = 1; width < count; width *= 2) {
        charge(t, count * 16); /* two words of 64 bits each; the same where they have 32 */
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = middle + width < count ? middle + width : count;
            for (size_t i = low, j = middle, k = low; k < high; k++) {
                bool first = i < middle && (j >= high || str_compare(from[i], from[j]) <= 0);
                to[k] = first ? from[i++] : from[j++];
            }
        }
        struct str *swap = from;
        from = to;
        to = swap;
    }
    heap_free(t->heap, to);
    return from;
}

static int32_t alternative(struct tree *t, const struct level *l)
{
    return l->ends && l->follows ? tree_add(t, NODE_ALT, l->following, -1, 0) : l->following;
}

/* Makes the part for the innermost character, and adds it to what follows the one before. */
static void close_level(struct trie *trie)
{
    struct tree *t = trie->tree;
    struct level l = trie->levels[--trie->depth], *outer = &trie->levels[trie->depth - 1];
    int32_t rest = alternative(t, &l);
    int32_t node = tree_cat(t, tree_fixed(t, l.character), rest);
    outer->following = outer->follows ? tree_add(t, NODE_ALT, outer->following, node, 0) : node;
    outer->follows = true;
}

static void open_level(struct trie *trie, struct str character)
{
    struct heap *heap = trie->tree->heap;
    trie->levels = array_grow(heap, trie->levels, trie->depth, sizeof *trie->levels);
    trie->levels[trie->depth++] = (struct level){.character = character, .following = -1};
}

static void add_word(struct trie *trie, struct str word)
{
    size_t at = 0, depth = 1, length;
    while (at < word.length && depth < trie->depth) { /* what it has in common with the word before */
        tree_code(trie->tree->utf8, word, at, &length);
        if (!str_equal(trie->levels[depth].character, str_of(word.data + at, length)))
            break;
        at += length;
        depth++;
    }
    while (trie->depth > depth)
        close_level(trie);
    for (; at < word.length; at += length) {
        tree_code(trie->tree->utf8, word, at, &length);
        open_level(trie, str_of(word.data + at, length));
    }
    trie->levels[trie->depth - 1].ends = true;
}

int32_t tree_words(struct tree *t, const struct str *words, size_t count)
{
    struct trie trie = {.tree = t};
    struct str *order = sorted(t, words, count);
    open_level(&trie, (struct str){0});
    for (size_t i = 0; i < count; i++) {
        charge(t, order[i].length);
        add_word(&trie, order[i]);
    }
    while (trie.depth > 1)
        close_level(&trie);
    int32_t root = alternative(t, &trie.levels[0]);
    heap_free(t->heap, order);
    heap_free(t->heap, trie.levels);
    return root;
}
