/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in a log_story; see log_story_keys.h. */
#include "tests/unit/replay/log_story_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "tests/unit/cmocka_tap.h"
#include "tests/unit/makers/ssh_maker.h"
#include "verifier/evidence/context.h"
#include "verifier/rules/policy/requirement.h"

#define ISSUER "https://stepup.example.com"
#define RP_ID "example.com"
#define PROMPT "Export 102 contacts of trezor"
#define AUTHENTICATOR_DATA_SIZE 37

static char issuer[] = ISSUER, rp_id[] = RP_ID, host[] = STORY_HOST;
static const struct policy policy = {.issuer = issuer, .rp_id = rp_id, .host = host};

void keyholder_make(struct keyholder *holder, const char *name, int algorithm, enum via via)
{
	memset(holder, 0, sizeof(*holder));
	person_make(&holder->person, name, via == VIA_AGENT ? CREDENTIAL_AGENT : CREDENTIAL_KEY);
	key_make(algorithm, &holder->key);
	holder->via = via;
	holder->credential.algorithm = algorithm;
	holder->credential.public_key_size = holder->key.raw_size;
	memcpy(holder->credential.public_key, holder->key.raw, holder->key.raw_size);
	holder->credential.attestation = ATTESTATION_VERIFIED;
	if (via == VIA_AGENT) {
		strcpy(holder->credential.application, "ssh:");
	} else {
		holder->credential.id_size = 16;
		memset(holder->credential.id, name[0], 16);
	}
	holder->person.credential.key = &holder->credential;
}

void keyholder_clear(struct keyholder *holder)
{
	key_release(&holder->key);
}

struct key_use key_use_good(const struct keyholder *holder, bool enrolment, uint32_t counter)
{
	return (struct key_use){
		.purpose = enrolment ? "enrol" : "auth",
		.client_type = enrolment ? "webauthn.create" : "webauthn.get",
		.origin = holder->via == VIA_SEAT ? "stepup://" STORY_HOST : "https://support.example.com",
		.rp_id = RP_ID,
		.strength = FACTOR_KEY,
		.flags = 0x05,
		.says_verified = true,
		.counter = counter,
		.says_counter = counter,
		.acr = holder->via == VIA_AGENT ? "key" : "phr",
		.namespace = "stepup@stepup.example.com",
	};
}

static void put_bytes(json_t *object, const char *name, const void *bytes, size_t size)
{
	char *text = base64url_encode_new(bytes, size);

	assert_non_null(text);
	assert_int_equal(json_object_set_new(object, name, json_string(text)), 0);
	free(text);
}

static char *client_data_of(const struct key_use *use, const uint8_t challenge[DIGEST_SIZE])
{
	uint8_t other[DIGEST_SIZE] = {1};
	char text[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *data = NULL;

	base64url_encode(use->wrong_challenge ? other : challenge, DIGEST_SIZE, text);
	assert_true(asprintf(&data,
			"{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":%s}",
			use->client_type, text, use->origin, use->cross_origin ? "true" : "false") > 0);
	return data;
}

/* The evidence of one signature over the context. */
static json_t *sign(const struct keyholder *holder, const struct key_use *use, bool enrolment,
	const char *context)
{
	json_t *evidence = json_object();
	uint8_t challenge[DIGEST_SIZE], message[AUTHENTICATOR_DATA_SIZE + DIGEST_SIZE],
		signature[KEY_SIGNATURE_MAX];
	struct made_blob blob = {0};
	size_t size = 0;
	char *client_data;

	if (holder->via == VIA_AGENT) {
		ssh_make_sshsig(&holder->key, "ssh:", use->flags, use->counter, use->namespace, context,
			strlen(context), &blob);
		put_bytes(evidence, "signature", blob.bytes, blob.size);
		return evidence;
	}
	assert_int_equal(context_challenge(context, strlen(context), challenge), STEPUP_OK);
	client_data = client_data_of(use, challenge);
	put_bytes(evidence, "client_data", client_data, strlen(client_data));
	if (enrolment) {
		put_bytes(evidence, "attestation_object", "any", 3);
	} else {
		assert_int_equal(digest_sha256(use->rp_id, strlen(use->rp_id), message), STEPUP_OK);
		message[32] = use->flags;
		for (int i = 0; i < 4; i++)
			message[33 + i] = (uint8_t)(use->counter >> (24 - 8 * i));
		put_bytes(evidence, "authenticator_data", message, AUTHENTICATOR_DATA_SIZE);
		assert_int_equal(digest_sha256(client_data, strlen(client_data),
				message + AUTHENTICATOR_DATA_SIZE), STEPUP_OK);
		key_sign(&holder->key, message, sizeof(message), signature, &size);
		put_bytes(evidence, "signature", signature, size);
	}
	free(client_data);
	return evidence;
}

