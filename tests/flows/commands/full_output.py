#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Standard output that takes nothing more: no command ends as if what it had to say had got there."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Session
from harness import MAIL, Tap, Verifier, program
from logbook import Administrator

POLICY = '''
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
action "stepup.*" { users = { "root", "mail" }  require = { code }  code-is-enough = yes }
'''
LOST = "stepup: could not write to standard output.\n"
ALONE = (("--version",), ("--help",), ("help",), ("help", "report"), ("report", "--help"),
         ("completion", "bash"))
OF_A_LOG = (("log", "verify"), ("log", "verify", "--json"), ("report", "mail", "--since", "1h"),
            ("report", "mail", "--since", "1h", "--json"), ("report", "mail", "--since", "1h", "--csv"),
            ("report", "mail", "--since", "1h", "--html"))
ASKED_FIRST = (("log", "show"), ("log", "show", "--json"), ("log", "export"), ("users",), ("lock", "news"),
               ("report", "mail", "--since", "1h"))
ASKED_NOTHING = (("status",), ("status", "--json"), ("list",), ("list", "--json"), ("requests",),
                 ("requests", "--json"), ("keys",), ("policy", "explain", "mail", "door.open"),
                 ("policy", "explain", "mail", "door.open", "--json"))
tap = Tap()


def lost(command, words, **options):
    """What ended with 1 and said so; a dictionary of the rest."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, **options)
    tap.equal((done.returncode, done.stderr), (1, LOST),
              f"what is lost is no success: stepup {' '.join(words)}")


def without_a_verifier():
    for words in ALONE:
        lost([program("tools/stepup/stepup"), *words], words)


def of_a_log(exported):
    with open(exported) as source:
        key = json.loads(source.readline())["log_key"]
    for words in OF_A_LOG:
        lost([program("tools/stepup/stepup"), *words, "--file", exported, "--key", key], words)


def of_a_verifier(verifier, token):
    stepup = [program("tools/stepup/stepup"), "--socket-dir", verifier.run]
    for words in ASKED_NOTHING + ASKED_FIRST:
        session = Session(["sh", "-c", 'exec "$@" >/dev/full', "sh", *stepup, *words], uid=MAIL)
        if words in ASKED_FIRST:
            session.wait_for(r"(?i)code[^\n]*: ?$")
            session.type(token.fresh() + "\n")
        ended = session.finish()
        tap.ok(ended.status == 1 and ended.err.endswith(LOST) and ended.err.count(LOST) == 1,
               f"what is lost is no success: stepup {' '.join(words)}", ended)


def followed(verifier):
    """What can't be told isn't followed any more. Nor does a closed descriptor become the verifier's
    connection, over which all that is printed would go."""
    stepup = [program("tools/stepup/stepup"), "--socket-dir", verifier.run]
    for what, words in ((where, ("requests", "--follow", *more)) for where in (">/dev/full", ">&-", "<&- >&-")
                        for more in ((), ("--json",))):
        ended = Session(["sh", "-c", f'exec "$@" {what}', "sh", *stepup, *words], uid=MAIL).finish()
        tap.equal((ended.status, ended.err), (1, LOST), f"{what}: stepup {' '.join(words)} ends")


def what_ends_otherwise():
    stepup = program("tools/stepup/stepup")
    done = subprocess.run(f"{stepup} help >&-", shell=True, capture_output=True, text=True)
    tap.equal((done.returncode, done.stderr), (1, LOST), "nor is there any where standard output is closed")
    done = subprocess.run(f"{stepup} report >/dev/full", shell=True, capture_output=True, text=True)
    tap.ok(done.returncode == 2 and LOST not in done.stderr,
           "what had nothing to write ends as it would have", done)
    done = subprocess.run(f"{stepup} --socket-dir /nonexistent status --json >/dev/full", shell=True,
                          capture_output=True, text=True)
    tap.ok(done.returncode == 3 and LOST in done.stderr, "and what failed already keeps its status", done)


with Verifier(POLICY) as verifier:
    administrator = Administrator(verifier)
    mail = verifier.enrol_token("mail")
    verifier.enrol_token("news")
    administrator.check()
    os.chmod(verifier.path("admin"), 0o666)
    tap.run(without_a_verifier)
    tap.run(of_a_log, os.path.join(verifier.folder, "export"))
    tap.run(of_a_verifier, verifier, mail)
    tap.run(followed, verifier)
    tap.run(what_ends_otherwise)
tap.done()
