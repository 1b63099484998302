/* builtins/sed/sed.h - what the parts of sed share: the script as an array of commands, and where a run of it is. */
#ifndef BUILTINS_SED_SED_H
#define BUILTINS_SED_SED_H

#include "base/number.h"
#include "builtins/text.h"
#include "regex/regex.h"

/* What functions answer besides 0 and what they say themselves. */
enum {
    SED_LATER = E_STATE, /* the meter is spent, or much output is queued: call again */
    SED_FAILED = -100,   /* a message was printed, c->status is set: sed ends */
    SED_DONE = 1         /* sed is over */
};
enum { SED_USAGE = 1, SED_INPUT = 2, SED_PANIC = 4 }; /* exit statuses */
enum { SED_GROUPS = 10 };

/* --- the script ------------------------------------------------------------------------------------ */

struct sed_regex {
    struct regex *regex;  /* NULL: the empty one, which is the last one used */
    struct str text;      /* as compiled */
    unsigned flags;
    bool plain;           /* what matches lies in a line, so that whole texts can be searched for lines */
};

enum sed_address_kind {
    ADDRESS_NONE, ADDRESS_LINE, ADDRESS_STEP, ADDRESS_LAST, ADDRESS_REGEX,
    ADDRESS_PLUS, ADDRESS_MULTIPLE /* of second addresses: +N, ~N */
};
struct sed_address {
    enum sed_address_kind kind;
    uint64_t first, step;
    struct sed_regex *regex;
};

enum sed_part_kind { PART_TEXT, PART_GROUP, PART_UPPER, PART_LOWER, PART_END, PART_UPPER_ONE, PART_LOWER_ONE };
struct sed_part {
    enum sed_part_kind kind;
    int group;
    struct str text;
};
struct sed_substitution {
    struct sed_regex *regex;
    struct sed_part *parts;
    size_t part_count;
    bool cases;            /* some part changes cases */
    int groups;            /* groups to ask for, the whole match among them */
    uint64_t number;       /* the first match to replace */
    bool global, evaluate, print, print_before; /* before: in front of the evaluation */
    struct sed_output *output;
};

/* y: `table` is for bytes that are characters, the pairs for longer ones. */
struct sed_pair {
    struct str from, to;
};
struct sed_map {
    unsigned char table[256];
    bool bytes;            /* the table is all there is */
    bool begins[256];      /* some pair's first byte */
    struct sed_pair *pairs;
    size_t count;
};

enum sed_output_kind { OUTPUT_STANDARD, OUTPUT_ERROR, OUTPUT_FILE };
struct sed_output {
    enum sed_output_kind kind;
    struct str name;
    struct file *file;
    struct buf queue;      /* of OUTPUT_FILE: not yet written */
    bool missing_newline;  /* the last line had none: it comes before anything else does */
    struct sed_output *next;
};

/* A file of R. */
struct sed_reader {
    struct str name;
    struct input *input;
    bool opened, ended;
    struct sed_reader *next;
};

enum sed_range { RANGE_INACTIVE, RANGE_ACTIVE, RANGE_CLOSED };

struct sed_command {
    char name;
    bool negate;
    struct sed_address from, to;
    enum sed_range range;
    uint64_t range_end;    /* line of +N and ~N */
    size_t target;         /* {: its }; b t T: where to */
    int depth;             /* blocks it lies in */
    struct str text;       /* a i c e: text; r: name; b t T: label, and of `:` */
    int64_t number;        /* q Q l; -1: none */
    struct sed_substitution *substitution;
    struct sed_map *map;
    struct sed_output *output;
    struct sed_reader *reader;
};

/* --- the run ---------------------------------------------------------------------------------------- */

/* Pattern space and hold space. */
struct sed_space {
    struct str view;       /* the text: in `own`, or borrowed from the input's block */
    struct buf own;
    bool borrowed;
    bool chomped;          /* a newline stood behind it */
};

struct sed_appended {
    char kind;             /* 'a' text, 'r' name of a file, 'R' text on the heap */
    struct str text;
};

