/* builtins/lookup.c - what a command name stands for in this shell. */
#include "builtins/lookup.h"

#include "shell/print.h"
#include "shell/vm.h"

bool lookup_alias(struct shell *sh, struct str name, struct str *value)
{
    union entry entry;
    if (!(sh->state.shopt & (uint64_t)1 << SHOPT_EXPAND_ALIASES) || !sh->state.aliases.count ||
        !btree_find(sh->state.aliases, name, &entry))
        return false;
    *value = text_str((struct text *)entry.item);
    return true;
}

struct str lookup_path(struct shell *sh, bool standard)
{
    struct str path;
    if (standard)
        return str_lit("/bin:/usr/bin");
    return shell_get(sh, str_lit("PATH"), &path) && path.data ? path : str_lit("");
}

bool lookup_describe(struct call *c, struct str name, bool functions)
{
    struct shell *sh = c->shell;
    struct str value;
    if (lookup_alias(sh, name, &value)) {
        call_format(c, "%S is aliased to `%S'\n", name, value);
        return true;
    }
    if (parse_is_keyword(name)) {
        call_format(c, "%S is a shell keyword\n", name);
        return true;
    }
    struct function *f = functions ? find_function(sh, name) : NULL;
    if (f) {
        call_format(c, "%S is a function\n", name);
        function_print(sh, name, f, &c->out);
        call_print_byte(c, '\n');
        return true;
    }
    const struct command *command = find_builtin(sh, name);
    if (command) {
        bool special = command->flags & COMMAND_SPECIAL && sh->state.options & OPT_POSIX;
        call_format(c, special ? "%S is a special shell builtin\n" : "%S is a shell builtin\n", name);
        return true;
    }
    return false;
}
