#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real `ssh -A` to a real sshd on a scratch host: a key behind the forwarded agent is enrolled there, and
stands in front of what is done there."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from cli_session import Session
from harness import Tap, program
from key_places import Agent, need_helper
from sshd import Sshd, give_key

tap = Tap()

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
cooling-off = 0s
group support { unix = "support" }
action login.sshd { users = { "@support" }  prompt = "Sign in to {host} from {rhost}"  require = { code } }
action "stepup.*" { users = { "@support" }  require = { code }  code-is-enough = yes }
action vault.open { users = { "@support" }  prompt = "Open the vault on {host}"  require = { key } }
'''

KEY_QUESTION = r"Press Enter and touch your key: ?$"


def ssh(daemon, user, *command, agent=None, talk=()):
    """Runs a command over there, on a terminal, from a computer of the person's own."""
    line = ["ssh", "-F", "none", "-tt", "-p", str(daemon.port), "-i", f"{daemon.folder}/key", "-o",
            "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "PreferredAuthentications=publickey"]
    line += ["-A" if agent else "-a", f"{user}@127.0.0.1", *command]
    session = Session(line, environment={"HOME": daemon.folder,
                                         **({"SSH_AUTH_SOCK": agent.socket} if agent else {})})
    place = 0
    for question, answer in talk:
        # ssh's output is the other terminal
        place = session.wait_for(question, place, session.process.stdout.fileno())
        session.type(answer + "\n")
    return session.finish()


def over_ssh(verifier, daemon, agent):
    stepup = program("tools/stepup/stepup")
    give_key(daemon.folder, "alice", scratch.ALICE)
    invitation = verifier.call("admin", "Init", {"user": "alice", "again": True})["invitation"]
    ended = ssh(daemon, "alice", stepup, "enroll", "agent", "--invitation", invitation)
    tap.ok(ended.status == 1 and "ssh -A" in ended.out,
           "ssh: without -A there is nothing to enroll, and what to do is said", ended)
    ended = ssh(daemon, "alice", stepup, "enroll", "key", "--invitation", invitation, agent=agent)
    tap.ok(ended.status == 1 and "enroll agent" in ended.out,
           "ssh: a key of the host is not the person's", ended)
    ended = ssh(daemon, "alice", stepup, "enroll", "agent", "--invitation", invitation, agent=agent)
    tap.ok(ended.status == 0, "ssh -A: a key of one's own computer is enrolled over there", ended)
    ended = ssh(daemon, "alice", stepup, "confirm", "vault.open", "--", "echo", "the", "vault", "is", "open",
                agent=agent, talk=[(KEY_QUESTION, "")])
    tap.ok(ended.status == 0 and "the vault is open" in ended.out,
           "ssh -A: stepup confirm lets through with the key", ended)
    tap.ok("Open the vault on" in ended.out, "ssh -A: under what it is for", ended)
    ended = ssh(daemon, "alice", stepup, "confirm", "vault.open", "--", "echo", "the", "vault", "is", "open")
    tap.ok(ended.status == 1 and "the vault is open" not in ended.out and "Nothing was approved" in ended.out,
           "ssh: without it stepup confirm does not", ended)
    agent.forget()
    ended = ssh(daemon, "alice", stepup, "confirm", "vault.open", "--", "echo", "the", "vault", "is", "open",
                agent=agent)
    tap.ok(ended.status == 1 and "the vault is open" not in ended.out,
           "ssh -A: nor with an agent that has no key", ended)


if __name__ == "__main__":
    need_helper()
    scratch.enter()
    scratch.install_pam_lines("sshd")
    place = os.path.join(os.environ["SCRATCH_HOST"], "sshd-test")
    with scratch.verifier(POLICY) as real:
        there = Sshd(place)
        here = Agent(os.path.join(place, "agent"), 0)
        here.add(here.make_key("laptop"))
        tap.run(over_ssh, real, there, here)
        here.stop()
        there.stop()
    tap.done()
