/* builtins/pr/pr.h - what the parts of pr share: the layout, the columns, and how far the printing is. */
#ifndef BUILTINS_PR_PR_H
#define BUILTINS_PR_PR_H

#include "builtins/text.h"

/* What ends a piece of a line. */
enum pr_ending { PR_NEWLINE, PR_FEED, PR_END };

/* A file being read; standard input may be several columns. */
struct pr_source {
    struct text_source text;
    struct str left;     /* of the line read, behind a form feed */
    bool some;           /* there is such a rest */
};

enum pr_state {
    PR_OPEN,
    PR_FED,    /* stored columns: a form feed ends the page, which is still to be printed */
    PR_HELD,   /* a form feed was met: goes on with the next page */
    PR_CLOSED
};

struct pr_column {
    struct pr_source *source;
    enum pr_state state;
    bool full;           /* its page was filled: a form feed that comes now ends no other */
    bool numbered;
    int64_t start;       /* where its text begins; 0: anywhere */
    int64_t to_print;    /* lines left on this page */
    int64_t stored;      /* of the lines stored, how many are its own, and the next of them */
    size_t next;
};

/* A line stored for a page of columns. */
struct pr_stored {
    size_t from, to;     /* in p->store */
    int64_t width;       /* columns of its text */
};

enum pr_phase { PR_GROUP, PR_SKIP, PR_PAGE, PR_STORE, PR_READY, PR_ROW, PR_CELLS, PR_FOOT };

struct pr {
    /* options */
    bool merge, across, several;   /* -m, -a, a number of columns was given */
    bool headers;                  /* header and trailer */
    bool keep_feeds;               /* -t: form feeds of the input are printed */
    bool form_feed, twice;         /* -F, -d */
    bool octal, hat;               /* -v, -c */
    bool numbers, count_skipped;   /* -n; not -N */
    bool join, truncate, silent;   /* -J, -W, -r */
    bool expand, tabify;           /* -e, -i */
    bool has_separator;
    char tab, number_separator, out_tab;
    int64_t tab_width, number_digits, out_tab_width;
    int64_t columns_wanted, length, width, margin;
    int32_t first_number;
    uint64_t first_page, last_page; /* first_page 0: not given */
    struct str separator, header, date_format;
    bool has_header;
    struct str *names;
    size_t name_count;

    /* the group of files being printed: one, or all that are merged */
    enum pr_phase phase;
    size_t group;                  /* the next file */
    size_t opened;                 /* of the group */
    struct pr_source *standard;
    int64_t now;                   /* of pages without a file's time; 0: not asked for */
    bool storing;
    int64_t body;                  /* lines of a page's text */
    int64_t column_width;
    int64_t number_width;
    struct pr_column *columns;
    int64_t column_count;
    int64_t live;                  /* files that are not at their end, or on hold */
    struct buf date;
    struct str title;              /* in the middle of the header */
    int64_t header_room;           /* columns between date and page number, minus the title's */

    /* pages */
    uint64_t page;
    uint64_t skip_page;
    int64_t skip_line, skip_column;
    int32_t line_number, skipped_lines;
    int64_t store_column, store_line;
    struct buf store;
    struct pr_stored *lines;
    size_t line_count;
    int64_t lines_left, cell;
    bool header_due, feed_due;
    bool printed, page_printed;    /* something stands in this row, on this page */

    /* the piece taken last */
    struct str text;
    enum pr_ending ending;

    /* the row being printed */
    int64_t input_at;              /* columns of the cell's text so far */
    int64_t output_at;             /* columns printed */
    int64_t blanks;                /* owed: they may become tabs */
    int64_t separators;            /* owed */
    int64_t pad_to;                /* where the next text begins; 0: anywhere */
    bool empty_row, align, only_feed;
    bool into_store;               /* what is put goes into p->store */
};

enum { PR_GO = 0, PR_OVER, PR_LATER, PR_BEYOND }; /* beside E_WAIT: done, the end of all, to be called again, no such page */

/* --- pages.c: reading, rows and pages ------------------------------------------------------------------- */
/* PR_OVER and PR_BEYOND: a message was printed. PR_OVER: a file cannot be read. */
int pr_skip(struct call *c, struct pr *p);
void pr_begin_page(struct pr *p);
int pr_store_page(struct call *c, struct pr *p);
bool pr_is_ready(const struct pr *p);
/* Lines whose first character is wider than the column make no row: could the page go on without end? */
bool pr_is_stuck(const struct pr *p);
void pr_begin_row(struct pr *p);
int pr_cells(struct call *c, struct pr *p);
/* False: the page is over. */
bool pr_end_row(struct call *c, struct pr *p);
/* False: it was the last page that is wanted. */
bool pr_end_page(struct call *c, struct pr *p);

/* --- put.c: text, separators and blanks of a row ---------------------------------------------------------- */
/* How a byte shows. */
enum pr_shape { PR_PLAIN, PR_NOTHING, PR_ZERO /* as it is, without width */, PR_BACK, PR_TAB, PR_OCTAL, PR_HAT };
struct pr_look {
    enum pr_shape shape;
    int64_t width;  /* columns: below zero for a backspace */
};
/* What a byte looks like where the cell's text has come to, and where that ends. */
struct pr_look pr_look(const struct pr *p, char byte);
int64_t pr_look_end(const struct pr *p, struct pr_look look);
void pr_put_look(struct call *c, struct pr *p, char byte, struct pr_look look);
/* Puts what of a text fits into the column. */
void pr_put_text(struct call *c, struct pr *p, struct str text);
/* The same of text that pr_put_text put into the store. */
void pr_put_stored(struct call *c, struct pr *p, struct str text);
void pr_put_number(struct call *c, struct pr *p);
void pr_put_blanks(struct call *c, struct pr *p);
void pr_put_separators(struct call *c, struct pr *p);
void pr_pad(struct call *c, struct pr *p, int64_t to);
void pr_put_header(struct call *c, struct pr *p);

#endif
