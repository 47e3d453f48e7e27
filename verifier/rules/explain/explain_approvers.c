/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who could agree to an action as the second person.
 * MUST: tell nothing about an approver to anybody but root and administrators.
 */
#include "verifier/rules/explain/explanation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/rules/people/approvers.h"
#include "verifier/rules/people/person.h"

/* Why a person with this record couldn't; NULL where they could. */
static const char *why_not(const struct explanation *explanation, const struct user_record *record)
{
	const struct explain_question *question = explanation->question;
	const struct requirement requirement =
		requirement_of(question->policy, explanation->rule->approval, question->action, NULL, record);
	const struct offer offer =
		offer_of(question->policy, &requirement, record, METHODS_OF_KEYS, question->now);

	if (record == NULL || user_record_live_count(record) == 0)
		return "nothing enrolled";
	if (record->lock.locked)
		return "locked";
	switch (question->record == NULL ? PERSON_ANOTHER : person_relation(record, question->record)) {
	case PERSON_SAME:
		return "the same person";
	case PERSON_SAME_ACCOUNT:
		return "the same account";
	case PERSON_SHARES_KEY:
		return "shares a key";
	case PERSON_ANOTHER:
		break;
	}
	if (offer.methods == 0)
		return offer.shortfall == SHORTFALL_COOLING ? "their key is still cooling off"
			: "no factor that is enough";
	for (size_t i = 0; i < record->credential_count; i++)
		if (credential_methods(question->policy, &requirement, &record->credentials[i],
			    question->now) != 0 &&
		    credential_is_old_enough(question->policy, &record->credentials[i], question->now))
			return NULL;
	return "what they have is too new";
}

/* Replaces a person's name in the list by the name and why not. */
static enum stepup_error explain_approvers_note(struct explanation *explanation, size_t index,
	const char *name, bool *can)
{
	struct user_record *record = NULL;
	const char *why;
	char *text = NULL;
	enum stepup_error error = store_user_find(explanation->question->reader, name, &record);

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	why = why_not(explanation, record);
	user_record_free(&record);
	*can = why == NULL;
	if (why == NULL)
		return STEPUP_OK;
	if (asprintf(&text, "%s (can't: %s)", name, why) < 0)
		return STEPUP_NO_MEMORY;
	error = json_array_set_new(explanation->approvers, index, json_string(text)) == 0 ? STEPUP_OK
		: STEPUP_NO_MEMORY;
	free(text);
	return error;
}

enum stepup_error explanation_approvers(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	bool some = false;
	enum stepup_error error = STEPUP_OK;

	if (explanation->rule->approvers == NULL)
		return STEPUP_OK;
	explanation->approvers = approvers_words(question->policy, explanation->rule, question->user->name);
	if (explanation->approvers == NULL)
		return STEPUP_NO_MEMORY;
	for (size_t i = 0; error == STEPUP_OK && i < json_array_size(explanation->approvers); i++) {
		const char *name = json_string_value(json_array_get(explanation->approvers, i));
		bool can = true;

		/* Of a group that the directory holds nobody knows here who is in it. */
		if (question->sees_everybody && approvers_is_person(name))
			error = explain_approvers_note(explanation, i, name, &can);
		some = some || can;
	}
	explanation->nobody_can_agree = !some;
	return error;
}
