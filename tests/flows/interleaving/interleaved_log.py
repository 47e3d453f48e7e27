# SPDX-License-Identifier: BSD-2-Clause
"""The judge of the log of interleavings.py: replays it in its own order, against a small model of what DESIGN
sections 7, 8 and 16 allow, and says what can't have been. It knows the policies as data
(interleaved_policy.py) and none of the verifier's code."""
from dataclasses import dataclass

from interleaved_policy import ACTIONS, ADMINISTRATORS

REQUEST_SECONDS = 600
CLAIM_SECONDS = 120
SUCCESSES = ("grant", "request", "approve", "deny")
VERBS = {"lock": "stepup.lock", "unlock": "stepup.unlock", "freeze": "stepup.freeze", "thaw": "stepup.thaw",
         "revoke": "stepup.revoke", "policy": "stepup.reload"}


def covers(pattern, action):
    return pattern == action or (pattern[-1] == "*" and action.startswith(pattern[:-1]))


@dataclass
class Request:
    entry: dict
    details: dict
    index: int
    state: str = "requested"
    approval: dict = None
    void: str = None  # why nothing may come of it any more, whether or not the log said so already


@dataclass
class Credential:
    user: str
    enrolled: int
    spent: int = None  # the highest counter or step so far
    live: bool = True


