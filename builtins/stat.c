/* builtins/stat.c - show what is known of a file. */
#include "base/mode.h"
#include "base/quote.h"
#include "builtins/owners.h"
#include "builtins/paths.h"
#include "builtins/stamp.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_PRINTF = OPTION_LONG, LONG_CACHED };

static const struct option options[] = {
    {'L', "dereference", NULL, "follow links"},
    {'f', "file-system", NULL, "display file system status instead of file status"},
    {LONG_CACHED, "cached", "MODE", "specify how to use cached attributes: always, never, default; there is no difference"},
    {'c', "format", "FORMAT", "use the specified FORMAT instead of the default; output a newline after each use of FORMAT"},
    {LONG_PRINTF, "printf", "FORMAT", "like --format, but interpret backslash escapes, and do not output a mandatory trailing newline"},
    {'t', "terse", NULL, "print the information in terse form"},
    {0},
};

enum { DEVICE_OF_FILES = 1, BLOCK = 4096 };

struct stat {
    struct str format;
    bool escapes, newline, standard; /* standard: the layout when nothing else is asked for */
    struct owners owners;
    size_t operand;
    int failed;
};

static int start(struct call *c)
{
    struct stat *s = c->state;
    bool system = call_has(c, 'f');
    s->newline = true;
    static const char *const cached[] = {"default", "never", "always", NULL};
    struct str mode;
    if (call_value(c, LONG_CACHED, &mode) && call_choose(c, "--cached", mode, cached) < 0)
        return 1;
    for (size_t i = c->option_count; i > 0; i--) {
        int letter = c->options[i - 1].letter;
        if (letter == 'c' || letter == LONG_PRINTF) {
            s->format = c->options[i - 1].value;
            s->escapes = letter == LONG_PRINTF;
            s->newline = letter == 'c';
            break;
        }
    }
    if (!s->format.data && call_has(c, 't'))
        s->format = system ? str_lit("%n %i %l %t %s %S %b %f %a %c %d") : str_lit("%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o");
    if (!s->format.data) {
        s->standard = true;
        s->format = system ? str_lit("  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s Fundamental block size: %S\n"
                                     "Blocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d")
                           : (struct str){0};
    }
    return c->operand_count ? 0 : call_missing_operand(c);
}

static uint32_t raw_mode(const struct stat_info *info)
{
    static const uint32_t kinds[] = {0, 0100000, 0040000, 0120000, 0010000, 0020000};
    return kinds[info->kind] | info->mode;
}

static char kind_letter(enum node_kind kind)
{
    return kind == NODE_DIRECTORY ? 'd' : kind == NODE_LINK ? 'l' : kind == NODE_FIFO ? 'p' : kind == NODE_DEVICE ? 'c' : '-';
}

/* A directive: its flags, width and precision, and where it stands. */
struct directive {
    bool left, zero, alternate, plus, space, has_precision;
    int width, precision;
};

static void add(struct call *c, const struct directive *d, struct str text)
{
    if (d->has_precision)
        text = str_first(text, (size_t)d->precision);
    size_t fill = (size_t)d->width > text.length ? (size_t)d->width - text.length : 0;
    if (!d->left)
        buf_fill(&c->out, ' ', fill);
    call_print(c, text);
    if (d->left)
        buf_fill(&c->out, ' ', fill);
}

static void add_number(struct call *c, const struct directive *d, int64_t value, const char *digits, bool is_signed)
{
    char text[32];
    size_t count = 0, base = strlen(digits);
    uint64_t n = value < 0 && is_signed ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    do {
        text[sizeof text - ++count] = digits[n % base];
        n /= base;
    } while (n);
    struct buf b;
    buf_init(&b, c->heap);
    if (value < 0 && is_signed)
        buf_add_byte(&b, '-');
    else if (d->plus && is_signed)
        buf_add_byte(&b, '+');
    else if (d->space && is_signed)
        buf_add_byte(&b, ' ');
    if (d->alternate && base == 8 && text[sizeof text - count] != '0')
        buf_add_byte(&b, '0');
    if (d->alternate && base == 16 && value)
        buf_add_text(&b, "0x");
    size_t have = b.length + count;
    if (d->has_precision && d->precision > (int)count)
        buf_fill(&b, '0', (size_t)d->precision - count);
    else if (d->zero && !d->left && !d->has_precision && (size_t)d->width > have)
        buf_fill(&b, '0', (size_t)d->width - have);
    buf_add(&b, str_of(text + sizeof text - count, count));
    struct directive plain = {.left = d->left, .width = d->width};
    add(c, &plain, buf_str(&b));
    buf_drop(&b);
}

