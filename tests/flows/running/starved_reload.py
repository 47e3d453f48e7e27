#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reloading with one allocation that fails, each in turn: the verifier goes on with the old policy or
the new one, whole."""
import mmap
import os
import select
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import PATIENCE, Tap, Verifier, need_root, program
from softkey import AAGUID, Maker, write_metadata, write_roots

POLICY = '''
attestation-roots = "{folder}/roots"
mds = "{folder}/mds.jwt"
mds-root = "{folder}/mds.jwt.pem"
group support { members = { alice, "bob" } }
group desk { unix = "daemon" }
service export { unix-user = "#4321" }
caller console { unix-user = "#4322" users = { "@support" } actions = { "door.*" } }
action door.open { users = { "@support", "@desk" } details = { "door:text", "count:number" }
    prompt = "Open {door}" require = { key, pin }
	service = export limit = { "10 per 1h", "20 count per 24h" } over-limit = deny }
action door.shut { users = { "*" } prompt = "Shut the \\"door\\"" require = { code } }
action "door.*" { users = { "*" } prompt = "Do {action}" require = { key } fresh-for = 5m }
'''
tap = Tap()


class Memory:
    """The page of starved_memory.h that the verifier looks at."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "starved")
        with open(self.path, "wb") as out:
            out.write(struct.pack("qq", -1, 0))
        with open(self.path, "r+b") as shared:
            self.page = mmap.mmap(shared.fileno(), 16)

    def arm(self, countdown):
        self.page[8:16] = struct.pack("q", 0)
        self.page[0:8] = struct.pack("q", countdown)

    def failed(self):
        return struct.unpack("q", self.page[8:16])[0] > 0


def reload_starved(verifier, memory, countdown):
    """One reload in which an allocation fails. How it ended: "died", "failed", or "whole" where there were
    fewer allocations than that."""
    memory.arm(countdown)
    verifier.process.send_signal(1)
    ready, end = False, time.monotonic() + PATIENCE
    while time.monotonic() < end and not ready and not memory.failed():
        if verifier.process.poll() is not None:
            return "died"
        if select.select([verifier.notifications], [], [], 0.01)[0]:
            ready = b"READY=1" in verifier.notifications.recv(65536)
    failed = memory.failed()
    memory.arm(-1)
    try:
        alive = verifier.call("verify", "Keys").ok
    except Exception:
        alive = False
    while select.select([verifier.notifications], [], [], 0)[0]:
        verifier.notifications.recv(65536)
    return "died" if not alive or verifier.process.poll() is not None else "failed" if failed else "whole"


def no_failed_allocation_of_a_reload_ends_the_verifier():
    verifier = Verifier()
    maker = Maker()
    write_roots(os.path.join(verifier.folder, "roots"), maker)
    write_metadata(os.path.join(verifier.folder, "mds.jwt"),
                   (AAGUID, "Blue Key 5", maker, "FIDO_CERTIFIED_L1"))
    memory = Memory(verifier.folder)
    verifier.environment.update(LD_PRELOAD=program("tests/flows/starved_memory.so"),
                                STARVED_MEMORY=memory.path)
    verifier.write_policy(POLICY)
    died = []
    with verifier:
        for countdown in range(20000):
            how = reload_starved(verifier, memory, countdown)
            if how == "whole":
                break
            if how == "died":
                died.append(countdown)
                verifier.kill()
                if len(died) == 3:
                    break
                verifier.start()
        if not tap.ok(not died, "no failed allocation of a reload ends the verifier",
                      f"it ended at {died}:\n{verifier.log()[-2000:]}"):
            return
        tap.ok(countdown > 50, "a reload has allocations that can fail", countdown)
        verifier.write_policy(
            POLICY + 'action door.bell { users = { "*" } prompt = "Ring" require = { code } }\n')
        verifier.reload()
        tap.ok(verifier.call("verify", "Explain", {"user": "alice", "action": "door.bell"}).ok,
               "the next reload takes the new policy")


need_root()
tap.run(no_failed_allocation_of_a_reload_ends_the_verifier)
tap.done()
