/* builtins/declare.c - declare, typeset, local, export and readonly: give variables values and attributes (POSIX XCU export, readonly). */
#include "base/number.h"
#include "builtins/variables.h"
#include "shell/arith.h"
#include "shell/options.h"
#include "shell/print.h"
#include "shell/vm.h"

enum kind { KIND_DECLARE, KIND_LOCAL, KIND_EXPORT, KIND_READONLY };

struct declare {
    enum kind kind;
    uint32_t set, clear;       /* enum variable_flags */
    bool functions, names;     /* -f, -F */
    bool print, global, inherit;
    bool listing;              /* without operands */
    size_t next;
    struct variable_walk walk;
    struct buf last;           /* function printed last */
    bool begun;
};

static uint32_t flag_of(int letter)
{
    switch (letter) {
    case 'a': return VAR_ARRAY;
    case 'A': return VAR_ASSOC;
    case 'c': return VAR_CAPITAL;
    case 'i': return VAR_INTEGER;
    case 'l': return VAR_LOWER;
    case 'n': return VAR_NAMEREF;
    case 'r': return VAR_READONLY;
    case 't': return VAR_TRACE;
    case 'u': return VAR_UPPER;
    case 'x': return VAR_EXPORT;
    default: return 0;
    }
}

enum { CASES = VAR_LOWER | VAR_UPPER | VAR_CAPITAL };

static int parse_declare(struct call *c, struct declare *d)
{
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "+acfgilnprtuxAFGI"))) {
        uint32_t flag = flag_of(letter);
        if (letter < 0)
            return options_failed(c, letter);
        if (letter == 'f' || letter == 'F') {
            d->functions = true;
            d->names |= letter == 'F';
        } else if (letter == 'p') {
            d->print = true;
        } else if (letter == 'g' || letter == 'G') {
            d->global = true;
        } else if (letter == 'I') {
            d->inherit = true;
        } else if (o.plus) {
            d->clear |= flag;
        } else if (flag & CASES && d->set & CASES && !(d->set & flag)) {
            d->set &= ~(uint32_t)CASES; /* -u and -l cancel each other */
        } else {
            d->set |= flag;
        }
    }
    d->next = o.next;
    return 0;
}

static int parse_export(struct call *c, struct declare *d)
{
    struct options o = {0};
    int letter;
    d->set = d->kind == KIND_EXPORT ? VAR_EXPORT : VAR_READONLY;
    while ((letter = options_next(c, &o, d->kind == KIND_EXPORT ? "fnp" : "aAfp")))
        switch (letter) {
        case 'f': d->functions = true; break;
        case 'p': d->print = true; break;
        case 'a': case 'A': d->set |= flag_of(letter); break;
        case 'n':
            d->set = 0;
            d->clear = VAR_EXPORT;
            break;
        default: return options_failed(c, letter);
        }
    d->next = o.next;
    return 0;
}

static int start(struct call *c, enum kind kind)
{
    struct declare *d = c->state;
    d->kind = kind;
    variable_walk_start(&d->walk, c->heap);
    buf_init(&d->last, c->heap);
    if (kind == KIND_LOCAL && c->shell->state.scope == 0) {
        call_error(c, "can only be used in a function");
        return 1;
    }
    int status = kind == KIND_EXPORT || kind == KIND_READONLY ? parse_export(c, d) : parse_declare(c, d);
    if (status)
        return status;
    d->listing = d->next >= c->argc;
    return 0;
}

static int declare_start(struct call *c)
{
    return start(c, KIND_DECLARE);
}

static int local_start(struct call *c)
{
    return start(c, KIND_LOCAL);
}

static int export_start(struct call *c)
{
    return start(c, KIND_EXPORT);
}

static int readonly_start(struct call *c)
{
    return start(c, KIND_READONLY);
}

/* --- listing ---------------------------------------------------------------------------------------- */

