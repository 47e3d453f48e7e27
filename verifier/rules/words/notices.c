/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people are told at the doors when something was done, and refusals that belong to one situation.
 */
#include "verifier/rules/words/notices.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/display_text.h"
#include "verifier/rules/people/approvers.h"

const char *notice_ask(void)
{
	return "Code: ";
}

const char *notice_ask_touch(void)
{
	return "Press Enter, then touch your key: ";
}

const char *notice_key_label(void)
{
	return "Security key";
}

const char *notice_answering(void)
{
	return "An answer to this is being checked already. Nothing more was approved.";
}

const char *notice_bad_authorization(void)
{
	return "This takes a step-up of your own for exactly this, "
		"not older than a minute and not used before. Nothing was done.";
}

const char *notice_no_such_credential(void)
{
	return "There is no live credential of that name. Nothing was removed.";
}

const char *notice_last_credential(void)
{
	return "That is the last credential of this account. Nothing was removed. "
		"Add another one first, or ask an administrator to revoke it.";
}

const char *notice_removed(void)
{
	return "Removed. It is no longer accepted.";
}

const char *notice_enrolment_needs(void)
{
	return "Adding a credential takes an invitation, or a code of one that you have. Nothing was added. "
		"Ask an administrator for an invitation.";
}

const char *notice_bad_invitation(void)
{
	return "That invitation is not good: mistyped, expired, used already, or for somebody else. "
		"Nothing was added just now. If you used it before, `stepup list` shows what was added then. "
		"Ask an administrator for a new one, if nothing was.";
}

const char *notice_enrolment_over(void)
{
	return "This enrolment is over: it took too long, it was answered, or the verifier was started anew. "
		"`stepup list` shows whether anything was added. If not, start again.";
}

const char *notice_secret_known(void)
{
	return "That secret belongs, or belonged, to a credential of this account. Nothing was added. "
		"Use a new one.";
}

const char *notice_key_out_of_reach(void)
{
	return "A key of that kind can't be enrolled from here. Nothing was added. "
		"Use the web page, sit down at this host, or forward your agent to it.";
}

const char *notice_key_known(void)
{
	return "That key is enrolled already, or was and has been revoked: "
		"the same one can't be enrolled again. Nothing was added. Use another key.";
}

const char *notice_model_denied(void)
{
	return "Keys of this model can't be enrolled here. Nothing was added. Use another model.";
}

const char *notice_key_too_strong(void)
{
	return "That key counts for more than the one that you approved this with. Nothing was added. "
		"Approve it with one that is as strong, or ask an administrator for an invitation.";
}

void notice_clock(int64_t off, char *text, size_t size)
{
	(void)snprintf(text, size, "right for a clock %" PRId64 " s %s", off < 0 ? -off : off,
		off < 0 ? "behind" : "ahead");
}

void notice_clock_enrols(int64_t off, char *text, size_t size)
{
	(void)snprintf(text, size, "That code is right for a clock %" PRId64
		" s %s. Nothing was enrolled yet. Type the next code that it shows, right after that one; "
		"or set its clock and type a new one.", off < 0 ? -off : off, off < 0 ? "behind" : "ahead");
}

const char *notice_key_changed(void)
{
	return "That key says that it can be backed up, and said otherwise when it was enrolled, "
		"or the other way round. Nothing was approved. "
		"Use another key, or ask an administrator for an invitation and enroll this one anew.";
}

const char *notice_bad_key(void)
{
	return "What the key made is not what it was asked for. Nothing was added. Try again; "
		"if it stays so, tell an administrator.";
}

const char *notice_too_many_credentials(void)
{
	return "This account has as many credentials as it may have. Nothing was added. Remove one first.";
}

const char *notice_other_account(void)
{
	return "The account of this name is not the one that enrolled. Nothing was approved. "
	       "An administrator has to revoke the old credentials before this account can enrol.";
}

const char *notice_absent_account(void)
{
	return "This host knows no account of this name just now. Nothing was approved. "
		"What is enrolled is kept. If the account should be there, tell an administrator: "
		"the directory may be missing it for a moment.";
}

const char *notice_impossible_name(void)
{
	return "No account can have that name. Nothing was done. A name has no \"*\", comma, "
		"colon or slash in it, no \"@\", \"#\", \"+\" or \"-\" at its beginning, "
		"and no blank at either end. Name people one by one: lists and groups are the policy's.";
}

