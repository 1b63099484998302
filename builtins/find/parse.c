/* builtins/find/parse.c - the words of find to a program. */
#include "builtins/find/find.h"

#include "base/number.h"
#include "builtins/stamp.h"
#include "task/sandbox.h"

#define SECOND ((int64_t)1000000000)
#define DAY (86400 * SECOND)

/* Operators that wait for their right side, with the jump to be aimed when it is complete. */
struct waiting {
    int precedence; /* 0 (, 1 comma, 2 or, 3 and, 4 not */
    size_t jump;
};

struct parser {
    struct call *c;
    struct find *f;
    size_t at;             /* in argv */
    struct waiting *stack;
    size_t depth;
    bool operand;          /* the last thing was a complete operand */
    struct str binary;     /* the operator before */
    bool has_action, has_delete, has_prune, has_ask, depth_given, regex_reported;
    int status;
};

static int fail(struct parser *p)
{
    p->c->status = 1;
    p->status = 1;
    return 1;
}

static struct instruction *emit(struct parser *p, enum operation operation)
{
    struct find *f = p->f;
    f->code = array_grow(p->c->heap, f->code, f->count, sizeof *f->code);
    struct instruction *i = &f->code[f->count++];
    memset(i, 0, sizeof *i);
    i->operation = operation;
    return i;
}

static struct str word_at(struct parser *p, size_t at)
{
    return p->c->argv[at];
}

/* The argument of a predicate: false after a message. */
static bool argument(struct parser *p, struct str name, struct str *value)
{
    if (p->at >= p->c->argc) {
        call_error(p->c, "missing argument to `%S'", name);
        fail(p);
        return false;
    }
    *value = word_at(p, p->at++);
    return true;
}

static struct str quote(struct parser *p, struct str s)
{
    return find_quote(p->c, p->f, s);
}

static void bad_argument(struct parser *p, struct str name, struct str value)
{
    call_error(p->c, "invalid argument `%S' to `%S'", value, name);
    fail(p);
}

static enum relation take_sign(struct str *s)
{
    if (s->length && (s->data[0] == '+' || s->data[0] == '-')) {
        enum relation relation = s->data[0] == '+' ? MORE : LESS;
        *s = str_after(*s, 1);
        return relation;
    }
    return EQUAL;
}

