#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is refused only where it would have been done, inside its own transaction, is in the log like what is
refused before: who, what, why, and the step-up that was spent on it. Each race is two calls in one commit."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from admin import MADE_UP, Second, open_doors
from harness import BIN, DAEMON, Tap, Token, Verifier
from logbook import Administrator

POLICY = '''
caller console { unix-user = "root"  users = { "*" }  actions = { "*" } }
action "stepup.*" { users = { "root", "bin" }  require = { code }  code-is-enough = yes }
action vault.open { users = { "mail" }  prompt = "Open"  require = { code }  always-approve = yes
    approvers = { "bin" } }
'''
tap = Tap()


class Desk:
    """Root's, with the log up to what was looked at before."""

    def __init__(self, verifier):
        self.verifier, self.root = verifier, Administrator(verifier)
        self.bin = Second(verifier)
        self.seen = 0

    def new_refusals(self):
        """What is in the log since the last time, without what this desk's own asking adds."""
        entries = self.root.entries()
        new, self.seen = entries[self.seen:], len(entries)
        return [entry for entry in new if entry["type"] == "refusal"]

    def stop(self, verb, details, parameters=None):
        """A verb as (door, method, parameters), ready to be sent."""
        authorization = self.root.authorize("stepup." + verb.lower(), details)
        return ("admin", verb,
                {**(details if parameters is None else parameters), "authorization": authorization})

    def race(self, prepare, undo):
        """prepare() gives two calls anew, of which the first should be decided first; undo() undoes that one,
        and where the second came first it is tried again."""
        for _ in range(20):
            self.new_refusals()
            first, second = self.verifier.in_one_go(*prepare())
            undo()
            if not second.ok:
                break  # else the verifier let it in before the first
        return first, second


def told(entry):
    return {name: entry[name] for name in ("error", "action", "user", "why", "caller", "grant")
            if name in entry}


def expect(desk, race, error, wanted, fact):
    first, second = race
    tap.ok(first.ok and second.error == error, f"{fact}: refused as {error}", race)
    logged = desk.new_refusals()
    tap.ok([{name: entry.get(name) for name in wanted} for entry in logged] == [wanted],
           f"{fact}: that is in the log", [told(entry) for entry in logged])
    return logged[0] if logged else {}


def names_its_grant(desk, entry, fact):
    index = entry.get("grant", 0)
    grant = desk.root.entries()[index]
    tap.ok(index
           and (grant["type"], grant["action"], grant["user"]) == ("grant", entry["action"], entry["user"]),
           f"{fact}: with the step-up that was spent on it", (entry, grant))


def verbs(desk):
    """Frozen, or the administrator locked, since the step-up was granted."""
    held = desk.verifier.enrol_token("sync")

    def revoke():
        return desk.stop("Revoke",
                         {"user": "sync", "credential": desk.verifier.enrol_token("sync").credential})

    entry = expect(desk, desk.race(lambda: (desk.stop("Freeze", {"action": "stepup.revoke"}), revoke()),
                                   lambda: desk.root.call("Thaw", {"action": "stepup.revoke"})), "Frozen",
                   {"error": "Frozen", "action": "stepup.revoke", "user": "root", "why": "after its step-up"},
                   "a verb behind its freeze")
    names_its_grant(desk, entry, "a verb behind its freeze")
    entry = expect(desk,
                   desk.race(lambda: (desk.stop("Lock", {"users": "root"}, {"users": ["root"]}), revoke()),
                             lambda: desk.bin.unlock("root")), "Locked",
                   {"error": "Locked", "action": "stepup.revoke", "user": "root", "why": "after its step-up"},
                   "a verb behind the lock of its administrator")
    names_its_grant(desk, entry, "a verb behind the lock of its administrator")

    def remove():
        spare = desk.verifier.enrol_token("sync").credential
        begun = desk.verifier.begin("sync", "stepup.remove", {"credential": spare})
        desk.verifier.answer(begun["transaction"], held.fresh())
        return ("verify", "Remove",
                {"user": "sync", "credential": spare, "authorization": begun["transaction"]})

    entry = expect(desk, desk.race(lambda: (desk.stop("Freeze", {"action": "stepup.remove"}), remove()),
                                   lambda: desk.root.call("Thaw", {"action": "stepup.remove"})), "Frozen",
                   {"error": "Frozen", "action": "stepup.remove", "user": "sync"},
                   "one's own removal behind its freeze")
    names_its_grant(desk, entry, "one's own removal behind its freeze")


def unlocking(desk):
    desk.verifier.enrol_token("news")
    desk.root.call("Lock", {"users": "news"}, {"users": ["news"]})
    desk.new_refusals()
    ok = desk.verifier.call("admin", "Status")
    entry = expect(desk, (ok, desk.root.call("Unlock", {"user": "news"})), "NotAllowed",
                   {"error": "NotAllowed", "action": "stepup.unlock", "user": "root",
                    "why": "locked by the same person"},
                   "unlocking whom one locked")
    names_its_grant(desk, entry, "unlocking whom one locked")
    expect(desk, (ok, desk.root.call("Unlock", {"user": "root"})), "NotAllowed",
           {"error": "NotAllowed", "action": "stepup.unlock", "user": "root", "why": "their own account"},
           "unlocking oneself")
    desk.bin.unlock("news")
    desk.new_refusals()
    for verb, details in (("Unlock", {"user": "news"}), ("Thaw", {"action": "vault.open"}),
                          ("Revoke", {"user": "news", "credential": MADE_UP[:16]})):
        tap.equal(desk.root.call(verb, details).error, "NotAllowed",
                  f"{verb} of what isn't there is a mistake")
    tap.equal([told(entry) for entry in desk.new_refusals()], [], "and in no log")


