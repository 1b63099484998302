/* builtins/patch/patch.h - what the parts of patch share: options, the diff being read, the file being patched. */
#ifndef BUILTINS_PATCH_PATCH_H
#define BUILTINS_PATCH_PATCH_H

#include "base/quote.h"
#include "builtins/text.h"

enum patch_type { PATCH_NONE, PATCH_NORMAL, PATCH_CONTEXT, PATCH_UNIFIED, PATCH_GIT /* without hunks */ };
enum { OLD, NEW, INDEX };

/* A line of a hunk: ' ' in both files, '-' in the old one, '+' in the new one; with its newline, if it has one. */
struct patch_line {
    char kind;
    struct str text;
};

struct hunk {
    int64_t first[2];      /* line numbers, from 1, in the old and the new file */
    int64_t count[2];
    struct patch_line *lines;
    size_t line_count;
    int64_t prefix, suffix; /* lines of context before and behind the changes */
    struct str function;   /* what stands behind @@ or the stars */
};

enum patch_phase { PATCH_READ, PATCH_FIND, PATCH_LOOK, PATCH_LOAD, PATCH_HUNKS, PATCH_FINISH, PATCH_OVER };

struct patch {
    /* options */
    int64_t strip;         /* -1: only the last component counts */
    int64_t fuzz;
    enum patch_type forced;
    bool forward, force, batch, silent, verbose, dry, backup, no_mismatch_backup, binary, blanks, remove_empty;
    bool reverse_given, posix, follow;
    char reject_format;    /* 'u', 'c' or 0: as the patch */
    struct str output, rejects, prefix, base_prefix, suffix, operand, patch_file;
    char versions;         /* 's' simple, 'n' numbered, 'e' existing */
    char read_only;        /* 'i', 'w', 'f' */
    enum locale locale;

    /* the patch */
    enum patch_phase phase;
    struct input *input;
    struct str text;
    size_t at;
    int64_t line;          /* the number of the line at `at` */
    size_t indent;         /* columns in front of each line of this diff */

    /* one diff of it */
    enum patch_type type;
    size_t header, header_end; /* the text in front of it */
    int64_t start_line;    /* where its first hunk begins */
    struct str names[3], stamps[2];
    bool epoch[2], zero[2];  /* the header says that the file is not there; the hunk says that it is empty */
    int absent[2];         /* 2: not there, 1: empty or not there */
    uint32_t modes[2];     /* of git; 0: none */
    bool named;            /* the header names a file, even if nothing is left of the name */
    bool git, renamed, copied, binary_diff, strip_returns;
    bool reverse, skip, no_rejects, apply_anyway;

    /* the file */
    struct str in_name, out_name;
    bool exists, link;
    struct stat_info info;
    struct input *file;
    struct str content;
    size_t *starts;        /* of its lines, and its end */
    int64_t line_count;

    /* applying */
    struct hunk hunk;
    bool hunk_read, swapped;
    int64_t hunk_number, failed;
    int64_t in_offset, out_offset, frozen;
    bool mismatch;
    struct buf out, rejected;
    struct buf all;        /* of -o */

    /* finishing */
    int stage;
    size_t directory_at;
    struct str backup_name;
    struct str *written;   /* names that have a backup, or were made */
    size_t written_count;
    bool any_failed, found;
    size_t found_count;    /* diffs so far */
};

enum { PATCH_GO = 0, PATCH_FATAL = 1, PATCH_STOP = -1000 /* after a message */ }; /* beside E_WAIT */

/* --- patch.c ----------------------------------------------------------------------------------------- */
/* A message on standard output, or on standard error when that takes the patched file. */
void patch_say(struct call *c, const struct patch *p, const char *format, ...);
/* "patch: **** message": the command ends with status 2. */
int patch_fail(struct call *c, const char *format, ...);
/* A question nobody answers. */
void patch_ask(struct call *c, const struct patch *p, const char *question);
/* Asks whether the patch is to be taken the other way round, after what was found; may set p->skip. */
bool patch_turn(struct call *c, struct patch *p);
struct str patch_quote(struct call *c, const struct patch *p, struct str name);

/* --- parse.c: diffs out of the patch's text --------------------------------------------------------------- */
/* Finds the next diff: true, and its header is in `p`. */
bool patch_find(struct call *c, struct patch *p);
/* Reads its next hunk: 1, 0 when there is none, or below 0 after a message. */
int patch_read_hunk(struct call *c, struct patch *p, struct hunk *h);
/* The line at p->at without its indentation, with its newline; false at the end. */
bool patch_line(const struct patch *p, struct str *line);

/* --- apply.c: a hunk into the file ---------------------------------------------------------------------------- */
void patch_apply(struct call *c, struct patch *p);
/* Copies what follows the last hunk. */
void patch_copy_rest(struct call *c, struct patch *p);

#endif