const char *notice_impossible_account(void)
{
	return "No account can have that name, though a directory may take it for yours. "
		"You were not let in. Use your name exactly as your account has it.";
}

const char *notice_directory_silent(void)
{
	return "The directory did not answer, and nothing stands under exactly that name. "
		"Nothing was changed. Try again when the directory answers.";
}

const char *notice_initialised(void)
{
	return "The first administrator has enrolled already. Nothing was done. "
		"Ask an administrator for an invitation, or say that it is to be done again: that is logged.";
}

const char *notice_not_locked(void)
{
	return "That account is not locked. Nothing was changed.";
}

const char *notice_not_your_lock(void)
{
	return "You locked this account, so another administrator has to agree that it may be opened. "
		"Nothing was changed. Ask one of them to unlock it.";
}

const char *notice_not_yourself(void)
{
	return "Nobody unlocks their own account. Nothing was changed. Ask another administrator.";
}

const char *notice_no_second_administrator(void)
{
	return "You share an account, a key or a token with who was locked, or with who locked them, "
		"so you are no second administrator. Nothing was changed. Ask another one.";
}

const char *notice_not_frozen(void)
{
	return "Nothing is frozen under that name. Nothing was changed.";
}

const char *notice_unfreezable(void)
{
	return "That is not an action's name, or a pattern of names, that can be frozen: names are in lower "
		"case, and what locks, unlocks, freezes and thaws can't be frozen. Nothing was changed.";
}

const char *notice_nobody(void)
{
	return "Nobody has enrolled under that name. Nothing was changed.";
}

const char *notice_own_request(void)
{
	return "That is your own request, and a second person has to agree to it. Nothing was approved.";
}

const char *notice_same_account(void)
{
	return "You have the same account as the person who asks, under another name, "
		"and a second person has to agree. Nothing was approved.";
}

const char *notice_shared_key(void)
{
	return "You and the person who asks have enrolled the same key or token, "
		"so your agreement proves no second person. Nothing was approved.";
}

const char *notice_same_session(void)
{
	return "This request comes from the very session that you are in. Agree to it from your own. "
		"Nothing was approved.";
}

const char *notice_new_key(void)
{
	return "What you have enrolled is too new to agree to others' requests with. Nothing was approved. "
		"Ask somebody else, or wait until it has cooled off.";
}

const char *notice_no_such_request(void)
{
	return "There is no request of that name that is yours or that you could answer. "
		"Nothing was approved. See: stepup requests.";
}

const char *notice_request_changed(void)
{
	return "This request is not what it was when it was shown. Nothing was approved. Look at it again.";
}

const char *notice_many_requests(void)
{
	return "Too many requests of yours wait for a second person, were left unanswered or taken back, "
		"for another one just now. Nothing was approved, and nobody was asked. See: stepup requests.";
}

const char *notice_cancelled(void)
{
	return "The request was taken back. Nothing was approved.";
}

const char *notice_claim_late(void)
{
	return "This was agreed to more than two minutes ago, so it takes one more step-up of yours: "
		"start again, nobody else is asked. Nothing was approved yet.";
}

