#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The doors of a host that are easily forgotten: a real `sudo -i`, su and `su -` on a scratch host, jobs
and the console by their account lines, and what `stepup policy check` says of a host on which
somebody forgot them."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
import scratch
from harness import Tap, become, program
from scratch import PASSWORD

tap = Tap()

SUDOERS = '''
Defaults passwd_tries=1
Defaults lecture=never
alice ALL=(ALL) ALL
bob ALL=(ALL) ALL
'''

SHIPPED = ("sudo", "sudo-i", "su", "su-l", "login", "cron")


def run(uid, *command, typed=()):
    """(exit status, what the command printed, all that was said) as that user, with these lines typed."""
    ended = subprocess.run(command, input="".join(text + "\n" for text in typed), capture_output=True,
                           text=True, check=False, timeout=300, cwd="/", env={"PATH": os.environ["PATH"]},
                           preexec_fn=lambda: become(uid, groups=(59013,) if uid else ()))
    return ended.returncode, ended.stdout.strip(), ended.stderr


def sudo_i(uid, *typed):
    return run(uid, "sudo", "-S", "-k", "-i", "id", "-un", typed=typed)


def phase(service, user, phases, *answers):
    """What PAM says of these phases of a service, with root asking, as daemons do."""
    command = [program("tests/pam/pam_try"), "--phases", phases,
               *(word for answer in answers for word in ("--answer", answer)), service, user]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False,
                                     timeout=300).stdout)["result"]


def check(verifier):
    """What policy check finds on this host: (exit status, errors, warnings), of those that name a
    file as a whole."""
    ended = subprocess.run([program("tools/stepup/stepup"), "policy", "check", verifier.config, "--stepupd",
                            program("verifier/stepupd"), "--json"],
                           capture_output=True, text=True, check=False, timeout=300)
    found = json.loads(ended.stdout)["pam"]
    lists = {level: {os.path.basename(f["file"]): f["sentence"] for f in found if f["level"] == level}
             for level in ("error", "warning")}
    return ended.returncode, lists["error"], lists["warning"]


def granted(result):
    return result[0] == 0 and result[1] == "root"


def refused(result):
    return result[0] != 0 and result[1] == ""


def forgotten(verifier):
    """Debian's own files, with the shipped one for sudo alone."""
    verifier.enrol_token("alice")
    reference = scratch.lock(verifier, scratch.ALICE)
    tap.ok(granted(sudo_i(scratch.ALICE, PASSWORD)),
           "Debian's own sudo-i makes root of a locked employee: the door that is easily forgotten")
    status, errors, warnings = check(verifier)
    tap.equal(status, 1, "policy check fails where sudo asks and sudo-i doesn't")
    tap.matches(errors.get("sudo-i", ""), r"`sudo -i` uses this service.*The doors of a host",
                "it names sudo-i, and why")
    tap.ok({"su", "su-l", "login", "sshd"} <= set(warnings),
           "it tells of every other door without the module, su-l by its include", warnings)
    tap.ok(not {"sudo", "runuser", "chsh", "passwd", "common-auth"} & (set(warnings) | set(errors)),
           "and of none that asks, opens nothing or is root's alone",
           (warnings, errors))
    return reference


def shipped(verifier, reference):
    for name in SHIPPED:
        scratch.install_pam_lines(name)
    status, errors, warnings = check(verifier)
    tap.ok(status == 0 and not errors and not set(SHIPPED) & set(warnings),
           "with the shipped files policy check is content with them", (errors, warnings))
    result = sudo_i(scratch.ALICE, PASSWORD)
    tap.ok(refused(result), "sudo -i: a locked employee is refused", result)
    tap.matches(result[2], f"locked.*{re.escape(reference)}", "sudo -i: and told why")
    bob = verifier.enrol_token("bob")
    result = sudo_i(scratch.BOB, PASSWORD)
    tap.ok(refused(result), "sudo -i: the password alone is not enough", result)
    result = sudo_i(scratch.BOB, PASSWORD, bob.fresh())
    tap.ok(granted(result), "sudo -i: password and code make root", result)
    tap.equal(result[2].count("Become root"), 1, "sudo -i: asked once")


def become_others():
    for command in (("su", "bob", "-c", "id -un"), ("su", "-", "bob", "-c", "id -un"),
                    ("su", "-c", "id -un")):
        result = run(scratch.ALICE, *command, typed=[PASSWORD])
        tap.ok(refused(result), f"{' '.join(command)}: nobody becomes another by a password", result)
    for command in (("su", "bob", "-c", "id -un"), ("su", "-", "bob", "-c", "id -un")):
        result = run(0, *command)
        tap.ok(result[0] == 0 and result[1] == "bob", f"{' '.join(command)}: root does, unasked", result)


def jobs_and_console(verifier):
    for service in ("cron", "login"):
        tap.equal(phase(service, "alice", "account"), "PAM_PERM_DENIED",
                  f"{service}: a locked employee is refused")
        tap.equal(phase(service, "bob", "account"), "PAM_SUCCESS", f"{service}: another one is not")
    tap.equal(phase("login", "bob", "auth,account", PASSWORD), "PAM_SUCCESS",
              "login: the password is asked for, and no more")
    tap.equal(phase("login", "bob", "auth,account", "wrong"), "PAM_AUTH_ERR", "login: a wrong one is refused")
    verifier.stop()
    for service in ("cron", "login"):
        tap.equal(phase(service, "root", "account"), "PAM_SUCCESS", f"{service}: root needs no verifier")
        tap.equal(phase(service, "bob", "account"), "PAM_SYSTEM_ERR", f"{service}: everybody else does")
    tap.ok(refused(sudo_i(scratch.BOB, PASSWORD, "123456")),
           "sudo -i: with the verifier away nobody becomes root")


if __name__ == "__main__":
    scratch.enter()
    scratch.install_pam_lines("sudo")
    scratch.give_passwords("root", "alice", "bob")
    with open("/etc/sudoers.d/test", "w") as rules:
        rules.write(SUDOERS)
    os.chmod("/etc/sudoers.d/test", 0o440)
    with scratch.verifier() as real:
        quoted = tap.run(forgotten, real)
        tap.run(shipped, real, quoted)
        tap.run(become_others)
        tap.run(jobs_and_console, real)
    tap.done()
