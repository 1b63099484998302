/* builtins/complete.c - complete, compgen, compopt and bind: there is no line to complete, but what was said is kept, and compgen lists what could be. */
#include "builtins/lookup.h"
#include "builtins/variables.h"
#include "regex/glob.h"
#include "shell/options.h"
#include "shell/print.h"
#include "shell/vm.h"
#include "task/sandbox.h"

enum action {
    ACTION_ALIAS = 1, ACTION_BUILTIN = 2, ACTION_FILE = 4, ACTION_DIRECTORY = 8, ACTION_FUNCTION = 16, ACTION_KEYWORD = 32,
    ACTION_VARIABLE = 64, ACTION_EXPORT = 128, ACTION_ARRAY = 256, ACTION_WORDS = 512, ACTION_NONE = 1024, ACTION_SETOPT = 2048,
    ACTION_SHOPT = 4096, ACTION_PROGRAM = 8192
};

static const struct {
    const char *name;
    unsigned actions;
    char letter;
} actions[] = {
    {"alias", ACTION_ALIAS, 'a'}, {"arrayvar", ACTION_ARRAY, 0}, {"builtin", ACTION_BUILTIN, 'b'},
    {"command", ACTION_ALIAS | ACTION_KEYWORD | ACTION_FUNCTION | ACTION_BUILTIN | ACTION_PROGRAM, 'c'}, {"directory", ACTION_DIRECTORY, 'd'},
    {"disabled", ACTION_NONE, 0}, {"enabled", ACTION_BUILTIN, 0}, {"export", ACTION_EXPORT, 'e'}, {"file", ACTION_FILE, 'f'},
    {"function", ACTION_FUNCTION, 0}, {"group", ACTION_NONE, 'g'}, {"helptopic", ACTION_BUILTIN, 0}, {"hostname", ACTION_NONE, 0},
    {"job", ACTION_NONE, 'j'}, {"keyword", ACTION_KEYWORD, 'k'}, {"running", ACTION_NONE, 0}, {"service", ACTION_NONE, 's'},
    {"setopt", ACTION_SETOPT, 0}, {"shopt", ACTION_SHOPT, 0}, {"signal", ACTION_NONE, 0}, {"stopped", ACTION_NONE, 0},
    {"user", ACTION_NONE, 'u'}, {"variable", ACTION_VARIABLE, 'v'}, {"binding", ACTION_NONE, 0},
};

struct compgen {
    unsigned wanted;
    struct str words, prefix, suffix, filter, word, function, command;
    struct buf given;   /* complete: the options as they are shown */
    struct buf arguments;
    size_t next;
    bool print, remove;
    char special;       /* -D, -E, -I */
    bool found;
    bool more_folders, else_folders, else_files; /* -o plusdirs, dirnames, default */
    bool named, asked;  /* all names were offered; what is to be done when nothing was found is being done */
    struct task *task;  /* for the hold */
    struct hold *hold;  /* on the listing */
    struct listing listing;
    struct buf path;    /* the file being looked at */
    bool listed;
};

