/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule's digest.
 * MUST: cover all that a rule says, so that what was agreed to under one rule is worth nothing under another.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/wire/canonical_json.h"
#include "verifier/rules/reading/policy_build.h"

static json_t *rule_digest_texts_to_json(char *const *texts)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && texts != NULL && texts[i] != NULL; i++)
		if (json_array_append_new(array, json_string(texts[i])) != 0) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

static json_t *limits_to_json(const struct limit *limits, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < count; i++) {
		const struct limit *limit = &limits[i];
		json_t *one = json_pack("{s:i, s:I, s:s, s:I}", "kind", (int)limit->kind,
			"maximum", (json_int_t)limit->maximum, "detail", limit->detail,
			"window", (json_int_t)limit->window_seconds);

		if (json_array_append_new(array, one) != 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *details_to_json(const struct rule *rule)
{
	json_t *object = json_object();

	for (size_t i = 0; object != NULL && i < rule->detail_count; i++)
		if (json_object_set_new(object, rule->details[i].name,
			    json_integer(rule->details[i].type)) != 0) {
			json_decref(object);
			object = NULL;
		}
	return object;
}

static const char *service_unix_user(const struct policy *policy, const char *name)
{
	for (size_t i = 0; name != NULL && i < policy->service_count; i++)
		if (strcmp(policy->services[i].name, name) == 0)
			return policy->services[i].unix_user;
	return NULL;
}

enum stepup_error policy_rule_seal(const struct policy *policy, struct rule *rule)
{
	json_t *object = json_pack(
		"{s:s, s:o, s:o, s:s?, s:i, s:b, s:i, s:b, s:b, s:I, s:o, s:i, s:o, s:o, s:s?, s:s?, s:I}",
		"name", rule->name, "users", rule_digest_texts_to_json(rule->users),
		"details", details_to_json(rule), "prompt", rule->prompt, "require", (int)rule->require,
		"pin", rule->pin, "via", (int)rule->via, "code_is_enough", rule->code_is_enough,
		"always_approve", rule->always_approve, "fresh_for", (json_int_t)rule->fresh_for_seconds,
		"limits", limits_to_json(rule->limits, rule->limit_count),
		"over_limit", (int)rule->over_limit,
		"hard_limits", limits_to_json(rule->hard_limits, rule->hard_limit_count),
		"approvers", rule_digest_texts_to_json(rule->approvers), "service", rule->service,
		"service_user", service_unix_user(policy, rule->service),
		"receipt_seconds", (json_int_t)rule->receipt_seconds);
	enum stepup_error error = STEPUP_NO_MEMORY;
	char *text = NULL;
	size_t size = 0;

	if (object != NULL)
		error = json_canonical(object, &text, &size);
	if (error == STEPUP_OK)
		error = digest_sha256(text, size, rule->digest);
	free(text);
	json_decref(object);
	return error;
}
