/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolment of credentials, from its beginning (enrolment.c) to the code or the key's answer that proves them
 * (enrolment_finish.c), and their end (credentials.c).
 *
 * MUST, each held by a test:
 * - adding a credential takes an invitation, or a step-up of the user's own for exactly that, with a factor
 *   at least as strong;
 * - an invitation is taken in the transaction that stores the credential, once;
 * - nothing is stored before a code or the key proved it, and that code is spent;
 * - a revoked credential stays as a tombstone without its secret; neither the same secret nor the same
 *   key can come back;
 * - a key is enrolled once, by one user; removing one takes a step-up by a key.
 * Layer: verifier/doors/enrolment/.
 */
#ifndef STEPUP_VERIFIER_ENROLMENT_H
#define STEPUP_VERIFIER_ENROLMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/standing/invitation.h"
#include "verifier/doors/verbs/authorization.h"
#include "verifier/evidence/key_request.h"
#include "verifier/server/call.h"
#include "verifier/state/store/store.h"

#define ENROLMENT_TTL_SECONDS 600
#define ENROLMENT_ANSWERS_MAX 5
#define ENROLMENT_WAYS 3           /* browser, seat, agent, in this order */
#define CREDENTIALS_LIVE_MAX 8

struct enrolment_kind; /* codes or keys; enrolment_kinds.h */

/* A credential waiting for its proof. */
struct enrolment {
	const struct enrolment_kind *kind;
	struct credential credential; /* without an id yet */
	bool labelled;                /* by the person */
	int64_t uid;                  /* the account's */
	bool uid_was_anothers;        /* subject.h */
	/* where the person sits: known to be theirs once they have enrolled */
	uint8_t sources[SITTING_SOURCES_MAX][GUESS_SOURCE_SIZE];
	size_t source_count;
	bool invited;                 /* by invitation, else by authorization */
	uint8_t invitation[DIGEST_SIZE];
	struct authorization authorization;
	/* Keys: what was asked of them. */
	unsigned ways;                 /* VIA_… that it may come by */
	bool user_verification;        /* required */
	bool attested;                 /* an attestation is asked for */
	/* of the record, also of one that is still to be made: the key keeps it as the user's handle */
	uint8_t user_id[USER_ID_SIZE];
	struct action *action;         /* owned; what the contexts commit to */
	char *prompt;                  /* owned; what the person is shown */
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct key_request requests[ENROLMENT_WAYS];
	/* owned; what EnrollFinish replied: whoever lost that asks again and hears the
	 * same; NULL until then */
	json_t *enrolled;
};

/* Wipes, frees, sets NULL. */
void enrolment_free(struct enrolment **enrolment);

/* Handlers of Verify1.EnrollBegin and EnrollFinish. */
void enrolment_begin(struct call *call);
void enrolment_finish(struct call *call);

/* Handlers of Verify1.List and Remove. */
void credentials_list(struct call *call);
void credentials_remove(struct call *call);

/* What a list shows of one record's credentials: an array of Credential; NULL where there is no memory.
 * `tombstones` too, or only live ones. */
json_t *credentials_to_json(const struct policy *policy, const struct user_record *record, bool tombstones);

/* Makes a tombstone of one of the record's live credentials, which ends what is fresh: a code's secret gives
 * way to its keyed digest, by which it is known again. */
enum stepup_error credential_bury(struct store *store, struct user_record *record,
	struct credential *credential, int64_t now);

/* Whether the user has, or had, a credential of codes with this secret. */
enum stepup_error credential_is_known(struct store *store, const struct user_record *record,
	const struct otp_secret *secret, bool *known);

#endif
