#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Requests that somebody denies to lock who made them: by a factor, as agreeing takes one; nobody is locked
by a word alone, and nobody locks many."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from approvals import KEYS, POLICY, VAULT, Scene
from harness import GAMES, Tap, Verifier
from logbook import Administrator
from softkey import Key, answer, enrol_key

POLICY = POLICY.replace('users = { "mail", "news" }', 'users = { "*" }')
tap = Tap()


def clean(scene):
    """What `stepup log verify` says of all of it."""
    tap.equal(Administrator(scene.verifier).check()["problems"], [],
              "the log is whole and says nothing that can't have been")


def denied_and_locked(verifier):
    """One answer denies a request and locks who made it, for the proof that agreeing takes. A word
    alone locks nobody."""
    scene = Scene(verifier)
    transaction, reply = scene.ask()
    request = reply["request"]
    said = scene.deny(request, lock=True)
    tap.equal((said.error, said.get("parameter")), ("InvalidParameter", "lock"), "Deny knows no lock")
    said = scene.approve(request, decision="maybe")
    tap.equal((said.error, said.get("parameter")), ("InvalidParameter", "decision"),
              "an answer is to agree or to lock")
    begun = verifier.call("verify", "Approve",
                          {"user": "news", "request": request, "decision": "lock"}, uid=GAMES)
    tap.equal(begun.get("prompt"), "Deny this, and lock mail out of everything: Open vault north",
              "who is about to lock somebody is shown that, and for what")
    other = verifier.call("verify", "Approve",
                          {"user": "uucp", "request": request, "decision": "lock"}, uid=GAMES)
    tap.equal(verifier.answer(other["transaction"], scene.tokens["uucp"].wrong(), uid=GAMES).error,
              "BadAnswer", "a wrong code locks nobody")
    tap.equal(scene.standing(request), "requested", "and denies nothing")
    done = verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES)
    tap.ok(done.ok and done.get("reference", "").startswith("L-") and done.get("receipt") is None,
           "the right one does, with the lock's reference", done)
    tap.equal(done.message, "Denied, and mail is locked: everything of theirs is refused from now on. "
              f"Reference {done.get('reference')}.", "in words")
    tap.equal((scene.standing(request), scene.claim(transaction).error), ("denied", "Expired"),
              "the request is denied")
    tap.equal(verifier.begin("mail", "door.open", uid=GAMES).get("reference"), done.get("reference"),
              "everything of theirs is refused from then on")
    tap.equal(verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES).error,
              "Expired", "once")
    admin = Administrator(verifier)
    kinds = [(entry["type"], entry.get("user"), entry.get("by")) for entry in admin.entries()[-8:]]
    at = kinds.index(("deny", "news", None))
    tap.equal(kinds[at:at + 3],
              [("deny", "news", None), ("request-end", "mail", "news"), ("lock", "mail", "news")],
              "three entries of one transaction say so")
    clean(scene)


def that_was_not_me(verifier):
    scene = Scene(verifier)
    _, reply = scene.ask()
    tap.equal(scene.approve(reply["request"], "mail").error, "NotAllowed",
              "nobody agrees to their own request")
    denied = scene.approve(reply["request"], "mail", decision="lock")
    tap.ok(denied.ok and denied.get("reference", "").startswith("L-"),
           "the one in whose name it was made denies it by their own factor, and is locked", denied)
    tap.equal(verifier.begin("mail", "door.open", uid=GAMES).get("reference"), denied.get("reference"),
              "by a factor of theirs through a caller")
    clean(scene)


