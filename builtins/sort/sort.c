/* builtins/sort/sort.c - sort, merge and check lines of text. */
#include "builtins/sort/merge.h"

#include "base/quote.h"
#include "task/sandbox.h"

enum { BATCH = OPTION_LONG, COMPRESS, DEBUG, FILES0, PARALLEL, RANDOM_SOURCE, SORT };

static const struct option options[] = {
    {'b', "ignore-leading-blanks", NULL, "ignore leading blanks"},
    {'d', "dictionary-order", NULL, "consider only blanks and alphanumeric characters"},
    {'f', "ignore-case", NULL, "fold lower case to upper case characters"},
    {'g', "general-numeric-sort", NULL, "compare according to general numerical value"},
    {'i', "ignore-nonprinting", NULL, "consider only printable characters"},
    {'M', "month-sort", NULL, "compare (unknown) < 'JAN' < ... < 'DEC'"},
    {'h', "human-numeric-sort", NULL, "compare human readable numbers (e.g., 2K 1G)"},
    {'n', "numeric-sort", NULL, "compare according to string numerical value"},
    {'R', "random-sort", NULL, "shuffle, but group identical keys"},
    {RANDOM_SOURCE, "random-source", "FILE", "get random bytes from FILE"},
    {'r', "reverse", NULL, "reverse the result of comparisons"},
    {SORT, "sort", "WORD", "sort according to WORD: general-numeric, human-numeric, month, numeric, random, version"},
    {'V', "version-sort", NULL, "natural sort of (version) numbers within text"},
    {BATCH, "batch-size", "NMERGE", "(no files are used for merging)"},
    {'c', NULL, NULL, "check for sorted input; do not sort"},
    {'c', "check", "[WORD]", "the same (diagnose-first), or like -C (quiet, silent)"},
    {'C', NULL, NULL, "like -c, but do not report first bad line"},
    {COMPRESS, "compress-program", "PROG", "(there are no temporaries)"},
    {DEBUG, "debug", NULL, "annotate the part of the line used to sort, and warn about questionable usage"},
    {FILES0, "files0-from", "F", "read input from the files named in F, each name followed by NUL; - is standard input"},
    {'k', "key", "KEYDEF", "sort via a key; KEYDEF gives location and type"},
    {'m', "merge", NULL, "merge already sorted files; do not sort"},
    {'o', "output", "FILE", "write result to FILE instead of standard output"},
    {'s', "stable", NULL, "stabilize sort by disabling last-resort comparison"},
    {'S', "buffer-size", "SIZE", "(everything is in memory)"},
    {'t', "field-separator", "SEP", "use SEP instead of non-blank to blank transition"},
    {'T', "temporary-directory", "DIR", "(there are no temporaries)"},
    {PARALLEL, "parallel", "N", "(one thread sorts)"},
    {'u', "unique", NULL, "with -c, check for strict ordering; without -c, output only the first of an equal run"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {'y', NULL, "[SIZE]", NULL},
    {0},
};

enum { TROUBLE = 2, OUT_OF_ORDER = 1, SPLIT_LINES = 512 };

enum phase { READ_NAMES, READ_SALT, READ_FILES, SPLIT, RANK, ARRANGE, OUTPUT, SAVE };

struct source {
    struct str name, bytes;
    struct input *input;
    size_t first, count, next; /* its lines; with -m, the one to be taken next */
};

struct sort_state {
    struct keys keys;
    bool merge, check, quiet, debug;
    char delimiter;
    enum phase phase;
    struct str output;        /* -o; data NULL: standard output */
    struct str names_file, salt_file;
    struct input *input;
    struct source *sources;
    size_t source_count, at;  /* source being worked on */
    size_t offset;            /* in it */
    struct line *lines;
    size_t line_count, done;  /* lines made, ranked, put out */
    size_t common;            /* bytes at the start of all keys that are the same */
    struct ranked *ranked, *room;
    struct merge sorting;
    bool sorting_begun;
    size_t *heads;            /* -m: sources in the order of their next lines */
    size_t head_count;
    const struct ranked *last; /* put out before, for -u */
    struct buf text;          /* what -o will hold */
    struct file *file;        /* that is written to piece by piece */
    size_t written;
};

/* --- options --------------------------------------------------------------------------------------------- */

static int incompatible(struct call *c, const char *letters)
{
    call_error(c, "options '-%s' are incompatible", letters);
    return TROUBLE;
}

static int read_tab(struct call *c, struct sort_state *s, struct str value)
{
    int tab;

    if (value.length == 0) {
        call_error(c, "empty tab");
        return TROUBLE;
    }
    tab = (unsigned char)value.data[0];
    if (str_is(value, "\\0")) {
        tab = 0;
    } else if (value.length > 1) {
        call_error(c, "multi-character tab %S", call_quote_word(c, value));
        return TROUBLE;
    }
    if (s->keys.tab >= 0 && s->keys.tab != tab) {
        call_error(c, "incompatible tabs");
        return TROUBLE;
    }
    s->keys.tab = tab;
    return 0;
}

/* -S, --parallel, --batch-size: what is wrong with them is told, nothing else is done. */
static int check_size(struct call *c, struct str value, const char *option, const char *suffixes, bool percent)
{
    uint64_t number;
    struct str digits = value;
    int error;

    if (percent && str_ends(value, "%"))
        digits.length--;
    error = text_count(digits, suffixes, &number);
    if (error == E_INVAL) {
        bool number_first = value.length > 0 && value.data[0] >= '0' && value.data[0] <= '9';
        call_error(c, "invalid %s%s argument %S", number_first ? "suffix in " : "", option, call_quote(c, value));
        return TROUBLE;
    }
    if (error == E_OVERFLOW) {
        call_error(c, "%s argument %S too large", option, call_quote(c, value));
        return TROUBLE;
    }
    if (str_is(str_from(option), "--parallel") && number == 0) {
        call_error(c, "number in parallel must be nonzero");
        return TROUBLE;
    }
    if (str_is(str_from(option), "--batch-size") && number < 2) {
        call_error(c, "invalid %s argument %S", option, call_quote_word(c, value));
        call_error(c, "minimum %s argument is %S", option, call_quote_word(c, str_lit("2")));
        return TROUBLE;
    }
    return 0;
}

static int read_option(struct call *c, struct sort_state *s, const struct given_option *o)
{
    static const char *const orders[] = {"general-numeric", "human-numeric", "month", "numeric", "random", "version",
                                         NULL};
    static const char *const checks[] = {"quiet", "=silent", "diagnose-first", NULL};
    int chosen;

    switch (o->letter) {
    case SORT:
        if ((chosen = call_choose(c, "--sort", o->value, orders)) < 0)
            return 1;
        key_set_order(&s->keys.global, "ghMnRV"[chosen], true, true);
        return 0;
    case 'c':
        chosen = 2;
        if (o->value.data && (chosen = call_choose(c, "--check", o->value, checks)) < 0)
            return 1;
        if (s->check && s->quiet != (chosen < 2))
            return incompatible(c, "cC");
        s->check = true;
        s->quiet = chosen < 2;
        return 0;
    case 'C':
        if (s->check && !s->quiet)
            return incompatible(c, "cC");
        s->check = s->quiet = true;
        return 0;
    case DEBUG: s->debug = true; return 0;
    case 'k': return keys_parse(c, &s->keys, o->value);
    case 'm': s->merge = true; return 0;
    case 'o':
        if (s->output.data && !str_equal(s->output, o->value)) {
            call_error(c, "multiple output files specified");
            return TROUBLE;
        }
        s->output = o->value;
        return 0;
    case 's': s->keys.stable = true; return 0;
    case 'S': return check_size(c, o->value, "-S", "EgGkKmMPtTYZb", true);
    case 't': return read_tab(c, s, o->value);
    case 'u': s->keys.unique = true; return 0;
    case 'z': s->delimiter = 0; return 0;
    case BATCH: return check_size(c, o->value, "--batch-size", NULL, false);
    case PARALLEL: return check_size(c, o->value, "--parallel", "", false);
    case RANDOM_SOURCE:
        if (s->salt_file.data && !str_equal(s->salt_file, o->value)) {
            call_error(c, "multiple random sources specified");
            return TROUBLE;
        }
        s->salt_file = o->value;
        return 0;
    case FILES0: s->names_file = o->value; return 0;
    default:
        if (o->letter < OPTION_LONG)
            key_set_order(&s->keys.global, (char)o->letter, true, true);
        return 0;
    }
}

/* Operands +F and -F are keys in the old style. */
static int take_old_keys(struct call *c, struct sort_state *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->operand_count; i++) {
        struct str word = c->operands[i], next = {0};
        bool digit = word.length > 1 && word.data[1] >= '0' && word.data[1] <= '9';
        if (digit && word.data[0] == '+') {
            if (i + 1 < c->operand_count)
                next = c->operands[i + 1];
            if (next.length < 2 || next.data[0] != '-' || next.data[1] < '0' || next.data[1] > '9')
                next = (struct str){0};
            if (keys_parse_old(c, &s->keys, word, next)) {
                i += next.data != NULL;
                continue;
            }
        } else if (digit && word.data[0] == '-') {
            return call_usage_error(c, "invalid option -- '%c'", word.data[1]);
        }
        c->operands[kept++] = word;
    }
    c->operand_count = kept;
    return 0;
}

