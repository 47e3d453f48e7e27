/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said of an answer once it is on the disk, and what becomes of its step-up.
 * MUST: tell of no success but what the commit reported as done.
 */
#include "verifier/doors/answer/answer_reply.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "verifier/doors/admin/people_verbs.h"
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_up_refusals.h"
#include "verifier/evidence/receipt.h"
#include "verifier/rules/limits/guessing.h"
#include "verifier/rules/people/approvers.h"

void answer_free(struct answer *answer)
{
	WIPE_ARRAY(answer->given.code);
	key_answer_clear(&answer->given.key);
	request_free(&answer->decided.request);
	json_decref(answer->decided.keys);
	free(answer);
}

/* When the person proved to be the one. */
static int64_t auth_time(const struct answer *answer)
{
	return answer->given.claim ? answer->decided.request->requester.at : answer->decided.now;
}

/* The receipt's text, if the rule has a service. */
static enum stepup_error make_receipt(const struct answer *answer, char **receipt)
{
	const struct answer_given *given = &answer->given;
	const struct answer_decided *decided = &answer->decided;
	const struct receipt_facts facts = {
		.row = &decided->receipt,
		.issuer = given->step_up->policy->issuer,
		.azp = given->step_up->caller,
		.acr = decided->acr,
		.amr = decided->amr,
		.approver = decided->request == NULL ? NULL : decided->request->approver,
		.auth_time = auth_time(answer),
		.action = given->asked->action,
	};

	*receipt = NULL;
	return given->asked->rule->service == NULL ? STEPUP_OK
		: receipt_sign(given->verifier->receipts, &facts, receipt);
}

/* Keeps a granted step-up for the verb that it allows; any other is over. */
static void keep_or_end(struct answer *answer)
{
	struct step_up *step_up = answer->given.step_up;
	const struct asked *asked = answer->given.asked;
	bool keeps = step_does(answer->decided.step, STEP_KEEPS_VERB) && !step_up_is_over(step_up) &&
		asked->rule->service == NULL &&
		policy_own_action(asked->action->name) != NULL;

	step_up->state = STEP_UP_SPENT;
	if (!keeps || step_up_keep_grant(step_up, &answer->decided.grant) != STEPUP_OK)
		step_up_end(answer->given.verifier->step_ups, step_up);
}

/* What was proved now may cover what comes next in this sitting. */
static void keep_fresh(const struct answer *answer)
{
	const struct step_up *step_up = answer->given.step_up;
	const struct answer_decided *decided = &answer->decided;
	const struct fresh_place place = step_up_place(step_up);
	struct fresh_grant grant = decided->fresh;

	if (!step_does(decided->step, STEP_KEEPS_FRESH) || !answer->given.asked->sits ||
	    atomic_load(&step_up->ended))
		return;
	grant.log_index = decided->log_index;
	grant.version = decided->grant.version;
	grant.at = decided->now;
	freshness_remember(step_ups_freshness(answer->given.verifier->step_ups), &place, step_up->user,
		&grant, clock_boot_ms());
}

static json_t *amr_to_json(const char *const *amr)
{
	json_t *list = json_array();
	bool failed = list == NULL;

	for (; !failed && *amr != NULL; amr++)
		failed = json_array_append_new(list, json_string(*amr)) != 0;
	if (failed) {
		json_decref(list);
		list = NULL;
	}
	return list;
}

/* What is said of a right answer. */
static char *granted_message(const struct answer *answer)
{
	const char *prompt = answer->given.asked->prompt, *reference = answer->decided.reference;
	const struct approval_request *request = answer->decided.request;

	switch (answer->given.step_up->kind) {
	case STEP_UP_FOR_ACTION:
		return notice_granted(prompt);
	case STEP_UP_TO_AGREE:
		return notice_approved(request->user, prompt);
	case STEP_UP_TO_DENY:
		return reference[0] == '\0' ? notice_denied_only(request->user)
			: notice_denied_and_locked(request->user, reference);
	case STEP_UP_TO_ENROL: /* has no answer */
		break;
	}
	return NULL;
}

