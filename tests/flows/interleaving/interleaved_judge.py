# SPDX-License-Identifier: BSD-2-Clause
"""The judge of what clients of interleavings.py were answered: against the log, against each other, and
against the clock of the test. A success that was answered stands in the log; one in the log was answered, or
asked for by a call that the verifier died over."""
import collections

from interleaved_log import SUCCESSES, covers

LOGGED = {"Answer": SUCCESSES, "Claim": ("grant",), "Redeem": ("redeem",), "Deny": ("request-end",),
          "CancelRequest": ("request-end",), "Unlock": ("unlock",), "Thaw": ("thaw",), "Revoke": ("revoke",),
          "EnrollFinish": ("enrol",)}
REFUSED_TO_THE_LOCKED = ("Begin", "Approve", "Answer", "Claim", "Redeem", "Account", "Reload")


class Judge:
    """problems: (index or None, text, users). `first` is the log's size when the calls began, `replay` a
    Replay of all of the log."""

    def __init__(self, calls, replay, first, last):
        self.calls, self.replay, self.first, self.last = calls, replay, first, last
        self.entries, self.details = replay.entries, replay.details
        self.problems = []
        self.entry_of = {}  # call: index
        self.call_of = {}   # index: call
        self.told = set()   # requests that somebody was told of
        for call in calls:
            if call.ok:
                self.match(call)
            elif call.error == "NeedsApproval":
                self.match_request(call)
        self.unanswered()
        self.in_order()
        self.spent_once()
        self.verbs_once()
        self.locks_hold()
        self.covered_in_time()
        self.sessions_end()
        self.second_sessions()
        self.streams()

    def say(self, text, *calls, index=None):
        users = {call.notes.get("user") for call in calls} - {None}
        self.problems.append((index, "\n".join([text, *map(str, calls)]), users))

    # --- answers and the log ---

    def claim_entry(self, call, index):
        """Notes that this call made that entry; no other did."""
        if index in self.call_of:
            self.say(f"two answers name log entry {index}", call, self.call_of[index], index=index)
        self.entry_of[call], self.call_of[index] = index, call

    def match(self, call):
        """A success has its entry, of that kind and person, about that."""
        kinds = LOGGED.get(call.method)
        if call.method in ("Lock", "Freeze",
                           "LockMe") or (call.method == "Answer" and call.reply.get("reference")):
            self.match_reference(call)
        if kinds is None or (call.method == "Redeem" and call.reply["already"]):
            return
        index = call.reply["log"]
        entry = self.entries[index] if index < len(self.entries) else None
        if entry is None or entry["type"] not in kinds:
            self.say(f"answered with success, and log entry {index} is {entry and entry['type']}", call,
                     index=index)
            return
        if call.method != "Revoke" or index not in self.call_of:
            self.claim_entry(call, index)
        begun = call.notes.get("begun")
        if begun is not None:
            self.match_step_up(call, begun, entry, index)
        elif call.method == "Redeem" and (entry["jti"] != call.notes["jti"]
                                          or self.details[index] != (call.parameters["details"] or {})):
            self.say(f"redeemed, and log entry {index} says something else", call, index=index)

    def match_step_up(self, call, begun, entry, index):
        approves = "approves" in begun.notes
        wanted = ("deny" if "denies" in begun.notes else "approve" if approves else "grant",
                  call.notes["user"])
        if (entry["type"], entry["user"]) != wanted or call.reply["user"] != call.notes["user"]:
            self.say(f"log entry {index} is a {entry['type']} of {entry['user']}", call, index=index)
        if approves:
            if entry.get("request") != begun.notes["approves"]:
                self.say(f"log entry {index} agrees to {entry.get('request')}", call, index=index)
        elif (entry["action"] != begun.parameters["action"]
              or (self.details[index] or {}) != begun.parameters.get("details", {})):
            self.say(f"log entry {index} is about {entry['action']} {self.details[index]}, "
                     "not about what was begun",
                     begun, call, index=index)
        if call.notes.get("proof") == "wrong":
            self.say("a wrong answer was taken", begun, call, index=index)
        if call.uid != begun.uid:
            self.say("answered by another uid than began it", begun, call, index=index)

    def match_reference(self, call):
        kind = "freeze" if call.method == "Freeze" else "lock"
        index = int(call.reply["reference"][2:])
        if index >= len(self.entries) or self.entries[index]["type"] != kind:
            self.say(f"answered with {call.reply['reference']}, and there is no such entry", call,
                     index=index)
        elif index not in self.call_of and self.made(call, self.entries[index]):
            self.call_of[index] = call
            if call.method in ("Lock", "Freeze") and index >= self.first and self.entries[index].get("grant",
                                                                                                     -1) >= 0:
                self.entry_of[call] = index

    def made(self, call, entry):
        """Whether it was this call: what is locked or frozen already keeps the reference that it has."""
        granted = self.call_of.get(entry.get("grant"))
        return ("authorization" not in call.parameters
                or (granted is not None
                    and granted.parameters.get("transaction") == call.parameters["authorization"]))

    def match_request(self, call):
        """Who is told of a request first made it, unless a call that was lost may have: then
        this one joined it."""
        request = self.replay.requests.get(call.reply.get("request") or "")
        if call.reply.get("request") and request is None:
            self.say("told of a request that the log doesn't have", call)
        elif request is not None and request.index not in self.told:
            self.told.add(request.index)
            if not any(other.lost and other.sent < call.sent
                       and other.notes.get("user") == call.notes["user"] for other in self.calls):
                self.claim_entry(call, request.index)

    def unanswered(self):
        """Entries of successes that nobody was told of: at most as many as calls were lost."""
        lost = collections.Counter((call.notes.get("user"), call.method) for call in self.calls if call.lost)
        # Grants last: either of two methods makes one.
        indexes = sorted(range(self.first, self.last), key=lambda one: self.entries[one]["type"] == "grant")
        for index in indexes:
            entry = self.entries[index]
            if entry["type"] not in (*SUCCESSES, "redeem") or index in self.call_of or index in self.told:
                continue
            methods = (("Redeem",) if entry["type"] == "redeem" else ("Answer", "Claim")
                       if entry["type"] == "grant" else ("Answer",))
            told = next(((entry["user"], method) for method in methods if lost[(entry["user"], method)] > 0),
                        None)
            if told is None:
                self.problems.append((index, f"log entry {index} is a success that nobody asked for",
                                      {entry["user"]}))
            else:
                lost[told] -= 1

    def in_order(self):
        """What was answered before something else was asked stands before it in the log."""
        answered = sorted(((call.received, index, call) for call, index in self.entry_of.items()),
                          key=lambda one: one[0])
        asked = sorted(((call.sent, index, call) for call, index in self.entry_of.items()),
                       key=lambda one: one[0])
        at, newest, by = 0, -1, None
        for sent, index, call in asked:
            while at < len(answered) and answered[at][0] < sent:
                if answered[at][1] > newest:
                    newest, by = answered[at][1:]
                at += 1
            if index < newest:
                self.say(f"log entries {newest} and {index} stand in the wrong order", by, call, index=index)

    # --- once ---

    def spent_once(self):
        took = collections.defaultdict(list)
        for call in self.calls:
            if ("spends" in call.notes
                and (call.ok or (call.error == "NeedsApproval" and self.entry_of.get(call) is not None))):
                took[call.notes["spends"]].append(call)
        for spent, calls in took.items():
            if len(calls) > 1 and spent[1] is not None:
                self.say(f"the same answer was taken {len(calls)} times", *calls)

    def verbs_once(self):
        took = collections.defaultdict(list)
        for call in self.calls:
            if call.ok and "authorization" in call.parameters:
                took[call.parameters["authorization"]].append(call)
        for calls in took.values():
            if len(calls) > 1:
                self.say("one step-up allowed an administrator's verb twice", *calls)

    # --- locks, seen from outside ---

    def spans(self, kind, undone, name):
        """Whose access, or which action, was surely refused, from when until when."""
        spans, first_told = collections.defaultdict(list), {}
        for call in self.calls:
            reference = call.reply.get("reference") if call.reply is not None else None
            if reference:
                index = int(reference[2:])
                first_told[index] = min(first_told.get(index, call.received), call.received)
        since = {}
        for index, entry in enumerate(self.entries):
            if entry["type"] == kind:
                since.setdefault(entry[name], first_told.get(index))
            elif entry["type"] == undone and since.get(entry[name]) is not None:
                by = self.call_of.get(index)
                if by is not None:
                    spans[entry[name]].append((since[entry[name]], by.sent))
                del since[entry[name]]
            elif entry["type"] == undone:
                since.pop(entry[name], None)
        for whose, began in since.items():
            if began is not None:
                spans[whose].append((began, float("inf")))
        return spans

    @staticmethod
    def tells_nothing(call):
        """Whether it is a question from elsewhere, of nobody who is known: a lock is told to a
        right answer alone."""
        return (call.method == "Begin" and "user" in call.parameters and call.parameters.get("rhost")
                and not call.parameters.get("session"))

    def locks_hold(self):
        """Nothing begun in the time of a lock is answered with anything but a refusal, also what
        leaves no entry."""
        locks, freezes = self.spans("lock", "unlock", "user"), self.spans("freeze", "thaw", "action")
        for call in self.calls:
            if not call.ok or call.method not in REFUSED_TO_THE_LOCKED:
                continue
            if not self.tells_nothing(call) and any(began < call.sent and call.received < ended
                                                    for began, ended in locks[call.notes["user"]]):
                self.say(f"{call.notes['user']} was locked", call)
            action = call.notes.get("action") or ""
            for pattern, times in freezes.items():
                if covers(pattern, action) and any(began < call.sent
                                                   and call.received < ended for began, ended in times):
                    self.say(f"{pattern} was frozen", call)

    # --- freshness, by the test's clock and the sessions that clients named ---

    def covered(self):
        """(call, its Begin, the call that covers it, that one's Begin, the rule)"""
        for call, index in self.entry_of.items():
            entry = self.entries[index]
            if entry["type"] != "grant" or entry["method"] != "fresh":
                continue
            cover = self.call_of.get(entry["covered_by"])
            if cover is None or "begun" not in cover.notes:
                self.say("covered by a step-up that nobody was told of", call, index=index)
                continue
            yield call, call.notes["begun"], cover, cover.notes["begun"], entry

    def covered_in_time(self):
        for call, begun, cover, before, entry in self.covered():
            where = [(one.uid, one.parameters.get("user"), one.parameters.get("session"))
                     for one in (begun, before)]
            if where[0] != where[1] or where[0][2] is None:
                self.say("covered by a step-up from another session", before, cover, begun, call)
            if call.sent - cover.received > entry["fresh_for"]:
                self.say(f"covered {call.sent - cover.received:.3f} s later where it was fresh for "
                         f"{entry['fresh_for']} s",
                         before, cover, begun, call)

    def sessions_end(self):
        ends = collections.defaultdict(list)
        for call in self.calls:
            if call.method == "EndSession" and call.ok:
                ends[(call.uid, call.parameters["session"])].append(call)
        for call, begun, cover, before, _ in self.covered():
            for end in ends[(begun.uid, begun.parameters.get("session"))]:
                if cover.received < end.sent and end.received < call.sent:
                    self.say("covered by a step-up from before its session ended", before, cover, end,
                             begun, call)

    # --- a second person ---

    def second_sessions(self):
        """Nobody agrees in the session that a request came from, and what is agreed to was shown in the words
        that it was asked in."""
        for request in self.replay.requests.values():
            asked = self.call_of.get(request.index)
            agreed = request.approval and next((call for call, index in self.entry_of.items()
                                                if self.entries[index] is request.approval), None)
            if asked is None or not agreed:
                continue
            first, second = asked.notes["begun"], agreed.notes["begun"]
            session = first.parameters.get("session")
            if session is not None and (first.uid, session) == (second.uid, second.parameters.get("session")):
                self.say("agreed to in the session that it came from", first, asked, second, agreed)
            if first.reply["prompt"] != second.reply["prompt"]:
                self.say("agreed to in other words", first, second, agreed)

    def streams(self):
        """Who waits for a request hears of its states in their order."""
        rank = {"requested": 0, "approved": 1}
        for call in self.calls:
            if call.method != "AwaitApproval":
                continue
            told = [reply["request"]["state"] for reply in call.updates + ([call.reply] if call.ok else [])]
            ranks = [rank.get(state, 2) for state in told]
            if ranks != sorted(ranks) or ranks.count(2) > 1:
                self.say(f"was told {told}", call)