def who_may_lock(verifier):
    scene = Scene(verifier, "man")
    _, reply = scene.ask()
    request = reply["request"]
    tap.equal(scene.approve(request, "man", decision="lock").error, "NotAllowed",
              "who can't agree to a request locks nobody by it")
    tap.equal(scene.approve(request, "news", decision="lock", session="x" * 43).ok, True, "who can does")
    _, reply = scene.ask(user="man")
    tap.ok(scene.approve(reply["request"]).ok, "a request is agreed to")
    done = scene.approve(reply["request"], "uucp", decision="lock")
    tap.ok(done.ok and scene.standing(reply["request"]) == "denied",
           "and denied, and who made it locked, before it is used", done)
    clean(scene)


def by_keys(verifier):
    """One touch, with the PIN that agreeing takes; and what was signed to agree locks nobody."""
    mine, theirs = enrol_key(verifier, "mail", Key()), enrol_key(verifier, "news", Key())
    begun = verifier.begin("mail", "vault.key", VAULT, reach=["browser"])
    request = answer(verifier, begun, "browser", mine.sign(begun["browser"], uv=False))["request"]

    def approve(decision):
        return verifier.call("verify", "Approve",
                             {"user": "news", "request": request, "reach": ["browser"], "decision": decision})
    lock, agree = approve("lock"), approve("approve")
    tap.equal((lock["methods"], lock["browser"]["userVerification"]), (["browser"], "required"),
              "to lock takes the key and the PIN that agreeing takes")
    tap.equal(answer(verifier, lock, "browser", theirs.sign(agree["browser"])).error, "BadAnswer",
              "what was signed to agree locks nobody")
    tap.equal(answer(verifier, lock, "browser", theirs.sign(lock["browser"], uv=False)).error, "BadAnswer",
              "nor does a touch without the PIN")
    done = answer(verifier, lock, "browser", theirs.sign(lock["browser"]))
    tap.ok(done.ok and done.get("reference"), "one touch denies and locks", done)
    entry = next(entry for entry in Administrator(verifier).entries() if entry["type"] == "deny")
    tap.equal((entry["context"]["purpose"], entry["context"]["decision"], entry["method"]),
              ("approve", "lock", "key"), "and what was signed says so in the log")
    tap.equal(Administrator(verifier).check()["problems"], [], "where it is checked again")


LOCKED_BY_ONE = ("bin", "sys", "lp", "irc", "proxy")


def three_an_hour(verifier):
    """A fourth person isn't locked by the same one within the hour."""
    scene = Scene(verifier, *LOCKED_BY_ONE)
    admin = Administrator(verifier)
    asked = {user: scene.ask(user=user)[1]["request"] for user in LOCKED_BY_ONE}
    done = {user: scene.approve(asked[user], decision="lock") for user in LOCKED_BY_ONE[:4]}
    tap.equal([bool(reply.get("reference")) for reply in done.values()], [True, True, True, False],
              "one person locks three others within an hour, and no fourth")
    fourth = LOCKED_BY_ONE[3]
    tap.ok(done[fourth].ok and scene.standing(asked[fourth]) == "denied",
           "whose request is denied all the same", done[fourth])
    tap.matches(done[fourth].message, "was not locked: you have locked three people within the hour",
                "and the words say that nobody was locked")
    tap.ok(verifier.begin(fourth, "door.open", uid=GAMES).ok, "the fourth goes on")
    verifier.wait_log(r"STEPUP_KIND=many-locks STEPUP_USER=news ")
    tap.ok(True, "an alert says so")
    tap.ok(scene.approve(asked[LOCKED_BY_ONE[4]], "uucp", decision="lock").get("reference"),
           "another person still locks")
    tap.equal(len([entry for entry in admin.entries() if entry["type"] == "lock"]), 4,
              "four were locked in all")
    clean(scene)


if __name__ == "__main__":
    for function in (denied_and_locked, that_was_not_me, who_may_lock, three_an_hour):
        with Verifier(POLICY) as running:
            os.chmod(running.path("admin"), 0o666)
            tap.run(function, running)
    with Verifier(KEYS) as running:
        os.chmod(running.path("admin"), 0o666)
        tap.run(by_keys, running)
    tap.done()
