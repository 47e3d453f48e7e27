/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrators' door: io.stepup.Admin1.
 */
#include "verifier/doors/admin/invite_verbs.h"
#include "verifier/doors/admin/lock_verbs.h"
#include "verifier/doors/admin/read_verbs.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/explain/explain_verbs.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/server/call.h"

static const struct door_handler handlers[] = {
	{"Init", inviting_init},
	{"Invite", inviting_invite},
	{"Users", report_users},
	{"Credentials", report_credentials},
	{"Revoke", inviting_revoke},
	{"Lock", locking_lock},
	{"Unlock", locking_unlock},
	{"Freeze", locking_freeze},
	{"Thaw", locking_thaw},
	{"Log", report_log},
	{"Status", report_status},
	{"Reload", report_reload},
	{"Explain", explaining_any},
	{"Resolve", report_resolve},
	{"CheckStore", store_watch_check},
	{NULL, NULL},
};

const struct door door_admin = {.interface = &interface_admin, .handlers = handlers, .brake = brake_of_admin};
