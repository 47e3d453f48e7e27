/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier's log as the lines of an export; see log_pages.h. */
#include "tools/stepup/calls/log_pages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/evidence/checkpoint_note.h"
#include "lib/replay/log_check.h"
#include "lib/wire/canonical_json.h"
#include "tools/stepup/shell/output.h"

#define PAGE_ENTRIES 64 /* no more than the checkpoints that come with a page */
#define CLOCK_SET_BACK_SECONDS 3600 /* that a log's times may go back */
#define SIGNING_TRIES 20   /* the verifier signs what is new within a second */
#define SIGNING_WAIT_MS 250

enum exit_status log_page(struct doors *doors, const char *authorization, int64_t from, int64_t count,
	json_t **reply)
{
	return doors_call(doors, &interface_admin, "Log", json_pack("{s:I, s:I, s:s}",
			"from", (json_int_t)from, "count", (json_int_t)count, "authorization", authorization),
		reply, NULL);
}

enum exit_status log_authorize(struct doors *doors, char **authorization)
{
	struct step_up_outcome outcome = {0};
	enum exit_status status;

	status = doors_verb_step_up(doors, "stepup.log", NULL, &outcome);
	if (status == EXIT_DONE) {
		*authorization = outcome.transaction;
		outcome.transaction = NULL;
	}
	step_up_outcome_clear(&outcome);
	return status;
}

/* The newest checkpoint's size; -1 where there is none, or none by the log's key. */
static int64_t checkpoint_size(const json_t *reply)
{
	const char *note = message_text(reply, "checkpoint");
	struct checkpoint checkpoint;
	struct note_key key;

	if (note == NULL || note_key_parse(message_text(reply, "log_key"), &key) != STEPUP_OK ||
		checkpoint_verify(note, &key, &checkpoint) != STEPUP_OK || checkpoint.size > INT64_MAX)
		return -1;
	return (int64_t)checkpoint.size;
}

/* Waits for a checkpoint over everything there was when first asked; takes an older one where the
 * signer is behind. */
static enum exit_status log_pages_settle(struct doors *doors, const char *authorization, json_t **reply,
	int64_t *size)
{
	enum exit_status status = log_page(doors, authorization, 0, 1, reply);
	int64_t wanted = status == EXIT_DONE ? message_number(*reply, "size", 0) : 0;

	for (int i = 0; status == EXIT_DONE && i < SIGNING_TRIES && checkpoint_size(*reply) < wanted; i++) {
		(void)usleep(SIGNING_WAIT_MS * 1000);
		json_decref(*reply);
		status = log_page(doors, authorization, 0, 1, reply);
	}
	if (status != EXIT_DONE)
		return status;
	*size = checkpoint_size(*reply);
	if (*size >= 0)
		return EXIT_DONE;
	return output_error(doors->invocation, STEPUP_NOT_FOUND,
		"The log has no signed checkpoint yet. Try again in a minute.");
}

/* Hands a line over and frees it. */
static bool log_pages_hand_over(log_line_taken *taken, void *context, char *line)
{
	bool went;

	if (line == NULL)
		out_of_memory();
	went = taken(context, line);
	free(line);
	return went;
}

/* Those of a page's checkpoints that are over exactly the entries so far, and not the last of all. They are
 * as they were signed, by the key of then. */
static bool take_checkpoints(const json_t *reply, int64_t next, int64_t size, log_line_taken *taken,
	void *context)
{
	const json_t *note;
	bool went = true;
	size_t i;

	json_array_foreach(json_object_get(reply, "checkpoints"), i, note) {
		struct checkpoint checkpoint;

		if (went && next < size && json_is_string(note) &&
		    checkpoint_parse(json_string_value(note), &checkpoint) == STEPUP_OK &&
		    checkpoint.size == (uint64_t)next)
			went = log_pages_hand_over(taken, context,
				log_line_checkpoint(json_string_value(note)));
	}
	return went;
}

