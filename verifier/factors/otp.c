/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-time codes. liboath does the arithmetic of one code and nothing else: no file, no window, no
 * comparison of its own.
 */
#include "verifier/factors/otp.h"

#include <liboath/oath.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/wipe.h"

#define CODE_SIZE 9       /* bytes, with the NUL */
#define TYPED_MAX 32      /* bytes; nobody types more around 8 digits */
#define DIGITS_MIN 6
#define DIGITS_MAX 8
#define COUNTER_MAX (INT64_MAX / 2) /* far above any real one; keeps sums below from wrapping */

static int oath_state = OATH_CRYPTO_ERROR;
static pthread_once_t oath_once = PTHREAD_ONCE_INIT;

static void oath_start(void)
{
	oath_state = oath_init();
}

enum stepup_error otp_normalise(const char *typed, char code[CODE_SIZE])
{
	size_t digits = 0, dashes = 0, i;

	memset(code, 0, CODE_SIZE);
	for (i = 0; i < TYPED_MAX && typed[i] != '\0'; i++) {
		if (typed[i] == ' ')
			continue;
		if (typed[i] == '-' && ++dashes == 1)
			continue;
		if (typed[i] < '0' || typed[i] > '9' || digits == DIGITS_MAX)
			goto invalid;
		code[digits++] = typed[i];
	}
	if (typed[i] == '\0' && digits >= DIGITS_MIN)
		return STEPUP_OK;
invalid:
	wipe_memory(code, CODE_SIZE);
	return STEPUP_INVALID;
}

static int algorithm_flags(enum otp_algorithm algorithm)
{
	return algorithm == OTP_SHA512 ? OATH_TOTP_HMAC_SHA512
		: algorithm == OTP_SHA256 ? OATH_TOTP_HMAC_SHA256 : 0;
}

/* liboath's HOTP knows SHA-1 only; its TOTP with a period of one second is HOTP with any of the three. */
enum stepup_error otp_code(const struct otp_secret *secret, int64_t moving_factor, char code[CODE_SIZE])
{
	(void)pthread_once(&oath_once, oath_start);
	memset(code, 0, CODE_SIZE);
	if (oath_state != OATH_OK || moving_factor < 0 || secret->digits < DIGITS_MIN ||
	    secret->digits > DIGITS_MAX || secret->size < OTP_SECRET_MIN || secret->size > OTP_SECRET_MAX ||
	    secret->algorithm < OTP_SHA1 || secret->algorithm > OTP_SHA512)
		return STEPUP_INTERNAL;
	if (oath_totp_generate2((const char *)secret->bytes, secret->size, (time_t)moving_factor, 1, 0,
		    secret->digits, algorithm_flags(secret->algorithm), code) != OATH_OK ||
	    strlen(code) != secret->digits) {
		wipe_memory(code, CODE_SIZE);
		return STEPUP_INTERNAL;
	}
	return STEPUP_OK;
}

/* Whether the code is the one of this moving factor. Both rooms are NUL-padded: a code of another
 * length never matches. */
static enum stepup_error code_matches(const struct otp_secret *secret, int64_t moving_factor,
	const char code[CODE_SIZE], bool *matches)
{
	char right[CODE_SIZE];
	enum stepup_error error = otp_code(secret, moving_factor, right);

	*matches = error == STEPUP_OK && equal_constant_time(right, code, CODE_SIZE);
	WIPE_ARRAY(right);
	return error;
}

/* Whether a step may be accepted: above the last one, and not one of before `floor`, which is this host's
 * time. Who seems to be behind may have typed late. */
static bool step_is_good(const struct otp_secret *secret, int64_t step, int64_t floor)
{
	int64_t shown = step - secret->drift_steps - (secret->drift_steps < 0);

	return step > secret->last_step && (floor == 0 || shown * (int64_t)secret->period_seconds > floor);
}

/* The steps around the one that the token's clock should have now. One step of drift isn't told from a person
 * who types late, so this host's own are in it then, too. */
