/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Varlink framing: messages are JSON texts ended by one NUL. Fed with bytes as they come, gives
 * back whole messages.
 * MUST: never hold more than FRAME_SIZE_MAX bytes of an unfinished message; wipe what it held.
 * Layer: lib/wire/, libc only.
 */
#ifndef STEPUP_LIB_FRAME_H
#define STEPUP_LIB_FRAME_H

#include <stddef.h>

#include "lib/base/error.h"

#define FRAME_SIZE_MAX 65536 /* bytes of one message towards the verifier, with the NUL */
#define FRAME_REPLY_SIZE_MAX (1024 * 1024) /* bytes of one reply, with the NUL */

struct frame_reader {
	char *bytes;
	/* bytes[start … start+length) are held; before them what was taken out, wiped */
	size_t start, length, capacity;
	size_t limit; /* bytes of one message, with the NUL */
};

void frame_reader_init(struct frame_reader *reader, size_t limit);

/* Wipes and frees what it holds. */
void frame_reader_clear(struct frame_reader *reader);

/* Takes `size` bytes. STEPUP_TOO_LONG where the first unfinished message passes the limit. */
enum stepup_error frame_reader_feed(struct frame_reader *reader, const char *bytes, size_t size);

/* Takes the next whole message out, without its NUL, as a NUL-terminated copy of `*size` bytes that the
 * caller wipes and frees; STEPUP_NOT_FOUND where none is whole yet. */
enum stepup_error frame_reader_next(struct frame_reader *reader, char **message, size_t *size);

#endif
