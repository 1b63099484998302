/* time.c - the C library's functions of time, on the dates of the one who runs libjq. */
#include "jq_host.h"

static const char *const months[12] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
static const char *const days[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static struct jq_host_date date_of(const struct tm *when)
{
    return (struct jq_host_date){when->tm_year + (int64_t)1900, when->tm_mon + 1, when->tm_mday, when->tm_hour, when->tm_min,
                                 when->tm_sec, when->tm_wday, when->tm_yday, when->tm_isdst};
}

static void set(struct tm *when, const struct jq_host_date *date, int local)
{
    *when = (struct tm){.tm_sec = date->second, .tm_min = date->minute, .tm_hour = date->hour, .tm_mday = date->day,
                        .tm_mon = date->month - 1, .tm_year = (int)(date->year - 1900), .tm_wday = date->weekday,
                        .tm_yday = date->year_day, .tm_isdst = date->summer, .local = local};
}

static time_t resolve(struct tm *when, int local)
{
    struct jq_host_date date = date_of(when);
    int64_t seconds;
    /* Months and days of any size are told as they are meant, so that nothing is too large for the calendar. */
    if (when->tm_mon == INT_MAX || !jq_host_date_resolve(&date, local, &seconds))
        return -1;
    set(when, &date, local);
    return seconds;
}

time_t host_timegm(struct tm *when)
{
    return resolve(when, 0);
}

time_t host_mktime(struct tm *when)
{
    return resolve(when, 1);
}

static struct tm *show(const time_t *seconds, struct tm *when, int local)
{
    struct jq_host_date date;
    if (!jq_host_date_of(*seconds, local, &date))
        return NULL;
    set(when, &date, local);
    return when;
}

struct tm *host_gmtime(const time_t *seconds, struct tm *when)
{
    return show(seconds, when, 0);
}

struct tm *host_localtime(const time_t *seconds, struct tm *when)
{
    return show(seconds, when, 1);
}

size_t host_print_time(char *out, size_t size, const char *format, const struct tm *when)
{
    struct jq_host_date date = date_of(when);
    return jq_host_date_print(out, size, format, &date, when->local);
}

int host_now(struct host_timeval *value)
{
    int64_t now = jq_host_now();
    value->tv_sec = now / 1000000000;
    value->tv_usec = now % 1000000000 / 1000;
    return 0;
}

/* ---- strptime, as glibc has it in the C locale ---- */

struct reading {
    const char *at;
    struct tm *when;
    int century, afternoon, has_hour_12, has_year, has_month_day, has_year_day, has_weekday;
    int week_of, week; /* 'U' or 'W' */
    int year_of_century; /* %y was read */
    int has_seconds; /* %s */
};

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_spaces(struct reading *r)
{
    while (is_space(*r->at))
        r->at++;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The words whole, or their first three letters. */
static int read_word(struct reading *r, const char *const *words, int count)
{
    for (int whole = 1; whole >= 0; whole--)
        for (int i = 0; i < count; i++) {
            size_t length = whole ? strlen(words[i]) : 3, n = 0;
            while (n < length && r->at[n] && lower(r->at[n]) == lower(words[i][n]))
                n++;
            if (n == length) {
                r->at += length;
                return i;
            }
        }
    return -1;
}

static int read_number(struct reading *r, int least, int most, int digits, int *value)
{
    int64_t n = 0;
    while (*r->at == ' ')
        r->at++;
    if (*r->at < '0' || *r->at > '9')
        return 0;
    do
        n = n * 10 + *r->at++ - '0';
    while (--digits > 0 && n * 10 <= most && *r->at >= '0' && *r->at <= '9');
    *value = (int)n;
    return n >= least && n <= most;
}

static int read_zone(struct reading *r)
{
    int value = 0, count = 0;
    skip_spaces(r);
    if (*r->at == 'Z') {
        r->at++;
        return 1;
    }
    if (*r->at != '+' && *r->at != '-')
        return 0;
    r->at++;
    while (count < 4 && *r->at >= '0' && *r->at <= '9') {
        value = value * 10 + *r->at++ - '0';
        count++;
        if (*r->at == ':' && count == 2 && r->at[1] >= '0' && r->at[1] <= '9')
            r->at++;
    }
    if (count == 2)
        value *= 100;
    else if (count != 4 || value % 100 >= 60)
        return 0;
    return value <= 1400;
}

static int read_seconds(struct reading *r)
{
    int64_t seconds = 0;
    if (*r->at < '0' || *r->at > '9')
        return 0;
    while (*r->at >= '0' && *r->at <= '9') {
        if (seconds > INT64_MAX / 10 - 10)
            return 0;
        seconds = seconds * 10 + *r->at++ - '0';
    }
    r->has_seconds = 1;
    return host_localtime(&seconds, r->when) != NULL;
}

static int read_format(struct reading *r, const char *format);

static int read_one(struct reading *r, char directive)
{
    struct tm *when = r->when;
    int n;
    switch (directive) {
    case '%':
        return *r->at++ == '%';
    case 'a':
    case 'A':
        r->has_weekday = 1;
        return (when->tm_wday = read_word(r, days, 7)) >= 0;
    case 'b':
    case 'B':
    case 'h':
        r->has_month_day = 1;
        return (when->tm_mon = read_word(r, months, 12)) >= 0;
    case 'c':
        r->has_month_day = 1;
        return read_format(r, "%a %b %e %H:%M:%S %Y");
    case 'C':
        r->has_month_day = 1;
        return read_number(r, 0, 99, 2, &r->century);
    case 'd':
    case 'e':
        r->has_month_day = 1;
        return read_number(r, 1, 31, 2, &when->tm_mday);
    case 'D':
    case 'x':
        r->has_month_day = 1;
        return read_format(r, "%m/%d/%y");
    case 'F':
        r->has_month_day = 1;
        return read_format(r, "%Y-%m-%d");
    case 'H':
    case 'k':
        r->has_hour_12 = 0;
        return read_number(r, 0, 23, 2, &when->tm_hour);
    case 'I':
    case 'l':
        if (!read_number(r, 1, 12, 2, &n))
            return 0;
        when->tm_hour = n % 12;
        return r->has_hour_12 = 1;
    case 'j':
        if (!read_number(r, 1, 366, 3, &n))
            return 0;
        when->tm_yday = n - 1;
        return r->has_year_day = 1;
    case 'm':
        if (!read_number(r, 1, 12, 2, &n))
            return 0;
        when->tm_mon = n - 1;
        return r->has_month_day = 1;
    case 'M':
        return read_number(r, 0, 59, 2, &when->tm_min);
    case 'n':
    case 't':
        skip_spaces(r);
        return 1;
    case 'p':
        if ((lower(r->at[0]) != 'a' && lower(r->at[0]) != 'p') || lower(r->at[1]) != 'm')
            return 0;
        r->afternoon = lower(r->at[0]) == 'p';
        r->at += 2;
        return 1;
    case 'r':
        return read_format(r, "%I:%M:%S %p");
    case 'R':
        return read_format(r, "%H:%M");
    case 's':
        return read_seconds(r);
    case 'S':
        return read_number(r, 0, 61, 2, &when->tm_sec);
    case 'T':
    case 'X':
        return read_format(r, "%H:%M:%S");
    case 'u':
        if (!read_number(r, 1, 7, 1, &n))
            return 0;
        when->tm_wday = n % 7;
        return r->has_weekday = 1;
    case 'g':
        return read_number(r, 0, 99, 2, &n);
    case 'G':
        if (*r->at < '0' || *r->at > '9')
            return 0;
        while (*r->at >= '0' && *r->at <= '9')
            r->at++;
        return 1;
    case 'U':
    case 'W':
        r->week_of = directive;
        return read_number(r, 0, 53, 2, &r->week);
    case 'V':
        return read_number(r, 0, 53, 2, &n);
    case 'w':
        r->has_weekday = 1;
        return read_number(r, 0, 6, 1, &when->tm_wday);
    case 'y':
        if (!read_number(r, 0, 99, 2, &n))
            return 0;
        when->tm_year = n >= 69 ? n : n + 100;
        r->has_month_day = 1;
        r->year_of_century = 1;
        return r->has_year = 1;
    case 'Y':
        if (!read_number(r, 0, 9999, 4, &n))
            return 0;
        when->tm_year = n - 1900;
        r->century = -1;
        r->year_of_century = 0;
        r->has_month_day = 1;
        return r->has_year = 1;
    case 'z':
        return read_zone(r);
    case 'Z':
        skip_spaces(r);
        while (*r->at && !is_space(*r->at))
            r->at++;
        return 1;
    default:
        return 0;
    }
}

static int read_format(struct reading *r, const char *format)
{
    for (const char *f = format; *f; f++) {
        if (is_space(*f)) {
            skip_spaces(r);
            continue;
        }
        if (*f != '%') {
            if (*f != *r->at)
                return 0;
            r->at++;
            continue;
        }
        f++;
        while (*f == '-' || *f == '_' || *f == '0' || *f == '^' || *f == '#')
            f++;
        if (*f == 'E' || *f == 'O')
            f++;
        if (!*f || !read_one(r, *f))
            return 0;
    }
    return 1;
}

static int leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static const short before_month[2][13] = {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
                                          {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}};

static void month_from_day(struct tm *when)
{
    const short *before = before_month[leap(when->tm_year + 1900)];
    int month = 0;
    while (month < 11 && before[month + 1] <= when->tm_yday)
        month++;
    when->tm_mon = month;
    when->tm_mday = when->tm_yday - before[month] + 1;
}

/* Days of the week and of the year follow from the rest. */
static void complete(struct reading *r)
{
    struct tm *when = r->when;
    if (r->has_hour_12 && r->afternoon)
        when->tm_hour += 12;
    if (r->century >= 0)
        when->tm_year = r->year_of_century ? when->tm_year % 100 + (r->century - 19) * 100 : (r->century - 19) * 100;
    if (r->has_seconds)
        return;
    if (r->has_month_day && !r->has_weekday) {
        if (!(when->tm_mon || when->tm_mday) && r->has_year_day)
            month_from_day(when);
    }
    struct tm first = {.tm_year = when->tm_year, .tm_mday = 1};
    if (r->has_month_day && !(r->has_year_day && when->tm_mday == 0)) {
        struct tm day = {.tm_year = when->tm_year, .tm_mon = when->tm_mon, .tm_mday = when->tm_mday ? when->tm_mday : 1};
        if (when->tm_mday == 0)
            day.tm_mday = 0;
        int weekday = when->tm_wday;
        host_timegm(&day);
        if (!r->has_weekday)
            when->tm_wday = day.tm_wday;
        else
            when->tm_wday = weekday;
        if (!r->has_year_day)
            when->tm_yday = before_month[leap(when->tm_year + 1900)][when->tm_mon] + when->tm_mday - 1;
    } else if (r->has_year_day) {
        month_from_day(when);
        struct tm day = {.tm_year = when->tm_year, .tm_mon = when->tm_mon, .tm_mday = when->tm_mday};
        host_timegm(&day);
        when->tm_wday = day.tm_wday;
    }
    if (r->week_of && r->has_weekday) {
        host_timegm(&first);
        int offset = r->week_of == 'U' ? 0 : 1;
        when->tm_yday = (7 - (first.tm_wday - offset)) % 7 + (r->week - 1) * 7 + (when->tm_wday - offset + 7) % 7;
        month_from_day(when);
    }
}

const char *host_strptime(const char *text, const char *format, struct tm *when)
{
    struct reading r = {.at = text, .when = when, .century = -1};
    if (!read_format(&r, format))
        return NULL;
    complete(&r);
    return r.at;
}
