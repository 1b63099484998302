/* cli/run.c - a run is stepped to its end: its requests answered, its output written as it comes. */
#include "cli/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLICE = 200000 }; /* steps between two looks at the output */

/* Who is interrupted by SIGINT: a signal handler has no other way to know. */
static nacre *volatile running;

static void on_interrupt(int number)
{
    (void)number;
    nacre *n = running;
    if (n)
        nacre_interrupt(n);
}

void run_catch_interrupts(struct program *p)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)p;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL); /* without SA_RESTART: a read of standard input ends */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

bool write_all(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t count = write(descriptor, data, length);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count < 0)
            return false;
        data += count;
        length -= (size_t)count;
    }
    return true;
}

bool bytes_add(struct bytes *b, const char *data, size_t length)
{
    if (b->room - b->length < length + 1) {
        size_t room = b->room ? b->room : 4096;
        while (room - b->length < length + 1)
            room *= 2;
        char *more = realloc(b->data, room);
        if (!more)
            return false;
        b->data = more;
        b->room = room;
    }
    memcpy(b->data + b->length, data, length);
    b->length += length;
    b->data[b->length] = 0;
    return true;
}

const char *error_name(int error)
{
    switch (error) {
    case NACRE_E_MEMORY: return "out of memory";
    case NACRE_E_STATE: return "call at the wrong moment";
    case NACRE_E_INVALID: return "not valid";
    case NACRE_E_NOENT: return "No such file or directory";
    case NACRE_E_EXIST: return "File exists";
    case NACRE_E_NOTDIR: return "Not a directory";
    case NACRE_E_ISDIR: return "Is a directory";
    case NACRE_E_ACCESS: return "Permission denied";
    case NACRE_E_DISK: return "No space left on device";
    case NACRE_E_STALE: return "changed on the host since it was listed";
    case NACRE_E_LOOP: return "Too many levels of symbolic links";
    case NACRE_E_NAME: return "File name too long";
    case NACRE_E_LOAD: return "not loaded";
    default: return "error";
    }
}

void tell_left_out(struct program *p)
{
    struct nacre_usage u = {.size = sizeof u};
    if (p->quiet || p->json || nacre_usage(p->n, &u) < 0 || u.left_out <= p->told_left_out)
        return;
    p->told_left_out = u.left_out;
    if (p->host)
        host_end_progress(p->host);
    fprintf(stderr, "nacre: left out %llu %s (--include-secrets brings %s in)\n", (unsigned long long)u.left_out,
            u.left_out == 1 ? "name that looks like a secret" : "names that look like secrets", u.left_out == 1 ? "it" : "them");
}

/* *any: there was something. */
static bool drain(struct program *p, const struct sink *to, bool *any)
{
    char buffer[65536];
    int stream;
    size_t count;
    bool well = true;
    *any = false;
    while ((count = nacre_read(p->n, &stream, buffer, sizeof buffer)) > 0) {
        *any = true;
        if (p->host)
            host_end_progress(p->host);
        if (to->collect[stream])
            well &= bytes_add(to->collect[stream], buffer, count);
        else if (to->descriptor[stream] >= 0)
            well &= write_all(to->descriptor[stream], buffer, count) || stream == 2;
    }
    return well;
}

static int give_input(struct program *p)
{
    char buffer[65536];
    if (p->input_ended || p->input < 0)
        return nacre_end_input(p->n);
    ssize_t count = read(p->input, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
        return 0; /* the interrupt is seen at the next step */
    if (count <= 0) {
        p->input_ended = true;
        return nacre_end_input(p->n);
    }
    for (size_t done = 0; done < (size_t)count;) {
        int taken = nacre_write(p->n, buffer + done, (size_t)count - done);
        if (taken < 0)
            return taken;
        done += (size_t)taken;
    }
    return 0;
}

static int sleep_until(struct program *p, int64_t until)
{
    struct nacre_usage u = {.size = sizeof u};
    nacre_usage(p->n, &u);
    int64_t left = until - u.clock;
    struct timespec t = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
    nanosleep(&t, NULL);
    return nacre_wake(p->n, until);
}

/* Answers what is asked for now: files all at once, else the first. 0 or an error. */
static int answer(struct program *p)
{
    struct nacre_request *files = NULL, r = {.size = sizeof r};
    size_t count = 0;
    int error = nacre_request(p->n, 0, &r);
    if (error)
        return error;
    switch (r.kind) {
    case NACRE_REQUEST_INPUT: return give_input(p);
    case NACRE_REQUEST_OUTPUT: return 0; /* drained already */
    case NACRE_REQUEST_SLEEP: return sleep_until(p, r.until);
    case NACRE_REQUEST_COMMAND: return nacre_command_done(p->n, r.id, 127);
    default: break;
    }
    if (p->host)
        host_trim(p->host, p->n);
    while (nacre_request(p->n, count, &r) == 0 && count < 1024)
        count++;
    files = calloc(count + 1, sizeof *files);
    if (!files)
        return NACRE_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        files[i].size = sizeof files[i];
        nacre_request(p->n, i, &files[i]);
        char *path = malloc(files[i].path.length + 1); /* it holds until the next call only */
        if (path)
            memcpy(path, files[i].path.data, files[i].path.length);
        files[i].path = (struct nacre_text){path, path ? files[i].path.length : 0};
    }
    for (size_t i = 0; i < count && !error; i++)
        error = host_answer(p->host, p->n, &files[i]);
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)files[i].path.data);
    free(files);
    return error;
}

