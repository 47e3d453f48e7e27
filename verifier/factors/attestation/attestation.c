/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation objects and their statements. WebAuthn Level 3: sections 6.5.4 (object), 8.2 (packed), 8.6
 * (fido-u2f), 8.7 (none).
 */
#include "verifier/factors/attestation/attestation.h"

#include <stdio.h>
#include <string.h>

#include "verifier/factors/attestation/attestation_certificate.h"
#include "verifier/factors/attestation/cbor_cursor.h"

#define SIGNED_MAX (AUTHENTICATOR_DATA_MAX + DIGEST_SIZE)
#define U2F_SIGNED_MAX (1 + 2 * DIGEST_SIZE + KEY_ID_MAX + 1 + 64)

/* --- reading --- */

static void chain_read(struct byte_cursor *cursor, struct attestation_object *object)
{
	size_t count = cbor_array(cursor);

	if (count == 0 || count > ATTESTATION_CHAIN_MAX)
		cursor->broken = true;
	for (size_t i = 0; i < count && !cursor->broken; i++) {
		struct byte_cursor certificate = cbor_bytes(cursor);

		object->chain[object->chain_count++] =
			(struct attestation_certificate){.bytes = certificate.at, .size = certificate.left};
	}
}

/* A map of anything. */
static void statement_skip(struct byte_cursor *cursor)
{
	struct byte_cursor peek = *cursor;

	(void)cbor_map(&peek);
	if (peek.broken)
		cursor->broken = true;
	else
		cbor_skip_unseen(cursor);
}

/* Section 8.7: nothing. */
static void none_read(struct byte_cursor *cursor, struct attestation_object *object)
{
	(void)object;
	if (cbor_map(cursor).left != 0)
		cursor->broken = true;
}

static void other_read(struct byte_cursor *cursor, struct attestation_object *object)
{
	(void)object;
	statement_skip(cursor);
}

static void member_expect(struct byte_cursor *cursor, struct cbor_map *map, const char *name)
{
	if (!cbor_map_next_is(cursor, map, name))
		cursor->broken = true;
}

/* Section 8.2: alg, sig and perhaps x5c, in the order of canonical CBOR. */
static void packed_read(struct byte_cursor *cursor, struct attestation_object *object)
{
	struct cbor_map map = cbor_map(cursor);

	member_expect(cursor, &map, "alg");
	object->algorithm = cbor_integer(cursor);
	member_expect(cursor, &map, "sig");
	object->signature = cbor_bytes(cursor);
	if (cbor_map_next_is(cursor, &map, "x5c"))
		chain_read(cursor, object);
	if (map.left != 0)
		cursor->broken = true;
}

/* Section 8.6: sig and x5c, which has one certificate. */
static void u2f_read(struct byte_cursor *cursor, struct attestation_object *object)
{
	struct cbor_map map = cbor_map(cursor);

	member_expect(cursor, &map, "sig");
	object->signature = cbor_bytes(cursor);
	member_expect(cursor, &map, "x5c");
	chain_read(cursor, object);
	if (map.left != 0 || object->chain_count != 1)
		cursor->broken = true;
}

static const struct attestation_format *format_of(const struct byte_cursor *name)
{
	for (size_t i = 0; attestation_formats[i] != NULL; i++) {
		if (cursor_is(name, attestation_formats[i]->name))
			return attestation_formats[i];
	}
	return &attestation_other;
}

/* The three members in any order, each once: passkey providers have orders of their own. */
static enum stepup_error parse_unseen(struct byte_cursor cursor, struct attestation_object *object)
{
	size_t members = cbor_map(&cursor).left;
	struct byte_cursor key, format = {.at = NULL}, statement = {.at = NULL};

	object->format = &attestation_other;
	for (size_t i = 0; i < members && !cursor.broken; i++) {
		key = cbor_text(&cursor);
		if (cursor_is(&key, "fmt") && format.at == NULL) {
			format = cbor_text(&cursor);
		} else if (cursor_is(&key, "attStmt") && statement.at == NULL) {
			statement = cursor;
			statement_skip(&cursor);
		} else if (cursor_is(&key, "authData") && object->authenticator_data.at == NULL) {
			object->authenticator_data = cbor_bytes(&cursor);
		} else {
			cursor.broken = true;
		}
	}
	return members == 3 && cursor_is_done(&cursor) ? STEPUP_OK : STEPUP_INVALID;
}

static enum stepup_error parse_seen(struct byte_cursor cursor, struct attestation_object *object)
{
	struct byte_cursor format;
	struct cbor_map map = cbor_map(&cursor);

	if (!cbor_map_next_is(&cursor, &map, "fmt"))
		return STEPUP_INVALID;
	format = cbor_text(&cursor);
	object->format = format_of(&format);
	if (!cbor_map_next_is(&cursor, &map, "attStmt"))
		return STEPUP_INVALID;
	object->format->read(&cursor, object);
	if (!cbor_map_next_is(&cursor, &map, "authData"))
		return STEPUP_INVALID;
	object->authenticator_data = cbor_bytes(&cursor);
	return map.left == 0 && cursor_is_done(&cursor) ? STEPUP_OK : STEPUP_INVALID;
}

enum stepup_error attestation_object_parse(struct byte_cursor bytes, bool unseen,
	struct attestation_object *object, const char **why)
{
	enum stepup_error error;

	memset(object, 0, sizeof(*object));
	*why = "attestation object is too long";
	if (bytes.left > ATTESTATION_OBJECT_MAX)
		return STEPUP_INVALID;
	error = unseen ? parse_unseen(bytes, object) : parse_seen(bytes, object);
	*why = error == STEPUP_OK ? NULL : "attestation object is malformed";
	return error;
}

