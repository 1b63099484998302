/* shell/options.c - the names of set -o and shopt. */
#include "shell/options.h"

const struct set_option set_options[SET_OPTION_COUNT] = {
    {"allexport", 'a', OPT_ALLEXPORT},
    {"braceexpand", 'B', OPT_BRACEEXPAND},
    {"emacs", 0, OPT_EMACS},
    {"errexit", 'e', OPT_ERREXIT},
    {"errtrace", 'E', OPT_ERRTRACE},
    {"functrace", 'T', OPT_FUNCTRACE},
    {"hashall", 'h', OPT_HASHALL},
    {"histexpand", 'H', OPT_HISTEXPAND},
    {"history", 0, OPT_HISTORY},
    {"ignoreeof", 0, OPT_IGNOREEOF},
    {"interactive-comments", 0, OPT_INTERACTIVE_COMMENTS},
    {"keyword", 'k', OPT_KEYWORD},
    {"monitor", 'm', OPT_MONITOR},
    {"noclobber", 'C', OPT_NOCLOBBER},
    {"noexec", 'n', OPT_NOEXEC},
    {"noglob", 'f', OPT_NOGLOB},
    {"nolog", 0, OPT_NOLOG},
    {"notify", 'b', OPT_NOTIFY},
    {"nounset", 'u', OPT_NOUNSET},
    {"onecmd", 't', OPT_ONECMD},
    {"physical", 'P', OPT_PHYSICAL},
    {"pipefail", 0, OPT_PIPEFAIL},
    {"posix", 0, OPT_POSIX},
    {"privileged", 'p', OPT_PRIVILEGED},
    {"verbose", 'v', OPT_VERBOSE},
    {"vi", 0, OPT_VI},
    {"xtrace", 'x', OPT_XTRACE},
};

const char *const shopt_names[SHOPT_COUNT] = {
    [SHOPT_AUTOCD] = "autocd",
    [SHOPT_ASSOC_EXPAND_ONCE] = "assoc_expand_once",
    [SHOPT_CDABLE_VARS] = "cdable_vars",
    [SHOPT_CDSPELL] = "cdspell",
    [SHOPT_CHECKHASH] = "checkhash",
    [SHOPT_CHECKJOBS] = "checkjobs",
    [SHOPT_CHECKWINSIZE] = "checkwinsize",
    [SHOPT_CMDHIST] = "cmdhist",
    [SHOPT_COMPAT31] = "compat31",
    [SHOPT_COMPAT32] = "compat32",
    [SHOPT_COMPAT40] = "compat40",
    [SHOPT_COMPAT41] = "compat41",
    [SHOPT_COMPAT42] = "compat42",
    [SHOPT_COMPAT43] = "compat43",
    [SHOPT_COMPAT44] = "compat44",
    [SHOPT_COMPLETE_FULLQUOTE] = "complete_fullquote",
    [SHOPT_DIREXPAND] = "direxpand",
    [SHOPT_DIRSPELL] = "dirspell",
    [SHOPT_DOTGLOB] = "dotglob",
    [SHOPT_EXECFAIL] = "execfail",
    [SHOPT_EXPAND_ALIASES] = "expand_aliases",
    [SHOPT_EXTDEBUG] = "extdebug",
    [SHOPT_EXTGLOB] = "extglob",
    [SHOPT_EXTQUOTE] = "extquote",
    [SHOPT_FAILGLOB] = "failglob",
    [SHOPT_FORCE_FIGNORE] = "force_fignore",
    [SHOPT_GLOBASCIIRANGES] = "globasciiranges",
    [SHOPT_GLOBSKIPDOTS] = "globskipdots",
    [SHOPT_GLOBSTAR] = "globstar",
    [SHOPT_GNU_ERRFMT] = "gnu_errfmt",
    [SHOPT_HISTAPPEND] = "histappend",
    [SHOPT_HISTREEDIT] = "histreedit",
    [SHOPT_HISTVERIFY] = "histverify",
    [SHOPT_HOSTCOMPLETE] = "hostcomplete",
    [SHOPT_HUPONEXIT] = "huponexit",
    [SHOPT_INHERIT_ERREXIT] = "inherit_errexit",
    [SHOPT_INTERACTIVE_COMMENTS] = "interactive_comments",
    [SHOPT_LASTPIPE] = "lastpipe",
    [SHOPT_LITHIST] = "lithist",
    [SHOPT_LOCALVAR_INHERIT] = "localvar_inherit",
    [SHOPT_LOCALVAR_UNSET] = "localvar_unset",
    [SHOPT_LOGIN_SHELL] = "login_shell",
    [SHOPT_MAILWARN] = "mailwarn",
    [SHOPT_NO_EMPTY_CMD_COMPLETION] = "no_empty_cmd_completion",
    [SHOPT_NOCASEGLOB] = "nocaseglob",
    [SHOPT_NOCASEMATCH] = "nocasematch",
    [SHOPT_NOEXPAND_TRANSLATION] = "noexpand_translation",
    [SHOPT_NULLGLOB] = "nullglob",
    [SHOPT_PATSUB_REPLACEMENT] = "patsub_replacement",
    [SHOPT_PROGCOMP] = "progcomp",
    [SHOPT_PROGCOMP_ALIAS] = "progcomp_alias",
    [SHOPT_PROMPTVARS] = "promptvars",
    [SHOPT_RESTRICTED_SHELL] = "restricted_shell",
    [SHOPT_SHIFT_VERBOSE] = "shift_verbose",
    [SHOPT_SOURCEPATH] = "sourcepath",
    [SHOPT_VARREDIR_CLOSE] = "varredir_close",
    [SHOPT_XPG_ECHO] = "xpg_echo",
};

const struct set_option *set_option_find(struct str name)
{
    for (int i = 0; i < SET_OPTION_COUNT; i++)
        if (str_is(name, set_options[i].name))
            return &set_options[i];
    return NULL;
}

const struct set_option *set_option_letter(char letter)
{
    for (int i = 0; letter && i < SET_OPTION_COUNT; i++)
        if (set_options[i].letter == letter)
            return &set_options[i];
    return NULL;
}

int shopt_find(struct str name)
{
    for (int i = 0; i < SHOPT_COUNT; i++)
        if (str_is(name, shopt_names[i]))
            return i;
    return -1;
}

