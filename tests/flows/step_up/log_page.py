#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup-log(5) and stepup-receipt(5) as printed: a checker that was written from the two pages alone
verifies what a real verifier exported, with signatures of the browser, the seat and the agent in it, and
receipts; and it finds what was changed."""
import copy
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import HEADER, Tap, Verifier
from log_day import POLICY, WAYS, Day
from second_checker import Wrong, b64url, check_grant, check_log, check_receipt, parse, unb64url
from softkey import Maker, write_roots

ISSUER = "https://stepup.example.com"
TYPES = {"approve", "deny", "enrol", "epoch", "freeze", "grant", "init", "invite", "lock", "policy", "redeem",
         "redeem-refusal", "refusal", "remove", "request", "request-end", "resume", "revoke", "start", "thaw",
         "unlock", "withdraw"}
tap = Tap()


# --- changing a log ------------------------------------------------------------------------------------

def entry_lines(lines):
    return [number for number, line in enumerate(lines) if "entry" in json.loads(line)]


def entry_of(lines, number):
    return json.loads(json.loads(lines[number])["entry"])


def changed(lines, number, change):
    """The lines, with one entry, or what stands beside it, changed by change(entry, line)."""
    line, entry = json.loads(lines[number]), entry_of(lines, number)
    change(entry, line)
    line["entry"] = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return [*lines[:number], json.dumps(line, ensure_ascii=False), *lines[number + 1:]]


def flip(part, name):
    """Turns one bit of a member's bytes over."""
    data = unb64url(part[name])
    part[name] = b64url(data[:-1] + bytes([data[-1] ^ 1]))


def is_found(lines, key):
    return check_log(lines, key)[0] != []


def not_found_there(lines, numbers, change, key):
    """Which entries, each changed alone, don't show it: whoever signs the log anew could hide it."""
    missed = []
    for number in numbers:
        found = {index for index, _ in check_log(changed(lines, number, change), key)[0]}
        if entry_of(lines, number)["index"] not in found:
            missed.append(number)
    return missed


# --- what is found -------------------------------------------------------------------------------------

def whole(day, lines, key):
    problems, log = check_log(lines, key)
    tap.equal(problems, [], "the checker of the page finds nothing wrong in what was exported")
    counts = log.signatures
    tap.ok(all(counts.get(way, 0) >= 3 for way in WAYS), "having checked signatures of each way", counts)
    tap.equal(TYPES - {entry["type"] for entry in log.entries}, set(), "in entries of most types")
    grants = [entry for entry in log.entries if entry["type"] == "grant"]
    tap.ok(any(one["method"] == "fresh" for one in grants) and any("requested" in one for one in grants)
           and any("counter_before" in one for one in grants), "and of each way to rest on another entry")
    items = [json.loads(lines[number]) for number in entry_lines(lines)]
    summary = day.admin.check((items, json.loads(lines[-1])["checkpoint"], key))
    tap.equal(summary["problems"], [], "so says stepup log verify")
    with open(day.verifier.config, "rb") as source:
        policy = b64url(hashlib.sha256(hashlib.sha256(source.read()).digest()).digest())
    told = [one["policy"] for one in log.entries if "policy" in one][-1]
    tap.equal(told, policy, "the policy's digest is the page's")
    return log


def later(entry, line):
    entry["at"] += 1


def other_entries(lines, key):
    numbers = entry_lines(lines)
    missed = [number for number in numbers if not is_found(changed(lines, number, later), key)]
    tap.equal(missed, [], "each entry, changed by a second, is found")
    missed = [number for number in numbers if not is_found(lines[:number] + lines[number + 1:], key)]
    tap.equal(missed, [], "each that is taken out")
    swapped = list(lines)
    swapped[numbers[3]], swapped[numbers[4]] = swapped[numbers[4]], swapped[numbers[3]]
    tap.ok(is_found(swapped, key), "two that changed places")
    tap.ok(is_found(lines[:numbers[-3]], key), "an end that is cut off")


