/* builtins/tail.c - print the last part of files, and follow what is added to them. */
#include "builtins/text.h"
#include "task/sandbox.h"

enum { FOLLOW = OPTION_LONG, UNCHANGED, PID, RETRY, POLL, PIPE_INPUT };

static const struct option options[] = {
    {'c', "bytes", "NUM", "print the last NUM bytes; with +NUM from byte NUM on"},
    {'f', NULL, NULL, "same as --follow=descriptor"},
    {FOLLOW, "follow", "[HOW]", "output appended data as the file grows; HOW is descriptor (the default) or name"},
    {'F', NULL, NULL, "same as --follow=name --retry"},
    {'n', "lines", "NUM", "print the last NUM lines (default 10); with +NUM from line NUM on"},
    {UNCHANGED, "max-unchanged-stats", "N", "with --follow=name, reopen after N looks (here it is done at each)"},
    {PID, "pid", "PID", "with -f, terminate after process ID, PID dies"},
    {POLL, "-disable-inotify", NULL, NULL},
    {PIPE_INPUT, "-presume-input-pipe", NULL, NULL},
    {'q', "quiet", NULL, "never output headers giving file names"},
    {'q', "silent", NULL, NULL},
    {RETRY, "retry", NULL, "keep trying to open a file if it is inaccessible"},
    {'s', "sleep-interval", "N", "with -f, sleep for about N seconds between looks (here they are made when something may have changed)"},
    {'v', "verbose", NULL, "always output headers giving file names"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {'l', NULL, NULL, NULL},
    {'b', NULL, NULL, NULL},
    {0},
};

/* A file that is followed. */
struct followed {
    struct str name;
    struct input *input; /* NULL: it is not open now */
    bool ignored;        /* given up */
    bool grown;          /* there is something new in it */
    int error;           /* why it is not open; UNTAILABLE: it is a folder */
    uint64_t number;     /* the inode */
    uint64_t size;       /* as it was when it was looked at last */
    int64_t mtime;
};
enum { UNTAILABLE = 1 };

struct tail {
    uint64_t count;      /* lines or bytes */
    bool bytes, from_start, follow, headers, any_header;
    char delimiter;
    size_t next;         /* operand to open */
    struct input *input;
    uint64_t left;       /* with from_start: still to be passed over */
    struct str block;    /* read and not yet printed or passed over */
    struct buf kept;     /* what may be the end of an input that is no regular file */
    size_t needed;       /* bytes of `kept` that were needed when it was last trimmed */
    bool whole, found;   /* all was read into `block`; its last part was found */
    struct text_tail tail;
    /* following */
    bool by_name, retry, following;
    uint64_t *pids;      /* --pid */
    size_t pid_count;
    struct followed *files;
    size_t file_count;
    size_t at, from, last; /* the one being looked at; being printed; printed last */
    bool dumping, over;  /* over: this look is the last */
    int64_t next_look;   /* ns since 1970 */
};

/* --- options ------------------------------------------------------------------------------------------- */

/* One argument in the traditional form, [-+][NUM][bcl][f]: true, and then it is in `t`. */
static bool traditional(struct call *c, struct tail *t)
{
    struct str word;
    size_t i = 1, digits;
    uint64_t scale = 1;

    if (c->argc < 2 || c->argc > 4 || c->argv[1].length < 2)
        return false;
    if (c->argc == 3 && c->argv[2].length > 1 && c->argv[2].data[0] == '-')
        return false;
    if (c->argc == 4 && !str_is(c->argv[2], "--"))
        return false;
    word = c->argv[1];
    if (word.data[0] != '-' && word.data[0] != '+')
        return false;
    while (i < word.length && word.data[i] >= '0' && word.data[i] <= '9')
        i++;
    digits = i - 1;
    if (str_is(word, "-c"))
        return false;
    t->from_start = word.data[0] == '+';
    if (text_count(str_of(word.data + 1, digits), NULL, &t->count) == E_INVAL)
        t->count = 10;
    if (i < word.length && (word.data[i] == 'c' || word.data[i] == 'b' || word.data[i] == 'l')) {
        t->bytes = word.data[i] != 'l';
        scale = word.data[i] == 'b' ? 512 : 1;
        i++;
    }
    t->count = t->count > UINT64_MAX / scale ? UINT64_MAX : t->count * scale;
    if (i < word.length && word.data[i] == 'f') {
        t->follow = true;
        i++;
    }
    if (i < word.length)
        return false;
    c->operands = c->argv + (c->argc == 4 ? 3 : 2);
    c->operand_count = c->argc - (c->argc == 4 ? 3 : 2);
    return true;
}

static bool is_seconds(struct str s)
{
    size_t i = 0, digits = 0;
    bool dot = false;

    if (str_is(s, "inf") || str_is(s, "infinity"))
        return true;
    i += i < s.length && s.data[i] == '+';
    for (; i < s.length; i++) {
        if (s.data[i] == '.' && !dot)
            dot = true;
        else if (s.data[i] >= '0' && s.data[i] <= '9')
            digits++;
        else
            break;
    }
    if (digits > 0 && i + 1 < s.length && (s.data[i] | 32) == 'e') {
        i++;
        i += i + 1 < s.length && (s.data[i] == '+' || s.data[i] == '-');
        while (i < s.length && s.data[i] >= '0' && s.data[i] <= '9')
            i++;
    }
    return digits > 0 && i == s.length;
}

static int read_count(struct call *c, struct tail *t, const struct given_option *o)
{
    struct str value = o->value, number;
    int error;

    t->bytes = o->letter == 'c';
    if (value.length > 0 && value.data[0] == '+') /* and a later count has it too */
        t->from_start = true;
    else if (value.length > 0 && value.data[0] == '-')
        value = str_after(value, 1);
    number = value;
    error = text_count(number, "bkKmMGTPEZY0", &t->count);
    if (error == 0)
        return 0;
    call_error(c, "invalid number of %s: %S%s", t->bytes ? "bytes" : "lines", call_quote_word(c, value),
               error == E_OVERFLOW ? ": Value too large for defined data type" : "");
    return 1;
}

static int tail_start(struct call *c)
{
    static const char *const follows[] = {"descriptor", "name", NULL};
    struct tail *t = c->state;
    bool digits = false;
    uint64_t number;

    t->count = 10;
    t->delimiter = '\n';
    buf_init(&t->kept, c->heap);
    if (traditional(c, t)) {
        t->headers = c->operand_count > 1;
        return 0;
    }
    t->bytes = t->from_start = t->follow = false;
    t->count = 10;
    for (size_t i = 1; i < c->argc && !str_is(c->argv[i], "--"); i++) {
        struct str word = c->argv[i];
        if (word.length > 1 && word.data[0] == '-' && word.data[1] >= '0' && word.data[1] <= '9') {
            struct str before = c->argv[i - 1];
            bool value = i > 1 && before.length > 1 && before.data[0] == '-' &&
                         (str_is(before, "-n") || str_is(before, "-c") || str_is(before, "-s") ||
                          str_is(before, "--lines") || str_is(before, "--bytes") || str_is(before, "--pid") ||
                          str_is(before, "--sleep-interval") || str_is(before, "--max-unchanged-stats"));
            if (!value && !digits) {
                call_error(c, "option used in invalid context -- %c", word.data[1]);
                return 1;
            }
        }
    }
    t->headers = c->operand_count > 1;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int status = 0;
        switch (o->letter) {
        case 'b': case 'l':
            return call_usage_error(c, "invalid option -- '%c'", o->letter);
        case 'c': case 'n':
            status = read_count(c, t, o);
            break;
        case 'q': case 'v':
            t->headers = o->letter == 'v';
            break;
        case 'z':
            t->delimiter = 0;
            break;
        case 'F':
            t->follow = t->by_name = t->retry = true;
            break;
        case RETRY:
            t->retry = true;
            break;
        case FOLLOW:
        case 'f': {
            int how = o->value.data ? call_choose(c, "--follow", o->value, follows) : 0;
            t->follow = true;
            t->by_name = how == 1;
            status = how < 0;
            break;
        }
        case 's':
            if (!is_seconds(o->value)) {
                call_error(c, "invalid number of seconds: %S", call_quote_word(c, o->value));
                status = 1;
            }
            break;
        case PID: case UNCHANGED:
            if (text_count(o->value, NULL, &number)) {
                const char *what = o->letter == PID ? "PID" : "maximum number of unchanged stats between opens";
                call_error(c, "invalid %s: %S", what, call_quote_word(c, o->value));
                status = 1;
            } else if (o->letter == PID) {
                t->pids = array_grow(c->heap, t->pids, t->pid_count, sizeof *t->pids);
                t->pids[t->pid_count++] = number;
            }
            break;
        default:
            break;
        }
        if (status)
            return status;
    }
    if (t->retry && !t->follow)
        call_warn(c, "warning: --retry ignored; --retry is useful only when following");
    else if (t->retry && !t->by_name)
        call_warn(c, "warning: --retry only effective for the initial open");
    if (t->pid_count && !t->follow)
        call_warn(c, "warning: PID ignored; --pid=PID is useful only when following");
    struct str name;
    for (size_t i = 0; t->follow && t->by_name && text_operand(c, i, &name); i++)
        if (str_is(name, "-")) {
            call_error(c, "cannot follow %S by name", call_quote(c, name));
            return 1;
        }
    return 0;
}

