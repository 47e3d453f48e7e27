# SPDX-License-Identifier: BSD-2-Clause
"""A day of a real verifier, for log_page.py: keys in the browser, at the seat and behind an agent, codes, a
second person, receipts, and what administrators do."""
import os

from cli_session import Cli
from harness import BIN
from logbook import RULES, Administrator
from softkey import EDDSA, ES256, ORIGIN, RS256, AgentKey, Key, answer, enrol_key

POLICY = f'''
origins = {{ "{ORIGIN}" }}
cooling-off = 0s
attestation-roots = "{{folder}}/roots"
''' + '''
service export { unix-user = "bin" }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code }  fresh-for = 5m }
action vault.open { users = { "*" }  details = { "door:text" }  prompt = "Open vault {door}"
    require = { key, pin } }
action customer.view { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Look at {account}"  require = { key }
    limit = { "9 per 24h", "99 records per 1h", "9 different account per 1d" }
    over-limit = approve  hard-limit = { "10 per 24h", "100 records per 1h", "10 different account per 1d" }
    approvers = { "news" } }
action vault.hard { users = { "*" }  prompt = "Open the vault"  require = { hardware-key } }
action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { key }  service = export }
action customer.delete { users = { "*" }  details = { "account:text" }  prompt = "Delete {account}"
    require = { key }  service = export  always-approve = yes  approvers = { "news" } }
action stepup.enroll { users = { "*" }  require = { key } }
action stepup.remove { users = { "*" }  require = { key } }
''' + RULES
WAYS = ["browser", "seat", "agent"]
TREZOR = {"account": "trezor", "records": 102}
LESS = {"account": "trezor", "records": 100}
DOOR = {"door": "n\u00f6rth \"\u2028\U0001f512\""}


