/* builtins/prompt.c - a question to the user, and the answer from standard input. */
#include "builtins/prompt.h"

int prompt_ask(struct call *c, struct prompt *p, const char *format, ...)
{
    if (!p->asked) {
        va_list arguments;
        va_start(arguments, format);
        buf_print_list(&c->err, format, arguments);
        va_end(arguments);
        p->asked = true;
    }
    if (!p->input) {
        int error = input_open(c, &p->input, str_lit("-"), true);
        if (error == E_WAIT)
            return error;
        if (error) {
            p->input = NULL;
            p->asked = false;
            return 0;
        }
    }
    struct str line;
    bool unended;
    /* Reading must not stop because the caller has already used up its steps to get here: it would do that work again. */
    int64_t debt = c->meter->fuel > 0 ? 0 : 1 - c->meter->fuel;
    c->meter->fuel += debt;
    enum input_answer answer = input_line(p->input, '\n', &line, &unended);
    c->meter->fuel -= debt;
    if (answer == INPUT_WAIT)
        return E_WAIT;
    p->asked = false;
    input_settle(p->input);
    return answer == INPUT_MORE && line.length && (line.data[0] == 'y' || line.data[0] == 'Y');
}
