/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys plugged into this host: which there are, which of them holds a credential, having one sign or make a
 * credential.
 * MUST: sign only what client_data.h lets through; ask for a PIN only where one is needed, and wipe it; take
 * one touch where one will do; tell a key that is left waiting that nobody waits any more.
 * Layer: tools/stepup-authenticator/, libfido2, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_H

#include "tools/stepup-authenticator/host.h"

/* What an operation came to. */
struct seat_answer {
	json_t *result; /* owned; NULL unless it worked */
	int tries_left; /* for AUTHENTICATOR_PIN_WRONG; -1 where not known */
};

/* How many keys there are. */
enum authenticator_code seat_count(size_t *count);

/* {"keys", "credentials"}: a credential of each key that holds one of the request's. */
enum authenticator_code seat_probe(struct host *host, struct seat_answer *answer);

enum authenticator_code seat_sign(struct host *host, struct seat_answer *answer);
enum authenticator_code seat_register(struct host *host, struct seat_answer *answer);

#endif
