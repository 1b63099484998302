"""bench/text.py - nacre's text tools on large files beside the fastest native ones.

Each line is one script. nacre's files are loaded already, the others' are in the page cache: the seconds are what one
more repetition costs (several less one), its processes included, the least of some rounds that take turns. Output goes
through a pipe to `cat > /dev/null` for all (GNU grep would stop at the first match where it writes to /dev/null
itself). The numbers behind a rival are its seconds by nacre's: above 1 nacre is faster; the last one is that of the
fastest. Answers must be equal; those of whole trees are compared as sets of lines, because their order is the
disk's. "C" is LC_ALL=C; what has no C beside it ran with C.UTF-8, as nacre did.
"""
import json
import os
import statistics
import subprocess
import sys

from measure import ENV, Marginal, bash_words, nacre_words, play

# What is wanted of each family: the share of lines that are at least as fast, the least of all, the median.
WANTED = {
    "grep": (0.9, 0.6, 1.5), "rg": (0.9, 0.6, 1.5), "sed": (1, 1, 2), "awk": (1, 1, 2), "sort": (1, 1, 2), "jq": (1, 1, 2), "find": (1, 1, 2),
    "wc": (1, 1, 2), "cut": (1, 1, 2), "tr": (1, 1, 2), "uniq": (1, 1, 2), "diff": (1, 1, 2), "hash": (0, 0.9, 0.9), "small": (1, 100, 100)}

TWENTY = "retry_timeout|cache_lock|node_count_map|FIXME|deadlock|parser_state|token_stream|worker_pool|hash_bucket|event_loop" \
         "|flush_pending|row_buffer|session_key|null_handler|signal_mask|frame_rate|merge_sort|copy_on_write|socket_error|delay_line"

# name, options and pattern of grep, of rg (None: the same)
TREE = [
    ("rare literal", "needle_in_the_hay", None),
    ("common literal", "buffer", None),
    ("regex", "-E 'if \\([a-z_]+ == [0-9]+\\)'", "'if \\([a-z_]+ == [0-9]+\\)'"),
    ("case-insensitive", "-i handler_context", None),
    ("20 words", "-E '%s'" % TWENTY, "'%s'" % TWENTY),
    ("\\bword\\w*\\(", "'\\bparse\\w*('", "'\\bparse\\w*\\('"),
    ("every line", "'.*'", None),
    ("backtracking", "-E '^( *[a-z_]+[(, ]*)+!!$'", "'^( *[a-z_]+[(, ]*)+!!$'"),
    ("classes", "-E '[xyz][a-e]+[0-9][^ ]'", "'[xyz][a-e]+[0-9][^ ]'"),
    ("groups -o", "-oE '(get|set)_([a-z]+)\\(([a-z_]+)'", "-o '(get|set)_([a-z]+)\\(([a-z_]+)'"),
]
LOG = [
    ("rare literal", "deadbeefcafe", None),
    ("common literal", "GET", None),
    ("regex", "-E ' [45][0-9]{2} [0-9]{3,}ms'", "' [45][0-9]{2} [0-9]{3,}ms'"),
    ("case-insensitive", "-i 'CONNECTION refused'", None),
    ("20 words", "-E '%s'" % TWENTY, "'%s'" % TWENTY),
    ("\\bword\\w*\\(", "'\\bparse\\w*('", "'\\bparse\\w*\\('"),
    ("every line", "'.*'", None),
    ("backtracking", "-E '^([0-9a-z]+[ .:-]*)+!!$'", "'^([0-9a-z]+[ .:-]*)+!!$'"),
    ("classes", "-cE '[j-z][a-f][j-z][ =]'", "-c '[j-z][a-f][j-z][ =]'"),
    ("groups -o", "-oE 'user=([a-z]+) \"(curl|python)'", "-o 'user=([a-z]+) \"(curl|python)'"),
    ("-c common", "-c GET", None),
    ("-c regex", "-cE '/api/v[0-9]+/[a-z]+/[0-9]{5}\\?'", "-c '/api/v[0-9]+/[a-z]+/[0-9]{5}\\?'"),
    ("-v", "-v INFO", None),
    ("-w", "-w error_code", None),
    ("-o addresses", "-oE '10\\.0(\\.[0-9]{1,3}){2}'", "-o '10\\.0(\\.[0-9]{1,3}){2}'"),
    ("-i -c 3 words", "-icE 'refused|timeout|memory'", "-ic 'refused|timeout|memory'"),
    ("-A2", "-A2 'assertion failed'", None),
]
OTHER = [
    ("csv", "rare literal", "4242,2025-03", None),
    ("csv", "common literal", "paid", None),
    ("csv", "regex", "-E '^[0-9]+,2025-0[1-3]-[0-9]{2},anna-'", "'^[0-9]+,2025-0[1-3]-[0-9]{2},anna-'"),
    ("csv", "case-insensitive", "-i QUINCE,1", None),
    ("json", "rare literal", "'\"latency\":999.'", "-F '\"latency\":999.'"),
    ("json", "common literal", "'\"status\":200'", None),
    ("json", "regex", "-E '\"status\":50[0-9].*\"retry\":true'", "'\"status\":50[0-9].*\"retry\":true'"),
    ("json", "\\bword\\w*", "'\\bhandl\\w*'", None),
]
LARGE = ["--memory", "4G", "--disk", "4G", "--output", "4G", "--cache", "4G"]  # limits in nobody's way
FILE = {"log": "server.log", "csv": "orders.csv", "json": "events.jsonl", "tree": "src"}
SINK = " | cat > /dev/null"
WORK = [(("literal", "case-insensitive", "20 words", "-c common"), "finder"), (("classes",), "automaton")]  # what a search spends its time with
LOCALES = ("C", "C.UTF-8")


