#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One account and its many spellings, two names of one uid, names of nobody, and a directory that doesn't
answer: whom every verb means."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from directory import Directory
from harness import BIN, GAMES, Tap, Verifier
from logbook import Administrator

POLICY = '''
cooling-off = 0s
group people { members = { "asmith", "bwong", "eve", "mjones", "lead", "newcomer" } }
caller console { unix-user = "games"  users = { "@people" }  actions = { "*", "stepup.list" } }
action "stepup.*" { users = { "root", "bin" }  require = { code }  code-is-enough = yes }
action door.open { users = { "@people" }  prompt = "Open"  require = { code } }
group desk { unix = "Domain Users" }
action desk.open { users = { "@desk" }  prompt = "Desk"  require = { code } }
action alias.open { users = { "BWong" }  prompt = "Alias"  require = { code }  code-is-enough = yes
    always-approve = yes
    approvers = { "ASmith" } }
action loud.open { users = { "@people" }  prompt = "Loud"  require = { code }  limit = { "1 per 24h" }
    over-limit = lock }
action vault.open { users = { "@people" }  prompt = "Vault"  require = { code }  code-is-enough = yes
    always-approve = yes  approvers = { "@people" } }
'''
SPELLINGS = ("asmith", "ASmith", "CORP\\asmith", "asmith@corp.example.com")
IMPOSSIBLE = ("asmith ", " asmith", "asmith,", "-asmith")  # for a search in LDAP blanks at the ends are none
tap = Tap()


class World:
    def __init__(self, verifier, directory):
        self.verifier, self.directory = verifier, directory
        os.chmod(verifier.path("admin"), 0o666)
        self.admin = Administrator(verifier)
        self.second = verifier.enrol_token("bin")

    def verb(self, verb, details, parameters=None):
        return self.admin.call(verb, details, parameters)

    def lock(self, *users, **more):
        return self.verb("Lock", {"users": ",".join(users)}, {"users": list(users), **more})

    def unlock(self, user):
        begun = self.verifier.begin("bin", "stepup.unlock", {"user": user}, uid=BIN)
        self.verifier.answer(begun["transaction"], self.second.fresh(), uid=BIN)
        return self.verifier.call("admin", "Unlock",
                                  {"user": user, "authorization": begun["transaction"]}, uid=BIN)

    def locked(self):
        return {lock["name"]: lock["reference"] for lock in self.verifier.call("admin", "Status")["locked"]}

    def forget(self):
        """What the verifier remembers of the directory."""
        self.verifier.reload()

    def door(self, user):
        return self.verifier.begin(user, "door.open")


def spellings(world):
    verifier = world.verifier
    invited = world.verb("Invite", {"user": SPELLINGS[3]})
    tap.ok(invited.ok and invited.message.startswith("asmith can enrol"),
           "an invitation by any spelling is the account's", invited)
    token = verifier.enrol_token("ASmith", invitation=invited["invitation"])
    authorization = world.admin.authorize("stepup.users")
    names = [user["name"]
             for user in verifier.call("admin", "Users", {"authorization": authorization})["users"]]
    tap.ok("asmith" in names and not set(SPELLINGS[1:]) & set(names),
           "what is enrolled by another spelling stands under the directory's name", names)
    for name in SPELLINGS:
        begun = world.door(name)
        reply = verifier.answer(begun["transaction"], token.fresh())
        tap.equal(reply.get("user"), "asmith", f"a step-up begun for {name} is answered for asmith")
        tap.equal(dict(verifier.call("admin", "Resolve", {"user": name}).parameters),
                  {"user": "asmith", "known": True}, f"{name} resolves to asmith")
        tap.ok(world.verb("Credentials", {"user": name}).ok, f"an administrator lists credentials of {name}")
        tap.ok(verifier.call("verify", "Explain", {"user": name, "action": "door.open"})["allowed"],
               f"Explain knows {name}")
    return token


