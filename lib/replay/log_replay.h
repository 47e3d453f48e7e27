/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays a log's entries in their order (verifier/evidence/log_entry.h makes them) and says what
 * could not have been:
 *   - a step-up granted by a credential that was not enrolled before, is another user's, or was removed;
 *   - anything granted to, enrolled by or redeemed for a locked user; a frozen action;
 *   - a key's signature that doesn't hold, is over something else, was made without a touch, or a counter
 *     that did not rise; a key that was enrolled before; a code where a key was required;
 *   - a TOTP step or HOTP counter at or below one accepted before for that credential;
 *   - an execution told that it had redeemed what it had not, or more than a day before;
 *   - a receipt issued twice, redeemed twice, late, by another service, for another action or for more than
 *     was approved, or issued before a new epoch, a lock of whoever it was issued to or who agreed to it, or
 *     a freeze of the action, also one that was lifted;
 *   - a step-up covered by one from before a start, a reload of the policy, or such a lock or freeze;
 *   - a first credential without an open invitation, by one of another person than invited last, or by one
 *     that was withdrawn, alone or with all that whom it is for had, or is from before a lock of either; an
 *     administrator's verb without its own step-up, or with a spent one; a key added or removed on the
 *     strength of a code;
 *   - something consumed that nobody approved, twice, late, or by another person; claimed too long after it
 *     was approved; granted as approved without a request;
 *   - a lock that names a denied request of somebody else's, or one that nobody denied so;
 *   - a request approved by who made it, as another person's, by somebody locked, by a signature of another
 *     text than was asked for, or after it had ended; one that was given more time than there is, or ended as
 *     somebody else's, as another action or in no known way;
 *   - a grant over a limit that its own entry names, by what was granted before to the same user under the
 *     same rule's name;
 *   - a request approved or consumed after a lock of who asked or agreed, the removal of a credential that
 *     either used for it, or a freeze of the action, also one that was lifted;
 *   - a commitment or challenge that does not fit the details and context beside it; anything else beside an
 * entry than it commits to. Where details were erased, only what they were needed for is left out.
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_REPLAY_H
#define STEPUP_LIB_LOG_REPLAY_H

#include <jansson.h>

#include "lib/replay/log_check.h"

struct log_replay;

struct log_replay *log_replay_new(log_problem *problem, void *context);
void log_replay_free(struct log_replay **replay);

/* Takes one entry; `evidence` ({"details":…,"prompt":…}) and `salt` (DIGEST_SIZE bytes) may be NULL. Counts
 * into `summary`. STEPUP_NO_MEMORY or STEPUP_INTERNAL: the replay can't go on. */
enum stepup_error log_replay_entry(struct log_replay *replay, int64_t index, const json_t *entry,
	const json_t *evidence, const uint8_t *salt, struct log_check_summary *summary);

#endif
