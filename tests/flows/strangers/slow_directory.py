#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A directory that doesn't answer, and what stepupd does meanwhile."""
import os
import select
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import PATIENCE, Tap, Verifier, program

POLICY = 'action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }'
tap = Tap()


class Directory:
    """Answers nothing between held() and let_go(); until held() sees a question, nobody gets one either."""

    def __init__(self, verifier):
        self.path = os.path.join(verifier.folder, "directory")
        os.mkfifo(self.path)
        verifier.environment.update(LD_PRELOAD=program("tests/flows/held_directory.so"),
                                    HELD_DIRECTORY=self.path)

    def held(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
                return
            except OSError:  # it wasn't asked yet
                select.select([], [], [], 0.02)
        raise RuntimeError("nobody asked the directory")

    def let_go(self):
        os.close(self.writer)


def main():
    verifier = Verifier(POLICY)
    directory = Directory(verifier)
    with verifier:
        with verifier.client("verify") as client:
            client.start("Begin", {"user": "mail", "action": "door.open"})
            directory.held()
            tap.ok(verifier.call("admin", "Status").ok,
                   "while a directory holds somebody's answer up, others are served")
            tap.equal(verifier.stop(), 0, "a stop doesn't wait for the directory")
            tap.equal(client.finish().error, "Unavailable", "who waited for it was refused")
        directory.let_go()
        verifier.start()
        tap.ok(verifier.call("admin", "Status")["clean_start"], "the stop was a clean one")
    tap.done()


if __name__ == "__main__":
    main()
