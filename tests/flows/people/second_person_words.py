#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What people read around a second person's agreement: why it is needed, who asks, what to do next, and an id
as it is heard over the phone."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli
from harness import BIN, MAIL, NEWS, Tap, Verifier

POLICY = '''
group leads { members = { "news", "daemon" } }
cooling-off = 0s
action vault.open { users = { "*" }  details = { "door:text" }  prompt = "Open vault {door}"
    require = { code }  code-is-enough = yes
    limit = { "1 different door per 1h" }  over-limit = approve  approvers = { "@leads" } }
action attic.open { users = { "mail" }  prompt = "Open the attic"  require = { code }  code-is-enough = yes
    always-approve = yes
    approvers = { "mail" } }
action cellar.open { users = { "mail" }  prompt = "Open the cellar"  require = { code }  always-approve = yes
    approvers = { "@leads" } }
'''
tap = Tap()


class Scene:
    def __init__(self, verifier):
        self.verifier, self.cli = verifier, Cli(verifier)
        self.tokens = {name: verifier.enrol_token(name) for name in ("mail", "news", "bin")}

    def confirm(self, *words, user="mail", uid=MAIL):
        return self.cli.run("confirm", *words, answers=(self.tokens[user].fresh(),), uid=uid)

    def ask(self, action, *words, user="mail", uid=MAIL):
        """A confirm that has to wait and doesn't; how it ended, and the request's id."""
        ended = self.confirm(action, *words, "--no-wait", user=user, uid=uid)
        return ended, re.search(r"R-[0-9A-Z]{12}", ended.err).group()


def why(scene):
    scene.confirm("vault.open", "door=north")
    ended, request = scene.ask("vault.open", "door=south", "--reason", "the fire brigade wants to see it")
    tap.matches(ended.err,
                "over the limit of 1 different door per 1h.*second person must agree: daemon or news",
                "who must wait is told which limit it is about")
    tap.matches(ended.err, "Nothing was approved yet", "and that nothing was approved")
    listed = scene.cli.run("requests", uid=NEWS)
    tap.matches(listed.out, "because +over the limit of 1 different door per 1h",
                "the list says why a second person is asked")
    tap.matches(listed.out, "through +stepup", "and through which program")
    tap.matches(listed.out, "mail says: through stepup",
                "which is what mail says, who asks without a program that may speak for others")
    tap.ok("stepup approve REQUEST" in listed.out and "withdraw" not in listed.out,
           "and how those who can answer do", listed)
    listed = scene.cli.run("requests", uid=MAIL)
    tap.ok("stepup approve REQUEST" not in listed.out and "stepup withdraw REQUEST" in listed.out,
           "one's own list says how to wait or take back", listed)
    agreed = scene.cli.run("approve", request, answers=(scene.tokens["news"].fresh(),), uid=NEWS)
    tap.ok(agreed.status == 0 and re.search(r"asked by +mail", agreed.err)
           and "the fire brigade wants to see it" in agreed.err,
           "whoever agrees first sees who asks and the reason", agreed)
    agreed = scene.cli.run("approve", request, uid=NEWS)
    tap.ok(agreed.status == 1 and "not waiting any more" in agreed.err
           and "Nothing was changed" in agreed.err, "agreed to already: told so", agreed)
    tap.matches(agreed.err, "news has agreed to it", "and by whom")
    scene.confirm("vault.open", "door=south")
    agreed = scene.cli.run("approve", request, uid=NEWS)
    tap.matches(agreed.err, "it was agreed to and used", "used already: told so")


