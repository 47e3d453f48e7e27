/* SPDX-License-Identifier: BSD-2-Clause */
/* Employees' passwords; see staff.h. */
#include <crypt.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "examples/support-console/data/staff.h"

#define TRIES_FREE 5        /* failures of one name before it must wait */
#define WAIT_SECONDS_MAX 300
#define THROTTLES 1024      /* counters, chosen by a hash of the name: known and unknown names alike */

struct throttle {
	int failures;
	int64_t until; /* seconds, CLOCK_BOOTTIME */
};

struct staff {
	sqlite3 *db;
	pthread_mutex_t mutex; /* guards the throttles */
	struct throttle throttles[THROTTLES];
	char decoy[CRYPT_OUTPUT_SIZE]; /* hash that unknown names are checked against */
};

static bool hash_password(const char *password, char hash[CRYPT_OUTPUT_SIZE])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data data = {0};
	const char *hashed;

	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
		return false;
	hashed = crypt_r(password, setting, &data);
	if (hashed && *hashed != '*')
		strcpy(hash, hashed);
	explicit_bzero(&data, sizeof(data));
	return hashed && *hashed != '*';
}

static bool hash_matches(const char *password, const char *hash)
{
	struct crypt_data data = {0};
	const char *hashed = crypt_r(password, hash, &data);
	unsigned char different = 1;

	if (hashed && *hashed != '*' && strlen(hashed) == strlen(hash)) {
		different = 0;
		for (size_t i = 0; hash[i]; i++)
			different = (unsigned char)(different | (hashed[i] ^ hash[i]));
	}
	explicit_bzero(&data, sizeof(data));
	return !different;
}

struct staff *staff_open(const char *path, char *why, size_t why_size)
{
	struct staff *staff = calloc(1, sizeof(*staff));
	mode_t mask = umask(0077);
	int result;

	if (!staff)
		goto fail;
	pthread_mutex_init(&staff->mutex, NULL);
	result = sqlite3_open_v2(
		path, &staff->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL);
	if (result != SQLITE_OK || sqlite3_busy_timeout(staff->db, 2000) != SQLITE_OK ||
	    sqlite3_exec(staff->db,
		    "CREATE TABLE IF NOT EXISTS staff (name TEXT PRIMARY KEY, password TEXT NOT NULL) STRICT",
		    NULL, NULL, NULL) != SQLITE_OK || !hash_password("nobody's password", staff->decoy))
		goto fail;
	umask(mask);
	return staff;
fail:
	umask(mask);
	snprintf(why, why_size, "%s: %s", path, staff && staff->db ? sqlite3_errmsg(staff->db) : "no memory");
	staff_close(&staff);
	return NULL;
}

void staff_close(struct staff **staff)
{
	if (!*staff)
		return;
	sqlite3_close((*staff)->db);
	pthread_mutex_destroy(&(*staff)->mutex);
	free(*staff);
	*staff = NULL;
}

bool staff_set_password(struct staff *staff, const char *user, const char *password, char *why,
	size_t why_size)
{
	char hash[CRYPT_OUTPUT_SIZE];
	sqlite3_stmt *statement = NULL;
	bool done = false;

	if (!*user || strlen(user) > 64 || strlen(password) < PASSWORD_MIN ||
	    strlen(password) > PASSWORD_MAX) {
		snprintf(why, why_size, "a password has %d to %d characters", PASSWORD_MIN, PASSWORD_MAX);
		return false;
	}
	if (!hash_password(password, hash)) {
		snprintf(why, why_size, "crypt(3) has no yescrypt here");
		return false;
	}
	if (sqlite3_prepare_v2(staff->db, "INSERT OR REPLACE INTO staff VALUES (?1, ?2)", -1, &statement,
		    NULL) == SQLITE_OK &&
	    sqlite3_bind_text(statement, 1, user, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_bind_text(statement, 2, hash, -1, SQLITE_STATIC) == SQLITE_OK)
		done = sqlite3_step(statement) == SQLITE_DONE;
	if (!done)
		snprintf(why, why_size, "%s", sqlite3_errmsg(staff->db));
	sqlite3_finalize(statement);
	explicit_bzero(hash, sizeof(hash));
	return done;
}

/* FNV-1a: spreads names over the throttles; nothing depends on it being hard to collide. */
static struct throttle *throttle_of(struct staff *staff, const char *user)
{
	uint32_t hash = 2166136261u;

	while (*user)
		hash = (hash ^ (unsigned char)*user++) * 16777619u;
	return &staff->throttles[hash % THROTTLES];
}

/* Counts one try before the password is looked at, so that parallel tries are all counted. */
static bool throttle_charge(struct staff *staff, const char *user, int *wait_seconds)
{
	struct throttle *throttle = throttle_of(staff, user);
	struct timespec now;
	bool allowed;

	clock_gettime(CLOCK_BOOTTIME, &now);
	pthread_mutex_lock(&staff->mutex);
	allowed = throttle->until <= now.tv_sec;
	if (allowed) {
		int over = ++throttle->failures - TRIES_FREE;
		int wait = over <= 0 ? 0 : over < 9 ? 1 << over : WAIT_SECONDS_MAX;

		throttle->until = now.tv_sec + (wait < WAIT_SECONDS_MAX ? wait : WAIT_SECONDS_MAX);
	} else {
		*wait_seconds = (int)(throttle->until - now.tv_sec);
	}
	pthread_mutex_unlock(&staff->mutex);
	return allowed;
}

static void throttle_clear(struct staff *staff, const char *user)
{
	pthread_mutex_lock(&staff->mutex);
	*throttle_of(staff, user) = (struct throttle){0};
	pthread_mutex_unlock(&staff->mutex);
}

/* The stored hash, or the decoy's. False where the file could not be read. */
static bool staff_hash(struct staff *staff, const char *user, char hash[CRYPT_OUTPUT_SIZE], bool *known)
{
	sqlite3_stmt *statement = NULL;
	bool read = false;

	strcpy(hash, staff->decoy);
	*known = false;
	if (sqlite3_prepare_v2(staff->db, "SELECT password FROM staff WHERE name = ?1", -1, &statement,
		    NULL) == SQLITE_OK &&
	    sqlite3_bind_text(statement, 1, user, -1, SQLITE_STATIC) == SQLITE_OK) {
		int step = sqlite3_step(statement);

		if (step == SQLITE_ROW && sqlite3_column_bytes(statement, 0) < CRYPT_OUTPUT_SIZE) {
			strcpy(hash, (const char *)sqlite3_column_text(statement, 0));
			*known = true;
		}
		read = step == SQLITE_ROW || step == SQLITE_DONE;
	}
	sqlite3_finalize(statement);
	return read;
}

enum staff_answer staff_check(struct staff *staff, const char *user, const char *password, int *wait_seconds)
{
	char hash[CRYPT_OUTPUT_SIZE];
	bool known, matches;

	*wait_seconds = 0;
	if (!throttle_charge(staff, user, wait_seconds))
		return STAFF_WAIT;
	if (!staff_hash(staff, user, hash, &known))
		return STAFF_WRONG;
	matches = hash_matches(password, hash);
	explicit_bzero(hash, sizeof(hash));
	if (!matches || !known)
		return STAFF_WRONG;
	throttle_clear(staff, user);
	return STAFF_RIGHT;
}
