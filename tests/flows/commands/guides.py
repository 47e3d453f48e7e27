#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The guides in man/: what stepup-responding(7) tells a responder to type is typed, in its order; what
stepup-integrating(7) prints works as printed."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli, Session
from harness import BIN, DAEMON, GAMES, HEADER, MAIL, NEWS, Tap, Verifier, as_uid, program, source_dir

# news is the employee (alice in the page), mail and bin administrators, daemon a lead, games runs the console
# and the export service.
RESPONDING = '''
group leads { members = { "bin", "daemon" } }
cooling-off = 0s
action customer.export { users = { "news" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"
    require = { code }  code-is-enough = yes  always-approve = yes  approvers = { "@leads" } }
action customer.view { users = { "news" }  details = { "account:text" }
    prompt = "Look at customer {account}"  require = { code } }
action "stepup.*" { users = { "mail", "bin" }  require = { code }  code-is-enough = yes }
'''
tap = Tap()


def page(name):
    with open(os.path.join(source_dir(), "man", name)) as source:
        return source.read()


def commands():
    """The lines that the page shows after a dollar, in their order."""
    found = re.findall(r"^\.Dl \$ (stepup .*)$", page("stepup-responding.7"), re.M)
    return [line.replace(" Qq Ar KEY", ' "KEY"').replace("alice", "news") for line in found]


class Responder:
    """Types lines on a terminal of their own, with a shell in between, in a folder of their own."""

    def __init__(self, verifier, folder):
        self.verifier, self.folder = verifier, folder
        self.tokens = {name: verifier.enrol_token(name) for name in ("mail", "bin", "news", "daemon")}

    def type(self, line, user="mail", uid=MAIL):
        line = line.replace("stepup ",
                            f"{program('tools/stepup/stepup')} --socket-dir {self.verifier.run} ", 1)
        session = Session(["sh", "-c", f"cd {self.folder} && {line}"], uid=uid)
        shown = 0
        while session.pump(0.2):
            match = re.compile(r"(?i)code[^\n]*: ?$").search(session.shown, shown)
            if match:
                shown = match.end()
                session.type(self.tokens[user].fresh() + "\n")
            if session.process.poll() is not None:
                break
        return session.finish()


def responding(verifier, folder):
    responder = Responder(verifier, folder)
    cli = Cli(verifier)
    for token, words in ((responder.tokens["news"], ("customer.view", "account=trezor")),
                         (responder.tokens["news"],
                          ("customer.export", "account=trezor", "records=102", "--no-wait"))):
        asked = cli.run("confirm", *words, answers=(token.fresh(),), uid=NEWS)
    waiting = re.search(r"R-[0-9A-Z]{12}", asked.err).group()
    key = verifier.call("verify", "Keys")["log_key"]
    listed = commands()
    tap.ok(len(listed) >= 17, "the page has its commands", listed)
    done = {}
    for line in listed:
        if "lock --me" in line or "deny" in line:
            continue
        who = ("bin", BIN) if line.startswith("stepup unlock") else ("mail", MAIL)
        done[line] = ended = responder.type(line.replace("KEY", key), *who)
        tap.equal(ended.status, 0, f"works as it stands: {line}")
        if ended.status != 0:
            print("#", str(ended).replace("\n", "\n# "))
    tap.matches(done["stepup lock news --reason INC-7"].out, r"Locked: news \(L-\d+\)",
                "the lock says whom, with the reference")
    tap.matches(done["stepup status"].out,
                r"(?s)Locked users:.*news.*INC-7.*Frozen actions:.*customer\.export.*INC-7",
                "status shows what holds")
    tap.matches(done["stepup report news --since yesterday"].out,
                r"(?s)Notify the people.*customer\.view +account +trezor",
                "the report ends with whom to notify")
    exported = os.path.join(folder, "incident.log")
    tap.ok(os.path.getsize(exported) > 1000 and os.stat(exported).st_mode & 0o077 == 0,
           "the evidence is a file that nobody else reads")
    tap.ok("Nothing is wrong" in done['stepup log verify --file incident.log --key "KEY"'].out,
           "and checks against the key that was noted")
    gone = cli.run("wait", waiting, uid=NEWS)
    tap.ok(gone.status == 1 and "void" in gone.out, "the lock voided the employee's request", gone)
    me = responder.type("stepup lock --me", "daemon", DAEMON)
    tap.ok(me.status == 0
           and "To have it opened again, call Security desk, +1 555 0100, and quote L-" in me.out,
           "lock --me says how it is opened again", me)
    tap.equal(cli.run("test", uid=DAEMON).status, 1, "and holds")


def misspelt(verifier):
    responder = Responder.__new__(Responder)
    responder.verifier, responder.folder, responder.tokens = verifier, "/", {
        "mail": verifier.enrol_token("mail")}
    verifier.enrol_token("news")
    locked = responder.type("stepup lock nwes news")
    tap.matches(locked.out.replace("\n", " "), r"Locked: news \(L-\d+\), "
                r"nwes \(L-\d+\)\..* Nobody of that name is known: nwes\. The lock stands all the same\.",
                "a lock of a name that nobody has enrolled under says so, and locks the others")
    frozen = responder.type("stepup freeze customer.exprot")
    tap.matches(frozen.out, r"No rule is about it: is that the right name\?",
                "so does a freeze of an action without a rule")
    frozen = responder.type("stepup freeze 'customer.*'")
    tap.ok(frozen.status == 0 and "right name" not in frozen.out,
           "a pattern over a rule is no misspelling", frozen)


