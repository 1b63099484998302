/* builtins/owners.c - names of users and groups. */
#include "builtins/owners.h"

static bool parse_number(struct str s, uint32_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.data[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    return s.length > 0;
}

/* The field number `index` of a line with colons. */
static struct str field(struct str line, int index)
{
    for (;;) {
        ptrdiff_t colon = str_find(line, ':');
        if (index-- == 0)
            return colon < 0 ? line : str_first(line, (size_t)colon);
        if (colon < 0)
            return (struct str){0};
        line = str_after(line, (size_t)colon + 1);
    }
}

static void parse(struct call *c, struct owners *o, int kind)
{
    struct str rest = o->text[kind];
    while (rest.length) {
        ptrdiff_t end = str_find(rest, '\n');
        struct str line = end < 0 ? rest : str_first(rest, (size_t)end);
        rest = end < 0 ? (struct str){0} : str_after(rest, (size_t)end + 1);
        struct owner owner = {.name = field(line, 0)};
        if (owner.name.length == 0 || !parse_number(field(line, 2), &owner.number))
            continue;
        parse_number(field(line, 3), &owner.group);
        o->list[kind] = array_grow(c->heap, o->list[kind], o->count[kind], sizeof owner);
        o->list[kind][o->count[kind]++] = owner;
    }
    call_charge_bytes(c, o->text[kind].length);
}

static void close_file(void *file, struct meter *meter)
{
    (void)meter;
    file_close(file);
}

int owners_load(struct call *c, struct owners *o)
{
    static const char *const paths[] = {"/etc/passwd", "/etc/group"};
    for (int kind = 0; kind < 2; kind++) {
        if (o->loaded[kind])
            continue;
        struct file *file;
        struct str text = {0};
        struct hold *hold = heap_hold(c->heap, close_file); /* copying the text may not return */
        int error = file_open(c->task, str_from(paths[kind]), OPEN_READ, 0, &file);
        if (error == 0) {
            hold->thing = file;
            error = file->kind == FILE_INODE ? file_peek(file, c->task, &text) : 0;
            if (error == 0 && text.length)
                o->text[kind] = str_copy(c->heap, text);
        }
        heap_unhold(c->heap, hold);
        if (error == E_WAIT)
            return error;
        o->loaded[kind] = true;
        parse(c, o, kind);
    }
    return 0;
}

const struct str *owner_name(const struct owners *o, int kind, uint32_t number)
{
    for (size_t i = 0; i < o->count[kind]; i++)
        if (o->list[kind][i].number == number)
            return &o->list[kind][i].name;
    return NULL;
}

bool owner_number(const struct owners *o, int kind, struct str name, uint32_t *number, uint32_t *group)
{
    for (size_t i = 0; i < o->count[kind]; i++)
        if (str_equal(o->list[kind][i].name, name)) {
            *number = o->list[kind][i].number;
            if (group)
                *group = o->list[kind][i].group;
            return true;
        }
    return false;
}
