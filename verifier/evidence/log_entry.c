/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Constructors of the log's entries, by drafts of log_draft.c.
 */
#include "verifier/evidence/log_entry.h"

#include <string.h>

#include "verifier/evidence/context.h"
#include "verifier/evidence/log_draft.h"
#include "verifier/rules/policy/requirement.h"

static void add_actor(struct draft *draft, const struct log_actor *actor)
{
	if (actor == NULL)
		return;
	draft_add_text(draft, "by", actor->by);
	if (actor->grant >= 0)
		draft_add_number(draft, "grant", actor->grant);
	if (actor->denial > 0)
		draft_add_number(draft, "denial", actor->denial);
}

/* What the proving or accepted code used up, or the key's counter as it stands now. */
static void add_spent(struct draft *draft, const struct credential *credential)
{
	switch (credential->type) {
	case CREDENTIAL_TOTP:
		draft_add_number(draft, "step", credential->otp.last_step);
		if (credential->otp.drift_steps != 0)
			draft_add_number(draft, "drift",
				credential->otp.drift_steps * (int64_t)credential->otp.period_seconds);
		break;
	case CREDENTIAL_HOTP:
		draft_add_number(draft, "counter", credential->otp.next_counter - 1);
		break;
	case CREDENTIAL_KEY:
	case CREDENTIAL_AGENT:
		draft_add_number(draft, "sign_count", credential->key->counter);
		break;
	}
}

json_t *log_entry_epoch(int64_t at, const char *reason, int64_t seen_size, const char *log_key)
{
	struct draft draft = draft_new(LOG_TYPE_EPOCH, at);

	draft_add_text(&draft, "reason", reason);
	if (seen_size >= 0)
		draft_add_number(&draft, "seen_size", seen_size);
	draft_add_text(&draft, "log_key", log_key);
	return draft_finish(&draft);
}

json_t *log_entry_moved(int64_t at, const char *file)
{
	struct draft draft = draft_new(LOG_TYPE_MOVED, at);

	draft_add_text(&draft, "file", file);
	return draft_finish(&draft);
}

json_t *log_entry_arrived(int64_t at, int64_t left)
{
	struct draft draft = draft_new(LOG_TYPE_ARRIVED, at);

	draft_add_number(&draft, "left", left);
	return draft_finish(&draft);
}

json_t *log_entry_names(int64_t at, const char *issuer, const char *was_issuer, const char *was_host)
{
	struct draft draft = draft_new(LOG_TYPE_NAMES, at);

	draft_add_text(&draft, "issuer", issuer);
	draft_add_text(&draft, "was_issuer", was_issuer);
	draft_add_text(&draft, "was_host", was_host);
	return draft_finish(&draft);
}

json_t *log_entry_start(int64_t at, const char *version, const char *issuer,
	const uint8_t policy[DIGEST_SIZE], bool clean)
{
	struct draft draft = draft_new(LOG_TYPE_START, at);

	draft_add_text(&draft, "version", version);
	draft_add_text(&draft, "issuer", issuer);
	draft_add_bytes(&draft, "policy", policy, DIGEST_SIZE);
	draft_add(&draft, "clean", json_boolean(clean));
	return draft_finish(&draft);
}

json_t *log_entry_stop(int64_t at)
{
	struct draft draft = draft_new(LOG_TYPE_STOP, at);

	return draft_finish(&draft);
}

json_t *log_entry_policy(int64_t at, const uint8_t policy[DIGEST_SIZE], const struct log_actor *actor)
{
	struct draft draft = draft_new(LOG_TYPE_POLICY, at);

	draft_add_bytes(&draft, "policy", policy, DIGEST_SIZE);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

/* The context without its prompt, and the challenge, which is a digest of the whole. */
static void add_context(struct draft *draft, const char *text)
{
	uint8_t challenge[DIGEST_SIZE];
	json_t *context;

	if (text == NULL)
		return;
	if (context_challenge(text, strlen(text), challenge) != STEPUP_OK) {
		draft->failed = true;
		return;
	}
	context = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (context != NULL)
		(void)json_object_del(context, "prompt");
	draft_add(draft, "context", context);
	draft_add_bytes(draft, "challenge", challenge, sizeof(challenge));
}

static void add_limits(struct draft *draft, const char *name, const struct limit *limits, size_t count)
{
	json_t *list;

	if (count == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, draft_text(limits[i].text)) != 0)
			draft->failed = true;
	draft_add(draft, name, list);
}

