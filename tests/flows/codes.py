# SPDX-License-Identifier: BSD-2-Clause
"""One-time codes, by RFC 4226 and RFC 6238 and without any of the product's code. For harness.py,
which hands them on."""
import base64
import hashlib
import hmac
import struct
import time


def hotp(key, counter, digits=6, algorithm="SHA1"):
    digest = hmac.new(key, struct.pack(">Q", counter), getattr(hashlib, algorithm.lower())).digest()
    offset = digest[-1] & 15
    return str((struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7fffffff) % 10 ** digits).zfill(digits)


def unshared(code, counter, ahead=10):
    """The first counter from this one on whose code no later one has that the verifier looks at: of several
    it takes the last, so that what was typed can't count again, and with it those between."""
    while code(counter) in {code(counter + i) for i in range(1, ahead + 1)}:
        counter += 1
    return counter


def totp(secret, at=None, digits=6, algorithm="SHA1", period=30):
    text = secret.replace(" ", "").upper()
    key = base64.b32decode(text + "=" * (-len(text) % 8))
    return hotp(key, int(time.time() if at is None else at) // period, digits, algorithm)


class Secret:
    """An enrolled TOTP secret. fresh() gives a code that the verifier still takes: of the current step, or of
    the next one (which the window of one step allows) where the current one is used up; it waits for a
    step where both are."""

    def __init__(self, text, digits=6, algorithm="SHA1", period=30):
        self.text, self.digits, self.algorithm, self.period = text, digits, algorithm, period
        self.used = -1
        self.credential = None

    def step(self, at=None):
        return int(time.time() if at is None else at) // self.period

    def code(self, at=None, ahead=0):
        return totp(self.text, (time.time() if at is None else at) + ahead * self.period, self.digits,
                    self.algorithm, self.period)

    def fresh(self):
        while self.used > self.step():
            time.sleep(self.period - time.time() % self.period + 0.01)
        step = max(self.used + 1, self.step())
        self.used = step
        return totp(self.text, step * self.period, self.digits, self.algorithm, self.period)

    def wrong(self):
        """A well-formed code that no step near now has."""
        near = {self.code(ahead=ahead) for ahead in range(-3, 4)}
        return next(code for code in (str(n).zfill(self.digits) for n in range(10 ** self.digits))
                    if code not in near)


class Token:
    """An enrolled HOTP secret: fresh() gives the next code."""

    def __init__(self, text, digits=6, algorithm="SHA1", counter=0):
        self.key = base64.b32decode(text + "=" * (-len(text) % 8))
        self.digits, self.algorithm, self.counter = digits, algorithm, counter
        self.credential = None

    def code(self, counter):
        return hotp(self.key, counter, self.digits, self.algorithm)

    def fresh(self):
        self.counter = unshared(self.code, self.counter) + 1
        return self.code(self.counter - 1)

    def wrong(self):
        """A well-formed code that no counter near now has."""
        near = {self.code(counter) for counter in range(max(self.counter - 2, 0), self.counter + 110)}
        return next(code for code in (str(n).zfill(self.digits) for n in range(10 ** self.digits))
                    if code not in near)