def locks(world, token):
    verifier = world.verifier
    for name in SPELLINGS:
        begun = world.door("asmith")
        reply = world.lock(name)
        tap.equal((reply.get("users"), reply.get("unknown")), (["asmith"], []),
                  f"a lock of {name} is asmith's, and says so")
        tap.equal(verifier.answer(begun["transaction"], token.fresh()).error, "Expired",
                  f"what was begun for asmith ends by a lock of {name}")
        for spelt in SPELLINGS:
            tap.equal((world.door(spelt).error, verifier.call("verify", "Account", {"user": spelt}).error),
                      ("Locked", "Locked"), f"locked as {name}, {spelt} is refused")
        for spelt in IMPOSSIBLE:
            tap.equal(verifier.call("verify", "Account", {"user": spelt, "service": "sshd"}).error,
                      "NotAllowed", f"locked as {name}, {spelt!r}, "
                      "which a directory may take for asmith, is refused in the account phase")
        tap.ok(list(world.locked()) == ["asmith"], "one lock is listed, by the canonical name")
        tap.ok(world.unlock(name).ok and not world.locked(), f"an unlock of {name} opens it")
    both = world.lock("ASmith", "asmith")
    tap.equal((both.get("users"), len(world.locked())), (["asmith", "asmith"], 1),
              "two spellings of one account in a call are one lock")
    tap.ok(world.unlock("asmith").ok, "which one unlock opens")
    revoked = world.verb("Revoke", {"user": "CORP\\asmith", "credential": "all"}, {"user": "CORP\\asmith"})
    tap.equal(revoked.get("revoked"), 1, "a revocation by another spelling finds what is enrolled")


def lists(world):
    """Names and groups in the policy, as somebody may write them."""
    verifier, directory = world.verifier, world.directory
    directory.account("bwong", 60004)
    directory.account("anna smith", 60005)
    directory.group("Domain Users", 61000, "anna smith", "bwong")
    for i in range(300):
        directory.group(f"group {i}", 62000 + i, "anna smith")
    world.forget()
    bwong, anna = verifier.enrol_token("bwong"), verifier.enrol_token("anna smith")
    directory.heard()
    world.forget()
    begun = verifier.begin("anna smith", "desk.open")
    tap.ok(verifier.answer(begun["transaction"], anna.fresh()).ok,
           "a unix group with blanks in its name names who is in it, blanks and all")
    questions = [question for question, _ in directory.heard()]
    tap.equal(questions.count("getgrgid"), 0, "of three hundred groups of theirs none is looked up by itself")
    tap.equal((questions.count("initgroups"), questions.count("getgrnam") <= 1), (1, True),
              "they are asked for once, as numbers")
    begun = verifier.begin("bwong", "alias.open")
    asked = verifier.answer(begun["transaction"], bwong.fresh())
    tap.equal(asked.error, "NeedsApproval", "a rule names an account by another spelling")
    token = verifier.enrol_token("asmith")
    agreeing = verifier.call("verify", "Approve",
                             {"user": "asmith@corp.example.com", "request": asked["request"]})
    tap.ok(verifier.answer(agreeing["transaction"], token.fresh()).ok,
           "an approver too, who comes by a third", agreeing)
    begun = verifier.begin("bwong", "alias.open")
    tap.ok(verifier.answer(begun["transaction"], bwong.fresh()).ok, "and what was agreed to is granted")
    world.verifier.wait_log('BWong" is "bwong" here')


def names_of_nobody(world):
    ghost = world.lock("ghost")
    tap.equal((ghost.get("users"), ghost.get("unknown")), (["ghost"], ["ghost"]),
              "a lock of a name of nobody's is told apart")
    tap.ok("Nobody of that name is known" in ghost.message and "ghost" in world.locked(),
           "says so, and stands", ghost)
    world.directory.account("ghost", 60066)
    world.forget()
    tap.equal(world.verifier.call("verify", "Account", {"user": "ghost"}).error, "Locked",
              "also once an account has that name")
    world.unlock("ghost")
    for name in ("@people", "*", "a,b", "a:b", "../a", "#60001", "-rf", "+all", " asmith",
                 "asmith ", "x" * 257):
        reply = world.verifier.call("admin", "Lock", {"users": [name], "authorization": "A" * 43})
        tap.ok(reply.error == "NotAllowed" or reply.full_error.endswith("InvalidParameter"),
               f"a lock of {name[:12]!r} is an error", reply)
        if name in ("@people", "*"):
            tap.matches(reply.message, "No account can have that name", f"which says why: {name}")
    tap.equal(world.locked(), {}, "and nothing is locked")
    for verb in ("Unlock", "Invite", "Revoke"):
        reply = world.verifier.call("admin", verb, {"user": "@people", "authorization": "A" * 43})
        tap.matches(reply.message, "No account can have that name", f"{verb} of @people is an error")


