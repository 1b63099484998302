/* shell/run.c - simple commands: assignments, functions, builtins, programs (POSIX XCU 2.9.1). */
#include "shell/vm.h"

#include "shell/arith.h"
#include "shell/print.h"

/* --- assignments ---------------------------------------------------------------------------- */

void forget_assignments(struct shell *sh)
{
    for (size_t i = 0; i < sh->assignment_count; i++) {
        struct pending_assignment *a = &sh->assignments[i];
        if (a->early)
            var_restore(sh, a->name);
        heap_free(sh->heap, (void *)(uintptr_t)a->subscript.data);
        heap_free(sh->heap, (void *)(uintptr_t)a->value.data);
    }
    sh->assignment_count = 0;
}

void assign_early(struct shell *sh, struct pending_assignment *a)
{
    struct variable *v = var_find(sh, a->name, code_hash(a->name));
    if (a->has_subscript || str_is(a->name, "IFS") ||
        (v ? v->flags & (VAR_READONLY | VAR_INTEGER | VAR_NAMEREF) : made_is_readonly(a->name)))
        return;
    var_temporary(sh, NULL, a->name, sh->state.scope + 1);
    a->early = true;
    var_assign(sh, a->name, code_hash(a->name), a->value, a->append);
}

void forget_early(struct shell *sh)
{
    for (size_t i = sh->assignment_count; i > 0; i--)
        if (sh->assignments[i - 1].early) {
            sh->assignments[i - 1].early = false;
            var_restore(sh, sh->assignments[i - 1].name);
        }
}

static int assign(struct shell *sh, const struct pending_assignment *a)
{
    if (a->has_subscript)
        return var_assign_element(sh, a->name, code_hash(a->name), a->subscript, a->value, a->append);
    return var_assign(sh, a->name, code_hash(a->name), a->value, a->append);
}

static void trace_assignment(struct shell *sh, const struct pending_assignment *a)
{
    struct buf line;
    buf_init(&line, sh->heap);
    buf_add(&line, a->name);
    if (a->has_subscript)
        buf_print(&line, "[%S]", a->subscript);
    buf_add_text(&line, a->append ? "+=" : "=");
    quote_trace(&line, a->value);
    struct str word = buf_str(&line);
    trace_line(sh, word);
    buf_drop(&line);
}

static void assign_or_leave(struct shell *sh, const struct pending_assignment *a)
{
    if (assign(sh, a) < 0) {
        sh->status = 1;
        shell_leave(sh, sh->state.options & OPT_POSIX ? LEAVE_EXIT : LEAVE_DISCARD, sh->state.options & OPT_POSIX ? 127 : 1);
    }
}

void assign_now(struct shell *sh, const struct pending_assignment *a)
{
    if (sh->state.options & OPT_XTRACE)
        trace_assignment(sh, a);
    assign_or_leave(sh, a);
}

/* --- tracing ---------------------------------------------------------------------------------- */

void trace_line(struct shell *sh, struct str line)
{
    struct buf out;
    struct str prompt;
    struct str value;
    buf_init(&out, sh->heap);
    if (!shell_get(sh, str_lit("PS4"), &value))
        value = (struct str){0};
    prompt = value;
    struct buf expanded;
    buf_init(&expanded, sh->heap);
    prompt_expand(sh, prompt, &expanded);
    struct str head = buf_str(&expanded);
    if (head.length) { /* the first character tells the depth of evaluation */
        size_t width = utf8_first(head, shell_locale(sh)).length;
        size_t depth = 1 + sh->state.subshell_trace;
        for (size_t i = 0; i < sh->depth; i++)
            depth += sh->controls[i].kind == CONTROL_READER &&
                     (sh->controls[i].reads == READER_EVAL || sh->controls[i].reads == READER_SOURCE);
        for (size_t i = 1; i < depth; i++)
            buf_add(&out, str_first(head, width));
        buf_add(&out, head);
    }
    buf_add(&out, line);
    buf_add_byte(&out, '\n');
    int fd = 2;
    if (shell_get(sh, str_lit("BASH_XTRACEFD"), &value) && value.length && value.length < 5) {
        int number = 0;
        for (size_t i = 0; i < value.length && number >= 0; i++)
            number = value.data[i] >= '0' && value.data[i] <= '9' ? number * 10 + (value.data[i] - '0') : -1;
        if (number >= 0 && fds_get(sh->task, number))
            fd = number;
    }
    shell_say_on(sh, fd, buf_str(&out));
    buf_drop(&out);
    buf_drop(&expanded);
}