/* Seconds, with as many digits behind the point as the precision says. */
static void add_seconds(struct call *c, const struct directive *d, int64_t when)
{
    int64_t rest = when % 1000000000, second = when / 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        second--;
    }
    struct buf b;
    buf_init(&b, c->heap);
    buf_print(&b, "%lld", (long long)second);
    if (d->has_precision && d->precision > 0) {
        int64_t scale = 100000000;
        buf_add_byte(&b, '.');
        for (int i = 0; i < d->precision; i++, scale /= 10)
            buf_add_byte(&b, (char)('0' + (scale ? rest / scale % 10 : 0)));
    }
    struct directive plain = {.left = d->left, .width = d->width};
    if (d->zero && !d->left && (size_t)d->width > b.length) {
        buf_fill(&c->out, '0', (size_t)d->width - b.length);
        plain.width = 0;
    }
    add(c, &plain, buf_str(&b));
    buf_drop(&b);
}

static void add_time(struct call *c, const struct directive *d, int64_t when)
{
    struct buf b;
    buf_init(&b, c->heap);
    stamp_print(c, &b, str_lit("%Y-%m-%d %H:%M:%S.%N %z"), when);
    add(c, d, buf_str(&b));
    buf_drop(&b);
}

static void add_owner(struct call *c, struct stat *s, const struct directive *d, int kind, uint32_t number)
{
    const struct str *name = owner_name(&s->owners, kind, number);
    add(c, d, name ? *name : str_lit("UNKNOWN"));
}

static const char decimal[] = "0123456789", octal[] = "01234567", hexadecimal[] = "0123456789abcdef";

/* Only where %N stands in the format without flags or width are names quoted. */
static enum quote_style quoting(struct call *c, const struct stat *s)
{
    struct str value;

    for (size_t i = 0; i + 1 < s->format.length; i++) {
        if (s->format.data[i] != '%' || s->format.data[i + 1] != 'N')
            continue;
        if (environment_find(c->task->environment, "QUOTING_STYLE", &value))
            for (int style = 0; quote_style_names[style]; style++)
                if (str_is(value, quote_style_names[style]))
                    return (enum quote_style)style;
        return QUOTE_SHELL_ESCAPE_ALWAYS;
    }
    return QUOTE_LITERAL;
}

static void add_quoted(struct call *c, const struct directive *d, enum quote_style style, struct str name, const struct stat_info *info)
{
    struct str target;
    struct buf b;

    buf_init(&b, c->heap);
    quote_add(&b, name, style, call_locale(c), NULL);
    add(c, d, buf_str(&b));
    if (info->kind == NODE_LINK && vfs_readlink(&c->task->sandbox->vfs, info->number, &target) == 0) {
        call_print_text(c, " -> ");
        buf_clear(&b);
        quote_add(&b, target, style, call_locale(c), NULL);
        add(c, d, buf_str(&b));
    }
    buf_drop(&b);
}

static void print_file(struct call *c, struct stat *s, const struct directive *d, char letter, struct str name,
                       const struct stat_info *info)
{
    char mode[MODE_TEXT];
    uint32_t device = info->kind == NODE_DEVICE ? info->device : 0;
    switch (letter) {
    case 'a': add_number(c, d, info->mode & 07777, octal, false); break;
    case 'A':
        mode_print(mode, kind_letter(info->kind), info->mode);
        add(c, d, str_of(mode, sizeof mode));
        break;
    case 'b': add_number(c, d, (int64_t)info->blocks, decimal, false); break;
    case 'B': add_number(c, d, 512, decimal, false); break;
    case 'C': add(c, d, str_lit("?")); break;
    case 'd': add_number(c, d, DEVICE_OF_FILES, decimal, false); break;
    case 'D': add_number(c, d, DEVICE_OF_FILES, hexadecimal, false); break;
    case 'f': add_number(c, d, raw_mode(info), hexadecimal, false); break;
    case 'F': add(c, d, str_from(path_kind(info))); break;
    case 'g': add_number(c, d, info->group, decimal, false); break;
    case 'G': add_owner(c, s, d, OWNER_GROUP, info->group); break;
    case 'h': add_number(c, d, (int64_t)info->links, decimal, false); break;
    case 'i': add_number(c, d, (int64_t)info->number, decimal, false); break;
    case 'm': add(c, d, str_lit("/")); break;
    case 'n': add(c, d, name); break;
    case 'N': add_quoted(c, d, quoting(c, s), name, info); break;
    case 'o': add_number(c, d, BLOCK, decimal, false); break;
    case 's': add_number(c, d, (int64_t)info->size, decimal, true); break;
    case 'r': add_number(c, d, device, decimal, false); break;
    case 'R': add_number(c, d, device, hexadecimal, false); break;
    case 't': add_number(c, d, device >> 8, hexadecimal, false); break;
    case 'T': add_number(c, d, device & 0xff, hexadecimal, false); break;
    case 'u': add_number(c, d, info->user, decimal, false); break;
    case 'U': add_owner(c, s, d, OWNER_USER, info->user); break;
    case 'w': add(c, d, str_lit("-")); break;
    case 'W': add_number(c, d, 0, decimal, true); break;
    case 'x': add_time(c, d, info->atime); break;
    case 'X': add_seconds(c, d, info->atime); break;
    case 'y': add_time(c, d, info->mtime); break;
    case 'Y': add_seconds(c, d, info->mtime); break;
    case 'z': add_time(c, d, info->ctime); break;
    case 'Z': add_seconds(c, d, info->ctime); break;
    default:  call_print_byte(c, '?'); break;
    }
}

