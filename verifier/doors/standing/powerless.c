/* SPDX-License-Identifier: BSD-2-Clause */
/* What nobody who has enrolled can do; see powerless.h. */
#include "verifier/doors/standing/powerless.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/doors/standing/first_day.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/rules/policy/requirement.h"

#define LOOKED_AT_MAX 2000 /* people; of more than that nothing is said */

/* Somebody who could do one thing. */
struct able {
	const struct verifier *verifier;
	const struct policy *policy;
	const struct rule *rule; /* that says what it takes */
	const char *action;
	int64_t now;
	size_t looked;
	bool found;
};

static bool is_able(void *context, const struct user_record *record)
{
	struct able *able = context;
	const struct policy *policy = able->policy;
	const struct requirement requirement = requirement_of(policy, able->rule, able->action, NULL, record);

	able->looked++;
	able->found = able->found ||
		(!record->lock.locked &&
			offer_of(policy, &requirement, record, METHODS_OF_KEYS, able->now).methods != 0);
	return !able->found;
}

static enum stepup_error look_at_name(struct able *able, const char *name)
{
	struct user_record *record = NULL;
	enum stepup_error error = able->found ? STEPUP_NOT_FOUND
		: store_user_find(able->verifier->reader, name, &record);

	if (error == STEPUP_OK)
		(void)is_able(able, record);
	user_record_free(&record);
	return error == STEPUP_NOT_FOUND || error == STEPUP_CORRUPT ? STEPUP_OK : error;
}

/* One of a list of users: a name, a group, or everybody. */
static enum stepup_error look_at(struct able *able, const char *user)
{
	const struct policy *policy = able->policy;
	enum stepup_error error = STEPUP_OK;
	bool anybody = strcmp(user, "*") == 0;

	if (user[0] != '@' && !anybody)
		return look_at_name(able, user);
	for (size_t i = 0; i < policy->group_count && !anybody; i++) {
		const struct policy_group *group = &policy->groups[i];

		if (strcmp(group->name, user + 1) != 0)
			continue;
		anybody = group->unix_group != NULL;
		for (size_t j = 0; error == STEPUP_OK && j < group->member_count; j++)
			error = look_at_name(able, group->members[j]);
	}
	if (error != STEPUP_OK || !anybody || able->found)
		return error;
	able->looked = 0;
	error = store_user_each(able->verifier->reader, "", LOOKED_AT_MAX, is_able, able);
	able->found = able->found || able->looked == LOOKED_AT_MAX;
	return error;
}

/* Whether anybody of a list could. */
static enum stepup_error powerless_look(struct able *able, char *const *users)
{
	enum stepup_error error = STEPUP_OK;

	for (; error == STEPUP_OK && users != NULL && *users != NULL && !able->found; users++)
		error = look_at(able, *users);
	return error;
}

/* Takes the text over. */
static enum stepup_error powerless_say(json_t *list, json_t *text)
{
	return text != NULL && json_array_append_new(list, text) == 0 ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static enum stepup_error look_at_verbs(const struct verifier *verifier, const struct policy *policy,
	json_t *list)
{
	static const char *const verbs[] = {"stepup.invite", "stepup.unlock"};
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct rule *rule = policy_rule(policy, verbs[i]);
		struct able able = {.verifier = verifier, .policy = policy, .rule = rule, .action = verbs[i],
			.now = clock_wall_seconds()};

		if (rule != NULL)
			error = powerless_look(&able, rule->users);
		if (error == STEPUP_OK && rule != NULL && !able.found)
			error = powerless_say(list,
				json_sprintf("Nobody who may do %s has what it takes enrolled now. "
					"Root on this host makes an invitation for one who may, and what is "
					"enrolled by it counts at once: stepup init --again USER", verbs[i]));
	}
	return error;
}

static enum stepup_error look_at_approvers(const struct verifier *verifier, const struct policy *policy,
	json_t *list)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		struct able able = {.verifier = verifier, .policy = policy, .rule = rule->approval,
			.action = rule->name, .now = clock_wall_seconds()};

		if (rule->approval == NULL)
			continue;
		error = powerless_look(&able, rule->approvers);
		if (error == STEPUP_OK && !able.found)
			error = powerless_say(list,
				json_sprintf("No approver of %s has what agreeing to it takes enrolled now. "
					"An administrator invites one: stepup invite USER", rule->name));
	}
	return error;
}

json_t *powerless_list(const struct verifier *verifier, const struct policy *policy)
{
	json_t *list = json_array();
	char initialised[8] = "";
	enum stepup_error error = list == NULL ? STEPUP_NO_MEMORY
		: store_fact_get(verifier->reader, FACT_INITIALISED, initialised, sizeof(initialised));

	if (error == STEPUP_NOT_FOUND)
		return list;
	if (error == STEPUP_OK)
		error = look_at_verbs(verifier, policy, list);
	if (error == STEPUP_OK)
		error = look_at_approvers(verifier, policy, list);
	if (error == STEPUP_OK)
		return list;
	json_decref(list);
	return NULL;
}

void powerless_warn(const struct verifier *verifier)
{
	json_t *list = powerless_list(verifier, verifier->policy);
	const json_t *sentence;
	size_t i;

	json_array_foreach(list, i, sentence)
		journal_line(LOG_WARNING, "warning", "%s", json_string_value(sentence));
	json_decref(list);
}
