#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A store that is moved: `stepup backup --move` at its old place, `stepup restore` at the new one, by root,
on stores of the verifier's own user. It goes on in the same epoch, at one place; killed anywhere, either the
old place works or the file is whole."""
import collections
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import DAEMON, GAMES, NOBODY, PATIENCE, Tap, Verifier, as_uid, need_root, program
from logbook import RULES, Administrator

POLICY = '''issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
host = "%s"
action door.open { users = { "*" } prompt = "Open the door" require = { code } }
''' + RULES
CALLS_MAX = 2000
tap = Tap()
made = []


def place(host, key_of=None):
    """A verifier as it is installed: the configuration is root's, the state another user's."""
    verifier = Verifier(POLICY % host, uid=NOBODY)
    made.append(verifier)
    os.chown(verifier.etc, 0, 0)
    if key_of is not None:
        take_key(verifier, key_of)
    return verifier


def take_key(verifier, other):
    os.unlink(verifier.master_key)
    shutil.copy(other.master_key, verifier.master_key)
    os.chown(verifier.master_key, 0, 0)  # root's, as where systemd hands it to the verifier
    verifier.environment["CREDENTIALS_DIRECTORY"] = os.path.join(verifier.folder, "credentials")
    os.makedirs(verifier.environment["CREDENTIALS_DIRECTORY"], exist_ok=True)
    path = os.path.join(verifier.environment["CREDENTIALS_DIRECTORY"], "master.key")
    shutil.copy(verifier.master_key, path)
    os.chown(path, NOBODY, -1)


def stepup(verifier, *words, uid=None):
    """The ended command: exit status and all that it said."""
    command = [program("tools/stepup/stepup"), *words, "--stepupd", program("verifier/stepupd"), "--mark",
               verifier.mark]
    command += [] if words[0] == "epoch" else ["--config-dir", verifier.etc]
    def run():
        done = subprocess.run(command, capture_output=True, text=True, cwd=verifier.folder)
        return done.returncode, done.stdout + done.stderr
    return run() if uid is None else as_uid(uid, run)


def beside(verifier):
    """What lies in the state's folder but the store."""
    return sorted(re.sub(r"before-\d{8}-\d{6}", "before-T", name) for name in os.listdir(verifier.state)
                  if name not in ("stepup.db", "stepup.db-wal", "stepup.db-shm", "stepup.db.lock"))


def refuses(verifier, pattern, fact):
    status, said = verifier.refuses_to_start()
    tap.ok(status == 1 and re.search(pattern, said), fact, said)
    return said


def leaves(old, file):
    status, said = stepup(old, "backup", "--move", file)
    tap.ok(status == 1 and "another verifier is using it" in said, "a store in use does not leave", said)
    old.stop()
    status, said = stepup(old, "backup", "--move", "relative name")
    tap.ok(status == 1 and "Nothing was done" in said, "nor in a file whose name nobody could type", said)
    status, said = stepup(old, "backup", "--move", file, uid=GAMES)
    tap.ok(status == 1 and "sudo stepup backup --move FILE" in said, "nor for anybody but root", said)
    tap.equal((beside(old), os.path.exists(file), os.path.exists(file + ".part")), ([], False, False),
              "and nothing is left of those")
    status, said = stepup(old, "backup", "--move", file, "--json")
    told = json.loads(said) if status == 0 else {}
    tap.equal((status, told.get("file"), told.get("moved"), type(told.get("batch"))), (0, file, True, int),
              "a store leaves, and a program hears in which file and at which batch")
    tap.equal((stat.S_IMODE(os.stat(file).st_mode), os.stat(file).st_uid), (0o600, 0),
              "the file is root's alone")
    tap.equal((beside(old), os.path.exists(file + ".part")), ([], False), "nothing is left of the making")
    said = refuses(old, "was moved at", "the old place refuses to start")
    tap.matches(said, f"goes on where {re.escape(file)} was restored", "and names the file")
    tap.matches(said, f"Nothing was changed and nothing is approved.*stepup restore {re.escape(file)}",
                "and the ways on")


