#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The units under a real systemd: what `make install` puts where, in a container that boots with this
host's /usr below it."""
import json
import os
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms
from harness import PATIENCE, Client, Tap, Token, build_dir, need_root, source_dir

BOOT_SECONDS = 300 # a machine that never comes up


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def place(*candidates):
    """The first of them that there is: configure was told where."""
    return next(path for path in candidates if os.path.isdir(path))


def conf_dir():
    return place("/usr/local/etc/stepup", "/etc/stepup", "/usr/etc/stepup")


def state_dir():
    return place("/usr/local/var/lib/stepup", "/var/lib/stepup", "/usr/var/lib/stepup")


def property_of(unit, name):
    return run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()


def seconds_in(span):
    """Of a time as systemd writes it: "6min 10s"."""
    return int(re.search(r"s: (\d+)", run("systemd-analyze", "timespan", span).stdout).group(1)) / 1e6


def call(door, method, parameters=None):
    with Client(f"/run/stepup/{door}.sock", door) as client:
        return client.call(method, parameters)


# --- inside ---

def init_names_the_group(tap):
    """Who has a rule and is not in the group gets to no door, and hears so from init, once it
    matters and no longer."""
    with open("/etc/passwd", "a") as out:
        out.write("dana:x:7001:7001::/:/bin/sh\n")
    told = run("stepup", "init", "dana")
    tap.ok(told.returncode == 0 and "usermod -aG stepup-admin dana" in told.stdout,
           "init says that the administrator isn't in stepup-admin", told)
    with open("/etc/group") as source:
        groups = source.read()
    with open("/etc/group", "w") as out:
        out.write(re.sub(r"(?m)^(stepup-admin:.*:)$", r"\1dana", groups))
    told = run("stepup", "init", "dana")
    tap.ok(told.returncode == 0 and "usermod" not in told.stdout, "and no more once they are", told)


def starts(tap):
    tap.equal(run("getent", "passwd", "stepup").returncode, 0, "sysusers makes the verifier's user")
    first = run("stepup", "init", "alice")
    conf = conf_dir()
    os.makedirs(conf + "/stepup.conf.d")
    with open(conf + "/stepup.conf.d/door.conf", "w") as out:
        out.write('action door.open { users = { "root" } prompt = "Open the door" '
                  'require = { code } fresh-for = 5m }\n')
    tap.matches(first.stdout + first.stderr, "systemctl enable",
                "init without a verifier says how to start one")
    tap.equal(run("systemctl", "enable", "--now", "stepupd-verify.socket", "stepupd-admin.socket",
                  "stepupd-redeem.socket", "stepupd-hooks.socket").returncode,
              0, "the sockets can be enabled")
    tap.ok(property_of("stepupd.service", "ActiveState") == "inactive",
           "nothing runs before somebody connects")
    status = run("stepup", "status")
    tap.ok(status.returncode == 0, "the first connection starts the verifier in its sandbox",
           status.stdout + status.stderr + run("journalctl", "--no-pager", "-u", "stepupd.service").stdout)
    tap.equal(property_of("stepupd.service", "User"), "stepup", "as its own user")
    for door, mode in (("verify", 0o666), ("admin", 0o660), ("redeem", 0o660), ("hooks", 0o660)):
        tap.equal(os.stat(f"/run/stepup/{door}.sock").st_mode & 0o777, mode, f"{door}.sock has its mode")
    score = run("systemd-analyze", "--no-pager", "security",
                "stepupd.service").stdout.strip().splitlines()[-1]
    tap.matches(score, r"level for stepupd.service: 0\.[0-9]",
                "systemd-analyze finds hardly anything to harden")


def journal(*matches):
    """The journal's entries that match, as objects."""
    return [json.loads(line)
            for line in run("journalctl", "--no-pager", "-o", "json", *matches).stdout.splitlines()]


