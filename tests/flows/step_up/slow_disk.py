#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A disk that takes its time. Commits are another thread's then, and what is decided there may have been
handed in by what the loop still had in memory. What an entry of the log ended covers nothing behind it, and
permits nothing."""
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, DAEMON, PATIENCE, Tap, Token, Verifier, program
from logbook import Administrator

POLICY = '''
caller console { unix-user = "root"  users = { "*" }  actions = { "customer.*" } }
action customer.edit { users = { "*" }  prompt = "Edit"  require = { code }  fresh-for = 15m }
service export { unix-user = "root" }
action customer.export { users = { "*" }  prompt = "Export"  require = { code }  code-is-enough = yes
    service = export }
action "stepup.*" { users = { "root", "bin", "daemon" }  require = { code }  code-is-enough = yes }
'''
SESSION = "s" * 43
SLOW = 0.05  # seconds that a commit takes after which the loop leaves the next ones to another thread
tap = Tap()


class Disk:
    """Between hold() and let_go() each commit waits on the disk until it is told to go on, in their order."""

    def __init__(self, verifier):
        self.verifier = verifier
        self.path = os.path.join(verifier.folder, "disk")
        self.listening = None
        verifier.environment.update(LD_PRELOAD=program("tests/flows/held_disk.so"), HELD_DISK=self.path)

    def hold_next(self):
        """The same from when only what comes next is to be written: the log's checkpoint comes by itself."""
        end = time.monotonic() + PATIENCE
        while (status := self.verifier.call("admin", "Status"))["checkpoint_size"] < status["log_size"]:
            if time.monotonic() > end:
                raise RuntimeError(f"no checkpoint: {status}")
            select.select([], [], [], 0.02)
        self.hold()

    def hold(self):
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.settimeout(PATIENCE)
        self.listening.bind(self.path)
        self.listening.listen()

    def commit(self):
        """Waits until one is on its way to the disk, and keeps it there until what is returned is closed."""
        return self.listening.accept()[0]

    def let_go(self):
        os.unlink(self.path)
        self.listening.close()

    def be_slow(self, desk):
        """A commit that takes long enough for the verifier to leave the next ones to another thread."""
        code = desk.code()
        self.hold()
        client = desk.call(*code)
        held = self.commit()
        time.sleep(SLOW)
        held.close()
        self.let_go()
        if not client.finish().ok:
            raise RuntimeError("a right code was refused")


class Desk:
    """One person's, mail's, at a console, and three administrators'."""

    def __init__(self, verifier, disk):
        self.verifier, self.disk = verifier, disk
        self.root = Administrator(verifier)
        self.tokens = {user: verifier.enrol_token(user) for user in ("mail", "bin", "daemon")}
        os.chmod(verifier.path("admin"), 0o666)

    def call(self, method, parameters, user="root"):
        """Sends a call as that user; its connection."""
        uid = {"root": 0, "bin": BIN, "daemon": DAEMON}[user]
        door = {"Answer": "verify", "EnrollFinish": "verify", "Redeem": "redeem"}.get(method, "admin")
        os.seteuid(uid)
        try:
            client = self.verifier.client(door)
        finally:
            os.seteuid(0)
        client.start(method, parameters)
        return client

    def begin(self, reach=()):
        return self.verifier.begin("mail", "customer.edit", session=SESSION, reach=list(reach))

    def code(self):
        """The answer to a step-up that asks mail."""
        transaction = self.begin()["transaction"]
        return "Answer", {"transaction": transaction, "method": "code", "code": self.tokens["mail"].fresh()}

    def fresh(self):
        """The answer to one for which mail needn't be asked."""
        begun = self.begin(["fresh"])
        if begun["methods"][0] != "fresh":
            raise RuntimeError(f"nothing is fresh: {begun}")
        return "Answer", {"transaction": begun["transaction"], "method": "fresh"}

    def verb(self, user, verb, details, parameters=None):
        """A verb with that administrator's step-up for it."""
        uid = {"root": None, "bin": BIN, "daemon": DAEMON}[user]
        token = self.tokens.get(user, self.root.token)
        begun = self.verifier.begin(None, "stepup." + verb.lower(), details, uid=uid)
        granted = self.verifier.answer(begun["transaction"], token.fresh(), uid=uid)
        if not granted.ok:
            raise RuntimeError(f"{verb} was not granted: {granted}")
        return verb, {**(parameters or details), "authorization": begun["transaction"]}, user

    def revoke(self, by, user, credential=None):
        """One of a user's credentials, or one that is made for it."""
        credential = credential or self.verifier.enrol_token(user).credential
        return self.verb(by, "Revoke", {"user": user, "credential": credential})

    def enrolling(self):
        """mail's next credential, but for its proof."""
        invitation = self.verifier.call("admin", "Init", {"user": "mail", "again": True})["invitation"]
        wanted = {"user": "mail", "type": "hotp", "invitation": invitation}
        begun = self.verifier.call("verify", "EnrollBegin", wanted)
        return "EnrollFinish", {"transaction": begun["transaction"], "code": Token(begun["secret"]).fresh()}

    def behind(self, first, *others):
        """The first is decided, and on its way to the disk, when the others are handed in. Their replies."""
        self.disk.hold_next()
        clients = [self.call(*first)]
        held = self.disk.commit()
        for other in others:
            clients.append(self.call(*other))
            self.verifier.wait_idle()
        self.disk.let_go()
        held.close()
        return [client.finish() for client in clients]

    def behind_changes(self, changes, last):
        """changes() and then last(), made anew each time. The last is refused anyway where a lock was lifted
        only behind it, because its name was looked up for longer, and where the loop had ended what it
        answers before that was decided: then once more."""
        for _ in range(20):
            changed = changes()
            self.disk.be_slow(self)
            *changed, answered = self.behind(*changed, last())
            if answered.error not in ("Locked", "Expired"):
                break
        return all(reply.ok for reply in changed), answered


