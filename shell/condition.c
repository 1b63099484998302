/* shell/condition.c - the tests of [[ ]], test and [. */
#include "shell/condition.h"

#include "base/number.h"
#include "regex/glob.h"
#include "regex/regex.h"
#include "shell/arith.h"
#include "shell/options.h"
#include "shell/print.h"
#include "shell/vars.h"
#include "shell/vm.h"

bool condition_is_unary(struct str word)
{
    return word.length == 2 && word.data[0] == '-' && memchr("abcdefghknoprstuvwxzGLNORS", word.data[1], 26);
}

bool condition_is_binary(struct str word)
{
    static const char *const all[] = {
        "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
    };
    if (!word.length || word.length > 3)
        return false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_is(word, all[i]))
            return true;
    return false;
}

static bool is_own(const struct condition *c, const struct stat_info *info)
{
    return info->user == c->task->who.user;
}

static int test_file(struct condition *c, char operator, struct str path, bool *answer)
{
    struct stat_info info;
    int error;

    *answer = false;
    if (operator == 'r' || operator == 'w' || operator == 'x') {
        error = task_access(c->task, path, operator == 'r' ? MAY_READ : operator == 'w' ? MAY_WRITE : MAY_EXECUTE);
        *answer = error == 0;
        return error == E_WAIT ? E_WAIT : 0;
    }
    error = task_stat(c->task, path, operator != 'h' && operator != 'L', &info);
    if (error)
        return error == E_WAIT ? E_WAIT : 0;
    switch (operator) {
    case 'a': case 'e': *answer = true; break;
    case 'b': case 'S': break; /* there are no block devices and no sockets */
    case 'c': *answer = info.kind == NODE_DEVICE; break;
    case 'd': *answer = info.kind == NODE_DIRECTORY; break;
    case 'f': *answer = info.kind == NODE_FILE; break;
    case 'g': *answer = info.mode & MODE_SETGID; break;
    case 'h': case 'L': *answer = info.kind == NODE_LINK; break;
    case 'k': *answer = info.mode & MODE_STICKY; break;
    case 'p': *answer = info.kind == NODE_FIFO; break;
    case 's': *answer = info.size > 0; break;
    case 'u': *answer = info.mode & MODE_SETUID; break;
    case 'G': *answer = info.group == c->task->who.group; break;
    case 'N': *answer = info.mtime > info.atime; break;
    case 'O': *answer = is_own(c, &info); break;
    default: break;
    }
    return 0;
}

static bool is_terminal(const struct condition *c, struct str text)
{
    int64_t fd;
    if (!number_is_int(text, &fd) || fd < 0 || fd >= FDS_MOST)
        return false;
    struct file *f = fds_get(c->task, (int)fd);
    return f && file_is_terminal(f);
}

static bool is_set(struct shell *sh, struct str name)
{
    struct str base, subscript;
    if (var_split(name, &base, &subscript)) {
        struct buf text;
        bool set = var_is_set(sh, base, code_hash(base), subscript_expand(sh, subscript, &text), true);
        buf_drop(&text);
        return set;
    }
    struct str value;
    size_t number = 0;
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return shell_is_name(name) && var_is_set(sh, name, code_hash(name), (struct str){0}, false);
        number = number < 1000000000 ? number * 10 + (size_t)(name.data[i] - '0') : number;
    }
    return name.length && (number == 0 || shell_param(sh, number, &value));
}

static bool is_reference(struct shell *sh, struct str name)
{
    struct variable *v = var_find(sh, name, code_hash(name));
    return v && v->flags & VAR_NAMEREF && v->value;
}

int condition_unary(struct condition *c, struct str operator, struct str operand, bool *answer)
{
    char letter = operator.data[1];
    *answer = false;
    switch (letter) {
    case 'n': *answer = operand.length > 0; return 0;
    case 'z': *answer = operand.length == 0; return 0;
    case 't': *answer = is_terminal(c, operand); return 0;
    case 'o':
        if (c->shell) {
            const struct set_option *o = set_option_find(operand);
            *answer = o && c->shell->state.options & o->bit;
        }
        return 0;
    case 'v': *answer = c->shell && is_set(c->shell, operand); return 0;
    case 'R': *answer = c->shell && is_reference(c->shell, operand); return 0;
    default: return test_file(c, letter, operand, answer);
    }
}

/* --- two operands ----------------------------------------------------------------------------- */

