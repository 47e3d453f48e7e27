#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Begin and Answer as callers meet them: who may, what is shown, what counts once, what guessing gets."""
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, DAEMON, GAMES, MAIL, NAMELESS, NEWS, NOBODY, Tap, Verifier, as_uid

POLICY = '''
group staff { members = { "mail", "news", "uucp", "ghost" } }
caller console { unix-user = "games"  users = { "@staff" }  actions = { "customer.*", "stepup.enroll" } }
service export { unix-user = "bin" }

action door.open { users = { "*" }  prompt = "Open the door for {user} from {rhost}"  require = { code } }
action customer.view { users = { "@staff" }  details = { "account:text" }  prompt = "Look at {account}"
    require = { code } }
action customer.few { users = { "@staff" }  details = { "account:text" }  prompt = "Look at {account}"
    require = { code }
    limit = { "3 per 1h" } }
action customer.sum { users = { "@staff" }  details = { "records:number" }  prompt = "Export {records}"
    require = { code }
    limit = { "1000 records per 24h" } }
action customer.different { users = { "@staff" }  details = { "account:text" }  prompt = "Look at {account}"
    require = { code }
    limit = { "2 different account per 1h" } }
action customer.locks { users = { "@staff" }  prompt = "Look"  require = { code }  limit = { "1 per 1h" }
    over-limit = lock }
action customer.export { users = { "@staff" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { code }  code-is-enough = yes
    service = export }
action customer.careful { users = { "@staff" }  prompt = "Careful"  require = { code }  service = export }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
action mail.only { users = { "mail" }  prompt = "Mail"  require = { code } }
'''
tap = Tap()


def exported(account="trezor", records=10):
    return {"account": account, "records": records}


def who_may(verifier):
    mail = verifier.enrol_token("mail")
    tap.ok(verifier.begin(None, "door.open", uid=MAIL).ok, "an account begins for itself without being named")
    tap.ok(verifier.begin("mail", "door.open", uid=MAIL).ok, "or named")
    tap.equal(verifier.begin("news", "door.open", uid=MAIL).error, "NotAllowed",
              "an ordinary uid can't ask for another user")
    tap.ok(verifier.begin("mail", "door.open").ok, "root asks for everybody")
    tap.ok(verifier.begin("mail", "customer.view", {"account": "trezor"}, uid=GAMES).ok,
           "a configured caller asks for its users")
    tap.equal(verifier.begin("mail", "door.open", uid=GAMES).error, "NotAllowed",
              "and not beyond its actions")
    tap.equal(verifier.begin("daemon", "customer.view", {"account": "trezor"}, uid=GAMES).error, "NotAllowed",
              "nor beyond its users")
    tap.equal(verifier.begin("news", "mail.only").error, "NotAllowed",
              "a user whom the rule doesn't name is refused")
    tap.equal(verifier.begin(None, "door.open", uid=NAMELESS).error, "NotAllowed",
              "a uid without an account has no own account")
    tap.equal(verifier.begin("mail", "nothing.like.it").error, "UnknownAction",
              "what no rule covers is denied")
    tap.equal(verifier.begin("mail", "vault.open").error, "TooWeak",
              "a rule that asks for a key is not answered by codes")
    tap.equal(verifier.begin("mail", "customer.careful").error, "TooWeak",
              "a rule with a service takes no code unless it says so")
    tap.equal(verifier.begin("news", "door.open").ok, True,
              "somebody unenrolled is asked when another asks for them")
    reply = verifier.begin(None, "door.open", uid=NEWS)
    tap.equal(reply.error, "NotEnrolled", "one's own account is told that nothing is enrolled")
    tap.matches(reply.message, "stepup enroll", "and how to enrol")
    return mail


