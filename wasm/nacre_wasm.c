/* wasm/nacre_wasm.c - what a host of the module needs beside the functions of nacre.h: memory inside it, and where
 * the members of its structs stand.
 *
 * The functions of nacre.h are exported as they are. A struct nacre_text by value is passed, as the WebAssembly ABI
 * has it, by a pointer to it.
 */
#include "include/nacre.h"

#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(#name)))

struct member;
EXPORT(nacre_place) void *nacre_place(size_t size);
EXPORT(nacre_unplace) void nacre_unplace(void *memory);
EXPORT(nacre_members) const struct member *nacre_members(void);

/* Memory inside the module for the host to fill: 0 when there is none. */
void *nacre_place(size_t size)
{
    return malloc(size);
}

void nacre_unplace(void *memory)
{
    free(memory);
}

/* A table of "struct.member" and its offset; the entry "struct" alone is the size. Ends with a NULL name. */
struct member {
    const char *name;
    size_t offset;
};
#define STRUCT(s) {#s, sizeof(struct s)}
#define MEMBER(s, m) {#s "." #m, offsetof(struct s, m)}

static const struct member members[] = {
    STRUCT(nacre_limits), MEMBER(nacre_limits, steps), MEMBER(nacre_limits, memory), MEMBER(nacre_limits, disk),
    MEMBER(nacre_limits, output),
    STRUCT(nacre_text), MEMBER(nacre_text, data), MEMBER(nacre_text, length),
    STRUCT(nacre_options), MEMBER(nacre_options, size), MEMBER(nacre_options, limits), MEMBER(nacre_options, clock),
    MEMBER(nacre_options, seed), MEMBER(nacre_options, user), MEMBER(nacre_options, group), MEMBER(nacre_options, root),
    MEMBER(nacre_options, real_time), MEMBER(nacre_options, exclude), MEMBER(nacre_options, gitignore),
    MEMBER(nacre_options, include_secrets), MEMBER(nacre_options, keep_jobs), MEMBER(nacre_options, workspace),
    STRUCT(nacre_run), MEMBER(nacre_run, size), MEMBER(nacre_run, script), MEMBER(nacre_run, name),
    MEMBER(nacre_run, arguments), MEMBER(nacre_run, argument_count), MEMBER(nacre_run, environment),
    MEMBER(nacre_run, environment_count), MEMBER(nacre_run, directory), MEMBER(nacre_run, input),
    MEMBER(nacre_run, input_open), MEMBER(nacre_run, limits), MEMBER(nacre_run, fresh), MEMBER(nacre_run, posix),
    STRUCT(nacre_usage), MEMBER(nacre_usage, size), MEMBER(nacre_usage, steps), MEMBER(nacre_usage, memory),
    MEMBER(nacre_usage, memory_peak), MEMBER(nacre_usage, disk), MEMBER(nacre_usage, output), MEMBER(nacre_usage, left_out),
    MEMBER(nacre_usage, status), MEMBER(nacre_usage, clock),
    STRUCT(nacre_request), MEMBER(nacre_request, size), MEMBER(nacre_request, kind), MEMBER(nacre_request, id),
    MEMBER(nacre_request, host), MEMBER(nacre_request, path), MEMBER(nacre_request, length), MEMBER(nacre_request, until),
    MEMBER(nacre_request, arguments), MEMBER(nacre_request, argument_count), MEMBER(nacre_request, environment),
    MEMBER(nacre_request, environment_count),
    STRUCT(nacre_entry), MEMBER(nacre_entry, size), MEMBER(nacre_entry, name), MEMBER(nacre_entry, kind),
    MEMBER(nacre_entry, mode), MEMBER(nacre_entry, user), MEMBER(nacre_entry, group), MEMBER(nacre_entry, mtime),
    MEMBER(nacre_entry, length), MEMBER(nacre_entry, host), MEMBER(nacre_entry, target), MEMBER(nacre_entry, unreadable),
    MEMBER(nacre_entry, inode), MEMBER(nacre_entry, links),
    STRUCT(nacre_change), MEMBER(nacre_change, size), MEMBER(nacre_change, path), MEMBER(nacre_change, what),
    MEMBER(nacre_change, was), MEMBER(nacre_change, is),
    {0, 0},
};

const struct member *nacre_members(void)
{
    return members;
}
