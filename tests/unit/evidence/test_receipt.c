/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/evidence/receipt.h: receipts that the check in lib/ takes, under keys that last.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/digest.h"
#include "lib/evidence/receipt_check.h"
#include "lib/wire/base64url.h"
#include "tests/unit/store/store_fixture.h"
#include "verifier/evidence/receipt.h"

#define T 1700000000

struct receipts {
	struct fixture *store;
	struct receipt_signer *signer;
	struct action *action;
	struct receipt_row row;
	struct receipt_facts facts;
};

static int setup(void **state)
{
	static const struct detail_spec specs[] = {{"account", DETAIL_TEXT}, {"records", DETAIL_NUMBER}};
	static const char *const amr[] = {"otp", NULL};
	struct receipts *receipts = calloc(1, sizeof(*receipts));
	json_t *details = json_pack("{s:s, s:i}", "account", "trezor", "records", 102);
	char bad_detail[DETAIL_NAME_SIZE], *why = NULL;

	assert_non_null(receipts);
	receipts->store = fixture_new();
	assert_int_equal(receipt_signer_open(receipts->store->writer, &receipts->signer, &why), STEPUP_OK);
	assert_int_equal(action_parse("customer.export", details, specs, 2, &receipts->action, bad_detail),
		STEPUP_OK);
	json_decref(details);
	receipts->row = (struct receipt_row){.jti = "AAAAAAAAAAAAAAAAAAAAAA", .user = "alice",
		.audience = "export", .issued = T, .expires = T + 60, .log_index = 83};
	assert_int_equal(action_digest(receipts->action, receipts->row.digest), STEPUP_OK);
	receipts->facts = (struct receipt_facts){
		.row = &receipts->row,
		.issuer = "https://stepup.example.com",
		.azp = "console",
		.acr = "otp",
		.amr = amr,
		.auth_time = T - 1,
		.action = receipts->action,
	};
	*state = receipts;
	return 0;
}

static int teardown(void **state)
{
	struct receipts *receipts = *state;

	receipt_signer_free(&receipts->signer);
	action_free(&receipts->action);
	fixture_free(receipts->store);
	free(receipts);
	return 0;
}

static json_t *sign_and_check(struct receipts *receipts, const json_t *jwks)
{
	char *receipt = NULL;
	json_t *claims = NULL;

	assert_int_equal(receipt_sign(receipts->signer, &receipts->facts, &receipt), STEPUP_OK);
	assert_int_equal(receipt_check_signature(receipt, jwks, &claims), STEPUP_OK);
	free(receipt);
	return claims;
}

