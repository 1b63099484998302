/* tests/unit/regex.c - patterns over text: by tables, in slices, and against glibc with random patterns. */
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "regex/regex.h"
#include "tests/unit/kit.h"

static struct heap heap;

static void open_heap(void)
{
    meter.limit = UINT64_MAX / 4;
    meter.used = 0;
    meter.fuel = meter.granted = INT64_C(1) << 50;
    heap_init(&heap, &meter);
}

static void close_heap(void)
{
    heap_drop(&heap);
    pool_trim(&meter);
    if (held != 0)
        printf("%zu bytes are still held\n", held), failed++;
    held = 0;
}

static struct regex *compile(const char *pattern, enum regex_syntax syntax, unsigned flags, const char **message)
{
    struct str one = str_from(pattern);
    return regex_compile(&heap, &one, 1, syntax, flags, message);
}

/* The match and its groups as text: "0,3 1,2 -1,-1"; "no"; or the mistake. */
static void outcome(char *out, size_t size, const char *pattern, enum regex_syntax syntax, unsigned flags, struct str text)
{
    const char *message = NULL;
    struct match groups[10];
    struct regex *r = compile(pattern, syntax, flags, &message);
    if (!r) {
        snprintf(out, size, "%s", message);
        return;
    }
    int count = regex_groups(r) + 1 < 10 ? regex_groups(r) + 1 : 10;
    enum regex_answer answer = regex_match(r, text, 0, 0, groups, count);
    snprintf(out, size, "%s", answer == REGEX_LIMIT ? "limit" : "no");
    for (int i = 0, at = 0; answer == REGEX_YES && i < count; i++)
        at += snprintf(out + at, size - (size_t)at, "%s%d,%d", i ? " " : "", (int)groups[i].start, (int)groups[i].end);
    regex_free(r);
}

#define B REGEX_BASIC
#define E REGEX_EXTENDED
#define F REGEX_FIXED
#define P REGEX_PERL
#define A REGEX_AWK
#define M REGEX_EMACS
#define R REGEX_RUST
enum { U = REGEX_UTF8, I = REGEX_FOLD, N = REGEX_NEWLINE };

