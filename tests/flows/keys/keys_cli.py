#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""stepup(1) with keys: plugged in (software keys in front of unmodified libfido2) and behind a real
ssh-agent; enrolling, confirming, and everything a key can get wrong, in its words."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from cli_session import Cli, Session
from harness import BIN, DAEMON, GAMES, MAIL, Tap, Verifier, need_root, program
from key_places import Agent, at_desk, need_helper
from softkey import string, unb64

POLICY = '''
issuer = "https://stepup.example.com"
rp-id = "example.com"
store = "sqlite:{state}/stepup.db"
help = "Security desk, +1 555 0100"
cooling-off = 0s
action "stepup.*" { users = { "*" } require = { code } code-is-enough = yes }
action vault.open { users = { "*" } prompt = "Open the vault" require = { key } }
action vault.empty { users = { "*" } prompt = "Empty the vault" require = { key, pin } }
action door.open { users = { "*" } prompt = "Open the door" require = { code } }
'''

KEY_QUESTION = r"Press Enter and touch your key: ?$"
EITHER_QUESTION = r"Press Enter and touch your key, or type a code: ?$"
CODE_QUESTION = r"(?i)code: ?$"
PIN_QUESTION = r"PIN of your key[^\n]*: ?$"

tap = Tap()


class Desk:
    """stepup of one user on this host's own terminal, with keys plugged in."""

    def __init__(self, verifier, uid, folder):
        self.verifier, self.uid, self.folder = verifier, uid, folder

    def words(self, name, *more):
        return [f"state={self.folder}/{name}.key", f"log={self.folder}/{name}.log", "pin=4321", *more]

    def start(self, words, *arguments, environment=None):
        command = [program("tools/stepup/stepup"), "--socket-dir", self.verifier.run, *arguments]
        return Session(at_desk(words, self.uid, command), environment=environment)

    def run(self, words, *arguments, talk=(), environment=None):
        """`talk`: what is waited for, and what is typed then."""
        session = self.start(words, *arguments, environment=environment)
        place = 0
        for question, answer in talk:
            place = session.wait_for(question, place)
            session.type(answer + "\n")
        return session.finish()

    def touches(self, name):
        try:
            with open(f"{self.folder}/{name}.log") as source:
                return source.read().count("touched")
        except FileNotFoundError:
            return 0


def invitation(verifier, user):
    return verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]


# --- plugged in ---------------------------------------------------------------------------------------------

def enrolling_at_the_desk(verifier, desk):
    blue = desk.words("blue")
    ended = desk.run(["--no-key"], "enroll", "key", "--invitation", invitation(verifier, "mail"))
    tap.ok(ended.status == 1 and "No key is plugged in" in ended.err and "Nothing was enrolled" in ended.err,
           "enroll key without a key says so", ended)
    ended = desk.run(blue, "enroll", "key", "--invitation", "AAAA-BBBB", "--label", "Blue")
    tap.ok(ended.status == 1 and desk.touches("blue") == 0,
           "a wrong invitation is refused before the key is touched", ended)
    ended = desk.run(blue, "enroll", "key", "--invitation", invitation(verifier, "mail"), "--label", "Blue",
                     "--json", talk=[(PIN_QUESTION, "4321")])
    tap.ok(ended.status == 0 and ended.json()["state"] == "enrolled" and ended.json()["type"] == "key",
           "enroll key, with PIN and touch", ended)
    tap.ok("4321" not in ended.shown, "the PIN isn't shown", ended)
    ended = desk.run(["--no-key"], "list")
    tap.matches(ended.out, r"(?m)^\S+ +key +Blue .* key +\d{4}-.* live$",
                "list shows type, label and strength")
    listed = desk.run(["--no-key"], "list", "--json").json()["credentials"][0]
    tap.equal((listed["type"], listed["label"], listed["strength"]), ("key", "Blue", "key"),
              "list --json too")
    return blue


def waiting_for_a_touch(verifier, desk):
    """Somebody who leaves the key alone is told, and may stop it."""
    session = desk.start(desk.words("lazy", "touch=never"), "enroll", "key", "--invitation",
                         invitation(verifier, "mail"))
    session.wait_for(PIN_QUESTION)
    session.type("4321\n")
    session.wait_for(r"Touch the key to enroll it")
    tap.ok(True, "a key that waits is told of")
    session.type("\x03")
    ended = session.finish()
    tap.ok(ended.status != 0 and desk.touches("lazy") == 0, "Ctrl-C ends it", ended)
    tap.equal([c["label"] for c in desk.run(["--no-key"], "list", "--json").json()["credentials"]], ["Blue"],
              "and nothing is enrolled")


