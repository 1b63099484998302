/* base/date_print.c - the directives of `date +FORMAT`. */
#include "base/date.h"

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Years as the C library has them, from which GNU date takes %c, %x and what follows E and O. No letters of
 * formats. */
enum { STRFTIME_Y = 1, STRFTIME_SHORT_Y = 2 };

enum { WIDTH_MOST = 1 << 20 }; /* no format needs more */

/* What stands between % and the letter. */
struct directive {
    char pad;                 /* _ - 0 + as given, 0 none */
    int width;                /* -1: none */
    char alternative;         /* E or O */
    bool upper, lower, other; /* ^; for letters; # */
    int colons;
    bool bare; /* the letter comes at once, or it is %-N */
};

static void add_string(struct buf *out, const struct directive *d, struct str s)
{
    size_t fill =
        d->pad == '-' || d->width < 0 || (size_t)d->width <= s.length ? 0 : (size_t)d->width - s.length;
    buf_fill(out, d->pad == '0' || d->pad == '+' ? '0' : ' ', fill);
    size_t from = out->length;
    buf_add(out, s);
    for (size_t i = from; i < out->length; i++) {
        char c = out->data[i];
        if (d->lower && c >= 'A' && c <= 'Z')
            out->data[i] = (char)(c + 32);
        else if (!d->lower && d->upper && c >= 'a' && c <= 'z')
            out->data[i] = (char)(c - 32);
    }
}

/* A number of at least `digits` digits (or the width), after a sign if it is negative or `sign`. A bit of
 * `colons` puts a colon behind that many digits from the right. */
static void add_number(struct buf *out, const struct directive *d, int digits, uint64_t value, bool negative,
                       bool sign, unsigned colons)
{
    char text[32];
    size_t at = sizeof text;
    do {
        if (colons & 1)
            text[--at] = ':';
        colons >>= 1;
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value || colons);
    size_t length = sizeof text - at, width = (size_t)(d->width < 0 ? digits : d->width);
    char mark = negative ? '-' : sign ? '+' : 0;
    size_t taken = length + (mark != 0), fill = d->pad == '-' || width <= taken ? 0 : width - taken;
    if (d->pad == '_')
        buf_fill(out, ' ', fill);
    if (mark)
        buf_add_byte(out, mark);
    if (d->pad != '_')
        buf_fill(out, '0', fill);
    buf_add(out, str_of(text + at, length));
}

static void add_plain(struct buf *out, const struct directive *d, int digits, int64_t value)
{
    add_number(out, d, digits, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, false, 0);
}

/* A number padded with spaces unless said otherwise. */
static void add_spaced(struct buf *out, const struct directive *d, int64_t value)
{
    struct directive spaced = *d;
    if (!spaced.pad)
        spaced.pad = '_';
    add_plain(out, &spaced, 2, value);
}

/* A year or a part of it: with the flag + a sign is put where it is longer than usual, or the width is. */
static void add_year(struct buf *out, const struct directive *d, int digits, int64_t value, bool negative)
{
    uint64_t positive = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    bool sign = d->pad == '+' && (positive > (digits == 2 ? 99u : 9999u) || digits < d->width);
    add_number(out, d, digits, positive, negative, sign, 0);
}

/* The last two digits of a year. */
static int64_t of_century(int64_t year)
{
    int64_t rest = year % 100;
    return rest < 0 ? -rest : rest;
}

static void add_nanoseconds(struct buf *out, const struct directive *d, int32_t nanoseconds)
{
    int width = d->width <= 0 ? 9 : d->width, digits = 9;
    bool whole = !d->pad || d->pad == '0' || d->pad == '+';
    if (d->bare)
        whole = true;
    while (width < digits || (!whole && digits > 1 && nanoseconds % 10 == 0)) {
        digits--;
        nanoseconds /= 10;
    }
    char text[9];
    for (int i = digits; i-- > 0; nanoseconds /= 10)
        text[i] = (char)('0' + nanoseconds % 10);
    buf_add(out, str_of(text, (size_t)digits));
    if (d->pad != '-')
        buf_fill(out, d->pad == '_' ? ' ' : '0', (size_t)(width - digits));
}

