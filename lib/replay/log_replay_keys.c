/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The replay's rules about keys: every signature is checked once more, over what the entry says that was
 * signed, by the key that was enrolled. OpenSSL alone does it here, where the verifier used libfido2, so that
 * each watches the other.
 * MUST: need nothing that may be erased to check a WebAuthn signature and its challenge; call no entry good
 * whose evidence is missing.
 */
#include "lib/replay/log_replay_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/key_signature.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"

#define RECENT_MAX 4 /* signatures of a key, as the verifier remembers them */
#define AUTHENTICATOR_DATA_MIN 37 /* rpIdHash, flags, counter: WebAuthn section 6.1 */

/* Bytes out of an entry; too many for a stack. */
struct signed_bytes {
	uint8_t authenticator_data[AUTHENTICATOR_DATA_MAX], client_data[CLIENT_DATA_MAX],
		signature[KEY_SIGNATURE_MAX], blob[SSH_BLOB_MAX];
	uint8_t key[KEY_PUBLIC_MAX];
	size_t authenticator_data_size, client_data_size, signature_size, blob_size, key_size;
};

bool method_is_key(const char *method)
{
	return strcmp(method, "key") == 0 || strcmp(method, "agent") == 0;
}

/* Decodes a member; told and false where it isn't there or can't be. */
static bool take_bytes(struct replay_step *step, const json_t *object, const char *name, uint8_t *bytes,
	size_t capacity, size_t *size)
{
	const char *text = member_text(object, name);

	if (text != NULL && base64url_decode(text, bytes, capacity, size) == STEPUP_OK)
		return true;
	step_tell(step, "The evidence of this entry has no \"%s\", or one that can't be read.", name);
	return false;
}

static bool has_word(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text != NULL && strcmp(text, word) == 0)
			return true;
	}
	return false;
}

/* --- what was required --- */

/* Whether the words that a receipt has too promise no more than the factor keeps: stepup-receipt(5). */
static void check_promise(struct replay_step *step, bool key, bool vouched, bool hardware)
{
	const char *acr = member_text(step->entry, "acr"), *via = member_text(step->entry, "via");
	bool resistant = acr != NULL && (strcmp(acr, "phr") == 0 || strcmp(acr, "phrh") == 0);

	if (acr != NULL && !key && strcmp(acr, "otp") != 0)
		step_tell(step, "This entry calls a code more than a code.");
	else if (resistant && (via == NULL || strcmp(via, "agent") == 0))
		step_tell(step, "This entry says phishing-resistant, but has neither an origin nor a "
			"host.");
	else if ((resistant && strcmp(acr, "phrh") == 0 && !hardware) ||
		 (has_word(json_object_get(step->entry, "amr"), "hwk") && !vouched))
		step_tell(step, "This entry calls a key hardware, but nobody vouched for it.");
}

void step_check_required(struct replay_step *step, const json_t *credential)
{
	const json_t *required = json_object_get(json_object_get(step->entry, "context"), "require");
	const char *method = member_text(credential, "method");
	const char *attestation = member_text(credential, "attestation"),
		*via = member_text(step->entry, "via");
	bool key = method != NULL && method_is_key(method);
	bool vouched = attestation != NULL && strcmp(attestation, "verified") == 0;
	bool hardware = vouched && via != NULL && strcmp(via, "agent") != 0;

	if (!key &&
	    (has_word(required, "key") || has_word(required, "hardware-key") || has_word(required, "pin")))
		step_tell(step, "A key was required, and a code was taken.");
	else if (has_word(required, "hardware-key") && !hardware)
		step_tell(step, "A hardware-key was required, and a key was taken that nobody vouched "
			"for.");
	else if (has_word(required, "pin") && !json_is_true(json_object_get(step->entry, "uv")))
		step_tell(step, "The key's PIN was required, and the key was used without it.");
	check_promise(step, key, vouched, hardware);
}

/* --- what was signed --- */

/* That of who answers a request is looked at with the request. */
static bool purpose_fits(const struct replay_step *step, const char *purpose, bool enrolment)
{
	const char *type = member_text(step->entry, "type");

	if (enrolment)
		return strcmp(purpose, "enrol") == 0;
	return (type != NULL && (strcmp(type, "approve") == 0 || strcmp(type, "deny") == 0)) ||
		strcmp(purpose, "auth") == 0 || strcmp(purpose, "admin") == 0;
}

