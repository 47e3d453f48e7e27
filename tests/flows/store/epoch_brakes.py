#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A new epoch takes rows as they are found; what the log has stopped stays stopped all the same."""
import contextlib
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier
from logbook import RULES, Administrator
from passing_time import PassingTime

POLICY = 'action door.open { users = { "*" } prompt = "Open the door" require = { code } }\n' + RULES
tap = Tap()


def database(verifier):
    return contextlib.closing(sqlite3.connect(verifier.database))


def row_of(verifier, name):
    with database(verifier) as store:
        return store.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()


def put_back(verifier, kept, gone):
    """The users' rows of before, no row of `gone` at all, and no freeze."""
    with database(verifier) as store, store:
        for name, row in kept.items():
            store.execute("DELETE FROM users WHERE name = ?", (name,))
            store.execute(f"INSERT INTO users VALUES ({', '.join('?' * len(row))})", row)
        store.execute("DELETE FROM users WHERE name = ?", (gone,))
        store.execute("DELETE FROM facts WHERE name = 'frozen'")


def main():
    verifier = Verifier(POLICY)
    time_of = PassingTime(verifier)
    with verifier:
        admin = Administrator(verifier)
        tokens = {name: verifier.enrol_token(name) for name in ("games", "mail", "lp", "news")}
        verifier.stop()
        before = {name: row_of(verifier, name) for name in ("games", "mail", "news")}
        verifier.start()
        for name in ("games", "lp", "news"):
            admin.call("Lock", {"users": name}, {"users": [name], "reason": "laptop stolen"})
        admin.call("Unlock", {"user": "news"})
        admin.call("Freeze", {"action": "door.open"}, {"action": "door.open", "reason": "odd exports"})
        admin.call("Revoke", {"user": "mail", "credential": tokens["mail"].credential},
                   {"user": "mail", "credential": tokens["mail"].credential})
        verifier.stop()
        put_back(verifier, before, "lp")
        status, said = verifier.refuses_to_start()
        tap.ok(status == 1 and "stepup epoch new" in said, "rows of before stop the start", said)
        verifier.arguments = ["--new-epoch"]
        verifier.start()
        verifier.arguments = []
        reply = verifier.call("admin", "Status")
        tap.equal(sorted((lock["name"], lock["reason"]) for lock in reply["locked"]),
                  [("games", "laptop stolen"), ("lp", "laptop stolen")],
                  "whoever the log has locked is locked again, also who has no row any more, "
                  "and nobody who was unlocked")
        tap.equal([freeze["name"] for freeze in reply["frozen"]], ["door.open"],
                  "what it has frozen is frozen")
        tap.equal(verifier.call("verify", "List", {"user": "mail"})["credentials"], [],
                  "what it has revoked is revoked")
        tap.matches(verifier.log(), "games is locked again, as the log says", "the journal has each of them")
        tap.equal(admin_after(admin, time_of).check()["problems"], [], "and log verify finds nothing wrong")
        verifier.restart()
        tap.equal(len(verifier.call("admin", "Status")["locked"]), 2, "all of it stands over the next start")
    tap.done()


def admin_after(admin, time_of):
    """Counting tokens are in doubt after a new epoch: two codes in a row."""
    admin.verifier.step_up("root", "stepup.log", None, admin.token.fresh())
    time_of.go_on(31)
    return admin


main()
