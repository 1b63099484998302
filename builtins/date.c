/* builtins/date.c - show the time, or another one, in any form. */
#include "base/date.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { DEBUG = OPTION_LONG, RESOLUTION, RFC_3339 };

static const struct option options[] = {
    {'d', "date", "STRING", "display time described by STRING, not 'now'"},
    {'f', "file", "DATEFILE", "like --date; once for each line of DATEFILE"},
    {'I', "iso-8601", "[FMT]", "output date/time in ISO 8601 format; FMT='date' for date only (the default), 'hours', 'minutes', "
                               "'seconds', or 'ns' for date and time to the indicated precision"},
    {RESOLUTION, "resolution", NULL, "output the available resolution of timestamps"},
    {'R', "rfc-email", NULL, "output date and time in RFC 5322 format"},
    {'R', "rfc-822", NULL, NULL}, {'R', "rfc-2822", NULL, NULL},
    {RFC_3339, "rfc-3339", "FMT", "output date/time in RFC 3339 format; FMT='date', 'seconds', or 'ns' for date and time to the "
                                  "indicated precision"},
    {'r', "reference", "FILE", "display the last modification time of FILE"},
    {'s', "set", "STRING", "set time described by STRING; that is not permitted"},
    {'u', "utc", NULL, "print Coordinated Universal Time (UTC)"},
    {'u', "uct", NULL, NULL}, {'u', "universal", NULL, NULL},
    {0},
};

static const char *const iso_words[] = {"hours", "minutes", "date", "seconds", "ns", NULL};
static const char *const iso_formats[] = {"%Y-%m-%dT%H%:z", "%Y-%m-%dT%H:%M%:z", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%:z",
                                          "%Y-%m-%dT%H:%M:%S,%N%:z"};
static const char *const rfc_words[] = {"date", "seconds", "ns", NULL};
static const char *const rfc_formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S%:z", "%Y-%m-%d %H:%M:%S.%N%:z"};

struct date_command {
    struct str format;   /* data NULL: none was given */
    struct str text;     /* of -d, -s or the operand */
    struct str file;     /* of -f */
    struct str reference;
    struct date_zone zone;
    struct input *input; /* of -f */
    bool set, stamp;     /* stamp: `text` is MMDDhhmm... */
};

/* Takes a format: the status, after a message, when there is one already. */
static int take_format(struct call *c, struct date_command *d, struct str format)
{
    if (d->format.data) {
        call_error(c, "multiple output formats specified");
        return c->status;
    }
    d->format = format;
    return 0;
}

static int read_options(struct call *c, struct date_command *d)
{
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value, format = {0};
        int chosen;
        switch (c->options[i].letter) {
        case 'd':
        case 's': d->text = value; break;
        case 'f': d->file = value; break;
        case 'r': d->reference = value; break;
        case 'R': format = str_lit("%a, %d %b %Y %H:%M:%S %z"); break;
        case 'I':
            chosen = value.data ? call_choose(c, "--iso-8601", value, iso_words) : 2;
            if (chosen < 0)
                return 1;
            format = str_from(iso_formats[chosen]);
            break;
        case RFC_3339:
            chosen = call_choose(c, "--rfc-3339", value, rfc_words);
            if (chosen < 0)
                return 1;
            format = str_from(rfc_formats[chosen]);
            break;
        }
        if (format.data && take_format(c, d, format))
            return 1;
    }
    return 0;
}

static int start(struct call *c)
{
    struct date_command *d = c->state;
    struct str zone = {0};

    if (read_options(c, d))
        return 1;
    int sources = call_has(c, 'd') + call_has(c, 'f') + call_has(c, 'r') + call_has(c, RESOLUTION);
    d->set = call_has(c, 's');
    if (sources > 1)
        return call_usage_error(c, "the options to specify dates for printing are mutually exclusive");
    if (d->set && sources)
        return call_usage_error(c, "the options to print and set the time may not be used together");
    if (c->operand_count > 1)
        return call_extra_operand(c, c->operands[1]);
    if (c->operand_count) {
        struct str operand = c->operands[0];
        if (str_starts(operand, "+")) {
            if (take_format(c, d, str_after(operand, 1)))
                return 1;
        } else if (d->set || sources) {
            return call_usage_error(c, "the argument %S lacks a leading '+';\nwhen using an option to specify date(s), any "
                                       "non-option\nargument must be a format string beginning with '+'",
                                    call_quote_word(c, operand));
        } else {
            d->text = operand;
            d->set = d->stamp = true;
        }
    }
    if (!d->format.data)
        d->format = call_has(c, RESOLUTION) ? str_lit("%s.%N") : str_lit("%a %b %e %H:%M:%S %Z %Y");
    if (!call_has(c, 'u') && c->task->environment)
        environment_find(c->task->environment, "TZ", &zone);
    date_zone_init(&d->zone, zone);
    return 0;
}

