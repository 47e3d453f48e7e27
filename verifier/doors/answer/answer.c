/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer, Claim and Cancel: what is handed to the decision.
 * MUST: let one answer of a step-up be under way; wipe the code.
 */
#include "verifier/doors/answer/answer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/answer/answer_reply.h"
#include "verifier/doors/answer/decide.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_up_refusals.h"
#include "verifier/factors/otp.h"
#include "verifier/rules/words/notices.h"

#define CODE_SIZE sizeof(((struct answer_given *)NULL)->code)
#define TYPED_QUIETLY_MIN 6 /* bytes */
#define TYPED_QUIETLY_MAX 9 /* eight digits and a blank between them */

/* Wrong keys are no guesses, so nothing slows them down: how many go into the log is up to the place that
 * they come from, whoever they are for. */
static bool takes_key_budget(struct call *call, const struct step_up *step_up, unsigned method)
{
	uint32_t place;

	memcpy(&place, step_up->place, sizeof(place));
	return (method & METHODS_OF_KEYS) != 0 &&
		refusal_budget_take(&call->verifier->key_answers, (uint32_t)step_up->uid + place,
			clock_boot_ms());
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
		answer_say_quietly(step_up, &words);
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
static enum stepup_error answer_read(struct call *call, unsigned method, struct answer_given *given,
	const char **why)
{
	if (method == METHOD_CODE)
		return read_code(given->step_up, message_text(call->parameters, "code"), given->code);
	if (method == METHOD_FRESH)
		return read_fresh(call, given->step_up, &given->covers);
	return key_answer_parse((enum via)method, false, json_object_get(call->parameters, "key"),
		&given->key, why);
}

/* NULL where there is no memory, and then the call has been refused. */
static struct answer *answer_new(struct call *call, struct step_up *step_up, unsigned method)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return NULL;
	}
	answer->given = (struct answer_given){.call = call, .verifier = call->verifier, .step_up = step_up,
		.asked = step_up_asked(step_up), .method = method};
	answer->decided.outcome = STEPUP_UNAVAILABLE;
	answer->decided.tries_left = STEP_UP_ANSWERS_MAX;
	answer->decided.log_index = -1;
	return answer;
}

/* On to the decision, which is another thread's where it has to wait. If it can't be made, the step-up
 * is as it was before. */
static void answer_hand_in(void *context, enum stepup_error error)
{
	struct answer *answer = context;
	const struct answer_given *given = &answer->given;
	struct step_up *step_up = given->step_up;

	if (error == STEPUP_OK)
		error = commit_queue_submit(given->verifier->queue, answer_decide, answer_done, answer);
	if (error == STEPUP_OK)
		return;
	refuse(given->call, error, NULL);
	step_up->state = given->claim ? STEP_UP_WAITING : STEP_UP_ASKED;
	if (step_up_is_over(step_up))
		step_up_end(given->verifier->step_ups, step_up);
	answer_free(answer);
}

/* Who agreed to what it may use up is asked after first. What is fresh uses up nothing. */
static void answer_prepare(struct answer *answer)
{
	struct step_up *step_up = answer->given.step_up;

	step_up->state = STEP_UP_ANSWERING;
	answer->approvers = (struct approvers_now){.verifier = answer->given.verifier, .step_up = step_up,
		.claims = answer->given.claim, .ready = answer_hand_in, .context = answer};
	if (answer->given.method == METHOD_FRESH)
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
	error = answer_read(call, method, &answer->given, &why);
	if (error == STEPUP_OK) {
		answer->given.budgeted = takes_key_budget(call, step_up, method);
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

/* The step-up that the call names, in this state. NULL, and the call is refused, if there is none, or
 * another answer is under way. What is enrolled has no answer here. */
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
	refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_ANSWERING));
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
	answer->given.claim = true;
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
