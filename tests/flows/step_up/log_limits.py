#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Limits as `stepup log verify` replays them: it finds nothing wrong with the log of a verifier that counted,
and the entry in one of a verifier that did not. The second is the first with a word changed in it, signed
anew by who has the log's key."""
import base64
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from harness import Tap, Verifier, need_root, program
from logbook import RULES, Administrator

POLICY = '''
cooling-off = 0s
group leads { members = { "news", "uucp" } }
action count { users = { "*" }  prompt = "Count"  require = { code }  limit = { "2 per 1h", "3 per 24h" } }
action sum { users = { "*" }  details = { "records:number" }  prompt = "Sum {records}"  require = { code }
    limit = { "100 records per 1h" } }
action kinds { users = { "*" }  details = { "account:text" }  prompt = "Look at {account}"  require = { code }
    limit = { "2 different account per 1h" } }
action both { users = { "*" }  prompt = "Both"  require = { code }  code-is-enough = yes
    limit = { "1 per 24h" }  over-limit = approve  hard-limit = { "2 per 24h" }  approvers = { "@leads" } }
''' + RULES
NAME = "stepup.example.com/forged"
tap = Tap()


def tree(leaves):
    """RFC 9162 section 2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def text64(data):
    return base64.b64encode(data).decode()


def canonical(entry):
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Forger:
    """Has a log's key, and signs whatever it wants the log to have said."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "forged")
        self.key = Ed25519PrivateKey.generate()
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        public = b"\1" + self.key.public_key().public_bytes(*raw)
        self.id = hashlib.sha256(NAME.encode() + b"\n" + public).digest()[:4]
        self.vkey = f"{NAME}+{self.id.hex()}+{text64(public)}"

    def note(self, texts):
        root = tree([hashlib.sha256(b"\0" + text.encode()).digest() for text in texts])
        body = f"{NAME}\n{len(texts)}\n{text64(root)}\n"
        return f"{body}\n\u2014 {NAME} {text64(self.id + self.key.sign(body.encode()))}\n"

    def verify(self, lines, edit):
        """What the check says of these lines once `edit` has had each entry's object: [(entry, sentence)]."""
        entries = [json.loads(line["entry"]) for line in lines]
        for entry in entries:
            if entry["type"] == "epoch":
                entry["log_key"] = self.vkey
            edit(entry)
        texts = [canonical(entry) for entry in entries]
        names = {name: entry[name] for entry in entries for name in ("issuer", "host") if name in entry}
        made = [{"format": "stepup-log/1", **names, "log_key": self.vkey}]
        for text, line in zip(texts, lines):
            made.append({"entry": text, **{name: line[name] for name in ("details", "salt") if name in line}})
        made.append({"checkpoint": self.note(texts)})
        with open(self.path, "w") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in made)
        command = [program("tools/stepup/stepup"), "log", "verify", "--json", "--file", self.path]
        command += ["--key", self.vkey]
        said = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
        return [(problem["entry"], problem["sentence"]) for problem in said["problems"]]


def grants(entries, action):
    return [entry["index"] for entry in entries if (entry["type"], entry.get("action")) == ("grant", action)]


def use_up(verifier):
    """All of every limit, and one more that a second person agrees to: what came of each."""
    tokens = {name: verifier.enrol_token(name) for name in ("mail", "news")}

    def granted(action, **details):
        return verifier.step_up("mail", action, details or None, tokens["mail"].fresh()).error or "granted"

    outcomes = [granted("count") for _ in range(3)]
    outcomes += [granted("sum", records=records) for records in (60, 40, 1)]
    outcomes += [granted("kinds", account=account) for account in ("a", "b", "a", "c")]
    outcomes.append(granted("both"))
    begun = verifier.begin("mail", "both")
    asked = verifier.answer(begun["transaction"], tokens["mail"].fresh())
    agreeing = verifier.call("verify", "Approve", {"user": "news", "request": asked["request"]})
    verifier.answer(agreeing["transaction"], tokens["news"].fresh())
    claimed = verifier.call("verify", "Claim", {"transaction": begun["transaction"]})
    return outcomes + [claimed.error or "granted", verifier.begin("mail", "both").error]


def narrower(old, new):
    def edit(entry):
        for name in ("limits", "hard_limits"):
            if name in entry:
                entry[name] = [new if text == old else text for text in entry[name]]
    return edit


def without(member, index):
    def edit(entry):
        if entry["index"] == index:
            del entry[member]
    return edit


MORE = ('mail was granted more than the rule {} allows: {} with this one, where the {} is "{}". '
        "It should have been refused{}.")
NARROWER = (  # the rule; its limit, and what the forged log says that it was; what the second grant makes it
    ("count", "2 per 1h", "1 per 1h", 2, "limit", ""),
    ("count", "3 per 24h", "1 per 24h", 2, "limit", ""),
    ("sum", "100 records per 1h", "99 records per 1h", 100, "limit", ""),
    ("kinds", "2 different account per 1h", "1 different account per 1h", 2, "limit", ""),
    ("both", "2 per 24h", "1 per 24h", 2, "hard limit", ", whoever agreed"),
)


def honest(verifier):
    """A log in which every limit is used up, and one was edited since."""
    admin = Administrator(verifier)
    two = ["granted", "granted"]
    wanted = two + ["OverLimit"] + two + ["OverLimit"] + two + ["granted", "OverLimit"] + two + ["OverLimit"]
    tap.equal(use_up(verifier), wanted, "all of each limit is used, and a second person agrees to one more")
    verifier.write_policy(POLICY.replace('"2 per 1h", "3 per 24h"', '"9 per 1h"'))
    verifier.reload()
    log = admin.read_log()
    tap.equal(admin.check(log)["problems"], [], "stepup log verify finds nothing wrong with it")
    return log[0]


def forged(verifier, lines):
    forger = Forger(verifier.folder)
    entries = [json.loads(line["entry"]) for line in lines]
    tap.equal(forger.verify(lines, lambda entry: None), [], "nor, signed by another key")
    for action, old, new, used, kind, end in NARROWER:
        expected = [(grants(entries, action)[1], MORE.format(action, used, kind, new, end))]
        name = f"{action}: where \"{old}\" was \"{new}\", the entry that went over it is named"
        tap.equal(forger.verify(lines, narrower(old, new)), expected, name)
    for member, action, which, found, name in (
            ("over_limit", "both", 1, True, "an agreement passes no limit of a rule that doesn't let it"),
            ("rule_name", "count", 0, False, "the first grant with limits might be one of before"),
            ("rule_name", "count", 1, True, "one behind it that doesn't name its rule is found")):
        index = grants(entries, action)[which]
        told = [entry for entry, _ in forger.verify(lines, without(member, index))]
        tap.equal(told, [index] if found else [], name)


def main():
    need_root()
    with Verifier(POLICY) as verifier:
        forged(verifier, honest(verifier))
    tap.done()


if __name__ == "__main__":
    main()
