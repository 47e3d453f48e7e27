/* SPDX-License-Identifier: BSD-2-Clause */
/* What people are told who are alerted: what happened, and what to do. */
#include "verifier/rules/words/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/sentence.h"

/* Of two of one kind the first is for entries that say why. */
static const struct sentence rows[] = {
	{"lock", NULL, "{user} is locked ({reference}): everything of theirs is refused."},
	{"freeze", NULL, "{action} is frozen ({reference}): it is refused to everybody."},
	{"request", NULL, "{user} asks a second person to approve {action}. See `stepup requests`."},
	{"new-credential", NULL,
		"{user} has a new credential. If that wasn't them, run `stepup lock {user}`."},
	{"spent-code", NULL,
		"A code that {user} had used was typed again {why}, and was refused. As a rule "
		"that is a second connection of their own. If {user} knows of none, run `stepup lock "
		"{user}`."},
	{"spent-code", NULL, "A code that {user} had used was typed again: "
		"somebody may be relaying codes. Ask {user}, and if in doubt run `stepup lock {user}`."},
	{"counter-fell", NULL,
		"The signature counter of one of {user}'s keys fell: there may be a copy of the key. "
		"Ask {user}, and revoke the key."},
	{"key-changed", NULL, "One of {user}'s keys says of itself that it can be backed up, "
		"and said otherwise when it was enrolled, or the other way round. It was refused. "
		"If their passkey provider changed that, revoke the key and let {user} enroll anew; "
		"if not, somebody else's key may answer in its place."},
	{"token-clock", NULL,
		"A code of {user} was {why}. It was refused. Two codes in a row set that right; "
		"if {user} typed none, somebody has old codes of theirs."},
	{"host-clock", NULL,
		"{why}. This host's clock is more likely to be wrong than all of theirs: look at it."},
	{"codes-suspended", NULL, "100 wrong codes in a row: "
		"the codes of {user} are suspended until {user} uses a key, or an administrator unlocks "
		"them."},
	{"guessing", NULL,
		"More wrong codes for {user} than are allowed; further ones are refused for a while. "
		"If that isn't {user} mistyping, somebody is guessing."},
	{"over-limit", NULL, "{user} went over a limit of {action}."},
	{"too-weak", NULL, "{user} tried {action} without a factor that is strong enough for it."},
	{"wrong-key", NULL,
		"Somebody answered for {user} with a key, for {action}, and it was refused: {why}. "
		"If that wasn't {user} with the wrong key, run `stepup lock {user}`."},
	{"unanswered", NULL, "{action} was begun for {user}, and nobody touched the key that it takes. "
		"If that wasn't {user}, run `stepup lock {user}`."},
	{"enrolment-refused", NULL,
		"Somebody tried to add a credential to the account {user}, and it was refused: {why}. Ask "
		"{user}."},
	{"not-allowed", NULL, "{action} was tried for {user}, and is not allowed: {why}."},
	{"stranger", NULL,
		"{action} was tried under a name that nobody is enrolled under, and refused: {why}. "
		"The log has the name."},
	{"stranger", NULL, "{action} was tried under a name that nobody is enrolled under, and refused. "
		"The log has the name."},
	{"locked-account", NULL, "Somebody tried to use the account {user}, which is locked."},
	{"redemption-refused", NULL, "A receipt for {action} was refused at its redemption: {why}."},
	{"old-policy", NULL, "The configuration could not be taken at the start, "
		"so the last good policy is in force. `stepup status` says why; mend it, then reload it."},
	{"store-changed", NULL, "{why}. Somebody else wrote to the database. "
		"Nothing is approved that rests on it until the right row is back."},
	{"many-locks", NULL, "{user} denied a request to lock who made it, the fourth within the hour: "
		"nobody was locked. Ask {user}, and if in doubt run `stepup lock {user}`."},
	{"first-day", NULL, "{user} enrolled a credential on the verifier's first day: "
		"it need not cool off, and may agree to requests at once. If that wasn't them, revoke it."},
	{"clock-jump", NULL,
		"The clock was set. Every step-up under way ended, and people are asked again."},
	{"clock-settled", NULL,
		"The clock had been more than a day ahead. What was noted in that time of limits, "
		"of keys that cool off and of places counts as of now. Look at who enrolled then."},
};

/* Of a kind that has no row; of several that were held back, if nobody knows enough of them for its row; and
 * what is said behind each that stands for several. */
static const struct sentence others[] = {
	{"unknown", NULL, "{kind}: {user}"},
	{"several", NULL, "{kind}[, {user}]:"},
	{"more", NULL, "{count} more since the last alert of this kind."},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define OTHERS (sizeof(others) / sizeof(others[0]))

static const char *const value_names[] = {"action", "count", "kind", "reference", "user", "why", NULL};

const char *alert_row_fault(void)
{
	const char *fault = sentence_row_fault(rows, ROWS, value_names);

	return fault != NULL ? fault : sentence_row_fault(others, OTHERS, value_names);
}

bool alert_has_sentence(const char *kind)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].of, kind) == 0)
			return true;
	return false;
}

/* What the entry says; `otherwise` for what it doesn't. */
static void set_words(struct sentence_values *values, const struct event_words *words, bool otherwise,
	const char *why)
{
	sentence_set(values, "user", words->user != NULL || !otherwise ? words->user : "somebody");
	sentence_set(values, "action", words->action != NULL || !otherwise ? words->action : "an action");
	sentence_set(values, "reference", words->reference != NULL || !otherwise ? words->reference
		: "no reference");
	sentence_set(values, "why", words->why != NULL ? words->why : why);
}

/* A single one always has a sentence; of several only what their row needs may be known. */
static const struct sentence *alert_row(const char *kind, const struct event_words *words,
	struct sentence_values *values)
{
	const struct sentence *row;

	set_words(values, words, words->count == 0, NULL);
	row = sentence_of(rows, ROWS, kind, values);
	if (row != NULL || words->count > 0)
		return row;
	sentence_values_clear(values);
	set_words(values, words, true, "no reason given");
	return sentence_of(rows, ROWS, kind, values);
}

static char *say_alert(const char *kind, const struct event_words *words)
{
	struct sentence_values values = {0};
	const struct sentence *row = alert_row(kind, words, &values);
	char *said;

	if (row == NULL) {
		sentence_set(&values, "kind", kind);
		row = sentence_of(others, OTHERS, words->count > 0 ? "several" : "unknown", &values);
	}
	said = row == NULL ? NULL : sentence_fill(row->text, &values);
	sentence_values_clear(&values);
	return said;
}

char *notice_alert(const char *kind, const struct event_words *words)
{
	struct sentence_values values = {0};
	char *text = say_alert(kind, words), *more, *both = NULL;

	if (words->count <= 0 || text == NULL)
		return text;
	sentence_set_number(&values, "count", words->count);
	more = sentence_say(others, OTHERS, "more", &values);
	if (more == NULL || asprintf(&both, "%s %s", text, more) < 0)
		both = NULL;
	free(text);
	free(more);
	return both;
}
