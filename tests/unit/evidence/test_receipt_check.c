/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/evidence/receipt_check.h: the MUST list of its header, with receipts that are signed properly and wrong
 * in one thing each.
 */
#include "tests/unit/cmocka_tap.h"

#include <jose/jwk.h>
#include <jose/jws.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/receipt_check.h"
#include "lib/wire/base64url.h"

static const char good_header[] = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}";
static const char good_claims[] = "{\"aud\":\"export\",\"jti\":\"x\",\"sub\":\"alice\"}";

struct fixture {
	json_t *jwk;  /* private */
	json_t *jwks; /* public, kid k1 */
};

static json_t *public_of(const json_t *jwk, const char *kid)
{
	return json_pack("{s:s, s:s, s:O, s:O, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256",
		"x", json_object_get(jwk, "x"), "y", json_object_get(jwk, "y"), "alg", "ES256", "use", "sig",
		"kid", kid);
}

static json_t *new_key(void)
{
	json_t *jwk = json_pack("{s:s}", "alg", "ES256");

	assert_true(jose_jwk_gen(NULL, jwk));
	return jwk;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->jwk = new_key();
	fixture->jwks = json_pack("{s:[o]}", "keys", public_of(fixture->jwk, "k1"));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	json_decref(fixture->jwk);
	json_decref(fixture->jwks);
	free(fixture);
	return 0;
}

static char *encode(const char *text)
{
	return base64url_encode_new(text, strlen(text));
}

/* A receipt of exactly this header and payload; the header's algorithm must be the key's. */
static char *sign(const json_t *jwk, const char *header, const char *claims)
{
	char *protected = encode(header), *payload = encode(claims), *receipt = NULL;
	json_t *jws = json_pack("{s:s}", "payload", payload),
		*template = json_pack("{s:s}", "protected", protected);

	assert_true(jose_jws_sig(NULL, jws, template, jwk));
	assert_true(asprintf(&receipt, "%s.%s.%s", protected, payload,
			json_string_value(json_object_get(jws, "signature"))) > 0);
	json_decref(template);
	json_decref(jws);
	free(protected);
	free(payload);
	return receipt;
}

static enum stepup_error check(const char *receipt, const json_t *jwks)
{
	json_t *claims = NULL;
	enum stepup_error error = receipt_check_signature(receipt, jwks, &claims);

	if (error == STEPUP_OK)
		assert_non_null(claims);
	else
		assert_null(claims);
	json_decref(claims);
	return error;
}

static enum stepup_error sign_and_check(const struct fixture *fixture, const char *header, const char *claims)
{
	char *receipt = sign(fixture->jwk, header, claims);
	enum stepup_error error = check(receipt, fixture->jwks);

	free(receipt);
	return error;
}

static void a_good_receipt_gives_its_claims(void **state)
{
	struct fixture *fixture = *state;
	char *receipt = sign(fixture->jwk, good_header, good_claims);
	json_t *claims = NULL;

	assert_int_equal(receipt_check_signature(receipt, fixture->jwks, &claims), STEPUP_OK);
	assert_string_equal(json_string_value(json_object_get(claims, "sub")), "alice");
	assert_int_equal(json_object_size(claims), 3);
	json_decref(claims);
	free(receipt);
}

static void headers_with_anything_missing_more_or_else_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"alg\":\"ES256\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\\u0000\"}",
		"{\"alg\":\"es256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES384\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":1,\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"jku\":\"https://a.example/jwks\",\"kid\":\"k1\","
		"\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\","
		"\"x5u\":\"https://a.example/c\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\",\"x5c\":[\"AAAA\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"other\":1,\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"b64\":false,\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"} ",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}",
	};
	struct fixture *fixture = *state;
	size_t i = 0;

	assert_int_equal(sign_and_check(fixture, good_header, good_claims), STEPUP_OK);
	for (; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum stepup_error error = STEPUP_OK;
		char *payload = encode(good_claims), *header = encode(bad[i]), *receipt = NULL,
			*good = sign(fixture->jwk, good_header, good_claims);

		/* The header is looked at before the signature: a good one's signature will do here. */
		assert_true(asprintf(&receipt, "%s.%s.%s", header, payload, strrchr(good, '.') + 1) > 0);
		error = check(receipt, fixture->jwks);
		/* white space behind an object is JSON still; then the signature is not over it */
		if (i == 13)
			assert_int_not_equal(error, STEPUP_OK);
		else
			assert_int_equal(error, STEPUP_INVALID);
		free(payload);
		free(header);
		free(receipt);
		free(good);
	}
}

