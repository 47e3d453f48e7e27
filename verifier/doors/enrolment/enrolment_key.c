/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolling a key, the beginning: which ways it can come by, and what it is asked to make on each of them.
 */
#include "verifier/doors/enrolment/enrolment_kinds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "verifier/doors/calls/key_json.h"
#include "verifier/doors/calls/reach.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* What a new key may be, in the order in which it is asked for. */
const int enrolment_algorithms[] = {KEY_ES256, KEY_EDDSA, KEY_RS256, 0};

/* None of the parameters that describe codes. */
static const char *key_read(const json_t *parameters, struct enrolment *enrolment)
{
	static const char *const codes_own[] = {"secret", "algorithm", "digits", "period", "counter"};
	struct credential *credential = &enrolment->credential;

	for (size_t i = 0; i < sizeof(codes_own) / sizeof(codes_own[0]); i++)
		if (json_object_get(parameters, codes_own[i]) != NULL &&
		    !json_is_null(json_object_get(parameters, codes_own[i])))
			return codes_own[i];
	enrolment->labelled = credential->label[0] != '\0';
	if (!enrolment->labelled)
		strcpy(credential->label, credential->type == CREDENTIAL_AGENT ? "SSH key" : "Security key");
	return NULL;
}

static bool key_check(struct call *call, const struct subject *subject, struct enrolment *enrolment)
{
	struct credential *credential = &enrolment->credential;
	const struct policy *policy = call->verifier->policy;
	bool fresh; /* nothing is, for an enrolment */
	unsigned reach;

	if (!reach_of(call, &reach, &fresh)) {
		call_invalid(call, "reach");
		return false;
	}
	enrolment->ways = reach & (credential->type == CREDENTIAL_AGENT ? (unsigned)VIA_AGENT
		: (unsigned)VIA_BROWSER | VIA_SEAT);
	if (policy->origins[0] == NULL)
		enrolment->ways &= ~(unsigned)VIA_BROWSER;
	enrolment->attested = policy_wants_attestation(policy, &subject->who);
	credential->key = calloc(1, sizeof(*credential->key));
	if (credential->key == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return false;
	}
	if (enrolment->ways == 0) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_KEY_OUT_OF_REACH));
		return false;
	}
	/* The record that enrolment_finish.c will add to: this one, or one to be made. */
	if (subject->record != NULL) {
		memcpy(enrolment->user_id, subject->record->user_id, USER_ID_SIZE);
	} else if (getrandom(enrolment->user_id, USER_ID_SIZE, 0) != USER_ID_SIZE) {
		refuse(call, STEPUP_INTERNAL, NULL);
		return false;
	}
	return true;
}

/* --- what is signed --- */

static enum stepup_error make_action(struct step_up *step_up)
{
	struct enrolment *enrolment = step_up_enrolment(step_up);
	const struct detail_spec *specs;
	json_t *details = json_pack("{s:s}", "type", credential_type_name(enrolment->credential.type));
	char bad[DETAIL_NAME_SIZE];
	size_t count;
	enum stepup_error error;

	policy_details(policy_rule(step_up->policy, "stepup.enroll"), "stepup.enroll", &specs, &count);
	error = details == NULL ? STEPUP_NO_MEMORY
		: action_parse("stepup.enroll", details, specs, count, &enrolment->action, bad);
	json_decref(details);
	return error;
}

/* A context for each way, all with one nonce. */
static enum stepup_error make_requests(struct step_up *step_up)
{
	static const enum via all[] = {VIA_BROWSER, VIA_SEAT, VIA_AGENT};
	struct enrolment *enrolment = step_up_enrolment(step_up);
	uint8_t nonce[CONTEXT_NONCE_SIZE];
	struct context_facts facts = {
		.purpose = "enrol",
		.policy = step_up->policy,
		.caller = step_up->caller,
		.user = step_up->user,
		.user_id = enrolment->user_id,
		.rule = policy_rule(step_up->policy, "stepup.enroll"),
		.require = FACTOR_KEY,
		.pin = enrolment->user_verification,
		.prompt = enrolment->prompt,
		.commitment = enrolment->commitment,
		.nonce = nonce,
		.iat = clock_wall_seconds(),
	};
	enum stepup_error error = STEPUP_OK;

	facts.exp = facts.iat + ENROLMENT_TTL_SECONDS;
	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
		return STEPUP_INTERNAL;
	for (size_t i = 0; error == STEPUP_OK && i < sizeof(all) / sizeof(all[0]); i++)
		if ((enrolment->ways & all[i]) != 0)
			error = key_request_make(&facts, all[i], &enrolment->requests[i]);
	return error;
}

static enum stepup_error enrolment_key_prepare(struct step_up *step_up)
{
	struct enrolment *enrolment = step_up_enrolment(step_up);
	enum stepup_error error = make_action(step_up);

	if (error == STEPUP_OK)
		error = context_commit(enrolment->action, enrolment->salt, enrolment->commitment);
	if (error != STEPUP_OK)
		return error;
	enrolment->user_verification = policy_rule(step_up->policy, "stepup.enroll")->pin;
	enrolment->prompt =
		notice_enrol_prompt(step_up->user, enrolment->credential.label, NOTICE_PROOF_TOUCH);
	return enrolment->prompt == NULL ? STEPUP_NO_MEMORY : make_requests(step_up);
}

