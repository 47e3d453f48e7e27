/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH security keys' public keys and signatures, and SSHSIG around them. Formats: OpenSSH's PROTOCOL.u2f
 * (keys, signatures, what the authenticator signs) and PROTOCOL.sshsig (preamble, armor).
 */
#include "lib/evidence/sshsig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/byte_cursor.h"
#include "lib/evidence/digest.h"
#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"

#define ED25519_SIZE 32
#define SSHSIG_VERSION 1
#define SIGNED_SIZE (DIGEST_SIZE + 1 + 4 + DIGEST_SIZE) /* what the authenticator signs */
#define ARMOR_WIDTH 70      /* characters of a line, as ssh-keygen writes them */

static const char magic[] = "SSHSIG";

static const struct type {
	int algorithm;
	const char *name;
} types[] = {
	{KEY_EDDSA, "sk-ssh-ed25519@openssh.com"},
	{KEY_ES256, "sk-ecdsa-sha2-nistp256@openssh.com"},
};

static const char *type_name(int algorithm)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].algorithm == algorithm)
			return types[i].name;
	return NULL;
}

/* The algorithm of the type that a string names; 0 for any other. */
static int type_read(struct byte_cursor *cursor)
{
	struct byte_cursor name = cursor_string(cursor);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (cursor_is(&name, types[i].name))
			return types[i].algorithm;
	return 0;
}

/* The public key itself; a broken cursor if it is a point of another curve, or a compressed one. */
static struct byte_cursor point_read(struct byte_cursor *cursor, int algorithm)
{
	struct byte_cursor curve, point;

	if (algorithm != KEY_ES256)
		return cursor_string(cursor);
	curve = cursor_string(cursor);
	point = cursor_string(cursor);
	if (!cursor_is(&curve, "nistp256") || cursor_u8(&point) != 0x04) /* uncompressed */
		point.broken = true;
	return point;
}

enum stepup_error ssh_key_parse(const uint8_t *blob, size_t size, struct ssh_key *key)
{
	struct byte_cursor cursor = {.at = blob, .left = size}, point;

	memset(key, 0, sizeof(*key));
	if (size > SSH_BLOB_MAX)
		return STEPUP_TOO_LONG;
	key->algorithm = type_read(&cursor);
	if (key->algorithm == 0)
		return STEPUP_INVALID;
	key->public_key_size = key->algorithm == KEY_ES256 ? 2 * P256_COORDINATE_SIZE : ED25519_SIZE;
	point = point_read(&cursor, key->algorithm);
	if (point.broken || point.left != key->public_key_size)
		return STEPUP_INVALID;
	memcpy(key->public_key, point.at, point.left);
	cursor_text(&cursor, key->application, sizeof(key->application));
	if (!cursor_is_done(&cursor))
		return STEPUP_INVALID;
	return key_public_check(key->algorithm, key->public_key, key->public_key_size);
}

enum stepup_error ssh_key_blob(const struct ssh_key *key, uint8_t **blob, size_t *size)
{
	const char *name = type_name(key->algorithm);
	struct byte_writer writer = {0};

	*blob = NULL;
	*size = 0;
	if (name == NULL || key->public_key_size > sizeof(key->public_key))
		return STEPUP_INVALID;
	writer_text(&writer, name);
	if (key->algorithm == KEY_ES256) {
		writer_text(&writer, "nistp256");
		writer_u32(&writer, (uint32_t)key->public_key_size + 1);
		writer_u8(&writer, 0x04);
		writer_raw(&writer, key->public_key, key->public_key_size);
	} else {
		writer_string(&writer, key->public_key, key->public_key_size);
	}
	writer_text(&writer, key->application);
	return writer_finish(&writer, blob, size);
}

/* --- lines of text --- */

/* The end of a line's first field; quotes in it may hold blanks, as authorized_keys has it. */
static const char *field_end(const char *line)
{
	bool quoted = false;

	for (; *line != '\0' && (quoted || (*line != ' ' && *line != '\t')); line++) {
		if (*line == '\\' && line[1] == '"')
			line++;
		else if (*line == '"')
			quoted = !quoted;
	}
	return line;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Whether the field that ends at `end` names a type of key, and which. */
static int field_type(const char *field, const char *end)
{
	size_t length = (size_t)(end - field);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == length && memcmp(types[i].name, field, length) == 0)
			return types[i].algorithm;
	return 0;
}

enum stepup_error ssh_key_parse_line(const char *line, struct ssh_key *key, char comment[SSH_COMMENT_SIZE])
{
	const char *field, *end;
	uint8_t blob[SSH_BLOB_MAX];
	char *base64;
	size_t size = 0, length;
	int algorithm;
	enum stepup_error error;

