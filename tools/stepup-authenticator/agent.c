/* SPDX-License-Identifier: BSD-2-Clause */
/* The sk- keys of the user's ssh-agent. */
#include "tools/stepup-authenticator/agent.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/byte_cursor.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "lib/wire/stream.h"
#include "tools/stepup-authenticator/agent_reply.h"

#define NAMESPACE_START "stepup@"
#define LENGTH_SIZE 4
#define AGENT_READ_SIZE 4096

enum agent_request_type { AGENT_REQUEST_IDENTITIES = 11, AGENT_SIGN_REQUEST = 13 };

/* A conversation with the agent. */
struct agent {
	int fd;
	struct deadline deadline;
};

/* Connects; it has to say soon what it holds. */
static enum authenticator_code agent_open(const struct host *host, struct agent *agent)
{
	const char *path = message_text(host->request, "agent_socket");
	enum stepup_error error;

	*agent = (struct agent){.fd = -1, .deadline = host_own_deadline(host, AUTHENTICATOR_LOOK_MS)};
	if (path == NULL)
		return AUTHENTICATOR_NO_AGENT;
	error = stream_connect(path, agent->deadline, &agent->fd);
	if (error == STEPUP_TIMEOUT)
		return AUTHENTICATOR_NO_ANSWER;
	return error == STEPUP_OK ? AUTHENTICATOR_DONE : AUTHENTICATOR_NO_AGENT;
}

static void agent_close(struct agent *agent)
{
	if (agent->fd >= 0)
		close(agent->fd);
	agent->fd = -1;
}

/* What not being able to talk to it means. */
static enum authenticator_code agent_code_of(enum stepup_error error)
{
	switch (error) {
	case STEPUP_OK:
		return AUTHENTICATOR_DONE;
	case STEPUP_TIMEOUT:
		return AUTHENTICATOR_TIMED_OUT;
	case STEPUP_UNREACHABLE:
		return AUTHENTICATOR_NO_AGENT; /* it hung up */
	default:
		return AUTHENTICATOR_BROKEN;
	}
}

static enum stepup_error take_all(const struct agent *agent, uint8_t *bytes, size_t size)
{
	enum stepup_error error = STEPUP_OK;

	while (size > 0 && error == STEPUP_OK) {
		size_t got = 0;

		error = stream_take(agent->fd, bytes, size, agent->deadline, &got);
		bytes += got;
		size -= got;
	}
	return error;
}

/* Sends the request, which is taken over, and gets the reply without its length; the caller frees. */
static enum authenticator_code agent_call(
	const struct agent *agent, struct byte_writer *request, uint8_t **reply, size_t *size)
{
	struct byte_writer framed = {.bytes = NULL};
	uint8_t head[LENGTH_SIZE], *bytes = NULL, *message = NULL;
	size_t bytes_size = 0, message_size = 0;
	struct byte_cursor length = {.at = head, .left = sizeof(head)};
	enum stepup_error error = writer_finish(request, &message, &message_size);

	if (error == STEPUP_OK) {
		writer_string(&framed, message, message_size);
		error = writer_finish(&framed, &bytes, &bytes_size);
	}
	if (error == STEPUP_OK)
		error = stream_send(agent->fd, bytes, bytes_size, agent->deadline);
	if (error == STEPUP_OK)
		error = take_all(agent, head, sizeof(head));
	if (error == STEPUP_OK) {
		*size = cursor_u32(&length);
		error = *size > AGENT_REPLY_MAX || *size == 0 ? STEPUP_INVALID : STEPUP_OK;
	}
	if (error == STEPUP_OK) {
		*reply = malloc(*size);
		error = *reply != NULL ? take_all(agent, *reply, *size) : STEPUP_NO_MEMORY;
	}
	free(bytes);
	free(message);
	return agent_code_of(error);
}

static enum authenticator_code list_keys(const struct agent *agent, json_t **keys)
{
	struct byte_writer request = {.bytes = NULL};
	enum authenticator_code code;
	uint8_t *reply = NULL;
	size_t size = 0;

	writer_u8(&request, AGENT_REQUEST_IDENTITIES);
	code = agent_call(agent, &request, &reply, &size);
	if (code == AUTHENTICATOR_DONE)
		code = agent_read_identities(reply, size, keys);
	free(reply);
	return code == AUTHENTICATOR_TIMED_OUT ? AUTHENTICATOR_NO_ANSWER : code;
}

enum authenticator_code agent_list(const struct host *host, json_t **keys)
{
	struct agent agent;
	enum authenticator_code code = agent_open(host, &agent);

	if (code == AUTHENTICATOR_DONE)
		code = list_keys(&agent, keys);
	agent_close(&agent);
	return code;
}

