/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which makers' attestations count: root certificates from a folder of PEM files, and FIDO metadata (MDS,
 * verifier/rules/trust/mds.h) with each model's own roots, name and bad news. Made with the policy,
 * immutable, shared by threads.
 * MUST: read only files that nobody else can write; take nothing of the metadata whose signature doesn't
 * lead to `mds-root`.
 * Layer: verifier/rules/trust/, with OpenSSL's libcrypto.
 */
#ifndef STEPUP_VERIFIER_ATTESTATION_TRUST_H
#define STEPUP_VERIFIER_ATTESTATION_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define ATTESTATION_CHAIN_MAX 8 /* certificates, the authenticator's own among them */

struct attestation_trust;

struct policy_files; /* verifier/rules/trust/policy_files.h */

/* A list of models that was good once. */
struct attestation_models {
	const char *bytes;
	size_t size;
	int64_t at; /* when its signature held, seconds since 1970 */
};

/* Where trust comes from; each path may be NULL, `mds` and `mds_root` only together. */
struct attestation_sources {
	const char *roots;          /* folder; each file NAME.pem in it is a root, or several */
	const char *mds;            /* FIDO metadata: the signed blob as downloaded */
	const char *mds_root;       /* PEM file: the root that its signature leads to */
	struct policy_files *files; /* what reads them */
	const struct attestation_models *kept; /* NULL for none */
};

#define ATTESTATION_WARNINGS_MAX 4

/* What is no error, but should be mended; and whether the list of models is the one that `mds` names. */
struct attestation_findings {
	char *warnings[ATTESTATION_WARNINGS_MAX]; /* the caller frees; each begins with a file's name */
	size_t count;
	bool list_taken;
};

/* Loads all of it. `*why` (the caller frees) names the file and what is wrong with it. The list of models is
 * a third party's, so no trouble with it is an error: the one in `kept` stays, or there is none, and a
 * warning says so. `now` in seconds since 1970. */
enum stepup_error attestation_trust_load(const struct attestation_sources *sources, int64_t now,
	struct attestation_trust **trust, struct attestation_findings *findings, char **why);
void attestation_trust_free(struct attestation_trust **trust);

/* One certificate, DER; somebody else owns the bytes. */
struct attestation_certificate {
	const uint8_t *bytes;
	size_t size;
};

/* What is known of a model. */
struct attestation_model {
	const char *name; /* as the metadata has it, safe to show; NULL where it doesn't know the model */
	/* its keys must not be relied on any more: revoked, compromised, verification bypassed */
	bool revoked;
};

/* Looks a model up: by its AAGUID, or, where that is all zeros, by its attestation certificate (NULL where
 * there is none). `trust` may be NULL. */
struct attestation_model attestation_trust_model(const struct attestation_trust *trust,
	const uint8_t aaguid[16], const struct attestation_certificate *certificate);

/* Whether a chain, the authenticator's certificate first and each signed by the next, leads to a root for
 * this model: one of its own where the metadata has a usable one for the model, else one of the folder.
 * STEPUP_OK, or STEPUP_NOT_ALLOWED with the reason in `*why` (static). */
enum stepup_error attestation_trust_chain(const struct attestation_trust *trust, const uint8_t aaguid[16],
	const struct attestation_certificate *chain, size_t count, int64_t now, const char **why);

#endif
