/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An explanation in sentences: of whom it speaks by name, because whoever reads it may be somebody else.
 * MUST: quote nothing that isn't safe to show; tell outsiders nothing about a person.
 */
#include "verifier/rules/explain/explain_speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "verifier/rules/words/refusals.h"

/* --- yes --- */

static void say_fresh(struct speech *speech)
{
	const struct explain_question *question = speech->explanation->question;

	if (speech->explanation->rule->fresh_for_seconds == 0)
		return;
	fputs(" Once confirmed, it isn't asked for again in the same session for ", speech->out);
	say_duration(speech, speech->explanation->rule->fresh_for_seconds);
	fputc('.', speech->out);
	if (!question->is_insider || question->fresh.covers)
		return;
	if (question->fresh.sessions == 0) {
		fputs(" Just now it is fresh nowhere.", speech->out);
		return;
	}
	fprintf(speech->out, " Just now it is fresh in %zu %s, until ", question->fresh.sessions,
		question->fresh.sessions == 1 ? "other session" : "other sessions");
	say_moment(speech, question->fresh.latest);
	fputs(" at the latest.", speech->out);
}

/* What there is when the limits are used up. */
static void say_past_limits(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;
	const struct rule *rule = explanation->rule;

	if (rule->limit_count == 0)
		return;
	if (explanation->action == NULL)
		fputs(" Give the details to see whether they fit the limits.", speech->out);
	switch (rule->over_limit) {
	case OVER_LIMIT_DENY:
		fputs(" Over a limit it is refused.", speech->out);
		break;
	case OVER_LIMIT_LOCK:
		fputs(" Whoever goes over a limit is locked.", speech->out);
		break;
	case OVER_LIMIT_APPROVE:
		fputs(" Over a limit a second person must agree", speech->out);
		say_approvers(speech);
		fputc('.', speech->out);
		break;
	}
}

static void allowed(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;

	say_rule(speech);
	fputs(" covers ", speech->out);
	say_action(speech);
	fputs("; it takes ", speech->out);
	say_answers(speech);
	fputc('.', speech->out);
	if (explanation->agreed) {
		fputc(' ', speech->out);
		say_safely(speech, explanation->request->approver);
		fprintf(speech->out, " agreed to it as the second person (%s): "
			"the next right answer uses that, from where it was asked, until ",
			explanation->request->id);
		say_moment(speech, explanation->request->expires);
		fputc('.', speech->out);
		return;
	}
	if (explanation->question->fresh.covers) {
		fputs(" Nobody is asked: an earlier step-up in this session covers it until ", speech->out);
		say_moment(speech, explanation->question->fresh.until);
		fputc('.', speech->out);
	}
	say_fresh(speech);
	say_past_limits(speech);
}

/* --- no --- */

static void unknown_action(struct speech *speech)
{
	fputs("No rule covers ", speech->out);
	say_action(speech);
	fputs(", by its name or by a pattern, so it is denied to everybody.", speech->out);
}

/* What is enrolled belongs to no account of this name: one that is gone for a moment may
 * come back as it was. */
static void other_account(struct speech *speech)
{
	const struct explain_question *question = speech->explanation->question;

	fputs("What is enrolled under the name ", speech->out);
	say_user(speech);
	if (question->uid < 0) {
		fputs(" is kept, but this host knows no account of that name just now, "
			"so nothing of it can be used. Is the directory complete?", speech->out);
		return;
	}
	fputs(" is another account's", speech->out);
	if (question->sees_everybody)
		fprintf(speech->out, " (its uid was %" PRId64 ")", question->former->uid);
	fputs(": the name has another uid now and inherits nothing. If that is right, run: stepup revoke ",
		speech->out);
	say_user(speech);
	fputs(", then invite them.", speech->out);
}

static void not_allowed(struct speech *speech)
{
	if (speech->explanation->other_account) {
		other_account(speech);
		return;
	}
	say_rule(speech);
	fputs(" doesn't name ", speech->out);
	say_user(speech);
	fputs(", so they are not allowed to do ", speech->out);
	say_action(speech);
	fputs(": its users are ", speech->out);
	say_list(speech, speech->explanation->rule->users);
	fputc('.', speech->out);
}

