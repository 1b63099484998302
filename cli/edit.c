/* cli/edit.c - a shell to type into: the only includer of libedit. Without it lines are read plainly.
 *
 * Lines are runs in one session. Words of the program begin with % and stand alone on a line: they are about the
 * sandbox, not in it.
 */
#include "cli/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBEDIT
#include <histedit.h>
#endif

enum { FORKS_MOST = 64 };

struct edit {
    struct program *p;
    nacre *start;             /* as it was loaded, or last applied */
    nacre *forks[FORKS_MOST]; /* gone back to by %back */
    int fork_count;
    int status;               /* of the last line */
    bool more;                /* a line goes on */
    char prompt[512];
    char *plain;              /* getline's */
    size_t plain_room;
#ifdef HAVE_LIBEDIT
    EditLine *el;
    History *history;
    char history_file[1024];
#endif
};

static const struct word {
    const char *name, *argument, *help;
} words[] = {
    {"%diff", "[FILE]", "show the change so far, or write it to FILE"},
    {"%status", "", "show the paths that changed"},
    {"%apply", "", "write the change back to the directory"},
    {"%drop", "", "drop the change: all is as it was loaded or last applied"},
    {"%fork", "", "remember how everything is now"},
    {"%back", "", "go back to what the last %fork remembered"},
    {"%help", "", "show this"},
    {"%quit", "", "end, as Ctrl-D does"},
};
enum { WORDS = sizeof words / sizeof words[0] };

/* --- what a prompt says ----------------------------------------------------------------------- */

static void make_prompt(struct edit *e)
{
    struct nacre_text pwd;
    if (e->more) {
        snprintf(e->prompt, sizeof e->prompt, "> ");
        return;
    }
    if (nacre_variable(e->p->n, (struct nacre_text){"PWD", 3}, &pwd) < 0)
        pwd = (struct nacre_text){"", 0};
    char depth[16] = "";
    if (e->fork_count)
        snprintf(depth, sizeof depth, "+%d", e->fork_count);
    snprintf(e->prompt, sizeof e->prompt, "nacre%s:%.*s$ ", depth, pwd.length > 400 ? 400 : (int)pwd.length, pwd.data);
}

/* --- completion -------------------------------------------------------------------------------- */

#ifdef HAVE_LIBEDIT

struct candidates {
    char **list;
    size_t count, room;
};

static void add_candidate(struct candidates *c, const char *name, size_t length, const char *tail)
{
    if (c->count == c->room) {
        size_t room = c->room ? c->room * 2 : 64;
        char **more = realloc(c->list, room * sizeof *more);
        if (!more)
            return;
        c->list = more;
        c->room = room;
    }
    char *copy = malloc(length + strlen(tail) + 1);
    if (!copy)
        return;
    memcpy(copy, name, length);
    strcpy(copy + length, tail);
    c->list[c->count++] = copy;
}

static bool begins(const char *name, size_t length, const char *with, size_t with_length)
{
    return length >= with_length && memcmp(name, with, with_length) == 0;
}

static void complete_command(struct edit *e, struct candidates *c, const char *word, size_t length)
{
    struct nacre_command command = {.size = sizeof command};
    for (size_t i = 0; nacre_command(e->p->n, i, &command) == 0; i++)
        if (begins(command.name.data, command.name.length, word, length))
            add_candidate(c, command.name.data, command.name.length, " ");
}

static void complete_option(struct edit *e, struct candidates *c, const char *command, size_t command_length, const char *word,
                            size_t length)
{
    struct nacre_command found = {.size = sizeof found};
    size_t at = 0;
    while (nacre_command(e->p->n, at, &found) == 0 &&
           (found.name.length != command_length || memcmp(found.name.data, command, command_length) != 0))
        at++;
    int letter;
    const char *name, *argument, *help;
    for (size_t i = 0; nacre_command_option(e->p->n, at, i, &letter, &name, &argument, &help) == 0; i++) {
        char text[128];
        if (name) {
            snprintf(text, sizeof text, "--%s", name);
            if (begins(text, strlen(text), word, length))
                add_candidate(c, text, strlen(text), argument && argument[0] != '[' ? "=" : " ");
        }
        if (letter && length < 2) {
            snprintf(text, sizeof text, "-%c", letter);
            add_candidate(c, text, strlen(text), " ");
        }
    }
}

