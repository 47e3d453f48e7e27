#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The three sockets as a stranger meets them: who may do what, garbage, floods, slow senders,
passed descriptors."""
import array
import json
import os
import re
import signal
import socket
import stat
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import (DAEMON, GAMES, INTERFACES, MAIL, NAMELESS, NEWS, NOBODY, Client, Closed, Tap, Verifier,
                     as_uid, become, need_root)

POLICY = '''
action door.open { users = { "*" }  details = { "door:text", "times:number" }  prompt = "Open {door}"
    require = { code } }
'''
INVALID = "org.varlink.service.InvalidParameter"
tap = Tap()


def alive(verifier, uid=MAIL):
    return verifier.call("verify", "org.varlink.service.GetInfo", uid=uid).ok


def sends_and_hears(verifier, data, door="verify"):
    """What comes back for raw bytes, and whether the verifier then hung up."""
    with verifier.client(door) as client:
        try:
            client.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            reply = client.finish()
        except Closed:
            return None, True
        return reply, client.is_closed()


# --- who may ---

def modes(verifier):
    status = os.stat(verifier.path("verify"))
    tap.equal(stat.S_IMODE(status.st_mode), 0o666, "verify.sock is everybody's")
    for door in ("admin", "redeem"):
        mode = stat.S_IMODE(os.stat(verifier.path(door)).st_mode)
        tap.ok(mode in (0o660, 0o600), f"{door}.sock is closed to others", oct(mode))
        try:
            verifier.call(door, "org.varlink.service.GetInfo", uid=NOBODY)
            tap.ok(False, f"a stranger can't connect to {door}.sock")
        except RuntimeError as error:
            tap.matches(str(error), "PermissionError", f"a stranger can't connect to {door}.sock")
    tap.equal(oct(stat.S_IMODE(os.stat(os.path.join(verifier.run, "jwks.json")).st_mode)), oct(0o644),
              "everybody may read jwks.json")
    with open(os.path.join(verifier.run, "jwks.json")) as source:
        tap.equal(json.load(source), verifier.call("verify", "Keys")["jwks"],
                  "jwks.json holds the keys that Keys gives")


def identity(verifier):
    others = {
        "Begin": {"user": "games", "action": "door.open", "details": {"door": "a", "times": 1}},
        "Account": {"user": "games"},
        "EnrollBegin": {"user": "games", "type": "totp", "invitation": "x"},
        "List": {"user": "games"},
        "Remove": {"user": "games", "credential": "C-x", "authorization": "x"},
        "Explain": {"user": "games", "action": "door.open"},
    }
    for method, parameters in others.items():
        reply = verifier.call("verify", method, parameters, uid=DAEMON)
        tap.equal(reply.error, "NotAllowed",
                  f"an ordinary uid that asks {method} for another user is refused: NotAllowed")
        tap.ok(reply.message, f"... and told why ({method})", reply)
    reply = verifier.call("verify", "Begin", {"action": "door.open", "details": {"door": "a", "times": 1}},
                          uid=NAMELESS)
    tap.equal(reply.error, "NotAllowed", "a uid without an account is refused")
    reply = verifier.call("verify", "Begin",
                          {"action": "door.open", "details": {"door": "a", "times": 1}}, uid=DAEMON)
    tap.ok(reply.ok, "an ordinary uid may begin for itself", reply)
    begun = verifier.begin("games", "door.open", {"door": "a", "times": 1})
    tap.ok(begun.ok, "root may begin for somebody else", begun)
    reply = verifier.answer(begun["transaction"], "123456", uid=GAMES)
    tap.ok(reply.error in ("Expired", "NotAllowed"), "a transaction is of no use to another uid", reply)
    reply = verifier.answer("A" * 43, "123456", uid=GAMES)
    other = verifier.answer(begun["transaction"], "123456", uid=GAMES)
    tap.equal((reply.error, reply.message), (other.error, other.message),
              "... who can't tell it from one that never was")


# --- dispatch ---

def fields_of(text):
    """The methods of an interface's text: {name: [(field, type, required)]}."""
    methods = {}
    plain = re.sub(r"#[^\n]*", "", text)
    for name, fields in re.findall(r"method (\w+)\(([^)]*)\)", plain):
        methods[name] = [(field.strip(), kind.strip().lstrip("?"), not kind.strip().startswith("?"))
                         for field, kind in (part.split(":") for part in fields.split(",") if ":" in part)]
    return methods


