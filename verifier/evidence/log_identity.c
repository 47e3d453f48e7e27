/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose log it is; see log_identity.h. The store keeps it in three facts. */
#include "verifier/evidence/log_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/canonical_json.h"
#include "lib/wire/message.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"

#define FACT_ORIGIN "log-origin"
#define FACT_ISSUER "log-issuer"
#define FACT_HOST "log-host"

/* C2SP: no space, no plus. */
static enum stepup_error origin_make(const struct log_names *names, char origin[NOTE_NAME_SIZE])
{
	const char *issuer = strstr(names->issuer, "://");
	size_t length;

	issuer = issuer != NULL ? issuer + 3 : names->issuer;
	length = strlen(issuer);
	while (length > 0 && issuer[length - 1] == '/')
		length--;
	return snprintf(origin, NOTE_NAME_SIZE, "%.*s/%s", (int)length, issuer, names->host) < NOTE_NAME_SIZE
		? STEPUP_OK
		: STEPUP_TOO_LONG;
}

/* The first line of the newest checkpoint. */
static enum stepup_error origin_signed(struct store_session *session, char origin[NOTE_NAME_SIZE])
{
	char *note = NULL;
	int64_t size = 0;
	size_t length;
	enum stepup_error error = store_log_checkpoint_newest(session, &size, &note);

	if (error != STEPUP_OK)
		return error;
	length = strcspn(note, "\n");
	error = length < NOTE_NAME_SIZE ? STEPUP_OK : STEPUP_CORRUPT;
	if (error == STEPUP_OK) {
		memcpy(origin, note, length);
		origin[length] = '\0';
	}
	free(note);
	return error;
}

enum stepup_error log_identity_origin(struct store_session *session, const struct log_names *names,
	char origin[NOTE_NAME_SIZE])
{
	enum stepup_error error = store_fact_get(session, FACT_ORIGIN, origin, NOTE_NAME_SIZE);

	if (error == STEPUP_NOT_FOUND)
		error = origin_signed(session, origin);
	return error == STEPUP_NOT_FOUND ? origin_make(names, origin) : error;
}

/* --- what the host was called --- */

struct last_host {
	char host[NOTE_NAME_SIZE];
	bool found;
};

static bool take_host(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct last_host *last = context;
	json_t *object = NULL;
	const char *host;

	(void)index;
	(void)details;
	(void)salt;
	if (json_parse_object(entry, strlen(entry), &object) != STEPUP_OK)
		return false;
	host = message_text(object, "host");
	last->found = host != NULL &&
		snprintf(last->host, sizeof(last->host), "%s", host) < (int)sizeof(last->host);
	json_decref(object);
	return false;
}

/* A log of an earlier version: what its newest entry says. STEPUP_NOT_FOUND for an empty log. */
static enum stepup_error host_of_before(struct store_session *session, char host[NOTE_NAME_SIZE])
{
	struct last_host last = {.found = false};
	int64_t size = 0;
	enum stepup_error error = store_fact_get(session, FACT_HOST, host, NOTE_NAME_SIZE);

	if (error != STEPUP_NOT_FOUND)
		return error;
	error = store_log_size(session, &size);
	if (error == STEPUP_OK && size > 0)
		error = store_log_each(session, size - 1, 1, take_host, &last);
	if (error == STEPUP_OK && last.found)
		memcpy(host, last.host, sizeof(last.host));
	return error == STEPUP_OK && !last.found ? STEPUP_NOT_FOUND : error;
}

/* Writes a fact that says something else, or nothing, so far. */
static enum stepup_error keep(struct store_session *session, const char *name, const char *value,
	bool *changed)
{
	char kept[NOTE_NAME_SIZE] = "";
	enum stepup_error error = store_fact_get(session, name, kept, sizeof(kept));

	if (error == STEPUP_OK && strcmp(kept, value) == 0)
		return STEPUP_OK;
	*changed = true;
	return error == STEPUP_OK || error == STEPUP_NOT_FOUND ? store_fact_set(session, name, value) : error;
}

enum stepup_error log_identity_keep(struct store_session *session, const char *origin,
	const struct log_names *names, bool *changed)
{
	char issuer[NOTE_NAME_SIZE] = "", host[NOTE_NAME_SIZE] = "";
	enum stepup_error known_issuer = store_fact_get(session, FACT_ISSUER, issuer, sizeof(issuer));
	enum stepup_error known_host = host_of_before(session, host);
	enum stepup_error error = STEPUP_OK;
	int64_t index;

	*changed = false;
	if (known_issuer != STEPUP_OK && known_issuer != STEPUP_NOT_FOUND)
		return known_issuer;
	if (known_host != STEPUP_OK && known_host != STEPUP_NOT_FOUND)
		return known_host;
	if ((known_issuer == STEPUP_OK && strcmp(issuer, names->issuer) != 0) ||
	    (known_host == STEPUP_OK && strcmp(host, names->host) != 0)) {
		*changed = true;
		error = store_log_append(session, log_entry_names(clock_wall_seconds(), names->issuer,
				known_issuer == STEPUP_OK ? issuer : NULL, host), NULL, NULL, &index);
	}
	if (error == STEPUP_OK)
		error = keep(session, FACT_ORIGIN, origin, changed);
	if (error == STEPUP_OK)
		error = keep(session, FACT_ISSUER, names->issuer, changed);
	return error == STEPUP_OK ? keep(session, FACT_HOST, names->host, changed) : error;
}
