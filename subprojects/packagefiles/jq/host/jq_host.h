/* jq_host.h - what libjq asks of the one who runs it: all of it is in adapters/jq_host.c. */
#ifndef JQ_HOST_H
#define JQ_HOST_H

#include <stddef.h>
#include <stdint.h>

/* The steps that are left to the running task; below 0 a debt. Of the thread that is inside of libjq. */
extern _Thread_local int64_t *jq_host_fuel __attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline void jq_host_charge(int64_t steps)
{
    *jq_host_fuel -= steps;
}
/* For bytes moved or looked at. */
static inline void jq_host_charge_bytes(size_t bytes)
{
    *jq_host_fuel -= (int64_t)(bytes / 64);
}

/* Memory of the run's heap. Never NULL: exhaustion does not return. */
void *jq_host_alloc(size_t size);
void *jq_host_resize(void *memory, size_t size);
void jq_host_free(void *memory);
/* A pointer that is NULL at first for each of a few purposes, for as long as the run. */
enum { JQ_HOST_DECIMAL, JQ_HOST_DTOA, JQ_HOST_ERROR, JQ_HOST_COLORS, JQ_HOST_TOO_DEEP, JQ_HOST_SLOTS };
void **jq_host_slot(int purpose);
/* The run is over: something that cannot be was met. */
_Noreturn void jq_host_die(void);
/* The run is over: the program is nested too deeply. */
_Noreturn void jq_host_too_deep(void);

/* The environment: the name and the value of variable `index`; 0 when there are no more. */
int jq_host_variable(size_t index, const char **name, size_t *name_length, const char **value, size_t *value_length);

/* Nanoseconds since 1970. */
int64_t jq_host_now(void);
struct jq_host_date {
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second;
    int weekday;    /* 0 Sunday */
    int year_day;   /* from 0 */
    int summer;
};
/* The date of a time in seconds since 1970, and back; with `local` in the zone of TZ. 0 when it is out of range. */
int jq_host_date_of(int64_t seconds, int local, struct jq_host_date *date);
int jq_host_date_resolve(struct jq_host_date *date, int local, int64_t *seconds);
/* As strftime: 0 when it does not fit into `size` bytes. */
size_t jq_host_date_print(char *out, size_t size, const char *format, const struct jq_host_date *date, int local);

/* Patterns. `flags` are the letters g i x s n p l of jq. NULL and the reason in `error` when it is not well formed. */
enum { JQ_HOST_FOLD = 1, JQ_HOST_SPACED = 2, JQ_HOST_DOT_ALL = 4, JQ_HOST_NOT_EMPTY = 8, JQ_HOST_LONGEST = 16 };
struct perl;
struct perl *jq_host_pattern(const char *pattern, size_t length, unsigned flags, char error[160]);
int jq_host_pattern_groups(const struct perl *pattern);
int jq_host_pattern_names(const struct perl *pattern);
const char *jq_host_pattern_name(const struct perl *pattern, int index, int *group, size_t *length);
/* 1 a match, 0 none, below 0 and the reason in `error` when it went wrong. */
int jq_host_match(struct perl *pattern, const char *text, size_t length, size_t from, unsigned flags, char error[160]);
int jq_host_group(const struct perl *pattern, int group, size_t *start, size_t *end);

/* A file of a module: 1 with its content and its real path (borrowed until the end), 0 when there is none, below 0 when it
   is not there yet: then what is being done is given up and done anew when it is. */
int jq_host_file(const char *path, const char **content, size_t *length, const char **real_path, const char **error);
/* Was jq_host_file asked for one that is not there yet? */
int jq_host_file_wanted(void);

#endif
