/* builtins/rg/types.c - the kinds of files that rg knows by their names, what is added to them, and which are wanted. */
#include "builtins/rg/rg.h"

/* Names in order, with their globs. */
static const struct known {
    const char *name, *globs;
} known[] = {
    {"agda", "*.agda *.lagda"},
    {"aidl", "*.aidl"},
    {"amake", "*.bp *.mk"},
    {"asciidoc", "*.adoc *.asc *.asciidoc"},
    {"asm", "*.S *.asm *.s"},
    {"asp", "*.ascx *.ascx.cs *.ascx.vb *.aspx *.aspx.cs *.aspx.vb"},
    {"ats", "*.ats *.dats *.hats *.sats"},
    {"avro", "*.avdl *.avpr *.avsc"},
    {"awk", "*.awk"},
    {"bazel", "*.BUILD *.bazel *.bazelrc *.bzl BUILD WORKSPACE"},
    {"bitbake", "*.bb *.bbappend *.bbclass *.conf *.inc"},
    {"brotli", "*.br"},
    {"buildstream", "*.bst"},
    {"bzip2", "*.bz2 *.tbz2"},
    {"c", "*.[chH] *.[chH].in *.cats"},
    {"cabal", "*.cabal"},
    {"cbor", "*.cbor"},
    {"ceylon", "*.ceylon"},
    {"clojure", "*.clj *.cljc *.cljs *.cljx"},
    {"cmake", "*.cmake CMakeLists.txt"},
    {"coffeescript", "*.coffee"},
    {"config", "*.cfg *.conf *.config *.ini"},
    {"coq", "*.v"},
    {"cpp", "*.[ChH] *.[ChH].in *.[ch]pp *.[ch]pp.in *.[ch]xx *.[ch]xx.in *.cc *.cc.in *.hh *.hh.in *.inl"},
    {"creole", "*.creole"},
    {"crystal", "*.cr Projectfile"},
    {"cs", "*.cs"},
    {"csharp", "*.cs"},
    {"cshtml", "*.cshtml"},
    {"css", "*.css *.scss"},
    {"csv", "*.csv"},
    {"cython", "*.pxd *.pxi *.pyx"},
    {"d", "*.d"},
    {"dart", "*.dart"},
    {"dhall", "*.dhall"},
    {"diff", "*.diff *.patch"},
    {"docker", "*Dockerfile*"},
    {"dvc", "*.dvc Dvcfile"},
    {"ebuild", "*.ebuild"},
    {"edn", "*.edn"},
    {"elisp", "*.el"},
    {"elixir", "*.eex *.ex *.exs"},
    {"elm", "*.elm"},
    {"erb", "*.erb"},
    {"erlang", "*.erl *.hrl"},
    {"fidl", "*.fidl"},
    {"fish", "*.fish"},
    {"flatbuffers", "*.fbs"},
    {"fortran", "*.F *.F77 *.F90 *.F95 *.f *.f77 *.f90 *.f95 *.pfo"},
    {"fsharp", "*.fs *.fsi *.fsx"},
    {"fut", ".fut"},
    {"gap", "*.g *.gap *.gd *.gi *.tst"},
    {"gn", "*.gn *.gni"},
    {"go", "*.go"},
    {"gradle", "*.gradle"},
    {"groovy", "*.gradle *.groovy"},
    {"gzip", "*.gz *.tgz"},
    {"h", "*.h *.hpp"},
    {"haml", "*.haml"},
    {"haskell", "*.c2hs *.cpphs *.hs *.hsc *.lhs"},
    {"hbs", "*.hbs"},
    {"hs", "*.hs *.lhs"},
    {"html", "*.ejs *.htm *.html"},
    {"idris", "*.idr *.lidr"},
    {"java", "*.java *.jsp *.jspx *.properties"},
    {"jinja", "*.j2 *.jinja *.jinja2"},
    {"jl", "*.jl"},
    {"js", "*.js *.jsx *.vue"},
    {"json", "*.json composer.lock"},
    {"jsonl", "*.jsonl"},
    {"julia", "*.jl"},
    {"jupyter", "*.ipynb *.jpynb"},
    {"k", "*.k"},
    {"kotlin", "*.kt *.kts"},
    {"less", "*.less"},
    {"license", "*[.-]LICEN[CS]E* AGPL-*[0-9]* APACHE-*[0-9]* BSD-*[0-9]* CC-BY-* COPYING "
        "COPYING[.-]* COPYRIGHT COPYRIGHT[.-]* EULA EULA[.-]* GFDL-*[0-9]* GNU-*[0-9]* "
        "GPL-*[0-9]* LGPL-*[0-9]* LICEN[CS]E LICEN[CS]E[.-]* MIT-*[0-9]* MPL-*[0-9]* "
        "NOTICE NOTICE[.-]* OFL-*[0-9]* PATENTS PATENTS[.-]* UNLICEN[CS]E "
        "UNLICEN[CS]E[.-]* agpl[.-]* gpl[.-]* lgpl[.-]* licen[cs]e licen[cs]e.*"},
    {"lisp", "*.el *.jl *.lisp *.lsp *.sc *.scm"},
    {"lock", "*.lock package-lock.json"},
    {"log", "*.log"},
    {"lua", "*.lua"},
    {"lz4", "*.lz4"},
    {"lzma", "*.lzma"},
    {"m4", "*.ac *.m4"},
    {"make", "*.mak *.mk [Gg][Nn][Uu]makefile [Gg][Nn][Uu]makefile.am [Gg][Nn][Uu]makefile.in "
        "[Mm]akefile [Mm]akefile.am [Mm]akefile.in"},
    {"mako", "*.mako *.mao"},
    {"man", "*.[0-9][cEFMmpSx] *.[0-9lnpx]"},
    {"markdown", "*.markdown *.md *.mdown *.mkdn"},
    {"matlab", "*.m"},
    {"md", "*.markdown *.md *.mdown *.mkdn"},
    {"meson", "meson.build meson_options.txt"},
    {"minified", "*.min.css *.min.html *.min.js"},
    {"mint", "*.mint"},
    {"mk", "mkfile"},
    {"ml", "*.ml"},
    {"msbuild", "*.csproj *.fsproj *.proj *.props *.targets *.vcxproj"},
    {"nim", "*.nim *.nimble *.nimf *.nims"},
    {"nix", "*.nix"},
    {"objc", "*.h *.m"},
    {"objcpp", "*.h *.mm"},
    {"ocaml", "*.ml *.mli *.mll *.mly"},
    {"org", "*.org *.org_archive"},
    {"pascal", "*.dpr *.inc *.lpr *.pas *.pp"},
    {"pdf", "*.pdf"},
    {"perl", "*.PL *.perl *.pl *.plh *.plx *.pm *.t"},
    {"php", "*.php *.php3 *.php4 *.php5 *.phtml"},
    {"po", "*.po"},
    {"pod", "*.pod"},
    {"postscript", "*.eps *.ps"},
    {"protobuf", "*.proto"},
    {"ps", "*.cdxml *.ps1 *.ps1xml *.psd1 *.psm1"},
    {"puppet", "*.erb *.pp *.rb"},
    {"purs", "*.purs"},
    {"py", "*.py"},
    {"qmake", "*.prf *.pri *.pro"},
    {"qml", "*.qml"},
    {"r", "*.R *.Rmd *.Rnw *.r"},
    {"racket", "*.rkt"},
    {"rdoc", "*.rdoc"},
    {"readme", "*README README*"},
    {"red", "*.r *.red *.reds"},
    {"robot", "*.robot"},
    {"rst", "*.rst"},
    {"ruby", "*.gemspec *.rb *.rbw .irbrc Gemfile Rakefile config.ru"},
    {"rust", "*.rs"},
    {"sass", "*.sass *.scss"},
    {"scala", "*.sbt *.scala"},
    {"sh", "*.bash *.bashrc *.csh *.cshrc *.ksh *.kshrc *.sh *.tcsh *.zsh .bash_login "
        ".bash_logout .bash_profile .bashrc .cshrc .kshrc .login .logout .profile .tcshrc "
        ".zlogin .zlogout .zprofile .zshenv .zshrc bash_login bash_logout bash_profile "
        "bashrc profile zlogin zlogout zprofile zshenv zshrc"},
    {"slim", "*.skim *.slim *.slime"},
    {"smarty", "*.tpl"},
    {"sml", "*.sig *.sml"},
    {"soy", "*.soy"},
    {"spark", "*.spark"},
    {"spec", "*.spec"},
    {"sql", "*.psql *.sql"},
    {"stylus", "*.styl"},
    {"sv", "*.h *.sv *.svh *.v *.vg"},
    {"svg", "*.svg"},
    {"swift", "*.swift"},
    {"swig", "*.def *.i"},
    {"systemd", "*.automount *.conf *.device *.link *.mount *.path *.scope *.service *.slice "
        "*.socket *.swap *.target *.timer"},
    {"taskpaper", "*.taskpaper"},
    {"tcl", "*.tcl"},
    {"tex", "*.bib *.cls *.dtx *.ins *.ltx *.sty *.tex"},
    {"textile", "*.textile"},
    {"tf", "*.tf"},
    {"thrift", "*.thrift"},
    {"toml", "*.toml Cargo.lock"},
    {"ts", "*.ts *.tsx"},
    {"twig", "*.twig"},
    {"txt", "*.txt"},
    {"typoscript", "*.ts *.typoscript"},
    {"vala", "*.vala"},
    {"vb", "*.vb"},
    {"vcl", "*.vcl"},
    {"verilog", "*.sv *.svh *.v *.vh"},
    {"vhdl", "*.vhd *.vhdl"},
    {"vim", "*.vim"},
    {"vimscript", "*.vim"},
    {"webidl", "*.idl *.webidl *.widl"},
    {"wiki", "*.mediawiki *.wiki"},
    {"xml", "*.dtd *.rng *.sch *.xhtml *.xjb *.xml *.xml.dist *.xsd *.xsl *.xslt"},
    {"xz", "*.txz *.xz"},
    {"yacc", "*.y"},
    {"yaml", "*.yaml *.yml"},
    {"yang", "*.yang"},
    {"z", "*.Z"},
    {"zig", "*.zig"},
    {"zsh", "*.zsh .zlogin .zlogout .zprofile .zshenv .zshrc zlogin zlogout zprofile zshenv zshrc"},
    {"zstd", "*.zst *.zstd"},
};

