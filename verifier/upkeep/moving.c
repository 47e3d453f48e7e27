/* SPDX-License-Identifier: BSD-2-Clause */
/* A store that moves; see moving.h. */
#include "verifier/upkeep/moving.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/evidence/log_epoch.h"
#include "verifier/host/clock.h"
#include "verifier/state/opening/store_files.h"
#include "verifier/state/store/store_mark.h"
#include "verifier/state/store/store_move.h"
#include "verifier/state/vault/move_check.h"

#define COPY_END ".moving"

/* One sentence, in the place of any. */
static enum stepup_error moving_say(char **why, enum stepup_error error, const char *sentence)
{
	free(*why);
	*why = strdup(sentence);
	return error;
}

/* A store, open for a transaction or two. */
struct opened {
	struct store *store;
	struct store_session *session;
};

static enum stepup_error open_at(const struct moving_place *place, const char *path, const char *mark,
	struct opened *opened, char **why)
{
	char *url = NULL;
	enum stepup_error error = asprintf(&url, "sqlite:%s", path) < 0 ? STEPUP_NO_MEMORY : STEPUP_OK;

	*opened = (struct opened){.store = NULL};
	if (error == STEPUP_OK)
		error = store_open_so(&(struct store_opening){.url = url, .key = place->key, .mark = mark},
			&opened->store, why);
	if (error == STEPUP_OK)
		error = store_session_open(opened->store, true, &opened->session);
	free(url);
	return error;
}

static void close_it(struct opened *opened)
{
	store_session_close(&opened->session);
	store_close(&opened->store);
}

/* --- leaving --- */

/* The store as one that left, whole in one file beside it. */
static enum stepup_error make_copy(const struct moving_place *place, const char *file,
	struct store_turn *turn, char **copy, struct store_head *left, char **why)
{
	struct opened opened = {.store = NULL};
	enum stepup_error error = store_copy_beside(place->store, COPY_END, copy, why);

	if (error == STEPUP_OK)
		error = open_at(place, *copy, NULL, &opened, why);
	if (error == STEPUP_OK)
		error = store_leave(opened.session, log_entry_moved(turn->at, file), turn, left);
	close_it(&opened);
	return error == STEPUP_OK ? store_copy_settle(*copy, why) : error;
}

static enum stepup_error moving_hand_over(const char *copy, const struct moving_carrier *carrier)
{
	int fd = open(copy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	enum stepup_error error = fd >= 0 ? carrier->carry(carrier->context, fd) : STEPUP_IO;

	if (fd >= 0)
		(void)close(fd);
	return error;
}

static enum stepup_error leave(const struct moving_place *place, struct opened *opened, const char *file,
	const struct moving_carrier *carrier, struct store_head *left, char **why)
{
	const struct log_epoch_place here = {
		.store = opened->store, .key = place->key, .path = place->mark, .leaves = true};
	struct store_turn turn = {.at = clock_wall_seconds()};
	struct epoch_seen seen;
	char *copy = NULL;
	enum stepup_error error = log_epoch_check(opened->session, &here, &seen, why);

	if (error == STEPUP_NOT_FOUND)
		return moving_say(why, error,
			"No verifier has ever started with this store: there is nothing to move.");
	if (error != STEPUP_OK)
		return error;
	turn.clean = seen.clean;
	error = make_copy(place, file, &turn, &copy, left, why);
	if (error == STEPUP_OK)
		error = moving_hand_over(copy, carrier);
	turn.expected = left;
	if (error == STEPUP_OK)
		error = store_leave(
			opened->session, log_entry_moved(turn.at, file), &turn, &(struct store_head){0});
	if (error == STEPUP_OK)
		error = store_mark_sync(opened->store);
	store_copy_remove(&copy);
	return error;
}

/* Opening a store that isn't there would make one. */
static enum stepup_error store_is_there(const char *store, char **why)
{
	if (access(store, F_OK) == 0)
		return STEPUP_OK;
	if (asprintf(why, "Store %s: %s.", store, strerror(errno)) < 0)
		*why = NULL;
	return STEPUP_NOT_FOUND;
}

enum stepup_error moving_leave(const struct moving_place *place, const char *file,
	const struct moving_carrier *carrier, struct store_head *left, char **why)
{
	struct opened opened = {.store = NULL};
	enum stepup_error error = store_mark_folder(place->mark, why);

	if (error == STEPUP_OK)
		error = store_is_there(place->store, why);
	if (error == STEPUP_OK)
		error = open_at(place, place->store, place->mark, &opened, why);
	if (error == STEPUP_OK)
		error = leave(place, &opened, file, carrier, left, why);
	close_it(&opened);
	return error;
}

/* --- arriving --- */

bool moving_has_left(const char *copy, struct store_head *left)
{
	struct store_peek peek = {.place = copy, .copy = true};

	if (store_peek(&peek) != STEPUP_OK || !peek.head.moved)
		return false;
	*left = peek.head;
	return true;
}

/* Whether the key is the one that the copy's store was made with. */
static enum stepup_error check_key(const struct moving_place *place, const char *copy, char **why)
{
	struct store_peek peek = {.place = copy, .copy = true, .key = place->key};
	enum stepup_error error = store_peek(&peek);

