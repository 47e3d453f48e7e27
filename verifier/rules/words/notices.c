/* SPDX-License-Identifier: BSD-2-Clause */
/* Notices with values: each is a row, filled by lib/base/sentence. */
#include "verifier/rules/words/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/sentence.h"
#include "verifier/rules/people/approvers.h"

static const struct sentence rows[] = {
	{"granted", NULL, "Approved: {prompt}"},
	{"approved", NULL, "Approved for {user}: {prompt}"},
	{"denied", NULL, "Denied. Nothing was approved; {user} is told so."},
	{"denied-and-locked", NULL,
		"Denied, and {user} is locked: everything of theirs is refused from now on. "
		"Reference {reference}."},
	{"denied-only", NULL,
		"Denied. Nothing was approved. {user} was not locked: you have locked three people "
		"within the hour, and may lock no more just now. An alert went out. "
		"Ask an administrator to lock them."},
	{"lock-prompt", NULL, "Deny this, and lock {user} out of everything: {prompt}"},
	{"enrol-prompt", "code",
		"Add \"{label}\" to the account {user}. One code from it proves that it works."},
	{"enrol-prompt", NULL,
		"Add \"{label}\" to the account {user}. A touch of it proves that it works."},
	{"enrolled", NULL,
		"\"{label}\" is enrolled.[code? The code that you just used is spent: wait for the next one.]"
		"[ For the first {cooling} it counts no more than a code.]"},
	{"clock", NULL, "right for a clock {seconds} s [behind?behind][!behind?ahead]"},
	{"clock-enrols", NULL,
		"That code is right for a clock {seconds} s [behind?behind][!behind?ahead]. "
		"Nothing was enrolled yet. Type the next code that it shows, right after that one; "
		"or set its clock and type a new one."},
	{"locked-me", NULL,
		"Your access is locked: everything of yours is refused from now on. "
		"To have it opened again, call {help|your administrator}, and quote {reference}."},
	{"unlocked", NULL, "{user} is not locked any more."},
	{"frozen", NULL,
		"Frozen: {action} is refused to everybody from now on. Reference {reference}."
		"[!ruled? No rule is about it: is that the right name?]"},
	{"thawed", NULL,
		"[still?Thawed, but {action} stays refused: it is frozen by {still} as well. "
		"See: stepup status.][!still?{action} is allowed again, as the policy says.]"},
	{"revoked", NULL,
		"Revoked {count} of {user}; {left} left.[none? Only an invitation lets them enrol again.]"},
	{"withdrawn", NULL,
		"{user} has nothing that could be revoked. The invitation for them was withdrawn."},
	{"not-reloaded", NULL, "{why}Nothing was changed: the policy before stays in force."},
	{"waiting", "approvers",
		"[That goes over the limit of {limit}. ]A second person must agree: {approvers}. "
		"Request {request} waits until {until}. Nothing was approved yet: "
		"once one of them has agreed, the same goes through."},
	{"waiting", NULL,
		"[That goes over the limit of {limit}. ]A second person must agree, "
		"and the policy names nobody who could, other than you. Nothing was approved. "
		"Tell an administrator, with request {request}."},
	{"request requested", NULL,
		"Request {request} waits for a second person until {until}. Nothing was approved yet."},
	{"request approved", NULL,
		"{by|Somebody} agreed to request {request}. It can be used until {until}."},
	{"request consumed", NULL, "Request {request} was agreed to and used."},
	{"request denied", NULL, "{by|Somebody} denied request {request}. Nothing was approved."},
	{"request expired", NULL,
		"Request {request} has expired. Nothing was approved. Ask again if it is still needed."},
	{"request cancelled", NULL, "Request {request} was taken back. Nothing was approved."},
	{"request void", NULL,
		"Request {request} is void: {why|what it rested on is gone}. Nothing was approved."},
	/* For its asker and its approvers alone: nobody else is told that there was one. */
	{"over requested", NULL,
		"This request is not waiting any more: it is another one by now. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over approved", NULL,
		"This request is not waiting any more: {by|somebody} has agreed to it. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over consumed", NULL,
		"This request is not waiting any more: it was agreed to and used. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over denied", NULL,
		"This request is not waiting any more: [by?{by} denied it][!by?it was denied]. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over expired", NULL,
		"This request is not waiting any more: it has expired. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over cancelled", NULL,
		"This request is not waiting any more: [by?{by} took it back][!by?it was taken back]. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
	{"over void", NULL,
		"This request is not waiting any more: it is void: {why|what it rested on is gone}. "
		"Nothing was changed. See the page for requests, or: stepup requests."},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const value_names[] = {"action", "approvers", "behind", "by", "code", "cooling", "count",
	"help", "label", "left", "limit", "none", "prompt", "reference", "request", "ruled", "seconds",
	"still", "until", "user", "why", NULL};

const char *notice_row_fault(void)
{
	return sentence_row_fault(rows, ROWS, value_names);
}

/* --- done --- */

char *notice_granted(const char *prompt)
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "prompt", prompt);
	return sentence_say(rows, ROWS, "granted", &values);
}

