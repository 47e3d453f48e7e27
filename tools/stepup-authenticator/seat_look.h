/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening the keys that are plugged in and looking at what they hold: all at once, a thread for each, so that
 * one that says nothing takes no time of the others.
 * MUST: end with the deadline, whatever a device does; leave alone whoever did not answer by then.
 * Layer: tools/stepup-authenticator/, libfido2, threads.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_LOOK_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_LOOK_H

#include "lib/base/deadline.h"
#include "tools/stepup-authenticator/seat_keys.h"

/*
 * Opens every key that this user may use and has seat_key_look look for the list's credentials; `keys` is
 * closed by the caller. AUTHENTICATOR_NO_KEY; AUTHENTICATOR_NO_ANSWER where there are only silent ones. The
 * thread of a silent one goes on until the program ends; what it was given stays where it is.
 */
enum authenticator_code seat_look(struct seat_keys *keys, const char *rp_id,
	const struct credential_list *list, struct deadline deadline);

#endif
