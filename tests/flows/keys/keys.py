#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Step-ups by keys: in the browser, at the seat, through an agent; and everything that must
not count as one."""
import itertools
import json
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, GAMES, NEWS, Tap, Verifier
from logbook import Administrator, RULES
from long_waits import HOUR, Clock
from softkey import (EDDSA, ES256, ORIGIN, RS256, AgentKey, Key, Maker, answer, b64, enrol_key, unb64,
                     write_roots)
from step_up import at_once

TOP = f'''
origins = {{ "{ORIGIN}", "https://console.example.com:8443" }}
cooling-off = 0s
attestation-roots = "{{folder}}/roots"
'''
ACTIONS = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "*" } }
service export { unix-user = "bin" }
action door.open { users = { "*" }  prompt = "Open the door"  require = { code } }
action vault.open { users = { "*" }  prompt = "Open the vault"  require = { key } }
action vault.pin { users = { "*" }  prompt = "Open the vault"  require = { key, pin } }
action vault.hard { users = { "*" }  prompt = "Open the vault"  require = { hardware-key } }
action vault.desk { users = { "*" }  prompt = "Open the vault"  require = { key }  via = { seat } }
action vault.few { users = { "*" }  prompt = "Open the vault"  require = { key }  limit = { "2 per 1h" } }
action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { key }  service = export }
action customer.other { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { key } }
'''
POLICY = TOP + ACTIONS + RULES
WAYS = ["browser", "seat", "agent"]
DETAILS = {"account": "trezor", "records": 102}
tap = Tap()
maker = Maker()
TERMINALS = itertools.cycle(range(8))


def verifier_with(policy=POLICY):
    verifier = Verifier(policy)
    write_roots(os.path.join(verifier.folder, "roots"), maker)
    return verifier


def ask(verifier, user, action, details=None, reach=WAYS, **more):
    """Begins at one of some terminals; what came back, which must be a question."""
    more.setdefault("tty", f"pts/{next(TERMINALS)}")
    begun = verifier.begin(user, action, details, reach=reach, **more)
    if not begun.ok:
        raise RuntimeError(f"{action} could not begin for {user}: {begun}")
    return begun


def refused(verifier, begun, method, key, fact, error="BadAnswer"):
    reply = answer(verifier, begun, method, key)
    tap.equal(reply.error, error, fact)
    return reply


def entries_of(verifier, administrator, kind):
    return [entry for entry in administrator.entries() if entry["type"] == kind]


# --- what counts --------------------------------------------------------------------------------------------

def each_way(verifier, key, agent):
    begun = ask(verifier, "mail", "vault.open")
    tap.equal(begun["methods"], ["browser", "seat", "agent"],
              "what satisfies the rule, is enrolled and in reach is offered, best first")
    options = begun["browser"]
    tap.equal((options["rpId"], options["userVerification"],
               [one["id"] for one in options["allowCredentials"]], len(unb64(options["challenge"]))),
              ("example.com", "discouraged", [b64(key.id)], 32),
              "a browser is asked for the key by the relying party's id, under a challenge")
    tap.equal(options["allowCredentials"][0].get("transports"), ["usb"], "and told how the key is reached")
    seat = json.loads(begun["seat"]["client_data"])
    tap.equal((begun["seat"]["rp_id"], seat["type"], seat["origin"].split("://")[0], seat["crossOrigin"]),
              ("example.com", "webauthn.get", "stepup", False),
              "at the seat the verifier writes the client data itself")
    tap.equal((begun["agent"]["namespace"], [unb64(one["key"]) for one in begun["agent"]["keys"]]),
              ("stepup@stepup.example.com", [agent.blob]), "an agent is asked for the key by its blob")
    context = json.loads(begun["agent"]["message"])
    tap.equal((context["via"], context["prompt"], context["user"], context["require"]),
              ("agent", "Open the vault", "mail", ["key"]), "and signs the context itself")
    reply = answer(verifier, begun, "browser", key.sign(options))
    tap.ok(reply.ok, "what a key signed in the browser is accepted", reply)
    tap.equal((reply.get("acr"), reply.get("amr")), ("phr", ["pop", "user", "mfa"]),
              "and told as a phishing-resistant proof of possession")
    begun = ask(verifier, "mail", "vault.open")
    reply = answer(verifier, begun, "seat", key.sign_seat(begun["seat"], uv=False))
    tap.equal((reply.get("acr"), reply.get("amr")), ("phr", ["pop", "user"]),
              "the same key at the seat; without its PIN there is no second factor to tell of")
    begun = ask(verifier, "mail", "vault.open")
    reply = answer(verifier, begun, "agent", agent.sign(begun["agent"]))
    tap.equal((reply.get("acr"), reply.get("amr")), ("key", ["pop", "user", "mfa"]),
              "an SSH security key through an agent")
    begun = ask(verifier, "mail", "vault.open")
    reply = answer(verifier, begun, "browser",
                   key.sign(begun["browser"], origin="https://console.example.com:8443"))
    tap.ok(reply.ok, "each origin of the configuration is one", reply)
    begun = ask(verifier, "mail", "vault.open")
    reply = answer(verifier, begun, "browser",
                   key.sign(begun["browser"],
                            other_keys_can_be_added_here="do not compare clientDataJSON against a template"))
    tap.ok(reply.ok, "a browser may add to the client data", reply)


def algorithms(verifier):
    for name, algorithm in (("ES256", ES256), ("EdDSA", EDDSA), ("RS256", RS256)):
        key = enrol_key(verifier, "news", Key(algorithm))
        begun = ask(verifier, "news", "vault.pin")
        reply = answer(verifier, begun, "browser", key.sign(begun["browser"]))
        tap.ok(reply.ok, f"{name} keys work in the browser", reply)
        begun = ask(verifier, "news", "vault.pin")
        reply = answer(verifier, begun, "seat", key.sign_seat(begun["seat"]))
        tap.ok(reply.ok, f"and at the seat", reply)
        begun = ask(verifier, "news", "vault.pin")
        refused(verifier, begun, "browser", key.sign(begun["browser"], bogus=True),
                f"a bogus {name} signature is refused")
    for name, algorithm in (("ed25519", EDDSA), ("ecdsa", ES256)):
        key = enrol_key(verifier, "news", AgentKey(algorithm, application="ssh:work"))
        begun = ask(verifier, "news", "vault.pin")
        reply = answer(verifier, begun, "agent", key.sign(begun["agent"]))
        tap.ok(reply.ok, f"sk-{name} keys work through an agent", reply)
        begun = ask(verifier, "news", "vault.pin")
        refused(verifier, begun, "agent", key.sign(begun["agent"], bogus=True),
                f"a bogus sk-{name} signature is refused")


def codes_and_keys(verifier, key):
    token = verifier.enrol_token("mail")
    begun = ask(verifier, "mail", "door.open")
    tap.equal(begun["methods"], ["browser", "seat", "agent", "code"], "a rule for codes takes keys as well")
    reply = answer(verifier, begun, "browser", key.sign(begun["browser"]))
    tap.ok(reply.ok and reply["acr"] == "phr", "a key satisfies it", reply)
    begun = ask(verifier, "mail", "door.open")
    reply = verifier.answer(begun["transaction"], token.fresh())
    tap.ok(reply.ok and reply["acr"] == "otp", "and a code does", reply)
    begun = ask(verifier, "mail", "door.open")
    refused(verifier, begun, "browser", key.sign(begun["browser"], bogus=True), "a key that was not accepted")
    reply = verifier.answer(begun["transaction"], token.fresh())
    tap.ok(reply.ok, "leaves the question open for a code", reply)
    begun = ask(verifier, "mail", "vault.open")
    reply = verifier.answer(begun["transaction"], token.fresh())
    tap.equal(reply.error, "TooWeak", "a rule for keys takes no code")
    tap.matches(reply.message, "needs a security key.*Nothing was approved", "and says what it needs")
    reply = answer(verifier, begun, "browser", key.sign(begun["browser"]))
    tap.ok(reply.ok, "the key may still answer it", reply)
    begun = verifier.begin("mail", "door.open")
    tap.equal((begun["methods"], begun.get("browser"), begun.get("seat"), begun.get("agent")),
              (["code"], None, None, None),
              "a client that says nothing of reach gets codes, as before there were keys")
    reply = answer(verifier, begun, "browser", key.sign({"challenge": b64(bytes(32)), "rpId": "example.com"}))
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
              "a method that was not offered is an error in the call")
    return token


def reach(verifier):
    for ways in (["browser"], ["seat"], ["agent"]):
        begun = ask(verifier, "mail", "vault.open", reach=ways)
        tap.equal((begun["methods"], [way for way in WAYS if begun.get(way)]), (ways, ways),
                  f"only what the client reaches is offered: {ways[0]}")
    begun = ask(verifier, "mail", "vault.open", rhost="10.0.0.1")
    tap.equal(begun["methods"], ["browser", "agent"],
              "the seat is not offered to somebody who comes from another host")
    begun = ask(verifier, "mail", "vault.desk")
    tap.equal(begun["methods"], ["seat"], "a rule may take one way only")
    reply = verifier.begin("mail", "vault.desk", reach=WAYS, rhost="10.0.0.1")
    tap.equal(reply.error, "TooWeak", "which nobody has from elsewhere")
    reply = verifier.begin("mail", "vault.open", reach=[])
    tap.equal(reply.error, "TooWeak", "a rule for keys can't be answered where none is in reach")
    tap.matches(reply.message, "none can be used from here.*in a browser, "
                "plugged into the computer that asks or through an SSH agent",
                "and says where one could be")
    reply = verifier.begin("mail", "vault.open", reach=["browser", "code"])
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
              "what is no way to a key is an error in the call")


LOGIND = '''
#include <string.h>
#include <sys/types.h>
int sd_pid_get_session(pid_t pid, char **session) { *session = strdup("c1"); return pid > 0 ? 0 : -1; }
int sd_session_is_remote(const char *session) { return strcmp(session, "c1") == 0; }
'''


def from_elsewhere():
    """With a logind that says of everybody that they came over the network."""
    with verifier_with() as verifier:
        enrol_key(verifier, "mail", Key())
        verifier.stop()
        library = os.path.join(verifier.folder, "logind.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input=LOGIND,
                       text=True, check=True)
        verifier.environment["LD_PRELOAD"] = library
        verifier.start()
        tap.equal(ask(verifier, "mail", "vault.open")["methods"], ["browser"],
                  "the seat is not offered in a session that came over the network")
        reply = verifier.begin("mail", "vault.desk", reach=WAYS)
        tap.equal(reply.error, "TooWeak", "and a rule that takes nothing else can't be answered there")


def receipts(verifier, key):
    begun = ask(verifier, "mail", "customer.export", DETAILS)
    reply = answer(verifier, begun, "browser", key.sign(begun["browser"]))
    tap.ok(reply.ok, "a rule with a service takes a key", reply)
    redeemed = verifier.call("redeem", "Redeem",
                             {"receipt": reply["receipt"], "action": "customer.export", "details": DETAILS},
                             uid=BIN)
    tap.equal((redeemed.get("acr"), redeemed.get("amr")), ("phr", ["pop", "user", "mfa"]),
              "and its receipt says what kind of key")


def hardware(verifier):
    plain = enrol_key(verifier, "uucp", Key())
    reply = verifier.begin("uucp", "vault.hard", reach=WAYS)
    tap.equal(reply.error, "TooWeak", "a key that nobody vouches for does not satisfy hardware-key")
    tap.matches(reply.message, "no key of yours is one.*stepup enroll key", "and the words say what would")
    own = enrol_key(verifier, "uucp", Key(attestation="self", aaguid=bytes(range(16))))
    stranger = enrol_key(verifier, "uucp", Key(attestation=Maker("Nobody")))
    tap.equal(verifier.begin("uucp", "vault.hard", reach=WAYS).error, "TooWeak",
              "nor one that vouches for itself, nor one of an unknown maker")
    copied = enrol_key(verifier, "uucp", Key(attestation=maker, backup=True))
    tap.equal(verifier.begin("uucp", "vault.hard", reach=WAYS).error, "TooWeak",
              "nor one that can be copied to a cloud")
    begun = ask(verifier, "uucp", "vault.open")
    reply = answer(verifier, begun, "browser", copied.sign(begun["browser"]))
    tap.equal((reply.get("acr"), reply.get("amr")), ("phr", ["pop", "user", "mfa"]),
              "which is told as no hardware, whatever its maker vouched for")
    hard = enrol_key(verifier, "uucp", Key(attestation=maker))
    begun = ask(verifier, "uucp", "vault.hard")
    tap.equal((begun["methods"], [one["id"] for one in begun["browser"]["allowCredentials"]],
               begun["browser"]["userVerification"]),
              (["browser", "seat"], [b64(hard.id)], "required"),
              "of several keys those are asked for that satisfy the rule, with their PIN, and no agent")
    for name, key in (("plain", plain), ("self-attested", own), ("unknown maker's", stranger),
                      ("copied", copied)):
        begun = ask(verifier, "uucp", "vault.hard")
        refused(verifier, begun, "browser", key.sign(begun["browser"]),
                f"the {name} key does not do in its place")
    begun = ask(verifier, "uucp", "vault.hard")
    reply = answer(verifier, begun, "browser", hard.sign(begun["browser"]))
    tap.equal((reply.get("acr"), reply.get("amr")), ("phrh", ["pop", "hwk", "user", "mfa"]),
              "an attested key satisfies it, and is told as hardware")
    begun = ask(verifier, "uucp", "vault.hard")
    refused(verifier, begun, "browser", hard.sign(begun["browser"], uv=False), "not without its PIN")
    verifier.write_policy('deny-models = { "f1d0f1d0-f1d0-f1d0-f1d0-f1d0f1d0f1d0" }\n' + POLICY)
    verifier.reload()
    tap.equal(verifier.begin("uucp", "vault.hard", reach=WAYS).error, "TooWeak",
              "a model that is denied earns it no more")
    begun = ask(verifier, "uucp", "vault.open")
    reply = answer(verifier, begun, "browser", hard.sign(begun["browser"]))
    tap.equal(reply.get("acr"), "phr", "and counts as any key")
    verifier.write_policy(POLICY)
    verifier.reload()


# --- what doesn't -------------------------------------------------------------------------------------------

def lies_in_the_browser(verifier, key):
    lies = [
        ("the PIN not asked for", {"uv": False}),
        ("nobody touched the key", {"up": False}),
        ("a bogus signature", {"bogus": True}),
        ("another relying party's hash", {"rp_id": "example.org"}),
        ("a parent domain's hash", {"rp_id": "com"}),
        ("the type of a registration", {"kind": "webauthn.create"}),
        ("another challenge", {"challenge": b64(secrets.token_bytes(32))}),
        ("an empty challenge", {"challenge": ""}),
        ("a page in another site's frame", {"cross_origin": True}),
        ("a page whose top is another site", {"topOrigin": "https://evil.example.net"}),
        ("backed up without being eligible", {"flags": 0x10}),
        ("eligible for backup all of a sudden", {"flags": 0x08}),
        ("a user handle of somebody else", {"user_handle": secrets.token_bytes(16)}),
    ]
    lies += [(f"the origin {origin}", {"origin": origin}) for origin in (
        "https://evil.example.net", "https://support.example.com.evil.example.net",
        "https://support.example.com:8443", "https://console.example.com",
        "http://support.example.com", "https://support.example.com.", "https://support.example.com/",
        "https://evil.support.example.com",
        "https://example.com", "HTTPS://SUPPORT.EXAMPLE.COM", "https://support.ex\u0430mple.com",
        "stepup://bastion1", "null", "")]
    for name, lie in lies:
        begun = ask(verifier, "mail", "vault.pin")
        refused(verifier, begun, "browser", key.sign(begun["browser"], **lie),
                f"in the browser: {name} is refused")
    begun = ask(verifier, "mail", "vault.pin")
    made = key.sign(begun["browser"])
    data = unb64(made["response"]["clientDataJSON"])
    for name, wrong in (("cut short", data[:-1]),
                        ("with a member twice", data[:-1] + b',"type":"webauthn.get"}'),
                        ("that is no object", b'[1]'), ("with a NUL", data[:-1] + b"\0}"),
                        ("with more behind it", data + b"{}")):
        begun = ask(verifier, "mail", "vault.pin")
        wrong = wrong.replace(unb64(made["response"]["clientDataJSON"])[36:79],
                              begun["browser"]["challenge"].encode())
        refused(verifier, begun, "browser", key.sign(begun["browser"], data=wrong),
                f"client data {name} are refused")


def lies_at_the_seat(verifier, key):
    lies = [("the PIN not asked for", {"uv": False}), ("nobody touched the key", {"up": False}),
            ("a bogus signature", {"bogus": True}),
            ("another relying party's hash", {"rp_id": "example.org"})]
    for name, lie in lies:
        begun = ask(verifier, "mail", "vault.pin")
        refused(verifier, begun, "seat", key.sign_seat(begun["seat"], **lie),
                f"at the seat: {name} is refused")
    begun = ask(verifier, "mail", "vault.pin")
    other = begun["seat"]["client_data"].replace("stepup://", "https://")
    refused(verifier, begun, "seat", key.sign_seat(begun["seat"], client_data=other),
            "at the seat: client data other than the verifier's are refused")
    begun = ask(verifier, "mail", "vault.pin")
    made = key.sign_seat(begun["seat"], client_data=other)
    made["response"]["clientDataJSON"] = b64(other.encode())
    refused(verifier, begun, "seat", made, "also where the client sends them along")


def lies_through_the_agent(verifier, agent):
    lies = [("the PIN not asked for", {"uv": False}), ("nobody touched the key", {"up": False}),
            ("a bogus signature", {"bogus": True}), ("another namespace", {"namespace": "git"}),
            ("another message", {"message": "{}"}), ("another application", {"application": "ssh:other"})]
    for name, lie in lies:
        begun = ask(verifier, "mail", "vault.pin")
        refused(verifier, begun, "agent", agent.sign(begun["agent"], **lie),
                f"through the agent: {name} is refused")
    begun = ask(verifier, "mail", "vault.pin")
    made = agent.sign(begun["agent"])
    made["signature"] = b64(unb64(made["signature"]) + b"\0")
    refused(verifier, begun, "agent", made, "through the agent: a signature with more behind it is refused")


def elsewhere(verifier, key, agent):
    """A signature counts for the one question it was made for."""
    other = enrol_key(verifier, "news", Key())
    strange = enrol_key(verifier, "news", AgentKey())
    other.counter = strange.counter = 1000 # so that no counter refuses them
    begun = ask(verifier, "mail", "vault.open")
    reply = refused(verifier, begun, "browser", other.sign(begun["browser"]),
                    "another employee's key is refused in the browser")
    tap.matches(reply.message,
                r'^That key is not enrolled for mail\. Use ".*"\. Nothing was approved\. 2 tries left\.$',
                "and told which keys are")
    remote = verifier.begin("mail", "vault.open", reach=["browser"], rhost="203.0.113.9")
    reply = refused(verifier, remote, "browser", other.sign(remote["browser"]), "from elsewhere, too")
    tap.matches(reply.message, r"^That key was not accepted\. It is not enrolled for you",
                "where a stranger could be told, it is not")
    refused(verifier, begun, "seat", other.sign_seat(begun["seat"]), "and at the seat")
    refused(verifier, begun, "agent", strange.sign(begun["agent"]), "and through the agent")
    borrowed = Key()
    borrowed.id, borrowed.counter = key.id, 1000
    begun = ask(verifier, "mail", "vault.open")
    refused(verifier, begun, "browser", borrowed.sign(begun["browser"]),
            "another key under the id of an enrolled one is refused")
    first, second = ask(verifier, "mail", "customer.export", DETAILS), ask(verifier, "mail",
                                                                           "customer.export", DETAILS)
    refused(verifier, second, "browser", key.sign(first["browser"]),
            "what was signed for one step-up is refused for another of the same action")
    for fact, begun in (
            ("for another action with the same details", ask(verifier, "mail", "customer.other", DETAILS)),
            ("for the same action with one account changed",
             ask(verifier, "mail", "customer.export", {**DETAILS, "account": "binance"})),
            ("for the same action with one record more",
             ask(verifier, "mail", "customer.export", {**DETAILS, "records": 103}))):
        refused(verifier, begun, "browser", key.sign(first["browser"]), f"and {fact}")
        refused(verifier, begun, "agent", agent.sign(first["agent"]), f"through the agent too, {fact}")
    theirs = ask(verifier, "news", "customer.export", DETAILS)
    refused(verifier, theirs, "browser", key.sign(first["browser"]), "and for another user")
    reply = answer(verifier, first, "browser", key.sign(first["browser"]))
    tap.ok(reply.ok, "it counts where it belongs", reply)
    begun = ask(verifier, "mail", "vault.open")
    by_browser = key.sign(begun["browser"])
    refused(verifier, begun, "seat", {"id": by_browser["id"], "response": by_browser["response"]},
            "what was signed for the browser does not do at the seat")
    at_seat = key.sign_seat(begun["seat"])
    at_seat["response"]["clientDataJSON"] = b64(begun["seat"]["client_data"].encode())
    refused(verifier, begun, "browser", at_seat, "nor the other way round")


def once(verifier, key):
    begun = ask(verifier, "mail", "vault.open")
    made = key.sign(begun["browser"])
    tap.ok(answer(verifier, begun, "browser", made).ok, "a signature is taken")
    refused(verifier, begun, "browser", made, "and not a second time", "Expired")
    begun = ask(verifier, "mail", "vault.open")
    made = key.sign(begun["browser"])
    clients = [verifier.client() for _ in range(20)]
    replies = at_once(20, lambda i: clients[i].call("Answer", {"transaction": begun["transaction"],
                                                               "method": "browser", "key": made}))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "the same signature from 20 connections at once: exactly one is accepted")
    tap.equal({reply.error for reply in replies if not reply.ok} - {"NotAllowed", "Expired"}, set(),
              "the others find it under way, or over")
    for client in clients:
        client.close()
    begun = [ask(verifier, "mail", "vault.open") for _ in range(20)]
    made = [key.sign(one["browser"], counter=key.counter + 1 if number == 0 else key.counter)
            for number, one in enumerate(begun)]
    clients = [verifier.client() for _ in begun]
    replies = at_once(20, lambda i: clients[i].call("Answer", {"transaction": begun[i]["transaction"],
                                                               "method": "browser", "key": made[i]}))
    tap.equal(sum(reply.ok for reply in replies), 1,
              "20 signatures with the same counter at once: exactly one is accepted")
    for client in clients:
        client.close()


def tries(verifier, key):
    begun = ask(verifier, "mail", "vault.open")
    for left in (2, 1, 0):
        reply = answer(verifier, begun, "browser", key.sign(begun["browser"], bogus=True))
        tap.equal((reply.error, reply.get("tries_left")), ("BadAnswer", left),
                  f"a wrong answer leaves {left}")
    tap.matches(reply.message, "^That key was not accepted.*Nothing was approved. No tries left",
                "in words about keys")
    refused(verifier, begun, "browser", key.sign(begun["browser"]),
            "after three answers a transaction is over", "Expired")
    for _ in range(12):
        begun = ask(verifier, "mail", "vault.open")
        answer(verifier, begun, "browser", key.sign(begun["browser"], bogus=True))
    begun = ask(verifier, "mail", "vault.open")
    tap.ok(answer(verifier, begun, "browser", key.sign(begun["browser"])).ok,
           "and no number of wrong answers throttles the owner's key")
    begun = ask(verifier, "mail", "vault.open")
    good = key.sign(begun["browser"])
    shapes = [("nothing", {}), ("no response", {"id": good["id"]}),
              ("an id that is a number", {**good, "id": 5}), ("padding", {**good, "id": good["id"] + "="}),
              ("an oversized id", {**good, "id": b64(bytes(1024))}),
              ("another type", {**good, "type": "password"}),
              ("a response that is a text", {**good, "response": "x"}),
              ("an oversized signature",
               {**good, "response": {**good["response"], "signature": b64(bytes(1025))}}),
              ("short authenticator data",
               {**good, "response": {**good["response"], "authenticatorData": b64(bytes(36))}})]
    for name, shape in shapes:
        begun = ask(verifier, "mail", "vault.open")
        refused(verifier, begun, "browser", shape, f"an answer with {name} is refused")
    reply = verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "browser"})
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter",
              "a key's method without a key is an error in the call")
    reply = verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "browser",
                                               "key": good, "code": "123456"})
    tap.equal(reply.full_error, "org.varlink.service.InvalidParameter", "and one with a code beside it")


def either_order(verifier, administrator, key, agent):
    """Two tabs: what was signed first comes last. A question that is put later takes no lower counter."""
    before = len(entries_of(verifier, administrator, "alert"))
    for way, one in (("browser", key), ("agent", agent)):
        early = [ask(verifier, "mail", "vault.open") for _ in range(3)]
        signed = [one.sign(begun[way]) for begun in early[:2]]
        tap.ok(answer(verifier, early[1], way, signed[1]).ok,
               f"of two questions that are open at once ({way}), the second is answered first")
        tap.ok(answer(verifier, early[0], way, signed[0]).ok, "and then the first")
        last = one.counter
        refused(verifier, early[2], way, one.sign(early[2][way], counter=last),
                "a third with the counter of one that was accepted is refused")
        later = ask(verifier, "mail", "vault.open")
        refused(verifier, later, way, one.sign(later[way], counter=last - 1),
                "and so is a lower one of a question that was put after both")
        one.counter = last
    alerts = [entry["kind"] for entry in entries_of(verifier, administrator, "alert")[before:]]
    tap.equal(alerts, ["counter-fell"] * 4, "the first two alert nobody, the others each time")


def counters(verifier, administrator, key, agent):
    before = len(entries_of(verifier, administrator, "alert"))
    begun = ask(verifier, "mail", "vault.open")
    answer(verifier, begun, "browser", key.sign(begun["browser"]))
    begun = ask(verifier, "mail", "vault.open")
    answer(verifier, begun, "agent", agent.sign(begun["agent"]))
    known, known_of_agent = key.counter, agent.counter
    for fact, back in (("equal to", 0), ("lower than", 1)):
        begun = ask(verifier, "mail", "vault.open")
        refused(verifier, begun, "browser", key.sign(begun["browser"], counter=known - back),
                f"a counter {fact} the last one is refused")
        begun = ask(verifier, "mail", "vault.open")
        refused(verifier, begun, "agent", agent.sign(begun["agent"], counter=known_of_agent - back),
                "through an agent as well")
    key.counter, agent.counter = known, known_of_agent
    alerts = [entry for entry in entries_of(verifier, administrator, "alert")[before:]
              if entry["kind"] == "counter-fell"]
    tap.equal([entry["credential"] for entry in alerts], [key.credential, agent.credential] * 2,
              "each time the log has an alert that names the key")
    begun = ask(verifier, "mail", "vault.open")
    tap.ok(answer(verifier, begun, "browser", key.sign(begun["browser"])).ok,
           "a counter that rises again is taken")
    either_order(verifier, administrator, key, agent)
    still = enrol_key(verifier, "backup", Key(counts=False))
    quiet = enrol_key(verifier, "backup", AgentKey(counts=False))
    for fact, policy, expected in (("is taken", POLICY, None),
                                   ("is refused under require-counter", "require-counter = yes\n" + POLICY,
                                    "BadAnswer")):
        verifier.write_policy(policy)
        verifier.reload()
        begun = ask(verifier, "backup", "vault.open")
        tap.equal(answer(verifier, begun, "browser", still.sign(begun["browser"])).error, expected,
                  f"a key that never counted {fact}")
        begun = ask(verifier, "backup", "vault.open")
        tap.equal(answer(verifier, begun, "agent", quiet.sign(begun["agent"])).error, expected,
                  "an agent's too")
    verifier.write_policy(POLICY)
    verifier.reload()
    begun = ask(verifier, "backup", "vault.open")
    tap.ok(answer(verifier, begun, "browser", still.sign(begun["browser"], counter=5)).ok,
           "once it has counted")
    begun = ask(verifier, "backup", "vault.open")
    refused(verifier, begun, "browser", still.sign(begun["browser"], counter=0), "it can't go back to zero")
    begun = ask(verifier, "mail", "vault.open")
    refused(verifier, begun, "agent", agent.sign(begun["agent"], counter=0), "nor can an agent's key")
    agent.counter = known_of_agent


def limits(verifier, key):
    for expected in (None, None, "OverLimit"):
        begun = verifier.begin("mail", "vault.few", reach=WAYS)
        reply = begun if not begun.ok else answer(verifier, begun, "browser", key.sign(begun["browser"]))
        tap.equal(reply.error, expected, "limits hold for keys: " + (expected or "granted"))


def standing(verifier, administrator, key):
    begun = ask(verifier, "mail", "vault.open")
    made = key.sign(begun["browser"])
    administrator.call("Lock", {"users": "mail"}, {"users": ["mail"]})
    tap.ok(answer(verifier, begun, "browser", made).error in ("Expired", "Locked"),
           "after a lock a signature made before it is refused")
    tap.equal(verifier.begin("mail", "vault.open", reach=WAYS).error, "Locked", "and nothing more is asked")
    administrator.call("Unlock", {"user": "mail"})
    second = enrol_key(verifier, "mail", Key())
    begun = ask(verifier, "mail", "vault.open")
    made = second.sign(begun["browser"])
    administrator.call("Revoke", {"user": "mail", "credential": second.credential})
    tap.ok(answer(verifier, begun, "browser", made).error in ("BadAnswer", "Expired"),
           "after a revocation the key's signature made before it is refused")
    begun = ask(verifier, "mail", "vault.open")
    tap.equal([one["id"] for one in begun["browser"]["allowCredentials"]], [b64(key.id)],
              "and it isn't asked for any more")
    refused(verifier, begun, "browser", second.sign(begun["browser"]), "nor taken")


def strangers(verifier):
    """As a caller that acts for others, from elsewhere: whoever guesses names learns nothing."""
    enrol_key(verifier, "irc", Key())
    verifier.enrol_token("lp")
    shapes, texts = [], []
    for user in ("irc", "lp", "nobody-of-that-name"):
        begun = ask(verifier, user, "vault.open", reach=["browser"], rhost="10.0.0.9", uid=GAMES)
        listed = begun["browser"]["allowCredentials"]
        shapes.append((sorted(begun.parameters), begun["methods"], begun["ask"], sorted(begun["browser"]),
                       [sorted(one) for one in listed],
                       [len(one["id"]) for one in listed]))
        reply = verifier.call("verify", "Answer", {"transaction": begun["transaction"], "method": "browser",
                                                   "key": Key().sign(begun["browser"])}, uid=GAMES)
        texts.append((reply.error, reply.message, reply.get("tries_left")))
    tap.equal(shapes[1:], shapes[:1] * 2,
              "somebody unknown, and somebody without a key, are asked as somebody with one")
    tap.equal(texts[1:], texts[:1] * 2, "and refused in the same words")
    again = [ask(verifier, "nobody-of-that-name", "vault.open", reach=[way], rhost="10.0.0.9", uid=GAMES)
             for way in ("browser", "browser", "agent", "agent")]
    tap.equal(again[0]["browser"]["allowCredentials"], again[1]["browser"]["allowCredentials"],
              "with the same key each time")
    other = ask(verifier, "no-such-name", "vault.open", reach=["browser"], rhost="10.0.0.9", uid=GAMES)
    keys = [reply["browser"]["allowCredentials"] for reply in (other, again[0])]
    tap.ok(keys[0] != keys[1], "another name with another")
    tap.equal(again[2]["agent"]["keys"], again[3]["agent"]["keys"], "through an agent too")
    reply = verifier.begin("lp", "vault.open", reach=WAYS, rhost="10.0.0.9", session="s" * 32, uid=GAMES)
    tap.equal(reply.error, "TooWeak", "in a session of their own people are told what they lack")
    tap.matches(reply.message, "needs a security key, and you have none.*add one on the page for keys",
                "and how to come by it")
    reply = verifier.begin(None, "vault.open", reach=WAYS, uid=NEWS)
    tap.ok(reply.ok, "with a key of their own people are asked for it", reply)


def explained(verifier):
    """What Explain says is what happens."""
    for user in ("mail", "uucp", "lp", "irc"):
        for action in ("door.open", "vault.open", "vault.pin", "vault.hard", "vault.desk"):
            told = verifier.call("verify", "Explain", {"user": user, "action": action})
            begun = verifier.begin(user, action, reach=WAYS)
            words = {"door.open": ["code"], "vault.open": ["key"], "vault.pin": ["key", "pin"],
                     "vault.hard": ["hardware-key", "pin"], "vault.desk": ["key"]}
            tap.equal((told["allowed"], told["require"]), (begun.ok, words[action]),
                      f"explain agrees with what happens to {user} at {action}")


def log(verifier, administrator, key, agent):
    grants = [entry for entry in entries_of(verifier, administrator, "grant") if entry.get("via")]
    vias = {entry["via"] for entry in grants}
    tap.equal(vias, set(WAYS), "the log says by which way each grant came")
    first = grants[0]
    tap.equal((first["method"], first["credential"], first["sign_count"], first["uv"],
               sorted(first["evidence"])),
              ("key", key.credential, 2, True, ["authenticator_data", "client_data", "signature"]),
              "and holds what the key signed")
    through = next(entry for entry in grants if entry["via"] == "agent"
                   and entry["credential"] == agent.credential)
    tap.equal((through["method"], sorted(through["evidence"])), ("agent", ["signature"]),
              "of an agent's key its signature blob")
    refusals = entries_of(verifier, administrator, "refusal")
    whys = {entry.get("why") for entry in refusals if entry.get("method") in WAYS}
    tap.ok({"counter fell", "not a key of this user", "revoked key", "signature", "wrong challenge"} <= whys,
           "refusals have their reason", whys)
    checked = administrator.check()
    tap.equal(checked.get("problems"), [], "every signature in it holds, says stepup log verify")


def with_a_clock(verifier, clock):
    key = enrol_key(verifier, "mail", Key())
    token = verifier.enrol_token("mail")
    begun = ask(verifier, "mail", "vault.open")
    made = key.sign(begun["browser"])
    clock.go_on(3 * HOUR)
    verifier.wait_log("clock")
    refused(verifier, begun, "browser", made, "what was signed is void when the clock was set", "Expired")
    def settled(attempt):
        """Three hours on; what was begun before the verifier noticed the clock is over, and begun again."""
        clock.go_on(3 * HOUR)
        reply = attempt()
        while reply.error == "Expired":
            reply = attempt()
        return reply
    wrong = [settled(lambda: verifier.step_up("mail", "door.open", None, token.wrong())) for _ in range(100)]
    tap.equal({reply.error for reply in wrong}, {"BadAnswer"}, "a hundred wrong codes")
    tap.equal(settled(lambda: verifier.step_up("mail", "door.open", None, token.fresh())).error, "Throttled",
              "suspend codes")
    begun = ask(verifier, "mail", "door.open")
    tap.ok("code" not in begun["methods"] and "browser" in begun["methods"],
           "which then aren't asked for where there is a key", begun)

    def by_key():
        begun = ask(verifier, "mail", "door.open")
        return answer(verifier, begun, "browser", key.sign(begun["browser"]))
    tap.ok(settled(by_key).ok, "the key still works")
    reply = settled(lambda: verifier.step_up("mail", "door.open", None, token.fresh()))
    tap.ok(reply.ok, "and lifts the suspension", reply)


def main():
    with verifier_with() as verifier:
        os.chmod(verifier.path("redeem"), 0o666)
        administrator = Administrator(verifier)
        key, agent = enrol_key(verifier, "mail", Key()), enrol_key(verifier, "mail", AgentKey())
        for run, arguments in ((each_way, (key, agent)), (algorithms, ()), (codes_and_keys, (key,)),
                               (reach, ()), (receipts, (key,)), (hardware, ()), (lies_in_the_browser, (key,)),
                               (lies_at_the_seat, (key,)), (lies_through_the_agent, (agent,)),
                               (elsewhere, (key, agent)), (once, (key,)), (tries, (key,)),
                               (counters, (administrator, key, agent)), (limits, (key,)),
                               (standing, (administrator, key)), (strangers, ()), (explained, ()),
                               (log, (administrator, key, agent))):
            tap.run(run, verifier, *arguments)
    tap.run(from_elsewhere)
    verifier = verifier_with()
    clock = Clock(verifier)
    with verifier:
        tap.run(with_a_clock, verifier, clock)
    tap.done()


if __name__ == "__main__":
    main()