static bool digits(struct str s, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s.length; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.data[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return s.length > 0;
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return true;
}

/* A number with a fraction, times `unit` ns. */
static bool fraction(struct str s, int64_t unit, int64_t *value)
{
    uint64_t whole = 0;
    ptrdiff_t dot = str_find(s, '.');
    struct str before = dot < 0 ? s : str_first(s, (size_t)dot), after = dot < 0 ? (struct str){0} : str_after(s, (size_t)dot + 1);
    if (before.length + after.length == 0 || (before.length && !digits(before, &whole)))
        return false;
    if (whole > (uint64_t)(INT64_MAX / 4 / unit))
        whole = (uint64_t)(INT64_MAX / 4 / unit);
    int64_t sum = (int64_t)whole * unit;
    for (size_t i = 0; i < after.length; i++) {
        if (after.data[i] < '0' || after.data[i] > '9')
            return false;
        unit /= 10;
        sum += unit * (after.data[i] - '0');
    }
    *value = sum;
    return true;
}

static bool parse_kinds(struct parser *p, struct str name, struct str value, unsigned *kinds)
{
    if (!value.length) {
        call_error(p->c, "Arguments to %S should contain at least one letter", name);
        return fail(p), false;
    }
    for (size_t i = 0; i < value.length; i++) {
        unsigned kind;
        switch (value.data[i]) {
        case 'f': kind = 1u << NODE_FILE; break;
        case 'd': kind = 1u << NODE_DIRECTORY; break;
        case 'l': kind = 1u << NODE_LINK; break;
        case 'p': kind = 1u << NODE_FIFO; break;
        case 'c': kind = 1u << NODE_DEVICE; break;
        case 'b': kind = 1u << 31; break; /* which is not there */
        case 's': kind = 1u << 30; break;
        case 'D':
            call_error(p->c, "%S D is not supported because Solaris doors are not supported on the platform find was compiled on.", name);
            return fail(p), false;
        default:
            call_error(p->c, "Unknown argument to %S: %c", name, value.data[i]);
            return fail(p), false;
        }
        if (*kinds & kind) {
            call_error(p->c, "Duplicate file type '%c' in the argument list to %S.", value.data[i], name);
            return fail(p), false;
        }
        *kinds |= kind;
        if (++i == value.length)
            return true;
        if (value.data[i] != ',') {
            call_error(p->c, "Must separate multiple arguments to %S using: ','", name);
            return fail(p), false;
        }
    }
    call_error(p->c, "Last file type in list argument to %S is missing, i.e., list is ending on: ','", name);
    return fail(p), false;
}

static bool parse_size(struct parser *p, struct str value, struct instruction *i)
{
    struct str s = value;
    if (!value.length) {
        call_error(p->c, "invalid null argument to -size");
        return fail(p), false;
    }
    i->relation = take_sign(&s);
    i->unit = 512;
    if (s.length) {
        char last = s.data[s.length - 1];
        static const char letters[] = "bcwkMG";
        static const uint32_t units[] = {512, 1, 2, 1024, 1 << 20, 1 << 30};
        const char *found = last ? strchr(letters, last) : NULL;
        if (found) {
            i->unit = units[found - letters];
            s.length--;
        } else if (last < '0' || last > '9') {
            call_error(p->c, "invalid -size type `%c'", last);
            return fail(p), false;
        }
    }
    if (!digits(s, &i->number)) {
        call_error(p->c, "Invalid argument `%S' to -size", value);
        return fail(p), false;
    }
    return true;
}

static bool parse_permissions(struct parser *p, struct str value, struct instruction *i)
{
    struct str s = value;
    if (s.length && (s.data[0] == '-' || s.data[0] == '/')) {
        i->how = s.data[0];
        s = str_after(s, 1);
    }
    bool plus_octal = s.length > 1 && s.data[0] == '+' && s.data[1] >= '0' && s.data[1] <= '7';
    struct mode *mode = plus_octal ? NULL : mode_parse(p->c->heap, s);
    if (!mode) {
        call_error(p->c, "invalid mode %S", quote(p, value));
        return fail(p), false;
    }
    i->mode = mode_apply(mode, 0, false, 0, NULL);
    i->directory_mode = mode_apply(mode, 0, true, 0, NULL);
    if (i->how == '/' && i->mode == 0 && i->directory_mode == 0) {
        i->how = '-';
        call_warn(p->c, "warning: you have specified a mode pattern %S (which is equivalent to /000). The meaning of -perm /000 has now "
                        "been changed to be consistent with -perm -000; that is, while it used to match no files, it now matches all "
                        "files.", value);
    }
    return true;
}

/* The bracket expression at s[at]: where it ends. Emacs knows no classes: [: is two characters, of which the [ goes to the end. */
static size_t add_emacs_bracket(struct buf *b, struct str s, size_t at)
{
    bool opening = false;
    size_t first = at + 1;
    if (first < s.length && s.data[first] == '^')
        first++;
    buf_add(b, str_first(str_after(s, at), first - at));
    for (at = first; at < s.length; at++) {
        char byte = s.data[at], next = at + 1 < s.length ? s.data[at + 1] : 0;
        if (byte == ']' && at > first) {
            bool range = b->length && b->data[b->length - 1] == '-';
            if (opening)
                b->length -= range;
            if (opening)
                buf_add_text(b, range ? "[-" : "[");
            buf_add_byte(b, ']');
            return at;
        }
        if (byte == '[' && next == ':') {
            opening = true;
        } else if (byte == '[' && (next == '.' || next == '=')) {
            size_t close = at + 2;
            while (close + 1 < s.length && !(s.data[close] == next && s.data[close + 1] == ']'))
                close++;
            close = close + 1 < s.length ? close + 1 : at;
            buf_add(b, str_first(str_after(s, at), close + 1 - at));
            at = close;
        } else {
            buf_add_byte(b, byte);
        }
    }
    return at;
}

/* An expression of Emacs, find's default, as an extended one. */
static struct str from_emacs(struct call *c, struct str s)
{
    struct buf b;
    buf_init(&b, c->heap);
    for (size_t i = 0; i < s.length; i++) {
        char byte = s.data[i];
        if (byte == '\\' && i + 1 < s.length) {
            byte = s.data[++i];
            if (byte != '(' && byte != ')' && byte != '|')
                buf_add_byte(&b, '\\');
            buf_add_byte(&b, byte);
        } else if (byte && strchr("(){}|", byte)) {
            buf_add_byte(&b, '\\');
            buf_add_byte(&b, byte);
        } else if (byte == '[') {
            i = add_emacs_bracket(&b, s, i);
        } else {
            buf_add_byte(&b, byte);
        }
    }
    return buf_str(&b);
}

static bool parse_regex(struct parser *p, struct str value, bool fold, struct instruction *i)
{
    struct find *f = p->f;
    struct str pattern = f->emacs ? from_emacs(p->c, value) : value;
    const char *message = NULL;
    unsigned flags = (fold ? REGEX_FOLD : 0) | (f->locale == LOCALE_UTF8 ? REGEX_UTF8 : 0);
    i->regex = regex_compile(p->c->heap, &pattern, 1, f->syntax, flags, &message);
    if (!i->regex) {
        call_error(p->c, "failed to compile regular expression '%S': %s", value, message);
        return fail(p), false;
    }
    return true;
}

static bool parse_syntax(struct parser *p, struct str value)
{
    static const struct { const char *name; enum regex_syntax syntax; bool emacs; } types[] = {
        {"findutils-default", REGEX_EXTENDED, true}, {"ed", REGEX_BASIC, false}, {"emacs", REGEX_EXTENDED, true},
        {"gnu-awk", REGEX_AWK, false}, {"grep", REGEX_BASIC, false}, {"posix-awk", REGEX_AWK, false}, {"awk", REGEX_AWK, false},
        {"posix-basic", REGEX_BASIC, false}, {"posix-egrep", REGEX_EXTENDED, false}, {"egrep", REGEX_EXTENDED, false},
        {"posix-extended", REGEX_EXTENDED, false}, {"posix-minimal-basic", REGEX_BASIC, false}, {"sed", REGEX_BASIC, false},
    };
    struct buf list;
    buf_init(&list, p->c->heap);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_is(value, types[i].name)) {
            p->f->syntax = types[i].syntax;
            p->f->emacs = types[i].emacs;
            return true;
        }
        buf_print(&list, "%s%S", i ? ", " : "", quote(p, str_from(types[i].name)));
    }
    call_error(p->c, "Unknown regular expression type %S; valid types are %S.", quote(p, value), buf_str(&list));
    return fail(p), false;
}