def arrives(old, new, file, spent, token, invitation, noted):
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and "master key here is not the one" in said and "Nothing was changed" in said,
           "under another master key it arrives nowhere", said)
    os.rename(new.master_key, new.master_key + ".away")
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and "master.key" in said and not os.path.exists(new.database), "nor without one", said)
    os.rename(new.master_key + ".away", new.master_key)
    take_key(new, old)
    status, said = stepup(new, "restore", file, "--json")
    told = json.loads(said) if status == 0 else {"message": said}
    tap.ok(status == 0 and told["moved"] and "epoch" not in told["message"],
           "with the old place's it goes on, without a new epoch", told)
    tap.equal({os.stat(path).st_uid for path in (new.database, new.mark)}, {NOBODY},
              "store and mark are the verifier's")
    tap.equal((beside(new), os.listdir(os.path.dirname(new.mark))), ([], ["mark"]),
              "and nothing else is left")
    new.start()
    tap.matches(new.log(), "clean=yes", "it starts, and knows that it was stopped in good order")
    tap.equal(new.step_up("games", "door.open", None, spent).error, "BadAnswer",
              "a code that was spent at the old place stays spent")
    tap.ok(new.step_up("lp", "door.open", None, token.fresh()).ok, "one that is next counts, by itself")
    tap.equal([lock["name"] for lock in new.call("admin", "Status")["locked"]], ["mail"],
              "who was locked is locked")
    tap.ok(new.call("verify", "EnrollBegin", {"user": "news", "type": "hotp", "invitation": invitation}).ok,
           "an invitation of before still invites")
    tap.equal(new.call("verify", "Keys")["log_key"], noted, "the log has the key that it had")


def log_of_both(new, admin, noted):
    admin.verifier = new
    entries = admin.entries()
    moves = [entry for entry in entries if entry["type"] in ("moved", "arrived", "names", "epoch")]
    tap.equal([(entry["type"], entry["host"]) for entry in moves],
              [("epoch", "old"), ("moved", "old"), ("arrived", "old"), ("names", "new")],
              "the log has where it went and how it is called there")
    checked = admin.check(noted=noted)
    tap.equal((checked["problems"], checked["proven"]), ([], checked["entries"]),
              "and log verify, by the first day's key, finds no gap")


def again(new, file):
    """Once it went on, the file is an old copy."""
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and "another verifier is using it" in said,
           "under a running verifier the file is not put", said)
    new.stop()
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and "restored before" in said and "Nothing was changed" in said,
           "a second time it is refused", said)
    os.rename(new.mark, new.mark + ".away")
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and f"the store {new.database} has the same store" in said,
           "by the store itself, where the mark is gone", said)
    os.rename(new.mark + ".away", new.mark)
    os.rename(new.database, new.database + ".away")
    status, said = stepup(new, "restore", file)
    tap.ok(status == 1 and f"the mark {new.mark} has the same store" in said,
           "and by the mark, where the store is gone", said)
    os.rename(new.database + ".away", new.database)
    new.start()
    tap.ok(new.call("admin", "Status").ok, "and what stands there goes on")


def back_again(old, new, token):
    """From the new place to the old one, which remembers that it left: its past is the file's."""
    new.stop()
    file = os.path.join(new.folder, "back")
    tap.equal(stepup(new, "backup", "--move", file)[0], 0, "the new place can be left as well")
    status, said = stepup(old, "restore", file)
    tap.ok(status == 0 and "The old store is kept" in said,
           "for the old one, of whose store it is the future", said)
    refuses(new, "was moved at", "then that one is shut")
    old.start()
    tap.ok(old.step_up("lp", "door.open", None, token.fresh()).ok, "and the old one open")
    old.stop()


