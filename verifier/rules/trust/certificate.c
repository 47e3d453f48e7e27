/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, by OpenSSL.
 */
#include "verifier/rules/trust/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/evidence/key_signature.h"

#define RSA_BITS_MIN 2048
#define SECURITY_LEVEL 1 /* OpenSSL's: no MD5, no SHA-1, no RSA below 1024 bits in a chain */

/* Whether OpenSSL failed for want of memory; empties its list of errors. */
static bool memory_failed(void)
{
	bool failed = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		failed = failed || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return failed;
}

enum stepup_error certificate_parse(const uint8_t *der, size_t size, X509 **certificate)
{
	const unsigned char *at = der;

	*certificate = NULL;
	if (size == 0 || size > CERTIFICATE_SIZE_MAX)
		return size == 0 ? STEPUP_INVALID : STEPUP_TOO_LONG;
	ERR_clear_error();
	*certificate = d2i_X509(NULL, &at, (long)size);
	if (*certificate == NULL)
		return memory_failed() ? STEPUP_NO_MEMORY : STEPUP_INVALID;
	if (at != der + size) {
		X509_free(*certificate);
		*certificate = NULL;
		return STEPUP_INVALID;
	}
	return STEPUP_OK;
}

/* The kinds of keys, and what each signs with. */
static const struct kind {
	int algorithm;
	const char *type, *group, *digest;
} kinds[] = {
	{KEY_ES256, "EC", "prime256v1", "SHA256"},
	{KEY_ES384, "EC", "secp384r1", "SHA384"},
	{KEY_EDDSA, "ED25519", NULL, NULL},
	{KEY_RS256, "RSA", NULL, "SHA256"},
};

static bool is_of_kind(const EVP_PKEY *key, const struct kind *kind)
{
	char group[64] = "";

	if (EVP_PKEY_is_a(key, kind->type) != 1)
		return false;
	if (kind->group != NULL &&
	    (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
		    strcmp(group, kind->group) != 0))
		return false;
	return kind->algorithm != KEY_RS256 || EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
}

/* NULL where the certificate's key is of no such kind. */
static const struct kind *certificate_kind_of(X509 *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate);

	for (size_t i = 0; key != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_of_kind(key, &kinds[i]))
			return &kinds[i];
	return NULL;
}

int certificate_algorithm(X509 *certificate)
{
	const struct kind *kind = certificate_kind_of(certificate);

	return kind == NULL ? 0 : kind->algorithm;
}

enum stepup_error certificate_signed(X509 *certificate, int64_t algorithm, const void *message, size_t size,
	const uint8_t *signature, size_t signature_size)
{
	const struct kind *kind = certificate_kind_of(certificate);
	EVP_MD_CTX *md = NULL;
	enum stepup_error error = STEPUP_BAD_ANSWER;

	if (kind == NULL || kind->algorithm != algorithm || signature_size == 0)
		return error;
	md = EVP_MD_CTX_new();
	if (md == NULL)
		return STEPUP_NO_MEMORY;
	if (EVP_DigestVerifyInit_ex(md, NULL, kind->digest, NULL, NULL, X509_get0_pubkey(certificate),
		    NULL) == 1 && EVP_DigestVerify(md, signature, signature_size, message, size) == 1)
		error = STEPUP_OK;
	EVP_MD_CTX_free(md);
	return error;
}

/* OpenSSL would find its way through a chain in any order. */
static bool chain_is_in_order(STACK_OF(X509) *chain)
{
	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		X509 *issuer = sk_X509_value(chain, i + 1);
		EVP_PKEY *key = X509_get0_pubkey(issuer);

		if (key == NULL || X509_check_issued(issuer, sk_X509_value(chain, i)) != X509_V_OK ||
			X509_verify(sk_X509_value(chain, i), key) != 1)
			return false;
	}
	return true;
}

static const char *reason(int code)
{
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "a certificate of the attestation has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "a certificate of the attestation is not valid yet";
	default:
		return "the attestation leads to no configured root";
	}
}

enum stepup_error certificate_chain_verify(STACK_OF(X509) *chain, STACK_OF(X509) *roots, int64_t at,
	const char **why)
{
	X509_STORE_CTX *context = NULL;
	X509_STORE *none = NULL; /* OpenSSL wants one; the roots are given apart from it */
	X509_VERIFY_PARAM *parameters;
	enum stepup_error error = STEPUP_NO_MEMORY;

	*why = NULL;
	if (sk_X509_num(chain) < 1 || !chain_is_in_order(chain)) {
		*why = "the attestation's certificates are not one chain";
		return STEPUP_NOT_ALLOWED;
	}
	context = X509_STORE_CTX_new();
	none = X509_STORE_new();
	if (context == NULL || none == NULL ||
	    X509_STORE_CTX_init(context, none, sk_X509_value(chain, 0), chain) != 1)
		goto out;
	X509_STORE_CTX_set0_trusted_stack(context, roots);
	parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(parameters, at);
	X509_VERIFY_PARAM_set_auth_level(parameters, SECURITY_LEVEL);
	/* Metadata may name as a root what is no CA: an intermediate, or a U2F key's own certificate. */
	if (X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		goto out;
	if (X509_verify_cert(context) == 1) {
		error = STEPUP_OK;
	} else {
		int code = X509_STORE_CTX_get_error(context);

		error = code == X509_V_ERR_OUT_OF_MEM ? STEPUP_NO_MEMORY : STEPUP_NOT_ALLOWED;
		*why = reason(code);
	}
out:
	X509_STORE_CTX_free(context);
	X509_STORE_free(none);
	return error;
}
