/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorMakeCredential, GetAssertion and GetNextAssertion. */
#include "tests/softkey/commands.h"

#include <string.h>

#include "lib/wire/base64url.h"
#include "tests/softkey/credential.h"
#include "tests/softkey/pin.h"

#define LIST_MAX 32

struct id {
	const uint8_t *bytes;
	size_t size;
};

/* What both commands are asked. */
struct request {
	struct credential_request credential;
	bool has_hash, has_rp;
	struct id list[LIST_MAX]; /* excluded, or allowed */
	size_t listed;
	bool option_uv, option_up;
	const uint8_t *parameter; /* pinUvAuthParam */
	size_t parameter_size;
	int64_t protocol;
};

/* --- reading
 * -----------------------------------------------------------------------------------------------------------
 */

static void read_hash(struct cbor_in *in, struct request *request)
{
	size_t size;
	const uint8_t *hash = cbor_read_bytes(in, &size);

	if (size != HASH_SIZE)
		in->bad = true;
	else
		memcpy(request->credential.client_data_hash, hash, HASH_SIZE);
	request->has_hash = true;
}

static void read_rp(struct cbor_in *in, struct request *request)
{
	char name[32];

	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
		cbor_read_string(in, name, sizeof(name));
		if (strcmp(name, "id") == 0)
			cbor_read_string(in, request->credential.rp, sizeof(request->credential.rp));
		else
			cbor_skip(in);
	}
	request->has_rp = true;
}

static void read_user(struct cbor_in *in, struct credential_request *credential)
{
	char name[32];

	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
		cbor_read_string(in, name, sizeof(name));
		if (strcmp(name, "id") == 0) {
			const uint8_t *id = cbor_read_bytes(in, &credential->user_id_size);

			if (id == NULL || credential->user_id_size > sizeof(credential->user_id))
				in->bad = true;
			else
				memcpy(credential->user_id, id, credential->user_id_size);
		} else if (strcmp(name, "name") == 0) {
			cbor_read_string(in, credential->user_name, sizeof(credential->user_name));
		} else {
			cbor_skip(in);
		}
	}
}

/* The first algorithm that is ours. */
static void read_algorithms(struct cbor_in *in, struct credential_request *credential)
{
	for (size_t elements = cbor_read_array(in); elements > 0 && !in->bad; elements--) {
		int64_t algorithm = 0;
		char name[32];

		for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
			cbor_read_string(in, name, sizeof(name));
			if (strcmp(name, "alg") == 0)
				algorithm = cbor_read_int(in);
			else
				cbor_skip(in);
		}
		if (credential->algorithm == 0 &&
			(algorithm == ALGORITHM_ES256 || algorithm == ALGORITHM_EDDSA ||
				algorithm == ALGORITHM_RS256))
			credential->algorithm = (int)algorithm;
	}
}

static void read_list(struct cbor_in *in, struct request *request)
{
	char name[32];

	for (size_t elements = cbor_read_array(in); elements > 0 && !in->bad; elements--) {
		if (request->listed == LIST_MAX) {
			in->bad = true;
			return;
		}
		for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
			struct id *id = &request->list[request->listed];

			cbor_read_string(in, name, sizeof(name));
			if (strcmp(name, "id") == 0)
				id->bytes = cbor_read_bytes(in, &id->size);
			else
				cbor_skip(in);
		}
		request->listed++;
	}
}

static void read_options(struct cbor_in *in, struct request *request)
{
	char name[32];

	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
		bool value;

		cbor_read_string(in, name, sizeof(name));
		value = cbor_read_bool(in);
		if (strcmp(name, "rk") == 0)
			request->credential.resident = value;
		else if (strcmp(name, "uv") == 0)
			request->option_uv = value;
		else if (strcmp(name, "up") == 0)
			request->option_up = value;
	}
}

static void read_extensions(struct cbor_in *in, struct credential_request *credential)
{
	char name[32];

	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
		cbor_read_string(in, name, sizeof(name));
		if (strcmp(name, "credProtect") == 0)
			credential->protect = (int)cbor_read_int(in);
		else
			cbor_skip(in);
	}
}

static void read_make_parameter(struct cbor_in *in, struct request *request)
{
	switch (cbor_read_int(in)) {
	case 1:
		read_hash(in, request);
		break;
	case 2:
		read_rp(in, request);
		break;
	case 3:
		read_user(in, &request->credential);
		break;
	case 4:
		read_algorithms(in, &request->credential);
		break;
	case 5:
		read_list(in, request);
		break;
	case 6:
		read_extensions(in, &request->credential);
		break;
	case 7:
		read_options(in, request);
		break;
	case 8:
		request->parameter = cbor_read_bytes(in, &request->parameter_size);
		break;
	case 9:
		request->protocol = cbor_read_int(in);
		break;
	default:
		cbor_skip(in);
	}
}