def a_value(kind):
    return {"string": "a", "int": 1, "bool": True, "object": {}, "[]string": ["a"], "[]Outcome": []}[kind]


def bad_values(kind):
    yield ({"string": 7, "int": "7", "bool": "yes", "object": [], "[]string": "a", "[]Outcome": {}}[kind],
           "the wrong type")
    if kind in ("string", "[]string"):
        text = "x" * 60000
        yield (text if kind == "string" else [text]), "too long a text"
    if kind == "[]string":
        yield ["a"] * 65, "too many texts"
        yield ["a", 1], "a number among texts"
    if kind == "[]Outcome":
        yield [{"program": "a", "result": "done", "ms": 1}] * 65, "too many objects"
        yield [1], "a number among objects"
    if kind == "int":
        yield -1, "a negative number"
        yield 2 ** 53, "too large a number"
        yield 1.5, "a fraction"
    if kind == "object":
        yield {f"m{i}": 1 for i in range(100)}, "too many members"


def every_field(verifier):
    for door, interface in INTERFACES.items():
        text = verifier.call(door, "org.varlink.service.GetInterfaceDescription",
                             {"interface": interface})["description"]
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "wire", "interfaces",
                               f"{interface}.varlink")) as source:
            tap.equal(text, source.read(), f"{interface} is served as it stands in lib/wire/interfaces")
        methods = fields_of(text)
        tap.ok(methods, f"{interface} has methods")
        for method, fields in methods.items():
            wrong = []
            good = {field: a_value(kind) for field, kind, _ in fields}
            for field, kind, required in fields:
                cases = list(bad_values(kind))
                if required:
                    cases.append((None, "nothing"))
                for value, what in cases:
                    with verifier.client(door) as client:
                        reply = client.call(method, {**good, field: value})
                        if (reply.full_error != INVALID or reply.get("parameter") != field
                            or not client.is_closed()):
                            wrong.append(f"{field}: {what}: {reply}")
            with verifier.client(door) as client:
                reply = client.call(method, {**good, "other": 1})
                if reply.full_error != INVALID or reply.get("parameter") != "other" or not client.is_closed():
                    wrong.append(f"an unknown field: {reply}")
            tap.ok(not wrong, f"{interface}.{method} refuses every field that is too long, mistyped, "
                   "missing or unknown, names it and closes",
                   "\n".join(wrong))


def dispatch(verifier):
    cases = [
        ("io.stepup.Verify1.Nothing", "org.varlink.service.MethodNotFound", {"method": "Nothing"}),
        ("io.stepup.Admin1.Lock", "org.varlink.service.InterfaceNotFound", {"interface": "io.stepup.Admin1"}),
    ]
    for method, error, parameters in cases:
        with verifier.client() as client:
            reply = client.call(method)
            tap.equal((reply.full_error, reply.parameters), (error, parameters),
                      f"{method} on verify.sock: {error}")
            tap.ok(client.call("Keys").ok, f"... and the connection goes on ({method})")
    with verifier.client() as client:
        client.send(b'{"method":"Begin"}\0')
        reply = client.finish()
        tap.equal((reply.full_error, reply.parameters), (INVALID, {"parameter": "method"}),
                  "a method without its interface is refused")
        tap.ok(client.is_closed(), "... and the connection closes")
    with verifier.client() as client:
        reply = client.call("Keys", upgrade=True)
        tap.equal((reply.full_error, reply.get("parameter")), (INVALID, "upgrade"), "\"upgrade\" is refused")
    with verifier.client() as client:
        client.start("Keys", oneway=True)
        client.start("Nothing", oneway=True)
        client.start("org.varlink.service.GetInfo", oneway=True)
        reply = client.call("org.varlink.service.GetInterfaceDescription", {"interface": "io.stepup.Verify1"})
        tap.ok("description" in reply,
               "\"oneway\" is answered by nothing: the first answer is to the first call without it", reply)
    with verifier.client() as client:
        tap.ok(client.call("Keys", more=True).ok, "\"more\" gets the one reply there is")
        client.start("Keys")
        client.start("org.varlink.service.GetInfo")
        client.start("Keys")
        names = [sorted(client.finish().parameters) for _ in range(3)]
        tap.equal(names,
                  [["issuer", "jwks", "log_key"], ["interfaces", "product", "url", "vendor", "version"],
                   ["issuer", "jwks", "log_key"]],
                  "calls sent ahead are answered in their order")