	memset(key, 0, sizeof(*key));
	comment[0] = '\0';
	if (strnlen(line, 2 * SSH_BLOB_MAX) == 2 * SSH_BLOB_MAX)
		return STEPUP_TOO_LONG;
	field = skip_blanks(line);
	end = field_end(field);
	if (field_type(field, end) == 0) { /* options */
		field = skip_blanks(end);
		end = field_end(field);
	}
	algorithm = field_type(field, end);
	if (algorithm == 0)
		return STEPUP_INVALID;
	field = skip_blanks(end);
	length = strcspn(field, " \t\r\n");
	base64 = strndup(field, length);
	if (base64 == NULL)
		return STEPUP_NO_MEMORY;
	error = base64_decode(base64, blob, sizeof(blob), &size);
	free(base64);
	if (error == STEPUP_OK)
		error = ssh_key_parse(blob, size, key);
	if (error != STEPUP_OK)
		return error;
	if (key->algorithm != algorithm)
		return STEPUP_INVALID;
	field = skip_blanks(field + length);
	length = strcspn(field, "\r\n");
	if (length >= SSH_COMMENT_SIZE || field[length + strspn(field + length, "\r\n")] != '\0')
		return STEPUP_INVALID;
	memcpy(comment, field, length);
	comment[length] = '\0';
	return STEPUP_OK;
}

/* --- signatures --- */

/* Copies a number of an ECDSA signature as DER's INTEGER. SSH's mpint (RFC 4251 section 5) has the same
 * bytes: two's complement, no byte too many. Positive ones only. */
static bool number_to_der(struct byte_cursor *numbers, struct byte_writer *der)
{
	struct byte_cursor number = cursor_string(numbers);

	if (number.broken || number.left == 0 || number.left > P256_COORDINATE_SIZE + 1 ||
	    (number.at[0] & 0x80) != 0)
		return false;
	if (number.at[0] == 0 && (number.left == 1 || (number.at[1] & 0x80) == 0))
		return false;
	writer_u8(der, 0x02);
	writer_u8(der, (uint8_t)number.left);
	writer_raw(der, number.at, number.left);
	return true;
}

static enum stepup_error ecdsa_to_der(struct byte_cursor numbers, struct ssh_signature *signature)
{
	struct byte_writer der = {0};
	bool read = number_to_der(&numbers, &der) && number_to_der(&numbers, &der) &&
		cursor_is_done(&numbers);
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error = writer_finish(&der, &bytes, &size);

	if (error == STEPUP_OK && (!read || size + 2 > sizeof(signature->raw)))
		error = STEPUP_INVALID;
	if (error == STEPUP_OK) {
		signature->raw[0] = 0x30;
		signature->raw[1] = (uint8_t)size;
		memcpy(signature->raw + 2, bytes, size);
		signature->raw_size = size + 2;
	}
	free(bytes);
	return error;
}

enum stepup_error ssh_signature_parse(const uint8_t *blob, size_t size, struct ssh_signature *signature)
{
	struct byte_cursor cursor = {.at = blob, .left = size}, raw;

	memset(signature, 0, sizeof(*signature));
	if (size > SSH_BLOB_MAX)
		return STEPUP_TOO_LONG;
	signature->algorithm = type_read(&cursor);
	raw = cursor_string(&cursor);
	signature->flags = cursor_u8(&cursor);
	signature->counter = cursor_u32(&cursor);
	if (signature->algorithm == 0 || !cursor_is_done(&cursor))
		return STEPUP_INVALID;
	if (signature->algorithm == KEY_ES256)
		return ecdsa_to_der(raw, signature);
	if (raw.left != ED25519_SIGNATURE_SIZE)
		return STEPUP_INVALID;
	memcpy(signature->raw, raw.at, raw.left);
	signature->raw_size = raw.left;
	return STEPUP_OK;
}

static bool namespace_is_valid(const char *namespace)
{
	size_t length = strnlen(namespace, SSH_NAMESPACE_SIZE);

	return length > 0 && length < SSH_NAMESPACE_SIZE;
}

enum stepup_error sshsig_namespace(const char *issuer, char namespace[SSH_NAMESPACE_SIZE])
{
	const char *host = strstr(issuer, "://");
	int length;

	host = host == NULL ? issuer : host + 3;
	length = snprintf(namespace, SSH_NAMESPACE_SIZE, "stepup@%.*s", (int)strcspn(host, ":/"), host);
	return length < 0 || length >= SSH_NAMESPACE_SIZE ? STEPUP_TOO_LONG : STEPUP_OK;
}

enum stepup_error sshsig_preamble(const char *namespace, const void *message, size_t message_size,
	uint8_t **preamble, size_t *size)
{
	struct byte_writer writer = {0};
	uint8_t digest[SHA512_SIZE];
	enum stepup_error error;

	*preamble = NULL;
	*size = 0;
	if (!namespace_is_valid(namespace))
		return STEPUP_INVALID;
	error = digest_sha512(message, message_size, digest);
	if (error != STEPUP_OK)
		return error;
	writer_raw(&writer, magic, strlen(magic));
	writer_text(&writer, namespace);
	writer_text(&writer, ""); /* reserved */
	writer_text(&writer, "sha512");
	writer_string(&writer, digest, sizeof(digest));
	return writer_finish(&writer, preamble, size);
}

