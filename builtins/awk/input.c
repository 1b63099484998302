/* builtins/awk/input.c - records: of the operands one after another, and of the files and commands of getline. */
#include "builtins/awk/awk.h"
#include "task/sandbox.h"

/* --- one record ------------------------------------------------------------------------------------------------ */

/* More of the text: 1, 0 at the end (or it cannot be read), E_WAIT. */
static int fill(struct awk *a, struct awk_reader *r)
{
    struct str bytes;
    if (r->ended)
        return 0;
    if (r->regular && r->at < r->text.length)
        return 0;
    if (r == &a->main_reader)
        awk_keep_record(a);
    switch (input_block(r->input, SIZE_MAX, &bytes)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END: r->ended = true; return 0;
    case INPUT_MORE: break;
    }
    if (r->input->file->kind == FILE_INODE) {
        r->regular = true;
        r->text = bytes;
        r->at = 0;
        return 1;
    }
    if (!r->store.heap)
        buf_init(&r->store, a->heap);
    buf_drop_front(&r->store, r->at);
    r->at = 0;
    buf_add(&r->store, bytes);
    input_settle(r->input);
    r->text = buf_str(&r->store);
    return 1;
}

/* What a search for a record's end answers besides its place. */
enum { FOUND, NEED_MORE, NOTHING };

static int find_byte(struct awk *a, struct awk_reader *r, bool all, struct str *record, struct str *rt)
{
    const char *from = r->text.data + r->at;
    size_t left = r->text.length - r->at;
    const char *end = left > r->seen ? memchr(from + r->seen, a->record_end, left - r->seen) : NULL;
    if (!end && !all) {
        r->seen = left;
        return NEED_MORE;
    }
    if (!end && !left)
        return NOTHING;
    *record = str_of(from, end ? (size_t)(end - from) : left);
    *rt = end ? str_of(end, 1) : str_of(from + left, 0);
    return FOUND;
}

static int find_paragraph(struct awk_reader *r, bool all, struct str *record, struct str *rt)
{
    while (r->at < r->text.length && r->text.data[r->at] == '\n')
        r->at++;
    const char *from = r->text.data + r->at;
    size_t left = r->text.length - r->at, i = 0;
    if (!left)
        return all ? NOTHING : NEED_MORE;
    for (;;) {
        const char *end = memchr(from + i, '\n', left - i);
        if (!end) {
            if (!all)
                return NEED_MORE;
            *record = str_of(from, left);
            *rt = str_of(from + left, 0);
            return FOUND;
        }
        i = (size_t)(end - from) + 1;
        if (i < left && from[i] == '\n')
            break;
        if (i == left) {
            if (!all)
                return NEED_MORE;
            *record = str_of(from, left - 1);
            *rt = str_of(from + left - 1, 1);
            return FOUND;
        }
    }
    size_t end = i;
    while (end < left && from[end] == '\n')
        end++;
    if (end == left && !all)
        return NEED_MORE;
    *record = str_of(from, i - 1);
    *rt = str_of(from + i - 1, end - i + 1);
    return FOUND;
}

static int find_regex(struct awk *a, struct awk_reader *r, bool all, struct str *record, struct str *rt)
{
    struct str left = str_after(r->text, r->at);
    struct regex *regex = awk_regex_get(a, &a->record_regex);
    struct match m;
    size_t from = 0;
    if (!left.length)
        return all ? NOTHING : NEED_MORE;
    while (regex && from < left.length && regex_match(regex, left, from, r->begun ? MATCH_NOT_BOL : 0, &m, 1) == REGEX_YES) {
        if (m.start == m.end) {
            from = (size_t)m.end + 1;
            continue;
        }
        if ((size_t)m.end == left.length && !all)
            return NEED_MORE;
        *record = str_first(left, (size_t)m.start);
        *rt = str_of(left.data + m.start, (size_t)(m.end - m.start));
        return FOUND;
    }
    if (!all)
        return NEED_MORE;
    *record = left;
    *rt = str_of(left.data + left.length, 0);
    return FOUND;
}

static int find_csv(struct awk_reader *r, bool all, struct str *record, struct str *rt)
{
    struct str left = str_after(r->text, r->at);
    bool quoted = false;
    if (!left.length)
        return all ? NOTHING : NEED_MORE;
    for (size_t i = 0; i < left.length; i++) {
        if (left.data[i] == '"') {
            quoted = !quoted;
        } else if (left.data[i] == '\n' && !quoted) {
            bool carriage = i > 0 && left.data[i - 1] == '\r';
            *record = str_first(left, i - carriage);
            *rt = str_of(left.data + i - carriage, 1 + carriage);
            return FOUND;
        }
    }
    if (!all)
        return NEED_MORE;
    *record = left;
    *rt = str_of(left.data + left.length, 0);
    return FOUND;
}

