/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrators' door: io.stepup.Admin1. The order of handlers is that of the interface's methods.
 */
#include "verifier/server/call.h"
#include "verifier/doors/brakes.h"
#include "verifier/doors/inviting.h"
#include "verifier/doors/locking.h"
#include "verifier/doors/reports.h"
#include "verifier/doors/store_watch.h"
#include "verifier/doors/explaining.h"

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
