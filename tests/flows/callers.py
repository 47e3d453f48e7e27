# SPDX-License-Identifier: BSD-2-Clause
"""Callers of a verifier: other uids in forked children, and what speaks varlink to a door. For harness.py,
which hands it on."""
import json
import os
import pickle
import socket
import struct
import traceback

# Accounts that every Debian has: ordinary uids with a name. One without is any number, e.g. NAMELESS.
DAEMON, BIN, GAMES, MAIL, NEWS, NOBODY = 1, 2, 5, 8, 9, 65534
NAMELESS = 61234

PATIENCE = 60  # seconds after which a wait has failed; sanitizer builds on a busy machine are slow


def become(uid, gid=None, groups=()):
    """Turns this process into another user, for good."""
    os.setgroups(list(groups))
    os.setresgid(gid if gid is not None else uid, gid if gid is not None else uid,
                 gid if gid is not None else uid)
    os.setresuid(uid, uid, uid)


def as_uid(uid, function, *arguments, gid=None, groups=()):
    """Calls a function in a forked child of that uid; its value (picklable) or its exception comes back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            become(uid, gid, groups)
            result = (True, function(*arguments))
        except BaseException as error:
            result = (False, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
        try:
            with os.fdopen(writing, "wb") as out:
                pickle.dump(result, out)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        data = source.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError(f"the child that was uid {uid} said nothing")
    fine, value = pickle.loads(data)
    if not fine:
        raise RuntimeError(f"in the child that was uid {uid}: {value}")
    return value


INTERFACES = {"verify": "io.stepup.Verify1", "admin": "io.stepup.Admin1", "redeem": "io.stepup.Redeem1",
              "hooks": "io.stepup.Hooks1"}


class Reply:
    """What came back: `ok`, the parameters by [] or get(), `error` as "BadAnswer" and `full_error`
    with its interface."""

    def __init__(self, message):
        self.full_error = message.get("error")
        self.parameters = message.get("parameters", {})

    @property
    def ok(self):
        return self.full_error is None

    @property
    def error(self):
        return None if self.full_error is None else self.full_error.rsplit(".", 1)[1]

    @property
    def message(self):
        return self.parameters.get("message")

    def __getitem__(self, name):
        return self.parameters[name]

    def __contains__(self, name):
        return name in self.parameters

    def get(self, name, otherwise=None):
        return self.parameters.get(name, otherwise)

    def __repr__(self):
        return f"<{self.full_error or 'reply'} {self.parameters}>"


class Closed(Exception):
    """The verifier hung up."""


class Client:
    """A connection to one door, made by whoever runs: raw bytes, or whole calls."""

    def __init__(self, path, door="verify", patience=PATIENCE, connected=None):
        self.interface = INTERFACES.get(door, door)
        self.socket = connected or socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Waits while the backlog is full: a non-blocking connect, which a timeout makes of it, would
        # give up at once.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", patience, 0))
        if connected is None:
            self.socket.connect(path)
        self.socket.settimeout(patience)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next message's bytes without its NUL; Closed at the end."""
        while b"\0" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed()
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return message

    def is_closed(self):
        """Waits for the verifier to hang up; False where it says something instead."""
        try:
            self.receive()
        except Closed:
            return True
        return False

    def start(self, method, parameters=None, **envelope):
        """Sends a call and doesn't wait."""
        name = method if "." in method else f"{self.interface}.{method}"
        message = {"method": name, "parameters": parameters or {}, **envelope}
        self.send(json.dumps(message, ensure_ascii=False).encode() + b"\0")

    def finish(self):
        return Reply(json.loads(self.receive()))

    def call(self, method, parameters=None, **envelope):
        self.start(method, parameters, **envelope)
        return self.finish()
