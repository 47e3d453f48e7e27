#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adding and removing credentials: by invitation or a step-up of one's own, proved by a code, never the
same secret twice."""
import base64
import ctypes
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, GAMES, MAIL, NEWS, Secret, Tap, Token, Verifier
from logbook import RULES, Administrator
from step_up import at_once

POLICY = RULES + '''
caller desk { unix-user = "games"  users = { "mail" }  actions = { "stepup.enroll" } }
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
'''
tap = Tap()


def enroll_begin(verifier, uid=None, **parameters):
    return verifier.call("verify", "EnrollBegin", {"type": "hotp", **parameters}, uid=uid)


def enroll_finish(verifier, begun, code, uid=None):
    return verifier.call("verify", "EnrollFinish",
                         {"transaction": begun["transaction"], "code": code}, uid=uid)


def invite(verifier, user):
    return verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]


def granted(verifier, user, token, action, details):
    begun = verifier.begin(user, action, details)
    reply = verifier.answer(begun["transaction"], token.fresh())
    if not reply.ok:
        raise RuntimeError(f"{action} was not granted: {reply}")
    return begun["transaction"]


def invitations(verifier):
    tap.equal(enroll_begin(verifier, user="mail").error, "NotAllowed",
              "nothing is added without invitation or authorization")
    invitation = invite(verifier, "mail")
    reply = enroll_begin(verifier, user="mail", invitation=invitation, authorization="A" * 43)
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter", "nor with both")
    made_up = "-".join(["AAAA"] * 8)
    tap.equal(enroll_begin(verifier, user="mail", invitation=made_up).error, "NotAllowed",
              "a made-up invitation is refused")
    tap.equal(enroll_begin(verifier, user="news", invitation=invitation).error, "NotAllowed",
              "an invitation is for one user")
    tap.equal(enroll_begin(verifier, uid=NEWS, user="mail", invitation=invitation).error, "NotAllowed",
              "and not for another uid to use in that user's name")
    begun = enroll_begin(verifier, uid=MAIL, invitation=invitation.lower().replace("-", " "))
    tap.ok(begun.ok, "it may be typed in small letters and without dashes", begun)
    token = Token(begun["secret"])
    tap.equal(enroll_finish(verifier, begun, token.code(0)).error, "Expired", "another uid can't finish it")
    reply = enroll_finish(verifier, begun, token.wrong(), uid=MAIL)
    tap.equal((reply.error, reply.get("tries_left")), ("BadAnswer", 4), "a wrong code adds nothing")
    tap.equal(verifier.call("verify", "List", uid=MAIL).get("credentials"), [],
              "nothing is stored before a code proved it")
    reply = enroll_finish(verifier, begun, token.fresh(), uid=MAIL)
    tap.ok(reply.ok, "the right code adds it", reply)
    tap.equal(verifier.step_up("mail", "door.open", None, token.code(0)).error, "BadAnswer",
              "the code that proved it is spent")
    tap.equal(enroll_begin(verifier, uid=MAIL, invitation=invitation).error, "NotAllowed",
              "the invitation is used up")
    listed = verifier.call("verify", "List", uid=MAIL)["credentials"]
    tap.equal([(item["id"], item["type"], item["state"]) for item in listed],
              [(reply["credential"], "hotp", "live")], "the owner's list shows it")
    tap.ok("secret" not in listed[0], "without its secret")
    older, newer = invite(verifier, "news"), invite(verifier, "news")
    tap.equal(enroll_begin(verifier, user="news", invitation=older).error, "NotAllowed",
              "a newer invitation voids an older one")
    several = [enroll_begin(verifier, user="news", invitation=newer) for _ in range(4)]
    codes = [Token(begun["secret"]).code(0) for begun in several]
    replies = at_once(4, lambda i: enroll_finish(verifier, several[i], codes[i]))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "four enrolments by one invitation finish at once: exactly one is stored")
    tap.equal(enroll_begin(verifier, uid=GAMES, user="mail", invitation=invite(verifier, "mail")).ok, True,
              "a configured caller enrols its users")
    reply = enroll_begin(verifier, uid=GAMES, user="news", invitation=invite(verifier, "news"))
    tap.equal(reply.error, "NotAllowed", "and nobody else")


def guessed_invitations(verifier):
    replies = [enroll_begin(verifier, uid=BIN, invitation="-".join([secrets.choice("ABCDEFGH") * 4] * 8))
               for _ in range(40)]
    tap.equal({reply.error for reply in replies[:10]}, {"NotAllowed"}, "wrong invitations are refused")
    tap.equal(replies[-1].error, "Throttled", "and a uid that goes on is throttled")
    tap.ok(enroll_begin(verifier, uid=MAIL, invitation=invite(verifier, "mail")).ok, "while others enrol")


def parameters(verifier):
    for wrong, field in (({"type": "sms"}, "type"), ({"digits": 5}, "digits"), ({"digits": 9}, "digits"), ({
        "type": "totp", "period": 5}, "period"), ({"type": "totp", "counter": 1}, "counter"),
                         ({"period": 30}, "period"), ({"algorithm": "MD5"}, "algorithm"),
                         ({"secret": "AAAA"}, "secret"), ({"secret": "not base32!"}, "secret"),
                         ({"label": "a\u202eb"}, "label"), ({"label": "a\nb"}, "label")):
        reply = enroll_begin(verifier, user="uucp", invitation="x", **wrong)
        tap.equal((reply.full_error, reply.get("parameter")), ("org.varlink.service.InvalidParameter", field),
                  f"{wrong} is refused by name")
    begun = enroll_begin(verifier, user="uucp", invitation=invite(verifier, "uucp"), type="totp",
                         label="Phone", algorithm="sha256", digits=8, period=60)
    for piece in ("otpauth://totp/", "issuer=stepup.example.com", "secret=" + begun["secret"],
                  "algorithm=SHA256", "digits=8", "period=60"):
        tap.ok(piece in begun["uri"], f"the URI for the QR code has {piece}", begun["uri"])
    secret = Secret(begun["secret"], 8, "SHA256", 60)
    tap.ok(enroll_finish(verifier, begun, secret.code()).ok, "a code of that kind proves it")


def by_step_up(verifier):
    token = verifier.enrol_token("uucp")
    authorization = granted(verifier, "uucp", token, "stepup.enroll", {"type": "totp"})
    reply = enroll_begin(verifier, user="uucp", authorization=authorization, type="hotp")
    tap.equal(reply.error, "NotAllowed", "a step-up for one kind doesn't add another")
    reply = enroll_begin(verifier, user="mail", authorization=authorization, type="totp")
    tap.equal(reply.error, "NotAllowed", "nor for another user")
    begun = enroll_begin(verifier, user="uucp", authorization=authorization, type="totp")
    tap.ok(begun.ok, "a step-up for exactly that adds a credential", begun)
    reply = enroll_begin(verifier, user="uucp", authorization=authorization, type="totp")
    tap.equal(reply.error, "NotAllowed", "once")
    secret = Secret(begun["secret"])
    done = enroll_finish(verifier, begun, secret.code())
    tap.ok(done.ok, "and a code proves it", done)
    door = verifier.begin("uucp", "door.open")
    verifier.answer(door["transaction"], token.fresh())
    reply = enroll_begin(verifier, user="uucp", authorization=door["transaction"], type="hotp")
    tap.equal(reply.error, "NotAllowed", "a step-up for something else adds nothing")
    return token, done["credential"]


def one_kind_for_another(verifier, token):
    """What was begun for one thing is nothing at the calls that go on with another, and lives on."""
    begun = enroll_begin(verifier, user="lp", invitation=invite(verifier, "lp"))
    added, name = Token(begun["secret"]), begun["transaction"]
    for method, parameters in (("Answer", {"method": "code", "code": added.code(0)}), ("Claim", {})):
        reply = verifier.call("verify", method, {"transaction": name, **parameters})
        tap.equal(reply.error, "Expired", f"an enrolment is nothing to {method}")
    reply = verifier.call("verify", "Remove", {"user": "lp", "credential": "x", "authorization": name})
    tap.equal(reply.error, "NotAllowed", "nor does it authorise anything")
    tap.ok(enroll_finish(verifier, begun, added.fresh()).ok, "and it can be finished all the same")
    reply = verifier.call("verify", "Answer", {"transaction": name, "method": "code", "code": added.fresh()})
    tap.equal(reply.error, "Expired", "nor is it anything to Answer once it was")
    door = verifier.begin("uucp", "door.open")
    tap.equal(enroll_finish(verifier, door, token.code(0)).error, "Expired",
              "a step-up for an action enrols nothing")
    tap.ok(verifier.answer(door["transaction"], token.fresh()).ok, "and can be answered all the same")
    begun = enroll_begin(verifier, user="lp", invitation=invite(verifier, "lp"))
    tap.ok(verifier.call("verify", "Cancel", {"transaction": begun["transaction"]}).ok,
           "an enrolment can be cancelled")
    tap.equal(enroll_finish(verifier, begun, Token(begun["secret"]).code(0)).error, "Expired",
              "and is over then")


def removing(verifier, token, other):
    authorization = granted(verifier, "uucp", token, "stepup.remove", {"credential": other})
    gone = {"user": "uucp", "credential": token.credential, "authorization": authorization}
    tap.equal(verifier.call("verify", "Remove", gone).error, "NotAllowed",
              "a step-up to remove one credential doesn't remove another")
    before = [item["id"] for item in verifier.call("verify", "List", {"user": "uucp"})["credentials"]]
    for credential in before:
        if credential != token.credential:
            authorization = granted(verifier, "uucp", token, "stepup.remove", {"credential": credential})
            reply = verifier.call("verify", "Remove",
                                  {"user": "uucp", "credential": credential, "authorization": authorization})
            tap.ok(reply.ok, "a step-up for exactly that removes a credential", reply)
    authorization = granted(verifier, "uucp", token, "stepup.remove", {"credential": token.credential})
    reply = verifier.call("verify", "Remove",
                          {"user": "uucp", "credential": token.credential, "authorization": authorization})
    tap.equal(reply.error, "NotAllowed", "the last one can't be removed")
    tap.matches(reply.message, "administrator", "and the words say whom to ask")


def never_again(verifier, administrator):
    secret = base64.b32encode(secrets.token_bytes(19) + b"\1").decode()
    begun = enroll_begin(verifier, user="man", invitation=invite(verifier, "man"), secret=secret)
    tap.equal(begun.get("secret"), secret, "a hardware token brings its own secret")
    token = Token(secret)
    done = enroll_finish(verifier, begun, token.fresh())
    tap.ok(done.ok, "and is enrolled by one of its codes", done)
    invitation = invite(verifier, "man")
    tap.equal(enroll_begin(verifier, user="man", invitation=invitation, secret=secret).error, "NotAllowed",
              "the same secret isn't enrolled twice")
    padded = [base64.b32encode(base64.b32decode(secret) + bytes(count)).decode() for count in (1, 5, 44)]
    tap.equal([enroll_begin(verifier, user="man", invitation=invitation, secret=one).error for one in padded],
              ["NotAllowed"] * 3, "nor with zeros behind it, which makes the same codes")
    tap.ok(administrator.call("Revoke", {"user": "man", "credential": done["credential"]}).ok,
           "it is revoked")
    tap.equal(verifier.step_up("man", "door.open", None, token.fresh()).error, "BadAnswer",
              "its codes are worth nothing")
    reply = enroll_begin(verifier, user="man", invitation=invitation, secret=secret.lower())
    tap.equal(reply.error, "NotAllowed", "a revoked secret can't come back")
    tap.equal([enroll_begin(verifier, user="man", invitation=invitation, secret=one).error for one in padded],
              ["NotAllowed"] * 3, "with zeros behind it neither")
    tap.ok(enroll_begin(verifier, user="lp", invitation=invite(verifier, "lp"), secret=secret).ok,
           "that is about this user alone")
    shown = administrator.call("Credentials", {"user": "man"})["credentials"]
    tap.equal([item["state"] for item in shown], ["revoked"], "the tombstone stays for administrators to see")


def at_most_eight(verifier):
    for _ in range(8):
        verifier.enrol_token("sync")
    reply = enroll_begin(verifier, user="sync", invitation=invite(verifier, "sync"))
    tap.equal(reply.error, "NotAllowed", "a ninth live credential is refused")


def another_account(verifier, administrator):
    """The name stays and the uid behind it changes, as when a departed employee's login is given away."""
    passwd = os.path.join(verifier.folder, "passwd")
    with open("/etc/passwd") as source:
        lines = source.read()

    def accounts(uid):
        with open(passwd, "w") as out:
            out.write(lines + f"drifter:x:{uid}:{uid}::/:/bin/false\n")

    accounts(40001)
    subprocess.run(["mount", "--bind", passwd, "/etc/passwd"], check=True)
    verifier.reload()
    token = verifier.enrol_token("drifter", uid=40001)
    tap.ok(verifier.step_up("drifter", "door.open", None, token.fresh()).ok, "an account enrols and steps up")
    accounts(40002)
    verifier.reload()
    reply = verifier.step_up("drifter", "door.open", None, token.fresh())
    tap.equal(reply.error, "BadAnswer",
              "when the name means another uid, the old owner's code is refused like a wrong one")
    tap.equal(verifier.call("verify", "Account", {"user": "drifter"}).error, "NotAllowed",
              "and the account phase refuses")
    invitation = invite(verifier, "drifter")
    tap.equal(enroll_begin(verifier, uid=40002, invitation=invitation).error, "NotAllowed",
              "the new owner can't add to the old one's credentials")
    reply = administrator.call("Revoke", {"user": "drifter", "credential": "all"}, {"user": "drifter"})
    tap.equal(reply.get("revoked"), 1, "an administrator revokes all of them")
    old = user_id(administrator, "drifter")
    fresh = verifier.enrol_token("drifter", uid=40002)
    tap.ok(verifier.step_up("drifter", "door.open", None, fresh.fresh()).ok,
           "once they are revoked, the new owner enrols")
    tap.ok(user_id(administrator, "drifter") not in (None, old), "as somebody new, who inherits nothing")


