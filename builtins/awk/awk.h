/* builtins/awk/awk.h - what the parts of awk share: values, arrays, the program as flat code, and where a run of it is.
 *
 * Strings and arrays are counted by owners, within one call. A value owns one of them; struct str is borrowed from a value,
 * a field or the record until it changes. Code is relocatable: jumps are relative.
 */
#ifndef BUILTINS_AWK_AWK_H
#define BUILTINS_AWK_AWK_H

#include "base/format.h"
#include "base/map.h"
#include "base/number.h"
#include "base/sort.h"
#include "builtins/text.h"
#include "regex/regex.h"

enum { AWK_QUEUE = 16 * 1024 }; /* bytes printed that are kept before they go */

/* What functions answer besides 0 and what they say themselves. */
enum {
    AWK_LATER = E_STATE, /* the meter is spent, or output is queued: call again */
    AWK_FAILED = -100    /* a message was printed: awk ends with a->status */
};

/* --- values -------------------------------------------------------------------------------------------- */

struct awk_string {
    uint32_t owners;
    uint32_t unused;
    size_t length;
    char data[];
};

enum awk_type {
    AWK_UNSET,     /* 0 and "" */
    AWK_NUMBER,
    AWK_VIEW,      /* as AWK_INPUT, of the record's own bytes: only on the stack, up to where the record may change */
    AWK_STRING,
    AWK_INPUT,     /* a string from outside, which is a number too if it looks like one: not known yet */
    AWK_STRNUM,    /* ... and it does */
    AWK_REGEX,     /* @/text/ */
    AWK_ARRAY,
    AWK_REFERENCE, /* an argument that was unset: `cell` is where the caller has it, below 0 a global, else on the stack */
    AWK_KEYS       /* what is left of a for (k in array) */
};
struct awk_value {
    enum awk_type type;
    uint32_t at;       /* AWK_KEYS: the next one; AWK_VIEW: 1 if it is no number whatever it looks like */
    union {
        double number;           /* AWK_NUMBER, AWK_STRNUM */
        struct awk_regex *regex; /* AWK_REGEX: of the program */
        size_t length;           /* AWK_VIEW */
    };
    union {
        const char *text;        /* AWK_VIEW */
        struct awk_string *string;
        struct awk_array *array;
        struct awk_keys *keys;
        int64_t cell;
    };
};

/* A key is a whole number in its one usual form, or any other text. */
struct awk_key {
    bool is_number;
    int64_t number;
    struct str text;
};
struct awk_element {
    struct awk_string *text; /* the key; NULL: `number` */
    int64_t number;
    uint32_t hash;
    bool used;               /* else a gap */
    struct awk_value value;
};
struct awk_array {
    uint32_t owners;
    uint32_t count;          /* elements */
    uint32_t used, room;     /* entries, gaps included; what there is memory for */
    uint32_t slot_count;
    struct awk_element *entries; /* in order of insertion */
    int64_t first;           /* of a row: the key of entries[0] */
    bool is_row;             /* the keys are numbers one after another, those of gaps among them: there are no slots */
    uint32_t *slots;         /* by hash: the number of an entry and 1 */
    struct awk_array *next;  /* while being freed */
};
struct awk_keys {
    uint32_t owners;
    size_t count;
    struct awk_value *items;
};

/* --- code ----------------------------------------------------------------------------------------------- */

/* Where a variable or array is. */
enum awk_scope { SCOPE_GLOBAL, SCOPE_LOCAL, SCOPE_STACK /* an array on the stack */ };