/* --- files ---------------------------------------------------------------------------------------------- */

static struct str shown_name(struct str name)
{
    return str_is(name, "-") ? str_lit("standard input") : name;
}

static void put_header(struct call *c, struct tail *t, struct str name)
{
    call_format(c, "%s==> %S <==\n", t->any_header ? "\n" : "", shown_name(name));
    t->any_header = true;
}

/* One more file to be followed. */
static struct followed *add_followed(struct call *c, struct tail *t, struct str name)
{
    t->files = array_grow(c->heap, t->files, t->file_count, sizeof *t->files);
    struct followed *f = &t->files[t->file_count++];
    *f = (struct followed){.name = name};
    return f;
}

/* 0, E_WAIT, or 1 when there is no further operand. */
static int open_next(struct call *c, struct tail *t)
{
    struct str name;

    while (text_operand(c, t->next, &name)) {
        int error = input_open(c, &t->input, name, true);
        if (error == E_WAIT)
            return error;
        t->next++;
        if (!error)
            break;
        call_error(c, "cannot open %S for reading: %m", call_quote(c, shown_name(name)), error);
        if (t->follow) {
            struct followed *f = add_followed(c, t, name);
            f->error = error;
            f->ignored = !t->retry;
        }
    }
    if (!t->input)
        return 1;
    if (t->headers)
        put_header(c, t, name);
    t->left = t->from_start && t->count > 0 ? t->count - 1 : 0;
    t->block.length = t->needed = 0;
    buf_clear(&t->kept);
    t->whole = t->found = false;
    t->tail = (struct text_tail){0};
    return 0;
}

