/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a receipt's text, header and signature. What libjose is given was built here: its view of the
 * header, of the key and of the algorithm can't differ from ours.
 */
#include "lib/evidence/receipt_check.h"

#include <jose/jws.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"

#define SIGNATURE_SIZE 64   /* bytes: r ‖ s, RFC 7518 section 3.4 */
#define JWKS_KEYS_MAX 64

/* The three parts of the compact form, NUL-terminated, in one piece of memory. */
struct parts {
	char *memory;
	const char *header, *payload, *signature;
};

static enum stepup_error parts_split(const char *receipt, struct parts *parts)
{
	size_t size = strnlen(receipt, RECEIPT_SIZE_MAX + 1);
	char *first, *second;

	if (size > RECEIPT_SIZE_MAX)
		return STEPUP_INVALID;
	parts->memory = strdup(receipt);
	if (parts->memory == NULL)
		return STEPUP_NO_MEMORY;
	first = strchr(parts->memory, '.');
	second = first == NULL ? NULL : strchr(first + 1, '.');
	if (second == NULL || strchr(second + 1, '.') != NULL)
		return STEPUP_INVALID;
	*first = *second = '\0';
	parts->header = parts->memory;
	parts->payload = first + 1;
	parts->signature = second + 1;
	return STEPUP_OK;
}

/* Decodes one part and parses it as one strict JSON object. */
static enum stepup_error part_parse(const char *part, json_t **object)
{
	size_t size = 0, capacity = strlen(part);
	char *bytes = malloc(capacity + 1);
	enum stepup_error error;

	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	error = base64url_decode(part, bytes, capacity, &size);
	if (error == STEPUP_OK)
		error = json_parse_object(bytes, size, object);
	free(bytes);
	return error == STEPUP_TOO_LONG ? STEPUP_INVALID : error;
}

static bool text_is(const json_t *object, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, expected) == 0;
}

/* Exactly alg, typ and kid: so no jwk, jku, x5u, x5c, crit, nor anything that is yet to be thought of. */
static enum stepup_error header_check(const json_t *header)
{
	if (json_object_size(header) != 3 || !text_is(header, "alg", "ES256") ||
	    !text_is(header, "typ", "stepup-receipt+jwt") || !json_is_string(json_object_get(header, "kid")))
		return STEPUP_INVALID;
	return STEPUP_OK;
}

static bool coordinate_is_valid(const json_t *key, const char *name)
{
	const char *text = json_string_value(json_object_get(key, name));
	uint8_t bytes[P256_COORDINATE_SIZE];
	size_t size = 0;

	return text != NULL && base64url_decode(text, bytes, sizeof(bytes), &size) == STEPUP_OK &&
		size == sizeof(bytes);
}

/* The public key of that kid as a JWK of our own making, with nothing in it but the point. Two keys of one
 * kid are an error of whoever made the set: nothing is verified by it. */
static enum stepup_error key_find(const json_t *jwks, const char *kid, json_t **jwk)
{
	const json_t *keys = json_object_get(jwks, "keys"), *key, *found = NULL;
	size_t index;

	if (!json_is_array(keys) || json_array_size(keys) > JWKS_KEYS_MAX)
		return STEPUP_INVALID;
	json_array_foreach(keys, index, key) {
		if (!text_is(key, "kid", kid))
			continue;
		if (found != NULL)
			return STEPUP_CORRUPT;
		found = key;
	}
	if (found == NULL || !text_is(found, "kty", "EC") || !text_is(found, "crv", "P-256") ||
	    !coordinate_is_valid(found, "x") || !coordinate_is_valid(found, "y"))
		return STEPUP_CORRUPT;
	if ((json_object_get(found, "alg") != NULL && !text_is(found, "alg", "ES256")) ||
		(json_object_get(found, "use") != NULL && !text_is(found, "use", "sig")))
		return STEPUP_CORRUPT;
	*jwk = json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-256",
		"x", json_object_get(found, "x"), "y", json_object_get(found, "y"));
	return *jwk == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

static enum stepup_error signature_check(const struct parts *parts, const json_t *jwk)
{
	uint8_t signature[SIGNATURE_SIZE];
	size_t size = 0;
	json_t *jws;
	bool holds;

	if (base64url_decode(parts->signature, signature, sizeof(signature), &size) != STEPUP_OK ||
	    size != sizeof(signature))
		return STEPUP_INVALID;
	jws = json_pack("{s:s, s:s, s:s}", "protected", parts->header, "payload", parts->payload,
		"signature", parts->signature);
	if (jws == NULL)
		return STEPUP_NO_MEMORY;
	holds = jose_jws_ver(NULL, jws, NULL, jwk, true);
	json_decref(jws);
	return holds ? STEPUP_OK : STEPUP_CORRUPT;
}

enum stepup_error receipt_check_signature(const char *receipt, const json_t *jwks, json_t **claims)
{
	json_t *header = NULL, *payload = NULL, *jwk = NULL;
	struct parts parts = {0};
	enum stepup_error error = parts_split(receipt, &parts);

	*claims = NULL;
	if (error != STEPUP_OK)
		goto out;
	error = part_parse(parts.header, &header);
	if (error != STEPUP_OK)
		goto out;
	error = header_check(header);
	if (error != STEPUP_OK)
		goto out;
	error = key_find(jwks, json_string_value(json_object_get(header, "kid")), &jwk);
	if (error != STEPUP_OK)
		goto out;
	error = signature_check(&parts, jwk);
	if (error != STEPUP_OK)
		goto out;
	error = part_parse(parts.payload, &payload);
	if (error == STEPUP_OK) {
		*claims = payload;
		payload = NULL;
	}
out:
	json_decref(header);
	json_decref(payload);
	json_decref(jwk);
	free(parts.memory);
	return error;
}
