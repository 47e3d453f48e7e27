#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What goes wrong under --json: whatever it is, one object on standard output with a name and the words of
standard error, and the same exit status."""
import json
import os
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli, Session
from harness import GAMES, MAIL, Tap, Verifier, program
from logbook import Administrator

POLICY = '''
action door.open { users = { "mail" }  prompt = "Open the door"  require = { code } }
action vault.open { users = { "mail" }  prompt = "Open the vault"  require = { code }  code-is-enough = yes
    always-approve = yes  approvers = { "news" } }
action export.list { users = { "mail" }  prompt = "Export the list"  require = { code }  code-is-enough = yes
    service = export }
service export { unix-user = "games" }
action "stepup.*" { users = { "root", "mail" }  require = { code }  code-is-enough = yes }
'''
NOWHERE = "/nonexistent/file"
tap = Tap()


def fails(fact, run, status, error, result=()):
    """`run(more…)` runs a command with more words. Beside error and message the object has `result`."""
    plain, machine = run(), run("--json")
    lines = machine.out.splitlines()
    try:
        said = json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        said = {}
    tap.ok(plain.status == machine.status == status and len(lines) == 1 and said.get("error") == error
           and set(result) <= set(said) and said.get("message")
           and " ".join(said["message"].split()) in " ".join(machine.err.split())
           and machine.err == plain.err, f"{fact}: {error}, exit status {status}", (plain, machine))


def words(*command, uid=None, environment=None):
    """A command that asks nothing; `more` stands before what is behind `--`."""
    def run(*more):
        at = command.index("--") if "--" in command else len(command)
        return Session([program("tools/stepup/stepup"), *command[:at], *more, *command[at:]], uid=uid,
                       environment=environment).finish()
    return run


def root_alone():
    """What only root does to the store."""
    for command in (("backup", "x"), ("restore", "x"), ("epoch", "new")):
        fails(f"somebody else: stepup {' '.join(command)}", words(*command, uid=GAMES), 1, "NotAllowed")
    fails("a store that isn't there: stepup backup",
          words("backup", "/tmp/x", "--config-dir", NOWHERE, "--stepupd", program("verifier/stepupd")), 1,
          "Io")
    fails("no such program: stepup backup", words("backup", "/tmp/x", "--stepupd", NOWHERE), 1, "NotFound")


def nobody_answers(folder):
    """Every command that talks to a verifier."""
    for command in (("list",), ("test",), ("enroll", "--invitation", "x"), ("remove", "x"),
                    ("confirm", "door.open"), ("requests",), ("requests", "--follow"), ("approve", "R-1"),
                    ("deny", "R-1"), ("wait", "R-1"), ("withdraw", "R-1"), ("lock", "ada"), ("lock", "--me"),
                    ("unlock", "ada"), ("freeze", "x"), ("thaw", "x"), ("invite", "ada"), ("users",),
                    ("revoke", "ada"), ("policy", "explain", "ada", "x"), ("reload",), ("status",),
                    ("log", "show"), ("log", "verify"), ("log", "export"),
                    ("report", "ada", "--since", "1h"), ("keys",)):
        fails(f"no verifier: stepup {' '.join(command)}", words("--socket-dir", folder, *command), 3,
              "Unreachable")


class Liar:
    """Something that answers each call at a verifier's door with the same bytes."""

    def __init__(self, folder, answer):
        self.answer, self.server = answer, socket.socket(socket.AF_UNIX)
        path = os.path.join(folder, "verify.sock")
        if os.path.exists(path):
            os.unlink(path)
        self.server.bind(path)
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                with self.server.accept()[0] as connection:
                    if connection.recv(65536):
                        connection.sendall(self.answer)
            except OSError:
                return

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def answers_are_malformed(folder):
    for what, answer, command, error in (
            ("no JSON", b"no\0", ("list",), "Io"),
            ("half a reply", b'{"parameters"', ("list",), "Unreachable"),
            ("nothing", b"", ("list",), "Unreachable"),
            ("a list that is none", b'{"parameters":{"credentials":5}}\0', ("list",), "Io"),
            ("without a request", b"{}\0", ("wait", "R-1"), "Io"),
            ("a list that is none", b'{"parameters":{"requests":5}}\0', ("requests", "--follow"), "Io")):
        liar = Liar(folder, answer)
        fails(f"a verifier that answers {what}: stepup {' '.join(command)}",
              words("--socket-dir", folder, *command), 3, error)
        liar.close()