int awk_read_record(struct awk *a, struct awk_reader *r, struct str *record, struct str *rt)
{
    for (;;) {
        bool all = r->ended || r->regular;
        int answer = NEED_MORE;
        bool tried = !all && r->seen && r->seen == r->text.length - r->at; /* and nothing came since */
        if ((r->at < r->text.length && !tried) || r->ended) {
            switch (a->records) {
            case RECORD_BYTE: answer = find_byte(a, r, all, record, rt); break;
            case RECORD_PARAGRAPH: answer = find_paragraph(r, all, record, rt); break;
            case RECORD_REGEX: answer = find_regex(a, r, all, record, rt); break;
            case RECORD_CSV: answer = find_csv(r, all, record, rt); break;
            }
        }
        if (answer == FOUND) {
            r->at = (size_t)(rt->data + rt->length - r->text.data);
            r->seen = 0;
            r->begun = true;
            meter_charge(a->heap->meter, 1);
            call_charge_bytes(a->c, record->length + rt->length);
            return 1;
        }
        if (answer == NOTHING && r->ended)
            return 0;
        if (r->at < r->text.length)
            r->seen = r->text.length - r->at;
        int more = fill(a, r);
        if (more < 0)
            return more;
        if (!more && r->ended && r->at >= r->text.length)
            return 0;
    }
}

void awk_records_changed(struct awk *a)
{
    struct str rs = awk_text(a, &a->globals[VAR_RS]);
    a->record_end = '\n';
    a->main_reader.knows_next = false;
    a->main_reader.resume = SIZE_MAX;
    if (a->csv) {
        a->records = RECORD_CSV;
    } else if (!rs.length) {
        a->records = RECORD_PARAGRAPH;
    } else if (rs.length == 1 || a->traditional) {
        a->records = RECORD_BYTE;
        a->record_end = rs.data[0];
    } else {
        a->records = RECORD_REGEX;
        for (int i = 0; i < 2; i++) {
            regex_free(a->record_regex.compiled[i]);
            a->record_regex.compiled[i] = NULL;
        }
        heap_free(a->heap, (void *)(uintptr_t)a->record_regex.text.data);
        a->record_regex.text = (struct str){0};
        a->record_regex.text = str_copy(a->heap, rs);
    }
}

static void set_rt(struct awk *a, struct str rt)
{
    struct awk_value *v = &a->globals[VAR_RT];
    if (v->type == AWK_STRING && str_equal(str_of(v->string->data, v->string->length), rt))
        return;
    awk_drop(a, *v);
    *v = (struct awk_value){0};
    *v = awk_of_string(a, rt);
}

/* --- the operands ------------------------------------------------------------------------------------------------------ */

void awk_close_main(struct awk *a)
{
    if (!a->main_open)
        return;
    awk_keep_record(a);
    if (a->main_reader.input) {
        input_close(a->main_reader.input);
        a->main_reader.input = NULL;
    }
    struct buf store = a->main_reader.store;
    buf_clear(&store);
    a->main_reader = (struct awk_reader){.store = store};
    a->main_open = false;
    a->file_stage = 0;
}

static void set_text(struct awk *a, int32_t index, struct str s, bool input)
{
    awk_set_global(a, index, input ? awk_of_input(a, s) : awk_of_string(a, s));
}

/* ARGV[number]: false when it is not there. */
static bool operand(struct awk *a, int64_t number, struct str *text)
{
    struct awk_array *argv = awk_global_array(a, VAR_ARGV);
    struct awk_value *v = argv ? awk_array_find(a, argv, (struct awk_key){true, number, {0}}) : NULL;
    if (!v || v->type == AWK_ARRAY)
        return false;
    *text = awk_text(a, v);
    return text->length > 0;
}

