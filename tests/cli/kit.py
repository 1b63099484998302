# tests/cli/kit.py - what the tests of the program share: check, a scratch folder, a run of the program, trees compared.
import atexit
import os
import shutil
import stat
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
NACRE = os.environ.get("NACRE") or next((p for p in (os.path.join(BUILD, "cli", "nacre"), os.path.join(BUILD, "nacre")) if os.path.isfile(p)), "nacre")
passed = failed = 0


def check(what, *values):
    global passed, failed
    if what:
        passed += 1
    else:
        failed += 1
        frame = sys._getframe(1)
        print("%s:%d: failed" % (os.path.basename(frame.f_code.co_filename), frame.f_lineno), *[repr(v) for v in values])
    return bool(what)


def same(is_, wanted):
    global passed, failed
    if is_ == wanted:
        passed += 1
        return True
    failed += 1
    frame = sys._getframe(1)
    print("%s:%d: is %r, not %r" % (os.path.basename(frame.f_code.co_filename), frame.f_lineno, is_, wanted))
    return False


def end():
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


def scratch():
    folder = tempfile.mkdtemp(prefix="nacre-cli-")
    atexit.register(shutil.rmtree, folder, True)
    return folder


class Run:
    def __init__(self, *words, input=b"", env=None, cwd=None):
        done = subprocess.run([NACRE, *words], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=cwd, timeout=60)
        self.out, self.err, self.status = done.stdout, done.stderr, done.returncode

    def is_(self, out, status=0, err=b""):
        ok = self.out == out and self.status == status and (err is None or self.err == err)
        global passed, failed
        if ok:
            passed += 1
        else:
            failed += 1
            frame = sys._getframe(1)
            print("%s:%d: out %r err %r status %d, not out %r err %r status %d" % (
                os.path.basename(frame.f_code.co_filename), frame.f_lineno, self.out, self.err, self.status, out, err, status))
        return ok


def write(path, data=b"", mode=0o644):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def tree(top, times=False, folders=True):
    """Everything below `top` that a test can compare: kind, mode, content or target, by path."""
    found = {}
    for folder, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(folder, name)
            short = os.fsencode(os.path.relpath(path, top))
            if short.split(b"/")[0] == b".git":
                continue
            st = os.lstat(path)
            if stat.S_ISLNK(st.st_mode):
                found[short] = ("link", os.fsencode(os.readlink(path)))
            elif stat.S_ISDIR(st.st_mode):
                if folders:
                    found[short] = ("folder", stat.S_IMODE(st.st_mode))
            elif stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    found[short] = ("file", stat.S_IMODE(st.st_mode), f.read()) + ((st.st_mtime_ns,) if times else ())
            else:
                found[short] = ("special", stat.S_IFMT(st.st_mode))
    return found


def sample(top):
    """A small workspace with what needs care."""
    write(top + "/README.md", b"# sample\n\nsome words\nand more\n")
    write(top + "/src/main.c", b"int main(void)\n{\n    return 0;\n}\n")
    write(top + "/src/run.sh", b"#!/bin/sh\necho ran \"$@\"\n", 0o755)
    write(top + "/two words/quote\"d", b"no newline")
    write(os.fsdecode(top.encode() + b"/b\xff.bin"), bytes(range(256)) * 40)
    write(top + "/gr\u00fcn/leaf", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n")
    write(top + "/empty", b"")
    os.symlink("src/main.c", top + "/link")
    os.symlink("/etc/hostname", top + "/out")
    os.makedirs(top + "/hollow")
    return top
