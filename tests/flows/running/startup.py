#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Starting and stopping stepupd: what it refuses, in which words, and that it leaves everything as it was."""
import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli
from harness import NOBODY, PATIENCE, Tap, Verifier, as_uid, need_root, program

POLICY = '''
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
'''
tap = Tap()


def snapshot(verifier):
    """Everything in the verifier's folders but sockets, locks and its own log: kind, mode, links, content."""
    seen = {}
    for folder in (verifier.etc, verifier.state, os.path.dirname(verifier.mark)):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if name.endswith(".lock") or name.endswith("-shm"):
                continue
            content = None
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as source:
                    content = hashlib.sha256(source.read()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            seen[path] = (oct(status.st_mode), status.st_nlink, content)
    return seen


def as_link(path):
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)


def as_hard_link(path):
    os.link(path, path + ".other")


def as_fifo(path):
    os.rename(path, path + ".real")
    os.mkfifo(path, 0o600)


def as_folder(path):
    os.rename(path, path + ".real")
    os.mkdir(path, 0o700)


def group_writable(path):
    os.chmod(path, 0o664 if not os.path.isdir(path) else 0o775)


def others_own(path):
    os.chown(path, NOBODY, -1)


def rewrite(path, data, mode=0o400):
    os.unlink(path)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, mode), "wb") as out:
        out.write(data)


