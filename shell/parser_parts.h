/* shell/parser_parts.h - what the parts of the parser, parse.c and parse_*.c, give one another. */
#ifndef SHELL_PARSER_PARTS_H
#define SHELL_PARSER_PARTS_H

#include "shell/parser.h"

/* --- parse.c: failing where the text is read ------------------------------------------------------------- */
struct str string_at(const struct parser *p, int index);
struct str this_line(const struct parser *p, const char *at);
bool may_get_more(const struct parser *p);
void fail_end(struct parser *p);
struct str token_here(struct parser *p);
void fail_here(struct parser *p);
/* How much was read: what lies before never moves. */
size_t place(const struct parser *p);
/* The instruction's text began at place `start`, and ends here: a and b are where it lies in the source; or -1 and a string,
 * where that is not what is being read. */
void set_source(struct parser *p, int at, size_t start);

/* --- parse_here.c: blanks, the ends of lines, here-documents --------------------------------------------- */
void skip_blanks(struct parser *p);
void pop_text(struct parser *p);
bool read_here(struct parser *p);
void read_heres(struct parser *p); /* all that wait, as far as one has expansions to be read first */
void end_line(struct parser *p);

/* --- parse_list.c: lists and pipelines ------------------------------------------------------------------- */
void begin_command(struct parser *p);
void mark_pipeline(struct parser *p, int flags);
void end_compound_redirects(struct parser *p);
void end_and_or(struct parser *p, bool background);
void list_step(struct parser *p);

/* --- parse_compound.c: reserved words, and the constructs they open -------------------------------------- */
void compound_done(struct parser *p, int compound);
int compound_begin(struct parser *p);
void finish_text_construct(struct parser *p);
void body_done(struct parser *p);
struct str raw_word(const struct parser *p);
void take_word(struct parser *p, struct str w);
void begin_paren(struct parser *p);
void begin_function(struct parser *p, struct str name);
bool reserved(struct parser *p);
bool closes_words(struct parser *p, struct str w);
bool skip_to_word(struct parser *p, bool newlines);
void for_step(struct parser *p);
void arith_for_step(struct parser *p);
void case_step(struct parser *p);
bool case_separator(struct parser *p);

/* --- parse_command.c: simple commands -------------------------------------------------------------------- */
void join_lines(struct parser *p);
bool expand_alias(struct parser *p);
void simple_word(struct parser *p);
bool redirection(struct parser *p);
int operator_of(struct parser *p, struct str text);
void array_step(struct parser *p);

/* --- parse_condition.c: [[ ]] ---------------------------------------------------------------------------- */
void condition_operand(struct parser *p, const struct open *word);
void condition_step(struct parser *p);

#endif
