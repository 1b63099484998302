/* builtins/awk/variable.c - globals that are set from outside the code, and what follows from setting those that are watched. */
#include "adapters/math.h"
#include "builtins/awk/awk.h"

struct awk_array *awk_global_array(struct awk *a, int32_t index)
{
    struct awk_value *v = &a->globals[index];
    if (v->type == AWK_UNSET) {
        v->array = awk_array_new(a);
        v->type = AWK_ARRAY;
    }
    return v->type == AWK_ARRAY ? v->array : NULL;
}

static void keep_text(struct awk *a, struct awk_value *store, struct str *text, const struct awk_value *from)
{
    struct awk_value v = awk_share(*from);
    if (v.type == AWK_NUMBER)
        v = awk_of_string(a, awk_text(a, &v));
    awk_drop(a, *store);
    *store = v;
    *text = awk_text(a, store);
}

void awk_variable_changed(struct awk *a, int32_t index)
{
    struct awk_value *v = &a->globals[index];
    switch (index) {
    case VAR_NF: awk_set_nf(a, math_trunc(awk_number(a, v))); break;
    case VAR_NR: case VAR_FNR:
        *(index == VAR_NR ? &a->nr : &a->fnr) = awk_to_int(awk_number(a, v));
        a->counts_kept |= v->type != AWK_NUMBER;
        break;
    case VAR_OFS:
        if (a->record_stale) /* it is put together with the one that was there when a field was changed */
            awk_record(a);
        keep_text(a, &a->ofs_value, &a->ofs, v);
        break;
    case VAR_ORS: keep_text(a, &a->ors_value, &a->ors, v); break;
    case VAR_SUBSEP: keep_text(a, &a->subsep_value, &a->subsep, v); break;
    case VAR_CONVFMT: case VAR_OFMT: {
        struct str copy = str_copy(a->heap, awk_text(a, v));
        if (index == VAR_CONVFMT)
            a->convfmt = copy;
        else
            a->ofmt = copy;
        break;
    }
    case VAR_IGNORECASE:
        awk_nf(a);
        a->fold = awk_truth(a, v);
        awk_fields_changed(a, VAR_IGNORECASE);
        awk_records_changed(a);
        break;
    case VAR_RS:
        awk_nf(a);
        awk_records_changed(a);
        awk_fields_changed(a, VAR_RS);
        break;
    case VAR_FS: case VAR_FIELDWIDTHS: case VAR_FPAT: awk_fields_changed(a, (enum awk_special)index); break;
    default: break;
    }
}

void awk_count_records(struct awk *a, int64_t count)
{
    if (__builtin_add_overflow(a->nr, count, &a->nr))
        a->nr = INT64_MAX;
    if (__builtin_add_overflow(a->fnr, count, &a->fnr))
        a->fnr = INT64_MAX;
    a->counts_kept = false;
}

/* NR or FNR as the program set it, if that is a text and its number is the count. */
static bool is_kept(struct awk *a, int32_t index)
{
    struct awk_value *v = &a->globals[index];
    return v->type >= AWK_STRING && v->type <= AWK_STRNUM && awk_number(a, v) == (double)(index == VAR_NR ? a->nr : a->fnr);
}

struct awk_value awk_special_value(struct awk *a, int32_t index)
{
    if (index == VAR_NF)
        return awk_of_number((double)awk_nf(a));
    if (a->counts_kept && is_kept(a, index))
        return awk_share(a->globals[index]);
    return awk_of_number((double)(index == VAR_NR ? a->nr : a->fnr));
}

void awk_set_global(struct awk *a, int32_t index, struct awk_value v)
{
    struct awk_value old = a->globals[index];
    a->globals[index] = v;
    awk_drop(a, old);
    if (index < VAR_HOOKS)
        awk_variable_changed(a, index);
}

static bool is_name_byte(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

bool awk_assign(struct awk *a, struct str text, bool *fatal)
{
    ptrdiff_t equals = str_find(text, '=');
    if (equals <= 0)
        return false;
    bool first = true;
    for (ptrdiff_t i = 0; i < equals; i++) {
        bool space = i && text.data[i] == ':' && text.data[i + 1] == ':' && is_name_byte(text.data[i + 2], true);
        if (!space && !is_name_byte(text.data[i], first))
            return false;
        first = space;
        i += space; /* a name in a name space */
    }
    struct str name = str_first(text, (size_t)equals);
    if (str_starts(name, "awk::"))
        name = str_after(name, 5);
    struct awk_program *g = &a->program;
    if (map_find(&g->function_names, name)) {
        awk_fatal(a, "cannot use function name `%S' as variable name", name);
        *fatal = true;
        return true;
    }
    struct str value = awk_unescape_all(a, str_after(text, (size_t)equals + 1));
    union map_value *known = map_find(&g->names, name);
    if (known && a->globals[known->number].type == AWK_ARRAY) {
        awk_fatal(a, "cannot use array `%S' in a scalar context", name);
        *fatal = true;
    } else if (known) {
        awk_set_global(a, (int32_t)known->number, awk_of_input(a, value));
    }
    heap_free(a->heap, (void *)(uintptr_t)value.data);
    return true;
}
