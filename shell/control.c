/* shell/control.c - what is going on and how it ends: readers, calls, loops; break, return, exit, errors, traps. */
#include "shell/vm.h"

struct control *control_top(struct shell *sh)
{
    return sh->depth ? &sh->controls[sh->depth - 1] : NULL;
}

struct control *control_push(struct shell *sh, enum control_kind kind)
{
    sh->controls = array_grow(sh->heap, sh->controls, sh->depth, sizeof *sh->controls);
    struct control *c = &sh->controls[sh->depth++];
    memset(c, 0, sizeof *c);
    c->kind = (uint8_t)kind;
    c->ignored = sh->ignored;
    c->words_depth = sh->param_depth;
    c->pc = -1;
    return c;
}

void set_code(struct shell *sh, struct code *code, int pc)
{
    struct code *old = sh->code;
    sh->code = code;
    sh->pc = pc;
    code_release(old, &sh->sandbox->meter);
}

/* The frame of a sourced file goes; what it did to parameters that are not its own stays, and what `set` did. */
static void end_sourced(struct shell *sh)
{
    struct frame *f = sh->state.frame;
    struct params *params = f->passes || f->params_set ? shared_keep(f->params) : NULL;
    size_t shifted = f->shifted;
    bool stays = f->passes || f->params_set;
    shell_pop_frame(sh);
    f = sh->state.frame;
    if (!stays || (f->params == params && f->shifted == shifted)) {
        if (params)
            params_release(params, &sh->sandbox->meter);
        return;
    }
    f = frame_own(sh);
    struct params *old = f->params;
    f->params = params;
    f->shifted = shifted;
    if (old)
        params_release(old, &sh->sandbox->meter);
}

static void drop_reader(struct shell *sh, struct control *c)
{
    struct source *s = c->reader.source;
    if (s) {
        buf_drop(&s->message);
        buf_drop(&s->warning);
        if (s->spliced.heap)
            buf_drop(&s->spliced);
        heap_free(sh->heap, s);
    }
    heap_free(sh->heap, c->reader.text);
    if (c->reader.input)
        input_close(c->reader.input);
    if (c->reader.sourced)
        end_sourced(sh);
    if (c->reads == READER_TRAP) {
        sh->in_trap &= ~TRAP_BIT(c->reader.trap);
        sh->trap_depth--;
    }
}

static void drop_call(struct shell *sh, struct control *c)
{
    sh->state.scope--;
    if (c->call.options_saved)
        sh->state.options = c->call.options;
    shell_pop_frame(sh);
    sh->call_depth--;
    if (c->call.last) {
        text_release(sh->last_argument, &sh->sandbox->meter);
        sh->last_argument = c->call.last;
        c->call.last = NULL;
    }
    for (int i = 0; i < 3; i++)
        if (c->call.hidden[i]) { /* holds again, unless another was set meanwhile */
            struct traps *t = traps_own(sh);
            if (t->at[TRAP_ERR + i])
                text_release(c->call.hidden[i], &sh->sandbox->meter);
            else
                t->at[TRAP_ERR + i] = c->call.hidden[i];
            c->call.hidden[i] = NULL;
        }
    if (shared_drop(c->call.function))
        function_kind.drop(&c->call.function->item, &sh->sandbox->meter);
    c->call.function = NULL;
}

/* Undoes what the top one did. Code is gone back to by the caller, with what c->code and c->pc say. Memory may end in the
 * midst of it, and the rest is dropped with the shell: what has been given back is not held any more. */
void control_pop(struct shell *sh)
{
    struct control *c = control_top(sh);
    sh->ignored = c->ignored;
    switch (c->kind) {
    case CONTROL_READER: drop_reader(sh, c); break;
    case CONTROL_CALL: drop_call(sh, c); break;
    case CONTROL_LOOP:
        heap_free(sh->heap, c->loop.items);
        break;
    case CONTROL_CASE: heap_free(sh->heap, (void *)(uintptr_t)c->word.data); break;
    case CONTROL_BRACES: brace_free(c->braces); break;
    case CONTROL_REDIRECT:
        if (c->before)
            job_free(sh, c->before);
        break;
    case CONTROL_WORD: break;
    }
    redirect_undo(sh, c->undo, c->undo_count);
    heap_free(sh->heap, c->undo);
    c->undo = NULL;
    c->undo_count = 0;
    for (size_t i = c->local_count; i > 0; i--) {
        if (c->keep_locals)
            var_settle(sh, c->locals[i - 1]);
        else
            var_restore(sh, c->locals[i - 1]);
        heap_free(sh->heap, (void *)(uintptr_t)c->locals[i - 1].data);
    }
    heap_free(sh->heap, c->locals);
    sh->depth--;
}