/* The end of a file that is to be followed was reached. */
static void keep_file(struct call *c, struct tail *t, struct input *in)
{
    struct followed *f = add_followed(c, t, in->name);
    bool keeps = t->retry && t->by_name;

    if (in->error) {
        call_error(c, "%S: cannot follow end of this type of file%s", call_quote_for_colon(c, in->name), keeps ? "" : "; giving up on this name");
        f->error = UNTAILABLE;
        f->ignored = !keeps;
    } else if (in->standard && in->file->kind != FILE_INODE) {
        f->ignored = true;
    } else {
        f->input = in;
        f->number = in->file->number;
        f->size = in->file->offset;
        t->last = t->file_count - 1;
        return;
    }
    input_close(in);
}

static void close_file(struct call *c, struct tail *t)
{
    struct input *in = t->input;

    if (in->error)
        call_error(c, "error reading %S: %m", call_quote(c, shown_name(in->name)), in->error);
    input_settle(in);
    t->input = NULL;
    if (t->follow)
        keep_file(c, t, in);
    else
        input_close(in);
}

/* Prints a piece of the block, without what is to be passed over. */
static void put_piece(struct call *c, struct tail *t)
{
    struct str piece = t->whole ? str_first(t->block, TEXT_PIECE) : text_piece(t->input, &t->block);

    if (t->whole)
        t->block = str_after(t->block, piece.length);
    call_charge_bytes(c, piece.length);
    if (t->left > 0 && t->bytes) {
        size_t skip = t->left < piece.length ? (size_t)t->left : piece.length;
        t->left -= skip;
        piece = str_after(piece, skip);
    } else if (t->left > 0) {
        size_t lines = text_occurrences(piece.data, piece.length, t->delimiter);
        if (lines < t->left) {
            t->left -= lines;
            return;
        }
        for (; t->left > 0; t->left--)
            piece = str_after(piece, (size_t)str_find(piece, t->delimiter) + 1);
    }
    call_print(c, piece);
}