def wait(truth, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := truth():
            return found
        select.select([], [], [], 0.1)
    raise RuntimeError(f"{what} never came: {run('journalctl', '--no-pager', '-n', '50').stdout}")


def wait_journal(*matches):
    return wait(lambda: journal(*matches), f"an entry of the journal with {matches}")


def hooks(tap):
    """What one enrolment and one lock tell."""
    wait(lambda: property_of("stepup-hooks.service", "ActiveState") == "active", "stepup-hooks.service")
    tap.ok(True, "hooks are run by a service of its own")
    tap.equal(property_of("stepup-hooks.service", "User"), "stepup-hooks", "as its own user")
    limit = int(re.search(r"--time-limit SECONDS +.*at most (\d+)",
                          run("stepup-hooks", "--help").stdout).group(1))
    patience = property_of("stepup-hooks.service", "TimeoutStopUSec")
    tap.ok(seconds_in(patience) > limit,
           "a stop waits for hooks as long as the longest --time-limit lets them run", (patience, limit))
    reference = call("verify", "LockMe", {"reason": "test"})["reference"]
    alert = wait_journal("MESSAGE_ID=5d1c2c7f9a5f4cf0b1f0a7f4b9d3e612", "STEPUP_KIND=lock")[0]
    tap.equal({name: alert.get(name) for name in ("STEPUP_EVENT", "STEPUP_USER", "STEPUP_REFERENCE",
                                                  "STEPUP_BY", "STEPUP_COUNT", "PRIORITY", "_SYSTEMD_UNIT")},
              {"STEPUP_EVENT": "alert", "STEPUP_USER": "root", "STEPUP_REFERENCE": reference,
               "STEPUP_BY": "root", "STEPUP_COUNT": "1", "PRIORITY": "4", "_SYSTEMD_UNIT": "stepupd.service"},
              "an alert stands in the journal with its fields")
    tap.matches(alert["MESSAGE"], "root is locked", "and its sentence")
    uid = run("id", "-u", "stepup-hooks").stdout.strip()
    tap.equal([entry["_UID"] for entry in wait_journal("_SYSTEMD_UNIT=stepup-hooks.service",
                                                       f"MESSAGE=stepup-hooks: say: locked as {uid}: root")],
              [uid], "a hook of the folder was run for it, without privilege")


def covered(tap, token):
    """Somebody at a terminal, whom the kernel knows: what stays fresh needs the sandbox to let the
    verifier see that."""
    here, there = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        with open("/proc/self/loginuid", "w") as out:
            out.write("0")
        methods = []
        for _ in range(2):
            asked = call("verify", "Begin", {"action": "door.open", "reach": ["fresh"]})
            methods.append(asked["methods"][0])
            answer = {"method": "fresh"} if methods[-1] == "fresh" else {"method": "code",
                                                                         "code": token.fresh()}
            call("verify", "Answer", {"transaction": asked["transaction"], **answer})
        os.write(there, " ".join(methods).encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here) as text:
        tap.equal(text.read(), "code fresh", "the sandbox lets the verifier tell terminals apart")
    token.fresh()
    os.waitpid(pid, 0)
    os.close(master)


def works(tap):
    folder = re.search(r"--hooks-dir DIR +.*default (\S+)", run("stepup-hooks", "--help").stdout).group(1)
    tap.ok(os.path.isdir(folder), "tmpfiles makes the folder for hooks")
    write(folder + "/say", "#!/bin/sh\n"
          "exec python3 -c 'import json, os, sys; print(sys.argv[1], \"as\", str(os.getuid()) + \":\","
          " json.load(sys.stdin)[\"user\"])' \"$1\"\n")
    os.chmod(folder + "/say", 0o755)
    invitation = call("admin", "Init", {"user": "root", "again": True})
    tap.ok(invitation.ok, "init gives an invitation", invitation)
    begun = call("verify", "EnrollBegin",
                 {"user": "root", "type": "hotp", "invitation": invitation["invitation"]})
    token = Token(begun["secret"])
    tap.ok(call("verify", "EnrollFinish", {"transaction": begun["transaction"], "code": token.fresh()}).ok,
           "somebody enrols")

    def step_up():
        asked = call("verify", "Begin", {"action": "stepup.test"})
        return call("verify", "Answer",
                    {"transaction": asked["transaction"], "method": "code", "code": token.fresh()})
    tap.ok(step_up().ok, "a step-up is granted")
    tap.equal(run("systemctl", "reload", "stepupd.service").returncode, 0, "reload works")
    wait(lambda: "reload: policy=" in run("journalctl", "--no-pager", "-u", "stepupd.service").stdout,
         "the reload")
    door = conf_dir() + "/stepup.conf.d/door.conf"
    with open(door) as source:
        good = source.read()
    with open(door, "w") as out:
        out.write(good + "action broken { colour = 1 }\n")
    refused = run("systemctl", "reload", "stepupd.service")
    tap.ok(refused.returncode != 0, "systemctl reload fails where the policy is refused", refused)
    with open(door, "w") as out:
        out.write(good)
    tap.equal(run("systemctl", "reload", "stepupd.service").returncode, 0,
              "and works again once it is mended")
    tap.ok(step_up().ok, "and step-ups go on")
    restarted = run("systemctl", "restart", "stepupd.service")
    tap.ok(restarted.returncode == 0, "restart works",
           restarted.stderr + run("journalctl", "--no-pager", "-n", "30", "-u", "stepupd.service").stdout)
    tap.ok(step_up().ok, "what was enrolled is still there")
    covered(tap, token)
    run("systemctl", "kill", "-s", "KILL", "stepupd.service")
    tap.ok(step_up().ok, "a killed verifier comes back by itself: who asks meanwhile waits at the socket")


def no_room(tap):
    """A disk that is full for longer than systemd's patience with units that fail."""
    state = state_dir()
    run("systemctl", "stop", "stepupd.service")
    run("cp", "-a", state, "/root/kept")
    run("mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", state)
    run("sh", "-c", f"chown stepup:stepup {state}; cp -a /root/kept/. {state}; rm -f {state}/*-shm; "
        f"cat /dev/zero >{state}/ballast")
    run("systemctl", "start", "--no-block", "stepupd.service")
    for pause in (r"again in \d+ s", r"again in ([48]|16|30) s"):
        wait(lambda: re.search(pause, property_of("stepupd.service", "StatusText")),
             f"a pause that is told as {pause}")
        asked = run("stepup", "status")
        tap.ok(asked.returncode != 0 and "nothing was approved" in asked.stdout + asked.stderr,
               "a full disk at the start: who asks is told so", asked.stdout + asked.stderr)
    pid = property_of("stepupd.service", "MainPID")
    os.unlink(state + "/ballast")
    wait(lambda: property_of("stepupd.service", "ActiveState") == "active",
         "stepupd.service, with room again")
    tap.equal((property_of("stepupd.service", "MainPID"), run("stepup", "status").returncode), (pid, 0),
              "with room again it serves, and was never started anew")
    run("systemctl", "stop", "stepupd.service")
    run("cp", "-a", state, "/root/newest")  # the mark would not take the one of before
    run("umount", state)
    run("cp", "-a", "/root/newest/.", state)


def refused_often(tap):
    """A policy that others could write, and somebody who asks all the time: neither the service nor its
    sockets are ever given up."""
    conf = conf_dir() + "/stepup.conf"
    mode = stat.S_IMODE(os.stat(conf).st_mode)
    os.chmod(conf, mode | 0o002)
    run("systemctl", "start", "--no-block", "stepupd.service")
    wait(lambda: run("stepup", "status") and int(property_of("stepupd.service", "NRestarts")) > 5,
         "the sixth restart")
    states = {unit: property_of(unit, "ActiveState")
              for unit in ("stepupd-verify.socket", "stepupd-admin.socket")}
    tap.equal(states, {unit: "active" for unit in states}, "refused again and again: the sockets stay")
    os.chmod(conf, mode)
    wait(lambda: run("stepup", "status").returncode == 0, "the verifier, once its policy is right")
    tap.ok(True, "and with that put right the verifier is there by itself")


def stops(tap):
    tap.equal(run("systemctl", "stop", "stepupd.service", "stepupd-verify.socket", "stepupd-admin.socket",
                  "stepupd-redeem.socket", "stepupd-hooks.socket").returncode,
              0, "all of it can be stopped")
    tap.equal(property_of("stepup-hooks.service", "ActiveState"), "inactive", "hooks stop with the verifier")
    tap.ok(not os.path.exists("/run/stepup/verify.sock"), "and leaves no socket behind")
    tap.matches(run("journalctl", "--no-pager", "-u", "stepupd.service").stdout, "stopped: clean=yes",
                "the journal has its life")


def inside():
    tap = Tap()
    tap.run(starts, tap)
    tap.run(init_names_the_group, tap)
    tap.run(works, tap)
    tap.run(hooks, tap)
    tap.run(no_room, tap)
    tap.run(refused_often, tap)
    tap.run(stops, tap)
    tap.done()


# --- outside ---

UNIT = """[Unit]
After=basic.target systemd-journald.service
[Service]
Type=oneshot
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
ExecStart=/usr/bin/python3 /root/check/tests/flows/{name} --inside
StandardOutput=file:/root/result
StandardError=file:/root/errors
ExecStopPost=/usr/bin/systemctl --no-block --force poweroff
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)


def make_root(folder, stage, test, others):
    """A root without an /etc of its own but what was installed; its /usr is the host's, with what was
    installed on top."""
    root = os.path.join(folder, "root")
    for name in ("etc", "var", "usr", "proc", "sys", "dev", "run", "tmp"):
        os.makedirs(os.path.join(root, name))
    for link in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + link, os.path.join(root, link))
    write(root + "/etc/os-release", 'NAME="pam-stepup tests"\nID=test\n')
    write(root + "/etc/machine-id", "")
    write(root + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    write(root + "/etc/group", "root:x:0:\n")
    for path in ("/etc/nsswitch.conf", "/etc/ld.so.cache"):
        shutil.copy(path, root + path)
    shutil.copytree("/etc/alternatives", root + "/etc/alternatives", symlinks=True)
    write(root + "/etc/systemd/system/check.service", UNIT.format(name=rooms.place(test)))
    os.makedirs(root + "/etc/systemd/system/multi-user.target.wants")
    os.symlink("../check.service", root + "/etc/systemd/system/multi-user.target.wants/check.service")
    check = root + "/root/check/tests/flows"
    shared = ("systemd.py", "rooms.py", "harness.py", "callers.py", "codes.py", "log_words.py")
    for path in {rooms.place(name) for name in (test, *shared)}:
        os.makedirs(os.path.dirname(os.path.join(check, path)), exist_ok=True)
        shutil.copy(os.path.join(rooms.HERE, path), os.path.join(check, path))
    for path in others:
        shutil.copy(os.path.join(source_dir(), path), check)
    os.mkdir(root + "/root/check/man")
    shutil.copy(os.path.join(source_dir(), "man/stepup-log.5"), root + "/root/check/man")
    for path in os.listdir(stage):
        if path != "usr":
            shutil.copytree(os.path.join(stage, path), os.path.join(root, path), dirs_exist_ok=True)
    return root


def outside(name, others=()):
    """Boots a machine that runs tests/flows/NAME --inside, prints what it says, and ends."""
    need_root()
    if not shutil.which("systemd-nspawn"):
        print("needs systemd-nspawn", file=sys.stderr)
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="stepup-systemd.")
    stage = os.path.join(folder, "stage")
    try:
        os.makedirs(stage + "/usr")
        made = run("make", "-C", build_dir(), "install", f"DESTDIR={stage}")
        if made.returncode != 0:
            print(made.stdout, made.stderr, sep="\n", file=sys.stderr)
            sys.exit(1)
        root = make_root(folder, stage, name, others)
        # The second version of cgroups, where this host has it: with the first, a systemd in a container
        # isn't told that the last process of a service has ended, when that one was not a child of its own,
        # and waits until its patience ends.
        unified = (os.path.exists("/sys/fs/cgroup/unified")
                   or os.path.exists("/sys/fs/cgroup/cgroup.controllers"))
        environment = {**os.environ, **({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if unified else {})}
        boot = subprocess.run(["systemd-nspawn", "--register=no", "--keep-unit", "-q", "-D", root,
                               f"--overlay=/usr:{stage}/usr:/usr", "-b", "--private-network",
                               "--console=pipe"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOOT_SECONDS,
                              check=False, env=environment)
        if not os.path.exists(root + "/root/result"):
            print(boot.stdout[-4000:], boot.stderr[-4000:], sep="\n", file=sys.stderr)
            sys.exit(1)
        with open(root + "/root/result") as result, open(root + "/root/errors") as errors:
            text = result.read()
            print(text, end="")
            print(errors.read(), end="", file=sys.stderr)
        sys.exit(0 if "\n1.." in text and "not ok " not in text else 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["--inside"] else outside("systemd.py")
