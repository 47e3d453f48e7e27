/* SPDX-License-Identifier: BSD-2-Clause */
/* The signature over FIDO metadata. */
#include "verifier/rules/trust/mds_jws.h"

#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_signature.h"
#include "lib/wire/base64url.h"
#include "verifier/rules/trust/certificate.h"

#define CHAIN_MAX 8

enum stepup_error mds_refuse(char **why, const char *reason)
{
	*why = strdup(reason);
	return STEPUP_INVALID;
}

enum stepup_error mds_jws_split(const char *blob, size_t size, struct jws *jws)
{
	while (size > 0 && (blob[size - 1] == '\n' || blob[size - 1] == '\r'))
		size--;
	return size == 0 ? STEPUP_INVALID : jws_split(blob, size, jws);
}

/* A copy without the white space that some of the list's makers left in their base64; NULL where
 * there is no memory. */
static char *without_blanks(const char *text)
{
	char *copy = malloc(strlen(text) + 1), *at = copy;

	if (copy == NULL)
		return NULL;
	for (; *text != '\0'; text++)
		if (strchr(" \t\r\n", *text) == NULL)
			*at++ = *text;
	*at = '\0';
	return copy;
}

/* One certificate in base64, as it stands in JSON. */
static enum stepup_error certificate_from(const json_t *value, X509 **certificate)
{
	const char *text = json_string_value(value);
	uint8_t der[CERTIFICATE_SIZE_MAX];
	size_t size = 0;
	char *plain;
	enum stepup_error error;

	*certificate = NULL;
	if (text == NULL)
		return STEPUP_INVALID;
	plain = without_blanks(text);
	if (plain == NULL)
		return STEPUP_NO_MEMORY;
	error = base64_decode(plain, der, sizeof(der), &size);
	free(plain);
	return error == STEPUP_OK ? certificate_parse(der, size, certificate) : error;
}

enum stepup_error mds_certificates(const json_t *array, STACK_OF(X509) *stack, bool *whole)
{
	const json_t *value;
	size_t index;

	*whole = *whole && (array == NULL || json_is_array(array));
	json_array_foreach(array, index, value) {
		X509 *certificate = NULL;
		enum stepup_error error = certificate_from(value, &certificate);

		if (error == STEPUP_NO_MEMORY)
			return error;
		if (error != STEPUP_OK) {
			*whole = false;
			continue;
		}
		if (sk_X509_push(stack, certificate) <= 0) {
			X509_free(certificate);
			return STEPUP_NO_MEMORY;
		}
	}
	return STEPUP_OK;
}

/* A signature as OpenSSL takes it: of ES256 that is DER. STEPUP_BAD_ANSWER if it can't be one. */
static enum stepup_error signature_decode(const struct jws *jws, int algorithm,
	uint8_t signature[MDS_SIGNATURE_MAX], size_t *size)
{
	uint8_t raw[MDS_SIGNATURE_MAX];

	if (base64url_decode(jws->signature, raw, sizeof(raw), size) != STEPUP_OK)
		return STEPUP_BAD_ANSWER;
	if (algorithm != KEY_ES256) {
		memcpy(signature, raw, *size);
		return STEPUP_OK;
	}
	return *size == JWS_ES256_SIZE ? jws_es256_to_der(raw, signature, size) : STEPUP_BAD_ANSWER;
}

static enum stepup_error mds_jws_signature_check(const struct jws *jws, const json_t *header, X509 *signer,
	char **why)
{
	int algorithm = jwk_text_is(header, "alg", "RS256") ? KEY_RS256
		: jwk_text_is(header, "alg", "ES256") ? KEY_ES256 : 0;
	uint8_t signature[MDS_SIGNATURE_MAX];
	size_t size = 0;
	char *input;
	enum stepup_error error;

	if (algorithm == 0)
		return mds_refuse(why, "is signed by an algorithm other than RS256 and ES256.");
	input = jws_signing_input(jws);
	if (input == NULL)
		return STEPUP_NO_MEMORY;
	error = signature_decode(jws, algorithm, signature, &size);
	if (error == STEPUP_OK)
		error = certificate_signed(signer, algorithm, input, strlen(input), signature, size);
	free(input);
	if (error == STEPUP_BAD_ANSWER)
		return mds_refuse(why,
			"has a wrong signature: the file was changed, or was not downloaded whole.");
	return error;
}

enum stepup_error mds_jws_verify(const struct jws *jws, STACK_OF(X509) *chain, char **why)
{
	json_t *header = NULL;
	bool whole = true;
	enum stepup_error error = jws_part_object(jws->header, &header);

	if (error == STEPUP_OK && json_object_get(header, "crit") != NULL)
		error = STEPUP_INVALID;
	if (error == STEPUP_OK)
		error = mds_certificates(json_object_get(header, "x5c"), chain, &whole);
	if (error == STEPUP_OK && (!whole || sk_X509_num(chain) == 0 || sk_X509_num(chain) > CHAIN_MAX))
		error = STEPUP_INVALID;
	if (error == STEPUP_OK)
		error = mds_jws_signature_check(jws, header, sk_X509_value(chain, 0), why);
	else if (error != STEPUP_NO_MEMORY)
		error = mds_refuse(why,
			"has a header that is malformed or without the signer's certificates.");
	json_decref(header);
	return error;
}
