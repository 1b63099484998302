/* builtins/rg/rg.h - what the parts of rg share: its options, patterns, files, and the scan of one input. */
#ifndef BUILTINS_RG_RG_H
#define BUILTINS_RG_RG_H

#include "base/number.h"
#include "base/sort.h"
#include "builtins/text.h"
#include "regex/ignore.h"
#include "regex/regex.h"
#include "task/walk.h"

/* Options without a letter. */
enum rg_option {
    RG_AUTO_HYBRID = OPTION_LONG, RG_NO_AUTO_HYBRID, RG_BINARY, RG_NO_BINARY, RG_BLOCK_BUFFERED, RG_NO_BLOCK_BUFFERED, RG_COLOR, RG_COLORS,
    RG_COLUMN, RG_NO_COLUMN, RG_CONTEXT_SEPARATOR, RG_NO_CONTEXT_SEPARATOR, RG_COUNT_EACH, RG_CRLF, RG_NO_CRLF, RG_DEBUG, RG_TRACE,
    RG_DFA_SIZE, RG_ENGINE, RG_CONTEXT_MARK, RG_MATCH_MARK, RG_LIST_FILES, RG_FILES_WITHOUT, RG_GLOB_FOLD, RG_NO_GLOB_FOLD, RG_HEADING,
    RG_NO_HEADING, RG_NO_HIDDEN, RG_IGLOB, RG_IGNORE_FILE, RG_IGNORE_FOLD, RG_NO_IGNORE_FOLD, RG_IGNORE, RG_INCLUDE_ZERO, RG_JSON,
    RG_NO_JSON, RG_LINE_BUFFERED, RG_NO_LINE_BUFFERED, RG_PREVIEW, RG_NO_PREVIEW, RG_MAX_SIZE, RG_MMAP, RG_NO_MMAP,
    RG_NO_MULTILINE, RG_DOT_ALL, RG_NO_DOT_ALL, RG_NO_CONFIG, RG_NO_IGNORE, RG_NO_IGNORE_DOT, RG_IGNORE_DOT, RG_NO_IGNORE_EXCLUDE,
    RG_IGNORE_EXCLUDE, RG_NO_IGNORE_FILES, RG_IGNORE_FILES, RG_NO_IGNORE_GLOBAL, RG_IGNORE_GLOBAL, RG_NO_IGNORE_MESSAGES,
    RG_IGNORE_MESSAGES, RG_NO_IGNORE_PARENT, RG_IGNORE_PARENT, RG_NO_IGNORE_VCS, RG_IGNORE_VCS, RG_NO_MESSAGES, RG_MESSAGES,
    RG_NO_PCRE_UNICODE, RG_PCRE_UNICODE, RG_NO_REQUIRE_GIT, RG_REQUIRE_GIT, RG_NO_UNICODE, RG_UNICODE, RG_NULL_DATA, RG_ONE_SYSTEM,
    RG_NO_ONE_SYSTEM, RG_NO_ENCODING, RG_NO_FIXED, RG_NO_FOLLOW, RG_NO_INVERT, RG_NO_STATS, RG_NO_TEXT, RG_NO_TRIM, RG_NO_PCRE, RG_NO_PRE,
    RG_NO_ZIP, RG_PASSTHRU, RG_PATH_SEPARATOR, RG_PCRE_VERSION, RG_PRE, RG_PRE_GLOB, RG_REGEX_SIZE, RG_SORT, RG_SORT_FILES,
    RG_NO_SORT_FILES, RG_SORTR, RG_STATS, RG_TRIM, RG_TYPE_ADD, RG_TYPE_CLEAR, RG_LIST_TYPES, RG_VIMGREP, RG_STOP, RG_HYPERLINK
};
enum rg_mode { RG_LINES, RG_COUNT, RG_COUNT_MATCHES, RG_WITH_MATCH, RG_WITHOUT_MATCH, RG_FILES, RG_TYPE_LIST };
enum rg_binary { RG_QUIT, RG_CONVERT, RG_TEXT };
enum rg_case { RG_SENSITIVE, RG_INSENSITIVE, RG_SMART };
enum rg_sort { RG_SORT_PATH, RG_SORT_MODIFIED, RG_SORT_ACCESSED, RG_SORT_CREATED };
enum rg_engine { RG_DEFAULT, RG_PERL, RG_AUTO };

