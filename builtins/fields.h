/* builtins/fields.h - splitting a line by IFS as read does it. */
#ifndef BUILTINS_FIELDS_H
#define BUILTINS_FIELDS_H

#include "base/utf8.h"

/* A line being split. Bytes that `escaped` marks with 1 are no separators; NULL: there are none. */
struct fields {
    struct str text;
    const char *escaped;
    struct str ifs;
    enum locale locale;
    size_t at;
};

/* Goes behind white space of IFS at the start. */
void fields_start(struct fields *f);
/* The next field and the separator behind it: false at the end. */
bool fields_next(struct fields *f, struct str *field);
/* All that is left, for the last variable: one field, or the rest without white space of IFS at its end. */
struct str fields_rest(struct fields *f);

#endif
