#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`stepup policy explain` and Explain agree with what happens: one table of cases, each asked after in every
way and then done for real."""
import os
import pwd
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli
from harness import Tap, Verifier
from logbook import Administrator, RULES
from passing_time import PassingTime
from softkey import Key, ORIGIN, answer, enrol_key

POLICY = f'''
origins = {{ "{ORIGIN}" }}
service export {{ unix-user = "bin" }}
group leads {{ members = {{ "mail", "news", "uucp" }} }}
group locked {{ members = {{ "games", "mail" }} }}
action plain {{ users = {{ "*" }}  prompt = "Plain"  require = {{ code }} }}
action "tool.*" {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "{{action}} {{account}}"
    require = {{ key }} }}
action tool.view {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }} }}
action fresh {{ users = {{ "*" }}  prompt = "Fresh"  require = {{ code }}  fresh-for = 15m }}
action fresh.few {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }}  code-is-enough = yes
    fresh-for = 15m  limit = {{ "1 different account per 1h" }}  over-limit = approve
    approvers = {{ "@leads" }} }}
action fresh.always {{ users = {{ "*" }}  prompt = "Always"  require = {{ code }}  code-is-enough = yes
    fresh-for = 15m
    always-approve = yes  approvers = {{ "@leads" }} }}
action count {{ users = {{ "*" }}  prompt = "Count"  require = {{ code }}  limit = {{ "2 per 1h" }} }}
action sum {{ users = {{ "*" }}  details = {{ "records:number" }}  prompt = "Sum {{records}}"
    require = {{ code }}  limit = {{ "100 records per 1h" }} }}
action kinds {{ users = {{ "*" }}  details = {{ "account:text" }}  prompt = "Look at {{account}}"
    require = {{ code }}
    limit = {{ "1 different account per 1h" }} }}
action both {{ users = {{ "*" }}  prompt = "Both"  require = {{ code }}  code-is-enough = yes
    limit = {{ "1 per 24h" }}  over-limit = approve
    hard-limit = {{ "2 per 24h" }}  approvers = {{ "@leads" }} }}
action locks {{ users = {{ "*" }}  prompt = "Locks"  require = {{ code }}  limit = {{ "1 per 1h" }}
    over-limit = lock }}
action vault {{ users = {{ "*" }}  details = {{ "door:text" }}  prompt = "Open {{door}}"
    require = {{ code }}  code-is-enough = yes
    always-approve = yes  approvers = {{ "@leads" }} }}
action lonely {{ users = {{ "*" }}  prompt = "Lonely"  require = {{ code }}  code-is-enough = yes
    always-approve = yes  approvers = {{ "mail" }} }}
action absent {{ users = {{ "*" }}  prompt = "Absent"  require = {{ code }}  code-is-enough = yes
    always-approve = yes  approvers = {{ "@locked" }} }}
action strong {{ users = {{ "*" }}  prompt = "Strong"  require = {{ key }} }}
action hardware {{ users = {{ "*" }}  prompt = "Hardware"  require = {{ hardware-key }} }}
action export {{ users = {{ "*" }}  details = {{ "records:number" }}  prompt = "Export {{records}}"
    require = {{ code }}  service = export }}
action export.code {{ users = {{ "*" }}  details = {{ "records:number" }}  prompt = "Export {{records}}"
    require = {{ code }}  code-is-enough = yes
    service = export }}
action seated {{ users = {{ "*" }}  prompt = "Seated"  require = {{ key }}  via = {{ seat }} }}
action held {{ users = {{ "*" }}  prompt = "Held"  require = {{ key }}  via = {{ seat, agent }} }}
action enter {{ users = {{ "*" }}  prompt = "Enter by {{service}} from {{rhost}}"  require = {{ code }}
    code-is-enough = yes
    always-approve = yes  approvers = {{ "@leads" }} }}
action only.news {{ users = {{ "news" }}  prompt = "Only"  require = {{ code }} }}
action iced {{ users = {{ "*" }}  prompt = "Iced"  require = {{ code }} }}
''' + RULES
SESSION = "s" * 43
SUDO, SSHD = {"service": "sudo"}, {"service": "sshd", "rhost": "192.0.2.7"}
tap = Tap()


class Scene:
    """mail has a token; news and uucp, who agree, too; man a key that is cooling off; lp one that isn't;
    games is locked; proxy has nothing."""

    def __init__(self, verifier, time):
        self.verifier, self.time = verifier, time
        self.cli = Cli(verifier)
        self.tokens = {name: verifier.enrol_token(name)
                       for name in ("mail", "news", "uucp", "games", "backup")}
        self.keys = {"lp": enrol_key(verifier, "lp", Key())}
        time.go_on(25 * 3600)
        self.root = Administrator(verifier)
        invited = self.root.call("Invite", {"user": "man"})
        self.keys["man"] = enrol_key(verifier, "man", Key(), invitation=invited["invitation"])
        self.root.call("Lock", {"users": "games"}, {"users": ["games"], "reason": "laptop stolen"})
        self.root.call("Freeze", {"action": "iced"})

    def begin(self, case):
        if case.place is not None:
            return self.verifier.begin(case.user, case.action, case.details, session=SESSION,
                                       reach=["browser", "seat", "agent"], **case.place)
        return self.verifier.begin(None, case.action, case.details, uid=case.uid, session=SESSION,
                                   reach=["fresh", "browser"])

    def answer(self, case, begun, uid=None):
        """The right answer to what was asked."""
        way = begun["methods"][0]
        if way == "fresh":
            return self.verifier.call("verify", "Answer",
                                      {"transaction": begun["transaction"], "method": "fresh"},
                                      uid=case.asker)
        if way == "browser":
            return answer(self.verifier, begun, "browser", self.keys[case.user].sign(begun["browser"]),
                          uid=case.asker)
        return self.verifier.answer(begun["transaction"], self.tokens[case.user].fresh(), uid=case.asker)

    def explain(self, case):
        parameters = {"user": case.user, "action": case.action, "session": SESSION,
                      **({"details": case.details} if case.details is not None else {})}
        return self.verifier.call("verify", "Explain", {**parameters, **(case.place or {})}, uid=case.asker)

    def explain_as_administrator(self, case, **place):
        parameters = {"user": case.user, "action": case.action,
                      **({"details": case.details} if case.details is not None else {})}
        return self.verifier.call("admin", "Explain", {**parameters, **(case.place or {}), **place})

    def explain_on_command_line(self, case, *more):
        """Of oneself it would be about `stepup confirm`: these cases are asked without a service."""
        place = [f"--{name}={value}" for name, value in ({"service": ""} if case.place is None
                                                         else {"caller": "root", **case.place}).items()]
        details = [f"{name}{':=' if isinstance(value, int) and value < 2 ** 53 else '='}{value}"
                   for name, value in (case.details or {}).items()]
        return self.cli.run("policy", "explain", case.user, case.action, *details, *place, *more,
                            uid=case.uid)

    def agree(self, request, approver="news"):
        begun = self.verifier.call("verify", "Approve", {"user": approver, "request": request})
        return self.verifier.answer(begun["transaction"], self.tokens[approver].fresh())


class Case:
    """What is asked of whom; `outcome` is what must come of it, `why` what the explanation must say; `before`
    makes the state first; `elsewhere` is the outcome for another caller than the person themselves, in
    another session. `place`: root's program asks for them, and says this."""

    def __init__(self, fact, user, action, details, outcome, why, before=None, elsewhere=None, place=None):
        self.fact, self.user, self.action, self.details, self.outcome, self.why, self.before = (
            fact, user, action, details, outcome, why, before)
        self.elsewhere = elsewhere or outcome
        self.uid, self.place = pwd.getpwnam(user).pw_uid, place
        self.asker = self.uid if place is None else None