def two_names(world):
    verifier, directory = world.verifier, world.directory
    directory.account("bwong", 60004)
    directory.account("admin-bwong", 60004)
    directory.account("third-bwong", 60004)
    tokens = {name: verifier.enrol_token(name) for name in ("bwong", "admin-bwong")}
    for locked, other in (("bwong", "admin-bwong"), ("admin-bwong", "bwong")):
        reply = world.lock(locked)
        tap.equal(world.locked(), {locked: reply["reference"], other: reply["reference"]},
                  f"{locked} and {other} have one uid and are locked together")
        tap.equal(verifier.call("verify", "Account", {"user": "third-bwong"}).error, "Locked",
                  "a third name, with nothing enrolled, is refused too")
        invitation = verifier.call("admin", "Init", {"user": "third-bwong", "again": True})["invitation"]
        begun = verifier.call("verify", "EnrollBegin",
                              {"user": "third-bwong", "type": "hotp", "invitation": invitation})
        tap.equal((begun.error, begun.get("reference")), ("Locked", reply["reference"]),
                  "and enrols nothing under it")
        opened = world.unlock(other)
        tap.ok(opened.ok and not world.locked(), f"an unlock of {other} opens both", opened)
    invitation = verifier.call("admin", "Init", {"user": "third-bwong", "again": True})["invitation"]
    begun = verifier.call("verify", "EnrollBegin",
                          {"user": "third-bwong", "type": "hotp", "invitation": invitation})
    world.lock("bwong")
    done = verifier.call("verify", "EnrollFinish", {"transaction": begun["transaction"], "code": "123456"})
    tap.equal(done.error, "Locked", "nor what it had begun to enrol before")
    world.unlock("bwong")
    me = verifier.call("verify", "LockMe", {}, uid=60004)
    tap.equal(set(world.locked()), {"bwong", "admin-bwong"}, "one's own lock is of both names, too")
    tap.equal(set(world.locked().values()), {me["reference"]}, "under one reference")
    world.unlock("bwong")
    tap.ok(verifier.answer(verifier.begin("bwong", "door.open")["transaction"], tokens["bwong"].fresh()).ok,
           "and all is as before")
    for _ in range(2):
        last = verifier.answer(verifier.begin("bwong", "loud.open")["transaction"], tokens["bwong"].fresh())
    tap.equal((last.error, set(world.locked())), ("Locked", {"bwong", "admin-bwong"}),
              "a lock by volume is of both names as well")
    world.unlock("admin-bwong")
    tap.equal(world.admin.check()["problems"], [], "the log of all that holds")


def a_uid_used_again(world):
    directory = world.directory
    directory.account("mjones", 60010)
    world.verifier.enrol_token("mjones")
    world.lock("mjones")
    directory.gone("mjones")
    directory.account("newcomer", 60010)
    world.forget()
    tap.ok(world.verifier.call("verify", "Account", {"user": "newcomer"}).ok,
           "a uid that a locked person had locks nobody who has it now")
    token = world.verifier.enrol_token("newcomer")
    tap.ok(world.verifier.answer(world.door("newcomer")["transaction"], token.fresh()).ok,
           "who enrols as anybody")
    directory.gone("newcomer")
    directory.account("mjones", 60010)
    world.forget()
    tap.equal(world.door("mjones").error, "Locked", "the one who was locked stays so")
    world.unlock("mjones")


def an_account_renamed(world):
    directory = world.directory
    directory.account("mjones", 60011)
    world.forget()
    world.verb("Revoke", {"user": "mjones", "credential": "all"}, {"user": "mjones"})
    token = world.verifier.enrol_token("mjones")
    directory.gone("mjones")
    directory.account("msmith", 60011, aliases=("mjones",))
    world.forget()
    for name in ("msmith", "mjones", "MSmith"):
        reply = world.verifier.answer(world.door(name)["transaction"], token.fresh())
        tap.equal(reply.get("user"), "mjones",
                  f"an account that has another name since it enrolled, asked for as {name}, is who it was")
    tap.equal(world.lock("msmith").get("users"), ["mjones"], "and is locked as that one")
    tap.equal((world.door("msmith").error, world.door("mjones").error), ("Locked", "Locked"),
              "whatever it is called")
    world.unlock("msmith")


