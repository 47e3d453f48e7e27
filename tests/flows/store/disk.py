#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A full disk and a store that turned read-only under a running verifier: nothing is approved, and it
recovers when the disk does.

Runs itself in a mount namespace of its own, with a small tmpfs as the verifier's state.
"""
import contextlib
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from approvals import POLICY as PEOPLE, Scene
from harness import GAMES, PATIENCE, Client, Tap, Verifier, need_root
from logbook import RULES, Administrator
from passing_time import PassingTime

POLICY = '''action door.open { users = { "*" } prompt = "Open the door" require = { code } }
action gate.open { users = { "*" } prompt = "Open the gate" require = { code } limit = { "1 per 1h" } }
action safe.open { users = { "*" } prompt = "Open the safe" require = { key } }
'''
FILL = "ballast"
WAITS = re.compile("^STATUS=Not serving yet")
REFUSAL_BURST = 30  # refusals of one person that may be logged at once


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def fill(folder):
    """Takes the disk's last byte."""
    with open(os.path.join(folder, FILL), "wb", buffering=0) as out:
        for size in (65536, 4096, 1):
            try:
                while out.write(b"x" * size) == size:
                    pass
            except OSError:
                pass


def expect_refused(tap, verifier, secret, what):
    """Refusals until one is met whose write did not fit; never a success. The first codes may still fit into
    a log that was there before."""
    code = secret.fresh()
    reply = verifier.step_up("alice", "door.open", None, code)
    tap.equal(reply.error, "Unavailable",
              f"{what}: a right code is not approved, and the reply says that it could not be checked")
    tap.matches(reply.message, r"nothing was approved", f"{what}: the words say that nothing was approved")
    tap.ok(verifier.call("verify", "Keys").ok, f"{what}: the verifier still serves what needs no write")
    return code


def full_disk(tap):
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", verifier.state)
    with verifier:
        secret = verifier.enrol("alice")
        fill(verifier.state)
        verifier.call("verify", "Begin", {"user": "alice", "action": "door.open"})
        # What is preallocated of the write-ahead log still takes some: use it up.
        for _ in range(4000):
            reply = verifier.step_up("nobody-%d" % _, "door.open", None, "123456")
            if reply.error == "Unavailable":
                break
        tap.equal(reply.error, "Unavailable",
                  "a full disk: the refusal of a wrong code is not pretended to be logged either")
        code = expect_refused(tap, verifier, secret, "a full disk")
        tap.matches(verifier.log(), r"store: can't be written, so nothing is approved: .*full",
                    "a full disk: the journal says so")
        tap.equal(verifier.log().count("can't be written"), 1, "a full disk: once")
        os.unlink(os.path.join(verifier.state, FILL))
        reply = verifier.step_up("alice", "door.open", None, code)
        tap.matches(verifier.log(), "store: can be written again",
                    "with room again the journal says that too")
        tap.ok(reply.ok,
               "with room again the very code that could not be checked is taken: it was never spent", reply)
        verifier.restart()
        tap.equal(verifier.step_up("alice", "door.open", None, code).error, "BadAnswer",
                  "and after a restart it is spent")
    subprocess.run(["umount", verifier.state])


def use_up(verifier):
    """Fills the disk, and what is preallocated of the write-ahead log."""
    fill(verifier.state)
    for number in range(4000):
        if verifier.step_up(f"nobody-{number}", "door.open", None, "123456").error == "Unavailable":
            return
    raise RuntimeError("the disk never was full")


def second_person(tap):
    """Between asking, agreeing and using: what could not be written did not happen, and happens
    once there is room."""
    verifier = Verifier(PEOPLE)
    mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", verifier.state)
    with verifier:
        scene = Scene(verifier)
        transaction, reply = scene.ask()
        request = reply["request"]
        begun = verifier.call("verify", "Approve", {"user": "news", "request": request}, uid=GAMES)
        code = scene.tokens["news"].fresh()
        use_up(verifier)
        reply = verifier.answer(begun["transaction"], code, uid=GAMES)
        tap.equal((reply.error, scene.standing(request)), ("Unavailable", "requested"),
                  "a full disk: nobody agrees to anything")
        tap.equal(scene.deny(request).error, "Unavailable", "nor denies it")
        os.unlink(os.path.join(verifier.state, FILL))
        begun = verifier.call("verify", "Approve", {"user": "news", "request": request}, uid=GAMES)
        tap.ok(verifier.answer(begun["transaction"], code, uid=GAMES).ok,
               "with room again the very code agrees")
        use_up(verifier)
        reply = scene.claim(transaction)
        tap.equal((reply.error, scene.standing(request)), ("Unavailable", "approved"),
                  "a full disk: nothing is claimed")
        os.unlink(os.path.join(verifier.state, FILL))
        tap.ok(scene.claim(transaction).ok,
               "with room again the same side claims it, without another step-up")
        tap.equal((scene.standing(request), scene.claim(transaction).error), ("consumed", "Expired"),
                  "and once only")
    subprocess.run(["umount", verifier.state])


