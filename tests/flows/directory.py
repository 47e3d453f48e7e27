# SPDX-License-Identifier: BSD-2-Clause
"""A directory of the test's own behind NSS (nss_directory.c), on a scratch host of its own: scratch.enter()
first. Accounts, aliases, groups, and how it behaves, change from one question to the next."""
import os
import select
import subprocess
import time

from harness import PATIENCE, program

PLACE = "/run/test-directory"
HEARD = "/run/test-directory.heard"
HOLD = "/run/test-directory.hold"


class Directory:
    """What nsswitch.conf names beside the files."""

    def __init__(self):
        self.accounts, self.aliases, self.groups, self.switches = {}, {}, {}, set()
        self.writer = None
        module = subprocess.run(["sh", "-c", "echo /lib/*/libnss_hesiod.so.2"], capture_output=True,
                                text=True, check=True).stdout.strip()
        subprocess.run(["mount", "--bind", program("tests/flows/nss_directory.so"), module], check=True)
        with open("/etc/nsswitch.conf") as source:
            lines = [line for line in source if line.split(":")[0] not in ("passwd", "group", "initgroups")]
        with open("/etc/nsswitch.conf", "w") as out:
            out.write("".join(lines) + "passwd: files hesiod\ngroup: files hesiod\n"
                      "initgroups: files hesiod\n")
        os.makedirs("/run/home", exist_ok=True)
        with open(HEARD, "w"):
            pass
        os.chmod(HEARD, 0o666)
        os.mkfifo(HOLD)
        os.chmod(HOLD, 0o644)
        self.write()

    def write(self):
        """In one go, for somebody may be asking."""
        lines = sorted(self.switches) + [f"heard\t{HEARD}"]
        lines += [f"account\t{name}\t{uid}\t{gid}" for name, (uid, gid) in self.accounts.items()]
        lines += [f"alias\t{spelling}\t{name}" for spelling, name in self.aliases.items()]
        lines += [f"group\t{name}\t{gid}\t{','.join(members)}"
                  for name, (gid, members) in self.groups.items()]
        with open(PLACE + ".new", "w") as out:
            out.write("".join(line + "\n" for line in lines))
        os.chmod(PLACE + ".new", 0o644)
        os.rename(PLACE + ".new", PLACE)

    def account(self, name, uid, gid=None, aliases=()):
        self.accounts[name] = (uid, uid if gid is None else gid)
        for spelling in aliases:
            self.aliases[spelling] = name
        os.makedirs(f"/run/home/{name}", exist_ok=True)
        os.chown(f"/run/home/{name}", uid, uid)
        self.write()

    def group(self, name, gid, *members):
        self.groups[name] = (gid, members)
        self.write()

    def gone(self, name):
        del self.accounts[name]
        self.write()

    def switch(self, word, on=True):
        """fold, unavailable."""
        (self.switches.add if on else self.switches.discard)(word)
        self.write()

    def heard(self):
        """(what was asked, about whom) since the last time."""
        with open(HEARD, "r+") as source:
            lines = source.read().splitlines()
            source.truncate(0)
        return [tuple(line.split("\t")) for line in lines]

    def hold(self):
        """From the next question on nobody is answered, until let_go()."""
        self.switches.add(f"hold\t{HOLD}")
        self.keeper = os.open(HOLD, os.O_RDWR)
        self.write()

    def let_go(self):
        self.switches.discard(f"hold\t{HOLD}")
        self.write()
        os.close(self.keeper)
        # whoever read the file before it was written opens the pipe after it was closed
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                os.close(os.open(HOLD, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return
            select.select([], [], [], 0.01)
        raise RuntimeError("somebody still waits for the directory")