/* The file whose time or identity a test compares with: false after a message, or when it waits (status E_WAIT). */
static bool reference(struct parser *p, struct str path, struct stat_info *info)
{
    int error = call_stat(p->c, path, p->f->follow != WALK_PHYSICAL, info);
    if (error == E_NOENT && p->f->follow != WALK_PHYSICAL)
        error = call_stat(p->c, path, false, info);
    if (error == E_WAIT) {
        p->status = E_WAIT;
        return false;
    }
    if (error) {
        call_error(p->c, "%S: %m", quote(p, path), error);
        return fail(p), false;
    }
    return true;
}

static int64_t time_of(const struct stat_info *info, char which)
{
    return which == 'a' ? info->atime : which == 'c' ? info->ctime : info->mtime;
}

static bool parse_newer(struct parser *p, struct str name, struct str value, char which, char other, struct instruction *i)
{
    i->how = which;
    if (which == 'B' || other == 'B') {
        call_error(p->c, "This system does not provide a way to find the birth time of a file.");
        call_error(p->c, "invalid predicate `%S'", name);
        return fail(p), false;
    }
    if (other == 't') {
        if (!stamp_parse(p->c, value, p->f->now, &i->time)) {
            call_error(p->c, "I cannot figure out how to interpret %S as a date or time", quote(p, value));
            return fail(p), false;
        }
        return true;
    }
    struct stat_info info;
    if (!reference(p, value, &info))
        return false;
    i->time = time_of(&info, other);
    return true;
}

/* -mtime (days) and -mmin. */
static bool parse_age(struct parser *p, struct str name, struct str value, bool days, struct instruction *i)
{
    struct str s = value;
    int64_t age;
    i->relation = take_sign(&s);
    if (!fraction(s, days ? DAY : 60 * SECOND, &age))
        return bad_argument(p, name, value), false;
    int64_t origin = p->f->day_start;
    if (!days)
        origin += DAY;
    else if (i->relation == LESS)
        origin += DAY - SECOND;
    i->time = origin - age;
    i->window = days ? DAY : 60 * SECOND;
    i->how = name.data[1];
    return true;
}

static bool parse_owner(struct parser *p, struct str value, int kind, struct instruction *i)
{
    uint32_t number;
    if (owner_number(&p->f->owners, kind, value, &number, NULL)) {
        i->number = number;
        return true;
    }
    bool number_given = value.length && all_digits(value);
    if (number_given && digits(value, &i->number) && i->number <= UINT32_MAX)
        return true;
    if (number_given)
        call_error(p->c, "%S: %m", value, E_RANGE);
    else if (!value.length && kind == OWNER_USER)
        call_error(p->c, "The argument to -user should not be empty");
    else if (!value.length)
        call_error(p->c, "argument to -group is empty, but should be a group name");
    else
        call_error(p->c, "%S is not the name of %s", quote(p, value), kind == OWNER_USER ? "a known user" : "an existing group");
    return fail(p), false;
}

static bool parse_sink(struct parser *p, struct str path, struct instruction *i)
{
    struct find *f = p->f;
    for (struct sink *s = f->sinks; s; s = s->next)
        if (str_equal(s->path, path)) {
            i->sink = s;
            return true;
        }
    struct sink *s = heap_new(p->c->heap, struct sink);
    s->path = path;
    s->next = f->sinks;
    buf_init(&s->queue, p->c->heap);
    f->sinks = i->sink = s;
    return true;
}

static bool has_braces(struct str word)
{
    for (size_t i = 0; i + 1 < word.length; i++)
        if (word.data[i] == '{' && word.data[i + 1] == '}')
            return true;
    return false;
}

