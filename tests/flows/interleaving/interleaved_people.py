# SPDX-License-Identifier: BSD-2-Clause
"""Who takes part in interleavings.py, what they hold, and what a program on their side would remember:
step-ups begun, requests, receipts. All of this is to choose operations by; the judge looks at none of it."""
import base64
import json
from dataclasses import dataclass, field

from harness import Token, totp
from interleaved_policy import ADMINISTRATORS
from logbook import Administrator
from softkey import AgentKey, Key, answer

UIDS = {"root": 0, "mail": 8, "lp": 7, "man": 6, "proxy": 13, "news": 9, "uucp": 10, "irc": 39,
        "www-data": 33, "backup": 34, "list": 38}
HOLDS = {"mail": ("hotp",), "lp": ("hotp", "key"), "man": ("key",), "proxy": ("key", "agent"),
         "news": ("key",), "uucp": ("hotp", "agent"), "irc": ("hotp", "key"), "www-data": ("totp", "agent"),
         "root": ("key",), "backup": ("key",), "list": ("agent",)}
EMPLOYEES = tuple(name for name in UIDS if name not in ADMINISTRATORS)
WRONG_CODES = 4  # of one person in a run: more, and they would only be throttled


class Step:
    """A TOTP credential, by the clock that stepupd has."""

    def __init__(self, text, now):
        self.text, self.now, self.credential = text, now, None

    def code(self, ahead=0):
        return totp(self.text, self.now() + 30 * ahead)


@dataclass
class Person:
    name: str
    keys: list = field(default_factory=list)    # Key and AgentKey
    tokens: list = field(default_factory=list)  # Token
    steps: list = field(default_factory=list)   # Step
    coding: int = 0                             # codes of theirs that are under way
    wrong: int = 0
    sessions: list = field(default_factory=list)
    last_signed: dict = None                    # an answer that a key of theirs made before

    @property
    def uid(self):
        return UIDS[self.name]

    def holds(self):
        return self.keys + self.tokens + self.steps

    def drop(self, credential):
        for held in (self.keys, self.tokens, self.steps):
            held[:] = [one for one in held if one.credential != credential]


@dataclass
class Begun:
    """A step-up that Begin or Approve gave."""
    call: object
    person: Person
    approves: str = None  # the request it is to agree to
    answering: int = 0

    @property
    def transaction(self):
        return self.call.reply["transaction"]

    @property
    def methods(self):
        return self.call.reply["methods"]


def claims(receipt):
    field_ = receipt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(field_ + "=" * (-len(field_) % 4)))


class World:
    """What is known from the outside, as far as it is remembered."""
    REMEMBERED = 60

    def __init__(self, verifier, clock_now):
        self.verifier, self.clock_now = verifier, clock_now
        self.people = {name: Person(name) for name in UIDS}
        self.begun, self.waiting, self.asked, self.receipts = [], [], [], []
        self.requests, self.approved = {}, set()  # id: whose; those somebody agreed to
        self.locked, self.frozen = {}, set()

    def remember(self, kept, one):
        kept.append(one)
        if len(kept) > self.REMEMBERED:
            del kept[0]

    def over(self):
        """The verifier forgot all that was begun; a little of it is still tried."""
        del self.begun[:-2], self.waiting[:-2]
        for person in self.people.values():
            person.coding = 0

    # --- enrolling, before it begins: as root, one call after another ---

    def settle(self, cooling_off, clock):
        for person in self.people.values():
            for kind in HOLDS[person.name]:
                self.enrol(person, kind)
        if cooling_off:
            clock(cooling_off + 1)

    def enrol(self, person, kind):
        invitation = self.verifier.call("admin", "Init", {"user": person.name, "again": True})["invitation"]
        begun = self.verifier.call("verify", "EnrollBegin", enrolment(person, kind, invitation=invitation))
        made, answer = prove(self, kind, begun)
        done = self.verifier.call("verify", "EnrollFinish", {"transaction": begun["transaction"], **answer})
        if not done.ok:
            raise RuntimeError(f"{person.name} could not enrol: {done}")
        keep(person, kind, made, done["credential"])


def enrolment(person, kind, **permission):
    """EnrollBegin's parameters."""
    wanted = {"user": person.name, "type": kind, **permission}
    if kind in ("key", "agent"):
        wanted["reach"] = ["browser" if kind == "key" else "agent"]
    return wanted


def prove(world, kind, begun):
    """What was enrolled, and EnrollFinish's further parameters."""
    if kind == "key":
        made = Key()
        return made, {"method": "browser", "key": made.register(begun["browser"])}
    if kind == "agent":
        made = AgentKey()
        return made, {"method": "agent", "key": made.register(begun["agent"])}
    if kind == "totp":
        made = Step(begun["secret"], world.clock_now)
        return made, {"code": made.code(-1)}
    made = Token(begun["secret"])
    return made, {"code": made.fresh()}


def keep(person, kind, made, credential):
    made.credential = credential
    {"key": person.keys, "agent": person.keys, "totp": person.steps}.get(kind, person.tokens).append(made)


class KeyAdministrator(Administrator):
    """Root, by a key that it has already."""

    def __init__(self, verifier, person):
        self.verifier, self.key = verifier, person.keys[0]

    def authorize(self, action, details=None):
        begun = self.verifier.begin("root", action, details, reach=["browser"])
        granted = answer(self.verifier, begun, "browser",
                         self.key.sign(begun["browser"])) if begun.ok else begun
        if not granted.ok:
            raise RuntimeError(f"{action} was not granted: {granted}")
        return begun["transaction"]
