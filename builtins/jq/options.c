/* builtins/jq/options.c - jq's command line: read in order, since files are loaded on the way. */
#include "builtins/jq/jq.h"

#include "limits/error.h"

enum {
    RAW_NUL = OPTION_LONG, TAB, INDENT, UNBUFFERED, STREAM, STREAM_ERRORS, SEQ, ARG, ARGJSON, SLURPFILE, RAWFILE, ARGS,
    JSONARGS, CONFIGURATION
};

const struct option jq_options[] = {
    {'n', "null-input", NULL, "use null as the single input value"},
    {'R', "raw-input", NULL, "read each line as string instead of JSON"},
    {'s', "slurp", NULL, "read all inputs into an array and use it as the single input value"},
    {'c', "compact-output", NULL, "compact instead of pretty-printed output"},
    {'r', "raw-output", NULL, "output strings without escapes and quotes"},
    {RAW_NUL, "raw-output0", NULL, "implies -r and output NUL after each output"},
    {'j', "join-output", NULL, "implies -r and output without newline after each output"},
    {'a', "ascii-output", NULL, "output strings by only ASCII characters using escape sequences"},
    {'S', "sort-keys", NULL, "sort keys of each object on output"},
    {'C', "color-output", NULL, "colorize JSON output"},
    {'M', "monochrome-output", NULL, "disable colored output"},
    {TAB, "tab", NULL, "use tabs for indentation"},
    {INDENT, "indent", "n", "use n spaces for indentation (max 7 spaces)"},
    {UNBUFFERED, "unbuffered", NULL, "flush output stream after each output"},
    {STREAM, "stream", NULL, "parse the input value in streaming fashion"},
    {STREAM_ERRORS, "stream-errors", NULL, "implies --stream and report parse error as an array"},
    {SEQ, "seq", NULL, "parse input/output as application/json-seq"},
    {'f', "from-file", NULL, "load the filter from a file"},
    {'L', "library-path", "dir", "search modules from the directory"},
    {ARG, "arg", "name value", "set $name to the string value"},
    {ARGJSON, "argjson", "name value", "set $name to the JSON value"},
    {SLURPFILE, "slurpfile", "name file", "set $name to an array of JSON values read from the file"},
    {RAWFILE, "rawfile", "name file", "set $name to string contents of file"},
    {ARGS, "args", NULL, "consume remaining arguments as positional string values"},
    {JSONARGS, "jsonargs", NULL, "consume remaining arguments as positional JSON values"},
    {'e', "exit-status", NULL, "set exit status code based on the output"},
    {'b', "binary", NULL, NULL},
    {'V', "version", NULL, "show the version"},
    {CONFIGURATION, "build-configuration", NULL, "show jq's build configuration"},
    {'h', "help", NULL, "show the help"},
    {0},
};

