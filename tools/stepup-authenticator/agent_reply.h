/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ssh-agent answers (draft-miller-ssh-agent sections 4.4 and 4.5), from its first byte, the type, to
 * its last.
 * MUST: check every length; take nothing with bytes left over; believe only what is an sk- key or
 * an sk- signature.
 * Layer: tools/stepup-authenticator/, libevidence, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_AGENT_REPLY_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_AGENT_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/client/authenticator.h"

#define AGENT_REPLY_MAX (256 * 1024) /* bytes, as OpenSSH has it */
#define AGENT_KEYS_MAX 64	     /* that are looked at, of those that are sk- keys */

/* The sk- keys among the identities, as an array of {"key", "label"}: blobs in base64url, comments made safe
 * to show. AUTHENTICATOR_AGENT_REFUSED where the agent says that it failed, AUTHENTICATOR_BROKEN where it
 * says anything else. */
enum authenticator_code agent_read_identities(const uint8_t *reply, size_t size, json_t **keys);

/* The signature blob in a reply, borrowed, which must be one of `key`'s kind, made by touch, and with user
 * verification where that is asked for. AUTHENTICATOR_AGENT_REFUSED, AUTHENTICATOR_NO_TOUCH,
 * AUTHENTICATOR_UNSUPPORTED (not verified), AUTHENTICATOR_BROKEN. */
enum authenticator_code agent_read_signature(const uint8_t *reply, size_t size, const uint8_t *key,
	size_t key_size, bool user_verification, const uint8_t **signature, size_t *signature_size);

#endif
