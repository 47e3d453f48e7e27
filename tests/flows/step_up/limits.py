#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Volume limits as callers meet them: each kind at its edge, what charges them and what doesn't, windows that
slide, what happens over them, and that they are exact however many ask at once."""
import os
import sqlite3
import sys
from time import monotonic, sleep

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier
from logbook import Administrator, RULES
from passing_time import PassingTime
from softkey import Key, ORIGIN, enrol_key
from step_up import at_once

HOUR = 3600
POLICY = f'''
origins = {{ "{ORIGIN}" }}
cooling-off = 0s
service export {{ unix-user = "bin" }}
group leads {{ members = {{ "news", "uucp" }} }}
action count {{ users = {{ "*" }}  prompt = "Count"  require = {{ code }}
    limit = {{ "2 per 1h", "3 per 24h" }} }}
action sum {{ users = {{ "*" }}  details = {{ "records:number" }}  prompt = "Sum {{records}}"
    require = {{ code }}  limit = {{ "100 records per 1h" }} }}
action kinds {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }}
    limit = {{ "2 different account per 1h" }} }}
action lock {{ users = {{ "*" }}  prompt = "Lock"  require = {{ code }}  limit = {{ "1 per 1h" }}
    over-limit = lock }}
action both {{ users = {{ "*" }}  prompt = "Both"  require = {{ code }}  code-is-enough = yes
    limit = {{ "1 per 24h" }}  over-limit = approve
    hard-limit = {{ "2 per 24h" }}  approvers = {{ "@leads" }} }}
action fresh {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }}  code-is-enough = yes
    fresh-for = 2h  limit = {{ "2 different account per 24h" }}  over-limit = approve
    approvers = {{ "@leads" }} }}
action export {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Export {{account}}"
    require = {{ key }}  service = export
    limit = {{ "3 per 24h" }} }}
''' + RULES
tap = Tap()


def granted(verifier, token, action, details=None, **more):
    """What came of a whole step-up with a right code: "granted", or the refusal's name."""
    reply = verifier.step_up("mail", action, details, token.fresh(), **more)
    return reply.error or "granted"


def edges(verifier):
    token = verifier.enrol_token("mail")
    tap.equal([granted(verifier, token, "count") for _ in range(3)], ["granted", "granted", "OverLimit"],
              "N per WINDOW: N are granted, the next is not")
    tap.equal(verifier.begin("mail", "sum", {"records": 101}).error, "OverLimit",
              "a sum of one too many is refused at once")
    tap.equal(granted(verifier, token, "sum", {"records": 100}), "granted",
              "exactly as many as there are is granted")
    tap.equal(granted(verifier, token, "sum", {"records": 0}), "granted",
              "what takes nothing is granted with nothing left")
    reply = verifier.begin("mail", "sum", {"records": 1})
    tap.equal(reply.error, "OverLimit", "and one more is not")
    tap.matches(reply.message, "100 records per 1h.*Nothing was approved", "in words that name the limit")
    tap.equal([granted(verifier, token, "kinds", {"account": account})
               for account in ("a", "b", "a", "c", "b")],
              ["granted", "granted", "granted", "OverLimit", "granted"],
              "N different: what was seen before costs nothing, the next new one is refused")
    tap.equal([granted(verifier, token, "kinds", {"account": account}) for account in ("A", "a ", "\u0430")],
              ["OverLimit"] * 3, "another letter case, a space, a look-alike is another account")


def charges(verifier):
    """Only what was granted is charged; all of it is."""
    token = verifier.enrol_token("mail")
    for _ in range(2):
        begun = verifier.begin("mail", "count")
        verifier.answer(begun["transaction"], "no code")
    begun = [verifier.begin("mail", "count")["transaction"] for _ in range(5)]
    verifier.call("verify", "Cancel", {"transaction": begun[0]})
    tap.equal([granted(verifier, token, "count") for _ in range(2)], ["granted"] * 2,
              "what was begun, mistyped or given up charges nothing")
    replies = [verifier.answer(transaction, token.fresh()) for transaction in begun[1:]]
    tap.equal({reply.error for reply in replies}, {"OverLimit"},
              "what was begun while there was room is refused when there is none at the answer")