/* What the authenticator signed: SHA-256(application) ‖ flags ‖ counter ‖ SHA-256(preamble). */
static enum stepup_error signed_bytes(const struct ssh_key *key, const struct ssh_signature *signature,
	const char *namespace, const void *message, size_t message_size, uint8_t bytes[SIGNED_SIZE])
{
	const uint8_t counted[5] = {signature->flags, (uint8_t)(signature->counter >> 24),
		(uint8_t)(signature->counter >> 16), (uint8_t)(signature->counter >> 8),
		(uint8_t)signature->counter};
	uint8_t *preamble = NULL;
	size_t size = 0;
	enum stepup_error error = sshsig_preamble(namespace, message, message_size, &preamble, &size);

	if (error == STEPUP_OK)
		error = digest_sha256(key->application, strlen(key->application), bytes);
	if (error == STEPUP_OK)
		error = digest_sha256(preamble, size, bytes + DIGEST_SIZE + sizeof(counted));
	if (error == STEPUP_OK)
		memcpy(bytes + DIGEST_SIZE, counted, sizeof(counted));
	free(preamble);
	return error;
}

static enum stepup_error sshsig_refuse(const char **why, const char *reason)
{
	*why = reason;
	return STEPUP_BAD_ANSWER;
}

enum stepup_error sshsig_check(const struct ssh_key *key, const char *namespace, const void *message,
	size_t message_size, bool user_verification, const uint8_t *blob, size_t size,
	struct ssh_signature *signature, const char **why)
{
	uint8_t bytes[SIGNED_SIZE];
	enum stepup_error error = ssh_signature_parse(blob, size, signature);

	*why = NULL;
	if (error != STEPUP_OK) {
		*why = "signature blob is malformed";
		return error;
	}
	if (signature->algorithm != key->algorithm)
		return sshsig_refuse(why, "signature of another algorithm than the key's");
	error = signed_bytes(key, signature, namespace, message, message_size, bytes);
	if (error != STEPUP_OK)
		return error;
	error = key_signature_check(key->algorithm, key->public_key, key->public_key_size, bytes,
		sizeof(bytes), signature->raw, signature->raw_size);
	if (error == STEPUP_BAD_ANSWER)
		return sshsig_refuse(why, "signature");
	if (error != STEPUP_OK)
		return error;
	if ((signature->flags & FLAG_USER_PRESENT) == 0)
		return sshsig_refuse(why, "signed without a touch");
	if (user_verification && (signature->flags & FLAG_USER_VERIFIED) == 0)
		return sshsig_refuse(why, "user verification is missing");
	return STEPUP_OK;
}

/* --- armor --- */

/* The base64 text in lines between the marks. */
static char *armor_wrap(const char *base64)
{
	static const char begin[] = "-----BEGIN SSH SIGNATURE-----\n",
		end[] = "-----END SSH SIGNATURE-----\n";
	size_t length = strlen(base64), lines = (length + ARMOR_WIDTH - 1) / ARMOR_WIDTH;
	char *armor = malloc(sizeof(begin) + length + lines + sizeof(end)), *at = armor;

	if (armor == NULL)
		return NULL;
	at = stpcpy(at, begin);
	for (size_t i = 0; i < length; i += ARMOR_WIDTH) {
		size_t width = length - i < ARMOR_WIDTH ? length - i : ARMOR_WIDTH;

		at = mempcpy(at, base64 + i, width);
		*at++ = '\n';
	}
	(void)stpcpy(at, end);
	return armor;
}

char *sshsig_armor(const struct ssh_key *key, const char *namespace, const uint8_t *blob, size_t size)
{
	struct byte_writer writer = {0};
	uint8_t *key_blob = NULL, *bytes = NULL;
	char *base64 = NULL, *armor = NULL;
	size_t key_size = 0, all = 0;

	if (!namespace_is_valid(namespace) || ssh_key_blob(key, &key_blob, &key_size) != STEPUP_OK)
		return NULL;
	writer_raw(&writer, magic, strlen(magic));
	writer_u32(&writer, SSHSIG_VERSION);
	writer_string(&writer, key_blob, key_size);
	writer_text(&writer, namespace);
	writer_text(&writer, ""); /* reserved */
	writer_text(&writer, "sha512");
	writer_string(&writer, blob, size);
	if (writer_finish(&writer, &bytes, &all) == STEPUP_OK)
		base64 = base64_encode_new(bytes, all);
	if (base64 != NULL)
		armor = armor_wrap(base64);
	free(base64);
	free(bytes);
	free(key_blob);
	return armor;
}
