/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person's agreement: their states, their digest, their bytes.
 * MUST: let no request leave a state that ends it; let what an approver signs cover every word that
 * the approver saw.
 */
#include "verifier/state/records/approval_request.h"

#include <jansson.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "verifier/state/records/pack.h"

#define REQUEST_FORMAT 1
#define REQUEST_BYTES_MAX 65535 /* of a text that is owned */
#define ID_PREFIX "R-"
#define ID_LETTERS "0123456789ABCDEFGHJKMNPQRSTVWXYZ" /* 32 that nobody takes for another (Crockford) */

static const char digest_label[] = "stepup/1/request"; /* hashed with its NUL */

static const char *const state_names[] = {"requested", "approved", "consumed", "denied", "expired",
	"cancelled", "void"};

const char *request_state_name(enum request_state state)
{
	return (size_t)state < sizeof(state_names) / sizeof(state_names[0]) ? state_names[state] : "unknown";
}

bool request_is_open(const struct approval_request *request)
{
	return request->state == REQUEST_REQUESTED || request->state == REQUEST_APPROVED;
}

bool request_may_become(enum request_state from, enum request_state to)
{
	if (from == REQUEST_REQUESTED)
		return to != REQUEST_REQUESTED && to != REQUEST_CONSUMED;
	return from == REQUEST_APPROVED && to != REQUEST_REQUESTED && to != REQUEST_APPROVED;
}

enum stepup_error request_id_make(char id[REQUEST_ID_SIZE])
{
	uint8_t bytes[REQUEST_ID_SIZE - sizeof(ID_PREFIX)];

	if (RAND_bytes(bytes, (int)sizeof(bytes)) != 1)
		return STEPUP_INTERNAL;
	memcpy(id, ID_PREFIX, strlen(ID_PREFIX));
	for (size_t i = 0; i < sizeof(bytes); i++)
		id[strlen(ID_PREFIX) + i] = ID_LETTERS[bytes[i] % 32];
	id[REQUEST_ID_SIZE - 1] = '\0';
	return STEPUP_OK;
}

bool request_id_is_valid(const char *id)
{
	return strlen(id) == REQUEST_ID_SIZE - 1 && strncmp(id, ID_PREFIX, strlen(ID_PREFIX)) == 0 &&
		strspn(id + strlen(ID_PREFIX), ID_LETTERS) == REQUEST_ID_SIZE - 1 - strlen(ID_PREFIX);
}

enum stepup_error request_digest(const struct approval_request *request, uint8_t digest[DIGEST_SIZE])
{
	char user_id[BASE64URL_LENGTH(USER_ID_SIZE) + 1], commitment[BASE64URL_LENGTH(DIGEST_SIZE) + 1],
		rule[BASE64URL_LENGTH(DIGEST_SIZE) + 1];
	char *text = NULL, *bytes = NULL;
	size_t size = 0;
	json_t *object;
	enum stepup_error error;

	base64url_encode(request->user_id, USER_ID_SIZE, user_id);
	base64url_encode(request->commitment, DIGEST_SIZE, commitment);
	base64url_encode(request->rule, DIGEST_SIZE, rule);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}",
		"id", request->id, "user", request->user, "user_id", user_id, "action", request->action,
		"commitment", commitment, "rule", rule, "prompt", request->prompt, "reason", request->reason,
		"why", request->why, "caller", request->caller, "host", request->host,
		"service", request->service, "rhost", request->rhost,
		"requested", (json_int_t)request->requested);
	error = object == NULL ? STEPUP_NO_MEMORY : json_canonical(object, &text, &size);
	if (error == STEPUP_OK) {
		bytes = malloc(sizeof(digest_label) + size);
		error = bytes == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	if (error == STEPUP_OK) {
		memcpy(bytes, digest_label, sizeof(digest_label));
		memcpy(bytes + sizeof(digest_label), text, size);
		error = digest_sha256(bytes, sizeof(digest_label) + size, digest);
	}
	json_decref(object);
	free(text);
	free(bytes);
	return error;
}

void approval_request_clear(struct approval_request *request)
{
	free(request->details);
	free(request->prompt);
	memset(request, 0, sizeof(*request));
}

void request_free(struct approval_request **request)
{
	if (*request == NULL)
		return;
	approval_request_clear(*request);
	free(*request);
	*request = NULL;
}

/* --- bytes --- */

static void pack_proof(struct pack_writer *writer, const struct request_proof *proof)
{
	pack_text(writer, proof->credential);
	pack_text(writer, proof->method);
	pack_text(writer, proof->acr);
	pack_text(writer, proof->amr);
	pack_i64(writer, proof->at);
	pack_i64(writer, proof->log);
}

