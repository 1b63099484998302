/* cli/main.c - the program nacre: its options, and what is done with a script. */
#include "cli/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "Usage: nacre [OPTION]... [-c SCRIPT [NAME [ARGUMENT]...] | -s [ARGUMENT]... | FILE [ARGUMENT]...]\n"
    "Runs a shell script against files held in memory. Without a script, and on a terminal, it is a shell to type into.\n"
    "\n"
    "  -c SCRIPT             run SCRIPT\n"
    "  -s                    read the script from standard input\n"
    "      --root DIR        load DIR as a snapshot; it is only read\n"
    "      --mount PATH      where the script sees it (default /workspace)\n"
    "      --cwd DIR         where the script starts, from the mount (default: there)\n"
    "      --exclude GLOB    leave out what matches, as in a .gitignore; may be repeated\n"
    "      --gitignore       obey .gitignore files\n"
    "      --include-secrets bring in what looks like a secret too\n"
    "      --diff FILE       write the change as a diff for `git apply` (-: to standard output)\n"
    "      --apply           write the change back to DIR\n"
    "      --recover         finish or undo an --apply that was cut off\n"
    "      --json            print one object instead of the streams\n"
    "      --env NAME=VALUE  set a variable of the environment; may be repeated\n"
    "      --stdin FILE      standard input of the script\n"
    "      --posix           as bash --posix\n"
    "      --steps N         limits; sizes with K, M, G (default: 2G steps, 1G of each other)\n"
    "      --memory SIZE\n"
    "      --disk SIZE\n"
    "      --output SIZE\n"
    "      --cache SIZE      loaded contents kept at most (default 1G)\n"
    "      --clock SECONDS   the time at the start, since 1970 (default: now)\n"
    "      --seed N          of $RANDOM and the like (default 0)\n"
    "      --quiet           no line about what was left out\n"
    "      --code            print the code of the script, for developers\n"
    "      --trace           tell each instruction on standard error, for developers\n"
    "      --help            show this\n"
    "      --version         show the version\n"
    "\n"
    "Status: the script's; 137 out of memory, 152 out of steps, 142 stuck, 153 too much output, 130 interrupted;\n"
    "2 usage, 125 could not load or apply.\n";

static int usage(const char *format, const char *what)
{
    fputs("nacre: ", stderr);
    fprintf(stderr, format, what);
    fputs("\nTry 'nacre --help' for more information.\n", stderr);
    return EXIT_USAGE;
}

