/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: fill_log STORE-URL MASTER-KEY-FILE fill ENTRIES LIMIT-ROWS USERS
 *        fill_log STORE-URL MASTER-KEY-FILE read
 * Makes a store old, for the benchmark: so many log entries, of the size that step-ups by code and by key
 * have, under a checkpoint; and rows that limits on customer.view count, half of them of employee u0000000,
 * half of everybody's, dated from 31 days to 25 hours ago. `read` prints, as JSON, how long what reads the
 * log takes: its newest page, single entries anywhere (how a report finds its beginning), a checkpoint, a
 * step of pruning. Never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/employee.h"
#include "verifier/state/store/store.h"

#define ROWS_AT_ONCE 20000 /* in one transaction */
#define FROM_SECONDS (31 * 24 * 3600)
#define TO_SECONDS (25 * 3600)
#define READS 200

static struct store *store;
static struct store_session *session;

static void check(const char *what, enum stepup_error error)
{
	if (error == STEPUP_OK)
		return;
	fprintf(stderr, "fill_log: %s: %s %s\n", what, stepup_error_text(error),
		session == NULL ? "" : store_trouble(session));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Ends a transaction and begins another. */
static void breathe(void)
{
	check("commit", store_commit(session));
	if (store_checkpoint_wal_due(session))
		check("moving the write-ahead log", store_checkpoint_wal(store));
	check("begin", store_begin(session));
}

/* Every fourth by a key, with the evidence of one. */
static void add_entry(long number, int64_t at)
{
	static char evidence[601];
	char user[EMPLOYEE_NAME_SIZE];
	uint8_t salt[DIGEST_SIZE] = {1};
	int64_t index = 0;
	json_t *entry, *details;

	memset(evidence, 'J', sizeof(evidence) - 1);
	employee_name(number % 10000, user);
	entry = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "v", 1, "type", "grant",
		"user", user, "action", "customer.view",
		"commitment", "JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ",
		"credential", "C-abcdefghijklmnopqrstuvwx", "method", number % 4 == 0 ? "key" : "code",
		"acr", number % 4 == 0 ? "phr" : "otp", "at", (json_int_t)at);
	if (number % 4 == 0)
		(void)json_object_set_new(entry, "evidence", json_string(evidence));
	details = json_pack("{s:{s:s, s:s}, s:s}", "action", "name", "customer.view", "account",
		"trezor", "prompt", "Look at customer trezor");
	check("log", store_log_append(session, entry, details, salt, &index));
	json_decref(details);
}

static void fill_entries(long entries)
{
	const int64_t until = (int64_t)time(NULL);
	struct merkle_tree tree;

	check("begin", store_begin(session));
	for (long n = 0; n < entries; n++) {
		add_entry(n, until - (entries - n) / 10);
		if (n % ROWS_AT_ONCE == ROWS_AT_ONCE - 1)
			breathe();
	}
	check("tree", store_log_tree(session, &tree));
	check("checkpoint", store_log_checkpoint_add(session, &tree, until, "benchmark\n"));
	check("commit", store_commit(session));
}

/* A third of the rows for each kind of use. */
static void add_uses(struct user_record *record, long rows, int64_t now, long *written)
{
	for (long n = 0; n < rows; n++) {
		int64_t at = now - FROM_SECONDS +
			(int64_t)((double)n / (double)rows * (FROM_SECONDS - TO_SECONDS));
		uint8_t value[DIGEST_SIZE] = {2};

		memcpy(value, &n, sizeof(n));
		if (n % 3 == 0)
			check("uses", store_use_add(session, record, "customer.view count", at, 1));
		else if (n % 3 == 1)
			check("uses", store_use_add(session, record, "customer.view sum records", at, 100));
		else
			check("uses", store_use_add_value(session, record, "customer.view different account",
					at, value));
		if (++*written % ROWS_AT_ONCE == 0) {
			check("user", store_user_save(session, record));
			breathe();
		}
	}
	check("user", store_user_save(session, record));
}

static void fill_uses(long rows, long users)
{
	const int64_t now = (int64_t)time(NULL);
	long written = 0;

	check("begin", store_begin(session));
	for (long n = 0; n < users; n++) {
		char name[EMPLOYEE_NAME_SIZE];
		struct user_record *record = NULL;

		employee_name(n, name);
		check("user", store_user_find(session, name, &record));
		add_uses(record, rows / 2 / users + (n == 0 ? rows / 2 : 0), now, &written);
		user_record_free(&record);
	}
	check("commit", store_commit(session));
}

static bool ignore(void *context, int64_t index, const char *entry, const char *details, const uint8_t *salt)
{
	(void)context;
	(void)index;
	(void)entry;
	(void)details;
	(void)salt;
	return true;
}

static double per_read(int64_t from, int count, bool anywhere, int64_t size)
{
	double began = now_ms();

	for (int i = 0; i < READS; i++)
		check("read", store_log_each(session, anywhere ? (int64_t)((double)size * i / READS) : from,
				count, ignore, NULL));
	return (now_ms() - began) / READS;
}

static void read_log(void)
{
	struct merkle_tree tree;
	int64_t size = store_log_next(session);
	double page, one, checkpoint, prune;
	int removed = 0;

	page = per_read(size > 100 ? size - 100 : 0, 100, false, size);
	one = per_read(0, 1, true, size);
	checkpoint = now_ms();
	check("begin", store_begin(session));
	add_entry(1, (int64_t)time(NULL));
	check("tree", store_log_tree(session, &tree));
	check("checkpoint", store_log_checkpoint_add(session, &tree, (int64_t)time(NULL), "benchmark\n"));
	check("commit", store_commit(session));
	checkpoint = now_ms() - checkpoint;
	prune = now_ms();
	check("begin", store_begin(session));
	check("prune",
		store_use_prune(session, (int64_t)time(NULL) - FROM_SECONDS + 24 * 3600, 40, &removed));
	check("commit", store_commit(session));
	prune = now_ms() - prune;
	printf("{\"size\":%ld,\"page_ms\":%.3f,\"one_ms\":%.3f,\"checkpoint_ms\":%.3f,\"prune_ms\":%.3f,"
		"\"pruned\":%d}\n", (long)size, page, one, checkpoint, prune, removed);
}

int main(int argc, char **argv)
{
	struct master_key *key = NULL;
	char *why = NULL;
	enum stepup_error error;

	if (argc != 4 && argc != 7)
		return 2;
	error = master_key_read(argv[2], &key, &why);
	if (error == STEPUP_OK)
		error = store_open(argv[1], key, &store, &why);
	if (why != NULL)
		fprintf(stderr, "%s\n", why);
	check("store", error);
	check("store", store_name_host(store, "bench"));
	check("session", store_session_open(store, true, &session));
	if (argc == 7) {
		fill_entries(strtol(argv[4], NULL, 10));
		fill_uses(strtol(argv[5], NULL, 10), strtol(argv[6], NULL, 10));
	} else {
		read_log();
	}
	store_session_close(&session);
	store_close(&store);
	master_key_free(&key);
	return 0;
}
