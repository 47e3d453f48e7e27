/* SPDX-License-Identifier: BSD-2-Clause */
/* Notices that say the same whomever they are told. */
#include "verifier/rules/words/notices.h"

static const char *const fixed[NOTICE_COUNT] = {
	[NOTICE_ASK] = "Code: ",
	[NOTICE_ASK_TOUCH] = "Press Enter, then touch your key: ",
	[NOTICE_KEY_LABEL] = "Security key",
	[NOTICE_ANSWERING] =
		"An answer to this is being checked already. Nothing more was approved.",
	[NOTICE_BAD_AUTHORIZATION] =
		"This takes a step-up of your own for exactly this, "
		"not older than a minute and not used before. Nothing was done.",
	[NOTICE_NO_SUCH_CREDENTIAL] =
		"There is no live credential of that name. Nothing was removed.",
	[NOTICE_LAST_CREDENTIAL] =
		"That is the last credential of this account. Nothing was removed. "
		"Add another one first, or ask an administrator to revoke it.",
	[NOTICE_REMOVED] = "Removed. It is no longer accepted.",
	[NOTICE_ENROLMENT_NEEDS] =
		"Adding a credential takes an invitation, or a code of one that you have. Nothing was added. "
		"Ask an administrator for an invitation.",
	[NOTICE_BAD_INVITATION] =
		"That invitation is not good: mistyped, expired, used already, or for somebody else. "
		"Nothing was added just now. If you used it before, the page for keys, or `stepup list`, "
		"shows what was added then. "
		"Ask an administrator for a new one, if nothing was.",
	[NOTICE_ENROLMENT_OVER] =
		"This enrolment is over: it took too long, it was answered, or the verifier was started "
		"anew. The page for keys, or `stepup list`, shows whether anything was added. "
		"If not, start again.",
	[NOTICE_SECRET_KNOWN] =
		"That secret belongs, or belonged, to a credential of this account. Nothing was added. "
		"Use a new one.",
	[NOTICE_KEY_OUT_OF_REACH] =
		"A key of that kind can't be enrolled from here. Nothing was added. "
		"Use the web page, sit down at this host, or forward your agent to it.",
	[NOTICE_KEY_KNOWN] =
		"That key is enrolled already, or was and has been revoked: "
		"the same one can't be enrolled again. Nothing was added. Use another key.",
	[NOTICE_MODEL_DENIED] =
		"Keys of this model can't be enrolled here. Nothing was added. Use another model.",
	[NOTICE_KEY_TOO_STRONG] =
		"That key counts for more than the one that you approved this with. Nothing was added. "
		"Approve it with one that is as strong, or ask an administrator for an invitation.",
	[NOTICE_KEY_CHANGED] =
		"That key says that it can be backed up, and said otherwise when it was enrolled, "
		"or the other way round. Nothing was approved. "
		"Use another key, or ask an administrator for an invitation and enroll this one anew.",
	[NOTICE_BAD_KEY] =
		"What the key made is not what it was asked for. Nothing was added. Try again; "
		"if it stays so, tell an administrator.",
	[NOTICE_TOO_MANY_CREDENTIALS] =
		"This account has as many credentials as it may have. Nothing was added. Remove one first.",
	[NOTICE_OTHER_ACCOUNT] =
		"The account of this name is not the one that enrolled. Nothing was approved. "
		"An administrator has to revoke the old credentials before this account can enrol.",
	[NOTICE_ABSENT_ACCOUNT] =
		"This host knows no account of this name just now. Nothing was approved. "
		"What is enrolled is kept. If the account should be there, tell an administrator: "
		"the directory may be missing it for a moment.",
	[NOTICE_IMPOSSIBLE_NAME] =
		"No account can have that name. Nothing was done. A name has no \"*\", comma, "
		"colon or slash in it, no \"@\", \"#\", \"+\" or \"-\" at its beginning, "
		"and no blank at either end. Name people one by one: lists and groups are the policy's.",
	[NOTICE_IMPOSSIBLE_ACCOUNT] =
		"No account can have that name, though a directory may take it for yours. "
		"You were not let in. Use your name exactly as your account has it.",
	[NOTICE_DIRECTORY_SILENT] =
		"The directory did not answer, and nothing stands under exactly that name. "
		"Nothing was changed. Try again when the directory answers.",
	[NOTICE_INITIALISED] =
		"The first administrator has enrolled already. Nothing was done. "
		"Ask an administrator for an invitation, or say that it is to be done again: that is logged.",
	[NOTICE_NOT_LOCKED] = "That account is not locked. Nothing was changed.",
	[NOTICE_NOT_YOUR_LOCK] =
		"You locked this account, so another administrator has to agree that it may be opened. "
		"Nothing was changed. Ask one of them to unlock it.",
	[NOTICE_NOT_YOURSELF] =
		"Nobody unlocks their own account. Nothing was changed. Ask another administrator.",
	[NOTICE_NO_SECOND_ADMINISTRATOR] =
		"You share an account, a key or a token with who was locked, or with who locked them, "
		"so you are no second administrator. Nothing was changed. Ask another one.",
	[NOTICE_NOT_FROZEN] = "Nothing is frozen under that name. Nothing was changed.",
	[NOTICE_UNFREEZABLE] =
		"That is not an action's name, or a pattern of names, that can be frozen: names are in lower "
		"case, and what locks, unlocks, freezes and thaws can't be frozen. Nothing was changed.",
	[NOTICE_NOBODY] = "Nobody has enrolled under that name. Nothing was changed.",
	[NOTICE_OWN_REQUEST] =
		"That is your own request, and a second person has to agree to it. Nothing was approved.",
	[NOTICE_SAME_ACCOUNT] =
		"You have the same account as the person who asks, under another name, "
		"and a second person has to agree. Nothing was approved.",
	[NOTICE_SHARED_KEY] =
		"You and the person who asks have enrolled the same key or token, "
		"so your agreement proves no second person. Nothing was approved.",
	[NOTICE_SAME_SESSION] =
		"This request comes from the very session that you are in. Agree to it from your own. "
		"Nothing was approved.",
	[NOTICE_NEW_KEY] =
		"What you have enrolled is too new to agree to others' requests with. Nothing was approved. "
		"Ask somebody else, or wait until it has cooled off.",
	[NOTICE_NO_SUCH_REQUEST] =
		"There is no request of that name that is yours or that you could answer. "
		"Nothing was approved. See the page for requests, or: stepup requests.",
	[NOTICE_REQUEST_CHANGED] =
		"This request is not what it was when it was shown. Nothing was approved. Look at it again.",
	[NOTICE_MANY_REQUESTS] =
		"Too many requests of yours wait for a second person, were left unanswered or taken back, "
		"for another one just now. Nothing was approved, and nobody was asked. "
		"See the page for requests, or: stepup requests.",
	[NOTICE_CANCELLED] = "The request was taken back. Nothing was approved.",
	[NOTICE_CLAIM_LATE] =
		"This was agreed to more than two minutes ago, so it takes one more step-up of yours: "
		"start again, nobody else is asked. Nothing was approved yet.",
};

const char *notice_text(enum notice notice)
{
	return fixed[notice];
}
