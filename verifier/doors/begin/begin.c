/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Begin: what was looked at (begin_check.c) becomes a step-up with its question, and the reply
 * that asks it.
 */
#include "verifier/doors/begin/begin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/message.h"
#include "verifier/doors/begin/begin_check.h"
#include "verifier/doors/begin/key_offer.h"
#include "verifier/doors/calls/reach.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/doors/pending/freshness.h"
#include "verifier/doors/pending/question.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

static bool begin_copy_text(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL;
}

/* Whether an earlier step-up of this person, from where they sit, covers the rule, and was as strong as
 * is required now. */
static bool is_fresh(const struct beginning *begin, const struct step_up *step_up)
{
	const struct verifier *verifier = begin->call->verifier;
	const struct fresh_place place = step_up_place(step_up);
	const struct fresh_grant *grant;

	if (!begin->takes_fresh || !step_up_asked(step_up)->sits || begin->hopeless)
		return false;
	grant = freshness_find(step_ups_freshness(verifier->step_ups), &place, clock_boot_ms());
	return grant != NULL && freshness_covers(grant, &begin->requirement);
}

/* What the owner calls the credential that is to be removed; NULL where that isn't known, or more than
 * one is called so. */
static const char *label_to_remove(const struct beginning *begin, const struct action *action)
{
	const struct detail *id =
		strcmp(action->name, "stepup.remove") == 0 ? action_detail(action, "credential") : NULL;
	const struct user_record *record = begin->subject->record;
	const struct credential *found = NULL;
	size_t same = 0;

	for (size_t i = 0; id != NULL && record != NULL && i < record->credential_count; i++)
		if (strcmp(record->credentials[i].id, id->text) == 0)
			found = &record->credentials[i];
	for (size_t i = 0; found != NULL && i < record->credential_count; i++)
		if (record->credentials[i].state != CREDENTIAL_REVOKED &&
		    strcmp(record->credentials[i].label, found->label) == 0)
			same++;
	return same == 1 ? found->label : NULL;
}

/* What is shown of an action that somebody wants to do themselves. */
static enum stepup_error begin_show_action(struct beginning *begin, struct step_up *step_up)
{
	struct asked *asked = step_up_asked(step_up);
	struct second_person *second = step_up_second_person(step_up);
	/* How the directory spells a name that was typed otherwise would say that it has one. */
	const struct prompt_facts facts = {
		.user = begin->quiet ? begin->subject->asked : step_up->user,
		.host = begin->policy->host,
		.service = asked->service,
		.rhost = asked->rhost,
		.label = label_to_remove(begin, asked->action),
	};

	asked->prompt = policy_prompt(begin->rule, asked->action, &facts);
	return asked->prompt != NULL &&
		begin_copy_text(&second->reason, message_text(begin->call->parameters, "reason"))
		? STEPUP_OK : STEPUP_NO_MEMORY;
}

/* What is shown of a request that somebody made, to agree to it or to deny it. */
static enum stepup_error begin_show_request(struct beginning *begin, struct step_up *step_up)
{
	struct asked *asked = step_up_asked(step_up);
	struct request_shown *shown = step_up_request(step_up);

	memcpy(shown->requester, begin->request.user, sizeof(shown->requester));
	memcpy(shown->id, begin->request.id, sizeof(shown->id));
	memcpy(shown->digest, begin->request.digest, DIGEST_SIZE);
	asked->prompt = step_up->kind == STEP_UP_TO_DENY
		? notice_lock_prompt(begin->request.user, begin->request.prompt)
		: strdup(begin->request.prompt);
	return asked->prompt == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* Fills a new step-up; takes the action over. */
static enum stepup_error begin_fill(struct beginning *begin, struct step_up *step_up)
{
	const struct call *call = begin->call;
	const struct subject *subject = begin->subject;
	const struct user_record *any = subject_any_record(subject);
	const json_t *parameters = call->parameters;
	struct asked *asked = step_up_asked(step_up);
	char caller[PEER_NAME_SIZE];

