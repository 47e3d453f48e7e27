/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs about who may have credentials.
 * MUST: make the first invitation for root alone, and only until somebody has enrolled with it; keep only the
 * digest of an invitation.
 */
#include "verifier/doors/admin/invite_verbs.h"
#include "verifier/doors/approvals/request_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/first_day.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/account.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

struct invite_verb {
	struct verb verb;
	bool again;     /* init, though somebody has enrolled */
	bool excused;   /* what the invitation enrols needn't cool off */
	bool stranger;  /* this host has no account of the user's name */
	bool powerless; /* no rule of the policy lets the user administer */
	char invitation[INVITATION_TEXT_SIZE];
	int64_t expires;
};

/* Stores a fresh invitation; an older one of the user's is void from now on. */
static enum stepup_error add_invitation(struct store_session *session, struct invite_verb *invite)
{
	const struct verb *verb = &invite->verb;
	struct invitation invitation = {
		.expires = verb->now + INVITATION_TTL_SECONDS, .first = !verb->authorized};
	enum stepup_error error = invitation_make(invite->invitation);

	if (error == STEPUP_OK)
		error = invitation_digest(invite->invitation, invitation.digest);
	if (error != STEPUP_OK)
		return error;
	if (verb->authorized)
		error = first_day_holds(session, verb->authorization.user_id, verb->now, &invitation.excused);
	if (error != STEPUP_OK)
		return error;
	invite->excused = invitation.excused;
	invite->expires = invitation.expires;
	snprintf(invitation.user, sizeof(invitation.user), "%s", verb->user);
	snprintf(invitation.by, sizeof(invitation.by), "%s", verb->actor.by);
	error = store_invitation_void(session, verb->user, false, NULL);
	return error == STEPUP_OK ? store_invitation_add(session, &invitation) : error;
}

/* Whom the host and the policy know. Where nobody could say, nothing is said: it refuses nothing. */
static void invited_named(struct verb *verb, const struct subject *subject)
{
	struct invite_verb *invite = (struct invite_verb *)verb;

	invite->stranger = subject->uid < 0 && !subject->silent;
	invite->powerless = !subject->silent && !policy_may_administer(verb->verifier->policy, &subject->who);
	verb_submit(verb);
}

static char *invited_message(const struct invite_verb *invite, bool administrator)
{
	return notice_invited(&(struct invited_facts){
		.user = invite->verb.user,
		.hours = INVITATION_TTL_SECONDS / 3600,
		.stranger = invite->stranger,
		.excused = invite->excused,
		.powerless_in = administrator && invite->powerless ? invite->verb.verifier->policy : NULL,
	});
}

/* --- the first one --- */

static enum stepup_error init_work(struct store_session *session, struct verb *verb)
{
	struct invite_verb *invite = (struct invite_verb *)verb;
	char initialised[8] = "";
	enum stepup_error error = store_fact_get(session, FACT_INITIALISED, initialised, sizeof(initialised));

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	if (error == STEPUP_OK && initialised[0] != '\0' && !invite->again) {
		verb->objection = notice_text(NOTICE_INITIALISED);
		verb->why = "init, and somebody has enrolled";
		return STEPUP_NOT_ALLOWED;
	}
	error = invite->again ? first_day_end(session) : STEPUP_OK;
	if (error == STEPUP_OK)
		error = add_invitation(session, invite);
	if (error != STEPUP_OK)
		return error;
	return verb_log(session, verb,
		log_entry_init(verb->now, verb->user, invite->expires, invite->again));
}

static void init_reply(struct verb *verb)
{
	const struct invite_verb *invite = (const struct invite_verb *)verb;
	char *message = invited_message(invite, true);

	call_reply(verb->call, json_pack("{s:s, s:I, s:s, s:s}", "invitation", invite->invitation,
			"expires", (json_int_t)invite->expires, "log_key", verb->verifier->log_key,
			"message", message));
	free(message);
}

static const struct verb_kind init_kind = {
	.size = sizeof(struct invite_verb),
	.named = invited_named,
	.work = init_work,
	.reply = init_reply,
};

