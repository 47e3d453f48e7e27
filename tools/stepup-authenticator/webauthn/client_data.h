/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this program has a key sign at the seat, and nothing else: client data that the verifier wrote for a
 * seat (WebAuthn section 5.8.1, with an origin of our own). Whoever starts this program can't have it sign
 * for a web site.
 * Layer: tools/stepup-authenticator/webauthn/, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_CLIENT_DATA_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_CLIENT_DATA_H

#include <stdbool.h>

/* Whether this is client data of that type ("webauthn.get", "webauthn.create") with the origin of a seat. */
bool client_data_is_for_seat(const char *client_data, const char *type);

#endif
