/* builtins/find/print.c - what find prints: -printf and -ls. */
#include "builtins/find/find.h"

#include "base/number.h"
#include "builtins/stamp.h"
#include "task/sandbox.h"

char find_letter(enum node_kind kind)
{
    switch (kind) {
    case NODE_FILE:      return 'f';
    case NODE_DIRECTORY: return 'd';
    case NODE_LINK:      return 'l';
    case NODE_FIFO:      return 'p';
    case NODE_DEVICE:    return 'c';
    }
    return 'U';
}

struct str find_quote(struct call *c, struct find *f, struct str name)
{
    struct buf b;
    buf_init(&b, c->heap);
    quote_add_word(&b, name, f->locale);
    return buf_str(&b);
}

int find_target(struct call *c, struct find *f, enum node_kind *kind)
{
    struct walk *w = f->walk;
    struct vfs *v = &c->task->sandbox->vfs;
    struct place place;
    struct stat_info info;
    memset(&place, 0, sizeof place);
    int error = w->depth ? vfs_walk(v, c->task->who, w->parent, walk_name(w), WALK_FOLLOW, &place)
                         : task_walk(c->task, walk_path(w), WALK_FOLLOW, &place);
    if (!error)
        error = vfs_stat(v, place.number, &info);
    place_drop(&place, c->meter);
    *kind = error ? 0 : info.kind;
    return error;
}

/* --- formats --------------------------------------------------------------------------------- */

static void add_directive(struct call *c, struct instruction *i, struct directive d)
{
    i->directives = array_grow(c->heap, i->directives, i->directive_count, sizeof d);
    i->directives[i->directive_count++] = d;
}

static void flush_text(struct call *c, struct instruction *i, struct buf *text)
{
    if (text->length)
        add_directive(c, i, (struct directive){.text = str_copy(c->heap, buf_str(text))});
    buf_clear(text);
}

static size_t parse_escape(struct call *c, struct str format, size_t at, struct buf *text)
{
    static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
    char byte = at + 1 < format.length ? format.data[at + 1] : 0;
    const char *found = byte ? strchr(letters, byte) : NULL;
    if (found) {
        buf_add_byte(text, bytes[found - letters]);
        return at + 2;
    }
    if (byte >= '0' && byte <= '7') {
        int value = 0;
        size_t end = at + 1;
        for (; end < format.length && end < at + 4 && format.data[end] >= '0' && format.data[end] <= '7'; end++)
            value = value * 8 + (format.data[end] - '0');
        buf_add_byte(text, (char)value);
        return end;
    }
    if (!byte) {
        call_warn(c, "warning: escape `\\' followed by nothing at all");
        buf_add_byte(text, '\\');
        return at + 1;
    }
    call_warn(c, "warning: unrecognized escape `\\%c'", byte);
    buf_add_byte(text, '\\');
    buf_add_byte(text, byte);
    return at + 2;
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.length && s.data[at] >= '0' && s.data[at] <= '9';
}

static int parse_width(struct str s, size_t *at)
{
    int value = 0;
    for (; is_digit(s, *at); ++*at)
        if (value < 100000)
            value = value * 10 + (s.data[*at] - '0');
    return value;
}

static struct format parse_layout(struct str s, size_t *at)
{
    struct format format = {.precision = -1};
    for (; *at < s.length; ++*at) {
        switch (s.data[*at]) {
        case '-': format.left = true; continue;
        case '+': format.plus = true; continue;
        case ' ': format.space = true; continue;
        case '#': format.alternate = true; continue;
        case '0': format.zero = true; continue;
        }
        break;
    }
    format.width = parse_width(s, at);
    if (*at < s.length && s.data[*at] == '.') {
        ++*at;
        format.precision = parse_width(s, at);
    }
    return format;
}

bool find_format(struct call *c, struct instruction *i, struct str format)
{
    struct buf text;
    buf_init(&text, c->heap);
    for (size_t at = 0; at < format.length;) {
        if (format.data[at] == '\\') {
            if (at + 1 < format.length && format.data[at + 1] == 'c') {
                flush_text(c, i, &text);
                add_directive(c, i, (struct directive){.stop = true});
                return true;
            }
            at = parse_escape(c, format, at, &text);
            continue;
        }
        if (format.data[at] != '%') {
            buf_add_byte(&text, format.data[at++]);
            continue;
        }
        size_t from = at++;
        if (at < format.length && format.data[at] == '%') {
            buf_add_byte(&text, '%');
            at++;
            continue;
        }
        if (at == format.length) {
            call_error(c, "error: %s at end of format string", "%");
            return false;
        }
        struct directive d = {.format = parse_layout(format, &at)};
        d.letter = at < format.length ? format.data[at++] : 0;
        if (d.letter == 'A' || d.letter == 'B' || d.letter == 'C' || d.letter == 'T') {
            if (at < format.length)
                d.detail = format.data[at++];
            if (!d.detail || !memchr("@aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ+%", d.detail, 43)) {
                if (!d.detail) {
                    call_warn(c, "warning: format directive `%%%c' should be followed by another character", d.letter);
                    buf_add(&text, str_of(format.data + from, at - from));
                    continue;
                }
                buf_add_byte(&text, '%');
                buf_add_byte(&text, d.detail);
                continue;
            }
        } else if (d.letter == '%') { /* what is between the two is shown, the second is not */
            buf_add(&text, str_of(format.data + from, at - from - 1));
            continue;
        } else if (!memchr("abcdDfFgGhHiklmMnpPsStuUyYZ", d.letter, 27)) {
            if (!d.letter || d.letter == '(' || d.letter == '{' || d.letter == '[') {
                call_error(c, "error: the format directive `%%%c' is reserved for future use", d.letter);
                return false;
            }
            call_warn(c, "warning: unrecognized format directive `%%%c'", d.letter);
            buf_add(&text, str_of(format.data + from, at - from));
            continue;
        }
        flush_text(c, i, &text);
        add_directive(c, i, d);
    }
    flush_text(c, i, &text);
    return true;
}

