/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XAES-256-GCM (C2SP): the key for one seal is CMAC-AES-256 in counter mode (NIST SP 800-108) over the
 * nonce's first half, its nonce the second half. A sealed value is a format byte, the nonce, the cipher
 * text and the tag.
 */
#include "verifier/state/vault/seal.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define SEAL_FORMAT 1
#define BLOCK_SIZE 16
#define GCM_NONCE_SIZE 12
#define MAC_BYTES_MAX 256 /* of rows; nobody has longer ones */

struct seal_context {
	EVP_CIPHER *block_cipher, *chain_cipher, *gcm_cipher;
	EVP_CIPHER_CTX *block, *chain, *gcm;
};

enum stepup_error seal_context_new(struct seal_context **context)
{
	struct seal_context *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->block_cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	made->chain_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	made->gcm_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	made->block = EVP_CIPHER_CTX_new();
	made->chain = EVP_CIPHER_CTX_new();
	made->gcm = EVP_CIPHER_CTX_new();
	if (made->block_cipher == NULL || made->chain_cipher == NULL || made->gcm_cipher == NULL ||
	    made->block == NULL || made->chain == NULL || made->gcm == NULL) {
		seal_context_free(&made);
		return STEPUP_NO_MEMORY;
	}
	*context = made;
	return STEPUP_OK;
}

void seal_context_free(struct seal_context **context)
{
	if (*context == NULL)
		return;
	EVP_CIPHER_CTX_free((*context)->block);
	EVP_CIPHER_CTX_free((*context)->chain);
	EVP_CIPHER_CTX_free((*context)->gcm);
	EVP_CIPHER_free((*context)->block_cipher);
	EVP_CIPHER_free((*context)->chain_cipher);
	EVP_CIPHER_free((*context)->gcm_cipher);
	free(*context);
	*context = NULL;
}

/* Encrypts whole blocks with AES-256, each by itself: the building block of CMAC, nothing else. */
static enum stepup_error encrypt_blocks(struct seal_context *context, const uint8_t key[SEAL_KEY_SIZE],
	const uint8_t *in, int size, uint8_t *out)
{
	int done = 0;

	if (EVP_EncryptInit_ex2(context->block, context->block_cipher, key, NULL, NULL) != 1
		|| EVP_CIPHER_CTX_set_padding(context->block, 0) != 1
		|| EVP_EncryptUpdate(context->block, out, &done, in, size) != 1 || done != size)
		return STEPUP_INTERNAL;
	return STEPUP_OK;
}

/* K1 of CMAC: the encrypted zero block, doubled in GF(2^128). RFC 4493 section 2.3. */
enum stepup_error seal_key_init(struct seal_context *context, struct seal_key *seal_key,
	const uint8_t key[SEAL_KEY_SIZE])
{
	const uint8_t zero[BLOCK_SIZE] = {0};
	uint8_t block[BLOCK_SIZE] = {0};
	enum stepup_error error;

	memcpy(seal_key->key, key, SEAL_KEY_SIZE);
	error = encrypt_blocks(context, key, zero, BLOCK_SIZE, block);
	for (unsigned i = 0; i < BLOCK_SIZE; i++)
		seal_key->mask[i] = (uint8_t)(block[i] << 1 | (i + 1 < BLOCK_SIZE ? block[i + 1] >> 7 : 0));
	seal_key->mask[BLOCK_SIZE - 1] ^= (uint8_t)(0x87 & -(block[0] >> 7));
	WIPE_ARRAY(block);
	return error;
}

/* The key for this nonce: blocks 0 n 'X' 0 ‖ nonce[:12], masked and encrypted. */
static enum stepup_error derive(struct seal_context *context, const struct seal_key *key,
	const uint8_t nonce[SEAL_NONCE_SIZE], uint8_t derived[SEAL_KEY_SIZE])
{
	uint8_t blocks[2 * BLOCK_SIZE];
	enum stepup_error error;

	for (unsigned n = 0; n < 2; n++) {
		uint8_t *block = blocks + n * BLOCK_SIZE;

		block[0] = 0;
		block[1] = (uint8_t)(n + 1);
		block[2] = 'X';
		block[3] = 0;
		memcpy(block + 4, nonce, SEAL_NONCE_SIZE - GCM_NONCE_SIZE);
		for (unsigned i = 0; i < BLOCK_SIZE; i++)
			block[i] ^= key->mask[i];
	}
	error = encrypt_blocks(context, key->key, blocks, sizeof(blocks), derived);
	WIPE_ARRAY(blocks);
	return error;
}