static void answer_grant(struct answer *answer)
{
	const struct answer_given *given = &answer->given;
	const struct answer_decided *decided = &answer->decided;
	struct call *call = given->call;
	char *receipt = NULL, *message = granted_message(answer);
	json_t *reply = NULL;
	enum stepup_error error = message == NULL ? STEPUP_NO_MEMORY : make_receipt(answer, &receipt);

	if (error == STEPUP_OK)
		reply = json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:s*, s:s*, s:s}",
			"user", given->step_up->user, "action", given->asked->action->name,
			"acr", decided->acr, "amr", amr_to_json(decided->amr),
			"auth_time", (json_int_t)auth_time(answer), "log", (json_int_t)decided->log_index,
			"receipt", receipt,
			"reference", decided->reference[0] == '\0' ? NULL : decided->reference,
			"message", message);
	keep_fresh(answer);
	keep_or_end(answer);
	if (reply != NULL)
		call_reply(call, reply);
	else
		refuse(call, error == STEPUP_OK ? STEPUP_NO_MEMORY : error, NULL);
	wipe_free_string(&receipt);
	free(message);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What the person hears of a refusal. Quiet, an answer that wasn't looked at is a wrong one: that guesses are
 * slowed down would tell a name. */
static enum stepup_error told_as(const struct step_up *step_up, enum stepup_error outcome)
{
	const struct asked *asked = step_up_asked(step_up);
	return asked->quiet && outcome == STEPUP_THROTTLED ? STEPUP_BAD_ANSWER : outcome;
}

void answer_say_quietly(const struct step_up *step_up, struct words_facts *words)
{
	words->quiet = true;
	words->tries_left = STEP_UP_ANSWERS_MAX - step_up->answers;
	words->retry_after_seconds =
		words->method == METHOD_CODE ? (int64_t)step_up->answers * GUESS_DELAY_STEP_SECONDS : 0;
}

/* Whether the same step-up may be answered again after this refusal. */
static bool goes_on(const struct answer *answer, int64_t tries_left)
{
	const struct step_up *step_up = answer->given.step_up;
	enum stepup_error told = told_as(step_up, answer->decided.outcome);

	return !step_up_is_over(step_up) &&
		((told == STEPUP_BAD_ANSWER && tries_left > 0) || told == STEPUP_THROTTLED);
}

/* Whether a claim that could not be written may be made again: nothing came of it, and what was
 * agreed to stands. */
static bool waits_on(const struct answer *answer)
{
	enum stepup_error outcome = answer->decided.outcome;
	bool decided = stepup_error_is_refusal(outcome) && outcome != STEPUP_UNAVAILABLE;

	return answer->given.claim && !decided && !step_up_is_over(answer->given.step_up);
}

/* The answer was right, and a second person has to agree: the step-up waits for that. */
static void answer_wait(struct answer *answer)
{
	struct step_up *step_up = answer->given.step_up;
	const struct approval_request *request = answer->decided.request;
	json_t *approvers = approvers_words(step_up->policy, answer->given.asked->rule, request->user);
	char *message = notice_waiting(request, approvers);
	const struct refusal_facts facts = {
		.request = request->id, .approvers = approvers, .expires = request->expires};

	step_up->state = STEP_UP_WAITING;
	memcpy(step_up_second_person(step_up)->request, request->id, REQUEST_ID_SIZE);
	step_up->expires_boot_ms = clock_boot_ms() +
		(request->expires - answer->decided.now + REQUEST_CLAIM_SECONDS) * 1000;
	call_refuse(answer->given.call, STEPUP_NEEDS_APPROVAL, message, &facts);
	if (step_up_is_over(step_up))
		step_up_end(answer->given.verifier->step_ups, step_up);
	json_decref(approvers);
	free(message);
}

