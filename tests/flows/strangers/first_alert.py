#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Whoever has somebody's password and codes, and no key, is noticed at the first thing that is refused,
whichever way it is tried: an entry in the log and an alert, at once. A flood of them fills neither the log
nor anybody else's place in it."""
import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, Tap, Verifier
from logbook import Administrator
from softkey import Key, answer, enrol_key

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
origins = { "https://support.example.com" }
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
cooling-off = 0s
caller console { unix-user = "games"  users = { "*" }  actions = { "*", "stepup.enroll", "stepup.remove" } }
group admins { members = { "root" } }
group staff { members = { "mail", "news", "lp", "man", "sys", "bin", "uucp", "proxy", "list", "irc", "backup",
    "www-data", "sync", "daemon", "games" } }
action console.login { users = { "*" }  prompt = "Sign in"  require = { code } }
action vault.open { users = { "@staff" }  prompt = "Open the vault"  require = { key } }
action vault.list { users = { "@staff" }  details = { "page:text" }  prompt = "Look at {page}"
    require = { code }  fresh-for = 15m
    limit = { "2 different page per 1h" }  over-limit = approve  approvers = { "root" }
    hard-limit = { "3 different page per 1h" } }
action door.open { users = { "@staff" }  prompt = "Open the door"  require = { code }
    limit = { "1 per 1h" } }
