# tests/cli/typing.py - a shell to type into, through a pseudo-terminal.
import os
import pty
import re
import select
import signal
import time

from kit import *

top = scratch()
os.chdir(top)
sample("w")


class Typed:
    def __init__(self, *words):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.environ["NACRE_HISTORY"] = os.path.join(top, "history")
            os.environ["HOME"] = top
            os.execv(NACRE, [NACRE, *words])

    def read(self, wanted, seconds=10):
        """Waits until `wanted` (a pattern) has come since the last time: what came with it."""
        end = time.monotonic() + seconds
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", self.seen)
            found = re.search(wanted, plain, re.S)
            if found:
                self.seen = ""
                return plain
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return plain + "<not seen: %s>" % wanted
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                more = b""
            if not more:
                return plain + "<ended, not seen: %s>" % wanted
            self.seen += more.decode("utf-8", "replace")

    def type(self, text, wanted=r"\$ $"):
        os.write(self.fd, text.encode())
        return self.read(wanted)

    def end(self):
        for _ in range(100):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            try:
                if select.select([self.fd], [], [], 0.1)[0]:
                    os.read(self.fd, 4096)
            except OSError:
                time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        return "hangs"


def has(text, *words):
    return check(all(w in text for w in words) and "<not seen" not in text and "<ended" not in text, text, words)


t = Typed("--root", "w")
has(t.read(r"\$ $"), "nacre:/workspace$")
has(t.type("echo one two\n"), "one two\n")
has(t.type("cd src\n"), "nacre:/workspace/src$")
has(t.type("x=5; cd ..\n"), "nacre:/workspace$")
has(t.type("echo $x $?\n"), "5 0\n")
has(t.type("false\n"))
has(t.type("echo $?\n"), "\n1\n")
has(t.type("gerp x\n"), "bash: gerp: command not found\nnacre: did you mean grep?\n")
check("mean" not in t.type("frobnicate\n"))
check("mean" not in t.type("true\n"))
has(t.type("for i in 1 2\n", "> $"), "> ")
has(t.type("do echo n$i\n", "> $"), "> ")
has(t.type("done\n"), "n1\nn2\n")
has(t.type("echo one \\\n", "> $"), "> ")
has(t.type("two\n"), "\none two\n")
has(t.type("alias both='echo one two'\n"))
has(t.type("both three\n"), "\none two three\n")
has(t.type("nosuchthing\n"), "nosuchthing: command not found")
has(t.type("read y; echo got $y\n", "\n"))
has(t.type("typed\n", r"got typed\n.*\$ $"))

# completion: commands, options, paths
has(t.type("bas\t", r"basename.*bas$"), "basename", "bash")
has(t.type("ena\t/a/b\n"), "\nb\n")
has(t.type("cat READ\t\n"), "# sample")
has(t.type("cat two\\ w\tq\t\n"), "no newline")
has(t.type("sort --rev\t README.md\n"), "some words")
os.write(t.fd, b"\x15")
time.sleep(0.2)
t.read("")

# Ctrl-C stops the script, not the program; Ctrl-C at the prompt drops the line
t.type("while :; do :; done\n", "\n")
time.sleep(0.2)
has(t.type("\x03"), "nacre:/workspace$")
has(t.type("echo alive\n"), "alive\n")
os.write(t.fd, b"echo never")
time.sleep(0.2)
has(t.type("\x03"), "nacre:/workspace$")
has(t.type("echo after\n"), "\nafter\n")

# words of the program
has(t.type("%help\n"), "%diff", "%back")
has(t.type("echo changed >> README.md; echo n > new\n"))
has(t.type("%status\n"), "M /workspace/README.md", "A /workspace/new")
has(t.type("%diff\n"), "+changed", "+++ b/new")
has(t.type("%fork\n"), "nacre+1:/workspace$")
has(t.type("rm -r *; z=6; echo $(ls | wc -l)\n"), "\n0\n")
has(t.type("%back\n"), "nacre:/workspace$")
has(t.type("echo $(ls | wc -l) ${z-unset}\n"), "unset\n")
check(not os.path.exists("w/new"))
has(t.type("%apply\n"), "applied")
check(os.path.exists("w/new") and open("w/README.md").read().endswith("changed\n"))
has(t.type("%status\n"))
has(t.type("echo again >> new; mv src/main.c main.c; echo late > late\n"))
has(t.type("%apply\n"), "applied")
same(open("w/new").read(), "n\nagain\n")
check(os.path.exists("w/main.c") and not os.path.exists("w/src/main.c"))
has(t.type("cat main.c | head -1; rm late\n"), "int main(void)")
has(t.type("%drop\n"), "dropped")
has(t.type("ls late\n"), "late\n")
has(t.type("%nosuch\n"), "not a word of the program")
time.sleep(0.2)  # until the line is being edited: before, the terminal itself takes the key
os.write(t.fd, b"\x04")
same(t.end(), 0)

# history across sessions; exit
t = Typed()
t.read(r"\$ $")
has(t.type("\x1b[A", "%nosuch"), "%nosuch")
has(t.type("\x1b[A\x1b[A", "ls late"), "ls late")
os.write(t.fd, b"\x15")
time.sleep(0.2)
t.read("")
has(t.type("trap 'echo bye' EXIT\n"), "$ ")
same("bye" in t.type("true; (exit 4)\n"), False)
t.type("true; exit 7\n", "bye")
same(t.end(), 7)
end()
