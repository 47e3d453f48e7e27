#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup(1) as people and programs use it, against a real stepupd: every command, as text and as JSON, on a
terminal and without one."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli, Gone, Session
from harness import (DAEMON, GAMES, MAIL, PATIENCE, Secret, Tap, Verifier, become, hotp, need_root,
                     program, unshared)

POLICY = '''
group admins { members = { "mail" } }
service export { unix-user = "games" }
action "stepup.*" { users = { "@admins" } require = { code } code-is-enough = yes }
action customer.view {
    users = { "mail", "daemon" } details = { "account:text" }
    prompt = "Look at customer {account}" require = { code }
}
action customer.export {
    users = { "mail", "daemon" } details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}" require = { code } code-is-enough = yes
    limit = { "20000 records per 24h" } service = export
}
'''

tap = Tap()


class Token:
    """A counting token: as many codes as a test needs, at once."""

    def __init__(self, key):
        self.key, self.counter = key, 0

    def code(self):
        self.counter = unshared(lambda counter: hotp(self.key, counter), self.counter) + 1
        return hotp(self.key, self.counter - 1)


def usage_is_told(cli):
    for arguments in ((), ("nonsense",), ("log",), ("list", "--nonsense"), ("list", "--json", "--json"),
                      ("list", "--json=x"), ("list", "--user"), ("lock",), ("lock", "--me", "ada"),
                      ("confirm",), ("confirm", "Bad Name"), ("list", "--", "true"),
                      ("confirm", "customer.view", "account"), ("confirm", "customer.view", "a=1", "a=2"),
                      ("confirm", "x", "n:=12x"), ("confirm", "x", 'n="open'),
                      ("confirm", "x", "--receipt=env"), ("confirm", "x", "--"), ("enroll", "passkey"),
                      ("enroll", "--digits=six"), ("enroll", "key", "--no-qr"),
                      ("enroll", "totp", "--key", "x"), ("enroll", "agent", "--digits=6"),
                      ("enroll", "key", "--user", "ada"),
                      ("enroll", "agent", "--attestation", "/etc/hostname"),
                      ("enroll", "totp", "--counter=5"), ("log", "verify", "--key", "junk"), ("revoke",),
                      ("test", "--label", "x"), ("completion", "tcsh"), ("help", "nonsense")):
        ended = cli.run(*arguments)
        if "--json" in arguments:
            continue
        tap.ok(ended.status == 2 and ended.err and not ended.out,
               f"usage error: stepup {' '.join(arguments)}", ended)
        ended = cli.run("--json", *arguments)
        said = ended.json() if ended.out.count("\n") == 1 else {}
        tap.ok(ended.status == 2 and said.get("error") == "Usage"
               and (said["message"] in ended.err or not arguments),
               f"and as JSON: stepup {' '.join(arguments)}", ended)
    tap.equal(cli.run("foo", "--json").json()["error"], "Usage", "wherever --json stands")
    tap.equal(cli.run("list", "--json", "--json").json()["message"], "--json is given twice.",
              "the message is what standard error has, without the program's name")
    ended = cli.run("confirm", "x", "n:=12x", "--", "echo", "--json")
    tap.ok(ended.status == 2 and not ended.out, "what stands behind -- is the command's own", ended)
    tap.matches(cli.run("nonsense").err, r"stepup help", "a usage error says where to look")
    for typed, meant in (("aprove", "approve"), ("polcy", "policy"), ("polcy check", "policy check"),
                         ("lgo show", "log show"), ("receit", "receipt")):
        tap.matches(cli.run(*typed.split()).err, rf"Did you mean {meant}\?",
                    f"a slip is understood: stepup {typed}")
    tap.ok("mean" not in cli.run("nonsense", "check").err, "another word is not")
    tap.matches(cli.run("log").err, "log show, log verify, log export", "half a command names the whole ones")


def help_is_there(cli):
    everything = cli.run("help")
    tap.ok(everything.status == 0 and "policy explain" in everything.out,
           "help names every command", everything)
    tap.equal(cli.run("--help").out, everything.out, "--help says the same")
    for command in re.findall(r"^  (\S+(?: \S+)?)  ", everything.out, re.M):
        ended = cli.run("help", *command.split())
        tap.ok(ended.status == 0 and f"usage: stepup {command}" in ended.out and "--json" in ended.out,
               f"help {command}", ended)
    tap.equal(cli.run("log", "show", "--help").out, cli.run("help", "log", "show").out,
              "a command's --help is its help")
    tap.matches(cli.run("--version").out, r"^stepup \d", "--version")
    tap.matches(cli.run("help", "enrol").out, "usage: stepup enroll", "the other spelling is known")