def a_new_account_of_an_old_name(world):
    """What its predecessor left is nobody's: seen, explained and ended by nobody but administrators."""
    verifier, directory = world.verifier, world.directory
    directory.account("eve", 60020)
    directory.account("lead", 60021)
    directory.account("console", 60099)
    world.forget()
    token = verifier.enrol_token("eve")
    lead = verifier.enrol_token("lead")
    begun = verifier.begin("eve", "vault.open")
    request = verifier.answer(begun["transaction"], token.fresh())["request"]
    asking = verifier.begin("lead", "vault.open")
    theirs = verifier.answer(asking["transaction"], lead.fresh())["request"]
    ours = lambda reply: [one["id"] for one in reply["requests"]]
    tap.equal(set(ours(verifier.call("verify", "Requests", {"user": "eve"}))), {request, theirs},
              "eve sees her own request, and one that she could agree to")
    directory.account("eve", 60022)
    world.forget()
    for how, user, uid in (("by herself", None, 60022), ("through a console", "eve", GAMES),
                           ("through root", "eve", None)):
        about = {} if user is None else {"user": user}
        tap.equal(verifier.call("verify", "List", about, uid=uid).get("credentials"), [],
                  f"a new account of that name lists nothing of it, {how}")
        tap.equal(ours(verifier.call("verify", "Requests", about, uid=uid)), [], f"sees no request, {how}")
        for one in (request, theirs):
            tap.equal(verifier.call("verify", "Deny", {**about, "request": one}, uid=uid).error, "NotAllowed",
                      f"and ends none, {how}")
        said = verifier.call("verify", "Explain", {**about, "action": "vault.open"}, uid=uid)
        tap.ok(said.get("request") is None and ("another account's" in said["why"]) == (uid != GAMES)
               and ("60020" in said["why"]) == (how == "through root"),
               f"Explain says no more of it than that it is another account's, {how}", said)
    tap.ok(request in ours(verifier.call("verify", "Requests", {"user": "lead"})),
           "the request itself stands")
    tap.equal(verifier.call("verify", "Account", {"user": "eve"}).error, "NotAllowed",
              "the account phase refuses the new account")
    tap.ok(world.verb("Credentials", {"user": "eve"}).ok,
           "an administrator sees what is enrolled under the name")
    directory.gone("eve")
    world.forget()
    reply = verifier.call("verify", "Account", {"user": "eve"})
    tap.ok(reply.error == "NotAllowed" and "no account of this name just now" in reply.message
           and "revoke" not in reply.message,
           "an account that is gone for a moment is not taken for another one", reply)
    tap.ok("revoke" not in verifier.call("admin", "Explain", {"user": "eve", "action": "vault.open"})["why"],
           "nor does Explain advise to revoke")
    directory.account("eve", 60020)
    world.forget()
    reply = verifier.answer(verifier.begin("eve", "door.open")["transaction"], token.fresh())
    tap.ok(reply.ok, "when it is back, so is all that was enrolled", reply)


def a_silent_directory(world):
    verifier, directory = world.verifier, world.directory
    world.verb("Invite", {"user": "asmith"})
    world.forget()
    authorization = world.admin.authorize("stepup.lock", {"users": "ASmith,asmith"})
    directory.switch("unavailable")
    reply = verifier.call("admin", "Lock", {"users": ["ASmith", "asmith"], "authorization": authorization})
    tap.ok(reply.ok and "The directory did not answer" in reply.message,
           "a directory that says nothing doesn't stop a lock, which says so", reply)
    directory.switch("unavailable", on=False)
    tap.equal({name: world.door(name).error for name in SPELLINGS}, dict.fromkeys(SPELLINGS, "Locked"),
              "it stands when the directory is back")
    world.unlock("asmith")
    tap.equal((world.door("asmith").error, world.door("ASmith").error), (None, "Locked"),
              "the spelling that was locked as such stays so until it is unlocked")
    world.unlock("ASmith")
    world.forget()
    authorization = world.admin.authorize("stepup.lock", {"users": "bwong"})
    directory.hold()
    reply = verifier.call("admin", "Lock", {"users": ["bwong"], "authorization": authorization})
    tap.ok(reply.ok and reply.get("users") == ["bwong"], "nor does one that never answers", reply)
    tap.equal(verifier.call("admin", "Resolve", {"user": "anybody"}).error, "Unavailable",
              "and what a lock asks before is told after the same short time")
    directory.let_go()
    tap.equal(verifier.call("verify", "Account", {"user": "admin-bwong"}).error, "Locked",
              "by what was enrolled under the name the others of its uid are locked too")
    world.unlock("bwong")


def main():
    directory = Directory()
    directory.switch("fold")
    directory.account("asmith", 60001, aliases=SPELLINGS[2:])
    with Verifier(POLICY) as verifier:
        world = World(verifier, directory)
        token = tap.run(spellings, world)
        tap.run(locks, world, token)
        for function in (lists, names_of_nobody, two_names, a_uid_used_again, an_account_renamed,
                         a_new_account_of_an_old_name, a_silent_directory):
            tap.run(function, world)
    tap.done()


if __name__ == "__main__":
    scratch.enter()
    main()
