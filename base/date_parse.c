/* base/date_parse.c - the language of `date -d`, as GNU's parse_datetime understands it.
 *
 * The words are read one by one with one more in view; where two readings go on, the longer one is taken: in
 * "10:30 +2 hours" the +2 is a time zone, and the hour is one.
 */
#include "base/date.h"

enum token {
    END,
    NUMBER,
    SIGNED,
    DECIMAL,
    SIGNED_DECIMAL, /* numbers without and with sign, with fraction */
    MERIDIAN,
    MONTH,
    DAY,
    ZONE,
    DAY_ZONE,
    LOCAL_ZONE,
    SUMMER,
    ORDINAL,
    DAY_SHIFT,
    AGO,
    YEAR_UNIT,
    MONTH_UNIT,
    DAY_UNIT,
    HOUR_UNIT,
    MINUTE_UNIT,
    SECOND_UNIT,
    SIGN /* any other byte: in `value` */,
    ERROR
};

enum { AM = 1, PM };

struct word {
    const char *name;
    enum token token;
    int value;
};

static const struct word meridians[] = {
    {"AM", MERIDIAN, AM}, {"A.M.", MERIDIAN, AM}, {"PM", MERIDIAN, PM}, {"P.M.", MERIDIAN, PM}, {0}};

static const struct word months_and_days[] = {{"JANUARY", MONTH, 1},
                                              {"FEBRUARY", MONTH, 2},
                                              {"MARCH", MONTH, 3},
                                              {"APRIL", MONTH, 4},
                                              {"MAY", MONTH, 5},
                                              {"JUNE", MONTH, 6},
                                              {"JULY", MONTH, 7},
                                              {"AUGUST", MONTH, 8},
                                              {"SEPTEMBER", MONTH, 9},
                                              {"SEPT", MONTH, 9},
                                              {"OCTOBER", MONTH, 10},
                                              {"NOVEMBER", MONTH, 11},
                                              {"DECEMBER", MONTH, 12},
                                              {"SUNDAY", DAY, 0},
                                              {"MONDAY", DAY, 1},
                                              {"TUESDAY", DAY, 2},
                                              {"TUES", DAY, 2},
                                              {"WEDNESDAY", DAY, 3},
                                              {"WEDNES", DAY, 3},
                                              {"THURSDAY", DAY, 4},
                                              {"THUR", DAY, 4},
                                              {"THURS", DAY, 4},
                                              {"FRIDAY", DAY, 5},
                                              {"SATURDAY", DAY, 6},
                                              {0}};

static const struct word units[] = {{"YEAR", YEAR_UNIT, 1},
                                    {"MONTH", MONTH_UNIT, 1},
                                    {"FORTNIGHT", DAY_UNIT, 14},
                                    {"WEEK", DAY_UNIT, 7},
                                    {"DAY", DAY_UNIT, 1},
                                    {"HOUR", HOUR_UNIT, 1},
                                    {"MINUTE", MINUTE_UNIT, 1},
                                    {"MIN", MINUTE_UNIT, 1},
                                    {"SECOND", SECOND_UNIT, 1},
                                    {"SEC", SECOND_UNIT, 1},
                                    {0}};

static const struct word relatives[] = {{"TOMORROW", DAY_SHIFT, 1},
                                        {"YESTERDAY", DAY_SHIFT, -1},
                                        {"TODAY", DAY_SHIFT, 0},
                                        {"NOW", DAY_SHIFT, 0},
                                        {"LAST", ORDINAL, -1},
                                        {"THIS", ORDINAL, 0},
                                        {"NEXT", ORDINAL, 1},
                                        {"FIRST", ORDINAL, 1},
                                        {"THIRD", ORDINAL, 3},
                                        {"FOURTH", ORDINAL, 4},
                                        {"FIFTH", ORDINAL, 5},
                                        {"SIXTH", ORDINAL, 6},
                                        {"SEVENTH", ORDINAL, 7},
                                        {"EIGHTH", ORDINAL, 8},
                                        {"NINTH", ORDINAL, 9},
                                        {"TENTH", ORDINAL, 10},
                                        {"ELEVENTH", ORDINAL, 11},
                                        {"TWELFTH", ORDINAL, 12},
                                        {"AGO", AGO, -1},
                                        {"HENCE", AGO, 1},
                                        {0}};

