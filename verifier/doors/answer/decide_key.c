/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision on what a key signed.
 * MUST: take it only of a live credential of this user that satisfies what is required by this way; verify it
 * against the context that was made for this way at Begin, byte for byte; let no counter stand still or fall,
 * but for questions that were open at once; throttle nobody: a guesser can't lock an owner out of a key.
 */
#include "verifier/doors/answer/decide.h"

#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "verifier/factors/webauthn/key_counter.h"
#include "verifier/rules/limits/guessing.h"

/* What a verified signature says of its key. */
struct signed_facts {
	int64_t counter;
	bool user_verified, backed_up;
};

static bool is_of_id(const struct credential *credential, const struct webauthn_bytes *id)
{
	return credential->type == CREDENTIAL_KEY && credential->key->id_size == id->size && id->size > 0 &&
		memcmp(credential->key->id, id->bytes, id->size) == 0;
}

static bool is_of_ssh_key(const struct credential *credential, const struct ssh_key *ssh)
{
	const struct key_credential *key = credential->key;

	return credential->type == CREDENTIAL_AGENT && key->algorithm == ssh->algorithm &&
		key->public_key_size == ssh->public_key_size &&
		memcmp(key->public_key, ssh->public_key, ssh->public_key_size) == 0 &&
		strcmp(key->application, ssh->application) == 0;
}

/* Notes what the owner calls the keys that would have done. */
static void note_keys(struct decision *decision)
{
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	const struct user_record *record = decision->record;

	json_decref(decided->keys);
	decided->keys = json_array();
	for (size_t i = 0; i < record->credential_count; i++)
		if ((credential_methods(step_up->policy, &asked->question->requirement,
				    &record->credentials[i], decided->now) & given->method) != 0)
			/* one that is missing is no harm */
			(void)json_array_append_new(decided->keys, json_string(record->credentials[i].label));
}

/* The credential that the answer names, `ssh` for an agent's; NULL with the reason where it won't do. */
static struct credential *decide_key_find_credential(struct decision *decision, const struct ssh_key *ssh)
{
	const struct answer_given *given = decision->given;
	const struct answer_decided *decided = decision->decided;
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	struct user_record *record = decision->record;
	struct credential *found = NULL;

	for (size_t i = 0; found == NULL && i < record->credential_count; i++) {
		struct credential *credential = &record->credentials[i];

		if (ssh != NULL ? is_of_ssh_key(credential, ssh)
		    : is_of_id(credential, &given->key.assertion.id))
			found = credential;
	}
	if (found == NULL) {
		decision->why = "not a key of this user";
		note_keys(decision);
	} else if (found->state != CREDENTIAL_LIVE)
		decision->why = "revoked key";
	else if ((credential_methods(step_up->policy, &asked->question->requirement, found,
			    decided->now) & given->method) == 0)
		decision->why = "key too weak, or by another way";
	else
		return found;
	return NULL;
}

static bool add_bytes(json_t *object, const char *name, const void *bytes, size_t size)
{
	char *text = base64url_encode_new(bytes, size);
	bool added = text != NULL && json_object_set_new(object, name, json_string(text)) == 0;

	free(text);
	return added;
}

/* --- browser and seat --- */

static json_t *assertion_evidence(const struct webauthn_assertion *assertion,
	const struct webauthn_bytes *client_data)
{
	json_t *evidence = json_object();

	if (evidence != NULL &&
	    (!add_bytes(evidence, "authenticator_data", assertion->authenticator_data.bytes,
			    assertion->authenticator_data.size) ||
		    !add_bytes(evidence, "client_data", client_data->bytes, client_data->size) ||
		    !add_bytes(evidence, "signature", assertion->signature.bytes,
			    assertion->signature.size))) {
		json_decref(evidence);
		evidence = NULL;
	}
	return evidence;
}

static enum stepup_error decide_key_check_assertion(struct decision *decision,
	const struct key_request *request, struct signed_facts *facts)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	const struct webauthn_assertion *assertion = &decision->given->key.assertion;
	struct webauthn_expected expected = {
		.rp_id = step_up->policy->rp_id,
		.user_verification = asked->question->requirement.pin,
		.origins = (const char *const *)step_up->policy->origins,
		.user_handle = {decision->record->user_id, USER_ID_SIZE},
	};
	struct webauthn_assertion_result result = {0};
	enum stepup_error error;

	decision->credential = decide_key_find_credential(decision, NULL);
	if (decision->credential == NULL)
		return STEPUP_BAD_ANSWER;
	memcpy(expected.challenge, request->challenge, DIGEST_SIZE);
	if (request->client_data != NULL)
		expected.client_data = (struct webauthn_bytes){(const uint8_t *)request->client_data,
			strlen(request->client_data)};
	error = webauthn_assert(&expected, assertion, decision->credential->key, &result, &decision->why);
	if (error != STEPUP_OK)
		return error;
	*facts = (struct signed_facts){result.counter, result.user_verified, result.backed_up};
	decision->proof.evidence = assertion_evidence(assertion,
		request->client_data == NULL ? &assertion->client_data : &expected.client_data);
	return decision->proof.evidence == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* --- agent --- */