/* The name of an argument NAME=(...) of declare and its kin; empty when it is another. */
static struct str array_argument(struct str word)
{
    size_t i = 0;
    while (i < word.length && (utf8_byte_is(word.data[i], UTF8_ALNUM) || word.data[i] == '_'))
        i++;
    struct str name = str_first(word, i), rest = str_after(word, i);
    bool array = i > 0 && (str_starts(rest, "=(") || str_starts(rest, "+=(")) && word.data[word.length - 1] == ')';
    return array ? name : (struct str){0};
}

static bool is_declaring(struct str name)
{
    static const char *const kin[] = {"declare", "typeset", "local", "export", "readonly"};
    for (size_t i = 0; i < sizeof kin / sizeof *kin; i++)
        if (str_is(name, kin[i]))
            return true;
    return false;
}

void trace_words(struct shell *sh, const struct str *words, size_t count)
{
    struct buf line;
    bool declares = count && is_declaring(words[0]), assigns = declares && (str_is(words[0], "export") || str_is(words[0], "readonly"));
    for (size_t i = 1; declares && i < count; i++) /* arrays are assigned before */
        if (array_argument(words[i]).length)
            trace_line(sh, words[i]);
    buf_init(&line, sh->heap);
    for (size_t i = 0; i < count; i++) {
        struct str name = declares ? array_argument(words[i]) : (struct str){0};
        if (i)
            buf_add_byte(&line, ' ');
        if (name.length)
            buf_add(&line, name);
        else if (words[i].length)
            quote_trace(&line, words[i]);
        else
            buf_add_text(&line, "''");
    }
    trace_line(sh, buf_str(&line));
    for (size_t i = 1; assigns && i < count; i++) { /* and the others behind */
        ptrdiff_t equals = str_find(words[i], '=');
        if (equals <= 0 || !shell_is_name(str_first(words[i], (size_t)equals)) || array_argument(words[i]).length)
            continue;
        buf_clear(&line);
        buf_add(&line, str_first(words[i], (size_t)equals + 1));
        quote_trace(&line, str_after(words[i], (size_t)equals + 1));
        trace_line(sh, buf_str(&line));
    }
    buf_drop(&line);
}

/* --- finding ------------------------------------------------------------------------------------ */

struct function *find_function(struct shell *sh, struct str name)
{
    union entry entry;
    if (!sh->state.functions.count || !btree_find(sh->state.functions, name, &entry))
        return NULL;
    return (struct function *)entry.item;
}

const struct command *find_builtin(struct shell *sh, struct str name)
{
    struct builtin_slot *slot = &sh->builtins[(name.length ? (unsigned char)name.data[0] + name.length : 0) % BUILTIN_SLOTS];
    if (slot->length == name.length && slot->command && memcmp(slot->command->name, name.data, name.length) == 0)
        return slot->command;
    union entry entry;
    if (sh->state.disabled.count && btree_find(sh->state.disabled, name, &entry))
        return NULL;
    const struct command *command = sandbox_command(sh->sandbox, name);
    if (!command || !(command->flags & COMMAND_BUILTIN))
        return NULL;
    *slot = (struct builtin_slot){command, name.length};
    return command;
}

/* --- the shell's own commands ----------------------------------------------------------------------- */

static void command_done(struct shell *sh, int status)
{
    sh->status = status;
    arguments_clear(&sh->arguments);
    redirect_forget(sh);
    if (sh->undo_count) {
        redirect_undo(sh, sh->undo, sh->undo_count);
        sh->undo_count = 0;
    }
    forget_assignments(sh);
    sh->run_stage = 0;
    sh->pc++;
    if (!sh->pipe_room || sh->pipe_count != 1 || sh->pipe_status[0] != status)
        set_pipe_status(sh, &status, 1);
    if (status)
        check_errexit(sh);
}

static void end_temporaries(struct shell *sh)
{
    for (size_t i = sh->temporary_count; i > 0; i--)
        if (sh->keep_temporaries)
            var_settle(sh, sh->assignments[i - 1].name);
        else
            var_restore(sh, sh->assignments[i - 1].name);
    sh->temporary_count = 0;
    sh->keep_temporaries = false;
}

