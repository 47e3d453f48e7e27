/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads what attestations are held against, and holds them against it.
 */
#include "verifier/rules/attestation_trust.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/safe_file.h"
#include "verifier/rules/certificate.h"
#include "verifier/rules/mds.h"

#define PEM_SIZE_MAX (1024 * 1024) /* bytes of one file */
#define ROOTS_MAX 1024             /* certificates of the folder */

struct attestation_trust {
	STACK_OF(X509) *roots; /* of the folder; NULL where none is configured */
	struct mds *metadata;  /* NULL where none is configured */
};

/* --- loading --- */

__attribute__((format(printf, 3, 4))) static enum stepup_error explain(char **why, enum stepup_error error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
}

static enum stepup_error read_file(const struct attestation_sources *sources, const char *path, size_t limit, char **bytes, size_t *size,
	char **why)
{
	return sources->trusted ? safe_file_read(path, SAFE_FILE_PUBLIC, limit, bytes, size, why) :
				  unsafe_file_read(path, limit, bytes, size, why);
}

/* Takes every certificate of a PEM text. STEPUP_INVALID where one is malformed or there is none. */
static enum stepup_error take_pem(const char *bytes, size_t size, STACK_OF(X509) *roots)
{
	BIO *text = BIO_new_mem_buf(bytes, (int)size);
	enum stepup_error error = text == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	int before = sk_X509_num(roots);
	X509 *root;

	ERR_clear_error();
	while (error == STEPUP_OK && (root = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(roots) == ROOTS_MAX)
			error = STEPUP_TOO_LONG;
		else if (sk_X509_push(roots, root) > 0)
			continue;
		else
			error = STEPUP_NO_MEMORY;
		X509_free(root);
	}
	/* Reading ends with this error where the text has no more of them, with another where the next one is malformed. */
	if (error == STEPUP_OK && (sk_X509_num(roots) == before || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		error = STEPUP_INVALID;
	ERR_clear_error();
	BIO_free(text);
	return error;
}

static enum stepup_error load_pem(const struct attestation_sources *sources, const char *path, STACK_OF(X509) *roots, char **why)
{
	char *bytes = NULL;
	size_t size = 0;
	enum stepup_error error = read_file(sources, path, PEM_SIZE_MAX, &bytes, &size, why);

	if (error != STEPUP_OK)
		return error;
	error = take_pem(bytes, size, roots);
	free(bytes);
	if (error == STEPUP_INVALID)
		return explain(why, error, "%s: has no certificate in PEM form, or a damaged one.", path);
	if (error == STEPUP_TOO_LONG)
		return explain(why, error, "%s: is beyond the %d certificates that can be read.", path, ROOTS_MAX);
	return error;
}

static int is_pem(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".pem") == 0;
}

static int compare_bytewise(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum stepup_error load_folder(const struct attestation_sources *sources, STACK_OF(X509) *roots, char **why)
{
	struct dirent **names = NULL;
	enum stepup_error error = sources->trusted ? safe_folder_check(sources->roots, why) : STEPUP_OK;
	int count;

	if (error != STEPUP_OK)
		return error;
	count = scandir(sources->roots, &names, is_pem, compare_bytewise);
	if (count < 0)
		return explain(why, errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO, "%s: %s.", sources->roots, strerror(errno));
	if (count == 0)
		error = explain(why, STEPUP_NOT_FOUND, "%s: there is no file NAME.pem in it; put the makers' root certificates there.", sources->roots);
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (error == STEPUP_OK && asprintf(&path, "%s/%s", sources->roots, names[i]->d_name) < 0) {
			path = NULL;
			error = STEPUP_NO_MEMORY;
		}
		if (error == STEPUP_OK)
			error = load_pem(sources, path, roots, why);
		free(path);
		free(names[i]);
	}
	free(names);
	return error;
}

static enum stepup_error load_metadata(const struct attestation_sources *sources, int64_t now, struct mds **metadata, char **why)
{
	STACK_OF(X509) *roots = sk_X509_new_null();
	char *bytes = NULL, *reason = NULL;
	size_t size = 0;
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (roots != NULL)
		error = load_pem(sources, sources->mds_root, roots, why);
	if (error == STEPUP_OK)
		error = read_file(sources, sources->mds, MDS_SIZE_MAX, &bytes, &size, why);
	if (error == STEPUP_OK) {
		error = mds_parse(bytes, size, roots, now, metadata, &reason);
		if (error != STEPUP_OK && reason != NULL)
			(void)explain(why, error, "%s: %s", sources->mds, reason);
	}
	free(reason);
	free(bytes);
	sk_X509_pop_free(roots, X509_free);
	return error;
}

static enum stepup_error warn_of_age(const char *path, int64_t next_update, int64_t now, char **warning)
{
	time_t due = (time_t)next_update;
	struct tm date;
	char text[16];

