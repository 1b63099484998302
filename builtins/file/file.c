/* builtins/file/file.c - tell what kind of file something is. */
#include "builtins/file/file.h"

#include "builtins/text.h"

enum { MIME_TYPE = OPTION_LONG, MIME_ENCODING, EXTENSION, APPLE, EXCLUDE_QUIET };

static const struct option options[] = {
    {'b', "brief", NULL, "do not prepend filenames to output lines"},
    {'e', "exclude", "TEST", "leave out TEST: apptype, ascii, cdf, compress, csv, elf, encoding, soft, tar, json, text, tokens"},
    {EXCLUDE_QUIET, "exclude-quiet", "TEST", "like exclude, but ignore unknown tests"},
    {'E', NULL, NULL, "a file that cannot be looked at is an error"},
    {'f', "files-from", "FILE", "read the filenames to be examined from FILE"},
    {'F', "separator", "STRING", "use string as separator instead of `:'"},
    {'i', "mime", NULL, "output MIME type strings (--mime-type and --mime-encoding)"},
    {MIME_TYPE, "mime-type", NULL, "output the MIME type"},
    {MIME_ENCODING, "mime-encoding", NULL, "output the MIME encoding"},
    {'k', "keep-going", NULL, "don't stop at the first match: there is but one"},
    {'L', "dereference", NULL, "follow symlinks (default if POSIXLY_CORRECT is set)"},
    {'h', "no-dereference", NULL, "don't follow symlinks (default if POSIXLY_CORRECT is not set)"},
    {'n', "no-buffer", NULL, "do not buffer output"},
    {'N', "no-pad", NULL, "do not pad output"},
    {'0', "print0", NULL, "terminate filenames with ASCII NUL; twice: lines too"},
    {'p', "preserve-date", NULL, "preserve access times on files"},
    {'P', "parameter", "NAME=VALUE", "set file engine parameter limits: ignored"},
    {'r', "raw", NULL, "don't translate unprintable chars to \\ooo"},
    {'s', "special-files", NULL, "treat special (block/char devices) files as ordinary ones: they are not read"},
    {'S', "no-sandbox", NULL, "disable system call sandboxing: there is none"},
    {'v', NULL, NULL, "output version information and exit"},
    {0},
};

/* Names that are shown in one width. */
struct group {
    const struct str *names;
    size_t count, at;
    size_t width;
};

struct file_state {
    bool brief, strict, type, encoding, follow, pad, raw;
    bool no_text, no_json, no_csv, no_magic;
    size_t nuls;
    struct str separator;
    struct group *groups;
    size_t group_count, group;
    size_t next_list;        /* options looked at for -f */
    struct input *list;
    struct input *input;
    bool stated;
    struct stat_info info;
    struct finding finding;
};

static int bad_usage(struct call *c)
{
    call_print_help(c);
    buf_add(&c->err, buf_str(&c->out));
    buf_clear(&c->out);
    return 1;
}

static void add_group(struct call *c, struct file_state *s, const struct str *names, size_t count)
{
    struct group g = {.names = names, .count = count};

    for (size_t i = 0; i < count; i++) {
        size_t width = utf8_columns(str_is(names[i], "-") ? str_lit("/dev/stdin") : names[i], LOCALE_UTF8);
        if (width > g.width)
            g.width = width;
    }
    s->groups = array_grow(c->heap, s->groups, s->group_count, sizeof *s->groups);
    s->groups[s->group_count++] = g;
}

static int exclude(struct call *c, struct file_state *s, struct str test, bool quiet)
{
    static const char *const tests[] = {"apptype",  "ascii", "cdf", "compress", "csv",  "elf",
                                        "encoding", "soft",  "tar", "json",     "text", "tokens"};
    bool known = false;

    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        known |= str_is(test, tests[i]);
    s->no_text |= str_is(test, "ascii") || str_is(test, "text");
    s->no_json |= str_is(test, "json");
    s->no_csv |= str_is(test, "csv");
    s->no_magic |= str_is(test, "soft");
    return known || quiet ? 0 : bad_usage(c);
}

