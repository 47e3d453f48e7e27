#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`fresh-for`: whom an earlier step-up covers, where, for how long, and what ends it; each action is charged
and logged all the same."""
import os
import pty
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from clock import SetClock
from harness import GAMES, MAIL, PATIENCE, Tap, Token, Verifier
from logbook import RULES, Administrator

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "customer.*" } }
caller other { unix-user = "news"  users = { "*" }  actions = { "customer.*" } }
service export { unix-user = "bin" }
action customer.view { users = { "*" }  details = { "account:text" }  prompt = "Look at {account}"
    require = { code }  fresh-for = 15m
    limit = { "4 different account per 24h" } }
action customer.edit { users = { "*" }  details = { "account:text" }  prompt = "Edit {account}"
    require = { code }  fresh-for = 15m }
action customer.brief { users = { "*" }  prompt = "Brief"  require = { code }  fresh-for = 1s }
action customer.merge { users = { "*" }  prompt = "Merge"  require = { code }  fresh-for = 15m
    limit = { "2 per 24h" }  over-limit = lock }
action customer.scan { users = { "*" }  details = { "account:text" }  prompt = "Scan {account}"
    require = { code }  code-is-enough = yes
    fresh-for = 15m  limit = { "1 different account per 1h" }  over-limit = approve  approvers = { "news" } }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code }  fresh-for = 15m }
''' + RULES
NEWS = 9
SESSION = "s" * 43
OTHER_SESSION = "t" * 43
tap = Tap()


def begin(verifier, action="customer.edit", account="a", user="mail", session=SESSION, uid=GAMES,
          reach=("fresh",)):
    more = {"session": session} if session is not None else {}
    if reach is not None:
        more["reach"] = list(reach)
    details = {"account": account} if action in ("customer.view", "customer.edit", "customer.scan") else None
    return verifier.begin(user, action, details, uid=uid, **more)


def is_fresh(begun):
    return begun.ok and begun["methods"][0] == "fresh"


def answer_fresh(verifier, begun, uid=GAMES):
    return verifier.call("verify", "Answer",
                         {"transaction": begun["transaction"], "method": "fresh"}, uid=uid)


def ask(verifier, token, **where):
    """A step-up in which somebody types a code."""
    begun = begin(verifier, **where)
    return verifier.answer(begun["transaction"], token.fresh(), uid=where.get("uid", GAMES))


def covers(verifier, root):
    token, other = verifier.enrol_token("mail"), verifier.enrol_token("news")
    first = begin(verifier)
    tap.equal(first["methods"], ["code"], "the first time a person is asked")
    reply = answer_fresh(verifier, first)
    tap.ok(not reply.ok, "and can't say that it is not needed", reply)
    asked = verifier.answer(begin(verifier)["transaction"], token.fresh(), uid=GAMES)
    tap.ok(asked.ok, "a code is taken", asked)
    second = begin(verifier, account="b")
    tap.equal(second.get("methods"), ["fresh", "code"], "the second time nobody has to be asked")
    granted = answer_fresh(verifier, second)
    tap.ok(granted.ok, "and the verifier takes the earlier step-up", granted)
    tap.equal(granted["acr"], "otp", "as what it was proved by")
    tap.ok(not answer_fresh(verifier, second).ok, "once for each action")
    third = begin(verifier, account="c")
    tap.ok(verifier.answer(third["transaction"], token.fresh(), uid=GAMES).ok, "a code is taken all the same")
    entry = next(one for one in root.entries() if one["type"] == "grant" and one["method"] == "fresh")
    tap.equal((entry["covered_by"], entry["credential"]), (asked["log"], token.credential),
              "the log says which step-up covered it")
    for what, where in (("another rule", {"action": "customer.view"}),
                        ("another session", {"session": OTHER_SESSION}),
                        ("no session", {"session": None}), ("another person", {"user": "news"}),
                        ("another caller", {"uid": NEWS}),
                        ("a client that does not know of it", {"reach": None})):
        tap.ok(not is_fresh(begin(verifier, **where)), f"for {what} it covers nothing")
    ask(verifier, other, user="news", session="short")
    tap.ok(not is_fresh(begin(verifier, user="news", session="short")),
           "a session that could be guessed keeps nothing fresh")


def ends(verifier, root):
    token = verifier.enrol_token("mail")

    def after(what, event):
        ask(verifier, token)
        waiting = begin(verifier)
        before = is_fresh(waiting)
        event()
        late = answer_fresh(verifier, waiting)
        tap.ok(before and not is_fresh(begin(verifier)) and not late.ok,
               f"{what} ends it, also for what has begun", late)

    after("signing out", lambda: verifier.call("verify", "EndSession", {"session": SESSION}, uid=GAMES))
    ask(verifier, token)
    verifier.call("verify", "EndSession", {"session": SESSION}, uid=NEWS)
    tap.ok(is_fresh(begin(verifier)), "another caller can't end it")
    waiting = begin(verifier, session=OTHER_SESSION)
    verifier.call("verify", "EndSession", {"session": OTHER_SESSION}, uid=GAMES)
    answered = verifier.answer(waiting["transaction"], token.fresh(), uid=GAMES)
    tap.ok(answered.ok and not is_fresh(begin(verifier, session=OTHER_SESSION)),
           "a right answer to what had begun before it is taken, and makes nothing fresh again", answered)
    added = verifier.enrol_token("mail")
    tap.ok(not is_fresh(begin(verifier)), "a new credential ends it")
    after("a lock", lambda: (root.call("Lock", {"users": "mail"}, {"users": ["mail"]}),
                             root.call("Unlock", {"user": "mail"}, {"user": "mail"})))
    ask(verifier, token)
    ask(verifier, token, action="customer.merge")
    waiting = begin(verifier, action="customer.merge")
    tap.ok(answer_fresh(verifier, begin(verifier, action="customer.merge")).ok, "what is covered counts")
    tap.equal(answer_fresh(verifier, waiting).error, "Locked", "and going over a limit that locks")
    root.call("Unlock", {"user": "mail"}, {"user": "mail"})
    tap.ok(not is_fresh(begin(verifier)), "ends it: unlocked, the person is asked again")
    after("a revoked credential",
          lambda: root.call("Revoke", {"user": "mail", "credential": added.credential}))
    after("a reload", verifier.reload)
    ask(verifier, token)
    verifier.restart()
    tap.ok(not is_fresh(begin(verifier)), "a restart ends it")


def expires(verifier, root):
    token = verifier.enrol_token("mail")
    ask(verifier, token, action="customer.brief")
    waiting = begin(verifier, action="customer.brief")
    while is_fresh(look := begin(verifier, action="customer.brief")):
        verifier.call("verify", "Cancel", {"transaction": look["transaction"]}, uid=GAMES)
    tap.ok(is_fresh(waiting), "what is fresh for a second is fresh for a second")
    reply = answer_fresh(verifier, waiting)
    tap.equal(reply.error, "BadAnswer", "and no longer, also for what has begun")
    ask(verifier, token, action="customer.brief")
    end = time.monotonic() + PATIENCE
    while is_fresh(begun := begin(verifier, action="customer.brief")) and time.monotonic() < end:
        answer_fresh(verifier, begun)
    tap.ok(not is_fresh(begin(verifier, action="customer.brief")), "using it does not make it last longer")
    tap.ok(verifier.answer(waiting["transaction"], token.fresh(), uid=GAMES).ok,
           "where the person can still be asked")


def limits(verifier, root):
    token = verifier.enrol_token("mail")
    view = {"action": "customer.view"}
    ask(verifier, token, **view)
    replies = [answer_fresh(verifier, begin(verifier, account=account, **view))
               for account in ("a", "b", "c", "d")]
    tap.ok(all(reply.ok for reply in replies), "what is fresh is charged: as many as the limit has", replies)
    tap.equal(begin(verifier, account="e", **view).error, "OverLimit", "and no more")
    tap.ok(answer_fresh(verifier, begin(verifier, account="a", **view)).ok,
           "an account seen before costs nothing")
    root.call("Freeze", {"action": "customer.view"}, {"action": "customer.view"})
    tap.equal(begin(verifier, account="a", **view).error, "Frozen", "a frozen action is not covered")


def refused_once(verifier, root):
    """Where a second person is needed nothing is covered, and each such refusal is in the log for good."""
    token = verifier.enrol_token("mail")
    scan = {"action": "customer.scan"}
    ask(verifier, token, **scan)
    begun = begin(verifier, account="b", **scan)
    tap.ok(is_fresh(begun), "what goes over a limit that a second person passes begins as covered", begun)
    replies = [answer_fresh(verifier, begun) for _ in range(50)]
    tap.equal(replies[0].error, "BadAnswer", "and isn't, because somebody else has to agree")
    tap.ok(not any(reply.ok for reply in replies), "however often that is tried", replies)
    refusals = [one for one in root.entries() if one["type"] == "refusal"
                and one.get("action") == "customer.scan"]
    tap.equal(len(refusals), 1, "fifty answers of that kind to one transaction are one entry of the log")
    reply = verifier.answer(begun["transaction"], token.fresh(), uid=GAMES)
    tap.equal(reply.error, "NeedsApproval", "the person can still be asked, and then a second one is")


CHILD = '''
import os, sys
sys.path.insert(0, sys.argv[1])
from harness import Client
with open("/proc/self/loginuid", "w") as out:
    out.write("8")
os.setgid(8); os.setuid(8)
def call(method, parameters, door="verify"):
    with Client(os.path.join(sys.argv[2], door + ".sock"), door) as client:
        return client.call(method, parameters)
for code in sys.argv[3:]:
    begun = call("Begin", {"action": "door.open", "reach": ["fresh"]})
    print(begun["methods"][0], flush=True)
    method = {"method": "fresh"} if begun["methods"][0] == "fresh" else {"method": "code", "code": code}
    print(call("Answer", {"transaction": begun["transaction"], **method}).ok, flush=True)
for caller in ("mail", "games"):
    asked = {"user": "mail", "action": "door.open", "caller": caller}
    print(call("Explain", asked, "admin")["outcome"], flush=True)
'''


def at_terminal(verifier, codes):
    """Runs CHILD as the leader of a session at a terminal of its own; what it printed."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(sys.executable,
                 [sys.executable, "-c", CHILD, os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                  verifier.run, *codes])
    text = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        if not chunk:
            break
        text += chunk
    os.waitpid(pid, 0)
    os.close(master)
    return text.decode().split()