static void print_system(struct call *c, const struct directive *d, char letter, struct str name)
{
    struct vfs *v = &c->task->sandbox->vfs;
    uint64_t blocks = v->disk_limit / BLOCK, used = (vfs_disk(v) + BLOCK - 1) / BLOCK, free = blocks > used ? blocks - used : 0;
    uint64_t inodes = v->disk_limit / NODE_WEIGHT;
    switch (letter) {
    case 'a': case 'f': add_number(c, d, (int64_t)free, decimal, false); break;
    case 'b': add_number(c, d, (int64_t)blocks, decimal, false); break;
    case 'c': add_number(c, d, (int64_t)inodes, decimal, false); break;
    case 'd':
        add_number(c, d, (int64_t)(vfs_disk(v) < v->disk_limit ? (v->disk_limit - vfs_disk(v)) / NODE_WEIGHT : 0),
                   decimal, false);
        break;
    case 'i': add_number(c, d, DEVICE_OF_FILES, hexadecimal, false); break;
    case 'l': add_number(c, d, VFS_NAME_MOST, decimal, false); break;
    case 'n': add(c, d, name); break;
    case 's': case 'S': add_number(c, d, BLOCK, decimal, false); break;
    case 't': add_number(c, d, 0xef53, hexadecimal, false); break;
    case 'T': add(c, d, str_lit("ext2/ext3")); break;
    default:  call_print_byte(c, '?'); break;
    }
}

static size_t print_escape(struct call *c, struct str f, size_t at)
{
    static const char letters[] = "abefnrtv\\\"", bytes[] = "\a\b\033\f\n\r\t\v\\\"";
    char byte = at + 1 < f.length ? f.data[at + 1] : 0;
    const char *found = byte ? strchr(letters, byte) : NULL;
    if (found) {
        call_print_byte(c, bytes[found - letters]);
        return at + 2;
    }
    if (byte >= '0' && byte <= '7') {
        int value = 0;
        size_t end = at + 1;
        for (; end < f.length && end < at + 4 && f.data[end] >= '0' && f.data[end] <= '7'; end++)
            value = value * 8 + (f.data[end] - '0');
        call_print_byte(c, (char)value);
        return end;
    }
    if (byte == 'x' && at + 2 < f.length && utf8_byte_is(f.data[at + 2], UTF8_XDIGIT)) {
        int value = 0;
        size_t end = at + 2;
        for (; end < f.length && end < at + 4 && utf8_byte_is(f.data[end], UTF8_XDIGIT); end++)
            value = value * 16 + (f.data[end] <= '9' ? f.data[end] - '0' : (f.data[end] | 32) - 'a' + 10);
        call_print_byte(c, (char)value);
        return end;
    }
    if (!byte) {
        call_warn(c, "warning: backslash at end of format");
        call_print_byte(c, '\\');
        return at + 1;
    }
    call_warn(c, "warning: unrecognized escape '\\%c'", byte);
    call_print_byte(c, byte);
    return at + 2;
}

