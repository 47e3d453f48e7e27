#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Peers that take every word and never say one: an agent whose socket nobody reads, and a second key on
the bus. Under a real sudo and in `stepup confirm` they take no time of the person's, are left out,
and that is said."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from cli_session import Session
from harness import Tap, program
from key_places import Agent, at_desk, need_helper
from keys_sudo import enroll

tap = Tap()

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
cooling-off = 0s
group support { unix = "support" }
action sudo { users = { "@support" }  prompt = "Become root on {host}"  require = { code } }
action vault.open { users = { "@support" }  prompt = "Open the vault"  require = { key } }
'''

SUDOERS = '''
Defaults:alice env_keep += "SSH_AUTH_SOCK"
alice ALL=(ALL) NOPASSWD: ALL
'''

EITHER = r"Press Enter and touch your key, or type a code: ?$"
CODE = r"Code: ?$"
KEY = r"Press Enter and touch your key: ?$"
AGENT_LEFT_OUT = "Your ssh-agent did not answer in time, so its keys were left out."
KEY_LEFT_OUT = "A key that is plugged in did not answer in time, so it was left out."


class MuteAgent:
    """A socket that takes connections, as the kernel does for it, and never reads."""

    def __init__(self, path):
        self.socket = path
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(path)
        os.chmod(path, 0o777)
        self.listening.listen(64)


def run(command, talk, agent=None, words=None, uid=scratch.ALICE):
    """The command as alice, at a terminal of its own; `talk`: what is waited for, and what is typed then."""
    environment = {"SSH_AUTH_SOCK": agent.socket} if agent else {}
    session = (Session(at_desk(words, uid, command), environment=environment) if words
               else Session(command, uid=uid, environment=environment))
    place = 0
    for question, answer in talk:
        place = session.wait_for(question, place)
        session.type(answer() if callable(answer) else answer)
        session.type("\n")
    return session.finish()


def silent_agent(alice, mute):
    for command in (["sudo", "-k", "id", "-un"], [program("tools/stepup/stepup"), "confirm", "sudo"]):
        ended = run(command, [(EITHER, alice.fresh)], agent=mute)
        tap.ok(ended.status == 0,
               f"{command[0]}: with an agent that says nothing the question stands, and a code does", ended)
        ended = run(command, [(EITHER, ""), (CODE, alice.fresh)], agent=mute)
        tap.ok(ended.status == 0 and AGENT_LEFT_OUT in ended.shown,
               f"{command[0]}: Enter leaves the agent out, and says so; the code is still asked for", ended)
    ended = run([program("tools/stepup/stepup"), "confirm", "vault.open"], [], agent=mute)
    tap.ok(ended.status == 1 and AGENT_LEFT_OUT in ended.err,
           "where only the agent's key would do, that is why nothing was approved", ended)
    ended = run([program("tools/stepup/stepup"), "enroll", "agent"],
                [("Press Enter to try again", "\x04")], agent=mute)
    tap.ok(ended.status != 0 and AGENT_LEFT_OUT in ended.shown,
           "enrolling from such an agent says so, too", ended)


def silent_key(verifier, place):
    good, mute = [f"state={place}/good.key", "pin=4321"], [f"state={place}/mute.key", "fault=mute"]
    enroll(verifier, "bob", scratch.BOB, "key", words=good, talk=[(r"PIN of your key[^\n]*: ?$", "4321")])
    confirm = [program("tools/stepup/stepup"), "confirm", "vault.open"]
    ended = run(confirm, [(KEY, "")], words=[*good, "+", *mute], uid=scratch.BOB)
    tap.ok(ended.status == 0 and KEY_LEFT_OUT in ended.shown,
           "a mute key beside it is left out with a sentence, and the right one signs", ended)
    ended = run(confirm, [(KEY, "")], words=[*mute, "+", *good], uid=scratch.BOB)
    tap.ok(ended.status == 0 and KEY_LEFT_OUT in ended.shown, "whichever of them was plugged in first", ended)
    ended = run(confirm, [], words=mute, uid=scratch.BOB)
    tap.ok(ended.status == 1 and KEY_LEFT_OUT in ended.err and "Nothing was approved" in ended.err,
           "with nothing but a mute key nobody waits for it", ended)


if __name__ == "__main__":
    need_helper()
    scratch.enter()
    scratch.install_pam_lines("sudo")
    with open("/etc/pam.d/sudo") as source:
        lines = source.read()
    with open("/etc/pam.d/sudo", "w") as out:
        out.write(lines.replace("action=sudo", "action=sudo agent=env"))
    with open("/etc/sudoers.d/test", "w") as rules:
        rules.write(SUDOERS)
    os.chmod("/etc/sudoers.d/test", 0o440)
    folder = os.path.join(os.environ["SCRATCH_HOST"], "keys")
    os.mkdir(folder, 0o755)
    with scratch.verifier(POLICY) as real:
        token = real.enrol_token("alice")
        own = Agent(os.path.join(folder, "alice-agent"), scratch.ALICE)
        own.add(own.make_key("key"))
        enroll(real, "alice", scratch.ALICE, "agent", agent=own)
        tap.run(silent_agent, token, MuteAgent(os.path.join(folder, "mute")))
        tap.run(silent_key, real, folder)
        own.stop()
    tap.done()
