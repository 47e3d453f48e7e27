/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation certificates, by OpenSSL.
 */
#include "verifier/factors/attestation/attestation_certificate.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "verifier/rules/trust/certificate.h"

#define AAGUID_EXTENSION "1.3.6.1.4.1.45724.1.1.4" /* id-fido-gen-ce-aaguid */

static enum stepup_error attestation_certificate_parse(const struct attestation_certificate *certificate,
	X509 **parsed)
{
	enum stepup_error error = certificate_parse(certificate->bytes, certificate->size, parsed);

	return error == STEPUP_INVALID || error == STEPUP_TOO_LONG ? STEPUP_BAD_ANSWER : error;
}

enum stepup_error attestation_certificate_signed(const struct attestation_certificate *certificate,
	int64_t algorithm, const void *message, size_t size, struct byte_cursor signature)
{
	X509 *parsed = NULL;
	enum stepup_error error = attestation_certificate_parse(certificate, &parsed);

	if (error == STEPUP_OK)
		error = certificate_signed(parsed, algorithm, message, size, signature.at, signature.left);
	X509_free(parsed);
	return error;
}

int attestation_certificate_algorithm(const struct attestation_certificate *certificate)
{
	X509 *parsed = NULL;
	int algorithm = 0;

	if (attestation_certificate_parse(certificate, &parsed) == STEPUP_OK)
		algorithm = certificate_algorithm(parsed);
	X509_free(parsed);
	return algorithm;
}

/* The subject's only value of a kind; NULL where there is none or more than one. */
static const ASN1_STRING *subject_value(const X509 *certificate, int nid)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);

	if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return NULL;
	return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
}

static bool subject_is_right(const X509 *certificate)
{
	static const char unit[] = "Authenticator Attestation";
	const ASN1_STRING *country = subject_value(certificate, NID_countryName),
		*maker = subject_value(certificate, NID_organizationName);
	const ASN1_STRING *ou = subject_value(certificate, NID_organizationalUnitName),
		*name = subject_value(certificate, NID_commonName);

	return country != NULL && ASN1_STRING_length(country) == 2 && maker != NULL &&
		ASN1_STRING_length(maker) > 0 && name != NULL && ASN1_STRING_length(name) > 0 && ou != NULL &&
		ASN1_STRING_length(ou) == (int)strlen(unit) &&
		memcmp(ASN1_STRING_get0_data(ou), unit, strlen(unit)) == 0;
}

static bool is_no_authority(const X509 *certificate)
{
	BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(certificate, NID_basic_constraints, NULL, NULL);
	bool is_none = constraints != NULL && constraints->ca == 0;

	BASIC_CONSTRAINTS_free(constraints);
	return is_none;
}

/* Whether the certificate, where it names a model, names this one. The AAGUID stands in an OCTET STRING
 * within the extension's own. */
static bool model_is_right(const X509 *certificate, const uint8_t aaguid[AAGUID_SIZE])
{
	ASN1_OBJECT *name = OBJ_txt2obj(AAGUID_EXTENSION, 1);
	int at = name == NULL ? -1 : X509_get_ext_by_OBJ(certificate, name, -1);
	bool twice = at >= 0 && X509_get_ext_by_OBJ(certificate, name, at) >= 0;
	const ASN1_OCTET_STRING *value;
	X509_EXTENSION *extension;
	bool known = name != NULL;

	ASN1_OBJECT_free(name);
	if (!known || twice)
		return false;
	if (at < 0)
		return true;
	extension = X509_get_ext(certificate, at);
	value = X509_EXTENSION_get_data(extension);
	if (X509_EXTENSION_get_critical(extension) != 0 || ASN1_STRING_length(value) != 2 + AAGUID_SIZE)
		return false;
	return memcmp(ASN1_STRING_get0_data(value), "\x04\x10", 2) == 0 &&
		memcmp(ASN1_STRING_get0_data(value) + 2, aaguid, AAGUID_SIZE) == 0;
}

enum stepup_error attestation_certificate_is_packed(const struct attestation_certificate *certificate,
	const uint8_t aaguid[AAGUID_SIZE], const char **why)
{
	X509 *parsed = NULL;
	enum stepup_error error = attestation_certificate_parse(certificate, &parsed);

	*why = NULL;
	if (error != STEPUP_OK)
		return error;
	if (X509_get_version(parsed) != X509_VERSION_3)
		*why = "attestation certificate is not of version 3";
	else if (!subject_is_right(parsed))
		*why = "attestation certificate is not for an authenticator";
	else if (!is_no_authority(parsed))
		*why = "attestation certificate is an authority's";
	else if (!model_is_right(parsed, aaguid))
		*why = "attestation certificate is for another model";
	X509_free(parsed);
	return *why == NULL ? STEPUP_OK : STEPUP_BAD_ANSWER;
}
