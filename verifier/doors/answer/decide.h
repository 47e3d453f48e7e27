/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer on its way to an outcome, inside the transaction that decides it. The frame (decide.c)
 * looks at what stands against it, charges limits and writes; a file per kind of factor holds the answer
 * against the record.
 * Layer: verifier/doors/answer/; included by its own files only.
 */
#ifndef STEPUP_VERIFIER_DECIDE_H
#define STEPUP_VERIFIER_DECIDE_H

#include "verifier/doors/answer/decision.h"

/* A commit_work on a struct answer. */
enum stepup_error answer_decide(struct store_session *session, void *job);

/* Holds a code, a key's answer, or an earlier step-up that covers this one, against the record: STEPUP_OK
 * with `credential` set, or the refusal with `why`. Counters and guesses are moved on in the record, which
 * the frame writes, whichever way it went. */
enum stepup_error decide_code(struct decision *decision);
enum stepup_error decide_key(struct decision *decision);
enum stepup_error decide_fresh(struct decision *decision);

/* What limits and a second person say to an answer that was right (decide_limits.c): STEPUP_OK, charged, and
 * `decided->request` the one that is used up, if any; STEPUP_NEEDS_APPROVAL with the request that waits,
 * which is new if `step` is STEP_REQUEST; or a refusal. */
enum stepup_error decide_volume(struct decision *decision);

/* `over-limit = lock`: whoever went over has proved to be the user. Part of the refusal's write. */
enum stepup_error decide_limits_lock(struct decision *decision);

/* What limits or the rule leave to a second person, `over` the limit or NULL: as decide_volume(). */
enum stepup_error decide_with_second_person(struct decision *decision, const struct limit *over);

/* Whether the one who answered may agree to the step-up's request, which goes to `decided->request`. */
enum stepup_error decide_agreement(struct decision *decision);

/* Whether they may deny it and lock who made it (decide_denial.c). */
enum stepup_error decide_denial(struct decision *decision);

/* What both look at: the request as it is now, in one of these states, and as it was shown; then whether they
 * are another person than made it, by a credential that is old enough. */
#define REQUEST_BIT(state) (1U << (state))
enum stepup_error decide_request(struct decision *decision, unsigned states);
enum stepup_error decide_second_person(struct decision *decision);

/* In place of an answer: whether what was proved for the request that the step-up waits for may be used
 * now; as decide_volume(). */
enum stepup_error decide_claim(struct decision *decision);

/* Ends the request as denied and locks who made it, after the entry of this step; an alert, where the one who
 * denies has locked too many. `decided->reference` is that of the lock, "" where there is none. */
enum stepup_error write_denial(struct decision *decision);

#endif
