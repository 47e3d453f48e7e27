#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A configuration that can't be taken at a start: the last good one, which the store keeps, is in force, and
everybody who should know is told. Keys that people have don't become void without a word, and a third party's
list of models stops nothing."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import PATIENCE, Tap, Verifier, need_root, program
from logbook import Administrator
from softkey import AAGUID, Key, Maker, answer, enrol_key, write_metadata, write_roots

TOP = '''issuer = "https://stepup.example.com"
rp-id = "{rp}"
origins = {{ "https://support.{rp}" }}
store = "sqlite:{{state}}/stepup.db"
cooling-off = 0s
'''
RULES = '''
action door.open { users = { "*" }  prompt = "Open the door"  require = { key } }
action door.look { users = { "*" }  prompt = "Look at the door"  require = { code } }
action safe.open { users = { "*" }  prompt = "Open the safe"  require = { hardware-key } }
action "stepup.*" { users = { "root" }  require = { code }  code-is-enough = yes }
'''
tap = Tap()


def top(rp="example.com", more=""):
    return TOP.format(rp=rp) + more


def check(verifier):
    """stepupd --check of its configuration: (exit status, what it said)."""
    done = subprocess.run([program("verifier/stepupd"), "--config", verifier.config, "--run-dir",
                           verifier.run, "--check"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout


def status(verifier):
    return verifier.call("admin", "Status")


def opens(verifier, key, action="door.open", user="alice"):
    begun = verifier.begin(user, action, reach=["browser"])
    return answer(verifier, begun, "browser", key.sign(begun["browser"])).ok if begun.ok else False


def kept_policy():
    """An error at the start; and how it ends."""
    verifier = Verifier(top() + RULES)
    with verifier:
        os.mkdir(os.path.join(verifier.etc, "stepup.conf.d"), 0o755)
        with open(os.path.join(verifier.etc, "stepup.conf.d", "bell.conf"), "w") as out:
            out.write('action door.bell { users = { "*" }  prompt = "Ring"  require = { code } }\n')
        verifier.reload()
        token, administrator = verifier.enrol_token("alice"), Administrator(verifier)
        tap.equal(status(verifier).get("policy_why"), None, "the configuration's own policy is in force")
        verifier.stop()
        with open(verifier.config, "a") as out:
            out.write("requires = nonsense\n")
        os.unlink(os.path.join(verifier.etc, "stepup.conf.d", "bell.conf"))
        verifier.start()
        tap.ok(verifier.begin("alice", "door.bell").ok,
               "a configuration in error doesn't keep a verifier from answering: "
               "the last good policy is in force, drop-ins and all")
        tap.matches(verifier.log(), r'policy: .*stepup\.conf:\d+: "requires" is not a key or section; .*\n'
                    r'.*So the last good policy is in force',
                    "the journal says why, and so")
        tap.matches(status(verifier).get("policy_why"), r'stepup\.conf:\d+: "requires" is not a key',
                    "so does `status`")
        shown = subprocess.run([program("tools/stepup/stepup"), "--socket-dir", verifier.run, "status"],
                               capture_output=True, text=True, timeout=PATIENCE, check=False)
        tap.matches(shown.stdout,
                    r'Policy .*\n +This is the last good one\. The configuration had errors .*\n'
                    r' +/.*stepup\.conf:\d+: "requires" is not a key',
                    "in words, too")
        tap.equal(check(verifier)[0], 1, "`stepupd --check` refuses the configuration")
        alerts = [one["kind"] for one in administrator.entries() if one["type"] == "alert"]
        tap.equal(alerts.count("old-policy"), 1, "an alert says it once")
        verifier.wait_log(r"alert: .*the last good policy is in force")
        verifier.reload()
        verifier.wait_log(r"reload: refused; the policy in force stays as it was")
        tap.ok(status(verifier).get("policy_why"), "a reload of it is refused")
        verifier.write_policy(top() + RULES)
        verifier.reload()
        tap.equal(status(verifier).get("policy_why"), None, "a reload of a mended one ends that")
        tap.equal(verifier.begin("alice", "door.bell").error, "UnknownAction", "and puts it in force")
        verifier.stop()
        os.chmod(verifier.config, 0o666)
        code, said = verifier.refuses_to_start()
        tap.equal(code, 1, "one that others could write keeps it from starting")
        tap.matches(said, "others can write it", "and is told")
        os.chmod(verifier.config, 0o644)
        verifier.start()
        tap.ok(verifier.step_up("alice", "door.look", None, token.fresh()).ok, "until nobody can any more")


def no_kept_policy():
    verifier = Verifier(top() + "nonsense\n")
    try:
        code, said = verifier.refuses_to_start()
        tap.equal(code, 1, "without a last good policy, one in error keeps it from starting")
        tap.matches(said, r'stepup\.conf:\d+: "nonsense" is not a key', "with its own sentence")
        tap.ok(not os.path.exists(verifier.database), "and no store is made for it")
    finally:
        verifier.close()


def kept_roots():
    """What the policy names beside itself is kept with it."""
    maker = Maker()
    verifier = Verifier()
    roots = write_roots(os.path.join(verifier.folder, "roots"), maker)
    verifier.write_policy(top(more=f'attestation-roots = "{roots}"\n') + RULES)
    with verifier:
        verifier.enrol("alice")
        verifier.stop()
        for name in os.listdir(roots):
            os.unlink(os.path.join(roots, name))
        verifier.start()
        tap.matches(status(verifier).get("policy_why"), r"there is no file NAME\.pem in it",
                    "an empty folder of roots is an error as any other")
        genuine = enrol_key(verifier, "alice", Key(attestation=maker))
        tap.ok(opens(verifier, genuine, "safe.open"),
               "and the roots that were good last still vouch for a new key")


def rp_id():
    verifier = Verifier(top() + RULES)
    with verifier:
        verifier.write_policy(top("example.net") + RULES)
        verifier.restart()
        tap.equal((status(verifier)["rp_id"], status(verifier).get("policy_why")), ("example.net", None),
                  "while nobody has a key, a restart takes another rp-id")
        verifier.write_policy(top() + RULES)
        verifier.restart()
        key = enrol_key(verifier, "alice", Key())
        tap.ok(opens(verifier, key), "a key opens what takes one")
        verifier.write_policy(top("example.org") + RULES)
        verifier.reload()
        said = (r'rp-id is "example\.org", but the keys that people have here are for "example\.com" '
                r'and answer for no other name\. .* write rp-id = "example\.com"\. To go on, .*')
        verifier.wait_log("reload: .*" + said)
        tap.ok(opens(verifier, key), "a reload with another rp-id is refused while somebody has a key, "
               "and says how to go back and how to go on")
        code, words = check(verifier)
        tap.equal(code, 1, "`stepupd --check` refuses it, too")
        tap.matches(words, said, "in the same words")
        verifier.restart()
        tap.matches(status(verifier).get("policy_why"), said,
                    "a restart takes the last good policy, and says why")
        tap.ok(opens(verifier, key), "under which keys go on")
        verifier.write_policy(top("example.org", 'rp-id-before = "example.com"\n') + RULES)
        code, words = check(verifier)
        tap.equal(code, 0, "a policy that gives the former rp-id up is taken, says --check")
        verifier.restart()
        tap.equal((status(verifier)["rp_id"], status(verifier).get("policy_why")), ("example.org", None),
                  "and a restart takes it")
        tap.ok(not opens(verifier, key), "the former keys answer nothing any more")
        verifier.write_policy(top("example.org") + RULES)
        verifier.restart()
        tap.equal(status(verifier).get("policy_why"), None, "from then on the new one is the store's")


def list_of_models():
    """The metadata of a third party, good and bad."""
    maker, fallen = Maker("Makers of Blue"), bytes(15) + b"\x09"
    verifier = Verifier()
    path = os.path.join(verifier.folder, "mds.jwt")
    write_metadata(path, (AAGUID, "Blue Key 5", maker, "FIDO_CERTIFIED_L1"),
                   (fallen, "Red Key", maker, "REVOKED"))
    verifier.write_policy(top(more=f'mds = "{path}"\nmds-root = "{path}.pem"\n') + RULES)

    def names_models(why):
        credential = enrol_key(verifier, "alice", Key(attestation=maker)).credential
        shown = {one["id"]: one
                 for one in administrator.call("Credentials", {"user": "alice"})["credentials"]}[credential]
        tap.equal((shown.get("model"), shown["strength"]), ("Blue Key 5", "hardware-key"), why)

    with verifier:
        administrator = Administrator(verifier)
        names_models("a list of models names a key and vouches for it")
        with open(path) as source:
            good = source.read()
        with open(path, "w") as out:
            out.write(good[:-20] + "A" * 20)
        verifier.reload()
        tap.ok("reload: refused" not in verifier.log(), "a damaged list is no reason to refuse a policy")
        verifier.wait_log(r"warning: .*stepup\.conf:6: .*mds\.jwt: has a wrong signature.* The "
                          r"last good list, of 20\d\d-\d\d-\d\d, stays in force\.")
        names_models("the last good list stays, which the warning says")
        verifier.restart()
        tap.equal(status(verifier).get("policy_why"), None, "nor for a start to do without the configuration")
        names_models("and the last good list stays over a restart, too")
        os.unlink(path)
        verifier.restart()
        names_models("also where the file is gone")
        code, words = check(verifier)
        tap.equal(code, 0, "`stepupd --check` warns of it")
        tap.matches(words, r"warning: .*mds\.jwt: No such file or directory\. "
                    r"If the verifier has an earlier list, that one stays in force\.",
                    "by its name")


need_root()
for part in (kept_policy, no_kept_policy, kept_roots, rp_id, list_of_models):
    tap.run(part)
tap.done()