def details(verifier):
    cases = ((None, "account"), ({}, "account"), ({"account": 5}, "account"),
             ({"account": "a", "more": "b"}, "more"),
             ({"account": "x" * 513}, "account"))
    for wrong, name in cases:
        reply = verifier.begin("mail", "customer.view", wrong)
        tap.equal((reply.error, reply.get("detail")), ("BadDetails", name),
                  f"details {str(wrong)[:30]} are refused by name")
    reply = verifier.begin("mail", "customer.view", {"account": "tre\u202ezor\n\x1b[31m"})
    tap.ok(reply.ok and not any(c in reply["prompt"] for c in "\u202e\n\x1b"),
           "what is hidden or moves the cursor is shown escaped", reply)
    reply = verifier.begin("mail", "customer.export", exported(records=9007199254740991))
    tap.matches(reply.get("prompt"), "^Export 9007199254740991 contacts of trezor$",
                "a number is never cut off")
    reply = verifier.begin("mail", "door.open", rhost="10.0.0.1\n")
    tap.ok(reply.ok and "\n" not in reply["prompt"], "a remote host's name is shown escaped", reply)


def one_answer(verifier, mail):
    begun = verifier.begin("mail", "door.open")
    code = mail.fresh()
    reply = verifier.answer(begun["transaction"], code)
    tap.ok(reply.ok, "a right code is accepted", reply)
    tap.equal((reply["user"], reply["action"], reply["acr"], reply["amr"], reply.get("receipt")),
              ("mail", "door.open", "otp", ["otp"], None),
              "the reply says who, what and how; without a service there is no receipt")
    tap.equal(verifier.answer(begun["transaction"], mail.fresh()).error, "Expired",
              "a transaction that was granted isn't answered again")
    tap.equal(verifier.step_up("mail", "door.open", None, code).error, "BadAnswer",
              "the code of one step-up isn't good for another")
    begun = verifier.begin("mail", "door.open", uid=MAIL)
    tap.equal(verifier.answer(begun["transaction"], mail.fresh()).error, "Expired",
              "another uid's transaction is as unknown, even to root")
    tap.equal(verifier.answer("A" * 43, mail.fresh()).error, "Expired", "a made-up transaction is unknown")
    tap.ok(verifier.answer(begun["transaction"], mail.fresh(), uid=MAIL).ok,
           "and its owner may still answer it")
    begun = verifier.begin("mail", "door.open")
    tap.ok(verifier.call("verify", "Cancel", {"transaction": begun["transaction"]}).ok,
           "a step-up can be given up")
    tap.equal(verifier.answer(begun["transaction"], mail.fresh()).error, "Expired", "and is over then")
    begun = verifier.begin("mail", "door.open")
    reply = verifier.call("verify", "Answer",
                          {"transaction": begun["transaction"], "method": "password", "code": "123456"})
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
              "an unknown method is an error in the call")


def tries(verifier):
    uucp = verifier.enrol_token("uucp")
    begun = verifier.begin("uucp", "door.open")
    for left, typed in ((2, "correct horse battery staple"), (1, "12345"), (0, "123456789")):
        reply = verifier.answer(begun["transaction"], typed)
        tap.equal((reply.error, reply.get("tries_left")), ("BadAnswer", left),
                  f"{typed!r} is no code; {left} left")
    tap.equal(verifier.answer(begun["transaction"], uucp.fresh()).error, "Expired",
              "after three answers a transaction is over")
    begun = verifier.begin("uucp", "door.open")
    reply = verifier.answer(begun["transaction"],
                            uucp.code(uucp.counter)[:3] + " " + uucp.code(uucp.counter)[3:])
    uucp.counter += 1
    tap.ok(reply.ok, "what can't be a code was not charged, and a space in a code is fine", reply)
    log = read_log_database(verifier)
    tap.ok("battery staple" not in log, "what was typed is not in the log")


def read_log_database(verifier):
    """Everything that the database and the journal hold, as text."""
    text = verifier.log()
    for name in os.listdir(verifier.state):
        with open(os.path.join(verifier.state, name), "rb") as source:
            text += source.read().decode("latin-1")
    return text


def at_once(count, function):
    """Calls function(i) from that many threads released together; the results."""
    gate = threading.Barrier(count)
    results = [None] * count

    def run(i):
        gate.wait()
        results[i] = function(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def same_code(verifier):
    secret = verifier.enrol("mail")
    begun = [verifier.begin("mail", "door.open")["transaction"] for _ in range(50)]
    code = secret.fresh()
    clients = [verifier.client() for _ in begun]
    replies = at_once(50,
                      lambda i: clients[i].call("Answer",
                                                {"transaction": begun[i], "method": "code", "code": code}))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "the same code from 50 connections at once: exactly one is accepted")
    tap.equal({reply.error for reply in replies if not reply.ok} - {"BadAnswer", "Throttled"}, set(),
              "the others are refused as wrong, or throttled")
    for client in clients:
        client.close()


