/* adapters/pcre2.c - the only user of pcre2. */
#include "adapters/pcre2.h"
#include "base/utf8.h"

#include <pcre2.h>

#include "pcre2_units.h"

enum {
    COMPILED_MOST = 1 << 20, /* bytes of a compiled pattern */
    PART = 1024              /* bytes of a long text at first */
};

struct perl {
    struct heap *heap;
    pcre2_general_context *general;
    pcre2_match_context *match;
    pcre2_code *code;
    pcre2_match_data *data;
    const uint8_t *names;
    uint32_t name_count, name_size;
    uint32_t groups;
    bool valid;  /* texts are not looked at for that, */
    bool checks; /* ... or by pcre2 at each look */
    bool begins; /* it asks where a look begins, or ends one: what begins nowhere in a part may begin there all the same */
    int error;
    struct longest { /* the best of all matches from one start */
        bool found;
        size_t end;
        uint32_t top;
        size_t *offsets; /* two for each group */
    } longest;
};

static void *take(size_t size, void *heap)
{
    return heap_try(heap, size);
}

static void give(void *memory, void *heap)
{
    heap_free(heap, memory);
}

/* At the pattern's end: keeps what is longer than all before, and asks for another match. */
static int another(pcre2_callout_block *block, void *user)
{
    struct perl *p = user;
    struct longest *l = &p->longest;
    if (block->callout_number != 1 || (l->found && block->current_position <= l->end))
        return 1;
    l->found = true;
    l->end = block->current_position;
    l->top = block->capture_top;
    for (uint32_t i = 2; i < 2 * l->top && i < 2 * (p->groups + 1); i++)
        l->offsets[i] = block->offset_vector[i];
    l->offsets[0] = block->start_match;
    l->offsets[1] = l->end;
    return 1;
}

static uint32_t compile_options(unsigned flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C;
    options |= flags & PERL_FOLD ? PCRE2_CASELESS : 0;
    options |= flags & PERL_UTF8 ? PCRE2_UTF | (flags & PERL_VALID ? PCRE2_NO_UTF_CHECK : PCRE2_MATCH_INVALID_UTF) : 0;
    options |= flags & PERL_PROPERTIES ? PCRE2_UCP : 0;
    options |= flags & PERL_MULTILINE ? PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX : 0;
    options |= flags & PERL_DOT_ALL ? PCRE2_DOTALL : 0;
    options |= flags & PERL_SPACED ? PCRE2_EXTENDED : 0;
    options |= flags & PERL_DOLLAR_END ? PCRE2_DOLLAR_ENDONLY : 0;
    options |= flags & PERL_ALIKE ? PCRE2_DUPNAMES : 0;
    options |= flags & PERL_LAZY ? PCRE2_UNGREEDY : 0;
    if (flags & PERL_LITERAL)
        options = (options & (PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NO_UTF_CHECK)) | PCRE2_LITERAL;
    return options;
}

static bool prepare(struct perl *p)
{
    p->match = pcre2_match_context_create(p->general);
    p->data = pcre2_match_data_create_from_pattern(p->code, p->general);
    if (!p->match || !p->data)
        return false;
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &p->name_count);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &p->name_size);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &p->names);
    return true;
}

static bool has(struct str text, const char *pair)
{
    for (size_t i = 0; i + 1 < text.length; i++)
        if (text.data[i] == pair[0] && text.data[i + 1] == pair[1])
            return true;
    return false;
}

