#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup backup, restore and epoch new, by root, on a store that belongs to the verifier's own user."""
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, NOBODY, Tap, Verifier, as_uid, need_root, program
from logbook import RULES, Administrator
from passing_time import PassingTime

POLICY = 'action door.open { users = { "*" } prompt = "Open the door" require = { code } }\n' + RULES
tap = Tap()


def stepup(verifier, *words, uid=None):
    """The ended command."""
    command = [program("tools/stepup/stepup"), *words, "--stepupd", program("verifier/stepupd"),
               "--socket-dir", verifier.run]
    command += ["--mark", verifier.mark] if words[0] == "epoch" else ["--config-dir", verifier.etc]
    def run():
        done = subprocess.run(command, capture_output=True, text=True, cwd=verifier.folder)
        return done.returncode, done.stdout + done.stderr
    return run() if uid is None else as_uid(uid, run)


def own_user():
    """A verifier as it is installed: the configuration is root's, the state another user's."""
    verifier = Verifier(POLICY, uid=NOBODY)
    os.chown(verifier.etc, 0, 0)
    return verifier


def kept(verifier):
    return sorted(name for name in os.listdir(verifier.state) if ".before-" in name)


def back_up(verifier, backup):
    """While it runs and writes."""
    with verifier.client() as client:
        client.start("Begin", {"user": "games", "action": "door.open"})
        status, said = stepup(verifier, "backup", backup)
        client.finish()
    tap.equal(status, 0, "root copies the store of a verifier that runs as another user")
    tap.matches(said, "has the store as it is now", "... and hears what it is")
    tap.equal((stat.S_IMODE(os.stat(backup).st_mode), os.stat(backup).st_uid), (0o600, 0),
              "the copy is root's alone")
    with open(backup, "rb") as source:
        header = source.read(100)
    tap.equal((header[:15], header[18], header[19]), (b"SQLite format 3", 1, 1),
              "one file, which needs no other beside it")
    store = sqlite3.connect(f"file:{backup}?mode=ro", uri=True)
    tap.equal(store.execute("PRAGMA quick_check").fetchone()[0], "ok", "and which is whole")
    store.close()
    tap.equal([name for name in os.listdir(verifier.state) if "copy" in name], [],
              "nothing is left of the making")
    status, said = stepup(verifier, "backup", "relative.backup", uid=GAMES)
    tap.ok(status == 1 and "Only root" in said, "nobody else does that", said)
    status, said = stepup(verifier, "backup", "relative.backup")
    tap.ok(status == 0 and os.path.exists(os.path.join(verifier.folder, "relative.backup")),
           "a name without a folder is one here", said)
    status, said = stepup(verifier, "backup", "/nonexistent/file")
    tap.ok(status == 1 and "Nothing was done" in said, "a place that isn't there is told", said)


def refused(verifier, backup):
    """What is not put in a store's place."""
    status, said = stepup(verifier, "restore", backup)
    tap.ok(status == 1 and "another verifier is using it" in said, "a running verifier keeps its store", said)
    verifier.stop()
    before = os.listdir(verifier.state)
    for name, content in (("no database", b"hello" * 100), ("an empty file", b""),
                          ("half a copy", open(backup, "rb").read()[:40960])):
        path = os.path.join(verifier.folder, "bad")
        with open(path, "wb") as out:
            out.write(content)
        status, said = stepup(verifier, "restore", path)
        tap.ok(status == 1 and "othing was" in said, f"{name} is put nowhere", said)
        tap.ok("Store The file" not in said and "stepup restore" not in said,
               f"and {name} is told as what was given, not as the store", said)
    tap.equal(os.listdir(verifier.state), before, "and leaves everything as it was")


