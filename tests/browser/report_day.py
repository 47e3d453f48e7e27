#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A full day of one employee's, by a clock that is set forward, and the report of it as HTML:
report_day.py FILE

An ordinary day, then somebody else with her codes: refusals, a request that is denied, volume past the limit,
the lock, what came after it, a second lock, and what came after that.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "flows"))
import rooms  # noqa: F401
from harness import Verifier, program
from logbook import Administrator, RULES
from long_waits import Clock, START

POLICY = '''
service vault { unix-user = "root" }
cooling-off = 0s
action console.login { users = { "*" }  prompt = "Sign in to the support console"  require = { code } }
action customer.view { users = { "*" }  details = { "account:text" }  prompt = "Look at customer {account}"
    require = { code }  fresh-for = 15m
    limit = { "12 different account per 1h" } }
action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"
    require = { code }  code-is-enough = yes  service = vault  limit = { "3 per 24h" }  over-limit = approve
    approvers = { "mail" } }
''' + RULES
HOUR, MINUTE = 3600, 60
OFFICE = {"rhost": "192.0.2.14", "service": "support-console",
          "session": "an employee at her desk, 1234567890abcdef"}
THIEF = {"rhost": "203.0.113.66", "service": "support-console",
         "session": "somebody else, somewhere else, 0987654321fedcba"}
LONG = "a-customer-whose-name-is-longer-than-any-column-should-have-to-be-" * 5


class Day:
    def __init__(self, verifier, clock):
        self.verifier, self.clock, self.jumps = verifier, clock, 0
        self.administrator = Administrator(verifier)
        self.tokens = {name: verifier.enrol_token(name) for name in ("mail", "backup")}

    def at(self, hours, minutes=0):
        """Later; from when the verifier has noticed on. What is fresh runs by the clock since boot, which
        nobody sets: so she signs out."""
        later = hours * HOUR + minutes * MINUTE - (self.clock.now - START)
        if later:
            self.clock.go_on(later)
            self.jumps += 1
            self.verifier.wait_log(f"(?s)(?:the clock was set.*?){{{self.jumps}}}")
        for place in (OFFICE, THIEF):
            self.verifier.call("verify", "EndSession", {"session": place["session"]})

    def do(self, action, details=None, place=OFFICE, code=None):
        return self.verifier.step_up("backup", action, details,
                                     code or self.tokens["backup"].fresh(), **place)

    def look(self, account, place=OFFICE):
        """Uses what is fresh, as a console does."""
        begun = self.verifier.begin("backup", "customer.view", {"account": account}, reach=["fresh"], **place)
        if begun.ok and "fresh" in begun["methods"]:
            return self.verifier.call("verify", "Answer",
                                      {"transaction": begun["transaction"], "method": "fresh"})
        return self.verifier.answer(begun["transaction"],
                                    self.tokens["backup"].fresh()) if begun.ok else begun

    def export(self, account, records, place=OFFICE):
        details = {"account": account, "records": records}
        begun = self.verifier.begin("backup", "customer.export", details, **place)
        return begun["transaction"], self.verifier.answer(begun["transaction"], self.tokens["backup"].fresh())

    def redeem(self, receipt, account, records):
        return self.verifier.call("redeem", "Redeem",
                                  {"receipt": receipt, "action": "customer.export",
                                   "details": {"account": account, "records": records}})

    def agree(self, request):
        begun = self.verifier.call("verify", "Approve", {"user": "mail", "request": request})
        return self.verifier.answer(begun["transaction"], self.tokens["mail"].fresh())

    def office(self):
        """What she does herself, in eight hours."""
        for hour in range(8):
            self.at(hour)
            if hour == 0:
                self.do("console.login")
            for n in range(1 + hour % 3 * 2):
                self.look(f"customer-{hour}-{n}")
            if hour in (1, 4):
                _, granted = self.export(f"customer-{hour}-0", 120 * (hour + 1))
                self.redeem(granted["receipt"], f"customer-{hour}-0", 120 * (hour + 1))
            if hour == 5:
                self.do("console.login", code=self.tokens["backup"].wrong())
        self.at(7, 10)
        self.export("customer-7-0", 12)  # and she thinks better of it
        self.at(7, 20)
        transaction, asked = self.export(LONG, 4000)
        self.agree(asked["request"])
        granted = self.verifier.call("verify", "Claim", {"transaction": transaction})
        self.redeem(granted["receipt"], LONG, 4000)

    def theft(self):
        """What is done in her name at night, until somebody notices."""
        self.at(19)
        self.do("console.login", place=THIEF)
        for n in range(20):
            self.look(f"night-{n}", THIEF)
        _, asked = self.export("night-0", 90000, THIEF)
        self.verifier.call("verify", "Deny", {"user": "mail", "request": asked["request"]})
        self.at(19, 40)
        self.do("customer.view", {"account": "night-30"}, THIEF, self.tokens["backup"].wrong())
        reference = self.administrator.call("Lock", {"users": "backup"}, {
            "users": ["backup"], "reason": "she says that it wasn't her"})["reference"]
        for _ in range(6):
            self.verifier.begin("backup", "customer.view", {"account": "night-31"}, **THIEF)
        self.at(21)
        self.administrator.call("Lock", {"users": "backup"}, {"users": ["backup"], "reason": "to be sure"})
        for _ in range(3):
            self.verifier.begin("backup", "customer.export", {"account": "night-1", "records": 5}, **THIEF)
        return reference


def main(path):
    verifier = Verifier(POLICY)
    clock = Clock(verifier)
    with verifier:
        day = Day(verifier, clock)
        day.office()
        day.theft()
        summary = day.administrator.check()
        if summary["problems"]:
            raise RuntimeError(summary["problems"])
        exported = os.path.join(verifier.folder, "export")
        with open(exported) as source:
            key = json.loads(source.readline())["log_key"]
        page = subprocess.run([program("tools/stepup/stepup"), "report", "backup", "--since",
                               "2030-06-01T00:00:00Z", "--until", "2030-06-03T00:00:00Z", "--file", exported,
                               "--key", key, "--html"],
                              check=True, capture_output=True).stdout
    with open(path, "wb") as out:
        out.write(page)


if __name__ == "__main__":
    main(sys.argv[1])