def confirming_at_the_desk(verifier, desk, blue):
    before = desk.touches("blue")
    ended = desk.run(blue, "confirm", "vault.open", talk=[(KEY_QUESTION, "")])
    tap.ok(ended.status == 0 and "Open the vault" in ended.shown,
           "confirm by the key: Enter, and a touch", ended)
    tap.equal(desk.touches("blue") - before, 1, "one touch for one action")
    ended = desk.run(blue, "confirm", "vault.empty", "--json",
                     talk=[(KEY_QUESTION, ""), (PIN_QUESTION, "4321")])
    tap.ok(ended.status == 0 and ended.json()["acr"] == "phr" and "mfa" in ended.json()["amr"],
           "where the rule wants a PIN it is asked for", ended)
    ended = desk.run(blue, "test", talk=[(KEY_QUESTION, "")])
    tap.equal(ended.status, 0, "test takes a key")
    ended = desk.run(blue, "confirm", "vault.open", talk=[(KEY_QUESTION, "123456"), (KEY_QUESTION, "")])
    tap.ok(ended.status == 0 and "A code is not enough for this" in ended.shown,
           "a typed code is not taken where it doesn't do, and not sent", ended)


def what_a_key_can_get_wrong(verifier, desk, blue):
    ended = desk.run(blue, "confirm", "vault.empty",
                     talk=[(KEY_QUESTION, ""), (PIN_QUESTION, "0000"),
                           (r"That PIN is wrong\. \d tries left[^\n]*: ?$", "4321")])
    tap.ok(ended.status == 0, "a wrong PIN says how many tries are left, and the right one goes on", ended)
    ended = desk.run(blue, "confirm", "vault.empty", talk=[(KEY_QUESTION, ""), (PIN_QUESTION, ""),
                                                           (KEY_QUESTION, ""), (PIN_QUESTION, "4321")])
    tap.ok(ended.status == 0, "Enter instead of the PIN puts the key by; it can be taken again", ended)
    ended = desk.run(["--no-key"], "confirm", "vault.open")
    tap.ok(ended.status == 1 and "No key is plugged in" in ended.err and "Nothing was approved" in ended.err
           and "Press Enter" not in ended.shown,
           "where only a key would do and none is there, nothing is asked", ended)
    ended = desk.run(desk.words("stranger"), "confirm", "vault.open",
                     talk=[(KEY_QUESTION, ""), (PIN_QUESTION, "4321"),
                           (r"not enrolled[^\n]*\r?\n[^\n]*\r?\nYou approve as mail\.\r?\n" + KEY_QUESTION,
                            "\x04")])
    tap.ok(ended.status == 1 and re.search(r'not enrolled.*Use "Blue"', ended.shown)
           and desk.touches("stranger") == 0, "another key is told from one's own, without a touch", ended)
    ended = desk.run([*desk.words("stranger"), "+", *blue], "confirm", "vault.open",
                     talk=[(KEY_QUESTION, "")])
    tap.ok(ended.status == 0 and desk.touches("stranger") == 0, "of two keys the right one is taken", ended)
    ended = desk.run([*blue, "fault=unplug"], "confirm", "vault.open",
                     talk=[(KEY_QUESTION, ""), (KEY_QUESTION, ""), (KEY_QUESTION, "")])
    tap.ok(ended.status == 1 and "was unplugged" in ended.shown and "Nothing was approved" in ended.err,
           "a key that is unplugged half-way", ended)
    ended = desk.run([*blue, "fault=pin-blocked"], "confirm", "vault.empty", talk=[(KEY_QUESTION, "")])
    tap.ok(ended.status == 1 and "PIN is blocked" in ended.err,
           "a key whose PIN is blocked is not asked for again", ended)
    ended = desk.run([*blue, "fault=bad-signature"], "confirm", "vault.open", talk=[(KEY_QUESTION, "")])
    tap.ok(ended.status == 1 and "Nothing was approved" in ended.err,
           "a bad signature is the verifier's to refuse", ended)
    ended = desk.run(blue, "enroll", "key", "--label", "Again",
                     talk=[(KEY_QUESTION, ""), (r"enrolled already[^\n]*\r?\n[^\n]*: ?$", "\x04")])
    tap.ok(ended.status == 1, "the same key is not enrolled a second time", ended)


