/* builtins/ls/ls.h - what the parts of ls share. */
#ifndef BUILTINS_LS_LS_H
#define BUILTINS_LS_LS_H

#include "base/quote.h"
#include "base/sort.h"
#include "builtins/owners.h"
#include "builtins/sizes.h"
#include "regex/glob.h"

enum layout { LAYOUT_LONG, LAYOUT_SINGLE, LAYOUT_COLUMNS, LAYOUT_ROWS, LAYOUT_COMMAS };
enum order { ORDER_NAME, ORDER_NONE, ORDER_SIZE, ORDER_TIME, ORDER_VERSION, ORDER_EXTENSION, ORDER_WIDTH };
enum indicator { INDICATOR_NONE, INDICATOR_SLASH, INDICATOR_TYPE, INDICATOR_CLASSIFY };
enum stamp { STAMP_MODIFIED, STAMP_CHANGED, STAMP_ACCESSED, STAMP_BORN };
enum link_mode { LINKS_SHOWN, LINKS_TO_DIRECTORIES, LINKS_OF_OPERANDS, LINKS_FOLLOWED };

struct ls_entry {
    struct str name;
    struct stat_info info; /* number is set always, kind if `typed`, the rest if `known` */
    struct str target;     /* of a link, in the long layout */
    enum node_kind target_kind; /* with target_found */
    uint32_t target_mode;
    struct str url;        /* with --hyperlink */
    bool known, typed, has_target, target_found, quoted;
    uint32_t width;        /* columns of the name, in the layouts with columns and for --sort=width */
};

enum { COLOR_LEFT, COLOR_RIGHT, COLOR_END, COLOR_RESET, COLOR_NORMAL, COLOR_FILE, COLOR_DIRECTORY, COLOR_LINK, COLOR_FIFO,
       COLOR_SOCKET, COLOR_BLOCK, COLOR_CHARACTER, COLOR_MISSING, COLOR_ORPHAN, COLOR_EXECUTABLE, COLOR_DOOR, COLOR_SETUID,
       COLOR_SETGID, COLOR_STICKY, COLOR_OTHER, COLOR_STICKY_OTHER, COLOR_CAPABLE, COLOR_LINKS, COLOR_CLEAR, COLOR_COUNT };

struct colors {
    struct str code[COLOR_COUNT]; /* data NULL: none */
    struct str *endings, *ending_codes;
    size_t ending_count;
    bool on, as_target; /* ln=target */
    bool begun;
};

struct widths {
    int inode, blocks, links, owner, group, author, size, major, minor;
};

struct pending {
    struct str path;
    uint64_t number; /* 0: to be found by its path */
    bool operand;
    bool end;        /* no directory: the one that is being walked ends here (for -LR) */
};

struct ls {
    enum layout layout;
    enum order order;
    bool reverse, all, almost_all, no_backups, recursive, self; /* -r -a -A -B -R -d */
    bool inode, blocks, numeric, show_owner, show_group, show_author, contexts, directories_first;
    bool hide_control, zero, escape_space, dired, hyperlink;
    enum indicator indicator;
    enum stamp stamp;
    enum link_mode links;
    enum quote_style quoting;
    enum locale locale;
    struct size_unit unit, file_unit;
    size_t line_length, tab; /* columns; 0: no limit, no tabs */
    struct str recent_format, old_format;
    struct glob **ignored, **hidden;
    size_t ignored_count, hidden_count;
    bool needs_stat, needs_type;
    struct colors colors;
    struct owners owners;
    int64_t now;

    int phase;
    size_t at;              /* operand, or entry */
    struct ls_entry *entries;
    size_t count;
    struct ls_entry **sorted;
    struct sort sort;
    struct pending *pending;
    size_t pending_count;
    struct pending current;
    uint64_t *active;       /* directories that are being walked, for -LR */
    size_t active_count;
    struct hold *hold;      /* of the listing */
    struct listing listing;
    struct task *task;
    struct str name;        /* an entry whose look waits */
    uint64_t number;
    int special;            /* "." and ".." still to come: 2, 1, 0 */
    bool have_name, searchable;
    bool printed, headings; /* something was printed; headings are wanted */
    struct widths widths;
    bool some_quoted;
    size_t position;        /* in the commas layout */
    size_t columns, rows, *column_widths;
    /* --dired: where in the output the names begin and end. Escapes of colours do not count. */
    struct buf names_at, headings_at;
    size_t offset, line_from, uncounted; /* of the line; of the line in c->out; bytes of it that do not count */
    struct str url;         /* of the directory, with --hyperlink */
    struct buf text;        /* scratch */
    int64_t last_second;    /* the time whose text is kept */
    struct buf last_text;
    bool last_recent;
};

/* --- color.c --------------------------------------------------------------------------------- */
/* Prepares colours from LS_COLORS, or the defaults. */
void colors_load(struct call *c, struct colors *colors);
bool colors_has(const struct colors *colors, int which);
/* The code of an entry, or of what its link points to; data NULL: none. */
struct str colors_of(const struct colors *colors, const struct ls_entry *e, bool target);

/* --- print.c --------------------------------------------------------------------------------- */
/* The name as it is shown, in l->text. Answers its columns. */
size_t ls_show(struct ls *l, struct str name, const char *also);
/* Columns of everything that stands for an entry in the layouts with columns. */
size_t ls_length(struct ls *l, const struct ls_entry *e);
/* Adds an entry to the widths of the long layout. */
void ls_measure(struct ls *l, const struct ls_entry *e);
/* Around each line that is printed. */
void ls_line_start(struct call *c, struct ls *l);
void ls_line_end(struct call *c, struct ls *l);
/* The name of a directory, in l->text. */
void ls_print_heading(struct call *c, struct ls *l);
/* Prints the next piece of the entries: true when all are printed. */
bool ls_print(struct call *c, struct ls *l);
bool ls_arrange(struct call *c, struct ls *l);
int64_t ls_time(const struct ls *l, const struct ls_entry *e);

#endif
