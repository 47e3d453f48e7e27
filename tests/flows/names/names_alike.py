#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a stranger at a remote host can tell of a name, before a right answer, as sshd's and a console's calls
say it: nothing. sshd_names.py has the same through a real sshd."""
import json
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, Tap, Verifier
from logbook import RULES, Administrator
from passing_time import PassingTime
from softkey import Key, ORIGIN, enrol_key

UUCP = 10
NOBODY_THERE = "nobody-like-that"
POLICY = f'''
origins = {{ "{ORIGIN}" }}
group staff {{ members = {{ "mail", "man", "uucp" }} }}
caller console {{ unix-user = "games"  users = {{ "@staff" }}  actions = {{ "door.*" }} }}
action door.open {{ users = {{ "@staff" }}  prompt = "Open the door for {{user}} from {{rhost}}"
    require = {{ code }} }}
action door.few {{ users = {{ "@staff" }}  prompt = "Open it once"  require = {{ code }}
    limit = {{ "1 per 24h" }} }}
action door.both {{ users = {{ "@staff" }}  prompt = "By key or code"  require = {{ code }} }}
''' + RULES
ELSEWHERE = {"rhost": "203.0.113.9", "service": "sshd"}
NAMES = {"enrolled": "mail", "existing": "man", "locked": "uucp", "not in the rule": "news",
         "not existing": NOBODY_THERE, "root": "root"}
# What people type, by transaction; the sizes of codes, and others.
TYPED = [["{wrong}", "abcdef", "no"], ["12345", "123 456", "{wrong}"],
         ["password", "123456789", "correct horse"], ["{wrong}"] * 3, ["1234567"], ["{wrong}"],
         ["zzzzzz", "{wrong}"], ["{wrong}"] * 3]
tap = Tap()


class Scene:
    """Five names, of which three have a token."""

    def __init__(self, verifier):
        self.verifier = verifier
        self.tokens = {kind: verifier.enrol_token(NAMES[kind])
                       for kind in ("enrolled", "locked", "not in the rule")}
        enrol_key(verifier, "uucp", Key())
        self.reference = verifier.call("verify", "LockMe", {"reason": "test"}, uid=UUCP)["reference"]

    def wrong(self):
        """A code that nobody's token has near now."""
        near = {token.code(n) for token in self.tokens.values()
                for n in range(max(token.counter - 2, 0), token.counter + 110)}
        return next(code for code in (str(n).zfill(6) for n in range(10 ** 6)) if code not in near)

    def charged(self):
        """How many guesses of each name were counted, so far."""
        with sqlite3.connect(self.verifier.database) as database:
            entries = [json.loads(row[0])
                       for row in database.execute("SELECT entry FROM log_entries WHERE entry LIKE '{%'")]
        refused = [entry.get("user") for entry in entries if entry["type"] == "refusal"
                   and entry["error"] == "BadAnswer"]
        return {kind: refused.count(name) for kind, name in NAMES.items()}


def junk(size):
    """What sshd hands on for a name that it doesn't know."""
    made = "\b\n\r\177INCORRECT"
    return "".join(made[i % len(made)] for i in range(size))


def heard(reply, name):
    """All of a reply but what is random."""
    told = {key: value for key, value in reply.parameters.items() if key != "transaction"}
    return reply.error, re.sub(rf"\b{name}\b", "NAME", json.dumps(told, sort_keys=True))


def session(scene, kind, typed, **where):
    """One step-up, answered until it ends; all that was heard."""
    name, wrong = NAMES[kind], scene.wrong()
    begun = scene.verifier.begin(name, "door.open", **where)
    story = [heard(begun, name)]
    for text in typed if begun.ok else []:
        text = text.format(wrong=wrong)
        story.append(heard(scene.verifier.answer(begun["transaction"],
                                                 junk(len(text)) if kind == "not existing" else text), name))
    return story


def strangers_hear_the_same(scene, time):
    for i, typed in enumerate(TYPED):
        stories = {kind: session(scene, kind, typed, **ELSEWHERE) for kind in NAMES}
        for kind in list(NAMES)[1:]:
            tap.equal(stories[kind], stories["enrolled"],
                      f"session {i + 1}: a name that is {kind} hears what an enrolled one hears")
        time.go_on(60)
    charged = scene.charged()
    tap.equal(set(charged.values()), {5}, "and of each as many guesses are counted, and then slowed down")
    tap.matches(stories["enrolled"][1][1], "That code did not work.*5 seconds at least. 2 tries left",
                "what isn't looked at is told as a wrong code is")
    tap.matches(stories["enrolled"][3][1],
                "If a right code is refused too, there were too many wrong ones: wait 15 minutes",
                "the last time with what helps the owner")
    time.go_on(24 * 3600)