static void use_names(struct call *c, struct sort_state *s, const struct str *names, size_t count)
{
    s->sources = heap_zero(c->heap, count * sizeof *s->sources + 1);
    s->source_count = count;
    for (size_t i = 0; i < count; i++)
        s->sources[i].name = names[i];
}

static void warn_about_keys(struct call *c, const struct sort_state *s, const struct key *given, bool only_global);

static int sort_start(struct call *c)
{
    static const struct str standard = {"-", 1};
    struct sort_state *s = c->state;
    struct nacre *n = c->task->sandbox;
    bool only_global;
    struct key given;
    int failed;

    c->failure = TROUBLE;
    s->keys.tab = -1;
    s->keys.heap = c->heap;
    s->keys.filtered = heap_alloc(c->heap, 2 * sizeof *s->keys.filtered);
    for (unsigned i = 0; i < 2; i++)
        buf_init(&s->keys.filtered[i], c->heap);
    s->keys.global.end_field = UINT64_MAX;
    s->delimiter = '\n';
    s->phase = READ_FILES;
    s->common = SIZE_MAX;
    buf_init(&s->text, c->heap);
    for (size_t i = 0; i < c->option_count; i++)
        if ((failed = read_option(c, s, &c->options[i])))
            return failed;
    if ((failed = take_old_keys(c, s)))
        return failed;
    if (s->names_file.data) {
        if (c->operand_count > 0) {
            call_error(c, "extra operand %S", call_quote(c, c->operands[0]));
            call_complain(c, "file operands cannot be combined with --files0-from\n");
            return call_usage_error(c, "");
        }
        s->phase = READ_NAMES;
    } else if (c->operand_count == 0) {
        use_names(c, s, &standard, 1);
    } else {
        use_names(c, s, c->operands, c->operand_count);
    }
    only_global = s->keys.count == 0;
    given = s->keys.global;
    if ((failed = keys_settle(c, &s->keys)))
        return failed;
    if (s->debug) {
        if (s->check || s->output.data) {
            const char *letters = s->check ? (s->quiet ? "C --debug" : "c --debug") : "o --debug";
            return incompatible(c, letters);
        }
        warn_about_keys(c, s, &given, only_global);
    }
    if (s->check && c->operand_count > 1) {
        call_error(c, "extra operand %S not allowed with -%c", call_quote(c, c->operands[1]), s->quiet ? 'C' : 'c');
        return TROUBLE;
    }
    if (s->check && s->output.data)
        return incompatible(c, s->quiet ? "Co" : "co");
    for (size_t i = 0; i < s->keys.count; i++) {
        if (s->keys.list[i].random && s->keys.salt[0] == 0) {
            s->keys.salt[0] = sandbox_random(n) | 1;
            s->keys.salt[1] = sandbox_random(n);
            if (s->salt_file.data && s->phase == READ_FILES)
                s->phase = READ_SALT;
        }
    }
    return 0;
}

