/* pcre2_units.c - the counter of 0001-count-all-work.patch, for the adapter. */
#include "pcre2_internal.h"

#include "pcre2_units.h"

uint32_t pcre2_units(const pcre2_match_data *data)
{
    return data->units;
}
