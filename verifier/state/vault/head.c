/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads as bytes.
 */
#include "verifier/state/vault/head.h"

#include <string.h>

#define HEAD_FORMAT 1

enum { FLAG_RUNNING = 1, FLAG_CLEAN = 2, FLAG_MOVED = 4, FLAGS_ALL = 7 };

static uint8_t *head_put(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	return at + size;
}

static const uint8_t *get(const uint8_t *at, uint64_t *value, unsigned size)
{
	*value = 0;
	for (unsigned i = 0; i < size; i++)
		*value = *value << 8 | at[i];
	return at + size;
}

void store_head_pack(const struct store_head *head, uint8_t bytes[STORE_HEAD_SIZE])
{
	uint8_t *at = bytes;

	at = head_put(at, HEAD_FORMAT, 1);
	at = head_put(at, (uint64_t)((head->running ? FLAG_RUNNING : 0) | (head->clean ? FLAG_CLEAN
				: 0) | (head->moved ? FLAG_MOVED : 0)), 1);
	at = head_put(at, head->epoch, 4);
	at = head_put(at, (uint64_t)head->batch, 8);
	at = head_put(at, (uint64_t)head->at, 8);
	at = head_put(at, (uint64_t)head->log_size, 8);
	memcpy(at, head->tag_rows, STORE_HEAD_TAG_SIZE);
	memcpy(at + STORE_HEAD_TAG_SIZE, head->tag_log, STORE_HEAD_TAG_SIZE);
}

enum stepup_error store_head_unpack(const void *bytes, size_t size, struct store_head *head)
{
	const uint8_t *at = bytes;
	uint64_t format, flags, epoch, batch, written, log_size;

	if (size != STORE_HEAD_SIZE)
		return STEPUP_CORRUPT;
	at = get(at, &format, 1);
	at = get(at, &flags, 1);
	at = get(at, &epoch, 4);
	at = get(at, &batch, 8);
	at = get(at, &written, 8);
	at = get(at, &log_size, 8);
	if (format != HEAD_FORMAT || flags > FLAGS_ALL || (flags & FLAG_RUNNING && flags != FLAG_RUNNING) ||
	    epoch == 0 || batch > INT64_MAX || log_size > INT64_MAX)
		return STEPUP_CORRUPT;
	*head = (struct store_head){
		.running = flags & FLAG_RUNNING,
		.clean = flags & FLAG_CLEAN,
		.moved = flags & FLAG_MOVED,
		.epoch = (uint32_t)epoch,
		.batch = (int64_t)batch,
		.at = (int64_t)written,
		.log_size = (int64_t)log_size,
	};
	memcpy(head->tag_rows, at, STORE_HEAD_TAG_SIZE);
	memcpy(head->tag_log, at + STORE_HEAD_TAG_SIZE, STORE_HEAD_TAG_SIZE);
	return STEPUP_OK;
}
