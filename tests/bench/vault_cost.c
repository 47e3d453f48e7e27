/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: vault_cost FOLDER codes USERS CODES [MARK]
 *        vault_cost FOLDER start USERS
 * What the vault costs. `codes` does what an accepted code does in the store, CODES times: Begin's look-up,
 * the writer's, the log's entry, the record; prints the bytes written for each. Under `valgrind
 * --tool=callgrind` with two numbers of CODES, the difference is what one costs in instructions. `start`
 * makes a store of so many users, twice as many key ids and as many receipts, where there is none, and prints
 * how long a start takes. Never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "verifier/state/store/store.h"
#ifndef WITHOUT_MARK
#include "verifier/state/store/store_mark.h"
#endif

#define BATCH 500

static void must(enum stepup_error error, const char *what)
{
	if (error == STEPUP_OK)
		return;
	fprintf(stderr, "vault_cost: %s: %s\n", what, stepup_error_text(error));
	exit(1);
}

static void name_of(long number, char name[32])
{
	snprintf(name, 32, "user%06ld", number);
}

static void add_user(struct store_session *session, long number)
{
	char name[32];
	struct user_record *record;
	struct credential *credential;

	name_of(number, name);
	record = user_record_new(name, 1000 + number);
	credential = record != NULL ? user_record_add_credential(record) : NULL;
	if (credential == NULL)
		exit(1);
	credential->type = CREDENTIAL_TOTP;
	credential->otp.digits = 6;
	credential->otp.period_seconds = 30;
	credential->otp.size = 20;
	must(store_user_save(session, record), "save");
	user_record_free(&record);
}

static void add_beside(struct store_session *session, long number)
{
	struct key_credential key = {.algorithm = KEY_ES256, .public_key_size = 64, .id_size = 48};
	struct key_owner owner = {.credential = "C-AAAAAAAAAAAAAAAAAAAAAAAA"};
	struct receipt_row row = {.issued = 100, .expires = 160, .user = "alice", .audience = "export"};

	memcpy(key.public_key, &number, sizeof(number));
	memcpy(key.id, &number, sizeof(number));
	must(store_key_id_add(session, &key, &owner), "key"); /* two rows */
	snprintf(row.jti, sizeof(row.jti), "%022ld", number);
	must(store_receipt_add(session, &row), "receipt");
}

static void fill(struct store_session *session, long users, bool beside)
{
	for (long i = 0; i < users; i++) {
		if (i % BATCH == 0)
			must(store_begin(session), "begin");
		add_user(session, i);
		if (beside)
			add_beside(session, i);
		if (i % BATCH == BATCH - 1 || i == users - 1)
			must(store_commit(session), "commit");
	}
}

static long long written(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	long long read = 0, bytes = 0;

	if (file != NULL && fscanf(file, "rchar: %lld\nwchar: %lld", &read, &bytes) != 2)
		bytes = 0;
	if (file != NULL)
		fclose(file);
	return bytes;
}

static void one_code(struct store_session *reader, struct store_session *writer, long number)
{
	struct user_record *record = NULL;
	char name[32];
	int64_t index;

	name_of(number, name);
	must(store_user_find(reader, name, &record), "find");
	user_record_free(&record);
	must(store_begin(writer), "begin");
	must(store_user_find(writer, name, &record), "find");
	must(store_log_append(writer, json_pack("{s:s, s:s, s:I}", "type", "grant", "user", name,
				"at", (json_int_t)1700000000), NULL, NULL, &index), "append");
	record->last_success++;
	must(store_user_save(writer, record), "save");
	must(store_commit(writer), "commit");
	user_record_free(&record);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	uint8_t bytes[MASTER_KEY_SIZE] = {7};
	struct store_session *reader = NULL, *writer = NULL;
	struct master_key *key = NULL;
	struct store *store = NULL;
	char url[256], *why = NULL;
	bool start;
	int64_t users = 0;
	struct rusage usage;
	double began;

	if (argc < 4)
		return 2;
	start = strcmp(argv[2], "start") == 0;
	snprintf(url, sizeof(url), "sqlite:%s/bench.db", argv[1]);
	must(master_key_from_bytes(bytes, &key), "key");
	began = now();
	if (store_open(url, key, &store, &why) != STEPUP_OK) {
		fprintf(stderr, "vault_cost: %s\n", why != NULL ? why : "");
		return 1;
	}
	began = now() - began;
	must(store_session_open(store, true, &writer), "writer");
	must(store_session_open(store, false, &reader), "reader");
	must(store_user_count(reader, &users), "count");
	if (users == 0)
		fill(writer, atol(argv[3]), start);
	getrusage(RUSAGE_SELF, &usage);
	if (start)
		printf("start with %lld users: %.3f s, %ld KB resident\n", (long long)users, began,
			usage.ru_maxrss);
#ifndef WITHOUT_MARK
	if (!start && argc > 5)
		must(store_mark_make(store, key, argv[5], &why), "mark");
#endif
	if (!start) {
		long codes = argc > 4 ? atol(argv[4]) : 0;
		long long before = written();

		for (long i = 0; i < codes; i++)
			one_code(reader, writer, i * 7919 % atol(argv[3]));
		if (codes > 0)
			printf("%lld bytes written for each of %ld codes\n",
				(written() - before) / codes, codes);
	}
	store_session_close(&reader);
	store_session_close(&writer);
	store_close(&store);
	master_key_free(&key);
	return 0;
}