static void window_of(const struct otp_secret *secret, int64_t here, int64_t *first, int64_t *last)
{
	*first = here + secret->drift_steps - OTP_WINDOW_STEPS - (secret->drift_steps == 1);
	*last = here + secret->drift_steps + OTP_WINDOW_STEPS + (secret->drift_steps == -1);
	if (*first < here - OTP_DRIFT_MAX_STEPS)
		*first = here - OTP_DRIFT_MAX_STEPS;
	if (*first < 0)
		*first = 0;
	if (*last > here + OTP_DRIFT_MAX_STEPS)
		*last = here + OTP_DRIFT_MAX_STEPS;
}

/* The step further out that a code is right for: the one that completes a resynchronisation, else the first
 * that could begin one; -1 for none. */
static enum stepup_error match_far(const struct otp_secret *secret, const char code[CODE_SIZE], int64_t here,
	int64_t floor, int64_t *far)
{
	int64_t step = here > OTP_DRIFT_MAX_STEPS ? here - OTP_DRIFT_MAX_STEPS : 0;
	bool matches;

	*far = -1;
	for (; step <= here + OTP_DRIFT_MAX_STEPS; step++) {
		enum stepup_error error = code_matches(secret, step, code, &matches);

		if (error != STEPUP_OK)
			return error;
		if (matches && step_is_good(secret, step, floor) &&
		    (*far < 0 || step == secret->resync_counter))
			*far = step;
	}
	return STEPUP_OK;
}

static enum stepup_error check_far(struct otp_secret *secret, const char code[CODE_SIZE], int64_t here,
	int64_t floor, enum otp_result *result)
{
	int64_t far, expected = secret->resync_counter;
	enum stepup_error error = match_far(secret, code, here, floor, &far);

	if (error != STEPUP_OK)
		return error;
	secret->resync_counter = -1; /* whatever isn't the next code in a row ends a resynchronisation */
	if (far >= 0 && far == expected) {
		secret->last_step = far;
		secret->drift_steps = far - here;
		*result = OTP_ACCEPTED;
	} else if (far >= 0) {
		secret->resync_counter = far + 1;
		*result = OTP_RESYNC;
	}
	return STEPUP_OK;
}

/* A code that two steps share is taken for the later one, so that it can't be good again. */
static enum stepup_error check_totp(struct otp_secret *secret, const char code[CODE_SIZE], int64_t now,
	int64_t floor, enum otp_result *result)
{
	int64_t period = secret->period_seconds, accepted = -1, here, first, last;
	bool matches, spent = false;
	enum stepup_error error;

	if (period < 1 || now < 0)
		return STEPUP_INTERNAL;
	here = now / period;
	window_of(secret, here, &first, &last);
	for (int64_t step = first; step <= last; step++) {
		error = code_matches(secret, step, code, &matches);
		if (error != STEPUP_OK)
			return error;
		if (matches && step_is_good(secret, step, floor))
			accepted = step;
		else if (matches)
			spent = true;
	}
	*result = accepted >= 0 ? OTP_ACCEPTED : spent ? OTP_SPENT : OTP_WRONG;
	if (*result == OTP_WRONG)
		return check_far(secret, code, here, floor, result);
	secret->resync_counter = -1;
	if (accepted >= 0) {
		secret->last_step = accepted;
		secret->drift_steps = accepted - here;
	}
	return STEPUP_OK;
}

int64_t otp_off_seconds(const struct credential *credential)
{
	return credential->type == CREDENTIAL_TOTP
		? credential->otp.drift_steps * (int64_t)credential->otp.period_seconds : 0;
}

int64_t otp_far_seconds(const struct credential *credential, int64_t now)
{
	const struct otp_secret *otp = &credential->otp;

	if (credential->type != CREDENTIAL_TOTP || otp->resync_counter < 1 || otp->period_seconds == 0)
		return 0;
	return (otp->resync_counter - 1 - now / (int64_t)otp->period_seconds) * (int64_t)otp->period_seconds;
}

/* What the counters around the expected one say about a code; -1 for no match. */
struct hotp_matches {
	int64_t near;   /* within the look-ahead, or completing a resynchronisation */
	int64_t far;    /* beyond it: could begin a resynchronisation */
	bool previous;  /* the last one accepted */
	bool completes; /* the one after the last code, where that began something */
};

