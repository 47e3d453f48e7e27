#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adding and removing keys: what permits it, what a key has to prove, which models count, and that no
key comes twice."""
import hashlib
import os
import select
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import GAMES, MAIL, PATIENCE, NEWS, Tap, Verifier
from logbook import RULES, Administrator
from softkey import (AAGUID, EDDSA, ES256, ORIGIN, RS256, AgentKey, Key, Maker, answer, b64, cbor, cose,
                     enrol_key, raw_public, sign_bytes, string, unb64, write_metadata, write_roots)

TOP = f'origins = {{ "{ORIGIN}" }}\n'
POLICY = TOP + RULES + '''
action door.open { users = { "*" }  prompt = "Open"  require = { code } }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
action safe.open { users = { "*" }  prompt = "Open the safe"  require = { hardware-key } }
'''
tap = Tap()


def invite(verifier, user):
    return verifier.call("admin", "Init", {"user": user, "again": True})["invitation"]


def begin(verifier, user, kind="key", reach=("browser",), uid=None, **more):
    return verifier.call("verify", "EnrollBegin",
                         {"user": user, "type": kind, "reach": list(reach), **more}, uid=uid)


def finish(verifier, begun, method, key, uid=None, **more):
    return verifier.call("verify", "EnrollFinish",
                         {"transaction": begun["transaction"], "method": method, "key": key, **more}, uid=uid)


def credentials(verifier, user):
    return verifier.call("verify", "List", {"user": user})["credentials"]


def step_up(verifier, user, action, key, details=None, via="browser"):
    """A step-up by a key: Begin's reply where that refuses, else Answer's, and the transaction."""
    begun = verifier.begin(user, action, details, reach=[via])
    if not begun.ok or via not in begun:
        return begun, None
    made = key.sign(begun[via]) if via != "seat" else key.sign_seat(begun[via])
    return answer(verifier, begun, via, made), begun["transaction"]


def granted(verifier, user, action, details, key, via="browser"):
    reply, transaction = step_up(verifier, user, action, key, details, via)
    if not reply.ok:
        raise RuntimeError(f"{action} was not granted: {reply}")
    return transaction


# --- what is asked of a key ---------------------------------------------------------------------------------

def options(verifier):
    invitation = invite(verifier, "mail")
    begun = begin(verifier, "mail", reach=["browser", "seat"], invitation=invitation)
    asked = begun["browser"]
    tap.equal(asked["rp"], {"id": "example.com", "name": "stepup.example.com"},
              "a browser is asked for a key of the rp-id")
    tap.equal((asked["user"]["name"], len(unb64(asked["user"]["id"]))), ("mail", 16),
              "for the user, under an id that says nothing")
    tap.equal([one["alg"] for one in asked["pubKeyCredParams"]], [ES256, EDDSA, RS256],
              "of three algorithms, the best first")
    tap.equal(len(unb64(asked["challenge"])), 32, "with a challenge of 32 bytes")
    tap.equal((asked["attestation"], asked["excludeCredentials"]), ("direct", []),
              "attested, none excluded yet")
    tap.equal(asked["authenticatorSelection"],
              {"residentKey": "discouraged", "userVerification": "preferred"}, "no more of it than is needed")
    seat = begun["seat"]
    tap.equal((seat["rp"]["id"], seat["algorithms"], seat["exclude"], seat["user_verification"]),
              ("example.com", [ES256, EDDSA, RS256], [], False), "the seat is asked for the same")
    tap.ok(f'"challenge":"{asked["challenge"]}"' not in seat["client_data"], "with a challenge of its own")
    tap.ok('"type":"webauthn.create"' in seat["client_data"] and '"origin":"stepup://' in seat["client_data"],
           "in client data of the verifier's", seat)
    tap.ok("agent" not in begun and "uri" not in begun and "secret" not in begun,
           "an agent isn't asked, and there is no secret")
    tap.matches(begun["prompt"], 'Add "Security key" to the account mail',
                "the prompt says what will be added to whom")
    agent = begin(verifier, "mail", "agent", ["agent", "browser"], invitation=invitation)
    tap.equal(agent["agent"]["namespace"], "stepup@stepup.example.com",
              "an agent signs in the verifier's namespace")
    tap.ok('"purpose":"enrol"' in agent["agent"]["message"] and "browser" not in agent,
           "the context itself", agent)


def parameters(verifier):
    invitation = invite(verifier, "mail")
    for wrong, field in (({"type": "passkey"}, "type"), ({"reach": ["browser", "telepathy"]}, "reach"),
                         ({"secret": "A" * 32}, "secret"), ({"digits": 6}, "digits"),
                         ({"label": "a\u202eb"}, "label"), ({"label": "x" * 65}, "label")):
        reply = begin(verifier, "mail", wrong.pop("type", "key"), wrong.pop("reach", ["browser"]),
                      invitation=invitation, **wrong)
        tap.equal((reply.full_error, reply.get("parameter")), ("org.varlink.service.InvalidParameter", field),
                  f"{field} is refused by name")
    for kind, reach in (("key", ["agent"]), ("key", []), ("agent", ["browser", "seat"])):
        reply = begin(verifier, "mail", kind, reach, invitation=invitation)
        tap.equal(reply.error, "NotAllowed", f"a key of type {kind} can't come by {reach}")
        tap.matches(reply.message, "Nothing was added", "and the words say that nothing was added")
    reply = verifier.call("verify", "EnrollBegin", {"user": "mail", "type": "key", "invitation": invitation})
    tap.equal(reply.error, "NotAllowed", "a client that reaches no key enrols none")
    begun = begin(verifier, "mail", invitation=invitation)
    made = Key().register(begun["browser"])
    for method, key, more in (("seat", made, {}), ("code", made, {}), (None, made, {}),
                              ("browser", {"id": made["id"]}, {}), ("browser", made, {"code": "123456"}),
                              ("browser",
                               {**made, "response": {**made["response"], "attestationObject": "AA=="}}, {})):
        again = begin(verifier, "mail", invitation=invitation)
        parameters = {"transaction": again["transaction"], "key": key, **more}
        if method is not None:
            parameters["method"] = method
        reply = verifier.call("verify", "EnrollFinish", parameters)
        tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
                  f"an answer that can't be one is refused ({reply.get('parameter')})")


def every_kind(verifier):
    """All enrol, are listed, and step up where they should."""
    for number, (via, key) in enumerate((("browser", Key()), ("browser", Key(EDDSA)), ("browser", Key(RS256)),
                                         ("seat", Key(EDDSA)), ("agent", AgentKey()),
                                         ("agent", AgentKey(ES256)))):
        user = ("bin", "sys", "sync", "games", "man", "lp")[number]
        enrol_key(verifier, user, key, via)
        shown = credentials(verifier, user)
        kind = "agent" if via == "agent" else "key"
        tap.equal([(one["id"], one["type"], one["state"], one["strength"]) for one in shown],
                  [(key.credential, kind, "live", "key")],
                  f"a key of algorithm {key.algorithm} by way of {via} is enrolled and listed")
        reply, _ = step_up(verifier, user, "vault.open", key, via=via)
        tap.ok(reply.ok, "and opens what takes a key", reply)


# --- what a key has to prove --------------------------------------------------------------------------------

def lies(verifier):
    made = {
        "another origin": dict(origin="https://evil.example"),
        "an origin that only begins alike": dict(origin=ORIGIN + ".evil.example"),
        "http": dict(origin=ORIGIN.replace("https", "http")), "another port": dict(origin=ORIGIN + ":8443"),
        "another rp-id": dict(rp_id="evil.example"), "another challenge": dict(challenge=b64(bytes(32))),
        "an assertion's type": dict(kind="webauthn.get"),
        "no touch": dict(up=False), "a page within another's": dict(cross_origin=True),
    }
    invitation = invite(verifier, "mail")
    for what, wrong in made.items():
        begun = begin(verifier, "mail", invitation=invitation)
        reply = finish(verifier, begun, "browser", Key().register(begun["browser"], **wrong))
        tap.equal((reply.error, reply.get("tries_left")), ("BadAnswer", 4),
                  f"a registration with {what} is refused")
        tap.matches(reply.message, "Nothing was added", "and the words say so")
    first, second = begin(verifier, "mail", invitation=invitation), begin(verifier, "mail",
                                                                          invitation=invitation)
    reply = finish(verifier, second, "browser", Key().register(first["browser"]))
    tap.equal(reply.error, "BadAnswer", "nor is one made for another transaction taken")
    seat = begin(verifier, "mail", reach=["browser", "seat"], invitation=invitation)
    made = Key(attestation="self").register(seat["browser"])["response"]["attestationObject"]
    reply = finish(verifier, seat, "seat", {"id": "AAAA", "response": {"attestationObject": made}})
    tap.equal(reply.error, "BadAnswer", "what was attested in a browser is worth nothing at the seat")
    begun = begin(verifier, "news", "agent", ["agent"], invitation=invite(verifier, "news"))
    for what, wrong in {"no touch": dict(up=False), "another namespace": dict(namespace="git"),
                        "another verifier's namespace": dict(namespace="stepup@evil.example"),
                        "another message": dict(message="{}"),
                        "another application's": dict(application="ssh:other"),
                        "a spoiled signature": dict(bogus=True)}.items():
        again = begin(verifier, "news", "agent", ["agent"], invitation=invite(verifier, "news"))
        reply = finish(verifier, again, "agent", AgentKey().register(again["agent"], **wrong))
        tap.equal(reply.error, "BadAnswer", f"an SSH key's signature with {what} is refused")
    again = begin(verifier, "news", "agent", ["agent"], invitation=invite(verifier, "news"))
    reply = finish(verifier, again, "agent", AgentKey(application="example.com").register(again["agent"]))
    tap.equal(reply.error, "BadAnswer", "a key that isn't one for SSH is refused")
    tap.equal(finish(verifier, begun, "agent", AgentKey().register(begun["agent"])).error, "NotAllowed",
              "an invitation that was replaced is void at the end, too")
    begun = begin(verifier, "mail", invitation=invitation)
    for left in (4, 3, 2, 1, 0):
        reply = finish(verifier, begun, "browser", Key().register(begun["browser"], up=False))
        tap.equal(reply.get("tries_left"), left, f"{left} tries are left")
    tap.equal(finish(verifier, begun, "browser", Key().register(begun["browser"])).error, "Expired",
              "after five wrong ones the transaction is over")


def verification(verifier):
    verifier.write_policy(POLICY + 'action stepup.enroll { users = { "*" } require = { key, pin } }\n')
    verifier.reload()
    invitation = invite(verifier, "uucp")
    begun = begin(verifier, "uucp", reach=["browser", "seat"], invitation=invitation)
    tap.equal((begun["browser"]["authenticatorSelection"]["userVerification"],
               begun["seat"]["user_verification"]),
              ("required", True), "where stepup.enroll takes the PIN, a new key has to show it")
    tap.equal(finish(verifier, begun, "browser", Key().register(begun["browser"], uv=False)).error,
              "BadAnswer", "one without is refused")
    tap.ok(finish(verifier, begun, "browser", Key().register(begun["browser"])).ok, "one with it is enrolled")
    begun = begin(verifier, "uucp", "agent", ["agent"], invitation=invite(verifier, "uucp"))
    tap.equal(finish(verifier, begun, "agent", AgentKey().register(begun["agent"], uv=False)).error,
              "BadAnswer", "an SSH key likewise")
    verifier.write_policy(POLICY)
    verifier.reload()


# --- what permits it ----------------------------------------------------------------------------------------

def permission(verifier):
    """The user `backup` has a token and, later, keys."""
    token = verifier.enrol_token("backup")
    tap.equal(begin(verifier, "backup").error, "NotAllowed", "nothing permits a key by itself")
    begun = verifier.begin("backup", "stepup.enroll", {"type": "key"}, reach=["browser"])
    tap.ok(not begun.ok or "code" not in begun["methods"], "a code isn't offered for adding a key", begun)
    if begun.ok:
        tap.ok(not verifier.answer(begun["transaction"], token.fresh()).ok, "nor taken")
    begun = verifier.begin("backup", "stepup.enroll", {"type": "totp"})
    tap.ok(verifier.answer(begun["transaction"], token.fresh()).ok, "for adding codes it is")
    reply = begin(verifier, "backup", authorization=begun["transaction"])
    tap.equal(reply.error, "NotAllowed", "and that adds no key")
    first = enrol_key(verifier, "backup", Key())
    second = enrol_key(verifier, "backup", Key(EDDSA),
                       authorization=granted(verifier, "backup", "stepup.enroll", {"type": "key"}, first))
    agent = enrol_key(verifier, "backup", AgentKey(),
                      authorization=granted(verifier, "backup", "stepup.enroll", {"type": "agent"}, second))
    tap.equal(len(credentials(verifier, "backup")), 4, "a key permits keys, of either kind")
    authorization = granted(verifier, "backup", "stepup.enroll", {"type": "key"}, first)
    tap.equal(begin(verifier, "backup", "agent", ["agent"], authorization=authorization).error, "NotAllowed",
              "not of another than was approved")
    begun = begin(verifier, "backup", reach=["browser", "seat"], authorization=authorization)
    excluded = {one["id"] for one in begun["browser"]["excludeCredentials"]}
    tap.equal(excluded, {b64(first.id), b64(second.id)}, "the browser is told which keys are there")
    tap.equal(set(begun["seat"]["exclude"]), excluded, "the seat too")
    tap.equal(begin(verifier, "backup", authorization=authorization).error, "NotAllowed",
              "one step-up permits one enrolment")
    return token, first, second, agent


def removing(verifier, token, first, second, agent):
    begun = verifier.begin("backup", "stepup.remove", {"credential": first.credential}, reach=["browser"])
    tap.ok(begun.ok and "code" not in begun["methods"], "a code isn't offered for removing a key", begun)
    for key in (agent, second, first):
        authorization = granted(verifier, "backup", "stepup.remove", {"credential": key.credential}, first)
        reply = verifier.call("verify", "Remove", {"user": "backup", "credential": key.credential,
                                                   "authorization": authorization})
        tap.ok(reply.ok, "a key removes a key" if key is not first else "itself, too", reply)
    tap.equal([one["id"] for one in credentials(verifier, "backup")], [token.credential],
              "the codes are left")
    reply, _ = step_up(verifier, "backup", "vault.open", first)
    tap.ok(not reply.ok, "a removed key opens nothing", reply)
    for key in (first, second):
        begun = begin(verifier, "backup", invitation=invite(verifier, "backup"))
        tap.equal(begun["browser"]["excludeCredentials"], [], "a removed key isn't excluded")
        reply = finish(verifier, begun, "browser", key.register(begun["browser"]))
        tap.equal(reply.error, "NotAllowed", "and can't come back")
        tap.matches(reply.message, "enrolled already, or was and has been revoked", "as the words say")
    begun = begin(verifier, "backup", "agent", ["agent"], invitation=invite(verifier, "backup"))
    tap.equal(finish(verifier, begun, "agent", agent.register(begun["agent"])).error, "NotAllowed",
              "nor can an SSH key")


def never_twice(verifier, administrator):
    key = enrol_key(verifier, "list", Key())
    begun = begin(verifier, "list", invitation=invite(verifier, "list"))
    tap.equal(finish(verifier, begun, "browser", key.register(begun["browser"])).error, "NotAllowed",
              "the same key isn't enrolled twice")
    begun = begin(verifier, "irc", invitation=invite(verifier, "irc"))
    reply = finish(verifier, begun, "browser", key.register(begun["browser"]))
    tap.equal(reply.error, "NotAllowed", "nor by somebody else")
    renamed = Key()
    renamed.private, renamed.algorithm = key.private, key.algorithm
    begun = begin(verifier, "irc", invitation=invite(verifier, "irc"))
    tap.equal(finish(verifier, begun, "browser", renamed.register(begun["browser"])).error, "NotAllowed",
              "nor under another credential id")
    disguised = Key()
    disguised.id = key.id
    begun = begin(verifier, "irc", invitation=invite(verifier, "irc"))
    tap.equal(finish(verifier, begun, "browser", disguised.register(begun["browser"])).error, "NotAllowed",
              "nor another key under its id")
    as_ssh = AgentKey(ES256)
    as_ssh.private, as_ssh.blob = key.private, as_ssh.blob[:-4 - len("ssh:") - 64] + raw_public(
        key.private) + as_ssh.blob[-4 - len("ssh:"):]
    begun = begin(verifier, "irc", "agent", ["agent"], invitation=invite(verifier, "irc"))
    tap.equal(finish(verifier, begun, "agent", as_ssh.register(begun["agent"])).error, "NotAllowed",
              "nor as an SSH key")
    tap.ok(administrator.call("Revoke", {"user": "list", "credential": key.credential}).ok,
           "an administrator revokes it")
    verifier.restart()
    for user in ("list", "irc"):
        begun = begin(verifier, user, invitation=invite(verifier, user))
        tap.equal(finish(verifier, begun, "browser", key.register(begun["browser"])).error, "NotAllowed",
                  f"a revoked key can't come back, as {user}'s")
    shown = administrator.call("Credentials", {"user": "list"})["credentials"]
    tap.equal([one["state"] for one in shown], ["revoked"], "its tombstone stays for administrators to see")
    key = Key()
    races = [begin(verifier, user, invitation=invite(verifier, user)) for user in ("irc", "list")]
    replies = [finish(verifier, begun, "browser", key.register(begun["browser"])) for begun in races]
    tap.equal([reply.ok for reply in replies], [True, False],
              "of two enrolments of one key under way the first wins")


def others(verifier):
    invitation = invite(verifier, "mail")
    begun = begin(verifier, "mail", uid=MAIL, invitation=invitation)
    made = Key().register(begun["browser"])
    tap.equal(finish(verifier, begun, "browser", made, uid=NEWS).error, "Expired",
              "another uid can't finish an enrolment")
    done = finish(verifier, begun, "browser", made, uid=MAIL)
    tap.ok(done.ok, "its own can", done)
    again = [finish(verifier, begun, "browser", key, uid=MAIL)
             for key in (made, Key().register(begun["browser"]))]
    tap.equal([reply.get("credential") for reply in again], [done.get("credential")] * 2,
              "once: who asks again hears the same, and nothing else is added")
    invitation = invite(verifier, "dnsmasq")
    first, second = begin(verifier, "dnsmasq", invitation=invitation), begin(verifier, "dnsmasq",
                                                                             invitation=invitation)
    keys = Key(), Key()
    tap.ok(finish(verifier, first, "browser", keys[0].register(first["browser"])).ok,
           "of two enrolments of somebody new one is finished")
    reply = finish(verifier, second, "browser", keys[1].register(second["browser"]))
    tap.equal(reply.error, "Expired", "the other's key holds the id of a user who never came to be")
    begun = begin(verifier, "dnsmasq", invitation=invite(verifier, "dnsmasq"))
    tap.equal(begun["browser"]["user"]["id"], first["browser"]["user"]["id"],
              "a user's id stays the same ever after")
    tap.equal(begin(verifier, "mail", uid=GAMES, invitation=invite(verifier, "mail")).error, "NotAllowed",
              "nobody begins one for another user")


# --- labels and models --------------------------------------------------------------------------------------

def labels(verifier):
    begun = begin(verifier, "proxy", invitation=invite(verifier, "proxy"), label="Blue one")
    tap.matches(begun["prompt"], 'Add "Blue one"', "a label is shown before")
    reply = finish(verifier, begun, "browser", Key().register(begun["browser"]))
    tap.equal(reply["message"], '"Blue one" is enrolled.', "and afterwards")
    enrol_key(verifier, "proxy", Key())
    enrol_key(verifier, "proxy", AgentKey())
    tap.equal([one["label"] for one in credentials(verifier, "proxy")],
              ["Blue one", "Security key", "SSH key"], "without one a key is called by its kind")


def cooling(verifier, administrator):
    verifier.write_policy("cooling-off = 5s\n" + POLICY)
    verifier.reload()
    invitation = administrator.call("Invite", {"user": "gnats"})["invitation"]
    begun = begin(verifier, "gnats", invitation=invitation)
    key = Key()
    reply = finish(verifier, begun, "browser", key.register(begun["browser"]))
    tap.matches(reply.message, "it counts no more than a code",
                "who enrols by an invitation is told of the cooling-off")
    shown = credentials(verifier, "gnats")[0]
    tap.equal((shown["strength"], shown["strong_from"] - shown["created"]), ("code", 5),
              "the key counts as a code for so long as the policy says")
    reply, _ = step_up(verifier, "gnats", "vault.open", key)
    tap.ok(not reply.ok, "and opens nothing that takes a key", reply)
    end = time.monotonic() + PATIENCE
    while credentials(verifier, "gnats")[0]["strength"] != "key" and time.monotonic() < end:
        select.select([], [], [], 0.2)
    reply, _ = step_up(verifier, "gnats", "vault.open", key)
    tap.ok(reply.ok, "afterwards it does", reply)
    verifier.write_policy("cooling-off = 0s\n" + POLICY)
    verifier.reload()
    key = Key()
    begun = begin(verifier, "gnats", invitation=administrator.call("Invite", {"user": "gnats"})["invitation"])
    tap.ok(finish(verifier, begun, "browser", key.register(begun["browser"])).ok, "without cooling-off")
    tap.equal([one["strength"] for one in credentials(verifier, "gnats")], ["key", "key"],
              "a key counts at once")
    verifier.write_policy(POLICY)
    verifier.reload()
    enrol_key(verifier, "gnats", Key())
    tap.equal(credentials(verifier, "gnats")[-1]["strength"], "key",
              "the invitation of root's init spares it")


def strengths(verifier, user, keys):
    """Enrols keys by invitations of root's; the strengths that the list shows them with."""
    for key in keys:
        enrol_key(verifier, user, key)
    return [one["strength"] for one in credentials(verifier, user)]