class Line:
    def __init__(self, family, needs, name, script, rivals, unordered=False):
        self.family, self.needs, self.name, self.script, self.rivals, self.unordered = family, needs, name, script, rivals, unordered


def native(tool, script, locales=LOCALES):
    return [(tool + (" C" if locale == "C" else ""), locale, script) for locale in locales]


def searches():
    for family in ("grep", "rg"):
        for needs, name, grep, rg in [("tree", *t) for t in TREE] + [("log", *t) for t in LOG] + OTHER:
            theirs = "grep %s%s %s" % ("-rn " if needs == "tree" else "", grep, FILE[needs])
            rg = "rg -j1 %s%s %s" % ("-n --no-heading " if needs == "tree" else "", rg or grep, FILE[needs])
            yield Line(family, needs, "%s, %s" % (name, needs), theirs if family == "grep" else rg, native("grep", theirs) + [("rg", "C.UTF-8", rg)], needs == "tree")
    both = "-E '\\b([a-z]+)_\\1\\b' src"
    yield Line("grep", "tree", "back-reference, tree", "grep -rn " + both, native("grep", "grep -rn " + both, ("C",)), True)


def family(name, needs, tool, cases, locales=LOCALES, unordered=False):
    for what, script in cases:
        yield Line(name, needs, what, script, native(tool, script, locales), unordered)


def seds():
    log, csv = "server.log", "orders.csv"
    yield from family("sed", "log", "sed", [(s, "sed %s %s" % (s, log)) for s in (
        "s/GET/PUT/", "s/e/X/g", "-n /ERROR/p", "/DEBUG/d", "-E 's/([0-9-]+)T([0-9:]+)\\.[0-9]+Z/\\2 \\1/'", "-n 400000,400100p", "y/abc/xyz/", "-E 's/[0-9]+ms/Nms/'",
        "'s/^/> /'", "'s/ *$//'", "-n '$='", "-n '/ERROR/,/INFO/p'", "'s/a/1/;s/b/2/;s/c/3/'", "G", "-n 's/.*user=\\([a-z]*\\).*/\\1/p'")])
    yield from family("sed", "csv", "sed", [(s + ", csv", "sed %s %s" % (s, csv)) for s in (
        "'s/,/;/g'", "-E 's/^([^,]*),([^,]*),/\\2,\\1,/'", "'$!N;P;D'", "1d", "-n 1~10p")])


