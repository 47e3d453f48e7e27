# SPDX-License-Identifier: BSD-2-Clause
"""Keys made of software, for tests: a WebAuthn authenticator with the client in front of it, and an SSH
security key behind an agent. None of the product's code is in it. Whatever a key or a client can get wrong
can be got wrong here, by naming it.

    from softkey import AgentKey, Key, enrol_key

    key = enrol_key(verifier, "mail", Key())                # by an invitation, in a browser
    begun = verifier.begin("mail", "vault.open", reach=["browser"])
    reply = answer(verifier, begun, "browser", key.sign(begun["browser"]))
    key.sign(begun["browser"], uv=False)                    # and so on: see Key.sign

python3-cryptography.
"""
import base64
import datetime
import hashlib
import json
import os
import secrets
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.x509.oid import NameOID

ORIGIN = "https://support.example.com"
AAGUID = bytes.fromhex("f1d0f1d0f1d0f1d0f1d0f1d0f1d0f1d0")
ES256, EDDSA, RS256 = -7, -8, -257
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """CBOR as CTAP2 wants it: shortest lengths; maps in the order that they are given in."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
            if number < limit:
                return bytes([major << 5 | code]) + struct.pack(form, number)
        raise ValueError(number)
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(item) for item in value)
    return head(5, len(value)) + b"".join(cbor(name) + cbor(item) for name, item in value.items())


# --- private keys -------------------------------------------------------------------------------------------

def make_private(algorithm):
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def raw_public(private):
    """ES256 x and y, EdDSA the 32 bytes, RS256 n and e."""
    public = private.public_key()
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    numbers = public.public_numbers()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    return numbers.n.to_bytes(256, "big") + numbers.e.to_bytes(3, "big")


def cose(private, algorithm):
    raw = raw_public(private)
    if algorithm == ES256:
        return cbor({1: 2, 3: ES256, -1: 1, -2: raw[:32], -3: raw[32:]})
    if algorithm == EDDSA:
        return cbor({1: 1, 3: EDDSA, -1: 6, -2: raw})
    return cbor({1: 3, 3: RS256, -1: raw[:256], -2: raw[256:]})


def sign_bytes(private, message):
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(hashes.SHA256()))
    return private.sign(message, padding.PKCS1v15(), hashes.SHA256())


# --- makers of keys -----------------------------------------------------------------------------------------

class Maker:
    """A maker of authenticators: a root certificate, and attestation certificates for models."""

    def __init__(self, name="Test Keys"):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
                                  x509.NameAttribute(NameOID.COMMON_NAME, f"{name} Root")])
        self.root = self._build(self.subject, self.private.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(self.private,
                                                                                  hashes.SHA256())

    def _build(self, subject, public):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(public)
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=2))
                .not_valid_after(now + datetime.timedelta(days=3650)))

    def pem(self):
        return self.root.public_bytes(serialization.Encoding.PEM)

    def attestation(self, aaguid):
        """A private key and its certificate (DER) for a model: WebAuthn section 8.2.1."""
        private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
                             x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Keys"),
                             x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME,
                                                "Authenticator Attestation"),
                             x509.NameAttribute(NameOID.COMMON_NAME, "Test Key")])
        certificate = (self._build(subject, private.public_key())
                       .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                       .add_extension(x509.UnrecognizedExtension(
                           x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4"), b"\x04\x10" + aaguid),
                                      critical=False).sign(self.private, hashes.SHA256()))
        return private, certificate.public_bytes(serialization.Encoding.DER)


# --- WebAuthn -----------------------------------------------------------------------------------------------

class Key:
    """One authenticator with one credential, and the client before it.

    attestation  "none", "self", or a Maker, whose packed attestation it then has
    counts       False: its counter stays at zero
    """

    def __init__(self, algorithm=ES256, attestation="none", aaguid=AAGUID, counts=True, backup=False,
                 transports=("usb",)):
        self.algorithm, self.attestation, self.counts, self.backup = algorithm, attestation, counts, backup
        self.aaguid = aaguid if attestation != "none" else bytes(16)
        self.transports = list(transports)
        self.private = make_private(algorithm)
        self.id = secrets.token_bytes(32)
        self.counter = 0
        self.user_handle = None
        self.credential = None  # the verifier's name for it, once enrolled

    def _count(self, given):
        if given is not None:
            self.counter = given
        elif self.counts:
            self.counter += 1
        return self.counter

    def _authenticator_data(self, rp_id, up, uv, counter, attested=b"", flags=0):
        flags |= (UP if up else 0) | (UV if uv else 0) | (BE | BS if self.backup
                                                          else 0) | (AT if attested else 0)
        return (hashlib.sha256(rp_id.encode()).digest() + bytes([flags])
                + struct.pack(">I", self._count(counter)) + attested)

    @staticmethod
    def client_data(kind, challenge, origin=ORIGIN, cross_origin=False, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin,
                           "crossOrigin": cross_origin, **more},
                          separators=(",", ":")).encode()

    # --- registration ---

    def _attestation_object(self, authenticator_data, client_data):
        message = authenticator_data + hashlib.sha256(client_data).digest()
        if self.attestation == "none":
            return cbor({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        if self.attestation == "self":
            statement = {"alg": self.algorithm, "sig": sign_bytes(self.private, message)}
        else:
            private, certificate = self.attestation.attestation(self.aaguid)
            statement = {"alg": ES256, "sig": sign_bytes(private, message), "x5c": [certificate]}
        return cbor({"fmt": "packed", "attStmt": statement, "authData": authenticator_data})

    def _register(self, rp_id, client_data, up, uv, counter):
        attested = self.aaguid + struct.pack(">H", len(self.id)) + self.id + cose(self.private,
                                                                                  self.algorithm)
        return self._attestation_object(self._authenticator_data(rp_id, up, uv, counter, attested),
                                        client_data)

    def register(self, options, origin=ORIGIN, kind="webauthn.create", rp_id=None, challenge=None, up=True,
                 uv=True, counter=None, **more):
        """RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON."""
        data = self.client_data(kind, options["challenge"] if challenge is None else challenge,
                                origin, **more)
        self.user_handle = unb64(options["user"]["id"])
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key",
                "authenticatorAttachment": "cross-platform", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(data), "transports": self.transports,
                             "attestationObject": b64(self._register(rp_id or options["rp"]["id"], data, up,
                                                                     uv, counter))}}

    def register_seat(self, request, up=True, uv=True, counter=None):
        """What the helper gives for EnrollBegin's `seat`."""
        return {"id": b64(self.id), "response": {"transports": self.transports, "attestationObject":
                b64(self._register(request["rp"]["id"], request["client_data"].encode(), up, uv, counter))}}

    # --- assertion ---

    def _assert(self, rp_id, client_data, up, uv, counter, flags):
        data = self._authenticator_data(rp_id, up, uv, counter, flags=flags)
        return data, sign_bytes(self.private, data + hashlib.sha256(client_data).digest())

    def sign(self, options, origin=ORIGIN, kind="webauthn.get", rp_id=None, challenge=None, up=True, uv=True,
             counter=None, flags=0, bogus=False, user_handle=None, data=None, **more):
        """What PublicKeyCredential.toJSON() gives for PublicKeyCredentialRequestOptionsJSON. `bogus` spoils
        the signature; `more` goes into the client data, which `data` replaces whole."""
        if data is None:
            data = self.client_data(kind, options["challenge"] if challenge is None else challenge,
                                    origin, **more)
        authenticator_data, signature = self._assert(rp_id or options["rpId"], data, up, uv, counter, flags)
        response = {"clientDataJSON": b64(data), "authenticatorData": b64(authenticator_data),
                    "signature": b64(spoil(signature) if bogus else signature)}
        if user_handle is not None:
            response["userHandle"] = b64(user_handle)
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key",
                "authenticatorAttachment": "cross-platform", "clientExtensionResults": {},
                "response": response}

    def sign_seat(self, request, up=True, uv=True, counter=None, rp_id=None, client_data=None, bogus=False):
        """What the helper gives for Begin's `seat`."""
        data, signature = self._assert(rp_id or request["rp_id"],
                                       (client_data or request["client_data"]).encode(), up, uv, counter, 0)
        return {"id": b64(self.id), "response": {"authenticatorData": b64(data),
                                                 "signature": b64(spoil(signature) if bogus else signature)}}


