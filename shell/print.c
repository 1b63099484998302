/* shell/print.c - shell text made from values: quoting, declarations, prompts. (Functions: shell/reprint.c) */
#include "shell/print.h"

#include "base/date.h"
#include "shell/arith.h"
#include "shell/parser.h"
#include "shell/vm.h"
#include "task/system.h"

/* --- quoting -------------------------------------------------------------------------------- */

void quote_single(struct buf *out, struct str s)
{
    if (str_is(s, "'")) {
        buf_add_text(out, "\\'");
        return;
    }
    buf_add_byte(out, '\'');
    while (s.length) {
        ptrdiff_t quote = str_find(s, '\'');
        buf_add(out, quote < 0 ? s : str_first(s, (size_t)quote));
        if (quote >= 0)
            buf_add_text(out, "'\\''");
        s = quote < 0 ? (struct str){0} : str_after(s, (size_t)quote + 1);
    }
    buf_add_byte(out, '\'');
}

static bool is_shown(struct utf8_char c)
{
    return c.valid && utf8_is(c.code, UTF8_PRINT, LOCALE_UTF8);
}

/* Is there anything that only $'...' shows? */
static bool needs_escapes(struct str s)
{
    for (size_t i = 0; i < s.length;) {
        struct utf8_char c = utf8_first(str_after(s, i), LOCALE_UTF8);
        if (!is_shown(c))
            return true;
        i += c.length;
    }
    return false;
}

static void add_octal(struct buf *out, unsigned char byte)
{
    buf_add_byte(out, '\\');
    buf_add_byte(out, (char)('0' + (byte >> 6)));
    buf_add_byte(out, (char)('0' + (byte >> 3 & 7)));
    buf_add_byte(out, (char)('0' + (byte & 7)));
}

static void add_escaped(struct buf *out, struct str s)
{
    static const char from[] = "\a\b\033\f\n\r\t\v\\'", to[] = "abEfnrtv\\'";
    buf_add_text(out, "$'");
    for (size_t i = 0; i < s.length;) {
        struct utf8_char c = utf8_first(str_after(s, i), LOCALE_UTF8);
        const char *at = s.data[i] ? strchr(from, s.data[i]) : NULL;
        if (at) {
            buf_add_byte(out, '\\');
            buf_add_byte(out, to[at - from]);
            i++;
        } else if (is_shown(c)) {
            buf_add(out, str_first(str_after(s, i), c.length));
            i += c.length;
        } else { /* byte by byte: what follows begins no character */
            add_octal(out, (unsigned char)s.data[i++]);
        }
    }
    buf_add_byte(out, '\'');
}

/* Does the shell read anything into these bytes? */
static bool has_specials(struct str s)
{
    for (size_t i = 0; i < s.length; i++) {
        char c = s.data[i];
        if (c && strchr(" \t\n'\"\\|&;()<>!{}*[]?^$`", c))
            return true;
        if (c == '~' && (i == 0 || s.data[i - 1] == '=' || s.data[i - 1] == ':'))
            return true;
        if (c == '#' && i == 0)
            return true;
    }
    return false;
}

void quote_shell(struct buf *out, struct str s)
{
    if (!s.length)
        buf_add_text(out, "''");
    else if (needs_escapes(s))
        add_escaped(out, s);
    else
        quote_single(out, s);
}

void quote_words(struct buf *out, struct str s)
{
    if (!s.length) {
        buf_add_text(out, "''");
        return;
    }
    if (needs_escapes(s)) {
        add_escaped(out, s);
        return;
    }
    for (size_t i = 0; i < s.length; i++) {
        char c = s.data[i];
        bool special = c && strchr(" !\"$&'()*,;<>?[\\]^`{|}", c);
        special |= c == '#' && i == 0;
        special |= c == '~' && (i == 0 || s.data[i - 1] == ':' || s.data[i - 1] == '=');
        if (special)
            buf_add_byte(out, '\\');
        buf_add_byte(out, c);
    }
}

