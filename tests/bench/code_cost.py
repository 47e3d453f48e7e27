#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""By hand, as root: what an accepted TOTP code costs stepupd: instructions of Begin and Answer, bytes, syncs.

    tests/bench/code_cost.py [--rounds N] [--keep FOLDER]

Needs valgrind and strace. Takes the stepupd that the flow tests would take (STEPUP_BUILD), built without
sanitizers. Employees enrol first, with a stepupd that runs as always. Under callgrind each of them then
begins on a connection of their own, as PAM does, and answers on it. All Begins of a round come before its
Answers, so that a dump holds one method alone, with its share of connecting, parsing, replying and
committing. Threads that ask the directory or sign checkpoints don't count. The first round warms up.
Printed is the median of the others: one that a checkpoint is stored in costs more. Of the dumps that --keep
keeps, callgrind_annotate tells more.

To compare with another version, copy this file to its tests/bench, and build both alike on one machine.
"""
import argparse
import glob
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flows"))
import harness  # noqa: E402

POLICY = 'action login.bench { users = { "*" } prompt = "Sign in" require = { code } }\n'
PLACE = {"service": "sudo", "tty": "/dev/pts/7", "rhost": "192.0.2.7"}
ROUND = 16  # step-ups that are open beside each other: root has little room
SERVING = re.compile(r"^c?fn=\(\d+\) (main|run_waiting)$", re.M)  # only the threads that serve and commit
FORMATTER = argparse.RawDescriptionHelpFormatter
SYNCS = "fsync,fdatasync,sync_file_range,msync"


class Person:
    """An employee with a TOTP credential and, in the middle of a step-up, a connection."""

    def __init__(self, verifier, number):
        self.verifier = verifier
        self.name = "u%07d" % number
        self.secret = verifier.enrol(self.name)

    def begin(self):
        self.client = self.verifier.client()
        self.begun = self.client.call("Begin", {"user": self.name, "action": "login.bench", **PLACE})
        if not self.begun.ok:
            raise RuntimeError(self.begun)

    def answer(self):
        answer = {"transaction": self.begun["transaction"], "method": "code", "code": self.secret.fresh()}
        reply = self.client.call("Answer", answer)
        self.client.close()
        if not reply.ok:
            raise RuntimeError(reply)


def instructions_in(paths):
    """What the threads that serve and commit took, of the dumps of all threads."""
    total = 0
    for path in paths:
        with open(path) as dump:
            text = dump.read()
        if SERVING.search(text):
            total += int(re.search(r"^totals: (\d+)", text, re.M).group(1))
    return total


class Counting:
    """A stepupd under callgrind."""

    def __init__(self, verifier, folder):
        self.verifier, self.dumps, self.out = verifier, 0, os.path.join(folder, "out")
        verifier.spawn(["valgrind", "--tool=callgrind", "--separate-threads=yes",
                        "--callgrind-out-file=" + self.out, *verifier.command()])
        verifier.wait_notified("READY=1")

    def control(self, what):
        """Once the verifier has done what it was asked."""
        self.verifier.wait_idle()
        command = ["callgrind_control", what, str(self.verifier.process.pid)]
        subprocess.run(command, check=True, capture_output=True)

    def of_each(self, works):
        """Instructions of one of these, which are done one after the other."""
        self.control("--zero")
        for work in works:
            work()
        self.control("--dump")
        self.dumps += 1
        return instructions_in(glob.glob("%s.%d-*" % (self.out, self.dumps))) / len(works)


def instructions(verifier, people, folder):
    counting = Counting(verifier, folder)
    begins, answers = [], []
    for i in range(0, len(people), ROUND):
        begins.append(counting.of_each([person.begin for person in people[i:i + ROUND]]))
        answers.append(counting.of_each([person.answer for person in people[i:i + ROUND]]))
    verifier.stop()
    begin, answer = statistics.median(begins[1:]), statistics.median(answers[1:])
    print("Begin %d, Answer %d, together %d instructions" % (begin, answer, begin + answer))


def written(verifier):
    with open("/proc/%d/io" % verifier.process.pid) as io:
        return int(dict(line.split(": ") for line in io)["wchar"])


def bytes_and_syncs(verifier, people, folder):
    """The same on a plain stepupd, one after the other; with the log's checkpoints, one a second at most."""
    verifier.start()
    trace = os.path.join(folder, "trace")
    command = ["strace", "-f", "-e", "trace=" + SYNCS, "-o", trace, "-p", str(verifier.process.pid)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    strace.stderr.readline()  # says that it is attached
    before = written(verifier)
    for person in people:
        person.begin()
        person.answer()
    size = written(verifier) - before
    strace.terminate()
    strace.wait()
    with open(trace) as lines:
        syncs = sum(1 for line in lines if "sync(" in line or "sync_" in line)
    print("%d bytes written and %.2f syncs a code" % (size / len(people), syncs / len(people)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=FORMATTER)
    parser.add_argument("--rounds", type=int, default=5, help="that count, of %d codes each" % ROUND)
    parser.add_argument("--keep", metavar="FOLDER", help="for callgrind's dumps")
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="stepup-cost.")
    os.makedirs(folder, exist_ok=True)
    verifier = harness.Verifier(POLICY)
    try:
        verifier.start()
        people = [Person(verifier, number) for number in range((options.rounds + 1) * ROUND)]
        verifier.stop()
        instructions(verifier, people, folder)
        bytes_and_syncs(verifier, people, folder)
    finally:
        verifier.close()
        if options.keep is None:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
