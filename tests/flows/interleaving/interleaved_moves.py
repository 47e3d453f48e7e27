# SPDX-License-Identifier: BSD-2-Clause
"""The operations that interleavings.py draws from, each a generator: it yields calls (one, or several at
once), is sent their replies, and is dropped where the verifier dies on the way. What is drawn depends on the
seed and on the answers so far."""
from harness import Token
from interleaved_calls import Call
from interleaved_people import EMPLOYEES, WRONG_CODES, Begun, Step, claims, enrolment, keep, prove
from interleaved_policy import ACTIONS, ADMINISTRATORS, CALLER, LEADS, SERVICES
from softkey import AgentKey, Key

CONSOLE, OTHER = CALLER["games"], CALLER["sys"]
DETAILS = {"view.page": lambda draw: {"account": f"a{draw.randrange(12)}"},
           "export.list": lambda draw: {"account": f"a{draw.randrange(4)}", "records": draw.randrange(1, 30)},
           "desk.open": lambda draw: {"box": f"b{draw.randrange(3)}"},
           "desk.close": lambda draw: {"box": f"b{draw.randrange(3)}"},
           "vault.open": lambda draw: {"door": draw.choice("ns")}, "lab.enter": lambda draw: None,
           "mint.run": lambda draw: {"coins": draw.randrange(1, 12)}}

OFTEN = {"view.page": 5, "export.list": 7, "desk.open": 2, "desk.close": 2, "vault.open": 3, "lab.enter": 4,
         "mint.run": 1}


def spent_by(signed):
    """What a signature is counted by."""
    return signed["method"], str(signed["key"])[-90:]


