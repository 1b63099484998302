/* tests/oracle.h - plays a case with real bash and the GNU tools, in a world that looks like the sandbox's.
 *
 * The world is a scratch folder entered by chroot in a name space of its own: /workspace, /home/user, an
 * empty /tmp, the machine's /usr, the user `user` (1000). Where that is not allowed, a scratch folder whose
 * path is put back to /workspace in what was printed.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "tests/testfile.h"

struct oracle {
    char folder[4096]; /* the scratch folder, as seen before the world was entered */
    bool entered;
};

/* Once in a process, which then sees the world only (it cannot be left). False after a message. */
bool oracle_enter(struct oracle *o);
/* False when the case took longer than 20 seconds. */
bool oracle_play(struct oracle *o, const struct test_case *c, struct bytes *out, struct bytes *err, int *status);
/* In the parent, with the folder that the child told: removes what is left. */
void oracle_remove(const char *folder);

#endif
