/* limits/error.c - the texts of the one table of errors. */
#include "limits/error.h"

const char *error_text(int error)
{
    static const char *const texts[ERROR_COUNT] = {
        [ERROR_NONE] = "Success",
#define ERROR(name, text) [ERROR_##name] = text,
        ERRORS(ERROR)
#undef ERROR
    };
    if (error > 0 || error <= -ERROR_COUNT)
        return "Unknown error";
    return texts[-error];
}
