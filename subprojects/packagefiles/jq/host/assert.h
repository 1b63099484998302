/* assert.h - assertions that hold end the run of jq, not the process. */
#undef assert
#define assert(condition) ((condition) ? (void)0 : jq_host_die())