def torn(path):
    """The first pages are there, what follows isn't what the header says."""
    size = os.path.getsize(path)
    os.truncate(path, size // 2)


def scribbled(path):
    with open(path, "r+b") as out:
        out.seek(4096)
        out.write(b"\xa5" * 4096)


def newer(path):
    database = sqlite3.connect(path)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.execute(f"PRAGMA user_version = {version + 1}")
    database.commit()
    database.close()


REFUSALS = [
    ("a policy that is a link", lambda v: as_link(v.config), r"stepup\.conf.*link"),
    ("a policy with a second name", lambda v: as_hard_link(v.config),
     r"stepup\.conf.*(hard link|second name|more than one|other name|another name)"),
    ("a policy that is a FIFO", lambda v: as_fifo(v.config), r"stepup\.conf.*regular"),
    ("a policy that is a folder", lambda v: as_folder(v.config), r"stepup\.conf"),
    ("a policy that its group can write", lambda v: group_writable(v.config), r"stepup\.conf.*writ"),
    ("a policy of another user's", lambda v: others_own(v.config), r"stepup\.conf.*own"),
    ("a folder of the policy that its group can write", lambda v: group_writable(v.etc), r"etc.*writ"),
    ("no policy", lambda v: os.unlink(v.config), r"stepup\.conf"),
    ("a master key that is missing", lambda v: os.unlink(v.master_key), r"master\.key.*no such file"),
    ("a master key that is short", lambda v: rewrite(v.master_key, b"00ff\n"),
     r"master\.key.*64 hexadecimal digits"),
    ("a master key that is empty", lambda v: rewrite(v.master_key, b""),
     r"master\.key.*64 hexadecimal digits"),
    ("a master key that is another one", lambda v: rewrite(v.master_key, b"ab" * 32 + b"\n"),
     r"master key is not the one"),
    ("a master key that others can read", lambda v: os.chmod(v.master_key, 0o444),
     r"master\.key.*(read|secret)"),
    ("a master key that is a link", lambda v: as_link(v.master_key), r"master\.key.*link"),
    ("a database that is a link", lambda v: as_link(v.database), r"stepup\.db.*link"),
    ("a database with a second name", lambda v: as_hard_link(v.database),
     r"stepup\.db.*(hard link|second name|more than one|other name|another name)"),
    ("a database that is a FIFO", lambda v: as_fifo(v.database), r"stepup\.db.*regular"),
    ("a database that its group can write", lambda v: group_writable(v.database), r"stepup\.db"),
    ("a folder of the database that its group can write", lambda v: group_writable(v.state), r"state.*writ"),
    ("a torn database", lambda v: torn(v.database), r"stepup\.db.*(damaged|torn|complete)"),
    ("a database with a page written over", lambda v: scribbled(v.database),
     r"stepup\.db.*(damaged|torn|changed)"),
    ("a file that is no database", lambda v: rewrite(v.database, b"hello\n" * 1000, 0o600), r"stepup\.db"),
    ("a database of a newer program", lambda v: newer(v.database), r"stepup\.db.*newer"),
    ("a mark that is missing", lambda v: os.unlink(v.mark), r"The mark \S+ is missing.*stepup epoch new"),
    ("a mark that is forged", lambda v: rewrite(v.mark, b"stepup-highwater/1\nsize 0\n", 0o600),
     r"The mark \S+ was not written for this store.*stepup epoch new"),
    ("a database that is missing beside its mark", lambda v: os.rename(v.database, v.database + ".away"),
     r"older|missing|high-?water"),
]


def refusal(name, break_it, sentence):
    verifier = Verifier(POLICY)
    try:
        verifier.start()
        status = verifier.stop()
        tap.equal(status, 0, f"a clean stop before: {name}")
        break_it(verifier)
        before = snapshot(verifier)
        status, said = verifier.refuses_to_start()
        tap.equal(status, 1, f"{name}: refuses to start")
        tap.matches(said, rf"(?i)refused to start: .*(?:{sentence})", f"{name}: says so in a sentence")
        tap.equal({**before, **snapshot(verifier)}, before, f"{name}: leaves everything as it was")
        tap.ok(not os.path.exists(verifier.path()), f"{name}: serves nobody")
    finally:
        verifier.process = None
        verifier.close()


def second_verifier():
    with Verifier(POLICY) as first:
        second = Verifier(POLICY)
        try:
            second.write_policy(POLICY.replace("action", 'issuer = "https://stepup.example.com"\n'
                                               'rp-id = "example.com"\n'
                                               f'store = "sqlite:{first.database}"\naction', 1))
            second.environment["NOTIFY_SOCKET"] = ""
            status, said = second.refuses_to_start()
            tap.equal(status, 1,
                      "a second verifier on one database refuses to start where somebody types its command")
            tap.matches(said, "another verifier", "... and says why")
            del second.environment["NOTIFY_SOCKET"]
            second.spawn()
            lines = second.wait_notified(re.compile("^STATUS=Not serving yet"))
            tap.matches(lines[0], "another verifier",
                        "where a service manager starts it, it waits for the other one's end")
            tap.equal(second.call("verify", "Keys").error, "Unavailable", "... and approves nothing")
            tap.equal(second.stop(), 0, "... until it is stopped")
            second.write_policy(POLICY)
            second.run = first.run
            status, said = second.refuses_to_start()
            tap.equal(status, 1, "a second verifier in one run folder refuses to start")
            tap.matches(said, "another stepupd serves", "... and says why")
        finally:
            second.close()
        tap.ok(first.call("verify", "Keys").ok, "... and the first one serves on")


def names_in_the_way():
    verifier = Verifier(POLICY)
    try:
        with open(verifier.path(), "w") as out:
            out.write("precious\n")
        status, said = verifier.refuses_to_start()
        tap.equal(status, 1, "a file where a socket belongs: refuses to start")
        tap.matches(said, "in the way", "... and says so")
        with open(verifier.path()) as source:
            tap.equal(source.read(), "precious\n", "... and leaves the file")
        os.unlink(verifier.path())
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stranger.bind(verifier.path())
        stranger.listen()
        status, said = verifier.refuses_to_start()
        tap.equal(status, 1, "somebody else serving the socket: refuses to start")
        tap.matches(said, "already serves", "... and says so")
        stranger.close()
        verifier.start()
        tap.ok(verifier.call("verify", "Keys").ok, "a dead socket is replaced")
        verifier.kill()
        verifier.start()
        tap.ok(verifier.call("verify", "Keys").ok, "so are those of a verifier that was killed")
        tap.matches(verifier.log(), "clean=no", "which is noticed as an unclean stop")
        verifier.stop()
        tap.equal([name for name in os.listdir(verifier.run) if name.endswith(".sock")], [],
                  "a clean stop removes its sockets")
        verifier.run = os.path.join(verifier.folder, "r" * 100)
        status, said = verifier.refuses_to_start()
        tap.matches(said, "too long for a socket",
                    "a run folder whose name is too long is refused with a sentence")
    finally:
        verifier.close()


def reload():
    with Verifier(POLICY) as verifier:
        def allowed(action):
            return verifier.call("verify", "Explain", {"user": "games", "action": action}).get("rule")
        before = allowed("door.open")
        begun = verifier.begin("games", "door.open")
        verifier.write_policy(POLICY + "action door.shut {\n\tusers = { \"*\" }\n\tcolour = \"red\"\n}\n")
        verifier.reload()
        tap.matches(verifier.log(), r"reload: refused", "a bad policy is refused at a reload")
        tap.matches(verifier.log(), r"reload: .*stepup\.conf:\d+: ", "... with file and line")
        tap.equal(allowed("door.open"), before, "... and the old one stays in force")
        reply = verifier.answer(begun["transaction"], "123456")
        tap.ok(reply.error != "Expired", "... with what began under it", reply)
        begun = verifier.begin("games", "door.open")
        verifier.write_policy(POLICY.replace("Open the door", "Open it").replace("door.open", "door.shut"))
        verifier.reload()
        tap.ok(allowed("door.shut") and not allowed("door.open"), "a good policy is in force after a reload",
               verifier.log())
        tap.equal(verifier.answer(begun["transaction"], "123456").error, "Expired",
                  "... and what began under the old one has ended")
        verifier.write_policy(POLICY.replace("action",
                                             'issuer = "https://other.example.com"\nrp-id = "example.com"\n'
                                             f'store = "sqlite:{verifier.database}"\naction', 1))
        verifier.reload()
        tap.matches(verifier.log(), "can't change while the verifier runs",
                    "the issuer can't change at a reload")
        os.chmod(verifier.config, 0o666)
        verifier.reload()
        tap.equal(verifier.log().count("reload: refused"), 3,
                  "a policy that others can write is refused at a reload")


def asked_to_reload():
    """stepupd --reload, which is what systemctl reload runs: it says what came of it."""
    with Verifier(POLICY) as verifier:
        def ask(process=None):
            return subprocess.run([verifier.binary, "--run-dir", verifier.run, "--reload",
                                   process or str(verifier.process.pid)],
                                  capture_output=True, text=True, check=False, timeout=120,
                                  env=verifier.command_environment())
        done = ask()
        tap.equal((done.returncode, done.stderr), (0, ""),
                  "--reload of a good policy succeeds, without a word")
        verifier.write_policy(POLICY + "action door.shut {\n\tusers = { \"*\" }\n\tcolour = \"red\"\n}\n")
        done = ask()
        tap.equal(done.returncode, 1, "--reload of a bad one fails")
        tap.matches(done.stderr, r"stepup\.conf:\d+: .*colour", "and says where it is bad")
        verifier.write_policy(POLICY)
        tap.equal(ask().returncode, 0, "mended, it is in force")
        tap.equal([ask("junk").returncode, ask("1").returncode, ask("999999999").returncode], [2, 2, 1],
                  "what is no verifier's process is refused")


def doors_of_administrators(verifier):
    """Whoever a rule lets administer has to get through the administrators' door as well: --check, on a host
    whose /etc/group is this one."""
    verifier.write_policy(POLICY + '''
        group security { members = { "news", "nobody-like-that" } }
        action "stepup.*" { users = { "root", "mail", "@security" }  require = { key, pin } }''')
    group = os.path.join(verifier.folder, "group")

    def checked(line):
        with open(group, "w") as out:
            out.write(open("/etc/group").read() + line)
        return subprocess.run(["unshare", "-m", "sh", "-c",
                               'mount --bind "$1" /etc/group && shift && exec "$@"', "sh", group,
                               program("verifier/stepupd"), "--config", verifier.config, "--check"],
                              capture_output=True, text=True)
    ended = checked("stepup-admin:x:40111:news\n")
    tap.ok(ended.returncode == 0
           and re.search(r"warning: \S+stepup\.conf:\d+: action stepup\.\* names mail, "
                         r"who is not in the unix group stepup-admin", ended.stdout),
           "--check warns of an administrator who isn't in stepup-admin, and of no other", ended.stdout)
    tap.ok("unix group stepup-admin" not in checked("stepup-admin:x:40111:mail,news\n").stdout,
           "and of nobody where all are in it")
    tap.ok("unix group stepup-admin" not in checked("").stdout, "nor where this host has no such group")


def check():
    verifier = Verifier(POLICY)
    try:
        def checked(uid=None):
            run = lambda: subprocess.run([program("verifier/stepupd"), "--config", verifier.config,
                                          "--check"],
                                         capture_output=True, text=True)
            done = (run() if uid is None
                    else as_uid(uid, lambda: (lambda d: (d.returncode, d.stdout, d.stderr))(run())))
            return done if uid is not None else (done.returncode, done.stdout, done.stderr)
        status, out, err = checked()
        tap.equal((status, err), (0, ""), "--check finds no error in a good policy")
        tap.equal(checked(uid=NOBODY)[0], 0, "--check needs no privilege")
        doors_of_administrators(verifier)
        verifier.write_policy(POLICY)
        def rule_for(action):
            return subprocess.run([program("verifier/stepupd"), "--config", verifier.config, "--rule-for",
                                   action],
                                  capture_output=True, text=True)
        tap.equal((rule_for("stepup.test").returncode, rule_for("no.such").returncode), (0, 1),
                  "--rule-for tells whether an action has a rule")
        tap.ok(not os.path.exists(verifier.database), "--rule-for opens no database")
        verifier.write_policy("nonsense = 7\n" + POLICY)
        status, out, err = checked()
        tap.equal(status, 1, "--check finds the error in a bad one")
        tap.matches(out, r"(?m)^\S+stepup\.conf:\d+: ", "... and prints file and line")
        tap.ok(not os.path.exists(verifier.database), "--check opens no database")
    finally:
        verifier.close()


def options():
    for arguments, status, pattern in ((["--version"], 0, r"stepupd \d"), (["--help"], 0, "usage: stepupd"),
                                       (["--nonsense"], 2, "--help"), (["spare"], 2, "unexpected argument"),
                                       (["--config"], 2, "--config needs a value: --config FILE"),
                                       (["--check", "--check"], 2, "given twice"),
                                       (["--check=yes"], 2, "takes no value"),
                                       (["--chek"], 2, "Did you mean --check")):
        done = subprocess.run([program("verifier/stepupd"), *arguments], capture_output=True, text=True)
        tap.equal(done.returncode, status, f"stepupd {' '.join(arguments)} exits {status}")
        tap.matches(done.stdout + done.stderr, pattern, f"... and says what it should ({arguments[0]})")
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "..", "man", "stepupd.8")) as source:
        page = set(re.findall(r"Fl -([a-z-]+)", source.read()))
    helped = subprocess.run([program("verifier/stepupd"), "--help"], capture_output=True, text=True).stdout
    tap.equal(page, set(re.findall(r"--([a-z-]+)", helped)),
              "the manual page has exactly the options that --help has")


