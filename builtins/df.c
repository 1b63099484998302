/* builtins/df.c - how much of the disk is used, and how much is left. */
#include "builtins/sizes.h"
#include "task/sandbox.h"

enum { NO_SYNC = OPTION_LONG, SYNC, OUTPUT, TOTAL, BLOCK_SIZE };

static const struct option options[] = {
    {'a', "all", NULL, "include pseudo, duplicate, inaccessible file systems"},
    {BLOCK_SIZE, "block-size", "SIZE", "the same as -B"},
    {'B', NULL, "SIZE", "scale sizes by SIZE before printing them; e.g., '-BM' prints sizes in units of 1,048,576 bytes"},
    {'h', "human-readable", NULL, "print sizes in powers of 1024 (e.g., 1023M)"},
    {'H', "si", NULL, "print sizes in powers of 1000 (e.g., 1.1G)"},
    {'i', "inodes", NULL, "list inode information instead of block usage"},
    {'k', NULL, NULL, "like --block-size=1K"},
    {'l', "local", NULL, "limit listing to local file systems"},
    {NO_SYNC, "no-sync", NULL, "do not invoke sync before getting usage info (default)"},
    {OUTPUT, "output", "[FIELD_LIST]", "use the output format defined by FIELD_LIST, or print all fields if FIELD_LIST is omitted"},
    {'P', "portability", NULL, "use the POSIX output format"},
    {SYNC, "sync", NULL, "invoke sync before getting usage info"},
    {TOTAL, "total", NULL, "elide all entries insignificant to available space, and produce a grand total"},
    {'t', "type", "TYPE", "limit listing to file systems of type TYPE"},
    {'T', "print-type", NULL, "print file system type"},
    {'x', "exclude-type", "TYPE", "limit listing to file systems not of type TYPE"},
    {'v', NULL, NULL, "(ignored)"},
    {0},
};

enum field { SOURCE, FSTYPE, ITOTAL, IUSED, IAVAIL, IPCENT, SIZE, USED, AVAIL, PCENT, FILE_NAME, TARGET, FIELD_COUNT };

static const char *const field_names[] = {"source", "fstype", "itotal", "iused", "iavail", "ipcent",
                                          "size",   "used",   "avail",  "pcent", "file",   "target", NULL};
static const char *const headings[] = {"Filesystem", "Type", "Inodes", "IUsed", "IFree", "IUse%",
                                       "Size",       "Used", "Avail",  "Use%",  "File",  "Mounted on"};
static const int least[] = {14, 4, 5, 5, 5, 4, 5, 5, 5, 4, 0, 0};

struct row {
    struct str cells[FIELD_COUNT];
};

struct df {
    struct size_unit unit;
    enum field fields[FIELD_COUNT];
    int field_count;
    bool inodes, portable, output;
    size_t operand;
    uint64_t total, used, files, files_used; /* of all rows */
    struct row *rows;
    size_t row_count;
};

static int exclusive(struct call *c, const char *what, const char *with)
{
    return call_usage_error(c, "options %s and %s are mutually exclusive", what, with);
}

static int choose_fields(struct call *c, struct df *d)
{
    static const enum field usual[] = {SOURCE, FSTYPE, SIZE, USED, AVAIL, PCENT, TARGET};
    static const enum field of_inodes[] = {SOURCE, FSTYPE, ITOTAL, IUSED, IAVAIL, IPCENT, TARGET};
    struct str list;

    if (!call_value(c, OUTPUT, &list)) {
        for (int i = 0; i < 7; i++)
            if (i != 1 || call_has(c, 'T'))
                d->fields[d->field_count++] = d->inodes ? of_inodes[i] : usual[i];
        return 0;
    }
    d->output = true;
    if (d->inodes)
        return exclusive(c, "-i", "--output");
    if (d->portable && call_last(c, "P"))
        return exclusive(c, "-P", "--output");
    if (call_has(c, 'T'))
        return exclusive(c, "-T", "--output");
    if (!list.data) {
        for (int i = 0; i < FIELD_COUNT; i++)
            d->fields[d->field_count++] = (enum field)i;
        return 0;
    }
    for (;;) {
        ptrdiff_t comma = str_find(list, ',');
        struct str word = comma < 0 ? list : str_first(list, (size_t)comma);
        int field = 0;
        while (field < FIELD_COUNT && !str_is(word, field_names[field]))
            field++;
        if (field == FIELD_COUNT)
            return call_usage_error(c, "option --output: field %S unknown", call_quote_word(c, word));
        for (int i = 0; i < d->field_count; i++)
            if ((int)d->fields[i] == field)
                return call_usage_error(c, "option --output: field %S used more than once", call_quote_word(c, word));
        d->fields[d->field_count++] = (enum field)field;
        if (comma < 0)
            return 0;
        list = str_after(list, (size_t)comma + 1);
    }
}

