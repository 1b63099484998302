/* builtins/pr/pr.c - paginate files or set them in columns: options and files. */
#include "builtins/pr/pr.h"

#include "base/number.h"
#include "builtins/stamp.h"
#include "task/sandbox.h"

enum { COLUMNS = OPTION_LONG, PAGES, DIGITS };
enum { AROUND = 10, UNDER = 5, NUMBER_TAB = 8 }; /* lines around a page's text; columns of a tab behind a number */

static const struct option options[] = {
    {PAGES, "pages", "FIRST_PAGE[:LAST_PAGE]", "begin [stop] printing with page FIRST_[LAST_]PAGE; also +FIRST_PAGE[:LAST_PAGE]"},
    {COLUMNS, "columns", "COLUMN", "output COLUMN columns and print columns down, unless -a is used; also -COLUMN"},
    {'a', "across", NULL, "print columns across rather than down, used together with -COLUMN"},
    {'b', NULL, NULL, NULL},
    {'c', "show-control-chars", NULL, "use hat notation (^G) and octal backslash notation"},
    {'d', "double-space", NULL, "double space the output"},
    {'D', "date-format", "FORMAT", "use FORMAT for the header date"},
    {'e', "expand-tabs", "[CHAR[WIDTH]]", "expand input CHARs (TABs) to tab WIDTH (8)"},
    {'F', "form-feed", NULL, "use form feeds instead of newlines to separate pages"},
    {'f', NULL, NULL, "the same as -F"},
    {'h', "header", "HEADER", "use a centered HEADER instead of filename in page header"},
    {'i', "output-tabs", "[CHAR[WIDTH]]", "replace spaces with CHARs (TABs) to tab WIDTH (8)"},
    {'J', "join-lines", NULL, "merge full lines, turns off -W line truncation, no column alignment"},
    {'l', "length", "PAGE_LENGTH", "set the page length to PAGE_LENGTH (66) lines; implies -t if it is 10 or less"},
    {'m', "merge", NULL, "print all files in parallel, one in each column"},
    {'n', "number-lines", "[SEP[DIGITS]]", "number lines, use DIGITS (5) digits, then SEP (TAB)"},
    {'N', "first-line-number", "NUMBER", "start counting with NUMBER at 1st line of first page printed"},
    {'o', "indent", "MARGIN", "offset each line with MARGIN (zero) spaces, do not affect -w or -W"},
    {'r', "no-file-warnings", NULL, "omit warning when a file cannot be opened"},
    {'s', "separator", "[CHAR]", "separate columns by a single character, TAB without -w and none with it"},
    {'S', "sep-string", "[STRING]", "separate columns by STRING; without: TAB with -J and space otherwise"},
    {'t', "omit-header", NULL, "omit page headers and trailers"},
    {'T', "omit-pagination", NULL, "omit page headers and trailers, and form feeds of the input"},
    {'v', "show-nonprinting", NULL, "use octal backslash notation"},
    {'w', "width", "PAGE_WIDTH", "set page width to PAGE_WIDTH (72) characters for multiple text-column output"},
    {'W', "page-width", "PAGE_WIDTH", "set page width to PAGE_WIDTH (72) characters always, truncate lines"},
    {0},
};

/* --- options -------------------------------------------------------------------------------------------------- */

static bool read_number(struct call *c, struct str value, int64_t least, const char *what, int64_t *number)
{
    unsigned problem = number_parse_size_signed(value, "", number, NULL);
    bool big = problem == NUMBER_OVERFLOW || (problem == NUMBER_OK && *number > INT32_MAX);

    if (problem == NUMBER_OK && !big && *number >= least)
        return true;
    if (problem & ~(unsigned)NUMBER_OVERFLOW)
        call_error(c, "%s: %S", what, call_quote_word(c, value));
    else
        call_error(c, "%s: %S: %m", what, call_quote_word(c, value), big || *number > INT32_MAX / 2 ? E_OVERFLOW : E_RANGE);
    return false;
}

