/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed notes and checkpoints. Formats: c2sp.org/signed-note and c2sp.org/tlog-checkpoint; the only
 * signature here is Ed25519 (RFC 8032). What is read must be exactly what checkpoint_sign() writes, but for
 * further signatures by other keys, which are left alone.
 */
#include "lib/evidence/checkpoint_note.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"

#define TYPE_ED25519 0x01
#define SIGNATURE_SIZE (4 + ED25519_SIGNATURE_SIZE) /* bytes: key id, then the signature */
#define OTHER_SIGNATURE_MAX 6144                    /* bytes: what other types of signatures may take */
#define NOTE_SIZE_MAX 131072
#define SIGNATURES_MAX 16
#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

/* No space, no plus, nothing that isn't printable ASCII: narrower than the format, wide enough for
 * host names and URLs. */
static bool name_is_valid(const char *name)
{
	size_t length = strnlen(name, NOTE_NAME_SIZE);

	if (length == 0 || length == NOTE_NAME_SIZE)
		return false;
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~' || *name == '+')
			return false;
	return true;
}

/* The first four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key). */
static enum stepup_error key_id(const char *name, const uint8_t public_key[NOTE_KEY_SIZE], uint8_t id[4])
{
	uint8_t bytes[NOTE_NAME_SIZE + 2 + NOTE_KEY_SIZE], digest[DIGEST_SIZE];
	size_t length = strlen(name);
	enum stepup_error error;

	memcpy(bytes, name, length);
	bytes[length] = '\n';
	bytes[length + 1] = TYPE_ED25519;
	memcpy(bytes + length + 2, public_key, NOTE_KEY_SIZE);
	error = digest_sha256(bytes, length + 2 + NOTE_KEY_SIZE, digest);
	if (error == STEPUP_OK)
		memcpy(id, digest, 4);
	return error;
}

enum stepup_error note_key_from_seed(const char *name, const uint8_t seed[NOTE_KEY_SIZE],
	struct note_key *key)
{
	enum stepup_error error = STEPUP_INTERNAL;
	EVP_PKEY *pkey = NULL;
	size_t size = NOTE_KEY_SIZE;

	memset(key, 0, sizeof(*key));
	if (!name_is_valid(name))
		return STEPUP_INVALID;
	memcpy(key->name, name, strlen(name) + 1);
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY_SIZE);
	if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public_key, &size) == 1 &&
	    size == NOTE_KEY_SIZE)
		error = key_id(name, key->public_key, key->key_id);
	EVP_PKEY_free(pkey);
	return error;
}

char *note_key_format(const struct note_key *key)
{
	uint8_t bytes[1 + NOTE_KEY_SIZE] = {TYPE_ED25519};
	char *base64, *text = NULL;

	memcpy(bytes + 1, key->public_key, NOTE_KEY_SIZE);
	base64 = base64_encode_new(bytes, sizeof(bytes));
	if (base64 != NULL &&
	    asprintf(&text, "%s+%02x%02x%02x%02x+%s", key->name, key->key_id[0], key->key_id[1],
		    key->key_id[2], key->key_id[3], base64) < 0)
		text = NULL;
	free(base64);
	return text;
}

enum stepup_error note_key_parse(const char *text, struct note_key *key)
{
	const char *plus = strchr(text, '+');
	uint8_t bytes[1 + NOTE_KEY_SIZE];
	char id[9];
	size_t size = 0;
	enum stepup_error error;

	memset(key, 0, sizeof(*key));
	if (plus == NULL || plus - text >= NOTE_NAME_SIZE || strnlen(plus, 10) < 10 || plus[9] != '+')
		return STEPUP_INVALID;
	memcpy(key->name, text, (size_t)(plus - text));
	if (!name_is_valid(key->name))
		return STEPUP_INVALID;
	if (base64_decode(plus + 10, bytes, sizeof(bytes), &size) != STEPUP_OK || size != sizeof(bytes) ||
	    bytes[0] != TYPE_ED25519)
		return STEPUP_INVALID;
	memcpy(key->public_key, bytes + 1, NOTE_KEY_SIZE);
	error = key_id(key->name, key->public_key, key->key_id);
	if (error != STEPUP_OK)
		return error;
	(void)snprintf(id, sizeof(id), "%02x%02x%02x%02x", key->key_id[0], key->key_id[1], key->key_id[2],
		key->key_id[3]);
	return memcmp(id, plus + 1, 8) == 0 ? STEPUP_OK : STEPUP_INVALID;
}

