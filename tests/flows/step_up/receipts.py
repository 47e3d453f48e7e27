#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Receipts: issued for one action, redeemed once, by the service it is for, for what was approved, while
whoever approved it still stands."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, DAEMON, GAMES, MAIL, Tap, Verifier, as_uid
from step_up import at_once

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "customer.*" } }
service export { unix-user = "bin" }
service other { unix-user = "daemon" }
group admins { members = { "root" } }

action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { code }  code-is-enough = yes
    service = export }
action customer.short { users = { "*" }  prompt = "Short"  require = { code }  code-is-enough = yes
    service = export
    receipt-lifetime = 8s }
action "stepup.*" { users = { "@admins" }  require = { code }  code-is-enough = yes }
'''
TREZOR = {"account": "trezor", "records": 1000}
tap = Tap()


def open_doors(verifier):
    """Whoever the test wants may connect: what they are allowed is the verifier's to say."""
    for door in ("admin", "redeem"):
        os.chmod(verifier.path(door), 0o666)


def receipt(verifier, token, user="mail", action="customer.export", details=TREZOR):
    reply = verifier.step_up(user, action, details, token.fresh(), uid=GAMES)
    if not reply.ok:
        raise RuntimeError(f"no receipt: {reply}")
    return reply["receipt"]


def redeem(verifier, text, details=TREZOR, action="customer.export", exec_id=None, uid=BIN, resume=None):
    parameters = {"receipt": text, "action": action, "details": details}
    if exec_id is not None:
        parameters["exec_id"] = exec_id
    if resume is not None:
        parameters["resume"] = resume
    return verifier.call("redeem", "Redeem", parameters, uid=uid)


def part(text, index):
    field = text.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(field + "=" * (-len(field) % 4)))


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def administer(verifier, token, verb, details, parameters=None):
    """One administrator's verb of root's, with its own step-up."""
    begun = verifier.begin("root", f"stepup.{verb.lower()}", details)
    granted = verifier.answer(begun["transaction"], token.fresh())
    if not granted.ok:
        raise RuntimeError(f"root may not {verb}: {granted}")
    return verifier.call("admin", verb,
                         {**details, **(parameters or {}), "authorization": begun["transaction"]})


def logged(verifier, root, first):
    """The log's entries from that one on, read as the administrator."""
    begun = verifier.begin("root", "stepup.log")
    verifier.answer(begun["transaction"], root.fresh())
    reply = verifier.call("admin", "Log",
                          {"from": first, "count": 1000, "authorization": begun["transaction"]})
    return [json.loads(one["entry"]) for one in reply["entries"]]


def issued(verifier, token):
    text = receipt(verifier, token)
    header, claims = part(text, 0), part(text, 1)
    tap.equal((header["alg"], header["typ"]), ("ES256", "stepup-receipt+jwt"),
              "a receipt is ES256 with a type of its own")
    tap.equal((claims["iss"], claims["aud"], claims["sub"], claims["azp"], claims["acr"], claims["amr"]),
              ("https://stepup.example.com", "export", "mail", "games", "otp", ["otp"]),
              "it says issuer, audience, user, caller and factor")
    grant = claims["authorization_details"]
    tap.equal([(grant[0]["type"], grant[0]["action"], grant[0]["details"])],
              [("io.stepup.action", "customer.export", TREZOR)], "it says what was approved")
    tap.equal((len(grant), claims["exp"] - claims["iat"]), (1, 60), "for one action, for a minute")
    jwks = verifier.call("verify", "Keys")["jwks"]
    tap.ok(header["kid"] in [key["kid"] for key in jwks["keys"]]
           and not any("d" in key for key in jwks["keys"]),
           "its key is among those that anybody may read, without the private half")


def once(verifier, token):
    text = receipt(verifier, token)
    reply = redeem(verifier, text)
    tap.ok(reply.ok and not reply["already"], "the service redeems it", reply)
    redeemed = reply.get("log")
    tap.equal((reply["user"], reply["action"], reply["details"], reply["acr"]),
              ("mail", "customer.export", TREZOR, "otp"), "and hears who approved what, how")
    reply = redeem(verifier, text)
    tap.equal((reply.error, reply.get("log")), ("Redeemed", redeemed),
              "a second time it is refused by an error of its own, with the redemption's entry")
    tap.matches(reply.message, "redeemed already", "and the words say why")
    text = receipt(verifier, token)
    replies = at_once(16, lambda i: redeem(verifier, text))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "sixteen processes redeem one receipt at once: exactly one succeeds")
    text = receipt(verifier, token)
    replies = at_once(8, lambda i: redeem(verifier, text, exec_id=f"execution-{i}"))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "eight executions with names of their own redeem one at once: exactly one succeeds")


def audiences(verifier, token):
    text = receipt(verifier, token)
    tap.equal(redeem(verifier, text, uid=DAEMON).error, "NotAllowed", "another service can't redeem it")
    tap.equal(redeem(verifier, text, uid=MAIL).error, "NotAllowed", "nor the user")
    tap.equal(redeem(verifier, text, uid=None).error, "NotAllowed", "nor root, who is no service")
    tap.ok(redeem(verifier, text).ok, "none of that used it up")


def what_was_approved(verifier, token):
    text = receipt(verifier, token)
    reply = redeem(verifier, text, {"account": "ledger", "records": 1000})
    tap.equal((reply.error, reply.get("detail")), ("BadDetails", "account"),
              "approve one account, export another: refused by name")
    reply = redeem(verifier, text, {"account": "trezor", "records": 1001})
    tap.equal((reply.error, reply.get("detail")), ("BadDetails", "records"),
              "one record more than approved is refused")
    tap.matches(reply.message, "1000.*1001", "and the words say both numbers")
    for wrong, name in (({"account": "trezor"}, "records"), ({**TREZOR, "format": "csv"}, "format"),
                        ({"account": "trezor", "records": "1000"}, "records"),
                        ({"account": "trezor ", "records": 1000}, "account"),
                        ({"account": "Trezor", "records": 1000}, "account")):
        reply = redeem(verifier, text, wrong)
        tap.equal((reply.error, reply.get("detail")), ("BadDetails", name),
                  f"{wrong} isn't what was approved")
    tap.equal(redeem(verifier, text, action="customer.delete").error, "NotAllowed",
              "another action is refused")
    reply = redeem(verifier, text, {"account": "trezor", "records": 999})
    tap.ok(reply.ok and reply["details"]["records"] == 999, "fewer records are fine", reply)


def forgeries(verifier, token):
    text = receipt(verifier, token)
    header, claims, signature = text.split(".")
    jwk = verifier.call("verify", "Keys")["jwks"]["keys"][0]
    forged = {
        "alg none": ".".join((encode({**part(text, 0), "alg": "none"}), claims, "")),
        "alg HS256 with the public key": ".".join((encode({**part(text, 0), "alg": "HS256"}), claims,
                                                   signature)),
        "a key of its own": ".".join((encode({**part(text, 0), "jwk": jwk}), claims, signature)),
        "a place to fetch keys from": ".".join((encode({**part(text, 0), "jku": "https://evil.example/keys"}),
                                                claims, signature)),
        "a critical extension": ".".join((encode({**part(text, 0), "crit": ["exp"]}), claims, signature)),
        "another kid": ".".join((encode({**part(text, 0), "kid": "mine"}), claims, signature)),
        "changed records": ".".join((header, encode({**part(text, 1), "authorization_details": [
            {**part(text, 1)["authorization_details"][0],
             "details": {"account": "trezor", "records": 102000}}]}), signature)),
        "a later expiry": ".".join((header, encode({**part(text, 1), "exp": part(text, 1)["exp"] + 600}),
                                    signature)),
        "text after it": text + ".x",
        "no signature": header + "." + claims,
        "nothing": "",
    }
    for name, wrong in forged.items():
        reply = redeem(verifier, wrong)
        tap.equal(reply.error, "NotAllowed", f"a receipt with {name} is refused")
    tap.ok(redeem(verifier, text).ok, "and the real one is still good")


def executions(verifier, token):
    text = receipt(verifier, token)
    first = redeem(verifier, text, exec_id="job-7")
    tap.ok(first.ok and not first["already"], "an execution redeems under its own name", first)
    for resume in (None, False):
        reply = redeem(verifier, text, exec_id="job-7", resume=resume)
        tap.equal((reply.error, reply.get("log")), ("Redeemed", first.get("log")),
                  f"the same name again, resume {resume}, is no yes")
    reply = redeem(verifier, text, exec_id="job-7", resume=True)
    tap.ok(reply.ok and reply["already"], "with \"resume\" it is told that it has it already", reply)
    tap.equal(reply.get("log"), first.get("log"), "and which entry says so")
    tap.equal(redeem(verifier, text, exec_id="job-8", resume=True).error, "Redeemed",
              "another execution is not")
    reply = redeem(verifier, text, resume=True)
    tap.equal((reply.error, reply.get("parameter")), ("InvalidParameter", "exec_id"), "who resumes says what")
    tap.equal(redeem(verifier, text, {"account": "trezor", "records": 5}, exec_id="job-7", resume=True).error,
              "Redeemed", "nor the same name for something else")
    tap.equal(redeem(verifier, text, exec_id="job-7", uid=DAEMON, resume=True).error, "NotAllowed",
              "nor the same name of another service")
    text = receipt(verifier, token)
    reply = redeem(verifier, text, exec_id="job-9", resume=True)
    tap.ok(reply.ok and not reply["already"],
           "who recorded its name, and fell before it asked, redeems by resuming", reply)
    text = receipt(verifier, token)
    replies = at_once(8, lambda i: redeem(verifier, text, exec_id="job-10"))
    tap.equal(sorted(reply.error or "yes" for reply in replies), ["Redeemed"] * 7 + ["yes"],
              "eight at once under one name: one yes")


def repeats(verifier, token):
    """Every repeat is refused; the log has the first ones only, of one employee's receipts and of junk, and
    each employee's first is in it."""
    root = verifier.enrol_token("root")
    tokens = {user: verifier.enrol_token(user) for user in ("news", "man")}
    texts = {user: receipt(verifier, tokens[user], user=user) for user in tokens}
    first = [redeem(verifier, text, exec_id="job-20") for text in texts.values()]
    tap.ok(all(reply.ok for reply in first), "two employees' receipts are redeemed", first)
    replies = [redeem(verifier, texts["news"]) for _ in range(80)] + [redeem(verifier, "junk")
                                                                      for _ in range(60)]
    replies += [redeem(verifier, texts["news"], exec_id="job-20", resume=True) for _ in range(60)]
    tap.equal({reply.error for reply in replies}, {"Redeemed", "NotAllowed", None},
              "what is spent is answered each time")
    redeem(verifier, texts["man"])
    told = [(entry["type"], entry.get("user"), entry.get("error"))
            for entry in logged(verifier, root, first[-1]["log"] + 1)]
    tap.ok(told.count(("redeem-refusal", "news", "Redeemed")) in range(1, 45)
           and told.count(("redeem-refusal", None, "NotAllowed")) in range(1, 45),
           "repeats and junk make the log grow within a budget", told)
    tap.ok(("resume", "news", None) in told, "who resumes is logged, whatever was repeated before", told)
    tap.ok(("redeem-refusal", "man", "Redeemed") in told,
           "one employee's repeats leave another's first in the log", told)


def too_late(verifier, token):
    text = receipt(verifier, token, action="customer.short", details=None)
    other = receipt(verifier, token, action="customer.short", details=None)
    tap.ok(redeem(verifier, other, {}, "customer.short", exec_id="job-9").ok,
           "a short-lived receipt is redeemed in time")
    expires = part(other, 1)["exp"]
    while verifier.call("verify", "Keys").ok and __import__("time").time() < expires:
        pass
    reply = redeem(verifier, text, {}, "customer.short")
    tap.equal(reply.error, "Expired", "a receipt whose second has come is refused: no leeway")
    reply = redeem(verifier, other, {}, "customer.short", exec_id="job-9", resume=True)
    tap.ok(reply.ok and reply["already"],
           "an execution that has redeemed is told so after the receipt's end too", reply)


def stands(verifier, token):
    root = verifier.enrol_token("root")
    text, spent = receipt(verifier, token), receipt(verifier, token)
    tap.ok(redeem(verifier, spent, exec_id="job-1").ok, "before a freeze a receipt is redeemed")
    tap.ok(administer(verifier, root, "Freeze", {"action": "customer.*"}).ok,
           "an administrator freezes the action")
    tap.equal(redeem(verifier, text).error, "Frozen", "a frozen action's live receipt is refused")
    tap.equal(verifier.begin("mail", "customer.export", TREZOR, uid=GAMES).error, "Frozen",
              "and nothing new is begun")
    tap.ok(administer(verifier, root, "Thaw", {"action": "customer.*"}).ok, "the action is thawed")
    tap.matches(redeem(verifier, text).message, "frozen since it was approved",
                "a freeze voids a live receipt for good, also when it is lifted")
    tap.ok(redeem(verifier, spent, exec_id="job-1", resume=True).get("already"),
           "what was redeemed before the freeze can be told so again")
    later, text = receipt(verifier, token), receipt(verifier, token)
    tap.ok(administer(verifier, root, "Freeze", {"action": "customer.short"}).ok
           and administer(verifier, root, "Thaw", {"action": "customer.short"}).ok,
           "another action is frozen and thawed")
    tap.ok(redeem(verifier, later).ok,
           "what was approved after a thaw is good, and so it stays when another action is frozen")
    locked = administer(verifier, root, "Lock", {"users": "mail"}, {"users": ["mail"]})
    tap.ok(locked.ok, "an administrator locks the employee", locked)
    reply = redeem(verifier, text)
    tap.equal((reply.error, reply.get("reference")), ("Locked", locked.get("reference")),
              "a locked employee's live receipt is refused")
    tap.equal(redeem(verifier, spent, exec_id="job-1", resume=True).error, "Locked",
              "also for an execution that had begun")
    tap.ok(administer(verifier, root, "Unlock", {"user": "mail"}).ok, "the employee is unlocked")
    tap.matches(redeem(verifier, text).message, "locked since then",
                "a lock voids a live receipt for good, also when it is lifted")
    tap.ok(redeem(verifier, spent, exec_id="job-1", resume=True).get("already"),
           "and an execution that had begun before it can be told so again")
    text = receipt(verifier, token)
    second = verifier.enrol_token("mail")
    tap.ok(administer(verifier, root, "Revoke", {"user": "mail", "credential": token.credential}).ok,
           "the credential is revoked")
    reply = redeem(verifier, text)
    tap.equal(reply.error, "NotAllowed", "a revoked credential's live receipt is refused")
    tap.matches(reply.message, "credential", "and the words say why")
    tap.ok(redeem(verifier, receipt(verifier, second)).ok, "the other credential's is good")


def restarts(verifier, token):
    text, other = receipt(verifier, token), receipt(verifier, token)
    tap.ok(redeem(verifier, other, exec_id="job-2").ok, "redeemed before a crash")
    verifier.kill()
    verifier.start()
    open_doors(verifier)
    tap.equal(redeem(verifier, other).error, "Redeemed",
              "is redeemed after it: kill -9 makes nothing count twice")
    tap.ok(redeem(verifier, other, exec_id="job-2", resume=True).get("already"), "and its execution goes on")
    tap.ok(redeem(verifier, text).ok, "a receipt from before the crash is still good once")


if __name__ == "__main__":
    with Verifier(POLICY) as running:
        open_doors(running)
        mail = running.enrol_token("mail")
        for function in (issued, once, audiences, what_was_approved, forgeries, executions, too_late, repeats,
                         restarts, stands):
            tap.run(function, running, mail)
    tap.done()
