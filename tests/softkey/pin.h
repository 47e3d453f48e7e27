/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authenticatorClientPIN (CTAP 2.1 section 6.5) with PIN/UV auth protocols one and two.
 * Layer: tests/softkey/, libcrypto.
 */
#ifndef STEPUP_TESTS_SOFTKEY_PIN_H
#define STEPUP_TESTS_SOFTKEY_PIN_H

#include "tests/softkey/softkey.h"

/* Whether a PIN is set. */
bool pin_is_set(const struct softkey *key);

/* Sets it without asking, as the option does. */
void pin_set(struct softkey *key, const char *pin);

/* The command; the state is open. */
enum ctap_status pin_command(struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply);

/* Whether `parameter` is the token's MAC of the client data's hash, and the token good for that. */
enum ctap_status pin_check(struct softkey *key, int64_t protocol, const uint8_t *parameter, size_t size,
	const uint8_t client_data_hash[HASH_SIZE], enum pin_permission permission, const char *rp);

/* A new token and a new key agreement key: what plugging it in does. */
bool pin_session_start(struct softkey *key);

#endif
