/* adapters/jq.c - the only user of libjq. */
#include "adapters/jq.h"

#include <jq.h>
#include <jq_inside.h>
#include <jv.h>

#include "adapters/jq_world.h"

enum offered { NOT_OFFERED, OFFERED_VALUE, OFFERED_ERROR, OFFERED_END };

struct jq {
    struct jq_world world;
    jq_state *state;
    jv named, positional, libraries; /* libraries: null when none is given */
    unsigned print_flags, read_flags;
    int dump_flags;
    struct buf messages;

    /* input */
    jv_parser *parser;
    struct str piece;
    bool fed, last;        /* `piece` was not looked at; it is the last one */
    bool ended;            /* the last one is being worked on */
    struct buf line;       /* of raw input */
    jv slurped;            /* invalid: nothing is slurped any more */
    jv value;              /* what jq_read found, or the error */
    enum offered found, offered;
    jv offer;
    struct str input_name; /* data NULL: none was set */
    int64_t line_number;

    bool wants_input;
    jv result;
};

/* What is to be done in the world of libjq, and what came of it. */
struct request {
    struct jq *j;
    struct str name, text;
    bool flag;
    int answer;
    struct buf *out;
};

static jv string_of(struct str s)
{
    return jv_string_sized(s.data ? s.data : "", (int)s.length);
}

static struct str text_of(jv string)
{
    return (struct str){jv_string_value(string), (size_t)jv_string_length_bytes(jv_copy(string))};
}

static bool run(struct jq *j, void (*body)(void *), void *argument)
{
    bool was_dead = j->world.dead;
    if (!was_dead && jq_world_run(&j->world, body, argument))
        return true;
    if (!was_dead)
        buf_add_text(&j->messages, j->world.too_deep ? "jq: error: the program is nested too deeply\n"
                                                     : "jq: error: this cannot be done\n");
    return false;
}

/* --- what the program calls ------------------------------------------------------------------------------------ */

static jv give_input(jq_state *state, void *data)
{
    struct jq *j = data;
    enum offered offered = j->offered;
    jv value = j->offer;
    if (offered == NOT_OFFERED) {
        j->wants_input = true;
        jq_wait(state);
        return jv_invalid();
    }
    j->offered = NOT_OFFERED;
    j->offer = jv_invalid();
    return value;
}

static void say_error(void *data, jv message)
{
    struct jq *j = data;
    message = jq_format_error(message);
    buf_print(&j->messages, "%S\n", text_of(message));
    jv_free(message);
}

static void dump_message(struct jq *j, jv value, int flags)
{
    struct host_text text = {NULL, 0, 0};
    host_dump(&text, value, flags);
    buf_add(&j->messages, (struct str){text.data, text.length});
    jq_host_free(text.data);
}

static void say_debug(void *data, jv value)
{
    struct jq *j = data;
    dump_message(j, jv_array_append(jv_array_append(jv_array(), jv_string("DEBUG:")), value),
                 j->dump_flags & ~JV_PRINT_PRETTY);
    buf_add_byte(&j->messages, '\n');
    jq_stop_soon(j->state);
}

static void say_plainly(void *data, jv value)
{
    struct jq *j = data;
    if (jv_get_kind(value) == JV_KIND_STRING) {
        buf_add(&j->messages, text_of(value));
        jv_free(value);
    } else {
        dump_message(j, value, 0);
    }
    jq_stop_soon(j->state);
}

static struct jq *of_state(jq_state *state)
{
    jq_input_cb callback;
    void *data;
    jq_get_input_cb(state, &callback, &data);
    return data;
}

jv jq_util_input_get_current_filename(jq_state *state)
{
    struct jq *j = of_state(state);
    return j->input_name.data ? string_of(j->input_name) : jv_invalid();
}

jv jq_util_input_get_current_line(jq_state *state)
{
    return jv_number((double)of_state(state)->line_number);
}

/* --- before it runs -------------------------------------------------------------------------------------------- */

