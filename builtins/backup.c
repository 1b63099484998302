/* builtins/backup.c - names of backups. */
#include "builtins/backup.h"

#include "builtins/paths.h"
#include "builtins/text.h"

static int choose(struct call *c, struct str value, const char *what)
{
    static const char *const words[] = {"none", "off", "simple", "never", "existing", "nil", "numbered", "t", NULL};
    static const enum backup kinds[] = {BACKUP_NONE, BACKUP_NONE, BACKUP_SIMPLE, BACKUP_SIMPLE, BACKUP_EXISTING, BACKUP_EXISTING,
                                        BACKUP_NUMBERED, BACKUP_NUMBERED};
    int found = -1, matches = 0;
    for (int i = 0; words[i]; i++) {
        if (str_is(value, words[i]))
            return (int)kinds[i];
        if (value.length && value.length < strlen(words[i]) && memcmp(words[i], value.data, value.length) == 0 &&
            (found < 0 || kinds[found] != kinds[i])) {
            found = i;
            matches++;
        }
    }
    if (matches == 1)
        return (int)kinds[found];
    call_error(c, "%s argument %S for %S", matches ? "ambiguous" : "invalid", call_quote_word(c, value),
               call_quote_word(c, str_from(what)));
    call_complain(c, "Valid arguments are:\n");
    for (int i = 0; words[i]; i += 2)
        call_complain(c, "  - %S, %S\n", call_quote_word(c, str_from(words[i])), call_quote_word(c, str_from(words[i + 1])));
    call_complain(c, "Try '%S --help' for more information.\n", c->name);
    return -1;
}

bool backups_start(struct call *c, struct backups *b, int letter)
{
    struct str value, control = {0};
    b->suffix = str_lit("~");
    bool wanted = false;
    for (size_t i = 0; i < c->option_count; i++) {
        if (c->options[i].letter == letter) {
            wanted = true;
            if (c->options[i].value.data)
                control = c->options[i].value;
        }
        wanted |= c->options[i].letter == 'b' || c->options[i].letter == 'S';
    }
    if (environment_find(c->task->environment, "SIMPLE_BACKUP_SUFFIX", &value) && value.length && str_find(value, '/') < 0)
        b->suffix = value;
    if (call_value(c, 'S', &value) && value.length && str_find(value, '/') < 0)
        b->suffix = value;
    if (!wanted)
        return true;
    int kind = BACKUP_EXISTING;
    if (control.data)
        kind = choose(c, control, "backup type");
    else if (environment_find(c->task->environment, "VERSION_CONTROL", &value) && value.length)
        kind = choose(c, value, "$VERSION_CONTROL");
    if (kind < 0)
        return false;
    b->kind = (enum backup)kind;
    return true;
}

/* The highest N of the entries base.~N~: 0 when there is none. */
static int highest(struct call *c, struct str path, uint64_t *number)
{
    struct listing l;
    struct str base = path_base(path), name;
    uint64_t inode;
    *number = 0;
    int error = task_list(c->task, path_directory(path), &l);
    if (error)
        return error == E_WAIT ? error : 0;
    while (listing_next(c->task, &l, &name, &inode)) {
        call_charge(c, 1);
        if (name.length < base.length + 4 || memcmp(name.data, base.data, base.length) != 0)
            continue;
        struct str rest = str_after(name, base.length);
        uint64_t value;
        if (rest.data[0] != '.' || rest.data[1] != '~' || rest.data[rest.length - 1] != '~')
            continue;
        if (text_count(str_of(rest.data + 2, rest.length - 3), "", &value) == 0 && value > *number)
            *number = value;
    }
    listing_release(c->task, &l);
    return 0;
}

int backups_name(struct call *c, const struct backups *b, struct str path, struct str *name)
{
    uint64_t number = 0;
    struct buf text;
    path = path_trim(path);
    if (b->kind != BACKUP_SIMPLE) {
        int error = highest(c, path, &number);
        if (error)
            return error;
    }
    buf_init(&text, c->heap);
    buf_add(&text, path);
    if (b->kind == BACKUP_NUMBERED || (b->kind == BACKUP_EXISTING && number))
        buf_print(&text, ".~%llu~", (unsigned long long)number + 1);
    else
        buf_add(&text, b->suffix);
    *name = buf_str(&text);
    return 0;
}

int backups_move(struct call *c, const struct backups *b, struct str path, struct str *name)
{
    struct str backup;
    int error = backups_name(c, b, path, &backup);
    if (!error)
        error = call_rename(c, path, backup);
    if (error && error != E_WAIT) {
        call_error(c, "cannot backup %S: %m", call_quote(c, path), error);
        return 1;
    }
    if (!error)
        *name = backup;
    return error;
}

void backups_undo(struct call *c, struct str name, struct str path, bool verbose)
{
    if (call_rename(c, name, path) == 0 && verbose)
        call_format(c, "%S -> %S (unbackup)\n", call_quote(c, name), call_quote(c, path));
}
