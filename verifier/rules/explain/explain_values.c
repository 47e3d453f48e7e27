/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sentences of an explanation are filled with. */
#include "verifier/rules/explain/explain_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verifier/rules/people/approvers.h"
#include "verifier/rules/words/refusals.h"

#define NAMES_SHOWN_MAX 8

char *explanation_place(const struct rule *rule)
{
	char *place = NULL;
	int length = rule->place.line == 0 ? asprintf(&place, "%s", rule->place.file)
					   : asprintf(&place, "%s:%d", rule->place.file, rule->place.line);

	return length < 0 ? NULL : place;
}

/* Takes a text over that was made here. */
static void set_made(struct sentence_values *values, const char *name, char *text)
{
	if (text == NULL)
		values->failed = true;
	else
		sentence_set_safe(values, name, text);
	free(text);
}

/* "14:05", with the day if that isn't today's; `at` in seconds since 1970. */
static void set_moment(struct sentence_values *values, const char *name, int64_t at, int64_t from)
{
	time_t then = (time_t)at, now = (time_t)from;
	struct tm moment, today;
	char text[32];
	bool same_day = localtime_r(&then, &moment) != NULL && localtime_r(&now, &today) != NULL &&
		moment.tm_yday == today.tm_yday && moment.tm_year == today.tm_year;

	if (localtime_r(&then, &moment) == NULL ||
	    strftime(text, sizeof(text), same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &moment) == 0)
		sentence_set_number(values, name, at);
	else
		sentence_set_safe(values, name, text);
}

/* "15 minutes": as the policy says it. */
static void set_duration(struct sentence_values *values, const char *name, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *one, *many;
	} units[] = {{24 * 60 * 60, "day", "days"}, {60 * 60, "hour", "hours"}, {60, "minute", "minutes"},
		{1, "second", "seconds"}};
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	sentence_set_count(values, name, seconds / units[i].seconds, units[i].one, units[i].many);
}

/* "@support, bob, …" */
static void set_users(struct sentence_values *values, char *const *users)
{
	const char *shown[NAMES_SHOWN_MAX + 1];
	size_t count = 0;

	while (users != NULL && users[count] != NULL && count < NAMES_SHOWN_MAX) {
		shown[count] = users[count];
		count++;
	}
	if (count == NAMES_SHOWN_MAX && users[count] != NULL)
		shown[count++] = "…";
	sentence_set_list(values, "users", shown, count, "", ", ");
}

/* "a code or a key in a browser": what answers it, best last; of an insider, what they have. */
static void set_answers(struct sentence_values *values, const struct explanation *explanation)
{
	static const struct {
		unsigned method;
		const char *code, *key, *hardware, *key_pin, *hardware_pin;
	} all[] = {
		{METHOD_CODE, "a code", NULL, NULL, NULL, NULL},
		{VIA_AGENT, NULL, "a key behind an SSH agent", "a hardware key behind an SSH agent",
			"a key behind an SSH agent with its PIN",
			"a hardware key behind an SSH agent with its PIN"},
		{VIA_SEAT, NULL, "a key plugged in", "a hardware key plugged in",
			"a key plugged in with its PIN", "a hardware key plugged in with its PIN"},
		{VIA_BROWSER, NULL, "a key in a browser", "a hardware key in a browser",
			"a key in a browser with its PIN", "a hardware key in a browser with its PIN"},
	};
	const struct requirement *requirement = &explanation->requirement;
	bool hardware = requirement->strength == FACTOR_HARDWARE_KEY;
	unsigned methods = explanation->question->is_insider ? explanation->offer.methods
		: requirement->methods & explanation->ways;
	const char *answers[sizeof(all) / sizeof(all[0])];
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if ((methods & all[i].method) == 0)
			continue;
		if (all[i].code != NULL)
			answers[count++] = all[i].code;
		else if (requirement->pin)
			answers[count++] = hardware ? all[i].hardware_pin : all[i].key_pin;
		else
			answers[count++] = hardware ? all[i].hardware : all[i].key;
	}
	sentence_set_list(values, "answers", answers, count, "", " or ");
}

void explain_set_approvers(struct sentence_values *values, const struct explanation *explanation)
{
	sentence_set_flag(values, "nobody", json_array_size(explanation->approvers) == 0);
	sentence_set_flag(values, "nobody_can", explanation->nobody_can_agree);
	set_made(values, "names", approvers_text(explanation->approvers));
}