/* The assignments before a builtin or program become bindings of their own: false after a message. */
static bool begin_temporaries(struct shell *sh, struct control *c)
{
    for (size_t i = 0; i < sh->assignment_count; i++) {
        struct pending_assignment *a = &sh->assignments[i];
        uint32_t scope = c ? sh->state.scope : sh->state.scope + 1;
        if (a->has_subscript) {
            shell_error(sh, "`%S[%S]': not a valid identifier", a->name, a->subscript);
            continue;
        }
        if (var_temporary(sh, c, a->name, scope) < 0) {
            if (sh->keep_temporaries || sh->state.options & OPT_ERREXIT)
                return false;
            continue; /* readonly: a message was given, the command runs */
        }
        if (!c)
            sh->temporary_count = i + 1;
        if (assign(sh, a) < 0)
            return false;
    }
    return true;
}

/* Redirections and temporaries pass on to what now runs. */
static void hand_over(struct shell *sh, struct control *c)
{
    if (sh->undo_count) {
        c->undo = sh->undo;
        c->undo_count = sh->undo_count;
        sh->undo = NULL;
        sh->undo_count = 0;
    }
}

/* ERR, DEBUG and RETURN hold in a function only with set -E and -T, or declare -t. */
static void hide_traps(struct shell *sh, struct control *c)
{
    for (int i = TRAP_ERR; i <= TRAP_RETURN; i++) {
        bool traced = i == TRAP_ERR ? sh->state.options & OPT_ERRTRACE
                                    : sh->state.options & OPT_FUNCTRACE || c->call.function->flags & VAR_TRACE;
        if (traced || !trap_is_set(sh, i))
            continue;
        struct traps *t = traps_own(sh);
        c->call.hidden[i - TRAP_ERR] = t->at[i];
        t->at[i] = NULL;
    }
}

static int call_function(struct shell *sh, struct function *f)
{
    struct str value;
    int64_t most = 0;
    if (sh->nest_limit && shell_get(sh, str_lit("FUNCNEST"), &value)) {
        for (size_t i = 0; i < value.length && value.data[i] >= '0' && value.data[i] <= '9' && most < 1000000000; i++)
            most = most * 10 + (value.data[i] - '0');
        if (most > 0 && sh->call_depth >= (size_t)most) {
            shell_error(sh, "%S: maximum function nesting level exceeded (%jd)", sh->arguments.at[0], (intmax_t)most);
            command_done(sh, 1);
            shell_leave(sh, LEAVE_DISCARD, 1);
            return VM_STAY;
        }
    }
    struct control *c = control_push(sh, CONTROL_CALL);
    c->call.function = shared_keep(f);
    c->code = sh->code;
    c->pc = sh->pc + 1;
    sh->code = NULL;
    c->call.last = text_new(sh, sh->arguments.at[sh->arguments.count - 1]);
    sh->state.scope++;
    sh->call_depth++;
    struct frame *frame = shell_push_frame(sh, sh->line);
    frame->file = shared_keep(f->file);
    frame->params = params_new(sh, sh->arguments.at + 1, sh->arguments.count - 1);
    frame->function = shared_keep(f->name);
    if (sh->state.traps) {
        c->err_trapped = trap_is_set(sh, TRAP_ERR);
        hide_traps(sh, c);
    }
    hand_over(sh, c);
    if (sh->assignment_count) {
        size_t at = sh->depth - 1;
        bool fine = begin_temporaries(sh, &sh->controls[at]);
        forget_assignments(sh);
        if (!fine)
            shell_leave(sh, LEAVE_RETURN, 1);
    }
    arguments_clear(&sh->arguments);
    redirect_forget(sh);
    sh->run_stage = 0;
    set_code(sh, shared_keep(f->code), f->start);
    if (!(sh->in_trap & TRAP_BIT(TRAP_DEBUG)))
        sh->debug_done = -1;
    if (sh->state.traps && trap_is_set(sh, TRAP_DEBUG) && !(sh->in_trap & TRAP_BIT(TRAP_DEBUG))) { /* once more, inside */
        sh->line = f->line;
        trap_run(sh, TRAP_DEBUG);
    }
    return VM_STAY;
}

/* "bash: line 3: " for the messages of a builtin: made when the first one comes. */
static struct str builtin_where(struct shell *sh)
{
    if (!sh->where.heap)
        buf_init(&sh->where, sh->heap);
    buf_clear(&sh->where);
    shell_where(sh, &sh->where);
    return buf_str(&sh->where);
}