def verifier_hangs_up_on_a_wait(verifier, token, folder):
    """A reply is the last one, and the request waits still."""
    cli = Cli(verifier)
    asked = cli.run("confirm", "vault.open", "--no-wait", "--json", answers=[token.fresh]).json()
    liar = Liar(folder, json.dumps({
        "parameters": cli.run("wait", asked["request"], "--no-wait", "--json").json()}).encode() + b"\0")
    ended = words("--socket-dir", folder, "wait", asked["request"])("--json")
    tap.ok(ended.status == 3 and ended.out.count("\n") == 1 and ended.json()["error"] == "Io",
           "a verifier that stops before a request is answered is out of reach", ended)
    liar.close()
    cli.run("withdraw", asked["request"])


def files_are_bad(folder, exported, cut):
    """What is read and written on this side alone."""
    empty, junk, secret, open_folder = (os.path.join(folder, name)
                                        for name in ("empty", "junk", "secret", "open"))
    for path, text, mode in ((empty, "", 0o644), (junk, "no such thing\n", 0o644),
                             (secret, "no secret!\n", 0o400)):
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
    os.mkdir(open_folder)
    os.chmod(open_folder, 0o777)
    fails("kept checkpoints that aren't there",
          words("log", "verify", "--file", exported, "--checkpoint", NOWHERE), 1, "NotFound")
    fails("kept checkpoints that are none", words("log", "verify", "--file", exported, "--checkpoint", junk),
          1, "Invalid")
    init = ("--socket-dir", folder, "init", "mail", "--state-dir", os.path.join(folder, "state"),
            "--config-dir")
    for command, status, error in (
            (("log", "verify", "--file", NOWHERE), 1, "NotFound"),
            (("log", "verify", "--file", folder), 1, "Io"),
            (("report", "mail", "--since", "1h", "--file", NOWHERE), 1, "NotFound"),
            (("report", "mail", "--since", "1h", "--file", junk), 1, "Invalid"),
            (("log", "show", "--sshsig", junk, "--from", "1", "--file", NOWHERE), 1, "NotFound"),
            (("log", "show", "--sshsig", junk, "--from", "0", "--file", exported), 1, "NotFound"),
            (("log", "export", "--file", NOWHERE), 1, "NotFound"),
            (("receipt", "verify", NOWHERE), 1, "NotFound"), (("receipt", "verify", empty), 1, "Invalid"),
            (("receipt", "verify", junk, "--keys", NOWHERE), 1, "NotFound"),
            (("receipt", "verify", junk, "--keys", junk), 1, "Invalid"),
            (("enroll", "hotp", "--secret-file", NOWHERE), 1, "NotFound"),
            (("enroll", "hotp", "--secret-file", junk), 1, "UnsafeFile"),
            (("enroll", "hotp", "--secret-file", secret), 1, "Invalid"),
            (("enroll", "agent", "--attestation", NOWHERE, "--challenge", junk), 1, "NotFound"),
            (("enroll", "agent", "--attestation", empty, "--challenge", junk), 1, "Invalid"),
            (("enroll", "agent", "--attestation", junk, "--challenge", junk), 1, "Invalid"),
            (("enroll", "agent"), 1, "BadAnswer"), ((*init, junk + "/etc"), 1, "Io"),
            ((*init, open_folder), 1, "UnsafeFile"),
            ((*init, folder, "--owner", "no-such-user"), 1, "NotFound")):
        shown = " ".join(word.replace(folder, "…") for word in command)
        fails(f"on this side: stepup {shown}", words(*command), status, error)
    fails("init as somebody else", words(*init, folder, uid=MAIL), 1, "NotAllowed")
    checks = ("policy", "check", junk, "--pam-dir")
    fails("policy check without stepupd", words(*checks, folder, "--stepupd", NOWHERE), 3, "NotFound",
          ("configuration", "pam"))
    fails("policy check without the PAM files",
          words(*checks, NOWHERE, "--stepupd", program("verifier/stepupd")), 1, "NotFound",
          ("configuration", "pam"))
    ended = words("log", "verify", "--file", cut)("--json")
    tap.ok(ended.status == 1 and ended.out.count("\n") == 1 and not ended.json()["valid"]
           and ended.json()["problems"], "a log that is not sound is a result", ended)


