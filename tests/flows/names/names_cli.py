#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup(1) and names that a directory spells in several ways: what is prompted, said and exited with."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from cli_session import Cli
from directory import Directory
from harness import DAEMON, Tap, Verifier, program

POLICY = '''
cooling-off = 0s
action "stepup.*" { users = { "daemon" }  require = { code }  code-is-enough = yes }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
'''
ALIAS = "asmith@corp.example.com"
tap = Tap()


class Desk:
    def __init__(self, verifier):
        self.cli, self.token = Cli(verifier), verifier.enrol_token("daemon")

    def run(self, *arguments, ask=True):
        return self.cli.run(*arguments, answers=(self.token.fresh,) if ask else (), uid=DAEMON)


def locking(verifier, desk):
    done = desk.run("lock", ALIAS)
    tap.ok(done.status == 0 and "Locked: asmith (L-" in done.out,
           "lock takes any spelling, and says whom it locked", done)
    tap.ok(f"{ALIAS} is asmith here" in done.err and "asmith@" not in done.shown,
           "the account's own name is told before a code is asked for", done)
    tap.equal(verifier.begin("asmith", "door.open").error, "Locked", "the person is locked")
    done = desk.run("lock", "ghost", "--json")
    tap.ok(done.status == 5 and done.json()["unknown"] == ["ghost"],
           "a lock of a name of nobody's exits 5", done)
    done = desk.run("lock", "spectre")
    tap.ok(done.status == 5 and "Nobody of that name is known: spectre" in done.out,
           "and says that nobody of that name is known", done)
    for name in ("@support", "*", "a,b"):
        done = desk.run("lock", name, ask=False)
        tap.ok(done.status == 2 and "No account can have the name" in done.err and not done.shown,
               f"lock {name} is an error, before anybody is asked", done)
    for verb in ("unlock", "invite", "revoke", "list"):
        tap.equal(desk.run(verb, "@support", ask=False).status, 2, f"so is {verb} @support")


def reading(desk):
    for name in ("ASmith", "CORP\\asmith", ALIAS, "asmith"):
        done = desk.run("report", name, "--since", "1h")
        tap.ok(done.status == 0 and "What asmith did" in done.out and "Locked" in done.out,
               f"report {name} is asmith's", done)
    done = desk.run("list", ALIAS)
    tap.ok(done.status == 0 and "hotp" in done.out, "list takes any spelling", done)
    done = desk.run("policy", "explain", ALIAS, "door.open", ask=False)
    tap.ok("asmith is locked" in done.out, "so does policy explain", done)


def checking(verifier, directory):
    """policy check, and what the journal says at a reload."""
    with open(verifier.config, "a") as out:
        out.write('action alias.open { users = { "ASmith", '
                  '"nobody-like-that" }  prompt = "Open"  require = { code } }\n')
    ended = subprocess.run([program("verifier/stepupd"), "--check", "--config", verifier.config],
                           capture_output=True, text=True, check=False)
    tap.ok(ended.returncode == 0 and 'names "ASmith", which is the account "asmith" here' in ended.stdout,
           "policy check tells of a user whom the directory calls otherwise", ended.stdout)
    tap.matches(ended.stdout, 'names "nobody-like-that", and this host knows no such account',
                "and of one whom it doesn't know")
    verifier.reload()
    verifier.wait_log('this host knows no account "nobody-like-that", which the policy names')
    tap.ok('the account that the policy calls "ASmith" is "asmith" here' in verifier.log(),
           "so does the journal at a reload")


def main():
    directory = Directory()
    directory.switch("fold")
    directory.account("asmith", 60001, aliases=("CORP\\asmith", ALIAS))
    with Verifier(POLICY) as verifier:
        os.chmod(verifier.path("admin"), 0o666)
        verifier.enrol_token(ALIAS)
        desk = Desk(verifier)
        tap.run(locking, verifier, desk)
        tap.run(reading, desk)
        tap.run(checking, verifier, directory)
    tap.done()


if __name__ == "__main__":
    scratch.enter()
    main()