def from_elsewhere(verifier, desk, blue):
    remote = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.8 22"}
    ended = desk.run(blue, "enroll", "key", "--invitation", "x", environment=remote)
    tap.ok(ended.status == 1 and "ssh -A" in ended.err,
           "over SSH no key of this host is enrolled, and what to do instead is said", ended)
    before = desk.touches("blue")
    ended = desk.run(blue, "confirm", "vault.open", environment=remote)
    tap.ok(ended.status == 1 and desk.touches("blue") == before and "Nothing was approved" in ended.err,
           "nor asked to sign", ended)


def without_the_helper(verifier, desk):
    """As where it isn't installed: nothing that can be run is in its place, in a namespace of its own."""
    with open("/proc/self/mountinfo") as mounts:
        helper = next(line.split()[4] for line in mounts if line.split()[4].endswith("/stepup-authenticator"))
    token = verifier.enrol_token("games")
    command = [program("tools/stepup/stepup"), "--socket-dir", verifier.run]
    taken = ["unshare", "-m", "sh", "-c", f'mount --bind /dev/null {helper} && exec setpriv --reuid={GAMES} '
             f'--regid={GAMES} --clear-groups "$@"', "sh"]
    ended = Session([*taken, *command, "enroll", "key", "--invitation", "x"]).finish()
    tap.ok(ended.status == 1 and helper in ended.err
           and "Nothing was enrolled. Check that it is installed: " in ended.err,
           "without the helper enroll says what is missing", ended)
    session = Session([*taken, *command, "confirm", "door.open"])
    session.wait_for(CODE_QUESTION)
    session.type(token.fresh() + "\n")
    ended = session.finish()
    tap.equal(ended.status, 0, "and codes go on working")


def beside_codes(verifier, desk, blue):
    token = verifier.enrol_token("mail")
    ended = desk.run(blue, "confirm", "door.open", talk=[(EITHER_QUESTION, token.fresh())])
    tap.equal(ended.status, 0, "a code may be typed where the key could be touched")
    ended = desk.run(blue, "confirm", "door.open", talk=[(EITHER_QUESTION, "")])
    tap.equal(ended.status, 0, "or Enter uses the key")
    ended = desk.run(["--no-key"], "confirm", "door.open", talk=[(CODE_QUESTION, token.fresh())])
    tap.ok(ended.status == 0 and "touch your key" not in ended.shown,
           "without the key only the code is asked for", ended)
    ended = desk.run([*blue, "fault=unplug"], "confirm", "door.open",
                     talk=[(EITHER_QUESTION, ""), (EITHER_QUESTION, token.fresh())])
    tap.ok(ended.status == 0 and "was unplugged" in ended.shown, "a key that fails leaves the code", ended)
    ended = desk.run([*blue, "fault=bad-signature"], "confirm", "door.open",
                     talk=[(EITHER_QUESTION, ""), (CODE_QUESTION, token.fresh())])
    tap.ok(ended.status == 0, "a key that the verifier refused is not asked for again", ended)
    ended = desk.run(["--no-key"], "remove", "Blue")
    tap.ok(ended.status == 1, "a key isn't removed by a code", ended)
    ended = desk.run(desk.words("second"), "enroll", "key", "--label", "Second",
                     talk=[(KEY_QUESTION, ""), (PIN_QUESTION, "4321"),
                           (r"not enrolled[^\n]*\r?\n[^\n]*\r?\nYou approve as mail\.\r?\n" + KEY_QUESTION,
                            "\x04")])
    tap.ok(ended.status == 1 and desk.touches("second") == 0, "nor is another one added by a code", ended)


# --- behind an agent ----------------------------------------------------------------------------------------

def with_agent(agent):
    return {"SSH_AUTH_SOCK": agent.socket}


def talk_to(cli, uid, *arguments, talk=(), environment=None):
    session = cli.start(*arguments, uid=uid, environment=environment)
    place = 0
    for question, answer in talk:
        place = session.wait_for(question, place)
        session.type(answer + "\n")
    return session.finish()


