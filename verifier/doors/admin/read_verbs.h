/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What administrators read: Users, Credentials, Resolve, Log and Status of Admin1.
 * MUST: show somebody's affairs only to whoever holds an authorization for that.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_READ_VERBS_H
#define STEPUP_VERIFIER_READ_VERBS_H

#include "verifier/server/call.h"

#define READ_USERS_MAX 500          /* per page */
#define READ_LOG_MAX 200            /* entries per page */
#define READ_LOG_BYTES (512 * 1024) /* of entries and details per page */

void read_verbs_users(struct call *call);
void read_verbs_credentials(struct call *call);
/* Whose a name is: shows nothing that anybody may not look up in the directory, but that something stands
 * under a name; takes no step-up. */
void read_verbs_resolve(struct call *call);
void read_verbs_log(struct call *call);
void read_verbs_status(struct call *call);

#endif
