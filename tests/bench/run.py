#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark: accepted and refused codes per second through PAM, beside Debian's other modules.

Interleaved passes of one run (each subject once per pass, medians over passes), ratios, only right outcomes
counted. HOTP for everybody, so that a code can be made at any time. Needs libpam-oath,
libpam-google-authenticator, libpam-u2f and pamu2fcfg for the peers; leaves out what isn't there. pam_u2f
meets a software key behind unmodified libfido2; ours comes through the browser, whose part pam_rate plays.
"""
import argparse
import hashlib
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("STEPUP_BUILD", os.getcwd())
MODULE = os.path.join(BUILD, "pam_module/pam_stepup.so")
PAM_RATE = os.path.join(BUILD, "tests/bench/pam_rate")
KEY_RATE = os.path.join(BUILD, "tests/bench/key_rate")
FILL_LOG = os.path.join(BUILD, "tests/bench/fill_log")
FILL_STORE = os.path.join(BUILD, "tests/bench/fill_store")
STEPUPD = os.path.join(BUILD, "verifier/stepupd")
SOFTKEY_RUN = os.path.join(BUILD, "tests/softkey/softkey-run")
OATH, GOOGLE, U2F = "pam_oath.so", "pam_google_authenticator.so", "pam_u2f.so"
SECURITY = [d for d in ("/lib/x86_64-linux-gnu/security", "/usr/lib/x86_64-linux-gnu/security",
                        "/usr/lib/security", "/usr/lib/aarch64-linux-gnu/security")
            if os.path.isdir(d)]

POLICY = """
issuer = "https://bench.example.com"
rp-id = "example.com"
origins = {{ "https://bench.example.com" }}
host = "bench"
store = "sqlite:{store}"
action login.bench {{ users = {{ "*" }} prompt = "Sign in" require = {{ code }} }}
action login.key {{ users = {{ "*" }} prompt = "Sign in" require = {{ key }} }}
action customer.view {{ users = {{ "*" }} details = {{ "account:text", "records:number" }}
    prompt = "Look at {{account}}" require = {{ code }}
    limit = {{ "100000000 per 24h", "100000000000 records per 24h", "40 different account per 1h",
    "120 different account per 24h" }} }}
