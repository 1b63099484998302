/* builtins/sed/sed.c - a stream editor: options, and the loop over lines. */
#include "builtins/sed/sed.h"

enum { OPTION_DEBUG = OPTION_LONG, OPTION_FOLLOW, OPTION_POSIX, OPTION_SANDBOX };

static const struct option options[] = {
    {'n', "quiet", NULL, "suppress automatic printing of pattern space"},
    {'n', "silent", NULL, NULL},
    {OPTION_DEBUG, "debug", NULL, "annotate program execution"},
    {'e', "expression", "SCRIPT", "add the script to the commands to be executed"},
    {'f', "file", "SCRIPT-FILE", "add the contents of script-file to the commands to be executed"},
    {OPTION_FOLLOW, "follow-symlinks", NULL, "follow symlinks when processing in place"},
    {'i', "in-place", "[SUFFIX]", "edit files in place (makes backup if SUFFIX supplied)"},
    {'l', "line-length", "N", "specify the desired line-wrap length for the `l' command"},
    {OPTION_POSIX, "posix", NULL, "disable all GNU extensions"},
    {'E', "regexp-extended", NULL, "use extended regular expressions in the script"},
    {'r', NULL, NULL, "the same"},
    {'s', "separate", NULL, "consider files as separate rather than as a single continuous long stream"},
    {OPTION_SANDBOX, "sandbox", NULL, "operate in sandbox mode (disable e/r/w commands)"},
    {'u', "unbuffered", NULL, "take no more of the input than is used, and let each line of output go at once"},
    {'z', "null-data", NULL, "separate lines by NUL characters"},
    {'z', "zero-terminated", NULL, NULL},
    {0},
};

static int take_options(struct call *c, struct sed *s)
{
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        switch (c->options[i].letter) {
        case 'n': s->quiet = true; break;
        case 'i':
            s->in_place = s->separate = true;
            s->suffix = value;
            break;
        case 'l': {
            uint64_t width;
            size_t length = number_parse_unsigned(value, 10, &width, NULL);
            s->width = length && width < INT32_MAX ? (int64_t)width : 0;
            break;
        }
        case 'E': case 'r': s->extended = true; break;
        case 's': s->separate = true; break;
        case 'u': s->unbuffered = true; break;
        case 'z': s->end = '\0'; break;
        case OPTION_DEBUG: s->debug = true; break;
        case OPTION_FOLLOW: s->follow = true; break;
        case OPTION_POSIX: s->posix = true; break;
        case OPTION_SANDBOX: s->sandbox = true; break;
        default: break;
        }
    }
    return 0;
}

static int start(struct call *c)
{
    static const struct str standard[1] = {{"-", 1}};
    struct sed *s = c->state;
    struct str value;
    bool script = call_has(c, 'e') || call_has(c, 'f');
    s->end = '\n';
    s->width = 70;
    s->exit_status = -1;
    s->locale = call_locale(c);
    if (c->task->environment && environment_find(c->task->environment, "POSIXLY_CORRECT", &value))
        s->correct = true;
    if (c->task->environment && environment_find(c->task->environment, "COLS", &value)) {
        uint64_t columns;
        if (number_parse_unsigned(value, 10, &columns, NULL) == value.length && columns > 1 && columns < INT32_MAX)
            s->width = (int64_t)columns - 1;
    }
    take_options(c, s);
    if (!script && !c->operand_count)
        return call_usage_error(c, NULL);
    s->operands = c->operands + !script;
    s->operand_count = c->operand_count - !script;
    if (!s->operand_count) {
        s->operands = (struct str *)(uintptr_t)standard;
        s->operand_count = 1;
        if (s->in_place)
            s->operand_count = 0;
    }
    s->name = str_lit("-");
    s->standard.kind = OUTPUT_STANDARD;
    s->out = &s->standard;
    s->pattern.chomped = s->hold.chomped = true;
    buf_init(&s->result, c->heap);
    buf_init(&s->answered, c->heap);
    buf_init(&s->pattern.own, c->heap);
    buf_init(&s->hold.own, c->heap);
    return 0;
}

/* Makes the files of w: 0, E_WAIT, SED_FAILED. */
static int open_outputs(struct call *c, struct sed *s)
{
    for (struct sed_output *o = s->opening; o; s->opening = o = o->next) {
        if (o->kind != OUTPUT_FILE)
            continue;
        int error = call_create(c, o->name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &o->file);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "couldn't open file %S: %m", o->name, error);
            c->status = SED_PANIC;
            return SED_FAILED;
        }
        call_charge(c, 1);
    }
    return 0;
}

/* Gives back what was not used of the input, for whoever reads on. */
static void give_back(struct sed *s)
{
    if (!s->input)
        return;
    if (s->at < s->text.length)
        input_unread(s->input, s->text.length - s->at);
    s->text.length = s->at = 0;
    input_settle(s->input);
}