enum awk_op {
    OP_HALT, OP_NUMBER, OP_STRING, OP_REGEX_VALUE, OP_LOAD, OP_LOAD_SPECIAL, OP_FIELD, OP_FIELD_AT, OP_ELEMENT, OP_SUBARRAY,
    OP_STORE, OP_STORE_FIELD, OP_STORE_ELEMENT, OP_UPDATE, OP_UPDATE_FIELD, OP_UPDATE_ELEMENT,
    OP_STEP, OP_STEP_FIELD, OP_STEP_ELEMENT, OP_POP, OP_APPEND,
    OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE, OP_REMAINDER, OP_POWER, OP_NEGATE, OP_PLUS, OP_NOT, OP_TRUTH,
    OP_LESS, OP_LESS_EQUAL, OP_EQUAL, OP_NOT_EQUAL, OP_GREATER, OP_GREATER_EQUAL,
    OP_CONCAT, OP_JOIN, OP_MATCH, OP_MATCH_CONSTANT, OP_MATCH_RECORD, OP_IN,
    OP_JUMP, OP_JUMP_FALSE, OP_JUMP_TRUE, OP_AND, OP_OR,
    OP_ARGUMENT, OP_ARGUMENT_ELEMENT, OP_CALL, OP_CALL_INDIRECT, OP_RETURN, OP_BUILTIN,
    OP_SUBSTITUTE, OP_PRINT, OP_PRINT_RECORD, OP_PRINT_FIELD, OP_PRINTF, OP_GETLINE, OP_DELETE, OP_DELETE_ALL,
    OP_KEYS, OP_NEXT_KEY, OP_DROP_KEYS, OP_CASE, OP_CASE_REGEX, OP_RANGE, OP_RANGE_END,
    OP_SYMBOLS, OP_NEXT, OP_NEXT_FILE, OP_EXIT, OP_NEXT_RECORD, OP_AFTER_FILE, OP_SORT, OP_SORT_STEP,
    OP_FLOAT_FIELD, OP_STRNUM_FIELD, OP_KEY_FIELD, OP_KEY_FIELD_AT, OP_FIELD_VIEW, OP_FIELD_VIEW_AT, OP_PRINT_DIRECT,
    OP_LENGTH, OP_LENGTH_RECORD, OP_SUBSTR,
    /* What often comes one after another, done at once when all are numbers: these stand in place of the first one, whose
     * followers stay what they are. */
    OP_LOAD_COMPARE, OP_LOAD_UPDATE, OP_LOAD_ARITHMETIC, OP_NUMBER_ARITHMETIC, OP_STEP_ON
};

struct awk_instruction {
    uint8_t op;
    uint8_t scope;
    uint8_t drop;  /* the result is not wanted */
    uint8_t extra;
    int32_t a;
    union {
        double number;
        int64_t n;
        struct awk_string *string;
        struct awk_regex *regex;
    };
};

/* A regex of the program, compiled for both ways of IGNORECASE when first used. */
struct awk_regex {
    struct str text;
    struct regex *compiled[2];
    struct regex *lines[2];  /* the same over many records that are lines: of a pattern that chooses records */
    bool is_filter;          /* ... which it may be */
};

struct awk_function {
    struct str name;
    int32_t entry;      /* -1: not defined */
    int32_t parameters;
    int32_t line;       /* of its first call, in this text */
    size_t text;
    struct str *parameter_names;
};

enum awk_special {
    VAR_NF, VAR_NR, VAR_FNR, VAR_FS, VAR_OFS, VAR_ORS, VAR_RS, VAR_SUBSEP, VAR_CONVFMT, VAR_OFMT, VAR_IGNORECASE,
    VAR_FIELDWIDTHS, VAR_FPAT, VAR_HOOKS, /* those above are watched */
    VAR_RT = VAR_HOOKS, VAR_RSTART, VAR_RLENGTH, VAR_FILENAME, VAR_ENVIRON, VAR_ARGC, VAR_ARGV, VAR_PROCINFO, VAR_ERRNO,
    VAR_ARGIND, VAR_BINMODE, VAR_LINT, VAR_TEXTDOMAIN, VAR_FUNCTAB, VAR_SYMTAB, VAR_COUNT
};

enum awk_redirection { TO_STANDARD, TO_FILE, TO_APPEND, TO_PIPE, TO_COPROCESS };
enum awk_source { FROM_MAIN, FROM_FILE, FROM_PIPE, FROM_COPROCESS };