def changed_mind(old, token):
    """The file goes back to the place that it left; or its administrator begins a new epoch there."""
    file, other = os.path.join(old.folder, "mind"), os.path.join(old.folder, "mind2")
    stepup(old, "backup", "--move", file)
    said = refuses(old, "was moved at", "a place that was left is shut")
    tap.equal(stepup(old, *re.search(r"stepup (restore) (\S+)\.", said).groups())[0], 0,
              "the command that it names opens it again")
    old.start()
    tap.ok(old.step_up("lp", "door.open", None, token.fresh()).ok, "with the next code")
    old.stop()
    stepup(old, "backup", "--move", file)
    tap.equal(stepup(old, "backup", "--move", other)[0], 0,
              "a store that has left can leave once more, in another file")
    refuses(old, re.escape(other), "which is then the one that is named")
    status, said = stepup(old, "restore", file)
    tap.ok(status == 1 and "left again" in said, "and the first one is old", said)
    os.unlink(other)
    stepup(old, "epoch", "new")
    old.start()
    tap.ok(old.call("admin", "Status").ok, "where both are lost, a new epoch opens it")
    old.stop()
    status, said = stepup(old, "restore", file)
    tap.ok(status == 1 and "a later epoch" in said, "and after that no file of before it does", said)


def two_lives(old):
    """A file restored at two places: nobody can know it there. Where they meet again, it is noticed."""
    file, third_file = os.path.join(old.folder, "two"), os.path.join(old.folder, "third")
    third = place("third", old)
    stepup(old, "backup", "--move", file)
    for verifier in (old, third):
        tap.equal(stepup(verifier, "restore", file)[0], 0, "a second place can't know of the first")
        verifier.start()
        verifier.enrol_token("news")
        verifier.stop()
    third.start()
    third.stop()
    stepup(third, "backup", "--move", third_file)
    status, said = stepup(old, "restore", third_file)
    tap.ok(status == 1 and "went apart" in said and "Nothing was changed" in said,
           "but the two never become one again", said)
    status, said = stepup(old, "restore", "--as-backup", third_file)
    tap.ok(status == 0 and "stepup epoch new" in said, "unless root says so, as with any backup", said)
    refuses(old, "stepup epoch new", "which approves nothing before a new epoch")
    stepup(old, "epoch", "new")
    old.start()
    tap.ok(old.call("admin", "Status").ok, "and goes on in one")
    old.stop()


def change(file, sql):
    store = sqlite3.connect(file)
    store.execute(sql)
    store.commit()
    store.close()


def on_the_way(old):
    """What somebody does to the file who has no master key."""
    file, bad = os.path.join(old.folder, "way"), os.path.join(old.folder, "bad")
    stepup(old, "backup", "--move", file)
    new = place("new", old)
    for what, sql in (("a row is taken out", "DELETE FROM users WHERE name = 'mail'"),
                      ("a lock is taken off", "UPDATE users SET locked = 0 WHERE name = 'mail'"),
                      ("the log's end is changed",
                       "UPDATE log_entries SET entry = replace(entry, 'moved', 'start')"),
                      ("something is added to its schema", "CREATE TABLE more (text)")):
        shutil.copy(file, bad)
        change(bad, sql)
        status, said = stepup(new, "restore", bad)
        tap.ok(status == 1 and re.search("Nothing was changed here.*stepup backup --move FILE", said),
               f"{what}: it arrives nowhere", said)
        tap.ok(not os.path.exists(new.database), "and stands nowhere")
    shutil.copy(file, bad)
    change(bad,
           "UPDATE log_entries SET head = substr(head, 1, 1) || x'02' || substr(head, 3) WHERE "
           "idx = (SELECT max(idx) FROM log_entries)")
    status, said = stepup(new, "restore", bad)
    tap.ok(status == 0 and "stepup epoch new" in said,
           "one that no longer says that it left is a backup like any", said)
    refuses(new, "stepup epoch new", "which approves nothing")
    return file


def other_store_there(old, file):
    """Where another verifier was: its store and its mark stay."""
    other = place("other", old)
    other.start()
    other.stop()
    status, said = stepup(other, "restore", file)
    tap.ok(status == 0 and "Its mark is kept as" in said, "another store's mark is kept, as the store is",
           said)
    tap.equal((beside(other),
               sorted(re.sub(r"\d{8}-\d{6}", "T", name) for name in os.listdir(os.path.dirname(other.mark)))),
              (["stepup.db.before-T", "stepup.db.before-T-wal"], ["mark", "mark.before-T"]), "beside it")
    other.start()
    other.stop()
    shutil.rmtree(os.path.dirname(other.mark))
    status, said = stepup(other, "restore", file)
    tap.ok(status == 1 and "systemd-tmpfiles --create stepup.conf" in said,
           "a mark's folder that isn't there is told", said)