static void print_function(struct call *c, struct declare *d, struct str name, const struct function *f, bool named)
{
    if (d->names && named && !d->print) {
        if (c->shell->state.shopt & (uint64_t)1 << SHOPT_EXTDEBUG)
            call_format(c, "%S %d %S\n", name, f->line, text_str(f->file));
        else
            call_format(c, "%S\n", name);
        return;
    }
    if (!d->names) {
        function_print(c->shell, name, f, &c->out);
        call_print_byte(c, '\n');
    }
    if (d->names || f->flags) {
        call_print_text(c, "declare -f");
        attributes_print(f->flags, &c->out);
        call_format(c, " %S\n", name);
    }
}

/* All functions, or those with the attributes: false when to go on later. */
static bool list_functions(struct call *c, struct declare *d)
{
    for (;;) {
        struct str last = buf_str(&d->last), name;
        union entry entry;
        if (!call_go(c))
            return false;
        if (!btree_next(c->shell->state.functions, d->begun ? &last : NULL, &name, &entry))
            return true;
        buf_clear(&d->last);
        buf_add(&d->last, name);
        d->begun = true;
        call_charge(c, 1);
        const struct function *f = (const struct function *)entry.item;
        if (!d->set || f->flags & d->set)
            print_function(c, d, buf_str(&d->last), f, false);
    }
}

static enum variable_form form_of(const struct call *c, const struct declare *d)
{
    if (!(c->shell->state.options & OPT_POSIX))
        return FORM_DECLARE;
    return d->kind == KIND_EXPORT ? FORM_EXPORT : d->kind == KIND_READONLY ? FORM_READONLY : FORM_DECLARE;
}

static bool list_variables(struct call *c, struct declare *d)
{
    struct shell *sh = c->shell;
    bool plain = d->kind == KIND_DECLARE && !d->print && !d->set;
    for (;;) {
        if (!call_go(c))
            return false;
        struct variable *v = variable_walk_next(&d->walk, sh);
        if (!v)
            return true;
        call_charge(c, 1);
        if (d->kind == KIND_LOCAL && !(v->flags & VAR_LOCAL && v->scope == sh->state.scope))
            continue;
        if (d->set && !(v->flags & d->set))
            continue;
        variable_print(sh, buf_str(&d->walk.last), plain ? FORM_PLAIN : form_of(c, d), &c->out);
    }
}

/* --- one name ------------------------------------------------------------------------------------------ */

static struct function *function_named(struct shell *sh, struct str name)
{
    union entry entry;
    return btree_find(sh->state.functions, name, &entry) ? (struct function *)entry.item : NULL;
}

static struct item *copy_function(const struct item *item, struct meter *m)
{
    const struct function *f = (const struct function *)item;
    struct function *copy = shared_new(m, sizeof *copy);
    if (!copy)
        return NULL;
    struct shared head = copy->item.shared;
    *copy = *f;
    copy->item.shared = head;
    shared_keep(copy->code);
    shared_keep(copy->file);
    return &copy->item;
}

static void one_function(struct call *c, struct declare *d, struct str name)
{
    struct shell *sh = c->shell;
    struct function *f = function_named(sh, name);
    if (!f) {
        if (d->kind == KIND_EXPORT || d->kind == KIND_READONLY)
            call_error(c, "%S: not a function", name);
        else if (str_find(name, '=') >= 0)
            call_error(c, "cannot use `-f' to make functions");
        c->status = 1;
        return;
    }
    if (!d->set && !d->clear) {
        print_function(c, d, name, f, true);
        return;
    }
    if (f->flags & VAR_READONLY && d->clear & VAR_READONLY) {
        call_error(c, "%S: readonly function", name);
        return;
    }
    int error = 0;
    f = (struct function *)btree_own(&sh->state.functions, name, copy_function, &function_kind, c->meter, &error);
    if (!f)
        meter_out_of_memory(c->meter);
    uint32_t known = VAR_EXPORT | VAR_READONLY | VAR_TRACE;
    f->flags = (f->flags & ~d->clear) | (d->set & known);
    sh->environment_version++;
}