struct rg_type {
    struct str name;
    struct str *globs; /* in order of their text, as they are listed */
    size_t count;
    struct ignore *rules; /* made when it is asked for */
};

static struct rg_type *find_type(struct rg *g, struct str name)
{
    for (size_t i = 0; i < g->type_count; i++)
        if (str_equal(g->types[i].name, name))
            return &g->types[i];
    return NULL;
}

static struct rg_type *make_type(struct call *c, struct rg *g, struct str name)
{
    struct rg_type *t = find_type(g, name);
    if (t)
        return t;
    g->types = array_grow(c->heap, g->types, g->type_count, sizeof *g->types);
    size_t at = g->type_count++;
    for (; at > 0 && str_compare(g->types[at - 1].name, name) > 0; at--)
        g->types[at] = g->types[at - 1];
    g->types[at] = (struct rg_type){.name = name};
    return &g->types[at];
}

static void add_glob(struct call *c, struct rg_type *t, struct str glob)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->globs[i], glob))
            return;
    t->globs = array_grow(c->heap, t->globs, t->count, sizeof *t->globs);
    size_t at = t->count++;
    for (; at > 0 && str_compare(t->globs[at - 1], glob) > 0; at--)
        t->globs[at] = t->globs[at - 1];
    t->globs[at] = glob;
}

