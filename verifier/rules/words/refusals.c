/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals in sentences.
 * MUST: leave no refusal without "Nothing was approved" or the like ("is locked" says it); quote nothing that
 * isn't safe to show; tell a guesser nothing.
 */
#include "verifier/rules/words/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/sentence.h"
#include "verifier/rules/limits/guessing.h"
#include "verifier/rules/people/approvers.h"

#define STUCK "[ If you are stuck: {help}.]"
#define CALL " Call {help|your administrator}[, and quote {reference}]."
/* How to come by a key. Whoever administers may have nobody to ask but root. */
#define GET_A_KEY \
	" Ask [administers?another administrator][!administers?an administrator] for an invitation" \
	"[administers?, or root on the verifier's host (stepup init --again)], then " \
	"[page?add one on the page for keys.]" \
	"[either?add one on the page for keys, or run: stepup enroll {kind}.]" \
	"[shell?run: stepup enroll {kind}.]"

static const struct sentence rows[] = {
	{"NotEnrolled", "page",
		"Nothing is enrolled for you yet, so nothing was approved. "
		"Ask an administrator for an invitation, then use it on the page for keys." STUCK},
	{"NotEnrolled", NULL,
		"Nothing is enrolled for you yet, so nothing was approved. "
		"Ask an administrator for an invitation, then run: stepup enroll." STUCK},
	{"TooWeak", "no_key",
		"[agrees?Agreeing to ]{action|This} needs {needed}, and you have none: a code is not enough. "
		"Nothing was approved." GET_A_KEY STUCK},
	{"TooWeak", "not_hardware",
		"[agrees?Agreeing to ]{action|This} needs {needed}, and no key of yours is one. "
		"Nothing was approved." GET_A_KEY STUCK},
	{"TooWeak", "cooling bootstrap",
		"Your key is new. For another {cooling} it counts no more than a code, "
		"and a code is not enough for {action|this}. Nothing was approved. Come back then, "
		"or ask root on the verifier's host for an invitation (stepup init --again): "
		"a key that is enrolled by that counts at once." STUCK},
	{"TooWeak", "cooling",
		"Your key is new. For another {cooling} it counts no more than a code, "
		"and a code is not enough for {action|this}. Nothing was approved. Come back then." STUCK},
	{"TooWeak", "no_code",
		"You have no code, and your key can't be used from here. Nothing was approved."
		"[ Use it {ways}.]" STUCK},
	{"TooWeak", "out_of_reach",
		"[agrees?Agreeing to ]{action|This} needs {needed}, and none can be used from here: "
		"a code is not enough. Nothing was approved.[ Use one {ways}.]" STUCK},
	{"TooWeak", NULL,
		"A code is not enough for {action|this}: it needs {needed}. Nothing was approved." STUCK},
	{"Locked", NULL, "Your access is locked. Don't retry." CALL},
	{"Frozen", NULL,
		"{action|This action} is frozen for everybody just now. Nothing was approved. "
		"You did nothing wrong; don't retry." CALL},
	{"Throttled", "wait",
		"Too many tries. Nothing was approved. Try again in {wait}; "
		"anything you enter before then is refused without being checked." STUCK},
	{"Throttled", NULL,
		"Too many tries. Nothing was approved. Wait a while before you try again." STUCK},
	{"OverLimit", NULL,
		"That goes over the limit[ of {limit}] for {action|this}[: it asks for {asked}]. "
		"Nothing was approved. Ask for less, or wait until earlier uses no longer count." STUCK},
	{"NeedsApproval", "limit",
		"That goes over the limit of {limit} for {action|this}, "
		"and past it a second person must agree[: {approvers}]. Nothing was approved yet." STUCK},
	{"NeedsApproval", NULL,
		"A second person must agree to {action|this}[: {approvers}]. "
		"Nothing was approved yet." STUCK},
	{"BadAnswer", "fresh",
		"What you confirmed before does not cover this any more. Nothing was approved: "
		"confirm it again." STUCK},
	{"BadAnswer", "keys",
		"That key is not enrolled for {user|you}. Use {keys}. Nothing was approved. "
		"[tries?{tries} left.][!tries?No tries left: start again.]" STUCK},
	{"BadAnswer", "key",
		"That key was not accepted. It is not enrolled for you, its PIN was not used, "
		"or it signed something else. Nothing was approved. "
		"[tries?Use a key that is enrolled for you. {tries} left.]"
		"[!tries?No tries left: start again.]" STUCK},
	{"BadAnswer", "tries",
		"That code did not work: mistyped, expired or already used. "
		"Nothing was [enrols?enrolled][!enrols?approved]. "
		"Wait for the next one[, {wait} at least]. {tries} left." STUCK},
	{"BadAnswer", NULL,
		"That code did not work: mistyped, expired or already used. "
		"Nothing was [enrols?enrolled][!enrols?approved]. "
		"No tries left: start again with the next code[, in {wait}]."
		"[ If a right code is refused too, there were too many wrong ones: wait {window}.]" STUCK},
	{"Expired", NULL,
		"That took too long, or was answered already. Nothing was approved. Start again."},
	{"NotAllowed", NULL,
		"You are not allowed to do {action|this}[action? here]. Nothing was approved." STUCK},
	{"BadDetails", "maximum",
		"{maximum} {detail} were approved, not {asked}. Nothing was done."},
	{"BadDetails", "typed",
		"The request does not fit the rule for {action|this}[: \"{detail}\" {fault}]. "
		"Nothing was approved. `stepup policy explain` says which details it takes."},
	{"BadDetails", NULL,
		"The request does not fit the rule for {action|this}[: \"{detail}\" {fault}]. "
		"Nothing was approved. You did nothing wrong; tell whoever runs this tool."},
	{"UnknownAction", NULL,
		"No rule covers {action|this}, so it is denied. Nothing was approved." STUCK},
	{"Redeemed", NULL,
		"This receipt was redeemed before. Nothing was approved, and nothing redeemed again."},
	{"Unavailable", NULL,
		"Could not check, so nothing was approved. You did nothing wrong. Try again in a while." STUCK
		"[ Verifier's host: {host}.]"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* All values that a row may name. */
static const char *const value_names[] = {"action", "administers", "agrees", "approvers", "asked",
	"bootstrap", "cooling", "detail", "either", "enrols", "fault", "fresh", "help", "host", "key",
	"keys", "kind", "limit", "maximum", "needed", "no_code", "no_key", "not_hardware",
	"out_of_reach", "page", "reference", "shell", "tries", "typed", "user", "wait", "ways",
	"window", NULL};

const char *refusal_row_fault(void)
{
	return sentence_row_fault(rows, ROWS, value_names);
}

_Static_assert(DETAIL_TEXT_MAX == 512 && DETAIL_NUMBER_MAX == INT64_C(9007199254740991),
	"the sentences below name both");

const char *words_detail_fault(enum detail_fault fault)
{
	static const char *const faults[] = {
		[DETAIL_FAULT_NOT_KNOWN] = "is missing, unknown or of the wrong kind",
		[DETAIL_MISSING] = "is missing",
		[DETAIL_UNKNOWN] = "is none of its details",
		[DETAIL_NO_TEXT] = "must be a text",
		[DETAIL_TOO_LONG] = "must be a text of at most 512 bytes",
		[DETAIL_NO_NUMBER] = "must be a whole number",
		[DETAIL_OUT_OF_RANGE] = "must be a whole number from 0 to 9007199254740991",
	};

	return faults[fault];
}

/* --- TooWeak --- */

static const char *needed(const struct requirement *requirement)
{
	if (requirement == NULL || requirement->strength != FACTOR_HARDWARE_KEY)
		return "a security key";
	return "a hardware key of a trusted model";
}

/* Where a key that will do can be used. */
static void set_ways(struct sentence_values *values, unsigned methods)
{
	static const struct {
		unsigned method;
		const char *way;
	} all[] = {
		{VIA_BROWSER, "in a browser"},
		{VIA_SEAT, "plugged into the computer that asks"},
		{VIA_AGENT, "through an SSH agent"},
	};
	const char *ways[sizeof(all) / sizeof(all[0])];
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if ((methods & all[i].method) != 0)
			ways[count++] = all[i].way;
	sentence_set_list(values, "ways", ways, count, "", " or ");
}

/* What a person lacks, and how to come by it. */
static void set_too_weak(struct sentence_values *values, const struct words_facts *facts)
{
	static const char *const lacks[] = {
		[SHORTFALL_NONE] = NULL,
		[SHORTFALL_NO_FACTOR] = "no_key",
		[SHORTFALL_NOT_HARDWARE] = "not_hardware",
		[SHORTFALL_COOLING] = NULL, /* has a value */
		[SHORTFALL_WAY] = "out_of_reach",
		[SHORTFALL_REACH] = "out_of_reach",
	};
	const struct requirement *requirement = facts->requirement;
	unsigned methods = requirement == NULL ? 0 : requirement->methods & METHODS_OF_KEYS;
	bool of_verb = facts->action != NULL && !facts->agrees && policy_own_action(facts->action) != NULL;
	const char *lack = lacks[facts->shortfall];

	if (lack != NULL && strcmp(lack, "out_of_reach") == 0 && requirement != NULL &&
	    requirement->strength == FACTOR_CODE)
		lack = "no_code";
	if (lack != NULL)
		sentence_set_flag(values, lack, true);
	if (facts->shortfall == SHORTFALL_COOLING)
		sentence_set_wait(values, "cooling", facts->cooling_seconds);
	sentence_set_safe(values, "needed", needed(requirement));
	sentence_set_flag(values, "agrees", facts->agrees && facts->action != NULL);
	sentence_set_flag(values, "administers", of_verb);
	sentence_set_flag(values, "bootstrap", of_verb);
	sentence_set_flag(values, "either", !facts->page && (methods & VIA_BROWSER) != 0);
	sentence_set_flag(values, "shell", !facts->page && (methods & VIA_BROWSER) == 0);
	sentence_set_safe(values, "kind", methods == VIA_AGENT ? "agent" : "key");
	set_ways(values, methods);
}

/* --- the others --- */

/* Labels of the keys that would have done. */
static void set_keys(struct sentence_values *values, const json_t *keys)
{
	const char *labels[CREDENTIALS_MAX];
	size_t count = json_array_size(keys);

	if (count > CREDENTIALS_MAX)
		count = CREDENTIALS_MAX;
	for (size_t i = 0; i < count; i++) {
		const char *label = json_string_value(json_array_get(keys, i));

		labels[i] = label == NULL ? "" : label;
	}
	sentence_set_list(values, "keys", labels, count, "\"", " or ");
}

static void set_bad_answer(struct sentence_values *values, const struct words_facts *facts)
{
	bool key = (facts->method & METHODS_OF_KEYS) != 0;

	sentence_set_flag(values, "fresh", facts->method == METHOD_FRESH);
	sentence_set_flag(values, "key", key);
	sentence_set_flag(values, "enrols", facts->enrols);
	if (key)
		set_keys(values, facts->keys);
	if (facts->tries_left > 0)
		sentence_set_count(values, "tries", facts->tries_left, "try", "tries");
	if (facts->quiet)
		sentence_set_wait(values, "window", GUESS_SHORT_WINDOW_SECONDS);
}

static void set_over_limit(struct sentence_values *values, const struct words_facts *facts)
{
	if (facts->asked > 1)
		sentence_set_number(values, "asked", facts->asked);
}

static void set_needs_approval(struct sentence_values *values, const struct words_facts *facts)
{
	char *names = approvers_text(facts->approvers);

	if (names == NULL)
		values->failed = true;
	else if (*names != '\0')
		sentence_set_safe(values, "approvers", names);
	free(names);
}

static void set_bad_details(struct sentence_values *values, const struct words_facts *facts)
{
	sentence_set_flag(values, "typed", facts->typed);
	sentence_set(values, "detail", facts->detail);
	sentence_set_safe(values, "fault", words_detail_fault(facts->fault));
	if (facts->detail == NULL || facts->asked <= facts->maximum)
		return;
	sentence_set_number(values, "maximum", facts->maximum);
	sentence_set_number(values, "asked", facts->asked);
}

static void set_unavailable(struct sentence_values *values, const struct words_facts *facts)
{
	sentence_set(values, "host", facts->policy == NULL ? NULL : facts->policy->host);
}

/* What only one refusal's rows name. */
static const struct {
	enum stepup_error error;
	void (*set)(struct sentence_values *values, const struct words_facts *facts);
} setters[] = {
	{STEPUP_TOO_WEAK, set_too_weak},
	{STEPUP_BAD_ANSWER, set_bad_answer},
	{STEPUP_OVER_LIMIT, set_over_limit},
	{STEPUP_NEEDS_APPROVAL, set_needs_approval},
	{STEPUP_BAD_DETAILS, set_bad_details},
	{STEPUP_UNAVAILABLE, set_unavailable},
};

/* What any row may name. Whoever has tries left needs no help yet. */
static void set_common(struct sentence_values *values, const struct words_facts *facts, bool helped)
{
	sentence_set_flag(values, "page", facts->page);
	sentence_set(values, "user", facts->user);
	sentence_set(values, "action", facts->action);
	sentence_set(values, "reference", facts->reference);
	sentence_set(values, "limit", facts->limit);
	if (helped && facts->policy != NULL)
		sentence_set_safe(values, "help", facts->policy->help);
	if (facts->retry_after_seconds > 0)
		sentence_set_wait(values, "wait", facts->retry_after_seconds);
}

char *words_refusal(enum stepup_error error, const struct words_facts *facts)
{
	static const struct words_facts nothing = {0};
	struct sentence_values values = {0};

	if (facts == NULL)
		facts = &nothing;
	if (!stepup_error_is_refusal(error))
		error = STEPUP_UNAVAILABLE;
	set_common(&values, facts, error != STEPUP_BAD_ANSWER || facts->tries_left <= 0);
	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++)
		if (setters[i].error == error)
			setters[i].set(&values, facts);
	return sentence_say(rows, ROWS, stepup_error_name(error), &values);
}
