/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redeeming a receipt: io.stepup.Redeem1.Redeem over the verifier's redeem.sock, with nothing but a socket
 * and JSON. This is the part to copy into a service of your own.
 */
#ifndef EXPORT_REDEEM_H
#define EXPORT_REDEEM_H

#include <jansson.h>
#include <stdbool.h>

/* Redeems for exactly this export. Returns the verifier's parameters (user, log …) with `*granted` true, or
 * what it said instead (message, reference …) with `*granted` false; NULL where it could not be asked. The
 * caller's to free.
 *
 * `exec_id` is of the service's own making and on its disk; never take one from whoever brought the receipt.
 * `resume`: it was asked for before, and what came of that isn't known. Then the reply may say "already",
 * which is no second permission: look whether you finished. */
json_t *redeem_receipt(const char *socket_path, const char *receipt, const char *account, json_int_t records,
	const char *exec_id, bool resume, int *granted);

#endif
