/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the store may be taken as it stands, and the beginning of a new epoch where somebody
 * decided that it is.
 */
#include "verifier/evidence/log_epoch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/message.h"
#include "verifier/evidence/code_floors.h"
#include "verifier/evidence/highwater.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/state/store/store_mark.h"
#include "verifier/state/vault/mark_check.h"

#define FIRST_BATCH 1 /* of an upgrade; a new store has made none */

enum stepup_error log_epoch_refuse(char **why, const char *what)
{
	if (asprintf(why, "%s Nothing was changed and nothing is approved. Put the newest store and its "
		"high-water mark back. To go on with this one: stepup epoch new. Older receipts and "
		"invitations are void then, and the log says so.", what) < 0)
		*why = NULL;
	return STEPUP_CORRUPT;
}

static enum stepup_error refuse_older(char **why, const char *path, int64_t size,
	const struct highwater *mark)
{
	char what[512];

	(void)snprintf(what, sizeof(what), "The store is older than it was: its log has %" PRId64
		" entries, but %.300s remembers %" PRId64 ".", size, path, mark->size);
	return log_epoch_refuse(why, what);
}

/* Holds the store against a mark that is ours. */
static enum stepup_error store_fits_mark(struct store_session *session, const char *path, int64_t size,
	const struct highwater *mark, char **why)
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
		"The store's log is not the one that %.300s remembers: one of its first %" PRId64
		" entries was changed or taken out.", path, mark->size);
	return log_epoch_refuse(why, what);
}

/* The file of an earlier version, which knew the log only: read once, where this version has hardly written
 * anything yet. STEPUP_NOT_FOUND: there is none. */
static enum stepup_error check_former(struct store_session *session, const struct log_epoch_place *place,
	const struct store_head *head, struct epoch_seen *seen, char **why)
{
	uint8_t key[HIGHWATER_KEY_SIZE] = {0};
	struct highwater mark;
	char *reason = NULL;
	enum stepup_error error = head->batch > FIRST_BATCH ? STEPUP_NOT_FOUND
		: highwater_key(place->key, key);

	if (error == STEPUP_OK)
		error = highwater_read(place->path, key, &mark, &reason);
	WIPE_ARRAY(key);
	free(reason);
	if (error != STEPUP_OK)
		return STEPUP_NOT_FOUND;
	error = store_fits_mark(session, place->path, head->log_size, &mark, why);
	seen->size = mark.size;
	/* the one more says that the vault began */
	seen->clean = error == STEPUP_OK && mark.clean && head->log_size <= mark.size + 1;
	return error == STEPUP_OK ? store_mark_make(place->store, place->key, place->path, why) : error;
}

/* --- a store that left --- */

static bool take_file(
	void *context, int64_t index, const char *entry, const char *details, const uint8_t *salt)
{
	char **file = context;
	json_t *object = NULL;
	const char *type;

	(void)index;
	(void)details;
	(void)salt;
	if (json_parse_object(entry, strlen(entry), &object) != STEPUP_OK)
		return false;
	type = message_text(object, "type");
	if (type != NULL && strcmp(type, "moved") == 0 && message_text(object, "file") != NULL)
		*file = strdup(message_text(object, "file"));
	json_decref(object);
	return false;
}

/* The file with which it did, of its newest entry; NULL otherwise. The caller frees. */
static char *file_of_move(struct store_session *session, const struct store_head *head)
{
	char *file = NULL;

	if (head->moved)
		(void)store_log_each(session, head->log_size - 1, 1, take_file, &file);
	return file;
}

/* --- the mark --- */

static enum stepup_error check_mark(struct store_session *session, const struct log_epoch_place *place,
	const struct store_head *head, struct epoch_seen *seen, char **why)
{
	struct mark_question question = {
		.path = place->path, .store = head, .mark = &seen->head, .leaves = place->leaves};
	enum stepup_error error = STEPUP_OK;
	char *file = file_of_move(session, head), *rest = NULL;

	question.file = file;
	seen->has_head = store_mark_head(place->store, &seen->head, &question.seen);
	seen->size = seen->head.log_size;
	if (head->batch > seen->head.batch)
		error = store_head_fits_log(session, &seen->head, &question.log_fits);
	if (error == STEPUP_OK)
		error = mark_check(&question, &seen->clean, why);
	if (error == STEPUP_OK && seen->clean)
		rest = mark_rest_sentence(question.seen, clock_wall_seconds());
	if (rest != NULL)
		journal_line(LOG_WARNING, "warning", "%s", rest);
	free(rest);
	free(file);
	return error;
}

enum stepup_error log_epoch_check(struct store_session *session, const struct log_epoch_place *place,
	struct epoch_seen *seen, char **why)
{
	struct mark_question question = {.path = place->path};
	struct store_head head;
	char *reason = NULL, *file;
	enum stepup_error error, former;

	*seen = (struct epoch_seen){.size = -1};
	*why = NULL;
	store_head_now(place->store, &head);
	error = store_mark_open(place->store, place->key, place->path, &reason);
	if (error == STEPUP_OK)
		return check_mark(session, place, &head, seen, why);
	if (error == STEPUP_NOT_FOUND && head.log_size == 0 && head.batch <= FIRST_BATCH) {
		free(reason);
		return STEPUP_NOT_FOUND; /* the first start */
	}
	if (error != STEPUP_NOT_FOUND && error != STEPUP_CORRUPT && error != STEPUP_UNSAFE_FILE) {
		*why = reason;
		return error;
	}
	former = check_former(session, place, &head, seen, why);
	if (former != STEPUP_NOT_FOUND) {
		free(reason);
		return former;
	}
	if (error == STEPUP_UNSAFE_FILE) {
		*why = reason;
		return error;
	}
	question.store = &head;
	question.trouble = reason != NULL ? reason : "The mark can't be read";
	file = file_of_move(session, &head);
	question.file = file;
	error = mark_check(&question, &seen->clean, why);
	free(file);
	free(reason);
	return error;
}

/* The epoch's own entry says that it is void. */
static enum stepup_error void_request(void *context, struct approval_request *request, bool *more)
{
	(void)more;
	return store_request_move(context, request, REQUEST_VOID);
}

enum stepup_error log_epoch_write(struct store_session *session, bool first, const struct epoch_seen *seen,
	const char *log_key)
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
	if (error == STEPUP_OK && !first)
		error = code_floors_epoch(session, now);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_epoch(now, first ? "first start" : "store taken as it stands by --new-epoch",
		seen->size, log_key);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}
