/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer and Cancel: what is handed to the decision, and what is said once it is on the disk.
 * MUST: let one answer of a step-up be under way; tell of no success but what the commit reported as
 * done; wipe the code.
 */
#include "verifier/doors/answer/answer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/admin/locking.h"
#include "verifier/doors/answer/decide.h"
#include "verifier/doors/approvals/approving.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_up_refusals.h"
#include "verifier/evidence/receipt.h"
#include "verifier/factors/otp.h"
#include "verifier/rules/limits/guessing.h"
#include "verifier/rules/people/approvers.h"
#include "verifier/rules/words/notices.h"

#define CODE_SIZE sizeof(((struct answer *)NULL)->code)
#define TYPED_QUIETLY_MIN 6 /* bytes */
#define TYPED_QUIETLY_MAX 9 /* eight digits and a blank between them */

static void answer_free(struct answer *answer)
{
	WIPE_ARRAY(answer->code);
	key_answer_clear(&answer->key);
	request_free(&answer->request);
	json_decref(answer->keys);
	free(answer);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The receipt's text, where the rule has a service. */
static enum stepup_error make_receipt(const struct answer *answer, char **receipt)
{
	const struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;
	const struct receipt_facts facts = {
		.row = &answer->receipt,
		.issuer = step_up->policy->issuer,
		.azp = step_up->caller,
		.acr = answer->acr,
		.amr = answer->amr,
		.approver = answer->request == NULL ? NULL : answer->request->approver,
		.auth_time = answer->claim ? answer->request->requester.at : answer->now,
		.action = asked->action,
	};

	*receipt = NULL;
	return asked->rule->service == NULL ? STEPUP_OK
		: receipt_sign(answer->verifier->receipts, &facts, receipt);
}

/* Keeps a granted step-up for the verb that it allows; any other is over. */
static void keep_or_end(struct answer *answer)
{
	struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;

	bool keeps = !step_up_is_over(step_up) && asked->rule->service == NULL &&
		policy_verb(asked->action->name) != NULL;
	struct grant grant = {
		.log_index = answer->log_index, .version = answer->version, .strength = answer->strength};

	memcpy(grant.credential, answer->credential, CREDENTIAL_ID_SIZE);
	step_up->state = STEP_UP_SPENT;
	if (!keeps || step_up_keep_grant(step_up, &grant) != STEPUP_OK)
		step_up_end(answer->verifier->step_ups, step_up);
}

/* What was proved now may cover what comes next in this sitting. */
static void keep_fresh(const struct answer *answer)
{
	const struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;
	const struct fresh_place place = step_up_place(step_up);
	struct fresh_grant grant = answer->fresh;

	if (answer->method == METHOD_FRESH || answer->request != NULL || !asked->sits ||
	    atomic_load(&step_up->ended))
		return;
	grant.log_index = answer->log_index;
	grant.version = answer->version;
	grant.at = answer->now;
	freshness_remember(step_ups_freshness(answer->verifier->step_ups), &place, step_up->user,
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
	const struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;

	switch (step_up->kind) {
	case STEP_UP_FOR_ACTION:
		return notice_granted(asked->prompt);
	case STEP_UP_TO_AGREE:
		return notice_approved(answer->request->user, asked->prompt);
	case STEP_UP_TO_DENY:
		break;
	case STEP_UP_TO_ENROL: /* has no answer */
		return NULL;
	}
	return answer->reference[0] == '\0' ? notice_denied_only(answer->request->user)
		: notice_denied_and_locked(answer->request->user, answer->reference);
}

static void answer_grant(struct answer *answer)
{
	const struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;
	char *receipt = NULL, *message = granted_message(answer);
	json_t *reply = NULL;
	enum stepup_error error = message == NULL ? STEPUP_NO_MEMORY : make_receipt(answer, &receipt);

	if (error == STEPUP_OK)
		reply = json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:s*, s:s*, s:s}",
			"user", step_up->user, "action", asked->action->name, "acr", answer->acr,
			"amr", amr_to_json(answer->amr),
			"auth_time", (json_int_t)(answer->claim ? answer->request->requester.at
				: answer->now), "log", (json_int_t)answer->log_index, "receipt", receipt,
			"reference", answer->reference[0] == '\0' ? NULL : answer->reference,
			"message", message);
	keep_fresh(answer);
	keep_or_end(answer);
	if (reply != NULL)
		call_reply(answer->call, reply);
	else
		refuse(answer->call, error == STEPUP_OK ? STEPUP_NO_MEMORY : error, NULL);
	wipe_free_string(&receipt);
	free(message);
}

