/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays a log: each type of entry has a rule (rule_of) that says what it does to what is known.
 */
#include "lib/replay/log_replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/log_types.h"
#include "lib/replay/log_replay_keys.h"
#include "lib/replay/log_replay_limits.h"
#include "lib/replay/log_replay_receipts.h"
#include "lib/replay/log_replay_rules.h"

#define GRANTS_KEPT_SECONDS 600 /* an administrator's verb names a step-up of the last minutes */
#define SWEEP_EVERY 4096        /* entries */

static void on_nothing(struct replay_step *step)
{
	(void)step;
}

/* What was fresh was in memory only. */
static void on_start(struct replay_step *step)
{
	if (step->replay->left)
		step_tell(step,
			"The verifier was started at a place that the store had left, without a new epoch.");
	step->replay->left = false; /* told once */
	json_object_clear(step->replay->fresh);
}

static void on_epoch(struct replay_step *step)
{
	step->replay->left = false;
	json_object_clear(step->replay->receipts);
	json_object_clear(step->replay->invitations);
	json_object_clear(step->replay->grants);
	json_object_clear(step->replay->denials);
	json_object_clear(step->replay->fresh);
	json_object_clear(step->replay->requests);
	log_uses_clear(step->replay->uses);
}

static void on_moved(struct replay_step *step)
{
	step->replay->left = true;
}

static void on_arrived(struct replay_step *step)
{
	if (!step->replay->left)
		step_tell(step, "The store arrived at a place, and had left none.");
	step->replay->left = false;
}

static void check_factor(struct replay_step *step, json_t *credential)
{
	if (step_is_fresh(step)) {
		step_check_covered(step);
		return;
	}
	if (method_is_key(member_text(credential, "method")))
		step_check_key(step, credential);
	else
		step_check_spent(step, credential);
	step_check_required(step, credential);
}

void step_check_proof(struct replay_step *step, const char *what)
{
	const char *user_id = step_text(step, "user_id");
	json_t *credential = step_check_credential(step, step_text(step, "credential"), user_id);

	step_check_not_locked(step, user_id, what);
	step_check_not_frozen(step, step_text(step, "action"));
	step_check_commitment(step);
	if (step->error == STEPUP_OK)
		step_check_context(step);
	if (credential != NULL && step->error == STEPUP_OK)
		check_factor(step, credential);
}

/* Nobody was asked to agree. */
static void check_alone(struct replay_step *step)
{
	if (json_object_get(step->entry, "approvers") != NULL ||
	    json_object_get(step->entry, "requested") != NULL)
		step_tell(step, "This was granted as approved, and names no request.");
	step_check_proof(step, "A step-up was granted");
}

static void on_grant(struct replay_step *step)
{
	const char *action = step_text(step, "action"), *jti = member_text(step->entry, "jti");
	char approver_id[REPLAY_USER_ID_SIZE] = "", key[24];

	step->summary->grants++;
	if (member_text(step->entry, "request") != NULL)
		step_check_consumed(step, approver_id);
	else
		check_alone(step);
	if (step->error == STEPUP_OK)
		step_check_limits(step);
	if (!step_is_fresh(step))
		step_keep_fresh(step);
	if (jti != NULL)
		step_issue_receipt(step, jti, approver_id[0] == '\0' ? NULL : approver_id);
	if (strncmp(action, "stepup.", strlen("stepup.")) == 0) {
		(void)snprintf(key, sizeof(key), "%" PRId64, step->index);
		step_put(step, step->replay->grants, key, json_pack("{s:s, s:s, s:I, s:b}", "action", action,
				"user", step_text(step, "user"), "at", (json_int_t)step->at,
				"by_key", method_is_key(step_text(step, "method"))));
	}
}

/* The clock was set: everybody is asked again. With a count it sums up what was told before. */
static void on_alert(struct replay_step *step)
{
	if (member_is(step->entry, "kind", "clock-jump") && json_object_get(step->entry, "count") == NULL)
		json_object_clear(step->replay->fresh);
}

static void on_refusal(struct replay_step *step)
{
	step->summary->refusals++;
	step_check_commitment(step);
}

