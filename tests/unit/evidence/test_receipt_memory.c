/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Out of memory while the receipts' key is loaded, in the program or in a library: no signer, or one
 * whose receipts hold.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>

#include "lib/evidence/receipt_check.h"
#include "tests/flows/starved_memory.h"
#include "tests/unit/store/store_fixture.h"
#include "verifier/evidence/receipt.h"

static void expect_good_receipts(struct receipt_signer *signer)
{
	static const char *const amr[] = {"otp", NULL};
	struct receipt_row row = {.jti = "AAAAAAAAAAAAAAAAAAAAAA", .user = "alice", .audience = "export",
		.issued = 1700000000, .expires = 1700000060};
	struct action *action = NULL;
	struct receipt_facts facts = {
		.row = &row, .issuer = "https://s.example", .azp = "console", .acr = "otp", .amr = amr};
	char bad[DETAIL_NAME_SIZE], *receipt = NULL;
	json_t *claims = NULL;

	assert_int_equal(action_parse("a.b", NULL, NULL, 0, &action, bad), STEPUP_OK);
	facts.action = action;
	assert_int_equal(receipt_sign(signer, &facts, &receipt), STEPUP_OK);
	assert_int_equal(receipt_check_signature(receipt, receipt_signer_jwks(signer), &claims), STEPUP_OK);
	json_decref(claims);
	free(receipt);
	action_free(&action);
}

static void a_key_loaded_without_memory_is_none_or_signs(void **state)
{
	struct fixture *fixture = *state;
	int64_t refused = 0;

	for (int64_t n = 0; n < 20000; n++) {
		struct receipt_signer *signer = NULL;
		char *why = NULL;
		enum stepup_error error;
		bool starved;

		starved_memory->failed = 0;
		starved_memory->countdown = n;
		error = receipt_signer_open(fixture->writer, &signer, &why);
		starved_memory->countdown = -1;
		starved = starved_memory->failed > 0;
		assert_int_equal(error == STEPUP_OK, signer != NULL);
		if (signer != NULL)
			expect_good_receipts(signer);
		receipt_signer_free(&signer);
		free(why);
		refused += error != STEPUP_OK;
		if (!starved) {
			assert_int_equal(error, STEPUP_OK);
			assert_true(refused > 8);
			return;
		}
	}
	fail();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(a_key_loaded_without_memory_is_none_or_signs, fixture_setup,
		fixture_teardown),
};

#ifdef STARVED_MEMORY_SANITIZED
int main(void)
{
	(void)tests;
	(void)fputs("the sanitizer has an allocator of its own, which does not fail\n", stderr);
	return 77;
}
#else
TAP_MAIN(tests)
#endif
