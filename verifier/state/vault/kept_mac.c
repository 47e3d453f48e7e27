/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CMAC as CBC from a zero block whose last block is masked with K1. The cipher goes on from the block that it
 * ended with; adding that block to the next message's first one takes it out again, which costs less than
 * half of what setting an IV does.
 */
#include "verifier/state/vault/kept_mac.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

static const uint8_t zero[KEPT_MAC_BLOCK];

struct kept_mac {
	EVP_CIPHER_CTX *chain;
	uint8_t mask[KEPT_MAC_BLOCK]; /* K1 */
	uint8_t last[KEPT_MAC_BLOCK]; /* that the cipher ended with */
	bool lost; /* it can't be told any more */
};

static enum stepup_error encrypt(struct kept_mac *mac, uint8_t *blocks, size_t size)
{
	int done = 0;

	for (unsigned i = 0; i < KEPT_MAC_BLOCK; i++)
		blocks[i] ^= mac->last[i];
	mac->lost = mac->lost || EVP_EncryptUpdate(mac->chain, blocks, &done, blocks, (int)size) != 1 ||
		(size_t)done != size;
	if (mac->lost)
		return STEPUP_INTERNAL;
	memcpy(mac->last, blocks + size - KEPT_MAC_BLOCK, KEPT_MAC_BLOCK);
	return STEPUP_OK;
}

/* K1: the encrypted zero block, doubled in GF(2^128). RFC 4493 section 2.3. */
static enum stepup_error make_mask(struct kept_mac *mac)
{
	uint8_t block[KEPT_MAC_BLOCK] = {0};
	enum stepup_error error = encrypt(mac, block, sizeof(block));

	for (unsigned i = 0; i < sizeof(block); i++)
		mac->mask[i] = (uint8_t)(block[i] << 1 | (i + 1 < sizeof(block) ? block[i + 1] >> 7 : 0));
	mac->mask[sizeof(block) - 1] ^= (uint8_t)(0x87 & -(block[0] >> 7));
	WIPE_ARRAY(block);
	return error;
}

enum stepup_error kept_mac_new(const uint8_t key[KEPT_MAC_KEY_SIZE], struct kept_mac **mac)
{
	struct kept_mac *made = calloc(1, sizeof(*made));
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (made != NULL)
		made->chain = EVP_CIPHER_CTX_new();
	if (made != NULL && made->chain != NULL && cipher != NULL) {
		error = EVP_EncryptInit_ex2(made->chain, cipher, key, zero, NULL) == 1 &&
			EVP_CIPHER_CTX_set_padding(made->chain, 0) == 1 ? make_mask(made) : STEPUP_INTERNAL;
	}
	EVP_CIPHER_free(cipher);
	if (error == STEPUP_OK)
		*mac = made;
	else
		kept_mac_free(&made);
	return error;
}

void kept_mac_free(struct kept_mac **mac)
{
	if (*mac == NULL)
		return;
	EVP_CIPHER_CTX_free((*mac)->chain);
	WIPE_OBJECT(*mac);
	free(*mac);
	*mac = NULL;
}

enum stepup_error kept_mac_of(struct kept_mac *mac, uint8_t *blocks, size_t size,
	uint8_t result[KEPT_MAC_SIZE])
{
	enum stepup_error error;

	if (size == 0 || size > INT_MAX || size % KEPT_MAC_BLOCK != 0)
		return STEPUP_INTERNAL;
	for (size_t i = 0; i < KEPT_MAC_BLOCK; i++)
		blocks[size - KEPT_MAC_BLOCK + i] ^= mac->mask[i];
	error = encrypt(mac, blocks, size);
	if (error == STEPUP_OK)
		memcpy(result, blocks + size - KEPT_MAC_SIZE, KEPT_MAC_SIZE);
	return error;
}
