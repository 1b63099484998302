"""bench/measure.py - what one script costs in one shell: processor seconds of it and all it starts, and its answer."""
import os
import resource
import shutil
import subprocess

ENV = {"PATH": "/usr/bin:/bin", "HOME": "/home/user", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
LEAST = 1e-5  # seconds: less is not told from nothing


def nacre_words(program, folder, script, *options):
    words = [w for n, v in ENV.items() for w in ("--env", "%s=%s" % (n, v))]
    return [program, "--root", folder, "--mount", "/workspace", "--cwd", "/workspace", "--include-secrets", "--steps", "100000000000",
            *options, *words, "-c", script]


def bash_words(script):
    return [shutil.which("bash"), "-c", script]


def play(words, folder, env=ENV, timeout=300):
    """Seconds, standard output, standard error, status; seconds are None where it could not run or took too long."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        r = subprocess.run(words, cwd=folder, env=env, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as e:
        return None, b"", str(e).encode()[:200], -1
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, r.stdout, r.stderr, r.returncode


class Marginal:
    """What one more repetition of a script costs: so many of them, less one. `words(script)` makes the command line."""

    def __init__(self, words, script, folder, env=ENV, aim=0.5):
        self.words, self.script, self.folder, self.env = words, script + "\n", folder, env
        once, thrice = self.turns(1), self.turns(3)
        self.failed = once is None or thrice is None
        if not self.failed:
            self.more = min(max(round(aim / max((thrice - once) / 2, LEAST)), 2), 200)
            self.once, self.many = [once], [thrice] if self.more == 2 else []

    def turns(self, count):
        return play(self.words(self.script * count), self.folder, self.env)[0]

    def again(self):
        """One more round. Rounds of several contenders should alternate: the machine is not always equally fast."""
        if not self.failed and not (self.many and self.many[0] > 15):
            self.once.append(self.turns(1))
            self.many.append(self.turns(1 + self.more))

    def seconds(self):
        if self.failed or not self.many or None in self.once or None in self.many:
            return None
        return max(LEAST, (min(self.many) - min(self.once)) / self.more)
