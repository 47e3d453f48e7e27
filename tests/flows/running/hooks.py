#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hooks: run by a process of its own, without privilege, within limits; no event is lost by one that
hangs, crashes or is missing; the log says what came of each. Alerts: what a person should look at,
once, and then a count."""
import json
import os
import re
import select
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import MAIL, NOBODY, PATIENCE, Tap, Verifier, as_uid, program
from hook_runner import RECORD, Runner
from logbook import RULES, Administrator

POLICY = RULES + '''
action safe.open {
    users = { "*" }  details = { "safe:text" }  prompt = "Open safe {safe}"
    require = { code }  code-is-enough = yes  always-approve = yes  approvers = { "news" }
}
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
action gate.open { users = { "*" }  prompt = "Open the gate"  require = { code }  limit = { "1 per 1h" } }
service vault { unix-user = "root" }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { code }  code-is-enough = yes
    service = vault }
'''
tap = Tap()


def outcomes(administrator, **wanted):
    """The log's entries about hooks."""
    return [entry for entry in administrator.entries() if entry["type"] == "hook"
            and all(entry.get(name) == value for name, value in wanted.items())]


def wait_outcomes(runner, administrator, count=1, **wanted):
    return runner.wait(lambda: (lambda found: len(found) >= count
                                and found)(outcomes(administrator, **wanted)),
                       f"{count} hook entries with {wanted}")


def lock(administrator, name, reason="stolen laptop"):
    return administrator.call("Lock", {"users": name}, {"users": [name], "reason": reason})["reference"]


def unlock(administrator, name):
    administrator.call("Unlock", {"user": name})


def refuses_root(verifier):
    command = [program("tools/stepup-hooks/stepup-hooks"), "--socket", verifier.path("hooks")]
    for more, what in (((), "without a user to become"), (("--user", "root"), "as root"),
                       (("--user", "no-such-user"), "as nobody it knows")):
        done = subprocess.run([*command, *more], capture_output=True, text=True)
        tap.ok(done.returncode == 1 and done.stderr.startswith("stepup-hooks: "),
               f"stepup-hooks does not run {what}", done)


def door_is_closed(verifier):
    tap.equal(oct(os.stat(verifier.path("hooks")).st_mode & 0o777), "0o600",
              "without its group, the door for hooks is its owner's alone")
    try:
        as_uid(MAIL, lambda: verifier.client("hooks").close())
        tap.ok(False, "an ordinary uid can't reach it")
    except RuntimeError as error:
        tap.ok("PermissionError" in str(error), "an ordinary uid can't reach it", error)


