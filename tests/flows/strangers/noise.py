#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Noise: names that somebody makes up alert people once, in words of ours, and delay no alert about a
person; whatever one uid has refused makes the log grow at that uid's pace, whomever it names and
whatever keys it tries."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, MAIL, Tap, Verifier, as_uid
from logbook import Administrator
from softkey import Key, enrol_key

POLICY = '''
origins = { "https://support.example.com" }
cooling-off = 0s
caller console { unix-user = "games"  users = { "*" }  actions = { "*", "stepup.enroll" } }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
action "stepup.*" { users = { "root" }  require = { code }  code-is-enough = yes }
'''
PEOPLE = ("news", "lp", "man", "sys", "uucp", "proxy", "list", "irc", "backup", "www-data", "sync", "daemon")
BURST = 40  # what one uid may put into the log at once, and some

tap = Tap()


def invented_names(verifier, _):
    def tries():
        with verifier.client() as client:
            for number in range(60):
                client.call("EnrollBegin", {"user": f"evil{number}", "type": "totp", "invitation": "x"})
            client.call("EnrollBegin", {"user": "news", "type": "totp", "invitation": "x"})

    as_uid(GAMES, tries)
    verifier.wait_log(r"STEPUP_KIND=enrolment-refused STEPUP_USER=news ")
    tap.ok(True, "what is tried at a person is told at once, also behind sixty names that somebody made up")
    alerts = [line for line in verifier.log().splitlines() if "STEPUP_EVENT=alert" in line
              and "STEPUP_KIND=enrolment-refused" in line]
    tap.equal(len([line for line in alerts if "STEPUP_USER=news" not in line]), 1,
              "those names are told of once")
    tap.ok(not any("evil" in line for line in verifier.log().splitlines()),
           "and in no words of whoever made them up")
    tap.matches("\n".join(alerts), "under a name that nobody is enrolled under", "but in ours")


def refusals(administrator, uid):
    return [entry for entry in administrator.entries() if entry["type"] == "refusal"
            and entry.get("caller") == uid]


def names_everybody(verifier, administrator):
    def tries():
        with verifier.client() as client:
            for _ in range(15):
                for user in PEOPLE:
                    client.call("Remove", {"user": user, "credential": "C-x", "authorization": "x"})
                    client.call("List", {"user": user})
                    client.call("Deny", {"user": user, "request": "R-AAAA-AAAA"})
                    client.call("EnrollBegin", {"user": user, "type": "totp", "invitation": "x"})

    as_uid(MAIL, tries)
    entries = refusals(administrator, "mail")
    tap.ok(0 < len(entries) <= BURST,
           f"a uid that names {len(PEOPLE)} people again and again makes the log grow at its own pace",
           len(entries))


def wrong_keys(verifier, administrator):
    enrol_key(verifier, "nobody", Key())

    def tries():
        with verifier.client() as client:
            for _ in range(60):
                begun = client.call("Begin", {"user": "nobody", "action": "vault.open", "reach": ["browser"],
                                              "session": "s" * 30})
                for _ in range(3 if begun.ok else 0):
                    key = Key()
                    client.call("Answer", {"transaction": begun["transaction"], "method": "browser",
                                           "key": key.sign(begun["browser"])})

    as_uid(GAMES, tries)
    entries = [entry for entry in refusals(administrator, "games") if entry.get("method") == "browser"]
    tap.ok(0 < len(entries) <= BURST, "so does one that answers with wrong keys", len(entries))
    tap.ok(administrator.check()["valid"], "and the log is in order")


if __name__ == "__main__":
    with Verifier(POLICY) as real:
        root = Administrator(real)
        for person in PEOPLE:
            real.enrol_token(person)
        for function in (invented_names, names_everybody, wrong_keys):
            tap.run(function, real, root)
    tap.done()
