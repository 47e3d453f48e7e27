# SPDX-License-Identifier: BSD-2-Clause
"""The thief of the incident. He has an employee's password, and on the telephone the employee herself, who
reads him as many codes of her token as he asks for. Her key, and her computer, he does not have. He drives
the console over HTTP, as fast as it goes, and takes what it gives.

Each thing that he wants from the console is a try; it got him something, or was refused.
"""
import concurrent.futures
import re
import threading
import time

from company import URL, console

PLACE = "127.0.0.66"  # he is somewhere else than alice
ROWS = re.compile(r"<tr><td><bdi>.*?</bdi></td><td><bdi>(.*?)</bdi></td>")
LISTED = re.compile(r'<a href="/customers/([a-z0-9-]+)">.*?<td class="number">(\d+)</td>', re.S)
RUBBISH = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "clientExtensionResults": {},
           "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"}}
AT_ONCE = 3    # the console lets one person have four questions open
# what he tries where only a key would do, in turn
KEY_DODGES = ("a code all the same", "rubbish for a key", "giving up")


class Loot:
    """What was handed to him."""

    def __init__(self):
        self.viewed, self.exported, self.keys, self.contacts = set(), set(), {}, set()


class Thief:
    """`noticed(number, what)`: is told of each try as it begins; `refused(number, what, words)`: of each that
    was refused, before he goes on."""

    def __init__(self, name, password, token, noticed=None, refused=None):
        self.name, self.password, self.token = name, password, token
        self.loot = Loot()
        self.tries = self.refusals = 0
        self.noticed, self.refused = noticed or (lambda *_: None), refused or (lambda *_: None)
        self.requests = []
        self.on_waiting = self.let_go
        self.dodges = 0
        # she reads one code at a time, and it is used before the next
        self.on_the_telephone = threading.Lock()
        self.counting = threading.Lock()
        self.browser = None

    def attempt(self, what, way, *arguments):
        """One try. `way` gives whether it got him something, and what was said."""
        with self.counting:
            self.tries += 1
            number = self.tries
        self.noticed(number, what)
        got, words = way(*arguments)
        if not got:
            with self.counting:
                self.refusals += 1
            self.refused(number, what, words)
        return got

    # --- the console's questions ---

    def step_up(self, browser, action, **details):
        """Begins, and answers whatever he is asked as well as he can; the console's last reply."""
        reply = browser.begin(action, **details)
        if reply.json["state"] == "question" and "code" in reply.json["message"]["methods"]:
            with self.on_the_telephone:
                reply = browser.answer(reply, self.token.take())
        elif reply.json["state"] == "question":
            reply = self.without_the_key(browser, reply)
        if reply.json["state"] == "waiting":
            self.requests.append(reply.json["message"].get("request"))
        return reply

    def without_the_key(self, browser, question):
        dodge = KEY_DODGES[self.dodges % len(KEY_DODGES)]
        self.dodges += 1
        if dodge == "a code all the same":
            answer = {"method": "code", "code": self.token.peek()}
        elif dodge == "rubbish for a key":
            answer = {"method": "browser", "credential": RUBBISH}
        else:
            answer = {"cancel": True}
        reply = browser.script("/step-up/answer", {"id": question.json["id"], "answer": answer})
        if reply.json["state"] == "question":
            browser.script("/step-up/answer", {"id": question.json["id"], "answer": {"cancel": True}})
        return reply

    @staticmethod
    def let_go(browser, reply):
        """Stops waiting for a second person; the request goes on."""
        browser.script("/step-up/answer", {"id": reply.json["id"], "answer": {"cancel": True}})

    @staticmethod
    def words(reply):
        if reply.headers.get("Content-Type") != "application/json":
            return reply.words
        message = reply.json.get("message") or {}
        return (message if isinstance(message, str) else message.get("error")
                if reply.json.get("state") == "question" else message.get("message", ""))

    # --- what he is after ---

    def sign_in(self):
        browser = console.Browser(URL, PLACE)
        browser.password(self.name, self.password)
        reply = self.step_up(browser, "console.login")
        granted = reply.json["state"] == "granted"
        if granted:
            browser.get("/customers")
            self.browser = self.browser or browser
        return browser if granted else None, self.words(reply)

    def customers(self):
        """(account, contacts) of all that the console lists."""
        found, page = {}, 1
        while True:
            listed = dict(LISTED.findall(self.browser.get(f"/customers?page={page}").text))
            if not listed or listed.keys() <= found.keys():
                return [(account, int(count)) for account, count in found.items()]
            found.update(listed)
            page += 1

    def view(self, account, browser=None):
        browser = browser or self.browser
        reply = self.step_up(browser, "customer.view", account=account)
        if reply.json["state"] == "waiting":
            self.on_waiting(browser, reply)
        return self.look(account, browser)[0], self.words(reply)

    def look(self, account, browser=None):
        """The customer's page, without asking for anything."""
        page = (browser or self.browser).get(f"/customers/{account}")
        rows = ROWS.findall(page.text) if page.status == 200 else []
        if rows:
            self.loot.viewed.add(account)
            self.loot.contacts.update(rows)
        return bool(rows), page.words

    def export(self, account, records, step_up=None):
        reply = None if step_up else self.step_up(self.browser, "customer.export", account=account,
                                                  records=records)
        taken = self.browser.form("/exports", step_up=step_up or reply.json.get("id", "0" * 64))
        return (self.took(account, taken),
                self.words(taken if step_up or reply.json["state"] == "granted" else reply))

    def took(self, account, answer):
        rows = (answer.csv() if answer.status == 200
                and answer.headers["Content-Type"].startswith("text/csv") else [])
        if rows:
            self.loot.exported.add(account)
            self.loot.contacts.update(row.split('","')[1] for row in rows)
        return bool(rows)

    def reveal(self, account, step_up=None):
        reply = None if step_up else self.step_up(self.browser, "customer.reveal_key", account=account)
        shown = self.browser.script(f"/customers/{account}/key",
                                    {"step_up": step_up or reply.json.get("id", "")})
        if shown.status == 200:
            self.loot.keys[account] = shown.json["api_key"]
        return (shown.status == 200,
                self.words(shown if step_up or reply.json["state"] == "granted" else reply))

    def add_key(self, **permission):
        """The console's page for keys, with a key of his own in his hand."""
        begun = self.browser.script("/keys/begin", {"label": "Spare", **permission})
        return begun.json["state"] == "question", self.words(begun)

    def add_key_by_codes(self):
        reply = self.step_up(self.browser, "stepup.enroll")
        return (self.add_key(step_up=reply.json["id"]) if reply.json["state"] == "granted"
                else (False, self.words(reply)))

    def remove_keys(self):
        """Those of the employee, so that only codes are left."""
        listed = self.browser.get("/keys").text.split("<li ")[1:]
        keys = [item for item in listed if "Security key" in item]
        said = "there was none"
        for credential in re.findall(r'data-credential="([^"]+)"', " ".join(keys)):
            reply = self.step_up(self.browser, "stepup.remove", credential=credential)
            said = self.words(reply)
            if reply.json["state"] == "granted" and self.browser.script("/keys/remove", {
                "step_up": reply.json["id"]}).json["state"] == "granted":
                return True, said
        return False, said

    def redeem(self, receipt, account, records):
        """A receipt that came into his hands, at the export service's door for it."""
        answer = self.browser.replay(receipt, account, records)
        return self.took(account, answer), self.words(answer)

    def in_parallel(self, accounts, browsers):
        """Views them from several sessions, some at once."""
        def one(number, account):
            return self.attempt(f"view {account}, beside others", self.view, account,
                                browsers[number % len(browsers)])
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, range(len(accounts)), accounts))


class Hammer:
    """The thief in the background, who takes what he can again and again, until he is stopped: when did a
    request of his succeed last?"""

    def __init__(self, thief, accounts):
        self.thief, self.accounts = thief, accounts
        self.last = None
        self.stopping = threading.Event()
        self.running = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            for account in self.accounts:
                began = time.monotonic()
                if self.thief.look(account)[0] or self.thief.browser.get("/customers").status == 200:
                    self.last = began
                self.running.set()
                if self.stopping.is_set():
                    break

    def stop(self):
        self.stopping.set()
        self.thread.join()