static enum stepup_error match_hotp(const struct otp_secret *secret, const char code[CODE_SIZE],
	int64_t awaited, struct hotp_matches *found)
{
	int64_t next = secret->next_counter;
	bool matches;
	enum stepup_error error;

	*found = (struct hotp_matches){.near = -1, .far = -1};
	for (int64_t counter = next > 0 ? next - 1 : 0; counter < next + HOTP_RESYNC_LOOK_AHEAD; counter++) {
		error = code_matches(secret, counter, code, &matches);
		if (error != STEPUP_OK)
			return error;
		if (matches && counter == awaited)
			found->completes = true;
		if (matches && counter < next)
			found->previous = true;
		else if (matches && (counter < next + HOTP_LOOK_AHEAD || counter == awaited))
			found->near = counter; /* the last of them, so that the code can't be good again */
		else if (matches && found->far < 0)
			found->far = counter;
	}
	/* A resynchronisation begun at the last far counter is completed by the one after it. */
	if (awaited == next + HOTP_RESYNC_LOOK_AHEAD) {
		error = code_matches(secret, awaited, code, &matches);
		if (error != STEPUP_OK)
			return error;
		if (matches)
			found->near = awaited;
		found->completes = found->completes || matches;
	}
	return STEPUP_OK;
}

static enum stepup_error check_hotp(struct otp_secret *secret, const char code[CODE_SIZE],
	enum otp_result *result)
{
	bool in_doubt = secret->resync_counter <= OTP_IN_DOUBT;
	int64_t awaited = in_doubt ? OTP_IN_DOUBT - 1 - secret->resync_counter : secret->resync_counter;
	struct hotp_matches found;
	int64_t begun;
	enum stepup_error error;

	if (secret->next_counter < 0 || secret->next_counter > COUNTER_MAX)
		return STEPUP_INTERNAL;
	error = match_hotp(secret, code, awaited, &found);
	if (error != STEPUP_OK)
		return error;
	begun = found.near >= 0 ? found.near : found.far;
	/* whatever isn't the next code in a row ends a resynchronisation */
	secret->resync_counter = in_doubt ? OTP_IN_DOUBT : -1;
	if (in_doubt && begun >= 0 && !found.completes) {
		secret->resync_counter = OTP_IN_DOUBT - 1 - (begun + 1);
		*result = OTP_RESYNC;
	} else if (found.near >= 0) {
		secret->resync_counter = -1;
		secret->next_counter = found.near + 1;
		*result = OTP_ACCEPTED;
	} else if (found.previous) {
		*result = OTP_SPENT;
	} else if (found.far >= 0) {
		secret->resync_counter = found.far + 1;
		*result = OTP_RESYNC;
	} else {
		*result = OTP_WRONG;
	}
	return STEPUP_OK;
}

enum stepup_error otp_check(struct credential *credential, const char *code, int64_t now, int64_t floor,
	enum otp_result *result)
{
	char padded[CODE_SIZE] = {0};
	enum stepup_error error;

	*result = OTP_WRONG;
	if (credential->state != CREDENTIAL_LIVE || !credential_is_code(credential))
		return STEPUP_OK;
	if (strnlen(code, CODE_SIZE) == CODE_SIZE)
		return STEPUP_INVALID;
	memcpy(padded, code, strlen(code));
	error = credential->type == CREDENTIAL_TOTP ? check_totp(&credential->otp, padded, now, floor, result)
		: check_hotp(&credential->otp, padded, result);
	WIPE_ARRAY(padded);
	if (error == STEPUP_OK && *result == OTP_ACCEPTED)
		credential->last_used = now;
	return error;
}

enum stepup_error otp_secret_generate(struct otp_secret *secret)
{
	static const size_t sizes[] = {[OTP_SHA1] = 20, [OTP_SHA256] = 32, [OTP_SHA512] = 64};

	if (secret->algorithm < OTP_SHA1 || secret->algorithm > OTP_SHA512)
		return STEPUP_INVALID;
	secret->size = sizes[secret->algorithm];
	WIPE_ARRAY(secret->bytes);
	do {
		if (getrandom(secret->bytes, secret->size, 0) != (ssize_t)secret->size)
			return STEPUP_INTERNAL;
	/* one in 256: apps take secrets of the usual length best */
	} while (otp_secret_length(secret) != secret->size);
	return STEPUP_OK;
}

static int base32_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

