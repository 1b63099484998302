# tests/cli/diff.py - the change as a diff: `git apply` makes of the directory what the script made of the snapshot.
import os
import random
import shutil
import subprocess

from kit import *

top = scratch()
os.chdir(top)
if shutil.which("git") is None:
    end()

SCRIPTS = [
    "echo more >> README.md",
    "sed -i 's/words/WORDS/' README.md",
    "rm README.md",
    "printf 'no newline' > README.md",
    "printf 'made' > new; printf 'x\\n' > 'new folder name'",
    "mkdir -p a/b/c && echo deep > a/b/c/d",
    "mv src lib",
    "mv README.md 'two words/readme'",
    "chmod +x README.md; chmod -x src/run.sh",
    "printf 'a\\0b' > binary; head -c 3000 /dev/urandom > random",
    "printf 'x' >> b*.bin",
    "rm b*.bin link",
    "ln -sf README.md link; ln -s 'no where' other",
    "rm link; echo file > link",
    "rm README.md; ln -s src/main.c README.md",
    "rm empty; : > empty2",
    "sed -i '2d;8d' gr*/leaf; sed -i '1i new' gr*/leaf",
    "echo > $'new\\nline'; echo > $'tab\\there'; echo > 'back\\slash'; echo > 'grüne'; echo > $'b\\377d'; echo > ' lead'; echo > 'trail '",
    "rm -r src; echo file > src",
    "rm README.md; mkdir README.md; echo x > README.md/x",
    "cp -r src src2; rm -rf 'two words'",
    "seq 1 2000 > long; seq 1 2000 | sed '5d;1000s/^/x/;1999d' > longer",
    "mkdir 'b ' && : > 'b /empty' && mkdir 'b /c ' && echo x > 'b /c / d' && chmod +x 'b /empty'",
    ":",
]


def apply(script, *words):
    shutil.rmtree("w", True)
    shutil.rmtree("expected", True)
    sample("w")
    os.rmdir("w/hollow")
    run = Run("--root", "w", "--diff", "patch", *words, "-c", script)
    check(run.status in (0, 1), script, run.err, run.status)
    shutil.copytree("w", "out", symlinks=True)
    patch = open("patch", "rb").read()
    if patch:
        done = subprocess.run(["git", "apply", "--whitespace=nowarn", "../patch"], cwd="out", stderr=subprocess.PIPE)
        check(done.returncode == 0, script, done.stderr)
    # the same change by --apply
    run = Run("--root", "w", "--quiet", "--apply", "-c", script)
    check(run.status in (0, 1), script, run.err, run.status)
    ok = check(tree("out", folders=False) == tree("w", folders=False), script, patch)
    shutil.rmtree("out")
    return ok


for script in SCRIPTS:
    apply(script)
seed = int(os.environ.get("SEED", "1"))
random.seed(seed)
for _ in range(12):
    apply("\n".join(random.sample(SCRIPTS, 3)))

# what git cannot express is told, a line each
shutil.rmtree("w")
sample("w")
run = Run("--root", "w", "--diff", "patch", "-c",
          "mkdir void; chmod 600 README.md; ln README.md twin; touch -d 2001-01-01 src/main.c; echo x > /tmp/outside; rmdir hollow")
notes = run.err.decode()
for word in ("void: empty folder", "README.md: mode 0600", "twin: hard link", "src/main.c: time of change", "/tmp/outside: made outside",
             "hollow: empty folder removed"):
    check("not in the diff: " + word in notes, word, notes)
Run("--diff", "-", "-c", "echo hello > f; echo said").is_(b"said\ndiff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+hello\n")
Run("--diff", "-", "-c", "echo x > f; rm f; exit 3").is_(b"", 3)
end()
