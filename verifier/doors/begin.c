/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Begin: which rule, who may, what stands against it, what will be shown. Decides nothing in anybody's favour: whatever it lets through
 * is looked at again when the answer comes.
 */
#include "verifier/doors/step_up.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/message.h"
#include "verifier/rules/limits.h"
#include "verifier/doors/locks.h"
#include "verifier/rules/notices.h"
#include "verifier/doors/subject.h"

struct beginning {
	struct call *call;
	const struct subject *subject;
	const struct policy *policy;
	const struct rule *rule;
	struct action *action;
	bool hopeless;
	/* for the refusal */
	const char *why;
	char detail[DETAIL_NAME_SIZE];
	char reference[LOCK_REFERENCE_SIZE];
	const struct limit *over;
	int64_t asked;
};

/* Whether the peer is a configured caller with this action for anybody at all. */
static bool calls_for_action(const struct policy *policy, const struct peer *peer, const char *action)
{
	if (peer->uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++) {
		const struct caller *caller = &policy->callers[i];

		if (!peer_is_caller(peer, caller))
			continue;
		for (char **pattern = caller->actions; pattern != NULL && *pattern != NULL; pattern++)
			if (policy_pattern_matches(*pattern, action))
				return true;
	}
	return false;
}

/* The rule, and whether the caller may act for the user in it. A name that neither the directory nor the store knows isn't told apart
 * from one that is listed: it is asked, and can't succeed. */
static enum stepup_error begin_rule(struct beginning *begin)
{
	const char *action = message_text(begin->call->parameters, "action");
	const struct subject *subject = begin->subject;
	bool known = subject->uid >= 0 || subject->record != NULL;

	if (!action_name_is_valid(action))
		return STEPUP_UNKNOWN_ACTION;
	begin->rule = policy_rule(begin->policy, action);
	if (begin->rule == NULL)
		return STEPUP_UNKNOWN_ACTION;
	if (!subject_allows(begin->call, subject, action) &&
	    (known || !calls_for_action(begin->policy, &begin->call->peer, action))) {
		begin->why = "caller may not act for this user";
		return STEPUP_NOT_ALLOWED;
	}
	if (!policy_list_names(begin->policy, begin->rule->users, &subject->who) && known) {
		begin->why = "user is not in the rule";
		return STEPUP_NOT_ALLOWED;
	}
	begin->hopeless = !known;
	return STEPUP_OK;
}

static enum stepup_error begin_action(struct beginning *begin)
{
	const char *name = message_text(begin->call->parameters, "action");
	const json_t *details = json_object_get(begin->call->parameters, "details");
	const struct detail_spec *specs;
	size_t count;

	if (json_is_null(details))
		details = NULL;
	policy_details(begin->rule, name, &specs, &count);
	return action_parse(name, details, specs, count, &begin->action, begin->detail);
}

static enum stepup_error begin_stands(struct beginning *begin)
{
	const struct user_record *record = begin->subject->record;

	if (record != NULL && record->lock.locked) {
		memcpy(begin->reference, record->lock.reference, sizeof(begin->reference));
		begin->why = "locked";
		return STEPUP_LOCKED;
	}
	begin->why = "frozen";
	return freeze_look(begin->call->verifier->reader, begin->action->name, begin->reference);
}

/* Whether a code can satisfy the rule, and whether this user has one. */
static enum stepup_error begin_factor(struct beginning *begin)
{
	const struct subject *subject = begin->subject;
	bool enrolled = subject->record != NULL && user_record_live_count(subject->record) > 0;
	enum stepup_error verdict = policy_code_verdict(begin->rule, begin->action->name);

	begin->why = "needs approval";
	if (verdict != STEPUP_OK)
		return verdict;
	if (enrolled && subject_uid_holds(subject->record, subject->uid))
		return STEPUP_OK;
	if (subject->own)
		return enrolled ? STEPUP_NOT_ALLOWED : STEPUP_NOT_ENROLLED;
	begin->hopeless = true;
	return STEPUP_OK;
}

/* Looks whether the action fits what the limits have left, so that nobody is asked in vain. Where going over locks the user, the user
 * has to prove to be the one first: then this is left to the answer. */
static enum stepup_error begin_limits(struct beginning *begin)
{
	static const uint8_t nobody[USER_ID_SIZE];
	const struct user_record *record = begin->subject->record;
	struct verifier *verifier = begin->call->verifier;
	int64_t now = clock_wall_seconds();

	if (begin->rule->over_limit == OVER_LIMIT_LOCK)
		return STEPUP_OK;
	for (size_t i = 0; i < begin->rule->limit_count; i++) {
		const struct limit *limit = &begin->rule->limits[i];
		struct limit_left left = {0};
		enum stepup_error error = limit_look(verifier->store, verifier->reader, begin->rule, limit,
			record == NULL ? nobody : record->user_id, begin->action, now, &left);

		if (error != STEPUP_OK)
			return error;
		if (!left.over)
			continue;
		begin->over = limit;
		begin->asked = left.asked;
		begin->why = "over the limit";
		return begin->rule->over_limit == OVER_LIMIT_APPROVE ? STEPUP_NEEDS_APPROVAL : STEPUP_OVER_LIMIT;
	}
	return STEPUP_OK;
}

static enum stepup_error begin_check(struct beginning *begin)
{
	enum stepup_error error = begin_rule(begin);

	if (error == STEPUP_OK)
		error = begin_action(begin);
	if (error == STEPUP_OK)
		error = begin_stands(begin);
	if (error == STEPUP_OK)
		error = begin_factor(begin);
	if (error == STEPUP_OK)
		error = begin_limits(begin);
	return error;
}