/* False when there are too many colons. */
static bool add_offset(struct buf *out, const struct directive *d, const struct date *t)
{
    bool negative = t->offset < 0 || (t->offset == 0 && t->zone.length && t->zone.data[0] == '-');
    unsigned all = (unsigned)(t->offset < 0 ? -t->offset : t->offset);
    unsigned hours = all / 3600, minutes = all / 60 % 60, seconds = all % 60;
    int colons = d->colons;
    if (colons > 3)
        return false;
    if (colons == 3 && (minutes || seconds))
        colons = seconds ? 2 : 1;
    if (colons == 0)
        add_number(out, d, 5, hours * 100 + minutes, negative, true, 0);
    else if (colons == 1)
        add_number(out, d, 6, hours * 100 + minutes, negative, true, 4);
    else if (colons == 2)
        add_number(out, d, 9, hours * 10000 + minutes * 100 + seconds, negative, true, 20);
    else
        add_number(out, d, 3, hours, negative, true, 0);
    return true;
}

static void add_simple(struct buf *out, const char *format, const struct date *t);

/* Another format as one string, padded and in capitals as a whole. */
static void add_format(struct buf *out, const struct directive *d, const char *format, const struct date *t)
{
    struct buf text;
    buf_init(&text, out->heap);
    add_simple(&text, format, t);
    struct directive whole = *d;
    whole.lower = false;
    add_string(out, &whole, buf_str(&text));
    buf_drop(&text);
}

/* Year, month and day: the width is that of all, and the year takes what is left. */
static void add_full_date(struct buf *out, const struct directive *d, const struct date *t)
{
    struct directive year = *d;
    year.width = d->width < 6 ? 0 : d->width - 6;
    if (!d->pad && d->width < 0) {
        year.pad = '+';
        year.width = 4;
    }
    struct buf text;
    buf_init(&text, out->heap);
    add_year(&text, &year, 4, t->year, t->year < 0);
    buf_add_byte(&text, '-');
    add_simple(&text, "%m-%d", t);
    add_string(out, d, buf_str(&text));
    buf_drop(&text);
}

/* Which letters may follow E or O. */
static bool takes_alternative(char alternative, char letter)
{
    const char *letters = alternative == 'E' ? "cCnpPqrRstTuxXyYzZ" : "bBCdegGhHIjklmMnNpPrRsStTuUVwWyzZ";
    return str_find(str_from(letters), letter) >= 0;
}

