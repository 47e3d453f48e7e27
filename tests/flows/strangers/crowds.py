#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where many are asked at once: a step-up that ends with its connection, shares of the room that is left to
the others, and whose tries a wrong invitation costs. What one place or one name begins ends nothing that
somebody else was asked."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, NEWS, PATIENCE, Tap, Verifier, as_uid

POLICY = '''
origins = { "https://support.example.com" }
group staff { members = { "mail", "news", "uucp", "lp" } }
caller console { unix-user = "games"  users = { "@staff" }  actions = { "customer.*", "stepup.enroll" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
action customer.view { users = { "@staff" }  prompt = "Look"  require = { code } }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
'''
SESSION, OTHER = "s" * 22, "o" * 22
SMALL, LARGE = 64, 4096
tap = Tap()


def is_there(verifier, transaction, uid=None):
    """Whether it could be answered, which costs no try."""
    return verifier.call("verify", "Answer", {"transaction": transaction, "method": "browser", "key": {}},
                         uid=uid).error != "Expired"


def goes(verifier, transaction, uid=None):
    """Waits until it is over; False where it doesn't end."""
    end = time.monotonic() + PATIENCE
    while is_there(verifier, transaction, uid):
        if time.monotonic() > end:
            return False
    return True


def bound(verifier):
    mail = verifier.enrol_token("mail")
    with verifier.client() as client:
        begun = client.call("Begin", {"user": "mail", "action": "door.open", "bound": True})
        tap.ok(client.call("Answer",
                           {"transaction": begun["transaction"], "method": "code", "code": mail.fresh()}).ok,
               "bound: a code counts on its connection")
    with verifier.client() as client:
        begun = client.call("Begin", {"user": "mail", "action": "door.open", "bound": True})
        tap.ok(is_there(verifier, begun["transaction"]), "bound: it is there for as long as its connection")
    tap.ok(goes(verifier, begun["transaction"]), "bound: and is over when that has gone")
    begun = verifier.begin("mail", "door.open")
    tap.ok(verifier.answer(begun["transaction"], mail.fresh()).ok,
           "without it a step-up outlives its connection")


def own_bound(verifier):
    """One's own, as the CLI begins them."""
    def begin():
        with verifier.client() as client:
            return client.call("Begin", {"action": "door.open", "bound": True})["transaction"]

    verifier.enrol_token("news", uid=NEWS)
    tap.ok(goes(verifier, as_uid(NEWS, begin), NEWS), "bound: so is one's own")


def hangs_up(verifier):
    """Whoever has a password and no key, and goes away at the question, is told of like one who waits
    until it is over."""
    with verifier.client() as client:
        client.call("Begin", {"user": "mail", "action": "vault.open", "bound": True, "reach": ["browser"],
                              "rhost": "192.0.2.66"})
    tap.ok(verifier.wait_log(r"STEPUP_KIND=unanswered STEPUP_USER=mail "),
           "bound: whoever hangs up at a question for a key is told of")


def root_from_elsewhere(verifier):
    """sshd asks for root in root's name, wherever whoever types that name may be."""
    root = verifier.enrol_token("root")
    with verifier.client() as honest, verifier.client() as here, verifier.client() as strangers:
        begun = honest.call("Begin",
                            {"user": "root", "action": "door.open", "bound": True, "rhost": "192.0.2.1"})
        local = here.call("Begin", {"user": "root", "action": "door.open", "bound": True, "tty": "tty1"})
        for _ in range(2 * SMALL):
            strangers.call("Begin",
                           {"user": "root", "action": "door.open", "bound": True, "rhost": "192.0.2.66"})
        tap.ok(is_there(verifier, local["transaction"]),
               "root: what strangers begin for root elsewhere ends nothing at this host")
        tap.ok(honest.call("Answer",
                           {"transaction": begun["transaction"], "method": "code", "code": root.fresh()}).ok,
               "root: nor where root signs in from")


def small_pool(verifier):
    mail = verifier.enrol_token("mail")
    honest = verifier.begin("mail", "door.open", rhost="192.0.2.1")
    with verifier.client() as client:
        for i in range(4 * SMALL):
            client.call("Begin", {"user": f"name{i}", "action": "door.open", "rhost": "192.0.2.66"})
    tap.ok(verifier.answer(honest["transaction"], mail.fresh()).ok,
           "root's small room: names that one place invents end nothing that was asked elsewhere")
    honest = verifier.begin("mail", "door.open", rhost="192.0.2.1")
    with verifier.client() as client:
        for i in range(4 * SMALL):
            client.call("Begin", {"user": "uucp", "action": "door.open", "rhost": f"192.0.2.{i}"})
    tap.ok(verifier.answer(honest["transaction"], mail.fresh()).ok, "nor does one name from many places")
    tap.ok(verifier.begin("mail", "door.open", rhost="192.0.2.1").ok, "and whoever comes then is asked")


def console(verifier):
    """A password holder in one session of the console."""
    mail = verifier.enrol_token("mail")
    honest = verifier.begin("mail", "customer.view", uid=GAMES, session=SESSION)

    def strangers():
        with verifier.client() as client:
            for i in range(LARGE + 200):
                client.call("Begin", {"user": "lp", "action": "customer.view", "session": OTHER})
                if i % 100 == 0:
                    client.call("Begin", {"user": "uucp", "action": "customer.view", "session": f"{i:022}"})

    as_uid(GAMES, strangers)
    tap.ok(verifier.answer(honest["transaction"], mail.fresh(), uid=GAMES).ok,
           f"a console: {LARGE} begun in one session end nothing in another")


def invitations(verifier):
    invitation = verifier.call("admin", "Init", {"user": "uucp", "again": True})["invitation"]

    def enroll(user, session, text):
        return {"user": user, "type": "totp", "invitation": text, "session": session}

    def wrong():
        with verifier.client() as client:
            return [client.call("EnrollBegin", enroll("lp", OTHER, "AAAA-" * 7 + "AAAA")).error
                    for _ in range(32)]

    replies = as_uid(GAMES, wrong)
    tap.equal((replies[0], replies[-1]), ("NotAllowed", "Throttled"),
              "a session that tries wrong invitations is throttled")
    tap.ok(verifier.call("verify", "EnrollBegin", enroll("uucp", SESSION, invitation), uid=GAMES).ok,
           "and another session's right one is taken all the while")


with Verifier(POLICY) as real:
    for function in (bound, own_bound, hangs_up, root_from_elsewhere, small_pool, console, invitations):
        tap.run(function, real)
tap.done()