/* All that it takes to count again what was granted: uses are kept by the rule's name. */
static void add_charged(struct draft *draft, const struct rule *rule)
{
	if (rule->limit_count + rule->hard_limit_count == 0)
		return;
	draft_add_text(draft, "rule_name", rule->name);
	add_limits(draft, "hard_limits", rule->hard_limits, rule->hard_limit_count);
	if (rule->over_limit == OVER_LIMIT_APPROVE)
		draft_add_text(draft, "over_limit", "approve");
}

static void add_amr(struct draft *draft, const char *const *amr)
{
	json_t *list = json_array();

	for (; amr != NULL && *amr != NULL; amr++)
		if (json_array_append_new(list, draft_text(*amr)) != 0)
			draft->failed = true;
	draft_add(draft, "amr", list);
}

static void add_proof(struct draft *draft, const struct log_key_proof *proof)
{
	draft_add_text(draft, "via", method_name(proof->via));
	draft_add(draft, "uv", json_boolean(proof->user_verified));
	draft_add(draft, "evidence", json_deep_copy(proof->evidence));
}

/* What the entry has to do with a request. */
static void add_request(struct draft *draft, const struct log_grant *grant)
{
	const struct approval_request *request = grant->request;

	if (request == NULL)
		return;
	draft_add_text(draft, "request", request->id);
	if (grant->step == LOG_GRANT) {
		draft_add(draft, "approvers", json_pack("[s]", request->approver));
		if (grant->claimed)
			draft_add_number(draft, "requested", request->requester.log);
		return;
	}
	if (grant->step != LOG_DENY)
		draft_add_number(draft, "until", request->expires);
	draft_add_bytes(draft, "digest", request->digest, DIGEST_SIZE);
	if (grant->step == LOG_REQUEST) {
		draft_add_text(draft, "caller", request->caller);
		draft_add_number(draft, "requested", request->requested);
		if (request->why[0] != '\0')
			draft_add_text(draft, "why", request->why);
	} else {
		draft_add_text(draft, "requester", request->user);
	}
}

json_t *log_entry_request_end(int64_t at, const struct approval_request *request, const char *by)
{
	const struct log_subject subject = {.user = request->user, .user_id = request->user_id};
	struct draft draft = draft_about(LOG_TYPE_REQUEST_END, at, &subject);

	draft_add_text(&draft, "request", request->id);
	draft_add_text(&draft, "action", request->action);
	draft_add_text(&draft, "how", request_state_name(request->state));
	draft_add_text(&draft, "by", by);
	if (request->ended_why[0] != '\0')
		draft_add_text(&draft, "why", request->ended_why);
	return draft_finish(&draft);
}

static enum log_type type_of_step(enum log_step step)
{
	switch (step) {
	case LOG_GRANT:
		return LOG_TYPE_GRANT;
	case LOG_REQUEST:
		return LOG_TYPE_REQUEST;
	case LOG_APPROVE:
		return LOG_TYPE_APPROVE;
	case LOG_DENY:
		return LOG_TYPE_DENY;
	}
	return LOG_TYPE_REFUSAL; /* nothing that anybody could rest on */
}

