#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints lib/base/display_text_ranges.h from Python's Unicode data. Run by hand when Unicode moves on; the
result is kept in the tree."""
import unicodedata

# Invisible though Unicode calls them letters, marks or symbols: fillers, joiners, variation selectors, the
# blank Braille cell.
INVISIBLE = [(0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
             (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFFC, 0xFFFC),
             (0xE0000, 0xE0FFF)]


def graphic(point):
    if any(first <= point <= last for first, last in INVISIBLE):
        return False
    return (point == 0x20
            or unicodedata.category(chr(point)) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"))


def mark(point):
    return graphic(point) and unicodedata.category(chr(point)) in ("Mn", "Me")


def ranges(holds):
    found = []
    for point in range(0x110000):
        if holds(point):
            if found and found[-1][1] == point - 1:
                found[-1][1] = point
            else:
                found.append([point, point])
    return found


def table(name, comment, holds):
    print(f"\n/* {comment} */\nstatic const struct range {name}[] = {{")
    line = "\t"
    for first, last in ranges(holds):
        entry = f"{{0x{first:X}, 0x{last:X}}}, "
        if len(line) + len(entry) > 100:
            print(line.rstrip())
            line = "\t"
        line += entry
    print(line.rstrip().rstrip(",") + "};")


print(f"""/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which code points show something, and which sit on the one before. Made by lib/base/display_text_ranges.py
 * from Unicode {unicodedata.unidata_version}; what that version doesn't know counts as invisible.
 * Layer: lib/base/, part of display_text.c alone.
 */
#ifndef STEPUP_LIB_DISPLAY_TEXT_RANGES_H
#define STEPUP_LIB_DISPLAY_TEXT_RANGES_H

#include <stdint.h>

struct range {{
\tuint32_t first, last;
}};""")
table("graphic_ranges", "Everything with a shape of its own, and the plain space.", graphic)
table("mark_ranges", "Marks without a width of their own (Mn, Me).", mark)
print("\n#endif")
