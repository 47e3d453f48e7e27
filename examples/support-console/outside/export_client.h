/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the export service for contacts. One request, a JSON object and a newline; the answer is a JSON line,
 * then, where it was granted, blocks of a hexadecimal size, a newline and that many bytes; a block of size 0
 * says that nothing is missing.
 */
#ifndef CONSOLE_EXPORT_CLIENT_H
#define CONSOLE_EXPORT_CLIENT_H

#include <jansson.h>
#include <sys/types.h>

struct export_stream;

/* Sends `request` and reads the answer's first line into `*answer` (the caller's to free). NULL where the
 * service can't be reached or said nothing sensible; then `*answer` is NULL too. */
struct export_stream *export_open(const char *socket_path, const json_t *request, json_t **answer);

/* Reads what comes next: bytes, 0 at the true end, -1 where it broke off. */
ssize_t export_read(struct export_stream *stream, char *buffer, size_t size);

void export_close(struct export_stream **stream);

#endif
