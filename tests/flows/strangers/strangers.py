#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Strangers at a real sudo and a real sshd on a scratch host: thousands of prompts that nobody answers take
nothing from what an honest person was asked."""
import os
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import PATIENCE, Client, Tap, become
from scratch import PASSWORD, give_passwords
from sshd import Sshd
from sudo import sudo

tap = Tap()
STARTS = 4300            # more than one pool has ever held
SECONDS = 5              # for as many real ones as fit; the rest speak to the door as the module does
PLACES = 1024            # connections that root may have
SUDOERS = '''
Defaults passwd_tries=1
alice ALL=(ALL) ALL
bob ALL=(ALL) NOPASSWD: ALL
'''


class Prompt:
    """A program that stands at its question."""

    def __init__(self, command, typed="", uid=0, groups=(), environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, cwd="/", start_new_session=True,
                                        env={"PATH": os.environ["PATH"], **(environment or {})},
                                        preexec_fn=lambda: become(uid, groups=groups) if uid else None)
        self.process.stdin.write(typed.encode())
        self.process.stdin.flush()

    def wait_for(self, words):
        said = b""
        while words.encode() not in said:
            more = os.read(self.process.stderr.fileno(), 4096)
            if not more:
                return False
            said += more
        return True

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE)

    def answer(self, text):
        out, said = self.process.communicate((text + "\n").encode(), timeout=PATIENCE)
        return self.process.returncode, out.decode().strip(), said.decode()


def sudo_prompt(uid, *typed):
    prompt = Prompt(["sudo", "-S", "-k", "id", "-un"], "".join(text + "\n" for text in typed), uid, (59013,))
    if prompt.wait_for("ode: "):
        return prompt
    prompt.kill()
    return None


def killed_at_the_prompt(counted, end):
    while time.monotonic() < end:
        prompt = sudo_prompt(scratch.BOB)
        if prompt is None:
            continue
        prompt.kill()
        counted.append(1)


def begin_as_module(path, **parameters):
    """What pam_stepup sends, on a connection of its own, which is open still; None where it
    is told to wait."""
    client = Client(path)
    reply = client.call("Begin", {"reach": ["fresh"], "bound": True, **parameters})
    if reply.ok:
        return client
    client.close()
    if reply.error != "Throttled":
        raise RuntimeError(f"a step-up could not begin: {reply}")
    return None


def strangers_at_sudo(verifier):
    alice = verifier.enrol_token("alice")
    verifier.enrol_token("bob")
    honest = sudo_prompt(scratch.ALICE, PASSWORD)
    killed, end = [], time.monotonic() + SECONDS
    threads = [threading.Thread(target=killed_at_the_prompt, args=(killed, end)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(len(killed) > 20, "sudo: strangers start it and kill it at the prompt", len(killed))
    for _ in range(STARTS - len(killed)):
        client = begin_as_module(verifier.path(), user="bob", action="sudo", service="sudo", tty="pts/7")
        if client is not None:
            client.close()
    status, printed, said = honest.answer(alice.fresh())
    tap.ok(status == 0 and printed == "root",
           f"sudo: after {STARTS} of those a code counts at the prompt that stood open all the while", said)


def held_open(verifier, alice):
    """Prompts that are left standing take all of root's connections."""
    honest = sudo_prompt(scratch.ALICE, PASSWORD)
    held = []
    for _ in range(PLACES + 50):
        held.append(begin_as_module(verifier.path(), user="bob", action="sudo", service="sudo", tty="pts/7"))
    status, printed, said = honest.answer(alice.fresh())
    tap.ok(status == 0 and printed == "root",
           f"sudo: with {len(held)} prompts left standing an open one's code counts", said)
    result = sudo(scratch.ALICE, PASSWORD, alice.fresh())
    tap.ok(result[0] == 0 and result[1] == "root", "sudo: and whoever comes now is asked, and let in", result)
    for client in held:
        if client is not None:
            client.close()


def ssh_prompt(sshd, user, address):
    """An ssh at its question; the terminal's part is a script that waits for what it is told."""
    answers = f"{sshd.folder}/answers.{user}"
    if not os.path.exists(answers):
        os.mkfifo(answers)
    script = f"{sshd.folder}/askpass.{user}"
    with open(script, "w") as out:
        out.write(f"#!/bin/sh\nprintf '%s\\n' \"$1\" >&2\nhead -n 1 <{answers}\n")
    os.chmod(script, 0o700)
    command = ["ssh", "-F", "none", "-b", address, "-p", str(sshd.port), "-o", "StrictHostKeyChecking=no",
               "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o",
               "PreferredAuthentications=keyboard-interactive", "-o", "NumberOfPasswordPrompts=1",
               f"{user}@127.0.0.1", "id", "-un"]
    prompt = Prompt(command, environment={"HOME": sshd.folder, "DISPLAY": "none", "SSH_ASKPASS": script,
                                          "SSH_ASKPASS_REQUIRE": "force"})
    if prompt.wait_for("ode: "):
        return prompt, answers
    prompt.kill()
    return None, answers


def tries_by_ssh(sshd, number, counted, end):
    while time.monotonic() < end:
        prompt, _ = ssh_prompt(sshd, f"stranger{number}x{len(counted)}", "127.0.0.1")
        if prompt is None:
            continue
        prompt.kill()
        counted.append(1)


def strangers_at_sshd(verifier, sshd):
    alice = verifier.enrol_token("alice")
    honest, answers = ssh_prompt(sshd, "alice", "127.0.0.2")
    counted, end = [], time.monotonic() + SECONDS
    threads = [threading.Thread(target=tries_by_ssh, args=(sshd, i, counted, end)) for i in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(len(counted) > 5, "sshd: nine strangers at once sign in under invented names and go away",
           len(counted))
    held = []
    for i in range(STARTS - len(counted)):
        client = begin_as_module(verifier.path(), user=f"invented{i}", action="login.sshd", service="sshd",
                                 rhost="127.0.0.1", tty="ssh")
        if client is not None:
            held.append(client)
        if len(held) > PLACES:
            held.pop(0).close()
    with open(answers, "w") as out:
        out.write(alice.fresh() + "\n")
    printed, _ = honest.process.communicate(timeout=PATIENCE)
    tap.equal((honest.process.returncode, printed.decode().strip()), (0, "alice"),
              f"sshd: after {STARTS} of those a code counts at the prompt that stood open")
    tap.equal(sshd.login("alice", alice.fresh())[:2], (0, "alice"),
              "sshd: and whoever comes now signs in, from the strangers' address too")
    for client in held:
        client.close()


if __name__ == "__main__":
    scratch.enter()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    scratch.install_pam_lines("sudo")
    scratch.install_pam_lines("sshd")
    give_passwords("alice")
    with open("/etc/sudoers.d/test", "w") as rules:
        rules.write(SUDOERS)
    os.chmod("/etc/sudoers.d/test", 0o440)
    with scratch.verifier() as real:
        tap.run(strangers_at_sudo, real)
        tap.run(held_open, real, real.enrol_token("alice"))
        daemon = Sshd(os.path.join(os.environ["SCRATCH_HOST"], "sshd-test"))
        tap.run(strangers_at_sshd, real, daemon)
        daemon.stop()
    tap.done()
