/* builtins/awk/usage.c - what is shown when awk is called wrongly: the options as gawk lists them. */
#include "builtins/awk/awk.h"

static const char usage[] =
    "Usage: %S [POSIX or GNU style options] -f progfile [--] file ...\n"
    "Usage: %S [POSIX or GNU style options] [--] 'program' file ...\n"
    "POSIX options:\t\tGNU long options: (standard)\n"
    "\t-f progfile\t\t--file=progfile\n"
    "\t-F fs\t\t\t--field-separator=fs\n"
    "\t-v var=val\t\t--assign=var=val\n"
    "Short options:\t\tGNU long options: (extensions)\n"
    "\t-b\t\t\t--characters-as-bytes\n"
    "\t-c\t\t\t--traditional\n"
    "\t-C\t\t\t--copyright\n"
    "\t-d[file]\t\t--dump-variables[=file]\n"
    "\t-D[file]\t\t--debug[=file]\n"
    "\t-e 'program-text'\t--source='program-text'\n"
    "\t-E file\t\t\t--exec=file\n"
    "\t-g\t\t\t--gen-pot\n"
    "\t-h\t\t\t--help\n"
    "\t-i includefile\t\t--include=includefile\n"
    "\t-I\t\t\t--trace\n"
    "\t-l library\t\t--load=library\n"
    "\t-L[fatal|invalid|no-ext]\t--lint[=fatal|invalid|no-ext]\n"
    "\t-M\t\t\t--bignum\n"
    "\t-N\t\t\t--use-lc-numeric\n"
    "\t-n\t\t\t--non-decimal-data\n"
    "\t-o[file]\t\t--pretty-print[=file]\n"
    "\t-O\t\t\t--optimize\n"
    "\t-p[file]\t\t--profile[=file]\n"
    "\t-P\t\t\t--posix\n"
    "\t-r\t\t\t--re-interval\n"
    "\t-s\t\t\t--no-optimize\n"
    "\t-S\t\t\t--sandbox\n"
    "\t-t\t\t\t--lint-old\n"
    "\t-V\t\t\t--version\n"
    "\n"
    "Examples:\n"
    "\t%S '{ sum += $1 }; END { print sum }' file\n"
    "\t%S -F: '{ print $1 }' /etc/passwd\n";

int awk_usage(struct call *c, int letter)
{
    if (letter)
        call_complain(c, "%S: option requires an argument -- %c\n", c->name, letter);
    call_complain(c, usage, c->name, c->name, c->name, c->name);
    return 1;
}