def models(verifier):
    """Which attestation earns hardware-key, under lists that change."""
    maker, stranger, other = Maker(), Maker("Other Keys"), bytes.fromhex("0102030405060708090a0b0c0d0e0f10")
    roots = write_roots(os.path.join(verifier.folder, "roots"), maker)
    name = "f1d0f1d0-f1d0-f1d0-f1d0-f1d0f1d0f1d0"

    def policy(text):
        verifier.write_policy(text + POLICY)
        verifier.reload()

    verified = Key(attestation=maker)
    tap.equal(strengths(verifier, "www-data", [verified]), ["key"],
              "without roots no attestation makes a key hardware")
    policy(f'attestation-roots = "{roots}"\n')
    genuine = Key(attestation=maker)
    keys = [genuine, Key(attestation=stranger), Key(attestation="self"), Key(),
            Key(attestation=maker, backup=True)]
    tap.equal(strengths(verifier, "www-data", keys), ["key", "hardware-key", "key", "key", "key", "key"],
              "only an attestation by a configured root does: "
              "no unknown maker, no word of the key's own, none, no key that is copied elsewhere")
    reply, _ = step_up(verifier, "www-data", "safe.open", genuine)
    tap.equal((reply.ok, reply.get("acr")), (True, "phrh"), "it opens what takes a hardware-key")
    begun = verifier.begin("www-data", "safe.open", reach=["browser"])
    tap.equal([one["id"] for one in begun["browser"]["allowCredentials"]], [b64(genuine.id)],
              "and is the only one that is asked for it")
    policy(f'attestation-roots = "{roots}"\nallow-models = {{ "{name}" }}\n')
    keys = [Key(attestation=maker, aaguid=other), Key(attestation=stranger)]
    tap.equal(strengths(verifier, "www-data", keys)[-2:], ["key", "key"],
              "with allow-models, neither another model nor a made-up maker with an allowed one is")
    tap.equal(credentials(verifier, "www-data")[1]["strength"], "hardware-key",
              "what was enrolled before and is allowed stays it")
    policy(f'attestation-roots = "{roots}"\nallow-models = {{ "01020304-0506-0708-090a-0b0c0d0e0f10" }}\n')
    shown = credentials(verifier, "www-data")
    tap.equal((shown[1]["strength"], shown[-2]["strength"]), ("key", "hardware-key"),
              "the lists are those in force, whenever a key was enrolled")
    reply, _ = step_up(verifier, "www-data", "safe.open", genuine)
    tap.ok(not reply.ok, "so a model that isn't allowed any more opens nothing", reply)
    policy(f'attestation-roots = "{roots}"\ndeny-models = {{ "{name}" }}\n')
    tap.equal(credentials(verifier, "www-data")[1]["strength"], "key", "a denied model counts as a key")
    for key in (Key(attestation=maker), Key(attestation="self")):
        begun = begin(verifier, "systemd-network", invitation=invite(verifier, "systemd-network"))
        reply = finish(verifier, begun, "browser", key.register(begun["browser"]))
        tap.equal(reply.error, "NotAllowed", "and can't be enrolled")
        tap.matches(reply.message, "Keys of this model can't be enrolled", "as the words say")
    policy(f'attestation-roots = "{roots}"\n')
    return genuine, maker


