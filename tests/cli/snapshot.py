# tests/cli/snapshot.py - a directory as a snapshot: lazy, isolated, one point in time.
import os
import resource
import socket
import subprocess
import time

from kit import *

top = scratch()
os.chdir(top)
sample("w")
before = tree("w", times=True)

check(b"README.md\n" in Run("--root", "w", "-c", "ls -1").out)
Run("--root", "w", "-c", "cat src/main.c").is_(b"int main(void)\n{\n    return 0;\n}\n")
Run("--root", "w", "-c", "cat link | head -1").is_(b"int main(void)\n")
Run("--root", "w", "-c", "cat 'two words/quote\"d'").is_(b"no newline")
Run("--root", "w", "-c", "sh src/run.sh x; src/run.sh y").is_(b"ran x\nran y\n")
Run("--root", "w", "-c", "cat b*.bin | wc -c").is_(b"10240\n")
Run("--root", "w", "-c", "rm -rf * && echo x > new && mkdir -p src && ls").is_(b"new\nsrc\n")
check(tree("w", times=True) == before)
same(Run("--root", "w", "-c", "cat out").out, Run("-c", "cat /etc/hostname").out)
Run("--root", "w", "--mount", "/elsewhere", "-c", "pwd; wc -l < README.md").is_(b"/elsewhere\n4\n")
Run("--root", "w", "-c", "find . -type f | wc -l; find . -name leaf").is_(b"7\n./gr\xc3\xbcn/leaf\n")
Run("--root", "w", "-c", "stat -c '%a %s %U' src/run.sh; stat -c %h .").is_(b"755 24 user\n6\n")
st = os.stat("w/README.md")
Run("--root", "w", "-c", "stat -c %Y README.md").is_(b"%d\n" % st.st_mtime)

# hard links are one file
os.link("w/README.md", "w/hard")
Run("--root", "w", "-c", "stat -c %h hard; [ hard -ef README.md ] && echo same; echo more >> hard; tail -1 README.md").is_(b"2\nsame\nmore\n")
os.unlink("w/hard")