static void bad_details(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;
	const struct detail_spec *specs;
	size_t count;

	policy_details(explanation->rule, explanation->question->action, &specs, &count);
	say_rule(speech);
	fputs(count == 0 ? " takes no details" : " takes the details ", speech->out);
	for (size_t i = 0; i < count; i++)
		fprintf(speech->out, "%s%s:%s", i == 0 ? "" : ", ", specs[i].name,
			detail_kind(specs[i].type)->name);
	if (explanation->bad_detail[0] != '\0') {
		fputs("; \"", speech->out);
		say_safely(speech, explanation->bad_detail);
		fprintf(speech->out, "\" %s", words_detail_fault(explanation->fault));
	}
	fputc('.', speech->out);
}

/* Whoever is locked already. */
static void locked(struct speech *speech)
{
	const struct explain_question *question = speech->explanation->question;
	const struct user_lock *lock = question->lock;

	say_user(speech);
	fprintf(speech->out, " is locked (%s), since ", lock->reference);
	say_moment(speech, lock->at);
	fputs(" by ", speech->out);
	say_safely(speech, lock->by[0] == '\0' ? "stepupd" : lock->by);
	if (lock->reason[0] != '\0' && (question->record != NULL || question->sees_everybody)) {
		fputs(": ", speech->out);
		say_safely(speech, lock->reason);
	}
	fputs(". Everything of theirs is refused. An administrator who didn't lock them ends it with: "
		"stepup unlock ", speech->out);
	say_user(speech);
	fputc('.', speech->out);
}

static void frozen(struct speech *speech)
{
	say_action(speech);
	fprintf(speech->out, " is frozen for everybody (%s). See: stepup status. It ends with: stepup thaw, "
		"and the name under which it was frozen.", speech->explanation->question->frozen);
}

static void not_enrolled(struct speech *speech)
{
	say_user(speech);
	fputs(" has enrolled nothing that counts, and ", speech->out);
	say_action(speech);
	fputs(" takes ", speech->out);
	fprintf(speech->out, "%s. An administrator makes them an invitation with: stepup invite ",
		factor_strength_name(speech->explanation->requirement.strength));
	say_user(speech);
	fputc('.', speech->out);
}

static void suspended(struct speech *speech)
{
	fputs("A hundred wrong codes in a row have suspended the codes of ", speech->out);
	say_user(speech);
	fputs(", who has nothing else for it. A key of theirs ends that, or: stepup unlock ", speech->out);
	say_user(speech);
	fputc('.', speech->out);
}

static void too_weak(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;
	const char *needed = explanation->requirement.strength == FACTOR_HARDWARE_KEY
		? "a hardware key of a trusted model"
		: explanation->requirement.strength == FACTOR_KEY ? "a security key" : "a code";

	say_rule(speech);
	if (explanation->requirement.methods != 0 &&
	    (explanation->requirement.methods & explanation->ways) == 0) {
		fprintf(speech->out,
			" needs %s that is plugged in, which works at this host alone: not from ", needed);
		say_safely(speech, explanation->question->rhost);
		fputc('.', speech->out);
		return;
	}
	if (explanation->requirement.methods == 0 || !explanation->question->is_insider) {
		fprintf(speech->out, " needs %s by a way that this verifier doesn't have: "
			"name origins for keys in browsers, or another via.", needed);
		return;
	}
	fprintf(speech->out, " needs %s, and ", needed);
	say_user(speech);
	switch (explanation->offer.shortfall) {
	case SHORTFALL_NOT_HARDWARE:
		fputs(" has keys, none of which is one: their model is not attested, or not in allow-models.",
			speech->out);
		break;
	case SHORTFALL_COOLING:
		fputs(" has one that is new: it counts as a code until ", speech->out);
		say_moment(speech, explanation->offer.strong_from);
		fputc('.', speech->out);
		break;
	case SHORTFALL_WAY:
		fputs(" has one, which works by none of the ways that the rule takes (see its via).",
			speech->out);
		break;
	case SHORTFALL_REACH:
		fputs(" has one, which works only where it is plugged in: not from ", speech->out);
		say_safely(speech, explanation->question->rhost);
		fputc('.', speech->out);
		break;
	case SHORTFALL_NONE:
	case SHORTFALL_NO_FACTOR:
		fputs(" has none: a code is not enough. "
			"An administrator makes them an invitation for one with: stepup invite ",
			speech->out);
		say_user(speech);
		fputc('.', speech->out);
		break;
	}
}