/* How a part of the output is shown: the text of an escape sequence, without what begins all. */
struct rg_color {
    int fore, back;   /* -1: as it is; 0-7; 256 + n: of 256; 1 << 24 | rgb */
    bool bold, intense, underline;
};
enum rg_part { RG_PART_PATH, RG_PART_LINE, RG_PART_COLUMN, RG_PART_MATCH, RG_PARTS };

/* A group's name, or what a file type of -t or -T looks like. */
struct rg_name {
    struct str name;
    int group;
};
struct rg_selection {
    struct ignore *rules;
    bool negated;
};

/* What one pattern became, written for regex/ and pcre2: see syntax.c. */
struct rg_syntax {
    struct str text;          /* all patterns, joined by | */
    bool multiline, dot_all, crlf, null_data; /* how it is to be read */
    struct buf out;           /* the pattern anew */
    struct buf plain;         /* ... as a string, if it is nothing else */
    bool is_plain;
    bool literal, upper;      /* has literal characters, some in upper case */
    bool fold;                /* (?i) for all of it */
    bool crosses;             /* it may match a newline */
    bool property;            /* has \p{...}, at: */
    size_t property_at, property_end;
    struct rg_name *names;
    size_t name_count;
    int groups;
    const char *mistake;      /* what is wrong, and where */
    size_t from, to;
    size_t also_from, also_to; /* a second place; to 0: none */
    bool newline;             /* a newline where lines are searched */
    bool perl_only;           /* Perl's patterns could do that */
};

/* Directories on the way to a file, with their rules. */
enum { RG_CUSTOM, RG_DOT, RG_GIT, RG_EXCLUDE, RG_KINDS };
struct rg_level {
    struct ignore *rules[RG_KINDS];
    size_t base;              /* bytes of the absolute path that name the directory, its slash included */
    bool git;                 /* there is a .git in it */
};

/* A file to be searched later, when they are sorted. */
struct rg_found {
    struct str path;
    uint64_t number;
    int64_t key;
    size_t order;
    bool named;
};

struct rg_stats {
    uint64_t matches, lines, searches, with_match, printed, searched;
    int64_t elapsed;          /* nanoseconds */
};

/* What is being printed of an input: lines of context, then a selected one. */
struct rg_job {
    int stage;
    size_t start, stop;       /* the line, or several; its line end included */
    size_t context;           /* the next line before it */
    uint64_t back;            /* so many of those were found */
    bool begun;
    bool only_after;          /* there is no such line: only what follows the last one, as far as `start` */
};

/* Where the scan of one input is. */
struct rg_scan {
    struct input *input;
    struct str name;          /* as it is shown */
    bool named, standard;     /* given by name; standard input */
    struct str text;          /* all of a regular file; of a stream, what is kept of it (in `kept`) */
    struct buf kept;
    bool whole, opened, ended;
    bool binary;              /* a NUL byte was seen: */
    uint64_t binary_at;
    bool finished;            /* nothing more is wanted */
    bool trailing;            /* enough were selected: only context may follow */
    size_t decoded;           /* bytes of UTF-16 that were made UTF-8 */
    uint64_t base;            /* bytes of the input before `text` */
    size_t checked;           /* so far it was searched for NUL bytes */
    size_t limit;             /* whole lines as far as here can be searched */
    size_t at;                /* the next line */
    struct search search;
    size_t search_from; /* of several lines; 1 more than where it was begun */
    size_t lines_from;  /* of lines: what its places count from */
    bool searching, known, found;
    size_t start, stop;       /* the next line that matches, or lines, with their ends */
    bool open_block;          /* of several lines, and it may still grow */
    size_t next_from;         /* where the next match may begin, if several lines are looked at */
    uint64_t lines;           /* line ends before `counted` */
    size_t counted;
    size_t tail;              /* behind the last line selected or printed */
    size_t printed;           /* behind the last line printed, if `shown` */
    bool shown;
    bool headed;              /* something was printed of this file */
    uint64_t pending;         /* lines of context still wanted behind the last one */
    uint64_t selected, matches;
    uint64_t left;            /* lines that may still be selected */
    bool working;             /* a job is being done: */
    struct rg_job job;
    uint64_t printed_before;  /* of the statistics, when it began */
    int64_t began;            /* the clock then */
    uint64_t searched;
    uint64_t json_lines, json_matches; /* of the statistics, when it began */
};

