/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sk- keys of the user's ssh-agent, often one forwarded by `ssh -A`.
 * MUST: ask it to sign nothing but an SSHSIG in a namespace of a verifier's ("stepup@…"), so that nobody gets
 * a signature for anything else out of it; look at what it answers as agent_reply.h says.
 * Layer: tools/stepup-authenticator/, libevidence, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_AGENT_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_AGENT_H

#include "tools/stepup-authenticator/host.h"

/* The keys, as agent_read_identities() gives them. AUTHENTICATOR_NO_AGENT where none can be reached. */
enum authenticator_code agent_list(const struct host *host, json_t **keys);

/* {"keys"}: those of the request's that the agent holds. */
enum authenticator_code agent_probe(struct host *host, json_t **result);

/* {"key", "signature"} by the first of the request's keys that will. */
enum authenticator_code agent_sign(struct host *host, json_t **result);

#endif
