#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup-authenticator in front of keys of software, behind unmodified libfido2: enrolling, signing, PINs,
several keys, everything that goes wrong, in the words that a person reads; whom it runs as; and that it
ends with its host."""
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import PATIENCE, Tap, need_root, program
from softkey import b64

tap = Tap()
TRY = program("tests/devices/authenticator_try")
LOST = " If you lost your key, tell your administrator."
NOTHING = " Nothing was approved."


def client_data(kind, origin="stepup://host"):
    return json.dumps({"type": kind, "challenge": "x" * 43, "origin": origin, "crossOrigin": False},
                      separators=(",", ":"))


def register(exclude=(), verify=False, algorithms=(-7, -8, -257)):
    return {"rp": {"id": "example.com", "name": "Example"},
            "user": {"id": b64(b"u1"), "name": "alice", "displayName": "Alice"},
            "client_data": client_data("webauthn.create"), "algorithms": list(algorithms),
            "exclude": list(exclude), "user_verification": verify}


def sign(*credentials, verify=False, origin="stepup://host"):
    return {"rp_id": "example.com", "client_data": client_data("webauthn.get", origin),
            "user_verification": verify,
            "credentials": [{"id": credential, "label": label} for credential, label in credentials]}


class Keys:
    """Keys in a folder of their own; `blue` and `spare` are words for softkey-run."""

    def __init__(self, folder):
        self.folder = folder

    def words(self, name, *more):
        return [f"state={self.folder}/{name}", f"log={self.folder}/{name}.log", *more]

    def log(self, name):
        try:
            with open(f"{self.folder}/{name}.log") as source:
                return source.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def wait_blinks(self, name):
        """Waits until the key has been asked for a touch."""
        end = time.monotonic() + PATIENCE
        while self.log(name)[-1:] != ["blinks"]:
            if time.monotonic() > end:
                raise RuntimeError(f"the key was not asked: {self.log(name)}")
            time.sleep(0.01)

    def forget_log(self, name):
        if os.path.exists(f"{self.folder}/{name}.log"):
            os.unlink(f"{self.folder}/{name}.log")

    def start(self, words, operation, asked, *options):
        process = subprocess.Popen([program("tests/softkey/softkey-run"), *words, "--", TRY, operation,
                                    *options],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(asked))
        process.stdin.close()
        return process

    def run(self, words, operation, asked, *options):
        """What the person saw: the questions, and how it ended."""
        process = self.start(words, operation, asked, *options)
        lines = [json.loads(line) for line in process.stdout]
        process.wait(PATIENCE)
        if not lines:
            raise RuntimeError(f"no outcome: {process.returncode}")
        return lines[:-1], lines[-1]


def enrolling(keys):
    seen, end = keys.run(keys.words("blue"), "seat-register", register(), "--user", "mail")
    tap.ok(end["error"] == "Ok" and end["reply"]["response"]["transports"] == ["usb"],
           "a key is enrolled", end)
    tap.equal(seen, [{"touch": "Touch the key to enroll it."}], "with one touch that the person is told of")
    tap.equal([line for line in keys.log("blue") if line in ("blinks", "touched")], ["blinks", "touched"],
              "the key asked for one")
    tap.ok(not end["children_ended"] and not end["child_left"], "the host has seen no child", end)
    blue = end["reply"]["id"]
    _, end = keys.run(keys.words("blue"), "seat-register", register([blue]))
    tap.equal(end.get("sentence"),
              "That key is enrolled already. Plug in the one you want to add. Nothing was enrolled.",
              "not twice")
    keys.forget_log("blue")
    seen, end = keys.run([*keys.words("blue"), "+", *keys.words("spare")], "seat-register", register([blue]))
    tap.ok(end["error"] == "Ok" and "touched" not in keys.log("blue"),
           "of two keys the new one is enrolled, and the old one left alone", (end, keys.log("blue")))
    spare = end["reply"]["id"]
    for algorithm in (-8, -257):
        _, end = keys.run(keys.words("other"), "seat-register", register(algorithms=[-65000, algorithm]))
        tap.equal(end["error"], "Ok", f"algorithm {algorithm}, after one that the key doesn't know")
    seen, end = keys.run(keys.words("pinned", "pin=4321"), "seat-register", register(), "--pin", "4321")
    tap.ok(end["error"] == "Ok" and list(seen[0]) == ["pin", "tries", "again"] and list(seen[1]) == ["touch"],
           "a key with a PIN wants it first, then the touch", seen)
    _, end = keys.run(keys.words("bare"), "seat-register", register(verify=True))
    tap.ok(end["code"] == "no-pin-set" and "has no PIN" in end["sentence"],
           "a key without a PIN doesn't do where one is needed", end)
    _, end = keys.run(["--no-key"], "seat-register", register())
    tap.equal(end.get("sentence"),
              "No key is plugged in here. Plug yours in and try again. Nothing was enrolled.", "no key")
    return (blue, "Blue"), (spare, "Spare")


def signing(keys, blue, spare):
    keys.forget_log("blue")
    seen, end = keys.run(keys.words("blue"), "seat-sign", sign(spare, blue))
    tap.ok(end["error"] == "Ok" and end["reply"]["id"] == blue[0],
           "a listed key signs, and says which it is", end)
    tap.equal(seen, [{"touch": 'Touch your key "Blue" now.'}], "the person is told which one to touch")
    tap.equal(keys.log("blue").count("touched"), 1, "one touch for one action")
    seen, end = keys.run(keys.words("other"), "seat-sign", sign(blue, spare), "--user", "mail")
    tap.equal(end.get("sentence"),
              'That key is not enrolled for mail. Use "Blue" or "Spare".' + NOTHING + LOST,
              "a key of somebody else's")
    tap.equal(seen, [], "is told from one's own without a touch")
    _, end = keys.run(keys.words("blue"), "seat-sign", sign(blue, origin="https://support.example.com"))
    tap.ok(end["code"] == "internal", "nothing is signed for an origin that is no seat's", end)
    _, end = keys.run(keys.words("blue"), "seat-sign",
                      {**sign(blue), "client_data": client_data("webauthn.create")})
    tap.ok(end["code"] == "internal", "nor is client data of another type", end)
    _, end = keys.run(keys.words("blue"), "seat-sign",
                      sign(*[(b64(bytes([i]) * 32), "L") for i in range(20)], blue))
    tap.equal(end["error"], "Ok", "a long list is no hindrance")
    _, end = keys.run([*keys.words("blue"), "+", *keys.words("spare")], "seat-probe", sign(blue, spare))
    tap.equal((end["reply"]["keys"], set(end["reply"]["credentials"])), (2, {blue[0], spare[0]}),
              "a probe finds both, without a touch")
    _, end = keys.run(["--no-key"], "reach", {})
    tap.equal(end["reply"], {"seat": 0, "agent": 0}, "nothing within reach")
    _, end = keys.run([*keys.words("blue"), "+", *keys.words("spare")], "reach", {})
    tap.equal(end["reply"], {"seat": 2, "agent": 0}, "two keys within reach")


def several_keys(keys, blue, spare):
    both = [*keys.words("blue"), "+", *keys.words("spare", "touch=never")]
    keys.forget_log("spare")
    keys.forget_log("blue")
    seen, end = keys.run([*keys.words("other"), "+", *keys.words("blue")], "seat-sign", sign(blue, spare))
    tap.ok(end["error"] == "Ok" and seen == [{"touch": 'Touch your key "Blue" now.'}],
           "of two keys the one that holds the credential is asked", (seen, end))
    keys.forget_log("blue")
    seen, end = keys.run(both, "seat-sign", sign(blue, spare))
    tap.equal(seen, [{"touch": "Several keys are plugged in. Touch the one that you want to use."}],
              "where both would do, the person chooses by touching")
    tap.ok(end["error"] == "Ok" and end["reply"]["id"] == blue[0] and keys.log("blue").count("touched") == 1,
           "and that touch is all", (end, keys.log("blue")))
    tap.ok("touched" not in keys.log("spare") and keys.log("spare")[-1] == "cancelled",
           "the other key is told to stop", keys.log("spare"))
    both[2:2] = ["pin=4321"]
    seen, end = keys.run(both, "seat-sign", sign(blue, spare, verify=True), "--pin", "4321")
    tap.ok(end["error"] == "Ok" and [list(event)[0] for event in seen] == ["touch", "pin", "touch"],
           "with a PIN, the key is chosen before it is typed", seen)


def pins(keys, blue):
    def run(*words, pin=("4321",), more=()):
        return keys.run(keys.words("blue", "pin=4321", *words), "seat-sign", sign(blue, verify=True), *more,
                        *(word for text in pin for word in ("--pin", text)))
    seen, end = run()
    tap.ok(end["error"] == "Ok"
           and seen[0] == {"pin": 'PIN of your key "Blue", then touch it: ', "tries": 8, "again": False},
           "a PIN where the rule wants one", seen)
    seen, end = run("pin-protocol=1")
    tap.equal(end["error"], "Ok", "with PIN protocol one, too")
    keys.forget_log("blue")
    seen, end = run(pin=("1111", "4321"))
    tap.ok(end["error"] == "Ok"
           and seen[1]["pin"] == 'That PIN is wrong. 7 tries left before the key is blocked. '
                                 'PIN of your key "Blue", then touch it: ',
           "a wrong one is asked for again", seen)
    tap.equal(keys.log("blue").count("blinks"), 1, "and the key is touched only after the right one")
    seen, end = run(pin=("1111", "2222", "3333"))
    tap.ok(end["code"] == "pin-locked-until-replug" and "Unplug the key" in end["sentence"],
           "three in a row: until it is plugged in again", end)
    seen, end = run(pin=("1111",))
    tap.ok(end["code"] == "cancelled" and end["sentence"].endswith(NOTHING), "nobody has to type one", end)
    run()
    seen, end = run("fault=pin-locked")
    tap.ok(end["code"] == "pin-locked-until-replug", "a key that was locked before", end)
    seen, end = run("fault=pin-blocked")
    tap.ok(end["code"] == "pin-blocked" and "is blocked" in end["sentence"] and seen == [],
           "a blocked PIN isn't asked for", (seen, end))
    seen, end = keys.run(keys.words("spare", "uv"), "seat-sign", sign(blue, verify=True))
    tap.equal(end["code"], "wrong-key", "a key with a sensor that isn't enrolled")
    seen, end = keys.run(keys.words("blue", "uv"), "seat-sign", sign(blue, verify=True))
    tap.ok(end["error"] == "Ok" and list(seen[0]) == ["touch"], "a key with a sensor of its own needs no PIN",
           (seen, end))
    for wrong in range(4):
        seen, end = run(pin=("1111", "1111"))
        if end["code"] == "pin-blocked":
            break
    tap.ok(end["code"] == "pin-blocked", "until none is left", end)


def what_goes_wrong(keys, blue):
    _, end = keys.run(keys.words("blue", "fault=unplug"), "seat-sign", sign(blue))
    tap.equal(end.get("sentence"),
              "The key was unplugged before it answered. Plug it in and try again." + NOTHING,
              "unplugged half-way")
    keys.forget_log("blue")
    _, end = keys.run(keys.words("blue", "touch=never"), "seat-sign", sign(blue), "--timeout", "1500")
    tap.ok(end["error"] == "Timeout"
           and end["sentence"] == "Nobody touched the key in time. Try again." + NOTHING,
           "not touched in time", end)
    tap.equal(keys.log("blue")[-1], "cancelled", "the key is told that nobody waits any more")
    _, end = keys.run(keys.words("blue", "touch=700"), "seat-sign", sign(blue))
    tap.equal(end["error"], "Ok", "a slow one is waited for")
    _, end = keys.run(keys.words("blue", "fault=garbage"), "seat-sign", sign(blue))
    tap.ok(end["code"] == "internal" and "You did nothing wrong" in end["sentence"],
           "a key that answers nonsense", end)
    for fault in ("extra-cbor", "up-clear", "bad-signature", "rp-id-hash", "stale-counter"):
        _, end = keys.run(keys.words("blue", f"fault={fault}"), "seat-sign", sign(blue))
        tap.equal(end["error"], "Ok", f"what the verifier has to judge is left to it ({fault})")


def first_line(process):
    if not select.select([process.stdout], [], [], PATIENCE)[0]:
        raise RuntimeError("nothing was said")
    return json.loads(process.stdout.readline())


def helper_of(host):
    """The helper's process: the child of the host's only child."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = [host]
        for _ in range(2):
            try:
                with open(f"/proc/{found[-1]}/task/{found[-1]}/children") as source:
                    children = source.read().split()
            except FileNotFoundError:
                children = []
            if len(children) == 1:
                found.append(int(children[0]))
        if len(found) == 3:
            return found[1], found[2]
        time.sleep(0.01)
    raise RuntimeError("no helper was found")


