# SPDX-License-Identifier: BSD-2-Clause
"""A second checker of logs and receipts, written from stepup-log(5) and stepup-receipt(5) alone. Whoever
changes it looks into those pages and nowhere else: what can't be written from them is missing in them.

    problems, log = check_log(lines, log_key)                 # (entry's number or None, sentence)
    claims = check_receipt(text, jwks, issuer, service, now)      # raises Wrong

python3-cryptography.
"""
import base64
import hashlib
import hmac
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


class Wrong(Exception):
    """What is wrong, in words."""


def need(truth, words):
    if not truth:
        raise Wrong(words)


# --- Notation ------------------------------------------------------------------------------------------

def unb64url(text):
    need(isinstance(text, str) and "=" not in text, "no base64url")
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    need(b64url(data) == text, "no base64url")
    return data


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parse(text):
    """A JSON object: no member twice, whole numbers of at most 2^53-1."""
    def members(pairs):
        need(len({name for name, _ in pairs}) == len(pairs), "a member stands twice")
        return dict(pairs)

    def no(token):
        raise Wrong(f"{token} is no number of a log")

    value = json.loads(text, object_pairs_hook=members, parse_float=no, parse_constant=no)
    need(isinstance(value, dict), "no object")
    return value


encode = json.JSONEncoder(ensure_ascii=False).encode


