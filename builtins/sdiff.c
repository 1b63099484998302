/* builtins/sdiff.c - two files side by side: diff does it. */
#include "builtins/launch.h"

enum { STRIP_RETURNS = OPTION_LONG, TABS };

static const struct option options[] = {
    {'i', "ignore-case", NULL, "consider upper- and lower-case to be the same"},
    {'E', "ignore-tab-expansion", NULL, "ignore changes due to tab expansion"},
    {'Z', "ignore-trailing-space", NULL, "ignore white space at line end"},
    {'b', "ignore-space-change", NULL, "ignore changes in the amount of white space"},
    {'W', "ignore-all-space", NULL, "ignore all white space"},
    {'B', "ignore-blank-lines", NULL, "ignore changes whose lines are all blank"},
    {'I', "ignore-matching-lines", "RE", "ignore changes all whose lines match RE"},
    {STRIP_RETURNS, "strip-trailing-cr", NULL, "strip trailing carriage return on input"},
    {'a', "text", NULL, "treat all files as text"},
    {'w', "width", "NUM", "output at most NUM (default 130) print columns"},
    {'l', "left-column", NULL, "output only the left column of common lines"},
    {'s', "suppress-common-lines", NULL, "do not output common lines"},
    {'t', "expand-tabs", NULL, "expand tabs to spaces in output"},
    {TABS, "tabsize", "NUM", "tab stops at every NUM (default 8) print columns"},
    {'d', "minimal", NULL, "try hard to find a smaller set of changes"},
    {'H', "speed-large-files", NULL, "assume large files, many scattered small changes"},
    {'v', NULL, NULL, "output version information and exit"},
    {0},
};

struct sdiff {
    struct str *words; /* of diff */
    size_t count;
};

/* An option as diff calls it. */
static const char *name_for_diff(int letter)
{
    switch (letter) {
    case 'i': return "-i";
    case 'E': return "-E";
    case 'Z': return "-Z";
    case 'b': return "-b";
    case 'W': return "-w";
    case 'B': return "-B";
    case 'I': return "-I";
    case STRIP_RETURNS: return "--strip-trailing-cr";
    case 'a': return "-a";
    case 'w': return "-W";
    case 'l': return "--left-column";
    case 't': return "-t";
    case TABS: return "--tabsize";
    case 'd': return "-d";
    default: return "-H";
    }
}

static int sdiff_start(struct call *c)
{
    struct sdiff *s = c->state;

    s->words = heap_alloc(c->heap, (2 * c->option_count + 6) * sizeof *s->words);
    s->words[s->count++] = str_lit("diff");
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        if (o->letter == 'v') {
            call_print_version(c);
            c->finished = true;
            return 0;
        }
        if (o->letter == 's')
            continue;
        s->words[s->count++] = str_from(name_for_diff(o->letter));
        if (o->letter == 'I' || o->letter == 'w' || o->letter == TABS)
            s->words[s->count++] = o->value;
    }
    if (c->operand_count < 2)
        return call_usage_error(c, "missing operand after '%S'", c->argv[c->argc - 1]);
    if (c->operand_count > 2)
        return call_usage_error(c, "extra operand '%S'", c->operands[2]);
    if (call_has(c, 's'))
        s->words[s->count++] = str_lit("--suppress-common-lines");
    s->words[s->count++] = str_lit("-y");
    s->words[s->count++] = str_lit("--");
    s->words[s->count++] = c->operands[0];
    s->words[s->count++] = c->operands[1];
    return 0;
}

static enum step sdiff_step(struct call *c)
{
    struct sdiff *s = c->state;
    enum step step = launch(c, s->words, s->count, NULL, "subsidiary program %S not found");

    if (step == STEP_DONE)
        c->status = 2;
    return step;
}

const struct command command_sdiff = {
    .name = "sdiff",
    .usage = "[OPTION]... FILE1 FILE2",
    .summary = "Side-by-side merge of differences between FILE1 and FILE2.",
    .help = "If a FILE is '-', read standard input.\n"
            "Exit status is 0 if inputs are the same, 1 if different, 2 if trouble.",
    .options = options,
    .state = sizeof(struct sdiff),
    .start = sdiff_start,
    .step = sdiff_step,
    .trouble = 2,
    .flags = COMMAND_NAMED_HINT,
    .refused = "-o, --output: nobody answers its questions\n"
               "--diff-program: the comparison is part of the program\n",
};
