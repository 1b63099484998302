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
    enum input_answer answer = input_line(p->input, '\n', &line, &unended);
    if (answer == INPUT_WAIT)
        return E_WAIT;
    p->asked = false;
    input_settle(p->input);
    return answer == INPUT_MORE && line.length && (line.data[0] == 'y' || line.data[0] == 'Y');
}