def enrolments(desk):
    verifier = desk.verifier

    def finish(user, **permission):
        begun = verifier.call("verify", "EnrollBegin", {"user": user, "type": "hotp", **permission})
        return ("verify", "EnrollFinish",
                {"transaction": begun["transaction"], "code": Token(begun["secret"]).fresh()})

    def invited(user):
        return finish(user,
                      invitation=verifier.call("admin", "Init", {"user": user, "again": True})["invitation"])

    def thaw():
        return desk.root.call("Thaw", {"action": "stepup.enroll"})

    refusal = {"action": "stepup.enroll", "user": "lp"}
    expect(desk, desk.race(lambda: (desk.stop("Freeze", {"action": "stepup.enroll"}), invited("lp")), thaw),
           "Frozen",
           {"error": "Frozen", "why": "enrolment", **refusal}, "an enrolment behind its freeze")
    expect(desk, desk.race(lambda: (desk.stop("Lock", {"users": "lp"}, {"users": ["lp"]}), invited("lp")),
                           lambda: desk.bin.unlock("lp")), "Locked",
           {"error": "Locked", "why": "enrolment", **refusal}, "an enrolment behind a lock")
    expect(
        desk,
        desk.race(lambda: tuple(reversed((invited("lp"), ("admin", "Init", {"user": "lp", "again": True})))),
                  lambda: None),
        "NotAllowed",
           {"error": "NotAllowed", "why": "wrong invitation", **refusal},
           "an enrolment behind a newer invitation")
    token = verifier.enrol_token("man")

    def authorized():
        begun = verifier.begin("man", "stepup.enroll", {"type": "hotp"})
        verifier.answer(begun["transaction"], token.fresh())
        return finish("man", authorization=begun["transaction"])

    entry = expect(desk,
                   desk.race(lambda: (desk.stop("Freeze", {"action": "stepup.enroll"}), authorized()), thaw),
                   "Frozen",
                   {"error": "Frozen", "action": "stepup.enroll", "user": "man"},
                   "an enrolment by a step-up behind its freeze")
    names_its_grant(desk, entry, "an enrolment by a step-up behind its freeze")


def last_credential(desk):
    token = desk.verifier.enrol_token("games")
    begun = desk.verifier.begin("games", "stepup.remove", {"credential": token.credential})
    desk.verifier.answer(begun["transaction"], token.fresh())
    desk.new_refusals()
    reply = desk.verifier.call("verify", "Remove", {"user": "games", "credential": token.credential,
                                                    "authorization": begun["transaction"]})
    entry = expect(desk, (desk.verifier.call("admin", "Status"), reply), "NotAllowed",
                   {"error": "NotAllowed", "action": "stepup.remove", "user": "games",
                    "why": "the last credential"},
                   "removing the last credential")
    names_its_grant(desk, entry, "removing the last credential")


def requests(desk):
    verifier = desk.verifier
    token = verifier.enrol_token("mail")

    def deny():
        asked = verifier.step_up("mail", "vault.open", None, token.fresh())
        return (desk.stop("Lock", {"users": "bin"}, {"users": ["bin"]}),
                ("verify", "Deny", {"user": "bin", "request": asked["request"]}))

    def unlock():
        """By a third one: who locked doesn't."""
        verifier.write_policy(POLICY.replace('"root", "bin"', '"root", "bin", "daemon"'))
        verifier.reload()
        daemon = verifier.enrol_token("daemon")
        begun = verifier.begin("daemon", "stepup.unlock", {"user": "bin"}, uid=DAEMON)
        verifier.answer(begun["transaction"], daemon.fresh(), uid=DAEMON)
        tap.equal(verifier.call("verify", "Requests", {}, uid=BIN).error, "Locked",
                  "who is locked is shown no requests")
        verifier.call("admin", "Unlock", {"user": "bin", "authorization": begun["transaction"]}, uid=DAEMON)

    first, second = desk.race(deny, unlock)
    tap.ok(first.ok and second.error == "Locked", "a denial behind the lock of who denies is refused",
           (first, second))
    logged = [told(entry) for entry in desk.new_refusals()]
    for why in ("denying a request", "reading requests"):
        tap.ok([entry for entry in logged
                if (entry["error"], entry["user"], entry.get("why")) == ("Locked", "bin", why)],
               f"{why} while locked is in the log", logged)
    again = [entry for entry in logged if entry["user"] == "bin"]
    tap.equal(len(again), 2, "once each")


if __name__ == "__main__":
    with Verifier(POLICY) as running:
        open_doors(running)
        room = Desk(running)
        for function in (verbs, unlocking, enrolments, last_credential, requests):
            tap.run(function, room)
        tap.equal(room.root.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()