static bool holds(const json_t *keys, const char *key)
{
	for (size_t i = 0; key != NULL && i < json_array_size(keys); i++)
		if (strcmp(message_text(json_array_get(keys, i), "key"), key) == 0)
			return true;
	return false;
}

/* The texts of those of the request's keys that are among the agent's. */
static json_t *keys_held(const struct host *host, const json_t *keys)
{
	const json_t *listed = json_object_get(host->request, "keys");
	json_t *held = json_array();

	for (size_t i = 0; i < json_array_size(listed); i++) {
		json_t *key = json_object_get(json_array_get(listed, i), "key");

		if (holds(keys, json_string_value(key)) && json_array_append(held, key) != 0) {
			json_decref(held);
			return NULL;
		}
	}
	return held;
}

enum authenticator_code agent_probe(struct host *host, json_t **result)
{
	json_t *keys = NULL;
	enum authenticator_code code = agent_list(host, &keys);

	if (code == AUTHENTICATOR_DONE) {
		*result = json_pack("{s:o}", "keys", keys_held(host, keys));
		code = *result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
	}
	json_decref(keys);
	return code;
}

/* What is signed: the SSHSIG of the request's message. */
static enum authenticator_code build_preamble(const struct host *host, uint8_t **preamble, size_t *size)
{
	const char *namespace = message_text(host->request, "namespace"),
		   *message = message_text(host->request, "message");

	if (strncmp(namespace, NAMESPACE_START, strlen(NAMESPACE_START)) != 0 ||
		strlen(namespace) == strlen(NAMESPACE_START) ||
		sshsig_preamble(namespace, message, strlen(message), preamble, size) != STEPUP_OK)
		return AUTHENTICATOR_BROKEN;
	return AUTHENTICATOR_DONE;
}

/* Has the agent sign with one key. */
static enum authenticator_code sign_with(struct host *host, struct agent *agent, const char *key,
	const uint8_t *preamble, size_t preamble_size, json_t **result)
{
	bool user_verification = message_bool(host->request, "user_verification", true);
	uint8_t blob[SSH_BLOB_MAX], *reply = NULL;
	const uint8_t *signature = NULL;
	size_t blob_size = 0, size = 0, signature_size = 0;
	struct byte_writer request = {.bytes = NULL};
	enum authenticator_code code;
	char *text;

	if (base64url_decode(key, blob, sizeof(blob), &blob_size) != STEPUP_OK)
		return AUTHENTICATOR_BROKEN;
	code = host_touch(host, key, false);
	if (code != AUTHENTICATOR_DONE)
		return code;
	agent->deadline = host_own_deadline(host, AUTHENTICATOR_TOUCH_MS);
	writer_u8(&request, AGENT_SIGN_REQUEST);
	writer_string(&request, blob, blob_size);
	writer_string(&request, preamble, preamble_size);
	writer_u32(&request, 0); /* no flags */
	code = agent_call(agent, &request, &reply, &size);
	if (code == AUTHENTICATOR_DONE)
		code = agent_read_signature(
			reply, size, blob, blob_size, user_verification, &signature, &signature_size);
	if (code == AUTHENTICATOR_DONE) {
		text = base64url_encode_new(signature, signature_size);
		*result = text != NULL ? json_pack("{s:s, s:s}", "key", key, "signature", text) : NULL;
		code = *result != NULL ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
		free(text);
	}
	free(reply);
	return code;
}

enum authenticator_code agent_sign(struct host *host, json_t **result)
{
	uint8_t *preamble = NULL;
	size_t size = 0;
	struct agent agent = {.fd = -1};
	json_t *keys = NULL, *held = NULL;
	enum authenticator_code code = build_preamble(host, &preamble, &size);

	if (code == AUTHENTICATOR_DONE)
		code = agent_open(host, &agent);
	if (code == AUTHENTICATOR_DONE)
		code = list_keys(&agent, &keys);
	if (code == AUTHENTICATOR_DONE) {
		held = keys_held(host, keys);
		code = json_array_size(held) > 0 ? AUTHENTICATOR_AGENT_REFUSED : AUTHENTICATOR_WRONG_KEY;
	}
	/* An agent remembers keys that aren't plugged in: it refuses those at once, and the next one may do.
	 */
	for (size_t i = 0; i < json_array_size(held) && code == AUTHENTICATOR_AGENT_REFUSED; i++)
		code = sign_with(
			host, &agent, json_string_value(json_array_get(held, i)), preamble, size, result);
	agent_close(&agent);
	json_decref(held);
	json_decref(keys);
	free(preamble);
	return code;
}