/* The first word of a list; *rest is what follows. */
static struct str word(struct str *rest, char between)
{
    ptrdiff_t end = str_find(*rest, between);
    struct str first = end < 0 ? *rest : str_first(*rest, (size_t)end);
    *rest = str_after(*rest, end < 0 ? rest->length : (size_t)end + 1);
    return first;
}

static void load_types(struct call *c, struct rg *g)
{
    if (g->types)
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct str globs = str_from(known[i].globs);
        struct rg_type *t = make_type(c, g, str_from(known[i].name));
        while (globs.length)
            add_glob(c, t, word(&globs, ' '));
    }
}

static bool unknown_type(struct call *c, struct str name)
{
    call_complain(c, "unrecognized file type: %S\n", name);
    return false;
}

bool rg_type_add(struct call *c, struct rg *g, struct str spec)
{
    load_types(c, g);
    struct str rest = spec, name = word(&rest, ':');
    bool good = name.length && rest.length && name.length < spec.length && !str_is(name, "all");
    for (size_t i = 0; i < name.length; i++)
        good &= utf8_byte_is(name.data[i], UTF8_ALNUM) || (unsigned char)name.data[i] >= 0x80;
    if (good && str_starts(rest, "include:")) {
        struct str names = str_after(rest, 8);
        while (names.length) {
            struct str one = word(&names, ',');
            struct rg_type *from = find_type(g, one);
            if (!from)
                return unknown_type(c, one);
            struct rg_type copy = *from; /* making the other may move it */
            struct rg_type *to = make_type(c, g, name);
            for (size_t i = 0; i < copy.count; i++)
                add_glob(c, to, copy.globs[i]);
        }
        return true;
    }
    if (!good || str_find(rest, ':') >= 0) {
        call_complain(c, "invalid definition (format is type:glob, e.g., html:*.html)\n");
        return false;
    }
    add_glob(c, make_type(c, g, name), rest);
    return true;
}