enum awk_builtin {
    FUN_LENGTH, FUN_SUBSTR, FUN_INDEX, FUN_SPLIT, FUN_MATCH, FUN_SUB, FUN_GSUB, FUN_GENSUB, FUN_SPRINTF, FUN_TOLOWER,
    FUN_TOUPPER, FUN_SIN, FUN_COS, FUN_ATAN2, FUN_EXP, FUN_LOG, FUN_SQRT, FUN_INT, FUN_RAND, FUN_SRAND, FUN_STRFTIME,
    FUN_MKTIME, FUN_SYSTIME, FUN_ASORT, FUN_ASORTI, FUN_STRTONUM, FUN_AND, FUN_OR, FUN_XOR, FUN_COMPL, FUN_LSHIFT, FUN_RSHIFT,
    FUN_TYPEOF, FUN_ISARRAY, FUN_PATSPLIT, FUN_CLOSE, FUN_FFLUSH, FUN_SYSTEM, FUN_MKBOOL, FUN_BINDTEXTDOMAIN, FUN_DCGETTEXT,
    FUN_DCNGETTEXT
};
struct awk_builtin_info {
    const char *name;
    enum awk_builtin builtin;
    int least, most;
    bool extension;
};
extern const struct awk_builtin_info awk_builtins[];

/* --- the program ------------------------------------------------------------------------------------------- */

struct awk_text {
    struct str name;   /* of the file; empty: the command line */
    struct str text;
    bool included;     /* only by @include: */
    size_t from;       /* ... in this text */
    int32_t line;
    bool command_line;
};

struct awk_program {
    struct awk_instruction *code;
    int32_t *lines;      /* of each instruction: number of the text << 24 is not used; see `texts_at` */
    int32_t *texts_at;   /* of each instruction: the text */
    size_t count;
    int32_t begin, begin_file, main, end_file, end; /* entries; -1: there is none */
    int32_t next_record; /* the instruction that reads the next one; -1: nothing is read */
    struct awk_regex *filter; /* the only rule's pattern is this, so that other records are of no interest; NULL: there is none */
    bool filter_not;     /* ... or records that it matches */
    int32_t filter_length; /* ... which takes so many instructions */
    struct awk_function *functions;
    size_t function_count;
    struct map names;    /* of globals */
    struct map function_names;
    size_t global_count;
    struct str *global_names;
    size_t ranges;
    size_t depth;        /* values on the stack within a function at most */
    struct awk_text *texts;
    size_t text_count;
    struct str missing;  /* a file that @include names and that is not there yet */
    size_t missing_from; /* ... and where */
    int32_t missing_line;
};

/* --- input and output ------------------------------------------------------------------------------------------ */

/* Text that is read record by record. */
struct awk_reader {
    struct input *input;
    bool regular;       /* all is in `text`, which stays where it is */
    bool ended;         /* nothing more comes */
    struct str text;    /* read; records from `at` on */
    size_t at;
    size_t seen;        /* bytes of the next record in which its end was looked for in vain */
    struct buf store;   /* of a stream: `text` */
    bool begun;         /* a record was read */
    bool searching;     /* `search` is under way */
    bool knows_next;    /* `next_match`: where the next line is that the filter matches; SIZE_MAX: there is none */
    size_t next_match;
    size_t resume;      /* where `search` may go on; SIZE_MAX: nowhere */
    struct search search;
};

/* A file or command that a name stands for in > >> | |& <. */
struct awk_stream {
    struct awk_stream *next;
    struct str name;
    enum awk_redirection kind;
    bool reads;             /* getline */
    struct file *file;      /* to be written to; NULL: a standard stream or closed */
    struct hold *hold;
    struct buf queue;
    int standard;           /* 1, 2: such a one */
    bool broken;
    struct awk_reader reader;
    struct task *child;
    bool closed_to;         /* coprocess: its input was closed */
};