static void a_receipt_says_exactly_what_was_approved(void **state)
{
	struct receipts *receipts = *state;
	json_t *claims = sign_and_check(receipts, receipt_signer_jwks(receipts->signer)), *expected;
	char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	base64url_encode(receipts->row.digest, DIGEST_SIZE, digest);
	expected = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:[s], s:[{s:s, s:s, "
		"s:{s:s, s:i}, s:s}], s:i}", "iss", "https://stepup.example.com", "aud", "export",
		"sub", "alice", "azp", "console", "iat", T, "nbf", T, "exp", T + 60,
		"jti", "AAAAAAAAAAAAAAAAAAAAAA", "auth_time", T - 1, "acr", "otp", "amr", "otp",
		"authorization_details", "type", "io.stepup.action", "action", "customer.export", "details",
		"account", "trezor", "records", 102, "digest", digest, "log", 83);
	assert_true(json_equal(claims, expected));
	json_decref(claims);
	json_decref(expected);
}

static void the_header_is_alg_kid_and_typ_and_nothing_else(void **state)
{
	struct receipts *receipts = *state;
	char *receipt = NULL, header[256] = "", *dot;
	const char *kid = json_string_value(json_object_get(json_array_get(
				json_object_get(receipt_signer_jwks(receipts->signer), "keys"), 0), "kid"));
	size_t size = 0;
	json_t *object, *expected =
		json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", "stepup-receipt+jwt", "kid", kid);

	assert_int_equal(receipt_sign(receipts->signer, &receipts->facts, &receipt), STEPUP_OK);
	dot = strchr(receipt, '.');
	*dot = '\0';
	assert_int_equal(base64url_decode(receipt, header, sizeof(header) - 1, &size), STEPUP_OK);
	object = json_loadb(header, size, 0, NULL);
	assert_true(json_equal(object, expected));
	json_decref(object);
	json_decref(expected);
	free(receipt);
}

static void the_published_keys_hold_no_private_half(void **state)
{
	struct receipts *receipts = *state;
	const json_t *keys = json_object_get(receipt_signer_jwks(receipts->signer), "keys"),
		*key = json_array_get(keys, 0);

	assert_int_equal(json_array_size(keys), 1);
	assert_null(json_object_get(key, "d"));
	assert_int_equal(json_object_size(key), 7);
	assert_string_equal(json_string_value(json_object_get(key, "alg")), "ES256");
	assert_string_equal(json_string_value(json_object_get(key, "use")), "sig");
	assert_int_equal(strlen(json_string_value(json_object_get(key, "kid"))), 43);
}

static void receipts_from_before_a_restart_still_check(void **state)
{
	struct receipts *receipts = *state;
	char *receipt = NULL, *why = NULL;
	json_t *claims = NULL;

	assert_int_equal(receipt_sign(receipts->signer, &receipts->facts, &receipt), STEPUP_OK);
	receipt_signer_free(&receipts->signer);
	fixture_close(receipts->store);
	fixture_open(receipts->store);
	assert_int_equal(receipt_signer_open(receipts->store->writer, &receipts->signer, &why), STEPUP_OK);
	assert_int_equal(json_array_size(json_object_get(receipt_signer_jwks(receipts->signer), "keys")), 1);
	assert_int_equal(receipt_check_signature(receipt, receipt_signer_jwks(receipts->signer), &claims),
		STEPUP_OK);
	json_decref(claims);
	free(receipt);
}

static void another_verifiers_receipt_does_not_check(void **state)
{
	struct receipts *receipts = *state, *other;
	char *receipt = NULL;
	json_t *claims = NULL;

	(void)setup((void **)&other);
	assert_int_equal(receipt_sign(other->signer, &other->facts, &receipt), STEPUP_OK);
	assert_int_equal(receipt_check_signature(receipt, receipt_signer_jwks(receipts->signer), &claims),
		STEPUP_CORRUPT);
	assert_null(claims);
	free(receipt);
	(void)teardown((void **)&other);
}

static void the_store_holds_no_readable_private_key(void **state)
{
	struct receipts *receipts = *state;
	char *bytes;
	FILE *file;
	size_t size;

	fixture_close(receipts->store);
	fixture_tamper(receipts->store, "PRAGMA wal_checkpoint(TRUNCATE)");
	file = fopen(receipts->store->place, "rb");
	assert_non_null(file);
	bytes = calloc(1, 1 << 20);
	size = fread(bytes, 1, 1 << 20, file);
	assert_true(size > 0);
	assert_null(memmem(bytes, size, "\"kty\"", 5));
	assert_null(memmem(bytes, size, "\"d\"", 3));
	(void)fclose(file);
	free(bytes);
}

static void texts_of_all_kinds_are_carried_whole(void **state)
{
	static const struct detail_spec specs[] = {{"account", DETAIL_TEXT}};
	struct receipts *receipts = *state;
	static const char hostile[] = "\n\x1b[31m\xe2\x80\xae}],\\";
	char text[DETAIL_TEXT_MAX + 1], bad_detail[DETAIL_NAME_SIZE];
	json_t *details, *claims;

	memset(text, '"', DETAIL_TEXT_MAX);
	memcpy(text, hostile, strlen(hostile));
	text[DETAIL_TEXT_MAX] = '\0';
	details = json_pack("{s:s}", "account", text);
	action_free(&receipts->action);
	assert_int_equal(action_parse("customer.export", details, specs, 1, &receipts->action, bad_detail),
		STEPUP_OK);
	receipts->facts.action = receipts->action;
	claims = sign_and_check(receipts, receipt_signer_jwks(receipts->signer));
	assert_true(json_equal(json_object_get(json_array_get(json_object_get(claims,
						"authorization_details"), 0), "details"), details));
	json_decref(claims);
	json_decref(details);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	FACT(a_receipt_says_exactly_what_was_approved),
	FACT(the_header_is_alg_kid_and_typ_and_nothing_else),
	FACT(the_published_keys_hold_no_private_half),
	FACT(receipts_from_before_a_restart_still_check),
	FACT(another_verifiers_receipt_does_not_check),
	FACT(the_store_holds_no_readable_private_key),
	FACT(texts_of_all_kinds_are_carried_whole),
};

TAP_MAIN(tests)
