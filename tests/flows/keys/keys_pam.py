#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keys that are plugged in, through PAM: the real module, the real helper on unmodified libfido2, the real
stepupd; every PIN and every end of a key in its words. The host here is root's, as login(1) and sudo(8) are;
the helper is the user's."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Session
from harness import Tap, MAIL, Verifier, need_root, program
from key_places import Agent, at_desk, need_helper
from pam_flows import Services

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
cooling-off = 0s
action vault.open { users = { "*" } prompt = "Open the vault" require = { key } }
action vault.empty { users = { "*" } prompt = "Empty the vault" require = { key, pin } }
action door.open { users = { "*" } prompt = "Open the door" require = { code } }
'''
TOUCH = "Press Enter and touch your key: "
EITHER = "Press Enter and touch your key, or type a code: "
SELF = ["ruser=mail"]

tap = Tap()


class Desk:
    """PAM transactions with one key plugged in."""

    def __init__(self, services, folder):
        self.services, self.folder = services, folder

    def words(self, name, *more):
        return [f"state={self.folder}/{name}.key", f"log={self.folder}/{name}.log", *more]

    def run(self, words, service, *answers, items=SELF, **options):
        return self.services.run(service, "mail", *answers, items=items,
                                 before=at_desk(words, 0, []), **options)


def enrol(verifier, words, user, uid):
    """By stepup(1), as people do."""
    invitation = verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]
    command = [program("tools/stepup/stepup"), "--socket-dir", verifier.run, "enroll", "key", "--invitation",
               invitation, "--label", "Blue"]
    session = Session(at_desk([*words, "pin=4321"], uid, command))
    session.wait_for(r"PIN of your key[^\n]*: ?$")
    session.type("4321\n")
    ended = session.finish()
    if ended.status != 0:
        raise RuntimeError(f"{user} could not enroll: {ended}")


def told(result, pattern):
    return any(re.search(pattern, text) for text in result.prompts + result.told)


def granted_by_a_touch(desk, blue):
    result = desk.run(blue, "vault", "", phases="auth,setcred")
    tap.equal((result.code, result.prompts),
              ("PAM_SUCCESS", ["Open the vault\nYou approve as mail.\n" + TOUCH]),
              "one prompt, Enter, a touch: granted")
    result = desk.run(blue, "empty", "", "4321")
    tap.equal((result.code, result.prompts[1]), ("PAM_SUCCESS", 'PIN of your key "Blue", then touch it: '),
              "where the rule wants the PIN it is the next prompt")
    tap.equal([message["style"] for message in result.all["messages"]][:2], ["prompt", "prompt"],
              "and hidden")
    result = desk.run(blue, "vault", "123456", "")
    tap.equal(result.code, "PAM_SUCCESS", "a code that doesn't do is not sent, and the key asked for again")
    tap.matches(result.prompts[1], "^A code is not enough for this", "under the reason")


def pins(desk, blue):
    result = desk.run(blue, "empty", "", "0000", "4321")
    tap.equal(result.code, "PAM_SUCCESS", "a wrong PIN may be mended")
    tap.matches(result.prompts[2], r"^That PIN is wrong\. \d tries left", "its tries are told")
    result = desk.run(blue, "empty", "", "0000", "0001", "0002", "0003")
    tap.ok(result.code != "PAM_SUCCESS" and told(result, "Unplug the key, plug it in again"),
           "three wrong ones in a row: it has to be plugged in again", result)
    result = desk.run(blue, "empty", "", "4321")
    tap.equal(result.code, "PAM_SUCCESS", "and then works")
    result = desk.run([*blue, "fault=pin-blocked"], "empty", "")
    tap.ok(result.code == "PAM_AUTH_ERR" and told(result, "PIN is blocked") and len(result.prompts) == 1,
           "a blocked PIN ends it, in words", result)
    result = desk.run([*blue, "fault=pin-locked"], "empty", "", "4321")
    tap.ok(result.code != "PAM_SUCCESS" and told(result, "Unplug the key"),
           "a PIN that waits for the key to be plugged in anew", result)


def ends(desk, blue):
    result = desk.run(["--no-key"], "vault", "")
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []), "without the key nothing is asked")
    tap.matches(result.told[0], "No key is plugged in here.*Nothing was approved", "and the reason told")
    result = desk.run(desk.words("other"), "vault", "")
    tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []), "nor with another key")
    tap.matches(result.told[0], 'That key is not enrolled for mail. Use "Blue".*Nothing was approved',
                "which is told from one's own")
    result = desk.run(desk.words("another", "pin=4321"), "vault", "", "4321")
    tap.ok(result.code == "PAM_CONV_ERR" and re.search("not enrolled for mail", result.prompts[2]),
           "another one with a PIN might hide what it holds: it is told from one's own once the PIN is known",
           result)
    result = desk.run([*blue, "fault=unplug"], "vault", "", "", "")
    tap.ok(result.code == "PAM_AUTH_ERR"
           and told(result, "was unplugged before it answered.*Nothing was approved"),
           "a key that is unplugged half-way", result)
    desk.services.write("hurried", "auth required {} action=vault.open timeout=8")
    result = desk.run([*blue, "touch=never"], "hurried", "", more=["--flags", "silent"])
    tap.equal((result.code, len(result.prompts)), ("PAM_AUTH_ERR", 1),
              "a key that nobody touches ends with the line's timeout")
    tap.ok(told(result, "took too long"), "in words", result)
    tap.equal([message["style"] for message in result.all["messages"]], ["prompt", "error"],
              "a host that asked for silence isn't told of the touch, but of the refusal")
    result = desk.run([*blue, "fault=bad-signature"], "vault", "")
    tap.ok(result.code == "PAM_MAXTRIES" and told(result, "That key was not accepted"),
           "a bad signature is the verifier's to refuse", result)
    result = desk.run([*blue, "fault=up-clear"], "vault", "")
    tap.ok(result.code != "PAM_SUCCESS", "a key that says nobody touched it", result)
    result = desk.run([*blue, "fault=garbage"], "vault", "")
    tap.ok(result.code != "PAM_SUCCESS", "a key that talks nonsense", result)


def whose_key(desk, blue):
    for items, fact in (([*SELF, "rhost=192.0.2.7"], "somebody remote"), (["ruser=news"], "somebody else"),
                        ([], "a host that doesn't say who asks")):
        result = desk.run(blue, "vault", "", items=items)
        tap.equal((result.code, result.prompts), ("PAM_AUTH_ERR", []), f"{fact} reaches no key of this host")
        tap.matches(result.told[0], "Nothing was approved", "and is told so")


def beside_codes(verifier, desk, blue):
    token = verifier.enrol_token("mail")
    tap.equal(desk.run(blue, "door", token.fresh()).prompts,
              ["Open the door\nYou approve as mail.\n" + EITHER],
              "where a code does as well, both are offered in one prompt")
    tap.equal(desk.run(blue, "door", "").code, "PAM_SUCCESS", "Enter uses the key")
    result = desk.run(["--no-key"], "door", token.fresh())
    tap.ok(result.code == "PAM_SUCCESS" and EITHER not in result.prompts[0],
           "without it only the code is asked for", result)
    result = desk.run([*blue, "fault=unplug"], "door", "", token.fresh())
    tap.equal(result.code, "PAM_SUCCESS", "a key that fails leaves the code")
    result = desk.run(blue, "door", token.wrong(), "")
    tap.equal(result.code, "PAM_SUCCESS", "and a wrong code leaves the key, which needn't wait")


if __name__ == "__main__":
    need_root()
    need_helper()
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as place, Verifier(POLICY) as real:
        os.chmod(place, 0o755)
        all_services = Services(real)
        all_services.write("empty", "auth required {} action=vault.empty")
        here = Desk(all_services, place)
        key = here.words("blue")
        enrol(real, key, "mail", MAIL)
        for function in (granted_by_a_touch, pins, ends, whose_key):
            tap.run(function, here, key)
        tap.run(beside_codes, real, here, key)
    tap.done()
