/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks a receipt's text, header and signature. */
#include "lib/evidence/receipt_check.h"

#include <string.h>

#include "lib/evidence/jws.h"

/* Exactly alg, typ and kid: so no jwk, jku, x5u, x5c, crit, nor anything that is yet to be thought of. */
static enum stepup_error header_check(const json_t *header)
{
	if (json_object_size(header) != 3 || !jwk_text_is(header, "alg", "ES256") ||
	    !jwk_text_is(header, "typ", "stepup-receipt+jwt") ||
	    !json_is_string(json_object_get(header, "kid")))
		return STEPUP_INVALID;
	return STEPUP_OK;
}

enum stepup_error receipt_check_signature(const char *receipt, const json_t *jwks, json_t **claims)
{
	json_t *header = NULL, *payload = NULL, *jwk = NULL;
	size_t size = strnlen(receipt, RECEIPT_SIZE_MAX + 1);
	struct jws jws = {0};
	enum stepup_error error = size > RECEIPT_SIZE_MAX ? STEPUP_INVALID : jws_split(receipt, size, &jws);

	*claims = NULL;
	if (error != STEPUP_OK)
		goto out;
	error = jws_part_object(jws.header, &header);
	if (error != STEPUP_OK)
		goto out;
	error = header_check(header);
	if (error != STEPUP_OK)
		goto out;
	error = jwks_find(jwks, json_string_value(json_object_get(header, "kid")), &jwk);
	if (error != STEPUP_OK)
		goto out;
	error = jws_es256_check(&jws, jwk);
	if (error != STEPUP_OK)
		goto out;
	error = jws_part_object(jws.payload, &payload);
	if (error == STEPUP_OK) {
		*claims = payload;
		payload = NULL;
	}
out:
	json_decref(header);
	json_decref(payload);
	json_decref(jwk);
	jws_clear(&jws);
	return error;
}
