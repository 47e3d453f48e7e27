/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the blocks of the files' texts to one policy: what each key means, and what must fit together.
 * Layer: verifier/rules/reading/. Between policy_text.c, which knows no meaning, and policy.c,
 * which knows no text.
 */
#ifndef STEPUP_VERIFIER_POLICY_BUILD_H
#define STEPUP_VERIFIER_POLICY_BUILD_H

#include "verifier/rules/policy/complaints.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/rules/reading/policy_text.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/rules/trust/policy_files.h"

#define POLICY_LIST_MAX 64       /* entries of a list but for a group's members */
#define POLICY_PROMPT_MAX 512    /* bytes of a prompt */
#define POLICY_RECEIPT_SECONDS 60
#define POLICY_RECEIPT_MAX_SECONDS 300
#define POLICY_FRESH_MAX_SECONDS (24 * 3600)
#define POLICY_COOLING_SECONDS (24 * 3600)
#define POLICY_COOLING_MAX_SECONDS (31 * 24 * 3600)

/* Every section and key there is: the top level first, then group, service, caller, action. */
extern const struct policy_section policy_sections[];
extern const struct policy_key policy_top_keys[];  /* those of the top level; policy_top.c */
extern const struct policy_key policy_rule_keys[]; /* those of an action; policy_rule.c */

/* What a key's `read` works on. */
struct policy_reading {
	struct policy *policy;
	struct complaints *errors;
	const struct policy_text *text;   /* the file being read */
	const struct policy_block *block; /* the section being read */
	struct policy_group *group;
	struct service *service;
	struct caller *caller;
	struct rule *rule;
};

/* What all keys read with; policy_reading.c. */

/* Complains about a line of the file being read. */
#define READING_SAYS(reading, where, ...) complain((reading)->errors, (reading)->text->file, (where), \
	__VA_ARGS__)

/* A copy of a text in the policy's own memory; NULL where there is no memory. */
char *reading_copy(struct policy_reading *reading, const char *text);

/* A list's values as a NULL-terminated array, each checked; NULL (and something said) where one is bad, twice
 * there, or there are none. `what` says what one is. */
char **reading_list(struct policy_reading *reading, const struct policy_entry *entry,
	bool (*is_valid)(const char *text), const char *what);

/* A list of users, "@group"s that exist, or "*". */
char **reading_users(struct policy_reading *reading, const struct policy_entry *entry);

/* yes or no. */
bool reading_yes(struct policy_reading *reading, const struct policy_entry *entry);

/* Whether a text can be shown as it stands, judged word by word. */
bool reading_is_showable(struct policy_reading *reading, const char *text);

/* Fills in what the top level says nothing about, and checks what one of its keys alone can't
 * tell; policy_top.c. */
void policy_top_finish(struct policy_reading *reading, const struct policy_text *texts, size_t count);

/* The top level's keys about keys, and what one of them alone can't tell; policy_trust.c. */
void policy_read_cooling_off(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_attestation_roots(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_mds(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_mds_root(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_allow_models(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_deny_models(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_require_counter(struct policy_reading *reading, const struct policy_entry *entry);
void policy_trust_check(struct policy_reading *reading);

/* Loads what the configuration names about keys' makers into the policy, and tells in `policy->models_taken`
 * whether the list of models is the one that the files have; `kept` (may be NULL) is the last good one. Where
 * the files aren't trusted, one that isn't there to be read is a warning. STEPUP_OK, or an error with
 * "FILE:LINE: sentence" in `*why`. */
enum stepup_error policy_trust_load(struct policy *policy, struct policy_files *files,
	const struct attestation_models *kept, char **why);

/* A detail as the rule's limits and prompt may name it, NULL if it declares none of that name;
 * policy_rule.c. */
const struct detail_spec *policy_rule_detail(const struct rule *rule, const char *name);

/* An action's keys about volume; policy_limits.c. */
void policy_read_limits(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_hard_limits(struct policy_reading *reading, const struct policy_entry *entry);
void policy_read_over_limit(struct policy_reading *reading, const struct policy_entry *entry);

/* Checks what one key alone can't tell of a rule; policy_rule.c. */
void policy_rule_check(struct policy_reading *reading);

/* Gives a rule its digest: SHA-256 over all that it says, but not over where; policy_rule_digest.c. */
enum stepup_error policy_rule_seal(const struct policy *policy, struct rule *rule);

/* Gives a sealed rule that names approvers the one that they agree under; policy_rule.c. */
void policy_rule_add_approval(struct policy *policy, struct rule *rule);

/* Builds the policy of all texts, whose values are filled in. What is wrong goes to `errors`.
 * STEPUP_OK also then. */
enum stepup_error policy_build(struct policy *policy, const struct policy_text *texts, size_t count,
	struct complaints *errors);

/* What is allowed but deserves a word: goes to `warnings`; policy_check.c. */
void policy_warn(const struct policy *policy, struct complaints *warnings);

#endif
