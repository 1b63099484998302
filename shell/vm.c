/* shell/vm.c - runs code: one instruction a step, on the task's own state. */
#include "shell/vm.h"

#include "regex/glob.h"
#include "shell/arith.h"
#include "shell/condition.h"
#include "shell/print.h"

/* --- instructions -------------------------------------------------------------------------------- */

/* Is standard input a pipe's, or redirected for the innermost compound command that has redirections? Then what runs with & keeps
 * it, as in bash. */
static bool input_is_given(const struct shell *sh)
{
    for (size_t i = sh->depth; i > 0; i--) {
        const struct control *c = &sh->controls[i - 1];
        bool given = false;
        if (c->kind != CONTROL_REDIRECT)
            continue;
        for (size_t k = 0; k < c->undo_count; k++)
            given |= c->undo[k].fd == 0;
        return given;
    }
    return sh->input_given;
}

static void substitute(struct shell *sh, const struct instruction *i)
{
    struct file *reader, *writer;
    file_pipe(sh->task, &reader, &writer);
    sh->capture = reader;
    sh->capture_start = sh->words.bytes.length;
    sh->capture_nul = false;
    struct shell *child = shell_fork(sh, sh->pc + 1, false);
    child->substitution = true;
    child->input_given = input_is_given(sh);
    jobs_show(child, sh);
    child->substitution_start = sh->pc + 1;
    child->state.subshell_trace++;
    if (!(sh->state.shopt & (uint64_t)1 << SHOPT_INHERIT_ERREXIT) && !(sh->state.options & OPT_POSIX))
        child->state.options &= ~(uint64_t)OPT_ERREXIT;
    fds_set(child->task, 1, writer, false);
    sh->foreground = job_new(sh);
    job_add(sh, sh->foreground, child->task);
    sh->waiting = WAIT_SUBSTITUTION;
    (void)i;
}

static void subshell(struct shell *sh, const struct instruction *i)
{
    struct shell *child = shell_fork(sh, sh->pc + 1, false);
    child->input_given = input_is_given(sh);
    child->state.subshell_trace = sh->state.subshell_trace;
    sh->foreground = job_new(sh);
    job_add(sh, sh->foreground, child->task);
    sh->waiting = WAIT_JOB;
    sh->wait_pipeline = false;
    sh->wait_pc = i->a;
}

static void background(struct shell *sh, const struct instruction *i)
{
    struct shell *child = shell_fork(sh, sh->pc + 1, true);
    child->ignored = 0;
    child->input_given = input_is_given(sh);
    if (!(sh->state.options & OPT_MONITOR) && !child->input_given) {
        struct file *null;
        if (file_open(child->task, str_lit("/dev/null"), OPEN_READ, 0, &null) == 0)
            fds_set(child->task, 0, null, false);
    }
    if (sh->state.options & OPT_MONITOR)
        child->task->group = child->task->number;
    struct job *job = job_new(sh);
    job_add(sh, job, child->task);
    job_list(sh, job, instruction_source(sh, i));
    sh->state.background = child->task->number;
    sh->status = 0;
    sh->pc = i->a;
}

static void coprocess(struct shell *sh, const struct instruction *i)
{
    struct file *out_reader, *out_writer, *in_reader, *in_writer;
    struct str name = sh->code->strings[i->b].text;
    file_pipe(sh->task, &out_reader, &out_writer);
    file_pipe(sh->task, &in_reader, &in_writer);
    struct shell *child = shell_fork(sh, sh->pc + 1, true);
    child->task->ignored = sh->task->ignored;
    fds_set(child->task, 0, in_reader, false);
    fds_set(child->task, 1, out_writer, false);
    int read_fd = fds_free_slot(sh->task, 60);
    fds_set(sh->task, read_fd, out_reader, true);
    int write_fd = fds_free_slot(sh->task, 60);
    fds_set(sh->task, write_fd, in_writer, true);
    struct job *job = job_new(sh);
    job_add(sh, job, child->task);
    job_list(sh, job, instruction_source(sh, i));
    job->coproc = true;
    job->coproc_name = str_copy(sh->heap, name);
    job->coproc_fds[0] = read_fd;
    job->coproc_fds[1] = write_fd;
    sh->state.background = child->task->number;
    struct made made;
    uint32_t hash = code_hash(name);
    var_make_array(sh, name, hash, false, false);
    var_assign_element(sh, name, hash, str_lit("0"), number_str(&made, (uint64_t)read_fd), false);
    var_assign_element(sh, name, hash, str_lit("1"), number_str(&made, (uint64_t)write_fd), false);
    struct buf pid;
    buf_init(&pid, sh->heap);
    buf_print(&pid, "%S_PID", name);
    shell_set_number(sh, buf_str(&pid), child->task->number);
    buf_drop(&pid);
    sh->status = 0;
    sh->pc = i->a;
}

static void pipeline(struct shell *sh, const struct instruction *i)
{
    if (i->flags & CODE_TIMED) {
        sh->time_real = sandbox_now(sh->sandbox);
        sh->time_steps = meter_used(&sh->sandbox->meter);
    }
    if (i->flags & (CODE_NOT | CODE_IGNORED))
        sh->ignored++;
    if (!(i->flags & CODE_STAGES)) {
        sh->pc++;
        return;
    }
    sh->line = i->line;
    int end = i->a, at = sh->pc + 1;
    const struct instruction *code = sh->code->at;
    bool last_here = sh->state.shopt & (uint64_t)1 << SHOPT_LASTPIPE && !(sh->state.options & OPT_MONITOR);
    struct file *before = NULL;
    struct job *job = job_new(sh);
    bool here = false;
    sh->foreground = job;
    uint32_t group = 0;
    while (code[at].op == OP_STAGE) {
        int next = code[at].a;
        bool last = next >= end;
        if (last && last_here) {
            here = true;
            sh->foreground = NULL;
            break;
        }
        struct file *reader = NULL, *writer = NULL;
        if (!last)
            file_pipe(sh->task, &reader, &writer);
        struct shell *child = shell_fork(sh, at + 1, false);
        if (sh->state.options & OPT_MONITOR) {
            if (!group)
                group = child->task->number;
            child->task->group = group;
        }
        child->debug_done = at + 1;
        child->stage = true;
        child->input_given = before || input_is_given(sh);
        jobs_show(child, sh);
        if (before)
            fds_set(child->task, 0, before, false);
        if (writer) {
            fds_set(child->task, 1, writer, false);
            if (code[at].flags & CODE_BOTH)
                fds_set(child->task, 2, file_share(writer), false);
        }
        job_add(sh, job, child->task);
        if (code[at + 1].op == OP_COMMAND && !sh->trap_depth)
            remember_command(sh, sh->code, at + 1);
        before = reader;
        if (last)
            break;
        at = next;
    }
    sh->wait_pipeline = true;
    sh->wait_pc = end;
    if (here) { /* the last stage runs here, its input is the pipe */
        struct control *c = control_push(sh, CONTROL_REDIRECT);
        c->before = job;
        c->undo = heap_alloc(sh->heap, sizeof *c->undo);
        struct file *old = fds_get(sh->task, 0);
        c->undo[0] = (struct undo){0, old ? file_share(old) : NULL, false};
        c->undo_count = 1;
        fds_set(sh->task, 0, before, false);
        sh->pc = at + 1;
        return;
    }
    sh->waiting = WAIT_JOB;
}

