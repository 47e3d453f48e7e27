/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting a copy back, and letting a store go on here that left another place; see upkeep.h. */
#include "verifier/upkeep/upkeep_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verifier/state/opening/store_files.h"
#include "verifier/upkeep/moving.h"

/* What is said of a store of before and a mark of before, if any: " ..." or "". The caller frees. */
static char *kept_words(const char *store, const char *mark)
{
	char *words = NULL;

	if (asprintf(&words, "%s%s%s%s%s%s", store != NULL ? " The old store is kept as " : "",
		    store != NULL ? store : "", store != NULL ? "." : "",
		    mark != NULL ? " Its mark is kept as " : "", mark != NULL ? mark : "",
		    mark != NULL ? "." : "") < 0)
		return NULL;
	return words;
}

/* A store that left somewhere goes on here. */
static enum stepup_error put_moved(
	const struct moving_place *place, const char *copy, const struct upkeep_how *how, char **why)
{
	struct moving_arrival arrival;
	char *kept = NULL, *kept_mark = NULL, *words, when[32] = "";
	struct tm parts;
	time_t at;
	enum stepup_error error = moving_arrive(place, copy, &arrival, why);

	if (error == STEPUP_OK)
		error = store_put(place->store, copy, &kept, why);
	if (error == STEPUP_OK)
		error = moving_mark(place, &arrival, &kept_mark, why);
	if (error == STEPUP_OK) {
		at = (time_t)arrival.left.at;
		if (localtime_r(&at, &parts) != NULL)
			(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &parts);
		words = kept_words(kept, kept_mark);
		upkeep_tell(how, &arrival.left,
			"The store goes on here as it left its old place at %s, at batch %" PRId64
			".%s Start the verifier. Then remove the file here and in the old place: if it "
			"were restored once more, a second store would take the same codes.",
			when, arrival.left.batch, words != NULL ? words : "");
		free(words);
	}
	free(kept_mark);
	free(kept);
	return error;
}

static enum stepup_error put_copy(
	const char *place, const char *copy, const struct upkeep_how *how, char **why)
{
	char *kept = NULL, *words;
	enum stepup_error error = store_put(place, copy, &kept, why);

	if (error == STEPUP_OK) {
		words = kept_words(kept, NULL);
		upkeep_tell(how, NULL,
			"Restored.%s Nothing is approved until somebody runs: stepup epoch new",
			words != NULL ? words : "");
		free(words);
	}
	free(kept);
	return error;
}

/* In the child. */
static bool put_back(const struct upkeep_place *host, const char *store, const struct stat *folder,
	int in, const struct upkeep_how *how)
{
	struct moving_place place = {.store = store, .mark = host->mark};
	struct store_head left;
	struct upkeep_key found;
	char *why = NULL, *copy = NULL;
	int lock = -1;
	enum stepup_error error;

	if (!upkeep_become_owner(host, folder, &found))
		return false;
	place.key = found.key;
	error = store_bring(store, in, &lock, &copy, &why);
	if (error == STEPUP_OK && (how->as_backup || !moving_has_left(copy, &left))) {
		error = put_copy(store, copy, how, &why);
	} else if (error == STEPUP_OK && found.error != STEPUP_OK) {
		error = found.error;
		why = found.why;
		found.why = NULL;
	} else if (error == STEPUP_OK) {
		error = put_moved(&place, copy, how, &why);
	}
	if (error != STEPUP_OK)
		(void)upkeep_say_error(error, why);
	store_copy_remove(&copy);
	if (lock >= 0)
		(void)close(lock);
	upkeep_forget_key(&found);
	free(why);
	return error == STEPUP_OK;
}

bool upkeep_restore(const struct upkeep_place *host, const char *file, const struct upkeep_how *how)
{
	struct stat folder, status;
	char *place = upkeep_find_store(host, &folder);
	bool done = false;
	pid_t child;
	int in;

	if (place == NULL)
		return false;
	in = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (in < 0 || fstat(in, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)upkeep_say(
			"%s: %s. Nothing was done.", file, in < 0 ? strerror(errno) : "is not a file");
	} else if ((child = fork()) < 0) {
		(void)upkeep_say("no other process could be started: %s. Nothing was done.", strerror(errno));
	} else if (child == 0) {
		_exit(put_back(host, place, &folder, in, how) ? 0 : 1);
	} else {
		done = upkeep_child_is_content(child);
	}
	if (in >= 0)
		(void)close(in);
	free(place);
	return done;
}
