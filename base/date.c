/* base/date.c - the calendar and time zones. */
#include "base/date.h"

#include "base/zone_table.h"

enum { DAY = 24 * 60 * 60, HOUR = 60 * 60 };

/* ---- calendar ---- */

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool date_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Years are taken to begin in March, so that the odd day is at the end of one. */
int64_t date_days(int64_t year, int64_t month, int64_t day)
{
    year += divide_down(month - 1, 12);
    month = month - 1 - divide_down(month - 1, 12) * 12;
    if (month < 2)
        year--;
    int64_t era = divide_down(year, 400), of_era = year - era * 400;
    int64_t of_year = (153 * ((month + 10) % 12) + 2) / 5;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719468;
}

/* Sets year, month and day. */
static void set_day(struct date *d, int64_t days)
{
    days += 719468;
    int64_t era = divide_down(days, 146097), of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    d->day = (int)(of_year - (153 * month + 2) / 5) + 1;
    d->month = (int)(month < 10 ? month + 3 : month - 9);
    d->year = era * 400 + year + (d->month <= 2);
}

static bool is_year(int64_t year)
{
    return year >= INT32_MIN + INT64_C(1900) && year <= INT32_MAX + INT64_C(1900);
}

/* When the change of a year is, in seconds. */
static int64_t change_time(const struct date_zone *z, int which, int64_t year)
{
    const struct date_change *c = &z->changes[which];
    int64_t days = date_days(year, 1, 1);
    if (c->kind == 'J') {
        days += c->day - 1 + (c->day >= 60 && date_is_leap(year));
    } else if (c->kind == 'D') {
        days += c->day;
    } else {
        days = date_days(year, c->month, 1);
        int64_t first = days + 4 - divide_down(days + 4, 7) * 7; /* weekday of the first of the month */
        days += (c->day - first + 7) % 7 + 7 * (c->week - 1);
        while (days >= date_days(year, c->month + 1, 1))
            days -= 7;
    }
    return days * DAY - z->offsets[which] + c->seconds;
}

static bool is_summer(const struct date_zone *z, int64_t seconds)
{
    struct date utc;
    set_day(&utc, divide_down(seconds, DAY));
    int64_t year = utc.year < 1970 ? 1970 : utc.year; /* as in glibc, nothing changes before */
    int64_t from = change_time(z, 0, year), to = change_time(z, 1, year);
    return from > to ? seconds < to || seconds >= from : seconds >= from && seconds < to;
}

bool date_local(struct date *d, struct date_time time, const struct date_zone *zone)
{
    int64_t far = (int64_t)1 << 56; /* beyond all years */
    if (time.seconds > far || time.seconds < -far)
        return false;
    d->time = time;
    d->summer = is_summer(zone, time.seconds);
    d->offset = zone->offsets[d->summer];
    d->zone = zone->names[d->summer];
    int64_t local = time.seconds + d->offset, days = divide_down(local, DAY);
    int of_day = (int)(local - days * DAY);
    set_day(d, days);
    d->hour = of_day / HOUR;
    d->minute = of_day / 60 % 60;
    d->second = of_day % 60;
    d->weekday = (int)(days + 4 - divide_down(days + 4, 7) * 7);
    d->year_day = (int)(days - date_days(d->year, 1, 1));
    return is_year(d->year);
}

/* What clocks show, as if it were UTC. */
static int64_t shown(const struct date *d)
{
    return date_days(d->year, d->month, d->day) * DAY + (int64_t)d->hour * HOUR + (int64_t)d->minute * 60 +
           d->second;
}

bool date_resolve(struct date *d, int summer, int32_t offset, const struct date_zone *zone)
{
    int64_t wanted = shown(d);
    struct date_time t = {wanted - offset, d->time.nanoseconds}, before = t, before_that = t;
    bool was_summer = false;
    if (!is_year(d->year) || !date_local(d, t, zone))
        return false;
    /* Moves by what is missing until it is right. Where clocks skip it goes back and forth: it stays in
     * summer. */
    for (int turn = 0; shown(d) != wanted && turn < 6; turn++) {
        if (t.seconds == before_that.seconds && t.seconds != before.seconds &&
            (summer < 0 ? was_summer <= d->summer : (summer != 0) != d->summer))
            break;
        before_that = before;
        before = t;
        was_summer = d->summer;
        t.seconds += wanted - shown(d);
        if (!date_local(d, t, zone))
            return false;
    }
    bool both = change_time(zone, 0, 2024) != change_time(zone, 1, 2024);
    if (summer >= 0 && (summer != 0) != d->summer && both) {
        t.seconds = wanted - zone->offsets[summer != 0];
        return date_local(d, t, zone);
    }
    return true;
}

int date_iso_week(const struct date *d, int64_t *year)
{
    int monday = (d->weekday + 6) % 7;
    int week = (d->year_day - monday + 10) / 7; /* that of this Thursday */
    *year = d->year;
    if (week < 1) {
        (*year)--;
        int days = 365 + date_is_leap(*year);
        return (d->year_day + days - monday + 10) / 7;
    }
    if (week == 53) {
        int days = 365 + date_is_leap(d->year);
        if (d->year_day - monday + 3 >= days) {
            (*year)++;
            return 1;
        }
    }
    return week;
}

/* ---- zones ---- */

