/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals that charge nothing, put into the log through the queue, so many per caller, user and minute at most: what is refused
 * costs the refused nothing, so the log must not grow at their pace.
 * MUST: let nobody use up what another user's first refusal needs to be logged, and so to be alerted to; nor, with refusals of one kind, what the
 * same user's first of another kind needs; nor spend anything on what was not written.
 * Layer: verifier/doors/.
 */
#ifndef STEPUP_VERIFIER_REFUSAL_LOG_H
#define STEPUP_VERIFIER_REFUSAL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "verifier/doors/transactions.h"
#include "verifier/server/call.h"
#include "verifier/evidence/log_entry.h"

#define REFUSAL_BURST 30          /* entries at once */
#define REFUSAL_EVERY_MS 2000     /* then one in so long */
#define REFUSAL_SLOTS 4096
#define REFUSAL_FIRST_MS 300000    /* one of a kind about an enrolled user in so long, whatever the budget */

struct refusal_slot {
	int64_t tokens;
	int64_t refilled_boot_ms; /* 0 for never used */
};

/* The last refusal of a kind about an enrolled user. */
struct refusal_first {
	uint8_t user_id[USER_ID_SIZE];
	enum stepup_error error;
	int64_t at_boot_ms; /* 0 for never used */
};

/* Keys that fall on one slot share it. */
struct refusal_budget {
	struct refusal_slot slots[REFUSAL_SLOTS];
	struct refusal_first firsts[REFUSAL_SLOTS];
};

/* Whose budget it is: a caller's with this user. All whom nobody has enrolled are one user, so that inventing names makes no log grow. NULL subject: the
 * caller's alone, as of an ordinary uid that names somebody else: it can name everybody who is enrolled. */
uint32_t refusal_key(uid_t uid, const struct log_subject *subject);

/* Whether this key's refusal may be logged now; counts it. A uid is the key of what is counted per uid. */
bool refusal_budget_take(struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms);

/* Gives back what was taken for an entry that could not be written. */
void refusal_budget_give(struct refusal_budget *budget, uint32_t key);

/* Whether there is any left; counts nothing. */
bool refusal_budget_has(const struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms);

/* Whether none of this kind about this user was logged for REFUSAL_FIRST_MS; notes that one is now. */
bool refusal_first_take(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE], enum stepup_error error, int64_t now_boot_ms);

/* Whether a refusal that a transaction came to, and undid all else with, is for the log: as Locked, Frozen, NotAllowed or TooWeak. The others are
 * mistakes (a name that isn't there), what came late, or trouble. */
bool refusal_is_for_log(enum stepup_error error);

/* The one that was taken at that time was not logged after all. */
void refusal_first_give(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE], enum stepup_error error, int64_t taken_boot_ms);

/* What was refused, as far as it is known. */
struct refused_action {
	const char *name;            /* NULL where not known */
	const struct action *action; /* with its details; NULL before they were read */
	const char *limit;           /* the one that it goes over; NULL for none */
	int64_t grant;               /* index of the step-up that was spent on it; 0 for none */
};

/* Logs that a call was refused, within the budget, and where it says it came from; the caller isn't answered here and waits for nothing. Texts are
 * copied; `why` is a literal. */
void refusal_log_action(const struct call *call, const struct log_subject *subject, const struct refused_action *refused, enum stepup_error error,
	const char *why);
/* The same of an action whose details nobody looked at. */
void refusal_log(const struct call *call, const struct log_subject *subject, const char *action, enum stepup_error error, const char *why);

/* The same of a transaction, which names all of that. `verifier` is a struct verifier. */
void refusal_log_of(void *verifier, const struct transaction *transaction, enum stepup_error error, const char *why);

/* Logs that a transaction is about to end unanswered, where it was begun for what only a key can approve: whoever has a password and no key comes so far.
 * Of any other it does nothing. `verifier` is a struct verifier; for transactions_watch(). */
void refusal_log_unanswered(void *verifier, const struct transaction *transaction);

#endif
