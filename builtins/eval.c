/* builtins/eval.c - eval: run its arguments as a command (POSIX XCU eval). */
#include "builtins/options.h"
#include "shell/shell.h"

static enum step eval_step(struct call *c)
{
    struct shell *sh = c->shell;
    size_t first, length = 0;
    int error = options_none(c, &first);
    if (error || c->finished)
        return call_done(c);
    if (first == c->argc)
        return call_exit(c, 0);
    for (size_t i = first; i < c->argc; i++)
        length += c->argv[i].length + 1;
    char *text = heap_alloc(sh->heap, length), *at = text;
    for (size_t i = first; i < c->argc; i++) {
        if (i > first)
            *at++ = ' ';
        if (c->argv[i].length)
            memcpy(at, c->argv[i].data, c->argv[i].length);
        at += c->argv[i].length;
    }
    call_charge_bytes(c, length);
    sh->request = (struct request){.kind = REQUEST_EVAL, .text = text, .length = (size_t)(at - text)};
    return call_exit(c, 0);
}

const struct command command_eval = {
    .name = "eval",
    .usage = "[arg ...]",
    .summary = "execute arguments as a shell command",
    .help = "Combine ARGs into a single string, use the result as input to the shell,\nand execute the resulting commands.",
    .step = eval_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
