# SPDX-License-Identifier: BSD-2-Clause
"""What the layer tests share: TAP, the source tree, what a file includes."""
import os
import re
import subprocess
import sys

SOURCE = (os.environ.get("STEPUP_SOURCE")
          or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("STEPUP_BUILD") or SOURCE

_count = 0
_failed = 0


def ok(truth, fact, why=""):
    """One fact; `why` is shown where it doesn't hold."""
    global _count, _failed
    _count += 1
    print(f"{'ok' if truth else 'not ok'} {_count} - {fact}", flush=True)
    if not truth:
        _failed += 1
        for line in str(why).splitlines():
            print(f"#   {line}", flush=True)


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed or _count == 0 else 0)


def output(*command):
    """A command's standard output and error; an error where it can't be run at all."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def source_files(folder, endings=(".c", ".h")):
    """Paths below a folder, from the top of the tree."""
    found = []
    for where, folders, files in os.walk(os.path.join(SOURCE, folder)):
        folders[:] = [name for name in folders if not name.startswith((".", "build"))]
        found += [os.path.relpath(os.path.join(where, name), SOURCE) for name in files
                  if name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8", errors="replace") as source:
        return source.read()


def includes(path):
    """(line number, "<" or '"', name) for each include."""
    return [(number, match.group(1), match.group(2))
            for number, line in enumerate(read(path).splitlines(), 1)
            if (match := re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line))]