def jcs(value):
    """RFC 8785, whose members stand in the order of UTF-16."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return b"{" + b",".join(encode(name).encode() + b":" + jcs(value[name]) for name in names) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(jcs(item) for item in value) + b"]"
    need(not isinstance(value, int) or abs(value) < 2 ** 53, "a number that is too large")
    return encode(value).encode()


def number(data):
    """The highest byte first."""
    return int.from_bytes(data, "big")


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return b64url(hmac.digest(key, data, "sha256"))


# --- THE TREE ------------------------------------------------------------------------------------------

def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:]))


# --- CHECKPOINTS ---------------------------------------------------------------------------------------

def log_key_bytes(text):
    """The 32 bytes of NAME+ID+BASE64."""
    name, key_id, data = text.split("+", 2)
    data = base64.b64decode(data, validate=True)
    need(len(data) == 33 and data[0] == 1 and key_id == key_id_under(name, data[1:]).hex(), "no log key")
    return data[1:]


def key_id_under(name, key):
    return sha256(name.encode() + b"\n\1" + key)[:4]


def is_signed_by(note, key):
    text, signatures = note.rsplit("\n\n", 1)
    found = False
    for line in signatures.splitlines():
        dash, name, data = line.split(" ")
        data = base64.b64decode(data, validate=True)
        need(dash == "\u2014", "no line of a signature")
        if data[:4] == key_id_under(name, key):
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(data[4:], (text + "\n").encode())
            found = True
    return found


def check_note(note, leaves, key):
    """Whether this key signed it; that it speaks of these entries is needed either way."""
    _, size, told = note.rsplit("\n\n", 1)[0].split("\n")
    need(size == str(len(leaves)), f"a checkpoint over {size} entries stands behind {len(leaves)}")
    told = base64.b64decode(told, validate=True)
    need(leaves and told == root(leaves), "an entry was changed after it was signed")
    return is_signed_by(note, key)


# --- THE SIGNATURE OF A KEY ----------------------------------------------------------------------------

def verify(alg, key, message, signature):
    if alg == -7:
        need(len(key) == 64, "a key of another size")
        point = ec.EllipticCurvePublicNumbers(number(key[:32]), number(key[32:]), ec.SECP256R1())
        point.public_key().verify(signature, message, ec.ECDSA(hashes.SHA256()))
    elif alg == -8:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    else:
        need(alg == -257 and len(key) == 259, "no algorithm of a log")
        public = rsa.RSAPublicNumbers(number(key[256:]), number(key[:256])).public_key()
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def check_flags(entry, flags, counter):
    need(flags & 1, "the key was not touched")
    need(bool(flags & 4) == entry["uv"], "uv is not what the key signed")
    need(counter == entry["sign_count"], "sign_count is not what the key signed")


def check_client_data(entry, kind):
    data = unb64url(entry["evidence"]["client_data"])
    client = parse(data.decode())
    need(client["type"] == kind, "client data of another type")
    need(client["challenge"] == entry["challenge"], "another challenge was signed")
    need(client.get("crossOrigin") is not True, "the key was used within another site")
    is_seat, origin = client["origin"].startswith("stepup://"), client["origin"]
    need(is_seat == (entry["via"] == "seat"), "the key was used in another way")
    need(not is_seat or origin == f"stepup://{entry['host']}", "the key was used at another host")
    return data


def check_assertion(entry, enrol):
    client_data = check_client_data(entry, "webauthn.get")
    data, signature = (unb64url(entry["evidence"][name]) for name in ("authenticator_data", "signature"))
    need(data[:32] == sha256(enrol["rp_id"].encode()), "signed for another domain")
    check_flags(entry, data[32], number(data[33:37]))
    verify(enrol["alg"], unb64url(enrol["key"]), data + sha256(client_data), signature)


def string(data):
    return len(data).to_bytes(4, "big") + data


def take_string(data):
    size = number(data[:4])
    need(len(data) >= 4 + size, "a string is cut short")
    return data[4:4 + size], data[4 + size:]


TYPES_OF_AGENTS = {-8: b"sk-ssh-ed25519@openssh.com", -7: b"sk-ecdsa-sha2-nistp256@openssh.com"}


def check_agent(entry, enrol, text):
    kind, rest = take_string(unb64url(entry["evidence"]["signature"]))
    raw, rest = take_string(rest)
    need(kind == TYPES_OF_AGENTS[enrol["alg"]] and len(rest) == 5, "no signature of an agent's key")
    if enrol["alg"] == -7:
        r, left = take_string(raw)
        s, left = take_string(left)
        need(left == b"", "more than two numbers")
        raw = encode_dss_signature(number(r), number(s))
    host = entry["context"]["iss"].split("://")[1].split(":")[0].split("/")[0]
    signed = b"SSHSIG" + string(f"stepup@{host}".encode()) + string(b"") + string(b"sha512")
    signed += string(hashlib.sha512(text).digest())
    message = sha256(enrol["application"].encode()) + rest + sha256(signed)
    verify(enrol["alg"], unb64url(enrol["key"]), message, raw)
    check_flags(entry, rest[0], number(rest[1:]))


# --- what an entry is held against ---------------------------------------------------------------------

def need_same(one, other, names, words):
    for name in names:
        need(one[name] == other[name], f"{words}: {name}")


def covers(pattern, action):
    """Whether a name or pattern that was frozen reaches an action."""
    own = "stepup."
    if not pattern.endswith("*"):
        return pattern == action
    return action.startswith(pattern[:-1]) and (pattern.startswith(own) or not action.startswith(own))


def check_details(granted, done):
    need(granted.keys() == done.keys(), "other details")
    for name, most in granted.items():
        is_number = isinstance(most, int) and isinstance(done[name], int)
        need(done[name] <= most if is_number else done[name] == most, f"another {name}, or more of it")


def window_of(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def kind_of(limit):
    """What a limit counts: the words between its number and "per"."""
    return limit.split(" ")[1:-2]


def limits_of(entry):
    return entry.get("hard_limits", []) + entry.get("limits", [])


def amount_of(kind, details, seen):
    """What a grant takes of a limit: `seen` are the texts so far, of a limit on different ones."""
    if len(kind) == 2:
        new = details is not None and details[kind[1]] not in seen
        seen.update([details[kind[1]]] if new else [])
        return int(new)
    return 1 if kind == [] else 0 if details is None else details[kind[0]]


# --- a log ---------------------------------------------------------------------------------------------

PURPOSES = {"grant": ("auth", "admin"), "request": ("auth", "admin"), "approve": ("approve",),
            "deny": ("approve",), "enrol": ("enrol",)}
VERBS = {"invite": "stepup.invite", "remove": "stepup.remove", "revoke": "stepup.revoke",
         "withdraw": "stepup.revoke", "unlock": "stepup.unlock", "freeze": "stepup.freeze",
         "thaw": "stepup.thaw"}
KEYS = ("key", "agent")


class Log:
    """What is known of the entries so far."""

    def __init__(self):
        self.entries, self.leaves, self.signing = [], [], None
        self.credentials, self.counts = {}, {}  # by their names: who enrolled them, the newest count
        self.gone, self.keys = set(), set()
        self.locked, self.frozen, self.receipts = set(), set(), {}
        self.granted = {}  # by user_id and rule_name: grants with their details
        self.issuer = None
        self.left = False  # for another place, and has not arrived yet
        self.signatures = {}  # how many held, by way

    def take(self, line):
        """One entry's line. All of its rules are gone through, whatever is wrong before."""
        problems = []
        entry = parse(line["entry"])
        index = len(self.leaves)
        self.leaves.append(sha256(b"\0" + line["entry"].encode()))
        self.entries.append(entry)
        beside, salt = line.get("details"), unb64url(line["salt"]) if "salt" in line else None
        for rule in (self.check_form, self.check_beside, self.check_context, self.check_requirement,
                     self.check_evidence, self.check_request, self.check_agreement, self.check_credential,
                     self.check_count, self.check_verb, self.check_brakes, self.check_receipt,
                     self.check_limits, self.check_move):
            try:
                rule(index, entry, beside, (line["entry"], salt))
            except (Wrong, KeyError, TypeError, ValueError) as error:
                problems.append((index, f"{rule.__name__}: {error}"))
            except InvalidSignature:
                problems.append((index, "the key's signature does not hold"))
        return problems

    def check_form(self, index, entry, beside, line):
        before = self.entries[index - 1]["host"] if index else entry["host"]
        need(jcs(entry) == line[0].encode(), "not in canonical form")
        need((entry["v"], entry["index"]) == (1, index) and isinstance(entry["at"], int), "not of this place")
        need(before == (entry["was_host"] if entry["type"] == "names" else entry["host"]), "of another host")
        if entry["type"] == "epoch":
            self.signing = log_key_bytes(entry["log_key"])
            self.receipts = {}
        if entry["type"] in ("names", "start"):
            was = entry.get("was_issuer", self.issuer) if entry["type"] == "names" else entry["issuer"]
            need(self.issuer in (None, was), "of another issuer")
            self.issuer = entry["issuer"]

    def check_beside(self, index, entry, beside, line):
        salt = line[1]
        need((beside is None) == (salt is None), "details without a salt, or the other way round")
        if beside is None:
            return
        need("beside" in entry, "something stands beside an entry that has nothing beside it")
        need(entry["beside"] == mac(salt, b"stepup/1/beside\0" + jcs(beside)), "another thing beside it")
        if "commitment" in entry:
            action = {"action": entry["action"], "details": beside["details"]}
            need(entry["commitment"] == mac(salt, jcs(action)), "other details")

    @staticmethod
    def context_text(entry, beside):
        """None where the prompt was erased."""
        return None if beside is None else jcs({**entry["context"], "prompt": beside["prompt"]})

    def check_context(self, index, entry, beside, line):
        if "context" not in entry:
            return
        context, whole = entry["context"], self.context_text(entry, beside)
        need("prompt" not in context, "the prompt stands in the entry")
        for name in ("user", "user_id", "rule", "commitment", "host"):
            need(context[name] == entry[name], f"another {name} was signed")
        need(context["via"] == entry.get("via", context["via"]), "signed for another way")
        need(context["purpose"] in PURPOSES[entry["type"]], "signed for another purpose")
        if whole is not None:
            challenge = b64url(sha256(b"stepup/1/challenge\0" + whole))
            need(entry["challenge"] == challenge, "the challenge is another's")

    def check_requirement(self, index, entry, beside, line):
        if "context" not in entry or entry["method"] == "fresh":
            return
        required = set(entry["context"]["require"])
        need(entry["method"] in KEYS or not required & {"key", "hardware-key", "pin"}, "a key was required")
        need("pin" not in required or entry["uv"], "the PIN was required")
        if "hardware-key" in required:
            enrol = self.credentials[entry["credential"]]
            need(enrol["attestation"] == "verified" and entry["via"] != "agent", "hardware was required")

    def check_evidence(self, index, entry, beside, line):
        claimed = entry["type"] == "grant" and "requested" in entry
        if entry["type"] not in PURPOSES or entry["method"] not in KEYS or claimed:
            return
        enrol = entry if entry["type"] == "enrol" else self.entries[entry["enrolled"]]
        need(enrol["type"] == "enrol", "no enrolment")
        need_same(enrol, entry, ("credential", "user_id", "method"), "of another enrolment")
        ways = ("agent",) if entry["method"] == "agent" else ("browser", "seat")
        need(entry["via"] in ways, "by a way that this key has not")
        if entry["method"] == "key" and entry is enrol:
            check_client_data(entry, "webauthn.create")
        elif entry["method"] == "key":
            check_assertion(entry, enrol)
        elif beside is not None:
            check_agent(entry, enrol, self.context_text(entry, beside))
        else:
            return
        self.signatures[entry["via"]] = self.signatures.get(entry["via"], 0) + (entry is not enrol)

    def check_request(self, index, entry, beside, line):
        if entry["type"] == "request" and beside is not None:
            names = ("user", "user_id", "action", "commitment", "rule", "caller", "requested")
            parts = {name: entry[name] for name in names}
            parts.update(id=entry["request"], why=entry.get("why", ""), prompt=beside["prompt"])
            parts.update({name: beside.get(name, "") for name in ("reason", "rhost")})
            parts.update({name: entry["context"].get(name, "") for name in ("host", "service")})
            digest = b64url(sha256(b"stepup/1/request\0" + jcs(parts)))
            need(entry["digest"] == digest, "the digest is another request's")

    def asked(self, index, entry):
        """The request that an entry is about."""
        found = [one for one in self.entries[:index]
                 if one["type"] == "request" and one["request"] == entry["request"]]
        need(len(found) == 1, "no request, or two")
        return found[0]

    def check_agreement(self, index, entry, beside, line):
        if entry["type"] in ("approve", "deny"):
            asked, context = self.asked(index, entry), entry["context"]
            decision = {"approve": "approve", "deny": "lock"}[entry["type"]]
            signed = (context["request"], context["decision"])
            need(signed == (entry["digest"], decision), "something else was signed")
            need_same(asked, entry, ("digest", "action", "rule"), "another was asked for")
            need(entry["type"] == "deny" or asked["user_id"] != entry["user_id"], "who asked agreed")
            need(entry["at"] < asked["until"], "answered too late")
        if entry["type"] == "grant" and "request" in entry:
            asked = self.asked(index, entry)
            need_same(asked, entry, ("user_id", "action", "rule"), "another was asked for")
            agreed = [one for one in self.entries[:index]
                      if one["type"] == "approve" and one["request"] == entry["request"]]
            need(len(agreed) == 1 and entry["approvers"] == [agreed[0]["user"]], "nobody agreed, or another")
            need(entry["at"] < agreed[0]["until"], "used too late")
            need(entry.get("requested", asked["index"]) == asked["index"], "of another request")

    def check_credential(self, index, entry, beside, line):
        name = entry.get("credential")
        if entry["type"] == "enrol":
            need(name not in self.credentials, "enrolled before")
            self.credentials[name] = entry
            for key in {entry[member] for member in ("key", "credential_id") if member in entry}:
                need(key not in self.keys, "the key was enrolled before")
                self.keys.add(key)
        elif entry["type"] in ("remove", "revoke") or entry["type"] in PURPOSES:
            enrol = self.credentials[name]
            need(name not in self.gone, "with a credential that is gone")
            need(enrol["user_id"] == entry["user_id"], "with another user's credential")
            need(entry.get("method", "fresh") in ("fresh", enrol["method"]), "by another method")
        if entry["type"] in ("remove", "revoke"):
            self.gone.add(name)

    def check_count(self, index, entry, beside, line):
        member = next((member for member in ("step", "counter", "sign_count") if member in entry), None)
        if entry["type"] in PURPOSES and member is not None:
            last = self.counts.get(entry["credential"], -1)
            above, count = entry.get("counter_before", last), entry[member]
            self.counts[entry["credential"]] = max(last, count)
            need(count > above or (count == above == 0 and member == "sign_count"), "counted twice")

    def check_verb(self, index, entry, beside, line):
        action = "stepup.enroll" if entry.get("how") == "authorization" else VERBS.get(entry["type"])
        if action is not None:
            grant = self.entries[entry["grant"]]
            need((grant["type"], grant["action"]) == ("grant", action), "rests on no step-up for it")
            whose = entry["user" if entry["type"] == "enrol" else "by"]
            need(grant["user"] == whose, "rests on another person's step-up")
            need(entry["at"] - grant["at"] <= 600 and grant["index"] < index, "rests on no step-up of before")

    def check_brakes(self, index, entry, beside, line):
        used = entry["type"] in PURPOSES or entry["type"] in ("redeem", "resume")
        need(not used or entry["user_id"] not in self.locked, "of somebody who is locked")
        if used and entry["type"] != "enrol":
            need(not any(covers(pattern, entry["action"]) for pattern in self.frozen), "of a frozen action")
        if entry["type"] == "lock" and "user_id" in entry:
            self.locked.add(entry["user_id"])
            theirs = [jti for jti, one in self.receipts.items() if one["user_id"] == entry["user_id"]]
            for jti in theirs:
                del self.receipts[jti]
        elif entry["type"] == "unlock":
            self.locked.discard(entry.get("user_id"))
        elif entry["type"] in ("freeze", "thaw"):
            (self.frozen.add if entry["type"] == "freeze" else self.frozen.discard)(entry["action"])

    def check_receipt(self, index, entry, beside, line):
        if entry["type"] == "grant" and "jti" in entry:
            need(entry["jti"] not in self.receipts, "a receipt was issued twice")
            self.receipts[entry["jti"]] = {**entry, "details": (beside or {}).get("details")}
        if entry["type"] == "redeem":
            receipt = self.receipts.pop(entry["jti"])
            need_same(receipt, entry, ("user_id", "audience", "action"), "another receipt was redeemed")
            need(entry["at"] < receipt["expires"], "redeemed too late")
            if beside is not None and receipt["details"] is not None:
                check_details(receipt["details"], beside["details"])


    def check_limits(self, index, entry, beside, line):
        if entry["type"] == "epoch":
            self.granted = {}
        if entry["type"] != "grant" or "rule_name" not in entry:
            return
        grants = self.granted.setdefault((entry["user_id"], entry["rule_name"]), [])
        grants.append((entry, None if beside is None else beside["details"]))
        agreed = "request" in entry and entry.get("over_limit") == "approve"
        for limit in entry.get("hard_limits", []) if agreed else limits_of(entry):
            kind, most, seen, used = kind_of(limit), int(limit.split(" ")[0]), set(), 0
            for grant, details in grants:
                alike = any(kind_of(one) == kind for one in limits_of(grant))
                amount = 0
                if alike and grant["at"] > entry["at"] - window_of(limit.split(" ")[-1]):
                    amount = amount_of(kind, details, seen)
                    used += amount
            need(used <= most or amount == 0, f"over the limit of {limit}")

    def check_move(self, index, entry, beside, line):
        left, kind = self.left, entry["type"]
        self.left = kind == "moved" or left and kind not in ("arrived", "epoch", "start")
        need(left or kind != "arrived", "it arrived, and had left nowhere")
        need(not left or kind != "start", "it was started where it had left")


