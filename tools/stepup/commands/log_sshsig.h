/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One entry's evidence as ssh-keygen checks it, for people who trust OpenSSH more than us.
 * Layer: tools/stepup/commands/.
 */
#ifndef STEPUP_TOOLS_LOG_SSHSIG_H
#define STEPUP_TOOLS_LOG_SSHSIG_H

#include "tools/stepup/shell/options.h"

/* stepup log show --from N --sshsig PREFIX: writes PREFIX.signed (what the key behind an agent signed),
 * PREFIX.sig and PREFIX.signers, and prints the command that checks them. From the verifier, or from an
 * export with --file. */
enum exit_status log_sshsig(const struct invocation *invocation);

#endif
