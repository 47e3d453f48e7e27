/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting, stopping, reloading; see startup.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/life_log.h"
#include "verifier/evidence/log_signer.h"
#include "verifier/state/master_key.h"
#include "verifier/rules/policy_accounts.h"
#include "verifier/evidence/receipt.h"
#include "verifier/server/server.h"
#include "verifier/startup.h"
#include "verifier/doors/hook_feed.h"
#include "verifier/doors/approving.h"
#include "verifier/doors/transactions.h"
#include "verifier/doors/waiters.h"

#define DIGEST_SHOWN 8 /* bytes of a policy's digest that name it in the journal */

static void policy_name(const struct policy *policy, char name[2 * DIGEST_SHOWN + 1])
{
	for (size_t i = 0; i < DIGEST_SHOWN; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", policy->digest[i]);
}

static void policy_warn(const struct policy *policy)
{
	for (size_t i = 0; policy->warnings != NULL && policy->warnings[i] != NULL; i++)
		journal_line(LOG_WARNING, "warning", "%s", policy->warnings[i]);
}

/* The log and the receipts' keys, in a writer's session of their own, before the queue has one. */
static enum stepup_error evidence_open(const struct startup_options *options, struct verifier *verifier, const struct master_key *key,
	char **why)
{
	const char *highwater = options->highwater != NULL ? options->highwater : STEPUP_STATEDIR "/highwater";
	struct store_session *writer = NULL;
	const struct log_names names = {.issuer = verifier->policy->issuer, .host = verifier->policy->host};
	enum stepup_error result = store_session_open(verifier->store, true, &writer);

	if (result == STEPUP_OK)
		result = log_signer_open(verifier->store, writer, key, highwater, &names, options->new_epoch, &verifier->log,
			&verifier->clean_start, &verifier->log_key, why);
	if (result == STEPUP_OK)
		result = receipt_signer_open(writer, &verifier->receipts, why);
	store_session_close(&writer);
	return result;
}

static enum stepup_error state_open(const struct startup_options *options, struct verifier *verifier, char **why)
{
	struct master_key *key = NULL;
	enum stepup_error result;

	result = master_key_read(options->master_key, &key, why);
	if (result == STEPUP_OK)
		result = store_open(verifier->policy->store, key, &verifier->store, why);
	if (result == STEPUP_OK)
		result = store_name_host(verifier->store, verifier->policy->host);
	if (result == STEPUP_OK)
		result = evidence_open(options, verifier, key, why);
	if (result == STEPUP_OK) /* so that the database's file holds what this verifier begins with, whatever becomes of the log beside it */
		result = store_checkpoint_wal(verifier->store);
	if (result == STEPUP_OK)
		result = store_session_open(verifier->store, false, &verifier->reader);
	master_key_free(&key);
	return result;
}

static enum stepup_error scheduling_open(struct verifier *verifier)
{
	enum stepup_error result;

	verifier->accounts = account_cache_new(verifier->loop);
	verifier->transactions = transactions_new();
	verifier->waiters = waiters_new();
	if (verifier->accounts == NULL || verifier->waiters == NULL || verifier->transactions == NULL)
		return STEPUP_NO_MEMORY;
	transactions_watch(verifier->transactions, refusal_log_unanswered, verifier);
	result = commit_queue_start(verifier->store, verifier->loop, &verifier->queue);
	if (result == STEPUP_OK)
		result = hook_feed_start(verifier);
	if (result == STEPUP_OK)
		result = log_signer_start(verifier->log, verifier->queue, verifier->loop);
	return result;
}

enum stepup_error startup_open(const struct startup_options *options, struct verifier *verifier, char **why)
{
	enum stepup_error result;

	verifier->config_path = options->config;
	verifier->started = clock_wall_seconds();
	result = policy_load(options->config, true, &verifier->policy, why);
	if (result == STEPUP_OK)
		result = state_open(options, verifier, why);
	if (result == STEPUP_OK)
		result = scheduling_open(verifier);
	if (result != STEPUP_OK)
		return result;
	/* What was accepted last may not have reached the disk's platters or this verifier's memory: only later steps count (DESIGN section 14). */
	verifier->code_floor = verifier->clean_start ? 0 : verifier->started;
	policy_warn(verifier->policy);
	life_log_start(verifier);
	approving_policy_changed(verifier);
	return STEPUP_OK;
}

enum stepup_error startup_close(struct verifier *verifier)
{
	struct store_session *writer = NULL;
	enum stepup_error result = STEPUP_OK;

	account_cache_free(&verifier->accounts);
	hook_feed_stop(verifier);
	if (verifier->log != NULL)
		log_signer_stop(verifier->log);
	if (verifier->queue != NULL) {
		if (verifier->serves)
			life_log_stop(verifier);
		commit_queue_stop(&verifier->queue);
	}
	store_session_close(&verifier->reader);
	if (verifier->log != NULL && !verifier->serves) {
		log_signer_abandon(&verifier->log);
		result = STEPUP_CANCELLED;
	} else if (verifier->log != NULL) {
		result = store_session_open(verifier->store, true, &writer);
		if (result == STEPUP_OK)
			result = log_signer_close(&verifier->log, writer);
	}
	store_session_close(&writer);
	receipt_signer_free(&verifier->receipts);
	store_close(&verifier->store);
	hook_feed_free(&verifier->hooks);
	transactions_free(&verifier->transactions);
	waiters_free(&verifier->waiters);
	policy_release(&verifier->policy);
	free(verifier->log_key);
	verifier->log_key = NULL;
	return result;
}

/* What a running verifier can't change: its database, and the name under which it signs. */
static const char *fixed_setting(const struct policy *old, const struct policy *new)
{
	if (strcmp(old->store, new->store) != 0)
		return "store";
	if (strcmp(old->issuer, new->issuer) != 0)
		return "issuer";
	if (strcmp(old->host, new->host) != 0)
		return "host";
	if (strcmp(old->rp_id, new->rp_id) != 0)
		return "rp-id";
	return NULL;
}

enum stepup_error verifier_reload(struct verifier *verifier, char **why)
{
	char name[2 * DIGEST_SHOWN + 1];
	struct policy *policy = NULL;
	enum stepup_error result;
	const char *fixed;

	*why = NULL;
	result = policy_load(verifier->config_path, true, &policy, why);
	if (result == STEPUP_OK && (fixed = fixed_setting(verifier->policy, policy)) != NULL) {
		result = STEPUP_INVALID;
		if (asprintf(why, "%s: \"%s\" can't change while the verifier runs: restart it for that", verifier->config_path, fixed) < 0)
			*why = NULL;
	}
	if (result != STEPUP_OK) {
		policy_release(&policy);
		journal_line(LOG_ERR, "reload", "refused; the policy in force stays as it was");
		journal_lines(LOG_ERR, "reload", *why != NULL ? *why : stepup_error_text(result));
		return result;
	}
	policy_release(&verifier->policy);
	verifier->policy = policy;
	transactions_end_user(verifier->transactions, NULL);
	account_cache_forget(verifier->accounts);
	if (verifier->server != NULL)
		server_policy_changed(verifier->server);
	approving_policy_changed(verifier);
	policy_name(policy, name);
	journal_line(LOG_NOTICE, "reload", "policy=%s rules=%zu", name, policy->rule_count);
	policy_warn(policy);
	return STEPUP_OK;
}

/* What only this host can tell: accounts that it doesn't know. */
static size_t print_account_warnings(const struct policy *policy)
{
	struct complaints complaints = {0};
	char **lines;
	size_t count = 0;

	policy_warn_accounts(policy, &complaints);
	lines = complaints_lines(&complaints);
	for (; lines != NULL && lines[count] != NULL; count++) {
		printf("warning: %s\n", lines[count]);
		free(lines[count]);
	}
	free(lines);
	complaints_clear(&complaints);
	return count;
}

bool startup_check(const char *config)
{
	struct policy *policy = NULL;
	enum stepup_error result;
	char *why = NULL;
	size_t warnings = 0;

	result = policy_load(config, false, &policy, &why);
	if (result != STEPUP_OK) {
		printf("%s\n", why != NULL ? why : stepup_error_text(result));
	} else {
		for (; policy->warnings != NULL && policy->warnings[warnings] != NULL; warnings++)
			printf("warning: %s\n", policy->warnings[warnings]);
		warnings += print_account_warnings(policy);
		printf("%s: no errors, %zu %s, %zu rules.\n", config, warnings, warnings == 1 ? "warning" : "warnings", policy->rule_count);
	}
	policy_release(&policy);
	free(why);
	return result == STEPUP_OK;
}

bool startup_rule_for(const char *config, const char *action)
{
	const struct rule *rule = NULL;
	struct policy *policy = NULL;
	char *why = NULL;
	bool found;

	if (policy_load(config, false, &policy, &why) != STEPUP_OK) {
		printf("%s\n", why != NULL ? why : "the policy could not be read");
	} else {
		rule = policy_rule(policy, action);
		if (rule == NULL)
			printf("%s: no rule for %s: it is denied to everybody.\n", config, action);
		else if (rule->place.line == 0)
			printf("%s: built in.\n", rule->name);
		else
			printf("%s:%d: %s\n", rule->place.file, rule->place.line, rule->name);
	}
	found = rule != NULL;
	policy_release(&policy);
	free(why);
	return found;
}