static void add_double(struct buf *out, struct str s)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] == '"' || s.data[i] == '\\' || s.data[i] == '$' || s.data[i] == '`')
            buf_add_byte(out, '\\');
        buf_add_byte(out, s.data[i]);
    }
    buf_add_byte(out, '"');
}

void quote_double(struct buf *out, struct str s)
{
    if (needs_escapes(s))
        add_escaped(out, s);
    else
        add_double(out, s);
}

void quote_needed(struct buf *out, struct str s)
{
    if (needs_escapes(s))
        add_escaped(out, s);
    else if (has_specials(s))
        quote_single(out, s);
    else
        buf_add(out, s);
}

void quote_trace(struct buf *out, struct str s)
{
    if (has_specials(s))
        quote_single(out, s);
    else if (needs_escapes(s))
        add_escaped(out, s);
    else
        buf_add(out, s);
}

void quote_shown(struct buf *out, struct str s)
{
    if (needs_escapes(s))
        add_escaped(out, s);
    else
        buf_add(out, s);
}

void quote_key(struct buf *out, struct str s)
{
    if (needs_escapes(s))
        add_escaped(out, s);
    else if (has_specials(s) || str_is(s, "@"))
        add_double(out, s);
    else
        buf_add(out, s);
}

void add_ansi_escapes(struct buf *out, struct str s)
{
    add_ansi(out, s);
}

/* --- declarations --------------------------------------------------------------------------- */

struct printing {
    struct buf *out;
    bool keys_quoted, values_quoted, pairs, any;
};

static void print_element(void *user, struct str key, struct str value)
{
    struct printing *p = user;
    if (p->any)
        buf_add_byte(p->out, ' ');
    p->any = true;
    if (!p->pairs) {
        buf_add_byte(p->out, '[');
        quote_key(p->out, key);
        buf_add_text(p->out, "]=");
        quote_double(p->out, value);
        return;
    }
    if (p->keys_quoted)
        quote_key(p->out, key);
    else
        buf_add(p->out, key);
    buf_add_byte(p->out, ' ');
    if (p->values_quoted)
        quote_double(p->out, value);
    else
        buf_add(p->out, value);
}

void elements_print(struct shell *sh, struct str name, uint32_t hash, struct buf *out)
{
    bool assoc = false;
    struct printing p = {.out = out};
    var_is_array(sh, name, hash, &assoc);
    buf_add_byte(out, '(');
    var_each(sh, name, hash, print_element, &p);
    if (assoc && p.any)
        buf_add_byte(out, ' ');
    buf_add_byte(out, ')');
}

bool attributes_print(uint32_t flags, struct buf *out)
{
    static const struct {
        uint32_t flag;
        char letter;
    } letters[] = {{VAR_ARRAY, 'a'}, {VAR_ASSOC, 'A'}, {VAR_INTEGER, 'i'}, {VAR_NAMEREF, 'n'}, {VAR_READONLY, 'r'},
                   {VAR_TRACE, 't'}, {VAR_EXPORT, 'x'}, {VAR_CAPITAL, 'c'}, {VAR_LOWER, 'l'}, {VAR_UPPER, 'u'}};
    bool any = false;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (flags & letters[i].flag) {
            buf_add_byte(out, letters[i].letter);
            any = true;
        }
    return any;
}

static void add_declare(uint32_t flags, struct buf *out)
{
    size_t before = out->length;
    buf_add_text(out, "declare -");
    if (attributes_print(flags, out))
        buf_add_byte(out, ' ');
    else
        out->length = before;
}

static void print_parameters(struct shell *sh, struct buf *out)
{
    size_t count = shell_param_count(sh);
    struct str value;
    buf_add_text(out, "set --");
    for (size_t i = 1; i <= count; i++)
        if (shell_param(sh, i, &value)) {
            buf_add_byte(out, ' ');
            quote_shell(out, value);
        }
}

