/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of stepup-hooks: io.stepup.Hooks1.
 */
#include "verifier/doors/hook_feed.h"
#include "verifier/server/call.h"

static const struct door_handler handlers[] = {
	{"Next", hook_feed_next},
	{"Done", hook_feed_done},
	{NULL, NULL},
};

const struct door door_hooks = {.interface = &interface_hooks, .handlers = handlers};
