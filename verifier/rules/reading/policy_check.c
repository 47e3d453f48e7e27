/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy allows but its writer should know: warnings.
 */
#include <string.h>

#include "verifier/rules/reading/policy_build.h"

#define WARN(warnings, place, ...) complain((warnings), (place).file, (place).line, __VA_ARGS__)

static bool is_built_in(const struct rule *rule)
{
	return rule->place.line == 0;
}

static bool list_has_group(char *const *list, const char *group)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (list[i][0] == '@' && strcmp(list[i] + 1, group) == 0)
			return true;
	return false;
}

static void warn_unused_groups(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->group_count; i++) {
		const struct policy_group *group = &policy->groups[i];
		bool used = false;

		for (size_t j = 0; !used && j < policy->rule_count; j++)
			used = list_has_group(policy->rules[j].users, group->name) ||
				list_has_group(policy->rules[j].approvers, group->name);
		for (size_t j = 0; !used && j < policy->caller_count; j++)
			used = list_has_group(policy->callers[j].users, group->name);
		if (!used)
			WARN(warnings, group->place, "group %s is not used by any action or caller.",
				group->name);
		if (group->unix_group == NULL && group->member_count == 0)
			WARN(warnings, group->place, "group %s has nobody in it.", group->name);
	}
}

static void warn_unused_services(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->service_count; i++) {
		const struct service *service = &policy->services[i];
		bool used = false;

		for (size_t j = 0; !used && j < policy->rule_count; j++)
			used = policy->rules[j].service != NULL &&
				strcmp(policy->rules[j].service, service->name) == 0;
		if (!used)
			WARN(warnings, service->place,
				"service %s is not named by any action, so it gets no receipts.",
				service->name);
	}
}

/* Whether some rule could be asked for through one entry of a caller's list. */
static bool check_has_rule(const struct policy *policy, const char *entry)
{
	if (policy_rule(policy, entry) != NULL)
		return true;
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy_pattern_matches(entry, policy->rules[i].name) ||
		    policy_pattern_matches(policy->rules[i].name, entry))
			return true;
	return false;
}

static void warn_idle_callers(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->caller_count; i++) {
		const struct caller *caller = &policy->callers[i];

		for (size_t j = 0; caller->actions != NULL && caller->actions[j] != NULL; j++)
			if (!check_has_rule(policy, caller->actions[j]))
				WARN(warnings, caller->place, "caller %s may ask for \"%s\", "
					"but no action has that name: it is always denied.",
					caller->name, caller->actions[j]);
	}
}

/* A console for everybody is one for root, too, and for every service's account. */
static void warn_callers_for_all(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->caller_count; i++) {
		const struct caller *caller = &policy->callers[i];

		for (size_t j = 0; caller->users != NULL && caller->users[j] != NULL; j++)
			if (strcmp(caller->users[j], "*") == 0)
				WARN(warnings, caller->place,
					"caller %s may ask for everybody, also for root and "
					"administrators; name the group of people who use it.",
					caller->name);
	}
}

/* What is fresh is kept by rule, and a pattern is one rule for many actions. */
static void warn_fresh_pattern(const struct rule *rule, struct complaints *warnings)
{
	if (rule->fresh_for_seconds > 0 && rule->name[strlen(rule->name) - 1] == '*')
		WARN(warnings, rule->place,
			"with its fresh-for, one step-up for any action of the pattern %s covers all of "
			"them; give important actions their own rules.",
			rule->name);
}

/* Rules that nobody can satisfy, whatever key they buy. */
static void warn_key(const struct policy *policy, const struct rule *rule, struct complaints *warnings)
{
	if (rule->require == FACTOR_HARDWARE_KEY && policy->attestation_roots.path == NULL &&
	    policy->mds.path == NULL)
		WARN(warnings, rule->place, "action %s requires a hardware-key, but without "
			"attestation-roots or mds no key can be one; add one of the two.", rule->name);
	if (rule->require != FACTOR_CODE && rule->via == VIA_BROWSER && policy->origins[0] == NULL)
		WARN(warnings, rule->place, "action %s takes a key from a browser only, but there are "
			"no \"origins\", so nobody can satisfy it; add origins.", rule->name);
}

/* A page may speak for the domain above it: what it says of a person's passkeys (WebAuthn Level 3, section
 * 5.1.10.2) their provider believes. */
static void warn_parent_domain(const struct policy *policy, struct complaints *warnings)
{
	for (char **origin = policy->origins; *origin != NULL; origin++) {
		const char *host = strstr(*origin, "://") + 3;
		size_t length = strcspn(host, ":");

		if (length <= strlen(policy->rp_id))
			continue;
		WARN(warnings, policy->origins_place, "the rp-id %s is a domain above %.*s, "
			"so any page under it can hide people's synced passkeys from them "
			"(signalAllAcceptedCredentials). Make the rp-id the console's own host name before "
			"keys are enrolled, or let nobody else have a page under %s.",
			policy->rp_id, (int)length, host, policy->rp_id);
		return;
	}
}

