/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream connections to unix sockets, as the console's clients need them. */
#ifndef CONSOLE_UNIX_SOCKET_H
#define CONSOLE_UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/* Connects to the socket at `path`; reading and writing then wait at most so many seconds at a time. The
 * descriptor, or -1. */
int unix_connect(const char *path, int wait_seconds);

/* Sends all of it. */
bool unix_send(int fd, const char *bytes, size_t size);

#endif
