/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts: keys, claims, signature. A signature is OpenSSL's, because libjose would read the key anew for
 * each one (three times the cost).
 */
#include "verifier/evidence/receipt.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/evidence/jws.h"
#include "lib/evidence/receipt_check.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "verifier/host/clock.h"

#define RECEIPT_PURPOSE "receipt"

struct receipt_signer {
	EVP_PKEY *key; /* the newest one */
	char *header;  /* base64url of {"alg":"ES256","kid":…,"typ":…} */
	json_t *jwks;  /* public halves of all keys */
};

/* What one walk over the kept keys gathers. */
struct key_walk {
	struct receipt_signer *signer;
	enum stepup_error error;
	size_t count;
};

/* Makes the key that signs, and the header it signs under. */
static enum stepup_error signer_use(struct receipt_signer *signer, const json_t *jwk, const char *kid)
{
	json_t *header =
		json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", "stepup-receipt+jwt", "kid", kid);
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error = header == NULL ? STEPUP_NO_MEMORY : json_canonical(header, &text, &size);

	if (error == STEPUP_OK)
		signer->header = base64url_encode_new(text, size);
	if (error == STEPUP_OK && signer->header == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		signer->key = jwk_key(jwk);
	if (error == STEPUP_OK && signer->key == NULL)
		error = STEPUP_CORRUPT;
	json_decref(header);
	free(text);
	return error;
}

static bool receipt_take_key(void *context, const char *kid, const char *secret, int64_t at)
{
	struct key_walk *walk = context;
	char expected[JWK_KID_SIZE];
	json_t *jwk = json_loads(secret, JSON_REJECT_DUPLICATES, NULL);

	(void)at;
	walk->error = jwk == NULL ? STEPUP_CORRUPT : jwk_kid(jwk, expected);
	if (walk->error == STEPUP_OK && strcmp(kid, expected) != 0)
		walk->error = STEPUP_CORRUPT;
	if (walk->error == STEPUP_OK &&
	    json_array_append_new(json_object_get(walk->signer->jwks, "keys"), jwk_public(jwk, kid)) != 0)
		walk->error = STEPUP_NO_MEMORY;
	if (walk->error == STEPUP_OK && walk->count++ == 0)
		walk->error = signer_use(walk->signer, jwk, kid);
	json_wipe_free(&jwk);
	return walk->error == STEPUP_OK;
}

static enum stepup_error receipt_key_keep(struct store_session *session, const char *kid, const char *secret)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = store_key_add(session, RECEIPT_PURPOSE, kid, secret, clock_wall_seconds());
	if (error == STEPUP_OK)
		error = store_commit(session);
	if (error != STEPUP_OK)
		store_rollback(session);
	return error;
}

/* Makes a key and keeps it. */
static enum stepup_error receipt_key_make(struct store_session *session)
{
	json_t *jwk = NULL;
	char kid[JWK_KID_SIZE], *secret = NULL;
	size_t size = 0;
	enum stepup_error error = jwk_make(&jwk);

	if (error == STEPUP_OK)
		error = jwk_kid(jwk, kid);
	if (error == STEPUP_OK)
		error = json_canonical(jwk, &secret, &size);
	if (error == STEPUP_OK)
		error = receipt_key_keep(session, kid, secret);
	wipe_free_string(&secret);
	json_wipe_free(&jwk);
	return error;
}

static enum stepup_error keys_load(struct store_session *session, struct key_walk *walk)
{
	enum stepup_error error = store_key_each(session, RECEIPT_PURPOSE, receipt_take_key, walk);

	return error == STEPUP_OK || error == STEPUP_NOT_FOUND ? walk->error : error;
}

void receipt_signer_free(struct receipt_signer **signer)
{
	if (*signer == NULL)
		return;
	EVP_PKEY_free((*signer)->key);
	json_decref((*signer)->jwks);
	free((*signer)->header);
	free(*signer);
	*signer = NULL;
}

const json_t *receipt_signer_jwks(const struct receipt_signer *signer)
{
	return signer->jwks;
}

/* One object of RFC 9396 section 2. */
static json_t *authorization(const struct receipt_facts *facts)
{
	char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	base64url_encode(facts->row->digest, DIGEST_SIZE, digest);
	return json_pack("{s:s, s:s, s:o, s:s}", "type", "io.stepup.action", "action", facts->action->name,
		"details", action_details_to_json(facts->action), "digest", digest);
}