static void print_times(struct shell *sh, int flags)
{
    struct buf out;
    int64_t real = sandbox_now(sh->sandbox) - sh->time_real;
    int64_t user = (int64_t)(meter_used(&sh->sandbox->meter) - sh->time_steps) * STEP_NANOSECONDS;
    struct str format;
    buf_init(&out, sh->heap);
    if (flags & CODE_TIMED_POSIX)
        format = str_lit("real %2R\nuser %2U\nsys %2S");
    else if (!shell_get(sh, str_lit("TIMEFORMAT"), &format))
        format = str_lit("\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS");
    if (!format.length)
        return;
    for (size_t i = 0; i < format.length; i++) {
        if (format.data[i] != '%' || i + 1 == format.length) {
            buf_add_byte(&out, format.data[i]);
            continue;
        }
        int digits = 3;
        bool minutes = false;
        i++;
        if (format.data[i] >= '0' && format.data[i] <= '9')
            digits = format.data[i++] - '0';
        if (digits > 3)
            digits = 3;
        if (i < format.length && format.data[i] == 'l')
            minutes = true, i++;
        char what = i < format.length ? format.data[i] : 0;
        if (what == '%') {
            buf_add_byte(&out, '%');
            continue;
        }
        if (what == 'P') {
            buf_add_text(&out, real ? "100.00" : "0.00");
            continue;
        }
        int64_t ns = what == 'R' ? real : what == 'U' ? user : 0;
        int64_t milli = ns / 1000000, seconds = milli / 1000;
        if (minutes)
            buf_print(&out, "%jdm", (intmax_t)(seconds / 60)), seconds %= 60;
        buf_print(&out, "%jd", (intmax_t)seconds);
        int fraction = (int)(milli % 1000);
        for (int d = 3; d > digits; d--)
            fraction /= 10;
        if (digits)
            buf_print(&out, ".%0*d", digits, fraction);
        if (minutes)
            buf_add_byte(&out, 's');
    }
    buf_add_byte(&out, '\n');
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

static void pipeline_end(struct shell *sh, const struct instruction *i)
{
    sh->pc++;
    struct control *c = control_top(sh);
    if (c && c->kind == CONTROL_REDIRECT && c->before) { /* the stages before are waited for, the last status is ours */
        sh->lastpipe_status = sh->status;
        sh->foreground = c->before;
        c->before = NULL;
        control_pop(sh);
        sh->waiting = WAIT_LASTPIPE;
        sh->pc--;
        return;
    }
    if (i->flags & (CODE_NOT | CODE_IGNORED))
        sh->ignored--;
    if (i->flags & CODE_NOT)
        sh->status = !sh->status;
    if (i->flags & CODE_TIMED)
        print_times(sh, i->flags);
    if (i->flags & CODE_STAGES && !(i->flags & (CODE_NOT | CODE_IGNORED)))
        check_errexit(sh);
}

static void process_substitution(struct shell *sh, const struct instruction *i)
{
    struct file *reader, *writer;
    file_pipe(sh->task, &reader, &writer);
    struct shell *child = shell_fork(sh, sh->pc + 1, true);
    child->task->ignored = sh->task->ignored;
    child->substitution = !i->b;
    child->substitution_start = sh->pc + 1;
    fds_set(child->task, i->b ? 0 : 1, i->b ? reader : writer, false);
    int fd = 63;
    while (fd > 9 && fds_get(sh->task, fd))
        fd--;
    if (fd <= 9)
        fd = fds_free_slot(sh->task, 64);
    fds_set(sh->task, fd, i->b ? writer : reader, false);
    sh->process_fds = array_grow(sh->heap, sh->process_fds, sh->process_count, sizeof *sh->process_fds);
    sh->process_fds[sh->process_count++] = fd;
    struct job *job = job_new(sh);
    job_add(sh, job, child->task);
    job->next = sh->jobs;
    job->background = true;
    sh->jobs = job;
    sh->state.background = child->task->number;
    struct buf name;
    buf_init(&name, sh->heap);
    buf_print(&name, "/dev/fd/%d", fd);
    word_add(sh, buf_str(&name), SEGMENT_QUOTED);
    buf_drop(&name);
    sh->pc = i->a;
}

/* Descriptors of <( ) are closed when their command has ended. */
static void close_processes(struct shell *sh)
{
    for (size_t i = 0; i < sh->process_count; i++)
        fds_set(sh->task, sh->process_fds[i], NULL, false);
    sh->process_count = 0;
}

static void begin_for(struct shell *sh, const struct instruction *i)
{
    struct control *c;
    size_t count, bytes = 0;
    arguments_fix(sh, &sh->arguments);
    if (i->flags & CODE_ALL_ARGUMENTS) {
        count = shell_param_count(sh);
        struct str value;
        for (size_t k = 1; k <= count; k++)
            if (shell_param(sh, k, &value))
                arguments_add(sh, &sh->arguments, value);
        arguments_fix(sh, &sh->arguments);
    }
    count = sh->arguments.count;
    bytes = sh->arguments.bytes.length;
    struct str *items = heap_alloc(sh->heap, count * sizeof *items + bytes + 1);
    char *data = (char *)(items + count);
    if (bytes)
        memcpy(data, sh->arguments.bytes.data, bytes);
    for (size_t k = 0; k < count; k++)
        items[k] = str_of(data + (sh->arguments.at[k].data - sh->arguments.bytes.data), sh->arguments.at[k].length);
    c = control_push(sh, CONTROL_LOOP);
    c->pc = sh->command_at;
    c->loop.items = items;
    c->loop.count = count;
    c->loop.exit = i->a;
    c->loop.again = i->b;
    arguments_clear(&sh->arguments);
    sh->pc++;
}

/* Whether the variable of a loop is one. If not, the loop is over. */
static bool is_loop_name(struct shell *sh, const struct instruction *i)
{
    struct str name = sh->code->strings[i->b].text;
    if (shell_is_name(name))
        return true;
    shell_error(sh, "`%S': not a valid identifier", name);
    control_top(sh)->loop.status = 1;
    sh->pc = i->a;
    return false;
}

static void for_next(struct shell *sh, const struct instruction *i)
{
    struct control *c = control_top(sh);
    if (c->loop.next == c->loop.count) {
        sh->pc = i->a;
        return;
    }
    const struct string *name = &sh->code->strings[i->b];
    struct str item = c->loop.items[c->loop.next++];
    if (!(sh->in_trap & TRAP_BIT(TRAP_DEBUG)))
        sh->debug_done = -1;
    if (sh->state.options & OPT_XTRACE)
        trace_command(sh, c->pc);
    if (!is_loop_name(sh, i))
        return;
    struct variable *v = var_find(sh, name->text, name->hash);
    if (v && v->flags & VAR_NAMEREF) { /* the reference itself is set anew */
        v = var_own(sh, name->text, name->hash, true);
        struct text *t = text_new(sh, item);
        text_release(v->value, &sh->sandbox->meter);
        v->value = t;
    } else if (var_assign(sh, name->text, name->hash, item, false) < 0) {
        c->loop.status = 1;
        sh->pc = i->a;
        return;
    }
    sh->pc++;
}

/* The menu of select: numbered items in columns, on standard error, and the prompt. */
static void print_menu(struct shell *sh, const struct str *items, size_t count)
{
    struct buf out;
    enum locale locale = shell_locale(sh);
    size_t widest = 0, digits = 1, columns_wide = 80;
    struct str columns;
    buf_init(&out, sh->heap);
    if (shell_get(sh, str_lit("COLUMNS"), &columns) && columns.length) {
        columns_wide = 0;
        for (size_t i = 0; i < columns.length && columns.data[i] >= '0' && columns.data[i] <= '9' && columns_wide < 100000; i++)
            columns_wide = columns_wide * 10 + (size_t)(columns.data[i] - '0');
    }
    for (size_t n = count; n >= 10; n /= 10)
        digits++;
    for (size_t i = 0; i < count; i++) {
        size_t width = utf8_columns(items[i], locale);
        if (width > widest)
            widest = width;
    }
    size_t entry = digits + 2 + widest + 2, across = columns_wide / entry;
    if (across == 0)
        across = 1;
    size_t rows = (count + across - 1) / across;
    size_t real = (count + rows - 1) / rows;
    if (rows == 1) {
        rows = count;
        real = 1;
    }
    for (size_t row = 0; row < rows; row++) {
        size_t at = 0;
        for (size_t column = 0; column < real; column++) {
            size_t index = column * rows + row;
            if (index >= count)
                break;
            size_t target = column * entry;
            while (at < target) {
                if (target / 8 > at / 8) {
                    buf_add_byte(&out, '\t');
                    at = (at / 8 + 1) * 8;
                } else {
                    buf_add_byte(&out, ' ');
                    at++;
                }
            }
            buf_print(&out, "%*zu) %S", (int)digits, index + 1, items[index]);
            at += digits + 2 + utf8_columns(items[index], locale);
        }
        buf_add_byte(&out, '\n');
    }
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

static int select_next(struct shell *sh, const struct instruction *i)
{
    struct control *c = control_top(sh);
    if (c->loop.count == 0) {
        sh->pc = i->a;
        return VM_STAY;
    }
    if (!is_loop_name(sh, i))
        return VM_STAY;
    if (!c->select_printed) {
        print_menu(sh, c->loop.items, c->loop.count);
        c->select_printed = true;
    }
    if (!c->select_prompted) {
        struct str prompt;
        shell_say(sh, shell_get(sh, str_lit("PS3"), &prompt) ? prompt : str_lit("#? "));
        c->select_prompted = true;
    }
    struct buf line;
    buf_init(&line, sh->heap);
    int answer = shell_read_line(sh, &line);
    if (answer == E_WAIT) {
        buf_drop(&line);
        return E_WAIT;
    }
    if (answer == 0) { /* the end of input */
        shell_say_on(sh, 1, str_lit("\n"));
        sh->status = 1;
        c->loop.status = 1;
        sh->pc = i->a;
        buf_drop(&line);
        return VM_STAY;
    }
    struct str text = buf_str(&line);
    shell_set(sh, str_lit("REPLY"), text);
    c = control_top(sh);
    c->select_prompted = false;
    size_t number = 0;
    bool digits = text.length > 0 && text.length < 10;
    for (size_t k = 0; k < text.length && digits; k++) {
        digits = text.data[k] >= '0' && text.data[k] <= '9';
        number = number * 10 + (size_t)(text.data[k] - '0');
    }
    struct str chosen = digits && number >= 1 && number <= c->loop.count ? c->loop.items[number - 1] : (struct str){0};
    buf_drop(&line);
    if (!text.length) {
        c->select_printed = false;
        return VM_STAY;
    }
    shell_set(sh, sh->code->strings[i->b].text, chosen);
    sh->pc++;
    return VM_STAY;
}

static void define_function(struct shell *sh, const struct instruction *i)
{
    struct str name = sh->code->strings[i->b].text;
    struct meter *m = &sh->sandbox->meter;
    struct function *old = find_function(sh, name);
    sh->line = i->line;
    if (old && old->flags & VAR_READONLY) {
        shell_error(sh, "%S: readonly function", name);
        sh->status = 1;
        sh->pc = i->a;
        check_errexit(sh);
        return;
    }
    if (sh->state.options & OPT_POSIX && !shell_is_name(name)) {
        shell_error(sh, "`%S': not a valid identifier", name);
        sh->status = 2;
        shell_leave(sh, LEAVE_EXIT, 2);
        return;
    }
    const struct command *special = sh->state.options & OPT_POSIX ? find_builtin(sh, name) : NULL;
    if (special && special->flags & COMMAND_SPECIAL) {
        shell_error(sh, "`%S': is a special builtin", name);
        sh->status = 2;
        shell_leave(sh, LEAVE_EXIT, 2);
        return;
    }
    struct hold *hold = heap_hold(sh->heap, text_release);
    struct text *file = shared_keep(sh->state.frame->file);
    if (!file)
        file = text_new(sh, sh->one_command ? str_lit("environment") : sh->reads_input ? str_lit("main") : text_str(sh->state.name));
    hold->thing = file;
    struct text *own_name = text_new(sh, name);
    hold->thing = NULL;
    heap_unhold(sh->heap, hold);
    struct function *f = shared_new(m, sizeof *f);
    if (!f) {
        text_release(own_name, m);
        text_release(file, m);
        meter_out_of_memory(m);
    }
    struct shared head = f->item.shared;
    *f = (struct function){.code = shared_keep(sh->code), .start = sh->pc + 1, .line = i->line, .flags = old ? old->flags : 0,
                           .name = own_name, .file = file};
    f->item.shared = head;
    if (btree_set(&sh->state.functions, name, (union entry){.item = &f->item}, &function_kind, m) < 0) {
        function_kind.drop(&f->item, m);
        meter_out_of_memory(m);
    }
    sh->status = 0;
    sh->pc = i->a;
}

static void case_pattern(struct shell *sh, const struct instruction *i)
{
    struct control *c = control_top(sh);
    unsigned flags = (sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB ? GLOB_EXTENDED : 0) |
                     (shell_locale(sh) == LOCALE_UTF8 ? GLOB_UTF8 : 0) |
                     (sh->state.shopt & (uint64_t)1 << SHOPT_NOCASEMATCH ? GLOB_FOLD : 0);
    struct str pattern = word_pattern(sh);
    bool match = false;
    bool plain = !(flags & GLOB_FOLD);
    for (size_t k = sh->words.segment; k < sh->words.segment_count && plain; k++)
        plain = sh->words.segments[k].kind == SEGMENT_QUOTED;
    if (plain || (!glob_is_pattern(pattern, flags) && str_find(pattern, '\\') < 0 && !(flags & GLOB_FOLD)))
        match = str_equal(word_plain(sh), c->word);
    else
        match = glob_match(shell_pattern(sh, pattern, flags), &sh->scratch, c->word);
    heap_clear(&sh->scratch);
    heap_free(sh->heap, (void *)(uintptr_t)pattern.data);
    word_reset(sh);
    sh->pc = match ? i->a : sh->pc + 1;
}

static int arith_text(struct shell *sh, struct str text, const char *prefix, int64_t *value)
{
    meter_charge_bytes(&sh->sandbox->meter, &sh->rest, text.length);
    return arith_evaluate(sh, text, prefix, value);
}

static void add_number(struct shell *sh, int64_t value, int flags)
{
    struct made made;
    struct str text = number_str(&made, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value < 0) {
        ((char *)(uintptr_t)text.data)[-1] = '-';
        text = str_of(text.data - 1, text.length + 1);
    }
    word_add(sh, text, flags & CODE_QUOTED ? SEGMENT_QUOTED : flags & CODE_ASSIGNED ? SEGMENT_LITERAL : SEGMENT_SPLIT);
}

static void take_operand(struct shell *sh, const struct instruction *i)
{
    bool quoted = sh->words.segment < sh->words.segment_count;
    for (size_t k = sh->words.segment; k < sh->words.segment_count; k++)
        quoted &= sh->words.segments[k].kind == SEGMENT_QUOTED;
    sh->operand_quoted = quoted && !i->a && i->flags & CODE_PATTERN;
    struct str text = i->a ? word_regex(sh) : i->flags & CODE_PATTERN ? word_pattern(sh) : str_copy(sh->heap, word_plain(sh));
    if (sh->operand_count == 2)
        heap_free(sh->heap, (void *)(uintptr_t)sh->operands[--sh->operand_count].data);
    sh->operands[sh->operand_count++] = text;
    word_reset(sh);
}

static void drop_operands(struct shell *sh)
{
    while (sh->operand_count > 0)
        heap_free(sh->heap, (void *)(uintptr_t)sh->operands[--sh->operand_count].data);
}

static int condition(struct shell *sh, const struct instruction *i)
{
    struct str operator = sh->code->strings[i->a].text;
    struct condition c = {.task = sh->task, .shell = sh, .brackets = true};
    bool answer = false;
    int error;
    if (i->op == OP_COND_UNARY)
        error = condition_unary(&c, operator, sh->operands[0], &answer);
    else
        error = condition_binary(&c, sh->operands[0], operator, sh->operands[1], &answer);
    if (error == E_WAIT)
        return E_WAIT;
    if (sh->state.options & OPT_XTRACE)
        trace_condition(sh, operator, sh->operands, sh->operand_count);
    drop_operands(sh);
    sh->status = error == E_ILSEQ ? 2 : error < 0 ? 1 : !answer;
    sh->pc++;
    return VM_STAY;
}

/* The next word of a brace expansion. */
static int step_braces(struct shell *sh)
{
    struct control *c = control_top(sh);
    struct str word;
    if (!brace_next(c->braces, &word)) {
        struct code *code = c->code;
        int pc = c->pc;
        c->code = NULL;
        control_pop(sh);
        set_code(sh, code, pc);
        return VM_STAY;
    }
    bool plain = true;
    for (size_t i = 0; i < word.length && plain; i++)
        plain = utf8_byte_is(word.data[i], UTF8_ALNUM) || strchr("_-./,:+=%@", word.data[i]) || (unsigned char)word.data[i] >= 0x80;
    if (plain && word.length) {
        arguments_add(sh, &sh->arguments, word);
        set_code(sh, NULL, 0); /* the next word in the next step */
        return VM_STAY;
    }
    struct source s = {.text = word, .line = sh->line, .ended = true, .extglob = sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB};
    struct code *code = NULL;
    enum parse_answer answer = parse_word(&s, sh->heap, &code);
    buf_drop(&s.message);
    buf_drop(&s.warning);
    if (answer != PARSE_CODE && str_find(word, '`') >= 0 && str_find(word, '`') < (ptrdiff_t)word.length - 1) { /* {z..A} makes one */
        ptrdiff_t at = str_find(word, '`');
        shell_error(sh, "bad substitution: no closing \"`\" in %S", str_after(word, (size_t)at));
        shell_fail(sh, 1);
        return VM_STAY;
    }
    if (answer != PARSE_CODE) {
        arguments_add(sh, &sh->arguments, word);
        set_code(sh, NULL, 0);
        return VM_STAY;
    }
    set_code(sh, code, 0);
    return VM_STAY;
}

static int braces(struct shell *sh, const struct instruction *i)
{
    struct str text = sh->code->strings[i->a].text;
    if (!(sh->state.options & OPT_BRACEEXPAND)) { /* set +B: a word like any other */
        struct source s = {.text = text, .line = sh->line, .ended = true};
        struct code *code = NULL;
        if (parse_word(&s, sh->heap, &code) == PARSE_CODE) {
            struct control *c = control_push(sh, CONTROL_WORD);
            c->code = sh->code;
            c->pc = sh->pc + 1;
            sh->code = NULL;
            set_code(sh, code, 0);
        }
        buf_drop(&s.message);
        buf_drop(&s.warning);
        return VM_STAY;
    }
    struct control *c = control_push(sh, CONTROL_BRACES);
    c->code = sh->code;
    c->pc = sh->pc + 1;
    sh->code = NULL;
    c->braces = brace_start(sh->heap, text);
    return step_braces(sh);
}

/* The end of a piece of code: whose was it? */
static int code_end(struct shell *sh)
{
    struct control *c = control_top(sh);
    if (c && c->kind == CONTROL_REDIRECT && c->before) { /* the stage that runs here */
        sh->pc++;
        return VM_STAY;
    }
    if (!c) {
        shell_exit(sh);
        return VM_STAY;
    }
    switch (c->kind) {
    case CONTROL_READER: sh->reading = true; return VM_STAY;
    case CONTROL_CALL: return_from_call(sh); return VM_STAY;
    case CONTROL_BRACES: return step_braces(sh);
    case CONTROL_WORD: {
        struct code *code = c->code;
        int pc = c->pc;
        c->code = NULL;
        control_pop(sh);
        set_code(sh, code, pc);
        return VM_STAY;
    }
    default: shell_exit(sh); return VM_STAY;
    }
}

static void push_redirects(struct shell *sh, const struct instruction *i)
{
    struct control *c = control_push(sh, CONTROL_REDIRECT);
    c->undo = sh->undo;
    c->undo_count = sh->undo_count;
    sh->undo = NULL;
    sh->undo_count = 0;
    redirect_forget(sh);
    sh->pc = i->a;
}

/* Redirections of a compound command that fail: it does not run. */
static void redirects_failed(struct shell *sh)
{
    redirect_forget(sh);
    redirect_undo(sh, sh->undo, sh->undo_count);
    sh->undo_count = 0;
    sh->status = 1;
    /* behind REDIRECT_POP, where the GOTO before the redirections leads */
    sh->pc += 2;
    check_errexit(sh);
}

static void add_assignment(struct shell *sh, const struct instruction *i)
{
    sh->assignments = array_grow(sh->heap, sh->assignments, sh->assignment_count, sizeof *sh->assignments);
    struct pending_assignment *a = &sh->assignments[sh->assignment_count++];
    *a = (struct pending_assignment){.name = sh->code->strings[i->a].text, .append = i->flags & CODE_APPEND,
                                     .has_subscript = i->flags & CODE_SUBSCRIPT, .subscript = sh->subscript};
    sh->subscript = (struct str){0};
    a->value = str_copy(sh->heap, word_plain(sh));
    word_reset(sh);
}

/* Assignments that stand alone are done at once, in place. */
static void assign_word(struct shell *sh, const struct instruction *i)
{
    bool alone = !(i->flags & CODE_TEMPORARY) && !(sh->state.options & OPT_XTRACE) && !sh->redirect_count && sh->assignment_count == 0;
    if (!alone) {
        add_assignment(sh, i);
        if (i->flags & CODE_TEMPORARY && i->flags & CODE_FOLLOWED)
            assign_early(sh, &sh->assignments[sh->assignment_count - 1]);
        else if (i->flags & CODE_TEMPORARY && sh->assignment_count > 1)
            forget_early(sh);
        if (!(i->flags & CODE_TEMPORARY) && !sh->redirect_count) { /* the next one sees it */
            struct pending_assignment *a = &sh->assignments[sh->assignment_count - 1];
            assign_now(sh, a);
            heap_free(sh->heap, (void *)(uintptr_t)a->subscript.data);
            heap_free(sh->heap, (void *)(uintptr_t)a->value.data);
            sh->assignment_count--;
        }
        return;
    }
    const struct string *name = &sh->code->strings[i->a];
    int error;
    if (i->flags & CODE_SUBSCRIPT) {
        error = var_assign_element(sh, name->text, name->hash, sh->subscript, word_plain(sh), i->flags & CODE_APPEND);
        heap_free(sh->heap, (void *)(uintptr_t)sh->subscript.data);
        sh->subscript = (struct str){0};
    } else {
        error = var_assign(sh, name->text, name->hash, word_plain(sh), i->flags & CODE_APPEND);
    }
    word_reset(sh);
    if (error < 0) {
        sh->status = 1;
        shell_leave(sh, sh->state.options & OPT_POSIX ? LEAVE_EXIT : LEAVE_DISCARD, sh->state.options & OPT_POSIX ? 127 : 1);
    }
}

static void add_element(struct shell *sh, int kind)
{
    sh->element_kinds = array_grow(sh->heap, sh->element_kinds, sh->elements.count, 1);
    sh->element_kinds[sh->elements.count] = (uint8_t)kind;
    arguments_add(sh, &sh->elements, word_plain(sh));
    word_reset(sh);
}

/* Plain elements were added to the arguments by WORD: they move over, in order. */
static void move_elements(struct shell *sh)
{
    struct arguments *a = &sh->arguments;
    if (a->count == sh->array_argument)
        return;
    arguments_fix(sh, a);
    for (size_t i = sh->array_argument; i < a->count; i++) {
        sh->element_kinds = array_grow(sh->heap, sh->element_kinds, sh->elements.count, 1);
        sh->element_kinds[sh->elements.count] = 0;
        arguments_add(sh, &sh->elements, a->at[i]);
    }
    a->bytes.length = sh->array_argument ? a->ends[sh->array_argument - 1] : 0;
    a->count = sh->array_argument;
}

static void begin_command(struct shell *sh, const struct instruction *i)
{
    sh->line = i->line;
    sh->substituted = false;
    if (sh->process_count)
        close_processes(sh);
    arguments_clear(&sh->arguments);
    sh->pc++;
}

static int here_document(struct shell *sh)
{
    struct instruction *from = &sh->code->at[sh->here_return];
    struct file *file = NULL;
    int error = redirect_here(sh, word_plain(sh), &file);
    word_reset(sh);
    if (error) {
        shell_error(sh, "cannot create temp file for here-document: %m", error);
        sh->here_return = -1;
        shell_fail(sh, 1);
        return VM_STAY;
    }
    redirect_add(sh, REDIRECT_HERE, from->a, from->flags & CODE_NAMED, (struct str){0}, file);
    sh->pc = sh->here_return + 1;
    sh->here_return = -1;
    return VM_STAY;
}

/* Before the command at `at`: true when a trap was begun, after which this instruction comes again. */
static bool debug_trap(struct shell *sh, int at)
{
    if (!sh->state.traps || !trap_is_set(sh, TRAP_DEBUG) || sh->in_trap & TRAP_BIT(TRAP_DEBUG) || sh->debug_done == at)
        return false;
    sh->line = sh->code->at[at].line;
    sh->debug_done = at;
    if (!sh->trap_depth)
        remember_command(sh, sh->code, at);
    trap_run(sh, TRAP_DEBUG);
    return true;
}

/* The simple commands among the stages of a pipeline have theirs before any is begun. */
static bool debug_stages(struct shell *sh, const struct instruction *i)
{
    if (!(i->flags & CODE_STAGES) || !sh->state.traps || !trap_is_set(sh, TRAP_DEBUG) || sh->in_trap & TRAP_BIT(TRAP_DEBUG))
        return false;
    int stage = 0;
    for (int at = sh->pc + 1; sh->code->at[at].op == OP_STAGE; at = sh->code->at[at].a, stage++) {
        if (stage < sh->debug_stages || sh->code->at[at + 1].op != OP_COMMAND)
            continue;
        sh->debug_stages = stage + 1;
        sh->debug_done = -1;
        return debug_trap(sh, at + 1);
    }
    sh->debug_stages = 0;
    sh->debug_done = -1;
    return false;
}

/* A nameref to an element. */
static bool foresee_reference(struct shell *sh, const struct instruction *i)
{
    const struct string *name = &sh->code->strings[i->a];
    const struct variable *v = var_find(sh, name->text, name->hash);
    return v && v->flags & VAR_NAMEREF && foresee_names(sh, &name->text, 1);
}

static bool foresee_assignment(struct shell *sh, const struct instruction *i)
{
    const struct string *name = &sh->code->strings[i->a];
    const struct variable *v = var_find(sh, name->text, name->hash);
    struct str value = word_plain(sh);
    if (v && v->flags & VAR_NAMEREF)
        return foresee_names(sh, &name->text, 1);
    if (sh->subscript.data && !(v && v->flags & VAR_ASSOC) && foresee_arithmetic(sh, &sh->subscript, 1))
        return true;
    return v && v->flags & VAR_INTEGER && foresee_arithmetic(sh, &value, 1);
}

static int execute(struct shell *sh, const struct instruction *i)
{
    switch ((enum op)i->op) {
    case OP_NOP: sh->pc = i->a; return VM_STAY;
    case OP_COMMAND:
        if (sh->state.options & OPT_NOEXEC && !sh->trap_depth) {
            shell_leave(sh, LEAVE_DISCARD, 0);
            return VM_STAY;
        }
        if (sh->trapped && run_traps(sh))
            return VM_STAY;
        if (i->flags != CODE_FOR && debug_trap(sh, sh->pc))
            return VM_STAY;
        if (!(sh->in_trap & TRAP_BIT(TRAP_DEBUG)))
            sh->debug_done = -1;
        if (!sh->trap_depth)
            remember_command(sh, sh->code, sh->pc);
        begin_command(sh, i);
        return VM_STAY;
    case OP_TEXT:
        if (i->b && sh->words.segment_count == sh->words.segment) {
            arguments_add(sh, &sh->arguments, sh->code->strings[i->a].text);
            sh->pc += 2;
            return VM_NEXT;
        }
        word_add(sh, sh->code->strings[i->a].text, i->flags & CODE_QUOTED ? SEGMENT_QUOTED : SEGMENT_LITERAL); break;
    case OP_VARIABLE:
        if (sh->state.odd_values && foresee_reference(sh, i))
            return VM_STAY;
        param_variable(sh, i);
        break;
    case OP_SPECIAL: param_special(sh, (char)i->a, i->flags); break;
    case OP_PARAM_OPEN: param_open(sh, &sh->code->expansions[i->a]); break;
    case OP_PARAM_SUBSCRIPT: param_subscript(sh); break;
    case OP_PARAM_TEST:
        if (foresee_expansion(sh, &sh->code->expansions[i->a]))
            return VM_STAY;
        if (!param_test(sh, &sh->code->expansions[i->a]) && !sh->leave) {
            sh->pc = i->b;
            return VM_STAY;
        }
        break;
    case OP_PARAM_WORD: param_word(sh, i->flags); break;
    case OP_PARAM_CLOSE:
        if (foresee_expansion(sh, &sh->code->expansions[i->a]))
            return VM_STAY;
        param_close(sh, &sh->code->expansions[i->a]);
        break;
    case OP_SUBSTITUTE: substitute(sh, i); return VM_STAY;
    case OP_PROCESS: process_substitution(sh, i); return VM_STAY;
    case OP_ARITH: {
        int64_t value;
        if (foresee_arithmetic(sh, &sh->code->strings[i->a].text, 1))
            return VM_STAY;
        if (arith_text(sh, sh->code->strings[i->a].text, "", &value) < 0) {
            shell_fail_softly(sh);
            return VM_STAY;
        }
        add_number(sh, value, i->flags);
        break;
    }
    case OP_ARITH_OPEN: param_open(sh, NULL); break;
    case OP_ARITH_CLOSE: {
        int64_t value;
        struct str text = word_plain(sh);
        if (foresee_arithmetic(sh, &text, 1))
            return VM_STAY;
        text = str_copy(sh->heap, text);
        param_drop(sh, sh->param_depth - 1);
        int error = arith_text(sh, text, "", &value);
        heap_free(sh->heap, (void *)(uintptr_t)text.data);
        if (error < 0) {
            shell_fail_softly(sh);
            return VM_STAY;
        }
        add_number(sh, value, i->flags);
        break;
    }
    case OP_TILDE: tilde_expand(sh, sh->code->strings[i->a].text); break;
    case OP_WORD:
        if (word_finish(sh, i->flags & CODE_ASSIGNED) == E_WAIT)
            return E_WAIT;
        break;
    case OP_BRACES: return braces(sh, i);
    case OP_ASSIGN:
        if ((sh->state.odd_values || sh->subscript.data) && foresee_assignment(sh, i))
            return VM_STAY;
        assign_word(sh, i);
        break;
    case OP_SUBSCRIPT:
        heap_free(sh->heap, (void *)(uintptr_t)sh->subscript.data);
        sh->subscript = str_copy(sh->heap, word_plain(sh));
        word_reset(sh);
        break;
    case OP_ARRAY_OPEN:
        arguments_clear(&sh->elements);
        sh->array_argument = sh->arguments.count;
        break;
    case OP_ARRAY_KEY:
        move_elements(sh);
        add_element(sh, 1);
        break;
    case OP_ARRAY_VALUE: add_element(sh, i->flags & CODE_APPEND ? 3 : 2); break;
    case OP_ARRAY_CLOSE:
        move_elements(sh);
        if (array_close(sh, sh->code->strings[i->a].text, i->flags) < 0) {
            sh->status = 1;
            shell_leave(sh, LEAVE_DISCARD, 1);
            return VM_STAY;
        }
        break;
    case OP_REDIRECT: {
        size_t count = sh->arguments.count, length = sh->arguments.bytes.length;
        if (i->a == REDIRECT_STRING) {
            redirect_add(sh, i->a, i->b, i->flags, word_plain(sh), NULL);
            word_reset(sh);
            break;
        }
        struct buf original;
        buf_init(&original, sh->heap);
        buf_add(&original, word_plain(sh));
        if (word_finish(sh, false) == E_WAIT) {
            buf_drop(&original);
            return E_WAIT;
        }
        arguments_fix(sh, &sh->arguments);
        if (sh->arguments.count != count + 1) {
            const struct instruction *after = &sh->code->at[sh->pc + 1];
            if (!sh->leave)
                shell_error(sh, "%S: ambiguous redirect",
                            after->op == OP_NOP && after->b ? sh->code->strings[after->b].text : buf_str(&original));
            redirect_add(sh, i->a, i->b, i->flags, (struct str){0}, NULL);
            sh->redirects[sh->redirect_count - 1].flags |= CODE_AMBIGUOUS;
        } else {
            redirect_add(sh, i->a, i->b, i->flags, sh->arguments.at[count], NULL);
        }
        buf_drop(&original);
        sh->arguments.count = count;
        sh->arguments.bytes.length = length;
        break;
    }
    case OP_HERE:
        sh->here_return = sh->pc;
        sh->pc = i->b;
        return VM_STAY;
    case OP_HERE_END: return here_document(sh);
    case OP_REDIRECT_VARIABLE: sh->redirect_variable = str_copy(sh->heap, sh->code->strings[i->a].text); break;
    case OP_RUN:
        sh->wait_pc = sh->pc + 1;
        return run_simple(sh);
    case OP_COMPOUND:
        if (sh->process_count && i->a == 0)
            close_processes(sh);
        sh->pc = i->a ? i->a : sh->pc + 1;
        return VM_STAY;
    case OP_REDIRECT_PUSH: {
        int error = redirect_apply(sh);
        if (error == E_WAIT)
            return E_WAIT;
        if (error)
            redirects_failed(sh);
        else
            push_redirects(sh, i);
        return VM_STAY;
    }
    case OP_REDIRECT_POP: control_pop(sh); break;
    case OP_PIPELINE:
        if (!debug_stages(sh, i))
            pipeline(sh, i);
        return VM_STAY;
    case OP_STAGE: break;
    case OP_PIPELINE_END: pipeline_end(sh, i); return VM_STAY;
    case OP_BACKGROUND: background(sh, i); return VM_STAY;
    case OP_COPROC: coprocess(sh, i); return VM_STAY;
    case OP_SUBSHELL: subshell(sh, i); return VM_STAY;
    case OP_END: return code_end(sh);
    case OP_AND:
        if (sh->status != 0) {
            sh->pc = i->a;
            return VM_STAY;
        }
        break;
    case OP_OR:
        if (sh->status == 0) {
            sh->pc = i->a;
            return VM_STAY;
        }
        break;
    case OP_UNLESS:
    case OP_WHEN:
        sh->ignored--;
        if ((sh->status != 0) == (i->op == OP_UNLESS)) {
            sh->pc = i->a;
            return VM_STAY;
        }
        break;
    case OP_TEST_BEGIN: sh->ignored++; break;
    case OP_TEST_END: sh->ignored--; break;
    case OP_STATUS: sh->status = i->a; break;
    case OP_GOTO: sh->pc = i->a; return VM_NEXT;
    case OP_LOOP: {
        struct control *c = control_push(sh, CONTROL_LOOP);
        c->loop.exit = i->a;
        c->loop.again = i->b;
        break;
    }
    case OP_LOOP_BODY: break;
    case OP_LOOP_SAVE: control_top(sh)->loop.status = sh->status; break;
    case OP_LOOP_END:
        sh->status = control_top(sh)->loop.status;
        control_pop(sh);
        break;
    case OP_FOR: begin_for(sh, i); return VM_STAY;
    case OP_FOR_NEXT:
        if (control_top(sh)->loop.next < control_top(sh)->loop.count && debug_trap(sh, control_top(sh)->pc))
            return VM_STAY;
        for_next(sh, i);
        return VM_STAY;
    case OP_SELECT_NEXT:
        if (!control_top(sh)->select_begun) {
            if (debug_trap(sh, control_top(sh)->pc))
                return VM_STAY;
            if (sh->state.options & OPT_XTRACE)
                trace_command(sh, control_top(sh)->pc);
            control_top(sh)->select_begun = true;
        }
        return select_next(sh, i);
    case OP_CASE: {
        struct str word = str_copy(sh->heap, word_plain(sh));
        word_reset(sh);
        sh->line = i->line;
        if (sh->state.options & OPT_XTRACE)
            trace_command(sh, sh->command_at);
        control_push(sh, CONTROL_CASE)->word = word;
        break;
    }
    case OP_CASE_PATTERN: case_pattern(sh, i); return VM_STAY;
    case OP_CASE_END: control_pop(sh); break;
    case OP_FUNCTION: define_function(sh, i); return VM_STAY;
    case OP_ARITH_COMMAND: {
        int64_t value;
        struct str written = word_plain(sh);
        if (foresee_arithmetic(sh, &written, 1))
            return VM_STAY;
        if (sh->state.options & OPT_XTRACE)
            trace_arithmetic(sh, word_plain(sh));
        struct str text = str_copy(sh->heap, word_plain(sh));
        word_reset(sh);
        sh->status = arith_text(sh, text, "((: ", &value) < 0 ? 1 : value == 0;
        heap_free(sh->heap, (void *)(uintptr_t)text.data);
        sh->pc++;
        check_errexit(sh);
        return VM_STAY;
    }
    case OP_ARITH_STEP: {
        int64_t value = 1;
        struct str written = word_plain(sh);
        if (foresee_arithmetic(sh, &written, 1))
            return VM_STAY;
        if (sh->state.options & OPT_XTRACE) {
            struct str shown = word_plain(sh);
            while (shown.length && (shown.data[0] == ' ' || shown.data[0] == '\t' || shown.data[0] == '\n'))
                shown = str_after(shown, 1);
            trace_arithmetic(sh, shown.length ? shown : str_lit("1"));
        }
        struct str text = str_copy(sh->heap, word_plain(sh));
        word_reset(sh);
        bool blank = true;
        for (size_t k = 0; k < text.length && blank; k++)
            blank = text.data[k] == ' ' || text.data[k] == '\t' || text.data[k] == '\n';
        int error = blank ? 0 : arith_text(sh, text, "((: ", &value);
        heap_free(sh->heap, (void *)(uintptr_t)text.data);
        if (error < 0) {
            value = 0;
            sh->status = 1;
            if (!(i->flags & CODE_TEST)) {
                struct control *c = control_top(sh);
                if (c && c->kind == CONTROL_LOOP)
                    c->loop.status = 1;
            }
        }
        if (i->flags & CODE_TEST)
            sh->status = value == 0;
        break;
    }
    case OP_COND_WORD: take_operand(sh, i); break;
    case OP_COND_UNARY:
    case OP_COND_BINARY: {
        char letter = sh->code->strings[i->a].text.data[0] == '-' ? sh->code->strings[i->a].text.data[1] : 0;
        if (i->op == OP_COND_UNARY && letter == 'v' && foresee_names(sh, sh->operands, 1))
            return VM_STAY;
        if (i->op == OP_COND_BINARY && letter && letter != 'o' && foresee_arithmetic(sh, sh->operands, 2))
            return VM_STAY;
        return condition(sh, i);
    }
    case OP_FORESEEN:
        foreseen_take(sh);
        sh->pc = sh->code->length - 1;
        return VM_STAY;
    case OP_COND_NOT: sh->status = sh->status > 1 ? sh->status : !sh->status; break;
    case OP_COND_END:
        sh->pc++;
        check_errexit(sh);
        return VM_STAY;
    case OP_FAIL: break;
    }
    sh->pc++;
    return VM_NEXT;
}

/* --- the step ---------------------------------------------------------------------------------------- */

/* $(< file): its bytes go out without a command. */
static enum step copy_file(struct shell *sh)
{
    struct str bytes;
    struct file *out = fds_get(sh->task, 1);
    for (;;) {
        int error = file_peek(sh->copy, sh->task, &bytes);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error || !bytes.length || !out)
            break;
        int64_t count = file_write(out, sh->task, str_first(bytes, 65536));
        if (count == E_WAIT)
            return STEP_WAIT;
        if (count <= 0)
            break;
        file_take(sh->copy, (size_t)count);
        if (!meter_go(&sh->sandbox->meter))
            return STEP_AGAIN;
    }
    file_close(sh->copy);
    sh->copy = NULL;
    sh->waiting = WAIT_NOTHING;
    return STEP_DONE;
}

/* What the shell waits for: STEP_DONE when it need not any more. */
static enum step go_on_waiting(struct shell *sh)
{
    switch (sh->waiting) {
    case WAIT_JOB:
        if (sh->foreground->left > 0)
            return STEP_WAIT;
        foreground_done(sh);
        return STEP_DONE;
    case WAIT_SUBSTITUTION:
        if (!capture_take(sh))
            return meter_go(&sh->sandbox->meter) ? STEP_WAIT : STEP_AGAIN;
        capture_done(sh);
        return STEP_DONE;
    case WAIT_LASTPIPE: {
        if (sh->foreground->left > 0)
            return STEP_WAIT;
        int statuses[64];
        size_t count = 0;
        int failed = 0;
        for (struct process *p = sh->foreground->processes; p && count < 63; p = p->next) {
            statuses[count++] = p->status;
            if (p->status)
                failed = p->status;
        }
        statuses[count++] = sh->lastpipe_status;
        set_pipe_status(sh, statuses, count);
        sh->status = sh->lastpipe_status;
        if (!sh->status && sh->state.options & OPT_PIPEFAIL)
            sh->status = failed;
        job_free(sh, sh->foreground);
        sh->foreground = NULL;
        sh->waiting = WAIT_NOTHING;
        return STEP_DONE; /* PIPELINE_END once more */
    }
    case WAIT_COPY: return copy_file(sh);
    default: return STEP_DONE;
    }
}

enum step shell_step(struct task *t)
{
    struct shell *sh = t->state;
    struct meter *m = &sh->sandbox->meter;
    for (;;) {
        if (t->ended)
            jobs_collect(sh);
        if (sh->unsaid_count && shell_say_rest(sh) == E_WAIT)
            return STEP_WAIT;
        if (sh->directory_unknown && !shell_set_directory(sh))
            return STEP_WAIT;
        if (sh->waiting) {
            enum step step = sh->waiting == WAIT_SCRIPT ? shell_open_script(sh) : go_on_waiting(sh);
            if (step != STEP_DONE)
                return step;
        }
        if (t->pending)
            return STEP_AGAIN;
        while (sh->leave) /* a return may end in set -e */
            unwind(sh);
        if (!meter_go(m))
            return STEP_AGAIN;
        if (sh->exiting && sh->depth == 0 && !sh->leave) {
            if (sh->main && sh->exit_trap_done)
                trap_exit_over(sh);
            t->status = sh->status;
            return STEP_DONE;
        }
        int answer;
        if (sh->reading) {
            if (sh->trapped && run_traps(sh))
                continue;
            answer = reader_next(sh);
            meter_charge(m, answer != E_WAIT && answer != VM_AGAIN);
        } else if (!sh->code) {
            answer = step_braces(sh); /* which charges */
        } else {
            do {
                const struct instruction *i = &sh->code->at[sh->pc];
                while (i->op == OP_NOP)
                    i = &sh->code->at[sh->pc = i->a];
                if (sh->sandbox->trace && tell_instruction(sh, i) == E_WAIT)
                    return STEP_WAIT;
                answer = execute(sh, i);
                /* what is done again is charged once, and finds a step to work with */
                meter_charge(m, answer != E_WAIT && answer != VM_AGAIN);
            } while (answer == VM_NEXT && !sh->leave && !sh->waiting && !sh->unsaid_count && sh->code && !sh->reading && meter_go(m));
        }
        if (answer == VM_GONE)
            return STEP_AGAIN;
        if (answer == E_WAIT) {
            if (sh->call.paused || t->waiting || t->sleeper || t->opening || t->children || sh->sandbox->vfs.fault.kind != FAULT_NONE)
                return meter_go(m) || t->waiting || t->sleeper ? STEP_WAIT : STEP_AGAIN;
            return STEP_WAIT;
        }
    }
}