static enum stepup_error decide_key_check_agent(struct decision *decision, const struct key_request *request,
	struct signed_facts *facts)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	const struct key_answer_agent *answer = &decision->given->key.agent;
	struct ssh_signature signature = {0};
	struct ssh_key ssh = {0};
	char namespace[SSH_NAMESPACE_SIZE];
	json_t *evidence;
	enum stepup_error error = ssh_key_parse(answer->key.bytes, answer->key.size, &ssh);

	if (error != STEPUP_OK) {
		decision->why = "no SSH security key";
		return error;
	}
	decision->credential = decide_key_find_credential(decision, &ssh);
	if (decision->credential == NULL)
		return STEPUP_BAD_ANSWER;
	error = sshsig_namespace(step_up->policy->issuer, namespace);
	if (error == STEPUP_OK)
		error = sshsig_check(&ssh, namespace, request->context, request->context_size,
			asked->question->requirement.pin, answer->signature.bytes,
			answer->signature.size, &signature, &decision->why);
	if (error != STEPUP_OK)
		return error;
	*facts = (struct signed_facts){
		.counter = signature.counter,
		.user_verified = (signature.flags & FLAG_USER_VERIFIED) != 0,
	};
	decision->proof.evidence = evidence = json_object();
	return evidence != NULL &&
		add_bytes(evidence, "signature", answer->signature.bytes, answer->signature.size) ? STEPUP_OK
		: STEPUP_NO_MEMORY;
}

/* --- both --- */

/* WebAuthn section 7.2 step 22, for both kinds. A counter that does not rise says that the key was copied. */
static enum stepup_error look_at_counter(struct decision *decision, const struct signed_facts *facts)
{
	struct log_key_proof *proof = &decision->proof;
	int64_t before;

	switch (key_counter_judge(decision->credential->key, facts->counter,
		    decision->asked->user_version, &before)) {
	case COUNTER_LATE:
		proof->late = true;
		proof->counter = facts->counter;
		proof->counter_before = before;
		return STEPUP_OK;
	case COUNTER_ROSE:
		return STEPUP_OK;
	case COUNTER_ABSENT:
		if (!decision->step_up->policy->require_counter)
			return STEPUP_OK;
		decision->why = "no counter";
		return STEPUP_BAD_ANSWER;
	case COUNTER_FELL:
		break;
	}
	decision->why = "counter fell";
	decision->alert = "counter-fell";
	return STEPUP_BAD_ANSWER;
}

/* A key that signed, and is of another kind by its own word than it was. */
static void look_at_backup(struct decision *decision)
{
	if (decision->why == NULL || strcmp(decision->why, NOTICE_WHY_BACKUP) != 0)
		return;
	decision->alert = "key-changed";
	if (!decision->asked->quiet)
		decision->decided->sentence = notice_text(NOTICE_KEY_CHANGED);
}

enum stepup_error decide_key(struct decision *decision)
{
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;
	const struct key_request *request = question_request(decision->asked->question, given->method);
	struct signed_facts facts = {0};
	enum stepup_error error;

	if (request == NULL)
		return STEPUP_INTERNAL;
	decision->charged = true;
	decision->why = hopeless_because(decision);
	if (decision->why != NULL)
		return STEPUP_BAD_ANSWER;
	error = request->via == VIA_AGENT ? decide_key_check_agent(decision, request, &facts)
		: decide_key_check_assertion(decision, request, &facts);
	if (error == STEPUP_INVALID)
		error = STEPUP_BAD_ANSWER;
	if (error == STEPUP_BAD_ANSWER)
		look_at_backup(decision);
	if (error == STEPUP_OK)
		error = look_at_counter(decision, &facts);
	if (error != STEPUP_OK)
		return error;
	decision->proof.via = request->via;
	decision->proof.user_verified = facts.user_verified;
	key_counter_accept(decision->credential->key, facts.counter, decision->record->version);
	decision->credential->key->backed_up = facts.backed_up;
	guess_key_succeeded(&decision->record->guesses, decision->asked->source, decided->now);
	return STEPUP_OK;
}
