/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals in words.
 * MUST: leave no refusal without "Nothing was approved" or the like ("is locked" says it); quote nothing that
 * isn't safe to show; tell a guesser nothing.
 */
#include "verifier/rules/words/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/limits/guessing.h"
#include "verifier/rules/people/approvers.h"

/* One sentence after another, into one text. */
struct refusal_speech {
	FILE *out;
	const struct words_facts *facts;
	bool failed;
};

/* Writes a text of unknown origin; a name that isn't there becomes `otherwise`. */
static void say_safely(struct refusal_speech *speech, const char *text, const char *otherwise)
{
	char *safe;

	if (text == NULL || *text == '\0') {
		fputs(otherwise, speech->out);
		return;
	}
	safe = display_value(text, strlen(text));
	if (safe == NULL)
		speech->failed = true;
	else
		fputs(safe, speech->out);
	free(safe);
}

/* "5 minutes": rounded up, so that nobody comes back too early. */
static void say_time(struct refusal_speech *speech, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{3600, "hour"}, {60, "minute"}, {1, "second"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t count = seconds / units[i].seconds + (seconds % units[i].seconds != 0);

		if (seconds <= units[i].seconds && units[i].seconds != 1)
			continue;
		fprintf(speech->out, "%" PRId64 " %s%s", count, units[i].unit, count == 1 ? "" : "s");
		return;
	}
}

static const char *help_of(const struct refusal_speech *speech)
{
	return speech->facts->policy == NULL ? NULL : speech->facts->policy->help;
}

/* Whom to call; nothing where the configuration names nobody. */
static void say_help(struct refusal_speech *speech)
{
	const char *help = help_of(speech);

	if (help != NULL)
		fprintf(speech->out, " If you are stuck: %s.", help);
}

static void say_reference(struct refusal_speech *speech)
{
	if (speech->facts->reference == NULL)
		return;
	fputs(", and quote ", speech->out);
	say_safely(speech, speech->facts->reference, "");
}

static void say_call(struct refusal_speech *speech)
{
	const char *help = help_of(speech);

	fprintf(speech->out, " Call %s", help == NULL ? "your administrator" : help);
	say_reference(speech);
	fputc('.', speech->out);
}

static void say_action(struct refusal_speech *speech)
{
	say_safely(speech, speech->facts->action, "this");
}

static void words_not_enrolled(struct refusal_speech *speech)
{
	fputs("Nothing is enrolled for you yet, so nothing was approved. "
		"Ask an administrator for an invitation, then run: stepup enroll.", speech->out);
	say_help(speech);
}

/* "a key", as far as is known what for. */
static const char *needed(const struct requirement *requirement)
{
	if (requirement == NULL || requirement->strength != FACTOR_HARDWARE_KEY)
		return "a security key";
	return "a hardware key of a trusted model";
}

/* "customer.export needs …", or who agrees to it does. */
static void say_what_needs(struct refusal_speech *speech)
{
	if (speech->facts->agrees && speech->facts->action != NULL)
		fputs("Agreeing to ", speech->out);
	say_safely(speech, speech->facts->action, "This");
	fprintf(speech->out, " needs %s, and ", needed(speech->facts->requirement));
}

/* How to come by what is missing. */
static void say_enrol(struct refusal_speech *speech)
{
	const struct requirement *requirement = speech->facts->requirement;
	bool agent = requirement != NULL && requirement->methods == VIA_AGENT;
	bool browser = requirement != NULL && (requirement->methods & VIA_BROWSER) != 0;

	bool administers = speech->facts->action != NULL && !speech->facts->agrees &&
		policy_own_action(speech->facts->action) != NULL;

	fprintf(speech->out, " Ask %s for an invitation%s, then %srun: stepup enroll %s.",
		administers ? "another administrator" : "an administrator",
		administers ? ", or root on the verifier's host (stepup init --again)" : "",
		browser ? "add one on the web page for keys, or " : "", agent ? "agent" : "key");
}

