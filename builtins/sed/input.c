/* builtins/sed/input.c - where lines come from: the operands one after another, and files edited in place. */
#include "builtins/sed/sed.h"
#include "task/sandbox.h"

/* What is copied here was charged for when the line was read, or by D: whether it is borrowed still is by chance. */
struct buf *sed_own(struct sed_space *space)
{
    struct buf *b = &space->own;
    if (space->borrowed || !space->view.length) {
        buf_clear(b);
        buf_add(b, space->view);
    } else if (space->view.data != b->data) {
        memmove(b->data, space->view.data, space->view.length);
    }
    b->length = space->view.length;
    space->borrowed = false;
    space->view = buf_str(b);
    return b;
}

/* Before what the pattern space borrows from goes away. */
static void keep_pattern(struct sed *s)
{
    if (!s->pattern.borrowed)
        return;
    struct buf *b = &s->pattern.own;
    buf_clear(b);
    buf_add(b, s->pattern.view);
    s->pattern.borrowed = false;
    s->pattern.view = buf_str(b);
    if (s->searching)
        s->search.text = s->pattern.view;
}

void sed_settle(struct sed *s)
{
    if (s->input && !s->whole)
        keep_pattern(s);
}

/* --- files edited in place ------------------------------------------------------------------------- */

/* The name of the backup: `*` in the suffix stands for the file's name, which it else follows. */
static struct str backup_name(struct call *c, struct sed *s)
{
    struct buf b;
    buf_init(&b, c->heap);
    if (str_find(s->suffix, '*') < 0)
        buf_add(&b, s->place_name);
    for (size_t i = 0; i < s->suffix.length; i++) {
        if (s->suffix.data[i] == '*')
            buf_add(&b, s->place_name);
        else
            buf_add_byte(&b, s->suffix.data[i]);
    }
    return buf_str(&b);
}

static int fail_place(struct call *c, const char *what, struct str name, int error)
{
    call_error(c, "%s %S: %m", what, name, error);
    c->status = SED_PANIC;
    return SED_FAILED;
}

static void release_file(void *file, struct meter *m)
{
    (void)m;
    file_close(file);
}

/* Begins to edit the file just opened: 1, 0 when it cannot be, E_WAIT, SED_FAILED. */
static int start_place(struct call *c, struct sed *s, struct input *input, struct str name)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct stat_info info = {0};
    struct file *file;
    int error = file_stat(input->file, &info);
    if (error == E_WAIT)
        return error;
    if (error || input->file->kind != FILE_INODE || info.kind != NODE_FILE) {
        call_error(c, "couldn't edit %S: not a regular file", name);
        c->status = SED_PANIC;
        return 0;
    }
    s->place_name = name;
    ptrdiff_t slash = str_find_last(s->place_name, '/');
    error = task_access(c->task, slash < 0 ? str_lit(".") : str_first(s->place_name, (size_t)slash + 1), MAY_WRITE);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "couldn't open temporary file %S%ssedAAAAAA: %m", str_first(s->place_name, (size_t)(slash + 1)),
                   slash < 0 ? "./" : "", error);
        c->status = SED_PANIC;
        return SED_FAILED;
    }
    struct hold *hold = heap_hold(c->heap, release_file);
    int64_t made = vfs_make_nameless(v, c->task->who, info.mode & 07777);
    error = made < 0 ? (int)made : file_open_inode(c->task, (uint64_t)made, OPEN_WRITE, &file);
    if (error)
        heap_unhold(c->heap, hold);
    if (error)
        return error == E_WAIT ? error : fail_place(c, "couldn't open temporary file for", name, error);
    s->place_hold = hold;
    hold->thing = file;
    s->place_number = (uint64_t)made;
    s->place = (struct sed_output){.kind = OUTPUT_FILE, .name = s->place_name, .file = file, .queue = s->place.queue};
    if (!s->place.queue.heap)
        buf_init(&s->place.queue, c->heap);
    s->out = &s->place;
    s->place_stage = 0;
    if (info.user != c->task->who.user || info.group != c->task->who.group) /* as far as it may */
        vfs_chown(v, c->task->who, s->place_number, info.user, info.group);
    return 1;
}