/* In minutes. */
static const struct word universal_zones[] = {{"GMT", ZONE, 0}, {"UT", ZONE, 0}, {"UTC", ZONE, 0}, {0}};

static const struct word zones[] = {
    {"WET", ZONE, 0},         {"WEST", DAY_ZONE, 0},    {"BST", DAY_ZONE, 0},    {"ART", ZONE, -180},
    {"BRT", ZONE, -180},      {"BRST", DAY_ZONE, -180}, {"NST", ZONE, -210},     {"NDT", DAY_ZONE, -210},
    {"AST", ZONE, -240},      {"ADT", DAY_ZONE, -240},  {"CLT", ZONE, -240},     {"CLST", DAY_ZONE, -240},
    {"EST", ZONE, -300},      {"EDT", DAY_ZONE, -300},  {"CST", ZONE, -360},     {"CDT", DAY_ZONE, -360},
    {"MST", ZONE, -420},      {"MDT", DAY_ZONE, -420},  {"PST", ZONE, -480},     {"PDT", DAY_ZONE, -480},
    {"AKST", ZONE, -540},     {"AKDT", DAY_ZONE, -540}, {"HST", ZONE, -600},     {"HAST", ZONE, -600},
    {"HADT", DAY_ZONE, -600}, {"SST", ZONE, -720},      {"WAT", ZONE, 60},       {"CET", ZONE, 60},
    {"CEST", DAY_ZONE, 60},   {"MET", ZONE, 60},        {"MEZ", ZONE, 60},       {"MEST", DAY_ZONE, 60},
    {"MESZ", DAY_ZONE, 60},   {"EET", ZONE, 120},       {"EEST", DAY_ZONE, 120}, {"CAT", ZONE, 120},
    {"SAST", ZONE, 120},      {"EAT", ZONE, 180},       {"MSK", ZONE, 180},      {"MSD", DAY_ZONE, 180},
    {"IST", ZONE, 330},       {"SGT", ZONE, 480},       {"KST", ZONE, 540},      {"JST", ZONE, 540},
    {"GST", ZONE, 600},       {"NZST", ZONE, 720},      {"NZDT", DAY_ZONE, 720}, {0}};

/* A number as it was written. */
struct number {
    int64_t value;
    int digits;
    bool negative; /* it had a minus sign */
};

struct relative {
    int64_t year, month, day, hour, minute, second;
    int32_t nanosecond;
};

struct parser {
    struct str text;
    size_t at;
    struct word local[2]; /* the names of the zone */
    char names[2][20];
    /* the token in view */
    enum token token;
    struct number number;  /* NUMBER, SIGNED */
    struct date_time time; /* the decimals */
    int value;             /* words and SIGN */
    /* what was said */
    struct number year;
    int64_t month, day, hour, minute;
    struct date_time second;
    int meridian; /* 0: 24 hours */
    int64_t day_ordinal;
    int weekday;
    int summer; /* of a local zone */
    int zone;   /* seconds east */
    struct relative relative;
    int times, dates, days, zone_count, local_zones, summers;
    bool relatives, absolute;
};

/* ---- words ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* The byte at `at`, 0 at the end. */
static char look(const struct parser *p, size_t at)
{
    return at < p->text.length ? p->text.data[at] : 0;
}

/* A row ends with an entry without name. */
static const struct word *find_in(const struct word *words, struct str name)
{
    for (; words->name; words++)
        if (str_is(name, words->name))
            return words;
    return NULL;
}

static const struct word *find_zone(const struct parser *p, struct str name)
{
    const struct word *found = find_in(universal_zones, name);
    for (int i = 0; i < 2 && !found && p->local[i].name; i++)
        if (str_is(name, p->local[i].name))
            found = &p->local[i];
    return found ? found : find_in(zones, name);
}

