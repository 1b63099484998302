/* fuzz/tool.c - one command with any arguments and any input: sed, awk, grep and the other little languages. */
#include "fuzz/fuzz.h"
#include "include/nacre.h"

static const char *const commands[] = {
    "sed", "awk", "grep", "grep -E", "find", "sort", "printf", "test", "expr", "date -d", "tr", "cut", "head", "tail",
    "ls", "diff", "patch", "xargs", "tar", "jq", "rg", "stat -c", "seq", "numfmt", "od", "join", "paste", "uniq", "comm",
    "split", "csplit f", "nl", "fmt", "fold", "pr", "column", "bc", "dc", "base64 -d", "cksum", "touch -d", "env", "getopts",
    "read", "declare", "let", "mapfile", "ln", "cp", "mv", "rm", "mkdir", "chmod", "dd", "truncate", "tee", "timeout",
    "sed -E", "sed -n", "awk -F", "grep -P", "git",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct nacre_options options = {.size = sizeof options, .allocate = held_resize, .allocate_user = &held, .seed = 1};
    struct input in = {data, size};
    struct nacre_text arguments[16];
    size_t count = 0, length;
    char script[64], block[4096];
    const char *command = commands[input_byte(&in) % (sizeof commands / sizeof *commands)];
    unsigned wanted = input_byte(&in) % 8;
    while (count < wanted && in.size > 0) {
        const char *argument = input_until(&in, '\0', &length);
        arguments[count++] = (struct nacre_text){argument, length};
    }
    size_t n_command = strlen(command);
    memcpy(script, command, n_command);
    memcpy(script + n_command, " \"$@\"", 6);
    nacre *n = NULL;
    must(nacre_new(&n, &options) == 0);
    must(nacre_put(n, "/workspace/f", 12, "alpha\nbeta 2\n\tgamma,3\n", 22, 0644) == 0);
    must(nacre_put(n, "/workspace/d/g", 14, "a b c\n1 2 3\n", 12, 0644) == 0);
    struct nacre_run r = {.size = sizeof r, .script = {script, n_command + 5}, .input = {(const char *)in.data, in.size},
                          .arguments = arguments, .argument_count = count, .limits = {200000, 8 << 20, 4 << 20, 1 << 16}};
    int stream, state = nacre_start(n, &r);
    while (state >= 0) {
        state = nacre_step(n, size % 3 == 0 ? 100 : UINT64_MAX);
        while (nacre_read(n, &stream, block, sizeof block) > 0)
            continue;
        if (state == NACRE_WAITING || state == NACRE_OUT_OF_STEPS || state == NACRE_STUCK) {
            struct nacre_request request = {.size = sizeof request};
            if (state == NACRE_WAITING && nacre_request(n, 0, &request) == 0 && request.kind == NACRE_REQUEST_OUTPUT)
                continue;
            nacre_stop(n);
            break;
        }
        if (state != NACRE_RUNNING)
            break;
    }
    must(state >= 0 || state == NACRE_E_MEMORY || state == NACRE_E_INVALID);
    nacre_free(n);
    must(held.bytes == 0);
    return 0;
}