/* Where a key that will do can be used. */
static void say_ways(struct refusal_speech *speech)
{
	static const struct {
		unsigned method;
		const char *where;
	} ways[] = {
		{VIA_BROWSER, "in a browser"},
		{VIA_SEAT, "plugged into the computer that asks"},
		{VIA_AGENT, "through an SSH agent"},
	};
	const struct requirement *requirement = speech->facts->requirement;
	unsigned left = requirement == NULL ? 0 : requirement->methods & METHODS_OF_KEYS;
	bool first = true;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if ((left & ways[i].method) == 0)
			continue;
		left &= ~ways[i].method;
		fprintf(speech->out, "%s%s", first ? " It takes one " : left == 0 ? " or " : ", ",
			ways[i].where);
		first = false;
	}
	if (!first)
		fputc('.', speech->out);
}

static void say_out_of_reach(struct refusal_speech *speech)
{
	const struct requirement *requirement = speech->facts->requirement;

	if (requirement != NULL && requirement->strength == FACTOR_CODE) {
		fputs("You have a key, which can't be used from here, and no code. Nothing was approved.",
			speech->out);
	} else {
		say_what_needs(speech);
		fputs("none can be used from here: a code is not enough. Nothing was approved.", speech->out);
	}
	say_ways(speech);
}

static void words_too_weak(struct refusal_speech *speech)
{
	const struct words_facts *facts = speech->facts;

	switch (facts->shortfall) {
	case SHORTFALL_NONE:
		fputs("A code is not enough for ", speech->out);
		say_action(speech);
		fprintf(speech->out, ": it needs %s. Nothing was approved.", needed(facts->requirement));
		break;
	case SHORTFALL_NO_FACTOR:
		say_what_needs(speech);
		fputs("you have none: a code is not enough. Nothing was approved.", speech->out);
		say_enrol(speech);
		break;
	case SHORTFALL_NOT_HARDWARE:
		say_what_needs(speech);
		fputs("no key of yours is one. Nothing was approved.", speech->out);
		say_enrol(speech);
		break;
	case SHORTFALL_COOLING:
		fputs("Your key is new: it counts as a code for another ", speech->out);
		say_time(speech, facts->cooling_seconds);
		fputs(", and a code is not enough for ", speech->out);
		say_action(speech);
		fputs(". Nothing was approved. Come back then", speech->out);
		fputs(policy_own_action(speech->facts->action == NULL ? "" : speech->facts->action) == NULL ||
			speech->facts->agrees ? "." : ", or ask root on the verifier's host for an "
			"invitation (stepup init --again): a key that is enrolled by that counts at once.",
			speech->out);
		break;
	case SHORTFALL_WAY:
	case SHORTFALL_REACH:
		say_out_of_reach(speech);
		break;
	}
	say_help(speech);
}

static void words_locked(struct refusal_speech *speech)
{
	fputs("Your access is locked. Don't retry.", speech->out);
	say_call(speech);
}

static void words_frozen(struct refusal_speech *speech)
{
	say_safely(speech, speech->facts->action, "This action");
	fputs(" is frozen for everybody just now. Nothing was approved. You did nothing wrong; don't retry.",
		speech->out);
	say_call(speech);
}

static void throttled(struct refusal_speech *speech)
{
	fputs("Too many tries. Nothing was approved. ", speech->out);
	if (speech->facts->retry_after_seconds > 0) {
		fputs("Try again in ", speech->out);
		say_time(speech, speech->facts->retry_after_seconds);
		fputs("; earlier tries are refused unseen.", speech->out);
	} else {
		fputs("Wait a while before you try again.", speech->out);
	}
	say_help(speech);
}

