# SPDX-License-Identifier: BSD-2-Clause
"""What stepup-log(5) names: types of entries, their members, what stands beside them, and the values of
members that have a list of values. `unnamed()` says what of a real log the page does not name; harness.py
asks that of every log that a flow test made.
"""
import contextlib
import json
import os
import re
import sqlite3

COMMON = {"v", "type", "index", "at", "host"}
LISTED = ("kind", "method", "via", "how", "result", "error", "attestation", "acr", "amr", "event")
PURPOSES = ("purpose", "via", "decision", "require")  # of the context's members


def words_of(line):
    """The arguments of an mdoc line that are no punctuation."""
    return [word for word in line.split()[1:] if re.search(r"\w", word) and word != "Li"]


def section(text, name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh )", text, re.S | re.M).group(1)


def items(text):
    """{name: its text} of a section's outer list; an item may have several names."""
    found = {}
    for item in re.split(r"^\.It (?=Li )", text, flags=re.M)[1:]:
        head, _, body = item.partition("\n")
        for name in words_of("It " + head):
            found[name] = body
    return found


def values(text):
    """Words in a literal font."""
    return {word for line in text.splitlines() if line.startswith(".Li ") for word in words_of(line)}


class Page:
    def __init__(self, text):
        self.text = text
        self.types = {name: self._rows(body) for name, body in items(section(text, "TYPES")).items()}
        self.members = items(section(text, "MEMBERS"))
        self.context = items(section(text, "THE CONTEXT"))
        self.beside = set().union(*(rows["Beside"] for rows in self.types.values()))
        self.evidence = values(self.members["evidence"])

    @staticmethod
    def _rows(body):
        """{"Always": names, "Sometimes": names, "Beside": names} of one type."""
        rows, row = {"Always": set(), "Sometimes": set(), "Beside": set()}, None
        for line in body.splitlines():
            if line.startswith(".It "):
                row = rows[line[4:]]
            elif row is not None and line.startswith(".Li "):
                row.update(words_of(line))
            elif line.startswith(".El"):
                row = None
        return rows

    def unnamed(self, entry, beside):
        """What is wrong with an entry by the page's words, in sentences."""
        rows = self.types.get(entry.get("type"))
        if rows is None:
            return [f"the type {entry.get('type')}"]
        own = set(entry) - COMMON - ({"beside"} if rows["Beside"] else set())
        wrong = [f"{name} is in no {entry['type']}" for name in own - rows["Always"] - rows["Sometimes"]]
        wrong += [f"a {entry['type']} has no {name}" for name in rows["Always"] - own]
        wrong += [f"{name} is beside no {entry['type']}" for name in set(beside or {}) - rows["Beside"]]
        if beside is not None and "beside" not in entry:
            wrong.append(f"a {entry['type']} does not say what stands beside it")
        for part, known in (("context", self.context), ("evidence", self.evidence)):
            wrong += [f"{name} is in no {part}" for name in entry.get(part, {}) if name not in known]
        return wrong + self._other_values(entry)

    def _other_values(self, entry):
        wrong = []
        context = entry.get("context", {})
        for names, holder, where in ((LISTED, entry, self.members), (PURPOSES, context, self.context)):
            for name in set(names) & set(holder):
                given = holder[name] if isinstance(holder[name], list) else [holder[name]]
                wrong += [f"{value} is no {name}" for value in set(given) - values(where[name])]
        return wrong


def read_page(folder):
    with open(os.path.join(folder, "man", "stepup-log.5"), encoding="utf-8") as source:
        return Page(source.read())


def unnamed(page, database):
    """What of a store's log the page does not name, in sentences. A store that can't be read has none."""
    wrong = set()
    if os.path.islink(database) or not os.path.isfile(database):
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as store:
            rows = store.execute("SELECT e.entry, d.details FROM log_entries e LEFT JOIN log_details d"
                                 " ON d.idx = e.idx WHERE e.idx >= 0")
            for text, details in rows:
                beside = None if details is None else json.loads(details)
                wrong.update(page.unnamed(json.loads(text), beside))
    except (sqlite3.DatabaseError, ValueError):
        pass
    return sorted(wrong)