static void read_get_parameter(struct cbor_in *in, struct request *request)
{
	switch (cbor_read_int(in)) {
	case 1:
		cbor_read_string(in, request->credential.rp, sizeof(request->credential.rp));
		request->has_rp = true;
		break;
	case 2:
		read_hash(in, request);
		break;
	case 3:
		read_list(in, request);
		break;
	case 5:
		read_options(in, request);
		break;
	case 6:
		request->parameter = cbor_read_bytes(in, &request->parameter_size);
		break;
	case 7:
		request->protocol = cbor_read_int(in);
		break;
	default:
		cbor_skip(in);
	}
}

static enum ctap_status read_request(
	struct cbor_in *in, void (*read_one)(struct cbor_in *, struct request *), struct request *request)
{
	memset(request, 0, sizeof(*request));
	request->option_up = true;
	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--)
		read_one(in, request);
	if (in->bad || in->at != in->end)
		return CTAP_INVALID_CBOR;
	if (request->listed > SOFTKEY_LIST_MAX)
		return CTAP_LIMIT_EXCEEDED;
	for (size_t i = 0; i < request->listed; i++)
		if (request->list[i].size > SOFTKEY_ID_MAX)
			return CTAP_LIMIT_EXCEEDED;
	return request->has_hash && request->has_rp ? CTAP_OK : CTAP_MISSING_PARAMETER;
}

/* --- doing
 * -----------------------------------------------------------------------------------------------------------
 */

/* Whether the person proved who they are: FLAG_UV is set where they did. */
static enum ctap_status verify_person(
	struct softkey *key, struct request *request, enum pin_permission permission)
{
	enum ctap_status status;

	if (request->parameter != NULL && request->parameter_size == 0) {
		/* How a platform asks which of several keys is meant. */
		status = softkey_touch(key);
		if (status != CTAP_OK)
			return status;
		return pin_is_set(key) ? CTAP_PIN_INVALID : CTAP_PIN_NOT_SET;
	}
	if (request->parameter != NULL) {
		status = pin_check(key, request->protocol, request->parameter, request->parameter_size,
			request->credential.client_data_hash, permission, request->credential.rp);
		if (status != CTAP_OK)
			return status;
		request->credential.flags |= FLAG_UV;
	} else if (request->option_uv) {
		if (!key->options.uv)
			return CTAP_INVALID_OPTION;
		request->credential.flags |= FLAG_UV;
	}
	return CTAP_OK;
}

static void put_attestation(
	const struct softkey *key, const struct credential_made *made, struct cbor_out *reply)
{
	bool packed = key->options.attestation != SOFTKEY_NONE, chain = made->certificate != NULL;

	cbor_map(reply, 3);
	cbor_int(reply, 1);
	cbor_text(reply, packed ? "packed" : "none");
	cbor_int(reply, 2);
	cbor_bytes(reply, made->auth_data.bytes, made->auth_data.size);
	cbor_int(reply, 3);
	cbor_map(reply, packed ? chain ? 3 : 2 : 0);
	if (!packed)
		return;
	cbor_text(reply, "alg");
	cbor_int(reply, made->signature_algorithm);
	cbor_text(reply, "sig");
	cbor_bytes(reply, made->signature, made->signature_size);
	if (chain) {
		cbor_text(reply, "x5c");
		cbor_array(reply, 1);
		cbor_bytes(reply, made->certificate, made->certificate_size);
	}
}

/* credProtect (section 12.1): 3 only for who proved who they are, 2 also for who names the credential. */
static bool may_be_seen(const json_t *credential, bool listed, bool verified)
{
	json_int_t protect = json_integer_value(json_object_get(credential, "protect"));

	return verified || protect < 2 || (protect == 2 && listed);
}

static bool holds_excluded(const struct softkey *key, const struct request *request)
{
	bool verified = (request->credential.flags & FLAG_UV) != 0;

	for (size_t i = 0; i < request->listed; i++) {
		const json_t *credential = state_find(&key->state, request->list[i].bytes,
			request->list[i].size, request->credential.rp);

		if (credential != NULL && may_be_seen(credential, true, verified))
			return true;
	}
	return false;
}

enum ctap_status command_make_credential(
	struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply)
{
	struct request request;
	struct credential_made made;
	enum ctap_status status = read_request(parameters, read_make_parameter, &request);

	if (status == CTAP_OK)
		status = verify_person(key, &request, PERMISSION_MAKE_CREDENTIAL);
	if (status != CTAP_OK)
		return status;
	if (request.credential.algorithm == 0)
		return CTAP_UNSUPPORTED_ALGORITHM;
	if (!request.option_up)
		return CTAP_INVALID_OPTION;
	if ((request.credential.flags & FLAG_UV) == 0 && (pin_is_set(key) || key->options.uv))
		return CTAP_PUAT_REQUIRED;
	status = softkey_touch(key);
	if (status != CTAP_OK)
		return status;
	if (holds_excluded(key, &request))
		return CTAP_CREDENTIAL_EXCLUDED;
	request.credential.flags |= FLAG_UP;
	if (!credential_make(key, &request.credential, &made))
		status = CTAP_OTHER;
	else
		put_attestation(key, &made, reply);
	credential_made_clear(&made);
	return status;
}

