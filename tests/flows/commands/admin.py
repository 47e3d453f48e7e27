#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Administrators' verbs: each takes a step-up of the administrator's own for exactly that, once; what they do
holds from the next request on."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, DAEMON, GAMES, MAIL, NEWS, NOBODY, Tap, Verifier
from logbook import RULES, Administrator

POLICY = '''
group admins { members = { "root", "daemon", "bin" } }
caller console { unix-user = "games"  users = { "*" }  actions = { "*" } }
action "stepup.*" { users = { "@admins" }  require = { code }  code-is-enough = yes }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
action customer.view { users = { "*" }  prompt = "Look"  require = { code } }
'''
CAREFUL = '''
action "stepup.*" { users = { "root" }  require = { code } }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
'''
MADE_UP = "A" * 43
VERBS = {
    "Invite": {"user": "mail"}, "Users": {}, "Credentials": {"user": "mail"}, "Revoke": {"user": "mail"},
    "Lock": {"users": ["mail"]},
    "Unlock": {"user": "mail"}, "Freeze": {"action": "door.open"}, "Thaw": {"action": "door.open"},
    "Log": {"from": 0}, "Reload": {},
}
tap = Tap()


def open_doors(verifier):
    for door in ("admin", "redeem"):
        os.chmod(verifier.path(door), 0o666)


def first_administrator(verifier):
    reply = verifier.call("admin", "Init", {"user": "root"}, uid=NOBODY)
    tap.equal(reply.error, "NotAllowed", "only root makes the first invitation")
    first = verifier.call("admin", "Init", {"user": "root"})
    tap.ok(first.ok and first["log_key"].startswith("stepup.example.com/"),
           "root makes it, and is told the log's key", first)
    second = verifier.call("admin", "Init", {"user": "root"})
    tap.ok(second.ok, "until somebody has enrolled, again")
    verifier.enrol_token("root", invitation=second["invitation"])
    reply = verifier.call("admin", "Init", {"user": "mail"})
    tap.equal(reply.error, "NotAllowed", "and not after that")
    tap.ok(verifier.call("admin", "Init", {"user": "mail", "again": True}).ok,
           "unless it is said to be on purpose")


def without_authorization(verifier):
    for verb, parameters in VERBS.items():
        reply = verifier.call("admin", verb, parameters)
        tap.equal((reply.full_error, reply.get("parameter")),
                  ("org.varlink.service.InvalidParameter", "authorization"), f"{verb} takes an authorization")
        reply = verifier.call("admin", verb, {**parameters, "authorization": MADE_UP})
        tap.equal(reply.error, "NotAllowed", f"{verb} with a made-up one is refused")
    tap.ok(verifier.call("admin", "Status").ok, "Status takes none")


class Second:
    """Another administrator, bin: whoever locked leaves the unlocking to somebody else."""

    def __init__(self, verifier):
        self.verifier, self.token = verifier, verifier.enrol_token("bin")

    def unlock(self, user):
        begun = self.verifier.begin(None, "stepup.unlock", {"user": user}, uid=BIN)
        self.verifier.answer(begun["transaction"], self.token.fresh(), uid=BIN)
        return self.verifier.call("admin", "Unlock",
                                  {"user": user, "authorization": begun["transaction"]}, uid=BIN)