static const struct {
    enum regex_syntax syntax;
    unsigned flags;
    const char *pattern, *text, *outcome;
} cases[] = {
    {E, 0, "abc", "xabcx", "1,4"},
    {E, 0, "a|ab|abc", "xabcx", "1,4"},
    {E, 0, "(a|ab)(c|bcd)(d*)", "abcd", "0,4 0,1 1,4 4,4"},
    {E, 0, "(a*)*", "b", "0,0 0,0"},
    {E, 0, "(a*)+", "aa", "0,2 0,2"},
    {E, 0, "(a)|(b)", "b", "0,1 -1,-1 0,1"},
    {E, 0, "((a)|(b))*", "ab", "0,2 1,2 0,1 1,2"},
    {E, 0, "x{2,3}", "xxxx", "0,3"},
    {E, 0, "^(foo|bar)$", "bar", "0,3 0,3"},
    {B, 0, "\\(a*\\)b\\{1,2\\}", "aabbb", "0,4 0,2"},
    {B, 0, "*a", "x*a", "1,3"},
    {B, 0, "\\(*a\\)", "x*a", "1,3 1,3"},
    {B, 0, "\\(^a\\)", "ba", "no"},
    {B, 0, "a\\|b", "xb", "1,2"},
    {B, 0, "a+b?", "a+b?", "0,4"},
    {B, 0, "a\\+b\\?", "aab", "0,3"},
    {B, 0, "a^b$c", "a^b$c", "0,5"},
    {B, 0, "x\\{0\\}y", "xy", "1,2"},
    {B, 0, "\\(.\\)\\1", "abccd", "2,4 2,3"},
    {B, 0, "\\(a*\\)b\\1", "aabaa", "0,5 0,2"},
    {E, 0, "(a|ab)(bc|c)?\\1*", "abcabab", "0,7 0,2 2,3"},
    {E, I, "(a)\\1", "xaA", "1,3 1,2"},
    {B, N, "a**", "aa", "0,2"},
    {E, N, "*a", "a", "0,1"},
    {E, N, "a{x", "a{x", "0,3"},
    {E, N, "a)", "a)", "0,2"},
    {E, REGEX_PAREN, "a)", "a)", "0,2"},
    {E, N, "^*a", "ba", "1,2"},
    {A, 0, "a\\tb", "a\tb", "0,3"},
    {A, 0, "[\\t\\]]+", "x]\t", "1,3"},
    {A, 0, "\\yb\\y", "a b c", "2,3"},
    {A, 0, "a\\/b", "a/b", "0,3"},
    {A, 0, "*a", "x*a", "1,3"},
    {M, 0, "a\\(b+\\|c\\){", "abb{", "0,4 1,3"},
    {E, 0, "[]a]+", "x]a", "1,3"},
    {E, 0, "[^]a]", "]b", "1,2"},
    {E, 0, "[a-]+", "b-a", "1,3"},
    {E, 0, "[[:digit:][:space:]]+", "a1 2b", "1,4"},
    {E, 0, "[[.-.]x]+", "a-x", "1,3"},
    {E, 0, "[[=a=]]", "ba", "1,2"},
    {E, 0, "\\<b", "ab b", "3,4"},
    {E, 0, "b\\>", "bc b", "3,4"},
    {E, 0, "\\Bb", "b ab", "3,4"},
    {E, 0, "\\w+\\W", "ab-", "0,3"},
    {E, U, ".", "\303\251x", "0,2"},
    {E, 0, ".", "\303\251x", "0,1"},
    {E, U, ".x", "\377x", "no"},
    {E, 0, ".x", "\377x", "0,2"},
    {E, U, "[^a]+", "a\303\251\342\202\254b", "1,7"},
    {E, U, "\\bx", "\303\251x x", "4,5"},
    {E, U | I, "\303\211", "\303\251", "0,2"},
    {E, U | I, "s", "\305\277", "0,2"},
    {E, U | I, "[[:upper:]]", "\303\251", "0,2"},
    {E, U, "[\320\260-\321\217]+", "x\320\261\321\200", "1,5"},
    {E, 0, "a.b", "a\nb", "0,3"},
    {E, N, "a.b", "a\nb", "no"},
    {E, N, "^b$", "a\nb\nc", "2,3"},
    {E, REGEX_MULTILINE, "^b$", "a\nb\nc", "2,3"},
    {E, REGEX_MULTILINE, "a.b", "a\nb", "no"},
    {E, REGEX_MULTILINE, "\\`b", "a\nb", "no"},
    {E, 0, "^b", "a\nb", "no"},
    {E, N | REGEX_WORD, "a+", "xaa aa", "4,6"},
    {E, N | REGEX_WORD, "a|ab", "ab", "0,2"},
    {E, N | REGEX_LINE, "a|ab", "ab", "0,2"},
    {E, N | REGEX_NUL, "a.b$", "a\nb", "0,3"},
    {F, 0, "a.b*", "xa.b*", "1,5"},
    {F, I, "HeLLo", "say hello", "4,9"},
    {P, U, "(?<=a)b+?", "abb", "1,2"},
    {P, 0, "(\\d+)-(?<n>x)?", "a12-", "1,4 1,3 -1,-1"},
    {R, U, "(\\d+)-(?P<n>x)?|\\w+?", "a12-", "0,1 -1,-1 -1,-1"},
    {R, U, "[\\d_]+", "a\331\2411_", "1,5"},
    {R, U, "(?i)AB", "xab", "1,3"},
    {R, U, "a|ab", "ab", "0,1"},
    {R, N, "\\x41\\.[^\\n]", "xA.b", "1,4"},
    {P, 0, "(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "limit"},
    {E, 0, "(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "no"},
    {B, 0, "[", "", "Invalid regular expression"},
    {B, 0, "[a", "", "Unmatched [, [^, [:, [., or [="},
    {B, 0, "\\(a", "", "Unmatched ( or \\("},
    {B, 0, "a\\)", "", "Unmatched ) or \\)"},
    {E, 0, "a)", "", "Unmatched ) or \\)"},
    {E, 0, "*a", "", "Invalid preceding regular expression"},
    {E, 0, "a|*b", "", "Invalid preceding regular expression"},
    {B, 0, "a**", "", "Invalid preceding regular expression"},
    {B, 0, "[b-a]", "", "Invalid range end"},
    {B, 0, "a\\{1a\\}", "", "Invalid content of \\{\\}"},
    {E, 0, "a{2,1}", "", "Invalid content of \\{\\}"},
    {B, 0, "a\\{1", "", "Unmatched \\{"},
    {B, 0, "a\\", "", "Trailing backslash"},
    {B, 0, "\\(a\\)\\2", "", "Invalid back reference"},
    {B, 0, "a\\{32768\\}", "", "Regular expression too big"},
    {E, 0, "((a{1,255}){1,255}){1,255}", "", "Regular expression too big"},
    {E, 0, "(((((((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+", "aa", "Regular expression too big"},
    {B, 0, "[[:foo:]]", "", "Invalid character class name"},
    {B, 0, "[[=ab=]]", "", "Invalid collation character"},
    {B, N, "[:space:]", "", "character class syntax is [[:space:]], not [:space:]"},
    {P, 0, "(", "", "missing closing parenthesis"},
};

static void try_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[200];
        open_heap();
        outcome(out, sizeof out, cases[i].pattern, cases[i].syntax, cases[i].flags, str_from(cases[i].text));
        close_heap();
        bool same = strcmp(out, cases[i].outcome) == 0;
        if (!same)
            printf("%s on %s: %s, not %s\n", cases[i].pattern, cases[i].text, out, cases[i].outcome);
        check(same);
    }
}