void jq_print_usage(struct call *c, int status)
{
    static const char head[] =
        "jq - commandline JSON processor [version 1.8.2]\n"
        "\nUsage:\tjq [options] <jq filter> [file...]\n"
        "\tjq [options] --args <jq filter> [strings...]\n"
        "\tjq [options] --jsonargs <jq filter> [JSON_TEXTS...]\n\n"
        "jq is a tool for processing JSON inputs, applying the given filter to\n"
        "its JSON text inputs and producing the filter's results as JSON on\n"
        "standard output.\n\n"
        "The simplest filter is ., which copies jq's input to its output\n"
        "unmodified except for formatting. For more advanced filters see\n"
        "the jq(1) manpage (\"man jq\") and/or https://jqlang.org/.\n\n"
        "Example:\n\n\t$ echo '{\"foo\": 0}' | jq .\n"
        "\t{\n\t  \"foo\": 0\n\t}\n\n";
    static const char options[] =
        "Command options:\n"
        "  -n, --null-input          use `null` as the single input value;\n"
        "  -R, --raw-input           read each line as string instead of JSON;\n"
        "  -s, --slurp               read all inputs into an array and use it as\n"
        "                            the single input value;\n"
        "  -c, --compact-output      compact instead of pretty-printed output;\n"
        "  -r, --raw-output          output strings without escapes and quotes;\n"
        "      --raw-output0         implies -r and output NUL after each output;\n"
        "  -j, --join-output         implies -r and output without newline after\n"
        "                            each output;\n"
        "  -a, --ascii-output        output strings by only ASCII characters\n"
        "                            using escape sequences;\n"
        "  -S, --sort-keys           sort keys of each object on output;\n"
        "  -C, --color-output        colorize JSON output;\n"
        "  -M, --monochrome-output   disable colored output;\n"
        "      --tab                 use tabs for indentation;\n"
        "      --indent n            use n spaces for indentation (max 7 spaces);\n"
        "      --unbuffered          flush output stream after each output;\n"
        "      --stream              parse the input value in streaming fashion;\n"
        "      --stream-errors       implies --stream and report parse error as\n"
        "                            an array;\n"
        "      --seq                 parse input/output as application/json-seq;\n"
        "  -f, --from-file           load the filter from a file;\n"
        "  -L, --library-path dir    search modules from the directory;\n"
        "      --arg name value      set $name to the string value;\n"
        "      --argjson name value  set $name to the JSON value;\n"
        "      --slurpfile name file set $name to an array of JSON values read\n"
        "                            from the file;\n"
        "      --rawfile name file   set $name to string contents of file;\n"
        "      --args                consume remaining arguments as positional\n"
        "                            string values;\n"
        "      --jsonargs            consume remaining arguments as positional\n"
        "                            JSON values;\n"
        "  -e, --exit-status         set exit status code based on the output;\n"
        "  -V, --version             show the version;\n"
        "  --build-configuration     show jq's build configuration;\n"
        "  -h, --help                show the help;\n"
        "  --                        terminates argument processing;\n\n"
        "Named arguments are also available as $ARGS.named[], while\n"
        "positional arguments are available as $ARGS.positional[].\n";
    if (status == 0) {
        call_print_text(c, head);
        call_print_text(c, options);
    } else {
        call_complain(c, "%sFor listing the command options, use jq --help.\n", head);
    }
    c->status = status;
}