/* Whether a text of so many characters and pads can be base32 at all (RFC 4648 section 6). */
static bool base32_length_fits(size_t characters, size_t pads)
{
	size_t rest = characters % 8;

	if (rest == 1 || rest == 3 || rest == 6)
		return false;
	return pads == 0 || (rest != 0 && pads == 8 - rest);
}

enum stepup_error otp_secret_parse(const char *base32, struct otp_secret *secret)
{
	size_t characters = 0, pads = 0;
	unsigned bits = 0, held = 0;
	enum stepup_error error = STEPUP_INVALID;

	WIPE_ARRAY(secret->bytes);
	secret->size = 0;
	for (; *base32 != '\0'; base32++) {
		int value = base32_value(*base32);

		if (*base32 == ' ')
			continue;
		if (*base32 == '=' && pads < 6) {
			pads++;
			continue;
		}
		if (value < 0 || pads > 0)
			goto out;
		characters++;
		bits = bits << 5 | (unsigned)value;
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		if (secret->size == OTP_SECRET_MAX) {
			error = STEPUP_TOO_LONG;
			goto out;
		}
		secret->bytes[secret->size++] = (uint8_t)(bits >> held);
		bits &= (1U << held) - 1;
	}
	if (bits == 0 && base32_length_fits(characters, pads) && secret->size >= OTP_SECRET_MIN) {
		secret->size = otp_secret_length(secret);
		error = STEPUP_OK;
	}
out:
	wipe_memory(&bits, sizeof(bits));
	if (error != STEPUP_OK) {
		WIPE_ARRAY(secret->bytes);
		secret->size = 0;
	}
	return error;
}

char *otp_secret_format(const struct otp_secret *secret)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char *text = calloc(1, (secret->size * 8 + 4) / 5 + 1);
	unsigned bits = 0, held = 0;
	size_t length = 0;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < secret->size; i++) {
		bits = bits << 8 | secret->bytes[i];
		for (held += 8; held >= 5;) {
			held -= 5;
			text[length++] = alphabet[bits >> held & 31];
		}
		bits &= (1U << held) - 1;
	}
	if (held > 0)
		text[length] = alphabet[bits << (5 - held) & 31];
	wipe_memory(&bits, sizeof(bits));
	return text;
}

/* Percent-encodes all but the unreserved characters of RFC 3986; the caller frees. */
static char *percent_encode(const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *encoded = calloc(3, strlen(text) + 1), *out = encoded;

	for (const char *in = text; encoded != NULL && *in != '\0'; in++) {
		unsigned char c = (unsigned char)*in;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~", c) != NULL) {
			*out++ = *in;
		} else {
			*out++ = '%';
			*out++ = hex[c >> 4];
			*out++ = hex[c & 15];
		}
	}
	return encoded;
}

/* What differs from the values that the format has by itself: one SHA-1 code of six digits every thirty
 * seconds. Each byte makes the QR code larger. */
static char *uri_parameters(const struct otp_secret *otp, bool totp)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	if (otp->algorithm != OTP_SHA1)
		fprintf(out, "&algorithm=%s", otp_algorithm_name(otp->algorithm));
	if (otp->digits != OTP_DIGITS_DEFAULT)
		fprintf(out, "&digits=%u", otp->digits);
	if (!totp)
		fprintf(out, "&counter=%lld", (long long)otp->next_counter); /* required */
	else if (otp->period_seconds != OTP_PERIOD_SECONDS_DEFAULT)
		fprintf(out, "&period=%lld", (long long)otp->period_seconds);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *otp_uri(const struct credential *credential, const char *issuer, const char *account)
{
	const struct otp_secret *otp = &credential->otp;
	bool totp = credential->type == CREDENTIAL_TOTP;
	char *safe_issuer = percent_encode(issuer), *safe_account = percent_encode(account);
	char *secret = otp_secret_format(otp), *parameters = uri_parameters(otp, totp), *uri = NULL;

	if (safe_issuer != NULL && safe_account != NULL && secret != NULL && parameters != NULL &&
	    asprintf(&uri, "otpauth://%s/%s:%s?secret=%s&issuer=%s%s", totp ? "totp" : "hotp", safe_issuer,
		    safe_account, secret, safe_issuer, parameters) < 0)
		uri = NULL;
	free(safe_issuer);
	free(safe_account);
	free(parameters);
	wipe_free_string(&secret);
	return uri;
}
