#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What somebody would try who wants to pass limits, second persons, locks and alerts, or to turn
them against others."""
import json
import os
import select
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from approvals import POLICY, VAULT, Scene, clean
import approvals
from harness import GAMES, MAIL, NEWS, PATIENCE, Client, Tap, Verifier, as_uid, program
from hook_runner import RECORD, Runner
from logbook import Administrator

MAN = 6 # a console with fewer actions
MORE = POLICY + '''
caller narrow { unix-user = "man"  users = { "*" }  actions = { "customer.*" } }
action customer.view { users = { "*" }  prompt = "View"  require = { code }  fresh-for = 15m }
action customer.look { users = { "*" }  prompt = "Look"  require = { code }  limit = { "1 per 1h" }
    over-limit = lock }
action long.words { users = { "*" }  details = { ''' + ", ".join(f'"d{n}:text"' for n in range(16)) + ''' }
    prompt = "''' + " ".join("{d%d}" % n for n in range(16)) + '''"  require = { code }  code-is-enough = yes
    always-approve = yes  approvers = { "@leads" } }
'''
SESSION = "s" * 43
ELSEWHERE = {"rhost": "203.0.113.66", "session": "t" * 43}
tap = approvals.tap


def view(verifier, action="customer.view"):
    return verifier.begin("mail", action, None, uid=GAMES, session=SESSION, reach=["fresh"])


def is_fresh(begun):
    return begun.ok and begun["methods"][0] == "fresh"


def prove(scene, action="customer.view", user="mail"):
    return scene.verifier.answer(view(scene.verifier, action)["transaction"],
                                 scene.tokens[user].fresh(), uid=GAMES)


def answer_fresh(verifier, begun):
    return verifier.call("verify", "Answer",
                         {"transaction": begun["transaction"], "method": "fresh"}, uid=GAMES)


def lock_by_volume(verifier):
    scene, admin = Scene(verifier), Administrator(verifier)
    prove(scene)
    waiting = view(verifier)
    transaction, reply = scene.ask()
    prove(scene, "customer.look")
    tap.ok(is_fresh(waiting) and prove(scene, "customer.look").error == "Locked",
           "going over a limit with over-limit = lock locks")
    tap.ok(admin.call("Unlock", {"user": "mail"}).ok, "an administrator unlocks at once")
    tap.ok(not is_fresh(view(verifier)), "what was fresh before a lock by volume isn't after it")
    tap.ok(not answer_fresh(verifier, waiting).ok, "nor is what had begun")
    tap.equal((scene.standing(reply["request"]), scene.claim(transaction).error), ("void", "Expired"),
              "nor what waited for a second person")
    clean(scene)


def freeze(verifier):
    scene, admin = Scene(verifier), Administrator(verifier)
    prove(scene)
    transaction, reply = scene.ask()
    request = reply["request"]
    scene.approve(request)
    granted = admin.authorize("stepup.invite", {"user": "man"})
    for pattern in ("vault.*", "customer.view", "stepup.invite"):
        tap.ok(admin.call("Freeze", {"action": pattern}).ok, f"{pattern} is frozen")
    tap.equal(scene.standing(request), "void",
              "a freeze voids requests for the action, also those that were agreed to")
    tap.equal(scene.claim(transaction).error, "Frozen", "nothing is claimed while it is frozen")
    for pattern in ("vault.*", "customer.view", "stepup.invite"):
        admin.call("Thaw", {"action": pattern})
    tap.equal(scene.claim(transaction).error, "Expired", "nor after it was thawed")
    tap.ok(not is_fresh(view(verifier)), "what was fresh before a freeze isn't after it")
    reply = verifier.call("admin", "Invite", {"user": "man", "authorization": granted})
    tap.equal(reply.error, "NotAllowed", "a verb that was granted before it was frozen isn't carried out")
    clean(scene)


def elsewhere(verifier):
    """An agreement is for what the approver saw, place and all."""
    scene = Scene(verifier)
    owner = {"rhost": "10.0.0.1", "service": "desk", "session": SESSION}
    _, reply = scene.ask(**owner)
    scene.approve(reply["request"])
    for name, place in (("place", {**owner, **ELSEWHERE}), ("service", {**owner, "service": "sudo"})):
        other = scene.ask(**place)[1]
        tap.ok(other.error == "NeedsApproval" and other["request"] != reply["request"],
               f"what was agreed to for one {name} isn't used from another, with a right code", other)
    tap.ok(scene.ask(**owner)[1].ok, "but from where it was asked")
    clean(scene)


def who_sees(verifier):
    scene, admin = Scene(verifier), Administrator(verifier)
    request = scene.ask()[1]["request"]
    for user in ("news", "mail"):
        tap.equal([len(scene.requests(user, uid)) for uid in (GAMES, MAN)], [1, 0],
                  f"a console shows {user} no requests for actions that aren't its own")
    with verifier.client() as follower:
        tap.equal([one["id"] for one in follower.call("Requests", {"user": "news"}, more=True)["requests"]],
                  [request], "an approver follows")
        admin.call("Lock", {"users": "news"}, {"users": ["news"]})
        reply = follower.finish()
        tap.equal((reply.error, "reference" in reply), ("Locked", True),
                  "and is shown nothing more once locked")
    tap.equal(verifier.call("verify", "Requests", {"user": "news"}, uid=GAMES).error, "Locked",
              "a locked person sees nobody's requests")
    tap.equal(scene.deny(request).error, "NotAllowed", "and denies none")
    tap.equal(scene.standing(request), "requested", "so that it still waits")
    clean(scene)


def long_texts(verifier):
    """Eleven people ask in the longest words that there can be, to hide what one asks."""
    crowd = ("bin", "sys", "sync", "man", "lp", "proxy", "www-data", "backup", "list", "irc", "nobody")
    scene = Scene(verifier, *crowd)
    request = scene.ask()[1]["request"]
    for user in crowd:
        for i in range(4):
            words = {f"d{n}": "\u202e" * 169 + str(i) for n in range(16)}
            assert scene.ask("long.words", words, user=user,
                             rhost=f"10.0.0.{i // 2}")[1].error == "NeedsApproval"
    shown = [one["id"] for one in scene.requests("news")]
    tap.ok(request in shown and 20 < len(shown) < 45,
           "however long the texts of others, a short request is in an approver's list", len(shown))
    with verifier.client() as follower:
        tap.ok(follower.call("Requests", {"user": "news"}, more=True).ok, "and in one that follows")
    reply = scene.deny(request, "bin")
    refused = [entry["why"] for entry in Administrator(verifier).entries() if entry["type"] == "refusal"
               and entry["user"] == "bin"]
    tap.equal((reply.error, refused), ("NotAllowed", ["not a request to deny"]),
              "who denies what isn't theirs to answer is refused, and logged")
    clean(scene)


def refusals_hidden(verifier):
    """Many refusals of no interest, then one that matters: of the same person, and of another one through
    the same console."""
    scene, admin = Scene(verifier), Administrator(verifier)
    request = scene.ask("lab.enter", None)[1]["request"]
    for _ in range(40):
        verifier.begin("news", "stepup.lock", {"users": "mail"}, uid=GAMES)
    tap.equal(scene.approve(request).error, "TooWeak", "a try with too weak a factor is refused")
    verifier.begin("mail", "stepup.lock", {"users": "mail"}, uid=GAMES)
    refused = [(entry["user"], entry["error"]) for entry in admin.entries() if entry["type"] == "refusal"]
    tap.ok(refused.count(("news", "NotAllowed")) < 40, "a flood of refusals isn't logged whole", refused)
    tap.equal([refused.count(one) for one in (("news", "TooWeak"), ("mail", "NotAllowed"))], [1, 1],
              "but hides no other kind, and no other person's")
    clean(scene)


def verb(verifier, token, name, details, uid, parameters=None):
    """An administrator's verb of that uid, with its own step-up."""
    begun = verifier.begin(None, "stepup." + name.lower(), details, uid=uid)
    reply = verifier.answer(begun["transaction"], token.fresh(), uid=uid)
    assert reply.ok, reply
    return verifier.call("admin", name,
                         {**(parameters or details), "authorization": begun["transaction"]}, uid=uid)


