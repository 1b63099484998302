/* builtins/source.c - . and source: run the commands of a file in this shell (POSIX XCU dot). */
#include "builtins/options.h"
#include "shell/shell.h"

struct source_state {
    bool begun, opened;
    size_t first;
    struct str path;
    struct input *input;
    struct buf text; /* what a pipe has given so far */
};

static int start(struct call *c)
{
    struct source_state *s = c->state;
    int error = options_none(c, &s->first);
    if (error || c->finished)
        return error;
    if (s->first == c->argc) {
        call_error(c, "filename argument required");
        call_complain(c, "%S: usage: %S filename [arguments]\n", c->name, c->name);
        if (c->shell->state.options & OPT_POSIX)
            c->shell->usage_failed = true;
        return options_over(c, 2);
    }
    buf_init(&s->text, c->heap);
    return 0;
}

/* The file a name without a slash stands for: in PATH, then here. 0, E_WAIT, or E_NOENT. */
static int find(struct call *c, struct source_state *s)
{
    struct shell *sh = c->shell;
    struct str name = c->argv[s->first], path = {0};
    s->path = name;
    if (str_find(name, '/') >= 0 || !(sh->state.shopt & (uint64_t)1 << SHOPT_SOURCEPATH) || !shell_get(sh, str_lit("PATH"), &path))
        return 0;
    struct buf whole;
    buf_init(&whole, c->heap);
    int error = task_find_script(c->task, path, name, &whole);
    if (error == 0)
        s->path = buf_str(&whole);
    return error == E_NOENT && !(sh->state.options & OPT_POSIX) ? 0 : error;
}

static enum step failed(struct call *c, struct source_state *s, int error)
{
    struct str name = c->argv[s->first];
    struct shell *sh = c->shell;
    if (sh->state.options & OPT_POSIX) {
        call_error(c, error == E_NOENT ? "%S: file not found" : "%S: %m", name, error);
        sh->usage_failed = true;
    } else if (error == E_ISDIR) {
        call_error(c, "%S: is a directory", s->path);
    } else {
        call_complain(c, "%S%S: %m\n", call_where(c), s->path, error);
    }
    return call_exit(c, 1);
}

/* bash takes a file for a program when it has more than 256 NUL bytes. */
static bool is_binary(struct str text)
{
    size_t nuls = 0;
    for (size_t i = 0; i < text.length && nuls <= 256; i++)
        nuls += text.data[i] == 0;
    return nuls > 256;
}

static enum step source_step(struct call *c)
{
    struct source_state *s = c->state;
    struct shell *sh = c->shell;
    if (!s->begun) {
        int error = find(c, s);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error)
            return failed(c, s, error);
        s->begun = true;
    }
    if (!s->opened) {
        struct stat_info info;
        int error = call_stat(c, s->path, true, &info);
        if (error == 0)
            error = info.kind == NODE_DIRECTORY ? E_ISDIR : input_open(c, &s->input, s->path, false);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error)
            return failed(c, s, error);
        s->opened = true;
    }
    struct str bytes;
    for (;;) {
        enum input_answer answer = input_all(s->input, &bytes);
        if (answer == INPUT_WAIT)
            return STEP_WAIT;
        if (answer == INPUT_END)
            break;
        buf_add(&s->text, bytes);
        call_charge_bytes(c, bytes.length);
    }
    if (s->input->error) {
        int error = s->input->error;
        input_close(s->input);
        return failed(c, s, error);
    }
    input_close(s->input);
    if (is_binary(buf_str(&s->text))) {
        call_error(c, "%S: cannot execute binary file", s->path);
        return call_exit(c, 126);
    }
    char *text = heap_alloc(sh->heap, s->text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < s->text.length; i++) /* NUL bytes are dropped */
        if (s->text.data[i])
            text[length++] = s->text.data[i];
    sh->request = (struct request){
        .kind = REQUEST_SOURCE, .text = text, .length = length, .name = str_copy(sh->heap, s->path),
        .has_params = s->first + 1 < c->argc, .skip = s->first + 1, .count = c->argc - s->first - 1,
        .words = sh->arguments.at + s->first + 1,
    };
    return call_exit(c, 0);
}

#define SOURCE_HELP                                                                                                                \
    "Read and execute commands from FILENAME in the current shell.  The\nentries in $PATH are used to find the directory containing FILENAME.\n" \
    "If any ARGUMENTS are supplied, they become the positional parameters\nwhen FILENAME is executed."

const struct command command_dot = {
    .name = ".",
    .usage = "filename [arguments]",
    .summary = "execute commands from a file in the current shell",
    .help = SOURCE_HELP,
    .state = sizeof(struct source_state),
    .start = start,
    .step = source_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_source = {
    .name = "source",
    .usage = "filename [arguments]",
    .summary = "execute commands from a file in the current shell",
    .help = SOURCE_HELP,
    .state = sizeof(struct source_state),
    .start = start,
    .step = source_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