/* What the person hears of a refusal. Quiet, an answer that wasn't looked at is a wrong one: that guesses are
 * slowed down would tell a name. */
static enum stepup_error told_as(const struct step_up *step_up, enum stepup_error outcome)
{
	const struct asked *asked = step_up_asked(step_up);
	return asked->quiet && outcome == STEPUP_THROTTLED ? STEPUP_BAD_ANSWER : outcome;
}

/* Of a wrong answer, quiet: how many more there may be, and when, by how many there were alone. */
static void say_quietly(const struct step_up *step_up, struct words_facts *words)
{
	words->quiet = true;
	words->tries_left = STEP_UP_ANSWERS_MAX - step_up->answers;
	words->retry_after_seconds =
		words->method == METHOD_CODE ? (int64_t)step_up->answers * GUESS_DELAY_STEP_SECONDS : 0;
}

/* Whether the same step-up may be answered again after this refusal. */
static bool goes_on(const struct answer *answer, int64_t tries_left)
{
	enum stepup_error told = told_as(answer->step_up, answer->outcome);

	return !step_up_is_over(answer->step_up) &&
		((told == STEPUP_BAD_ANSWER && tries_left > 0) || told == STEPUP_THROTTLED);
}

/* Whether a claim that could not be written may be made again: nothing came of it, and what was
 * agreed to stands. */
static bool waits_on(const struct answer *answer)
{
	bool decided = stepup_error_is_refusal(answer->outcome) && answer->outcome != STEPUP_UNAVAILABLE;

	return answer->claim && !decided && !step_up_is_over(answer->step_up);
}

/* The answer was right, and a second person has to agree: the step-up waits for that. */
static void answer_wait(struct answer *answer)
{
	struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;
	const struct approval_request *request = answer->request;
	json_t *approvers = approvers_words(step_up->policy, asked->rule, request->user);
	char *message = notice_waiting(request, approvers);
	const struct refusal_facts facts = {
		.request = request->id, .approvers = approvers, .expires = request->expires};

	step_up->state = STEP_UP_WAITING;
	memcpy(step_up_second_person(step_up)->request, request->id, REQUEST_ID_SIZE);
	step_up->expires_boot_ms =
		clock_boot_ms() + (request->expires - answer->now + REQUEST_CLAIM_SECONDS) * 1000;
	call_refuse(answer->call, STEPUP_NEEDS_APPROVAL, message, &facts);
	if (step_up_is_over(step_up))
		step_up_end(answer->verifier->step_ups, step_up);
	json_decref(approvers);
	free(message);
}