/* What a word in capitals is. */
static const struct word *find_word(const struct parser *p, struct str name)
{
    const struct word *found = find_in(meridians, name);
    if (found)
        return found;
    bool short_name = name.length == 3 || (name.length == 4 && name.data[3] == '.');
    for (found = months_and_days; found->name; found++)
        if (short_name ? memcmp(name.data, found->name, 3) == 0 : str_is(name, found->name))
            return found;
    static const struct word summer = {"DST", SUMMER, 0};
    found = find_zone(p, name);
    if (!found && str_is(name, summer.name))
        found = &summer;
    if (!found)
        found = find_in(units, name);
    if (!found && name.data[name.length - 1] == 'S')
        found = find_in(units, str_first(name, name.length - 1));
    return found ? found : find_in(relatives, name);
}

static void read_word(struct parser *p)
{
    char name[20];
    size_t length = 0, without = 0;
    for (char c; c = look(p, p->at), is_letter(c) || (c == '.' && length); p->at++)
        if (length < sizeof name - 1)
            name[length++] = upper(c);
    p->token = ERROR;
    const struct word *found = find_word(p, str_of(name, length));
    if (found) {
        p->token = found->token;
        p->value = found->value;
        return;
    }
    if (length == 1) { /* military: A to M go east, N to Y west, T is also the sign between date and time */
        char c = name[0];
        p->token = c == 'J' ? ERROR : c == 'T' ? SIGN : ZONE;
        p->value = c == 'T'   ? 'T'
                   : c == 'Z' ? 0
                   : c <= 'I' ? (c - 'A' + 1) * 60
                   : c <= 'M' ? (c - 'A') * 60
                              : -(c - 'N' + 1) * 60;
        return;
    }
    for (size_t i = 0; i < length; i++)
        if (name[i] != '.')
            name[without++] = name[i];
    found = without < length ? find_zone(p, str_of(name, without)) : NULL;
    if (found) {
        p->token = found->token;
        p->value = found->value;
    }
}

/* The fraction behind the point at p->at: nanoseconds, rounded down. */
static void read_fraction(struct parser *p, bool negative)
{
    int32_t nanoseconds = 0;
    bool rest = false;
    p->at++;
    for (int i = 0; i < 9; i++)
        nanoseconds = nanoseconds * 10 + (is_digit(look(p, p->at)) ? look(p, p->at++) - '0' : 0);
    for (; is_digit(look(p, p->at)); p->at++)
        rest |= look(p, p->at) != '0';
    if (negative) {
        nanoseconds += rest;
        if (nanoseconds) {
            if (__builtin_sub_overflow(p->time.seconds, 1, &p->time.seconds))
                p->token = ERROR;
            nanoseconds = 1000000000 - nanoseconds;
        }
    }
    p->time.nanoseconds = nanoseconds;
}

/* A number behind its sign. */
static void read_number(struct parser *p, int sign)
{
    size_t from = p->at;
    int64_t value = 0;
    p->token = sign ? SIGNED : NUMBER;
    for (; is_digit(look(p, p->at)); p->at++) {
        int digit = look(p, p->at) - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, sign < 0 ? -digit : digit, &value)) {
            p->token = ERROR;
            return;
        }
    }
    p->number = (struct number){value, (int)(p->at - from < 100 ? p->at - from : 100), sign < 0};
    p->time = (struct date_time){value, 0};
    char c = look(p, p->at);
    if ((c == '.' || c == ',') && is_digit(look(p, p->at + 1))) {
        p->token = sign ? SIGNED_DECIMAL : DECIMAL;
        read_fraction(p, sign < 0);
    }
}

/* Takes the next token into view. */
static void next(struct parser *p)
{
    for (;;) {
        while (is_space(look(p, p->at)))
            p->at++;
        char c = look(p, p->at);
        if (p->at >= p->text.length || c == 0) {
            p->token = END;
            return;
        }
        if (is_digit(c)) {
            read_number(p, 0);
            return;
        }
        if (c == '-' || c == '+') {
            do
                p->at++;
            while (is_space(look(p, p->at)));
            if (is_digit(look(p, p->at))) {
                read_number(p, c == '-' ? -1 : 1);
                return;
            }
            continue; /* a sign alone is nothing */
        }
        if (is_letter(c)) {
            read_word(p);
            return;
        }
        if (c != '(') {
            p->at++;
            p->token = SIGN;
            p->value = c;
            return;
        }
        int64_t depth = 0; /* a comment */
        do {
            c = look(p, p->at++);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        } while (depth && p->at < p->text.length);
        if (depth) {
            p->token = END;
            return;
        }
    }
}

