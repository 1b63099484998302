/* builtins/agrep.c - print the records that match a pattern approximately: TRE's agrep, on TRE. */
#include "adapters/tre.h"
#include "base/number.h"
#include "task/command.h"
#include "task/task.h"

#include <limits.h>

enum { COLOR = OPTION_LONG, SHOW_POSITION };
enum { PIECES_MOST = 16 };

static const struct option options[] = {
    {'e', "regexp", "PATTERN", "use PATTERN as a regular expression"},
    {'i', "ignore-case", NULL, "ignore case distinctions"},
    {'k', "literal", NULL, "PATTERN is a literal string"},
    {'w', "word-regexp", NULL, "force PATTERN to match only whole words"},
    {'D', "delete-cost", "NUM", "set cost of missing characters"},
    {'I', "insert-cost", "NUM", "set cost of extra characters"},
    {'S', "substitute-cost", "NUM", "set cost of wrong characters"},
    {'E', "max-errors", "NUM", "select records that have at most NUM errors"},
    {'0', NULL, NULL, NULL}, {'1', NULL, NULL, NULL}, {'2', NULL, NULL, NULL}, {'3', NULL, NULL, NULL},
    {'4', NULL, NULL, NULL}, {'5', NULL, NULL, NULL}, {'6', NULL, NULL, NULL}, {'7', NULL, NULL, NULL},
    {'8', NULL, NULL, NULL}, {'9', NULL, NULL, NULL},
    {'d', "delimiter", "PATTERN", "set the record delimiter regular expression"},
    {'v', "invert-match", NULL, "select non-matching records"},
    {'V', "version", NULL, "print version information and exit"},
    {'y', "nothing", NULL, "does nothing (for compatibility with the non-free agrep program)"},
    {'B', "best-match", NULL, "only output records with least errors"},
    {'c', "count", NULL, "only print a count of matching records per FILE"},
    {'h', "no-filename", NULL, "suppress the prefixing filename on output"},
    {'H', "with-filename", NULL, "print the filename for each match"},
    {'l', "files-with-matches", NULL, "only print FILE names containing matches"},
    {'M', "delimiter-after", NULL, "print record delimiter after record if -d is used"},
    {'m', "max-count", "NUM", "stop after NUM selected records of each FILE"},
    {'n', "record-number", NULL, "print record number with output"},
    {'n', "line-number", NULL, "same as -n"},
    {'q', "quiet", NULL, "suppress all normal output"},
    {'q', "silent", NULL, "same as -q"},
    {'s', "show-cost", NULL, "print match cost with output"},
    {COLOR, "color", NULL, "use markers to distinguish the matching strings"},
    {COLOR, "colour", NULL, "same as --color"},
    {SHOW_POSITION, "show-position", NULL, "prefix each record with start and end of the first match within it"},
    {0},
};

enum pass { ONLY_PASS, LOOK_FOR_BEST, PRINT_BEST };

struct agrep {
    struct str text, delimiter_text, highlight;
    bool fold, literal, words, invert, count, names, list, numbers, quiet, costs_shown, color, position;
    bool after;             /* a record's delimiter is printed behind it, not before */
    int most;               /* -m; below 0: none */
    struct approx_costs costs;
    enum locale locale;
    struct str *files;      /* data NULL: standard input */
    size_t file_count;

    struct approx *pattern, *delimiter; /* delimiter NULL: newlines, which need no pattern */
    bool compiled, delimited;           /* delimited: -d was given */
    struct str plain;       /* what the pattern looks for when it is only that; data NULL: it is more */
    struct str pieces[PIECES_MOST]; /* of it: a match holds at least one of them */
    size_t piece_count;
    int pieces_for;         /* the costs.most that they are for */

    enum pass pass;
    int best;
    bool matched;

    size_t next;            /* file */
    struct str name;        /* of the one being read */
    struct input *input;
    int64_t number, selected;
    bool all_read;          /* with -d: `rest` is what is left of the file */
    struct str rest;
    size_t before, behind;  /* bytes of the delimiters around the record */
    struct str record;
    bool held;              /* the record is to be looked at */
    bool searching;         /* and the search has begun */
    struct buf kept;        /* it, when that has to wait */
};