static void show(struct call *c, const struct date_command *d, struct date_time time)
{
    struct date date;
    size_t before = c->out.length;

    if (!date_local(&date, time, &d->zone)) {
        struct buf text;
        buf_init(&text, c->heap);
        buf_print(&text, "%lld", (long long)time.seconds);
        call_error(c, "time %S is out of range", call_quote_word(c, buf_str(&text)));
        return;
    }
    date_print(&c->out, d->format, &date);
    call_print_byte(c, '\n');
    call_charge_bytes(c, c->out.length - before);
}

static struct date_time now(struct call *c)
{
    return date_time_of(sandbox_now(c->task->sandbox));
}

/* The time that a text means: false after a message. */
static bool understand(struct call *c, const struct date_command *d, struct str text, struct date_time *time)
{
    call_charge_bytes(c, text.length);
    time->nanoseconds = 0;
    if (d->stamp ? date_parse_stamp(&time->seconds, text, false, now(c), &d->zone)
                 : date_parse(time, text, now(c), &d->zone))
        return true;
    call_error(c, "invalid date %S", call_quote_word(c, text));
    return false;
}

/* Each line of a file. */
static enum step show_lines(struct call *c, struct date_command *d)
{
    struct date_time time;
    struct str line;
    bool unended;

    if (!d->input) {
        int error = input_open(c, &d->input, d->file, true);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error == E_ISDIR)
            return call_done(c);
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, d->file), error);
            return call_done(c);
        }
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (input_line(d->input, '\n', &line, &unended)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END:  return call_done(c);
        case INPUT_MORE: break;
        }
        if (understand(c, d, line, &time))
            show(c, d, time);
    }
}

static enum step step(struct call *c)
{
    struct date_command *d = c->state;
    struct date_time time;

    if (call_has(c, 'f'))
        return show_lines(c, d);
    if (!call_go(c))
        return STEP_AGAIN;
    if (call_has(c, 'r')) {
        struct stat_info info;
        int error = call_stat(c, d->reference, true, &info);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, d->reference), error);
            return call_done(c);
        }
        time = date_time_of(info.mtime);
    } else if (call_has(c, RESOLUTION)) {
        time = (struct date_time){0, 1};
    } else if (!d->text.data) {
        time = now(c);
    } else if (!understand(c, d, d->text, &time)) {
        return call_done(c);
    }
    if (d->set)
        call_error(c, "cannot set date: %m", E_PERM);
    show(c, d, time);
    call_charge(c, 1);
    return call_done(c);
}

const struct command command_date = {
    .name = "date",
    .usage = "[OPTION]... [+FORMAT]\n[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]",
    .summary = "Display date and time in the given FORMAT.",
    .help = "FORMAT controls the output. Interpreted sequences are:\n\n"
            "  %%   a literal %                          %N   nanoseconds (000000000..999999999)\n"
            "  %a   abbreviated weekday name (Sun)       %p   AM or PM\n"
            "  %A   full weekday name (Sunday)           %P   like %p, but lower case\n"
            "  %b   abbreviated month name (Jan)         %q   quarter of year (1..4)\n"
            "  %B   full month name (January)            %r   12-hour clock time (11:11:04 PM)\n"
            "  %c   date and time (Thu Mar  3 23:05:25 2005) %R   24-hour hour and minute; same as %H:%M\n"
            "  %C   century; like %Y, except omit last two digits (20) %s   seconds since 1970-01-01 00:00 UTC\n"
            "  %d   day of month (01)                    %S   second (00..60)\n"
            "  %D   date; same as %m/%d/%y               %t   a tab\n"
            "  %e   day of month, space padded           %T   time; same as %H:%M:%S\n"
            "  %F   full date; like %+4Y-%m-%d           %u   day of week (1..7); 1 is Monday\n"
            "  %g   last two digits of year of ISO week  %U   week of year, Sunday first (00..53)\n"
            "  %G   year of ISO week number              %V   ISO week number, Monday first (01..53)\n"
            "  %h   same as %b                           %w   day of week (0..6); 0 is Sunday\n"
            "  %H   hour (00..23)                        %W   week of year, Monday first (00..53)\n"
            "  %I   hour (01..12)                        %x   date representation (12/31/99)\n"
            "  %j   day of year (001..366)               %X   time representation (23:13:48)\n"
            "  %k   hour, space padded ( 0..23)          %y   last two digits of year (00..99)\n"
            "  %l   hour, space padded ( 1..12)          %Y   year\n"
            "  %m   month (01..12)                       %z   +hhmm numeric time zone (-0400)\n"
            "  %M   minute (00..59)                      %:z, %::z, %:::z  the same with colons\n"
            "  %n   a newline                            %Z   time zone abbreviation (EDT)\n\n"
            "By default, date pads numeric fields with zeroes. These flags may follow '%':\n\n"
            "  -  do not pad\n  _  pad with spaces\n  0  pad with zeros\n  +  pad with zeros, and put '+' before years over 4 digits\n"
            "  ^  use upper case if possible\n  #  use opposite case if possible\n\n"
            "After any flags comes an optional field width, then an optional modifier, E or O.\n",
    .options = options,
    .state = sizeof(struct date_command),
    .start = start,
    .step = step,
    .refused = "--debug: what the words of a date were taken for is not told",
};
