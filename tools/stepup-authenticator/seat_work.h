/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one key is asked to do, and what it gave back: an assertion or a new credential, in libfido2's calls
 * and in the verifier's JSON.
 * Layer: tools/stepup-authenticator/, libfido2, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_WORK_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_WORK_H

#include "tools/stepup-authenticator/seat_race.h"

#define USER_ID_MAX 64 /* bytes, WebAuthn section 5.4.3 */
#define ALGORITHMS_MAX 8

/* Texts are borrowed from the request. */
struct seat_task {
	bool is_registration;
	bool user_verification;
	const char *rp_id;
	const char *client_data;
	/* a registration's */
	const char *rp_name, *user_name, *user_display_name;
	uint8_t user_id[USER_ID_MAX];
	size_t user_id_size;
	int algorithms[ALGORITHMS_MAX]; /* COSE, best first */
	size_t algorithm_count;
	const struct credential_list *exclude;
	/* for both: what is looked for on a key once its PIN is known */
	const struct credential_list *listed;
};

/* Reads what only a registration has. AUTHENTICATOR_BROKEN where it breaks its form. */
enum authenticator_code seat_task_read_registration(const json_t *request, struct seat_task *task);

/* The work of one key: job->what is a struct seat_task. */
int seat_work(struct seat_job *job);

/* What the winner gave, as Answer's `key` and EnrollFinish's `key`. AUTHENTICATOR_BROKEN where a part of it
 * is missing. */
enum authenticator_code seat_assertion_result(const struct seat_job *job, json_t **result);
enum authenticator_code seat_credential_result(const struct seat_job *job, json_t **result);

#endif