def spoil(data):
    """The same with its last bit turned over."""
    return data[:-1] + bytes([data[-1] ^ 1])


# --- SSH ----------------------------------------------------------------------------------------------------

def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


class AgentKey:
    """An SSH security key, and the agent that holds it (OpenSSH's PROTOCOL.u2f and PROTOCOL.sshsig)."""

    def __init__(self, algorithm=EDDSA, application="ssh:", counts=True):
        self.algorithm, self.application, self.counts = algorithm, application, counts
        self.private = make_private(algorithm)
        self.counter = 0
        self.credential = None
        raw = raw_public(self.private)
        if algorithm == EDDSA:
            self.type = "sk-ssh-ed25519@openssh.com"
            self.blob = string(self.type) + string(raw) + string(application)
        else:
            self.type = "sk-ecdsa-sha2-nistp256@openssh.com"
            self.blob = string(self.type) + string("nistp256") + string(b"\4" + raw) + string(application)

    def _signature(self, message, up, uv, counter, application, bogus):
        if counter is not None:
            self.counter = counter
        elif self.counts:
            self.counter += 1
        flags = bytes([(UP if up else 0) | (UV if uv else 0)])
        count = struct.pack(">I", self.counter)
        signed = (hashlib.sha256((application or self.application).encode()).digest() + flags + count
                  + hashlib.sha256(message).digest())
        raw = sign_bytes(self.private, signed)
        if self.algorithm == ES256:
            r, s = utils.decode_dss_signature(raw)
            raw = mpint(r) + mpint(s)
        return string(self.type) + string(spoil(raw) if bogus else raw) + flags + count

    def sign(self, request, up=True, uv=True, counter=None, namespace=None, message=None, application=None,
             bogus=False):
        """What the helper gives for an AgentRequest."""
        message = request["message"] if message is None else message
        preamble = (b"SSHSIG" + string(namespace or request["namespace"]) + string("") + string("sha512") +
                    string(hashlib.sha512(message.encode()).digest()))
        return {"key": b64(self.blob),
                "signature": b64(self._signature(preamble, up, uv, counter, application, bogus))}

    register = sign  # a proof that the key is there, by the same means


