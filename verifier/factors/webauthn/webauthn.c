/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ceremonies as the relying party checks them, step by step. Numbers are those of WebAuthn Level 3,
 * section 7.1 (registration) and section 7.2 (assertion); steps that are missing here are the client's, or
 * only name things.
 */
#include "verifier/factors/webauthn/webauthn.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/byte_cursor.h"
#include "verifier/factors/attestation/attestation.h"
#include "verifier/factors/attestation/authenticator_data.h"
#include "verifier/factors/webauthn/client_data.h"
#include "verifier/factors/webauthn/webauthn_key.h"
#include "verifier/rules/words/notices.h"

/* One ceremony on its way through its steps. */
struct ceremony {
	const struct webauthn_expected *expected;
	const char *type; /* of its client data */
	const char *why;
	struct byte_cursor id, client_data, authenticator_data;
	json_t *parsed;   /* client data; a seat's is not parsed */
	uint8_t hash[DIGEST_SIZE]; /* of the client data */
	struct authenticator_data data;
	/* Registration. */
	const struct webauthn_registration *registration;
	const struct attestation_trust *trust;
	int64_t now;
	struct attestation_object attestation;
	struct key_credential *made;
	/* Assertion. */
	const struct webauthn_assertion *assertion;
	const struct key_credential *key;
	struct webauthn_assertion_result *result;
};

typedef enum stepup_error step(struct ceremony *ceremony);

static struct byte_cursor cursor_over(struct webauthn_bytes bytes)
{
	return (struct byte_cursor){.at = bytes.bytes, .left = bytes.bytes == NULL ? 0 : bytes.size};
}

static enum stepup_error refuse_unless(struct ceremony *ceremony, bool holds, const char *why)
{
	if (!holds)
		ceremony->why = why;
	return holds ? STEPUP_OK : STEPUP_BAD_ANSWER;
}

static bool has_flag(const struct ceremony *ceremony, uint8_t flag)
{
	return (ceremony->data.flags & flag) != 0;
}

/* --- client data --- */

static enum stepup_error client_data_is_json(struct ceremony *ceremony)
{
	enum stepup_error error =
		client_data_parse(ceremony->client_data.at, ceremony->client_data.left, &ceremony->parsed);

	if (error == STEPUP_INVALID)
		ceremony->why = "client data is malformed";
	return error;
}

static enum stepup_error type_is_right(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, client_data_type_is(ceremony->parsed, ceremony->type), "wrong type");
}

static enum stepup_error challenge_is_ours(struct ceremony *ceremony)
{
	return refuse_unless(ceremony,
		client_data_challenge_is(ceremony->parsed, ceremony->expected->challenge), "wrong challenge");
}

static enum stepup_error origin_is_expected(struct ceremony *ceremony)
{
	return refuse_unless(ceremony,
		client_data_origin_is_one_of(ceremony->parsed, ceremony->expected->origins), "wrong origin");
}

static enum stepup_error no_cross_origin(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, !client_data_is_cross_origin(ceremony->parsed), "cross-origin");
}

static enum stepup_error no_top_origin(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, !client_data_has_top_origin(ceremony->parsed),
		"framed by another origin");
}

/* A browser's client data, by the numbers of registration and assertion. */
static step *const browser_steps[] = {
	client_data_is_json, /* 5, 6 and 8, 9 */
	type_is_right,       /* 7 and 10 */
	challenge_is_ours,   /* 8 and 11 */
	origin_is_expected,  /* 9 and 12 */
	no_cross_origin,     /* 10 and 13 */
	no_top_origin,       /* 11 and 14 */
};

static enum stepup_error webauthn_run(struct ceremony *ceremony, step *const *steps, size_t count)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		error = steps[i](ceremony);
	return error;
}

#define RUN(ceremony, steps) webauthn_run((ceremony), (steps), sizeof(steps) / sizeof((steps)[0]))

/* At the seat the verifier wrote the client data, so all of the above holds of it; where the response has
 * one, it is the same. */
static enum stepup_error client_data_is_right(struct ceremony *ceremony)
{
	struct byte_cursor own = cursor_over(ceremony->expected->client_data);
	bool same = ceremony->client_data.at == NULL ||
		(ceremony->client_data.left == own.left && own.left > 0 &&
			memcmp(ceremony->client_data.at, own.at, own.left) == 0);

	if (ceremony->expected->client_data.bytes == NULL)
		return RUN(ceremony, browser_steps);
	ceremony->client_data = own;
	return refuse_unless(ceremony, same, "client data is not the verifier's");
}

static enum stepup_error client_data_is_hashed(struct ceremony *ceremony)
{
	return digest_sha256(ceremony->client_data.at, ceremony->client_data.left, ceremony->hash);
}

/* --- authenticator data --- */

static enum stepup_error rp_id_is_ours(struct ceremony *ceremony)
{
	uint8_t hash[DIGEST_SIZE];
	enum stepup_error error =
		digest_sha256(ceremony->expected->rp_id, strlen(ceremony->expected->rp_id), hash);