def aliases():
    """Two names of one uid, in a passwd of stepupd's own."""
    with Verifier(MORE.replace("@leads", "alias").replace('users = { "root" }',
                                                          'users = { "mail", "news" }')) as verifier:
        verifier.stop()
        with open("/etc/passwd") as source:
            text = source.read() + f"alias:x:{MAIL}:{MAIL}:the same:/:/bin/sh\n"
        with open(os.path.join(verifier.folder, "passwd"), "w") as out:
            out.write(text)
        verifier.binary = os.path.join(verifier.folder, "in-a-mount-namespace")
        with open(verifier.binary, "w") as out:
            out.write(f"#!/bin/sh\nmount --bind {verifier.folder}/passwd /etc/passwd && exec "
                      f"{program('verifier/stepupd')} \"$@\"\n")
        os.chmod(verifier.binary, 0o755)
        verifier.spawn(["unshare", "-m", "--propagation", "private", *verifier.command()])
        verifier.wait_notified("READY=1")
        os.chmod(verifier.path("admin"), 0o666)
        scene = Scene(verifier, "alias")
        reply = scene.approve(scene.ask()[1]["request"], "alias")
        tap.equal((reply.error, "another name" in reply.message), ("NotAllowed", True),
                  "another name of one's own uid is no second person")

        verb(verifier, scene.tokens["news"], "Lock", {"users": "alias"}, NEWS, {"users": ["alias"]})
        reply = verifier.begin(None, "stepup.unlock", {"user": "alias"}, uid=MAIL)
        tap.equal(reply.error, "Locked",
                  "nor a second administrator, who unlocks the other name: both are locked together")


