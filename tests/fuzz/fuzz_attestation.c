/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation objects as a browser sends them: whatever registers has a key that is one, and nobody vouches
 * for it where no root is configured.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/factors/webauthn/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The RP ID's hash stands in the bytes, so the first that parse say which one is expected; everything else is
 * checked as ever. */
static const char *const rp_ids[] = {"example.com", "example.org"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t client_data[] = "{}";
	static const int algorithms[] = {KEY_ES256, KEY_EDDSA, KEY_ES384, KEY_RS256, 0};
	const struct webauthn_registration response = {.attestation_object = {data, size}};
	struct webauthn_expected expected = {
		.algorithms = algorithms, .client_data = {client_data, sizeof(client_data) - 1}};
	struct key_credential key;
	const char *why;

	for (size_t i = 0; i < 2; i++) {
		enum stepup_error error;

		expected.rp_id = rp_ids[i];
		error = webauthn_register(&expected, &response, NULL, 1800000000, &key, &why);
		if (error != STEPUP_OK && error != STEPUP_BAD_ANSWER && error != STEPUP_INVALID)
			abort();
		if (why == NULL) /* a reason to refuse it, or why it counts for no more */
			abort();
		if (error == STEPUP_OK &&
		    (key.attestation == ATTESTATION_VERIFIED || key.id_size == 0 ||
			    key.id_size > KEY_ID_MAX ||
			    key_public_check(key.algorithm, key.public_key,
				    key.public_key_size) != STEPUP_OK))
			abort();
	}
	return 0;
}
