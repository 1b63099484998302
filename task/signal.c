/* task/signal.c - names and texts of signals. */
#include "task/task.h"

static const struct {
    const char *name, *text;
} signals[] = {
    [SIGNAL_HUP] = {"HUP", "Hangup"}, [SIGNAL_INT] = {"INT", "Interrupt"}, [SIGNAL_QUIT] = {"QUIT", "Quit"},
    [SIGNAL_ILL] = {"ILL", "Illegal instruction"}, [SIGNAL_TRAP] = {"TRAP", "Trace/breakpoint trap"},
    [SIGNAL_ABRT] = {"ABRT", "Aborted"}, [SIGNAL_BUS] = {"BUS", "Bus error"},
    [SIGNAL_FPE] = {"FPE", "Floating point exception"}, [SIGNAL_KILL] = {"KILL", "Killed"},
    [SIGNAL_USR1] = {"USR1", "User defined signal 1"}, [SIGNAL_SEGV] = {"SEGV", "Segmentation fault"},
    [SIGNAL_USR2] = {"USR2", "User defined signal 2"}, [SIGNAL_PIPE] = {"PIPE", "Broken pipe"},
    [SIGNAL_ALRM] = {"ALRM", "Alarm clock"}, [SIGNAL_TERM] = {"TERM", "Terminated"},
    [SIGNAL_STKFLT] = {"STKFLT", "Stack fault"}, [SIGNAL_CHLD] = {"CHLD", "Child exited"},
    [SIGNAL_CONT] = {"CONT", "Continued"}, [SIGNAL_STOP] = {"STOP", "Stopped (signal)"},
    [SIGNAL_TSTP] = {"TSTP", "Stopped"}, [SIGNAL_TTIN] = {"TTIN", "Stopped (tty input)"},
    [SIGNAL_TTOU] = {"TTOU", "Stopped (tty output)"}, [SIGNAL_URG] = {"URG", "Urgent I/O condition"},
    [SIGNAL_XCPU] = {"XCPU", "CPU time limit exceeded"}, [SIGNAL_XFSZ] = {"XFSZ", "File size limit exceeded"},
    [SIGNAL_VTALRM] = {"VTALRM", "Virtual timer expired"}, [SIGNAL_PROF] = {"PROF", "Profiling timer expired"},
    [SIGNAL_WINCH] = {"WINCH", "Window changed"}, [SIGNAL_IO] = {"IO", "I/O possible"},
    [SIGNAL_PWR] = {"PWR", "Power failure"}, [SIGNAL_SYS] = {"SYS", "Bad system call"},
};
enum { NAMED = sizeof signals / sizeof *signals, MIDDLE = 15 /* RTMIN+15, then RTMAX-14 */ };

const char *signal_name(int number, char *store)
{
    if (number > 0 && number < NAMED)
        return signals[number].name;
    if (number < SIGNAL_RTMIN || number > SIGNAL_RTMAX)
        return NULL;
    bool low = number <= SIGNAL_RTMIN + MIDDLE;
    int distance = low ? number - SIGNAL_RTMIN : SIGNAL_RTMAX - number;
    memcpy(store, low ? "RTMIN" : "RTMAX", 6);
    if (distance) {
        char *p = store + 5;
        *p++ = low ? '+' : '-';
        if (distance >= 10)
            *p++ = (char)('0' + distance / 10);
        *p++ = (char)('0' + distance % 10);
        *p = 0;
    }
    return store;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(struct str a, const char *b)
{
    if (a.length != strlen(b))
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower(a.data[i]) != lower(b[i]))
            return false;
    return true;
}

int signal_number(struct str name)
{
    int number = 0;
    if (name.length && name.data[0] >= '0' && name.data[0] <= '9') {
        for (size_t i = 0; i < name.length; i++) {
            if (name.data[i] < '0' || name.data[i] > '9' || number >= SIGNAL_COUNT)
                return -1;
            number = number * 10 + (name.data[i] - '0');
        }
        return number < SIGNAL_COUNT ? number : -1;
    }
    if (name.length > 3 && same(str_first(name, 3), "SIG"))
        name = str_after(name, 3);
    if (same(name, "CLD"))
        return SIGNAL_CHLD;
    if (same(name, "POLL"))
        return SIGNAL_IO;
    if (same(name, "IOT"))
        return SIGNAL_ABRT;
    char store[12];
    for (number = 1; number < SIGNAL_COUNT; number++) {
        const char *known = signal_name(number, store);
        if (known && same(name, known))
            return number;
    }
    return -1;
}

const char *signal_text(int number)
{
    if (number > 0 && number < NAMED)
        return signals[number].text;
    return number >= SIGNAL_RTMIN && number <= SIGNAL_RTMAX ? "Real-time signal" : "Unknown signal";
}
