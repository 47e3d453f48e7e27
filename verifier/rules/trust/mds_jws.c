/* SPDX-License-Identifier: BSD-2-Clause */
/* The signature over FIDO metadata. */
#include "verifier/rules/trust/mds_jws.h"

#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_signature.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "verifier/rules/trust/certificate.h"

#define CHAIN_MAX 8
#define ECDSA_PART 32 /* bytes of r and s each: RFC 7518 section 3.4 */

enum stepup_error mds_refuse(char **why, const char *reason)
{
	*why = strdup(reason);
	return STEPUP_INVALID;
}

void mds_jws_clear(struct mds_jws *jws)
{
	free(jws->copy);
	free(jws->header);
	free(jws->payload);
}

static enum stepup_error mds_jws_decode(const char *part, char **bytes, size_t *size)
{
	size_t capacity = strlen(part);

	*bytes = malloc(capacity + 1);
	if (*bytes == NULL)
		return STEPUP_NO_MEMORY;
	return base64url_decode(part, *bytes, capacity, size);
}

enum stepup_error mds_jws_split(const char *blob, size_t size, struct mds_jws *jws)
{
	char *first, *second;
	enum stepup_error error;

	while (size > 0 && (blob[size - 1] == '\n' || blob[size - 1] == '\r'))
		size--;
	if (size == 0 || memchr(blob, '\0', size) != NULL)
		return STEPUP_INVALID;
	jws->copy = strndup(blob, size);
	if (jws->copy == NULL)
		return STEPUP_NO_MEMORY;
	first = strchr(jws->copy, '.');
	second = first == NULL ? NULL : strchr(first + 1, '.');
	if (second == NULL || strchr(second + 1, '.') != NULL)
		return STEPUP_INVALID;
	*first = *second = '\0';
	error = mds_jws_decode(jws->copy, &jws->header, &jws->header_size);
	if (error == STEPUP_OK)
		error = mds_jws_decode(first + 1, &jws->payload, &jws->payload_size);
	if (error == STEPUP_OK)
		error = base64url_decode(second + 1, jws->signature, sizeof(jws->signature),
			&jws->signature_size);
	*first = '.';
	jws->signed_size = (size_t)(second - jws->copy);
	return error;
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

/* A JWS has r and s side by side, OpenSSL wants them in DER. */
static enum stepup_error mds_jws_ecdsa_to_der(struct mds_jws *jws)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(jws->signature, ECDSA_PART, NULL),
		*s = BN_bin2bn(jws->signature + ECDSA_PART, ECDSA_PART, NULL);
	unsigned char *at = jws->signature;
	int size = -1;

	if (pair != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair's now */
		size = i2d_ECDSA_SIG(pair, &at);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	if (size < 0)
		return STEPUP_NO_MEMORY;
	jws->signature_size = (size_t)size;
	return STEPUP_OK;
}

static enum stepup_error mds_jws_signature_check(struct mds_jws *jws, const json_t *header,
	X509 *signer, char **why)
{
	const char *name = json_string_value(json_object_get(header, "alg"));
	int algorithm = name == NULL ? 0 : strcmp(name, "RS256") == 0 ? KEY_RS256
		: strcmp(name, "ES256") == 0 ? KEY_ES256 : 0;
	enum stepup_error error = STEPUP_OK;

	if (algorithm == 0)
		return mds_refuse(why, "is signed by an algorithm other than RS256 and ES256.");
	if (algorithm == KEY_ES256 && jws->signature_size != 2 * (size_t)ECDSA_PART)
		return mds_refuse(why,
			"has a wrong signature: the file was changed, or was not downloaded whole.");
	if (algorithm == KEY_ES256)
		error = mds_jws_ecdsa_to_der(jws);
	if (error == STEPUP_OK)
		error = certificate_signed(signer, algorithm, jws->copy, jws->signed_size, jws->signature,
			jws->signature_size);
	if (error == STEPUP_BAD_ANSWER)
		return mds_refuse(why,
			"has a wrong signature: the file was changed, or was not downloaded whole.");
	return error;
}

enum stepup_error mds_jws_verify(struct mds_jws *jws, STACK_OF(X509) *chain, char **why)
{
	json_t *header = NULL;
	bool whole = true;
	enum stepup_error error = json_parse_object(jws->header, jws->header_size, &header);

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