/* Forgets the front of `kept` when it has doubled since it was last looked at. */
static void trim(struct call *c, struct tail *t)
{
    struct text_tail search = {0};
    size_t start;

    if (t->kept.length < 2 * t->needed + TEXT_PIECE)
        return;
    if (t->bytes) {
        start = t->count < t->kept.length ? t->kept.length - (size_t)t->count : 0;
    } else {
        int64_t fuel = c->meter->fuel;
        unsigned rest = c->rest;
        c->meter->fuel = INT64_MAX / 2; /* in one go, and paid for below */
        text_tail(c, &search, buf_str(&t->kept), t->count, t->delimiter);
        c->meter->fuel = fuel;
        c->rest = rest;
        start = search.end;
    }
    call_charge(c, (int64_t)(t->kept.length / METER_BYTES));
    buf_drop_front(&t->kept, start);
    t->needed = t->kept.length;
}

/* Reads until the end is known: 0 to be called again, 1 when all is in t->block, E_WAIT. */
static int read_whole(struct call *c, struct tail *t)
{
    struct str block;

    if (t->input->file->kind == FILE_INODE) {
        switch (input_all(t->input, &t->block)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END:  t->block.length = 0; break;
        case INPUT_MORE: break;
        }
        return 1;
    }
    switch (input_block(t->input, TEXT_PIECE, &block)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        t->block = buf_str(&t->kept);
        return 1;
    case INPUT_MORE:
        break;
    }
    call_charge_bytes(c, block.length);
    buf_add(&t->kept, block);
    trim(c, t);
    return 0;
}

/* --- following -------------------------------------------------------------------------------------------- */

enum { LOOK_EACH = 1000000 }; /* ns between two looks while others run */

/* Nothing of the file is printed, but what is added from now on may be. */
static void pass_all(struct call *c, struct tail *t)
{
    struct stat_info info;

    if (t->input->file->kind == FILE_INODE && file_stat(t->input->file, &info) == 0 && info.size > t->input->file->offset)
        t->input->file->offset = info.size;
    close_file(c, t);
}

static void forget_content(struct call *c, struct file *file)
{
    extent_release(file->extent, c->meter);
    file->extent = NULL;
}

/* Does a name that is followed lead to another file by now? 0, or E_WAIT. */
static int check_name(struct call *c, struct tail *t, struct followed *f)
{
    struct stat_info info;
    struct input *in = NULL;
    bool keeps = t->retry && t->by_name;
    struct str name = call_quote(c, f->name);

    int error = task_stat(c->task, f->name, true, &info);
    if (!error && f->input && info.number == f->number && info.kind != NODE_DIRECTORY) {
        error = task_access(c->task, f->name, MAY_READ);
        if (!error)
            return 0;
    }
    if (!error && info.kind != NODE_DIRECTORY)
        error = input_open(c, &in, f->name, false);
    if (error == E_WAIT)
        return error;
    int before = f->error;
    if (error) {
        if (!before && keeps)
            call_warn(c, "%S has become inaccessible: %m", name, error);
        else if (before != error && before != UNTAILABLE)
            call_warn(c, "%S: %m", call_quote_for_colon(c, f->name), error);
        f->error = error;
    } else if (!in) {
        if (before != UNTAILABLE)
            call_warn(c, "%S has been replaced with an untailable file%s", name, keeps ? "" : "; giving up on this name");
        f->error = UNTAILABLE;
        f->ignored = !keeps;
    } else if (!before) {
        call_warn(c, "%S has been replaced;  following new file", name);
    } else {
        call_warn(c, before == E_NOENT || before == UNTAILABLE ? "%S has appeared;  following new file" : "%S has become accessible", name);
    }
    if (f->input)
        input_close(f->input);
    f->input = in;
    if (in) {
        f->error = 0;
        f->number = info.number;
        f->size = 0;
        f->mtime = INT64_MIN;
    }
    return 0;
}

/* Is what was printed last no longer before its end? Then it was written anew: 1, 0 or E_WAIT. */
static int was_rewritten(struct call *c, const struct file *file)
{
    enum { COMPARED = 4096 };
    struct extent *now = NULL;
    size_t end = (size_t)file->offset, from = end > COMPARED ? end - COMPARED : 0;

    if (!file->extent || end == 0)
        return 0;
    int error = vfs_content(&c->task->sandbox->vfs, file->number, &now);
    if (error)
        return error == E_WAIT ? error : 0;
    struct str old = extent_bytes(file->extent), new = now ? extent_bytes(now) : (struct str){0};
    bool same = old.length < end || (new.length >= end && memcmp(old.data + from, new.data + from, end - from) == 0);
    extent_release(now, c->meter);
    call_charge_bytes(c, end - from);
    return !same;
}