def closed_stdio():
    verifier = Verifier(POLICY)
    try:
        verifier.spawn(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *verifier.command()])
        verifier.wait_notified("READY=1")
        tap.ok(verifier.call("verify", "Keys").ok, "serves with standard input, output and error closed")
        pid = verifier.process.pid
        places = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)]
        tap.equal(places, ["/dev/null"] * 3, "... and nothing else ever has their numbers")
        with open(f"/proc/{pid}/limits") as source:
            tap.matches(source.read(), r"Max core file size +0 +0", "leaves no core")
        tap.equal(os.stat(f"/proc/{pid}/environ").st_uid, 0, "shows its memory to nobody but root")
    finally:
        verifier.close()


def database_alone():
    """What a start begins with stands in the database's own file, not only in the log beside it."""
    with Verifier(POLICY) as verifier:
        def entries():
            copy = os.path.join(verifier.folder, "copy.db")
            shutil.copy(verifier.database, copy)
            with contextlib.closing(sqlite3.connect(copy)) as store:
                return store.execute("SELECT COUNT(*) FROM log_entries WHERE idx >= 0").fetchone()[0]
        first = entries()
        tap.ok(first > 0, "the database's file alone is not an empty store, from the first start on", first)
        verifier.enrol_token("games")
        verifier.kill()
        verifier.start()
        tap.ok(entries() >= first + 2, "and each start moves what a crash left beside it", (first, entries()))