class Moves:
    """Draws operations for a world."""

    def __init__(self, world, draw):
        self.world, self.draw = world, draw
        self.table = ((6, self.begin_only), (9, self.answer_later), (12, self.step_up), (8, self.fresh),
                      (2, self.fresh_to_its_end), (4, self.burst), (1.5, self.cancel), (2, self.end_session),
                      (11, self.approve), (1.2, self.deny), (0.7, self.cancel_request), (9, self.claim),
                      (4, self.same_again), (1.5, self.wait_for_approval), (0.8, self.lock),
                      (0.4, self.lock_me), (4, self.unlock), (0.5, self.freeze), (2, self.thaw),
                      (0.8, self.revoke), (0.8, self.enrol), (0.5, self.verb_twice), (0.4, self.reload_verb),
                      (9, self.redeem), (2, self.account))
        self.weights = [weight for weight, _ in self.table]

    def next(self):
        return self.draw.choices(self.table, self.weights)[0][1]()

    def happens(self, share):
        return self.draw.random() < share

    def somebody(self, among=EMPLOYEES):
        return self.world.people[self.draw.choice(among)]

    def some_action(self):
        return self.draw.choices(tuple(OFTEN), tuple(OFTEN.values()))[0]

    # --- beginning ---

    def place(self, person, session=None):
        """Through whom, and from where: the uid that calls, and parameters."""
        if self.happens(0.04):
            return person.uid, {}
        uid = self.draw.choices((CONSOLE, OTHER, 0), (16, 1, 1))[0]
        more = {"user": person.name, "rhost": f"10.0.0.{self.draw.randrange(3 if person.tokens else 40)}"}
        if session is None and self.happens(0.75):
            session = self.session(person)
        if session is not None:
            more["session"] = session
        return uid, more

    def session(self, person):
        if self.happens(0.04):
            person = self.somebody()  # two people in one session
        if len(person.sessions) < 2 or self.happens(0.05):
            person.sessions.append("%032x" % self.draw.getrandbits(128))
            del person.sessions[:-3]
        return self.draw.choice(person.sessions)

    def begin_call(self, person, action=None, place=None):
        action = action or self.some_action()
        uid, more = place or self.place(person)
        details = DETAILS[action](self.draw)
        parameters = {"action": action, "reach": ["fresh", "browser", "agent"], **more}
        if details is not None:
            parameters["details"] = details
        return Call("verify", uid, "Begin", parameters, user=person.name, action=action)

    def noted(self, person, call, approves=None):
        """What a begun step-up becomes; None where it was refused."""
        if call.error in ("Locked",):
            self.world.locked.setdefault(person.name, None)
        return Begun(call, person, approves) if call.ok else None

    def begin(self, person, action=None, place=None):
        call = yield self.begin_call(person, action, place)
        return self.noted(person, call)

    # --- answering ---

    def proof(self, begun):
        """What goes into an answer, and what to note of it; None where this person has
        nothing that would do."""
        person, offered = begun.person, begun.call.reply
        if "fresh" in begun.methods and self.happens(0.85):
            return {"method": "fresh"}, {"proof": "fresh"}
        if self.happens(0.03):
            return self.bad_proof(begun)
        ways = [(way, key) for way, kind in (("browser", Key), ("agent", AgentKey)) if way in begun.methods
                for key in person.keys if isinstance(key, kind)]
        if "code" in begun.methods and not person.coding:
            ways += [("code", token) for token in person.tokens + person.steps]
        if not ways:
            return None
        way, held = self.draw.choice(ways)
        if way == "code":
            code = held.fresh() if isinstance(held, Token) else held.code(self.draw.randrange(2))
            counter = held.counter - 1 if isinstance(held, Token) else None
            return {"method": "code", "code": code}, {"proof": "code", "spends": (held.credential, counter)}
        person.last_signed = {"method": way, "key": held.sign(offered[way])}
        return person.last_signed, {"proof": "key", "spends": spent_by(person.last_signed)}

    def bad_proof(self, begun):
        """A wrong code or one of before, a bogus signature or one of before, somebody else's key. What is of
        before may never have counted."""
        person, offered = begun.person, begun.call.reply
        if "browser" in begun.methods and self.happens(0.5):
            stranger = self.draw.choice([key for one in self.world.people.values() for key in one.keys
                                         if isinstance(key, Key)])
            own = stranger in person.keys
            return ({"method": "browser", "key": stranger.sign(offered["browser"], bogus=own)},
                    {"proof": "wrong"})
        if person.last_signed and person.last_signed["method"] in begun.methods and self.happens(0.5):
            return person.last_signed, {"proof": "of before", "spends": spent_by(person.last_signed)}
        if "code" in begun.methods and person.wrong < WRONG_CODES and person.tokens and not person.coding:
            person.wrong += 1
            token = self.draw.choice(person.tokens)
            if self.happens(0.5):
                return ({"method": "code", "code": token.code(token.counter - 1)},
                        {"proof": "of before", "spends": (token.credential, token.counter - 1)})
            return {"method": "code", "code": token.wrong()}, {"proof": "wrong"}
        return {"method": "code", "code": "12"}, {"proof": "wrong"}

    def answer_call(self, begun):
        made = self.proof(begun)
        if made is None:
            return None
        parameters, notes = made
        begun.person.coding += notes["proof"] == "code" and parameters["method"] == "code"
        uid = begun.call.uid if self.happens(0.98) else self.draw.choice((OTHER, CONSOLE, 13))
        return Call("verify", uid, "Answer", {"transaction": begun.transaction, **parameters},
                    user=begun.person.name, action=begun.call.notes["action"], begun=begun.call, **notes)

    def answered(self, begun, call):
        """Keeps what came of an answer or a claim."""
        world, person = self.world, begun.person
        person.coding -= call.notes.get("proof") == "code" and call.parameters.get("method") == "code"
        if call.ok:
            if begun.approves:
                world.approved.add(begun.approves)
            if call.reply.get("receipt"):
                world.remember(world.receipts, (call, call.reply["receipt"]))
        elif call.error == "NeedsApproval" and call.method == "Answer":
            world.requests[call.reply["request"]] = person.name
            world.remember(world.waiting, (begun, call.reply["request"]))
            world.remember(world.asked, (begun, call.reply["request"]))
        elif call.error == "Locked":
            world.locked.setdefault(person.name, None)
        elif call.error == "BadAnswer" and call.reply.get("tries_left") and self.happens(0.5):
            world.remember(world.begun, begun)

    def answer(self, begun, times=1):
        """The reply to the last of `times` answers at once."""
        calls = [call for call in (self.answer_call(begun) for _ in range(times)) if call is not None]
        if not calls:
            return None
        if times > 1 and self.happens(0.5):  # the very same answer, several times
            first = calls[0]
            calls = [first] + [Call("verify", first.uid, "Answer", dict(first.parameters), **{
                **first.notes, "proof": first.notes["proof"] + " again"}) for _ in calls[1:]]
        for call in (yield calls):
            self.answered(begun, call)
        return next((call for call in calls if call.ok), calls[-1])

    def begin_only(self):
        begun = yield from self.begin(self.somebody())
        if begun:
            self.world.remember(self.world.begun, begun)

    def answer_later(self):
        if not self.world.begun:
            return
        begun = self.draw.choice(self.world.begun)
        if self.happens(0.8):
            self.world.begun.remove(begun)
        yield from self.answer(begun, self.draw.choices((1, 2, 3), (8, 1, 1))[0])

    def step_up(self):
        begun = yield from self.begin(self.somebody())
        if begun:
            yield from self.answer(begun, self.draw.choices((1, 2), (9, 1))[0])

    def fresh(self):
        """An action that a step-up covers for a while, twice in the same session, the second begun before the
        first is answered or long after."""
        person = self.somebody()
        action = self.draw.choice(("view.page", "desk.open", "desk.close", "mint.run"))
        place = self.place(person, self.session(person))
        for _ in range(self.draw.randrange(1, 4)):
            begun = yield from self.begin(person, action, place)
            if begun is None:
                return
            if "fresh" in begun.methods and self.happens(0.25):
                self.world.remember(self.world.begun, begun)
            else:
                yield from self.answer(begun, self.draw.choices((1, 2), (9, 1))[0])

    def fresh_to_its_end(self):
        """A step-up that covers what follows; something that ends that; the same again, begun
        before and after."""
        person = self.somebody()
        session = self.session(person)
        place = CONSOLE, {"user": person.name, "session": session}
        action = self.draw.choice(("view.page", "desk.open"))
        begun = yield from self.begin(person, action, place)
        if begun is None:
            return
        yield from self.answer(begun)
        waiting = yield from self.begin(person, action, place)
        yield from self.draw.choice((self.volume_and_unlock, self.lock_and_unlock, self.sign_out))(person,
                                                                                                   place)
        again = yield from self.begin(person, action, place)
        for begun in (waiting, again):
            if begun is not None:
                yield from self.answer(begun)

    def volume_and_unlock(self, person, place):
        for _ in range(12):
            begun = yield from self.begin(person, "mint.run", place)
            call = (yield from self.answer(begun)) if begun else None
            if call is None or call.error == "Locked":
                break
        yield from self.unlock(person.name)

    def lock_and_unlock(self, person, _):
        call, by = yield from self.verb("Lock", {"users": person.name}, {"users": [person.name]},
                                        subject=person.name)
        if call is not None and call.ok:
            self.world.locked[person.name] = by.name
        yield from self.unlock(person.name)

    def sign_out(self, person, place):
        yield Call("verify", place[0], "EndSession", {"session": place[1]["session"]}, user=person.name)

    def burst(self):
        """The same action many times at once, by somebody whose answers don't depend on their order."""
        person = self.somebody([name for name in EMPLOYEES if self.world.people[name].keys] or EMPLOYEES)
        action = self.some_action()
        place = self.place(person, self.session(person))
        calls = yield [self.begin_call(person, action, place) for _ in range(self.draw.randrange(3, 10))]
        begun = [one for one in (self.noted(person, call) for call in calls) if one]
        answers = [(one, call) for one, call in ((one, self.answer_call(one)) for one in begun) if call]
        if answers:
            yield [call for _, call in answers]
        for one, call in answers:
            self.answered(one, call)

    def cancel(self):
        if self.world.begun:
            begun = self.draw.choice(self.world.begun)
            yield Call("verify", begun.call.uid, "Cancel", {"transaction": begun.transaction},
                       user=begun.person.name)

    def end_session(self):
        person = self.somebody()
        if person.sessions:
            session = self.draw.choice(person.sessions)
            if self.happens(0.5):
                person.sessions.remove(session)
            yield Call("verify", CONSOLE if self.happens(0.85) else OTHER, "EndSession", {"session": session},
                       user=person.name)

    def account(self):
        person = self.somebody()
        call = yield Call("verify", 0, "Account", {"user": person.name}, user=person.name)
        if call.error == "Locked":
            self.world.locked.setdefault(person.name, None)

    # --- a second person ---

    def approve(self):
        person = self.somebody(LEADS if self.happens(0.9) else EMPLOYEES)
        uid, more = self.place(person)
        more.pop("rhost", None)
        listed = yield Call("verify", uid, "Requests", {"user": person.name}, user=person.name)
        ids = ([one["id"] for one in listed.reply["requests"] if one["state"] == "requested"]
               if listed.ok else [])
        if not ids or self.happens(0.15):
            ids = list(self.world.requests)[-12:]
        if not ids:
            return
        request = self.draw.choice(ids)
        asked = next((begun.call for begun, which in self.world.asked if which == request), None)
        if asked is not None and self.happens(0.1):  # in the session that it came from
            uid, more = asked.uid, {"user": person.name, **{
                name: value for name, value in asked.parameters.items() if name == "session"}}
        parameters = {"request": request, "reach": ["browser", "agent"], **more}
        call = yield Call("verify", uid, "Approve", parameters, user=person.name, action="", approves=request)
        begun = self.noted(person, call, request)
        if begun is None:
            return
        if self.happens(0.12):
            self.world.remember(self.world.begun, begun)
        else:
            yield from self.answer(begun, self.draw.choices((1, 2), (9, 1))[0])

    def deny(self):
        if not self.world.requests:
            return
        request = self.draw.choice(list(self.world.requests)[-8:])
        person = (self.world.people[self.world.requests[request]] if self.happens(0.4)
                  else self.somebody(LEADS))
        if self.happens(0.12):
            yield from self.deny_and_lock(person, request)
        else:
            yield Call("verify", CONSOLE, "Deny", {"user": person.name, "request": request}, user=person.name,
                       request=request)

    def deny_and_lock(self, person, request):
        """By their own factor. Who has locked three others within the hour locks no fourth."""
        parameters = {"user": person.name, "request": request, "decision": "lock",
                      "reach": ["browser", "agent"]}
        call = yield Call("verify", CONSOLE, "Approve", parameters, user=person.name, action="",
                          approves=request, denies=True)
        begun = self.noted(person, call)
        if begun is None:
            return
        answered = yield from self.answer(begun, 1)
        if answered is not None and answered.ok and answered.reply.get("reference"):
            self.world.locked.setdefault(self.world.requests[request], person.name)

    def cancel_request(self):
        if self.world.requests:
            request = self.draw.choice(list(self.world.requests)[-8:])
            yield Call("verify", self.draw.choice((CONSOLE, CONSOLE, OTHER)), "CancelRequest",
                       {"request": request}, user=self.world.requests[request], request=request)

    def pick(self, asked):
        """One of these, sooner one that somebody agreed to; None for none."""
        agreed = [one for one in asked if one[1] in self.world.approved]
        some = agreed if agreed and self.happens(0.7) else asked[-12:]
        return self.draw.choice(some) if some else (None, None)

    def claim(self):
        """What waits for a second person is claimed: too early, in time, late, several times at once."""
        begun, request = self.pick(self.world.waiting)
        if begun is None:
            return
        calls = yield [Call("verify", begun.call.uid, "Claim", {"transaction": begun.transaction},
                            user=begun.person.name, action=begun.call.notes["action"], begun=begun.call,
                            request=request)
                       for _ in range(self.draw.choices((1, 2, 3), (5, 1, 1))[0])]
        for call in calls:
            self.answered(begun, call)
        if calls[0].error != "NeedsApproval" and (begun, request) in self.world.waiting and self.happens(0.8):
            self.world.waiting.remove((begun, request))

    def same_again(self):
        """The step-up of a request again, so that an agreement is used by a new answer."""
        begun, request = self.pick(self.world.asked)
        if begun is None:
            return
        if self.happens(0.8):
            self.world.asked.remove((begun, request))
        calls = yield [Call("verify", begun.call.uid, "Begin", dict(begun.call.parameters),
                            user=begun.person.name, action=begun.call.notes["action"])
                       for _ in range(self.draw.choice((1, 1, 2)))]
        for again in [one for one in (self.noted(begun.person, call) for call in calls) if one]:
            yield from self.answer(again)

    def wait_for_approval(self):
        if self.world.requests:
            request = self.draw.choice(list(self.world.requests)[-8:])
            yield Call("verify", CONSOLE, "AwaitApproval", {"request": request}, more=self.happens(0.7),
                       user=self.world.requests[request], request=request, waits=True)

    # --- administrators ---

    def authorize(self, verb, details, by=None):
        """The transaction of a granted step-up of an administrator's, and whose it is."""
        person = by or self.somebody(ADMINISTRATORS)
        place = {"action": f"stepup.{verb.lower()}", "user": person.name, "reach": ["browser", "agent"]}
        call = yield Call("verify", person.uid, "Begin",
                          {**place, **({"details": details} if details else {})}, user=person.name,
                          action=place["action"])
        begun = self.noted(person, call)
        answer = (yield from self.answer(begun)) if begun else None
        return (begun.transaction, person) if answer is not None and answer.ok else (None, person)

    def verb(self, verb, details, parameters=None, times=1, by=None, subject=None):
        """An administrator's verb; its call (of several at once with one authorization: the one
        that succeeded)."""
        authorization, person = yield from self.authorize(verb, details, by)
        if authorization is None:
            return None, person
        parameters = {**(details if parameters is None else parameters), "authorization": authorization}
        calls = yield [Call("admin", person.uid, verb, dict(parameters), user=subject or person.name,
                            by=person.name)
                       for _ in range(times)]
        return next((call for call in calls if call.ok), calls[0]), person

    def lock(self, times=1):
        names = sorted({self.somebody(EMPLOYEES + ("list",)).name
                        for _ in range(self.draw.choice((1, 1, 2)))})
        if len(self.world.locked) > 2:
            return
        call, person = yield from self.verb("Lock", {"users": ",".join(names)}, {"users": names}, times,
                                            subject=names[0])
        if call is not None and call.ok:
            self.world.locked.update({name: person.name for name in names})

    def lock_me(self):
        person = self.somebody()
        if len(self.world.locked) <= 2:
            call = yield Call("verify", person.uid, "LockMe", {}, user=person.name)
            if call.ok:
                self.world.locked[person.name] = person.name

    def unlock(self, name=None):
        if not self.world.locked:
            return
        if name not in self.world.locked:
            name = self.draw.choice(list(self.world.locked))
        by = (self.draw.choice([one for one in ADMINISTRATORS if one != self.world.locked[name]])
              if self.happens(0.8) else None)
        call, _ = yield from self.verb("Unlock", {"user": name}, by=self.world.people[by] if by else None,
                                       subject=name)
        if call is not None and (call.ok or "locked" in (call.reply.message or "")):
            self.world.locked.pop(name, None)

    def freeze(self, times=1):
        if not self.world.frozen:
            action = self.draw.choice(tuple(ACTIONS) + ("desk.*",))
            call, _ = yield from self.verb("Freeze", {"action": action}, times=times)
            if call is not None and call.ok:
                self.world.frozen.add(action)

    def thaw(self):
        if self.world.frozen:
            action = self.draw.choice(sorted(self.world.frozen))
            call, _ = yield from self.verb("Thaw", {"action": action})
            if call is not None and not call.lost:
                self.world.frozen.discard(action)

    def verb_twice(self):
        yield from self.draw.choice((self.lock, self.freeze))(times=2)

    def reload_verb(self):
        yield from self.verb("Reload", {})

    def revoke(self):
        person = self.somebody()
        if len(person.holds()) > 1:
            credential = self.draw.choice(person.holds()).credential
            call, _ = yield from self.verb("Revoke", {"user": person.name, "credential": credential},
                                           subject=person.name)
            if call is not None and call.ok:
                person.drop(credential)

    def enrol(self):
        """Somebody who lost a credential gets another, by an invitation."""
        person = self.somebody()
        if len(person.holds()) > 1:
            return
        kind = self.draw.choice(("hotp", "key", "agent"))
        invitation = yield Call("admin", 0, "Init", {"user": person.name, "again": True}, user=person.name)
        if not invitation.ok:
            return
        begun = yield Call("verify", 0, "EnrollBegin",
                           enrolment(person, kind, invitation=invitation.reply["invitation"]),
                           user=person.name)
        if not begun.ok:
            return
        made, answer = prove(self.world, kind, begun.reply)
        done = yield Call("verify", 0, "EnrollFinish", {"transaction": begun.reply["transaction"], **answer},
                          user=person.name)
        if done.ok:
            keep(person, kind, made, done.reply["credential"])

    # --- services ---

    def redeem(self):
        """A receipt: right, with other details, less of it, twice at once, under the name of an execution, by
        another service."""
        if not self.world.receipts:
            return
        granted, receipt = self.draw.choice(self.world.receipts)
        if self.happens(0.5):
            self.world.receipts.remove((granted, receipt))
        said = claims(receipt)
        grant = said["authorization_details"][0]
        details = dict(grant["details"])
        if "records" in details:
            details["records"] = max(0, details["records"]
                                     + self.draw.choices((0, -1, 1, 500), (12, 2, 1, 1))[0])
        if "account" in details and self.happens(0.05):
            details["account"] += "x"
        uid = SERVICES[said["aud"]] if self.happens(0.95) else self.draw.choice((*SERVICES.values(), CONSOLE))
        parameters = {"receipt": receipt, "action": grant["action"], "details": details}
        if self.happens(0.4):
            parameters["exec_id"] = f"job-{self.draw.randrange(3)}"
            parameters["resume"] = self.happens(0.5)
        times = self.draw.choices((1, 2, 4), (6, 1, 1))[0]
        yield [Call("redeem", uid, "Redeem", dict(parameters), user=said["sub"], action=grant["action"],
                    jti=said["jti"])
               for _ in range(times)]
