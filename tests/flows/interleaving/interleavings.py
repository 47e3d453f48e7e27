#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random interleavings never yield more than the policy allows: step-ups, requests and agreements, locks,
freezes, revocations, redemptions, reloads, kills, restarts and a clock that is set, many at once, on a real
stepupd; then judges look at every answer and at the whole log.

STEPUP_SEED=N        one run with that seed (several, separated by commas); else a few fixed
ones and a new one
STEPUP_OPERATIONS=N  so many operations a run
STEPUP_WIDTH=N       so many at once, at most; 1 is one after the other, as near to a repeatable run as
windows in seconds allow
STEPUP_VERBOSE=1     also how often each method was answered with what

Operations are in interleaved_moves.py, the judges in interleaved_log.py (the log) and interleaved_judge.py
(what clients were answered).
"""
import collections
import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from clock import SetClock
from harness import Tap, Verifier
from interleaved_calls import Crowd
from interleaved_judge import Judge
from interleaved_log import Replay
from interleaved_moves import Moves
from interleaved_people import KeyAdministrator, World
from interleaved_policy import policies
from rounds import rounds

SEEDS = (1, 2)
RANDOM_SEEDS = rounds(1, 12)
OPERATIONS = 500
WIDTH = 12
HELD = 0.1  # how often the verifier is stopped for a moment
TRACED = 60  # calls of the persons concerned, before what went wrong
tap = Tap()


class Run:
    """One seed: a verifier, its people, and what happens to them."""

    def __init__(self, seed, operations, width):
        self.draw = random.Random(seed)
        self.operations, self.width = operations, width
        self.events = collections.Counter()
        self.with_clock = self.draw.random() < 0.5
        self.offset = 0
        self.policies = policies(3600 if self.with_clock else 0)
        self.verifier = Verifier(self.policies[0].text)
        if self.with_clock:
            self.clock = SetClock(self.verifier.folder)
            self.clock.set("+0")
            self.verifier.environment = self.clock.environment()
        self.active = {}  # operation: its calls that are under way
        self.of_call = {}
        self.held = False

    def clock_now(self):
        return time.time() + self.offset

    def go_on(self, seconds):
        self.offset += seconds
        self.clock.set(f"{self.offset:+d}")

    def settle(self):
        """Everybody enrolled, every policy once in force, so that its name in the log is known."""
        self.open_doors()
        self.world = World(self.verifier, self.clock_now)
        self.world.settle(self.policies[0].cooling_off, self.go_on)
        for policy in reversed(self.policies):
            self.verifier.write_policy(policy.text)
            self.verifier.reload()
            policy.digest = self.verifier.call("admin", "Status")["policy"]
        self.moves = Moves(self.world, self.draw)
        self.crowd = Crowd(self.verifier)
        self.first = self.verifier.call("admin", "Status")["log_size"]

    def open_doors(self):
        for door in ("admin", "redeem"):
            os.chmod(self.verifier.path(door), 0o666)

    # --- operations ---

    def advance(self, operation, said):
        """Hands an operation what its calls were answered, and sends the next."""
        try:
            wanted = operation.send(said)
        except StopIteration:
            self.active.pop(operation, None)
            return
        calls = wanted if isinstance(wanted, list) else [wanted]
        for call in calls:
            self.crowd.start(call)
        if all("waits" in call.notes for call in calls):  # for ever, perhaps; nothing depends on it
            self.active.pop(operation, None)
            return
        self.active[operation] = (wanted, calls)
        self.of_call.update(dict.fromkeys(calls, operation))

    def hold(self):
        """The verifier stands still until the next answer is waited for: what is sent meanwhile, it finds all
        at once and decides in one go."""
        self.held = True
        self.verifier.process.send_signal(signal.SIGSTOP)

    def release(self):
        if self.held:
            self.verifier.process.send_signal(signal.SIGCONT)
        self.held = False

    def deliver(self):
        self.release()
        done = self.crowd.wait()
        self.draw.shuffle(done)
        for call in done:
            operation = self.of_call.pop(call, None)
            wanted, calls = self.active.get(operation, (None, ()))
            if call in calls and all(one.reply is not None for one in calls):
                self.advance(operation, wanted)

    def happen(self):
        """All of it."""
        for number in range(self.operations):
            if number % 100 == 0:
                width = self.draw.randrange(1, self.width + 1)
            while len(self.active) >= width:
                self.deliver()
            if self.draw.random() < HELD:
                self.hold()
            self.advance(self.moves.next(), None)
            self.meanwhile()
        self.release()
        while self.active:
            self.deliver()
        self.crowd.hang_up()
        self.last = self.verifier.call("admin", "Status")["log_size"]

    # --- what happens to the verifier meanwhile ---

    def meanwhile(self):
        for share, event in ((0.005, self.kill), (0.002, self.stop), (0.008, self.change_policy),
                             (0.006 if self.with_clock else 0, self.set_clock)):
            if self.draw.random() < share:
                self.release()
                self.events[event.__name__] += 1
                event()

    def ended(self):
        """After the verifier ended: what was under way is over; it starts again."""
        self.crowd.drain()
        for operation in list(self.active):
            operation.close()
        self.active, self.of_call = {}, {}
        self.world.over()
        self.verifier.start()
        self.open_doors()

    def kill(self):
        time.sleep(self.draw.random() * 0.004)
        self.verifier.kill()
        self.ended()

    def stop(self):
        self.verifier.stop()
        self.ended()

    def change_policy(self):
        self.verifier.write_policy(self.draw.choice(self.policies).text)
        if self.draw.random() < 0.7:
            self.verifier.reload()

    def set_clock(self):
        self.crowd.hang_up_idle()
        self.go_on(self.draw.choice((3, 20, 130, 400, 700, 4000, 90000, -3, -20, -300, -4000)))

    # --- judging ---

    def judge(self):
        """Problems, and what `stepup log verify` says."""
        self.verifier.restart()  # so that no set clock is still to be noticed
        self.open_doors()
        administrator = KeyAdministrator(self.verifier, self.world.people["root"])
        log = administrator.read_log()
        self.replay = Replay([json.loads(one["entry"]) for one in log[0]],
                             [(one.get("details") or {}).get("details") for one in log[0]], self.policies)
        self.judged = Judge(self.crowd.calls, self.replay, self.first, self.last)
        return self.replay.problems + self.judged.problems, administrator.check(log)["problems"]

    def trace(self, problem):
        """What went wrong, and what the persons concerned did before."""
        index, text, users = problem
        calls = [call for call in self.crowd.calls if call.notes.get("user") in users]
        concerned = self.judged.call_of.get(index)
        if concerned is not None:
            calls = [call for call in calls if call.sent <= concerned.received]
        entry = ([] if index is None or index >= len(self.replay.entries)
                 else [f"entry {index}: {self.replay.entries[index]} {self.replay.details[index]}"])
        return "\n".join([text, *entry, *(f"  {call}" for call in calls[-TRACED:])])


def report(run, seed):
    """What happened, for people."""
    kinds = collections.Counter(entry["type"] for entry in run.replay.entries[run.first:run.last])
    print(f"# seed {seed}: {len(run.crowd.calls)} calls, {dict(run.events)}, log: {dict(kinds)}", flush=True)
    if os.environ.get("STEPUP_VERBOSE"):
        outcomes = collections.Counter(f"{call.method} {call.error or 'ok'}" for call in run.crowd.calls
                                       if call.reply is not None)
        for outcome, count in sorted(outcomes.items()):
            print(f"#   {count:6} {outcome}")
    return kinds


def one(seed, operations, width):
    run = Run(seed, operations, width)
    with run.verifier:
        run.settle()
        try:
            run.happen()
            problems, complaints = run.judge()
            why = "\n".join(run.trace(problem) for problem in problems[:3])
            tap.ok(not problems, f"seed {seed}: nothing that the policy doesn't allow",
                   f"{len(problems)} problems\n{why}")
            tap.equal(complaints, [], f"seed {seed}: stepup log verify finds nothing wrong")
            return report(run, seed)
        except RuntimeError as error:
            raise RuntimeError(f"seed {seed}, {dict(run.events)}: {error}") from None
        finally:
            run.crowd.close()


def main():
    given = os.environ.get("STEPUP_SEED")
    seeds = ([int(seed) for seed in given.split(",")] if given
             else [*SEEDS, *random.sample(range(10 ** 6), RANDOM_SEEDS)])
    operations = int(os.environ.get("STEPUP_OPERATIONS", OPERATIONS))
    width = int(os.environ.get("STEPUP_WIDTH", WIDTH))
    total = collections.Counter()
    for seed in seeds:
        total.update(tap.run(one, seed, operations, width) or {})
    if not given:
        often = ("grant", "request", "approve", "request-end", "redeem", "lock", "unlock", "start", "policy")
        missing = [kind for kind in often if not total[kind]]
        tap.equal(missing, [], "and what has to be seen often enough was seen")
    tap.done()


if __name__ == "__main__":
    main()
