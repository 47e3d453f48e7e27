/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Step-ups for which nobody was asked, because an earlier one still covered them: that one must stand before
 * them, for the same rule, person, credential and session, and not too long ago.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/replay/log_replay_rules.h"

/* the verifier counts on the boot's clock; it notices a wall clock that was set by more than two seconds */
#define CLOCK_SLACK_SECONDS 3

static const json_t *context_session(const json_t *entry)
{
	return json_object_get(json_object_get(entry, "context"), "session");
}

bool step_is_fresh(const struct replay_step *step)
{
	const char *method = member_text(step->entry, "method");

	return method != NULL && strcmp(method, "fresh") == 0;
}

void step_forget_fresh(struct replay_step *step, const char *user_id, const char *pattern)
{
	const char *index;
	json_t *kept;
	void *next;

	json_object_foreach_safe (step->replay->fresh, next, index, kept)
		if (pattern != NULL ? step_pattern_matches(pattern, member_text(kept, "action"))
		    : member_is(kept, "user_id", user_id))
			(void)json_object_del(step->replay->fresh, index);
}

void step_keep_fresh(struct replay_step *step)
{
	int64_t seconds = member_number(step->entry, "fresh_for", 0);
	json_t *kept;
	char key[24];

	if (seconds <= 0)
		return;
	kept = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:O?}", "action", step_text(step, "action"),
		"user_id", step_text(step, "user_id"), "rule", step_text(step, "rule"), "credential",
		step_text(step, "credential"), "acr", step_text(step, "acr"), "until",
		(json_int_t)(step->at + seconds + CLOCK_SLACK_SECONDS), "session",
		context_session(step->entry));
	(void)snprintf(key, sizeof(key), "%" PRId64, step->index);
	step_put(step, step->replay->fresh, key, kept);
}

void step_check_covered(struct replay_step *step)
{
	static const char *const shared[] = {"user_id", "rule", "credential", "acr"};
	int64_t index = member_number(step->entry, "covered_by", -1);
	const json_t *covers, *session = context_session(step->entry), *then;
	char key[24];

	(void)snprintf(key, sizeof(key), "%" PRId64, index);
	covers = json_object_get(step->replay->fresh, key);
	if (covers == NULL) {
		step_tell(step, "Nobody was asked for this step-up, and entry %" PRId64
			" can't cover it.", index);
		return;
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!members_equal(covers, shared[i], step->entry, shared[i]))
			step_tell(step, "Entry %" PRId64
				", which should cover this step-up, has another \"%s\".", index, shared[i]);
	then = json_object_get(covers, "session");
	if (json_is_string(then) != json_is_string(session) ||
	    (json_is_string(then) && !json_equal(then, session)))
		step_tell(step,
			"Entry %" PRId64 ", which should cover this step-up, is of another session.", index);
	if (step->at > member_number(covers, "until", 0))
		step_tell(step,
			"Entry %" PRId64 ", which should cover this step-up, was too long ago.", index);
	if (member_text(step->entry, "jti") != NULL)
		step_tell(step, "A receipt was issued although nobody was asked.");
}
