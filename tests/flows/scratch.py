# SPDX-License-Identifier: BSD-2-Clause
"""What the flows with a real sshd and a real sudo share: a scratch host (examples/scratch-host) with the
shipped PAM lines, and a stepupd behind /run/stepup."""
import os
import subprocess
import sys

from harness import Verifier, need_root, program, source_dir

STEPUP = 59001
ALICE, BOB, CAROL, DAVE = 59101, 59102, 59103, 59104
PASSWORD = "correct horse battery staple"

POLICY = '''
group support { unix = "support" }
action login.sshd { users = { "@support" }  prompt = "Sign in to {host} from {rhost}"  require = { code } }
action sudo { users = { "@support" }  prompt = "Become root on {host}"  require = { code } }
'''


def enter():
    """Runs this program again on a scratch host of its own, unless it is there already."""
    if os.environ.get("SCRATCH_HOST"):
        return
    need_root()
    if subprocess.run(["unshare", "-m", "--propagation", "private", "true"], capture_output=True,
                      check=False).returncode != 0:
        sys.stderr.write("private mount namespaces are not allowed here\n")
        sys.exit(77)
    script = os.path.join(source_dir(), "examples", "scratch-host")
    os.execv(script, [script, "--pids", "--", sys.executable, os.path.abspath(sys.argv[0])])


def verifier(policy=POLICY):
    """A stepupd as its own user, with its doors where the module looks for them."""
    made = Verifier(policy, uid=STEPUP)
    made.run = "/run/stepup"
    return made


def install_pam_lines(name):
    """The shipped lines, with the module that was built."""
    with open(os.path.join(source_dir(), "examples", "pam.d", name)) as source:
        text = source.read()
    lines = [line.replace("pam_stepup.so", program("pam_module/pam_stepup.so")) for line in text.splitlines()
             # a machine without the audit subsystem has no login uid to set
             if "pam_loginuid" not in line]
    with open(f"/etc/pam.d/{name}", "w") as out:
        out.write("\n".join(lines) + "\n")


def give_passwords(*users):
    """These users get PASSWORD."""
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "scratch", PASSWORD], capture_output=True,
                            text=True, check=True).stdout.strip()
    with open("/etc/shadow") as source:
        lines = source.read().splitlines()
    with open("/etc/shadow", "w") as out:
        for line in lines:
            name, _, rest = line.split(":", 2)
            out.write(f"{name}:{hashed}:{rest}\n" if name in users else line + "\n")


def lock(verifier, uid):
    """Somebody locks their own account; the reference."""
    return verifier.call("verify", "LockMe", {"reason": "test"}, uid=uid)["reference"]