/* The matches of the line in hand. */
struct rg_spans {
    struct match *items;
    size_t count;
    struct buf replaced;      /* the line with the replacements, and the matches in it */
    struct match *originals;  /* ... as they were */
    struct match *groups;
    int group_count;
    struct search search;
    bool begun, done;
    size_t from, copied;
    ptrdiff_t last;           /* the end of the last match, or -1 */
};

struct rg {
    /* options */
    enum rg_mode mode;
    enum rg_binary binary;    /* what -a and --binary ask for */
    enum rg_case letters;
    enum rg_engine engine;
    bool fixed, words, whole_lines, invert, only, quiet, multiline, dot_all, crlf, null_data, passthru, trim, json, stats;
    bool number, no_number, column, no_column, offsets, vimgrep, heading, null_names, include_zero, no_messages, ignore_messages;
    bool preview, pretty, colored, color_given, hidden, follow, no_unicode;
    bool any_encoding;        /* a mark at the beginning says which: -E auto */
    bool stop_early;          /* --stop-on-nonmatch */
    bool both;                /* -C was the last of -A -B -C */
    int unrestricted;
    bool no_ignore, no_ignore_dot, no_ignore_exclude, no_ignore_global, no_ignore_parent, no_ignore_git, no_ignore_files, no_require_git;
    bool fold_globs, fold_ignores, separate;
    int names;                /* 1 shown, 0 not, -1 as the operands ask for */
    uint64_t most;            /* lines selected in each file */
    uint64_t before, after;
    uint64_t max_columns, max_depth, max_size; /* UINT64_MAX: any */
    struct str separator, match_mark, context_mark;
    struct str replace;
    bool replacing;
    char path_separator;      /* 0: a slash */
    char end;                 /* what ends lines */
    bool sorted, descending;
    enum rg_sort sort;
    struct rg_color colors[RG_PARTS];

    /* types.c */
    struct rg_type *types;
    size_t type_count;
    struct rg_selection *selections;
    size_t selection_count;
    bool types_wanted;        /* some with -t */

    /* pattern.c */
    bool ready, compiled;
    size_t next_option;
    struct input *list;       /* being read: patterns, rules */
    struct str *patterns;
    size_t pattern_count;
    struct regex *regex;      /* NULL: nothing matches */
    struct rg_name *group_names;
    size_t group_name_count;
    bool granular;            /* each match must be known, not only the line */

    /* files.c */
    struct str *operands;
    size_t operand_count, next_operand;
    bool implied;             /* none was given */
    bool looked_at_input;     /* it was decided whether standard input is searched */
    struct ignore *overrides; /* -g */
    bool overrides_wanted;
    struct ignore *explicit;  /* --ignore-file */
    struct ignore *global;
    struct str pre;           /* --pre; length 0: none */
    struct ignore *pre_globs;
    struct task *child;       /* it runs */
    size_t next_list;         /* option that may bring --ignore-file */
    bool global_read;
    struct buf directory;     /* the task's, with a slash behind it */
    struct buf absolute;      /* the path of what is visited */
    size_t root_length;       /* of the walk's root as it was given */
    size_t root_absolute;     /* of the same in `absolute` */
    struct rg_level *levels;
    size_t level_count, parent_count;
    int level_stage;          /* of the level that is being made */
    uint64_t level_directory; /* its inode */
    bool root_begun;          /* the levels above the root are being made: */
    size_t parent_at, parent_depth; /* so much of its path is done, so many are left */
    struct walk *walk;
    int walking;              /* what is done with the visit: see files.c */
    struct rg_found *found;   /* --sort */
    size_t found_count, next_found;
    struct rg_found **order;
    struct sort sorting;
    int sort_stage;
    bool any_file;            /* something was searched */

    bool scanning, stopped;   /* a file is being searched; no other will be */
    struct rg_scan scan;
    struct rg_spans spans;
    size_t span;              /* the next one to print */
    size_t part;              /* how far the line was printed */
    int print_stage;
    uint64_t line;            /* of several, the one being printed */
    size_t line_at;
    bool line_headed;
    struct rg_stats total;
    int64_t started;
    bool matched, failed;
    bool any_shown;           /* something was printed, of whatever file */
};