def not_the_newest(old):
    """A move is no way round the mark."""
    old.start()
    copy = os.path.join(old.folder, "older")
    stepup(old, "backup", copy)
    old.stop()
    stepup(old, "restore", copy)
    file = os.path.join(old.folder, "no")
    status, said = stepup(old, "backup", "--move", file)
    tap.ok(status == 1 and "older than its mark" in said and not os.path.exists(file),
           "a store that was put back can't leave", said)
    os.unlink(old.mark)
    status, said = stepup(old, "backup", "--move", file)
    tap.ok(status == 1 and "is missing" in said, "nor one whose mark is gone", said)
    stepup(old, "epoch", "new")
    old.start()
    old.kill()
    tap.equal(stepup(old, "backup", "--move", file)[0], 0, "one that was killed can")
    new = place("new", old)
    stepup(new, "restore", file)
    new.start()
    tap.matches(new.log(), "clean=no", "and the new place is as careful as the old one would have been")
    new.stop()
    empty = place("empty", old)
    status, said = stepup(empty, "backup", "--move", file)
    tap.ok(status == 1 and not os.path.exists(empty.database),
           "where there is none, none leaves and none is made", said)


# --- killed anywhere ---

class Kept:
    """Folders as they were; back() makes them so again."""

    def __init__(self, *folders):
        self.folders = folders
        for folder in folders:
            shutil.rmtree(folder + ".kept", ignore_errors=True)
            subprocess.run(["cp", "-a", folder, folder + ".kept"], check=True)

    def back(self):
        for folder in self.folders:
            shutil.rmtree(folder)
            subprocess.run(["cp", "-a", folder + ".kept", folder], check=True)


def killed(verifier, number, *words, alone=False, trace=None):
    """stepupd with these options, killed at that call; whether it came to its end before."""
    environment = {**os.environ, "LD_PRELOAD": program("tests/flows/store/killed_at.so"),
                   "KILLED_AT": str(number)}
    if alone:
        environment["KILLED_AT_ALONE"] = "yes"
    if trace is not None:
        environment["KILLED_AT_TRACE"] = trace
    command = [program("verifier/stepupd"), *words, "--config", verifier.config, "--master-key",
               verifier.master_key, "--mark", verifier.mark]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode == 0


def starts(verifier):
    """Whether it does. Then it is killed."""
    verifier.spawn()
    try:
        verifier.wait_notified("READY=1")
    except RuntimeError:
        verifier.process.wait(PATIENCE)
        verifier.process = None
        return False
    verifier.kill()
    return True


def arrives_whole(new, nothing, file):
    nothing.back()
    return os.path.exists(file) and stepup(new, "restore", file)[0] == 0 and starts(new)


def killed_leaving(old, new, alone, first):
    """All that is left of it, or the others going on without the one that was killed."""
    how = "alone" if alone else "as a whole"
    file = os.path.join(old.folder, "killed")
    at_old, at_new = Kept(old.state, os.path.dirname(old.mark)), Kept(new.state, os.path.dirname(new.mark))
    outcomes, neither, unnamed = collections.Counter(), [], []
    number = first - 1
    done = False
    while not done and number < CALLS_MAX:
        number += 1
        at_old.back()
        for name in (file, file + ".part"):
            if os.path.exists(name):
                os.unlink(name)
        done = killed(old, number, "--backup", file, "--move", alone=alone)
        works = starts(old)
        whole = [name for name in (file, file + ".part") if arrives_whole(new, at_new, name)]
        outcomes[works, file in whole] += 1
        if not works and (not whole or (file not in whole and stepup(old, "backup", "--move", file)[0] != 0)):
            neither.append(number)
        if works and os.path.exists(file):
            unnamed.append(number)
    print(f"# leaving, killed {how} at each of {number - first} calls: (works, whole) {dict(outcomes)}",
          flush=True)
    tap.ok(done and number > first + 5,
           f"a move is killed {how} at each of its calls, and then runs to its end", number)
    tap.equal(neither, [],
              f"killed {how}: either the old place works, or a file is whole, and once more finishes it")
    tap.equal(unnamed, [], f"killed {how}: no file has its name while the old place works")
    tap.equal({outcome for outcome in outcomes if outcome != (False, True)}, {(True, False), (False, False)},
              f"killed {how}: before and after the moment between")
    return file


