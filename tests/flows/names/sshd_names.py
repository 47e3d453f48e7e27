#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd on a scratch host: whoever has no factor tells no name from another, however often they try.
names_alike.py has the verifier's side."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import Tap
from passing_time import PassingTime
from sshd import Sshd

tap = Tap()

NAMES = {"enrolled": "alice", "existing": "bob", "locked": "carol", "not in the rule": "mallory",
         "not existing": "nobody-like-that", "root, whom sshd doesn't let in": "root"}
TYPED = [["000000", "abcdef", "12345"], ["11111111"], ["222222"], ["correct horse", "password", "p4ssw0rd!"],
         ["333 333"], ["444444"], ["555555"],
         ["666666", "777777", "888888"]]


def heard(sshd, name, typed):
    """All that ssh shows of one connection; how long a wrong answer waits is the same for all as well."""
    status, printed, said, prompts = sshd.login(name, *typed, prompts=3)
    return (status, printed, re.sub(r"Warning: Permanently added.*\n", "", said).replace(name, "NAME"),
            [text.replace(name, "NAME") for text in prompts])


def all_alike(verifier, sshd, time):
    tokens = {name: verifier.enrol_token(name) for name in ("alice", "carol", "mallory")}
    reference = scratch.lock(verifier, scratch.CAROL)
    for i, typed in enumerate(TYPED):
        stories = {kind: heard(sshd, name, typed) for kind, name in NAMES.items()}
        for kind in list(NAMES)[1:]:
            tap.equal(
                stories[kind], stories["enrolled"],
                f"sshd: connection {i + 1}: a name that is {kind} is asked and refused as an enrolled one")
        time.go_on(60)
    tap.equal(len(stories["enrolled"][3]), 3,
              "sshd: three answers, then no more, also where they aren't looked at")
    time.go_on(24 * 3600)
    status, printed, said, _ = sshd.login("carol", tokens["carol"].fresh())
    tap.equal((status, printed), (255, ""), "sshd: a locked employee's right code gets nowhere")
    tap.matches(said, f"Your access is locked.*quote {reference}", "sshd: and hears the lock's reference")
    tap.equal(sshd.login("alice", tokens["alice"].fresh())[:2], (0, "alice"), "sshd: an employee's signs in")


if __name__ == "__main__":
    scratch.enter()
    scratch.install_pam_lines("sshd")
    made = scratch.verifier()
    passing = PassingTime(made)
    with made as real:
        daemon = Sshd(os.path.join(os.environ["SCRATCH_HOST"], "sshd-test"))
        tap.run(all_alike, real, daemon, passing)
        daemon.stop()
    tap.done()