/* Way and purpose stand in what was signed too, so that no evidence passes for another's. */
static void check_way(struct replay_step *step, const char *method, bool enrolment)
{
	const json_t *context = json_object_get(step->entry, "context");
	const char *via = step_text(step, "via"), *purpose = member_text(context, "purpose");

	if (!json_is_object(context))
		step_tell(step, "This entry does not say what the key was asked to sign.");
	else if (!members_equal(context, "via", step->entry, "via"))
		step_tell(step, "What was signed came by another way than this entry says.");
	if (purpose == NULL || !purpose_fits(step, purpose, enrolment))
		step_tell(step, "What was signed was for something else: %s.",
			purpose == NULL ? "nobody knows what" : purpose);
	if (strcmp(method, "agent") == 0 ? strcmp(via, "agent") != 0 : strcmp(via, "browser") != 0 &&
	    strcmp(via, "seat") != 0)
		step_tell(step, "A credential of type \"%s\" can't come by the way \"%s\".", method, via);
}

static void check_flags(struct replay_step *step, uint8_t flags, int64_t counter)
{
	if ((flags & FLAG_USER_PRESENT) == 0)
		step_tell(step, "The key signed without being touched.");
	if (((flags & FLAG_USER_VERIFIED) != 0) != json_is_true(json_object_get(step->entry, "uv")))
		step_tell(step, "What this entry says of the key's PIN is not what the key signed.");
	if (counter != member_number(step->entry, "sign_count", -1))
		step_tell(step, "What this entry says of the key's counter is not what the key signed.");
}

/* WebAuthn section 5.8.1: made for this challenge, and for this purpose. */
static void check_client_data(struct replay_step *step, const struct signed_bytes *bytes, const char *type)
{
	json_t *data = json_loadb((const char *)bytes->client_data, bytes->client_data_size,
		JSON_REJECT_DUPLICATES, NULL);
	const char *origin = member_text(data, "origin"), *found = member_text(data, "type"),
		*via = member_text(step->entry, "via");
	static const char seat[] = "stepup://";

	if (found == NULL || strcmp(found, type) != 0)
		step_tell(step, "The client data of this entry is not of type %s.", type);
	if (!members_equal(data, "challenge", step->entry, "challenge"))
		step_tell(step, "What the key signed answers another challenge than this entry's.");
	if (json_is_true(json_object_get(data, "crossOrigin")))
		step_tell(step, "The key was used within another site's page.");
	if (origin == NULL || via == NULL)
		step_tell(step, "The client data of this entry does not say where it was made.");
	else if ((strcmp(via, "seat") == 0) != (strncmp(origin, seat, strlen(seat)) == 0) ||
		(strcmp(via, "seat") == 0 && strcmp(origin + strlen(seat), step_text(step, "host")) != 0))
		step_tell(step, "The key was used at %s, which is not where this entry says.", origin);
	json_decref(data);
}

static bool signature_holds(struct replay_step *step, int algorithm, struct signed_bytes *bytes)
{
	uint8_t message[AUTHENTICATOR_DATA_MAX + DIGEST_SIZE];
	size_t size = bytes->authenticator_data_size;
	enum stepup_error error;

	memcpy(message, bytes->authenticator_data, size);
	error = digest_sha256(bytes->client_data, bytes->client_data_size, message + size);
	if (error == STEPUP_OK)
		error = key_signature_check(algorithm, bytes->key, bytes->key_size, message,
			size + DIGEST_SIZE, bytes->signature, bytes->signature_size);
	if (error == STEPUP_NO_MEMORY || error == STEPUP_INTERNAL)
		step->error = error;
	return error == STEPUP_OK;
}

/* An assertion: section 7.2, as far as the log can tell. */
static void check_assertion(struct replay_step *step, const json_t *credential, struct signed_bytes *bytes)
{
	const json_t *evidence = json_object_get(step->entry, "evidence");
	const char *rp_id = member_text(credential, "rp_id");
	const uint8_t *data = bytes->authenticator_data;
	uint8_t hash[DIGEST_SIZE];

	if (!take_bytes(step, evidence, "authenticator_data", bytes->authenticator_data,
		    AUTHENTICATOR_DATA_MAX, &bytes->authenticator_data_size) ||
	    !take_bytes(step, evidence, "client_data", bytes->client_data, CLIENT_DATA_MAX,
		    &bytes->client_data_size) ||
	    !take_bytes(step, evidence, "signature", bytes->signature, KEY_SIGNATURE_MAX,
		    &bytes->signature_size))
		return;
	if (bytes->authenticator_data_size < AUTHENTICATOR_DATA_MIN) {
		step_tell(step, "The authenticator data of this entry is cut short.");
		return;
	}
	step->error = digest_sha256(rp_id, strlen(rp_id), hash);
	if (step->error != STEPUP_OK)
		return;
	if (memcmp(data, hash, DIGEST_SIZE) != 0)
		step_tell(step, "What the key signed is for another domain than %s.", rp_id);
	check_flags(step, data[32],
		(int64_t)data[33] << 24 | (int64_t)data[34] << 16 | (int64_t)data[35] << 8 | data[36]);
	check_client_data(step, bytes, "webauthn.get");
	if (!signature_holds(step, (int)member_number(credential, "alg", 0), bytes))
		step_tell(step, "The key's signature of this entry does not hold.");
}

