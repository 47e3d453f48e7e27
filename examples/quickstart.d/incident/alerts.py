# SPDX-License-Identifier: BSD-2-Clause
"""What the security desk hears: the events that stepup-hooks hands to its hook, as they come."""
import json
import os
import threading
import time


class Desk:
    """Reads the FIFO that the hook writes to. heard: (monotonic time, event), in the order in
    which they came."""

    def __init__(self, path):
        self.heard = []
        self.changed = threading.Condition()
        self.source = os.open(path, os.O_RDWR)  # open for writing as well: it doesn't end between two hooks
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        text, decoder = "", json.JSONDecoder()
        while True:
            text += os.read(self.source, 65536).decode()
            while text.strip():
                try:
                    event, end = decoder.raw_decode(text.lstrip())
                except json.JSONDecodeError:
                    break
                text = text.lstrip()[end:]
                with self.changed:
                    self.heard.append((time.monotonic(), event))
                    self.changed.notify_all()

    def alerts(self, user, since):
        """Those of what happened since then, a time of the log; what is older may only be told now."""
        return [(at, event) for at, event in self.heard if event["event"] == "alert"
                and event.get("user") == user and event["at"] >= since]

    def wait(self, user, since, seconds):
        """The first of these; None where none comes in so many seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.alerts(user, since), seconds)
            found = self.alerts(user, since)
        return found[0] if found else None
