/* SPDX-License-Identifier: BSD-2-Clause */
/* What people are told who are alerted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/words/notices.h"

/* Of two of one kind the first is for entries that say why. `%U` stands for the user, `%A` for the action,
 * `%R` for the reference, `%W` for why. */
static const struct alert_sentence {
	const char *kind, *text;
} alert_sentences[] = {
	{"lock", "%U is locked (%R): everything of theirs is refused."},
	{"freeze", "%A is frozen (%R): it is refused to everybody."},
	{"request", "%U asks a second person to approve %A. See `stepup requests`."},
	{"new-credential", "%U has a new credential. If that wasn't them, run `stepup lock %U`."},
	{"spent-code", "A code of %U's that had been accepted was typed again %W, and refused. As a rule "
		"that is a second connection of their own. If %U knows of none, run `stepup lock %U`."},
	{"spent-code", "A code of %U's that had been accepted was typed again: "
		"somebody may be relaying codes. Ask %U, and if in doubt run `stepup lock %U`."},
	{"counter-fell", "The signature counter of a key of %U's fell: there may be a copy of the key. "
		"Ask %U, and revoke the key."},
	{"key-changed", "A key of %U's says of itself that it can be backed up, "
		"and said otherwise when it was enrolled, or the other way round. It was refused. "
		"If their passkey provider changed that, revoke the key and let %U enroll anew; "
		"if not, somebody else's key may answer in its place."},
	{"token-clock", "A code of %U's was %W. It was refused. Two codes in a row set that right; "
		"if %U typed none, somebody has old codes of theirs."},
	{"host-clock", "%W. Rather this host's clock is wrong than all of theirs: look at it."},
	{"codes-suspended", "100 wrong codes in a row: "
		"codes of %U's are suspended until a key of theirs or an administrator lifts that."},
	{"guessing", "More wrong codes for %U than are allowed; further ones are refused for a while. "
		"If that isn't %U mistyping, somebody is guessing."},
	{"over-limit", "%U went over a limit of %A."},
	{"too-weak", "%U tried %A without a factor that is strong enough for it."},
	{"wrong-key", "Somebody answered for %U with a key, for %A, and it was refused: %W. "
		"If that wasn't %U with the wrong key, run `stepup lock %U`."},
	{"unanswered", "%A was begun for %U, and nobody touched the key that it takes. "
		"If that wasn't %U, run `stepup lock %U`."},
	{"enrolment-refused",
		"Somebody tried to add a credential to the account %U, and it was refused: %W. Ask %U."},
	{"not-allowed", "%A was tried for %U, and is not allowed: %W."},
	{"stranger", "%A was tried under a name that nobody is enrolled under, and refused: %W. "
		"The log has the name."},
	{"stranger", "%A was tried under a name that nobody is enrolled under, and refused. "
		"The log has the name."},
	{"locked-account", "Somebody tried to use the account %U, which is locked."},
	{"redemption-refused", "A receipt for %A was refused at its redemption: %W."},
	{"old-policy", "The configuration could not be taken at the start, "
		"so the last good policy is in force. `stepup status` says why; mend it, then reload it."},
	{"store-changed", "%W. Somebody else wrote to the database. "
		"Nothing is approved that rests on it until the right row is back."},
	{"many-locks", "%U denied a request to lock who made it, the fourth within the hour: "
		"nobody was locked. Ask %U, and if in doubt run `stepup lock %U`."},
	{"first-day", "%U enrolled a credential on the verifier's first day: "
		"it need not cool off, and may agree to requests at once. If that wasn't them, revoke it."},
	{"clock-jump", "The clock was set. Every step-up under way ended, and people are asked again."},
	{"clock-settled", "The clock had been more than a day ahead. What was noted in that time of limits, "
		"of keys that cool off and of places counts as of now. Look at who enrolled then."},
};

static const char *alert_word(char letter, const struct event_words *words)
{
	const char *word = letter == 'U' ? words->user : letter == 'A' ? words->action
		: letter == 'R' ? words->reference : words->why;

	return word != NULL ? word : letter == 'U' ? "somebody" : letter == 'A' ? "an action"
		: "no reason given";
}

static bool write_sentence(FILE *out, const char *text, const struct event_words *words)
{
	for (; *text != '\0'; text++) {
		const char *word;
		char *safe;

		if (*text != '%') {
			(void)fputc(*text, out);
			continue;
		}
		word = alert_word(*++text, words);
		safe = display_value(word, strlen(word));
		if (safe == NULL)
			return false;
		(void)fputs(safe, out);
		free(safe);
	}
	return true;
}

/* Whether the sentence needs a word that isn't there: alerts that stand for several which were
 * held back have few. */
static bool lacks_a_word(const char *text, const struct event_words *words)
{
	for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at + 1, '%'))
		if ((at[1] == 'U' && words->user == NULL) || (at[1] == 'A' && words->action == NULL) ||
		    (at[1] == 'R' && words->reference == NULL) || (at[1] == 'W' && words->why == NULL))
			return true;
	return false;
}

char *notice_alert(const char *kind, const struct event_words *words)
{
	const char *text = NULL;
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	bool written;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(alert_sentences) / sizeof(alert_sentences[0]) &&
		(text == NULL || (words->why == NULL && strstr(text, "%W") != NULL)); i++)
		if (strcmp(alert_sentences[i].kind, kind) == 0)
			text = alert_sentences[i].text;
	if (text != NULL && words->count > 0 && lacks_a_word(text, words))
		written = write_sentence(out, words->user != NULL ? "%W, %U:" : "%W:",
			&(struct event_words){.user = words->user, .why = kind});
	else
		written = text != NULL ? write_sentence(out, text, words)
			: write_sentence(out, "%W: %U", &(struct event_words){
			.user = words->user,
			.why = kind,
		});
	if (words->count > 0)
		(void)fprintf(out, " %" PRId64 " more since the last alert of this kind.", words->count);
	written = fclose(out) == 0 && written;
	if (!written) {
		free(result);
		result = NULL;
	}
	return result;
}

char *notice_store_wrong(const struct store_wrong *wrong)
{
	char *safe = display_value(wrong->name, strlen(wrong->name)), *text = NULL;
	int length;

	if (safe == NULL)
		return NULL;
	if (wrong->list)
		length = asprintf(&text, "The store's table %s has other rows than this verifier wrote: "
			"some are missing from its lists, or too many", wrong->table);
	else if (wrong->known == 0)
		length = asprintf(&text, "The store holds a row that nobody wrote: %s (%s)", safe,
			wrong->table);
	else if (wrong->found == 0)
		length = asprintf(&text, "The store's row of %s (%s) is gone", safe, wrong->table);
	else if (wrong->found < 0 && wrong->known < 0)
		length = asprintf(&text, "The store's row of %s (%s) can't be read", safe, wrong->table);
	else if (wrong->found < 0 || wrong->found == wrong->known)
		length = asprintf(&text, "The store's row of %s (%s) is not the one that this verifier wrote",
			safe, wrong->table);
	else
		length = asprintf(&text, "The store's row of %s (%s) is version %" PRId64
			"; this verifier wrote %" PRId64, safe, wrong->table, wrong->found, wrong->known);
	free(safe);
	return length < 0 ? NULL : text;
}
