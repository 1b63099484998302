/* shell/session.c - shells begin and end: the session between runs, the run's own shell, bash and sh as commands. */
#include "shell/session.h"

#include "shell/options.h"
#include "shell/print.h"
#include "shell/reprint.h"
#include "shell/vm.h"

/* --- messages ---------------------------------------------------------------------------- */

void shell_say(struct shell *sh, struct str bytes)
{
    shell_say_on(sh, 2, bytes);
}

/* Writes what goes; the rest is returned: not empty when a pipe is full. */
static struct str say(struct shell *sh, int fd, struct str bytes)
{
    struct file *f = fds_get(sh->task, fd);
    while (f && bytes.length) {
        int64_t n = file_write(f, sh->task, bytes);
        if (n == E_WAIT)
            return bytes;
        if (n <= 0)
            break;
        bytes = str_after(bytes, (size_t)n);
    }
    return (struct str){0};
}

void shell_say_on(struct shell *sh, int fd, struct str bytes)
{
    if (!sh->unsaid_count)
        bytes = say(sh, fd, bytes);
    if (!bytes.length)
        return;
    if (!sh->unsaid.heap)
        buf_init(&sh->unsaid, sh->heap);
    sh->unsaid_pieces = array_grow(sh->heap, sh->unsaid_pieces, sh->unsaid_count, sizeof *sh->unsaid_pieces);
    buf_add(&sh->unsaid, bytes);
    sh->unsaid_pieces[sh->unsaid_count++] = (struct unsaid){fd, bytes.length};
}

int shell_say_rest(struct shell *sh)
{
    while (sh->unsaid_count) {
        struct unsaid *piece = &sh->unsaid_pieces[0];
        struct str rest = say(sh, piece->fd, str_first(buf_str(&sh->unsaid), piece->length));
        buf_drop_front(&sh->unsaid, piece->length - rest.length);
        piece->length = rest.length;
        if (rest.length)
            return E_WAIT;
        memmove(piece, piece + 1, --sh->unsaid_count * sizeof *piece);
    }
    return 0;
}

struct str shell_script_name(struct shell *sh)
{
    for (size_t i = sh->depth; i > 0; i--) {
        struct control *c = &sh->controls[i - 1];
        if (c->kind == CONTROL_CALL && c->call.function && c->call.function->file)
            return text_str(c->call.function->file);
        if (c->kind == CONTROL_READER && c->reader.sourced)
            break;
    }
    struct frame *f = sh->state.frame;
    if (f && f->file)
        return text_str(f->file);
    return text_str(sh->state.name);
}

void shell_where(struct shell *sh, struct buf *out)
{
    struct str name = shell_script_name(sh);
    if (sh->interactive || sh->line <= 0)
        buf_print(out, "%S: ", name);
    else
        buf_print(out, "%S: line %d: ", name, sh->line);
}