def mark_beside():
    """A mark that is put back with the database can notice nothing: the journal and `stepup status` say so as
    long as it lies there."""
    with Verifier(POLICY) as verifier:
        tap.equal(verifier.call("admin", "Status")["mark_beside_store"], False,
                  "a mark in a folder of its own is no trouble")
    verifier = Verifier(POLICY)
    verifier.mark = os.path.join(verifier.state, "mark")
    with verifier:
        os.chmod(verifier.path("admin"), 0o666)
        tap.equal(verifier.call("admin", "Status")["mark_beside_store"], True,
                  "status says of a mark that it lies beside the database")
        tap.matches(verifier.log(), "lies in the database's folder", "and so does the journal")
        tap.matches(Cli(verifier).run("status").out, "Give the mark its own folder: stepupd --mark",
                    "in words, too")


def as_its_own_user():
    verifier = Verifier(POLICY, uid=NOBODY)
    try:
        verifier.start()
        tap.ok(verifier.call("verify", "Keys", uid=NOBODY).ok, "serves as an unprivileged user")
        tap.equal(stat.S_IMODE(os.stat(verifier.path("admin")).st_mode) & 0o007, 0,
                  "... with the administrators' door closed to others")
        tap.equal(verifier.restart().call("verify", "Keys").ok, True, "... and starts again on what it left")
    finally:
        verifier.close()