/* As atoi does it on Linux. */
static int read_int(struct str text)
{
    int64_t value = 0;
    bool overflow = false, minus = false;
    while (text.length && utf8_byte_is(text.data[0], UTF8_SPACE))
        text = str_after(text, 1);
    if (text.length && (text.data[0] == '-' || text.data[0] == '+')) {
        minus = text.data[0] == '-';
        text = str_after(text, 1);
        if (!text.length || !utf8_byte_is(text.data[0], UTF8_DIGIT))
            return 0;
    }
    number_parse_int(text, 10, &value, &overflow);
    if (overflow)
        return minus ? 0 : -1;
    return (int)(uint32_t)(minus ? -(uint64_t)value : (uint64_t)value);
}

static void take_option(struct agrep *a, const struct given_option *o)
{
    switch (o->letter) {
    case 'e': a->text = o->value; break;
    case 'i': a->fold = true; break;
    case 'k': a->literal = true; break;
    case 'w': a->words = true; break;
    case 'D': a->costs.deletion = read_int(o->value); break;
    case 'I': a->costs.insertion = read_int(o->value); break;
    case 'S': a->costs.substitution = read_int(o->value); break;
    case 'E': a->costs.most = read_int(o->value); break;
    case 'd': a->delimiter_text = o->value; a->delimited = true; break;
    case 'v': a->invert = true; break;
    case 'B': a->pass = LOOK_FOR_BEST; break;
    case 'c': a->count = true; break;
    case 'h': a->names = false; break;
    case 'H': a->names = true; break;
    case 'l': a->list = true; break;
    case 'm': a->most = read_int(o->value); break;
    case 'n': a->numbers = true; break;
    case 'q': a->quiet = true; break;
    case 's': a->costs_shown = true; break;
    case COLOR: a->color = true; break;
    case SHOW_POSITION: a->position = true; break;
    default:
        if (o->letter >= '0' && o->letter <= '9')
            a->costs.most = o->letter - '0';
    }
}

static int start(struct call *c)
{
    struct agrep *a = c->state;
    size_t used = 0;

    c->failure = 2;
    if (call_has(c, 'V')) {
        call_format(c, "%S (nacre, TRE) 0.9.0\n", c->name);
        c->finished = true;
        return 0;
    }
    a->most = -1;
    a->costs = (struct approx_costs){1, 1, 1, 0};
    a->highlight = str_lit("01;31");
    a->locale = call_locale(c);
    buf_init(&a->kept, c->heap);
    for (size_t i = 0; i < c->option_count; i++)
        take_option(a, &c->options[i]);
    a->after = !a->delimited || call_has(c, 'M');
    if (a->most == 0)
        return 1;
    struct str wanted;
    if (a->color && environment_find(c->task->environment, "GREP_COLOR", &wanted) && wanted.length)
        a->highlight = wanted;
    if (!call_has(c, 'e')) {
        if (!c->operand_count) {
            call_complain(c, "Usage: %S %s\nTry `%S --help' for more information.\n", c->name, c->command->usage, c->name);
            return 2;
        }
        a->text = c->operands[used++];
    }
    a->files = c->operands + used;
    a->file_count = c->operand_count - used;
    if (!call_last(c, "hH"))
        a->names = a->file_count > 1;
    if (!a->file_count) {
        static struct str standard;
        a->files = &standard;
        a->file_count = 1;
    }
    if (a->pass == LOOK_FOR_BEST)
        a->best = INT_MAX;
    return 0;
}

/* --- the pattern ----------------------------------------------------------------------------------------------- */

/* What a pattern that has nothing special looks for. */
static bool is_plain(struct agrep *a)
{
    if (!a->text.length || utf8_count_invalid(a->text, a->locale) || (a->fold && !utf8_is_ascii(a->text)))
        return false;
    for (size_t i = 0; i < a->text.length && !a->literal; i++)
        if (memchr("\\[](){}.*+?^$|", a->text.data[i], 14))
            return false;
    return true;
}

static struct str pattern_text(struct call *c, struct agrep *a)
{
    struct buf text;
    buf_init(&text, c->heap);
    buf_add_text(&text, a->words ? "\\<(" : "");
    buf_add_text(&text, a->literal ? "\\Q" : "");
    for (size_t i = 0; i < a->text.length; i++) {
        bool end = a->literal && str_starts(str_after(a->text, i), "\\E");
        if (end)
            buf_add_text(&text, "\\E\\\\E\\Q");
        else
            buf_add_byte(&text, a->text.data[i]);
        i += end;
    }
    buf_add_text(&text, a->literal ? "\\E" : "");
    buf_add_text(&text, a->words ? ")\\>" : "");
    return buf_str(&text);
}

