/* tests/api/ends.c - every way in which a run ends, calls at the wrong moment, and that the sandbox is usable and leaks nothing. */
#include "tests/api/kit.h"

static int until_end(nacre *n, uint64_t slice)
{
    int state;
    while ((state = nacre_step(n, slice)) == NACRE_RUNNING)
        ;
    return state;
}

static int status(nacre *n)
{
    struct nacre_usage u = {.size = sizeof u};
    nacre_usage(n, &u);
    return u.status;
}

static void usable(nacre *n)
{
    same(say(n, "echo alive $kept"), "alive before\n");
}

static void test_ends(nacre *n)
{
    struct nacre_run run = {.size = sizeof run, .limits = {.steps = 5000}};
    check(start(n, "kept=before") == NACRE_OK && until_end(n, 10) == NACRE_DONE);

    /* out of steps: paused, more are granted, then stopped: the session is as before */
    run.script = text("kept=after; echo begun; while :; do :; done");
    check(nacre_start(n, &run) == NACRE_OK);
    check(until_end(n, 7) == NACRE_OUT_OF_STEPS);
    check(nacre_step(n, 100) == NACRE_OUT_OF_STEPS);
    check(nacre_grant(n, 1000) == NACRE_OK);
    check(until_end(n, 1 << 20) == NACRE_OUT_OF_STEPS);
    struct nacre_usage u = {.size = sizeof u};
    check(nacre_usage(n, &u) == NACRE_OK && u.steps == 6000);
    check(nacre_stop(n) == NACRE_OK);
    same(drain(n), "begun\nnacre: step limit reached (6000)\n");
    check(status(n) == 152);
    usable(n);

    /* granted enough: it comes to its end */
    run.script = text("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo $i");
    check(nacre_start(n, &run) == NACRE_OK);
    check(until_end(n, 1 << 20) == NACRE_OUT_OF_STEPS);
    check(nacre_grant(n, 10000000) == NACRE_OK);
    check(until_end(n, 1 << 20) == NACRE_DONE);
    same(drain(n), "2000\n");

    /* out of memory */
    run = (struct nacre_run){.size = sizeof run, .script = text("kept=after; echo begun; x=aaaaaaaaaa; while :; do x=$x$x; done"),
                             .limits = {.memory = 2 << 20}};
    check(nacre_start(n, &run) == NACRE_OK);
    check(until_end(n, 100) == NACRE_OUT_OF_MEMORY);
    same(drain(n), "begun\nnacre: memory limit reached (2097152)\n");
    check(status(n) == 137);
    usable(n);

    /* the output limit */
    run = (struct nacre_run){.size = sizeof run, .script = text("while :; do echo 1234; done"), .limits = {.output = 12}};
    check(nacre_start(n, &run) == NACRE_OK);
    check(until_end(n, 1 << 20) == NACRE_OUTPUT_LIMIT);
    check(strncmp(drain(n), "1234\n1234\n12", 12) == 0);
    check(status(n) == 153);
    usable(n);

    /* stopped */
    check(start(n, "kept=after; while :; do :; done") == NACRE_OK);
    check(nacre_step(n, 1000) == NACRE_RUNNING);
    check(nacre_stop(n) == NACRE_OK);
    check(nacre_stop(n) == NACRE_E_STATE);
    same(drain(n), "nacre: stopped\n");
    usable(n);

    /* interrupted: once the script may say something, twice it is stopped */
    check(start(n, "while :; do :; done") == NACRE_OK);
    check(nacre_step(n, 1000) == NACRE_RUNNING);
    nacre_interrupt(n);
    check(until_end(n, 1000) == NACRE_INTERRUPTED);
    check(status(n) == 130);
    drain(n);
    usable(n);
    check(start(n, "trap 'echo trapped' INT; while :; do :; done") == NACRE_OK);
    check(nacre_step(n, 1000) == NACRE_RUNNING);
    nacre_interrupt(n);
    check(nacre_step(n, 10000) == NACRE_RUNNING);
    same(drain(n), "trapped\n");
    nacre_interrupt(n);
    check(until_end(n, 1000) == NACRE_INTERRUPTED);
    drain(n);
    usable(n);

    /* stuck */
    struct nacre_result r = {.size = sizeof r};
    const char *stuck = "coproc cat; wait";
    check(nacre_run(n, stuck, strlen(stuck), &r) == NACRE_OK);
    check(r.ended == NACRE_STUCK && r.status == 142 && strstr(r.err, "nacre: stuck"));
    nacre_result_free(n, &r);
    usable(n);

    /* the disk is an error of the script's, not an end */
    run = (struct nacre_run){.size = sizeof run, .script = text("printf '%20000s' x > f; echo $?; rm -f f"), .limits = {.disk = 10000}};
    check(nacre_start(n, &run) == NACRE_OK && until_end(n, 1 << 20) == NACRE_DONE);
    check(strstr(drain(n), "No space left on device"));
    usable(n);
}