static void warn_cooling_off(const struct policy *policy, struct complaints *warnings)
{
	if (policy->cooling_off_seconds == 0)
		WARN(warnings, policy->cooling_off_place, "cooling-off is 0s: anybody who gets hold of "
			"an invitation can enrol a key and use it for everything at once.");
}

static void warn_factor(const struct rule *rule, struct complaints *warnings)
{
	if (rule->require != FACTOR_CODE)
		return;
	if (rule->code_is_enough)
		WARN(warnings, rule->place, "a typed code is enough for action %s, but people can be "
			"talked into giving a code away.", rule->name);
	else if (rule->service != NULL)
		WARN(warnings, rule->place, "action %s has a service, so a code alone is never enough "
			"for it; require a key, or write code-is-enough = yes if you accept the "
			"risk.", rule->name);
	else if (policy_rule_is_administrators(rule))
		WARN(warnings, rule->place, "action %s is for administrators, so a code alone is never "
			"enough for it; require a key, or write code-is-enough = yes if you accept the "
			"risk.", rule->name);
}

static bool counts_detail(const struct rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->limit_count; i++)
		if (limit_form(rule->limits[i].kind)->adds_up && strcmp(rule->limits[i].detail, name) == 0)
			return true;
	return false;
}

static void warn_volume(const struct rule *rule, struct complaints *warnings)
{
	if (rule->service != NULL && rule->limit_count == 0)
		WARN(warnings, rule->place, "action %s has a service and no limit, so one person can "
			"have it carried out without end. Add limit = { … }.", rule->name);
	for (size_t i = 0; i < rule->detail_count; i++)
		if (detail_kind(rule->details[i].type)->may_sum &&
		    !counts_detail(rule, rule->details[i].name))
			WARN(warnings, rule->place, "action %s has the amount \"%s\", but no limit adds "
				"it up. Add limit = { \"N %s per 24h\" }.",
				rule->name, rule->details[i].name, rule->details[i].name);
	if (rule->limit_count == 0 && rule->over_limit != OVER_LIMIT_DENY)
		WARN(warnings, rule->place, "action %s says what happens over the limit, but has no limit.",
			rule->name);
}

/* Second persons who are never asked, can't be there, or are no second person. */
static void warn_approvers(const struct policy *policy, const struct rule *rule, struct complaints *warnings)
{
	static const struct policy_user nobody = {.name = "-"}; /* no account's name: only "*" names it */

	if (rule->approvers == NULL)
		return;
	if (!rule->always_approve && rule->over_limit != OVER_LIMIT_APPROVE)
		WARN(warnings, rule->place, "action %s names approvers but never asks them; add "
			"over-limit = approve or always-approve = yes.", rule->name);
	else if (policy_list_is_empty(policy, rule->approvers))
		WARN(warnings, rule->place, "action %s needs a second person, but its approvers are "
			"nobody, so it is never approved. Fill the group.", rule->name);
	else if (policy_list_is_one(policy, rule->approvers))
		WARN(warnings, rule->place, "action %s has only one approver. Nobody can approve what "
			"that person asks for, or anything while that person is away. Name "
			"another.", rule->name);
	else if (policy_list_names(policy, rule->approvers, &nobody))
		WARN(warnings, rule->place, "action %s lets everybody approve, also a thief who has "
			"tricked a second employee; name the people who decide.", rule->name);
	if (rule->always_approve && rule->fresh_for_seconds > 0)
		WARN(warnings, rule->place, "action %s asks a second person each time, so its fresh-for "
			"does nothing; remove one of the two.", rule->name);
}

/* Limits that the hard ones never let anybody reach. */
static void warn_hard_limits(const struct rule *rule, struct complaints *warnings)
{
	for (size_t i = 0; i < rule->hard_limit_count; i++)
		for (size_t j = 0; j < rule->limit_count; j++) {
			const struct limit *hard = &rule->hard_limits[i], *soft = &rule->limits[j];

			if (hard->kind == soft->kind && strcmp(hard->detail, soft->detail) == 0 &&
			    hard->window_seconds > soft->window_seconds && hard->maximum < soft->maximum)
				WARN(warnings, rule->place, "action %s never reaches its limit \"%s\", "
					"because the hard-limit \"%s\" comes first.",
					rule->name, soft->text, hard->text);
		}
}

