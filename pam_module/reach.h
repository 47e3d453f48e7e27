/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a key of the person's can be reached from this PAM transaction: in the browser behind a JSON
 * conversation, plugged into this host, or through an ssh-agent whose socket the host's environment names.
 * MUST: reach for a key or an agent of this host only where whoever asks and the user are one uid; for a
 * plugged-in key only where no remote host is named; read the process's environment only where the line says
 * agent=env, and of it SSH_AUTH_SOCK alone.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_REACH_H
#define STEPUP_PAM_MODULE_REACH_H

#include <security/pam_modules.h>

#include "pam_module/arguments.h"
#include "pam_module/request.h"

/* Finds out, into request->reach and request->agent_socket. */
void reach_find(pam_handle_t *pamh, const struct arguments *arguments, struct request *request);

#endif