/* Goes back to where the control on top came from. */
static void go_back(struct shell *sh)
{
    struct control *c = control_top(sh);
    struct code *code = c->code;
    int pc = c->pc;
    c->code = NULL;
    set_code(sh, code, pc); /* first: what is undone may not return */
    control_pop(sh);
}

static void go_back_or_pop(struct shell *sh)
{
    struct control *c = control_top(sh);
    if (c->kind == CONTROL_CALL || c->kind == CONTROL_READER || c->kind == CONTROL_WORD || c->kind == CONTROL_BRACES)
        go_back(sh);
    else
        control_pop(sh);
}

/* Nothing of the command that was being built is left. */
static void forget_command(struct shell *sh, size_t params)
{
    param_drop(sh, params);
    word_reset(sh);
    arguments_clear(&sh->arguments);
    arguments_clear(&sh->elements);
    redirect_forget(sh);
    redirect_undo(sh, sh->undo, sh->undo_count);
    sh->undo_count = 0;
    forget_assignments(sh);
    sh->operand_count = 0;
    sh->has_subscript = false;
    sh->here_return = -1;
    sh->run_stage = 0;
}

void shell_leave(struct shell *sh, enum leave how, int count)
{
    if (sh->leave == LEAVE_EXIT && how != LEAVE_EXIT)
        return;
    if (sh->leave == LEAVE_GIVE_UP && how == LEAVE_DISCARD)
        return;
    if (how == LEAVE_DISCARD && count && sh->state.options & OPT_ERREXIT)
        how = LEAVE_EXIT;
    sh->leave = how;
    sh->leave_count = count;
}

void shell_fail(struct shell *sh, int status)
{
    sh->status = status;
    shell_leave(sh, LEAVE_DISCARD, status);
}

void shell_give_up(struct shell *sh)
{
    sh->status = 1;
    shell_leave(sh, sh->one_command || sh->state.options & OPT_ERREXIT ? LEAVE_EXIT : LEAVE_GIVE_UP, 1);
}

void shell_fail_softly(struct shell *sh)
{
    sh->status = 1;
    if (sh->leave != LEAVE_EXIT)
        sh->leave = LEAVE_DISCARD;
}

void remember_command(struct shell *sh, struct code *code, int at)
{
    if (sh->command_code != code) {
        code_release(sh->command_code, &sh->sandbox->meter);
        sh->command_code = shared_keep(code);
    }
    sh->command_at = at;
}

/* `trapped`: the ERR trap was set when the command began. */
static void command_failed(struct shell *sh, bool trapped)
{
    if (sh->status == 0 || sh->ignored)
        return;
    if (trapped && trap_is_set(sh, TRAP_ERR) && !(sh->in_trap & TRAP_BIT(TRAP_ERR))) {
        if (sh->state.options & OPT_ERREXIT)
            sh->exit_after_trap = true;
        trap_run(sh, TRAP_ERR);
        return;
    }
    if (sh->state.options & OPT_ERREXIT)
        shell_leave(sh, LEAVE_EXIT, sh->status);
}

void check_errexit(struct shell *sh)
{
    command_failed(sh, true);
}

/* --- leaving ------------------------------------------------------------------------------------ */

static void leave_loops(struct shell *sh, bool again, int count)
{
    while (sh->depth) {
        struct control *c = control_top(sh);
        if (c->kind == CONTROL_CALL)
            return; /* a loop of the caller is not ours */
        if (c->kind == CONTROL_READER && (c->reads == READER_TRAP || c->reads == READER_MAIN))
            return;
        if (c->kind == CONTROL_READER || c->kind == CONTROL_CALL) {
            go_back(sh);
            continue;
        }
        if (c->kind == CONTROL_LOOP && --count == 0) {
            if (again) {
                c->loop.status = 0;
                sh->pc = c->loop.again;
                sh->ignored = c->ignored;
                return;
            }
            int exit = c->loop.exit + 1;
            control_pop(sh);
            sh->pc = exit;
            return;
        }
        control_pop(sh);
    }
}