def wrong_authorizations(verifier, administrator, second):
    lock = {"users": "mail"}
    wrong = administrator.authorize("stepup.lock", {"users": "news"})
    call = {"users": ["mail"], "authorization": wrong}
    tap.equal(verifier.call("admin", "Lock", call).error, "NotAllowed",
              "a step-up to lock one user doesn't lock another")
    wrong = administrator.authorize("stepup.unlock", {"user": "mail"})
    tap.equal(verifier.call("admin", "Lock", {**call, "authorization": wrong}).error, "NotAllowed",
              "nor one for another verb")
    begun = verifier.begin("root", "stepup.lock", lock)
    tap.equal(verifier.call("admin", "Lock", {**call, "authorization": begun["transaction"]}).error,
              "NotAllowed", "nor one that wasn't answered")
    good = administrator.authorize("stepup.lock", lock)
    tap.equal(verifier.call("admin", "Lock", {**call, "authorization": good}, uid=DAEMON).error, "NotAllowed",
              "nor somebody else's")
    daemon = verifier.enrol_token("daemon")
    begun = verifier.begin("daemon", "stepup.lock", lock)
    tap.ok(verifier.answer(begun["transaction"], daemon.fresh()).ok,
           "root begins for another administrator, who answers")
    reply = verifier.call("admin", "Lock", {**call, "authorization": begun["transaction"]})
    tap.equal(reply.error, "NotAllowed", "which is no step-up of root's own")
    tap.ok(not verifier.call("admin", "Status")["locked"], "so far nobody is locked")
    reply = verifier.call("admin", "Lock", {**call, "authorization": good})
    tap.ok(reply.ok, "the administrator's own, for exactly that, locks", reply)
    reply = administrator.call("Unlock", {"user": "mail"})
    tap.ok(reply.error == "NotAllowed" and "another administrator" in reply.message,
           "who locked somebody doesn't unlock them alone", reply)
    tap.equal(verifier.begin("mail", "door.open").error, "Locked", "nothing was opened by that")
    tap.ok(second.unlock("mail").ok, "a second administrator does")
    reply = verifier.call("admin", "Lock", {**call, "authorization": good})
    tap.equal(reply.error, "NotAllowed", "a spent one doesn't lock again")
    begun = verifier.begin(None, "stepup.lock", lock, uid=MAIL)
    tap.equal(begun.error, "NotAllowed", "who is no administrator can't begin the step-up")
    begun = verifier.begin("daemon", "stepup.lock", lock, uid=GAMES)
    tap.equal(begun.error, "NotAllowed",
              "nor a caller whose actions are everything: that leaves the verifier's own verbs out")
    return daemon


def locks(verifier, administrator, second):
    token = verifier.enrol_token("mail")
    begun = verifier.begin("mail", "door.open")
    reply = administrator.call("Lock", {"users": "lp,mail"},
                               {"users": ["lp", "mail"], "reason": "laptop stolen"})
    tap.ok(reply.ok and reply["reference"].startswith("L-"), "two users are locked by one step-up", reply)
    tap.equal(verifier.answer(begun["transaction"], token.fresh()).error, "Expired",
              "what a locked user had begun is over")
    refused = verifier.begin("mail", "door.open")
    tap.equal(refused.error, "Locked", "and nothing new is begun")
    tap.matches(refused.message, "quote " + refused.get("reference", "?"),
                "the words give the reference to quote")
    tap.equal(verifier.begin(None, "door.open", uid=MAIL).error, "Locked", "nor by the user")
    tap.equal(verifier.call("verify", "Account", {"user": "mail"}).error, "Locked",
              "the account phase refuses")
    tap.equal(verifier.call("verify", "Account", {"user": "lp"}).error, "Locked",
              "also a user who never enrolled")
    tap.ok(verifier.call("verify", "Account", {"user": "news"}).ok, "and nobody else")
    tap.equal(verifier.call("verify", "Account", {"user": "mail"}, uid=NEWS).error, "NotAllowed",
              "an ordinary uid asks about itself only")
    invitation = verifier.call("admin", "Init", {"user": "mail", "again": True})["invitation"]
    reply = verifier.call("verify", "EnrollBegin", {"user": "mail", "type": "totp", "invitation": invitation})
    tap.equal(reply.error, "Locked", "a locked user can't enrol")
    shown = verifier.call("admin", "Status")["locked"]
    tap.equal([(item["name"], item["reason"], item["by"]) for item in shown],
              [("lp", "laptop stolen", "root"), ("mail", "laptop stolen", "root")],
              "Status shows who is locked, why, by whom")
    verifier.kill()
    verifier.start()
    open_doors(verifier)
    tap.equal(verifier.begin("mail", "door.open").error, "Locked", "a lock outlives kill -9")
    tap.ok(second.unlock("mail").ok, "a second administrator unlocks")
    tap.ok(verifier.step_up("mail", "door.open", None, token.fresh()).ok, "and the user goes on")
    tap.equal(administrator.call("Unlock", {"user": "mail"}).error, "NotAllowed",
              "who isn't locked can't be unlocked")
    first = verifier.call("verify", "LockMe", {"reason": "my phone"}, uid=MAIL)
    again = administrator.call("Lock", {"users": "mail"}, {"users": ["mail"], "reason": "saw it too"})
    tap.equal((again.get("reference"),
               f"mail ({first.get('reference')}, already locked by mail)" in again.message),
              (first.get("reference"), True),
              "who is locked again keeps the reference that they were told, and whoever locks is told so")
    item = verifier.call("admin", "Status")["locked"][-1]
    tap.equal((item["reference"], item["reason"], item["by"]), (first.get("reference"), "saw it too", "root"),
              "an administrator's is the lock now, with that one's reason and nobody else's")
    tap.equal(administrator.call("Unlock", {"user": "mail"}).error, "NotAllowed",
              "which that one doesn't open alone")
    administrator.call("Lock", {"users": "mail"}, {"users": ["mail"], "reason": "third"})
    tap.equal(verifier.call("admin", "Status")["locked"][-1]["reason"], "saw it too",
              "which stays when an administrator's is locked again")
    kept = [(entry["reference"], entry.get("reason")) for entry in administrator.entries()
            if entry["type"] == "lock" and entry["user"] == "mail"][-3:]
    tap.equal(kept, [(first.get("reference"), reason) for reason in ("my phone", "saw it too", "third")],
              "the log has each, with its own reason")
    tap.ok(second.unlock("mail").ok, "a second administrator opens it")
    for users in (["news", "mail"], ["mail", "mail"], [], ["a,b"]):
        reply = verifier.call("admin", "Lock", {"users": users, "authorization": MADE_UP})
        tap.equal(reply.get("parameter"), "users", f"{users} is no list of names in order")