def same_login(verifier):
    """`su` at the requester's terminal, and a session of its own, make no second person."""
    try:
        subprocess.run([sys.executable, "-c", "open('/proc/self/loginuid', 'w').write('8')"], check=True,
                       capture_output=True)
    except subprocess.CalledProcessError:
        tap.skip("becoming somebody else in one login is no second person",
                 "this kernel keeps no audit sessions")
        return
    scene = Scene(verifier)

    def call(method, parameters):
        with Client(verifier.path()) as client:
            return client.call(method, parameters)

    def ask(place, code):
        # a request of its own
        begun = call("Begin", {"action": "vault.open", "details": {"door": code}, **place})
        return call("Answer", {"transaction": begun["transaction"], "method": "code", "code": code})

    def agree(request, place):
        os.setsid()
        return call("Approve", {"request": request, **place})

    def at_one_terminal(asking, agreeing, code):
        """In a child: logs in, and becomes one after the other."""
        with open("/proc/self/loginuid", "w") as out:
            out.write("8")
        request = as_uid(MAIL, ask, asking, code)["request"]
        return request, as_uid(NEWS, agree, request, agreeing)

    for asking, agreeing, what in (({}, {}, "becoming somebody else in one login"),
                                   ({}, {"session": "x"}, "nor with a session that the second names"),
                                   ({"session": SESSION}, {}, "nor with one that the first does")):
        request, reply = as_uid(0, at_one_terminal, asking, agreeing, scene.tokens["mail"].fresh())
        tap.equal((reply.error, "session" in (reply.message or "")), ("NotAllowed", True),
                  f"{what} is no second person")
    tap.ok(as_uid(NEWS, agree, request, {}).ok, "who comes from elsewhere is")


