/* SPDX-License-Identifier: BSD-2-Clause */
/* The first day; see first_day.h. A fact names whose it is, and the log's first entry says when it began. */
#include "verifier/doors/first_day.h"

#include <string.h>

#include "lib/base64url.h"
#include "lib/canonical_json.h"

#define FACT_FIRST_DAY "first-day" /* the user's id, or OVER */
#define OVER "over"
#define ID_SIZE (BASE64URL_LENGTH(USER_ID_SIZE) + 1)

enum stepup_error first_day_begin(struct store_session *session, const uint8_t user_id[USER_ID_SIZE])
{
	char id[ID_SIZE], known[ID_SIZE];
	enum stepup_error error = store_fact_get(session, FACT_FIRST_DAY, known, sizeof(known));

	if (error != STEPUP_NOT_FOUND)
		return error;
	base64url_encode(user_id, USER_ID_SIZE, id);
	return store_fact_set(session, FACT_FIRST_DAY, id);
}

enum stepup_error first_day_end(struct store_session *session)
{
	return store_fact_set(session, FACT_FIRST_DAY, OVER);
}

static bool take_time(void *context, int64_t index, const char *entry, const char *details, const uint8_t *salt)
{
	int64_t *at = context;
	json_t *object = NULL;

	(void)index;
	(void)details;
	(void)salt;
	if (json_parse_object(entry, strlen(entry), &object) == STEPUP_OK)
		*at = json_integer_value(json_object_get(object, "at"));
	json_decref(object);
	return false;
}

static enum stepup_error look(struct store_session *session, const uint8_t *user_id, int64_t now, int64_t *until)
{
	char id[ID_SIZE], known[ID_SIZE] = "";
	int64_t began = 0;
	enum stepup_error error = store_fact_get(session, FACT_FIRST_DAY, known, sizeof(known));

	*until = 0;
	if (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && strcmp(known, OVER) == 0))
		return STEPUP_OK;
	if (user_id != NULL)
		base64url_encode(user_id, USER_ID_SIZE, id);
	if (error == STEPUP_OK && user_id != NULL && strcmp(known, id) != 0)
		return STEPUP_OK;
	if (error == STEPUP_OK)
		error = store_log_each(session, 0, 1, take_time, &began);
	if (error == STEPUP_OK && began > 0 && now >= began && now < began + FIRST_DAY_SECONDS)
		*until = began + FIRST_DAY_SECONDS;
	return error;
}

enum stepup_error first_day_holds(struct store_session *session, const uint8_t *user_id, int64_t now, bool *holds)
{
	int64_t until = 0;
	enum stepup_error error = look(session, user_id, now, &until);

	*holds = until != 0;
	return error;
}

enum stepup_error first_day_until(struct store_session *session, int64_t now, int64_t *until)
{
	return look(session, NULL, now, until);
}
