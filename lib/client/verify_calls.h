/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of a step-up's client: methods of Verify1 with their parameters, as
 * lib/client/step_up_client makes them.
 * MUST: hand on no reply that is not what the method's table says; send no text that isn't UTF-8.
 * Layer: lib/client/, jansson.
 */
#ifndef STEPUP_LIB_VERIFY_CALLS_H
#define STEPUP_LIB_VERIFY_CALLS_H

#include "lib/client/step_up_client.h"


/* Calls Verify1.METHOD and holds the reply against the method's table. Takes the parameters over; the reply
 * is the caller's, NULL unless STEPUP_OK. STEPUP_IO where it isn't well-formed, else what
 * verifier_client_call() returned. */
enum stepup_error verify_call(struct verifier_client *client, const char *method, json_t *parameters,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal);

/* Begin, or Approve where the request names one to answer. STEPUP_INVALID where a text isn't
 * UTF-8; else as above. */
enum stepup_error verify_begin(struct verifier_client *client, const struct step_up_request *request,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal);

#endif