struct perl *perl_compile(struct heap *heap, struct str pattern, unsigned flags, struct perl_mistake *mistake)
{
    *mistake = (struct perl_mistake){0};
    struct perl *p = heap_try(heap, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct perl){.heap = heap, .valid = (flags & PERL_VALID) != 0, .checks = flags & PERL_UTF8 && !(flags & PERL_VALID)};
    p->begins = has(pattern, "\\G") || has(pattern, "(*");
    p->general = pcre2_general_context_create(take, give, heap);
    pcre2_compile_context *context = p->general ? pcre2_compile_context_create(p->general) : NULL;
    if (!context) {
        perl_free(p);
        return NULL;
    }
    pcre2_set_max_pattern_compiled_length(context, COMPILED_MOST);
    meter_charge(heap->meter, 1 + (int64_t)pattern.length / 8);
    p->code = pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.length, compile_options(flags),
                            &mistake->number, &mistake->offset, context);
    pcre2_compile_context_free(context);
    bool good = p->code && prepare(p);
    if (!p->code && mistake->number != PCRE2_ERROR_HEAP_FAILED)
        pcre2_get_error_message(mistake->number, (PCRE2_UCHAR *)mistake->text, sizeof mistake->text);
    if (!good) {
        if (p->code || mistake->number == PCRE2_ERROR_HEAP_FAILED)
            mistake->number = 0;
        perl_free(p);
        return NULL;
    }
    return p;
}

void perl_free(struct perl *p)
{
    if (!p)
        return;
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->match);
    pcre2_general_context_free(p->general);
    heap_free(p->heap, p->longest.offsets);
    heap_free(p->heap, p);
}

int perl_groups(const struct perl *p)
{
    return (int)p->groups;
}

int perl_names(const struct perl *p)
{
    return (int)p->name_count;
}

struct str perl_name(const struct perl *p, int index, int *group)
{
    const uint8_t *entry = p->names + (size_t)index * p->name_size;
    *group = entry[0] << 8 | entry[1];
    return str_from((const char *)entry + 2);
}

static enum perl_answer answer_of(struct perl *p, int code)
{
    p->error = code;
    if (code >= 0)
        return PERL_YES;
    switch (code) {
    case PCRE2_ERROR_NOMATCH: return PERL_NO;
    case PCRE2_ERROR_NOMEMORY:
    case PCRE2_ERROR_HEAPLIMIT: return PERL_MEMORY; /* the limit is what the run has left */
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT: return PERL_LIMIT;
    default: return PERL_FAILED;
    }
}

static bool want_longest(struct perl *p)
{
    size_t size = 2 * ((size_t)p->groups + 1) * sizeof *p->longest.offsets;
    if (!p->longest.offsets)
        p->longest.offsets = heap_try(p->heap, size);
    if (!p->longest.offsets)
        return false;
    memset(p->longest.offsets, 0xff, size);
    p->longest.found = false;
    pcre2_set_callout(p->match, another, p);
    return true;
}

/* One call of pcre2 for the text as far as `stop`: its answer. */
static int look(struct perl *p, struct str text, size_t from, size_t stop, uint32_t options, bool longest)
{
    struct meter *m = p->heap->meter;
    uint64_t left = meter_left(m);
    uint32_t limit = left < PERL_UNITS_MOST / PERL_UNITS_STEP ? (uint32_t)left * PERL_UNITS_STEP : PERL_UNITS_MOST;
    size_t memory = m->memory_limit > m->memory ? m->memory_limit - m->memory : 0;
    pcre2_set_match_limit(p->match, limit);
    pcre2_set_heap_limit(p->match, (uint32_t)(memory / 2 / 1024 < UINT32_MAX ? memory / 2 / 1024 : UINT32_MAX));
    pcre2_set_callout(p->match, NULL, NULL);
    p->longest.found = false;
    if (longest && !want_longest(p))
        return PCRE2_ERROR_NOMEMORY;
    int code = pcre2_match(p->code, (PCRE2_SPTR)(text.data ? text.data : ""), stop, from, options, p->data, p->match);
    enum perl_answer answer = code == PCRE2_ERROR_PARTIAL ? PERL_NO : answer_of(p, code);
    uint32_t units = answer == PERL_FAILED || answer == PERL_MEMORY ? limit : pcre2_units(p->data);
    size_t looked = stop > from ? stop - from : 0, checked = p->checks ? looked : 0;
    if (answer == PERL_YES)
        looked = pcre2_get_ovector_pointer(p->data)[1] > from ? pcre2_get_ovector_pointer(p->data)[1] - from : 0;
    meter_charge(m, 1 + (int64_t)((looked + checked) / METER_BYTES) + units / PERL_UNITS_STEP);
    return code;
}

