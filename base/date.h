/* base/date.h - calendar, time zones, the directives of `date +FORMAT`, and the language of `date -d`.
 *
 * Times are seconds since 1970 UTC without leap seconds, and nanoseconds. The calendar is Gregorian at all
 * times; there is a year 0. Names are English. Nothing here asks for the time or the zone: they are
 * arguments. A zone has the rules of today for all years: what was different in former years is not kept.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/buf.h"

struct date_time {
    int64_t seconds;
    int32_t nanoseconds; /* 0 to 999,999,999 */
};

/* A time in nanoseconds since 1970. */
static inline struct date_time date_time_of(int64_t when)
{
    int64_t seconds = when / 1000000000, rest = when % 1000000000;
    return rest < 0 ? (struct date_time){seconds - 1, (int32_t)(rest + 1000000000)} : (struct date_time){seconds, (int32_t)rest};
}

/* ---- zones ---- */

/* When the other of the two times begins, each year. */
struct date_change {
    char
        kind; /* 'J': day 1 to 365, without February 29; 'D': day 0 to 365; 'M': a day of a week of a month */
    int month, week; /* 1 to 12; 1 to 5, 5 the last */
    int day;         /* for 'M' 0 to 6, from Sunday */
    int32_t seconds; /* from midnight, in the time that ends */
};

/* Standard time is 0, summer time 1. The names are borrowed from the text the zone was made of. */
struct date_zone {
    struct str names[2];
    int32_t offsets[2];            /* seconds east of UTC */
    struct date_change changes[2]; /* to summer time, and back */
};

/* The zone of a value of TZ, as glibc takes it: a name ("Europe/Berlin", ":UTC"), a rule
 * ("CET-1CEST,M3.5.0,M10.5.0/3"), or UTC under an odd name for what is neither. Empty is UTC; so is TZ unset,
 * for the caller. */
void date_zone_init(struct date_zone *zone, struct str tz);

/* ---- calendar ---- */

struct date {
    struct date_time time;
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second;
    int weekday;  /* 0 Sunday */
    int year_day; /* from 0 */
    bool summer;
    int32_t offset;  /* seconds east of UTC */
    struct str zone; /* borrowed from the zone */
};

/* Days from 1970-01-01 to a day; months and days outside their ranges count on. */
int64_t date_days(int64_t year, int64_t month, int64_t day);
bool date_is_leap(int64_t year);
/* The local time; false when the year does not fit 32 bits ("time %s is out of range"). */
bool date_local(struct date *d, struct date_time time, const struct date_zone *zone);
/* As mktime: the second at which clocks show year, month, day, hour, minute and second of `d`, whatever their
 * ranges. `summer` is 0 or 1 to take them for that time of the zone, -1 to let the rules say; where clocks
 * show a time twice or never, `offset` decides: that of an earlier call, or 0. Sets all of `d` anew. False
 * when the year does not fit. */
bool date_resolve(struct date *d, int summer, int32_t offset, const struct date_zone *zone);
/* The week of ISO 8601 (1 to 53) and the year it belongs to. */
int date_iso_week(const struct date *d, int64_t *year);

/* ---- text ---- */

/* Appends `format` with its directives as GNU date has them, flags, widths and colons included; %-N is %9N.
 */
void date_print(struct buf *out, struct str format, const struct date *d);

/* The time that `text` means to `date -d`: false when it means none. `now` is that of the caller. */
bool date_parse(struct date_time *result, struct str text, struct date_time now,
                const struct date_zone *zone);

/* The time of MMDDhhmm[[CC]YY][.ss], as the operand of date, or of [[CC]YY]MMDDhhmm[.ss] (`year_first`), as
 * touch -t. */
bool date_parse_stamp(int64_t *seconds, struct str text, bool year_first, struct date_time now,
                      const struct date_zone *zone);

#endif
