"""bench/shell.py - nacre beside bash, dash, busybox, the GNU tools and ripgrep: what scripts do.

Each line is one script. The answers must be equal: one that differs is told and fails the run. Times are processor
seconds of the shell and all it starts, the least of N plays; those marked * are the cost of one more repetition
(several repetitions less one), so that loading and starting do not count. Ratios are to nacre: above 1 nacre
is faster. "gnu" is bash with the GNU tools and LC_ALL=C, which is where they are fastest; the others have C.UTF-8.

Behind the table: how times grow (twice the work should take twice as long), what an embedder pays, peak memory
against the limit, lines for each room, sizes of the libraries.
"""
import glob
import hashlib
import os
import resource
import shutil
import subprocess
import tempfile

from measure import ENV, bash_words, nacre_words, play as play_words

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

# name, script, shells beside nacre, what it needs of the workspace; "*" at the end of a name: marginal
POSIX, BASH = "bash dash busybox", "bash"


def cases(scale):
    N = lambda n: str(max(1, n // scale))
    return [
        ("start: true", "true", POSIX, ""),
        ("counting loop", "i=0; while [ $i -lt %s ]; do i=$((i+1)); done; echo $i" % N(500000), POSIX, ""),
        ("for ((;;))", "s=0; for ((i=0; i<%s; i++)); do ((s+=i*2)); done; echo $s" % N(500000), BASH, ""),
        ("function calls", "f() { r=$(($1+1)); }; r=0; i=0; while [ $i -lt %s ]; do f $r; i=$((i+1)); done; echo $r" % N(200000), POSIX, ""),
        ("string operations", "i=0; s=alpha.beta.gamma.delta; while [ $i -lt %s ]; do t=${s#*.}; u=${t%%.*}; v=${#u}; i=$((i+1)); done; echo $t $u $v" % N(200000), POSIX, ""),
        ("${s//a/b}, ${s:n:m}", "i=0; s=alpha.beta.gamma.delta; for ((i=0; i<%s; i++)); do t=${s//a/bb}; u=${t:3:7}; v=${u^^}; done; echo $t $u $v" % N(100000), BASH, ""),
        ("case and [[ ]]", "n=0; for ((i=0; i<%s; i++)); do case $i in *7*) n=$((n+1));; *[05]) ;; esac; [[ $i == *3 && $i > 2 ]] && n=$((n+2)); done; echo $n" % N(200000), BASH, ""),
        ("arrays", "for ((i=0; i<%s; i++)); do a[i]=$i; done; s=0; for ((i=0; i<%s; i++)); do s=$((s+${a[i]})); done; echo $s ${#a[@]}" % (N(200000), N(200000)), BASH, ""),
        ("associative arrays", "declare -A m; for ((i=0; i<%s; i++)); do m[k$((i%%1000))]=$i; done; echo ${#m[@]} ${m[k7]}" % N(200000), BASH, ""),
        ("s+=x, 10^5 times", "for ((i=0; i<%s; i++)); do s+=xxxxxxxxxx; done; echo ${#s}" % N(100000), BASH, ""),
        ("a+=(x), 10^5 times", "for ((i=0; i<%s; i++)); do a+=(x); done; echo ${#a[@]}" % N(100000), BASH, ""),
        ("while read", "n=0; while read -r k w; do n=$((n+k)); done < short.txt; echo $n", POSIX, "short.txt"),
        ("x=$(echo $i)", "i=0; while [ $i -lt %s ]; do x=$(echo $i); i=$((i+1)); done; echo $x" % N(5000), POSIX, ""),
        ("pipelines of three", "i=0; while [ $i -lt %s ]; do echo $i | cat | cat; i=$((i+1)); done | tail -n 1" % N(2000), POSIX, ""),
        ("small tools", "i=0; while [ $i -lt %s ]; do basename /a/b/c.txt .txt; expr $i + 1; echo $i | cut -c1-3; i=$((i+1)); done | tail -n 1" % N(700), POSIX, ""),
        ("10^5 files made", "mkdir m; i=0; while [ $i -lt %s ]; do : > m/f$i; i=$((i+1)); done; ls m | wc -l" % N(100000), POSIX, ""),
        ("10^5 touch", "mkdir m; cd m; seq %s | xargs touch; ls | wc -l" % N(100000), POSIX, ""),
        ("grep -rn literal, 100 MB *", "grep -rn needle_in_the_hay tree | sort | tail -n 1", "bash gnu busybox rg:rg -n --no-heading needle_in_the_hay tree | sort | tail -n 1", "tree"),
        ("grep -rc regex, 100 MB *", "grep -rE '(foo|ba[rz]) [a-m]+x' tree | wc -l", "bash gnu rg:rg --no-heading '(foo|ba[rz]) [a-m]+x' tree | wc -l", "tree"),
        ("sort 10^6 lines *", "sort lines.txt | tail -n 1", "bash gnu busybox", "lines.txt"),
        ("sort -k2n 10^6 lines *", "sort -k2,2n lines.txt | tail -n 1", "bash gnu busybox", "lines.txt"),
        ("wc, 10 MB *", "wc text.txt", "bash gnu busybox", "text.txt"),
        ("sed s///g, 10 MB *", "sed 's/e/XY/g' text.txt | cksum", "bash gnu busybox", "text.txt"),
        ("sed regex, 10 MB *", "sed -E 's/([a-z]+) ([a-z]+)/\\2 \\1/' text.txt | cksum", "bash gnu busybox", "text.txt"),
        ("tr a-z A-Z, 10 MB *", "tr a-z A-Z < text.txt | cksum", "bash gnu busybox", "text.txt"),
        ("cut, uniq -c, 10^6 lines *", "cut -d' ' -f1 lines.txt | uniq -c | tail -n 1", "bash gnu busybox", "lines.txt"),
        ("find, 10^5 entries *", "find many -name '*77' | wc -l", "bash gnu busybox", "many"),
        ("ls -l, 10^5 entries *", "ls -l many | wc -l", "bash gnu busybox", "many"),
        ("glob, 10^5 entries *", "set -- many/*7*; echo $#", POSIX, "many"),
        ("head of endless input", "yes | head -n 3; seq 1000000000 | head -n 1", POSIX, ""),
    ]


GROW = [
    ("s+=x", "for ((i=0; i<COUNT; i++)); do s+=xxxxxxxxxx; done; echo ${#s}"),
    ("a+=(x)", "for ((i=0; i<COUNT; i++)); do a+=(x); done; echo ${#a[@]}"),
    ("${a[i]}", "for ((i=0; i<COUNT; i++)); do a[i]=$i; done; s=0; for ((i=0; i<COUNT; i++)); do s=$((s+${a[i]})); done; echo $s"),
    ("a variable each", "for ((i=0; i<COUNT; i++)); do declare v$i=$i; done; echo $v77"),
    ("touch in one directory", "mkdir m; cd m; seq COUNT | xargs touch; ls | wc -l"),
    ("echo x >> f", "for ((i=0; i<COUNT; i++)); do echo x >> f; done; wc -l < f"),
    ("$(printf) of one more line", "seq COUNT > f; x=$(cat f); echo ${#x}"),
    ("for over a list of words", "for w in $(seq COUNT); do n=$w; done; echo $n"),
]


class Shells:
    """The shells that are there, and what a script costs in each."""

    def __init__(self, options, scratch):
        self.options, self.scratch, self.tools = options, scratch, os.path.join(scratch, "busybox")
        if shutil.which("busybox"):
            os.mkdir(self.tools)
            for name in subprocess.run(["busybox", "--list"], capture_output=True, text=True).stdout.split():
                os.symlink(shutil.which("busybox"), os.path.join(self.tools, name))

    def command(self, shell, script, folder):
        if shell == "nacre":
            return nacre_words(self.options.nacre, folder, script), ENV
        if shell == "gnu":
            return bash_words(script), dict(ENV, LC_ALL="C")
        if shell == "busybox":
            return [shutil.which("busybox"), "sh", "-c", script], dict(ENV, PATH=self.tools)
        return [shutil.which(shell), "-c", script], ENV

    def play(self, shell, script, needs):
        folder = self.options.workspace if needs else tempfile.mkdtemp(dir=self.scratch)  # what needs files only reads them
        words, env = self.command(shell, script, folder)
        took, out, err, status = play_words(words, folder, env)
        if not needs:
            shutil.rmtree(folder, ignore_errors=True)
        if took is None:
            return None, err.decode(errors="replace")
        return took, (hashlib.sha1(out).hexdigest()[:8] + " " + str(status), (out[-80:] + err[-200:]).decode(errors="replace"))

    def measure(self, shell, name, script, needs):
        once = [self.play(shell, script, needs) for _ in range(self.options.times)]
        if once[0][0] is None:
            return None, once[0][1]
        if not name.endswith("*"):
            return min(t for t, _ in once), once[0][1]
        turns = 5 if needs == "many" else 3  # what is loaded costs more than what is measured there
        more = [self.play(shell, (script + " >/dev/null; ") * (turns - 1) + script, needs) for _ in range(self.options.times)]
        if more[0][0] is None:
            return None, more[0][1]
        return max(1e-4, (min(t for t, _ in more) - min(t for t, _ in once)) / (turns - 1)), once[0][1]


def table(shells, options):
    """Prints a row for each case; returns how many answers differ."""
    names = options.shells.split(",")
    print("%-28s %9s  %s" % ("", "nacre s", "others: seconds (times slower than nacre)"))
    wrong = 0
    for name, script, others, needs in cases(10 if options.quick else 1):
        if options.only and options.only not in name:
            continue
        ours, answer = shells.measure("nacre", name, script, needs) if "nacre" in names else (None, None)
        row, others, before = [], others.split(" rg:"), wrong
        todo = [(s, script) for s in others[0].split() if s in names and (s == "gnu" or shutil.which(s))]
        if len(others) > 1 and shutil.which("rg"):
            todo.append(("rg", others[1]))
        for shell, text in todo:
            t, theirs = shells.measure("bash" if shell == "rg" else shell, name, text, needs)
            if t is None:
                row.append("%s failed: %s" % (shell, theirs))
                continue
            mark = ""
            if answer and theirs[0] != answer[0]:
                if shell == "busybox":  # not the reference: its time says nothing then
                    row.append("busybox answers otherwise")
                    continue
                mark, wrong = " DIFFERS", wrong + 1
            row.append("%s %.3f%s%s" % (shell, t, " (%.1f)" % (t / ours) if ours else "", mark))
        print("%-28s %9s  %s" % (name, "%.4f" % ours if ours is not None else "failed", "   ".join(row)), flush=True)
        if wrong > before:
            print("    nacre said: %r" % (answer[1],))
        elif ours is None and answer:
            print("    %s" % (answer,))
    return wrong


def growth(shells, options):
    scale = 10 if options.quick else 1
    print("\nHow times grow: seconds of nacre for N and 2N (about 2.0 is linear)")
    for name, script in GROW:
        small, large = (min(shells.play("nacre", script.replace("COUNT", str(n)), "")[0] or 0 for _ in range(options.times)) for n in (100000 // scale, 200000 // scale))
        print("%-40s %9.4f %9.4f  %.1f" % (name, small, large, large / max(small, 1e-4)), flush=True)


def start(words):
    """Processor seconds of one process, the mean of 50, the least of 5 rounds."""
    least = 1e9
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(50):
            subprocess.run(words, env=ENV, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 50)
    return least


def embedder(build):
    embed = os.path.join(build, "bench", "embed")
    if not os.path.exists(embed):
        return
    bash = start(["bash", "-c", "echo hi"])
    print("\nWhat an embedder pays (bench/embed, in process)")
    said = subprocess.run([embed], capture_output=True, text=True).stdout
    print(said, end="")
    for line in said.split("\n"):
        if line.startswith("new, echo hi, free"):
            print("%-44s %10.2f us: %.0f times that" % ("bash -c 'echo hi' as a process", 1e6 * bash, 1e6 * bash / float(line.split()[-2])))


def peak(program, limit):
    """Resident memory of a run that takes all its memory limit, in kB."""
    pid = os.fork()
    if pid == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        os.execv(program, [program, "--memory", limit, "-c", "while :; do a+=(some words to keep); done"])
    return os.wait4(pid, 0)[2].ru_maxrss


def sizes(options):
    print("\nPeak memory of the process against --memory (the program itself takes %d kB)" % peak(options.nacre, "1M"))
    for limit in ("16M", "64M", "256M"):
        print("%-8s %8d kB" % (limit, peak(options.nacre, limit)))
    print("\nLines of code")
    total = 0
    for room in ("limits", "base", "adapters", "vfs", "regex", "task", "shell", "builtins", "api", "include", "cli", "wasm", "tests", "fuzz", "bench"):
        lines = made = 0
        for path in glob.glob(os.path.join(TOP, room, "**", "*.[ch]"), recursive=True):
            with open(path, encoding="utf-8", errors="replace") as f:
                text = f.read()
            if "scripts/" in text[:400] and ("Made by" in text[:400] or "Written by" in text[:400]):
                made += text.count("\n")
            else:
                lines += text.count("\n")
        total += lines
        print("%-10s %6d%s" % (room, lines, "  (and %d generated)" % made if made else ""))
    print("%-10s %6d" % ("all", total))
    print("\nSizes in bytes")
    for path in [os.path.join(options.build, "libnacre.a"), *glob.glob(os.path.join(options.build, "libnacre.so.*.*")), options.nacre, options.wasm]:
        if os.path.isfile(path):
            print("%-16s %9d" % (os.path.basename(path), os.path.getsize(path)))
            if path.endswith(".a"):
                text = subprocess.run(["size", "-t", path], capture_output=True, text=True).stdout.strip().split("\n")[-1].split()
                print("%-16s %9d of code and constants" % ("", int(text[0])) if text and text[0].isdigit() else "", end="\n")


def run(options):
    subprocess.run([os.path.join(TOP, "bench/workspace"), options.workspace], check=True)
    scratch = tempfile.mkdtemp(prefix="nacre-bench.")
    try:
        shells = Shells(options, scratch)
        wrong = table(shells, options)
        if not options.only:
            growth(shells, options)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print("%d answers differ" % wrong)
    if not options.only:
        embedder(options.build)
        sizes(options)
    return 1 if wrong else 0
