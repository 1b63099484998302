/* builtins/signals.c - signals by name and number, as trap and kill have them. */
#include "builtins/signals.h"

void signals_list(struct call *c)
{
    char store[12];
    int column = 0;
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        const char *name = signal_name(i, store);
        if (!name)
            continue;
        call_format(c, "%2d) SIG%s", i, name);
        column = (column + 1) % 5;
        call_print_byte(c, column ? '\t' : '\n');
    }
    if (column)
        call_print_byte(c, '\n');
}

static bool same(struct str a, const char *b)
{
    if (a.length != strlen(b))
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (utf8_ascii_upper[(unsigned char)a.data[i]] != (unsigned char)b[i])
            return false;
    return true;
}

int signals_find(struct str name)
{
    struct str bare = name;
    if (name.length > 3 && same(str_first(name, 3), "SIG"))
        bare = str_after(name, 3);
    if (same(bare, "EXIT"))
        return TRAP_EXIT;
    if (same(bare, "ERR"))
        return TRAP_ERR;
    if (same(bare, "DEBUG"))
        return TRAP_DEBUG;
    if (same(bare, "RETURN"))
        return TRAP_RETURN;
    int number = signal_number(name);
    return number >= SIGNAL_COUNT ? -1 : number;
}
