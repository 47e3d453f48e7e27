/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes over a connected stream socket with a deadline: what every conversation between two of our processes
 * stands on.
 * MUST: use poll, MSG_NOSIGNAL and MSG_DONTWAIT; never touch signals; work for file descriptors above 1024.
 * Layer: lib/wire/, libc only.
 */
#ifndef STEPUP_LIB_STREAM_H
#define STEPUP_LIB_STREAM_H

#include <stddef.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/wire/frame.h"

/* Gives up a descriptor below 3 for one above, close-on-exec: a host may have closed standard input and
 * output. -1 with errno where that can't be, and for -1. */
int stream_above_stdio(int fd);

/* connect(2) to the unix socket of that path, as a new close-on-exec descriptor above 2, by the deadline.
 * STEPUP_UNREACHABLE (also a path that is empty or too long), STEPUP_TIMEOUT, STEPUP_NO_MEMORY, STEPUP_IO. */
enum stepup_error stream_connect(const char *path, struct deadline deadline, int *fd);

/* Waits until the socket is ready for poll(2)'s `events`. STEPUP_TIMEOUT, STEPUP_IO. */
enum stepup_error stream_wait(int fd, short events, struct deadline deadline);

/* Sends all of it. STEPUP_UNREACHABLE where nobody takes it, STEPUP_TIMEOUT, STEPUP_IO. */
enum stepup_error stream_send(int fd, const void *bytes, size_t size, struct deadline deadline);

/* Takes some bytes, at least one, into `bytes`; their number goes to `*got`. STEPUP_UNREACHABLE where the
 * other end has closed, STEPUP_TIMEOUT, STEPUP_IO. */
enum stepup_error stream_take(int fd, void *bytes, size_t capacity, struct deadline deadline, size_t *got);

/* Takes the next whole message out of the reader, filling it from the socket where needed; see
 * frame_reader_next. STEPUP_IO also where the message passes the reader's limit. */
enum stepup_error stream_next_message(
	int fd, struct frame_reader *reader, struct deadline deadline, char **message, size_t *size);

#endif