static void put_user(const json_t *credential, bool verified, struct cbor_out *reply)
{
	uint8_t id[CREDENTIAL_USER_SIZE];
	size_t size = 0;

	if (!state_bytes(credential, "user_id", id, sizeof(id), &size))
		reply->bad = true;
	cbor_int(reply, 4);
	cbor_map(reply, verified ? 2 : 1);
	cbor_text(reply, "id");
	cbor_bytes(reply, id, size);
	if (verified) {
		cbor_text(reply, "name");
		cbor_text(reply, json_string_value(json_object_get(credential, "user_name")));
	}
}

/* Signs with one, and says which. `others` is how many more there are. */
static enum ctap_status answer(struct softkey *key, const json_t *credential,
	const uint8_t client_data_hash[HASH_SIZE], uint8_t flags, size_t others, struct cbor_out *reply)
{
	struct credential_assertion assertion;
	bool resident = json_is_true(json_object_get(credential, "resident"));
	uint8_t id[256];
	size_t size = 0;

	if (!state_bytes(credential, "id", id, sizeof(id), &size) ||
		!credential_sign(key, credential, client_data_hash, flags, &assertion))
		return CTAP_OTHER;
	cbor_map(reply, 3 + (resident ? 1U : 0U) + (others > 0 ? 1U : 0U));
	cbor_int(reply, 1);
	cbor_map(reply, 2);
	cbor_text(reply, "id");
	cbor_bytes(reply, id, size);
	cbor_text(reply, "type");
	cbor_text(reply, "public-key");
	cbor_int(reply, 2);
	cbor_bytes(reply, assertion.auth_data.bytes, assertion.auth_data.size);
	cbor_int(reply, 3);
	cbor_bytes(reply, assertion.signature, assertion.signature_size);
	if (resident)
		put_user(credential, (flags & FLAG_UV) != 0, reply);
	if (others > 0) {
		cbor_int(reply, 5);
		cbor_int(reply, (int64_t)others + 1);
	}
	return CTAP_OK;
}

/* The ids, as texts, of the credentials that may answer; newest first. */
static json_t *find_candidates(const struct softkey *key, const struct request *request)
{
	bool verified = (request->credential.flags & FLAG_UV) != 0;
	json_t *found = json_array(), *credential;
	size_t i;

	for (i = 0; i < request->listed; i++) {
		credential = state_find(
			&key->state, request->list[i].bytes, request->list[i].size, request->credential.rp);
		if (credential != NULL && may_be_seen(credential, true, verified) &&
			json_array_size(found) == 0)
			json_array_append(found, json_object_get(credential, "id"));
	}
	if (request->listed > 0)
		return found;
	json_array_foreach (state_credentials(&key->state), i, credential) {
		if (strcmp(json_string_value(json_object_get(credential, "rp")), request->credential.rp) ==
				0 &&
			json_is_true(json_object_get(credential, "resident")) &&
			may_be_seen(credential, false, verified))
			json_array_insert(found, 0, json_object_get(credential, "id"));
	}
	return found;
}

static const json_t *find_by_text(const struct softkey *key, const json_t *id, const char *rp)
{
	uint8_t bytes[256];
	size_t size = 0;

	if (!json_is_string(id) ||
		base64url_decode(json_string_value(id), bytes, sizeof(bytes), &size) != STEPUP_OK)
		return NULL;
	return state_find(&key->state, bytes, size, rp);
}

/* Signs with the next one of those that are left. */
static enum ctap_status answer_next(struct softkey *key, size_t others, struct cbor_out *reply)
{
	const json_t *credential = find_by_text(key, json_array_get(key->next, 0), key->next_rp);
	enum ctap_status status;

	if (credential == NULL)
		return CTAP_NOT_ALLOWED;
	status = answer(key, credential, key->next_hash, key->next_flags, others, reply);
	json_array_remove(key->next, 0);
	return status;
}

enum ctap_status command_get_assertion(
	struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply)
{
	struct request request;
	enum ctap_status status = read_request(parameters, read_get_parameter, &request);

	if (status == CTAP_OK)
		status = verify_person(key, &request, PERMISSION_GET_ASSERTION);
	if (status != CTAP_OK)
		return status;
	json_decref(key->next);
	key->next = find_candidates(key, &request);
	if (json_array_size(key->next) == 0)
		return CTAP_NO_CREDENTIALS;
	if (request.option_up && key->options.always_uv && (request.credential.flags & FLAG_UV) == 0)
		return CTAP_PUAT_REQUIRED;
	if (request.option_up) {
		status = softkey_touch(key);
		if (status != CTAP_OK)
			return status;
		request.credential.flags |= FLAG_UP;
	}
	memcpy(key->next_hash, request.credential.client_data_hash, HASH_SIZE);
	memcpy(key->next_rp, request.credential.rp, RP_SIZE);
	key->next_flags = request.credential.flags;
	return answer_next(key, json_array_size(key->next) - 1, reply);
}

enum ctap_status command_get_next_assertion(struct softkey *key, struct cbor_out *reply)
{
	return answer_next(key, 0, reply);
}