static json_t *claims_make(const struct receipt_facts *facts)
{
	const struct receipt_row *row = facts->row;
	json_t *amr = json_array(), *approvers = facts->approver == NULL ||
		*facts->approver == '\0' ? NULL : json_pack("[s]", facts->approver);

	for (size_t i = 0; facts->amr[i] != NULL; i++)
		if (json_array_append_new(amr, json_string(facts->amr[i])) != 0) {
			json_decref(amr);
			json_decref(approvers);
			return NULL;
		}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:s, s:o, s:o*, s:[o], s:I}",
		"iss", facts->issuer, "aud", row->audience, "sub", row->user, "azp", facts->azp,
		"iat", (json_int_t)row->issued, "nbf", (json_int_t)row->issued,
		"exp", (json_int_t)row->expires, "jti", row->jti, "auth_time", (json_int_t)facts->auth_time,
		"acr", facts->acr, "amr", amr, "approvers", approvers,
		"authorization_details", authorization(facts), "log", (json_int_t)row->log_index);
}

/* ES256 over the signing input (RFC 7515 section 5.1), in base64url. */
static enum stepup_error sign(EVP_PKEY *key, const char *input, size_t size,
	char signature[BASE64URL_LENGTH(JWS_ES256_SIZE) + 1])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[JWS_ES256_DER_MAX], raw[JWS_ES256_SIZE];
	size_t der_size = sizeof(der);
	enum stepup_error error = STEPUP_INTERNAL;

	if (md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestSign(md, der, &der_size, (const unsigned char *)input, size) == 1)
		error = jws_es256_from_der(der, der_size, raw);
	if (error == STEPUP_OK)
		base64url_encode(raw, sizeof(raw), signature);
	EVP_MD_CTX_free(md);
	return error;
}

/* The receipt that says `claims`. */
static enum stepup_error sign_claims(const struct receipt_signer *signer, const json_t *claims,
	char **receipt)
{
	char signature[BASE64URL_LENGTH(JWS_ES256_SIZE) + 1], *text = NULL, *payload = NULL, *input = NULL;
	size_t size = 0;
	enum stepup_error error = claims == NULL ? STEPUP_NO_MEMORY : json_canonical(claims, &text, &size);

	*receipt = NULL;
	if (error != STEPUP_OK)
		goto out;
	payload = base64url_encode_new(text, size);
	if (payload == NULL || asprintf(&input, "%s.%s", signer->header, payload) < 0) {
		input = NULL;
		error = STEPUP_NO_MEMORY;
		goto out;
	}
	error = sign(signer->key, input, strlen(input), signature);
	if (error == STEPUP_OK && asprintf(receipt, "%s.%s", input, signature) < 0) {
		*receipt = NULL;
		error = STEPUP_NO_MEMORY;
	}
out:
	free(text);
	free(payload);
	free(input);
	return error;
}

enum stepup_error receipt_sign(struct receipt_signer *signer, const struct receipt_facts *facts,
	char **receipt)
{
	json_t *claims = claims_make(facts);
	enum stepup_error error = sign_claims(signer, claims, receipt);

	json_decref(claims);
	return error;
}

/* Whether services will take what this signer signs: a key that was loaded by halves (for want of
 * memory, libjose says nothing of it) would show at the first receipt only. What is signed here says
 * nothing and goes nowhere. */
static enum stepup_error signer_prove(const struct receipt_signer *signer, char **why)
{
	json_t *nothing = json_object(), *claims = NULL;
	char *receipt = NULL;
	enum stepup_error error = sign_claims(signer, nothing, &receipt);

	if (error == STEPUP_OK)
		error = receipt_check_signature(receipt, signer->jwks, &claims);
	json_decref(claims);
	json_decref(nothing);
	free(receipt);
	if (error == STEPUP_OK)
		return error;
	if (asprintf(why, "a receipt signed with the receipts' key does not verify, "
		    "so services would refuse every receipt: most likely there was no memory") < 0)
		*why = NULL;
	return STEPUP_NO_MEMORY;
}

/* Makes the key of a store that has none. */
static enum stepup_error first_key(struct store_session *session, struct key_walk *walk)
{
	enum stepup_error error = receipt_key_make(session);

	if (error == STEPUP_OK)
		error = keys_load(session, walk);
	return error == STEPUP_OK && walk->count == 0 ? STEPUP_INTERNAL : error;
}

enum stepup_error receipt_signer_open(struct store_session *session,
	struct receipt_signer **signer, char **why)
{
	struct key_walk walk = {.signer = calloc(1, sizeof(struct receipt_signer))};
	enum stepup_error error = STEPUP_NO_MEMORY;

	*signer = NULL;
	if (walk.signer == NULL)
		return error;
	walk.signer->jwks = json_pack("{s:[]}", "keys");
	if (walk.signer->jwks != NULL)
		error = keys_load(session, &walk);
	if (error == STEPUP_OK && walk.count == 0)
		error = first_key(session, &walk);
	if (error == STEPUP_OK)
		error = signer_prove(walk.signer, why);
	if (error == STEPUP_OK)
		*signer = walk.signer;
	else
		receipt_signer_free(&walk.signer);
	return error;
}
