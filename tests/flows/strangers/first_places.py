#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where somebody enrols is a place of theirs: whoever guesses from elsewhere, as often as they like, doesn't
hold up the first sign-in there."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, MAIL, Tap, Verifier
from passing_time import PassingTime

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "door.*", "stepup.enroll" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
'''
SESSION = "s" * 43
tap = Tap()


def spend(verifier, time, user, token):
    """A stranger at sshd has all the tries that places have which never succeeded."""
    for _ in range(6):
        verifier.step_up(user, "door.open", None, token.wrong(), rhost="203.0.113.9", service="sshd")
        time.go_on(60)


def enrol(verifier, user, uid, **more):
    invitation = verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]
    return verifier.enrol_token(user, uid=uid, invitation=invitation, **more)


def at_a_shell(verifier, time):
    token = enrol(verifier, "mail", MAIL)
    spend(verifier, time, "mail", token)
    reply = verifier.step_up("mail", "door.open", None, token.fresh(), rhost="198.51.100.7", session=SESSION)
    tap.equal(reply.error, "Throttled", "at a place that is new the owner has to wait, too")
    tap.ok(verifier.step_up(None, "door.open", None, token.fresh(), uid=MAIL).ok,
           "where somebody enrolled in a shell, their own first step-up goes on")
    tap.ok(verifier.step_up("mail", "door.open", None, token.fresh(), service="sudo").ok,
           "and so does sudo's")


def in_a_console(verifier, time):
    token = enrol(verifier, "news", GAMES, session=SESSION, rhost="192.0.2.7")
    spend(verifier, time, "news", token)
    here = {"uid": GAMES, "rhost": "192.0.2.7"}
    tap.ok(verifier.step_up("news", "door.open", None, token.fresh(), session=SESSION, **here).ok,
           "nor is the first one in a console, from the address of the enrolment")
    tap.ok(verifier.step_up("news", "door.open", None, token.fresh(), session="t" * 43, **here).ok,
           "whatever session it is in")
    reply = verifier.step_up("news", "door.open", None, token.fresh(), session=SESSION, uid=GAMES,
                             rhost="192.0.2.8")
    tap.equal(reply.error, "Throttled", "from another address it has to wait")


def not_by_root(verifier, time):
    """Root enrols others, and sits where nobody of them does."""
    token = enrol(verifier, "uucp", None)
    spend(verifier, time, "uucp", token)
    tap.equal(verifier.step_up("uucp", "door.open", None, token.fresh()).error, "Throttled",
              "a place where root enrolled somebody is nobody's")


if __name__ == "__main__":
    made = Verifier(POLICY)
    passing = PassingTime(made)
    with made as running:
        for function in (at_a_shell, in_a_console, not_by_root):
            tap.run(function, running, passing)
    tap.done()
