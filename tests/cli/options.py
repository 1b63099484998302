# tests/cli/options.py - the program's options, statuses and streams.
import json
import os
import signal
import subprocess
import time

from kit import *

top = scratch()
os.chdir(top)

# more output than a queue holds, also when the host was waited for before
write("many/listed", b"")
run = Run("--root", "many", "-c", "ls; seq 1 300000; cat listed; yes | head -n 200000")
same((len(run.out), run.status, run.err), (7 + 1988895 + 400000, 0, b""))

# --trace tells each instruction, wherever the script's streams lead, and changes nothing else
run = Run("--trace", "--output", "9", "-c", "exec 2> e; f() { echo in $1; }; f 5; wc -c < e")
same((run.out, run.status), (b"in 5\n0\n", 0))
check(all(line.startswith(b"nacre: 1") for line in run.err.splitlines()) and b" RUN " in run.err and b" echo\n" in run.err, run.err)
run = Run("--trace", "--json", "-c", "for ((i=0; i<200; i++)); do :; done")
check(json.loads(run.out)["steps"] == json.loads(Run("--json", "-c", "for ((i=0; i<200; i++)); do :; done").out)["steps"])

# a script that is read line by line is read on behind a backslash
Run("-s", input=b"echo a \\\nb\necho c\\\nd\ntrue &&\\\n  echo and\nec\\\nho joined\necho $\\\nHOME\n# comment \\\necho after\n").is_(
    b"a b\ncd\nand\njoined\n/home/user\nafter\n")

# scripts and their words
Run("-c", "echo hello").is_(b"hello\n")
Run("-c", "echo $0 $1 $#", "name", "one", "two").is_(b"name one 2\n")
Run("-c", "echo $0").is_(b"bash\n")
Run("-s", "one", input=b"echo $1 $#\nexit 3\n").is_(b"one 1\n", 3)
Run(input=b"echo from stdin\n").is_(b"from stdin\n")
write("script.sh", b"echo $0 $1; exit 7\n")
Run("script.sh", "x").is_(b"script.sh x\n", 7)
Run("absent.sh").is_(b"", 127, b"nacre: absent.sh: No such file or directory\n")
Run("-c", "echo $x", "--env", "x=1 2").is_(b"1 2\n")
Run("--env=x=3", "-c", "env | grep ^x").is_(b"x=3\n")
Run("-c", "echo ${HOME} ${SECRET-none} $USER $TERM $PATH", env={**os.environ, "SECRET": "seen", "PATH": "/nowhere"}).is_(
    b"/home/user none user dumb /usr/local/bin:/usr/bin:/bin\n")
Run("-c", "pwd").is_(b"/workspace\n")
Run("--mount", "/a/b", "-c", "pwd").is_(b"/a/b\n")
Run("--cwd", "/tmp", "-c", "pwd").is_(b"/tmp\n")
check(Run("--cwd", "/absent", "-c", "pwd").status == 125)
Run("-c", "cat", input=b"typed\n").is_(b"typed\n")
write("input", b"1\n2\n")
Run("--stdin", "input", "-c", "wc -l").is_(b"2\n")
Run("-c", "echo out; echo err >&2; exit 5").is_(b"out\n", 5, b"err\n")
Run("-c", "exit 256").is_(b"", 0)
check(Run("--posix", "-c", "set -o | grep posix").out.split() == [b"posix", b"on"])

# usage
check(Run("--version").out.startswith(b"nacre "))
check(b"--root" in Run("--help").out)
for words in (["--absent"], ["-z"], ["-c"], ["--root"], ["--steps", "x", "-c", ":"], ["--memory", "12Q", "-c", ":"], ["--apply", "-c", ":"],
              ["--env", "x", "-c", ":"], ["--quiet=1", "-c", ":"], ["--mount", "relative", "-c", ":"]):
    run = Run(*words)
    check(run.status == 2 and run.err.startswith(b"nacre: "), words, run.status, run.err)
check(Run("--root", "/absent", "-c", ":").status == 125)

# limits
run = Run("--steps", "10K", "-c", "echo before; while :; do :; done")
run.is_(b"before\n", 152, b"nacre: step limit reached (10000)\n")
run = Run("--memory", "4M", "-c", "echo before; x=aaaaaaaa; while :; do x=$x$x; done")
run.is_(b"before\n", 137, b"nacre: memory limit reached (4194304)\n")
run = Run("--output", "10", "-c", "yes")
check(run.status == 153 and run.out == b"y\ny\ny\ny\ny\n" and run.err.endswith(b"nacre: output limit reached (10)\n"), run.out, run.err, run.status)
run = Run("--disk", "100K", "-c", "yes | head -c 200000 > f; echo $? ${PIPESTATUS[*]}")
check(b"No space left on device" in run.err, run.err)
run = Run("-c", "coproc cat; wait")
check(run.status == 142 and b"stuck" in run.err, run.status, run.err)