static void test_moments(nacre *n)
{
    nacre *other;
    struct nacre_text bytes;
    check(nacre_step(n, 1) == NACRE_E_STATE);
    check(nacre_write(n, "x", 1) == NACRE_E_STATE);
    check(nacre_grant(n, 1) == NACRE_E_STATE);
    check(start(n, "while :; do :; done") == NACRE_OK);
    check(start(n, ":") == NACRE_E_STATE);
    check(nacre_fork(n, &other) == NACRE_E_STATE && other == NULL);
    check(nacre_put(n, "/a", 2, "", 0, 0644) == NACRE_E_STATE);
    check(nacre_get(n, text("/etc/passwd"), &bytes) == NACRE_E_STATE);
    check(nacre_start_diff(n, NULL, NULL) == NACRE_E_STATE);
    check(nacre_changes(n, NULL) == NACRE_E_STATE);
    check(nacre_stop(n) == NACRE_OK);
    drain(n);
    check(nacre_get(n, text("/absent"), &bytes) == NACRE_E_NOENT);
    check(nacre_get(n, text("/etc"), &bytes) == NACRE_E_ISDIR);
    check(nacre_get(n, text("relative"), &bytes) == NACRE_E_INVALID);
    check(nacre_put(n, "/etc/passwd/x", 13, "", 0, 0644) == NACRE_E_NOTDIR);
    check(nacre_remove(n, text("/absent")) == NACRE_E_NOENT);
    check(nacre_new(NULL, NULL) == NACRE_E_INVALID);
    check(strcmp(nacre_version(), "0.1.0") == 0);
    nacre_free(NULL);
}

/* Arguments, environment, directory, input, a fresh session. */
static void test_runs(nacre *n)
{
    struct nacre_text arguments[] = {text("one"), text("two words")}, environment[] = {text("COLOR=red")};
    struct nacre_run run = {.size = sizeof run, .script = text("echo $0 $# \"$2\" $COLOR $PWD; read x; echo $x; y=1"), .name = text("me"),
                            .arguments = arguments, .argument_count = 2, .environment = environment, .environment_count = 1,
                            .directory = text("/tmp"), .input = text("input\n"), .fresh = 1};
    check(nacre_start(n, &run) == NACRE_OK && until_end(n, 3) == NACRE_DONE);
    same(drain(n), "me 2 two words red /tmp\ninput\n");
    same(say(n, "echo ${y-unset} ${COLOR-unset}"), "unset unset\n");
    same(say(n, "kept=1; trap 'echo trapped' DEBUG; set -e"), "trapped\n");
    run = (struct nacre_run){.size = sizeof run, .script = text("false; echo ${kept-unset}"), .fresh = 1};
    check(nacre_start(n, &run) == NACRE_OK && until_end(n, 3) == NACRE_DONE);
    same(drain(n), "unset\n");
    same(say(n, "trap - DEBUG; set +e; echo $kept"), "trapped\n1\n");
    run = (struct nacre_run){.size = sizeof run, .script = text("read a; echo got $a; read b; echo $? $b"), .input_open = 1};
    check(nacre_start(n, &run) == NACRE_OK);
    struct nacre_request request = {.size = sizeof request};
    check(until_end(n, 1000) == NACRE_WAITING);
    check(nacre_request(n, 0, &request) == NACRE_OK && request.kind == NACRE_REQUEST_INPUT);
    check(nacre_request(n, 1, &request) == NACRE_E_NOENT);
    check(nacre_write(n, "line\n", 5) == 5);
    check(until_end(n, 1000) == NACRE_WAITING);
    same(drain(n), "got line\n");
    check(nacre_end_input(n) == NACRE_OK);
    check(until_end(n, 1000) == NACRE_DONE);
    same(drain(n), "1\n");

    /* a trap of the end holds for the run that set it */
    check(start(n, "trap 'echo bye' EXIT; trap 'exit 3' USR1") == NACRE_OK && until_end(n, 1000) == NACRE_DONE);
    same(drain(n), "bye\n");
    same(say(n, "trap -p; kill -USR1 $$"), "trap -- 'exit 3' SIGUSR1\n");

    /* output is asked to be drained, in however small pieces it was written */
    check(start(n, "while :; do echo 1; echo 2 >&2; done") == NACRE_OK);
    check(nacre_step(n, UINT64_MAX) == NACRE_WAITING);
    drain(n);
    check(nacre_stop(n) == NACRE_OK);
    check(start(n, "while :; do echo 0123456789012345678901234567890123456789; done") == NACRE_OK);
    check(nacre_step(n, UINT64_MAX) == NACRE_WAITING);
    check(nacre_request(n, 0, &request) == NACRE_OK && request.kind == NACRE_REQUEST_OUTPUT);
    check(nacre_step(n, UINT64_MAX) == NACRE_WAITING);
    drain(n);
    check(nacre_stop(n) == NACRE_OK);
}

int main(void)
{
    struct counts counts = {0};
    struct nacre_options o = {.size = sizeof o, .allocate = counting, .allocate_user = &counts};
    nacre *n;
    for (int i = 0; i < 2; i++) {
        check(nacre_new(&n, &o) == NACRE_OK);
        test_ends(n);
        test_moments(n);
        test_runs(n);
        nacre *fork;
        drain(n);
        check(nacre_fork(n, &fork) == NACRE_OK);
        if (i)
            nacre_free(n);
        test_ends(fork);
        nacre_free(fork);
        if (!i)
            nacre_free(n);
        check(counts.bytes == 0 && counts.blocks == 0);
    }
    return end();
}