def host_of(runner):
    with open(f"/proc/{runner}/task/{runner}/children") as source:
        return int(source.read().split()[0])


def gone(pid):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as source:
                if source.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def its_process(keys, blue):
    keys.forget_log("blue")
    process = keys.start(keys.words("blue", "touch=never"), "seat-sign", sign(blue), "--user", "mail")
    first_line(process)
    keys.wait_blinks("blue")
    host = host_of(process.pid)
    supervisor, helper = helper_of(host)
    with open(f"/proc/{helper}/status") as source:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in source if ":\t" in line)
    tap.equal(status["Uid"].split(), ["8"] * 4, "the helper is the user")
    tap.equal(status["Gid"].split(), ["8"] * 4, "in their group")
    tap.equal((status["NoNewPrivs"], status["CapEff"], status["CapPrm"]), ("1", "0" * 16, "0" * 16),
              "without any right more, nor a way to get one")
    # The script that stands in its place here sets the three variables of the testbed and the shell's own.
    with open(f"/proc/{helper}/environ", "rb") as source:
        names = {entry.split(b"=")[0].decode() for entry in source.read().split(b"\0") if entry}
    tap.ok(names <= {"LD_PRELOAD", "UMOCKDEV_DIR", "PWD"},
           "none of the host's environment is in its own", names)
    listed = subprocess.run(["setpriv", "--reuid=8", "--regid=8", "--clear-groups", "cat",
                             f"/proc/{helper}/maps"],
                            capture_output=True, check=False)
    tap.ok(listed.returncode != 0,
           "the user's other processes can't look into its memory, where a PIN may be")
    os.kill(host, signal.SIGKILL)
    tap.ok(gone(helper) and gone(supervisor), "it ends with its host, and so does who started it")
    process.wait(PATIENCE)
    tap.equal(keys.log("blue")[-1], "cancelled", "and the key is told to stop")