/* A character, a number, or both: of -e, -i and -n. The status. */
static int read_character(struct call *c, const struct given_option *o, char *byte, int64_t *number)
{
    struct str value = o->value;
    int64_t read;
    unsigned problem;

    if (!value.data)
        return 0;
    if (value.length == 0)
        return call_usage_error(c, "'-%c': Invalid argument: %S", o->letter, call_quote_word(c, value));
    if (value.data[0] < '0' || value.data[0] > '9') {
        *byte = value.data[0];
        value = str_after(value, 1);
    }
    if (value.length == 0)
        return 0;
    problem = number_parse_size_signed(value, "", &read, NULL);
    if (problem == NUMBER_OK && read > 0 && read <= INT32_MAX) {
        *number = read;
        return 0;
    }
    return call_usage_error(c, "'-%c' extra characters or invalid number in the argument: %S%s", o->letter, call_quote_word(c, value),
                            problem & NUMBER_OVERFLOW || (problem == NUMBER_OK && read > INT32_MAX)
                                ? ": Value too large for defined data type" : "");
}

/* FIRST[:LAST]: 0 when it is one, 1 when it is none, -1 after a message. */
static int read_pages(struct call *c, struct pr *p, const char *option, struct str value)
{
    uint64_t first, last = UINT64_MAX;
    size_t used, more = 0;
    unsigned problem = number_parse_size(value, "", &first, &used);

    if (problem & NUMBER_INVALID || problem & NUMBER_OVERFLOW) {
        call_error(c, problem & NUMBER_INVALID ? "invalid %s argument '%S'" : "%s argument '%S' too large", option, value);
        return -1;
    }
    if (first == 0)
        return 1;
    if (used < value.length && value.data[used] == ':') {
        used++;
        problem = number_parse_size(str_after(value, used), "", &last, &more);
        if (problem) {
            call_error(c, problem & NUMBER_INVALID ? "invalid %s argument '%S'" :
                          problem & NUMBER_BAD_SUFFIX ? "invalid suffix in %s argument '%S'" : "%s argument '%S' too large", option, value);
            return -1;
        }
        if (last < first)
            return 1;
        used += more;
    }
    if (used < value.length)
        return 1;
    p->first_page = first;
    p->last_page = last;
    return 0;
}

/* The operands: pages to print, and files. */
static bool read_operands(struct call *c, struct pr *p)
{
    p->names = heap_alloc(c->heap, (c->operand_count + 1) * sizeof *p->names);
    for (size_t i = 0; i < c->operand_count; i++) {
        struct str word = c->operands[i];
        if (p->first_page == 0 && word.length > 0 && word.data[0] == '+') {
            int answer = read_pages(c, p, "+", str_after(word, 1));
            if (answer < 0)
                return false;
            if (answer == 0)
                continue;
        }
        p->names[p->name_count++] = word;
    }
    return true;
}

