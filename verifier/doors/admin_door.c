/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrators' door: io.stepup.Admin1. The order of handlers is that of the interface's methods.
 */
#include "verifier/call.h"
#include "verifier/inviting.h"
#include "verifier/locking.h"
#include "verifier/reports.h"
#include "verifier/explaining.h"

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
};

const struct door door_admin = {.interface = &interface_admin, .handlers = handlers};
