# SPDX-License-Identifier: BSD-2-Clause
"""Where keys are, for the flow tests: plugged into this host (tests/softkey/softkey-run), and behind a real
ssh-agent that has the software key as its provider."""
import os
import signal
import socket
import subprocess
import sys
import time

from harness import PATIENCE, become, program

PROVIDER = "tests/softkey/softkey-provider.so"


def need_helper():
    """Goes on where the helper that was built stands in its place, as if it were installed; nothing is
    plugged in. For a test to call first."""
    if os.environ.get("STEPUP_TEST_HELPER_PLACED") != "1":
        os.environ["STEPUP_TEST_HELPER_PLACED"] = "1"
        runner = program("tests/softkey/softkey-run")
        if not os.path.exists(runner):
            sys.stderr.write("softkey-run is not built: umockdev is missing\n")
            sys.exit(77)
        os.execv(runner, [runner, "--no-key", "--", sys.executable, *sys.argv])


def at_desk(words, uid, command):
    """The command as that user, with these keys plugged in: words as softkey-run takes them.
    For root to run."""
    account = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    return [program("tests/softkey/softkey-run"), *words, "--", *account, *command]


def take(path, uid):
    os.chown(path, uid, uid)
    return path


class Agent:
    """An ssh-agent of a user's own, with security keys made of software."""

    def __init__(self, folder, uid, *words):
        """`words`: how the key behind it is, as softkey-run takes them; its state is kept in the folder."""
        self.folder, self.uid = folder, uid
        os.mkdir(folder, 0o700)
        take(folder, uid)
        self.socket = os.path.join(folder, "agent")
        self.provider = os.path.realpath(program(PROVIDER))
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder,
                            "SOFTKEY": " ".join([f"state={folder}/state", *words]),
                            "SSH_AUTH_SOCK": self.socket}
        self.environment.update({name: value for name, value in os.environ.items()
                                 if name.startswith(("ASAN_", "LSAN_", "UBSAN_"))})
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", self.socket, "-P", f"{self.provider}"],
                                        env=self.environment, preexec_fn=lambda: become(uid),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=folder)
        self._wait_listening()

    def _wait_listening(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    return probe.connect(self.socket)
                except OSError:
                    time.sleep(0.01)
        raise RuntimeError(f"ssh-agent never listened at {self.socket}: {self.process.poll()}")

    def _run(self, *command):
        done = subprocess.run(command, env=self.environment, preexec_fn=lambda: become(self.uid),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.folder,
                              check=False, timeout=PATIENCE)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def make_key(self, name, *options, kind="ed25519-sk", comment=None):
        """ssh-keygen; the path of the private half. `options` as -O takes them."""
        path = os.path.join(self.folder, name)
        self._run("ssh-keygen", "-q", "-t", kind, "-w", self.provider, "-N", "", "-C", comment or name, "-f",
                  path, *(word for option in options for word in ("-O", option)))
        return path

    def make_plain_key(self, name):
        path = os.path.join(self.folder, name)
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path)
        return path

    def add(self, path, *options):
        self._run("ssh-add", "-q", *options, "-S", self.provider, path)

    def add_plain(self, path):
        self._run("ssh-add", "-q", path)

    def forget(self):
        """Takes every key out of the agent."""
        self._run("ssh-add", "-q", "-D")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
