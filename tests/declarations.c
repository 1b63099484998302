/* tests/declarations.c - what each command declares, for scripts/commands and tests/docs/run: lines of fields between tabs.
 *
 *     command NAME USAGE SUMMARY KIND FLAGS      KIND: special, builtin (needs no file), both, file
 *     option LETTER LONG ARGUMENT HELP           of the command above; - for what is not there
 *     refused OPTIONS REASON
 *     help LINE
 *
 * A newline in USAGE is shown as \n.
 */
#include "builtins/table.h"
#include "task/command.h"

#include <stdio.h>
#include <string.h>

static void print_field(const char *text)
{
    putchar('\t');
    if (!text)
        putchar('-');
    for (; text && *text; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
}

static void print_lines(const char *word, const char *text)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        printf("%s\t%.*s\n", word, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

int main(void)
{
    for (size_t i = 0; i < builtins_count; i++) {
        const struct command *c = builtins_table[i];
        unsigned f = c->flags;
        fputs("command", stdout);
        print_field(c->name);
        print_field(c->usage);
        print_field(c->summary);
        print_field(f & COMMAND_SPECIAL ? "special" : f & COMMAND_NO_FILE ? "builtin" : f & COMMAND_BUILTIN ? "both" : "file");
        printf("\t%s%s%s%s\n", f & COMMAND_RAW ? "raw " : "", f & COMMAND_IN_ORDER ? "in-order " : "", f & COMMAND_DIGITS ? "digits " : "",
               f & COMMAND_SHELL ? "shell " : "");
        for (const struct option *o = c->options; o && (o->letter || o->name); o++) {
            char letter[2] = {o->letter > 0 && o->letter < OPTION_LONG ? (char)o->letter : 0, 0};
            fputs("option", stdout);
            print_field(letter[0] ? letter : NULL);
            print_field(o->name);
            print_field(o->argument);
            print_field(o->help);
            putchar('\n');
        }
        for (const char *r = c->refused; r && *r;) {
            size_t length = strcspn(r, "\n"), colon = (size_t)(strstr(r, ": ") - r);
            printf("refused\t%.*s\t%.*s\n", (int)colon, r, (int)(length - colon - 2), r + colon + 2);
            r += length + (r[length] == '\n');
        }
        print_lines("help", c->help);
    }
    return 0;
}
