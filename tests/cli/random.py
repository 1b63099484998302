# tests/cli/random.py - random trees changed by random scripts: what real bash makes of a copy, --diff with `git apply` and --apply make too.
import os
import random
import shutil
import subprocess

from kit import *

top = scratch()
os.chdir(top)
if shutil.which("git") is None or shutil.which("bash") is None:
    end()

seed = int(os.environ.get("SEED") or random.randrange(1 << 30))
rounds = int(os.environ.get("ROUNDS") or 60)
random.seed(seed)
PIECES = [b"a", b"b", b"long name", b" ", b"\"", b"'", b"\\", b"\n", b"\t", b"\r", b"\x01", b"\x7f", b"\xc3\xa9", b"\xe6\x97\xa5", b"\xff", b"$x", b"*", b"?",
          b"-", b"--", b"#", b";", b"&", b"=>", b"b ", b"~", b"{", b"%41", b"\\n", b"\\303", b":", b".", b"_b"]
NOWHERE = b"/no/such/folder/file"  # real bash runs these scripts too, and writes through links: none may lead to what exists outside


def name():
    while True:
        made = b"".join(random.choices(PIECES, k=random.randint(1, 3)))
        if made not in (b".", b"..") and not made.startswith(b".git"):
            return made


def content():
    kind = random.randrange(9)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes(random.choices(range(256), k=random.choice([1, 3, 52, 53, 400, 5000])))
    if kind == 2:
        return b"\n" * random.randint(1, 4)
    if kind == 3:
        return random.choice([b"no newline", b"x", b"a\r\nb\r\n", b"\0", b"line\n\0\n", b"\\ No newline at end of file", b"+++ b/x\n--- a/x\n", b"\xff\xfe"])
    lines = [random.choice([b"one", b"two", b"", b" three", b"four\t", b"-- x", b"++ y", b"@@ -1 +1 @@", b"\xc3\xa9", b"x" * 90]) for _ in range(random.randint(1, 60))]
    return b"\n".join(lines) + random.choice([b"\n", b"\n", b""])


def word(path):
    """A word of the shell with these bytes."""
    return b"$'" + b"".join(b"\\x%02x" % byte if byte in b"\\'\n\r\t" or byte < 32 or byte > 126 else bytes([byte]) for byte in path) + b"'"


def below(folder):
    files, folders, links = [], [], []
    for at, names, others in os.walk(folder):
        for each in names + others:
            path = os.path.join(at, each)
            short = os.path.relpath(path, folder)
            (links if os.path.islink(path) else folders if os.path.isdir(path) else files).append(short)
    return files, folders, links


def put(path, data, mode):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def plant(folder):
    os.makedirs(folder)
    folders = [folder]
    for _ in range(random.randint(0, 14)):
        path = os.path.join(random.choice(folders), name())
        if os.path.lexists(path):
            continue
        kind = random.randrange(7)
        if kind < 2:
            os.mkdir(path)
            folders.append(path)
        elif kind == 2:
            os.symlink(random.choice([name(), NOWHERE, b"../../no/where", b"no/where"]), path)
        else:
            put(path, content(), random.choice([0o644, 0o755]))


def some_edit(data):
    lines = data.split(b"\n")
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines) + 1)
        lines[at:at + random.randint(0, 2)] = random.choices([b"new", b"", b"other"], k=random.randint(0, 2))
    return b"\n".join(lines)


def mutate(folder, script):
    """One change, made in the folder by its lines of script with real bash, and added to the script."""
    files, folders, links = below(folder)
    everything = files + folders + links
    where = os.path.join(random.choice(folders + [b"."]), name())
    line = None
    kind = random.randrange(12)
    if kind == 0 and everything:
        line = b"rm -rf -- " + word(random.choice(everything))
    elif kind == 1 and everything:
        line = b"mv -T -- %s %s" % (word(b"./" + random.choice(everything)), word(b"./" + where))
    elif kind == 2 and files:
        line = b"chmod %s ./%s" % (random.choice([b"755", b"644"]), word(random.choice(files)))
    elif kind == 3:
        line = b"mkdir -p -- " + word(os.path.join(b".", where, name()))
    elif kind == 4:
        line = b"ln -sfn -- %s %s" % (word(random.choice([name(), NOWHERE, b"x/y", b"."])), word(b"./" + where))
    elif kind == 5 and files:
        line = b"cp -T -- %s %s" % (word(b"./" + random.choice(files)), word(b"./" + where))
    elif kind == 6 and links:
        path = word(random.choice(links))
        line = b"rm -- ./%s && printf x > ./%s" % (path, path)
    elif kind == 7 and files:
        path = word(random.choice(files))
        line = b"rm -- ./%s && ln -s target ./%s" % (path, path)
    elif kind < 10 and files:
        path = random.choice(files)
        with open(os.path.join(folder, path), "rb") as f:
            data = some_edit(f.read())
        line = b"printf %%b %s > ./%s" % (word(data.replace(b"\\", b"\\\\").replace(b"\0", b"\\0000")), word(path))
    else:
        line = b"printf %%b %s > ./%s" % (word(content().replace(b"\\", b"\\\\").replace(b"\0", b"\\0000")), word(where))
    if line:
        done = subprocess.run(["bash", "-c", line], cwd=folder, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
        if done.returncode == 0:
            script.append(line)


print("seed", seed)
os.umask(0o022)
for round in range(rounds):
    for folder in (b"w", b"expected", b"applied", b"patched"):
        shutil.rmtree(folder, True)
    plant(b"w")
    for folder in ("expected", "applied", "patched"):
        shutil.copytree("w", folder, symlinks=True)
    script = []
    for _ in range(random.randint(1, 10)):
        mutate(b"expected", script)
    with open("script", "wb") as f:
        f.write(b"\n".join(script) + b"\n")
    before = tree("w", times=True)
    run = Run("--root", "w", "--include-secrets", "--quiet", "--diff", "patch", "script")
    ok = check((run.status, run.out, run.err) == (0, b"", b""), round, run.status, run.out, run.err)
    ok &= check(tree("w", times=True) == before)
    if os.path.getsize("patch"):
        done = subprocess.run(["git", "apply", "--whitespace=nowarn", "../patch"], cwd="patched", stderr=subprocess.PIPE)
        ok &= check(done.returncode == 0, round, done.stderr)
    ok &= check(tree("patched", folders=False) == tree("expected", folders=False), round)
    run = Run("--root", "applied", "--include-secrets", "--quiet", "--apply", "script")
    ok &= check((run.status, run.out, run.err) == (0, b"", b""), round, run.status, run.out, run.err)
    ok &= check(tree("applied") == tree("expected"), round)
    if not ok:
        print("SEED=%d fails in round %d; the script:\n%s" % (seed, round, b"\n".join(script).decode("utf-8", "backslashreplace")))
        if os.environ.get("KEEP"):
            shutil.copytree(top, os.environ["KEEP"], symlinks=True, dirs_exist_ok=True)
        break
end()
