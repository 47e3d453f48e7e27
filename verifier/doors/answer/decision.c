/* SPDX-License-Identifier: BSD-2-Clause */
/* What every part of a decision needs; see decision.h. */
#include "verifier/doors/answer/decision.h"

#include <string.h>

enum stepup_error decide_refuse(struct decision *decision, enum stepup_error error,
	const char *why, const char *sentence)
{
	decision->why = why;
	decision->decided->sentence = sentence;
	return error;
}

bool decision_is_locked(const struct decision *decision)
{
	return decision->record != NULL && decision->record->lock.locked;
}

const char *hopeless_because(const struct decision *decision)
{
	const struct user_record *record = decision->record;
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;

	if (asked->apart)
		return asked->withheld_why;
	if (record == NULL)
		return "no such user";
	if (record->uid != step_up->user_uid ||
	    memcmp(record->user_id, step_up->user_id, USER_ID_SIZE) != 0)
		return "not the account that enrolled";
	if (user_record_live_count(record) == 0)
		return "not enrolled";
	return asked->hopeless ? "no factor for it" : NULL;
}

const char *withheld_because(const struct decision *decision)
{
	return decision_is_locked(decision) ? "locked" : decision->asked->withheld_why;
}

struct usage decision_usage(const struct decision *decision)
{
	return (struct usage){decision->given->verifier->store, decision->session, decision->asked->rule,
		decision->asked->action, decision->decided->now};
}

struct log_subject decision_about(const struct decision *decision)
{
	return (struct log_subject){
		.user = decision->step_up->user,
		.user_id = decision->record == NULL ? NULL : decision->record->user_id,
	};
}

/* A text beside the entry, where there is one. */
static bool note_text(json_t *evidence, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(evidence, name, json_string(text)) == 0;
}

enum stepup_error decision_append(struct decision *decision, json_t *entry, bool reason, int64_t *index)
{
	const struct asked *asked = decision->asked;
	json_t *evidence = entry == NULL ? NULL
		: log_entry_evidence(asked->action, asked->prompt);
	enum stepup_error error = STEPUP_NO_MEMORY;

	/* Where it came from is a person's address; a reason, and what a credential is called, are a person's
	 * words: they stand where they can be erased. */
	if (evidence != NULL &&
	    (!note_text(evidence, "rhost", asked->rhost) ||
		    !note_text(evidence, "label",
			    decision->credential == NULL ? NULL : decision->credential->label) ||
		    (reason && !note_text(evidence, "reason",
				       step_up_second_person(decision->step_up)->reason)))) {
		json_decref(evidence);
		evidence = NULL;
	}
	if (evidence != NULL)
		error = store_log_append(decision->session, entry, evidence,
			asked->question->salt, index);
	else
		json_decref(entry);
	json_decref(evidence);
	return error;
}
