#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second person, as people meet it: stepup requests, approve, deny, wait, withdraw, a confirm that waits;
and the PAM module."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli
from harness import DAEMON, MAIL, NEWS, Tap, Verifier
from pam_flows import Result, Services

POLICY = '''
group leads { members = { "news", "daemon" } }
cooling-off = 0s
action vault.open { users = { "mail", "news" }  details = { "door:text" }  prompt = "Open vault {door}"
    require = { code }
    code-is-enough = yes  always-approve = yes  approvers = { "@leads" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code }  code-is-enough = yes
    always-approve = yes
    approvers = { "@leads" } }
'''
ID = r"R-[0-9A-Z]{12}"
tap = Tap()


class Scene:
    def __init__(self, verifier):
        self.verifier, self.cli = verifier, Cli(verifier)
        self.tokens = {name: verifier.enrol_token(name) for name in ("mail", "news", "daemon")}

    def start(self, *more, door="north"):
        """A confirm that has been answered and waits; the session and the request's id."""
        session = self.cli.start("confirm", "vault.open", f"door={door}", *more, uid=MAIL)
        session.wait_for(r"(?i)code[^\n]*: ?$")
        session.type(self.tokens["mail"].fresh() + "\n")
        place = session.wait_for(ID, where=session.process.stderr.fileno())
        return session, session.text(session.process.stderr.fileno())[place - 14:place]

    def approve(self, request, user="news", uid=NEWS):
        return self.cli.run("approve", request, answers=(self.tokens[user].fresh(),), uid=uid)


def waits_and_goes_on(scene):
    marker = os.path.join(scene.verifier.folder, "ran")
    session, request = scene.start("--reason", "the key is lost", "--", "/bin/echo", "opened")
    listed = scene.cli.run("requests", uid=NEWS)
    tap.ok(listed.status == 0
           and all(part in listed.out for part in (request, "Open vault north", "mail", "the key is lost")),
           "an approver's list has the request, who asks, what for and why", listed)
    tap.equal(scene.cli.run("requests", uid=NEWS).out.count(request), 1, "once")
    own = scene.cli.run("requests", "--json", uid=MAIL)
    tap.ok(own.json()["requests"][0]["own"], "in JSON too, as one's own", own)
    tap.ok(not os.path.exists(marker) and session.process.poll() is None, "the command hasn't run")
    approved = scene.approve(request)
    tap.ok(approved.status == 0 and "Approved for mail: Open vault north" in approved.out,
           "approve shows what is agreed to and asks for a code", approved)
    tap.matches(approved.shown, "Open vault north", "on the terminal, before it asks")
    ended = session.finish()
    tap.ok(ended.status == 0 and "opened" in ended.out,
           "then the one who waits goes on, and the command runs", ended)
    tap.matches(ended.err, "news or daemon|daemon or news", "the waiting terminal said who can agree")
    tap.matches(ended.err, r"waits until \d\d:\d\d", "and until when")
    tap.equal(scene.cli.run("requests", uid=NEWS).out.strip(), "No requests.", "the list is empty then")


def denied(scene):
    session, request = scene.start("--", "/bin/echo", "opened")
    answer = scene.cli.run("deny", request, uid=NEWS)
    tap.ok(answer.status == 0 and "Nothing was approved" in answer.out, "deny asks for nothing", answer)
    ended = session.finish()
    tap.ok(ended.status == 1 and "opened" not in ended.out and "news denied" in ended.err,
           "who waits is told, and nothing runs", ended)


def without_waiting(scene):
    ended = scene.cli.run("confirm", "vault.open", "door=west", "--no-wait", "--json",
                          answers=(scene.tokens["mail"].fresh(),), uid=MAIL)
    tap.equal(ended.status, 4, "--no-wait ends with 4")
    told = ended.json()
    request = told["request"]
    tap.equal((told["error"], sorted(told["approvers"])), ("NeedsApproval", ["daemon", "news"]),
              "and says in JSON which request waits for whom")
    tap.equal(scene.cli.run("wait", request, "--no-wait", uid=MAIL).status, 4,
              "wait --no-wait says that it still waits")
    tap.equal(scene.cli.run("wait", request, uid=NEWS).status, 1, "somebody else can't watch it")
    waiting = scene.cli.start("wait", request, uid=MAIL)
    waiting.wait_for("waits", where=waiting.process.stderr.fileno())
    tap.ok(scene.approve(request, "daemon", DAEMON).status == 0, "somebody agrees")
    ended = waiting.finish()
    tap.ok(ended.status == 0 and "daemon agreed" in ended.out, "wait ends with 0 and says who agreed", ended)
    ended = scene.cli.run("confirm", "vault.open", "door=west",
                          answers=(scene.tokens["mail"].fresh(),), uid=MAIL)
    tap.ok(ended.status == 0 and "Approved: Open vault west" in ended.out,
           "the same confirm goes through now", ended)
    ended = scene.cli.run("confirm", "vault.open", "door=west", "--no-wait",
                          answers=(scene.tokens["mail"].fresh(),), uid=MAIL)
    request = ended.err[ended.err.index("R-"):][:14]
    taken = scene.cli.run("withdraw", request, uid=MAIL)
    tap.ok(taken.status == 0 and "taken back" in taken.out, "withdraw takes a request back", taken)
    tap.equal(scene.cli.run("wait", request, uid=MAIL).status, 1, "wait ends with 1 then")
    tap.equal(scene.cli.run("approve", request, uid=NEWS).status, 1, "and nobody can agree to it")


