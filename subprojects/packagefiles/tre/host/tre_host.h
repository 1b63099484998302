/* tre_host.h - what TRE asks of the one who runs it, and what it does for him: all of it is in adapters/tre.c.
 *
 * Work is counted in units: an item that is made, a transition that is looked at. The one who runs it says how many there may
 * be before each call; when they are used up the call is left, by tre_host_out.
 */
#ifndef TRE_HOST_H
#define TRE_HOST_H

#include <stddef.h>
#include <stdint.h>

/* ---- what TRE asks ---- */

/* The units that are left to the thread that is inside of TRE. */
extern _Thread_local int64_t tre_host_left __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* Below these the call is left: what one character may take is bounded too. */
extern _Thread_local int64_t tre_host_floor __attribute__((tls_model("initial-exec"), visibility("hidden")));
_Noreturn void tre_host_out(void);
/* The call is over: something that cannot be was met. */
_Noreturn void tre_host_die(void);

/* A search stops before the next character when no more than these are left. */
extern _Thread_local int64_t tre_host_pause __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* What a search that stopped stands on: the next call goes on with it when it is set. */
struct tre_host_kept {
    int set;
    wchar_t previous, next;
    int pos, previous_pos, ended, match_end, costs[5];
    unsigned step;
    void *at[5];
};
extern _Thread_local struct tre_host_kept *tre_host_kept __attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline void tre_host_charge(int64_t units)
{
    tre_host_left -= units;
    if (tre_host_left < tre_host_floor)
        tre_host_out();
}

/* Cleared memory. Never NULL: exhaustion does not return. */
void *tre_host_alloc(size_t size);
void *tre_host_resize(void *memory, size_t size);
void tre_host_free(void *memory); /* NULL is allowed */

/* Characters, in the locale of the pattern. */
enum { TRE_HOST_UPPER = 2, TRE_HOST_LOWER = 4, TRE_HOST_DIGIT = 8, TRE_HOST_ALNUM = 16, TRE_HOST_XDIGIT = 2048 };
int tre_host_is(uint32_t code, unsigned class);
unsigned tre_host_class(const char *name); /* 0: there is none */
uint32_t tre_host_lower(uint32_t code);
uint32_t tre_host_upper(uint32_t code);
int tre_host_bytes_most(void); /* of a character: 1 where each byte is one */

/* ---- what it does ---- */

enum { TRE_HOST_FOLD = 1, TRE_HOST_NEWLINE = 2 };
enum { TRE_HOST_BACK_REFERENCES = -1, TRE_HOST_TOO_DEEP = -2 };

struct tre_host_pattern;

/* 0 and *pattern, or one of TRE's numbers, or one of the above. The pattern is of extended syntax and ends with some zeros behind
 * its length. */
int tre_host_compile(struct tre_host_pattern **pattern, const wchar_t *text, size_t length, unsigned flags);
void tre_host_drop(struct tre_host_pattern *pattern);
/* What TRE calls the mistake. */
void tre_host_words(int number, char *text, size_t size);

struct tre_host_search {
    /* Sets *code to the next character and *bytes to its length; answers 1 at the end. */
    int (*next)(wchar_t *code, unsigned *bytes, void *context);
    void *context;
    int cost_insert, cost_delete, cost_substitute, most_cost, most_errors;
    int place;                        /* where it is, is wanted */
    int cost, start, end;             /* the answer; bytes */
};
/* 1: found; 0: there is none; -1: it has stopped, and goes on when called again. */
int tre_host_find(const struct tre_host_pattern *pattern, struct tre_host_search *search);

#endif
