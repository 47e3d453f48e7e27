# SPDX-License-Identifier: BSD-2-Clause
"""A real stepup-hooks beside a test's stepupd, with a folder of hooks that tests write."""
import json
import os
import select
import signal
import subprocess
import time

from harness import NOBODY, PATIENCE, program

# Writes down what it was given, where the test looks: one file per event.
RECORD = '''#!/bin/sh
cat >"{out}/.$1.$$" && printf '%s %s\\n' "$(id -u)" "$*" >>"{out}/.$1.$$" && mv "{out}/.$1.$$" "{out}/$1.$$"
'''


class Runner:
    """stepup-hooks as nobody, on a verifier's door for hooks."""

    def __init__(self, verifier, limit=30, environment=None):
        self.verifier = verifier
        self.folder = os.path.join(verifier.folder, "hooks.d")
        self.out = os.path.join(verifier.folder, "out")
        self.log_path = os.path.join(verifier.folder, "hooks.log")
        self.limit = limit
        self.environment = dict(environment or {})
        self.process = None
        for path, mode in ((self.folder, 0o755), (self.out, 0o777)):
            if not os.path.isdir(path):
                os.mkdir(path)
            os.chmod(path, mode)

    def hook(self, name, text, mode=0o755):
        """Puts a hook there; {out} in its text is the folder that it may write to."""
        path = os.path.join(self.folder, name)
        with open(path + "~", "w") as out:
            out.write(text.replace("{out}", self.out))
        os.chmod(path + "~", mode)
        os.rename(path + "~", path)
        return path

    def clear(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def command(self):
        return [program("tools/stepup-hooks/stepup-hooks"), "--hooks-dir", self.folder, "--socket",
                self.verifier.path("hooks"), "--user", "nobody", "--time-limit", str(self.limit)]

    def start(self):
        os.chmod(self.verifier.path("hooks"), 0o666) # there is no group stepup-hooks here
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.environment})
        return self

    def kill(self, number=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def said(self):
        with open(self.log_path, errors="replace") as source:
            return source.read()

    def wait(self, truth, what):
        """Waits until truth() gives something; that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = truth()
            if found:
                return found
            select.select([], [], [], 0.02)
        raise RuntimeError(f"{what} never came; stepup-hooks said:\n{self.said() if self.process else ''}")

    def wait_said(self, text):
        return self.wait(lambda: text in self.said(), repr(text))

    def events(self, name=None):
        """What RECORD wrote down: (event, uid, arguments), oldest first."""
        found = []
        for path in os.listdir(self.out):
            if path.startswith(".") or "." not in path or (name is not None and path.split(".")[0] != name):
                continue
            with open(os.path.join(self.out, path)) as source:
                text = source.read()
            body, rest = text.rsplit("}", 1)
            uid, arguments = rest.strip().split(" ", 1)
            found.append((json.loads(body + "}"), int(uid), arguments))
        return sorted(found, key=lambda item: item[0]["log"])

    def wait_events(self, name, count=1):
        return self.wait(lambda: len(self.events(name)) >= count and self.events(name),
                         f"{count} times {name}")

    def forget(self):
        for path in os.listdir(self.out):
            os.unlink(os.path.join(self.out, path))


assert NOBODY # the uid that hooks run as here
