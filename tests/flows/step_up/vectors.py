#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""RFC 4226 appendix D and RFC 6238 appendix B through the whole path: a PAM transaction, pam_stepup.so, the
socket, stepupd, the store.

The clock is libfaketime's, frozen at each vector's time; credentials are enrolled one step earlier, with the
step before as their proof.
"""
import base64
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, Verifier, build_dir, hotp, program

POLICY = 'action vector.check { users = { "*" } prompt = "Check a vector" require = { code } }\n'
SEEDS = {"SHA1": b"12345678901234567890", "SHA256": b"12345678901234567890123456789012",
         "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234"}
RFC6238 = {
    59: {"SHA1": "94287082", "SHA256": "46119246", "SHA512": "90693936"},
    1111111109: {"SHA1": "07081804", "SHA256": "68084774", "SHA512": "25091201"},
    1111111111: {"SHA1": "14050471", "SHA256": "67062674", "SHA512": "99943326"},
    1234567890: {"SHA1": "89005924", "SHA256": "91819424", "SHA512": "93441116"},
    2000000000: {"SHA1": "69279037", "SHA256": "90698825", "SHA512": "38618901"},
    20000000000: {"SHA1": "65353130", "SHA256": "77737706", "SHA512": "47863826"},
}
RFC4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


def faketime(seconds):
    """The frozen clock of that moment."""
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


def pam(verifier, user, code):
    """One PAM transaction; the result's name."""
    confdir = os.path.join(verifier.folder, "pam.d")
    if not os.path.isdir(confdir):
        os.mkdir(confdir)
        with open(os.path.join(confdir, "vector"), "w") as out:
            out.write("auth required %s action=vector.check socket=%s\n" % (
                os.path.join(build_dir(), "pam_module/pam_stepup.so"), verifier.path()))
    done = subprocess.run([program("tests/pam/pam_try"), "--confdir", confdir, "--answer", code, "vector",
                           user],
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["result"]


def enrol(verifier, user, proof, **wanted):
    invitation = verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]
    begun = verifier.call("verify", "EnrollBegin", {"user": user, "invitation": invitation, **wanted})
    if not begun.ok:
        raise RuntimeError(begun)
    done = verifier.call("verify", "EnrollFinish", {"transaction": begun["transaction"], "code": proof})
    if not done.ok:
        raise RuntimeError(done)


def rfc6238(tap):
    with Verifier(POLICY, environment={"TZ": "UTC"}, faketime=faketime(29)) as verifier:
        for moment, codes in RFC6238.items():
            verifier.faketime = faketime(moment - 30)
            verifier.restart()
            for algorithm in codes:
                for digits in (6, 8):
                    enrol(verifier, f"{algorithm.lower()}-{digits}-{moment}",
                          hotp(SEEDS[algorithm], (moment - 30) // 30, digits, algorithm), type="totp",
                          algorithm=algorithm, digits=digits, period=30,
                          secret=base64.b32encode(SEEDS[algorithm]).decode())
            verifier.faketime = faketime(moment)
            verifier.restart()
            for algorithm, code in codes.items():
                for digits in (6, 8):
                    user = f"{algorithm.lower()}-{digits}-{moment}"
                    tap.equal(pam(verifier, user, code[8 - digits:]), "PAM_SUCCESS",
                              f"RFC 6238 appendix B: T={moment}, {algorithm}, {digits} digits")
                    tap.ok(
                        pam(verifier, user, code[8 - digits:]) != "PAM_SUCCESS",
                        f"RFC 6238 section 5.2: T={moment}, {algorithm}, {digits} digits is not taken twice")


def rfc4226(tap):
    with Verifier(POLICY) as verifier:
        enrol(verifier, "counter", RFC4226[0], type="hotp", counter=0, digits=6,
              secret=base64.b32encode(SEEDS["SHA1"]).decode())
        for counter, code in list(enumerate(RFC4226))[1:]:
            tap.equal(pam(verifier, "counter", code), "PAM_SUCCESS",
                      f"RFC 4226 appendix D: counter {counter}")
        tap.ok(pam(verifier, "counter", RFC4226[9]) != "PAM_SUCCESS",
               "RFC 4226: a counter's code is not taken twice")
        tap.ok(pam(verifier, "counter", RFC4226[3]) != "PAM_SUCCESS",
               "RFC 4226: an earlier counter's code is not taken")


if __name__ == "__main__":
    tests = Tap()
    tests.run(rfc6238, tests)
    tests.run(rfc4226, tests)
    tests.done()