def verifier_out_of_reach():
    with tempfile.TemporaryDirectory() as empty:
        command = [program("tools/stepup/stepup"), "--socket-dir", empty]
        for arguments in (["list"], ["test"], ["lock", "ada"], ["status"], ["keys"],
                          ["confirm", "customer.view", "account=x"], ["log", "show"]):
            ended = Session(command + arguments).finish()
            tap.ok(ended.status == 3 and "othing was done" in ended.err,
                   f"no verifier: {' '.join(arguments)} ends with 3 and says so", ended)
        ended = Session(command + ["list", "--json"]).finish()
        tap.equal(ended.json()["error"], "Unreachable", "no verifier, --json: the error is JSON")
        marker = os.path.join(empty, "ran")
        ended = Session(command + ["confirm", "customer.view", "account=x", "--", "touch", marker]).finish()
        tap.ok(ended.status == 3 and not os.path.exists(marker),
               "no verifier: the command behind confirm doesn't run", ended)


def first_administrator(cli, folder):
    """init, and enrolment of a counting token by its own secret."""
    key = os.urandom(20)
    ended = cli.run("init", "mail", "--config-dir", cli.verifier.etc, "--state-dir",
                    cli.verifier.state, uid=0)
    tap.ok(ended.status == 0 and "stepup enroll key --invitation" in ended.out,
           "init invites the first administrator", ended)
    tap.matches(ended.out, r"\n    \S+\+[0-9a-f]{8}\+\S+\n", "init prints the log's key to keep")
    log_key = re.search(r"\n    (\S+\+[0-9a-f]{8}\+\S+)\n", ended.out).group(1)
    invitation = re.search(r"--invitation (\S+)", ended.out).group(1)
    path = os.path.join(folder, "token")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644), "w") as out:
        out.write(key.hex() + "\n")
    os.chown(path, MAIL, -1)
    ended = cli.run("enroll", "hotp", "--invitation", invitation, "--secret-file", path)
    tap.ok(ended.status == 1 and "chmod go-rwx" in ended.err,
           "a secret that others can read is refused, with the way to mend it", ended)
    os.chmod(path, 0o400)
    token = Token(key)
    ended = cli.run("enroll", "hotp", "--invitation", invitation, "--secret-file", path, "--label", "Token",
                    answers=["000000", token.code])
    tap.ok(ended.status == 0 and ended.out.strip(),
           "enroll hotp --secret-file: a wrong code, then the right one", ended)
    tap.ok("did not work" in ended.shown and "Nothing was enrolled" in ended.shown,
           "a wrong code that was to prove it enrolled nothing, and says so", ended)
    tap.ok("█" not in ended.out and key.hex() not in ended.out + ended.shown,
           "a token's secret is not shown", ended)
    ended = cli.run("init", "mail", "--config-dir", cli.verifier.etc, "--state-dir",
                    cli.verifier.state, uid=0)
    tap.ok(ended.status == 1, "init stops once somebody has enrolled", ended)
    ended = cli.run("init", "news", "--again", "--json", "--config-dir", cli.verifier.etc, "--state-dir",
                    cli.verifier.state, uid=0)
    tap.ok(ended.status == 0 and ended.json()["invitation"], "init --again --json", ended)
    tap.matches(ended.json()["message"],
                r"No rule lets news administer.* add them to group admins \(\S+stepup\.conf:\d+\)",
                "init says of somebody who may not administer what to edit")
    ended = cli.run("init", "dvae", "--again", "--config-dir", cli.verifier.etc, "--state-dir",
                    cli.verifier.state, uid=0)
    tap.ok(ended.status == 0 and "This host has no account dvae: is that the right name?" in ended.out,
           "init asks whether an unknown name is right", ended)
    return token, log_key