def slides(verifier, time):
    token = verifier.enrol_token("mail")
    outcomes = [granted(verifier, token, "count")]
    time.go_on(HOUR // 2)
    outcomes += [granted(verifier, token, "count"), granted(verifier, token, "count")]
    tap.equal(outcomes, ["granted", "granted", "OverLimit"], "two in an hour are all there is")
    time.go_on(HOUR // 2 - 600)
    tap.equal(granted(verifier, token, "count"), "OverLimit", "and stay all until the first is an hour old")
    time.go_on(601)
    tap.equal([granted(verifier, token, "count") for _ in range(2)], ["granted", "OverLimit"],
              "then one is free again: the window slides, it doesn't begin anew")
    time.go_on(2 * HOUR)
    reply = verifier.begin("mail", "count")
    tap.ok(reply.error == "OverLimit" and "3 per 24h" in reply.message,
           "a longer window counts what the shorter one has forgotten", reply)
    time.go_on(22 * HOUR)
    tap.equal(granted(verifier, token, "count"), "granted", "until a day has passed")


def restarts(verifier):
    token = verifier.enrol_token("mail")
    before = granted(verifier, token, "count")
    verifier.kill()
    verifier.start()
    after = [granted(verifier, token, "count") for _ in range(2)]
    tap.equal((before, *after), ("granted", "granted", "OverLimit"),
              "what was used is used after kill -9, too")
    verifier.write_policy(POLICY.replace('"2 per 1h", "3 per 24h"', '"3 per 2h"'))
    verifier.reload()
    tap.equal([granted(verifier, token, "count") for _ in range(2)], ["granted", "OverLimit"],
              "an edited limit counts what was used before")


def summer_time(verifier, time):
    """A night in which the clocks of Berlin show two o'clock twice, from 02:10 summer time on."""
    token = verifier.enrol_token("mail")
    outcomes = []
    for minutes in (0, 40, 15, 6):
        time.go_on(minutes * 60)
        outcomes.append(granted(verifier, token, "count"))
    tap.equal(outcomes, ["granted", "granted", "OverLimit", "granted"],
              "an hour of a limit is an hour, also in the night that has one twice")


def over_lock(verifier):
    token = verifier.enrol_token("mail")
    tap.equal(granted(verifier, token, "lock"), "granted", "over-limit = lock: within it nothing happens")
    begun = verifier.begin("mail", "lock")
    tap.ok(begun.ok, "over it the person is asked first", begun)
    tap.equal(verifier.answer(begun["transaction"], token.wrong()).error, "BadAnswer",
              "somebody who isn't them locks nobody")
    tap.ok(verifier.begin("mail", "count").ok, "so that nobody is locked out by a stranger")
    reply = verifier.step_up("mail", "lock", None, token.fresh(), rhost="elsewhere")
    tap.ok(reply.error == "Locked" and reply.get("reference", "").startswith("L-"),
           "and whoever proves to be them is locked", reply)
    tap.equal(verifier.begin("mail", "count").error, "Locked", "for everything")


def over_approve(verifier):
    tokens = {name: verifier.enrol_token(name) for name in ("mail", "news")}
    tap.equal(granted(verifier, tokens["mail"], "both"), "granted",
              "over-limit = approve: within it nobody else is asked")

    def agreed():
        begun = verifier.begin("mail", "both")
        reply = verifier.answer(begun["transaction"], tokens["mail"].fresh())
        asked = verifier.call("verify", "Approve", {"user": "news", "request": reply["request"]})
        verifier.answer(asked["transaction"], tokens["news"].fresh())
        return verifier.call("verify", "Claim", {"transaction": begun["transaction"]})

    tap.ok(agreed().ok, "over it a second person's agreement grants")
    reply = verifier.begin("mail", "both")
    tap.ok(reply.error == "OverLimit" and "2 per 24h" in reply.message,
           "what was agreed to is charged like anything else: the hard limit is reached", reply)
    tap.equal(verifier.call("verify", "Requests", {"user": "news"})["requests"], [],
              "and past it nobody is asked")


def fresh(verifier):
    token = verifier.enrol_token("mail")
    place = {"session": "s" * 43, "reach": ["fresh"]}

    def covered(account):
        begun = verifier.begin("mail", "fresh", {"account": account}, **place)
        return (begun,
                verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "fresh"}))

    tap.equal(granted(verifier, token, "fresh", {"account": "a"}, **place), "granted",
              "somebody confirmed it once")
    tap.ok(covered("b")[1].ok, "within the limit that covers the next one")
    begun, reply = covered("c")
    tap.equal(reply.error, "BadAnswer", "over the limit nothing is covered")
    reply = verifier.answer(begun["transaction"], token.fresh())
    tap.equal(reply.error, "NeedsApproval", "the person confirms it and a second one is asked")
    tap.ok(covered("a")[1].ok, "what costs nothing is covered still")