/* -execdir and -okdir refuse to run where PATH names a directory that is found from the current one. */
static bool check_path(struct parser *p, struct str name)
{
    struct str path;
    if (!environment_find(p->c->task->environment, "PATH", &path))
        return true;
    for (;;) {
        ptrdiff_t colon = str_find(path, ':');
        struct str entry = colon < 0 ? path : str_first(path, (size_t)colon);
        if (!entry.length || str_is(entry, ".")) {
            call_error(p->c, "The current directory is included in the PATH environment variable, which is insecure in combination with "
                             "the %S action of find.  Please remove the current directory from your $PATH (that is, remove \".\", "
                             "doubled colons, or leading or trailing colons)", name);
            return fail(p), false;
        }
        if (entry.data[0] != '/') {
            call_error(p->c, "The relative path %S is included in the PATH environment variable, which is insecure in combination with the "
                             "%S action of find.  Please remove that entry from $PATH", quote(p, entry), name);
            return fail(p), false;
        }
        if (colon < 0)
            return true;
        path = str_after(path, (size_t)colon + 1);
    }
}

static bool parse_command(struct parser *p, struct str name, struct instruction *i)
{
    struct call *c = p->c;
    struct command_line *line = heap_new(c->heap, struct command_line);
    size_t from = p->at, braces = 0;
    line->ask = str_starts(name, "-ok");
    line->in_directory = str_ends(name, "dir");
    p->has_ask |= line->ask;
    if (line->in_directory && !check_path(p, name))
        return false;
    for (;; p->at++) {
        if (p->at >= c->argc) {
            call_error(c, "missing argument to `%S'", name);
            return fail(p), false;
        }
        struct str word = word_at(p, p->at);
        if (str_is(word, ";"))
            break;
        if (!line->ask && str_is(word, "+") && p->at > from && str_is(word_at(p, p->at - 1), "{}")) {
            line->batch = true;
            break;
        }
        if (!line->ask && str_is(word, "+") && p->at > from && has_braces(word_at(p, p->at - 1))) {
            struct buf form;
            buf_init(&form, c->heap);
            buf_print(&form, "%S ... {} +", name);
            call_error(c, "In %S the %S must appear by itself, but you specified %S", quote(p, buf_str(&form)),
                       quote(p, str_lit("{}")), quote(p, word_at(p, p->at - 1)));
            return fail(p), false;
        }
    }
    if (p->at == from) {
        call_error(c, "invalid argument `%S' to `%S'", word_at(p, p->at), name);
        return fail(p), false;
    }
    line->count = p->at++ - from;
    line->words = &c->argv[from];
    for (size_t k = 0; k < line->count; k++)
        for (size_t b = 0; line->batch && b + 1 < line->words[k].length; b++)
            braces += line->words[k].data[b] == '{' && line->words[k].data[b + 1] == '}';
    if (line->batch && braces > 1) {
        call_error(c, "Only one instance of {} is supported with %S ... +", name);
        return fail(p), false;
    }
    if (line->batch)
        line->count--;
    for (size_t k = 0; k < line->count; k++)
        line->fixed_bytes += line->words[k].length + 1;
    struct find *f = p->f;
    f->commands = array_grow(c->heap, f->commands, f->command_count, sizeof *f->commands);
    f->commands[f->command_count++] = line;
    i->command = line;
    return true;
}

static bool parse_depth(struct parser *p, struct str name, struct str value, int64_t *depth)
{
    uint64_t number;
    if (value.length && all_digits(value) && (!digits(value, &number) || number > INT32_MAX)) {
        call_error(p->c, "%S: %m", value, E_RANGE);
        return fail(p), false;
    }
    if (!digits(value, &number)) {
        call_error(p->c, "Expected a positive decimal integer argument to %S, but got %S", name, quote(p, value));
        return fail(p), false;
    }
    *depth = (int64_t)number;
    return true;
}

static bool parse_count(struct parser *p, struct str name, struct str value, struct instruction *i)
{
    struct str s = value;
    i->relation = take_sign(&s);
    return digits(s, &i->number) || (bad_argument(p, name, value), false);
}

enum predicate {
    P_ALWAYS, P_OPTION_DEPTH, P_OPTION_MAX, P_OPTION_MIN, P_OPTION_DAYSTART, P_OPTION_SYNTAX, P_OPTION_FOLLOW, P_OPTION_FILES,
    P_OPTION_RACE, P_NAME, P_INAME, P_PATH, P_IPATH, P_LNAME, P_ILNAME, P_REGEX, P_IREGEX, P_TYPE, P_XTYPE, P_SIZE, P_EMPTY,
    P_PERM, P_USER, P_GROUP, P_UID, P_GID, P_NOUSER, P_NOGROUP, P_NEWER, P_ANEWER, P_CNEWER, P_TIME, P_MIN, P_USED, P_SAME,
    P_INUM, P_LINKS, P_READABLE, P_WRITABLE, P_EXECUTABLE, P_FSTYPE, P_TRUE, P_FALSE, P_PRINT, P_PRINT0, P_PRINTF, P_LS, P_FPRINT,
    P_FPRINT0, P_FPRINTF, P_FLS, P_EXEC, P_DELETE, P_PRUNE, P_QUIT
};

