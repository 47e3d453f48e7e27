# SPDX-License-Identifier: BSD-2-Clause
"""What HACKING.md says of the tree, in numbers. By hand: python3 tests/layers/measure.py
[--source DIR] [--json | --nested]

Text is all that is looked at: comments and strings are blanked first, so that no brace or
word in them counts.
"""
import argparse
import collections
import json
import os
import re
import statistics

PRODUCT = ("lib", "pam_module", "tools", "verifier", "examples")
WIDTH, LONG = 110, 60
NOUNS = ("sentence", "words", "notice", "message", "why", "told", "fault", "complain", "trouble",
         "reason", "speech")


def sources(top):
    for folder in PRODUCT:
        for where, folders, files in os.walk(os.path.join(top, folder)):
            folders[:] = [name for name in folders if not name.startswith((".", "build"))]
            for name in sorted(files):
                if name.endswith((".c", ".h")):
                    path = os.path.join(where, name)
                    with open(path, encoding="utf-8") as source:
                        yield os.path.relpath(path, top), source.read()


def blank(text):
    """The text without what stands in comments and literals; lines stay where they are."""
    def same_lines(match):
        kept = re.sub(r"[^\n]", " ", match.group(0))
        return kept if match.group(0).startswith("/") else match.group(0)[0] + kept[1:-1] + match.group(0)[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', same_lines,
                  text, flags=re.S)


def functions(lines):
    """(first line, last line) of each function's body: braces in the first column begin and end one."""
    begun = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            begun = number
        elif line.startswith("}") and begun is not None:
            before = next((lines[at] for at in range(begun - 1, -1, -1) if lines[at].strip()), "")
            if before.rstrip().endswith(")"):
                yield begun, number
            begun = None


def nested(lines):
    """The lines of conditionals that stand in a conditional's braces, by indentation."""
    open_at = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip("\t"))
        while open_at and open_at[-1] >= depth:
            open_at.pop()
        if re.match(r"\t*(\} else )?if \(", line):
            if open_at and not line.lstrip("\t").startswith("}"):
                yield number
            if line.rstrip().endswith("{"):
                open_at.append(depth)


def nested_places(top):
    """(path, line, function) of each conditional in a conditional, sorted by folder."""
    found = []
    for path, text in sources(top):
        plain = blank(text).splitlines()
        bodies = list(functions(plain))
        for number in nested(plain):
            begun = next((first for first, last in bodies if first < number < last), None)
            head = "" if begun is None else " ".join(plain[max(begun - 3, 0):begun])
            names = re.findall(r"(\w+)\(", head)
            found.append((path, number + 1, names[-1] if names else "?"))
    return sorted(found, key=lambda place: (os.path.dirname(place[0]), place))


def spread(values):
    values = sorted(values)
    return {"median": statistics.median(values), "p90": values[len(values) * 9 // 10], "max": values[-1]}


def measure(top):
    rooms, statics, types = collections.Counter(), collections.defaultdict(set), collections.defaultdict(set)
    lengths, files, nouns = [], [], collections.Counter()
    total = wide = nests = 0
    for path, text in sources(top):
        code = blank(text)
        lines, plain = text.splitlines(), code.splitlines()
        rooms[os.path.dirname(path)] += 1
        total += len(lines)
        files.append(len(lines))
        wide += sum(len(line.expandtabs(8)) > WIDTH for line in lines)
        lengths += [last - first - 1 for first, last in functions(plain)]
        nests += sum(1 for _ in nested(plain))
        for name in re.findall(r"^static [^;{}=]*?\b(\w+)\([^;]*?\)\s*\n\{", code, re.M):
            statics[name].add(path)
        for name in re.findall(r"^(?:struct|enum|union) (\w+)\s*\{", code, re.M):
            types[name].add(path)
        nouns.update(word for word in re.findall(r"\bconst char \*+(\w+)", code) if word in NOUNS)
    twice = sorted(name for name, places in statics.items() if len(places) > 1)
    return {
        "files in the fullest rooms": dict(rooms.most_common(5)),
        "rooms over 20 files": sorted(room for room, count in rooms.items() if count > 20),
        "lines": total,
        f"lines over {WIDTH}": wide,
        "a file's lines": spread(files),
        "a function's lines": spread(lengths),
        f"functions over {LONG} lines": sum(length > LONG for length in lengths),
        "static names": len(statics),
        "of them in two files or more, %": round(100 * len(twice) / max(len(statics), 1), 1),
        "types defined twice": sorted(name for name, places in types.items() if len(places) > 1),
        "conditionals in conditionals, per 1000 lines": round(1000 * nests / total, 2),
        "nouns for what a person is told": dict(nouns.most_common()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source",
                        default=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--nested", action="store_true",
                        help="the places of the conditionals in conditionals, and nothing else")
    options = parser.parse_args()
    if options.nested:
        for path, line, function in nested_places(options.source):
            print(f"{path}:{line}: {function}")
        return
    found = measure(options.source)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
