# SPDX-License-Identifier: BSD-2-Clause
"""A real stepupd in a private temporary folder, callers of any uid, and TAP: what the flow tests share.

    from harness import Tap, Verifier, as_uid, totp

    tap = Tap()
    with Verifier('action door.open { users = { "*" } prompt = "Open" require = { code } }') as verifier:
        reply = verifier.call("verify", "Keys")            # as root
        reply = verifier.call("verify", "Keys", uid=NOBODY) # as another uid, in a forked child
        tap.ok(reply.ok, "anybody may read the keys")
    tap.done()

Run as root: the tests are about what the kernel says of different uids. Standard library only. Every wait has
an end, and ends with an error that says what was waited for; none is a sleep.
"""
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# noqa: F401
from callers import (BIN, DAEMON, GAMES, INTERFACES, MAIL, NAMELESS, NEWS, NOBODY, PATIENCE, Client, Closed,
                     Reply, as_uid, become)
from codes import Secret, Token, hotp, totp, unshared  # noqa: F401
import log_words

HEADER = '''issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
'''


def source_dir():
    return (os.environ.get("STEPUP_SOURCE")
            or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def build_dir():
    """Where the programs under test are: tests/run sets STEPUP_BUILD."""
    for candidate in (os.environ.get("STEPUP_BUILD"), os.path.join(source_dir(), "build-tests", "plain"),
                      source_dir()):
        if candidate and os.path.exists(os.path.join(candidate, "verifier", "stepupd")):
            return os.path.abspath(candidate)
    sys.stderr.write("no stepupd was found: set STEPUP_BUILD to the folder it was built in\n")
    sys.exit(1)


def program(path):
    """A built program, e.g. program("verifier/stepupd")."""
    return os.path.join(build_dir(), path)


def need_root():
    if os.geteuid() != 0:
        sys.stderr.write("needs root, to be several users\n")
        sys.exit(77)


# --- TAP ----------------------------------------------------------------------------------------------------

class Tap:
    """Counts facts. done() prints the plan and ends the program with the right status."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def ok(self, truth, fact, why=None):
        self.count += 1
        if not truth:
            self.failures += 1
        print(f"{'ok' if truth else 'not ok'} {self.count} - {fact}", flush=True)
        if not truth and why is not None:
            for line in str(why).splitlines():
                print(f"#   {line}", flush=True)
        return bool(truth)

    def equal(self, got, expected, fact):
        return self.ok(got == expected, fact, f"got {got!r}, expected {expected!r}")

    def matches(self, text, pattern, fact):
        return self.ok(text is not None and re.search(pattern, text), fact,
                       f"{text!r} doesn't match {pattern!r}")

    def skip(self, fact, why):
        self.count += 1
        print(f"ok {self.count} - {fact} # SKIP {why}", flush=True)

    def run(self, function, *arguments):
        """Runs a function full of facts; an exception is one failed fact, and the rest goes on."""
        try:
            return function(*arguments)
        except Exception:
            self.ok(False, f"{function.__name__} runs to its end", traceback.format_exc())
            return None

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failures or self.count == 0 else 0)


# --- stepupd ------------------------------------------------------------------------------------------------

class Verifier:
    """A stepupd of its own: folder, policy, key, sockets, log. Use as a context manager, or
    start() and stop().

    policy      rules; issuer, rp-id, store and help are put before them unless the text has an issuer
                ({state} and {folder} are replaced where the text holds them)
    uid         whom the verifier runs as
    arguments   more options for stepupd
    faketime    what libfaketime is told, e.g. "+3600" or "@2030-01-01 00:00:00"
    """

    def __init__(self, policy="", uid=0, arguments=(), environment=None, faketime=None, binary=None,
                 folder=None):
        need_root()
        self.folder = folder or tempfile.mkdtemp(prefix="stepup-test.")
        self.own_folder = folder is None
        os.chmod(self.folder, 0o755)
        self.etc, self.state, self.run = (os.path.join(self.folder, name) for name in ("etc", "state", "run"))
        self.config = os.path.join(self.etc, "stepup.conf")
        self.master_key = os.path.join(self.etc, "master.key")
        self.mark = os.path.join(self.folder, "mark", "mark")
        self.database = os.path.join(self.state, "stepup.db")
        self.log_path = os.path.join(self.folder, "stepupd.log")
        self.uid = uid
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.faketime = faketime
        self.binary = binary or program("verifier/stepupd")
        self.process = None
        self.notifications = None
        for path, mode in ((self.etc, 0o755), (self.state, 0o700), (self.run, 0o755),
                           (os.path.dirname(self.mark), 0o700)):
            if not os.path.exists(path):
                os.mkdir(path, mode)
            os.chown(path, uid, -1)
        if not os.path.exists(self.master_key):
            with open(os.open(self.master_key, os.O_CREAT | os.O_WRONLY, 0o400), "w") as out:
                out.write(secrets.token_hex(32) + "\n")
            os.chown(self.master_key, uid, -1)
        self.write_policy(policy)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def write_policy(self, policy):
        """Replaces the policy's text; a running verifier takes it at reload()."""
        if not re.search(r"^\s*issuer\b", policy, re.M):
            policy = HEADER + policy
        for name in ("state", "folder"):
            policy = policy.replace("{%s}" % name, getattr(self, name))
        with open(self.config + ".new", "w") as out:
            out.write(policy)
        os.chmod(self.config + ".new", 0o644)
        os.rename(self.config + ".new", self.config)

    def command(self):
        return [self.binary, "--config", self.config, "--run-dir", self.run, "--master-key", self.master_key,
                "--mark", self.mark, *self.arguments]

    def command_environment(self):
        environment = {name: value for name, value in os.environ.items()
                       if name.startswith(("ASAN_", "UBSAN_", "TSAN_", "PATH", "LSAN_"))}
        if self.faketime is not None:
            library = subprocess.run(["sh", "-c", "echo /usr/lib/*/faketime/libfaketimeMT.so.1"],
                                     capture_output=True, text=True).stdout.strip()
            environment.update(LD_PRELOAD=library, FAKETIME=self.faketime, FAKETIME_DONT_RESET="1",
                               FAKETIME_DONT_FAKE_MONOTONIC="1")
        environment.update(self.environment)
        return environment

    def spawn(self, command=None, **options):
        """Starts it without waiting for anything; its standard error is added to the log file."""
        path = os.path.join(self.folder, "notify")
        if self.notifications is None:
            self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.notifications.bind(path)
            os.chmod(path, 0o666)
        environment = self.command_environment()
        environment.setdefault("NOTIFY_SOCKET", path)
        uid = self.uid
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command or self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment,
                                            preexec_fn=(lambda: become(uid)) if uid else None, **options)
        return self.process

    def start(self):
        self.spawn()
        self.wait_notified("READY=1")
        return self

    def wait_notified(self, what):
        """Waits for a line that stepupd sends to the service manager: exactly this one, or one that a
        compiled pattern matches."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([self.notifications], [], [], 0.05)[0]:
                lines = self.notifications.recv(65536).decode().splitlines()
                if any(what == line if isinstance(what, str) else what.search(line) for line in lines):
                    return lines
            elif self.process.poll() is not None:
                raise RuntimeError(
                    f"stepupd ended with {self.process.returncode} before {what}:\n{self.log()}")
        raise RuntimeError(f"stepupd didn't say {what} in {PATIENCE} s:\n{self.log()}")

    def refuses_to_start(self):
        """Starts it and expects it to end by itself: (exit status, what it said)."""
        before = len(self.log())
        self.spawn()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            status = None
        self.process = None
        return status, self.log()[before:]

    def stop(self):
        """A clean stop; the exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process = None
        return status

    def kill(self):
        """kill -9, as a crash."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        """SIGHUP, and waits until the verifier has answered it, whichever way."""
        self.process.send_signal(signal.SIGHUP)
        self.wait_notified("RELOADING=1")
        self.wait_notified("READY=1")

    def close(self):
        """Stops it and removes its folder. A stepupd that doesn't stop cleanly is an error, with its log."""
        try:
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"stepupd had ended with {self.process.returncode}:\n{self.log()}")
            status = self.stop()
            if status not in (None, 0):
                raise RuntimeError(f"stepupd stopped with {status}:\n{self.log()}")
            wrong = log_words.unnamed(log_words.read_page(source_dir()), self.database)
            if wrong:
                raise RuntimeError("the log says what stepup-log(5) does not name:\n" + "\n".join(wrong))
        finally:
            self.kill()
            if self.notifications is not None:
                self.notifications.close()
            if self.own_folder and not os.environ.get("STEPUP_TEST_KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        try:
            with open(self.log_path, errors="replace") as source:
                return source.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, pattern):
        """Waits for a line in the log; the match."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            match = re.search(pattern, self.log())
            if match:
                return match
            select.select([], [], [], 0.02)
        raise RuntimeError(f"the log never said {pattern!r}:\n{self.log()}")

    def path(self, door="verify"):
        return os.path.join(self.run, f"{door}.sock")

    def client(self, door="verify"):
        return Client(self.path(door), door)

    def call(self, door, method, parameters=None, uid=None, gid=None, groups=()):
        """One call on a connection of its own; by this process, or by a child of that uid."""
        def once():
            with Client(self.path(door), door) as client:
                return client.call(method, parameters)
        return once() if uid is None else as_uid(uid, once, gid=gid, groups=groups)

    def wait_log_size(self, size):
        """Until the log has so many entries: a refusal is answered before its entry is written."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            now = self.call("admin", "Status")["log_size"]
            if now >= size:
                return
            select.select([], [], [], 0.02)
        raise RuntimeError(f"the log has {now} entries and not {size}:\n{self.log()}")

    def wait_idle(self):
        """Until it waits for somebody: a door that it has served just now, and has not looked at since, would
        be served first again."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with open(f"/proc/{self.process.pid}/stat") as now:
                if now.read().rpartition(")")[2].split()[0] == "S":
                    return
        raise RuntimeError("stepupd did not go to sleep")

    def in_one_go(self, *calls):
        """(door, method, parameters) of each: all are there when the verifier looks, and are decided in one
        commit, in the order in which it lets them in, which is nearly always theirs. Their replies."""
        self.wait_idle()
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        clients = []
        for door, method, parameters in calls:
            clients.append(self.client(door))
            clients[-1].start(method, parameters)
        self.process.send_signal(signal.SIGCONT)
        replies = [client.finish() for client in clients]
        for client in clients:
            client.close()
        return replies

    # --- the usual ways, as root ---

    def enrol(self, user, digits=None, algorithm=None, at=None):
        """Enrols a TOTP credential for a user by an invitation; a Secret. The proving code is of the current
        step unless `at`."""
        invitation = self.call("admin", "Init", {"user": user, "again": True})
        if not invitation.ok:
            raise RuntimeError(f"no invitation for {user}: {invitation}")
        wanted = {"user": user, "type": "totp", "invitation": invitation["invitation"]}
        wanted.update({name: value for name, value in (("digits", digits), ("algorithm", algorithm))
                       if value is not None})
        begun = self.call("verify", "EnrollBegin", wanted)
        if not begun.ok:
            raise RuntimeError(f"{user} could not begin to enrol: {begun}")
        secret = Secret(begun["secret"], digits or 6, algorithm or "SHA1")
        done = self.call("verify", "EnrollFinish",
                         {"transaction": begun["transaction"], "code": secret.code(at=at)})
        if not done.ok:
            raise RuntimeError(f"{user} could not enrol: {done}")
        secret.used = secret.step(at)
        secret.credential = done["credential"]
        return secret

    def enrol_token(self, user, uid=None, invitation=None, **more):
        """Enrols a HOTP credential, whose codes needn't be waited for; a Token."""
        if invitation is None:
            made = self.call("admin", "Init", {"user": user, "again": True})
            if not made.ok:
                raise RuntimeError(f"no invitation for {user}: {made}")
            invitation = made["invitation"]
        begun = self.call("verify", "EnrollBegin",
                          {"user": user, "type": "hotp", "invitation": invitation, **more}, uid=uid)
        if not begun.ok:
            raise RuntimeError(f"{user} could not begin to enrol: {begun}")
        token = Token(begun["secret"])
        done = self.call("verify", "EnrollFinish",
                         {"transaction": begun["transaction"], "code": token.fresh()}, uid=uid)
        if not done.ok:
            raise RuntimeError(f"{user} could not enrol: {done}")
        token.credential = done["credential"]
        return token

    def begin(self, user, action, details=None, uid=None, **more):
        parameters = {"action": action, **more}
        if user is not None:
            parameters["user"] = user
        if details is not None:
            parameters["details"] = details
        return self.call("verify", "Begin", parameters, uid=uid)

    def answer(self, transaction, code, uid=None):
        return self.call("verify", "Answer",
                         {"transaction": transaction, "method": "code", "code": code}, uid=uid)

    def step_up(self, user, action, details, code, uid=None, **more):
        """Begin and Answer; the last reply."""
        begun = self.begin(user, action, details, uid=uid, **more)
        return self.answer(begun["transaction"], code, uid=uid) if begun.ok else begun