def own_account(cli, token):
    """An ordinary user: invited, enrols by QR, looks, tries, removes."""
    ended = cli.run("invite", "daemon", answers=[token.code])
    tap.ok(ended.status == 0 and "--invitation" in ended.out, "invite, after a step-up", ended)
    tap.ok("no account" not in ended.out and "administer" not in ended.out,
           "invite of somebody whom the host knows asks nothing back", ended)
    invitation = re.search(r"--invitation (\S+)", ended.out).group(1)
    ended = cli.run("invite", "deamon", answers=[token.code])
    tap.ok(ended.status == 0 and "This host has no account deamon: is that the right name?" in ended.out,
           "invite asks whether an unknown name is right", ended)
    session = cli.start("enroll", "--invitation", "-", "--label", "Phone", uid=DAEMON)
    place = session.wait_for("Invitation: $")
    session.type(invitation + "\n")
    place = session.wait_for(r"(?i)code[^\n]*: ?$", place)
    while "type this secret" not in session.text(session.process.stdout.fileno()):
        session.pump(0.1)
    out = session.text(session.process.stdout.fileno())
    secret = Secret("".join(re.search(r"\n    ([A-Z2-7 ]+)\n", out).group(1).split()))
    session.type(secret.fresh() + "\n")
    ended = session.finish()
    tap.ok(ended.status == 0 and "█" in ended.out,
           "enroll shows a QR code and the secret in letters, and takes one code", ended)
    tap.ok(invitation not in ended.shown, "an invitation is not echoed", ended)
    tap.ok("\x1b" not in ended.out, "no colour where standard output is no terminal", ended)
    ended = cli.run("enroll", "--invitation", invitation, "--no-qr", uid=DAEMON)
    tap.ok(ended.status == 1, "an invitation works once", ended)
    ended = cli.run("enroll", "hotp", uid=GAMES)
    tap.ok(ended.status == 1 and "stepup enroll hotp --invitation CODE" in ended.err,
           "enroll where nothing is enrolled asks for an invitation", ended)
    ended = cli.run("list", uid=DAEMON)
    tap.ok(ended.status == 0 and "Phone" in ended.out and "totp" in ended.out, "list shows one's own", ended)
    listed = cli.run("list", "--json", uid=DAEMON).json()["credentials"]
    tap.equal([c["label"] for c in listed], ["Phone"], "list --json")
    ended = cli.run("list", "daemon", answers=[token.code])
    tap.ok(ended.status == 0 and "Phone" in ended.out, "an administrator lists somebody else's", ended)
    ended = cli.run("list", "--user", "mail", uid=DAEMON)
    tap.ok(ended.status == 1 and "Token" not in ended.out, "--user of somebody else is refused", ended)
    ended = cli.run("test", answers=[token.code])
    tap.ok(ended.status == 0 and ended.out.strip(), "test with a right code", ended)
    session = cli.start("test", uid=DAEMON)
    place = session.wait_for(r"(?i)code[^\n]*: ?$")
    session.type(secret.wrong() + "\n")
    session.wait_for(r"(?i)did not work(.|\n)*code[^\n]*: ?$", place)
    session.type("\x04")
    wrong = session.finish()
    tap.ok(wrong.status == 1 and "Nothing was approved" in wrong.err,
           "a wrong code is said and asked for again", wrong)
    tap.ok(secret.wrong() not in wrong.shown, "codes are not echoed", wrong)
    ended = cli.run("test", "--json", answers=[token.code])
    tap.equal(ended.json()["action"], "stepup.test", "test --json")
    ended = cli.run("test", "--user", "mail", uid=0, answers=[token.code])
    tap.ok(ended.status == 0, "root may act for somebody", ended)
    ended = cli.run("users", uid=0)
    tap.ok(ended.status == 1 and "without sudo" in ended.err,
           "an administrator's verb as root says how to do it instead", ended)
    return secret


def signals_and_pipes(cli, token):
    session = cli.start("test")
    session.wait_for(r"(?i)code[^\n]*: ?$")
    attributes = termios.tcgetattr(session.master)
    tap.ok(not attributes[3] & termios.ECHO, "echo is off while a code is typed")
    session.type("\x03")
    # Before the terminal goes away: how was it left?
    session.process.wait(PATIENCE)
    attributes = termios.tcgetattr(session.master)
    tap.ok(attributes[3] & termios.ECHO, "after Ctrl-C the terminal echoes again")
    ended = session.finish()
    tap.ok(ended.status == -signal.SIGINT, "Ctrl-C ends it as a signal does", ended)
    session = cli.start("test")
    session.wait_for(r"(?i)code[^\n]*: ?$")
    session.type("\x04")
    ended = session.finish()
    tap.ok(ended.status == 1 and "Nothing was approved" in ended.err,
           "end of input gives up and says so", ended)
    session = Session(cli.command("--socket-dir", cli.verifier.run, "test"), uid=MAIL, own_terminal=False)
    session.process.stdin.write((token.code() + "\n").encode())
    session.process.stdin.close()
    ended = session.finish()
    tap.ok(ended.status == 0, "without a terminal the code comes from standard input", ended)