/* 1; 0: there are no steps for it; below 0: there is a message. */
static int compile(struct call *c, struct agrep *a)
{
    char mistake[64] = "";
    struct approx_costs none = {1, 1, 1, 0};
    struct approx_match match;

    if (!a->pattern) {
        a->pattern = approx_compile(c->heap, pattern_text(c, a), a->fold ? APPROX_FOLD : 0, a->locale, mistake);
        if (!a->pattern && mistake[0])
            call_error(c, "Error in search pattern: %s", mistake);
        if (is_plain(a))
            a->plain = a->text;
        a->pieces_for = INT_MIN;
    }
    if (a->pattern && a->delimited && !a->delimiter) {
        a->delimiter = approx_compile(c->heap, a->delimiter_text, APPROX_NEWLINE, a->locale, mistake);
        if (!a->delimiter && mistake[0])
            call_error(c, "Error in record delimiter pattern: %s", mistake);
    }
    if (!a->pattern || (a->delimited && !a->delimiter))
        return mistake[0] ? -1 : 0;
    if (a->delimited) {
        enum approx_answer answer = approx_find(a->delimiter, (struct str){"", 0}, &none, false, &match);
        if (answer == APPROX_STEPS)
            return 0;
        if (answer == APPROX_YES) {
            call_error(c, "Record delimiter pattern must not match an empty string");
            return -1;
        }
    }
    return 1;
}

/* An error spoils one piece of a plain text at most: of one piece more than there may be errors, one is found as it is. */
static void make_pieces(struct agrep *a)
{
    int least = a->costs.insertion < a->costs.deletion ? a->costs.insertion : a->costs.deletion;
    least = a->costs.substitution < least ? a->costs.substitution : least;
    a->pieces_for = a->costs.most;
    a->piece_count = 0;
    if (!a->plain.data || least < 1 || a->costs.most < 0)
        return;
    size_t count = (size_t)(a->costs.most / least) + 1, characters = utf8_count(a->plain, a->locale), from = 0;
    if (count > PIECES_MOST || count > characters)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t end = utf8_offset(a->plain, characters * (i + 1) / count, a->locale);
        a->pieces[i] = str_of(a->plain.data + from, end - from);
        from = end;
    }
    a->piece_count = count;
}

static bool contains(struct str text, struct str piece)
{
    const char *at = text.data, *last = text.data + (text.length - piece.length);
    if (text.length < piece.length)
        return false;
    while ((at = memchr(at, piece.data[0], (size_t)(last - at) + 1)) != NULL) {
        if (memcmp(at, piece.data, piece.length) == 0)
            return true;
        if (at++ == last)
            return false;
    }
    return false;
}

static bool contains_folded(struct str text, struct str piece)
{
    unsigned char first = utf8_ascii_lower[(unsigned char)piece.data[0]];
    for (size_t i = 0; i + piece.length <= text.length; i++) {
        size_t same = 1;
        if (utf8_ascii_lower[(unsigned char)text.data[i]] != first)
            continue;
        while (same < piece.length && utf8_ascii_lower[(unsigned char)text.data[i + same]] ==
                                          utf8_ascii_lower[(unsigned char)piece.data[same]])
            same++;
        if (same == piece.length)
            return true;
    }
    return false;
}

/* Can the record match at all? */
static bool may_match(struct call *c, struct agrep *a)
{
    if (a->pieces_for != a->costs.most)
        make_pieces(a);
    if (!a->piece_count)
        return true;
    call_charge_bytes(c, a->record.length * a->piece_count);
    for (size_t i = 0; i < a->piece_count; i++)
        if ((a->fold ? contains_folded : contains)(a->record, a->pieces[i]))
            return true;
    return false;
}

/* --- output ---------------------------------------------------------------------------------------------------- */