json_t *log_entry_grant(const struct log_grant *grant)
{
	struct draft draft = draft_about(type_of_step(grant->step), grant->at, &grant->subject);
	bool fresh = strcmp(grant->method, "fresh") == 0;

	draft_add_text(&draft, "action", grant->action->name);
	draft_add_bytes(&draft, "rule", grant->rule->digest, DIGEST_SIZE);
	add_limits(&draft, "limits", grant->rule->limits, grant->rule->limit_count);
	if (grant->step == LOG_GRANT)
		add_charged(&draft, grant->rule);
	draft_add_text(&draft, "method", grant->method);
	draft_add_text(&draft, "credential", grant->credential->id);
	if (fresh)
		draft_add_number(&draft, "covered_by", grant->covered_by);
	else if (!grant->claimed)
		add_spent(&draft, grant->credential);
	if (grant->rule->fresh_for_seconds > 0)
		draft_add_number(&draft, "fresh_for", grant->rule->fresh_for_seconds);
	if (grant->proof != NULL) {
		draft_add_number(&draft, "enrolled", grant->credential->key->enrolled_log);
		if (grant->proof->late) {
			draft_add_number(&draft, "sign_count", grant->proof->counter);
			draft_add_number(&draft, "counter_before", grant->proof->counter_before);
		}
		add_proof(&draft, grant->proof);
	}
	add_context(&draft, grant->context);
	add_request(&draft, grant);
	draft_add_bytes(&draft, "commitment", grant->commitment, DIGEST_SIZE);
	draft_add_text(&draft, "acr", grant->acr);
	add_amr(&draft, grant->amr);
	if (grant->receipt != NULL) {
		draft_add_text(&draft, "audience", grant->receipt->audience);
		draft_add_text(&draft, "jti", grant->receipt->jti);
		draft_add_number(&draft, "expires", grant->receipt->expires);
	}
	return draft_finish(&draft);
}

json_t *log_entry_refusal(const struct log_refusal *refusal)
{
	struct draft draft = draft_about(LOG_TYPE_REFUSAL, refusal->at, &refusal->subject);

	draft_add_text(&draft, "error", stepup_error_name(refusal->error));
	draft_add_text(&draft, "action", refusal->action);
	draft_add_text(&draft, "method", refusal->method);
	draft_add_text(&draft, "caller", refusal->caller);
	draft_add_bytes(&draft, "source", refusal->source, GUESS_SOURCE_SIZE);
	draft_add_text(&draft, "why", refusal->why);
	draft_add_text(&draft, "limit", refusal->limit);
	if (refusal->grant > 0)
		draft_add_number(&draft, "grant", refusal->grant);
	draft_add_bytes(&draft, "commitment", refusal->commitment, DIGEST_SIZE);
	return draft_finish(&draft);
}

json_t *log_entry_evidence(const struct action *action, const char *prompt)
{
	struct draft draft = {.object = json_object()};

	draft.failed = draft.object == NULL;
	draft_add(&draft, "details", action_details_to_json(action));
	if (prompt != NULL)
		draft_add(&draft, "prompt", json_string(prompt)); /* whole: the challenge covers it */
	return draft_finish(&draft);
}

json_t *log_entry_alert(int64_t at, const struct log_subject *subject, const char *kind,
	const char *credential)
{
	static const struct log_subject nobody;
	struct draft draft = draft_about(LOG_TYPE_ALERT, at, subject == NULL ? &nobody : subject);

	draft_add_text(&draft, "kind", kind);
	draft_add_text(&draft, "credential", credential);
	return draft_finish(&draft);
}

json_t *log_entry_store_changed(int64_t at, const char *table, const char *user, const char *why,
	int64_t found, int64_t known)
{
	struct draft draft = draft_new(LOG_TYPE_ALERT, at);

	draft_add_text(&draft, "user", user);
	draft_add_text(&draft, "kind", "store-changed");
	draft_add_text(&draft, "table", table);
	draft_add_text(&draft, "why", why);
	if (found >= 0)
		draft_add_number(&draft, "found", found);
	if (known >= 0)
		draft_add_number(&draft, "known", known);
	return draft_finish(&draft);
}

json_t *log_entry_clock_settled(int64_t at, int64_t count)
{
	struct draft draft = draft_new(LOG_TYPE_ALERT, at);

	draft_add_text(&draft, "kind", "clock-settled");
	draft_add_number(&draft, "count", count);
	return draft_finish(&draft);
}