/* "That goes over "5 per 24h": 0 left, this takes 1". */
static void say_over(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;

	say_rule(speech);
	fprintf(speech->out, " limits it to %s, and of that %" PRId64 " %s left: this takes %" PRId64,
		explanation->over->text, explanation->left.left, explanation->left.left == 1 ? "is" : "are",
		explanation->left.asked);
}

/* No other request is made: of all that may wait, of all from this place, or because too many were taken
 * back, or went unanswered from there. */
static void explain_words_too_many(struct speech *speech)
{
	const struct request_crowd *crowd = &speech->explanation->crowd;

	say_rule(speech);
	fputs(" asks a second person for it, and ", speech->out);
	if (crowd->open >= REQUESTS_OPEN_MAX) {
		fputs("as many requests of ", speech->out);
		say_user(speech);
		fprintf(speech->out, " wait already as may at once (%d). "
			"They have to be answered or withdrawn first: stepup requests.", REQUESTS_OPEN_MAX);
	} else if (crowd->open_here >= REQUESTS_OPEN_PER_SOURCE) {
		fprintf(speech->out, "%zu requests of ", crowd->open_here);
		say_user(speech);
		fputs(" from ", speech->out);
		say_here(speech);
		fputs(" wait already, as many as may from one place. "
			"They have to be answered or withdrawn first: stepup requests.", speech->out);
	} else if (crowd->taken_back_here >= REQUESTS_TAKEN_BACK_MAX) {
		say_user(speech);
		fprintf(speech->out, " took %zu requests from ", crowd->taken_back_here);
		say_here(speech);
		fputs(" back within half an hour: from ", speech->out);
		say_here(speech);
		fputs(" the next may be made at ", speech->out);
		say_moment(speech, crowd->taken_back_until);
		fputc('.', speech->out);
	} else {
		fprintf(speech->out, "%zu requests of ", crowd->unanswered_here);
		say_user(speech);
		fputs(" from ", speech->out);
		say_here(speech);
		fputs(" were denied or not answered lately: from ", speech->out);
		say_here(speech);
		fputs(" the next may be made at ", speech->out);
		say_moment(speech, crowd->unanswered_until);
		fputc('.', speech->out);
	}
}

static void over_limit(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;

	if (explanation->too_many) {
		explain_words_too_many(speech);
		return;
	}
	say_over(speech);
	fputs(explanation->locks ? ". Going over it is not refused at once: a right answer locks "
		: limit_is_hard(explanation->rule, explanation->over)
		? ". Nobody's agreement passes that (hard-limit). It has to wait"
		: ". Over it everything is refused (over-limit = deny). It has to wait", speech->out);
	if (explanation->locks)
		say_user(speech);
	else
		fputs(" until earlier ones are older than that", speech->out);
	fputc('.', speech->out);
}

/* Where a request was made, in the words with which to ask for that place: "by the account root, for the
 * service sudo, from 192.0.2.7". */
static void say_origin(struct speech *speech, const struct approval_request *request)
{
	fputs(" It was asked by the account ", speech->out);
	say_safely(speech, request->caller);
	if (request->service[0] != '\0') {
		fputs(", for the service ", speech->out);
		say_safely(speech, request->service);
	}
	if (request->rhost[0] != '\0') {
		fputs(", from ", speech->out);
		say_safely(speech, request->rhost);
	}
	fputc('.', speech->out);
}