def asked_for(verifier):
    """Whose keys are asked for an attestation, for which browsers put a question about privacy."""
    top, rules = TOP + RULES, 'action vault.open { users = { "*" }  prompt = "Open"  require = { key } }\n'
    hardware = 'action safe.open { users = { "proxy" }  prompt = "Open"  require = { hardware-key } }\n'
    agreed = ('action safe.shut { users = { "proxy" }  prompt = "Shut"  require = { hardware-key }  '
              'limit = { "1 per 1h" }  over-limit = approve\n'
              'approvers = { "backup" } }\n')

    def asked(text, user="backup"):
        verifier.write_policy(text)
        verifier.reload()
        return begin(verifier, user, invitation=invite(verifier, user))["browser"]["attestation"]

    tap.equal(asked(top + rules), "none", "where no rule needs one, no browser is asked for an attestation")
    key = Key(attestation=Maker())
    begun = begin(verifier, "proxy", invitation=invite(verifier, "proxy"))
    tap.ok(finish(verifier, begun, "browser", key.register(begun["browser"])).ok,
           "a key that makes one all the same is enrolled")
    tap.equal((asked(top + rules + hardware), asked(top + rules + hardware, "proxy")), ("none", "direct"),
              "whoever a rule with hardware-key is for is asked")
    tap.equal(asked(top + rules + agreed), "direct", "so is who may agree to it")
    roots = write_roots(os.path.join(verifier.folder, "asked"), Maker())
    model = "f1d0f1d0-f1d0-f1d0-f1d0-f1d0f1d0f1d0"
    for what in (f'attestation-roots = "{roots}"\n', f'deny-models = {{ "{model}" }}\n',
                 f'allow-models = {{ "{model}" }}\n'):
        tap.equal(asked(what + top + rules), "direct",
                  f"and everybody where the policy has {what.split()[0]}")
    verifier.write_policy(POLICY)
    verifier.reload()


