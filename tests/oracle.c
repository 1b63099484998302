/* tests/oracle.c - real bash in a world that looks like the sandbox's. */
#define _GNU_SOURCE
#include "tests/oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { USER = 1000, PATIENCE = 20 };

static bool write_file(const char *path, const char *text)
{
    int f = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (f < 0)
        return false;
    bool fine = write(f, text, strlen(text)) == (ssize_t)strlen(text);
    close(f);
    return fine;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind;
    if (where->level > 0)
        remove(path);
    return 0;
}

static int open_up(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s;
    if (where->level > 0 && (kind == FTW_D || kind == FTW_DNR))
        chmod(path, 0755);
    return 0;
}

/* Empties a folder. */
static void empty(const char *path)
{
    nftw(path, open_up, 32, FTW_PHYS | FTW_MOUNT);
    nftw(path, remove_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

void oracle_remove(const char *folder)
{
    if (folder[0]) {
        empty(folder);
        rmdir(folder);
    }
}

/* A file of the machine's seen in the world: a folder or file bound to the same path. */
static bool bind(const char *root, const char *path)
{
    char at[8192];
    struct stat s;
    if (lstat(path, &s) != 0)
        return true;
    snprintf(at, sizeof at, "%s%s", root, path);
    if (S_ISLNK(s.st_mode)) {
        char target[4096];
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0)
            return false;
        target[n] = 0;
        return symlink(target, at) == 0;
    }
    if (S_ISDIR(s.st_mode) ? mkdir(at, 0755) != 0 && errno != EEXIST : !write_file(at, ""))
        return false;
    return mount(path, at, NULL, MS_BIND | MS_REC, NULL) == 0;
}

static bool make_world(const char *root)
{
    static const char *const folders[] = {"/etc", "/home", "/home/user", "/tmp", "/workspace", "/root", "/var", "/usr", "/usr/local"};
    static const char *const bound[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/dev", "/proc",
                                        "/etc/alternatives",
                                        "/etc/ld.so.cache", "/etc/magic", "/etc/mime.types"};
    char at[8192];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWNS | CLONE_NEWUTS | (uid ? CLONE_NEWUSER : 0)) != 0)
        return false;
    if (uid) {
        snprintf(at, sizeof at, "%d %d 1", USER, (int)uid);
        if (!write_file("/proc/self/uid_map", at))
            return false;
        write_file("/proc/self/setgroups", "deny");
        snprintf(at, sizeof at, "%d %d 1", USER, (int)gid);
        if (!write_file("/proc/self/gid_map", at))
            return false;
    }
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(at, sizeof at, "%s%s", root, folders[i]);
        if (mkdir(at, 0755) != 0 && errno != EEXIST)
            return false;
    }
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (!bind(root, bound[i]))
            return false;
    snprintf(at, sizeof at, "%s/etc/passwd", root);
    write_file(at, "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    snprintf(at, sizeof at, "%s/etc/group", root);
    write_file(at, "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n");
    (void)!sethostname("localhost", 9);
    return chroot(root) == 0 && chdir("/") == 0;
}

static void own(const char *path)
{
    if (geteuid() == 0)
        (void)!chown(path, USER, USER);
}

bool oracle_enter(struct oracle *o)
{
    const char *place = getenv("TMPDIR");
    snprintf(o->folder, sizeof o->folder, "%s/nacre-oracle.XXXXXX", place ? place : "/tmp");
    umask(022);
    if (!mkdtemp(o->folder)) {
        perror("tests/run: a scratch folder");
        return false;
    }
    chmod(o->folder, 0755);
    o->entered = make_world(o->folder);
    if (o->entered) {
        chmod("/tmp", 01777);
        own("/workspace");
        own("/home/user");
    } else {
        char at[8192];
        snprintf(at, sizeof at, "%s/workspace", o->folder);
        mkdir(at, 0755);
        own(at);
    }
    return true;
}

/* Empties a folder and makes it anew: one that has once held much stays large. */
static void renew(const char *path)
{
    empty(path);
    if (rmdir(path) == 0 && mkdir(path, 0755) == 0)
        own(path);
}

static bool make_parents(char *path, size_t above)
{
    for (char *p = path + above; (p = strchr(p + 1, '/'));) {
        *p = 0;
        if (mkdir(path, 0755) == 0)
            own(path);
        *p = '/';
    }
    return true;
}

