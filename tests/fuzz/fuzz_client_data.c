/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client data as a browser sends it: what passes all checks says what was expected, in these very words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "verifier/factors/webauthn/client_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const origins[] = {"https://support.example.com", "https://example.org", NULL};
	static const uint8_t challenge[DIGEST_SIZE];
	json_t *client_data = NULL;
	enum stepup_error error = client_data_parse(data, size, &client_data);

	if ((error == STEPUP_OK) != (client_data != NULL) || (error == STEPUP_OK && size > CLIENT_DATA_MAX))
		abort();
	if (error != STEPUP_OK)
		return 0;
	if (client_data_type_is(client_data, "webauthn.get") &&
	    client_data_type_is(client_data, "webauthn.create"))
		abort();
	if (client_data_origin_is_one_of(client_data, origins)) {
		const char *origin = json_string_value(json_object_get(client_data, "origin"));

		if (strcmp(origin, origins[0]) != 0 && strcmp(origin, origins[1]) != 0)
			abort();
	}
	if (client_data_challenge_is(client_data, challenge) &&
	    strcmp(json_string_value(json_object_get(client_data, "challenge")),
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") != 0)
		abort();
	if (!client_data_is_cross_origin(client_data) &&
	    json_is_true(json_object_get(client_data, "crossOrigin")))
		abort();
	(void)client_data_has_top_origin(client_data);
	json_decref(client_data);
	return 0;
}