"""


def secret(number):
    return hashlib.sha256(b"bench %d" % number).digest()[:20]


def name(number):
    return "u%07d" % number


class Subject:
    """One thing to measure: a PAM service over `users` employees, in a folder of its own."""

    def __init__(self, title, service, folder, users, flags=()):
        self.title, self.service, self.folder, self.users, self.flags = title, service, folder, users, flags
        self.counters = os.path.join(folder, service + ".counters")
        self.wrapping = ()

    def line(self, text):
        with open(os.path.join(self.folder, self.service), "w") as f:
            f.write("auth required %s\naccount required pam_permit.so\n" % text)
        return self

    def rate(self, processes, seconds, *flags):
        done = subprocess.run([*self.wrapping, PAM_RATE, "--service", self.service, "--confdir", self.folder,
                               "--counters", self.counters, "--users", str(self.users), "--processes",
                               str(processes), "--seconds", str(seconds), *self.flags, *flags],
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout) if done.returncode == 0 else None


class Verifier:
    """A stepupd of its own over a store filled with `users` employees."""

    def __init__(self, users):
        self.users = users
        self.folder = tempfile.mkdtemp(prefix="stepup-bench-")
        os.chmod(self.folder, 0o755)
        run = os.path.join(self.folder, "run")
        state = os.path.join(self.folder, "state")
        os.mkdir(run, 0o755)
        os.mkdir(state, 0o700)
        key, config = os.path.join(self.folder, "master.key"), os.path.join(self.folder, "stepup.conf")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "w") as f:
            f.write(secrets.token_hex(32) + "\n")
        with open(config, "w") as f:
            f.write(POLICY.format(store=os.path.join(state, "stepup.db")))
        browser_key = os.path.join(self.folder, "browser.key")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        browser_key], check=True)
        subprocess.run([FILL_STORE, "sqlite:" + os.path.join(state, "stepup.db"), key, str(users),
                        browser_key], check=True)
        self.config, self.run_dir, self.key, self.store = config, run, key, "sqlite:" + os.path.join(
            state, "stepup.db")
        socket_path = os.path.join(run, "verify.sock")
        self.start()
        self.subject = Subject("pam_stepup, %d employees" % users, "stepup", self.folder, users).line(
            "%s action=login.bench socket=%s" % (MODULE, socket_path))
        self.by_key = Subject("keys through PAM, %d employees" % users, "stepup-key", self.folder, users,
                              ("--key", browser_key)).line(
            "%s action=login.key conversation=json socket=%s" % (MODULE, socket_path))
        self.by_socket = Subject("keys through the socket, %d employees" % users, "stepup-key",
                                 self.folder, users,
                                 ("--key", browser_key, "--socket", socket_path))
        self.limited = Subject("limits of four kinds", "stepup-limited", self.folder, users,
                               ("--details", 'STEPUP_DETAILS={"account":"trezor","records":1}')).line(
            "%s action=customer.view details=env socket=%s" % (MODULE, socket_path))
        self.limited.counters = self.subject.counters

    def start(self):
        """The seconds until it is ready."""
        begun = time.monotonic()
        notify = self.notify_socket()
        self.process = subprocess.Popen([STEPUPD, "--config", self.config, "--run-dir", self.run_dir,
                                         "--master-key", self.key, "--mark",
                                         os.path.join(self.folder, "mark")],
                                        stderr=open(os.path.join(self.folder, "stderr"), "w"), env={
                                            "PATH": os.environ["PATH"], "NOTIFY_SOCKET": notify})
        self.wait_until_ready()
        return time.monotonic() - begun

    def halt(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def notify_socket(self):
        path = os.path.join(self.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
            self.notify.close()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        return path

    def wait_until_ready(self):
        self.notify.settimeout(60)
        while b"READY=1" not in self.notify.recv(4096):
            pass

    def resident_kib(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(next(line for line in f if line.startswith("VmRSS")).split()[1])

    def age(self, entries, limit_rows):
        """Fills the stopped verifier's store with so much that has been; the seconds of the next start."""
        self.halt()
        subprocess.run([FILL_LOG, self.store, self.key, "fill", str(entries), str(limit_rows),
                        str(self.users)], check=True)
        return self.start()

    def read_times(self):
        """What reading and pruning takes, with the verifier stopped meanwhile."""
        self.halt()
        out = subprocess.run([FILL_LOG, self.store, self.key, "read"], check=True, capture_output=True,
                             text=True).stdout
        self.start()
        return json.loads(out)

    def stop(self):
        self.halt()
        shutil.rmtree(self.folder)


def peer_folder(title):
    folder = tempfile.mkdtemp(prefix="stepup-bench-" + title + "-")
    os.chmod(folder, 0o755)
    return folder


def permit():
    return Subject("pam_permit (libpam alone)", "permit", peer_folder("permit"), 10000).line("pam_permit.so")


def oath_line(number):
    return "HOTP %s - %s\n" % (name(number), secret(number).hex())


def oath_one_file(users):
    folder = peer_folder("oath")
    path = os.path.join(folder, "users.oath")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.writelines(oath_line(n) for n in range(users))
    return Subject("pam_oath, one file, %d employees" % users, "oath", folder, users).line(
        "pam_oath.so usersfile=%s window=10 digits=6" % path)


def google(users):
    folder = peer_folder("google")
    os.mkdir(os.path.join(folder, "secrets"), 0o700)
    for n in range(users):
        path = os.path.join(folder, "secrets", name(n))
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(base64.b32encode(secret(n)).decode() + '\n" HOTP_COUNTER 1\n')
    return Subject("google-authenticator, %d employees" % users, "google", folder, users).line(
        "pam_google_authenticator.so secret=%s/secrets/${USER} user=root" % folder)