def follows(scene):
    follower = scene.cli.start("requests", "--follow", uid=NEWS)
    follower.wait_for("No requests", where=follower.process.stdout.fileno())
    session, request = scene.start(door="east")
    follower.wait_for(request, where=follower.process.stdout.fileno())
    tap.ok(True, "requests --follow shows a request as soon as it is made")
    locked = scene.cli.run("deny", request, "--lock", answers=(scene.tokens["news"].fresh(),), uid=NEWS)
    tap.ok(locked.status == 0 and "is locked" in locked.out and "L-" in locked.out,
           "deny --lock locks the one who asks, by a factor of one's own", locked)
    tap.matches(locked.shown, "Deny this, and lock mail out of everything: Open vault east",
                "and says so before it asks")
    tap.equal(session.finish().status, 1, "who waited is refused")
    follower.process.terminate()
    follower.finish()


def through_pam(verifier):
    scene = Scene(verifier)
    services = Services(verifier)
    refused = services.run("door", "mail", scene.tokens["mail"].fresh(), "")
    text = "\n".join(refused.prompts + refused.told)
    tap.equal(refused.code, "PAM_AUTH_ERR", "the module refuses where nobody has agreed yet")
    tap.matches(refused.prompts[1] if len(refused.prompts) > 1 else text,
                r"Press Enter once somebody has agreed \(within \d+ seconds\): $",
                "after saying how long it waits")
    tap.matches(refused.prompts[2] if len(refused.prompts) > 2 else text,
                r"^Nobody has agreed yet\.\nPress Enter", "and looking again at each Enter")
    tap.matches(text, ID, "and says which request waits")
    tap.matches(text, "the same goes through", "and what to do")
    request = verifier.call("verify", "Requests", {"user": "news"})["requests"][0]["id"]
    begun = verifier.call("verify", "Approve", {"user": "news", "request": request})
    verifier.answer(begun["transaction"], scene.tokens["news"].fresh())
    granted = services.run("door", "mail", scene.tokens["mail"].fresh())
    tap.equal(granted.code, "PAM_SUCCESS", "the same again goes through once somebody has agreed")
    waiting = services.start("console", "mail",
                             json.dumps({"method": "code", "code": scene.tokens["mail"].fresh()}),
                             env=("STEPUP_ACTION=vault.open", 'STEPUP_DETAILS={"door":"south"}'), uid=None)
    with verifier.client() as client:
        client.start("Requests", {"user": "news"}, more=True)
        listed = client.finish()["requests"]
        while not listed:
            listed = client.finish()["requests"]
    begun = verifier.call("verify", "Approve", {"user": "news", "request": listed[0]["id"]})
    verifier.answer(begun["transaction"], scene.tokens["news"].fresh())
    result = Result(waiting.communicate()[0])
    told = [json.loads(text) for text in result.told]
    tap.equal([(one["type"], one.get("request")) for one in told][:1], [("waiting", listed[0]["id"])],
              "in JSON the program is told what it waits for")
    tap.equal(result.code, "PAM_SUCCESS", "and the step-up goes on when somebody agrees")


def in_one(*functions):
    with Verifier(POLICY) as verifier:
        os.chmod(verifier.run, 0o755)
        scene = Scene(verifier)
        for function in functions:
            tap.run(function, scene)


if __name__ == "__main__":
    in_one(waits_and_goes_on, denied, without_waiting, follows)
    with Verifier(POLICY) as verifier:
        tap.run(through_pam, verifier)
    tap.done()