static int start(struct call *c)
{
    struct df *d = c->state;

    d->unit = size_unit_default(c, "DF_BLOCK_SIZE");
    d->portable = call_has(c, 'P');
    d->inodes = call_has(c, 'i');
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        bool block = o->letter == 'B' || o->letter == BLOCK_SIZE;
        if (block && !size_unit_parse(c, o->letter == 'B' ? "-B" : "--block-size", o->value, &d->unit))
            return 1;
        if (o->letter == 'h' || o->letter == 'H')
            d->unit = size_unit_human(o->letter == 'H');
        else if (o->letter == 'k')
            d->unit = size_unit_of(1024);
        else if (o->letter != 't')
            continue;
        for (size_t k = 0; o->letter == 't' && k < c->option_count; k++)
            if (c->options[k].letter == 'x' && str_equal(c->options[k].value, o->value)) {
                call_error(c, "file system type %S both selected and excluded", call_quote_word(c, o->value));
                return 1;
            }
    }
    return choose_fields(c, d);
}

/* Is the one type there is asked for? */
static bool is_wanted(const struct call *c)
{
    bool limited = false, wanted = false;

    for (size_t i = 0; i < c->option_count; i++) {
        bool ours = str_is(c->options[i].value, "nacre");
        if (c->options[i].letter == 'x' && ours)
            return false;
        limited |= c->options[i].letter == 't';
        wanted |= c->options[i].letter == 't' && ours;
    }
    return wanted || !limited;
}

static struct str in_units(struct call *c, const struct df *d, uint64_t bytes)
{
    struct buf text;
    buf_init(&text, c->heap);
    size_print(&text, bytes, &d->unit);
    return buf_str(&text);
}

static struct str in_number(struct call *c, const struct df *d, uint64_t number)
{
    struct buf text;
    buf_init(&text, c->heap);
    if (d->unit.human)
        size_print(&text, number, &d->unit);
    else
        buf_print(&text, "%llu", (unsigned long long)number);
    return buf_str(&text);
}

static struct str in_percent(struct call *c, uint64_t part, uint64_t all)
{
    struct buf text;
    buf_init(&text, c->heap);
    if (all)
        buf_print(&text, "%llu%%", (unsigned long long)(part / all * 100 + (part % all * 100 + all - 1) / all));
    else
        buf_add_byte(&text, '-');
    return buf_str(&text);
}

static void add_row(struct call *c, struct df *d, const char *source, struct str file, const char *target, const uint64_t sizes[4])
{
    d->rows = array_grow(c->heap, d->rows, d->row_count, sizeof *d->rows);
    d->rows[d->row_count++] = (struct row){{
        [SOURCE] = str_from(source), [FSTYPE] = str_from(target[0] == '/' ? "nacre" : "-"), [FILE_NAME] = file, [TARGET] = str_from(target),
        [SIZE] = in_units(c, d, sizes[0]), [USED] = in_units(c, d, sizes[1]), [AVAIL] = in_units(c, d, sizes[0] - sizes[1]),
        [PCENT] = in_percent(c, sizes[1], sizes[0]), [ITOTAL] = in_number(c, d, sizes[2]), [IUSED] = in_number(c, d, sizes[3]),
        [IAVAIL] = in_number(c, d, sizes[2] - sizes[3]), [IPCENT] = in_percent(c, sizes[3], sizes[2]),
    }};
}

