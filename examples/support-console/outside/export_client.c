/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's side of the export service's socket; see export_client.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/support-console/outside/export_client.h"
#include "examples/support-console/outside/unix_socket.h"

#define ANSWER_MAX 8192
#define BLOCK_MAX 65536
#define WAIT_SECONDS 20

struct export_stream {
	FILE *file;
	size_t left; /* of the block at hand */
};

static bool send_request(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t size = text ? strlen(text) : 0;
	bool done;

	if (!text)
		return false;
	text[size] = '\n'; /* the line's end stands in the place of the NUL */
	done = unix_send(fd, text, size + 1);
	explicit_bzero(text, size);
	free(text);
	return done;
}

struct export_stream *export_open(const char *socket_path, const json_t *request, json_t **answer)
{
	struct export_stream *stream = calloc(1, sizeof(*stream));
	char line[ANSWER_MAX];
	int fd = stream ? unix_connect(socket_path, WAIT_SECONDS) : -1;

	*answer = NULL;
	if (fd < 0 || !send_request(fd, request))
		goto fail;
	stream->file = fdopen(fd, "r");
	if (!stream->file)
		goto fail;
	if (!fgets(line, sizeof(line), stream->file))
		goto fail;
	*answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*answer)) {
		json_decref(*answer);
		*answer = NULL;
		goto fail;
	}
	return stream;
fail:
	if (fd >= 0 && (!stream || !stream->file))
		close(fd);
	export_close(&stream);
	return NULL;
}

/* The size of the next block, -1 where it is none. */
static ssize_t block_size(FILE *file)
{
	char line[16], *end = NULL;
	unsigned long size;

	if (!fgets(line, sizeof(line), file))
		return -1;
	size = strtoul(line, &end, 16);
	return end != line && *end == '\n' && size <= BLOCK_MAX ? (ssize_t)size : -1;
}

ssize_t export_read(struct export_stream *stream, char *buffer, size_t size)
{
	size_t got;

	if (!stream->left) {
		ssize_t block = block_size(stream->file);

		if (block <= 0)
			return block;
		stream->left = (size_t)block;
	}
	got = fread(buffer, 1, size < stream->left ? size : stream->left, stream->file);
	if (!got)
		return -1;
	stream->left -= got;
	return (ssize_t)got;
}

void export_close(struct export_stream **stream)
{
	if (!*stream)
		return;
	if ((*stream)->file)
		fclose((*stream)->file);
	free(*stream);
	*stream = NULL;
}
