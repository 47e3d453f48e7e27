/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolling a key, the end: what the key made is held against what it was asked to make, and the key must
 * be nobody's yet.
 * MUST: take nothing of a key that its own signature, or what stands beside it in the authenticator data,
 * doesn't vouch for.
 */
#include "verifier/doors/enrolment/enrolment_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/key_json.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/factors/attestation/attestation_ssh.h"
#include "verifier/factors/webauthn/key_answer.h"
#include "verifier/factors/webauthn/webauthn.h"
#include "verifier/host/clock.h"
#include "verifier/rules/policy/requirement.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* The request that is answered; NULL where none was made for that way. */
static const struct key_request *enrolment_key_finish_request_of(const struct enrolment *enrolment,
	const char *method)
{
	unsigned via = method == NULL ? 0 : method_of_name(method);

	for (size_t i = 0; via != 0 && i < ENROLMENT_WAYS; i++)
		if ((unsigned)enrolment->requests[i].via == via)
			return &enrolment->requests[i];
	return NULL;
}

/* What a WebAuthn authenticator registered, by section 7.1. The log keeps what was signed and attested. */
static enum stepup_error take_webauthn(struct finish *finish, const struct key_answer *answer,
	const char **why)
{
	const struct step_up *step_up = finish->step_up;
	const struct key_request *request = finish->request;
	const struct webauthn_registration *registration = &answer->registration;
	struct webauthn_bytes client_data = registration->client_data;
	struct webauthn_expected expected = {
		.rp_id = step_up->policy->rp_id,
		.user_verification = step_up_enrolment(step_up)->user_verification,
		.origins = (const char *const *)step_up->policy->origins,
		.algorithms = enrolment_algorithms,
		.attestation_unseen = !step_up_enrolment(step_up)->attested,
	};
	struct key_credential *key = step_up_enrolment(step_up)->credential.key;
	enum stepup_error error;

	if (request->via == VIA_SEAT) {
		client_data = (struct webauthn_bytes){
			.bytes = (const uint8_t *)request->client_data, .size = strlen(request->client_data)};
		expected.client_data = client_data;
	}
	memcpy(expected.challenge, request->challenge, DIGEST_SIZE);
	error = webauthn_register(&expected, registration, step_up->policy->trust,
		clock_wall_seconds(), key, why);
	if (error != STEPUP_OK)
		return error;
	finish->evidence =
		json_pack("{s:o, s:o}", "client_data", bytes_to_json(client_data.bytes, client_data.size),
			"attestation_object", bytes_to_json(registration->attestation_object.bytes,
				registration->attestation_object.size));
	return finish->evidence == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* What `ssh-keygen -O write-attestation` wrote when the key was made, where the client gives it: a bad one is
 * refused, one that leads nowhere says no more of the key than none. */
static enum stepup_error take_agent_attestation(struct finish *finish, const struct key_answer_agent *agent,
	const struct ssh_key *parsed, const char **why)
{
	const struct step_up *step_up = finish->step_up;
	struct byte_cursor blob = {.at = agent->attestation.bytes, .left = agent->attestation.size},
			   challenge = {.at = agent->challenge.bytes, .left = agent->challenge.size};

	if (blob.left == 0)
		return STEPUP_OK;
	return attestation_ssh_check(blob, challenge, parsed, step_up->policy->trust,
		clock_wall_seconds(), step_up_enrolment(step_up)->credential.key, why);
}

static enum stepup_error keep_agent_evidence(struct finish *finish, const struct key_answer_agent *agent)
{
	json_t *evidence =
		json_pack("{s:o}", "signature", bytes_to_json(agent->signature.bytes, agent->signature.size));

	finish->evidence = evidence;
	if (evidence != NULL && agent->attestation.size > 0 &&
	    (json_object_set_new(evidence, "attestation",
			    bytes_to_json(agent->attestation.bytes, agent->attestation.size)) != 0 ||
		    json_object_set_new(evidence, "attestation_challenge",
			    bytes_to_json(agent->challenge.bytes, agent->challenge.size)) != 0))
		return STEPUP_NO_MEMORY;
	return evidence == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* What an SSH key signed: the context, in this verifier's namespace. */
static enum stepup_error take_agent(struct finish *finish, const struct key_answer *answer, const char **why)
{
	const struct step_up *step_up = finish->step_up;
	const struct key_request *request = finish->request;
	struct key_credential *key = step_up_enrolment(step_up)->credential.key;
	const struct key_answer_agent *agent = &answer->agent;
	char namespace[KEY_NAMESPACE_SIZE];
	struct ssh_signature signature;
	struct ssh_key parsed;
	enum stepup_error error = key_namespace(step_up->policy, namespace);

	if (error == STEPUP_OK)
		error = ssh_key_parse(agent->key.bytes, agent->key.size, &parsed);
	if (error == STEPUP_OK)
		error = sshsig_check(&parsed, namespace, request->context, request->context_size,
			step_up_enrolment(step_up)->user_verification, agent->signature.bytes,
			agent->signature.size, &signature, why);
	if (error != STEPUP_OK)
		return error;
	if (strncmp(parsed.application, "ssh:", strlen("ssh:")) != 0) {
		*why = "not a key for SSH";
		return STEPUP_BAD_ANSWER;
	}
	*key = (struct key_credential){
		.algorithm = parsed.algorithm,
		.public_key_size = parsed.public_key_size,
		.counter = signature.counter,
		.user_verified = (signature.flags & FLAG_USER_VERIFIED) != 0,
	};
	memcpy(key->public_key, parsed.public_key, parsed.public_key_size);
	memcpy(key->application, parsed.application, sizeof(key->application));
	error = take_agent_attestation(finish, agent, &parsed, why);
	return error == STEPUP_OK ? keep_agent_evidence(finish, agent) : error;
}

/* Known by its maker's name, where the person gave it none. */
static void name_key(struct enrolment *enrolment)
{
	struct credential *credential = &enrolment->credential;

	if (!enrolment->labelled && credential->key->model[0] != '\0')
		memcpy(credential->label, credential->key->model, sizeof(credential->label));
}

static void enrolment_key_finish_log_refused(const struct finish *finish, const char *why)
{
	const struct log_subject about = {
		.user = finish->step_up->user, .user_id = step_up_enrolment(finish->step_up)->user_id};

	refusal_log(finish->call, &about, "stepup.enroll", STEPUP_BAD_ANSWER, why);
}

enum stepup_error enrolment_key_take(struct finish *finish, const char **field)
{
	struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	const json_t *parameters = finish->call->parameters, *object = json_object_get(parameters, "key");
	struct key_answer answer = {0};
	const char *why = NULL;
	enum stepup_error error;

	finish->request = enrolment_key_finish_request_of(enrolment, message_text(parameters, "method"));
	*field = finish->request == NULL ? "method" : message_text(parameters, "code") != NULL ? "code"
		: !json_is_object(object) ? "key" : NULL;
	if (*field != NULL)
		return STEPUP_INVALID;
	error = key_answer_parse(finish->request->via, true, object, &answer, &why);
	if (error == STEPUP_OK)
		error = finish->request->via == VIA_AGENT ? take_agent(finish, &answer, &why)
			: take_webauthn(finish, &answer, &why);
	key_answer_clear(&answer);
	if (error == STEPUP_INVALID)
		*field = "key";
	else if (error == STEPUP_BAD_ANSWER)
		enrolment_key_finish_log_refused(finish, why);
	else if (error == STEPUP_OK)
		name_key(enrolment);
	return error;
}

/* Whether what permits this enrolment permits a key as strong as this one. */
static bool is_permitted(const struct finish *finish)
{
	const struct enrolment *enrolment = step_up_enrolment(finish->step_up);

	return enrolment->invited ||
		credential_strength(finish->step_up->policy, &enrolment->credential,
			finish->now) <= enrolment->authorization.strength;
}

static enum stepup_error object(struct finish *finish, const char *sentence, const char *why)
{
	finish->objection = sentence;
	finish->why = why;
	return STEPUP_NOT_ALLOWED;
}

enum stepup_error enrolment_key_prove(struct store_session *session, struct finish *finish,
	const struct user_record *record)
{
	const struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	const struct key_credential *key = enrolment->credential.key;
	struct key_owner owner;
	enum stepup_error error = store_key_id_find(session, key, &owner);

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	if (memcmp(record->user_id, enrolment->user_id, USER_ID_SIZE) != 0)
		/* the record was made meanwhile, and the key holds another user's handle */
		return STEPUP_EXPIRED;
	if (error == STEPUP_OK)
		return object(finish, notice_text(NOTICE_KEY_KNOWN), WHY_KNOWN);
	if (policy_model_denied(finish->step_up->policy, key->aaguid))
		return object(finish, notice_text(NOTICE_MODEL_DENIED), "a model that the policy denies");
	return is_permitted(finish) ? STEPUP_OK
		: object(finish, notice_text(NOTICE_KEY_TOO_STRONG), "stronger than its step-up");
}

enum stepup_error enrolment_key_keep(struct store_session *session, const struct user_record *record,
	const struct credential *credential)
{
	struct key_owner owner = {0};

	memcpy(owner.user_id, record->user_id, USER_ID_SIZE);
	memcpy(owner.credential, credential->id, sizeof(owner.credential));
	return store_key_id_add(session, credential->key, &owner);
}