def refusals(tap):
    """A refusal that is charged to nobody has a budget in the log, of which nothing is spent on what
    was not written."""
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", verifier.state)
    with verifier:
        verifier.enrol_token("mail")
        use_up(verifier)
        before = verifier.call("admin", "Status")["log_size"]
        for _ in range(60):  # of which a few may fit
            verifier.begin("mail", "safe.open")
        os.unlink(os.path.join(verifier.state, FILL))
        for _ in range(REFUSAL_BURST + 5):
            error = verifier.begin("mail", "safe.open").error
        verifier.enrol_token("news")  # is written behind them: two entries
        grown = verifier.call("admin", "Status")["log_size"] - before - 2
        tap.equal(error, "TooWeak", "what is refused before anybody is asked")
        tap.ok(grown >= REFUSAL_BURST,
               "a full disk spends nothing of what may be logged of it: with room again all of it is", grown)
    subprocess.run(["umount", verifier.state])


def until_looked_at(verifier, time, told):
    """Until the full disk was met, or, as moving the write-ahead log makes room for a moment, what was due
    is told at once."""
    for _ in range(20):
        if re.search(rf"could not look after events for hooks|{told}", verifier.log()):
            break
        time.go_on(11)
        verifier.call("verify", "Keys")


def alerts(tap):
    """An alert that could not be written was none, and what was held back is told once it can be."""
    told = r"STEPUP_KIND=over-limit STEPUP_USER=mail [^\n]*STEPUP_COUNT=2\b"
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", verifier.state)
    time = PassingTime(verifier)
    with verifier:
        token = verifier.enrol_token("mail")
        verifier.step_up("mail", "gate.open", None, token.fresh())
        spent = token.fresh()
        verifier.step_up("mail", "door.open", None, spent)
        use_up(verifier)
        tap.equal(verifier.step_up("mail", "door.open", None, spent).error, "Unavailable",
                  "a full disk: a spent code is not told from another")
        os.unlink(os.path.join(verifier.state, FILL))
        tap.equal(verifier.step_up("mail", "door.open", None, spent).error, "BadAnswer",
                  "with room again it is")
        verifier.wait_log("STEPUP_KIND=spent-code STEPUP_USER=mail")
        tap.ok(True, "and that is an alert at once: the first one was not written")
        verifier.step_up("mail", "gate.open", None, token.fresh())
        verifier.wait_log("STEPUP_KIND=over-limit STEPUP_USER=mail")
        size = verifier.call("admin", "Status")["log_size"]
        for _ in range(2):
            verifier.step_up("mail", "gate.open", None, token.fresh())
        verifier.wait_log_size(size + 2)
        use_up(verifier)
        time.go_on(301)
        until_looked_at(verifier, time, told)
        os.unlink(os.path.join(verifier.state, FILL))
        time.go_on(11)
        verifier.wait_log(told)
        tap.ok(True, "a full disk when held back alerts are due: their number is told once there is room")
    subprocess.run(["umount", verifier.state])


def dropped(tap):
    """Events without room are counted, and the log says how many, if not at once."""
    verifier = Verifier(POLICY + RULES)
    mount("-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", verifier.state)
    time = PassingTime(verifier)
    with verifier:
        admin = Administrator(verifier)
        verifier.stop()
        with contextlib.closing(sqlite3.connect(verifier.database)) as store, store:
            store.executemany("INSERT INTO events VALUES (2, ?, ?)",
                              [(-number, 1 << 40) for number in range(1, 10001)])
        verifier.arguments = ["--new-epoch"]  # which takes rows as they are found
        verifier.start()
        # the first of two in a row, as a new epoch wants
        verifier.step_up("root", "stepup.log", None, admin.token.fresh())
        verifier.enrol_token("mail")  # an event and an alert
        use_up(verifier)
        time.go_on(11)
        until_looked_at(verifier, time, "events were dropped")
        os.unlink(os.path.join(verifier.state, FILL))
        time.go_on(11)
        verifier.wait_log("events were dropped")
        said = int(re.search("hooks: ([0-9]+) events were dropped", verifier.log())[1])
        logged = [entry["count"] for entry in admin.entries() if entry["type"] == "hooks-dropped"]
        tap.ok(said >= 2 and logged[:1] == [said], "a full disk when dropped events are due to be counted: "
               "the log has their number once there is room",
               (said, logged))
    subprocess.run(["umount", verifier.state])


