#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd on a scratch host, with the shipped PAM lines: codes by keyboard-interactive, keys, the locked,
the password method."""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import PATIENCE, Tap

tap = Tap()

CONFIG = '''
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication {password}
PubkeyAuthentication yes
AuthorizedKeysFile .ssh/authorized_keys
PrintMotd no
PrintLastLog no
LogLevel VERBOSE
'''

# Answers one prompt: writes it down, gives the next line of the answers.
ASKPASS = '''#!/bin/sh
printf '%s\\036' "$1" >>"{folder}/prompts"
head -n 1 "{folder}/answers"
sed -i 1d "{folder}/answers"
'''


class Sshd:
    """A daemon on a loopback port."""

    def __init__(self, folder, password="no"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for key in ("host_key", "key"):
            if not os.path.exists(f"{folder}/{key}"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{key}"],
                               check=True)
        with open(f"{folder}/sshd_config", "w") as out:
            out.write(CONFIG.format(port=self.port, folder=folder, password=password))
        with open(f"{folder}/askpass", "w") as out:
            out.write(ASKPASS.format(folder=folder))
        os.chmod(f"{folder}/askpass", 0o700)
        self.log = open(f"{folder}/log", "wb")
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", f"{folder}/sshd_config"],
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        self.wait_listening()

    def wait_listening(self):
        """Until it says so in its log."""
        while self.process.poll() is None and b"Server listening" not in self.said():
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
        if self.process.poll() is not None:
            raise RuntimeError("sshd ended: " + self.said().decode())

    def said(self):
        with open(f"{self.folder}/log", "rb") as source:
            return source.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.log.close()

    def login(self, user, *answers, method="keyboard-interactive", prompts=1):
        """Signs in and runs `id -un`; (exit status, what it printed, what ssh said, the prompts)."""
        with open(f"{self.folder}/answers", "w") as out:
            out.write("".join(answer + "\n" for answer in answers))
        with open(f"{self.folder}/prompts", "w"):
            pass
        command = ["ssh", "-F", "none", "-p", str(self.port), "-o", "StrictHostKeyChecking=no", "-o",
                   "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o",
                   "PreferredAuthentications=" + method, "-o", f"NumberOfPasswordPrompts={prompts}", "-o",
                   "ConnectTimeout=30"]
        if method == "publickey":
            command += ["-i", f"{self.folder}/key"]
        ended = subprocess.run(["setsid", "-w", *command, f"{user}@127.0.0.1", "id", "-un"],
                               capture_output=True, text=True, check=False, timeout=300,
                               stdin=subprocess.DEVNULL,
                               env={"PATH": os.environ["PATH"], "HOME": self.folder, "DISPLAY": "none",
                                    "SSH_ASKPASS": f"{self.folder}/askpass", "SSH_ASKPASS_REQUIRE": "force"})
        with open(f"{self.folder}/prompts") as source:
            asked = source.read().split("\x1e")[:-1]
        return ended.returncode, ended.stdout.strip(), ended.stderr, asked


def give_key(folder, user, uid):
    home = f"{os.environ['SCRATCH_HOST']}/home/{user}/.ssh"
    os.mkdir(home, 0o700)
    with open(f"{folder}/key.pub") as source, open(f"{home}/authorized_keys", "w") as out:
        out.write(source.read())
    for path in (home, f"{home}/authorized_keys"):
        os.chown(path, uid, uid)


def codes(verifier, sshd):
    alice = verifier.enrol_token("alice")
    status, printed, said, prompts = sshd.login("alice", alice.fresh())
    tap.equal((status, printed, len(prompts)), (0, "alice", 1),
              "sshd: a right code by keyboard-interactive signs in")
    tap.matches(prompts[0] if prompts else said,
                r"Sign in to \S+ from 127\.0\.0\.1\nYou approve as alice\.\n.*ode",
                "sshd: the prompt says what for, in the same message")
    status, printed, said, prompts = sshd.login("alice", alice.code(alice.counter - 1), prompts=3)
    tap.ok(status == 255 and printed == "", "sshd: the same code again doesn't")
    tap.matches(prompts[1] if len(prompts) > 1 else said, "That code did not work",
                "sshd: the next prompt says why")
    tap.ok(alice.code(alice.counter - 1).encode() not in sshd.said(), "sshd: no code is in its log")


def tries(verifier, sshd):
    verifier.enrol_token("bob")
    for user in ("bob", "no-such-user"):
        status, _, said, prompts = sshd.login(user, *["wrong"] * 20, prompts=20)
        tap.equal((status, len(prompts)), (255, 3),
                  f"sshd: after three answers it asks {user} no more on this connection")
        tap.matches(said, "Permission denied", f"sshd: and refuses {user}")


def not_allowed(verifier, sshd):
    mallory = verifier.enrol_token("mallory")
    status, printed, said, prompts = sshd.login("mallory", mallory.fresh())
    tap.equal((status, printed, len(prompts)), (255, "", 1),
              "sshd: an account that the policy doesn't allow in is asked like anybody")
    tap.matches(said, "You are not allowed to do login.sshd here. Nothing was approved",
                "sshd: and told so after a right code")


def keys(verifier, sshd):
    carol = verifier.enrol_token("carol")
    give_key(sshd.folder, "carol", scratch.CAROL)
    status, printed, said, prompts = sshd.login("carol", method="publickey")
    tap.equal((status, printed, prompts), (0, "carol", []),
              "sshd: a public key signs in, and the account phase asks nothing")
    reference = scratch.lock(verifier, scratch.CAROL)
    status, printed, said, _ = sshd.login("carol", method="publickey")
    tap.ok(status != 0 and printed == "", "sshd: a locked employee is refused with a public key too", said)
    tap.matches(said, f"locked.*{reference}", "sshd: and told so, with the reference")
    status, printed, said, prompts = sshd.login("carol", carol.fresh())
    tap.ok(status == 255 and printed == "" and len(prompts) == 1, "sshd: and with a right code",
           (said, prompts))
    tap.matches(said, f"locked.*{reference}", "sshd: in the same words")


def away(verifier, sshd):
    give_key(sshd.folder, "dave", scratch.DAVE)
    dave = verifier.enrol_token("dave")
    verifier.stop()
    status, printed, said, _ = sshd.login("dave", method="publickey")
    tap.ok(status != 0 and printed == "", "sshd: with the verifier away a public key is refused", said)
    tap.matches(said, "Could not check, so nothing was approved. You did nothing wrong",
                "sshd: in plain words")
    status, printed, said, _ = sshd.login("dave", dave.fresh())
    tap.ok(status != 0 and printed == "", "sshd: and a code too", said)
    verifier.start()
    tap.equal(sshd.login("dave", method="publickey")[:2], (0, "dave"),
              "sshd: when it is back the key signs in")


def password_method(verifier, folder):
    """The password method answers every question with the password: it gets nowhere, and the employee
    isn't charged for it."""
    sshd = Sshd(folder, password="yes")
    dave = verifier.enrol_token("dave")
    for _ in range(3):
        status, printed, said, prompts = sshd.login("dave", "correct horse battery", "correct horse battery",
                                                    method="password")
        tap.ok(status == 255 and printed == "", "sshd: the password method gets nowhere", said)
    tap.equal(sshd.login("dave", dave.fresh())[:2], (0, "dave"),
              "sshd: and the owner's next code is still good")
    sshd.stop()


if __name__ == "__main__":
    scratch.enter()
    scratch.install_pam_lines("sshd")
    place = os.path.join(os.environ["SCRATCH_HOST"], "sshd-test")
    with scratch.verifier() as real:
        daemon = Sshd(place)
        for function in (codes, tries, not_allowed, keys, away):
            tap.run(function, real, daemon)
        daemon.stop()
        tap.run(password_method, real, place)
    tap.done()