# what changes between listing and reading is refused
p = subprocess.Popen([NACRE, "--root", "w", "-c", "ls > /dev/null; echo listed; read x; cat README.md; cat src/main.c | head -1"],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
same(p.stdout.readline(), b"listed\n")
write("w/README.md", b"changed\n")
out, err = p.communicate(b"\n", timeout=20)
same(out, b"int main(void)\n")
check(b"changed on the host" in err and b"README.md" in err, err)
p = subprocess.Popen([NACRE, "--root", "w", "-c", "ls > /dev/null; echo listed; read x; cat src/main.c"],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.readline()
os.rename("w/src", "w/moved")
os.symlink("/etc", "w/src")
out, err = p.communicate(b"\n", timeout=20)
same(out, b"")
check(err != b"")
os.unlink("w/src")
os.rename("w/moved", "w/src")

# special files, and those that cannot be read
os.mkfifo("w/fifo")
s = socket.socket(socket.AF_UNIX)
s.bind("w/socket")
for name in ("fifo", "socket"):
    run = Run("--root", "w", "-c", "cat %s; echo $?" % name)
    check(run.out == b"1\n" and run.err, run.out, run.err)
run = Run("--root", "w", "-c", "test -p fifo && ls -F fifo; echo x > fifo")
check(run.out == b"fifo|\n" and b"Permission denied" in run.err, run.out, run.err)
s.close()
os.unlink("w/socket")
os.unlink("w/fifo")
if os.getuid() != 0:
    write("w/closed", b"x", 0)
    run = Run("--root", "w", "-c", "cat closed")
    check(b"Permission denied" in run.err, run.err)
    os.unlink("w/closed")

# secrets, excludes, .gitignore
for name in (".env", "id_rsa", "server.pem", "a/.env.local", "a/.ssh/config", "a/.env.example", "a/notes.txt", "a/x.o", "a/keep.o", "build/out"):
    write("s/" + name, b"x\n")
write("s/.gitignore", b"*.o\n!keep.o\n/build/\n")
run = Run("--root", "s", "-c", "find . -type f | sort")
same(run.out, b"./.gitignore\n./a/.env.example\n./a/keep.o\n./a/notes.txt\n./a/x.o\n./build/out\n")
same(run.err, b"nacre: left out 5 names that look like secrets (--include-secrets brings them in)\n")
Run("--root", "s", "--quiet", "-c", "ls a/.env.local").is_(b"", 2, None)
Run("--root", "s", "--include-secrets", "-c", "cat .env").is_(b"x\n")
Run("--root", "s", "--quiet", "--gitignore", "-c", "find . -type f | sort").is_(b"./.gitignore\n./a/.env.example\n./a/keep.o\n./a/notes.txt\n")
Run("--root", "s", "--quiet", "--exclude", "*.txt", "--exclude", "/build", "-c", "find . -type f | sort").is_(
    b"./.gitignore\n./a/.env.example\n./a/keep.o\n./a/x.o\n")

# over the standard tree
os.makedirs("r/usr/bin")
write("r/usr/bin/mine", b"#!/bin/bash\necho mine\n", 0o755)
write("r/etc/passwd", b"host:x:1:1::/:/bin/sh\n")
write("r/top", b"x\n")
Run("--root", "r", "--mount", "/", "-c", "pwd; mine; ls /usr/bin/cat; cat /etc/passwd; cat /top; ls -d /tmp").is_(
    b"/\nmine\n/usr/bin/cat\nhost:x:1:1::/:/bin/sh\nx\n/tmp\n")

# a folder of DIR where the standard tree has a link: what the link led to is in it, too, and the change speaks of DIR's
for name in ("bin", "lib", "sbin", "usr/sbin"):
    write("m/%s/own-%s" % (name, os.path.basename(name)), b"#!/bin/sh\necho in $0\n", 0o755)
os.symlink("usr/sbin", "m/other")
run = Run("--root", "m", "--mount", "/", "--diff", "-", "-c", "bin/own-bin; sbin/own-sbin; ls /bin/cat; /bin/cat bin/own-bin; head -n 1 /lib/os-release; echo x > bin/new; echo > bin/own-bin")
same(run.err, b"")
same(run.out, b"""in bin/own-bin
in sbin/own-sbin
/bin/cat
#!/bin/sh
echo in $0
PRETTY_NAME="nacre"
diff --git a/bin/new b/bin/new
new file mode 100644
--- /dev/null
+++ b/bin/new
@@ -0,0 +1 @@
+x
diff --git a/bin/own-bin b/bin/own-bin
--- a/bin/own-bin
+++ b/bin/own-bin
@@ -1,2 +1 @@
-#!/bin/sh
-echo in $0
+
""")

# a mount is where its links, dots and slashes lead, for the diff and the apply too
for place in ("//a//b/", "/a/../b", "/bin/x", "/home/user/", "/bin"):
    run = Run("--root", "w", "--mount", place, "--diff", "-", "-c", "echo $OLDPWD; echo x > new")
    same((run.status, run.err), (0, b""))
    check(b"diff --git a/new b/new\n" in run.out, place, run.out)
for place in ("/etc/passwd", "/dev/null", "/proc/self"):
    run = Run("--root", "w", "--mount", place, "-c", ":")
    check(run.status == 125 and place.encode() in run.err, run.status, run.err)
Run("--root", "w", "--cwd", "src", "-c", "pwd; ls main.c").is_(b"/workspace/src\nmain.c\n")
Run("--root", "w", "--cwd", "no", "-c", "pwd").is_(b"", 125, b"nacre: /workspace/no: No such file or directory\n")

# many files: names first, contents when they are read
for i in range(100):
    os.makedirs("big/d%02d" % i)
    for j in range(100):
        with open("big/d%02d/f%02d" % (i, j), "w") as f:
            f.write("text %d %d\n" % (i, j))
begin = time.monotonic()
Run("--root", "big", "-c", "ls | wc -l").is_(b"100\n")
check(time.monotonic() - begin < 0.5)
Run("--root", "big", "-c", "cat */* | wc -l").is_(b"10000\n")
Run("--root", "big", "-c", "grep -rl 'text 42 17' .").is_(b"./d42/f17\n")
Run("--root", "big", "--cache", "1K", "-c", "cat */* | md5sum; cat */* | md5sum").is_(Run("--root", "big", "-c", "cat */* | md5sum; cat */* | md5sum").out)
end()