# --- with a verifier ----------------------------------------------------------------------------------------

def answer(verifier, begun, method, key, uid=None):
    """Answers a step-up with what a key made."""
    return verifier.call("verify", "Answer",
                         {"transaction": begun["transaction"], "method": method, "key": key}, uid=uid)


def register(key, begun, via):
    """What the key makes of EnrollBegin's reply."""
    if isinstance(key, AgentKey):
        return key.register(begun["agent"])
    return key.register(begun["browser"]) if via == "browser" else key.register_seat(begun["seat"])


def enrol_key(verifier, user, key, via=None, uid=None, **permission):
    """Enrols a key for a user: by an invitation of its own, or by the `authorization` or
    `invitation` given. The key."""
    via = via or ("agent" if isinstance(key, AgentKey) else "browser")
    if not permission:
        invitation = verifier.call("admin", "Init", {"user": user, "again": True})
        if not invitation.ok:
            raise RuntimeError(f"no invitation for {user}: {invitation}")
        permission = {"invitation": invitation["invitation"]}
    kind = "agent" if isinstance(key, AgentKey) else "key"
    begun = verifier.call("verify", "EnrollBegin",
                          {"user": user, "type": kind, "reach": [via], **permission}, uid=uid)
    if not begun.ok:
        raise RuntimeError(f"{user} could not begin to enrol: {begun}")
    done = verifier.call("verify", "EnrollFinish", {"transaction": begun["transaction"], "method": via,
                                                    "key": register(key, begun, via)}, uid=uid)
    if not done.ok:
        raise RuntimeError(f"{user} could not enrol: {done}")
    key.credential = done["credential"]
    return key


def write_metadata(path, *models):
    """FIDO metadata (MDS3) about models, each an AAGUID, a name, a Maker and a status, and beside it the root
    of its signature, PATH.pem."""
    alliance, private = Maker("Metadata"), ec.generate_private_key(ec.SECP256R1())
    signer = (alliance._build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mds.fidoalliance.org")]),
                              private.public_key())
              .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
              .add_extension(x509.SubjectAlternativeName([x509.DNSName("mds.fidoalliance.org")]),
                             critical=False).sign(alliance.private, hashes.SHA256()))

    def dashed(aaguid):
        text = aaguid.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def der(certificate):
        return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()

    entries = [
        {"aaguid": dashed(aaguid), "statusReports": [{"status": status, "effectiveDate": "2024-01-01"}],
         "timeOfLastStatusChange": "2024-01-01",
         "metadataStatement": {"aaguid": dashed(aaguid), "description": name, "protocolFamily": "fido2",
                               "attestationRootCertificates": [der(maker.root)]}}
        for aaguid, name, maker, status in models]
    due = (datetime.date.today() + datetime.timedelta(days=20)).isoformat()
    signed = ".".join(b64(json.dumps(part).encode()) for part in (
        {"alg": "ES256", "typ": "JWT", "x5c": [der(signer)]},
        {"no": 1, "nextUpdate": due, "legalHeader": "", "entries": entries}))
    r, s = utils.decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    with open(path, "w") as out:
        out.write(signed + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")))
    with open(path + ".pem", "wb") as out:
        out.write(alliance.pem())
    return path


def write_roots(folder, *makers):
    """A folder for attestation-roots."""
    os.makedirs(folder, mode=0o755, exist_ok=True)
    for number, maker in enumerate(makers):
        with open(os.path.join(folder, f"root{number}.pem"), "wb") as out:
            out.write(maker.pem())
    return folder
