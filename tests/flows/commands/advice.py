#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the programs and stepup-operating(7) advise, done as they say it, on an installed system with a
systemd of its own."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Token, source_dir
from systemd import call, conf_dir, outside, place, property_of, run, state_dir, wait, write

PAGE = "/root/check/tests/flows/stepup-operating.7"
UNIT = "stepupd.service"


def sh(command):
    return run("sh", "-c", command)


def mark_dir():
    return state_dir() + "-mark"


def page_commands(section):
    """What the page prints for root in one section."""
    with open(PAGE) as source:
        text = re.search(rf"^\.Ss {section}\n(.*?)^\.S[sh] ", source.read(), re.M | re.S).group(1)
    return re.findall(r"^\.Dl # (.*)$", text, re.M)


class Person:
    """Root with a token."""

    def __init__(self):
        invitation = call("admin", "Init", {"user": "root", "again": True})["invitation"]
        begun = call("verify", "EnrollBegin", {"user": "root", "type": "hotp", "invitation": invitation})
        self.token = Token(begun["secret"])
        call("verify", "EnrollFinish", {"transaction": begun["transaction"], "code": self.token.fresh()})

    def step_up(self, code=None):
        begun = call("verify", "Begin", {"action": "stepup.test"})
        return call("verify", "Answer", {"transaction": begun["transaction"], "method": "code",
                                         "code": code or self.token.fresh()})


def serves():
    return run("stepup", "status").returncode == 0


def what_it_waits_for(pattern):
    """Starts the verifier and waits for a reason not to serve that fits; the text."""
    run("systemctl", "restart", "--no-block", UNIT)
    return wait(lambda: (lambda text: re.search(pattern, text, re.S)
                         and text)(property_of(UNIT, "StatusText")),
                f"a status with {pattern}")


def follow(tap, what, pattern, group=1):
    """The command that the verifier's own words name, typed: then it serves. Its words."""
    text = what_it_waits_for(pattern)
    command = re.search(pattern, text, re.S).group(group).rstrip(".")
    done = sh(command)
    # waits: the one that serves from now on is the new one
    run("timeout", "120", "systemctl", "restart", UNIT)
    try:
        wait(serves, "a verifier that serves")
        tap.ok(True, f"{what}: `{command}` is the way out, as the verifier says")
    except RuntimeError as error:
        tap.ok(False, f"{what}: `{command}` is the way out, as the verifier says",
               (text, done.stdout, done.stderr, error))
    return text


def first_day(tap):
    first = run("stepup", "init", "root")
    command = re.search(r"^ +(systemctl enable .*)$", first.stdout + first.stderr, re.M).group(1)
    started = sh(command)
    tap.ok(started.returncode == 0 and serves(), f"init: `{command}` starts the verifier, as it says",
           started.stderr)
    status = os.stat(mark_dir())
    tap.equal((status.st_mode & 0o777, status.st_uid), (0o700, int(run("id", "-u", "stepup").stdout)),
              "the mark has a folder of its own")
    tap.ok(os.path.exists(mark_dir() + "/mark") and not os.path.exists(state_dir() + "/highwater"),
           "and lies in it")
    tap.ok(sh("systemctl status stepupd").returncode == 0, "`systemctl status stepupd` says how it is")


def modes(tap):
    conf, database = conf_dir() + "/stepup.conf", state_dir() + "/stepup.db"
    for path, mode in ((conf, 0o666), (conf_dir(), 0o777), (database, 0o666), (database, 0o644),
                       (state_dir(), 0o777)):
        before = os.stat(path).st_mode & 0o7777
        os.chmod(path, mode)
        follow(tap, f"{os.path.basename(path)} with mode {mode:o}", r"run: (chmod \S+ \S+)")
        os.chmod(path, before)


def backup_and_restore(tap):
    person = Person()
    for command in page_commands("Backup"):
        tap.equal(sh(command).returncode, 0, f"page: `{command}` works while the verifier runs")
    used = person.token.fresh()
    tap.ok(person.step_up(used).ok, "a code is used after the backup")
    key = call("verify", "Keys")["log_key"]
    commands = page_commands("Restore")
    for command in commands:
        done = sh(command)
        tap.equal(done.returncode, 0, f"page: `{command}` works")
        if command.startswith("stepup restore"):
            what_it_waits_for("stepup epoch new")
            tap.ok(not serves(), "a store that was put back approves nothing before that")
    tap.ok(serves() and call("verify", "Keys")["log_key"] in done.stdout and key not in done.stdout,
           "and the log's new key is printed", done.stdout)
    return person


