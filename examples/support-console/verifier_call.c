/* SPDX-License-Identifier: BSD-2-Clause */
/* One call to the verifier; see verifier_call.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/support-console/unix_socket.h"
#include "examples/support-console/verifier_call.h"

#define INTERFACE "io.stepup.Verify1."
#define WAIT_SECONDS 15
#define REPLY_SIZE_MAX 262144
#define UNREACHABLE "Could not check, so nothing was done. You did nothing wrong. Try again in a minute."

/* Whether the other end is one that may speak for the verifier. */
static bool server_is_right(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct ucred server;
	socklen_t size = sizeof(server);
	struct stat folder;
	char *name;
	bool right;

	if (!slash || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size))
		return false;
	if (!server.uid)
		return true;
	name = strndup(path, (size_t)(slash - path) + 1);
	right = name && !stat(name, &folder) && folder.st_uid == server.uid;
	free(name);
	return right;
}

static bool send_call(int fd, const char *method, json_t *parameters)
{
	char name[64];
	json_t *call = NULL;
	char *text = NULL;
	bool sent = false;

	snprintf(name, sizeof(name), INTERFACE "%s", method);
	call = json_pack("{s:s, s:O}", "method", name, "parameters", parameters);
	if (call)
		text = json_dumps(call, JSON_COMPACT);
	if (text)
		sent = unix_send(fd, text, strlen(text) + 1);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(call);
	return sent;
}

/* Reads up to the NUL: one object, and nothing after it. */
static json_t *read_reply(int fd)
{
	char *text = malloc(REPLY_SIZE_MAX);
	size_t size = 0;
	json_t *reply = NULL;

	while (text && size < REPLY_SIZE_MAX) {
		ssize_t got = recv(fd, text + size, REPLY_SIZE_MAX - size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += (size_t)got;
		if (memchr(text + size - got, '\0', (size_t)got)) {
			if (strlen(text) == size - 1)
				reply = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
			break;
		}
	}
	if (text)
		explicit_bzero(text, size);
	free(text);
	return reply;
}

/* Sorts what came: a result, an error of the interface, or nothing that makes sense. */
static void reply_read(struct verifier_reply *reply)
{
	const json_t *error = json_object_get(reply->whole, "error");
	const json_t *parameters = json_object_get(reply->whole, "parameters");
	const char *name = json_string_value(error), *words;

	reply->error = "Unreachable";
	reply->message = UNREACHABLE;
	if (!json_is_object(parameters) || (error && !name))
		return;
	words = json_string_value(json_object_get(parameters, "message"));
	reply->parameters = parameters;
	reply->error = name && strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
	if (words)
		reply->message = words;
}

void verifier_call(const char *socket, const char *method, json_t *parameters, struct verifier_reply *reply)
{
	int fd = parameters ? unix_connect(socket, WAIT_SECONDS) : -1;

	*reply = (struct verifier_reply){0};
	if (fd >= 0 && server_is_right(fd, socket) && send_call(fd, method, parameters))
		reply->whole = read_reply(fd);
	if (fd >= 0)
		close(fd);
	json_decref(parameters);
	reply_read(reply);
}

bool reply_is_good(const struct verifier_reply *reply)
{
	return !reply->error;
}

void reply_clear(struct verifier_reply *reply)
{
	json_decref(reply->whole);
	*reply = (struct verifier_reply){0};
}