def check_log(lines, log_key):
    """(entry's number or None, sentence) of everything that is wrong, and the log. Lines have no newlines."""
    log, problems, trusted, proven, last = Log(), [], log_key_bytes(log_key), 0, {}
    header = parse(lines[0])
    if set(header) != {"format", "issuer", "host", "log_key"} or header["format"] != "stepup-log/1":
        problems.append((None, "no first line of a log"))
    for text in lines[1:]:
        try:
            need(len(text.encode()) <= 262144, "a line that is too long")
            last = line = parse(text)
            if "entry" in line:
                problems += log.take(line)
            elif check_note(line["checkpoint"], log.leaves, trusted):
                proven = len(log.leaves)
            else:
                need(log.signing and is_signed_by(line["checkpoint"], log.signing), "signed by nobody's key")
        except (Wrong, KeyError, ValueError, InvalidSignature) as error:
            problems.append((None, f"{type(error).__name__}: {error}"))
    if "checkpoint" not in last or proven != len(log.leaves):
        problems.append((None, "no checkpoint by the trusted key stands at the end"))
    said = (header.get("host"), header.get("issuer"), log_key_bytes(header.get("log_key")))
    if log.entries and said != (log.entries[-1]["host"], log.issuer, log.signing):
        problems.append((None, "the first line says something else than the entries"))
    return problems, log


