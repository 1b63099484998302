/* tests/unit/glob.c - shell patterns against what bash answers, against a model that recurses, and against size. */
#include "regex/glob.h"
#include "tests/unit/kit.h"

static struct heap heap;

/* As bash 5.2 answers: [[ text == pattern ]], and ${text#pattern} ## % %% and ${text/pattern/<>}. */
static const struct {
    const char *pattern, *text;
    bool matches;
    const char *rest[5];
} cases[] = {
    {"a", "a", true, {"", "", "", "", "<>"}},
    {"a*b", "ab", true, {"", "", "", "", "<>"}},
    {"a*b", "axxb", true, {"", "", "", "", "<>"}},
    {"a*b", "axxbc", false, {"c", "c", "axxbc", "axxbc", "<>c"}},
    {"?", "é", true, {"", "", "", "", "<>"}},
    {"?\?", "é", false, {"é", "é", "é", "é", "é"}},
    {"[à-ü]", "é", true, {"", "", "", "", "<>"}},
    {"[[:upper:]]", "É", true, {"", "", "", "", "<>"}},
    {"[[:upper:]]", "é", false, {"é", "é", "é", "é", "é"}},
    {"[[:alpha:][:digit:]]x", "9x", true, {"", "", "", "", "<>"}},
    {"[!a-c]", "d", true, {"", "", "", "", "<>"}},
    {"[^a-c]", "b", false, {"b", "b", "b", "b", "b"}},
    {"[]]", "]", true, {"", "", "", "", "<>"}},
    {"[!]]", "x", true, {"", "", "", "", "x"}},
    {"[a-]", "-", true, {"", "", "", "", "<>"}},
    {"[a", "[a", true, {"", "", "", "", "<>"}},
    {"[a-", "[a-", false, {"[a-", "[a-", "[a-", "[a-", "[a-"}},
    {"[", "[", true, {"", "", "", "", "<>"}},
    {"[]", "[]", true, {"", "", "", "", "<>"}},
    {"[[.hyphen.]]", "-", true, {"", "", "", "", "<>"}},
    {"[[.-.]-0]", "/", true, {"", "", "", "", "<>"}},
    {"[[=a=]b]", "a", true, {"", "", "", "", "<>"}},
    {"[[:foo:]a]", "a", true, {"", "", "", "", "<>"}},
    {"[\\]]", "]", true, {"", "", "", "", "<>"}},
    {"[\\a-\\c]", "b", true, {"", "", "", "", "<>"}},
    {"[c-a]", "b", false, {"b", "b", "b", "b", "b"}},
    {"[c-ab]", "b", true, {"", "", "", "", "<>"}},
    {"a\\*", "a*", true, {"", "", "", "", "<>"}},
    {"a\\*", "ab", false, {"ab", "ab", "ab", "ab", "ab"}},
    {"\\?", "?", true, {"", "", "", "", "<>"}},
    {"*.c", "x.c", true, {"", "", "x", "", "<>"}},
    {"*.c", ".c", true, {"", "", "", "", "<>"}},
    {"*a*b*c*", "xxaxxbxxcxx", true, {"xx", "", "xx", "", "<>"}},
    {"*a*b*c*", "xxcxxbxxa", false, {"xxcxxbxxa", "xxcxxbxxa", "xxcxxbxxa", "xxcxxbxxa", "xxcxxbxxa"}},
    {"@(a|b)", "b", true, {"", "", "", "", "<>"}},
    {"@(a|b)", "c", false, {"c", "c", "c", "c", "c"}},
    {"?(a)b", "b", true, {"", "", "", "", "<>"}},
    {"?(a)b", "aab", false, {"aab", "aab", "aa", "a", "a<>"}},
    {"*(a|b)", "abab", true, {"abab", "", "abab", "", "<>"}},
    {"*(a|b)", "", true, {"", "", "", "", "<>"}},
    {"+(a|b)", "", false, {"", "", "", "", ""}},
    {"+(a|b)c", "abac", true, {"", "", "ab", "", "<>"}},
    {"+(ab|a)b", "abab", true, {"ab", "", "ab", "", "<>"}},
    {"!(a)", "a", false, {"a", "a", "a", "a", "<>a"}},
    {"!(a)", "b", true, {"b", "", "b", "", "<>"}},
    {"!(a)", "", true, {"", "", "", "", ""}},
    {"!(a|b*)c", "bc", false, {"bc", "bc", "b", "b", "b<>"}},
    {"!(a|b*)c", "cc", true, {"c", "", "c", "", "<>"}},
    {"!()", "", false, {"", "", "", "", ""}},
    {"!()", "a", true, {"", "", "", "", "<>"}},
    {"@()", "", true, {"", "", "", "", ""}},
    {"a!(b)c", "abc", false, {"abc", "abc", "abc", "abc", "abc"}},
    {"a!(b)c", "abbc", true, {"", "", "", "", "<>"}},
    {"!(!(a))", "a", true, {"", "", "", "", "<>"}},
    {"!(!(a))", "b", false, {"b", "b", "b", "b", "b"}},
    {"!(*.c)", "x.c", false, {"x.c", "c", "x.c", "x.", "<>c"}},
    {"!(*.c)", "x.h", true, {"x.h", "", "x.h", "", "<>"}},
    {"*!(a)", "a", false, {"a", "a", "a", "a", "<>a"}},
    {"*!(a)", "", true, {"", "", "", "", "<>"}},
    {"a*!(b)", "ab", false, {"b", "b", "ab", "ab", "<>b"}},
    {"a*@(b|)", "a", false, {"a", "a", "a", "a", "a"}},
    {"a*@(b|)", "ab", true, {"", "", "", "", "<>"}},
    {"*(*(a))b", "aaab", true, {"", "", "aaa", "", "<>"}},
    {"+(!(a)b)", "xbyb", true, {"yb", "", "xby", "", "<>"}},
    {"@(a@(b|c)|d)e", "ace", true, {"", "", "", "", "<>"}},
    {"@(a|b|x@(a", "b", false, {"b", "b", "b", "b", "b"}},
    {"@(a[|)]b)", "a)b", true, {"", "", "", "", "<>"}},
    {"@((a|b))|(a", "b)", false, {"b)", "b)", "b)", "b)", "b)"}},
    {"@(a\\|b)|a", "b", false, {"b", "b", "b", "b", "b"}},
    {"@(a\\)b)", "a)b", true, {"", "", "", "", "<>"}},
    {"*@(.c|.h)", "x.h", true, {"", "", "x", "", "<>"}},
    {"+([0-9]).+([0-9])", "12.34", true, {"4", "", "1", "", "<>"}},
    {"+([[:space:]])", "   ", true, {"  ", "", "  ", "", "<>"}},
    {"*(foo|bar)*", "foobarx", true, {"foobarx", "", "foobarx", "", "<>"}},
    {"!(foo|bar)*", "foobar", true, {"foobar", "", "foobar", "", "<>"}},
    {"x?(y|z)*w", "xyw", true, {"", "", "", "", "<>"}},
    {"@(|a)@(|b)", "ab", true, {"ab", "", "ab", "", "<>"}},
    {"?*@(b|)", "b", false, {"b", "b", "b", "b", "b"}},
    {"a*?(b)", "a", true, {"", "", "", "", "<>"}},
    {"*b*!(x)y", "ab", true, {"", "", "a", "", "<>"}},
};