/* What was charged is in the log already; of the rest, within the budget. */
static void log_uncharged(const struct answer *answer)
{
	enum stepup_error outcome = answer->decided.outcome;

	if (answer->decided.log_index < 0 && (refusal_is_for_log(outcome) || outcome == STEPUP_THROTTLED))
		step_up_refused(answer->given.verifier, answer->given.step_up, outcome, "at the answer");
}

static void say_refusal(const struct answer *answer, const struct words_facts *words)
{
	const struct answer_decided *decided = &answer->decided;

	if (decided->sentence == NULL)
		refuse(answer->given.call, told_as(answer->given.step_up, decided->outcome), words);
	else
		call_refuse(answer->given.call, decided->outcome, decided->sentence,
			&(struct refusal_facts){.tries_left = words->tries_left});
}

static void answer_refuse(struct answer *answer)
{
	struct step_up *step_up = answer->given.step_up;
	const struct asked *asked = answer->given.asked;
	const struct answer_decided *decided = &answer->decided;
	enum stepup_error told = told_as(step_up, decided->outcome);
	struct words_facts words = {
		.user = step_up->user,
		.action = asked->action->name,
		.reference = decided->reference[0] == '\0' ? NULL : decided->reference,
		.limit = decided->over == NULL ? NULL : decided->over->text,
		.maximum = decided->over == NULL ? 0 : decided->over->maximum,
		.tries_left = smaller(STEP_UP_ANSWERS_MAX - step_up->answers, decided->tries_left),
		.method = answer->given.method,
		.keys = asked->quiet ? NULL : decided->keys,
		.retry_after_seconds = decided->retry_after_seconds,
	};

	if (asked->quiet && told == STEPUP_BAD_ANSWER)
		answer_say_quietly(step_up, &words);
	log_uncharged(answer);
	say_refusal(answer, &words);
	if (told == STEPUP_THROTTLED)
		step_up->answers--;
	/* It was no try of the person's, so nothing else ends it: each refusal that was decided may be an
	 * entry of the log for good. */
	if (answer->given.method == METHOD_FRESH)
		asked->question->methods &= ~METHOD_FRESH;
	step_up->state = goes_on(answer, words.tries_left) ? STEP_UP_ASKED
		: waits_on(answer) ? STEP_UP_WAITING : STEP_UP_SPENT;
	if (step_up->state == STEP_UP_SPENT)
		step_up_end(answer->given.verifier->step_ups, step_up);
}

/* Ends what else a lock ends, which this very answer may have brought about: it went over a limit, or denied
 * somebody's request. */
static void end_locked(const struct answer *answer)
{
	const struct step_up *step_up = answer->given.step_up;
	const struct answer_decided *decided = &answer->decided;

	if (decided->outcome == STEPUP_LOCKED)
		people_verbs_end(answer->given.verifier, step_up->user, step_up->user_uid);
	else if (decided->outcome == STEPUP_OK && step_up->kind == STEP_UP_TO_DENY &&
	    decided->reference[0] != '\0')
		people_verbs_end(answer->given.verifier, step_up_request(step_up)->requester, -1);
}

void answer_done(void *job, enum stepup_error result)
{
	struct answer *answer = job;
	struct answer_decided *decided = &answer->decided;
	const struct approval_request *request = decided->request;

	if (result != STEPUP_OK)
		decided->outcome = result;
	end_locked(answer);
	if (decided->outcome == STEPUP_OK)
		answer_grant(answer);
	else if (decided->outcome == STEPUP_NEEDS_APPROVAL && request != NULL)
		answer_wait(answer);
	else
		answer_refuse(answer);
	if (request != NULL || decided->outcome == STEPUP_LOCKED)
		request_changes_tell(answer->given.verifier, request == NULL ? INT64_MAX : request->expires);
	answer_free(answer);
}