static void print_record(struct call *c, struct agrep *a, const struct approx_match *match)
{
    struct str record = a->record;
    if (a->names)
        call_format(c, "%S:", a->name);
    if (a->numbers)
        call_format(c, "%lld:", (long long)a->number);
    if (a->costs_shown)
        call_format(c, "%d:", match->cost);
    if (a->position)
        call_format(c, "%zu-%zu:", a->invert ? 0 : match->start, a->invert ? record.length : match->end);
    if (a->delimited && !a->after)
        call_print(c, str_of(record.data - a->before, a->before));
    if (a->color && !a->invert) {
        call_print(c, str_first(record, match->start));
        call_format(c, "\33[%Sm", a->highlight);
        call_print(c, str_of(record.data + match->start, match->end - match->start));
        call_print_text(c, "\33[00m");
        record = str_after(record, match->end);
    }
    call_print(c, record);
    if (!a->delimited && a->behind)
        call_print_byte(c, '\n');
    else if (a->after)
        call_print(c, str_of(a->record.data + a->record.length, a->behind));
}

static void close_file(struct call *c, struct agrep *a)
{
    if (a->count && a->pass == ONLY_PASS && !a->quiet) {
        if (a->names)
            call_format(c, "%S:", a->name);
        call_format(c, "%lld\n", (long long)a->selected);
    }
    if (a->input)
        input_close(a->input);
    a->input = NULL;
}

/* The record is selected. True: the file needs no more of it. */
static bool select(struct call *c, struct agrep *a, const struct approx_match *match)
{
    a->selected++;
    a->matched = true;
    if (a->pass == LOOK_FOR_BEST) {
        if (match->cost < a->best)
            a->best = match->cost;
        return false;
    }
    if (a->pass == PRINT_BEST && match->cost > a->best)
        return false;
    if (a->list) {
        call_format(c, "%S\n", a->name);
        return true;
    }
    if (!a->count)
        print_record(c, a, match);
    return a->most > 0 && a->selected >= a->most;
}

enum record_answer { RECORD_DONE, RECORD_FILE_DONE, RECORD_OVER, RECORD_LATER };

static enum record_answer look_at_record(struct call *c, struct agrep *a)
{
    struct approx_match match = {0, 0, 0};
    enum approx_answer answer = APPROX_NO;
    if (a->pass != ONLY_PASS)
        a->costs.most = a->best;
    if (a->pass == LOOK_FOR_BEST && a->best == 0) /* there is nothing better */
        return RECORD_FILE_DONE;
    if (a->searching || may_match(c, a))
        answer = approx_find(a->pattern, a->record, &a->costs, a->color || a->position, &match);
    else
        match.cost = a->costs.most == 0 ? 0 : INT_MAX;
    a->searching = answer == APPROX_STEPS;
    if (a->searching)
        return RECORD_LATER;
    if (answer == APPROX_FAILED)
        call_warn(c, "%S: record %lld cannot be searched", a->name, (long long)a->number);
    if ((answer == APPROX_YES) == a->invert)
        return RECORD_DONE;
    if (a->quiet)
        return RECORD_OVER;
    return select(c, a, &match) ? RECORD_FILE_DONE : RECORD_DONE;
}

/* --- files and records ------------------------------------------------------------------------------------------- */

/* 1: there is one; 0: that was the last; E_WAIT. */
static int next_file(struct call *c, struct agrep *a)
{
    while (a->next < a->file_count) {
        struct str path = a->files[a->next];
        bool standard = !path.data || str_is(path, "-");
        a->name = standard ? str_lit("(standard input)") : path;
        if (standard && a->pass != ONLY_PASS) {
            call_warn(c, "Cannot use -B when reading from standard input.");
            a->next++;
            continue;
        }
        int error = input_open(c, &a->input, standard ? str_lit("-") : path, true);
        if (error == E_WAIT)
            return E_WAIT;
        a->next++;
        a->number = a->selected = 0;
        a->before = a->behind = 0;
        a->all_read = false;
        if (!error)
            return 1;
        call_warn(c, "%S: %m", a->name, error);
    }
    return 0;
}

static void say_unreadable(struct call *c, struct agrep *a)
{
    if (a->input->error)
        call_warn(c, "Error reading from %S: %m", a->name, a->input->error);
}

static enum input_answer next_line(struct call *c, struct agrep *a)
{
    bool unended = false;
    enum input_answer answer = input_line(a->input, '\n', &a->record, &unended);
    if (answer == INPUT_END)
        say_unreadable(c, a);
    a->behind = !unended;
    return answer;
}

