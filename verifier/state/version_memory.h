/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The highest version seen of each row, for as long as the process lives: a row that comes back older than that was brought back by somebody.
 * 16 bytes a row in an open hash table; rows are named by 64 bits that are random already (of a random id, or of a digest).
 * Layer: verifier/state/. libc only; the caller locks.
 */
#ifndef STEPUP_VERIFIER_VERSION_MEMORY_H
#define STEPUP_VERIFIER_VERSION_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct version_slot {
	uint64_t row;
	int64_t version; /* 0 for an empty slot */
};

struct version_memory {
	struct version_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

void version_memory_clear(struct version_memory *memory);

/* Makes sure that `more` further rows can be remembered without memory. */
enum stepup_error version_memory_reserve(struct version_memory *memory, size_t more);

/* The highest version seen, 0 for none. */
int64_t version_memory_get(const struct version_memory *memory, uint64_t row);

/* Remembers a version (above 0) where it is higher; room must have been reserved. */
void version_memory_raise(struct version_memory *memory, uint64_t row, int64_t version);

/* Forgets a row. */
void version_memory_forget(struct version_memory *memory, uint64_t row);

#endif