void return_from_call(struct shell *sh)
{
    while (sh->depth) {
        struct control *c = control_top(sh);
        bool here = c->kind == CONTROL_CALL || (c->kind == CONTROL_READER && c->reads == READER_SOURCE);
        if (c->kind == CONTROL_READER && c->reads == READER_MAIN)
            return;
        if (here) {
            bool call = c->kind == CONTROL_CALL, traps = trap_is_set(sh, TRAP_RETURN) && !(sh->in_trap & TRAP_BIT(TRAP_RETURN));
            if (call && traps && !c->return_done) { /* it runs in the function, whose end comes again */
                const struct function *f = c->call.function;
                c->return_done = true;
                sh->pc = f->code->at[f->start - 1].a - 1;
                trap_run(sh, TRAP_RETURN);
                return;
            }
            int line = sh->state.frame->line;
            bool trapped = c->err_trapped;
            go_back(sh);
            sh->line = line;
            if (call)
                command_failed(sh, trapped);
            else if (traps)
                trap_run(sh, TRAP_RETURN);
            return;
        }
        go_back_or_pop(sh);
    }
    shell_exit(sh);
}

/* An error gives up the command: the next one of the reader is read. */
static void discard(struct shell *sh, bool all)
{
    while (sh->depth) {
        struct control *c = control_top(sh);
        if (c->kind == CONTROL_READER && (all ? c->reads == READER_MAIN : c->reads != READER_TRAP)) {
            sh->ignored = c->ignored;
            sh->reading = true;
            return;
        }
        go_back_or_pop(sh);
    }
    shell_exit(sh); /* a subshell has no reader */
}

void shell_exit(struct shell *sh)
{
    sh->exiting = true;
    while (sh->depth)
        go_back_or_pop(sh);
    sh->ignored = 0;
    bool goes_on = sh->main && sh->interactive && !sh->sandbox->exited; /* a line was typed: more will follow */
    if (!goes_on && !sh->exit_trap_done && trap_is_set(sh, TRAP_EXIT)) {
        sh->exit_trap_done = true;
        trap_run(sh, TRAP_EXIT);
    }
}

void unwind(struct shell *sh)
{
    enum leave how = sh->leave;
    int count = sh->leave_count;
    sh->leave = LEAVE_NOTHING;
    forget_command(sh, 0);
    switch (how) {
    case LEAVE_BREAK: leave_loops(sh, false, count); break;
    case LEAVE_CONTINUE: leave_loops(sh, true, count); break;
    case LEAVE_RETURN:
        sh->status = count;
        return_from_call(sh);
        break;
    case LEAVE_EXIT:
        sh->status = count & 255;
        if (sh->main)
            sh->sandbox->exited = true;
        if (sh->in_trap && sh->exit_trap_done) { /* exit inside the EXIT trap */
            while (sh->depth)
                go_back_or_pop(sh);
            sh->exiting = true;
            break;
        }
        shell_exit(sh);
        break;
    case LEAVE_DISCARD: discard(sh, false); break;
    case LEAVE_GIVE_UP: discard(sh, true); break;
    case LEAVE_NOTHING: break;
    }
}

/* --- readers --------------------------------------------------------------------------------------- */

static bool alias_value(void *user, struct str name, struct str *value)
{
    struct shell *sh = user;
    union entry entry;
    if (!btree_find(sh->state.aliases, name, &entry))
        return false;
    *value = text_str((struct text *)entry.item);
    return true;
}

struct control *shell_read_text(struct shell *sh, enum reader_kind kind, char *text, size_t length, int line)
{
    struct source *source = heap_new(sh->heap, struct source);
    struct control *c = control_push(sh, CONTROL_READER);
    c->reads = (uint8_t)kind;
    c->code = sh->code;
    c->pc = sh->pc;
    sh->code = NULL;
    c->reader.source = source;
    c->reader.text = text;
    c->reader.saved_status = sh->status;
    c->reader.command_at = c->code && sh->command_code == c->code ? sh->command_at : -1;
    source->text = str_of(text, length);
    source->line = line;
    source->ended = true;
    source->alias = alias_value;
    source->user = sh;
    sh->reading = true;
    return c;
}

