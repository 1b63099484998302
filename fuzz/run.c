/* fuzz/run.c - whole scripts under low limits: no crash, no leak, and the sandbox answers afterwards. */
#include "fuzz/fuzz.h"
#include "include/nacre.h"

static int run(nacre *n, const char *script, size_t length, uint64_t slice, char *out, size_t *out_length)
{
    struct nacre_run r = {.size = sizeof r, .script = {script, length}, .input = {"one\ntwo\n", 8},
                          .limits = {200000, 8 << 20, 4 << 20, 1 << 16}};
    char block[4096];
    size_t got, room = *out_length;
    int stream, state = nacre_start(n, &r);
    *out_length = 0;
    while (state >= 0) {
        state = nacre_step(n, slice);
        while ((got = nacre_read(n, &stream, block, sizeof block)) > 0)
            if (stream == 1 && *out_length + got <= room) {
                memcpy(out + *out_length, block, got);
                *out_length += got;
            }
        struct nacre_request request = {.size = sizeof request};
        if (state == NACRE_RUNNING ||
            (state == NACRE_WAITING && nacre_request(n, 0, &request) == 0 && request.kind == NACRE_REQUEST_OUTPUT))
            continue;
        if (state == NACRE_OUT_OF_STEPS || state == NACRE_STUCK || state == NACRE_WAITING)
            nacre_stop(n);
        break;
    }
    while ((got = nacre_read(n, &stream, block, sizeof block)) > 0)
        continue;
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct nacre_options options = {.size = sizeof options, .allocate = held_resize, .allocate_user = &held, .seed = 1};
    nacre *n = NULL;
    char out[65536];
    size_t length = sizeof out;
    must(nacre_new(&n, &options) == 0);
    must(nacre_put(n, "/workspace/f", 12, "alpha\nbeta 2\n\tgamma,3\n", 22, 0644) == 0);
    int state = run(n, (const char *)data, size, size % 3 == 0 ? 100 : UINT64_MAX, out, &length);
    must(state >= 0 || state == NACRE_E_MEMORY || state == NACRE_E_INVALID);
    struct nacre_usage usage = {.size = sizeof usage};
    nacre_usage(n, &usage);
    must(usage.memory_peak <= 8 << 20);
    nacre_free(n);
    must(held.bytes == 0);
    return 0;
}
