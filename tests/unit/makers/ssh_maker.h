/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH security keys for tests: blobs and signatures as an agent gives them, put together by hand from
 * OpenSSH's PROTOCOL.u2f. Nothing here uses the code under test.
 */
#ifndef STEPUP_TESTS_UNIT_SSH_MAKER_H
#define STEPUP_TESTS_UNIT_SSH_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "tests/unit/makers/blob.h"
#include "tests/unit/makers/key_maker.h"

/* The public key blob of a KEY_ES256 or KEY_EDDSA key. */
void ssh_make_key_blob(const struct made_key *key, const char *application, struct made_blob *blob);

/* The signature blob over `size` bytes that an agent was handed, with these flags and this counter. */
void ssh_make_signature(const struct made_key *key, const char *application, uint8_t flags, uint32_t counter,
	const void *bytes, size_t size, struct made_blob *blob);

/* The same for an SSHSIG of a message in a namespace, hash sha512. */
void ssh_make_sshsig(const struct made_key *key, const char *application, uint8_t flags, uint32_t counter,
	const char *namespace, const void *message, size_t size, struct made_blob *blob);

#endif