static const struct { const char *name; enum predicate predicate; bool argument; } predicates[] = {
    {"-amin", P_MIN, true}, {"-anewer", P_ANEWER, true}, {"-atime", P_TIME, true}, {"-cmin", P_MIN, true},
    {"-cnewer", P_CNEWER, true}, {"-ctime", P_TIME, true}, {"-d", P_OPTION_DEPTH, false}, {"-daystart", P_OPTION_DAYSTART, false},
    {"-delete", P_DELETE, false}, {"-depth", P_OPTION_DEPTH, false}, {"-empty", P_EMPTY, false}, {"-exec", P_EXEC, false},
    {"-execdir", P_EXEC, false}, {"-executable", P_EXECUTABLE, false}, {"-false", P_FALSE, false},
    {"-files0-from", P_OPTION_FILES, true}, {"-fls", P_FLS, true}, {"-follow", P_OPTION_FOLLOW, false}, {"-fprint", P_FPRINT, true},
    {"-fprint0", P_FPRINT0, true}, {"-fprintf", P_FPRINTF, true}, {"-fstype", P_FSTYPE, true}, {"-gid", P_GID, true},
    {"-group", P_GROUP, true}, {"-ignore_readdir_race", P_OPTION_RACE, false}, {"-ilname", P_ILNAME, true},
    {"-iname", P_INAME, true}, {"-inum", P_INUM, true}, {"-ipath", P_IPATH, true}, {"-iregex", P_IREGEX, true},
    {"-iwholename", P_IPATH, true}, {"-links", P_LINKS, true}, {"-lname", P_LNAME, true}, {"-ls", P_LS, false},
    {"-maxdepth", P_OPTION_MAX, true}, {"-mindepth", P_OPTION_MIN, true}, {"-mmin", P_MIN, true}, {"-mount", P_ALWAYS, false},
    {"-mtime", P_TIME, true}, {"-name", P_NAME, true}, {"-newer", P_NEWER, true}, {"-nogroup", P_NOGROUP, false},
    {"-noignore_readdir_race", P_ALWAYS, false}, {"-noleaf", P_ALWAYS, false}, {"-nouser", P_NOUSER, false},
    {"-nowarn", P_ALWAYS, false}, {"-ok", P_EXEC, false}, {"-okdir", P_EXEC, false}, {"-path", P_PATH, true}, {"-perm", P_PERM, true},
    {"-print", P_PRINT, false}, {"-print0", P_PRINT0, false}, {"-printf", P_PRINTF, true}, {"-prune", P_PRUNE, false},
    {"-quit", P_QUIT, false}, {"-readable", P_READABLE, false}, {"-regex", P_REGEX, true}, {"-regextype", P_OPTION_SYNTAX, true},
    {"-samefile", P_SAME, true}, {"-size", P_SIZE, true}, {"-true", P_TRUE, false}, {"-type", P_TYPE, true}, {"-uid", P_UID, true},
    {"-used", P_USED, true}, {"-user", P_USER, true}, {"-warn", P_ALWAYS, false}, {"-wholename", P_PATH, true},
    {"-writable", P_WRITABLE, false}, {"-xdev", P_ALWAYS, false}, {"-xtype", P_XTYPE, true},
};

static void parse_glob(struct parser *p, enum operation operation, struct str pattern, bool fold)
{
    unsigned flags = (fold ? GLOB_FOLD : 0) | (p->f->locale == LOCALE_UTF8 ? GLOB_UTF8 : 0);
    struct glob *glob = glob_compile(p->c->heap, pattern, flags);
    emit(p, operation)->glob = glob;
}

