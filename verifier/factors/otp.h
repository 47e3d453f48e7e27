/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238), by liboath's arithmetic; what counts as spent
 * is decided here.
 * MUST: accept a TOTP step only above the last accepted one; never move a HOTP counter backwards; compare in
 * constant time; look at every step of the window whichever matches.
 * Layer: verifier/factors/. Pure: the caller holds the record inside its transaction and saves it.
 */
#ifndef STEPUP_VERIFIER_OTP_H
#define STEPUP_VERIFIER_OTP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "verifier/state/records/user_record.h"

/* before and after the one that the token's clock should have: RFC 6238 sections 5.2 and 6 */
#define OTP_WINDOW_STEPS 1
#define HOTP_LOOK_AHEAD 10         /* RFC 4226 section 7.2 */
#define HOTP_RESYNC_LOOK_AHEAD 100 /* for two consecutive codes, RFC 4226 section 7.4 */

enum otp_result {
	OTP_WRONG,
	OTP_ACCEPTED,
	OTP_SPENT,   /* right, but used before (or at or below the floor): somebody may be relaying */
	OTP_RESYNC,  /* HOTP far ahead, TOTP far either way: the next code in a row completes it */
};

/* Makes a code well-formed: drops spaces and one dash; STEPUP_INVALID unless 6 to 8 ASCII digits remain. */
enum stepup_error otp_normalise(const char *typed, char code[9]);

/* Checks a normalised code at `now` and moves the credential on where it is accepted (last_step, drift_steps,
 * next_counter, resync_counter, last_used). Steps that begin, by the token's clock, at or before `floor` are
 * spent (0: no floor). STEPUP_INTERNAL where liboath fails: nothing moved. */
enum stepup_error otp_check(struct credential *credential, const char *code, int64_t now, int64_t floor,
	enum otp_result *result);

/* How far a token's clock is from this host's, in seconds, negative where it is behind; 0 for
 * what has no clock. */
int64_t otp_off_seconds(const struct credential *credential);

/* After OTP_RESYNC: how far off this host's the clock would be that the code was right for; 0 for
 * what has no clock. */
int64_t otp_far_seconds(const struct credential *credential, int64_t now);

/* The code of a TOTP step or HOTP counter, for proving and for tests. */
enum stepup_error otp_code(const struct otp_secret *secret, int64_t moving_factor, char code[9]);

/* Fresh random bytes as long as the algorithm's output (RFC 4226 R6, RFC 6238 5.1). */
enum stepup_error otp_secret_generate(struct otp_secret *secret);

/* Base32 (RFC 4648 section 6), spaces and lower case allowed: OTP_SECRET_MIN … OTP_SECRET_MAX bytes, of which
 * zeros at the end are dropped, as many as otp_secret_length() says. */
enum stepup_error otp_secret_parse(const char *base32, struct otp_secret *secret);

/* The secret as base32 without padding; the caller wipes and frees. */
char *otp_secret_format(const struct otp_secret *secret);

/* What the otpauth:// format has by itself, beside SHA-1. */
#define OTP_DIGITS_DEFAULT 6
#define OTP_PERIOD_SECONDS_DEFAULT 30

/* otpauth:// for a QR code: type, issuer, account, secret, a counter, and of algorithm, digits and period
 * what differs from the format's own; the caller wipes and frees. */
char *otp_uri(const struct credential *credential, const char *issuer, const char *account);

#endif