/* With -d: what is before the next delimiter. RECORD_LATER: there are no steps for it. */
static enum record_answer next_record(struct call *c, struct agrep *a)
{
    struct approx_costs none = {1, 1, 1, 0};
    struct approx_match match;
    enum approx_answer answer = approx_find(a->delimiter, a->rest, &none, true, &match);
    if (answer == APPROX_STEPS)
        return RECORD_LATER;
    a->before = a->behind;
    if (answer != APPROX_YES) {
        a->record = a->rest;
        a->behind = 0;
    } else {
        a->record = str_first(a->rest, match.start);
        a->behind = match.end - match.start;
    }
    if (answer == APPROX_YES && match.end == 0) {
        call_error(c, "Record delimiter pattern must not match an empty string");
        return RECORD_OVER;
    }
    a->rest = str_after(a->rest, a->record.length + a->behind);
    return RECORD_DONE;
}

static enum step file_over(struct call *c, struct agrep *a)
{
    if (a->pass != LOOK_FOR_BEST || a->best == INT_MAX)
        return call_exit(c, !a->matched || a->best == INT_MAX);
    a->pass = PRINT_BEST;
    a->next = 0;
    return STEP_AGAIN;
}

static enum step step(struct call *c)
{
    struct agrep *a = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!a->compiled) {
            int answer = compile(c, a);
            if (answer < 0)
                return call_exit(c, 2);
            if (answer == 0)
                return STEP_AGAIN;
            a->compiled = true;
        } else if (!a->input) {
            int answer = next_file(c, a);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == 0 && file_over(c, a) == STEP_DONE)
                return STEP_DONE;
        } else if (a->held) {
            switch (look_at_record(c, a)) {
            case RECORD_LATER:
                if (!a->delimited && a->record.data != a->kept.data) {
                    buf_clear(&a->kept);
                    buf_add(&a->kept, a->record);
                    a->record = buf_str(&a->kept);
                }
                return STEP_AGAIN;
            case RECORD_OVER:
                return call_exit(c, 0);
            case RECORD_FILE_DONE:
                close_file(c, a);
                break;
            case RECORD_DONE:
                break;
            }
            a->held = false;
        } else if (a->delimited && !a->all_read) {
            enum input_answer answer = input_all(a->input, &a->rest);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END) {
                say_unreadable(c, a);
                a->rest = (struct str){0};
            }
            a->all_read = true;
        } else if (a->delimited) {
            if (!a->rest.length) {
                close_file(c, a);
                continue;
            }
            enum record_answer answer = next_record(c, a);
            if (answer == RECORD_LATER)
                return STEP_AGAIN;
            if (answer == RECORD_OVER)
                return call_exit(c, 2);
            a->number++;
            a->held = true;
        } else {
            enum input_answer answer = next_line(c, a);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            a->number += answer == INPUT_MORE;
            a->held = answer == INPUT_MORE;
            if (answer == INPUT_END)
                close_file(c, a);
        }
    }
}

static const char help[] =
    "-# with a digit is -E #: at most so many errors. PATTERN is a POSIX extended regular expression with TRE's\n"
    "extensions, such as (colour){~2}: at most two errors; {+1-2#3}: so many extra, missing and wrong characters;\n"
    "{2i+3d+1s<5}: what an extra, a missing and a wrong character costs, and below what.\n"
    "With no FILE, or when FILE is -, reads standard input.  If less than two FILEs are given, -h is assumed.\n"
    "Exit status is 0 if a match is found, 1 for no match, and 2 if there were errors.  If -E or -# is not\n"
    "specified, only exact matches are selected.\n"
    "\n"
    "Example: 'agrep -2 optimize foo.txt' prints all lines of foo.txt that match \"optimize\" within two errors.";

/* What the names have in common. */
#define AGREP                                                                                              \
    .usage = "[OPTION]... PATTERN [FILE]...", .help = help, .options = options, .state = sizeof(struct agrep), \
    .start = start, .step = step, .trouble = 2, .flags = COMMAND_USAGE

const struct command command_agrep = {
    .name = "agrep",
    .summary = "Searches for approximate matches of PATTERN in each FILE or standard input.",
    AGREP,
};

/* As Debian calls it. */
const struct command command_tre_agrep = {
    .name = "tre-agrep",
    .summary = "Searches for approximate matches of PATTERN in each FILE or standard input: agrep.",
    AGREP,
};