static int start_builtin(struct shell *sh, const struct command *command)
{
    if (sh->assignment_count && !sh->temporary_count) {
        sh->keep_temporaries = sh->state.options & OPT_POSIX && command->flags & COMMAND_SPECIAL; /* they stay */
        bool leaves = sh->keep_temporaries;
        if (!begin_temporaries(sh, NULL)) {
            sh->keep_temporaries = false;
            end_temporaries(sh);
            command_done(sh, 1);
            if (leaves)
                shell_leave(sh, LEAVE_EXIT, 127);
            return VM_STAY;
        }
    }
    sh->call.where = builtin_where;
    call_begin(&sh->call, sh->task, &sh->call_heap, command, sh->arguments.at, sh->arguments.count, sh);
    sh->in_call = true;
    return run_builtin_on(sh);
}

static void drop_arguments(struct shell *sh, size_t count)
{
    struct arguments *a = &sh->arguments;
    if (!count)
        return;
    size_t bytes = a->ends[count - 1];
    memmove(a->bytes.data, a->bytes.data + bytes, a->bytes.length - bytes);
    a->bytes.length -= bytes;
    for (size_t i = count; i < a->count; i++)
        a->ends[i - count] = a->ends[i] - bytes;
    a->count -= count;
    arguments_fix(sh, a);
}

/* What a builtin asked for that is done once it has ended: eval, source, exec, command. */
static int after_builtin(struct shell *sh, const struct command *command, int status)
{
    struct request request = sh->request;
    sh->request = (struct request){0};
    bool special = command->flags & COMMAND_SPECIAL;
    switch (request.kind) {
    case REQUEST_NOTHING: break;
    case REQUEST_EVAL:
    case REQUEST_SOURCE: {
        sh->pc++;
        struct control *c = shell_read_text(sh, request.kind == REQUEST_EVAL ? READER_EVAL : READER_SOURCE, request.text, request.length,
                                            request.kind == REQUEST_EVAL ? (sh->line < 1 ? 1 : sh->line) : 1);
        if (request.kind == REQUEST_SOURCE) {
            c->reader.sourced = 1;
            struct frame *frame = shell_push_frame(sh, sh->line);
            if (!request.has_params) {
                frame->passes = true;
                frame->params = shared_keep(frame->outer->params);
                frame->shifted = frame->outer->shifted;
            } else {
                frame->params = params_new(sh, request.words, request.count);
            }
            frame->function = text_new(sh, str_lit("source"));
            frame->file = text_new(sh, request.name);
        }
        hand_over(sh, c);
        for (size_t i = 0; i < sh->temporary_count; i++) {
            c->locals = array_grow(sh->heap, c->locals, c->local_count, sizeof *c->locals);
            c->locals[c->local_count++] = str_copy(sh->heap, sh->assignments[i].name);
        }
        sh->temporary_count = 0;
        c->keep_locals = sh->keep_temporaries;
        sh->keep_temporaries = false;
        forget_assignments(sh);
        arguments_clear(&sh->arguments);
        redirect_forget(sh);
        sh->run_stage = 0;
        return VM_STAY;
    }
    case REQUEST_COMMAND_WORDS: /* command, builtin: the rest of the words again */
        sh->skip_functions = true;
        sh->only_builtins = request.only_builtins;
        sh->standard_path = request.standard_path;
        drop_arguments(sh, request.skip);
        sh->run_stage = 2;
        return VM_STAY;
    case REQUEST_EXEC:
        sh->exec_in_place = true;
        sh->exec_options = request;
        drop_arguments(sh, request.skip);
        sh->run_stage = 3;
        return VM_STAY;
    case REQUEST_KEEP_REDIRECTS: /* exec without a command */
        for (size_t i = 0; i < sh->undo_count; i++)
            if (sh->undo[i].file)
                file_close(sh->undo[i].file);
        sh->undo_count = 0;
        break;
    }
    end_temporaries(sh);
    if (status && special && sh->state.options & OPT_POSIX && sh->usage_failed)
        shell_leave(sh, LEAVE_EXIT, status);
    enum leave leave = sh->leave;
    int pc = sh->pc;
    if (leave == LEAVE_NOTHING || leave == LEAVE_DISCARD) {
        command_done(sh, status);
    } else { /* break, return, exit: without looking at set -e */
        command_done(sh, 0);
        sh->status = status;
        sh->pc = pc;
    }
    return VM_STAY;
}

int run_builtin_on(struct shell *sh)
{
    enum step step = call_step(&sh->call);
    if (step == STEP_WAIT)
        return E_WAIT;
    if (step == STEP_AGAIN)
        return VM_AGAIN;
    const struct command *command = sh->call.command;
    int status = sh->call.status;
    sh->in_call = false;
    call_end(&sh->call);
    return after_builtin(sh, command, status);
}