/* The entries of one page; false where the page isn't what was asked for. */
static bool take_entries(const json_t *reply, int64_t *next, int64_t size, log_line_taken *taken,
	void *context, bool *ended)
{
	const json_t *entry;
	size_t i;

	if (json_array_size(json_object_get(reply, "entries")) == 0)
		return false;
	json_array_foreach(json_object_get(reply, "entries"), i, entry) {
		const char *text = message_text(entry, "entry");

		if (text == NULL || message_number(entry, "index", -1) != *next)
			return false;
		if (*next == size || *ended)
			return true;
		*ended = !log_pages_hand_over(taken, context,
			log_line_entry(text, json_object_get(entry, "details"), message_text(entry, "salt")));
		++*next;
		*ended = *ended || !take_checkpoints(reply, *next, size, taken, context);
	}
	return true;
}

/* Those from `next` on. */
static enum exit_status all_entries(struct doors *doors, const char *authorization, int64_t next,
	int64_t size, log_line_taken *taken, void *context, bool *ended)
{
	enum exit_status status = EXIT_DONE;

	while (status == EXIT_DONE && next < size && !*ended) {
		json_t *reply = NULL;

		status = log_page(doors, authorization, next,
			size - next < PAGE_ENTRIES ? size - next : PAGE_ENTRIES, &reply);
		if (status == EXIT_DONE && !take_entries(reply, &next, size, taken, context, ended))
			status = output_error(doors->invocation, STEPUP_CORRUPT,
				"The verifier sent the wrong entries of its log. Try again.");
		json_decref(reply);
	}
	return status;
}

enum exit_status log_lines(struct doors *doors, log_line_taken *taken, void *context, bool *ended)
{
	json_t *place = NULL, *first = NULL;
	char *authorization = NULL;
	enum exit_status status;
	int64_t size = 0;

	*ended = false;
	status = doors_call(doors, &interface_admin, "Status", json_object(), &place, NULL);
	if (status == EXIT_DONE)
		status = log_authorize(doors, &authorization);
	if (status == EXIT_DONE)
		status = log_pages_settle(doors, authorization, &first, &size);
	if (status != EXIT_DONE)
		goto out;
	*ended = !log_pages_hand_over(taken, context, log_line_header(message_text(place, "issuer"),
			message_text(place, "host"), message_text(first, "log_key")));
	status = all_entries(doors, authorization, 0, size, taken, context, ended);
	if (status == EXIT_DONE && !*ended)
		*ended = !log_pages_hand_over(taken, context,
			log_line_checkpoint(message_text(first, "checkpoint")));
out:
	wipe_free_string(&authorization);
	json_decref(place);
	json_decref(first);
	return status;
}

/* When an entry was made. */
static enum exit_status entry_time(struct doors *doors, const char *authorization, int64_t index, int64_t *at)
{
	json_t *reply = NULL, *entry = NULL;
	enum exit_status status = log_page(doors, authorization, index, 1, &reply);
	const char *text = message_text(json_array_get(json_object_get(reply, "entries"), 0), "entry");

	if (status == EXIT_DONE &&
	    (text == NULL || json_parse_object(text, strlen(text), &entry) != STEPUP_OK))
		status = output_error(doors->invocation, STEPUP_CORRUPT,
			"The verifier sent the wrong entry of its log. Try again.");
	*at = message_number(entry, "at", 0);
	json_decref(reply);
	json_decref(entry);
	return status;
}

/* The first entry that may be of that time or later. */
static enum exit_status first_since(struct doors *doors, const char *authorization, int64_t since,
	int64_t size, int64_t *first)
{
	enum exit_status status = EXIT_DONE;
	int64_t low = 0, high = size, at;

	while (status == EXIT_DONE && low < high) {
		int64_t middle = low + (high - low) / 2;

		status = entry_time(doors, authorization, middle, &at);
		if (at < since - CLOCK_SET_BACK_SECONDS)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	return status;
}

enum exit_status log_lines_since(struct doors *doors, int64_t since, log_line_taken *taken, void *context,
	bool *ended)
{
	char *authorization = NULL;
	enum exit_status status = log_authorize(doors, &authorization);
	json_t *first = NULL;
	int64_t size = 0, from = 0;

	*ended = false;
	if (status == EXIT_DONE)
		status = log_pages_settle(doors, authorization, &first, &size);
	if (status == EXIT_DONE)
		status = first_since(doors, authorization, since, size, &from);
	if (status == EXIT_DONE)
		status = all_entries(doors, authorization, from, size, taken, context, ended);
	wipe_free_string(&authorization);
	json_decref(first);
	return status;
}
