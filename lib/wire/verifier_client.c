/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to one of the verifier's sockets.
 * MUST: talk only to root or the owner of the socket's folder; poll, MSG_NOSIGNAL and close-on-exec
 * throughout; leave descriptors 0 to 2 to whoever owns standard input and output; take no bytes that nobody
 * asked for; wipe whatever carried an answer.
 */
#include "lib/wire/verifier_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "lib/wire/stream.h"

#define REFUSAL_TEXT_MAX 65536

struct verifier_client {
	char *path;
	int fd; /* -1 once the connection is of no more use */
	struct frame_reader reader;
};

/* What may stand beside an error's name; the interfaces' errors and org.varlink.service's. */
static const struct field refusal_fields[] = {
	{"message", FIELD_TEXT, REFUSAL_TEXT_MAX, false},
	{"reference", FIELD_TEXT, 64, false},
	{"detail", FIELD_TEXT, REFUSAL_TEXT_MAX, false},
	{"tries_left", FIELD_NUMBER, 1000, false},
	{"retry_after", FIELD_NUMBER, INT64_C(1) << 31, false},
	{"parameter", FIELD_TEXT, REFUSAL_TEXT_MAX, false},
	{"method", FIELD_TEXT, REFUSAL_TEXT_MAX, false},
	{"interface", FIELD_TEXT, REFUSAL_TEXT_MAX, false},
	{"request", FIELD_TEXT, 64, false},
	{"approvers", FIELD_TEXTS, 512, false},
	{"expires", FIELD_NUMBER, INT64_C(1) << 53, false},
	{0},
};

/* What a reply consists of. */
static const struct field reply_fields[] = {
	{"parameters", FIELD_OBJECT, 4096, false},
	{"error", FIELD_TEXT, 256, false},
	{"continues", FIELD_BOOL, 0, false},
	{0},
};

void verifier_refusal_clear(struct verifier_refusal *refusal)
{
	free(refusal->message);
	free(refusal->reference);
	free(refusal->detail);
	free(refusal->request);
	json_decref(refusal->approvers);
	*refusal = (struct verifier_refusal){.tries_left = -1, .retry_after_seconds = -1, .expires = -1};
}

/* Whether the other end of the connection is one that may say "granted". */
static enum stepup_error server_check(int fd, const char *path)
{
	struct ucred server;
	socklen_t size = sizeof(server);
	struct stat folder;
	const char *slash = strrchr(path, '/');
	char *name;
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0 || size != sizeof(server))
		return STEPUP_IO;
	if (server.uid == 0)
		return STEPUP_OK;
	name = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	if (name == NULL)
		return STEPUP_NO_MEMORY;
	r = stat(name, &folder);
	free(name);
	return r == 0 && folder.st_uid == server.uid ? STEPUP_OK : STEPUP_UNSAFE_FILE;
}

static enum stepup_error client_connect(struct verifier_client *client, struct deadline deadline)
{
	int fd = -1;
	enum stepup_error error = stream_connect(client->path, deadline, &fd);

	if (error == STEPUP_OK)
		error = server_check(fd, client->path);
	if (error == STEPUP_OK)
		client->fd = fd;
	else if (fd >= 0)
		close(fd);
	return error;
}

static void client_disconnect(struct verifier_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	frame_reader_clear(&client->reader);
	frame_reader_init(&client->reader, FRAME_REPLY_SIZE_MAX);
}

enum stepup_error verifier_client_open(
	const char *path, struct deadline deadline, struct verifier_client **client)
{
	struct verifier_client *opened = calloc(1, sizeof(*opened));
	enum stepup_error error = STEPUP_NO_MEMORY;

	*client = NULL;
	if (opened == NULL)
		return STEPUP_NO_MEMORY;
	opened->fd = -1;
	frame_reader_init(&opened->reader, FRAME_REPLY_SIZE_MAX);
	opened->path = strdup(path == NULL ? STEPUP_RUNDIR "/verify.sock" : path);
	if (opened->path != NULL)
		error = client_connect(opened, deadline);
	if (error == STEPUP_OK)
		*client = opened;
	else
		verifier_client_close(&opened);
	return error;
}

