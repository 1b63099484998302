# tests/cli/apply.py - the change is written back: whole, checked, and after a cut at any call finished or undone.
import os
import shutil
import stat
import subprocess

from kit import *

top = scratch()
os.chdir(top)
SHIM = os.path.join(BUILD, "tests", "libcut.so")


def fresh(name="w"):
    shutil.rmtree(name, True)
    return sample(name)


def conflict(script, before, word, prepare=None):
    """The host changes while the script waits: refused with the list, and nothing is written."""
    fresh()
    if prepare:
        prepare()
    p = subprocess.Popen([NACRE, "--root", "w", "--apply", "--quiet", "-c", "find . -type f -exec cat {} + > /dev/null; echo ready; read x; " + script],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.readline()
    before()
    was = tree("w")
    err = p.communicate(b"\n", timeout=20)[1]
    same(p.returncode, 125)
    check(b"nothing applied" in err and word in err, err)
    check(tree("w") == was)
    check(not os.path.exists("w/.nacre-apply"))


# carried over: contents, modes, links, times, empty folders, hard links, fifos
fresh()
run = Run("--root", "w", "--apply", "-c", """
    echo more >> README.md; chmod 640 README.md; ln README.md twin; touch -d '2001-02-03 04:05:06.123456789 UTC' src/main.c
    mkdir -m 700 void; mkdir -p x/y; echo z > x/y/z; ln -sfn nowhere link; rm -r 'two words'; mv src/run.sh run; rmdir hollow""")
run.is_(b"")
same(open("w/README.md").read()[-5:], "more\n")
same(stat.S_IMODE(os.stat("w/README.md").st_mode), 0o640)
check(os.stat("w/README.md").st_ino == os.stat("w/twin").st_ino)
same(os.stat("w/src/main.c").st_mtime_ns, 981173106123456789)
same(stat.S_IMODE(os.stat("w/void").st_mode), 0o700)
same(os.readlink("w/link"), "nowhere")
check(not os.path.exists("w/two words") and not os.path.exists("w/hollow") and not os.path.exists("w/src/run.sh"))
same(open("w/run").read(), "#!/bin/sh\necho ran \"$@\"\n")
check(os.access("w/run", os.X_OK))
check(not os.path.exists("w/.nacre-apply"))

# a file that is moved and not read stays what it is on the host, with the mode and the time that it was given
fresh()
inode = os.stat("w/README.md").st_ino
Run("--root", "w", "--apply", "-c", "chmod 755 README.md; touch -d '2001-02-03 UTC' README.md; mv README.md moved").is_(b"")
same((os.stat("w/moved").st_ino, stat.S_IMODE(os.stat("w/moved").st_mode), os.stat("w/moved").st_mtime), (inode, 0o755, 981158400))

# only what changed is touched
fresh()
before = {k: os.lstat("w/" + k).st_ino for k in ("src/main.c", "empty", "link")}
Run("--root", "w", "--apply", "-c", "cat src/main.c > /dev/null; echo >> README.md").is_(b"")
check(before == {k: os.lstat("w/" + k).st_ino for k in before})
# a script that fails is applied too, one that is stopped is not
fresh()
same(Run("--root", "w", "--apply", "-c", "echo x > made; exit 3").status, 3)
check(os.path.exists("w/made"))
same(Run("--root", "w", "--apply", "--steps", "5000", "-c", "echo x > other; while :; do :; done").status, 152)
check(not os.path.exists("w/other"))

# conflicts
conflict("echo x >> README.md", lambda: write("w/README.md", b"theirs\n"), b"README.md: changed on the host")
conflict("echo x > made", lambda: write("w/made", b"theirs\n"), b"made: is there already")
conflict("rm README.md", lambda: os.chmod("w/README.md", 0o600), b"README.md: changed on the host")
conflict("rm README.md", lambda: os.unlink("w/README.md"), b"README.md: is no longer there")
conflict("rm -r src", lambda: write("w/src/theirs", b"x"), b"src: is to be removed, but holds")
conflict("echo x > .env", lambda: None, b".env: is there already", lambda: write("w/.env", b"secret"))
conflict("rm -r src", lambda: None, b"src: is to be removed, but holds", lambda: write("w/src/server.key", b"secret"))


def lead_out():
    os.rename("w/src", "w/elsewhere")
    os.symlink(os.path.join(top, "outside"), "w/src")


os.makedirs("outside")
write("outside/main.c", b"theirs\n")
conflict("echo x >> src/main.c; echo y > src/new", lead_out, b"src")
same(os.listdir("outside"), ["main.c"])
same(open("outside/main.c").read(), "theirs\n")

# cut off at every call that changes the disk: recovered, it is all there or nothing is
SCRIPT = """echo more >> README.md; rm -r 'two words'; mkdir -p a/b; echo 1 > a/b/c; mv src lib; chmod 600 empty; ln -sfn nowhere link
    rm b*.bin; mkdir b; echo x > b/x; ln README.md twin; rm -r gr*; echo file > $(echo gr)een; touch -d 2001-01-01 a"""
if os.path.exists(SHIM):
    fresh()
    old = tree("w")
    Run("--root", "w", "--apply", "--quiet", "-c", SCRIPT).is_(b"")
    new = tree("w")
    finished = undone = 0
    for count in range(1, 500):
        fresh()
        env = {**os.environ, "LD_PRELOAD": SHIM, "CUT_AFTER": str(count)}
        run = Run("--root", "w", "--apply", "--quiet", "-c", SCRIPT, env=env)
        if run.status == 0:
            break
        if not check(run.status == 77, run.status, run.err):
            break
        if os.path.exists("w/.nacre-apply"):
            refused = Run("--root", "w", "-c", "ls")
            check(refused.status == 125 and b"--recover" in refused.err)
            cut = subprocess.run([NACRE, "--root", "w", "--recover"], stderr=subprocess.PIPE,
                                 env={**os.environ, "LD_PRELOAD": SHIM, "CUT_AFTER": str(1 + count % 7)})  # and cut off again
            check(cut.returncode in (0, 77), cut.stderr)
            if os.path.exists("w/.nacre-apply"):
                run = Run("--root", "w", "--recover")
                check(run.status == 0, count, run.err)
        now = tree("w")
        if not check(now in (old, new), count):
            break
        finished += now == new
        undone += now == old
    check(count > 30 and finished > 10 and undone > 10, count, finished, undone)
else:
    print("no", SHIM)
Run("--root", "w", "--recover").is_(b"", 0, b"nacre: nothing to recover\n")
end()
