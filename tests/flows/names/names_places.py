#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A directory that is slow, and callers that ask it much: who waits for whom, and who may
make it work at all."""
import os
import select
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from directory import Directory
from harness import GAMES, MAIL, PATIENCE, Client, Tap, Verifier, as_uid

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "*" } }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
'''
tap = Tap()


def begin_many(path, letter, count):
    """Begins without waiting for any reply; the connections end with the child."""
    clients = [Client(path, "verify") for _ in range(count)]
    for i, client in enumerate(clients):
        client.start("Begin", {"user": f"{letter}{i}", "action": "door.open"})
    return True


def asked(directory, wanted, count):
    """Names that the directory was asked for by then, once so many of them are wanted ones."""
    names, end = [], time.monotonic() + PATIENCE
    while time.monotonic() < end:
        names += [about for question, about in directory.heard() if question == "getpwnam"]
        if sum(wanted(name) for name in names) >= count:
            return names
        select.select([], [], [], 0.02)
    raise RuntimeError(f"the directory was asked for {names} only")


def main():
    directory = Directory()
    with Verifier(POLICY) as verifier:
        for uid in (GAMES, MAIL):  # who they are is known
            as_uid(uid, lambda: Client(verifier.path("verify"), "verify").call("Keys", {}))
        directory.heard()
        reply = as_uid(MAIL,
                       lambda: Client(verifier.path("verify"),
                                      "verify").call("Begin", {"user": "somebody", "action": "door.open"}))
        tap.equal(reply.error, "NotAllowed", "who may act for nobody else is refused another's name")
        tap.ok("somebody" not in [about for _, about in directory.heard()],
               "and the directory isn't asked for it")
        directory.hold()
        holding = Client(verifier.path("verify"), "verify")
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(GAMES, GAMES, GAMES)
                os.setresuid(GAMES, GAMES, GAMES)
                begin_many(verifier.path("verify"), "many", 60)
                select.select([], [], [], 600)
            finally:
                os._exit(0)
        names = asked(directory, lambda name: name.startswith("many"), 2)
        holding.start("Begin", {"user": "roots", "action": "door.open"})
        names += asked(directory, lambda name: name == "roots", 1)
        tap.ok("roots" in names, "one uid's sixty questions to a slow directory leave a place for root's")
        tap.equal(sum(name.startswith("many") for name in names), 2, "for they have two of the places")
        os.kill(child, 9)
        os.waitpid(child, 0)
        directory.let_go()
        tap.ok(holding.finish().ok, "which is answered when the directory answers")
    tap.done()


if __name__ == "__main__":
    scratch.enter()
    main()