/* --- programs -------------------------------------------------------------------------------------------- */

/* For whoever is asked, after the run, what was meant. */
static void remember_missing(struct nacre *n, struct str name)
{
    n->missing_length = name.length <= MISSING_MOST ? name.length : 0;
    str_put(n->missing, str_first(name, n->missing_length));
}

static void not_found(struct shell *sh, struct str name, int error, bool bad_interpreter)
{
    struct function *handler = str_find(name, '/') < 0 ? find_function(sh, str_lit("command_not_found_handle")) : NULL;
    int status = error == E_NOENT ? 127 : 126;
    struct str path;
    if (error == E_NOENT && str_find(name, '/') < 0 && handler) {
        size_t count = sh->arguments.count;
        struct str *words = heap_alloc(sh->heap, (count + 1) * sizeof *words);
        for (size_t i = 0; i < count; i++)
            words[i] = str_copy(sh->heap, sh->arguments.at[i]);
        arguments_clear(&sh->arguments);
        arguments_add(sh, &sh->arguments, str_lit("command_not_found_handle"));
        for (size_t i = 0; i < count; i++) {
            arguments_add(sh, &sh->arguments, words[i]);
            heap_free(sh->heap, (void *)(uintptr_t)words[i].data);
        }
        heap_free(sh->heap, words);
        arguments_fix(sh, &sh->arguments);
        call_function(sh, handler);
        return;
    }
    if (bad_interpreter)
        shell_error(sh, "%S: cannot execute: required file not found", name), status = 127;
    else if (error == E_NOENT && str_find(name, '/') < 0 && !sh->standard_path &&
        (!shell_get(sh, str_lit("PATH"), &path) || !path.length)) {
        shell_error(sh, "%S: %m", name, error); /* without a PATH it is tried as it is */
    } else if (error == E_NOENT && str_find(name, '/') < 0) {
        struct buf shown;
        buf_init(&shown, sh->heap);
        quote_shown(&shown, name);
        const char *why = absent_why(name);
        shell_error(sh, why ? "%S: command not found (%s)" : "%S: command not found", buf_str(&shown), why);
        if (!why)
            remember_missing(sh->sandbox, name);
        buf_drop(&shown);
    }
    else if (error == E_ISDIR)
        shell_error(sh, "%S: Is a directory", name);
    else if (error == E_NOEXEC)
        shell_error(sh, "%S: cannot execute binary file: Exec format error", name);
    else
        shell_error(sh, "%S: %m", name, error);
    command_done(sh, status);
}

static bool last_of_subshell(struct shell *sh)
{
    return sh->subshell && sh->depth == 0 && sh->code->at[sh->pc + 1].op == OP_END && !trap_is_set(sh, TRAP_EXIT) && !sh->jobs &&
           (!sh->state.traps || sh->inherited_traps) && sh->process_count == 0;
}

