#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who may write the database, and has no master key, brings rows of before back, takes rows out and
changes hints: each is noticed, over a restart or not, nothing is approved that rests on it, one alert says
so, and everybody else goes on. With the right row back, all is as it was."""
import contextlib
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier, program
from logbook import RULES, Administrator

POLICY = RULES + '''
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
'''
tap = Tap()


@contextlib.contextmanager
def database(verifier):
    with contextlib.closing(sqlite3.connect(verifier.database, timeout=10)) as store:
        store.execute("ATTACH ? AS aside", (os.path.join(verifier.folder, "aside.db"),))
        yield store
        store.commit()


def keep(verifier, when):
    with database(verifier) as store:
        store.execute(f"CREATE TABLE aside.{when} AS SELECT * FROM users")


def put(verifier, when, name):
    with database(verifier) as store:
        store.execute("DELETE FROM users WHERE name = ? "
                      f"OR user_id IN (SELECT user_id FROM aside.{when} WHERE name = ?)",
                      (name, name))
        store.execute(f"INSERT INTO users SELECT * FROM aside.{when} WHERE name = ?", (name,))


def change(verifier, sql):
    with database(verifier) as store:
        store.execute(sql)


def no_start(verifier):
    """What the start is refused with."""
    verifier.spawn()
    if verifier.process.wait(60) == 0:
        return ""
    return verifier.log()


def stepup(verifier, *words):
    return subprocess.run([program("tools/stepup/stepup"), "--socket-dir", verifier.run, *words],
                          capture_output=True, text=True, check=False)


def account(verifier, user):
    return verifier.call("verify", "Account", {"user": user, "service": "sshd"}).error


def entries(administrator):
    return [entry for entry in administrator.entries() if entry.get("kind") == "store-changed"
            and "count" not in entry]


def over_a_restart(verifier, administrator, mail):
    keep(verifier, "before")
    code = mail.fresh()
    tap.ok(verifier.step_up("mail", "door.open", None, code).ok, "a code is accepted")
    administrator.call("Lock", {"users": "mail"}, {"users": ["mail"], "reason": "stolen"})
    keep(verifier, "now")
    for stop, how in ((verifier.stop, "a clean stop"), (verifier.kill, "kill -9")):
        stop()
        put(verifier, "before", "mail")
        said = no_start(verifier)
        tap.matches(said, r"rows( of users)? are not those that this verifier left at .* \(batch \d+\)",
                    f"an older row of somebody locked, after {how}: no start")
        tap.matches(said, "Nothing was changed and nothing is approved", "which says what did not happen")
        put(verifier, "now", "mail")
        verifier.start()
        tap.equal(account(verifier, "mail"), "Locked",
                  "with the newest row back it starts, and the lock stands")
    tap.equal(verifier.step_up("mail", "door.open", None, code).error in ("Locked", "BadAnswer"), True,
              "and the spent code is spent")


def while_running(verifier, administrator, news):
    verifier.stop()
    verifier.start()
    told = len(entries(administrator))
    put(verifier, "before", "mail")
    tap.equal([account(verifier, "mail") for _ in range(3)], ["Unavailable"] * 3,
              "the same row by UPDATE, unread since the start: not \"not locked\"")
    verifier.wait_log(r"STEPUP_KIND=store-changed")
    tap.ok(verifier.step_up("news", "door.open", None, news.fresh()).ok, "meanwhile others step up")
    found = entries(administrator)[told:]
    tap.equal([(entry["table"], entry["user"]) for entry in found], [("users", "mail")],
              "one alert and one entry, which name table and user")
    tap.matches(found[0]["why"],
                r"^The store's row of mail \(users\) is version \d+; this verifier wrote \d+$",
                "and what is wrong")
    shown = stepup(verifier, "status")
    tap.matches(shown.stdout, r"The store's row of mail \(users\) is version", "`status` lists it", )
    checked = stepup(verifier, "store", "check")
    tap.equal(checked.returncode, 1, "`store check` exits 1", )
    tap.matches(checked.stdout, r"row of mail \(users\)", "and names it")
    put(verifier, "now", "mail")
    tap.equal(account(verifier, "mail"), "Locked", "with the right row back the lock is known again")
    tap.ok("store's row" not in stepup(verifier, "status").stdout, "and `status` is content")
    checked = stepup(verifier, "store", "check")
    tap.ok(checked.returncode == 0 and "is as this verifier wrote it" in checked.stdout,
           "so is `store check`", checked)


def gone(verifier):
    for sql, what in (("DELETE FROM users WHERE name = 'mail'", "deleted"),
                      ("UPDATE users SET name = 'lp' WHERE name = 'mail'", "renamed"),
                      ("UPDATE users SET uid = 77 WHERE name = 'mail'", "given another account")):
        change(verifier, sql)
        tap.equal(account(verifier, "mail"), "Unavailable",
                  f"a locked user's row {what}: nobody is told that all is well")
        put(verifier, "now", "mail")
        tap.equal(account(verifier, "mail"), "Locked", "and the right row back is enough")


def hidden_from_status(verifier):
    change(verifier, "UPDATE users SET locked = 0 WHERE name = 'mail'")
    tap.matches(stepup(verifier, "status").stdout, r"The store's (table users|row of mail)",
                "a lock that is hidden from the list of locks: `status` says that the list is wrong")
    change(verifier, "UPDATE users SET locked = 1 WHERE name = 'mail'")
    tap.matches(stepup(verifier, "status").stdout, r"Locked users:\n.*\n  mail ", "and shows it again")


def keys_and_invitations(verifier):
    invitation = verifier.call("admin", "Init", {"user": "man", "again": True})["invitation"]
    with database(verifier) as store:
        store.execute("CREATE TABLE aside.invited AS SELECT * FROM invitations")
    verifier.enrol_token("man", invitation=invitation)
    change(verifier, "INSERT INTO invitations SELECT * FROM aside.invited")
    reply = verifier.call("verify", "EnrollBegin", {"user": "man", "type": "hotp", "invitation": invitation})
    tap.equal(reply.error, "Unavailable", "a used invitation brought back enrols nobody")
    change(verifier, "DELETE FROM invitations")


def run():
    with Verifier(POLICY) as verifier:
        administrator = Administrator(verifier)
        mail, news = verifier.enrol_token("mail"), verifier.enrol_token("news")
        tap.run(over_a_restart, verifier, administrator, mail)
        tap.run(while_running, verifier, administrator, news)
        tap.run(gone, verifier)
        tap.run(hidden_from_status, verifier)
        tap.run(keys_and_invitations, verifier)
        administrator.check()


run()
tap.done()
