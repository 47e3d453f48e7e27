# SPDX-License-Identifier: BSD-2-Clause
"""Administering and reading the log in flow tests: root's own step-ups, the log as entries, and what the
product's own check says of it."""
import json
import os
import select
import subprocess
import time

from harness import PATIENCE, program

# Root may do every administrator's verb, by codes.
RULES = '''
action "stepup.*" { users = { "root" }  require = { code }  code-is-enough = yes }
'''


class Administrator:
    """Root with a token of its own: each verb has its step-up."""

    def __init__(self, verifier):
        self.verifier = verifier
        self.token = verifier.enrol_token("root")

    def authorize(self, action, details=None):
        """The transaction of a granted step-up."""
        begun = self.verifier.begin("root", action, details)
        if not begun.ok:
            raise RuntimeError(f"{action} could not begin: {begun}")
        granted = self.verifier.answer(begun["transaction"], self.token.fresh())
        if not granted.ok:
            raise RuntimeError(f"{action} was not granted: {granted}")
        return begun["transaction"]

    def call(self, verb, details=None, parameters=None):
        """One verb: step-up for these details, then the call with `parameters` (the details,
        where left out)."""
        parameters = dict(details or {}) if parameters is None else dict(parameters)
        parameters["authorization"] = self.authorize("stepup." + verb.lower(), details)
        return self.verifier.call("admin", verb, parameters)

    def read_log(self):
        """Pages of the log up to a checkpoint over all there was: (entries, note, log key).
        Waits for the signer."""
        authorization = self.authorize("stepup.log")
        wanted = self.page(authorization, 0, 1)["size"]
        end = time.monotonic() + PATIENCE
        while True:
            reply = self.page(authorization, 0, 1)
            size = int(reply.get("checkpoint", "\n0").split("\n")[1])
            if size >= wanted:
                break
            if time.monotonic() > end:
                raise RuntimeError(f"no checkpoint over {wanted} entries in {PATIENCE} s, only over {size}")
            select.select([], [], [], 0.05)
        entries = []
        while len(entries) < size:
            entries += self.page(authorization, len(entries), 200)["entries"]
        return entries[:size], reply["checkpoint"], reply["log_key"]

    def page(self, authorization, start, count):
        reply = self.verifier.call("admin", "Log",
                                   {"from": start, "count": count, "authorization": authorization})
        if not reply.ok:
            raise RuntimeError(f"the log could not be read: {reply}")
        return reply

    def entries(self):
        """The log's entries as objects."""
        return [json.loads(entry["entry"]) for entry in self.read_log()[0]]

    def check(self, log=None, noted=None):
        """What `stepup log verify` says of an export made from what Log gives (`log`, where read_log() gave
        it before): its summary, with `problems`. By the key that was `noted`, where that isn't the log's
        own word for it."""
        entries, note, key = log or self.read_log()
        names = {"issuer": "https://stepup.example.com"}
        for entry in entries:
            names.update({name: value for name, value in json.loads(entry["entry"]).items()
                          if name in ("issuer", "host")})
        path = os.path.join(self.verifier.folder, "export")
        with open(path, "w") as out:
            header = {"format": "stepup-log/1", **names, "log_key": key}
            out.write(json.dumps(header) + "\n")
            for entry in entries:
                out.write(json.dumps({name: value for name, value in entry.items() if name != "index"},
                                     ensure_ascii=False) + "\n")
            out.write(json.dumps({"checkpoint": note}) + "\n")
        done = subprocess.run([program("tools/stepup/stepup"), "log", "verify", "--file", path, "--key",
                               noted or key, "--json"],
                              capture_output=True, text=True)
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            raise RuntimeError(f"stepup log verify said {done.stdout!r} {done.stderr!r}")