/* The bad day: what is to be done at once, and by more than one. */
static void warn_bad_day(const struct policy *policy, struct complaints *warnings)
{
	static const char *const urgent[] = {"stepup.lock", "stepup.freeze"};
	const struct rule *unlock = policy_rule(policy, "stepup.unlock");

	for (size_t i = 0; i < sizeof(urgent) / sizeof(urgent[0]); i++) {
		const struct rule *rule = policy_rule(policy, urgent[i]);

		if (rule != NULL && rule->always_approve)
			WARN(warnings, rule->place, "%s waits for a second person, and an attacker "
				"gains that time; let one person do it. Undoing it takes another person "
				"anyway.", urgent[i]);
		if (rule != NULL && rule->over_limit == OVER_LIMIT_LOCK)
			WARN(warnings, rule->place, "over-limit = lock in %s locks an administrator who "
				"has many accounts to lock on a bad day; write over-limit = deny, and a "
				"high limit.", urgent[i]);
	}
	if (unlock != NULL && policy_list_is_one(policy, unlock->users))
		WARN(warnings, unlock->place, "only one person may do stepup.unlock: nobody can unlock "
			"that person, and that person can unlock what they locked themselves; name two.");
}

static bool prompt_shows(const struct rule *rule, const char *detail)
{
	size_t length = strlen(detail);

	for (const char *at = strchr(rule->prompt, '{'); at != NULL; at = strchr(at + 1, '{'))
		if (strncmp(at + 1, detail, length) == 0 && at[1 + length] == '}')
			return true;
	return false;
}

static void warn_hidden_details(const struct rule *rule, struct complaints *warnings)
{
	for (size_t i = 0; rule->prompt != NULL && i < rule->detail_count; i++)
		if (!prompt_shows(rule, rule->details[i].name))
			WARN(warnings, rule->place,
				"the prompt of action %s does not show {%s}, so people approve it "
				"without seeing it.",
				rule->name, rule->details[i].name);
}

/* The next best pattern over a rule; NULL where there is none. */
static const struct rule *pattern_over(const struct policy *policy, const struct rule *rule)
{
	for (size_t i = policy->exact_count; i < policy->rule_count; i++) {
		const struct rule *pattern = &policy->rules[i];

		if (pattern != rule && strlen(pattern->name) < strlen(rule->name) + 1 &&
		    policy_pattern_matches(pattern->name, rule->name))
			return pattern;
	}
	return NULL;
}

/* A rule takes the place of a wider one altogether: nothing of that adds to it. */
static void warn_shadowed(const struct policy *policy, const struct rule *rule, struct complaints *warnings)
{
	const struct rule *pattern = pattern_over(policy, rule);

	if (pattern == NULL)
		return;
	if (rule->require < pattern->require)
		WARN(warnings, rule->place, "action %s asks for less than the pattern %s on line %d, "
			"which it replaces.", rule->name, pattern->name, pattern->place.line);
	if (rule->limit_count == 0 && pattern->limit_count > 0)
		WARN(warnings, rule->place,
			"action %s has no limit; those of the pattern %s on line %d do not count for it.",
			rule->name, pattern->name, pattern->place.line);
}

/* Where each administrator's verb has a rule of its own, stepup.* is for nothing. */
static void warn_idle_own_pattern(const struct policy *policy, struct complaints *warnings)
{
	static const char *const verbs[] = {"stepup.invite", "stepup.users", "stepup.credentials",
		"stepup.revoke", "stepup.lock", "stepup.unlock", "stepup.freeze", "stepup.thaw", "stepup.log",
		"stepup.reload"};

	for (size_t i = policy->exact_count; i < policy->rule_count; i++) {
		const struct rule *pattern = &policy->rules[i];
		bool idle = strncmp(pattern->name, "stepup.", 7) == 0;

		for (size_t j = 0; idle && j < sizeof(verbs) / sizeof(verbs[0]); j++)
			idle = policy_rule(policy, verbs[j]) != pattern;
		if (idle)
			WARN(warnings, pattern->place, "action %s covers no action of the verifier: "
				"each has its own rule, or none has such a name.", pattern->name);
	}
}

void policy_warn(const struct policy *policy, struct complaints *warnings)
{
	if (strncmp(policy->issuer, "https:", 6) != 0)
		complain(warnings, policy->rule_count > 0 ? policy->rules[0].place.file : "stepup.conf", 0,
			"the issuer %s is not https, so anybody on the network could pretend to be "
			"it.", policy->issuer);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (is_built_in(rule))
			continue;
		warn_factor(rule, warnings);
		warn_key(policy, rule, warnings);
		warn_volume(rule, warnings);
		warn_approvers(policy, rule, warnings);
		warn_hard_limits(rule, warnings);
		warn_hidden_details(rule, warnings);
		warn_shadowed(policy, rule, warnings);
		warn_fresh_pattern(rule, warnings);
	}
	warn_bad_day(policy, warnings);
	warn_parent_domain(policy, warnings);
	warn_cooling_off(policy, warnings);
	warn_unused_groups(policy, warnings);
	warn_unused_services(policy, warnings);
	warn_idle_callers(policy, warnings);
	warn_callers_for_all(policy, warnings);
	warn_idle_own_pattern(policy, warnings);
}
