/* tests/api/host.c - commands of the host's, and sleeping by its clock. */
#include "tests/api/kit.h"

/* Answers each command with its words; `fail` ends with status 3, `never` is not answered. */
static int run(nacre *n, uint64_t slice)
{
    struct nacre_request r = {.size = sizeof r};
    int state;
    for (;;) {
        state = nacre_step(n, slice);
        if (state == NACRE_RUNNING)
            continue;
        if (state != NACRE_WAITING)
            return state;
        uint64_t ids[16];
        char words[16][256];
        size_t count = 0;
        for (; nacre_request(n, count, &r) == NACRE_OK; count++) {
            check(r.kind == NACRE_REQUEST_COMMAND);
            ids[count] = r.id;
            words[count][0] = 0;
            for (size_t i = 0; i < r.argument_count; i++)
                snprintf(words[count] + strlen(words[count]), 256 - strlen(words[count]), "%.*s ",
                         (int)r.arguments[i].length, r.arguments[i].data);
            snprintf(words[count] + strlen(words[count]), 256 - strlen(words[count]), "in %.*s", (int)r.path.length, r.path.data);
            for (size_t i = 0; i < r.environment_count; i++)
                if (r.environment[i].length > 6 && memcmp(r.environment[i].data, "COLOR=", 6) == 0)
                    snprintf(words[count] + strlen(words[count]), 256 - strlen(words[count]), " %.*s",
                             (int)r.environment[i].length, r.environment[i].data);
            strcat(words[count], "\n");
        }
        if (!count)
            return state;
        for (size_t i = count; i-- > 0;) { /* answered backwards: takes effect as asked */
            check(nacre_command_write(n, ids[i], 1, words[i], strlen(words[i])) == (int)strlen(words[i]));
            if (strncmp(words[i], "fetch fail", 10) == 0)
                check(nacre_command_write(n, ids[i], 2, "no such\n", 8) == 8);
            check(nacre_command_done(n, ids[i], strncmp(words[i], "fetch fail", 10) == 0 ? 3 : 0) == NACRE_OK);
        }
    }
}

int main(void)
{
    struct counts counts = {0};
    struct nacre_options o = {.size = sizeof o, .allocate = counting, .allocate_user = &counts};
    nacre *n, *fork;
    check(nacre_new(&n, &o) == NACRE_OK);
    check(nacre_add_command(n, text("fetch"), text("get an address")) == NACRE_OK);
    check(nacre_add_command(n, text("ask"), text("ask a person")) == NACRE_OK);
    check(nacre_add_command(n, text("fetch"), text("again")) == NACRE_E_EXIST);
    check(nacre_add_command(n, text("a/b"), text("")) == NACRE_E_INVALID);
    check(nacre_changes(n, NULL) == 0);
    check(start(n, "fetch a 'b c'; cd /tmp; COLOR=red fetch; fetch fail; echo $?; x=$(ask | tr a-z A-Z); echo $x; command -v fetch; ls /usr/bin/ask") == NACRE_OK);
    check(run(n, 10) == NACRE_DONE);
    same(drain(n), "fetch a b c in /workspace\nfetch in /tmp COLOR=red\nfetch fail in /tmp\nno such\n3\nASK IN /TMP\n/usr/bin/fetch\n/usr/bin/ask\n");

    /* other tasks go on meanwhile; a killed one is asked for no more */
    check(start(n, "cd /workspace; { fetch 1 | cat; } & { fetch 2 | cat; } & echo meanwhile; wait") == NACRE_OK);
    check(run(n, 1000) == NACRE_DONE);
    same(drain(n), "meanwhile\nfetch 1 in /workspace\nfetch 2 in /workspace\n");
    check(start(n, "timeout 1 fetch never; echo $?") == NACRE_OK);
    struct nacre_request r = {.size = sizeof r};
    check(nacre_step(n, 1 << 20) == NACRE_WAITING);
    check(nacre_request(n, 0, &r) == NACRE_OK);
    uint64_t id = r.id;
    check(nacre_stop(n) == NACRE_OK);
    check(nacre_command_done(n, id, 0) == NACRE_E_NOENT);
    drain(n);

    /* forks have them too */
    check(nacre_fork(n, &fork) == NACRE_OK);
    nacre_free(n);
    check(nacre_add_command(fork, text("zeta"), text("")) == NACRE_OK);
    check(start(fork, "fetch; zeta") == NACRE_OK && run(fork, 1000) == NACRE_DONE);
    same(drain(fork), "fetch in /workspace\nzeta in /workspace\n");
    struct nacre_command command = {.size = sizeof command};
    int found = 0;
    for (size_t i = 0; nacre_command(fork, i, &command) == NACRE_OK; i++)
        found += command.name.length == 5 && memcmp(command.name.data, "fetch", 5) == 0;
    check(found == 1);
    nacre_free(fork);
    check(counts.bytes == 0);

    /* real time: asked to wait */
    o.real_time = 1;
    o.clock = 1000000000000000000;
    check(nacre_new(&n, &o) == NACRE_OK);
    check(start(n, "sleep 2; echo slept") == NACRE_OK);
    check(nacre_step(n, 1 << 20) == NACRE_WAITING);
    check(nacre_request(n, 0, &r) == NACRE_OK && r.kind == NACRE_REQUEST_SLEEP);
    check(r.until >= 1000000002000000000 && r.until < 1000000002100000000);
    check(nacre_wake(n, r.until) == NACRE_OK);
    check(nacre_step(n, 1 << 20) == NACRE_DONE);
    same(drain(n), "slept\n");
    nacre_free(n);
    check(counts.bytes == 0 && counts.blocks == 0);
    return end();
}