	peer_name(call, caller);
	step_up->policy = policy_reference(call->verifier->policy);
	step_up->own = subject->own;
	step_up->brake = brake_begins(parameters);
	step_up->user_uid = subject->uid;
	asked->rule = begin->rule;
	asked->action = begin->action;
	begin->action = NULL;
	asked->quiet = begin->quiet;
	asked->hopeless = begin->hopeless;
	asked->apart = begin->apart;
	asked->withheld = begin->withheld;
	asked->withheld_why = begin->withheld_why;
	if (any != NULL) {
		memcpy(step_up->user_id, any->user_id, USER_ID_SIZE);
		asked->user_version = any->version;
	}
	if (!begin_copy_text(&step_up->caller, caller) ||
	    !begin_copy_text(&asked->service, message_text(parameters, "service")) ||
	    !begin_copy_text(&asked->rhost, message_text(parameters, "rhost")))
		return STEPUP_NO_MEMORY;
	return step_up_request(step_up) == NULL ? begin_show_action(begin, step_up)
		: begin_show_request(begin, step_up);
}

/* What a key that signs the context is told that it is for. */
static void begin_purpose(const struct step_up *step_up, struct context_facts *facts)
{
	switch (step_up->kind) {
	case STEP_UP_FOR_ACTION:
		facts->purpose =
			policy_own_action(step_up_asked(step_up)->action->name) == NULL ? "auth" : "admin";
		return;
	case STEP_UP_TO_AGREE:
		facts->decision = "approve";
		break;
	case STEP_UP_TO_DENY:
		facts->decision = "lock";
		break;
	case STEP_UP_TO_ENROL: /* has contexts of its own */
		return;
	}
	facts->purpose = "approve";
	facts->request = step_up_request(step_up)->digest;
}

/* What the person is asked, and what keys are to sign. */
static enum stepup_error begin_question(struct beginning *begin, struct step_up *step_up)
{
	static const uint8_t none[DIGEST_SIZE];
	struct asked *asked = step_up_asked(step_up);
	uint8_t session[DIGEST_SIZE] = {0};
	struct context_facts facts = {
		.policy = step_up->policy,
		.service = asked->service,
		.caller = step_up->caller,
		.user = step_up->user,
		.user_id = step_up->user_id,
		.rule = asked->rule,
		.prompt = asked->prompt,
		.iat = clock_wall_seconds(),
	};
	enum stepup_error error = sitting_session(begin->call, session);
	unsigned methods = begin->methods;

	begin_purpose(step_up, &facts);
	if (error == STEPUP_OK && (step_up_request(step_up) != NULL || asked->rule->approval != NULL))
		error = sitting_from(begin->call, step_up->own, asked->from);
	asked->sits = asked->rule->fresh_for_seconds > 0 &&
		sitting_of(begin->call, step_up->own, asked->sitting);
	if (is_fresh(begin, step_up))
		methods |= METHOD_FRESH;
	facts.exp = facts.iat + STEP_UP_TTL_SECONDS;
	facts.session = memcmp(session, none, DIGEST_SIZE) == 0 ? NULL : session;
	if (error == STEPUP_OK)
		error = sitting_source(begin->call, step_up->own, asked->source);
	if (error == STEPUP_OK)
		error = question_make(&facts, asked->action, &begin->requirement, methods,
			&asked->question);
	return error;
}

/* A step-up that ends with its connection takes no more room than that has. */
static enum step_up_pool begin_pool(const struct beginning *begin)
{
	const struct peer *peer = &begin->call->peer;

	if (message_bool(begin->call->parameters, "bound", false))
		return POOL_BOUND;
	return peer->uid != 0 &&
		begin_calls_for_action(begin->policy, peer, begin->action->name) ? POOL_CALLER : POOL_SMALL;
}

static enum step_up_kind begin_kind(const struct beginning *begin)
{
	if (begin->approves == NULL)
		return STEP_UP_FOR_ACTION;
	return begin->denies ? STEP_UP_TO_DENY : STEP_UP_TO_AGREE;
}

static enum stepup_error begin_new(struct beginning *begin, struct step_up **step_up)
{
	struct call *call = begin->call;
	struct step_ups *all = call->verifier->step_ups;
	struct step_up_seat seat = {.kind = begin_kind(begin), .uid = call->peer.uid,
		.pool = begin_pool(begin), .user = begin->subject->name};
	enum stepup_error error = sitting_place(call, begin->subject->own, seat.place);