	if (error != STEPUP_OK)
		return error;
	return refuse_unless(ceremony, memcmp(ceremony->data.rp_id_hash, hash, DIGEST_SIZE) == 0,
		"wrong RP ID");
}

static enum stepup_error user_is_present(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, has_flag(ceremony, FLAG_USER_PRESENT), "user presence is missing");
}

static enum stepup_error user_is_verified(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, !ceremony->expected->user_verification ||
		has_flag(ceremony, FLAG_USER_VERIFIED), "user verification is missing");
}

static enum stepup_error backup_needs_eligibility(struct ceremony *ceremony)
{
	return refuse_unless(ceremony, has_flag(ceremony, FLAG_BACKUP_ELIGIBLE) ||
		!has_flag(ceremony, FLAG_BACKED_UP), "backed up but not eligible for backup");
}

/* --- registration --- */

static enum stepup_error attestation_is_read(struct ceremony *ceremony)
{
	enum stepup_error error =
		attestation_object_parse(cursor_over(ceremony->registration->attestation_object),
			ceremony->expected->attestation_unseen, &ceremony->attestation, &ceremony->why);

	if (error != STEPUP_OK)
		return error;
	return authenticator_data_parse(ceremony->attestation.authenticator_data, true, &ceremony->data,
		&ceremony->why);
}

static enum stepup_error algorithm_was_asked_for(struct ceremony *ceremony)
{
	const int *algorithm = ceremony->expected->algorithms;

	while (algorithm != NULL && *algorithm != 0 && *algorithm != ceremony->data.algorithm)
		algorithm++;
	return refuse_unless(ceremony, algorithm != NULL && *algorithm != 0, "algorithm was not asked for");
}

static enum stepup_error attestation_holds(struct ceremony *ceremony)
{
	return attestation_verify(&ceremony->attestation, &ceremony->data, ceremony->hash, &ceremony->why);
}

static enum stepup_error attestation_is_assessed(struct ceremony *ceremony)
{
	return attestation_assess(&ceremony->attestation, &ceremony->data, ceremony->trust, ceremony->now,
		ceremony->made, &ceremony->why);
}

static enum stepup_error id_has_a_fair_length(struct ceremony *ceremony)
{
	size_t size = ceremony->data.id.left;

	return refuse_unless(ceremony, size > 0 && size <= KEY_ID_MAX, "credential id is empty or too long");
}

/* Not a step of its own: what the client says the credential is called, and what the authenticator says. */
static enum stepup_error id_is_the_response_s(struct ceremony *ceremony)
{
	const struct byte_cursor *id = &ceremony->data.id;

	return refuse_unless(ceremony, ceremony->id.at == NULL ||
		(ceremony->id.left == id->left && memcmp(ceremony->id.at, id->at, id->left) == 0),
		"credential id is not the authenticator's");
}

static enum stepup_error key_is_recorded(struct ceremony *ceremony)
{
	const struct authenticator_data *data = &ceremony->data;
	struct key_credential *key = ceremony->made;

	key->algorithm = data->algorithm;
	memcpy(key->public_key, data->public_key, data->public_key_size);
	key->public_key_size = data->public_key_size;
	memcpy(key->id, data->id.at, data->id.left);
	key->id_size = data->id.left;
	key->counter = data->counter;
	key->backup_eligible = has_flag(ceremony, FLAG_BACKUP_ELIGIBLE);
	key->backed_up = has_flag(ceremony, FLAG_BACKED_UP);
	key->user_verified = has_flag(ceremony, FLAG_USER_VERIFIED);
	key->transports = ceremony->registration->transports & TRANSPORTS_ALL;
	return STEPUP_OK;
}

/* Section 7.1. Steps 18 and 19 (what backups mean) and 26 (nobody has the credential yet) are the
 * caller's. Extensions were asked for none, so what stands in their place (28) need only be well-formed,
 * which it is since step 13. */
static step *const registration_steps[] = {
	client_data_is_right,     /* 5 to 11 */
	client_data_is_hashed,    /* 12 */
	attestation_is_read,      /* 13 */
	rp_id_is_ours,            /* 14 */
	user_is_present,          /* 15 */
	user_is_verified,         /* 16 */
	backup_needs_eligibility, /* 17 */
	algorithm_was_asked_for,  /* 20 */
	attestation_holds,        /* 21, 22 */
	id_has_a_fair_length,     /* 25 */
	id_is_the_response_s,
	key_is_recorded,          /* 27 */
	attestation_is_assessed,  /* 23, 24 */
};

enum stepup_error webauthn_register(const struct webauthn_expected *expected,
	const struct webauthn_registration *response, const struct attestation_trust *trust, int64_t now,
	struct key_credential *key, const char **why)
{
	struct ceremony ceremony = {
		.expected = expected,
		.type = "webauthn.create",
		.id = cursor_over(response->id),
		.client_data = cursor_over(response->client_data),
		.registration = response,
		.trust = trust,
		.now = now,
		.made = key,
	};
	enum stepup_error error;

