/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs about who may have credentials.
 * MUST: make the first invitation for root alone, and only until somebody has enrolled with it; keep only the
 * digest of an invitation.
 */
#include "verifier/doors/admin/invite_verbs.h"
#include "verifier/doors/approvals/request_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/first_day.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/account.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* Stores a fresh invitation; an older one of the user's is void from now on. */
static enum stepup_error add_invitation(struct store_session *session, struct verb_job *job)
{
	struct invitation invitation = {
		.expires = job->now + INVITATION_TTL_SECONDS, .first = !job->authorized};
	enum stepup_error error = invitation_make(job->invitation);

	if (error == STEPUP_OK)
		error = invitation_digest(job->invitation, invitation.digest);
	if (error != STEPUP_OK)
		return error;
	if (job->authorized)
		error = first_day_holds(session, job->authorization.user_id, job->now, &invitation.excused);
	if (error != STEPUP_OK)
		return error;
	job->excused = invitation.excused;
	job->expires = invitation.expires;
	snprintf(invitation.user, sizeof(invitation.user), "%s", job->user);
	snprintf(invitation.by, sizeof(invitation.by), "%s", job->actor.by);
	error = store_invitation_void(session, job->user, false, NULL);
	return error == STEPUP_OK ? store_invitation_add(session, &invitation) : error;
}

/* Whom the host and the policy know. Where nobody could say, nothing is said: it refuses nothing. */
static void invited_named(struct verb_job *job, const struct subject *subject)
{
	job->stranger = subject->uid < 0 && !subject->silent;
	job->powerless = !subject->silent && !policy_may_administer(job->verifier->policy, &subject->who);
	verb_job_submit(job);
}

static char *invited_message(const struct verb_job *job, bool administrator)
{
	return notice_invited(&(struct invited_facts){
		.user = job->user,
		.hours = INVITATION_TTL_SECONDS / 3600,
		.stranger = job->stranger,
		.excused = job->excused,
		.powerless_in = administrator && job->powerless ? job->verifier->policy : NULL,
	});
}

/* --- the first one --- */

static enum stepup_error init_work(struct store_session *session, struct verb_job *job)
{
	char initialised[8] = "";
	enum stepup_error error = store_fact_get(session, FACT_INITIALISED, initialised, sizeof(initialised));

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	if (error == STEPUP_OK && initialised[0] != '\0' && !job->again) {
		job->objection = notice_initialised();
		job->why = "init, and somebody has enrolled";
		return STEPUP_NOT_ALLOWED;
	}
	error = job->again ? first_day_end(session) : STEPUP_OK;
	if (error == STEPUP_OK)
		error = add_invitation(session, job);
	if (error != STEPUP_OK)
		return error;
	return verb_job_log(session, job, log_entry_init(job->now, job->user, job->expires, job->again));
}

static void init_reply(struct verb_job *job)
{
	char *message = invited_message(job, true);

	call_reply(job->call, json_pack("{s:s, s:I, s:s, s:s}", "invitation", job->invitation,
			"expires", (json_int_t)job->expires, "log_key", job->verifier->log_key,
			"message", message));
	free(message);
}

