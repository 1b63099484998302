/* tests/api/files.c - files put, made, looked at and removed by the host; what it can ask about a sandbox; calls at the wrong moment. */
#include "tests/api/kit.h"

static const char *list(nacre *n, const char *path)
{
    static char all[4096];
    char last[256] = "";
    struct nacre_entry e = {.size = sizeof e};
    *all = 0;
    while (nacre_list(n, text(path), text(last), &e) == NACRE_OK) {
        snprintf(last, sizeof last, "%.*s", (int)e.name.length, e.name.data);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s ", last,
                 e.kind == NACRE_DIRECTORY ? "/"
                 : e.kind == NACRE_LINK    ? "@"
                 : e.kind == NACRE_FIFO    ? "|"
                                           : "");
    }
    return all;
}

static const char *real(nacre *n, const char *path)
{
    static char all[4096];
    struct nacre_text t = {"", 0};
    int error = nacre_real_path(n, text(path), &t);
    snprintf(all, sizeof all, error ? "error %d" : "%.*s", error ? error : (int)t.length, t.data);
    return all;
}

static void files(nacre *n)
{
    struct nacre_entry e = {.size = sizeof e};
    struct nacre_text bytes;
    uint64_t digest = nacre_digest(n);
    check(nacre_put(n, "/workspace/a/b/c", 16, "deep\0x", 6, 0640) == NACRE_OK);
    check(nacre_stat(n, text("/workspace/a/b/c"), &e) == NACRE_OK && e.kind == NACRE_FILE && e.length == 6 &&
          e.mode == 0640 && e.user == 1000 && e.links == 1);
    check(nacre_get(n, text("/workspace/a/../a/b/c"), &bytes) == NACRE_OK && bytes.length == 6 && memcmp(bytes.data, "deep\0x", 6) == 0);
    check(nacre_digest(n) != digest);
    check(nacre_put(n, "/workspace/a/b/c", 16, NULL, 0, 0755) == NACRE_OK && nacre_stat(n, text("/workspace/a/b/c"), &e) == NACRE_OK);
    check(e.length == 0 && e.mode == 0755);
    check(nacre_put(n, "/workspace/a", 12, "x", 1, 0644) == NACRE_E_ISDIR ||
          nacre_put(n, "/workspace/a", 12, "x", 1, 0644) == NACRE_E_EXIST);
    check(nacre_put(n, "/workspace/a/b/c/d", 18, "x", 1, 0644) == NACRE_E_NOTDIR);
    check(nacre_put(n, "relative", 8, "x", 1, 0644) == NACRE_E_INVALID);
    check(nacre_put(n, "/workspace/nul\0x", 16, "x", 1, 0644) == NACRE_E_INVALID);
    char name[400];
    snprintf(name, sizeof name, "/workspace/%0300d", 0);
    check(nacre_put(n, name, strlen(name), "x", 1, 0644) == NACRE_E_NAME);

    e = (struct nacre_entry){.size = sizeof e, .kind = NACRE_LINK, .target = text("a/b")};
    check(nacre_make(n, text("/workspace/link"), &e) == NACRE_OK);
    check(nacre_make(n, text("/workspace/link"), &e) == NACRE_E_EXIST);
    e = (struct nacre_entry){.size = sizeof e, .kind = NACRE_FIFO, .mode = 0600};
    check(nacre_make(n, text("/workspace/fifo"), &e) == NACRE_OK);
    e = (struct nacre_entry){.size = sizeof e, .kind = NACRE_DIRECTORY, .mode = 0700, .mtime = 981158400000000005, .user = 7, .group = 8};
    check(nacre_make(n, text("/workspace/made/folder"), &e) == NACRE_OK);
    check(nacre_stat(n, text("/workspace/made/folder"), &e) == NACRE_OK && e.mode == 0700 && e.user == 7 &&
          e.group == 8 && e.mtime == 981158400000000005);
    e = (struct nacre_entry){.size = sizeof e, .kind = NACRE_DEVICE};
    check(nacre_make(n, text("/workspace/device"), &e) == NACRE_E_INVALID);
    same(list(n, "/workspace"), "a/ fifo| link@ made/ ");
    same(list(n, "/workspace/link"), "c ");
    check(nacre_list(n, text("/workspace/fifo"), text(""), &e) == NACRE_E_NOTDIR &&
          nacre_list(n, text("/none"), text(""), &e) == NACRE_E_NOENT);
    check(nacre_stat(n, text("/workspace/link"), &e) == NACRE_OK && e.kind == NACRE_LINK && e.target.length == 3);

    same(real(n, "/workspace//link/./c"), "/workspace/a/b/c");
    same(real(n, "/bin/../lib"), "/usr/lib");
    same(real(n, "/"), "/");
    same(real(n, "/workspace/none"), "error -4");
    same(real(n, "x"), "error -3");

    same(say(n, "cat link/c; ls -F"), "a/\nfifo|\nlink@\nmade/\n");
    check(nacre_remove(n, text("/workspace/link")) == NACRE_OK && nacre_remove(n, text("/workspace/a")) == NACRE_OK);
    check(nacre_remove(n, text("/workspace/a")) == NACRE_E_NOENT && nacre_remove(n, text("/")) == NACRE_E_INVALID);
    same(list(n, "/workspace"), "fifo| made/ ");
    check(nacre_remove(n, text("/workspace/fifo")) == NACRE_OK && nacre_remove(n, text("/workspace/made")) == NACRE_OK);
    check(nacre_set_base(n) == NACRE_OK && nacre_changes(n, NULL) == 0);

    /* an older program knows shorter structs */
    struct nacre_entry old = {.size = offsetof(struct nacre_entry, inode), .inode = 99};
    check(nacre_stat(n, text("/workspace"), &old) == NACRE_OK && old.kind == NACRE_DIRECTORY && old.inode == 99);
}