static bool is_sign(const struct parser *p, char c)
{
    return p->token == SIGN && p->value == c;
}

static bool is_unit(const struct parser *p)
{
    return p->token >= YEAR_UNIT && p->token <= SECOND_UNIT;
}

/* ---- phrases: each begins at the token in view, and leaves the next one in view; false for an error ---- */

static void set_clock(struct parser *p, int64_t hour, int64_t minute, struct date_time second)
{
    p->hour = hour;
    p->minute = minute;
    p->second = second;
}

/* The number of a bare row of digits: a year, a day as YYYYMMDD, or a time as HHMM. */
static void set_digits(struct parser *p, struct number n)
{
    if (p->dates && !p->year.digits && !p->relatives && (p->times || n.digits > 2)) {
        p->year = n;
    } else if (n.digits > 4) {
        p->dates++;
        p->day = n.value % 100;
        p->month = n.value / 100 % 100;
        p->year = (struct number){n.value / 10000, n.digits - 4, false};
    } else {
        p->times++;
        set_clock(p, n.digits <= 2 ? n.value : n.value / 100, n.digits <= 2 ? 0 : n.value % 100,
                  (struct date_time){0, 0});
        p->meridian = 0;
    }
}

/* "+hh", "+hhmm" or "+hh:mm": the sign and digits are `n`, a colon may be in view. */
static bool take_zone_offset(struct parser *p, struct number n)
{
    int64_t minutes;
    if (is_sign(p, ':')) {
        next(p);
        if (p->token != NUMBER)
            return false;
        if (__builtin_mul_overflow(n.value, 60, &minutes) ||
            __builtin_add_overflow(minutes, n.negative ? -p->number.value : p->number.value, &minutes))
            return false;
        next(p);
    } else {
        int64_t value = n.digits <= 2 ? n.value * 100 : n.value;
        minutes = value / 100 * 60 + value % 100;
    }
    if (minutes < -24 * 60 || minutes > 24 * 60)
        return false;
    p->zone = (int)minutes * 60;
    return true;
}

/* A zone offset may follow a time. */
static bool take_optional_zone(struct parser *p)
{
    if (p->token != SIGNED)
        return true;
    struct number n = p->number;
    next(p);
    p->zone_count++;
    return take_zone_offset(p, n);
}

/* ":mm[:ss[.fraction]]" and a meridian (if `may`) or a zone: the hour is read. */
static bool take_clock(struct parser *p, int64_t hour, bool may)
{
    next(p);
    if (p->token != NUMBER)
        return false;
    set_clock(p, hour, p->number.value, (struct date_time){0, 0});
    next(p);
    if (is_sign(p, ':')) {
        next(p);
        if (p->token != NUMBER && p->token != DECIMAL)
            return false;
        p->second = p->time;
        next(p);
    }
    if (may && p->token == MERIDIAN) {
        p->meridian = p->value;
        next(p);
        return true;
    }
    p->meridian = 0;
    return take_optional_zone(p);
}

/* `count` times the unit in view; `ago` may follow if `may_ago`. */
static bool take_unit(struct parser *p, struct date_time count, bool may_ago)
{
    struct relative r = {0};
    bool wrong = false;
    switch (p->token) {
    case YEAR_UNIT: r.year = count.seconds; break;
    case MONTH_UNIT: r.month = count.seconds; break;
    case DAY_UNIT: wrong = __builtin_mul_overflow(count.seconds, p->value, &r.day); break;
    case HOUR_UNIT: r.hour = count.seconds; break;
    case MINUTE_UNIT: r.minute = count.seconds; break;
    default: r.second = count.seconds; r.nanosecond = count.nanoseconds;
    }
    next(p);
    int sign = 1;
    if (may_ago && p->token == AGO) {
        sign = p->value;
        next(p);
    }
    int64_t *to[] = {&p->relative.year, &p->relative.month,  &p->relative.day,
                     &p->relative.hour, &p->relative.minute, &p->relative.second};
    int64_t add[] = {r.year, r.month, r.day, r.hour, r.minute, r.second};
    for (int i = 0; i < 6; i++)
        wrong |= sign < 0 ? __builtin_sub_overflow(*to[i], add[i], to[i])
                          : __builtin_add_overflow(*to[i], add[i], to[i]);
    wrong |= __builtin_add_overflow(p->relative.nanosecond, sign * r.nanosecond, &p->relative.nanosecond);
    p->relatives = true;
    return !wrong;
}

