#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tokens whose clock is off: followed slowly, set right by two codes in a row, told to the log and to who is
alerted, and nothing new to who guesses."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, Secret, Tap, Verifier
from logbook import RULES, Administrator

POLICY = RULES + '''
caller console { unix-user = "games"  users = { "*" }  actions = { "*" } }
cooling-off = 0s
action door.open { users = { "*" }  prompt = "Open the door"  require = { code }  code-is-enough = yes }
'''
BEHIND = -6  # steps
OTHERS = ("bin", "sys", "lp")
tap = Tap()


class Slow:
    """A token that is behind. Its next code is of the next step of its own, so that two are in a row
    whenever they are typed."""

    def __init__(self, verifier, user):
        self.verifier, self.user = verifier, user
        invitation = verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]
        self.begun = verifier.call("verify", "EnrollBegin",
                                   {"user": user, "type": "totp", "invitation": invitation})
        self.secret = Secret(self.begun["secret"])
        self.step = None

    def code(self):
        self.step = self.secret.step() + BEHIND if self.step is None else self.step + 1
        return self.secret.code(at=self.step * self.secret.period)

    def enrol(self, code):
        return self.verifier.call("verify", "EnrollFinish",
                                  {"transaction": self.begun["transaction"], "code": code})

    def open(self, code):
        begun = self.verifier.begin(self.user, "door.open", uid=GAMES)
        return self.verifier.answer(begun["transaction"], code, uid=GAMES)


def enrolment(verifier):
    slow = Slow(verifier, "mail")
    first = slow.enrol(slow.code())
    tap.matches(first.message,
                r"right for a clock \d+ s behind. Nothing was enrolled yet. Type the next code",
                "who enrols a token that is behind is told by how much")
    tap.ok(first.error == "BadAnswer" and first.get("tries_left") > 0, "and may go on", first)
    tap.ok(slow.enrol(slow.code()).ok, "the next code in a row enrols it")
    reply = slow.open(slow.code())
    tap.ok(reply.ok, "then its codes are taken by its clock", reply)
    told = verifier.call("verify", "Explain", {"user": "mail", "action": "door.open"})["why"]
    tap.matches(told, r"The clock of Authenticator app was \d+ s behind at its last code", "Explain says so")
    entry = [entry for entry in Administrator(verifier).entries() if entry["type"] == "grant"
             and entry["user"] == "mail"][-1]
    tap.ok(entry["drift"] < -60, "and the log has it", entry)


def later(verifier):
    """Right at the enrolment, off some day."""
    slow = Slow(verifier, "news")
    tap.ok(slow.enrol(slow.secret.code(ahead=-1)).ok, "a token is enrolled whose clock is right")
    slow.step = slow.secret.step() + 5  # by now it is ahead: what is behind the last code is spent
    ahead = slow.open(slow.code())
    plain = slow.open("000000" if slow.secret.wrong() == "000000" else slow.secret.wrong())
    tap.equal((ahead.error, re.sub(r"\d+", "N", ahead.message)),
              ("BadAnswer", re.sub(r"\d+", "N", ahead.message)), "a code that is too far off is refused")
    tap.ok("clock" not in ahead.message and plain.error in ("BadAnswer", "Throttled"),
           "in the words of any wrong code", (ahead, plain))
    verifier.wait_log(r"STEPUP_KIND=token-clock STEPUP_USER=news ")
    entry = [entry for entry in Administrator(verifier).entries() if entry["type"] == "refusal"
             and entry["user"] == "news"][0]
    tap.matches(entry["why"], r"^right for a clock \d+ s ahead$", "the log says what it was, and an alert")


def many(verifier):
    people = [Slow(verifier, user) for user in ("bin", "sys", "lp", "man")]
    for slow in people:
        tap.ok(slow.enrol(slow.secret.code(ahead=-1)).ok, f"{slow.user} enrols")
        slow.step = slow.secret.step() + 6
        slow.open(slow.code())
    line = verifier.wait_log(r"[^\n]*STEPUP_KIND=host-clock[^\n]*")
    tap.matches(verifier.log(), r"Codes of \d+ people are right for a clock \d+ s ahead. "
                r"This host's clock is more likely to be wrong than all of theirs",
                "where many are off the same way, an alert says that this host's clock may be wrong")
    slow = people[0]
    tap.ok(slow.open(slow.code()).error in (None, "Throttled"),
           "and each of them goes on by two codes in a row", line)


if __name__ == "__main__":
    for function in (enrolment, later, many):
        with Verifier(POLICY) as running:
            os.chmod(running.path("admin"), 0o666)
            tap.run(function, running)
    tap.done()
