/* builtins/sed/debug.c - --debug: the script in a canonical form, and what each command does. */
#include "builtins/sed/sed.h"

static void put_character(struct call *c, char byte)
{
    static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
    const char *found = byte ? strchr(bytes, byte) : NULL;
    if (found)
        call_format(c, "\\%c", letters[found - bytes]);
    else if (byte >= ' ' && byte < 0x7f)
        call_print_byte(c, byte);
    else
        call_format(c, "\\o%03o", (unsigned)(unsigned char)byte);
}

static void put_text(struct call *c, struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        put_character(c, text.data[i]);
    call_charge_bytes(c, text.length);
}

/* --- the script ------------------------------------------------------------------------------------ */

static void put_regex(struct call *c, const struct sed_regex *r)
{
    for (size_t i = 0; i < r->text.length; i++) {
        if (r->text.data[i] == '/' || r->text.data[i] == '\\')
            call_print_byte(c, '\\');
        put_character(c, r->text.data[i]);
    }
    call_charge_bytes(c, r->text.length);
}

static void put_address(struct call *c, const struct sed_address *a)
{
    switch (a->kind) {
    case ADDRESS_NONE:     break;
    case ADDRESS_LINE:     call_format(c, "%llu", (unsigned long long)a->first); break;
    case ADDRESS_STEP:
        call_format(c, "%llu~%llu", (unsigned long long)a->first, (unsigned long long)a->step);
        break;
    case ADDRESS_LAST:     call_print_byte(c, '$'); break;
    case ADDRESS_PLUS:     call_format(c, "+%llu", (unsigned long long)a->first); break;
    case ADDRESS_MULTIPLE: call_format(c, "~%llu", (unsigned long long)a->first); break;
    case ADDRESS_REGEX:
        call_print_byte(c, '/');
        put_regex(c, a->regex);
        call_format(c, "/%s%s", a->regex->flags & REGEX_FOLD ? "I" : "", a->regex->flags & REGEX_MULTILINE ? "M" : "");
        break;
    }
}

static void put_replacement(struct call *c, const struct sed_substitution *u)
{
    static const char letters[] = "ULEul";
    enum sed_part_kind mode = PART_END, once = PART_END;
    bool cased = false; /* the part before was changed in case */
    for (size_t i = 0; i < u->part_count; i++) {
        const struct sed_part *part = &u->parts[i];
        if (part->kind != PART_TEXT && part->kind != PART_GROUP) {
            if (part->kind == PART_UPPER_ONE || part->kind == PART_LOWER_ONE)
                once = part->kind;
            else
                mode = part->kind;
            if (part->kind != PART_END)
                call_format(c, "\\%c", letters[part->kind - PART_UPPER]);
            continue;
        }
        if (cased && mode == PART_END && once == PART_END)
            call_print_text(c, "\\E");
        cased = mode != PART_END || once != PART_END;
        once = PART_END;
        if (part->kind == PART_TEXT)
            call_print(c, part->text);
        else if (part->group == 0)
            call_print_byte(c, '&');
        else
            call_format(c, "\\%d", part->group);
    }
    call_charge(c, (int64_t)u->part_count);
}

static void put_substitution(struct call *c, const struct sed_substitution *u)
{
    call_print_byte(c, '/');
    put_regex(c, u->regex);
    call_print_byte(c, '/');
    put_replacement(c, u);
    call_format(c, "/%s%s%s%s", u->regex->flags & REGEX_FOLD ? "i" : "", u->regex->flags & REGEX_MULTILINE ? "m" : "",
                u->evaluate ? "e" : "", u->global ? "g" : "");
    if (u->print || u->print_before)
        call_print_byte(c, 'p');
    if (u->number)
        call_format(c, "%llu", (unsigned long long)u->number);
    if (u->output)
        call_format(c, "w%S", u->output->name);
}

static void put_map(struct call *c, const struct sed_map *map)
{
    call_print_byte(c, '/');
    for (size_t i = 0; i < map->count; i++)
        call_print(c, map->pairs[i].from);
    call_print_byte(c, '/');
    for (size_t i = 0; i < map->count; i++)
        call_print(c, map->pairs[i].to);
    call_print_byte(c, '/');
    call_charge(c, (int64_t)map->count);
}

static void put_command(struct call *c, const struct sed_command *k)
{
    for (int i = 0; i < k->depth; i++)
        call_print_text(c, "  ");
    put_address(c, &k->from);
    if (k->to.kind) {
        call_print_byte(c, ',');
        put_address(c, &k->to);
    }
    call_format(c, "%s%s%c", k->negate ? "!" : "", k->from.kind || k->negate ? " " : "", k->name);
    switch (k->name) {
    case 'a': case 'i': case 'c': call_format(c, "\\%S", k->text); break;
    case 'e': call_format(c, " %S", k->text); break;
    case ':': case 'w': case 'W': call_print(c, k->text); break;
    case 'b': case 't': case 'T':
        if (k->text.length)
            call_format(c, " %S", k->text);
        break;
    case 'r': case 'R': call_format(c, " %S", k->text); break;
    case 'q': case 'Q': case 'l':
        if (k->number >= 0)
            call_format(c, " %lld", (long long)k->number);
        break;
    case 's': put_substitution(c, k->substitution); break;
    case 'y': put_map(c, k->map); break;
    default: break;
    }
    call_print_byte(c, '\n');
    call_charge_bytes(c, k->text.length);
}

void sed_debug_script(struct call *c, struct sed *s)
{
    call_print_text(c, "SED PROGRAM:\n");
    for (size_t i = 0; i < s->count; i++) {
        if (s->commands[i].name == 'v')
            continue;
        call_print_text(c, "  ");
        put_command(c, &s->commands[i]);
    }
    call_charge(c, (int64_t)s->count);
}

/* --- the run ----------------------------------------------------------------------------------------- */

static void put_space(struct call *c, const char *name, const struct sed_space *space)
{
    call_print_text(c, name);
    put_text(c, space->view);
    call_print_byte(c, '\n');
}

void sed_debug_line(struct call *c, struct sed *s)
{
    struct str name = str_is(s->name, "-") ? str_lit("STDIN") : s->name;
    call_format(c, "INPUT:   '%S' line %llu\n", name, (unsigned long long)s->line);
    put_space(c, "PATTERN: ", &s->pattern);
}

void sed_debug_command(struct call *c, const struct sed_command *k)
{
    call_print_text(c, "COMMAND: ");
    put_command(c, k);
}

void sed_debug_match(struct call *c, struct sed *s)
{
    int groups = regex_groups(s->last_regex->regex) + 1;
    call_print_text(c, "MATCHED REGEX REGISTERS\n");
    for (int i = 0; i < groups && i < SED_GROUPS; i++) {
        const struct match *m = &s->groups[i];
        if (m->start >= 0)
            call_format(c, "  regex[%d] = %d-%d '%S'\n", i, (int)m->start, (int)m->end,
                        str_of(s->pattern.view.data + m->start, (size_t)(m->end - m->start)));
    }
}

void sed_debug_after(struct call *c, struct sed *s, const struct sed_command *k)
{
    if (strchr("GNnsxyz", k->name) || (k->name == 'D' && s->restart))
        put_space(c, "PATTERN: ", &s->pattern);
    if (strchr("ghHx", k->name))
        put_space(c, "HOLD:    ", &s->hold);
}
