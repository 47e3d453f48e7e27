# SPDX-License-Identifier: BSD-2-Clause
"""The export service as it was before: it hands contacts to the console and asks for no receipt. For
the incident's policy (a), where nothing is asked for after the sign-in; examples/export-service is
the one to copy."""
import csv
import io
import json
import os
import socketserver
import sqlite3
import sys

COLUMNS = ("name", "email", "city", "state", "added")


class Order(socketserver.StreamRequestHandler):
    """One line of JSON; then a line of JSON, blocks of CSV and a zero, as
    examples/support-console/outside/export_client.c takes them."""

    def handle(self):
        order = json.loads(self.rfile.readline())
        with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as database:
            rows = database.execute(
                "SELECT contacts.name, email, city, state, added FROM contacts JOIN customers "
                "ON customers.id = customer WHERE account = ? ORDER BY contacts.id LIMIT ?",
                (order["account"], order["records"])).fetchall()
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])
        self.wfile.write(json.dumps({"granted": True, "user": "", "records": len(rows)}).encode() + b"\n")
        block = text.getvalue().encode()
        for start in range(0, len(block), 8192):
            part = block[start:start + 8192]
            self.wfile.write(b"%x\n" % len(part) + part)
        self.wfile.write(b"0\n")


def main():
    os.umask(0)
    path = sys.argv[2]
    if os.path.exists(path):
        os.unlink(path)
    with socketserver.UnixStreamServer(path, Order) as server:
        print(f"export service: ready at {path}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