/* --- printing -------------------------------------------------------------------------------- */

/* Text and numbers as printf prints them; text has no zeros in front. */
static void put_text(struct buf *out, const struct directive *d, struct str text)
{
    struct format format = d->format;
    format.zero = false;
    format_str(out, &format, text);
}

static void put_number(struct buf *out, const struct directive *d, uint64_t number, char conversion)
{
    struct format format = d->format;
    format.conversion = conversion;
    if (conversion == 'd')
        format_int(out, &format, (int64_t)number);
    else
        format_unsigned(out, &format, number);
}

static void add_fraction(struct buf *out, int64_t when)
{
    int64_t rest = when % 1000000000;
    buf_print(out, ".%09d0", (int)(rest < 0 ? rest + 1000000000 : rest));
}

static void print_time(struct call *c, struct buf *out, int64_t when, char detail)
{
    int64_t second = when / 1000000000 - (when % 1000000000 < 0);
    switch (detail) {
    case 0:
        stamp_print(c, out, str_lit("%a %b %e %H:%M:%S"), when);
        add_fraction(out, when);
        stamp_print(c, out, str_lit(" %Y"), when);
        return;
    case '@':
        buf_print(out, "%lld", (long long)second);
        add_fraction(out, when);
        return;
    case '+':
        stamp_print(c, out, str_lit("%Y-%m-%d+%H:%M:%S"), when);
        add_fraction(out, when);
        return;
    case 'S':
        stamp_print(c, out, str_lit("%S"), when);
        add_fraction(out, when);
        return;
    case 'T':
    case 'X':
        stamp_print(c, out, str_lit("%H:%M:%S"), when);
        add_fraction(out, when);
        return;
    case 'c':
        stamp_print(c, out, str_lit("%a %b %e %H:%M:%S %Y"), when);
        return;
    case 'r':
        stamp_print(c, out, str_lit("%I:%M:%S %p"), when);
        return;
    default: {
        char format[2] = {'%', detail};
        stamp_print(c, out, str_of(format, 2), when);
    }
    }
}

static struct str leading_directories(struct str path)
{
    for (size_t i = path.length; i > 0; i--)
        if (path.data[i - 1] == '/')
            return str_first(path, i - 1);
    return str_lit(".");
}

static void put_sparseness(struct buf *out, const struct directive *d, const struct stat_info *info)
{
    struct format format = d->format;
    format.conversion = 'g';
    format_double(out, &format, info->size ? 512.0 * (double)info->blocks / (double)info->size : info->blocks ? 0.0 : 1.0);
}

static void print_owner(struct buf *out, const struct directive *d, const struct owners *owners, int kind, uint32_t number)
{
    const struct str *name = owner_name(owners, kind, number);
    if (name)
        put_text(out, d, *name);
    else
        put_number(out, d, number, 'd');
}

static char long_letter(enum node_kind kind)
{
    char letter = find_letter(kind);
    return letter == 'f' ? '-' : letter;
}