/* --- verifying --- */

static enum stepup_error attestation_refuse(const char **why, const char *reason)
{
	*why = reason;
	return STEPUP_BAD_ANSWER;
}

static enum stepup_error signature_error(enum stepup_error error, const char **why)
{
	if (error == STEPUP_BAD_ANSWER)
		return attestation_refuse(why, "attestation signature");
	return error;
}

/* Section 8.2: the signature covers authenticator data and client data hash. */
static enum stepup_error packed_verify(const struct attestation_object *object,
	const struct authenticator_data *data, const uint8_t hash[DIGEST_SIZE], const char **why)
{
	uint8_t bytes[SIGNED_MAX];
	size_t size = data->whole.left;
	enum stepup_error error;

	memcpy(bytes, data->whole.at, size);
	memcpy(bytes + size, hash, DIGEST_SIZE);
	size += DIGEST_SIZE;
	if (object->chain_count == 0 && object->algorithm != data->algorithm)
		return attestation_refuse(why, "self attestation is of another algorithm than the key's");
	if (object->chain_count == 0) {
		error = key_signature_check(data->algorithm, data->public_key, data->public_key_size, bytes,
			size, object->signature.at, object->signature.left);
		return signature_error(error, why);
	}
	return signature_error(attestation_certificate_signed(&object->chain[0], object->algorithm, bytes,
			size, object->signature), why);
}

/* Section 8.6: the signature covers RP ID hash, client data hash, credential id and public key; neither
 * flags nor AAGUID. */
static enum stepup_error u2f_verify(const struct attestation_object *object,
	const struct authenticator_data *data, const uint8_t hash[DIGEST_SIZE], const char **why)
{
	uint8_t bytes[U2F_SIGNED_MAX], *at = bytes;

	if (data->algorithm != KEY_ES256)
		return attestation_refuse(why, "fido-u2f attestation of a key that is not ES256");
	if (data->id.left > KEY_ID_MAX)
		return attestation_refuse(why, "credential id is empty or too long");
	*at++ = 0x00;
	at = mempcpy(at, data->rp_id_hash, DIGEST_SIZE);
	at = mempcpy(at, hash, DIGEST_SIZE);
	at = mempcpy(at, data->id.at, data->id.left);
	*at++ = 0x04;
	at = mempcpy(at, data->public_key, data->public_key_size);
	return signature_error(attestation_certificate_signed(&object->chain[0], KEY_ES256, bytes,
			(size_t)(at - bytes), object->signature), why);
}

/* Section 8.6 demands nothing of a certificate but the kind of its key, which u2f_verify() looks at. */
static enum stepup_error u2f_certificate(
	const struct attestation_certificate *certificate, const uint8_t aaguid[16], const char **why)
{
	(void)certificate;
	(void)aaguid;
	*why = NULL;
	return STEPUP_OK;
}

/* --- formats --- */

const struct attestation_format attestation_none = {"none", none_read, NULL, NULL, true,
	"there is no attestation"};
const struct attestation_format attestation_packed = {
	"packed", packed_read, packed_verify, attestation_certificate_is_packed, true, NULL};
const struct attestation_format attestation_fido_u2f = {"fido-u2f", u2f_read, u2f_verify, u2f_certificate,
	false, NULL};
const struct attestation_format attestation_other = {
	"other", other_read, NULL, NULL, true, "attestation of a format that is not checked counts as none"};

const struct attestation_format *const attestation_formats[] = {
	&attestation_none,
	&attestation_packed,
	&attestation_fido_u2f,
	&attestation_other,
	NULL,
};

enum stepup_error attestation_verify(const struct attestation_object *object,
	const struct authenticator_data *data, const uint8_t client_data_hash[DIGEST_SIZE], const char **why)
{
	const struct attestation_format *format = object->format;

	*why = NULL;
	if (format->verify != NULL && format->certificate != NULL)
		return format->verify(object, data, client_data_hash, why);
	return format->unattested != NULL ? STEPUP_OK
		: attestation_refuse(why, "attestation of a format that nobody can check");
}

/* --- trust --- */

enum stepup_error attestation_assess(const struct attestation_object *object,
	const struct authenticator_data *data, const struct attestation_trust *trust, int64_t now,
	struct key_credential *key, const char **why)
{
	struct attestation_model model;
	enum stepup_error error;

	*why = NULL;
	if (object->format->names_model)
		memcpy(key->aaguid, data->aaguid, sizeof(key->aaguid));
	model = attestation_trust_model(trust, key->aaguid,
		object->chain_count > 0 ? &object->chain[0] : NULL);
	if (model.revoked)
		return attestation_refuse(why,
			"the metadata says that this model can't be relied on any more");
	key->attestation = ATTESTATION_NONE;
	*why = object->format->unattested;
	if (*why != NULL)
		return STEPUP_OK;
	key->attestation = ATTESTATION_SELF;
	*why = "the key attests to itself";
	if (object->chain_count == 0)
		return STEPUP_OK;
	key->attestation = ATTESTATION_UNTRUSTED;
	error = attestation_trust_chain(trust, key->aaguid, object->chain, object->chain_count, now, why);
	if (error == STEPUP_NOT_ALLOWED)
		return STEPUP_OK;
	if (error == STEPUP_OK)
		error = object->format->certificate(&object->chain[0], data->aaguid, why);
	if (error != STEPUP_OK)
		return error;
	key->attestation = ATTESTATION_VERIFIED;
	if (model.name != NULL)
		(void)snprintf(key->model, sizeof(key->model), "%s", model.name);
	return STEPUP_OK;
}