/* --- how it is asked for --- */

static json_t *rp_to_json(const struct policy *policy)
{
	char name[256];

	policy_issuer_name(policy, name, sizeof(name));
	return json_pack("{s:s, s:s}", "id", policy->rp_id, "name", name);
}

static json_t *user_to_json(const struct step_up *step_up)
{
	return json_pack("{s:o, s:s, s:s}",
		"id", bytes_to_json(step_up_enrolment(step_up)->user_id, USER_ID_SIZE), "name", step_up->user,
		"displayName", step_up->user);
}

/* Makes an array of what `one` gives for each live WebAuthn credential. */
static json_t *each_live_key(const struct user_record *record,
	json_t *(*one)(const struct key_credential *key))
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && record != NULL && i < record->credential_count; i++) {
		const struct credential *credential = &record->credentials[i];

		if (credential->type != CREDENTIAL_KEY || credential->state != CREDENTIAL_LIVE)
			continue;
		if (json_array_append_new(list, one(credential->key)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *id_of(const struct key_credential *key)
{
	return bytes_to_json(key->id, key->id_size);
}

/* Public key parameters, or with `type` NULL the numbers alone. */
static json_t *algorithms_to_json(const char *type)
{
	json_t *list = json_array();

	for (const int *algorithm = enrolment_algorithms; list != NULL && *algorithm != 0; algorithm++) {
		json_t *one = type == NULL ? json_integer(*algorithm)
			: json_pack("{s:s, s:i}", "type", type, "alg", *algorithm);

		if (json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* PublicKeyCredentialCreationOptionsJSON, WebAuthn section 5.4. */
static json_t *enrolment_key_browser_request(const struct step_up *step_up,
	const struct key_request *request, const struct user_record *record)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:{s:s, s:s}, s:s}",
		"rp", rp_to_json(step_up->policy), "user", user_to_json(step_up),
		"challenge", bytes_to_json(request->challenge, DIGEST_SIZE),
		"pubKeyCredParams", algorithms_to_json("public-key"),
		"timeout", (json_int_t)ENROLMENT_TTL_SECONDS * 1000,
		"excludeCredentials", each_live_key(record, key_descriptor),
		"authenticatorSelection", "residentKey", "discouraged", "userVerification",
		step_up_enrolment(step_up)->user_verification ? "required" : "preferred", "attestation",
		step_up_enrolment(step_up)->attested ? "direct" : "none");
}

static json_t *enrolment_key_seat_request(const struct step_up *step_up,
	const struct key_request *request, const struct user_record *record)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:b}", "rp", rp_to_json(step_up->policy),
		"user", user_to_json(step_up), "client_data", request->client_data,
		"algorithms", algorithms_to_json(NULL), "exclude", each_live_key(record, id_of),
		"user_verification", step_up_enrolment(step_up)->user_verification);
}

static json_t *enrolment_key_agent_request(const struct step_up *step_up,
	const struct key_request *request, const struct user_record *record)
{
	char namespace[KEY_NAMESPACE_SIZE];

	(void)record;
	if (key_namespace(step_up->policy, namespace) != STEPUP_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:b}", "namespace", namespace, "message", request->context,
		"user_verification", step_up_enrolment(step_up)->user_verification);
}

static json_t *key_reply(const struct subject *subject, struct step_up *step_up)
{
	static const struct {
		const char *member;
		json_t *(*make)(const struct step_up *step_up, const struct key_request *request,
			const struct user_record *record);
	} ways[ENROLMENT_WAYS] = {{"browser", enrolment_key_browser_request},
		{"seat", enrolment_key_seat_request}, {"agent", enrolment_key_agent_request}};
	const struct enrolment *enrolment = step_up_enrolment(step_up);
	json_t *reply;

	if (enrolment_key_prepare(step_up) != STEPUP_OK)
		return NULL;
	reply = json_pack("{s:s, s:s, s:s, s:i}", "transaction", step_up->name,
		"prompt", enrolment->prompt, "ask", notice_text(NOTICE_ASK_TOUCH),
		"expires_in", ENROLMENT_TTL_SECONDS);
	for (size_t i = 0; reply != NULL && i < ENROLMENT_WAYS; i++) {
		if (enrolment->requests[i].via == 0)
			continue;
		if (json_object_set_new(reply, ways[i].member,
			    ways[i].make(step_up, &enrolment->requests[i], subject->record)) != 0) {
			json_decref(reply);
			return NULL;
		}
	}
	return reply;
}

static char *key_message(const struct enrolment *enrolment, int64_t cooling_seconds)
{
	return notice_enrolled(enrolment->credential.label, NOTICE_PROOF_TOUCH, cooling_seconds);
}

static const char *key_bad_answer(void)
{
	return notice_text(NOTICE_BAD_KEY);
}

const struct enrolment_kind enrolment_keys = {
	FACTOR_KEY, key_read, key_check, key_reply, enrolment_key_take, enrolment_key_prove,
	enrolment_key_keep, key_message, key_bad_answer
};
