/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and what they are to sign, in the words of WebAuthn, of the seat's helper and of an agent.
 */
#include "verifier/doors/begin/key_offer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/evidence/sshsig.h"
#include "verifier/doors/calls/key_json.h"
#include "verifier/rules/words/notices.h"

/* Adds what one key is called by on one way. */
typedef enum stepup_error add_key(json_t *list, const struct key_credential *key, const char *label);

static enum stepup_error key_offer_append(json_t *list, json_t *object)
{
	return json_array_append_new(list, object) == 0 ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static enum stepup_error add_browser_key(json_t *list, const struct key_credential *key, const char *label)
{
	(void)label;
	return key_offer_append(list, key_descriptor(key));
}

static enum stepup_error add_seat_key(json_t *list, const struct key_credential *key, const char *label)
{
	return key_offer_append(list,
		json_pack("{s:o, s:s}", "id", bytes_to_json(key->id, key->id_size), "label", label));
}

static enum stepup_error add_agent_key(json_t *list, const struct key_credential *key, const char *label)
{
	struct ssh_key ssh = {.algorithm = key->algorithm, .public_key_size = key->public_key_size};
	uint8_t *blob = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (key->public_key_size > sizeof(ssh.public_key) ||
	    strlen(key->application) >= sizeof(ssh.application))
		return STEPUP_CORRUPT;
	memcpy(ssh.public_key, key->public_key, key->public_key_size);
	strcpy(ssh.application, key->application);
	error = ssh_key_blob(&ssh, &blob, &size);
	if (error == STEPUP_OK)
		error = key_offer_append(list,
			json_pack("{s:o, s:s}", "key", bytes_to_json(blob, size), "label", label));
	free(blob);
	return error;
}

/* The key of somebody who has none for this way. */
static void make_decoy(const uint8_t digest[DIGEST_SIZE], enum via via, struct key_credential *key)
{
	*key = (struct key_credential){
		.algorithm = KEY_EDDSA, .transports = via == VIA_AGENT ? 0 : TRANSPORT_USB};
	memcpy(key->public_key, digest, DIGEST_SIZE);
	key->public_key_size = DIGEST_SIZE;
	memcpy(key->id, digest, DIGEST_SIZE);
	key->id_size = DIGEST_SIZE;
	strcpy(key->application, "ssh:");
}

static enum stepup_error key_offer_list_keys(const struct key_offer *offer, enum via via, add_key *add,
	json_t *list)
{
	const struct requirement *requirement = &offer->question->requirement;
	const struct user_record *record = offer->record;
	enum stepup_error error = list == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	struct key_credential decoy;

	for (size_t i = 0; error == STEPUP_OK && record != NULL && i < record->credential_count; i++)
		if ((credential_methods(offer->policy, requirement, &record->credentials[i],
				    offer->now) & via) != 0)
			error = add(list, record->credentials[i].key,
				offer->nameless ? notice_text(NOTICE_KEY_LABEL)
				: record->credentials[i].label);
	if (error != STEPUP_OK || json_array_size(list) > 0)
		return error;
	make_decoy(offer->decoy, via, &decoy);
	return add(list, &decoy, notice_text(NOTICE_KEY_LABEL));
}

/* PublicKeyCredentialRequestOptionsJSON; takes the list over. */
static json_t *browser_request(const struct key_offer *offer, const struct key_request *request, json_t *list)
{
	return json_pack("{s:o, s:I, s:s, s:o, s:s}",
		"challenge", bytes_to_json(request->challenge, DIGEST_SIZE),
		"timeout", (json_int_t)offer->timeout_seconds * 1000, "rpId", offer->policy->rp_id,
		"allowCredentials", list,
		"userVerification", offer->question->requirement.pin ? "required" : "discouraged");
}

static json_t *seat_request(const struct key_offer *offer, const struct key_request *request, json_t *list)
{
	return json_pack("{s:s, s:s, s:b, s:o}", "rp_id", offer->policy->rp_id,
		"client_data", request->client_data,
		"user_verification", (int)offer->question->requirement.pin, "credentials", list);
}

static json_t *agent_request(const struct key_offer *offer, const struct key_request *request, json_t *list)
{
	char namespace[KEY_NAMESPACE_SIZE];

	if (key_namespace(offer->policy, namespace) != STEPUP_OK) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:b, s:o}", "namespace", namespace, "message", request->context,
		"user_verification", (int)offer->question->requirement.pin, "keys", list);
}

enum stepup_error key_offer_add(const struct key_offer *offer, json_t *reply)
{
	static const struct {
		enum via via;
		add_key *add;
		json_t *(*make)(const struct key_offer *offer, const struct key_request *request,
			json_t *list);
	} ways[] = {
		{VIA_BROWSER, add_browser_key, browser_request},
		{VIA_SEAT, add_seat_key, seat_request},
		{VIA_AGENT, add_agent_key, agent_request},
	};
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct key_request *request = question_request(offer->question, ways[i].via);
		json_t *list;

		if (request == NULL)
			continue;
		list = json_array();
		error = key_offer_list_keys(offer, ways[i].via, ways[i].add, list);
		if (error != STEPUP_OK)
			json_decref(list);
		else if (json_object_set_new(reply, method_name(ways[i].via),
			    ways[i].make(offer, request, list)) != 0)
			error = STEPUP_NO_MEMORY;
	}
	return error;
}