/* The next cycle's line: 0 when it is there, 1 when there are none. */
static int read_line(struct call *c, struct sed *s)
{
    int answer;
    while (s->skips) {
        answer = sed_fill(c, s, true);
        if (answer < 0)
            return answer;
        if (!answer)
            return 1;
        if (!s->whole || sed_skip(c, s) == 1)
            break;
        if (!sed_go(c))
            return SED_LATER;
    }
    answer = sed_read(c, s, false);
    return answer < 0 ? answer : !answer;
}

/* One phase: 0 to go on, or why not. */
static int work(struct call *c, struct sed *s)
{
    int answer = 0;
    switch (s->phase) {
    case PHASE_SCRIPT:
        answer = sed_parse(c, s);
        if (answer)
            return answer;
        if (s->in_place && !s->operand_count) {
            call_error(c, "no input files");
            c->status = SED_PANIC;
            return SED_FAILED;
        }
        s->opening = s->outputs;
        s->phase = PHASE_OUTPUTS;
        return 0;
    case PHASE_OUTPUTS:
        answer = open_outputs(c, s);
        if (answer)
            return answer;
        sed_reset_ranges(s);
        if (s->debug)
            sed_debug_script(c, s);
        sed_watch_start(c, s);
        s->phase = PHASE_READ;
        return 0;
    case PHASE_READ:
        answer = read_line(c, s);
        if (answer < 0)
            return answer;
        s->replaced = false;
        s->pc = 0;
        s->silent = false;
        s->phase = answer ? PHASE_QUIT : PHASE_RUN;
        if (s->debug && !answer)
            sed_debug_line(c, s);
        return 0;
    case PHASE_RUN:
        answer = sed_run(c, s);
        if (answer)
            return answer;
        if (s->debug && !s->quitting && !(s->pc < s->count && s->commands[s->pc].name == 'D'))
            call_print_text(c, "END-OF-CYCLE:\n");
        if (!s->silent && !s->quiet)
            sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped);
        s->phase = PHASE_END;
        return 0;
    case PHASE_END:
        answer = s->append_count && !s->restart ? sed_dump_appended(c, s) : 0;
        if (!answer && s->outputs)
            answer = sed_flush(c, s, s->unbuffered);
        else if (!answer && s->place_number)
            answer = sed_flush(c, s, false);
        if (answer)
            return answer;
        if (s->quitting && !s->silent)
            sed_put_raw(c, s, s->out, (struct str){0}); /* q ends its last line, whatever the input did */
        s->phase = s->quitting ? PHASE_QUIT : s->restart ? PHASE_RESTART : PHASE_READ;
        if (s->unbuffered && c->out.length) {
            call_flush(c);
            return SED_LATER;
        }
        return 0;
    case PHASE_RESTART:
        s->restart = s->silent = false;
        s->pc = 0;
        s->phase = PHASE_RUN;
        return 0;
    case PHASE_QUIT:
        answer = sed_dump_appended(c, s);
        if (!answer)
            answer = sed_finish_file(c, s);
        if (!answer)
            answer = sed_flush(c, s, true);
        if (answer)
            return answer;
        if (s->quitting && s->exit_status > 0 && !c->status)
            c->status = (int)(s->exit_status & 255);
        s->phase = PHASE_OVER;
        return 0;
    case PHASE_OVER:
        answer = sed_flush(c, s, true); /* also after a mistake */
        return answer ? answer : SED_DONE;
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct sed *s = c->state;
    for (;;) {
        if (!sed_go(c)) {
            sed_settle(s);
            return STEP_AGAIN;
        }
        int answer = work(c, s);
        switch (answer) {
        case 0:
            break;
        case E_WAIT:
            sed_settle(s);
            return STEP_WAIT;
        case SED_LATER:
            sed_settle(s);
            return STEP_AGAIN;
        case SED_FAILED:
            if (s->phase != PHASE_OVER) {
                s->phase = PHASE_OVER;
                break;
            }
            /* fall through */
        default:
            give_back(s);
            return call_done(c);
        }
    }
}

const struct command command_sed = {
    .name = "sed",
    .usage = "[OPTION]... {script-only-if-no-other-script} [input-file]...",
    .summary = "Edit the lines of files, or of standard input, by a script.",
    .help = "If no -e, --expression, -f, or --file option is given, then the first non-option argument is taken as the\n"
            "sed script to interpret. All remaining arguments are names of input files; if no input files are\n"
            "specified, then the standard input is read.",
    .options = options,
    .state = sizeof(struct sed),
    .start = start,
    .step = step,
    .flags = COMMAND_HELP,
};
