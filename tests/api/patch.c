/* tests/api/patch.c - random changes of a tree, told as a diff, taken by the real `git apply`: the trees must be the same.
 *
 *     patch [SEED [ROUNDS]]     (SCRATCH in the environment: where to work; needs git)
 */
#include "include/nacre.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int passed, failed;
#define check(x) ((x) ? (void)passed++ : (void)(failed++, printf("%s:%d: %s\n", __FILE__, __LINE__, #x)))

static uint64_t seed;
static unsigned below(unsigned most)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % most;
}

static struct nacre_text text(const char *s)
{
    return (struct nacre_text){s, strlen(s)};
}

/* Names that need care. */
static const char *const names[] = {"plain", "two words", "quote\"d", "back\\slash", "new\nline", "tab\tbed", "gr\303\274n",
                                    "b\377d", "-dash",
                                    "d/in", "d/e/deep", "d/two words", "x y/z", "'single'", "$dollar", "d/b\001ell", " lead", "trail "};
enum { NAMES = sizeof names / sizeof names[0] };

static void path_of(char *path, unsigned i)
{
    snprintf(path, 256, "/workspace/%s", names[i]);
}

/* Text of few different lines, or binary; with or without a newline at the end. */
static size_t content(char *bytes)
{
    size_t length = 0;
    unsigned lines = below(40), kind = below(8);
    if (kind == 0)
        return 0;
    if (kind == 1) {
        length = below(3000);
        unsigned range = below(2) ? 256 : 3;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)below(range);
        return length;
    }
    for (unsigned i = 0; i < lines; i++)
        length += (size_t)sprintf(bytes + length, "%s%u\n", below(9) ? "line " : "\377\xe2\x82\xac\r", below(12));
    if (length && below(4) == 0)
        length--;
    return length;
}

static void put_something(nacre *n)
{
    static char bytes[65536];
    char path[256];
    struct nacre_entry e = {.size = sizeof e, .mode = below(2) ? 0755 : 0644};
    path_of(path, below(NAMES));
    if (below(6) == 0) {
        nacre_remove(n, text(path));
        e.kind = NACRE_LINK;
        e.target = text(below(2) ? "plain" : "../../no where\n");
        nacre_make(n, text(path), &e);
    } else {
        nacre_put(n, path, strlen(path), bytes, content(bytes), e.mode);
    }
}

/* Changes a file in its middle, so that hunks have context. */
static void edit_something(nacre *n)
{
    static char bytes[131072];
    char path[256];
    struct nacre_text was;
    struct nacre_entry e = {.size = sizeof e};
    path_of(path, below(NAMES));
    if (nacre_stat(n, text(path), &e) || e.kind != NACRE_FILE || nacre_get(n, text(path), &was) || !was.length)
        return;
    size_t at = below((unsigned)was.length), more = (size_t)sprintf(bytes + at, "%s", below(2) ? "x" : "\n new one\n\n");
    memmove(bytes, was.data, at);
    memcpy(bytes + at + more, was.data + at, was.length - at);
    nacre_put(n, path, strlen(path), bytes, was.length + more, below(5) ? e.mode : e.mode ^ 0111);
}

/* Writes the tree below a folder of the sandbox to the disk, without empty folders. */
static void write_tree(nacre *n, const char *from, const char *to)
{
    struct nacre_entry e = {.size = sizeof e};
    char last[256] = "";
    while (nacre_list(n, text(from), text(last), &e) == 0) {
        char inside[1024], outside[1024];
        memcpy(last, e.name.data, e.name.length);
        last[e.name.length] = 0;
        snprintf(inside, sizeof inside, "%s/%s", from, last);
        snprintf(outside, sizeof outside, "%s/%s", to, last);
        if (e.kind == NACRE_DIRECTORY) {
            mkdir(outside, 0755);
            write_tree(n, inside, outside);
            rmdir(outside); /* only when empty */
        } else if (e.kind == NACRE_LINK) {
            char target[256];
            memcpy(target, e.target.data, e.target.length);
            target[e.target.length] = 0;
            check(symlink(target, outside) == 0);
        } else {
            struct nacre_text bytes;
            int fd = open(outside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
            check(nacre_get(n, text(inside), &bytes) == 0);
            check(write(fd, bytes.data, bytes.length) == (ssize_t)bytes.length);
            fchmod(fd, e.mode & 0100 ? 0755 : 0644);
            close(fd);
        }
    }
}

static void write_diff(nacre *n, const nacre *base, const char *file, uint64_t slice)
{
    char part[4096];
    int stream, state;
    size_t count;
    FILE *out = fopen(file, "wb");
    check(nacre_start_diff(n, base, NULL) == 0);
    do {
        state = nacre_step(n, slice);
        while ((count = nacre_read(n, &stream, part, sizeof part)) > 0)
            if (stream == 1)
                fwrite(part, 1, count, out);
    } while (state == NACRE_RUNNING || state == NACRE_WAITING);
    check(state == NACRE_DONE);
    fclose(out);
}

static void play(void)
{
    nacre *n, *before;
    check(nacre_new(&n, NULL) == 0);
    for (unsigned i = below(30); i > 0; i--)
        put_something(n);
    check(nacre_set_base(n) == 0);
    check(nacre_fork(n, &before) == 0);
    check(system("rm -rf was is out && mkdir was is out && git init -q out") == 0);
    write_tree(n, "/workspace", "was");
    write_tree(n, "/workspace", "out");
    for (unsigned i = below(20); i > 0; i--) {
        char path[256];
        switch (below(4)) {
        case 0: put_something(n); break;
        case 1:
            path_of(path, below(NAMES));
            nacre_remove(n, text(path));
            break;
        default: edit_something(n); break;
        }
    }
    write_tree(n, "/workspace", "is");
    write_diff(n, NULL, "patch", 1 + below(5000));
    write_diff(n, before, "patch2", 100000000);
    check(system("cmp patch patch2") == 0);
    check(system("cd out && { test ! -s ../patch || git apply --whitespace=nowarn ../patch; } && rm -rf .git") == 0);
    check(system("diff -r --no-dereference is out && cd is && find . -printf '%m %y %p\\0' | sort -z > ../a; cd ../out && find . -printf '%m %y %p\\0' | sort -z | cmp - ../a") == 0);
    check(system("cp -a out back && cd back && git init -q . && { test ! -s ../patch || git apply -R --whitespace=nowarn ../patch; } && rm -rf .git && diff -r --no-dereference . ../was") == 0);
    check(system("rm -rf back") == 0);
    nacre_free(n);
    nacre_free(before);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/nacre-patch-XXXXXX";
    const char *scratch = getenv("SCRATCH");
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : 20;
    if (system("git --version > /dev/null 2>&1") != 0) {
        printf("0 passed, 0 failed (no git)\n");
        return 0;
    }
    if (!scratch)
        scratch = mkdtemp(folder);
    if (!scratch || chdir(scratch) != 0)
        return 1;
    umask(022);
    for (int i = 0; i < rounds && !failed; i++) {
        uint64_t begin = seed;
        play();
        if (failed)
            printf("in %s, seed %llu\n", scratch, (unsigned long long)begin);
        seed = begin + 1;
    }
    if (!failed && scratch == folder && chdir("/") == 0) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf %s", folder);
        check(system(command) == 0);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