def confirming(cli, token, folder):
    folder = os.path.join(folder, "mail")
    os.mkdir(folder)
    os.chown(folder, MAIL, -1)
    for given, said in ((("account=trezor",), '"records" is missing'),
                        (("account=trezor", "records=1", "recods=2"), '"recods" is none of its details'),
                        (("account=trezor", "records=many"), '"records" must be a whole number'),
                        (("account:=5", "records=1"), '"account" must be a text')):
        ended = cli.run("confirm", "customer.export", *given)
        tap.ok(ended.status == 1 and said in ended.err and "whoever runs this tool" not in ended.err,
               f"confirm says what is wrong: {said}", ended)
    export = ("confirm", "customer.export", "account=trezor", "records=120")
    ended = cli.run(*export, answers=[token.code])
    tap.ok(ended.status == 0 and "Export 120 contacts of trezor" in ended.shown,
           "confirm shows the verifier's prompt", ended)
    ended = cli.run(*export, "--json", answers=[token.code])
    tap.ok(ended.json()["action"] == "customer.export" and ended.json()["receipt"].count(".") == 2,
           "confirm --json holds the receipt", ended)
    ended = cli.run("confirm", "customer.view", "account=4711", answers=[token.code])
    tap.ok(ended.status == 0 and "Look at customer 4711" in ended.shown,
           "digits become a text where the rule wants a text", ended)
    ended = cli.run("confirm", "customer.view", 'account="4711"', answers=[token.code])
    tap.ok(ended.status == 0, "quoted digits are a text from the start", ended)
    ended = cli.run("confirm", "customer.export", "account=a", "records=many")
    tap.ok(ended.status == 1 and "records" in ended.err,
           "a text where a number is wanted is refused by name", ended)
    ended = cli.run("confirm", "customer.export", "account=a", 'records="5"')
    tap.ok(ended.status == 1, "a quoted number stays a text and is refused", ended)
    ended = cli.run("confirm", "customer.export", "account:=5", "records=5")
    tap.ok(ended.status == 1, "a forced number stays a number and is refused", ended)
    ended = cli.run("confirm", "customer.nothing", answers=[])
    tap.ok(ended.status == 1, "an action without a rule is refused", ended)

    marker = os.path.join(folder, "ran")
    script = f'echo "args=$1 receipt=${{STEPUP_RECEIPT-none}}" > {marker}; exit 7'
    stale = {"STEPUP_RECEIPT": "stale"}
    ended = cli.run(*export, "--", "sh", "-c", script, "sh", "x y", answers=[token.code], environment=stale)
    tap.ok(
        ended.status == 7 and open(marker).read() == "args=x y receipt=none\n",
        "the command runs after a grant, its status comes back, and it gets no receipt that wasn't asked for",
        ended)
    ended = cli.run(*export, "--receipt=env", "--", "sh", "-c", script, answers=[token.code],
                    environment=stale)
    tap.ok(re.match(r"args= receipt=\S+\.\S+\.\S+\n", open(marker).read()),
           "--receipt=env hands the receipt to the command", ended)
    os.unlink(marker)
    session = cli.start(*export, "--", "touch", marker, uid=DAEMON)
    place = session.wait_for(r"(?i)code[^\n]*: ?$")
    session.type("000000\n")
    try:
        session.wait_for(r"(?i)code[^\n]*: ?$", place)
        session.type("\x04")
    except Gone:
        pass  # refused unseen: too soon after the wrong code before
    ended = session.finish()
    tap.ok(ended.status == 1 and not os.path.exists(marker),
           "after a wrong code and no right one the command doesn't run", ended)
    ended = cli.run("confirm", "customer.view", "account=x", "--receipt=env", "--", "touch", marker,
                    answers=[token.code])
    tap.ok(ended.status == 1 and not os.path.exists(marker) and "no receipt" in ended.err,
           "where there is no receipt to hand over the command doesn't run", ended)
    ended = cli.run(*export, "--", "/nonexistent/program", answers=[token.code])
    tap.ok(ended.status == 1 and "could not be run" in ended.err,
           "a command that can't be run is said", ended)
    path = os.path.join(folder, "receipt")
    ended = cli.run(*export, f"--receipt={path}", "--json", answers=[token.code])
    tap.ok(ended.status == 0 and os.stat(path).st_mode & 0o777 == 0o600 and "receipt" not in ended.json(),
           "--receipt=FILE writes it for oneself alone", ended)
    ended = cli.run(*export, "--receipt=-", answers=[token.code])
    tap.ok(re.fullmatch(r"\S+\.\S+\.\S+\n", ended.out), "--receipt=- prints it and nothing else", ended)
    return path


def receipts(cli, path, folder):
    os.chmod(path, 0o644)
    ended = cli.run("receipt", "verify", path)
    tap.ok(ended.status == 0 and "trezor" in ended.out and "customer.export" in ended.out
           and "Only redeeming" in ended.out,
           "receipt verify says what it says, and what it can't say", ended)
    claims = cli.run("receipt", "verify", path, "--json").json()
    tap.ok(claims["valid"] and claims["claims"]["aud"] == "export", "receipt verify --json", claims)
    keys = cli.run("keys", "--json").json()
    tap.matches(cli.run("keys").out, r"Log key +\S+\+", "keys")
    jwks = os.path.join(folder, "jwks.json")
    with open(jwks, "w") as out:
        json.dump(keys["jwks"], out)
    tap.equal(cli.run("receipt", "verify", path, "--keys", jwks).status, 0,
              "receipt verify with the keys from a file")
    text = open(path).read()
    with open(path, "w") as out:
        head, body, signature = text.strip().split(".")
        out.write(".".join((head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), signature)))
    tap.equal(cli.run("receipt", "verify", path).status, 1, "a changed receipt is refused")
    tap.equal(cli.run("receipt", "verify", "/nonexistent").status, 1, "no receipt, no check")