static int file_start(struct call *c)
{
    struct file_state *s = c->state;
    struct str value;

    if (call_has(c, 'v')) {
        call_print_text(c, "file-5.44\n");
        c->finished = true;
        return 0;
    }
    s->brief = call_has(c, 'b');
    s->strict = call_has(c, 'E');
    s->type = call_has(c, 'i') || call_has(c, MIME_TYPE);
    s->encoding = call_has(c, 'i') || call_has(c, MIME_ENCODING);
    s->follow = environment_find(c->task->environment, "POSIXLY_CORRECT", &value);
    if (call_last(c, "Lh"))
        s->follow = call_last(c, "Lh") == 'L';
    s->pad = !call_has(c, 'N');
    s->raw = call_has(c, 'r');
    s->nuls = call_count(c, '0');
    s->separator = str_lit(":");
    call_value(c, 'F', &s->separator);
    buf_init(&s->finding.kind, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *g = &c->options[i];
        if ((g->letter == 'e' || g->letter == EXCLUDE_QUIET) && exclude(c, s, g->value, g->letter != 'e'))
            return 1;
    }
    if (!c->operand_count && !call_has(c, 'f'))
        return bad_usage(c);
    return 0;
}

/* --- output --------------------------------------------------------------------------------------------------- */

static void put_name(struct call *c, const struct file_state *s, struct str name)
{
    while (name.length) {
        struct utf8_char u = utf8_first(name, LOCALE_UTF8);
        if (s->raw || (u.valid && utf8_is(u.code, UTF8_PRINT, LOCALE_UTF8)))
            call_print(c, str_first(name, u.length));
        else
            for (size_t i = 0; i < u.length; i++)
                call_format(c, "\\%03o", (unsigned)(unsigned char)name.data[i]);
        name = str_after(name, u.length);
    }
}

static void put_head(struct call *c, const struct file_state *s)
{
    const struct group *g = &s->groups[s->group];
    struct str name = g->names[g->at];
    size_t width;

    if (s->brief)
        return;
    if (str_is(name, "-"))
        name = str_lit("/dev/stdin");
    if (name.length)
        put_name(c, s, name);
    if (s->nuls)
        call_print_byte(c, 0);
    if (s->nuls < 2 && (name.length || s->nuls))
        call_print(c, s->separator);
    if (s->nuls > 1 || !(name.length || s->nuls))
        return;
    width = utf8_columns(name, LOCALE_UTF8);
    buf_fill(&c->out, ' ', s->pad && width < g->width ? g->width - width + 1 : 1);
}

/* One line is done; the next file is next. */
static void end_file(struct call *c, struct file_state *s)
{
    call_print_byte(c, s->nuls > 1 ? 0 : '\n');
    if (s->input)
        input_close(s->input);
    s->input = NULL;
    s->stated = false;
    buf_clear(&s->finding.kind);
    s->finding = (struct finding){.kind = s->finding.kind};
    s->groups[s->group].at++;
    call_charge(c, 1);
}

static void put_mime(struct call *c, const struct file_state *s, const char *type, const char *charset)
{
    if (s->type)
        call_print_text(c, type);
    if (s->type && s->encoding)
        call_print_text(c, "; charset=");
    if (s->encoding)
        call_print_text(c, charset);
}

/* What needs no look inside: true when it is such. */
static bool put_special(struct call *c, const struct file_state *s)
{
    const struct stat_info *i = &s->info;
    const char *kind = NULL, *type = NULL;
    bool mime = s->type || s->encoding;

    switch (i->kind) {
    case NODE_DIRECTORY:
        kind = "directory";
        type = "inode/directory";
        break;
    case NODE_FIFO:
        kind = "fifo (named pipe)";
        type = "inode/fifo";
        break;
    case NODE_DEVICE:
        kind = "";
        type = "inode/chardevice";
        break;
    default: break;
    }
    if (!kind)
        return false;
    if (mime) {
        put_mime(c, s, type, "binary");
        return true;
    }
    if (i->mode & 04000)
        call_print_text(c, "setuid, ");
    if (i->mode & 02000)
        call_print_text(c, "setgid, ");
    if (i->mode & 01000)
        call_print_text(c, "sticky, ");
    if (*kind)
        call_print_text(c, kind);
    else
        call_format(c, "character special (%u/%u)", (unsigned)(i->device >> 8 & 0xfff), (unsigned)(i->device & 0xff));
    return true;
}