def user_id(administrator, user):
    return [entry.get("user_id") for entry in administrator.entries() if entry.get("user") == user][-1]


def lost_answers(verifier):
    """An answer that got lost after the credential was stored: asking again says what was added, and never
    that nothing was."""
    invitation = invite(verifier, "irc")
    begun = enroll_begin(verifier, user="irc", invitation=invitation)
    token = Token(begun["secret"])
    code = token.code(0)
    done = enroll_finish(verifier, begun, code)
    again = enroll_finish(verifier, begun, code)
    tap.ok(again.ok and again.get("credential") == done.get("credential"),
           "whoever lost the answer asks again, and hears what was added", again)
    tap.equal(len(verifier.call("verify", "List", {"user": "irc"})["credentials"]), 1,
              "nothing is added twice")
    verifier.restart()
    over = enroll_finish(verifier, begun, code)
    tap.ok(over.error == "Expired" and "othing was" not in over.message and "stepup list" in over.message,
           "after a restart it isn't known what became of it, and the words don't say that nothing was added",
           over)
    used = enroll_begin(verifier, user="irc", invitation=invitation)
    tap.ok(used.error == "NotAllowed" and "If you used it before" in used.message,
           "nor do those about an invitation that was used", used)


if __name__ == "__main__":
    if ctypes.CDLL(None, use_errno=True).unshare(0x00020000) != 0:  # CLONE_NEWNS: this process's own mounts
        sys.stderr.write("needs a mount namespace of its own\n")
        sys.exit(77)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    with Verifier(POLICY) as running:
        admin = Administrator(running)
        tap.run(invitations, running)
        tap.run(guessed_invitations, running)
        tap.run(parameters, running)
        pair = tap.run(by_step_up, running)
        if pair:
            tap.run(one_kind_for_another, running, pair[0])
            tap.run(removing, running, *pair)
        tap.run(never_again, running, admin)
        tap.run(at_most_eight, running)
        tap.run(lost_answers, running)
        tap.run(another_account, running, admin)
        tap.equal(admin.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()
