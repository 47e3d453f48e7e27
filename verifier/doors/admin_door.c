/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrators' door: io.stepup.Admin1.
 */
#include "verifier/doors/admin/invite_verbs.h"
#include "verifier/doors/admin/lock_verbs.h"
#include "verifier/doors/admin/people_verbs.h"
#include "verifier/doors/admin/read_verbs.h"
#include "verifier/doors/admin/reload_verb.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/explain/explain_verbs.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/server/call.h"

static const struct door_handler handlers[] = {
	{"Init", invite_verbs_init},
	{"Invite", invite_verbs_invite},
	{"Users", read_verbs_users},
	{"Credentials", read_verbs_credentials},
	{"Revoke", invite_verbs_revoke},
	{"Lock", people_verbs_lock},
	{"Unlock", people_verbs_unlock},
	{"Freeze", lock_verbs_freeze},
	{"Thaw", lock_verbs_thaw},
	{"Log", read_verbs_log},
	{"Status", read_verbs_status},
	{"Reload", reload_verb},
	{"Explain", explain_verbs_any},
	{"Resolve", read_verbs_resolve},
	{"CheckStore", store_watch_check},
	{NULL, NULL},
};

const struct door door_admin = {.interface = &interface_admin, .handlers = handlers, .brake = brake_of_admin};
