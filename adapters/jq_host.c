/* adapters/jq_host.c - what libjq asks of its host (jq_host.h of subprojects/packagefiles/jq). */
#include <jq_host.h>

#include "adapters/jq_world.h"

/* libjq hands no context to its functions: the one that runs on this thread is noted here, for as long as it does. */
static __attribute__((tls_model("initial-exec"))) _Thread_local struct jq_world *world;
__attribute__((tls_model("initial-exec"))) _Thread_local int64_t *jq_host_fuel;

_Static_assert((int)JQ_HOST_SLOTS <= (int)JQ_WORLD_SLOTS, "there is a slot for each purpose");

bool jq_world_run(struct jq_world *w, void (*body)(void *argument), void *argument)
{
    struct meter *m = w->setup.heap->meter;
    struct jq_world *outer = world;
    int64_t *outer_fuel = jq_host_fuel;
    world = w;
    jq_host_fuel = &m->fuel;
    enum exhausted how = meter_land(m, body, argument);
    world = outer;
    jq_host_fuel = outer_fuel;
    if (how == EXHAUSTED_MEMORY && !w->dead)
        meter_out_of_memory(m);
    return how == EXHAUSTED_NOTHING;
}

/* --- memory ------------------------------------------------------------------------------------------------- */

void *jq_host_alloc(size_t size)
{
    return heap_alloc(world->setup.heap, size);
}

void *jq_host_resize(void *memory, size_t size)
{
    return heap_resize(world->setup.heap, memory, size);
}

void jq_host_free(void *memory)
{
    heap_free(world->setup.heap, memory);
}

void **jq_host_slot(int purpose)
{
    return &world->slots[purpose];
}

void jq_host_die(void)
{
    world->dead = true;
    meter_out_of_memory(world->setup.heap->meter); /* lands in jq_world_run */
}

void jq_host_too_deep(void)
{
    world->too_deep = true;
    jq_host_die();
}

/* --- variables and files -------------------------------------------------------------------------------------- */

int jq_host_variable(size_t index, const char **name, size_t *name_length, const char **value, size_t *value_length)
{
    if (index >= world->setup.variable_count)
        return 0;
    struct str variable = world->setup.variables[index];
    ptrdiff_t equal = str_find(variable, '=');
    size_t end = equal < 0 ? variable.length : (size_t)equal;
    struct str rest = str_after(variable, end + 1);
    *name = variable.data;
    *name_length = end;
    *value = rest.length ? rest.data : "";
    *value_length = rest.length;
    return 1;
}

int jq_host_file(const char *path, const char **content, size_t *length, const char **real_path, const char **error)
{
    for (size_t i = 0; i < world->file_count; i++) {
        const struct jq_file *f = &world->files[i];
        if (!str_is(f->path, path))
            continue;
        *content = f->content.data;
        *length = f->content.length;
        *real_path = f->real_path.data;
        *error = f->error;
        return f->found;
    }
    if (!world->wanted.length)
        buf_add_text(&world->wanted, path);
    return -1;
}

int jq_host_file_wanted(void)
{
    return world->wanted.length > 0;
}

/* --- time --------------------------------------------------------------------------------------------------------- */

int64_t jq_host_now(void)
{
    return world->setup.now(world->setup.user);
}

static void show(struct jq_host_date *to, const struct date *d)
{
    *to = (struct jq_host_date){d->year, d->month, d->day, d->hour, d->minute, d->second, d->weekday, d->year_day, d->summer};
}

static struct date date_from(const struct jq_host_date *from)
{
    return (struct date){.year = from->year, .month = from->month, .day = from->day, .hour = from->hour,
                         .minute = from->minute, .second = from->second};
}

int jq_host_date_of(int64_t seconds, int local, struct jq_host_date *date)
{
    struct date d;
    if (!date_local(&d, (struct date_time){seconds, 0}, local ? &world->zone : &world->utc))
        return 0;
    show(date, &d);
    return 1;
}

int jq_host_date_resolve(struct jq_host_date *date, int local, int64_t *seconds)
{
    struct date d = date_from(date);
    if (!date_resolve(&d, local ? -1 : 0, 0, local ? &world->zone : &world->utc))
        return 0;
    *seconds = d.time.seconds;
    show(date, &d);
    return 1;
}

/* strftime prints years as they are where date fills them up to four digits. */
static void print_date(struct buf *out, struct str format, const struct date *d)
{
    static const struct {
        char directive;
        const char *plain;
    } years[] = {{'Y', "%-Y"}, {'G', "%-G"}, {'F', "%-Y-%m-%d"}, {'c', "%a %b %e %H:%M:%S %-Y"}};
    struct buf text;
    buf_init(&text, world->setup.heap);
    for (size_t i = 0; i < format.length; i++) {
        const char *plain = NULL;
        bool more = format.data[i] == '%' && i + 1 < format.length;
        for (size_t k = 0; more && d->year < 1000 && k < sizeof years / sizeof *years; k++)
            if (format.data[i + 1] == years[k].directive)
                plain = years[k].plain;
        if (plain)
            buf_add_text(&text, plain);
        else
            buf_add(&text, (struct str){format.data + i, more ? 2 : 1});
        i += more;
    }
    date_print(out, buf_str(&text), d);
    buf_drop(&text);
}