static void start(void *argument)
{
    struct jq *j = argument;
    j->named = jv_object();
    j->positional = jv_array();
    j->libraries = jv_null();
    j->slurped = j->value = j->offer = j->result = jv_invalid();
    j->dump_flags = JV_PRINT_INDENT_FLAGS(2);
    j->state = jq_init();
    jq_set_input_cb(j->state, give_input, j);
    jq_set_error_cb(j->state, say_error, j);
    jq_set_debug_cb(j->state, say_debug, j);
    jq_set_stderr_cb(j->state, say_plainly, j);
}

struct jq *jq_new(const struct jq_setup *setup)
{
    struct jq *j = heap_new(setup->heap, struct jq);
    j->world.setup = *setup;
    date_zone_init(&j->world.utc, str_lit("GMT0"));
    date_zone_init(&j->world.zone, setup->tz);
    buf_init(&j->world.wanted, setup->heap);
    buf_init(&j->messages, setup->heap);
    buf_init(&j->line, setup->heap);
    run(j, start, j);
    return j;
}

static void set_named(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv value = r->flag ? jv_parse_sized(r->text.data ? r->text.data : "", (int)r->text.length) : string_of(r->text);
    r->answer = jv_is_valid(value) ? JQ_FINE : JQ_BAD;
    if (r->answer == JQ_FINE && !jv_object_has(jv_copy(j->named), string_of(r->name)))
        j->named = jv_object_set(j->named, string_of(r->name), value);
    else
        jv_free(value);
}