static void check_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str text = str_from(cases[i].text), r;
        struct glob *g = glob_compile(&heap, str_from(cases[i].pattern), GLOB_EXTENDED | GLOB_UTF8);
        bool good = glob_match(g, &heap, text) == cases[i].matches;
        for (int k = 0; k < 4; k++) {
            ptrdiff_t n = k < 2 ? glob_prefix(g, &heap, text, k & 1) : glob_suffix(g, &heap, text, k & 1);
            size_t cut = n < 0 ? 0 : (size_t)n;
            r = k < 2 ? str_after(text, cut) : str_first(text, text.length - cut);
            good = good && str_is(r, cases[i].rest[k]);
        }
        size_t start, end;
        struct buf b;
        buf_init(&b, &heap);
        if (glob_search(g, &heap, text, 0, &start, &end))
            buf_print(&b, "%S<>%S", str_first(text, start), str_after(text, end));
        else
            buf_add(&b, text);
        good = good && str_is(buf_str(&b), cases[i].rest[4]);
        if (!good)
            printf("%s on %s\n", cases[i].pattern, cases[i].text);
        check(good);
        buf_drop(&b);
        glob_free(&heap, g);
    }
}

static const struct {
    const char *pattern, *text;
    unsigned flags;
    bool matches;
} flagged[] = {
    {"*", "a/b", GLOB_PATH, false},
    {"*/b", "a/b", GLOB_PATH, true},
    {"a?b", "a/b", GLOB_PATH, false},
    {"a[!x]b", "a/b", GLOB_PATH, false},
    {"a[b/]c", "a[b/]c", GLOB_PATH, true},
    {"a[b/]c", "abc", GLOB_PATH, false},
    {"*", ".a", GLOB_PERIOD, false},
    {"?a", ".a", GLOB_PERIOD, false},
    {"[.]a", ".a", GLOB_PERIOD, false},
    {".*", ".a", GLOB_PERIOD, true},
    {"*/*", "a/.b", GLOB_PERIOD, true},
    {"*/*", "a/.b", GLOB_PERIOD | GLOB_PATH, false},
    {"@(*)", ".a", GLOB_PERIOD | GLOB_EXTENDED, false},
    {"!(x)", ".a", GLOB_PERIOD | GLOB_EXTENDED, false},
    {"@(.|x)a", ".a", GLOB_PERIOD | GLOB_EXTENDED, true},
    {"ab*", "abc/d/e", GLOB_LEADING_DIRECTORY, true},
    {"a", "a/d", GLOB_LEADING_DIRECTORY | GLOB_PATH, true},
    {"a", "ab/d", GLOB_LEADING_DIRECTORY | GLOB_PATH, false},
    {"ABc", "abC", GLOB_FOLD, true},
    {"[A-C]É", "bé", GLOB_FOLD | GLOB_UTF8, true},
    {"[[:upper:]]", "a", GLOB_FOLD, false},
    {"a\\*", "a\\x", GLOB_NO_ESCAPE, true},
    {"**/c", "a/b/c", GLOB_PATH | GLOB_STARSTAR, true},
    {"**/c", "c", GLOB_PATH | GLOB_STARSTAR, true},
    {"**/c", "xc", GLOB_PATH | GLOB_STARSTAR, false},
    {"a/**", "a/b/c", GLOB_PATH | GLOB_STARSTAR, true},
    {"a/**", "a", GLOB_PATH | GLOB_STARSTAR, false},
    {"a/**/b", "a/b", GLOB_PATH | GLOB_STARSTAR, true},
    {"a/**/b", "a/x/y/b", GLOB_PATH | GLOB_STARSTAR, true},
    {"a/**/*b/**/c", "a/b/b/x/c", GLOB_PATH | GLOB_STARSTAR, true},
    {"a**b", "a/b", GLOB_PATH | GLOB_STARSTAR, false},
    {"*.{c,h}", "x.h", GLOB_BRACES, true},
    {"*.{c,h}", "x.o", GLOB_BRACES, false},
    {"{a,b{c,d}}x", "bdx", GLOB_BRACES, true},
    {"{a,b", "{a,b", GLOB_BRACES, true},
    {"{**/a,b}", "x/y/a", GLOB_BRACES | GLOB_PATH | GLOB_STARSTAR, true},
    {"src/**/{a,b}.c", "src/x/b.c", GLOB_BRACES | GLOB_PATH | GLOB_STARSTAR, true},
    {"??", "é", 0, true},
    {"?", "\xff", GLOB_UTF8, true},
    {"??", "é\xff", GLOB_UTF8, false}, /* not all characters: all bytes */
    {"???", "é\xff", GLOB_UTF8, true},
};