/* --- --debug -------------------------------------------------------------------------------------------------- */

static bool is_numeric(const struct key *k)
{
    return k->numeric || k->general || k->human;
}

static void warn_about_key(struct call *c, const struct sort_state *s, size_t at)
{
    const struct key *k = &s->keys.list[at];
    bool nothing = k->end_field != UINT64_MAX && k->end_field < k->start_field;
    bool in_line = k->end_field == 0 && k->end_byte != 0;
    unsigned long long number = at + 1;

    if (k->old) {
        struct buf old, fresh;
        char letters[13];
        struct key shown = *k;
        shown.skip_start = shown.skip_end = false;
        key_letters(&shown, letters);
        buf_init(&old, c->heap);
        buf_init(&fresh, c->heap);
        buf_print(&old, "+%llu", (unsigned long long)k->start_field);
        buf_print(&fresh, "-k %llu", (unsigned long long)k->start_field + 1);
        if (k->end_field != UINT64_MAX) {
            uint64_t end = k->end_field + 1;
            buf_print(&old, " -%llu", (unsigned long long)end);
            buf_print(&fresh, ",%llu", (unsigned long long)end + (k->end_byte == SIZE_MAX));
        }
        call_warn(c, "obsolescent key %S used; consider %S instead", call_quote_word(c, buf_str(&old)),
                  call_quote_word(c, buf_str(&fresh)));
    }
    if (nothing)
        call_warn(c, "key %llu has zero width and will be ignored", number);
    if (!nothing && s->keys.tab < 0 && !in_line &&
        ((!k->skip_start && !is_numeric(k) && !k->month) || (!k->skip_start && k->start_byte) ||
         (!k->skip_end && k->end_byte)))
        call_warn(c, "leading blanks are significant in key %llu; consider also specifying 'b'", number);
    if (is_numeric(k) && (k->end_field == UINT64_MAX || k->start_field < k->end_field))
        call_warn(c, "key %llu is numeric and spans multiple fields", number);
}