size_t jq_host_date_print(char *out, size_t size, const char *format, const struct jq_host_date *date, int local)
{
    struct date d = date_from(date);
    struct buf text;
    size_t length = 0;
    buf_init(&text, world->setup.heap);
    if (date_resolve(&d, local ? date->summer : 0, 0, local ? &world->zone : &world->utc))
        print_date(&text, str_from(format), &d);
    if (text.length < size && text.length > 0) {
        length = text.length;
        memcpy(out, text.data, length);
    }
    buf_drop(&text);
    return length;
}

/* --- patterns ------------------------------------------------------------------------------------------------------ */

/* In the words of jq's own engine, where it has any for it. */
static const struct {
    int number;
    const char *words;
} mistakes[] = {
    {101, "end pattern at escape"},
    {104, "upper is smaller than lower in repeat range"},
    {105, "too big number is specified"},
    {106, "premature end of char-class"},
    {108, "empty range in char class"},
    {109, "target of repeat operator is not specified"},
    {111, "undefined group option"},
    {114, "end pattern with unmatched parenthesis"},
    {115, "invalid backref number/name"},
    {122, "unmatched close parenthesis"},
    {125, "invalid pattern in look-behind"},
    {130, "invalid POSIX bracket type"},
    {147, NULL}, /* with the property's name */
};

enum { ERROR_ROOM = 160 };

static void set_error(char error[ERROR_ROOM], struct str words)
{
    words = str_first(words, ERROR_ROOM - 1);
    *str_put(error, words) = 0;
}

/* \p{Foo}: what stands in the braces before the place that pcre2 complains of. */
static void explain_property(struct str pattern, size_t offset, char error[ERROR_ROOM])
{
    struct buf words;
    struct str before = str_first(pattern, offset);
    ptrdiff_t open = str_find_last(before, '{');
    struct str name = open < 0 ? before : str_after(before, (size_t)open + 1);
    if (str_ends(name, "}"))
        name.length--;
    buf_init(&words, world->setup.heap);
    buf_print(&words, "invalid character property name {%S}", name);
    set_error(error, buf_str(&words));
    buf_drop(&words);
}

static void explain(const struct perl_mistake *mistake, struct str pattern, char error[ERROR_ROOM])
{
    const char *words = mistake->text;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        if (mistakes[i].number == mistake->number)
            words = mistakes[i].words;
    if (words)
        set_error(error, str_from(words));
    else
        explain_property(pattern, mistake->offset, error);
}

static unsigned perl_flags(unsigned flags)
{
    unsigned how = PERL_UTF8 | PERL_VALID | PERL_PROPERTIES | PERL_ALIKE;
    how |= flags & JQ_HOST_FOLD ? PERL_FOLD : 0;
    how |= flags & JQ_HOST_SPACED ? PERL_SPACED : 0;
    how |= flags & JQ_HOST_DOT_ALL ? PERL_DOT_ALL : 0;
    return how;
}

struct perl *jq_host_pattern(const char *pattern, size_t length, unsigned flags, char error[160])
{
    struct heap *heap = world->setup.heap;
    struct str text = {pattern, length};
    struct perl_mistake mistake;
    for (size_t i = 0; i < JQ_WORLD_PATTERNS; i++) {
        struct jq_pattern *p = &world->patterns[i];
        if (p->perl && p->flags == flags && str_equal(p->text, text))
            return p->perl;
    }
    struct perl *perl = perl_compile(heap, text, perl_flags(flags), &mistake);
    if (!perl && !mistake.number)
        meter_out_of_memory(heap->meter);
    if (!perl) {
        explain(&mistake, text, error);
        return NULL;
    }
    struct jq_pattern *p = &world->patterns[world->next_pattern++ % JQ_WORLD_PATTERNS];
    perl_free(p->perl);
    heap_free(heap, (void *)(uintptr_t)p->text.data);
    *p = (struct jq_pattern){str_copy(heap, text), flags, perl};
    return perl;
}

int jq_host_pattern_groups(const struct perl *pattern)
{
    return perl_groups(pattern);
}

int jq_host_pattern_names(const struct perl *pattern)
{
    return perl_names(pattern);
}

const char *jq_host_pattern_name(const struct perl *pattern, int index, int *group, size_t *length)
{
    struct str name = perl_name(pattern, index, group);
    *length = name.length;
    return name.data;
}

int jq_host_match(struct perl *pattern, const char *text, size_t length, size_t from, unsigned flags, char error[160])
{
    char words[160];
    switch (perl_match(pattern, (struct str){text, length}, from,
                       flags & JQ_HOST_NOT_EMPTY ? PERL_NOT_EMPTY : 0)) {
    case PERL_YES: return 1;
    case PERL_NO: return 0;
    case PERL_MEMORY: meter_out_of_memory(world->setup.heap->meter);
    case PERL_LIMIT: set_error(error, str_lit("retry-limit-in-match over")); return -1;
    case PERL_FAILED: break;
    }
    perl_error(pattern, words);
    set_error(error, str_from(words));
    return -1;
}

int jq_host_group(const struct perl *pattern, int group, size_t *start, size_t *end)
{
    return perl_group(pattern, group, start, end);
}
