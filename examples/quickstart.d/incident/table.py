# SPDX-License-Identifier: BSD-2-Clause
"""What people see of the incident: a line that moves while the thief is at work, what it came to, and the
table at the end.

Colour and the moving line on a terminal alone, and no colour where NO_COLOR is set. Everywhere else plain
lines, each of them whole.
"""
import os
import shutil
import sys
import textwrap
import threading
import time

WORLDS = {"sign-in": ("a", "a factor at the sign-in"), "code": ("b", "a code for each action"),
          "shipped": ("c", "examples/stepup.conf")}
TERMINAL = sys.stdout.isatty()
COLOUR = TERMINAL and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
EVERY = 0.08  # seconds between two states of the moving line
BAD, GOOD, FAINT, BOLD = "31", "32", "2", "1"


def paint(text, *codes):
    return f"\033[{';'.join(codes)}m{text}\033[0m" if COLOUR else str(text)


def width():
    return min(shutil.get_terminal_size((100, 24)).columns, 110)


def number(count):
    return f"{count:,}"


def seconds(count):
    return f"{count:.1f} s"


def line(text=""):
    print(text, flush=True)


def wrapped(text, indent="  ", hang=None):
    line(textwrap.fill(text, width(), initial_indent=indent,
                       subsequent_indent=indent if hang is None else hang))


def title():
    line()
    line("  " + paint("The incident, replayed", BOLD))
    line()
    wrapped("In 2022 somebody talked a mailing company's support staff out of their credentials, "
            "looked at 319 customers' accounts and exported 102 of them. "
            "Here is the same thief, three times. He has alice's password, and alice on the telephone, "
            "who reads him as many one-time codes as he asks for. He does not have her security key.")
    wrapped("Everything is real: the console over HTTP, the PAM module, the verifier, the export service, "
            "360 customers. Then an administrator runs `stepup lock alice`, and he goes on.")
    line()


class Screen:
    """What one world shows while it runs."""

    def __init__(self, world):
        self.letter, self.name = WORLDS[world]
        self.loot = None
        self.shown = 0.0
        self.lock = threading.Lock()
        line(f"  {paint('(' + self.letter + ')', BOLD)} {paint(self.name, BOLD)}")

    def loot_text(self):
        loot = self.loot
        return f"{len(loot.viewed):3} viewed  {len(loot.exported):3} exported  {len(loot.keys):2} API keys"

    def move(self, text):
        """Rewrites the moving line."""
        if TERMINAL:
            sys.stdout.write("\r\033[K" + text[:width()])
            sys.stdout.flush()

    def keep(self, text):
        """A line that stays."""
        with self.lock:
            self.move("")
            wrapped(text, "      ")

    def tries(self, count, what):
        with self.lock:
            now = time.monotonic()
            if now - self.shown >= EVERY:
                self.shown = now
                self.move(f"      {self.loot_text()}   try {count}: {what}")

    def says(self, what):
        with self.lock:
            self.move(f"      {self.loot_text()}   {what}")

    def alert(self, alert):
        if alert is not None:
            self.keep(f"alert at try {alert['try']}, after {seconds(alert['seconds'])}: {alert['message']}")

    def locked(self, words):
        self.keep(f"stepup lock alice: {words}")

    def done(self, facts):
        self.keep(f"{number(facts['tries'])} tries in {seconds(facts['seconds'])}: {facts['viewed']} "
                  f"accounts viewed, {facts['exported']} exported, {facts['keys']} API keys shown, "
                  f"{number(facts['contacts'])} contacts handed out")
        line()


# --- the table ----------------------------------------------------------------------------------------------

def alert_cell(facts):
    alert = facts["alert"]
    return f"try {alert['try']}, {seconds(alert['seconds'])}" if alert is not None else "never"


def lock_cell(facts):
    lock = facts["lock"]
    return "nothing" if lock["last"] is None else f"on for {seconds(lock['last'])}"


COLUMNS = (
    ("viewed", lambda facts: number(facts["viewed"]),
     lambda facts: facts["viewed"] < facts["customers"] // 4),
    ("exported", lambda facts: number(facts["exported"]), lambda facts: facts["exported"] == 0),
    ("API keys", lambda facts: number(facts["keys"]), lambda facts: facts["keys"] == 0),
    ("contacts", lambda facts: number(facts["contacts"]), lambda facts: facts["exported"] == 0),
    ("first alert", alert_cell, lambda facts: facts["alert"] is not None and facts["exported"] == 0),
    ("after the lock", lock_cell, lambda facts: facts["lock"]["last"] is None),
)


def print_table(results):
    rows = [("", *(head for head, _, _ in COLUMNS))]
    rows += [(f"({WORLDS[facts['world']][0]}) {WORLDS[facts['world']][1]}",
              *(cell(facts) for _, cell, _ in COLUMNS))
             for facts in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for place, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        for column, text in enumerate(row[1:], 1):
            padded = text.rjust(widths[column])
            if place == 0:
                cells.append(paint(padded, FAINT))
            else:
                cells.append(paint(padded, GOOD if COLUMNS[column - 1][2](results[place - 1]) else BAD))
        line("  " + "  ".join(cells))
        if place == 0:
            line("  " + paint("─" * (sum(widths) + 2 * (len(widths) - 1)), FAINT))


def conclusion(results):
    before, code, shipped = results
    lasted = (f"he was still let in {seconds(before['lock']['last'])} later, when the replay ended"
              if before["lock"]["last"] else "he was out")
    yield (f"(a) asked him for {before['codes']} codes, (b) for {code['codes']}, and he got them: "
           "who reads out one code reads out the next. Both had lost everything by the time that anybody "
           f"heard of him. The lock ended (b) at least; under (a) nobody is asked again, and {lasted}.")
    heard = (f"was an alert at the security desk, {seconds(shipped['alert']['seconds'])} after he began"
             if shipped["alert"] else "was heard of by nobody")
    yield (f"Under (c) a code opens {shipped['viewed']} customers, what a person looks at in a busy hour, "
           "and then a second person is asked. What is worth stealing takes a key, "
           "which he doesn't have and alice can't read out. His first refusal, "
           f"try {shipped['refused']['try']}, {heard}; `stepup lock alice` was the end of him.")


def aside(heading, rows):
    line("  " + paint(heading, BOLD))
    for mark, good, what, words in rows:
        text = f"{what}" + (f": {words}" if words else "")
        line("  " + paint(mark, GOOD if good else BAD) + "  "
             + textwrap.shorten(text, width() - 4 - len(mark), placeholder=" …"))
    line()


def show(results):
    line("  " + paint("What he got", BOLD))
    line()
    print_table(results)
    line()
    for sentence in conclusion(results):
        wrapped(sentence)
        line()
    shipped = results[-1]
    aside("What else he tried under (c)",
          [("got it " if way["got"] else "refused", not way["got"], way["what"], way["words"])
           for way in shipped["ways"]])
    aside("And the others, meanwhile",
          [("ok " if one["good"] else "NOT", one["good"], one["what"], one["words"])
           for one in shipped["alice"]])
