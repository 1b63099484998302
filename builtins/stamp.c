/* builtins/stamp.c - a time of a file as text, in the zone of the environment. */
#include "builtins/stamp.h"

#include "base/date.h"

enum { SECOND = 1000000000 };

static void find_zone(struct call *c, struct date_zone *zone)
{
    struct str tz = {0};
    environment_find(c->task->environment, "TZ", &tz);
    date_zone_init(zone, tz);
}

void stamp_print(struct call *c, struct buf *out, struct str format, int64_t when)
{
    struct date_zone zone;
    struct date date;
    find_zone(c, &zone);
    if (date_local(&date, date_time_of(when), &zone))
        date_print(out, format, &date);
}

/* Times beyond the years 1677 to 2262 do not fit: the nearest one stands for them. */
static int64_t join(struct date_time time)
{
    if (time.seconds >= INT64_MAX / SECOND)
        return INT64_MAX - 1;
    if (time.seconds <= INT64_MIN / SECOND)
        return INT64_MIN + 2;
    return time.seconds * SECOND + time.nanoseconds;
}

bool stamp_parse(struct call *c, struct str text, int64_t now, int64_t *when)
{
    struct date_zone zone;
    struct date_time time;
    find_zone(c, &zone);
    if (!date_parse(&time, text, date_time_of(now), &zone))
        return false;
    *when = join(time);
    return true;
}

bool stamp_parse_digits(struct call *c, struct str text, int64_t now, int64_t *when)
{
    struct date_zone zone;
    struct date_time time = {0};
    find_zone(c, &zone);
    if (!date_parse_stamp(&time.seconds, text, true, date_time_of(now), &zone))
        return false;
    *when = join(time);
    return true;
}

int64_t stamp_midnight(struct call *c, int64_t when)
{
    struct date_zone zone;
    struct date date;
    find_zone(c, &zone);
    if (!date_local(&date, date_time_of(when), &zone))
        return when;
    return when - date.time.nanoseconds - ((int64_t)date.hour * 3600 + date.minute * 60 + date.second) * SECOND;
}
