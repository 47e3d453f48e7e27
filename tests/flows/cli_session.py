# SPDX-License-Identifier: BSD-2-Clause
"""stepup(1) on a terminal of its own, for the flow tests: runs of it, what its terminal
shows, what is typed."""
import errno
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from harness import MAIL, PATIENCE, become, program


class Gone(Exception):
    """stepup ended before it asked."""


class Ended:
    """How a run of stepup went: exit status, standard output and error, and what its terminal showed."""

    def __init__(self, status, out, err, shown):
        self.status, self.out, self.err, self.shown = status, out, err, shown

    def json(self):
        """The last line of standard output as JSON."""
        return json.loads(self.out.strip().splitlines()[-1])

    def __repr__(self):
        return f"exit {self.status}\nstdout: {self.out}\nstderr: {self.err}\nterminal: {self.shown}"


class Session:
    """One run of stepup on a terminal of its own (standard output and error are pipes)."""

    def __init__(self, command, uid=None, groups=(), environment=None, own_terminal=True):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        if uid is not None:
            os.fchown(slave, uid, -1)

        def prepare():
            os.setsid()
            if own_terminal:
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            if uid is not None:
                become(uid, groups=groups)

        full = {"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})}
        full.update({name: value for name, value in os.environ.items()
                     if name.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
        self.process = subprocess.Popen(command, stdin=slave if own_terminal else subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=full,
                                        preexec_fn=prepare, pass_fds=(), start_new_session=False)
        os.close(slave)
        self.buffers = {self.process.stdout.fileno(): b"", self.process.stderr.fileno(): b"",
                        self.master: b""}
        self.open = set(self.buffers)

    def pump(self, seconds):
        """Takes what is there; False where everything has ended."""
        if not self.open:
            return False
        for fd in select.select(list(self.open), [], [], seconds)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            self.buffers[fd] += data
            if not data:
                self.open.discard(fd)
        return bool(self.open)

    def text(self, fd):
        return self.buffers[fd].decode(errors="replace")

    @property
    def shown(self):
        return self.text(self.master)

    def wait_for(self, what, after=0, where=None):
        """Waits until the terminal shows a pattern behind a place; the place behind it. `where`: instead, the
        descriptor of a pipe."""
        where = self.master if where is None else where
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            match = re.compile(what).search(self.text(where), after)
            if match:
                return match.end()
            if not self.pump(0.2) or (self.process.poll() is not None and not self.pump(0)):
                break
        raise Gone(
            f"{what!r} never came up: {self.text(where)!r} {self.text(self.process.stderr.fileno())!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        end = time.monotonic() + PATIENCE
        pipes = {self.process.stdout.fileno(), self.process.stderr.fileno()}
        while self.open & pipes and time.monotonic() < end:
            self.pump(0.2)
        self.process.wait(PATIENCE)
        self.pump(0)
        out, err = (self.text(fd) for fd in (self.process.stdout.fileno(), self.process.stderr.fileno()))
        shown = self.shown
        if self.master >= 0:
            os.close(self.master)
        self.process.stdout.close()
        self.process.stderr.close()
        return Ended(self.process.returncode, out, err, shown)


class Cli:
    """stepup against one verifier."""

    def __init__(self, verifier):
        self.verifier = verifier

    def command(self, *arguments):
        return [program("tools/stepup/stepup"), *arguments]

    def start(self, *arguments, uid=MAIL, groups=(), environment=None):
        """As the administrator, unless uid says otherwise. Options that go to the verifier stand right behind
        stepup, so that `--` may follow."""
        return Session(self.command("--socket-dir", self.verifier.run, *arguments), uid=uid, groups=groups,
                       environment=environment)

    def run(self, *arguments, answers=(), ask=r"(?i)code[^\n]*: ?$", uid=MAIL, groups=(), environment=None):
        session = self.start(*arguments, uid=uid, groups=groups, environment=environment)
        place = 0
        for answer in answers:
            place = session.wait_for(ask, place)
            session.type((answer() if callable(answer) else answer) + "\n")
        return session.finish()