def damaged(tap):
    """What is printed where the database is torn, no database, or gone."""
    backup = re.search(r"\S+$", page_commands("Backup")[0]).group(0)
    database = state_dir() + "/stepup.db"
    def scribble():
        with open(database, "r+b") as out:
            out.seek(4096)
            out.write(b"\xa5" * 8192)
    def overwrite():
        with open(database, "r+b") as out:
            out.truncate(0)
            out.write(b"hello\n" * 1000)
    for what, break_it in (("a torn database", scribble), ("a file that is no database", overwrite)):
        sh("stepup backup " + backup)
        run("systemctl", "stop", UNIT)
        break_it()
        text = what_it_waits_for(r"stepup restore")
        tap.matches(text, "Restore it from a backup", f"{what}: the verifier says what to do")
        tap.ok(sh(f"stepup restore {backup}").returncode == 0, f"{what}: `stepup restore` works")
        follow(tap, what, r"(stepup epoch new)")


def mark_is_gone(tap):
    run("systemctl", "stop", UNIT)
    os.unlink(mark_dir() + "/mark")
    follow(tap, "a mark that is missing", r"(stepup epoch new)")
    run("systemctl", "stop", UNIT)
    shutil.rmtree(mark_dir())
    text = what_it_waits_for("Run: systemd-tmpfiles --create stepup.conf")
    sh("systemd-tmpfiles --create stepup.conf")
    follow(tap, "a mark's folder that was missing", r"(stepup epoch new)")
    tap.matches(text, "the mark's folder, is not there", "which says so")


def second_one(tap):
    done = sh("setpriv --reuid stepup --regid stepup --clear-groups stepupd --run-dir /tmp/second "
              f"--master-key {conf_dir()}/none 2>&1")
    tap.ok(done.returncode == 1, "a second verifier by hand is refused", done.stdout)
    done = sh("stepupd --restore /root/stepup.backup 2>&1")
    told = re.search(r"\((systemctl stop [^)]*)\)", done.stdout)
    if not tap.ok(told, "a store in use is not written to: the sentence says what lets it go", done.stdout):
        return
    command = told.group(1)
    tap.ok(sh(command).returncode == 0 and sh("stepupd --restore /root/stepup.backup").returncode == 0,
           f"a store in use: `{command}` is what lets it go, as the sentence says")
    follow(tap, "a store put back by hand", r"(stepup epoch new)")


def upgrade(tap):
    for command in page_commands("Upgrade"):
        done = sh(command)
        tap.ok(done.returncode == 0, f"page: `{command}` works",
               done.stdout + done.stderr + run("journalctl", "--no-pager", "-n", "30").stdout)
    tap.ok(serves(), "and after an upgrade's commands it serves")


def moving(tap):
    """To another host: here this one, its state gone. Before, what the old place says is followed there."""
    commands = page_commands("Moving to another host")
    file = re.search(r"backup --move (\S+)$", commands[0]).group(1)
    done = sh(commands[0])
    tap.equal(done.returncode, 0, f"page: `{commands[0]}` works")
    text = follow(tap, "a store that left, brought back", r"(stepup restore \S+)\.")
    tap.matches(text, re.escape(file), "a place that was left names the file")
    sh(commands[0])
    follow(tap, "a store that left, its file lost", r"If that file is lost: (stepup epoch new)\.")
    key = call("verify", "Keys")["log_key"]
    for command in commands[:2]:
        done = sh(command)
        tap.equal((done.returncode, done.stderr if done.returncode else ""), (0, ""),
                  f"page: `{command.split(' stepupd.service')[0]}` works")
    tap.ok(not serves(), "the old place serves nobody")
    for folder in (mark_dir(), state_dir()):
        shutil.rmtree(folder)
    for command in commands[2:]:
        done = sh(command)
        tap.equal((done.returncode, done.stderr if done.returncode else ""), (0, ""),
                  f"page: `{command}` works")
    tap.ok(serves(), "and the store goes on at its new place", done.stdout + done.stderr)
    tap.equal(call("verify", "Keys")["log_key"], key, "in the same epoch")
    run("systemctl", "stop", UNIT)
    refused = sh(f"stepup restore {file}")
    advised = re.search(r"(stepup restore --as-backup) FILE, and then (stepup epoch new)", refused.stderr)
    tap.ok(refused.returncode == 1 and advised, "a second time the file is refused", refused.stderr)
    for command in (f"{advised.group(1)} {file}", advised.group(2)) if advised else ():
        done = sh(command)
        tap.equal((done.returncode, done.stderr if done.returncode else ""), (0, ""),
                  f"but `{command}` works, as the sentence says")
    tap.ok(serves(), "and then it serves")


def removing(tap):
    commands = page_commands("Removing")
    write("/etc/pam.d/sudo", "auth required pam_stepup.so action=system.sudo\n")
    tap.equal(sh(commands[0]).stdout, "/etc/pam.d/sudo\n", "page: what PAM still names is found")
    os.unlink("/etc/pam.d/sudo")
    tap.equal(sh(commands[0]).stdout, "", "page: and nothing where nothing does")
    tap.equal(sh(commands[1]).returncode, 0, "page: all of it can be disabled")


def inside():
    tap = Tap()
    for part in (first_day, modes, backup_and_restore, damaged, mark_is_gone, second_one, upgrade,
                 moving, removing):
        tap.run(part, tap)
    tap.done()


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["--inside"] else outside("advice.py", ["man/stepup-operating.7"])