def what_stands_beside(lines, key):
    besides = [number for number in entry_lines(lines) if "details" in json.loads(lines[number])]
    for name in ("details", "prompt", "label", "rhost", "reason"):
        def take(entry, line, name=name):
            del line["details"][name]

        numbers = [number for number in besides if name in json.loads(lines[number])["details"]]
        missed = not_found_there(lines, numbers, take, key)
        tap.equal((numbers != [], missed), (True, []), f"a {name} taken from beside an entry")
    erased = list(lines)
    for number in besides:
        erased = changed(erased, number, lambda entry, line: (line.pop("details"), line.pop("salt")))
    problems, log = check_log(erased, key)
    tap.equal(problems, [], "a log from beside which all was erased is whole")
    tap.ok({"browser", "seat"} == set(log.signatures), "without the agent's signatures", log.signatures)


NARROWER = {"2 per 24h": [2], "29 records per 1h": [2], "1 different account per 1d": [1], "3 per 24h": [],
            "30 records per 1h": [], "2 different account per 1d": []}


def narrower_limits(lines, key):
    """What a verifier that did not count would have granted. The day has three such grants."""
    def is_view(entry):
        return entry["type"] == "grant" and entry["action"] == "customer.view"

    views = [number for number in entry_lines(lines) if is_view(entry_of(lines, number))]
    for text, over in NARROWER.items():
        for name in ("limits", "hard_limits"):
            def narrow(entry, line, name=name, text=text):
                entry[name].append(text)

            missed = not_found_there(lines, views, narrow, key)
            found = [place for place, number in enumerate(views) if number not in missed]
            tap.equal((len(views), found), (3, over), f"grants over {text}, in {name}")


def other_lines(lines, key):
    header, note = json.loads(lines[0]), json.loads(lines[-1])["checkpoint"]
    others = {"issuer": "https://other.example", "host": "elsewhere", "format": "stepup-log/2", "more": 1}
    for name, value in others.items():
        first = json.dumps({**header, name: value})
        tap.ok(is_found([first, *lines[1:]], key), f"another {name} in the first line")
    letter = "A" if note[-4] != "A" else "B"
    for name, wrong in (("signature", note[:-4] + letter + note[-3:]), ("size", note.replace("\n", "\n1", 1)),
                        ("name", note.replace("stepup.example.com", "other.example.com", 1))):
        last = json.dumps({"checkpoint": wrong})
        tap.ok(is_found([*lines[:-1], last], key), f"another {name} in a checkpoint")


CHANGES = {
    "counter": lambda entry, line: entry.update(sign_count=entry["sign_count"] + 1),
    "PIN": lambda entry, line: entry.update(uv=not entry["uv"]),
    "challenge": lambda entry, line: flip(entry, "challenge"),
    "nonce": lambda entry, line: flip(entry["context"], "nonce"),
    "user": lambda entry, line: entry.update(user="root"),
    "prompt": lambda entry, line: line["details"].update(prompt="Nothing much"),
    "way": lambda entry, line: entry.update(via="seat" if entry["via"] == "browser" else "browser"),
    "enrolment": lambda entry, line: entry.update(enrolled=entry["enrolled"] - 1),
}


def other_signatures(lines, key):
    signed = [number for number in entry_lines(lines) if "enrolled" in entry_of(lines, number)]
    for way in WAYS:
        numbers = [number for number in signed if entry_of(lines, number)["via"] == way]
        for name in entry_of(lines, numbers[0])["evidence"]:
            def spoil(entry, line, name=name):
                flip(entry["evidence"], name)

            missed = not_found_there(lines, numbers, spoil, key)
            tap.equal((len(numbers) >= 3, missed), (True, []), f"one bit of {name}, {way}")
    for name, change in CHANGES.items():
        missed = not_found_there(lines, signed, change, key)
        tap.equal(missed, [], f"another {name} than the key signed")


# --- receipts ------------------------------------------------------------------------------------------

def is_refused(text, jwks, now, issuer=ISSUER, service="export"):
    try:
        check_receipt(text, jwks, issuer, service, now)
        return False
    except (Wrong, ValueError, KeyError):
        return True


def part_of(text, index):
    return parse(unb64url(text.split(".")[index]).decode())


