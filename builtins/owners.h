/* builtins/owners.h - names of users and groups, from /etc/passwd and /etc/group. */
#ifndef BUILTINS_OWNERS_H
#define BUILTINS_OWNERS_H

#include "task/command.h"

struct owner {
    uint32_t number;
    uint32_t group; /* of a user */
    struct str name;
};

struct owners {
    struct owner *list[2]; /* users, groups; on the call's heap */
    size_t count[2];
    struct str text[2];    /* the files */
    bool loaded[2];
};

enum { OWNER_USER, OWNER_GROUP };

/* Reads both files, once: 0 or E_WAIT. A file that is missing has no names. */
int owners_load(struct call *c, struct owners *o);
/* NULL: it has no name. */
const struct str *owner_name(const struct owners *o, int kind, uint32_t number);
/* The number of a name; digits are not looked at. */
bool owner_number(const struct owners *o, int kind, struct str name, uint32_t *number, uint32_t *group);

#endif