action "stepup.*" { users = { "@admins" }  require = { code }  code-is-enough = yes }
'''
SESSION = "0123456789abcdef0123456789abcdef"
RUBBISH = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "clientExtensionResults": {},
           "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"}}
WHERE = {"session": SESSION, "rhost": "192.0.2.7", "service": "support-console"}

tap = Tap()


class Console:
    """What a console that a thief sits at sends, for one user."""

    def __init__(self, verifier, user):
        self.verifier, self.user, self.token, self.key = verifier, user, verifier.enrol_token(user), None

    def with_key(self):
        self.key = enrol_key(self.verifier, self.user, Key())
        return self

    def begin(self, action, details=None):
        return self.verifier.begin(self.user, action, details, uid=GAMES, reach=["browser", "fresh"], **WHERE)

    def answer(self, begun, method="code", **what):
        return self.verifier.call("verify", "Answer",
                                  {"transaction": begun["transaction"], "method": method, **what}, uid=GAMES)

    def code(self, action, details=None):
        begun = self.begin(action, details)
        return self.answer(begun, code=self.token.fresh()) if begun.ok else begun

    def call(self, method, parameters):
        return self.verifier.call("verify", method, parameters, uid=GAMES)


def no_key_at_all(console):
    return console.begin("vault.open")


def a_code_for_a_key(console):
    return console.with_key().code("vault.open")


def rubbish_for_a_key(console):
    return console.answer(console.with_key().begin("vault.open"), "browser", key=RUBBISH)


def a_key_of_his_own(console):
    begun = console.with_key().begin("vault.open")
    return answer(console.verifier, begun, "browser", Key().sign(begun["browser"]), uid=GAMES)


def given_up(console):
    console.call("Cancel", {"transaction": console.with_key().begin("vault.open")["transaction"]})


def one_too_many(console):
    console.code("door.open")
    return console.begin("door.open")


def one_more_than_nobody_asks_about(console):
    for page in ("one", "two"):
        console.code("vault.list", {"page": page})
    return console.code("vault.list", {"page": "three"})


def more_than_anybody_may_agree_to(console):
    for page in ("one", "two", "three"):
        reply = console.code("vault.list", {"page": page})
    console.call("CancelRequest", {"request": reply["request"]})
    return console.code("vault.list", {"page": "three"})


def a_key_added_without_permission(console):
    return console.call("EnrollBegin", {"user": console.user, "type": "key", "reach": ["browser"]})


def a_key_added_by_an_invented_invitation(console):
    return console.call("EnrollBegin", {"user": console.user, "type": "key", "reach": ["browser"],
                                        "invitation": "ABCD-EFGH-IJKL-MNOP"})


def a_key_added_by_codes(console):
    return console.code("stepup.enroll", {"type": "key"})


def the_owners_key_removed_by_codes(console):
    console.with_key()
    return console.code("stepup.remove", {"credential": console.key.credential})


def what_is_not_hers(console):
    return console.begin("stepup.lock", {"user": "root"})


def a_code_twice(console):
    code = console.token.fresh()
    console.answer(console.begin("console.login"), code=code)
    return console.answer(console.begin("console.login"), code=code)


def a_step_up_for_something_else(console):
    begun = console.with_key().begin("vault.open")
    answer(console.verifier, begun, "browser", console.key.sign(begun["browser"]), uid=GAMES)
    return console.call("EnrollBegin",
                        {"user": console.user, "type": "hotp", "authorization": begun["transaction"]})


# A user of its own for each way, because of one kind about one user the first is told at once.
WAYS = (
    ("mail", no_key_at_all, "too-weak"), ("news", a_code_for_a_key, "too-weak"),
    ("lp", rubbish_for_a_key, "wrong-key"), ("man", a_key_of_his_own, "wrong-key"),
    ("sys", given_up, "unanswered"), ("bin", one_too_many, "over-limit"),
    ("uucp", one_more_than_nobody_asks_about, "over-limit"),
    ("backup", more_than_anybody_may_agree_to, "over-limit"),
    ("proxy", a_key_added_without_permission, "enrolment-refused"),
    ("list", a_key_added_by_an_invented_invitation, "enrolment-refused"),
    ("irc", a_key_added_by_codes, "too-weak"), ("www-data", the_owners_key_removed_by_codes, "too-weak"),
    ("sync", what_is_not_hers, "not-allowed"), ("daemon", a_code_twice, "spent-code"),
    ("games", a_step_up_for_something_else, "enrolment-refused"),
)


def each_way(verifier, administrator):
    for user, way, kind in WAYS:
        console = Console(verifier, user)
        reply = way(console)
        tap.ok(reply is None or not reply.ok, f"{way.__name__.replace('_', ' ')} is refused", reply)
        line = verifier.wait_log(rf"[^\n]*STEPUP_KIND={kind} STEPUP_USER={user} [^\n]*")
        tap.ok(True, f"and an alert of the kind {kind}: {line.group(0)[:140]}")
        if kind == "spent-code":
            tap.matches(verifier.log(), r"typed again at the same place, \d+ seconds later, and was refused. "
                        r"As a rule that is a second connection",
                        "and one of the same place, seconds later, says so")
    entries = administrator.entries()
    for user, way, kind in WAYS:
        refused = [entry for entry in entries if entry.get("user") == user
                   and entry["type"] in ("refusal", "request", "alert")]
        tap.ok(refused, f"the log has it: {way.__name__.replace('_', ' ')}",
               [entry for entry in entries if entry.get("user") == user])
    checked = administrator.check()
    tap.ok(checked["valid"], "and stepup log verify finds nothing wrong with it", checked)


def no_alert(verifier):
    """What people do every day. The refusal at the end is told after whatever came of it."""
    console = Console(verifier, "nobody")
    console.answer(console.begin("console.login"), code=console.token.wrong())
    console.call("Cancel", {"transaction": console.begin("console.login")["transaction"]})
    console.begin("vault.open")
    verifier.wait_log(r"STEPUP_USER=nobody STEPUP_ACTION=vault.open")
    told = [line for line in verifier.log().splitlines() if "STEPUP_USER=nobody" in line
            and "STEPUP_KIND=new-credential" not in line]
    tap.equal(len(told), 1, "one mistyped code, or a change of mind at the sign-in, alerts nobody")


def flood(verifier, administrator):
    """A thief who makes noise under one name doesn't drown what is tried under another."""
    loud, quiet = Console(verifier, "mail"), Console(verifier, "news")
    for number in range(120):
        loud.begin("vault.open")
        verifier.begin(f"invented{number}", "console.login", uid=GAMES, **WHERE)
    quiet.begin("vault.open")
    verifier.wait_log(r"STEPUP_KIND=too-weak STEPUP_USER=news ")
    tap.ok(True, "after 120 refusals of one user's, the first one of another's is logged, and is an alert")
    refusals = [entry for entry in administrator.entries() if entry["type"] == "refusal"
                and entry.get("user") == "mail"]
    tap.ok(len(refusals) < 100, "the log did not grow at their pace", len(refusals))
    tap.equal(verifier.log().count("STEPUP_KIND=too-weak STEPUP_USER=mail "), 1, "and people were told once")


def left_open(verifier):
    """A question for a key that nobody answers; the verifier's time goes sixty times as fast."""
    console = Console(verifier, "mail").with_key()
    console.begin("vault.open")
    verifier.wait_log(r"STEPUP_KIND=unanswered STEPUP_USER=mail ")
    tap.ok(True, "a question for a key that is left open is an alert when its time is over")


if __name__ == "__main__":
    with Verifier(POLICY) as here:
        chief = Administrator(here)
        tap.run(each_way, here, chief)
        tap.run(no_alert, here)
    with Verifier(POLICY) as here:
        chief = Administrator(here)
        tap.run(flood, here, chief)
    fast = Verifier(POLICY)
    fast.environment = {"LD_PRELOAD": glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0],
                        "FAKETIME": "+0 x60"}
    with fast:
        tap.run(left_open, fast)
    tap.done()
