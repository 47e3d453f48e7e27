#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepupd, built with the address and undefined-behaviour sanitizers, under a mixed load: right and wrong
codes and keys of many users at once, enrolments, reloads, garbage, hang-ups in the middle of a call, a clean
stop, a kill. Whatever a sanitizer reports makes it end with another status than 0."""
import ast
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import DAEMON, GAMES, MAIL, NOBODY, Client, Tap, Verifier, as_uid, need_root
from softkey import AgentKey, Key, answer, enrol_key
from step_up import at_once

POLICY = '''
origins = { "https://support.example.com" }
cooling-off = 0s
action door.open {
	users = { "*" }  details = { "door:text", "times:number" }  prompt = "Open {door}"
	require = { code }  limit = { "100 per 1h", "1000 times per 1h", "50 different door per 1h" }
}
service vault { unix-user = "root" }
action vault.open {
	users = { "*" }  details = { "door:text" }  prompt = "Open {door}"
	require = { code }  code-is-enough = yes  service = vault
}
action safe.open { users = { "*" }  prompt = "Open the safe"  require = { key }  service = vault }
'''
WORKERS, ROUNDS = 6, 8
tap = Tap()


def again(function):
    """Its value; a reload may come in between and end what was begun, so several tries."""
    for _ in range(9):
        try:
            return function()
        except RuntimeError as error:
            said = error
    raise said


def keys(verifier, name):
    """One person's keys, by each way; how many step-ups were granted."""
    key, agent = again(lambda: enrol_key(verifier, name, Key())), again(lambda: enrol_key(verifier, name,
                                                                                          AgentKey()))
    granted = 0
    for turn in range(ROUNDS):
        begun = verifier.begin(name, "safe.open", reach=["browser", "seat", "agent"])
        answer(verifier, begun, "browser", key.sign(begun["browser"], bogus=True))
        answer(verifier, begun, "agent", {**agent.sign(begun["agent"]), "signature": "AAAA" * turn})
        granted += answer(verifier, begun, "seat", key.sign_seat(begun["seat"])).ok
        begun = verifier.begin(name, "safe.open", reach=["agent"])
        granted += answer(verifier, begun, "agent", agent.sign(begun["agent"])).ok
    begun = verifier.begin(name, "safe.open", reach=["browser"])
    made = key.sign(begun["browser"])
    clients = [verifier.client() for _ in range(4)]
    wanted = {"transaction": begun["transaction"], "method": "browser", "key": made}
    granted += sum(reply.ok for reply in at_once(4, lambda i: clients[i].call("Answer", wanted)))
    for client in clients:
        client.close()
    begun = verifier.begin("nobody-here", "safe.open", reach=["browser"])
    answer(verifier, begun, "browser", key.sign(begun["browser"]))
    return granted


def worker(verifier, number):
    """One process's share; how many right codes were granted, wrong ones refused, receipts redeemed."""
    name = f"user{number}"
    secret = again(lambda: verifier.enrol(name))
    counts = {"granted": 0, "refused": 0, "redeemed": 0, "keys": keys(verifier, f"holder{number}")}
    for turn in range(ROUNDS):
        reply = verifier.step_up(name, "door.open", {"door": f"d{turn}", "times": turn}, secret.wrong(),
                                 rhost=f"host{turn}")
        counts["refused"] += reply.error in ("BadAnswer", "Throttled")
        begun = verifier.begin(name, "door.open", {"door": "x", "times": 1})
        with verifier.client() as client: # hangs up while the code is being checked
            client.start("Answer", {"transaction": begun["transaction"], "method": "code", "code": "000000"})
    verifier.call("admin", "Status")
    verifier.call("verify", "Explain",
                  {"user": name, "action": "door.open", "details": {"door": "d", "times": 1}})
    verifier.call("verify", "List", {"user": name})
    with verifier.client() as client:
        client.send(b'{"method":"io.stepup.Verify1.Be')
    other = again(lambda: verifier.enrol(f"other{number}"))
    reply = verifier.step_up(f"other{number}", "vault.open", {"door": "v"}, other.fresh())
    counts["granted"] += reply.ok
    if reply.ok:
        redeemed = verifier.call("redeem", "Redeem", {"receipt": reply["receipt"], "action": "vault.open",
                                                      "details": {"door": "v"}})
        counts["redeemed"] += redeemed.ok
    verifier.call("verify", "LockMe", {})
    return counts


def load(verifier, flavour):
    children = []
    for number in range(WORKERS):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                out = repr(worker(verifier, number))
            except BaseException as error:
                out = f"{type(error).__name__}: {error}"
            os.write(writing, out.encode()[:4000])
            os._exit(0)
        os.close(writing)
        children.append((child, reading))
    for uid in (DAEMON, MAIL, NOBODY):
        verifier.call("verify", "Account", {}, uid=uid)
    for _ in range(3):
        with Client(verifier.path()) as client:
            client.send(b"garbage\0")
            client.is_closed()
        verifier.call("verify", "Keys", uid=GAMES)
    verifier.write_policy(
        POLICY + 'action door.shut { users = { "*" } prompt = "Shut" require = { code } }\n')
    verifier.reload()
    verifier.write_policy(POLICY + "nonsense = 1\n")
    verifier.reload()
    verifier.write_policy(POLICY)
    total = {"granted": 0, "refused": 0, "redeemed": 0, "keys": 0}
    for number, (child, reading) in enumerate(children):
        with os.fdopen(reading) as source:
            said = source.read()
        os.waitpid(child, 0)
        if tap.ok(said.startswith("{"), f"{flavour}: worker {number} came to its end", said):
            for name, count in ast.literal_eval(said).items():
                total[name] += count
    tap.ok(total["refused"] > 0 and total["redeemed"] == total["granted"],
           f"{flavour}: wrong codes were refused, each receipt redeemed", total)
    tap.ok(total["keys"] > WORKERS * ROUNDS, f"{flavour}: keys were taken, by each way", total)


def one(flavour, build):
    verifier = Verifier(POLICY, binary=os.path.join(build, "verifier", "stepupd"))
    try:
        verifier.start()
        tap.run(load, verifier, flavour)
        tap.equal(verifier.stop(), 0, f"{flavour}: stepupd stops cleanly after a mixed load")
        verifier.start()
        verifier.kill()
        verifier.start()
        # the thread sanitizer loses a signal that comes before the loop first waits
        verifier.call("verify", "Keys")
        tap.equal(verifier.stop(), 0, f"{flavour}: and after a start on what a kill left")
        reports = re.findall(r".*(?:Sanitizer|runtime error|stepupd: bug:).*", verifier.log())
        tap.equal(reports, [], f"{flavour}: nothing to report")
        if reports:
            print("\n".join("# " + line for line in verifier.log().splitlines()[:150]), flush=True)
    finally:
        verifier.process = None
        verifier.close()


def main():
    need_root()
    for flavour, variable in (("address and undefined", "STEPUP_BUILD_ASAN"),
                              ("thread", "STEPUP_BUILD_TSAN")):
        build = os.environ.get(variable)
        if not build or not os.path.exists(os.path.join(build, "verifier", "stepupd")):
            tap.skip(f"{flavour}: a mixed load", f"{variable} names no build of stepupd")
        else:
            tap.run(one, flavour, build)
    tap.done()


main()