def attested_ssh(verifier, maker):
    """What `ssh-keygen -O write-attestation` wrote says which model an SSH key is; it never makes it
    more than a key."""
    def attestation(key, challenge, by=maker, aaguid=AAGUID, application=None):
        private, certificate = by.attestation(aaguid)
        data = (hashlib.sha256((application or key.application).encode()).digest() + bytes([0x41]) + bytes(4)
                + aaguid + struct.pack(">H", 16) + bytes(16) + cose(key.private, key.algorithm))
        signature = sign_bytes(private, data + hashlib.sha256(challenge).digest())
        return (string("ssh-sk-attest-v01") + string(certificate) + string(signature) + string(cbor(data))
                + bytes(4) + string(""))

    def enrol(key, made, challenge=b"given"):
        begun = begin(verifier, "_apt", "agent", ["agent"], invitation=invite(verifier, "_apt"))
        return finish(verifier, begun, "agent", {
            **key.register(begun["agent"]), "attestation": {"blob": b64(made), "challenge": b64(challenge)}})

    key = AgentKey()
    for what, made, challenge in (("another challenge", attestation(key, b"given"), b"taken"),
                                  ("another key", attestation(AgentKey(), b"given"), b"given"),
                                  ("another application",
                                   attestation(key, b"given", application="ssh:x"), b"given")):
        tap.equal(enrol(key, made, challenge).error, "BadAnswer",
                  f"an SSH key's attestation for {what} is refused")
    for made in (attestation(key, b"given")[:-1], attestation(key, b"given") + b"x", b"x"):
        tap.equal(enrol(key, made).full_error, "org.varlink.service.InvalidParameter",
                  "what is none is refused as such")
    reply = enrol(key, attestation(key, b"given"))
    tap.ok(reply.ok, "a good one is taken", reply)
    other = AgentKey(ES256)
    tap.ok(enrol(other, attestation(other, b"given", Maker("Nobody"))).ok, "so is one that leads nowhere")
    tap.equal([one["strength"] for one in credentials(verifier, "_apt")], ["key", "key"],
              "neither makes an agent's key more than a key")
    verifier.write_policy('deny-models = "f1d0f1d0-f1d0-f1d0-f1d0-f1d0f1d0f1d0"\n' + POLICY)
    verifier.reload()
    third = AgentKey()
    reply = enrol(third, attestation(third, b"given"))
    tap.equal(reply.error, "NotAllowed", "a denied model is refused here, too")