static void try_nul(void)
{
    const char *message;
    struct match m;
    open_heap();
    struct regex *r = compile("a.b", E, 0, &message);
    check(regex_match(r, str_lit("x\0a\0b"), 0, 0, &m, 1) == REGEX_YES && m.start == 2 && m.end == 5);
    regex_free(r);
    struct str pattern = str_lit("\0b");
    r = regex_compile(&heap, &pattern, 1, F, 0, &message);
    check(regex_match(r, str_lit("x\0a\0b"), 0, 0, &m, 1) == REGEX_YES && m.start == 3 && m.end == 5);
    close_heap();
}

/* The same answers and the same steps, whatever the slices. */
static void try_slices(void)
{
    static const char *const patterns[] = {"line 9", "x[a-z]+[0-9]{3}$", "(ab|a)*b.*[^a]c$", "^$", "zz*|yy", "(.)x\\1",
        "[ab]{9}c", "e .*e .*e .*7$", "\303\251.*e"};
    char *text = malloc(400000);
    size_t length = 0;
    for (int i = 0; i < 5000; i++)
        length += (size_t)sprintf(text + length, "line %d \303\251 of many x%c%d\n%s", i, 'a' + i % 26, i * 37, i % 50 ? "" : "\n");
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        uint64_t steps[4], sums[4];
        for (int way = 0; way < 4; way++) {
            static const int64_t slices[] = {INT64_C(1) << 40, 1, 7, 64};
            const char *message;
            struct search s;
            size_t start, end, from = 0;
            struct match m[2];
            open_heap();
            struct regex *r = compile(patterns[p], E, REGEX_NEWLINE | REGEX_UTF8, &message);
            uint64_t before = meter_used(&meter), at_once = 0;
            sums[way] = 0;
            for (enum regex_answer answer = REGEX_YES; answer == REGEX_YES;) {
                regex_start(&s, r, str_of(text, length), from, 0);
                while ((answer = regex_line(&s, &start, &end)) == REGEX_MORE)
                    meter_grant(&meter, slices[way]);
                if (answer == REGEX_YES)
                    sums[way] = sums[way] * 31 + start * 7 + end, from = end + 1;
                check(answer != REGEX_LIMIT);
            }
            regex_start(&s, r, str_of(text, length), 0, MATCH_LINES);
            for (enum regex_answer answer = REGEX_YES; answer == REGEX_YES;) {
                while ((answer = regex_line(&s, &start, &end)) == REGEX_MORE)
                    meter_grant(&meter, slices[way]);
                if (answer == REGEX_YES)
                    at_once = at_once * 31 + start * 7 + end;
            }
            check(at_once == sums[way]);
            for (from = 0; from < length;) {
                enum regex_answer answer;
                regex_start(&s, r, str_of(text, length), from, 0);
                while ((answer = regex_next(&s, m, 2)) == REGEX_MORE)
                    meter_grant(&meter, slices[way]);
                if (answer != REGEX_YES)
                    break;
                sums[way] = sums[way] * 31 + (uint64_t)m[0].start * 7 + (uint64_t)m[0].end + (uint64_t)m[1].end;
                from = (size_t)m[0].end + (m[0].end == m[0].start);
            }
            steps[way] = meter_used(&meter) - before;
            regex_free(r);
            close_heap();
        }
        for (int way = 1; way < 4; way++) {
            check(sums[way] == sums[0]);
            check(steps[way] == steps[0]);
        }
    }
    free(text);
}