struct awk_field {
    struct str text;        /* in the record */
    struct awk_value value; /* if `known` */
    bool known;
};

enum awk_splitting { SPLIT_BLANKS, SPLIT_BYTE, SPLIT_REGEX, SPLIT_CHARACTERS, SPLIT_WIDTHS, SPLIT_PATTERN, SPLIT_CSV, SPLIT_TAB };
enum awk_records { RECORD_BYTE, RECORD_PARAGRAPH, RECORD_REGEX, RECORD_CSV };

/* A call of a function. */
struct awk_frame {
    int32_t back;       /* where to go on */
    int32_t base;       /* of the locals on the stack */
    int32_t function;   /* -1: BEGINFILE or ENDFILE within getline */
};

struct awk_sorting;

enum awk_phase { AWK_LOAD, AWK_PARSE, AWK_ASSIGN, AWK_RUN, AWK_FINISH, AWK_OVER };
enum awk_part { PART_BEGIN, PART_MAIN, PART_END };

struct awk {
    struct call *c;
    struct heap *heap;
    /* options */
    bool posix, traditional, csv, bytes, non_decimal, in_place, sandbox, lint, optimize;
    enum locale locale;

    struct buf out;         /* printed and not yet handed on: children write before it, as with stdio */
    struct awk_program program;
    enum awk_phase phase;
    size_t loading;         /* next text to be loaded */
    struct input *load_input;
    bool program_is_operand;

    /* the run */
    int32_t pc;
    const struct awk_instruction *at; /* the one being done: for messages */
    enum awk_part part;
    struct awk_value *globals;
    struct awk_value *stack;
    size_t top, room;       /* values on the stack */
    struct awk_frame *frames;
    size_t frame_count, frame_room, base;
    bool *ranges;           /* those that have begun */
    int exit_status;
    bool exiting;
    bool fatal;             /* a message was printed */
    bool counts_kept;       /* NR or FNR was set to a text with the same number: as it is, until the next record */
    bool in_update;         /* the arithmetic is that of /= and its like */
    struct awk_value got;   /* what getline has read for a variable */

    /* watched variables */
    int64_t nr, fnr;
    struct awk_value nothing; /* a field that is not there */
    struct awk_value ofs_value, ors_value, subsep_value;
    struct str ofs, ors, subsep;
    struct str convfmt, ofmt;
    int fold;               /* IGNORECASE: 1 */
    bool usual_convfmt, usual_ofmt;

    /* the record; field.c */
    struct str record;      /* text of $0 */
    struct buf record_store;
    bool record_borrowed;   /* from the main reader's text */
    bool record_stale;      /* a field was changed: it is to be put together */
    bool record_joined;     /* ... and was, or sub has changed it: it is no number whatever it looks like */
    struct awk_value record_value;
    bool record_known;      /* record_value has it */
    struct awk_field *fields; /* from 1 */
    size_t field_room;
    size_t split;           /* fields found so far */
    size_t split_at;        /* where to look on */
    bool split_done;
    size_t touched;         /* fields up to here may have a value */
    size_t nf;              /* once split_done */
    enum awk_splitting splitting;
    char split_byte;
    bool split_newlines;    /* records are paragraphs: newlines separate fields too */
    struct awk_regex split_regex;
    struct awk_regex pattern_regex;
    struct awk_value fs;    /* as it was when the record was read */
    int64_t *widths;        /* pairs of skip and width; -1: the rest */
    size_t width_count;
    struct buf split_store; /* of CSV fields with quotes */

    /* input.c */
    struct awk_reader main_reader;
    bool main_open;
    int64_t argument;       /* the next ARGV */
    bool used_argument;     /* some file was read */
    bool main_over;
    int file_stage;
    bool skip_file;
    struct str file_name;
    int file_error;
    enum awk_records records;
    char record_end;
    struct awk_regex record_regex;
    struct awk_value rs;
    struct awk_stream *streams;
    size_t stream_count;
    struct str rt;          /* behind the last record, in its text */
    struct buf rt_store;
    int32_t resume;         /* where to go on after BEGINFILE or ENDFILE */
    bool in_end_file, in_begin_file;

