/* builtins/file/source.c - scripts, markup, mail, keys and sources: what kind of text it is. */
#include "builtins/file/file.h"

enum { HEAD = 8192, MARKUP = 4096 }; /* bytes that are searched */

static bool found(struct finding *f, const char *kind, const char *mime, enum finding_way way)
{
    buf_add_text(&f->kind, kind);
    f->mime = mime;
    f->way = way;
    return true;
}

static struct str skip_space(struct str s)
{
    while (s.length && utf8_byte_is(s.data[0], UTF8_SPACE))
        s = str_after(s, 1);
    return s;
}

static bool starts_folded(struct str s, const char *text)
{
    size_t length = strlen(text);
    if (s.length < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (utf8_ascii_lower[(unsigned char)s.data[i]] != (unsigned char)text[i])
            return false;
    return true;
}

static bool contains(struct str s, const char *text)
{
    size_t length = strlen(text);
    for (;;) {
        ptrdiff_t at = str_find(s, text[0]);
        if (at < 0 || s.length - (size_t)at < length)
            return false;
        if (memcmp(s.data + at, text, length) == 0)
            return true;
        s = str_after(s, (size_t)at + 1);
    }
}

/* The next line of `rest`, without its end. */
static bool next_line(struct str *rest, struct str *line)
{
    ptrdiff_t at = str_find(*rest, '\n');

    if (!rest->length)
        return false;
    *line = at < 0 ? *rest : str_first(*rest, (size_t)at);
    *rest = str_after(*rest, at < 0 ? rest->length : (size_t)at + 1);
    if (line->length && line->data[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* --- #! ------------------------------------------------------------------------------------------------------ */

enum { BIN = 1, USR_BIN = 2, LOCAL_BIN = 4, ENV = 8, ALL = 15, PREFIX = 16 };

static const struct interpreter {
    const char *name;
    unsigned where;
    const char *kind, *mime;
    enum finding_way way;
} interpreters[] = {
    {"sh", BIN, "POSIX shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"bash", ALL, "Bourne-Again shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"zsh", ALL, "Paul Falstad's zsh script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"fish", ALL, "fish shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"ksh", BIN, "Korn shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"csh", BIN, "C shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"tcsh", BIN | USR_BIN | LOCAL_BIN, "Tenex C shell script", "text/x-shellscript", FINDING_EXECUTABLE},
    {"rc", BIN, "Plan 9 rc shell script", "text/plain", FINDING_EXECUTABLE},
    {"awk", BIN | USR_BIN, "awk script", "text/x-awk", FINDING_EXECUTABLE},
    {"gawk", BIN | USR_BIN | LOCAL_BIN, "GNU awk script", "text/x-gawk", FINDING_EXECUTABLE},
    {"nawk", BIN | USR_BIN | LOCAL_BIN, "new awk script", "text/x-nawk", FINDING_EXECUTABLE},
    {"perl", ALL, "Perl script text executable", "text/x-perl", FINDING_WHOLE},
    {"python", USR_BIN | LOCAL_BIN | ENV | PREFIX, "Python script", "text/x-script.python", FINDING_EXECUTABLE},
    {"ruby", USR_BIN | LOCAL_BIN | ENV, "Ruby script", "text/x-ruby", FINDING_EXECUTABLE},
    {"node", ALL, "Node.js script executable", "application/javascript", FINDING_TEXT},
    {"nodejs", ALL, "Node.js script executable", "application/javascript", FINDING_TEXT},
    {"php", USR_BIN | LOCAL_BIN, "PHP script", "text/x-php", FINDING_EXECUTABLE},
    {"lua", USR_BIN | LOCAL_BIN | ENV | PREFIX, "Lua script", "text/x-lua", FINDING_EXECUTABLE},
    {"tclsh", ENV, "Tcl script", "text/x-tcl", FINDING_EXECUTABLE},
    {"tclsh", USR_BIN | LOCAL_BIN, "Tcl/Tk script", "text/x-tcl", FINDING_EXECUTABLE},
    {"wish", USR_BIN | LOCAL_BIN | ENV, "Tcl/Tk script", "text/x-tcl", FINDING_EXECUTABLE},
    {"julia", ALL, "Julia script executable", "text/plain", FINDING_TEXT},
    {"runhaskell", ALL, "Haskell script executable", "text/plain", FINDING_TEXT},
};

/* What the first line calls: the line behind #! and env, and where the program stands. */
static bool read_call(struct str text, struct str *call, unsigned *where, struct str *name)
{
    static const struct {
        const char *folder;
        unsigned where;
    } folders[] = {{"/bin/", BIN}, {"/usr/bin/", USR_BIN}, {"/usr/local/bin/", LOCAL_BIN}};
    struct str line;
    size_t length = 0;

    if (!str_starts(text, "#!") || !next_line(&text, &line))
        return false;
    *call = skip_space(str_after(line, 2));
    *where = 0;
    *name = *call;
    if (str_starts(*call, "/usr/bin/env ")) {
        *call = *name = skip_space(str_after(*call, 13));
        *where = ENV;
    }
    for (size_t i = 0; !*where && i < sizeof folders / sizeof *folders; i++)
        if (str_starts(*call, folders[i].folder)) {
            *name = str_after(*call, strlen(folders[i].folder));
            *where = folders[i].where;
        }
    while (length < name->length && !utf8_byte_is(name->data[length], UTF8_SPACE))
        length++;
    *name = str_first(*name, length);
    return call->length > 0;
}

static bool find_interpreter(struct finding *f, struct str text)
{
    struct str call, name;
    unsigned where;

    if (!read_call(text, &call, &where, &name))
        return false;
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
        const struct interpreter *p = &interpreters[i];
        if ((p->where & where) && (p->where & PREFIX ? str_starts(name, p->name) : str_is(name, p->name)))
            return found(f, p->kind, p->mime, p->way);
    }
    return false;
}

static bool find_other_call(struct finding *f, struct str text)
{
    struct str call, name;
    unsigned where;

    if (!read_call(text, &call, &where, &name))
        return false;
    while (call.length && utf8_byte_is(call.data[call.length - 1], UTF8_SPACE))
        call.length--;
    buf_print(&f->kind, "a %S script", call);
    f->mime = "text/plain";
    f->way = FINDING_EXECUTABLE;
    return true;
}

/* --- beginnings ------------------------------------------------------------------------------------------------- */

static const struct beginning {
    const char *text, *kind, *mime;
    enum finding_way way;
} beginnings[] = {
    {"-----BEGIN CERTIFICATE-----", "PEM certificate", "text/plain", FINDING_WHOLE},
    {"-----BEGIN CERTIFICATE REQ", "PEM certificate request", "text/plain", FINDING_WHOLE},
    {"-----BEGIN RSA PRIVATE", "PEM RSA private key", "text/plain", FINDING_WHOLE},
    {"-----BEGIN DSA PRIVATE", "PEM DSA private key", "text/plain", FINDING_WHOLE},
    {"-----BEGIN EC PRIVATE", "PEM EC private key", "text/plain", FINDING_WHOLE},
    {"-----BEGIN OPENSSH PRIVATE", "OpenSSH private key", "text/plain", FINDING_WHOLE},
    {"-----BEGIN PGP PUBLIC KEY BLOCK-", "PGP public key block", "application/pgp-keys", FINDING_WHOLE},
    {"-----BEGIN PGP PRIVATE KEY BLOCK-", "PGP private key block", "application/pgp-keys", FINDING_WHOLE},
    {"-----BEGIN PGP MESSAGE-", "PGP message", "application/pgp", FINDING_WHOLE},
    {"-----BEGIN PGP SIGNATURE-", "PGP signature", "application/pgp-signature", FINDING_WHOLE},
    {"ssh-rsa ", "OpenSSH RSA public key", "text/plain", FINDING_WHOLE},
    {"ssh-dss ", "OpenSSH DSA public key", "text/plain", FINDING_WHOLE},
    {"ssh-ed25519 ", "OpenSSH ED25519 public key", "text/plain", FINDING_WHOLE},
    {"ecdsa-sha2-nistp256 ", "OpenSSH ECDSA public key", "text/plain", FINDING_WHOLE},
    {"{\\rtf1\\ansi", "Rich Text Format data, version 1, ANSI", "text/rtf", FINDING_WHOLE},
    {"{\\rtf1", "Rich Text Format data, version 1", "text/rtf", FINDING_WHOLE},
    {"BEGIN:VCALENDAR\r\n", "iCalendar calendar file", "text/calendar", FINDING_WHOLE},
    {"BEGIN:VCALENDAR", "vCalendar calendar file", "text/calendar", FINDING_WHOLE},
    {"diff ", "diff output", "text/x-diff", FINDING_TEXT},
    {"Index:", "RCS/CVS diff output", "text/x-diff", FINDING_TEXT},
    {"Only in ", "diff output", "text/x-diff", FINDING_TEXT},
    {"Common subdirectories: ", "diff output", "text/x-diff", FINDING_TEXT},
    {"Received:", "RFC 822 mail", "message/rfc822", FINDING_TEXT},
    {"Return-Path:", "RFC 822 mail", "message/rfc822", FINDING_TEXT},
    {"From:", "news or mail", "message/rfc822", FINDING_TEXT},
    {"Delivered-To:", "SMTP mail", "message/rfc822", FINDING_TEXT},
    {"MIME-Version:", "MIME entity", "text/plain", FINDING_TEXT},
    {"\\input", "TeX document", "text/x-tex", FINDING_TEXT},
    {"(ns ", "Clojure module source", "text/x-clojure", FINDING_TEXT},
    {"=pod", "Perl POD document", "text/plain", FINDING_TEXT},
    {"=head1 ", "Perl POD document", "text/plain", FINDING_TEXT},
    {"=head2 ", "Perl POD document", "text/plain", FINDING_TEXT},
    {"Xref:", "news", "message/news", FINDING_TEXT},
    {"Path:", "news", "message/news", FINDING_TEXT},
    {"dnl", "M4 macro processor script", "text/x-m4", FINDING_TEXT},
    {"divert(-1)", "M4 macro processor script", "text/x-m4", FINDING_TEXT},
    {".\\\"", "troff or preprocessor input", "text/troff", FINDING_TEXT},
    {"'\\\"", "troff or preprocessor input", "text/troff", FINDING_TEXT},
    {".TH ", "troff or preprocessor input", "text/troff", FINDING_TEXT},
    {".SH ", "troff or preprocessor input", "text/troff", FINDING_TEXT},
    {".Dd ", "troff or preprocessor input", "text/troff", FINDING_TEXT},
    {".globl", "assembler source", "text/x-asm", FINDING_TEXT},
    {".text", "assembler source", "text/x-asm", FINDING_TEXT},
    {".file", "assembler source", "text/x-asm", FINDING_TEXT},
    {".section", "assembler source", "text/x-asm", FINDING_TEXT},
    {"<?php", "PHP script", "text/x-php", FINDING_TEXT},
    {"\"\"\"", "Python script", "text/plain", FINDING_EXECUTABLE},
};

/* Does `text` begin with package NAME; ? */
static bool is_package(struct str text)
{
    size_t length = 8;

    if (!str_starts(text, "package "))
        return false;
    while (length < text.length &&
           (utf8_byte_is(text.data[length], UTF8_ALNUM) || strchr(":_", text.data[length] ? text.data[length] : ' ')))
        length++;
    return length > 8 && str_starts(skip_space(str_after(text, length)), ";");
}

static bool find_beginning(struct finding *f, struct str text)
{
    struct str rest = str_first(text, HEAD), line;
    bool module = false;

    while (!module && next_line(&rest, &line))
        module = is_package(line);
    if (module)
        return found(f, "Perl5 module source", "text/plain", FINDING_TEXT);
    if (contains(str_first(text, 1024), "\n=head1 ") || contains(str_first(text, 1024), "\n=pod\n"))
        return found(f, "Perl POD document", "text/plain", FINDING_TEXT);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (str_starts(text, beginnings[i].text))
            return found(f, beginnings[i].kind, beginnings[i].mime, beginnings[i].way);
    if (str_starts(text, "--- ") && contains(str_first(text, MARKUP), "\n+++ "))
        return found(f, "unified diff output", "text/x-diff", FINDING_TEXT);
    if (str_starts(text, "*** ") && contains(str_first(text, MARKUP), "\n--- "))
        return found(f, "context diff output", "text/x-diff", FINDING_TEXT);
    if (starts_folded(text, "@echo off"))
        return found(f, "DOS batch file", "text/x-msdos-batch", FINDING_TEXT);
    if (str_starts(text, "BEGIN:VCARD"))
        return found(f, "vCard visiting card", "text/vcard", FINDING_WHOLE);
    if (str_starts(text, "%!PS-Adobe-")) {
        size_t length = 0;
        struct str version = str_after(text, 11);
        while (length < version.length && version.data[length] > ' ')
            length++;
        buf_print(&f->kind, "PostScript document text conforming DSC level %S", str_first(version, length));
        f->mime = "application/postscript";
        return true;
    }
    if (str_starts(text, "%!"))
        return found(f, "PostScript document text", "application/postscript", FINDING_WHOLE);
    return false;
}

/* --- markup ------------------------------------------------------------------------------------------------------ */

static bool is_html(struct str text)
{
    static const char *const tags[] = {"<!doctype html", "<html>",  "<html ",   "<head>",   "<head ",
                                       "<title>",        "<title ", "<script>", "<script ", "<style>",
                                       "<style ",        "<table>", "<table ",  "<a href="};
    text = str_first(text, MARKUP);
    for (;;) {
        ptrdiff_t at = str_find(text, '<');
        if (at < 0)
            return false;
        text = str_after(text, (size_t)at);
        for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
            if (starts_folded(text, tags[i]))
                return true;
        text = str_after(text, 1);
    }
}

static bool find_markup(struct finding *f, struct str text)
{
    struct str trimmed = skip_space(text);
    bool xml = str_starts(trimmed, "<?xml");

    if ((xml && contains(str_first(trimmed, MARKUP), "<svg")) || str_starts(trimmed, "<svg"))
        return found(f, "SVG Scalable Vector Graphics image", "image/svg+xml", FINDING_WHOLE);
    if (xml) {
        struct str rest = str_after(trimmed, 5);
        if (str_starts(rest, " version=\"") || str_starts(rest, " version='")) {
            size_t length = 0;
            rest = str_after(rest, 10);
            while (length < rest.length && rest.data[length] != '"' && rest.data[length] != '\'' &&
                   rest.data[length] > ' ')
                length++;
            buf_print(&f->kind, "XML %S document", str_first(rest, length));
            f->mime = "text/xml";
            f->way = FINDING_TEXT;
            return true;
        }
        return found(f, "XML document", "text/xml", FINDING_TEXT);
    }
    if (is_html(text))
        return found(f, "HTML document", "text/html", FINDING_TEXT);
    return str_starts(trimmed, "<!--") && found(f, "exported SGML document", "text/plain", FINDING_TEXT);
}

/* --- sources -------------------------------------------------------------------------------------------------------
 */

/* What lines of a text may show. */
struct signs {
    bool c, ifdef, cpp, java, python, try, javascript, ruby, ruby_block, end, make, lisp, awk, latex, tex, subtitles;
};

static bool word_at(struct str line, const char *word)
{
    size_t length = strlen(word);
    return str_starts(line, word) &&
           (line.length == length || !(utf8_byte_is(line.data[length], UTF8_ALNUM) || line.data[length] == '_'));
}

static bool is_name(struct str s, const char *also)
{
    for (size_t i = 0; i < s.length; i++)
        if (!utf8_byte_is(s.data[i], UTF8_ALNUM) && s.data[i] != '_' && (!s.data[i] || !strchr(also, s.data[i])))
            return false;
    return s.length > 0;
}

static bool is_python(struct str line, struct str inner)
{
    if (str_starts(line, "import ")) /* plain imports are of many languages */
        return contains(line, " as ") && is_name(str_after(line, 7), "., ");
    if (str_starts(line, "from "))
        return contains(line, " import ") && !contains(line, ";");
    if (str_starts(line, "class "))
        return str_ends(line, ":");
    return (str_starts(inner, "def ") && contains(inner, "(") && str_ends(inner, "):")) ||
           str_starts(inner, "if __name__ ==");
}

static bool is_c(struct str line)
{
    static const char *const words[] = {"#include", "#pragma ", "#ifndef ", "struct ", "union ", "extern "};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(line, words[i]))
            return line.length > strlen(words[i]);
    return false;
}

static bool is_cpp(struct str line, struct str inner)
{
    static const char *const words[] = {"public:", "private:", "protected:", "virtual ", "template <", "template<"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(inner, words[i]))
            return true;
    return str_starts(line, "using namespace ") || (str_starts(line, "class ") && contains(line, " public:"));
}

static bool is_java(struct str line)
{
    static const char *const words[] = {"public class ", "public final class ", "public abstract class ", "public interface "};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(line, words[i]))
            return contains(line, "{");
    return contains(line, "public static void main(") || (str_starts(line, "import java") && str_ends(line, ";"));
}

static bool is_javascript(struct str line, struct str inner)
{
    static const char *const words[] = {"export default ", "export class ", "export const ", "export function ", "module.exports",
                                        "(function", "\"use strict\""};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(line, words[i]))
            return true;
    if (str_starts(inner, "const ") || str_starts(inner, "var ") || str_starts(inner, "let "))
        return contains(inner, "require(");
    return str_starts(line, "import ") && (contains(line, " from '") || contains(line, " from \""));
}