/* More lines of a script that is read as it runs, or its end: 0; E_WAIT, VM_AGAIN. */
static int read_more(struct shell *sh, struct control *c)
{
    struct source *s = c->reader.source;
    struct str line;
    bool unended = false;
    switch (input_line(c->reader.input, '\n', &line, &unended)) {
    case INPUT_WAIT:
        if (!sh->reader_call->paused)
            return E_WAIT;
        sh->reader_call->paused = false; /* not for want of input, but of steps */
        return VM_AGAIN;
    case INPUT_END: s->ended = true; return 0;
    case INPUT_MORE: break;
    }
    /* what was parsed is dropped, the line is added */
    size_t left = s->text.length - s->at;
    size_t need = left + line.length + 1;
    char *text = heap_alloc(sh->heap, need + 1);
    if (left)
        memcpy(text, s->text.data + s->at, left);
    for (size_t i = 0; i < line.length; i++) /* NULs are dropped */
        if (line.data[i])
            text[left++] = line.data[i];
    text[left++] = '\n';
    heap_free(sh->heap, c->reader.text);
    c->reader.text = text;
    s->text = str_of(text, left - unended);
    s->at = 0;
    input_settle(c->reader.input);
    if (sh->state.options & OPT_VERBOSE)
        shell_say(sh, s->text);
    return 0;
}

static void say_syntax_error(struct shell *sh, struct control *c)
{
    struct source *s = c->reader.source;
    struct buf where;
    struct str rest = buf_str(&s->message);
    while (rest.length) { /* each line gets the place in front */
        ptrdiff_t end = str_find(rest, '\n');
        struct str line = end < 0 ? rest : str_first(rest, (size_t)end);
        rest = end < 0 ? (struct str){0} : str_after(rest, (size_t)end + 1);
        buf_init(&where, sh->heap);
        if (c->reads == READER_EVAL)
            buf_print(&where, "%S: eval: line %d: %S\n", shell_script_name(sh), s->message_line, line);
        else if (c->reads == READER_MAIN && sh->one_command)
            buf_print(&where, "%S: -c: line %d: %S\n", shell_script_name(sh), s->message_line, line);
        else
            buf_print(&where, "%S: line %d: %S\n", shell_script_name(sh), s->message_line, line);
        shell_say(sh, buf_str(&where));
        buf_drop(&where);
    }
}

/* The reader on top has come to its end. */
static void reader_done(struct shell *sh)
{
    struct control *c = control_top(sh);
    int reads = c->reads, saved = c->reader.saved_status, trap = c->reader.trap;
    bool ran = c->reader.ran;
    sh->reading = false;
    if (reads == READER_MAIN) {
        shell_exit(sh);
        return;
    }
    bool exits = sh->exit_after_trap && trap == TRAP_ERR && reads == READER_TRAP;
    if (c->reader.command_at >= 0 && !sh->trap_depth)
        remember_command(sh, c->code, c->reader.command_at);
    go_back(sh);
    if (reads == READER_TRAP) {
        sh->status = saved;
        if (trap == TRAP_EXIT && sh->exit_trap_done)
            sh->exiting = true;
        if (exits) {
            sh->exit_after_trap = false;
            shell_leave(sh, LEAVE_EXIT, saved);
        }
    } else {
        if (!ran)
            sh->status = 0;
        if (reads == READER_SOURCE && trap_is_set(sh, TRAP_RETURN) && !(sh->in_trap & TRAP_BIT(TRAP_RETURN)))
            trap_run(sh, TRAP_RETURN);
        else
            check_errexit(sh);
    }
}

/* set -v: the lines that were read. */
static void show_source(struct shell *sh, struct str before, const struct source *s)
{
    size_t left = s->text.length - s->at;
    if (left >= before.length)
        return;
    struct buf lines;
    buf_init(&lines, sh->heap);
    buf_add(&lines, str_first(before, before.length - left));
    if (lines.data[lines.length - 1] != '\n')
        buf_add_byte(&lines, '\n');
    shell_say(sh, buf_str(&lines));
    buf_drop(&lines);
}

