/* shell/subshell.c - shells as tasks: forked from another, waited for, what they print taken. */
#include "shell/vm.h"

#include "shell/print.h"

static void drop_shell(struct task *t)
{
    struct shell *sh = t->state;
    struct meter *m = &t->sandbox->meter;
    if (!sh)
        return;
    if (sh->main)
        session_take(sh);
    for (size_t i = sh->depth; i > 0; i--) {
        struct control *c = &sh->controls[i - 1];
        code_release(c->code, m);
        for (size_t k = 0; k < c->undo_count; k++)
            if (c->undo[k].file)
                file_close(c->undo[k].file);
        if (c->kind == CONTROL_CALL) {
            for (int k = 0; k < 3; k++)
                text_release(c->call.hidden[k], m);
            text_release(c->call.last, m);
            if (shared_drop(c->call.function))
                function_kind.drop(&c->call.function->item, m);
        }
    }
    code_release(sh->code, m);
    code_release(sh->command_code, m);
    for (size_t i = 0; i < sh->undo_count; i++)
        if (sh->undo[i].file)
            file_close(sh->undo[i].file);
    for (size_t i = 0; i < sh->redirect_count; i++)
        if (sh->redirects[i].here)
            file_close(sh->redirects[i].here);
    if (sh->capture)
        file_close(sh->capture);
    if (sh->copy)
        file_close(sh->copy);
    text_release(sh->last_argument, m);
    text_release(sh->script, m);
    environment_release(sh->environment, m);
    state_release(&sh->state, m);
    heap_drop(&sh->call_heap);
    heap_drop(&sh->scratch);
    t->state = NULL;
}

static bool shell_signal(struct task *t, int number)
{
    struct shell *sh = t->state;
    if (number == SIGNAL_CHLD) {
        if (trap_is_set(sh, SIGNAL_CHLD))
            sh->trapped |= SIGNAL_BIT(SIGNAL_CHLD);
        return true;
    }
    if (!trap_is_set(sh, number))
        return sh->interactive && number == SIGNAL_TERM;
    sh->trapped |= SIGNAL_BIT(number);
    return true;
}

const struct task_kind shell_kind = {"bash", shell_step, shell_signal, drop_shell};

/* Traps are reset in a subshell; ignored signals stay ignored. */
static void reset_traps(struct shell *child, struct shell *sh)
{
    const struct traps *t = sh->state.traps;
    if (!t)
        return;
    child->trapped = 0;
    /* ERR, DEBUG and RETURN are kept with set -E and -T; EXIT is not; what is kept can be shown by trap -p */
    child->inherited_traps = true;
}

struct shell *shell_fork(struct shell *sh, int pc, bool background)
{
    struct environment *environment = vars_environment(sh); /* made once here instead of once in every child */
    environment_release(environment, &sh->sandbox->meter);
    struct task *t = task_new(sh->sandbox, sh->task, &shell_kind);
    struct shell *child = heap_new(&t->heap, struct shell);
    child->task = t;
    child->heap = &t->heap;
    child->sandbox = sh->sandbox;
    heap_init(&child->call_heap, &sh->sandbox->meter);
    heap_init(&child->scratch, &sh->sandbox->meter);
    state_share(&child->state, &sh->state);
    t->state = child;
    t->umask = sh->state.umask;
    sh->version++;
    child->code = shared_keep(sh->code);
    child->pc = pc;
    child->line = sh->line;
    child->status = sh->status;
    child->ignored = sh->ignored;
    child->here_return = -1;
    child->subshell = true;
    child->state.subshell++;
    child->interactive = sh->interactive;
    child->one_command = sh->one_command;
    child->reads_input = sh->reads_input;
    child->ifs_set = sh->ifs_set;
    child->ifs_odd = sh->ifs_odd;
    child->nest_limit = sh->nest_limit;
    child->call_depth = sh->call_depth;
    child->in_trap = sh->in_trap;
    child->trap_depth = sh->trap_depth;
    child->command_code = shared_keep(sh->command_code);
    child->command_at = sh->command_at;
    child->environment = shared_keep(sh->environment);
    child->environment_version = child->environment_seen = sh->environment_version;
    child->script = shared_keep(sh->script);
    child->last_argument = shared_keep(sh->last_argument);
    child->process_fd = sh->process_fd;
    words_init(child);
    if (sh->pipe_count)
        set_pipe_status(child, sh->pipe_status, sh->pipe_count);
    reset_traps(child, sh);
    if (background) {
        t->ignored |= sh->state.options & OPT_MONITOR ? 0 : SIGNAL_BIT(SIGNAL_INT) | SIGNAL_BIT(SIGNAL_QUIT);
    }
    return child;
}