static void warn_about_keys(struct call *c, const struct sort_state *s, const struct key *given, bool only_global)
{
    struct key unused = *given;
    struct str locale = call_locale_name(c, "LC_COLLATE");
    bool numbers = false, last_resort = !s->keys.stable && !s->keys.unique;
    char letters[13];

    if (utf8_locale(locale) == LOCALE_C)
        call_warn(c, "text ordering performed using simple byte comparison");
    else
        call_warn(c, "text ordering performed using %S sorting rules", call_quote_word(c, locale));
    for (size_t i = 0; i < s->keys.count; i++) {
        const struct key *k = &s->keys.list[i];
        if (!only_global)
            warn_about_key(c, s, i);
        numbers |= is_numeric(k);
        if (unused.ignore == k->ignore)
            unused.ignore = IGNORE_NOTHING;
        unused.fold &= !k->fold;
        unused.skip_start &= !k->skip_start;
        unused.skip_end &= !k->skip_end;
        unused.numeric &= !k->numeric;
        unused.general &= !k->general;
        unused.human &= !k->human;
        unused.month &= !k->month;
        unused.random &= !k->random;
        unused.version &= !k->version;
        unused.reverse &= !k->reverse;
    }
    if (numbers)
        call_warn(c, "note numbers use %S as a decimal point in this locale", call_quote_word(c, str_lit(".")));
    if (s->keys.count == 0)
        return;
    if (!key_is_default(&unused) || (unused.reverse && !last_resort)) {
        struct key shown = unused;
        if (last_resort)
            shown.reverse = false;
        key_letters(&shown, letters);
        call_warn(c, strlen(letters) == 1 ? "option '-%s' is ignored" : "options '-%s' are ignored", letters);
    }
    if (unused.reverse && last_resort)
        call_warn(c, "option '-r' only applies to last-resort comparison");
}

static size_t columns(const char *from, const char *to)
{
    struct str s = str_of(from, (size_t)(to - from));
    size_t width = utf8_columns(s, LOCALE_UTF8);

    for (; from < to; from++)
        width += *from == '\t';
    return width;
}