/* The newest for somebody is the only one. */
static void keep_invitation(struct replay_step *step, bool init)
{
	step_put(step, step->replay->invitations, step_text(step, "user"),
		json_pack("{s:s, s:I, s:b}", "by", step_text(step, "by"),
			"expires", (json_int_t)member_number(step->entry, "expires", 0), "init", (int)init));
}

/* What `stepup init` prints: root's, and no step-up's. */
static void on_init(struct replay_step *step)
{
	keep_invitation(step, true);
}

static void on_invite(struct replay_step *step)
{
	keep_invitation(step, false);
	step_check_grant(step, "stepup.invite", "by", GRANT_NEEDED);
}

static void take_invitation(struct replay_step *step)
{
	const char *user = step_text(step, "user");
	const json_t *known = json_object_get(step->replay->invitations, user);

	if (known == NULL || step->at >= member_number(known, "expires", 0))
		step_tell(step, "%s enrolled by an invitation, but none was open.", user);
	else if (json_is_true(json_object_get(known, "void")))
		step_tell(step, "%s enrolled by an invitation that was void: "
			"they or who invited were locked, or it was withdrawn, after it was made.", user);
	else if (!members_equal(known, "by", step->entry, "by"))
		step_tell(step,
			"%s enrolled by another person's invitation than the one that was open.", user);
	(void)json_object_del(step->replay->invitations, user);
}

/* For the entry's user; with `made_too` also by them, but for what `stepup init` made. Entries from before
 * that was done don't say how many. */
static void void_invitations(struct replay_step *step, bool made_too)
{
	const char *whose = step_text(step, "user"), *user;
	json_t *invitation;

	if (!json_is_integer(json_object_get(step->entry, "invitations")))
		return;
	json_object_foreach (step->replay->invitations, user, invitation)
		if (strcmp(user, whose) == 0 ||
		    (made_too && !json_is_true(json_object_get(invitation, "init")) &&
			    member_is(invitation, "by", whose)))
			step_put(step, invitation, "void", json_true());
}

static void on_enrol(struct replay_step *step)
{
	const char *user_id = step_text(step, "user_id"), *id = step_text(step, "credential"),
		*method = step_text(step, "method");
	const char *how = step_text(step, "how");
	json_t *credential;

	step_check_not_locked(step, user_id, "A credential was enrolled");
	step_forget_fresh(step, user_id, NULL);
	if (strcmp(how, "invitation") == 0)
		take_invitation(step);
	else if (strcmp(how, "authorization") == 0)
		step_check_grant(step, "stepup.enroll", "user",
			method_is_key(method) ? GRANT_BY_KEY : GRANT_NEEDED);
	else
		step_tell(step, "This credential came in some other way: %s", how);
	if (json_object_get(step->replay->credentials, id) != NULL) {
		step_tell(step, "The credential %s was enrolled before: the same one can't come back.", id);
		return;
	}
	credential = json_pack("{s:s, s:s}", "user_id", user_id, "method", method);
	if (credential == NULL)
		step->error = STEPUP_NO_MEMORY;
	else if (method_is_key(method))
		step_enrol_key(step, credential, id);
	else
		step_put(step, credential, "spent", json_integer(step_spent(step, method)));
	step_put(step, step->replay->credentials, id, credential);
}

/* Whether what is gone was a key. */
static bool credential_gone(struct replay_step *step)
{
	const char *id = step_text(step, "credential"), *user_id = step_text(step, "user_id");
	json_t *credential = step_check_credential(step, id, user_id);

	step_forget_fresh(step, user_id, NULL);
	if (credential == NULL)
		return false;
	step_put(step, credential, "gone", json_true());
	step_void_requests(step, user_id, id, NULL);
	return method_is_key(member_text(credential, "method"));
}

static void on_remove(struct replay_step *step)
{
	bool key = credential_gone(step);

	step_check_grant(step, "stepup.remove", "by", key ? GRANT_BY_KEY : GRANT_NEEDED);
}

static void on_revoke(struct replay_step *step)
{
	(void)credential_gone(step);
	void_invitations(step, false);
	step_check_grant(step, "stepup.revoke", "by", GRANT_NEEDED);
}

static void on_withdraw(struct replay_step *step)
{
	void_invitations(step, false);
	step_check_grant(step, "stepup.revoke", "by", GRANT_NEEDED);
}