def invitations_of_the_locked():
    """Neither one that a locked administrator made, nor one for somebody who was locked and is free again."""
    with Verifier(MORE.replace('users = { "root" }', 'users = { "root", "mail", "news" }')) as verifier:
        os.chmod(verifier.path("admin"), 0o666)
        tokens = {name: verifier.enrol_token(name) for name in ("root", "mail", "news")}

        def invite(uid, name, user):
            return verb(verifier, tokens[name], "Invite", {"user": user}, uid)["invitation"]

        def comes_in(invitation, user):
            return verifier.call("verify", "EnrollBegin",
                                 {"type": "hotp", "user": user, "invitation": invitation}).ok

        made, meant, kept = invite(MAIL, "mail", "uucp"), invite(0, "root", "games"), invite(0,
                                                                                             "root", "backup")
        verb(verifier, tokens["root"], "Lock", {"users": "games,mail"}, 0, {"users": ["games", "mail"]})
        tap.ok(not comes_in(made, "uucp"), "an invitation that a locked administrator made is void")
        unlocked = verb(verifier, tokens["news"], "Unlock", {"user": "games"}, NEWS)
        tap.ok(unlocked.ok and not comes_in(meant, "games"),
               "so is one for somebody who was locked, also when the lock is lifted", unlocked)
        tap.ok(comes_in(kept, "backup"), "others are good")
        authorization = verifier.begin("root", "stepup.log")["transaction"]
        verifier.answer(authorization, tokens["root"].fresh())
        log = verifier.call("admin", "Log",
                            {"from": 0, "count": 200, "authorization": authorization})["entries"]
        locks = [entry for entry in (json.loads(one["entry"]) for one in log) if entry["type"] == "lock"]
        tap.equal([(lock["user"], lock["invitations"]) for lock in locks], [("games", 1), ("mail", 1)],
                  "the log says of each lock how many it voided")


def floods_of_output(verifier):
    """A hook that never stops talking is ended at its limit, and holds nobody up."""
    admin = Administrator(verifier)
    runner = Runner(verifier, limit=5)
    runner.hook("endless", "#!/bin/sh\nexec cat /dev/zero\n")
    runner.hook("leaves", "#!/bin/sh\nsetsid timeout 60 cat /dev/zero &\nexit 0\n")
    runner.hook("record", RECORD)
    with runner:
        admin.call("Lock", {"users": "mail"}, {"users": ["mail"]})
        entries = runner.wait(lambda: (lambda found: len(found) >= 6 and found)([
            entry for entry in admin.entries() if entry["type"] == "hook"]), "outcomes")
        results = {entry["program"]: entry["result"] for entry in entries}
        tap.equal(results, {"endless": "timeout", "leaves": "done", "record": "done"},
                  "endless output ends no other hook's work, nor the next event's")


def two_calls_ahead(verifier):
    """A runner that sends two Nexts at once, and another one: all are answered, and a stop waits for none."""
    with verifier.client("hooks") as ahead, verifier.client("hooks") as other:
        ahead.send(b'{"method":"io.stepup.Hooks1.Next"}\0' * 2)
        tap.equal(select.select([ahead.socket], [], [], 0.2)[0], [], "there is no event yet")
        other.start("Next")
        tap.equal(ahead.finish().get("event"), None, "the first is answered when another one comes")
        tap.equal(other.finish().get("event"), None, "which the second ends")
        tap.equal(verifier.stop(), 0, "and a stop leaves nobody waiting")
        tap.equal(ahead.finish().get("event"), None, "who is told that there is none")
    verifier.start()


if __name__ == "__main__":
    assert isinstance(tap, Tap) and PATIENCE
    for function in (lock_by_volume, freeze, elsewhere, who_sees, long_texts, refusals_hidden, same_login,
                     floods_of_output, two_calls_ahead):
        with Verifier(MORE) as running:
            for door in ("admin", "redeem"):
                os.chmod(running.path(door), 0o666)
            tap.run(function, running)
    tap.run(aliases)
    tap.run(invitations_of_the_locked)
    tap.done()
