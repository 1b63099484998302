/* host.c - TRE's compiler and matchers for one who has no text but characters one by one, and what stands in for the C library. */
#include "tre-internal.h"

#include <assert.h>

#include "tre-match-utils.h"

enum { DEEPEST = 9 /* settings of approximation within a pattern: TRE_M_MAX_DEPTH of tre-match-approx.c */ };

struct tre_host_pattern {
    regex_t compiled;
    int *tags;
};

/* The items of a bracket: few. In the order in which they were, where they are equal. */
void tre_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
    void **all = items;
    assert(size == sizeof *all);
    for (size_t i = 1; i < count; i++) {
        void *item = all[i];
        size_t at = i;
        for (; at > 0 && order(&all[at - 1], &item) > 0; at--)
            all[at] = all[at - 1];
        tre_host_charge((int64_t)(i - at) + 1);
        all[at] = item;
    }
}

/* Hexadecimal digits; as where a long has 32 bits. */
long tre_hex(const char *text)
{
    long value = 0;
    for (; *text; text++) {
        int digit = *text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10;
        if (value > (INT32_MAX - digit) / 16)
            return INT32_MAX;
        value = value * 16 + digit;
    }
    return value;
}

size_t tre_wide_length(const wchar_t *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

size_t tre_narrow(char *to, const wchar_t *from, size_t size)
{
    size_t length = 0;
    for (; from[length] && length < size; length++) {
        if (from[length] < 0 || from[length] > 0x7f)
            return (size_t)-1;
        to[length] = (char)from[length];
    }
    return length;
}

/* The matcher for back references is not here, and no pattern gets to it. */
int tre_host_compile(struct tre_host_pattern **pattern, const wchar_t *text, size_t length, unsigned flags)
{
    struct tre_host_pattern *p = tre_host_alloc(sizeof *p);
    int number = tre_compile(&p->compiled, text, length, REG_EXTENDED | (flags & TRE_HOST_FOLD ? REG_ICASE : 0) |
                                                             (flags & TRE_HOST_NEWLINE ? REG_NEWLINE : 0));
    const tre_tnfa_t *tnfa = p->compiled.value;
    if (number == REG_OK && tnfa->have_backrefs)
        number = TRE_HOST_BACK_REFERENCES;
    else if (number == REG_OK && tnfa->params_depth > DEEPEST)
        number = TRE_HOST_TOO_DEEP;
    else if (number == REG_OK)
        p->tags = tre_host_alloc(sizeof *p->tags * ((size_t)tnfa->num_tags + 1));
    else
        p->compiled.value = NULL; /* it was freed */
    *pattern = p;
    if (number != REG_OK) {
        tre_host_drop(p);
        *pattern = NULL;
    }
    return number;
}

void tre_host_drop(struct tre_host_pattern *p)
{
    tre_free(&p->compiled);
    tre_host_free(p->tags);
    tre_host_free(p);
}

void tre_host_words(int number, char *text, size_t size)
{
    tre_regerror(number, NULL, text, size);
}

int tre_host_find(const struct tre_host_pattern *p, struct tre_host_search *s)
{
    const tre_tnfa_t *tnfa = p->compiled.value;
    tre_str_source source = {s->next, NULL, NULL, s->context};
    int *tags = s->place && tnfa->num_tags > 0 ? p->tags : NULL;
    int end = -1;
    regamatch_t match = {0, NULL, 0, 0, 0, 0};
    reg_errcode_t status;

    if (!tre_host_kept->set)
        tre_host_charge(8 + 2 * tnfa->num_states + (tags ? (int64_t)tnfa->num_states * tnfa->num_tags / 8 : 0));
    if (s->most_cost == 0 && !tnfa->have_approx) {
        status = tre_tnfa_run_parallel(tnfa, &source, -1, STR_USER, tags, 0, &end);
    } else {
        regaparams_t settings = {s->cost_insert, s->cost_delete, s->cost_substitute, s->most_cost,
                                 INT_MAX, INT_MAX, INT_MAX, s->most_errors};
        status = tre_tnfa_run_approx(tnfa, &source, -1, STR_USER, tags, &match, settings, 0, &end);
    }
    if (status == TRE_HOST_PAUSED)
        return -1;
    s->cost = match.cost;
    if (status != REG_OK)
        return 0;
    const tre_submatch_data_t *whole = tnfa->submatch_data;
    s->end = end;
    s->start = !s->place ? -1 : whole->so_tag == tnfa->end_tag ? end : tags[whole->so_tag];
    if (s->start > end) /* where lazy repetitions meet, TRE takes the end of one path and the start of another */
        s->start = end;
    return 1;
}