void invite_verbs_init(struct call *call)
{
	const char *user = message_text(call->parameters, "user");
	struct invite_verb *invite;

	if (call->peer.uid != 0) {
		const struct log_subject about = {.user = user};
		const struct words_facts words = {.user = user, .action = "stepup.init"};

		refusal_log(call, &about, NULL, STEPUP_NOT_ALLOWED, "init by another than root");
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	invite = verb_new(call, &init_kind);
	if (invite == NULL)
		return;
	snprintf(invite->verb.by, sizeof(invite->verb.by), "%s", "root");
	invite->again = message_bool(call->parameters, "again", false);
	verb_about(&invite->verb, SUBJECT_ANYWAY, NULL);
}

/* --- further ones --- */

static enum stepup_error invite_work(struct store_session *session, struct verb *verb)
{
	struct invite_verb *invite = (struct invite_verb *)verb;
	enum stepup_error error = add_invitation(session, invite);

	if (error != STEPUP_OK)
		return error;
	return verb_log(session, verb,
		log_entry_invite(verb->now, verb->user, invite->expires, &verb->actor));
}

static void invite_reply(struct verb *verb)
{
	const struct invite_verb *invite = (const struct invite_verb *)verb;
	char *message = invited_message(invite, false);

	call_reply(verb->call, json_pack("{s:s, s:I, s:s}", "invitation", invite->invitation,
			"expires", (json_int_t)invite->expires, "message", message));
	free(message);
}

static const struct verb_kind invite_kind = {
	.action = "stepup.invite",
	.size = sizeof(struct invite_verb),
	.named = invited_named,
	.work = invite_work,
	.reply = invite_reply,
};

void invite_verbs_invite(struct call *call)
{
	struct verb *verb = verb_new(call, &invite_kind);

	if (verb != NULL)
		verb_about(verb, SUBJECT_ANYWAY,
			json_pack("{s:s}", "user", message_text(call->parameters, "user")));
}

/* --- revocation --- */

struct revoke_verb {
	struct verb verb;
	char credential[CREDENTIAL_ID_SIZE]; /* "" for all */
	int64_t count, left;                 /* revoked, and live still */
};

static enum stepup_error revoke_one(struct store_session *session, struct revoke_verb *revoke,
	struct user_record *record, struct credential *credential, int64_t invitations)
{
	struct verb *verb = &revoke->verb;
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	enum stepup_error error = credential_bury(verb->verifier->store, record, credential, verb->now);

	if (error != STEPUP_OK)
		return error;
	revoke->count++;
	error = verb_log(session, verb,
		log_entry_revoke(verb->now, &subject, credential->id, &verb->actor, invitations));
	return error == STEPUP_OK
		? requests_void(session, record->user_id, credential->id, REQUEST_CREDENTIAL_GONE, verb->now)
		: error;
}

static enum stepup_error revoke_theirs(struct store_session *session, struct revoke_verb *revoke,
	struct user_record *record, int64_t invitations)
{
	const bool all = revoke->credential[0] == '\0';
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < record->credential_count; i++) {
		struct credential *credential = &record->credentials[i];

		if (credential->state == CREDENTIAL_LIVE &&
		    (all || strcmp(revoke->credential, credential->id) == 0))
			error = revoke_one(session, revoke, record, credential, invitations);
	}
	revoke->left = (int64_t)user_record_live_count(record);
	return error == STEPUP_OK && revoke->count > 0 ? store_user_save(session, record) : error;
}

/* Nothing of theirs was revoked: so many invitations went, or there is nothing to revoke. */
static enum stepup_error revoke_nothing(struct store_session *session, struct verb *verb,
	const struct user_record *record, int64_t invitations)
{
	if (invitations > 0)
		return verb_log(session, verb,
			log_entry_withdraw(verb->now, verb->user, invitations, &verb->actor));
	verb->objection = record != NULL ? notice_text(NOTICE_NO_SUCH_CREDENTIAL)
		: verb->silent ? notice_text(NOTICE_DIRECTORY_SILENT) : notice_text(NOTICE_NOBODY);
	return STEPUP_NOT_FOUND;
}

/* Somebody who has enrolled nothing may have an invitation. */
static enum stepup_error revoke_work(struct store_session *session, struct verb *verb)
{
	struct revoke_verb *revoke = (struct revoke_verb *)verb;
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->user, &record);
	int64_t invitations = -1;

	revoke->count = revoke->left = 0;
	if (error == STEPUP_NOT_FOUND)
		error = STEPUP_OK;
	if (error == STEPUP_OK && revoke->credential[0] == '\0')
		error = store_invitation_void(session, verb->user, false, &invitations);
	if (error == STEPUP_OK && record != NULL)
		error = revoke_theirs(session, revoke, record, invitations);
	if (error == STEPUP_OK && revoke->count == 0)
		error = revoke_nothing(session, verb, record, invitations);
	user_record_free(&record);
	return error;
}

static void revoke_reply(struct verb *verb)
{
	const struct revoke_verb *revoke = (const struct revoke_verb *)verb;
	char *message = revoke->count > 0 ? notice_revoked(verb->user, revoke->count, revoke->left)
		: notice_withdrawn(verb->user);

	step_ups_end_user(verb->verifier->step_ups, verb->user);
	request_changes_tell(verb->verifier, INT64_MAX);
	call_reply(verb->call, json_pack("{s:I, s:I, s:s}", "revoked", (json_int_t)revoke->count,
			"log", (json_int_t)verb->log, "message", message));
	free(message);
}

static const struct verb_kind revoke_kind = {
	.action = "stepup.revoke",
	.size = sizeof(struct revoke_verb),
	.work = revoke_work,
	.reply = revoke_reply,
};

void invite_verbs_revoke(struct call *call)
{
	const char *user = message_text(call->parameters, "user"),
		*credential = message_text(call->parameters, "credential");
	struct revoke_verb *revoke = verb_new(call, &revoke_kind);

	if (revoke == NULL)
		return;
	if (credential != NULL)
		snprintf(revoke->credential, sizeof(revoke->credential), "%s", credential);
	verb_about(&revoke->verb, SUBJECT_ANYWAY,
		json_pack("{s:s, s:s}", "user", user, "credential", credential == NULL ? "all" : credential));
}