void shell_error(struct shell *sh, const char *format, ...)
{
    struct buf out;
    va_list arguments;
    if (sh->foreseeing)
        return;
    buf_init(&out, sh->heap);
    shell_where(sh, &out);
    va_start(arguments, format);
    buf_print_list(&out, format, arguments);
    va_end(arguments);
    buf_add_byte(&out, '\n');
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

void shell_warning(struct shell *sh, struct str text)
{
    struct buf out;
    buf_init(&out, sh->heap);
    buf_print(&out, "%S: %S", shell_script_name(sh), text);
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

enum locale shell_locale(struct shell *sh)
{
    if (sh->locale_seen == sh->environment_version + 1)
        return sh->locale;
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    struct str value;
    enum locale locale = LOCALE_UTF8;
    for (int i = 0; i < 3; i++)
        if (shell_get(sh, str_from(names[i]), &value) && value.length) {
            locale = utf8_locale(value);
            break;
        }
    sh->locale = locale;
    sh->locale_seen = sh->environment_version + 1;
    return locale;
}

struct str number_str(struct made *m, uint64_t value)
{
    size_t at = sizeof m->digits;
    do
        m->digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    return str_of(m->digits + at, sizeof m->digits - at);
}

/* Where the text of a command lies: see OP_COMMAND, OP_SUBSHELL and OP_BACKGROUND. */
static struct str source_of(const struct code *code, int at)
{
    const struct instruction *i = &code->at[at];
    if (i->op == OP_BACKGROUND || i->op == OP_SUBSHELL)
        i = &code->at[i->a - 1]; /* its END knows */
    if (i->op == OP_COPROC || (i->a < 0 && i->b < 0))
        return code->source;
    return i->a < 0 ? code->strings[i->b].text : str_of(code->source.data + i->a, (size_t)(i->b - i->a));
}

struct str instruction_source(struct shell *sh, const struct instruction *i)
{
    struct str s = source_of(sh->code, (int)(i - sh->code->at));
    while (s.length && (s.data[s.length - 1] == '\n' || s.data[s.length - 1] == ' ' || s.data[s.length - 1] == '&' ||
                        s.data[s.length - 1] == ';'))
        s.length--;
    while (s.length && (s.data[0] == ' ' || s.data[0] == '\n' || s.data[0] == '\t'))
        s = str_after(s, 1);
    return s;
}

void instruction_text(struct shell *sh, const struct code *code, int at, struct buf *out)
{
    struct str text = source_of(code, at);
    int kind = code->at[at].op == OP_COMMAND ? code->at[at].flags : 0;
    if (kind == CODE_ARITHMETIC_PART) {
        while (text.length && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n'))
            text = str_after(text, 1);
        buf_print(out, "((%S))", text.length ? text : str_lit("1"));
    } else if (kind == CODE_ARITHMETIC) {
        buf_add(out, text);
    } else if (kind == CODE_FOR || kind == CODE_CASE) {
        size_t before = out->length;
        reprint_words(sh, text, out);
        struct str words = str_of(out->data + before, out->length - before);
        if (kind == CODE_CASE) {
            buf_add_text(out, " in ");
        } else {
            int spaces = 0;
            for (size_t i = 0; i < words.length; i++)
                spaces += words.data[i] == ' ';
            if (spaces == 1)
                buf_add_text(out, " in \"$@\"");
        }
    } else {
        reprint_commands(sh, text, out);
    }
}

int shell_read_line(struct shell *sh, struct buf *line)
{
    struct file *f = fds_get(sh->task, 0);
    struct str bytes;
    if (!f)
        return 0;
    for (;;) {
        int error = file_peek(f, sh->task, &bytes);
        if (error == E_WAIT) {
            buf_add(&sh->partial, buf_str(line));
            return E_WAIT;
        }
        if (sh->partial.length) {
            buf_add(line, buf_str(&sh->partial));
            buf_clear(&sh->partial);
        }
        if (error || !bytes.length)
            return line->length > 0;
        ptrdiff_t end = str_find(bytes, '\n');
        buf_add(line, end < 0 ? bytes : str_first(bytes, (size_t)end));
        file_take(f, end < 0 ? bytes.length : (size_t)end + 1);
        if (end >= 0)
            return 1;
    }
}

/* --- a state from nothing -------------------------------------------------------------------- */

static void set_exported(struct shell *sh, struct str name, struct str value)
{
    if (var_assign(sh, name, code_hash(name), value, false) == 0)
        var_attributes(sh, name, VAR_EXPORT, 0);
}

/* SHELLOPTS and BASHOPTS of the environment: what they name is on, and they are passed on. */
static void import_options(struct shell *sh, struct str name, struct str list)
{
    bool set = name.data[0] == 'S';
    while (list.length) {
        ptrdiff_t colon = str_find(list, ':');
        struct str one = colon < 0 ? list : str_first(list, (size_t)colon);
        const struct set_option *option = set ? set_option_find(one) : NULL;
        int bit = set ? -1 : shopt_find(one);
        if (option)
            sh->state.options |= option->bit;
        if (bit >= 0)
            sh->state.shopt |= (uint64_t)1 << bit;
        list = colon < 0 ? (struct str){0} : str_after(list, (size_t)colon + 1);
    }
    sh->state.options_exported |= set ? 1 : 2;
}

static void set_word(struct shell *sh, struct str word)
{
    ptrdiff_t equals = str_find(word, '=');
    if (equals <= 0)
        return;
    struct str name = str_first(word, (size_t)equals);
    if (str_is(name, "SHELLOPTS") || str_is(name, "BASHOPTS"))
        import_options(sh, name, str_after(word, (size_t)equals + 1));
    else if (shell_is_name(name) && !made_is_readonly(name))
        set_exported(sh, name, str_after(word, (size_t)equals + 1));
}

static void base_frame(struct shell *sh, const struct str *words, size_t count)
{
    frame_release(sh->state.frame, &sh->sandbox->meter);
    sh->state.frame = NULL;
    shell_push_frame(sh, 0)->params = params_new(sh, words, count);
}

/* A shell that is nobody's task, to build a state with. */
static void stand_in(struct shell *sh, struct nacre *n)
{
    memset(sh, 0, sizeof *sh);
    sh->sandbox = n;
    sh->heap = &n->heap;
    sh->cache_misses = INT32_MIN;
    heap_init(&sh->scratch, &n->meter);
}

static uint64_t bit(enum shopt_bit which)
{
    return (uint64_t)1 << which;
}

/* What bash has on when it is not interactive. */
static uint64_t shopt_default(void)
{
    return bit(SHOPT_CHECKWINSIZE) | bit(SHOPT_CMDHIST) | bit(SHOPT_COMPLETE_FULLQUOTE) | bit(SHOPT_EXTQUOTE) | bit(SHOPT_FORCE_FIGNORE) |
           bit(SHOPT_GLOBASCIIRANGES) | bit(SHOPT_GLOBSKIPDOTS) | bit(SHOPT_HOSTCOMPLETE) | bit(SHOPT_INTERACTIVE_COMMENTS) |
           bit(SHOPT_PATSUB_REPLACEMENT) | bit(SHOPT_PROGCOMP) | bit(SHOPT_PROMPTVARS) | bit(SHOPT_SOURCEPATH);
}

static void switch_bit(uint64_t *bits, uint64_t which, bool on)
{
    *bits = on ? *bits | which : *bits & ~which;
}

static void fresh_options(struct shell *sh)
{
    sh->state.options = OPT_BRACEEXPAND | OPT_HASHALL | OPT_INTERACTIVE_COMMENTS;
    sh->state.shopt = shopt_default();
    sh->state.seconds = sandbox_now(sh->sandbox);
    sh->state.umask = sh->sandbox->umask;
}

static void default_variables(struct shell *sh)
{
    static const char ifs[] = " \t\n";
    struct str name = str_lit("IFS");
    var_assign(sh, name, code_hash(name), str_of(ifs, 3), false);
    name = str_lit("OPTIND");
    var_assign(sh, name, code_hash(name), str_lit("1"), false);
    name = str_lit("PS4");
    if (!var_find(sh, name, code_hash(name)))
        var_assign(sh, name, code_hash(name), str_lit("+ "), false);
    name = str_lit("PATH");
    if (!var_find(sh, name, code_hash(name)))
        var_assign(sh, name, code_hash(name), str_lit("/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin:."), false);
    name = str_lit("OLDPWD");
    if (!var_find(sh, name, code_hash(name)))
        var_attributes(sh, name, VAR_EXPORT, 0);
}

struct session {
    struct state state, next;
    bool has_next;
};

static struct session *new_session(struct nacre *n)
{
    struct session *s = n->meter.allocator.resize(n->meter.allocator.user, NULL, 0, sizeof *s);
    if (s)
        memset(s, 0, sizeof *s);
    return s;
}

/* The state of a session that nothing was done in yet. */
static void fill_state(void *argument)
{
    struct shell *sh = argument;
    bool root = sh->sandbox->who.user == 0;
    fresh_options(sh);
    set_word(sh, str_lit("PATH=/usr/local/bin:/usr/bin:/bin"));
    set_word(sh, root ? str_lit("HOME=/root") : str_lit("HOME=/home/user"));
    set_word(sh, root ? str_lit("USER=root") : str_lit("USER=user"));
    set_word(sh, root ? str_lit("LOGNAME=root") : str_lit("LOGNAME=user"));
    set_word(sh, str_lit("SHELL=/bin/bash"));
    set_word(sh, str_lit("LANG=C.UTF-8"));
    set_word(sh, str_lit("TERM=dumb"));
    default_variables(sh);
    base_frame(sh, NULL, 0);
}

void shell_session_new(struct nacre *n, uint64_t directory)
{
    struct shell sh;
    struct session *s = new_session(n);
    if (!s)
        meter_out_of_memory(&n->meter);
    n->shell = s;
    stand_in(&sh, n);
    enum exhausted how = meter_land(&n->meter, fill_state, &sh);
    sh.state.place = directory;
    s->state = sh.state; /* whole or not, it is released with the session */
    if (how)
        meter_out_of_memory(&n->meter);
}

int shell_session_share(struct nacre *n, const struct nacre *parent)
{
    const struct session *from = parent->shell;
    struct session *s = new_session(n);
    if (!s)
        return E_NOMEM;
    state_share(&s->state, &from->state);
    n->shell = s;
    return 0;
}

void shell_session_cancel(struct nacre *n)
{
    struct session *s = n->shell;
    if (s && s->has_next)
        state_release(&s->next, &n->meter);
    if (s)
        s->has_next = false;
}

void shell_session_free(struct nacre *n)
{
    struct session *s = n->shell;
    if (!s)
        return;
    shell_session_cancel(n);
    state_release(&s->state, &n->meter);
    n->meter.allocator.resize(n->meter.allocator.user, s, sizeof *s, 0);
    n->shell = NULL;
}

void shell_session_adopt(struct nacre *n)
{
    struct session *s = n->shell;
    if (!s->has_next)
        return;
    state_release(&s->state, &n->meter);
    s->state = s->next;
    s->has_next = false;
}

void session_take(struct shell *sh)
{
    struct session *s = sh->sandbox->shell;
    if (!s || s->has_next)
        return;
    sh->state.place = sh->task->directory;
    sh->state.status = sh->status;
    s->next = sh->state;
    s->has_next = true;
    memset(&sh->state, 0, sizeof sh->state);
}

/* --- beginning -------------------------------------------------------------------------------- */

static struct shell *new_shell(struct task *t)
{
    struct shell *sh = heap_new(&t->heap, struct shell);
    sh->task = t;
    sh->heap = &t->heap;
    sh->sandbox = t->sandbox;
    heap_init(&sh->call_heap, &t->sandbox->meter);
    heap_init(&sh->scratch, &t->sandbox->meter);
    t->state = sh;
    sh->here_return = -1;
    sh->debug_done = -1;
    words_init(sh);
    buf_init(&sh->partial, sh->heap);
    return sh;
}

/* PWD is what the environment says if that is where we are, else the real path. False when that has to be waited for: before
 * anything runs it is asked again. */
bool shell_set_directory(struct shell *sh)
{
    struct task *t = sh->task;
    struct str pwd;
    struct stat_info there;
    struct buf path;
    buf_init(&path, sh->heap);
    bool told = shell_get(sh, str_lit("PWD"), &pwd) && pwd.length && pwd.data[0] == '/';
    int error = told ? task_stat(t, pwd, true, &there) : 0;
    sh->directory_unknown = error == E_WAIT;
    if (error == E_WAIT)
        return false;
    bool right = told && !error && there.number == t->directory;
    if (!right && task_getcwd(t, &path) == 0) {
        set_exported(sh, str_lit("PWD"), buf_str(&path));
        pwd = buf_str(&path);
    }
    text_release(sh->state.directory, &sh->sandbox->meter);
    sh->state.directory = NULL;
    sh->state.directory = text_new(sh, pwd);
    buf_drop(&path);
    struct str name = str_lit("PWD");
    var_attributes(sh, name, VAR_EXPORT, 0);
    return true;
}

static void raise_level(struct shell *sh)
{
    struct str value;
    int64_t level = 0;
    if (shell_get(sh, str_lit("SHLVL"), &value))
        for (size_t i = 0; i < value.length && value.data[i] >= '0' && value.data[i] <= '9' && level < 1000; i++)
            level = level * 10 + (value.data[i] - '0');
    shell_set_number(sh, str_lit("SHLVL"), level + 1);
    var_attributes(sh, str_lit("SHLVL"), VAR_EXPORT, 0);
}

/* The script's text is copied: it is the reader's. */
static void read_script(struct shell *sh, struct str script)
{
    char *text = heap_alloc(sh->heap, script.length + 1);
    size_t length = 0;
    while (script.length) { /* NULs are dropped, as bash does */
        ptrdiff_t nul = str_find(script, 0);
        size_t piece = nul < 0 ? script.length : (size_t)nul;
        memcpy(text + length, script.data, piece);
        length += piece;
        script = str_after(script, piece + 1);
    }
    text[length] = 0;
    shell_read_text(sh, READER_MAIN, text, length, 1);
}

static struct input *input_of(struct shell *sh, struct file *file)
{
    struct input *in;
    sh->reader_call = heap_new(sh->heap, struct call);
    *sh->reader_call = (struct call){.task = sh->task, .heap = sh->heap, .meter = &sh->sandbox->meter};
    input_open_file(sh->reader_call, &in, file, str_lit("-"));
    return in;
}

/* Commands come from standard input, a line at a time. */
static void read_input(struct shell *sh)
{
    struct file *f = fds_get(sh->task, 0);
    sh->reads_input = true;
    struct control *c = shell_read_text(sh, READER_MAIN, NULL, 0, 1);
    if (!f)
        return;
    struct input *in = input_of(sh, file_share(f));
    c = control_top(sh);
    c->reader.input = in;
    c->reader.source->ended = false;
}

struct task *shell_start(struct nacre *n, const struct shell_run *run)
{
    struct session *session = n->shell;
    struct task *t = task_new(n, NULL, &shell_kind);
    struct shell *sh = new_shell(t);
    sh->main = !run->fresh;
    for (int i = 0; i < 3; i++)
        fds_set(t, i, file_host(n, i), false);
    if (run->fresh)
        fill_state(sh);
    else
        state_share(&sh->state, &session->state);
    sh->status = sh->state.status;
    uint64_t place = run->directory ? run->directory : session->state.place;
    struct stat_info info;
    if (vfs_look(&n->vfs, place, &info) < 0 || info.kind != NODE_DIRECTORY)
        place = VFS_ROOT;
    task_set_directory(t, place);
    for (size_t i = 0; i < run->environment_count; i++)
        set_word(sh, run->environment[i]);
    sh->state.number = t->number;
    sh->state.subshell = 0;
    if (run->posix)
        sh->state.options |= OPT_POSIX;
    base_frame(sh, run->arguments, run->argument_count);
    text_release(sh->state.name, &n->meter);
    sh->state.name = NULL;
    sh->state.name = text_new(sh, run->name);
    t->name = str_lit("bash");
    shell_set_directory(sh);
    if (sh->state.seconds == 0)
        sh->state.seconds = sandbox_now(n);
    sh->interactive = run->interactive_messages;
    if (run->stdin_script) {
        read_input(sh);
    } else {
        sh->one_command = !run->script_file && !run->interactive_messages;
        if (run->script_file)
            frame_own(sh)->file = text_new(sh, run->name);
        read_script(sh, run->script);
    }
    return t;
}

/* --- bash and sh as commands --------------------------------------------------------------------- */

static void say_usage(struct shell *sh, struct str option, int status)
{
    struct buf out;
    buf_init(&out, sh->heap);
    buf_print(&out, "%S: %S: invalid option\n", text_str(sh->state.name), option);
    buf_print(&out, "Usage:\t%S [GNU long option] [option] ...\n\t%S [GNU long option] [option] script-file ...\n", text_str(sh->state.name),
              text_str(sh->state.name));
    buf_add_text(&out, "GNU long options:\n\t--debug\n\t--debugger\n\t--dump-po-strings\n\t--dump-strings\n\t--help\n\t--init-file\n"
                       "\t--login\n\t--noediting\n\t--noprofile\n\t--norc\n\t--posix\n\t--pretty-print\n\t--rcfile\n\t--restricted\n"
                       "\t--verbose\n\t--version\nShell options:\n\t-ilrsD or -c command or -O shopt_option\t\t(invocation only)\n"
                       "\t-abefhkmnptuvxBCEHPT or -o option\n");
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
    sh->status = status;
    sh->exiting = true;
}

/* -abc: letters of set, and those of the command line. False after a message. */
static bool take_letters(struct shell *sh, struct str word, bool *command, bool *input, const struct str *words, size_t count, size_t *at)
{
    bool on = word.data[0] == '-';
    for (size_t i = 1; i < word.length; i++) {
        char c = word.data[i];
        if (c == 'c') {
            *command = true;
        } else if (c == 's') {
            *input = true;
        } else if (c == 'o' || c == 'O') {
            if (*at + 1 >= count)
                continue;
            struct str name = words[++*at];
            const struct set_option *option = c == 'o' ? set_option_find(name) : NULL;
            int shopt = c == 'O' ? shopt_find(name) : -1;
            if (option)
                switch_bit(&sh->state.options, option->bit, on);
            else if (shopt >= 0)
                switch_bit(&sh->state.shopt, bit((enum shopt_bit)shopt), on);
            if (!option && shopt < 0) {
                struct buf out;
                buf_init(&out, sh->heap);
                struct str own = text_str(sh->state.name);
                if (c == 'o')
                    buf_print(&out, "%S: line 0: %S: %S: invalid option name\n", own, own, name);
                else
                    buf_print(&out, "%S: line 0: %S: invalid shell option name\n", own, name);
                shell_say(sh, buf_str(&out));
                buf_drop(&out);
                sh->status = 2;
                sh->exiting = true;
                return false;
            }
        } else if (c == 'l') {
            sh->state.shopt |= bit(SHOPT_LOGIN_SHELL);
        } else if (c == 'i' || c == 'r' || c == 'D') {
            continue;
        } else {
            const struct set_option *option = set_option_letter(c);
            if (!option) {
                say_usage(sh, word, 2);
                return false;
            }
            switch_bit(&sh->state.options, option->bit, on);
        }
    }
    return true;
}

static enum step script_refused(struct shell *sh, int error)
{
    struct buf out;
    struct str who = error == E_ISDIR || error == E_NOEXEC ? sh->script_path : str_lit("bash"); /* $0, once it is open */
    buf_init(&out, sh->heap);
    if (error == E_NOEXEC)
        buf_print(&out, "%S: %S: cannot execute binary file\n", who, sh->script_path);
    else
        buf_print(&out, "%S: %S: %m\n", who, sh->script_path, error);
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
    sh->status = error == E_NOENT ? 127 : 126;
    sh->waiting = WAIT_NOTHING;
    sh->exiting = true;
    return STEP_DONE;
}

/* Opens the file that is run: where it is, or where PATH finds it. */
static int open_script(struct shell *sh, struct file **file)
{
    struct task *t = sh->task;
    int error = file_open(t, sh->script_path, OPEN_READ, 0, file);
    if (error != E_NOENT || str_find(sh->script_path, '/') >= 0)
        return error;
    struct buf found;
    struct str path = str_lit("");
    buf_init(&found, sh->heap);
    shell_get(sh, str_lit("PATH"), &path);
    error = task_find_script(t, path, sh->script_path, &found);
    if (error) {
        buf_drop(&found);
        return error;
    }
    sh->script_path = buf_str(&found);
    struct frame *f = frame_own(sh);
    text_release(f->file, &sh->sandbox->meter);
    f->file = NULL;
    f->file = text_new(sh, sh->script_path);
    return file_open(t, sh->script_path, OPEN_READ, 0, file);
}

enum step shell_open_script(struct shell *sh)
{
    if (!sh->script_input) {
        struct file *file;
        int error = open_script(sh, &file);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (!error && file->kind == FILE_DIRECTORY) {
            file_close(file);
            error = E_ISDIR;
        }
        if (error)
            return script_refused(sh, error);
        sh->script_input = input_of(sh, file);
    }
    struct str text;
    switch (input_all(sh->script_input, &text)) {
    case INPUT_WAIT:
        return sh->reader_call->paused ? (sh->reader_call->paused = false, STEP_AGAIN) : STEP_WAIT;
    case INPUT_END: text = (struct str){0}; break;
    case INPUT_MORE: break;
    }
    sh->waiting = WAIT_NOTHING;
    if (task_is_binary(text)) {
        input_close(sh->script_input);
        sh->script_input = NULL;
        return script_refused(sh, E_NOEXEC);
    }
    read_script(sh, text);
    input_close(sh->script_input);
    sh->script_input = NULL;
    return STEP_DONE;
}

void shell_start_task(struct task *t, const struct str *words, size_t count, bool posix)
{
    t->kind = &shell_kind;
    struct shell *sh = new_shell(t);
    t->name = str_lit("bash");
    t->arguments = heap_alloc(&t->heap, count * sizeof *words + 1);
    memcpy(t->arguments, words, count * sizeof *words);
    t->argument_count = count;
    fresh_options(sh);
    sh->state.umask = t->umask;
    sh->state.number = t->number;
    sh->state.name = text_new(sh, words[0]);
    base_frame(sh, NULL, 0);
    for (size_t i = 0; t->environment && i < t->environment->count; i++)
        set_word(sh, t->environment->at[i]);
    default_variables(sh);
    raise_level(sh);
    if (posix)
        sh->state.options |= OPT_POSIX;
    struct str value;
    if (shell_get(sh, str_lit("POSIXLY_CORRECT"), &value))
        sh->state.options |= OPT_POSIX;
    shell_set_directory(sh);
    bool command = false, input = false;
    size_t at = 1;
    for (; at < count && words[at].length > 1 && (words[at].data[0] == '-' || words[at].data[0] == '+'); at++) {
        struct str word = words[at];
        if (str_is(word, "--")) {
            at++;
            break;
        }
        if (str_starts(word, "--")) {
            if (str_is(word, "--posix"))
                sh->state.options |= OPT_POSIX;
            else if (str_is(word, "--rcfile") || str_is(word, "--init-file"))
                at++;
            else if (str_is(word, "--version")) {
                read_script(sh, str_lit("echo 'GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)'"));
                return;
            } else if (str_is(word, "--help")) {
                read_script(sh, str_lit("printf '%s\\n' 'Usage:  bash [GNU long option] [option] ...' '        bash [GNU long option] "
                                        "[option] script-file ...' 'Type `bash -c \"help set\"'\\'' for the shell options, "
                                        "`bash -c help'\\'' for the builtin commands.'"));
                return;
            } else if (!str_is(word, "--norc") && !str_is(word, "--noprofile") && !str_is(word, "--login") &&
                       !str_is(word, "--noediting") && !str_is(word, "--verbose") && !str_is(word, "--restricted")) {
                say_usage(sh, word, 2);
                return;
            } else if (str_is(word, "--login")) {
                sh->state.shopt |= bit(SHOPT_LOGIN_SHELL);
            } else if (str_is(word, "--verbose")) {
                sh->state.options |= OPT_VERBOSE;
            }
            continue;
        }
        if (!take_letters(sh, word, &command, &input, words, count, &at))
            return;
    }
    if (at < count && str_is(words[at], "-"))
        at++;
    if (sh->state.options & OPT_POSIX)
        sh->state.shopt |= (uint64_t)1 << SHOPT_EXPAND_ALIASES | (uint64_t)1 << SHOPT_INHERIT_ERREXIT | (uint64_t)1 << SHOPT_SHIFT_VERBOSE;
    if (command) {
        if (at >= count) {
            struct buf out;
            buf_init(&out, sh->heap);
            buf_print(&out, "%S: -c: option requires an argument\n", text_str(sh->state.name));
            shell_say(sh, buf_str(&out));
            buf_drop(&out);
            sh->status = 2;
            sh->exiting = true;
            return;
        }
        struct str script = words[at++];
        sh->one_command = true;
        if (at < count) {
            text_release(sh->state.name, &sh->sandbox->meter);
            sh->state.name = NULL;
            sh->state.name = text_new(sh, words[at++]);
        }
        base_frame(sh, words + at, count - at);
        read_script(sh, script);
        return;
    }
    if (at < count && !input) {
        text_release(sh->state.name, &sh->sandbox->meter);
        sh->state.name = NULL;
        sh->state.name = text_new(sh, words[at]);
        sh->script_path = str_copy(sh->heap, words[at]);
        base_frame(sh, words + at + 1, count - at - 1);
        struct frame *f = frame_own(sh);
        f->file = text_new(sh, words[at]);
        sh->waiting = WAIT_SCRIPT;
        return;
    }
    base_frame(sh, words + at, count - at);
    read_input(sh);
}

/* --- for people ------------------------------------------------------------------------------------- */

void shell_describe(struct nacre *n, struct heap *scratch, struct str script, struct buf *text)
{
    struct source s = {.text = script, .line = 1, .ended = true};
    struct code *code;
    for (;;) {
        switch (parse_next(&s, scratch, &code)) {
        case PARSE_CODE:
            code_print(code, text);
            buf_add_byte(text, '\n');
            code_release(code, &n->meter);
            continue;
        case PARSE_ERROR: buf_print(text, "line %d: %S\n", s.message_line, buf_str(&s.message)); return;
        default: return;
        }
    }
}

bool shell_variable(struct nacre *n, struct str name, struct buf *value)
{
    struct shell sh;
    struct session *s = n->shell;
    struct str text;
    stand_in(&sh, n);
    sh.state = s->state;
    union entry entry;
    if (!shell_is_name(name) || !btree_find(sh.state.variables, name, &entry))
        return false;
    if (!shell_get(&sh, name, &text))
        return false;
    buf_add(value, text);
    return true;
}

void shell_names(struct nacre *n, void (*visit)(void *user, struct str name), void *user)
{
    const struct session *s = n->shell;
    const struct btree trees[] = {s->state.functions, s->state.aliases};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct btree_walk walk;
        struct str name;
        union entry entry;
        btree_walk_start(&walk, trees[i]);
        while (btree_walk_next(&walk, &name, &entry))
            visit(user, name);
    }
}

int shell_complete(struct nacre *n, struct heap *scratch, struct str script)
{
    struct source s = {.text = script, .line = 1, .ended = false};
    struct code *code;
    for (;;) {
        switch (parse_next(&s, scratch, &code)) {
        case PARSE_CODE: code_release(code, &n->meter); continue;
        case PARSE_MORE: return 0;
        default: return 1;
        }
    }
}
