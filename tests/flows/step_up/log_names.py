#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A host that is renamed, a host and an issuer that are set after the log began: it stays the same log, and
the key noted on the first day stays its key."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier, need_root
from logbook import RULES, Administrator

POLICY = '''issuer = "%s"
%srp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
action door.open { users = { "*" } prompt = "Open the door" require = { code } }
''' + RULES
FIRST, LATER = "http://localhost", "https://stepup.example.com"


def host_line(name):
    return f'host = "{name}"\n'


def renamed(tap):
    """A host that began with the policy that `stepup init` writes, and took the company's policy after
    it; then two moves."""
    verifier = Verifier(POLICY % (FIRST, ""))
    with verifier:
        admin = Administrator(verifier)
        noted = verifier.call("admin", "Init", {"user": "root", "again": True})["log_key"]
        for issuer, host in ((LATER, ""), (LATER, host_line("bastion1")), (LATER, host_line("bastion2")),
                             (FIRST, host_line("bastion1"))):
            verifier.write_policy(POLICY % (issuer, host))
            verifier.restart()
            where = f"issuer {issuer}, {host.strip() or 'no host'}"
            tap.equal(verifier.call("admin", "Init", {"user": "root", "again": True})["log_key"], noted,
                      f"{where}: the log's key is the one of the first day")
            checked = admin.check(noted=noted)
            tap.equal((checked["problems"], checked["proven"]), ([], checked["entries"]),
                      f"{where}: log verify by that key finds nothing wrong")
        entries = [entry for entry in admin.entries() if entry["type"] == "names"]
        tap.equal([(entry["issuer"], entry["host"], entry["was_issuer"]) for entry in entries],
                  [(LATER, entries[0]["was_host"], FIRST), (LATER, "bastion1", LATER),
                   (LATER, "bastion2", LATER), (FIRST, "bastion1", LATER)],
                  "each other name is an entry")
        tap.equal(entries[2]["was_host"], "bastion1", "which says what the host was called")
        before = len(entries)
        verifier.restart()
        tap.equal(len([entry for entry in admin.entries() if entry["type"] == "names"]), before,
                  "and a start without another name has none")


def reloaded(tap):
    """What a running verifier signs and logs under isn't changed under it."""
    with Verifier(POLICY % (LATER, host_line("bastion1"))) as verifier:
        verifier.write_policy(POLICY % (LATER, host_line("bastion2")))
        verifier.reload()
        tap.matches(verifier.log(), '"host" can.t change while the verifier runs',
                    "a reload with another host is refused")
        tap.equal(verifier.call("admin", "Status")["host"], "bastion1",
                  "and the host stays what the log says")


def main():
    need_root()
    tap = Tap()
    tap.run(renamed, tap)
    tap.run(reloaded, tap)
    tap.done()


main()