/* What was asked of a second person already; what was agreed to is of use from where it was asked, which
 * isn't here, or isn't known. */
static void say_request(struct speech *speech)
{
	const struct approval_request *request = speech->explanation->request;

	fprintf(speech->out, " %s for it ", request->id);
	if (request->state == REQUEST_APPROVED) {
		fputs("was agreed to by ", speech->out);
		say_safely(speech, request->approver);
		fputs(": that counts from where it was asked, in the same words, until ", speech->out);
	} else {
		fputs("waits until ", speech->out);
	}
	say_moment(speech, request->expires);
	fputc('.', speech->out);
	if (request->state == REQUEST_APPROVED)
		say_origin(speech, request);
	fputs(" See: stepup requests.", speech->out);
}

static void needs_approval(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;

	if (explanation->over != NULL) {
		say_over(speech);
		fputs(". After their own answer a second person must agree", speech->out);
	} else {
		say_rule(speech);
		fputs(" asks a second person each time (always-approve). "
			"After their own answer a second person must agree", speech->out);
	}
	say_approvers(speech);
	fputc('.', speech->out);
	if (explanation->request != NULL)
		say_request(speech);
	else if (!explanation->question->knows_place && explanation->crowd.open >= REQUESTS_OPEN_PER_SOURCE)
		fprintf(speech->out, " From a place that has %d requests waiting already nobody is asked.",
			REQUESTS_OPEN_PER_SOURCE);
}

static void explain_words_say(struct speech *speech)
{
	switch (speech->explanation->verdict) {
	case STEPUP_OK:
		allowed(speech);
		return;
	case STEPUP_UNKNOWN_ACTION:
		unknown_action(speech);
		return;
	case STEPUP_NOT_ALLOWED:
		not_allowed(speech);
		return;
	case STEPUP_BAD_DETAILS:
		bad_details(speech);
		return;
	case STEPUP_LOCKED:
		(speech->explanation->locks ? over_limit : locked)(speech);
		return;
	case STEPUP_FROZEN:
		frozen(speech);
		return;
	case STEPUP_NOT_ENROLLED:
		not_enrolled(speech);
		return;
	case STEPUP_THROTTLED:
		suspended(speech);
		return;
	case STEPUP_TOO_WEAK:
		too_weak(speech);
		return;
	case STEPUP_OVER_LIMIT:
		over_limit(speech);
		return;
	case STEPUP_NEEDS_APPROVAL:
		needs_approval(speech);
		return;
	default:
		speech->failed = true;
	}
}

/* What a token's clock has to do with it; to a guesser it says nothing of a code. */
static void say_clocks(struct speech *speech)
{
	const struct user_record *record = speech->explanation->question->record;

	for (size_t i = 0; record != NULL && i < record->credential_count; i++) {
		const struct credential *credential = &record->credentials[i];
		int64_t off = credential->otp.drift_steps * (int64_t)credential->otp.period_seconds;

		if (credential->type != CREDENTIAL_TOTP || credential->state != CREDENTIAL_LIVE ||
		    (off <= credential->otp.period_seconds &&
			    off >= -(int64_t)credential->otp.period_seconds))
			continue;
		fputs(" The clock of ", speech->out);
		say_safely(speech, credential->label);
		fprintf(speech->out,
			" was %" PRId64 " s %s at its last code; its codes are taken by that clock.",
			off < 0 ? -off : off, off < 0 ? "behind" : "ahead");
	}
}

char *explanation_why(const struct explanation *explanation)
{
	struct speech speech = {.explanation = explanation};
	char *text = NULL;
	size_t size = 0;

	speech.out = open_memstream(&text, &size);
	if (speech.out == NULL)
		return NULL;
	explain_words_say(&speech);
	say_clocks(&speech);
	if (fclose(speech.out) != 0 || speech.failed) {
		free(text);
		text = NULL;
	}
	return text;
}