def does(times=1, **other):
    """Before a case: the same step-up, granted so often; with other details where given."""
    def run(scene, case):
        for _ in range(times):
            done = Case("", case.user, case.action, {**(case.details or {}), **other} or None, "", "")
            scene.answer(done, scene.begin(done))
    return run


def asks(scene, case):
    scene.answer(case, scene.begin(case))


def asks_and_gets(scene, case):
    reply = scene.answer(case, scene.begin(case))
    scene.agree(reply["request"])


def asks_through_sudo_and_gets(scene, case):
    begun = scene.verifier.begin(None, case.action, case.details, uid=case.uid, service="sudo")
    scene.agree(scene.verifier.answer(begun["transaction"], scene.tokens[case.user].fresh(),
                                      uid=case.uid)["request"])


def asks_elsewhere_and_gets(**place):
    """The same from another place than the case's."""
    return (lambda scene, case: asks_and_gets(scene, Case("", case.user, case.action, case.details, "", "",
                                                          place={**case.place, **place})))


def agreed_and_used(scene, case):
    asks_and_gets(scene, case)
    scene.answer(case, scene.begin(case))


def asks_many(scene, case):
    """From two places, because one may have three waiting."""
    for i in range(4):
        begun = scene.verifier.begin(case.user, case.action, {"door": str(i)}, rhost=str(i % 2))
        scene.verifier.answer(begun["transaction"], scene.tokens[case.user].fresh())


