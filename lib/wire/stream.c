/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes over a connected stream socket with a deadline.
 * MUST: leave descriptors 0 to 2 to whoever owns standard input and output; wipe the bytes it carried.
 */
#include "lib/wire/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/wipe.h"

#define READ_SIZE 4096 /* bytes taken from the socket at once */

int stream_above_stdio(int fd)
{
	int higher;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return higher;
}

/* connect(2) that ends with the deadline: a unix socket whose backlog is full can't be waited for with
 * poll(2). */
static enum stepup_error connect_until(int fd, const struct sockaddr_un *address, struct deadline deadline)
{
	for (;;) {
		int left = deadline_left(deadline);
		struct timeval limit = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};

		if (left == 0)
			return STEPUP_TIMEOUT;
		if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
			return STEPUP_IO;
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return STEPUP_OK;
		if (errno == EAGAIN)
			return STEPUP_TIMEOUT;
		if (errno != EINTR)
			return STEPUP_UNREACHABLE;
	}
}

enum stepup_error stream_connect(const char *path, struct deadline deadline, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	enum stepup_error error;
	int opened;

	*fd = -1;
	if (strlen(path) >= sizeof(address.sun_path) || path[0] == '\0')
		return STEPUP_UNREACHABLE;
	memcpy(address.sun_path, path, strlen(path));
	opened = stream_above_stdio(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (opened < 0)
		return errno == ENOMEM || errno == ENOBUFS ? STEPUP_NO_MEMORY : STEPUP_IO;
	error = connect_until(opened, &address, deadline);
	if (error == STEPUP_OK)
		*fd = opened;
	else
		close(opened);
	return error;
}

enum stepup_error stream_wait(int fd, short events, struct deadline deadline)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	for (;;) {
		int left = deadline_left(deadline);
		int r;

		if (left == 0)
			return STEPUP_TIMEOUT;
		r = poll(&wanted, 1, left);
		if (r > 0)
			return STEPUP_OK;
		if (r < 0 && errno != EINTR)
			return STEPUP_IO;
	}
}

enum stepup_error stream_send(int fd, const void *bytes, size_t size, struct deadline deadline)
{
	const char *next = bytes;

	while (size > 0) {
		ssize_t sent = send(fd, next, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		enum stepup_error error = STEPUP_OK;

		if (sent > 0) {
			next += sent;
			size -= (size_t)sent;
		} else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			error = stream_wait(fd, POLLOUT, deadline);
		} else if (sent == 0 || errno != EINTR) {
			error = STEPUP_UNREACHABLE;
		}
		if (error != STEPUP_OK)
			return error;
	}
	return STEPUP_OK;
}

enum stepup_error stream_take(int fd, void *bytes, size_t capacity, struct deadline deadline, size_t *got)
{
	for (;;) {
		enum stepup_error error = stream_wait(fd, POLLIN, deadline);
		ssize_t taken;

		if (error != STEPUP_OK)
			return error;
		taken = recv(fd, bytes, capacity, MSG_DONTWAIT);
		if (taken > 0) {
			*got = (size_t)taken;
			return STEPUP_OK;
		}
		if (taken == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
			return STEPUP_UNREACHABLE; /* closed half-way */
	}
}

enum stepup_error stream_next_message(
	int fd, struct frame_reader *reader, struct deadline deadline, char **message, size_t *size)
{
	enum stepup_error error;

	while ((error = frame_reader_next(reader, message, size)) == STEPUP_NOT_FOUND) {
		char bytes[READ_SIZE];
		size_t got = 0;

		error = stream_take(fd, bytes, sizeof(bytes), deadline, &got);
		if (error == STEPUP_OK)
			error = frame_reader_feed(reader, bytes, got);
		wipe_memory(bytes, got);
		if (error != STEPUP_OK)
			return error == STEPUP_TOO_LONG ? STEPUP_IO : error;
	}
	return error;
}
