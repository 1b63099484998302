/* builtins/launch.c - what commands that run another command share: its failure, durations. */
#include "builtins/launch.h"

#include "base/number.h"
#include "builtins/text.h"

enum { SECOND = 1000000000 };

enum step launch(struct call *c, const struct str *words, size_t count, struct environment *environment, const char *format)
{
    return launch_as(c, words, count, environment, format, call_quote_word(c, words[0]));
}

enum step launch_as(struct call *c, const struct str *words, size_t count, struct environment *environment, const char *format,
                    struct str shown)
{
    struct exec e = {.words = words, .count = count, .environment = environment};
    int error;

    error = call_become(c, &e);
    if (error > 0)
        return STEP_GONE;
    if (error == E_WAIT)
        return STEP_WAIT;
    if (error == E_ISDIR || (error == E_NOENT && (str_is(words[0], ".") || str_is(words[0], ".."))))
        error = E_ACCES; /* each folder of PATH has these two */
    call_error(c, format, shown, error);
    c->status = error == E_NOENT ? LAUNCH_MISSING : LAUNCH_CANNOT;
    return STEP_DONE;
}

bool launch_duration(struct call *c, struct str text, double *seconds)
{
    size_t used = number_parse_double(c->heap, text, 0, seconds, NULL);
    struct str suffix = str_after(text, used);

    if (used == 0 || !(*seconds >= 0) || suffix.length > 1)
        return false;
    switch (suffix.length ? suffix.data[0] : 's') {
    case 's': return true;
    case 'm': *seconds *= 60; return true;
    case 'h': *seconds *= 60 * 60; return true;
    case 'd': *seconds *= 24 * 60 * 60; return true;
    default:  return false;
    }
}

int64_t launch_nanoseconds(double seconds)
{
    int64_t whole, rest;
    double part;

    if (!(seconds < (double)(INT64_MAX / SECOND / 2)))
        return INT64_MAX;
    whole = (int64_t)seconds;
    part = (seconds - (double)whole) * SECOND;
    rest = (int64_t)part;
    rest += (double)rest < part;
    return whole * SECOND + rest;
}