static enum stepup_error text_make(const struct checkpoint *checkpoint, char **text)
{
	char *root = base64_encode_new(checkpoint->root, DIGEST_SIZE);
	enum stepup_error error = STEPUP_OK;

	if (root == NULL ||
	    asprintf(text, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root) < 0) {
		*text = NULL;
		error = STEPUP_NO_MEMORY;
	}
	free(root);
	return error;
}

static enum stepup_error text_sign(const char *text, const uint8_t seed[NOTE_KEY_SIZE],
	uint8_t signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY_SIZE);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t size = ED25519_SIGNATURE_SIZE;
	bool done = pkey != NULL && md != NULL && EVP_DigestSignInit(md, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestSign(md, signature, &size, (const unsigned char *)text, strlen(text)) == 1 &&
		size == ED25519_SIGNATURE_SIZE;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
	return done ? STEPUP_OK : STEPUP_INTERNAL;
}

enum stepup_error checkpoint_sign(const struct checkpoint *checkpoint, const struct note_key *key,
	const uint8_t seed[NOTE_KEY_SIZE], char **note)
{
	uint8_t signature[SIGNATURE_SIZE];
	char *text = NULL, *base64 = NULL;
	enum stepup_error error = STEPUP_INVALID;

	*note = NULL;
	if (!name_is_valid(checkpoint->origin) || !name_is_valid(key->name))
		return error;
	error = text_make(checkpoint, &text);
	if (error == STEPUP_OK)
		error = text_sign(text, seed, signature + 4);
	if (error != STEPUP_OK)
		goto out;
	memcpy(signature, key->key_id, 4);
	base64 = base64_encode_new(signature, sizeof(signature));
	if (base64 == NULL || asprintf(note, "%s\n" DASH "%s %s\n", text, key->name, base64) < 0) {
		*note = NULL;
		error = STEPUP_NO_MEMORY;
	}
out:
	free(text);
	free(base64);
	return error;
}

/* Cuts the next line out of `*rest`: NULL where there is none that ends in a newline. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

static enum stepup_error size_parse(const char *text, uint64_t *size)
{
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && text[1] != '\0'))
		return STEPUP_INVALID;
	errno = 0;
	*size = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? STEPUP_OK : STEPUP_INVALID;
}

/* Parses the three lines of a checkpoint; `text` is cut up. */
static enum stepup_error text_parse(char *text, struct checkpoint *checkpoint)
{
	char *origin = next_line(&text), *size = origin == NULL ? NULL : next_line(&text);
	char *root = size == NULL ? NULL : next_line(&text);
	size_t root_size = 0;

	if (root == NULL || *text != '\0' || !name_is_valid(origin) ||
	    size_parse(size, &checkpoint->size) != STEPUP_OK ||
	    base64_decode(root, checkpoint->root, DIGEST_SIZE, &root_size) != STEPUP_OK ||
	    root_size != DIGEST_SIZE)
		return STEPUP_INVALID;
	memcpy(checkpoint->origin, origin, strlen(origin) + 1);
	return STEPUP_OK;
}

static enum stepup_error signature_verify(const char *text, const struct note_key *key,
	const uint8_t *signature)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, NOTE_KEY_SIZE);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool holds = pkey != NULL && md != NULL && EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestVerify(md, signature, ED25519_SIGNATURE_SIZE, (const unsigned char *)text,
			strlen(text)) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
	return holds ? STEPUP_OK : STEPUP_CORRUPT;
}

