/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes that may have been used; see code_floors.h. The store keeps the two times in one fact. */
#include "verifier/evidence/code_floors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACT "code-floors"
#define FACT_SIZE 64
#define PAGE 64

static enum stepup_error read_floors(struct store_session *session, struct code_floors *floors)
{
	char text[FACT_SIZE];
	enum stepup_error error = store_fact_get(session, FACT, text, sizeof(text));

	*floors = (struct code_floors){0};
	if (error == STEPUP_NOT_FOUND)
		return STEPUP_OK;
	if (error == STEPUP_OK && sscanf(text, "%" SCNd64 " %" SCNd64, &floors->unclean, &floors->epoch) != 2)
		error = STEPUP_CORRUPT;
	return error;
}

static enum stepup_error write_floors(struct store_session *session, const struct code_floors *floors)
{
	char text[FACT_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, floors->unclean, floors->epoch);
	return store_fact_set(session, FACT, text);
}

/* --- counting tokens --- */

struct floor_names {
	char names[PAGE][USER_NAME_SIZE];
	size_t count;
};

static bool has_counter(const struct user_record *record)
{
	for (size_t i = 0; i < record->credential_count; i++)
		if (record->credentials[i].type == CREDENTIAL_HOTP &&
		    record->credentials[i].state == CREDENTIAL_LIVE)
			return true;
	return false;
}

struct floors_walk {
	struct floor_names in_doubt;
	char last[USER_NAME_SIZE];
	size_t seen;
};

static bool note_name(void *context, const struct user_record *record)
{
	struct floors_walk *walk = context;

	(void)snprintf(walk->last, sizeof(walk->last), "%s", record->name);
	walk->seen++;
	if (has_counter(record))
		memcpy(walk->in_doubt.names[walk->in_doubt.count++], walk->last, sizeof(walk->last));
	return true;
}

static enum stepup_error put_in_doubt(struct store_session *session, const char *name)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, name, &record);

	if (error != STEPUP_OK)
		return error;
	for (size_t i = 0; i < record->credential_count; i++)
		if (record->credentials[i].type == CREDENTIAL_HOTP &&
		    record->credentials[i].state == CREDENTIAL_LIVE)
			record->credentials[i].otp.resync_counter = OTP_IN_DOUBT;
	error = store_user_save(session, record);
	user_record_free(&record);
	return error;
}

/* Page by page, as nothing is written while a list is read. */
static enum stepup_error all_in_doubt(struct store_session *session)
{
	struct floors_walk *walk = calloc(1, sizeof(*walk));
	enum stepup_error error = walk == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	do {
		if (error == STEPUP_OK) {
			walk->seen = walk->in_doubt.count = 0;
			error = store_user_each(session, walk->last, PAGE, note_name, walk);
		}
		for (size_t i = 0; error == STEPUP_OK && i < walk->in_doubt.count; i++)
			error = put_in_doubt(session, walk->in_doubt.names[i]);
	} while (error == STEPUP_OK && walk->seen == PAGE);
	free(walk);
	return error;
}

/* --- floors --- */

enum stepup_error code_floors_epoch(struct store_session *session, int64_t now)
{
	struct code_floors floors;
	enum stepup_error error = read_floors(session, &floors);

	floors.epoch = now;
	if (error == STEPUP_OK)
		error = write_floors(session, &floors);
	return error == STEPUP_OK ? all_in_doubt(session) : error;
}

enum stepup_error code_floors_start(struct store_session *session, bool clean, int64_t now,
	struct code_floors *floors)
{
	enum stepup_error error = read_floors(session, floors);

	if (error != STEPUP_OK)
		return error;
	floors->epoch = floors->epoch > now ? now : floors->epoch;
	floors->unclean = !clean || floors->unclean > now ? now : floors->unclean;
	if (clean)
		return STEPUP_OK;
	error = store_begin(session);
	if (error != STEPUP_OK)
		return error;
	error = write_floors(session, floors);
	if (error == STEPUP_OK)
		return store_commit(session);
	store_rollback(session);
	return error;
}

int64_t code_floor_of(const struct code_floors *floors, int64_t period_seconds)
{
	int64_t epoch = floors->epoch == 0 ? 0 : floors->epoch + period_seconds;

	return floors->unclean > epoch ? floors->unclean : epoch;
}