# the same clock and seed, the same answer
one = Run("--clock", "1000000000", "--seed", "7", "-c", "date -u +%F; echo $RANDOM; head -c 8 /dev/urandom | od -An -tx1")
two = Run("--clock", "1000000000", "--seed", "7", "-c", "date -u +%F; echo $RANDOM; head -c 8 /dev/urandom | od -An -tx1")
check(one.out == two.out and one.out.startswith(b"2001-09-09\n"), one.out)

# one object
o = json.loads(Run("--json", "-c", r"printf 'a\377\n'; echo e >&2; echo x > f; exit 4").out)
same({k: o[k] for k in ("stdout", "stderr", "status", "ended", "changed", "left_out", "invalid_utf8")},
     {"stdout": "a\udcff\n", "stderr": "e\n", "status": 4, "ended": "done", "changed": ["/workspace/f"], "left_out": 0, "invalid_utf8": True})
check(o["steps"] > 0 and o["peak"] > 0 and o["disk"] > 0)
o = json.loads(Run("--json", "--steps", "5K", "-c", "while :; do :; done").out)
same((o["status"], o["ended"]), (152, "out-of-steps"))
o = json.loads(Run("--json", "--diff", "-", "-c", "echo x > f").out)
check("+++ b/f" in o["diff"] and "hint" not in o)
o = json.loads(Run("--json", "--diff", "-", "-c", "gerp x f; echo y > f").out)
same((o["hint"], o["stderr"]), ("gerp: did you mean grep?", "bash: line 1: gerp: command not found\n"))
check("hint" not in json.loads(Run("--json", "-c", "python3; frobnicate").out))
Run("-c", "gerp").is_(b"", 127, b"bash: line 1: gerp: command not found\n")

# streams go out as they come, input is read when it is asked for
p = subprocess.Popen([NACRE, "-c", "echo ready; read x; echo got $x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
same(p.stdout.readline(), b"ready\n")
p.stdin.write(b"it\n")
p.stdin.flush()
same(p.stdout.readline(), b"got it\n")
p.stdin.close()
same(p.wait(), 0)
p = subprocess.Popen([NACRE, "-c", "yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.read(100)
p.stdout.close()
check(p.wait(timeout=20) == 141)

# a file of commands is no -c: messages, statuses, $- and the sources of functions are those of `bash FILE`
write("w/file.sh", b"f() { nocmd; echo \"$BASH_SOURCE ${FUNCNAME[1]} $-\"; }\nf\nset -u\necho $none; echo no\n")
run = Run("--root", "w", "w/file.sh")
same((run.out, run.err, run.status), (b"w/file.sh main hB\n", b"w/file.sh: line 1: nocmd: command not found\n"
                                      b"w/file.sh: line 4: none: unbound variable\n", 1))
os.unlink("w/file.sh")

# SIGINT ends the script, traps run; a second one stops it
p = subprocess.Popen([NACRE, "-c", "echo ready; while :; do :; done"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.readline()
p.send_signal(signal.SIGINT)
same(p.wait(timeout=20), 130)
p = subprocess.Popen([NACRE, "-c", "trap 'echo trapped; exit 9' INT; echo ready; while :; do :; done"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.readline()
p.send_signal(signal.SIGINT)
same((p.communicate(timeout=20)[0], p.returncode), (b"trapped\n", 9))
p = subprocess.Popen([NACRE, "-c", "trap 'echo trapped' INT; echo ready; while :; do :; done"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.readline()
p.send_signal(signal.SIGINT)
same(p.stdout.readline(), b"trapped\n")
p.send_signal(signal.SIGINT)
same(p.wait(timeout=20), 130)
p = subprocess.Popen([NACRE, "-c", "echo ready; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.readline()
time.sleep(0.1)
p.send_signal(signal.SIGINT)
same(p.wait(timeout=20), 130)

# also within the search of one long record
p = subprocess.Popen([NACRE, "-c", r"head -c 30000000 /dev/zero | tr '\0' a > f; echo ready; agrep -3 '(ab|ac)*d' f"], stdout=subprocess.PIPE,
                     stderr=subprocess.PIPE)
p.stdout.readline()
time.sleep(0.2)
p.send_signal(signal.SIGINT)
same(p.wait(timeout=20), 130)
end()
