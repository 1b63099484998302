/* builtins/diff/diff.h - what the parts of diff share: options, the two files, hunks and what is to be printed. */
#ifndef BUILTINS_DIFF_DIFF_H
#define BUILTINS_DIFF_DIFF_H

#include "base/lines.h"
#include "builtins/text.h"
#include "regex/glob.h"
#include "regex/regex.h"

enum diff_style {
    DIFF_UNSPECIFIED,
    DIFF_NORMAL,
    DIFF_CONTEXT,
    DIFF_UNIFIED,
    DIFF_ED,
    DIFF_FORWARD_ED,
    DIFF_RCS,
    DIFF_GROUPS,
    DIFF_COLUMNS
};

/* How much white space counts, the strictest first: as bits 1 (tabs as spaces) and 2 (not at line ends) up to 3. */
enum diff_space { SPACE_EXACT, SPACE_TABS, SPACE_TRAILING, SPACE_TABS_TRAILING, SPACE_CHANGE, SPACE_ALL };

/* Which sides of a hunk have lines: both is changed. */
enum diff_change { CHANGE_NONE, CHANGE_OLD, CHANGE_NEW, CHANGE_BOTH };

enum diff_color { COLOR_NONE, COLOR_HEADER, COLOR_NUMBERS, COLOR_OLD, COLOR_NEW, COLOR_RESET, COLOR_COUNT };

/* Something to be printed. */
enum piece_kind {
    PIECE_TEXT,    /* bytes of d->words */
    PIECE_FLAGGED, /* lines behind `flag` and a space or tab: "< ", "! " */
    PIECE_MARKED,  /* lines behind a mark, as in the unified format */
    PIECE_BARE,    /* lines as they are */
    PIECE_ED,      /* lines as input of ed */
    PIECE_FORMAT,  /* lines in the format `format` */
    PIECE_COLUMNS  /* lines of both sides, `mark` between them */
};
struct piece {
    enum piece_kind kind;
    enum diff_color color;
    int side;
    size_t from, to;    /* lines of the side, or bytes of d->words */
    size_t other;       /* PIECE_COLUMNS: the first line of the right side */
    bool left, right;   /* PIECE_COLUMNS: which sides there are */
    char mark;
    const char *flag;
    struct str format;
};

struct side {
    struct str name;       /* as it is shown and, of an operand, opened */
    struct stat_info info;
    int error;             /* why it cannot be looked at */
    bool absent, standard;
    struct input *input;
    struct str text;       /* all that is in it, as it is compared */
    struct buf made;       /* holds it when it is not what is in the file */
    bool unended;          /* a newline was added */
};

struct level; /* a pair of directories */

enum diff_phase {
    DIFF_OPERANDS,
    DIFF_LOOK,
    DIFF_ENTRIES,
    DIFF_LINKS,
    DIFF_OPEN,
    DIFF_READ,
    DIFF_BYTES,
    DIFF_LINES,
    DIFF_IGNORE,
    DIFF_HUNKS,
    DIFF_PIECES
};

struct diff {
    /* options */
    enum diff_style style;
    enum diff_space space;
    size_t context, horizon;
    size_t width, tabs;
    bool brief, same, recursive, new_file, new_first, no_follow, fold_names;
    bool fold, blank, text, strip_returns, minimal;
    bool expand, initial_tab, no_blank, left_column, no_common;
    bool color;
    struct str colors[COLOR_COUNT];
    struct str labels[2];
    struct str from_file, to_file, starting_file;
    struct regex *ignored, *function;
    struct glob **excluded;
    size_t excluded_count;
    struct str *exclude_files;
    size_t exclude_file_count, exclude_file_at;
    struct input *exclude_input;
    struct str group_formats[4], line_formats[3]; /* groups by enum diff_change, lines: unchanged, old, new */
    struct buf command;    /* "diff -r" of the line in front of each pair of files */
    size_t half, column;   /* of the side-by-side format: width of a half, where the right one begins */

