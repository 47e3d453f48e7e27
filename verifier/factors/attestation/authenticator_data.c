/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads authenticator data.
 */
#include "verifier/factors/attestation/authenticator_data.h"

#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "verifier/factors/attestation/cbor_cursor.h"


/* Labels and values of COSE keys: RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4. */
#define COSE_TYPE 1
#define COSE_ALGORITHM 3

/* A kind of key, whose parameters -1, -2 and -3 are in the order that canonical CBOR has them in: a curve
 * where it has one, then bytes. */
static const struct cose_kind {
	int algorithm, type;
	int curve;       /* 0 for none */
	size_t parts[2]; /* bytes of each parameter behind the curve; 0 for none */
} kinds[] = {
	{KEY_ES256, 2, 1, {32, 32}},  /* EC2, P-256: x, y */
	{KEY_ES384, 2, 2, {48, 48}},  /* EC2, P-384 */
	{KEY_EDDSA, 1, 6, {32, 0}},   /* OKP, Ed25519: x */
	{KEY_RS256, 3, 0, {256, 3}},  /* RSA: n, e */
};

static const struct cose_kind *authenticator_data_kind_of(int64_t algorithm)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].algorithm == algorithm)
			return &kinds[i];
	return NULL;
}

/* Reads the key, exactly the parameters that its kind needs: WebAuthn section 6.5.1.1 allows no others. */
static enum stepup_error authenticator_data_key_read(struct byte_cursor *cursor,
	struct authenticator_data *data, const char **why)
{
	struct cbor_map map = cbor_map(cursor);
	const struct cose_kind *kind;
	int64_t type, label = -1;

	*why = "credential public key is malformed";
	if (!cbor_map_next_is_number(cursor, &map, COSE_TYPE))
		return STEPUP_INVALID;
	type = cbor_integer(cursor);
	if (!cbor_map_next_is_number(cursor, &map, COSE_ALGORITHM))
		return STEPUP_INVALID;
	kind = authenticator_data_kind_of(cbor_integer(cursor));
	if (cursor->broken)
		return STEPUP_INVALID;
	*why = "credential public key is of an algorithm that nobody asked for";
	if (kind == NULL)
		return STEPUP_INVALID;
	*why = "credential public key does not match its algorithm";
	if (type != kind->type)
		return STEPUP_INVALID;
	if (kind->curve != 0 &&
	    (!cbor_map_next_is_number(cursor, &map, label--) || cbor_integer(cursor) != kind->curve))
		return STEPUP_INVALID;
	for (size_t i = 0; i < 2 && kind->parts[i] != 0; i++) {
		struct byte_cursor part = {.broken = true};

		if (cbor_map_next_is_number(cursor, &map, label--))
			part = cbor_bytes(cursor);
		if (part.broken || part.left != kind->parts[i])
			return STEPUP_INVALID;
		memcpy(data->public_key + data->public_key_size, part.at, part.left);
		data->public_key_size += part.left;
	}
	if (cursor->broken || map.left != 0)
		return STEPUP_INVALID;
	*why = "credential public key is no point of its curve, or too weak";
	data->algorithm = kind->algorithm;
	return key_public_check(data->algorithm, data->public_key, data->public_key_size);
}

/* Attested credential data, section 6.5.1. */
static enum stepup_error credential_read(struct byte_cursor *cursor, struct authenticator_data *data,
	const char **why)
{
	data->aaguid = cursor_raw(cursor, AAGUID_SIZE);
	data->id.left = cursor_u16(cursor);
	data->id.at = cursor_raw(cursor, data->id.left);
	*why = "attested credential data is cut short";
	if (cursor->broken)
		return STEPUP_INVALID;
	return authenticator_data_key_read(cursor, data, why);
}

enum stepup_error authenticator_data_parse(struct byte_cursor bytes, bool attested,
	struct authenticator_data *data, const char **why)
{
	struct byte_cursor cursor = bytes;
	enum stepup_error error;

	memset(data, 0, sizeof(*data));
	data->whole = bytes;
	*why = "authenticator data is too long";
	if (bytes.left > AUTHENTICATOR_DATA_MAX)
		return STEPUP_INVALID;
	data->rp_id_hash = cursor_raw(&cursor, DIGEST_SIZE);
	data->flags = cursor_u8(&cursor);
	data->counter = cursor_u32(&cursor);
	*why = "authenticator data is cut short";
	if (cursor.broken)
		return STEPUP_INVALID;
	*why = attested ? "authenticator data has no credential in it"
		: "authenticator data of an assertion has a credential in it";
	if (((data->flags & FLAG_ATTESTED) != 0) != attested)
		return STEPUP_INVALID;
	error = attested ? credential_read(&cursor, data, why) : STEPUP_OK;
	if (error != STEPUP_OK)
		return error;
	if ((data->flags & FLAG_EXTENSIONS) != 0)
		cbor_skip_text_map(&cursor);
	*why = "authenticator data does not end where it should, or its extensions are malformed";
	if (!cursor_is_done(&cursor))
		return STEPUP_INVALID;
	*why = NULL;
	return STEPUP_OK;
}
