# SPDX-License-Identifier: BSD-2-Clause
"""The policies of interleavings.py as data: what stepupd is told and what the judge holds it to come
from the same rows."""
from dataclasses import dataclass, field, replace

LEADS = ("news", "uucp", "irc", "mail", "proxy")
ADMINISTRATORS = ("root", "backup", "list")
CALLER = {"games": 5, "sys": 3}         # consoles, and their uids
SERVICES = {"export": 2, "other": 1}    # who redeems, and their uids

HEAD = '''issuer = "https://stepup.example.com"
rp-id = "example.com"
origins = {{ "https://support.example.com" }}
store = "sqlite:{{state}}/stepup.db"
cooling-off = {cooling_off}s
caller console {{ unix-user = "games"  users = {{ "*" }}  actions = {{ "*" }} }}
caller other {{ unix-user = "sys"  users = {{ "*" }}  actions = {{ "*" }} }}
service export {{ unix-user = "bin" }}
service other {{ unix-user = "daemon" }}
group admins {{ members = {{ {administrators} }} }}
action "stepup.*" {{ users = {{ "@admins" }}  require = {{ code }}  code-is-enough = yes }}
'''


@dataclass(frozen=True)
class Limit:
    """`maximum` times, or of a number, or of different values of a text, in every `window` seconds."""
    maximum: int
    window: int
    detail: str = None
    different: bool = False

    def text(self):
        what = ("" if self.detail is None else f" different {self.detail}" if self.different
                else f" {self.detail}")
        return f'"{self.maximum}{what} per {self.window}s"'

    def used(self, uses):
        """How much of it these uses (their details) are together."""
        if self.detail is None:
            return len(uses)
        values = [details[self.detail] for details in uses]
        return len(set(values)) if self.different else sum(values)


@dataclass(frozen=True)
class Rule:
    title: str
    details: dict = field(default_factory=dict, hash=False)
    require: str = "code"
    limits: tuple = ()
    hard: tuple = ()
    over: str = "deny"
    always: bool = False
    approvers: tuple = ()
    service: str = None
    fresh_for: int = 0
    receipt_lifetime: int = 60

    def text(self):
        words = [
            f'users = {{ "*" }}  prompt = "Do {{action}}{"".join(f" {{{name}}}" for name in self.details)}"  '
            f'require = {{ {self.require} }}']
        if self.details:
            words.append(
                "details = { %s }" % ", ".join(f'"{name}:{kind}"' for name, kind in self.details.items()))
        if self.require == "code":
            words.append("code-is-enough = yes")
        for key, limits in (("limit", self.limits), ("hard-limit", self.hard)):
            if limits:
                words.append("%s = { %s }" % (key, ", ".join(limit.text() for limit in limits)))
        if self.limits:
            words.append(f"over-limit = {self.over}")
        if self.always:
            words.append("always-approve = yes")
        if self.approvers:
            words.append("approvers = { %s }" % ", ".join(f'"{name}"' for name in self.approvers))
        if self.service:
            words.append(f"service = {self.service}  receipt-lifetime = {self.receipt_lifetime}s")
        if self.fresh_for:
            words.append(f"fresh-for = {self.fresh_for}s")
        return f'action "{self.title}" {{ {"  ".join(words)} }}\n'


RULES = (
    Rule("view.page", {"account": "text"}, fresh_for=4, over="approve", approvers=LEADS,
         limits=(Limit(4, 6, "account", True), Limit(14, 5)),
         hard=(Limit(7, 6, "account", True), Limit(24, 10))),
    Rule("export.list", {"account": "text", "records": "number"}, service="export", over="approve",
         approvers=LEADS, limits=(Limit(3, 5), Limit(40, 8, "records")),
         hard=(Limit(6, 5), Limit(90, 8, "records"))),
    Rule("desk.*", {"box": "text"}, fresh_for=3, limits=(Limit(5, 4),)),
    Rule("vault.open", {"door": "text"}, require="key", always=True, approvers=LEADS, hard=(Limit(3, 6),),
         limits=(Limit(9, 30),), over="approve"),
    Rule("lab.enter", always=True, approvers=LEADS, service="other", receipt_lifetime=3),
    Rule("mint.run", {"coins": "number"}, fresh_for=5, over="lock",
         limits=(Limit(8, 3), Limit(60, 6, "coins"))),
)
ACTIONS = {"view.page": "view.page", "export.list": "export.list", "desk.open": "desk.*",
           "desk.close": "desk.*", "vault.open": "vault.open", "lab.enter": "lab.enter",
           "mint.run": "mint.run"}


def scaled(rule, factor, approvers):
    """The same with limits and freshness narrower or wider."""
    def some(limits):
        return tuple(replace(limit, maximum=max(1, int(limit.maximum * factor))) for limit in limits)
    return replace(rule, limits=some(rule.limits), hard=some(rule.hard),
                   fresh_for=max(1, int(rule.fresh_for * factor)) if rule.fresh_for else 0,
                   approvers=approvers if rule.approvers else ())


class Policy:
    """One of the policies that take turns."""

    def __init__(self, name, rules, cooling_off):
        self.name, self.cooling_off = name, cooling_off
        self.rules = {rule.title: rule for rule in rules}
        quoted = ", ".join(f'"{one}"' for one in ADMINISTRATORS)
        self.text = HEAD.format(cooling_off=cooling_off,
                                administrators=quoted) + "".join(rule.text() for rule in rules)
        self.digest = None  # as the log names it, once stepupd has said so

    def rule(self, action):
        """None for the verifier's own verbs."""
        return self.rules.get(ACTIONS.get(action))


def policies(cooling_off):
    return [Policy("base", RULES, cooling_off),
            Policy("narrow", [scaled(rule, 0.5, LEADS[:2]) for rule in RULES], cooling_off),
            Policy("wide", [scaled(rule, 2, LEADS) for rule in RULES], cooling_off)]