__attribute__((format(printf, 1, 2))) static char *sentence(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

char *notice_granted(const char *prompt)
{
	return sentence("Approved: %s", prompt);
}

char *notice_enrol_prompt(const char *user, const char *label, enum notice_proof proof)
{
	char *safe = display_value(user, strlen(user));
	char *result = safe == NULL ? NULL
		: sentence("Add \"%s\" to the account %s. %s", label, safe, proof == NOTICE_PROOF_CODE
			? "One code from it proves that it works." : "A touch of it proves that it works.");

	free(safe);
	return result;
}

char *notice_enrolled(const char *label, enum notice_proof proof, int64_t cooling_seconds)
{
	const char *spent = proof == NOTICE_PROOF_CODE
		? " The code that you just used is spent: wait for the next one." : "";
	int64_t hours = (cooling_seconds + 3599) / 3600;

	if (cooling_seconds <= 0)
		return sentence("\"%s\" is enrolled.%s", label, spent);
	return sentence("\"%s\" is enrolled.%s For the first %" PRId64 " %s it counts as a code at most.",
		label, spent, hours, hours == 1 ? "hour" : "hours");
}

char *notice_locked_me(const char *reference, const char *help)
{
	return sentence("Your access is locked: everything of yours is refused from now on. "
		"To have it opened again, call %s, and quote %s.",
		help == NULL ? "your administrator" : help, reference);
}

char *notice_unlocked(const char *user)
{
	char *safe = display_value(user, strlen(user));
	char *result = safe == NULL ? NULL : sentence("%s is not locked any more.", safe);

	free(safe);
	return result;
}

char *notice_frozen(const char *action, const char *reference, bool ruled)
{
	return sentence("Frozen: %s is refused to everybody from now on. Reference %s.%s", action, reference,
		ruled ? "" : " No rule is about it: is that the right name?");
}

char *notice_thawed(const char *action, const char *still)
{
	if (*still != '\0')
		return sentence(
			"Thawed, but %s stays refused: it is frozen by %s as well. See: stepup status.",
			action, still);
	return sentence("%s is allowed again, as the policy says.", action);
}

char *notice_revoked(const char *user, int64_t count, int64_t left)
{
	char *safe = display_value(user, strlen(user));
	char *result = safe == NULL ? NULL
		: sentence("Revoked %" PRId64 " of %s; %" PRId64 " left.%s", count, safe, left,
			left == 0 ? " Only an invitation lets them enrol again." : "");

	free(safe);
	return result;
}

char *notice_withdrawn(const char *user)
{
	char *safe = display_value(user, strlen(user));
	char *result = safe == NULL ? NULL
		: sentence("%s has nothing that could be revoked. The invitation for them was withdrawn.",
			safe);

	free(safe);
	return result;
}

char *notice_not_reloaded(const char *why)
{
	size_t length = strlen(why);

	return sentence("%s%sNothing was changed: the policy before stays in force.", why,
		length > 0 && why[length - 1] == '\n' ? "" : "\n");
}

char *notice_approved(const char *user, const char *prompt)
{
	char *safe = display_value(user, strlen(user));
	char *result = safe == NULL ? NULL : sentence("You agreed that %s may: %s", safe, prompt);

	free(safe);
	return result;
}

/* "14:05", in local time. */
static void clock_text(int64_t at, char text[16])
{
	time_t seconds = (time_t)at;
	struct tm parts;

	if (localtime_r(&seconds, &parts) == NULL || strftime(text, 16, "%H:%M", &parts) == 0)
		snprintf(text, 16, "later");
}

char *notice_waiting(const struct approval_request *request, const json_t *approvers)
{
	size_t size = 0;
	char until[16], *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	clock_text(request->expires, until);
	if (request->why[0] != '\0')
		fprintf(out, "That goes over the limit of %s. ", request->why);
	fputs("A second person must agree", out);
	if (json_array_size(approvers) > 0) {
		fputs(": ", out);
		approvers_say(out, approvers);
		fprintf(out, ". Request %s waits until %s. Nothing was approved yet: "
			"once one of them has agreed, the same goes through.", request->id, until);
	} else {
		fprintf(out, ", and the policy names nobody who could, other than you. Nothing was approved. "
			"Tell an administrator, with request %s.", request->id);
	}
	if (fclose(out) != 0) {
		free(text);
		text = NULL;
	}
	return text;
}

char *notice_request_state(const struct approval_request *request)
{
	char until[16], *by, *text;

	clock_text(request->expires, until);
	switch (request->state) {
	case REQUEST_REQUESTED:
		return sentence("Request %s waits for a second person until %s. Nothing was approved yet.",
			request->id, until);
	case REQUEST_APPROVED:
		by = display_value(request->approver, strlen(request->approver));
		text = by == NULL ? NULL
			: sentence("%s agreed to request %s. It can be used until %s.", by,
				request->id, until);
		free(by);
		return text;
	case REQUEST_CONSUMED:
		return sentence("Request %s was agreed to and used.", request->id);
	case REQUEST_DENIED:
		by = display_value(request->ended_by, strlen(request->ended_by));
		text = by == NULL ? NULL
			: sentence("%s denied request %s. Nothing was approved.", by, request->id);
		free(by);
		return text;
	case REQUEST_EXPIRED:
		return sentence(
			"Request %s has expired. Nothing was approved. Ask again where it is still needed.",
			request->id);
	case REQUEST_CANCELLED:
		return sentence("Request %s was taken back. Nothing was approved.", request->id);
	case REQUEST_VOID:
		break;
	}
	return sentence("Request %s is void: %s. Nothing was approved.", request->id,
		request->ended_why[0] == '\0' ? "what it rested on is gone" : request->ended_why);
}
