/* shell/pattern.c - patterns and regular expressions that were compiled lately: loops meet the same ones again. */
#include "shell/vm.h"

#include "regex/glob.h"
#include "regex/regex.h"

enum { SLOTS = 16, LONGEST = 256 };

struct pattern {
    struct str text; /* on the heap; data is NULL in an empty slot */
    unsigned flags;
    bool is_regex;
    struct glob *glob;
    struct regex *regex;
};

static void forget(struct shell *sh, struct pattern *p)
{
    glob_free(sh->heap, p->glob);
    regex_free(p->regex);
    heap_free(sh->heap, (void *)(uintptr_t)p->text.data);
    *p = (struct pattern){0};
}

/* The slot of a text, emptied unless it is there. */
static struct pattern *slot_of(struct shell *sh, struct str text, unsigned flags, bool is_regex)
{
    uint32_t hash = code_hash(text) + flags * 31 + is_regex;
    struct pattern *p;

    if (!sh->patterns)
        sh->patterns = heap_zero(sh->heap, (SLOTS + 1) * sizeof *sh->patterns);
    p = &sh->patterns[text.length > LONGEST ? SLOTS : hash % SLOTS]; /* the last: long ones, which are not kept */
    if (p->text.data && p->flags == flags && p->is_regex == is_regex && p != &sh->patterns[SLOTS] && str_equal(p->text, text))
        return p;
    forget(sh, p);
    return p;
}

static void fill(struct shell *sh, struct pattern *p, struct str text, unsigned flags, bool is_regex)
{
    p->flags = flags;
    p->is_regex = is_regex;
    p->text = str_copy(sh->heap, text);
}

const struct glob *shell_pattern(struct shell *sh, struct str text, unsigned flags)
{
    struct pattern *p = slot_of(sh, text, flags, false);

    if (!p->glob) {
        p->glob = glob_compile(sh->heap, text, flags);
        fill(sh, p, text, flags, false);
    }
    return p->glob;
}

struct regex *shell_regex(struct shell *sh, struct str text, unsigned flags)
{
    struct pattern *p = slot_of(sh, text, flags, true);
    const char *message;

    if (!p->regex) {
        p->regex = regex_compile(sh->heap, &text, 1, REGEX_EXTENDED, flags, &message);
        if (p->regex)
            fill(sh, p, text, flags, true);
    }
    return p->regex;
}