/* A command that may take part in a cycle that begins with the line at hand: where its regex matches next. */
struct sed_watch {
    struct sed_command *command;
    struct sed_regex *regex; /* NULL: by number or `$` */
    struct regex *lines;
    struct search search;
    bool searching, known;
    size_t next;             /* start of the next line that matches; SIZE_MAX: none in this text */
    size_t resume;           /* where the search may go on; SIZE_MAX: nowhere */
    int hits;                /* lines that matched one after another: many times looking ahead is in vain, */
    size_t blind;            /* and so far it is not done */
};

enum sed_phase { PHASE_SCRIPT, PHASE_OUTPUTS, PHASE_READ, PHASE_RUN, PHASE_END, PHASE_RESTART, PHASE_QUIT, PHASE_OVER };
enum sed_evaluation { EVALUATE_IDLE, EVALUATE_READ, EVALUATE_WAIT };

struct sed {
    /* options */
    bool quiet, extended, separate, in_place, follow, unbuffered, posix, correct, sandbox, debug;
    char end;              /* what ends lines */
    int64_t width;         /* of l */
    struct str suffix;     /* of backups; empty: none */
    enum locale locale;

    /* the script; parse.c */
    struct sed_parse *parse;
    struct sed_command *commands;
    size_t count;
    struct sed_output *outputs, *opening;
    struct sed_reader *readers;
    bool empty_regex;      /* one is used: what was tried last matters */

    /* input; input.c */
    struct input *input;
    struct str *operands;
    size_t operand_count, next_operand;
    struct str name;       /* of the current file, for F */
    struct str text;       /* all of a regular file */
    size_t at;             /* the next line in it */
    bool whole;            /* the current file is in `text`, which stays where it is; else it is a stream */
    bool ended;            /* nothing more comes from this file */
    uint64_t line;

    /* in-place editing */
    struct sed_output place;
    uint64_t place_number; /* the nameless file being filled; 0: none */
    struct str place_name, place_backup;
    int place_stage;
    struct hold *place_hold; /* of its file */

    /* the cycle; run.c */
    enum sed_phase phase;
    struct sed_output standard, *out;
    struct sed_space pattern, hold;
    size_t pc;
    bool told;             /* --debug has shown the command at pc */
    bool admitted;         /* the command at pc is addressed: only its body is left */
    bool began;            /* the range's first address matches: is it over already? */
    bool replaced;         /* for t */
    bool silent;           /* this cycle does not end with printing */
    int64_t exit_status;   /* of q and Q; -1: none given */
    bool restart;          /* D: the next cycle reads nothing */
    bool appending;        /* n and N: the line is being read */
    struct sed_appended *appended;
    size_t append_count, append_at;
    struct input *append_input;
    struct sed_regex *last_regex;
    struct search search;
    bool searching;
    struct match groups[SED_GROUPS];
    struct sed_command *known; /* its regex matches, as was found out before */
    bool quitting;

    /* a substitution under way; substitute.c */
    bool substituting;
    size_t from, copied;   /* where to search on; what is before is in `result` */
    uint64_t found;
    ptrdiff_t last_end;    /* of the last match; -1: none */
    bool any;
    int stage;
    struct buf result;

    /* a command of e */
    enum sed_evaluation evaluation;
    struct task *child;
    struct input *answer;
    struct buf answered;

    /* skipping; skip.c */
    bool skips;            /* lines that no command would touch can be passed over */
    bool counts, counts_always; /* numbers of lines matter: while some are to come, to the end */
    bool watches_last;
    struct sed_watch *watches;
    size_t watch_count;
    size_t last_line;      /* start of the last line in `text`; SIZE_MAX: not known yet */
};

/* parse.c: reads the script. 0 when done, E_WAIT, SED_FAILED. */
int sed_parse(struct call *c, struct sed *s);
/* Tells of a mistake in the script that came to light when it ran. */
void sed_tell_runtime(struct call *c, struct sed *s, const char *message);
/* escape.c: what a backslash and text[at..] stand for, if it is one byte out of \a \f \n \r \t \v \cX \dNNN \oNNN \xHH: its
 * length without the backslash, 0 when it is none, -1 for a \c\ that is no good. */
