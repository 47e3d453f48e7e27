#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The example export service with a real verifier: one approval is carried out once, whoever brings its
receipt again, and a service that fell between the verifier's yes and its own work still does it."""
import json
import os
import socket
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import BIN, GAMES, Tap, Verifier, as_uid, program
from step_up import at_once

POLICY = '''
caller console { unix-user = "games"  users = { "*" }  actions = { "customer.*" } }
service export { unix-user = "bin" }
action customer.export { users = { "*" }  details = { "account:text", "records:number" }
    prompt = "Export {records} contacts of {account}"  require = { code }  code-is-enough = yes
    service = export }
'''
PATIENCE = 60
tap = Tap()


class Service:
    """The service as the user bin, with twelve contacts of one customer, "acme"."""

    def __init__(self, verifier):
        self.verifier = verifier
        self.folder = os.path.join(verifier.folder, "service")
        os.mkdir(self.folder, 0o755)
        os.chown(self.folder, BIN, -1)
        self.orders, self.path = os.path.join(self.folder, "orders.db"), os.path.join(self.folder,
                                                                                      "export.sock")
        database = os.path.join(self.folder, "customers.db")
        with sqlite3.connect(database) as made:
            made.executescript("CREATE TABLE customers (id INTEGER PRIMARY KEY, account TEXT);"
                               "CREATE TABLE contacts (id INTEGER PRIMARY KEY, customer INTEGER, name, "
                               "email, city, state, added);"
                               "INSERT INTO customers VALUES (1, 'acme');")
            made.executemany("INSERT INTO contacts VALUES (?, 1, ?, 'e', 'c', 's', '2020')",
                             [(i, f"person {i}") for i in range(12)])
        self.command = [program("examples/export-service/export-service"), "--database", database, "--orders",
                        self.orders, "--socket", self.path, "--redeem-socket", verifier.path("redeem"),
                        "--caller", "games"]
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: (os.setgid(BIN), os.setuid(BIN)))
        if b"ready" not in self.process.stdout.readline():
            raise RuntimeError("the export service did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def order(self, receipt, records, **more):
        """What the console sends for its employee, and what came: (answer, lines of CSV)."""
        def ask():
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(PATIENCE)
                door.connect(self.path)
                door.sendall(json.dumps({"receipt": receipt, "account": "acme", "records": records,
                                         **more}).encode() + b"\n")
                came = b""
                while got := door.recv(65536):
                    came += got
            line, _, rest = came.partition(b"\n")
            return json.loads(line), rest.count(b"person")
        return as_uid(GAMES, ask)

    def forget_beginning(self):
        """As a service leaves it that fell when the verifier had said yes and nothing had gone out."""
        with sqlite3.connect(self.orders) as orders:
            orders.execute("UPDATE orders SET begun = 0")


def receipt(verifier, token):
    return verifier.step_up("mail", "customer.export", {"account": "acme", "records": 5}, token.fresh(),
                            uid=GAMES)["receipt"]


def once(service, verifier, token):
    approved = receipt(verifier, token)
    answer, lines = service.order(approved, 5, exec_id="mine")
    tap.equal((answer.get("granted"), lines), (True, 5), "an approved export is handed out")
    for what, records, more in (("word for word", 5, {}), ("under a name that the console gives", 5,
                                                           {"exec_id": "mine"}), ("for less", 4, {})):
        answer, lines = service.order(approved, records, **more)
        tap.equal((answer.get("granted"), lines), (False, 0), f"and not again {what}")
    service.stop()
    service.start()
    tap.equal(service.order(approved, 5)[1], 0, "nor after the service was started anew")
    approved = receipt(verifier, token)
    answers = at_once(8, lambda i: service.order(approved, 5))
    tap.equal(sorted(lines for _, lines in answers), [0] * 7 + [5],
              "eight processes send one order at once: it is handed out once")


def after_a_crash(service, verifier, token):
    approved = receipt(verifier, token)
    tap.equal(service.order(approved, 5)[1], 5, "a service redeems")
    service.forget_beginning()
    answer, lines = service.order(approved, 5)
    tap.equal((answer.get("granted"), lines), (True, 5),
              "and, fallen before it handed anything out, does so when the order comes again")
    answer, lines = service.order(approved, 5)
    tap.equal((answer.get("granted"), lines), (False, 0), "once")
    tap.matches(answer["message"], "begun before. Nothing was exported again", "and the words say why")
    service.forget_beginning()
    answers = at_once(8, lambda i: service.order(approved, 5))
    tap.equal(sorted(lines for _, lines in answers), [0] * 7 + [5],
              "eight at once after a crash are told \"already\": it is handed out once")


def unwritten(service, verifier, token):
    approved = receipt(verifier, token)
    service.stop()
    os.rename(service.orders, service.orders + ".away")
    os.mkdir(service.orders)
    service.start()
    answer, lines = service.order(approved, 5)
    tap.equal((answer.get("granted"), lines), (False, 0),
              "a service that can't write down what it is about to do asks nobody")
    service.stop()
    os.rmdir(service.orders)
    os.rename(service.orders + ".away", service.orders)
    service.start()
    tap.equal(service.order(approved, 5)[1], 5, "and used nothing up")


if __name__ == "__main__":
    if not os.path.exists(program("examples/export-service/export-service")):
        print("1..0 # SKIP the examples were not built: no libmicrohttpd")
        sys.exit(77)
    with Verifier(POLICY) as running:
        os.chmod(running.path("redeem"), 0o666)
        mail = running.enrol_token("mail")
        exporter = Service(running)
        try:
            for function in (once, after_a_crash, unwritten):
                tap.run(function, exporter, running, mail)
        finally:
            exporter.stop()
    tap.done()
