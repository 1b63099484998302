/* builtins/awk/awk.c - pattern scanning and processing: options, the variables there are from the start, messages. */
#include "builtins/awk/awk.h"
#include "task/sandbox.h"

enum {
    OPTION_POSIX = 'P', OPTION_TRADITIONAL = 'c', OPTION_CSV = 'k', OPTION_HELP = 'h', OPTION_SHOW_VERSION = 'V'
};

static const struct option options[] = {
    {'f', "file", "PROGFILE", "read the program from PROGFILE"},
    {'F', "field-separator", "FS", "use FS for the input field separator"},
    {'v', "assign", "VAR=VALUE", "assign VALUE to VAR before the program begins"},
    {'b', "characters-as-bytes", NULL, "treat all characters as single bytes"},
    {'c', "traditional", NULL, "no extensions of gawk"},
    {'C', "copyright", NULL, NULL},
    {'d', "dump-variables", "[FILE]", NULL},
    {'D', "debug", "[FILE]", NULL},
    {'e', "source", "PROGRAM-TEXT", "use PROGRAM-TEXT as the program, or a part of it"},
    {'E', "exec", "FILE", "as -f, and the last option"},
    {'g', "gen-pot", NULL, NULL},
    {'h', NULL, NULL, "show this help"},
    {'i', "include", "INCLUDEFILE", "read INCLUDEFILE first; inplace: edit the files in place"},
    {'I', "trace", NULL, NULL},
    {'k', "csv", NULL, "records are lines of comma-separated values"},
    {'l', "load", "LIBRARY", NULL},
    {'L', "lint", "[VALUE]", NULL},
    {'M', "bignum", NULL, NULL},
    {'n', "non-decimal-data", NULL, "recognize octal and hexadecimal values in input"},
    {'N', "use-lc-numeric", NULL, NULL},
    {'o', "pretty-print", "[FILE]", NULL},
    {'O', "optimize", NULL, NULL},
    {'p', "profile", "[FILE]", NULL},
    {'P', "posix", NULL, "turn off extensions"},
    {'r', "re-interval", NULL, "accepted: intervals are always known"},
    {'s', "no-optimize", NULL, NULL},
    {'S', "sandbox", NULL, "no system(), redirections, or commands"},
    {'t', "lint-old", NULL, NULL},
    {'V', NULL, NULL, "show the version"},
    {'W', NULL, "OPTION", NULL},
    {0},
};

/* --- messages -------------------------------------------------------------------------------------------------- */

static void place(struct awk *a, struct buf *out)
{
    struct awk_program *g = &a->program;
    buf_print(out, "%S: ", a->c->name);
    if (a->no_place)
        return;
    if (a->told_line) {
        const struct awk_text *t = &g->texts[a->told_text];
        if (t->command_line)
            buf_print(out, "cmd. line:%d: ", a->told_line);
        else
            buf_print(out, "%S:%d: ", t->name, a->told_line);
        return;
    }
    if (!a->at || a->phase != AWK_RUN)
        return;
    size_t i = (size_t)(a->at - g->code);
    const struct awk_text *t = &g->texts[g->texts_at[i]];
    if (t->command_line)
        buf_print(out, "cmd. line:%d: ", g->lines[i]);
    else
        buf_print(out, "%S:%d: ", t->name, g->lines[i]);
    if (a->fnr > 0 && a->globals[VAR_FILENAME].type != AWK_ARRAY)
        buf_print(out, "(FILENAME=%S FNR=%lld) ", awk_text(a, &a->globals[VAR_FILENAME]), (long long)a->fnr);
}

static void tell(struct awk *a, const char *kind, const char *format, va_list arguments)
{
    struct buf b;
    if (a->out.length && a->phase == AWK_RUN) {
        buf_add(&a->c->out, buf_str(&a->out));
        buf_clear(&a->out);
    }
    buf_init(&b, a->heap);
    place(a, &b);
    buf_add_text(&b, kind);
    buf_print_list(&b, format, arguments);
    buf_add_byte(&b, '\n');
    call_complain(a->c, "%S", buf_str(&b));
    buf_drop(&b);
}

void awk_fatal(struct awk *a, const char *format, ...)
{
    va_list arguments;
    if (a->fatal)
        return;
    va_start(arguments, format);
    tell(a, "fatal: ", format, arguments);
    va_end(arguments);
    a->fatal = true;
    a->exit_status = 2;
}

void awk_warn(struct awk *a, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(a, "warning: ", format, arguments);
    va_end(arguments);
}