static int read_option(struct call *c, struct pr *p, const struct given_option *o, struct buf *digits)
{
    static const char no_columns[] = "invalid number of columns";
    int64_t number;

    switch (o->letter) {
    case COLUMNS:
        p->several = true;
        buf_clear(digits);
        return !read_number(c, o->value, 1, no_columns, &p->columns_wanted);
    case PAGES:
        switch (read_pages(c, p, "--pages", o->value)) {
        case 0: return 0;
        case 1: call_error(c, "invalid page range %S", call_quote_word(c, o->value)); return 1;
        default: return 1;
        }
    case 'a': p->across = true; break;
    case 'c': p->hat = true; break;
    case 'd': p->twice = true; break;
    case 'D': p->date_format = o->value; break;
    case 'e':
        p->expand = true;
        return read_character(c, o, &p->tab, &p->tab_width);
    case 'f': case 'F': p->form_feed = true; break;
    case 'h':
        p->has_header = true;
        p->header = o->value;
        break;
    case 'i':
        p->tabify = true;
        return read_character(c, o, &p->out_tab, &p->out_tab_width);
    case 'J': p->join = true; break;
    case 'l': return !read_number(c, o->value, 1, "'-l PAGE_LENGTH' invalid number of lines", &p->length);
    case 'm': p->merge = true; break;
    case 'n':
        p->numbers = true;
        return read_character(c, o, &p->number_separator, &p->number_digits);
    case 'N':
        p->count_skipped = false;
        if (!read_number(c, o->value, INT32_MIN, "'-N NUMBER' invalid starting line number", &number))
            return 1;
        p->first_number = (int32_t)number;
        break;
    case 'o': return !read_number(c, o->value, 0, "'-o MARGIN' invalid line offset", &p->margin);
    case 'r': p->silent = true; break;
    case 's':
        if (!p->has_separator && o->value.data)
            p->separator = o->value;
        break;
    case 'S':
        p->has_separator = true;
        p->separator = o->value;
        break;
    case 't':
        p->headers = false;
        p->keep_feeds = true;
        break;
    case 'T':
        p->headers = p->keep_feeds = false;
        break;
    case 'v': p->octal = true; break;
    case 'w':
        if (!read_number(c, o->value, 1, "'-w PAGE_WIDTH' invalid number of characters", &number))
            return 1;
        if (!p->truncate)
            p->width = number;
        break;
    case 'W':
        p->truncate = true;
        return !read_number(c, o->value, 1, "'-W PAGE_WIDTH' invalid number of characters", &p->width);
    default: break;
    }
    return 0;
}

/* What -s and -w, which are older than the others, mean beside them. */
static void settle_old_options(struct call *c, struct pr *p)
{
    bool columns = p->merge || p->several;
    int width = call_last(c, "wW"), separator = call_last(c, "sS");

    if (width == 'w') {
        if (columns) {
            p->truncate = true;
            p->has_separator |= separator == 's';
        } else {
            p->join = true;
        }
    } else if (!p->has_separator && separator == 's' && columns) {
        if (!p->truncate) {
            p->join = true;
            p->has_separator = p->separator.length > 0;
        } else {
            p->has_separator = true;
        }
    }
}

static int pr_start(struct call *c)
{
    struct pr *p = c->state;
    struct buf digits;
    struct str posix;
    int status;
    bool joined = false;

    p->headers = p->count_skipped = true;
    p->tab = p->out_tab = p->number_separator = '\t';
    p->tab_width = p->out_tab_width = 8;
    p->number_digits = 5;
    p->columns_wanted = p->first_number = 1;
    p->length = 66;
    p->width = 72;
    p->last_page = UINT64_MAX;
    p->date_format = str_lit("%Y-%m-%d %H:%M");
    if (environment_find(c->task->environment, "POSIXLY_CORRECT", &posix)) {
        struct str locale = call_locale_name(c, "LC_TIME");
        if (str_is(locale, "C") || str_is(locale, "POSIX"))
            p->date_format = str_lit("%b %e %H:%M %Y");
    }
    buf_init(&p->date, c->heap);
    buf_init(&p->store, c->heap);
    buf_init(&digits, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        if (o->letter == DIGITS) { /* one after the other they are one number */
            if (!joined)
                buf_clear(&digits);
            buf_add(&digits, o->value);
            joined = true;
            continue;
        }
        joined = false;
        status = read_option(c, p, o, &digits);
        if (status)
            return status;
    }
    if (digits.length > 0) {
        p->several = true;
        if (!read_number(c, buf_str(&digits), 1, "invalid number of columns", &p->columns_wanted))
            return 1;
    }
    if (!read_operands(c, p))
        return 1;
    if (p->first_page == 0)
        p->first_page = 1;
    if (p->merge && p->several) {
        call_error(c, "cannot specify number of columns when printing in parallel");
        return 1;
    }
    if (p->merge && p->across) {
        call_error(c, "cannot specify both printing across and printing in parallel");
        return 1;
    }
    settle_old_options(c, p);
    if (p->name_count == 0) {
        p->merge = false;
        p->names[p->name_count++] = (struct str){0}; /* standard input that nobody named */
    }
    p->storing = !p->merge && !p->across && p->columns_wanted > 1;
    return 0;
}

/* --- a group of files -------------------------------------------------------------------------------------------- */