static int fail_readonly(struct call *c, struct str name)
{
    call_error(c, "%S: readonly variable", name);
    return -1;
}

/* `local -`: the options come back at the function's end. */
static void keep_options(struct shell *sh)
{
    for (size_t i = sh->depth; i > 0; i--) {
        struct control *k = &sh->controls[i - 1];
        if (k->kind != CONTROL_CALL)
            continue;
        if (!k->call.options_saved)
            k->call.options = sh->state.options;
        k->call.options_saved = true;
        return;
    }
}

/* An integer's value is computed here, so that what is wrong with it is told in this command's name. */
static int compute(struct call *c, const struct variable *v, struct str old, struct assignment *a)
{
    char prefix[40];
    int64_t before = 0, value;
    size_t length = str_first(c->name, sizeof prefix - 3).length;
    memcpy(prefix, c->name.data, length);
    memcpy(prefix + length, ": ", 3);
    if (!(v->flags & VAR_INTEGER) || a->list)
        return 0;
    if ((a->append && arith_evaluate(c->shell, old, prefix, &before) < 0) || arith_evaluate(c->shell, a->value, prefix, &value) < 0) {
        shell_fail(c->shell, 1); /* the whole command is given up */
        c->status = 1;
        return -1;
    }
    struct buf text;
    buf_init(&text, c->heap);
    number_add_int(&text, (int64_t)((uint64_t)before + (uint64_t)value));
    a->value = buf_str(&text);
    a->append = false;
    return 0;
}

static int assign_value(struct call *c, struct assignment *a)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(a->name);
    struct variable *v = var_find(sh, a->name, hash);
    struct str old = {0};
    if (v && v->value && !a->element)
        old = text_str(v->value);
    if (v && compute(c, v, old, a) < 0)
        return -1;
    if (a->list)
        return assignment_list(c, a->name, a->value, a->append);
    if (a->element)
        return var_assign_element(sh, a->name, hash, a->subscript, a->value, a->append);
    return var_assign(sh, a->name, hash, a->value, a->append);
}

static int assign_nameref(struct call *c, const struct assignment *a, bool local)
{
    struct shell *sh = c->shell;
    struct str base, subscript;
    uint32_t hash = code_hash(a->name);
    if (a->has_value) {
        if (!shell_is_name(a->value) && !(var_split(a->value, &base, &subscript) && subscript.length)) {
            call_error(c, "`%S': invalid variable name for name reference", a->value);
            return -1;
        }
        if (str_equal(a->value, a->name) && !local) {
            call_error(c, "%S: nameref variable self references not allowed", a->name);
            return -1;
        }
        if (str_equal(a->value, a->name))
            call_warn(c, "warning: %S: circular name reference", a->name);
    }
    struct variable *v = var_find(sh, a->name, hash);
    if (v && v->flags & (VAR_ARRAY | VAR_ASSOC)) {
        call_error(c, "%S: reference variable cannot be an array", a->name);
        return -1;
    }
    if (!a->has_value && v && v->value && v->value->length && !shell_is_name(text_str(v->value)) &&
        !var_split(text_str(v->value), &base, &subscript)) {
        call_error(c, "`%S': invalid variable name for name reference", text_str(v->value));
        return -1;
    }
    var_attributes(sh, a->name, 0, VAR_NAMEREF);
    if (a->has_value && var_assign(sh, a->name, hash, a->value, false) < 0)
        return -1;
    return 0;
}