def asks_three(scene, case):
    for i in range(3):
        asks(scene, Case("", case.user, case.action, {"door": str(i)}, "", "", place=case.place))


def nobody_answers_three(scene, case):
    asks_three(scene, case)
    scene.time.go_on(10 * 60 + 1)


def takes_back(scene, case):
    """What this case left waiting: the next one begins without."""
    for request in scene.verifier.call("verify", "Requests", {}, uid=case.uid).get("requests", []):
        if request["own"]:
            scene.verifier.call("verify", "CancelRequest", {"request": request["id"]})


def takes_many_back(scene, case):
    for _ in range(10):
        asks(scene, case)
        takes_back(scene, case)


def later(before):
    """The same when what was taken back counts no more."""
    def do(scene, case):
        scene.time.go_on(30 * 60 + 1)
        before(scene, case)
    return do


def passes(seconds):
    return lambda scene, case: scene.time.go_on(seconds)


CASES = (
    Case("a rule that is covered by nothing", "mail", "plain", None, "Asked",
         r"The rule plain \(\S+:\d+\) covers plain; it takes a code\."),
    Case("an exact name before a pattern", "mail", "tool.view", {"account": "a"}, "Asked",
         r"The rule tool\.view "),
    Case("a pattern where no name is exact", "mail", "tool.other", {"account": "a"}, "TooWeak",
         r"The rule tool\.\* \(\S+\) needs a security key"),
    Case("no rule", "mail", "nothing", None, "UnknownAction", "denied to everybody"),
    Case("a user whom the rule doesn't name", "mail", "only.news", None, "NotAllowed",
         "doesn't name mail.* its users are news"),
    Case("details that are missing", "mail", "sum", {}, "BadDetails",
         'records:number; "records" is missing[.]$'),
    Case("a text where a number is declared", "mail", "sum", {"records": "many"}, "BadDetails",
         'records:number; "records" must be a whole number[.]$'),
    Case("a number where a text is declared", "mail", "vault", {"door": 5}, "BadDetails",
         'door:text; "door" must be a text[.]$'),
    Case("a text that is too long", "mail", "vault", {"door": "n" * 513}, "BadDetails",
         '"door" must be a text of at most 512 bytes[.]$'),
    Case("a number that is too large", "mail", "sum", {"records": 2 ** 53}, "BadDetails",
         '"records" must be a whole number from 0 to 9007199254740991[.]$'),
    Case("a detail that the rule doesn't have", "mail", "vault", {"door": "n", "x": "y"}, "BadDetails",
         'door:text; "x" is none of its details[.]$'),
    Case("details that nobody declared", "mail", "plain", {"x": 1}, "BadDetails",
         'takes no details; "x" is none of its details[.]$'),
    Case("somebody who has nothing", "proxy", "plain", None, "NotEnrolled",
         "proxy has enrolled nothing.* stepup invite proxy"),
    Case("somebody who is locked", "games", "plain", None, "Locked",
         r"games is locked \(L-\S+\), since .* by root: laptop stolen.*stepup unlock games"),
    Case("a frozen action", "mail", "iced", None, "Frozen", r"iced is frozen for everybody \(F-"),
    Case("a code where a key is required", "mail", "strong", None, "TooWeak",
         "needs a security key, and mail has none.*stepup invite mail"),
    Case("a key where a key is required", "lp", "strong", None, "Asked",
         "takes a key plugged in or a key in a browser"),
    Case("a key of no trusted model", "lp", "hardware", None, "TooWeak", "lp has keys, none of which is one"),
    Case("a key that is cooling off", "man", "strong", None, "TooWeak", "counts as a code until "),
    Case("and what takes a code", "man", "plain", None, "Asked", "it takes a key"),
    Case("a service and a code", "mail", "export", {"records": 5}, "TooWeak", "needs a security key"),
    Case("a service that a code is enough for", "mail", "export.code", {"records": 5}, "Asked",
         "it takes a code"),
    Case("a service, once more", "mail", "export.code", {"records": 5}, "Asked", "it takes a code", does(1)),
    Case("a verb that is not theirs", "mail", "stepup.lock", {"users": "news"}, "NotAllowed",
         "its users are root"),
    Case("what everybody may", "mail", "stepup.test", None, "Asked", "built-in"),

    Case("nothing fresh yet", "mail", "fresh", None, "Asked",
         "isn't asked for again in the same session for 15 minutes. Just now it is fresh nowhere"),
    Case("covered by what was confirmed", "mail", "fresh", None, "Fresh",
         r"Nobody is asked: an earlier step-up in this session covers it until \d\d:\d\d", elsewhere="Asked"),
    Case("fresh for another person", "news", "fresh", None, "Asked", "fresh nowhere"),
    Case("expired", "mail", "fresh", None, "Asked", "fresh nowhere", passes(15 * 60 + 1)),
    Case("fresh, within the limit", "mail", "fresh.few", {"account": "a"}, "Fresh", "Nobody is asked",
         does(1), "Asked"),
    Case("fresh, over the limit", "mail", "fresh.few", {"account": "b"}, "NeedsApproval",
         "a second person must agree: news or uucp"),
    Case("fresh, where a second person is asked each time", "mail", "fresh.always", None, "NeedsApproval",
         "asks a second person each time", agreed_and_used),

    Case("a count with two left", "mail", "count", None, "Asked", "Over a limit it is refused"),
    Case("a count with one left", "mail", "count", None, "Asked", "Over a limit it is refused"),
    Case("a count with none left", "mail", "count", None, "OverLimit",
         r"2 per 1h, and of that 0 are left: this takes 1\. Over it everything is refused"),
    Case("a sum that fits exactly", "mail", "sum", {"records": 99}, "Asked", "Over a limit it is refused",
         does(1, records=1)),
    Case("a sum of nothing with none left", "mail", "sum", {"records": 0}, "Asked", "Over a limit"),
    Case("a sum of one with none left", "mail", "sum", {"records": 1}, "OverLimit",
         "0 are left: this takes 1"),
    Case("one different value that is left", "mail", "kinds", {"account": "a"}, "Asked", "Over a limit"),
    Case("the same value again", "mail", "kinds", {"account": "a"}, "Asked", "Over a limit"),
    Case("another value", "mail", "kinds", {"account": "b"}, "OverLimit",
         "1 different account per 1h, and of that 0 are left"),
    Case("within a limit that locks", "backup", "locks", None, "Asked",
         "Whoever goes over a limit is locked"),
    Case("over a limit that locks", "backup", "locks", None, "Locked", "a right answer locks backup"),
    Case("within a limit that a second person passes", "mail", "both", None, "Asked",
         "Over a limit a second person must agree: news or uucp"),
    Case("over it", "mail", "both", None, "NeedsApproval",
         r"1 per 24h, and of that 0 are left: this takes 1.* must agree: news or uucp\.$"),
    Case("over it, agreed to", "mail", "both", None, "Asked",
         r"news agreed to it as the second person \(R-\w+\): the next right answer uses that", asks_and_gets,
         "NeedsApproval"),
    Case("at the hard limit", "mail", "both", None, "OverLimit",
         r"2 per 24h, and of that 0 are left.*Nobody's agreement passes that"),

    Case("a second person each time", "mail", "vault", {"door": "n"}, "NeedsApproval",
         "asks a second person each time.*: news or uucp"),
    Case("one that waits", "mail", "vault", {"door": "w"}, "NeedsApproval",
         r"R-\w+ for it waits until \d\d:\d\d", asks),
    Case("one that was agreed to", "mail", "vault", {"door": "n"}, "Asked", "news agreed to it",
         asks_and_gets, "NeedsApproval"),
    Case("one that was used", "mail", "vault", {"door": "n"}, "NeedsApproval",
         "asks a second person each time"),
    Case("as many as may wait", "mail", "vault", {"door": "m"}, "OverLimit",
         r"as many requests of mail wait already as may at once \(4\)", later(asks_many)),
    Case("one that was agreed to for another service", "mail", "vault", {"door": "s"}, "NeedsApproval",
         r"R-\w+ for it was agreed to by news: that counts from where it was asked, in the same words, "
         r"until \d\d:\d\d", later(asks_through_sudo_and_gets)),
    Case("as many as may wait from one place", "mail", "vault", {"door": "t"}, "OverLimit",
         r"3 requests of mail from here wait already, as many as may from one place", later(asks_three),
         "NeedsApproval"),
    Case("nobody else among the approvers", "mail", "lonely", None, "NeedsApproval",
         "its approvers name nobody else"),
    Case("nobody among them who can", "mail", "absent", None, "NeedsApproval", "must agree: games"),
    Case("three that nobody answered", "mail", "vault", {"door": "u"}, "OverLimit",
         r"3 requests of mail from here were denied or not answered lately: "
         r"from here the next may be made at \d\d:\d\d", later(nobody_answers_three), "NeedsApproval"),
    Case("half an hour later", "mail", "vault", {"door": "u"}, "NeedsApproval",
         "asks a second person each time", passes(30 * 60 + 1)),
    Case("as many as may be taken back", "mail", "vault", {"door": "t"}, "OverLimit",
         r"mail took 1\d requests from here back within half an hour: "
         r"from here the next may be made at \d\d:\d\d", takes_many_back, "NeedsApproval"),

    Case("through sudo", "mail", "vault", {"door": "a"}, "NeedsApproval", "asks a second person each time",
         passes(30 * 60 + 1), place=SUDO),
    Case("agreed to through sudo", "mail", "vault", {"door": "a"}, "Asked",
         "news agreed to it as the second person", asks_and_gets, place=SUDO),
    Case("agreed to at another address", "mail", "vault", {"door": "b"}, "NeedsApproval",
         r"was agreed to by news: that counts from where it was asked.* It was asked by the account root, "
         r"for the service sshd, from 192\.0\.2\.9\.",
         asks_elsewhere_and_gets(rhost="192.0.2.9"), place=SSHD),
    Case("agreed to for another service there", "mail", "vault", {"door": "c"}, "NeedsApproval",
         "by the account root, for the service login, from 192", asks_elsewhere_and_gets(service="login"),
         place=SSHD),
    Case("agreed to at this address", "mail", "vault", {"door": "d"}, "Asked",
         "news agreed to it as the second person", asks_and_gets, place=SSHD),
    Case("words that name the place", "mail", "enter", None, "Asked",
         "news agreed to it as the second person", asks_and_gets, place=SSHD),
    Case("as many as may wait from one address", "mail", "vault", {"door": "e"}, "OverLimit",
         "3 requests of mail from there wait already, as many as may from one place", asks_three, place=SSHD),
    Case("a key that the rule has plugged in, at this host", "lp", "seated", None, "TooWeak",
         "plugged in, which works at this host alone: not from 192.0.2.7", place=SSHD),
    Case("a key of theirs that is plugged in at this host", "lp", "held", None, "TooWeak",
         "lp has one, which works only where it is plugged in: not from 192.0.2.7", place=SSHD),
)