void awk_tell(struct awk *a, int status, const char *kind, const char *format, ...)
{
    va_list arguments;
    bool without = a->no_place;
    a->no_place = !a->told_line;
    va_start(arguments, format);
    tell(a, kind, format, arguments);
    va_end(arguments);
    a->no_place = without;
    a->told_line = 0;
    if (status >= 0)
        a->exit_status = status;
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static void add_text(struct awk *a, struct awk_text text)
{
    struct awk_program *g = &a->program;
    g->texts = array_grow(a->heap, g->texts, g->text_count, sizeof *g->texts);
    g->texts[g->text_count++] = text;
}

static int refuse(struct call *c, const char *option, const char *why)
{
    call_error(c, "%s: %s", option, why);
    return 2;
}

static int take_options(struct call *c, struct awk *a)
{
    bool has_program = false;
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int letter = c->options[i].letter;
        if (letter == 'W') { /* -W posix is --posix */
            letter = str_is(value, "posix") ? 'P' : str_is(value, "traditional") || str_is(value, "compat") ? 'c'
                : str_is(value, "version") ? 'V' : 0;
        }
        switch (letter) {
        case 'f': case 'E':
            add_text(a, (struct awk_text){.name = value});
            has_program = true;
            break;
        case 'e':
            add_text(a, (struct awk_text){.text = value, .command_line = true});
            has_program = true;
            break;
        case 'i':
            if (str_is(value, "inplace"))
                a->in_place = true;
            else
                add_text(a, (struct awk_text){.name = value});
            break;
        case 'b': a->bytes = true; break;
        case 'c': a->traditional = true; break;
        case 'P': a->posix = true; break;
        case 'k': a->csv = true; break;
        case 'n': a->non_decimal = true; break;
        case 'S': a->sandbox = true; break;
        case 'M': return refuse(c, "-M", "numbers of any length are not supported");
        case 'l': return refuse(c, "-l", "there are no libraries to be loaded");
        case 'D': return refuse(c, "-D", "there is no debugger");
        case 'h': call_print_help(c); return -1;
        case 'V': call_print_version(c); return -1;
        default: break;
        }
    }
    a->program_is_operand = !has_program;
    return 0;
}

static int start(struct call *c)
{
    struct awk *a = c->state;
    a->c = c;
    a->heap = c->heap;
    buf_init(&a->out, c->heap);
    buf_init(&a->record_store, c->heap);
    buf_init(&a->scratch, c->heap);
    buf_init(&a->scratch2, c->heap);
    buf_init(&a->split_store, c->heap);
    buf_init(&a->rt_store, c->heap);
    a->record = (struct str){"", 0};
    a->ofs = a->convfmt = a->ofmt = (struct str){"", 0};
    c->failure = 2;
    a->seed = 1;
    int status = take_options(c, a);
    if (status < 0) {
        a->phase = AWK_OVER;
        return 0;
    }
    if (status)
        return status;
    a->locale = a->bytes ? LOCALE_C : call_locale(c);
    if (a->program_is_operand) {
        if (!c->operand_count)
            return awk_usage(c, 0);
        add_text(a, (struct awk_text){.text = c->operands[0], .command_line = true});
    }
    return 0;
}

/* --- loading --------------------------------------------------------------------------------------------------------- */

/* The texts that are files: 0, E_WAIT, AWK_FAILED. */
static int load(struct awk *a)
{
    struct awk_program *g = &a->program;
    struct call *c = a->c;
    for (; a->loading < g->text_count; a->loading++) {
        struct awk_text *t = &g->texts[a->loading];
        struct str text;
        if (t->command_line)
            continue;
        if (!a->load_input) {
            bool dash = str_is(t->name, "-") || str_is(t->name, "/dev/stdin");
            int error = input_open(c, &a->load_input, dash ? str_lit("-") : t->name, dash);
            if (error == E_NOENT && !str_ends(t->name, ".awk")) {
                struct buf b;
                buf_init(&b, a->heap);
                buf_print(&b, "%S.awk", t->name);
                error = input_open(c, &a->load_input, buf_str(&b), false);
                if (error && error != E_WAIT)
                    error = E_NOENT;
            }
            if (error == E_WAIT)
                return E_WAIT;
            if (error) {
                if (t->included) {
                    a->told_line = t->line;
                    a->told_text = t->from;
                }
                awk_tell(a, t->included ? 1 : 2, t->included ? "error: " : "fatal: ", "cannot open source file `%S' for reading: %m",
                         t->name, error);
                return AWK_FAILED;
            }
        }
        switch (input_all(a->load_input, &text)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END:
            awk_tell(a, 2, "fatal: ", "cannot read source file `%S': %m", t->name, a->load_input->error);
            return AWK_FAILED;
        case INPUT_MORE: break;
        }
        t->text = str_copy(a->heap, text);
        input_close(a->load_input);
        a->load_input = NULL;
    }
    return 0;
}