enum jq_answer jq_set_named(struct jq *j, struct str name, struct str text, bool json)
{
    struct request r = {.j = j, .name = name, .text = text, .flag = json};
    return run(j, set_named, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

static void set_file(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv value = host_parse_file(r->text.data, r->text.length, r->flag);
    r->answer = jv_is_valid(value) ? JQ_FINE : JQ_BAD;
    if (r->answer == JQ_FINE) {
        j->named = jv_object_set(j->named, string_of(r->name), value);
        return;
    }
    jv message = jv_invalid_get_msg(value);
    if (jv_get_kind(message) == JV_KIND_STRING)
        buf_add(r->out, text_of(message));
    jv_free(message);
}

enum jq_answer jq_set_file(struct jq *j, struct str name, struct str content, bool raw, struct buf *reason)
{
    struct request r = {.j = j, .name = name, .text = content, .flag = raw, .out = reason};
    return run(j, set_file, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

static void has_named(void *argument)
{
    struct request *r = argument;
    r->answer = jv_object_has(jv_copy(r->j->named), string_of(r->name));
}

bool jq_has_named(struct jq *j, struct str name)
{
    struct request r = {.j = j, .name = name};
    return run(j, has_named, &r) && r.answer;
}

static void add_positional(void *argument)
{
    struct request *r = argument;
    jv value = r->flag ? jv_parse_sized(r->text.data ? r->text.data : "", (int)r->text.length) : string_of(r->text);
    r->answer = jv_is_valid(value) ? JQ_FINE : JQ_BAD;
    if (r->answer == JQ_FINE)
        r->j->positional = jv_array_append(r->j->positional, value);
    else
        jv_free(value);
}

enum jq_answer jq_add_positional(struct jq *j, struct str text, bool json)
{
    struct request r = {.j = j, .text = text, .flag = json};
    return run(j, add_positional, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

static void add_library(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    if (jv_get_kind(j->libraries) == JV_KIND_NULL)
        j->libraries = jv_array();
    j->libraries = jv_array_append(j->libraries, string_of(r->text));
}

void jq_add_library(struct jq *j, struct str path)
{
    struct request r = {.j = j, .text = path};
    run(j, add_library, &r);
}

void jq_set_print(struct jq *j, unsigned flags, int indent)
{
    j->print_flags = flags;
    j->dump_flags = indent == -2 ? 0 : indent == -1 ? JV_PRINT_TAB | JV_PRINT_PRETTY : JV_PRINT_INDENT_FLAGS(indent);
    j->dump_flags |= flags & JQ_PRINT_ASCII ? JV_PRINT_ASCII : 0;
    j->dump_flags |= flags & JQ_PRINT_COLOR ? JV_PRINT_COLOR : 0;
    j->dump_flags |= flags & JQ_PRINT_SORTED ? JV_PRINT_SORTED : 0;
}

static void set_colors(void *argument)
{
    struct request *r = argument;
    r->answer = host_set_colors(r->text.data ? r->text.data : "", r->text.length);
}

bool jq_set_colors_text(struct jq *j, struct str codes)
{
    struct request r = {.j = j, .text = codes};
    return run(j, set_colors, &r) && r.answer;
}

static void set_read(void *argument)
{
    struct jq *j = argument;
    unsigned flags = j->read_flags;
    if (!(flags & JQ_READ_RAW))
        j->parser = jv_parser_new((flags & JQ_READ_SEQ ? JV_PARSE_SEQ : 0) |
                                  (flags & (JQ_READ_STREAM | JQ_READ_STREAM_ERRORS) ? JV_PARSE_STREAMING : 0) |
                                  (flags & JQ_READ_STREAM_ERRORS ? JV_PARSE_STREAM_ERRORS : 0));
    if (flags & JQ_READ_SLURP)
        j->slurped = flags & JQ_READ_RAW ? jv_string("") : jv_array();
}

void jq_set_read(struct jq *j, unsigned flags)
{
    j->read_flags = flags;
    run(j, set_read, j);
}

static void prepare(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv libraries = jv_copy(j->libraries), named = jv_copy(j->named);
    size_t before = j->messages.length;
    if (jv_get_kind(libraries) == JV_KIND_NULL) {
        libraries = jv_array_append(jv_array(), jv_string("~/.jq"));
        libraries = jv_array_append(libraries, jv_string("$ORIGIN/../lib/jq"));
        libraries = jv_array_append(libraries, jv_string("$ORIGIN/../lib"));
    }
    jq_set_attr(j->state, jv_string("JQ_LIBRARY_PATH"), libraries);
    jq_set_attr(j->state, jv_string("JQ_ORIGIN"), jv_string("/usr/bin"));
    jq_set_attr(j->state, jv_string("PROGRAM_ORIGIN"), string_of(r->name));
    jq_set_attr(j->state, jv_string("VERSION_DIR"), jv_string("1.8.2"));
    jv arguments = jv_object_set(jv_object(), jv_string("positional"), jv_copy(j->positional));
    arguments = jv_object_set(arguments, jv_string("named"), jv_copy(j->named));
    named = jv_object_set(named, jv_string("ARGS"), arguments);
    if (!jv_object_has(jv_copy(named), jv_string("JQ_BUILD_CONFIGURATION")))
        named = jv_object_set(named, jv_string("JQ_BUILD_CONFIGURATION"), jv_string("nacre"));
    jv program = string_of(r->text);
    bool good = jq_compile_args(j->state, jv_string_value(program), named);
    jv_free(program);
    r->answer = good ? JQ_FINE : JQ_BAD;
    if (j->world.wanted.length) {
        r->answer = JQ_WANT_FILE;
        j->messages.length = before; /* of what was given up */
    }
}

enum jq_answer jq_prepare(struct jq *j, struct str program, struct str origin)
{
    struct request r = {.j = j, .text = program, .name = origin};
    return run(j, prepare, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

struct str jq_wanted_file(const struct jq *j)
{
    return buf_str(&j->world.wanted);
}

void jq_give_file(struct jq *j, bool found, struct str content, struct str real_path, const char *error)
{
    struct jq_world *w = &j->world;
    w->files = array_grow(w->setup.heap, w->files, w->file_count, sizeof *w->files);
    w->files[w->file_count++] = (struct jq_file){str_copy(w->setup.heap, buf_str(&w->wanted)), content,
                                                 str_copy(w->setup.heap, real_path), found, error};
    buf_clear(&w->wanted);
}

/* --- input ------------------------------------------------------------------------------------------------------- */

void jq_set_input_name(struct jq *j, struct str name)
{
    j->input_name = name;
    j->line_number = 0;
}

void jq_feed(struct jq *j, struct str piece, bool last)
{
    j->piece = piece;
    j->fed = true;
    j->last = last;
    if (piece.length && piece.data[piece.length - 1] == '\n')
        j->line_number++;
}

static int found(struct jq *j, jv value)
{
    jv_free(j->value);
    j->value = value;
    j->found = jv_is_valid(value) ? OFFERED_VALUE : jv_invalid_has_msg(jv_copy(value)) ? OFFERED_ERROR : OFFERED_END;
    return j->found == OFFERED_VALUE ? JQ_VALUE : j->found == OFFERED_ERROR ? JQ_BAD : JQ_END;
}

static int end_of_input(struct jq *j, jv value)
{
    j->ended = false;
    if (jv_is_valid(j->slurped)) {
        jv_free(value);
        value = j->slurped;
        j->slurped = jv_invalid();
    }
    return found(j, value);
}

static int read_raw(struct jq *j)
{
    bool slurp = jv_is_valid(j->slurped);
    for (;;) {
        if (!j->fed)
            return JQ_WANT_MORE;
        j->fed = false;
        jq_host_charge_bytes(j->piece.length);
        bool whole = j->piece.length && j->piece.data[j->piece.length - 1] == '\n';
        if (whole && !slurp && !j->line.length)
            return found(j, jv_string_sized(j->piece.data, (int)j->piece.length - 1));
        buf_add(&j->line, j->piece);
        if (whole && !slurp) {
            j->line.length--;
        } else if (!j->last) {
            continue;
        }
        struct str line = buf_str(&j->line);
        buf_clear(&j->line);
        if (!j->last || (!slurp && line.length))
            return found(j, string_of(line));
        if (slurp) {
            jv_free(j->slurped);
            j->slurped = string_of(line);
        }
        return end_of_input(j, jv_invalid());
    }
}

static int read_values(struct jq *j)
{
    for (;;) {
        if (jv_parser_remaining(j->parser) == 0) {
            if (j->ended)
                return end_of_input(j, jv_invalid());
            if (!j->fed)
                return JQ_WANT_MORE;
            j->fed = false;
            j->ended = j->last;
            jv_parser_set_buf(j->parser, j->piece.data ? j->piece.data : "", (int)j->piece.length, !j->last);
        }
        jv value = jv_parser_next(j->parser);
        bool good = jv_is_valid(value);
        if (good && jv_is_valid(j->slurped)) {
            j->slurped = jv_array_append(j->slurped, value);
        } else if (good || jv_invalid_has_msg(jv_copy(value))) {
            j->ended = false;
            return found(j, value);
        }
        if (*jq_host_fuel <= 0)
            return JQ_AGAIN;
    }
}

static void read_input(void *argument)
{
    struct request *r = argument;
    r->answer = r->j->read_flags & JQ_READ_RAW ? read_raw(r->j) : read_values(r->j);
}

enum jq_answer jq_read(struct jq *j)
{
    struct request r = {.j = j};
    return run(j, read_input, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

static void tell_error(void *argument)
{
    struct request *r = argument;
    jv message = jv_invalid_get_msg(jv_copy(r->j->value));
    if (jv_get_kind(message) == JV_KIND_STRING)
        buf_add(r->out, text_of(message));
    jv_free(message);
}

void jq_read_error(struct jq *j, struct buf *words)
{
    struct request r = {.j = j, .out = words};
    run(j, tell_error, &r);
}

static void offer(void *argument)
{
    struct jq *j = argument;
    jv_free(j->offer);
    j->offer = j->value;
    j->offered = j->found;
    j->value = jv_invalid();
}

void jq_offer(struct jq *j)
{
    run(j, offer, j);
}

/* --- running ------------------------------------------------------------------------------------------------------- */

static void begin(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv input = r->flag ? jv_null() : j->value;
    if (!r->flag)
        j->value = jv_invalid();
    jq_start(j->state, input, 0);
}

void jq_begin(struct jq *j, bool null)
{
    struct request r = {.j = j, .flag = null};
    run(j, begin, &r);
}

/* An error that nothing in the program caught. */
static void tell_uncaught(struct jq *j, jv result)
{
    struct buf *out = &j->messages;
    jv message = jv_invalid_get_msg(result);
    buf_add_text(out, "jq: error (at ");
    if (j->input_name.data)
        buf_print(out, "%S:%lld)", j->input_name, (long long)j->line_number);
    else
        buf_add_text(out, "<unknown>)");
    bool is_text = jv_get_kind(message) == JV_KIND_STRING;
    buf_add_text(out, is_text ? ": " : " (not a string): ");
    if (is_text) {
        const char *text = jv_string_value(message);
        buf_add_text(out, text); /* up to a NUL */
        jv_free(message);
    } else {
        dump_message(j, message, 0);
    }
    buf_add_byte(out, '\n');
}

static int after_next(struct jq *j)
{
    jv result = j->result;
    if (jv_is_valid(result))
        return JQ_RESULT;
    j->result = jv_invalid();
    if (jq_paused(j->state)) {
        if (!jq_waits(j->state))
            return JQ_AGAIN;
        bool input = j->wants_input;
        j->wants_input = false;
        return input ? JQ_WANT_INPUT : JQ_WANT_FILE;
    }
    if (jq_halted(j->state))
        return JQ_HALTED;
    if (jv_invalid_has_msg(jv_copy(result))) {
        tell_uncaught(j, result);
        return JQ_BAD;
    }
    return JQ_FINE;
}

static void next(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv_free(j->result);
    j->result = jv_invalid();
    j->result = jq_next(j->state);
    r->answer = after_next(j);
}

enum jq_answer jq_run(struct jq *j)
{
    struct request r = {.j = j};
    return run(j, next, &r) ? (enum jq_answer)r.answer : JQ_DEAD;
}

static void print(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv result = j->result;
    jv_kind kind = jv_get_kind(result);
    j->result = jv_invalid();
    r->answer = kind != JV_KIND_FALSE && kind != JV_KIND_NULL;
    if (kind == JV_KIND_STRING && j->print_flags & JQ_PRINT_RAW && !(j->print_flags & JQ_PRINT_ASCII)) {
        struct str text = text_of(result);
        jq_host_charge_bytes(text.length);
        if (j->print_flags & JQ_PRINT_NUL && str_find(text, 0) >= 0) {
            tell_uncaught(j, jv_invalid_with_msg(
                                 jv_string("Cannot dump a string containing NUL with --raw-output0 option")));
            r->answer = -1;
        } else {
            buf_add(r->out, text);
        }
        jv_free(result);
    } else {
        bool raw = kind == JV_KIND_STRING && j->print_flags & JQ_PRINT_RAW;
        struct host_text text = {NULL, 0, 0};
        if (j->print_flags & JQ_PRINT_SEQ && !raw)
            buf_add_byte(r->out, '\036');
        host_dump(&text, result, raw ? JV_PRINT_ASCII : j->dump_flags);
        buf_add(r->out, (struct str){text.data, text.length});
        jq_host_free(text.data);
    }
    if (r->answer >= 0 && !(j->print_flags & JQ_PRINT_JOINED))
        buf_add_byte(r->out, '\n');
    if (r->answer >= 0 && j->print_flags & JQ_PRINT_NUL)
        buf_add_byte(r->out, 0);
}

int jq_print(struct jq *j, struct buf *out)
{
    struct request r = {.j = j, .out = out};
    return run(j, print, &r) ? r.answer : -1;
}

enum { STATUS_UNKNOWN = 5 };

static void halted(void *argument)
{
    struct request *r = argument;
    struct jq *j = r->j;
    jv code = jq_get_exit_code(j->state), message = jq_get_error_message(j->state);
    r->answer = STATUS_UNKNOWN;
    if (!jv_is_valid(code)) {
        r->answer = 0;
    } else if (jv_get_kind(code) == JV_KIND_NUMBER) {
        double value = jv_number_value(code);
        r->answer = value > -2147483649.0 && value < 2147483648.0 ? (int)value : INT32_MIN;
    }
    jv_free(code);
    if (jv_get_kind(message) == JV_KIND_STRING) {
        buf_add(&j->messages, text_of(message));
    } else if (jv_is_valid(message) && jv_get_kind(message) != JV_KIND_NULL) {
        dump_message(j, jv_copy(message), 0);
        buf_add_byte(&j->messages, '\n');
    }
    jv_free(message);
}

int jq_halt_status(struct jq *j)
{
    struct request r = {.j = j};
    return run(j, halted, &r) ? r.answer : STATUS_UNKNOWN;
}

void jq_take_messages(struct jq *j, struct buf *out)
{
    buf_add(out, buf_str(&j->messages));
    buf_clear(&j->messages);
}
