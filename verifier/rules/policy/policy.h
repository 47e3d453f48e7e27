/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy as typed, immutable data, and the questions asked of it. Made by policy_file.c; default deny.
 * A policy is counted by reference: a step-up keeps the one it began under.
 * Layer: verifier/rules/policy/. Knows no file format, no store, no socket.
 */
#ifndef STEPUP_VERIFIER_POLICY_H
#define STEPUP_VERIFIER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/evidence/digest.h"
#include "lib/wire/action.h"
#include "lib/wire/limit_text.h"
#include "verifier/rules/policy/arena.h"
#include "verifier/state/records/user_record.h"

struct policy_directory; /* verifier/rules/policy/policy_directory.h */
struct attestation_trust; /* verifier/rules/trust/attestation_trust.h */

/* What a rule requires, weakest first (DESIGN section 5). */
enum factor_strength { FACTOR_CODE = 1, FACTOR_KEY, FACTOR_HARDWARE_KEY };
enum via { VIA_BROWSER = 1 << 0, VIA_SEAT = 1 << 1, VIA_AGENT = 1 << 2 };
enum over_limit { OVER_LIMIT_DENY, OVER_LIMIT_APPROVE, OVER_LIMIT_LOCK };

/* "deny", "approve", "lock". */
const char *over_limit_name(enum over_limit over);

struct policy_place { /* where something stands in the configuration */
	const char *file;
	int line;
};

struct rule {
	char name[ACTION_NAME_SIZE]; /* or a pattern ending in `*` */
	struct policy_place place;
	/* of what the rule says, so that a step-up can tell a changed rule */
	uint8_t digest[DIGEST_SIZE];
	char **users;                /* names, "@group", "*"; NULL-terminated */
	struct detail_spec details[DETAIL_COUNT_MAX];
	size_t detail_count;
	char *prompt;                /* with {detail}, {user}, {host}, {service}, {rhost} */
	enum factor_strength require;
	bool pin;
	unsigned via;                /* VIA_… that a key may come through; 0 for all */
	bool code_is_enough;
	bool always_approve;         /* a second person each time */
	int64_t fresh_for_seconds;   /* 0 for never */
	struct limit *limits;
	size_t limit_count;
	enum over_limit over_limit;
	struct limit *hard_limits;   /* that no approval passes */
	size_t hard_limit_count;
	char **approvers;
	/* what those bring to agree: the same factor with a pin, and a code only where that is enough; NULL
	 * without approvers */
	const struct rule *approval;
	bool approves;               /* such a one */
	char *service;               /* NULL where no receipt is made */
	int64_t receipt_seconds;     /* 60; at most 300 */
};

struct service {
	char *name;
	struct policy_place place;
	char *unix_user; /* a name, or "#UID" */
};

struct caller {
	char *name;
	struct policy_place place;
	char *unix_user;
	char **users;
	char **actions;
};

struct policy_file { /* a file or folder that the configuration names; no path where it names none */
	char *path;
	struct policy_place place;
};

struct policy_models { /* AAGUIDs, WebAuthn section 6.5.1 */
	uint8_t (*aaguids)[KEY_AAGUID_SIZE];
	size_t count; /* 0 where the configuration has no such list */
	struct policy_place place;
};

struct policy_group {
	char *name;
	struct policy_place place;
	char **members;   /* sorted bytewise */
	size_t member_count;
	char *unix_group; /* NULL where the members are listed */
};

struct policy {
	unsigned references;
	uint8_t digest[DIGEST_SIZE]; /* of all files */
	char *issuer;     /* https URL */
	char *rp_id;
	char *rp_id_before; /* whose keys are given up; NULL for none */
	char **origins;
	char *store;      /* "sqlite:PATH" */
	char *help;       /* shown whenever somebody is stuck; NULL where not given */
	char *host;       /* this machine's name as prompts and the log call it */
	int64_t cooling_off_seconds; /* what came by an invitation earns no more than `code` for so long */
	struct policy_place cooling_off_place;
	struct policy_place origins_place; /* where there are any */
	struct policy_file attestation_roots; /* folder of PEM files */
	struct policy_file mds, mds_root;     /* FIDO metadata, and the root of its signature: both or none */
	/* those that can earn hardware-key; none named: all attested ones */
	struct policy_models allow_models;
	/* those that can't be enrolled, and earn at most `key` where they were */
	struct policy_models deny_models;
	bool require_counter;                 /* no key whose signature counter stands still at zero */
	/* what those files hold, owned; NULL where none is named, or only texts were loaded */
	struct attestation_trust *trust;
	bool models_taken;                    /* from `mds` as it is now, not from the last good list */
	struct rule *rules; /* exact names first, sorted bytewise; then patterns, the longest first */
	size_t rule_count, exact_count;
	struct policy_group *groups; /* sorted by name */
	size_t group_count;
	struct service *services;
	size_t service_count;
	struct caller *callers;
	size_t caller_count;
	/* owned; what the directory says of these names; NULL before it was asked */
	struct policy_directory *directory;
	char **warnings;  /* NULL-terminated; each "FILE:LINE: sentence" */
	struct arena memory; /* holds all of the above */
};

