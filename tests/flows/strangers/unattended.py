#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sudo where nobody answers: -n, no terminal, an askpass that gives up; where sudo -p puts another
prompt in the place of ours; and what the example files do for root's jobs and for accounts of machines."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import Tap, become, source_dir

tap = Tap()

SUDOERS = '''
alice ALL=(ALL) NOPASSWD: ALL
Defaults:dave pam_service=sudo-machine
dave ALL=(root) NOPASSWD: /usr/bin/id -un
'''

NOBODY = "sudo needs a step-up, and nobody could be asked"
OWN_PROMPT = "[sudo via ansible, key=xyz] password: "


def sudo(uid, *words, typed="", environment=None):
    """sudo without a terminal: (exit status, what the command printed, what sudo said)."""
    ended = subprocess.run(["sudo", *words], input=typed, capture_output=True, text=True, check=False,
                           timeout=300, cwd="/", start_new_session=True,
                           env={"PATH": os.environ["PATH"], **(environment or {})},
                           preexec_fn=lambda: become(uid, groups=(59013,) if uid else ()))
    return ended.returncode, ended.stdout.strip(), ended.stderr


def granted(result, who="root"):
    return result[0] == 0 and result[1] == who


def refused(result):
    return result[0] != 0 and result[1] == ""


def nobody_there(folder):
    for words, what in ((("-n",), "-n"), ((), "no terminal"), (("-S",), "nothing to read")):
        result = sudo(scratch.ALICE, *words, "id", "-un")
        tap.ok(refused(result), f"{what}: refused", result)
        tap.ok(NOBODY in result[2] and "Nothing was approved" in result[2],
               f"{what}: and why is said", result)
    askpass = os.path.join(folder, "askpass")
    with open(askpass, "w") as out:
        out.write("#!/bin/sh\nexit 1\n")
    os.chmod(askpass, 0o755)
    result = sudo(scratch.ALICE, "-A", "id", "-un", environment={"SUDO_ASKPASS": askpass})
    tap.ok(refused(result) and NOBODY in result[2], "a cancelled askpass: refused, and why is said", result)


def own_prompt(alice):
    result = sudo(scratch.ALICE, "-S", "id", "-un", typed=alice.fresh() + "\n")
    tap.equal((result[1], result[2].count("Become root")), ("root", 1),
              "without -p what is approved is said once")
    result = sudo(scratch.ALICE, "-H", "-S", "-p", OWN_PROMPT, "-u", "root", "id", "-un",
                  typed=alice.fresh() + "\n")
    tap.ok(granted(result), "sudo -p: a code makes root", result)
    tap.matches(result[2], r"Become root on \S+\nYou approve as alice\.\nCode:\n\[sudo\]",
                "sudo -p: what is approved, and how, stands above sudo's own prompt")
    result = sudo(scratch.ALICE, "-S", "--prompt", OWN_PROMPT, "id", "-un",
                  typed=alice.code(alice.counter - 1) + "\n")
    tap.matches(result[2], r"That code did not work[^\n]*\nBecome root on",
                "sudo -p: so does the reason of a refusal")
    tap.ok(NOBODY not in result[2], "who had answered is not told that nobody was there", result)


def machines(verifier):
    result = sudo(scratch.DAVE, "-n", "id", "-un")
    tap.ok(granted(result), "a machine's account runs its one command, unasked", result)
    for words in (("-n", "id"), ("-n", "sh", "-c", "id -un"), ("-S", "sh", "-c", "id -un")):
        result = sudo(scratch.DAVE, *words, typed=scratch.PASSWORD + "\n")
        tap.ok(result[0] != 0 and "root" not in result[1],
               f"and nothing else: sudo {' '.join(words)}", result)
    scratch.lock(verifier, scratch.DAVE)
    tap.ok(refused(sudo(scratch.DAVE, "-n", "id", "-un")), "locked, it runs nothing")


def jobs_of_root(verifier):
    result = sudo(0, "-n", "-u", "alice", "id", "-un")
    tap.ok(granted(result, "alice"), "root's own job becomes somebody by sudo, unasked", result)
    verifier.stop()
    result = sudo(0, "-n", "-u", "alice", "id", "-un")
    tap.ok(granted(result, "alice"), "also while the verifier is away", result)
    tap.ok(refused(sudo(scratch.ALICE, "-n", "id", "-un")), "nobody else does")
    verifier.start()
    os.unlink("/etc/sudoers.d/stepup")
    result = sudo(0, "-n", "-u", "alice", "id", "-un")
    tap.ok(refused(result), "without the example's line root is asked, and refused", result)


if __name__ == "__main__":
    scratch.enter()
    for service in ("sudo", "sudo-machine"):
        scratch.install_pam_lines(service)
    scratch.give_passwords("alice", "dave")
    with open(os.path.join(source_dir(), "examples", "sudoers.d", "stepup")) as source:
        shipped = source.read()
    for name, text in (("stepup", shipped), ("test", SUDOERS)):
        with open(f"/etc/sudoers.d/{name}", "w") as rules:
            rules.write(text)
        os.chmod(f"/etc/sudoers.d/{name}", 0o440)
    checked = subprocess.run(["visudo", "-cf", "/etc/sudoers.d/stepup"], capture_output=True, text=True,
                             check=False)
    tap.equal(checked.returncode, 0, "the example for sudoers is well-formed")
    with scratch.verifier() as real:
        token = real.enrol_token("alice")
        tap.run(nobody_there, "/run/stepup")
        tap.run(own_prompt, token)
        tap.run(machines, real)
        tap.run(jobs_of_root, real)
    tap.done()