def enrolling_behind_an_agent(verifier, cli, agent):
    code = invitation(verifier, "daemon")
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code)
    tap.ok(ended.status == 1 and "ssh -A" in ended.err,
           "enroll agent without an agent says what to do", ended)
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code, environment=with_agent(agent))
    tap.ok(ended.status == 1 and "ssh-keygen -t ed25519-sk" in ended.err,
           "an agent without keys: how to make one", ended)
    agent.add_plain(agent.make_plain_key("plain"))
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code, environment=with_agent(agent))
    tap.ok(ended.status == 1 and "ssh-keygen -t ed25519-sk" in ended.err,
           "a key that is no security key doesn't count", ended)
    agent.add(agent.make_key("careless", "no-touch-required"))
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code, environment=with_agent(agent))
    tap.ok(ended.status == 1 and "without a touch" in ended.err and "Nothing was enrolled" in ended.err,
           "a key made with no-touch-required is refused", ended)
    agent.forget()
    path = agent.make_key("laptop", comment="daemon@laptop")
    agent.add(path)
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code, "--json",
                    environment=with_agent(agent))
    tap.ok(ended.status == 0 and ended.json()["type"] == "agent",
           "enroll agent, with the one key that is there", ended)
    listed = talk_to(cli, DAEMON, "list", "--json").json()["credentials"]
    tap.equal([(c["type"], c["label"], c["strength"]) for c in listed], [("agent", "daemon@laptop", "key")],
              "its comment is its label")
    return path


def confirming_behind_an_agent(verifier, cli, agent):
    ended = talk_to(cli, DAEMON, "confirm", "vault.open", "--json", talk=[(KEY_QUESTION, "")],
                    environment=with_agent(agent))
    tap.ok(ended.status == 0 and ended.json()["acr"] == "key", "confirm by the agent's key", ended)
    ended = talk_to(cli, DAEMON, "confirm", "vault.open")
    tap.ok(ended.status == 1 and "Nothing was approved" in ended.err,
           "without the agent it is refused", ended)
    agent.forget()
    ended = talk_to(cli, DAEMON, "confirm", "vault.open", environment=with_agent(agent))
    tap.ok(ended.status == 1 and "daemon@laptop" in ended.err and "Press Enter" not in ended.shown,
           "with an agent that has it no more nothing is asked", ended)
    ended = talk_to(cli, DAEMON, "confirm", "vault.open", environment={"SSH_AUTH_SOCK": "/nonexistent/agent"})
    tap.ok(ended.status == 1, "an agent that is gone", ended)


def choosing_a_key(verifier, cli, agent, first):
    second, third = agent.make_key("second", kind="ecdsa-sk"), agent.make_key("third")
    for path in (first, second, third):
        agent.add(path)
    menu = r"Which one\? \(1-3\): ?$"
    ended = talk_to(cli, DAEMON, "enroll", "agent", talk=[(menu, "9")], environment=with_agent(agent))
    tap.ok(ended.status == 1 and "none of these keys" in ended.err,
           "a menu names the keys; what isn't on it is none", ended)
    tap.ok(all(name in ended.shown
               for name in ("daemon@laptop", "second  ecdsa-sk  SHA256:", "third  ed25519-sk  SHA256:")),
           "by comment, type and fingerprint", ended)
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--label", "Desk", talk=[(menu, "2"), (KEY_QUESTION, "")],
                    environment=with_agent(agent))
    tap.equal(ended.status, 0, "the one that was chosen is enrolled, after a step-up by the first")
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--key", third + ".pub", talk=[(KEY_QUESTION, "")],
                    environment=with_agent(agent))
    tap.equal(ended.status, 0, "--key names it by its .pub file")
    labels = {c["label"] for c in talk_to(cli, DAEMON, "list", "--json").json()["credentials"]}
    tap.equal(labels, {"daemon@laptop", "Desk", "third"}, "each under its name")
    missing = agent.make_key("missing")
    for path, words in ((missing + ".pub", "does not hold"), (missing, "no public key of type"),
                        ("/nonexistent.pub", "No such file")):
        ended = talk_to(cli, DAEMON, "enroll", "agent", "--key", path, environment=with_agent(agent))
        tap.ok(ended.status == 1 and words in ended.err and "Nothing was enrolled" in ended.err,
               f"--key {os.path.basename(path)}: {words}", ended)
    ended = talk_to(cli, DAEMON, "enroll", "agent", "--key", first + ".pub", talk=[(KEY_QUESTION, "")],
                    environment=with_agent(agent))
    tap.ok(ended.status == 1, "one that is enrolled already is not enrolled again", ended)
    ended = talk_to(cli, DAEMON, "remove", "Desk", talk=[(KEY_QUESTION, "")], environment=with_agent(agent))
    tap.equal(ended.status, 0, "remove takes a key for a key")


