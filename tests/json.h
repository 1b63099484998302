/* tests/json.h - just enough JSON for the driver: values read in place, texts as bytes. */
#ifndef TESTS_JSON_H
#define TESTS_JSON_H

#include "tests/testfile.h"

/* A cursor over a document; every function answers false on text that is not well formed. */
struct json {
    const char *at, *end;
};

bool json_string(struct json *j, struct bytes *text);
/* A number without a fraction, or true and false as 1 and 0. */
bool json_number(struct json *j, uint64_t *number);
/* Skips one value of any kind. */
bool json_skip(struct json *j);
/* Opens an object; json_key then reads each key until it answers false (the end, or an error). */
bool json_object(struct json *j);
bool json_key(struct json *j, struct bytes *key);

/* Adds a quoted text: bytes above 127 as \udc80 to \udcff. */
void json_print(struct bytes *out, const char *data, size_t length);

#endif