void declaration_print(struct shell *sh, struct str name, uint32_t hash, bool set, struct buf *out)
{
    if (str_is(name, "@") || str_is(name, "*")) {
        print_parameters(sh, out);
        return;
    }
    struct variable *v = var_find(sh, name, hash);
    bool assoc = false, array = var_is_array(sh, name, hash, &assoc);
    uint32_t flags = v ? v->flags : 0;
    if (!v && !array && !set)
        return;
    if (array)
        flags |= assoc ? VAR_ASSOC : VAR_ARRAY;
    size_t before = out->length;
    add_declare(flags, out);
    if (array) {
        buf_add(out, name);
        if (!v || v->flags & VAR_SET || var_count(sh, name, hash)) {
            buf_add_byte(out, '=');
            elements_print(sh, name, hash, out);
        }
        return;
    }
    struct made made;
    struct str value;
    if (var_value(sh, name, hash, &made, &value)) {
        buf_print(out, "%S=", name);
        quote_shell(out, value);
    } else if (out->length > before) { /* no value, but attributes */
        buf_add(out, name);
    }
}

void value_declaration_print(struct shell *sh, struct str name, uint32_t hash, bool set, struct str value, struct buf *out)
{
    if (str_is(name, "@") || str_is(name, "*")) {
        print_parameters(sh, out);
        return;
    }
    if (!var_follow(sh, &name, &hash))
        return;
    struct variable *v = var_find(sh, name, hash);
    size_t before = out->length;
    if (name.length && !shell_is_name(name)) { /* a positional parameter: ${1@A} is nothing */
        return;
    }
    if (v)
        add_declare(v->flags, out);
    if (set) {
        buf_print(out, "%S=", name);
        quote_shell(out, value);
    } else if (out->length > before) {
        buf_add(out, name);
    }
}

void pairs_print(struct shell *sh, struct str name, uint32_t hash, bool quoted, struct buf *out)
{
    struct printing p = {.out = out, .pairs = true, .keys_quoted = quoted, .values_quoted = quoted};
    bool assoc = false;
    struct made made;
    struct str value;
    if (!var_is_array(sh, name, hash, &assoc)) {
        if (var_value(sh, name, hash, &made, &value))
            quote_shell(out, value);
        return;
    }
    var_each(sh, name, hash, print_element, &p);
    if (assoc && p.any && quoted)
        buf_add_byte(out, ' ');
}

/* --- prompts -------------------------------------------------------------------------------- */

static void add_arithmetic(struct shell *sh, const struct instruction *i)
{
    struct buf digits;
    int64_t value;
    struct str text;
    if (i->op == OP_ARITH_OPEN) {
        param_open(sh, NULL);
        return;
    }
    if (i->op == OP_ARITH_CLOSE) {
        text = str_copy(sh->heap, word_plain(sh));
        param_drop(sh, sh->param_depth - 1);
    } else {
        text = str_copy(sh->heap, sh->code->strings[i->a].text);
    }
    if (arith_evaluate(sh, text, "", &value) == 0) {
        buf_init(&digits, sh->heap);
        buf_print(&digits, "%jd", (intmax_t)value);
        word_add(sh, buf_str(&digits), SEGMENT_QUOTED);
        buf_drop(&digits);
    }
    heap_free(sh->heap, (void *)(uintptr_t)text.data);
}