    /* close, system, flush under way */
    bool no_place;          /* messages name no line */
    int32_t told_line;      /* the line that the next message of awk_tell names; 0: none */
    size_t told_text;
    struct task *child;
    struct awk_stream *closing;
    int closing_status;

    /* functions.c */
    struct map regexes[2];  /* dynamic ones, by IGNORECASE */
    size_t regex_count;
    uint32_t random[63];    /* of rand; random_at 0: not begun */
    int random_at;
    uint32_t random_kept[512], random_last;
    bool random_begun;
    double seed;
    struct buf scratch, scratch2;
    char number_text[2][64];
    int number_turn;
    bool converting; /* by CONVFMT */
    struct awk_sorting *sorting;

    /* in place */
    struct awk_stream *place;
};

/* --- value.c ------------------------------------------------------------------------------------------------ */
struct awk_string *awk_string_new(struct awk *a, struct str s);
void awk_string_free(struct awk *a, struct awk_string *s);
void awk_array_release(struct awk *a, struct awk_array *array);
/* Of a value of this type; `thing` is what it owns. */
void awk_value_free(struct awk *a, enum awk_type type, uint32_t at, void *thing);

static inline void awk_drop(struct awk *a, struct awk_value v)
{
    if (v.type < AWK_STRING)
        return;
    if (v.type <= AWK_REGEX && v.string->owners > 1)
        v.string->owners--;
    else
        awk_value_free(a, v.type, v.at, v.string); /* part by part: what was just stored so is slow to be loaded as a whole */
}

static inline struct awk_value awk_share(struct awk_value v)
{
    if (v.type >= AWK_STRING && v.type != AWK_REFERENCE)
        v.string->owners++; /* each of the counted begins with its owners */
    return v;
}

static inline struct awk_value awk_of_number(double number)
{
    return (struct awk_value){.type = AWK_NUMBER, .number = number};
}
struct awk_value awk_of_string(struct awk *a, struct str s);
/* From outside: may turn out to be a number. */
struct awk_value awk_of_input(struct awk *a, struct str s);

/* Tells whether an AWK_INPUT is a number: it becomes AWK_STRNUM or AWK_STRING. */
void awk_settle(struct awk *a, struct awk_value *v);
/* The number a text begins with. */
double awk_text_number(struct awk *a, struct str s);
/* Is all of the text a number? */
bool awk_looks_numeric(struct awk *a, struct str s, double *number);
double awk_slow_number(struct awk *a, struct awk_value *v);
/* A number without its fraction; what no integer holds is the least one, as in gawk. */
static inline int64_t awk_to_int(double number)
{
    return number > -0x1p63 && number < 0x1p63 ? (int64_t)number : INT64_MIN;
}

static inline double awk_number(struct awk *a, struct awk_value *v)
{
    return v->type == AWK_NUMBER || v->type == AWK_STRNUM ? v->number : v->type == AWK_UNSET ? 0 : awk_slow_number(a, v);
}
/* The text of a value: borrowed from it, or until the second next call for a number. `output`: by OFMT. */
struct str awk_slow_text(struct awk *a, const struct awk_value *v, bool output);
static inline struct str awk_text(struct awk *a, const struct awk_value *v)
{
    if (v->type == AWK_VIEW)
        return str_of(v->text, v->length);
    if (v->type >= AWK_STRING && v->type <= AWK_REGEX)
        return str_of(v->string->data, v->string->length);
    return awk_slow_text(a, v, false);
}
bool awk_truth(struct awk *a, struct awk_value *v);
/* Below 0, 0, above 0; 2 when one is no number (NaN) and they are not equal. */
int awk_compare(struct awk *a, struct awk_value *left, struct awk_value *right);
/* Without regard to case. */
int awk_compare_folded(struct awk *a, struct str x, struct str y);
/* Makes a value an AWK_STRING in place. */
void awk_make_string(struct awk *a, struct awk_value *v);
/* A number as print shows it. Appends. */
void awk_add_number(struct awk *a, struct buf *b, double number, struct str format);
/* A number as %g prints it. Appends. */
void awk_add_general(struct buf *b, double number);
/* Is it a whole number that an int64_t has? */
static inline bool awk_is_whole(double d)
{
    return d > -1e18 && d < 1e18 && (double)(int64_t)d == d;
}