static void answer_refuse(struct answer *answer)
{
	struct step_up *step_up = answer->step_up;
	const struct asked *asked = answer->asked;
	int64_t tries_left = smaller(STEP_UP_ANSWERS_MAX - step_up->answers, answer->tries_left);
	enum stepup_error told = told_as(step_up, answer->outcome);
	struct words_facts words = {
		.user = step_up->user,
		.action = asked->action->name,
		.reference = answer->reference[0] == '\0' ? NULL : answer->reference,
		.limit = answer->over == NULL ? NULL : answer->over->text,
		.maximum = answer->over == NULL ? 0 : answer->over->maximum,
		.tries_left = tries_left,
		.method = answer->method,
		.keys = asked->quiet ? NULL : answer->keys,
		.retry_after_seconds = answer->retry_after_seconds,
	};

	if (asked->quiet && told == STEPUP_BAD_ANSWER)
		say_quietly(step_up, &words);
	/* What was charged is in the log already; of the rest, within the budget. */
	if (answer->log_index < 0 &&
	    (refusal_is_for_log(answer->outcome) || answer->outcome == STEPUP_THROTTLED))
		step_up_refused(answer->verifier, step_up, answer->outcome, "at the answer");
	if (answer->sentence != NULL)
		call_refuse(answer->call, answer->outcome, answer->sentence,
			&(struct refusal_facts){.tries_left = words.tries_left});
	else
		refuse(answer->call, told, &words);
	if (told == STEPUP_THROTTLED)
		step_up->answers--;
	/* It was no try of the person's, so nothing else ends it: each refusal that was decided may be an
	 * entry of the log for good. */
	if (answer->method == METHOD_FRESH)
		asked->question->methods &= ~METHOD_FRESH;
	step_up->state = goes_on(answer, words.tries_left) ? STEP_UP_ASKED
		: waits_on(answer) ? STEP_UP_WAITING : STEP_UP_SPENT;
	if (step_up->state == STEP_UP_SPENT)
		step_up_end(answer->verifier->step_ups, step_up);
}

/* Wrong keys are no guesses, so nothing slows them down: how many go into the log is up to the place that
 * they come from, whoever they are for. */
static uint32_t key_budget(const struct step_up *step_up)
{
	uint32_t place;

	memcpy(&place, step_up->place, sizeof(place));
	return (uint32_t)step_up->uid + place;
}

static void answer_done(void *job, enum stepup_error result)
{
	struct answer *answer = job;

	if (result != STEPUP_OK)
		answer->outcome = result;
	if (answer->outcome == STEPUP_OK) {
		if (answer->step_up->kind == STEP_UP_TO_DENY && answer->reference[0] != '\0')
			locking_end_person(answer->verifier, step_up_request(answer->step_up)->requester, -1);
		answer_grant(answer);
	} else if (answer->outcome == STEPUP_NEEDS_APPROVAL && answer->request != NULL) {
		answer_wait(answer);
	} else {
		/* perhaps by this very answer, which went over a limit */
		if (answer->outcome == STEPUP_LOCKED)
			locking_end_person(answer->verifier, answer->step_up->user,
				answer->step_up->user_uid);
		answer_refuse(answer);
	}
	if (answer->request != NULL || answer->outcome == STEPUP_LOCKED)
		approving_changed(answer->verifier,
			answer->request == NULL ? INT64_MAX : answer->request->expires);
	answer_free(answer);
}

/* What was given can't be a code, or what a key makes: nothing is charged, but the step-up takes only so
 * many answers. What was typed is never logged; what is wrong with a key's answer is, within the budget. */
static void answer_malformed(struct call *call, struct step_up *step_up, unsigned method,
	const char *why)
{
	const struct asked *asked = step_up_asked(step_up);
	struct words_facts words = {
		.user = step_up->user,
		.tries_left = STEP_UP_ANSWERS_MAX - step_up->answers,
		.method = method,
	};

	if (asked->quiet)
		say_quietly(step_up, &words);
	if (method != METHOD_CODE)
		step_up_refused(call->verifier, step_up, STEPUP_BAD_ANSWER, why);
	refuse(call, STEPUP_BAD_ANSWER, &words);
	if (words.tries_left <= 0)
		step_up_end(call->verifier->step_ups, step_up);
}