# --- stepup-receipt(5) ---------------------------------------------------------------------------------

def take_apart(text, jwks):
    """The claims, of a receipt that one of these keys signed."""
    need(len(text) <= 16384 and text.count(".") == 2, "no receipt")
    parts = text.split(".")
    header, signature = parse(unb64url(parts[0]).decode()), unb64url(parts[2])
    need(set(header) == {"alg", "typ", "kid"}, "another header than a receipt's")
    need((header["alg"], header["typ"]) == ("ES256", "stepup-receipt+jwt"), "another kind of token")
    key, = [key for key in jwks["keys"] if key["kid"] == header["kid"]]
    kind = [key[name] for name in ("kty", "crv", "alg", "use")]
    need(kind == ["EC", "P-256", "ES256", "sig"], "another kind of key")
    thumbprint = sha256(jcs({name: key[name] for name in ("crv", "kty", "x", "y")}))
    need(key["kid"] == b64url(thumbprint) and len(signature) == 64, "another's key, or no signature")
    signature = encode_dss_signature(number(signature[:32]), number(signature[32:]))
    try:
        verify(-7, unb64url(key["x"]) + unb64url(key["y"]), ".".join(parts[:2]).encode(), signature)
    except InvalidSignature:
        raise Wrong("the signature does not hold") from None
    return parse(unb64url(parts[1]).decode())