def code_of(source, after):
    """A display's text, from behind a line on, as the page shows it."""
    part = source[source.index(after):]
    return re.search(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", part, re.S).group(1).replace("\\e", "\\")


def integrating(folder):
    source = page("stepup-integrating.7")
    rules = code_of(source, ".Ss What the policy")
    rules = rules.replace('"console"', '"games"').replace("@support", "mail").replace("exportd", "games")
    tap.ok(all(word in rules for word in ("caller console", "service export", "action customer.export")),
           "the page has a policy")
    client = code_of(source, ".Sh FROM ANY LANGUAGE") + code_of(source, ".Sh IN THE SERVICE")
    with Verifier(rules) as strict:
        begun = as_uid(GAMES, strict.begin, "mail", "customer.export", {"account": "trezor", "records": 120})
        tap.ok(begun.ok or begun.error in ("NotEnrolled", "TooWeak"),
               "its policy is taken, and lets its caller ask", begun)
    with Verifier(rules.replace("{ key, pin }", "{ code }  code-is-enough = yes")) as verifier:
        os.chmod(verifier.run, 0o755)
        os.chmod(verifier.path("redeem"), 0o666)
        token = verifier.enrol_token("mail")
        client = client.replace("/run/stepup", verifier.run)
        details = {"account": "trezor", "records": 120}
        code, wrong = token.fresh(), "12"

        def tool():
            names = {}
            exec(compile(client, "stepup-integrating(7)", "exec"), names)  # the page's own program
            begun = names["begin"]("mail", "customer.export", details, "a-session-of-128-bits-at-least")
            facts = [begun["prompt"]]
            try:
                names["answer"](begun["transaction"], "code", code=wrong)
            except names["Refused"] as refused:
                facts.append((refused.error, refused.parameters["tries_left"] > 0))
            granted = names["answer"](begun["transaction"], "code", code=code)
            first = names["redeem"](granted["receipt"], "customer.export", details, "order 1")
            for execution in ("order 1", "order 2"):
                try:
                    names["redeem"](granted["receipt"], "customer.export", details, execution)
                except names["Refused"] as refused:
                    facts.append(refused.error)
            again = names["redeem"](granted["receipt"], "customer.export", details, "order 1", resume=True)
            return facts + [first["already"], again["already"]]
        tap.equal(as_uid(GAMES, tool),
                  ["Export 120 contacts of trezor", ("BadAnswer", True), "Redeemed", "Redeemed", False, True],
                  "its program asks, answers, redeems once, "
                  "and is told \"already\" only when it says that it resumes")


def console_line(folder):
    line = re.search(r"^\.Dl (stepup confirm .*)$", page("stepup-integrating.7"),
                     re.M).group(1).replace("\\-", "-")
    rules = RESPONDING.replace("always-approve = yes  approvers = { \"@leads\" }", "")
    with Verifier(rules) as verifier:
        os.chmod(verifier.run, 0o755)
        responder = Responder(verifier, folder)
        with open(os.path.join(folder, "export-contacts"), "w") as script:
            script.write('#!/bin/sh\necho "exported $*"\n')
        os.chmod(script.name, 0o755)
        ended = responder.type(line.replace("export-contacts", "./export-contacts"), "news", NEWS)
        tap.ok(ended.status == 0 and "exported trezor 120" in ended.out,
               "its line for a script runs the command after the step-up", ended)


def narrow(verifier):
    """On a terminal that a table is too wide for, each row is lines below one another; in a pipe
    it stays a table."""
    responder = Responder.__new__(Responder)
    responder.verifier, responder.folder, responder.tokens = verifier, "/", {
        "mail": verifier.enrol_token("mail")}
    wide = responder.type("stepup list").out
    tap.matches(wide, r"(?m)^ID +TYPE +LABEL.*\n\S+ +hotp ", "a list is a table in a pipe")
    for columns in (60, 300):
        command = (f"stty cols {columns} "
                   f"</dev/tty; {program('tools/stepup/stepup')} --socket-dir {verifier.run} list >/dev/tty")
        shown = Session(["sh", "-c", command], uid=MAIL)
        ended = shown.finish()
        lines = ended.shown.splitlines()
        if columns == 60:
            tap.ok(max(map(len, lines)) <= 60 and re.search(r"(?m)^  TYPE +hotp\r?$", ended.shown),
                   "and fits a narrow terminal row by row", ended)
        else:
            tap.matches(ended.shown, r"(?m)^ID +TYPE +LABEL", "a wide terminal shows the table")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as place:
        os.chmod(place, 0o777)
        with Verifier(RESPONDING) as made:
            os.chmod(made.run, 0o755)
            os.chmod(made.path("admin"), 0o666)
            tap.run(responding, made, place)
        with Verifier(RESPONDING) as made:
            os.chmod(made.run, 0o755)
            os.chmod(made.path("admin"), 0o666)
            tap.run(misspelt, made)
        with Verifier(RESPONDING) as made:
            os.chmod(made.run, 0o755)
            tap.run(narrow, made)
        tap.run(integrating, place)
        tap.run(console_line, place)
    tap.done()
