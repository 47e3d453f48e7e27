/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The master key and its subkeys.
 * MUST: take a key only from a file that nobody else can read; take nothing but 64 hexadecimal digits and one
 * newline; keep it on a page of its own that is neither swapped nor dumped where the kernel allows that; wipe
 * it when it goes.
 */
#include "verifier/state/vault/master_key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"

#define KEY_NAME_SIZE 9
#define KEY_TEXT_SIZE (2 * MASTER_KEY_SIZE + 1) /* with its newline */

struct master_key {
	uint8_t bytes[MASTER_KEY_SIZE];
	char id[KEY_NAME_SIZE];
};

static int master_key_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Exactly 64 digits and at most one newline. */
static enum stepup_error parse_hex(const char *text, size_t size, uint8_t bytes[MASTER_KEY_SIZE])
{
	if (size == KEY_TEXT_SIZE && text[size - 1] == '\n')
		size--;
	if (size != 2 * MASTER_KEY_SIZE)
		return STEPUP_INVALID;
	for (size_t i = 0; i < MASTER_KEY_SIZE; i++) {
		int high = master_key_hex_value(text[2 * i]), low = master_key_hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return STEPUP_INVALID;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return STEPUP_OK;
}

static void master_key_say(char **why, const char *path, const char *what)
{
	free(*why);
	if (asprintf(why, "Master key %s: %s.", path, what) < 0)
		*why = NULL;
}

enum stepup_error master_key_read(const char *path, struct master_key **key, char **why)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	uint8_t bytes[MASTER_KEY_SIZE] = {0};
	char *from = NULL, *text = NULL;
	void *freed;
	size_t size = 0;
	enum stepup_error error = STEPUP_NO_MEMORY;

	*why = NULL;
	if (asprintf(&from, "%s%s", credentials ? credentials : path, credentials ? "/master.key" : "") < 0) {
		from = NULL;
		goto out;
	}
	error = safe_file_read(from, SAFE_FILE_SECRET, KEY_TEXT_SIZE + 1, &text, &size, why);
	if (error == STEPUP_NOT_FOUND)
		master_key_say(why, from,
			"there is no such file. Put the key of this store back; for a new store make one with"
			" \"(umask 077; openssl rand -hex 32 > FILE)\"");
	if (error == STEPUP_TOO_LONG)
		error = STEPUP_INVALID;
	if (error == STEPUP_OK)
		error = parse_hex(text, size, bytes);
	if (error == STEPUP_INVALID)
		master_key_say(why, from, "is not 64 hexadecimal digits and a newline. "
			"Put the key of this store back from where it is kept");
	if (error == STEPUP_OK)
		error = master_key_from_bytes(bytes, key);
out:
	WIPE_ARRAY(bytes);
	freed = text;
	wipe_free(&freed, size);
	free(from);
	return error;
}

/* A page of its own: locked in memory and left out of core dumps, as far as the kernel lets us. */
static struct master_key *key_page_new(void)
{
	void *page = mmap(NULL, sizeof(struct master_key), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	(void)mlock(page, sizeof(struct master_key));
	(void)madvise(page, sizeof(struct master_key), MADV_DONTDUMP);
	return page;
}

enum stepup_error master_key_from_bytes(const uint8_t bytes[MASTER_KEY_SIZE], struct master_key **key)
{
	struct master_key *made = key_page_new();
	uint8_t name[MASTER_KEY_SIZE] = {0};
	enum stepup_error error;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	memcpy(made->bytes, bytes, MASTER_KEY_SIZE);
	error = master_key_derive(made, "key-id", name);
	if (error != STEPUP_OK) {
		master_key_free(&made);
		return error;
	}
	snprintf(made->id, sizeof(made->id), "%02x%02x%02x%02x", name[0], name[1], name[2], name[3]);
	*key = made;
	return STEPUP_OK;
}

enum stepup_error master_key_derive(const struct master_key *key, const char *purpose,
	uint8_t subkey[MASTER_KEY_SIZE])
{
	uint8_t secret[MASTER_KEY_SIZE];
	char info[256];
	char digest[] = "SHA256";
	OSSL_PARAM parameters[4];
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *context = NULL;
	enum stepup_error error = STEPUP_INTERNAL;
	int length = snprintf(info, sizeof(info), "stepup/1/%s", purpose);

	if (length < 0 || (size_t)length >= sizeof(info))
		return STEPUP_TOO_LONG;
	memcpy(secret, key->bytes, sizeof(secret));
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, sizeof(secret));
	parameters[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)length);
	parameters[3] = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	if (context != NULL && EVP_KDF_derive(context, subkey, MASTER_KEY_SIZE, parameters) == 1)
		error = STEPUP_OK;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	WIPE_ARRAY(secret);
	return error;
}

const char *master_key_id(const struct master_key *key)
{
	return key->id;
}

void master_key_free(struct master_key **key)
{
	if (*key == NULL)
		return;
	WIPE_OBJECT(*key);
	(void)munmap(*key, sizeof(struct master_key));
	*key = NULL;
}