def where(scene):
    """What the asker says of the place, and what a program says that may speak for others."""
    claims = {"rhost": "10.0.0.17", "service": "desk"}
    for uid, door in ((MAIL, "own"), (None, "other")):
        begun = scene.verifier.begin("mail", "vault.open", {"door": door}, uid=uid, **claims)
        scene.verifier.answer(begun["transaction"], scene.tokens["mail"].fresh(), uid=uid)
    listed = scene.cli.run("requests", uid=NEWS).out
    asked = {text.split("\n")[0]: text for text in re.split(r"R-[0-9A-Z]{12}  ", listed)}
    tap.matches(asked["Open vault own"], r"\n  mail says: from 10\.0\.0\.17, through desk\n",
                "of who asks by themselves, the place is what they say")
    tap.ok(not re.search(r"\n  (from|through) ", asked["Open vault own"]),
           "and stands there as nothing else", listed)
    tap.matches(asked["Open vault other"], r"\n  through +desk \(account root\)\n  from +10\.0\.0\.17\n",
                "of others, the account that asked is told")
    for waits in scene.verifier.call("verify", "Requests", {"user": "mail"})["requests"]:
        scene.verifier.call("verify", "CancelRequest", {"request": waits["id"]})


def as_heard(scene):
    _, request = scene.ask("vault.open", "door=east")
    heard = request.lower().replace("0", "o").replace("1", "l")
    denied = scene.cli.run("deny", heard, uid=NEWS)
    tap.equal(denied.status, 0, "an id may be typed in small letters, with o for 0 and l for 1")
    for verb, uid in (("approve", NEWS), ("deny", NEWS), ("withdraw", MAIL)):
        over = scene.cli.run(verb, request, uid=uid)
        tap.ok(over.status == 1 and "not waiting any more: news denied it. Nothing was changed" in over.err,
               f"{verb} of what was denied says by whom", over)
    other = scene.cli.run("deny", request, uid=BIN)
    tap.ok(other.status == 1 and "news" not in other.err,
           "to whom it is none of their business it isn't said", other)
    _, request = scene.ask("vault.open", "door=attic")
    scene.cli.run("withdraw", request, uid=MAIL)
    over = scene.cli.run("approve", request, uid=NEWS)
    tap.matches(over.err, "mail took it back", "approve of what was taken back says by whom")
    other = scene.cli.run("approve", "R-0000000000OO", uid=BIN)
    tap.ok(other.status == 1 and "no request of that name" in other.err
           and "Nothing was approved" in other.err, "an id that isn't is told so", other)


def waiting(scene):
    session = scene.cli.start("confirm", "vault.open", "door=west", uid=MAIL)
    session.wait_for(r"(?i)code[^\n]*: ?$")
    session.type(scene.tokens["mail"].fresh() + "\n")
    session.wait_for(r"Waiting\. Ctrl-C stops the waiting, and the request stays\. "
                     r"To take it back: stepup withdraw R-[0-9A-Z]{12}",
                     where=session.process.stderr.fileno())
    session.type("\x03")
    ended = session.finish()
    tap.ok(ended.status != 0, "Ctrl-C stops the waiting, as it said", ended)
    tap.matches(scene.cli.run("requests", uid=MAIL).out, "Open vault west", "and not the request")
    session = scene.cli.start("confirm", "vault.open", "door=west", uid=MAIL)
    session.wait_for(r"(?i)code[^\n]*: ?$")
    session.type(scene.tokens["mail"].fresh() + "\n")
    session.wait_for("Waiting", where=session.process.stderr.fileno())
    scene.verifier.restart()
    ended = session.finish()
    tap.ok(ended.status == 3 and re.search(r"(?s)nothing was approved.*R-[0-9A-Z]{12}", ended.err),
           "where the verifier goes away meanwhile: 3, and what still stands", ended)


def nobody_else(scene):
    ended, _ = scene.ask("attic.open")
    tap.matches(ended.err,
                "names nobody who could, other than you. Nothing was approved. Tell an administrator",
                "where nobody could agree that is said")


def with_a_code(scene):
    for waits in scene.verifier.call("verify", "Requests", {"user": "mail"})["requests"]:
        scene.cli.run("withdraw", waits["id"], uid=MAIL)
    _, request = scene.ask("cellar.open")
    ended = scene.cli.run("approve", request, uid=NEWS)
    tap.matches(ended.err, "Agreeing to cellar.open needs a security key",
                "who lacks the key that agreeing takes is told that it is the agreeing")


if __name__ == "__main__":
    with Verifier(POLICY) as made:
        os.chmod(made.run, 0o755)
        people = Scene(made)
        for function in (why, where, as_heard, waiting, nobody_else, with_a_code):
            tap.run(function, people)
    tap.done()