static struct date_time whole(int64_t count)
{
    return (struct date_time){count, 0};
}

/* A year, month and day as the parts of an ISO date or of others with signs between them. */
static void set_date(struct parser *p, struct number year, int64_t month, int64_t day)
{
    p->dates++;
    p->year = year;
    p->month = month;
    p->day = day;
}

/* What is written with a hyphen before it. */
static struct number hyphened(struct number n)
{
    n.value = n.value == INT64_MIN ? INT64_MAX : -n.value;
    return n;
}

/* The number of a date, "/" in view. */
static bool take_slashes(struct parser *p, struct number first)
{
    next(p);
    if (p->token != NUMBER)
        return false;
    struct number second = p->number;
    next(p);
    if (!is_sign(p, '/')) {
        set_date(p, p->year, first.value, second.value);
        return true;
    }
    next(p);
    if (p->token != NUMBER)
        return false;
    if (first.digits >= 4)
        set_date(p, first, second.value, p->number.value);
    else
        set_date(p, p->number, first.value, second.value);
    next(p);
    return true;
}

/* A number, and a number with a sign in view: a date, a time with zone, or digits and a relative time. */
static bool take_signed(struct parser *p, struct number first)
{
    struct number second = p->number;
    next(p);
    if (is_unit(p)) {
        set_digits(p, first);
        return take_unit(p, whole(second.value), false);
    }
    if (p->token != SIGNED) {
        set_clock(p, first.value, 0, whole(0));
        p->meridian = 0;
        p->times++;
        p->zone_count++;
        return take_zone_offset(p, second);
    }
    set_date(p, first, hyphened(second).value, hyphened(p->number).value);
    next(p);
    if (!is_sign(p, 'T'))
        return true;
    next(p);
    if (p->token != NUMBER)
        return false;
    struct number hour = p->number;
    next(p);
    p->times++;
    if (is_sign(p, ':'))
        return take_clock(p, hour.value, false);
    if (p->token != SIGNED)
        return false;
    set_clock(p, hour.value, 0, whole(0));
    p->meridian = 0;
    return take_optional_zone(p);
}

static bool take_number_item(struct parser *p)
{
    struct number n = p->number;
    next(p);
    switch (p->token) {
    case MERIDIAN:
        set_clock(p, n.value, 0, whole(0));
        p->meridian = p->value;
        p->times++;
        next(p);
        return true;
    case DAY:
        p->days++;
        p->day_ordinal = n.value;
        p->weekday = p->value;
        next(p);
        return true;
    case MONTH:
        set_date(p, p->year, p->value, n.value);
        next(p);
        if (p->token == SIGNED)
            p->year = hyphened(p->number);
        else if (p->token == NUMBER)
            p->year = p->number;
        else
            return true;
        next(p);
        return true;
    case SIGNED: return take_signed(p, n);
    default: break;
    }
    if (is_unit(p))
        return take_unit(p, whole(n.value), true);
    if (is_sign(p, ':')) {
        p->times++;
        return take_clock(p, n.value, true);
    }
    if (is_sign(p, '/'))
        return take_slashes(p, n);
    set_digits(p, n);
    return true;
}

static bool take_month(struct parser *p)
{
    int month = p->value;
    next(p);
    struct number day = p->number;
    if (p->token == SIGNED) { /* JUN-17-1992 */
        next(p);
        if (p->token != SIGNED)
            return false;
        set_date(p, hyphened(p->number), month, hyphened(day).value);
        next(p);
        return true;
    }
    if (p->token != NUMBER)
        return false;
    set_date(p, p->year, month, day.value);
    next(p);
    if (!is_sign(p, ','))
        return true;
    next(p);
    if (p->token != NUMBER)
        return false;
    p->year = p->number;
    next(p);
    return true;
}

