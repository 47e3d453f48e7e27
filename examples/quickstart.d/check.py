# SPDX-License-Identifier: BSD-2-Clause
"""What `examples/quickstart --check` drives: the console's main job and the ways around it.
Ends with a table."""
import sys

import console_client as console

ACCOUNT, RECORDS = "harbour-wallets", 340
table = []


def expect(what, wanted, got, words=""):
    """One line of the table: what was tried, "granted" or "refused", what came of it, and the words
    that a person read."""
    table.append((what, wanted, got, " ".join(words.split())))
    return got == wanted


def outcome(answer):
    """granted or refused, of a step-up's or an export's answer."""
    if answer.headers.get("Content-Type") == "application/json":
        return {"granted": "granted"}.get(answer.json.get("state"), "refused")
    return ("granted" if answer.status == 200
            and answer.headers["Content-Type"].startswith("text/csv") else "refused")


def refused_words(answer):
    """After a wrong code the words stand in the next question."""
    message = answer.json.get("message") or {}
    return message.get("error") if answer.json["state"] == "question" else message.get("message", "")


def main_job(alice):
    """Signs in, looks, exports. What the second half misuses: the browser and the receipt."""
    browser = console.Browser()
    granted = browser.sign_in(alice)
    expect("sign in with password and code", "granted", outcome(granted), granted.words)
    code = alice.code()
    granted = browser.step_up(code, "customer.export", account=ACCOUNT, records=RECORDS)
    expect(f"approve the export of {RECORDS} contacts", "granted", outcome(granted), granted.words)
    exported = browser.export(granted)
    lines = len(exported.csv()) if outcome(exported) == "granted" else 0
    expect(f"download: {lines} lines of {RECORDS}", "granted",
           outcome(exported) if lines == RECORDS else "refused", exported.words)
    again = browser.export(granted)
    expect("click the same approval a second time", "refused", outcome(again), again.words)
    again = browser.step_up(code, "customer.export", account=ACCOUNT, records=RECORDS)
    expect("approve another export with the same code", "refused", outcome(again), refused_words(again))
    return browser


def misuse(bob):
    """A thief inside the console, with receipts at hand."""
    browser = console.Browser()
    browser.sign_in(bob)
    granted = browser.step_up(bob.code(), "customer.view", account=ACCOUNT)
    expect("look at a customer's contacts", "granted", outcome(granted), granted.words)
    granted = browser.step_up(bob.code(), "customer.export", account=ACCOUNT, records=5)
    exported = browser.export(granted)
    expect(f"export 5 of {RECORDS}: {len(exported.csv())} lines", "granted", outcome(exported),
           exported.words)
    receipt = browser.last_receipt()
    tried = browser.replay(receipt, ACCOUNT, 5)
    expect("redeem the same receipt a second time", "refused", outcome(tried), tried.words)
    tried = browser.replay(receipt, "amber-teas", 5)
    expect("redeem it for another account", "refused", outcome(tried), tried.words)

    # The same with a receipt that nobody has redeemed: what a thief in the console's process would hold.
    fresh = browser.step_up(bob.code(), "customer.export", account=ACCOUNT, records=5).json["receipt"]
    tried = browser.replay(fresh, "amber-teas", 5)
    expect("redeem a fresh receipt for another account", "refused", outcome(tried), tried.words)
    tried = browser.replay(fresh, ACCOUNT, 200)
    expect("redeem it for more records than approved", "refused", outcome(tried), tried.words)
    tried = browser.replay(fresh, ACCOUNT, 5)
    expect("redeem it for what was approved", "granted", outcome(tried), tried.words)
    tried = browser.replay(fresh, ACCOUNT, 5)
    expect("send the same order again, word for word", "refused", outcome(tried), tried.words)
    tried = browser.replay(fresh, ACCOUNT, 4)
    expect("redeem it again, for one record less", "refused", outcome(tried), tried.words)
    reply = console.call_as("exportd", "redeem", "Redeem", {
        "receipt": fresh, "action": "customer.export", "details": {"account": ACCOUNT, "records": 5},
        "exec_id": "a name that somebody guessed", "resume": True})
    expect("resume an execution under another name than its own", "refused",
           "refused" if "error" in reply else "granted", reply["parameters"].get("message", ""))
    kept = browser.step_up(bob.code(), "customer.export", account=ACCOUNT, records=5).json["receipt"]
    tried = browser.step_up(bob.wrong_code(), "customer.export", account=ACCOUNT, records=5)
    expect("answer with a wrong code", "refused", outcome(tried), refused_words(tried))
    return browser, kept


def other_people(bob, bob_browser, kept, carol, dave):
    reply = console.call_as("mallory", "verify", "Begin",
                            {"user": "alice", "action": "customer.export",
                             "details": {"account": ACCOUNT, "records": 5}})
    expect("an ordinary user asks in another's name", "refused", "refused" if "error" in reply else "granted",
           reply["parameters"].get("message", ""))

    status, output, errors = console.tool("dave", "lock", "bob", code=dave.code())
    expect("an administrator locks bob", "granted", "refused" if status else "granted", output + errors)
    other = console.Browser()
    other.sign_in(carol)
    tried = other.replay(kept, ACCOUNT, 5)
    expect("redeem a receipt that the locked bob still had", "refused", outcome(tried), tried.words)
    tried = bob_browser.get("/customers")
    expect("the locked bob clicks on", "refused", "granted" if tried.status == 200 else "refused",
           tried.words)
    tried = console.Browser().sign_in(bob)
    expect("the locked bob signs in again", "refused", outcome(tried), refused_words(tried))


def log_holds(dave):
    status, output, errors = console.tool("dave", "log", "verify", code=dave.code())
    expect("verify the log, every entry", "granted", "refused" if status else "granted", output + errors)


def print_table():
    width = max(len(what) for what, *_ in table)
    wrong = 0
    print(f"\n{'':3}{'what was tried':{width}}  outcome  what was said")
    for what, wanted, got, words in table:
        wrong += got != wanted
        print(f"{'ok ' if got == wanted else 'NOT'}{what:{width}}  {got:7}  {words[:160]}")
    print(f"\n{len(table)} tried, {wrong} not as they should be")
    return wrong


def main():
    people = console.people()
    try:
        main_job(people["alice"])
        bob_browser, kept = misuse(people["bob"])
        other_people(people["bob"], bob_browser, kept, people["carol"], people["dave"])
        log_holds(people["dave"])
    except Exception as error:  # the table so far says more than a traceback alone
        expect(f"go on after: {type(error).__name__}: {error}", "granted", "refused")
        import traceback
        traceback.print_exc()
    return 1 if print_table() else 0


if __name__ == "__main__":
    sys.exit(main())