def metadata(verifier):
    """FIDO metadata names models, vouches for their makers, and tells which can't be relied on."""
    maker, fallen = Maker("Makers of Blue"), bytes(15) + b"\x09"
    path = write_metadata(os.path.join(verifier.folder, "mds.jwt"),
                          (AAGUID, "Blue Key 5", maker, "FIDO_CERTIFIED_L1"),
                          (fallen, "Red Key", maker, "REVOKED"))
    verifier.write_policy(f'mds = "{path}"\nmds-root = "{path}.pem"\n' + POLICY)
    verifier.reload()
    genuine = enrol_key(verifier, "daemon", Key(attestation=maker))
    shown = credentials(verifier, "daemon")[0]
    tap.equal((shown["model"], shown["label"], shown["strength"]),
              ("Blue Key 5", "Blue Key 5", "hardware-key"), "metadata names the model and vouches for it")
    begun = begin(verifier, "daemon", invitation=invite(verifier, "daemon"), label="Mine")
    tap.ok(finish(verifier, begun, "browser", Key(attestation=maker).register(begun["browser"])).ok,
           "a label of one's own")
    tap.equal([(one["label"], one["model"]) for one in credentials(verifier, "daemon")][1],
              ("Mine", "Blue Key 5"), "stays beside the model's name")
    enrol_key(verifier, "daemon", Key(attestation=Maker("Copies")))
    tap.equal(credentials(verifier, "daemon")[-1]["strength"], "key",
              "a made-up maker of that model counts no more than any")
    begun = begin(verifier, "daemon", invitation=invite(verifier, "daemon"))
    reply = finish(verifier, begun, "browser",
                   Key(attestation=maker, aaguid=fallen).register(begun["browser"]))
    tap.equal(reply.error, "BadAnswer", "a model that the metadata warns of is refused")
    reply, _ = step_up(verifier, "daemon", "safe.open", genuine)
    tap.ok(reply.ok, "the genuine one opens what takes a hardware-key", reply)
    with open(path, "r+") as out:
        text = out.read()
        out.seek(len(text) - 20)
        out.write("A" * 10)
    os.kill(verifier.process.pid, 1)
    tap.ok(verifier.wait_log(r"stepup\.conf:5: .*mds\.jwt"),
           "metadata whose signature doesn't hold is told with its place, and the last good list stays")
    reply, _ = step_up(verifier, "daemon", "safe.open", genuine)
    tap.ok(reply.ok, "as it was", reply)


