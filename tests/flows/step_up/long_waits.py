#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What takes hours or days, under a clock that is set forward: invitations end, executions are remembered for
a day, a hundred wrong codes in a row suspend codes."""
import datetime
import glob
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, GAMES, Tap, Verifier

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "customer.*" } }
service export { unix-user = "bin" }
group admins { members = { "root" } }
action customer.export { users = { "*" }  details = { "records:number" }  prompt = "Export {records} contacts"
    require = { code }  code-is-enough = yes  service = export }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
action "stepup.*" { users = { "@admins" }  require = { code }  code-is-enough = yes }
'''
HOUR = 3600
START = int(datetime.datetime(2030, 6, 1, 12, 0, 0, tzinfo=datetime.timezone.utc).timestamp())
tap = Tap()


class Clock:
    """A file that libfaketime reads stepupd's time from. It stands still until it is set."""

    def __init__(self, verifier):
        self.path = os.path.join(verifier.folder, "clock")
        self.now = START
        verifier.environment = {"TZ": "UTC",
                                "LD_PRELOAD": glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0],
                                "FAKETIME_NO_CACHE": "1", "FAKETIME_TIMESTAMP_FILE": self.path,
                                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.go_on(0)

    def go_on(self, seconds):
        self.now += seconds
        text = datetime.datetime.fromtimestamp(self.now, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        with open(self.path + ".new", "w") as out:
            out.write(text + "\n")
        os.rename(self.path + ".new", self.path)


def entries(verifier, token):
    """Every entry of the log, read as the administrator."""
    begun = verifier.begin("root", "stepup.log")
    verifier.answer(begun["transaction"], token.fresh())
    reply = verifier.call("admin", "Log", {"from": 0, "count": 1024, "authorization": begun["transaction"]})
    return [one["entry"] if isinstance(one["entry"], dict) else json.loads(one["entry"])
            for one in reply["entries"]]


def invitations(verifier, clock):
    made = {user: verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]
            for user in ("mail", "news")}
    clock.go_on(72 * HOUR - 1)
    tap.ok(verifier.enrol_token("mail", invitation=made["mail"]).credential,
           "an invitation is good until its last second")
    clock.go_on(1)
    reply = verifier.call("verify", "EnrollBegin",
                          {"user": "news", "type": "hotp", "invitation": made["news"]})
    tap.equal(reply.error, "NotAllowed", "and for nothing 72 hours after it was made")


def executions(verifier, clock):
    token = verifier.enrol_token("mail")
    details = {"records": 10}
    receipt = verifier.step_up("mail", "customer.export", details, token.fresh(), uid=GAMES)["receipt"]
    wanted = {"receipt": receipt, "action": "customer.export", "details": details, "exec_id": "job-1"}
    tap.ok(verifier.call("redeem", "Redeem", wanted, uid=BIN).ok, "an execution redeems its receipt")
    clock.go_on(24 * HOUR - 1)
    reply = verifier.call("redeem", "Redeem", {**wanted, "resume": True}, uid=BIN)
    tap.ok(reply.ok and reply["already"], "within 24 hours it is told that it has it already", reply)
    clock.go_on(2)
    reply = verifier.call("redeem", "Redeem", {**wanted, "resume": True}, uid=BIN)
    tap.equal(reply.error, "Redeemed", "after them it is not")


def suspension(verifier, clock):
    root, token = verifier.enrol_token("root"), verifier.enrol_token("mail")

    def three_hours_later(code):
        """A step-up then; what had begun when the verifier noticed the clock is void, and begun again."""
        clock.go_on(3 * HOUR)
        reply = verifier.step_up("mail", "door.open", None, code)
        while reply.error == "Expired":
            reply = verifier.step_up("mail", "door.open", None, code)
        return reply
    wrong = [three_hours_later(token.wrong()) for _ in range(100)]
    tap.equal({reply.error for reply in wrong}, {"BadAnswer"},
              "a hundred wrong codes, spread over days, are each looked at")
    clock.go_on(30 * 24 * HOUR)
    reply = three_hours_later(token.fresh())
    tap.ok(not reply.ok, "then even the right code is refused, a month later too", reply)
    kinds = [entry.get("kind") for entry in entries(verifier, root) if entry["type"] == "alert"]
    tap.equal(kinds.count("codes-suspended"), 1, "the log has one alert about it")
    begun = verifier.begin("root", "stepup.unlock", {"user": "mail"})
    verifier.answer(begun["transaction"], root.fresh())
    reply = verifier.call("admin", "Unlock", {"user": "mail", "authorization": begun["transaction"]})
    tap.ok(reply.ok, "an administrator lifts it", reply)
    reply = three_hours_later(token.fresh())
    tap.ok(reply.ok, "and codes work again", reply)


def main():
    for run in (invitations, executions, suspension):
        verifier = Verifier(POLICY)
        clock = Clock(verifier)
        with verifier:
            os.chmod(verifier.path("redeem"), 0o666)
            tap.run(run, verifier, clock)
    tap.done()


if __name__ == "__main__":
    main()
