/* builtins/cal.c - show calendars: cal in rows of weeks, ncal in columns of weeks. */
#include "base/date.h"
#include "base/number.h"
#include "task/command.h"
#include "task/sandbox.h"

static const struct option options[] = {
    {'1', NULL, NULL, "display only one month (default)"},
    {'3', NULL, NULL, "display the previous, current and next month"},
    {'A', NULL, "MONTHS", "display MONTHS after the one that is asked for, too"},
    {'B', NULL, "MONTHS", "display MONTHS before the one that is asked for, too"},
    {'b', NULL, NULL, "display the calendar as cal does (ncal)"},
    {'C', NULL, NULL, "the same"},
    {'d', NULL, "YYYY-MM", "use this as the current month"},
    {'e', NULL, NULL, "display the date of Easter (ncal)"},
    {'H', NULL, "YYYY-MM-DD", "use this as the current date for highlighting, which there is none without a terminal (ncal)"},
    {'h', NULL, NULL, "turn off highlighting of today (ncal)"},
    {'J', NULL, NULL, "display the Julian calendar (ncal)"},
    {'j', NULL, NULL, "display the days of the year, from January 1"},
    {'M', NULL, NULL, "weeks start on Monday (ncal)"},
    {'m', NULL, "MONTH", "display this month; f or p behind it: that which follows or precedes"},
    {'o', NULL, NULL, "display the date of orthodox Easter (ncal)"},
    {'S', NULL, NULL, "weeks start on Sunday (ncal)"},
    {'W', NULL, "DAYS", "the first week of the year has this many days at least (default 4; ncal)"},
    {'w', NULL, NULL, "print the number of the week (ncal)"},
    {'y', NULL, NULL, "display a calendar for a year"},
    {0},
};

enum { STATUS_USAGE = 64, YEAR_MOST = 9999, WEEKS = 6, NO_DAY = -1 };

struct cal {
    bool rows;          /* as cal */
    bool days, julian, monday, numbers;
    int first_week;     /* days of the year that its first week has at least */
    int64_t month;      /* of the first one shown: year * 12 + month from 0 */
    int64_t count, at;  /* months shown in all, and so far */
    int abreast;        /* months side by side */
    bool titled;        /* a year stands above its months */
};

/* One month: days in the weeks, NO_DAY where there is none. */
struct month {
    int64_t year;
    int number;              /* from 0 */
    int cells[WEEKS * 7];
    int64_t first[WEEKS];    /* day number of the first day of each week */
};

static const char *const names[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                    "September", "October", "November", "December"};
static const char weekdays[] = "SuMoTuWeThFrSa";

/* --- days ------------------------------------------------------------------------------------------------- */

static int64_t day_in(bool julian, int64_t year, int month, int day)
{
    int64_t a = (13 - month) / 12, y = year + 4800 - a, m = month + 1 + 12 * a - 3;
    int64_t days = day + (153 * m + 2) / 5 + 365 * y + y / 4;
    return julian ? days - 32083 : days - y / 100 + y / 400 - 32045;
}

/* The number of a day, by the Julian calendar until September 2, 1752. */
static int64_t day_number(const struct cal *k, int64_t year, int month, int day)
{
    bool old = year < 1752 || (year == 1752 && (month < 8 || (month == 8 && day <= 2)));
    return day_in(old || k->julian, year, month, day);
}

/* 0 Sunday. */
static int weekday(int64_t number)
{
    return (int)((number + 1) % 7);
}

static int month_length(const struct cal *k, int64_t year, int month)
{
    int64_t next = month == 11 ? day_number(k, year + 1, 0, 1) : day_number(k, year, month + 1, 1);
    for (int day = 31;; day--)
        if (day_number(k, year, month, day) < next)
            return day;
}

/* The week of the year that begins with this day. */
static int week_number(const struct cal *k, int64_t start, int64_t year)
{
    for (int64_t y = year + 1;; y--) {
        int64_t new_year = day_number(k, y, 0, 1);
        int64_t first = new_year - (weekday(new_year) - k->monday + 7) % 7; /* the week it lies in */
        if (new_year - first > 7 - k->first_week)
            first += 7;
        if (first <= start)
            return (int)((start - first) / 7) + 1;
    }
}