/* Encrypts into `sealed`: format byte, nonce, cipher text, tag. */
enum stepup_error seal_with_nonce(struct seal_context *context, const struct seal_key *key,
	const uint8_t nonce[SEAL_NONCE_SIZE], const void *bound, size_t bound_size, const void *plain,
	size_t plain_size, uint8_t *sealed)
{
	uint8_t derived[SEAL_KEY_SIZE] = {0};
	uint8_t *text = sealed + 1 + SEAL_NONCE_SIZE;
	int done = 0, rest = 0;
	enum stepup_error error = STEPUP_TOO_LONG;

	if (bound_size > INT_MAX || plain_size > INT_MAX - SEAL_OVERHEAD)
		return error;
	error = derive(context, key, nonce, derived);
	if (error != STEPUP_OK)
		goto out;
	error = STEPUP_INTERNAL;
	if (EVP_EncryptInit_ex2(context->gcm, context->gcm_cipher, derived,
		    nonce + SEAL_NONCE_SIZE - GCM_NONCE_SIZE, NULL) != 1 ||
	    EVP_EncryptUpdate(context->gcm, NULL, &done, bound, (int)bound_size) != 1 ||
	    EVP_EncryptUpdate(context->gcm, text, &done, plain, (int)plain_size) != 1 ||
	    EVP_EncryptFinal_ex(context->gcm, text + done, &rest) != 1 ||
	    (size_t)done + (size_t)rest != plain_size ||
	    EVP_CIPHER_CTX_ctrl(context->gcm, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, text + plain_size) != 1)
		goto out;
	sealed[0] = SEAL_FORMAT;
	memcpy(sealed + 1, nonce, SEAL_NONCE_SIZE);
	error = STEPUP_OK;
out:
	WIPE_ARRAY(derived);
	return error;
}

enum stepup_error seal(struct seal_context *context, const struct seal_key *key, const void *bound,
	size_t bound_size, const void *plain, size_t plain_size, uint8_t **sealed, size_t *sealed_size)
{
	uint8_t nonce[SEAL_NONCE_SIZE];
	uint8_t *made;
	enum stepup_error error;

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return STEPUP_INTERNAL;
	made = malloc(plain_size + SEAL_OVERHEAD);
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	error = seal_with_nonce(context, key, nonce, bound, bound_size, plain, plain_size, made);
	if (error != STEPUP_OK) {
		free(made);
		return error;
	}
	*sealed = made;
	*sealed_size = plain_size + SEAL_OVERHEAD;
	return STEPUP_OK;
}

/* Decrypts `size` bytes of text followed by the tag. */
static enum stepup_error decrypt(struct seal_context *context, const uint8_t derived[SEAL_KEY_SIZE],
	const uint8_t *nonce, const void *bound, size_t bound_size, const uint8_t *text, size_t size,
	uint8_t *plain)
{
	uint8_t tag[SEAL_TAG_SIZE];
	int done = 0, rest = 0;

	memcpy(tag, text + size, sizeof(tag));
	if (EVP_DecryptInit_ex2(context->gcm, context->gcm_cipher, derived,
		    nonce + SEAL_NONCE_SIZE - GCM_NONCE_SIZE, NULL) != 1 ||
	    EVP_DecryptUpdate(context->gcm, NULL, &done, bound, (int)bound_size) != 1 ||
	    EVP_DecryptUpdate(context->gcm, plain, &done, text, (int)size) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context->gcm, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) != 1)
		return STEPUP_INTERNAL;
	return EVP_DecryptFinal_ex(context->gcm, plain + done, &rest) == 1 ? STEPUP_OK : STEPUP_CORRUPT;
}

enum stepup_error unseal(struct seal_context *context, const struct seal_key *key, const void *bound,
	size_t bound_size, const void *sealed, size_t sealed_size, uint8_t **plain, size_t *plain_size)
{
	const uint8_t *bytes = sealed, *nonce = bytes + 1;
	uint8_t derived[SEAL_KEY_SIZE] = {0};
	uint8_t *made = NULL;
	void *wiped;
	size_t size;
	enum stepup_error error;

	if (sealed_size < SEAL_OVERHEAD || sealed_size > INT_MAX || bound_size > INT_MAX ||
	    bytes[0] != SEAL_FORMAT)
		return STEPUP_CORRUPT;
	size = sealed_size - SEAL_OVERHEAD;
	made = malloc(size + 1);
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	error = derive(context, key, nonce, derived);
	if (error == STEPUP_OK)
		error = decrypt(context, derived, nonce, bound, bound_size, nonce + SEAL_NONCE_SIZE,
			size, made);
	WIPE_ARRAY(derived);
	if (error != STEPUP_OK) {
		wiped = made;
		wipe_free(&wiped, size);
		return error;
	}
	*plain = made;
	*plain_size = size;
	return STEPUP_OK;
}

/* CBC from a zero block, the last block masked with K1: only that one's result is the MAC. */
enum stepup_error seal_mac(struct seal_context *context, const struct seal_key *key, const void *bytes,
	size_t size, uint8_t mac[SEAL_TAG_SIZE])
{
	static const uint8_t zero[BLOCK_SIZE];
	uint8_t blocks[MAC_BYTES_MAX];
	int done = 0;
	enum stepup_error error = STEPUP_INTERNAL;

	if (size == 0 || size > sizeof(blocks) || size % BLOCK_SIZE != 0)
		return error;
	memcpy(blocks, bytes, size);
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		blocks[size - BLOCK_SIZE + i] ^= key->mask[i];
	if (EVP_EncryptInit_ex2(context->chain, context->chain_cipher, key->key, zero, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(context->chain, 0) == 1 &&
	    EVP_EncryptUpdate(context->chain, blocks, &done, blocks, (int)size) == 1 &&
	    (size_t)done == size) {
		memcpy(mac, blocks + size - SEAL_TAG_SIZE, SEAL_TAG_SIZE);
		error = STEPUP_OK;
	}
	WIPE_ARRAY(blocks);
	return error;
}