def locked_administrator(verifier, administrator, second, daemon):
    begun = verifier.begin(None, "stepup.unlock", {"user": "daemon"}, uid=DAEMON)
    tap.ok(verifier.answer(begun["transaction"], daemon.fresh(), uid=DAEMON).ok,
           "an administrator has a step-up ready")
    tap.ok(administrator.call("Lock", {"users": "daemon"}, {"users": ["daemon"]}).ok, "and is locked")
    reply = verifier.call("admin", "Unlock",
                          {"user": "daemon", "authorization": begun["transaction"]}, uid=DAEMON)
    tap.equal(reply.error, "NotAllowed", "then the step-up is worth nothing")
    tap.equal(verifier.begin(None, "stepup.unlock", {"user": "daemon"}, uid=DAEMON).error, "Locked",
              "and there is no new one")
    reply = administrator.call("Unlock", {"user": "root"})
    tap.ok(reply.error == "NotAllowed" and "own account" in reply.message,
           "nobody unlocks their own account", reply)
    tap.equal(administrator.call("Unlock", {"user": "daemon"}).error, "NotAllowed", "nor whom they locked")
    tap.ok(second.unlock("daemon").ok, "another administrator does")


def lock_me(verifier, administrator):
    token = verifier.enrol_token("news")
    begun = verifier.begin(None, "door.open", uid=NEWS)
    reply = verifier.call("verify", "LockMe", {"reason": "somebody has my phone"}, uid=NEWS)
    tap.ok(reply.ok, "an employee locks the own account without a step-up", reply)
    tap.matches(reply.message, "Security desk", "and is told whom to call")
    tap.equal(verifier.answer(begun["transaction"], token.fresh(), uid=NEWS).error, "Expired",
              "what was begun is over")
    tap.equal(verifier.begin(None, "door.open", uid=NEWS).error, "Locked", "nothing new is begun")
    again = verifier.call("verify", "LockMe", {}, uid=NEWS)
    logged_locks = [entry["reference"] for entry in administrator.entries() if entry["type"] == "lock"
                    and entry.get("user") == "news"]
    tap.equal((again["reference"], logged_locks), (reply["reference"], [reply["reference"]]),
              "asking again changes and logs nothing")
    reply = verifier.call("verify", "LockMe", {"reason": "a\x1b[31mb"}, uid=NOBODY)
    tap.equal(reply.get("parameter"), "reason", "a reason that isn't safe to show is refused")
    tap.ok(administrator.call("Unlock", {"user": "news"}).ok, "an administrator opens it again")


