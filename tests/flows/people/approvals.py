#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second person: requests from asking to using, who may agree, what ends one, and that
nothing counts twice."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, DAEMON, GAMES, MAIL, NEWS, Tap, Verifier
from logbook import Administrator, RULES
from long_waits import Clock
from softkey import Key, ORIGIN, answer, enrol_key
from step_up import at_once

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "*" } }
service export { unix-user = "bin" }
group leads { members = { "news", "uucp", "mail" } }
cooling-off = 0s

action vault.open { users = { "mail", "news" }  details = { "door:text" }  prompt = "Open vault {door}"
    require = { code }
    code-is-enough = yes  always-approve = yes  approvers = { "@leads" } }
action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { code }  code-is-enough = yes
    service = export
    limit = { "1 per 24h" }  over-limit = approve  hard-limit = { "3 per 24h", "50 records per 24h" }
    approvers = { "@leads" } }
action lab.enter { users = { "*" }  prompt = "Enter the lab"  require = { code }  always-approve = yes
    approvers = { "@leads" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
''' + RULES
VAULT = {"door": "north"}
tap = Tap()


class Scene:
    """People with tokens: mail asks, news and uucp may agree."""

    def __init__(self, verifier, *more):
        self.verifier = verifier
        self.tokens = {name: verifier.enrol_token(name) for name in ("mail", "news", "uucp", *more)}

    def ask(self, action="vault.open", details=VAULT, user="mail", uid=GAMES, **more):
        """Begin and a right answer; (transaction, reply)."""
        begun = self.verifier.begin(user, action, details, uid=uid, **more)
        if not begun.ok:
            return None, begun
        return (begun["transaction"],
                self.verifier.answer(begun["transaction"], self.tokens[user].fresh(), uid=uid))

    def approve(self, request, user="news", uid=GAMES, **more):
        begun = self.verifier.call("verify", "Approve", {"user": user, "request": request, **more}, uid=uid)
        if not begun.ok:
            return begun
        return self.verifier.answer(begun["transaction"], self.tokens[user].fresh(), uid=uid)

    def claim(self, transaction, uid=GAMES):
        return self.verifier.call("verify", "Claim", {"transaction": transaction}, uid=uid)

    def requests(self, user, uid=GAMES):
        return self.verifier.call("verify", "Requests", {"user": user}, uid=uid)["requests"]

    def deny(self, request, user="news", uid=GAMES, **more):
        return self.verifier.call("verify", "Deny", {"user": user, "request": request, **more}, uid=uid)

    def cancel(self, request, uid=GAMES):
        return self.verifier.call("verify", "CancelRequest", {"request": request}, uid=uid)

    def standing(self, request):
        """The state of a request, as root sees it."""
        with self.verifier.client() as client:
            return client.call("AwaitApproval", {"request": request}, more=True)["request"]["state"]


def clean(scene):
    """What `stepup log verify` says of all of it."""
    summary = Administrator(scene.verifier).check()
    tap.equal(summary["problems"], [], "the log is whole and says nothing that can't have been")


def from_asking_to_using(verifier):
    scene = Scene(verifier)
    transaction, reply = scene.ask(reason="the north door is stuck")
    tap.equal(reply.error, "NeedsApproval",
              "a right answer to a rule with always-approve asks a second person")
    request = reply.get("request")
    tap.equal(sorted(reply.get("approvers")), ["news", "uucp"],
              "the refusal says who can agree, without who asks")
    tap.matches(reply.message, r"news or uucp.*R-\w{12} waits until \d\d:\d\d. Nothing was approved yet",
                "in words, and until when")
    tap.equal(scene.claim(transaction).error, "NeedsApproval", "nothing is claimed before somebody agrees")
    shown = scene.requests("news")
    tap.equal([(one["id"], one["text"], one["reason"], one["user"], one["own"]) for one in shown],
              [(request, 'Open vault north', "the north door is stuck", "mail", False)],
              "an approver sees who asks for what and why")
    tap.equal(shown[0].get("caller"), "games", "and through which account")
    tap.equal([one["id"] for one in scene.requests("mail") if one["own"]], [request],
              "who asked sees it as their own")
    tap.equal(scene.requests("man"), [], "nobody else sees it")
    begun = verifier.call("verify", "Approve", {"user": "news", "request": request}, uid=GAMES)
    tap.equal(begun.get("prompt"), "Open vault north", "who agrees is shown exactly what was asked for")
    reply = verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES)
    tap.ok(reply.ok and reply.get("receipt") is None,
           "a right code of the approver's agrees, and gives no receipt", reply)
    tap.equal(reply.message, "Approved for mail: Open vault north", "and says to what")
    tap.equal(scene.standing(request), "approved", "then the request is approved")
    reply = scene.claim(transaction)
    tap.ok(reply.ok, "the requester's side goes on without another answer", reply)
    tap.equal((reply.get("user"), reply.get("action"), reply.get("acr")), ("mail", "vault.open", "otp"),
              "with the grant of what was asked for")
    tap.equal(scene.claim(transaction).error, "Expired", "and once only")
    tap.equal(scene.standing(request), "consumed", "then the request is used up")
    tap.equal(scene.approve(request, "uucp").error, "Expired", "what was used isn't agreed to again")
    clean(scene)


def later(verifier):
    """Agreed to, and the waiting side is gone: the same step-up again uses it."""
    scene = Scene(verifier)
    _, reply = scene.ask()
    request = reply["request"]
    _, again = scene.ask()
    tap.equal((again.error, again.get("request")), ("NeedsApproval", request),
              "asking again for the same joins the request that waits")
    tap.ok(scene.approve(request, "uucp").ok, "somebody agrees")
    _, other = scene.ask(details={"door": "south"})
    tap.ok(other.error == "NeedsApproval" and other.get("request") != request,
           "another door is another request")
    _, reply = scene.ask()
    tap.ok(reply.ok, "the same step-up again, with its own answer, is granted", reply)
    _, reply = scene.ask()
    tap.ok(reply.error == "NeedsApproval" and reply.get("request") != request,
           "and the next one needs a second person again")
    clean(scene)


def volume(verifier):
    scene = Scene(verifier)
    details = {"account": "trezor", "records": 10}

    def export(**more):
        return scene.ask("customer.export", {**details, **more})

    reply = export()[1]
    tap.ok(reply.ok and reply.get("receipt"), "within its limit nobody else is asked", reply)
    transaction, reply = export()
    tap.equal(reply.error, "NeedsApproval", "over it a second person is")
    tap.equal(scene.requests("news")[0]["why"], "over the limit of 1 per 24h",
              "who sees which limit it goes over")
    tap.ok(scene.approve(reply["request"]).ok,
           "who agrees with a code, since the rule says that it is enough")
    reply = scene.claim(transaction)
    tap.ok(reply.ok and reply.get("receipt"), "the claim gives the receipt", reply)
    redeemed = verifier.call("redeem", "Redeem",
                             {"receipt": reply["receipt"], "action": "customer.export", "details": details},
                             uid=BIN)
    tap.ok(redeemed.ok, "which is redeemed", redeemed)
    reply = export(records=40)[1]
    tap.equal(reply.error, "OverLimit", "over a hard limit nobody is asked")
    tap.matches(reply.message, "50 records per 24h", "and the refusal names it")
    explained = verifier.call("verify", "Explain",
                              {"user": "mail", "action": "customer.export", "details": details})
    tap.equal(explained["allowed"], False, "Explain says that a second person is needed")
    tap.matches(explained["why"], "second person must agree: news or uucp", "and who")
    explained = verifier.call("verify", "Explain", {"user": "mail", "action": "customer.export",
                                                    "details": {**details, "records": 40}})
    tap.matches(explained["why"], "50 records per 24h", "and which hard limit holds for whom")
    clean(scene)


def receipts_of_two(verifier):
    """A receipt stands on both persons."""
    scene = Scene(verifier)
    admin = Administrator(verifier)
    details = {"account": "trezor", "records": 1}
    scene.ask("customer.export", details)
    transaction, reply = scene.ask("customer.export", details)
    scene.approve(reply["request"])
    receipt = scene.claim(transaction)["receipt"]
    tap.ok(admin.call("Lock", {"users": "news"}, {"users": ["news"]}).ok,
           "the approver is locked after the receipt was given")
    reply = verifier.call("redeem", "Redeem",
                          {"receipt": receipt, "action": "customer.export", "details": details}, uid=BIN)
    tap.equal(reply.error, "NotAllowed", "then the receipt isn't redeemed")
    tap.matches(reply.message, "second person", "and the refusal says why")
    tap.ok(admin.call("Unlock", {"user": "news"}).ok, "the approver is unlocked")
    reply = verifier.call("redeem", "Redeem",
                          {"receipt": receipt, "action": "customer.export", "details": details}, uid=BIN)
    tap.equal(reply.error, "NotAllowed",
              "a receipt that a locked approver stood behind stays void when the lock is lifted")
    clean(scene)


def not_oneself(verifier):
    scene = Scene(verifier, "man")
    _, reply = scene.ask()
    request = reply["request"]
    reply = scene.approve(request, "mail")
    tap.equal((reply.error, "own request" in reply.message), ("NotAllowed", True),
              "who asked can't agree, though listed as an approver")
    reply = scene.approve(request, "man")
    tap.equal(reply.error, "NotAllowed", "nor can somebody who isn't listed")
    tap.equal(reply.message, scene.approve("R-000000000000", "man").message,
              "who hears of it what is said of a request that isn't there")
    tap.equal(scene.deny(request, "man").error, "NotAllowed", "nor deny it")
    tap.equal(verifier.call("verify", "AwaitApproval", {"request": request}, uid=DAEMON).error, "NotAllowed",
              "another account can't watch it")
    tap.equal(scene.cancel(request, uid=DAEMON).error, "NotAllowed", "nor take it back")
    _, reply = scene.ask(details={"door": "west"}, session="S" * 30)
    reply = scene.approve(reply["request"], "news", session="S" * 30)
    tap.equal((reply.error, "session" in reply.message), ("NotAllowed", True),
              "nobody agrees in the session that it came from")
    _, reply = scene.ask("lab.enter", None)
    reply = scene.approve(reply["request"])
    tap.equal(reply.error, "TooWeak", "a code agrees to nothing where the rule doesn't say that it is enough")
    clean(scene)


def too_new(verifier):
    scene = Scene(verifier)
    _, reply = scene.ask()
    reply = scene.approve(reply["request"])
    tap.equal((reply.error, "too new" in reply.message), ("NotAllowed", True),
              "a credential that is still cooling off agrees to nothing")
    clean(scene)


def ends(verifier):
    scene = Scene(verifier)
    transaction, reply = scene.ask()
    tap.ok(scene.deny(reply["request"]).ok, "an approver denies")
    tap.equal(scene.standing(reply["request"]), "denied", "and the request is denied")
    tap.equal(scene.claim(transaction).error, "Expired", "nothing can be claimed then")
    tap.equal(scene.approve(reply["request"], "uucp").error, "Expired", "nor agreed to")
    transaction, reply = scene.ask()
    tap.ok(scene.cancel(reply["request"]).ok, "the caller takes a request back")
    tap.equal(scene.standing(reply["request"]), "cancelled", "and it is cancelled")
    tap.equal(scene.approve(reply["request"]).error, "Expired", "nobody agrees to it any more")
    transaction, reply = scene.ask()
    scene.approve(reply["request"])
    tap.ok(scene.deny(reply["request"], "uucp").ok,
           "another approver denies what was agreed to, before it is used")
    tap.equal(scene.claim(transaction).error, "Expired", "then it can't be claimed")
    clean(scene)


def locks(verifier):
    scene = Scene(verifier)
    admin = Administrator(verifier)
    transaction, reply = scene.ask()
    first = reply["request"]
    begun = verifier.call("verify", "Approve", {"user": "news", "request": first}, uid=GAMES)
    admin.call("Lock", {"users": "mail"}, {"users": ["mail"]})
    tap.equal(scene.standing(first), "void", "a lock of who asked voids the request")
    reply = verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES)
    tap.equal(reply.error, "Expired", "and who was about to agree can't")
    tap.equal(scene.claim(transaction).error, "Expired", "nor can it be claimed")
    tap.ok(admin.call("Unlock", {"user": "mail"}).ok, "unlocked again")
    transaction, reply = scene.ask()
    second = reply["request"]
    tap.ok(scene.approve(second).ok, "agreed to")
    admin.call("Lock", {"users": "news"}, {"users": ["news"]})
    tap.equal(scene.standing(second), "void", "a lock of who agreed voids it, too")
    tap.equal(scene.claim(transaction).error, "Expired", "so that nothing comes of it")
    clean(scene)


def revocations(verifier):
    scene = Scene(verifier)
    admin = Administrator(verifier)
    transaction, reply = scene.ask()
    scene.approve(reply["request"])
    admin.call("Revoke", {"user": "news", "credential": scene.tokens["news"].credential})
    tap.equal(scene.standing(reply["request"]), "void", "revoking what was agreed with voids the request")
    tap.equal(scene.claim(transaction).error, "Expired", "and it can't be claimed")
    _, reply = scene.ask(details={"door": "west"})
    admin.call("Revoke", {"user": "mail", "credential": scene.tokens["mail"].credential})
    tap.equal(scene.standing(reply["request"]), "void", "revoking what was asked with does, too")
    clean(scene)


def reloads(verifier):
    scene = Scene(verifier)
    transaction, reply = scene.ask()
    request = reply["request"]
    verifier.reload()
    tap.equal(scene.standing(request), "requested",
              "a reload that changes nothing of its rule leaves a request")
    tap.ok(scene.approve(request).ok, "which somebody agrees to")
    tap.equal(scene.claim(transaction).error, "Expired", "the step-up that waited has ended with the reload")
    verifier.write_policy(POLICY.replace("Open vault {door}", "Open the vault {door}"))
    verifier.reload()
    tap.equal(scene.standing(request), "void", "a changed rule voids it, also when agreed to")
    transaction, reply = scene.ask()
    tap.ok(reply.error == "NeedsApproval" and reply.get("request") != request,
           "and the same has to be asked anew")
    transaction, reply = scene.ask(details={"door": "west"})
    verifier.stop()
    verifier.write_policy(POLICY.replace("Open vault {door}", "Unlock vault {door}"))
    verifier.start()
    verifier.write_policy(POLICY.replace("Open vault {door}", "Open the vault {door}"))
    verifier.reload()
    tap.equal(scene.standing(reply["request"]), "void",
              "so does a rule that was another one from a start on, for however short a time")
    clean(scene)


def floods(verifier):
    scene = Scene(verifier)
    made = [scene.ask(details={"door": str(i)}, rhost="10.0.0.1")[1] for i in range(4)]
    tap.equal([reply.error for reply in made], ["NeedsApproval"] * 3 + ["OverLimit"],
              "from one place three requests wait, a fourth is refused")
    tap.matches(made[3].message, "Nothing was approved, and nobody was asked", "in words of its own")
    tap.equal(scene.ask(details={"door": "9"}, rhost="10.0.0.2")[1].error, "NeedsApproval",
              "from another place the owner can still ask")
    tap.equal(scene.ask(details={"door": "10"}, rhost="10.0.0.3")[1].error, "OverLimit",
              "and four wait of one person at most")
    for reply in made[:3]:
        scene.deny(reply["request"])
    tap.equal(scene.ask(details={"door": "11"}, rhost="10.0.0.1")[1].error, "OverLimit",
              "a place whose requests were all denied waits")
    tap.equal(scene.ask(details={"door": "11"}, rhost="10.0.0.3")[1].error, "NeedsApproval",
              "its owner, elsewhere, does not")
    clean(scene)


def many_approvers(verifier):
    """Twenty of one approver's and another's answers at once: one agreement counts."""
    scene = Scene(verifier)
    transaction, reply = scene.ask()
    request = reply["request"]
    begun = []
    for i in range(20):
        user = ("news", "uucp")[i % 2]
        reply = verifier.call("verify", "Approve", {"user": user, "request": request})
        begun.append((reply["transaction"], scene.tokens[user].fresh()))
    clients = [verifier.client() for _ in begun]
    replies = at_once(20, lambda i: clients[i].call("Answer", {"transaction": begun[i][0], "method": "code",
                                                               "code": begun[i][1]}))
    for client in clients:
        client.close()
    tap.equal(sum(reply.ok for reply in replies), 1, "of twenty approvals at once one counts")
    tap.ok(scene.claim(transaction).ok, "and it is claimed")
    clean(scene)


def many_claims(verifier):
    """Agreed to once; the waiting side and new step-ups all want it."""
    scene = Scene(verifier)
    transaction, reply = scene.ask(uid=None)
    begun = [(verifier.begin("mail", "vault.open", VAULT)["transaction"], scene.tokens["mail"].fresh())
             for _ in range(20)]
    scene.approve(reply["request"])
    clients = [verifier.client() for _ in range(21)]

    def use(i):
        if i == 20:
            return clients[i].call("Claim", {"transaction": transaction})
        return clients[i].call("Answer", {"transaction": begun[i][0], "method": "code", "code": begun[i][1]})

    replies = at_once(21, use)
    for client in clients:
        client.close()
    tap.equal(sum(reply.ok for reply in replies), 1,
              "what was agreed to once is used once, whoever comes first")
    clean(scene)


HARD = '''
group leads { members = { "news", "uucp" } }
cooling-off = 0s
action stock.move { users = { "*" }  details = { "box:text" }  prompt = "Move {box}"  require = { code }
    code-is-enough = yes
    always-approve = yes  limit = { "1 per 24h" }  over-limit = approve  hard-limit = { "3 per 24h" }
    approvers = { "@leads" } }
''' + RULES


def hard_limit(verifier):
    """Four at a time agreed to, claimed all at once, until the hard limit stands."""
    scene = Scene(verifier)
    granted = 0
    waiting = []
    for i in range(4):
        transaction, reply = scene.ask("stock.move", {"box": str(i)}, uid=None,
                                       **({"rhost": "a"} if i < 2 else {"rhost": "b"}))
        scene.approve(reply["request"], "news", uid=None)
        waiting.append(transaction)
    clients = [verifier.client() for _ in range(52)]
    replies = at_once(52, lambda i: clients[i].call("Claim", {"transaction": waiting[i % 4]}))
    for client in clients:
        client.close()
    granted = sum(reply.ok for reply in replies)
    tap.equal(granted, 3, "four agreed to and claimed fifty-two times at once: the hard limit of three holds")
    tap.ok("OverLimit" in {reply.error for reply in replies}, "the fourth hears that it goes over the limit",
           {reply.error for reply in replies})
    clean(scene)


def waiting(verifier):
    scene = Scene(verifier)
    transaction, reply = scene.ask()
    request = reply["request"]
    with verifier.client() as watcher, verifier.client() as single, verifier.client() as follower:
        first = watcher.call("AwaitApproval", {"request": request}, more=True)
        tap.equal((first["request"]["state"], first.message is not None), ("requested", True),
                  "who waits is told at once how it stands")
        single.start("AwaitApproval", {"request": request})
        follower.start("Requests", {"user": "news"}, more=True)
        tap.equal([one["id"] for one in follower.finish()["requests"]], [request],
                  "who follows gets the list")
        crowd = [verifier.client() for _ in range(40)]
        for client in crowd:
            client.call("AwaitApproval", {"request": request}, more=True)
        scene.approve(request)
        tap.equal(watcher.finish()["request"]["state"], "approved", "and told when somebody agreed")
        tap.equal(single.finish()["request"]["state"], "approved", "as is who asked for one reply only")
        tap.equal(follower.finish()["requests"], [], "and the list goes on")
        tap.equal({client.finish()["request"]["state"] for client in crowd}, {"approved"},
                  "so are forty others")
        for client in crowd[:20]:
            client.close()
        scene.claim(transaction)
        tap.equal(watcher.finish()["request"]["state"], "consumed", "and of the end")
        tap.ok(watcher.call("AwaitApproval", {"request": request}).ok,
               "then the connection takes calls again")
        tap.equal({client.finish()["request"]["state"] for client in crowd[20:]}, {"consumed"},
                  "those who stayed too, whoever went away")
        for client in crowd[20:]:
            client.close()
    with verifier.client() as watcher:
        _, reply = scene.ask(details={"door": "west"})
        watcher.call("AwaitApproval", {"request": reply["request"]}, more=True)
        verifier.stop()
        tap.equal(watcher.finish().error, "Unavailable", "a stop answers those who wait")
    verifier.start()
    tap.equal(scene.standing(reply["request"]), "requested", "and the request waits on after it")
    clean(scene)


def kills(verifier):
    """kill -9 between every two states: what was answered stays, nothing counts twice."""
    scene = Scene(verifier)

    def kill():
        verifier.kill()
        verifier.start()

    transaction, reply = scene.ask()
    request = reply["request"]
    kill()
    tap.equal(scene.standing(request), "requested", "killed after it was asked: it still waits")
    tap.equal(scene.claim(transaction).error, "Expired", "the step-up that waited is gone")
    tap.ok(scene.approve(request).ok, "somebody agrees")
    kill()
    tap.equal(scene.standing(request), "approved", "killed after that: it is approved")
    tap.equal(scene.approve(request, "uucp").error, "Expired", "and isn't agreed to twice")
    reply = scene.ask()[1]
    tap.ok(reply.ok, "another step-up uses it", reply)
    kill()
    tap.equal(scene.standing(request), "consumed", "killed after that: it is used")
    reply = scene.ask()[1]
    tap.ok(reply.error == "NeedsApproval" and reply["request"] != request, "and not used again")
    scene.deny(reply["request"])
    kill()
    tap.equal(scene.standing(reply["request"]), "denied", "killed after a denial: it stays denied")
    clean(scene)


KEYS = f'''
origins = {{ "{ORIGIN}" }}
cooling-off = 0s
service export {{ unix-user = "bin" }}
action vault.key {{ users = {{ "mail" }}  details = {{ "door:text" }}  prompt = "Open vault {{door}}"
    require = {{ key }}
    always-approve = yes  approvers = {{ "news" }} service = export  limit = {{ "9 per 24h" }} }}
''' + RULES


def by_keys(verifier):
    """Agreed to by a key, with its PIN, over the rendered text; asked for by one as well."""
    scene = Scene(verifier)
    mine, theirs = enrol_key(verifier, "mail", Key()), enrol_key(verifier, "news", Key())

    def asked():
        begun = verifier.begin("mail", "vault.key", VAULT, reach=["browser"])
        return begun["transaction"], answer(verifier, begun, "browser", mine.sign(begun["browser"], uv=False))

    def agree(**how):
        begun = verifier.call("verify", "Approve", {"user": "news", "request": request, "reach": ["browser"]})
        return begun, answer(verifier, begun, "browser", theirs.sign(begun["browser"], **how))

    transaction, reply = asked()
    request = reply.get("request")
    tap.equal(reply.error, "NeedsApproval",
              "who asks proves it with a key, without its PIN where the rule doesn't want that")
    begun, reply = agree(uv=False)
    tap.equal((begun["methods"], begun["browser"]["userVerification"]), (["browser"], "required"),
              "who agrees is asked for a key and its PIN; no code")
    tap.equal(reply.error, "BadAnswer", "a signature without the PIN agrees to nothing")
    begun = verifier.call("verify", "Approve", {"user": "news", "request": request, "reach": ["browser"]})
    reply = answer(verifier, begun, "browser", mine.sign(begun["browser"]))
    tap.ok(not reply.ok, "nor does the key of who asked, used as the approver's", reply)
    other = verifier.call("verify", "Approve", {"user": "news", "request": request, "reach": ["browser"]})
    reply = answer(verifier, begun, "browser", theirs.sign(other["browser"]))
    tap.ok(not reply.ok, "nor a signature made for another step-up", reply)
    begun, reply = agree()
    tap.ok(reply.ok, "the approver's key with its PIN does", reply)
    reply = scene.claim(transaction, uid=None)
    tap.ok(reply.ok and reply.get("acr") == "phr",
           "the claim is worth what the requester's key proved", reply)
    text = reply["receipt"]
    claims = json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
    tap.equal(claims.get("approvers"), ["news"], "and the receipt says who agreed")
    entries = Administrator(verifier).entries()
    approval = [entry for entry in entries if entry["type"] == "approve"][0]
    asking = [entry for entry in entries if entry["type"] == "request"][0]
    tap.equal((approval["context"]["purpose"], approval["context"]["request"], approval["uv"]),
              ("approve", asking["digest"], True),
              "the log has what was signed: an agreement to the request's digest, with the PIN")
    tap.ok("prompt" not in approval["context"] and "evidence" in approval,
           "and the signature, whose text can be erased")
    clean(scene)


VERBS = '''
cooling-off = 0s
action stepup.freeze { users = { "mail", "news" }  require = { code }  code-is-enough = yes
    always-approve = yes  approvers = { "mail", "news" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
''' + RULES


def verbs(verifier):
    """An administrator's verb with a second person: the grant is the asker's, the agreement is none."""
    scene = Scene(verifier)
    freeze = {"action": "door.open"}
    transaction, reply = scene.ask("stepup.freeze", freeze, uid=MAIL)
    begun = verifier.call("verify", "Approve", {"request": reply["request"]}, uid=NEWS)
    tap.ok(verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=NEWS).ok,
           "somebody agrees to an administrator's verb")
    for name, authorization, uid in (("the agreement", begun["transaction"], NEWS),
                                     ("a step-up that still waits", transaction, MAIL)):
        reply = verifier.call("admin", "Freeze", {**freeze, "authorization": authorization}, uid=uid)
        tap.equal(reply.error, "NotAllowed", f"{name} authorises nothing")
    tap.ok(scene.claim(transaction, uid=MAIL).ok, "the asker claims it")
    reply = verifier.call("admin", "Freeze", {**freeze, "authorization": transaction}, uid=MAIL)
    tap.ok(reply.ok, "and carries it out", reply)
    clean(scene)


def time_passes(verifier, clock):
    scene = Scene(verifier)
    jumps = 0

    def go_on(seconds):
        """Sets the clock, and waits until stepupd has seen that: it ends what is under way."""
        nonlocal jumps
        clock.go_on(seconds)
        jumps += 1
        verifier.wait_log(r"(?s)" + r"the clock was set.*" * jumps)

    _, reply = scene.ask()
    first = reply["request"]
    with verifier.client() as watcher:
        watcher.call("AwaitApproval", {"request": first}, more=True)
        go_on(599)
        tap.equal(scene.requests("news")[0]["state"], "requested", "a request waits until its last second")
        clock.go_on(1)
        tap.equal(scene.approve(first).error, "Expired", "and is not agreed to ten minutes after it was made")
        tap.equal(watcher.finish()["request"]["state"], "expired", "who waits is told without asking")
    tap.equal(scene.requests("mail"), [], "it is in nobody's list")
    _, reply = scene.ask()
    second = reply["request"]
    go_on(300)
    tap.ok(scene.approve(second).ok, "another one is agreed to after five")
    go_on(599)
    tap.ok(scene.ask()[1].ok, "and used within ten minutes of that")
    _, reply = scene.ask()
    scene.approve(reply["request"])
    go_on(600)
    third = scene.ask()[1]
    tap.ok(third.error == "NeedsApproval" and third["request"] != reply["request"],
           "ten minutes after it was agreed to it is good for nothing", third)
    go_on(-3600)
    tap.equal(scene.approve(third["request"]).error, "Expired",
              "a clock that goes back doesn't make requests last longer")
    go_on(3600 + 86400)
    clean(scene)


def in_time():
    verifier = Verifier(POLICY)
    clock = Clock(verifier)
    with verifier:
        os.chmod(verifier.path("admin"), 0o666)
        tap.run(time_passes, verifier, clock)


def in_one(*functions, policy=POLICY):
    with Verifier(policy) as verifier:
        for door in ("admin", "redeem"):
            os.chmod(verifier.path(door), 0o666)
        for function in functions:
            tap.run(function, verifier)


if __name__ == "__main__":
    for function in (from_asking_to_using, later, volume, receipts_of_two, not_oneself, ends, locks,
                     revocations, reloads, floods, many_approvers, many_claims, waiting, kills):
        in_one(function)
    in_one(hard_limit, policy=HARD)
    in_one(by_keys, policy=KEYS)
    in_one(verbs, policy=VERBS)
    in_time()
    in_one(too_new, policy=POLICY.replace("cooling-off = 0s", ""))
    tap.done()
