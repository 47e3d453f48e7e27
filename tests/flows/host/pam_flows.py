#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Through PAM, with the real module and the real stepupd: what is granted, what is refused, what a
guesser can tell apart."""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from softkey import Key, enrol_key
from harness import BIN, GAMES, MAIL, NEWS, Tap, Verifier, program

POLICY = '''
origins = { "https://support.example.com" }
group staff { members = { "mail", "news", "uucp", "ghost", "daemon", "games" } }
caller console { unix-user = "games"  users = { "@staff" }  actions = { "customer.*", "vault.shared" } }
service export { unix-user = "bin" }

action door.open { users = { "*" }  prompt = "Open the door from {rhost}"  require = { code } }
action sudo.run { users = { "*" }  prompt = "Become root"  require = { code } }
action customer.view { users = { "@staff" }  details = { "account:text" }
    prompt = "Look at customer {account}"  require = { code } }
action customer.export { users = { "@staff" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { code }  code-is-enough = yes
    service = export
    limit = { "20000 records per 24h" } }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
action vault.shared { users = { "@staff" }  details = { "account:text" }
    prompt = "Open the vault of {account}"  require = { key, pin } }
action stepup.lock { users = { "daemon" }  require = { code }  code-is-enough = yes }
action stepup.freeze { users = { "daemon" }  require = { code }  code-is-enough = yes }
'''
tap = Tap()


class Services:
    """A folder of PAM service files in front of one verifier."""

    def __init__(self, verifier):
        self.folder = os.path.join(verifier.folder, "pam.d")
        self.module = program("pam_module/pam_stepup.so")
        self.socket = verifier.path()
        os.mkdir(self.folder)
        self.write("door", "auth required {} action=door.open", "account required {}")
        self.write("sudo", "auth required {} action=sudo.run", "account required {} action=sudo.run")
        self.write("console", "auth required {} details=env receipt=env conversation=json",
                   "account required {} conversation=json")
        self.write("vault", "auth required {} action=vault.open")

    def write(self, name, *lines):
        with open(os.path.join(self.folder, name), "w") as out:
            for line in lines:
                out.write(line.format(self.module) + f" socket={self.socket}\n")

    def start(self, service, user, *answers, phases="auth", env=(), items=(), uid=None, wait=False,
              more=(), before=()):
        """`before`: the words of a command that runs it."""
        command = [program("tests/pam/pam_try"), "--confdir", self.folder, "--phases", phases, *more]
        for answer in answers:
            command += ["--answer", answer]
        for name in env:
            command += ["--env", name]
        for name in items:
            command += ["--item", name]
        if uid is not None:
            command += ["--uid", str(uid), "--gid", str(uid)]
        return subprocess.Popen([*before, *command, *(["--wait"] if wait else []), "--", service, user],
                                stdin=subprocess.PIPE if wait else subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True)

    def run(self, service, user, *answers, **options):
        return Result(self.start(service, user, *answers, **options).communicate()[0])

    def talk(self, service, user, *answers, **options):
        """Answers each question with what a function makes of it."""
        told, said = (os.path.join(self.folder, name) for name in ("told", "said"))
        for path in (told, said):
            if not os.path.exists(path):
                os.mkfifo(path)
                os.chmod(path, 0o666)
        process = self.start(service, user,
                             more=["--tell", told, *["--answer-from", said] * len(answers)], **options)
        with open(told) as messages:
            for answer in answers:
                question = next((json.loads(line)["text"] for line in messages
                                 if json.loads(line)["style"] == "prompt"), None)
                if question is None:
                    break
                with open(said, "w") as out:
                    out.write(answer(json.loads(question)))
            messages.read()
        return Result(process.communicate()[0])


class Result:
    """What pam_try printed."""

    def __init__(self, text):
        self.all = json.loads(text)
        self.code = self.all["result"]
        self.receipt = self.all["receipt"]
        self.prompts = [message["text"] for message in self.all["messages"] if message["style"] == "prompt"]
        self.told = [message["text"] for message in self.all["messages"] if message["style"] != "prompt"]

    def __repr__(self):
        return json.dumps(self.all)


def in_json(code):
    return json.dumps({"method": "code", "code": code})


def export(records=10, account="trezor", action="customer.export"):
    return ["STEPUP_ACTION=" + action,
            "STEPUP_DETAILS=" + json.dumps({"account": account, "records": records})]


def the_usual_way(verifier, services):
    mail = verifier.enrol_token("mail")
    result = services.run("door", "mail", mail.fresh(), phases="auth,account,setcred",
                          items=["rhost=192.0.2.7"])
    tap.equal(result.code, "PAM_SUCCESS", "a right code passes auth, account and setcred")
    tap.equal(result.prompts, ["Open the door from 192.0.2.7\nYou approve as mail.\n"
                               + verifier.begin("mail", "door.open")["ask"]],
              "the prompt is the verifier's, in one message")
    tap.equal(result.told, [], "success says nothing")
    result = services.run("vault", "mail")
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []),
              "an action that needs a key is refused unasked")
    tap.matches(result.told[0], "Nothing was approved", "and told so")
    result = services.run("sudo", "mail", mail.fresh(), phases="account")
    tap.equal((result.code, len(result.prompts)), ("PAM_SUCCESS", 1),
              "an account line with an action asks where auth was left out")
    result = services.run("sudo", "mail", mail.fresh(), phases="auth,account")
    tap.equal((result.code, len(result.prompts)), ("PAM_SUCCESS", 1), "and does not ask twice")
    code = mail.fresh()
    tap.equal(services.run("door", "mail", code).code, "PAM_SUCCESS", "the next code is good")
    result = services.run("door", "mail", code)
    tap.equal(result.code, "PAM_CONV_ERR", "once: the second time another one is asked for")
    tap.matches(result.prompts[1], "^That code did not work.*Wait for the next one, 5 seconds at least",
                "under the reason, and from when on")
    result = services.run("door", "mail", mail.fresh())
    tap.matches(result.prompts[1], "Try again in .* second",
                "the one after a wrong one has to wait, and the prompt says how long")
    ghost = verifier.enrol_token("ghost")
    tap.equal(services.run("sudo", "ghost", ghost.wrong(), phases="account").code, "PAM_CONV_ERR",
              "a wrong code in the account phase is refused")


def the_consoles_way(verifier, services):
    news = verifier.enrol_token("news")
    result = services.run("console", "news", in_json(news.fresh()), env=export(), uid=GAMES,
                          phases="auth,account")
    tap.equal(result.code, "PAM_SUCCESS", "a console with a uid of its own gets its user's export approved")
    question = json.loads(result.prompts[0])
    tap.equal((question["type"], question["prompt"], question["methods"]),
              ("question", "Export 10 contacts of trezor", ["code"]),
              "the question is an object for its dialog")
    tap.equal(result.all["left"], ["STEPUP_RECEIPT"], "the variables are taken out, the receipt is put in")
    redeem = {"receipt": result.receipt, "action": "customer.export",
              "details": {"account": "trezor", "records": 10}}
    other = {**redeem, "details": {"account": "another", "records": 10}}
    more = {**redeem, "details": {"account": "trezor", "records": 11}}
    tap.equal(verifier.call("redeem", "Redeem", other, uid=BIN).error, "BadDetails",
              "the receipt is not good for another account")
    tap.equal(verifier.call("redeem", "Redeem", more, uid=BIN).error, "BadDetails", "nor for more records")
    tap.ok(verifier.call("redeem", "Redeem", redeem, uid=BIN).ok, "it is good for what was approved")
    tap.ok(not verifier.call("redeem", "Redeem", redeem, uid=BIN).ok, "once")
    result = services.run("console", "news", in_json(news.fresh()), env=export(20001), uid=GAMES)
    tap.equal((result.code, json.loads(result.told[0])["error"], result.receipt),
              ("PAM_AUTH_ERR", "OverLimit", None), "what goes over the limit is refused")
    result = services.run("console", "news", in_json(news.fresh()),
                          env=["STEPUP_ACTION=customer.export", "STEPUP_DETAILS={\"account\":\"trezor\"}"],
                          uid=GAMES)
    tap.equal((result.code, json.loads(result.told[0])["error"]), ("PAM_AUTH_ERR", "BadDetails"),
              "a missing detail is refused")
    result = services.run("console", "news", in_json(news.fresh()),
                          env=["STEPUP_ACTION=customer.delete"], uid=GAMES)
    tap.equal((result.code, json.loads(result.told[0])["error"]), ("PAM_AUTH_ERR", "UnknownAction"),
              "an action that no rule covers is refused")
    result = services.run("console", "news", in_json(news.fresh()),
                          env=["STEPUP_ACTION=door.open"], uid=GAMES)
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []),
              "an action that isn't the console's is refused unasked")
    result = services.run("console", "news", in_json(news.fresh()), env=export(), uid=MAIL)
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []),
              "a process of another uid can't ask for this user")
    result = services.run("console", "news", '{"cancel":true}', env=export(), uid=GAMES)
    tap.equal((result.code, json.loads(result.told[0])["error"]), ("PAM_AUTH_ERR", "Cancelled"),
              "closing the dialog gives it up")
    result = services.run("console", "news", in_json(news.fresh()), uid=GAMES)
    tap.equal(result.code, "PAM_SERVICE_ERR", "a console that names no action is wrong")


def vault(account="trezor"):
    return ["STEPUP_ACTION=vault.shared", "STEPUP_DETAILS=" + json.dumps({"account": account})]


def by_key(key, **how):
    """What a page answers a question with."""
    return lambda question: json.dumps({"method": "browser",
                                        "credential": key.sign(question["publicKey"], **how)})


def the_consoles_keys(verifier, services):
    news = enrol_key(verifier, "news", Key())
    result = services.talk("console", "news", by_key(news), env=vault(), uid=GAMES, phases="auth,account")
    tap.equal(result.code, "PAM_SUCCESS", "a key in the browser is granted what needs one")
    question = json.loads(result.prompts[0])
    tap.equal((question["methods"], question["prompt"], question["publicKey"]["userVerification"]),
              (["browser"], "Open the vault of trezor", "required"),
              "the question has the method and what the browser needs")
    result = services.talk("console", "news", by_key(news, uv=False), by_key(news), env=vault(), uid=GAMES)
    tap.equal((result.code, len(result.prompts)), ("PAM_SUCCESS", 2),
              "used without its PIN it is refused, and may answer again")
    tap.matches(json.loads(result.prompts[1])["error"], "That key was not accepted", "under the reason")
    result = services.talk("console", "news", *[by_key(news, bogus=True)] * 3, env=vault(), uid=GAMES)
    tap.equal((result.code, len(result.prompts)), ("PAM_MAXTRIES", 3), "three bad signatures are the end")
    first = []
    keep = lambda question: first.append(by_key(news)(question)) or first[0]
    tap.equal(services.talk("console", "news", keep, env=vault(), uid=GAMES).code, "PAM_SUCCESS",
              "one signature")
    result = services.talk("console", "news", lambda question: first[0], lambda question: '{"cancel":true}',
                           env=vault(), uid=GAMES)
    tap.equal(result.code, "PAM_AUTH_ERR", "is not good for another transaction of the same action")
    mail = enrol_key(verifier, "mail", Key())
    result = services.talk("console", "news", by_key(mail), lambda question: '{"cancel":true}',
                           env=vault(), uid=GAMES)
    tap.equal(result.code, "PAM_AUTH_ERR", "nor is another employee's key")
    result = services.run("console", "news", in_json("123456"), env=vault(), uid=GAMES)
    tap.equal(result.code, "PAM_CONV_ERR", "nor a code where the question offers none")
    result = services.run("vault", "news", phases="auth", items=["rhost=192.0.2.7"])
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []),
              "in a terminal that reaches no key nothing is asked")
    tap.matches(result.told[0], "Nothing was approved", "and told so")


def the_locked(verifier, services):
    uucp, daemon = verifier.enrol_token("uucp"), verifier.enrol_token("daemon")
    waiting = services.start("door", "uucp", uucp.fresh(), phases="account", wait=True)
    begun = verifier.begin("daemon", "stepup.lock", {"users": "uucp"}, uid=1)
    granted = verifier.answer(begun["transaction"], daemon.fresh(), uid=1)
    lock = verifier.call("admin", "Lock", {"users": ["uucp"], "authorization": begun["transaction"]}, uid=1)
    tap.ok(granted.ok and lock.ok, "an administrator locks somebody", (granted, lock))
    waiting.stdin.write("\n")
    result = Result(waiting.communicate()[0])
    tap.equal(result.code, "PAM_PERM_DENIED",
              "a locked user is refused in the account phase, also in a process that was there before")
    tap.matches(result.told[0], f"locked.*{lock['reference']}", "with the reference to quote")
    result = services.run("door", "uucp", uucp.fresh())
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []), "and in auth, with a right code, unasked")
    result = services.run("sudo", "uucp", uucp.fresh(), phases="account")
    tap.equal((result.code, result.prompts), ("PAM_PERM_DENIED", []), "and where an account line would ask")
    tap.equal(services.run("door", "mail", phases="account").code, "PAM_SUCCESS", "others are not")


def who_can_be_told_apart(verifier, services):
    token = verifier.enrol_token("ghost")
    heard = {}
    for name, user in (("enrolled", "ghost"), ("unenrolled", "man"), ("unknown", "nobody-like-that"),
                       ("dangerous", "../../%n"), ("leading dash", "-rf")):
        result = services.run("door", user, token.wrong(), items=["rhost=203.0.113.9"])
        heard[name] = (result.code,
                       [text.replace(f"as {user}.", "as themselves.") for text in result.prompts],
                       result.told)
    for name in ("unenrolled", "unknown", "dangerous", "leading dash"):
        tap.equal(heard[name], heard["enrolled"], f"a user who is {name} hears what an employee hears")
    result = services.run("door", "man", "not", "codes", "at-all")
    tap.equal((result.code, len(result.prompts)), ("PAM_MAXTRIES", 3),
              "three answers that can't be codes are the tries of somebody unenrolled")
    result = services.run("door", "ghost", "not", "codes", "at-all")
    tap.equal((result.code, len(result.prompts)), ("PAM_MAXTRIES", 3), "as of an employee")
    tap.equal(services.run("door", "root\n").code, "PAM_AUTH_ERR", "a name with a newline is refused")
    tap.equal(services.run("door", "a" * 65536).code, "PAM_AUTH_ERR", "a name of 64 KB too")
    result = services.run("door", "ghost", "x" * 65536, "\x01\x02", "%n%s")
    tap.equal(result.code, "PAM_MAXTRIES", "so are answers of 64 KB and of control characters")
    tap.ok(verifier.call("verify", "Keys").ok, "and the verifier goes on")


def the_same_code_at_once(verifier, services):
    secret = verifier.enrol("mail")
    code = secret.fresh()
    tries = [services.start("door", "mail", code, wait=True) for _ in range(50)]
    results = [None] * len(tries)

    def finish(i):
        results[i] = Result(tries[i].communicate("\n")[0])

    threads = [threading.Thread(target=finish, args=(i,)) for i in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = [result.code for result in results]
    tap.equal(codes.count("PAM_SUCCESS"), 1,
              "the same code from 50 processes at once, through PAM: exactly one is accepted")
    tap.equal(set(codes) - {"PAM_SUCCESS", "PAM_CONV_ERR", "PAM_MAXTRIES"}, set(),
              "the others are asked for another one, or told to wait")


def the_verifier_ends_half_way(verifier, services):
    token = verifier.enrol_token("mail")
    fifo = os.path.join(verifier.folder, "typed")
    os.mkfifo(fifo)
    for how, code in (("killed", "PAM_SYSTEM_ERR"), ("restarted", "PAM_AUTH_ERR")):
        process = subprocess.Popen([program("tests/pam/pam_try"), "--confdir", services.folder,
                                    "--answer-from", fifo, "door", "mail"],
                                   stdout=subprocess.PIPE, text=True)
        with open(fifo, "w") as typed:  # opens when the person is being asked
            verifier.kill()
            if how == "restarted":
                verifier.start()
            typed.write(token.fresh())
        result = Result(process.communicate()[0])
        tap.equal(result.code, code, f"a verifier that is {how} between question and answer: refused")
        tap.matches(result.told[0], "[Nn]othing was approved", "and told so")
        if how == "killed":
            result = services.run("door", "mail", token.fresh(), phases="account")
            tap.equal(result.code, "PAM_SYSTEM_ERR", "the account phase fails closed while it is away")
            tap.matches(result.told[0], r"Could not check, so nothing was approved\. You did nothing wrong\. "
                        r"Try again in a minute\. \[verifier unreachable, ",
                        "in plain words")
            verifier.start()
    tap.equal(services.run("door", "mail", token.fresh()).code, "PAM_SUCCESS",
              "when it is back the next code is accepted")


def hung_verifier(verifier, services):
    token = verifier.enrol_token("mail")
    services.write("hurried", "auth required {} action=door.open timeout=1")
    os.kill(verifier.process.pid, 19)  # SIGSTOP
    try:
        started = time.monotonic()
        result = services.run("hurried", "mail", token.fresh())
        tap.equal(result.code, "PAM_SYSTEM_ERR", "a verifier that hangs is refused by the line's timeout")
        tap.ok(time.monotonic() - started < 60, "in good time")
    finally:
        os.kill(verifier.process.pid, 18)


def in_one(*functions):
    with Verifier(POLICY) as verifier:
        for door in ("admin", "redeem"):  # whose groups the test machine needn't have
            os.chmod(verifier.path(door), 0o666)
        services = Services(verifier)
        for function in functions:
            tap.run(function, verifier, services)


if __name__ == "__main__":
    in_one(the_usual_way, the_consoles_way, the_consoles_keys, the_locked)
    in_one(who_can_be_told_apart)
    in_one(the_same_code_at_once)
    in_one(the_verifier_ends_half_way, hung_verifier)
    tap.done()
