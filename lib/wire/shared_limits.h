/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and names that more than one program holds to: the verifier decides by them, a replay of the log
 * counts by them again, tools know what to expect.
 * Layer: lib/wire/, nothing.
 */
#ifndef STEPUP_LIB_SHARED_LIMITS_H
#define STEPUP_LIB_SHARED_LIMITS_H

#define REQUEST_SECONDS (10 * 60)      /* to be agreed to; and, once it has been, to be used */
#define REQUEST_CLAIM_SECONDS (2 * 60) /* after the agreement: without another step-up */
/* at least, of what limits count: longer than the longest window */
#define USES_KEPT_SECONDS (32 * 24 * 3600)
#define CREDENTIALS_MAX 64             /* live and revoked ones of one user */
#define ADMIN_DOOR_GROUP "stepup-admin" /* may open admin.sock: packaging/stepupd-admin.socket.in */

/* How a step-up can be answered, best first: ROW(its bit in the verifier, its name on the wire). */
#define METHOD_NAME_CODE "code"
#define METHOD_NAME_FRESH "fresh" /* nobody has to be asked: an earlier step-up covers this one */
#define METHOD_LIST(ROW) \
	ROW(VIA_BROWSER, "browser") ROW(VIA_SEAT, "seat") ROW(VIA_AGENT, "agent") \
	ROW(METHOD_CODE, METHOD_NAME_CODE) ROW(METHOD_FRESH, METHOD_NAME_FRESH)

#endif