/* Runs the code of a text without words that wait: parameters and arithmetic. Substitutions are passed over. */
static void run_text(struct shell *sh, struct code *code)
{
    size_t depth = sh->param_depth;
    sh->pc = 0;
    while (sh->pc < code->length && !sh->leave) {
        const struct instruction *i = &code->at[sh->pc];
        int next = sh->pc + 1;
        meter_charge(&sh->sandbox->meter, 1);
        switch ((enum op)i->op) {
        case OP_NOP:
        case OP_GOTO:
        case OP_SUBSTITUTE:
        case OP_PROCESS: next = i->a; break;
        case OP_TEXT: word_add(sh, code->strings[i->a].text, i->flags & CODE_QUOTED ? SEGMENT_QUOTED : SEGMENT_LITERAL); break;
        case OP_VARIABLE: param_variable(sh, i); break;
        case OP_SPECIAL: param_special(sh, (char)i->a, i->flags); break;
        case OP_PARAM_OPEN: param_open(sh, &code->expansions[i->a]); break;
        case OP_PARAM_SUBSCRIPT: param_subscript(sh); break;
        case OP_PARAM_TEST:
            if (!param_test(sh, &code->expansions[i->a]) && !sh->leave)
                next = i->b;
            break;
        case OP_PARAM_WORD: param_word(sh, i->flags); break;
        case OP_PARAM_CLOSE: param_close(sh, &code->expansions[i->a]); break;
        case OP_ARITH:
        case OP_ARITH_OPEN:
        case OP_ARITH_CLOSE: add_arithmetic(sh, i); break;
        case OP_TILDE: tilde_expand(sh, code->strings[i->a].text); break;
        default: return;
        }
        sh->pc = next;
    }
    param_drop(sh, depth);
}

static void release_heap(void *heap, struct meter *m)
{
    (void)m;
    heap_drop(heap);
}

/* Expansions in a prompt that has been decoded, as inside of double quotes; or of a word. */
static void expand_text(struct shell *sh, struct str text, bool word, struct buf *out)
{
    struct source s = {.text = text, .line = 1, .ended = true};
    struct code *code = NULL;
    struct hold *hold = heap_hold(sh->heap, code_release);
    enum parse_answer answer = word ? parse_word(&s, sh->heap, &code) : parse_text(&s, sh->heap, &code);
    buf_drop(&s.message);
    buf_drop(&s.warning);
    if (answer != PARSE_CODE) {
        heap_unhold(sh->heap, hold);
        buf_add(out, text);
        return;
    }
    /* the word being built, the code, an error under way and scratch memory are put aside */
    struct code *outer = sh->code;
    hold->thing = outer; /* what runs now may not return */
    sh->code = code;
    int pc = sh->pc, leave_count = sh->leave_count, status = sh->status;
    enum leave leave = sh->leave;
    size_t word_text = sh->words.text, word_segment = sh->words.segment;
    struct heap *scratch = heap_new(sh->heap, struct heap);
    heap_init(scratch, &sh->sandbox->meter);
    struct hold *scratch_hold = heap_hold(sh->heap, release_heap);
    heap_move(scratch, &sh->scratch);
    scratch_hold->thing = scratch;
    struct buf result;
    buf_init(&result, sh->heap);
    sh->words.text = sh->words.bytes.length;
    sh->words.segment = sh->words.segment_count;
    sh->leave = LEAVE_NOTHING;
    sh->in_prompt = true;
    run_text(sh, code);
    buf_add(&result, word_plain(sh));
    word_reset(sh);
    sh->in_prompt = false;
    sh->words.text = word_text;
    sh->words.segment = word_segment;
    sh->code = outer;
    hold->thing = NULL;
    heap_unhold(sh->heap, hold);
    sh->pc = pc;
    sh->leave = leave;
    sh->leave_count = leave_count;
    sh->status = status;
    code_release(code, &sh->sandbox->meter);
    heap_drop(&sh->scratch);
    heap_move(&sh->scratch, scratch);
    scratch_hold->thing = NULL;
    heap_unhold(sh->heap, scratch_hold);
    heap_free(sh->heap, scratch);
    buf_add(out, buf_str(&result));
    buf_drop(&result);
}

/* Bytes that the expansion that follows leaves as they are. */
static void add_protected(struct buf *out, struct str s, bool protect)
{
    for (size_t i = 0; i < s.length; i++) {
        if (protect && (s.data[i] == '$' || s.data[i] == '`' || s.data[i] == '\\' || s.data[i] == '"'))
            buf_add_byte(out, '\\');
        buf_add_byte(out, s.data[i]);
    }
}