/* An SSH key signs the context whole, prompt and all: where that was erased nothing is left to check
 * its signature by. */
static void check_agent(struct replay_step *step, const json_t *credential, struct signed_bytes *bytes)
{
	const char *application = member_text(credential, "application"), *why = NULL;
	const char *issuer = member_text(json_object_get(step->entry, "context"), "iss");
	struct ssh_key key = {
		.algorithm = (int)member_number(credential, "alg", 0), .public_key_size = bytes->key_size};
	struct ssh_signature signature = {0};
	char namespace[SSH_NAMESPACE_SIZE], *context = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (!take_bytes(step, json_object_get(step->entry, "evidence"), "signature", bytes->blob,
		    SSH_BLOB_MAX, &bytes->blob_size) || !step_context_text(step, &context, &size))
		return;
	if (issuer == NULL || sshsig_namespace(issuer, namespace) != STEPUP_OK ||
	    bytes->key_size > sizeof(key.public_key) || strlen(application) >= sizeof(key.application)) {
		step_tell(step, "What this entry says of an SSH key can't be one.");
		goto out;
	}
	memcpy(key.public_key, bytes->key, bytes->key_size);
	memcpy(key.application, application, strlen(application) + 1);
	error = sshsig_check(&key, namespace, context, size, false, bytes->blob, bytes->blob_size,
		&signature, &why);
	if (error == STEPUP_NO_MEMORY || error == STEPUP_INTERNAL)
		step->error = error;
	else if (error != STEPUP_OK)
		step_tell(step, "The key's signature of this entry does not hold%s%s.",
			why == NULL ? "" : ": ", why == NULL ? "" : why);
	else
		check_flags(step, signature.flags, signature.counter);
out:
	free(context);
}

/* --- enrolment --- */

/* The same key is enrolled once, by whichever of its names. */
static void check_new(struct replay_step *step, const char *kind, const char *name, const char *id)
{
	char *member = NULL;

	if (name == NULL)
		return;
	if (asprintf(&member, "%s %s", kind, name) < 0) {
		step->error = STEPUP_NO_MEMORY;
		return;
	}
	if (json_object_get(step->replay->keys, member) != NULL)
		step_tell(step, "The key of the credential %s was enrolled before, as %s: "
			"the same one can't come back.", id, member_text(step->replay->keys, member));
	else
		step_put(step, step->replay->keys, member, json_string(id));
	free(member);
}

static void check_enrolled(struct replay_step *step, const json_t *credential, struct signed_bytes *bytes)
{
	const char *method = member_text(credential, "method");

	if (!take_bytes(step, step->entry, "key", bytes->key, KEY_PUBLIC_MAX, &bytes->key_size))
		return;
	if (key_public_check((int)member_number(credential, "alg", 0), bytes->key,
		    bytes->key_size) != STEPUP_OK)
		step_tell(step, "What was enrolled here is no public key.");
	check_way(step, method, true);
	if (strcmp(method, "agent") == 0)
		check_agent(step, credential, bytes);
	else if (take_bytes(step, json_object_get(step->entry, "evidence"), "client_data", bytes->client_data,
		    CLIENT_DATA_MAX, &bytes->client_data_size))
		check_client_data(step, bytes, "webauthn.create");
}

/* Whether it is a new one, and signed what this entry says. */
static void check_enrolment(
	struct replay_step *step, json_t *credential, const char *id, struct signed_bytes *bytes)
{
	check_new(step, "key", member_text(step->entry, "key"), id);
	check_new(step, "id", member_text(step->entry, "credential_id"), id);
	step_check_commitment(step);
	if (step->error == STEPUP_OK)
		step_check_context(step);
	if (step->error == STEPUP_OK)
		check_enrolled(step, credential, bytes);
}

