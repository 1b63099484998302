/* shell/absent.c - well-known commands that are not here, and why: for the message of a command that is not found. */
#include "shell/vm.h"

static const struct {
    const char *why, *names; /* names: each between blanks */
} absent[] = {
    {"the host may provide it",
     " ansible ant apt apt-get aws az brew bun bundle bunzip2 bzip2 c++ cargo cc clang clang++ cmake composer cpan cpio curl dart"
     " deno docker docker-compose dotnet ed emacs ffmpeg g++ gcc gcloud gem gh git go gradle gunzip gzip helm java javac jshell"
     " julia kotlinc kubectl ld lua lynx make mvn mysql nano ninja nix node nodejs npm npx openssl perl php pip pip3 pipx pnpm"
     " podman poetry psql pytest python python2 python3 R Rscript rails rake redis-cli ruby ruff rustc rustup scala sqlite3 svn"
     " swift tar terraform tsc uv unxz unzip unzstd vi vim wget xz yarn yq yum zip zstd "},
    {"there is no network here",
     " dig ftp host ifconfig ip nc ncat netcat netstat nmap nslookup ping ping6 rsync route scp sftp socat ss ssh ssh-keygen"
     " tcpdump telnet traceroute whois "},
    {"there is no kernel below this shell",
     " chroot dmesg fdisk free gdb htop insmod iostat iptables journalctl losetup lsblk lscpu lsmod lsof mkfs mknod modprobe mount"
     " perf pgrep pidof pkill pmap poweroff ps reboot screen service shutdown strace sudo su swapon sysctl systemctl tmux top"
     " umount unshare uptime valgrind vmstat "},
};

const char *absent_why(struct str name)
{
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        for (const char *at = absent[i].names + 1; *at;) {
            size_t length = 0;
            while (at[length] != ' ')
                length++;
            if (str_equal(name, str_of(at, length)))
                return absent[i].why;
            at += length + 1;
        }
    return NULL;
}
