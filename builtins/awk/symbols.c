/* builtins/awk/symbols.c - SYMTAB, the array of the globals: put together when it is asked, and what was stored in it given back. */
#include "builtins/awk/awk.h"

static bool is_same(struct awk *a, struct awk_value *x, struct awk_value *y)
{
    if (x->type == AWK_ARRAY || y->type == AWK_ARRAY || x->type == AWK_UNSET || y->type == AWK_UNSET)
        return x->type == y->type;
    return (x->type == AWK_NUMBER) == (y->type == AWK_NUMBER) && str_equal(awk_text(a, x), awk_text(a, y));
}

bool awk_symbols(struct awk *a, bool back)
{
    struct awk_program *g = &a->program;
    struct awk_array *array = awk_global_array(a, VAR_SYMTAB);
    size_t known = 0;
    meter_charge(a->heap->meter, (int64_t)g->global_count);
    for (size_t i = 0; array && i < g->global_count; i++) {
        int32_t index = (int32_t)i;
        if (index == VAR_SYMTAB)
            continue;
        struct awk_value now = index <= VAR_FNR ? awk_special_value(a, index) : awk_share(a->globals[i]);
        struct awk_key key = awk_key_of_text(g->global_names[i]);
        if (back) {
            struct awk_value *stored = awk_array_find(a, array, key);
            known++;
            if (stored && !is_same(a, stored, &now))
                awk_set_global(a, index, awk_share(*stored));
        } else {
            struct awk_value *to = awk_array_get(a, array, key);
            struct awk_value old = *to;
            *to = awk_share(now);
            awk_drop(a, old);
        }
        awk_drop(a, now);
    }
    if (back && array && array->count > known)
        awk_fatal(a, "cannot assign to arbitrary elements of SYMTAB");
    return !a->fatal;
}