static void fill_month(const struct cal *k, struct month *m, int64_t number)
{
    int length;
    int64_t first, new_year;
    int offset, place;

    m->year = number / 12;
    m->number = (int)(number % 12);
    length = month_length(k, m->year, m->number);
    first = day_number(k, m->year, m->number, 1);
    new_year = day_number(k, m->year, 0, 1);
    offset = (weekday(first) - k->monday + 7) % 7;
    for (int i = 0; i < WEEKS * 7; i++)
        m->cells[i] = NO_DAY;
    for (int i = 0; i < WEEKS; i++)
        m->first[i] = first - offset + 7 * i;
    for (int day = 1; day <= length; day++) {
        if (m->year == 1752 && m->number == 8 && day > 2 && day < 14 && !k->julian)
            continue; /* these were left out */
        place = offset + (int)(day_number(k, m->year, m->number, day) - first);
        m->cells[place] = k->days ? (int)(day_number(k, m->year, m->number, day) - new_year) + 1 : day;
    }
}

/* --- arguments ---------------------------------------------------------------------------------------------- */

static int usage(struct call *c)
{
    call_usage_error(c, "");
    return STATUS_USAGE;
}

static bool read_decimal(struct str text, int64_t *number)
{
    return text.length && number_parse_int(text, 10, number, NULL) == text.length;
}

/* A month by number or name, from 0: false after a message. */
static bool read_month(struct call *c, struct str text, int64_t *month)
{
    int64_t number;

    if (read_decimal(text, &number) && number >= 1 && number <= 12) {
        *month = number - 1;
        return true;
    }
    for (int i = 0; i < 12 && text.length >= 3; i++) {
        bool same = text.length <= strlen(names[i]);
        for (size_t j = 0; same && j < text.length; j++)
            same = utf8_ascii_lower[(unsigned char)text.data[j]] == utf8_ascii_lower[(unsigned char)names[i][j]];
        if (same) {
            *month = i;
            return true;
        }
    }
    call_error(c, "%S is neither a month number (1..12) nor a name", text);
    return false;
}

static bool read_year(struct call *c, struct str text, int64_t *year)
{
    if (!read_decimal(text, year)) {
        call_error(c, "not a valid year %S", text);
        return false;
    }
    if (*year >= 1 && *year <= YEAR_MOST)
        return true;
    call_error(c, "year `%lld' not in range 1..%d", (long long)*year, YEAR_MOST);
    return false;
}

/* YYYY-MM, or with a day behind it. */
static bool read_date(struct str text, int64_t *year, int64_t *month)
{
    ptrdiff_t at = str_find(text, '-');
    struct str rest = at < 0 ? str_lit("") : str_after(text, (size_t)at + 1);
    ptrdiff_t day = str_find(rest, '-');

    return at > 0 && read_decimal(str_first(text, (size_t)at), year) &&
           read_decimal(day < 0 ? rest : str_first(rest, (size_t)day), month) && *month >= 1 && *month <= 12;
}

/* The day of Easter, in the Gregorian calendar also where it is the orthodox one. */
static void put_easter(struct call *c, int64_t year, bool orthodox)
{
    int64_t g = year % 19, century = year / 100, i, j, l, month, number;

    if (orthodox) {
        i = (19 * g + 15) % 30;
        j = (year + year / 4 + i) % 7;
    } else {
        int64_t h = (century - century / 4 - (8 * century + 13) / 25 + 19 * g + 15) % 30;
        i = h - h / 28 * (1 - h / 28 * (29 / (h + 1)) * ((21 - g) / 11));
        j = (year + year / 4 + i + 2 - century + century / 4) % 7;
    }
    l = i - j;
    month = 3 + (l + 40) / 44;
    number = day_in(orthodox, year, (int)month - 1, (int)(l + 28 - 31 * (month / 4)));
    for (int m = 2; m < 7; m++)
        for (int day = 1; day <= 30 + (m == 2 || m == 4 || m == 6); day++)
            if (day_in(false, year, m, day) == number)
                call_format(c, "%02d/%02d/%02d\n", m + 1, day, (int)(year % 100));
}

static bool read_count(struct call *c, int letter, int64_t *count)
{
    struct str text;
    if (!call_value(c, letter, &text))
        return true;
    if (!read_decimal(text, count))
        *count = 0;
    return *count >= 0 && *count <= 12 * YEAR_MOST;
}