enum { RG_FAILED = -100 };

/* options.c: false after a message. */
extern const struct option rg_options[];
bool rg_take_options(struct call *c, struct rg *g);
/* What follows a message about wrong use. */
void rg_usage(struct call *c);

/* syntax.c: reads Rust's syntax and writes it anew. False: s->mistake or s->newline is set. */
bool rg_syntax_read(struct heap *heap, struct rg_syntax *s);
/* The names of groups in a pattern of Perl's. */
void rg_syntax_names(struct heap *heap, struct str pattern, struct rg_name **names, size_t *count);

/* pattern.c: gathers patterns: 1 done, E_WAIT, or RG_FAILED after a message. */
int rg_patterns(struct call *c, struct rg *g);
/* The text of a file, which stays open: 1, E_WAIT, or an error. */
int rg_read_list(struct call *c, struct rg *g, struct str name, struct str *text);
bool rg_compile(struct call *c, struct rg *g);

/* types.c: false after a message. */
bool rg_type_add(struct call *c, struct rg *g, struct str spec);
void rg_type_clear(struct call *c, struct rg *g, struct str name);
bool rg_type_select(struct call *c, struct rg *g, struct str name, bool negated);
void rg_type_list(struct call *c, struct rg *g);
enum ignore_answer rg_type_judge(struct call *c, const struct rg *g, struct str name);

/* ignore.c: the rules that hold on the way to a file. */
/* Reads --ignore-file and the global rules: 1 or E_WAIT. */
int rg_ignore_lists(struct call *c, struct rg *g);
/* Begins at the walk's root, with the rules above it: 1 or E_WAIT. */
int rg_ignore_root(struct call *c, struct rg *g, struct str root, uint64_t number);
/* Reads the rules in the directory just entered: 1 or E_WAIT. */
int rg_ignore_enter(struct call *c, struct rg *g);
void rg_ignore_leave(struct rg *g);
/* Is the file or directory of the last visit left out? */
bool rg_ignore_judge(struct call *c, struct rg *g);

/* files.c: the next input to search, begun: 1, 0 when there are no more, E_WAIT, 2 to be called again. */
int rg_next_file(struct call *c, struct rg *g);
void rg_file_error(struct call *c, struct rg *g, struct str name, const char *what, int error);
/* Waits for the command that --pre started: 1 or E_WAIT. */
int rg_end_child(struct call *c, struct rg *g);
/* "os error N" */
int rg_error_number(int error);

/* scan.c */
enum rg_answer { RG_LATER, RG_AGAIN, RG_OVER };
void rg_scan_start(struct call *c, struct rg *g, struct input *input, struct str name, bool named, bool standard);
enum rg_answer rg_scan(struct call *c, struct rg *g);
/* Line ends before `to`. */
void rg_count_lines(struct call *c, struct rg *g, size_t to);
void rg_stats_print(struct call *c, struct rg *g);
/* Nanoseconds of the sandbox's clock since then. */
int64_t rg_elapsed(const struct call *c, int64_t since);

/* spans.c: finds the matches of a text, which may lack a line end: false when it is to be called again. */
void rg_spans_start(struct rg *g);
bool rg_spans_find(struct call *c, struct rg *g, struct str text, bool unended);

/* print.c: false when it is to be called again. */
bool rg_color_spec(struct call *c, struct rg *g, struct str spec);
bool rg_print_line(struct call *c, struct rg *g, size_t start, size_t stop, bool selected);
void rg_print_separator(struct call *c, struct rg *g);
/* What stands before the first line of a file. */
void rg_print_prelude(struct call *c, struct rg *g);
void rg_print_path(struct call *c, struct rg *g, struct str path);
void rg_print_binary(struct call *c, struct rg *g);
bool rg_names_shown(const struct rg *g);

/* json.c: the same. */
bool rg_json_line(struct call *c, struct rg *g, size_t start, size_t stop, bool selected);
void rg_json_begin(struct call *c, struct rg *g);
void rg_json_end(struct call *c, struct rg *g);
void rg_json_summary(struct call *c, struct rg *g);

#endif
