/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a key is asked to sign (DESIGN section 4): for each way that it may come by a context of its own,
 * which says so, and what stands for that context on this way: a challenge in the browser, the verifier's own
 * client data at the seat, the context itself through an agent.
 * Layer: verifier/evidence/. Pure.
 */
#ifndef STEPUP_VERIFIER_KEY_REQUEST_H
#define STEPUP_VERIFIER_KEY_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/sshsig.h"
#include "verifier/evidence/context.h"

#define KEY_NAMESPACE_SIZE SSH_NAMESPACE_SIZE
#define KEY_SEAT_ORIGIN "stepup://"

struct key_request {
	enum via via;      /* 0 where there is none */
	char *context;     /* canonical text */
	size_t context_size;
	uint8_t challenge[DIGEST_SIZE];
	/* VIA_SEAT: clientDataJSON, byte for byte what the authenticator's hash is of; NULL otherwise */
	char *client_data;
};

/* Fills in a zeroed request. The context is made of `facts`, whose `via` is set to this way's; "enrol" as its
 * purpose asks for a new credential, any other for a signature of one. */
enum stepup_error key_request_make(const struct context_facts *facts, enum via via,
	struct key_request *request);
void key_request_clear(struct key_request *request);

/* The namespace of SSH signatures for this policy's issuer; sshsig_namespace(). */
enum stepup_error key_namespace(const struct policy *policy, char namespace[KEY_NAMESPACE_SIZE]);

#endif