/* A zone's name; T too. What follows may correct it. */
static bool take_zone(struct parser *p, int minutes)
{
    bool named = p->token == ZONE;
    p->zone_count++;
    p->zone = minutes * 60;
    next(p);
    if (named && p->token == SUMMER) {
        p->zone += 60 * 60;
        next(p);
        return true;
    }
    if (p->token != SIGNED)
        return true;
    struct number n = p->number;
    next(p);
    if (is_unit(p))
        return take_unit(p, whole(n.value), false);
    if (!named || !take_zone_offset(p, n))
        return false;
    p->zone += minutes * 60;
    return true;
}

static bool take_item(struct parser *p)
{
    int value = p->value;
    struct number n = p->number;
    struct date_time decimal = p->time;
    switch (p->token) {
    case NUMBER: return take_number_item(p);
    case SIGNED: next(p); return is_unit(p) && take_unit(p, whole(n.value), true);
    case DECIMAL:
    case SIGNED_DECIMAL: next(p); return p->token == SECOND_UNIT && take_unit(p, decimal, true);
    case ORDINAL:
        next(p);
        if (is_unit(p))
            return take_unit(p, whole(value), true);
        if (p->token != DAY)
            return false;
        p->days++;
        p->day_ordinal = value;
        p->weekday = p->value;
        next(p);
        return true;
    case DAY:
        p->days++;
        p->day_ordinal = 0;
        p->weekday = value;
        next(p);
        if (is_sign(p, ','))
            next(p);
        return true;
    case MONTH: return take_month(p);
    case DAY_SHIFT:
        p->relatives = true;
        next(p);
        return !__builtin_add_overflow(p->relative.day, value, &p->relative.day);
    case ZONE: return take_zone(p, value);
    case DAY_ZONE:
        p->zone_count++;
        p->zone = value * 60 + 60 * 60;
        next(p);
        return true;
    case LOCAL_ZONE:
        p->local_zones++;
        p->summer = value;
        next(p);
        if (p->token == SUMMER) {
            p->summer = 1;
            p->summers++;
            next(p);
        }
        return true;
    case SIGN: return value == 'T' && take_zone(p, -7 * 60);
    default: return is_unit(p) && take_unit(p, whole(1), true);
    }
}

/* All of the text. */
static bool take_all(struct parser *p)
{
    next(p);
    if (is_sign(p, '@')) {
        next(p);
        if (p->token < NUMBER || p->token > SIGNED_DECIMAL)
            return false;
        p->second = p->time;
        p->absolute = true;
        next(p);
        return p->token == END;
    }
    while (p->token != END)
        if (!take_item(p))
            return false;
    return true;
}

/* ---- what it means ---- */

/* An hour of 24, or -1. */
static int64_t hour_of_day(const struct parser *p)
{
    if (p->meridian == 0)
        return p->hour >= 0 && p->hour < 24 ? p->hour : -1;
    if (p->hour < 1 || p->hour > 12)
        return -1;
    return p->hour % 12 + (p->meridian == PM ? 12 : 0);
}

