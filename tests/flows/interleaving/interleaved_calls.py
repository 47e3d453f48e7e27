# SPDX-License-Identifier: BSD-2-Clause
"""Many calls to a stepupd under way at once, from connections of several uids, each noted with when it was
sent and answered."""
import json
import os
import select
import socket
import time

from harness import PATIENCE, Client, Closed, Reply, become


class Connector:
    """A forked child of some uid that makes connections for this process: the kernel says of them
    who the child is."""

    def __init__(self, uid):
        self.end, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.child = os.fork()
        if self.child == 0:
            try:
                self.end.close()
                become(uid)
                self.serve(other)
            finally:
                os._exit(0)
        other.close()

    @staticmethod
    def serve(end):
        while path := end.recv(4096).decode():
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
                    made.connect(path)
                    socket.send_fds(end, [b"+"], [made.fileno()])
            except OSError as error:
                end.send(str(error).encode())

    def connect(self, path):
        self.end.send(path.encode())
        said, descriptors, _, _ = socket.recv_fds(self.end, 4096, 1)
        if not descriptors:
            raise OSError(said.decode())
        return socket.socket(fileno=descriptors[0])

    def close(self):
        self.end.send(b"")  # later children hold this end as well: closing it would tell nobody
        self.end.close()
        os.waitpid(self.child, 0)


class Call:
    """One call. `notes` is what the test knows of it; `lost` that the verifier died before it was answered,
    if it ever came there."""

    def __init__(self, door, uid, method, parameters, more=False, **notes):
        self.door, self.uid, self.method, self.parameters, self.more, self.notes = (door, uid, method,
                                                                                    parameters, more, notes)
        self.number = self.sent = self.received = self.reply = None
        self.lost = False
        self.updates = []

    @property
    def ok(self):
        return self.reply is not None and self.reply.ok

    @property
    def error(self):
        return None if self.reply is None else self.reply.error

    def __str__(self):
        said = ("lost" if self.lost else "under way" if self.reply is None
                else f"{self.reply.error or 'ok'} {short(self.reply.parameters)}")
        notes = " ".join(f"{name}={value}" for name, value in self.notes.items() if isinstance(value, str))
        until = "" if self.received is None else f"{self.received:.3f}"
        return (f"#{self.number} {self.sent:.3f}-{until} uid {self.uid} {self.method} "
                f"{short(self.parameters)} [{notes}] -> {said}")


UNSHOWN = ("message", "key", "browser", "agent", "ask", "reach", "amr", "acr", "auth_time", "methods",
           "expires_in")


def short(value):
    """JSON without what is long, so that a trace can be read."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {short(one)}" for name, one in value.items()
                               if name not in UNSHOWN) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(short(one) for one in value[:3]) + ("]" if len(value) <= 3
                                                                   else f", {len(value) - 3} more]")
    return value[:10] + "…" if isinstance(value, str) and len(value) > 40 else json.dumps(value)


class Crowd:
    """All connections. start() sends a call, wait() gives those that were answered meanwhile, in the order
    of their answers."""

    def __init__(self, verifier):
        self.verifier = verifier
        self.connectors = {}
        self.idle = {}       # (uid, door): connections
        self.under_way = {}  # connection: call
        self.calls = []
        self.began = time.monotonic()

    def now(self):
        return time.monotonic() - self.began

    def connection(self, uid, door):
        waiting = self.idle.get((uid, door), [])
        while waiting:
            connection = waiting.pop()
            if not select.select([connection.socket], [], [], 0)[0]:
                return connection
            connection.close()  # the verifier hung up, as it does on what is no call
        if uid not in self.connectors:
            self.connectors[uid] = Connector(uid)
        return Client(None, door, connected=self.connectors[uid].connect(self.verifier.path(door)))

    def start(self, call):
        connection = self.connection(call.uid, call.door)
        call.number, call.sent = len(self.calls), self.now()
        self.calls.append(call)
        self.under_way[connection] = call
        connection.start(call.method, call.parameters, **({"more": True} if call.more else {}))
        return call

    def take(self, connection, call):
        """Reads what there is; True once the call is answered for good. Closed where the verifier hung up."""
        while True:
            message = json.loads(connection.receive())
            if not message.get("continues"):
                break
            call.updates.append(Reply(message))
            if b"\0" not in connection.buffer:
                return False
        call.reply, call.received = Reply(message), self.now()
        del self.under_way[connection]
        if (call.reply.full_error or "").startswith("org.varlink.service."):
            connection.close() # the verifier does, after what is no call: perhaps not yet
        else:
            self.idle.setdefault((call.uid, call.door), []).append(connection)
        return True

    def read(self, connection, call):
        try:
            return self.take(connection, call)
        except Closed:
            raise RuntimeError(f"the verifier hung up: {call}\n{self.verifier.log()[-2000:]}")

    def wait(self):
        """At least one call that was answered, unless only ones that may wait for ever are under way."""
        end = time.monotonic() + PATIENCE
        while True:
            sockets = {connection.socket: connection for connection in self.under_way}
            ready = select.select(list(sockets), [], [], 1)[0]
            done = [call for one in ready if self.read(sockets[one], call := self.under_way[sockets[one]])]
            if done:
                return done
            if time.monotonic() > end:
                raise RuntimeError("no answer to " + "; ".join(map(str, self.under_way.values())))

    def drain(self):
        """The verifier has ended: what it still said is taken, the rest is lost. The calls that were under
        way and were answered."""
        calls = list(self.under_way.items())
        for connection, call in calls:
            try:
                while not self.take(connection, call):
                    pass
            except (OSError, Closed):
                call.lost = True
        self.hang_up()
        return [call for _, call in calls if not call.lost]

    def hang_up_idle(self):
        """Before the verifier finds them idle for too long: it might, while a call is sent on one."""
        for connection in [one for waiting in self.idle.values() for one in waiting]:
            connection.close()
        self.idle = {}

    def hang_up(self):
        for connection in [*self.under_way, *(one for waiting in self.idle.values() for one in waiting)]:
            connection.close()
        for call in self.under_way.values():
            call.lost = True
        self.under_way, self.idle = {}, {}

    def close(self):
        self.hang_up()
        for connector in self.connectors.values():
            connector.close()
