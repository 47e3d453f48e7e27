#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Requests, agreements, waiting, locks and hooks under the sanitizers: random messages, right ones and
mutilated ones, pipelined, with hang-ups in the middle, from several uids at once. Nothing is granted that
nobody agreed to, nothing is said twice, and stepupd stops cleanly.

STEPUP_SEED=N repeats one run."""
import json
import os
import random
import re
import select
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from approvals import POLICY, Scene, clean
import approvals
from harness import GAMES, MAIL, NEWS, NOBODY, Client, Closed, Reply, Verifier, as_uid, need_root, program
from rounds import rounds

ROUNDS = rounds(150, 3000)  # messages of each uid
HARD = POLICY + '''
action customer.view { users = { "*" }  prompt = "View"  require = { code }  fresh-for = 15m }
'''
tap = approvals.tap

ODD = (None, True, 0, -1, 2**53, 2**63, 1.5, "", "x", "R-", "R-000000000000", "\x00", "%n%s", "../" * 9,
       "é" * 300, "x" * 70000, [], {}, ["fresh"], [[]] * 50,
       {"account": "a"}, "fresh")
FIELDS = ("user", "request", "reason", "reach", "session", "transaction", "method", "code", "key", "decision",
          "rhost", "service", "action", "details", "event", "log", "outcomes", "more")


class Gibberish:
    """One connection's worth of random calls; what it learns (ids, transactions) it uses again."""

    def __init__(self, draw, door, known):
        self.draw, self.door, self.known = draw, door, known

    def some(self, name):
        known = self.known.get(name)
        return self.draw.choice(known) if known and self.draw.random() < 0.8 else self.draw.choice(ODD)

    def parameters(self, method):
        wanted = {"Requests": ("user",), "Approve": ("user", "request", "decision", "reach", "session"),
                  "Deny": ("user", "request"), "CancelRequest": ("request",), "AwaitApproval": ("request",),
                  "Claim": ("transaction",), "Cancel": ("transaction",), "EndSession": ("session",),
                  "Answer": ("transaction", "method", "code"),
                  "Begin": ("user", "action", "details", "reach", "session", "reason"), "Next": (),
                  "Done": ("event", "log", "outcomes")}[method]
        made = {name: self.some(name) for name in wanted if self.draw.random() < 0.95}
        if self.draw.random() < 0.1:
            made[self.draw.choice(FIELDS)] = self.draw.choice(ODD)
        return made

    def message(self):
        methods = (("Next", "Done") if self.door == "hooks"
                   else ("Requests", "Approve", "Deny", "CancelRequest", "AwaitApproval", "AwaitApproval",
                         "Requests", "Claim", "Cancel", "EndSession", "Answer", "Begin"))
        method = self.draw.choice(methods)
        message = {"method": f"io.stepup.{'Hooks1' if self.door == 'hooks' else 'Verify1'}.{method}",
                   "parameters": self.parameters(method)}
        if self.draw.random() < 0.4:
            message["more"] = self.draw.choice((True, True, True, False, 1))
        data = json.dumps(message).encode()
        if self.draw.random() < 0.1:
            at = self.draw.randrange(len(data))
            data = data[:at] + bytes([self.draw.randrange(256)]) + data[at + 1:]
        return data + b"\0"

    def learn(self, reply):
        parameters = reply.parameters
        for name in ("transaction", "request"):
            if isinstance(parameters.get(name), str):
                self.known.setdefault(name, []).append(parameters[name])
        for request in parameters.get("requests", []):
            self.known.setdefault("request", []).append(request["id"])