def recoded(text, index, change):
    """The receipt with one of its two objects changed, under the signature that it had."""
    parts, value = text.split("."), part_of(text, index)
    change(value)
    parts[index] = b64url(json.dumps(value, separators=(",", ":")).encode())
    return ".".join(parts)


def neighbours(text):
    """The receipt with each letter of it replaced by another one, in turn."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(text):
        if letter != ".":
            yield text[:place] + letters[letters.index(letter) ^ 1] + text[place + 1:]


def receipts(day, log, jwks):
    claims = []
    for text, index in day.receipts:
        claims.append(check_receipt(text, jwks, ISSUER, "export", part_of(text, 1)["iat"]))
        check_grant(claims[-1], log.entries[index])
    plain, hardware = ["pop", "user", "mfa"], ["pop", "hwk", "user", "mfa"]
    words = [(one["acr"], one["amr"], one.get("approvers")) for one in claims]
    tap.equal(words, [("phrh", hardware, None), ("phr", plain, None), ("key", plain, None),
                      ("phrh", hardware, ["news"])],
              "receipts of the browser, the seat, the agent and a claim are the log's")
    with open(os.path.join(day.verifier.run, "jwks.json")) as source:
        tap.equal(json.load(source), jwks, "by the keys of jwks.json")


def other_receipts(text, jwks):
    now, end = part_of(text, 1)["iat"], part_of(text, 1)["exp"]
    held = [is_refused(text, jwks, at) for at in (now - 1, now, end - 1, end)]
    tap.equal(held, [True, False, False, True], "a receipt holds from when it was issued until it expires")
    held = [other for other in neighbours(text) if not is_refused(other, jwks, now)]
    tap.equal(held, [], "each letter of it, changed, is found")
    for name, index, change in (
            ("user", 1, lambda part: part.update(sub="root")),
            ("number", 1, lambda part: part["authorization_details"][0]["details"].update(records=103)),
            ("algorithm", 0, lambda part: part.update(alg="none")),
            ("type", 0, lambda part: part.update(typ="JWT")),
            ("key", 0, lambda part: part.update(kid="other")),
            ("member in the header", 0, lambda part: part.update(jwk=jwks["keys"][0]))):
        tap.ok(is_refused(recoded(text, index, change), jwks, now), f"another {name}")
    tap.ok(is_refused(text, jwks, now, issuer="https://other.example"), "another issuer")
    tap.ok(is_refused(text, jwks, now, service="other"), "another service")
    tap.ok(is_refused(text, {"keys": []}, now), "no key of that name")
    tap.ok(is_refused(text, {"keys": jwks["keys"] * 2}, now), "two keys of that name")
    other = copy.deepcopy(jwks)
    other["keys"][0]["x"], other["keys"][0]["y"] = other["keys"][0]["y"], other["keys"][0]["x"]
    tap.ok(is_refused(text, other, now), "another key under that name")


def renamed(day, key):
    header = HEADER.replace("stepup.example.com", "later.example.com")
    day.verifier.write_policy(header + 'host = "bastion2"\n' + POLICY)
    day.verifier.restart()
    problems, log = check_log(day.export(), key)
    tap.equal((problems, log.issuer, log.entries[-1]["host"]), ([], "https://later.example.com", "bastion2"),
              "a log that goes on under other names is whole")


def main():
    verifier, maker = Verifier(POLICY), Maker()
    write_roots(os.path.join(verifier.folder, "roots"), maker)
    with verifier:
        day = Day(verifier, maker, tap)
        keys = verifier.call("verify", "Keys")
        for happens in (day.keys_are_used, day.limits_are_used, day.out_of_order, day.codes_and_receipts,
                        day.second_person, day.own_credentials, day.administration):
            happens()
        lines, key = day.export(), keys["log_key"]
        log = whole(day, lines, key)
        for changes in (other_entries, what_stands_beside, narrower_limits, other_lines, other_signatures):
            changes(lines, key)
        receipts(day, log, keys["jwks"])
        other_receipts(day.receipts[0][0], keys["jwks"])
        renamed(day, key)
    tap.done()


main()