/* Somebody without a record can be locked by name; nothing of theirs could be granted anyway. */
static void on_lock(struct replay_step *step)
{
	const char *user_id = member_text(step->entry, "user_id");

	if (user_id != NULL) {
		step_put(step, step->replay->users, user_id, json_true());
		step_forget_fresh(step, user_id, NULL);
		step_void_receipts(step, user_id, NULL);
		step_void_requests(step, user_id, NULL, NULL);
	}
	void_invitations(step, true);
	if (!step_check_denial(step))
		step_check_grant(step, "stepup.lock", "by", GRANT_MAYBE);
}

static void on_unlock(struct replay_step *step)
{
	const char *user_id = member_text(step->entry, "user_id");

	if (user_id != NULL)
		(void)json_object_del(step->replay->users, user_id);
	if (members_equal(step->entry, "by", step->entry, "user"))
		step_tell(step, "Somebody unlocked their own account.");
	step_check_grant(step, "stepup.unlock", "by", GRANT_NEEDED);
}

static void on_freeze(struct replay_step *step)
{
	step_put(step, step->replay->frozen, step_text(step, "action"), json_true());
	step_void_receipts(step, NULL, step_text(step, "action"));
	step_void_requests(step, NULL, NULL, step_text(step, "action"));
	step_check_grant(step, "stepup.freeze", "by", GRANT_NEEDED);
}

static void on_thaw(struct replay_step *step)
{
	(void)json_object_del(step->replay->frozen, step_text(step, "action"));
	step_forget_fresh(step, NULL, step_text(step, "action"));
	step_check_grant(step, "stepup.thaw", "by", GRANT_NEEDED);
}

/* A reload ends what is fresh, and every answer that is under way, before its entry is on the way to the log:
 * also where it read the same policy again. */
static void on_policy(struct replay_step *step)
{
	json_object_clear(step->replay->fresh);
	step_check_grant(step, "stepup.reload", "by", GRANT_MAYBE);
}

/* Whether a hook was told of something that the log had said before. */
static void on_hook(struct replay_step *step)
{
	int64_t entry = member_number(step->entry, "entry", -1);

	if (entry < 0 || entry >= step->index)
		step_tell(step, "A hook was told of something that had not happened yet.");
}

/* What has to hold of an entry of this type; NULL for none of ours. No default: a new type has a rule, or
 * says that nothing has to hold. */
static void (*rule_of(enum log_type type))(struct replay_step *step)
{
	switch (type) {
	case LOG_TYPE_EPOCH:
		return on_epoch;
	case LOG_TYPE_START:
		return on_start;
	case LOG_TYPE_NAMES: case LOG_TYPE_STOP: case LOG_TYPE_RENAME: case LOG_TYPE_HOOKS_DROPPED:
	case LOG_TYPE_VAULT_BEGUN:
		return on_nothing;
	case LOG_TYPE_POLICY:
		return on_policy;
	case LOG_TYPE_GRANT:
		return on_grant;
	case LOG_TYPE_REFUSAL: case LOG_TYPE_REDEEM_REFUSAL:
		return on_refusal;
	case LOG_TYPE_ALERT:
		return on_alert;
	case LOG_TYPE_ENROL:
		return on_enrol;
	case LOG_TYPE_REMOVE:
		return on_remove;
	case LOG_TYPE_REVOKE:
		return on_revoke;
	case LOG_TYPE_INIT:
		return on_init;
	case LOG_TYPE_INVITE:
		return on_invite;
	case LOG_TYPE_WITHDRAW:
		return on_withdraw;
	case LOG_TYPE_LOCK:
		return on_lock;
	case LOG_TYPE_UNLOCK:
		return on_unlock;
	case LOG_TYPE_FREEZE:
		return on_freeze;
	case LOG_TYPE_THAW:
		return on_thaw;
	case LOG_TYPE_REDEEM:
		return step_redeem;
	case LOG_TYPE_RESUME:
		return step_resume;
	case LOG_TYPE_REQUEST:
		return on_request;
	case LOG_TYPE_APPROVE:
		return on_approve;
	case LOG_TYPE_DENY:
		return on_deny;
	case LOG_TYPE_REQUEST_END:
		return on_request_end;
	case LOG_TYPE_HOOK:
		return on_hook;
	case LOG_TYPE_MOVED:
		return on_moved;
	case LOG_TYPE_ARRIVED:
		return on_arrived;
	case LOG_TYPE_COUNT:
		break;
	}
	return NULL;
}