/* Is there something new in the file? 1, 0, or E_WAIT. */
static int look(struct call *c, struct tail *t, struct followed *f)
{
    struct stat_info info;
    struct str bytes;

    if (f->ignored)
        return 0;
    if ((!f->input || t->by_name) && check_name(c, t, f) == E_WAIT)
        return E_WAIT;
    if (!f->input)
        return 0;
    struct file *file = f->input->file;
    if (file->kind != FILE_INODE)
        return file_peek(file, c->task, &bytes) == 0 && bytes.length > 0;
    int error = file_stat(file, &info);
    if (error)
        return error == E_WAIT ? error : 0;
    if (info.size == f->size && info.mtime == f->mtime)
        return 0;
    int anew = info.size < f->size ? 1 : was_rewritten(c, file);
    if (anew == E_WAIT)
        return anew;
    if (anew) {
        call_warn(c, "%S: file truncated", call_quote_for_colon(c, shown_name(f->name)));
        file->offset = 0;
    }
    if (file->offset < info.size)
        forget_content(c, file);
    f->size = info.size;
    f->mtime = info.mtime;
    return file->offset < info.size;
}

/* Prints some of what is new: 0 when that was all, 1, or E_WAIT. */
static int dump(struct call *c, struct tail *t, struct followed *f)
{
    struct file *file = f->input->file;
    struct str bytes;

    int error = file_peek(file, c->task, &bytes);
    if (error == E_WAIT && c->task->sandbox->vfs.fault.kind != FAULT_NONE)
        return E_WAIT;
    if (error || bytes.length == 0)
        return 0;
    bytes = str_first(bytes, TEXT_PIECE);
    if (t->headers && t->last != t->from)
        put_header(c, t, f->name);
    t->last = t->from;
    call_print(c, bytes);
    file_take(file, bytes.length);
    return 1;
}

static bool any_alive(const struct tail *t)
{
    if (t->retry && t->by_name)
        return true;
    for (size_t i = 0; i < t->file_count; i++)
        if (t->files[i].input || (!t->files[i].ignored && t->retry))
            return true;
    return false;
}

static const struct task_kind tail_kind = {"tail", call_task_step, NULL, NULL};

/* When something may have changed, ns since 1970; 0: never more. Others that follow files do not count. */
static int64_t next_change(struct call *c)
{
    const struct nacre *n = c->task->sandbox;
    int64_t now = sandbox_now(n), first = 0;

    for (const struct task *other = n->ready; other; other = other->next_ready) {
        call_charge(c, 1);
        if (other->kind != &tail_kind)
            return now + LOOK_EACH;
    }
    for (size_t i = 0; i < n->sleeper_count; i++) {
        const struct task *other = n->sleepers[i];
        if (i % 16 == 0)
            call_charge(c, 1);
        if (other->kind != &tail_kind && (!first || other->wake < first))
            first = other->wake;
    }
    bool host = n->output_waiting.first || (n->input_waiting.first && !n->input_ended);
    for (const struct host_call *call = n->host_calls; call; call = call->next)
        host |= call->task && !call->done;
    if (!first && host)
        return now + LOOK_EACH;
    return first ? (first > now ? first : now) + LOOK_EACH : 0;
}

static bool any_process(const struct call *c, const struct tail *t)
{
    for (size_t i = 0; i < t->pid_count; i++) {
        const struct task *other = t->pids[i] <= UINT32_MAX ? task_find(c->task->sandbox, (uint32_t)t->pids[i]) : NULL;
        if (other && !other->over)
            return true;
    }
    return t->pid_count == 0;
}

/* All were looked at: what now? */
static enum step rest(struct call *c, struct tail *t)
{
    const struct file *out = fds_get(c->task, 1);

