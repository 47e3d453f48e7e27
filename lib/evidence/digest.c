/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, HMAC-SHA-256 (RFC 2104) and SHA-512 by OpenSSL. SHA-256 has a context that is kept, one for each
 * thread: making one, and fetching the algorithm, costs more than a short digest.
 * MUST: leave nothing in a kept context of what was digested: it is begun anew at once, or freed.
 */
#include "lib/evidence/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define BLOCK_SIZE 64 /* of SHA-256 */

static EVP_MD *sha256;
static pthread_key_t kept; /* a thread's context, in which a digest has begun; freed when the thread ends */
static bool kept_can_be;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void context_free(void *context)
{
	EVP_MD_CTX_free(context);
}

static void digest_prepare(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	kept_can_be = pthread_key_create(&kept, context_free) == 0;
}

/* This thread's; NULL where there is none to be had. */
static EVP_MD_CTX *context_take(void)
{
	EVP_MD_CTX *context;

	if (pthread_once(&once, digest_prepare) != 0 || sha256 == NULL || !kept_can_be)
		return NULL;
	context = pthread_getspecific(kept);
	if (context != NULL)
		return context;
	context = EVP_MD_CTX_new();
	if (context != NULL && EVP_DigestInit_ex2(context, sha256, NULL) == 1 &&
		pthread_setspecific(kept, context) == 0)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

/* A context in which something failed is not used again. */
static void context_drop(EVP_MD_CTX *context)
{
	if (pthread_setspecific(kept, NULL) == 0)
		EVP_MD_CTX_free(context);
}

/* The digest of one part after the other, in a context that has begun; it is begun anew. */
static bool digest_parts(EVP_MD_CTX *context, const void *first, size_t first_size, const void *then,
	size_t then_size, uint8_t digest[DIGEST_SIZE])
{
	unsigned length = 0;

	return EVP_DigestUpdate(context, first, first_size) == 1 &&
		EVP_DigestUpdate(context, then, then_size) == 1 &&
		EVP_DigestFinal_ex(context, digest, &length) == 1 && length == DIGEST_SIZE &&
		EVP_DigestInit_ex2(context, NULL, NULL) == 1;
}

enum stepup_error digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE])
{
	EVP_MD_CTX *context = context_take();

	if (context == NULL)
		return STEPUP_INTERNAL;
	if (digest_parts(context, bytes, size, NULL, 0, digest))
		return STEPUP_OK;
	context_drop(context);
	return STEPUP_INTERNAL;
}

enum stepup_error digest_sha512(const void *bytes, size_t size, uint8_t digest[SHA512_SIZE])
{
	unsigned length = 0;

	if (EVP_Digest(bytes, size, digest, &length, EVP_sha512(), NULL) != 1 || length != SHA512_SIZE)
		return STEPUP_INTERNAL;
	return STEPUP_OK;
}

/* The key with zeros to a block, or its digest where it is longer, each byte changed by one of RFC 2104's. */
static void pad_fill(uint8_t pad[BLOCK_SIZE], const uint8_t *key, size_t key_size, uint8_t by)
{
	memset(pad, by, BLOCK_SIZE);
	for (size_t i = 0; i < key_size; i++)
		pad[i] ^= key[i];
}

enum stepup_error digest_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
	uint8_t mac[DIGEST_SIZE])
{
	EVP_MD_CTX *context = context_take();
	uint8_t pad[BLOCK_SIZE], short_key[DIGEST_SIZE] = {0}, inner[DIGEST_SIZE] = {0};
	bool made;

	if (context == NULL)
		return STEPUP_INTERNAL;
	made = key_size <= BLOCK_SIZE || digest_parts(context, key, key_size, NULL, 0, short_key);
	if (made && key_size > BLOCK_SIZE) {
		key = short_key;
		key_size = DIGEST_SIZE;
	}
	if (made) {
		pad_fill(pad, key, key_size, 0x36);
		made = digest_parts(context, pad, BLOCK_SIZE, bytes, size, inner);
	}
	if (made) {
		pad_fill(pad, key, key_size, 0x5c);
		made = digest_parts(context, pad, BLOCK_SIZE, inner, DIGEST_SIZE, mac);
	}
	if (!made)
		context_drop(context);
	WIPE_ARRAY(pad);
	WIPE_ARRAY(short_key);
	WIPE_ARRAY(inner);
	return made ? STEPUP_OK : STEPUP_INTERNAL;
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