/* Lines and columns of a page. False when it is too narrow. */
static bool lay_out(struct call *c, struct pr *p)
{
    int64_t used = 0, count = p->merge ? (int64_t)p->name_count : p->columns_wanted, separators;

    p->body = p->length - AROUND;
    if (p->body <= 0) {
        p->headers = false;
        p->keep_feeds = true;
    }
    if (!p->headers)
        p->body = p->length;
    if (p->twice)
        p->body = p->body > 1 ? p->body / 2 : 1; /* of a page of one line the real one makes pages without end */
    if (count > 1) {
        if (!p->has_separator) {
            p->separator = p->join ? str_lit("\t") : str_lit(" ");
            p->has_separator = true;
        } else if (!p->join && str_is(p->separator, "\t")) {
            p->separator = str_lit(" ");
        }
        p->truncate = true;
        p->expand |= !str_is(p->separator, "\t");
        p->tabify = true;
    }
    if (p->join)
        p->truncate = false;
    if (p->numbers) {
        bool tab = p->number_separator == '\t';
        p->number_width = p->number_digits + (tab ? NUMBER_TAB - p->number_digits % NUMBER_TAB : 1);
        used = p->merge ? p->number_width : 0;
    }
    separators = (count - 1) * (int64_t)p->separator.length;
    p->column_width = (p->width - used - separators) / count;
    if (p->column_width < 1) {
        call_error(c, "page width too narrow");
        return false;
    }
    if ((uint64_t)count > SIZE_MAX / 2 / sizeof *p->columns)
        heap_alloc(c->heap, SIZE_MAX / 2); /* more than there is */
    p->columns = heap_zero(c->heap, (size_t)count * sizeof *p->columns);
    p->column_count = count;
    p->skipped_lines = p->numbers ? p->first_number : 1;
    return true;
}

/* What the header shows: the time of the file, or of now. */
static void set_header(struct call *c, struct pr *p, const struct pr_source *source)
{
    struct stat_info info;
    bool named = source && source->text.name.data && !str_is(source->text.name, "-");
    int64_t when;

    if (named && file_stat(source->text.input->file, &info) == 0) {
        when = info.mtime;
    } else {
        if (p->now == 0)
            p->now = sandbox_now(c->task->sandbox);
        when = p->now;
    }
    buf_clear(&p->date);
    stamp_print(c, &p->date, p->date_format, when);
    p->title = p->has_header ? p->header : named ? source->text.name : str_lit("");
    p->header_room = p->width - (int64_t)utf8_columns(buf_str(&p->date), call_locale(c)) -
                     (int64_t)utf8_columns(p->title, call_locale(c));
}

/* Opens a file of the group into its column. 0, E_WAIT, or 1 after a message. */
static int open_source(struct call *c, struct pr *p, struct str name)
{
    struct pr_column *column = &p->columns[p->live];
    bool standard = !name.data || str_is(name, "-");
    int error = 0;

    if (standard && p->standard) {
        column->source = p->standard;
    } else {
        if (!column->source)
            column->source = heap_new(c->heap, struct pr_source);
        error = text_source_open(c, &column->source->text, name.data ? name : str_lit("-"));
        if (error == E_WAIT)
            return error;
        if (error) {
            c->status = 1;
            if (!p->silent)
                call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            column->source = NULL;
            return 1;
        }
        if (standard)
            p->standard = column->source;
    }
    column->source->text.name = name;
    p->live++;
    return 0;
}

static void set_columns(struct pr *p)
{
    int64_t at = p->margin, next = 0;
    int64_t separator = (int64_t)p->separator.length;

    if (p->truncate)
        next = at + p->column_width + (p->merge && p->numbers ? p->number_width : 0);
    at += separator;
    for (int64_t i = 0; i < p->column_count; i++) {
        p->columns[i].numbered = p->numbers && (!p->merge || i == 0);
        p->columns[i].start = at;
        at = p->truncate ? next + separator : 0;
        next = at + p->column_width;
    }
}

