/* tests/testfile.h - reads tests/NAME.test: a title, a script, what must come out.
 *
 *     # prose between cases
 *     === title
 *     the script
 *     --- file NAME      content of a file that is there first (below the workspace)
 *     --- env NAME=VALUE
 *     --- in             standard input
 *     --- out            what must come out; absent: nothing
 *     --- err
 *     --- status N       absent: 0
 *     --- steps N        limits of this case; also memory, disk, output
 *     --- ends WORD      done (absent), out-of-steps, out-of-memory, stuck, stopped, output-limit, interrupted
 *     --- differs WHY    real bash answers otherwise, on purpose
 *     --- end            nothing: blank lines above it belong to the content
 *
 * A content line that would begin with `=== ` or `--- ` has a backslash before it. The line
 * `\ No newline at end of file` takes away the newline before it; with one more backslash it is content.
 * At the end of a case blank lines, and prose behind a blank line, belong to no content.
 */
#ifndef TESTS_TESTFILE_H
#define TESTS_TESTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *data; /* malloc'ed, with a NUL behind it that does not count; NULL when never written to */
    size_t length;
};

void bytes_add(struct bytes *b, const void *data, size_t length);
void bytes_print(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool bytes_equal(struct bytes a, struct bytes b);
void bytes_drop(struct bytes *b);
/* A whole file; false when it cannot be read. */
bool bytes_read(struct bytes *b, const char *path);

struct test_file {
    char *name;
    struct bytes content;
};

enum { ENDS_MOST = 9 };
extern const char *const test_ends[ENDS_MOST]; /* by enum nacre_state; NULL for those that are no end */

struct test_case {
    const char *path; /* of the .test file */
    int line;         /* of the title */
    char *title, *differs;
    struct bytes script, input, out, err;
    struct test_file *files;
    size_t file_count;
    char **environment;
    size_t environment_count;
    int status;
    int ends; /* enum nacre_state */
    uint64_t steps, memory, disk, output; /* limits; 0: the default */
    size_t start, end; /* bytes of the .test file, prose behind it not included */
    size_t answer;     /* where the first of out, err, status begins, or `end` */
};

struct test_suite {
    struct test_case *cases;
    size_t count;
    char **paths;
    size_t path_count;
};

/* Adds the cases of a file. False after a message on standard error when it is not well formed. */
bool suite_read(struct test_suite *s, const char *path);
void suite_drop(struct test_suite *s);
/* The sections out, err and status as text that reads back as these. */
void suite_print_answer(struct bytes *text, struct bytes out, struct bytes err, int status);

#endif