# --- garbage ---

def call_bytes(method, parameters):
    return json.dumps({"method": f"io.stepup.Verify1.{method}", "parameters": parameters}).encode()


def garbage(verifier):
    begin = call_bytes("Begin", {"action": "door.open"})
    cases = {
        "random bytes": os.urandom(300).replace(b"\0", b"\1") + b"\0",
        "NUL alone": b"\0",
        "many NULs": b"\0" * 5000,
        "no JSON": b"GET / HTTP/1.1\r\n\r\n\0",
        "an array": b"[]\0",
        "a number": b"1\0",
        "half an object": b'{"method":\0',
        "something after the object": begin + b" {}\0",
        "duplicate members": b'{"method":"io.stepup.Verify1.Keys","method":"io.stepup.Verify1.Keys"}\0',
        "duplicate parameters": b'{"method":"io.stepup.Verify1.Cancel","parameters":{"transaction":"a",'
        b'"transaction":"b"}}\0',
        "invalid UTF-8": b'{"method":"io.stepup.Verify1.Cancel","parameters":{"transaction":"\xc3\x28"}}\0',
        "a surrogate": b'{"method":"io.stepup.Verify1.Cancel","parameters":{"transaction":"\\ud800"}}\0',
        "an escaped NUL": b'{"method":"io.stepup.Verify1.Cancel","parameters":{"transaction":"a\\u0000b"}}\0',
        "10,000 nested arrays": b'{"method":' + b"[" * 10000 + b"]" * 10000 + b"}\0",
        "10,000 nested objects": b'{"method":"io.stepup.Verify1.Begin","parameters":{"action":"a","details":'
        + b'{"a":' * 10000 + b"1" + b"}" * 10001 + b"}\0",
        "64 KiB without an end": b" " * 65536,
        "10 MB": b"x" * 10_000_000,
        "a byte order mark": b"\xef\xbb\xbf" + begin + b"\0",
    }
    for door in INTERFACES:
        for name, data in cases.items():
            reply, closed = sends_and_hears(verifier, data, door)
            tap.ok(closed and (reply is None or reply.full_error.startswith("org.varlink.service.")),
                   f"{door}.sock refuses {name} and closes", reply)
        tap.ok(alive(verifier), f"garbage on {door}.sock leaves the verifier serving others")
    with verifier.client() as client:
        for byte in begin + b"\0":
            client.send(bytes([byte]))
        reply = client.finish()
        tap.ok(reply.error == "BadDetails", "a message that comes byte by byte is one message", reply)
    with verifier.client() as client:
        client.send(begin)
        client.socket.shutdown(socket.SHUT_WR)
        tap.ok(client.is_closed(), "half a message and no more to come: the connection closes")
    with verifier.client() as client:
        client.send(begin + b"\0")
        client.socket.shutdown(socket.SHUT_WR)
        tap.ok(client.finish().error == "BadDetails", "a peer that half-closes still gets its answer")


def names_as_they_come(verifier):
    names = {"../../etc/passwd": "../", "a\nb": "a newline", "%n%s%n": "%n", "-rf": "a leading dash",
             "": "nothing", "a" * 256: "256 bytes", "\u202egames": "a bidi control", "root:x:0": "colons",
             "*": "a star", "@support": "a group's name"}
    texts = set()
    for name, what in names.items():
        reply = verifier.begin(name, "door.open", {"door": "a", "times": 1})
        if reply.ok:
            reply = verifier.answer(reply["transaction"], "123456")
        texts.add((reply.error, reply.message))
        tap.ok(not reply.ok, f"a user name with {what} gets nothing", reply)
    tap.ok(alive(verifier), "such names leave the verifier serving")


def descriptors_open(verifier):
    return len(os.listdir(f"/proc/{verifier.process.pid}/fd"))