/* Makes it an array if that is asked for: 0 or -1. */
static int shape(struct call *c, struct declare *d, const struct assignment *a)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(a->name);
    struct variable *v = var_find(sh, a->name, hash);
    uint32_t is = v ? v->flags : 0;
    bool wants_assoc = d->set & VAR_ASSOC, wants_array = d->set & VAR_ARRAY || a->list || a->element;

    if (d->clear & (VAR_ARRAY | VAR_ASSOC) & is) {
        call_error(c, "%S: cannot destroy array variables in this way", a->name);
        return -1;
    }
    if (wants_assoc && is & VAR_ARRAY) {
        call_error(c, "%S: cannot convert indexed to associative array", a->name);
        return -1;
    }
    if (d->set & VAR_ARRAY && !wants_assoc && is & VAR_ASSOC) {
        call_error(c, "%S: cannot convert associative to indexed array", a->name);
        return -1;
    }
    if (is & (VAR_ARRAY | VAR_ASSOC))
        return 0;
    if (!wants_assoc && !wants_array)
        return 0;
    bool was_set = v && v->value;
    if (var_make_array(sh, a->name, hash, wants_assoc, true) < 0)
        return -1;
    if (was_set)
        var_attributes(sh, a->name, VAR_SET, 0);
    return 0;
}

/* The name the attributes are for: behind a nameref, unless it is the nameref itself that is meant. 0 or -1. */
static int follow(struct call *c, struct declare *d, struct assignment *a, bool local)
{
    struct shell *sh = c->shell;
    uint32_t hash = code_hash(a->name);
    struct variable *v = var_find(sh, a->name, hash);
    if (!v || !(v->flags & VAR_NAMEREF) || (d->set | d->clear) & VAR_NAMEREF || (local && v->scope != sh->state.scope))
        return 0;
    struct str name = a->name;
    if (!var_follow(sh, &name, &hash))
        return -1;
    name = str_copy(c->heap, name);
    if (!a->element && var_split(name, &a->name, &a->subscript))
        a->element = true;
    else
        a->name = name;
    return 0;
}

static void one_variable(struct call *c, struct declare *d, struct str word)
{
    struct shell *sh = c->shell;
    struct assignment a;
    bool declares = d->kind == KIND_DECLARE || d->kind == KIND_LOCAL;
    bool local = declares && sh->state.scope > 0 && !d->global;

    if (d->kind == KIND_LOCAL && str_is(word, "-")) {
        keep_options(sh);
        return;
    }
    bool valid = assignment_parse(word, &a);
    if (!valid || (a.element && !declares)) {
        if (valid && a.has_value)
            word.length -= a.value.length + 1 + a.append;
        call_error(c, "`%S': not a valid identifier", word);
        return;
    }
    if (d->set & (VAR_ARRAY | VAR_ASSOC) && a.has_value && !a.element && a.value.length > 1 && a.value.data[0] == '(' &&
        a.value.data[a.value.length - 1] == ')')
        a.list = true;
    if (follow(c, d, &a, local) < 0) {
        c->status = 1;
        return;
    }
    struct variable *v = var_find(sh, a.name, code_hash(a.name));
    bool hides = local && !(v && v->flags & VAR_LOCAL && v->scope == sh->state.scope);
    if (v && v->flags & VAR_READONLY && (hides ? v->scope == 0 : a.has_value || d->clear & VAR_READONLY)) {
        if (declares)
            fail_readonly(c, a.name);
        else
            var_readonly_error(sh, a.name);
        c->status = 1;
        return;
    }
    bool inherit = d->inherit || sh->state.shopt & (uint64_t)1 << SHOPT_LOCALVAR_INHERIT;
    if (local && var_local(sh, a.name, 0, inherit) < 0) {
        c->status = 1;
        return;
    }
    if (d->set & VAR_NAMEREF && assign_nameref(c, &a, local) < 0) {
        c->status = 1;
        return;
    }
    if (shape(c, d, &a) < 0) {
        c->status = 1;
        return;
    }
    uint32_t now = d->set & ~(uint32_t)(VAR_READONLY | VAR_ARRAY | VAR_ASSOC), off = d->clear & ~(uint32_t)(VAR_ARRAY | VAR_ASSOC);
    if (now & CASES)
        off |= CASES & ~now;
    if (declares || now || off || d->set & VAR_READONLY) /* it exists from here on */
        var_attributes(sh, a.name, now, off & ~now);
    if (a.has_value && !(d->set & VAR_NAMEREF) && assign_value(c, &a) < 0)
        c->status = 1;
    if (d->set & VAR_READONLY)
        var_attributes(sh, a.name, VAR_READONLY | (d->set & VAR_NAMEREF), 0);
    v = var_find(sh, a.name, code_hash(a.name));
    if (!declares && v && v->flags & VAR_TEMPORARY && v->scope == sh->state.scope && !(d->clear & VAR_EXPORT))
        var_attributes(sh, a.name, VAR_PASSED_ON, 0); /* from before the function: it outlives it now */
}