static void put_link(struct call *c, const struct file_state *s, struct str name)
{
    struct buf target;
    struct stat_info info;
    bool broken;

    buf_init(&target, c->heap);
    task_readlink(c->task, name, &target);
    broken = call_stat(c, name, true, &info) < 0;
    if (s->type || s->encoding) {
        if (broken)
            call_print_text(c, s->type ? "inode/symlink" : "binary");
        else
            put_mime(c, s, "inode/symlink", "binary");
        return;
    }
    call_print_text(c, broken ? "broken symbolic link to " : "symbolic link to ");
    put_name(c, s, buf_str(&target));
}

/* --- looking inside --------------------------------------------------------------------------------------------------
 */

static void look_for_text(struct file_state *s, struct str bytes, enum encoding_kind encoding)
{
    struct finding *f = &s->finding;
    bool lines = false, narrow = encoding < ENCODING_UTF16_LITTLE;

    if (narrow && !s->no_json && data_is_json(bytes, &lines)) {
        buf_add_text(&f->kind, lines ? "New Line Delimited JSON text data" : "JSON text data");
        f->mime = lines ? "application/x-ndjson" : "application/json";
    } else if (!s->no_magic && magic_find(f, bytes)) {
        ;
    } else if (!(narrow && !s->no_magic && source_find(f, bytes)) && narrow && !s->no_csv && data_is_csv(bytes)) {
        buf_add_text(&f->kind, "CSV ");
        f->mime = "text/csv";
        buf_add_text(&f->kind, "text");
    }
}

static void put_content(struct call *c, struct file_state *s, struct str bytes)
{
    struct finding *f = &s->finding;
    struct str head = str_first(bytes, FILE_ENCODING_LOOK);
    enum encoding_kind encoding;
    uint32_t mode = s->info.mode;

    if (bytes.length < 2) {
        if (s->type || s->encoding)
            put_mime(c, s, bytes.length ? "application/octet-stream" : "inode/x-empty", "binary");
        else
            call_print_text(c, bytes.length ? "very short file (no magic)" : "empty");
        return;
    }
    bytes = str_first(bytes, FILE_LOOK);
    encoding = encoding_of(head);
    call_charge_bytes(c, head.length * 4);
    if (encoding == ENCODING_BINARY) {
        if (!s->no_magic)
            magic_find(f, bytes);
    } else {
        call_charge_bytes(c, bytes.length * 2);
        look_for_text(s, bytes, encoding);
    }
    if (s->type || s->encoding) {
        const char *plain = encoding == ENCODING_BINARY ? "application/octet-stream" : "text/plain";
        put_mime(c, s, f->mime ? f->mime : plain, encoding_charset(encoding));
        return;
    }
    if (mode & 04000)
        call_print_text(c, "setuid ");
    if (mode & 02000)
        call_print_text(c, "setgid ");
    if (mode & 01000)
        call_print_text(c, "sticky ");
    call_print(c, buf_str(&f->kind));
    if (f->kind.length && f->way == FINDING_WHOLE)
        return;
    if (encoding == ENCODING_BINARY || s->no_text) {
        call_print_text(c, "data");
        return;
    }
    if (f->kind.length || mode & 07000)
        call_print_text(c, ", ");
    encoding_describe(&c->out, head, encoding, f->way == FINDING_EXECUTABLE);
}

