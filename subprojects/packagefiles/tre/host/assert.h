/* assert.h - assertions that hold end the call of TRE, not the process. */
#undef assert
#define assert(condition) ((condition) ? (void)0 : tre_host_die())