def no_stronger_than_approved(verifier, maker):
    plain = enrol_key(verifier, "sshd", Key())
    begun = begin(verifier, "sshd",
                  authorization=granted(verifier, "sshd", "stepup.enroll", {"type": "key"}, plain))
    reply = finish(verifier, begun, "browser", Key(attestation=maker).register(begun["browser"]))
    tap.equal(reply.error, "NotAllowed", "a plain key doesn't let in one that counts for more")
    tap.matches(reply.message, "ask an administrator for an invitation", "the words say what does")
    genuine = enrol_key(verifier, "sshd", Key(attestation=maker))
    begun = begin(verifier, "sshd",
                  authorization=granted(verifier, "sshd", "stepup.enroll", {"type": "key"}, genuine))
    tap.ok(finish(verifier, begun, "browser", Key(attestation=maker).register(begun["browser"])).ok,
           "one that counts as much does")


def bad_roots(verifier):
    """A reload with files that can't be read keeps the policy."""
    place = os.path.join(verifier.folder, "bad")
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, "root.pem"), "w") as out:
        out.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    verifier.write_policy(f'attestation-roots = "{place}"\n' + POLICY.replace("vault.open", "vault.close"))
    os.kill(verifier.process.pid, 1)
    line = verifier.wait_log(r"stepup\.conf:5: .*root\.pem: has no certificate")
    tap.ok(line, "a bad root is told with the place in the configuration and the file")
    tap.equal(verifier.begin("sshd", "vault.close", reach=["browser"]).error, "UnknownAction",
              "and the policy in force stays")
    os.chmod(place, 0o777)
    os.unlink(os.path.join(place, "root.pem"))
    write_roots(place, Maker())
    os.kill(verifier.process.pid, 1)
    tap.ok(verifier.wait_log(r"stepup\.conf:5: .*bad.*writ"), "so is a folder that others can write")
    verifier.write_policy(POLICY)
    verifier.reload()


