/* builtins/read.c - read a line from standard input and split it into fields (POSIX XCU read, and bash's options). */
#include "base/number.h"
#include "builtins/fields.h"
#include "builtins/options.h"
#include "shell/vars.h"
#include "task/sandbox.h"

enum ended { GOING_ON, ENDED_LINE, ENDED_COUNT, ENDED_INPUT, ENDED_TIME, ENDED_ERROR };

struct read {
    bool raw, silent, whole; /* whole: -N, no delimiter and no splitting */
    bool counted, prompted, multibyte;
    int64_t count;       /* characters wanted, with `counted` */
    char delimiter;
    int fd;
    bool timed;
    int64_t timeout, until; /* ns */
    struct str array, prompt;
    size_t first;        /* name */
    struct buf line;
    struct buf escaped;  /* a byte for each of the line, once a backslash was seen */
    bool any_escape, backslash; /* backslash: the last byte was one */
    int64_t got;         /* characters */
    size_t wanted;       /* bytes missing of the last character */
    enum ended ended;
};

/* --- options ---------------------------------------------------------------------------------------- */

/* Seconds with a fraction: ns, no more than 31 years, or false. */
static bool parse_timeout(struct str text, int64_t *timeout)
{
    int64_t seconds = 0, part = 0, unit = 1000000000;
    size_t i = 0;
    if (!text.length)
        return false;
    for (; i < text.length && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        if (seconds < 100000000)
            seconds = seconds * 10 + (text.data[i] - '0');
    if (i < text.length && text.data[i] == '.')
        for (i++; i < text.length && text.data[i] >= '0' && text.data[i] <= '9'; i++)
            if (unit > 1000) {
                unit /= 10;
                part += unit * (text.data[i] - '0');
            }
    *timeout = seconds * 1000000000 + part;
    return i == text.length;
}

static int bad_number(struct call *c, struct str text)
{
    call_error(c, "%S: invalid number", text);
    return 1;
}

static int parse_options(struct call *c, struct read *r)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "ersa:d:i:n:p:t:u:N:"))) {
        int64_t fd;
        switch (letter) {
        case 'r': r->raw = true; break;
        case 's': r->silent = true; break;
        case 'e': case 'i': break; /* there is no line to edit */
        case 'a': r->array = o.value; break;
        case 'd': r->delimiter = o.value.length ? o.value.data[0] : 0; break;
        case 'p': r->prompt = o.value; break;
        case 'n': case 'N':
            if (!number_is_int(o.value, &r->count) || r->count < 0 || r->count > INT32_MAX)
                return bad_number(c, o.value);
            r->counted = true;
            r->whole = letter == 'N';
            break;
        case 't':
            if (!parse_timeout(o.value, &r->timeout)) {
                call_error(c, "%S: invalid timeout specification", o.value);
                return 1;
            }
            r->timed = true;
            break;
        case 'u':
            if (!number_is_int(o.value, &fd) || fd < 0 || fd > INT32_MAX) {
                call_error(c, "%S: invalid file descriptor specification", o.value);
                return 1;
            }
            if (fd >= FDS_MOST || !fds_get(c->task, (int)fd)) {
                call_error(c, "%S: invalid file descriptor: Bad file descriptor", o.value);
                return 1;
            }
            r->fd = (int)fd;
            break;
        default: return options_failed(c, letter);
        }
    }
    r->first = o.next;
    return 0;
}

static bool is_variable(struct str name)
{
    struct str base, subscript;
    return shell_is_name(name) || (var_split(name, &base, &subscript) && subscript.length);
}

static int read_start(struct call *c)
{
    struct read *r = c->state;
    struct str text;
    int64_t seconds;

    r->delimiter = '\n';
    buf_init(&r->line, c->heap);
    buf_init(&r->escaped, c->heap);
    int status = parse_options(c, r);
    if (status)
        return status;
    if (r->first < c->argc && !is_variable(c->argv[r->first]) && !r->array.data) {
        call_error(c, "`%S': not a valid identifier", c->argv[r->first]);
        return 1;
    }
    r->multibyte = shell_locale(c->shell) == LOCALE_UTF8;
    if (!r->timed && shell_get(c->shell, str_lit("TMOUT"), &text) && number_is_int(text, &seconds) && seconds > 0) {
        r->timed = true;
        r->timeout = seconds > 1000000000 ? INT64_MAX / 2 : seconds * 1000000000;
    }
    if (r->counted && r->count == 0)
        r->ended = ENDED_COUNT;
    if (r->timed && r->timeout)
        r->until = sandbox_now(c->task->sandbox) + r->timeout;
    return 0;
}