/* Adds a path as the shell reads it. */
static size_t quote(char *to, size_t room, const char *from, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length && count + 3 < room; i++) {
        if (strchr(" \t\n\"'`$\\|&;<>(){}*?[]#~!", from[i]))
            to[count++] = '\\';
        to[count++] = from[i];
    }
    to[count] = 0;
    return count;
}

static void complete_path(struct edit *e, struct candidates *c, const char *word, size_t length)
{
    char folder[4096], name[4096], last[256] = "", text[8192];
    size_t slash = 0, count = 0;
    for (size_t i = 0; i < length && count + 1 < sizeof name; i++) { /* without its backslashes */
        if (word[i] == '\\' && i + 1 < length)
            i++;
        name[count++] = word[i];
    }
    for (size_t i = 0; i < count; i++)
        if (name[i] == '/')
            slash = i + 1;
    struct nacre_text pwd = {"/", 1};
    if (slash == 0 || name[0] != '/')
        nacre_variable(e->p->n, (struct nacre_text){"PWD", 3}, &pwd);
    if (slash && name[0] == '/')
        snprintf(folder, sizeof folder, "%.*s", (int)slash, name);
    else
        snprintf(folder, sizeof folder, "%.*s/%.*s", (int)pwd.length, pwd.data, (int)slash, name);
    for (;;) {
        struct nacre_entry entry = {.size = sizeof entry};
        int error = nacre_list(e->p->n, (struct nacre_text){folder, strlen(folder)}, (struct nacre_text){last, strlen(last)}, &entry);
        if (error == NACRE_E_LOAD && run_load(e->p) == 0)
            continue;
        if (error || entry.name.length >= sizeof last)
            return;
        memcpy(last, entry.name.data, entry.name.length);
        last[entry.name.length] = 0;
        bool hidden = last[0] == '.' && (count == slash || name[slash] != '.');
        if (hidden || !begins(last, strlen(last), name + slash, count - slash))
            continue;
        size_t head = quote(text, sizeof text, name, slash);
        head += quote(text + head, sizeof text - head, last, strlen(last));
        add_candidate(c, text, head, entry.kind == NACRE_DIRECTORY ? "/" : " ");
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Where the word that ends at `length` begins, and whether a command is expected there; *command is the word before its arguments. */
static size_t find_word(const char *line, size_t length, bool *first, const char **command, size_t *command_length)
{
    size_t start = 0;
    bool expected = true;
    *command = NULL;
    *command_length = 0;
    for (size_t i = 0; i < length;) {
        while (i < length && (line[i] == ' ' || line[i] == '\t'))
            i++;
        start = i;
        *first = expected;
        while (i < length && !strchr(" \t|&;()<>", line[i]))
            i += line[i] == '\\' && i + 1 < length ? 2 : 1;
        if (i >= length)
            return start > length ? length : start;
        if (i > start && expected) {
            *command = line + start;
            *command_length = i - start;
            expected = false;
        }
        if (strchr("|&;(", line[i]))
            expected = true;
        if (line[i] != ' ' && line[i] != '\t')
            i++;
        start = i;
        *first = expected;
    }
    return start;
}

static unsigned char complete(EditLine *el, int key)
{
    struct edit *e;
    struct candidates c = {0};
    const LineInfo *info = el_line(el);
    size_t length = (size_t)(info->cursor - info->buffer), command_length;
    bool first = true;
    const char *command;
    unsigned char answer = CC_ERROR;
    (void)key;
    el_get(el, EL_CLIENTDATA, &e);
    size_t start = find_word(info->buffer, length, &first, &command, &command_length);
    const char *word = info->buffer + start;
    size_t word_length = length - start;
    if (word_length && word[0] == '%' && start == 0) {
        for (int i = 0; i < WORDS; i++)
            if (begins(words[i].name, strlen(words[i].name), word, word_length))
                add_candidate(&c, words[i].name, strlen(words[i].name), " ");
    } else if (first && !memchr(word, '/', word_length)) {
        complete_command(e, &c, word, word_length);
    } else if (word_length && word[0] == '-' && command) {
        complete_option(e, &c, command, command_length, word, word_length);
    } else {
        complete_path(e, &c, word, word_length);
    }
    if (c.count) {
        qsort(c.list, c.count, sizeof *c.list, by_name);
        size_t common = strlen(c.list[0]);
        for (size_t i = 1; i < c.count; i++) {
            size_t same = 0;
            while (same < common && c.list[0][same] == c.list[i][same])
                same++;
            common = same;
        }
        if (common > word_length && begins(c.list[0], common, word, word_length)) {
            c.list[0][common] = 0;
            el_insertstr(el, c.list[0] + word_length);
            answer = CC_REFRESH;
        } else if (c.count > 1) {
            putchar('\n');
            for (size_t i = 0; i < c.count && i < 200; i++)
                printf("%s%s", i ? "  " : "", c.list[i]);
            printf(c.count > 200 ? " ... %zu in all\n" : "\n", c.count);
            fflush(stdout);
            answer = CC_REDISPLAY;
        }
    }
    for (size_t i = 0; i < c.count; i++)
        free(c.list[i]);
    free(c.list);
    return answer;
}

static char *tell_prompt(EditLine *el)
{
    struct edit *e;
    el_get(el, EL_CLIENTDATA, &e);
    return e->prompt;
}

/* $NACRE_HISTORY, else below $XDG_STATE_HOME or ~/.local/state; empty: none is kept. */
static void find_history(struct edit *e)
{
    const char *file = getenv("NACRE_HISTORY"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char folder[900] = "";
    if (file) {
        snprintf(e->history_file, sizeof e->history_file, "%s", file);
        return;
    }
    if (state && *state == '/')
        snprintf(folder, sizeof folder, "%s/nacre", state);
    else if (home && *home == '/')
        snprintf(folder, sizeof folder, "%s/.local/state/nacre", home);
    else
        return;
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(folder, 0700);
        *slash = '/';
    }
    mkdir(folder, 0700);
    snprintf(e->history_file, sizeof e->history_file, "%s/history", folder);
}

static bool open_editor(struct edit *e)
{
    HistEvent event;
    e->el = el_init("nacre", stdin, stdout, stderr);
    e->history = history_init();
    if (!e->el || !e->history)
        return false;
    history(e->history, &event, H_SETSIZE, 5000);
    history(e->history, &event, H_SETUNIQUE, 1);
    find_history(e);
    if (*e->history_file)
        history(e->history, &event, H_LOAD, e->history_file);
    el_set(e->el, EL_CLIENTDATA, e);
    el_set(e->el, EL_PROMPT, tell_prompt);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_SIGNAL, 0);
    el_set(e->el, EL_HIST, history, e->history);
    el_set(e->el, EL_ADDFN, "nacre-complete", "complete", complete);
    el_set(e->el, EL_BIND, "^I", "nacre-complete", NULL);
    el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(e->el, NULL);
    return true;
}

static void close_editor(struct edit *e)
{
    HistEvent event;
    if (e->history && *e->history_file) {
        mode_t before = umask(077);
        history(e->history, &event, H_SAVE, e->history_file);
        umask(before);
    }
    if (e->history)
        history_end(e->history);
    if (e->el)
        el_end(e->el);
}

/* A line with its newline: its length, 0 at the end, -1 when it was interrupted. */
static ssize_t read_line(struct edit *e, const char **line)
{
    int count = 0;
    if (!e->el)
        return 0;
    errno = 0;
    *line = el_gets(e->el, &count);
    if (*line && count > 0)
        return count;
    if (errno == EINTR) {
        el_set(e->el, EL_REFRESH);
        putchar('\n');
        fflush(stdout);
        el_reset(e->el);
        return -1;
    }
    return 0;
}

static void remember(struct edit *e, const char *line)
{
    HistEvent event;
    if (line[strspn(line, " \t\n")])
        history(e->history, &event, H_ENTER, line);
}

#else

static bool open_editor(struct edit *e)
{
    (void)e;
    return true;
}

static void close_editor(struct edit *e)
{
    (void)e;
}

static ssize_t read_line(struct edit *e, const char **line)
{
    fputs(e->prompt, stdout);
    fflush(stdout);
    errno = 0;
    ssize_t count = getline(&e->plain, &e->plain_room, stdin);
    *line = e->plain;
    if (count > 0)
        return count;
    if (errno == EINTR) {
        clearerr(stdin);
        putchar('\n');
        return -1;
    }
    return 0;
}

static void remember(struct edit *e, const char *line)
{
    (void)e;
    (void)line;
}

#endif

/* --- words of the program ------------------------------------------------------------------------------ */

static void say(const char *text)
{
    fprintf(stderr, "nacre: %s\n", text);
}

static void show_status(struct edit *e)
{
    struct nacre_change c = {.size = sizeof c};
    int64_t count = find_changes(e->p);
    if (count < 0)
        say(error_name((int)count));
    for (int64_t i = 0; i < count; i++) {
        if (nacre_change(e->p->n, (size_t)i, &c) < 0)
            continue;
        if (c.is.kind == NACRE_DIRECTORY && c.was.kind == NACRE_DIRECTORY && !(c.what & ~(unsigned)NACRE_CHANGE_TIMES))
            continue;
        printf("%c %.*s\n", c.what & NACRE_CHANGE_ADDED ? 'A' : c.what & NACRE_CHANGE_REMOVED ? 'D' : 'M', (int)c.path.length, c.path.data);
    }
    fflush(stdout);
}

/* What is there now becomes where %drop goes back to. */
static bool set_start(struct edit *e)
{
    nacre *copy;
    int error = nacre_fork(e->p->n, &copy);
    if (error) {
        say(error_name(error));
        return false;
    }
    nacre_free(e->start);
    e->start = copy;
    return true;
}

static void do_apply(struct edit *e)
{
    if (!e->p->host) {
        say("there is no directory to apply to: start with --root DIR");
        return;
    }
    if (apply_changes(e->p) < 0)
        return;
    nacre_set_base(e->p->n);
    set_start(e);
    if (e->fork_count)
        say("what %fork remembered is forgotten: it is not what the directory was");
    while (e->fork_count)
        nacre_free(e->forks[--e->fork_count]);
    say("applied");
}

static void do_drop(struct edit *e)
{
    nacre *copy;
    int error = e->start ? nacre_fork(e->start, &copy) : NACRE_E_STATE;
    if (error) {
        say(error_name(error));
        return;
    }
    nacre_free(e->p->n);
    e->p->n = copy;
    say("dropped");
}

static void do_fork(struct edit *e)
{
    nacre *copy;
    if (e->fork_count == FORKS_MOST) {
        say("no more than 64 forks");
        return;
    }
    int error = nacre_fork(e->p->n, &copy);
    if (error) {
        say(error_name(error));
        return;
    }
    e->forks[e->fork_count++] = e->p->n;
    e->p->n = copy;
}

static void do_back(struct edit *e)
{
    if (!e->fork_count) {
        say("there is no %fork to go back to");
        return;
    }
    nacre_free(e->p->n);
    e->p->n = e->forks[--e->fork_count];
}

/* Is the line one of the program's? *done: end. */
static bool take_word(struct edit *e, const char *line, bool *done)
{
    char name[32] = "", argument[4000] = "", rest[2] = "";
    if (sscanf(line, " %31s %3999s %1s", name, argument, rest) < 1 || name[0] != '%' || rest[0])
        return false;
    int found = -1;
    for (int i = 0; i < WORDS; i++)
        if (strcmp(words[i].name, name) == 0)
            found = i;
    if (found < 0 || (*argument && !*words[found].argument)) {
        if (name[1] >= 'a' && name[1] <= 'z')
            say("not a word of the program: see %help");
        return name[1] >= 'a' && name[1] <= 'z';
    }
    switch (found) {
    case 0: write_diff(e->p, NULL, *argument ? argument : NULL); break;
    case 1: show_status(e); break;
    case 2: do_apply(e); break;
    case 3: do_drop(e); break;
    case 4: do_fork(e); break;
    case 5: do_back(e); break;
    case 6:
        for (int i = 0; i < WORDS; i++)
            printf("%-8s%-7s %s\n", words[i].name, words[i].argument, words[i].help);
        fflush(stdout);
        break;
    default: *done = true; break;
    }
    return true;
}

/* --- the loop --------------------------------------------------------------------------------------------- */

/* Runs what was typed: true when the shell was left. */
static bool run_line(struct edit *e, const struct bytes *line)
{
    struct program *p = e->p;
    struct nacre_run run = {.size = sizeof run,
                            .script = {line->data, line->length},
                            .input_open = 1,
                            .interactive_messages = 1,
                            .posix = p->posix};
    struct nacre_text environment[64];
    size_t count = p->environment_count < 64 ? p->environment_count : 64;
    for (size_t i = 0; i < count; i++)
        environment[i] = (struct nacre_text){p->environment[i], strlen(p->environment[i])};
    if (e->status < 0) { /* the first line */
        run.environment = environment;
        run.environment_count = count;
        if (p->cwd)
            run.directory = (struct nacre_text){p->cwd, strlen(p->cwd)};
    }
    p->input_ended = false;
    int error = run_script(p, &run);
    if (error) {
        say(error_name(error));
        e->status = EXIT_PROGRAM;
        return true;
    }
    struct outcome o = run_steps(p, &(struct sink){{-1, STDOUT_FILENO, STDERR_FILENO}, {NULL}});
    e->status = o.status;
    tell_left_out(p);
    struct nacre_text missing, meant;
    if (!p->quiet && find_hint(p, &missing, &meant))
        fprintf(stderr, "nacre: did you mean %.*s?\n", (int)meant.length, meant.data);
    return nacre_exited(p->n);
}

int edit_loop(struct program *p)
{
    struct edit e = {.p = p, .status = -1};
    struct bytes line = {0};
    bool done = false;
    if (!open_editor(&e)) {
        say("no line editor");
        close_editor(&e);
        return EXIT_PROGRAM;
    }
    static const char first[] = "shopt -s expand_aliases"; /* it also takes --env and --cwd, and says when they are wrong */
    bytes_add(&line, first, sizeof first - 1);
    run_line(&e, &line);
    line.length = 0;
    if (e.status == EXIT_PROGRAM)
        done = true;
    else
        set_start(&e);
    if (!done && !p->quiet)
        say("type %help for what is not the shell's");
    while (!done) {
        const char *text;
        e.more = line.length > 0;
        make_prompt(&e);
        ssize_t count = read_line(&e, &text);
        if (count == 0 && line.length == 0)
            break;
        if (count <= 0) { /* Ctrl-C, or Ctrl-D in the middle: the lines typed so far are dropped */
            line.length = 0;
            continue;
        }
        if (!e.more && take_word(&e, text, &done)) {
            remember(&e, text);
            continue;
        }
        if (!bytes_add(&line, text, (size_t)count))
            break;
        if (nacre_complete(p->n, (struct nacre_text){line.data, line.length}) == 0)
            continue;
        remember(&e, line.data);
        if (line.data[strspn(line.data, " \t\n")] && run_line(&e, &line))
            break;
        line.length = 0;
    }
    if (!done && e.status >= 0)
        putchar('\n');
    fflush(stdout);
    close_editor(&e);
    while (e.fork_count)
        nacre_free(e.forks[--e.fork_count]);
    nacre_free(e.start);
    free(e.plain);
    free(line.data);
    return e.status < 0 ? 0 : e.status;
}