/* --- array.c -------------------------------------------------------------------------------------------------- */
struct awk_array *awk_array_new(struct awk *a);
void awk_array_clear(struct awk *a, struct awk_array *array);
struct awk_key awk_key_of_text(struct str s);
/* Of a number that is whole, the key of it; else of its text. */
struct awk_key awk_key_of_value(struct awk *a, const struct awk_value *v);
/* The element of a whole number in a row; NULL: look for it. */
static inline struct awk_value *awk_array_at(const struct awk_array *array, double number)
{
    int64_t key = number > -1e15 && number < 1e15 ? (int64_t)number : -1;
    uint64_t at = (uint64_t)key - (uint64_t)array->first;
    if (!array->is_row || at >= array->used || (double)key != number || !array->entries[at].used)
        return NULL;
    return &array->entries[at].value;
}
/* The value of a key; NULL when there is none. Valid until an element is added. */
struct awk_value *awk_array_find(struct awk *a, struct awk_array *array, struct awk_key key);
/* The same, made unset when there is none. */
struct awk_value *awk_array_get(struct awk *a, struct awk_array *array, struct awk_key key);
void awk_array_remove(struct awk *a, struct awk_array *array, struct awk_key key);
/* In gawk's words, which keep arrays of whole numbers apart: by the first key there is. */
const char *awk_array_kind(const struct awk_array *array);
struct awk_value *awk_array_get_number(struct awk *a, struct awk_array *array, int64_t number);
struct awk_value *awk_array_get_text(struct awk *a, struct awk_array *array, const char *text);
/* Sets a[number] or a["text"], taking over `v`. */
void awk_array_set_number(struct awk *a, struct awk_array *array, int64_t number, struct awk_value v);
void awk_array_set_text(struct awk *a, struct awk_array *array, const char *text, struct awk_value v);
/* For split: sets 1, 2, 3 and so on as input, in what is there of such elements; awk_array_end removes those behind the last. */
void awk_array_refill(struct awk *a, struct awk_array *array, int64_t number, struct str s);
void awk_array_end(struct awk *a, struct awk_array *array, int64_t count);
struct awk_value awk_key_value(struct awk *a, const struct awk_element *e);
/* The keys in the order of a for loop. */
struct awk_value awk_array_keys(struct awk *a, struct awk_array *array);

/* --- lex.c, parse.c, expression.c: see parse.h ------------------------------------------------------------------ */
/* The program: 0, AWK_FAILED, or 1 when program.missing is to be loaded first. */
int awk_parse(struct awk *a);

/* --- field.c ------------------------------------------------------------------------------------------------------ */
/* $0 becomes `s`, borrowed from the main reader, or copied. */
void awk_set_record(struct awk *a, struct str s, bool borrowed);
/* The same with what a buffer holds, which gets other memory for it. */
void awk_take_record(struct awk *a, struct buf *b);
/* Before what $0 is borrowed from goes away. */
void awk_keep_record(struct awk *a);
struct str awk_record(struct awk *a);
/* $index: owned by the caller. Below 0: fails. */
struct awk_value awk_field_get(struct awk *a, int64_t index);
/* The same as a view, where it has no value of its own yet. */
void awk_field_view(struct awk *a, int64_t index, struct awk_value *to);
/* Its text, borrowed. */
struct str awk_field_text(struct awk *a, int64_t index);
double awk_field_number(struct awk *a, int64_t index);
/* Is $index a number, as comparisons see it? Then *number is it. */
bool awk_field_number_if(struct awk *a, int64_t index, double *number);
/* Makes $index be there, empty, and NF count it, while $0 stays as it is: what sub and gsub do to it before they look. */
void awk_field_reach(struct awk *a, int64_t index);
/* Takes over `v`. */
void awk_field_set(struct awk *a, int64_t index, struct awk_value v);
size_t awk_nf(struct awk *a);
void awk_set_nf(struct awk *a, double count);
void awk_fields_changed(struct awk *a, enum awk_special which);
/* split(): cuts `s` at a separator into an array, and the separators into `seps` (may be NULL): the number of parts. */
int64_t awk_split(struct awk *a, struct str s, struct awk_array *array, struct awk_array *seps, const struct awk_value *separator,
                  struct awk_regex *constant);