static void parse_predicate(struct parser *p, struct str name, enum predicate predicate, struct str value)
{
    struct find *f = p->f;
    struct instruction *i, *k;
    struct str second;
    struct stat_info info;
    switch (predicate) {
    case P_ALWAYS: emit(p, DO_TRUE); break;
    case P_OPTION_DEPTH: f->depth_first = p->depth_given = true; emit(p, DO_TRUE); break;
    case P_OPTION_MAX: emit(p, DO_TRUE); parse_depth(p, name, value, &f->most); break;
    case P_OPTION_MIN: emit(p, DO_TRUE); parse_depth(p, name, value, &f->least); break;
    case P_OPTION_DAYSTART: f->day_start = stamp_midnight(p->c, f->now); break;
    case P_OPTION_SYNTAX: parse_syntax(p, value); emit(p, DO_TRUE); break;
    case P_OPTION_FOLLOW: f->follow = WALK_LOGICAL; emit(p, DO_TRUE); break;
    case P_OPTION_FILES: f->files_from = value; f->has_files_from = true; break;
    case P_OPTION_RACE: f->ignore_vanished = true; emit(p, DO_TRUE); break;
    case P_NAME: case P_INAME: parse_glob(p, TEST_NAME, value, predicate == P_INAME); break;
    case P_PATH: case P_IPATH:
        if (value.length > 1 && value.data[value.length - 1] == '/')
            call_warn(p->c, "warning: %S %S will not match anything because it ends with /.", name, value);
        parse_glob(p, TEST_PATH, value, predicate == P_IPATH);
        break;
    case P_LNAME: case P_ILNAME: parse_glob(p, TEST_LINK_NAME, value, predicate == P_ILNAME); break;
    case P_REGEX: case P_IREGEX: i = emit(p, TEST_REGEX); parse_regex(p, value, predicate == P_IREGEX, i); break;
    case P_TYPE: i = emit(p, TEST_TYPE); parse_kinds(p, name, value, &i->kinds); break;
    case P_XTYPE: i = emit(p, TEST_XTYPE); parse_kinds(p, name, value, &i->kinds); break;
    case P_SIZE: i = emit(p, TEST_SIZE); parse_size(p, value, i); break;
    case P_EMPTY: emit(p, TEST_EMPTY); break;
    case P_PERM: i = emit(p, TEST_PERMISSIONS); parse_permissions(p, value, i); break;
    case P_USER: i = emit(p, TEST_USER); parse_owner(p, value, OWNER_USER, i); break;
    case P_GROUP: i = emit(p, TEST_GROUP); parse_owner(p, value, OWNER_GROUP, i); break;
    case P_UID: i = emit(p, TEST_USER); parse_count(p, name, value, i); break;
    case P_GID: i = emit(p, TEST_GROUP); parse_count(p, name, value, i); break;
    case P_NOUSER: emit(p, TEST_NO_USER); break;
    case P_NOGROUP: emit(p, TEST_NO_GROUP); break;
    case P_NEWER: i = emit(p, TEST_NEWER); parse_newer(p, name, value, 'm', 'm', i); break;
    case P_ANEWER: i = emit(p, TEST_NEWER); parse_newer(p, name, value, 'a', 'm', i); break;
    case P_CNEWER: i = emit(p, TEST_NEWER); parse_newer(p, name, value, 'c', 'm', i); break;
    case P_TIME: i = emit(p, TEST_AGE); parse_age(p, name, value, true, i); break;
    case P_MIN: i = emit(p, TEST_AGE); parse_age(p, name, value, false, i); break;
    case P_USED:
        i = emit(p, TEST_USED);
        second = value;
        i->relation = take_sign(&second);
        if (!fraction(second, DAY, &i->time)) {
            call_error(p->c, "Invalid argument %S to -used", value);
            fail(p);
        }
        break;
    case P_SAME:
        i = emit(p, TEST_SAME);
        if (reference(p, value, &info))
            i->number = info.number;
        break;
    case P_INUM: i = emit(p, TEST_INODE); parse_count(p, name, value, i); break;
    case P_LINKS: i = emit(p, TEST_LINKS); parse_count(p, name, value, i); break;
    case P_READABLE: emit(p, TEST_ACCESS)->access = MAY_READ; break;
    case P_WRITABLE: emit(p, TEST_ACCESS)->access = MAY_WRITE; break;
    case P_EXECUTABLE: emit(p, TEST_ACCESS)->access = MAY_EXECUTE; break;
    case P_FSTYPE: emit(p, TEST_FILE_SYSTEM)->name = value; break;
    case P_TRUE: emit(p, DO_TRUE); break;
    case P_FALSE: emit(p, DO_FALSE); break;
    case P_PRINT: emit(p, DO_PRINT); p->has_action = true; break;
    case P_PRINT0: emit(p, DO_PRINT0); p->has_action = true; break;
    case P_PRINTF:
        i = emit(p, DO_PRINTF);
        p->has_action = true;
        if (!find_format(p->c, i, value))
            fail(p);
        break;
    case P_LS: emit(p, DO_LS); p->has_action = true; break;
    case P_FPRINT: case P_FPRINT0: case P_FLS:
        k = emit(p, predicate == P_FPRINT ? DO_PRINT : predicate == P_FPRINT0 ? DO_PRINT0 : DO_LS);
        parse_sink(p, value, k);
        p->has_action = true;
        break;
    case P_FPRINTF:
        k = emit(p, DO_PRINTF);
        p->has_action = true;
        if (p->at >= p->c->argc) {
            bad_argument(p, name, value);
            break;
        }
        second = word_at(p, p->at++);
        if (parse_sink(p, value, k) && !find_format(p->c, k, second))
            fail(p);
        break;
    case P_EXEC: i = emit(p, DO_EXEC); p->has_action = true; parse_command(p, name, i); break;
    case P_DELETE: emit(p, DO_DELETE); p->has_action = p->has_delete = f->depth_first = true; break;
    case P_PRUNE: emit(p, DO_PRUNE); p->has_prune = true; break;
    case P_QUIT: emit(p, DO_QUIT); break;
    }
}

/* --- the grammar ----------------------------------------------------------------------------- */

enum { PAREN, COMMA, OR, AND, NOT };

static void push(struct parser *p, int precedence, size_t jump)
{
    p->stack = array_grow(p->c->heap, p->stack, p->depth, sizeof *p->stack);
    p->stack[p->depth++] = (struct waiting){precedence, jump};
}

/* Completes the operators that bind at least as tightly. */
static void complete(struct parser *p, int precedence)
{
    while (p->depth && p->stack[p->depth - 1].precedence >= precedence && p->stack[p->depth - 1].precedence != PAREN) {
        struct waiting w = p->stack[--p->depth];
        if (w.precedence == NOT)
            emit(p, DO_NOT);
        else if (w.precedence != COMMA)
            p->f->code[w.jump].target = p->f->count;
    }
}

