#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup backup --move: a store goes on at another place, whole, and nowhere else."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import NEWS, NOBODY, Tap, Verifier, need_root, program
from logbook import RULES, Administrator

POLICY = 'action door.open { users = { "*" } prompt = "Open the door" require = { code } }\n' + RULES
tap = Tap()


def stepup(verifier, *words):
    """A command of root's on a verifier's store; its exit status and what it said."""
    done = subprocess.run([program("tools/stepup/stepup"), *words, "--stepupd", program("verifier/stepupd"), "--socket-dir", verifier.run,
                           "--mark", verifier.mark, *([] if words[0] == "epoch" else ["--config-dir", verifier.etc])], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def place():
    """Where a verifier is installed: the configuration is root's, the state another user's."""
    verifier = Verifier(POLICY, uid=NOBODY)
    os.chown(verifier.etc, 0, 0)
    return verifier


def leaves(old, moved):
    """The old place, after the store has left it; the way back as long as it was restored nowhere."""
    status, said = stepup(old, "backup", moved, "--move")
    tap.ok(status == 1 and "another verifier is using it" in said, "a store in use does not move", said)
    old.kill()
    status, said = stepup(old, "backup", moved, "--move")
    tap.ok(status == 1 and "not stopped cleanly" in said, "nor one that was not stopped cleanly", said)
    tap.ok(not os.path.exists(moved) and not os.path.exists(moved + ".part"), "and nothing is left of the trying")
    old.start()
    old.stop()
    status, said = stepup(old, "backup", moved, "--move")
    tap.ok(status == 0 and "stepup restore" in said, "one that was stopped does, and says what to do on the other machine", said)
    status, said = old.refuses_to_start()
    tap.ok(status == 1 and moved in said and "was moved on" in said, "the old place starts nothing, and says where the store went", said)
    os.unlink(moved)  # as if the copying had been ended in the middle
    status, said = stepup(old, "backup", moved, "--move")
    tap.ok(status == 0 and os.path.exists(moved), "the file can be written again", said)
    status, said = stepup(old, "restore", moved)
    tap.ok(status == 0 and "goes on when the verifier starts" in said, "who has second thoughts restores it at the old place", said)
    old.start()
    tap.ok(old.call("verify", "Keys").ok, "which goes on without a new epoch")
    old.stop()
    os.unlink(moved)
    tap.equal(stepup(old, "backup", moved, "--move")[0], 0, "and moves after all")


def arrives(old, new, moved, token, spent):
    shutil.copy(os.path.join(old.etc, "master.key"), os.path.join(new.etc, "master.key"))
    os.chown(os.path.join(new.etc, "master.key"), NOBODY, NOBODY)
    status, said = stepup(new, "restore", moved)
    tap.ok(status == 0 and "systemctl start" in said and "epoch" not in said, "the new place takes it", said)
    new.start()
    tap.ok(not os.path.exists(os.path.join(os.path.dirname(new.mark), "arrival")), "once")
    tap.equal([lock["name"] for lock in new.call("admin", "Status")["locked"]], ["news"], "who was locked is locked")
    tap.ok(new.step_up("games", "door.open", None, token.fresh()).ok, "the next code counts at once")
    new.restart()
    tap.ok(new.step_up("games", "door.open", None, token.fresh()).ok, "also after another start")
    tap.equal(new.step_up("games", "door.open", None, spent).error, "BadAnswer", "a code that was spent at the old place is spent at the new one")


def twice(old, new, moved):
    """What was moved once is not moved again by the same file, where anybody can know it."""
    new.stop()
    tap.equal(stepup(new, "restore", moved)[0], 0, "the same file once more")
    status, said = new.refuses_to_start()
    tap.ok(status == 1 and "older than its mark" in said, "is an old store where it was taken already", said)
    tap.equal(stepup(new, "epoch", "new")[0], 0, "of which root may make a new epoch")
    new.start()
    tap.ok(new.call("verify", "Keys").ok, "as of any other")


def main():
    need_root()
    old, new = place(), place()
    moved = os.path.join(old.folder, "moved")
    with old:
        admin, token = Administrator(old), old.enrol_token("games")
        old.enrol_token("news")
        old.call("verify", "LockMe", {}, uid=NEWS)
        spent = token.fresh()
        tap.ok(old.step_up("games", "door.open", None, spent).ok, "a code is spent")
        tap.run(leaves, old, moved)
        with new:  # a place that was set up before, with a store and a mark of its own
            new.stop()
            tap.run(arrives, old, new, moved, token, spent)
            moving = Administrator.__new__(Administrator)
            moving.__dict__.update(admin.__dict__, verifier=new)
            entries = moving.entries()
            tap.equal([entry["type"] for entry in entries].count("epoch"), 1, "no epoch has begun but the first")
            tap.equal(moving.check()["problems"], [], "and log verify finds the whole log right")
            tap.run(twice, old, new, moved)
    tap.done()


if __name__ == "__main__":
    main()