/* --- taking input --------------------------------------------------------------------------------------- */

static void add(struct read *r, char byte, bool escaped)
{
    if (escaped && !r->any_escape) {
        buf_fill(&r->escaped, 0, r->line.length);
        r->any_escape = true;
    }
    buf_add_byte(&r->line, byte);
    if (r->any_escape)
        buf_add_byte(&r->escaped, escaped);
}

/* Counts a byte of a character: true when it is complete. */
static bool completes(struct read *r, char byte)
{
    unsigned char u = (unsigned char)byte;
    if (r->wanted && (u & 0xc0) == 0x80) {
        return --r->wanted == 0;
    }
    r->wanted = !r->multibyte || u < 0xc2 ? 0 : u < 0xe0 ? 1 : u < 0xf0 ? 2 : u < 0xf5 ? 3 : 0;
    return r->wanted == 0;
}

/* Where the first `byte` is from `from` on, or the end. */
static size_t find_from(struct str s, size_t from, char byte)
{
    const char *found = memchr(s.data + from, byte, s.length - from);
    return found ? (size_t)(found - s.data) : s.length;
}

/* Takes bytes from `seen` until something ends: how many. */
static size_t take(struct read *r, struct str seen)
{
    size_t i = 0, line = 0, backslash = 0, zero = 0; /* where they come next; each byte is searched once */
    while (i < seen.length && !r->ended) {
        if (!r->counted && !r->backslash) { /* a run of ordinary bytes */
            if (line < i || !i) {
                line = find_from(seen, i, r->delimiter);
                backslash = zero = 0;
            }
            if (backslash < i || !backslash)
                backslash = r->raw ? line : find_from(str_first(seen, line), i, '\\');
            if (zero < i || !zero)
                zero = find_from(str_first(seen, line), i, 0);
            size_t run = (backslash < zero ? backslash : zero) - i;
            buf_add(&r->line, str_first(str_after(seen, i), run));
            if (r->any_escape)
                buf_fill(&r->escaped, 0, run);
            i += run;
            if (i == seen.length)
                break;
        }
        char byte = seen.data[i++];
        if (r->backslash) {
            r->backslash = false;
            if (byte == '\n')
                continue;
            if (byte)
                add(r, byte, true);
        } else if (byte == '\\' && !r->raw) {
            r->backslash = true;
            continue;
        } else if (byte == r->delimiter && !r->whole) {
            r->ended = ENDED_LINE;
            break;
        } else if (byte) {
            add(r, byte, false);
        } else {
            while (i < seen.length && !seen.data[i])
                i++;
            continue;
        }
        if (r->counted && completes(r, byte) && ++r->got >= r->count)
            r->ended = ENDED_COUNT;
    }
    return i;
}

/* Reads until it has what it wants: false when it must wait. */
static bool fill(struct call *c, struct read *r, struct file *f)
{
    struct task *t = c->task;
    while (!r->ended) {
        struct str seen;
        int error = file_peek(f, t, &seen);
        if (error == E_WAIT) {
            if (r->timed && r->until && sandbox_now(t->sandbox) >= r->until) {
                r->ended = ENDED_TIME;
                return true;
            }
            if (r->timed && t->sandbox->vfs.fault.kind == FAULT_NONE)
                task_wake_at(t, r->until);
            return false;
        }
        if (error) {
            call_error(c, "read error: %d: %m", r->fd, error);
            r->ended = ENDED_ERROR;
            return true;
        }
        if (!seen.length) {
            r->ended = ENDED_INPUT;
            return true;
        }
        if (seen.length > 65536)
            seen = str_first(seen, 65536);
        file_take(f, take(r, seen));
        call_charge(c, 1);
        if (!r->ended && !call_go(c))
            return false;
    }
    return true;
}

/* --- assigning ---------------------------------------------------------------------------------------------- */

static int assign(struct call *c, struct str name, struct str value)
{
    if (!is_variable(name)) {
        call_error(c, "`%S': not a valid identifier", name);
        return -1;
    }
    return shell_set(c->shell, name, value) < 0 ? -1 : 0;
}

