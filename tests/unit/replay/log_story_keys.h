/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys in a log_story: people who enrol one and use it, with signatures that OpenSSL makes here, and ways to
 * spoil them as a forger would who writes the log anew around what he changed.
 */
#ifndef STEPUP_TESTS_UNIT_LOG_STORY_KEYS_H
#define STEPUP_TESTS_UNIT_LOG_STORY_KEYS_H

#include "tests/unit/makers/key_maker.h"
#include "tests/unit/replay/log_story.h"

/* A person with a key. */
struct keyholder {
	struct person person;
	struct made_key key;
	struct key_credential credential;
	enum via via; /* by which the key is used */
};

/* What a key signs, and what is said about it, before anything is written; everything may be spoiled. */
struct key_use {
	const char *purpose;       /* "auth" unless told otherwise; of the context */
	const char *client_type;   /* "webauthn.get" or "webauthn.create", as it should be */
	const char *origin;        /* as it should be for the way */
	const char *rp_id;         /* whose digest stands in the authenticator data */
	enum factor_strength strength; /* required */
	bool pin;                  /* required */
	uint8_t flags;             /* that the key sets */
	bool says_verified;        /* `uv` of the entry */
	uint32_t counter;          /* that the key signs */
	int64_t says_counter;      /* `sign_count` of the entry */
	const char *acr;
	const char *namespace;
	bool wrong_challenge;      /* the client data has another one */
	bool cross_origin;
	void (*spoil)(json_t *entry); /* changes the finished entry; NULL for nothing */
};

/* A person whose key of this algorithm comes by this way; free with keyholder_clear(). */
void keyholder_make(struct keyholder *holder, const char *name, int algorithm, enum via via);
void keyholder_clear(struct keyholder *holder);

/* A use as it should be, with this counter. */
struct key_use key_use_good(const struct keyholder *holder, bool enrolment, uint32_t counter);

/* An invitation and the enrolment by it, or the enrolment that rests on `grant` where that isn't negative.
 * Gives the enrolment's index. */
int64_t story_enrol_key(struct story *story, struct keyholder *holder, int64_t at, int64_t grant,
	const struct key_use *use);

/* A step-up by the key. Takes over `details`. */
int64_t story_grant_key(struct story *story, struct keyholder *holder, int64_t at, const char *action,
	json_t *details, const struct key_use *use);

#endif
