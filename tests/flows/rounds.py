# SPDX-License-Identifier: BSD-2-Clause
"""How often a test does again what may go wrong in one round of many: kills, faults, draws at random.

tests/run does what fits about ten seconds a case. `ROUNDS=full tests/run PATTERN` does all of them.
"""
import os
import sys


def rounds(quick, full):
    wanted = os.environ.get("ROUNDS", "")
    if wanted not in ("", "full"):
        sys.exit(f"ROUNDS is {wanted}: the only word that it takes is full")
    return full if wanted else quick
