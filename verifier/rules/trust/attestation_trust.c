/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads what attestations are held against, and holds them against it.
 */
#include "verifier/rules/trust/attestation_trust.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verifier/rules/trust/certificate.h"
#include "verifier/rules/trust/mds.h"
#include "verifier/rules/trust/policy_files.h"

#define PEM_SIZE_MAX (1024 * 1024) /* bytes of one file */
#define ROOTS_MAX 1024             /* certificates of the folder */

struct attestation_trust {
	STACK_OF(X509) *roots; /* of the folder; NULL where none is configured */
	struct mds *metadata;  /* NULL where none is configured */
};

/* --- loading --- */

__attribute__((format(printf, 3, 4))) static enum stepup_error explain(char **why, enum stepup_error error,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
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
	/* Reading ends with this error where the text has no more of them, with another where the next
	 * one is malformed. */
	if (error == STEPUP_OK &&
	    (sk_X509_num(roots) == before || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		error = STEPUP_INVALID;
	ERR_clear_error();
	BIO_free(text);
	return error;
}

static enum stepup_error load_pem(const struct attestation_sources *sources, const char *path,
	STACK_OF(X509) *roots, char **why)
{
	const struct policy_source *pem = NULL;
	enum stepup_error error = policy_files_read(sources->files, path, PEM_SIZE_MAX, &pem, why);

	if (error != STEPUP_OK)
		return error;
	error = take_pem(pem->bytes, pem->size, roots);
	if (error == STEPUP_INVALID)
		return explain(why, error, "%s: has no certificate in PEM form, or a damaged one.", path);
	if (error == STEPUP_TOO_LONG)
		return explain(why, error, "%s: is beyond the %d certificates that can be read.",
			path, ROOTS_MAX);
	return error;
}

static enum stepup_error load_folder(const struct attestation_sources *sources,
	STACK_OF(X509) *roots, char **why)
{
	struct policy_paths paths = {0};
	enum stepup_error error = policy_files_list(sources->files, sources->roots, ".pem", &paths, why);

	if ((error == STEPUP_OK || (error == STEPUP_NOT_FOUND && *why == NULL)) && paths.count == 0)
		error = explain(why, STEPUP_NOT_FOUND,
			"%s: there is no file NAME.pem in it; put the makers' root certificates there.",
			sources->roots);
	for (size_t i = 0; error == STEPUP_OK && i < paths.count; i++)
		error = load_pem(sources, paths.all[i], roots, why);
	policy_paths_free(&paths);
	return error;
}

/* --- the list of models, which is a third party's --- */

__attribute__((format(printf, 2, 3))) static enum stepup_error warn(struct attestation_findings *findings,
	const char *format, ...)
{
	va_list arguments;
	int length;

	if (findings->count == ATTESTATION_WARNINGS_MAX)
		return STEPUP_OK;
	va_start(arguments, format);
	length = vasprintf(&findings->warnings[findings->count], format, arguments);
	va_end(arguments);
	if (length < 0) {
		findings->warnings[findings->count] = NULL;
		return STEPUP_NO_MEMORY;
	}
	findings->count++;
	return STEPUP_OK;
}

static enum stepup_error attestation_trust_date_text(int64_t at, char text[16])
{
	time_t time = (time_t)at;
	struct tm date;

	return gmtime_r(&time, &date) == NULL ||
		strftime(text, 16, "%Y-%m-%d", &date) == 0 ? STEPUP_INTERNAL : STEPUP_OK;
}

static enum stepup_error warn_of_list(const char *path, const struct mds *list, int64_t now,
	struct attestation_findings *findings)
{
	enum stepup_error error = STEPUP_OK;
	char due[16];

	if (list->damaged > 0)
		error = warn(findings, "%s: %zu %s of the list of models can't be read whole, "
			"so what can't be read of %s does not count: %s. Nothing else of the list is lost.",
			path, list->damaged, list->damaged == 1 ? "entry" : "entries",
			list->damaged == 1 ? "it" : "them", list->damaged_which);
	if (error != STEPUP_OK || now < list->next_update)
		return error;
	error = attestation_trust_date_text(list->next_update, due);
	return error != STEPUP_OK ? error
		: warn(findings, "%s: a newer list of models has been due since %s; which models got "
			"into trouble since then is not known here. Download the list again.", path, due);
}

/* Why the list at hand isn't taken, and which one is in force; `kept` is NULL where none is. Who is only
 * `looking` doesn't know what a verifier kept. */
static enum stepup_error warn_of_kept(const char *path, const char *reason, const struct mds *kept,
	int64_t at, bool looking, struct attestation_findings *findings)
{
	bool named = strncmp(reason, path, strlen(path)) == 0; /* by what read the file */
	enum stepup_error error;
	char when[16];

	if (kept == NULL && looking)
		return warn(findings, "%s%s%s If the verifier has an earlier list, that one stays in force. "
			"Download the list again.", named ? "" : path, named ? "" : ": ", reason);
	if (kept == NULL)
		return warn(findings, "%s%s%s No list of models is in force: "
			"new keys count as \"hardware-key\" by \"attestation-roots\" alone, "
			"and which models can't be relied on is not known here. Download the list again.",
			named ? "" : path, named ? "" : ": ", reason);
	error = attestation_trust_date_text(at, when);
	return error != STEPUP_OK ? error
		: warn(findings, "%s%s%s The last good list, of %s, stays in force. Download the list again.",
			named ? "" : path, named ? "" : ": ", reason, when);
}

/* The list that `mds` names; STEPUP_OK with `*list` NULL, and the reason, where it can't be taken. */
static enum stepup_error load_list(const struct attestation_sources *sources, STACK_OF(X509) *roots,
	int64_t now, struct mds **list, char **reason)
{
	const struct policy_source *blob = NULL;
	enum stepup_error error =
		policy_files_read(sources->files, sources->mds, MDS_SIZE_MAX, &blob, reason);

	if (error == STEPUP_OK)
		error = mds_parse(blob->bytes, blob->size, roots, now, list, reason);
	if (error != STEPUP_OK && error != STEPUP_NO_MEMORY && *reason == NULL)
		*reason = strdup(stepup_error_text(error));
	return error == STEPUP_NO_MEMORY ||
		(error != STEPUP_OK && *reason == NULL) ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* The last good list, if there is one, instead of the files' that did not serve for this reason. */
static enum stepup_error load_kept(const struct attestation_sources *sources, STACK_OF(X509) *roots,
	const char *reason, struct mds **metadata, struct attestation_findings *findings)
{
	const struct attestation_models *kept = sources->kept;
	char *unheard = NULL;
	enum stepup_error error = kept == NULL ? STEPUP_OK
		: mds_parse(kept->bytes, kept->size, roots, kept->at, metadata, &unheard);

	free(unheard);
	if (error == STEPUP_NO_MEMORY)
		return error;
	return warn_of_kept(sources->mds, reason, *metadata, kept == NULL ? 0 : kept->at,
		!policy_files_are_trusted(sources->files), findings);
}

static enum stepup_error load_metadata(const struct attestation_sources *sources, int64_t now,
	struct mds **metadata, struct attestation_findings *findings, char **why)
{
	STACK_OF(X509) *roots = sk_X509_new_null();
	char *reason = NULL;
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (roots != NULL)
		error = load_pem(sources, sources->mds_root, roots, why);
	if (error == STEPUP_OK)
		error = load_list(sources, roots, now, metadata, &reason);
	findings->list_taken = error == STEPUP_OK && *metadata != NULL;
	if (error == STEPUP_OK && *metadata == NULL)
		error = load_kept(sources, roots, reason, metadata, findings);
	if (error == STEPUP_OK && *metadata != NULL)
		error = warn_of_list(sources->mds, *metadata, now, findings);
	free(reason);
	sk_X509_pop_free(roots, X509_free);
	return error;
}

enum stepup_error attestation_trust_load(const struct attestation_sources *sources, int64_t now,
	struct attestation_trust **trust, struct attestation_findings *findings, char **why)
{
	struct attestation_trust *made = calloc(1, sizeof(*made));
	enum stepup_error error = made == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*trust = NULL;
	*findings = (struct attestation_findings){0};
	*why = NULL;
	if (error == STEPUP_OK && sources->roots != NULL) {
		made->roots = sk_X509_new_null();
		error = made->roots == NULL ? STEPUP_NO_MEMORY : load_folder(sources, made->roots, why);
	}
	if (error == STEPUP_OK && (sources->mds == NULL) != (sources->mds_root == NULL))
		error = STEPUP_INVALID;
	if (error == STEPUP_OK && sources->mds != NULL)
		error = load_metadata(sources, now, &made->metadata, findings, why);
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
	if (certificate != NULL &&
	    certificate_parse(certificate->bytes, certificate->size, &parsed) != STEPUP_OK)
		return NULL;
	entry = mds_find(trust->metadata, aaguid, parsed);
	X509_free(parsed);
	return entry;
}

struct attestation_model attestation_trust_model(const struct attestation_trust *trust,
	const uint8_t aaguid[16], const struct attestation_certificate *certificate)
{
	const struct mds_entry *entry = entry_of(trust, aaguid, certificate);

	if (entry == NULL)
		return (struct attestation_model){0};
	return (struct attestation_model){
		.name = entry->model[0] == '\0' ? NULL : entry->model, .revoked = entry->revoked};
}

static enum stepup_error attestation_trust_refuse(const char **why, const char *reason)
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
		return attestation_trust_refuse(why, "no attestation roots are configured");
	if (count == 0 || count > ATTESTATION_CHAIN_MAX)
		return attestation_trust_refuse(why, "the attestation has no certificates, or too many");
	entry = entry_of(trust, aaguid, &chain[0]);
	roots = entry != NULL && sk_X509_num(entry->roots) > 0 ? entry->roots : trust->roots;
	if (roots == NULL)
		return attestation_trust_refuse(why, "the attestation leads to no configured root");
	parsed = sk_X509_new_null();
	if (parsed == NULL)
		return STEPUP_NO_MEMORY;
	for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
		X509 *certificate = NULL;

		error = certificate_parse(chain[i].bytes, chain[i].size, &certificate);
		if (error != STEPUP_OK) {
			error = attestation_trust_refuse(why,
				"a certificate of the attestation is malformed");
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