/* One directive; false when it is none, and then it stands for itself. */
static bool add_directive(struct buf *out, struct directive *d, char letter, const struct date *t)
{
    int64_t iso_year;
    if (d->colons && letter != 'z')
        return false;
    if (d->alternative && !takes_alternative(d->alternative, letter))
        return false;
    if (d->alternative &&
        str_find(str_lit("CdegGHIjklmMSuUVwWyY"), letter) >= 0) { /* a text then, as it comes from strftime */
        const char format[] = {'%',
                               letter == 'Y'   ? STRFTIME_Y
                               : letter == 'y' ? STRFTIME_SHORT_Y
                                               : letter,
                               0};
        add_format(out, d, format, t);
        return true;
    }
    switch (letter) {
    case '%':
        if (!d->bare)
            return false;
        buf_add_byte(out, '%');
        break;
    case 'a':
    case 'A': {
        d->upper |= d->other;
        struct str name = str_from(weekdays[t->weekday]);
        add_string(out, d, letter == 'a' ? str_first(name, 3) : name);
        break;
    }
    case 'b':
    case 'h':
    case 'B': {
        d->upper |= d->other;
        struct str name = str_from(months[t->month - 1]);
        add_string(out, d, letter == 'B' ? name : str_first(name, 3));
        break;
    }
    case 'c': add_format(out, d, "%a %b %e %H:%M:%S %\1", t); break;
    case 'C': {
        int64_t century = t->year < 0 ? -(-t->year / 100) : t->year / 100;
        add_year(out, d, 2, century, t->year < 0);
        break;
    }
    case 'd': add_plain(out, d, 2, t->day); break;
    case 'D': add_format(out, d, "%m/%d/%y", t); break;
    case 'e': add_spaced(out, d, t->day); break;
    case 'F': add_full_date(out, d, t); break;
    case 'g':
        date_iso_week(t, &iso_year);
        add_year(out, d, 2, of_century(iso_year), false);
        break;
    case 'G':
        date_iso_week(t, &iso_year);
        add_year(out, d, 4, iso_year, iso_year < 0);
        break;
    case 'H': add_plain(out, d, 2, t->hour); break;
    case 'I': add_plain(out, d, 2, (t->hour + 11) % 12 + 1); break;
    case 'j': add_plain(out, d, 3, t->year_day + 1); break;
    case 'k': add_spaced(out, d, t->hour); break;
    case 'l': add_spaced(out, d, (t->hour + 11) % 12 + 1); break;
    case 'm': add_plain(out, d, 2, t->month); break;
    case 'M': add_plain(out, d, 2, t->minute); break;
    case 'n': add_string(out, d, str_lit("\n")); break;
    case 'N': add_nanoseconds(out, d, t->time.nanoseconds); break;
    case 'p':
    case 'P':
        d->lower = letter == 'P' || d->other;
        add_string(out, d, t->hour < 12 ? str_lit("AM") : str_lit("PM"));
        break;
    case 'q': add_plain(out, d, 1, (t->month - 1) / 3 + 1); break;
    case 'r': add_format(out, d, "%I:%M:%S %p", t); break;
    case 'R': add_format(out, d, "%H:%M", t); break;
    case 's': add_plain(out, d, 1, t->time.seconds); break;
    case 'S': add_plain(out, d, 2, t->second); break;
    case 't': add_string(out, d, str_lit("\t")); break;
    case 'T':
    case 'X': add_format(out, d, "%H:%M:%S", t); break;
    case 'u': add_plain(out, d, 1, (t->weekday + 6) % 7 + 1); break;
    case 'U': add_plain(out, d, 2, (t->year_day - t->weekday + 7) / 7); break;
    case 'V': add_plain(out, d, 2, date_iso_week(t, &iso_year)); break;
    case 'w': add_plain(out, d, 1, t->weekday); break;
    case 'W': add_plain(out, d, 2, (t->year_day - (t->weekday + 6) % 7 + 7) / 7); break;
    case 'x': add_format(out, d, "%m/%d/%\2", t); break;
    case STRFTIME_Y: add_plain(out, d, 1, t->year); break;
    case STRFTIME_SHORT_Y: add_plain(out, d, 2, (t->year % 100 + 100) % 100); break;
    case 'y': add_year(out, d, 2, of_century(t->year), false); break;
    case 'Y': add_year(out, d, 4, t->year, t->year < 0); break;
    case 'z': return add_offset(out, d, t);
    case 'Z':
        d->lower = d->other;
        add_string(out, d, t->zone);
        break;
    default: return false;
    }
    return true;
}

/* A format of directives without flags, and without formats of their own. */
static void add_simple(struct buf *out, const char *format, const struct date *t)
{
    for (; *format; format++) {
        struct directive d = {.width = -1};
        if (*format != '%')
            buf_add_byte(out, *format);
        else
            add_directive(out, &d, *++format, t);
    }
}

void date_print(struct buf *out, struct str format, const struct date *t)
{
    const char *p = format.data, *end = p + format.length;
    while (p < end) {
        const char *percent = memchr(p, '%', (size_t)(end - p));
        buf_add(out, str_of(p, (size_t)((percent ? percent : end) - p)));
        if (!percent)
            return;
        struct directive d = {.width = -1};
        for (p = percent + 1; p < end; p++) {
            if (*p == '_' || *p == '-' || *p == '0' || *p == '+')
                d.pad = *p;
            else if (*p == '^')
                d.upper = true;
            else if (*p == '#')
                d.other = true;
            else
                break;
        }
        for (; p < end && *p >= '0' && *p <= '9'; p++) {
            d.width = d.width < 0 ? 0 : d.width;
            d.width = d.width < WIDTH_MOST ? d.width * 10 + (*p - '0') : WIDTH_MOST;
        }
        if (p < end && (*p == 'E' || *p == 'O'))
            d.alternative = *p++;
        for (; p < end && *p == ':'; p++)
            d.colons++;
        d.bare = p == percent + 1 || (p == percent + 2 && percent[1] == '-' && p < end && *p == 'N');
        if (p < end && (unsigned char)*p > STRFTIME_SHORT_Y && add_directive(out, &d, *p, t)) {
            p++;
            continue;
        }
        if (d.colons && !(p < end && *p == 'z')) /* only those before a z belong to it */
            p -= d.colons - 1;
        else if (p < end && *p != '%')
            p++;
        struct directive plain = {.pad = d.pad, .width = d.width, .upper = d.upper};
        add_string(out, &plain, str_of(percent, (size_t)(p - percent)));
    }
}
