/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening the store at the start, and making a new one.
 * MUST: refuse what others can write, links, FIFOs, another program's file, a newer schema, a damaged file, a
 * wrong master key, a second verifier, and say how to mend it; change nothing of what it refuses; let a new
 * store appear whole or not at all.
 */
#include "verifier/state/opening/store_files.h"
#include "verifier/state/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"

#define URL_PREFIX "sqlite:"

static enum stepup_error open_say(char **why, enum stepup_error error, const char *place, const char *what)
{
	if (*why == NULL && asprintf(why, "Store %s: %s.", place, what) < 0)
		*why = NULL;
	return error;
}

/* Words for an error that nobody worded better. */
static enum stepup_error open_say_error(char **why, enum stepup_error error, const char *place)
{
	switch (error) {
	case STEPUP_OK:
		return error;
	case STEPUP_IO:
		return open_say(why, error, place, "can't be read and written. "
			"Check that its folder is writable for the verifier, not mounted read-only,"
			" and that the disk is neither full nor failing");
	case STEPUP_TIMEOUT:
		return open_say(why, error, place, "is being written by another program. Stop that program");
	case STEPUP_CORRUPT:
		return open_say(why, error, place, "is damaged or was changed by another program. "
			"Restore it from a backup (stepup restore)");
	default:
		return open_say(why, error, place, stepup_error_text(error));
	}
}

/* --- the place --- */

static enum stepup_error folder_prepare(const char *place, char **why)
{
	char *copy = strdup(place), *folder;
	enum stepup_error error;

	if (copy == NULL)
		return STEPUP_NO_MEMORY;
	folder = dirname(copy);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		error = open_say(why, STEPUP_IO, folder,
			errno == ENOENT ? "its folder's parent doesn't exist. Make it, or name another place"
			: "its folder can't be made. "
			"Make it, with mode 0700 and owned by the verifier's user");
	else
		error = safe_folder_check(folder, why);
	free(copy);
	return error;
}

/* A file beside the database: none, or as safe as the database itself. */
static enum stepup_error side_file_check(const char *place, const char *suffix, bool *there, char **why)
{
	char *path = NULL;
	int fd = -1;
	struct stat st = {0};
	enum stepup_error error;

	if (asprintf(&path, "%s%s", place, suffix) < 0)
		return STEPUP_NO_MEMORY;
	error = safe_file_open(path, SAFE_FILE_SECRET, &fd, why);
	if (error == STEPUP_NOT_FOUND) {
		free(*why);
		*why = NULL;
		error = STEPUP_OK;
	} else if (error == STEPUP_OK) {
		*there = fstat(fd, &st) == 0 && st.st_size > 0;
		close(fd);
	}
	free(path);
	return error;
}

/* STEPUP_NOT_FOUND: there is none yet. */
static enum stepup_error file_check(const char *place, char **why)
{
	bool log = false, shared = false;
	int fd = -1;
	enum stepup_error error = side_file_check(place, "-wal", &log, why);

	if (error == STEPUP_OK)
		error = side_file_check(place, "-shm", &shared, why);
	if (error != STEPUP_OK)
		return error;
	error = safe_file_open(place, SAFE_FILE_SECRET, &fd, why);
	if (error == STEPUP_OK) {
		error = db_check_file(place, fd, STORE_SCHEMA, why);
		close(fd);
	} else if (error == STEPUP_NOT_FOUND) {
		free(*why);
		*why = NULL;
	}
	if (error == STEPUP_NOT_FOUND && log)
		error = open_say(why, STEPUP_CORRUPT, place, "is missing, but its write-ahead log "
			"(-wal) is there. Put the database back from a backup,"
			" or move the -wal file away to begin anew");
	return error;
}

/* --- making one --- */

static void remove_leftovers(const char *fresh)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};

	for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *path = NULL;

		if (asprintf(&path, "%s%s", fresh, suffixes[i]) < 0)
			return;
		(void)unlink(path);
		free(path);
	}
}

