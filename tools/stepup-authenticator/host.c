/* SPDX-License-Identifier: BSD-2-Clause */
/* Whoever started this program: the request, questions, the result. */
#include "tools/stepup-authenticator/host.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/client/authenticator_words.h"
#include "lib/wire/message.h"
#include "lib/wire/stream.h"

#define REQUEST_PATIENCE_MS 10000
#define LAST_WORD_MS 1000
#define TIMEOUT_MS_MAX (24 * 3600 * 1000)
#define MARGIN_MS 300	 /* for the last word; at most a tenth of the time */
#define ID_TEXT_MAX 1364 /* 1023 bytes in base64url */
#define MESSAGE_MAX 16384
#define PIN_MAX 255

#define COMMON_FIELDS                                                                                        \
	{"op", FIELD_TEXT, 16, true}, {"timeout_ms", FIELD_NUMBER, TIMEOUT_MS_MAX, true},                    \
	{                                                                                                    \
		"agent_socket", FIELD_TEXT, 4096, false                                                      \
	}

static const struct field bare_fields[] = {COMMON_FIELDS, {0}};

static const struct field sign_fields[] = {
	COMMON_FIELDS,
	{"rp_id", FIELD_TEXT, 253, true},
	{"client_data", FIELD_TEXT, 4096, true},
	{"user_verification", FIELD_BOOL, 0, true},
	{"credentials", FIELD_OBJECTS, 64, true},
	{0},
};

static const struct field register_fields[] = {
	COMMON_FIELDS,
	{"rp", FIELD_OBJECT, 2, true},
	{"user", FIELD_OBJECT, 3, true},
	{"client_data", FIELD_TEXT, 4096, true},
	{"algorithms", FIELD_ARRAY, 8, true},
	{"exclude", FIELD_TEXTS, ID_TEXT_MAX, true},
	{"user_verification", FIELD_BOOL, 0, true},
	{0},
};

static const struct field agent_fields[] = {
	COMMON_FIELDS,
	{"namespace", FIELD_TEXT, 256, true},
	{"message", FIELD_TEXT, MESSAGE_MAX, true},
	{"user_verification", FIELD_BOOL, 0, true},
	{"keys", FIELD_OBJECTS, 64, true},
	{0},
};

/* What answers a question for a PIN. */
static const struct field pin_fields[] = {
	{"pin", FIELD_TEXT, PIN_MAX, false}, {"cancel", FIELD_BOOL, 0, false}, {0}};

static const struct field *const request_fields[] = {
	[AUTHENTICATOR_REACH] = bare_fields,
	[AUTHENTICATOR_SEAT_PROBE] = sign_fields,
	[AUTHENTICATOR_SEAT_SIGN] = sign_fields,
	[AUTHENTICATOR_SEAT_REGISTER] = register_fields,
	[AUTHENTICATOR_AGENT_LIST] = bare_fields,
	[AUTHENTICATOR_AGENT_PROBE] = agent_fields,
	[AUTHENTICATOR_AGENT_SIGN] = agent_fields,
};

/* The next message of the host's. STEPUP_INVALID where it isn't JSON. */
static enum stepup_error host_read(struct host *host, json_t **message)
{
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error = stream_next_message(host->fd, &host->reader, host->deadline, &text, &size);

	if (error == STEPUP_OK) {
		*message = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
		error = *message != NULL ? STEPUP_OK : STEPUP_INVALID;
	}
	wipe_memory(text, size);
	free(text);
	return error;
}

static bool host_write(const struct host *host, json_t *message, struct deadline deadline)
{
	char *text = NULL;
	size_t size = 0;
	bool done = message != NULL && json_wipe_dump(message, FRAME_SIZE_MAX, &text, &size) == STEPUP_OK &&
		    stream_send(host->fd, text, size, deadline) == STEPUP_OK;

	free(text);
	json_decref(message);
	return done;
}

static bool find_operation(const char *name, enum authenticator_operation *operation)
{
	for (int i = AUTHENTICATOR_REACH; name != NULL && i <= AUTHENTICATOR_AGENT_SIGN; i++) {
		if (strcmp(authenticator_operation_name((enum authenticator_operation)i), name) == 0) {
			*operation = (enum authenticator_operation)i;
			return true;
		}
	}
	return false;
}

enum authenticator_code host_open(struct host *host, int fd)
{
	char bad_field[FIELD_NAME_SIZE];
	int64_t ms, margin;

	host->fd = fd;
	host->deadline = deadline_in(REQUEST_PATIENCE_MS);
	frame_reader_init(&host->reader, FRAME_SIZE_MAX);
	if (host_read(host, &host->request) != STEPUP_OK ||
		!find_operation(message_text(host->request, "op"), &host->operation) ||
		message_check(request_fields[host->operation], host->request, bad_field) != STEPUP_OK)
		return AUTHENTICATOR_BROKEN;
	ms = message_number(host->request, "timeout_ms", 0);
	margin = ms / 10 < MARGIN_MS ? ms / 10 : MARGIN_MS;
	host->deadline = deadline_in(ms - margin);
	return AUTHENTICATOR_DONE;
}

void host_close(struct host *host)
{
	json_decref(host->request);
	host->request = NULL;
	frame_reader_clear(&host->reader);
}

struct deadline host_own_deadline(const struct host *host, int64_t milliseconds)
{
	return deadline_sooner(deadline_in(milliseconds), host->deadline);
}

enum authenticator_code host_touch(struct host *host, const char *id, bool several)
{
	json_t *event = json_pack("{s:s, s:s*, s:b}", "event", "touch", "id", id, "several", several);

	return host_write(host, event, host->deadline) ? AUTHENTICATOR_DONE : AUTHENTICATOR_GIVEN_UP;
}

/* The PIN in the host's answer. */
static enum authenticator_code take_pin(const json_t *answer, char **pin)
{
	char bad_field[FIELD_NAME_SIZE];
	const char *text = message_text(answer, "pin");

	if (message_check(pin_fields, answer, bad_field) != STEPUP_OK)
		return AUTHENTICATOR_BROKEN;
	if (text == NULL)
		return AUTHENTICATOR_GIVEN_UP;
	*pin = strdup(text);
	return *pin != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}

enum authenticator_code host_pin(struct host *host, const char *id, int tries, bool again, char **pin)
{
	json_t *event = json_pack("{s:s, s:s*, s:b}", "event", "pin", "id", id, "again", again);
	enum authenticator_code code;
	enum stepup_error error;
	json_t *answer = NULL;

	if (event != NULL && tries >= 0 && json_object_set_new(event, "tries", json_integer(tries)) != 0) {
		json_decref(event);
		event = NULL;
	}
	if (!host_write(host, event, host->deadline))
		return AUTHENTICATOR_GIVEN_UP;
	error = host_read(host, &answer);
	if (error == STEPUP_OK)
		code = take_pin(answer, pin);
	else
		code = error == STEPUP_TIMEOUT ? AUTHENTICATOR_TIMED_OUT : AUTHENTICATOR_GIVEN_UP;
	json_wipe_free(&answer);
	return code;
}

void host_result(struct host *host, json_t *result)
{
	/* Whether anybody is left to hear it makes no difference. */
	(void)host_write(host, json_pack("{s:o}", "result", result), deadline_in(LAST_WORD_MS));
}

void host_failure(struct host *host, enum authenticator_code code, int tries)
{
	json_t *message = json_pack("{s:s}", "error", authenticator_code_name(code));

	if (message != NULL && tries >= 0)
		(void)json_object_set_new(message, "tries", json_integer(tries));
	(void)host_write(host, message, deadline_in(LAST_WORD_MS));
}
