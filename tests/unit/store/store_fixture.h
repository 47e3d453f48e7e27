/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scratch folder with a store in it, and users to put there, for the store's tests.
 */
#ifndef STEPUP_TESTS_UNIT_STORE_FIXTURE_H
#define STEPUP_TESTS_UNIT_STORE_FIXTURE_H

#include "tests/unit/cmocka_tap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verifier/state/store/store.h"

struct fixture {
	char folder[64];
	char place[128]; /* the database's path */
	char url[256];
	struct master_key *key;
	struct store *store;
	struct store_session *writer, *reader;
};

/* A master key made of one byte, the same every time. */
struct master_key *fixture_key(uint8_t byte);

/* A folder of its own under $TMPDIR, with nothing in it but the name of a store. */
struct fixture *fixture_folder(void);
/* The same with an open store and two sessions. */
struct fixture *fixture_new(void);
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
/* Closes, removes the folder, frees. */
void fixture_free(struct fixture *fixture);

/* cmocka's set-up and tear-down around one test. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* One with a TOTP credential whose secret is `secret`. */
struct user_record *fixture_user(const char *name, const char *secret);
/* Saves such a user in a transaction of its own. */
void fixture_add_user(struct fixture *fixture, const char *name, const char *secret);
/* Appends {"kind":"test","text":TEXT} within a transaction. */
enum stepup_error fixture_log(struct store_session *session, const char *text);
/* So many of them, in one transaction. */
void fixture_log_many(struct fixture *fixture, int count);
/* Runs SQL as a database administrator would, on a connection of the test's own; fails the test where that
 * fails. The schema `aside` is another file, where rows can be kept and brought back from.
 * flip(BLOB, PLACE) changes a byte that is random, so that it is surely another one afterwards. */
void fixture_tamper(const struct fixture *fixture, const char *sql);
/* Copies the database, while it is closed, to a file of that name in the folder; and puts
 * such a copy back. */
void fixture_save(const struct fixture *fixture, const char *name);
void fixture_restore(const struct fixture *fixture, const char *name);
/* Recomputes the log's root from the table, from nothing. */
void fixture_log_root(const struct fixture *fixture, int64_t *size, uint8_t root[DIGEST_SIZE]);

#define assert_ok(expression) assert_string_equal(stepup_error_name(expression), stepup_error_name(STEPUP_OK))
#define assert_error(expression, error) assert_string_equal(stepup_error_name(expression), \
	stepup_error_name(error))

#endif