int run_load(struct program *p)
{
    return answer(p);
}

bool find_hint(struct program *p, struct nacre_text *missing, struct nacre_text *meant)
{
    return nacre_hint(p->n, missing, meant) == 0;
}

int64_t find_changes(struct program *p)
{
    int64_t count;
    while ((count = nacre_changes(p->n, NULL)) == NACRE_E_LOAD)
        if (answer(p) < 0)
            break;
    if (p->host)
        host_end_progress(p->host);
    return count;
}

struct outcome run_steps(struct program *p, const struct sink *to)
{
    struct outcome o = {0};
    bool drained;
    running = p->n;
    for (;;) {
        int state = nacre_step(p->n, SLICE);
        if (!drain(p, to, &drained)) {
            o.broken = true;
            nacre_stop(p->n);
            o.ended = NACRE_STOPPED;
            break;
        }
        if (state == NACRE_RUNNING)
            continue;
        if (state == NACRE_WAITING) {
            int error = answer(p);
            if (!error || (error == NACRE_E_NOENT && drained)) /* it was the output that was waited for */
                continue;
            host_end_progress(p->host);
            fprintf(stderr, "nacre: %s\n", error_name(error));
            nacre_stop(p->n);
            o.ended = error;
            break;
        }
        o.ended = state;
        if (state == NACRE_OUT_OF_STEPS || state == NACRE_STUCK)
            nacre_stop(p->n);
        break;
    }
    running = NULL;
    if (o.broken)
        drain(p, &(struct sink){{-1, -1, -1}, {NULL}}, &drained);
    else
        drain(p, to, &drained);
    if (p->host)
        host_end_progress(p->host);
    o.usage.size = sizeof o.usage;
    nacre_usage(p->n, &o.usage);
    o.status = o.ended < 0 ? EXIT_PROGRAM : o.usage.status;
    return o;
}

int run_script(struct program *p, const struct nacre_run *run)
{
    int error;
    while ((error = nacre_start(p->n, run)) == NACRE_E_LOAD)
        if ((error = answer(p)) < 0)
            break;
    return error;
}

/* Runs the diff into the sink; what git cannot express goes to standard error. */
static int run_diff(struct program *p, const nacre *base, struct sink *sink)
{
    struct nacre_diff d = {.size = sizeof d, .below = {p->mount, strlen(p->mount)}};
    struct bytes notes = {0};
    sink->collect[2] = &notes;
    int error = nacre_start_diff(p->n, base, &d);
    if (error) {
        fprintf(stderr, "nacre: no diff: %s\n", error_name(error));
        return -1;
    }
    struct outcome o = run_steps(p, sink);
    int answer = o.ended == NACRE_DONE ? 0 : -1;
    if (answer)
        fprintf(stderr, "nacre: the diff was not finished\n");
    if (notes.length && (!p->quiet || answer))
        write_all(STDERR_FILENO, notes.data, notes.length);
    free(notes.data);
    return answer;
}

int collect_diff(struct program *p, const nacre *base, struct bytes *text)
{
    struct sink sink = {{-1, -1, -1}, {NULL, text, NULL}};
    return run_diff(p, base, &sink);
}

int write_diff(struct program *p, const nacre *base, const char *file)
{
    struct sink sink = {{-1, STDOUT_FILENO, -1}, {NULL}};
    if (!file || strcmp(file, "-") == 0)
        return run_diff(p, base, &sink);
    struct bytes text = {0};
    int answer = collect_diff(p, base, &text);
    if (!answer) {
        FILE *out = fopen(file, "wb");
        bool well = out && (!text.length || fwrite(text.data, 1, text.length, out) == text.length);
        if (out && fclose(out) != 0)
            well = false;
        if (!well) {
            fprintf(stderr, "nacre: %s: %s\n", file, strerror(errno));
            answer = -1;
        }
    }
    free(text.data);
    return answer;
}