int64_t awk_pattern_split(struct awk *a, struct str s, struct awk_array *array, struct awk_array *seps, struct regex *pattern);

/* --- input.c -------------------------------------------------------------------------------------------------------- */
enum awk_read { READ_END, READ_RECORD, READ_BEGIN_FILE, READ_END_FILE };
/* The usual case at once: the next line of a regular file becomes $0. *verdict: what program.filter says of it. False: nothing was
 * done. */
enum awk_verdict { VERDICT_NONE, VERDICT_YES, VERDICT_NO };
bool awk_read_line(struct awk *a, enum awk_verdict *verdict);
/* The next record of the main input becomes $0, or (`variable`) a->got: enum awk_read, E_WAIT, AWK_LATER, AWK_FAILED. */
int awk_read_main(struct awk *a, bool variable);
/* A record of a reader: 1, 0 at its end, -1 - error is told in reader->input->error: READ_END; E_WAIT. */
int awk_read_record(struct awk *a, struct awk_reader *r, struct str *record, struct str *rt);
/* getline from a file or command: 1, 0, -1; E_WAIT, AWK_LATER, AWK_FAILED. */
int awk_getline(struct awk *a, enum awk_source source, struct str name, bool variable, int *answer);
void awk_records_changed(struct awk *a);
void awk_close_main(struct awk *a);

/* --- stream.c --------------------------------------------------------------------------------------------------------- */
/* The stream that print writes to: 0; E_WAIT, AWK_LATER, AWK_FAILED. */
int awk_stream_out(struct awk *a, enum awk_redirection kind, struct str name, struct awk_stream **stream);
struct awk_stream *awk_stream_find(struct awk *a, struct str name, bool reads, enum awk_redirection kind);
struct awk_stream *awk_stream_add(struct awk *a, struct str name, enum awk_redirection kind, bool reads);
/* sh -c COMMAND with the environment that ENVIRON has: 0; E_WAIT, another error. */
int awk_start_command(struct awk *a, struct str command, struct task **child);
/* Writes what is queued: 0; E_WAIT, AWK_FAILED. */
int awk_stream_flush(struct awk *a, struct awk_stream *s);
int awk_flush_all(struct awk *a);
/* All that is to be seen by others has gone: 0; E_WAIT, AWK_LATER. */
int awk_flush_standard(struct awk *a);
/* close(): *answer. */
int awk_close(struct awk *a, struct str name, struct str how, double *answer);
int awk_close_all(struct awk *a);
int awk_system(struct awk *a, struct str command, double *answer);
void awk_stream_remove(struct awk *a, struct awk_stream *s);
struct buf *awk_queue(struct awk *a, struct awk_stream *s);
int awk_fflush(struct awk *a, struct str name, bool all, double *answer);

/* --- print.c ----------------------------------------------------------------------------------------------------------- */
/* Appends a format with its arguments. False: fatal. */
bool awk_format(struct awk *a, struct buf *out, struct str format, struct awk_value *arguments, size_t count);