void rg_type_clear(struct call *c, struct rg *g, struct str name)
{
    load_types(c, g);
    struct rg_type *t = find_type(g, name);
    if (!t)
        return;
    for (size_t i = (size_t)(t - g->types) + 1; i < g->type_count; i++)
        g->types[i - 1] = g->types[i];
    g->type_count--;
}

void rg_type_list(struct call *c, struct rg *g)
{
    load_types(c, g);
    for (size_t i = 0; i < g->type_count; i++) {
        struct rg_type *t = &g->types[i];
        call_format(c, "%S: ", t->name);
        for (size_t j = 0; j < t->count; j++)
            call_format(c, "%s%S", j ? ", " : "", t->globs[j]);
        call_print_byte(c, '\n');
    }
}

/* All types in one list of rules, or one. */
static struct ignore *rules_of(struct call *c, struct rg_type *types, size_t count)
{
    struct ignore *rules = ignore_new(c->heap);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < types[i].count; j++)
            ignore_add(rules, types[i].globs[j], IGNORE_BRACES);
    return rules;
}

bool rg_type_select(struct call *c, struct rg *g, struct str name, bool negated)
{
    load_types(c, g);
    struct rg_type *t = g->types;
    size_t count = g->type_count;
    if (!str_is(name, "all")) {
        t = find_type(g, name);
        count = 1;
    }
    if (!t)
        return unknown_type(c, name);
    g->selections = array_grow(c->heap, g->selections, g->selection_count, sizeof *g->selections);
    g->selections[g->selection_count++] = (struct rg_selection){rules_of(c, t, count), negated};
    g->types_wanted |= !negated;
    return true;
}

enum ignore_answer rg_type_judge(struct call *c, const struct rg *g, struct str name)
{
    for (size_t i = g->selection_count; i > 0; i--) {
        const struct rg_selection *s = &g->selections[i - 1];
        if (ignore_judge(s->rules, c->heap, name, false) != IGNORE_NOTHING)
            return s->negated ? IGNORE_LEAVE_OUT : IGNORE_KEEP;
    }
    return g->types_wanted ? IGNORE_LEAVE_OUT : IGNORE_NOTHING;
}