static void binary(struct parser *p, int precedence)
{
    complete(p, precedence);
    size_t jump = p->f->count;
    if (precedence != COMMA)
        emit(p, precedence == AND ? DO_JUMP_FALSE : DO_JUMP_TRUE);
    push(p, precedence, jump);
    p->operand = false;
}

static int say(struct parser *p, const char *message)
{
    call_error(p->c, "%s", message);
    return fail(p);
}

static int parse_binary(struct parser *p, struct str word, int precedence)
{
    if (!p->operand) {
        call_error(p->c, "invalid expression; you have used a binary operator '%S' with nothing before it.", word);
        return fail(p);
    }
    binary(p, precedence);
    p->binary = word;
    return 0;
}

static int parse_word(struct parser *p)
{
    struct str word = word_at(p, p->at);
    if (str_is(word, "-o") || str_is(word, "-or"))
        return p->at++, parse_binary(p, word, OR);
    if (str_is(word, "-a") || str_is(word, "-and"))
        return p->at++, parse_binary(p, word, AND);
    if (str_is(word, ","))
        return p->at++, parse_binary(p, word, COMMA);
    if (str_is(word, ")")) {
        p->at++;
        bool open = false;
        for (size_t i = 0; i < p->depth; i++)
            open |= p->stack[i].precedence == PAREN;
        if (!open)
            return say(p, "you have too many ')'");
        if (!p->operand && p->stack[p->depth - 1].precedence == PAREN)
            return say(p, "invalid expression; empty parentheses are not allowed.");
        if (!p->operand) {
            call_error(p->c, "expected an expression between '%S' and ')'", p->binary);
            return fail(p);
        }
        complete(p, COMMA);
        p->depth--;
        return 0;
    }
    bool not = str_is(word, "!") || str_is(word, "-not"), paren = str_is(word, "(");
    if (!not && !paren && (word.length < 2 || word.data[0] != '-')) {
        struct stat_info info;
        int error = call_stat(p->c, word, true, &info);
        if (error == E_WAIT)
            return p->status = E_WAIT;
        call_error(p->c, "paths must precede expression: `%S'", word);
        if (!error) /* the shell may have made it of a pattern */
            call_error(p->c, "possible unquoted pattern after predicate `%S'?", p->binary);
        p->at++;
        return fail(p);
    }
    p->at++;
    if (str_is(word, "-daystart") || str_is(word, "-files0-from")) { /* no part of the expression */
        struct str value = {0};
        p->binary = word;
        if (word.data[1] == 'd')
            parse_predicate(p, word, P_OPTION_DAYSTART, value);
        else if (argument(p, word, &value))
            parse_predicate(p, word, P_OPTION_FILES, value);
        return p->status;
    }
    if (p->operand)
        binary(p, AND);
    if (not || paren) {
        push(p, not ? NOT : PAREN, 0);
        p->binary = word;
        return 0;
    }
    p->operand = true;
    p->binary = word;
    if (word.length == 8 && str_starts(word, "-newer") && memchr("aBcm", word.data[6], 4) && memchr("aBcmt", word.data[7], 5)) {
        struct str value;
        if (!argument(p, word, &value))
            return p->status;
        struct instruction *i = emit(p, TEST_NEWER);
        parse_newer(p, word, value, word.data[6], word.data[7], i);
        return p->status;
    }
    if (str_starts(word, "-newer") && word.length == 8) {
        call_error(p->c, "invalid predicate `%S'", word);
        return fail(p);
    }
    struct str name = word;
    if (str_is(name, "--help") || str_is(name, "--version"))
        name = str_after(name, 1);
    if (str_is(name, "-help") || str_is(name, "-version")) {
        if (str_is(name, "-help"))
            call_print_help(p->c);
        else
            call_print_version(p->c);
        p->status = FIND_ENOUGH;
        return p->status;
    }
    for (size_t i = 0; i < sizeof predicates / sizeof predicates[0]; i++)
        if (str_is(name, predicates[i].name)) {
            struct str value = {0};
            if (predicates[i].argument && !argument(p, word, &value))
                return p->status;
            parse_predicate(p, name, predicates[i].predicate, value);
            return p->status;
        }
    call_error(p->c, "unknown predicate `%S'", word);
    return fail(p);
}

static bool looks_like_expression(struct str word)
{
    return (word.length > 1 && word.data[0] == '-') || str_is(word, "!") || str_is(word, "(");
}