/* Opens the file: 0, E_WAIT, AWK_FAILED. A file that cannot be is told of, or left to BEGINFILE. */
static int open_file(struct awk *a, struct str name)
{
    struct call *c = a->c;
    struct input *input = NULL;
    bool dash = str_is(name, "-") || str_is(name, "/dev/stdin");
    struct stat_info info;
    int error = input_open(c, &input, dash ? str_lit("-") : name, true);
    if (error == E_WAIT)
        return E_WAIT;
    if (!error && input->file->kind == FILE_DIRECTORY) {
        error = E_ISDIR;
    } else if (!error && !dash && !file_stat(input->file, &info) && info.kind == NODE_DIRECTORY) {
        error = E_ISDIR;
    }
    if (error && input) {
        input_close(input);
        input = NULL;
    }
    a->main_reader.input = input;
    a->main_reader.ended = error != 0;
    a->main_open = true;
    a->file_error = error;
    a->file_stage = 0;
    awk_set_global(a, VAR_FNR, awk_of_number(0));
    heap_free(a->heap, (void *)(uintptr_t)a->file_name.data);
    a->file_name = (struct str){0};
    a->file_name = str_copy(a->heap, name);
    return 0;
}

/* The next operand that is a file is opened, assignments are done: 1, 0 when there are no more, E_WAIT, AWK_FAILED. */
static int open_next(struct awk *a)
{
    struct str name;
    for (;;) {
        if (!meter_go(a->heap->meter))
            return AWK_LATER;
        double count = awk_number(a, &a->globals[VAR_ARGC]);
        if ((double)a->argument >= count) {
            if (a->used_argument)
                return 0;
            int error = open_file(a, str_lit("-"));
            if (error)
                return error;
            a->used_argument = true;
            set_text(a, VAR_FILENAME, str_lit("-"), false);
            return 1;
        }
        bool there = operand(a, a->argument, &name), fatal = false;
        if (there && awk_assign(a, name, &fatal)) {
            a->argument++;
            meter_charge(a->heap->meter, 1);
            if (fatal)
                return AWK_FAILED;
            continue;
        }
        if (!there) {
            a->argument++;
            meter_charge(a->heap->meter, 1);
            continue;
        }
        int error = open_file(a, name);
        if (error)
            return error;
        meter_charge(a->heap->meter, 1);
        awk_set_global(a, VAR_ARGIND, awk_of_number((double)a->argument));
        a->argument++;
        a->used_argument = true;
        set_text(a, VAR_FILENAME, a->file_name, true);
        return 1;
    }
}

/* A file that could not be opened, when no BEGINFILE has passed over it: 0 or AWK_FAILED. */
static int tell_unreadable(struct awk *a)
{
    if (a->file_error == E_ISDIR) {
        awk_tell(a, -1, "warning: ", "command line argument `%S' is a directory: skipped", a->file_name);
    } else {
        a->no_place = !a->nr && a->program.begin < 0; /* nothing was done yet */
        awk_fatal(a, "cannot open file `%S' for reading: %m", a->file_name, a->file_error);
        return AWK_FAILED;
    }
    return 0;
}

static void set_errno(struct awk *a, int error)
{
    struct buf b;
    if (!error) {
        awk_set_global(a, VAR_ERRNO, awk_of_string(a, (struct str){"", 0}));
        return;
    }
    buf_init(&b, a->heap);
    buf_print(&b, "%m", error);
    awk_set_global(a, VAR_ERRNO, awk_of_string(a, buf_str(&b)));
    buf_drop(&b);
}

/* With -i inplace: what was printed becomes the file. 0; E_WAIT. */
static int replace_file(struct awk *a)
{
    struct stat_info info = {0};
    union map_value *suffix = map_find(&a->program.names, str_lit("inplace::suffix"));
    int error = 0;
    if (suffix && awk_text(a, &a->globals[suffix->number]).length) { /* it stays under another name */
        struct buf name;
        buf_init(&name, a->heap);
        buf_print(&name, "%S%S", a->file_name, awk_text(a, &a->globals[suffix->number]));
        error = call_remove(a->c, buf_str(&name), false);
        if (error != E_WAIT)
            error = call_link(a->c, a->file_name, buf_str(&name), true);
        buf_drop(&name);
        if (error == E_WAIT)
            return E_WAIT;
    }
    if (!error)
        error = call_stat(a->c, a->file_name, true, &info);
    if (!error)
        error = call_replace(a->c, a->file_name, buf_str(&a->place->queue), info.mode & 07777);
    if (error == E_WAIT)
        return E_WAIT;
    if (error)
        awk_fatal(a, "inplace::end: rename failed (%m)", error);
    awk_stream_remove(a, a->place);
    a->place = NULL;
    return error ? AWK_FAILED : 0;
}