static bool same_bytes(const char *a, const char *b, size_t length, bool fold)
{
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i] && !(fold && (a[i] ^ b[i]) == 0x20))
            return false;
    return true;
}

/* So many words at once, against looking for each. */
static void try_words_of(int count, unsigned least, unsigned letters, unsigned long_text, bool fold)
{
    enum { WORDS = 400 };
    static char words[WORDS][16];
    struct str patterns[WORDS];
    for (int i = 0; i < count; i++) {
        size_t length = least + below(5);
        for (size_t j = 0; j < length; j++)
            words[i][j] = (char)('a' + below(letters));
        patterns[i] = str_of(words[i], length);
    }
    const char *message;
    open_heap();
    struct regex *r = regex_compile(&heap, patterns, (size_t)count, F, REGEX_NEWLINE | (fold ? REGEX_FOLD : 0), &message);
    for (int turn = 0; turn < 100; turn++) {
        static char text[600];
        size_t length = below(long_text);
        ptrdiff_t start = -1, end = -1;
        for (size_t j = 0; j < length; j++)
            text[j] = (char)('a' + below(letters + 3) - (fold && below(2) ? 0x20 : 0));
        for (size_t at = 0; at < length && start < 0; at++)
            for (int i = 0; i < count; i++)
                if (patterns[i].length <= length - at && same_bytes(text + at, patterns[i].data, patterns[i].length, fold) &&
                    (ptrdiff_t)(at + patterns[i].length) > end)
                    start = (ptrdiff_t)at, end = (ptrdiff_t)(at + patterns[i].length);
        struct match m = {-1, -1};
        enum regex_answer answer = regex_match(r, str_of(text, length), 0, 0, &m, 1);
        check((answer == REGEX_YES) == (start >= 0) && m.start == start && m.end == end);
    }
    close_heap();
}

static void try_words(void)
{
    static const int counts[] = {1, 2, 3, 4, 7, 8, 9, 20, 63, 64, 65, 400};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (unsigned least = 1; least <= 6; least++) {
            try_words_of(counts[i], least, 5, 24, below(2));
            try_words_of(counts[i], least, 20, 600, below(2));
        }
}

/* More states than there is room for, in long lines behind short ones: each line for itself says what must be found. */
static void try_flushes(void)
{
    static const char pattern[] = "a[ab]{14}[^ab]|[c][dd]efghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    enum { SHORT = 6000, LONG = 12 };
    char *text = malloc(SHORT * 10 + LONG * 9002);
    size_t length = 0, found = 0, wanted = 0, start, end;
    const char *message;
    for (int i = 0; i < SHORT + LONG; i++) {
        for (int j = 0; j < (i < SHORT ? 9 : 9000); j++)
            text[length++] = (char)('a' + below(2));
        if (i >= SHORT && i % 3 == 0)
            text[length++] = 'c';
        text[length++] = '\n';
    }
    open_heap();
    struct regex *r = compile(pattern, E, REGEX_NEWLINE, &message);
    for (size_t at = 0; at < length; at = end + 1) {
        end = at + (size_t)((char *)memchr(text + at, '\n', length - at) - (text + at));
        wanted = regex_match(r, str_of(text + at, end - at), 0, 0, NULL, 0) == REGEX_YES ? wanted * 31 + at : wanted;
    }
    regex_free(r);
    r = compile(pattern, E, REGEX_NEWLINE, &message);
    uint64_t before = meter_used(&meter);
    struct search s;
    regex_start(&s, r, str_of(text, length), 0, MATCH_LINES);
    while (regex_line(&s, &start, &end) == REGEX_YES)
        found = found * 31 + start;
    check(found == wanted && wanted > 0);
    check(meter_used(&meter) - before < 40000000);
    regex_free(r);
    close_heap();
    free(text);
}