void verifier_client_close(struct verifier_client **client)
{
	struct verifier_client *closing = *client;

	*client = NULL;
	if (closing == NULL)
		return;
	client_disconnect(closing);
	free(closing->path);
	free(closing);
}

/* Before a call: the verifier may have hung up while a person was thinking. Nothing of this call was sent
 * yet, so connecting anew is safe. */
static enum stepup_error client_revive(struct verifier_client *client, struct deadline deadline)
{
	char byte;
	ssize_t got;

	if (client->fd < 0)
		return STEPUP_UNREACHABLE;
	got = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return STEPUP_OK;
	if (got > 0)
		return STEPUP_IO; /* bytes nobody asked for */
	client_disconnect(client);
	return client_connect(client, deadline);
}

/* One whole message and nothing behind it. */
static enum stepup_error client_receive(
	struct verifier_client *client, struct deadline deadline, char **message, size_t *size)
{
	enum stepup_error error = stream_next_message(client->fd, &client->reader, deadline, message, size);

	if (error == STEPUP_OK && client->reader.length > 0) {
		wipe_memory(*message, *size);
		free(*message);
		*message = NULL;
		error = STEPUP_IO;
	}
	return error;
}

/* Sends the call: {"method":…,"parameters":…}; with "more" where several replies are wanted. */
static enum stepup_error call_send(struct verifier_client *client, const char *method, json_t *parameters,
	bool more, struct deadline deadline)
{
	json_t *call = json_pack("{s:s, s:O}", "method", method, "parameters", parameters);
	enum stepup_error error = STEPUP_NO_MEMORY;
	char *text = NULL;
	size_t size = 0;

	if (call != NULL && (!more || json_object_set_new(call, "more", json_true()) == 0))
		error = json_wipe_dump(call, FRAME_SIZE_MAX, &text, &size);
	json_decref(call);
	if (error == STEPUP_OK)
		error = stream_send(client->fd, text, size, deadline);
	wipe_memory(text, size);
	free(text);
	return error;
}

static enum stepup_error copy_text(const json_t *object, const char *field, char **copy)
{
	const char *text = message_text(object, field);

	if (text == NULL)
		return STEPUP_OK;
	*copy = strdup(text);
	return *copy == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* The error of that full name: one of the called interface's own, or varlink's. */
static enum stepup_error error_from_full_name(const char *name, const char *method)
{
	const char *dot = strrchr(method, '.');
	size_t prefix = dot == NULL ? 0 : (size_t)(dot - method) + 1;
	enum stepup_error error = STEPUP_UNAVAILABLE;

	if (strcmp(name, "org.varlink.service.InvalidParameter") == 0)
		return STEPUP_INVALID;
	if (prefix > 0 && strncmp(name, method, prefix) == 0)
		error = stepup_error_from_name(name + prefix);
	return stepup_error_is_refusal(error) ? error : STEPUP_UNAVAILABLE;
}

/* Reads an error reply's words. Always an error. */
static enum stepup_error refusal_read(
	const char *name, const char *method, const json_t *parameters, struct verifier_refusal *refusal)
{
	char bad_field[FIELD_NAME_SIZE];
	enum stepup_error error;

	if (parameters != NULL && message_check(refusal_fields, parameters, bad_field) != STEPUP_OK)
		return STEPUP_IO;
	refusal->error = error_from_full_name(name, method);
	if (parameters == NULL)
		return refusal->error;
	refusal->tries_left = message_number(parameters, "tries_left", -1);
	refusal->retry_after_seconds = message_number(parameters, "retry_after", -1);
	error = copy_text(parameters, "message", &refusal->message);
	if (error == STEPUP_OK)
		error = copy_text(parameters, "reference", &refusal->reference);
	if (error == STEPUP_OK)
		error = copy_text(parameters, "detail", &refusal->detail);
	if (error == STEPUP_OK)
		error = copy_text(parameters, "request", &refusal->request);
	refusal->approvers = json_incref(json_object_get(parameters, "approvers"));
	refusal->expires = message_number(parameters, "expires", -1);
	if (error == STEPUP_OK && refusal->message == NULL && message_text(parameters, "parameter") != NULL &&
		asprintf(&refusal->message, "The verifier does not take this \"%s\". Nothing was approved.",
			message_text(parameters, "parameter")) < 0) {
		refusal->message = NULL;
		error = STEPUP_NO_MEMORY;
	}
	return error == STEPUP_OK ? refusal->error : error;
}

/* What a whole message means: a reply's parameters, or the refusal in it. Anything else is STEPUP_IO, and so
 * is a reply that others follow, where `*continues` isn't wanted (NULL). */
static enum stepup_error verifier_client_reply_read(const char *text, size_t size, const char *method,
	json_t **reply, bool *continues, struct verifier_refusal *refusal)
{
	char bad_field[FIELD_NAME_SIZE];
	enum stepup_error error = STEPUP_IO;
	json_error_t parse_error;
	json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES, &parse_error);
	json_t *parameters = json_object_get(message, "parameters");