/* Fills a new database under another name, within the transaction that db_create began. */
static enum stepup_error open_fill(struct store *store, const struct master_key *key,
	struct store_session *session, char **why)
{
	int64_t unreadable = 0;
	enum stepup_error error;

	session->in_transaction = true;
	if (RAND_bytes(store->id, STORE_ID_SIZE) != 1)
		return STEPUP_INTERNAL;
	error = meta_keys_make(store, key, session->seal, false);
	if (error == STEPUP_OK)
		error = meta_write(session);
	if (error == STEPUP_OK)
		error = freezes_init(session);
	if (error == STEPUP_OK)
		error = head_begin(session);
	if (error == STEPUP_OK)
		error = vault_begin(session, &unreadable, why);
	session->moved = session->stops_clean = session->begins = true;
	if (error == STEPUP_OK)
		error = head_write(session);
	if (error == STEPUP_OK)
		error = db_commit(session->db);
	vault_unwrite(session, 0);
	session->in_transaction = false;
	store->vault_ready = false; /* it is opened like any other */
	return error;
}

static enum stepup_error open_sync_folder(const char *place)
{
	char *copy = strdup(place);
	int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum stepup_error error = fd >= 0 && fsync(fd) == 0 ? STEPUP_OK : STEPUP_IO;

	if (fd >= 0)
		close(fd);
	free(copy);
	return error;
}

static enum stepup_error create(struct store *store, const struct master_key *key,
	struct seal_context *context, char **why)
{
	struct store_session session = {.store = store, .writer = true, .seal = context};
	char *fresh = NULL;
	int fd;
	enum stepup_error error;

	if (asprintf(&fresh, "%s.new", store->place) < 0)
		return STEPUP_NO_MEMORY;
	remove_leftovers(fresh);
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	error = fd >= 0 && close(fd) == 0 ? STEPUP_OK : STEPUP_IO;
	if (error == STEPUP_OK)
		error = db_create(fresh, store_schema_sql, STORE_SCHEMA, &session.db);
	if (error == STEPUP_OK)
		error = open_fill(store, key, &session, why);
	for (unsigned i = 0; i < SQL_COUNT; i++)
		db_statement_free(&session.statements[i]);
	free(session.pending);
	for (unsigned i = 0; i < VAULT_MAC_COUNT; i++)
		kept_mac_free(&session.macs[i]);
	db_close(&session.db);
	if (error == STEPUP_OK && rename(fresh, store->place) != 0)
		error = STEPUP_IO;
	if (error == STEPUP_OK)
		error = open_sync_folder(store->place);
	else
		remove_leftovers(fresh);
	free(fresh);
	return error;
}

/* --- opening --- */

/* Tables that grow with every step-up. What is torn in them is noticed where it is read: the log's end at
 * once, its inside by `stepup log verify`, and what limits count by the decision that needs it. */
static const char *const grown_tables[] = {"log_entries", "log_details", "checkpoints", "use_totals",
	"use_values", "uses", NULL};

static enum stepup_error load(struct store *store, const struct store_opening *opening, char **why)
{
	struct store_session *session = NULL;
	int schema = 0;
	enum stepup_error error = db_settle_log(store->place);

	if (error == STEPUP_OK)
		error = store_session_open(store, true, &session);
	if (error == STEPUP_OK)
		error = db_check(session->db, STORE_SCHEMA, grown_tables, &schema, why);
	if (error == STEPUP_OK)
		error = meta_read(session, schema, why);
	if (error == STEPUP_OK)
		error = meta_keys_make(store, opening->key, session->seal, false);
	if (error == STEPUP_OK)
		error = log_tree_load(session, &store->tree);
	if (error == STEPUP_OK)
		error = log_end_check(session, (int64_t)store->tree.size);
	if (error == STEPUP_OK)
		error = db_reserve_log(session->db);
	if (error == STEPUP_OK && schema < STORE_SCHEMA)
		error = meta_upgrade(session, schema, why);
	if (error == STEPUP_OK)
		error = vault_schema(session, why);
	if (error == STEPUP_OK)
		error = vault_open(session, opening, why);
	if (error == STEPUP_OK) { /* whether it can be written at all */
		error = store_begin(session);
		store_rollback(session);
	}
	store_session_close(&session);
	return error;
}