static bool is_small(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

/* Two digits are of this century or the last. */
static int64_t full_year(struct number year)
{
    int64_t value = year.value;
    if (value < 0)
        value = value == INT64_MIN ? INT64_MAX : -value;
    else if (year.digits == 2)
        value += value < 69 ? 2000 : 1900;
    return value;
}

/* What the clocks are asked to show. */
struct wish {
    int64_t year, month, day, hour, minute, second;
};

/* As mktime; `d` knows the offset of the last call. */
static bool resolve(struct date *d, struct wish w, int summer, int32_t *offset, const struct date_zone *zone)
{
    int64_t days = w.day, part = w.hour * 3600 + w.minute * 60 + w.second;
    if (!is_small(w.year - 1900) || !is_small(w.month) || !is_small(days))
        return false;
    /* struct date counts on in ints: months and days are made regular before. */
    int64_t first = date_days(w.year, w.month, 1) + days - 1;
    *d = (struct date){.time = d->time, .year = w.year, .month = 1, .day = 1};
    int64_t more = first - date_days(w.year, 1, 1);
    while (!is_small(more + 1)) { /* many years on */
        int64_t eras = more / 146097;
        d->year += eras * 400;
        more -= eras * 146097;
    }
    d->day = (int)more + 1;
    d->hour = (int)(part / 3600);
    d->minute = (int)(part % 3600 / 60);
    d->second = (int)(part % 60);
    if (!is_small(d->year - 1900) || !date_resolve(d, summer, *offset, zone))
        return false;
    *offset = d->offset;
    return true;
}

static bool shows(const struct date *d, struct wish w)
{
    return d->year == w.year && d->month == w.month && d->day == w.day && d->hour == w.hour &&
           d->minute == w.minute && d->second == w.second;
}

/* The names of the zone now, and of its other time if there is one. */
static void set_local_zones(struct parser *p, const struct date *now, const struct date_zone *zone)
{
    struct date probe = *now;
    int count = 0;
    for (int quarter = 0; quarter <= 3 && count < 2; quarter++) {
        struct date_time then = {now->time.seconds + quarter * (90 * 24 * 60 * 60), 0};
        if (quarter && (!date_local(&probe, then, zone) || probe.summer == (p->local[0].value == 1)))
            continue;
        size_t length = probe.zone.length;
        if (length >= sizeof p->names[0])
            return; /* no word is as long */
        if (length)
            memcpy(p->names[count], probe.zone.data, length);
        p->names[count][length] = 0;
        p->local[count] = (struct word){p->names[count], LOCAL_ZONE, probe.summer};
        count++;
    }
    if (count == 2 && strcmp(p->names[0], p->names[1]) == 0) {
        p->local[0].value = -1;
        p->local[1].name = NULL;
    }
}

static bool add_days(const struct parser *p, const struct date *d, int64_t *day)
{
    int64_t weeks = p->day_ordinal - (p->day_ordinal > 0 && d->weekday != p->weekday), add;
    return !__builtin_mul_overflow(weeks, 7, &add) &&
           !__builtin_add_overflow(add, (p->weekday - d->weekday + 7) % 7, &add) &&
           !__builtin_add_overflow(add, *day, day) && is_small(*day);
}

/* The time that was said. `d` is now. */
static bool reckon(struct parser *p, struct date *d, const struct date_zone *zone, struct date_time *result)
{
    if ((p->times | p->dates | p->days | p->summers | (p->local_zones + p->zone_count)) > 1)
        return false;
    struct wish w = {full_year(p->year), p->month, p->day, 0, 0, 0};
    if (p->times || (p->relatives && !p->dates && !p->days)) {
        w.hour = hour_of_day(p);
        w.minute = p->minute;
        w.second = p->second.seconds;
        if (w.hour < 0 || !is_small(w.minute) || !is_small(w.second))
            return false;
    } else {
        p->second.nanoseconds = 0;
    }
    int summer = p->dates || p->days || p->times ? -1 : d->summer;
    if (p->local_zones)
        summer = p->summer;
    int32_t offset = 0;
    int first_summer = summer;
    if (!resolve(d, w, summer, &offset, zone) || !shows(d, w)) {
        /* Clocks of this zone do not show it, but those of the zone that was named may. */
        struct date_zone named = {.offsets = {p->zone, p->zone}, .changes = {{.kind = 'D'}, {.kind = 'D'}}};
        if (!p->zone_count || !resolve(d, w, summer, &offset, &named) || !shows(d, w))
            return false;
    }
    w = (struct wish){d->year, d->month, d->day, w.hour, w.minute, w.second};
    if (p->days && !p->dates) {
        if (!add_days(p, d, &w.day) || !resolve(d, w, -1, &offset, zone))
            return false;
        w.year = d->year;
        w.month = d->month;
        w.day = d->day;
    }
    const struct relative *r = &p->relative;
    if (r->year || r->month || r->day) {
        if (__builtin_add_overflow(w.year, r->year, &w.year) ||
            __builtin_add_overflow(w.month, r->month, &w.month) ||
            __builtin_add_overflow(w.day, r->day, &w.day) || !is_small(w.year) ||
            !resolve(d, w, first_summer, &offset, zone))
            return false;
    }
    int64_t seconds = d->time.seconds, add;
    if (p->zone_count)
        seconds -= p->zone - d->offset;
    int64_t nanoseconds = (int64_t)p->second.nanoseconds + r->nanosecond, over = nanoseconds / 1000000000;
    if (nanoseconds - over * 1000000000 < 0)
        over--;
    if (__builtin_mul_overflow(r->hour, 3600, &add) || __builtin_add_overflow(seconds, add, &seconds) ||
        __builtin_mul_overflow(r->minute, 60, &add) || __builtin_add_overflow(seconds, add, &seconds) ||
        __builtin_add_overflow(seconds, r->second, &seconds) ||
        __builtin_add_overflow(seconds, over, &seconds))
        return false;
    *result = (struct date_time){seconds, (int32_t)(nanoseconds - over * 1000000000)};
    return true;
}

/* TZ="..." at the start: its text without escapes into `name`; answers its bytes, or -1 when there is none.
 */
static ptrdiff_t read_zone_prefix(struct str text, char *name, size_t size, size_t *length)
{
    *length = 0;
    if (!str_starts(text, "TZ=\""))
        return -1;
    for (size_t at = 4; at < text.length; at++) {
        char c = text.data[at];
        if (c == '"')
            return (ptrdiff_t)at + 1;
        if (c == '\\') {
            at++;
            c = at < text.length ? text.data[at] : 0;
            if (c != '\\' && c != '"')
                return -1;
        }
        if (*length == size)
            return -1;
        name[(*length)++] = c;
    }
    return -1;
}

bool date_parse(struct date_time *result, struct str text, struct date_time now, const struct date_zone *zone)
{
    char name[256];
    size_t length, at = 0;
    struct date_zone other;
    while (at < text.length && is_space(text.data[at]))
        at++;
    text = str_after(text, at);
    ptrdiff_t prefix = read_zone_prefix(text, name, sizeof name, &length);
    if (prefix >= 0) {
        date_zone_init(&other, str_of(name, length));
        zone = &other;
        text = str_after(text, (size_t)prefix);
    }
    struct date d;
    if (!date_local(&d, now, zone))
        return false;
    struct parser p = {.text = text.length ? text : str_lit("0")};
    p.year = (struct number){d.year, 0, false};
    p.month = d.month;
    p.day = d.day;
    p.hour = d.hour;
    p.minute = d.minute;
    p.second = (struct date_time){d.second, now.nanoseconds};
    set_local_zones(&p, &d, zone);
    if (!take_all(&p))
        return false;
    if (p.absolute) {
        *result = p.second;
        return true;
    }
    return reckon(&p, &d, zone, result);
}

bool date_parse_stamp(int64_t *seconds, struct str text, bool year_first, struct date_time now,
                      const struct date_zone *zone)
{
    struct date d;
    struct wish w = {0};
    int pairs[6], count = 0;
    if (!date_local(&d, now, zone))
        return false;
    size_t length = text.length;
    if (length >= 3 && text.data[length - 3] == '.') {
        if (!is_digit(text.data[length - 2]) || !is_digit(text.data[length - 1]))
            return false;
        w.second = (text.data[length - 2] - '0') * 10 + text.data[length - 1] - '0';
        length -= 3;
    }
    if (length % 2 || length < 8 || length > 12)
        return false;
    for (size_t i = 0; i < length; i += 2) {
        if (!is_digit(text.data[i]) || !is_digit(text.data[i + 1]))
            return false;
        pairs[count++] = (text.data[i] - '0') * 10 + text.data[i + 1] - '0';
    }
    const int *rest = year_first ? pairs + count - 4 : pairs, *year = year_first ? pairs : pairs + 4;
    w.year = count == 4   ? d.year
             : count == 6 ? year[0] * 100 + year[1]
                          : year[0] + (year[0] < 69 ? 2000 : 1900);
    w.month = rest[0];
    w.day = rest[1];
    w.hour = rest[2];
    w.minute = rest[3];
    int32_t offset = 0;
    if (!resolve(&d, w, -1, &offset, zone) || !shows(&d, w))
        return false;
    *seconds = d.time.seconds;
    return true;
}