/* Where a guess comes from: what a caller that acts for others says of the place, else the caller itself. */
static enum stepup_error guess_source(const struct beginning *begin, uint8_t source[GUESS_SOURCE_SIZE])
{
	const struct call *call = begin->call;
	const char *rhost = message_text(call->parameters, "rhost");
	uint8_t digest[DIGEST_SIZE];
	char text[600];
	enum stepup_error error;
	int length;

	if (begin->subject->own || rhost == NULL || *rhost == '\0')
		length = snprintf(text, sizeof(text), "uid %" PRIuMAX, (uintmax_t)call->peer.uid);
	else
		length = snprintf(text, sizeof(text), "uid %" PRIuMAX " host %s", (uintmax_t)call->peer.uid, rhost);
	if (length < 0 || (size_t)length >= sizeof(text))
		return STEPUP_INTERNAL;
	error = store_keyed_digest(call->verifier->store, "guess-source", text, (size_t)length, digest);
	if (error == STEPUP_OK)
		memcpy(source, digest, GUESS_SOURCE_SIZE);
	return error;
}

static bool copy_text(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL;
}

static enum stepup_error hash_session(const struct call *call, uint8_t digest[DIGEST_SIZE])
{
	const char *session = message_text(call->parameters, "session");

	return session == NULL || *session == '\0' ? STEPUP_OK : digest_sha256(session, strlen(session), digest);
}

/* Fills a fresh transaction; takes the action over. */
static enum stepup_error begin_fill(struct beginning *begin, struct transaction *transaction)
{
	const struct call *call = begin->call;
	const struct subject *subject = begin->subject;
	const json_t *parameters = call->parameters;
	struct prompt_facts facts;
	char caller[PEER_NAME_SIZE];
	enum stepup_error error;

	peer_name(call, caller);
	transaction->policy = policy_reference(call->verifier->policy);
	transaction->rule = begin->rule;
	transaction->action = begin->action;
	begin->action = NULL;
	transaction->hopeless = begin->hopeless;
	transaction->own = subject->own;
	transaction->user_uid = subject->uid;
	if (subject->record != NULL)
		memcpy(transaction->user_id, subject->record->user_id, USER_ID_SIZE);
	if (snprintf(transaction->user, sizeof(transaction->user), "%s", subject->name) >= (int)sizeof(transaction->user))
		return STEPUP_TOO_LONG;
	if (!copy_text(&transaction->caller, caller) || !copy_text(&transaction->service, message_text(parameters, "service")) ||
	    !copy_text(&transaction->rhost, message_text(parameters, "rhost")) ||
	    !copy_text(&transaction->tty, message_text(parameters, "tty")))
		return STEPUP_NO_MEMORY;
	facts = (struct prompt_facts){.user = transaction->user, .host = begin->policy->host, .service = transaction->service,
		.rhost = transaction->rhost};
	transaction->prompt = policy_prompt(begin->rule, transaction->action, &facts);
	if (transaction->prompt == NULL)
		return STEPUP_NO_MEMORY;
	error = hash_session(call, transaction->session);
	return error == STEPUP_OK ? guess_source(begin, transaction->source) : error;
}

static enum stepup_error begin_transaction(struct beginning *begin, struct transaction **transaction)
{
	struct call *call = begin->call;
	struct transactions *all = call->verifier->transactions;
	bool many = calls_for_action(begin->policy, &call->peer, begin->action->name);
	enum stepup_error error;

	error = transaction_new(all, call->peer.uid, many ? TRANSACTIONS_PER_CALLER : TRANSACTIONS_PER_UID, many, transaction);
	if (error != STEPUP_OK)
		return error;
	error = begin_fill(begin, *transaction);
	if (error != STEPUP_OK) {
		transaction_end(all, *transaction);
		*transaction = NULL;
	}
	return error;
}

static bool is_worth_logging(enum stepup_error error)
{
	return error == STEPUP_LOCKED || error == STEPUP_FROZEN || error == STEPUP_NOT_ALLOWED || error == STEPUP_OVER_LIMIT ||
		error == STEPUP_NEEDS_APPROVAL;
}

static void begin_refuse(struct beginning *begin, enum stepup_error error)
{
	const struct subject *subject = begin->subject;
	const char *action = message_text(begin->call->parameters, "action");
	const struct words_facts words = {
		.user = subject->name,
		.action = action,
		.detail = begin->detail[0] == '\0' ? NULL : begin->detail,
		.reference = begin->reference[0] == '\0' ? NULL : begin->reference,
		.limit = begin->over == NULL ? NULL : begin->over->text,
		.maximum = begin->over == NULL ? 0 : begin->over->maximum,
		.asked = begin->asked,
		.retry_after_seconds = error == STEPUP_THROTTLED ? TRANSACTION_TTL_SECONDS : 0,
	};
	const struct log_subject about = {
		.user = subject->name,
		.user_id = subject->record == NULL ? NULL : subject->record->user_id,
	};

	if (is_worth_logging(error))
		refusal_log(begin->call, &about, action, error, begin->why);
	refuse(begin->call, error, &words);
}

static void begin_ready(struct call *call, const struct subject *subject)
{
	struct beginning begin = {.call = call, .subject = subject, .policy = call->verifier->policy};
	struct transaction *transaction = NULL;
	enum stepup_error error = begin_check(&begin);

	if (error == STEPUP_OK)
		error = begin_transaction(&begin, &transaction);
	if (error == STEPUP_OK)
		call_reply(call, json_pack("{s:s, s:s, s:s, s:[s], s:i}", "transaction", transaction->name, "prompt", transaction->prompt,
			"ask", notice_ask(), "methods", STEP_UP_METHOD, "expires_in", TRANSACTION_TTL_SECONDS));
	else
		begin_refuse(&begin, error);
	action_free(&begin.action);
}

void step_up_begin(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), begin_ready);
}
