/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting, stopping, reloading; see startup.h. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verifier/startup.h"
#include "lib/wire/base64url.h"
#include "lib/wire/verifier_client.h"
#include "verifier/clock_settling.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/calls/policy_names.h"
#include "verifier/doors/hook_feed.h"
#include "verifier/doors/pending/step_up_refusals.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/powerless.h"
#include "verifier/epoch_brakes.h"
#include "verifier/evidence/code_floors.h"
#include "verifier/evidence/highwater.h"
#include "verifier/evidence/log_signer.h"
#include "verifier/evidence/receipt.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/life_log.h"
#include "verifier/policy_choice.h"
#include "verifier/rules/limits/decoys.h"
#include "verifier/rules/reading/policy_accounts.h"
#include "verifier/server/server.h"
#include "verifier/state/store/store_mark.h"
#include "verifier/state/vault/master_key.h"
#include "verifier/upkeep/upkeep.h"

#define CHECK_MS 5000 /* for the running verifier to answer a check */
#define DIGEST_SHOWN 8 /* bytes of a policy's digest that name it in the journal */

static void startup_policy_name(const struct policy *policy, char name[2 * DIGEST_SHOWN + 1])
{
	for (size_t i = 0; i < DIGEST_SHOWN; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", policy->digest[i]);
}

static void policy_warn(const struct policy *policy)
{
	for (size_t i = 0; policy->warnings != NULL && policy->warnings[i] != NULL; i++)
		journal_line(LOG_WARNING, "warning", "%s", policy->warnings[i]);
}

/* Whether two paths lie in one folder. */
static bool same_folder(const char *one, const char *other)
{
	char *first = strdup(one), *second = strdup(other);
	struct stat of_first, of_second;
	bool same = first != NULL && second != NULL && stat(dirname(first), &of_first) == 0 &&
		stat(dirname(second), &of_second) == 0 && of_first.st_dev == of_second.st_dev &&
		of_first.st_ino == of_second.st_ino;

	free(first);
	free(second);
	return same;
}

/* A mark of an earlier version is taken along from where it lay. */
static enum stepup_error mark_find(
	const struct startup_options *options, const char *url, bool *beside_store, char **why)
{
	const char *store = strchr(url, ':');
	enum stepup_error result = store_mark_folder(options->mark, why);

	if (result == STEPUP_OK &&
	    (result = highwater_carry_over(STEPUP_STATEDIR "/highwater", options->mark)) != STEPUP_OK &&
	    asprintf(why, "The mark could not be taken from %s to %s: %s.", STEPUP_STATEDIR "/highwater",
		    options->mark, stepup_error_text(result)) < 0)
		*why = NULL;
	*beside_store = result == STEPUP_OK && store != NULL && same_folder(store + 1, options->mark);
	if (*beside_store)
		journal_line(LOG_WARNING, "warning",
			"the mark %s lies in the database's folder. If an older copy of that folder is "
			"put back, locks and freezes are lost and nobody notices. Give the mark its own "
			"folder (--mark)",
			options->mark);
	return result;
}

/* The log and the receipts' keys, in a writer's session of their own, before the queue has one. */
static enum stepup_error evidence_open(const struct startup_options *options, struct verifier *verifier,
	const struct master_key *key, bool new_epoch, char **why)
{
	struct code_floors floors = {0};
	struct store_session *writer = NULL;
	const struct log_names names = {.issuer = verifier->policy->issuer, .host = verifier->policy->host};
	enum stepup_error result = store_session_open(verifier->store, true, &writer);

	if (result == STEPUP_OK)
		result = log_signer_open(verifier->store, writer, key, options->mark, &names, new_epoch,
			&verifier->log, &verifier->clean_start, &verifier->log_key, why);
	if (result == STEPUP_OK && new_epoch)
		result = epoch_brakes_restore(verifier->store, writer, verifier->started);
	if (result == STEPUP_OK && new_epoch)
		/* last: a start that ends before this begins the epoch once more */
		upkeep_epoch_done(options->mark);
	/* What was accepted last may not have reached the disk's platters or this verifier's memory: only
	 * later steps count. */
	if (result == STEPUP_OK)
		result = code_floors_start(writer, verifier->clean_start, verifier->started, &floors);
	atomic_store(&verifier->code_floor, floors.unclean);
	atomic_store(&verifier->epoch_floor, floors.epoch);
	if (result == STEPUP_OK)
		result = receipt_signer_open(writer, &verifier->receipts, why);
	store_session_close(&writer);
	return result;
}

/* The policy, with what the store keeps. */
static enum stepup_error policy_open(const struct startup_options *options, struct verifier *verifier,
	struct policy_choice *choice, char **why)
{
	struct store_session *session = NULL;
	enum stepup_error result = store_session_open(verifier->store, false, &session);

	if (result == STEPUP_OK)
		result = policy_choice_settle(choice, options->config, session, why);
	store_session_close(&session);
	if (result == STEPUP_OK)
		verifier->policy = policy_reference(choice->policy);
	return result;
}

static enum stepup_error state_open(const struct startup_options *options, struct verifier *verifier,
	struct policy_choice *choice, char **why)
{
	bool new_epoch = options->new_epoch || upkeep_epoch_is_asked(options->mark);
	struct master_key *key = NULL;
	enum stepup_error result;

	result = master_key_read(options->master_key, &key, why);
	if (result == STEPUP_OK)
		result = mark_find(options, choice->store, &verifier->mark_beside_store, why);
	if (result == STEPUP_OK)
		result = store_open_so(&(struct store_opening){.url = choice->store, .key = key,
				.mark = options->mark, .as_found = new_epoch}, &verifier->store, why);
	if (result == STEPUP_OK)
		result = policy_open(options, verifier, choice, why);
	if (result == STEPUP_OK)
		result = store_name_host(verifier->store, verifier->policy->host);
	if (result == STEPUP_OK)
		result = evidence_open(options, verifier, key, new_epoch, why);
	/* so that the database's file holds what this verifier begins with, whatever becomes of
	 * the log beside it */
	if (result == STEPUP_OK)
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
	verifier->policy_names = policy_names_new(verifier);
	verifier->step_ups = step_ups_new();
	verifier->waiters = waiters_new();
	verifier->decoys = decoys_new();
	if (verifier->accounts == NULL || verifier->policy_names == NULL || verifier->decoys == NULL ||
	    verifier->waiters == NULL || verifier->step_ups == NULL)
		return STEPUP_NO_MEMORY;
	step_ups_watch(verifier->step_ups, step_up_unanswered, verifier);
	result = commit_queue_start(verifier->store, verifier->loop, &verifier->queue);
	if (result == STEPUP_OK)
		result = hook_feed_start(verifier);
	if (result == STEPUP_OK)
		result = store_watch_start(verifier);
	if (result == STEPUP_OK)
		result = log_signer_start(verifier->log, verifier->queue, verifier->loop);
	return result;
}

/* Why the last good policy is in force, for status and the journal. */
static void tell_last_good(struct verifier *verifier, struct policy_choice *choice)
{
	const char *said = choice->why != NULL ? choice->why : stepup_error_text(choice->error);

	verifier->policy_why = choice->why;
	choice->why = NULL;
	if (verifier->policy_why == NULL)
		verifier->policy_why = strdup(said);
	journal_lines(LOG_ERR, "policy", said);
	journal_line(LOG_ERR, "policy", "So the last good policy is in force. Mend the configuration, "
		"check it with `stepupd --check`, and then reload it.");
}

enum stepup_error startup_open(const struct startup_options *options, struct verifier *verifier, char **why)
{
	struct policy_choice choice;
	enum stepup_error result;

	verifier->config_path = options->config;
	verifier->started = clock_wall_seconds();
	result = policy_choice_read(options->config, &choice, why);
	if (result == STEPUP_OK)
		result = state_open(options, verifier, &choice, why);
	if (result == STEPUP_OK)
		result = scheduling_open(verifier);
	if (result != STEPUP_OK)
		goto out;
	result = clock_settling_start(verifier, &verifier->clock_doubtful);
	if (result != STEPUP_OK)
		goto out;
	if (choice.error != STEPUP_OK)
		tell_last_good(verifier, &choice);
	policy_warn(verifier->policy);
	powerless_warn(verifier);
	policy_names_changed(verifier->policy_names);
	life_log_start(verifier);
	if (verifier->policy_why != NULL)
		life_log_last_good(verifier);
	policy_choice_keep(verifier, &choice);
	request_changes_policy(verifier);
out:
	policy_choice_clear(&choice);
	return result;
}

/* With a last checkpoint, if this verifier served. */
static enum stepup_error close_log(struct verifier *verifier)
{
	struct store_session *writer = NULL;
	enum stepup_error result;

	if (!verifier->serves) {
		log_signer_abandon(&verifier->log);
		return STEPUP_CANCELLED;
	}
	result = store_session_open(verifier->store, true, &writer);
	if (result == STEPUP_OK)
		result = log_signer_close(&verifier->log, writer);
	store_session_close(&writer);
	return result;
}

enum stepup_error startup_close(struct verifier *verifier)
{
	enum stepup_error result = STEPUP_OK;

	policy_names_free(&verifier->policy_names);
	account_cache_free(&verifier->accounts);
	store_watch_stop(verifier);
	hook_feed_stop(verifier);
	if (verifier->log != NULL)
		log_signer_stop(verifier->log);
	if (verifier->queue != NULL && verifier->serves)
		life_log_stop(verifier);
	if (verifier->queue != NULL)
		commit_queue_stop(&verifier->queue);
	store_session_close(&verifier->reader);
	if (verifier->log != NULL)
		result = close_log(verifier);
	receipt_signer_free(&verifier->receipts);
	store_close(&verifier->store);
	hook_feed_free(&verifier->hooks);
	step_ups_free(&verifier->step_ups);
	waiters_free(&verifier->waiters);
	decoys_free(&verifier->decoys);
	policy_release(&verifier->policy);
	free(verifier->policy_why);
	free(verifier->log_key);
	verifier->policy_why = verifier->log_key = NULL;
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

/* Puts a policy in the place of the one in force. */
static void policy_replace(struct verifier *verifier, struct policy *policy)
{
	char name[2 * DIGEST_SHOWN + 1];

	policy_release(&verifier->policy);
	verifier->policy = policy_reference(policy);
	free(verifier->policy_why);
	verifier->policy_why = NULL;
	step_ups_end_user(verifier->step_ups, NULL);
	account_cache_forget(verifier->accounts);
	policy_names_changed(verifier->policy_names);
	if (verifier->server != NULL)
		server_policy_changed(verifier->server);
	request_changes_policy(verifier);
	startup_policy_name(policy, name);
	journal_line(LOG_NOTICE, "reload", "policy=%s rules=%zu", name, policy->rule_count);
	policy_warn(policy);
	powerless_warn(verifier);
}

enum stepup_error verifier_reload(struct verifier *verifier, char **why)
{
	struct policy_choice choice = {0};
	enum stepup_error result;
	const char *fixed;

	*why = NULL;
	result = policy_choice_reload(verifier, &choice, why);
	if (result == STEPUP_OK && (fixed = fixed_setting(verifier->policy, choice.policy)) != NULL) {
		result = STEPUP_INVALID;
		if (asprintf(why, "%s: \"%s\" can't change while the verifier runs. Restart it to "
			"change that",
			    verifier->config_path, fixed) < 0)
			*why = NULL;
	}
	if (result != STEPUP_OK) {
		journal_line(LOG_ERR, "reload", "refused; the policy in force stays as it was");
		journal_lines(LOG_ERR, "reload", *why != NULL ? *why : stepup_error_text(result));
	} else {
		policy_replace(verifier, choice.policy);
		policy_choice_keep(verifier, &choice);
	}
	policy_choice_clear(&choice);
	return result;
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

/* What the running verifier says of the policy, by Status; NULL where there is nobody to ask. */
static json_t *ask_about(const struct policy *policy, const char *run_dir)
{
	struct verifier_client *client = NULL;
	struct verifier_refusal refusal = {0};
	char *path = NULL, digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];
	json_t *reply = NULL;

	base64url_encode(policy->digest, DIGEST_SIZE, digest);
	if (asprintf(&path, "%s/admin.sock", run_dir) < 0)
		return NULL;
	if (verifier_client_open(path, deadline_in(CHECK_MS), &client) == STEPUP_OK &&
	    verifier_client_call(client, "io.stepup.Admin1.Status", json_pack("{s:s, s:s*, s:s}",
			    "rp_id", policy->rp_id, "rp_id_before", policy->rp_id_before, "policy", digest),
		    deadline_in(CHECK_MS), &reply, &refusal) != STEPUP_OK)
		reply = NULL;
	verifier_refusal_clear(&refusal);
	verifier_client_close(&client);
	free(path);
	return reply;
}

static void print_warnings(const char *config, const struct policy *policy, const json_t *said)
{
	const json_t *sentence;
	size_t warnings = 0, i;

	for (; policy->warnings != NULL && policy->warnings[warnings] != NULL; warnings++)
		printf("warning: %s\n", policy->warnings[warnings]);
	warnings += print_account_warnings(policy);
	json_array_foreach(json_object_get(said, "powerless"), i, sentence) {
		printf("warning: %s\n", json_string_value(sentence));
		warnings++;
	}
	printf("%s: no errors, %zu %s, %zu rules.\n", config, warnings,
		warnings == 1 ? "warning" : "warnings", policy->rule_count);
}

bool startup_check(const char *config, const char *run_dir)
{
	struct policy *policy = NULL;
	const char *objection = NULL;
	json_t *said = NULL;
	enum stepup_error result;
	char *why = NULL;

	result = policy_load(config, false, &policy, &why);
	if (result == STEPUP_OK)
		said = ask_about(policy, run_dir);
	objection = json_string_value(json_object_get(said, "rp_id_why"));
	if (objection != NULL)
		result = STEPUP_INVALID;
	if (result != STEPUP_OK)
		printf("%s\n", objection != NULL ? objection : why != NULL ? why : stepup_error_text(result));
	else
		print_warnings(config, policy, said);
	json_decref(said);
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
			printf("%s: no rule is for %s, so it is denied to everybody.\n", config, action);
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