	if (error != STEPUP_CORRUPT)
		return error;
	return moving_say(why, error,
		"The master key here is not the one that the store in that file was made with."
		" Nothing was changed. Copy the old place's master.key here first.");
}

static enum stepup_error moving_ask(struct opened *copy, const struct moving_arrival *arrival,
	const char *who, const char *path, const struct store_head *known, char **why)
{
	struct move_question question = {.left = &arrival->left, .known = known};
	enum stepup_error error = STEPUP_OK;
	char *witness = NULL;

	if (asprintf(&witness, "%s %s", who, path) < 0)
		return STEPUP_NO_MEMORY;
	question.witness = witness;
	if (known->log_size <= arrival->left.log_size)
		error = store_head_fits_log(copy->session, known, &question.known_fits);
	if (error == STEPUP_OK || error == STEPUP_CORRUPT)
		error = move_check(&question, why);
	free(witness);
	return error;
}

/* What the mark that lies here says. */
static enum stepup_error ask_mark(
	const struct moving_place *place, struct opened *copy, struct moving_arrival *arrival, char **why)
{
	struct store_head known;
	char *reason = NULL;
	int64_t seen;
	enum stepup_error error = store_mark_folder(place->mark, why);

	if (error != STEPUP_OK)
		return error;
	error = store_mark_open(copy->store, place->key, place->mark, &reason);
	if (error == STEPUP_OK && store_mark_head(copy->store, &known, &seen)) {
		store_mark_drop(copy->store); /* no commit in the copy is its own */
		return moving_ask(copy, arrival, "the mark", place->mark, &known, why);
	}
	arrival->other_mark = error == STEPUP_CORRUPT;
	if (error == STEPUP_NOT_FOUND || error == STEPUP_CORRUPT)
		error = STEPUP_OK;
	else
		*why = reason;
	if (error == STEPUP_OK)
		free(reason);
	return error;
}

/* What the store that stands here says, where it is the same one: after a power cut it may know more than the
 * mark, and where the mark is gone it is the only one that knows. What can't be read says nothing. */
static enum stepup_error ask_store(const struct moving_place *place, struct opened *copy,
	const struct moving_arrival *arrival, char **why)
{
	struct store_peek peek = {.place = place->store, .key = place->key};

	if (access(place->store, F_OK) != 0 || store_peek(&peek) != STEPUP_OK ||
		memcmp(peek.id, arrival->id, sizeof(peek.id)) != 0)
		return STEPUP_OK;
	return moving_ask(copy, arrival, "the store", place->store, &peek.head, why);
}

static enum stepup_error arrive(
	const struct moving_place *place, struct opened *copy, struct moving_arrival *arrival, char **why)
{
	struct store_turn turn = {.at = clock_wall_seconds()};
	enum stepup_error error;

	store_id_of(copy->store, arrival->id);
	store_head_now(copy->store, &arrival->left); /* which has been held against all rows by now */
	if (!arrival->left.moved)
		return STEPUP_CORRUPT;
	turn.clean = arrival->left.clean;
	error = ask_mark(place, copy, arrival, why);
	if (error == STEPUP_OK)
		error = ask_store(place, copy, arrival, why);
	if (error == STEPUP_OK)
		error = store_arrive(
			copy->session, log_entry_arrived(turn.at, arrival->left.at), &turn, &arrival->head);
	return error;
}

enum stepup_error moving_arrive(
	const struct moving_place *place, const char *copy, struct moving_arrival *arrival, char **why)
{
	struct opened opened = {.store = NULL};
	enum stepup_error error;

	*arrival = (struct moving_arrival){.other_mark = false};
	error = check_key(place, copy, why);
	if (error != STEPUP_OK)
		return error;
	error = open_at(place, copy, NULL, &opened, why);
	if (error == STEPUP_CORRUPT)
		error = moving_say(why, error,
			"The store in that file is not as it left: rows or log were changed on the way. "
			"Nothing was changed here. Move it once more from the old place: stepup backup "
			"--move FILE.");
	if (error == STEPUP_OK)
		error = arrive(place, &opened, arrival, why);
	close_it(&opened);
	return error == STEPUP_OK ? store_copy_settle(copy, why) : error;
}

enum stepup_error moving_mark(
	const struct moving_place *place, const struct moving_arrival *arrival, char **kept, char **why)
{
	struct mark *mark = NULL;
	enum stepup_error error = STEPUP_OK;

	*kept = NULL;
	if (arrival->other_mark && (*kept = store_kept_name(place->mark)) == NULL)
		return STEPUP_NO_MEMORY;
	if (*kept != NULL && rename(place->mark, *kept) != 0)
		error = STEPUP_IO;
	if (error == STEPUP_OK)
		error = mark_make(place->mark, place->key, arrival->id, &arrival->head, clock_wall_seconds(),
			&mark, why);
	mark_close(&mark);
	return error;
}
