#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A clock that was ahead for minutes, by days or a year, and is right again: nothing that was noted by it
holds until it has caught up."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier
from logbook import RULES, Administrator
from passing_time import PassingTime
from softkey import Key, ORIGIN, enrol_key


DAY = 24 * 3600
POLICY = f'''
origins = {{ "{ORIGIN}" }}
action count {{ users = {{ "*" }}  prompt = "Count"  require = {{ code }}  limit = {{ "2 per 1h" }} }}
action sum {{ users = {{ "*" }}  details = {{ "n:number" }}  prompt = "Sum {{n}}"  require = {{ code }}
    limit = {{ "100 n per 1h" }} }}
action kinds {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }}
    limit = {{ "2 different account per 1h" }} }}
action vault {{ users = {{ "*" }}  prompt = "Open the vault"  require = {{ key }} }}
action second {{ users = {{ "*" }}  prompt = "Two"  require = {{ code }}  code-is-enough = yes
    always-approve = yes  approvers = {{ "news" }} }}
''' + RULES
tap = Tap()


class Scene:
    def __init__(self, ahead, how):
        self.ahead, self.how = ahead, how
        self.verifier = Verifier(POLICY)
        self.time = PassingTime(self.verifier)
        # the clock is set, and no time passes
        self.verifier.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"

    def jump(self, seconds):
        """Sets the clock: under a verifier that runs, or that doesn't."""
        if self.how == "restarted":
            self.verifier.stop()
            self.time.go_on(seconds)
            self.verifier.start()
            return
        jumps = self.verifier.log().count("the clock was set")
        self.time.go_on(seconds)
        self.verifier.wait_log(r"(?s)" + "the clock was set.*" * (jumps + 1))

    def uses(self, token, moment):
        """What is left of each limit: how many more of it are granted."""
        return {
            "count": self.granted(token, [("count", None)] * 3),
            "sum": self.granted(token, [("sum", {"n": 60}), ("sum", {"n": 40}), ("sum", {"n": 1})]),
            "kinds": self.granted(token, [("kinds", {"account": moment + each}) for each in "abc"]),
        }

    def granted(self, token, wanted):
        begun = (self.verifier.begin("mail", action, details) for action, details in wanted)
        return sum(one.ok and self.verifier.answer(one["transaction"], token.fresh()).ok for one in begun)


FULL, NOTHING = {"count": 2, "sum": 2, "kinds": 2}, {"count": 0, "sum": 0, "kinds": 0}


def poisoned(ahead, how, name):
    scene = Scene(ahead, how)
    verifier = scene.verifier
    with verifier:
        root = Administrator(verifier)
        token = verifier.enrol_token("mail")
        second = verifier.enrol_token("uucp")
        tap.ok(scene.granted(token, [("count", None)]), f"{name}: one use before")
        scene.jump(ahead)
        tap.equal(scene.uses(token, "then"), FULL, f"{name}: by the wrong clock all of each limit is used")
        invited = root.call("Invite", {"user": "lp"})
        invited_key = root.call("Invite", {"user": "irc"})
        key = enrol_key(verifier, "irc", Key(), invitation=invited_key["invitation"])
        asked = [verifier.step_up("uucp", "second", None, second.fresh()).get("request") for _ in range(1)]
        tap.ok(asked[0], f"{name}: somebody asks for a second person")
        scene.jump(-ahead)
        verifier.wait_log("counts as of now: that of [1-9]")
        tap.equal(scene.uses(token, "now"), NOTHING, f"{name}: with the right one it still counts, as of now")
        scene.jump(3601)
        tap.equal(scene.uses(token, "later"), FULL,
                  f"{name}: for one window, and then everything is free again")
        reply = verifier.call("verify", "EnrollBegin",
                              {"user": "lp", "type": "hotp", "invitation": invited["invitation"]})
        tap.equal(reply.error, "NotAllowed", f"{name}: an invitation of then is none")
        reply = verifier.step_up("uucp", "second", None, second.fresh())
        tap.equal(reply.error, "NeedsApproval", f"{name}: a request of then stands in no other's way")
        tap.ok(reply.get("request") != asked[0], f"{name}: which is a new one")
        begun = verifier.begin("irc", "vault", reach=["browser"])
        tap.matches(begun.message, "Your key is new. For another 2[34] hours it counts no more than a code",
                    f"{name}: a key that was enrolled then cools off from now on")
        scene.jump(DAY)
        begun = verifier.begin("irc", "vault", reach=["browser"])
        tap.ok(begun.ok, f"{name}: for a day", begun)
        reply = verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "browser",
                                                   "key": key.sign(begun["browser"])})
        tap.ok(reply.ok, f"{name}: and then it is what it is", reply)
        root = Administrator(verifier)
        log = root.entries()
        entries = [entry for entry in log if entry.get("kind") == "clock-settled"]
        if how == "running":
            known = log[entries[0]["index"] - 1]["at"] <= entries[0]["at"]
            tap.ok(known, f"{name}: the log has the right time before anything is moved to it")
        tap.equal([entry["count"] >= 2 for entry in entries], [True],
                  f"{name}: the log says once that it was so, and of how many people")
        problems = root.check()["problems"]
        tap.equal(problems, [], f"{name}: stepup log verify finds nothing wrong with any of it")


def nothing_old_goes(name="a clock that goes forward by a year"):
    """Rows that a limit counts aren't removed by a clock that says that they are old."""
    scene = Scene(400 * DAY, "running")
    verifier = scene.verifier
    with verifier:
        token = verifier.enrol_token("mail")
        tap.equal(scene.uses(token, "now"), FULL, f"{name}: limits are used")
        scene.jump(400 * DAY)
        with sqlite3.connect(verifier.database) as database:
            rows = database.execute("SELECT COUNT(*) FROM use_values").fetchone()[0]
        tap.equal(rows, 2, f"{name}: keeps what it counts")
        scene.jump(-400 * DAY)
        tap.equal(scene.uses(token, "again"), NOTHING, f"{name}: and with the right one it counts")
        problems = Administrator(verifier).check()["problems"]
        tap.equal(problems, [], f"{name}: stepup log verify finds nothing wrong with it")


def small_steps():
    """Less than a day ahead is no reason to move anything: it passes by itself."""
    scene = Scene(3600, "running")
    with scene.verifier as verifier:
        token = verifier.enrol_token("mail")
        scene.jump(3600)
        tap.equal(scene.uses(token, "then"), FULL, "an hour ahead: limits are used")
        scene.jump(-3600)
        tap.equal(scene.uses(token, "now"), NOTHING,
                  "an hour ahead: they count until the hour has passed, too")
        scene.jump(2 * 3600 + 1)
        tap.equal(scene.uses(token, "later"), FULL, "an hour ahead: and no longer")
        tap.ok("counts as of now" not in verifier.log(), "an hour ahead: nothing is moved")
        problems = Administrator(verifier).check()["problems"]
        tap.equal(problems, [], "an hour ahead: stepup log verify counts as the verifier does")


if __name__ == "__main__":
    for case in ((40 * DAY, "running", "40 days ahead"), (366 * DAY, "running", "a year ahead"),
                 (366 * DAY, "restarted", "a year ahead, at a start")):
        tap.run(poisoned, *case)
    tap.run(nothing_old_goes)
    tap.run(small_steps)
    tap.done()