def attested(verifier, cli, folder):
    """What ssh-keygen wrote of a key's make when it was made goes along; what belongs to
    another key does not."""
    agent = Agent(os.path.join(folder, "attested"), GAMES, "attestation=packed", f"ca={folder}/attested/ca")
    files = {name: os.path.join(agent.folder, name)
             for name in ("challenge", "blob", "other-challenge", "empty")}
    for name in ("challenge", "other-challenge", "empty"):
        with open(files[name], "wb") as out:
            out.write(b"" if name == "empty" else os.urandom(32))
        os.chmod(files[name], 0o644)
    agent.add(agent.make_key("key", f"write-attestation={files['blob']}", f"challenge={files['challenge']}"))
    code = invitation(verifier, "games")

    def enroll(blob, challenge):
        return talk_to(cli, GAMES, "enroll", "agent", "--invitation", code, "--attestation", blob,
                       "--challenge", challenge, environment=with_agent(agent))
    for blob, challenge, fact in ((files["blob"], files["other-challenge"], "another challenge"),
                                  (files["challenge"], files["challenge"], "what is no attestation"),
                                  (files["empty"], files["challenge"], "an empty file"),
                                  ("/nonexistent", files["challenge"], "a file that isn't there")):
        ended = enroll(blob, challenge)
        tap.ok(ended.status == 1 and re.search("[Nn]othing was (enrolled|added)", ended.err),
               f"enroll agent with {fact} is refused", ended)
    ended = enroll(files["blob"], files["challenge"])
    tap.equal(ended.status, 0, "enroll agent with the key's own attestation")
    agent.stop()


def cooling_off(folder):
    """Whoever was invited by an administrator earns no more than a code at first, and the list
    says until when."""
    policy = POLICY.replace("cooling-off = 0s\n", "").replace('action "stepup.*" { users = { "*" }',
                                                              'action "stepup.*" { users = { "mail" }')
    with Verifier(policy) as verifier:
        os.chmod(verifier.path("admin"), 0o666)
        cli, agent = Cli(verifier), Agent(os.path.join(folder, "cooling"), DAEMON)
        token = verifier.enrol_token("mail")
        ended = cli.run("invite", "daemon", answers=[token.fresh()])
        code = re.search(r"--invitation (\S+)", ended.out).group(1)
        tap.ok("stepup enroll key" in ended.out, "invite names keys too", ended)
        agent.add(agent.make_key("laptop"))
        ended = talk_to(cli, DAEMON, "enroll", "agent", "--invitation", code, environment=with_agent(agent))
        tap.equal(ended.status, 0, "an invited employee enrolls a key")
        ended = talk_to(cli, DAEMON, "list")
        tap.matches(ended.out,
                    r'(?m)^"laptop" is new\. Until \d{4}-\d\d-\d\d \d\d:\d\d it counts for no more than a '
                    r'code\.$',
                    "list says that it counts for no more than a code, and until when")
        tap.matches(ended.out, r"(?m)^\S+ +agent +laptop +- +code ", "its strength is a code's")
        ended = talk_to(cli, DAEMON, "confirm", "vault.open", environment=with_agent(agent))
        tap.ok(ended.status == 1 and "Nothing was approved" in ended.err,
               "what needs a key has to wait", ended)
        agent.stop()


# --- the log ------------------------------------------------------------------------------------------------

