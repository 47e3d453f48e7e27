# SPDX-License-Identifier: BSD-2-Clause
"""Time that passes for stepupd faster than for us: all of its clocks go on together, so that it sees no
clock that was set."""
import calendar
import glob
import os
import time


class PassingTime:
    """A file that libfaketime reads how far ahead stepupd's clocks are, from `start` on (UTC; None: now).
    Make it before the verifier starts. Seconds pass by themselves as well, so leave room before an
    edge, not behind it."""

    def __init__(self, verifier, start=None):
        self.path = os.path.join(verifier.folder, "ahead")
        self.ahead = (0 if start is None
                      else calendar.timegm(time.strptime(start, "%Y-%m-%d %H:%M:%S")) - int(time.time()))
        verifier.environment.setdefault("TZ", "UTC")
        verifier.environment.update(LD_PRELOAD=glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0],
                                    FAKETIME_NO_CACHE="1", FAKETIME_TIMESTAMP_FILE=self.path)
        self.go_on(0)

    def go_on(self, seconds):
        self.ahead += seconds
        with open(self.path + ".new", "w") as out:
            out.write(f"+{self.ahead}\n")
        os.rename(self.path + ".new", self.path)

    def of_day(self):
        """The seconds since midnight, UTC."""
        return (int(time.time()) + self.ahead) % (24 * 3600)