enum stepup_error approval_request_pack(const struct approval_request *request, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	pack_u8(&writer, REQUEST_FORMAT);
	pack_u8(&writer, request->state);
	pack_text(&writer, request->user);
	pack_raw(&writer, request->user_id, USER_ID_SIZE);
	pack_i64(&writer, request->uid);
	pack_raw(&writer, request->session, DIGEST_SIZE);
	pack_raw(&writer, request->source, GUESS_SOURCE_SIZE);
	pack_text(&writer, request->caller);
	pack_i64(&writer, request->caller_uid);
	pack_text(&writer, request->host);
	pack_text(&writer, request->service);
	pack_text(&writer, request->rhost);
	pack_proof(&writer, &request->requester);
	pack_text(&writer, request->action);
	pack_text(&writer, request->details);
	pack_text(&writer, request->prompt);
	pack_raw(&writer, request->action_digest, DIGEST_SIZE);
	pack_raw(&writer, request->rule, DIGEST_SIZE);
	pack_raw(&writer, request->salt, DIGEST_SIZE);
	pack_raw(&writer, request->commitment, DIGEST_SIZE);
	pack_text(&writer, request->reason);
	pack_text(&writer, request->why);
	pack_i64(&writer, request->requested);
	pack_i64(&writer, request->expires);
	pack_raw(&writer, request->digest, DIGEST_SIZE);
	pack_text(&writer, request->approver);
	pack_raw(&writer, request->approver_id, USER_ID_SIZE);
	pack_i64(&writer, request->approver_uid);
	pack_proof(&writer, &request->approval);
	pack_i64(&writer, request->ended);
	pack_text(&writer, request->ended_by);
	pack_text(&writer, request->ended_why);
	return pack_finish(&writer, bytes, size);
}

static void unpack_proof(struct pack_reader *reader, struct request_proof *proof)
{
	unpack_text(reader, proof->credential, sizeof(proof->credential));
	unpack_text(reader, proof->method, sizeof(proof->method));
	unpack_text(reader, proof->acr, sizeof(proof->acr));
	unpack_text(reader, proof->amr, sizeof(proof->amr));
	proof->at = unpack_i64(reader);
	proof->log = unpack_i64(reader);
}

/* A text of any length; NULL where there is no memory. */
static char *unpack_owned(struct pack_reader *reader)
{
	char *room = malloc(REQUEST_BYTES_MAX + 1), *text;

	if (room == NULL)
		return NULL;
	unpack_text(reader, room, REQUEST_BYTES_MAX + 1);
	text = strdup(room);
	free(room);
	return text;
}

enum stepup_error approval_request_unpack(const uint8_t *bytes, size_t size, struct approval_request *request)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};

	if (unpack_u8(&reader) != REQUEST_FORMAT)
		return STEPUP_CORRUPT;
	request->state = unpack_u8_at_most(&reader, REQUEST_VOID);
	unpack_text(&reader, request->user, sizeof(request->user));
	unpack_raw(&reader, request->user_id, USER_ID_SIZE);
	request->uid = unpack_i64(&reader);
	unpack_raw(&reader, request->session, DIGEST_SIZE);
	unpack_raw(&reader, request->source, GUESS_SOURCE_SIZE);
	unpack_text(&reader, request->caller, sizeof(request->caller));
	request->caller_uid = unpack_i64(&reader);
	unpack_text(&reader, request->host, sizeof(request->host));
	unpack_text(&reader, request->service, sizeof(request->service));
	unpack_text(&reader, request->rhost, sizeof(request->rhost));
	unpack_proof(&reader, &request->requester);
	unpack_text(&reader, request->action, sizeof(request->action));
	request->details = unpack_owned(&reader);
	request->prompt = unpack_owned(&reader);
	unpack_raw(&reader, request->action_digest, DIGEST_SIZE);
	unpack_raw(&reader, request->rule, DIGEST_SIZE);
	unpack_raw(&reader, request->salt, DIGEST_SIZE);
	unpack_raw(&reader, request->commitment, DIGEST_SIZE);
	unpack_text(&reader, request->reason, sizeof(request->reason));
	unpack_text(&reader, request->why, sizeof(request->why));
	request->requested = unpack_i64(&reader);
	request->expires = unpack_i64(&reader);
	unpack_raw(&reader, request->digest, DIGEST_SIZE);
	unpack_text(&reader, request->approver, sizeof(request->approver));
	unpack_raw(&reader, request->approver_id, USER_ID_SIZE);
	request->approver_uid = unpack_i64(&reader);
	unpack_proof(&reader, &request->approval);
	request->ended = unpack_i64(&reader);
	unpack_text(&reader, request->ended_by, sizeof(request->ended_by));
	unpack_text(&reader, request->ended_why, sizeof(request->ended_why));
	if (request->details == NULL || request->prompt == NULL)
		return STEPUP_NO_MEMORY;
	return unpack_finish(&reader);
}
