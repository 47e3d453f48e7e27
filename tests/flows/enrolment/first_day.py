#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The first day: root's invitation, a key, the example policy (README has it first), a second administrator
and an approver, in one sitting. And what becomes of an administrator who enrolled a code and then took
the example policy."""
import contextlib
import os
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import Tap, program, source_dir
from passing_time import PassingTime
from softkey import Key, ORIGIN, enrol_key

DAY = 24 * 3600
DANA, ERIK = 59106, 59107
START = f'''
issuer = "https://stepup.example.com"
rp-id = "support.example.com"
origins = {{ "{ORIGIN}" }}
store = "sqlite:{{state}}/stepup.db"
action "stepup.*" {{ users = {{ "dana" }}  require = {{ code }}  code-is-enough = yes }}
'''
tap = Tap()


def example():
    """The shipped example, with this store."""
    with open(os.path.join(source_dir(), "examples", "stepup.conf")) as source:
        text = source.read()
    assert "https://support.example.com" in text
    return re.sub(r'(?m)^store .*$', 'store = "sqlite:{state}/stepup.db"', text)


def host():
    made = scratch.verifier(START)
    return made, PassingTime(made)


def check(verifier):
    """What `stepupd --check` says of the configuration."""
    return subprocess.run([program("verifier/stepupd"), "--config", verifier.config, "--run-dir",
                           verifier.run, "--check"],
                          capture_output=True, text=True, check=False).stdout


def init(verifier, again=False):
    os.chmod(verifier.path("admin"), 0o666)  # whose group a verifier that isn't root can't give it
    return verifier.call("admin", "Init", {"user": "dana", "again": again})


def by_key(verifier, key, user, uid, action, details):
    """The authorization of a verb by a key."""
    begun = verifier.begin(user, action, details, uid=uid, reach=["browser"])
    if not begun.ok:
        return begun
    reply = verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "browser",
                                               "key": key.sign(begun["browser"])}, uid=uid)
    reply.parameters["transaction"] = begun["transaction"]
    return reply


def verb(verifier, key, user, uid, name, details, parameters=None):
    granted = by_key(verifier, key, user, uid, "stepup." + name.lower(), details)
    if not granted.ok:
        return granted
    return verifier.call("admin", name, {**(parameters or details), "authorization": granted["transaction"]},
                         uid=uid, groups=(59011,))


def invite(verifier, key, user):
    """Dana invites somebody, who enrols a key."""
    reply = verb(verifier, key, "dana", DANA, "Invite", {"user": user})
    return enrol_key(verifier, user, Key(), invitation=reply["invitation"]) if reply.ok else reply


def rewrite_first_entry(verifier, at):
    """As somebody does who may write the database."""
    with contextlib.closing(sqlite3.connect(verifier.database, timeout=10)) as store:
        entry = store.execute("SELECT entry FROM log_entries WHERE idx = 0").fetchone()[0]
        store.execute("UPDATE log_entries SET entry = ? WHERE idx = 0",
                      (re.sub(r'"at":\d+', f'"at":{at}', entry),))
        store.commit()


def in_one_sitting():
    verifier, time = host()
    with verifier:
        dana = enrol_key(verifier, "dana", Key(), invitation=init(verifier)["invitation"])
        verifier.write_policy(example())
        verifier.reload()
        tap.ok("Nobody who may do" not in verifier.log(),
               "with a key the example policy leaves its administrator in power")
        until = verifier.call("admin", "Status").get("first_day_until", 0)
        tap.ok(until > 0, "status says until when it is the first day")
        time.go_on(1800)
        erik = invite(verifier, dana, "erik")
        reply = verb(verifier, erik, "erik", ERIK, "Lock", {"users": "bob"}, {"users": ["bob"]})
        opened = verb(verifier, erik, "erik", ERIK, "Unlock", {"user": "bob"})
        tap.ok(reply.ok and (opened.ok or opened.error == "NotAllowed"),
               "a second administrator locks and unlocks at once", (reply, opened))
        carol = invite(verifier, dana, "carol")
        alice = invite(verifier, dana, "alice")
        asked = [by_key(verifier, alice, "alice", None, "customer.export",
                        {"account": "acme", "records": 20001})]
        tap.equal(asked[0].error, "NeedsApproval", "an export that takes a second person waits")
        begun = verifier.call("verify", "Approve",
                              {"user": "carol", "request": asked[0].get("request"), "reach": ["browser"]},
                              uid=scratch.CAROL)
        agreed = begun if not begun.ok else verifier.call("verify", "Answer", {
            "transaction": begun["transaction"], "method": "browser", "key": carol.sign(begun["browser"])},
                                                          uid=scratch.CAROL)
        tap.ok(agreed.ok, "an approver agrees at once", agreed)
        tap.equal(verifier.log().count("enrolled a credential on the verifier's first day"), 3,
                  "each of them is an alert")
        time.go_on(DAY)
        tap.equal(verifier.call("admin", "Status").get("first_day_until"), None, "the day ends by itself")
        rewrite_first_entry(verifier, until)
        tap.equal(verifier.call("admin", "Status").get("first_day_until"), None,
                  "and nobody begins it again who writes another time into the log's first entry")
        dave = invite(verifier, dana, "dave")
        begun = verifier.begin("dave", "stepup.lock", {"users": "bob"}, reach=["browser"])
        tap.ok(isinstance(dave, Key) and not begun.ok,
               "after a day whom they invite has to cool off, or may nothing", begun)
        bob = invite(verifier, dana, "carol")
        begun = verifier.begin("carol", "stepup.lock", {"users": "mallory"}, reach=["browser"])
        tap.ok(isinstance(bob, Key) and begun.ok, "what was enrolled on the first day counts on", begun)


def with_a_code_only():
    verifier, _ = host()
    with verifier:
        code = verifier.enrol_token("dana", invitation=init(verifier)["invitation"])
        verifier.write_policy(example())
        said = check(verifier)
        tap.ok("warning: Nobody who may do stepup.invite" in said, "so does a check before the reload", said)
        verifier.reload()
        tap.ok("warning: Nobody who may do stepup.unlock" in check(verifier), "and after it")
        tap.matches(
            verifier.log(),
            r"Nobody who may do stepup\.invite has what it takes enrolled now.*stepup init --again USER",
            "a reload warns that nobody enrolled can administer")
        tap.ok("Nobody who may do stepup.unlock" in verifier.log()
               and "No approver of customer.export" in verifier.log(), "or unlock, or agree")
        before = len(verifier.log())
        verifier.restart()
        tap.ok("Nobody who may do stepup.invite" in verifier.log()[before:], "so does a start")
        powerless = verifier.call("admin", "Status").get("powerless", [])
        tap.ok(any("stepup.unlock" in one for one in powerless), "and status", powerless)
        reply = verifier.begin("dana", "stepup.invite", {"user": "erik"}, uid=DANA, reach=["browser"])
        tap.equal(reply.error, "TooWeak", "an administrator with a code only is refused")
        tap.matches(reply.message, r"or root on the verifier's host \(stepup init --again\)",
                    "the refusal names root's way out")
        dana = enrol_key(verifier, "dana", Key(), invitation=init(verifier, again=True)["invitation"])
        tap.equal(verifier.call("admin", "Status").get("first_day_until"), None,
                  "after init --again it is over")
        erik = invite(verifier, dana, "erik")
        tap.ok(isinstance(erik, Key), "with a key by that invitation they invite again", erik)
        begun = verifier.begin("erik", "stepup.invite", {"user": "bob"}, reach=["browser"])
        tap.matches(begun.message, r"Your key is new.*or ask root on the verifier's host",
                    "whose keys cool off, and whoever waits is told of root, too")
        del code


if __name__ == "__main__":
    scratch.enter()
    for function in (in_one_sitting, with_a_code_only):
        tap.run(function)
    tap.done()
