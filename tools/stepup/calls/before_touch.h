/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator should hear before they touch a key or type a code for a verb: that nobody has that
 * name, that an account is their own, that no rule has that action, that there is nothing to undo. Warnings:
 * the verb is still the verifier's to allow, and each of these may be meant.
 * Layer: tools/stepup/calls/.
 */
#ifndef STEPUP_TOOLS_BEFORE_TOUCH_H
#define STEPUP_TOOLS_BEFORE_TOUCH_H

#include <stdbool.h>

#include "tools/stepup/calls/doors.h"

/* What is about to be done. */
enum about {
	ABOUT_LOCK,
	ABOUT_UNLOCK,
	ABOUT_FREEZE,
	ABOUT_THAW,
	ABOUT_OTHER, /* a verb for somebody: invite, revoke */
};

/* Says what there is to say of that name, after doors_resolve() has found it; or of that action. Where the
 * verifier can't be asked, its exit status. */
enum exit_status warn_about(struct doors *doors, enum about about, const char *name);

/* Whether that account is the one that this runs as. */
bool is_own_name(const char *name);

#endif
