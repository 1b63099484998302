/* tests/testfile.c - reads and writes the plain text of test cases. */
#include "tests/testfile.h"

#include "include/nacre.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const test_ends[ENDS_MOST] = {
    [NACRE_DONE] = "done", [NACRE_OUT_OF_STEPS] = "out-of-steps", [NACRE_OUT_OF_MEMORY] = "out-of-memory",
    [NACRE_STUCK] = "stuck", [NACRE_STOPPED] = "stopped", [NACRE_OUTPUT_LIMIT] = "output-limit",
    [NACRE_INTERRUPTED] = "interrupted",
};

static const char no_newline[] = "\\ No newline at end of file\n";

static void *grow(void *memory, size_t size)
{
    void *p = realloc(memory, size);
    if (!p) {
        fputs("tests: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

void bytes_add(struct bytes *b, const void *data, size_t length)
{
    size_t need = b->length + length + 1, had = b->data ? b->length + 1 : 0, room = 64;
    while (room < had)
        room *= 2;
    if (!b->data || need > room) {
        while (room < need)
            room *= 2;
        b->data = grow(b->data, room);
    }
    if (length)
        memcpy(b->data + b->length, data, length);
    b->length += length;
    b->data[b->length] = 0;
}

void bytes_print(struct bytes *b, const char *format, ...)
{
    char text[8192];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    bytes_add(b, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

void bytes_drop(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

bool bytes_read(struct bytes *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    char block[65536];
    size_t n;
    if (!f)
        return false;
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        bytes_add(b, block, n);
    bool fine = !ferror(f);
    fclose(f);
    bytes_add(b, "", 0);
    return fine;
}

static bool begins(const char *line, size_t length, const char *prefix)
{
    size_t n = strlen(prefix);
    return length >= n && memcmp(line, prefix, n) == 0;
}

static char *text_of(const char *data, size_t length)
{
    char *s = grow(NULL, length + 1);
    memcpy(s, data, length);
    s[length] = 0;
    return s;
}

/* Does the line mean something else when it stands in a case as it is? `slashes` of its bytes are backslashes in front. */
static bool is_special(const char *line, size_t length, size_t slashes)
{
    const char *rest = line + slashes, *note = no_newline + 1;
    size_t left = length - slashes;
    return begins(rest, left, "=== ") || begins(rest, left, "--- ") ||
           (slashes && left == strlen(note) && memcmp(rest, note, left) == 0);
}

/* The content of lines [from, to) without their escapes. */
static void take_content(struct bytes *b, const char *from, const char *to)
{
    bytes_add(b, "", 0);
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        end = end ? end + 1 : to;
        size_t n = (size_t)(end - from), slashes = 0;
        if (n == sizeof no_newline - 1 && memcmp(from, no_newline, n) == 0) {
            if (b->length && b->data[b->length - 1] == '\n')
                b->data[--b->length] = 0;
        } else {
            while (slashes < n && from[slashes] == '\\')
                slashes++;
            if (slashes && is_special(from, n, slashes))
                from++;
            bytes_add(b, from, (size_t)(end - from));
        }
        from = end;
    }
}

/* Where the content of a case ends: without blank lines, and prose behind a blank line, at its end. */
static const char *without_prose(const char *from, const char *to)
{
    const char *cut = to;
    for (const char *line = to; line > from;) {
        const char *start = line - 1;
        while (start > from && start[-1] != '\n')
            start--;
        if (*start == '\n')
            cut = start;
        else if (*start != '#')
            break;
        line = start;
    }
    return cut;
}

struct reader {
    struct test_case *c;
    struct bytes *content; /* where the lines since `start` go; NULL: they must be blank */
    const char *start;
};

static void *add(void **items, size_t *count, size_t size)
{
    *items = grow(*items, (*count + 1) * size);
    return memset((char *)*items + (*count)++ * size, 0, size);
}

/* A line `--- name argument`: false when there is no such section. */
static bool open_section(struct reader *r, const char *line, size_t length)
{
    struct test_case *c = r->c;
    char *text = text_of(line + 4, length - 4), *argument = strchr(text, ' ');
    bool fine = true;
    if (argument)
        *argument++ = 0;
    else
        argument = text + strlen(text);
    r->content = NULL;
    if (strcmp(text, "file") == 0) {
        struct test_file *f = add((void **)&c->files, &c->file_count, sizeof *f);
        f->name = text_of(argument, strlen(argument));
        r->content = &f->content;
    } else if (strcmp(text, "env") == 0) {
        char **e = add((void **)&c->environment, &c->environment_count, sizeof *e);
        *e = text_of(argument, strlen(argument));
    } else if (strcmp(text, "in") == 0) {
        r->content = &c->input;
    } else if (strcmp(text, "out") == 0) {
        r->content = &c->out;
    } else if (strcmp(text, "err") == 0) {
        r->content = &c->err;
    } else if (strcmp(text, "status") == 0) {
        c->status = atoi(argument);
    } else if (strcmp(text, "steps") == 0) {
        c->steps = strtoull(argument, NULL, 10);
    } else if (strcmp(text, "memory") == 0) {
        c->memory = strtoull(argument, NULL, 10);
    } else if (strcmp(text, "disk") == 0) {
        c->disk = strtoull(argument, NULL, 10);
    } else if (strcmp(text, "output") == 0) {
        c->output = strtoull(argument, NULL, 10);
    } else if (strcmp(text, "differs") == 0) {
        c->differs = text_of(argument, strlen(argument));
    } else if (strcmp(text, "ends") == 0) {
        fine = false;
        for (int i = 0; i < ENDS_MOST; i++)
            if (test_ends[i] && strcmp(test_ends[i], argument) == 0) {
                c->ends = i;
                fine = true;
            }
    } else if (strcmp(text, "end") != 0) {
        fine = false;
    }
    free(text);
    return fine;
}

static bool close_section(struct reader *r, const char *end)
{
    if (r->content) {
        take_content(r->content, r->start, end);
        return true;
    }
    for (const char *p = r->start; p < end; p++)
        if (*p != '\n')
            return false;
    return true;
}

static bool is_answer(const char *line, size_t length)
{
    return begins(line, length, "--- out\n") || begins(line, length, "--- err\n") || begins(line, length, "--- status ");
}

bool suite_read(struct test_suite *s, const char *path)
{
    struct bytes text = {0};
    struct reader r = {0};
    int number = 0;
    if (!bytes_read(&text, path)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    char **kept = add((void **)&s->paths, &s->path_count, sizeof *kept);
    *kept = text_of(path, strlen(path));
    char *name = *kept;
    const char *end = text.data + text.length;
    for (const char *line = text.data, *next; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        size_t length = (size_t)(next - line), bare = length && line[length - 1] == '\n' ? length - 1 : length;
        number++;
        bool title = begins(line, length, "=== "), section = begins(line, length, "--- ");
        if ((title || section) && r.c) {
            const char *stop = title ? without_prose(r.start, line) : line;
            if (!close_section(&r, stop)) {
                fprintf(stderr, "%s:%d: content behind a section that has none\n", path, number);
                goto bad;
            }
            if (title) {
                r.c->end = (size_t)(stop - text.data);
                if (!r.c->answer)
                    r.c->answer = r.c->end;
            }
        }
        if (title) {
            r.c = add((void **)&s->cases, &s->count, sizeof *s->cases);
            r.c->path = name;
            r.c->line = number;
            r.c->title = text_of(line + 4, bare - 4);
            r.c->start = (size_t)(line - text.data);
            r.content = &r.c->script;
            r.start = next;
        } else if (section) {
            if (!r.c || !open_section(&r, line, bare)) {
                fprintf(stderr, "%s:%d: no such section: %.*s\n", path, number, (int)bare, line);
                goto bad;
            }
            if (is_answer(line, length) && !r.c->answer)
                r.c->answer = (size_t)(line - text.data);
            r.start = next;
        } else if (!r.c && *line != '\n' && *line != '#') {
            fprintf(stderr, "%s:%d: neither prose nor a case\n", path, number);
            goto bad;
        }
    }
    if (r.c) {
        const char *stop = without_prose(r.start, end);
        if (!close_section(&r, stop)) {
            fprintf(stderr, "%s:%d: content behind a section that has none\n", path, number);
            goto bad;
        }
        r.c->end = (size_t)(stop - text.data);
        if (!r.c->answer)
            r.c->answer = r.c->end;
    }
    bytes_drop(&text);
    return true;
bad:
    bytes_drop(&text);
    return false;
}

void suite_drop(struct test_suite *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct test_case *c = &s->cases[i];
        for (size_t f = 0; f < c->file_count; f++) {
            free(c->files[f].name);
            bytes_drop(&c->files[f].content);
        }
        for (size_t e = 0; e < c->environment_count; e++)
            free(c->environment[e]);
        free(c->files);
        free(c->environment);
        free(c->title);
        free(c->differs);
        bytes_drop(&c->script);
        bytes_drop(&c->input);
        bytes_drop(&c->out);
        bytes_drop(&c->err);
    }
    for (size_t i = 0; i < s->path_count; i++)
        free(s->paths[i]);
    free(s->paths);
    free(s->cases);
    *s = (struct test_suite){0};
}

static void print_content(struct bytes *text, struct bytes content)
{
    const char *from = content.data, *to = content.data + content.length;
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        end = end ? end + 1 : to;
        size_t slashes = 0, n = (size_t)(end - from);
        while (slashes < n && from[slashes] == '\\')
            slashes++;
        if (is_special(from, n, slashes))
            bytes_add(text, "\\", 1);
        bytes_add(text, from, n);
        from = end;
    }
    if (content.length && content.data[content.length - 1] != '\n') {
        bytes_add(text, "\n", 1);
        bytes_add(text, no_newline, sizeof no_newline - 1);
    }
}

void suite_print_answer(struct bytes *text, struct bytes out, struct bytes err, int status)
{
    struct bytes last = err.length ? err : out;
    if (out.length || (!err.length && !status))
        bytes_print(text, "--- out\n");
    print_content(text, out);
    if (err.length) {
        bytes_print(text, "--- err\n");
        print_content(text, err);
    }
    if (status)
        bytes_print(text, "--- status %d\n", status);
    else if (last.length && without_prose(last.data, last.data + last.length) < last.data + last.length)
        bytes_print(text, "--- end\n");
}