def right_answers_hear(scene, time):
    verifier, locked, outside = scene.verifier, scene.tokens["locked"], scene.tokens["not in the rule"]
    code = locked.fresh()
    reply = verifier.step_up("uucp", "door.open", None, code, **ELSEWHERE)
    tap.equal((reply.error, reply.get("reference")), ("Locked", scene.reference),
              "a locked person's right answer hears the lock's reference")
    reply = verifier.step_up("uucp", "door.open", None, code, **ELSEWHERE)
    tap.equal(reply.error, "BadAnswer", "it is spent")
    root = Administrator(verifier)
    tap.ok(root.call("Unlock", {"user": "uucp"}).ok, "unlocked")
    time.go_on(60)
    tap.equal(verifier.step_up("uucp", "door.open", None, code, **ELSEWHERE).error, "BadAnswer", "for good")
    time.go_on(60)
    tap.ok(verifier.step_up("uucp", "door.open", None, locked.fresh(), **ELSEWHERE).ok,
           "and the next one is granted")
    code = outside.fresh()
    reply = verifier.step_up("news", "door.open", None, code, **ELSEWHERE)
    tap.equal(reply.error, "NotAllowed",
              "a right answer of somebody whom the rule doesn't allow in hears that")
    time.go_on(60)
    tap.equal(verifier.step_up("news", "door.open", None, code, **ELSEWHERE).error, "BadAnswer",
              "and is spent as well")
    mail = scene.tokens["enrolled"]
    tap.ok(verifier.step_up("mail", "door.few", None, mail.fresh(), **ELSEWHERE).ok, "once a day")
    begun = verifier.begin("mail", "door.few", **ELSEWHERE)
    other = verifier.begin(NOBODY_THERE, "door.few", **ELSEWHERE)
    tap.equal(heard(begun, "mail"), heard(other, NOBODY_THERE),
              "what is used of a limit is told to nobody who only asks")
    tap.equal(verifier.answer(begun["transaction"], mail.fresh()).error, "OverLimit", "but to a right answer")


def who_is_told_unasked(scene, time):
    verifier = scene.verifier
    reference = verifier.call("verify", "LockMe", {"reason": "test"}, uid=UUCP)["reference"]
    told = ("Locked", reference)
    own = verifier.begin(None, "door.open", uid=UUCP, **ELSEWHERE)
    tap.equal((own.error, own.get("reference")), told, "one's own uid is told of a lock at once")
    reply = verifier.begin("uucp", "door.open", uid=GAMES, session="s" * 43, **ELSEWHERE)
    tap.equal((reply.error, reply.get("reference")), told, "so is a caller with a session")
    reply = verifier.call("verify", "Account", {"user": "uucp", **ELSEWHERE})
    tap.equal((reply.error, reply.get("reference")), told, "and the account phase")
    tap.equal(verifier.begin("uucp", "door.open").error, "Locked", "and whoever stands at this host")
    tap.ok(verifier.begin("uucp", "door.open", uid=GAMES, **ELSEWHERE).ok, "a caller without one is not")


def a_lock_in_between(scene, time):
    """Somebody waits with a question of another's, and sees whether anything happens."""
    verifier = scene.verifier
    begun = {name: verifier.begin(name, "door.open", **ELSEWHERE) for name in ("man", NOBODY_THERE)}
    verifier.call("verify", "LockMe", {"reason": "test"}, uid=6)
    replies = [heard(verifier.answer(begun[name]["transaction"], scene.wrong()), name) for name in begun]
    tap.equal(replies[0], replies[1], "a lock says nothing to whoever waits with a question of that name")


def methods_say_nothing(scene, time):
    """Who has which factor isn't told either, by what is offered."""
    verifier = scene.verifier
    enrol_key(verifier, "mail", Key())
    shapes = set()
    for name in NAMES.values():
        begun = verifier.begin(name, "door.both", reach=["browser"], uid=GAMES, **ELSEWHERE)
        shapes.add((begun.error, tuple(begun["methods"]), begun["ask"],
                    len(begun["browser"]["allowCredentials"])))
    tap.equal(len(shapes), 1,
              "everybody is offered what the rule takes and the client reaches, whatever they have")


def others_records(scene, time):
    """A console says `rhost` and so asks for anybody: it reaches nobody's guesses but its own users'."""
    verifier, news = scene.verifier, scene.tokens["not in the rule"]
    before = scene.charged()["not in the rule"]
    for _ in range(6):
        begun = verifier.begin("news", "door.open", uid=GAMES, **ELSEWHERE)
        verifier.answer(begun["transaction"], scene.wrong(), uid=GAMES)
        time.go_on(60)
    tap.equal(scene.charged()["not in the rule"] - before, 5,
              "guesses of a caller at somebody it may not act for are counted, and slowed down")
    tap.equal(verifier.step_up("news", "door.open", None, news.fresh(), uid=GAMES, **ELSEWHERE).error,
              "BadAnswer", "a right one is none for it")
    tap.equal(verifier.step_up("news", "door.open", None, news.fresh(), **ELSEWHERE).error, "NotAllowed",
              "and takes nothing from the owner's tries")


def no_name_pushes_out_another(scene, time):
    """Made-up names beside each other: one that is slowed down stays so."""
    verifier = scene.verifier
    for _ in range(5):
        verifier.step_up("made-up", "door.open", None, "123456", **ELSEWHERE)
        time.go_on(60)
    for i in range(1500):
        verifier.step_up(f"made-up-{i}", "door.open", None, "123456", rhost="192.0.2.1")
    verifier.step_up("made-up", "door.open", None, "123456", **ELSEWHERE)
    with sqlite3.connect(verifier.database) as database:
        entries = [json.loads(row[0])
                   for row in database.execute("SELECT entry FROM log_entries WHERE entry LIKE '{%'")]
    tap.equal(
        len([1 for entry in entries if entry.get("user") == "made-up" and entry.get("error") == "BadAnswer"]),
        5, "fifteen hundred made-up names give a sixth guess at another to nobody")


if __name__ == "__main__":
    made = Verifier(POLICY)
    passing = PassingTime(made)
    with made as running:
        running_scene = Scene(running)
        for function in (strangers_hear_the_same, right_answers_hear, who_is_told_unasked, a_lock_in_between,
                         methods_say_nothing, others_records, no_name_pushes_out_another):
            tap.run(function, running_scene, passing)
    tap.done()
