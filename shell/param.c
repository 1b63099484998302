/* shell/param.c - parameter expansion (POSIX XCU 2.6.2 and bash's operators), tilde expansion. */
#include "shell/vm.h"

#include "base/quote.h"
#include "regex/glob.h"
#include "shell/arith.h"
#include "shell/print.h"

static enum segment_kind kind_for(int flags)
{
    return flags & CODE_QUOTED ? SEGMENT_QUOTED : flags & CODE_ASSIGNED ? SEGMENT_LITERAL : SEGMENT_SPLIT;
}

/* Of a shell that an expansion ends: bash -c has a status of its own for it. */
static int fatal_status(const struct shell *sh)
{
    return sh->one_command && (!sh->subshell || sh->stage) && !(sh->state.options & OPT_ERREXIT) ? 127 : 1;
}

void unbound(struct shell *sh, struct str name)
{
    shell_error(sh, "%S: unbound variable", name);
    sh->status = 1;
    shell_leave(sh, LEAVE_EXIT, fatal_status(sh));
}

/* --- many values: $@, $*, a[@], ${!a[@]} ------------------------------------------------------- */

struct many {
    struct shell *sh;
    struct str *values;
    size_t count;
};

static void add_value(struct many *m, struct str value)
{
    m->values = array_grow(&m->sh->scratch, m->values, m->count, sizeof *m->values);
    m->values[m->count++] = str_copy(&m->sh->scratch, value);
}

static void each_value(void *user, struct str key, struct str value)
{
    (void)key;
    add_value(user, value);
}

static void each_key(void *user, struct str key, struct str value)
{
    (void)value;
    add_value(user, key);
}

static void each_pair(void *user, struct str key, struct str value)
{
    add_value(user, key);
    add_value(user, value);
}

static void collect_params(struct many *m)
{
    size_t count = shell_param_count(m->sh);
    struct str value;
    for (size_t i = 1; i <= count; i++)
        if (shell_param(m->sh, i, &value)) {
            m->values = array_grow(&m->sh->scratch, m->values, m->count, sizeof *m->values);
            m->values[m->count++] = value; /* counted by the frame: stays while the word is built */
        }
    meter_charge(&m->sh->sandbox->meter, (int64_t)count);
}

/* Adds them as $@ (star false) or $* would be. */
static void add_many(struct shell *sh, const struct many *m, bool star, int flags)
{
    struct str ifs = shell_ifs(sh);
    bool quoted = flags & CODE_QUOTED, assigned = flags & (CODE_ASSIGNED | CODE_HERE);
    if ((quoted && star) || assigned) { /* one field, joined by the first character of IFS, or by spaces for $@ */
        struct str joint = star ? str_first(ifs, 1) : str_lit(" ");
        if (star && ifs.length && (unsigned char)ifs.data[0] >= 0x80)
            joint = str_first(ifs, utf8_first(ifs, shell_locale(sh)).length);
        if (m->count == 0 && star && quoted)
            word_add(sh, (struct str){0}, SEGMENT_QUOTED);
        for (size_t i = 0; i < m->count; i++) {
            if (i)
                word_add(sh, joint, quoted ? SEGMENT_QUOTED : SEGMENT_LITERAL);
            word_add(sh, m->values[i], quoted ? SEGMENT_QUOTED : SEGMENT_LITERAL);
        }
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (i)
            word_break(sh);
        word_add(sh, m->values[i], quoted ? SEGMENT_QUOTED : SEGMENT_SPLIT);
    }
}

/* Is it a nameref to all elements of an array? Then *array is that, and *star tells which all. */
static bool refers_to_all(struct shell *sh, struct str name, uint32_t hash, struct str *array, bool *star)
{
    struct variable *v = var_find(sh, name, hash);
    struct str subscript;
    if (!v || !(v->flags & VAR_NAMEREF) || !var_follow(sh, &name, &hash) || !var_split(name, array, &subscript))
        return false;
    *star = str_is(subscript, "*");
    return *star || str_is(subscript, "@");
}

void param_variable(struct shell *sh, const struct instruction *i)
{
    const struct string *name = &sh->code->strings[i->a];
    struct made made;
    struct str value = {0}, array;
    bool star;
    if (refers_to_all(sh, name->text, name->hash, &array, &star)) {
        struct many m = {.sh = sh};
        var_each(sh, array, code_hash(array), each_value, &m);
        add_many(sh, &m, star, i->flags);
        heap_clear(&sh->scratch);
        return;
    }
    if (!var_value(sh, name->text, name->hash, &made, &value) && sh->state.options & OPT_NOUNSET) {
        unbound(sh, name->text);
        return;
    }
    meter_charge_bytes(&sh->sandbox->meter, &sh->rest, value.length);
    word_add(sh, value, kind_for(i->flags));
}