/* A method that Begin didn't offer. A code where a key is needed is told so, and costs nothing. */
static void answer_not_offered(struct call *call, const struct step_up *step_up, unsigned method)
{
	const struct asked *asked = step_up_asked(step_up);
	const struct requirement *requirement = &asked->question->requirement;
	const struct words_facts words = {
		.user = step_up->user, .action = asked->action->name, .requirement = requirement};

	if (method != METHOD_CODE || (requirement->methods & METHOD_CODE) != 0) {
		call_invalid(call, "method");
		return;
	}
	step_up_refused(call->verifier, step_up, STEPUP_TOO_WEAK, "a code");
	refuse(call, STEPUP_TOO_WEAK, &words);
}

/* What covers the step-up still; it may have ended since Begin. */
static enum stepup_error read_fresh(const struct call *call, const struct step_up *step_up,
	struct fresh_grant *fresh)
{
	const struct asked *asked = step_up_asked(step_up);
	const struct fresh_place place = step_up_place(step_up);
	const struct fresh_grant *found =
		freshness_find(step_ups_freshness(call->verifier->step_ups), &place, clock_boot_ms());

	if (found == NULL || !freshness_covers(found, &asked->question->requirement))
		return STEPUP_BAD_ANSWER;
	*fresh = *found;
	return STEPUP_OK;
}

/* sshd hands on as many bytes of junk as were typed for names that it doesn't know, or doesn't let in, and no
 * part of it says so. So, quiet, it is the size of what was typed that counts as a code: whatever it is, it
 * is charged and held against the record. What is longer or shorter is neither. */
static enum stepup_error read_code(const struct step_up *step_up, const char *typed,
	char code[CODE_SIZE])
{
	const struct asked *asked = step_up_asked(step_up);
	size_t size = strlen(typed);
	enum stepup_error error;

	if (!asked->quiet)
		return otp_normalise(typed, code);
	if (size < TYPED_QUIETLY_MIN || size > TYPED_QUIETLY_MAX)
		return STEPUP_INVALID;
	error = otp_normalise(typed, code);
	return error == STEPUP_INVALID ? STEPUP_OK : error; /* then it is empty, which no code is */
}

/* Takes what goes with the method out of the call. STEPUP_INVALID with the reason where it
 * can't be an answer. */
static enum stepup_error answer_read(struct call *call, unsigned method, struct answer *answer,
	const char **why)
{
	if (method == METHOD_CODE)
		return read_code(answer->step_up, message_text(call->parameters, "code"), answer->code);
	if (method == METHOD_FRESH)
		return read_fresh(call, answer->step_up, &answer->fresh);
	return key_answer_parse((enum via)method, false, json_object_get(call->parameters, "key"),
		&answer->key, why);
}

/* NULL where there is no memory, and then the call has been refused. */
static struct answer *answer_new(struct call *call, struct step_up *step_up, unsigned method)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return NULL;
	}
	answer->call = call;
	answer->verifier = call->verifier;
	answer->step_up = step_up;
	answer->asked = step_up_asked(step_up);
	answer->method = method;
	answer->outcome = STEPUP_UNAVAILABLE;
	answer->tries_left = STEP_UP_ANSWERS_MAX;
	answer->log_index = -1;
	return answer;
}

/* On to the decision, which is another thread's where it has to wait. If it can't be made, the step-up
 * is as it was before. */
static void answer_hand_in(void *context, enum stepup_error error)
{
	struct answer *answer = context;
	struct step_up *step_up = answer->step_up;
	struct step_ups *all = answer->verifier->step_ups;

	if (error == STEPUP_OK)
		error = commit_queue_submit(answer->verifier->queue, answer_decide, answer_done, answer);
	if (error == STEPUP_OK)
		return;
	refuse(answer->call, error, NULL);
	step_up->state = answer->claim ? STEP_UP_WAITING : STEP_UP_ASKED;
	if (step_up_is_over(step_up))
		step_up_end(all, step_up);
	answer_free(answer);
}