static void alg_none_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *header = encode("{\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}"),
		*payload = encode(good_claims), *receipt = NULL;

	assert_true(asprintf(&receipt, "%s.%s.", header, payload) > 0);
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_INVALID);
	free(receipt);
	free(header);
	header = encode(good_header);
	assert_true(asprintf(&receipt, "%s.%s.", header, payload) > 0);
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_INVALID);
	free(receipt);
	free(header);
	free(payload);
}

static void the_public_key_as_an_hmac_key_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *header = encode("{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"stepup-receipt+jwt\"}"),
		*payload = encode(good_claims);
	char *public_key =
		json_dumps(json_array_get(json_object_get(fixture->jwks, "keys"), 0), JSON_COMPACT);
	char *signed_text = NULL, *receipt = NULL, *mac_text;
	unsigned char mac[32];
	unsigned size = 0;

	assert_true(asprintf(&signed_text, "%s.%s", header, payload) > 0);
	assert_non_null(HMAC(EVP_sha256(), public_key, (int)strlen(public_key), (unsigned char *)signed_text,
			strlen(signed_text), mac, &size));
	mac_text = base64url_encode_new(mac, size);
	assert_true(asprintf(&receipt, "%s.%s", signed_text, mac_text) > 0);
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_INVALID);
	free(header);
	free(payload);
	free(public_key);
	free(signed_text);
	free(mac_text);
	free(receipt);
}

static void a_key_that_the_receipt_brings_along_is_refused(void **state)
{
	struct fixture *fixture = *state;
	json_t *own = new_key(), *public = public_of(own, "k1"), *header = json_loads(good_header, 0, NULL);
	char *text, *receipt;

	json_object_set_new(header, "jwk", public);
	text = json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS);
	receipt = sign(own, text, good_claims);
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_INVALID);
	free(receipt);
	receipt = sign(own, good_header, good_claims); /* without it, the key is simply another */
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_CORRUPT);
	free(receipt);
	free(text);
	json_decref(own);
	json_decref(header);
}

static void an_unknown_kid_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sign_and_check(fixture,
			"{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"stepup-receipt+jwt\"}", good_claims),
		STEPUP_CORRUPT);
	assert_int_equal(sign_and_check(fixture,
			"{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"stepup-receipt+jwt\"}", good_claims),
		STEPUP_CORRUPT);
}

static void each_receipt_is_checked_by_the_key_of_its_kid(void **state)
{
	struct fixture *fixture = *state;
	json_t *other = new_key();
	char *by_first, *by_other, *crossed;

	json_array_append_new(json_object_get(fixture->jwks, "keys"), public_of(other, "k2"));
	by_first = sign(fixture->jwk, good_header, good_claims);
	by_other =
		sign(other, "{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"stepup-receipt+jwt\"}", good_claims);
	crossed = sign(other, good_header, good_claims);
	assert_int_equal(check(by_first, fixture->jwks), STEPUP_OK);
	assert_int_equal(check(by_other, fixture->jwks), STEPUP_OK);
	assert_int_equal(check(crossed, fixture->jwks), STEPUP_CORRUPT);
	free(by_first);
	free(by_other);
	free(crossed);
	json_decref(other);
}

static void a_set_with_two_keys_of_one_kid_verifies_nothing_by_them(void **state)
{
	struct fixture *fixture = *state;
	json_t *other = new_key();

	json_array_append_new(json_object_get(fixture->jwks, "keys"), public_of(other, "k1"));
	assert_int_equal(sign_and_check(fixture, good_header, good_claims), STEPUP_CORRUPT);
	json_decref(other);
}