	memset(key, 0, sizeof(*key));
	error = RUN(&ceremony, registration_steps);
	json_decref(ceremony.parsed);
	*why = ceremony.why;
	if (error != STEPUP_OK)
		memset(key, 0, sizeof(*key));
	return error;
}

/* --- assertion --- */

static enum stepup_error credential_is_the_one(struct ceremony *ceremony)
{
	const struct key_credential *key = ceremony->key;

	return refuse_unless(ceremony, key->id_size > 0 && ceremony->id.left == key->id_size &&
		memcmp(ceremony->id.at, key->id, key->id_size) == 0, "another credential");
}

static enum stepup_error user_handle_is_the_user_s(struct ceremony *ceremony)
{
	struct byte_cursor claimed = cursor_over(ceremony->assertion->user_handle),
		own = cursor_over(ceremony->expected->user_handle);

	return refuse_unless(ceremony, claimed.left == 0 ||
		(own.at != NULL && claimed.left == own.left && memcmp(claimed.at, own.at, own.left) == 0),
		"user handle is another user's");
}

static enum stepup_error authenticator_data_is_read(struct ceremony *ceremony)
{
	return authenticator_data_parse(cursor_over(ceremony->assertion->authenticator_data), false,
		&ceremony->data, &ceremony->why);
}

static enum stepup_error backup_eligibility_is_what_it_was(struct ceremony *ceremony)
{
	return refuse_unless(ceremony,
		has_flag(ceremony, FLAG_BACKUP_ELIGIBLE) == ceremony->key->backup_eligible,
		NOTICE_WHY_BACKUP);
}

static enum stepup_error webauthn_signature_holds(struct ceremony *ceremony)
{
	const struct webauthn_signed what = {.rp_id = ceremony->expected->rp_id,
		.user_verification = ceremony->expected->user_verification,
		.algorithm = ceremony->key->algorithm,
		.public_key = ceremony->key->public_key,
		.public_key_size = ceremony->key->public_key_size,
		.authenticator_data = ceremony->data.whole,
		.client_data_hash = ceremony->hash,
		.signature = cursor_over(ceremony->assertion->signature)};
	enum stepup_error error = STEPUP_BAD_ANSWER;

	if (what.signature.left > 0 && what.signature.left <= KEY_SIGNATURE_MAX)
		error = webauthn_key_verify(&what);
	if (error != STEPUP_OK)
		ceremony->why = "signature";
	return error;
}

static enum stepup_error counter_is_judged(struct ceremony *ceremony)
{
	int64_t counter = ceremony->data.counter, known = ceremony->key->counter;

	ceremony->result->counter = counter;
	ceremony->result->counter_result =
		counter == 0 && known == 0 ? COUNTER_ABSENT : counter > known ? COUNTER_ROSE : COUNTER_FELL;
	return STEPUP_OK;
}

static enum stepup_error state_is_reported(struct ceremony *ceremony)
{
	ceremony->result->user_verified = has_flag(ceremony, FLAG_USER_VERIFIED);
	ceremony->result->backed_up = has_flag(ceremony, FLAG_BACKED_UP);
	return STEPUP_OK;
}

/* Section 7.2. Extensions were asked for none, so what stands in their place (23) need
 * only be well-formed. */
static step *const assertion_steps[] = {
	credential_is_the_one,             /* 5, 6 */
	user_handle_is_the_user_s,         /* 6 */
	authenticator_data_is_read,        /* 7, 23 */
	client_data_is_right,              /* 8 to 14 */
	rp_id_is_ours,                     /* 15 */
	user_is_present,                   /* 16 */
	user_is_verified,                  /* 17 */
	backup_needs_eligibility,          /* 18 */
	client_data_is_hashed,             /* 20 */
	webauthn_signature_holds,                   /* 21 */
	backup_eligibility_is_what_it_was, /* 19, last: it is told as what it is, of a key that signed it */
	counter_is_judged,                 /* 22 */
	state_is_reported,                 /* 24 */
};

enum stepup_error webauthn_assert(const struct webauthn_expected *expected,
	const struct webauthn_assertion *response, const struct key_credential *key,
	struct webauthn_assertion_result *result, const char **why)
{
	struct ceremony ceremony = {
		.expected = expected,
		.type = "webauthn.get",
		.id = cursor_over(response->id),
		.client_data = cursor_over(response->client_data),
		.assertion = response,
		.key = key,
		.result = result,
	};
	enum stepup_error error;

	memset(result, 0, sizeof(*result));
	error = RUN(&ceremony, assertion_steps);
	json_decref(ceremony.parsed);
	*why = ceremony.why;
	if (error != STEPUP_OK)
		memset(result, 0, sizeof(*result));
	return error;
}
