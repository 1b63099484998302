/* pcre2_units.h - what the last match with this data cost: a unit is an opcode, or 8 bytes scanned. */
#ifndef PCRE2_UNITS_H
#define PCRE2_UNITS_H

uint32_t pcre2_units(const pcre2_match_data *);

#endif
