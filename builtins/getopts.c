/* builtins/getopts.c - parse option arguments (POSIX XCU getopts). */
#include "base/number.h"
#include "builtins/options.h"
#include "shell/vars.h"

/* The arguments being parsed: operands of the call, or positional parameters. */
static bool word_at(struct call *c, size_t first, int64_t index, struct str *word)
{
    if (index < 1)
        return false;
    if (first < c->argc) {
        if ((uint64_t)index > c->argc - first)
            return false;
        *word = c->argv[first + (size_t)index - 1];
        return true;
    }
    return shell_param(c->shell, (size_t)index, word);
}

static int finish(struct call *c, struct str name, char letter, int64_t index, size_t at, struct str argument, bool has_argument)
{
    struct shell *sh = c->shell;
    int status = 0;
    struct str optarg = str_lit("OPTARG");
    struct str kept = str_copy(c->heap, argument);
    shell_set_number(sh, str_lit("OPTIND"), index);
    sh->state.getopts_at = (int)at; /* behind the assignment, which forgets it */
    sh->state.getopts_index = index;
    if (has_argument)
        shell_set(sh, optarg, kept);
    else
        var_unset(sh, optarg);
    if (!shell_is_name(name)) {
        call_error(c, "`%S': not a valid identifier", name);
        return 1;
    }
    if (shell_set(sh, name, str_of(&letter, 1)) < 0)
        status = 1;
    return status;
}

static bool complains(struct call *c)
{
    struct str value;
    return !shell_get(c->shell, str_lit("OPTERR"), &value) || !str_is(value, "0");
}

static int getopts_start(struct call *c)
{
    struct shell *sh = c->shell;
    size_t first;
    struct str text, word, letters, name;
    int64_t index = 1;
    int status = options_none(c, &first);
    if (status || c->finished)
        return status;
    if (c->argc - first < 2)
        return options_usage(c);
    letters = c->argv[first];
    name = c->argv[first + 1];
    first += 2;
    call_charge(c, 1);
    bool silent = letters.length && letters.data[0] == ':';
    if (shell_get(sh, str_lit("OPTIND"), &text))
        number_is_int(text, &index);
    if (index < 1)
        index = 1;
    size_t at = sh->state.getopts_index == index && sh->state.getopts_at > 0 ? (size_t)sh->state.getopts_at : 0;
    bool there = word_at(c, first, index, &word);
    if (at == 0 || !there || at >= word.length) {
        if (!there || word.length < 2 || word.data[0] != '-' || str_is(word, "--")) {
            int64_t count = (int64_t)(first < c->argc ? c->argc - first : shell_param_count(sh));
            if (there && str_is(word, "--"))
                index++;
            if (index > count + 1) /* there are fewer words now */
                index = count + 1;
            finish(c, name, '?', index, 0, (struct str){0}, false);
            return 1;
        }
        at = 1;
    }
    char letter = word.data[at++];
    bool last = at >= word.length;
    ptrdiff_t place = letter == ':' ? -1 : str_find(letters, letter);
    if (place < 0) {
        if (last)
            index++, at = 0;
        if (!silent && complains(c))
            call_complain(c, "%S: illegal option -- %c\n", text_str(sh->state.name), letter);
        return options_over(c, finish(c, name, '?', index, at, str_of(&letter, 1), silent));
    }
    struct str argument = {0};
    bool wants = (size_t)place + 1 < letters.length && letters.data[place + 1] == ':';
    if (!wants) {
        if (last)
            index++, at = 0;
        return options_over(c, finish(c, name, letter, index, at, argument, false));
    }
    if (!last) {
        argument = str_after(word, at);
        return options_over(c, finish(c, name, letter, index + 1, 0, argument, true));
    }
    if (word_at(c, first, index + 1, &argument))
        return options_over(c, finish(c, name, letter, index + 2, 0, argument, true));
    if (!silent && complains(c))
        call_complain(c, "%S: option requires an argument -- %c\n", text_str(sh->state.name), letter);
    return options_over(c, finish(c, name, silent ? ':' : '?', index + 1, 0, str_of(&letter, 1), silent));
}

const struct command command_getopts = {
    .name = "getopts",
    .usage = "optstring name [arg ...]",
    .summary = "parse option arguments",
    .help = "The next option goes into NAME, its argument into OPTARG, the place of the next word into OPTIND.\n"
            "A colon in front of OPTSTRING: no messages, NAME is : when an argument is missing.",
    .start = getopts_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