static void add_time(struct shell *sh, struct buf *out, struct str format)
{
    struct date_zone zone;
    struct date date;
    struct str tz = {0};
    int64_t now = sandbox_now(sh->sandbox);
    struct date_time time = {now / 1000000000, (int32_t)(now % 1000000000)};
    shell_get(sh, str_lit("TZ"), &tz);
    date_zone_init(&zone, tz);
    if (date_local(&date, time, &zone))
        date_print(out, format, &date);
}

static void add_directory(struct shell *sh, struct buf *out, bool last_only, bool protect)
{
    struct str directory, home = {0}, trim = {0};
    struct buf path;
    buf_init(&path, sh->heap);
    directory = text_str(sh->state.directory);
    shell_get(sh, str_lit("HOME"), &home);
    bool at_home = home.length > 1 && directory.length >= home.length && memcmp(directory.data, home.data, home.length) == 0 &&
                   (directory.length == home.length || directory.data[home.length] == '/');
    if (last_only && !(at_home && directory.length == home.length)) {
        ptrdiff_t slash = str_find_last(directory, '/');
        buf_add(&path, directory.length > 1 && slash >= 0 ? str_after(directory, (size_t)slash + 1) : directory);
    } else if (at_home) {
        buf_add_byte(&path, '~');
        buf_add(&path, str_after(directory, home.length));
    } else {
        buf_add(&path, directory);
    }
    struct str shown = buf_str(&path);
    size_t keep = 0;
    if (!last_only && shell_get(sh, str_lit("PROMPT_DIRTRIM"), &trim))
        for (size_t i = 0; i < trim.length && trim.data[i] >= '0' && trim.data[i] <= '9' && keep < 10000; i++)
            keep = keep * 10 + (size_t)(trim.data[i] - '0');
    if (keep) { /* only that many directories at the end */
        size_t root = shown.length && shown.data[0] == '~' ? 1 : 0, at = shown.length, seen = 0;
        while (at > root && seen < keep)
            seen += shown.data[--at] == '/';
        if (seen == keep && at > root + 3) {
            add_protected(out, str_first(shown, root), protect);
            if (root)
                buf_add_byte(out, '/');
            buf_add_text(out, "...");
            shown = str_after(shown, at);
        }
    }
    add_protected(out, shown, protect);
    buf_drop(&path);
}

static struct str user_name(const struct shell *sh)
{
    uint32_t user = sh->task->who.user;
    return user == 0 ? str_lit("root") : user == 1000 ? str_lit("user") : user == 65534 ? str_lit("nobody") : str_lit("I have no name!");
}

static struct str shell_name(const struct shell *sh)
{
    struct str name = text_str(sh->state.name);
    ptrdiff_t slash = str_find_last(name, '/');
    return slash >= 0 ? str_after(name, (size_t)slash + 1) : name;
}

static int job_count(const struct shell *sh)
{
    int count = 0;
    for (const struct job *j = sh->jobs; j; j = j->next)
        count += j->number > 0 && j->left > 0;
    return count;
}