static int run_program(struct shell *sh)
{
    struct str *words = sh->arguments.at;
    struct exec e = {.words = words, .count = sh->arguments.count};
    int error;
    bool in_place = sh->exec_in_place || last_of_subshell(sh);
    if (sh->assignment_count && !sh->temporary_count && !begin_temporaries(sh, NULL)) {
        end_temporaries(sh);
        command_done(sh, 1);
        return VM_STAY;
    }
    sh->task->umask = sh->state.umask;
    struct str path = {0};
    if (sh->standard_path)
        path = str_lit("/bin:/usr/bin");
    else if (!shell_get(sh, str_lit("PATH"), &path))
        path = str_lit("");
    e.path = path.data ? path : str_lit("");
    struct variable *own_path = var_find(sh, str_lit("PATH"), code_hash(str_lit("PATH")));
    bool hashes = sh->state.options & OPT_HASHALL && !sh->standard_path && str_find(words[0], '/') < 0 && !sh->exec_in_place &&
                  !(own_path && own_path->flags & VAR_TEMPORARY);
    bool lost = false;
    uint32_t hits = 0;
    struct str hashed;
    struct buf found;
    buf_init(&found, sh->heap);
    if (hashes && hashed_find(sh, words[0], &hashed, &hits)) {
        struct stat_info info;
        bool checks = sh->state.options & OPT_POSIX || sh->state.shopt & (uint64_t)1 << SHOPT_CHECKHASH;
        lost = checks && task_stat(sh->task, hashed, true, &info) == E_NOENT;
        if (!lost)
            e.file = str_copy(sh->heap, hashed);
    }
    if (lost && btree_remove(&sh->state.hashed, words[0], &text_kind, &sh->sandbox->meter) == E_NOMEM)
        meter_out_of_memory(&sh->sandbox->meter);
    e.found = hashes && !in_place ? &found : NULL;
    struct hold *hold = heap_hold(sh->heap, environment_release);
    hold->thing = sh->exec_in_place && sh->exec_options.clean ? environment_new(&sh->sandbox->meter, NULL, 0) : vars_environment(sh);
    e.environment = hold->thing;
    if (sh->exec_in_place && sh->exec_options.argv0.data) {
        e.argv0 = sh->exec_options.argv0.data;
        e.argv0_length = sh->exec_options.argv0.length;
    }
    struct task *self = sh->task;
    self->umask = sh->state.umask;
    uint64_t ignored = self->ignored;
    if (in_place) {
        e.in_place = self;
        struct task *t = task_exec(self, &e, &error);
        if (t)
            return VM_GONE; /* this shell is no more: `sh` must not be touched */
        self->ignored = ignored;
    } else {
        struct task *t = task_exec(self, &e, &error);
        if (t) {
            heap_unhold(sh->heap, hold);
            if (found.length)
                hashed_keep(sh, words[0], buf_str(&found), hits + 1);
            buf_drop(&found);
            heap_free(sh->heap, (void *)(uintptr_t)e.file.data);
            struct job *job = job_new(sh);
            job_add(sh, job, t);
            sh->foreground = job;
            sh->waiting = WAIT_JOB;
            sh->wait_pipeline = false;
            end_temporaries(sh);
            arguments_clear(&sh->arguments);
            redirect_forget(sh);
            redirect_undo(sh, sh->undo, sh->undo_count);
            sh->undo_count = 0;
            forget_assignments(sh);
            sh->run_stage = 0;
            return VM_STAY;
        }
    }
    heap_unhold(sh->heap, hold);
    if (error == E_WAIT)
        return E_WAIT;
    end_temporaries(sh);
    struct str name = e.file.data && e.file.length ? e.file : str_copy(sh->heap, words[0]);
    bool exec = sh->exec_in_place;
    sh->exec_in_place = false;
    if (exec) {
        if (str_find(name, '/') < 0) {
            shell_error(sh, error == E_NOENT ? "exec: %S: not found" : "exec: %S: cannot execute: %m", name, error);
        } else { /* by its whole path, and with what the attempt itself has to say */
            struct buf whole;
            buf_init(&whole, sh->heap);
            if (name.data[0] != '/')
                buf_print(&whole, "%S/", text_str(sh->state.directory));
            buf_add(&whole, str_starts(name, "./") ? str_after(name, 2) : name);
            shell_error(sh, "%S: %m", buf_str(&whole), error);
            shell_error(sh, "exec: %S: cannot execute: %m", buf_str(&whole), error);
            buf_drop(&whole);
        }
        int status = error == E_NOENT ? 127 : 126;
        command_done(sh, status);
        if (!(sh->state.shopt & (uint64_t)1 << SHOPT_EXECFAIL))
            shell_leave(sh, LEAVE_EXIT, status);
    } else {
        not_found(sh, name, error, e.bad_interpreter);
    }
    heap_free(sh->heap, (void *)(uintptr_t)name.data);
    return VM_STAY;
}

/* --- RUN --------------------------------------------------------------------------------------------------- */

/* $_ */
static void remember_last(struct shell *sh, struct str last)
{
    struct text *t = sh->last_argument;
    if (t && shared_alone(t) && t->item.shared.size >= sizeof *t + last.length + 1 && last.length < 256) {
        if (last.length)
            memcpy(t->data, last.data, last.length);
        t->data[last.length] = 0;
        t->length = last.length;
        return;
    }
    text_release(t, &sh->sandbox->meter);
    sh->last_argument = NULL;
    sh->last_argument = text_new(sh, last);
}

/* $(< file): the only command of a substitution, and nothing but that. */
static bool is_copy(const struct shell *sh)
{
    const struct redirect *r = sh->redirects;
    int start = sh->substitution_start;
    while (sh->substitution && sh->code->at[start].op == OP_NOP)
        start = sh->code->at[start].a;
    for (int at = start; sh->substitution && at < sh->pc; at++)
        if (sh->code->at[at].op == OP_ASSIGN || sh->code->at[at].op == OP_ARRAY_CLOSE)
            return false;
    return sh->substitution && sh->depth == 0 && sh->redirect_count == 1 && !sh->assignment_count && r->kind == REDIRECT_IN && r->fd == 0 &&
           sh->code->at[sh->pc + 1].op == OP_END && sh->code->at[start].op == OP_COMMAND && sh->command_at == start;
}