static char *context_of(const struct keyholder *holder, const struct key_use *use, const struct rule *rule,
	const uint8_t *commitment, int64_t at)
{
	static uint8_t nonce[CONTEXT_NONCE_SIZE];
	const struct context_facts facts = {.purpose = use->purpose, .policy = &policy, .caller = "console",
		.via = method_name(holder->via), .user = holder->person.name,
		.user_id = holder->person.user_id, .rule = rule, .require = use->strength, .pin = use->pin,
		.prompt = PROMPT, .commitment = commitment, .nonce = nonce, .iat = at - 20, .exp = at + 100};
	char *text = NULL;
	size_t size = 0;

	nonce[0]++;
	assert_int_equal(context_make(&facts, &text, &size), STEPUP_OK);
	return text;
}

static const struct rule *rule_of(const struct key_use *use)
{
	static struct rule rule = {.name = "customer.export"};

	rule.require = use->strength;
	return &rule;
}

static int64_t add(struct story *story, json_t *entry, json_t *evidence, const uint8_t *salt,
	const struct key_use *use)
{
	assert_non_null(entry);
	if (use->spoil != NULL)
		use->spoil(entry);
	return story_add(story, entry, evidence, salt);
}

int64_t story_enrol_key(struct story *story, struct keyholder *holder, int64_t at, int64_t grant,
	const struct key_use *use)
{
	const struct person *person = &holder->person;
	struct log_actor actor = {.by = grant >= 0 ? person->name : "root", .grant = grant};
	struct action *action = story_action("stepup.enroll",
		json_pack("{s:s}", "type", credential_type_name(person->credential.type)));
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_key_enrolment key = {.rp_id = RP_ID, .rule = rule_of(use), .commitment = commitment};
	json_t *evidence, *entry;
	char *context;
	int64_t index;

	if (grant < 0)
		(void)story_add(story, log_entry_init(at, person->name, at + 3600, false), NULL, NULL);
	assert_int_equal(context_commit(action, salt, commitment), STEPUP_OK);
	context = context_of(holder, use, key.rule, commitment, at);
	evidence = sign(holder, use, true, context);
	holder->credential.counter = use->says_counter;
	holder->credential.enrolled_log = story->index;
	key.context = context;
	key.proof = (struct log_key_proof){
		.via = holder->via, .user_verified = use->says_verified, .evidence = evidence};
	entry = log_entry_enrol(at + 1, &person->subject, &person->credential,
		grant >= 0 ? "authorization" : "invitation", &actor, &key);
	index = add(story, entry, log_entry_evidence(action, PROMPT), salt, use);
	json_decref(evidence);
	free(context);
	action_free(&action);
	return index;
}

int64_t story_grant_key(struct story *story, struct keyholder *holder, int64_t at, const char *name,
	json_t *details, const struct key_use *use)
{
	static const char *const amr[] = {"pop", "user", NULL};
	struct action *action = story_action(name, details);
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	struct log_key_proof proof = {.via = holder->via, .user_verified = use->says_verified};
	struct log_grant grant = {.at = at, .subject = holder->person.subject, .action = action,
		.rule = rule_of(use), .credential = &holder->person.credential,
		.method = credential_type_name(holder->person.credential.type), .proof = &proof,
		.commitment = commitment, .acr = use->acr, .amr = amr};
	json_t *evidence;
	char *context;
	int64_t index;

	assert_int_equal(context_commit(action, salt, commitment), STEPUP_OK);
	grant.context = context = context_of(holder, use, grant.rule, commitment, at);
	proof.evidence = evidence = sign(holder, use, false, context);
	holder->credential.counter = use->says_counter;
	index = add(story, log_entry_grant(&grant), log_entry_evidence(action, PROMPT), salt, use);
	json_decref(evidence);
	free(context);
	action_free(&action);
	return index;
}
