/* builtins/rg/rg.c - search directories for lines that match a pattern: what is done when. */
#include "builtins/rg/rg.h"

static int start(struct call *c)
{
    struct rg *g = c->state;
    c->failure = 2;
    g->started = rg_elapsed(c, 0);
    if (call_has(c, 'h') || call_has(c, 'V') || call_has(c, RG_PCRE_VERSION)) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else if (call_has(c, 'V'))
            call_print_version(c);
        else
            call_print_text(c, "PCRE2 10.47 is available\nJIT is not available\n");
        c->finished = true;
        return 0;
    }
    if (!rg_take_options(c, g))
        return 2;
    if (g->mode == RG_TYPE_LIST) {
        rg_type_list(c, g);
        c->finished = true;
        return 0;
    }
    g->operands = c->operands;
    g->operand_count = c->operand_count;
    if (g->mode != RG_FILES && !call_has(c, 'e') && !call_has(c, 'f')) {
        if (!c->operand_count) {
            call_complain(c, "error: The following required arguments were not provided:\n    <PATTERN>\n");
            rg_usage(c);
            return 2;
        }
        g->operands++;
        g->operand_count--;
    }
    return 0;
}

/* Reads what must be known before the first file: 1, E_WAIT or RG_FAILED. */
static int prepare(struct call *c, struct rg *g)
{
    if (g->mode != RG_FILES && !g->compiled) {
        int answer = rg_patterns(c, g);
        if (answer != 1)
            return answer;
        if (!rg_compile(c, g))
            return RG_FAILED;
        if (g->mode == RG_COUNT && g->multiline && !g->invert) { /* a match may have many lines, a line many matches */
            g->mode = RG_COUNT_MATCHES;
            g->granular = true;
        }
    }
    g->compiled = true;
    if (rg_ignore_lists(c, g) == E_WAIT)
        return E_WAIT;
    if (g->names < 0 && g->operand_count) {
        struct stat_info info = {0};
        if (g->operand_count == 1 && !g->vimgrep && !str_is(g->operands[0], "-") &&
            call_stat(c, g->operands[0], true, &info) == E_WAIT)
            return E_WAIT;
        g->names = g->operand_count > 1 || g->vimgrep || info.kind == NODE_DIRECTORY;
    }
    return 1;
}

static enum step finish(struct call *c, struct rg *g)
{
    if (g->implied && !g->any_file && g->mode != RG_FILES) {
        g->failed = true;
        if (!g->no_messages)
            call_complain(c, "No files were searched, which means ripgrep probably applied a filter you didn't expect.\n"
                             "Running with --debug will show why files are being skipped.\n");
    }
    if (g->json)
        rg_json_summary(c, g);
    else if (g->stats && g->mode != RG_FILES)
        rg_stats_print(c, g);
    bool good = g->matched && (g->quiet || !g->failed);
    return call_exit(c, good ? 0 : g->failed ? 2 : !g->matched);
}

static enum step step(struct call *c)
{
    struct rg *g = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!g->ready) {
            int answer = prepare(c, g);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == RG_FAILED)
                return call_exit(c, 2);
            g->ready = true;
        }
        if (!g->scanning) {
            if (rg_end_child(c, g) == E_WAIT)
                return STEP_WAIT;
            if (g->stopped)
                return finish(c, g);
            int answer = rg_next_file(c, g);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == 0)
                return finish(c, g);
            continue;
        }
        switch (rg_scan(c, g)) {
        case RG_LATER:
            return STEP_WAIT;
        case RG_AGAIN:
            return STEP_AGAIN;
        case RG_OVER:
            input_close(g->scan.input);
            g->scanning = false;
            g->stopped = g->quiet && g->matched && !g->stats;
            break;
        }
    }
}

const struct command command_rg = {
    .name = "rg",
    .usage = "[OPTION]... PATTERN [PATH]...\n[OPTION]... -e PATTERN... [PATH]...\n[OPTION]... --files [PATH]...\n[OPTION]... --type-list",
    .summary = "Search directories for lines that match a pattern.",
    .help = "Without PATH, the current directory is searched, or standard input if it is a pipe or a file.\n"
            "What .gitignore, .ignore and .rgignore leave out is not searched, nor hidden and binary files.\n"
            "Exit status is 0 if a line was selected, 1 if none was, 2 if an error occurred.",
    .options = rg_options,
    .state = sizeof(struct rg),
    .start = start,
    .step = step,
    .trouble = 2,
    .refused = "-z, --search-zip: compressed files are not searched",
};