def talk(path, door, seed, known):
    """Many connections one after the other; the errors that came, counted."""
    draw, seen = random.Random(seed), {}
    left = ROUNDS
    while left > 0:
        gibberish = Gibberish(draw, door, known)
        try:
            with Client(path, door) as client:
                client.socket.settimeout(0.5) # while a call waits, nobody reads what comes after it
                for _ in range(draw.randrange(1, 8)):
                    left -= 1
                    client.send(b"".join(gibberish.message() for _ in range(draw.choice((1, 1, 1, 2, 5)))))
                    while select.select([client.socket], [], [], draw.choice((0, 0.002, 0.02)))[0]:
                        reply = Reply(json.loads(client.receive()))
                        gibberish.learn(reply)
                        seen[reply.full_error] = seen.get(reply.full_error, 0) + 1
        except (Closed, TimeoutError, BrokenPipeError, ConnectionResetError):
            seen["closed"] = seen.get("closed", 0) + 1
    return seen


def at_once(verifier, seed, scene, requests):
    """The same from several uids, in children; what they saw."""
    known = {"user": ["mail", "news", "uucp", "man"], "request": requests, "session": ["s" * 43],
             "method": ["code", "fresh"], "decision": ["approve", "lock"],
             "action": ["vault.open", "customer.view", "customer.export"],
             "details": [{"door": "north"}, {"account": "a", "records": 1}],
             "code": [scene.tokens["man"].wrong()], "event": ["alert", "requested", "locked"],
             "log": list(range(20)), "reach": [["fresh"]]}
    children = []
    for number, (uid, door) in enumerate(((GAMES, "verify"), (NEWS, "verify"), (MAIL, "verify"),
                                          (NOBODY, "verify"), (0, "hooks"))):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                out = as_uid(uid, talk, verifier.path(door), door, f"{seed} {number}", known)
            except BaseException as error:
                out = {f"{type(error).__name__}: {error}": 1}
            os.write(writing, json.dumps(out, skipkeys=True).encode()[:60000])
            os._exit(0)
        os.close(writing)
        children.append((child, reading))
    seen = {}
    for child, reading in children:
        with os.fdopen(reading) as source:
            said = source.read()
        os.waitpid(child, 0)
        for error, count in json.loads(said).items():
            seen[error] = seen.get(error, 0) + count
    return seen


def one(flavour, binary, seed):
    verifier = Verifier(HARD, binary=binary)
    try:
        verifier.start()
        os.chmod(verifier.path("admin"), 0o666)
        scene = Scene(verifier, "man")
        waiting = [scene.ask(details={"door": door}, rhost=door) for door in ("north", "south", "east")]
        requests = [reply["request"] for _, reply in waiting]
        seen = at_once(verifier, seed, scene, requests)
        odd = [error for error in seen
               if not re.fullmatch(r"null|closed|(io\.stepup|org\.varlink)\.\w+\.\w+", error)]
        tap.equal(odd, [], f"{flavour}: every message has an answer that the interface has")
        tap.ok(len(seen) >= 6 and seen.get("null", 0) > 20, f"{flavour}: of many kinds", seen)
        granted = [transaction for transaction, _ in waiting if scene.claim(transaction).ok]
        tap.equal(granted, [], f"{flavour}: nothing is granted that nobody agreed to")
        with verifier.client() as follower, verifier.client() as silent:
            follower.start("Requests", {"user": "uucp"}, more=True)
            silent.send(
                b'{"method":"io.stepup.Verify1.Requests","parameters":{"user":"uucp"},"more":true}\0' * 9)
            tap.ok(follower.finish().ok, f"{flavour}: others are served")
            clean(scene)
            tap.equal(verifier.stop(), 0, f"{flavour}: stepupd stops cleanly, whoever still waits")
        reports = re.findall(r".*(?:Sanitizer|runtime error|stepupd: bug:).*", verifier.log())
        tap.equal(reports, [], f"{flavour}: nothing to report")
    finally:
        verifier.process = None
        verifier.close()


def main():
    need_root()
    seed = os.environ.get("STEPUP_SEED") or str(random.randrange(10**6))
    print(f"# STEPUP_SEED={seed}", flush=True)
    build = os.environ.get("STEPUP_BUILD_ASAN")
    binary = os.path.join(build, "verifier", "stepupd") if build else None
    if binary and os.path.exists(binary):
        tap.run(one, "address and undefined", binary, seed)
    else:
        tap.run(one, "plain", program("verifier/stepupd"), seed)
    tap.done()


main()
