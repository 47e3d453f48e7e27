/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reload, in two verbs: one looks in the queue whether it may be, and the other writes down that it was.
 */
#include "verifier/doors/admin/reload_verb.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "verifier/doors/standing/powerless.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

#define WARNINGS_TOLD 64

struct reload_verb {
	struct verb verb;
	uint8_t digest[DIGEST_SIZE]; /* of the policy */
};

static json_t *warnings_to_json(char *const *texts)
{
	json_t *list = json_array();

	for (; texts != NULL && *texts != NULL && json_array_size(list) < WARNINGS_TOLD; texts++)
		if (json_array_append_new(list, json_string(*texts)) != 0)
			break;
	return list;
}

/* Only what came into force is logged. The policy is replaced before this runs, which is the safe order: an
 * entry that can't be written leaves a stricter or looser policy as SIGHUP would have, and Unavailable says
 * that something is wrong. */
static enum stepup_error reload_work(struct store_session *session, struct verb *verb)
{
	const struct reload_verb *reload = (const struct reload_verb *)verb;

	return verb_log(session, verb, log_entry_policy(verb->now, reload->digest, &verb->actor));
}

static void reload_reply(struct verb *verb)
{
	const struct policy *policy = verb->verifier->policy;
	char name[BASE64URL_LENGTH(DIGEST_SIZE) + 1];
	json_t *warnings = warnings_to_json(policy->warnings),
		*powerless = powerless_list(verb->verifier, policy);

	if (powerless != NULL)
		(void)json_array_extend(warnings, powerless);
	json_decref(powerless);
	base64url_encode(policy->digest, DIGEST_SIZE, name);
	call_reply(verb->call, json_pack("{s:s, s:o}", "policy", name, "warnings", warnings));
}

static const struct verb_kind reload_kind = {
	.action = "stepup.reload",
	.size = sizeof(struct reload_verb),
	.is_carried_out = true,
	.work = reload_work,
	.reply = reload_reply,
};

/* A mistake stays one however often it is tried; whether there is memory may be otherwise next time. */
static void refuse_reload(struct call *call, enum stepup_error error, const char *why)
{
	const char *said = why == NULL ? stepup_error_text(error) : why;
	char *sentence = notice_not_reloaded(said);

	refuse_saying(call, error == STEPUP_NO_MEMORY ? STEPUP_UNAVAILABLE : STEPUP_NOT_ALLOWED,
		sentence == NULL ? said : sentence);
	free(sentence);
}

static enum stepup_error nothing_more(struct store_session *session, struct verb *verb)
{
	(void)session;
	(void)verb;
	return STEPUP_OK;
}

/* Permitted in the queue, behind all that was decided before; carried out now, and then written down. */
static void reload_permitted(struct verb *permitted)
{
	struct call *call = permitted->call;
	struct reload_verb *reload = verb_new(call, &reload_kind);
	struct verb *verb = reload == NULL ? NULL : &reload->verb;
	enum stepup_error error;
	char *why = NULL;

	if (verb == NULL)
		return;
	error = verifier_reload(call->verifier, &why);
	if (error != STEPUP_OK) {
		refuse_reload(call, error, why);
		verb_free(&verb);
	} else {
		memcpy(reload->digest, call->verifier->policy->digest, DIGEST_SIZE);
		verb->authorization = permitted->authorization;
		verb->authorized = true;
		verb_submit(verb);
	}
	free(why);
}

static const struct verb_kind permission_kind = {
	.action = "stepup.reload",
	.size = sizeof(struct verb),
	.work = nothing_more,
	.reply = reload_permitted,
};

void reload_verb(struct call *call)
{
	struct verb *verb = verb_new(call, &permission_kind);

	if (verb != NULL && verb_authorize(verb, json_object()))
		verb_submit(verb);
}
