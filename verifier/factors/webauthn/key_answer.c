/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads what clients send for a key. Tables say which members there are; one piece of memory holds
 * all their bytes.
 */
#include "verifier/factors/webauthn/key_answer.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"

/* One member in base64url, and where its bytes go. */
struct member {
	const char *object; /* the object it stands in; NULL for the answer itself */
	const char *name;
	size_t maximum;     /* bytes */
	bool required;
	size_t place;       /* of a struct webauthn_bytes in struct key_answer */
	const char *why;    /* what is said where it is missing or malformed */
};

#define MEMBER(object, name, maximum, required, place) \
	{(object), (name), (maximum), (required), offsetof(struct key_answer, place), \
		"\"" name "\" is missing, malformed or too long"}
#define END {NULL, NULL, 0, false, 0, NULL}

static const struct member browser_assertion[] = {
	MEMBER(NULL, "id", KEY_ID_MAX, true, assertion.id),
	MEMBER("response", "clientDataJSON", CLIENT_DATA_MAX, true, assertion.client_data),
	MEMBER("response", "authenticatorData", AUTHENTICATOR_DATA_MAX, true,
		assertion.authenticator_data),
	MEMBER("response", "signature", KEY_SIGNATURE_MAX, true, assertion.signature),
	MEMBER("response", "userHandle", WEBAUTHN_USER_HANDLE_MAX, false, assertion.user_handle),
	END,
};

static const struct member browser_registration[] = {
	MEMBER(NULL, "id", KEY_ID_MAX, true, registration.id),
	MEMBER("response", "clientDataJSON", CLIENT_DATA_MAX, true, registration.client_data),
	MEMBER("response", "attestationObject", WEBAUTHN_ATTESTATION_OBJECT_MAX, true,
		registration.attestation_object),
	END,
};

static const struct member seat_assertion[] = {
	MEMBER(NULL, "id", KEY_ID_MAX, true, assertion.id),
	MEMBER("response", "authenticatorData", AUTHENTICATOR_DATA_MAX, true,
		assertion.authenticator_data),
	MEMBER("response", "signature", KEY_SIGNATURE_MAX, true, assertion.signature),
	END,
};

static const struct member seat_registration[] = {
	MEMBER(NULL, "id", KEY_ID_MAX, true, registration.id),
	MEMBER("response", "attestationObject", WEBAUTHN_ATTESTATION_OBJECT_MAX, true,
		registration.attestation_object),
	END,
};

static const struct member agent_assertion[] = {
	MEMBER(NULL, "key", SSH_BLOB_MAX, true, agent.key),
	MEMBER(NULL, "signature", SSH_BLOB_MAX, true, agent.signature),
	END,
};

static const struct member agent_registration[] = {
	MEMBER(NULL, "key", SSH_BLOB_MAX, true, agent.key),
	MEMBER(NULL, "signature", SSH_BLOB_MAX, true, agent.signature),
	MEMBER("attestation", "blob", SSH_BLOB_MAX, false, agent.attestation),
	MEMBER("attestation", "challenge", SSH_BLOB_MAX, false, agent.challenge),
	END,
};

static const struct member *members_of(enum via via, bool enrolment)
{
	switch (via) {
	case VIA_BROWSER:
		return enrolment ? browser_registration : browser_assertion;
	case VIA_SEAT:
		return enrolment ? seat_registration : seat_assertion;
	case VIA_AGENT:
		return enrolment ? agent_registration : agent_assertion;
	}
	return NULL;
}

/* A member's value; NULL where it is left out or null. */
static const json_t *key_answer_value_of(const json_t *object, const struct member *member)
{
	const json_t *holder = member->object == NULL ? object : json_object_get(object, member->object);
	const json_t *value = json_object_get(holder, member->name);

	return json_is_null(value) ? NULL : value;
}