/* Work is bounded, whatever the pattern: each is answered, or refused, within a number of steps. */
static void try_hostile(void)
{
    static const struct {
        enum regex_syntax syntax;
        const char *pattern;
    } hostile[] = {
        {E, "(a|aa)+$"}, {E, "(a*)*b"}, {E, "a[ab]{200}c"}, {E, "(a?){500}a{500}b"}, {E, "(.*)(.*)(.*)(.*)(.*)[xyz]"},
        {E, "(((a+)+)+)+b"}, {E, "(a*)*\\1b"}, {P, "[ab]*[ab]*c"}, {P, "(a+)+$"}, {P, "(?:a?){40}a{40}c"}, {P, "((a)|(b))*c"},
    };
    char *text = malloc(20000);
    for (int i = 0; i < 20000; i++)
        text[i] = (char)('a' + (i % 7 == 3));
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const char *message;
        struct match m[2];
        open_heap();
        struct regex *r = compile(hostile[i].pattern, hostile[i].syntax, 0, &message);
        if (r)
            regex_match(r, str_of(text, 20000), 0, 0, m, 2);
        check(meter_used(&meter) < 40000000);
        check(meter.memory_peak < 64 << 20);
        close_heap();
    }
    free(text);
}

#ifdef __GLIBC__
#include <locale.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

/* --- against glibc ---------------------------------------------------------------------------- */

static void add(char *out, const char *const *from, unsigned count)
{
    strcat(out, from[below(count)]);
}

/* A pattern whose brackets are in order: `deep` levels at most. The test may recurse. */
static void draw_pattern(char *out, bool extended, int deep)
{
    static const char *const atoms[] = {"a", "b", "c", "[ab]", ".", "\303\251", "[^a]", "\\w"};
    static const char *const repeats[2][7] = {{"*", "\\+", "\\?", "\\{1,2\\}", "\\{0,2\\}", "\\{2,\\}", "\\{2\\}"},
        {"*", "+", "?", "{1,2}", "{0,2}", "{2,}", "{2}"}};
    unsigned kind = below(10);
    if (deep == 0 || kind < 4) {
        add(out, atoms, sizeof atoms / sizeof *atoms);
    } else if (kind < 7) {
        draw_pattern(out, extended, deep - 1);
        draw_pattern(out, extended, deep - 1);
        return;
    } else {
        strcat(out, extended ? "(" : "\\(");
        draw_pattern(out, extended, deep - 1);
        if (below(2)) {
            strcat(out, extended ? "|" : "\\|");
            draw_pattern(out, extended, deep - 1);
        }
        strcat(out, extended ? ")" : "\\)");
    }
    if (below(3) == 0)
        add(out, repeats[extended], 7);
}

/* Any row of pieces: most are mistakes. */
static void draw_row(char *out, bool extended)
{
    static const char *const pieces[2][24] = {
        {"a", "b", ".", "[ab]", "^", "$", "\\(", "\\)", "*", "\\+", "\\|", "\\{1,2\\}", "\\{", "\\<", "\\>", "\\b", "\\B", "\\W",
         "[[:alpha:]]", "\\`", "{", "[^[:space:]b]", "[]a]", "\303\251"},
        {"a", "b", ".", "[ab]", "^", "$", "(", ")", "*", "+", "|", "{1,2}", "{", "\\<", "\\>", "\\b", "\\B", "\\W",
         "[[:alpha:]]", "\\'", "}", "[^[:space:]b]", "[]a]", "\303\251"}};
    for (unsigned i = 1 + below(7); i > 0; i--)
        add(out, pieces[extended], 24);
}