/* Every `from` in the text becomes `to`. */
static void substitute(struct bytes *text, const char *from, const char *to)
{
    struct bytes made = {0};
    size_t n = strlen(from);
    char *at = text->data, *end = text->data + text->length, *hit;
    while (at && at < end && (hit = memmem(at, (size_t)(end - at), from, n))) {
        bytes_add(&made, at, (size_t)(hit - at));
        bytes_add(&made, to, strlen(to));
        at = hit + n;
    }
    bytes_add(&made, at, (size_t)(end - at));
    bytes_drop(text);
    *text = made;
}

static void run_child(const char *workspace, const struct test_case *c, int in, int out, int err)
{
    char pwd[8300];
    char *environment[80] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/user", "USER=user", "LOGNAME=user", "SHELL=/bin/bash",
                             "LANG=C.UTF-8", "TERM=dumb"};
    size_t count = 7;
    snprintf(pwd, sizeof pwd, "PWD=%s", workspace);
    environment[count++] = pwd;
    for (size_t i = 0; i < c->environment_count && count < 79; i++)
        environment[count++] = c->environment[i];
    setsid();
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    if (chdir(workspace) != 0)
        _exit(126);
    if (geteuid() == 0) {
        setgroups(0, NULL);
        if (setgid(USER) != 0 || setuid(USER) != 0)
            _exit(126);
    }
    for (int i = 1; i < 65; i++)
        signal(i, SIG_DFL);
    /* A script of any length, with $0 as in the sandbox. */
    char *words[] = {"bash", "-c", c->script.data, NULL};
    execve("/bin/bash", words, environment);
    _exit(126);
}

static void read_back(int f, struct bytes *b)
{
    char block[65536];
    ssize_t n;
    lseek(f, 0, SEEK_SET);
    bytes_add(b, "", 0);
    while ((n = read(f, block, sizeof block)) > 0)
        bytes_add(b, block, (size_t)n);
}

bool oracle_play(struct oracle *o, const struct test_case *c, struct bytes *out, struct bytes *err, int *status)
{
    char workspace[8192] = "/workspace";
    if (!o->entered)
        snprintf(workspace, sizeof workspace, "%s/workspace", o->folder);
    renew(workspace);
    if (o->entered) {
        empty("/tmp");
        renew("/home/user");
    }
    for (size_t i = 0; i < c->file_count; i++) {
        char path[12288];
        const char *name = c->files[i].name;
        if (name[0] == '/' && strncmp(name, "/workspace/", 11) == 0)
            name += 11;
        if (name[0] == '/' && !o->entered)
            continue;
        snprintf(path, sizeof path, "%s/%s", name[0] == '/' ? "" : workspace, name + (name[0] == '/'));
        make_parents(path, name[0] == '/' ? 0 : strlen(workspace));
        FILE *f = fopen(path, "wb");
        if (f) {
            fwrite(c->files[i].content.data, 1, c->files[i].content.length, f);
            fclose(f);
            own(path);
        }
    }
    int o1 = memfd_create("out", MFD_CLOEXEC), o2 = memfd_create("err", MFD_CLOEXEC), in[2];
    fcntl(o1, F_SETFL, O_APPEND);
    fcntl(o2, F_SETFL, O_APPEND);
    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    pid_t feeder = -1, child = fork();
    if (child == 0)
        run_child(workspace, c, in[0], o1, o2);
    close(in[0]);
    if (c->input.length > 60000) {
        feeder = fork();
        if (feeder == 0) {
            signal(SIGPIPE, SIG_DFL);
            for (size_t at = 0; at < c->input.length;) {
                ssize_t n = write(in[1], c->input.data + at, c->input.length - at);
                if (n <= 0)
                    break;
                at += (size_t)n;
            }
            _exit(0);
        }
    } else if (c->input.length) {
        void (*was)(int) = signal(SIGPIPE, SIG_IGN);
        (void)!write(in[1], c->input.data, c->input.length);
        signal(SIGPIPE, was);
    }
    close(in[1]);
    bool ended = false;
    int how = 0;
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned wait = 200;; wait = wait < 20000 ? wait * 2 : wait) {
        if (waitpid(child, &how, WNOHANG) == child) {
            ended = true;
            break;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begin.tv_sec > PATIENCE)
            break;
        usleep(wait);
    }
    kill(-child, SIGKILL); /* what it left in the background too */
    if (!ended)
        waitpid(child, &how, 0);
    if (feeder > 0) {
        kill(feeder, SIGKILL);
        waitpid(feeder, NULL, 0);
    }
    read_back(o1, out);
    read_back(o2, err);
    close(o1);
    close(o2);
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    if (!o->entered) {
        substitute(out, workspace, "/workspace");
        substitute(err, workspace, "/workspace");
    }
    return ended;
}