/* Who agreed to what it may use up is asked after first. What is fresh uses up nothing. */
static void answer_prepare(struct answer *answer)
{
	struct step_up *step_up = answer->step_up;

	step_up->state = STEP_UP_ANSWERING;
	answer->approvers = (struct approvers_now){.verifier = answer->verifier, .step_up = step_up,
		.claims = answer->claim, .ready = answer_hand_in, .context = answer};
	if (answer->method == METHOD_FRESH)
		answer_hand_in(answer, STEPUP_OK);
	else
		approvers_now_look_up(&answer->approvers);
}

static void answer_submit(struct call *call, struct step_up *step_up, unsigned method)
{
	struct answer *answer = answer_new(call, step_up, method);
	const struct words_facts no_longer_fresh = {
		.user = step_up->user, .tries_left = STEP_UP_ANSWERS_MAX, .method = METHOD_FRESH};
	const char *why = NULL;
	enum stepup_error error;

	if (answer == NULL)
		return;
	if (method != METHOD_FRESH) /* nobody has answered anything yet */
		step_up->answers++;
	error = answer_read(call, method, answer, &why);
	if (error == STEPUP_OK) {
		if ((method & METHODS_OF_KEYS) != 0)
			answer->budgeted = refusal_budget_take(&call->verifier->key_answers,
				key_budget(step_up), clock_boot_ms());
		answer_prepare(answer);
		return;
	}
	answer_free(answer);
	if (error == STEPUP_INVALID)
		answer_malformed(call, step_up, method, why);
	else
		refuse(call, error, error == STEPUP_BAD_ANSWER ? &no_longer_fresh : NULL);
}

/* The parameter that the method lacks, or that doesn't go with it; NULL where it is as it should be. */
static const char *wrong_parameter(const struct call *call, unsigned method)
{
	bool code = message_text(call->parameters, "code") != NULL,
		key = json_is_object(json_object_get(call->parameters, "key"));

	if (method == 0)
		return "method";
	if (code != (method == METHOD_CODE))
		return "code";
	return key != ((method & METHODS_OF_KEYS) != 0) ? "key" : NULL;
}

/* The step-up that the call names, in this state. NULL, and the call is refused, if there is none, or another
 * answer is under way. What is enrolled has no answer here. */
static struct step_up *answer_find(struct call *call, enum step_up_state state)
{
	struct step_up *step_up = step_up_find(call->verifier->step_ups,
		message_text(call->parameters, "transaction"), call->peer.uid);

	if (step_up == NULL || step_up_asked(step_up) == NULL ||
	    (step_up->state != state && step_up->state != STEP_UP_ANSWERING)) {
		refuse(call, STEPUP_EXPIRED, NULL);
		return NULL;
	}
	if (step_up->state == state)
		return step_up;
	refuse_saying(call, STEPUP_NOT_ALLOWED, notice_answering());
	return NULL;
}

void answer_step_up(struct call *call)
{
	unsigned method = method_of_name(message_text(call->parameters, "method"));
	const char *wrong = wrong_parameter(call, method);
	struct step_up *step_up;

	if (wrong != NULL) {
		call_invalid(call, wrong);
		return;
	}
	step_up = answer_find(call, STEP_UP_ASKED);
	if (step_up == NULL)
		return;
	if ((step_up_asked(step_up)->question->methods & method) == 0)
		answer_not_offered(call, step_up, method);
	else
		answer_submit(call, step_up, method);
}

void answer_claim(struct call *call)
{
	struct step_up *step_up = answer_find(call, STEP_UP_WAITING);
	struct answer *answer = step_up == NULL ? NULL : answer_new(call, step_up, 0);

	if (answer == NULL)
		return;
	answer->claim = true;
	answer_prepare(answer);
}

void answer_cancel(struct call *call)
{
	struct step_up *step_up = step_up_find(call->verifier->step_ups,
		message_text(call->parameters, "transaction"), call->peer.uid);

	if (step_up != NULL) {
		step_up_unanswered(call->verifier, step_up);
		step_up_end(call->verifier->step_ups, step_up);
	}
	call_reply(call, json_object());
}
