/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person's agreement, inside the transactions that move them on (DESIGN section 7): who
 * may agree, what still stands, how they end.
 *
 * MUST, each held by a test:
 * - nobody agrees to what they asked for: not under another name of the same person, uid or key, not from the
 *   same session, not with a credential that is still cooling off;
 * - what was agreed to is what was asked for, word for word, under the same rule;
 * - a lock of either, a freeze, a revoked credential, a changed rule end a request, also an approved one;
 *   nothing comes of it after its time;
 * - each step is one transaction with one log entry; what ended stays so.
 * Layer: verifier/doors/standing/.
 */
#ifndef STEPUP_VERIFIER_REQUESTS_H
#define STEPUP_VERIFIER_REQUESTS_H

#include <stdbool.h>

#include "lib/wire/shared_limits.h"
#include "verifier/rules/people/request_standing.h"
#include "verifier/state/store/store.h"

#define REQUESTS_SHOWN_MAX 256
#define REQUESTS_SHOWN_BYTES (768 * 1024) /* of all that are shown: they go out in one reply */
#define REQUEST_CREDENTIAL_GONE "a credential that it rests on was removed"
#define REQUEST_KEPT_SECONDS (24 * 60 * 60) /* after it ended */

/* Why this person can't agree to it, in a sentence; NULL where they can. `session` is that of the agreeing
 * side (zero for none), `requester` the record of who asked. */
struct request_approver {
	const struct user_record *record, *requester;
	const uint8_t *session;
};
const char *request_objection(const struct approval_request *request,
	const struct request_approver *approver);

/* Whether its approver still stands behind an approved one: STEPUP_OK, or STEPUP_NOT_ALLOWED. */
enum stepup_error request_approver_stands(struct store_session *session,
	const struct approval_request *request);

/* Ends it, with its log entry. `by` NULL where nobody in particular did, `why` "" for none. */
enum stepup_error request_end(struct store_session *session, struct approval_request *request,
	enum request_state how, const char *by, const char *why, int64_t at, int64_t *log);

/* Voids what one person asked for or agreed to: all of it, or what rests on one credential; everybody's where
 * `user_id` is NULL. */
enum stepup_error requests_void(struct store_session *session, const uint8_t *user_id, const char *credential,
	const char *why, int64_t at);

/* Voids what anybody asked for that a pattern of actions covers. */
enum stepup_error requests_void_action(struct store_session *session, const char *pattern, const char *why,
	int64_t at);

/* Ends what has expired or whose rule has changed. `*due` is when the next open one expires,
 * INT64_MAX for none. */
enum stepup_error requests_sweep(struct store_session *session, const struct policy *policy, int64_t now,
	int64_t *due);

#endif
