/* jq_inside.h - what our part of libjq gives to its other parts, and to adapters/jq.c. */
#ifndef JQ_INSIDE_H
#define JQ_INSIDE_H

#include <limits.h>

#include "jq_host.h"
#include "jv.h"

/* Text that grows: `data` is of the run's heap. */
struct host_text {
    char *data;
    size_t length, capacity;
};
void host_text_add(struct host_text *t, const char *data, size_t length);
/* The value as JSON, behind what is there: flags of enum jv_print_flags. Takes over `value`. */
void host_dump(struct host_text *t, jv value, int flags);
/* As jq_set_colors, of this run: 0 when it is not well formed. */
int host_set_colors(const char *codes, size_t length);

/* The number without its fraction; the nearest int where none is it, the least of them for NaN. */
static inline int host_to_int(double number)
{
    return number > -0x1p31 ? number < 0x1p31 ? (int)number : INT_MAX : INT_MIN;
}

jv host_environment(void);
jv host_parse_file(const char *content, size_t length, int raw);
jv host_match(jv input, jv pattern, jv modifiers, int test);

#endif