static int link_place(struct call *c, struct sed *s)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct place p;
    int error = task_walk(c->task, s->place_name, WALK_PARENT, &p);
    if (error)
        return error;
    error = vfs_link(v, c->task->who, s->place_number, p.parent, str_of(p.name, p.name_length), true);
    place_drop(&p, c->meter);
    return error;
}

int sed_finish_file(struct call *c, struct sed *s)
{
    int error;
    if (!s->place_number)
        return 0;
    error = sed_flush(c, s, true);
    if (error)
        return error;
    if (s->place_stage == 0) {
        if (s->suffix.length) {
            if (!s->place_backup.data)
                s->place_backup = backup_name(c, s);
            error = str_equal(s->place_backup, s->place_name) ? 0 : call_rename(c, s->place_name, s->place_backup);
            if (error == E_WAIT)
                return error;
            if (error)
                return fail_place(c, "cannot rename", s->place_name, error);
            s->place_backup = (struct str){0};
        }
        s->place_stage = 1;
    }
    error = link_place(c, s);
    if (error == E_WAIT)
        return error;
    if (error)
        return fail_place(c, "cannot rename", s->place_name, error);
    heap_unhold(c->heap, s->place_hold);
    s->place_hold = NULL;
    s->place.file = NULL;
    s->place_number = 0;
    s->out = &s->standard;
    return 0;
}

/* --- going through the operands ------------------------------------------------------------------------- */

static void close_input(struct sed *s)
{
    keep_pattern(s);
    input_close(s->input);
    s->input = NULL;
    s->text = (struct str){0};
    s->at = 0;
    s->whole = s->ended = false;
}

static bool has_operand(const struct sed *s)
{
    return s->next_operand < s->operand_count;
}

void sed_reset_ranges(struct sed *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct sed_command *k = &s->commands[i];
        bool zero = k->from.kind == ADDRESS_LINE && k->from.first == 0;
        k->range = zero && k->to.kind ? RANGE_ACTIVE : RANGE_INACTIVE;
    }
}

/* With -s and -i each file is edited as if it were the only one. */
static void begin_anew(struct sed *s)
{
    s->line = 0;
    s->hold.view.length = 0;
    for (struct sed_reader *r = s->readers; r; r = r->next) {
        if (r->opened && !r->ended)
            input_close(r->input);
        r->opened = r->ended = false;
    }
    sed_reset_ranges(s);
}

/* --follow-symlinks: the name of what a link leads to, link by link: 0, E_WAIT, SED_FAILED. */
static int follow(struct call *c, struct str *name)
{
    enum { LINKS_MOST = 40 };
    struct str at = *name;
    struct buf target;
    buf_init(&target, c->heap);
    for (int links = 0;; links++) {
        struct stat_info info;
        int error = call_stat(c, at, false, &info);
        if (!error && info.kind == NODE_LINK && links == LINKS_MOST)
            return fail_place(c, "couldn't follow symlink", *name, E_LOOP);
        buf_clear(&target);
        if (!error && info.kind == NODE_LINK)
            error = task_readlink(c->task, at, &target);
        if (error == E_WAIT)
            return error;
        if (error)
            return fail_place(c, "couldn't readlink", at, error);
        if (info.kind != NODE_LINK) {
            *name = at;
            return 0;
        }
        ptrdiff_t slash = target.data[0] == '/' ? -1 : str_find_last(at, '/');
        struct buf next;
        buf_init(&next, c->heap);
        buf_add(&next, str_first(at, (size_t)(slash + 1)));
        buf_add(&next, buf_str(&target));
        at = buf_str(&next);
    }
}

/* Opens the next operand: 1, 0 when it could not be, E_WAIT, SED_FAILED. */
static int open_next(struct call *c, struct sed *s)
{
    struct str name = s->operands[s->next_operand];
    struct input *input;
    int error = s->follow && (s->in_place || !str_is(name, "-")) ? follow(c, &name) : 0;
    if (error)
        return error;
    error = input_open(c, &input, name, !s->in_place);
    if (error == E_WAIT)
        return error;
    if (error) {
        s->next_operand++;
        call_error(c, "can't read %S: %m", name, error);
        c->status = SED_INPUT;
        call_charge(c, 1);
        return 0;
    }
    if (s->in_place) {
        int answer = start_place(c, s, input, name);
        if (answer != 1) {
            input_close(input);
            if (answer == 0)
                s->next_operand++;
            return answer;
        }
    }
    s->next_operand++;
    s->input = input;
    s->name = name;
    s->text = (struct str){0};
    s->at = 0;
    s->whole = s->ended = false;
    if (s->separate)
        begin_anew(s);
    call_charge(c, 1);
    return 1;
}

