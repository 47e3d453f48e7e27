/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the store may be taken as it stands, and the beginning of a new epoch where somebody decided that it is.
 */
#include "verifier/evidence/log_epoch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/wipe.h"
#include "verifier/host/clock.h"
#include "verifier/evidence/log_entry.h"

enum stepup_error log_epoch_refuse(char **why, const char *what)
{
	if (asprintf(why, "%s Nothing was changed. Bring the newest store and its high-water mark back; or, to go on with this store, run "
			  "\"stepupd --new-epoch\" once: receipts and invitations from before are void then, and the log says so.",
		    what) < 0)
		*why = NULL;
	return STEPUP_CORRUPT;
}

static enum stepup_error refuse_older(char **why, const char *path, int64_t size, const struct highwater *mark)
{
	char what[512];

	(void)snprintf(what, sizeof(what),
		"The store is older than it was: its log has %" PRId64 " entries, but %.300s remembers %" PRId64 ".", size, path,
		mark->size);
	return log_epoch_refuse(why, what);
}

/* Holds the store against a mark that is ours. */
static enum stepup_error store_fits_mark(struct store_session *session, const char *path, int64_t size, const struct highwater *mark,
	char **why)
{
	uint8_t root[DIGEST_SIZE];
	char what[512];
	enum stepup_error error;

	if (size < mark->size)
		return refuse_older(why, path, size, mark);
	error = store_log_root_at(session, mark->size, root);
	if (error != STEPUP_OK && error != STEPUP_CORRUPT)
		return error;
	if (error == STEPUP_OK && equal_constant_time(root, mark->root, DIGEST_SIZE))
		return STEPUP_OK;
	(void)snprintf(what, sizeof(what),
		"The store's log is not the one that %.300s remembers: one of its first %" PRId64 " entries was changed or taken out.", path,
		mark->size);
	return log_epoch_refuse(why, what);
}

enum stepup_error log_epoch_check(struct store_session *session, const uint8_t key[HIGHWATER_KEY_SIZE], const char *path,
	struct highwater *mark, char **why)
{
	char *reason = NULL, what[512];
	int64_t size = 0;
	enum stepup_error error = store_log_size(session, &size);

	*mark = (struct highwater){.size = -1};
	*why = NULL;
	if (error != STEPUP_OK)
		return error;
	error = highwater_read(path, key, mark, &reason);
	if (error == STEPUP_OK)
		return store_fits_mark(session, path, size, mark, why);
	*mark = (struct highwater){.size = -1};
	if (error == STEPUP_NOT_FOUND && size == 0) {
		free(reason);
		return STEPUP_NOT_FOUND; /* the first start */
	}
	if (error == STEPUP_NOT_FOUND)
		(void)snprintf(what, sizeof(what), "The high-water mark %.300s is missing beside a store whose log has %" PRId64
						   " entries, so nobody can tell whether the store is the newest.", path, size);
	else if (error == STEPUP_CORRUPT)
		(void)snprintf(what, sizeof(what), "%.400s", reason != NULL ? reason : "The high-water mark was changed.");
	else {
		*why = reason;
		return error;
	}
	free(reason);
	return log_epoch_refuse(why, what);
}

/* The epoch's own entry says that it is void. */
static enum stepup_error void_request(void *context, struct approval_request *request, bool *more)
{
	(void)more;
	return store_request_move(context, request, REQUEST_VOID);
}

enum stepup_error log_epoch_write(struct store_session *session, bool first, const struct highwater *seen, const char *log_key)
{
	int64_t now = clock_wall_seconds(), index = -1;
	enum stepup_error error = STEPUP_OK;
	json_t *entry;

	if (!first)
		error = store_receipt_void_all(session, now);
	if (error == STEPUP_OK && !first)
		error = store_invitation_void(session, NULL, false, NULL);
	if (error == STEPUP_OK && !first)
		error = store_request_each(session, NULL, void_request, session);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_epoch(now, first ? "first start" : "store taken as it stands by --new-epoch", seen->size,
		seen->size >= 0 ? seen->root : NULL, log_key);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}