def activate(verifier, names):
    command = ["systemd-socket-activate", "--fdname=" + ":".join(names)]
    for name in names:
        command.append("--listen=" + verifier.path(name))
    for name, value in verifier.command_environment().items():
        command.append(f"--setenv={name}={value}")
    command.append(f"--setenv=NOTIFY_SOCKET={os.path.join(verifier.folder, 'notify')}")
    verifier.spawn(command + verifier.command())
    verifier.wait_log("Listening on " + re.escape(verifier.path(names[-1])))


def activation():
    with Verifier(POLICY) as verifier:
        verifier.stop()
        activate(verifier, ["verify", "admin", "redeem", "hooks"])
        reply = verifier.call("verify", "Keys")
        tap.ok(reply.ok, "a call on an activated socket starts the verifier and is answered", reply)
        verifier.wait_notified("READY=1")
        for door in ("admin", "redeem", "hooks"):
            tap.ok(verifier.call(door, "org.varlink.service.GetInfo").ok,
                   f"the activated {door} door answers")
        with verifier.client() as client:
            credentials = client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED,
                                                   struct.calcsize("3i"))
            tap.equal(struct.unpack("3i", credentials)[0], verifier.process.pid,
                      "callers see the verifier behind the socket, not who made it")
        tap.equal(verifier.stop(), 0, "and stops cleanly")
        tap.ok(os.path.exists(verifier.path()), "leaving the sockets, which are not its own")


def pass_socket(verifier, name, mode):
    """Starts it with one listening socket as descriptor 3, as the service manager would."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(verifier.path("passed"))
    os.chmod(verifier.path("passed"), mode)
    listening.listen()
    verifier.environment.update(LISTEN_FDS="1", LISTEN_FDNAMES=name)
    verifier.spawn(["bash", "-c", f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ exec "$@"', "bash",
                    *verifier.command()],
                   pass_fds=(listening.fileno(),))
    status = verifier.process.wait(PATIENCE)
    verifier.process = None
    listening.close()
    return status, verifier.log()


def activation_refused():
    for name, mode, sentence in (("other", 0o660, 'named "other"'), ("unknown", 0o660, 'named "unknown"'),
                                 ("admin", 0o666, "open to everybody"),
                                 ("redeem", 0o666, "open to everybody"),
                                 ("hooks", 0o666, "open to everybody")):
        verifier = Verifier(POLICY)
        try:
            status, said = pass_socket(verifier, name, mode)
            tap.equal(status, 1, f"a passed socket named {name} with mode {mode:o}: refuses to start")
            tap.matches(said, sentence, "... and says why")
        finally:
            verifier.close()


def stop_is_clean():
    with Verifier(POLICY) as verifier:
        with verifier.client() as client:
            client.call("Keys")
            verifier.process.send_signal(signal.SIGTERM)
            tap.ok(client.is_closed(), "a stop closes idle connections")
            tap.equal(verifier.process.wait(PATIENCE), 0, "a clean stop exits 0")
            verifier.process = None
        tap.matches(verifier.log(), "stopped: clean=yes", "and says so")
        verifier.start()
        tap.matches(verifier.log(), r"(?s)start: .*stopped: .*start: .*clean=yes",
                    "the next start knows that the stop was clean")


def main():
    need_root()
    for case in REFUSALS:
        tap.run(refusal, *case)
    for part in (second_verifier, names_in_the_way, reload, asked_to_reload, check, options, closed_stdio,
                 as_its_own_user, database_alone, mark_beside, activation, activation_refused, stop_is_clean):
        tap.run(part)
    tap.done()


main()