void find_printf(struct call *c, struct find *f, const struct instruction *i, struct buf *out)
{
    struct walk *w = f->walk;
    const struct stat_info *info = &w->info;
    struct buf text;
    buf_init(&text, c->heap);
    for (size_t k = 0; k < i->directive_count; k++) {
        const struct directive *d = &i->directives[k];
        if (d->stop)
            break;
        buf_clear(&text);
        switch (d->letter) {
        case 0: buf_add(out, d->text); continue;
        case 'a': print_time(c, &text, info->atime, 0); break;
        case 'c': print_time(c, &text, info->ctime, 0); break;
        case 't': print_time(c, &text, info->mtime, 0); break;
        case 'A': print_time(c, &text, info->atime, d->detail); break;
        case 'C': print_time(c, &text, info->ctime, d->detail); break;
        case 'T': print_time(c, &text, info->mtime, d->detail); break;
        case 'B': break;
        case 'b': buf_print(&text, "%llu", (unsigned long long)info->blocks); break;
        case 'd': put_number(out, d, w->depth, 'd'); continue;
        case 'D': buf_add_text(&text, "1"); break;
        case 'f':
            buf_add(&text, walk_name(w));
            if (walk_path(w).length > w->name_at + walk_name(w).length && !str_is(walk_name(w), "/"))
                buf_add_byte(&text, '/');
            break;
        case 'F': buf_add_text(&text, "ext4"); break;
        case 'g': print_owner(out, d, &f->owners, OWNER_GROUP, info->group); continue;
        case 'G': buf_print(&text, "%lu", (unsigned long)info->group); break;
        case 'h': buf_add(&text, leading_directories(walk_path(w))); break;
        case 'H': buf_add(&text, f->roots[f->root - 1]); break;
        case 'i': buf_print(&text, "%llu", (unsigned long long)info->number); break;
        case 'k': buf_print(&text, "%llu", (unsigned long long)(info->blocks + 1) / 2); break;
        case 'l':
            if (info->kind == NODE_LINK) {
                struct str target;
                if (vfs_readlink(&c->task->sandbox->vfs, info->number, &target) == 0)
                    buf_add(&text, target);
            }
            break;
        case 'm': put_number(out, d, info->mode & 07777, 'o'); continue;
        case 'M': {
            char mode[MODE_TEXT];
            mode_print(mode, long_letter(info->kind), info->mode);
            buf_add(&text, str_of(mode, sizeof mode));
            break;
        }
        case 'n': buf_print(&text, "%llu", (unsigned long long)info->links); break;
        case 'p': buf_add(&text, walk_path(w)); break;
        case 'P': {
            struct str rest = w->depth ? str_after(walk_path(w), f->roots[f->root - 1].length) : (struct str){0};
            buf_add(&text, rest.length && rest.data[0] == '/' ? str_after(rest, 1) : rest);
            break;
        }
        case 's': buf_print(&text, "%llu", (unsigned long long)info->size); break;
        case 'S': put_sparseness(out, d, info); continue;
        case 'u': print_owner(out, d, &f->owners, OWNER_USER, info->user); continue;
        case 'U': buf_print(&text, "%lu", (unsigned long)info->user); break;
        case 'y': buf_add_byte(&text, find_letter(info->kind)); break;
        case 'Y': {
            enum node_kind kind = info->kind;
            int error = kind == NODE_LINK ? find_target(c, f, &kind) : 0;
            buf_add_byte(&text, error == E_NOENT || error == E_NOTDIR ? 'N' : error == E_LOOP ? 'L' : error ? '?' : find_letter(kind));
            break;
        }
        case 'Z': break;
        }
        put_text(out, d, buf_str(&text));
    }
    buf_drop(&text);
}

/* A name as -ls shows it: as C would, with spaces escaped and nothing above ASCII. */
static void add_escaped(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        static const char controls[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
        const char *found = byte && byte < 32 ? strchr(controls, byte) : NULL;
        if (found)
            buf_print(out, "\\%c", letters[found - controls]);
        else if (byte == '\\' || byte == ' ' || byte == '"')
            buf_print(out, "\\%c", byte);
        else if (byte < 32 || byte > 126)
            buf_print(out, "\\%03o", (unsigned)byte);
        else
            buf_add_byte(out, (char)byte);
    }
}

void find_ls(struct call *c, struct find *f, struct buf *out)
{
    struct walk *w = f->walk;
    const struct stat_info *info = &w->info;
    char mode[MODE_TEXT];
    mode_print(mode, long_letter(info->kind), info->mode);
    buf_print(out, "%9llu %6llu %S %3llu ", (unsigned long long)info->number, (unsigned long long)(info->blocks + 1) / 2,
              str_of(mode, sizeof mode), (unsigned long long)info->links);
    buf_add_byte(out, ' ');
    out->length--;
    const struct str *user = owner_name(&f->owners, OWNER_USER, info->user);
    const struct str *group = owner_name(&f->owners, OWNER_GROUP, info->group);
    if (user)
        buf_print(out, "%-8S ", *user);
    else
        buf_print(out, "%-8lu ", (unsigned long)info->user);
    if (group)
        buf_print(out, "%-8S ", *group);
    else
        buf_print(out, "%-8lu ", (unsigned long)info->group);
    if (info->kind == NODE_DEVICE)
        buf_print(out, "%3lu, %3lu ", (unsigned long)(info->device >> 8), (unsigned long)(info->device & 0xff));
    else
        buf_print(out, "%8llu ", (unsigned long long)info->size);
    bool recent = info->mtime > f->now - (int64_t)15778476 * 1000000000 && info->mtime <= f->now + (int64_t)3600 * 1000000000;
    stamp_print(c, out, recent ? str_lit("%b %e %H:%M ") : str_lit("%b %e  %Y "), info->mtime);
    add_escaped(out, walk_path(w));
    struct str target;
    if (info->kind == NODE_LINK && vfs_readlink(&c->task->sandbox->vfs, info->number, &target) == 0) {
        buf_add_text(out, " -> ");
        add_escaped(out, target);
    }
    buf_add_byte(out, '\n');
}
