#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The example hooks, with whatever may stand in an event: loginctl and sendmail are recorded, the webhook
goes to a real server."""
import email
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import rooms  # noqa: F401
from harness import Tap, source_dir

EVIL = ("$(touch {folder}/owned); `touch {folder}/owned` '\"\\ \u2028 \r\n"
        "Bcc: thief@example.com\r\n\r\n\x1b[2J")
# loginctl's list is SIGNED_IN, unless logind is down.
LOGIND = '[ -z "${LOGIND:-}" ] || exit 1\n[ "$1" != list-users ] || printf "%b\\n" "$SIGNED_IN"\n'
RECORDER = '#!/bin/sh\nprintf "%s\\n" "$@" >>"{folder}/{name}.arguments"\ncat >>"{folder}/{name}.input"\n'
tap = Tap()


def run(folder, hook, event, data, **environment):
    """A hook as stepup-hooks runs it, but with the recorders before everything else on PATH."""
    return subprocess.run([os.path.join(source_dir(), "examples", "hooks.d", hook), event],
                          input=json.dumps(data), capture_output=True, text=True, cwd="/",
                          env={"PATH": f"{folder}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **environment})


def recorded(folder, name):
    try:
        with open(f"{folder}/{name}", newline="") as source:
            return source.read()
    except FileNotFoundError:
        return ""


def evil(folder):
    return EVIL.replace("{folder}", folder)


def sessions(folder):
    for event in ("alert", "enrolled", "requested"):
        run(folder, "end-sessions", event, {"user": "alice"})
    tap.equal(recorded(folder, "loginctl.arguments"), "",
              "end-sessions does nothing at other events than a lock")
    asked = ["list-users", "--no-legend"]
    done = run(folder, "end-sessions", "locked", {"user": "alice", "reason": evil(folder)},
               SIGNED_IN="1000 alice no active")
    tap.equal((done.returncode, recorded(folder, "loginctl.arguments").split()),
              (0, [*asked, "terminate-user", "alice"]), "at a lock it ends the user's sessions")
    for signed_in in ("", "1000 alicia no active\n1001 bob no active"):
        os.unlink(os.path.join(folder, "loginctl.arguments"))
        done = run(folder, "end-sessions", "locked", {"user": "alice"}, SIGNED_IN=signed_in)
        tap.equal((done.returncode, recorded(folder, "loginctl.arguments").split()), (0, asked),
                  "and nobody else's, nor those of who isn't there")
    os.unlink(os.path.join(folder, "loginctl.arguments"))
    done = run(folder, "end-sessions", "locked", {"user": "daemon"},
               SIGNED_IN="1 a-name-that-was-cut-sh no active")
    tap.equal((done.returncode, recorded(folder, "loginctl.arguments").split()),
              (0, [*asked, "terminate-user", "daemon"]), "whom it knows by number, too")
    done = run(folder, "end-sessions", "locked", {"user": "alice"}, LOGIND="down")
    tap.ok(done.returncode == 1 and "no session was ended" in done.stderr,
           "where logind can't be asked it fails, and says that nothing was ended", done)
    for name in (evil(folder), "-H", "--host=evil", "", "a b", "a\nb", None, 7, ["alice"]):
        before = recorded(folder, "loginctl.arguments")
        done = run(folder, "end-sessions", "locked", {"user": name})
        after = recorded(folder, "loginctl.arguments")
        tap.ok(after == before and done.returncode != 0 or name == 7,
               f"an odd name goes nowhere: {name!r:.40}", (done, after))


def mails(folder):
    to = os.path.join(folder, "to")
    with open(to, "w") as out:
        out.write("security@example.com\n")
    run(folder, "mail", "locked", {"user": "alice"}, STEPUP_MAIL_TO=to)
    tap.equal(recorded(folder, "sendmail.arguments"), "", "mail writes of alerts only")
    event = {"event": "alert", "kind": "spent-code", "user": "alice" + evil(folder),
             "message": "A code was typed again." + evil(folder)}
    done = run(folder, "mail", "alert", event, STEPUP_MAIL_TO=to)
    tap.equal((done.returncode, recorded(folder, "sendmail.arguments").split()), (0, ["-t", "-oi"]),
              "an alert is handed to sendmail")
    message = email.message_from_string(recorded(folder, "sendmail.input"))
    tap.equal((message["To"], message["Bcc"], message["Auto-Submitted"]),
              ("security@example.com", None, "auto-generated"),
              "to those who are to know and nobody else, whatever stands in the event")
    tap.matches(message["Subject"], r"^\[stepup\] spent-code: alice[A-Za-z0-9 ._@?-]*$",
                "with a subject of plain letters")
    body = message.get_payload()
    tap.equal(json.loads(body.strip("\n").split("\n")[-1]), event, "and all of the event in its body")
    os.unlink(os.path.join(folder, "sendmail.arguments"))
    with open(to, "w") as out:
        out.write("nobody\n")
    done = run(folder, "mail", "alert", event, STEPUP_MAIL_TO=to)
    tap.ok(done.returncode == 1 and not recorded(folder, "sendmail.arguments"),
           "without an address nothing is sent", done)


class Receiver(http.server.BaseHTTPRequestHandler):
    got, status = [], 204

    def do_POST(self):
        Receiver.got.append((self.path, self.headers["Content-Type"],
                             self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(Receiver.status)
        self.end_headers()

    def log_message(self, *_):
        pass


def webhooks(folder):
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = os.path.join(folder, "curl")
    with open(config, "w") as out:
        out.write(f'url = "http://127.0.0.1:{server.server_port}/secret"\n')
    event = {"event": "locked", "user": "alice", "reason": evil(folder) + "@/etc/passwd"}
    done = run(folder, "webhook", "locked", event, STEPUP_WEBHOOK_CURL=config)
    tap.equal(done.returncode, 0, "the webhook posts")
    path, kind, body = Receiver.got[-1]
    tap.equal((path, kind, json.loads(body)), ("/secret", "application/json", event),
              "the event as it is, as JSON, to the address of the file")
    Receiver.status = 500
    done = run(folder, "webhook", "locked", event, STEPUP_WEBHOOK_CURL=config)
    tap.ok(done.returncode != 0 and done.stderr,
           "a server that refuses is a failure that the log will have", done)
    server.shutdown()
    server.server_close()
    done = run(folder, "webhook", "locked", event, STEPUP_WEBHOOK_CURL=config)
    tap.ok(done.returncode != 0 and done.stderr, "so is one that isn't there", done)
    done = run(folder, "webhook", "locked", event, STEPUP_WEBHOOK_CURL=os.path.join(folder, "missing"))
    tap.ok(done.returncode != 0 and "missing" in done.stderr, "and a configuration that isn't", done)


with tempfile.TemporaryDirectory(prefix="stepup-test.") as top:
    os.mkdir(f"{top}/bin")
    for program in ("loginctl", "sendmail"):
        with open(f"{top}/bin/{program}", "w") as script:
            script.write(RECORDER.format(folder=top,
                                         name=program) + (LOGIND if program == "loginctl" else ""))
        os.chmod(f"{top}/bin/{program}", 0o755)
    for part in (sessions, mails, webhooks):
        tap.run(part, top)
    tap.ok(not os.path.exists(f"{top}/owned"), "nothing that stood in an event was run")
tap.done()