void explain_set_request(struct sentence_values *values, const struct explanation *explanation)
{
	const struct approval_request *request = explanation->request;

	sentence_set_safe(values, "request", request->id);
	set_moment(values, "until", request->expires, explanation->question->now);
	if (request->state != REQUEST_APPROVED)
		return;
	sentence_set(values, "agreed_by", request->approver);
	sentence_set(values, "caller", request->caller);
	sentence_set(values, "service", request->service);
	sentence_set(values, "from", request->rhost);
}

bool explain_set_clock(struct sentence_values *values, const struct credential *credential)
{
	int64_t off = credential->otp.drift_steps * (int64_t)credential->otp.period_seconds;

	if (credential->type != CREDENTIAL_TOTP || credential->state != CREDENTIAL_LIVE ||
	    (off <= credential->otp.period_seconds && off >= -(int64_t)credential->otp.period_seconds))
		return false;
	sentence_set(values, "label", credential->label);
	sentence_set_number(values, "seconds", off < 0 ? -off : off);
	sentence_set_flag(values, "behind", off < 0);
	return true;
}

/* --- by outcome --- */

static void set_fresh(struct sentence_values *values, const struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;

	if (question->fresh.covers)
		set_moment(values, "covered_until", question->fresh.until, question->now);
	if (explanation->rule->fresh_for_seconds == 0)
		return;
	set_duration(values, "fresh_for", explanation->rule->fresh_for_seconds);
	if (!question->is_insider || question->fresh.covers)
		return;
	sentence_set_flag(values, "fresh_nowhere", question->fresh.sessions == 0);
	if (question->fresh.sessions == 0)
		return;
	sentence_set_count(values, "sessions", (int64_t)question->fresh.sessions, "other session",
		"other sessions");
	set_moment(values, "latest", question->fresh.latest, question->now);
}

static const char *over_flag(enum over_limit over)
{
	switch (over) {
	case OVER_LIMIT_APPROVE:
		return "over_approve";
	case OVER_LIMIT_LOCK:
		return "over_lock";
	case OVER_LIMIT_DENY:
		break;
	}
	return "over_deny";
}

static void set_allowed(struct sentence_values *values, const struct explanation *explanation)
{
	set_answers(values, explanation);
	if (explanation->agreed) {
		explain_set_request(values, explanation);
		return;
	}
	set_fresh(values, explanation);
	if (explanation->rule->limit_count == 0)
		return;
	sentence_set_flag(values, "no_details", explanation->action == NULL);
	sentence_set_flag(values, over_flag(explanation->rule->over_limit), true);
}

static void set_not_allowed(struct sentence_values *values, const struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;

	sentence_set_flag(values, "other_account", explanation->other_account);
	sentence_set_flag(values, "no_account", question->uid < 0);
	if (explanation->other_account && question->sees_everybody)
		sentence_set_number(values, "former_uid", question->former->uid);
	set_users(values, explanation->rule->users);
}

/* "account:text, records:number" */
static void set_bad_details(struct sentence_values *values, const struct explanation *explanation)
{
	const struct detail_spec *specs;
	size_t count, size = 0;
	char *text = NULL;
	FILE *out;

	sentence_set(values, "bad_detail", explanation->bad_detail);
	sentence_set_safe(values, "fault", words_detail_fault(explanation->fault));
	policy_details(explanation->rule, explanation->question->action, &specs, &count);
	if (count == 0)
		return;
	out = open_memstream(&text, &size);
	for (size_t i = 0; out != NULL && i < count; i++)
		fprintf(out, "%s%s:%s", i == 0 ? "" : ", ", specs[i].name, detail_kind(specs[i].type)->name);
	if (out != NULL && fclose(out) != 0)
		values->failed = true;
	set_made(values, "details", text);
}

static void set_over(struct sentence_values *values, const struct explanation *explanation)
{
	if (explanation->over == NULL)
		return;
	sentence_set_flag(values, "over", true);
	sentence_set_flag(values, "hard", limit_is_hard(explanation->rule, explanation->over));
	sentence_set_safe(values, "limit", explanation->over->text);
	sentence_set_count(values, "left", explanation->left.left, "is", "are");
	sentence_set_number(values, "takes", explanation->left.asked);
}

static void set_locked(struct sentence_values *values, const struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct user_lock *lock = question->lock;

	if (explanation->locks) {
		set_over(values, explanation);
		return;
	}
	sentence_set_safe(values, "reference", lock->reference);
	set_moment(values, "since", lock->at, question->now);
	sentence_set(values, "by", lock->by[0] == '\0' ? "stepupd" : lock->by);
	if (question->record != NULL || question->sees_everybody)
		sentence_set(values, "reason", lock->reason);
}

