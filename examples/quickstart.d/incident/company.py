# SPDX-License-Identifier: BSD-2-Clause
"""The company of the incident: alice of support, carol who leads, dana and erik of security, and what each
has enrolled. Keys are the tests' software ones; everything else is what people have: the console in a
browser, and stepup on a terminal with a key plugged in.
"""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(here), os.path.join(os.path.dirname(here), "..", "..", "tests", "flows")]

from cryptography.hazmat.primitives import serialization  # noqa: E402

import console_client as console  # noqa: E402
import softkey  # noqa: E402
from cli_session import Session  # noqa: E402
from harness import Client, hotp, program  # noqa: E402

FOLDER = os.environ["QUICKSTART_DIR"]
STEPUP = os.environ["QUICKSTART_STEPUP"]
URL = os.environ["QUICKSTART_URL"]
PIN = "4321"
TOUCH_IT = (r"touch your key[^\n]*: ?$", "")
TYPE_PIN = (r"PIN of your key[^\n]*: ?$", PIN)


def call(door, verb, **parameters):
    """One varlink call as root, that has to succeed."""
    with Client(f"/run/stepup/{door}.sock", door) as client:
        reply = client.call(verb, parameters)
    if not reply.ok:
        raise RuntimeError(f"{verb}: {reply}")
    return reply


def invitation(user):
    return call("admin", "Init", user=user, again=True)["invitation"]


# --- what alice has -----------------------------------------------------------------------------------------

class Token:
    """A counter token. peek() is the code that it shows; take() the same, and the button is pressed."""

    def __init__(self, secret, counter=0):
        self.secret, self.counter = secret, counter

    def _code(self, counter):
        return hotp(softkey.base64.b32decode(self.secret + "=" * (-len(self.secret) % 8)), counter)

    def is_plain(self, codes=1000, near=10):
        """Whether none of the first codes comes again soon. One in a hundred tokens has such a code: the
        verifier takes it for the later of the two, and refuses those between, which makes the numbers of a
        replay other ones."""
        shown = [self._code(counter) for counter in range(codes + near)]
        return not any(shown[at] in shown[at + 1:at + 1 + near] for at in range(codes))

    def peek(self):
        return self._code(self.counter)

    def take(self):
        code = self.peek()
        self.counter += 1
        return code


class Employee:
    """alice: a console password, a token, and in a company that has them a security key."""

    def __init__(self, name, password, token, key=None):
        self.name, self.password, self.token, self.key = name, password, token, key

    # --- enrolling ---

    @classmethod
    def enrol(cls, name, password, with_key):
        invited, token = invitation(name), None
        while token is None or not token.is_plain():
            begun = call("verify", "EnrollBegin", user=name, type="hotp", invitation=invited)
            token = Token(begun["secret"])
        call("verify", "EnrollFinish", transaction=begun["transaction"], code=token.take())
        key = softkey.Key() if with_key else None
        if key is not None:
            begun = call("verify", "EnrollBegin", user=name, type="key", reach=["browser"],
                         invitation=invitation(name))
            call("verify", "EnrollFinish", transaction=begun["transaction"], method="browser",
                 key=key.register(begun["browser"], origin=URL))
        return cls(name, password, token, key)

    def save(self, path):
        facts = {"name": self.name, "password": self.password, "secret": self.token.secret,
                 "counter": self.token.counter}
        if self.key is not None:
            pem = self.key.private.private_bytes(serialization.Encoding.PEM,
                                                 serialization.PrivateFormat.PKCS8,
                                                 serialization.NoEncryption())
            facts["key"] = {"private": pem.decode(), "id": self.key.id.hex(), "counter": self.key.counter}
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            json.dump(facts, out)

    @classmethod
    def load(cls, path):
        with open(path) as source:
            facts = json.load(source)
        key = None
        if "key" in facts:
            key = softkey.Key()
            key.private = serialization.load_pem_private_key(facts["key"]["private"].encode(), None)
            key.id, key.counter = bytes.fromhex(facts["key"]["id"]), facts["key"]["counter"]
        return cls(facts["name"], facts["password"], Token(facts["secret"], facts["counter"]), key)

    # --- working ---

    def approve(self, browser, action, **details):
        """A step-up in the console with the key; the console's last reply, which may be that it waits."""
        reply = browser.begin(action, **details)
        if reply.json["state"] == "question":
            credential = self.key.sign(reply.json["message"]["publicKey"], origin=URL)
            reply = browser.script("/step-up/answer", {
                "id": reply.json["id"], "answer": {"method": "browser", "credential": credential}})
        return reply

    def sign_in(self):
        browser = console.Browser(URL)
        browser.password(self.name, self.password)
        granted = self.approve(browser, "console.login")
        if granted.json["state"] == "granted":
            browser.get("/customers")
        return browser, granted


# --- who sits at a terminal ---------------------------------------------------------------------------------

class Ended:
    """What a run of stepup came to: exit status, and the words of it."""

    def __init__(self, status, words):
        self.status, self.words = status, words


class Desk:
    """Somebody of the company on this host's own terminal, with a security key plugged in."""

    def __init__(self, name):
        self.name = name
        self.state = os.path.join(FOLDER, "people", f"{name}.key")

    def stepup(self, *arguments, talk=(TOUCH_IT, TYPE_PIN)):
        """Runs the tool. `talk`: what is waited for, and what is typed then."""
        session = Session([program("tests/softkey/softkey-run"), f"state={self.state}", f"pin={PIN}", "--",
                           "setpriv", "--reuid", self.name, "--regid", self.name, "--init-groups", STEPUP,
                           *arguments])
        place = 0
        for question, answer in talk:
            place = session.wait_for(question, place)
            session.type(answer + "\n")
        ended = session.finish()
        return Ended(ended.status, " ".join((ended.out + ended.err).split()))

    def enrol(self):
        ended = self.stepup("enroll", "key", "--invitation", invitation(self.name), talk=[TYPE_PIN])
        if ended.status != 0:
            raise RuntimeError(f"{self.name} could not enrol: {ended.words}")
        return self


def enrol(world, password):
    """Everybody of the company, as that world has them."""
    shipped = world == "shipped"
    for name in ("dana", "erik", "carol") if shipped else ("dana",):
        Desk(name).enrol()
    Employee.enrol("alice", password, with_key=shipped).save(alice_path())


def alice_path():
    return os.path.join(FOLDER, "people", "alice.json")


