/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys as JSON on the wire, for what offers them and what enrols them.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_KEY_JSON_H
#define STEPUP_VERIFIER_KEY_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "verifier/state/records/user_record.h"

/* Bytes as base64url; NULL where there is no memory. */
json_t *bytes_to_json(const void *bytes, size_t size);

/* PublicKeyCredentialDescriptorJSON (WebAuthn section 5.8.3) of a WebAuthn credential; NULL where
 * there is no memory. */
json_t *key_descriptor(const struct key_credential *key);

#endif
