/* builtins/variables.c - what declare, export, readonly, set and unset share. */
#include "builtins/variables.h"

#include "base/number.h"
#include "shell/arith.h"
#include "shell/print.h"

/* --- to text --------------------------------------------------------------------------------- */

/* Those that are made when looked at are integers, but for these. */
static bool is_made_text(struct str name)
{
    return name.length == 1 || str_is(name, "BASH_COMMAND") || str_is(name, "EPOCHREALTIME") || str_is(name, "BASH_ARGV0");
}

static void print_head(struct shell *sh, const struct variable *v, enum variable_form form, struct buf *out)
{
    (void)sh;
    if (form == FORM_PLAIN)
        return;
    buf_add_text(out, form == FORM_EXPORT ? "export " : form == FORM_READONLY ? "readonly " : "declare ");
    uint32_t flags = v->flags;
    if (form == FORM_EXPORT)
        flags &= ~(uint32_t)VAR_EXPORT;
    if (form == FORM_READONLY)
        flags &= ~(uint32_t)VAR_READONLY;
    size_t before = out->length;
    buf_add_byte(out, '-');
    if (attributes_print(flags, out))
        buf_add_byte(out, ' ');
    else if (form == FORM_DECLARE)
        buf_add_text(out, "- ");
    else
        out->length = before;
}

static bool print_made(struct shell *sh, struct str name, enum variable_form form, struct buf *out)
{
    bool assoc;
    struct str value;
    uint32_t hash = code_hash(name);
    if (var_is_array(sh, name, hash, &assoc)) {
        if (form != FORM_PLAIN)
            buf_add_text(out, assoc ? "declare -A " : made_is_readonly(name) ? "declare -ar " : "declare -a ");
        buf_add(out, name);
        if (var_count(sh, name, hash)) {
            buf_add_byte(out, '=');
            elements_print(sh, name, hash, out);
        }
        buf_add_byte(out, '\n');
        return true;
    }
    if (!shell_get(sh, name, &value))
        return false;
    bool readonly = made_is_readonly(name), list = readonly && (str_is(name, "SHELLOPTS") || str_is(name, "BASHOPTS"));
    bool exported = list && sh->state.options_exported & (name.data[0] == 'S' ? 1 : 2);
    if (form == FORM_PLAIN)
        buf_print(out, "%S=", name);
    else if (readonly)
        buf_print(out, "declare -%sr%s %S=", list ? "" : "i", exported ? "x" : "", name);
    else
        buf_print(out, "declare -%c %S=", is_made_text(name) ? '-' : 'i', name);
    quote_double(out, value);
    buf_add_byte(out, '\n');
    return true;
}

bool variable_print(struct shell *sh, struct str name, enum variable_form form, struct buf *out)
{
    uint32_t hash = code_hash(name);
    struct variable *v = shell_is_name(name) ? var_find(sh, name, hash) : NULL;
    if (!v)
        return shell_is_name(name) && print_made(sh, name, form, out);
    bool array = v->flags & (VAR_ARRAY | VAR_ASSOC);
    bool set = array ? v->flags & VAR_SET || v->elements.count || v->table.count : v->value != NULL;
    if (form == FORM_PLAIN && !set)
        return true;
    print_head(sh, v, form, out);
    buf_add(out, name);
    if (set) {
        buf_add_byte(out, '=');
        if (array)
            elements_print(sh, name, hash, out);
        else if (form == FORM_PLAIN)
            quote_needed(out, text_str(v->value));
        else
            quote_double(out, text_str(v->value));
    }
    buf_add_byte(out, '\n');
    return true;
}

void variable_walk_start(struct variable_walk *w, struct heap *heap)
{
    buf_init(&w->last, heap);
    w->begun = false;
}

struct variable *variable_walk_next(struct variable_walk *w, struct shell *sh)
{
    struct str last = buf_str(&w->last), name;
    union entry entry;
    if (!btree_next(sh->state.variables, w->begun ? &last : NULL, &name, &entry))
        return NULL;
    buf_clear(&w->last);
    buf_add(&w->last, name);
    w->begun = true;
    return (struct variable *)entry.item;
}

/* --- from text ----------------------------------------------------------------------------------- */

/* Does it look as array literals are handed over: ( ), or quoted elements? */
static bool is_literal(struct str value)
{
    if (value.length < 2 || value.data[0] != '(' || value.data[value.length - 1] != ')')
        return false;
    struct str inside = str_of(value.data + 1, value.length - 2);
    return !inside.length || inside.data[0] == '\'' || str_starts(inside, "$'") || str_starts(inside, "['") || str_starts(inside, "[$'");
}

bool assignment_parse(struct str word, struct assignment *a)
{
    size_t i = 0;
    *a = (struct assignment){0};
    while (i < word.length && (utf8_byte_is(word.data[i], UTF8_ALNUM) || word.data[i] == '_'))
        i++;
    a->name = str_first(word, i);
    if (!shell_is_name(a->name))
        return false;
    if (i < word.length && word.data[i] == '[') {
        size_t depth = 0, from = i + 1;
        for (; i < word.length; i++) {
            depth += word.data[i] == '[';
            if (word.data[i] == ']' && --depth == 0)
                break;
        }
        if (i >= word.length)
            return false;
        a->subscript = str_of(word.data + from, i - from);
        a->element = true;
        i++;
    }
    if (i == word.length)
        return true;
    if (word.data[i] == '+' && i + 1 < word.length) {
        a->append = true;
        i++;
    }
    if (word.data[i] != '=')
        return false;
    a->value = str_after(word, i + 1);
    a->has_value = true;
    a->list = !a->element && is_literal(a->value);
    return true;
}

