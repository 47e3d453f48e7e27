/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of services that carry actions out: io.stepup.Redeem1. The order of handlers is that of the interface's methods.
 */
#include "verifier/doors/redemption/redemption.h"
#include "verifier/server/call.h"

static call_handler *const handlers[] = {redemption_redeem};

const struct door door_redeem = {.interface = &interface_redeem, .handlers = handlers};