/* Where the next line is that matches; SIZE_MAX: there is none. False: the meter is spent. */
static bool find_line(struct awk *a, struct regex *lines, size_t *start)
{
    struct awk_reader *r = &a->main_reader;
    size_t end;
    if (!r->searching && (r->resume != r->at || r->search.regex != lines))
        regex_start(&r->search, lines, r->text, r->at, MATCH_LINES);
    enum regex_answer answer = regex_line(&r->search, start, &end);
    r->searching = answer == REGEX_MORE;
    if (answer == REGEX_MORE)
        return false;
    r->resume = answer == REGEX_YES ? end + 1 : SIZE_MAX;
    if (answer != REGEX_YES)
        *start = SIZE_MAX;
    return true;
}

/* Passes over lines that the program's only pattern does not match, but not over the last one, which END may look at:
 * false when the meter is spent. */
static bool pass_lines(struct awk *a, struct regex *lines, enum awk_verdict *verdict)
{
    struct awk_reader *r = &a->main_reader;
    size_t start;
    if (!find_line(a, lines, &start))
        return false;
    if (start != SIZE_MAX) {
        *verdict = VERDICT_YES;
    } else { /* the last line */
        start = r->text.length;
        while (start > r->at && r->text.data[start - 1] == '\n' && start == r->text.length)
            start--;
        while (start > r->at && r->text.data[start - 1] != '\n')
            start--;
    }
    if (start > r->at) {
        struct str passed = str_of(r->text.data + r->at, start - r->at);
        int64_t count = (int64_t)text_occurrences(passed.data, passed.length, '\n');
        awk_count_records(a, count);
        r->at = start;
        r->seen = 0;
        r->begun = true;
        meter_charge(a->heap->meter, count);
        call_charge_bytes(a->c, passed.length);
    }
    return true;
}

/* Tells whether the next line is one that the program's only pattern, which is !/.../, chooses: false when the meter is spent. */
static bool judge_line(struct awk *a, struct regex *lines, enum awk_verdict *verdict)
{
    struct awk_reader *r = &a->main_reader;
    if (!r->knows_next || r->at > r->next_match) {
        if (!find_line(a, lines, &r->next_match))
            return false;
        r->knows_next = true;
    }
    *verdict = r->at == r->next_match ? VERDICT_NO : VERDICT_YES;
    return true;
}

bool awk_read_line(struct awk *a, enum awk_verdict *verdict)
{
    struct awk_reader *r = &a->main_reader;
    struct meter *meter = a->heap->meter;
    struct awk_value *rt = &a->globals[VAR_RT];
    *verdict = VERDICT_NONE;
    if (!r->regular || a->records != RECORD_BYTE || a->file_stage != 2 || a->skip_file || a->file_error || a->in_end_file)
        return false;
    if (!meter_go(meter) || !call_go(a->c) || a->out.length >= AWK_QUEUE || r->at >= r->text.length)
        return false;
    if (a->program.filter && a->record_end == '\n') {
        struct regex *lines = awk_regex_lines(a, a->program.filter);
        if (lines && !(a->program.filter_not ? judge_line : pass_lines)(a, lines, verdict))
            return false;
    }
    const char *from = r->text.data + r->at;
    size_t left = r->text.length - r->at;
    const char *end = memchr(from, a->record_end, left);
    if (!end)
        return false;
    size_t length = (size_t)(end - from);
    r->at += length + 1;
    r->seen = 0;
    r->begun = true;
    meter_charge(meter, 1);
    call_charge_bytes(a->c, length + 1);
    awk_count_records(a, 1);
    if (rt->type != AWK_STRING || rt->string->length != 1 || rt->string->data[0] != *end)
        set_rt(a, str_of(end, 1));
    awk_set_record(a, str_of(from, length), true);
    return true;
}

/* A record is for getline's variable, or $0. */
static void take_record(struct awk *a, struct str record, bool variable, bool borrowed)
{
    if (!variable) {
        awk_set_record(a, record, borrowed);
        return;
    }
    awk_drop(a, a->got);
    a->got = (struct awk_value){0};
    a->got = awk_of_input(a, record);
}