static int cal_start(struct call *c)
{
    struct cal *k = c->state;
    bool ncal = str_is(c->name, "ncal"), month_given = false, year_given = false, whole;
    int64_t after = 0, before = 0, year, month, now = sandbox_now(c->task->sandbox), moved = 0;
    struct date_zone zone;
    struct date d = {.year = 1970, .month = 1};
    struct str text, tz = str_lit("");

    environment_find(c->task->environment, "TZ", &tz);
    date_zone_init(&zone, tz);
    date_local(&d, date_time_of(now), &zone);
    year = d.year;
    month = d.month - 1;
    if (!ncal && call_last(c, "beHhJMoSWw"))
        return usage(c);
    k->rows = !ncal || call_last(c, "bC");
    k->days = call_has(c, 'j');
    k->julian = call_has(c, 'J');
    k->monday = call_last(c, "MS") == 'M';
    k->numbers = call_has(c, 'w');
    k->first_week = 4;
    if (call_value(c, 'W', &text)) {
        int64_t days;
        if (read_decimal(text, &days) && days >= 1 && days <= 7)
            k->first_week = (int)days;
    }
    if (call_value(c, 'd', &text)) {
        if (!read_date(text, &year, &month))
            return usage(c);
        month--;
    }
    if (c->operand_count > 2)
        return usage(c);
    if (c->operand_count > 0) {
        year_given = true;
        if (!read_year(c, c->operands[c->operand_count - 1], &year))
            return STATUS_USAGE;
    }
    if (call_has(c, 'e') || call_has(c, 'o')) {
        if (c->operand_count > 1)
            return usage(c);
        put_easter(c, year, call_has(c, 'o'));
        c->finished = true;
        return 0;
    }
    if (c->operand_count > 1) {
        month_given = true;
        if (!read_month(c, c->operands[0], &month))
            return STATUS_USAGE;
    }
    if (call_value(c, 'm', &text)) {
        month_given = true;
        if (text.length > 1 && utf8_byte_is(text.data[0], UTF8_DIGIT) && (str_ends(text, "f") || str_ends(text, "p"))) {
            moved = str_ends(text, "f") ? 1 : -1;
            text.length--;
        }
        if (!read_month(c, text, &month))
            return STATUS_USAGE;
        if (moved > 0 && !year_given)
            year += month < d.month - 1;
        if (moved < 0)
            year -= 1;
    }
    whole = call_has(c, 'y') || (year_given && !month_given);
    if (whole && !call_has(c, 'y') && call_last(c, "13")) {
        call_error(c, "-%c together with a given year but no given month is not supported.", call_last(c, "13"));
        return STATUS_USAGE;
    }
    if (!read_count(c, 'A', &after) || !read_count(c, 'B', &before))
        return usage(c);
    if (call_has(c, '3'))
        after = before = 1;
    k->month = whole ? year * 12 : year * 12 + month - before;
    k->count = (whole ? 12 : 1 + before) + after;
    if (whole) {
        k->month -= before;
        k->count += before;
    }
    if (k->month < 0)
        k->month = 0;
    k->abreast = k->rows ? (k->days ? 2 : 3) : k->days ? 3 : 4;
    k->titled = k->month % k->abreast == 0 && k->count >= k->abreast; /* so a year begins with a row */
    return 0;
}

/* --- output ---------------------------------------------------------------------------------------------------- */

static void put_centered(struct call *c, struct str text, size_t width)
{
    size_t left = text.length < width ? (width - text.length) / 2 : 0;

    buf_fill(&c->out, ' ', left);
    call_print(c, text);
    buf_fill(&c->out, ' ', width > left + text.length ? width - left - text.length : 0);
}

/* The name of a month, with its year when that does not stand above. */
static struct str title(struct call *c, const struct cal *k, const struct month *m)
{
    struct buf text;

    buf_init(&text, c->heap);
    buf_add_text(&text, names[m->number]);
    if (!k->titled)
        buf_print(&text, " %lld", (long long)m->year);
    return buf_str(&text);
}

static void put_cell(struct call *c, int number, int width)
{
    if (number == NO_DAY)
        buf_fill(&c->out, ' ', (size_t)width);
    else
        call_format(c, "%*d", width, number);
}