def administration(cli, token):
    def verb(*arguments, status=0, fact=None):
        ended = cli.run(*arguments, answers=[token.code])
        tap.ok(ended.status == status and (status or ended.out.strip()),
               fact or "verb: " + " ".join(arguments), ended)
        return ended

    ended = verb("users")
    tap.ok("mail" in ended.out and "daemon" in ended.out, "users lists everybody", ended)
    tap.ok("Show who is enrolled" in ended.shown, "a verb's step-up says what it is for", ended)
    tap.ok({"mail", "daemon"} <= {user["name"] for user in verb("users", "--json").json()["users"]},
           "users --json")
    ended = verb("lock", "daemon", "games", "daemon", "--reason", "laptop stolen")
    tap.ok("daemon,games" in ended.shown, "lock names in its step-up exactly whom", ended)
    ended = cli.run("confirm", "customer.view", "account=x", uid=DAEMON)
    tap.ok(ended.status == 1 and "L-" in ended.err,
           "a locked user is refused, with the reference to quote", ended)
    ended = cli.run("enroll", uid=DAEMON)
    tap.ok(ended.status == 1 and "is locked" in ended.err and "invitation" not in ended.err,
           "enroll speaks of no invitation to a locked user", ended)
    status = cli.run("status")
    tap.ok(status.status == 0 and "laptop stolen" in status.out, "status shows who is locked", status)
    tap.ok(len(cli.run("status", "--json").json()["locked"]) == 2, "status --json")
    verb("unlock", "daemon")
    verb("unlock", "games", "--json")
    ended = cli.run("lock", "--me", "--reason", "odd prompts", uid=GAMES)
    tap.ok(ended.status == 0 and "L-" in ended.out, "lock --me asks for nothing", ended)
    verb("unlock", "games")
    verb("freeze", "customer.*", "--reason", "incident")
    ended = cli.run("confirm", "customer.view", "account=x", answers=[])
    tap.ok(ended.status == 1, "a frozen action is refused", ended)
    tap.matches(cli.run("status").out, r"Frozen actions:\n(.*\n)*.*customer\.\*",
                "status shows what is frozen")
    verb("thaw", "customer.*")
    ended = cli.run("freeze", "Customer.Export")
    tap.ok(ended.status == 2 and "lower case" in ended.err,
           "freeze says that names are in lower case, before it asks for a code", ended)
    def given_up(*words):
        """What was said by the time of the question, which gets no answer."""
        session = cli.start(*words)
        session.wait_for(r"(?i)code[^\n]*: ?$")
        session.type("\x04")
        return session.finish()

    for words, warning in ((("lock", "deamon"), "Nobody named deamon is known here"),
                           (("lock", "mail"), "mail is your own account. You will be locked out"),
                           (("unlock", "daemon"), "daemon is not locked"),
                           (("unlock", "mail"), "Only another administrator can unlock it"),
                           (("freeze", "customer.exprot"), "No rule is for customer.exprot"),
                           (("thaw", "customer.view"), "customer.view is not frozen"),
                           (("revoke", "deamon"), "Nobody named deamon is known here")):
        ended = given_up(*words)
        tap.ok(ended.status != 0 and warning in ended.err,
               f"before anybody touches a key: {' '.join(words)} warns that {warning}", ended)
    for words in (("lock", "daemon"), ("freeze", "customer.export"), ("freeze", "customer.*")):
        ended = given_up(*words)
        tap.ok("right name" not in ended.err and "own account" not in ended.err,
               f"and not without reason: {' '.join(words)}", ended)
    verb("reload")
    good = open(cli.verifier.config).read()
    cli.verifier.write_policy(good + "\naction x { nonsense = 1 }\n")
    ended = verb("reload", status=1, fact="reload of a bad configuration is refused: exit status 1")
    tap.ok(re.search(r"stepup\.conf:\d+: .*nonsense", ended.err)
           and "Nothing was changed: the policy before stays in force." in ended.err,
           "and says where it is bad, and what stays in force", ended)
    tap.ok("\\u{" not in ended.err and re.search(r"(?m)^Nothing was changed", ended.err),
           "in lines, as they were written", ended)
    cli.verifier.write_policy(good)
    ended = cli.run("revoke", "daemon", answers=[token.code])
    tap.ok(ended.status == 0 and "all" in ended.shown, "revoke takes everything away", ended)
    tap.equal([c["state"] for c in cli.run("list", "--json", uid=DAEMON).json()["credentials"]
               if c["state"] == "live"],
              [], "nothing live is left")
    ended = cli.run("lock", "mail", uid=DAEMON)
    tap.ok(ended.status == 1 and "stepup-admin" in ended.err,
           "somebody outside the administrators' group is told so", ended)
    ended = cli.run("lock", "mail", uid=GAMES, groups=[MAIL], answers=[])
    tap.ok(ended.status == 1 and "Locked" not in ended.out,
           "somebody in the group but not in the policy is refused", ended)