def freezes(verifier, administrator):
    token = verifier.enrol_token("mail")
    begun = verifier.begin("mail", "door.open")
    tap.ok(administrator.call("Freeze", {"action": "*"}, {"action": "*", "reason": "incident 7"}).ok,
           "everything is frozen")
    reply = verifier.answer(begun["transaction"], token.fresh())
    tap.equal(reply.error, "Frozen", "what was begun is refused at the answer")
    tap.matches(reply.message, "F-[0-9]+", "with the reference to quote")
    tap.equal(verifier.begin("mail", "customer.view").error, "Frozen", "nothing new is begun")
    tap.equal([item["name"] for item in verifier.call("admin", "Status")["frozen"]], ["*"], "Status shows it")
    first = administrator.call("Freeze", {"action": "door.*"})
    again = administrator.call("Freeze", {"action": "door.*"})
    tap.equal(again.get("reference"), first.get("reference"), "freezing what is frozen gives its reference")
    administrator.call("Freeze", {"action": "door.open"})
    thawed = administrator.call("Thaw", {"action": "door.open"})
    tap.matches(thawed.message, r"door\.open stays refused: it is frozen by (door\.)?\* \(F-[0-9]+\) as well",
                "whoever thaws what another freeze covers is told so")
    tap.ok(administrator.call("Thaw", {"action": "*"}).ok,
           "everything is thawed: the responders' verbs are not frozen by *")
    tap.equal(verifier.begin("mail", "door.open").error, "Frozen",
              "what has a freeze of its own stays frozen")
    tap.ok(verifier.begin("mail", "customer.view").ok, "the rest goes on")
    reply = administrator.call("Thaw", {"action": "door.open"})
    tap.equal((reply.error, f"frozen all the same, by door.* ({first.get('reference')})" in reply.message),
              ("NotAllowed", True), "a freeze is thawed under its own name, which the refusal says")
    tap.ok(administrator.call("Thaw", {"action": "door.*"}).ok, "and is")
    for action in ("stepup.thaw", "stepup.unlock", "stepup.lock", "stepup.freeze", "stepup.l*", "stepup.*",
                   "not an action", "Door"):
        reply = verifier.call("admin", "Freeze", {"action": action, "authorization": MADE_UP})
        tap.equal(reply.error, "NotAllowed", f"{action!r} can't be frozen")


def freezes_of_nothing(verifier, administrator):
    """A name that no rule is about may be a mistyped one."""
    hint = "No rule is about it"
    for pattern, ruled in (("door.*", True), ("d*", True), ("*", True), ("stepup.users", True),
                           ("stepup.revo*", True), ("dour.open", False), ("dour.*", False), ("s*", False),
                           ("stepup*", False)):
        reply = administrator.call("Freeze", {"action": pattern})
        tap.ok(reply.ok and (hint in reply["message"]) != ruled,
               f"freezing {pattern} {'covers what there is' if ruled else 'says that no rule is about it'}",
               reply)
        administrator.call("Thaw", {"action": pattern})