def killed_arriving(new, file):
    at_new = Kept(new.state, os.path.dirname(new.mark))
    number, wrong = 0, []
    done = False
    while not done and number < CALLS_MAX:
        number += 1
        at_new.back()
        done = killed(new, number, "--restore", file)
        if not done and (stepup(new, "restore", file)[0] != 0 or not starts(new)):
            wrong.append(number)
    print(f"# arriving, killed at each of {number - 1} calls", flush=True)
    tap.ok(done and number > 20, "an arrival is killed at each of its calls, and then runs to its end",
           number)
    tap.equal(wrong, [], "restored once more, it goes on")


def in_this_order(old, file):
    """What is on the disk before what, for the power cut. The number of the call with which the
    two processes begin to talk."""
    trace = os.path.join(old.folder, "trace")
    killed(old, 0, "--backup", file, "--move", trace=trace)
    with open(trace) as source:
        lines = [line.split(" ", 1)[1].rstrip("\n") for line in source]
    def after(start, *calls):
        at = next((i for i in range(start, len(lines)) if lines[i] in calls), None)
        if at is None:
            raise RuntimeError(f"{calls} not after call {start} of:\n" + "\n".join(lines))
        return at + 1
    at = after(0, f"fsync {file}.part")
    at = after(at, f"fsync {old.folder}")
    at = after(at, "send k")
    committed = after(at, f"fdatasync {old.database}-wal", f"fsync {old.database}-wal")
    marked = after(committed, f"pwrite {old.mark}")
    synced = after(marked, f"fdatasync {old.mark}")
    named = after(synced, f"rename {file}")
    after(named, f"fsync {old.folder}")
    tap.ok(True,
           "the file is on the disk before the store has left, and the store has left before it has its name")
    return lines.index("send c") + 1


def main():
    need_root()
    old = place("old")
    new = place("new")
    file = os.path.join(old.folder, "move")
    try:
        old.start()
        admin = Administrator(old)
        token, other = old.enrol_token("lp"), old.enrol_token("games")
        old.enrol_token("mail")
        admin.call("Lock", {"users": "mail"}, {"users": ["mail"], "reason": "laptop stolen"})
        invitation = old.call("admin", "Init", {"user": "news", "again": True})["invitation"]
        noted = old.call("verify", "Keys")["log_key"]
        spent = other.fresh()
        old.step_up("games", "door.open", None, spent)
        tap.run(leaves, old, file)
        tap.run(arrives, old, new, file, spent, token, invitation, noted)
        tap.run(log_of_both, new, admin, noted)
        tap.run(again, new, file)
        tap.run(back_again, old, new, token)
        on_its_way = tap.run(on_the_way, old)
        tap.run(other_store_there, old, on_its_way)
        stepup(old, "restore", on_its_way)
        fresh = place("fresh", old)
        talks = tap.run(in_this_order, old, os.path.join(old.folder, "order"))
        stepup(old, "restore", os.path.join(old.folder, "order"))
        for alone, first in ((True, talks - 5), (False, 1)):
            killed_file = tap.run(killed_leaving, old, fresh, alone, first)
            stepup(old, "restore", killed_file)
        tap.run(killed_arriving, place("fresh2", old), killed_file)
        tap.run(changed_mind, old, token)
        tap.run(two_lives, old)
        tap.run(not_the_newest, old)
    finally:
        for verifier in made:
            verifier.close()
    tap.done()


main()
