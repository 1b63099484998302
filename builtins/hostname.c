/* builtins/hostname.c - print the name of the host, which is always the same. */
#include "task/command.h"
#include "task/system.h"

static const struct option options[] = {
    {'a', "alias", NULL, "alias names: there are none"},
    {'A', "all-fqdns", NULL, "all long host names (FQDNs)"},
    {'d', "domain", NULL, "DNS domain name: there is none"},
    {'f', "fqdn", NULL, "long host name (FQDN)"},
    {'f', "long", NULL, NULL},
    {'i', "ip-address", NULL, "addresses for the host name"},
    {'I', "all-ip-addresses", NULL, "all addresses for the host: there are none"},
    {'s', "short", NULL, "short host name"},
    {0},
};

static int start(struct call *c)
{
    if (c->operand_count) {
        call_error(c, "you must be root to change the host name");
        return 1;
    }
    switch (call_last(c, "aAdfiIs")) {
    case 'a':
    case 'd':
    case 'I': call_print_text(c, "\n"); break;
    case 'i': call_print_text(c, "127.0.0.1\n"); break;
    default:  call_print_text(c, SYSTEM_NODE "\n"); break;
    }
    return 0;
}

const struct command command_hostname = {
    .name = "hostname",
    .usage = "[-a|-A|-d|-f|-i|-I|-s]",
    .summary = "Show the system's host name.",
    .options = options,
    .start = start,
    .step = call_done,
    .trouble = 4,
    .refused = "-b, -F: the name cannot be changed\n-y: there are no NIS domains",
};
