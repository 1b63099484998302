/* shell/foresee.c - command substitutions in texts that are met while something is evaluated: x='a[$(cmd)]'; echo $((x)).
 *
 * Evaluating never waits. Before an instruction whose texts may hold such a substitution is done, it is done without effect:
 * the first text whose result is not known yet is run as code of its own, and the instruction comes again, until all are known.
 */
#include "shell/vm.h"

#include "shell/arith.h"
#include "shell/print.h"

/* Is there a $( or ` in it, outside of single quotes? */
bool has_substitution(struct str text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\\')
            i++;
        else if (c == '\'')
            quoted = !quoted;
        else if (!quoted && (c == '`' || (c == '$' && i + 1 < text.length && text.data[i + 1] == '(')))
            return true;
    }
    return false;
}

void foresee_watch(struct shell *sh, struct str value)
{
    if (value.length > 4 && !sh->state.odd_values && (memchr(value.data, '`', value.length) || memchr(value.data, '$', value.length)))
        sh->state.odd_values = has_substitution(value);
}

static void forget(struct shell *sh)
{
    for (size_t i = 0; i < sh->foreseen_count; i++) {
        heap_free(sh->heap, (void *)(uintptr_t)sh->foreseen[i].text.data);
        heap_free(sh->heap, (void *)(uintptr_t)sh->foreseen[i].value.data);
    }
    sh->foreseen_count = sh->foreseen_at = 0;
}

bool foreseen(struct shell *sh, struct str text, bool prompt, struct buf *out)
{
    if (sh->foreseen_at < sh->foreseen_count && str_equal(sh->foreseen[sh->foreseen_at].text, text)) {
        buf_add(out, sh->foreseen[sh->foreseen_at++].value);
        if (!sh->foreseeing && sh->foreseen_at == sh->foreseen_count)
            forget(sh);
        return true;
    }
    if (sh->foreseeing && !sh->wanted.data) {
        sh->wanted = str_copy(sh->heap, text);
        sh->wanted_prompt = prompt;
    }
    return false;
}

/* The wanted text becomes the code that runs next: false when it makes no sense. */
static bool run_wanted(struct shell *sh)
{
    struct source s = {.text = sh->wanted, .line = sh->line, .ended = true, .extglob = sh->state.shopt & (uint64_t)1 << SHOPT_EXTGLOB};
    struct code *code = NULL;
    struct control *c = control_push(sh, CONTROL_WORD); /* before there is a code that could be lost */
    enum parse_answer answer = sh->wanted_prompt ? parse_text(&s, sh->heap, &code) : parse_word(&s, sh->heap, &code);
    buf_drop(&s.message);
    buf_drop(&s.warning);
    int last = answer == PARSE_CODE ? code->length - 1 : -1;
    while (last >= 0 && code->at[last].op != OP_WORD)
        last--;
    if (last < 0) {
        if (answer == PARSE_CODE)
            code_release(code, &sh->sandbox->meter);
        control_pop(sh);
        return false;
    }
    code->at[last].op = OP_FORESEEN;
    c->code = sh->code;
    c->pc = sh->pc;
    sh->code = NULL;
    set_code(sh, code, 0);
    param_open(sh, NULL);
    return true;
}

void foreseen_take(struct shell *sh)
{
    sh->foreseen = array_grow(sh->heap, sh->foreseen, sh->foreseen_count, sizeof *sh->foreseen);
    sh->foreseen[sh->foreseen_count].text = sh->wanted;
    sh->wanted = (struct str){0};
    sh->foreseen[sh->foreseen_count++].value = str_copy(sh->heap, word_plain(sh));
    word_reset(sh);
    param_drop(sh, sh->param_depth - 1);
}

struct attempt {
    enum leave leave;
    int leave_count, status;
};