    t->at = 0;
    if (!any_alive(t)) {
        call_error(c, "no files remaining");
        return call_done(c);
    }
    if (out && out->kind == FILE_PIPE_WRITER && out->pipe->readers == 0) {
        task_signal(c->task, SIGNAL_PIPE);
        return c->task->pending ? STEP_WAIT : call_exit(c, 1);
    }
    if (t->over)
        return call_done(c);
    if (!any_process(c, t)) { /* what it wrote before its end is to be seen */
        t->over = true;
        return STEP_AGAIN;
    }
    int64_t next = next_change(c);
    if (next) {
        t->next_look = next;
        return STEP_AGAIN;
    }
    for (size_t i = 0; i < t->file_count; i++)
        if (!t->files[i].ignored)
            call_warn(c, "%S: nothing more can come: its end is the end", call_quote(c, shown_name(t->files[i].name)));
    return call_done(c);
}

/* What grew first is printed first: false when nothing did. */
static bool choose_grown(struct tail *t)
{
    for (size_t i = 0; i < t->file_count; i++)
        if (t->files[i].grown && (!t->dumping || t->files[i].mtime < t->files[t->from].mtime)) {
            t->from = i;
            t->dumping = true;
        }
    if (t->dumping)
        t->files[t->from].grown = false;
    return t->dumping;
}

static enum step follow(struct call *c, struct tail *t)
{
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (t->next_look > sandbox_now(c->task->sandbox)) {
            task_wake_at(c->task, t->next_look);
            return STEP_WAIT;
        }
        t->next_look = 0;
        if (t->at == t->file_count && !t->dumping) {
            call_charge(c, 1);
            if (choose_grown(t))
                continue;
            enum step step = rest(c, t);
            if (step != STEP_AGAIN)
                return step;
            continue;
        }
        struct followed *f = &t->files[t->dumping ? t->from : t->at];
        int more = t->dumping ? dump(c, t, f) : look(c, t, f);
        if (more == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (t->dumping)
            t->dumping = more == 1;
        else
            t->files[t->at++].grown = more == 1;
    }
}

/* All operands were printed: true when files are to be followed. */
static bool begin_to_follow(struct call *c, struct tail *t)
{
    for (size_t i = 0; t->follow && i < t->file_count; i++)
        t->following |= !t->files[i].ignored || !str_is(t->files[i].name, "-");
    if (t->following && !c->shell)
        c->task->kind = &tail_kind;
    return t->following;
}

static enum step tail_step(struct call *c)
{
    struct tail *t = c->state;

    if (!t->from_start && t->count == 0 && !t->follow)
        return call_done(c); /* nothing is opened then */
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (t->following)
            return follow(c, t);
        if (!t->input) {
            int opened = open_next(c, t);
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1) {
                if (begin_to_follow(c, t))
                    continue;
                return call_done(c);
            }
            call_charge(c, 1);
            if (!t->from_start && t->count == 0)
                pass_all(c, t);
            continue;
        }
        if (!t->from_start && !t->whole) {
            int done = read_whole(c, t);
            if (done == E_WAIT)
                return STEP_WAIT;
            t->whole = done == 1;
            continue;
        }
        if (!t->from_start && !t->found) {
            if (t->bytes)
                t->tail.end = t->count < t->block.length ? t->block.length - (size_t)t->count : 0;
            else if (!text_tail(c, &t->tail, t->block, t->count, t->delimiter))
                return STEP_AGAIN;
            t->found = true;
            t->block = str_after(t->block, t->tail.end);
        }
        if (t->block.length == 0) {
            if (t->whole) {
                close_file(c, t);
                continue;
            }
            switch (input_block(t->input, SIZE_MAX, &t->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:  t->block.length = 0; close_file(c, t); continue;
            case INPUT_MORE: break;
            }
        }
        put_piece(c, t);
    }
}

const struct command command_tail = {
    .name = "tail",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print the last 10 lines of each FILE to standard output.\n"
               "With more than one FILE, precede each with a header giving the file name.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "NUM may have a multiplier suffix: b 512, kB 1000, K 1024, MB 1000*1000, M 1024*1024, and so on for\n"
            "G, T, P, E, Z, Y. Binary prefixes can be used, too: KiB=K, MiB=M, and so on.\n\n"
            "With -f, -F and --follow it ends, with a note on standard error, when nothing is left in the sandbox that could\n"
            "still write or run.",
    .options = options,
    .state = sizeof(struct tail),
    .start = tail_start,
    .step = tail_step,
    .flags = COMMAND_DIGITS,
    .number = 'n',
};
