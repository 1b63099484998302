/* shell/trace.c - what set -x shows of commands that are not simple ones. */
#include "shell/print.h"
#include "shell/reprint.h"
#include "shell/vm.h"

/* The source from the beginning of an instruction's line on. */
static struct str source_from(const struct code *code, int line)
{
    struct str text = code->source;
    for (int at = code->first_line; at < line; at++) {
        ptrdiff_t end = str_find(text, '\n');
        if (end < 0)
            return (struct str){0};
        text = str_after(text, (size_t)end + 1);
    }
    return text;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\\';
}

static struct str skip_blank(struct str s)
{
    while (s.length && is_blank(s.data[0]))
        s = str_after(s, 1);
    return s;
}

/* What stands behind the first `a`, blanks, `b` in a text: false when they are not there. */
static bool find_words(struct str text, struct str a, struct str b, struct str *behind)
{
    for (size_t i = 0; i + a.length < text.length; i++) {
        if (!str_equal(str_first(str_after(text, i), a.length), a) ||
            (i && !is_blank(text.data[i - 1]) && !strchr(";&|({", text.data[i - 1])))
            continue;
        struct str rest = skip_blank(str_after(text, i + a.length));
        if (str_equal(str_first(rest, b.length), b)) {
            *behind = str_after(rest, b.length);
            return true;
        }
    }
    return false;
}

void trace_command(struct shell *sh, int at)
{
    struct buf line;
    buf_init(&line, sh->heap);
    instruction_text(sh, sh->code, at, &line);
    while (line.length && line.data[line.length - 1] == ' ')
        line.length--;
    trace_line(sh, buf_str(&line));
    buf_drop(&line);
}

static void add_operand(struct buf *line, struct str operand)
{
    if (operand.length)
        buf_add(line, operand);
    else
        buf_add_text(line, "''");
}

void trace_condition(struct shell *sh, struct str operator, const struct str *operands, int count)
{
    struct buf line;
    buf_init(&line, sh->heap);
    buf_add_text(&line, "[[ ");
    if (sh->code->at[sh->pc + 1].op == OP_COND_NOT)
        buf_add_text(&line, "! ");
    if (count < 2) {
        buf_print(&line, "%S ", operator);
        add_operand(&line, operands[0]);
    } else {
        add_operand(&line, operands[0]);
        buf_print(&line, " %S ", operator);
        if (sh->operand_quoted && operands[1].length) { /* each byte escaped */
            for (size_t i = 0; i < operands[1].length; i++) {
                if (operands[1].data[i] == '\\' && i + 1 < operands[1].length)
                    i++;
                buf_add_byte(&line, '\\');
                buf_add_byte(&line, operands[1].data[i]);
            }
        } else {
            add_operand(&line, operands[1]);
        }
    }
    buf_add_text(&line, " ]]");
    trace_line(sh, buf_str(&line));
    buf_drop(&line);
}

void trace_arithmetic(struct shell *sh, struct str text)
{
    struct buf line;
    buf_init(&line, sh->heap);
    buf_print(&line, "(( %S ))", text);
    trace_line(sh, buf_str(&line));
    buf_drop(&line);
}

/* The elements as they are written; as they are now when they cannot be found. */
void trace_array(struct shell *sh, struct str name, bool append)
{
    struct buf line;
    int at = sh->pc;
    while (at > 0 && sh->code->at[at].op != OP_ARRAY_OPEN)
        at--;
    struct str text = source_from(sh->code, sh->code->at[at].line), rest;
    buf_init(&line, sh->heap);
    buf_print(&line, append ? "%S+=" : "%S=", name);
    struct buf head;
    buf_init(&head, sh->heap);
    buf_print(&head, append ? "%S+=(" : "%S=(", name);
    if (find_words(text, buf_str(&head), (struct str){0}, &rest)) {
        buf_clear(&line);
        reprint_words(sh, str_of(rest.data - head.length, rest.length + head.length), &line);
        /* what stands behind the closing parenthesis is another command's or word's */
        size_t depth = 0, end = line.length;
        for (size_t i = 0; i < line.length && end == line.length; i++) {
            char c = line.data[i];
            if (c == '\\')
                i++;
            else if (c == '\'' || c == '"')
                for (i++; i < line.length && line.data[i] != c; i++)
                    i += c == '"' && line.data[i] == '\\';
            else if (c == '(')
                depth++;
            else if (c == ')' && --depth == 0)
                end = i + 1;
        }
        line.length = end;
    } else {
        buf_add_byte(&line, '(');
        for (size_t i = 0; i < sh->elements.count; i++) {
            bool key = sh->element_kinds[i] == 1;
            if (i && sh->element_kinds[i - 1] != 1)
                buf_add_byte(&line, ' ');
            if (key)
                buf_add_byte(&line, '[');
            quote_trace(&line, sh->elements.at[i]);
            if (key)
                buf_add_text(&line, "]=");
        }
        buf_add_byte(&line, ')');
    }
    trace_line(sh, buf_str(&line));
    buf_drop(&line);
    buf_drop(&head);
}
