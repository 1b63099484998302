/* shell/tell.c - each instruction told to the host as it runs, for developers (nacre_trace). */
#include "shell/vm.h"

/* Straight to the host's second stream, wherever the script's leads, and without counting as the script's output.
 * 0, or E_WAIT when the host has to take some first. */
int tell_instruction(struct shell *sh, const struct instruction *i)
{
    struct nacre *n = sh->sandbox;
    struct code one = *sh->code;
    struct buf line, text;
    buf_init(&line, sh->heap);
    buf_init(&text, sh->heap);
    one.at += i - sh->code->at;
    one.length = 1;
    code_print(&one, &text);
    buf_print(&line, "nacre: %u %5d%S", sh->task->number, (int)(i - sh->code->at), str_after(buf_str(&text), 5));
    uint64_t used = n->output_used, limit = n->output_limit;
    int64_t taken = 0;
    n->output_limit = UINT64_MAX;
    for (struct str rest = buf_str(&line); rest.length && taken >= 0; rest = str_after(rest, (size_t)(taken > 0 ? taken : 0)))
        taken = sandbox_output(n, sh->task, 2, rest);
    n->output_used = used;
    n->output_limit = limit;
    buf_drop(&text);
    buf_drop(&line);
    return taken == E_WAIT ? E_WAIT : 0;
}