static void check_flags(void)
{
    for (size_t i = 0; i < sizeof flagged / sizeof *flagged; i++) {
        struct glob *g = glob_compile(&heap, str_from(flagged[i].pattern), flagged[i].flags);
        bool good = glob_match(g, &heap, str_from(flagged[i].text)) == flagged[i].matches;
        if (!good)
            printf("%s on %s\n", flagged[i].pattern, flagged[i].text);
        check(good);
        glob_free(&heap, g);
    }
    check(glob_is_pattern(str_lit("a*"), 0));
    check(!glob_is_pattern(str_lit("a\\*"), 0));
    check(!glob_is_pattern(str_lit("a[b"), 0));
    check(glob_is_pattern(str_lit("a[b]"), 0));
    check(!glob_is_pattern(str_lit("@(a)"), 0));
    check(glob_is_pattern(str_lit("@(a)"), GLOB_EXTENDED));
    struct buf b;
    buf_init(&b, &heap);
    glob_escape(&b, str_lit("a*[b]?\\+(c)"));
    struct glob *g = glob_compile(&heap, buf_str(&b), GLOB_EXTENDED);
    check(glob_match(g, &heap, str_lit("a*[b]?\\+(c)")));
    check(!glob_match(g, &heap, str_lit("ab*[b]?\\+(c)")));
    glob_free(&heap, g);
    buf_drop(&b);
}

