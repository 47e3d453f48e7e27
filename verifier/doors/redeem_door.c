/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of services that carry actions out: io.stepup.Redeem1.
 */
#include "verifier/doors/redemption/redeem.h"
#include "verifier/server/call.h"

static const struct door_handler handlers[] = {
	{"Redeem", redeem},
	{NULL, NULL},
};

const struct door door_redeem = {.interface = &interface_redeem, .handlers = handlers};