/* Text with a NUL behind it, as it seems. */
struct reader {
    struct str text;
    size_t at;
};

static char peek(const struct reader *r)
{
    return r->at < r->text.length ? r->text.data[r->at] : 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, as a number of 16 bits; false when there are none. */
static bool take_number(struct reader *r, int *value)
{
    if (!is_digit(peek(r)))
        return false;
    uint32_t n = 0;
    for (; is_digit(peek(r)); r->at++)
        n = (n * 10 + (uint32_t)(peek(r) - '0')) % 65536;
    *value = (int)n;
    return true;
}

/* hh[:mm[:ss]]; what is not there stays as it is. False when there is no hh. */
static bool take_clock(struct reader *r, int parts[3])
{
    if (!take_number(r, &parts[0]))
        return false;
    for (int i = 1; i < 3 && peek(r) == ':'; i++) {
        r->at++;
        if (!take_number(r, &parts[i])) {
            r->at--;
            break;
        }
    }
    return true;
}

static bool take_name(struct reader *r, struct str *name)
{
    size_t from = r->at;
    while (is_letter(peek(r)))
        r->at++;
    if (r->at - from >= 3) {
        *name = str_of(r->text.data + from, r->at - from);
        return true;
    }
    r->at = from;
    if (peek(r) != '<')
        return false;
    r->at++;
    while (is_letter(peek(r)) || is_digit(peek(r)) || peek(r) == '+' || peek(r) == '-')
        r->at++;
    if (peek(r) != '>' || r->at - from < 4) {
        r->at = from;
        return false;
    }
    *name = str_of(r->text.data + from + 1, r->at - from - 1);
    r->at++;
    return true;
}

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

/* Hours west, or east with a minus sign. */
static bool take_offset(struct reader *r, int32_t *offset)
{
    int sign = -1, parts[3] = {0, 0, 0};
    if (peek(r) == '-' || peek(r) == '+')
        sign = r->text.data[r->at++] == '-' ? 1 : -1;
    if (!take_clock(r, parts))
        return false;
    *offset = sign * (at_most(parts[0], 24) * HOUR + at_most(parts[1], 59) * 60 + at_most(parts[2], 59));
    return true;
}

static bool take_change(struct reader *r, struct date_change *c, int which)
{
    if (peek(r) == ',')
        r->at++;
    char kind = peek(r);
    if (kind == 'J' || is_digit(kind)) {
        c->kind = kind == 'J' ? 'J' : 'D';
        if (kind == 'J')
            r->at++;
        int day;
        if (!take_number(r, &day) || day > 365 || (kind == 'J' && day == 0))
            return false;
        c->day = day;
    } else if (kind == 'M') {
        c->kind = 'M';
        r->at++;
        int *parts[] = {&c->month, &c->week, &c->day};
        for (int i = 0; i < 3; i++) {
            if ((i > 0 && peek(r) != '.') || (r->at += i > 0, !take_number(r, parts[i])))
                return false;
        }
        if (c->month < 1 || c->month > 12 || c->week < 1 || c->week > 5 || c->day > 6)
            return false;
    } else if (kind == 0) { /* as in the United States */
        *c = which == 0 ? (struct date_change){'M', 3, 2, 0, 0} : (struct date_change){'M', 11, 1, 0, 0};
    } else {
        return false;
    }
    c->seconds = 2 * HOUR;
    if (peek(r) == 0 || peek(r) == ',')
        return true;
    if (peek(r) != '/')
        return false;
    r->at++;
    if (peek(r) == 0)
        return false;
    int sign = peek(r) == '-' ? -1 : 1, parts[3] = {2, 0, 0};
    if (sign < 0)
        r->at++;
    take_clock(r, parts);
    c->seconds = sign * (parts[0] * HOUR + parts[1] * 60 + parts[2]);
    return true;
}

/* As far as it is well formed: what comes after that stays zero, as in glibc. */
static void parse_rule(struct date_zone *z, struct str rule)
{
    struct reader r = {rule, 0};
    *z = (struct date_zone){.changes = {{.kind = 'D'}, {.kind = 'D'}}};
    if (!take_name(&r, &z->names[0]))
        return;
    char first = peek(&r);
    if ((first != '+' && first != '-' && !is_digit(first)) || !take_offset(&r, &z->offsets[0]))
        return;
    if (peek(&r) == 0) {
        z->names[1] = z->names[0];
        z->offsets[1] = z->offsets[0];
        return;
    }
    if (take_name(&r, &z->names[1]) && !take_offset(&r, &z->offsets[1]))
        z->offsets[1] = z->offsets[0] + HOUR;
    if (peek(&r) == ',' && r.at + 1 == rule.length)
        r.at++;
    if (take_change(&r, &z->changes[0], 0))
        take_change(&r, &z->changes[1], 1);
}

void date_zone_init(struct date_zone *zone, struct str tz)
{
    if (tz.length && tz.data[0] == ':')
        tz = str_after(tz, 1);
    if (tz.length == 0)
        tz = str_lit("UTC");
    size_t low = 0, high = sizeof zone_names / sizeof *zone_names;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(tz, str_from(zone_names[middle].name));
        if (order == 0) {
            parse_rule(zone, str_from(zone_rules[zone_names[middle].rule]));
            return;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    parse_rule(zone, tz);
}