def left_of(limits):
    """(text, left, taken) of each limit that says so."""
    return [(text, int(left), int(taken))
            for text, left, taken in re.findall(r"^(.*): (\d+) left, this takes (\d+)$",
                                                "\n".join(limits), re.M)]


def happens(scene, case):
    """What comes of it: (outcome, prompt)."""
    begun = scene.begin(case)
    if not begun.ok:
        return begun.error, None, begun
    fresh = begun["methods"][0] == "fresh"
    reply = scene.answer(case, begun)
    if fresh and reply.error == "BadAnswer":  # it doesn't cover this: then the person is asked
        fresh = False
        begun = scene.verifier.begin(None, case.action, case.details, uid=case.uid, session=SESSION)
        reply = scene.answer(case, begun)
    return reply.error or ("Fresh" if fresh else "Asked"), begun["prompt"], reply


def agrees(scene, case):
    if case.before is not None:
        case.before(scene, case)
    told = scene.explain(case)
    other = scene.explain_as_administrator(case)
    shown, machine = scene.explain_on_command_line(case), scene.explain_on_command_line(case, "--json").json()
    outcome, prompt, reply = happens(scene, case)
    tap.equal((outcome, told.get("outcome")), (case.outcome, case.outcome),
              f"{case.fact}: what happens is {case.outcome}, and Explain says so")
    tap.matches(told.get("why", ""), case.why, "and why")
    tap.equal(told.get("allowed"), case.outcome in ("Asked", "Fresh"), "allowed says whether it is granted")
    if prompt is not None:
        tap.equal(told.get("prompt"), prompt, "the prompt is the one that is asked")
    tap.equal(other.get("outcome"), case.elsewhere,
              "an administrator is told what would come of it elsewhere")
    on_terminal = "Asked" if case.outcome == "Fresh" else case.outcome  # another session
    tap.equal(machine.get("outcome"), on_terminal, "the command line says it to programs")
    tap.ok(shown.status == 0
           and (f"({on_terminal})" in shown.out or on_terminal == "Asked"
                and "yes, after a step-up" in shown.out),
           "and to people", shown)
    if told.get("rule") not in (None, "built-in"):
        tap.matches(shown.out, r"Rule +\S+stepup\.conf:\d+", "with file and line")
    if case.outcome in ("Asked", "Fresh"):
        expected = [(text, max(left - taken, 0)) for text, left, taken in left_of(told["limits"])]
        now = [(text, left) for text, left, _ in left_of(scene.explain(case)["limits"])]
        tap.equal(now, expected, "each limit has left afterwards what it had, less what was taken")
    if outcome == "BadDetails":
        fault = re.search(r': ("\w+" [^.]+)\. Nothing was approved\.', reply.get("message", ""))
        tap.ok(fault and told["why"].endswith(f"; {fault.group(1)}."),
               "both name the same detail, and what is wrong with it", (told["why"], reply))
    if outcome == "NeedsApproval":
        tap.equal(reply.get("approvers"), told.get("approvers"), "who could agree is said by both")
    takes_back(scene, case)


