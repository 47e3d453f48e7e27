/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of whoever runs this: which ways there are to reach one from here, and having the helper do
 * something with one, with the words for what can go wrong.
 * Layer: tools/stepup/calls/.
 */
#ifndef STEPUP_TOOLS_KEYS_H
#define STEPUP_TOOLS_KEYS_H

#include <jansson.h>

#include "lib/client/authenticator.h"
#include "tools/stepup/shell/options.h"

#define REACH_SIZE 3 /* seat, agent, NULL */

/* What the person hears who stops an enrolment. */
#define KEYS_CANCELLED "Cancelled. Nothing was enrolled."

/* Fills in what a step-up may reach for, and the agent's socket (NULL where there is none). Nothing for
 * somebody else's step-up. */
void keys_reach(const struct invocation *invocation, const char *reach[REACH_SIZE],
	const char **agent_socket);

/* The socket of the person's agent, NULL where the environment names none. */
const char *keys_agent_socket(void);

/* Whether this terminal is one of another machine, so that a key here is none of the person's. */
bool keys_are_elsewhere(void);

/* Has the helper do what enrolling needs. Where that fails and another try may go better, asks whether to try
 * again. `*reply` is the caller's to free; says what went wrong. */
enum exit_status keys_run(const struct invocation *invocation, struct authenticator_request *request,
	json_t **reply);

/* Says why a key did not do. */
enum exit_status keys_refuse(const struct invocation *invocation, const struct authenticator_request *request,
	enum authenticator_code code);

#endif
