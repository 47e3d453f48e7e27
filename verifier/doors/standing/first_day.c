/* SPDX-License-Identifier: BSD-2-Clause */
/* The first day; see first_day.h. A sealed fact names whose it is and when it began: entries of the log
 * aren't sealed while the verifier runs. */
#include "verifier/doors/standing/first_day.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"

#define FACT_FIRST_DAY "first-day" /* the user's id, a blank, seconds since 1970; or OVER */
#define OVER "over"
#define ID_SIZE (BASE64URL_LENGTH(USER_ID_SIZE) + 1)
#define FACT_SIZE (ID_SIZE + 32)

/* When an entry was made. */
static bool first_day_take_time(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
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

enum stepup_error first_day_begin(struct store_session *session, const uint8_t user_id[USER_ID_SIZE])
{
	char id[ID_SIZE], fact[FACT_SIZE];
	int64_t began = 0;
	enum stepup_error error = store_fact_get(session, FACT_FIRST_DAY, fact, sizeof(fact));

	if (error != STEPUP_NOT_FOUND)
		return error;
	error = store_log_each(session, 0, 1, first_day_take_time, &began);
	if (error != STEPUP_OK)
		return error;
	base64url_encode(user_id, USER_ID_SIZE, id);
	(void)snprintf(fact, sizeof(fact), "%s %" PRId64, id, began);
	return store_fact_set(session, FACT_FIRST_DAY, fact);
}

enum stepup_error first_day_end(struct store_session *session)
{
	return store_fact_set(session, FACT_FIRST_DAY, OVER);
}

static enum stepup_error first_day_look(struct store_session *session, const uint8_t *user_id, int64_t now,
	int64_t *until)
{
	char id[ID_SIZE], fact[FACT_SIZE] = "";
	int64_t began = 0;
	enum stepup_error error = store_fact_get(session, FACT_FIRST_DAY, fact, sizeof(fact));

	*until = 0;
	if (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && strcmp(fact, OVER) == 0))
		return STEPUP_OK;
	if (error != STEPUP_OK)
		return error;
	if (strlen(fact) <= ID_SIZE || fact[ID_SIZE - 1] != ' ' ||
	    sscanf(fact + ID_SIZE, "%" SCNd64, &began) != 1)
		return STEPUP_CORRUPT;
	if (user_id != NULL)
		base64url_encode(user_id, USER_ID_SIZE, id);
	if (user_id != NULL && memcmp(fact, id, ID_SIZE - 1) != 0)
		return STEPUP_OK;
	if (began > 0 && now >= began && now < began + FIRST_DAY_SECONDS)
		*until = began + FIRST_DAY_SECONDS;
	return STEPUP_OK;
}

enum stepup_error first_day_holds(struct store_session *session, const uint8_t *user_id, int64_t now,
	bool *holds)
{
	int64_t until = 0;
	enum stepup_error error = first_day_look(session, user_id, now, &until);

	*holds = until != 0;
	return error;
}

enum stepup_error first_day_until(struct store_session *session, int64_t now, int64_t *until)
{
	return first_day_look(session, NULL, now, until);
}
