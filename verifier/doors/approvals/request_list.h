/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests as people are shown them: one, or all that concern a person. Many who follow the list are told
 * in one go, and then the store is read once for all of them: so nobody makes the verifier busy by
 * following often.
 * MUST: show a request to nobody but who asked, those who could agree to it, and callers that may act in its
 * action for either.
 * Layer: verifier/doors/approvals/.
 */
#ifndef STEPUP_VERIFIER_REQUEST_LIST_H
#define STEPUP_VERIFIER_REQUEST_LIST_H

#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/verifier.h"

/* Whether the subject could agree to the request, as far as the rule says who may: another person,
 * and named by it. */
bool request_list_may_answer(const struct policy *policy, const struct subject *subject,
	const struct approval_request *request);

/* Whether the subject made it. */
bool request_list_is_own(const struct subject *subject, const struct approval_request *request);

/* A request as it stands at `now`, a new object; NULL where there is no memory. */
json_t *request_list_one(const struct policy *policy, const struct approval_request *request, bool own,
	int64_t now);

/* Those that concern the subject, a new array. STEPUP_LOCKED where the subject is: nobody who is locked is
 * shown what others do. */
enum stepup_error request_list_for(const struct call *call, const struct subject *subject, json_t **list);

/* No list: refuses in words that say why, to a locked person with the lock's reference. Who asks for one
 * while locked is logged; not who was shown one before (`asks` false). */
void request_list_refuse(struct call *call, const struct subject *subject,
	enum stepup_error error, bool asks);

/* Lets `tell` tell those who wait, with one look at the store for all of them. */
void request_list_share(struct verifier *verifier, void (*tell)(struct waiters *waiters));

#endif