/* Does `text` begin a module or class by a plain name? */
static bool is_ruby_class(struct str inner)
{
    size_t word = str_starts(inner, "class ") ? 6 : str_starts(inner, "module ") ? 7 : 0;
    return word && is_name(str_after(inner, word), ": <");
}

static void look_at_line(struct signs *s, struct str line)
{
    static const char *const make[] = {"CFLAGS", "LDFLAGS", "VPATH", "SUBDIRS", "all:", ".PRECIOUS", ".BEGIN"};
    static const char *const latex[] = {"\\begin", "\\section", "\\chapter", "\\documentstyle"};
    struct str inner = skip_space(line);

    for (size_t i = 0; i < sizeof make / sizeof *make; i++)
        s->make |= str_starts(line, make[i]);
    for (size_t i = 0; i < sizeof latex / sizeof *latex; i++)
        s->latex |= str_starts(line, latex[i]);
    s->c |= is_c(line) || (s->ifdef && str_starts(line, "#endif"));
    s->ifdef |= str_starts(line, "#ifdef ");
    s->cpp |= is_cpp(line, inner);
    s->java |= is_java(line);
    s->python |= is_python(line, inner) || (s->try && str_starts(inner, "except"));
    s->try |= str_starts(inner, "try:");
    s->javascript |= is_javascript(line, inner);
    s->ruby |= str_starts(inner, "require '") && line.length > 9;
    s->ruby_block |= is_ruby_class(inner) || (str_starts(inner, "def ") && !str_ends(inner, ":"));
    s->end |= word_at(inner, "end");
    s->lisp |= str_starts(line, "(defun ") || str_starts(line, "(setq ") || str_starts(line, "(defvar ") ||
               str_starts(line, "(autoload ");
    s->awk |= str_starts(line, "BEGIN") && str_starts(skip_space(str_after(line, 5)), "{");
    s->tex |= str_starts(line, "\\documentclass");
    s->subtitles |= contains(line, " --> ") && contains(line, ",");
}