static bool is_option(struct str name)
{
    static const char *const names[] = {"bashdefault", "default", "dirnames", "filenames", "noquote", "nosort", "nospace", "plusdirs"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

/* Those with a value are shown behind those without, -F last; all in bash's order, which is nearly that of writing. */
static void note(struct compgen *g, int letter, struct str value)
{
    if (letter == 'p' || letter == 'r' || letter == 'D' || letter == 'E' || letter == 'I')
        return;
    if (!strchr("oAGWFCXPS", letter)) {
        buf_print(&g->given, "-%c ", letter);
        return;
    }
    for (size_t i = 0; letter == 'A' && i < sizeof actions / sizeof *actions; i++)
        if (actions[i].letter && str_is(value, actions[i].name)) {
            buf_print(&g->given, "-%c ", actions[i].letter);
            return;
        }
    struct buf *out = letter == 'o' || letter == 'A' ? &g->given : &g->arguments;
    buf_print(out, "-%c ", letter);
    if (strchr("GWXPSC", letter))
        quote_single(out, value);
    else
        buf_add(out, value);
    buf_add_byte(out, ' ');
}

static int parse(struct call *c, struct compgen *g, const char *letters, size_t *first)
{
    struct options o = {0};
    int letter;
    buf_init(&g->given, c->heap);
    buf_init(&g->path, c->heap);
    buf_init(&g->arguments, c->heap);
    while ((letter = options_next(c, &o, letters))) {
        bool known = false;
        if (letter < 0)
            return options_failed(c, letter);
        note(g, letter, o.value);
        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
            if (actions[i].letter == letter || (letter == 'A' && str_is(o.value, actions[i].name))) {
                g->wanted |= actions[i].actions;
                known = true;
            }
        switch (letter) {
        case 'o':
            if (!is_option(o.value)) {
                call_error(c, "%S: invalid option name", o.value);
                return 2;
            }
            g->more_folders |= str_is(o.value, "plusdirs");
            g->else_folders |= str_is(o.value, "dirnames");
            g->else_files |= str_is(o.value, "default") || str_is(o.value, "bashdefault");
            break;
        case 'A':
            if (!known) {
                call_error(c, "%S: invalid action name", o.value);
                return 2;
            }
            break;
        case 'W': g->words = o.value; g->wanted |= ACTION_WORDS; break;
        case 'P': g->prefix = o.value; break;
        case 'S': g->suffix = o.value; break;
        case 'X': g->filter = o.value; break;
        case 'F': g->function = o.value; break;
        case 'C': g->command = o.value; break;
        case 'p': g->print = true; break;
        case 'r': g->remove = true; break;
        case 'D':
        case 'E':
        case 'I': g->special = (char)letter; break;
        default: break;
        }
    }
    *first = o.next;
    return 0;
}

/* A function or command finds what there is: it is run, and what it left is shown. */
static void ask(struct call *c, struct compgen *g)
{
    struct buf text;
    buf_init(&text, c->shell->heap);
    bool negated = g->filter.length && g->filter.data[0] == '!';
    call_warn(c, "warning: -%c option may not work as you expect", g->function.length ? 'F' : 'C');
    if (g->function.length) {
        buf_print(&text, "COMP_WORDS=() COMP_CWORD=-1 COMP_LINE= COMP_POINT=0; unset COMPREPLY; %S compgen ", g->function);
        quote_single(&text, g->word);
        buf_add_text(&text, " ''; unset COMP_WORDS COMP_CWORD COMP_LINE COMP_POINT; [ ${#COMPREPLY[@]} -gt 0 ] && ");
        if (g->filter.length) { /* a pattern, in a variable: it may hold anything */
            buf_add_text(&text, "COMP_FILTER=");
            quote_single(&text, str_after(g->filter, negated));
            buf_print(&text, " && for COMP_CWORD in \"${COMPREPLY[@]}\"; do [[ $COMP_CWORD %s $COMP_FILTER ]] && printf ", negated ? "==" : "!=");
        } else {
            buf_add_text(&text, "printf ");
        }
        quote_single(&text, g->prefix);
        buf_add_text(&text, "'%s'");
        quote_single(&text, g->suffix);
        buf_add_text(&text, g->filter.length ? "'\\n' \"$COMP_CWORD\"; done; unset COMP_CWORD COMP_FILTER" : "'\\n' \"${COMPREPLY[@]}\"");
    } else {
        buf_print(&text, "%S compgen ", g->command);
        quote_single(&text, g->word);
        buf_add_text(&text, " ''");
    }
    c->shell->request = (struct request){.kind = REQUEST_EVAL, .text = text.data, .length = text.length};
}

static int compgen_start(struct call *c)
{
    struct compgen *g = c->state;
    size_t first;
    int status = parse(c, g, "abcdefgjksuvo:A:G:W:F:C:X:P:S:", &first);
    if (status || c->finished)
        return status;
    if (first < c->argc)
        g->word = c->argv[first];
    if (g->function.length || g->command.length)
        ask(c, g);
    return 0;
}

/* Prints a candidate if the word is its beginning. */
static void offer(struct call *c, struct compgen *g, struct str candidate)
{
    call_charge(c, 1);
    if (candidate.length < g->word.length || (g->word.length && memcmp(candidate.data, g->word.data, g->word.length) != 0))
        return;
    if (g->filter.length) {
        bool keeps = g->filter.data[0] == '!';
        struct glob *glob = glob_compile(c->heap, str_after(g->filter, keeps), GLOB_EXTENDED);
        bool match = glob_match(glob, c->heap, candidate);
        glob_free(c->heap, glob);
        if (match != keeps)
            return;
    }
    call_format(c, "%S%S%S\n", g->prefix, candidate, g->suffix);
    g->found = true;
}

static void offer_names(struct call *c, struct compgen *g, struct btree tree)
{
    struct btree_walk walk;
    struct str name;
    union entry entry;
    btree_walk_start(&walk, tree);
    while (btree_walk_next(&walk, &name, &entry))
        offer(c, g, name);
}

static void offer_variables(struct call *c, struct compgen *g)
{
    struct variable_walk walk;
    struct variable *v;
    variable_walk_start(&walk, c->heap);
    while ((v = variable_walk_next(&walk, c->shell))) {
        bool array = v->flags & (VAR_ARRAY | VAR_ASSOC);
        if ((g->wanted & ACTION_VARIABLE && (v->flags & VAR_SET || v->value)) || (g->wanted & ACTION_EXPORT && v->flags & VAR_EXPORT) ||
            (g->wanted & ACTION_ARRAY && array))
            offer(c, g, buf_str(&walk.last));
    }
}

static void offer_keywords(struct call *c, struct compgen *g)
{
    for (const char *const *word = parse_keywords; *word; word++)
        offer(c, g, str_from(*word));
}

/* The words of a list: split at IFS where it is not quoted, then expanded. */
static void offer_words(struct call *c, struct compgen *g)
{
    struct str ifs = str_lit(" \t\n"), value;
    struct buf store;
    if (shell_get(c->shell, str_lit("IFS"), &value))
        ifs = str_copy(c->heap, value);
    struct buf known;
    buf_init(&known, c->heap);
    if (has_substitution(g->words) && foreseen(c->shell, g->words, false, &known)) { /* expanded already: only split */
        struct str rest = buf_str(&known);
        for (size_t at = 0, from = 0; at <= rest.length; at++)
            if (at == rest.length || str_find(ifs, rest.data[at]) >= 0) {
                if (at > from)
                    offer(c, g, str_of(rest.data + from, at - from));
                from = at + 1;
            }
        return;
    }
    for (size_t at = 0; at < g->words.length;) {
        size_t from = at;
        char quote = 0;
        for (; at < g->words.length; at++) {
            char b = g->words.data[at];
            if (b == '\\' && quote != '\'')
                at++;
            else if (quote)
                quote = b == quote ? 0 : quote;
            else if (b == '\'' || b == '"')
                quote = b;
            else if (str_find(ifs, b) >= 0)
                break;
        }
        if (at > g->words.length)
            at = g->words.length;
        if (at > from) {
            offer(c, g, subscript_expand(c->shell, str_of(g->words.data + from, at - from), &store));
            buf_drop(&store);
        }
        at++;
    }
}

static void release_listing(void *thing, struct meter *m)
{
    struct compgen *g = thing;
    (void)m;
    listing_release(g->task, &g->listing);
}

/* Files whose name begins with the word: 0 or E_WAIT. */
static int offer_files(struct call *c, struct compgen *g)
{
    ptrdiff_t slash = str_find_last(g->word, '/');
    struct str folder = slash < 0 ? str_lit(".") : slash == 0 ? str_lit("/") : str_first(g->word, (size_t)slash), name;
    struct str start = str_after(g->word, (size_t)(slash + 1));
    uint64_t number;
    g->task = c->task;
    if (!g->hold)
        g->hold = heap_hold(c->heap, release_listing);
    int error = g->listed ? 0 : task_list(c->task, folder, &g->listing);
    if (error)
        return error == E_WAIT ? E_WAIT : 0;
    g->listed = true;
    g->hold->thing = g;
    for (;;) {
        struct stat_info info;
        if (!g->path.length) { /* else: once more the one that had to wait */
            if (!listing_next(c->task, &g->listing, &name, &number))
                break;
            if (!str_equal(str_first(name, start.length), start) || (name.data[0] == '.' && !start.length))
                continue;
            buf_add(&g->path, str_first(g->word, (size_t)(slash + 1)));
            buf_add(&g->path, name);
        }
        error = g->wanted & ACTION_FILE ? 0 : task_stat(c->task, buf_str(&g->path), true, &info);
        if (error == E_WAIT)
            return E_WAIT;
        if (g->wanted & ACTION_FILE || (!error && info.kind == NODE_DIRECTORY))
            offer(c, g, buf_str(&g->path));
        buf_clear(&g->path);
    }
    g->hold->thing = NULL;
    listing_release(c->task, &g->listing);
    return 0;
}

/* In bash's order: files come last. */
static void offer_all_names(struct call *c, struct compgen *g)
{
    struct shell *sh = c->shell;
    struct nacre *n = sh->sandbox;
    unsigned wanted = g->wanted;
    if (wanted & ACTION_ALIAS)
        offer_names(c, g, sh->state.aliases);
    g->wanted = wanted & ACTION_ARRAY;
    if (g->wanted)
        offer_variables(c, g);
    g->wanted = wanted & ACTION_EXPORT;
    if (wanted & ACTION_BUILTIN)
        for (size_t i = 0; i < n->command_count; i++)
            if (n->commands[i]->flags & COMMAND_BUILTIN)
                offer(c, g, str_from(n->commands[i]->name));
    if (g->wanted)
        offer_variables(c, g);
    if (wanted & ACTION_FUNCTION)
        offer_names(c, g, sh->state.functions);
    if (wanted & ACTION_KEYWORD)
        offer_keywords(c, g);
    if (wanted & ACTION_SETOPT)
        for (int i = 0; i < SET_OPTION_COUNT; i++)
            offer(c, g, str_from(set_options[i].name));
    if (wanted & ACTION_SHOPT)
        for (int i = 0; i < SHOPT_COUNT; i++)
            offer(c, g, str_from(shopt_names[i]));
    g->wanted = wanted & ACTION_VARIABLE;
    if (g->wanted)
        offer_variables(c, g);
    if (wanted & ACTION_PROGRAM) /* those of the standard tree */
        for (size_t i = 0; i < n->command_count; i++)
            if (!(n->commands[i]->flags & COMMAND_NO_FILE))
                offer(c, g, str_from(n->commands[i]->name));
    g->wanted = wanted;
}

static enum step compgen_step(struct call *c)
{
    struct compgen *g = c->state;
    struct shell *sh = c->shell;
    if (!call_go(c))
        return STEP_AGAIN;
    if (!g->named) {
        g->named = true;
        offer_all_names(c, g);
    }
    if (g->wanted & (ACTION_FILE | ACTION_DIRECTORY) && offer_files(c, g) == E_WAIT)
        return STEP_WAIT;
    if (g->wanted & ACTION_WORDS && !g->asked)
        offer_words(c, g);
    if (sh->request.kind == REQUEST_EVAL)
        return call_exit(c, 0);
    if (!g->asked && (g->more_folders || (!g->found && (g->else_files || g->else_folders)))) {
        g->asked = true;
        g->wanted = g->else_files && !g->found ? ACTION_FILE : ACTION_DIRECTORY;
        g->listed = false;
        g->filter.length = 0;
        return STEP_AGAIN;
    }
    return call_exit(c, !g->found);
}

static void show(struct call *c, struct str name, const struct text *options)
{
    bool special = name.length == 3 && name.data[0] == 0; /* \0-D */
    call_format(c, "complete %S%S\n", text_str(options), special ? str_after(name, 1) : name);
}

/* Prints, takes away or keeps what belongs to a name. */
static void one_completion(struct call *c, struct compgen *g, struct str name, struct str shown)
{
    struct btree *tree = &c->shell->state.completions;
    union entry entry;
    bool there = btree_find(*tree, name, &entry);
    if ((g->print || g->remove) && !there) {
        call_error(c, "%S: no completion specification", shown);
        return;
    }
    if (g->print) {
        show(c, name, (struct text *)entry.item);
    } else if (g->remove) {
        if (btree_remove(tree, name, &text_kind, c->meter) == E_NOMEM)
            meter_out_of_memory(c->meter);
    } else {
        struct buf options;
        buf_init(&options, c->heap);
        buf_add(&options, buf_str(&g->given));
        buf_add(&options, buf_str(&g->arguments));
        struct text *text = text_new(c->shell, buf_str(&options));
        buf_drop(&options);
        if (btree_set(tree, name, (union entry){.item = &text->item}, &text_kind, c->meter) < 0) {
            text_release(text, c->meter);
            meter_out_of_memory(c->meter);
        }
    }
}

static int complete_start(struct call *c)
{
    struct compgen *g = c->state;
    int status = parse(c, g, "abcdefgjksuvprDEIo:A:G:W:F:C:X:P:S:", &g->next);
    if (status || c->finished)
        return status;
    struct btree *tree = &c->shell->state.completions;
    bool options = g->given.length || g->arguments.length;
    if (g->special) {
        char name[3] = {0, '-', g->special};
        one_completion(c, g, str_of(name, 3), str_of(name + 1, 2));
        return 0;
    }
    if (g->next == c->argc && g->remove) {
        btree_release(tree, &text_kind, c->meter);
        *tree = (struct btree){0};
    } else if (g->next == c->argc && (g->print || !options)) {
        struct btree_walk walk;
        struct str name;
        union entry entry;
        btree_walk_start(&walk, *tree);
        while (btree_walk_next(&walk, &name, &entry)) {
            call_charge(c, 1);
            show(c, name, (struct text *)entry.item);
        }
    } else if (g->next == c->argc) {
        return options_usage(c);
    }
    for (; g->next < c->argc; g->next++)
        one_completion(c, g, c->argv[g->next], c->argv[g->next]);
    return 0;
}

static int compopt_start(struct call *c)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "+o:DEI"))) {
        if (letter < 0)
            return options_failed(c, letter);
        if (letter == 'o' && !is_option(o.value)) {
            call_error(c, "%S: invalid option name", o.value);
            return 2;
        }
    }
    if (o.next < c->argc)
        call_error(c, "%S: no completion specification", c->argv[o.next]);
    else
        call_error(c, "not currently executing completion function");
    return 1;
}