static struct attempt begin(struct shell *sh)
{
    if (sh->foreseen_count && (sh->foreseen_pc != sh->pc || sh->foreseen_code != sh->code))
        forget(sh);
    sh->foreseen_at = 0;
    sh->foreseen_pc = sh->pc;
    sh->foreseen_code = sh->code;
    sh->foreseeing = true;
    heap_free(sh->heap, (void *)(uintptr_t)sh->wanted.data);
    sh->wanted = (struct str){0};
    return (struct attempt){sh->leave, sh->leave_count, sh->status};
}

static bool end(struct shell *sh, struct attempt a)
{
    sh->foreseeing = false;
    sh->foreseen_at = 0;
    sh->leave = a.leave;
    sh->leave_count = a.leave_count;
    sh->status = a.status;
    heap_clear(&sh->scratch);
    return sh->wanted.data && run_wanted(sh);
}

bool foresee_arithmetic(struct shell *sh, const struct str *texts, int count)
{
    bool odd = sh->state.odd_values;
    int64_t value;
    for (int i = 0; i < count && !odd; i++)
        odd = memchr(texts[i].data ? texts[i].data : "", '[', texts[i].length) && has_substitution(texts[i]);
    if (!odd)
        return false;
    struct attempt a = begin(sh);
    for (int i = 0; i < count && !sh->wanted.data; i++)
        arith_evaluate(sh, texts[i], "", &value);
    return end(sh, a);
}

static void look(struct shell *sh, struct str name)
{
    struct str base, subscript;
    struct buf text;
    if (!var_split(name, &base, &subscript) || str_is(subscript, "@") || str_is(subscript, "*"))
        return;
    struct variable *v = var_find(sh, base, code_hash(base));
    subscript = subscript_expand(sh, subscript, &text);
    int64_t value;
    if (!sh->wanted.data && !(v && v->flags & VAR_ASSOC))
        arith_evaluate(sh, subscript, "", &value);
    buf_drop(&text);
}

bool foresee_names(struct shell *sh, const struct str *names, size_t count)
{
    bool odd = sh->state.odd_values;
    for (size_t i = 0; i < count && !odd; i++)
        odd = names[i].length && memchr(names[i].data, '[', names[i].length) && has_substitution(names[i]);
    if (!odd)
        return false;
    struct attempt a = begin(sh);
    for (size_t i = 0; i < count && !sh->wanted.data; i++) {
        struct str name = names[i];
        uint32_t hash = code_hash(name);
        var_follow(sh, &name, &hash);
        look(sh, str_copy(&sh->scratch, name));
    }
    return end(sh, a);
}

bool foresee_expansion(struct shell *sh, const struct expansion *e)
{
    struct param_frame *f = &sh->params[sh->param_depth - 1];
    if (!sh->state.odd_values && !(f->has_subscript && has_substitution(f->subscript)) &&
        !(f->words && e->operator == PARAM_SLICE && has_substitution(f->plain)))
        return false;
    struct attempt a = begin(sh);
    param_try(sh, e);
    return end(sh, a);
}

bool foresee_builtin(struct shell *sh, struct str name, const struct str *words, size_t count)
{
    static const char *const kin[] = {"unset", "test", "[", "read", "let"};
    bool known = false;
    for (size_t i = 0; i < sizeof kin / sizeof *kin && !known; i++)
        known = str_is(name, kin[i]);
    for (size_t i = 1; str_is(name, "compgen") && i + 1 < count; i++)
        if (str_is(words[i], "-W") && has_substitution(words[i + 1])) {
            struct buf text;
            struct attempt a = begin(sh);
            buf_init(&text, sh->heap);
            foreseen(sh, words[i + 1], false, &text);
            buf_drop(&text);
            return end(sh, a);
        }
    if (known && str_is(name, "let"))
        return count > 1 && foresee_arithmetic(sh, words + 1, (int)(count - 1));
    if (!known && !(str_is(name, "printf") && count > 2 && str_is(words[1], "-v")))
        return false;
    return foresee_names(sh, words + 1, known ? count - 1 : 2);
}