def awks():
    cases = [("log", p) for p in (
        "'{print $1}'", "'{print $NF}'", "'{n[$2]++} END {for (k in n) print k, n[k] | \"sort\"}'", "/ERROR/", "'!/INFO/'", "'$7 >= 500 {n++} END {print n}'",
        "'{gsub(/e/, \"X\"); print}'", "'{sub(/GET/, \"PUT\"); print}'", "'length > 110'", "'{n += length} END {print n}'", "'{print toupper($0)}'",
        "'{printf \"%s %d\\n\", $5, $7}'", "'NR % 10 == 0'", "'{print $2, $1}'", "'END {print NR}'", "'match($0, /user=[a-z]+/) {print substr($0, RSTART + 5, RLENGTH - 5)}'")]
    cases += [("csv", p) for p in (
        "-F, '{s += $6} END {print s}'", "-F, '{n[$4] += $6 * $7} END {for (k in n) printf \"%s %.2f\\n\", k, n[k] | \"sort\"}'", "-F, -v OFS=, '{$3 = \"\"; print}'",
        "'{split($0, a, \",\"); n[a[5]]++} END {print n[\"fig\"]}'", "-F, '$8 == \"open\" {print $1}'")]
    cases += [("none", p) for p in (
        "'BEGIN {for (i = 0; i < 3000000; i++) s += i; print s}'", "'BEGIN {for (i = 0; i < 300000; i++) s = s \"x\"; print length(s)}'",
        "'function f(x) {return x + 1} BEGIN {for (i = 0; i < 1000000; i++) s = f(s); print s}'", "'BEGIN {for (i = 0; i < 500000; i++) a[i] = i; for (k in a) s += a[k]; print s}'")]
    for needs, program in cases:
        script = "awk %s %s" % (program, FILE.get(needs, ""))
        m, g = "m" + script, "g" + script
        yield Line("awk", needs, program, script, [("mawk", "C.UTF-8", m), ("gawk C", "C", g), ("gawk", "C.UTF-8", g)])


def sorts():
    sort = "sort -S2G --parallel=1 "
    for needs, options in [("lines", o) for o in ("lines.txt", "-r lines.txt", "-u lines.txt", "-k2,2n lines.txt", "-n -k2 lines.txt", "-k3,3 -k2,2nr lines.txt",
                                                 "-s -k1,1 lines.txt", "-f lines.txt", "-c sorted.txt", "sorted.txt", "-m sorted.txt lines.txt", "-h sizes.txt", "-V sizes.txt")] + \
                          [("csv", "-t, -k4,4 orders.csv"), ("csv", "-t, -k7,7nr -k1,1n orders.csv"), ("csv", "-t, -k5,5 -u orders.csv"), ("log", "server.log")]:
        yield Line("sort", needs, options, sort + options, native("sort", sort + options, ("C",)))


def jqs():
    yield from family("jq", "json", "jq", [(what, "jq %s %s" % (what, name)) for what, name in [
        *((w, "events.jsonl") for w in (
            ".request.status", "-c .", "-r .user.name", "-c 'select(.level == \"error\")'", "-c '{id, status: .request.status}'", "-r '[.id, .time, .latency] | @csv'",
            "-n '[inputs.latency] | length'", "-n 'reduce inputs as $e ({}; .[$e.level] += 1)'", "-c 'select(.tags | index(\"fig\")) | .tags'",
            "-r 'select(.message | test(\"pointer.*(fast|slow)\")) | .id'", "-s -c 'group_by(.user.name) | map({n: .[0].user.name, c: length})'", "'.message | length'",
            "-c 'del(.tags, .user)'", "-r '.message | split(\" \") | .[0]'", "-r '\"\\(.id) \\(.level)\"'")),
        *((w, "events.json") for w in (
            "length", "'map(.request.status) | add'", "'[.[] | select(.request.status >= 500)] | length'", "-c 'sort_by(.latency) | .[0:3] | map(.id)'", "-c 'map(.user.name) | unique'", "-c '.[]'", "."))]],
                      ("C.UTF-8",))


def finds():
    yield from family("find", "many", "find", [(o or "all", "find . %s" % o) for o in (
        "", "-name '*.c'", "-type f -name '*buffer*'", "-type d", "-size +0", "-path '*/node/*'", "-regex '.*_[0-9]*7\\.md'", "-newer $(find get -type f | sort | tail -n 1)", "-maxdepth 2", "-printf '%p %s\\n'",
        "-empty -type f", "-name '*.c' -o -name '*.h'", "-iname '*MAP*'", "-type f -mtime +10 -print0")], unordered=True)