def told(verifier, runner, administrator):
    runner.hook("record", RECORD)
    reference = lock(administrator, "mail", 'laptop "stolen";\u2019 $(id) `id`')
    event, uid, arguments = runner.wait_events("locked")[0]
    tap.equal((uid, arguments), (NOBODY, "locked"),
              "a hook runs as its own user, with the event's name as its only argument")
    tap.equal({name: event.get(name) for name in ("v", "event", "user", "reference", "by", "reason")},
              {"v": 1, "event": "locked", "user": "mail", "reference": reference, "by": "root",
               "reason": 'laptop "stolen";\u2019 $(id) `id`'},
              "it reads on standard input who was locked, by whom, why")
    tap.matches(event["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "and when")
    tap.equal(event["log"], int(reference[2:]), "and which entry of the log says so")
    done = wait_outcomes(runner, administrator, event="locked", program="record")[0]
    tap.equal((done["entry"], done["result"], done["exit"]), (event["log"], "done", 0),
              "the log says what came of it")
    unlock(administrator, "mail")
    verifier.enrol_token("news")
    event = runner.wait(
        lambda: next((event for event, *_ in runner.events("enrolled") if event["user"] == "news"), None),
        "the enrolment")
    tap.equal((event["method"], event["how"]), ("hotp", "invitation"), "an enrolment is told, with its way")
    alert = runner.wait(
        lambda: next((event for event, *_ in runner.events("alert") if event.get("user") == "news"), None),
        "an alert")
    tap.equal(alert["kind"], "new-credential", "and is an alert as well")
    tap.matches(alert["message"], "stepup lock news", "whose sentence says what to do")


def requested(verifier, runner):
    token = verifier.enrol_token("man")
    begun = verifier.begin("man", "safe.open", {"safe": "north"})
    verifier.answer(begun["transaction"], token.fresh())
    event = runner.wait_events("requested")[0][0]
    tap.equal((event["user"], event["action"], event["prompt"]), ("man", "safe.open", "Open safe north"),
              "a request for a second person is told, in its words")
    tap.ok(event["request"].startswith("R-") and event["until"] > event["at"]
           and "stepup requests" in event["message"], "with its number and its end", event)


def judged(runner, administrator):
    runner.clear()
    good = runner.hook("good", RECORD)
    runner.hook("writable", RECORD, 0o777)
    os.chown(runner.hook("owned", RECORD), NOBODY, NOBODY)
    os.symlink(good, os.path.join(runner.folder, "link"))
    os.link(runner.hook("twice", RECORD), os.path.join(runner.folder, "again"))
    for name in ("note", ".hidden", "backup~", "odd name"):
        runner.hook(name, RECORD, 0o644 if name == "note" else 0o755)
    lock(administrator, "mail")
    runner.wait_said("twice: has another name")
    entries = runner.wait(lambda: (lambda found: len(found) >= 6 and found)([
        entry for entry in outcomes(administrator, event="locked") if entry["program"] != "record"]),
                          "outcomes")
    tap.equal({entry["program"]: entry["result"] for entry in entries},
              {"good": "done", "writable": "refused", "owned": "refused", "link": "refused",
               "twice": "refused", "again": "refused"},
              "what others could have put there or changed is not run; notes and odd names are no hooks")
    said = runner.said()
    for name, why in (("writable", "others can write it"), ("owned", "does not belong to root"),
                      ("link", "is a symbolic link"), ("again", "has another name")):
        tap.matches(said, rf"not run: [^\n]*{name}: {why}", f"{name}: a sentence says why")
    unlock(administrator, "mail")
    runner.clear()
    os.chmod(runner.folder, 0o777)
    runner.hook("good", RECORD)
    lock(administrator, "mail")
    runner.wait_said("others can write in this folder")
    tap.ok(True, "from a folder that others can write to, nothing is run")
    os.chmod(runner.folder, 0o755)
    unlock(administrator, "mail")


def ends_of_hooks(runner, administrator):
    runner.clear()
    runner.forget()
    runner.hook("hangs", "#!/bin/sh\nsleep 1000 & echo $! >{out}/child\ntrap '' TERM\necho before\n"
                "sleep 1000\nsleep 1000\n")
    runner.hook("moves", "#!/usr/bin/python3\nimport os, time\nos.setpgid(0, os.getpgid(os.getppid()))\n"
                "time.sleep(1000)\n")
    runner.hook("crashes", "#!/bin/sh\nkill -SEGV $$\n")
    runner.hook("fails", "#!/bin/sh\necho oh no >&2\nprintf '\\033[2Jtext\\n'\nexit 3\n")
    runner.hook("missing", "#!/no/such/interpreter\n")
    runner.hook("talks", "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' x\n")
    runner.hook("deaf", "#!/bin/sh\nexec 0<&-\nexit 0\n")
    runner.hook("leaves", "#!/bin/sh\nsleep 1000 & echo $! >{out}/left\nexit 0\n")
    runner.hook("record", RECORD)
    lock(administrator, "mail")
    entries = runner.wait(lambda: (lambda found: len(found) >= 9 and found)([
        entry for entry in outcomes(administrator, event="locked") if entry["program"] in names]), "outcomes")
    ends = {entry["program"]: (entry["result"], entry.get("exit")) for entry in entries[-9:]}
    tap.equal(ends.pop("hangs")[0], "timeout",
              "a hook that hangs, and ignores SIGTERM, is ended at the limit")
    tap.equal(ends.pop("moves")[0], "timeout", "also one that leaves its process group")
    tap.equal(ends, {"crashes": ("killed", None), "fails": ("failed", 3), "missing": ("failed", 126),
                     "talks": ("done", 0), "deaf": ("done", 0), "leaves": ("done", 0), "record": ("done", 0)},
              "crashes, failures, a missing interpreter, much output, closed input: "
              "each is told apart, and none disturbs the others")
    for name in ("child", "left"):
        with open(os.path.join(runner.out, name)) as source:
            child = int(source.read())
        runner.wait(lambda: not os.path.exists(f"/proc/{child}")
                    or b") Z " in open(f"/proc/{child}/stat", "rb").read(), "the child's end")
        tap.ok(True, f"and the process that it left behind ({name}) with it")
    said = runner.said()
    tap.ok("fails: oh no" in said and "fails: \\u{001B}[2Jtext" in said,
           "what a hook says is said, made safe to show")
    tap.ok(re.search(r"talks: \d{6} more bytes were left out", said) and len(said) < 100000, "and bounded")
    unlock(administrator, "mail")


names = ("hangs", "moves", "crashes", "fails", "missing", "talks", "deaf", "leaves", "record")


def nobody_there(verifier, runner, administrator):
    """Events wait for a runner that is away, also across a crash of the verifier."""
    runner.clear()
    runner.forget()
    runner.kill()
    runner.hook("record", RECORD)
    reference = lock(administrator, "mail")
    verifier.kill()
    verifier.start()
    runner.start()
    event = runner.wait_events("locked")[0][0]
    tap.equal(
        event["reference"], reference,
        "a lock that nobody was there to tell of is told after the verifier's kill -9 and the runner's start")
    unlock(administrator, "mail")
    runner.clear()
    runner.forget()
    runner.hook("slow",
                "#!/bin/sh\n[ -e {out}/second ] && exec cat >{out}/told\ntouch {out}/second\nsleep 1000\n")
    lock(administrator, "mail")
    runner.wait(lambda: os.path.exists(os.path.join(runner.out, "second")), "the slow hook")
    runner.kill()
    runner.start()
    runner.wait(lambda: os.path.exists(os.path.join(runner.out, "told"))
                and os.path.getsize(os.path.join(runner.out, "told")), "the second telling")
    tap.ok(True, "an event whose runner was killed in the middle is told again")
    runner.wait(lambda: outcomes(administrator, program="slow"), "the outcome")
    unlock(administrator, "mail")


def told_to_end(runner, administrator):
    """SIGTERM, as a service manager sends it: while nothing happens, and while a hook runs."""
    runner.clear()
    runner.forget()
    runner.kill(signal.SIGTERM)
    tap.ok(True, "a runner with nothing to do ends at SIGTERM")
    runner.start()
    runner.hook("slow", "#!/bin/sh\necho once >>{out}/runs\nwhile ! [ -e {out}/go ]; do sleep 0.05; done\n"
                "cat >{out}/whole\n")
    seen = len(outcomes(administrator, program="slow", result="done"))
    lock(administrator, "mail")
    path = {name: os.path.join(runner.out, name) for name in ("runs", "go", "whole")}
    runner.wait(lambda: os.path.exists(path["runs"]), "the slow hook")
    runner.process.send_signal(signal.SIGTERM)
    runner.wait_said("stopping; the hooks")
    ended = runner.process.poll() is not None
    open(path["go"], "w").close()
    status = runner.process.wait(PATIENCE)
    runner.process = None
    tap.equal((ended, status, os.path.getsize(path["whole"]) > 0), (False, 0, True),
              "at SIGTERM a hook that runs is let finish, and then the runner ends")
    tap.equal(len(outcomes(administrator, program="slow", result="done")), seen + 1,
              "and what came of it is in the log")
    runner.start()
    unlock(administrator, "mail")
    runner.clear()
    runner.hook("record", RECORD)
    lock(administrator, "mail")
    runner.wait_events("locked")
    with open(path["runs"]) as source:
        tap.equal(source.read(), "once\n", "so that it isn't told again")
    unlock(administrator, "mail")


def given_up(verifier, runner, administrator):
    """Somebody fetches and never says what came of it."""
    runner.wait(lambda: not verifier_backlog(verifier), "an empty queue")
    runner.kill()
    lock(administrator, "lp")
    with verifier.client("hooks") as client:
        handed = [client.call("Next")["event"] for _ in range(3)]
        tap.equal([event["event"] for event in handed], ["locked"] * 3,
                  "an event is handed out until somebody says that it was told")
        fourth = client.call("Next").get("event")
        tap.equal((fourth["event"], fourth["kind"]), ("alert", "lock"),
                  "three times at most; then the next one comes")
        for parameters, field in (({"event": "odd", "log": 1, "outcomes": []}, "event"),
                                  ({"event": "alert", "log": 1,
                                    "outcomes": [{"program": "x", "result": "odd", "ms": 1}]}, "outcomes"),
                                  ({"event": "alert", "log": 1,
                                    "outcomes": [{"program": "x", "result": "done"}]}, "outcomes")):
            with verifier.client("hooks") as other:
                tap.equal(other.call("Done", parameters).get("parameter"), field,
                          f"what is no outcome is refused, naming {field}")
        tap.ok(client.call("Done", {"event": "alert", "log": fourth["log"], "outcomes": []}).ok,
               "done without hooks is done")
        tap.ok(client.call("Done", {"event": "alert", "log": fourth["log"],
                                    "outcomes": [{"program": "x", "result": "done", "ms": 1}]}).ok,
               "said twice, it stays so")
    tap.equal([entry["result"] for entry in outcomes(administrator, entry=handed[0]["log"])], ["untold"],
              "the log says that it was told to nobody")
    tap.ok(not outcomes(administrator, program="x"), "and nothing of what was said the second time")
    with verifier.client("hooks") as first, verifier.client("hooks") as second:
        first.start("Next")
        second.start("Next")
        # whichever call came in first: it is the one that is answered
        ended = first if select.select([first.socket, second.socket], [], [],
                                       PATIENCE)[0] == [first.socket] else second
        waiting = second if ended is first else first
        tap.equal(ended.finish().get("event"), None, "a second one who waits ends the waiting of the first")
        unlock(administrator, "lp")
        lock(administrator, "lp")
        tap.equal(waiting.finish()["event"]["event"], "locked", "who waits is told at once")
        unlock(administrator, "lp")
    with verifier.client("hooks") as client:
        client.call("Done", {"event": "locked", "log": client.call("Next")["event"]["log"], "outcomes": []})
        client.start("Next")
        tap.equal(verifier.stop(), 0, "a stop doesn't wait for who waits for events")
    verifier.start()
    runner.start()


def verifier_backlog(verifier):
    done = subprocess.run(
        [sys.executable, "-c",
         "import sqlite3,sys; print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)"
         ".execute('select count(*) from events').fetchone()[0])", verifier.database],
        capture_output=True, text=True)
    return int(done.stdout)


def kinds_of(runner, user):
    return [event["kind"] for event, *_ in runner.events("alert") if event.get("user") == user]


def alerts(verifier, runner, administrator):
    runner.clear()
    runner.forget()
    runner.hook("record", RECORD)
    secret = verifier.enrol("games")
    code = secret.fresh()
    tap.ok(verifier.step_up("games", "vault.open", {}, code).ok, "a code is accepted")
    for _ in range(4):
        verifier.step_up("games", "vault.open", {}, code)
    runner.wait(lambda: "spent-code" in kinds_of(runner, "games"), "the alert")
    line = verifier.wait_log(r"stepupd: alert: [^\n]*STEPUP_KIND=spent-code STEPUP_USER=games[^\n"
                             r"]* STEPUP_LOG=\d+ STEPUP_COUNT=1")
    tap.ok("typed again at the same place" in line.group(0),
           "a duplicate of an accepted code is an alert to hooks and to the journal")
    for _ in range(8):
        verifier.step_up("games", "door.open", None, secret.wrong())
    runner.wait(lambda: "guessing" in kinds_of(runner, "games"), "the alert")
    tap.ok(True, "so are guesses over the threshold")
    token = verifier.enrol_token("backup")
    for _ in range(3):
        verifier.step_up("backup", "gate.open", None, token.fresh())
    runner.wait(lambda: "over-limit" in kinds_of(runner, "backup"), "the alert")
    tap.ok(True, "and a limit that somebody went over")
    receipt = verifier.step_up("backup", "vault.open", {}, token.fresh())["receipt"]
    parameters = {"receipt": receipt, "action": "vault.open", "details": {}}
    tap.ok(verifier.call("redeem", "Redeem", parameters).ok, "a receipt is redeemed")
    tap.ok(not verifier.call("redeem", "Redeem", parameters).ok, "and not a second time")
    runner.wait(lambda: "redemption-refused" in kinds_of(runner, "backup"), "the alert")
    tap.ok(True, "which is an alert")
    lock(administrator, "backup")
    verifier.begin("backup", "gate.open")
    runner.wait(lambda: {"lock", "locked-account"} <= set(kinds_of(runner, "backup")), "the alerts")
    tap.ok(True, "a lock is one, and so is whoever tries the locked account")
    unlock(administrator, "backup")
    runner.wait(lambda: not verifier_backlog(verifier), "an empty queue")
    counts = {kind: kinds_of(runner, "games").count(kind) for kind in set(kinds_of(runner, "games"))}
    tap.equal(counts, {"new-credential": 1, "spent-code": 1, "guessing": 1},
              "of many of one kind about one user, people are told one")


def held_back():
    """A flood gives one alert, and after the quiet time one with a count."""
    with Verifier(POLICY) as verifier:
        clock_path = os.path.join(verifier.folder, "clock")

        def set_clock(text):
            with open(clock_path + ".new", "w") as out:
                out.write(text + "\n")
            os.rename(clock_path + ".new", clock_path)

        verifier.stop()
        set_clock("+0")
        verifier.faketime = "+0"
        verifier.environment = {"FAKETIME_TIMESTAMP_FILE": clock_path, "FAKETIME_NO_CACHE": "1"}
        command_environment = verifier.command_environment

        def without_fixed_time():
            environment = command_environment()
            del environment["FAKETIME"]
            return environment

        verifier.command_environment = without_fixed_time
        verifier.start()
        token = verifier.enrol_token("backup")
        errors = [verifier.step_up("backup", "gate.open", None, token.fresh()).error for _ in range(12)]
        tap.equal(errors, [None] + ["OverLimit"] * 11, "somebody goes over a limit again and again")
        verifier.wait_log(r"STEPUP_KIND=over-limit")
        tap.equal(len(re.findall(r"STEPUP_KIND=over-limit", verifier.log())), 1,
                  "eleven tries over a limit are one line in the journal")
        set_clock("+301")
        line = verifier.wait_log(r"[^\n]*STEPUP_KIND=over-limit[^\n]*STEPUP_COUNT=10\b")
        tap.ok("10 more since the last alert" in line.group(0),
               "after the quiet time there is one more, with a count")


with Verifier(POLICY) as verifier:
    tap.run(refuses_root, verifier)
    tap.run(door_is_closed, verifier)
    administrator = Administrator(verifier)
    with Runner(verifier, limit=2) as runner:
        tap.run(told, verifier, runner, administrator)
        tap.run(requested, verifier, runner)
        tap.run(judged, runner, administrator)
        tap.run(ends_of_hooks, runner, administrator)
        tap.run(nobody_there, verifier, runner, administrator)
    with Runner(verifier, limit=20) as runner:
        tap.run(told_to_end, runner, administrator)
    with Runner(verifier, limit=2) as runner:
        tap.run(given_up, verifier, runner, administrator)
    with Runner(verifier) as runner:
        tap.run(alerts, verifier, runner, administrator)
    checked = administrator.check()
    tap.ok(checked["valid"], "stepup log verify finds nothing wrong with such a log", json.dumps(checked))
tap.run(held_back)
tap.done()