static const char *variable(nacre *n, const char *name)
{
    static char all[256];
    struct nacre_text value;
    int error = nacre_variable(n, text(name), &value);
    snprintf(all, sizeof all, error ? "error %d" : "%.*s", error ? error : (int)value.length, value.data);
    return all;
}

/* "missing: meant" after a script. */
static const char *hint(nacre *n, const char *script)
{
    static char all[256];
    struct nacre_text missing, meant;
    say(n, script);
    int error = nacre_hint(n, &missing, &meant);
    if (error)
        snprintf(all, sizeof all, "error %d", error);
    else
        snprintf(all, sizeof all, "%.*s: %.*s", (int)missing.length, missing.data, (int)meant.length, meant.data);
    return all;
}

static void hints(nacre *n)
{
    struct nacre_text missing, meant;
    nacre *other;
    same(hint(n, "gerp x"), "gerp: grep");
    same(hint(n, "echo fine"), "error -4"); /* of the last run only */
    same(hint(n, "sl; (mkdri d) 2> /dev/null | cat"), "mkdri: mkdir");
    same(hint(n, "PRINTF x"), "PRINTF: printf");
    same(hint(n, "frobnicate() { :; }; frobncate"), "frobncate: frobnicate");
    same(hint(n, "frobnicat"), "frobnicat: frobnicate");
    same(hint(n, "unset -f frobnicate; frobnicat"), "error -4");
    same(hint(n, "shopt -s expand_aliases; alias longlist=ls; longlits"), "longlits: longlist");
    same(hint(n, "unalias longlist; bash -c 'seed s/a/b/'"), "seed: sed");
    static const char *const without[] = {"x", "python3", "./gerp", "frobnicate", "gerp\\\\", "$'\\377\\n'", "zz",
                                          "command_not_found_handle() { :; }; gerp", "unset -f command_not_found_handle"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        same(hint(n, without[i]), "error -4");
    same(hint(n, "gerp; exit 3"), "gerp: grep");
    check(nacre_fork(n, &other) == NACRE_OK && nacre_hint(other, &missing, &meant) == NACRE_E_NOENT);
    nacre_free(other);
    struct nacre_run run = {.size = sizeof run, .script = text("gerp; while :; do :; done"), .limits.steps = 1000};
    check(nacre_start(n, &run) == NACRE_OK && nacre_step(n, 100000) == NACRE_OUT_OF_STEPS);
    check(nacre_hint(n, &missing, &meant) == NACRE_E_STATE && nacre_stop(n) == NACRE_OK);
    check(nacre_hint(n, &missing, &meant) == NACRE_OK && missing.length == 4 && meant.length == 4 && !memcmp(meant.data, "grep", 4));
    check(nacre_hint(NULL, &missing, &meant) == NACRE_E_INVALID && nacre_hint(n, NULL, &meant) == NACRE_E_INVALID);
    drain(n);
}

static void asking(nacre *n)
{
    struct nacre_command c = {.size = sizeof c};
    char *told;
    const char *name, *argument, *help;
    size_t length, count = 0, at = 0, options = 0;
    int letter, lines = 0;
    struct nacre_text last = {"", 0};
    check(strcmp(nacre_version(), "0.1.0") == 0);
    for (size_t i = 0; nacre_command(n, i, &c) == NACRE_OK; i++, count++) {
        size_t shorter = last.length < c.name.length ? last.length : c.name.length;
        int order = memcmp(last.data, c.name.data, shorter);
        check(order < 0 || (order == 0 && last.length < c.name.length));
        last = c.name;
        if (c.name.length == 4 && memcmp(c.name.data, "head", 4) == 0)
            at = i;
    }
    check(count > 50 && nacre_command(n, at, &c) == NACRE_OK && !c.builtin && c.summary.length);
    while (nacre_command_option(n, at, options, &letter, &name, &argument, &help) == NACRE_OK) {
        if (letter == 'n') {
            same(name, "lines");
            check(argument && help);
            lines++;
        }
        options++;
    }
    check(options >= 4 && lines == 1 && nacre_command_option(n, count, 0, &letter, &name, &argument, &help) == NACRE_E_NOENT);

    static const struct {
        const char *script;
        int complete;
    } cases[] = {
        {"", 1},          {"echo a", 1},      {"for i in 1 2", 0}, {"for i in 1; do echo\ndone", 1},
        {"echo 'a", 0},   {"echo \"a$(b", 0}, {"cat <<E\nx", 0},   {"cat <<E\nx\nE\n", 1},
        {"a \\\n", 0},    {"a &&", 0},        {"a |", 0},          {"if x; then", 0},
        {")", 1},         {"f() {", 0},       {"[[ a", 0},         {"((1 +", 0},
        {"case x in", 0}, {"# for", 1},       {"x=(1", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (nacre_complete(n, text(cases[i].script)) != cases[i].complete)
            failed++, printf("%s: is %d\n", cases[i].script, nacre_complete(n, text(cases[i].script)));
        else
            passed++;

    same(say(n, "word='a b'; number=5; list=(1 2); cd /tmp"), "");
    same(variable(n, "word"), "a b");
    same(variable(n, "list"), "1");
    same(variable(n, "PWD"), "/tmp");
    same(variable(n, "none"), "error -4");
    same(variable(n, "not a name"), "error -4");

    for (int what = NACRE_DESCRIBE_CODE; what <= NACRE_DESCRIBE_HEAPS; what++) {
        check(nacre_describe(n, what, text("for i in 1; do echo $i; done"), &told, &length) == NACRE_OK &&
              length > 20 && strlen(told) == length);
        check(what != NACRE_DESCRIBE_CODE || strstr(told, "FOR_NEXT"));
        nacre_text_free(n, told, length);
    }
    check(nacre_describe(n, 9, text(""), &told, &length) == NACRE_E_INVALID);
    check(nacre_describe(n, NACRE_DESCRIBE_CODE, text("if )"), &told, &length) == NACRE_OK && strstr(told, "syntax error"));
    nacre_text_free(n, told, length);

    check(nacre_trace(n, 1) == NACRE_OK && strstr(say(n, "echo hi"), "RUN") && nacre_trace(n, 0) == NACRE_OK);
    same(say(n, "echo hi"), "hi\n");
}

static void runs(nacre *n)
{
    struct nacre_text arguments[] = {text("one"), text("two words")}, environment[] = {text("COLOR=blue")};
    struct nacre_run run = {.size = sizeof run,
                            .script = text("echo $0 $# \"$2\" $COLOR $PWD; read x; echo $x; y=7"),
                            .name = text("name"),
                            .arguments = arguments,
                            .argument_count = 2,
                            .environment = environment,
                            .environment_count = 1,
                            .directory = text("/usr/lib"),
                            .input = text("typed\nmore\n"),
                            .fresh = 1};
    struct nacre_result r = {.size = sizeof r};
    check(nacre_run_full(n, &run, &r) == NACRE_OK);
    same(r.out, "name 2 two words blue /usr/lib\ntyped\n");
    check(r.status == 0 && r.ended == NACRE_DONE && r.out_length == strlen(r.out) && r.err_length == 0);
    nacre_result_free(n, &r);
    same(variable(n, "y"), "error -4"); /* it was fresh */
    same(variable(n, "PWD"), "/tmp");

    run = (struct nacre_run){.size = sizeof run, .stdin_script = 1, .input = text("echo from $0; read x\nline\necho $x; exit 3\n")};
    check(nacre_run_full(n, &run, &r) == NACRE_OK);
    same(r.out, "from bash\nline\n");
    check(r.status == 3);
    nacre_result_free(n, &r);
    run = (struct nacre_run){.size = sizeof run, .script = text("nosuch"), .interactive_messages = 1};
    check(nacre_run_full(n, &run, &r) == NACRE_OK && r.status == 127);
    same(r.err, "bash: nosuch: command not found\n");
    nacre_result_free(n, &r);
    run = (struct nacre_run){.size = sizeof run, .script = text(":"), .directory = text("/none"), .fresh = 1};
    check(nacre_start(n, &run) == NACRE_E_NOENT);
    run.directory = text("");
    run.limits.output = 5;
    run.script = text("echo 123; echo 456");
    check(nacre_run_full(n, &run, &r) == NACRE_OK && r.ended == NACRE_OUTPUT_LIMIT && r.status == 153 && r.out_length == 5);
    nacre_result_free(n, &r);
}

/* Nothing changes by a call at the wrong moment, and nothing is wrong afterwards. */
static void moments(nacre *n)
{
    nacre *other;
    struct nacre_entry e = {.size = sizeof e, .kind = NACRE_DIRECTORY, .mode = 0755};
    struct nacre_run run = {.size = sizeof run, .script = text("i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; echo $i; ls")};
    struct nacre_text value;
    check(nacre_step(n, 100) == NACRE_E_STATE && nacre_grant(n, 1) == NACRE_E_STATE && nacre_stop(n) == NACRE_E_STATE);
    check(nacre_write(n, "x", 1) == NACRE_E_STATE && nacre_end_input(n) == NACRE_E_STATE);
    check(nacre_start(n, &run) == NACRE_OK && nacre_step(n, 50) == NACRE_RUNNING);
    check(nacre_start(n, &run) == NACRE_E_STATE && nacre_fork(n, &other) == NACRE_E_STATE && other == NULL);
    check(nacre_put(n, "/workspace/x", 12, "x", 1, 0644) == NACRE_E_STATE && nacre_make(n, text("/workspace/y"), &e) == NACRE_E_STATE);
    check(nacre_remove(n, text("/workspace")) == NACRE_E_STATE && nacre_changes(n, NULL) == NACRE_E_STATE &&
          nacre_set_base(n) == NACRE_E_STATE);
    check(nacre_stat(n, text("/"), &e) == NACRE_E_STATE && nacre_variable(n, text("i"), &value) == NACRE_E_STATE);
    check(nacre_start_diff(n, NULL, NULL) == NACRE_E_STATE && nacre_add_command(n, text("x"), text("")) == NACRE_E_STATE);
    check(nacre_give_listing(n, 5, NULL, 0) < 0 && nacre_give_content(n, 5, "x", 1, 1, NULL, NULL) < 0 && nacre_command_done(n, 5, 0) < 0);
    check(nacre_step(n, 1000000) == NACRE_DONE);
    same(drain(n), "1000\n");
    check(nacre_new(NULL, NULL) == NACRE_E_INVALID && nacre_start(NULL, &run) == NACRE_E_INVALID &&
          nacre_start(n, NULL) == NACRE_E_INVALID);
    run.size = 4;
    check(nacre_start(n, &run) == NACRE_E_INVALID);
    nacre_free(NULL);
}

int main(void)
{
    struct counts counts = {0};
    struct nacre_options o = {.size = sizeof o, .allocate = counting, .allocate_user = &counts};
    nacre *n;
    check(nacre_new(&n, &o) == NACRE_OK);
    files(n);
    moments(n);
    asking(n);
    hints(n);
    runs(n);
    nacre_free(n);
    check(counts.bytes == 0 && counts.blocks == 0);
    return end();
}