def what_keys_announce(keys, blue):
    """What a key says of itself is kept to: how many ids, how long, what it hides, that a touch alone
    is never enough."""
    others = [b64(bytes([i + 1]) * 32) for i in range(20)]
    too_long = b64(b"x" * 200)
    _, end = keys.run(keys.words("blue"), "seat-sign",
                      sign((too_long, "Long"), *[(other, "L") for other in others], blue))
    tap.equal((end["error"], end["reply"] and end["reply"]["id"]), ("Ok", blue[0]),
              "an id that is too long for the key hides none of those behind it")
    _, end = keys.run(keys.words("tenth"), "seat-register", register([too_long, *others]))
    tap.equal(end["error"], "Ok",
              "more enrolled keys than it takes in a list don't keep one from being enrolled")

    shy_words = keys.words("shy", "pin=4321", "protect=3")
    _, end = keys.run(shy_words, "seat-register", register(), "--pin", "4321")
    shy = (end["reply"]["id"], "Shy")
    _, end = keys.run(shy_words, "seat-probe", sign(shy))
    tap.equal((end["reply"]["credentials"], end["reply"]["hiding"]), ([], 1),
              "a protected credential doesn't show itself, and the key is one that may hide one")
    keys.forget_log("shy")
    seen, end = keys.run(shy_words, "seat-sign", sign(blue, *[(other, "L") for other in others], shy),
                         "--pin", "4321")
    tap.equal((end["error"], end["reply"] and end["reply"]["id"]), ("Ok", shy[0]),
              "with its PIN it is found, and signs")
    tap.equal(([list(event)[0] for event in seen], keys.log("shy").count("touched")), (["pin", "touch"], 1),
              "by one PIN and one touch")
    _, end = keys.run(shy_words, "seat-sign", sign(blue), "--pin", "4321")
    tap.ok(end["code"] == "wrong-key" and keys.log("shy").count("touched") == 1,
           "a key that hid nothing is told from one's own, without a touch", end)
    _, end = keys.run(shy_words, "seat-register", register([*others, shy[0]]), "--pin", "4321")
    tap.equal(end["code"], "enrolled-already",
              "one that is enrolled already is found by its PIN, too, wherever it stands in the list")

    sure = [keys.words(name, "pin=4321", "always-uv") for name in ("sure", "surer")]
    enrolled = [keys.run(words, "seat-register", register(), "--pin", "4321")[1]["reply"]["id"]
                for words in sure]
    for words in ([sure[0]], [sure[0], "+", sure[1]], [sure[0], "+", keys.words("blue")]):
        line = [word for part in words for word in ([part] if isinstance(part, str) else part)]
        _, end = keys.run(line, "seat-sign", sign(*[(each, "Sure") for each in enrolled], blue),
                          "--pin", "4321")
        tap.equal(end["error"], "Ok",
                  f"alwaysUv: {len(words) // 2 + 1} of them at once, and the PIN is asked for")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as folder:
        keys = Keys(folder)
        enrolled = tap.run(enrolling, keys)
        if enrolled is not None:
            blue, spare = enrolled
            tap.run(signing, keys, blue, spare)
            tap.run(several_keys, keys, blue, spare)
            tap.run(what_goes_wrong, keys, blue)
            tap.run(its_process, keys, blue)
            tap.run(pins, keys, blue)
            tap.run(what_keys_announce, keys, blue)
    tap.done()


main()