static enum jq_next wrong(struct call *c, const char *format, struct str word)
{
    call_complain(c, format, word);
    call_complain(c, "Use jq --help for help with command-line options,\n"
                     "or see the jq manpage, or online docs at https://jqlang.org\n");
    c->status = JQ_SYSTEM;
    return JQ_EXIT;
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool looks_like_option(struct str word)
{
    return word.length > 1 && word.data[0] == '-' && (word.data[1] == '-' || is_letter(word.data[1]));
}

static int find_long(struct str name)
{
    for (const struct option *o = jq_options; o->letter; o++)
        if (str_is(name, o->name))
            return o->letter;
    return 0;
}

static int find_short(char letter)
{
    for (const struct option *o = jq_options; o->letter; o++)
        if (o->letter == letter)
            return letter;
    return 0;
}

/* The words behind an option: false when there are fewer. */
static bool take(struct call *c, struct jq_options *o, size_t count, struct str values[2])
{
    if (c->argc - 1 - o->word < count)
        return false;
    for (size_t i = 0; i < count; i++)
        values[i] = c->argv[++o->word];
    return true;
}

static bool read_indent(struct str text, int *indent)
{
    size_t i = text.length && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    int value = 0;
    if (i == text.length)
        return false;
    for (; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + text.data[i] - '0';
        if (value > 1000)
            return false;
    }
    *indent = text.data[0] == '-' ? -value : value;
    return *indent >= -1 && *indent <= 7;
}

static enum jq_next dead(struct call *c, struct jq_work *s)
{
    struct buf words;
    buf_init(&words, c->heap);
    jq_take_messages(s->jq, &words);
    call_complain(c, "%S", buf_str(&words));
    c->status = JQ_UNKNOWN;
    return JQ_EXIT;
}

static enum jq_next set_named(struct call *c, struct jq_work *s, const struct str values[2], bool json)
{
    if (jq_has_named(s->jq, values[0]))
        return JQ_GO_ON;
    switch (jq_set_named(s->jq, values[0], values[1], json)) {
    case JQ_BAD: return wrong(c, "jq: invalid JSON text passed to --argjson\n", values[1]);
    case JQ_DEAD: return dead(c, s);
    default: return JQ_GO_ON;
    }
}

static enum jq_next set_file(struct call *c, struct jq_work *s, const struct str values[2], bool raw)
{
    struct str content;
    struct buf reason;
    if (jq_has_named(s->jq, values[0]))
        return JQ_GO_ON;
    int error = jq_load_file(c, &s->load, values[1], &content);
    if (error == E_WAIT)
        return JQ_WAIT;
    buf_init(&reason, c->heap);
    if (error < 0) {
        buf_print(&reason, "Could not open %S: %s", values[1], jq_load_reason(error));
    } else {
        switch (jq_set_file(s->jq, values[0], content, raw, &reason)) {
        case JQ_DEAD: return dead(c, s);
        case JQ_BAD: break;
        default: return JQ_GO_ON;
        }
    }
    call_complain(c, "jq: Bad JSON in --%s %S %S: %S\n", raw ? "rawfile" : "slurpfile", values[0], values[1],
                  buf_str(&reason));
    c->status = JQ_SYSTEM;
    return JQ_EXIT;
}

static enum jq_next add_library(struct call *c, struct jq_work *s, struct str path)
{
    buf_clear(&s->load.real);
    int error = call_realpath(c, path, 0, &s->load.real);
    if (error == E_WAIT)
        return JQ_WAIT;
    jq_add_library(s->jq, error < 0 ? path : buf_str(&s->load.real));
    return JQ_GO_ON;
}

/* Options with words behind them; `word` stays where it was when it is to be done again. */
static enum jq_next apply_with_words(struct call *c, struct jq_work *s, int letter)
{
    struct jq_options *o = &s->options;
    struct str values[2] = {{0}};
    size_t before = o->word;
    enum jq_next next = JQ_GO_ON;
    switch (letter) {
    case 'L':
        if (o->rest.length)
            values[0] = o->rest;
        else if (!take(c, o, 1, values))
            return wrong(c, "-L takes a parameter: (e.g. -L /search/path or -L/search/path)\n", values[0]);
        next = add_library(c, s, values[0]);
        if (next == JQ_GO_ON)
            o->rest.length = 0;
        break;
    case INDENT:
        if (!take(c, o, 1, values))
            return wrong(c, "jq: --indent takes one parameter\n", values[0]);
        if (!read_indent(values[0], &o->indent))
            return wrong(c, "jq: --indent takes a number between -1 and 7\n", values[0]);
        if (o->indent == 0)
            o->indent = -3; /* its own kind: pretty, and nothing before a line */
        break;
    case ARG:
        if (!take(c, o, 2, values))
            return wrong(c, "jq: --arg takes two parameters (e.g. --arg varname value)\n", values[0]);
        return set_named(c, s, values, false);
    case ARGJSON:
        if (!take(c, o, 2, values))
            return wrong(c, "jq: --argjson takes two parameters (e.g. --argjson varname text)\n", values[0]);
        return set_named(c, s, values, true);
    default:
        if (!take(c, o, 2, values))
            return wrong(c, letter == RAWFILE
                                ? "jq: --rawfile takes two parameters (e.g. --rawfile varname filename)\n"
                                : "jq: --slurpfile takes two parameters (e.g. --slurpfile varname filename)\n",
                         values[0]);
        next = set_file(c, s, values, letter == RAWFILE);
        break;
    }
    if (next == JQ_WAIT)
        o->word = before;
    return next;
}

static enum jq_next apply(struct call *c, struct jq_work *s, int letter)
{
    struct jq_options *o = &s->options;
    switch (letter) {
    case 'n': o->null_input = true; break;
    case 'R': o->read |= JQ_READ_RAW; break;
    case 's': o->read |= JQ_READ_SLURP; break;
    case 'c': o->indent = -2; break;
    case 'r': o->print |= JQ_PRINT_RAW; break;
    case RAW_NUL: o->print |= JQ_PRINT_RAW | JQ_PRINT_JOINED | JQ_PRINT_NUL; break;
    case 'j': o->print |= JQ_PRINT_RAW | JQ_PRINT_JOINED; break;
    case 'a': o->print |= JQ_PRINT_ASCII; break;
    case 'S': o->print |= JQ_PRINT_SORTED; break;
    case 'C': o->colored = true; break;
    case 'M': o->plain = true; break;
    case TAB: o->indent = -1; break;
    case STREAM: o->read |= JQ_READ_STREAM; break;
    case STREAM_ERRORS: o->read |= JQ_READ_STREAM | JQ_READ_STREAM_ERRORS; break;
    case SEQ: o->seq = true; break;
    case 'f': o->from_file = true; break;
    case ARGS: o->strings = true; o->json = false; break;
    case JSONARGS: o->strings = false; o->json = true; break;
    case 'e': o->exit_status = true; break;
    case 'b':
    case UNBUFFERED: break;
    case 'h':
        jq_print_usage(c, 0);
        return JQ_EXIT;
    case 'V':
        call_print_text(c, "jq-1.8.2\n");
        return JQ_EXIT;
    case CONFIGURATION:
        call_print_text(c, "nacre\n");
        return JQ_EXIT;
    default: return apply_with_words(c, s, letter);
    }
    return JQ_GO_ON;
}

static enum jq_next read_operand(struct call *c, struct jq_work *s, struct str word)
{
    struct jq_options *o = &s->options;
    if (!o->is_program) {
        o->is_program = true;
        o->program = word;
    } else if (o->strings || o->json) {
        switch (jq_add_positional(s->jq, word, o->json)) {
        case JQ_BAD: return wrong(c, "jq: invalid JSON text passed to --jsonargs\n", word);
        case JQ_DEAD: return dead(c, s);
        default: break;
        }
    } else {
        s->files.names = array_grow(c->heap, s->files.names, s->files.count, sizeof *s->files.names);
        s->files.names[s->files.count++] = word;
    }
    return JQ_GO_ON;
}

/* Letter after letter; what is left of the word is kept where it waits. */
static enum jq_next read_letters(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    while (o->rest.length) {
        int letter = find_short(o->rest.data[0]);
        struct str before = o->rest;
        if (!letter)
            return wrong(c, "jq: Unknown option -%S\n", str_first(o->rest, 1));
        o->rest = str_after(o->rest, 1);
        enum jq_next next = apply(c, s, letter);
        if (next != JQ_GO_ON) {
            o->rest = before;
            return next;
        }
    }
    return JQ_GO_ON;
}

static enum jq_next read_word(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    struct str word = c->argv[o->word];
    if (o->rest.length)
        return read_letters(c, s);
    if (o->done || !looks_like_option(word))
        return read_operand(c, s, word);
    if (str_is(word, "--")) {
        o->done = true;
        return JQ_GO_ON;
    }
    if (word.data[1] != '-') {
        o->rest = str_after(word, 1);
        return read_letters(c, s);
    }
    int letter = find_long(str_after(word, 2));
    if (!letter)
        return wrong(c, "jq: Unknown option --%S\n", str_after(word, 2));
    return apply(c, s, letter);
}

enum jq_next jq_read_options(struct call *c, struct jq_work *s)
{
    struct jq_options *o = &s->options;
    while (o->word < c->argc) {
        enum jq_next next = read_word(c, s);
        if (next != JQ_GO_ON)
            return next;
        call_charge(c, 1);
        o->word++;
    }
    return JQ_GO_ON;
}