/* A number with K, M, G or T; false when it is none. */
static bool parse_size(const char *text, uint64_t *size)
{
    uint64_t number = 0;
    const char *at = text;
    if (strcmp(text, "unlimited") == 0) {
        *size = NACRE_UNLIMITED;
        return true;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > (UINT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (at == text)
        return false;
    static const char units[] = "KMGT";
    const char *unit = *at ? strchr(units, *at >= 'a' ? *at - 'a' + 'A' : *at) : NULL;
    if (unit) {
        int shift = 10 * (int)(unit - units + 1);
        if (number > UINT64_MAX >> shift)
            return false;
        number <<= shift;
        at++;
    }
    *size = number;
    return *at == 0 && number > 0;
}

/* Steps count in thousands. */
static bool parse_steps(const char *text, uint64_t *steps)
{
    size_t length = strlen(text);
    uint64_t unit = 1, number;
    char digits[32];
    if (strcmp(text, "unlimited") == 0 || length == 0 || length >= sizeof digits)
        return parse_size(text, steps);
    char last = text[length - 1];
    unit = last == 'K' || last == 'k' ? 1000 : last == 'M' || last == 'm' ? 1000000 : last == 'G' || last == 'g' ? 1000000000 : 1;
    memcpy(digits, text, length + 1);
    if (unit > 1)
        digits[length - 1] = 0;
    for (const char *c = digits; *c; c++)
        if (*c < '0' || *c > '9')
            return false;
    if (!parse_size(digits, &number) || number > UINT64_MAX / unit)
        return false;
    *steps = number * unit;
    return true;
}

enum long_option {
    OPTION_ROOT, OPTION_MOUNT, OPTION_CWD, OPTION_EXCLUDE, OPTION_GITIGNORE, OPTION_SECRETS, OPTION_DIFF, OPTION_APPLY, OPTION_RECOVER,
    OPTION_JSON, OPTION_ENV, OPTION_STDIN, OPTION_POSIX, OPTION_STEPS, OPTION_MEMORY, OPTION_DISK, OPTION_OUTPUT, OPTION_CACHE,
    OPTION_CLOCK, OPTION_SEED, OPTION_QUIET, OPTION_CODE, OPTION_TRACE, OPTION_HELP, OPTION_VERSION
};

static const struct {
    const char *name;
    bool value;
} long_options[] = {
    [OPTION_ROOT] = {"root", true},
    [OPTION_MOUNT] = {"mount", true},
    [OPTION_CWD] = {"cwd", true},
    [OPTION_EXCLUDE] = {"exclude", true},
    [OPTION_GITIGNORE] = {"gitignore", false},
    [OPTION_SECRETS] = {"include-secrets", false},
    [OPTION_DIFF] = {"diff", true},
    [OPTION_APPLY] = {"apply", false},
    [OPTION_RECOVER] = {"recover", false},
    [OPTION_JSON] = {"json", false},
    [OPTION_ENV] = {"env", true},
    [OPTION_STDIN] = {"stdin", true},
    [OPTION_POSIX] = {"posix", false},
    [OPTION_STEPS] = {"steps", true},
    [OPTION_MEMORY] = {"memory", true},
    [OPTION_DISK] = {"disk", true},
    [OPTION_OUTPUT] = {"output", true},
    [OPTION_CACHE] = {"cache", true},
    [OPTION_CLOCK] = {"clock", true},
    [OPTION_SEED] = {"seed", true},
    [OPTION_QUIET] = {"quiet", false},
    [OPTION_CODE] = {"code", false},
    [OPTION_TRACE] = {"trace", false},
    [OPTION_HELP] = {"help", false},
    [OPTION_VERSION] = {"version", false},
};
enum { LONG_OPTIONS = sizeof long_options / sizeof long_options[0] };

static bool take_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* 0, or the exit status of a usage error; -1: done (--help, --version). */
static int take_option(struct program *p, int option, const char *value)
{
    uint64_t number;
    switch (option) {
    case OPTION_ROOT: p->root = value; break;
    case OPTION_MOUNT: p->mount = value; break;
    case OPTION_CWD: p->cwd = value; break;
    case OPTION_EXCLUDE: p->exclude[p->exclude_count++] = value; break;
    case OPTION_GITIGNORE: p->gitignore = true; break;
    case OPTION_SECRETS: p->include_secrets = true; break;
    case OPTION_DIFF: p->diff = value; break;
    case OPTION_APPLY: p->apply = true; break;
    case OPTION_RECOVER: p->recover = true; break;
    case OPTION_JSON: p->json = true; break;
    case OPTION_ENV:
        if (!strchr(value, '=') || *value == '=')
            return usage("--env %s: not NAME=VALUE", value);
        p->environment[p->environment_count++] = value;
        break;
    case OPTION_STDIN: p->input_file = value; break;
    case OPTION_POSIX: p->posix = true; break;
    case OPTION_STEPS: return parse_steps(value, &p->limits.steps) ? 0 : usage("--steps %s: not a number", value);
    case OPTION_MEMORY: return parse_size(value, &p->limits.memory) ? 0 : usage("--memory %s: not a size", value);
    case OPTION_DISK: return parse_size(value, &p->limits.disk) ? 0 : usage("--disk %s: not a size", value);
    case OPTION_OUTPUT: return parse_size(value, &p->limits.output) ? 0 : usage("--output %s: not a size", value);
    case OPTION_CACHE: return parse_size(value, &p->cache) ? 0 : usage("--cache %s: not a size", value);
    case OPTION_CLOCK:
        if (!take_number(value, &number) || number > INT64_MAX / 1000000000)
            return usage("--clock %s: not a number of seconds", value);
        p->clock = (int64_t)number * 1000000000;
        break;
    case OPTION_SEED: return take_number(value, &p->seed) ? 0 : usage("--seed %s: not a number", value);
    case OPTION_QUIET: p->quiet = true; break;
    case OPTION_CODE: p->code = true; break;
    case OPTION_TRACE: p->trace = true; break;
    case OPTION_HELP: fputs(help, stdout); return -1;
    default: printf("nacre %s\n", nacre_version()); return -1;
    }
    return 0;
}

static int take_long(struct program *p, const char *word, const char *next, bool *used_next)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    int found = -1;
    for (int i = 0; i < LONG_OPTIONS; i++)
        if (strncmp(long_options[i].name, word, length) == 0 && long_options[i].name[length] == 0)
            found = i;
    if (found < 0)
        return usage("unrecognized option '--%s'", word);
    if (!long_options[found].value && equals)
        return usage("option '--%s' takes no value", long_options[found].name);
    const char *value = equals ? equals + 1 : NULL;
    if (long_options[found].value && !value) {
        if (!next)
            return usage("option '--%s' needs a value", long_options[found].name);
        value = next;
        *used_next = true;
    }
    return take_option(p, found, value);
}

/* Is the word behind -- an option of the program (or the end of them)? */
static bool is_long(const char *word)
{
    size_t length = strcspn(word, "=");
    if (!*word)
        return true;
    for (int i = 0; i < LONG_OPTIONS; i++)
        if (strncmp(long_options[i].name, word, length) == 0 && long_options[i].name[length] == 0)
            return true;
    return false;
}

/* 0 to go on, an exit status, or -1: done. */
static int parse(struct program *p, int argc, char **argv)
{
    int at = 1;
    bool command = false;
    for (; at < argc; at++) {
        const char *word = argv[at];
        if (word[0] != '-' || !word[1] || (p->script && (word[1] != '-' || !is_long(word + 2))))
            break;
        if (strcmp(word, "--") == 0) {
            at++;
            break;
        }
        if (word[1] == '-') {
            bool used_next = false;
            int answer = take_long(p, word + 2, at + 1 < argc ? argv[at + 1] : NULL, &used_next);
            if (answer)
                return answer;
            at += used_next;
            continue;
        }
        if (strcmp(word, "-c") == 0) { /* what follows is the script, whatever it begins with */
            command = true;
            if (at + 1 < argc)
                p->script = argv[++at];
        } else if (strcmp(word, "-s") == 0)
            p->stdin_script = true;
        else
            return usage("invalid option '%s'", word);
    }
    if (command) {
        if (!p->script && at == argc)
            return usage("option '-c' needs a %s", "script");
        if (!p->script)
            p->script = argv[at++];
        if (at < argc)
            p->name = argv[at++];
    } else if (!p->stdin_script && at < argc) {
        p->script_file = argv[at++];
        p->name = p->script_file;
    }
    p->arguments = argv + at;
    p->argument_count = argc - at;
    return 0;
}

/* --- what is done -------------------------------------------------------------------------- */

static bool read_file(const char *path, struct bytes *text)
{
    char buffer[65536];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    ssize_t count;
    while ((count = read(descriptor, buffer, sizeof buffer)) > 0)
        if (!bytes_add(text, buffer, (size_t)count)) {
            errno = ENOMEM;
            count = -1;
            break;
        }
    int error = errno;
    close(descriptor);
    errno = error;
    return count == 0 && bytes_add(text, "", 0);
}

/* Where the mount is when its links, dots and slashes are followed; --cwd is relative to it. */
static bool find_places(struct program *p)
{
    struct nacre_text real;
    if (nacre_real_path(p->n, (struct nacre_text){p->mount, strlen(p->mount)}, &real) == 0)
        p->mount = p->places[0] = strndup(real.data, real.length);
    if (p->mount && p->cwd && *p->cwd != '/') {
        size_t length = strlen(p->mount) + strlen(p->cwd) + 2;
        p->places[1] = malloc(length);
        if (p->places[1])
            snprintf(p->places[1], length, "%s/%s", p->mount, p->cwd);
        p->cwd = p->places[1];
        return p->cwd != NULL;
    }
    return p->mount != NULL;
}

static int make_sandbox(struct program *p)
{
    struct nacre_options o = {
        .size = sizeof o, .limits = p->limits, .clock = p->clock, .seed = p->seed, .exclude = p->exclude, .gitignore = p->gitignore,
        .include_secrets = p->include_secrets, .workspace = p->mount,
        .allocate = memory_allocate,
    };
    int error = nacre_new(&p->n, &o);
    if (error) {
        if (error == NACRE_E_INVALID)
            return usage("--mount %s: not an absolute path", p->mount);
        fprintf(stderr, "nacre: %s: %s\n", p->mount, error_name(error));
        return EXIT_PROGRAM;
    }
    if (!find_places(p)) {
        fprintf(stderr, "nacre: %s\n", error_name(NACRE_E_MEMORY));
        return EXIT_PROGRAM;
    }
    if (p->root) {
        p->host = host_open(p->root);
        if (!p->host) {
            fprintf(stderr, "nacre: %s: %s\n", p->root, strerror(errno));
            return EXIT_PROGRAM;
        }
        host_set_cache(p->host, p->cache);
        host_set_progress(p->host, isatty(STDERR_FILENO) && !p->quiet && !p->json);
        if (apply_is_open(host_root(p->host)) && !p->recover) {
            fprintf(stderr, "nacre: %s: an --apply was cut off here; run nacre --root %s --recover first\n", p->root, p->root);
            return EXIT_PROGRAM;
        }
        error = host_mount(p->host, p->n, p->mount);
        if (error) {
            fprintf(stderr, "nacre: %s: %s\n", p->mount, error_name(error));
            return EXIT_PROGRAM;
        }
    }
    nacre_trace(p->n, p->trace);
    return 0;
}

static int print_code(struct program *p, struct nacre_text script)
{
    char *text;
    size_t length;
    int error = nacre_describe(p->n, NACRE_DESCRIBE_CODE, script, &text, &length);
    if (error) {
        fprintf(stderr, "nacre: %s\n", error_name(error));
        return EXIT_PROGRAM;
    }
    write_all(STDOUT_FILENO, text, length);
    nacre_text_free(p->n, text, length);
    return 0;
}

/* The diff and the apply that follow a run: the exit status. */
static int finish(struct program *p, const struct outcome *o, struct bytes *out, struct bytes *err)
{
    int status = o->status;
    struct bytes diff = {0};
    bool inside = p->json && p->diff && strcmp(p->diff, "-") == 0;
    if (p->diff && !inside && write_diff(p, NULL, p->diff) < 0)
        status = EXIT_PROGRAM;
    if (inside && collect_diff(p, NULL, &diff) < 0)
        status = EXIT_PROGRAM;
    if (p->apply && o->ended != NACRE_DONE) {
        fprintf(stderr, "nacre: nothing applied: the script did not come to its end\n");
    } else if (p->apply && apply_changes(p) < 0) {
        status = EXIT_PROGRAM;
    }
    tell_left_out(p);
    if (p->json) {
        struct outcome told = *o;
        told.status = status;
        if (json_print(p, &told, out, err, inside ? &diff : NULL) < 0)
            status = EXIT_PROGRAM;
    }
    free(diff.data);
    return status;
}

static int run_program(struct program *p)
{
    struct bytes text = {0}, out = {0}, err = {0};
    struct nacre_run run = {.size = sizeof run, .input_open = 1, .posix = p->posix, .stdin_script = p->stdin_script};
    if (p->script_file) {
        if (!read_file(p->script_file, &text)) {
            fprintf(stderr, "nacre: %s: %s\n", p->script_file, strerror(errno));
            return errno == ENOENT ? 127 : EXIT_PROGRAM;
        }
        run.script = (struct nacre_text){text.data, text.length};
        run.script_file = 1;
    } else if (p->script) {
        run.script = (struct nacre_text){p->script, strlen(p->script)};
    }
    if (p->code) {
        int status = print_code(p, run.script);
        free(text.data);
        return status;
    }
    size_t words = (size_t)p->argument_count + p->environment_count;
    struct nacre_text *list = calloc(words + 1, sizeof *list);
    if (!list)
        return EXIT_PROGRAM;
    for (int i = 0; i < p->argument_count; i++)
        list[i] = (struct nacre_text){p->arguments[i], strlen(p->arguments[i])};
    for (size_t i = 0; i < p->environment_count; i++)
        list[(size_t)p->argument_count + i] = (struct nacre_text){p->environment[i], strlen(p->environment[i])};
    run.arguments = list;
    run.argument_count = (size_t)p->argument_count;
    run.environment = list + p->argument_count;
    run.environment_count = p->environment_count;
    if (p->name)
        run.name = (struct nacre_text){p->name, strlen(p->name)};
    if (p->cwd)
        run.directory = (struct nacre_text){p->cwd, strlen(p->cwd)};
    int error = run_script(p, &run);
    int status;
    if (error) {
        fprintf(stderr, "nacre: %s: %s\n", p->cwd ? p->cwd : p->mount, error_name(error));
        status = EXIT_PROGRAM;
    } else {
        struct sink sink = {{-1, STDOUT_FILENO, STDERR_FILENO}, {NULL, p->json ? &out : NULL, p->json ? &err : NULL}};
        struct outcome o = run_steps(p, &sink);
        status = o.broken ? 141 : finish(p, &o, &out, &err);
    }
    free(list);
    free(text.data);
    free(out.data);
    free(err.data);
    return status;
}

int main(int argc, char **argv)
{
    struct program p = {.mount = "/workspace", .cache = UINT64_C(1) << 30, .limits = {2000000000, 1 << 30, 1 << 30, 1 << 30}};
    p.environment = calloc((size_t)argc + 1, sizeof *p.environment);
    p.exclude = calloc((size_t)argc + 1, sizeof *p.exclude);
    if (!p.environment || !p.exclude)
        return EXIT_PROGRAM;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    p.clock = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    int status = parse(&p, argc, argv);
    if (!status && (p.apply || p.recover) && !p.root)
        status = usage("%s needs --root", p.apply ? "--apply" : "--recover");
    bool typed = !status && !p.script && !p.script_file && !p.stdin_script && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!status && typed && (p.json || p.code))
        status = usage("%s needs a script", p.json ? "--json" : "--code");
    if (!status && p.recover) {
        struct host *h = host_open(p.root);
        if (!h)
            fprintf(stderr, "nacre: %s: %s\n", p.root, strerror(errno));
        status = !h || apply_recover(host_root(h)) < 0 ? EXIT_PROGRAM : -1;
        host_close(h);
    }
    if (!status && p.input_file) {
        p.input = open(p.input_file, O_RDONLY | O_CLOEXEC);
        if (p.input < 0) {
            fprintf(stderr, "nacre: %s: %s\n", p.input_file, strerror(errno));
            status = EXIT_PROGRAM;
        }
    }
    if (!p.script && !p.script_file && !typed)
        p.stdin_script = true;
    if (!status) {
        run_catch_interrupts(&p);
        status = make_sandbox(&p);
    }
    if (!status)
        status = typed ? edit_loop(&p) : run_program(&p);
    nacre_free(p.n);
    host_close(p.host);
    free(p.places[0]);
    free(p.places[1]);
    free(p.environment);
    free(p.exclude);
    return status < 0 ? 0 : status;
}
