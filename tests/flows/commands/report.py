#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup report: what one user did and whom it touched, from the verifier and from an exported
log, in every form."""
import csv
import fcntl
import html.parser
import io
import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli
from harness import DAEMON, Tap, Verifier, program
from logbook import Administrator

POLICY = '''
group admins { members = { "root", "mail" } }
caller console { unix-user = "games"  users = { "*" }  actions = { "customer.*" } }
service vault { unix-user = "root" }
action "stepup.*" { users = { "@admins" }  require = { code }  code-is-enough = yes }
action customer.view {
    users = { "*" }  details = { "account:text" }  prompt = "Look at customer {account}"
    require = { code }  limit = { "6 different account per 1h" }
}
action customer.export {
    users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"
    require = { code }  code-is-enough = yes  service = vault
}
'''
ACCOUNTS = ["trezor", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "+1", "-2", "@sum"]
tap = Tap()


def a_day(verifier, administrator):
    """What backup does; the credential that it was done with."""
    token = verifier.enrol_token("backup")
    other = verifier.enrol_token("news")
    place = {"rhost": "203.0.113.7", "service": "support"}
    for account in [*ACCOUNTS, "trezor"]:
        if not verifier.step_up("backup", "customer.view", {"account": account}, token.fresh(), **place).ok:
            raise RuntimeError(account)
    verifier.step_up("backup", "customer.view", {"account": "seventh"}, token.fresh(), **place)
    verifier.step_up("news", "customer.view", {"account": "somebody else's"}, other.fresh(), **place)
    receipt = verifier.step_up("backup", "customer.export", {"account": "trezor", "records": 102},
                               token.fresh(), **place)["receipt"]
    call = {"receipt": receipt, "action": "customer.export", "details": {"account": "trezor", "records": 100}}
    verifier.call("redeem", "Redeem", {**call, "details": {"account": "ledger", "records": 100}})
    verifier.call("redeem", "Redeem", call)
    verifier.call("redeem", "Redeem", call)
    verifier.step_up("backup", "customer.export", {"account": "ledger", "records": 7}, token.fresh(), **place)
    verifier.step_up("backup", "customer.view", {"account": "trezor"}, token.wrong(), **place)
    reference = administrator.call("Lock", {"users": "backup"},
                                   {"users": ["backup"], "reason": "laptop stolen"})["reference"]
    verifier.step_up("backup", "customer.view", {"account": "trust"}, token.fresh(), rhost="198.51.100.9")
    # so that there is no second who would have to
    verifier.write_policy(POLICY.replace('members = { "root", "mail" }', 'members = { "root" }'))
    verifier.reload()
    administrator.call("Unlock", {"user": "backup"})
    verifier.write_policy(POLICY)
    verifier.reload()
    return token.credential, reference


def stepup(*arguments):
    done = subprocess.run([program("tools/stepup/stepup"), *arguments], capture_output=True,
                          env={**os.environ, "TZ": "UTC"})
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def report(path, *arguments, sound=True):
    done = stepup("report", "backup", "--since", "1h", "--file", path, *arguments)
    if (done.returncode, bool(done.stderr)) != ((0, False) if sound else (1, True)):
        raise RuntimeError(f"report {arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def as_json(path, key, credential, reference):
    said = json.loads(report(path, "--json", "--key", key))
    tap.ok(said["sound"] and "Nothing is wrong" in said["standing"], "the export is checked on the way",
           said["standing"])
    totals = {name: said["totals"].get(name)
              for name in ("approved", "refused", "redeemed", "redemption-refused", "factor-added", "locked",
                           "unlocked", "invited")}
    tap.equal(totals, {"approved": 9, "refused": 3, "redeemed": 1, "redemption-refused": 2, "factor-added": 1,
                       "locked": 1, "unlocked": 1, "invited": 1},
              "everything is counted by its kind")
    rows = said["rows"]
    tap.ok(not [row for row in rows if "somebody else" in json.dumps(row)], "and nothing of anybody else")
    tap.equal([row["entry"] for row in rows], sorted(row["entry"] for row in rows), "in the log's order")
    first = next(row for row in rows if row["kind"] == "approved")
    tap.equal((first["what"], first["action"], first["factor"], first["from"]),
              ("Look at customer trezor", "customer.view", f"hotp \u00b7 Code token \u00b7 {credential}",
               "203.0.113.7 \u00b7 support \u00b7 root"),
              "each has what was shown, with which credential, by its name, and from where")
    added = next(row for row in rows if row["kind"] == "factor-added")
    tap.equal(added["what"], f"authenticator \u00b7 Code token \u00b7 {credential}",
              "a factor that was added has the name that its owner gave it")
    elsewhere = next(row for row in rows if row["kind"] == "redemption-refused")
    tap.equal((elsewhere["what"], elsewhere["note"]),
              ("customer.export account=ledger records=100", "BadDetails \u00b7 for other details"),
              "a receipt that was tried on another account is the user's, and the account is named")
    over = next(row for row in rows if row["kind"] == "refused")
    tap.equal((over["what"], over["note"]),
              ('Look at customer seventh',
               "OverLimit \u00b7 over the limit \u00b7 6 different account per 1h"),
              "what went over a limit says for what, and over which")
    locked = next(row for row in rows if row["kind"] == "locked")
    tap.equal((locked["who"], locked["note"]), ("root", f"{reference} \u00b7 laptop stolen"),
              "a lock says by whom, under which reference and why")
    refused = [row for row in rows if row["kind"] == "refused"]
    tap.ok(all("203.0.113.7" in row["from"] for row in refused[:-1])
           and "198.51.100.9" in refused[-1]["from"],
           "each refusal says from where, also that of a locked person's right code", refused)
    touched = {(thing["action"], thing["value"]): (thing["times"], thing.get("unredeemed"), thing["numbers"])
               for thing in said["touched"]}
    expected = {("customer.view", account): (2 if account == "trezor" else 1, None, {})
                for account in ACCOUNTS}
    expected[("customer.export", "trezor")] = (1, None, {"records": 100})
    tap.equal(touched, expected, "touched: each account once an action, with how often; "
              "a receipt counts when it is redeemed, by what was carried out")
    tap.equal(said["notify"], len(ACCOUNTS), "what two actions touched is one to notify")
    tap.equal([(thing["action"], thing["value"], thing["unredeemed"]) for thing in said["unredeemed"]],
              [("customer.export", "ledger", 1)], "and what was approved and not redeemed stands apart")


def as_csv(path):
    text = report(path, "--csv")
    tap.ok(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "CSV lines end as RFC 4180 says")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    tap.ok(len(rows) > 20 and all(None not in row and None not in row.values() for row in rows),
           "every row has every column")
    touched = [row["value"] for row in rows if row["kind"] == "touched"]
    tap.equal(sorted(touched), sorted(["trezor", "trezor", "<script>alert(1)</script>", "'=cmd|' /C calc'!A0",
                                       "'+1", "'-2", "'@sum"]),
              "the list of whom to notify is in it, and what a spreadsheet would calculate is made a text")
    tap.equal([row["value"] for row in rows if row["kind"] == "unredeemed"], ["ledger"],
              "what was only approved has a kind of its own")
    tap.ok(not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t")],
           "no cell is a formula")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_data(self, data):
        self.text.append(data)


def as_html(path):
    text = report(path, "--html")
    page = Page()
    page.feed(text)
    tap.ok(not page.tags & {"script", "link", "img", "iframe", "object", "base", "form", "a"},
           "the page has no script and fetches nothing", page.tags)
    tap.ok(not [item for item in page.attributes if item[1].startswith("on")
                or item[1] in ("href", "src", "action")],
           "nor has any tag a handler or an address")
    tap.matches(text, "default-src 'none'; style-src 'unsafe-inline'",
                "its policy allows nothing but its own style")
    tap.ok(any("<script>alert(1)</script>" in part for part in page.text),
           "what looks like markup stands there as text")
    tap.ok({"svg", "table"} <= page.tags and "Look at customer trezor" in page.text,
           "it has a timeline and tables")


def as_text(path, administrator, verifier):
    text = report(path)
    tap.matches(text, r"^What backup did, \d{4}-", "the terminal is told whom it is about, and when")
    tap.matches(text, r"Approved: 9 \u00b7 Redeemed: 1 \u00b7 Refused: 3", "then the totals")
    tap.matches(text, r"Touched: 6\. Notify the people whom these are about\.", "and whom to notify")
    none = stepup("report", "nobody", "--since", "1h", "--file", path)
    tap.ok(none.returncode == 0 and "has nothing about this user" in none.stdout,
           "about somebody else there is nothing, and a sentence says so", none)
    early = stepup("report", "backup", "--since", "2w", "--until", "1h", "--file", path, "--json")
    tap.equal(json.loads(early.stdout)["rows"], [], "what came after --until is left out")


def on_a_terminal(columns, *arguments):
    """What stepup shows on a terminal so wide, somewhere where it isn't the hour that it is in the log."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([program("tools/stepup/stepup"), *arguments], stdout=theirs,
                               stdin=subprocess.DEVNULL,
                               env={**os.environ, "TZ": "America/New_York", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # that is how a terminal ends
    os.close(ours)
    process.wait()
    return shown.decode().replace("\r\n", "\n")


def on_terminals(path, credential):
    rows = json.loads(report(path, "--json"))["rows"]
    for columns in (80, 100, 120):
        text = on_a_terminal(columns, "report", "backup", "--since", "1h", "--file", path)
        tap.equal([line for line in text.splitlines() if len(line) > columns], [],
                  f"nothing is wider than a terminal of {columns}")
        entries = re.findall(r"(?m)^(\d\d:\d\d:\d\d)  #(\d+) .*\n(?:  +.*\n)*", text)
        tap.equal([(when, int(number)) for when, number in entries],
                  [(row["time"][11:19], row["entry"]) for row in rows],
                  "each entry has its time, with seconds, in UTC")
    text = on_a_terminal(100, "report", "backup", "--since", "1h", "--file", path)
    sizes = [entry.count("\n") for entry in re.findall(r"(?m)^\d\d:\d\d:\d\d  #\d+ .*\n(?:  +.*\n)*", text)]
    over = [row.get("note", "").startswith("OverLimit") for row in rows]
    tap.ok(all(size <= 3 if refused else size <= 2 for size, refused in zip(sizes, over, strict=True)),
           "on 100 columns every entry takes one line or two, three where a limit refused what was answered",
           sizes)
    tap.matches(text,
                r"What backup did, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.",
                "the heading says which zone's times these are")
    tap.equal(re.findall(r"(?m)^(\d{4}-\d\d-\d\d) \(UTC\)$", text),
              sorted({row["time"][:10] for row in rows}), "each day has a heading")
    tap.ok(credential not in text and "with hotp \u00b7 Code token \u00b7 from" in text,
           "of a credential it has the method and its name, not the id", text)
    tap.matches(text, r"  Look at customer trezor\n +with hotp ",
                "what it was has the first of two lines, the rest the other")
    tap.ok(re.search(r"(?m)^customer\.view +account +trezor +2 times \u00b7 \d{4}-", text),
           "whom to notify is a line each", text)


def usage():
    for arguments in (("report", "backup"), ("report", "backup", "--since", "the other day"),
                      ("report", "backup", "--since", "1h", "--until", "2h"),
                      ("report", "backup", "--since", "2026-13-01"), ("report", "backup", "--since", "5"),
                      ("report", "--since", "1h"), ("report", "backup", "--since", "1h", "--csv", "--html"),
                      ("report", "backup", "--since", "2026-11-23T10:00+99:00")):
        done = stepup(*arguments)
        tap.ok(done.returncode == 2 and done.stderr and not done.stdout,
               f"usage error: stepup {' '.join(arguments)}", done)


def damaged(path, folder):
    with open(path) as source:
        text = source.read()
    changed = os.path.join(folder, "changed")
    with open(changed, "w") as out:
        out.write(text.replace("laptop stolen", "laptop broken"))
    said = json.loads(report(changed, "--json", sound=False))
    tap.ok(not said["sound"] and said["standing"].startswith("Don't rely on this"),
           "a log that was changed is reported, with a warning", said["standing"])
    done = stepup("report", "backup", "--since", "1h", "--file", changed, "--csv")
    tap.ok(done.returncode == 1 and done.stderr.startswith("stepup: Don't rely on this")
           and "touched" in done.stdout,
           "it ends with status 1 and says so on standard error, also where the rows have no room for it",
           done)
    tap.matches(report(changed, "--html", sound=False), r'<p class="wrong">Don&#39;t rely on this',
                "which the page shows as one")
    with open(changed, "w") as out:
        out.write("not a log\n")
    done = stepup("report", "backup", "--since", "1h", "--file", changed)
    tap.ok(done.returncode == 1 and "is not an exported log" in done.stderr,
           "what is no log at all is an error", done)
    done = stepup("report", "backup", "--since", "1h", "--file", "/nonexistent/x")
    tap.ok(done.returncode == 1 and "No such file" in done.stderr,
           "and a file that isn't there is an error", done)


def erased(verifier, administrator):
    """Whoever erases details does it in the database; the report says what is missing."""
    verifier.stop()
    with sqlite3.connect(verifier.database) as database:
        database.execute("DELETE FROM log_details WHERE details LIKE '%trezor%'")
    database.close()
    verifier.start()
    administrator.check()
    said = json.loads(report(os.path.join(verifier.folder, "export"), "--json"))
    tap.ok(said["sound"] and said["erased"] == 5, "erased details leave the log sound, and are counted",
           (said["standing"], said["erased"]))
    tap.ok("trezor" not in json.dumps(said), "what is gone is gone")
    tap.ok(len([row for row in said["rows"] if row.get("erased")]) == 5, "and each row says so")
    text = report(os.path.join(verifier.folder, "export"))
    tap.ok("Entries whose details have been erased: 5." in text and "(details erased)" in text,
           "in words too")


def from_the_verifier(verifier):
    """Online: an administrator's own step-up, then pages of the log."""
    token = verifier.enrol_token("mail")
    os.chmod(verifier.path("admin"), 0o666)
    cli = Cli(verifier)
    ended = cli.run("report", "backup", "--since", "1h", "--json", answers=[token.fresh])
    tap.ok(ended.status == 0, "an administrator reads it from the verifier, after a step-up", ended)
    said = ended.json()
    tap.ok(said["totals"]["approved"] == 9 and "This is what the verifier says" in said["standing"],
           "and finds the same", said["totals"])
    ended = cli.run("report", "backup", "--since", "1h", uid=DAEMON)
    tap.ok(ended.status == 1 and not ended.out, "nobody else does", ended)


with Verifier(POLICY) as verifier:
    administrator = Administrator(verifier)
    day = a_day(verifier, administrator)
    checked = administrator.check()
    exported = os.path.join(verifier.folder, "export")
    with open(exported) as source:
        log_key = json.loads(source.readline())["log_key"]
    tap.run(as_json, exported, log_key, *day)
    tap.run(as_csv, exported)
    tap.run(as_html, exported)
    tap.run(as_text, exported, administrator, verifier)
    tap.run(on_terminals, exported, day[0])
    tap.run(usage)
    tap.run(damaged, exported, verifier.folder)
    tap.run(from_the_verifier, verifier)
    tap.run(erased, verifier, administrator)
tap.done()
