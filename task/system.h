/* task/system.h - what the sandbox calls itself: uname, arch, hostname. The shell's $HOSTNAME and $HOSTTYPE agree with it. */
#ifndef TASK_SYSTEM_H
#define TASK_SYSTEM_H

#define SYSTEM_KERNEL "Linux"
#define SYSTEM_NODE "localhost"
#define SYSTEM_RELEASE "6.1.0"
#define SYSTEM_VERSION "#1 nacre"
#define SYSTEM_MACHINE "x86_64"
#define SYSTEM_NAME "GNU/Linux"

#endif