def check_receipt(text, jwks, issuer, service, now):
    claims = take_apart(text, jwks)
    need((claims["iss"], claims["aud"]) == (issuer, service), "of another issuer, or for another service")
    need(claims["iat"] == claims["nbf"] <= now < claims["exp"] <= claims["iat"] + 300, "not now")
    need(claims["auth_time"] <= claims["iat"], "proved after it was issued")
    need(len(unb64url(claims["jti"])) == 16, "without an id")
    need(claims["acr"] in ("otp", "key", "phr", "phrh"), "acr has no word of a receipt's")
    amr = set(claims["amr"])
    need(amr == {"otp"} or {"pop", "user"} <= amr <= {"pop", "user", "hwk", "mfa"}, "amr has other words")
    granted, = claims["authorization_details"]
    action = {name: granted[name] for name in ("action", "details")}
    need(granted["type"] == "io.stepup.action", "no action of the verifier's")
    need(granted["digest"] == b64url(sha256(jcs(action))), "the digest is another action's")
    return claims


def check_grant(claims, entry):
    """Whether the receipt is the one that its entry of the log issued."""
    same = {"jti": "jti", "aud": "audience", "exp": "expires", "sub": "user", "acr": "acr", "amr": "amr"}
    need(entry["type"] == "grant" and entry["index"] == claims["log"], "no grant of it")
    need(entry["action"] == claims["authorization_details"][0]["action"], "a grant of another action")
    for claim, member in same.items():
        need(claims[claim] == entry[member], f"{claim} is not the entry's")