static void close_group(struct pr *p)
{
    for (int64_t i = 0; i < p->column_count; i++) {
        struct pr_source *source = p->columns[i].source;
        if (source && source != p->standard && source->text.input) {
            buf_drop(&source->text.store);
            input_close(source->text.input);
            source->text.input = NULL;
        }
    }
}

/* Opens the next file, or all of them. PR_OVER behind the last. */
static int open_group(struct call *c, struct pr *p)
{
    if (p->group == p->name_count)
        return PR_OVER;
    if (p->opened == 0 && !lay_out(c, p)) {
        p->group = p->name_count;
        return PR_OVER;
    }
    do {
        int answer;
        if (!call_go(c))
            return PR_LATER;
        answer = open_source(c, p, p->names[p->group]);
        if (answer == E_WAIT)
            return answer;
        call_charge(c, 1);
        p->opened++;
        p->group++;
    } while (p->merge && p->group < p->name_count);
    p->opened = 0;
    if (p->live == 0)
        return PR_LATER;
    set_header(c, p, p->merge ? NULL : p->columns[0].source);
    if (p->merge)
        p->column_count = p->live;
    else
        for (int64_t i = 1; i < p->column_count; i++)
            p->columns[i].source = p->columns[0].source;
    p->skip_page = 1;
    p->phase = PR_SKIP;
    return PR_GO;
}

static int next_phase(struct call *c, struct pr *p)
{
    int answer = PR_GO;

    switch (p->phase) {
    case PR_GROUP:
        return open_group(c, p);
    case PR_SKIP:
        answer = pr_skip(c, p);
        if (answer == PR_BEYOND)
            break;
        if (answer)
            return answer;
        p->page = p->first_page;
        p->line_number = p->skipped_lines;
        set_columns(p);
        p->phase = PR_PAGE;
        return PR_GO;
    case PR_PAGE:
        pr_begin_page(p);
        p->phase = p->storing ? PR_STORE : PR_READY;
        return PR_GO;
    case PR_STORE:
        answer = pr_store_page(c, p);
        if (!answer)
            p->phase = PR_READY;
        return answer;
    case PR_READY:
        if (!pr_is_ready(p))
            break;
        p->header_due |= p->headers;
        p->page_printed = false;
        p->lines_left = p->twice ? p->body * 2 : p->body;
        p->phase = PR_ROW;
        return PR_GO;
    case PR_ROW:
        if (p->lines_left <= 0 || !pr_is_ready(p) || pr_is_stuck(p)) {
            p->phase = PR_FOOT;
            return PR_GO;
        }
        pr_begin_row(p);
        p->phase = PR_CELLS;
        return PR_GO;
    case PR_CELLS:
        answer = pr_cells(c, p);
        if (!answer)
            p->phase = pr_end_row(c, p) ? PR_ROW : PR_FOOT;
        return answer;
    case PR_FOOT:
        if (!pr_end_page(c, p))
            break;
        p->phase = PR_PAGE;
        return PR_GO;
    }
    close_group(p);
    p->live = 0;
    p->phase = PR_GROUP;
    return PR_GO;
}

/* Whoever reads on from standard input gets what was not printed. */
static void give_back(struct pr *p)
{
    struct pr_source *s = p->standard;
    size_t rest = 0;

    if (!s)
        return;
    if (s->some)
        rest = s->left.length + !s->text.unended;
    if (s->text.whole)
        rest += s->text.left.length;
    if (rest > 0)
        input_unread(s->text.input, rest);
    input_settle(s->text.input);
}

static enum step pr_step(struct call *c)
{
    struct pr *p = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (next_phase(c, p)) {
        case E_WAIT:   return STEP_WAIT;
        case PR_LATER: return STEP_AGAIN;
        case PR_OVER:
            give_back(p);
            return call_done(c);
        default:       break;
        }
    }
}

const struct command command_pr = {
    .name = "pr",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Paginate or columnate FILE(s) for printing.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct pr),
    .start = pr_start,
    .step = pr_step,
    .flags = COMMAND_DIGITS,
    .number = DIGITS,
};
