/* SPDX-License-Identifier: BSD-2-Clause */
/* One varlink call, bounded in time and size; see redeem.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "examples/export-service/redeem.h"

#define REPLY_MAX 65536
#define WAIT_SECONDS 10

/* The server must be root or the owner of the socket: nobody else can answer in the verifier's name. */
static int server_is_right(int fd, const char *path)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct stat owner;

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && !stat(path, &owner) &&
		(peer.uid == 0 || peer.uid == owner.st_uid);
}

static int redeem_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) || !server_is_right(fd, path)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int send_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return 0;
		bytes += sent;
		size -= (size_t)sent;
	}
	return 1;
}

/* One message, ended by its NUL. */
static json_t *receive(int fd)
{
	char *reply = malloc(REPLY_MAX);
	json_t *value = NULL;
	size_t size = 0;

	while (reply && size < REPLY_MAX) {
		ssize_t got = recv(fd, reply + size, REPLY_MAX - size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += (size_t)got;
		if (reply[size - 1] == '\0') {
			value = json_loads(reply, JSON_REJECT_DUPLICATES, NULL);
			break;
		}
	}
	free(reply);
	return value;
}

json_t *redeem_receipt(const char *socket_path, const char *receipt, const char *account, json_int_t records,
	const char *exec_id, bool resume, int *granted)
{
	json_t *call =
		json_pack("{s:s, s:{s:s, s:s, s:{s:s, s:I}, s:s, s:b}}", "method", "io.stepup.Redeem1.Redeem",
			"parameters", "receipt", receipt, "action", "customer.export", "details",
			"account", account, "records", records, "exec_id", exec_id, "resume", (int)resume);
	char *text = call ? json_dumps(call, JSON_COMPACT) : NULL;
	json_t *reply = NULL, *parameters = NULL;
	int fd = text ? redeem_connect(socket_path) : -1;

	*granted = 0;
	if (fd >= 0 && send_all(fd, text, strlen(text) + 1))
		reply = receive(fd);
	parameters = json_incref(json_object_get(reply, "parameters"));
	/* Granted is only what is a reply, and a reply to this export. */
	if (reply && !json_object_get(reply, "error") &&
		!strcmp(json_string_value(json_object_get(parameters, "action")) ?: "", "customer.export") &&
		json_is_string(json_object_get(parameters, "user")))
		*granted = 1;
	if (fd >= 0)
		close(fd);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(call);
	json_decref(reply);
	return parameters;
}
