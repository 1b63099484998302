/* builtins/seen.c - what cp, mv and ln were given and what they made, by directory and name. */
#include "builtins/seen.h"
#include "builtins/paths.h"

struct key {
    char bytes[sizeof(uint64_t) + VFS_NAME_MOST];
    size_t length;
};

static struct str key_of(struct key *k, uint64_t parent, struct str name)
{
    k->length = sizeof parent + (name.length < VFS_NAME_MOST ? name.length : VFS_NAME_MOST);
    memcpy(k->bytes, &parent, sizeof parent);
    if (name.length)
        memcpy(k->bytes + sizeof parent, name.data, k->length - sizeof parent);
    return str_of(k->bytes, k->length);
}

void seen_init(struct seen *s, struct heap *heap)
{
    map_init(&s->given, heap);
    map_init(&s->made, heap);
}

int seen_given(struct call *c, struct seen *s, struct str source, size_t operand)
{
    struct key key;
    uint64_t parent;
    bool is_new;
    int error = path_parent(c, source, &parent);
    if (error)
        return error == E_WAIT ? E_WAIT : 0;
    union map_value *v = map_add(&s->given, key_of(&key, parent, path_base(source)), &is_new);
    if (is_new)
        v->number = (int64_t)operand;
    return v->number != (int64_t)operand;
}

void seen_make(struct seen *s, uint64_t parent, struct str name, uint64_t number)
{
    struct key key;
    map_set_number(&s->made, key_of(&key, parent, name), (int64_t)number);
}

void seen_make_at(struct call *c, struct seen *s, struct str path, uint64_t number)
{
    uint64_t parent;
    if (path_parent(c, path, &parent) == 0)
        seen_make(s, parent, path_base(path), number);
}

bool seen_made(const struct seen *s, uint64_t parent, struct str name, uint64_t number)
{
    struct key key;
    const union map_value *v = map_find(&s->made, key_of(&key, parent, name));
    return v && v->number == (int64_t)number;
}

bool seen_made_at(struct call *c, const struct seen *s, struct str path, uint64_t number)
{
    uint64_t parent;
    return path_parent(c, path, &parent) == 0 && seen_made(s, parent, path_base(path), number);
}