static int end_of_file(struct call *c, struct sed *s)
{
    s->ended = true;
    if (!s->input->error)
        return 0;
    call_error(c, "read error on %S: %m", s->input->standard ? str_lit("stdin") : s->name, s->input->error);
    c->status = SED_PANIC;
    return SED_FAILED;
}

/* Is there more of the current file? 1, 0, E_WAIT, SED_FAILED. Of a stream nothing is taken. */
static int fill_current(struct call *c, struct sed *s)
{
    struct str more;
    if (s->at < s->text.length)
        return 1;
    if (s->ended || !s->input)
        return 0;
    bool regular = s->input->file->kind == FILE_INODE;
    if (!regular)
        keep_pattern(s);
    switch (regular ? input_all(s->input, &more) : input_block(s->input, 1, &more)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END:  return end_of_file(c, s);
    case INPUT_MORE: break;
    }
    if (!regular) {
        input_unread(s->input, more.length);
        return 1;
    }
    s->text = more;
    s->at = 0;
    s->whole = s->ended = true;
    sed_watch_text(s);
    return more.length > 0;
}

int sed_fill(struct call *c, struct sed *s, bool across)
{
    for (;;) {
        int answer = fill_current(c, s);
        if (answer || !across)
            return answer;
        if (s->place_number) {
            answer = sed_finish_file(c, s);
            if (answer)
                return answer;
        }
        if (!has_operand(s))
            return 0;
        if (s->input)
            close_input(s);
        answer = open_next(c, s);
        if (answer < 0)
            return answer;
        if (!sed_go(c))
            return SED_LATER;
    }
}

int sed_is_last(struct call *c, struct sed *s)
{
    int answer = sed_fill(c, s, !s->separate);
    return answer < 0 ? answer : !answer;
}

int sed_at_end(struct call *c, struct sed *s)
{
    return sed_is_last(c, s);
}

/* --- lines -------------------------------------------------------------------------------------------------- */

static void take_line(struct call *c, struct sed *s, bool append, struct str line, bool chomped)
{
    struct sed_space *p = &s->pattern;
    s->line++;
    p->chomped = chomped;
    call_charge_bytes(c, line.length);
    if (append) {
        struct buf *b = sed_own(p);
        buf_add_byte(b, s->end);
        buf_add(b, line);
        p->view = buf_str(b);
    } else {
        p->view = line;
        p->borrowed = true;
    }
}

/* The next line of a stream: 1, 0, E_WAIT, SED_FAILED. */
static int read_stream(struct call *c, struct sed *s, bool append)
{
    struct str line;
    bool unended = false;
    keep_pattern(s);
    switch (input_line(s->input, s->end, &line, &unended)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END:  return end_of_file(c, s);
    case INPUT_MORE: break;
    }
    take_line(c, s, append, line, !unended);
    return 1;
}

int sed_read(struct call *c, struct sed *s, bool append)
{
    if (s->input && !s->whole && !s->ended && s->input->file->kind != FILE_INODE) {
        int answer = read_stream(c, s, append);
        if (answer)
            return answer;
    }
    for (;;) {
        int answer = sed_fill(c, s, true);
        if (answer <= 0)
            return answer;
        if (!s->whole) {
            answer = read_stream(c, s, append);
            if (answer)
                return answer;
            continue;
        }
        const char *from = s->text.data + s->at;
        size_t left = s->text.length - s->at;
        const char *end = memchr(from, s->end, left);
        size_t length = end ? (size_t)(end - from) : left;
        s->at += length + (end != NULL);
        call_charge(c, 1);
        take_line(c, s, append, str_of(from, length), end != NULL);
        return 1;
    }
}