/* --- functions.c --------------------------------------------------------------------------------------------------------- */
struct regex *awk_regex_get(struct awk *a, struct awk_regex *r);
/* The same for regex_line; NULL: it cannot be used so. */
struct regex *awk_regex_lines(struct awk *a, struct awk_regex *r);
/* The regex of a text, compiled once; NULL: fatal. */
struct regex *awk_regex_of_text(struct awk *a, struct str text);
bool awk_match(struct awk *a, struct regex *r, struct str text);
/* substr: borrowed from the first argument. */
struct str awk_substr(struct awk *a, struct awk_value *arguments, size_t count);
size_t awk_count_characters(struct awk *a, struct str s);
/* Calls a builtin over `count` arguments: its result, owned. May set a->fatal. *wait: E_WAIT and the like. */
struct awk_value awk_call_builtin(struct awk *a, enum awk_builtin f, struct awk_value *arguments, size_t count, int *wait);
void awk_functions_start(struct awk *a);
/* substitute.c: sub, gsub on `text`: how many were replaced, and the new text in a->scratch. */
int64_t awk_substitute(struct awk *a, struct regex *r, struct str text, struct str with, bool all);
struct awk_value awk_gensub(struct awk *a, struct awk_value *arguments, size_t count);
void awk_time_print(struct awk *a, struct buf *out, struct str format, int64_t seconds, bool utc);
double awk_mktime(struct awk *a, struct str text, bool utc);

/* --- sort.c ----------------------------------------------------------------------------------------------------------------- */
/* Begins to sort an array, for asort (into `to`), asorti (`indices`) or a loop (`keys`): 0; AWK_FAILED. */
int awk_sort_start(struct awk *a, struct awk_array *array, struct awk_array *to, struct str how, bool indices, bool keys);
/* asort, asorti, and for with PROCINFO["sorted_in"]: 1 when done, and the result,
 * 0 when a function is to be called and its answer given to awk_sort_answer; AWK_LATER. */
int awk_sort_step(struct awk *a, struct awk_value arguments[4], struct awk_value *result, int32_t *function);
void awk_sort_answer(struct awk *a, double answer);
bool awk_sort_asked(const struct awk *a);

/* --- run.c ----------------------------------------------------------------------------------------------------------------- */
/* Runs until the program is over: 0; E_WAIT, AWK_LATER, AWK_FAILED. */
int awk_run(struct awk *a);
/* The function that the program defines by this name; -1: none. */
int32_t awk_function_named(const struct awk *a, struct str name);
/* A global was set from outside the code. */
void awk_variable_changed(struct awk *a, int32_t index);
void awk_set_global(struct awk *a, int32_t index, struct awk_value v);
/* NAME=VALUE, as an operand or of -v. False: not of that form. */
bool awk_assign(struct awk *a, struct str text, bool *fatal);
struct awk_array *awk_global_array(struct awk *a, int32_t index);
void awk_unwind(struct awk *a);
/* symbols.c: SYMTAB gets the globals as they are, or (`back`) they get what was stored in it. False: fatal. */
bool awk_symbols(struct awk *a, bool back);
/* NR and FNR go up. */
void awk_count_records(struct awk *a, int64_t count);
/* The value of NF, NR or FNR. */
struct awk_value awk_special_value(struct awk *a, int32_t index);

/* --- awk.c ------------------------------------------------------------------------------------------------------------------ */
/* "awk: cmd. line:1: (FILENAME=x FNR=1) fatal: message"; sets a->fatal. */
void awk_fatal(struct awk *a, const char *format, ...);
void awk_warn(struct awk *a, const char *format, ...);
/* The same with "error" instead of "fatal" and status 1. */
void awk_tell(struct awk *a, int status, const char *kind, const char *format, ...);
/* The text of an escape sequence behind a backslash at text[*at]. Appends; moves *at. */
struct str awk_unescape_all(struct awk *a, struct str text);
/* usage.c: says how awk is called; of an option whose argument is missing, or 0. Answers 1, the exit status. */
int awk_usage(struct call *c, int letter);

#endif