void step_enrol_key(struct replay_step *step, json_t *credential, const char *id)
{
	static const char *const shared[] = {"key", "attestation", "rp_id", "application"};
	struct signed_bytes *bytes = calloc(1, sizeof(*bytes));
	bool agent = strcmp(member_text(credential, "method"), "agent") == 0;

	if (bytes == NULL) {
		step->error = STEPUP_NO_MEMORY;
		return;
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (json_is_string(json_object_get(step->entry, shared[i])))
			step_put(step, credential, shared[i],
				json_incref(json_object_get(step->entry, shared[i])));
	step_put(step, credential, "alg", json_integer(member_number(step->entry, "alg", 0)));
	step_put(step, credential, "enrolled", json_integer(step->index));
	step_put(step, credential, "spent", json_integer(member_number(step->entry, "sign_count", 0)));
	if (member_text(credential, agent ? "application" : "rp_id") == NULL ||
	    member_text(credential, "key") == NULL) {
		step_tell(step, "This entry does not say enough of the key to check its signatures.");
		step_put(step, credential, "gone", json_true());
	} else if (step->error == STEPUP_OK) {
		check_enrolment(step, credential, id, bytes);
	}
	free(bytes);
}

/* --- use --- */

/* Remembers a signature one by one: what it counted, and what stood before it. */
static void note_count(struct replay_step *step, json_t *credential, int64_t count, int64_t last)
{
	json_t *recent = json_object_get(credential, "recent");

	if (recent == NULL) {
		recent = json_array();
		step_put(step, credential, "recent", recent);
	}
	if (step->error == STEPUP_OK &&
	    json_array_append_new(recent, json_pack("{s:I, s:I, s:I}", "count", (json_int_t)count,
			    "before", (json_int_t)last, "at", (json_int_t)step->at)) != 0)
		step->error = STEPUP_NO_MEMORY;
	if (json_array_size(recent) > RECENT_MAX)
		(void)json_array_remove(recent, 0);
}

/* Whether it was signed for a question that was put, by what was signed, while the counter stood
 * lower, and nothing with its count was accepted since. What was right and refused, by a limit for
 * one, moved the counter on as well and stands nowhere in its order: so the counter may have stood
 * above what is known. An entry from before its question is by a clock that was set back meanwhile:
 * times say nothing of the order. */
static bool is_late(const struct replay_step *step, const json_t *credential, int64_t count)
{
	const json_t *recent = json_object_get(credential, "recent"), *one;
	int64_t before = member_number(step->entry, "counter_before", -1),
		put = member_number(json_object_get(step->entry, "context"), "iat", -1);
	bool set_back = step->at < put, found = false;
	size_t i;

	if (before < 0 || count <= before)
		return false;
	json_array_foreach((json_t *)(uintptr_t)recent, i, one) {
		found |= member_number(one, "before", INT64_MAX) <= before &&
			(set_back || member_number(one, "at", -1) >= put);
		if (found && member_number(one, "count", -1) == count)
			return false;
	}
	return found;
}

/* A counter rises with each signature, but for those of questions that were open at once; one that stays at
 * zero doesn't count at all. */
static void check_counter(struct replay_step *step, json_t *credential)
{
	int64_t count = member_number(step->entry, "sign_count", -1),
		last = member_number(credential, "spent", 0);

	if (count <= last && !(count == 0 && last == 0) && !is_late(step, credential, count))
		step_tell(step, "The key counted %" PRId64 " after %" PRId64
			": there are two of it, or the order is another.", count, last);
	if (count > last)
		step_put(step, credential, "spent", json_integer(count));
	if (count > 0)
		note_count(step, credential, count, last);
}

void step_check_key(struct replay_step *step, json_t *credential)
{
	const char *method = member_text(credential, "method");
	struct signed_bytes *bytes = calloc(1, sizeof(*bytes));
	bool known;

	if (bytes == NULL) {
		step->error = STEPUP_NO_MEMORY;
		return;
	}
	if (!members_equal(step->entry, "method", credential, "method"))
		step_tell(step, "The credential was enrolled for another method than \"%s\".",
			step_text(step, "method"));
	if (member_number(step->entry, "enrolled", -1) != member_number(credential, "enrolled", -2))
		step_tell(step, "This entry names another enrolment than that of its credential.");
	check_counter(step, credential);
	check_way(step, method, false);
	known = take_bytes(step, credential, "key", bytes->key, KEY_PUBLIC_MAX, &bytes->key_size);
	if (known && strcmp(method, "agent") == 0)
		check_agent(step, credential, bytes);
	else if (known)
		check_assertion(step, credential, bytes);
	free(bytes);
}