/* A main with arguments and a body, of C and what looks like it. */
static bool has_main(struct str text)
{
    for (;;) {
        ptrdiff_t at = str_find(text, 'm'), end;
        if (at < 0)
            return false;
        text = str_after(text, (size_t)at);
        if (str_starts(text, "main(") && at > 0 && text.data[-1] == ' ') {
            end = str_find(text, ')');
            if (end > 0 && str_starts(skip_space(str_after(text, (size_t)end + 1)), "{"))
                return true;
        }
        text = str_after(text, 1);
    }
}

static bool find_source(struct finding *f, struct str text)
{
    struct signs s = {0};
    struct str rest = str_first(text, HEAD), line;
    bool number = true, first = true;

    while (next_line(&rest, &line)) {
        if (first)
            number = line.length && is_name(line, "") && utf8_byte_is(line.data[0], UTF8_DIGIT);
        first = false;
        look_at_line(&s, line);
    }
    if (s.tex)
        return found(f, "LaTeX 2e document", "text/x-tex", FINDING_TEXT);
    if (s.latex)
        return found(f, "LaTeX document", "text/x-tex", FINDING_TEXT);
    if (s.python)
        return found(f, "Python script", "text/x-script.python", FINDING_EXECUTABLE);
    if (s.java)
        return found(f, "Java source", "text/x-java", FINDING_TEXT);
    if (s.ruby || (s.ruby_block && s.end))
        return found(f, "Ruby script", "text/x-ruby", FINDING_TEXT);
    if (s.cpp)
        return found(f, "C++ source", "text/x-c++", FINDING_TEXT);
    if (s.c || has_main(str_first(text, HEAD)))
        return found(f, "C source", "text/x-c", FINDING_TEXT);
    if (s.javascript)
        return found(f, "JavaScript source", "application/javascript", FINDING_TEXT);
    if (s.make)
        return found(f, "makefile script", "text/x-makefile", FINDING_TEXT);
    if (s.lisp)
        return found(f, "Lisp/Scheme program", "text/x-lisp", FINDING_TEXT);
    if (s.awk)
        return found(f, "awk or perl script", "text/plain", FINDING_TEXT);
    return s.subtitles && number && found(f, "SubRip", "application/x-subrip", FINDING_TEXT);
}

bool source_find(struct finding *f, struct str text)
{
    if (str_starts(text, "\xef\xbb\xbf"))
        text = str_after(text, 3);
    return find_interpreter(f, text) || find_beginning(f, text) || find_markup(f, text) || find_source(f, text) ||
           find_other_call(f, text);
}
