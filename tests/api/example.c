/* tests/api/example.c - the example of the manual: a sandbox, a file, a script, a fork, what changed. */
#include "tests/api/kit.h"

int main(void)
{
    nacre *n, *fork;
    struct nacre_result r = {.size = sizeof r};
    check(nacre_new(&n, NULL) == NACRE_OK);
    check(nacre_put(n, "/workspace/a.txt", 16, "hello\n", 6, 0644) == NACRE_OK);
    check(nacre_run(n, "wc -l a.txt", 11, &r) == NACRE_OK);
    same(r.out, "1 a.txt\n");
    same(r.err, "");
    check(r.status == 0 && r.ended == NACRE_DONE && r.steps > 0);
    nacre_result_free(n, &r);

    /* a session: what a run leaves is there in the next */
    same(say(n, "x=5; f() { echo f$x; }"), "");
    same(say(n, "f"), "f5\n");

    /* a fork costs nothing, and goes its own way */
    check(nacre_fork(n, &fork) == NACRE_OK);
    same(say(fork, "x=6; rm a.txt; echo new > b.txt; f"), "f6\n");
    same(say(n, "f; ls"), "f5\na.txt\n");

    /* what differs between the two */
    struct nacre_change c = {.size = sizeof c};
    int64_t count = nacre_changes(fork, n);
    char told[512] = "";
    for (int64_t i = 0; i < count; i++) {
        check(nacre_change(fork, (size_t)i, &c) == NACRE_OK);
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s%.*s ",
                 c.what & NACRE_CHANGE_ADDED     ? "+"
                 : c.what & NACRE_CHANGE_REMOVED ? "-"
                                                 : "",
                 (int)c.path.length, c.path.data);
    }
    same(told, "/workspace -/workspace/a.txt +/workspace/b.txt ");
    check(nacre_change(fork, (size_t)count, &c) == NACRE_E_NOENT);

    /* and as a diff */
    int state;
    check(nacre_start_diff(fork, n, NULL) == NACRE_OK);
    while ((state = nacre_step(fork, 100)) == NACRE_RUNNING)
        ;
    check(state == NACRE_DONE);
    same(drain(fork), "diff --git a/a.txt b/a.txt\ndeleted file mode 100644\n--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-hello\n"
                      "diff --git a/b.txt b/b.txt\nnew file mode 100644\n--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1 @@\n+new\n");
    nacre_free(fork);
    nacre_free(n);
    return end();
}