static sigjmp_buf hung;

static void on_alarm(int number)
{
    (void)number;
    siglongjmp(hung, 1);
}

/* Where glibc finds a match; -1 for none; -2 when it runs in a circle. */
static int search_theirs(struct re_pattern_buffer *theirs, const char *text, struct re_registers *registers)
{
    if (sigsetjmp(hung, 1))
        return -2;
    alarm(1);
    int length = (int)strlen(text), at = re_search(theirs, text, length, 0, length, registers);
    alarm(0);
    return at;
}

static void compare_text(struct regex *r, struct re_pattern_buffer *theirs, const char *pattern, unsigned mode, const char *text,
                         unsigned flags)
{
    size_t length = strlen(text);
    struct re_registers registers = {0};
    struct match groups[40];
    int count = (int)theirs->re_nsub + 1;
    theirs->not_bol = (flags & MATCH_NOT_BOL) != 0;
    theirs->not_eol = (flags & MATCH_NOT_EOL) != 0;
    theirs->regs_allocated = REGS_UNALLOCATED;
    int at = count > 40 ? -2 : search_theirs(theirs, text, &registers);
    if (at == -2)
        return;
    enum regex_answer answer = regex_match(r, str_of(text, length), 0, flags, groups, count);
    bool same = (at >= 0) == (answer == REGEX_YES) && regex_groups(r) + 1 == count;
    for (int i = 0; same && at >= 0 && i < count; i++)
        same = groups[i].start == registers.start[i] && groups[i].end == registers.end[i];
    same = same && regex_match(r, str_of(text, length), 0, flags, NULL, 0) == answer;
    if (!same) {
        printf("mode %u: %s on \"%s\" differs from glibc (groups:", mode, pattern, text);
        for (int i = 0; at >= 0 && answer == REGEX_YES && i < count; i++)
            printf(" %d,%d not %d,%d", (int)groups[i].start, (int)groups[i].end, (int)registers.start[i], (int)registers.end[i]);
        puts(")");
    }
    check(same);
    if (at >= 0) {
        free(registers.start);
        free(registers.end);
    }
}

/* Groups repeated within repeated groups can send glibc round in circles. */
static bool is_nested(const char *pattern)
{
    int repeated = 0;
    for (const char *at = strchr(pattern, ')'); at; at = strchr(at + 1, ')'))
        repeated += at[1] && strchr("*+?{\\", at[1]) && (at[1] != '\\' || (at[2] && strchr("+?{", at[2])));
    return repeated > 1;
}

static void compare_pattern(void)
{
    char pattern[2000] = "";
    unsigned mode = below(16);
    bool extended = mode & 1, utf8 = mode & 2, ignore = (mode & 12) == 12, lines = (mode & 12) == 4;
    if (below(3))
        draw_pattern(pattern, extended, 4);
    else
        draw_row(pattern, extended);
    if (strlen(pattern) > 200 || is_nested(pattern))
        return;
    reg_syntax_t syntax = (extended ? RE_SYNTAX_POSIX_EXTENDED : RE_SYNTAX_POSIX_BASIC) & ~RE_DOT_NOT_NULL;
    syntax &= ~RE_UNMATCHED_RIGHT_PAREN_ORD;
    unsigned flags = (utf8 ? REGEX_UTF8 : 0) | (ignore ? REGEX_FOLD : 0);
    if (lines) { /* GNU grep takes these from another parser, for which an operator after nothing is about nothing */
        if (extended && (strpbrk(pattern, "^${") || strchr("*+?|", pattern[0]) || strstr(pattern, "(*") || strstr(pattern, "(+") ||
                         strstr(pattern, "|*") || strstr(pattern, "|+") || strchr(pattern, '\\')))
            return;
        syntax = extended ? RE_SYNTAX_EGREP : RE_SYNTAX_GREP;
        flags |= REGEX_NEWLINE;
    }
    if (strchr(pattern, '|') && strpbrk(pattern, "^$"))
        return; /* which of two empty branches is preferred depends there on how glibc copies states */
    setlocale(LC_ALL, utf8 ? "C.UTF-8" : "C");
    struct re_pattern_buffer theirs = {0};
    theirs.fastmap = malloc(256);
    re_set_syntax(syntax | (ignore ? RE_ICASE : 0));
    const char *mistake = re_compile_pattern(pattern, strlen(pattern), &theirs), *message = NULL;
    theirs.newline_anchor = 0;
    open_heap();
    struct regex *r = compile(pattern, extended ? E : B, flags, &message);
    bool same = !mistake == (r != NULL) && (!mistake || strcmp(mistake, message) == 0);
    if (!same)
        printf("mode %u: %s: %s, not %s\n", mode, pattern, message ? message : "good", mistake ? mistake : "good");
    check(same);
    for (int i = 0; r && same && i < 5; i++) {
        static const char *const pieces[] = {"a", "b", "c", "a", "b", "ab", " ", "\303\251", "-", "_", "\377", "A", "B"};
        char text[100] = "";
        for (unsigned k = below(10); k > 0; k--)
            add(text, pieces, sizeof pieces / sizeof *pieces);
        compare_text(r, &theirs, pattern, mode, text, below(4) ? 0 : below(4));
    }
    close_heap();
    theirs.translate = NULL;
    regfree(&theirs);
}