/* Where the match that was found ends; 0: there is none. */
static size_t end_of(const struct perl *p, int code)
{
    if (p->longest.found)
        return p->longest.end;
    return code < 0 ? 0 : pcre2_get_ovector_pointer(p->data)[1];
}

/* Is it all UTF-8, as pcre2 has it? */
static bool is_utf8(struct str text)
{
    while (text.length) {
        uint64_t eight;
        if (text.length >= sizeof eight) {
            memcpy(&eight, text.data, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                text = str_after(text, sizeof eight);
                continue;
            }
        }
        struct utf8_char c = utf8_first(text, LOCALE_UTF8);
        if (!c.valid || c.code > 0x10ffff)
            return false;
        text = str_after(text, c.length);
    }
    return true;
}

/* pcre2 checks all it is shown for being UTF-8, so of a long text it is shown a part, and more when what it finds, or does not find,
 * has to do with where that ends: pcre2partial(3). Else many matches in a long line would take quadratic time. */
enum perl_answer perl_match(struct perl *p, struct str text, size_t from, unsigned flags)
{
    bool longest = flags & PERL_LONGEST, anchored = flags & (PERL_ANCHORED | PERL_LONGEST);
    uint32_t options = 0;
    options |= flags & PERL_NOT_BOL ? PCRE2_NOTBOL : 0;
    options |= flags & PERL_NOT_EMPTY ? PCRE2_NOTEMPTY : 0;
    options |= flags & PERL_NOT_EMPTY_AT ? PCRE2_NOTEMPTY_ATSTART : 0;
    options |= anchored ? PCRE2_ANCHORED : 0;
    options |= p->valid ? PCRE2_NO_UTF_CHECK : 0;
    size_t part = PART;
    while (p->checks && from < text.length && text.length - from > part) {
        size_t stop = from + part;
        while (stop > from && ((unsigned char)text.data[stop] & 0xc0) == 0x80)
            stop--;
        if (!is_utf8(str_of(text.data + from, stop - from))) /* what is cut off by such a byte is no end, and not told as one */
            break;
        int code = look(p, text, from, stop, options | PCRE2_PARTIAL_HARD, longest);
        if (code == PCRE2_ERROR_MATCHLIMIT) /* the whole may lack what must occur, which is not looked for in parts */
            break;
        bool open = code == PCRE2_ERROR_PARTIAL || end_of(p, code) >= stop;
        if (!open && (code != PCRE2_ERROR_NOMATCH || anchored))
            return longest && p->longest.found ? PERL_YES : answer_of(p, code);
        if (open) {
            part = part > SIZE_MAX / 4 ? SIZE_MAX : part * 4;
        } else if (p->begins) {
            break;
        } else {
            from = stop;
            options &= ~(uint32_t)PCRE2_NOTEMPTY_ATSTART;
        }
    }
    options |= flags & PERL_NOT_EOL ? PCRE2_NOTEOL : 0;
    enum perl_answer answer = answer_of(p, look(p, text, from, text.length, options, longest));
    return answer == PERL_NO && p->longest.found ? PERL_YES : answer;
}

bool perl_group(const struct perl *p, int group, size_t *start, size_t *end)
{
    const size_t *offsets = p->longest.found ? p->longest.offsets : pcre2_get_ovector_pointer(p->data);
    if (offsets[2 * group] == PCRE2_UNSET || offsets[2 * group + 1] == PCRE2_UNSET)
        return false;
    *start = offsets[2 * group];
    *end = offsets[2 * group + 1];
    return true;
}

int perl_error(const struct perl *p, char text[160])
{
    text[0] = 0;
    pcre2_get_error_message(p->error, (PCRE2_UCHAR *)text, 160);
    return p->error;
}