/* -D: there is nothing to be told, but which flags there are. */
static int parse_debug(struct parser *p, struct str flags)
{
    static const struct { const char *name, *text; } known[] = {
        {"exec", "Show diagnostic information relating to -exec, -execdir, -ok and -okdir"},
        {"opt", "Show diagnostic information relating to optimisation"},
        {"rates", "Indicate how often each predicate succeeded"},
        {"search", "Navigate the directory tree verbosely"},
        {"stat", "Trace calls to stat(2) and lstat(2)"},
        {"time", "Show diagnostic information relating to time-of-day and timestamp comparisons"},
        {"tree", "Display the expression tree"},
        {"all", "Set all of the debug flags (but help)"},
        {"help", "Explain the various -D options"},
    };
    enum { COUNT = sizeof known / sizeof known[0] };
    ptrdiff_t comma = str_find(flags, ',');
    struct str first = comma < 0 ? flags : str_first(flags, (size_t)comma);
    while (flags.length) {
        size_t i = 0;
        comma = str_find(flags, ',');
        struct str flag = comma < 0 ? flags : str_first(flags, (size_t)comma);
        flags = str_after(flags, comma < 0 ? flags.length : (size_t)comma + 1);
        while (i < COUNT && !str_is(flag, known[i].name))
            i++;
        if (i == COUNT && flag.length) /* the real one shows the first, too */
            call_warn(p->c, "Ignoring unrecognised debug flag %S", quote(p, first));
        if (i == COUNT - 1) {
            call_format(p->c, "Valid arguments for -D:\n");
            for (i = 0; i < COUNT; i++)
                call_format(p->c, "%-10s %s\n", known[i].name, known[i].text);
            return p->status = FIND_ENOUGH;
        }
    }
    return 0;
}

/* -H -L -P -D -O before the paths. */
static int parse_leading(struct parser *p)
{
    struct find *f = p->f;
    uint64_t level;
    for (p->at = 1; p->at < p->c->argc; p->at++) {
        struct str word = word_at(p, p->at);
        if (str_is(word, "-H"))
            f->follow = WALK_ROOTS;
        else if (str_is(word, "-L"))
            f->follow = WALK_LOGICAL;
        else if (str_is(word, "-P"))
            f->follow = WALK_PHYSICAL;
        else if (str_is(word, "--"))
            return p->at++, 0;
        else if (str_is(word, "-D") && p->at + 1 >= p->c->argc)
            return say(p, "Missing argument after the -D option.\nTry 'find --help' for more information.");
        else if (str_is(word, "-D")) {
            if (parse_debug(p, word_at(p, ++p->at)))
                return p->status;
        } else if (str_is(word, "-O"))
            return say(p, "The -O option must be immediately followed by a decimal integer");
        else if (str_starts(word, "-O")) {
            if (!digits(str_after(word, 2), &level))
                return say(p, "Please specify a decimal number immediately after -O");
        } else
            return 0;
    }
    return 0;
}

int find_parse(struct call *c, struct find *f)
{
    struct parser p = {.c = c, .f = f};
    f->count = 0;
    f->sinks = NULL;
    f->commands = NULL;
    f->command_count = 0;
    f->code = NULL;
    f->most = -1;
    f->least = 0;
    f->follow = WALK_PHYSICAL;
    f->depth_first = false;
    f->syntax = REGEX_EXTENDED;
    f->emacs = true;
    f->day_start = f->now - DAY;
    size_t warned = c->err.length;
    if (parse_leading(&p))
        return p.status;
    size_t from = p.at;
    while (p.at < c->argc && !looks_like_expression(word_at(&p, p.at)))
        p.at++;
    f->roots = &c->argv[from];
    f->root_count = p.at - from;
    while (p.at < c->argc) {
        call_charge(c, 1);
        if (parse_word(&p)) {
            if (p.status == E_WAIT)
                c->err.length = warned; /* all is read again */
            return p.status;
        }
    }
    if (p.depth && !p.operand) {
        if (p.stack[p.depth - 1].precedence == PAREN)
            call_error(c, "invalid expression; expected to find a ')' but didn't see one. Perhaps you need an extra predicate after '('");
        else if (p.has_action)
            call_error(c, "invalid expression");
        else
            call_error(c, "expected an expression after '%S'", p.binary);
        return 1;
    }
    complete(&p, COMMA);
    if (p.depth) {
        call_error(c, "invalid expression; I was expecting to find a ')' somewhere but did not see one.");
        return 1;
    }
    if (p.has_delete && p.has_prune && !p.depth_given) {
        call_error(c, "The -delete action automatically turns on -depth, but -prune does nothing when -depth is in effect.  If you want "
                      "to carry on anyway, just explicitly use the -depth option.");
        return 1;
    }
    if (!p.has_action) {
        size_t jump = f->count;
        if (jump)
            emit(&p, DO_JUMP_FALSE);
        emit(&p, DO_PRINT);
        if (jump)
            f->code[jump].target = f->count;
    }
    if (f->has_files_from && f->root_count) {
        call_error(c, "extra operand %S", find_quote(c, f, f->roots[0]));
        call_error(c, "file operands cannot be combined with -files0-from");
        return 1;
    }
    if (f->has_files_from && str_is(f->files_from, "-") && p.has_ask) {
        call_error(c, "option -files0-from reading from standard input cannot be combined with -ok, -okdir\n");
        return 1;
    }
    return 0;
}