static struct str number_text(struct made *m, uint64_t value)
{
    size_t at = sizeof m->digits;
    do
        m->digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    return str_of(m->digits + at, sizeof m->digits - at);
}

static struct str option_letters(struct shell *sh, struct made *m)
{
    static const struct { uint64_t bit; char letter; } letters[] = {
        {OPT_ALLEXPORT, 'a'}, {OPT_NOTIFY, 'b'}, {OPT_ERREXIT, 'e'}, {OPT_NOGLOB, 'f'}, {OPT_HASHALL, 'h'}, {OPT_KEYWORD, 'k'},
        {OPT_MONITOR, 'm'}, {OPT_NOEXEC, 'n'}, {OPT_PRIVILEGED, 'p'}, {OPT_ONECMD, 't'}, {OPT_NOUNSET, 'u'}, {OPT_VERBOSE, 'v'},
        {OPT_XTRACE, 'x'}, {OPT_BRACEEXPAND, 'B'}, {OPT_NOCLOBBER, 'C'}, {OPT_ERRTRACE, 'E'}, {OPT_HISTEXPAND, 'H'},
        {OPT_PHYSICAL, 'P'}, {OPT_FUNCTRACE, 'T'}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (sh->state.options & letters[i].bit)
            m->digits[n++] = letters[i].letter;
    if (sh->one_command)
        m->digits[n++] = 'c';
    else if (sh->reads_input)
        m->digits[n++] = 's';
    return str_of(m->digits, n);
}

/* The value of a special or positional parameter that is one value; false when unset. */
static bool special_value(struct shell *sh, struct str name, struct made *m, struct str *value)
{
    char c = name.data[0];
    if (c >= '0' && c <= '9') {
        uint64_t number = 0;
        for (size_t i = 0; i < name.length; i++)
            number = number < 1000000000 ? number * 10 + (uint64_t)(name.data[i] - '0') : number;
        if (number == 0) {
            *value = text_str(sh->state.name);
            return true;
        }
        return shell_param(sh, (size_t)number, value);
    }
    switch (c) {
    case '#': *value = number_text(m, shell_param_count(sh)); return true;
    case '?': *value = number_text(m, (uint64_t)sh->status); return true;
    case '$': *value = number_text(m, sh->state.number); return true;
    case '!':
        if (!sh->state.background)
            return false;
        *value = number_text(m, sh->state.background);
        return true;
    case '-': *value = option_letters(sh, m); return true;
    default: return false;
    }
}

void param_special(struct shell *sh, char which, int flags)
{
    struct made made;
    struct str value = {0};
    if (which == '@' || which == '*') {
        struct many m = {.sh = sh};
        collect_params(&m);
        add_many(sh, &m, which == '*', flags);
        heap_clear(&sh->scratch);
        return;
    }
    if (!special_value(sh, str_of(&which, 1), &made, &value) && sh->state.options & OPT_NOUNSET) {
        char name[2] = {'$', which};
        unbound(sh, str_of(name, 2));
        return;
    }
    word_add(sh, value, kind_for(flags));
}

/* --- frames of ${...} ---------------------------------------------------------------------------- */

void param_open(struct shell *sh, const struct expansion *e)
{
    (void)e;
    sh->params = array_grow(sh->heap, sh->params, sh->param_depth, sizeof *sh->params);
    sh->params[sh->param_depth++] = (struct param_frame){.text = sh->words.text, .segment = sh->words.segment};
    sh->words.text = sh->words.bytes.length;
    sh->words.segment = sh->words.segment_count;
}

static struct param_frame *frame(struct shell *sh)
{
    return &sh->params[sh->param_depth - 1];
}

void param_subscript(struct shell *sh)
{
    struct param_frame *f = frame(sh);
    f->subscript = str_copy(sh->heap, word_plain(sh));
    f->has_subscript = true;
    word_reset(sh);
}

void param_word(struct shell *sh, int which)
{
    struct param_frame *f = frame(sh);
    (void)which;
    const struct expansion *e = NULL;
    (void)e;
    f->word[f->words] = f->words == 0 ? word_pattern(sh) : str_copy(sh->heap, word_plain(sh));
    if (f->words == 1)
        f->replacement = word_pattern(sh);
    else
        f->plain = str_copy(sh->heap, word_plain(sh));
    f->words++;
    word_reset(sh);
}

static void close_frame(struct shell *sh)
{
    struct param_frame *f = frame(sh);
    heap_free(sh->heap, (void *)(uintptr_t)f->subscript.data);
    heap_free(sh->heap, (void *)(uintptr_t)f->word[0].data);
    heap_free(sh->heap, (void *)(uintptr_t)f->word[1].data);
    heap_free(sh->heap, (void *)(uintptr_t)f->plain.data);
    heap_free(sh->heap, (void *)(uintptr_t)f->replacement.data);
    sh->words.text = f->text;
    sh->words.segment = f->segment;
    sh->param_depth--;
}

void param_drop(struct shell *sh, size_t depth)
{
    while (sh->param_depth > depth) {
        word_reset(sh);
        close_frame(sh);
    }
}

/* --- what a ${...} names ----------------------------------------------------------------------------- */

/* The thing expanded: one value, or many. */
struct subject {
    struct str name;       /* after indirection */
    uint32_t hash;
    struct str subscript;
    bool has_subscript, all, star;
    bool set, many, bad;
    bool reference;        /* ${!ref}: `value` is the name */
    struct str value;
    struct made made;
    struct many list;
};

static bool is_special_name(struct str name)
{
    return name.length && !(name.data[0] == '_' || (name.data[0] >= 'a' && name.data[0] <= 'z') ||
                            (name.data[0] >= 'A' && name.data[0] <= 'Z'));
}

static void look_up(struct shell *sh, struct subject *s)
{
    s->list.sh = sh;
    if (is_special_name(s->name)) {
        if (str_is(s->name, "@") || str_is(s->name, "*")) {
            s->many = true;
            collect_params(&s->list);
            s->set = s->list.count > 0;
        } else {
            s->set = special_value(sh, s->name, &s->made, &s->value);
        }
        return;
    }
    if (s->all || s->star) {
        s->many = true;
        var_each(sh, s->name, s->hash, each_value, &s->list);
        s->set = s->list.count > 0;
    } else if (s->has_subscript) {
        s->set = var_element(sh, s->name, s->hash, s->subscript, &s->made, &s->value, &s->bad);
    } else {
        s->set = var_value(sh, s->name, s->hash, &s->made, &s->value);
    }
}

static void split_name(struct subject *s, struct str whole)
{
    struct str base, subscript;
    s->name = whole;
    s->has_subscript = false;
    if (var_split(whole, &base, &subscript)) {
        s->name = base;
        s->has_subscript = true;
        s->subscript = subscript;
        s->all = str_is(subscript, "@");
        s->star = str_is(subscript, "*");
    }
    s->hash = code_hash(s->name);
}

static bool valid_name(struct str name)
{
    struct str base, subscript;
    if (!name.length)
        return false;
    if (name.length == 1 && strchr("@*#?-$!", name.data[0]) && name.data[0])
        return true;
    bool digits = true;
    for (size_t i = 0; i < name.length; i++)
        digits &= name.data[i] >= '0' && name.data[i] <= '9';
    return digits || shell_is_name(name) || var_split(name, &base, &subscript);
}

/* Fills `s` with what the expansion names; false after a message. */
static bool resolve(struct shell *sh, const struct expansion *e, struct subject *s)
{
    struct param_frame *f = frame(sh);
    const struct string *name = &sh->code->strings[e->name];
    *s = (struct subject){.name = name->text, .hash = name->hash, .all = e->all, .star = e->star};
    if (f->has_subscript) {
        s->has_subscript = true;
        s->subscript = f->subscript;
    }
    if (e->indirect && !is_special_name(s->name) && !s->has_subscript) {
        struct variable *v = var_find(sh, s->name, s->hash);
        if (v && v->flags & VAR_NAMEREF) { /* ${!ref} is the name it stands for */
            s->value = text_str(v->value);
            s->set = true;
            s->name = s->value;
            s->reference = true;
            return true;
        }
    }
    if (!e->indirect) {
        look_up(sh, s);
        if (s->bad) {
            shell_fail(sh, 1);
            return false;
        }
        return true;
    }
    look_up(sh, s);
    if (s->many) {
        struct buf all;
        buf_init(&all, &sh->scratch);
        for (size_t i = 0; i < s->list.count; i++) {
            if (i)
                buf_add_byte(&all, ' ');
            buf_add(&all, s->list.values[i]);
        }
        s->value = buf_str(&all);
        s->set = s->list.count > 0;
    }
    if (!s->set || !s->value.length) {
        if (!s->set && s->many && !is_special_name(s->name)) {
            shell_error(sh, e->star ? "%S[*]: invalid indirect expansion" : "%S[@]: invalid indirect expansion", name->text);
            shell_fail(sh, 1);
            return false;
        }
        if (s->set && !s->many && !is_special_name(name->text)) {
            shell_error(sh, "%S: invalid variable name", s->value);
            shell_fail(sh, 1);
            return false;
        }
        if (!s->set && !(is_special_name(name->text) && e->operator != PARAM_PLAIN)) {
            shell_error(sh, "%S: invalid indirect expansion", name->text);
            shell_fail(sh, 1);
            return false;
        }
        *s = (struct subject){.name = str_lit("")};
        return true;
    }
    struct str target = str_copy(&sh->scratch, s->value);
    if (!valid_name(target)) {
        shell_error(sh, "%S: invalid variable name", target);
        shell_fail(sh, 1);
        return false;
    }
    *s = (struct subject){0};
    split_name(s, target);
    if (str_is(target, "@") || str_is(target, "*")) {
        s->all = str_is(target, "@");
        s->star = !s->all;
    }
    struct buf text;
    buf_init(&text, sh->heap);
    if (s->has_subscript && !s->all && !s->star)
        s->subscript = subscript_expand(sh, s->subscript, &text);
    look_up(sh, s);
    if (s->has_subscript && text.length)
        s->subscript = str_copy(&sh->scratch, s->subscript);
    buf_drop(&text);
    if (s->bad)
        shell_fail(sh, 1);
    return !s->bad;
}

static bool is_null(struct shell *sh, const struct subject *s)
{
    if (!s->many)
        return s->value.length == 0;
    if ((s->star || str_is(s->name, "*")) && s->list.count > 1 && !shell_ifs(sh).length) { /* joined by nothing */
        bool null = true;
        for (size_t i = 0; i < s->list.count && null; i++)
            null = s->list.values[i].length == 0;
        return null;
    }
    return s->list.count == 0 || (s->list.count == 1 && s->list.values[0].length == 0);
}

bool param_test(struct shell *sh, const struct expansion *e)
{
    struct subject s;
    bool needed = false;
    if (resolve(sh, e, &s)) {
        bool there = s.set && !(e->colon && is_null(sh, &s));
        needed = e->operator == PARAM_ALTERNATIVE ? there : !there;
        frame(sh)->needed = needed;
    }
    heap_clear(&sh->scratch);
    return needed;
}

/* --- operators on one value ------------------------------------------------------------------------------ */

struct pattern {
    struct glob *glob;
    struct str text;
};

static unsigned glob_flags(struct shell *sh)
{
    return (sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB ? GLOB_EXTENDED : 0) | (shell_locale(sh) == LOCALE_UTF8 ? GLOB_UTF8 : 0);
}

static struct str remove_affix(struct shell *sh, int operator, const struct glob *g, struct str value)
{
    bool suffix = operator >= PARAM_REMOVE_SUFFIX, longest = operator == PARAM_REMOVE_PREFIX_LONG || operator == PARAM_REMOVE_SUFFIX_LONG;
    ptrdiff_t n = suffix ? glob_suffix(g, &sh->scratch, value, longest) : glob_prefix(g, &sh->scratch, value, longest);
    if (n < 0)
        return value;
    return suffix ? str_first(value, value.length - (size_t)n) : str_after(value, (size_t)n);
}

/* The replacement with & for what matched (patsub_replacement). `r` is escaped where it was quoted. */
static void add_replacement(struct buf *out, struct str r, struct str matched, bool ampersand)
{
    for (size_t i = 0; i < r.length; i++) {
        if (r.data[i] == '\\' && i + 1 < r.length) {
            buf_add_byte(out, r.data[++i]);
        } else if (r.data[i] == '&' && ampersand) {
            buf_add(out, matched);
        } else {
            buf_add_byte(out, r.data[i]);
        }
    }
}

static struct str replace(struct shell *sh, int operator, const struct glob *g, bool empty, struct str value, struct param_frame *f)
{
    struct buf out;
    bool ampersand = sh->state.shopt & (uint64_t)1 << SHOPT_PATSUB_REPLACEMENT;
    if (empty && operator != PARAM_REPLACE_START && operator != PARAM_REPLACE_END)
        return value;
    buf_init(&out, &sh->scratch);
    struct str r = f->replacement;
    if (operator == PARAM_REPLACE_START || operator == PARAM_REPLACE_END) {
        bool start = operator == PARAM_REPLACE_START;
        ptrdiff_t n = start ? glob_prefix(g, &sh->scratch, value, true) : glob_suffix(g, &sh->scratch, value, true);
        if (n < 0)
            return value;
        struct str matched = start ? str_first(value, (size_t)n) : str_after(value, value.length - (size_t)n);
        if (!start)
            buf_add(&out, str_first(value, value.length - (size_t)n));
        add_replacement(&out, r, matched, ampersand);
        if (start)
            buf_add(&out, str_after(value, (size_t)n));
        return buf_str(&out);
    }
    size_t from = 0, start, end;
    while (from <= value.length && glob_search(g, &sh->scratch, value, from, &start, &end)) {
        if (end == start) { /* an empty match is passed over */
            if (start >= value.length)
                break;
            size_t width = utf8_first(str_after(value, start), shell_locale(sh)).length;
            buf_add(&out, str_of(value.data + from, start + width - from));
            from = start + width;
            continue;
        }
        buf_add(&out, str_of(value.data + from, start - from));
        add_replacement(&out, r, str_of(value.data + start, end - start), ampersand);
        from = end;
        if (operator == PARAM_REPLACE)
            break;
    }
    buf_add(&out, str_after(value, from));
    return buf_str(&out);
}

static struct str change_case(struct shell *sh, int operator, const struct glob *g, struct str value)
{
    struct buf out;
    enum locale locale = shell_locale(sh);
    bool all = operator == PARAM_UPPER_ALL || operator == PARAM_LOWER_ALL || operator == PARAM_TOGGLE_ALL;
    buf_init(&out, &sh->scratch);
    for (size_t i = 0; i < value.length;) {
        struct str rest = str_after(value, i);
        struct utf8_char c = utf8_first(rest, locale);
        struct str piece = str_first(rest, c.length);
        bool match = (all || i == 0) && c.valid && (!g || glob_match(g, &sh->scratch, piece));
        uint32_t code = c.code;
        if (match) {
            bool upper = operator == PARAM_UPPER || operator == PARAM_UPPER_ALL;
            if (operator >= PARAM_TOGGLE)
                upper = utf8_lower(code, locale) == code;
            code = upper ? utf8_upper(code, locale) : utf8_lower(code, locale);
        }
        if (match && code != c.code) {
            char bytes[UTF8_MOST];
            if (code < 0x80)
                buf_add_byte(&out, (char)code);
            else
                buf_add(&out, str_of(bytes, utf8_encode(code, bytes)));
        } else {
            buf_add(&out, piece);
        }
        i += c.length;
    }
    return buf_str(&out);
}

/* ${x:offset:length} of a text, in characters. */
static bool slice_text(struct shell *sh, struct str *value, int64_t offset, bool has_length, int64_t length)
{
    enum locale locale = shell_locale(sh);
    int64_t count = (int64_t)utf8_count(*value, locale);
    if (offset < 0) {
        offset += count;
        if (offset < 0) {
            *value = (struct str){0};
            return true;
        }
    }
    if (offset > count)
        offset = count;
    int64_t end = has_length ? (length < 0 ? count + length : length > count - offset ? count : offset + length) : count;
    if (end < offset) {
        if (length < 0) {
            shell_error(sh, "%jd: substring expression < 0", (intmax_t)length);
            return false;
        }
        end = offset;
    }
    size_t from = utf8_offset(*value, (size_t)offset, locale), to = utf8_offset(*value, (size_t)end, locale);
    *value = str_of(value->data + from, to - from);
    return true;
}

/* --- ${x@Q} and its kin ---------------------------------------------------------------------------------------- */

static void attribute_letters(struct buf *out, const struct variable *v)
{
    static const struct { uint32_t flag; char letter; } letters[] = {
        {VAR_ARRAY, 'a'}, {VAR_ASSOC, 'A'}, {VAR_INTEGER, 'i'}, {VAR_LOWER, 'l'}, {VAR_NAMEREF, 'n'}, {VAR_READONLY, 'r'},
        {VAR_TRACE, 't'}, {VAR_UPPER, 'u'}, {VAR_EXPORT, 'x'}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (v && v->flags & letters[i].flag)
            buf_add_byte(out, letters[i].letter);
}

static struct str transform(struct shell *sh, const struct expansion *e, const struct subject *s, struct str value)
{
    struct buf out;
    buf_init(&out, &sh->scratch);
    struct glob *none = NULL;
    switch (e->letter) {
    case 'Q': quote_shell(&out, value); break;
    case 'E': add_ansi_escapes(&out, value); break;
    case 'U': return change_case(sh, PARAM_UPPER_ALL, none, value);
    case 'L': return change_case(sh, PARAM_LOWER_ALL, none, value);
    case 'u': return change_case(sh, PARAM_UPPER, none, value);
    case 'P': prompt_expand(sh, value, &out); break;
    case 'a': attribute_letters(&out, var_find(sh, s->name, s->hash)); break;
    case 'A': value_declaration_print(sh, s->name, s->hash, s->set, value, &out); break;
    case 'K':
    case 'k': quote_shell(&out, value); break;
    default: break;
    }
    return buf_str(&out);
}

/* --- closing ------------------------------------------------------------------------------------------------------- */

static int out_flags(const struct expansion *e)
{
    return (e->quoted ? CODE_QUOTED : 0) | (e->assigned ? CODE_ASSIGNED : 0) | (e->here ? CODE_HERE : 0);
}

/* ${x-word} and its kin, behind the word. */
static void close_default(struct shell *sh, const struct expansion *e)
{
    struct param_frame *f = frame(sh);
    struct subject s;
    if (e->operator == PARAM_ALTERNATIVE || (f->needed && e->operator == PARAM_DEFAULT)) {
        if (!f->needed)
            word_reset(sh);
        for (size_t i = sh->words.segment; i < sh->words.segment_count; i++)
            if (sh->words.segments[i].kind == SEGMENT_LITERAL && !e->assigned)
                sh->words.segments[i].kind = SEGMENT_SPLIT;
        bool empty_quoted = e->quoted && sh->words.segment_count == sh->words.segment;
        close_frame(sh);
        if (empty_quoted)
            word_add(sh, (struct str){0}, SEGMENT_QUOTED);
        return;
    }
    struct str word = str_copy(&sh->scratch, word_plain(sh));
    bool needed = f->needed;
    word_reset(sh);
    if (!resolve(sh, e, &s)) {
        close_frame(sh);
        return;
    }
    if (needed && e->operator == PARAM_ERROR) {
        struct str name = sh->code->strings[e->name].text;
        if (word.length)
            shell_error(sh, "%S: %S", name, word);
        else
            shell_error(sh, e->colon ? "%S: parameter null or not set" : "%S: parameter not set", name);
        close_frame(sh);
        sh->status = 1;
        shell_leave(sh, LEAVE_EXIT, fatal_status(sh));
        return;
    }
    if (needed && e->operator == PARAM_ASSIGN) {
        int wrong = -1;
        if (is_special_name(s.name) || s.many)
            shell_error(sh, "$%S: cannot assign in this way", s.name);
        else if (s.has_subscript)
            wrong = var_assign_element(sh, s.name, s.hash, s.subscript, word, false);
        else
            wrong = var_assign(sh, s.name, s.hash, word, false);
        close_frame(sh);
        if (wrong < 0) {
            shell_fail(sh, 1);
            return;
        }
        struct made made;
        struct str value = word;
        if (!s.has_subscript)
            var_value(sh, s.name, s.hash, &made, &value);
        word_add(sh, value, kind_for(out_flags(e)));
        return;
    }
    close_frame(sh);
    if (s.many)
        add_many(sh, &s.list, s.star || str_is(s.name, "*"), out_flags(e));
    else
        word_add(sh, s.value, kind_for(out_flags(e)));
}

static void add_names(struct shell *sh, const struct expansion *e, struct str prefix)
{
    struct many m = {.sh = sh};
    struct btree_walk walk;
    struct str name;
    union entry entry;
    const char *const *made = made_names;
    btree_walk_start(&walk, sh->state.variables);
    for (bool more = true; more || *made;) { /* both in order: merged */
        more = more && btree_walk_next(&walk, &name, &entry);
        for (; *made && (!more || str_compare(str_from(*made), name) <= 0); made++)
            if (strlen(*made) >= prefix.length && memcmp(*made, prefix.data, prefix.length) == 0 &&
                !(more && str_is(name, *made)))
                add_value(&m, str_from(*made));
        if (!more)
            continue;
        const struct variable *v = (const struct variable *)entry.item;
        if (name.length >= prefix.length && memcmp(name.data, prefix.data, prefix.length) == 0 &&
            v->flags & (VAR_SET | VAR_ARRAY | VAR_ASSOC))
            add_value(&m, name);
    }
    add_many(sh, &m, e->star, out_flags(e));
}

static bool slice_many(struct shell *sh, const struct subject *s, struct many *list, int64_t offset, bool has_length, int64_t length)
{
    bool params = is_special_name(s->name);
    struct many all = *list;
    if (params) { /* $0 is number 0 */
        struct many with = {.sh = sh};
        add_value(&with, text_str(sh->state.name));
        for (size_t i = 0; i < list->count; i++)
            add_value(&with, list->values[i]);
        all = with;
    }
    int64_t count = (int64_t)all.count;
    if (offset < 0)
        offset += count;
    if (offset < 0) {
        list->count = 0;
        return true;
    }
    if (has_length && length < 0) {
        shell_error(sh, "%jd: substring expression < 0", (intmax_t)length);
        return false;
    }
    if (!params) { /* the offset is an index: sparse arrays */
        struct many keys = {.sh = sh};
        bool assoc;
        var_is_array(sh, s->name, s->hash, &assoc);
        var_each(sh, s->name, s->hash, each_key, &keys);
        if (!assoc && keys.count) {
            int64_t last = 0, value = 0;
            for (size_t i = 0; i < keys.count; i++) {
                value = 0;
                for (size_t k = 0; k < keys.values[i].length; k++)
                    value = value * 10 + (keys.values[i].data[k] - '0');
                last = value;
            }
            int64_t wanted = offset;
            if (frame(sh)->negative)
                wanted = offset - count + last + 1;
            size_t from = 0;
            for (; from < keys.count; from++) {
                value = 0;
                for (size_t k = 0; k < keys.values[from].length; k++)
                    value = value * 10 + (keys.values[from].data[k] - '0');
                if (value >= wanted)
                    break;
            }
            offset = (int64_t)from;
        }
    }
    if (offset > count)
        offset = count;
    int64_t most = count - offset;
    if (has_length && length < most)
        most = length;
    list->values = all.values + offset;
    list->count = (size_t)most;
    return true;
}

static void close_length(struct shell *sh, const struct expansion *e, struct subject *s)
{
    uint64_t count;
    if (s->many)
        count = s->list.count;
    else
        count = s->set ? utf8_count(s->value, shell_locale(sh)) : 0;
    struct str name = s->name;
    bool unset = !s->many && !s->set;
    close_frame(sh);
    if (s->many && !count && !is_special_name(name)) {
        const struct variable *v = var_find(sh, name, s->hash);
        unset = !v || !(v->flags & VAR_SET);
    }
    if (unset && sh->state.options & OPT_NOUNSET) {
        unbound(sh, name);
        return;
    }
    struct made made;
    word_add(sh, number_text(&made, count), kind_for(out_flags(e)));
}

static bool operate(struct shell *sh, const struct expansion *e, struct subject *s, struct str *values, size_t count)
{
    struct param_frame *f = frame(sh);
    int operator = e->operator;
    const struct glob *g = NULL;
    if (operator >= PARAM_REMOVE_PREFIX && operator <= PARAM_TOGGLE_ALL && operator != PARAM_SLICE && f->words) {
        unsigned flags = glob_flags(sh);
        if (operator >= PARAM_REPLACE && operator <= PARAM_REPLACE_END && sh->state.shopt & (uint64_t)1 << SHOPT_NOCASEMATCH)
            flags |= GLOB_FOLD;
        if (f->word[0].length || operator < PARAM_UPPER)
            g = shell_pattern(sh, f->word[0], flags);
    }
    int64_t offset = 0, length = 0;
    bool has_length = e->two_words;
    if (operator == PARAM_SLICE) {
        if (arith_evaluate(sh, f->plain, "", &offset) < 0 || (has_length && arith_evaluate(sh, f->word[1], "", &length) < 0)) {
            shell_fail(sh, 1);
            return false;
        }
        f = frame(sh);
        f->negative = offset < 0;
        if (s->many) {
            if (!slice_many(sh, s, &s->list, offset, has_length, length)) {
                shell_fail(sh, 1);
                return false;
            }
            return true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct str v = values[i];
        meter_charge_bytes(&sh->sandbox->meter, &sh->rest, v.length);
        if (operator >= PARAM_REMOVE_PREFIX && operator <= PARAM_REMOVE_SUFFIX_LONG)
            v = remove_affix(sh, operator, g, v);
        else if (operator >= PARAM_REPLACE && operator <= PARAM_REPLACE_END)
            v = replace(sh, operator, g, f->word[0].length == 0, v, f);
        else if (operator == PARAM_SLICE) {
            if (!slice_text(sh, &v, offset, has_length, length)) {
                shell_fail(sh, 1);
                return false;
            }
        } else if (operator >= PARAM_UPPER && operator <= PARAM_TOGGLE_ALL)
            v = change_case(sh, operator, g, v);
        else if (operator == PARAM_TRANSFORM)
            v = transform(sh, e, s, v);
        values[i] = v;
    }
    return true;
}

void param_close(struct shell *sh, const struct expansion *e)
{
    struct subject s;
    if (e->operator == PARAM_BAD) {
        close_frame(sh);
        shell_error(sh, "%S: bad substitution", sh->code->strings[e->source].text);
        shell_fail(sh, 1);
        return;
    }
    if (e->operator >= PARAM_DEFAULT && e->operator <= PARAM_ALTERNATIVE) {
        close_default(sh, e);
        heap_clear(&sh->scratch);
        return;
    }
    struct str name = sh->code->strings[e->name].text;
    if (e->operator == PARAM_NAMES) {
        close_frame(sh);
        add_names(sh, e, name);
        heap_clear(&sh->scratch);
        return;
    }
    if (e->operator == PARAM_KEYS) {
        struct many m = {.sh = sh};
        close_frame(sh);
        var_each(sh, name, code_hash(name), each_key, &m);
        add_many(sh, &m, e->star, out_flags(e));
        heap_clear(&sh->scratch);
        return;
    }
    if (!resolve(sh, e, &s)) {
        if (sh->param_depth)
            close_frame(sh);
        heap_clear(&sh->scratch);
        return;
    }
    if (s.reference) {
        close_frame(sh);
        word_add(sh, s.value, kind_for(out_flags(e)));
        heap_clear(&sh->scratch);
        return;
    }
    if (e->length) {
        close_length(sh, e, &s);
        heap_clear(&sh->scratch);
        return;
    }
    if (!s.set && !s.many && sh->state.options & OPT_NOUNSET) {
        close_frame(sh);
        if (e->subscript && s.has_subscript && !e->indirect) { /* as it is written */
            struct str source = str_after(sh->code->strings[e->source].text, 2);
            size_t end = name.length, depth = 0;
            for (; end < source.length; end++) {
                depth += source.data[end] == '[';
                if (source.data[end] == ']' && --depth == 0)
                    break;
            }
            name = str_first(source, end < source.length ? end + 1 : name.length);
        }
        unbound(sh, name);
        heap_clear(&sh->scratch);
        return;
    }
    if (e->operator == PARAM_TRANSFORM && !strchr("UuLQEPAKak", e->letter)) {
        close_frame(sh);
        if (s.set) {
            shell_error(sh, "%S: bad substitution", sh->code->strings[e->source].text);
            sh->status = 1;
            shell_leave(sh, LEAVE_EXIT, fatal_status(sh));
        }
        heap_clear(&sh->scratch);
        return;
    }
    if (e->operator == PARAM_TRANSFORM && (s.many || e->letter == 'A') &&
        (e->letter == 'A' || e->letter == 'a' || e->letter == 'K' || e->letter == 'k')) {
        struct buf out;
        buf_init(&out, &sh->scratch);
        close_frame(sh);
        if (e->letter == 'k') { /* keys and values as fields of their own */
            struct many pairs = {.sh = sh};
            var_each(sh, s.name, s.hash, each_pair, &pairs);
            add_many(sh, &pairs, s.star, out_flags(e));
            heap_clear(&sh->scratch);
            return;
        }
        if (e->letter == 'A' && s.many)
            declaration_print(sh, s.name, s.hash, s.set, &out);
        else if (e->letter == 'A')
            buf_add(&out, transform(sh, e, &s, s.value));
        else if (e->letter == 'a') { /* the same for each */
            attribute_letters(&out, var_find(sh, s.name, s.hash));
            for (size_t i = 0; i < s.list.count; i++)
                s.list.values[i] = buf_str(&out);
            add_many(sh, &s.list, s.star || str_is(s.name, "*"), out_flags(e));
            heap_clear(&sh->scratch);
            return;
        } else
            pairs_print(sh, s.name, s.hash, e->letter == 'K', &out);
        word_add(sh, buf_str(&out), kind_for(out_flags(e)));
        heap_clear(&sh->scratch);
        return;
    }
    bool fine = true;
    if (e->operator != PARAM_PLAIN) {
        if (s.many)
            fine = operate(sh, e, &s, s.list.values, s.list.count);
        else if (s.set || e->letter == 'a')
            fine = operate(sh, e, &s, &s.value, 1);
    }
    close_frame(sh);
    if (fine && s.many)
        add_many(sh, &s.list, s.star || str_is(s.name, "*"), out_flags(e));
    else if (fine)
        word_add(sh, s.value, kind_for(out_flags(e)));
    heap_clear(&sh->scratch);
}

void param_try(struct shell *sh, const struct expansion *e)
{
    struct subject s;
    int64_t number;
    struct param_frame *f = frame(sh);
    if (e->operator == PARAM_BAD || e->operator == PARAM_NAMES || e->operator == PARAM_KEYS || !resolve(sh, e, &s) || sh->wanted.data)
        return;
    if (e->operator == PARAM_SLICE && f->words) {
        if (arith_evaluate(sh, f->plain, "", &number) == 0 && e->two_words)
            arith_evaluate(sh, f->word[1], "", &number);
    } else if (e->operator == PARAM_TRANSFORM && e->letter == 'P' && !s.many) {
        struct buf out;
        buf_init(&out, &sh->scratch);
        prompt_expand(sh, s.value, &out);
    }
}

void tilde_expand(struct shell *sh, struct str user)
{
    struct str value;
    if (!user.length) {
        if (!shell_get(sh, str_lit("HOME"), &value))
            value = str_lit("/home/user");
        word_add(sh, value, SEGMENT_QUOTED);
        return;
    }
    if ((str_is(user, "+") && shell_get(sh, str_lit("PWD"), &value)) || (str_is(user, "-") && shell_get(sh, str_lit("OLDPWD"), &value))) {
        word_add(sh, value, SEGMENT_QUOTED);
        return;
    }
    static const struct { const char *user, *home; } known[] = {{"root", "/root"}, {"user", "/home/user"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_is(user, known[i].user)) {
            word_add(sh, str_from(known[i].home), SEGMENT_QUOTED);
            return;
        }
    word_add(sh, str_lit("~"), SEGMENT_QUOTED);
    word_add(sh, user, SEGMENT_QUOTED);
}