def removing(cli, token):
    """A second token, then away with it by its label."""
    key = os.urandom(20)
    with tempfile.NamedTemporaryFile("w", suffix=".key") as file:
        os.fchown(file.fileno(), MAIL, -1)
        file.write("base32:" + __import__("base64").b32encode(key).decode().lower())
        file.flush()
        session = cli.start("enroll", "hotp", "--label", "Spare", "--secret-file", file.name, "--digits",
                            "6", "--json")
        place = session.wait_for(r"(?i)code[^\n]*: ?$")
        session.type(token.code() + "\n")
        session.wait_for(r"(?i)code[^\n]*: ?$", place)
        session.type(hotp(key, 0) + "\n")
        ended = session.finish()
    tap.ok(ended.status == 0 and ended.json()["state"] == "enrolled",
           "a second one needs a code of the first", ended)
    ended = cli.run("remove", "Nothing")
    tap.ok(ended.status == 1 and "Nothing was removed" in ended.err,
           "remove of what isn't there says so", ended)
    ended = cli.run("remove", "Spare", answers=[token.code])
    tap.ok(ended.status == 0, "remove by label", ended)
    tap.matches(ended.shown, "Remove Spare from your account", "and that is what the question calls it")
    states = {c["label"]: c["state"] for c in cli.run("list", "--json").json()["credentials"]}
    tap.ok(states["Token"] == "live" and states.get("Spare") != "live", "the right one is gone", states)


def policies(cli, folder):
    stepupd = ("--stepupd", program("verifier/stepupd"))
    pam = os.path.join(folder, "pam.d")
    os.mkdir(pam)
    ended = cli.run("policy", "check", cli.verifier.config, *stepupd, "--pam-dir", pam)
    tap.ok(ended.status == 0 and "no errors" in ended.out, "policy check of a good configuration", ended)
    with open(os.path.join(pam, "sudo"), "w") as out:
        out.write("auth optional pam_stepup.so action=sudo.run fast=yes\naccount required pam_stepup.so\n")
    ended = cli.run("policy", "check", cli.verifier.config, *stepupd, "--pam-dir", pam)
    tap.ok(ended.status == 1 and re.search(r"sudo:1: .*optional", ended.out) and "fast=yes" in ended.out,
           "policy check finds a PAM line that lets through", ended)
    found = cli.run("policy", "check", cli.verifier.config, *stepupd, "--pam-dir", pam, "--json").json()
    tap.ok(found["configuration"]["ok"] and found["pam_files"] == 1 and len(found["pam"]) == 3,
           "policy check --json", found)
    tap.ok("PAM: 1 file uses pam_stepup.so, 3 to look at." in ended.out,
           "policy check counts what it told of PAM files in text, too", ended)
    tap.ok(re.search(r"sudo:1: .*no rule for `sudo\.run`", ended.out),
           "policy check finds a PAM line whose action has no rule", ended)
    with open(os.path.join(pam, "sudo"), "w") as out:
        out.write("auth required pam_stepup.so action=stepup.users\n")
    ended = cli.run("policy", "check", cli.verifier.config, *stepupd, "--pam-dir", pam)
    tap.ok(ended.status == 0 and "no rule" not in ended.out,
           "policy check takes an action that a pattern covers", ended)
    tap.ok(re.search("warning: .*/sudo: has no", ended.out) and "sudo:0" not in ended.out,
           "policy check names no line for what is about a whole PAM file", ended)
    os.unlink(os.path.join(pam, "sudo"))
    bad = os.path.join(folder, "bad.conf")
    with open(bad, "w") as out:
        out.write(open(cli.verifier.config).read() + "\naction x { nonsense = 1 }\n")
    ended = cli.run("policy", "check", bad, *stepupd, "--pam-dir", pam, uid=GAMES)
    tap.ok(ended.status == 1 and re.search(r"bad\.conf:\d+: .*nonsense", ended.out),
           "policy check says file and line, to anybody", ended)
    ended = cli.run("policy", "check", "--stepupd", "/nonexistent/stepupd", "--pam-dir", pam)
    tap.equal(ended.status, 3, "policy check without stepupd")

    ended = cli.run("policy", "explain", "mail", "customer.export", "account=x", "records=120")
    tap.ok(ended.status == 0 and re.search(r"Rule +\S*stepup\.conf:\d+", ended.out)
           and "Export 120 contacts of x" in ended.out and "Limits" in ended.out,
           "policy explain says what, why and what is left", ended)
    explained = cli.run("policy", "explain", "daemon", "customer.view", "account=5", "--json", uid=DAEMON)
    tap.ok(explained.status == 0 and explained.json()["allowed"],
           "policy explain --json about oneself, with digits as a text", explained)
    ended = cli.run("policy", "explain", "nobody", "customer.view", "account=x")
    tap.ok("no" in ended.out or ended.status == 1, "policy explain says no", ended)


