/* builtins/mapfile.c - mapfile and readarray: read lines from standard input into an array. */
#include "base/number.h"
#include "builtins/options.h"
#include "shell/print.h"

struct mapfile {
    struct str array, callback;
    bool trim;           /* -t */
    bool keep;           /* -O: what is there stays */
    char delimiter;
    int fd;
    int64_t count, skip, origin, quantum, index, lines;
    struct buf line;     /* the beginning of a line whose rest is not there yet */
    struct buf calls;    /* of -C: the commands to be run */
    bool made;
};

static bool take_number(struct call *c, struct str text, int64_t least, const char *what, int64_t *number)
{
    if (number_is_int(text, number) && *number >= least && *number <= UINT32_MAX)
        return true;
    call_error(c, "%S: invalid %s", text, what);
    return false;
}

static int mapfile_start(struct call *c)
{
    struct mapfile *m = c->state;
    struct options o = {0};
    int letter;
    int64_t fd;

    m->delimiter = '\n';
    m->quantum = 5000;
    buf_init(&m->line, c->heap);
    buf_init(&m->calls, c->shell->heap);
    while ((letter = options_next(c, &o, "d:u:n:O:tC:c:s:")))
        switch (letter) {
        case 'd': m->delimiter = o.value.length ? o.value.data[0] : 0; break;
        case 't': m->trim = true; break;
        case 'C': m->callback = o.value; break;
        case 'n':
            if (!take_number(c, o.value, 0, "line count", &m->count))
                return 1;
            break;
        case 's':
            if (!take_number(c, o.value, 0, "line count", &m->skip))
                return 1;
            break;
        case 'O':
            if (!take_number(c, o.value, 0, "array origin", &m->origin))
                return 1;
            m->keep = true;
            break;
        case 'c':
            if (!take_number(c, o.value, 1, "callback quantum", &m->quantum))
                return 1;
            break;
        case 'u':
            if (!number_is_int(o.value, &fd) || fd < 0) {
                call_error(c, "%S: invalid file descriptor specification", o.value);
                return 1;
            }
            if (fd >= FDS_MOST || !fds_get(c->task, (int)fd)) {
                call_error(c, "%S: invalid file descriptor: Bad file descriptor", o.value);
                return 1;
            }
            m->fd = (int)fd;
            break;
        default: return options_failed(c, letter);
        }
    m->array = o.next < c->argc ? c->argv[o.next] : str_lit("MAPFILE");
    m->index = m->origin;
    if (!m->array.length) {
        call_error(c, "empty array variable name");
        return 1;
    }
    if (!shell_is_name(m->array)) {
        call_error(c, "`%S': not a valid identifier", m->array);
        return 1;
    }
    return 0;
}

/* The array, at first: 0 or the status. */
static int make(struct call *c, struct mapfile *m)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(m->array);
    bool assoc;
    if (m->made)
        return 0;
    m->made = true;
    if (var_is_array(sh, m->array, hash, &assoc) && assoc) {
        call_error(c, "%S: not an indexed array", m->array);
        return 1;
    }
    if (var_make_array(sh, m->array, hash, false, m->keep) < 0)
        return 1;
    return var_attributes(sh, m->array, VAR_SET, 0) < 0;
}

/* One line without NUL bytes goes into the array: 0, or -1 after a message. */
static int put_line(struct call *c, struct mapfile *m, struct str line, bool ended)
{
    struct shell *sh = c->shell;
    call_charge(c, 1);
    if (m->skip > 0) {
        m->skip--;
        return 0;
    }
    if (ended && m->trim)
        line.length--;
    ptrdiff_t nul = str_find(line, 0);
    if (nul >= 0)
        line = str_first(line, (size_t)nul);
    if (m->callback.length && ++m->lines % m->quantum == 0) {
        buf_print(&m->calls, "%S %zd ", m->callback, (ptrdiff_t)m->index);
        quote_shell(&m->calls, line);
        buf_add_byte(&m->calls, '\n');
    }
    return var_assign_index(sh, m->array, code_hash(m->array), (uint64_t)m->index++, line, false);
}

static enum step finish(struct call *c, struct mapfile *m)
{
    if (m->calls.length) { /* once all is read: eval runs them */
        buf_add_text(&m->calls, ":");
        c->shell->request = (struct request){.kind = REQUEST_EVAL, .text = m->calls.data, .length = m->calls.length};
    } else {
        buf_drop(&m->calls);
    }
    return call_exit(c, 0);
}

static enum step mapfile_step(struct call *c)
{
    struct mapfile *m = c->state;
    struct file *f = fds_get(c->task, m->fd);

    if (make(c, m))
        return call_exit(c, 1);
    for (;;) {
        struct str seen;
        if (!call_go(c))
            return STEP_AGAIN;
        if (m->count && m->index - m->origin >= m->count)
            return finish(c, m);
        int error = f ? file_peek(f, c->task, &seen) : E_BADF;
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error || !seen.length) {
            if (m->line.length && put_line(c, m, buf_str(&m->line), false) < 0)
                return call_exit(c, 1);
            return finish(c, m);
        }
        ptrdiff_t end = str_find(seen, m->delimiter);
        if (end < 0) {
            buf_add(&m->line, seen);
            file_take(f, seen.length);
            continue;
        }
        struct str line = str_first(seen, (size_t)end + 1);
        if (m->line.length) {
            buf_add(&m->line, line);
            file_take(f, line.length);
            int failed = put_line(c, m, buf_str(&m->line), true);
            buf_clear(&m->line);
            if (failed < 0)
                return call_exit(c, 1);
            continue;
        }
        int failed = put_line(c, m, line, true);
        file_take(f, line.length);
        if (failed < 0)
            return call_exit(c, 1);
    }
}

#define HELP_TEXT                                                                                                        \
    "-d delim     a line ends with this character\n-n count     at most so many lines; 0: all\n"                         \
    "-O origin    the first goes to this index, and the array is not cleared\n-s count     so many lines are skipped\n"  \
    "-t           without the delimiter\n-u fd        instead of standard input\n"                                       \
    "-C callback  evaluated with index and line for each QUANTUM lines, once all are read\n-c quantum   default 5000"

const struct command command_mapfile = {
    .name = "mapfile",
    .usage = "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
    .summary = "read lines from the standard input into an indexed array variable",
    .help = HELP_TEXT,
    .state = sizeof(struct mapfile),
    .start = mapfile_start,
    .step = mapfile_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_readarray = {
    .name = "readarray",
    .usage = "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
    .summary = "read lines from a file into an array variable",
    .help = HELP_TEXT,
    .state = sizeof(struct mapfile),
    .start = mapfile_start,
    .step = mapfile_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
