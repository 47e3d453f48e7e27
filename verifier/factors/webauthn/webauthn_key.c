/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures of assertions, by libfido2.
 */
#include "verifier/factors/webauthn/webauthn_key.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

#include "lib/evidence/key_signature.h"

static enum stepup_error translate(int code)
{
	switch (code) {
	case FIDO_OK:
		return STEPUP_OK;
	case FIDO_ERR_INTERNAL:
		return STEPUP_NO_MEMORY;
	default:
		return STEPUP_BAD_ANSWER;
	}
}

/* Each kind of key has a type of its own in libfido2, but the same three functions. */
#define VERIFY_WITH(kind, what, assertion, error) \
	do { \
		kind##_pk_t *key = kind##_pk_new(); \
\
		if (key == NULL) \
			(error) = STEPUP_NO_MEMORY; \
		else if (kind##_pk_from_ptr(key, (what)->public_key, (what)->public_key_size) != FIDO_OK) \
			(error) = STEPUP_INVALID; \
		else \
			(error) = translate(fido_assert_verify((assertion), 0, (what)->algorithm, key)); \
		kind##_pk_free(&key); \
	} while (0)

static enum stepup_error verify(const struct webauthn_signed *what, const fido_assert_t *assertion)
{
	enum stepup_error error = STEPUP_INVALID;

	switch (what->algorithm) {
	case KEY_ES256:
		VERIFY_WITH(es256, what, assertion, error);
		break;
	case KEY_ES384:
		VERIFY_WITH(es384, what, assertion, error);
		break;
	case KEY_EDDSA:
		VERIFY_WITH(eddsa, what, assertion, error);
		break;
	case KEY_RS256:
		VERIFY_WITH(rs256, what, assertion, error);
		break;
	default:
		break;
	}
	return error;
}

enum stepup_error webauthn_key_verify(const struct webauthn_signed *what)
{
	fido_assert_t *assertion;
	enum stepup_error error;
	int code;

	/* libfido2 would take the beginning of a longer key for a key. */
	if (what->public_key_size == 0 || what->public_key_size != key_public_size(what->algorithm))
		return STEPUP_INVALID;
	assertion = fido_assert_new();
	if (assertion == NULL)
		return STEPUP_NO_MEMORY;
	code = fido_assert_set_rp(assertion, what->rp_id);
	if (code == FIDO_OK)
		code = fido_assert_set_clientdata_hash(assertion, what->client_data_hash, DIGEST_SIZE);
	if (code == FIDO_OK)
		code = fido_assert_set_count(assertion, 1);
	if (code == FIDO_OK)
		code = fido_assert_set_authdata_raw(assertion, 0, what->authenticator_data.at,
			what->authenticator_data.left);
	if (code == FIDO_OK)
		code = fido_assert_set_sig(assertion, 0, what->signature.at, what->signature.left);
	if (code == FIDO_OK)
		code = fido_assert_set_up(assertion, FIDO_OPT_TRUE);
	if (code == FIDO_OK && what->user_verification)
		code = fido_assert_set_uv(assertion, FIDO_OPT_TRUE);
	error = code == FIDO_OK ? verify(what, assertion) : translate(code);
	fido_assert_free(&assertion);
	return error;
}
