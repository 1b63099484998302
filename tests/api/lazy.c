/* tests/api/lazy.c - a host that lists and loads when asked: the same output and steps as with everything there, in any slices. */
#include "tests/api/kit.h"

/* A tree of the host's: token N is files[N - 1]. */
struct file {
    const char *path, *content; /* NULL: a directory */
};
static const struct file files[] = {
    {"", NULL},
    {"a", NULL},
    {"a/one", "1\n"},
    {"a/two", "2\n"},
    {"b", NULL},
    {"b/c", NULL},
    {"b/c/deep", "deep\n"},
    {"top", "top\n"},
    {"empty", ""},
    {".gitignore", "*.o\nout/\n"},
    {"x.o", "object"},
    {"out", NULL},
    {"out/gone", "gone"},
    {"b/.gitignore", "!keep.o\ndeep2\n"},
    {"b/keep.o", "kept\n"},
    {"b/deep2", "no"},
    {".env", "secret"},
    {"b/id_rsa", "secret"},
    {"refused", "r\n"},
};
enum { FILES = sizeof files / sizeof files[0] };

static int released;

static void release(void *user, const void *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    (*(int *)user)++;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void fill(struct nacre_entry *e, size_t i)
{
    *e = (struct nacre_entry){.size = sizeof *e,
                              .name = text(last_name(files[i].path)),
                              .kind = files[i].content ? NACRE_FILE : NACRE_DIRECTORY,
                              .mode = files[i].content ? 0644 : 0755,
                              .mtime = 1000000000 + (int64_t)i,
                              .host = i + 1,
                              .length = files[i].content ? strlen(files[i].content) : 0};
}

static int give_listing(nacre *n, uint64_t token)
{
    struct nacre_entry list[FILES];
    size_t count = 0;
    const char *folder = files[token - 1].path;
    size_t length = strlen(folder);
    for (size_t i = FILES; i-- > 1;) { /* in an order of its own */
        const char *path = files[i].path, *slash = strrchr(path, '/');
        size_t above = slash ? (size_t)(slash - path) : 0;
        if (above == length && strncmp(path, folder, length) == 0)
            fill(&list[count++], i);
    }
    return nacre_give_listing(n, token, list, count);
}

static int asked;

static int give(nacre *n, const struct nacre_request *r)
{
    asked++;
    if (r->kind == NACRE_REQUEST_LISTING)
        return give_listing(n, r->host);
    check(r->kind == NACRE_REQUEST_CONTENT && r->length == strlen(files[r->host - 1].content));
    const char *name = last_name(files[r->host - 1].path); /* the folder may have been moved */
    check(r->path.length > strlen(name) && memcmp(r->path.data + r->path.length - strlen(name), name, strlen(name)) == 0);
    if (strcmp(files[r->host - 1].path, "refused") == 0)
        return nacre_give_failure(n, r->host, NACRE_E_ACCESS);
    return nacre_give_content(n, r->host, files[r->host - 1].content, r->length, r->host % 2, release, &released);
}

/* Runs to the end, giving what is asked for. */
static int run(nacre *n, uint64_t slice)
{
    int state;
    struct nacre_request r = {.size = sizeof r};
    for (;;) {
        state = nacre_step(n, slice);
        if (state == NACRE_WAITING) {
            check(nacre_request(n, 0, &r) == NACRE_OK);
            check(give(n, &r) == NACRE_OK);
        } else if (state != NACRE_RUNNING) {
            return state;
        }
    }
}

static nacre *fresh(struct counts *counts, int gitignore)
{
    static const char *const exclude[] = {"/a/two", NULL};
    struct nacre_options o = {.size = sizeof o, .allocate = counting, .allocate_user = counts, .gitignore = gitignore,
                              .exclude = gitignore ? exclude : NULL, .clock = 1700000000000000000};
    nacre *n;
    struct nacre_entry e;
    check(nacre_new(&n, &o) == NACRE_OK);
    fill(&e, 0);
    check(nacre_mount(n, text("/workspace"), &e) == NACRE_OK);
    return n;
}

/* By the host's own hand, so that the session is as new. */
static void load_all(nacre *n)
{
    for (size_t i = 0; i < FILES; i++) {
        char path[256];
        int error;
        struct nacre_text bytes;
        struct nacre_entry e = {.size = sizeof e};
        struct nacre_request r = {.size = sizeof r};
        snprintf(path, sizeof path, "/workspace/%s", files[i].path);
        do
            error = files[i].content ? nacre_get(n, text(path), &bytes) : nacre_list(n, text(path), text(""), &e);
        while (error == NACRE_E_LOAD && nacre_request(n, 0, &r) == NACRE_OK && give(n, &r) == NACRE_OK);
    }
}

static uint64_t steps(nacre *n)
{
    struct nacre_usage u = {.size = sizeof u};
    nacre_usage(n, &u);
    return u.steps;
}

int main(void)
{
    static const char *const scripts[] = {
        "cat a/one b/c/deep",
        "ls -la; ls a; stat -c '%n %s %h' a b top",
        "find . | sort",
        "cat refused; echo $?",
        "cat absent a/one",
        "echo more >> top; cat top",
        "cd b/c; pwd; cat deep",
        "for f in */*; do echo $f; cat $f; done 2>&1",
        "cp -r b d; ls d; cat d/c/deep",
        "mv a e; cat e/*; rm -r b; ls",
        "test -f a/one && test -d b && wc -c top",
        "[ -s empty ]; echo $?; cat empty",
    };
    struct counts counts = {0};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        nacre *loaded = fresh(&counts, 0);
        load_all(loaded);
        check(start(loaded, scripts[i]) == NACRE_OK);
        asked = 0;
        check(run(loaded, 1 << 20) == NACRE_DONE);
        check(asked == 0);
        char wanted[1 << 16];
        snprintf(wanted, sizeof wanted, "%s", drain(loaded));
        uint64_t wanted_steps = steps(loaded);
        static const uint64_t slices[] = {1 << 20, 64, 7, 1};
        for (int k = 0; k < 4; k++) {
            nacre *n = fresh(&counts, 0);
            check(start(n, scripts[i]) == NACRE_OK);
            asked = 0;
            check(run(n, slices[k]) == NACRE_DONE);
            check(asked > 0);
            /* inode numbers and times differ by what the first script did: not compared here */
            same(drain(n), wanted);
            if (steps(n) != wanted_steps)
                printf("%s: in slices of %llu %llu steps, loaded %llu\n", scripts[i], (unsigned long long)slices[k],
                       (unsigned long long)steps(n), (unsigned long long)wanted_steps);
            check(steps(n) == wanted_steps);
            nacre_free(n);
        }
        nacre_free(loaded);
        check(counts.bytes == 0);
    }

    /* what listings leave out */
    nacre *n = fresh(&counts, 1);
    check(start(n, "find . | sort") == NACRE_OK && run(n, 1000) == NACRE_DONE);
    same(drain(n), ".\n./.gitignore\n./a\n./a/one\n./b\n./b/.gitignore\n./b/c\n./b/c/deep\n./b/keep.o\n./empty\n./refused\n./top\n");
    struct nacre_usage u = {.size = sizeof u};
    check(nacre_usage(n, &u) == NACRE_OK && u.left_out == 2);

    /* files looked at by the host: asked for by the same requests */
    struct nacre_text bytes;
    struct nacre_request r = {.size = sizeof r};
    check(nacre_get(n, text("/workspace/b/c/deep"), &bytes) == NACRE_E_LOAD);
    check(nacre_request(n, 0, &r) == NACRE_OK && give(n, &r) == NACRE_OK);
    check(nacre_get(n, text("/workspace/b/c/deep"), &bytes) == NACRE_OK && bytes.length == 5);

    /* taken back, and asked for again */
    check(start(n, "cat a/one top > /dev/null") == NACRE_OK && run(n, 1000) == NACRE_DONE);
    released = 0;
    check(start(n, ":") == NACRE_OK && run(n, 1000) == NACRE_DONE); /* gives up what nacre_get showed */
    nacre_take_back(n, 0);
    check(released > 0);
    asked = 0;
    check(start(n, "cat a/one top") == NACRE_OK && run(n, 1000) == NACRE_DONE);
    same(drain(n), "1\ntop\n");
    check(asked == 2);

    /* nothing has changed by loading; a moved folder that was never listed is all there in the diff */
    check(nacre_changes(n, NULL) == 0);
    nacre *fork = fresh(&counts, 0);
    check(start(fork, "mv b moved") == NACRE_OK && run(fork, 1000) == NACRE_DONE);
    check(nacre_changes(fork, NULL) == NACRE_E_LOAD);
    check(nacre_start_diff(fork, NULL, NULL) == NACRE_OK);
    check(run(fork, 100) == NACRE_DONE);
    const char *diff = drain(fork);
    check(strstr(diff, "+++ b/moved/c/deep\n") && strstr(diff, "--- a/b/c/deep\n"));
    check(nacre_changes(fork, NULL) > 0);
    nacre_free(fork);

    /* a length that is not the one listed is refused, and can be said to have changed */
    fork = fresh(&counts, 0);
    check(start(fork, "cat top; echo $?") == NACRE_OK);
    while (nacre_step(fork, 1000) == NACRE_WAITING) {
        check(nacre_request(fork, 0, &r) == NACRE_OK);
        if (r.kind == NACRE_REQUEST_LISTING) {
            check(give(fork, &r) == NACRE_OK);
            continue;
        }
        check(nacre_give_content(fork, r.host, "longer than it was", 18, 1, NULL, NULL) == NACRE_E_STALE);
        check(nacre_give_failure(fork, r.host, NACRE_E_STALE) == NACRE_OK);
    }
    same(drain(fork), "cat: top: Stale file handle\n1\n");
    nacre_free(fork);
    nacre_free(n);
    check(counts.bytes == 0 && counts.blocks == 0);
    return end();
}
