#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sudo on a scratch host, with the shipped PAM lines: a step-up to become root, and no way around it
by a ticket or NOPASSWD."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import Tap, become
from scratch import PASSWORD

tap = Tap()
SUDOERS = '''
Defaults passwd_tries=1
Defaults timestamp_type=global
alice ALL=(ALL) ALL
bob ALL=(ALL) NOPASSWD: ALL
carol ALL=(ALL) NOPASSWD: ALL
dave ALL=(ALL) ALL
'''


def sudo(uid, *typed, forget=True, command=("id", "-un")):
    """Runs sudo as that user with these answers; (exit status, what the command printed, what sudo said)."""
    options = ["-S", *(["-k"] if forget else [])]
    ended = subprocess.run(["sudo", *options, *command], input="".join(text + "\n" for text in typed),
                           capture_output=True, text=True, check=False, timeout=300, cwd="/",
                           env={"PATH": os.environ["PATH"]},
                           preexec_fn=lambda: become(uid, groups=(59013,) if uid else ()))
    return ended.returncode, ended.stdout.strip(), ended.stderr


def granted(result):
    return result[0] == 0 and result[1] == "root"


def refused(result):
    return result[0] != 0 and result[1] == ""


def step_up(verifier):
    alice = verifier.enrol_token("alice")
    result = sudo(scratch.ALICE, PASSWORD, alice.fresh())
    tap.ok(granted(result), "sudo: password and code make root", result)
    tap.matches(result[2], r"Become root on \S+\nYou approve as alice\.\n.*ode",
                "sudo: the prompt says what for")
    tap.equal(result[2].count("Become root"), 1, "sudo: the account phase doesn't ask again")
    result = sudo(scratch.ALICE, PASSWORD)
    tap.ok(refused(result), "sudo: the password alone doesn't", result)
    result = sudo(scratch.ALICE, "wrong password", alice.fresh())
    tap.ok(refused(result), "sudo: nor does a code with a wrong password", result)
    return alice


def ticket(verifier, alice):
    result = sudo(scratch.ALICE, PASSWORD, alice.fresh(), forget=False)
    tap.ok(granted(result), "sudo: that leaves a ticket", result)
    result = sudo(scratch.ALICE, alice.fresh(), forget=False)
    tap.ok(granted(result),
           "sudo: within the ticket's lifetime no password, but the account phase asks for a code", result)
    tap.equal(result[2].count("Become root"), 1, "sudo: once")
    result = sudo(scratch.ALICE, forget=False)
    tap.ok(refused(result), "sudo: without an answer the ticket is no use", result)
    reference = scratch.lock(verifier, scratch.ALICE)
    result = sudo(scratch.ALICE, alice.fresh(), forget=False)
    tap.ok(refused(result), "sudo: a locked employee's ticket is no use either", result)
    tap.matches(result[2], f"locked.*{reference}",
                "sudo: and they are told why, although sudo asks modules for silence")
    result = sudo(scratch.ALICE, PASSWORD, alice.fresh())
    tap.ok(refused(result), "sudo: nor are their password and a right code", result)


def nopasswd(verifier):
    bob, carol = verifier.enrol_token("bob"), verifier.enrol_token("carol")
    result = sudo(scratch.BOB, bob.fresh())
    tap.ok(granted(result), "sudo: NOPASSWD still asks for the code", result)
    result = sudo(scratch.BOB)
    tap.ok(refused(result), "sudo: without an answer it is refused", result)
    result = sudo(scratch.BOB, bob.code(bob.counter - 1))
    tap.ok(refused(result), "sudo: the same code doesn't count twice", result)
    tap.matches(result[2], "That code did not work", "sudo: and it says so")
    reference = scratch.lock(verifier, scratch.CAROL)
    result = sudo(scratch.CAROL, carol.fresh())
    tap.ok(refused(result), "sudo: a locked employee is refused in spite of NOPASSWD", result)
    tap.matches(result[2], f"locked.*{reference}", "sudo: with words")


def away(verifier):
    dave = verifier.enrol_token("dave")
    verifier.stop()
    result = sudo(scratch.DAVE, PASSWORD, dave.fresh())
    tap.ok(refused(result), "sudo: with the verifier away nobody becomes root", result)
    tap.matches(result[2], "Could not check, so nothing was approved. You did nothing wrong",
                "sudo: in plain words")
    tap.ok(refused(sudo(scratch.BOB, "123456")), "sudo: nor by NOPASSWD")
    verifier.start()
    result = sudo(scratch.DAVE, PASSWORD, dave.fresh())
    tap.ok(granted(result), "sudo: when it is back the next code counts", result)


if __name__ == "__main__":
    scratch.enter()
    scratch.install_pam_lines("sudo")
    scratch.give_passwords("alice", "dave")
    with open("/etc/sudoers.d/test", "w") as rules:
        rules.write(SUDOERS)
    os.chmod("/etc/sudoers.d/test", 0o440)
    with scratch.verifier() as real:
        token = tap.run(step_up, real)
        tap.run(ticket, real, token)
        tap.run(nopasswd, real)
        tap.run(away, real)
    tap.done()