static void words_over_limit(struct refusal_speech *speech)
{
	const struct words_facts *facts = speech->facts;

	fputs("That goes over the limit", speech->out);
	if (facts->limit != NULL) {
		fputs(" of ", speech->out);
		say_safely(speech, facts->limit, "");
	}
	fputs(" for ", speech->out);
	say_action(speech);
	if (facts->asked > 1)
		fprintf(speech->out, ": it asks for %" PRId64, facts->asked);
	fputs(". Nothing was approved. Ask for less, or wait until earlier ones are older than that.",
		speech->out);
	say_help(speech);
}

static void words_needs_approval(struct refusal_speech *speech)
{
	const struct words_facts *facts = speech->facts;

	if (facts->limit != NULL) {
		fputs("That goes over the limit of ", speech->out);
		say_safely(speech, facts->limit, "");
		fputs(" for ", speech->out);
		say_action(speech);
		fputs(", and past it a second person must agree", speech->out);
	} else {
		fputs("A second person must agree to ", speech->out);
		say_action(speech);
	}
	if (json_array_size(facts->approvers) > 0) {
		fputs(": ", speech->out);
		approvers_say(speech->out, facts->approvers);
	}
	fputs(". Nothing was approved yet.", speech->out);
	say_help(speech);
}

/* "Blue YubiKey" or "Spare". */
static void say_keys(struct refusal_speech *speech)
{
	size_t count = json_array_size(speech->facts->keys);

	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? "\"" : i + 1 == count ? " or \"" : ", \"", speech->out);
		say_safely(speech, json_string_value(json_array_get(speech->facts->keys, i)), "");
		fputc('"', speech->out);
	}
}

static void bad_key(struct refusal_speech *speech)
{
	int64_t left = speech->facts->tries_left;

	if (json_array_size(speech->facts->keys) > 0) {
		fputs("That key is not enrolled for ", speech->out);
		say_safely(speech, speech->facts->user, "you");
		fputs(". Use ", speech->out);
		say_keys(speech);
		fputs(". Nothing was approved. ", speech->out);
		if (left > 0)
			fprintf(speech->out, "%" PRId64 " %s left.", left, left == 1 ? "try" : "tries");
		else
			fputs("No tries left: start again.", speech->out);
		return;
	}
	fputs("That key did not do: it is not one of yours, was used without its PIN where that is asked "
		"for, or answered something else. Nothing was approved. ", speech->out);
	if (left > 0)
		fprintf(speech->out, "Use a key that is enrolled for you. %" PRId64 " %s left.", left,
			left == 1 ? "try" : "tries");
	else
		fputs("No tries left: start again.", speech->out);
}

static void bad_code(struct refusal_speech *speech)
{
	int64_t left = speech->facts->tries_left, wait = speech->facts->retry_after_seconds;

	fprintf(speech->out, "That code did not work: mistyped, expired or already used. Nothing was %s. ",
		speech->facts->enrols ? "enrolled" : "approved");
	fputs(left > 0 ? "Wait for the next one" : "No tries left: start again with the next code",
		speech->out);
	if (wait > 0) {
		fputs(left > 0 ? ", " : ", in ", speech->out);
		say_time(speech, wait);
		fputs(left > 0 ? " at least" : "", speech->out);
	}
	fputc('.', speech->out);
	if (left > 0)
		fprintf(speech->out, " %" PRId64 " %s left.", left, left == 1 ? "try" : "tries");
	else if (speech->facts->quiet) {
		fputs(" If a right code is refused too, there were too many wrong ones: wait ", speech->out);
		say_time(speech, GUESS_SHORT_WINDOW_SECONDS);
		fputc('.', speech->out);
	}
}

static void bad_answer(struct refusal_speech *speech)
{
	if (speech->facts->method == METHOD_FRESH)
		fputs("What you confirmed before does not cover this any more. Nothing was approved: "
			"confirm it again.", speech->out);
	else if ((speech->facts->method & METHODS_OF_KEYS) != 0)
		bad_key(speech);
	else
		bad_code(speech);
	if (speech->facts->tries_left <= 0)
		say_help(speech);
}