json_t *log_entry_alert_repeated(int64_t at, const char *user, const char *kind, int64_t count, int64_t since)
{
	struct draft draft = draft_new(LOG_TYPE_ALERT, at);

	if (user[0] != '\0')
		draft_add_text(&draft, "user", user);
	draft_add_text(&draft, "kind", kind);
	draft_add_number(&draft, "count", count);
	draft_add_number(&draft, "since", since);
	return draft_finish(&draft);
}

json_t *log_entry_hook(int64_t at, const struct log_hook *hook)
{
	struct draft draft = draft_new(LOG_TYPE_HOOK, at);

	draft_add_text(&draft, "event", hook->event);
	draft_add_number(&draft, "entry", hook->entry);
	draft_add_text(&draft, "program", hook->program);
	draft_add_text(&draft, "result", hook->result);
	if (hook->exit >= 0)
		draft_add_number(&draft, "exit", hook->exit);
	draft_add_number(&draft, "ms", hook->ms);
	return draft_finish(&draft);
}

json_t *log_entry_hooks_dropped(int64_t at, int64_t count)
{
	struct draft draft = draft_new(LOG_TYPE_HOOKS_DROPPED, at);

	draft_add_number(&draft, "count", count);
	return draft_finish(&draft);
}

static void log_entry_add_key(struct draft *draft, const struct key_credential *key,
	const struct log_key_enrolment *enrolment)
{
	draft_add_number(draft, "alg", key->algorithm);
	draft_add_bytes(draft, "key", key->public_key, key->public_key_size);
	draft_add_text(draft, "attestation", key_attestation_name(key->attestation));
	draft_add_bytes(draft, "aaguid", key->aaguid, KEY_AAGUID_SIZE);
	if (key->id_size > 0) {
		draft_add_bytes(draft, "credential_id", key->id, key->id_size);
		draft_add_text(draft, "rp_id", enrolment->rp_id);
	} else {
		draft_add_text(draft, "application", key->application);
	}
	draft_add_text(draft, "action", "stepup.enroll");
	draft_add_bytes(draft, "rule", enrolment->rule->digest, DIGEST_SIZE);
	add_proof(draft, &enrolment->proof);
	add_context(draft, enrolment->context);
	draft_add_bytes(draft, "commitment", enrolment->commitment, DIGEST_SIZE);
}

