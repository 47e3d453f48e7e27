#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The QR code of `stepup enroll` on a terminal of 80 columns and 24 lines, as a camera would see it: drawn as
a picture, on a dark and on a light terminal, with colours and without, and read by zbarimg."""
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import urllib.parse
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import DAEMON, Secret, Tap, Verifier, become, need_root, program

tap = Tap()

COLUMNS, LINES = 80, 24
CELL = 8 # pixels of a character's width; it is twice as high
INK_AND_PAPER = {"dark": (229, 0), "light": (30, 255)}
PAINTED = {"97": 255, "40": 0} # what colours are, whatever the terminal's own


class Screen:
    """As much of a terminal as a QR code and a question need."""

    def __init__(self):
        self.cells = [[(" ", None, None)] * COLUMNS for _ in range(LINES)]
        self.line = self.column = 0
        self.ink = self.paper = None
        self.scrolled = 0

    def feed(self, text):
        for piece in re.findall(r"\x1b\[([0-9;]*)m|(\x1b\[[0-9;?]*[A-Za-z]|.)", text, re.S):
            if piece[1] == "":
                self._colours(piece[0])
            elif piece[1] == "\n":
                self._next_line()
            elif piece[1] == "\r":
                self.column = 0
            elif not piece[1].startswith("\x1b"):
                self._put(piece[1])

    def _colours(self, codes):
        for code in codes.split(";"):
            if code in ("", "0"):
                self.ink = self.paper = None
            elif code.startswith("4"):
                self.paper = PAINTED.get(code)
            else:
                self.ink = PAINTED.get(code)

    def _next_line(self):
        if self.line + 1 < LINES:
            self.line += 1
        else:
            self.cells = [*self.cells[1:], [(" ", None, None)] * COLUMNS]
            self.scrolled += 1

    def _put(self, character):
        if self.column == COLUMNS:
            self.column = 0
            self._next_line()
        self.cells[self.line][self.column] = (character, self.ink, self.paper)
        self.column += 1

    def text(self):
        return "\n".join("".join(cell[0] for cell in line).rstrip() for line in self.cells)

    def rows_of_code(self):
        return sum(any(cell[0] in "█▀▄" for cell in line) for line in self.cells)

    def picture(self, theme):
        """Rows of grey pixels. Letters are left out: a camera makes nothing of them."""
        own_ink, own_paper = INK_AND_PAPER[theme]
        rows = []
        for line in self.cells:
            halves = ([], [])
            for character, ink, paper in line:
                ink, paper = (own_ink if ink is None else ink), (own_paper if paper is None else paper)
                for half, inked in zip(halves, (character in "█▀", character in "█▄")):
                    half.extend([ink if inked else paper] * CELL)
            rows += [bytes(halves[0])] * CELL + [bytes(halves[1])] * CELL
        return rows


def write_png(path, rows):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I",
                                                                              zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                  + chunk(b"IDAT",
                          zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


def read_code(screen, theme, folder):
    """What zbarimg finds on the picture, as an ordinary reader finds it: dark on light alone."""
    path = os.path.join(folder, f"{theme}.png")
    write_png(path, screen.picture(theme))
    return subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True,
                          check=False).stdout.splitlines()


class Terminal:
    """A command of daemon's at a terminal of its own."""

    def __init__(self, command, environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            become(DAEMON)
            os.execve(command[0], command, {"PATH": os.environ["PATH"], "TERM": "xterm", **environment})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.screen, self.raw = Screen(), ""

    def pump(self):
        """Takes what there is by now; False at the end."""
        select.select([self.fd], [], [])
        try:
            got = os.read(self.fd, 65536).decode(errors="replace")
        except OSError:
            return False
        self.raw += got
        return got != ""

    def wait_for(self, pattern):
        while not re.search(pattern, self.raw):
            if not self.pump():
                raise RuntimeError(f"{pattern} never came up: {self.raw}")
        self.screen.feed(self.raw)

    def finish(self, typed):
        os.write(self.fd, typed.encode())
        while self.pump():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def enrol(verifier, environment, label, folder):
    invitation = verifier.call("admin", "Init", {"user": "daemon", "again": True})["invitation"]
    terminal = Terminal([program("tools/stepup/stepup"), "--socket-dir", verifier.run, "enroll",
                         "--invitation", invitation, "--label", label],
                        environment)
    terminal.wait_for(r"Code[^\n]*: ?$")
    screen = terminal.screen
    secret = "".join(re.search(r"\n    ([A-Z2-7 ]+)\r?\n", terminal.raw).group(1).split())
    what = "without colours" if "NO_COLOR" in environment else "with colours"
    tap.equal(screen.rows_of_code(), 21, f"{what}: the code has 21 rows")
    tap.ok(re.search(r"Code[^\n]*:$", screen.text().rstrip("\n")) and secret[:4] in screen.text(),
           f"{what}: code, question and secret are on 24 lines", screen.text())
    if "NO_COLOR" in environment:
        tap.ok("\x1b" not in terminal.raw, "without colours there is none", terminal.raw)
    for theme in INK_AND_PAPER:
        found = read_code(screen, theme, folder)
        address = urllib.parse.urlparse(found[0] if found else "")
        parameters = urllib.parse.parse_qs(address.query)
        tap.equal((address.scheme, address.netloc, parameters.get("secret"), parameters.get("issuer")),
                  ("otpauth", "totp", [secret], ["stepup.example.com"]),
                  f"{what}: a camera reads it on a {theme} terminal")
    tap.equal(terminal.finish(Secret(secret).fresh() + "\n"), 0,
              f"{what}: the code of an app that read it is right")


if __name__ == "__main__":
    need_root()
    if shutil.which("zbarimg") is None:
        sys.stderr.write("zbarimg is not installed\n")
        sys.exit(77)
    with (Verifier('issuer = "https://stepup.example.com"\nstore = "sqlite:{state}/stepup.db"\n') as running,
          tempfile.TemporaryDirectory() as pictures):
        tap.run(enrol, running, {}, "Phone", pictures)
        tap.run(enrol, running, {"NO_COLOR": "1"}, "Tablet", pictures)
    tap.done()
