#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sudo on a scratch host, with keys: behind an agent that sudo's rules let through, and plugged in.
The shipped PAM lines, with agent=env."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from cli_session import Session
from harness import Tap, become, program
from key_places import Agent, at_desk, need_helper

tap = Tap()

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
cooling-off = 0s
group support { unix = "support" }
action sudo { users = { "@support" }  prompt = "Become root on {host}"  require = { key } }
'''

# Nobody is asked for a password: what counts here is the account phase. Bob's sudo does not let the
# variable through.
SUDOERS = '''
Defaults:alice,carol,dave env_keep += "SSH_AUTH_SOCK"
Defaults!/usr/bin/whoami pam_service=sudo-without
alice ALL=(ALL) NOPASSWD: ALL
bob ALL=(ALL) NOPASSWD: ALL
carol ALL=(ALL) NOPASSWD: ALL
dave ALL=(ALL) NOPASSWD: ALL
'''

NOTHING = "Nothing was approved"


def invitation(verifier, user):
    return verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]


def enroll(verifier, user, uid, kind, talk=(), agent=None, words=None):
    command = [program("tools/stepup/stepup"), "enroll", kind, "--invitation", invitation(verifier, user),
               "--label", f"{user}'s key"]
    environment = {"SSH_AUTH_SOCK": agent.socket} if agent else None
    session = Session(at_desk(words, uid, command)) if words else Session(command, uid=uid,
                                                                          environment=environment)
    for question, answer in talk:
        session.wait_for(question)
        session.type(answer + "\n")
    ended = session.finish()
    if ended.status != 0:
        raise RuntimeError(f"{user} could not enroll: {ended}")


def sudo(uid, *typed, agent=None, words=None, command="/usr/bin/id"):
    """Runs sudo as that user with these answers; (exit status, what the command printed, what sudo said)."""
    line = ["sudo", "-S", "-k", command, *(["-un"] if command.endswith("id") else [])]
    environment = {"PATH": os.environ["PATH"], **({"SSH_AUTH_SOCK": agent.socket} if agent else {})}
    ended = subprocess.run(at_desk(words, uid, line) if words else line,
                           input="".join(text + "\n" for text in typed), capture_output=True, text=True,
                           check=False, timeout=300, cwd="/", env=environment,
                           preexec_fn=None if words else lambda: become(uid))
    # sudo puts the module's "Touch your key" on standard output, too.
    printed = [text for text in ended.stdout.splitlines() if not text.startswith("Touch your key")]
    return ended.returncode, "\n".join(printed), ended.stderr


def granted(result):
    return result[0] == 0 and result[1] == "root"


def refused(result):
    return result[0] != 0 and result[1] == ""


def behind_an_agent(verifier, home):
    alice = Agent(os.path.join(home, "alice-agent"), scratch.ALICE)
    alice.add(alice.make_key("key"))
    enroll(verifier, "alice", scratch.ALICE, "agent", agent=alice)
    result = sudo(scratch.ALICE, "", agent=alice)
    tap.ok(granted(result), "sudo: with agent=env and env_keep the agent's key makes root", result)
    tap.matches(result[2], r"Become root on \S+\nYou approve as alice\.\nPress Enter and touch your key: ",
                "sudo: the prompt says what for, and how")
    result = sudo(scratch.ALICE, "")
    tap.ok(refused(result) and NOTHING in result[2], "sudo: without the agent it is refused", result)
    result = sudo(scratch.ALICE, "", agent=alice, command="/usr/bin/whoami")
    tap.ok(refused(result) and NOTHING in result[2],
           "sudo: a PAM line without agent=env doesn't look for one", result)
    result = sudo(scratch.ALICE, agent=alice)
    tap.ok(refused(result), "sudo: nobody is approved who doesn't press Enter", result)
    return alice


def not_let_through(verifier, home, alice):
    bob = Agent(os.path.join(home, "bob-agent"), scratch.BOB)
    bob.add(bob.make_key("key"))
    enroll(verifier, "bob", scratch.BOB, "agent", agent=bob)
    result = sudo(scratch.BOB, "", agent=bob)
    tap.ok(refused(result) and NOTHING in result[2],
           "sudo: where sudoers doesn't keep SSH_AUTH_SOCK there is no agent", result)
    dave = Agent(os.path.join(home, "dave-agent"), scratch.DAVE)
    dave.add(dave.make_key("key"))
    enroll(verifier, "dave", scratch.DAVE, "agent", agent=dave)
    result = sudo(scratch.DAVE, "", agent=alice)
    tap.ok(refused(result),
           "sudo: another user's agent is out of reach, because the helper is no more than the user", result)
    result = sudo(scratch.DAVE, "", agent=dave)
    tap.ok(granted(result), "sudo: one's own is not", result)
    for agent in (bob, dave):
        agent.stop()


def plugged_in(verifier, home):
    words = [f"state={home}/carol.key", f"log={home}/carol.log", "pin=4321"]
    enroll(verifier, "carol", scratch.CAROL, "key", words=words,
           talk=[(r"PIN of your key[^\n]*: ?$", "4321")])
    result = sudo(scratch.CAROL, "", words=words)
    tap.ok(granted(result), "sudo: a key that is plugged in makes root", result)
    tap.matches(result[2], r"Press Enter and touch your key: ", "sudo: by Enter and a touch")
    result = sudo(scratch.CAROL, "", words=["--no-key"])
    tap.ok(refused(result) and "No key is plugged in" in result[2],
           "sudo: without it nobody becomes root, and why is said", result)
    result = sudo(scratch.CAROL, "", "4321", words=[f"state={home}/other.key", "pin=4321"])
    tap.ok(refused(result) and re.search("not enrolled for carol.*carol's key", result[2]),
           "sudo: nor with another one", result)
    result = sudo(scratch.CAROL, "", "", "", words=[*words, "fault=unplug"])
    tap.ok(refused(result) and "was unplugged" in result[2],
           "sudo: nor with one that is unplugged half-way", result)


if __name__ == "__main__":
    need_helper()
    scratch.enter()
    scratch.install_pam_lines("sudo")
    with open("/etc/pam.d/sudo") as source:
        lines = source.read()
    with open("/etc/pam.d/sudo-without", "w") as out:
        out.write(lines)
    with open("/etc/pam.d/sudo", "w") as out:
        out.write(lines.replace("action=sudo", "action=sudo agent=env"))
    with open("/etc/sudoers.d/test", "w") as rules:
        rules.write(SUDOERS)
    os.chmod("/etc/sudoers.d/test", 0o440)
    place = os.path.join(os.environ["SCRATCH_HOST"], "keys")
    os.mkdir(place, 0o755)
    with scratch.verifier(POLICY) as real:
        first = tap.run(behind_an_agent, real, place)
        tap.run(not_let_through, real, place, first)
        tap.run(plugged_in, real, place)
        first.stop()
    tap.done()
