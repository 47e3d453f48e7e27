#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The clock an hour back, a day forward, standing still, and set while the verifier runs: spent stays spent,
what waits is void."""
import datetime
import glob
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier, totp

POLICY = 'action door.open { users = { "*" } prompt = "Open the door" require = { code } }\n'
NOON = int(datetime.datetime(2030, 6, 1, 12, 0, 0, tzinfo=datetime.timezone.utc).timestamp())


def clock(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


class SetClock:
    """A file that libfaketime reads the time from, so that the clock can be set while stepupd runs."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")

    def set(self, text):
        with open(self.path + ".new", "w") as out:
            out.write(text + "\n")
        os.rename(self.path + ".new", self.path)

    def environment(self):
        """What has stepupd read it."""
        return {"TZ": "UTC", "LD_PRELOAD": glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0],
                "FAKETIME_NO_CACHE": "1", "FAKETIME_TIMESTAMP_FILE": self.path,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def try_code(verifier, secret, at):
    return verifier.step_up("alice", "door.open", None, totp(secret.text, at))


def restarts(tap):
    """The clock differs after a clean restart."""
    with Verifier(POLICY, environment={"TZ": "UTC"}, faketime=clock(NOON)) as verifier:
        secret = verifier.enrol("alice", at=NOON)
        for name, moment in (("stands still", NOON), ("went an hour back", NOON - 3600),
                             ("went a day forward", NOON + 86400)):
            verifier.faketime = clock(moment)
            verifier.restart()
            tap.equal(try_code(verifier, secret, NOON).error, "BadAnswer",
                      f"a spent code stays spent when the clock {name}")
        verifier.faketime = clock(NOON - 3600)
        verifier.restart()
        tap.equal(
            try_code(verifier, secret, NOON - 3600).error, "BadAnswer",
            "with the clock an hour back, the code of that hour is below the last accepted step and refused")
        verifier.faketime = clock(NOON + 86400)
        verifier.restart()
        tap.ok(try_code(verifier, secret, NOON + 86400).ok,
               "with the clock right again, a code of now is taken")
        tap.equal(try_code(verifier, secret, NOON + 86400).error, "BadAnswer", "and once only")


def unclean(tap):
    """After kill -9 the current step counts as spent: the disk may have lost what it promised."""
    with Verifier(POLICY, environment={"TZ": "UTC"}, faketime=clock(NOON)) as verifier:
        secret = verifier.enrol("alice", at=NOON - 30)
        verifier.kill()
        verifier.start()
        tap.equal(try_code(verifier, secret, NOON).error, "BadAnswer",
                  "after an unclean stop a code of the current step is refused")
        verifier.stop()
        verifier.faketime = clock(NOON + 60)
        verifier.start()
        tap.ok(try_code(verifier, secret, NOON + 60).ok,
               "after a clean stop since, a code of the current step is taken")


def running(tap):
    """Somebody sets the clock while a step-up waits for its answer."""
    verifier = Verifier(POLICY)
    watch = SetClock(verifier.folder)
    verifier.environment = watch.environment()
    watch.set("+0")
    with verifier:
        secret = verifier.enrol("alice")
        begun = verifier.begin("alice", "door.open")
        watch.set("-3600")
        verifier.wait_log(r"(?i)clock")
        reply = verifier.answer(begun["transaction"], totp(secret.text, time.time() - 3600 + 30))
        tap.equal(reply.error, "Expired", "a step-up begun before the clock was set is void")
        late = verifier.begin("alice", "door.open")
        reply = verifier.answer(late["transaction"], totp(secret.text, time.time() - 3600))
        tap.equal(reply.error, "BadAnswer",
                  "and with the clock an hour back, an hour-old code is refused: later ones are spent")


if __name__ == "__main__":
    tests = Tap()
    tests.run(restarts, tests)
    tests.run(unclean, tests)
    tests.run(running, tests)
    tests.done()
