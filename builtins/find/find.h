/* builtins/find/find.h - what the parts of find share. */
#ifndef BUILTINS_FIND_FIND_H
#define BUILTINS_FIND_FIND_H

#include "base/format.h"
#include "base/mode.h"
#include "base/quote.h"
#include "builtins/owners.h"
#include "builtins/prompt.h"
#include "regex/glob.h"
#include "regex/regex.h"
#include "task/walk.h"

enum operation {
    /* the program: an expression becomes a row of tests with jumps between them */
    DO_JUMP_FALSE, DO_JUMP_TRUE, DO_NOT, DO_TRUE, DO_FALSE,
    /* tests */
    TEST_NAME, TEST_PATH, TEST_LINK_NAME, TEST_REGEX, TEST_TYPE, TEST_XTYPE, TEST_SIZE, TEST_EMPTY, TEST_PERMISSIONS, TEST_USER,
    TEST_GROUP, TEST_NO_USER, TEST_NO_GROUP, TEST_NEWER, TEST_AGE, TEST_USED, TEST_SAME, TEST_INODE, TEST_LINKS, TEST_ACCESS,
    TEST_FILE_SYSTEM,
    /* actions */
    DO_PRINT, DO_PRINT0, DO_PRINTF, DO_LS, DO_EXEC, DO_DELETE, DO_PRUNE, DO_QUIT
};

/* A file of -fprint and its kin; `file` NULL: standard output. */
struct sink {
    struct str path;
    struct file *file;
    struct buf queue;
    struct sink *next;
    bool opened;
};

/* A piece of a -printf format. */
struct directive {
    char letter;      /* 0: the text as it is */
    char detail;      /* the k of %Ak */
    struct str text;
    struct format format;
    bool stop;        /* \c: nothing more is printed and output is flushed */
};

/* A command of -exec. */
struct command_line {
    struct str *words;
    size_t count;
    bool batch, in_directory, ask; /* + form, -execdir, -ok */
    struct str *gathered;          /* paths of the batch, on the heap */
    size_t gathered_count, gathered_bytes, fixed_bytes;
    uint64_t directory;            /* of the batch of -execdir + */
    bool from_root;                /* it holds a starting point: nothing else comes to it */
    bool failed;
};

enum relation { EQUAL, MORE, LESS };

struct instruction {
    enum operation operation;
    enum relation relation;
    size_t target;            /* of a jump */
    struct glob *glob;
    struct regex *regex;
    unsigned kinds;           /* of -type: bits of enum node_kind */
    uint64_t number, unit;    /* sizes, counts, inodes, owners */
    uint32_t mode, directory_mode;
    char how;                 /* -perm: 0, '-' or '/'; times: a c m */
    int64_t time, window;     /* ns */
    int access;
    struct str name;          /* of the predicate, for messages; -fstype's argument */
    struct sink *sink;
    struct directive *directives;
    size_t directive_count;
    struct command_line *command;
};

struct find {
    struct instruction *code;
    size_t count;
    struct str *roots;
    size_t root_count, root;
    struct str files_from;
    bool has_files_from;
    struct input *names;
    uint64_t name_number;     /* of the name in files_from, from 1 on */
    int64_t most, least;      /* -maxdepth (-1: none), -mindepth */
    bool depth_first, ignore_vanished;
    enum walk_follow follow;
    enum locale locale;
    struct walk *walk;
    struct owners owners;
    struct sink *sinks;
    struct command_line **commands;
    size_t command_count;
    struct prompt prompt;

    int phase;
    bool started, evaluating, after; /* an entry is being evaluated; at VISIT_AFTER */
    bool unknown, told;       /* the entry has no stat; which was said */
    bool no_type;             /* nor is its type known: a directory that cannot be entered */
    bool prune, quit;
    size_t at;                /* instruction */
    bool value;
    struct task *child;
    bool flushed;             /* the output before a command has gone */
    size_t command_at;
    size_t words_bytes;
    int64_t now, day_start;   /* -daystart moves the second */
    enum regex_syntax syntax;
    bool emacs;
};

/* --- parse.c: the words to a program. 0, an exit status, FIND_ENOUGH when --help or --version was answered (the status is 0),
 * or E_WAIT with the place kept. */
enum { FIND_ENOUGH = 256 };
int find_parse(struct call *c, struct find *f);
/* --- print.c --- */
void find_printf(struct call *c, struct find *f, const struct instruction *i, struct buf *out);
void find_ls(struct call *c, struct find *f, struct buf *out);
/* Makes the pieces of a format: false after a message. */
bool find_format(struct call *c, struct instruction *i, struct str format);
/* ‘x’ as findutils quote names in messages. */
struct str find_quote(struct call *c, struct find *f, struct str name);
char find_letter(enum node_kind kind);
/* The kind of what a link leads to; 0 and *error when it leads nowhere. E_WAIT. */
int find_target(struct call *c, struct find *f, enum node_kind *kind);

#endif