/* --- the whole --- */

static void forget(json_t *map, const char *member, int64_t before)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (map, next, key, value)
		if (member_number(value, member, 0) < before)
			(void)json_object_del(map, key);
}

struct log_replay *log_replay_new(log_problem *problem, void *context)
{
	struct log_replay *replay = calloc(1, sizeof(*replay));

	if (replay == NULL)
		return NULL;
	*replay = (struct log_replay){
		.problem = problem, .context = context, .lowest_at = INT64_MAX, .users = json_object(),
		.credentials = json_object(), .invitations = json_object(), .frozen = json_object(),
		.receipts = json_object(), .redeemed = json_object(), .grants = json_object(),
		.keys = json_object(), .fresh = json_object(), .requests = json_object(),
		.denials = json_object(), .uses = log_uses_new(), .unnamed_at = INT64_MIN};
	if (replay->uses == NULL || replay->users == NULL || replay->credentials == NULL ||
		replay->invitations == NULL || replay->frozen == NULL || replay->receipts == NULL ||
		replay->redeemed == NULL || replay->grants == NULL || replay->keys == NULL ||
		replay->fresh == NULL || replay->requests == NULL || replay->denials == NULL)
		log_replay_free(&replay);
	return replay;
}

void log_replay_free(struct log_replay **replay)
{
	if (*replay == NULL)
		return;
	log_uses_free(&(*replay)->uses);
	json_decref((*replay)->users);
	json_decref((*replay)->credentials);
	json_decref((*replay)->invitations);
	json_decref((*replay)->frozen);
	json_decref((*replay)->receipts);
	json_decref((*replay)->redeemed);
	json_decref((*replay)->grants);
	json_decref((*replay)->fresh);
	json_decref((*replay)->keys);
	json_decref((*replay)->requests);
	json_decref((*replay)->denials);
	free(*replay);
	*replay = NULL;
}

enum stepup_error log_replay_entry(struct log_replay *replay, int64_t index, const json_t *entry,
	const json_t *evidence, const uint8_t *salt, struct log_check_summary *summary)
{
	void (*rule)(struct replay_step *step);
	struct replay_step step = {.replay = replay, .index = index, .entry = entry, .evidence = evidence,
		.salt = salt, .summary = summary};
	const char *type = step_text(&step, "type");

	step.at = member_number(entry, "at", -1);
	if (step.at < 0)
		step_tell(&step, "This entry does not say when it was made.");
	if (summary->first_at == 0)
		summary->first_at = step.at;
	summary->last_at = step.at;
	if (member_number(entry, "v", 0) != 1)
		step_tell(&step, "This entry is of a version that this program does not know.");
	if (step.at >= 0)
		step.error = log_uses_time(replay->uses, step.at);
	if (step.error == STEPUP_OK)
		step_check_beside(&step);
	if (step.error != STEPUP_OK) /* the rules would go by what nothing was compared with */
		return step.error;
	rule = rule_of(log_type_of(type));
	if (rule != NULL)
		rule(&step);
	else
		step_tell(&step, "This entry is of a type that this program does not know: %s", type);
	if (step.at >= 0 && step.at < replay->lowest_at)
		replay->lowest_at = step.at;
	/* by the lowest time since the last sweep: the clock may be ahead just now */
	if (index % SWEEP_EVERY == 0) {
		forget(replay->grants, "at", replay->lowest_at - GRANTS_KEPT_SECONDS);
		forget(replay->denials, "at", replay->lowest_at - GRANTS_KEPT_SECONDS);
		forget(replay->receipts, "expires", replay->lowest_at);
		forget(replay->redeemed, "at", replay->lowest_at - RESUMED_WITHIN_SECONDS);
		/* a request is kept until its own entry ends it, which may come late */
		forget(replay->fresh, "until", replay->lowest_at);
		log_uses_sweep(replay->uses, replay->lowest_at);
		replay->lowest_at = INT64_MAX;
	}
	return step.error;
}
