# SPDX-License-Identifier: BSD-2-Clause
"""Every room of tests/flows can be imported from: what several tests share stands here, and some use
parts of others."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOMS = [HERE] + sorted(path for name in os.listdir(HERE) if os.path.isdir(path := os.path.join(HERE, name)))
sys.path[1:1] = ROOMS


def place(name):
    """The path of a module, from tests/flows on."""
    return next(os.path.relpath(os.path.join(room, name), HERE) for room in ROOMS
                if os.path.exists(os.path.join(room, name)))
