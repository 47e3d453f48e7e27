/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redeeming a receipt: io.stepup.Redeem1.Redeem over the verifier's redeem.sock, with nothing but a socket and JSON.
 * This is the part to copy into a service of your own.
 */
#ifndef EXPORT_REDEEM_H
#define EXPORT_REDEEM_H

#include <jansson.h>

/* Redeems for exactly this export. Returns the verifier's parameters (user, log …) with `*granted` true, or what it said instead
 * (message, reference …) with `*granted` false; NULL where it could not be asked. The caller's to free. */
json_t *redeem_receipt(const char *socket_path, const char *receipt, const char *account, json_int_t records,
	const char *exec_id, int *granted);

#endif
