/* builtins/grep/grep.h - what the parts of grep share: its options, patterns, files and the scan of one input. */
#ifndef BUILTINS_GREP_GREP_H
#define BUILTINS_GREP_GREP_H

#include "base/number.h"
#include "builtins/text.h"
#include "regex/regex.h"
#include "task/walk.h"

enum grep_option {
    GREP_LABEL = OPTION_LONG, GREP_BINARY_FILES, GREP_INCLUDE, GREP_EXCLUDE, GREP_EXCLUDE_FROM, GREP_EXCLUDE_DIRECTORY,
    GREP_LINE_BUFFERED, GREP_SEPARATOR, GREP_NO_SEPARATOR, GREP_COLOR, GREP_NO_FOLD, GREP_NUMBER
};
enum grep_binary { BINARY_MESSAGE, BINARY_TEXT, BINARY_WITHOUT_MATCH };
enum grep_directories { DIRECTORIES_READ, DIRECTORIES_RECURSE, DIRECTORIES_SKIP };
enum grep_list { LIST_NONE, LIST_MATCHING, LIST_OTHERS };

/* A shell pattern of --include, --exclude or --exclude-dir. */
struct grep_glob {
    struct str text;
    struct glob *glob;
    bool include;
};
struct grep_globs {
    struct grep_glob *items;
    size_t count;
};

struct grep_colors {
    bool on, reverse, no_erase;
    struct str selected_match, context_match, selected, context, name, line, offset, separator;
};

/* Where the scan of one input is. */
struct grep_scan {
    struct input *input;
    struct str name;         /* as it is shown */
    struct str text;         /* all of a regular file; of a stream, what is kept of it (in `kept`) */
    struct buf kept;
    bool whole;              /* text is the rest of a regular file, and stays where it is */
    bool opened, ended;      /* `text` was set; no more will come */
    bool nul, invalid;       /* a NUL byte was seen; a line that was to be shown is no text */
    bool finished;           /* no more lines are wanted */
    bool trailing;           /* enough were selected: only context may follow */
    uint64_t base;           /* bytes of the input before `text` */
    size_t checked;          /* so far `text` was searched for NUL bytes */
    size_t fresh;            /* what was read last begins here: no line end lies between `limit` and it */
    size_t dropped;          /* 1 + `at`, where the front was dropped last */
    size_t from, limit;      /* the segment: whole lines that can be searched */
    size_t at;               /* the next line */
    struct buf zapped;       /* the segment with its NUL bytes made line ends */
    struct search search;
    bool searching, known;   /* the search was begun; its answer is known: */
    bool found;
    size_t start, end;       /* the next line that matches, without its end */
    uint64_t lines;          /* line ends before `counted` */
    size_t counted;
    size_t printed;          /* behind the last line printed, if `shown` */
    bool shown;
    size_t after_last;       /* behind the last line selected */
    uint64_t selected, before_null; /* lines selected; those before the first NUL byte */
    uint64_t left;           /* lines that may still be selected */
    uint64_t pending;        /* lines of context still wanted behind the last one */
    int stage;               /* of what is done with a selected line */
    struct text_tail tail;
    size_t context;          /* the next line of leading context */
    bool printing;           /* in the middle of a line: */
    size_t part, part_from;  /* so much of it was printed; where the next match may begin */
    struct search parts;
    bool part_begun;
    int offset_width;        /* -T: columns of numbers */
};

struct grep {
    /* options */
    char kind;               /* E F G P */
    bool fold, words, lines, invert, quiet, count, only, number, offsets, tabs, null_names, silent, follow;
    bool null_data;
    char end;                /* what ends lines */
    enum grep_binary binary;
    enum grep_directories directories;
    int devices;             /* 'r' read, 's' skip, 0: read when named */
    enum grep_list list;
    int names;               /* 1 shown, 0 not, -1 shown below directories */
    uint64_t most;           /* lines selected in each file */
    uint64_t before, after;
    struct str label, separator;
    bool separate, context_wanted;
    enum locale locale;
    struct grep_colors colors;
    struct grep_globs files[2], folders[2]; /* 1: for operands */

    /* patterns */
    size_t next_option;      /* the next one that may bring patterns */
    struct input *pattern_file;
    struct str *patterns;
    struct grep_origin { struct str file; size_t line; } *origins;
    size_t pattern_count;
    struct regex *regex;     /* NULL: nothing matches */
    bool ready;
    size_t exclude_at;

    /* files */
    struct str *operands;
    size_t operand_count, next_operand;
    bool implied;            /* the operand "." was not given */
    struct walk *walk;
    int walking;             /* 1; 2: the file visited is still to be opened */
    bool found_directory;
    bool scanning;
    struct grep_scan scan;
    bool matched, failed;    /* some line was selected; something was wrong */
    bool any_shown;          /* a line was printed, of whatever file */
};

/* patterns.c: gathers them. 1 done, E_WAIT, or GREP_FAILED after a message. */
enum { GREP_FAILED = -100 };
/* The text of a file that -f or --exclude-from names, which stays open: the same answers. */
int grep_read_list(struct call *c, struct grep *g, struct str name, struct str *text);
int grep_patterns(struct call *c, struct grep *g);
/* Makes one regex of them. False after a message. */
bool grep_compile(struct call *c, struct grep *g);

/* files.c */
void grep_add_glob(struct call *c, struct grep *g, struct grep_globs globs[2], struct str text, bool include);
int grep_exclude_from(struct call *c, struct grep *g);
/* The next input to search, begun: 1, 0 when there are no more, E_WAIT. */
int grep_next_file(struct call *c, struct grep *g);

/* scan.c */
enum grep_answer { SCAN_LATER, SCAN_AGAIN, SCAN_OVER };
void grep_scan_start(struct call *c, struct grep *g, struct input *input, struct str name, uint64_t size, bool regular);
enum grep_answer grep_scan(struct call *c, struct grep *g);

/* print.c */
void grep_read_colors(struct call *c, struct grep *g);
/* What stands before a line: false when the line is no text and must not be shown. `mark` is ':' or '-'. */
bool grep_print_head(struct call *c, struct grep *g, struct str text, uint64_t at, char mark);
/* A line of the scan, at `start` in its text. 1 when done, 0 to be called again, -1 when it is no text. */
int grep_print_line(struct call *c, struct grep *g, size_t start, size_t end, bool selected);
void grep_print_separator(struct call *c, struct grep *g);
/* NAME and a mark (0: none, as -l), of the file being scanned. */
void grep_print_name(struct call *c, const struct grep *g, struct str name, char mark);

#endif