def others():
    log, csv = "server.log", "orders.csv"
    yield from family("wc", "log", "wc", [(o, "wc %s %s" % (o, log)) for o in ("", "-l", "-w", "-c", "-L")])
    yield from family("wc", "log", "wc", [("-m", "wc -m " + log)], ("C.UTF-8",))
    yield from family("wc", "tree", "wc", [("-l of a tree", "find src -type f -print0 | wc -l --files0-from=- | tail -n 1")])
    yield from family("cut", "csv", "cut", [(o, "cut %s %s" % (o, csv)) for o in ("-d, -f3", "-d, -f2,4-6", "-d, -f1", "-b5-", "-d, --complement -f3", "-c1-20")], ("C", "C.UTF-8"))
    yield from family("cut", "log", "cut", [("-d' ' -f4, log", "cut -d' ' -f4 " + log), ("-d' ' -f1-3, log", "cut -d' ' -f1-3 " + log)])
    yield from family("tr", "log", "tr", [(o, "tr %s < %s" % (o, log)) for o in ("a-z A-Z", "-d 0-9", "-s ' '", "-cd '[:digit:]\\n'", "' ' '\\n'", "-d '\\n'", "-cs A-Za-z '\\n'")])
    yield from family("uniq", "lines", "uniq", [(o or "all", "uniq %s sorted.txt" % o) for o in ("", "-c", "-d", "-u", "-i")])
    yield from family("uniq", "lines", "uniq", [("-s2, no repetitions", "uniq -s2 lines.txt")])
    yield from family("diff", "diff", "diff", [(o or "all", "diff %s old.c new.c" % o) for o in ("", "-u", "-w", "-q", "-y", "-i")])
    yield from family("diff", "diff", "diff", [("-r", "diff -r a b"), ("-ru", "diff -ru a b"), ("-rq", "diff -rq a b")])
    yield from family("hash", "log", "coreutils", [(t, t + " " + log) for t in ("md5sum", "sha1sum", "sha256sum", "sha512sum", "b2sum", "cksum", "sum")], ("C",))


def small():
    for tool in ("sed s/x/y/", "awk '{print $1}'", "jq .", "grep x", "cut -c1", "tr x y", "sort", "wc -l"):
        script = "for ((i = 0; i < %s; i++)); do echo %s | %s; done" % ("COUNT", "1" if tool == "jq ." else "x", tool)
        yield Line("small", "none", "echo | " + tool, script.replace("COUNT", "1000"), [("bash", "C", script.replace("COUNT", "100")), ("bash C.UTF-8", "C.UTF-8", script.replace("COUNT", "100"))])


def lines():
    for make in (searches, seds, awks, sorts, jqs, finds, others, small):
        yield from make()


def answer(words, folder, env, unordered):
    took, out, err, status = play(words, folder, env)
    if took is None:
        return None, err.decode(errors="replace")
    return (b"\n".join(sorted(out.replace(b"\0", b"\n").split(b"\n"))) if unordered else out), status, err


def tell(a):
    return "status %s, %d bytes %r, %r" % (a[1], len(a[0]), a[0][:160], a[2][:160]) if a[0] is not None else a[1]


def run_line(line, options, folder):
    """One row: its text, its ratio (None where it failed)."""
    folder = os.path.join(folder, line.needs)
    os.makedirs(folder, exist_ok=True)
    mine = lambda script: nacre_words(options.nacre, folder, script, *LARGE)
    factor = 10 if line.family == "small" else 1  # a rival's loop is a tenth as long
    contenders, row, wrong = [], [], []
    ours = answer(mine(line.script if factor == 1 else line.script.replace("1000", "100")), folder, ENV, line.unordered)
    if ours[0] is None:
        return "failed: " + tell(ours), None
    for name, locale, script in line.rivals:
        env = dict(ENV, LC_ALL=locale, PATH=":".join(filter(None, [options.tools, ENV["PATH"]])))
        theirs = answer(bash_words(script), folder, env, line.unordered)
        if theirs[0] is None or theirs[:2] != ours[:2]:
            if not (theirs[0] is None or locale == "C" and len(line.rivals) > 1):  # C takes bytes for characters: not the same work
                wrong.append("    %s said: %s\n    nacre said: %s" % (name, tell(theirs), tell(ours)))
            row.append(name + (" failed" if theirs[0] is None else " differs"))
            continue
        contenders.append((name, Marginal(bash_words, script + SINK, folder, env, options.aim)))
    us = Marginal(mine, line.script + SINK, folder, ENV, options.aim)
    for _ in range(options.times):
        for one in [us, *(c for _, c in contenders)]:
            one.again()
    took = us.seconds()
    ratios = []
    for name, c in contenders:
        theirs = c.seconds()
        if theirs is None or took is None:
            row.append(name + " failed")
            continue
        ratios.append(theirs * factor / took)
        row.append("%s %.2f" % (name, ratios[-1]))
    if took is None or not ratios:
        return "failed  " + "  ".join(row + wrong), None
    text = "%9.4f  %-52s %7.2f%s" % (took, "  ".join(row), min(ratios), "".join("\n" + w for w in wrong))
    return text, None if wrong else min(ratios)