/* Reads FILE and, in the bytewise order of their names, stepup.conf.d's *.conf in FILE's folder. STEPUP_OK,
 * or an error with "FILE:LINE: sentence" lines in `*why` (the caller frees). `trusted` false for `--check` by
 * anybody: then who owns the files isn't looked at. */
enum stepup_error policy_load(const char *path, bool trusted, struct policy **policy, char **why);

struct policy *policy_reference(struct policy *policy);
void policy_release(struct policy **policy);

/* The rule for an action: the exact name, else the longest pattern; NULL denies. stepup.test, stepup.enroll
 * and stepup.remove have built-in rules of their exact names, for everybody's own use, where the
 * configuration has none; so "stepup.*" covers the administrator's verbs only. A pattern covers stepup.* only
 * where it says so itself. */
const struct rule *policy_rule(const struct policy *policy, const char *action);

/* A person as the policy sees one, looked up before (verifier/host/account.c). Unix groups of the policy are
 * compared by number: policy_directory.h. */
struct policy_user {
	const char *name;
	const char *also; /* another name of the same account, which counts as well; NULL for none */
	const gid_t *gids; /* of unix groups */
	size_t gid_count;
};

/* Whether a list of "name", "@group", "*" names this user. */
bool policy_list_names(const struct policy *policy, char *const *list, const struct policy_user *user);

/* Whether a list has a unix group of which the directory could not say yet what it is: then nobody can
 * say whom it names. */
bool policy_list_is_unsure(const struct policy *policy, char *const *list);

/* Whether a configured unix-user, a name or "#UID", is the account with this uid and name (NULL for none). */
bool policy_unix_user_is(const struct policy *policy, const char *unix_user, uid_t uid, const char *account);

/* Whether such a list can name one user only, as far as the configuration tells: a unix
 * group may hold more. */
bool policy_list_is_one(const struct policy *policy, char *const *list);

/* Whether such a list names nobody, as far as the configuration tells. */
bool policy_list_is_empty(const struct policy *policy, char *const *list);

/* Whether a caller with this uid and account name (NULL where it has none) may act for the user
 * and the action. Root may, for all. Says nothing about acting for one's own account, which takes
 * no configuration. */
bool policy_caller_may(const struct policy *policy, uid_t uid, const char *account,
	const struct policy_user *user, const char *action);

/* The service that a uid is, NULL for none. `account` as above. */
const struct service *policy_service_of(const struct policy *policy, uid_t uid, const char *account);

/* Whether an action's name matches a name or a pattern (ends in `*`). No pattern reaches stepup.* that
 * doesn't begin so itself: neither a caller's "*" nor a freeze of "*" does. */
bool policy_pattern_matches(const char *pattern, const char *action);

/* The verifier's name for people: the host of the issuer, with its port where it has one. Cut
 * where it doesn't fit. */
void policy_issuer_name(const struct policy *policy, char *name, size_t size);

/* Whether keys of a model may earn hardware-key; whether they can't be enrolled at all. */
bool policy_model_allowed(const struct policy *policy, const uint8_t aaguid[KEY_AAGUID_SIZE]);
bool policy_model_denied(const struct policy *policy, const uint8_t aaguid[KEY_AAGUID_SIZE]);

/* Whether this user's keys are asked for an attestation: where one can earn anything, or rule a model out.
 * Browsers put a question about privacy for it. */
bool policy_wants_attestation(const struct policy *policy, const struct policy_user *user);

/* Whether a list of models names this one. */
bool policy_models_name(const struct policy_models *models, const uint8_t aaguid[KEY_AAGUID_SIZE]);

/* Built-in verbs stepup.*: what details each has and how it is prompted for; NULL where `action` is none.
 * A rule of the configuration for them says who may and what is required, never details. */
struct own_action {
	const char *action;
	const char *prompt;
	struct detail_spec details[2];
	size_t detail_count;
	bool administrator; /* true: needs a rule of the configuration; code only with code-is-enough */
};
const struct own_action *policy_own_action(const char *action);

/* The details that an action takes under its rule: the verb's for built-in ones, else the rule's. */
void policy_details(const struct rule *rule, const char *action, const struct detail_spec **specs,
	size_t *count);

/* Whether a rule is one of the configuration's about administrators' verbs, whether by name
 * or by a pattern. */
bool policy_rule_is_administrators(const struct rule *rule);

/* Whether some such rule names this user. */
bool policy_may_administer(const struct policy *policy, const struct policy_user *user);

/* The prompt for an action, safe to show; the caller frees. Host, service and rhost may be NULL ("unknown").
 * `label` is what the owner calls the credential that stepup.remove is about; NULL: its id. */
struct prompt_facts {
	const char *user, *host, *service, *rhost, *label;
};
char *policy_prompt(const struct rule *rule, const struct action *action, const struct prompt_facts *facts);

/* Whether a typed code may satisfy the rule for this action (DESIGN section 5: not with a service or an
 * administrator's verb unless it says so). */
bool policy_code_may(const struct rule *rule, const char *action);

#endif