def terminals(verifier, root):
    try:
        subprocess.run([sys.executable, "-c", "open('/proc/self/loginuid', 'w').write('8')"], check=True,
                       capture_output=True)
    except subprocess.CalledProcessError:
        tap.skip("a terminal's sitting is told by the kernel", "this kernel keeps no audit sessions")
        return
    token = verifier.enrol_token("mail")
    os.chmod(verifier.path("admin"), 0o666)
    first = at_terminal(verifier, [token.fresh(), "000000"])
    tap.equal(first[:4], ["code", "True", "fresh", "True"], "at a terminal the second step-up is covered")
    tap.equal(first[4:], ["Fresh", "Asked"],
              "for the account that asked, not for a console's that would ask there: so Explain says")
    tap.equal(at_terminal(verifier, [token.fresh()])[:1], ["code"], "at another one it is not")
    begun = verifier.begin(None, "door.open", uid=MAIL, reach=["fresh"])
    tap.equal(begun["methods"], ["code"], "without a terminal nothing is fresh")


def in_one_go(verifier, root):
    """A change and what it ends come to the verifier in the same moment, and are decided in one commit."""
    token = verifier.enrol_token("mail")
    spare = verifier.enrol_token("mail")
    invitation = verifier.call("admin", "Init", {"user": "mail", "again": True})["invitation"]
    enrolling = verifier.call("verify", "EnrollBegin",
                              {"user": "mail", "type": "hotp", "invitation": invitation})
    third = Token(enrolling["secret"])
    for what, door, method, parameters in (
            ("a new credential", "verify", "EnrollFinish",
             {"transaction": enrolling["transaction"], "code": third.fresh()}),
            ("a revoked one", "admin", "Revoke", {"user": "mail", "credential": spare.credential})):
        if door == "admin":
            parameters["authorization"] = root.authorize("stepup.revoke",
                                                         {"user": "mail", "credential": spare.credential})
        ask(verifier, token, uid=None)
        covered = begin(verifier, uid=None)
        with verifier.client(door) as one, verifier.client() as other:
            verifier.process.send_signal(signal.SIGSTOP)
            one.start(method, parameters)
            other.start("Answer", {"transaction": covered["transaction"], "method": "fresh"})
            verifier.process.send_signal(signal.SIGCONT)
            changed, answered = one.finish(), other.finish()
        tap.ok(is_fresh(covered) and changed.ok,
               f"{what}, just before an answer that nobody was asked for", changed)
        tap.ok(not answered.ok or answered["log"] < changed["log"],
               "which is not covered any more, unless it came first", answered)


def a_clock_set_a_moment_ago(verifier):
    watch = SetClock(verifier.folder)
    verifier.environment = watch.environment()
    watch.set("+0")
    with verifier:
        root, token = Administrator(verifier), verifier.enrol_token("mail")
        ask(verifier, token)
        waiting = begin(verifier)
        watch.set("+3600")
        late = answer_fresh(verifier, waiting)  # stepupd looks once a second whether the clock was set
        tap.ok(is_fresh(waiting) and not late.ok,
               "an hour after it by a clock that was set, a step-up covers nothing, noticed or not", late)
        verifier.wait_log("the clock was set")
        tap.equal(root.check()["problems"], [],
                  "and the log has nothing in it that stepup log verify calls too long ago")


def main():
    tap.run(a_clock_set_a_moment_ago, Verifier(POLICY))
    for run in (covers, ends, in_one_go, expires, limits, refused_once, terminals):
        with Verifier(POLICY) as verifier:
            root = Administrator(verifier)
            tap.run(run, verifier, root)
            tap.equal(root.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()


if __name__ == "__main__":
    main()
