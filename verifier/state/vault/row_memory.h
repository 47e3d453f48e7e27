/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every row is, for as long as the process lives: 16 bytes a row in an open hash table. A row is
 * named by 64 bits of a keyed hash of its table and of what it is looked up by, so that nobody outside can
 * choose two that meet.
 * Layer: verifier/state/vault/. libc only; the caller locks.
 */
#ifndef STEPUP_VERIFIER_ROW_MEMORY_H
#define STEPUP_VERIFIER_ROW_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct row_print {
	uint64_t row;     /* the keyed hash */
	/* as row_print_version() has it; 0 for an empty slot, or for a row that isn't there */
	uint32_t version;
	/* 32 bits of the row's term: a version alone could be that of a transaction that was undone */
	uint32_t term;
};

struct row_memory {
	struct row_print *slots;
	size_t capacity;
	size_t count;
};

/* The low bits of a version, and never 0. */
uint32_t row_print_version(int64_t version);

void row_memory_clear(struct row_memory *memory);

/* Makes sure that `more` further rows can be remembered without memory. At most seven eighths of the slots
 * are taken: 18 to 28 bytes a row. */
enum stepup_error row_memory_reserve(struct row_memory *memory, size_t more);

/* Gives back what was reserved and isn't needed, but for some room to grow. Does nothing where there is
 * no memory for it. */
void row_memory_fit(struct row_memory *memory);

/* What is remembered of a row; version 0 where nothing is: there is none. */
struct row_print row_memory_get(const struct row_memory *memory, uint64_t row);

/* Remembers a row in the place of what was remembered of it; version 0 forgets it. Room must have been
 * reserved for a new one. */
void row_memory_set(struct row_memory *memory, const struct row_print *print);

#endif