static void set_frozen(struct sentence_values *values, const struct explanation *explanation)
{
	sentence_set_safe(values, "frozen", explanation->question->frozen);
}

static void set_not_enrolled(struct sentence_values *values, const struct explanation *explanation)
{
	sentence_set_safe(values, "strength", factor_strength_name(explanation->requirement.strength));
}

static const char *needed_factor(enum factor_strength strength)
{
	switch (strength) {
	case FACTOR_HARDWARE_KEY:
		return "a hardware key of a trusted model";
	case FACTOR_KEY:
		return "a security key";
	case FACTOR_CODE:
		break;
	}
	return "a code";
}

static void set_too_weak(struct sentence_values *values, const struct explanation *explanation)
{
	static const char *const lacks[] = {
		[SHORTFALL_NONE] = "",
		[SHORTFALL_NO_FACTOR] = "",
		[SHORTFALL_NOT_HARDWARE] = "not_hardware",
		[SHORTFALL_COOLING] = "", /* has a value */
		[SHORTFALL_WAY] = "other_way",
		[SHORTFALL_REACH] = "out_of_reach",
	};
	const struct requirement *requirement = &explanation->requirement;
	const struct explain_question *question = explanation->question;
	bool plugged_in = requirement->methods != 0 && (requirement->methods & explanation->ways) == 0;

	sentence_set_safe(values, "needed", needed_factor(requirement->strength));
	sentence_set(values, "rhost", question->rhost);
	sentence_set_flag(values, "plugged_in", plugged_in);
	sentence_set_flag(values, "no_way", requirement->methods == 0 || !question->is_insider);
	sentence_set_flag(values, lacks[explanation->offer.shortfall], true);
	if (explanation->offer.shortfall == SHORTFALL_COOLING)
		set_moment(values, "strong_from", explanation->offer.strong_from, question->now);
}

/* No other request is made: of all that may wait, of all from this place, or because too many were taken
 * back, or went unanswered from there. */
static void set_crowd(struct sentence_values *values, const struct explanation *explanation)
{
	const struct request_crowd *crowd = &explanation->crowd;
	const struct explain_question *question = explanation->question;

	sentence_set_safe(values, "here", question->source != NULL ? "here" : "there");
	if (crowd->open >= REQUESTS_OPEN_MAX) {
		sentence_set_number(values, "all_wait", REQUESTS_OPEN_MAX);
	} else if (crowd->open_here >= REQUESTS_OPEN_PER_SOURCE) {
		sentence_set_number(values, "wait_here", (int64_t)crowd->open_here);
	} else if (crowd->taken_back_here >= REQUESTS_TAKEN_BACK_MAX) {
		sentence_set_number(values, "taken_back", (int64_t)crowd->taken_back_here);
		set_moment(values, "next", crowd->taken_back_until, question->now);
	} else {
		sentence_set_number(values, "unanswered", (int64_t)crowd->unanswered_here);
		set_moment(values, "next", crowd->unanswered_until, question->now);
	}
}

static void set_over_limit(struct sentence_values *values, const struct explanation *explanation)
{
	if (explanation->too_many)
		set_crowd(values, explanation);
	else
		set_over(values, explanation);
}

static const struct {
	enum stepup_error verdict;
	void (*set)(struct sentence_values *values, const struct explanation *explanation);
} setters[] = {
	{STEPUP_OK, set_allowed},
	{STEPUP_NOT_ALLOWED, set_not_allowed},
	{STEPUP_BAD_DETAILS, set_bad_details},
	{STEPUP_LOCKED, set_locked},
	{STEPUP_FROZEN, set_frozen},
	{STEPUP_NOT_ENROLLED, set_not_enrolled},
	{STEPUP_TOO_WEAK, set_too_weak},
	{STEPUP_OVER_LIMIT, set_over_limit},
	{STEPUP_NEEDS_APPROVAL, set_over},
};

void explain_set_values(struct sentence_values *values, const struct explanation *explanation)
{
	sentence_set(values, "user", explanation->question->user->name);
	sentence_set(values, "action", explanation->question->action);
	if (explanation->rule != NULL) {
		sentence_set_safe(values, "rule", explanation->rule->name);
		set_made(values, "place", explanation_place(explanation->rule));
	}
	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++)
		if (setters[i].verdict == explanation->verdict)
			setters[i].set(values, explanation);
}