json_t *log_entry_enrol(int64_t at, const struct log_subject *subject, const struct credential *credential,
	const char *how, const struct log_actor *actor, const struct log_key_enrolment *key)
{
	struct draft draft = draft_about(LOG_TYPE_ENROL, at, subject);

	draft_add_text(&draft, "credential", credential->id);
	draft_add_text(&draft, "method", credential_type_name(credential->type));
	add_spent(&draft, credential);
	draft_add_text(&draft, "how", how);
	if (key != NULL)
		log_entry_add_key(&draft, credential->key, key);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

static struct draft draft_about_credential(enum log_type type, int64_t at, const struct log_subject *subject,
	const char *credential, const struct log_actor *actor)
{
	struct draft draft = draft_about(type, at, subject);

	draft_add_text(&draft, "credential", credential);
	add_actor(&draft, actor);
	return draft;
}

json_t *log_entry_remove(int64_t at, const struct log_subject *subject, const char *credential,
	const struct log_actor *actor)
{
	struct draft draft = draft_about_credential(LOG_TYPE_REMOVE, at, subject, credential, actor);

	return draft_finish(&draft);
}

json_t *log_entry_revoke(int64_t at, const struct log_subject *subject, const char *credential,
	const struct log_actor *actor, int64_t invitations)
{
	struct draft draft = draft_about_credential(LOG_TYPE_REVOKE, at, subject, credential, actor);

	if (invitations >= 0)
		draft_add_number(&draft, "invitations", invitations);
	return draft_finish(&draft);
}

json_t *log_entry_rename(int64_t at, const struct log_subject *subject, const char *old_name,
	const struct log_actor *actor)
{
	struct draft draft = draft_about(LOG_TYPE_RENAME, at, subject);

	draft_add_text(&draft, "old_user", old_name);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_init(int64_t at, const char *user, int64_t expires, bool again)
{
	struct draft draft = draft_new(LOG_TYPE_INIT, at);

	draft_add_text(&draft, "user", user);
	draft_add_number(&draft, "expires", expires);
	draft_add(&draft, "again", json_boolean(again));
	draft_add_text(&draft, "by", "root");
	return draft_finish(&draft);
}

json_t *log_entry_invite(int64_t at, const char *user, int64_t expires, const struct log_actor *actor)
{
	struct draft draft = draft_new(LOG_TYPE_INVITE, at);

	draft_add_text(&draft, "user", user);
	draft_add_number(&draft, "expires", expires);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_withdraw(int64_t at, const char *user, int64_t invitations, const struct log_actor *actor)
{
	struct draft draft = draft_new(LOG_TYPE_WITHDRAW, at);

	draft_add_text(&draft, "user", user);
	draft_add_number(&draft, "invitations", invitations);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_lock(int64_t at, const struct log_subject *subject, const char *reference,
	const char *reason, const struct log_actor *actor, int64_t invitations)
{
	struct draft draft = draft_about(LOG_TYPE_LOCK, at, subject);

	draft_add_text(&draft, "reference", reference);
	draft_add_text(&draft, "reason", reason);
	if (invitations >= 0)
		draft_add_number(&draft, "invitations", invitations);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_unlock(int64_t at, const struct log_subject *subject, const struct log_actor *actor)
{
	struct draft draft = draft_about(LOG_TYPE_UNLOCK, at, subject);

	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_freeze(int64_t at, const char *action, const char *reference, const char *reason,
	const struct log_actor *actor)
{
	struct draft draft = draft_new(LOG_TYPE_FREEZE, at);

	draft_add_text(&draft, "action", action);
	draft_add_text(&draft, "reference", reference);
	draft_add_text(&draft, "reason", reason);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_thaw(int64_t at, const char *action, const struct log_actor *actor)
{
	struct draft draft = draft_new(LOG_TYPE_THAW, at);

	draft_add_text(&draft, "action", action);
	add_actor(&draft, actor);
	return draft_finish(&draft);
}

json_t *log_entry_redeem(int64_t at, const struct receipt_row *receipt, const char *exec_id,
	const struct action *action, const uint8_t commitment[DIGEST_SIZE])
{
	const struct log_subject subject = {.user = receipt->user, .user_id = receipt->user_id};
	struct draft draft = draft_about(LOG_TYPE_REDEEM, at, &subject);

	draft_add_text(&draft, "jti", receipt->jti);
	draft_add_text(&draft, "audience", receipt->audience);
	draft_add_text(&draft, "exec_id", exec_id);
	draft_add_text(&draft, "action", action->name);
	draft_add_bytes(&draft, "commitment", commitment, DIGEST_SIZE);
	return draft_finish(&draft);
}

json_t *log_entry_resume(int64_t at, const struct receipt_row *receipt, const char *exec_id,
	const char *action)
{
	const struct log_subject subject = {.user = receipt->user, .user_id = receipt->user_id};
	struct draft draft = draft_about(LOG_TYPE_RESUME, at, &subject);

	draft_add_text(&draft, "jti", receipt->jti);
	draft_add_text(&draft, "audience", receipt->audience);
	draft_add_text(&draft, "exec_id", exec_id);
	draft_add_text(&draft, "action", action);
	draft_add_number(&draft, "redemption", receipt->redeemed_log);
	return draft_finish(&draft);
}

json_t *log_entry_redeem_refusal(int64_t at, const struct receipt_row *receipt, const char *audience,
	const char *action, enum stepup_error error, const char *why)
{
	struct log_subject subject = {0};
	struct draft draft;

	if (receipt != NULL)
		subject = (struct log_subject){.user = receipt->user, .user_id = receipt->user_id};
	draft = draft_about(LOG_TYPE_REDEEM_REFUSAL, at, &subject);
	if (receipt != NULL)
		draft_add_text(&draft, "jti", receipt->jti);
	draft_add_text(&draft, "audience", audience);
	draft_add_text(&draft, "action", action);
	draft_add_text(&draft, "error", stepup_error_name(error));
	draft_add_text(&draft, "why", why);
	return draft_finish(&draft);
}