static enum stepup_error find_or_create(struct store *store, const struct master_key *key,
	struct seal_context *context, char **why)
{
	enum stepup_error error = file_check(store->place, why);

	return error == STEPUP_NOT_FOUND ? create(store, key, context, why) : error;
}

static enum stepup_error open_checked(struct store *store, const struct store_opening *opening, char **why)
{
	struct seal_context *context = NULL;
	enum stepup_error error = folder_prepare(store->place, why);

	if (error == STEPUP_OK)
		/* before the database is touched: closing a file of SQLite's lets go of SQLite's own locks */
		error = store_lock(store->place, &store->lock_fd, why);
	if (error == STEPUP_OK)
		error = seal_context_new(&context);
	if (error == STEPUP_OK)
		error = meta_keys_make(store, opening->key, context, true);
	if (error == STEPUP_OK)
		error = find_or_create(store, opening->key, context, why);
	if (error == STEPUP_OK)
		error = load(store, opening, why);
	seal_context_free(&context);
	return error;
}

static enum stepup_error locks_init(struct store *store)
{
	pthread_condattr_t monotonic;
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (pthread_condattr_init(&monotonic) != 0)
		return error;
	if (pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&store->gate_changed, &monotonic) == 0)
		error = STEPUP_OK;
	(void)pthread_condattr_destroy(&monotonic);
	(void)pthread_mutex_init(&store->lock, NULL);
	(void)pthread_mutex_init(&store->mover_lock, NULL);
	return error;
}

enum stepup_error store_open_so(const struct store_opening *opening, struct store **store, char **why)
{
	const char *url = opening->url;
	struct store *made;
	enum stepup_error error;

	*why = NULL;
	if (strncmp(url, URL_PREFIX "/", strlen(URL_PREFIX "/")) != 0)
		return open_say(why, STEPUP_INVALID, url, "must be named as sqlite:/an/absolute/path");
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->lock_fd = -1;
	merkle_init(&made->tree);
	snprintf(made->key_id, sizeof(made->key_id), "%s", master_key_id(opening->key));
	error = locks_init(made);
	made->place = strdup(url + strlen(URL_PREFIX));
	if (made->place == NULL || gethostname(made->host, sizeof(made->host) - 1) != 0)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		error = open_checked(made, opening, why);
	if (error == STEPUP_OK) {
		*store = made;
		return STEPUP_OK;
	}
	if (made->place != NULL)
		(void)open_say_error(why, error, made->place);
	store_close(&made);
	return error;
}

enum stepup_error store_open(const char *url, const struct master_key *key, struct store **store, char **why)
{
	return store_open_so(&(struct store_opening){.url = url, .key = key}, store, why);
}

enum stepup_error store_name_host(struct store *store, const char *host)
{
	if (strlen(host) >= sizeof(store->host))
		return STEPUP_TOO_LONG;
	memcpy(store->host, host, strlen(host) + 1);
	return STEPUP_OK;
}

void store_close(struct store **store)
{
	struct store *closed = *store;

	if (closed == NULL)
		return;
	db_close(&closed->mover);
	row_memory_clear(&closed->memory);
	mark_close(&closed->mark);
	if (closed->lock_fd >= 0)
		close(closed->lock_fd);
	(void)pthread_cond_destroy(&closed->gate_changed);
	(void)pthread_mutex_destroy(&closed->lock);
	(void)pthread_mutex_destroy(&closed->mover_lock);
	free(closed->place);
	WIPE_OBJECT(closed);
	free(closed);
	*store = NULL;
}