/* One shell word at text[*at], quotes undone, up to a blank or, outside of quotes, one of `ends`. */
static void take_word(struct str text, size_t *at, const char *ends, struct buf *out)
{
    size_t i = *at;
    while (i < text.length) {
        char c = text.data[i];
        if (c == ' ' || c == '\t' || c == '\n' || strchr(ends, c))
            break;
        if (c == '\\' && i + 1 < text.length) {
            buf_add_byte(out, text.data[i + 1]);
            i += 2;
        } else if (c == '\'' || c == '"') {
            for (i++; i < text.length && text.data[i] != c; i++) {
                if (c == '"' && text.data[i] == '\\' && i + 1 < text.length && memchr("\\\"$`", text.data[i + 1], 4))
                    i++;
                buf_add_byte(out, text.data[i]);
            }
            i++;
        } else if (c == '$' && i + 1 < text.length && text.data[i + 1] == '\'') {
            size_t from = i + 2, to = from;
            while (to < text.length && text.data[to] != '\'')
                to += text.data[to] == '\\' ? 2 : 1;
            to = to < text.length ? to : text.length;
            add_ansi_escapes(out, str_of(text.data + from, to - from));
            i = to + 1;
        } else {
            buf_add_byte(out, c);
            i++;
        }
    }
    *at = i < text.length ? i : text.length;
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.length && (text.data[at] == ' ' || text.data[at] == '\t' || text.data[at] == '\n'))
        at++;
    return at;
}

/* Where [KEY]= or [KEY]+= at text[at] has its ], or 0. */
static size_t key_end(struct str text, size_t at)
{
    size_t depth = 0;
    char quote = 0;
    for (; at < text.length; at++) {
        char c = text.data[at];
        if (quote) {
            if (c == '\\' && quote != '\'')
                at++;
            else if (c == quote)
                quote = 0;
        } else if (c == '\'') {
            quote = at > 0 && text.data[at - 1] == '$' ? '$' : c;
            if (quote == '$') { /* $'...': backslashes escape */
                for (at++; at < text.length && text.data[at] != '\''; at++)
                    at += text.data[at] == '\\';
                quote = 0;
            }
        } else if (c == '"') {
            quote = c;
        } else if (c == '\\') {
            at++;
        } else if (c == '[') {
            depth++;
        } else if (c == ']' && --depth == 0) {
            struct str rest = str_after(text, at + 1);
            return str_starts(rest, "=") || str_starts(rest, "+=") ? at : 0;
        }
    }
    return 0;
}

int assignment_list(struct call *c, struct str name, struct str list, bool append)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(name);
    struct str text = str_of(list.data + 1, list.length - 2);
    struct buf key, value;
    bool assoc = false;
    int64_t next = 0;

    var_is_array(sh, name, hash, &assoc);
    if (var_make_array(sh, name, hash, assoc, append) < 0)
        return -1;
    struct variable *v = var_find(sh, name, hash);
    uint64_t last = UINT64_MAX;
    if (append && v && v->flags & VAR_ARRAY && ptree_previous(v->elements, &last))
        next = (int64_t)last + 1;
    buf_init(&key, c->heap);
    buf_init(&value, c->heap);
    for (size_t at = skip_blanks(text, 0); at < text.length; at = skip_blanks(text, at)) {
        bool more = false, keyed = false;
        size_t end = text.data[at] == '[' ? key_end(text, at) : 0;
        call_charge(c, 1);
        buf_clear(&key);
        buf_clear(&value);
        if (end) {
            keyed = true;
            size_t from = 0;
            struct str inside = str_of(text.data + at + 1, end - at - 1);
            while (from < inside.length) {
                take_word(inside, &from, "", &key);
                if (from < inside.length)
                    buf_add_byte(&key, inside.data[from++]);
            }
            more = text.data[end + 1] == '+';
            at = end + (more ? 3 : 2);
        }
        take_word(text, &at, "", &value);
        int error = 0;
        if (assoc && !keyed) { /* keys and values in turn */
            buf_add(&key, buf_str(&value));
            buf_clear(&value);
            at = skip_blanks(text, at);
            take_word(text, &at, "", &value);
            keyed = true;
        }
        if (assoc) {
            error = var_assign_element(sh, name, hash, buf_str(&key), buf_str(&value), more);
        } else {
            if (keyed && arith_evaluate(sh, buf_str(&key), "", &next) < 0)
                return -1;
            if (next < 0) {
                shell_error(sh, "%S[%S]: bad array subscript", name, buf_str(&key));
                next = 0;
                continue;
            }
            error = var_assign_index(sh, name, hash, (uint64_t)next++, buf_str(&value), more);
        }
        if (error)
            return -1;
    }
    var_attributes(sh, name, VAR_SET, 0);
    buf_drop(&key);
    buf_drop(&value);
    return 0;
}