/* The key's id under the name that a line gives it: what counts is the key, not what it was called when it
 * signed. STEPUP_INVALID for no name of a key. */
static enum stepup_error key_id_of(const char *name, const struct note_key *key, uint8_t id[4])
{
	return name_is_valid(name) ? key_id(name, key->public_key, id) : STEPUP_INVALID;
}

/* One signature line. `*ours` where it is by this key and holds; STEPUP_CORRUPT where it claims
 * to be and doesn't. */
static enum stepup_error line_verify(char *line, const char *text, const struct note_key *key, bool *ours)
{
	uint8_t signature[OTHER_SIGNATURE_MAX], id[4];
	char *name = line + strlen(DASH), *space;
	size_t size = 0;
	enum stepup_error error;

	if (strncmp(line, DASH, strlen(DASH)) != 0)
		return STEPUP_INVALID;
	space = strchr(name, ' ');
	if (space == NULL || space == name)
		return STEPUP_INVALID;
	*space = '\0';
	if (base64_decode(space + 1, signature, sizeof(signature), &size) != STEPUP_OK || size <= 4)
		return STEPUP_INVALID;
	if (key_id_of(name, key, id) != STEPUP_OK || memcmp(signature, id, sizeof(id)) != 0)
		return STEPUP_OK;
	error = size == SIGNATURE_SIZE ? signature_verify(text, key, signature + 4) : STEPUP_CORRUPT;
	if (error == STEPUP_OK)
		*ours = true;
	return error;
}

static enum stepup_error lines_verify(char *lines, const char *text, const struct note_key *key)
{
	enum stepup_error error = STEPUP_OK;
	bool ours = false;
	char *line;

	for (int count = 0; error == STEPUP_OK && *lines != '\0'; count++) {
		line = next_line(&lines);
		if (line == NULL || count == SIGNATURES_MAX)
			return STEPUP_INVALID;
		error = line_verify(line, text, key, &ours);
	}
	if (error == STEPUP_OK && !ours)
		error = STEPUP_CORRUPT;
	return error;
}

/* Where the signatures begin: behind the last empty line. */
static char *signatures_begin(char *note)
{
	char *found = NULL;

	for (char *at = strstr(note, "\n\n"); at != NULL; at = strstr(at + 1, "\n\n"))
		found = at + 2;
	return found;
}

static bool characters_are_valid(const char *note, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)note[i] < ' ' && note[i] != '\n')
			return false;
	return utf8_is_valid(note, size);
}

/* With the key's signature, or with whatever signatures there are (NULL). */
static enum stepup_error note_read(const char *note, const struct note_key *key,
	struct checkpoint *checkpoint)
{
	size_t size = strnlen(note, NOTE_SIZE_MAX + 1);
	char *text = NULL, *copy = NULL, *signatures;
	enum stepup_error error = STEPUP_INVALID;

	memset(checkpoint, 0, sizeof(*checkpoint));
	if (size > NOTE_SIZE_MAX || !characters_are_valid(note, size))
		return error;
	copy = strdup(note);
	if (copy == NULL)
		return STEPUP_NO_MEMORY;
	signatures = signatures_begin(copy);
	if (signatures == NULL || *signatures == '\0')
		goto out;
	text = strndup(copy, (size_t)(signatures - copy) - 1);
	if (text == NULL) {
		error = STEPUP_NO_MEMORY;
		goto out;
	}
	error = key == NULL ? STEPUP_OK : lines_verify(signatures, text, key);
	if (error == STEPUP_OK)
		error = text_parse(text, checkpoint);
out:
	if (error != STEPUP_OK)
		memset(checkpoint, 0, sizeof(*checkpoint));
	free(text);
	free(copy);
	return error;
}

enum stepup_error checkpoint_verify(const char *note, const struct note_key *key,
	struct checkpoint *checkpoint)
{
	return note_read(note, key, checkpoint);
}

enum stepup_error checkpoint_parse(const char *note, struct checkpoint *checkpoint)
{
	return note_read(note, NULL, checkpoint);
}
