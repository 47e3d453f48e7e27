/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-256-CMAC (NIST SP 800-38B) of whole blocks under a key that is kept scheduled: half of what a MAC costs
 * that sets its key each time. For messages that are filled up with zeros and can be told apart all the same,
 * because every field stands behind its length.
 * Layer: verifier/state/vault/. OpenSSL's libcrypto; knows no database.
 */
#ifndef STEPUP_VERIFIER_KEPT_MAC_H
#define STEPUP_VERIFIER_KEPT_MAC_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define KEPT_MAC_KEY_SIZE 32
#define KEPT_MAC_SIZE 16
#define KEPT_MAC_BLOCK 16

struct kept_mac; /* used by one thread at a time */

enum stepup_error kept_mac_new(const uint8_t key[KEPT_MAC_KEY_SIZE], struct kept_mac **mac);

/* Wipes, frees and sets NULL. */
void kept_mac_free(struct kept_mac **mac);

/* The MAC of `size` bytes, a multiple of 16 from 16 on, which are overwritten. STEPUP_INTERNAL
 * for another size. */
enum stepup_error kept_mac_of(struct kept_mac *mac, uint8_t *blocks, size_t size,
	uint8_t result[KEPT_MAC_SIZE]);

#endif
