/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client data as a browser makes it (WebAuthn Level 3, section 5.8.1): one JSON object, read strictly, whose
 * members the ceremonies check. Members that are not known are let pass: browsers add some.
 * Layer: verifier/factors/webauthn/, jansson.
 */
#ifndef STEPUP_VERIFIER_CLIENT_DATA_H
#define STEPUP_VERIFIER_CLIENT_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"


/* Parses it; the caller owns the object. STEPUP_INVALID for anything but one object without a member twice;
 * STEPUP_NO_MEMORY. */
enum stepup_error client_data_parse(const uint8_t *bytes, size_t size, json_t **client_data);

bool client_data_type_is(const json_t *client_data, const char *type);
bool client_data_challenge_is(const json_t *client_data, const uint8_t challenge[DIGEST_SIZE]);

/* Whether its origin is one of the list (NULL-terminated), byte for byte. */
bool client_data_origin_is_one_of(const json_t *client_data, const char *const *origins);

/* Whether it says that another site's page had the ceremony in a frame, or says it in a way that
 * can't be understood. */
bool client_data_is_cross_origin(const json_t *client_data);
bool client_data_has_top_origin(const json_t *client_data);

#endif
