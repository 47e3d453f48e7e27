/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `fresh-for`: a step-up that was granted covers the same rule, for the same person in the same sitting, for
 * a while. Kept in memory only.
 *
 * MUST, each held by a test:
 * - cover nothing but the very rule (its digest), person, caller and sitting that it was granted for;
 * - expire on boot time, whatever the wall clock says, and at the decision on the wall clock's, which is
 *   what the log has;
 * - be forgotten with a lock, a freeze, a change of credentials, a reload, a set clock, a restart, a logout;
 * - never cover a rule with a service: a receipt is for one action that was asked for;
 * - be nothing but the answer to "must the person be asked?": lock, freeze, credential and limits are looked
 *   at each time, in the transaction that charges and logs what it covers, and so is whether a lock, a freeze
 *   or a change of credentials lies in between (decide_fresh.c): memory is told of these only once they are
 *   on the disk.
 * Where something is missing or there is no room, nothing is fresh. Only the loop's thread comes here.
 * Layer: verifier/doors/pending/.
 */
#ifndef STEPUP_VERIFIER_FRESHNESS_H
#define STEPUP_VERIFIER_FRESHNESS_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/evidence/digest.h"
#include "verifier/rules/policy/requirement.h"
#include "verifier/state/records/user_record.h"

#define FRESHNESS_MAX 65536        /* remembered at once */
#define FRESHNESS_PER_USER 256     /* of one person */

/* What it is remembered under. */
struct fresh_place {
	const struct rule *rule;
	const uint8_t *user_id;  /* USER_ID_SIZE bytes */
	uid_t caller;
	const uint8_t *sitting;  /* DIGEST_SIZE bytes: of the console's session, or of the terminal's */
};

/* A step-up that still covers. */
struct fresh_grant {
	char credential[CREDENTIAL_ID_SIZE]; /* that earned it */
	enum factor_strength strength;       /* as what it was earned */
	unsigned method;                     /* METHOD_… by which it was proved */
	bool user_verified;
	int64_t log_index;                   /* of its entry */
	int64_t version;                     /* of the person's record, as it was saved with it */
	int64_t at;                          /* by the wall clock: its entry's time */
	int64_t expires_boot_ms;             /* set by freshness_remember() */
};

struct freshness;

struct freshness *freshness_new(void);
void freshness_free(struct freshness **freshness);

/* Remembers a grant for the rule's fresh-for, in place of an older one there. Rules with a service or without
 * fresh-for: not at all. */
void freshness_remember(struct freshness *freshness, const struct fresh_place *place, const char *user,
	const struct fresh_grant *grant, int64_t now_boot_ms);

/* What covers this place now; NULL where nothing does. Good until the next call of anything here. */
const struct fresh_grant *freshness_find(const struct freshness *freshness, const struct fresh_place *place,
	int64_t now_boot_ms);

/* Whether what was proved then is as strong as what is required now. */
bool freshness_covers(const struct fresh_grant *grant, const struct requirement *requirement);

/* In how many sittings a rule is fresh for a person, and until when at the latest (boot time). */
size_t freshness_sittings(const struct freshness *freshness, const char *user, const struct rule *rule,
	int64_t now_boot_ms, int64_t *latest_boot_ms);

/* Forget: one person's, or everybody's (NULL); one sitting's of a caller; what has expired. */
void freshness_end_user(struct freshness *freshness, const char *user);
void freshness_end_sitting(struct freshness *freshness, uid_t caller, const uint8_t sitting[DIGEST_SIZE]);
void freshness_sweep(struct freshness *freshness, int64_t now_boot_ms);

size_t freshness_count(const struct freshness *freshness);

#endif