def logs(cli, token, log_key, folder):
    ended = cli.run("log", "show", answers=[token.code])
    tap.ok(ended.status == 0 and "grant" in ended.out and len(ended.out.splitlines()) == 21,
           "log show: the last twenty", ended)
    shown = cli.run("log", "show", "--from", "0", "--count", "150", "--json",
                    answers=[token.code]).json()["entries"]
    tap.ok(len(shown) > 40 and [e["index"] for e in shown] == list(range(len(shown))),
           "log show --from --count --json", len(shown))
    exported = os.path.join(folder, "mail", "log.jsonl")
    ended = cli.run("log", "export", "--file", exported, answers=[token.code])
    tap.ok(ended.status == 0 and os.path.getsize(exported) > 1000 and not os.path.exists(exported + ".part"),
           "log export --file", ended)
    ended = cli.run("log", "verify", "--file", exported, "--key", log_key)
    tap.ok(ended.status == 0 and "Nothing is wrong" in ended.out and "came with it" not in ended.out,
           "log verify of an export, by the key from init", ended)
    kept = os.path.join(folder, "mail", "kept")
    with open(exported) as source, open(kept, "w") as out:
        notes = [note for note in (json.loads(line).get("checkpoint") for line in source) if note]
        out.write("".join(2 * notes))
    tap.ok(len(notes) > 2, "an export has every checkpoint that is kept, not the newest alone", len(notes))
    ended = cli.run("log", "verify", "--file", exported, "--key", log_key, "--checkpoint", kept)
    words = f"{2 * len(notes)} of the checkpoints that you kept are of this log"
    tap.ok(ended.status == 0 and words in ended.out,
           "log verify holds a log against checkpoints that were kept", ended)
    ended = cli.run("log", "verify", "--file", exported, "--key", log_key, "--checkpoint", exported)
    tap.ok(ended.status == 1 and "has no checkpoints in it" in ended.err,
           "and says so where a file holds none", ended)
    with Verifier(POLICY) as other:
        other_key = other.call("verify", "Keys")["log_key"]
    ended = cli.run("log", "verify", "--file", exported, "--key", other_key)
    tap.ok(ended.status == 1 and "may be another verifier's" in ended.out.splitlines()[0],
           "log verify by another verifier's key says that first", ended)
    tap.ok("Somebody changed this log" not in ended.out, "and accuses nobody", ended)
    ended = cli.run("log", "show", "--from", "9999", answers=[token.code])
    tap.ok(ended.status == 0 and re.search(r"no entry 9999\. It has \d+ entries", ended.err),
           "log show behind the end says where the log ends", ended)
    ended = cli.run("log", "verify", "--file", exported)
    tap.ok(ended.status == 0 and "the key that came with it" in ended.out,
           "log verify without a key says what that is worth", ended)
    checked = cli.run("log", "verify", "--file", exported, "--key", log_key, "--json").json()
    tap.ok(checked["valid"] and checked["key_was_pinned"] and checked["entries"] > 40,
           "log verify --json", checked)
    ended = cli.run("log", "verify", "--key", log_key, answers=[token.code])
    tap.ok(ended.status == 0 and "Nothing is wrong" in ended.out,
           "log verify of the running verifier's log", ended)
    text = open(exported).read()
    with open(exported, "w") as out:
        out.write(text.replace("laptop stolen", "laptop broken"))
    ended = cli.run("log", "verify", "--file", exported, "--key", log_key)
    tap.ok(ended.status == 1 and "entry " in ended.out, "an edited log is found out, and where", ended)
    ended = cli.run("log", "export", answers=[token.code])
    tap.ok(ended.status == 0 and json.loads(ended.out.splitlines()[0])["format"] == "stepup-log/1",
           "log export to standard output", ended)
    ended = cli.run("log", "export", "--file", "/nonexistent/x")
    tap.equal(ended.status, 1, "log export where nothing can be written")


