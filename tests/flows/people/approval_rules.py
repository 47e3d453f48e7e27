#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second person: who counts as one when it is asked, agreed and used; in which time; and what those who
agree get to read."""
import ctypes
import os
import subprocess
import sys
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from approvals import Scene
from harness import GAMES, Tap, Verifier
from logbook import Administrator, RULES
from passing_time import PassingTime
from softkey import Key, ORIGIN, answer, enrol_key

POLICY = f'''
origins = {{ "{ORIGIN}" }}
caller console {{ unix-user = "games"  users = {{ "*" }}  actions = {{ "*" }} }}
group leads {{ members = {{ "news", "uucp" }} }}
group seniors {{ unix = "seniors" }}
group keepers {{ unix = "keepers" }}
cooling-off = 0s
action vault.open {{ users = {{ "*" }}  details = {{ "door:text" }}  prompt = "Open vault {{door}}"
    require = {{ code }}
    code-is-enough = yes  always-approve = yes  approvers = {{ "@leads", "mail2", "MAIL" }} }}
action safe.open {{ users = {{ "@keepers" }}  details = {{ "door:text" }}  prompt = "Open safe {{door}}"
    require = {{ code }}
    code-is-enough = yes  always-approve = yes  approvers = {{ "@seniors" }} }}
action vault.key {{ users = {{ "*" }}  details = {{ "door:text" }}  prompt = "Open vault {{door}}"
    require = {{ key }}
    always-approve = yes  approvers = {{ "@leads" }} }}
action vault.hardware {{ users = {{ "*" }}  details = {{ "door:text" }}  prompt = "Open vault {{door}}"
    require = {{ hardware-key }}
    always-approve = yes  approvers = {{ "@leads" }} }}
''' + RULES
VAULT = {"door": "north"}
ACCOUNT_SECONDS = 31 # ACCOUNT_TTL_SECONDS, and one
tap = Tap()


def file_of(verifier, name):
    """A copy of /etc/NAME that everybody in this mount namespace reads from now on; its path and its text."""
    path = os.path.join(verifier.folder, name)
    with open(os.path.join("/etc", name)) as source:
        text = source.read()
    with open(path, "w") as out:
        out.write(text)
    subprocess.run(["mount", "--bind", path, os.path.join("/etc", name)], check=True)
    return path, text


def write_groups(group, seniors, keepers):
    path, text = group
    with open(path, "w") as out:
        out.write(f"{text}seniors:x:40101:{seniors}\nkeepers:x:40102:{keepers}\n")


# --- who ----------------------------------------------------------------------------------------------------

def same_person(verifier, group):
    passwd, text = file_of(verifier, "passwd")
    with open(passwd, "w") as out:
        out.write(text + "mail2:x:8:8::/:/bin/false\n")
    verifier.reload()
    scene = Scene(verifier, "mail2")
    _, reply = scene.ask(details={"door": "same person"})
    request = reply["request"]
    reply = scene.approve(request, "mail2")
    tap.equal((reply.error, "same account" in reply.message), ("NotAllowed", True),
              "a second name of the same uid is no second person, though listed")
    tap.equal([one["id"] for one in scene.requests("mail2")], [], "and isn't shown the request")
    reply = verifier.call("verify", "Approve", {"user": "MAIL", "request": request}, uid=GAMES)
    tap.equal(reply.error, "NotAllowed", "the same name in capitals isn't either, though listed")
    tap.ok(scene.approve(request).ok, "somebody else is")
    subprocess.run(["umount", "/etc/passwd"], check=True)
    verifier.reload()


def proof_first(verifier, group):
    """The requester proves the full factor before anybody is bothered."""
    scene = Scene(verifier)
    begun = verifier.begin("mail", "vault.open", VAULT, uid=GAMES, rhost="elsewhere")
    tap.equal(verifier.answer(begun["transaction"], scene.tokens["mail"].wrong(), uid=GAMES).error,
              "BadAnswer", "a wrong code asks nobody")
    tap.equal(verifier.begin("mail", "vault.key", VAULT, uid=GAMES, session="s" * 43).error, "TooWeak",
              "nor does a code where a key is required")
    tap.equal(scene.requests("news"), [], "there is no request then")


def as_strong(verifier, group):
    """Who agrees needs a factor at least as strong as who asks, and user verification."""
    scene = Scene(verifier)
    mine, theirs = enrol_key(verifier, "mail", Key()), enrol_key(verifier, "uucp", Key())
    begun = verifier.begin("mail", "vault.key", VAULT, reach=["browser"])
    request = answer(verifier, begun, "browser", mine.sign(begun["browser"]))["request"]
    tap.equal(verifier.call("verify", "Approve",
                            {"user": "news", "request": request, "reach": ["browser"]}).error,
              "TooWeak", "whoever has a code only can't agree where a key was required")
    tap.equal(verifier.begin("mail", "vault.hardware", VAULT, reach=["browser"]).error, "TooWeak",
              "a key of an unknown model is no hardware key")
    begun = verifier.call("verify", "Approve", {"user": "uucp", "request": request, "reach": ["browser"]})
    reply = answer(verifier, begun, "browser", theirs.sign(begun["browser"], uv=False))
    tap.equal(reply.error, "BadAnswer", "a key without its PIN agrees to nothing")
    tap.ok(answer(verifier, begun, "browser", theirs.sign(begun["browser"])).ok, "with it, it does")


def no_longer_listed(verifier, group):
    scene = Scene(verifier)
    _, reply = scene.ask(details={"door": "no longer listed"})
    request = reply["request"]
    tap.ok(scene.approve(request).ok, "an approver agrees")
    verifier.write_policy(POLICY.replace('"news", "uucp"', '"uucp"'))
    verifier.reload()
    tap.equal(scene.standing(request), "approved", "and leaves the policy's group, whose rule stays as it is")
    _, reply = scene.ask(details={"door": "no longer listed"})
    tap.ok(reply.error == "NeedsApproval" and reply["request"] != request,
           "what they agreed to is not used: somebody else is asked", reply)
    tap.equal(scene.standing(request), "void", "and their agreement is void")
    tap.ok(scene.approve(reply["request"], "uucp").ok
           and scene.ask(details={"door": "no longer listed"})[1].ok, "whose agreement is used")
    verifier.write_policy(POLICY)
    verifier.reload()


def left_the_unix_group(verifier, group, time):
    scene = Scene(verifier)
    ways = {"the approver": ("uucp", "mail", "Expired"), "who asked": ("news", "man", "NotAllowed")}
    for who, (seniors, keepers, outcome) in ways.items():
        write_groups(group, "news", "mail")
        time.go_on(60)  # what the directory said before is forgotten
        transaction, reply = scene.ask("safe.open", {"door": who})
        tap.ok(scene.approve(reply["request"]).ok, "a member of a unix group agrees")
        write_groups(group, seniors, keepers)
        time.go_on(60)
        tap.equal(scene.claim(transaction).error, outcome,
                  f"{who} leaves their unix group before it is claimed, and then it isn't")
    write_groups(group, "news", "mail")
    time.go_on(60)


def approver_locked(verifier, group):
    """Between being shown the text and agreeing to it, and between agreeing and use (approvals.py)."""
    scene = Scene(verifier)
    admin = Administrator(verifier)
    transaction, reply = scene.ask(details={"door": "approver locked"})
    begun = verifier.call("verify", "Approve", {"user": "news", "request": reply["request"]}, uid=GAMES)
    admin.call("Lock", {"users": "news"}, {"users": ["news"]})
    tap.equal(verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES).error, "Expired",
              "an approver who is locked while the question stands agrees to nothing")
    tap.equal(scene.approve(reply["request"]).error, "Locked", "nor afterwards")
    tap.equal((scene.standing(reply["request"]), scene.claim(transaction).error),
              ("requested", "NeedsApproval"), "the request waits for another one")
    tap.equal(scene.deny(reply["request"]).error, "NotAllowed",
              "whom a locked one can't take it from by denying")


def frozen(verifier, group):
    scene = Scene(verifier)
    admin = Administrator(verifier)
    transaction, reply = scene.ask(details={"door": "frozen"})
    begun = verifier.call("verify", "Approve", {"user": "uucp", "request": reply["request"]}, uid=GAMES)
    admin.call("Freeze", {"action": "vault.*"})
    tap.equal(verifier.answer(begun["transaction"], scene.tokens["uucp"].fresh(), uid=GAMES).error, "Frozen",
              "a frozen action isn't agreed to")
    admin.call("Thaw", {"action": "vault.*"})
    late = scene.approve(reply["request"])
    tap.equal(late.error, "Expired", "nor is what was asked for before, once it is thawed")
    tap.matches(late.message, "it is void: the action was frozen", "and an approver reads why")
    transaction, reply = scene.ask(details={"door": "frozen"})
    tap.ok(scene.approve(reply["request"]).ok, "asked for anew, it is")
    admin.call("Freeze", {"action": "vault.open"})
    tap.equal(scene.claim(transaction).error, "Frozen", "and frozen again, what was agreed to isn't claimed")
    admin.call("Thaw", {"action": "vault.open"})


# --- what they read -----------------------------------------------------------------------------------------

def words(verifier, group):
    scene = Scene(verifier)
    nasty = {"escapes": "\x1b[2K\x1b[1A\x1b]0;x\x07", "a line break": "a\nApproved", "bidi": "tre\u202ezor",
             "a zero width space": "a\u200bb", "a homoglyph": "tr\u0435zor", "a tag": "a\U000e0041"}
    for what, text in nasty.items():
        _, reply = scene.ask(details={"door": text}, rhost=what)
        shown = [one["text"] for one in scene.requests("news") if one["id"] == reply.get("request")]
        begun = verifier.call("verify", "Approve", {"user": "news", "request": reply["request"]}, uid=GAMES)
        tap.ok(shown == [begun["prompt"]] and shown[0].isascii() and text not in shown[0],
               f"{what} in the text: escaped where it could deceive, and the same for all who read it", shown)
        verifier.call("verify", "Cancel", {"transaction": begun["transaction"]}, uid=GAMES)
        scene.cancel(reply["request"])
    tap.ok(verifier.begin("mail", "vault.open", {"door": "x" * 65536},
                          uid=GAMES).error in ("BadDetails", "InvalidParameter"),
           "64 KB of text are refused")
    _, reply = scene.ask(details={"door": "x" * 505 + ".102000"})
    tap.ok(scene.requests("news")[0]["text"].endswith(".102000"),
           "the longest text that is allowed is shown to its end")
    for reason in ("\x1b[31mred", "a\u202eb", "a\nb"):
        reply = verifier.begin("mail", "vault.open", VAULT, uid=GAMES, reason=reason)
        tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
                  f"a reason of {reason!r} is refused")


def changed_meanwhile(verifier, group):
    scene = Scene(verifier)
    _, reply = scene.ask(details={"door": "changed meanwhile"})
    begun = verifier.call("verify", "Approve", {"user": "news", "request": reply["request"]}, uid=GAMES)
    verifier.write_policy(POLICY.replace("Open vault {door}", "Open the vault {door}"))
    verifier.reload()
    tap.equal(verifier.answer(begun["transaction"], scene.tokens["news"].fresh(), uid=GAMES).error, "Expired",
              "a text that changed meanwhile isn't agreed to")
    tap.equal(scene.standing(reply["request"]), "void", "and nobody can agree to the old one")
    verifier.write_policy(POLICY)
    verifier.reload()


def one_entry_each(verifier, group):
    """Each step of a request is one entry of the log."""
    scene = Scene(verifier)
    transaction, used = scene.ask(details={"door": "one entry each"}, rhost="1")
    scene.approve(used["request"])
    scene.claim(transaction)
    _, denied = scene.ask(details={"door": "one entry each"}, rhost="2")
    scene.deny(denied["request"])
    _, cancelled = scene.ask(details={"door": "one entry each"}, rhost="3")
    scene.cancel(cancelled["request"])
    _, void = scene.ask(details={"door": "one entry each"}, rhost="4")
    verifier.write_policy(POLICY.replace("Open vault {door}", "Open the vault {door}"))
    verifier.reload()
    entries = Administrator(verifier).entries()

    def steps(request):
        return [entry["type"] if entry["type"] != "request-end" else entry["how"] for entry in entries
                if entry.get("request") == request]

    tap.equal(steps(used["request"]), ["request", "approve", "grant"],
              "asked, agreed to, used: three entries")
    tap.equal([steps(one["request"]) for one in (denied, cancelled, void)],
              [["request", "denied"], ["request", "cancelled"], ["request", "void"]],
              "each other end is one entry")
    tap.equal(max(Counter(entry.get("commitment") for entry in entries if entry["type"] == "grant").values()),
              1, "and nothing is granted twice")
    verifier.write_policy(POLICY)
    verifier.reload()


# --- when ---------------------------------------------------------------------------------------------------

def follows_no_longer(verifier, group, time):
    """Whoever follows the list as a member of a group, and is taken out of it, while the
    connection stays open."""
    scene = Scene(verifier, "sys")
    write_groups(group, "news,uucp", "mail,sys")
    time.go_on(ACCOUNT_SECONDS)
    with verifier.client() as left, verifier.client() as stays:
        def told(client):
            return sorted(one["text"] for one in client.finish()["requests"])

        for client, user in ((left, "news"), (stays, "uucp")):
            client.start("Requests", {"user": user}, more=True)
            told(client)
        scene.ask("safe.open", {"door": "one"}, user="sys")
        tap.equal((told(left), told(stays)), (["Open safe one"],) * 2,
                  "who follows the list is told what members may agree to")
        write_groups(group, "uucp", "mail,sys")
        time.go_on(ACCOUNT_SECONDS)
        scene.ask("safe.open", {"door": "two"}, user="sys")
        tap.equal(told(stays), ["Open safe one", "Open safe two"],
                  "who is in the group still is told what comes next")
        tap.equal(told(left), [],
                  "who was taken out of it is told nothing new, on the connection that was open before")
        scene.ask("vault.open", {"door": "three"}, user="sys")
        tap.equal(told(left), ["Open vault three"], "and goes on being told what is theirs by name")
    write_groups(group, "news", "mail")
    time.go_on(ACCOUNT_SECONDS)


def two_minutes(verifier, group, time):
    scene = Scene(verifier)
    for passed, outcome in ((90, None), (121, "Expired")):
        transaction, reply = scene.ask(details={"door": "two minutes"})
        time.go_on(400)
        scene.approve(reply["request"])
        time.go_on(passed)
        late = scene.claim(transaction)
        tap.equal(late.error, outcome, f"{passed} seconds after somebody agreed, the waiting side "
                  f"{'may not go on' if outcome else 'goes on'} by itself")
    tap.matches(late.message, "more than two minutes ago.*one more step-up.*nobody else is asked",
                "but is told how")
    tap.ok(scene.ask(details={"door": "two minutes"})[1].ok, "one more answer of its own is enough")


def unanswered(verifier, group, time):
    """Requests that nobody answers quieten the place that they come from, and nobody else."""
    scene = Scene(verifier)
    for door in "abc":
        scene.ask(details={"door": door}, rhost="10.0.0.1")
    time.go_on(601)
    reply = scene.ask(details={"door": "d"}, rhost="10.0.0.1")[1]
    tap.equal(reply.error, "OverLimit", "a place whose three requests nobody answered has to wait")
    tap.equal(scene.ask(details={"door": "d"}, rhost="10.0.0.2")[1].error, "NeedsApproval",
              "the owner, elsewhere, has not")
    time.go_on(30 * 60)
    tap.equal(scene.ask(details={"door": "e"}, rhost="10.0.0.1")[1].error, "NeedsApproval",
              "after half an hour it may ask again")


def taken_back(verifier, group, time):
    """Whoever asks and takes back again and again has to wait, there; the owner, somewhere else, has not, nor
    has anybody else there."""
    scene = Scene(verifier, "man")
    for _ in range(10):
        reply = scene.ask(details={"door": "t"}, user="man", rhost="10.0.1.1")[1]
        scene.cancel(reply["request"])
    tap.equal(reply.error, "NeedsApproval", "ten requests may be taken back")
    reply = scene.ask(details={"door": "t"}, user="man", rhost="10.0.1.1")[1]
    tap.equal(reply.error, "OverLimit", "a place from which ten were taken back has to wait")
    tap.matches(reply.message, "taken back.*Nothing was approved, and nobody was asked",
                "in words that say why")
    tap.equal(scene.ask(details={"door": "t"}, rhost="10.0.1.1")[1].error, "NeedsApproval",
              "somebody else, at the same place, has not")
    tap.equal(scene.ask(details={"door": "t"}, user="man", rhost="10.0.1.2")[1].error, "NeedsApproval",
              "nor has the owner, at another one")
    time.go_on(30 * 60)
    tap.equal(scene.ask(details={"door": "u"}, user="man", rhost="10.0.1.1")[1].error, "NeedsApproval",
              "after half an hour it may ask again")


def main():
    if ctypes.CDLL(None, use_errno=True).unshare(0x00020000) != 0:  # CLONE_NEWNS: this process's own mounts
        sys.stderr.write("needs a mount namespace of its own\n")
        sys.exit(77)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for runs, passes in (((same_person, proof_first, as_strong, no_longer_listed, words, changed_meanwhile),
                          False),
                         ((approver_locked,), False), ((frozen, one_entry_each), False),
                         ((left_the_unix_group, follows_no_longer, two_minutes, unanswered, taken_back),
                          True)):
        verifier = Verifier(POLICY)
        more = [PassingTime(verifier)] if passes else []
        group = file_of(verifier, "group")
        write_groups(group, "news", "mail")
        with verifier:
            os.chmod(verifier.path("admin"), 0o666)
            for run in runs:
                tap.run(run, verifier, group, *more)
            tap.equal(Administrator(verifier).check()["problems"], [],
                      "stepup log verify finds nothing wrong with any of it")
            subprocess.run(["umount", "/etc/group"], check=True)
    tap.done()


if __name__ == "__main__":
    main()