	if (message == NULL && json_error_code(&parse_error) == json_error_out_of_memory)
		error = STEPUP_NO_MEMORY;
	if (message == NULL || message_check(reply_fields, message, bad_field) != STEPUP_OK ||
		(continues == NULL && message_bool(message, "continues", false)))
		goto out;
	if (continues != NULL)
		*continues = message_bool(message, "continues", false);
	if (message_text(message, "error") != NULL) {
		error = refusal_read(message_text(message, "error"), method,
			json_is_object(parameters) ? parameters : NULL, refusal);
		goto out;
	}
	*reply = json_is_object(parameters) ? json_incref(parameters) : json_object();
	error = *reply == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
out:
	json_wipe_free(&message);
	return error;
}

enum stepup_error verifier_client_call(struct verifier_client *client, const char *method, json_t *parameters,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	char *message = NULL;
	size_t size = 0;

	*reply = NULL;
	verifier_refusal_clear(refusal);
	if (parameters == NULL)
		goto out;
	error = client_revive(client, deadline);
	if (error == STEPUP_OK)
		error = call_send(client, method, parameters, false, deadline);
	if (error == STEPUP_OK)
		error = client_receive(client, deadline, &message, &size);
	if (error == STEPUP_OK)
		error = verifier_client_reply_read(message, size, method, reply, NULL, refusal);
out:
	wipe_memory(message, size);
	free(message);
	json_wipe_free(&parameters);
	if (error != STEPUP_OK && error != refusal->error)
		client_disconnect(client);
	return error;
}

/* The next of several replies. */
static enum stepup_error follow_next(struct verifier_client *client, const char *method,
	struct deadline deadline, json_t **reply, bool *continues, struct verifier_refusal *refusal)
{
	char *message = NULL;
	size_t size = 0;
	enum stepup_error error = stream_next_message(client->fd, &client->reader, deadline, &message, &size);

	if (error == STEPUP_OK)
		error = verifier_client_reply_read(message, size, method, reply, continues, refusal);
	wipe_memory(message, size);
	free(message);
	return error;
}

enum stepup_error verifier_client_follow(struct verifier_client *client, const char *method,
	json_t *parameters, struct deadline (*deadline)(void),
	bool (*each)(void *context, const json_t *reply), void *context, struct verifier_refusal *refusal)
{
	bool continues = true, wanted = true;
	json_t *reply = NULL;
	enum stepup_error error = parameters == NULL ? STEPUP_NO_MEMORY : client_revive(client, deadline());

	verifier_refusal_clear(refusal);
	if (error == STEPUP_OK)
		error = call_send(client, method, parameters, true, deadline());
	while (error == STEPUP_OK && continues && wanted) {
		error = follow_next(client, method, deadline(), &reply, &continues, refusal);
		if (error == STEPUP_OK)
			wanted = each(context, reply);
		json_wipe_free(&reply);
	}
	json_wipe_free(&parameters);
	if (continues || (error != STEPUP_OK && error != refusal->error))
		client_disconnect(client);
	return error;
}