/* One file: 0, or E_WAIT. */
static int look_at_file(struct call *c, struct file_state *s)
{
    const struct group *g = &s->groups[s->group];
    struct str name = g->names[g->at], bytes = {0};
    bool standard = str_is(name, "-");
    int error = 0;

    if (!s->stated && !standard) {
        error = call_stat(c, name, s->follow, &s->info);
        if (error == E_WAIT)
            return error;
        if (error) {
            put_head(c, s);
            call_format(c, s->strict ? "ERROR: cannot stat `%S' (%m)" : "cannot open `%S' (%m)", name, error);
            if (s->strict)
                c->status = 1;
            end_file(c, s);
            return 0;
        }
    }
    s->stated = true;
    if (!standard && s->info.kind == NODE_LINK) {
        put_head(c, s);
        put_link(c, s, name);
        end_file(c, s);
        return 0;
    }
    if (!standard && s->info.kind != NODE_FILE) {
        put_head(c, s);
        put_special(c, s);
        end_file(c, s);
        return 0;
    }
    if (!s->input) {
        error = input_open(c, &s->input, name, standard);
        if (error == E_WAIT)
            return error;
        if (!error && standard)
            file_stat(s->input->file, &s->info);
    }
    if (!error && input_all(s->input, &bytes) == INPUT_WAIT)
        return E_WAIT;
    put_head(c, s);
    if (error == E_ACCES && !s->info.size)
        put_content(c, s, bytes);
    else if (error == E_ACCES)
        call_format(c, "%s, no read permission", s->info.mode & 0111 ? "executable, regular file" : "regular file");
    else if (error)
        call_format(c, "cannot open `%S' (%m)", name, error);
    else
        put_content(c, s, bytes);
    end_file(c, s);
    return 0;
}

/* --- names -----------------------------------------------------------------------------------------------------------
 */

/* The names in a file of -f: 0, E_WAIT, or 1 after a message. */
static int read_list(struct call *c, struct file_state *s, struct str path)
{
    struct str all, *names = NULL;
    size_t count = 0;
    int error = text_whole(c, &s->list, path, true, &all);

    if (error == E_WAIT)
        return error;
    if (!s->list) {
        call_error(c, "Cannot open `%S' (%m)", path, error);
        return 1;
    }
    call_charge_bytes(c, all.length);
    while (all.length) {
        ptrdiff_t at = str_find(all, '\n');
        names = array_grow(c->heap, names, count, sizeof *names);
        names[count++] = str_copy(c->heap, at < 0 ? all : str_first(all, (size_t)at));
        all = str_after(all, at < 0 ? all.length : (size_t)at + 1);
        call_charge(c, 1);
    }
    input_close(s->list);
    s->list = NULL;
    add_group(c, s, names, count);
    return 0;
}

static enum step file_step(struct call *c)
{
    struct file_state *s = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (s->next_list < c->option_count) {
            const struct given_option *g = &c->options[s->next_list];
            int error = g->letter == 'f' ? read_list(c, s, g->value) : 0;
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
            if (++s->next_list == c->option_count)
                add_group(c, s, c->operands, c->operand_count);
            continue;
        }
        if (!c->option_count && !s->groups)
            add_group(c, s, c->operands, c->operand_count);
        if (s->group == s->group_count)
            return call_done(c);
        if (s->groups[s->group].at == s->groups[s->group].count)
            s->group++;
        else if (look_at_file(c, s) == E_WAIT)
            return STEP_WAIT;
    }
}

const struct command command_file = {
    .name = "file",
    .usage = "[OPTION...] [FILE...]",
    .summary = "Determine type of FILEs.",
    .options = options,
    .state = sizeof(struct file_state),
    .start = file_start,
    .step = file_step,
    .flags = COMMAND_HELP,
    .refused = "-z, --uncompress: compressed files are not looked into\n-Z, --uncompress-noreport: the same\n"
               "-m, --magic-file: what is known is built in\n-c, --checking-printout: the same\n-C, --compile: the same\n"
               "-l, --list: the same\n-d, --debug: the same\n--apple: nothing is known of it\n--extension: nothing is known of it",
};