/* Bytes that all members take together, at most. */
static size_t size_of(const json_t *object, const struct member *members)
{
	size_t size = 1;

	for (; members->name != NULL; members++) {
		size_t length = json_string_length(key_answer_value_of(object, members));

		size += length <= BASE64URL_LENGTH(members->maximum) ? length : 0;
	}
	return size;
}

static enum stepup_error key_answer_refuse(const char **why, const char *reason)
{
	*why = reason;
	return STEPUP_INVALID;
}

static enum stepup_error members_read(const json_t *object, const struct member *members,
	struct key_answer *answer, const char **why)
{
	uint8_t *at = answer->memory;

	for (; members->name != NULL; members++) {
		const json_t *value = key_answer_value_of(object, members);
		struct webauthn_bytes *bytes =
			(struct webauthn_bytes *)(void *)((char *)answer + members->place);

		if (value == NULL && !members->required)
			continue;
		if (!json_is_string(value) ||
		    json_string_length(value) > BASE64URL_LENGTH(members->maximum) ||
		    base64url_decode(json_string_value(value), at, members->maximum,
			    &bytes->size) != STEPUP_OK)
			return key_answer_refuse(why, members->why);
		if (bytes->size == 0 && members->required)
			return key_answer_refuse(why, members->why);
		bytes->bytes = at;
		at += bytes->size;
	}
	return STEPUP_OK;
}

/* A browser says its credential's name twice, and of what type it is. */
static enum stepup_error browser_check(const json_t *object, const char **why)
{
	const json_t *type = json_object_get(object, "type");

	if (!json_is_string(type) || strcmp(json_string_value(type), "public-key") != 0)
		return key_answer_refuse(why, "\"type\" is not public-key");
	if (!json_equal(json_object_get(object, "id"), json_object_get(object, "rawId")))
		return key_answer_refuse(why, "\"rawId\" is not \"id\"");
	return STEPUP_OK;
}

static const struct transport {
	const char *name;
	unsigned bit;
} transports[] = {
	{"usb", TRANSPORT_USB}, {"nfc", TRANSPORT_NFC}, {"ble", TRANSPORT_BLE},
	{"smart-card", TRANSPORT_SMART_CARD}, {"hybrid", TRANSPORT_HYBRID}, {"internal", TRANSPORT_INTERNAL},
};

/* Names that are not known are let pass (WebAuthn Level 3, section 5.2.1). */
static unsigned transports_read(const json_t *object)
{
	const json_t *list = json_object_get(json_object_get(object, "response"), "transports"), *value;
	unsigned bits = 0;
	size_t index;

	json_array_foreach(list, index, value)
		for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
			if (json_is_string(value) &&
			    strcmp(json_string_value(value), transports[i].name) == 0)
				bits |= transports[i].bit;
	return bits;
}

enum stepup_error key_answer_parse(enum via via, bool enrolment, const json_t *object,
	struct key_answer *answer, const char **why)
{
	const struct member *members = members_of(via, enrolment);
	enum stepup_error error = STEPUP_OK;

	*why = NULL;
	*answer = (struct key_answer){0};
	if (members == NULL)
		return STEPUP_INTERNAL;
	if (!json_is_object(object))
		return key_answer_refuse(why, "not an object");
	if (via == VIA_BROWSER)
		error = browser_check(object, why);
	if (error != STEPUP_OK)
		return error;
	answer->memory = malloc(size_of(object, members));
	if (answer->memory == NULL)
		return STEPUP_NO_MEMORY;
	error = members_read(object, members, answer, why);
	if (error == STEPUP_OK &&
	    (answer->agent.attestation.bytes == NULL) != (answer->agent.challenge.bytes == NULL))
		error = key_answer_refuse(why,
			"\"attestation\" has a blob without a challenge, or a challenge without a blob");
	answer->registration.transports = enrolment ? transports_read(object) : 0;
	if (error != STEPUP_OK)
		key_answer_clear(answer);
	return error;
}

void key_answer_clear(struct key_answer *answer)
{
	free(answer->memory);
	*answer = (struct key_answer){0};
}