static void a_set_of_other_keys_verifies_nothing(void **state)
{
	/* the last: a point off the curve */
	static const char *const sets[] = {"{}", "{\"keys\":{}}", "{\"keys\":[]}",
		"{\"keys\":[1,null,\"k1\"]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"k1\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k1\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"AAAA\","
		"\"y\":\"AAAA\"}]}", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\","
		"\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"};
	struct fixture *fixture = *state;
	char *receipt = sign(fixture->jwk, good_header, good_claims);

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		json_t *jwks = json_loads(sets[i], 0, NULL);

		assert_non_null(jwks);
		assert_int_not_equal(check(receipt, jwks), STEPUP_OK);
		json_decref(jwks);
	}
	json_object_set_new(json_array_get(json_object_get(fixture->jwks, "keys"), 0), "use",
		json_string("enc"));
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_CORRUPT);
	free(receipt);
}

static void every_single_bit_mutation_of_the_text_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *receipt = sign(fixture->jwk, good_header, good_claims);

	for (size_t bit = 0; bit < strlen(receipt) * 8; bit++) {
		char before = receipt[bit / 8];

		receipt[bit / 8] = (char)(before ^ (1 << bit % 8));
		assert_int_not_equal(check(receipt, fixture->jwks), STEPUP_OK);
		receipt[bit / 8] = before;
	}
	assert_int_equal(check(receipt, fixture->jwks), STEPUP_OK);
	free(receipt);
}

static void a_receipt_cut_or_lengthened_anywhere_is_refused(void **state)
{
	static const char *const behind[] = {"=", "==", ".", "A", " ", "\n", "..", ".e30"};
	struct fixture *fixture = *state;
	char *receipt = sign(fixture->jwk, good_header, good_claims), *longer = NULL;

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		assert_true(asprintf(&longer, "%s%s", receipt, behind[i]) > 0);
		assert_int_equal(check(longer, fixture->jwks), STEPUP_INVALID);
		free(longer);
		assert_true(asprintf(&longer, "%s%s", behind[i], receipt) > 0);
		assert_int_not_equal(check(longer, fixture->jwks), STEPUP_OK);
		free(longer);
	}
	for (size_t length = strlen(receipt); length-- > 0;) {
		receipt[length] = '\0';
		assert_int_not_equal(check(receipt, fixture->jwks), STEPUP_OK);
	}
	free(receipt);
}

static void payloads_that_are_no_single_strict_object_are_refused(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "\"x\"", "null", "{}{}", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "{", "{\"a\":1}x"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(sign_and_check(fixture, good_header, bad[i]), STEPUP_OK);
	assert_int_equal(sign_and_check(fixture, good_header, "{}"), STEPUP_OK);
}

static void a_receipt_of_more_than_16_kb_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *huge = malloc(RECEIPT_SIZE_MAX + 2);

	memset(huge, 'A', RECEIPT_SIZE_MAX + 1);
	huge[RECEIPT_SIZE_MAX + 1] = '\0';
	assert_int_equal(check(huge, fixture->jwks), STEPUP_INVALID);
	huge[100] = huge[200] = '.';
	assert_int_equal(check(huge, fixture->jwks), STEPUP_INVALID);
	free(huge);
	assert_int_equal(check("", fixture->jwks), STEPUP_INVALID);
	assert_int_equal(check("..", fixture->jwks), STEPUP_INVALID);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(a_good_receipt_gives_its_claims),
	FACT(headers_with_anything_missing_more_or_else_are_refused),
	FACT(alg_none_is_refused),
	FACT(the_public_key_as_an_hmac_key_is_refused),
	FACT(a_key_that_the_receipt_brings_along_is_refused),
	FACT(an_unknown_kid_is_refused),
	FACT(each_receipt_is_checked_by_the_key_of_its_kid),
	FACT(a_set_with_two_keys_of_one_kid_verifies_nothing_by_them),
	FACT(a_set_of_other_keys_verifies_nothing),
	FACT(every_single_bit_mutation_of_the_text_is_refused),
	FACT(a_receipt_cut_or_lengthened_anywhere_is_refused),
	FACT(payloads_that_are_no_single_strict_object_are_refused),
	FACT(a_receipt_of_more_than_16_kb_is_refused),
};

TAP_MAIN(tests)
