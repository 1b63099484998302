/* api/hint.c - what a command that was not found may have meant: the name most like it, by approximate search. */
#include "api/api.h"

#include "adapters/tre.h"
#include "shell/session.h"
#include "task/command.h"

struct hint {
    struct nacre *n;
    struct heap heap;
    struct str missing;
    struct approx *pattern;
    struct approx_costs costs;
    struct str best;      /* on `heap` */
    int best_score;       /* the lower, the better; 0: none yet */
};

/* Two neighbours in each other's place are one mistake of fingers; TRE has two errors for it. */
static bool is_swapped(struct str a, struct str b)
{
    size_t i = 0;
    if (a.length != b.length)
        return false;
    while (i < a.length && a.data[i] == b.data[i])
        i++;
    return i + 1 < a.length && a.data[i] == b.data[i + 1] && a.data[i + 1] == b.data[i] &&
           str_equal(str_after(a, i + 2), str_after(b, i + 2));
}

/* Of names with as many errors the one with the same beginning is nearer, then one of the same length, then the first. */
static void consider(void *argument, struct str name)
{
    struct hint *h = argument;
    struct approx_match match;
    if (name.length < 2 || str_equal(name, h->missing))
        return;
    if (is_swapped(name, h->missing))
        match.cost = 1;
    else if (approx_find(h->pattern, name, &h->costs, false, &match) != APPROX_YES)
        return;
    int score = 1 + 4 * match.cost + 2 * (name.data[0] != h->missing.data[0]) + (name.length != h->missing.length);
    if (h->best_score && h->best_score <= score)
        return;
    char *copy = heap_alloc(&h->heap, name.length);
    str_put(copy, name);
    h->best = str_of(copy, name.length);
    h->best_score = score;
}

static void look(void *argument)
{
    struct hint *h = argument;
    struct buf text;
    char mistake[64];
    buf_init(&text, &h->heap);
    buf_print(&text, "^\\Q%S\\E$", h->missing);
    h->pattern = approx_compile(&h->heap, buf_str(&text), APPROX_FOLD, LOCALE_UTF8, mistake);
    if (!h->pattern)
        return;
    meter_grant(&h->n->meter, INT64_MAX / 4); /* taken back by api_land */
    for (size_t i = 0; i < h->n->command_count; i++)
        consider(h, str_from(h->n->commands[i]->name));
    shell_names(h->n, consider, h);
    if (!h->best_score)
        return;
    struct buf *kept = &api_of(h->n)->text;
    buf_clear(kept);
    buf_add(kept, h->best);
}

int nacre_hint(nacre *n, struct nacre_text *missing, struct nacre_text *meant)
{
    if (!n || !missing || !meant)
        return NACRE_E_INVALID;
    if (api_of(n)->phase != PHASE_REST)
        return NACRE_E_STATE;
    struct hint h = {.n = n, .missing = str_of(n->missing, n->missing_length)};
    if (h.missing.length < 2 || str_find(h.missing, '\\') >= 0)
        return NACRE_E_NOENT;
    /* One error in three characters, two at most; of shorter names only the case and the order may be wrong. */
    h.costs = (struct approx_costs){1, 1, 1, h.missing.length > 5 ? 2 : (int)h.missing.length / 3};
    heap_init(&h.heap, &n->meter);
    uint64_t limit = n->meter.limit;
    n->meter.limit = UINT64_MAX; /* the run may have none left */
    int error = api_land(n, look, &h);
    n->meter.limit = limit;
    heap_drop(&h.heap);
    if (error)
        return error;
    if (!h.best_score)
        return NACRE_E_NOENT;
    *missing = api_text(h.missing);
    *meant = api_text(buf_str(&api_of(n)->text));
    return NACRE_OK;
}
