/* SPDX-License-Identifier: BSD-2-Clause */
/* The software authenticator's attestation. */
#include "tests/softkey/attestation.h"

#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAYS 3650
#define AAGUID_OID "1.3.6.1.4.1.45724.1.1.4"

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file != NULL)
		fclose(file);
	return key;
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file != NULL)
		fclose(file);
	return certificate;
}

static bool write_both(const char *key_path, EVP_PKEY *key, const char *certificate_path, X509 *certificate)
{
	FILE *key_file = fopen(key_path, "we"), *certificate_file = fopen(certificate_path, "we");
	bool done = key_file != NULL && certificate_file != NULL &&
		    PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		    PEM_write_X509(certificate_file, certificate) == 1;

	if (key_file != NULL && fclose(key_file) != 0)
		done = false;
	if (certificate_file != NULL && fclose(certificate_file) != 0)
		done = false;
	return done;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/* id-fido-gen-ce-aaguid: an OCTET STRING in the extension's own OCTET STRING. */
static bool add_aaguid(X509 *certificate, const uint8_t aaguid[16])
{
	uint8_t value[18] = {0x04, 16};
	ASN1_OBJECT *oid = OBJ_txt2obj(AAGUID_OID, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	bool done;

	memcpy(value + 2, aaguid, 16);
	done = oid != NULL && octets != NULL && ASN1_OCTET_STRING_set(octets, value, sizeof(value)) == 1 &&
	       X509_EXTENSION_create_by_OBJ(&extension, oid, 0, octets) != NULL &&
	       X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(oid);
	return done;
}

static bool add_name(X509_NAME *name, const char *unit, const char *common_name)
{
	const char *const fields[][2] = {{"C", "SE"}, {"O", "Softkey"}, {"OU", unit}, {"CN", common_name}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (X509_NAME_add_entry_by_txt(name, fields[i][0], MBSTRING_ASC,
			    (const unsigned char *)fields[i][1], -1, -1, 0) != 1)
			return false;
	return true;
}

/* A certificate for `key`, signed by the issuer; `issuer` NULL: by itself. */
static X509 *certificate_new(EVP_PKEY *key, EVP_PKEY *signer, X509 *issuer, const uint8_t *aaguid)
{
	X509 *made = X509_new();
	uint64_t serial = 0;
	bool done;

	if (made == NULL || RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		return made;
	done = X509_set_version(made, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial >> 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(made), -24L * 3600) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(made), DAYS * 24L * 3600) != NULL &&
	       X509_set_pubkey(made, key) == 1 &&
	       add_name(X509_get_subject_name(made),
		       issuer != NULL ? "Authenticator Attestation" : "Attestation CA",
		       issuer != NULL ? "Softkey" : "Softkey attestation root") &&
	       X509_set_issuer_name(made, X509_get_subject_name(issuer != NULL ? issuer : made)) == 1;
	if (issuer != NULL)
		done = done && add_extension(made, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
		       add_aaguid(made, aaguid);
	else
		done = done && add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE") &&
		       add_extension(made, made, NID_key_usage, "critical,keyCertSign");
	if (!done || X509_sign(made, signer, EVP_sha256()) == 0) {
		X509_free(made);
		return NULL;
	}
	return made;
}

static bool open_ca(const char *folder, EVP_PKEY **key, X509 **certificate)
{
	char key_path[PATH_MAX + 16], path[PATH_MAX + 16];

	snprintf(key_path, sizeof(key_path), "%s/ca.key", folder);
	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	*key = read_key(key_path);
	*certificate = read_certificate(path);
	if (*key != NULL && *certificate != NULL)
		return true;
	*key = EVP_EC_gen("P-256");
	*certificate = *key != NULL ? certificate_new(*key, *key, NULL, NULL) : NULL;
	return *certificate != NULL && write_both(key_path, *key, path, *certificate);
}

static bool open_model(const char *folder, const uint8_t aaguid[16], struct attestation *attestation)
{
	char key_path[PATH_MAX + 64], path[PATH_MAX + 64], name[33];
	EVP_PKEY *ca_key = NULL;
	X509 *ca = NULL;
	bool done;

	for (size_t i = 0; i < 16; i++)
		snprintf(name + 2 * i, 3, "%02x", aaguid[i]);
	snprintf(key_path, sizeof(key_path), "%s/model-%s.key", folder, name);
	snprintf(path, sizeof(path), "%s/model-%s.crt", folder, name);
	done = open_ca(folder, &ca_key, &ca);
	attestation->key = read_key(key_path);
	attestation->certificate = read_certificate(path);
	if (done && (attestation->key == NULL || attestation->certificate == NULL)) {
		attestation->key = EVP_EC_gen("P-256");
		attestation->certificate = certificate_new(attestation->key, ca_key, ca, aaguid);
		done = attestation->certificate != NULL &&
		       write_both(key_path, attestation->key, path, attestation->certificate);
	}
	EVP_PKEY_free(ca_key);
	X509_free(ca);
	return done;
}

bool attestation_open(const char *folder, const uint8_t aaguid[16], struct attestation *attestation)
{
	char path[PATH_MAX + 16];
	FILE *lock;
	bool done;

	*attestation = (struct attestation){.key = NULL};
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return false;
	snprintf(path, sizeof(path), "%s/lock", folder);
	lock = fopen(path, "we");
	done = lock != NULL && flock(fileno(lock), LOCK_EX) == 0 && open_model(folder, aaguid, attestation);
	if (lock != NULL)
		fclose(lock);
	return done;
}

void attestation_close(struct attestation *attestation)
{
	EVP_PKEY_free(attestation->key);
	X509_free(attestation->certificate);
	*attestation = (struct attestation){.key = NULL};
}
