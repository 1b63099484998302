/* regex/ignore.c - rules as .gitignore has them: read and asked. */
#include "regex/ignore.h"
#include "regex/glob.h"

enum rule_kind {
    RULE_NAME,   /* the name is `text` */
    RULE_SUFFIX, /* the name ends in `text` */
    RULE_GLOB    /* the name, or the path, matches */
};

struct rule {
    enum rule_kind kind;
    struct str text;
    struct glob *glob;
    bool kept;      /* "!": not left out after all */
    bool directory; /* only directories */
    bool path;      /* about the path, else about the name */
};

struct ignore {
    struct heap *heap;
    struct rule *rules;
    size_t count;
};

struct ignore *ignore_new(struct heap *heap)
{
    struct ignore *list = heap_new(heap, struct ignore);
    list->heap = heap;
    return list;
}

void ignore_free(struct ignore *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (list->rules[i].glob)
            glob_free(list->heap, list->rules[i].glob);
        heap_free(list->heap, (char *)list->rules[i].text.data);
    }
    heap_free(list->heap, list->rules);
    heap_free(list->heap, list);
}

bool ignore_is_empty(const struct ignore *list)
{
    return !list || list->count == 0;
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (memchr("*?[]{}\\", text.data[i], 7))
            return false;
    return true;
}

/* Chooses how the rule is looked at: most are names and endings, which need no matcher. */
static void settle(struct ignore *list, struct rule *r, struct str text, unsigned flags)
{
    bool fold = (flags & IGNORE_FOLD) != 0;
    if (!r->path && !fold && is_plain(text)) {
        r->kind = RULE_NAME;
        r->text = str_copy(list->heap, text);
    } else if (!r->path && !fold && text.length > 1 && text.data[0] == '*' && is_plain(str_after(text, 1))) {
        r->kind = RULE_SUFFIX;
        r->text = str_copy(list->heap, str_after(text, 1));
    } else {
        unsigned how = r->path ? GLOB_PATH | GLOB_STARSTAR : 0;
        r->kind = RULE_GLOB;
        r->text = str_copy(list->heap, text);
        r->glob = glob_compile(list->heap, r->text, how | (fold ? GLOB_FOLD : 0) | (flags & IGNORE_BRACES ? GLOB_BRACES | GLOB_UTF8 : 0));
    }
}

bool ignore_add(struct ignore *list, struct str line, unsigned flags)
{
    struct rule r = {0};
    if (line.length && line.data[line.length - 1] == '\r')
        line.length--;
    while (line.length && line.data[line.length - 1] == ' ' && !(line.length > 1 && line.data[line.length - 2] == '\\'))
        line.length--;
    if (!line.length || line.data[0] == '#')
        return false;
    if (line.data[0] == '!') {
        r.kept = true;
        line = str_after(line, 1);
    }
    if (line.length && line.data[line.length - 1] == '/') {
        r.directory = true;
        line.length--;
    }
    r.path = str_find(line, '/') >= 0;
    if (line.length && line.data[0] == '/')
        line = str_after(line, 1);
    if (!line.length)
        return false;
    list->rules = array_grow(list->heap, list->rules, list->count, sizeof *list->rules);
    settle(list, &r, line, flags);
    list->rules[list->count++] = r;
    return true;
}

void ignore_add_text(struct ignore *list, struct str text, unsigned flags)
{
    while (text.length) {
        ptrdiff_t end = str_find(text, '\n');
        struct str line = end < 0 ? text : str_first(text, (size_t)end);
        text = str_after(text, line.length + 1);
        ignore_add(list, line, flags);
    }
}

enum ignore_answer ignore_judge(const struct ignore *list, struct heap *scratch, struct str path, bool directory)
{
    struct str name = str_after(path, (size_t)(str_find_last(path, '/') + 1));
    for (size_t i = list->count; i > 0; i--) {
        const struct rule *r = &list->rules[i - 1];
        bool found;
        if (r->directory && !directory)
            continue;
        switch (r->kind) {
        case RULE_NAME:
            found = str_equal(name, r->text);
            break;
        case RULE_SUFFIX:
            found = name.length >= r->text.length &&
                    str_equal(str_after(name, name.length - r->text.length), r->text);
            break;
        default:
            found = glob_match(r->glob, scratch, r->path ? path : name);
        }
        if (found)
            return r->kept ? IGNORE_KEEP : IGNORE_LEAVE_OUT;
    }
    return IGNORE_NOTHING;
}
