# SPDX-License-Identifier: BSD-2-Clause
"""The support console as a program sees it: real HTTP requests, codes computed from the secrets, the tool
run as its users.

For check.py and for the flow tests. Standard library only; nothing of the product's own code.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import struct
import subprocess
import time
import urllib.parse

URL = os.environ.get("QUICKSTART_URL", "")
FOLDER = os.environ.get("QUICKSTART_DIR", "")
STEPUP = os.environ.get("QUICKSTART_STEPUP", "")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}


def plain(markup):
    """The text that HTML markup shows."""
    return re.sub(r"&(?:lt|gt|quot|#39|amp);", lambda found: ENTITIES[found.group()],
                  re.sub(r"<[^>]*>", "", markup)).strip()


# --- people and their codes ---------------------------------------------------------------------------------

class Person:
    """Somebody with a console password and a token. code() gives a code that was not given before."""

    def __init__(self, name, facts):
        self.name, self.password, self.type, self.secret = (name, facts["password"], facts["type"],
                                                            facts["secret"])
        self.step = -1

    def _hotp(self, counter):
        mac = hmac.new(base64.b32decode(self.secret), struct.pack(">Q", counter), hashlib.sha1).digest()
        start = mac[-1] & 15
        return str((struct.unpack(">I", mac[start:start + 4])[0] & 0x7fffffff) % 1000000).zfill(6)

    def _counter(self):
        """The next counter of a counter token; the quickstart's own uses count in the same file."""
        path = os.path.join(FOLDER, "people", self.name + ".counter")
        with open(path) as source:
            counter = int(source.read())
        with open(path, "w") as out:
            out.write(f"{counter + 1}\n")
        return counter

    def code(self):
        if self.type == "hotp":
            return self._hotp(self._counter())
        self.step = max(self.step + 1, int(time.time()) // 30)
        # the verifier takes the next step's code, not the one after
        while self.step > int(time.time()) // 30 + 1:
            time.sleep(max(0.01, 30 - time.time() % 30))
        return self._hotp(self.step)

    def wrong_code(self):
        """Six digits that are no code of this person's just now."""
        now = int(time.time()) // 30
        if self.type == "hotp":
            with open(os.path.join(FOLDER, "people", self.name + ".counter")) as source:
                now = int(source.read())
        near = {self._hotp(max(0, now + i)) for i in range(-60, 200)}
        return next(code for code in (str(n).zfill(6) for n in range(1000000)) if code not in near)


def people():
    with open(os.path.join(FOLDER, "people", "people.json")) as source:
        return {name: Person(name, facts) for name, facts in json.load(source).items()}


def tool(user, *arguments, code=None):
    """Runs stepup as a user, without a terminal; a code is typed where one is given. (exit
    status, output, errors)"""
    done = subprocess.run(
        ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "setsid", "-w", STEPUP, *arguments],
        input="" if code is None else code + "\n", capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def call_as(user, door, method, parameters, run_dir="/run/stepup"):
    """One varlink call as a user, by a program of its own."""
    interface = {"verify": "io.stepup.Verify1", "admin": "io.stepup.Admin1",
                 "redeem": "io.stepup.Redeem1"}[door]
    message = json.dumps({"method": f"{interface}.{method}", "parameters": parameters})
    program = ("import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(30)\n"
               "s.connect(sys.argv[1])\n"
               "s.sendall(sys.stdin.buffer.read() + b'\\0')\nreply = b''\n"
               "while not reply.endswith(b'\\0'):\n\tgot = s.recv(65536)\n\tif not got: break\n"
               "\treply += got\n"
               "sys.stdout.buffer.write(reply[:-1])\n")
    done = subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "/usr/bin/python3",
                           "-c", program, f"{run_dir}/{door}.sock"],
                          input=message, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


# --- the console --------------------------------------------------------------------------------------------

class Answer:
    """One HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def words(self):
        """What the page or the JSON says went wrong."""
        if self.headers.get("Content-Type") == "application/json":
            message = self.json.get("message")
            return message.get("message", "") if isinstance(message, dict) else message or ""
        found = re.search(r'role="alert">(.*?)</p>', self.text, re.S)
        return plain(found.group(1)) if found else ""

    def csv(self):
        """The lines under the heading."""
        return self.text.split("\r\n")[1:-1]


class Browser:
    """A session of somebody's with the console: cookie and CSRF token. `place`: the loopback address
    that they come from."""

    def __init__(self, url=None, place=None):
        self.url = url or URL
        self.place = place
        self.cookie = None
        self.csrf = None

    def request(self, method, path, body=None, headers=None):
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60,
                                                source_address=self.place and (self.place, 0))
        send = {"Origin": self.url} if method == "POST" else {}
        if self.cookie:
            send["Cookie"] = "session=" + self.cookie
        send.update(headers or {})
        try:
            connection.request(method, path, body,
                               {name: value for name, value in send.items() if value is not None})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        self._learn(answer)
        return answer

    def _learn(self, answer):
        cookie = re.search(r"session=([0-9a-f]*)", answer.headers.get("Set-Cookie") or "")
        if cookie:
            self.cookie = cookie.group(1) or None
        token = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', answer.text)
        if token:
            self.csrf = token.group(1)

    def get(self, path):
        return self.request("GET", path)

    def form(self, path, **fields):
        return self.request("POST", path, urllib.parse.urlencode({"csrf": self.csrf or "", **fields}),
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def script(self, path, value):
        return self.request("POST", path, json.dumps(value),
                            {"Content-Type": "application/json", "X-CSRF-Token": self.csrf or ""})

    # --- what people do ---

    def password(self, name, password):
        answer = self.form("/sign-in", user=name, password=password)
        if answer.status == 303:
            self.get("/sign-in/code")
        return answer

    def begin(self, action, **details):
        return self.script("/step-up/begin", {"action": action, **details})

    def answer(self, question, code):
        return self.script("/step-up/answer",
                           {"id": question.json["id"], "answer": {"method": "code", "code": code}})

    def step_up(self, code, action, **details):
        """Begins and answers once; what came of it."""
        begun = self.begin(action, **details)
        return (self.answer(begun, code) if begun.status == 200
                and begun.json["state"] == "question" else begun)

    def sign_in(self, person):
        """Password and code."""
        self.password(person.name, person.password)
        granted = self.step_up(person.code(), "console.login")
        if granted.json["state"] == "granted":
            self.get("/customers")
        return granted

    def export(self, granted):
        return self.form("/exports", step_up=granted.json["id"])

    def last_receipt(self):
        """Demonstration mode shows it."""
        found = re.search(r"<textarea[^>]*>(.*?)</textarea>", self.get("/demo").text, re.S)
        return plain(found.group(1))

    def replay(self, receipt, account, records):
        return self.form("/demo/exports", receipt=receipt, account=account, records=str(records))