def fifty(verifier):
    """Right answers by a key whose counter stands still, so that each of them is good by itself."""
    key = enrol_key(verifier, "mail", Key(counts=False))
    begun = [verifier.begin("mail", "export", {"account": f"a{i}"}, reach=["browser"]) for i in range(50)]
    signed = [{"transaction": one["transaction"], "method": "browser", "key": key.sign(one["browser"])}
              for one in begun]
    clients = [verifier.client() for _ in begun]
    replies = at_once(50, lambda i: clients[i].call("Answer", signed[i]))
    for client in clients:
        client.close()
    outcomes = [reply.error or "granted" for reply in replies]
    tap.equal((outcomes.count("granted"), outcomes.count("OverLimit")), (3, 47),
              "fifty parallel exports with three left: three are granted")
    receipts = [reply["receipt"] for reply in replies if reply.ok]
    tap.equal(len(set(receipts)), 3, "with a receipt each")
    entries = Administrator(verifier).entries()
    tap.equal(sum(entry["type"] == "grant" and entry["action"] == "export" for entry in entries), 3,
              "and a log entry each")
    tap.equal(verifier.begin("mail", "export", {"account": "a0"}, reach=["browser"]).error, "OverLimit",
              "a receipt that nobody redeemed counts all the same")


def tampered(verifier):
    """Somebody takes rows out of the database, so that a limit would count less."""
    token = verifier.enrol_token("mail")
    for account in ("a", "b"):
        tap.equal(granted(verifier, token, "kinds", {"account": account}), "granted",
                  f"account {account} is looked at")
    with sqlite3.connect(verifier.database) as database:
        tap.equal(database.execute("DELETE FROM use_values WHERE before = 0").rowcount, 1,
                  "the row of the first one is deleted")
    database.close()
    reply = verifier.step_up("mail", "kinds", {"account": "c"}, token.fresh())
    tap.equal(reply.error, "Unavailable", "nothing more is granted")
    tap.matches(reply.message, "Could not check, so nothing was approved", "in these words")
    tap.matches(verifier.log(),
                r"what mail used \(kinds different account\) was changed or removed in the database",
                "and the journal says why")
    tap.equal(granted(verifier, token, "count"), "granted", "other limits are as they were")


def rows(verifier):
    """What the database holds of uses."""
    with sqlite3.connect(verifier.database) as database:
        count = sum(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                    for table in ("use_totals", "use_values"))
    database.close()
    return count


def pruned(verifier, time):
    """A month and a day after it, nobody counts a use any more."""
    token = verifier.enrol_token("mail")
    for account in ("a", "b"):
        tap.equal([granted(verifier, token, *what) for what in (("kinds", {"account": account}), ("count",))],
                  ["granted"] * 2, f"uses: account {account}")
        time.go_on(5)
    before = rows(verifier)
    tap.equal(before, 3, "two values and a total stand in the database")
    time.go_on(31 * 24 * HOUR)
    tap.equal(granted(verifier, token, "count"), "granted", "after the longest window there may be")
    tap.ok(rows(verifier) >= before, "they are there still")
    time.go_on(33 * 24 * HOUR)
    deadline = monotonic() + 60
    while rows(verifier) > 0 and monotonic() < deadline:
        verifier.client().close()  # a loop that began to sleep before time went on sleeps on otherwise
        sleep(0.1)
    tap.equal(rows(verifier), 0, "old limit rows are pruned")
    tap.equal(granted(verifier, token, "count"), "granted", "and the limit goes on")


def main():
    for run in (edges, charges, restarts, over_lock, over_approve, fresh, fifty, tampered):
        with Verifier(POLICY) as verifier:
            tap.run(run, verifier)
            problems = Administrator(verifier).check()["problems"]
            tap.equal(problems, [], "stepup log verify finds nothing wrong with any of it")
    for run in (slides, pruned):
        verifier = Verifier(POLICY)
        time = PassingTime(verifier)
        with verifier:
            tap.run(run, verifier, time)
            problems = Administrator(verifier).check()["problems"]
            tap.equal(problems, [], "stepup log verify finds nothing wrong with any of it")
    verifier = Verifier(POLICY, environment={"TZ": "Europe/Berlin"})
    time = PassingTime(verifier, "2030-10-27 00:10:00")
    with verifier:
        tap.run(summer_time, verifier, time)
        tap.equal(Administrator(verifier).check()["problems"], [], "stepup log verify counts as many hours")
    tap.done()


if __name__ == "__main__":
    main()