def concurrent_answers(verifier):
    token = verifier.enrol_token("mail")
    begun = verifier.begin("mail", "door.open")["transaction"]
    codes = [token.code(token.counter + i) for i in range(8)]
    clients = [verifier.client() for _ in codes]
    for client in clients:
        client.call("org.varlink.service.GetInfo")
    verifier.process.send_signal(signal.SIGSTOP)  # so that it finds all eight at once
    os.waitid(os.P_PID, verifier.process.pid, os.WSTOPPED)
    for client, code in zip(clients, codes):
        client.start("Answer", {"transaction": begun, "method": "code", "code": code})
    verifier.process.send_signal(signal.SIGCONT)
    replies = [client.finish() for client in clients]
    tap.equal(sum(reply.ok for reply in replies), 1,
              "one transaction answered by eight right codes at once is granted once")
    errors = [reply.error for reply in replies if not reply.ok]
    tap.ok("NotAllowed" in errors and set(errors) <= {"NotAllowed", "Expired"},
           "the others hear that one is being checked, or was", errors)
    for client in clients:
        client.close()


def later_then_earlier(verifier):
    secret = verifier.enrol("news")
    moment = time.time()
    while secret.step(moment + 3) != secret.step(moment) or secret.step(moment) <= secret.used:
        time.sleep(0.2)
        moment = time.time()
    tap.ok(verifier.step_up("news", "door.open", None, secret.code(at=moment, ahead=1)).ok,
           "the code of the next step is accepted")
    tap.equal(verifier.step_up("news", "door.open", None, secret.code(at=moment)).error, "BadAnswer",
              "and then the code of this step is refused")


def guessing(verifier):
    """Five wrong ones from places that never succeeded, and the sixth isn't looked at; nor is a right one."""
    token = verifier.enrol_token("ghost")
    session = "s" * 43
    replies = at_once(20, lambda i: verifier.step_up("ghost", "door.open", None, token.wrong(),
                                                     rhost=f"10.0.0.{i}", session=session))
    evaluated = [reply for reply in replies if reply.error == "BadAnswer"]
    tap.ok(1 <= len(evaluated) <= 5,
           "of 20 parallel wrong guesses no more than the allowed number is evaluated",
           [r.error for r in replies])
    tap.equal({reply.error for reply in replies} - {"BadAnswer"}, {"Throttled"},
              "the rest is throttled unseen")
    reply = verifier.step_up("ghost", "door.open", None, token.fresh(), rhost="10.0.0.99", session=session)
    tap.equal(reply.error, "Throttled", "a right code isn't looked at then either")
    tap.ok(reply.get("retry_after", 0) > 0, "the refusal says when to come back")
    reply = verifier.step_up("ghost", "door.open", None, token.fresh(), rhost="10.0.0.99")
    tap.equal(reply.error, "BadAnswer", "which is told to nobody who could be a stranger")


def enumeration(verifier):
    """What a guesser hears about an employee, somebody unenrolled, and a made-up name."""
    token = verifier.enrol_token("uucp")
    heard = {}
    for name, user in (("enrolled", "uucp"), ("unenrolled", "man"), ("unknown", "nobody-like-that"),
                       ("dangerous", "../%n\n--x")):
        begun = verifier.begin(user, "vpn.open", rhost="host")
        wrong = token.wrong()
        first = verifier.answer(begun["transaction"], wrong)
        second = verifier.answer(begun["transaction"], wrong)
        heard[name] = (begun["methods"], begun["ask"], begun["prompt"], begun["expires_in"], first.error,
                       first.parameters, second.error, second.message)
    for name in ("unenrolled", "unknown", "dangerous"):
        tap.equal(heard[name], heard["enrolled"],
                  f"somebody {name} gets the prompts, words and refusals of an employee")
    tap.equal(heard["enrolled"][6], "BadAnswer",
              "that the second guess in a row has to wait is told to nobody")
    known = verifier.begin("uucp", "few.vpn", {"n": 5}, rhost="x")
    unknown = verifier.begin("nobody-like-that", "few.vpn", {"n": 5}, rhost="x")
    tap.equal((known.error, known.message), (unknown.error, unknown.message),
              "what is over any limit is refused to both alike")