/* --- variables --------------------------------------------------------------------------------------------------------- */

static void set_text(struct awk *a, int32_t index, const char *text)
{
    awk_set_global(a, index, awk_of_string(a, str_from(text)));
}

static void set_environment(struct awk *a)
{
    struct awk_array *array = awk_global_array(a, VAR_ENVIRON);
    struct environment *e = a->c->task->environment;
    for (size_t i = 0; e && i < e->count; i++) {
        ptrdiff_t equals = str_find(e->at[i], '=');
        if (equals <= 0)
            continue;
        struct awk_value *to = awk_array_get(a, array, awk_key_of_text(str_first(e->at[i], (size_t)equals)));
        awk_drop(a, *to);
        *to = (struct awk_value){0};
        *to = awk_of_input(a, str_after(e->at[i], (size_t)equals + 1));
    }
}

static void set_arguments(struct awk *a)
{
    struct call *c = a->c;
    struct awk_array *array = awk_global_array(a, VAR_ARGV);
    int64_t count = 0;
    awk_array_set_number(a, array, count++, awk_of_input(a, c->name));
    for (size_t i = a->program_is_operand; i < c->operand_count; i++)
        awk_array_set_number(a, array, count++, awk_of_input(a, c->operands[i]));
    awk_set_global(a, VAR_ARGC, awk_of_number((double)count));
    a->argument = 1;
}

static void set_process(struct awk *a)
{
    struct task *t = a->c->task;
    if (a->traditional || a->posix)
        return;
    struct awk_array *array = awk_global_array(a, VAR_PROCINFO);
    const struct {
        const char *name;
        double number;
    } numbers[] = {
        {"pid", t->number}, {"ppid", t->parent ? t->parent->number : 0}, {"pgrpid", t->group}, {"uid", t->who.user},
        {"euid", t->who.user}, {"gid", t->who.group}, {"egid", t->who.group},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        awk_array_set_text(a, array, numbers[i].name, awk_of_number(numbers[i].number));
    awk_array_set_text(a, array, "version", awk_of_string(a, str_lit("5.2.1")));
    awk_array_set_text(a, array, "strftime", awk_of_string(a, str_lit("%a %b %e %H:%M:%S %Z %Y")));
    awk_array_set_text(a, array, "FS", awk_of_string(a, str_lit("FS")));
    awk_array_set_text(a, array, "platform", awk_of_string(a, str_lit("posix")));
    awk_array_set_text(a, array, "api_major", awk_of_number(3));
    awk_array_set_text(a, array, "api_minor", awk_of_number(2));
    struct awk_value *v = awk_array_get_text(a, array, "argv");
    v->array = awk_array_new(a);
    v->type = AWK_ARRAY;
    for (size_t i = 0; i < a->c->argc; i++)
        awk_array_set_number(a, v->array, (int64_t)i, awk_of_input(a, a->c->argv[i]));
}

/* -v and -F, in their order: false: fatal. */
static bool set_options(struct awk *a)
{
    struct call *c = a->c;
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        bool fatal = false;
        if (c->options[i].letter == 'v') {
            if (!awk_assign(a, value, &fatal)) {
                if (str_find(value, '=') > 0) {
                    awk_tell(a, 2, "fatal: ", "`%S' is not a legal variable name", str_first(value, (size_t)str_find(value, '=')));
                    return false;
                }
                call_complain(c, "%S: `%S' argument to `-v' not in `var=value' form\n\n", c->name, value);
                a->exit_status = awk_usage(c, 0);
                return false;
            }
        } else if (c->options[i].letter == 'F') {
            if (str_is(value, "t") && (a->posix || a->traditional))
                value = str_lit("\\t");
            struct str fs = awk_unescape_all(a, value);
            awk_set_global(a, VAR_FS, awk_of_string(a, fs));
        }
        if (fatal)
            return false;
    }
    return true;
}