def passed_descriptors(verifier):
    with verifier.client() as client:
        client.call("Keys")
        before = descriptors_open(verifier)
        reading, writing = os.pipe()
        passed = array.array("i", [writing] * 50)
        for _ in range(20):
            client.socket.sendmsg([b'{"method":"io.stepup.Verify1.Keys"}\0'],
                                  [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
            client.finish()
        tap.equal(descriptors_open(verifier), before, "passed descriptors are not received")
        os.close(writing)
        tap.equal(os.read(reading, 1), b"", "... and nobody holds them open")
        os.close(reading)


# --- floods ---

def in_child(uid, function, *arguments):
    """A process of that uid that runs on; its pid."""
    child = os.fork()
    if child == 0:
        try:
            become(uid)
            function(*arguments)
        finally:
            os._exit(0)
    return child


def connect_and_hold(path, count, data, ready):
    held = []
    for _ in range(count):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.connect(path)
        try:
            one.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        held.append(one)
    os.write(ready, b"x")
    signal.pause()


def flood(path, ready):
    """Connects as fast as it can, for ever."""
    held = []
    for count in range(10 ** 9):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            one.connect(path)
        except OSError:
            break
        held.append(one)
        if len(held) > 500:
            held.pop(0).close()
        if count == 10000:
            os.write(ready, b"x")


def while_another(verifier, fact, function, *arguments):
    """Runs a nuisance as NOBODY; others must be served meanwhile."""
    reading, writing = os.pipe()
    child = in_child(NOBODY, function, verifier.path(), *arguments, writing)
    try:
        os.read(reading, 1)
        served = as_uid(MAIL, lambda: sum(1 for _ in range(100) if alive(verifier, uid=None)))
        tap.equal(served, 100, fact)
        reply = verifier.call("verify", "Begin",
                              {"action": "door.open", "details": {"door": "a", "times": 1}}, uid=DAEMON)
        tap.ok(reply.ok, f"{fact}: a step-up begins as well", reply)
        tap.ok(verifier.call("admin", "Status").ok, f"{fact}: and the administrators' door answers")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


def floods(verifier):
    while_another(verifier, "ten thousand connects by one uid: others are served meanwhile", flood)
    while_another(verifier, "as many idle connections as one uid may have: others are served",
                  connect_and_hold, 64, b"")
    while_another(verifier, "slow senders: others are served", connect_and_hold, 64, b'{"method":')
    while_another(verifier, "64 unfinished messages of 60 KB: others are served", connect_and_hold, 64,
                  b'{"method":"' + b"x" * 60000)

    def too_many():
        clients = [Client(verifier.path()) for _ in range(65)]
        return clients[64].is_closed(), clients[0].call("org.varlink.service.GetInfo").ok
    tap.equal(as_uid(NEWS, too_many), (True, True),
              "the 65th connection of one uid is closed, the others stay")

    def many_begins():
        with verifier.client() as client:
            for count in range(400):
                reply = client.call("Begin", {"action": "nothing.like.it"})
                if reply.error == "Throttled":
                    return count, reply.get("retry_after"), client.call("org.varlink.service.GetInfo").ok
        return 400, None, True
    count, retry_after, still = as_uid(GAMES, many_begins)
    tap.ok(50 <= count < 400 and retry_after,
           "a flood of Begin by one uid is throttled and told when to come back", (count, retry_after))
    tap.ok(still, "... on a connection that stays")
    reply = verifier.call("verify", "Begin",
                          {"action": "door.open", "details": {"door": "a", "times": 1}}, uid=DAEMON)
    tap.ok(reply.ok, "... while another uid begins", reply)


def slow(verifier):
    with verifier.client() as client, verifier.client() as idle:
        client.send(b'{"method":')
        tap.ok(client.is_closed(), "a message that is not completed in time: the connection closes")
        tap.ok(idle.call("org.varlink.service.GetInfo").ok, "... and one that only waits stays")


def main():
    need_root()
    with Verifier(POLICY) as verifier:
        verifier.enrol("daemon")
        for part in (modes, identity, every_field, dispatch, garbage, names_as_they_come, passed_descriptors,
                     floods, slow):
            started = time.monotonic()
            tap.run(part, verifier)
            print(f"# {part.__name__}: {time.monotonic() - started:.1f} s", flush=True)
        tap.ok(verifier.process.poll() is None, "the verifier has served through all of it", verifier.log())
        tap.ok("bug:" not in verifier.log(), "and found no fault with itself", verifier.log())
        tap.ok("\n\n" not in verifier.log()
               and all(line.startswith("stepupd: ") for line in verifier.log().splitlines()),
               "each of its lines is a line of its own", verifier.log())
    tap.done()


main()