def limits(verifier):
    tokens = [verifier.enrol_token("mail") for _ in range(8)]
    begun = [verifier.begin("mail", "customer.few", {"account": f"a{i}"})["transaction"] for i in range(8)]
    codes = [token.fresh() for token in tokens]
    clients = [verifier.client() for _ in begun]
    replies = at_once(8, lambda i: clients[i].call("Answer", {"transaction": begun[i], "method": "code",
                                                              "code": codes[i]}))
    for client in clients:
        client.close()
    tap.equal(sorted(reply.error or "granted" for reply in replies), ["OverLimit"] * 5 + ["granted"] * 3,
              "three are left and eight right answers come at once: exactly three are granted")
    token = tokens[0]
    reply = verifier.begin("mail", "customer.few", {"account": "c"})
    tap.equal(reply.error, "OverLimit", "the fourth isn't even asked")
    tap.matches(reply.message, "3 per 1h", "and the refusal names the limit")
    tap.ok(verifier.step_up("mail", "customer.sum", {"records": 600}, token.fresh()).ok,
           "600 of 1000 records are granted")
    tap.equal(verifier.begin("mail", "customer.sum", {"records": 401}).error, "OverLimit",
              "then 401 are too many")
    tap.ok(verifier.step_up("mail", "customer.sum", {"records": 400}, token.fresh()).ok, "and 400 are not")
    for account in ("a", "b", "a"):
        tap.ok(verifier.step_up("mail", "customer.different", {"account": account}, token.fresh()).ok,
               f"account {account} is within 2 different ones")
    tap.equal(verifier.begin("mail", "customer.different", {"account": "c"}).error, "OverLimit",
              "a third account is not")
    token = verifier.enrol_token("news")
    tap.ok(verifier.step_up("news", "customer.locks", None, token.fresh()).ok,
           "one is within the limit of a rule that locks")
    reply = verifier.step_up("news", "customer.locks", None, token.fresh())
    tap.equal(reply.error, "Locked", "whoever proves to be the user and goes over it is locked")
    tap.equal(verifier.begin("news", "door.open").get("reference"), reply.get("reference"),
              "and stays so, under the same reference")


def reload_ends(verifier):
    token = verifier.enrol_token("mail")
    begun = verifier.begin("mail", "door.open")
    verifier.reload()
    tap.equal(verifier.answer(begun["transaction"], token.fresh()).error, "Expired",
              "a reload of the policy ends what is under way")
    tap.ok(verifier.step_up("mail", "door.open", None, token.fresh()).ok, "and what begins after it goes on")


def restart_ends(verifier):
    token = verifier.enrol_token("mail")
    begun = verifier.begin("mail", "door.open")
    verifier.restart()
    tap.equal(verifier.answer(begun["transaction"], token.fresh()).error, "Expired",
              "a restart ends what is under way")
    reply = verifier.step_up("mail", "door.open", None, token.fresh())
    tap.ok(reply.ok, "what was enrolled is still there", reply)


def resynchronise(verifier):
    token = verifier.enrol_token("news")
    token.counter += 50
    begun = verifier.begin("news", "door.open", rhost="desk")
    tap.equal(verifier.answer(begun["transaction"], token.fresh()).error, "BadAnswer",
              "a token far ahead is refused")


VPN = '''
action vpn.open { users = { "*" }  prompt = "VPN from {rhost}"  require = { code } }
action few.vpn { users = { "*" }  details = { "n:number" }  prompt = "VPN"  require = { code }
    limit = { "1 n per 1h" } }
'''


def in_one(*functions, policy=POLICY):
    with Verifier(policy) as verifier:
        result = None
        for function in functions:
            result = tap.run(function, verifier, *([result] if function is one_answer else []))


if __name__ == "__main__":
    in_one(who_may, one_answer, details, tries)
    in_one(same_code)
    in_one(concurrent_answers, later_then_earlier, resynchronise)
    in_one(guessing)
    in_one(enumeration, policy=VPN)
    in_one(limits)
    in_one(reload_ends, restart_ends)
    tap.done()
