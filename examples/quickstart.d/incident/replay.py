# SPDX-License-Identifier: BSD-2-Clause
"""The incident, replayed in one world: replay.py title | enrol WORLD | theft WORLD | table [RESULTS]. See the
file `world` beside this one.

Every theft is the same: it takes 319 accounts' contacts, exports 102 of them, shows API keys, and then
whatever else might open a door. What came of it is left in a file, for the table and for tests/incident.
"""
import bisect
import json
import os
import sys
import time

import alerts
import company
import table
import thief
from company import Desk, Employee, console

VIEWS, EXPORTS, KEYS = 319, 102, 24
BESIDE = 18       # of the views, that are tried several at once, from two sessions
AFTER_LOCK = 28   # tries, once the lock has been answered
ENOUGH = 12       # refusals in a row, after which he turns to something else
PATIENCE = 150    # seconds after which an alert that was waited for is missing


class Theft:
    """One world's run: who is in it, and what is noted of it."""

    def __init__(self, world):
        self.world = world
        self.shipped = world == "shipped"
        self.alice = Employee.load(company.alice_path())
        self.desk = alerts.Desk(os.path.join(company.FOLDER, "events"))
        self.screen = table.Screen(world)
        self.thief = thief.Thief("alice", self.alice.password, self.alice.token, self.begins, self.refused)
        self.starts = []  # of his tries
        self.codes = self.alice.token.counter  # that she had used herself
        self.screen.loot = self.thief.loot
        self.facts = {"world": world, "ways": [], "alice": [], "alert": None, "refused": None}
        self.begin()

    def begin(self):
        self.began, self.began_at = time.monotonic(), int(time.time())

    # --- noting ---

    def begins(self, number, what):
        self.starts.append(time.monotonic())
        self.screen.tries(number, what)

    def refused(self, number, what, words):
        """The first refused try. Where there is something to be heard of it, the thief goes on when the
        security desk has heard it."""
        if self.facts["refused"] is not None:
            return
        self.facts["refused"] = {"try": number, "what": what, "words": words}
        if self.shipped:
            self.desk.wait("alice", self.began_at, PATIENCE)

    def first_alert(self):
        """When the security desk first heard of alice after the thief had begun, and at
        which of his tries."""
        for at, event in self.desk.alerts("alice", self.began_at)[:1]:
            self.facts["alert"] = {"try": bisect.bisect(self.starts, at), "seconds": at - self.began,
                                   "kind": event["kind"], "message": event["message"]}

    def way(self, what, tried):
        """One of the ways around it."""
        got, words = tried if isinstance(tried, tuple) else (tried, "")
        self.facts["ways"].append({"what": what, "got": bool(got), "words": words or ""})

    def honest(self, what, good, words=""):
        """What alice, or somebody of the company, did, and whether it went as it should."""
        self.facts["alice"].append({"what": what, "good": bool(good), "words": words or ""})

    def try_way(self, what, way, *arguments):
        said = []

        def and_note(*given):
            got, words = way(*given)
            said.append(words)
            return got, words
        self.way(what, (self.thief.attempt(what, and_note, *arguments), said[-1]))

    # --- before it, and in the meantime ---

    def alice_works(self):
        """In the company that has keys: her morning. What is left of it lies about: a receipt that was used,
        one that was not, a session that ended."""
        browser, granted = self.alice.sign_in()
        self.honest("alice signs in with her key", granted.json["state"] == "granted")
        granted = self.alice.approve(browser, "customer.export", account="harbour-wallets", records=5)
        self.used = granted.json.get("receipt", "")
        exported = browser.export(granted)
        self.honest("alice exports 5 contacts with her key", len(exported.csv()) == 5, exported.words)
        # far down the list that he works through
        account = thief.LISTED.findall(browser.get("/customers?page=2").text)[-1][0]
        self.alice.approve(browser, "customer.view", account=account)
        self.honest("alice looks at a customer, which counts for her hour's limit",
                    thief.ROWS.findall(browser.get(f"/customers/{account}").text))
        self.unused = self.alice.approve(browser, "customer.export", account="amber-teas",
                                         records=2).json.get("receipt", "")
        self.old_cookie = browser.cookie
        browser.form("/sign-out")

    def carol_decides(self, browser, waiting):
        """Over the limit somebody else decides. carol sees who asks for what, knows nothing of it, and says
        no; the thief waits for that, once."""
        self.thief.on_waiting = self.thief.let_go
        ended = Desk("carol").stepup("deny", waiting.json["message"]["request"], talk=())
        self.honest("carol, who leads, sees what is asked in alice's name, and denies it", ended.status == 0,
                    ended.words)
        reply = browser.script("/step-up/answer", {"id": waiting.json["id"], "answer": {"wait": True}})
        self.way("get a second person to agree", (reply.json["state"] == "granted", self.thief.words(reply)))

    def alice_asks(self, account):
        """The thief has used up alice's limit; she needs a customer all the same, calls carol,
        and gets that one."""
        browser, _ = self.alice.sign_in()
        reply = self.alice.approve(browser, "customer.view", account=account)
        waits = reply.json["state"] == "waiting"
        ended = Desk("carol").stepup("approve", reply.json["message"]["request"]) if waits else None
        if waits:
            reply = browser.script("/step-up/answer", {"id": reply.json["id"], "answer": {"wait": True}})
        seen = thief.ROWS.findall(browser.get(f"/customers/{account}").text)
        self.honest("alice needs one more customer, and carol, whom she calls, agrees with her key",
                    waits and ended.status == 0 and seen, ended.words if waits else self.thief.words(reply))

    # --- the theft ---

    def run(self):
        if self.shipped:
            self.alice_works()
            self.thief.on_waiting = self.carol_decides
        self.begin()
        self.thief.attempt("sign in with her password and a code that she read out", self.sign_in)
        customers = self.thief.customers()
        self.facts["customers"] = len(customers)
        self.take(customers)
        self.ways_around(customers)
        self.facts["seconds"] = time.monotonic() - self.began
        self.first_alert()
        self.screen.alert(self.facts["alert"])
        self.lock(customers)
        self.note_loot()

    def sign_in(self):
        browser, words = self.thief.sign_in()
        return browser is not None, words

    def take(self, customers):
        wanted = [account for account, _ in customers[:VIEWS]]
        self.until_refused((f"view {account}", self.thief.view, account) for account in wanted[:-BESIDE])
        second, _ = self.thief.sign_in()
        self.thief.in_parallel(wanted[-BESIDE:], [self.thief.browser, second])
        self.until_refused((f"export {count} contacts of {account}", self.thief.export, account, count)
                           for account, count in customers[:EXPORTS])
        self.until_refused((f"show the API key of {account}", self.thief.reveal, account)
                           for account, _ in customers[:KEYS])

    def until_refused(self, tries):
        refused = 0
        for one in tries:
            refused = 0 if self.thief.attempt(*one) else refused + 1
            if refused == ENOUGH:
                return

    def ways_around(self, customers):
        """Whatever else there is; in each world, so that nobody can say it wasn't tried."""
        robber, (account, contacts) = self.thief, customers[EXPORTS - 1]
        self.screen.says("looks for other ways")
        granted = robber.step_up(robber.browser, "console.login")
        used = granted.json.get("id", "0" * 64)
        self.try_way("open a customer's page without asking", robber.look, customers[VIEWS - 1][0])
        self.try_way("export under an approval that was for something else", robber.export, account,
                     contacts, used)
        self.try_way("show an API key under an approval that was for something else", robber.reveal,
                     account, used)
        self.try_way("add a key of his own without an invitation", robber.add_key)
        self.try_way("add a key of his own with an invitation that he invented",
                     lambda: robber.add_key(invitation="ABCD-EFGH-IJKL-MNOP"))
        self.try_way("add a key of his own with her password and a code", robber.add_key_by_codes)
        self.try_way("remove her key, so that codes are all there is", robber.remove_keys)
        self.try_way("redeem a receipt that he invented", robber.redeem,
                     "eyJhbGciOiJub25lIn0.e30.", account, 1)
        if not self.shipped:
            return
        self.try_way("redeem a receipt of hers a second time", robber.redeem, self.used, "harbour-wallets", 5)
        self.try_way("redeem one that she has not used, for another account", robber.redeem,
                     self.unused, account, 2)
        self.try_way("redeem it for more records", robber.redeem, self.unused, "amber-teas", 50)
        self.try_way("go on in a session that she has signed out of", self.with_cookie, self.old_cookie)
        self.alice_asks(customers[VIEWS - 3][0])

    def with_cookie(self, cookie):
        browser = console.Browser(company.URL, thief.PLACE)
        browser.cookie = cookie
        page = browser.get("/customers")
        return page.status == 200, page.words

    # --- the lock ---

    def lock(self, customers):
        """An administrator locks alice while the thief goes on as fast as he can; then he tries
        everything once more."""
        hammer = thief.Hammer(self.thief, sorted(self.thief.loot.viewed)[:8])
        hammer.running.wait(PATIENCE)
        ended = Desk("dana").stepup("lock", "alice", "--reason", "her password is in use elsewhere")
        locked = time.monotonic()
        self.honest("dana of security locks alice with one command", ended.status == 0, ended.words)
        self.screen.locked(ended.words)
        good = self.after_lock(customers)
        hammer.stop()
        last = max([at for at in (hammer.last, good[-1] if good else None) if at is not None], default=None)
        self.facts["lock"] = {"words": ended.words, "tries": AFTER_LOCK, "succeeded": len(good),
                              "watched": time.monotonic() - locked,
                              "last": last - locked if last is not None and last > locked else None}
        if self.shipped:
            self.alice_afterwards()

    def after_lock(self, customers):
        """When each of the tries that succeeded began."""
        robber, good = self.thief, []
        ways = [lambda: robber.look(customers[0][0]),
                lambda: (robber.browser.get("/customers").status == 200, ""),
                lambda: robber.view(customers[VIEWS - 1][0]), lambda: robber.export(customers[0][0], 1),
                lambda: robber.reveal(customers[0][0]), lambda: (robber.sign_in()[0] is not None, "")]
        if self.shipped:
            ways.append(lambda: robber.redeem(self.unused, "amber-teas", 2))
        for number in range(AFTER_LOCK):
            began = time.monotonic()
            try:
                got = robber.attempt("go on after the lock", ways[number % len(ways)])
            except (KeyError, ValueError):  # an error page where JSON was expected
                got = False
            if got:
                good.append(began)
        return good

    def alice_afterwards(self):
        _, reply = self.alice.sign_in()
        words = self.thief.words(reply)
        self.honest("alice herself is out too, and is told whom to call",
                    reply.json["state"] == "refused" and "Call" in words, words)
        ended = Desk("dana").stepup("unlock", "alice")
        self.honest("dana, who locked, can't open it again by herself", ended.status == 1, ended.words)
        ended = Desk("erik").stepup("unlock", "alice")
        self.honest("erik of security opens it, once alice is on the telephone", ended.status == 0,
                    ended.words)
        browser, granted = self.alice.sign_in()
        exported = browser.export(self.alice.approve(browser, "customer.export",
                                                     account="harbour-wallets", records=3))
        self.report()
        self.honest("alice works on with her key", granted.json["state"] == "granted"
                    and exported.status == 200 and len(exported.csv()) == 3, exported.words)

    def report(self):
        """Whom the company has to write to: what `stepup report` lists has to have every
        customer that he saw."""
        ended = Desk("dana").stepup("report", "alice", "--since", "1h", "--json")
        found = ended.words[ended.words.find("{"):]
        things = json.loads(found)["touched"] if ended.status == 0 else []
        accounts = {thing["value"] for thing in things if thing["detail"] == "account" and thing["times"] > 0}
        self.honest("stepup report lists whom to write to", self.thief.loot.viewed <= accounts,
                    f"{len(accounts)} customers, "
                    f"the {len(self.thief.loot.viewed)} that he saw and those of alice's own day"
                    if accounts else ended.words)

    # --- what it came to ---

    def note_loot(self):
        loot = self.thief.loot
        self.facts.update(
            tries=self.thief.tries, refusals=self.thief.refusals, viewed=len(loot.viewed),
            exported=len(loot.exported), keys=len(loot.keys), contacts=len(loot.contacts),
            codes=self.thief.token.counter - self.codes, asked=len(set(self.thief.requests)),
            alerts=sorted({event["kind"] for _, event in self.desk.alerts("alice", self.began_at)}))
        self.screen.done(self.facts)



def main():
    step, *arguments = sys.argv[1:]
    if step == "title":
        table.title()
    elif step == "enrol":
        company.enrol(arguments[0], os.environ["PASSWORD"])
    elif step == "theft":
        theft = Theft(arguments[0])
        theft.run()
        with open(os.path.join(company.FOLDER, f"{arguments[0]}.json"), "w") as out:
            json.dump(theft.facts, out, indent=1)
    else:
        results = []
        for world in table.WORLDS:
            with open(os.path.join(company.FOLDER, f"{world}.json")) as source:
                results.append(json.load(source))
        table.show(results)
        if arguments:
            with open(arguments[0], "w") as out:
                json.dump(results, out, indent=1)


if __name__ == "__main__":
    main()