def run(options):
    here = os.path.dirname(os.path.abspath(__file__))
    folder = options.workspace + "-text"
    subprocess.run([os.path.join(here, "workspace"), folder, "text"], check=True)
    wanted = options.family.split(",") if options.family else list(WANTED)
    found = {name: [] for name in WANTED if name in wanted}
    failed = 0
    print("%-46s %9s  %-52s %7s" % ("", "nacre s", "rivals: times slower than nacre", "least"))
    for line in lines():
        if line.family not in wanted or options.only and options.only not in line.name:
            continue
        text, ratio = run_line(line, options, folder)
        print("%-6s%-40s %s" % (line.family, line.name[:40], text), flush=True)
        if ratio is None:
            failed += 1
        else:
            found[line.family].append((ratio, line.name))
    print("\n%-8s %6s %18s %24s %16s" % ("", "lines", "at least as fast", "least (wanted)", "median (wanted)"))
    for name, ratios in found.items():
        if ratios:
            share, least, median = WANTED[name]
            only = [ratio for ratio, _ in ratios]
            print("%-8s %6d %8d of %-7d %9.2f (%5.1f) %16.2f (%5.1f)   %s" % (
                name, len(only), sum(x >= 1 for x in only), len(only), min(only), least, statistics.median(only), median, min(ratios)[1]))
    print("%d lines failed" % failed)
    return 1 if failed else 0


def run_wasm(options):
    """The searches again, in WebAssembly: its seconds, and what part of the native speed that is."""
    here = os.path.dirname(os.path.abspath(__file__))
    folder = options.workspace + "-text"
    subprocess.run([os.path.join(here, "workspace"), folder, "text"], check=True)
    chosen = [line for line in lines() if line.family in (options.family or "grep").split(",") and (not options.only or options.only in line.name)]
    found, failed = {"finder": [], "automaton": [], "both": []}, 0
    print("%-46s %-10s %9s %9s %7s" % ("", "", "native s", "wasm s", "ratio"))
    for needs in dict.fromkeys(line.needs for line in chosen):
        group, where = [line for line in chosen if line.needs == needs], os.path.join(folder, needs)
        node = subprocess.Popen(["node", "--stack-size=2000", os.path.join(here, "wasm.mjs"), options.wasm, where, str(options.times)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for line in group:
            if node.poll() is None:
                node.stdin.write(json.dumps({"script": line.script, "sink": SINK}) + "\n")
            text = node.stdout.readline()
            mine = lambda script: nacre_words(options.nacre, where, script, *LARGE)
            native, wasm = answer(mine(line.script), where, ENV, False), json.loads(text or "null")
            us = Marginal(mine, line.script + SINK, where, ENV, options.aim)
            for _ in range(options.times):
                us.again()
            if not wasm or native[0] is None or (wasm["status"], wasm["out"]) != (native[1], len(native[0])):
                failed += 1
                print("%-46s failed: %s, natively %s" % (line.name, wasm, tell(native)))
                continue
            kind = next((kind for words, kind in WORK if any(w in line.name for w in words)), "both")
            ratio = us.seconds() / wasm["seconds"]
            found[kind].append((ratio, line.name))
            print("%-46s %-10s %9.4f %9.4f %7.2f" % (line.name, kind, us.seconds(), wasm["seconds"], ratio), flush=True)
        node.stdin.close()
        node.wait()
    for kind, least in (("finder", 0.25), ("automaton", 0.5), ("both", 0)):
        if found[kind]:
            print("%-10s %d lines, least %.2f (wanted %.2f), median %.2f   %s" % (
                kind, len(found[kind]), min(found[kind])[0], least, statistics.median(x for x, _ in found[kind]), min(found[kind])[1]))
    print("%d lines failed" % failed)
    return 1 if failed else 0