def behind_a_freeze(verifier, administrator):
    """A verb that was granted, and comes to the verifier just behind the freeze of it."""
    token = verifier.enrol_token("sync")

    def once(door, method):
        """(the credential that is taken away, what Freeze says, what the verb says)"""
        spare, action = verifier.enrol_token("sync").credential, "stepup." + method.lower()
        if door == "admin":
            authorization = administrator.authorize(action, {"user": "sync", "credential": spare})
        else:
            begun = verifier.begin("sync", action, {"credential": spare})
            verifier.answer(begun["transaction"], token.fresh())
            authorization = begun["transaction"]
        freeze = {"action": action,
                  "authorization": administrator.authorize("stepup.freeze", {"action": action})}
        replies = verifier.in_one_go(("admin", "Freeze", freeze),
                                     (door, method,
                                      {"user": "sync", "credential": spare, "authorization": authorization}))
        administrator.call("Thaw", {"action": action})
        return spare, *replies

    for door, method in (("admin", "Revoke"), ("verify", "Remove")):
        for _ in range(20):
            spare, frozen, reply = once(door, method)
            if not reply.ok or reply["log"] > int(frozen["reference"].removeprefix("F-")):
                break  # else the verifier let it in before the freeze
        tap.ok(frozen.ok and (reply.error, reply.get("reference")) == ("Frozen", frozen["reference"]),
               f"{method} behind its own freeze is refused as frozen, with the reference", (frozen, reply))
        states = {one["id"]: one["state"]
                  for one in administrator.call("Credentials", {"user": "sync"})["credentials"]}
        tap.equal(states.get(spare), "live", "and nothing was done")


def people(verifier, administrator):
    token = verifier.enrol_token("uucp")
    reply = administrator.call("Invite", {"user": "uucp"})
    tap.ok(reply.ok, "an administrator invites", reply)
    second = verifier.enrol_token("uucp", invitation=reply["invitation"])
    authorization = administrator.authorize("stepup.users")
    names, after = [], ""
    while True:
        page = verifier.call("admin", "Users", {"after": after, "limit": 2, "authorization": authorization})
        names += [user["name"] for user in page["users"]]
        if not page["more"]:
            break
        after = names[-1]
    tap.ok(names == sorted(set(names)) and {"root", "uucp"} <= set(names),
           "users are listed in pages under one step-up", names)
    reply = administrator.call("Credentials", {"user": "uucp"})
    tap.equal([item["id"] for item in reply["credentials"]], [token.credential, second.credential],
              "an administrator sees a user's credentials")
    reply = administrator.call("Revoke", {"user": "uucp", "credential": token.credential})
    tap.equal(reply.get("revoked"), 1, "one is revoked")
    tap.equal(verifier.step_up("uucp", "door.open", None, token.fresh()).error, "BadAnswer",
              "its codes are refused")
    invitation = administrator.call("Invite", {"user": "uucp"})["invitation"]
    begun = verifier.begin("uucp", "door.open")
    reply = administrator.call("Revoke", {"user": "uucp", "credential": "all"}, {"user": "uucp"})
    tap.equal(reply.get("revoked"), 1, "the rest is revoked, the last one too")
    tap.equal(verifier.answer(begun["transaction"], second.fresh()).error, "Expired",
              "and what was begun is over")
    begun = verifier.call("verify", "EnrollBegin", {"type": "hotp", "user": "uucp", "invitation": invitation})
    tap.equal(begun.error, "NotAllowed", "an invitation that was open is void with all they had")
    tap.equal(administrator.call("Revoke", {"user": "uucp", "credential": "all"}, {"user": "uucp"}).error,
              "NotAllowed", "nothing is left to revoke")
    for user in ("uucp", "games"):
        invitation = administrator.call("Invite", {"user": user})["invitation"]
        reply = administrator.call("Revoke", {"user": user, "credential": "all"}, {"user": user})
        tap.ok(reply.get("revoked") == 0 and "invitation for them was withdrawn" in (reply.message or ""),
               f"who has an invitation alone loses that ({user})", reply)
        begun = verifier.call("verify", "EnrollBegin",
                              {"type": "hotp", "user": user, "invitation": invitation})
        tap.equal(begun.error, "NotAllowed", "which is good for nothing then")
        tap.equal(administrator.call("Revoke", {"user": user, "credential": "all"}, {"user": user}).error,
                  "NotAllowed", "once")
    tap.equal(administrator.call("Credentials", {"user": "nobody-like-that"}).error, "NotAllowed",
              "nobody like that has credentials")


