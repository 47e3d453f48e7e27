/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of stepup-hooks: io.stepup.Hooks1. The order of handlers is that of the interface's methods.
 */
#include "verifier/doors/hook_feed.h"
#include "verifier/server/call.h"

static call_handler *const handlers[] = {hook_feed_next, hook_feed_done};

const struct door door_hooks = {.interface = &interface_hooks, .handlers = handlers};