def evidence(verifier, cli, agent, folder):
    """Anybody can check with ssh-keygen what an agent's key approved."""
    os.chown(verifier.path("admin"), -1, DAEMON)
    exported = os.path.join(folder, "log")
    ended = talk_to(cli, DAEMON, "log", "export", talk=[(KEY_QUESTION, "")], environment=with_agent(agent))
    with open(exported, "w") as out:
        out.write(ended.out)
    tap.ok(cli.run("log", "verify", "--file", exported).status == 0,
           "log verify finds nothing wrong with keys' signatures")
    lines = [line for line in map(json.loads, ended.out.splitlines()) if "entry" in line]
    entries = [json.loads(line["entry"]) for line in lines]
    number = next(i for i, entry in enumerate(entries) if entry["type"] == "grant"
                  and entry["method"] == "agent")
    line, entry = lines[number], entries[number]
    enrolled = entries[entry["enrolled"]]
    raw, application = unb64(enrolled["key"]), enrolled["application"]
    blob = string("sk-ssh-ed25519@openssh.com") + string(raw) + string(application)
    namespace = "stepup@stepup.example.com"
    context = dict(entry["context"], prompt=line["details"]["prompt"])
    message = json.dumps(context, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    armor = (b"SSHSIG" + b"\0\0\0\1" + string(blob) + string(namespace) + string("") + string("sha512")
             + string(unb64(entry["evidence"]["signature"])))
    with open(f"{folder}/sig", "w") as out:
        out.write("-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(armor).decode()
                  + "-----END SSH SIGNATURE-----\n")
    with open(f"{folder}/signers", "w") as out:
        out.write(
            f'daemon namespaces="{namespace}" sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()}\n')

    def verify(text):
        return subprocess.run(["ssh-keygen", "-Y", "verify", "-f", f"{folder}/signers", "-I", "daemon", "-n",
                               namespace, "-s", f"{folder}/sig"],
                              input=text, text=True, capture_output=True, check=False)
    done = verify(message)
    tap.ok(done.returncode == 0 and "Good" in done.stdout,
           "ssh-keygen -Y verify accepts the evidence in the log", done)
    tap.ok(verify(message.replace("vault", "world")).returncode != 0, "for what was shown and nothing else")
    tap.run(for_ssh_keygen, cli, agent, folder, exported, number)


def for_ssh_keygen(cli, agent, folder, exported, number):
    """log show --sshsig, and the command that it prints, as it prints it."""
    prefix = f"{folder}/one"

    def check():
        return subprocess.run(["sh", "-c", ended.json()["command"]], text=True, capture_output=True,
                              check=False)
    ended = cli.run("log", "show", "--json", "--from", str(number), "--sshsig", prefix, "--file",
                    exported, uid=None)
    done = check()
    tap.ok(done.returncode == 0 and 'Good "stepup@stepup.example.com" signature for daemon' in done.stdout,
           "log show --sshsig writes what ssh-keygen -Y verify accepts, from an export", (ended, done))
    with open(f"{prefix}.signed", "a") as out:
        out.write(" ")
    tap.ok(check().returncode != 0, "for that text and no other")
    os.chmod(folder, 0o777)
    ended = talk_to(cli, DAEMON, "log", "show", "--json", "--from", str(number), "--sshsig", f"{folder}/two",
                    talk=[(KEY_QUESTION, "")], environment=with_agent(agent))
    tap.ok(check().returncode == 0, "and from the verifier", ended)
    ended = cli.run("log", "show", "--from", "0", "--sshsig", prefix, "--file", exported, uid=None)
    tap.ok(ended.status == 1 and "not approved with an SSH key" in ended.err
           and "Nothing was written" in ended.err, "an entry that no SSH key approved is told so", ended)
    ended = cli.run("log", "show", "--from", "99999", "--sshsig", prefix, "--file", exported, uid=None)
    tap.ok(ended.status == 1 and "not in this export" in ended.err, "and one that isn't there", ended)
    tap.equal(cli.run("log", "show", "--sshsig", prefix, "--file", exported, uid=None).status, 2,
              "which entry has to be said")


def main():
    need_root()
    need_helper()
    with tempfile.TemporaryDirectory(prefix="stepup-test.") as folder, Verifier(POLICY) as verifier:
        os.chmod(folder, 0o755)
        os.chmod(verifier.path("admin"), 0o660)
        desk = Desk(verifier, MAIL, folder)
        cli = Cli(verifier)
        blue = tap.run(enrolling_at_the_desk, verifier, desk)
        if blue is not None:
            tap.run(waiting_for_a_touch, verifier, desk)
            for function in (confirming_at_the_desk, what_a_key_can_get_wrong, from_elsewhere, beside_codes):
                tap.run(function, verifier, desk, blue)
        tap.run(without_the_helper, verifier, desk)
        agent = Agent(os.path.join(folder, "agent"), DAEMON)
        first = tap.run(enrolling_behind_an_agent, verifier, cli, agent)
        if first is not None:
            tap.run(confirming_behind_an_agent, verifier, cli, agent)
            tap.run(choosing_a_key, verifier, cli, agent, first)
            tap.run(evidence, verifier, cli, agent, folder)
        agent.stop()
        tap.run(attested, verifier, cli, folder)
        tap.run(cooling_off, folder)
    tap.done()


main()
