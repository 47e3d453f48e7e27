/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to the verifier; see verifier_call.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/outside/unix_socket.h"

#define INTERFACE "io.stepup.Verify1."
#define WAIT_SECONDS 15
/* the longest are lists of requests: stepupd sends up to 768 KiB of them in one reply */
#define REPLY_SIZE_MAX (1024 * 1024)
#define UNREACHABLE "Could not check, so nothing was done. You did nothing wrong. Try again in a minute."

/* Whether the other end is one that may speak for the verifier. */
static bool verifier_call_server_is_right(int fd, const char *path)
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

static bool send_call(int fd, const char *method, json_t *parameters, bool more)
{
	char name[64];
	json_t *call = NULL;
	char *text = NULL;
	bool sent = false;

	snprintf(name, sizeof(name), INTERFACE "%s", method);
	call = json_pack("{s:s, s:O}", "method", name, "parameters", parameters);
	if (call && (!more || !json_object_set_new(call, "more", json_true())))
		text = json_dumps(call, JSON_COMPACT);
	if (text)
		sent = unix_send(fd, text, strlen(text) + 1);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(call);
	return sent;
}

/* What has arrived and not been read: several replies may come at once where a call follows. */
struct reader {
	int fd;
	int64_t until; /* milliseconds, CLOCK_MONOTONIC */
	char *text;
	size_t size;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for more bytes. False where the time is up, nothing more comes or there is no room. */
static bool reader_fill(struct reader *reader)
{
	struct pollfd ready = {.fd = reader->fd, .events = POLLIN};
	int64_t left = reader->until - now_ms();
	ssize_t got;
	int found;

	if (left <= 0 || reader->size == REPLY_SIZE_MAX)
		return false;
	found = poll(&ready, 1, (int)left);
	if (found <= 0)
		return found < 0 && errno == EINTR;
	got = recv(reader->fd, reader->text + reader->size, REPLY_SIZE_MAX - reader->size, 0);
	if (got <= 0)
		return got < 0 && errno == EINTR;
	reader->size += (size_t)got;
	return true;
}

/* The next reply, up to its NUL; NULL where none came in time, or it is no JSON. */
static json_t *reader_next(struct reader *reader)
{
	json_t *reply;
	char *end;
	size_t size;

	while (!(end = memchr(reader->text, '\0', reader->size)))
		if (!reader_fill(reader))
			return NULL;
	size = (size_t)(end - reader->text) + 1;
	reply = json_loads(reader->text, JSON_REJECT_DUPLICATES, NULL);
	memmove(reader->text, reader->text + size, reader->size - size);
	explicit_bzero(reader->text + reader->size - size, size);
	reader->size -= size;
	return reply;
}

static bool reader_open(struct reader *reader, const char *socket, int seconds)
{
	*reader = (struct reader){.fd = unix_connect(socket, WAIT_SECONDS),
		.until = now_ms() + (int64_t)seconds * 1000, .text = malloc(REPLY_SIZE_MAX)};
	return reader->fd >= 0 && reader->text && verifier_call_server_is_right(reader->fd, socket);
}

static void reader_close(struct reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	if (reader->text)
		explicit_bzero(reader->text, reader->size);
	free(reader->text);
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
	struct reader reader;

	*reply = (struct verifier_reply){0};
	if (reader_open(&reader, socket, WAIT_SECONDS) && parameters &&
	    send_call(reader.fd, method, parameters, false))
		reply->whole = reader_next(&reader);
	if (reader.size) /* one call, one reply, and nothing after it */
		reply_clear(reply);
	reader_close(&reader);
	json_decref(parameters);
	reply_read(reply);
}

void verifier_watch(const char *socket, const char *method, json_t *parameters, int seconds,
	reply_is_news *is_news, void *context, struct verifier_reply *reply)
{
	struct reader reader;
	bool news = false;

	*reply = (struct verifier_reply){0};
	if (reader_open(&reader, socket, seconds) && parameters &&
	    send_call(reader.fd, method, parameters, true)) {
		json_t *heard;

		while (!news && (heard = reader_next(&reader))) {
			reply_clear(reply);
			reply->whole = heard;
			reply_read(reply);
			news = !reply_is_good(reply) || is_news(reply->parameters, context);
		}
	}
	reader_close(&reader);
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