	if (now < next_update)
		return STEPUP_OK;
	if (gmtime_r(&due, &date) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &date) == 0)
		return STEPUP_INTERNAL;
	if (asprintf(warning, "%s: a newer list of models has been due since %s; what went wrong with a model since then is not known here. "
			      "Download it again.", path, text) < 0) {
		*warning = NULL;
		return STEPUP_NO_MEMORY;
	}
	return STEPUP_OK;
}

enum stepup_error attestation_trust_load(const struct attestation_sources *sources, int64_t now, struct attestation_trust **trust,
	char **warning, char **why)
{
	struct attestation_trust *made = calloc(1, sizeof(*made));
	enum stepup_error error = made == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*trust = NULL;
	*warning = *why = NULL;
	if (error == STEPUP_OK && sources->roots != NULL) {
		made->roots = sk_X509_new_null();
		error = made->roots == NULL ? STEPUP_NO_MEMORY : load_folder(sources, made->roots, why);
	}
	if (error == STEPUP_OK && (sources->mds == NULL) != (sources->mds_root == NULL))
		error = STEPUP_INVALID;
	if (error == STEPUP_OK && sources->mds != NULL)
		error = load_metadata(sources, now, &made->metadata, why);
	if (error == STEPUP_OK && made->metadata != NULL)
		error = warn_of_age(sources->mds, made->metadata->next_update, now, warning);
	if (error == STEPUP_OK) {
		*trust = made;
		made = NULL;
	}
	attestation_trust_free(&made);
	return error;
}

void attestation_trust_free(struct attestation_trust **trust)
{
	if (trust == NULL || *trust == NULL)
		return;
	sk_X509_pop_free((*trust)->roots, X509_free);
	mds_free(&(*trust)->metadata);
	free(*trust);
	*trust = NULL;
}

/* --- questions --- */

/* The metadata's entry of a model; `certificate` may be NULL. */
static const struct mds_entry *entry_of(const struct attestation_trust *trust, const uint8_t aaguid[16],
	const struct attestation_certificate *certificate)
{
	const struct mds_entry *entry;
	X509 *parsed = NULL;

	if (trust == NULL || trust->metadata == NULL)
		return NULL;
	if (certificate != NULL && certificate_parse(certificate->bytes, certificate->size, &parsed) != STEPUP_OK)
		return NULL;
	entry = mds_find(trust->metadata, aaguid, parsed);
	X509_free(parsed);
	return entry;
}

struct attestation_model attestation_trust_model(const struct attestation_trust *trust, const uint8_t aaguid[16],
	const struct attestation_certificate *certificate)
{
	const struct mds_entry *entry = entry_of(trust, aaguid, certificate);

	if (entry == NULL)
		return (struct attestation_model){0};
	return (struct attestation_model){.name = entry->model, .revoked = entry->revoked};
}

static enum stepup_error refuse(const char **why, const char *reason)
{
	*why = reason;
	return STEPUP_NOT_ALLOWED;
}

enum stepup_error attestation_trust_chain(const struct attestation_trust *trust, const uint8_t aaguid[16],
	const struct attestation_certificate *chain, size_t count, int64_t now, const char **why)
{
	const struct mds_entry *entry;
	STACK_OF(X509) *parsed = NULL, *roots;
	enum stepup_error error = STEPUP_OK;

	*why = NULL;
	if (trust == NULL || (trust->roots == NULL && trust->metadata == NULL))
		return refuse(why, "no attestation roots are configured");
	if (count == 0 || count > ATTESTATION_CHAIN_MAX)
		return refuse(why, "the attestation has no certificates, or too many");
	entry = entry_of(trust, aaguid, &chain[0]);
	roots = entry != NULL ? entry->roots : trust->roots;
	if (roots == NULL)
		return refuse(why, "the attestation leads to no configured root");
	parsed = sk_X509_new_null();
	if (parsed == NULL)
		return STEPUP_NO_MEMORY;
	for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
		X509 *certificate = NULL;

		error = certificate_parse(chain[i].bytes, chain[i].size, &certificate);
		if (error != STEPUP_OK) {
			error = refuse(why, "a certificate of the attestation is malformed");
		} else if (sk_X509_push(parsed, certificate) <= 0) {
			X509_free(certificate);
			error = STEPUP_NO_MEMORY;
		}
	}
	if (error == STEPUP_OK)
		error = certificate_chain_verify(parsed, roots, now, why);
	sk_X509_pop_free(parsed, X509_free);
	return error;
}
