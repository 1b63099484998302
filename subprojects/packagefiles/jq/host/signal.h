/* signal.h - decNumber raises SIGFPE where a trap is set; none is. */
#ifndef SIGFPE
#define SIGFPE 8
#endif