static void expired(struct refusal_speech *speech)
{
	fputs("That took too long, or was answered already. Nothing was approved. Start again.", speech->out);
}

static void words_not_allowed(struct refusal_speech *speech)
{
	if (speech->facts->action == NULL) {
		fputs("You are not allowed to do this. Nothing was approved.", speech->out);
	} else {
		fputs("You are not allowed to do ", speech->out);
		say_action(speech);
		fputs(" here. Nothing was approved.", speech->out);
	}
	say_help(speech);
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

static void say_fault(struct refusal_speech *speech)
{
	fputs(": \"", speech->out);
	say_safely(speech, speech->facts->detail, "");
	fprintf(speech->out, "\" %s", words_detail_fault(speech->facts->fault));
}

static void words_bad_details(struct refusal_speech *speech)
{
	const struct words_facts *facts = speech->facts;

	if (facts->detail != NULL && facts->asked > facts->maximum) {
		fprintf(speech->out, "%" PRId64 " ", facts->maximum);
		say_safely(speech, facts->detail, "");
		fprintf(speech->out, " were approved, not %" PRId64 ". Nothing was done.", facts->asked);
		return;
	}
	fputs("The request does not fit the rule for ", speech->out);
	say_action(speech);
	if (facts->detail != NULL)
		say_fault(speech);
	fputs(". Nothing was approved. ", speech->out);
	fputs(facts->typed ? "`stepup policy explain` says which details it takes."
		: "You did nothing wrong; tell whoever runs this tool.", speech->out);
}

static void words_unknown_action(struct refusal_speech *speech)
{
	fputs("No rule covers ", speech->out);
	say_action(speech);
	fputs(", so it is denied. Nothing was approved.", speech->out);
	say_help(speech);
}

static void unavailable(struct refusal_speech *speech)
{
	fputs("Could not check, so nothing was approved. You did nothing wrong. Try again in a while.",
		speech->out);
	say_help(speech);
	if (speech->facts->policy != NULL && speech->facts->policy->host != NULL) {
		fputs(" [", speech->out);
		say_safely(speech, speech->facts->policy->host, "");
		fputc(']', speech->out);
	}
}

static void say_refusal(struct refusal_speech *speech, enum stepup_error error)
{
	static void (*const say[])(struct refusal_speech *) = {
		[STEPUP_NOT_ENROLLED] = words_not_enrolled,
		[STEPUP_TOO_WEAK] = words_too_weak,
		[STEPUP_LOCKED] = words_locked,
		[STEPUP_FROZEN] = words_frozen,
		[STEPUP_THROTTLED] = throttled,
		[STEPUP_OVER_LIMIT] = words_over_limit,
		[STEPUP_NEEDS_APPROVAL] = words_needs_approval,
		[STEPUP_BAD_ANSWER] = bad_answer,
		[STEPUP_EXPIRED] = expired,
		[STEPUP_NOT_ALLOWED] = words_not_allowed,
		[STEPUP_BAD_DETAILS] = words_bad_details,
		[STEPUP_UNKNOWN_ACTION] = words_unknown_action,
		[STEPUP_UNAVAILABLE] = unavailable,
	};
	size_t index = (size_t)error;

	if (index < sizeof(say) / sizeof(say[0]) && say[index] != NULL)
		say[index](speech);
	else
		unavailable(speech);
}

char *words_refusal(enum stepup_error error, const struct words_facts *facts)
{
	static const struct words_facts nothing = {0};
	struct refusal_speech speech = {.facts = facts == NULL ? &nothing : facts};
	char *text = NULL;
	size_t size = 0;

	speech.out = open_memstream(&text, &size);
	if (speech.out == NULL)
		return NULL;
	say_refusal(&speech, error);
	if (fclose(speech.out) != 0 || speech.failed) {
		free(text);
		text = NULL;
	}
	return text;
}