/* Some months side by side, weeks in rows. */
static void put_rows(struct call *c, const struct cal *k, const struct month *months, int count)
{
    int width = k->days ? 3 : 2, line = 7 * width + 6;
    size_t heading = (size_t)line + (k->numbers ? 5 : 0);

    for (int i = 0; i < count; i++) {
        put_centered(c, title(c, k, &months[i]), heading);
        call_print_text(c, "  ");
    }
    call_print_byte(c, '\n');
    for (int i = 0; i < count; i++) {
        call_print_text(c, k->numbers ? " w| " : "");
        for (int day = 0; day < 7; day++)
            call_format(c, "%s%s%S", day ? " " : "", k->days ? " " : "",
                        str_of(weekdays + (day + k->monday) % 7 * 2, 2));
        call_print_text(c, k->numbers ? "   " : "  ");
    }
    call_print_byte(c, '\n');
    for (int week = 0; week < WEEKS; week++) {
        for (int i = 0; i < count; i++) {
            const struct month *m = &months[i];
            bool any = false;
            for (int day = 0; day < 7; day++)
                any |= m->cells[week * 7 + day] != NO_DAY;
            if (k->numbers && any)
                call_format(c, "%2d| ", week_number(k, m->first[week], m->year));
            else if (k->numbers)
                call_print_text(c, "    ");
            for (int day = 0; day < 7; day++) {
                call_print_text(c, day ? " " : "");
                put_cell(c, m->cells[week * 7 + day], width);
            }
            call_print_text(c, k->numbers ? "   " : "  ");
        }
        call_print_byte(c, '\n');
    }
}

/* Some months side by side, weeks in columns. */
static void put_columns(struct call *c, const struct cal *k, const struct month *months, int count)
{
    int width = k->days ? 4 : 3, block = width * WEEKS;

    call_print_text(c, "    ");
    for (int i = 0; i < count; i++) {
        struct str name = title(c, k, &months[i]);
        call_print(c, name);
        buf_fill(&c->out, ' ', (size_t)block > name.length ? (size_t)block - name.length : 0);
    }
    call_print_byte(c, '\n');
    for (int day = 0; day < 7; day++) {
        call_print(c, str_of(weekdays + (day + k->monday) % 7 * 2, 2));
        for (int i = 0; i < count; i++)
            for (int week = 0; week < WEEKS; week++)
                put_cell(c, months[i].cells[week * 7 + day], width);
        call_print_byte(c, '\n');
    }
    if (!k->numbers)
        return;
    call_print_text(c, "  ");
    for (int i = 0; i < count; i++)
        for (int week = 0; week < WEEKS; week++) {
            bool any = false;
            for (int day = 0; day < 7; day++)
                any |= months[i].cells[week * 7 + day] != NO_DAY;
            put_cell(c, any ? week_number(k, months[i].first[week], months[i].year) : NO_DAY, width);
        }
    call_print_byte(c, '\n');
}

static enum step cal_step(struct call *c)
{
    struct cal *k = c->state;
    size_t block = k->rows ? (k->days ? 27 : 20) + (k->numbers ? 5 : 0) : k->days ? 24 : 18;

    while (k->at < k->count) {
        struct month months[4];
        int count = 0;
        if (!call_go(c))
            return STEP_AGAIN;
        if (k->at)
            call_print_byte(c, '\n');
        if (k->titled && (k->at == 0 || (k->month + k->at) % 12 == 0)) {
            struct buf year;
            buf_init(&year, c->heap);
            buf_print(&year, "%lld", (long long)((k->month + k->at) / 12));
            buf_fill(&c->out, ' ', (block * (size_t)k->abreast - year.length) / 2);
            call_print(c, buf_str(&year));
            call_print_byte(c, '\n');
        }
        for (; count < k->abreast && k->at < k->count; k->at++, count++)
            fill_month(k, &months[count], k->month + k->at);
        if (k->rows)
            put_rows(c, k, months, count);
        else
            put_columns(c, k, months, count);
        call_charge(c, 16 * count);
    }
    return call_done(c);
}

const struct command command_cal = {
    .name = "cal",
    .usage =
        "[-31jy] [-A months] [-B months] [-d yyyy-mm] [[month] year]\n[-31j] [-A months] [-B months] [-d yyyy-mm] [-m month] [year]",
    .summary = "Display a calendar.",
    .options = options,
    .state = sizeof(struct cal),
    .start = cal_start,
    .step = cal_step,
    .trouble = STATUS_USAGE,
    .flags = COMMAND_HELP,
};

const struct command command_ncal = {
    .name = "ncal",
    .usage = "[-31bCeHhJjoMSwy] [-A months] [-B months] [-d yyyy-mm] [-W days] [[month] year]",
    .summary = "Display a calendar, or the date of Easter.",
    .options = options,
    .state = sizeof(struct cal),
    .start = cal_start,
    .step = cal_step,
    .trouble = STATUS_USAGE,
    .flags = COMMAND_HELP,
    .refused = "-s, -p: the calendar changed in September 1752, as in Great Britain\n-N: it is what ncal does",
};