/* ---- a model that recurses: letters, ?, * and groups, closed ---- */

/* Behind the separator or the end of the group in which `p` is. */
static const char *scan(const char *p, const char *end, bool alternatives)
{
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '(')
            depth++;
        if (*p == ')' && depth-- == 0)
            return p + 1;
        if (*p == '|' && depth == 0 && alternatives)
            return p + 1;
    }
    return end + 1;
}

static bool model(const char *s, const char *se, const char *p, const char *pe);

static bool model_one_of(const char *s, const char *se, const char *p, const char *close)
{
    for (const char *next; p < close; p = next) {
        next = scan(p, close - 1, true);
        if (model(s, se, p, next - 1))
            return true;
        if (next == close && next[-2] != '|')
            break;
    }
    return p == close && p[-2] == '|' && s == se;
}

static bool model(const char *s, const char *se, const char *p, const char *pe)
{
    if (p == pe)
        return s == se;
    if (pe - p > 1 && p[1] == '(' && *p != 'a' && *p != 'b') {
        const char *close = scan(p + 2, pe, false);
        if ((*p == '*' || *p == '?') && model(s, se, close, pe))
            return true;
        for (const char *m = s; m <= se; m++) {
            bool inside = model_one_of(s, m, p + 2, close);
            if (inside == (*p == '!'))
                continue;
            if (model(m, se, close, pe) || ((*p == '*' || *p == '+') && m > s && model(m, se, p, pe)))
                return true;
        }
        return false;
    }
    if (*p == '*') { /* what follows must not match the empty end */
        p++;
        while (p < pe && (*p == '*' || *p == '?') && !(pe - p > 1 && p[1] == '('))
            if (*p++ == '?' && s++ == se)
                return false;
        for (; s < se; s++)
            if (p == pe || model(s, se, p, pe))
                return true;
        return p == pe;
    }
    return s < se && (*p == '?' || *p == *s) && model(s + 1, se, p + 1, pe);
}

/* A star is followed by no group that can be left out, and !( by none at all outside groups: there bash is odd. */
static void make_pattern(struct buf *b, int depth)
{
    bool star = false;
    for (unsigned n = below(4); n > 0; n--) {
        unsigned kind = below(10);
        if (kind < 4 || (depth == 3 && kind > 5)) {
            buf_add_byte(b, (char)('a' + below(2)));
        } else if (kind == 4) {
            buf_add_byte(b, '?');
            continue;
        } else if (kind == 5) {
            buf_add_byte(b, '*');
            star = true;
            continue;
        } else {
            char operator = "@+!?*"[below(star ? depth ? 3 : 2 : 5)];
            buf_add_byte(b, operator);
            buf_add_byte(b, '(');
            for (unsigned i = below(3);; i--) {
                make_pattern(b, depth + 1);
                if (i == 0)
                    break;
                buf_add_byte(b, '|');
            }
            buf_add_byte(b, ')');
            if (operator == '?' || operator == '*')
                continue;
        }
        star = false;
    }
}