/* About a user, with a text that is safe already. */
static char *say_of_user(const char *of, const char *user, const char *name, const char *text)
{
	struct sentence_values values = {0};

	sentence_set(&values, "user", user);
	sentence_set_safe(&values, name, text);
	return sentence_say(rows, ROWS, of, &values);
}

char *notice_approved(const char *user, const char *prompt)
{
	return say_of_user("approved", user, "prompt", prompt);
}

char *notice_lock_prompt(const char *user, const char *prompt)
{
	return say_of_user("lock-prompt", user, "prompt", prompt);
}

char *notice_denied(const char *user)
{
	return say_of_user("denied", user, "", NULL);
}

char *notice_denied_and_locked(const char *user, const char *reference)
{
	return say_of_user("denied-and-locked", user, "reference", reference);
}

char *notice_denied_only(const char *user)
{
	return say_of_user("denied-only", user, "", NULL);
}

char *notice_unlocked(const char *user)
{
	return say_of_user("unlocked", user, "", NULL);
}

char *notice_withdrawn(const char *user)
{
	return say_of_user("withdrawn", user, "", NULL);
}

char *notice_enrol_prompt(const char *user, const char *label, enum notice_proof proof)
{
	struct sentence_values values = {0};

	sentence_set(&values, "user", user);
	sentence_set_safe(&values, "label", label);
	sentence_set_flag(&values, "code", proof == NOTICE_PROOF_CODE);
	return sentence_say(rows, ROWS, "enrol-prompt", &values);
}

char *notice_enrolled(const char *label, enum notice_proof proof, int64_t cooling_seconds)
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "label", label);
	sentence_set_flag(&values, "code", proof == NOTICE_PROOF_CODE);
	if (cooling_seconds > 0)
		sentence_set_count(&values, "cooling", (cooling_seconds + 3599) / 3600, "hour", "hours");
	return sentence_say(rows, ROWS, "enrolled", &values);
}

/* Into room of the caller's; what is too long is cut. */
static void say_into(const char *of, struct sentence_values *values, char *text, size_t size)
{
	char *said = sentence_say(rows, ROWS, of, values);

	(void)snprintf(text, size, "%s", said == NULL ? "" : said);
	free(said);
}

static void set_clock_off(struct sentence_values *values, int64_t off)
{
	sentence_set_number(values, "seconds", off < 0 ? -off : off);
	sentence_set_flag(values, "behind", off < 0);
}

void notice_clock(int64_t off, char *text, size_t size)
{
	struct sentence_values values = {0};

	set_clock_off(&values, off);
	say_into("clock", &values, text, size);
}

void notice_clock_enrols(int64_t off, char *text, size_t size)
{
	struct sentence_values values = {0};

	set_clock_off(&values, off);
	say_into("clock-enrols", &values, text, size);
}

char *notice_locked_me(const char *reference, const char *help)
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "help", help);
	sentence_set_safe(&values, "reference", reference);
	return sentence_say(rows, ROWS, "locked-me", &values);
}