/* declare -p NAME, declare -F NAME */
static void print_one(struct call *c, struct declare *d, struct str name)
{
    if (d->functions) {
        struct function *f = function_named(c->shell, name);
        if (f)
            print_function(c, d, name, f, true);
        else
            call_error(c, "%S: not found", name);
        return;
    }
    if (!variable_print(c->shell, name, FORM_DECLARE, &c->out))
        call_error(c, "%S: not found", name);
}

static enum step declare_step(struct call *c)
{
    struct declare *d = c->state;
    bool prints = d->print && (d->kind == KIND_DECLARE || d->kind == KIND_LOCAL);

    if (d->listing) {
        bool both = d->kind == KIND_DECLARE && !d->print && !d->set && !d->functions;
        if (!d->functions && !list_variables(c, d))
            return STEP_AGAIN;
        if ((d->functions || both) && !list_functions(c, d))
            return STEP_AGAIN;
        return call_done(c);
    }
    while (d->next < c->argc) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        struct str word = c->argv[d->next++];
        if (prints)
            print_one(c, d, word);
        else if (d->functions)
            one_function(c, d, word);
        else
            one_variable(c, d, word);
    }
    return call_done(c);
}

#define OPTIONS_HELP_TEXT                                                                                                  \
    "-f  functions only, with their bodies; -F without\n-g  in a function: the global variable\n"                         \
    "-I  a local variable inherits value and attributes\n-p  print attributes and values\n"                                \
    "-a -A  indexed and associative arrays\n-i  integer\n-l -u -c  lower, upper, capital case on assignment\n"             \
    "-n  reference to the variable named by its value\n-r  readonly\n-t  trace\n-x  export\n"                              \
    "+ instead of - takes an attribute away"

const struct command command_declare = {
    .name = "declare",
    .usage = "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]",
    .summary = "set variable values and attributes",
    .help = OPTIONS_HELP_TEXT,
    .state = sizeof(struct declare),
    .start = declare_start,
    .step = declare_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_typeset = {
    .name = "typeset",
    .usage = "[-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]",
    .summary = "set variable values and attributes: as declare",
    .help = OPTIONS_HELP_TEXT,
    .state = sizeof(struct declare),
    .start = declare_start,
    .step = declare_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_local = {
    .name = "local",
    .usage = "[option] name[=value] ...",
    .summary = "define variables of a function",
    .help = "Takes the options of declare. - as a name makes the options of set local.",
    .state = sizeof(struct declare),
    .start = local_start,
    .step = declare_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_export = {
    .name = "export",
    .usage = "[-fn] [name[=value] ...] or export -p",
    .summary = "give variables to the environment of commands",
    .help = "-f  functions\n-n  take the attribute away\n-p  print what is exported",
    .state = sizeof(struct declare),
    .start = export_start,
    .step = declare_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_readonly = {
    .name = "readonly",
    .usage = "[-aAf] [name[=value] ...] or readonly -p",
    .summary = "mark variables as unchangeable",
    .help = "-a -A  arrays\n-f  functions\n-p  print what is readonly",
    .state = sizeof(struct declare),
    .start = readonly_start,
    .step = declare_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