static void mark(struct call *c, struct str line, struct str part)
{
    size_t width = columns(part.data, part.data + part.length);

    buf_fill(&c->out, ' ', columns(line.data, part.data));
    if (width == 0)
        call_print_text(c, "^ no match for key");
    buf_fill(&c->out, '_', width);
    call_print_byte(c, '\n');
}

static void annotate(struct call *c, const struct sort_state *s, const struct line *l)
{
    struct str line = str_of(l->text, l->length);

    for (size_t i = 0; i < s->keys.count; i++) {
        const struct key *k = &s->keys.list[i];
        struct str part = key_find(k, s->keys.tab, line);
        if (k->month || is_numeric(k)) {
            while (part.length > 0 && (part.data[0] == ' ' || part.data[0] == '\t' || part.data[0] == '\n'))
                part = str_after(part, 1);
            part.length = key_significant(&s->keys, k, part);
        }
        mark(c, line, part);
    }
    if (s->keys.count == 0 || (!s->keys.stable && !s->keys.unique))
        mark(c, line, line);
}

/* --- input ------------------------------------------------------------------------------------------------------ */

static void say_cannot_read(struct call *c, struct str name, int error)
{
    call_error(c, "cannot read: %S: %m", call_quote_for_colon(c, name), error);
}

/* Opens a file of options and reads it: 0, E_WAIT, or 1 after a message. */
static int read_file(struct call *c, struct sort_state *s, struct str name, bool dash, struct str *bytes)
{
    if (!s->input) {
        int error = input_open(c, &s->input, name, dash);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "open failed: %S: %m", call_quote_for_colon(c, name), error);
            return 1;
        }
    }
    bytes->length = 0;
    if (input_all(s->input, bytes) == INPUT_WAIT)
        return E_WAIT;
    if (s->input->error) {
        call_error(c, "read failed: %S: %m", call_quote_for_colon(c, name), s->input->error);
        return 1;
    }
    return 0;
}

static int read_names(struct call *c, struct sort_state *s)
{
    struct str all = {0}, *names = NULL;
    size_t count = 0;
    int failed = read_file(c, s, s->names_file, true, &all);

    if (failed)
        return failed;
    while (all.length > 0) {
        ptrdiff_t at = str_find(all, 0);
        struct str name = at < 0 ? all : str_of(all.data, (size_t)at);
        if (name.length == 0) {
            call_error(c, "%S:%llu: invalid zero-length file name", call_quote_for_colon(c, s->names_file),
                       (unsigned long long)count + 1);
            return 1;
        }
        if (str_is(s->names_file, "-") && str_is(name, "-")) {
            call_error(c, "when reading file names from stdin, no file name of %S allowed", call_quote(c, name));
            return 1;
        }
        names = array_grow(c->heap, names, count, sizeof *names);
        names[count++] = str_copy(c->heap, name);
        all = str_after(all, at < 0 ? all.length : (size_t)at + 1);
        call_charge(c, 1);
    }
    if (count == 0) {
        call_error(c, "no input from %S", call_quote(c, s->names_file));
        return 1;
    }
    use_names(c, s, names, count);
    input_close(s->input);
    s->input = NULL;
    s->phase = s->salt_file.data ? READ_SALT : READ_FILES;
    return 0;
}

static int read_salt(struct call *c, struct sort_state *s)
{
    struct str all = {0};
    int failed = read_file(c, s, s->salt_file, false, &all);

    if (failed)
        return failed;
    if (all.length < 16) {
        call_error(c, "%S: end of file", call_quote_for_colon(c, s->salt_file));
        return 1;
    }
    memset(s->keys.salt, 0, sizeof s->keys.salt);
    for (unsigned i = 0; i < 16; i++)
        s->keys.salt[i / 8] |= (uint64_t)(unsigned char)all.data[i] << 8 * (i % 8);
    input_close(s->input);
    s->input = NULL;
    s->phase = READ_FILES;
    return 0;
}