static void check_model(void)
{
    for (int round = 0; round < 20000; round++) {
        struct buf b;
        char text[8];
        buf_init(&b, &heap);
        make_pattern(&b, 0);
        size_t length = below(sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)('a' + below(2));
        struct str t = {text, length};
        const char *p = buf_text(&b), *pe = p + b.length;
        struct glob *g = glob_compile(&heap, buf_str(&b), GLOB_EXTENDED);
        ptrdiff_t prefix[2] = {-1, -1}, suffix[2] = {-1, -1};
        for (size_t n = 0; n <= length; n++) {
            if (model(text, text + n, p, pe)) {
                prefix[0] = prefix[0] < 0 ? (ptrdiff_t)n : prefix[0];
                prefix[1] = (ptrdiff_t)n;
            }
            if (model(text + length - n, text + length, p, pe)) {
                suffix[0] = suffix[0] < 0 ? (ptrdiff_t)n : suffix[0];
                suffix[1] = (ptrdiff_t)n;
            }
        }
        bool good = glob_match(g, &heap, t) == model(text, text + length, p, pe);
        for (int i = 0; i < 2; i++)
            good = good && glob_prefix(g, &heap, t, i) == prefix[i] && glob_suffix(g, &heap, t, i) == suffix[i];
        if (!good)
            printf("%s on %.*s\n", p, (int)length, text);
        check(good);
        glob_free(&heap, g);
        buf_drop(&b);
    }
}

/* ---- size ---- */

/* Deep nesting, and texts on which backing up would not end. */
static void check_size(void)
{
    enum { DEEP = 100000 };
    const char *operators = "@!*+?";
    for (int k = 0; k < 5; k++) {
        struct buf b;
        buf_init(&b, &heap);
        for (int i = 0; i < DEEP; i++) {
            buf_add_byte(&b, operators[k]);
            buf_add_byte(&b, '(');
        }
        struct glob *open = glob_compile(&heap, buf_str(&b), GLOB_EXTENDED);
        check(glob_match(open, &heap, buf_str(&b)));
        glob_free(&heap, open);
        buf_add_byte(&b, 'a');
        buf_fill(&b, ')', DEEP);
        struct glob *g = glob_compile(&heap, buf_str(&b), GLOB_EXTENDED);
        check(glob_match(g, &heap, str_lit("a")));
        check(glob_match(g, &heap, str_lit("b")) == false);
        glob_free(&heap, g);
        buf_drop(&b);
    }
    struct buf text;
    buf_init(&text, &heap);
    buf_fill(&text, 'a', 2000);
    const char *slow[] = {"*(a)*(a)*(a)*(a)*(a)*(a)*(a)*(a)*(a)*(a)b", "*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "*(*(*(*(a|aa)|a)|a)|a)b",
                          "*!(a*!(*a*)b)*b", "+(!(*(a)b)a)b", "!(*!(*!(*a*)))b"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        struct glob *g = glob_compile(&heap, str_from(slow[i]), GLOB_EXTENDED);
        check(!glob_match(g, &heap, buf_str(&text)));
        glob_free(&heap, g);
    }
    int64_t before = meter.fuel;
    struct glob *g = glob_compile(&heap, str_lit("*b"), 0);
    glob_match(g, &heap, buf_str(&text));
    check(meter.fuel <= before);
    glob_free(&heap, g);
    buf_drop(&text);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    heap_init(&heap, &meter);
    check_cases();
    check_flags();
    check_model();
    check_size();
    heap_drop(&heap);
    return kit_end();
}