def a_few(verifier):
    """Live credentials have a maximum, keys and codes together."""
    for number in range(8):
        enrol_key(verifier, "nobody", Key() if number % 2 else AgentKey())
    reply = begin(verifier, "nobody", invitation=invite(verifier, "nobody"))
    tap.equal(reply.error, "NotAllowed", "a ninth live credential is refused")


def locked(verifier, administrator):
    begun = begin(verifier, "lp", invitation=invite(verifier, "lp"))
    tap.ok(administrator.call("Lock", {"users": "lp"}, {"users": ["lp"]}).ok,
           "somebody is locked in the middle of it")
    reply = finish(verifier, begun, "browser", Key().register(begun["browser"]))
    tap.ok(reply.error in ("Locked", "Expired"), "a lock between beginning and end stops an enrolment", reply)
    tap.equal(len(credentials(verifier, "lp")), 1, "and nothing was added")


if __name__ == "__main__":
    with Verifier(POLICY) as running:
        admin = Administrator(running)
        tap.run(options, running)
        tap.run(parameters, running)
        tap.run(every_kind, running)
        tap.run(lies, running)
        tap.run(verification, running)
        four = tap.run(permission, running)
        if four:
            tap.run(removing, running, *four)
        tap.run(never_twice, running, admin)
        tap.run(others, running)
        tap.run(labels, running)
        tap.run(cooling, running, admin)
        made = tap.run(models, running)
        if made:
            tap.run(no_stronger_than_approved, running, made[1])
            tap.run(attested_ssh, running, made[1])
        tap.run(asked_for, running)
        tap.run(metadata, running)
        tap.run(bad_roots, running)
        tap.run(a_few, running)
        tap.run(locked, running, admin)
        tap.equal(admin.check()["problems"], [], "stepup log verify finds nothing wrong with any of it")
    tap.done()