/* One escape behind a backslash at `at`: how many bytes it has. */
static size_t add_escape(struct shell *sh, struct str s, size_t at, struct buf *out, bool protect)
{
    char c = s.data[at];
    struct str rest = str_after(s, at + 1);
    struct str host = str_lit(SYSTEM_NODE);
    switch (c) {
    case 'u': add_protected(out, user_name(sh), protect); return 1;
    case 'h':
    case 'H':
        shell_get(sh, str_lit("HOSTNAME"), &host);
        if (c == 'h' && str_find(host, '.') > 0)
            host = str_first(host, (size_t)str_find(host, '.'));
        add_protected(out, host, protect);
        return 1;
    case 'w':
    case 'W': add_directory(sh, out, c == 'W', protect); return 1;
    case '$': buf_add_text(out, sh->task->who.user == 0 ? "#" : protect ? "\\$" : "$"); return 1;
    case 't': add_time(sh, out, str_lit("%H:%M:%S")); return 1;
    case 'T': add_time(sh, out, str_lit("%I:%M:%S")); return 1;
    case '@': add_time(sh, out, str_lit("%I:%M %p")); return 1;
    case 'A': add_time(sh, out, str_lit("%H:%M")); return 1;
    case 'd': add_time(sh, out, str_lit("%a %b %d")); return 1;
    case 'D': {
        if (!rest.length || rest.data[0] != '{')
            break;
        ptrdiff_t end = str_find(rest, '}');
        struct str format = end < 0 ? str_after(rest, 1) : str_of(rest.data + 1, (size_t)end - 1);
        struct buf text;
        buf_init(&text, sh->heap);
        add_time(sh, &text, format.length ? format : str_lit("%H:%M:%S"));
        add_protected(out, buf_str(&text), protect);
        buf_drop(&text);
        return end < 0 ? 1 + rest.length : 2 + (size_t)end;
    }
    case 'j': buf_print(out, "%d", job_count(sh)); return 1;
    case 'l': buf_add_text(out, "tty"); return 1;
    case 's': add_protected(out, shell_name(sh), protect); return 1;
    case 'v': buf_add_text(out, "5.2"); return 1;
    case 'V': buf_add_text(out, "5.2.15"); return 1;
    case '!':
    case '#': buf_add_byte(out, '1'); return 1;
    case '[':
    case ']': return 1;
    case 'n': buf_add_byte(out, '\n'); return 1;
    case 'r': buf_add_byte(out, '\r'); return 1;
    case 'a': buf_add_byte(out, '\a'); return 1;
    case 'e': buf_add_byte(out, '\033'); return 1;
    case '\\': buf_add_byte(out, '\\'); return 1;
    default: break;
    }
    if (c >= '0' && c <= '7') {
        unsigned value = 0;
        size_t k = 0;
        while (k < 3 && at + k < s.length && s.data[at + k] >= '0' && s.data[at + k] <= '7')
            value = value * 8 + (unsigned)(s.data[at + k++] - '0');
        if (value & 255)
            buf_add_byte(out, (char)value);
        return k;
    }
    buf_add_byte(out, '\\');
    buf_add_byte(out, c);
    return 1;
}

struct str subscript_expand(struct shell *sh, struct str text, struct buf *store)
{
    buf_init(store, sh->heap);
    if (has_substitution(text) && foreseen(sh, text, false, store))
        return buf_str(store);
    for (size_t i = 0; i < text.length; i++)
        if (strchr("$\"'\\`", text.data[i])) {
            expand_text(sh, text, true, store);
            return buf_str(store);
        }
    return text;
}

void prompt_expand(struct shell *sh, struct str s, struct buf *out)
{
    bool expand = sh->state.shopt & (uint64_t)1 << SHOPT_PROMPTVARS && !sh->in_prompt;
    if (str_find(s, '\\') < 0 && (!expand || (str_find(s, '$') < 0 && str_find(s, '`') < 0))) {
        buf_add(out, s);
        return;
    }
    struct buf text;
    buf_init(&text, sh->heap);
    for (size_t i = 0; i < s.length;) {
        if (s.data[i] != '\\' || i + 1 == s.length)
            buf_add_byte(&text, s.data[i++]);
        else
            i += 1 + add_escape(sh, s, i + 1, &text, expand);
    }
    if (expand && has_substitution(buf_str(&text)) && foreseen(sh, buf_str(&text), true, out)) {
        buf_drop(&text);
        return;
    }
    if (expand)
        expand_text(sh, buf_str(&text), false, out);
    else
        buf_add(out, buf_str(&text));
    buf_drop(&text);
}
