#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd on a host whose directory ignores case and has aliases: sign-ins by other spellings,
and a lock by one."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from directory import Directory
from harness import Tap
from logbook import Administrator
from sshd import Sshd

POLICY = '''
cooling-off = 0s
action "stepup.*" { users = { "root" }  require = { code }  code-is-enough = yes }
action login.sshd { users = { "asmith" }  prompt = "Sign in to {host} from {rhost}"  require = { code } }
'''
tap = Tap()


def main():
    directory = Directory()
    directory.switch("fold")
    directory.account("asmith", 60001, aliases=("asmith@corp.example.com",))
    scratch.install_pam_lines("sshd")
    with scratch.verifier(POLICY) as verifier:
        sshd = Sshd(os.path.join(os.environ["SCRATCH_HOST"], "sshd-names"))
        token = verifier.enrol_token("asmith")
        for name in ("asmith", "ASmith", "asmith@corp.example.com"):
            status, printed, said, prompts = sshd.login(name, token.fresh())
            tap.equal((status, printed, len(prompts)), (0, "asmith", 1),
                      f"sshd: a right code signs {name} in, who is asmith")
        tap.ok(b"made no sense" not in sshd.said(), "sshd: and the module takes the verifier's reply")
        reply = Administrator(verifier).call("Lock", {"users": "asmith@corp.example.com"},
                                             {"users": ["asmith@corp.example.com"]})
        tap.equal(reply.get("users"), ["asmith"], "an administrator locks asmith@corp.example.com")
        for name in ("asmith", "ASmith", "asmith@corp.example.com"):
            status, printed, said, prompts = sshd.login(name, token.fresh())
            tap.ok(status == 255 and printed == "", f"sshd: a right code signs {name} in no more",
                   (said, prompts))
        sshd.stop()
    tap.done()


if __name__ == "__main__":
    scratch.enter()
    main()