def read_only(tap):
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", verifier.state)
    with verifier:
        secret = verifier.enrol("alice")
        verifier.stop()
        mount("-o", "remount,ro", verifier.state)
        verifier.spawn()
        lines = verifier.wait_notified(WAITS)
        tap.matches(" ".join(lines), r"(?i)read-only",
                    "a read-only store: the verifier waits, and says for what")
        mount("-o", "remount,rw", verifier.state)
        verifier.wait_notified("READY=1")
        tap.ok(verifier.step_up("alice", "door.open", None, secret.fresh()).ok,
               "writable again: nothing was lost")
    subprocess.run(["umount", verifier.state])


def full_at_start(tap):
    """The disk is full when the verifier starts: it answers at its doors that it can't, and goes on by itself
    once there is room."""
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", verifier.state)
    with verifier:
        secret = verifier.enrol("alice")
        verifier.stop()
        # with its write-ahead log in place it needs no room
        with contextlib.closing(sqlite3.connect(verifier.database)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for end in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(verifier.database + end)
        fill(verifier.state)
        verifier.spawn()
        lines = verifier.wait_notified(WAITS)
        tap.matches(lines[0], r"again in 1 s: \S.*(full|failed)",
                    "a full disk at the start: the service manager hears what is waited for")
        tap.ok(any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in lines),
               "and that it takes longer", lines)
        for door, method in (("verify", "Keys"), ("admin", "Status"),
                             ("redeem", "org.varlink.service.GetInfo"), ("hooks", "Next")):
            reply = verifier.call(door, method)
            tap.equal((reply.full_error, "nothing was approved" in (reply.message or "")),
                      (f"io.stepup.{door.capitalize()}1.Unavailable", True),
                      f"meanwhile the {door} door answers that nothing can be checked")
        with verifier.client() as silent, verifier.client() as long:
            long.send(b"x" * 70000)
            tap.equal(Client.finish(long).error, "Unavailable", "also to what is no message")
            tap.equal(verifier.call("verify", "Keys").error, "Unavailable",
                      "and whoever says nothing stands in nobody's way")
            silent.close()
        tap.matches(verifier.wait_notified(WAITS)[0], "again in 2 s", "it tries on")
        tap.matches(verifier.wait_notified(WAITS)[0], "again in 4 s", "after growing pauses")
        verifier.process.send_signal(signal.SIGHUP)
        tap.matches(verifier.wait_notified(WAITS)[0], "again in 8 s",
                    "and at once where it is told to read its policy again")
        tap.equal(verifier.log().count("Nothing is approved until"), 1, "the journal says it once")
        tap.equal(verifier.stop(), 0, "a stop ends it meanwhile")
        verifier.spawn()
        verifier.wait_notified(WAITS)
        os.unlink(os.path.join(verifier.state, FILL))
        verifier.wait_notified("READY=1")
        tap.ok(verifier.step_up("alice", "door.open", None, secret.fresh()).ok,
               "with room again it serves, without anybody's doing")
    subprocess.run(["umount", verifier.state])


def no_room_for_keys(tap):
    """The run folder is full: what services check receipts with comes later, and nobody waits for it."""
    verifier = Verifier(POLICY)
    mount("-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", verifier.run)
    fill(verifier.run)
    with verifier:
        jwks = os.path.join(verifier.run, "jwks.json")
        tap.ok(verifier.call("verify", "Keys").ok and not os.path.exists(jwks),
               "a full run folder: the verifier serves without jwks.json")
        os.unlink(os.path.join(verifier.run, FILL))
        end = time.monotonic() + PATIENCE
        while not os.path.exists(jwks) and time.monotonic() < end:
            select.select([], [], [], 0.05)
        tap.ok(os.path.exists(jwks), "jwks.json is written once there is room")
        tap.equal(verifier.log().count("could not write"), 1, "and that it could not be was said once")
    subprocess.run(["umount", verifier.run])


def main():
    need_root()
    if os.environ.get("STEPUP_OWN_MOUNTS") != "1":
        os.environ["STEPUP_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])
    tap = Tap()
    tap.run(full_disk, tap)
    tap.run(second_person, tap)
    tap.run(refusals, tap)
    tap.run(alerts, tap)
    tap.run(dropped, tap)
    tap.run(read_only, tap)
    tap.run(full_at_start, tap)
    tap.run(no_room_for_keys, tap)
    tap.done()


if __name__ == "__main__":
    main()
