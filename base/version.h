/* base/version.h - the order of names with version numbers in them: ls -v, sort -V. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include "base/str.h"

/* As GNU's filevercmp: runs of digits by value, letters before other bytes, ~ before everything, file endings last, names with a
 * leading dot first. Below 0, 0 or above 0; 0 also for names that differ in leading zeros only. */
int version_compare(struct str a, struct str b);

/* Where these differ, the names are in the same order as they. */
uint64_t version_prefix(struct str s);

#endif