static int assign_array(struct call *c, struct read *r, struct fields *f)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(r->array);
    bool assoc;
    if (!shell_is_name(r->array)) {
        call_error(c, "`%S': not a valid identifier", r->array);
        return -1;
    }
    if (var_is_array(sh, r->array, hash, &assoc) && assoc) {
        call_error(c, "%S: not an indexed array", r->array);
        return -1;
    }
    if (var_make_array(sh, r->array, hash, false, false) < 0)
        return -1;
    var_attributes(sh, r->array, VAR_SET, 0);
    struct str field;
    char digits[NUMBER_MOST];
    for (int64_t i = 0; fields_next(f, &field); i++) {
        call_charge(c, 1);
        if (var_assign_element(sh, r->array, hash, str_of(digits, number_write_int(digits, i)), field, false) < 0)
            return -1;
    }
    return 0;
}

static int assign_all(struct call *c, struct read *r)
{
    struct str ifs = str_lit(" \t\n"), field, value;
    struct variable *v = var_find(c->shell, str_lit("IFS"), code_hash(str_lit("IFS")));
    if (v)
        ifs = v->value ? str_copy(c->heap, text_str(v->value)) : (struct str){0};
    if (v && !v->value)
        ifs = str_lit(" \t\n");
    struct fields f = {.text = buf_str(&r->line), .escaped = r->any_escape ? r->escaped.data : NULL, .ifs = ifs,
                       .locale = shell_locale(c->shell)};
    if (r->array.data && !r->whole) {
        fields_start(&f);
        return assign_array(c, r, &f);
    }
    if (r->array.data) {
        f.ifs.length = 0;
        return assign_array(c, r, &f);
    }
    if (r->first >= c->argc)
        return assign(c, str_lit("REPLY"), f.text);
    if (r->whole) {
        int failed = assign(c, c->argv[r->first], f.text);
        for (size_t i = r->first + 1; i < c->argc && !failed; i++)
            failed = assign(c, c->argv[i], (struct str){0});
        return failed;
    }
    fields_start(&f);
    for (size_t i = r->first; i + 1 < c->argc; i++) {
        value = fields_next(&f, &field) ? field : (struct str){0};
        call_charge(c, 1);
        if (assign(c, c->argv[i], value) < 0)
            return -1;
    }
    return assign(c, c->argv[c->argc - 1], fields_rest(&f));
}

static enum step read_step(struct call *c)
{
    struct read *r = c->state;
    struct task *t = c->task;
    struct file *f = fds_get(t, r->fd);

    if (!call_go(c))
        return STEP_AGAIN;
    if (!f) {
        call_error(c, "read error: %d: Bad file descriptor", r->fd);
        return call_done(c);
    }
    if (r->timed && r->timeout == 0) { /* is there something? */
        struct str seen;
        int error = file_peek(f, t, &seen);
        if (error == E_WAIT && (t->sandbox->vfs.fault.kind != FAULT_NONE || (f->kind == FILE_INPUT && !file_is_terminal(f))))
            return STEP_WAIT; /* the host knows */
        if (error == E_WAIT)
            wait_list_remove(t);
        return call_exit(c, error ? 1 : 0);
    }
    if (!r->prompted && r->prompt.length && file_is_terminal(f))
        call_complain(c, "%S", r->prompt);
    r->prompted = true;
    if (!fill(c, r, f))
        return meter_go(c->meter) ? STEP_WAIT : STEP_AGAIN;
    if (r->timed)
        task_no_wake(t);
    if (assign_all(c, r) < 0)
        return call_exit(c, 1);
    return call_exit(c, r->ended == ENDED_TIME ? 128 + SIGNAL_ALRM : r->ended >= ENDED_INPUT);
}

const struct command command_read = {
    .name = "read",
    .usage = "[-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]",
    .summary = "read a line from the standard input and split it into fields",
    .help = "-a array    fields become elements of it\n-d delim    a line ends with this character instead of newline\n"
            "-n nchars   at most so many characters, or up to the delimiter\n-N nchars   exactly so many characters\n"
            "-p prompt   shown first on a terminal\n-r          backslashes are themselves\n-s          without echo\n"
            "-t timeout  give up after so many seconds, with status 142; 0: only look\n-u fd       instead of standard input\n"
            "-e, -i text accepted: there is no line to edit",
    .state = sizeof(struct read),
    .start = read_start,
    .step = read_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
