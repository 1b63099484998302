/* tests/driver.c - the library behind a line protocol: a JSON request a line in, its answer a line out.
 *
 * {"new": true, "files": {NAME: TEXT}, "cwd", "env": {}, "input", "limits": {"steps", "memory", "disk", "output"}, "script"}
 * answers {"stdout", "stderr", "status", "ended", "steps", "peak"}. Without `new` the script runs in the sandbox, with
 * the variables and functions, that the last request left. A byte that is not part of valid UTF-8 is \udc80 to \udcff.
 */
#include "include/nacre.h"
#include "tests/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    bool fresh;
    struct bytes *names, *contents; /* files */
    size_t file_count;
    struct bytes *environment; /* NAME=VALUE */
    size_t environment_count;
    struct bytes directory, input, script;
    struct nacre_limits limits;
};

static struct bytes *one_more(struct bytes **list, size_t count)
{
    *list = realloc(*list, (count + 1) * sizeof **list);
    if (!*list)
        exit(2);
    (*list)[count] = (struct bytes){0};
    return &(*list)[count];
}

static bool read_files(struct json *j, struct request *r)
{
    struct bytes key = {0};
    if (!json_object(j))
        return false;
    while (json_key(j, &key)) {
        struct bytes *name = one_more(&r->names, r->file_count), *content = one_more(&r->contents, r->file_count);
        r->file_count++;
        if (key.length == 0 || key.data[0] != '/')
            bytes_print(name, "/workspace/");
        bytes_add(name, key.data, key.length);
        if (!json_string(j, content))
            return false;
    }
    bytes_drop(&key);
    return true;
}

static bool read_environment(struct json *j, struct request *r)
{
    struct bytes key = {0}, value = {0};
    if (!json_object(j))
        return false;
    while (json_key(j, &key)) {
        if (!json_string(j, &value))
            return false;
        struct bytes *e = one_more(&r->environment, r->environment_count++);
        bytes_add(e, key.data, key.length);
        bytes_add(e, "=", 1);
        bytes_add(e, value.data, value.length);
    }
    bytes_drop(&key);
    bytes_drop(&value);
    return true;
}

static bool read_limits(struct json *j, struct request *r)
{
    struct bytes key = {0};
    if (!json_object(j))
        return false;
    while (json_key(j, &key)) {
        uint64_t number;
        if (!json_number(j, &number))
            return false;
        if (strcmp(key.data, "steps") == 0)
            r->limits.steps = number;
        else if (strcmp(key.data, "memory") == 0)
            r->limits.memory = number;
        else if (strcmp(key.data, "disk") == 0)
            r->limits.disk = number;
        else if (strcmp(key.data, "output") == 0)
            r->limits.output = number;
    }
    bytes_drop(&key);
    return true;
}

static bool read_request(struct json *j, struct request *r)
{
    struct bytes key = {0};
    bool fine = json_object(j);
    while (fine && json_key(j, &key)) {
        uint64_t number = 0;
        if (strcmp(key.data, "new") == 0) {
            fine = json_number(j, &number);
            r->fresh = number != 0;
        } else if (strcmp(key.data, "files") == 0) {
            fine = read_files(j, r);
        } else if (strcmp(key.data, "env") == 0) {
            fine = read_environment(j, r);
        } else if (strcmp(key.data, "limits") == 0) {
            fine = read_limits(j, r);
        } else if (strcmp(key.data, "cwd") == 0) {
            fine = json_string(j, &r->directory);
        } else if (strcmp(key.data, "input") == 0) {
            fine = json_string(j, &r->input);
        } else if (strcmp(key.data, "script") == 0) {
            fine = json_string(j, &r->script);
        } else {
            fine = json_skip(j);
        }
    }
    bytes_drop(&key);
    return fine;
}

static void drop_request(struct request *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        bytes_drop(&r->names[i]);
        bytes_drop(&r->contents[i]);
    }
    for (size_t i = 0; i < r->environment_count; i++)
        bytes_drop(&r->environment[i]);
    free(r->names);
    free(r->contents);
    free(r->environment);
    bytes_drop(&r->directory);
    bytes_drop(&r->input);
    bytes_drop(&r->script);
}

