/* shell/hash.c - where commands were found, and how often that was used: the table of `hash`. */
#include "shell/vm.h"

/* A path, and behind its NUL how often it was used. */
static struct text *entry_new(struct shell *sh, struct str path, uint32_t hits)
{
    struct buf whole;
    buf_init(&whole, sh->heap);
    buf_add(&whole, path);
    buf_add_byte(&whole, 0);
    buf_add(&whole, str_of((const char *)&hits, sizeof hits));
    struct text *t = text_new(sh, buf_str(&whole));
    t->length = path.length;
    buf_drop(&whole);
    return t;
}

static uint32_t hits_of(const struct text *t)
{
    uint32_t hits;
    memcpy(&hits, t->data + t->length + 1, sizeof hits);
    return hits;
}

void hashed_keep(struct shell *sh, struct str name, struct str path, uint32_t hits)
{
    struct meter *m = &sh->sandbox->meter;
    struct text *t = entry_new(sh, path, hits);
    if (btree_set(&sh->state.hashed, name, (union entry){.item = &t->item}, &text_kind, m) < 0) {
        text_release(t, m);
        meter_out_of_memory(m);
    }
}

bool hashed_find(struct shell *sh, struct str name, struct str *path, uint32_t *hits)
{
    union entry entry;
    if (!sh->state.hashed.count || !btree_find(sh->state.hashed, name, &entry))
        return false;
    const struct text *t = (const struct text *)entry.item;
    *path = text_str(t);
    *hits = hits_of(t);
    return true;
}

void hashed_forget(struct shell *sh)
{
    btree_release(&sh->state.hashed, &text_kind, &sh->sandbox->meter);
    sh->state.hashed = (struct btree){0};
}