def told_where_the_place_is_not_known(scene):
    """Whoever asks after somebody else can't know where that one is going to ask."""
    case = Case("", "mail", "vault", {"door": "e"}, "", "")
    later(asks_and_gets)(scene, case)
    other = scene.explain_as_administrator(case)
    tap.equal((other["outcome"], scene.explain(case)["outcome"]), ("NeedsApproval", "Asked"),
              "an agreement is told as one that counts from where it was asked")
    tap.matches(
        other["why"],
        r"agreed to by news: that counts from where it was asked.* It was asked by the account mail\.",
        "in words")
    there = scene.explain_as_administrator(case, caller="mail")
    tap.equal((there["outcome"], scene.explain_as_administrator(case, service="").get("outcome")),
              ("Asked", "NeedsApproval"), "and where the account that would ask is named, it counts there")
    scene.answer(case, scene.begin(case))
    asks_three(scene, case)
    other = scene.explain_as_administrator(Case("", "mail", "vault", {"door": "f"}, "", ""))
    tap.matches(other["why"], "From a place that has 3 requests waiting already nobody is asked",
                "and how many may wait from one place")
    takes_back(scene, case)


def told_of_confirm_from_here(scene):
    """`stepup policy explain` about oneself is about `stepup confirm`."""
    case, confirm = Case("", "mail", "vault", {"door": "g"}, "", ""), ("confirm", "vault", "door=g",
                                                                       "--no-wait", "--json")
    scene.time.go_on(30 * 60 + 1)
    asked = scene.cli.run(*confirm, answers=[scene.tokens["mail"].fresh()]).json()
    scene.agree(asked["request"])
    tap.equal(scene.cli.run("policy", "explain", "mail", "vault", "door=g", "--json").json()["outcome"],
              "Asked", "what was agreed to after confirm counts for confirm")
    tap.equal(scene.explain_on_command_line(case, "--json").json()["outcome"], "NeedsApproval",
              "and for nothing else")
    ended = scene.cli.run(*confirm, answers=[scene.tokens["mail"].fresh()])
    tap.ok(ended.status == 0 and ended.json()["action"] == "vault", "and so it is granted", ended)