def reloads(verifier, administrator):
    before = verifier.call("admin", "Status")["policy"]
    verifier.write_policy(POLICY + "action broken { ")
    reply = administrator.call("Reload")
    tap.ok(not reply.ok, "a bad policy isn't taken")
    tap.matches(reply.message, r"stepup\.conf:[0-9]+", "and the refusal says where it is bad")
    tap.equal(reply.error, "NotAllowed",
              "as something that won't be done, not as something that nobody could say")
    tap.matches(reply.message, "Nothing was changed: the policy before stays in force",
                "and that nothing was changed")
    tap.equal(verifier.call("admin", "Status")["policy"], before, "the old one stays in force")
    verifier.write_policy(
        POLICY + 'action gate.open { users = { "*" }  prompt = "Gate"  require = { code } }')
    reply = administrator.call("Reload")
    tap.ok(reply.ok and reply["policy"] != before, "a good one is taken", reply)
    tap.ok(verifier.begin("mail", "gate.open").ok, "and holds from the next request on")


def logged(verifier, administrator):
    entries = administrator.entries()
    by_index = dict(enumerate(entries))
    for kind in ("invite", "withdraw", "revoke", "lock", "unlock", "freeze", "thaw", "policy"):
        of_kind = [entry for entry in entries if entry["type"] == kind and entry.get("by") == "root"]
        grants = [by_index[entry["grant"]] for entry in of_kind if "grant" in entry]
        tap.ok(of_kind and len(grants) == len(of_kind)
               and all(grant["type"] == "grant" and grant["user"] == "root" for grant in grants),
               f"each {kind} names who did it and the step-up that allowed it")
    tap.equal([entry["clean"] for entry in entries if entry["type"] == "start"], [True, False],
              "starts are logged, and whether the stop before was clean")
    own = [entry for entry in entries if entry["type"] == "lock" and entry["user"] == "news"]
    tap.equal([entry["by"] for entry in own], ["news"], "a lock of one's own names its owner")
    tap.equal([entry.get("invitations") for entry in entries if entry["type"] == "revoke"
               and entry["user"] == "uucp"],
              [None, 1], "where all that somebody had is revoked, how many invitations of theirs went, too")
    tap.ok(any(entry["type"] == "refusal" and entry["error"] == "Locked"
               and entry["user"] == "mail" for entry in entries),
           "refusals of the locked are logged")
    tap.ok(any(entry["type"] == "refusal" and entry["error"] == "NotAllowed"
               and entry.get("action") == "stepup.lock" for entry in entries),
           "and verbs that were tried without authorization")
    tap.equal(administrator.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")


def flooding(verifier, administrator):
    before = verifier.call("admin", "Status")["log_size"]
    for _ in range(200):
        verifier.call("admin", "Users", {"authorization": MADE_UP}, uid=None)
    administrator.authorize("stepup.users")  # is written behind them
    grown = verifier.call("admin", "Status")["log_size"] - before - 1
    tap.ok(0 < grown <= 40, "two hundred refusals in a row leave a few dozen log entries", grown)


def codes_are_not_enough(verifier):
    token = verifier.enrol_token("root")
    begun = verifier.begin("root", "stepup.lock", {"users": "mail"})
    tap.equal(begun.error, "TooWeak", "an administrator's verb takes no code unless the rule says so")


if __name__ == "__main__":
    with Verifier(POLICY) as running:
        open_doors(running)
        tap.run(first_administrator, running)
        tap.run(without_authorization, running)
        admin = Administrator(running)
        bin_ = Second(running)
        other = tap.run(wrong_authorizations, running, admin, bin_)
        tap.run(locks, running, admin, bin_)
        tap.run(locked_administrator, running, admin, bin_, other)
        for function in (lock_me, freezes, freezes_of_nothing, behind_a_freeze, people, reloads,
                         logged, flooding):
            tap.run(function, running, admin)
    with Verifier(CAREFUL) as running:
        tap.run(codes_are_not_enough, running)
    tap.done()