void inviting_init(struct call *call)
{
	const char *user = message_text(call->parameters, "user");
	struct verb_job *job;

	if (call->peer.uid != 0) {
		const struct log_subject about = {.user = user};
		const struct words_facts words = {.user = user, .action = "stepup.init"};

		refusal_log(call, &about, NULL, STEPUP_NOT_ALLOWED, "init by another than root");
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	job = verb_job_new(call, NULL);
	if (job == NULL)
		return;
	snprintf(job->by, sizeof(job->by), "%s", "root");
	job->again = message_bool(call->parameters, "again", false);
	job->work = init_work;
	job->reply = init_reply;
	verb_job_about(job, SUBJECT_ANYWAY, NULL, invited_named);
}

/* --- further ones --- */

static enum stepup_error invite_work(struct store_session *session, struct verb_job *job)
{
	enum stepup_error error = add_invitation(session, job);

	if (error != STEPUP_OK)
		return error;
	return verb_job_log(session, job, log_entry_invite(job->now, job->user, job->expires, &job->actor));
}

static void invite_reply(struct verb_job *job)
{
	char *message = invited_message(job, false);

	call_reply(job->call, json_pack("{s:s, s:I, s:s}", "invitation", job->invitation,
			"expires", (json_int_t)job->expires, "message", message));
	free(message);
}

void inviting_invite(struct call *call)
{
	struct verb_job *job = verb_job_new(call, "stepup.invite");

	if (job == NULL)
		return;
	job->work = invite_work;
	job->reply = invite_reply;
	verb_job_about(job, SUBJECT_ANYWAY,
		json_pack("{s:s}", "user", message_text(call->parameters, "user")), invited_named);
}

/* --- revocation --- */

static enum stepup_error revoke_one(struct store_session *session, struct verb_job *job,
	struct user_record *record, struct credential *credential, int64_t invitations)
{
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	enum stepup_error error = credential_bury(job->verifier->store, record, credential, job->now);

	if (error != STEPUP_OK)
		return error;
	job->count++;
	error = verb_job_log(session, job,
		log_entry_revoke(job->now, &subject, credential->id, &job->actor, invitations));
	return error == STEPUP_OK
		? requests_void(session, record->user_id, credential->id, REQUEST_CREDENTIAL_GONE, job->now)
		: error;
}

static enum stepup_error revoke_theirs(struct store_session *session, struct verb_job *job,
	struct user_record *record, int64_t invitations)
{
	const bool all = job->target[0] == '\0';
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < record->credential_count; i++) {
		struct credential *credential = &record->credentials[i];

		if (credential->state == CREDENTIAL_LIVE && (all || strcmp(job->target, credential->id) == 0))
			error = revoke_one(session, job, record, credential, invitations);
	}
	job->left = (int64_t)user_record_live_count(record);
	return error == STEPUP_OK && job->count > 0 ? store_user_save(session, record) : error;
}

/* Somebody who has enrolled nothing may have an invitation. */
static enum stepup_error revoke_work(struct store_session *session, struct verb_job *job)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->user, &record);
	int64_t invitations = -1;

	job->count = job->left = 0;
	if (error == STEPUP_NOT_FOUND)
		error = STEPUP_OK;
	if (error == STEPUP_OK && job->target[0] == '\0')
		error = store_invitation_void(session, job->user, false, &invitations);
	if (error == STEPUP_OK && record != NULL)
		error = revoke_theirs(session, job, record, invitations);
	if (error == STEPUP_OK && job->count == 0 && invitations > 0) {
		error = verb_job_log(session, job,
			log_entry_withdraw(job->now, job->user, invitations, &job->actor));
	} else if (error == STEPUP_OK && job->count == 0) {
		job->objection = record != NULL ? notice_no_such_credential()
			: job->silent ? notice_directory_silent() : notice_nobody();
		error = STEPUP_NOT_FOUND;
	}
	user_record_free(&record);
	return error;
}

static void revoke_reply(struct verb_job *job)
{
	char *message = job->count > 0 ? notice_revoked(job->user, job->count, job->left)
		: notice_withdrawn(job->user);

	step_ups_end_user(job->verifier->step_ups, job->user);
	approving_changed(job->verifier, INT64_MAX);
	call_reply(job->call, json_pack("{s:I, s:I, s:s}", "revoked", (json_int_t)job->count,
			"log", (json_int_t)job->log, "message", message));
	free(message);
}

static void revoke_named(struct verb_job *job, const struct subject *subject)
{
	(void)subject;
	verb_job_submit(job);
}

void inviting_revoke(struct call *call)
{
	const char *user = message_text(call->parameters, "user"),
		*credential = message_text(call->parameters, "credential");
	struct verb_job *job = verb_job_new(call, "stepup.revoke");

	if (job == NULL)
		return;
	if (credential != NULL)
		snprintf(job->target, sizeof(job->target), "%s", credential);
	job->work = revoke_work;
	job->reply = revoke_reply;
	verb_job_about(job, SUBJECT_ANYWAY,
		json_pack("{s:s, s:s}", "user", user, "credential", credential == NULL ? "all" : credential),
		revoke_named);
}