def told_to_administrators(scene):
    """What of other people stands in it, and who hears that."""
    scene.time.go_on(30 * 60 + 1)  # what was taken back counts no more
    case = Case("", "mail", "absent", None, "", "")
    tap.equal(scene.explain(case)["approvers"], ["games"], "a person is told who could agree")
    reply = scene.explain_as_administrator(case)
    tap.equal(reply["approvers"], ["games (can't: locked)"], "an administrator is told why somebody can't")
    tap.matches(reply["why"], "of its approvers nobody can just now", "and that nobody can")
    case = Case("", "mail", "fresh", None, "", "")
    asks(scene, case)
    reply = scene.explain_as_administrator(case)
    tap.equal((reply["fresh_for"], reply["fresh_sessions"], reply.get("fresh_until")), (900, 1, None),
              "in how many sessions something is fresh")
    tap.matches(reply["why"], r"fresh in 1 other session, until \d\d:\d\d at the latest", "in words, too")
    asked = scene.verifier.call("verify", "Explain", {"user": "mail", "action": "plain"},
                                uid=pwd.getpwnam("news").pw_uid)
    tap.equal(asked.error, "NotAllowed", "another person is told nothing")


def told_across_midnight(scene):
    """A time of another day is told with its date."""
    scene.time.go_on((23 * 60 + 55) * 60 - scene.time.of_day())
    case = Case("", "mail", "fresh", None, "", "")
    asks(scene, case)
    tap.matches(scene.explain_as_administrator(case)["why"],
                r"fresh in 1 other session, until 2030-03-03 00:\d\d at the latest",
                "a time of the next day is told with its date")


def main():
    verifier = Verifier(POLICY)
    # a day later all of it is on one day: the words name days only where another begins
    time = PassingTime(verifier, "2030-03-01 01:00:00")
    with verifier:
        os.chmod(verifier.path("admin"), 0o666)
        scene = tap.run(Scene, verifier, time)
        for case in CASES:
            tap.run(agrees, scene, case)
        tap.run(told_where_the_place_is_not_known, scene)
        tap.run(told_of_confirm_from_here, scene)
        tap.run(told_to_administrators, scene)
        tap.run(told_across_midnight, scene)
        tap.equal(scene.root.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()


if __name__ == "__main__":
    main()