static int run_nothing(struct shell *sh)
{
    for (size_t i = 0; i < sh->redirect_count; i++) /* {name}> alone is as if in a shell of its own */
        sh->redirect_apart |= (sh->redirects[i].flags & CODE_NAMED) != 0;
    int error = redirect_apply(sh);
    sh->redirect_apart = false;
    if (error == E_WAIT)
        return E_WAIT;
    if (!error && is_copy(sh)) {
        sh->copy = file_share(fds_get(sh->task, 0));
        sh->waiting = WAIT_COPY;
        command_done(sh, 0);
        return VM_STAY;
    }
    int status = error ? 1 : sh->substituted ? sh->status : 0;
    if (!error)
        for (size_t i = 0; i < sh->assignment_count && !sh->leave; i++)
            assign_now(sh, &sh->assignments[i]);
    remember_last(sh, (struct str){0});
    if (sh->leave) {
        status = sh->status;
        command_done(sh, 0);
        sh->status = status;
        return VM_STAY;
    }
    command_done(sh, status);
    return VM_STAY;
}

static int dispatch(struct shell *sh)
{
    struct str name = sh->arguments.at[0];
    bool only = sh->only_builtins;
    if (!sh->skip_functions) {
        struct function *f = find_function(sh, name);
        if (f && sh->state.options & OPT_POSIX) { /* special builtins come first */
            const struct command *command = find_builtin(sh, name);
            if (command && command->flags & COMMAND_SPECIAL)
                f = NULL;
        }
        if (f)
            return call_function(sh, f);
    }
    sh->skip_functions = false;
    sh->only_builtins = false;
    struct str last = sh->arguments.at[sh->arguments.count - 1], array = {0};
    const struct command *command = find_builtin(sh, name);
    if (command && last.length && last.data[last.length - 1] == ')' && is_declaring(name))
        array = array_argument(last);
    remember_last(sh, array.length ? array : last);
    if (command && foresee_builtin(sh, name, sh->arguments.at, sh->arguments.count)) {
        sh->run_stage = 2;
        return VM_STAY;
    }
    if (command)
        return start_builtin(sh, command);
    if (only) {
        shell_error(sh, "builtin: %S: not a shell builtin", name);
        end_temporaries(sh);
        command_done(sh, 1);
        return VM_STAY;
    }
    sh->run_stage = 3;
    return run_program(sh);
}

int run_simple(struct shell *sh)
{
    if (sh->in_call)
        return run_builtin_on(sh);
    switch (sh->run_stage) {
    case 0:
        sh->standard_path = false;
        if (sh->arguments.count == 0)
            return run_nothing(sh);
        arguments_fix(sh, &sh->arguments);
        if (sh->state.options & OPT_XTRACE) {
            for (size_t i = 0; i < sh->assignment_count; i++)
                trace_assignment(sh, &sh->assignments[i]);
            trace_words(sh, sh->arguments.at, sh->arguments.count);
        }
        sh->run_stage = 1;
        /* fall through */
    case 1: {
        int error = redirect_apply(sh);
        if (error == E_WAIT)
            return E_WAIT;
        if (error) {
            const struct command *command = find_builtin(sh, sh->arguments.at[0]);
            bool leaves = sh->state.options & OPT_POSIX && command && command->flags & COMMAND_SPECIAL;
            command_done(sh, 1);
            if (leaves)
                shell_leave(sh, LEAVE_EXIT, 1);
            return VM_STAY;
        }
        sh->run_stage = 2;
    }
        /* fall through */
    case 2: return dispatch(sh);
    default: return run_program(sh);
    }
}

/* --- a=( ) ------------------------------------------------------------------------------------------------ */