/* Stages of a file: 0 just opened, 1 BEGINFILE has run, 2 being read, 3 ENDFILE has run. */
int awk_read_main(struct awk *a, bool variable)
{
    struct str record, rt;
    struct awk_program *g = &a->program;
    for (;;) {
        if (!meter_go(a->heap->meter) || !call_go(a->c) || a->out.length >= AWK_QUEUE)
            return AWK_LATER;
        if (a->main_over)
            return READ_END;
        if (!a->main_open) {
            int answer = open_next(a);
            if (answer < 0)
                return answer;
            if (!answer) {
                a->main_over = true;
                return READ_END;
            }
        }
        if (a->file_stage == 0) {
            a->file_stage = 1;
            a->skip_file = false;
            if (a->in_place && a->file_name.length && !a->file_error)
                a->place = awk_stream_add(a, a->file_name, TO_FILE, false);
            if (g->begin_file >= 0) {
                set_errno(a, a->file_error);
                a->in_begin_file = true;
                return READ_BEGIN_FILE;
            }
        }
        if (a->file_stage == 1) {
            a->in_begin_file = false;
            if (a->file_error && !a->skip_file && tell_unreadable(a))
                return AWK_FAILED;
            a->file_stage = 2;
        }
        if (a->file_stage == 2 && !a->skip_file && !a->file_error) {
            int answer = awk_read_record(a, &a->main_reader, &record, &rt);
            if (answer < 0)
                return answer;
            if (answer) {
                awk_count_records(a, 1);
                set_rt(a, rt);
                take_record(a, record, variable, a->main_reader.regular);
                return READ_RECORD;
            }
            if (a->main_reader.input->error) {
                a->file_error = a->main_reader.input->error;
                if (a->file_error == E_ISDIR)
                    tell_unreadable(a);
                else
                    awk_tell(a, -1, "warning: ", "error reading input file `%S': %m", a->file_name, a->file_error);
            }
        }
        if (a->file_stage == 2) {
            a->file_stage = 3;
            if (g->end_file >= 0 && !a->file_error) {
                a->in_end_file = true;
                return READ_END_FILE;
            }
        }
        a->in_end_file = false;
        if (a->place) {
            int answer = replace_file(a);
            if (answer)
                return answer;
        }
        awk_close_main(a);
    }
}

/* --- getline from elsewhere ---------------------------------------------------------------------------------------------- */

static int open_source(struct awk *a, enum awk_source source, struct str name, struct awk_stream **stream, int *failure)
{
    struct call *c = a->c;
    struct input *input;
    struct file *reader, *writer;
    if (source == FROM_COPROCESS)
        return awk_stream_out(a, TO_COPROCESS, name, stream);
    if (source == FROM_FILE) {
        bool dash = str_is(name, "-") || str_is(name, "/dev/stdin");
        int error = input_open(c, &input, dash ? str_lit("-") : name, dash);
        if (error == E_WAIT)
            return E_WAIT;
        if (error) {
            *failure = error;
            return 0;
        }
    } else {
        struct task *child;
        int error = awk_flush_all(a);
        if (error)
            return error;
        error = awk_start_command(a, name, &child);
        if (error == E_WAIT)
            return E_WAIT;
        if (error) {
            *failure = error;
            return 0;
        }
        file_pipe(c->task, &reader, &writer);
        fds_set(child, 1, writer, false);
        input_open_file(c, &input, reader, str_lit("pipe"));
        *stream = awk_stream_add(a, name, TO_PIPE, true);
        (*stream)->child = child;
        (*stream)->reader.input = input;
        return 0;
    }
    *stream = awk_stream_add(a, name, TO_FILE, true);
    (*stream)->reader.input = input;
    return 0;
}

int awk_getline(struct awk *a, enum awk_source source, struct str name, bool variable, int *answer)
{
    struct str record, rt;
    enum awk_redirection kind = source == FROM_FILE ? TO_FILE : source == FROM_PIPE ? TO_PIPE : TO_COPROCESS;
    struct awk_stream *s = awk_stream_find(a, name, true, kind);
    int failure = 0;
    if (!s) {
        if (!name.length && source == FROM_FILE) {
            awk_fatal(a, "expression for `<' redirection has null string value");
            return AWK_FAILED;
        }
        int error = open_source(a, source, name, &s, &failure);
        if (error)
            return error;
    }
    if (s && source == FROM_COPROCESS && s->queue.length) {
        int error = awk_stream_flush(a, s);
        if (error)
            return error;
    }
    if (!s) {
        set_errno(a, failure);
        *answer = -1;
        return 0;
    }
    int got = awk_read_record(a, &s->reader, &record, &rt);
    if (got < 0)
        return got;
    if (!got) {
        *answer = s->reader.input->error ? -1 : 0;
        if (s->reader.input->error)
            set_errno(a, s->reader.input->error);
        return 0;
    }
    set_rt(a, rt);
    take_record(a, record, variable, false);
    *answer = 1;
    return 0;
}
