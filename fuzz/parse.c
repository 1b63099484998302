/* fuzz/parse.c - the parser alone, far faster than whole runs: any bytes are answered, nothing leaks. */
#include "fuzz/fuzz.h"
#include "include/nacre.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct nacre_options options = {.size = sizeof options, .allocate = held_resize, .allocate_user = &held, .seed = 1,
                                    .limits = {.memory = 16 << 20}};
    nacre *n = NULL;
    char *text = NULL;
    size_t length = 0;
    struct nacre_text script = {(const char *)data, size};
    must(nacre_new(&n, &options) == 0);
    int complete = nacre_complete(n, script);
    must(complete == 0 || complete == 1 || complete == NACRE_E_MEMORY);
    if (nacre_describe(n, NACRE_DESCRIBE_CODE, script, &text, &length) == 0)
        nacre_text_free(n, text, length);
    nacre_free(n);
    must(held.bytes == 0);
    return 0;
}