class Replay:
    """problems: (index, text, users)."""

    def __init__(self, entries, details, policies):
        self.entries, self.details = entries, details
        self.policies = {policy.digest: policy for policy in policies}
        self.problems = []
        self.policy = None
        self.locked, self.locker, self.frozen = {}, {}, {}
        self.credentials, self.requests, self.receipts, self.redeemed, self.denials = {}, {}, {}, {}, {}
        self.voided = {}  # user or action → the newest lock or freeze, which voids receipts from before it
        self.challenges, self.spent_grants = set(), {}
        self.invitations = {}  # user → the entry of the newest that wasn't used
        self.uses = {}            # (user, rule's title): [(at, details)]
        self.ended = {None: -1}   # user, action, None for everything: where all that was fresh ended
        self.rule_changed = {}    # rule's title: where its text last changed
        for index, entry in enumerate(entries):
            self.index, self.entry = index, entry
            self.user = entry.get("user")
            self.look(entry)

    def say(self, text, *users):
        self.problems.append(
            (self.index,
             f"log entry {self.index} ({self.entry['type']} {self.entry.get('action', '')}): {text}",
                              {self.user, *users} - {None}))

    def look(self, entry):
        kind = entry["type"]
        if kind in SUCCESSES:
            self.look_at_success(entry)
        handler = getattr(self, "see_" + kind.replace("-", "_"), None)
        if handler is not None:
            handler(entry)
        if kind in VERBS and "grant" in entry:
            self.look_at_verb(entry, VERBS[kind])

    # --- what everything stands on ---

    def see_start(self, entry):
        policy = self.policies.get(entry["policy"])
        if policy is None:
            self.say("a policy that was never given")
            return
        for title, rule in policy.rules.items():
            if self.policy is not None and self.policy.rules[title] != rule:
                self.rule_changed[title] = self.index
        self.policy = policy
        self.ended[None] = self.index

    see_policy = see_start

    def see_alert(self, entry):
        # with one, it sums up what was said before
        if entry["kind"] == "clock-jump" and "count" not in entry:
            self.ended[None] = self.index

    def see_enrol(self, entry):
        self.ended[self.user] = self.index
        if self.user in self.locked:
            self.say("a locked person enrolled something")
        if entry["credential"] in self.credentials:
            self.say("a credential twice")
        if entry["how"] == "invitation":
            self.look_at_invitation(entry)
        self.credentials[entry["credential"]] = Credential(self.user, entry["at"],
                                                           entry.get("counter", entry.get("step")))

    def look_at_invitation(self, entry):
        """The newest one for this person, used once, and nobody who matters was locked since it was made."""
        invitation = self.invitations.pop(self.user, None)
        if invitation is None:
            self.say("enrolled by no invitation that was open")
        elif max(self.voided.get(self.user, -1), self.voided.get(invitation["by"], -1)
                 if invitation["type"] == "invite" else -1) > invitation["index"]:
            self.say(f"enrolled by the invitation of entry {invitation['index']}, which a lock voided")
        elif (invitation["by"], invitation["expires"] > entry["at"]) != (entry["by"], True):
            self.say(f"enrolled by another invitation than that of entry {invitation['index']}, or too late")

    def see_init(self, entry):
        self.invitations[self.user] = {**entry, "index": self.index}

    see_invite = see_init

    def gone(self, entry):
        self.ended[self.user] = self.index
        self.credentials[entry["credential"]].live = False
        for request in self.requests.values():
            if entry["credential"] == request.entry["credential"]:
                request.void = "what was asked with was revoked"
            if request.approval is not None and entry["credential"] == request.approval["credential"]:
                request.void = "what was agreed with was revoked"

    see_revoke = see_remove = gone

    def see_lock(self, entry):
        """By oneself, by a limit, by an administrator's step-up, or by a denial of exactly this person's
        request; never by a word."""
        if (entry["by"] not in (self.user, "stepupd", "root") and "grant" not in entry
            and self.denials.pop(entry.get("denial"), None) != (entry["by"], self.user)):
            self.say("locked by somebody else's word alone", entry["by"])
        self.ended[self.user] = self.voided[self.user] = self.index
        # an administrator's lock stays that one's
        if self.locker.get(self.user, self.user) in (self.user, "stepupd"):
            self.locker[self.user] = entry["by"]
        self.locked[self.user] = self.index
        for request in self.requests.values():
            if self.user == request.entry["user"] or (request.approval is not None
                                                      and self.user == request.approval["user"]):
                request.void = f"{self.user} was locked"

    def see_unlock(self, entry):
        by = entry["by"]
        if by == self.user or (self.user in self.locker and by == self.locker[self.user]):
            self.say("unlocked by who locked, or by themselves", by)
        self.locked.pop(self.user, None)
        self.locker.pop(self.user, None)

    def see_freeze(self, entry):
        pattern = entry["action"]
        self.frozen[pattern] = self.index
        for request in self.requests.values():
            if covers(pattern, request.entry["action"]):
                request.void = f"{pattern} was frozen"
        for action in ACTIONS:
            if covers(pattern, action):
                self.ended[action] = self.voided[action] = self.index

    def see_thaw(self, entry):
        self.frozen.pop(entry["action"], None)

    def freeze_of(self, action):
        return next((index for pattern, index in self.frozen.items() if covers(pattern, action)), None)

    # --- administrators ---

    def look_at_verb(self, entry, action):
        """Rests on a granted step-up for exactly that, of an administrator who isn't locked; one
        step-up, one verb."""
        index = entry["grant"]
        granted = self.entries[index] if index < self.index else None
        by = entry["by"]
        if (granted is None or granted["type"] != "grant"
            or (granted["action"], granted["user"]) != (action, by) or by not in ADMINISTRATORS):
            self.say(f"rests on entry {index}, which is no step-up of {by}'s for {action}", by)
            return
        said = self.details[index] or {}
        wanted = {"lock": entry.get("user") in said.get("users", "").split(","),
                  "unlock": said.get("user") == entry.get("user"),
                  "freeze": said.get("action") == entry.get("action"),
                  "thaw": said.get("action") == entry.get("action"),
                  "revoke": said.get("user") == entry.get("user")
                  and said.get("credential") == entry.get("credential"), "policy": said == {}}
        if not wanted[entry["type"]]:
            self.say(f"rests on a step-up for something else: {said}", by)
        # A reload is carried out before it is written down: the judge of answers looks at those (locks_hold).
        late = entry["type"] == "policy"
        if by in self.locked and self.locked[by] < self.index and entry.get("user") != by and not late:
            if (entry["type"], self.entries[self.locked[by]].get("grant")) != ("lock", index):
                self.say(f"done by {by}, who is locked", by)
        target = (entry["type"], entry.get("user"), entry.get("action"), entry.get("credential"))
        if target in self.spent_grants.setdefault(index, set()) or {
            one[0] for one in self.spent_grants[index]} - {entry["type"]}:
            self.say(f"the step-up at {index} served twice", by)
        self.spent_grants[index].add(target)

    # --- a success of any kind ---

    def look_at_success(self, entry):
        action = entry["action"]
        if self.user in self.locked:
            self.say(f"{self.user} is locked since entry {self.locked[self.user]}")
        frozen = self.freeze_of(action)
        if frozen is not None:
            self.say(f"{action} is frozen since entry {frozen}")
        credential = self.credentials.get(entry["credential"])
        if credential is None or credential.user != self.user or not credential.live:
            self.say(f"credential {entry['credential']} is not a live one of theirs")
        if entry["method"] == "fresh" or entry.get("requested") is not None and entry["type"] == "grant":
            return
        if entry.get("challenge") in self.challenges:
            self.say("a challenge answered twice")
        self.challenges.add(entry.get("challenge"))
        spent = next((entry[name] for name in ("counter", "step", "sign_count") if name in entry), None)
        if credential is None:
            return
        # of questions that were open at once
        if spent is not None and entry.get("counter_before", spent) < spent:
            return
        if spent is None or (credential.spent is not None and spent <= credential.spent):
            self.say(f"counter {spent} of {entry['credential']} where {credential.spent} was spent already")
        credential.spent = spent

    def standing_rule(self, action):
        return None if self.policy is None else self.policy.rule(action)

    # --- requests ---

    def see_request(self, entry):
        rule = self.standing_rule(entry["action"])
        if rule is None or not rule.approvers or not (rule.always or rule.over == "approve"):
            self.say("a request under a rule without a second person")
        if entry["request"] in self.requests:
            self.say(f"{entry['request']} was made twice")
        self.requests[entry["request"]] = Request(entry, self.details[self.index], self.index)

    def see_approve(self, entry):
        request = self.requests.get(entry["request"])
        if request is None:
            self.say(f"no request {entry['request']}")
            return
        asker = request.entry["user"]
        self.look_at_open(request, ("requested",), entry)
        rule = self.standing_rule(entry["action"])
        if rule is not None and self.user not in rule.approvers:
            self.say("not one of the rule's approvers", asker)
        if self.user == asker or entry.get("user_id") == request.entry.get("user_id"):
            self.say("agreed to their own request")
        if asker in self.locked:
            self.say(f"{asker} is locked", asker)
        credential = self.credentials.get(entry["credential"])
        if credential is not None and entry["at"] < credential.enrolled + self.policy.cooling_off:
            self.say("agreed with a credential that is still cooling off")
        if self.details[self.index] != request.details or entry["action"] != request.entry["action"]:
            self.say(f"agreed to {self.details[self.index]} where {request.details} was asked for", asker)
        if entry["at"] >= request.entry["at"] + REQUEST_SECONDS:
            self.say("agreed to after ten minutes", asker)
        request.state, request.approval = "approved", entry

    def see_deny(self, entry):
        """Who could agree denies, or who asked, and the lock that follows is of who asked."""
        request = self.requests.get(entry["request"])
        if request is None:
            self.say(f"no request {entry['request']}")
            return
        self.look_at_open(request, ("requested", "approved"), entry)
        rule = self.standing_rule(entry["action"])
        if self.user != request.entry["user"] and rule is not None and self.user not in rule.approvers:
            self.say("neither one of the rule's approvers nor who asked", request.entry["user"])
        self.denials[self.index] = (self.user, request.entry["user"])

    def look_at_open(self, request, wanted, entry):
        asker = request.entry["user"]
        if request.state not in wanted:
            self.say(f"{entry['request']} is {request.state}", asker)
        if request.void:
            self.say(f"{entry['request']}: {request.void}", asker)
        rule = self.standing_rule(request.entry["action"])
        if rule is not None and self.rule_changed.get(rule.title, -1) > request.index:
            self.say(f"{entry['request']} was made under a rule that has changed since", asker)

    def see_request_end(self, entry):
        request = self.requests[entry["request"]]
        if request.state not in ("requested", "approved"):
            self.say(f"{entry['request']} had ended as {request.state}")
        request.state = entry["how"]

    def consume(self, entry):
        request = self.requests.get(entry["request"])
        if request is None:
            self.say(f"no request {entry['request']}")
            return
        self.look_at_open(request, ("approved",), entry)
        approval = request.approval
        if approval is None or entry.get("approvers") != [approval["user"]]:
            self.say(f"names {entry.get('approvers')} where {approval and approval['user']} agreed")
        if (request.entry["user"] != self.user or request.entry["action"] != entry["action"]
            or request.details != self.details[self.index]):
            self.say("used for something else than was asked for", request.entry["user"])
        if approval is not None:
            if approval["user"] in self.locked:
                self.say(f"{approval['user']}, who agreed, is locked", approval["user"])
            if entry["at"] >= approval["at"] + (CLAIM_SECONDS if "requested" in entry else REQUEST_SECONDS):
                self.say(f"used {entry['at'] - approval['at']} s after {approval['user']} agreed",
                         approval["user"])
        if "requested" in entry and entry["requested"] != request.index:
            self.say("claims another request's step-up")
        request.state = "consumed"

    # --- grants ---

    def see_grant(self, entry):
        rule = self.standing_rule(entry["action"])
        if "request" in entry:
            self.consume(entry)
        if rule is None:
            return
        if entry["method"] == "fresh":
            self.look_at_cover(entry, rule)
        if rule.always and "request" not in entry:
            self.say("granted without the second person that the rule always wants")
        self.look_at_limits(entry, rule)
        if (rule.service is not None) != ("jti" in entry):
            self.say("a receipt where there is no service, or none where there is one")
        if "jti" in entry:
            if entry["jti"] in self.receipts:
                self.say("a receipt's name twice")
            self.receipts[entry["jti"]] = (self.index, entry)

    def look_at_limits(self, entry, rule):
        uses = self.uses.setdefault((self.user, rule.title), [])
        uses.append((entry["at"], self.details[self.index]))
        for limit in rule.hard + (() if "request" in entry and rule.over == "approve" else rule.limits):
            # Uses of a time still to come, after a clock that was set back, count too.
            used = limit.used([details for at, details in uses if at > entry["at"] - limit.window])
            before = limit.used([details for at, details in uses[:-1] if at > entry["at"] - limit.window])
            if used > limit.maximum and not (limit.different and used == before):
                self.say(f"{used} where {self.policy.name} allows "
                         f"{limit.text()}{' (hard)' if limit in rule.hard else ''}")

    def look_at_cover(self, entry, rule):
        index = entry.get("covered_by", -1)
        cover = self.entries[index] if 0 <= index < self.index else None
        if cover is None or cover["type"] != "grant" or cover["method"] == "fresh":
            self.say(f"covered by entry {index}, which is no step-up that somebody answered")
            return
        if (cover["user"], cover["credential"]) != (self.user, entry["credential"]):
            self.say(f"covered by a step-up of somebody else's, entry {index}", cover["user"])
        other = self.policy.rule(cover["action"])
        if other is None or other.title != rule.title or cover["rule"] != entry["rule"]:
            self.say(f"covered by a step-up under another rule, entry {index}")
        if not rule.fresh_for or rule.service:
            self.say("covered, under a rule that asks each time")
        ended = max(self.ended[None], self.ended.get(self.user, -1), self.ended.get(entry["action"], -1))
        if ended > index:
            self.say(
                f"covered by entry {index}, and entry {ended} ({self.entries[ended]['type']}) ended that")

    # --- receipts ---

    def see_redeem(self, entry):
        index, granted = self.receipts.get(entry["jti"], (None, None))
        if granted is None:
            self.say("a receipt that was never issued")
            return
        if entry["jti"] in self.redeemed:
            self.say(f"redeemed twice, first at {self.redeemed[entry['jti']]}")
        self.redeemed[entry["jti"]] = self.index
        if (granted["user"], granted["action"], granted["audience"]) != (self.user, entry["action"],
                                                                         entry["audience"]):
            self.say(f"redeemed as something else than entry {index} granted", granted["user"])
        if entry["at"] >= granted["expires"]:
            self.say(f"redeemed {entry['at'] - granted['expires']} s after it expired")
        self.look_at_redeemed_details(self.details[self.index] or {}, self.details[index] or {}, index)
        for who, credential in [(self.user, granted["credential"])] + [
            (name, self.requests[granted["request"]].approval["credential"])
            for name in granted.get("approvers", [])]:
            if who in self.locked:
                self.say(f"{who} is locked since entry {self.locked[who]}", who)
            if not self.credentials[credential].live:
                self.say(f"{who}'s credential was revoked", who)
        if self.freeze_of(entry["action"]) is not None:
            self.say(f"{entry['action']} is frozen")
        voided = max(self.voided.get(one, -1)
                     for one in (self.user, entry["action"], *granted.get("approvers", [])))
        if voided > index:
            self.say(f"redeemed, and entry {voided} ({self.entries[voided]['type']}) voided it")

    def see_resume(self, entry):
        if self.redeemed.get(entry["jti"]) != entry["redemption"]:
            self.say(f"told that entry {entry['redemption']} had redeemed a receipt that entry "
                     f"{self.redeemed.get(entry['jti'])} did")
        if self.user in self.locked:
            self.say(f"{self.user} is locked since entry {self.locked[self.user]}", self.user)

    def look_at_redeemed_details(self, wanted, approved, index):
        same = (wanted.keys() == approved.keys()
                and all(wanted[name] <= value if isinstance(value, int) else wanted[name] == value
                        for name, value in approved.items()))
        if not same:
            self.say(f"redeemed for {wanted} where entry {index} granted {approved}")