/* The row of the file system that all files are on. */
static void add_disk(struct call *c, struct df *d, struct str file)
{
    const struct vfs *v = &c->task->sandbox->vfs;
    uint64_t total = v->disk_limit, used = vfs_disk(v) < total ? vfs_disk(v) : total, free_nodes = (total - used) / NODE_WEIGHT;
    uint64_t sizes[4] = {total, used, total / NODE_WEIGHT, total / NODE_WEIGHT - free_nodes};

    add_row(c, d, "nacre", file, "/", sizes);
    d->total = sizes[0]; /* it is the same disk in each row */
    d->used = sizes[1];
    d->files = sizes[2];
    d->files_used = sizes[3];
}

/* "1K-blocks" */
static struct str heading(struct call *c, const struct df *d, enum field field)
{
    static const char letters[] = "KMGTPE";
    uint64_t unit = d->unit.unit, base = 1024;
    struct buf text;
    int power = 0;

    if (field == PCENT && d->portable && !d->output)
        return str_lit("Capacity");
    if (field == AVAIL && !d->unit.human && !d->output)
        return str_lit("Available");
    if (field != SIZE || d->unit.human)
        return str_from(headings[field]);
    buf_init(&text, c->heap);
    if (d->portable) {
        buf_print(&text, "%llu-blocks", (unsigned long long)unit);
        return buf_str(&text);
    }
    if (unit % 1024 && unit % 1000 == 0)
        base = 1000;
    while (unit >= base && unit % base == 0 && power < 6) {
        unit /= base;
        power++;
    }
    buf_print(&text, "%llu", (unsigned long long)unit);
    if (power)
        buf_add_byte(&text, base == 1000 && power == 1 ? 'k' : letters[power - 1]);
    if (base == 1000 || !power)
        buf_add_byte(&text, 'B');
    buf_add_text(&text, "-blocks");
    return buf_str(&text);
}

static void put_rows(struct call *c, const struct df *d)
{
    size_t widths[FIELD_COUNT];

    for (int i = 0; i < d->field_count; i++) {
        enum field field = d->fields[i];
        widths[i] = heading(c, d, field).length;
        widths[i] = widths[i] > (size_t)least[field] ? widths[i] : (size_t)least[field];
        for (size_t k = 0; k < d->row_count; k++)
            widths[i] = d->rows[k].cells[field].length > widths[i] ? d->rows[k].cells[field].length : widths[i];
    }
    for (size_t k = 0; k <= d->row_count; k++) {
        for (int i = 0; i < d->field_count; i++) {
            enum field field = d->fields[i];
            struct str cell = k ? d->rows[k - 1].cells[field] : heading(c, d, field);
            bool left = field == SOURCE || field == FSTYPE || field == FILE_NAME || field == TARGET;
            size_t pad = widths[i] - cell.length;
            if (i)
                call_print_byte(c, ' ');
            if (!left)
                buf_fill(&c->out, ' ', pad);
            call_print(c, cell);
            if (left && i + 1 < d->field_count)
                buf_fill(&c->out, ' ', pad);
        }
        call_print_byte(c, '\n');
        call_charge(c, 1);
    }
}

static enum step step(struct call *c)
{
    struct df *d = c->state;

    for (; d->operand < c->operand_count; d->operand++) {
        struct stat_info info;
        struct str file = c->operands[d->operand];
        if (!call_go(c))
            return STEP_AGAIN;
        int error = call_stat(c, file, true, &info);
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error)
            call_error(c, "%S: %m", call_quote_for_colon(c, file), error);
        else if (is_wanted(c))
            add_disk(c, d, file);
    }
    if (c->operand_count == 0 && is_wanted(c))
        add_disk(c, d, str_lit("-"));
    if (d->row_count == 0) {
        if (!c->status)
            call_error(c, "no file systems processed");
        return call_done(c);
    }
    if (call_has(c, TOTAL)) {
        uint64_t sizes[4] = {d->total, d->used, d->files, d->files_used};
        add_row(c, d, "total", str_lit("-"), "-", sizes);
    }
    put_rows(c, d);
    return call_done(c);
}

const struct command command_df = {
    .name = "df",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Show information about the file system on which each FILE resides,\nor all file systems by default.",
    .help = "There is one file system, of the type nacre, as large as the disk limit. Its inodes are how often the weight of\n"
            "one goes into that.",
    .options = options,
    .state = sizeof(struct df),
    .start = start,
    .step = step,
};