def fresh_host():
    """init on a host with nothing: what it makes, what it keeps, what it says."""
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as folder:
        os.chmod(folder, 0o755)
        etc, state, run = (os.path.join(folder, name) for name in ("etc", "state", "run"))
        command = [program("tools/stepup/stepup"), "--socket-dir", run, "init", "mail", "--config-dir", etc,
                   "--state-dir", state]
        ended = Session(command).finish()
        tap.ok(ended.status == 3 and "systemctl enable --now stepupd" in ended.err,
               "init on a new host says how to start the verifier", ended)
        tap.ok("no account" not in ended.err, "init of a known account asks nothing back", ended)
        unknown = Session(command[:4] + ["dvae"] + command[5:]).finish()
        tap.ok(unknown.status == 3
               and "This host has no account dvae: is that the right name?" in unknown.err,
               "init on a new host asks whether an unknown name is right", unknown)
        key = os.stat(os.path.join(etc, "master.key"))
        tap.ok(key.st_mode & 0o7777 == 0o400
               and re.fullmatch("[0-9a-f]{64}\n", open(os.path.join(etc, "master.key")).read()),
               "the master key is for its owner alone", ended)
        before = open(os.path.join(etc, "master.key")).read()
        checked = subprocess.run([program("verifier/stepupd"), "--check", "--config",
                                  os.path.join(etc, "stepup.conf")],
                                 capture_output=True, text=True)
        tap.ok(checked.returncode == 0, "the configuration it writes is a good one",
               checked.stdout + checked.stderr)
        with open(os.path.join(etc, "stepup.conf"), "a") as out:
            out.write("# mine\n")
        ended = Session(command + ["--json"]).finish()
        tap.ok(open(os.path.join(etc, "master.key")).read() == before
               and "# mine" in open(os.path.join(etc, "stepup.conf")).read(),
               "run again it keeps key and configuration", ended)
        tap.equal(ended.json()["error"], "Unreachable", "init --json")
        os.chmod(etc, 0o777)
        ended = Session(command).finish()
        tap.ok(ended.status == 1 and "chmod go-w" in ended.err,
               "a folder that others can write stops it", ended)
        os.chmod(etc, 0o755)
        ended = Session(command, uid=GAMES).finish()
        tap.ok(ended.status == 1 and "root" in ended.err, "init is root's", ended)
        ended = Session(command[:4] + ["a{b}"] + command[5:]).finish()
        tap.equal(ended.status, 2, "init takes no name that would break the configuration")


def completions(cli):
    for shell in ("bash", "zsh", "fish"):
        ended = cli.run("completion", shell)
        tap.ok(ended.status == 0 and "invitation" in ended.out, f"completion {shell}", ended)
    script = cli.run("completion", "bash").out

    def complete(*words):
        line = " ".join(f"'{word}'" for word in words)
        done = subprocess.run(
            ["bash", "-c", f"{script}\n"
             f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _stepup; echo \"${{COMPREPLY[@]}}\""],
            capture_output=True, text=True)
        return done.stdout.split() if done.returncode == 0 and not done.stderr else [done.stderr]

    tap.ok({"enroll", "policy", "log"} <= set(complete("stepup", "")), "bash completes commands")
    tap.equal(complete("stepup", "log", "v"), ["verify"], "bash completes second words")
    tap.equal(complete("stepup", "log", "verify", "--f"), ["--file"], "bash completes a command's options")
    tap.equal(complete("stepup", "enroll", "--algorithm", "SHA2"), ["SHA256"],
              "bash completes an option's values")
    tap.equal(complete("stepup", "enroll", "h"), ["hotp"], "bash completes arguments")


def main():
    need_root()
    tap.run(verifier_out_of_reach)
    tap.run(fresh_host)
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as folder, Verifier(POLICY) as verifier:
        os.chmod(folder, 0o755)
        os.chown(verifier.path("admin"), -1, MAIL)  # as if the group stepup-admin were there
        os.chmod(verifier.path("admin"), 0o660)
        cli = Cli(verifier)
        tap.run(usage_is_told, cli)
        tap.run(help_is_there, cli)
        tap.run(completions, cli)
        administrator = tap.run(first_administrator, cli, folder)
        if administrator is not None:
            token, log_key = administrator
            tap.run(own_account, cli, token)
            tap.run(signals_and_pipes, cli, token)
            receipt = tap.run(confirming, cli, token, folder)
            if receipt is not None:
                tap.run(receipts, cli, receipt, folder)
            tap.run(policies, cli, folder)
            tap.run(administration, cli, token)
            tap.run(removing, cli, token)
            tap.run(logs, cli, token, log_key, folder)
    tap.done()


main()