int reader_next(struct shell *sh)
{
    struct control *c = control_top(sh);
    struct source *s = c->reader.source;
    struct code *code = NULL;
    sh->reading = true;
    if (c->reads == READER_MAIN && c->reader.ran && sh->state.options & OPT_ONECMD) { /* set -t: that was the one */
        reader_done(sh);
        return VM_STAY;
    }
    s->extglob = sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB;
    s->posix = sh->state.options & OPT_POSIX;
    s->expand_aliases = sh->state.aliases.count && (sh->state.shopt & (uint64_t)1 << SHOPT_EXPAND_ALIASES);
    for (;;) {
        if (c->reader.input && s->at >= s->text.length && !s->ended) {
            int wait = read_more(sh, c);
            if (wait)
                return wait;
        }
        struct str before = str_after(s->text, s->at);
        enum parse_answer answer = parse_next(s, sh->heap, &code);
        bool runs = c->reads == READER_TRAP || !(sh->state.options & OPT_NOEXEC);
        if (answer == PARSE_CODE && runs) /* the code is held before anything else is asked for */
            set_code(sh, code, 0);
        else if (answer == PARSE_CODE)
            code_release(code, &sh->sandbox->meter);
        if (sh->state.options & OPT_VERBOSE && !c->reader.input && answer != PARSE_LATER && c->reads != READER_TRAP)
            show_source(sh, before, s);
        c = control_top(sh);
        if (s->warned)
            shell_warning(sh, buf_str(&s->warning));
        switch (answer) {
        case PARSE_CODE:
            c->reader.ran = true;
            if (!runs)
                continue;
            sh->reading = false;
            return VM_STAY;
        case PARSE_NOTHING:
            if (!s->ended) {
                s->at = s->text.length;
                continue;
            }
            reader_done(sh);
            return VM_STAY;
        case PARSE_MORE: {
            int wait = read_more(sh, c);
            if (wait)
                return wait;
            continue;
        }
        case PARSE_ERROR:
            say_syntax_error(sh, c);
            sh->status = 2;
            if (c->reads == READER_MAIN) {
                s->at = s->text.length;
                s->ended = true;
                sh->reading = false;
                shell_leave(sh, LEAVE_EXIT, 2);
            } else if (c->reads == READER_TRAP) {
                s->at = s->text.length;
                reader_done(sh);
            } else {
                c->reader.ran = true;
                s->at = s->text.length;
                reader_done(sh);
            }
            return VM_STAY;
        case PARSE_LATER: return E_WAIT;
        }
    }
}

/* --- traps -------------------------------------------------------------------------------------------- */

bool trap_is_set(const struct shell *sh, int number)
{
    const struct traps *t = sh->state.traps;
    if (!t || !t->at[number] || !t->at[number]->length)
        return false;
    if (!sh->inherited_traps)
        return true;
    if (number == TRAP_ERR)
        return sh->state.options & OPT_ERRTRACE;
    return (number == TRAP_DEBUG || number == TRAP_RETURN) && sh->state.options & OPT_FUNCTRACE;
}

void trap_run(struct shell *sh, int number)
{
    struct str action = text_str(sh->state.traps->at[number]);
    char *text = heap_alloc(sh->heap, action.length + 1);
    memcpy(text, action.data, action.length);
    struct control *c = shell_read_text(sh, READER_TRAP, text, action.length, sh->line < 1 ? 1 : sh->line);
    c->reader.trap = number;
    sh->in_trap |= TRAP_BIT(number);
    sh->trap_depth++;
}

void trap_exit_over(struct shell *sh)
{
    if (!sh->state.traps || !sh->state.traps->at[TRAP_EXIT])
        return;
    struct traps *t = traps_own(sh);
    text_release(t->at[TRAP_EXIT], &sh->sandbox->meter);
    t->at[TRAP_EXIT] = NULL;
}

bool run_traps(struct shell *sh)
{
    while (sh->trapped) {
        int number = __builtin_ctzll(sh->trapped) + 1;
        sh->trapped &= ~SIGNAL_BIT(number);
        if (trap_is_set(sh, number)) {
            trap_run(sh, number);
            return true;
        }
    }
    return false;
}