/* elements: alternating keys and values where element_kinds says 1 (key) or 2 (value, append: 3), 0 a plain one. */
int array_close(struct shell *sh, struct str name, int flags)
{
    uint32_t hash = code_hash(name);
    bool assoc = false;
    if (!(flags & (CODE_SUBSCRIPT | CODE_TEMPORARY | CODE_ARGUMENT)) && !var_follow(sh, &name, &hash))
        return -1;
    arguments_fix(sh, &sh->elements);
    struct arguments *e = &sh->elements;
    if (flags & CODE_SUBSCRIPT) {
        shell_error(sh, "%S[%S]: cannot assign list to array member", name, sh->subscript);
        arguments_clear(e);
        heap_free(sh->heap, (void *)(uintptr_t)sh->subscript.data);
        sh->subscript = (struct str){0};
        return -1;
    }
    if (flags & CODE_TEMPORARY) { /* before a command: as text */
        struct buf text;
        buf_init(&text, sh->heap);
        buf_add_byte(&text, '(');
        for (size_t i = 0; i < e->count; i++) {
            bool key = sh->element_kinds[i] == 1;
            if (i && sh->element_kinds[i - 1] != 1)
                buf_add_byte(&text, ' ');
            buf_print(&text, key ? "[%S]%s" : "%S%s", e->at[i], !key ? "" : sh->element_kinds[i + 1] == 3 ? "+=" : "=");
        }
        buf_add_byte(&text, ')');
        sh->assignments = array_grow(sh->heap, sh->assignments, sh->assignment_count, sizeof *sh->assignments);
        sh->assignments[sh->assignment_count++] = (struct pending_assignment){.name = name, .append = flags & CODE_APPEND,
                                                                              .value = str_copy(sh->heap, buf_str(&text))};
        buf_drop(&text);
        arguments_clear(e);
        return 0;
    }
    if (flags & CODE_ARGUMENT) { /* for declare: as text that it takes apart again */
        struct buf word;
        buf_init(&word, sh->heap);
        buf_print(&word, flags & CODE_APPEND ? "%S+=(" : "%S=(", name);
        for (size_t i = 0; i < e->count; i++) {
            if (i && sh->element_kinds[i - 1] != 1)
                buf_add_byte(&word, ' ');
            if (sh->element_kinds[i] == 1) {
                buf_add_byte(&word, '[');
                quote_shell(&word, e->at[i]);
                buf_add_text(&word, sh->element_kinds[i + 1] == 3 ? "]+=" : "]=");
            } else {
                quote_shell(&word, e->at[i]);
            }
        }
        buf_add_byte(&word, ')');
        arguments_add(sh, &sh->arguments, buf_str(&word));
        buf_drop(&word);
        arguments_clear(e);
        return 0;
    }
    struct variable *v = var_find(sh, name, hash);
    if (v && v->flags & VAR_ASSOC)
        assoc = true;
    if (v && v->flags & VAR_READONLY)
        return var_readonly_error(sh, name);
    if (sh->state.options & OPT_XTRACE)
        trace_array(sh, name, flags & CODE_APPEND);
    int64_t next = 0;
    bool keyed = assoc && e->count && sh->element_kinds[0] == 1; /* else a list of keys and values */
    if (flags & CODE_APPEND && !assoc) {
        if (var_make_array(sh, name, hash, false, true) < 0)
            return -1;
        v = var_find(sh, name, hash);
        uint64_t last = UINT64_MAX;
        if (v && v->flags & VAR_ARRAY && ptree_previous(v->elements, &last))
            next = (int64_t)last + 1;
    } else if (!(flags & CODE_APPEND) && var_make_array(sh, name, hash, assoc, false) < 0) {
        return -1;
    }
    for (size_t i = 0; i < e->count; i++) {
        int kind = sh->element_kinds[i];
        int error = 0;
        meter_charge(&sh->sandbox->meter, 1);
        if (kind == 1) {
            struct str key = e->at[i];
            bool append = sh->element_kinds[++i] == 3;
            if (!assoc) {
                int64_t index;
                error = arith_evaluate(sh, key, "", &index);
                if (error)
                    shell_give_up(sh);
                if (!error && index < 0) {
                    shell_error(sh, "%S[%S]: bad array subscript", name, key);
                    continue;
                }
                next = index;
            }
            if (!error)
                error = assoc ? var_assign_element(sh, name, hash, key, e->at[i], append)
                              : var_assign_index(sh, name, hash, (uint64_t)next++, e->at[i], append);
        } else if (keyed) {
            shell_error(sh, "%S: %S: must use subscript when assigning associative array", name, e->at[i]);
        } else if (assoc) {
            struct str key = e->at[i];
            struct str value = i + 1 < e->count ? e->at[++i] : (struct str){0};
            error = var_assign_element(sh, name, hash, key, value, false);
        } else {
            error = var_assign_index(sh, name, hash, (uint64_t)next++, e->at[i], false);
        }
        if (error) {
            arguments_clear(e);
            return -1;
        }
    }
    v = var_own(sh, name, hash, true);
    v->flags |= VAR_SET;
    arguments_clear(e);
    return 0;
}