int sed_escape(struct str text, size_t at, bool newline, char *byte);
/* `text` of a regex, with such escapes replaced (with --posix not in brackets). On the heap. 0, or -1 as
 * above. */
int sed_unescape_regex(struct call *c, const struct sed *s, struct str text, struct str *out);
/* The replacement of s: its parts. The highest group, or -1 after \c\. */
int sed_replacement(struct call *c, struct sed *s, struct str text, struct sed_substitution *u);
/* The strings of y. NULL, or the message of a mistake. */
const char *sed_map(struct call *c, struct sed *s, struct str from, struct str to, struct sed_map **map);

/* input.c */
/* Is there another line, in the current file or, if `across`, a following one? 1, and of a regular file s->at <
 * s->text.length; 0. */
int sed_fill(struct call *c, struct sed *s, bool across);
/* The next line becomes (or, with `append`, is added to) the pattern space: 1, 0 when there are no more. */
int sed_read(struct call *c, struct sed *s, bool append);
/* Is the line the last one? 1, 0. */
int sed_is_last(struct call *c, struct sed *s);
/* Is there no line for n and N? */
int sed_at_end(struct call *c, struct sed *s);
/* Puts what is borrowed from a block that may move in memory of our own: before each return to the driver. */
void sed_settle(struct sed *s);
/* As ranges are before the first line. */
void sed_reset_ranges(struct sed *s);
/* Ends the file being edited in place: 0. */
int sed_finish_file(struct call *c, struct sed *s);

/* output.c */
void sed_put(struct call *c, struct sed *s, struct sed_output *o, struct str text, bool newline);
/* The bytes as they are, after a newline that was missing. */
void sed_put_raw(struct call *c, struct sed *s, struct sed_output *o, struct str text);
void sed_list(struct call *c, struct sed *s, int64_t width);
/* Writes what is queued for files: if it is much, or all of it. 0. */
int sed_flush(struct call *c, struct sed *s, bool all);
/* All of a file: 0 when it was printed, or there is none. */
int sed_dump_file(struct call *c, struct sed *s, struct str name);
/* What a, r and R have gathered. 0. */
int sed_dump_appended(struct call *c, struct sed *s);

/* The pattern or hold space's text, in memory of its own, to be changed: set s->view afterwards. */
struct buf *sed_own(struct sed_space *space);

/* substitute.c */
/* s: 0 when done. */
int sed_substitute(struct call *c, struct sed *s, struct sed_command *command);
/* y */
void sed_transliterate(struct call *c, struct sed *s, const struct sed_map *map);
/* A search in the pattern space: 1, 0, SED_LATER, SED_FAILED. */
int sed_search(struct call *c, struct sed *s, struct sed_regex *regex, size_t from, int groups);
/* Runs `command` in a shell; its output goes to s->answered. 0. */
int sed_evaluate(struct call *c, struct sed *s, struct str command);

/* run.c: the script over one line. 0 when the cycle is over. */
int sed_run(struct call *c, struct sed *s);

/* skip.c */
void sed_watch_start(struct call *c, struct sed *s);
/* A new text is there. */
void sed_watch_text(struct sed *s);
/* Passes over lines that no command would touch: 1 when the next line is to be read, 0 to be called again. */
int sed_skip(struct call *c, struct sed *s);

/* debug.c: for --debug, the script; a cycle's line; a command before it is looked at; an s that matches; what came of a
 * command. */
void sed_debug_script(struct call *c, struct sed *s);
void sed_debug_line(struct call *c, struct sed *s);
void sed_debug_command(struct call *c, const struct sed_command *command);
void sed_debug_match(struct call *c, struct sed *s);
void sed_debug_after(struct call *c, struct sed *s, const struct sed_command *command);

/* May the loop turn once more? The output of many short lines is queued before it goes. */
static inline bool sed_go(const struct call *c)
{
    return meter_go(c->meter) && c->out.length < CALL_QUEUE;
}

#endif