class Day:
    """What happened, and what came of it: `receipts` has each with the number of its entry."""

    def __init__(self, verifier, maker, tap):
        self.verifier, self.tap, self.receipts = verifier, tap, []
        os.chmod(verifier.path("redeem"), 0o666)  # whoever the test wants may connect
        self.admin = Administrator(verifier)
        self.token = verifier.enrol_token("mail")
        self.hardware = enrol_key(verifier, "mail", Key(ES256, attestation=maker))
        self.plain = enrol_key(verifier, "mail", Key(EDDSA), via="seat")
        self.rsa = enrol_key(verifier, "mail", Key(RS256))
        self.ssh = enrol_key(verifier, "mail", AgentKey(EDDSA, "ssh:work"))
        self.ssh_p256 = enrol_key(verifier, "mail", AgentKey(ES256))
        self.second = enrol_key(verifier, "news", Key())

    def call(self, method, /, **parameters):
        return self.verifier.call("verify", method, parameters)

    def begin(self, action, details, **more):
        return self.verifier.begin("mail", action, details, reach=WAYS, **more)

    def step_up(self, key, way, begun):
        make = {"browser": lambda: key.sign(begun["browser"]), "seat": lambda: key.sign_seat(begun["seat"]),
                "agent": lambda: key.sign(begun["agent"])}
        return answer(self.verifier, begun, way, make[way]())

    def grant(self, key, way, action="vault.open", details=DOOR):
        begun = self.begin(action, details)
        reply = self.step_up(key, way, begun)
        if not reply.ok:
            raise RuntimeError(f"not granted: {reply}")
        if reply.get("receipt"):
            self.receipts.append((reply["receipt"], reply["log"]))
        return begun["transaction"]

    def keys_are_used(self):
        for key in (self.hardware, self.plain, self.rsa):
            self.grant(key, "browser")
            self.grant(key, "seat")
        self.grant(self.ssh, "agent")
        self.grant(self.ssh_p256, "agent")
        self.grant(self.hardware, "browser", "vault.hard", {})
        for way, key in (("browser", self.hardware), ("seat", self.plain), ("agent", self.ssh)):
            self.grant(key, way, "customer.export", TREZOR)

    def limits_are_used(self):
        for account in ("trezor", "ledger", "trezor"):
            self.grant(self.hardware, "browser", "customer.view", {"account": account, "records": 10})

    def out_of_order(self):
        """Two questions at once, answered the other way round than the key signed."""
        begun = [self.begin("vault.open", {"door": str(number)}) for number in range(2)]
        signed = [self.hardware.sign(one["browser"]) for one in begun]
        replies = [answer(self.verifier, begun[number], "browser", signed[number]) for number in (1, 0)]
        answered = all(reply.ok for reply in replies)
        self.tap.ok(answered, "two questions are answered the other way round", replies)

    def codes_and_receipts(self):
        sitting = {"session": "s" * 43}
        self.verifier.step_up("mail", "door.open", None, self.token.fresh(), **sitting)
        begun = self.verifier.begin("mail", "door.open", reach=[*WAYS, "fresh"], **sitting)
        covered = self.call("Answer", transaction=begun["transaction"], method="fresh")
        self.tap.ok(covered.ok, "an earlier step-up covers another", covered)
        self.verifier.step_up("mail", "door.open", None, self.token.wrong())
        replies = [self.redeem("job-7"), self.redeem("job-7", resume=True), self.redeem("job-8")]
        self.tap.equal([reply.ok for reply in replies], [True, True, False], "a receipt is redeemed once")

    def redeem(self, name, **more):
        what = {"receipt": self.receipts[0][0], "action": "customer.export", "details": LESS}
        return self.verifier.call("redeem", "Redeem", {**what, "exec_id": name, **more}, uid=BIN)

    def second_person(self):
        details = {"account": "trezor"}
        begun = self.begin("customer.delete", details, reason="they asked for it", rhost="203.0.113.9")
        request = self.step_up(self.hardware, "browser", begun)["request"]
        asked = self.call("Approve", user="news", request=request, reach=["browser"])
        agreed = answer(self.verifier, asked, "browser", self.second.sign(asked["browser"]))
        claimed = self.call("Claim", transaction=begun["transaction"])
        self.tap.ok(agreed.ok and claimed.ok, "a second person agrees", (agreed, claimed))
        self.receipts.append((claimed["receipt"], claimed["log"]))
        request = self.step_up(self.hardware, "seat", self.begin("customer.delete", details))["request"]
        asked = self.call("Approve", user="mail", request=request, reach=["browser"], decision="lock")
        denied = answer(self.verifier, asked, "browser", self.hardware.sign(asked["browser"]))
        self.tap.ok(denied.ok and denied.get("reference"), "who asked denies it, and is locked", denied)
        self.admin.call("Unlock", {"user": "mail"})

    def own_credentials(self):
        """One more key on the strength of another, and one less."""
        permission = self.grant(self.hardware, "browser", "stepup.enroll", {"type": "key"})
        added = enrol_key(self.verifier, "mail", Key(), authorization=permission)
        credential = {"credential": added.credential}
        permission = self.grant(self.hardware, "browser", "stepup.remove", credential)
        removed = self.call("Remove", user="mail", authorization=permission, **credential)
        self.tap.ok(removed.ok, "a key is added and removed on the strength of another", removed)

    def administration(self):
        frozen, lp = {"action": "vault.*"}, {"user": "lp", "credential": ""}
        revoked = {"user": "mail", "credential": self.ssh_p256.credential}
        for verb, details, parameters in (
                ("Freeze", frozen, {**frozen, "reason": "odd exports"}), ("Thaw", frozen, frozen),
                ("Revoke", revoked, revoked), ("Invite", {"user": "lp"}, {"user": "lp"}), ("Revoke", lp, lp)):
            reply = self.admin.call(verb, details, parameters)
            self.tap.ok(reply.ok, f"{verb.lower()} is done", reply)
        self.verifier.reload()

    def export(self):
        """By the command, with nobody's help."""
        path = os.path.join(self.verifier.folder, "export")
        code = [self.admin.token.fresh]
        ended = Cli(self.verifier).run("log", "export", "--file", path, answers=code, uid=0)
        self.tap.equal(ended.status, 0, "stepup log export writes it")
        with open(path, newline="\n") as source:
            return source.read().split("\n")[:-1]