/* False when the format is bad: a message was printed. */
static bool print_format(struct call *c, struct stat *s, struct str f, struct str name, const struct stat_info *info)
{
    for (size_t at = 0; at < f.length;) {
        if (f.data[at] == '\\' && s->escapes) {
            at = print_escape(c, f, at);
            continue;
        }
        if (f.data[at] != '%') {
            call_print_byte(c, f.data[at++]);
            continue;
        }
        size_t from = at++;
        struct directive d = {0};
        for (; at < f.length && f.data[at] && strchr("-+ #0'I", f.data[at]); at++) {
            d.left |= f.data[at] == '-';
            d.plus |= f.data[at] == '+';
            d.space |= f.data[at] == ' ';
            d.alternate |= f.data[at] == '#';
            d.zero |= f.data[at] == '0';
        }
        for (; at < f.length && f.data[at] >= '0' && f.data[at] <= '9'; at++)
            d.width = d.width < 100000 ? d.width * 10 + (f.data[at] - '0') : d.width;
        if (at < f.length && f.data[at] == '.') {
            d.has_precision = true;
            size_t digits = ++at;
            for (; at < f.length && f.data[at] >= '0' && f.data[at] <= '9'; at++)
                d.precision = d.precision < 1000 ? d.precision * 10 + (f.data[at] - '0') : d.precision;
            if (digits == at)
                d.precision = 9;
        }
        if (at >= f.length || f.data[at] == '%') {
            if (at - from > 1) {
                call_error(c, "%S: invalid directive", call_quote_word(c, str_first(str_after(f, from), at - from + (at < f.length))));
                return false;
            }
            call_print_byte(c, '%');
            at += at < f.length;
            continue;
        }
        char letter = f.data[at++];
        if ((letter == 'H' || letter == 'L') && at < f.length && (f.data[at] == 'd' || f.data[at] == 'r')) {
            uint32_t device = f.data[at++] == 'd' ? DEVICE_OF_FILES : info->kind == NODE_DEVICE ? info->device : 0;
            add_number(c, &d, letter == 'H' ? device >> 8 : device & 0xff, decimal, false);
        } else if (call_has(c, 'f')) {
            print_system(c, &d, letter, name);
        } else {
            print_file(c, s, &d, letter, name, info);
        }
    }
    return true;
}

static void print_standard(struct call *c, struct stat *s, struct str name, const struct stat_info *info)
{
    char mode[MODE_TEXT];
    struct str target = {0};
    struct directive plain = {0}, user = {.width = 8};
    mode_print(mode, kind_letter(info->kind), info->mode);
    call_format(c, "  File: %S", name);
    if (info->kind == NODE_LINK && vfs_readlink(&c->task->sandbox->vfs, info->number, &target) == 0)
        call_format(c, " -> %S", target);
    call_format(c, "\n  Size: %-10llu\tBlocks: %-10llu IO Block: %-6d %s\n", (unsigned long long)info->size,
                (unsigned long long)info->blocks, BLOCK, path_kind(info));
    call_format(c, "Device: 0,%d\tInode: %-11llu Links: ", DEVICE_OF_FILES, (unsigned long long)info->number);
    if (info->kind == NODE_DEVICE)
        call_format(c, "%-5llu Device type: %lu,%lu\n", (unsigned long long)info->links, (unsigned long)(info->device >> 8),
                    (unsigned long)(info->device & 0xff));
    else
        call_format(c, "%llu\n", (unsigned long long)info->links);
    call_format(c, "Access: (%04o/%S)  Uid: (%5lu/", info->mode & 07777, str_of(mode, sizeof mode), (unsigned long)info->user);
    add_owner(c, s, &user, OWNER_USER, info->user);
    call_format(c, ")   Gid: (%5lu/", (unsigned long)info->group);
    add_owner(c, s, &user, OWNER_GROUP, info->group);
    call_print_text(c, ")\nAccess: ");
    add_time(c, &plain, info->atime);
    call_print_text(c, "\nModify: ");
    add_time(c, &plain, info->mtime);
    call_print_text(c, "\nChange: ");
    add_time(c, &plain, info->ctime);
    call_print_text(c, "\n Birth: -\n");
}

static enum step step(struct call *c)
{
    struct stat *s = c->state;
    if (owners_load(c, &s->owners) == E_WAIT)
        return STEP_WAIT;
    for (; s->operand < c->operand_count; s->operand++) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str name = c->operands[s->operand];
        struct stat_info info = {0};
        int error = 0;
        if (str_is(name, "-") && !call_has(c, 'f')) {
            struct file *in = fds_get(c->task, 0);
            error = in ? file_stat(in, &info) : E_BADF;
        } else {
            error = call_stat(c, name, call_has(c, 'L') || call_has(c, 'f'), &info);
        }
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error) {
            call_error(c, call_has(c, 'f') ? "cannot read file system information for %S: %m"
                          : str_is(name, "-") ? "cannot stat standard input: %m" : "cannot statx %S: %m", call_quote(c, name), error);
            continue;
        }
        if (s->standard && !call_has(c, 'f')) {
            print_standard(c, s, name, &info);
            continue;
        }
        if (!print_format(c, s, s->format, name, &info))
            return call_exit(c, 1);
        if (s->newline)
            call_print_byte(c, '\n');
    }
    return call_done(c);
}

const struct command command_stat = {
    .name = "stat",
    .usage = "[OPTION]... FILE...",
    .summary = "display file or file system status",
    .options = options,
    .state = sizeof(struct stat),
    .start = start,
    .step = step,
};
