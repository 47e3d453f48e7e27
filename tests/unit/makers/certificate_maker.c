/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes certificates, and folders with them.
 */
#include "tests/unit/makers/certificate_maker.h"
#include "tests/unit/cmocka_tap.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/rules/trust/policy_files.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct certificate_shape certificate_shape_leaf(const uint8_t *aaguid)
{
	return (struct certificate_shape){.version = 3, .country = "SE", .organisation = "Maker",
		.unit = "Authenticator Attestation", .name = "Model 5", .constraints = NO_CA,
		.aaguid = aaguid, .from = MADE_NOW - MADE_DAY, .to = MADE_NOW + MADE_DAY};
}

struct certificate_shape certificate_shape_authority(const char *name)
{
	return (struct certificate_shape){.version = 3, .organisation = "Maker", .name = name,
		.constraints = CA, .from = MADE_NOW - 9 * MADE_DAY, .to = MADE_NOW + 9 * MADE_DAY};
}

static void add_name(X509_NAME *subject, const char *field, const char *value)
{
	if (value != NULL)
		assert_int_equal(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
				(const unsigned char *)value, -1, -1, 0), 1);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void add_aaguid(X509 *certificate, const struct certificate_shape *shape)
{
	uint8_t value[18] = {0x04, 16};
	ASN1_OBJECT *name = OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;

	memcpy(value + 2, shape->aaguid, 16);
	assert_int_equal(ASN1_OCTET_STRING_set(octets, shape->aaguid_bare ? value + 2 : value,
			shape->aaguid_bare ? 16 : 18), 1);
	assert_non_null(X509_EXTENSION_create_by_OBJ(&extension, name, shape->aaguid_critical, octets));
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(name);
}

void certificate_make(int algorithm, const struct certificate_shape *shape,
	const struct made_certificate *issuer, struct made_certificate *made)
{
	static long serial = 1000;
	X509 *x509 = X509_new();
	const struct made_key *signer;
	X509_NAME *subject;
	unsigned char *at;
	char text[256];
	int size;

	memset(made, 0, sizeof(*made));
	key_make(algorithm, &made->key);
	signer = issuer == NULL ? &made->key : &issuer->key;
	assert_int_equal(X509_set_version(x509, shape->version - 1), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)shape->from));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)shape->to));
	assert_int_equal(X509_set_pubkey(x509, made->key.pkey), 1);
	subject = X509_get_subject_name(x509);
	add_name(subject, "C", shape->country);
	add_name(subject, "O", shape->organisation);
	add_name(subject, "OU", shape->unit);
	add_name(subject, "CN", shape->name);
	assert_int_equal(X509_set_issuer_name(x509,
			issuer == NULL ? subject : X509_get_subject_name(issuer->x509)), 1);
	if (shape->constraints != NO_CONSTRAINTS)
		add_extension(x509, NID_basic_constraints,
			shape->constraints == CA ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (shape->aaguid != NULL)
		add_aaguid(x509, shape);
	if (shape->host != NULL) {
		(void)snprintf(text, sizeof(text), "DNS:%s", shape->host);
		add_extension(x509, NID_subject_alt_name, text);
	}
	assert_true(X509_sign(x509, signer->pkey, signer->algorithm == KEY_EDDSA ? NULL : EVP_sha256()) > 0);
	made->x509 = x509;
	at = made->der;
	size = i2d_X509(x509, NULL);
	assert_in_range(size, 1, sizeof(made->der));
	assert_int_equal(i2d_X509(x509, &at), size);
	made->size = (size_t)size;
}

void certificate_release(struct made_certificate *made)
{
	X509_free(made->x509);
	key_release(&made->key);
}

void folder_make(char folder[64])
{
	(void)snprintf(folder, 64, "/tmp/stepup-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
}

void folder_remove(const char *folder)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

void folder_put(const char *folder, const char *name, const void *bytes, size_t size)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void folder_put_certificate(const char *folder, const char *name, const struct made_certificate *made)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long size;

	assert_int_equal(PEM_write_bio_X509(memory, made->x509), 1);
	size = BIO_get_mem_data(memory, &bytes);
	folder_put(folder, name, bytes, (size_t)size);
	BIO_free(memory);
}

struct attestation_trust *folder_trust(const char *folder)
{
	struct policy_files *files = policy_files_on_disk(true);
	const struct attestation_sources sources = {.roots = folder, .files = files};
	struct attestation_findings findings;
	struct attestation_trust *trust = NULL;
	char *why = NULL;

	assert_non_null(files);
	assert_int_equal(attestation_trust_load(&sources, MADE_NOW, &trust, &findings, &why), STEPUP_OK);
	assert_int_equal(findings.count, 0);
	policy_files_free(&files);
	return trust;
}
