/* builtins/id.c - who runs this: id, whoami, logname, groups. */
#include "base/number.h"
#include "builtins/owners.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'a', NULL, NULL, "ignore, for compatibility with other versions"},
    {'g', "group", NULL, "print only the effective group ID"},
    {'G', "groups", NULL, "print all group IDs"},
    {'n', "name", NULL, "print a name instead of a number, for -ugG"},
    {'r', "real", NULL, "print the real ID instead of the effective ID, with -ugG"},
    {'u', "user", NULL, "print only the effective user ID"},
    {'Z', "context", NULL, "print only the security context of the process: there is none"},
    {'z', "zero", NULL, "delimit entries with NUL characters, not whitespace; not permitted in default format"},
    {0},
};

struct id {
    struct owners owners;
    char only;     /* u, g, G or 0 */
    size_t next;   /* operand */
};

static int start_id(struct call *c)
{
    struct id *d = c->state;
    int kinds = call_has(c, 'u') + call_has(c, 'g') + call_has(c, 'G');

    if (call_has(c, 'Z')) {
        call_error(c, "--context (-Z) works only on an SELinux-enabled kernel");
        return 1;
    }
    d->only = (char)(kinds ? call_last(c, "ugG") : 0);
    if (kinds > 1)
        call_error(c, "cannot print \"only\" of more than one choice");
    else if (!kinds && (call_has(c, 'r') || call_has(c, 'n')))
        call_error(c, "cannot print only names or real IDs in default format");
    else if (!kinds && call_has(c, 'z'))
        call_error(c, "option --zero not permitted in default format");
    else
        return 0;
    return 1;
}

/* The user that a word names: by name, or by number. */
static bool find_user(const struct id *d, struct str word, uint32_t *user, uint32_t *group)
{
    uint64_t number;
    bool overflow = false;

    if (owner_number(&d->owners, OWNER_USER, word, user, group))
        return true;
    size_t used = number_parse_unsigned(word, 10, &number, &overflow);
    if (!used || used < word.length || overflow || number > UINT32_MAX || word.data[0] == '-')
        return false;
    for (size_t i = 0; i < d->owners.count[OWNER_USER]; i++)
        if (d->owners.list[OWNER_USER][i].number == number) {
            *user = (uint32_t)number;
            *group = d->owners.list[OWNER_USER][i].group;
            return true;
        }
    return false;
}

static void print_one(struct call *c, struct id *d, int kind, uint32_t number)
{
    const struct str *name = call_has(c, 'n') ? owner_name(&d->owners, kind, number) : NULL;

    if (name) {
        call_print(c, *name);
        return;
    }
    if (call_has(c, 'n'))
        call_error(c, "cannot find name for %s ID %lu", kind == OWNER_USER ? "user" : "group", (unsigned long)number);
    call_format(c, "%lu", (unsigned long)number);
}

static void print_full(struct call *c, struct id *d, const char *title, int kind, uint32_t number)
{
    const struct str *name = owner_name(&d->owners, kind, number);

    call_format(c, "%s=%lu", title, (unsigned long)number);
    if (name)
        call_format(c, "(%S)", *name);
}

static void print_user(struct call *c, struct id *d, uint32_t user, uint32_t group, bool several)
{
    char end = call_has(c, 'z') ? '\0' : '\n';

    switch (d->only) {
    case 'u': print_one(c, d, OWNER_USER, user); break;
    case 'g': print_one(c, d, OWNER_GROUP, group); break;
    case 'G':
        print_one(c, d, OWNER_GROUP, group);
        if (!end && several)
            call_print_byte(c, '\0');
        break;
    default:
        print_full(c, d, "uid", OWNER_USER, user);
        print_full(c, d, " gid", OWNER_GROUP, group);
        print_full(c, d, " groups", OWNER_GROUP, group);
        break;
    }
    call_print_byte(c, end);
}

/* Does `print` for each operand, or for the one who runs this. */
static enum step each(struct call *c, void (*print)(struct call *, struct id *, uint32_t, uint32_t, struct str))
{
    struct id *d = c->state;
    uint32_t user = c->task->who.user, group = c->task->who.group;

    if (owners_load(c, &d->owners) == E_WAIT)
        return STEP_WAIT;
    if (c->operand_count == 0)
        print(c, d, user, group, (struct str){0});
    for (; d->next < c->operand_count; d->next++) {
        struct str word = c->operands[d->next];
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (find_user(d, word, &user, &group))
            print(c, d, user, group, word);
        else if (word.length || c->command->options == NULL)
            call_error(c, "%S: no such user", call_quote_word(c, word));
        else
            call_error(c, "%S: no such user: %m", call_quote_word(c, word), E_NOENT);
    }
    return call_done(c);
}

static void print_id(struct call *c, struct id *d, uint32_t user, uint32_t group, struct str word)
{
    (void)word;
    print_user(c, d, user, group, c->operand_count > 1);
}

static enum step step_id(struct call *c)
{
    return each(c, print_id);
}

static void print_groups(struct call *c, struct id *d, uint32_t user, uint32_t group, struct str word)
{
    const struct str *name = owner_name(&d->owners, OWNER_GROUP, group);

    (void)user;
    if (word.data)
        call_format(c, "%S : ", word);
    if (name)
        call_print(c, *name);
    else
        call_format(c, "%lu", (unsigned long)group);
    call_print_byte(c, '\n');
}

static enum step step_groups(struct call *c)
{
    return each(c, print_groups);
}

static int start_name(struct call *c)
{
    return c->operand_count ? call_extra_operand(c, c->operands[0]) : 0;
}

static enum step step_name(struct call *c)
{
    struct id *d = c->state;

    if (owners_load(c, &d->owners) == E_WAIT)
        return STEP_WAIT;
    const struct str *name = owner_name(&d->owners, OWNER_USER, c->task->who.user);
    if (name)
        call_format(c, "%S\n", *name);
    else if (str_is(str_from(c->command->name), "logname"))
        call_error(c, "no login name");
    else
        call_error(c, "cannot find name for user ID %lu", (unsigned long)c->task->who.user);
    return call_done(c);
}

const struct command command_id = {
    .name = "id",
    .usage = "[OPTION]... [USER]...",
    .summary = "Print user and group information for each specified USER, or (when USER omitted) for the current process.",
    .help = "Without any OPTION, print some useful set of identified information.",
    .options = options,
    .state = sizeof(struct id),
    .start = start_id,
    .step = step_id,
};

const struct command command_groups = {
    .name = "groups",
    .usage = "[OPTION]... [USERNAME]...",
    .summary = "Print group memberships for each USERNAME or, if no USERNAME is specified, for the current process.",
    .state = sizeof(struct id),
    .step = step_groups,
};

const struct command command_whoami = {
    .name = "whoami",
    .usage = "[OPTION]...",
    .summary = "Print the user name associated with the current effective user ID. Same as id -un.",
    .state = sizeof(struct id),
    .start = start_name,
    .step = step_name,
};

const struct command command_logname = {
    .name = "logname",
    .usage = "[OPTION]",
    .summary = "Print the user's login name.",
    .state = sizeof(struct id),
    .start = start_name,
    .step = step_name,
};
