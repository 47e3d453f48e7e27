#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An account that sends junk as fast as it can: its own brakes go on all the while, it owes seconds and not
hours, and thousands of uids without an account take no place from anybody who has one."""
import os
import resource
import select
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, MAIL, NEWS, PATIENCE, Client, Tap, Verifier, as_uid, become

POLICY = '''
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
action "stepup.lock" { users = { "bin" }  require = { code }  code-is-enough = yes }
action "stepup.freeze" { users = { "bin" }  require = { code }  code-is-enough = yes }
'''
SUBORDINATE, COUNT = 100000, 397
tap = Tap()


def flooding(path, how, ready):
    """Connects, does `how` and hangs up or holds on, for ever."""
    held = []
    for count in range(10 ** 9):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            one.connect(path)
            how(one)
        except OSError:
            pass
        held.append(one)
        if len(held) > 200:
            held.pop(0).close()
        if count == 500:
            os.write(ready, b"x")


def junk(one):
    one.setblocking(False)
    one.send(b"x" * 60000)


def nothing(_):
    pass


def begins(one):
    one.sendall(b'{"method":"io.stepup.Verify1.Begin","parameters":{"action":"door.open"}}\0' * 3)


class Flood:
    """Two processes of a uid that flood the door until it ends."""

    def __init__(self, verifier, uid, how):
        self.children = []
        reading, writing = os.pipe()
        for _ in range(2):
            child = os.fork()
            if child == 0:
                try:
                    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
                    become(uid)
                    flooding(verifier.path(), how, writing)
                finally:
                    os._exit(0)
            self.children.append(child)
        os.read(reading, 1)
        os.close(reading)
        os.close(writing)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def again(function):
    """What a person does who is hung up on before the verifier has read anything: a flood may take the place
    of a client that has connected and not spoken."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return function()
        except RuntimeError:
            if time.monotonic() > end:
                raise


def verb(verifier, token, method, details, parameters):
    """What `stepup lock` does: a step-up on the one door, then the verb on the other."""
    def run(code):
        with Client(verifier.path()) as own:
            begun = own.call("Begin",
                             {"action": "stepup." + method.lower(), "details": details, "bound": True})
            if not begun.ok:
                return repr(begun)
            granted = own.call("Answer",
                               {"transaction": begun["transaction"], "method": "code", "code": code})
            if not granted.ok:
                return repr(granted)
            with Client(verifier.path("admin"), "admin") as admin:
                done = admin.call(method, {**parameters, "authorization": begun["transaction"]})
            return "done" if done.ok else repr(done)

    return again(lambda: as_uid(BIN, run, token.fresh()))


def lock_me(verifier, uid):
    def run():
        with Client(verifier.path()) as client:
            return client.call("LockMe", {"reason": "flooded"}).ok
    return again(lambda: as_uid(uid, run))


def locks_itself(verifier):
    for uid, name, how in ((MAIL, "mail", junk), (NEWS, "news", nothing)):
        verifier.enrol_token(name)
        verifier.call("verify", "List", uid=uid)
        with Flood(verifier, uid, how):
            tap.ok(lock_me(verifier, uid),
                   f"`lock --me` is answered while the same account floods the door ({how.__name__})")


def brakes(verifier):
    token = verifier.enrol_token("bin")
    os.chmod(verifier.path("admin"), 0o666)
    for how in (junk, nothing, begins):
        with Flood(verifier, BIN, how):
            tap.equal(verb(verifier, token, "Lock", {"users": "lp"}, {"users": ["lp"]}), "done",
                      f"so is `lock`, with its step-up ({how.__name__})")
            tap.equal(verb(verifier, token, "Freeze", {"action": "door.open"}, {"action": "door.open"}),
                      "done", f"and `freeze` ({how.__name__})")


def owes_seconds(verifier):
    with Flood(verifier, BIN, junk):
        pass
    end = time.monotonic() + PATIENCE
    answered = False
    while not answered and time.monotonic() < end:
        try:
            answered = verifier.call("verify", "List", uid=BIN).ok
        except RuntimeError:  # turned away still
            select.select([], [], [], 0.1)
    tap.ok(answered, "after the junk other calls of the account are answered again")


def hang_ups(verifier):
    """While it owes, the verifier keeps nobody's descriptor who has gone."""
    def open_descriptors():
        return len(os.listdir(f"/proc/{verifier.process.pid}/fd"))

    verifier.call("verify", "Keys")
    before = open_descriptors()
    verifier.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, verifier.process.pid, os.WSTOPPED)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become(BIN)
            held = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(60)]
            for one in held:
                one.connect(verifier.path())
                try:
                    junk(one)
                except OSError:
                    pass
            os.write(writing, b"x")
            signal.pause()
        finally:
            os._exit(0)
    os.close(writing)
    os.read(reading, 1)
    verifier.process.send_signal(signal.SIGCONT)
    verifier.call("verify", "Keys")
    tap.ok(open_descriptors() > before + 20, "junk waits on connections that aren't read",
           (before, open_descriptors()))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    end = time.monotonic() + PATIENCE
    while open_descriptors() > before and time.monotonic() < end:
        select.select([], [], [], 0.05)
    now = open_descriptors()  # perhaps fewer: the call before the first look may not have been let go then
    tap.ok(now <= before, "and whoever hangs up meanwhile is let go", (before, now))


def without_account(verifier):
    """397 subordinate uids of one person."""
    verifier.call("verify", "List", uid=BIN)
    held = []
    for uid in range(SUBORDINATE, SUBORDINATE + COUNT):
        os.seteuid(uid)
        try:
            for _ in range(20):
                one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                one.connect(verifier.path())
                held.append(one)
        finally:
            os.seteuid(0)

    def thirty():
        clients = [Client(verifier.path()) for _ in range(30)]
        for client in clients:
            client.start("List")
        return sum(1 for client in clients if client.finish().ok)

    tap.equal(as_uid(BIN, thirty), 30, f"with {len(held)} connections of {COUNT} "
              "uids without an account, one that has one has all its places")
    tap.ok(verifier.call("verify", "List", uid=9).ok, "and one that nobody has seen before is served")
    for one in held:
        one.close()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    with Verifier(POLICY) as real:
        for function in (brakes, owes_seconds, hang_ups, without_account, locks_itself):
            tap.run(function, real)
    tap.done()