static bool set_variables(struct awk *a)
{
    a->globals = heap_zero(a->heap, a->program.global_count * sizeof *a->globals);
    awk_functions_start(a);
    a->nothing = awk_of_input(a, (struct str){"", 0});
    set_text(a, VAR_CONVFMT, "%.6g");
    set_text(a, VAR_OFMT, "%.6g");
    set_text(a, VAR_RS, "\n");
    set_text(a, VAR_FS, a->csv ? "," : " ");
    set_text(a, VAR_OFS, " ");
    set_text(a, VAR_ORS, "\n");
    set_text(a, VAR_SUBSEP, "\034");
    set_text(a, VAR_RT, "");
    set_text(a, VAR_FILENAME, "");
    set_text(a, VAR_ERRNO, "");
    set_text(a, VAR_TEXTDOMAIN, "messages");
    set_text(a, VAR_FIELDWIDTHS, "");
    awk_set_global(a, VAR_RSTART, awk_of_number(0));
    awk_set_global(a, VAR_RLENGTH, awk_of_number(-1));
    awk_set_global(a, VAR_BINMODE, awk_of_number(0));
    awk_set_global(a, VAR_LINT, awk_of_number(0));
    awk_set_global(a, VAR_IGNORECASE, awk_of_number(0));
    a->globals[VAR_FPAT] = awk_of_string(a, str_lit("[^[:space:]]+"));
    awk_fields_changed(a, VAR_FS);
    awk_records_changed(a);
    struct awk_array *functions = awk_global_array(a, VAR_FUNCTAB);
    for (size_t i = 0; i < a->program.function_count; i++) {
        struct str name = a->program.functions[i].name;
        *awk_array_get(a, functions, awk_key_of_text(name)) = awk_of_string(a, name);
    }
    for (const struct awk_builtin_info *b = awk_builtins; b->name; b++)
        awk_array_set_text(a, functions, b->name, awk_of_string(a, str_from(b->name)));
    set_environment(a);
    set_arguments(a);
    set_process(a);
    return set_options(a) && !a->fatal;
}

/* --- the call ---------------------------------------------------------------------------------------------------------------- */

static enum step answer_step(int answer)
{
    return answer == E_WAIT ? STEP_WAIT : STEP_AGAIN;
}

static enum step step(struct call *c)
{
    struct awk *a = c->state;
    for (;;) {
        int answer = 0;
        switch (a->phase) {
        case AWK_LOAD:
            answer = load(a);
            if (!answer)
                a->phase = AWK_PARSE;
            break;
        case AWK_PARSE:
            answer = awk_parse(a);
            if (answer == 1) {
                add_text(a, (struct awk_text){.name = a->program.missing, .included = true, .from = a->program.missing_from,
                                              .line = a->program.missing_line});
                a->phase = AWK_LOAD;
                break;
            }
            if (!answer)
                a->phase = AWK_ASSIGN;
            break;
        case AWK_ASSIGN:
            answer = set_variables(a) ? 0 : AWK_FAILED;
            a->phase = AWK_RUN;
            break;
        case AWK_RUN:
            if (a->out.length >= AWK_QUEUE)
                answer = awk_flush_standard(a);
            if (!answer)
                answer = awk_run(a);
            if (!answer)
                a->phase = AWK_FINISH;
            break;
        case AWK_FINISH:
            a->closing = NULL;
            awk_close_main(a);
            answer = awk_close_all(a);
            if (answer)
                return answer_step(answer);
            awk_flush_standard(a);
            a->phase = AWK_OVER;
            break;
        case AWK_OVER: return call_exit(c, a->exit_status);
        }
        if (answer == AWK_FAILED)
            a->phase = AWK_FINISH;
        else if (answer < 0)
            return answer_step(answer);
    }
}

/* What its names have in common. */
#define AWK_FIELDS \
    .usage = "[POSIX or GNU style options] -f progfile [--] file ...\n[POSIX or GNU style options] [--] 'program' file ...", \
    .summary = "scan and process patterns", \
    .options = options, \
    .state = sizeof(struct awk), \
    .start = start, \
    .step = step, \
    .trouble = 2, \
    .misused = awk_usage, \
    .flags = COMMAND_IN_ORDER, \
    .refused = "-M, --bignum: numbers are doubles\n-l, --load: there are no libraries to be loaded\n" \
               "-D, --debug: there is no debugger"

const struct command command_awk = {
    .name = "awk",
    AWK_FIELDS,
};

const struct command command_gawk = {
    .name = "gawk",
    AWK_FIELDS,
};

const struct command command_mawk = {
    .name = "mawk",
    AWK_FIELDS,
};

const struct command command_nawk = {
    .name = "nawk",
    AWK_FIELDS,
};
