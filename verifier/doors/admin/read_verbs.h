/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What administrators read, and the reload: Users, Credentials, Log, Status, Reload of Admin1.
 * MUST: show somebody's affairs only to whoever holds an authorization for that.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_READ_VERBS_H
#define STEPUP_VERIFIER_READ_VERBS_H

#include "verifier/server/call.h"

#define REPORT_USERS_MAX 500          /* per page */
#define REPORT_LOG_MAX 200            /* entries per page */
#define REPORT_LOG_BYTES (512 * 1024) /* of entries and details per page */

void report_users(struct call *call);
void report_credentials(struct call *call);
/* Whose a name is: shows nothing that anybody may not look up in the directory, but that something stands
 * under a name; takes no step-up. */
void report_resolve(struct call *call);
void report_log(struct call *call);
void report_status(struct call *call);
void report_reload(struct call *call);

#endif