def verifier_refuses(verifier, token):
    cli = Cli(verifier)

    def run(*command, codes=0, uid=MAIL):
        def once(*more):
            at = command.index("--") if "--" in command else len(command)
            return cli.run(*command[:at], *more, *command[at:],
                           answers=[token.fresh for _ in range(codes)], uid=uid)
        return once

    fails("an action without rule", run("confirm", "nothing"), 1, "UnknownAction")
    fails("an action that is not theirs", run("confirm", "door.open", uid=GAMES), 1, "NotAllowed")
    fails("details that don't fit", run("confirm", "door.open", "x=1"), 1, "BadDetails")
    fails("nothing enrolled", run("test", uid=GAMES), 1, "NotEnrolled")
    fails("a request that isn't there", run("wait", "R-234567"), 1, "NotAllowed")
    fails("nor can it be denied", run("deny", "R-234567"), 1, "NotAllowed")
    fails("a credential that isn't there", run("remove", "no-such"), 1, "NotFound")
    fails("a second person who is not waited for", run("confirm", "vault.open", "--no-wait", codes=1), 4,
          "NeedsApproval")
    fails("no receipt for --receipt", run("confirm", "door.open", f"--receipt={NOWHERE}", codes=1),
          1, "NotFound")
    fails("a receipt that can't be written", run("confirm", "export.list", f"--receipt={NOWHERE}", codes=1),
          1, "NotFound")
    fails("a command that isn't there", run("confirm", "door.open", "--", NOWHERE, codes=1), 1, "NotFound")
    fails("a command that is none", run("confirm", "door.open", "--", "/etc/passwd", codes=1), 1, "Io")
    os.chmod(verifier.path("admin"), 0o660)
    fails("a door that is closed to them", run("status"), 1, "NotAllowed")
    for command in (("freeze", "door.open"), ("users",), ("log", "show"), ("log", "verify"),
                    ("report", "mail", "--since", "1h")):
        fails(f"and its verbs, before anybody is asked: stepup {' '.join(command)}", run(*command), 1,
              "NotAllowed")
    fails("another's explanation", run("policy", "explain", "news", "door.open", uid=GAMES), 1, "NotAllowed")


with Verifier(POLICY) as verifier, tempfile.TemporaryDirectory(prefix="stepup-test.") as folder:
    os.chmod(folder, 0o755)
    administrator = Administrator(verifier)
    mail = verifier.enrol_token("mail")
    verifier.enrol_token("news")
    administrator.check()
    os.chmod(verifier.path("admin"), 0o666)
    exported, cut = os.path.join(verifier.folder, "export"), os.path.join(folder, "cut")
    with open(exported) as source, open(cut, "w") as out:
        out.writelines(source.readlines()[:-2])
    tap.run(root_alone)
    tap.run(nobody_answers, folder)
    tap.run(answers_are_malformed, folder)
    os.unlink(os.path.join(folder, "verify.sock"))
    tap.run(files_are_bad, folder, exported, cut)
    tap.run(verifier_hangs_up_on_a_wait, verifier, mail, folder)
    tap.run(verifier_refuses, verifier, mail)
tap.done()
