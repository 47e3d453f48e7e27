/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, HMAC-SHA-256 and SHA-512 by OpenSSL. The algorithm in use everywhere is fetched once: a fetch costs more than a short digest.
 */
#include "lib/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *sha256_get(void)
{
	(void)pthread_once(&sha256_once, sha256_fetch);
	return sha256;
}

enum stepup_error digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE])
{
	const EVP_MD *md = sha256_get();
	unsigned length = 0;

	if (md == NULL || EVP_Digest(bytes, size, digest, &length, md, NULL) != 1 || length != DIGEST_SIZE)
		return STEPUP_INTERNAL;
	return STEPUP_OK;
}

enum stepup_error digest_sha512(const void *bytes, size_t size, uint8_t digest[SHA512_SIZE])
{
	unsigned length = 0;

	if (EVP_Digest(bytes, size, digest, &length, EVP_sha512(), NULL) != 1 || length != SHA512_SIZE)
		return STEPUP_INTERNAL;
	return STEPUP_OK;
}

enum stepup_error digest_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, uint8_t mac[DIGEST_SIZE])
{
	const EVP_MD *md = sha256_get();
	unsigned length = 0;

	if (key_size > INT_MAX)
		return STEPUP_TOO_LONG;
	if (md == NULL || HMAC(md, key, (int)key_size, bytes, size, mac, &length) == NULL || length != DIGEST_SIZE)
		return STEPUP_INTERNAL;
	return STEPUP_OK;
}

enum stepup_error action_digest(const struct action *action, uint8_t digest[DIGEST_SIZE])
{
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error = action_canonical(action, &text, &size);

	if (error == STEPUP_OK)
		error = digest_sha256(text, size, digest);
	free(text);
	return error;
}