/* \xNN is a byte. */
static void unescape(char *text)
{
    char *to = text;
    for (unsigned byte; *text; to++)
        if (text[0] == '\\' && text[1] == 'x' && sscanf(text + 2, "%2x", &byte) == 1)
            *to = (char)byte, text += 4;
        else
            *to = *text++;
    *to = 0;
}

/* Cases of others: on each line E or B, i for either case, a tab, the pattern, a tab, the text. */
static void try_file(const char *name)
{
    static char line[1 << 16];
    FILE *file = fopen(name, "r");
    check(file);
    signal(SIGALRM, on_alarm);
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *pattern = strchr(line, '\t'), *text = pattern ? strchr(pattern + 1, '\t') : NULL;
        check(text);
        if (!text)
            continue;
        *pattern++ = *text++ = 0;
        unescape(pattern);
        unescape(text);
        bool fold = strchr(line, 'i');
        struct re_pattern_buffer theirs = {.fastmap = malloc(256)};
        setlocale(LC_ALL, "C.UTF-8");
        reg_syntax_t syntax = line[0] == 'E' ? RE_SYNTAX_POSIX_EXTENDED : RE_SYNTAX_POSIX_BASIC;
        syntax &= ~(RE_DOT_NOT_NULL | RE_UNMATCHED_RIGHT_PAREN_ORD);
        re_set_syntax(syntax | (fold ? RE_ICASE : 0));
        const char *mistake = re_compile_pattern(pattern, strlen(pattern), &theirs), *message = NULL;
        theirs.newline_anchor = 0;
        open_heap();
        struct regex *r = compile(pattern, line[0] == 'E' ? E : B, REGEX_UTF8 | (fold ? REGEX_FOLD : 0), &message);
        bool same = !mistake == (r != NULL) && (!mistake || strcmp(mistake, message) == 0);
        if (!same)
            printf("%s: %s, not %s\n", pattern, message ? message : "good", mistake ? mistake : "good");
        check(same);
        if (r && same)
            compare_text(r, &theirs, pattern, 16, text, 0);
        close_heap();
        regfree(&theirs);
    }
    if (file)
        fclose(file);
}

static void try_glibc(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return;
    signal(SIGALRM, on_alarm);
    for (int i = 0; i < 6000; i++)
        compare_pattern();
}
#else
static void try_glibc(void)
{
}
static void try_file(const char *name)
{
    (void)name;
}
#endif

/* unit-regex [SEED]; unit-regex --file FILE */
int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--file") == 0) {
        try_file(arguments[2]);
        return kit_end();
    }
    kit_seed(count, arguments);
    try_cases();
    try_nul();
    try_slices();
    try_words();
    try_flushes();
    try_hostile();
    try_glibc();
    return kit_end();
}