	if (error == STEPUP_OK)
		error = step_up_new(all, &seat, step_up);
	if (error != STEPUP_OK)
		return error;
	error = begin_fill(begin, *step_up);
	if (error == STEPUP_OK)
		error = begin_question(begin, *step_up);
	if (error != STEPUP_OK) {
		step_up_end(all, *step_up);
		*step_up = NULL;
	}
	return error;
}

/* An answer that goes over a limit has an entry of its own. Here nobody has proved anything yet. */
static bool is_for_log(enum stepup_error error)
{
	return error == STEPUP_OVER_LIMIT || refusal_is_for_log(error);
}

static void begin_refuse(struct beginning *begin, enum stepup_error error)
{
	const struct subject *subject = begin->subject;
	const char *asked = message_text(begin->call->parameters, "action");
	const char *action = asked != NULL ? asked : begin->action != NULL ? begin->action->name
		: "stepup.approve";
	const struct words_facts words = {
		.user = subject->name,
		.action = action,
		.detail = begin->detail[0] == '\0' ? NULL : begin->detail,
		.fault = begin->fault,
		.typed = subject->own,
		.reference = begin->reference[0] == '\0' ? NULL : begin->reference,
		.limit = begin->over == NULL ? NULL : begin->over->text,
		.maximum = begin->over == NULL ? 0 : begin->over->maximum,
		.asked = begin->asked,
		.retry_after_seconds = error == STEPUP_THROTTLED ? STEP_UP_TTL_SECONDS : 0,
		.requirement = &begin->requirement,
		.shortfall = begin->offer.shortfall,
		.page = message_text(begin->call->parameters, "session") != NULL,
		.agrees = begin->approves != NULL,
		.cooling_seconds = begin->offer.strong_from - clock_wall_seconds(),
	};
	const struct log_subject about = subject_for_log(subject);

	if (is_for_log(error))
		refusal_log_action(begin->call, &about, &(struct refused_action){.name = action,
				.action = begin->action, .limit = words.limit}, error, begin->why);
	if (begin->sentence != NULL)
		refuse_saying(begin->call, error, begin->sentence);
	else
		refuse(begin->call, error, &words);
}

static json_t *methods_to_json(unsigned methods)
{
	json_t *list = json_array();
	bool failed = list == NULL;

	if (!failed && (methods & METHOD_FRESH) != 0)
		failed = json_array_append_new(list, json_string(method_name(METHOD_FRESH))) != 0;
	methods &= ~METHOD_FRESH;
	for (; !failed && methods != 0; methods &= ~method_best(methods))
		failed = json_array_append_new(list, json_string(method_name(method_best(methods)))) != 0;
	if (failed) {
		json_decref(list);
		list = NULL;
	}
	return list;
}

static enum stepup_error begin_reply(const struct beginning *begin, const struct step_up *step_up,
	json_t **reply)
{
	const struct asked *asked = step_up_asked(step_up);
	struct store *store = begin->call->verifier->store;
	uint8_t decoy[DIGEST_SIZE] = {0};
	const struct key_offer offer = {
		.policy = begin->policy,
		.question = asked->question,
		.record = begin->hopeless ? NULL : begin->subject->record,
		.decoy = decoy,
		.nameless = begin->quiet,
		.now = clock_wall_seconds(),
		.timeout_seconds = STEP_UP_TTL_SECONDS,
	};
	enum stepup_error error = STEPUP_OK;

	/* Whether or not there are keys to name instead: it takes the same time. */
	if ((asked->question->methods & METHODS_OF_KEYS) != 0)
		error = store_keyed_digest(store, DIGEST_DECOY_KEY, step_up->user,
			strlen(step_up->user), decoy);
	*reply = json_pack("{s:s, s:s, s:s, s:o, s:i}", "transaction", step_up->name,
		"prompt", asked->prompt,
		"ask", notice_text((begin->methods & METHOD_CODE) != 0 ? NOTICE_ASK : NOTICE_ASK_TOUCH),
		"methods", methods_to_json(asked->question->methods),
		"expires_in", STEP_UP_TTL_SECONDS);
	if (error == STEPUP_OK)
		error = *reply == NULL ? STEPUP_NO_MEMORY : key_offer_add(&offer, *reply);
	if (error != STEPUP_OK) {
		json_decref(*reply);
		*reply = NULL;
	}
	return error;
}

/* Whether a text, which may be missing, is shown as it stands. */
static bool is_showable(const char *text)
{
	char *safe = text == NULL ? NULL : display_text(text, strlen(text));
	bool same = text == NULL || (safe != NULL && strcmp(safe, text) == 0);

	free(safe);
	return same;
}

/* What the answer to a request is to mean: to agree, where that isn't said. */
static bool decision_of(const struct call *call, bool *denies)
{
	const char *decision = message_text(call->parameters, "decision");

	*denies = decision != NULL && strcmp(decision, "lock") == 0;
	return decision == NULL || *denies || strcmp(decision, "approve") == 0;
}

/* Reads what the call says of itself; the parameter that is wrong, or NULL. */
static const char *begin_read(struct beginning *begin)
{
	const struct call *call = begin->call;

	if (!reach_of(call, &begin->reach, &begin->takes_fresh))
		return "reach";
	if (!decision_of(call, &begin->denies))
		return "decision";
	return is_showable(message_text(call->parameters, "reason")) ? NULL : "reason";
}

/* A step-up and the reply that asks it; none if it can't be asked. */
static enum stepup_error begin_ask(struct beginning *begin, json_t **reply)
{
	struct call *call = begin->call;
	struct step_ups *all = call->verifier->step_ups;
	struct step_up *step_up = NULL;
	enum stepup_error error = begin_new(begin, &step_up);

	if (error != STEPUP_OK)
		return error;
	error = begin_reply(begin, step_up, reply);
	if (error != STEPUP_OK)
		step_up_end(all, step_up);
	else if (message_bool(call->parameters, "bound", false))
		step_up_bind(all, step_up, call);
	return error;
}

static void begin_ready(struct call *call, const struct subject *subject)
{
	struct beginning begin = {.call = call, .subject = subject, .policy = call->verifier->policy,
		.approves = message_text(call->parameters, "request")};
	const char *wrong = begin_read(&begin);
	json_t *reply = NULL;
	enum stepup_error error;

	if (wrong != NULL) {
		call_invalid(call, wrong);
		return;
	}
	error = begin_check(&begin);
	if (error == STEPUP_OK)
		error = begin_ask(&begin, &reply);
	if (error == STEPUP_OK)
		call_reply(call, reply);
	else
		begin_refuse(&begin, error);
	action_free(&begin.action);
	approval_request_clear(&begin.request);
}

void begin_step_up(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), begin_ready);
}
