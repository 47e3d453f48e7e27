/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software authenticator for tests: CTAP 2.1 commands (FIDO Alliance, section 6) over whatever transport
 * brings them. It is built for tests only and never installed: what it signs proves nothing.
 * Layer: tests/softkey/, libcrypto, jansson, libstepup.
 */
#ifndef STEPUP_TESTS_SOFTKEY_SOFTKEY_H
#define STEPUP_TESTS_SOFTKEY_SOFTKEY_H

#include <openssl/evp.h>

#include "tests/softkey/cbor.h"
#include "tests/softkey/key_pair.h"
#include "tests/softkey/options.h"
#include "tests/softkey/state.h"

/* Status bytes, CTAP 2.1 section 8.2. */
enum ctap_status {
	CTAP_OK = 0x00,
	CTAP_INVALID_COMMAND = 0x01,
	CTAP_INVALID_PARAMETER = 0x02,
	CTAP_INVALID_LENGTH = 0x03,
	CTAP_INVALID_CBOR = 0x12,
	CTAP_MISSING_PARAMETER = 0x14,
	CTAP_LIMIT_EXCEEDED = 0x15,
	CTAP_CREDENTIAL_EXCLUDED = 0x19,
	CTAP_UNSUPPORTED_ALGORITHM = 0x26,
	CTAP_UNSUPPORTED_OPTION = 0x2b,
	CTAP_INVALID_OPTION = 0x2c,
	CTAP_KEEPALIVE_CANCEL = 0x2d,
	CTAP_NO_CREDENTIALS = 0x2e,
	CTAP_USER_ACTION_TIMEOUT = 0x2f,
	CTAP_NOT_ALLOWED = 0x30,
	CTAP_PIN_INVALID = 0x31,
	CTAP_PIN_BLOCKED = 0x32,
	CTAP_PIN_AUTH_INVALID = 0x33,
	CTAP_PIN_AUTH_BLOCKED = 0x34,
	CTAP_PIN_NOT_SET = 0x35,
	CTAP_PUAT_REQUIRED = 0x36,
	CTAP_PIN_POLICY_VIOLATION = 0x37,
	CTAP_OTHER = 0x7f,
	CTAP_UNPLUGGED = 0x100, /* not on the wire: the key is gone */
};

/* Permissions of a PIN token, section 6.5.5.7. */
enum pin_permission { PERMISSION_MAKE_CREDENTIAL = 0x01, PERMISSION_GET_ASSERTION = 0x02 };

/* What it says of its limits, and keeps. */
#define SOFTKEY_LIST_MAX 8
#define SOFTKEY_ID_MAX 128

#define RP_SIZE 256
#define HASH_SIZE 32

/* What lasts as long as it is plugged in. */
struct pin_session {
	EVP_PKEY *agreement;
	uint8_t token[HASH_SIZE];
	unsigned permissions;
	char rp[RP_SIZE]; /* empty: any */
	int mismatches;
};

struct softkey {
	struct softkey_options options;
	struct state state;
	struct pin_session pin;
	/* Waits until it is touched: CTAP_OK, CTAP_KEEPALIVE_CANCEL, CTAP_USER_ACTION_TIMEOUT. */
	enum ctap_status (*touch)(void *context, int ms);
	void *context;
	/* What getNextAssertion goes on with. */
	json_t *next; /* ids that are left */
	uint8_t next_hash[HASH_SIZE], next_flags;
	char next_rp[RP_SIZE];
};

/* Plugs it in. False, with a line on standard error, where its file can't be used. */
bool softkey_init(struct softkey *key, const struct softkey_options *options);
void softkey_clear(struct softkey *key);

/* One command: its byte and parameters in, status out, and the reply's CBOR. */
enum ctap_status softkey_command(
	struct softkey *key, const uint8_t *request, size_t size, struct cbor_out *reply);

/* A line in the key's log. */
void softkey_log(const struct softkey *key, const char *what);

/* Waits for the touch with the state let go, and takes it again. */
enum ctap_status softkey_touch(struct softkey *key);

#endif
