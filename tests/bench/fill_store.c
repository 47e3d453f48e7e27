/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: fill_store STORE-URL MASTER-KEY-FILE USERS KEY-FILE Fills an empty store with employees u0000000 …
 * who each have one HOTP credential and one security key (bench_key.h), for the benchmark. The secret of
 * employee N is SHA-256("bench N") cut to 20 bytes; pam_rate.c makes the same. Never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/digest.h"
#include "tests/bench/bench_key.h"
#include "tests/bench/employee.h"
#include "verifier/state/store/store.h"

static enum stepup_error add_key(struct user_record *record, const struct bench_key *key, long number)
{
	struct credential *credential = user_record_add_credential(record);

	if (credential == NULL)
		return STEPUP_NO_MEMORY;
	credential->type = CREDENTIAL_KEY;
	credential->state = CREDENTIAL_LIVE;
	snprintf(credential->label, sizeof(credential->label), "benchmark key");
	credential->key = calloc(1, sizeof(*credential->key));
	if (credential->key == NULL)
		return STEPUP_NO_MEMORY;
	credential->key->algorithm = KEY_ES256;
	credential->key->public_key_size = BENCH_PUBLIC_SIZE;
	credential->key->id_size = DIGEST_SIZE;
	if (!bench_key_public(key, credential->key->public_key))
		return STEPUP_INTERNAL;
	return bench_key_id(number, credential->key->id);
}

static enum stepup_error add_employee(struct store_session *session, const struct bench_key *key, long number)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	char name[EMPLOYEE_NAME_SIZE];
	struct user_record *record = NULL;
	struct credential *credential;

	employee_name(number, name);
	record = user_record_new(name, -1);
	if (record == NULL)
		goto out;
	credential = user_record_add_credential(record);
	if (credential == NULL)
		goto out;
	credential->type = CREDENTIAL_HOTP;
	credential->state = CREDENTIAL_LIVE;
	snprintf(credential->label, sizeof(credential->label), "benchmark");
	credential->otp.algorithm = OTP_SHA1;
	credential->otp.digits = 6;
	credential->otp.period_seconds = 30;
	credential->otp.size = EMPLOYEE_SECRET_SIZE;
	credential->otp.last_step = -1;
	credential->otp.next_counter = 0;
	credential->otp.resync_counter = -1;
	error = employee_secret(number, credential->otp.bytes);
	if (error == STEPUP_OK)
		error = add_key(record, key, number);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
out:
	user_record_free(&record);
	return error;
}

int main(int argc, char **argv)
{
	struct master_key *key = NULL;
	struct bench_key *browser_key;
	struct store *store = NULL;
	struct store_session *session = NULL;
	char *why = NULL;
	enum stepup_error error;
	long users;

	if (argc != 5)
		return 2;
	browser_key = bench_key_open(argv[4]);
	if (browser_key == NULL)
		return 1;
	users = strtol(argv[3], NULL, 10);
	error = master_key_read(argv[2], &key, &why);
	if (error == STEPUP_OK)
		error = store_open(argv[1], key, &store, &why);
	if (error == STEPUP_OK)
		error = store_session_open(store, true, &session);
	if (error == STEPUP_OK)
		error = store_begin(session);
	for (long number = 0; error == STEPUP_OK && number < users; number++)
		error = add_employee(session, browser_key, number);
	if (error == STEPUP_OK)
		error = store_commit(session);
	if (error != STEPUP_OK)
		fprintf(stderr, "fill_store: %s %s\n", stepup_error_text(error), why ? why : "");
	store_session_close(&session);
	store_close(&store);
	master_key_free(&key);
	bench_key_close(browser_key);
	free(why);
	return error == STEPUP_OK ? 0 : 1;
}