def u2f(users):
    """pam_u2f with a software key plugged in; the accounts it insists on are in a /etc/passwd of its own."""
    folder = peer_folder("u2f")
    key = [SOFTKEY_RUN, "--preload", "state=" + os.path.join(folder, "key")]
    made = subprocess.run([*key, "attestation=packed", "ca=" + folder, "--", "pamu2fcfg", "-n", "-o",
                           "pam://bench", "-i", "pam://bench"],
                          capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(folder)
        return None
    with open("/etc/passwd") as f, open(os.path.join(folder, "passwd"), "w") as out:
        out.write(f.read())
        out.writelines("%s:x:65000:65000::/nonexistent:/bin/false\n" % name(n) for n in range(users))
    with open(os.path.join(folder, "keys"), "w") as out:
        out.writelines(name(n) + made.stdout.strip() + "\n" for n in range(users))
    subject = Subject("pam_u2f, %d employees" % users, "u2f", folder, users).line(
        "pam_u2f.so authfile=%s/keys origin=pam://bench appid=pam://bench" % folder)
    subject.wrapping = ("unshare", "-m", "--propagation", "private", "sh", "-c",
                        'mount --bind "$0" /etc/passwd && exec "$@"',
                        os.path.join(folder, "passwd"), *key, "--")
    return subject


def there(module):
    return any(os.path.exists(os.path.join(d, module)) for d in SECURITY)


def median(values):
    return statistics.median(values) if values else float("nan")


def table(title, subjects, processes, options, *flags):
    """Prints one table: a row a subject, a column a number of processes; the reference is
    google-authenticator where it is there."""
    print("\n## %s\n" % title)
    print("| subject | " + " | ".join("%d: /s (p50, p99 ms) ×ref" % p for p in processes) + " |")
    print("|---" * (len(processes) + 1) + "|")
    figures = {}
    for p in processes:
        for _ in range(options.passes):
            for s in subjects:
                if s.users >= p:
                    got = s.rate(p, options.seconds, *flags)
                    if got is not None:
                        figures.setdefault((s, p), []).append(got)
    reference = next((s for s in subjects if s.service == "google"), subjects[0])
    for s in subjects:
        cells = []
        for p in processes:
            got = figures.get((s, p))
            if not got:
                cells.append("–")
                continue
            rate = median([g["per_second"] for g in got])
            base = median([g["per_second"] for g in figures.get((reference, p), [])])
            other = sum(g["other"] for g in got)
            cells.append("%.0f (%.2f, %.2f) ×%.2f%s"
                         % (rate, median([g["p50_us"] for g in got]) / 1000,
                            median([g["p99_us"] for g in got]) / 1000, rate / base,
                            " — %d wrong outcomes" % other if other else ""))
        print("| %s | %s |" % (s.title, " | ".join(cells)), flush=True)


def keys(options):
    """Answers of keys, verified by one thread and nothing else: no socket, no store."""
    if not os.path.exists(KEY_RATE):
        return
    figures = {}
    for _ in range(options.passes):
        out = subprocess.run([KEY_RATE, str(options.seconds / 3)], capture_output=True, text=True,
                             check=True).stdout
        for line in out.splitlines():
            got = json.loads(line)
            figures.setdefault(got["subject"], []).append(got["per_second"])
    print("\n## Answers of keys, verified\n\n| subject | /s |\n|---|---|")
    for subject, rates in figures.items():
        print("| %s | %.0f |" % (subject, median(rates)), flush=True)


def aged(options):
    """The same employees, with little behind them and with much: what it costs must not differ."""
    sizes = [(1000, 1000), (options.log_entries, options.limit_rows)]
    rows, verifiers = {}, []
    try:
        for entries, limit_rows in sizes:
            verifier = Verifier(1000)
            verifiers.append(verifier)
            begun = time.monotonic()
            start = verifier.age(entries, limit_rows)
            print("# %d log entries and %d limit rows took %.0f s to make"
                  % (entries, limit_rows, time.monotonic() - begun - start), flush=True)
            rows.setdefault("start, s", []).append(start)
            rows.setdefault("resident after the start, MiB", []).append(verifier.resident_kib() / 1024)
        figures = {}
        for _ in range(options.passes):
            for verifier in verifiers:
                one = Subject("", verifier.limited.service, verifier.folder, 1, verifier.limited.flags)
                one.counters = verifier.limited.counters
                for title, subject in (("code, no limit", verifier.subject),
                                       ("code, limits, everybody", verifier.limited),
                                       ("code, limits, the one with half of the rows", one),
                                       ("key", verifier.by_socket)):
                    got = subject.rate(1, options.seconds)
                    figures.setdefault((title, verifier), []).append(got)
        for title in dict.fromkeys(t for t, _ in figures):
            for what, field in (("p50", "p50_us"), ("p99", "p99_us")):
                rows["%s: %s, ms" % (title, what)] = [median([g[field] for g in figures[title, v]]) / 1000
                                                      for v in verifiers]
            rows["%s: wrong outcomes" % title] = [sum(g["other"] for g in figures[title, v])
                                                  for v in verifiers]
        for times in [v.read_times() for v in verifiers]:
            for title, field in (("newest 100 entries, ms", "page_ms"), ("one entry anywhere, ms", "one_ms"),
                                 ("a checkpoint, ms", "checkpoint_ms"),
                                 ("pruning 40 rows, ms", "prune_ms")):
                rows.setdefault(title, []).append(times[field])
        rows["resident at the end, MiB"] = [v.resident_kib() / 1024 for v in verifiers]
        rows["database, GiB"] = [os.path.getsize(v.store[len("sqlite:"):]) / 2**30 for v in verifiers]
    finally:
        for verifier in verifiers:
            verifier.stop()
    print("\n## An old store\n\n| | %s | ratio |\n"
          "|---|---|---|---|" % " | ".join("%d log entries, %d limit rows" % size for size in sizes))
    for title, (young, old) in rows.items():
        print("| %s | %.3g | %.3g | %s |" % (title, young, old, "×%.2f" % (old / young) if young else "–"),
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--employees", type=int, nargs="*", default=[10, 1000, 100000])
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2, 8, 32])
    parser.add_argument("--quick", action="store_true", help="one short pass, without peers")
    parser.add_argument("--log-entries", type=int, default=200000,
                        help="of the old store (10000000 takes 10 GiB and some minutes)")
    parser.add_argument("--limit-rows", type=int, default=100000)
    parser.add_argument("--only-old", action="store_true", help="nothing but the old store")
    options = parser.parse_args()
    if options.quick:
        options.passes, options.seconds = 1, 1.0
    verifiers, peers = [], []
    if options.only_old:
        aged(options)
        return 0
    try:
        verifiers = [Verifier(n) for n in options.employees]
        if not options.quick:
            peers.append(permit())
            if there(GOOGLE):
                peers.append(google(10000))
            if there(OATH):
                peers += [oath_one_file(10), oath_one_file(1000)]
        ours = [v.subject for v in verifiers]
        table("Right codes, one process calling again and again", peers + ours, options.processes, options)
        table("Right codes, a fresh process each time", peers + ours,
              [p for p in options.processes if p <= 8], options, "--fresh")
        table("Wrong codes", [s for s in peers if s.service != "permit"] + ours[-1:],
              [p for p in options.processes if p <= 8], options, "--wrong")
        by_key = [v.by_key for v in verifiers]
        if not options.quick and there(U2F) and os.geteuid() == 0:
            others = [subject for subject in (u2f(10), u2f(10000)) if subject]
            peers += others
            table("Right answers of keys through PAM, one process", others + by_key, [1], options)
            table("The same, a fresh process each time", others + by_key, [1], options, "--fresh")
        table("Right answers of keys, granted and durable", by_key + [v.by_socket for v in verifiers],
              options.processes, options)
        keys(options)
        for v in verifiers:
            print("\nstepupd with %d employees: %.1f MiB resident" % (v.users, v.resident_kib() / 1024))
    finally:
        for v in verifiers:
            v.stop()
        for s in peers:
            shutil.rmtree(s.folder)
    aged(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