def restore_and_go_on(verifier, time_of, backup, admin, token):
    status, said = stepup(verifier, "restore", backup, "--json")
    tap.equal((status, json.loads(said)["file"]), (0, backup),
              "root puts a copy in the place of a store that belongs to another user")
    tap.equal([re.sub(r"\d{8}-\d{6}", "T", name) for name in kept(verifier)],
              ["stepup.db.before-T", "stepup.db.before-T-wal"], "the store of before stays beside it")
    tap.equal({os.stat(os.path.join(verifier.state, name)).st_uid for name in os.listdir(verifier.state)},
              {NOBODY}, "all of it is the verifier's")
    status, said = verifier.refuses_to_start()
    tap.ok(status == 1 and "stepup epoch new" in said
           and "Nothing was changed and nothing is approved" in said,
           "a store that was put back approves nothing, and its verifier says what to run", said)
    status, said = stepup(verifier, "epoch", "new", uid=GAMES)
    tap.ok(status == 1 and "Only root" in said, "that is root's alone", said)
    status, said = stepup(verifier, "epoch", "new")
    tap.ok(status == 0 and "when the verifier starts" in said, "root asks for a new epoch", said)
    verifier.start()
    tap.ok(not os.path.exists(os.path.join(os.path.dirname(verifier.mark), "new-epoch")), "which begins once")
    tap.ok("games" not in [lock["name"] for lock in verifier.call("admin", "Status")["locked"]],
           "with what the copy holds")
    verifier.restart()
    codes_after_an_epoch(verifier, time_of, admin, token)
    entries = admin.entries()
    tap.equal(len([entry for entry in entries if entry["type"] == "epoch"]), 2, "the log has one entry of it")
    tap.equal(admin.check()["problems"], [], "and log verify finds nothing wrong")


PAUSE = 31  # seconds, after which somebody who mistyped may try again


def codes_after_an_epoch(verifier, time_of, admin, token):
    """A code that was used after the backup may be somebody else's by now."""
    def answer(code, user="games", action="door.open"):
        reply = verifier.step_up(user, action, None, code)
        time_of.go_on(PAUSE)
        return reply.error or "granted"
    tap.equal(answer(token.code(token.counter - 1)), "BadAnswer",
              "a counting token's code of after the backup counts no more")
    tap.equal(answer(token.fresh()), "BadAnswer", "nor does the next one alone")
    verifier.restart()
    tap.equal([answer(token.fresh()), answer(token.fresh())], ["granted", "granted"],
              "over a restart: two in a row do, and then one is enough")
    answer(admin.token.fresh(), "root", "stepup.test")


def codes_of_a_clock():
    """TOTP: those of one step more than the clock has, which a verifier takes ahead, may have been used;
    over a restart, too."""
    verifier = Verifier(POLICY)
    time_of = PassingTime(verifier)
    with verifier:
        secret = verifier.enrol("games", at=time.time() - 30)
        verifier.stop()
        stepup(verifier, "epoch", "new")
        begun = time.time()
        verifier.start()
        tap.equal(verifier.step_up("games", "door.open", None, secret.code(at=begun)).error, "BadAnswer",
                  "after a new epoch no code of now counts")
        time_of.go_on(6)
        verifier.restart()
        tap.equal(verifier.step_up("games", "door.open", None, secret.code(at=begun + 30)).error, "BadAnswer",
                  "nor one of the next step, over a restart neither")
        time_of.go_on(90)
        tap.ok(verifier.step_up("games", "door.open", None, secret.code(at=time.time() + time_of.ahead)).ok,
               "those of later steps do")


def on_a_fresh_host(backup, old):
    """The master key, the policy and the copy on another machine."""
    verifier = own_user()
    try:
        with open(old.master_key, "rb") as source, open(verifier.master_key + ".new", "wb") as out:
            out.write(source.read())
        os.chmod(verifier.master_key + ".new", 0o400)
        os.chown(verifier.master_key + ".new", NOBODY, -1)
        os.rename(verifier.master_key + ".new", verifier.master_key)
        status, said = stepup(verifier, "restore", backup)
        tap.ok(status == 0 and kept(verifier) == [], "a copy is put where no store was", said)
        status, said = verifier.refuses_to_start()
        tap.ok(status == 1 and "stepup epoch new" in said,
               "another machine has no mark, and goes on only when told", said)
        stepup(verifier, "epoch", "new")
        verifier.start()
        tap.ok(verifier.call("admin", "Status")["log_size"] > 5, "then it has all of the log")
    finally:
        verifier.close()


def main():
    need_root()
    verifier = own_user()
    time_of = PassingTime(verifier)
    backup = os.path.join(verifier.folder, "backup")
    try:
        verifier.start()
        admin = Administrator(verifier)
        token = verifier.enrol_token("games")
        tap.run(back_up, verifier, backup)
        verifier.call("verify", "LockMe", {"reason": "test"}, uid=GAMES)
        tap.run(refused, verifier, backup)
        tap.run(restore_and_go_on, verifier, time_of, backup, admin, token)
        tap.run(on_a_fresh_host, backup, verifier)
        tap.run(codes_of_a_clock)
    finally:
        verifier.close()
    tap.done()


main()
