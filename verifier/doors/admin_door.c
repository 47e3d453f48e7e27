/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrators' door: io.stepup.Admin1. The order of handlers is that of the interface's methods.
 */
#include "verifier/doors/admin/inviting.h"
#include "verifier/doors/admin/locking.h"
#include "verifier/doors/admin/reports.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/explain/explaining.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/server/call.h"

static call_handler *const handlers[] = {
	inviting_init,
	inviting_invite,
	report_users,
	report_credentials,
	inviting_revoke,
	locking_lock,
	locking_unlock,
	locking_freeze,
	locking_thaw,
	report_log,
	report_status,
	report_reload,
	explaining_any,
	report_resolve,
	store_watch_check,
};

const struct door door_admin = {.interface = &interface_admin, .handlers = handlers, .brake = brake_of_admin};