char *notice_frozen(const char *action, const char *reference, bool ruled)
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "action", action);
	sentence_set_safe(&values, "reference", reference);
	sentence_set_flag(&values, "ruled", ruled);
	return sentence_say(rows, ROWS, "frozen", &values);
}

char *notice_thawed(const char *action, const char *still)
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "action", action);
	sentence_set_safe(&values, "still", *still == '\0' ? NULL : still);
	return sentence_say(rows, ROWS, "thawed", &values);
}

char *notice_revoked(const char *user, int64_t count, int64_t left)
{
	struct sentence_values values = {0};

	sentence_set(&values, "user", user);
	sentence_set_number(&values, "count", count);
	sentence_set_number(&values, "left", left);
	sentence_set_flag(&values, "none", left == 0);
	return sentence_say(rows, ROWS, "revoked", &values);
}

char *notice_not_reloaded(const char *why)
{
	struct sentence_values values = {0};
	size_t length = strlen(why);
	char *lines = NULL;

	if (asprintf(&lines, "%s%s", why, length > 0 && why[length - 1] == '\n' ? "" : "\n") < 0)
		return NULL;
	sentence_set_safe(&values, "why", lines);
	free(lines);
	return sentence_say(rows, ROWS, "not-reloaded", &values);
}

/* --- requests --- */

/* "request denied", "over void". */
static void row_name(const char *of, enum request_state state, char name[32])
{
	(void)snprintf(name, 32, "%s %s", of, request_state_name(state));
}

/* Who agreed to it, or ended it. */
static const char *who_did(const struct approval_request *request, enum request_state state)
{
	return state == REQUEST_APPROVED ? request->approver : request->ended_by;
}

static void set_request(struct sentence_values *values, const struct approval_request *request,
	const char *by)
{
	sentence_set_safe(values, "request", request->id);
	sentence_set_clock(values, "until", request->expires);
	sentence_set(values, "by", by);
	sentence_set_safe(values, "why", request->ended_why[0] == '\0' ? NULL : request->ended_why);
}

char *notice_waiting(const struct approval_request *request, const json_t *approvers)
{
	struct sentence_values values = {0};
	char *names = approvers_text(approvers);

	values.failed = names == NULL;
	set_request(&values, request, who_did(request, request->state));
	sentence_set_safe(&values, "limit", request->why[0] == '\0' ? NULL : request->why);
	sentence_set_safe(&values, "approvers", names == NULL || *names == '\0' ? NULL : names);
	free(names);
	return sentence_say(rows, ROWS, "waiting", &values);
}

char *notice_request_state(const struct approval_request *request)
{
	struct sentence_values values = {0};
	char name[32];

	row_name("request", request->state, name);
	set_request(&values, request, who_did(request, request->state));
	return sentence_say(rows, ROWS, name, &values);
}

void notice_request_void(const char *why, char text[NOTICE_OVER_SIZE])
{
	struct sentence_values values = {0};

	sentence_set_safe(&values, "why", *why == '\0' ? NULL : why);
	say_into("over void", &values, text, NOTICE_OVER_SIZE);
}

/* With who did it; `by` is NULL for nobody. */
static char *say_over(const struct approval_request *request, enum request_state standing, const char *by)
{
	struct sentence_values values = {0};
	char name[32];

	row_name("over", standing, name);
	set_request(&values, request, by);
	return sentence_say(rows, ROWS, name, &values);
}

/* A name that is too long to show, with what had to be made safe in it, is left out. */
void notice_request_over(const struct approval_request *request, enum request_state standing,
	char text[NOTICE_OVER_SIZE])
{
	char *said = say_over(request, standing, who_did(request, standing));

	if (said != NULL && strlen(said) >= NOTICE_OVER_SIZE) {
		free(said);
		said = say_over(request, standing, NULL);
	}
	(void)snprintf(text, NOTICE_OVER_SIZE, "%s", said == NULL ? "" : said);
	free(said);
}
