/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An explanation in sentences: of whom it speaks by name, because whoever reads it may be somebody else.
 * MUST: quote nothing that isn't safe to show; tell outsiders nothing about a person.
 */
#include "verifier/rules/explain/explain_values.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/sentence.h"

#define RULE "The rule {rule} ({place})"
#define OVER RULE " limits it to {limit}, and of that {left} left: this takes {takes}. "

/* By the name of the outcome; then what may stand behind. */
static const struct sentence rows[] = {
	{"Asked", "agreed_by",
		RULE " covers {action}; it takes {answers|nothing}. {agreed_by} agreed to it as the "
		"second person "
		"({request}): the next right answer uses that, from where it was asked, until {until}."},
	{"Asked", NULL,
		RULE " covers {action}; it takes {answers|nothing}."
		"[ Nobody is asked: an earlier step-up in this session covers it until {covered_until}.]"
		"[ Once confirmed, it isn't asked for again in the same session for {fresh_for}.]"
		"[fresh_nowhere? Just now it is fresh nowhere.]"
		"[ Just now it is fresh in {sessions}, until {latest} at the latest.]"
		"[no_details? Give the details to see whether they fit the limits.]"
		"[over_deny? Over a limit it is refused.]"
		"[over_lock? Whoever goes over a limit is locked.]"
		"[over_approve? Over a limit a second person must agree{approvers}.]"},
	{"UnknownAction", NULL,
		"No rule covers {action}, by its name or by a pattern, so it is denied to everybody."},
	{"NotAllowed", "other_account no_account",
		"What is enrolled under the name {user} is kept, but this host knows no account of that name "
		"just now, so nothing of it can be used. Is the directory complete?"},
	{"NotAllowed", "other_account",
		"What is enrolled under the name {user} is another account's[ (its uid was {former_uid})]: "
		"the name has another uid now and inherits nothing. "
		"If that is right, run: stepup revoke {user}, then invite them."},
	{"NotAllowed", NULL,
		RULE " doesn't name {user}, so they are not allowed to do {action}: its users are "
		"{users|nobody}."},
	{"BadDetails", NULL,
		RULE " takes[ the details {details}][!details? no details][; \"{bad_detail}\" {fault}]."},
	{"Locked", "over",
		OVER "Going over it is not refused at once: a right answer locks {user}."},
	{"Locked", NULL,
		"{user} is locked ({reference}), since {since} by {by}[: {reason}]. "
		"Everything of theirs is refused. "
		"An administrator who didn't lock them ends it with: stepup unlock {user}."},
	{"Frozen", NULL,
		"{action} is frozen for everybody ({frozen}). See: stepup status. "
		"It ends with: stepup thaw, and the name under which it was frozen."},
	{"NotEnrolled", NULL,
		"{user} has enrolled nothing that counts, and {action} takes {strength}. "
		"An administrator makes them an invitation with: stepup invite {user}."},
	{"Throttled", NULL,
		"A hundred wrong codes in a row have suspended the codes of {user}, "
		"who has nothing else for it. A key of theirs ends that, or: stepup unlock {user}."},
	{"TooWeak", "plugged_in",
		RULE " needs {needed} that is plugged in, which works at this host alone: not from "
		"{rhost|elsewhere}."},
	{"TooWeak", "no_way",
		RULE " needs {needed} by a way that this verifier doesn't have: "
		"name origins for keys in browsers, or another via."},
	{"TooWeak", "not_hardware",
		RULE " needs {needed}, and {user} has keys, none of which is one: "
		"their model is not attested, or not in allow-models."},
	{"TooWeak", "strong_from",
		RULE " needs {needed}, and {user} has one that is new: it counts as a code until "
		"{strong_from}."},
	{"TooWeak", "other_way",
		RULE " needs {needed}, and {user} has one, which works by none of the ways that the rule "
		"takes "
		"(see its via)."},
	{"TooWeak", "out_of_reach",
		RULE " needs {needed}, and {user} has one, which works only where it is plugged in: "
		"not from {rhost|elsewhere}."},
	{"TooWeak", NULL,
		RULE " needs {needed}, and {user} has none: a code is not enough. "
		"An administrator makes them an invitation for one with: stepup invite {user}."},
	{"OverLimit", "all_wait",
		RULE " asks a second person for it, and as many requests of {user} wait already as may at "
		"once "
		"({all_wait}). They have to be answered or withdrawn first: stepup requests."},
	{"OverLimit", "wait_here",
		RULE " asks a second person for it, and {wait_here} requests of {user} from {here} "
		"wait already, as many as may from one place. "
		"They have to be answered or withdrawn first: stepup requests."},
	{"OverLimit", "taken_back",
		RULE " asks a second person for it, and {user} took {taken_back} requests from {here} back "
		"within half an hour: from {here} the next may be made at {next}."},
	{"OverLimit", "unanswered",
		RULE " asks a second person for it, and {unanswered} requests of {user} from {here} "
		"were denied or not answered lately: from {here} the next may be made at {next}."},
	{"OverLimit", "hard",
		OVER "Nobody's agreement passes that (hard-limit). "
		"It has to wait until earlier uses no longer count."},
	{"OverLimit", NULL,
		OVER "Over it everything is refused (over-limit = deny). "
		"It has to wait until earlier uses no longer count."},
	{"NeedsApproval", "over",
		OVER "After their own answer a second person must agree{approvers}."},
	{"NeedsApproval", NULL,
		RULE " asks a second person each time (always-approve). "
		"After their own answer a second person must agree{approvers}."},
	{"approvers", "nobody", ", and its approvers name nobody else"},
	{"approvers", "nobody_can", ", and of its approvers nobody can just now: {names}"},
	{"approvers", NULL, ": {names}"},
	{"request", "agreed_by",
		" {request} for it was agreed to by {agreed_by}: that counts from where it was asked, "
		"in the same words, until {until}. It was asked by the account {caller}"
		"[, for the service {service}][, from {from}]. See: stepup requests."},
	{"request", NULL, " {request} for it waits until {until}. See: stepup requests."},
	{"crowd", NULL, " From a place that has {waiting} requests waiting already nobody is asked."},
	{"clock", NULL,
		" The clock of {label} was {seconds} s [behind?behind][!behind?ahead] at its last code; "
		"its codes are taken by that clock."},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const value_names[] = {"action", "agreed_by", "all_wait", "answers", "approvers",
	"bad_detail", "behind", "by", "caller", "covered_until", "details", "fault", "former_uid",
	"fresh_for", "fresh_nowhere", "from", "frozen", "hard", "here", "label", "latest", "left",
	"limit", "names", "needed", "next", "no_account", "no_details", "no_way", "nobody",
	"nobody_can", "not_hardware", "other_account", "other_way", "out_of_reach", "over",
	"over_approve", "over_deny", "over_lock", "place", "plugged_in", "reason", "reference",
	"request", "rhost", "rule", "seconds", "service", "sessions", "since", "strength",
	"strong_from", "taken_back", "takes", "unanswered", "until", "user", "users", "wait_here",
	"waiting", NULL};

const char *explain_row_fault(void)
{
	return sentence_row_fault(rows, ROWS, value_names);
}

/* Whether the row that fits could be written. */
static bool say_row(FILE *out, const char *of, struct sentence_values *values)
{
	char *said = sentence_say(rows, ROWS, of, values);
	bool written = said != NULL && fputs(said, out) >= 0;

	free(said);
	return written;
}

/* The name under which the main sentence stands. */
static const char *outcome_name(const struct explanation *explanation)
{
	return explanation->verdict == STEPUP_OK ? "Asked" : stepup_error_name(explanation->verdict);
}

/* ": a, b or c", or that there is nobody; the caller frees. */
static char *say_approvers(const struct explanation *explanation)
{
	struct sentence_values values = {0};

	explain_set_approvers(&values, explanation);
	return sentence_say(rows, ROWS, "approvers", &values);
}

static bool say_main(FILE *out, const struct explanation *explanation)
{
	struct sentence_values values = {0};
	char *approvers = say_approvers(explanation);
	bool written;

	explain_set_values(&values, explanation);
	sentence_set_safe(&values, "approvers", approvers);
	written = approvers != NULL && say_row(out, outcome_name(explanation), &values);
	free(approvers);
	return written;
}

/* What was asked of a second person already; what was agreed to is of use from where it was asked, which
 * isn't here, or isn't known. */
static bool say_request(FILE *out, const struct explanation *explanation)
{
	struct sentence_values values = {0};

	if (explanation->verdict != STEPUP_NEEDS_APPROVAL)
		return true;
	if (explanation->request != NULL) {
		explain_set_request(&values, explanation);
		return say_row(out, "request", &values);
	}
	if (explanation->question->knows_place || explanation->crowd.open < REQUESTS_OPEN_PER_SOURCE)
		return true;
	sentence_set_number(&values, "waiting", REQUESTS_OPEN_PER_SOURCE);
	return say_row(out, "crowd", &values);
}

/* What a token's clock has to do with it; to a guesser it says nothing of a code. */
static bool say_clocks(FILE *out, const struct explanation *explanation)
{
	const struct user_record *record = explanation->question->record;
	bool written = true;

	for (size_t i = 0; written && record != NULL && i < record->credential_count; i++) {
		struct sentence_values values = {0};

		if (explain_set_clock(&values, &record->credentials[i]))
			written = say_row(out, "clock", &values);
	}
	return written;
}

char *explanation_why(const struct explanation *explanation)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool written;

	if (out == NULL)
		return NULL;
	written = say_main(out, explanation) && say_request(out, explanation) && say_clocks(out, explanation);
	if (fclose(out) == 0 && written)
		return text;
	free(text);
	return NULL;
}
