/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The context of one step-up (DESIGN section 4): what a key signs, what a grant logs. A JCS object made by
 * the verifier alone and kept byte for byte; the challenge is a digest of it.
 * Layer: verifier/evidence/. Pure.
 */
#ifndef STEPUP_VERIFIER_CONTEXT_H
#define STEPUP_VERIFIER_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/digest.h"
#include "lib/wire/action.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/state/records/user_record.h"

#define CONTEXT_NONCE_SIZE 32

struct context_facts {
	const char *purpose;  /* "auth", "enrol", "approve", "admin" */
	const struct policy *policy; /* issuer, rp-id, host */
	const char *service;  /* PAM service or the like; NULL where not known */
	const char *caller;   /* account name or "#UID" of who began it */
	const char *via;      /* "code", "browser", "seat", "agent" */
	const char *user;
	const uint8_t *user_id;    /* USER_ID_SIZE bytes */
	const uint8_t *session;    /* DIGEST_SIZE bytes, NULL where there is none */
	const struct rule *rule;   /* its digest; an enrolment's is that of stepup.enroll */
	enum factor_strength require; /* what is required, as raised (verifier/rules/policy/requirement.h) */
	bool pin;
	const char *prompt;        /* as rendered */
	const uint8_t *commitment; /* DIGEST_SIZE bytes */
	const uint8_t *nonce;      /* CONTEXT_NONCE_SIZE random bytes */
	int64_t iat, exp;          /* seconds since 1970 */
	const uint8_t *request;    /* "approve": DIGEST_SIZE bytes, request_digest(); else NULL */
	const char *decision;      /* "approve": what agreeing means: "approve"; else NULL */
};

/* The canonical text, `*size` bytes and a NUL; the caller frees. */
enum stepup_error context_make(const struct context_facts *facts, char **text, size_t *size);

/* SHA-256("stepup/1/challenge\0" ‖ context). */
enum stepup_error context_challenge(const char *text, size_t size, uint8_t challenge[DIGEST_SIZE]);

/* HMAC-SHA-256(salt, JCS(action)), with a salt of DIGEST_SIZE random bytes. */
enum stepup_error context_commitment(const uint8_t salt[DIGEST_SIZE], const struct action *action,
	uint8_t commitment[DIGEST_SIZE]);

/* A fresh salt and the commitment under it. STEPUP_INTERNAL where there is no randomness. */
enum stepup_error context_commit(const struct action *action, uint8_t salt[DIGEST_SIZE],
	uint8_t commitment[DIGEST_SIZE]);

#endif