static int bind_start(struct call *c)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "lvpVPsSXf:q:u:m:r:x:")))
        if (letter < 0)
            return options_failed(c, letter);
    call_warn(c, "warning: line editing not enabled");
    return 0;
}

const struct command command_compgen = {
    .name = "compgen",
    .usage = "[-abcdefgjksuv] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] "
             "[-P prefix] [-S suffix] [word]",
    .summary = "display possible completions",
    .help = "-A action  alias, arrayvar, builtin, command, directory, export, file, function, keyword, variable\n"
            "-W words   those of a list\n-X filter  without what matches; with ! only that",
    .state = sizeof(struct compgen),
    .start = compgen_start,
    .step = compgen_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_complete = {
    .name = "complete",
    .usage = "[-abcdefgjksuv] [-pr] [-DEI] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] "
             "[-X filterpat] [-P prefix] [-S suffix] [name ...]",
    .summary = "specify how arguments are to be completed",
    .help = "Kept and shown: there is no line to complete.\n-p  show\n-r  forget\n-D -E -I  for commands without one of their own, an empty line, the first word",
    .state = sizeof(struct compgen),
    .start = complete_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_compopt = {
    .name = "compopt",
    .usage = "[-o|+o option] [-DEI] [name ...]",
    .summary = "modify or display completion options",
    .start = compopt_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_bind = {
    .name = "bind",
    .usage = "[-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] "
             "[keyseq:readline-function or readline-command]",
    .summary = "set key bindings",
    .help = "There is no line editor in a script.",
    .start = bind_start,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