static int make_sandbox(nacre **n, const struct request *r)
{
    struct nacre_options options = {.size = sizeof options, .limits = r->limits, .seed = 1};
    nacre_free(*n);
    *n = NULL;
    int e = nacre_new(n, &options);
    for (size_t i = 0; i < r->file_count && e == 0; i++)
        e = nacre_put(*n, r->names[i].data, r->names[i].length, r->contents[i].data, r->contents[i].length, 0644);
    return e == 0 ? nacre_set_base(*n) : e;
}

static void drain(nacre *n, struct bytes *out, struct bytes *err)
{
    char block[65536];
    int stream = 0;
    size_t got;
    while ((got = nacre_read(n, &stream, block, sizeof block)) > 0)
        bytes_add(stream == 2 ? err : out, block, got);
}

/* Plays the script to its end: an enum nacre_state, or below 0 an error. */
static int play(nacre *n, const struct request *r, struct bytes *out, struct bytes *err)
{
    struct nacre_text *environment = calloc(r->environment_count + 1, sizeof *environment);
    for (size_t i = 0; environment && i < r->environment_count; i++)
        environment[i] = (struct nacre_text){r->environment[i].data, r->environment[i].length};
    struct nacre_run run = {.size = sizeof run, .script = {r->script.data, r->script.length},
                            .input = {r->input.data, r->input.length}, .directory = {r->directory.data, r->directory.length},
                            .environment = environment, .environment_count = r->environment_count, .limits = r->limits};
    int state = nacre_start(n, &run);
    free(environment);
    while (state >= 0) {
        state = nacre_step(n, UINT64_MAX);
        struct nacre_request request = {.size = sizeof request};
        bool full = state == NACRE_WAITING && nacre_request(n, 0, &request) == 0 && request.kind == NACRE_REQUEST_OUTPUT;
        drain(n, out, err);
        if (state == NACRE_RUNNING || full)
            continue;
        if (state == NACRE_OUT_OF_STEPS || state == NACRE_STUCK || state == NACRE_WAITING) {
            nacre_stop(n);
            drain(n, out, err);
        }
        break;
    }
    return state;
}

static void answer(nacre **n, const struct request *r)
{
    struct bytes out = {0}, err = {0}, line = {0};
    struct nacre_usage usage = {.size = sizeof usage};
    const char *ended = "error";
    int state = r->fresh || !*n ? make_sandbox(n, r) : 0;
    if (state == 0)
        state = play(*n, r, &out, &err);
    if (*n)
        nacre_usage(*n, &usage);
    if (state >= 0 && state < ENDS_MOST)
        ended = test_ends[state] ? test_ends[state] : "waiting";
    if (state < 0) {
        bytes_print(&err, state == NACRE_E_MEMORY ? "nacre: memory limit reached\n" : "nacre: error %d\n", state);
        usage.status = 125;
    }
    bytes_print(&line, "{\"stdout\": ");
    json_print(&line, out.data, out.length);
    bytes_print(&line, ", \"stderr\": ");
    json_print(&line, err.data, err.length);
    bytes_print(&line, ", \"status\": %d, \"ended\": \"%s\", \"steps\": %llu, \"peak\": %llu}\n", usage.status, ended,
                (unsigned long long)usage.steps, (unsigned long long)usage.memory_peak);
    fwrite(line.data, 1, line.length, stdout);
    fflush(stdout);
    bytes_drop(&out);
    bytes_drop(&err);
    bytes_drop(&line);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    nacre *n = NULL;
    while ((length = getline(&line, &room, stdin)) > 0) {
        struct json j = {line, line + length};
        struct request r = {0};
        if (read_request(&j, &r))
            answer(&n, &r);
        else
            puts("{\"stdout\": \"\", \"stderr\": \"driver: the request is not well formed\\n\", \"status\": 2, \"ended\": \"error\"}");
        fflush(stdout);
        drop_request(&r);
    }
    nacre_free(n);
    free(line);
    return 0;
}