/* All sources, one after the other; they stay open, since lines point into them. */
static int read_sources(struct call *c, struct sort_state *s)
{
    for (; s->at < s->source_count; s->at++) {
        struct source *source = &s->sources[s->at];
        if (!source->input) {
            int error = input_open(c, &source->input, source->name, true);
            if (error == E_WAIT)
                return error;
            call_charge(c, 1);
            if (error) {
                say_cannot_read(c, source->name, error);
                return 1;
            }
        }
        source->bytes = (struct str){0};
        if (input_all(source->input, &source->bytes) == INPUT_WAIT)
            return E_WAIT;
        if (source->input->error) {
            call_error(c, "read failed: %S: %m", call_quote_for_colon(c, source->name), source->input->error);
            return 1;
        }
        if (source->bytes.length > UINT32_MAX && str_find(source->bytes, s->delimiter) < 0) {
            call_error(c, "memory exhausted");
            return 1;
        }
        source->first = s->line_count;
        source->count = text_occurrences(source->bytes.data, source->bytes.length, s->delimiter);
        if (source->bytes.length > 0 && source->bytes.data[source->bytes.length - 1] != s->delimiter)
            source->count++;
        source->next = 0;
        s->line_count += source->count;
        call_charge_bytes(c, source->bytes.length);
    }
    s->lines = heap_alloc(c->heap, s->line_count * sizeof *s->lines + 1);
    s->at = s->done = 0;
    s->phase = SPLIT;
    return 0;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static void see_common(struct sort_state *s, const struct line *l)
{
    const struct line *first = &s->lines[0];
    size_t n = s->common < l->key_length ? s->common : l->key_length, i = 0;

    while (i < n && l->text[l->key + i] == first->text[first->key + i])
        i++;
    s->common = i;
}

/* Makes lines for a while; false when all are made. */
static bool split(struct call *c, struct sort_state *s)
{
    bool plain = keys_are_plain(&s->keys);
    int turns = SPLIT_LINES;

    while (s->at < s->source_count && turns > 0) {
        struct str bytes = s->sources[s->at].bytes;
        for (; s->offset < bytes.length && turns > 0; turns--) {
            struct str rest = str_after(bytes, s->offset);
            ptrdiff_t at = str_find(rest, s->delimiter);
            struct line *l = &s->lines[s->done++];
            l->text = rest.data;
            l->length = (uint32_t)(at < 0 ? rest.length : (size_t)at);
            s->offset += (size_t)l->length + 1;
            keys_find_first(&s->keys, l);
            if (plain && s->common > 0) /* the same bytes are the same folded, too */
                see_common(s, l);
        }
        if (s->offset >= bytes.length) {
            s->at++;
            s->offset = 0;
        }
    }
    call_charge(c, SPLIT_LINES - turns);
    if (s->at < s->source_count)
        return true;
    s->done = 0;
    s->phase = s->check ? ARRANGE : RANK;
    if (!s->check)
        s->ranked = heap_alloc(c->heap, s->line_count * sizeof *s->ranked + 1);
    return false;
}

static void rank(struct call *c, struct sort_state *s)
{
    size_t end = s->line_count - s->done < SPLIT_LINES ? s->line_count : s->done + SPLIT_LINES;
    struct level level = {0, keys_are_plain(&s->keys) ? s->common : 0};

    /* Sorting ranks lines itself. */
    call_charge(c, (int64_t)(end - s->done) / 4 + 1);
    for (; s->done < end; s->done++) {
        const struct line *l = &s->lines[s->done];
        if (!s->merge)
            s->ranked[s->done] = (struct ranked){0, l};
        else
            s->ranked[s->done] = (struct ranked){keys_prefix(&s->keys, l, level), l};
    }
    if (s->done < s->line_count)
        return;
    s->done = 0;
    s->phase = ARRANGE;
    s->room = heap_alloc(c->heap, s->line_count * sizeof *s->room + 1);
}

/* A line to be compared with its neighbour: where bytes are compared, a prefix saves nothing. */
static struct ranked ranked_once(const struct sort_state *s, size_t at)
{
    const struct line *l = &s->lines[at];

    return (struct ranked){keys_are_plain(&s->keys) ? 0 : keys_prefix(&s->keys, l, (struct level){0, 0}), l};
}

/* True when done: with -c. */
static bool check(struct call *c, struct sort_state *s)
{
    size_t end = s->done + SPLIT_LINES;
    struct ranked before, line = {0};

    if (s->done == 0)
        s->done = 1;
    if (s->done < s->line_count)
        line = ranked_once(s, s->done - 1);
    for (; s->done < s->line_count && s->done < end; s->done++) {
        int order;
        before = line;
        line = ranked_once(s, s->done);
        order = merge_compare(c, &s->keys, &before, &line);
        call_charge(c, 1);
        if (order < 0 || (order == 0 && !s->keys.unique))
            continue;
        c->status = OUT_OF_ORDER;
        if (!s->quiet)
            call_complain(c, "%S: %S:%llu: disorder: %S\n", c->name,
                          call_quote_for_colon(c, s->sources[0].name), (unsigned long long)s->done + 1,
                          str_of(line.line->text, line.line->length));
        return true;
    }
    return s->done >= s->line_count;
}

static const struct ranked *head_of(const struct sort_state *s, size_t source)
{
    return &s->ranked[s->sources[source].first + s->sources[source].next];
}

/* Puts source `moving`, whose head is new, to its place among heads[from..]: behind those that are less, or equal and earlier. */
static void place_head(struct call *c, struct sort_state *s, size_t moving, size_t from)
{
    size_t low = from, high = s->head_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = merge_compare(c, &s->keys, head_of(s, moving), head_of(s, s->heads[middle]));
        if (order < 0 || (order == 0 && moving < s->heads[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    for (size_t i = from; i < low; i++)
        s->heads[i - 1] = s->heads[i];
    s->heads[low - 1] = moving;
}

/* -m: false when it is to be called again. */
static bool merge_sources(struct call *c, struct sort_state *s)
{
    if (!s->heads) {
        s->heads = heap_alloc(c->heap, (s->source_count + 1) * sizeof *s->heads);
        for (size_t i = s->source_count; i-- > 0;) {
            if (s->sources[i].count == 0)
                continue;
            for (size_t j = s->head_count; j > 0; j--)
                s->heads[j] = s->heads[j - 1];
            s->head_count++;
            place_head(c, s, i, 1);
            call_charge(c, 1);
        }
    }
    while (s->head_count > 0) {
        size_t least = s->heads[0];
        struct source *source = &s->sources[least];
        if (!meter_go(c->meter))
            return false;
        call_charge(c, 1);
        s->room[s->done++] = *head_of(s, least);
        if (++source->next < source->count) {
            place_head(c, s, least, 1);
        } else {
            s->head_count--;
            memmove(s->heads, s->heads + 1, s->head_count * sizeof *s->heads);
        }
    }
    s->ranked = s->room;
    return true;
}

static bool arrange(struct call *c, struct sort_state *s)
{
    if (s->merge)
        return merge_sources(c, s);
    if (!s->sorting_begun) {
        merge_start(c, &s->sorting, &s->keys, s->ranked, s->room, s->line_count,
                    keys_are_plain(&s->keys) ? s->common : 0);
        s->sorting_begun = true;
    }
    return merge_run(c, &s->sorting);
}

/* --- output ----------------------------------------------------------------------------------------------------- */

static void put_lines(struct call *c, struct sort_state *s)
{
    struct buf *out = s->output.data ? &s->text : &c->out;
    size_t end = s->line_count - s->done < SPLIT_LINES ? s->line_count : s->done + SPLIT_LINES;
    size_t room = 0;
    char *to;

    for (size_t i = s->done; i < end; i++)
        room += (size_t)s->ranked[i].line->length + 1;
    to = buf_reserve(out, room);
    call_charge(c, (int64_t)(end - s->done) / 4 + 1);
    call_charge_bytes(c, room);
    for (; s->done < end; s->done++) {
        const struct ranked *r = &s->ranked[s->done];
        const struct line *l = r->line;
        if (s->keys.unique) {
            if (s->last && merge_compare_lines(c, &s->keys, s->last, r) == 0)
                continue;
            s->last = r;
        }
        if (s->debug) {
            for (uint32_t i = 0; i < l->length; i++)
                buf_add_byte(out, l->text[i] == '\t' ? '>' : l->text[i]);
            buf_add_byte(out, s->delimiter);
            annotate(c, s, l);
            continue;
        }
        memcpy(to, l->text, l->length);
        to += l->length;
        *to++ = s->delimiter;
        out->length += (size_t)l->length + 1;
    }
    if (s->done == s->line_count)
        s->phase = SAVE;
}

/* -o: 0, E_WAIT, or 1 after a message. A regular file with one name is replaced at once; what else there is, is written to. */
static int save(struct call *c, struct sort_state *s)
{
    int error;

    if (!s->output.data)
        return 0;
    if (!s->file) {
        struct stat_info info;
        error = call_stat(c, s->output, true, &info);
        if (error == E_WAIT)
            return error;
        if (error == E_NOENT || (!error && info.kind == NODE_FILE && info.links == 1)) {
            uint32_t mode = error ? 0666 & ~c->task->umask : info.mode;
            error = error ? 0 : task_access(c->task, s->output, MAY_WRITE);
            if (!error)
                error = call_replace(c, s->output, buf_str(&s->text), mode);
            if (error == E_WAIT || error == 0)
                return error;
            call_error(c, error == E_NOSPC ? "write failed: %S: %m" : "open failed: %S: %m",
                       call_quote_for_colon(c, s->output), error);
            return 1;
        }
        error = call_create(c, s->output, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &s->file);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "open failed: %S: %m", call_quote_for_colon(c, s->output), error);
            return 1;
        }
    }
    while (s->written < s->text.length) {
        int64_t n = file_write(s->file, c->task, str_after(buf_str(&s->text), s->written));
        if (n == E_WAIT)
            return E_WAIT;
        if (n < 0) {
            call_error(c, "write failed: %S: %m", call_quote_for_colon(c, s->output), (int)n);
            return 1;
        }
        s->written += (size_t)n;
    }
    return 0;
}

static enum step sort_step(struct call *c)
{
    struct sort_state *s = c->state;

    for (;;) {
        int failed = 0;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (s->phase) {
        case READ_NAMES:
            failed = read_names(c, s);
            break;
        case READ_SALT:
            failed = read_salt(c, s);
            break;
        case READ_FILES:
            failed = read_sources(c, s);
            break;
        case SPLIT:
            split(c, s);
            break;
        case RANK:
            rank(c, s);
            break;
        case ARRANGE:
            if (s->check) {
                if (check(c, s))
                    return call_done(c);
            } else if (arrange(c, s)) {
                s->done = 0;
                s->phase = OUTPUT;
            }
            break;
        case OUTPUT:
            put_lines(c, s);
            break;
        case SAVE:
            failed = save(c, s);
            if (failed == 0)
                return call_done(c);
            break;
        }
        if (failed == E_WAIT)
            return STEP_WAIT;
        if (failed)
            return call_done(c);
    }
}

const struct command command_sort = {
    .name = "sort",
    .usage = "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    .summary = "Write sorted concatenation of all FILE(s) to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "KEYDEF is F[.C][OPTS][,F[.C][OPTS]] for start and stop position, where F is a field number and C a\n"
            "character position in the field; both are origin 1, and the stop position defaults to the line's end.\n"
            "If neither -t nor -b is in effect, characters in a field are counted from the beginning of the\n"
            "preceding whitespace. OPTS is one or more single-letter ordering options [bdfgiMhnRrV], which override\n"
            "global ordering options for that key. If no key is given, use the entire line as the key. Use --debug\n"
            "to diagnose incorrect key usage.\n\n"
            "SIZE may be followed by the following multiplicative suffixes:\n"
            "% 1% of memory, b 1, K 1024 (default), and so on for M, G, T, P, E, Z, Y.\n\n"
            "The order is always that of bytes, as with LC_ALL=C.",
    .options = options,
    .state = sizeof(struct sort_state),
    .start = sort_start,
    .step = sort_step,
    .trouble = TROUBLE,
    .flags = COMMAND_NUMBERS,
};