/* --- waiting ------------------------------------------------------------------------------------ */

static void say_killed(struct shell *sh, const struct process *p)
{
    if (!p->signal || p->signal == SIGNAL_INT || p->signal == SIGNAL_PIPE || sh->subshell)
        return;
    struct buf out;
    buf_init(&out, sh->heap);
    if (p->signal == SIGNAL_TERM) {
        buf_print(&out, "%s\n", signal_text(p->signal));
    } else {
        shell_where(sh, &out);
        buf_print(&out, "%5u %-23s ", p->number, signal_text(p->signal));
        const struct instruction *i = &sh->code->at[sh->pc];
        if (i->op == OP_SUBSHELL)
            instruction_text(sh, sh->code, sh->pc, &out);
        else if (sh->command_code)
            instruction_text(sh, sh->command_code, sh->command_at, &out);
        buf_add_byte(&out, '\n');
    }
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

void foreground_done(struct shell *sh)
{
    struct job *job = sh->foreground;
    int few[8], *statuses = few;
    size_t count = 0;
    for (struct process *p = job->processes; p; p = p->next)
        count++;
    if (count > 8)
        statuses = heap_alloc(sh->heap, count * sizeof *statuses);
    count = 0;
    for (struct process *p = job->processes; p; p = p->next)
        statuses[count++] = p->status;
    sh->status = job_status(sh, job);
    set_pipe_status(sh, statuses, count);
    if (statuses != few)
        heap_free(sh->heap, statuses);
    sh->foreground = NULL;
    struct process *last = job->processes;
    while (last->next)
        last = last->next;
    if (last->signal && !sh->wait_pipeline)
        say_killed(sh, last);
    sh->waiting = WAIT_NOTHING;
    job_free(sh, job);
    if (sh->status && sh->code->at[sh->pc].op == OP_SUBSHELL && !sh->wait_pipeline && trap_is_set(sh, TRAP_ERR) && !sh->trap_depth) {
        remember_command(sh, sh->code, sh->pc); /* the command that failed is all of it */
        sh->line = sh->code->at[sh->pc].line;
    }
    sh->pc = sh->wait_pc;
    if (!sh->wait_pipeline)
        check_errexit(sh);
}

/* Takes what a substitution has written: false while it goes on. */
bool capture_take(struct shell *sh)
{
    struct str bytes;
    struct nacre *n = sh->sandbox;
    for (;;) {
        int error = file_peek(sh->capture, sh->task, &bytes);
        if (error == E_WAIT)
            return false;
        if (error || !bytes.length)
            break;
        struct str rest = bytes;
        while (rest.length) {
            ptrdiff_t nul = str_find(rest, 0);
            buf_add(&sh->words.bytes, nul < 0 ? rest : str_first(rest, (size_t)nul));
            sh->capture_nul |= nul >= 0;
            rest = nul < 0 ? (struct str){0} : str_after(rest, (size_t)nul + 1);
        }
        file_take(sh->capture, bytes.length);
        if (!meter_go(&n->meter))
            return false;
    }
    if (sh->foreground->left > 0)
        return false;
    return true;
}

void capture_done(struct shell *sh)
{
    struct buf *b = &sh->words.bytes;
    while (b->length > sh->capture_start && b->data[b->length - 1] == '\n')
        b->length--;
    if (sh->capture_nul)
        shell_error(sh, "warning: command substitution: ignored null byte in input");
    struct str value = str_of(b->data + sh->capture_start, b->length - sh->capture_start);
    int flags = sh->code->at[sh->pc].flags;
    b->length = sh->capture_start;
    /* the bytes are where they belong already: only the segment is missing */
    size_t length = value.length;
    b->length += length;
    word_add(sh, (struct str){0}, flags & CODE_QUOTED ? SEGMENT_QUOTED : flags & CODE_ASSIGNED ? SEGMENT_LITERAL : SEGMENT_SPLIT);
    sh->status = job_status(sh, sh->foreground);
    sh->substituted = true;
    job_free(sh, sh->foreground);
    sh->foreground = NULL;
    file_close(sh->capture);
    sh->capture = NULL;
    sh->waiting = WAIT_NOTHING;
    sh->pc = sh->code->at[sh->pc].a;
}