    /* what is being compared */
    enum diff_phase phase;
    size_t operand;
    struct side sides[2];
    struct level *levels;
    size_t level_count;
    struct buf paths[2];   /* names of the sides below directories */
    size_t name_lengths[2];
    struct listing listing; /* being read: `hold` releases it */
    struct hold *hold;
    struct task *task;
    int status;            /* the worst of all pairs; 3: stop at once */

    /* two texts */
    struct lines *lines;
    const struct lines_hunk *hunks;
    size_t hunk_count, hunk;
    bool *trivial;         /* by hunk: all its lines may be ignored; NULL: none */
    size_t look_line;      /* of DIFF_IGNORE */
    bool any;              /* a hunk that is not ignored */
    bool begun;            /* the header was printed */
    bool tail;             /* what follows the last hunk was printed */
    size_t next[2];        /* lines not printed yet (columns, groups) */
    size_t searched;       /* lines searched for a function's beginning */
    size_t found;          /* 1 + the line found last; 0: none */

    /* what is being printed */
    struct piece *pieces;
    size_t piece_count, piece;
    struct buf words;
    size_t piece_line;
    bool inserting;        /* ed is in insert mode */
};

enum { DIFF_GO = 0, DIFF_OVER = 1 }; /* beside E_WAIT */

/* --- tree.c: pairs of files and directories ---------------------------------------------------------- */
/* DIFF_LOOK and DIFF_ENTRIES. DIFF_OVER when the pair of operands is done. E_WAIT: again. */
int diff_look(struct call *c, struct diff *d);
int diff_next_entry(struct call *c, struct diff *d);
int diff_compare_links(struct call *c, struct diff *d);
int diff_open(struct call *c, struct diff *d);
/* Ends a pair of files, with its status. */
void diff_close(struct call *c, struct diff *d, int status);
struct str diff_label(const struct diff *d, int side);

/* --- texts.c: two files ------------------------------------------------------------------------------ */
int diff_read(struct call *c, struct diff *d);
int diff_bytes(struct call *c, struct diff *d);
int diff_find_lines(struct call *c, struct diff *d);
int diff_ignore(struct call *c, struct diff *d);
bool diff_may_ignore(const struct diff *d);
/* Would the same texts print nothing? */
bool diff_is_silent(const struct diff *d);

/* --- print.c: the formats, and printing -------------------------------------------------------------- */
/* Makes the pieces of the next hunk, or hunks. False when there are no more. */
bool diff_next_hunk(struct call *c, struct diff *d);
/* Prints pieces: false when it is to be called again. */
bool diff_print(struct call *c, struct diff *d);
void diff_begin(struct call *c, struct diff *d);
void diff_add_lines(struct call *c, struct diff *d, struct piece piece);
/* What follows in d->words from `from` on is text to be printed. */
void diff_add_words(struct call *c, struct diff *d, size_t from);
/* A line, with tabs expanded if asked for; `flag` and what follows it comes again behind a carriage return. */
void diff_put_line(struct call *c, const struct diff *d, struct str line, const char *flag, char space);
static inline enum diff_change diff_change(const struct lines_hunk *h)
{
    return (h->a_count ? CHANGE_OLD : 0) | (h->b_count ? CHANGE_NEW : 0);
}

/* --- groups.c: -D and the formats of groups and lines --------------------------------------------------- */
void diff_add_group(struct call *c, struct diff *d, enum diff_change change, const size_t from[2],
                    const size_t to[2]);
void diff_put_formatted(struct call *c, struct diff *d, const struct piece *p, size_t line);

/* --- columns.c: side by side ------------------------------------------------------------------------------ */
void diff_set_columns(struct diff *d);
void diff_add_common(struct call *c, struct diff *d, size_t to_a, size_t to_b);
void diff_add_columns(struct call *c, struct diff *d, const struct lines_hunk *h);
void diff_put_columns(struct call *c, struct diff *d, const struct piece *p, size_t at);

#endif