def granted_in_between(desk):
    """A step-up is granted just before a credential is enrolled; the loop hears of it behind that."""
    desk.disk.be_slow(desk)
    fresh, code, enrolling = desk.fresh(), desk.code(), desk.enrolling()
    desk.disk.hold_next()
    first = desk.call(*code)
    granting = desk.disk.commit()
    second = desk.call(*enrolling)
    desk.verifier.wait_idle()
    granting.close()
    granted = first.finish()
    ending = desk.disk.commit()
    third = desk.call(*fresh)
    desk.verifier.wait_idle()
    desk.disk.let_go()
    ending.close()
    enrolled, answered = second.finish(), third.finish()
    tap.ok(granted.ok and enrolled.ok and granted["log"] < enrolled["log"],
           "a step-up is granted, and behind it a credential is enrolled", (granted, enrolled))
    tap.equal(answered.error, "BadAnswer", "and the first covers nothing that is decided behind the second")


def lifted(desk, by, stop, start, **details):
    """Root stops something, and another one lets it go on."""
    parameters = {"users": [details["user"]]} if stop == "Lock" else None
    said = {"users": details["user"]} if stop == "Lock" else details
    return lambda: [desk.verb("root", stop, said, parameters), desk.verb(by, start, details)]


def covered_behind(desk):
    """What ends freshness is decided, and not done with, when an answer comes that rests on it."""
    for what, changes in (
            ("a new credential", lambda: [desk.enrolling()]),
            ("a revoked one", lambda: [desk.revoke("root", "mail")]),
            ("a lock that was lifted", lifted(desk, "bin", "Lock", "Unlock", user="mail")),
            ("a freeze that was lifted", lifted(desk, "bin", "Freeze", "Thaw", action="customer.*"))):
        changed, answered = desk.behind_changes(changes, desk.fresh)
        tap.ok(changed and answered.error in ("BadAnswer", "Expired", "Locked"),
               f"nothing is covered behind {what}", (changed, answered))


def permitted_behind(desk):
    """The same of an administrator's verb, whose step-up was granted before."""
    def earner():
        return [desk.revoke("root", "bin", desk.tokens["bin"].credential)]

    for what, changes in (
            ("a lock that was lifted", lifted(desk, "daemon", "Lock", "Unlock", user="bin")),
            ("a freeze that was lifted", lifted(desk, "daemon", "Freeze", "Thaw", action="stepup.revoke")),
            ("the end of what earned it", earner)):
        changed, answered = desk.behind_changes(changes, lambda: desk.revoke("bin", "mail"))
        tap.ok(changed and answered.error in ("NotAllowed", "Locked"),
               f"a verb is not carried out behind {what}", (changed, answered))


def reloaded_behind(desk):
    """A reload is carried out before it is written down: whether it may be is asked behind
    what is decided."""
    desk.tokens["bin"] = desk.verifier.enrol_token("bin")
    desk.disk.be_slow(desk)
    changes = lifted(desk, "daemon", "Lock", "Unlock", user="bin")()
    locked, answered = desk.behind(changes[0], desk.verb("bin", "Reload", {}))
    tap.ok(locked.ok and answered.error == "Locked", "a reload is not carried out behind a lock",
           (locked, answered))
    desk.call(*changes[1]).finish()


def resumed_behind(desk):
    """Told again that it had redeemed, a service hears what is so where that is written down."""
    granted = desk.verifier.step_up("mail", "customer.export", None, desk.tokens["mail"].fresh())
    resume = {"receipt": granted["receipt"], "action": "customer.export", "details": {}, "exec_id": "7",
              "resume": True}
    desk.call("Redeem", resume).finish()
    for _ in range(20):
        desk.disk.be_slow(desk)
        changes = lifted(desk, "bin", "Lock", "Unlock", user="mail")()
        _, answered, locked = desk.behind(desk.code(), ("Redeem", resume), changes[0])
        desk.call(*changes[1]).finish()
        if not answered.ok:
            break  # else its names were looked up for longer, and the lock came behind the entry
    tap.ok(locked.ok and answered.error == "Locked", "nor is a resumption told behind one",
           (locked, answered))


def main():
    verifier = Verifier(POLICY)
    disk = Disk(verifier)
    with verifier:
        desk = Desk(verifier, disk)
        for run in (granted_in_between, covered_behind, permitted_behind, reloaded_behind, resumed_behind):
            tap.run(run, desk)
        tap.equal(desk.root.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()


if __name__ == "__main__":
    main()
