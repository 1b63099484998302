/* builtins/uname.c - what the system is called: uname, arch. */
#include "task/command.h"
#include "task/system.h"

static const struct option options[] = {
    {'a', "all", NULL, "print all information, in the following order, except omit -p and -i if unknown"},
    {'s', "kernel-name", NULL, "print the kernel name"},
    {'s', "sysname", NULL, NULL},
    {'n', "nodename", NULL, "print the network node hostname"},
    {'r', "kernel-release", NULL, "print the kernel release"},
    {'r', "release", NULL, NULL},
    {'v', "kernel-version", NULL, "print the kernel version"},
    {'m', "machine", NULL, "print the machine hardware name"},
    {'p', "processor", NULL, "print the processor type (non-portable)"},
    {'i', "hardware-platform", NULL, "print the hardware platform (non-portable)"},
    {'o', "operating-system", NULL, "print the operating system"},
    {0},
};

static int start_uname(struct call *c)
{
    static const struct { char letter; const char *text; } parts[] = {
        {'s', SYSTEM_KERNEL}, {'n', SYSTEM_NODE}, {'r', SYSTEM_RELEASE}, {'v', SYSTEM_VERSION},
        {'m', SYSTEM_MACHINE}, {'p', "unknown"}, {'i', "unknown"}, {'o', SYSTEM_NAME}};
    bool all = call_has(c, 'a'), any = false;

    if (c->operand_count)
        return call_extra_operand(c, c->operands[0]);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool unknown = parts[i].letter == 'p' || parts[i].letter == 'i';
        if (all ? unknown : !call_has(c, parts[i].letter) && !(parts[i].letter == 's' && c->option_count == 0))
            continue;
        if (any)
            call_print_byte(c, ' ');
        call_print_text(c, parts[i].text);
        any = true;
    }
    call_print_byte(c, '\n');
    return 0;
}

static int start_arch(struct call *c)
{
    if (c->operand_count)
        return call_extra_operand(c, c->operands[0]);
    call_print_text(c, SYSTEM_MACHINE "\n");
    return 0;
}

const struct command command_uname = {
    .name = "uname",
    .usage = "[OPTION]...",
    .summary = "Print certain system information. With no OPTION, same as -s.",
    .options = options,
    .start = start_uname,
    .step = call_done,
};

const struct command command_arch = {
    .name = "arch",
    .usage = "[OPTION]...",
    .summary = "Print machine architecture.",
    .start = start_arch,
    .step = call_done,
};
