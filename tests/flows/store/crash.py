#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 under load, again and again: nothing counts twice, nothing that was answered is
missing from the log."""
import collections
import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Client, Closed, Tap, Verifier
from logbook import RULES, Administrator
from rounds import rounds

POLICY = RULES + '''
service export { unix-user = "root" }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
action customer.export { users = { "*" }  details = { "records:number" }  prompt = "Export {records}"
    require = { code }
    code-is-enough = yes  service = export }
'''
ROUNDS, WORKERS = rounds(12, 120), 8
EXPORT = {"records": 10}
tap = Tap()


class Worker(threading.Thread):
    """One user whose step-ups go on until the verifier dies. Notes what was answered, and
    what was under way."""

    def __init__(self, verifier, number, name, exports, counter):
        super().__init__()
        self.path, self.redeem_path = verifier.path("verify"), verifier.path("redeem")
        self.token = verifier.enrol_token(name)
        self.user, self.exports, self.counter = name, exports, counter
        self.answered = []      # (code, log index)
        self.redeemed = []      # (receipt, log index)
        self.under_way = None   # a code sent, whose answer never came
        self.unredeemed = None  # a receipt whose redemption was under way
        self.surprise = None

    def run(self):
        try:
            with Client(self.path) as verify, Client(self.redeem_path, "redeem") as redeem:
                while True:
                    self.once(verify, redeem)
        except (Closed, OSError):
            pass
        except Exception as error:
            self.surprise = repr(error)
        self.counter.release()

    def once(self, verify, redeem):
        action = {"action": "customer.export", "details": EXPORT} if self.exports else {"action": "door.open"}
        begun = verify.call("Begin", {"user": self.user, **action})
        code = self.token.fresh()
        self.under_way = code
        reply = verify.call("Answer", {"transaction": begun["transaction"], "method": "code", "code": code})
        self.under_way = None
        if not reply.ok:
            raise RuntimeError(f"a right code was refused: {reply}")
        self.answered.append((code, reply["log"]))
        if self.exports:
            self.unredeemed = reply["receipt"]
            reply = redeem.call("Redeem",
                                {"receipt": self.unredeemed, "action": "customer.export", "details": EXPORT})
            if not reply.ok:
                raise RuntimeError(f"a good receipt was refused: {reply}")
            self.redeemed.append((self.unredeemed, reply["log"]))
            self.unredeemed = None
        self.counter.release()


def redeem_again(verifier, receipt):
    return verifier.call("redeem", "Redeem",
                         {"receipt": receipt, "action": "customer.export", "details": EXPORT})


def crash_once(verifier, number):
    """Load, kill -9, start again, and each worker's last code and receipt once more. The workers, and
    what counted twice."""
    counter = threading.Semaphore(0)
    workers = [Worker(verifier, i, f"user{number}-{i}", i % 2 == 1, counter) for i in range(WORKERS)]
    for worker in workers:
        worker.start()
    for _ in range(random.randint(1, 60)):
        counter.acquire()
    verifier.kill()
    for worker in workers:
        worker.join()
    verifier.start()
    twice = []
    for worker in workers:
        last = worker.under_way or (worker.answered[-1][0] if worker.answered else None)
        if last is not None:
            reply = verifier.step_up(worker.user, "door.open", None, last)
            if worker.under_way is None and reply.ok:
                twice.append(
                    f"{worker.user}: code {last} was answered before the crash and accepted after it")
            if worker.under_way is not None and reply.ok:
                worker.answered.append((last, reply["log"]))
        if worker.redeemed and redeem_again(verifier, worker.redeemed[-1][0]).ok:
            twice.append(f"{worker.user}: a receipt was redeemed before the crash and after it")
        if worker.unredeemed is not None:
            reply = redeem_again(verifier, worker.unredeemed)
            if reply.ok:
                worker.redeemed.append((worker.unredeemed, reply["log"]))
        if worker.surprise:
            twice.append(f"{worker.user}: {worker.surprise}")
    return workers, twice


def missing(entries, workers):
    """Successes that were answered and that the log doesn't have where the answer said."""
    wrong = []
    for worker in workers:
        for kind, list_of in (("grant", worker.answered), ("redeem", worker.redeemed)):
            for _, index in list_of:
                if (index >= len(entries) or entries[index]["type"] != kind
                    or entries[index]["user"] != worker.user):
                    wrong.append(f"{kind} of {worker.user} at {index}")
    return wrong


def repeated(entries, kind, *names):
    counts = collections.Counter(tuple(entry.get(name) for name in names) for entry in entries
                                 if entry["type"] == kind)
    return [key for key, count in counts.items() if count > 1]


def crashes(verifier):
    administrator = Administrator(verifier)
    everybody, twice = [], []
    for number in range(ROUNDS):
        workers, wrong = crash_once(verifier, number)
        everybody += workers
        twice += wrong
    entries = administrator.entries()
    answered = sum(len(worker.answered) for worker in everybody)
    cut = sum(worker.under_way is not None for worker in everybody)
    print(f"# {ROUNDS} crashes, {answered} step-ups answered, {cut} cut off under way, seed {seed}",
          flush=True)
    tap.ok(answered > 0 and cut > 0, "the crashes came under load")
    tap.equal(twice, [], "no code and no receipt of before a crash counts after it")
    tap.equal(missing(entries, everybody), [],
              "every success that was answered is in the log where its answer said")
    tap.equal(repeated(entries, "grant", "credential", "counter"), [],
              "no credential's counter was granted twice")
    tap.equal(repeated(entries, "redeem", "jti"), [], "no receipt was redeemed twice")
    summary = administrator.check()
    tap.equal((summary["problems"], summary["valid"], summary["entries"] >= len(entries)), ([], True, True),
              "stepup log verify finds nothing wrong")


def totp_across_a_crash(verifier):
    secret = verifier.enrol("alice")
    code = secret.fresh()
    tap.ok(verifier.step_up("alice", "door.open", None, code).ok, "a TOTP code is accepted")
    verifier.kill()
    verifier.start()
    tap.equal(verifier.step_up("alice", "door.open", None, code).error, "BadAnswer",
              "and refused after kill -9")


if __name__ == "__main__":
    seed = os.environ.get("STEPUP_SEED", str(random.randrange(10 ** 9)))
    random.seed(seed)
    with Verifier(POLICY) as running:
        tap.run(crashes, running)
        tap.run(totp_across_a_crash, running)
    tap.done()