static int compare_files(struct condition *c, struct str left, char which, struct str right, bool *answer)
{
    struct stat_info a, b;
    int first = task_stat(c->task, left, true, &a);
    if (first == E_WAIT)
        return E_WAIT;
    int second = task_stat(c->task, right, true, &b);
    if (second == E_WAIT)
        return E_WAIT;
    if (which == 'e')
        *answer = !first && !second && a.number == b.number;
    else if (which == 'n')
        *answer = !first && (second || a.mtime > b.mtime);
    else
        *answer = !second && (first || a.mtime < b.mtime);
    return 0;
}

static int read_number(struct condition *c, struct str text, int64_t *number)
{
    if (c->brackets)
        return arith_evaluate(c->shell, text, "[[: ", number) < 0 ? E_INVAL : 0;
    if (number_is_int(text, number))
        return 0;
    c->bad = text;
    return E_INVAL;
}

static int compare_numbers(struct condition *c, struct str left, struct str operator, struct str right, bool *answer)
{
    int64_t a, b;
    int error = read_number(c, left, &a);
    if (!error)
        error = read_number(c, right, &b);
    if (error)
        return error;
    switch (operator.data[1] << 8 | operator.data[2]) {
    case 'e' << 8 | 'q': *answer = a == b; break;
    case 'n' << 8 | 'e': *answer = a != b; break;
    case 'l' << 8 | 't': *answer = a < b; break;
    case 'l' << 8 | 'e': *answer = a <= b; break;
    case 'g' << 8 | 't': *answer = a > b; break;
    default: *answer = a >= b; break;
    }
    return 0;
}

static bool matches_pattern(struct condition *c, struct str text, struct str pattern)
{
    struct shell *sh = c->shell;
    bool fold = sh->state.shopt & (uint64_t)1 << SHOPT_NOCASEMATCH;
    if (!fold && !glob_is_pattern(pattern, GLOB_EXTENDED) && str_find(pattern, '\\') < 0) {
        meter_charge(&sh->sandbox->meter, (int64_t)(text.length / METER_BYTES));
        return str_equal(text, pattern);
    }
    unsigned flags = GLOB_EXTENDED | (fold ? GLOB_FOLD : 0) | (shell_locale(sh) == LOCALE_UTF8 ? GLOB_UTF8 : 0);
    return glob_match(shell_pattern(sh, pattern, flags), sh->heap, text);
}

static int matches_regex(struct condition *c, struct str text, struct str pattern, bool *answer)
{
    struct shell *sh = c->shell;
    struct str rematch = str_lit("BASH_REMATCH");
    uint32_t hash = code_hash(rematch);
    unsigned flags = REGEX_PAREN | (sh->state.shopt & (uint64_t)1 << SHOPT_NOCASEMATCH ? REGEX_FOLD : 0) |
                     (shell_locale(sh) == LOCALE_UTF8 ? REGEX_UTF8 : 0);
    struct regex *r = shell_regex(sh, pattern, flags);
    if (!r)
        return E_ILSEQ;
    int count = regex_groups(r) + 1;
    struct match *groups = heap_alloc(sh->heap, (size_t)count * sizeof *groups);
    *answer = regex_match(r, text, 0, 0, groups, count) == REGEX_YES;
    var_make_array(sh, rematch, hash, false, false);
    for (int i = 0; *answer && i < count; i++) {
        char digits[NUMBER_MOST];
        struct str value = {0};
        if (groups[i].start >= 0)
            value = str_of(text.data + groups[i].start, (size_t)(groups[i].end - groups[i].start));
        var_assign_element(sh, rematch, hash, str_of(digits, number_write_int(digits, i)), value, false);
    }
    heap_free(sh->heap, groups);
    return 0;
}

int condition_binary(struct condition *c, struct str left, struct str operator, struct str right, bool *answer)
{
    *answer = false;
    if (operator.data[0] == '-') {
        if (operator.length == 3 && (str_is(operator, "-nt") || str_is(operator, "-ot") || str_is(operator, "-ef")))
            return compare_files(c, left, operator.data[1], right, answer);
        return compare_numbers(c, left, operator, right, answer);
    }
    meter_charge(&c->task->sandbox->meter, (int64_t)(left.length / METER_BYTES));
    switch (operator.data[0]) {
    case '<': *answer = str_compare(left, right) < 0; return 0;
    case '>': *answer = str_compare(left, right) > 0; return 0;
    default: break;
    }
    if (str_is(operator, "=~"))
        return matches_regex(c, left, right, answer);
    bool equal = c->brackets ? matches_pattern(c, left, right) : str_equal(left, right);
    *answer = equal == (operator.data[0] == '=');
    return 0;
}
